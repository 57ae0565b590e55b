//! Upload: a client sends the body of a request, block by block (RFC 7959 §2.5).

use super::{BlockSize, Part, PartError, Wanted};
use crate::{Block, Code, Options};

/// Where a client is in the body of a request.
///
/// Contract: send what [`Upload::wanted`] names, as the [`Part`] of [`Upload::part_of`] or [`Upload::part`], and
/// feed the response to [`Upload::receive`]. Each part is a request of its own, with the same options but for
/// Block1 and Size1; If-None-Match goes with the first alone (RFC 7959 §2.10).
///
/// ```
/// use coap_codec::{Block, BlockSize, Code, Opt, OptionNumber, Options, Upload, Uploaded};
///
/// let mut upload = Upload::new(BlockSize::MAX);
/// let part = upload.part_of(1500)?;
/// assert_eq!((part.len, part.block, part.size), (1024, Some(Block::new(0, true, 6)?), Some(1500)));
///
/// // 2.31, and smaller blocks from here on.
/// let value = Block::new(0, true, 4)?.uint();
/// let list = [Opt::new(OptionNumber::BLOCK1, &value)];
/// assert_eq!(upload.receive(Code::CONTINUE, &Options::new(&list)?), Uploaded::Next);
/// let part = upload.part_of(1500)?;
/// assert_eq!((part.offset, part.len, part.block), (1024, 256, Some(Block::new(4, true, 4)?)));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upload {
    size: BlockSize,
    /// Where the part begins that was sent, or is to be sent.
    at: u64,
    /// That part.
    sent: Option<Part>,
    total: Option<u64>,
    restarts: u8,
}

/// What a response to a part asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Uploaded {
    /// The part arrived: send the next.
    Next,
    /// Send the body anew from its beginning: the server has lost it, or wants smaller blocks.
    Again,
    /// An answer to an earlier part that came late: nothing to do.
    Stale,
    /// The response to the whole request, good or bad: hand it on.
    Final,
}

impl Upload {
    /// How often a body is begun anew before the server's refusal is final.
    pub const RESTARTS: u8 = 3;

    /// At the beginning of a body, in blocks of at most `size`.
    #[must_use]
    pub const fn new(size: BlockSize) -> Self {
        Self { size, at: 0, sent: None, total: None, restarts: 0 }
    }

    /// The bytes to send next; after [`Uploaded::Again`] they are the first ones.
    #[must_use]
    pub const fn wanted(&self) -> Wanted {
        let len = self.size.bytes();
        Wanted { offset: self.at, len, size: self.size, in_blocks: self.at > 0, with_size: false }
    }

    /// The part to send now of a body of `total` bytes. Asked again before [`Upload::receive`] it is the same.
    ///
    /// # Errors
    ///
    /// As [`Wanted::part_of`].
    pub fn part_of(&mut self, total: u64) -> Result<Part, PartError> {
        let part = self.wanted().part_of(total)?;
        (self.sent, self.total) = (Some(part), Some(total));
        Ok(part)
    }

    /// The part to send now of a body whose length is not known: `len` bytes, and whether more follow. A body
    /// that turns out to have ended is ended by a part of no bytes.
    ///
    /// # Errors
    ///
    /// As [`Wanted::part`].
    pub fn part(&mut self, len: usize, more: bool) -> Result<Part, PartError> {
        let part = self.wanted().cut(len, more)?;
        self.sent = Some(part);
        Ok(part)
    }

    /// Takes in the response to the part sent last: its code and options.
    pub fn receive(&mut self, code: Code, response: &Options<'_>) -> Uploaded {
        let block = response.block1();
        match (code, self.sent) {
            // 4.08 needs blocks that were there: sending them again may help (RFC 7959 §2.9.2).
            (Code::REQUEST_ENTITY_INCOMPLETE, Some(_)) if self.at > 0 => self.restart(self.size),
            (Code::REQUEST_ENTITY_TOO_LARGE, Some(_)) => self.shrink(block, response.size1()),
            (Code::CONTINUE, Some(part)) if part.more() => self.advance(part, block),
            // Said once more while the next part is not sent yet.
            (Code::CONTINUE, None) => Uploaded::Stale,
            (code, None) if code.class() == 2 && block.is_some() => Uploaded::Stale,
            // Each part was acted on by itself (RFC 7959 §2.3, M of Block1 in a response).
            (code, Some(part)) if code.class() == 2 && part.more() && block.is_some() => {
                self.advance(part, block)
            }
            _ => Uploaded::Final,
        }
    }

