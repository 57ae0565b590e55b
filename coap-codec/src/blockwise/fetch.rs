//! Fetch: a client takes in the body of a response, block by block (RFC 7959 §2.4).

use thiserror::Error;

use super::BlockSize;
use crate::{Block, EntityTag, Options};

/// Where a client is in the body of a response.
///
/// Contract: feed every successful response to the request and to those made from [`Fetched::next`]. A response
/// that is no success ends the transfer and is not for here. Repeat the request with the same options but for
/// Block2 (RFC 7959 §2.4), without Observe (§2.6), and without a body and Block1 that were sent already (§2.7).
///
/// ```
/// use coap_codec::{Block, BlockSize, Fetch, Opt, OptionNumber, Options};
///
/// let mut fetch = Fetch::new(BlockSize::MAX, 64 * 1024);
/// let value = Block::new(0, true, 2)?.uint(); // the first 64 bytes
/// let list = [Opt::new(OptionNumber::BLOCK2, &value)];
/// let fetched = fetch.receive(&Options::new(&list)?, 64)?;
/// assert_eq!((fetched.offset, fetched.next), (0, Some(Block::new(1, false, 2)?)));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fetch {
    next: u64,
    max: u64,
    size: BlockSize,
    begun: bool,
    tag: Option<EntityTag>,
}

/// A payload that was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fetched {
    /// Where the payload belongs in the body.
    pub offset: u64,
    /// The Block2 to ask for next; `None`: this was the end of the body.
    pub next: Option<Block>,
    /// Bytes the whole body will have, as the server estimates (RFC 7959 §4).
    pub size: Option<u32>,
}

/// A response that is not the next piece of the body. Begin anew with a new [`Fetch`], or give up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The ETag is not that of the pieces before: the representation changed on the way.
    #[error("the representation changed (RFC 7959 2.4)")]
    Changed,
    /// The block is not the one that was asked for.
    #[error("not the block asked for (RFC 7959 2.4)")]
    Order,
    /// The payload does not fill the block that more are to follow, or is longer than it.
    #[error("payload is not the block size (RFC 7959 2.2)")]
    Length,
    /// The body is larger than the caller's bound or than 2^20 blocks.
    #[error("body above the bound")]
    TooLarge,
}

impl Fetch {
    /// At the beginning of a body of at most `max` bytes, in blocks of at most `limit`.
    #[must_use]
    pub const fn new(limit: BlockSize, max: u64) -> Self {
        Self { next: 0, max, size: limit, begun: false, tag: None }
    }

    /// The same, to begin with the block of this number: to read a range, or to go on after a break.
    #[must_use]
    pub fn from_block(self, number: u32) -> Self {
        Self { next: u64::from(number & Block::MAX_NUMBER) * u64::from(self.size.unit()), ..self }
    }

    /// The Block2 for the first request, to have the size of the blocks chosen early (RFC 7959 §2.4); not
    /// needed for blocks of 1024 bytes from the beginning.
    #[must_use]
    pub fn first(&self) -> Option<Block> {
        block_at(self.next, self.size)
    }

    /// Takes a response in: its options, and the length of its payload.
    ///
    /// # Errors
    ///
    /// [`FetchError`]; the transfer is where it was.
    pub fn receive(&mut self, response: &Options<'_>, len: usize) -> Result<Fetched, FetchError> {
        self.take(response.block2(), EntityTag::of(response), response.size2(), len)
    }

    /// The same, of these options.
    #[inline]
    pub(crate) fn take(
        &mut self,
        block: Option<Block>,
        tag: Option<EntityTag>,
        size: Option<u32>,
        len: usize,
    ) -> Result<Fetched, FetchError> {
        let block = match block {
            Some(block) => block,
            // The whole body at once.
            None if self.next == 0 => Block { number: 0, more: false, exponent: Block::BERT },
            None => return Err(FetchError::Order),
        };
        if self.begun && tag != self.tag {
            return Err(FetchError::Changed);
        }
        if block.offset() != self.next {
            return Err(FetchError::Order);
        }
        if !block.fits(len) {
            return Err(FetchError::Length);
        }
        let end = self.next.saturating_add(u64::try_from(len).unwrap_or(u64::MAX));
        if end > self.max || size.is_some_and(|size| u64::from(size) > self.max) {
            return Err(FetchError::TooLarge);
        }
        let smaller = self.size.up_to(block.exponent);
        let next = match block.more {
            true => Some(block_at(end, smaller).ok_or(FetchError::TooLarge)?),
            false => None,
        };
        let offset = self.next;
        *self = Self { next: end, max: self.max, size: smaller, begun: true, tag };
        Ok(Fetched { offset, next, size })
    }
}

fn block_at(offset: u64, size: BlockSize) -> Option<Block> {
    let number = u32::try_from(offset / u64::from(size.unit())).ok()?;
    Block::new(number, false, size.exponent).ok()
}

#[cfg(test)]
mod tests {
    use super::{Fetch, FetchError, Fetched};
    use crate::{Block, BlockSize, Opt, OptionNumber, Options, Uint};

