//! Hexadecimal text of a fixed size, written without an allocator.

use core::fmt;
use core::str;

use crate::pieces::Pieces;

/// The case of hexadecimal letters. The platform reads both; what an SDK writes is part of its [`Dialect`](crate::Dialect).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Case {
    /// `0A1B`
    Upper,
    /// `0a1b`
    Lower,
}

/// Hexadecimal text of at most `N` characters.
///
/// Such a text is usually a credential, so `Debug` does not show it; `Display` and [`as_str`](Self::as_str) do.
#[derive(Clone)]
pub struct Hex<const N: usize> {
    text: [u8; N],
    len: usize,
}

impl<const N: usize> Hex<N> {
    /// The hexadecimal text of `bytes`; bytes that would not fit are left out.
    pub(crate) fn new(bytes: &[u8], case: Case) -> Self {
        let first_letter = match case {
            Case::Upper => b'A',
            Case::Lower => b'a',
        };
        // Computed, not looked up: what is written here may be secret, and many digits are made at once.
        let digit = |bits: u8| bits + if bits < 10 { b'0' } else { first_letter - 10 };
        let mut text = [0; N];
        for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
            pair[0] = digit(byte >> 4);
            pair[1] = digit(byte & 15);
        }
        Self { text, len: (2 * bytes.len()).min(N & !1) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.text[..self.len]).unwrap_or_default()
    }

    pub(crate) fn wipe(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.text);
    }
}

impl<const N: usize> Pieces for Hex<N> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        put(self.as_str());
    }
}

impl<const N: usize> AsRef<str> for Hex<N> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl<const N: usize> fmt::Display for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hex({} digits)", self.len)
    }
}

/// Reads exactly `out.len()` bytes of hexadecimal text, in either case.
pub(crate) fn decode(text: &[u8], out: &mut [u8]) -> Option<()> {
    if text.len() != out.len() * 2 {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(())
}

/// The value of one hexadecimal digit.
pub(crate) fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_cases() {
        assert_eq!(Hex::<8>::new(&[0x0a, 0xf9], Case::Upper).as_str(), "0AF9");
        assert_eq!(Hex::<8>::new(&[0x0a, 0xf9], Case::Lower).as_str(), "0af9");
    }

    #[test]
    fn decoding_wants_the_exact_length_and_digits() {
        let mut out = [0; 2];
        assert_eq!(decode(b"0aF9", &mut out), Some(()));
        assert_eq!(out, [0x0a, 0xf9]);
        assert_eq!(decode(b"0aF", &mut out), None);
        assert_eq!(decode(b"0aF90", &mut out), None);
        assert_eq!(decode(b"0aFg", &mut out), None);
    }
}