    /// Goes on behind a part that is acknowledged.
    fn advance(&mut self, part: Part, acknowledged: Option<Block>) -> Uploaded {
        let Some(sent) = part.block else { return Uploaded::Final };
        if let Some(block) = acknowledged {
            // A server that wants smaller blocks may count in those already.
            if block.number != sent.number && block.offset() != part.offset {
                return Uploaded::Stale;
            }
            self.size = self.size.up_to(block.exponent);
        }
        self.at = part.offset.saturating_add(u64::try_from(part.len).unwrap_or(u64::MAX));
        self.sent = None;
        Uploaded::Next
    }

    /// Begins anew in smaller blocks, if that is what a 4.13 asks for (RFC 7959 §2.9.3).
    fn shrink(&mut self, hint: Option<Block>, most: Option<u32>) -> Uploaded {
        let too_large = self.total.zip(most).is_some_and(|(total, most)| total > u64::from(most));
        match hint.map(|block| self.size.up_to(block.exponent)) {
            Some(size) if size != self.size && !too_large => self.restart(size),
            _ => Uploaded::Final,
        }
    }

    fn restart(&mut self, size: BlockSize) -> Uploaded {
        if self.restarts == Self::RESTARTS {
            return Uploaded::Final;
        }
        *self = Self { restarts: self.restarts + 1, total: self.total, ..Self::new(size) };
        Uploaded::Again
    }
}

#[cfg(test)]
mod tests {
    use super::{Upload, Uploaded};
    use crate::{Block, BlockSize, Code, Opt, OptionNumber, Options, Uint};

    fn receive(
        upload: &mut Upload,
        code: Code,
        block: Option<(u32, bool, u8)>,
        size: Option<u32>,
    ) -> Uploaded {
        let value = block.map_or(Uint::new(0), |(number, more, exponent)| {
            Block::new(number, more, exponent).unwrap().uint()
        });
        let size_value = Uint::new(size.unwrap_or(0));
        let list = [Opt::new(OptionNumber::BLOCK1, &value), Opt::new(OptionNumber::SIZE1, &size_value)];
        let list = match (block.is_some(), size.is_some()) {
            (true, true) => &list[..],
            (true, false) => &list[..1],
            (false, true) => &list[1..],
            (false, false) => &[],
        };
        upload.receive(code, &Options::new(list).unwrap())
    }

    fn sent(upload: &mut Upload, total: u64) -> (u64, usize, Option<Block>) {
        let part = upload.part_of(total).unwrap();
        (part.offset, part.len, part.block)
    }

    fn block(number: u32, more: bool, exponent: u8) -> Option<Block> {
        Some(Block::new(number, more, exponent).unwrap())
    }

    #[test]
    fn a_short_body_goes_without_blocks() {
        let mut upload = Upload::new(BlockSize::MAX);
        assert_eq!(sent(&mut upload, 1024), (0, 1024, None));
        assert_eq!(receive(&mut upload, Code::CHANGED, None, None), Uploaded::Final);
    }

    #[test]
    fn parts_follow_acknowledgements() {
        let mut upload = Upload::new(BlockSize::new(32));
        assert_eq!(sent(&mut upload, 70), (0, 32, block(0, true, 1)));
        assert_eq!(sent(&mut upload, 70), (0, 32, block(0, true, 1)));
        assert_eq!(receive(&mut upload, Code::CONTINUE, Some((0, true, 1)), None), Uploaded::Next);
        // The same acknowledgement again sends nothing twice, before and after the next part.
        assert_eq!(receive(&mut upload, Code::CONTINUE, Some((0, true, 1)), None), Uploaded::Stale);
        assert_eq!(receive(&mut upload, Code::CHANGED, Some((0, false, 1)), None), Uploaded::Stale);
        assert_eq!(sent(&mut upload, 70), (32, 32, block(1, true, 1)));
        assert_eq!(receive(&mut upload, Code::CONTINUE, Some((0, true, 1)), None), Uploaded::Stale);
        // A server that acts on each part.
        assert_eq!(receive(&mut upload, Code::CHANGED, Some((1, false, 1)), None), Uploaded::Next);
        assert_eq!(sent(&mut upload, 70), (64, 6, block(2, false, 1)));
        assert_eq!(receive(&mut upload, Code::CHANGED, Some((2, false, 1)), None), Uploaded::Final);
    }

