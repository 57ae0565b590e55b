//! Unsigned integers: network order, as few bytes as possible on the way out, leading zeros allowed on
//! the way in (RFC 7252 §3.2).

use core::ops::Deref;

/// An integer in its shortest form, ready to be an option value. Zero has no bytes.
///
/// ```
/// use coap_codec::Uint;
///
/// assert_eq!(&*Uint::new(0), &[]);
/// assert_eq!(&*Uint::new(60), &[60]);
/// assert_eq!(&*Uint::new(0x1_0000), &[1, 0, 0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Uint {
    bytes: [u8; 4],
    skip: u8,
}

impl Uint {
    /// The shortest form of `number`.
    #[inline]
    #[must_use]
    pub const fn new(number: u32) -> Self {
        let skip = match number {
            0 => 4,
            1..=0xFF => 3,
            0x100..=0xFFFF => 2,
            0x1_0000..=0xFF_FFFF => 1,
            _ => 0,
        };
        Self { bytes: number.to_be_bytes(), skip }
    }
}

impl Deref for Uint {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.bytes.get(usize::from(self.skip)..).unwrap_or_default()
    }
}

/// Reads up to four bytes.
#[inline]
pub(crate) fn read(bytes: &[u8]) -> Option<u32> {
    Some(match *bytes {
        [] => 0,
        [d] => d.into(),
        [c, d] => u32::from_be_bytes([0, 0, c, d]),
        [b, c, d] => u32::from_be_bytes([0, b, c, d]),
        [a, b, c, d] => u32::from_be_bytes([a, b, c, d]),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Uint, read};

    #[test]
    fn every_length_reads_back() {
        for (number, len) in
            [(0, 0), (1, 1), (255, 1), (256, 2), (65_535, 2), (65_536, 3), (1 << 24, 4), (u32::MAX, 4)]
        {
            assert_eq!(Uint::new(number).len(), len);
            assert_eq!(read(&Uint::new(number)), Some(number));
        }
        assert_eq!(read(&[0, 0, 0, 7]), Some(7));
        assert_eq!(read(&[0; 5]), None);
    }
}
