//! Assembly: a server takes in the body of a request, block by block (RFC 7959 §2.5).

use thiserror::Error;

use super::BlockSize;
use crate::{Block, Code, Identity, Options};

/// Where a server is in the body of a request.
///
/// Contract: feed every request that is let through, in order, with its [`Identity`]; keep an assembly for each
/// peer and identity that is taken in side by side, one if there is no room for more. Number 0 begins anew, so
/// what was kept of an earlier body is void then. An error leaves the assembly where it was.
///
/// ```
/// use coap_codec::{Assembled, Assembly, Block, BlockSize, Identity, Message, Rules};
///
/// // PUT with Block1: number 0, more to come, blocks of 16 bytes.
/// let request = Message::decode(b"\x40\x03\x00\x01\xD1\x0E\x08\xFF0123456789abcdef", Rules::new())?;
/// let mut assembly = Assembly::new(BlockSize::MAX, 64 * 1024);
/// let identity = Identity::of(&request, [1, 2]);
/// let found = assembly.receive(identity, &request.options, request.payload.len())?;
/// assert_eq!(found, Assembled::Continue { offset: 0, block: Block::new(0, true, 0)? }); // 2.31
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assembly {
    identity: Option<Identity>,
    /// Where the next payload belongs.
    next: u64,
    size: BlockSize,
    max: u32,
}

/// A payload that was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Assembled {
    /// Keep the payload and answer 2.31.
    Continue {
        /// Where it belongs in the body.
        offset: u64,
        /// The Block1 of the answer, perhaps of a smaller size than the request's.
        block: Block,
    },
    /// The payload came before: answer 2.31, keep nothing.
    Repeated {
        /// The Block1 of the answer.
        block: Block,
    },
    /// Keep the payload: the body is whole. Answer the request.
    Complete {
        /// Where it belongs in the body; its end is the end of the body.
        offset: u64,
        /// The Block1 of the answer; `None` if the request had none.
        block: Option<Block>,
    },
}

/// A request that is not the next piece of the body. Its [`code`](Self::code) is the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum AssemblyError {
    /// Blocks before this one are missing, or are of another body.
    #[error("blocks before this one are missing (RFC 7959 2.9.2)")]
    Incomplete,
    /// The body is larger than the bound.
    #[error("body above {max} bytes (RFC 7959 2.9.3)")]
    TooLarge {
        /// The bound: the Size1 of the answer.
        max: u32,
    },
    /// The payload does not fill the block that more are to follow, or is longer than it.
    #[error("payload is not the block size (RFC 7959 2.2)")]
    Length,
}

impl AssemblyError {
    /// 4.08, 4.13 or 4.00.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::Incomplete => Code::REQUEST_ENTITY_INCOMPLETE,
            Self::TooLarge { .. } => Code::REQUEST_ENTITY_TOO_LARGE,
            Self::Length => Code::BAD_REQUEST,
        }
    }
}

impl Assembly {
    /// At the beginning of any body of at most `max` bytes, asking for blocks of at most `size`.
    #[must_use]
    pub const fn new(size: BlockSize, max: u32) -> Self {
        Self { identity: None, next: 0, size, max }
    }

    /// Whose body is being taken in; `None` at the beginning and after the end.
    #[must_use]
    pub const fn identity(&self) -> Option<Identity> {
        self.identity
    }

    /// Bytes of the body so far: where the next payload belongs.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.next
    }

    /// Takes a request in: its options, and the length of its payload.
    ///
    /// # Errors
    ///
    /// [`AssemblyError`].
    pub fn receive(
        &mut self,
        identity: Identity,
        request: &Options<'_>,
        len: usize,
    ) -> Result<Assembled, AssemblyError> {
        self.take(identity, request.block1(), request.size1(), len)
    }

    /// The same, of these options.
    pub(crate) fn take(
        &mut self,
        identity: Identity,
        given: Option<Block>,
        size: Option<u32>,
        len: usize,
    ) -> Result<Assembled, AssemblyError> {
        let block = given.unwrap_or(Block { number: 0, more: false, exponent: Block::BERT });
        let offset = block.offset();
        if !block.fits(len) {
            return Err(AssemblyError::Length);
        }
        let end = offset.saturating_add(u64::try_from(len).unwrap_or(u64::MAX));
        if end > u64::from(self.max) || size.is_some_and(|size| size > self.max) {
            return Err(AssemblyError::TooLarge { max: self.max });
        }
        if offset > 0 {
            if self.identity != Some(identity) {
                return Err(AssemblyError::Incomplete);
            }
            if block.more && end == self.next {
                return Ok(Assembled::Repeated { block });
            }
            if offset != self.next {
                return Err(AssemblyError::Incomplete);
            }
        }
        if !block.more {
            (self.identity, self.next) = (None, 0);
            return Ok(Assembled::Complete { offset, block: given });
        }
        (self.identity, self.next) = (Some(identity), end);
        // Only the first answer asks for a size: its number means the same in every size.
        let exponent = if offset == 0 { self.size.up_to(block.exponent).exponent } else { block.exponent };
        Ok(Assembled::Continue { offset, block: Block { exponent, ..block } })
    }

    /// The Block1 that goes with a 4.13, to say in which size blocks are taken (RFC 7959 §2.9.3).
    #[must_use]
    pub const fn hint(&self) -> Block {
        Block { number: 0, more: false, exponent: self.size.exponent }
    }
}

