//! Block-wise transfers: bodies in pieces (RFC 7959, RFC 8323 §6).
//!
//! | body of | sent by | taken in by |
//! |---|---|---|
//! | a response, Block2 | [`Wanted::of`] a request: stateless, any block at any time | [`Fetch`] |
//! | a request, Block1 | [`Upload`] | [`Assembly`] |
//!
//! Contract: these values hold numbers, never bytes. Whoever sends a body is told which bytes are
//! [`Wanted`] and gets the [`Part`] to send them as; whoever takes one in is told where a payload belongs. A
//! body is as large as the bound the caller gives and 2^20 blocks allow. An error leaves the value as it was.

mod assembly;
mod fetch;
mod upload;

pub use assembly::{Assembled, Assembly, AssemblyError};
pub use fetch::{Fetch, FetchError, Fetched};
pub use upload::{Upload, Uploaded};

use core::ops::Range;

use thiserror::Error;

use crate::{Block, Code, Options};

/// How large the pieces of a body may be.
///
/// ```
/// use coap_codec::BlockSize;
///
/// assert_eq!(BlockSize::new(700).bytes(), 512);
/// assert_eq!(BlockSize::bert(5000).bytes(), 4096); // four blocks in one message, over TCP
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlockSize {
    exponent: u8,
    /// Blocks of 1024 bytes in one message, for [`Block::BERT`].
    count: u16,
}

impl BlockSize {
    /// 1024 bytes, the most there is over datagrams.
    pub const MAX: Self = Self::new(1024);

    /// The largest size up to `bytes`: a power of two from 16 to 1024; 16 if `bytes` is less.
    #[must_use]
    pub const fn new(bytes: usize) -> Self {
        Self { exponent: Block::exponent_for(bytes), count: 1 }
    }

    /// As many blocks of 1024 bytes in one message as fit into `bytes`, for reliable transports whose other
    /// end has said it can (RFC 8323 §6); below 1024 bytes as [`BlockSize::new`].
    #[must_use]
    pub const fn bert(bytes: usize) -> Self {
        let [low, high, rest @ ..] = (bytes / 1024).to_le_bytes();
        let mut count = u16::from_le_bytes([low, high]);
        let mut at = 0;
        while at < rest.len() {
            if rest[at] != 0 {
                count = u16::MAX;
            }
            at += 1;
        }
        if count == 0 { Self::new(bytes) } else { Self { exponent: Block::BERT, count } }
    }

    /// The exponent, [`Block::BERT`] for several blocks in one message.
    #[inline]
    #[must_use]
    pub const fn exponent(self) -> u8 {
        self.exponent
    }

    /// Bytes of a piece that is not the last.
    #[inline]
    #[must_use]
    pub const fn bytes(self) -> usize {
        // Widening; `usize::from` is not const.
        self.unit() as usize * self.count as usize
    }

    /// Bytes block numbers count in.
    const fn unit(self) -> u32 {
        16 << if self.exponent >= Block::BERT { 6 } else { self.exponent }
    }

    /// The same, no larger than the other end's exponent allows.
    #[must_use]
    const fn up_to(self, exponent: u8) -> Self {
        if exponent < self.exponent { Self { exponent, count: 1 } } else { self }
    }
}

/// The bytes of a body to send next, before it is known how much of it there is.
///
/// ```
/// use coap_codec::{BlockSize, Message, Rules, Wanted};
///
/// // GET with Block2: number 2, blocks of 32 bytes.
/// let request = Message::decode(b"\x40\x01\x00\x01\xD1\x0A\x21", Rules::new())?;
/// let body = [7; 90];
/// let part = Wanted::of(&request.options, BlockSize::MAX).part_of(90)?;
/// assert_eq!(part.bytes_of(&body).len(), 26);
/// assert_eq!(part.block.unwrap().to_string(), "2/last/32");
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wanted {
    /// Where the bytes begin in the body.
    pub offset: u64,
    /// How many there may be; fewer only at the end of the body.
    pub len: usize,
    size: BlockSize,
    /// A block option even if the body fits.
    in_blocks: bool,
    /// The length of the body even if this is not its beginning.
    with_size: bool,
}

impl Wanted {
    /// What a request wants of the response's body, by its Block2 and Size2, in pieces no larger than `limit`
    /// (RFC 7959 §2.4).
    #[must_use]
    pub fn of(request: &Options<'_>, limit: BlockSize) -> Self {
        Self::asked(request.block2(), request.size2().is_some(), limit)
    }

