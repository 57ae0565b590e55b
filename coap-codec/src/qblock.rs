//! Q-Block: bodies sent many blocks at a time, for links that lose much (RFC 9177).
//!
//! ```text
//! payload set:      numbers n*10 to n*10+9 (MAX_PAYLOADS = 10), sent without waiting
//! missing blocks:   a CBOR sequence of numbers, ascending: payload of a 4.08, Content-Format 272
//! ```
//!
//! Contract: the length of the body comes with every block and is exact (§4.6), so that the number of blocks is
//! known from the first on. [`BlockMap`] keeps one bit of each, in bytes the caller lends, and says which are
//! missing; when to ask for them is the business of who has a clock (§7.2).

use core::ops::Range;

use thiserror::Error;

use crate::{Block, Code, OptionNumber, Options, Out};

/// How many blocks go out before the sender waits (RFC 9177 §7.2); both ends must agree on it.
///
/// ```
/// use coap_codec::{Asked, Block, PayloadSets};
///
/// let sets = PayloadSets::default();
/// assert_eq!((sets.of(9), sets.of(10)), (0..10, 10..20));
/// assert_eq!(sets.asked(Block::new(3, true, 6)?), Asked::Blocks(3..10)); // this and the rest of its set
/// assert_eq!(sets.asked(Block::new(10, true, 6)?), Asked::Next(10)); // go on
/// # Ok::<(), coap_codec::BlockError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PayloadSets(u32);

/// What a Q-Block2 in a request asks for (RFC 9177 §4.4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Asked {
    /// The whole body, set by set.
    Body,
    /// The sets from this number on: those before have arrived.
    Next(u32),
    /// These blocks, as far as the body has them.
    Blocks(Range<u32>),
}

impl PayloadSets {
    /// Sets of this many blocks, at least one.
    #[must_use]
    pub const fn new(max_payloads: u32) -> Self {
        Self(if max_payloads == 0 { 1 } else { max_payloads })
    }

    /// The numbers of the set a block is in.
    #[must_use]
    pub const fn of(self, number: u32) -> Range<u32> {
        let first = number - number % self.0;
        first..first.saturating_add(self.0)
    }

    /// What a Q-Block2 in a request asks for.
    #[must_use]
    pub const fn asked(self, block: Block) -> Asked {
        match (block.number, block.more) {
            (number, false) => Asked::Blocks(number..number.saturating_add(1)),
            (0, true) => Asked::Body,
            (number, true) if number.is_multiple_of(self.0) => Asked::Next(number),
            (number, true) => Asked::Blocks(number..self.of(number).end),
        }
    }
}

impl Default for PayloadSets {
    /// Ten, as RFC 9177 §7.2 has it.
    fn default() -> Self {
        Self(10)
    }
}

/// Whether a request may be acted on as far as Q-Block goes: a Q-Block1 comes with Request-Tag and Size1
/// (RFC 9177 §4.3), and several Q-Block2 ascend in one size (§4.4).
///
/// ```
/// use coap_codec::{Code, Opt, OptionNumber, Options, judge_q_block};
///
/// let twice = [Opt::new(OptionNumber::Q_BLOCK2, &[0x20]), Opt::new(OptionNumber::Q_BLOCK2, &[0x20])];
/// assert_eq!(judge_q_block(&Options::new(&twice)?), Err(Code::BAD_REQUEST));
/// assert_eq!(judge_q_block(&Options::new(&twice[..1])?), Ok(()));
/// # Ok::<(), coap_codec::EncodeError>(())
/// ```
///
/// # Errors
///
/// 4.00.
pub fn judge_q_block(request: &Options<'_>) -> Result<(), Code> {
    let alone = !(request.has(OptionNumber::REQUEST_TAG) && request.has(OptionNumber::SIZE1));
    if request.has(OptionNumber::Q_BLOCK1) && alone {
        return Err(Code::BAD_REQUEST);
    }
    let mut last: Option<Block> = None;
    let ascend = request.q_block2().all(|block| {
        last.replace(block).is_none_or(|last| last.number < block.number && last.exponent == block.exponent)
    });
    if ascend { Ok(()) } else { Err(Code::BAD_REQUEST) }
}