#[cfg(test)]
mod tests {
    use super::{Assembled, Assembly, AssemblyError};
    use crate::{Block, BlockSize, Code, Identity, Opt, OptionNumber, Options, Uint};

    fn identity(seed: u64) -> Identity {
        Identity::of_parts(Code::PUT, &Options::EMPTY, [seed, 0])
    }

    fn block(number: u32, more: bool, exponent: u8) -> Block {
        Block::new(number, more, exponent).unwrap()
    }

    fn receive(
        assembly: &mut Assembly,
        whose: u64,
        block: Option<Block>,
        len: usize,
    ) -> Result<Assembled, AssemblyError> {
        let value = block.map_or(Uint::new(0), Block::uint);
        let list = [Opt::new(OptionNumber::BLOCK1, &value)];
        let list = if block.is_some() { &list[..] } else { &[] };
        assembly.receive(identity(whose), &Options::new(list).unwrap(), len)
    }

    #[test]
    fn a_request_without_blocks_is_a_whole_body() {
        let mut assembly = Assembly::new(BlockSize::MAX, 100);
        let whole = Assembled::Complete { offset: 0, block: None };
        assert_eq!(receive(&mut assembly, 1, None, 100), Ok(whole));
        assert_eq!(receive(&mut assembly, 1, None, 101), Err(AssemblyError::TooLarge { max: 100 }));
    }

    #[test]
    fn blocks_in_order_make_a_body_and_the_first_answer_asks_for_the_size() {
        let mut assembly = Assembly::new(BlockSize::new(32), 1000);
        for (given, len, found) in [
            (block(0, true, 3), 128, Assembled::Continue { offset: 0, block: block(0, true, 1) }),
            (block(4, true, 1), 32, Assembled::Continue { offset: 128, block: block(4, true, 1) }),
            (block(4, true, 1), 32, Assembled::Repeated { block: block(4, true, 1) }),
            // A client that does not heed it.
            (block(5, true, 1), 32, Assembled::Continue { offset: 160, block: block(5, true, 1) }),
            (block(3, true, 2), 64, Assembled::Continue { offset: 192, block: block(3, true, 2) }),
            (block(4, false, 2), 1, Assembled::Complete { offset: 256, block: Some(block(4, false, 2)) }),
        ] {
            assert_eq!(receive(&mut assembly, 1, Some(given), len), Ok(found), "{given}");
        }
        assert_eq!((assembly.identity(), assembly.received()), (None, 0));
        // What is complete cannot be completed again.
        let found = receive(&mut assembly, 1, Some(block(4, false, 2)), 1);
        assert_eq!(found, Err(AssemblyError::Incomplete));
    }

    #[test]
    fn gaps_and_strangers_are_refused_and_change_nothing() {
        let mut assembly = Assembly::new(BlockSize::MAX, 1000);
        assert_eq!(receive(&mut assembly, 1, Some(block(1, true, 2)), 64), Err(AssemblyError::Incomplete));
        receive(&mut assembly, 1, Some(block(0, true, 2)), 64).unwrap();
        let before = assembly;
        for (whose, given, len, error) in [
            (1, block(2, true, 2), 64, AssemblyError::Incomplete),
            (2, block(1, true, 2), 64, AssemblyError::Incomplete),
            (1, block(1, true, 2), 63, AssemblyError::Length),
            (1, block(1, false, 2), 65, AssemblyError::Length),
            (1, block(15, true, 2), 64, AssemblyError::TooLarge { max: 1000 }),
        ] {
            assert_eq!(receive(&mut assembly, whose, Some(given), len), Err(error), "{given}");
            assert_eq!(assembly, before);
        }
        // A new beginning takes the place of the old, whosever it is.
        receive(&mut assembly, 2, Some(block(0, true, 2)), 64).unwrap();
        assert_eq!(assembly.identity(), Some(identity(2)));
        assert_eq!(receive(&mut assembly, 1, Some(block(1, true, 2)), 64), Err(AssemblyError::Incomplete));
    }

    #[test]
    fn a_size_above_the_bound_is_refused_before_the_body_comes() {
        let mut assembly = Assembly::new(BlockSize::new(64), 1000);
        let (first, size) = (block(0, true, 2).uint(), Uint::new(1001));
        let list = [Opt::new(OptionNumber::BLOCK1, &first), Opt::new(OptionNumber::SIZE1, &size)];
        let error = assembly.receive(identity(1), &Options::new(&list).unwrap(), 64).unwrap_err();
        assert_eq!(
            (error, error.code()),
            (AssemblyError::TooLarge { max: 1000 }, Code::REQUEST_ENTITY_TOO_LARGE)
        );
        assert_eq!(assembly.hint(), block(0, false, 2));
    }

    #[test]
    fn several_blocks_in_one_message_count_as_many() {
        let mut assembly = Assembly::new(BlockSize::bert(8192), 1 << 20);
        let found = receive(&mut assembly, 1, Some(block(0, true, 7)), 3072);
        assert_eq!(found, Ok(Assembled::Continue { offset: 0, block: block(0, true, 7) }));
        let found = receive(&mut assembly, 1, Some(block(3, true, 6)), 1024);
        assert_eq!(found, Ok(Assembled::Continue { offset: 3072, block: block(3, true, 6) }));
        assert!(matches!(
            receive(&mut assembly, 1, Some(block(4, false, 7)), 10),
            Ok(Assembled::Complete { .. })
        ));
    }
}