    /// The same, of these options.
    #[inline]
    pub(crate) const fn asked(asked: Option<Block>, with_size: bool, limit: BlockSize) -> Self {
        let (size, offset) = match asked {
            Some(block) => (limit.up_to(block.exponent), block.offset()),
            None => (limit, 0),
        };
        Self { offset, len: size.bytes(), size, in_blocks: asked.is_some(), with_size }
    }

    /// The part to send of a body of `total` bytes.
    ///
    /// # Errors
    ///
    /// [`PartError::PastEnd`], [`PartError::TooFar`].
    #[inline]
    pub fn part_of(self, total: u64) -> Result<Part, PartError> {
        let left = total.checked_sub(self.offset).ok_or(PartError::PastEnd)?;
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(self.len);
        let more = left > u64::try_from(len).unwrap_or(u64::MAX);
        let part = self.part(len, more)?;
        let tell = self.with_size || (more && self.offset == 0);
        Ok(Part { size: u32::try_from(total).ok().filter(|_| tell), ..part })
    }

    /// The part to send of a body of unknown length: `len` bytes, and whether more follow.
    ///
    /// # Errors
    ///
    /// [`PartError::Length`] if `len` is not what [`Wanted::len`] asks for, [`PartError::PastEnd`],
    /// [`PartError::TooFar`].
    #[inline]
    pub fn part(self, len: usize, more: bool) -> Result<Part, PartError> {
        if len == 0 && !more && self.offset > 0 {
            return Err(PartError::PastEnd);
        }
        self.cut(len, more)
    }

    /// The same; the last part may have no bytes.
    #[inline]
    fn cut(self, len: usize, more: bool) -> Result<Part, PartError> {
        if len > self.len || (more && len != self.len) {
            return Err(PartError::Length);
        }
        let number = u32::try_from(self.offset / u64::from(self.size.unit()));
        let block = number.ok().and_then(|number| Block::new(number, more, self.size.exponent).ok());
        let block = block.ok_or(PartError::TooFar)?;
        Ok(Part { offset: self.offset, len, block: (self.in_blocks || more).then_some(block), size: None })
    }
}

/// A piece of a body to send, and what to say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// Where it begins in the body.
    pub offset: u64,
    /// Bytes of it: the payload.
    pub len: usize,
    /// Block1 of a request, Block2 of a response; `None` if the body is one piece and nobody asked.
    pub block: Option<Block>,
    /// Size1 of a request, Size2 of a response: bytes of the whole body (RFC 7959 §4).
    pub size: Option<u32>,
}

impl Part {
    /// Whether other parts follow.
    #[inline]
    #[must_use]
    pub fn more(&self) -> bool {
        self.block.is_some_and(|block| block.more)
    }

    /// Where in the body it is.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.offset..self.offset.saturating_add(u64::try_from(self.len).unwrap_or(u64::MAX))
    }

    /// These bytes of the whole body; fewer if the body has fewer.
    #[must_use]
    pub fn bytes_of<'b>(&self, body: &'b [u8]) -> &'b [u8] {
        let rest = usize::try_from(self.offset).ok().and_then(|from| body.get(from..)).unwrap_or_default();
        rest.get(..self.len).unwrap_or(rest)
    }
}

/// What keeps a part from being sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum PartError {
    /// The body ends before the block that is asked for.
    #[error("block past the end of the body")]
    PastEnd,
    /// The block has no number below 2^20 in the size it would be sent in.
    #[error("block number above 1048575")]
    TooFar,
    /// The caller's piece is not of the length that is wanted.
    #[error("a piece has the length that is wanted, or is the last and shorter")]
    Length,
}