/// Which blocks of a body have arrived, in any order: one bit each.
///
/// ```
/// use coap_codec::{Arrived, Block, BlockMap};
///
/// // A body of 40 bytes in blocks of 16.
/// let mut bits = [0; 1];
/// let mut map = BlockMap::new(&mut bits, 40, 0)?;
/// assert_eq!(map.receive(Block::new(2, false, 0)?, 8)?, Arrived::New { offset: 32 });
/// assert_eq!(map.receive(Block::new(0, true, 0)?, 16)?, Arrived::New { offset: 0 });
/// assert!(map.missing().eq([1]));
/// assert_eq!(map.receive(Block::new(0, true, 0)?, 16)?, Arrived::Again);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct BlockMap<'m> {
    bits: &'m mut [u8],
    /// Bytes of the body.
    size: u32,
    exponent: u8,
    left: u32,
    /// The highest number that arrived, and one.
    seen: u32,
}

/// What became of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Arrived {
    /// It was missing: keep its payload.
    New {
        /// Where it belongs in the body.
        offset: u64,
    },
    /// It was there: keep nothing, answer as if it were new (RFC 9177 §4.3).
    Again,
}

/// A block that is none of its body, or a body there is no room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum BlockMapError {
    /// The body has more blocks than there are bits, or than 2^20.
    #[error("body of {blocks} blocks is too large")]
    TooLarge {
        /// Blocks of the body: the bits it takes.
        blocks: u32,
    },
    /// No block of this body: number, size, more bit or length of the payload are wrong.
    #[error("not a block of this body (RFC 9177 4.2, 4.6)")]
    Block,
}

impl<'m> BlockMap<'m> {
    /// A body of `size` bytes, none there yet, in blocks of 2^(`exponent` + 4) bytes; Q-Block has no BERT. The
    /// bits are cleared.
    ///
    /// # Errors
    ///
    /// [`BlockMapError::TooLarge`]; [`BlockMapError::Block`] for an exponent above 6.
    pub fn new(bits: &'m mut [u8], size: u32, exponent: u8) -> Result<Self, BlockMapError> {
        if exponent >= Block::BERT {
            return Err(BlockMapError::Block);
        }
        // A body of no bytes is one empty block.
        let blocks = size.div_ceil(16 << exponent).max(1);
        let room = u32::try_from(bits.len()).unwrap_or(u32::MAX).saturating_mul(8);
        if blocks > room || blocks > Block::MAX_NUMBER + 1 {
            return Err(BlockMapError::TooLarge { blocks });
        }
        bits.fill(0);
        Ok(Self { bits, size, exponent, left: blocks, seen: 0 })
    }

    /// Takes in a block with a payload of `len` bytes.
    ///
    /// # Errors
    ///
    /// [`BlockMapError::Block`]; nothing changed.
    pub fn receive(&mut self, block: Block, len: usize) -> Result<Arrived, BlockMapError> {
        let offset = block.offset();
        let left = u64::from(self.size).saturating_sub(offset);
        let unit = u64::from(16_u32 << self.exponent);
        let fits = block.number < self.blocks()
            && block.exponent == self.exponent
            && block.more == (left > unit)
            && u64::try_from(len).is_ok_and(|len| len == left.min(unit));
        let place = usize::try_from(block.number / 8).ok().and_then(|at| self.bits.get_mut(at));
        let (true, Some(byte)) = (fits, place) else { return Err(BlockMapError::Block) };
        let bit = 1 << (block.number % 8);
        if *byte & bit != 0 {
            return Ok(Arrived::Again);
        }
        *byte |= bit;
        self.left -= 1;
        self.seen = self.seen.max(block.number + 1);
        Ok(Arrived::New { offset })
    }

    /// Blocks of the whole body.
    #[must_use]
    pub const fn blocks(&self) -> u32 {
        let blocks = self.size.div_ceil(16 << self.exponent);
        if blocks == 0 { 1 } else { blocks }
    }

    /// Whether every block has arrived.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.left == 0
    }

    /// The highest number that arrived, and one: blocks from here on may still be under way.
    #[must_use]
    pub const fn seen(&self) -> u32 {
        self.seen
    }

    /// The numbers of the blocks that have not arrived, ascending.
    pub fn missing(&self) -> impl Iterator<Item = u32> + '_ {
        self.missing_in(0..self.blocks())
    }

    /// Those of them in a range, such as a payload set or the blocks below [`BlockMap::seen`].
    pub fn missing_in(&self, range: Range<u32>) -> impl Iterator<Item = u32> + '_ {
        (range.start..range.end.min(self.blocks())).filter(|number| {
            let byte = usize::try_from(number / 8).ok().and_then(|at| self.bits.get(at));
            byte.is_some_and(|byte| byte >> (number % 8) & 1 == 0)
        })
    }
}