    #[test]
    fn smaller_blocks_go_on_where_the_larger_ended() {
        for acknowledged in [(0, true, 2), (1, true, 2)] {
            let mut upload = Upload::new(BlockSize::new(128));
            sent(&mut upload, 1000);
            let found = receive(&mut upload, Code::CONTINUE, Some((0, true, 7)), None);
            assert_eq!(found, Uploaded::Next);
            assert_eq!(sent(&mut upload, 1000), (128, 128, block(1, true, 3)));
            let found = receive(&mut upload, Code::CONTINUE, Some(acknowledged), None);
            // Number 1 is the part; 0 of 64 bytes is neither its number nor its place.
            let next = acknowledged.0 == 1;
            assert_eq!(found, if next { Uploaded::Next } else { Uploaded::Stale });
            if next {
                assert_eq!(sent(&mut upload, 1000), (256, 64, block(4, true, 2)));
            }
        }
    }

    #[test]
    fn several_blocks_in_one_message_count_as_many() {
        let mut upload = Upload::new(BlockSize::bert(3000));
        assert_eq!(sent(&mut upload, 5000), (0, 2048, block(0, true, 7)));
        assert_eq!(receive(&mut upload, Code::CONTINUE, Some((0, true, 7)), None), Uploaded::Next);
        assert_eq!(sent(&mut upload, 5000), (2048, 2048, block(2, true, 7)));
        assert_eq!(receive(&mut upload, Code::CONTINUE, Some((2, true, 6)), None), Uploaded::Next);
        assert_eq!(sent(&mut upload, 5000), (4096, 904, block(4, false, 6)));
    }

    #[test]
    fn too_large_is_tried_smaller_and_lost_is_sent_again() {
        let mut upload = Upload::new(BlockSize::MAX);
        sent(&mut upload, 5000);
        assert_eq!(
            receive(&mut upload, Code::REQUEST_ENTITY_TOO_LARGE, Some((0, false, 4)), None),
            Uploaded::Again
        );
        assert_eq!(sent(&mut upload, 5000), (0, 256, block(0, true, 4)));
        // The same hint again says nothing new, nor does a bound below the body.
        let mut same = upload;
        assert_eq!(
            receive(&mut same, Code::REQUEST_ENTITY_TOO_LARGE, Some((0, false, 4)), None),
            Uploaded::Final
        );
        let mut bound = upload;
        let found = receive(&mut bound, Code::REQUEST_ENTITY_TOO_LARGE, Some((0, false, 2)), Some(4999));
        assert_eq!(found, Uploaded::Final);

        receive(&mut upload, Code::CONTINUE, Some((0, true, 4)), None);
        sent(&mut upload, 5000);
        assert_eq!(
            receive(&mut upload, Code::REQUEST_ENTITY_INCOMPLETE, Some((1, true, 4)), None),
            Uploaded::Again
        );
        assert_eq!(sent(&mut upload, 5000), (0, 256, block(0, true, 4)));
        // Nothing came before the first part.
        assert_eq!(receive(&mut upload, Code::REQUEST_ENTITY_INCOMPLETE, None, None), Uploaded::Final);
    }

    #[test]
    fn a_server_that_loses_everything_is_given_up() {
        let mut upload = Upload::new(BlockSize::new(16));
        for _ in 0..Upload::RESTARTS {
            sent(&mut upload, 100);
            receive(&mut upload, Code::CONTINUE, Some((0, true, 0)), None);
            sent(&mut upload, 100);
            assert_eq!(receive(&mut upload, Code::REQUEST_ENTITY_INCOMPLETE, None, None), Uploaded::Again);
        }
        sent(&mut upload, 100);
        receive(&mut upload, Code::CONTINUE, Some((0, true, 0)), None);
        sent(&mut upload, 100);
        assert_eq!(receive(&mut upload, Code::REQUEST_ENTITY_INCOMPLETE, None, None), Uploaded::Final);
    }

    #[test]
    fn bodies_of_unknown_length_end_with_their_last_piece() {
        let mut upload = Upload::new(BlockSize::new(16));
        assert_eq!(upload.part(16, true).unwrap().block, block(0, true, 0));
        receive(&mut upload, Code::CONTINUE, None, None);
        assert_eq!((upload.wanted().offset, upload.wanted().len), (16, 16));
        assert_eq!(upload.part(3, false).unwrap().block, block(1, false, 0));
        // Nothing was left after all.
        assert_eq!(upload.part(0, false).unwrap().block, block(1, false, 0));
        assert!(upload.part(0, true).is_err());
    }
}