    /// A response with this Block2, ETag and Size2.
    fn receive(
        fetch: &mut Fetch,
        block: Option<(u32, bool, u8)>,
        len: usize,
        tag: &[u8],
        size: Option<u32>,
    ) -> Result<Fetched, FetchError> {
        let value = block.map(|(number, more, exponent)| Block::new(number, more, exponent).unwrap().uint());
        let size = size.map(Uint::new);
        let mut list = [Opt::new(OptionNumber(0), &[]); 3];
        let mut count = 0;
        let mut push = |number, value| {
            list[count] = Opt::new(number, value);
            count += 1;
        };
        if !tag.is_empty() {
            push(OptionNumber::ETAG, tag);
        }
        if let Some(value) = &value {
            push(OptionNumber::BLOCK2, value);
        }
        if let Some(size) = &size {
            push(OptionNumber::SIZE2, size);
        }
        fetch.receive(&Options::new(&list[..count]).unwrap(), len)
    }

    fn next(number: u32, exponent: u8) -> Option<Block> {
        Some(Block::new(number, false, exponent).unwrap())
    }

    #[test]
    fn a_whole_body_is_one_piece() {
        let mut fetch = Fetch::new(BlockSize::MAX, 100);
        let fetched = receive(&mut fetch, None, 100, b"", None).unwrap();
        assert_eq!((fetched.offset, fetched.next), (0, None));
        assert_eq!(
            receive(&mut Fetch::new(BlockSize::MAX, 99), None, 100, b"", None),
            Err(FetchError::TooLarge)
        );
    }

    #[test]
    fn sizes_shrink_and_numbers_follow() {
        // The server sends 1024 unasked; we go on in 256; it answers in 64.
        let mut fetch = Fetch::new(BlockSize::new(256), 1 << 20);
        assert_eq!(fetch.first(), next(0, 4));
        assert_eq!(receive(&mut fetch, Some((0, true, 6)), 1024, b"", None).unwrap().next, next(4, 4));
        assert_eq!(receive(&mut fetch, Some((16, true, 2)), 64, b"", None).unwrap().next, next(17, 2));
        let end = receive(&mut fetch, Some((17, false, 2)), 1, b"", None).unwrap();
        assert_eq!((end.offset, end.next), (1088, None));
    }

    #[test]
    fn several_blocks_in_one_message_count_as_many() {
        let mut fetch = Fetch::new(BlockSize::bert(8192), 1 << 20);
        assert_eq!(receive(&mut fetch, Some((0, true, 7)), 3072, b"", None).unwrap().next, next(3, 7));
        assert_eq!(receive(&mut fetch, Some((3, true, 7)), 1000, b"", None), Err(FetchError::Length));
        assert_eq!(receive(&mut fetch, Some((3, false, 7)), 5000, b"", None).unwrap().next, None);
    }

    #[test]
    fn what_is_not_the_next_piece_changes_nothing() {
        let mut fetch = Fetch::new(BlockSize::MAX, 1000);
        receive(&mut fetch, Some((0, true, 2)), 64, b"v1", Some(900)).unwrap();
        let before = fetch;
        for (block, len, tag, size, error) in [
            (Some((1, true, 2)), 64, &b"v2"[..], None, FetchError::Changed),
            (Some((1, true, 2)), 64, b"", None, FetchError::Changed),
            (Some((0, true, 2)), 64, b"v1", None, FetchError::Order),
            (Some((2, true, 2)), 64, b"v1", None, FetchError::Order),
            (Some((1, true, 3)), 128, b"v1", None, FetchError::Order),
            (None, 10, b"v1", None, FetchError::Order),
            (Some((1, true, 2)), 63, b"v1", None, FetchError::Length),
            (Some((1, false, 2)), 65, b"v1", None, FetchError::Length),
            (Some((1, true, 2)), 64, b"v1", Some(1001), FetchError::TooLarge),
        ] {
            assert_eq!(receive(&mut fetch, block, len, tag, size), Err(error), "{block:?}");
            assert_eq!(fetch, before);
        }
        assert!(receive(&mut fetch, Some((1, false, 2)), 64, b"v1", None).is_ok());
    }

    #[test]
    fn bodies_have_a_bound() {
        let mut fetch = Fetch::new(BlockSize::MAX, 100);
        receive(&mut fetch, Some((0, true, 2)), 64, b"", None).unwrap();
        assert_eq!(receive(&mut fetch, Some((1, true, 2)), 64, b"", None), Err(FetchError::TooLarge));
        // The last number there is cannot have more behind it.
        let mut fetch = Fetch::new(BlockSize::new(16), u64::MAX).from_block(Block::MAX_NUMBER);
        let last = Block::MAX_NUMBER;
        assert_eq!(receive(&mut fetch, Some((last, true, 0)), 16, b"", None), Err(FetchError::TooLarge));
        assert!(receive(&mut fetch, Some((last, false, 0)), 16, b"", None).is_ok());
    }

    #[test]
    fn reading_may_begin_anywhere() {
        let mut fetch = Fetch::new(BlockSize::new(64), 1000).from_block(3);
        assert_eq!(fetch.first(), next(3, 2));
        let fetched = receive(&mut fetch, Some((3, true, 2)), 64, b"v", None).unwrap();
        assert_eq!((fetched.offset, fetched.next), (192, next(4, 2)));
    }
}