/// The numbers in the payload of a 4.08 in `application/missing-blocks+cbor-seq` (RFC 9177 §5).
///
/// ```
/// use coap_codec::{MissingBlocks, SliceOut};
///
/// let mut buffer = [0; 8];
/// let mut out = SliceOut::new(&mut buffer);
/// assert_eq!(MissingBlocks::write([1, 9, 300], &mut out), 3);
/// assert_eq!(out.written(), [0x01, 0x09, 0x19, 0x01, 0x2C]);
/// assert!(MissingBlocks::new(out.written())?.eq([1, 9, 300]));
/// # Ok::<(), coap_codec::MissingBlocksError>(())
/// ```
#[derive(Debug, Clone)]
pub struct MissingBlocks<'a> {
    rest: &'a [u8],
}

/// A payload that is no list of missing blocks; the response is to be dropped (RFC 9177 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[error("no ascending block numbers from byte {offset} on (RFC 9177 5)")]
#[non_exhaustive]
pub struct MissingBlocksError {
    /// Where the first wrong number begins.
    pub offset: usize,
}

impl<'a> MissingBlocks<'a> {
    /// The numbers of a payload: at least one, ascending, each below 2^20.
    ///
    /// # Errors
    ///
    /// [`MissingBlocksError`].
    pub fn new(payload: &'a [u8]) -> Result<Self, MissingBlocksError> {
        let (mut rest, mut last) = (payload, None);
        while !rest.is_empty() || last.is_none() {
            let error = MissingBlocksError { offset: payload.len() - rest.len() };
            let (number, behind) = split_number(rest).ok_or(error)?;
            if number > Block::MAX_NUMBER || last.is_some_and(|last| last >= number) {
                return Err(error);
            }
            (rest, last) = (behind, Some(number));
        }
        Ok(Self { rest: payload })
    }

    /// Writes as many of these numbers as there is room for and says how many; they must ascend. Lend an output
    /// as large as the payload may be: the rest can be told later.
    pub fn write(numbers: impl IntoIterator<Item = u32>, out: &mut (impl Out + ?Sized)) -> usize {
        let mut count = 0;
        for number in numbers {
            let [a, b, c, d] = number.to_be_bytes();
            let bytes: &[u8] = match number {
                0..24 => &[d],
                24..0x100 => &[0x18, d],
                0x100..0x1_0000 => &[0x19, c, d],
                _ => &[0x1A, a, b, c, d],
            };
            if out.room() < bytes.len() {
                break;
            }
            out.put(bytes);
            count += 1;
        }
        count
    }
}

impl Iterator for MissingBlocks<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (number, rest) = split_number(self.rest)?;
        self.rest = rest;
        Some(number)
    }
}

