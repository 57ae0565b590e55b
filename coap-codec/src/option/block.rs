//! Block: one piece of a body (RFC 7959 §2.2), the value of Block1, Block2, Q-Block1 and Q-Block2.
//!
//! ```text
//! 0-3 bytes, as one integer:   number (up to 20 bits) | more (1) | size exponent (3)
//! ```

use core::fmt;

use thiserror::Error;

use super::{Uint, uint};

/// Block number, whether more follow, and the block size.
///
/// ```
/// use coap_codec::Block;
///
/// let block = Block::read(&[0x1E])?;
/// assert_eq!((block.number, block.more, block.size()), (1, true, Some(1024)));
/// assert_eq!(block.offset(), 1024);
/// assert_eq!(Block::new(4096, false, 6)?.uint().as_ref(), [1, 0, 6]);
/// # Ok::<(), coap_codec::BlockError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Block {
    /// Which block, counted in blocks of this size, below 2^20.
    pub number: u32,
    /// In a message with the block: more follow. In a request for a Block2 it says nothing.
    pub more: bool,
    /// Size exponent, 0 to 6 for 16 to 1024 bytes, 7 for BERT over reliable transports.
    pub exponent: u8,
}

/// Three numbers, or bytes, that are not a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[error("a block has a number below 2^20, a size exponent up to 7 and at most three bytes")]
#[non_exhaustive]
pub struct BlockError;

impl Block {
    /// The exponent that means many blocks of 1024 bytes in one message (RFC 8323 §6), and nothing over
    /// datagrams.
    pub const BERT: u8 = 7;

    /// The highest block number.
    pub const MAX_NUMBER: u32 = (1 << 20) - 1;

    /// A block of these three.
    ///
    /// # Errors
    ///
    /// If the number is above [`Block::MAX_NUMBER`] or the exponent above 7.
    #[inline]
    pub const fn new(number: u32, more: bool, exponent: u8) -> Result<Self, BlockError> {
        if number > Self::MAX_NUMBER || exponent > 7 {
            return Err(BlockError);
        }
        Ok(Self { number, more, exponent })
    }

    /// Reads an option value.
    ///
    /// # Errors
    ///
    /// If it is longer than three bytes.
    #[inline]
    pub fn read(value: &[u8]) -> Result<Self, BlockError> {
        if value.len() > 3 {
            return Err(BlockError);
        }
        let bits = uint::read(value).ok_or(BlockError)?;
        // Three bits; the mask makes the conversion whole.
        let exponent = u8::try_from(bits & 7).unwrap_or(Self::BERT);
        Ok(Self { number: bits >> 4, more: bits & 8 != 0, exponent })
    }

    /// The largest exponent, BERT aside, whose blocks are no longer than `bytes`; 0 below 32.
    #[must_use]
    pub const fn exponent_for(bytes: usize) -> u8 {
        match bytes {
            0..32 => 0,
            32..64 => 1,
            64..128 => 2,
            128..256 => 3,
            256..512 => 4,
            512..1024 => 5,
            _ => 6,
        }
    }

    /// The option value.
    #[inline]
    #[must_use]
    pub fn uint(self) -> Uint {
        Uint::new((self.number << 4) | (u32::from(self.more) << 3) | u32::from(self.exponent & 7))
    }

    /// Bytes of a block, 16 to 1024; `None` for BERT, whose messages carry any multiple of 1024.
    #[inline]
    #[must_use]
    pub const fn size(self) -> Option<usize> {
        if self.exponent >= Self::BERT { None } else { Some(16 << self.exponent) }
    }

    /// Where the block begins in the body. BERT counts in 1024 bytes (RFC 8323 §6).
    #[inline]
    #[must_use]
    pub const fn offset(self) -> u64 {
        let exponent = if self.exponent >= Self::BERT { 6 } else { self.exponent };
        // Widening; `u64::from` is not const.
        (self.number as u64) << (4 + exponent)
    }

    /// Whether a payload of `len` bytes may come with this block: exactly the block size if more follow,
    /// at most that for the last one (RFC 7959 §2.2); for BERT a positive multiple of 1024 if more follow.
    #[must_use]
    pub const fn fits(self, len: usize) -> bool {
        match (self.size(), self.more) {
            (Some(size), true) => len == size,
            (Some(size), false) => len <= size,
            (None, true) => len > 0 && len.is_multiple_of(1024),
            (None, false) => true,
        }
    }
}

impl fmt::Display for Block {
    /// `3/more/1024` or `4/last/1024`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/", self.number, if self.more { "more" } else { "last" })?;
        match self.size() {
            Some(size) => write!(f, "{size}"),
            None => f.write_str("bert"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Block;

    #[test]
    fn sizes_and_exponents_agree() {
        for exponent in 0..7 {
            let block = Block::new(3, true, exponent).unwrap();
            let size = block.size().unwrap();
            assert_eq!(block.offset(), 3 * u64::try_from(size).unwrap());
            assert_eq!(Block::exponent_for(size), exponent);
            assert_eq!(Block::exponent_for(size - 1), exponent.saturating_sub(1));
            assert!(block.fits(size) && !block.fits(size - 1) && !block.fits(size + 1));
        }
        let bert = Block::new(2, true, 7).unwrap();
        assert_eq!((bert.size(), bert.offset()), (None, 2048));
        assert!(bert.fits(2048) && !bert.fits(0) && !bert.fits(1000));
    }

    #[test]
    fn out_of_range_is_refused() {
        assert!(Block::new(1 << 20, false, 0).is_err());
        assert!(Block::new(0, false, 8).is_err());
        assert!(Block::read(&[0; 4]).is_err());
    }
}