impl PartError {
    /// What a server answers to the request.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::PastEnd | Self::TooFar => Code::BAD_REQUEST,
            Self::Length => Code::INTERNAL_SERVER_ERROR,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BlockSize, PartError, Wanted};
    use crate::{Block, Opt, OptionNumber, Options};

    fn wanted(block: Option<(u32, u8)>, limit: BlockSize) -> Wanted {
        let Some((number, exponent)) = block else { return Wanted::of(&Options::EMPTY, limit) };
        let value = Block::new(number, false, exponent).unwrap().uint();
        let list = [Opt::new(OptionNumber::BLOCK2, &value)];
        Wanted::of(&Options::new(&list).unwrap(), limit)
    }

    #[test]
    fn sizes_are_powers_of_two_or_whole_kilobytes() {
        for (bytes, plain, bert) in
            [(0, 16, 16), (16, 16, 16), (1023, 512, 512), (1024, 1024, 1024), (4097, 1024, 4096)]
        {
            assert_eq!((BlockSize::new(bytes).bytes(), BlockSize::bert(bytes).bytes()), (plain, bert));
        }
        assert_eq!(BlockSize::bert(usize::MAX).bytes(), 65_535 * 1024);
        assert_eq!(BlockSize::bert(1024).exponent(), Block::BERT);
        assert_eq!(BlockSize::bert(1023).exponent(), 5);
    }

    #[test]
    fn both_ends_choose_the_size() {
        // Asked for, our limit, body; then offset, length, block and size of the part.
        let (small, max, bert) = (BlockSize::new(64), BlockSize::MAX, BlockSize::bert(4096));
        for (asked, limit, total, offset, len, block, size) in [
            (None, max, 100, 0, 100, None, None),
            (None, max, 1024, 0, 1024, None, None),
            (None, max, 1025, 0, 1024, Some("0/more/1024"), Some(1025)),
            (None, max, 0, 0, 0, None, None),
            (Some((0, 6)), max, 100, 0, 100, Some("0/last/1024"), None),
            (Some((0, 6)), max, 0, 0, 0, Some("0/last/1024"), None),
            (Some((0, 2)), max, 100, 0, 64, Some("0/more/64"), Some(100)),
            (Some((1, 2)), max, 100, 64, 36, Some("1/last/64"), None),
            // We send smaller blocks than asked for, counted in our size.
            (Some((2, 4)), small, 1000, 512, 64, Some("8/more/64"), None),
            (Some((0, 6)), small, 1000, 0, 64, Some("0/more/64"), Some(1000)),
            // Exactly to the end.
            (Some((1, 2)), max, 128, 64, 64, Some("1/last/64"), None),
            // Several blocks in one message only where both ends can.
            (None, bert, 5000, 0, 4096, Some("0/more/bert"), Some(5000)),
            (Some((4, 7)), bert, 5000, 4096, 904, Some("4/last/bert"), None),
            (Some((1, 7)), max, 5000, 1024, 1024, Some("1/more/1024"), None),
            (Some((1, 6)), bert, 5000, 1024, 1024, Some("1/more/1024"), None),
        ] {
            let part = wanted(asked, limit).part_of(total).unwrap();
            assert_eq!((part.offset, part.len, part.size), (offset, len, size), "{asked:?} {total}");
            extern crate alloc;
            use alloc::string::ToString;
            let found = part.block.map(|block| block.to_string());
            assert_eq!(found.as_deref(), block, "{asked:?} {total}");
        }
    }

    #[test]
    fn what_is_not_there_is_refused() {
        let max = BlockSize::MAX;
        assert_eq!(wanted(Some((2, 2)), max).part_of(128), Err(PartError::PastEnd));
        assert_eq!(wanted(Some((3, 2)), max).part_of(128), Err(PartError::PastEnd));
        assert_eq!(wanted(Some((1, 0)), max).part_of(0), Err(PartError::PastEnd));
        assert_eq!(wanted(Some((1 << 19, 6)), BlockSize::new(16)).part_of(1 << 40), Err(PartError::TooFar));
        let wanted = wanted(Some((1, 2)), max);
        assert_eq!(wanted.part(63, true), Err(PartError::Length));
        assert_eq!(wanted.part(65, false), Err(PartError::Length));
        assert_eq!(wanted.part(0, false), Err(PartError::PastEnd));
        assert!(wanted.part(64, true).unwrap().more() && !wanted.part(1, false).unwrap().more());
    }

    #[test]
    fn who_asks_for_the_size_is_told() {
        let block = Block::new(1, false, 0).unwrap().uint();
        let list = [Opt::new(OptionNumber::BLOCK2, &block), Opt::new(OptionNumber::SIZE2, &[])];
        let options = Options::new(&list).unwrap();
        let wanted = Wanted::of(&options, BlockSize::MAX);
        assert_eq!(wanted.part_of(40).unwrap().size, Some(40));
        assert_eq!(wanted.part_of(1 << 40).unwrap().size, None); // no 32 bits hold it
    }

    #[test]
    fn parts_cut_the_body_without_gap_or_overlap() {
        let body: [u8; 100] = core::array::from_fn(|at| u8::try_from(at).unwrap());
        let (mut number, mut next) = (0, 0);
        loop {
            let part = wanted(Some((number, 1)), BlockSize::MAX).part_of(100).unwrap();
            assert_eq!(part.bytes_of(&body), &body[next..next + part.len]);
            (number, next) = (number + 1, next + part.len);
            if !part.more() {
                break;
            }
        }
        assert_eq!(next, 100);
        assert_eq!(
            super::Part { offset: 200, ..wanted(None, BlockSize::MAX).part_of(9).unwrap() }.bytes_of(&body),
            []
        );
    }
}