/// Takes a CBOR unsigned integer off the front (RFC 8949 §3, major type 0); `None` also above 32 bits.
fn split_number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    let len = match first {
        0..24 => return Some((first.into(), rest)),
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => return None,
    };
    let (number, rest) = rest.split_at_checked(len)?;
    let number =
        number.iter().try_fold(0_u32, |number, &byte| Some(number.checked_mul(256)? | u32::from(byte)))?;
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::{Arrived, Asked, BlockMap, BlockMapError, MissingBlocks, PayloadSets, judge_q_block};
    use crate::{Block, Code, Opt, OptionNumber, Options, SliceOut};

    fn block(number: u32, more: bool, exponent: u8) -> Block {
        Block::new(number, more, exponent).unwrap()
    }

    #[test]
    fn requests_ask_by_set() {
        let sets = PayloadSets::new(4);
        for (number, more, asked) in [
            (0, true, Asked::Body),
            (0, false, Asked::Blocks(0..1)),
            (4, true, Asked::Next(4)),
            (4, false, Asked::Blocks(4..5)),
            (5, true, Asked::Blocks(5..8)),
            (7, true, Asked::Blocks(7..8)),
        ] {
            assert_eq!(sets.asked(block(number, more, 6)), asked, "{number} {more}");
        }
        assert_eq!(PayloadSets::new(0).of(3), 3..4);
    }

    #[test]
    fn what_must_come_with_a_q_block_is_asked_for() {
        use OptionNumber as N;
        let first = Opt::new(N::Q_BLOCK1, &[0x08]);
        let (size, tag) = (Opt::new(N::SIZE1, &[99]), Opt::new(N::REQUEST_TAG, b""));
        let missing = |value| Opt::new(N::Q_BLOCK2, value);
        for (list, fine) in [
            (&[][..], true),
            (&[first, size, tag], true),
            (&[first, size], false),
            (&[first, tag], false),
            (&[missing(&[0x10]), missing(&[0x20])], true),
            (&[missing(&[0x10]), missing(&[0x10])], false),
            (&[missing(&[0x20]), missing(&[0x10])], false),
            (&[missing(&[0x10]), missing(&[0x21])], false),
        ] {
            let judged = judge_q_block(&Options::new(list).unwrap());
            assert_eq!(judged, if fine { Ok(()) } else { Err(Code::BAD_REQUEST) }, "{list:?}");
        }
    }

    #[test]
    fn blocks_arrive_once_in_any_order() {
        let mut bits = [0xFF; 2];
        let mut map = BlockMap::new(&mut bits, 16 * 11 + 1, 0).unwrap();
        assert_eq!((map.blocks(), map.missing().count(), map.seen()), (12, 12, 0));
        for (count, number) in [11, 0, 5, 9, 10, 1, 2, 3, 4, 6, 8, 7].into_iter().enumerate() {
            assert!(!map.is_complete());
            let (block, len) = (block(number, number < 11, 0), if number < 11 { 16 } else { 1 });
            let offset = u64::from(number) * 16;
            assert_eq!(map.receive(block, len), Ok(Arrived::New { offset }), "{number}");
            assert_eq!(map.receive(block, len), Ok(Arrived::Again));
            assert_eq!(map.missing().count(), 11 - count);
        }
        assert!(map.is_complete());
        assert_eq!(map.seen(), 12);
    }

    #[test]
    fn what_is_no_block_of_the_body_changes_nothing() {
        let mut bits = [0; 1];
        let mut map = BlockMap::new(&mut bits, 40, 0).unwrap();
        for (block, len) in [
            (block(3, false, 0), 0),
            (block(1 << 19, true, 0), 16),
            (block(0, false, 0), 16),
            (block(0, true, 0), 15),
            (block(2, true, 0), 8),
            (block(2, false, 0), 16),
            (block(0, true, 1), 32),
        ] {
            assert_eq!(map.receive(block, len), Err(BlockMapError::Block), "{block}");
        }
        assert!(map.missing_in(1..99).eq([1, 2]));
    }

    #[test]
    fn bodies_have_a_bound() {
        let mut bits = [0; 2];
        assert_eq!(BlockMap::new(&mut bits, 257, 0).unwrap_err(), BlockMapError::TooLarge { blocks: 17 });
        assert_eq!(BlockMap::new(&mut bits, 1, 7).unwrap_err(), BlockMapError::Block);
        assert_eq!(BlockMap::new(&mut bits, 256, 0).unwrap().blocks(), 16);
        let mut empty = BlockMap::new(&mut bits, 0, 6).unwrap();
        assert_eq!(empty.receive(block(0, false, 6), 0), Ok(Arrived::New { offset: 0 }));
        assert!(empty.is_complete());
        assert!(BlockMap::new(&mut [], 0, 0).is_err());
    }

    #[test]
    fn numbers_are_written_as_cbor_and_read_back() {
        let numbers = [0, 23, 24, 255, 256, 65_535, 65_536, Block::MAX_NUMBER];
        let mut buffer = [0; 32];
        let mut out = SliceOut::new(&mut buffer);
        assert_eq!(MissingBlocks::write(numbers, &mut out), numbers.len());
        assert_eq!(out.len(), 1 + 1 + 2 + 2 + 3 + 3 + 5 + 5);
        assert!(MissingBlocks::new(out.written()).unwrap().eq(numbers));
        let mut short = [0; 9];
        let mut out = SliceOut::new(&mut short);
        assert_eq!(MissingBlocks::write(numbers, &mut out), 5);
        assert!(MissingBlocks::new(out.written()).unwrap().eq([0, 23, 24, 255, 256]));
    }

    #[test]
    fn a_payload_that_is_no_list_is_refused() {
        for (payload, offset) in [
            (&[][..], 0),
            (&[1, 1], 1),
            (&[2, 1], 1),
            (&[1, 0x18], 1),
            (&[1, 0x19, 0], 1),
            (&[0x1A, 0, 0x10, 0, 0], 0),
            (&[0x1B, 0, 0, 0, 1, 0, 0, 0, 0], 0),
            (&[0x1C], 0),
            (&[0x20], 0),
            (&[1, 0x82, 2, 3], 1),
        ] {
            assert_eq!(MissingBlocks::new(payload).unwrap_err().offset, offset, "{payload:02x?}");
        }
        // Longer forms than needed are well-formed.
        assert!(MissingBlocks::new(&[0x18, 1, 0x1B, 0, 0, 0, 0, 0, 0, 0, 2]).unwrap().eq([1, 2]));
    }
}
