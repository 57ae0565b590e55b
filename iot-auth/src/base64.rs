//! Base64 (RFC 4648 §4, with padding): signatures of the cloud side, and payloads inside OpenAPI requests.

use core::fmt;
use core::str;

use crate::pieces::Pieces;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 text of at most `N` characters. `Debug` does not show it.
#[derive(Clone)]
#[repr(align(8))]
pub struct Base64<const N: usize> {
    text: [u8; N],
    len: usize,
}

impl<const N: usize> Base64<N> {
    /// The base64 text of `bytes`; groups that would not fit are left out.
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let mut text = [0; N];
        let mut len = 0;
        for (quad, group) in text.chunks_exact_mut(4).zip(bytes.chunks(3)) {
            quad.copy_from_slice(&encode(group));
            len += 4;
        }
        Self { text, len }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.text[..self.len]).unwrap_or_default()
    }
}

impl<const N: usize> Pieces for Base64<N> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        put(self.as_str());
    }
}

impl<const N: usize> fmt::Display for Base64<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Base64<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Base64({} characters)", self.len)
    }
}

/// One group of one to three bytes as four characters.
fn encode(group: &[u8]) -> [u8; 4] {
    let byte = |i: usize| group.get(i).copied().unwrap_or(0);
    let [a, b, c] = [byte(0), byte(1), byte(2)];
    let digit = |bits: u8| ALPHABET[usize::from(bits & 63)];
    [
        digit(a >> 2),
        digit(a << 4 | b >> 4),
        if group.len() > 1 { digit(b << 2 | c >> 6) } else { b'=' },
        if group.len() > 2 { digit(c) } else { b'=' },
    ]
}

/// Puts the base64 text of `bytes`, however long, piece by piece.
pub(crate) fn pieces(bytes: &[u8], put: &mut impl FnMut(&str)) {
    for chunk in bytes.chunks(48) {
        put(Base64::<64>::new(chunk).as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_4648_vectors() {
        let table = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, text) in table {
            assert_eq!(Base64::<8>::new(plain.as_bytes()).as_str(), text);
        }
    }

    #[test]
    fn long_input_has_no_seams() {
        let bytes = [0xff; 100];
        let mut out = [0; 136];
        let mut len = 0;
        pieces(&bytes, &mut |piece| {
            out[len..len + piece.len()].copy_from_slice(piece.as_bytes());
            len += piece.len();
        });
        assert_eq!(&out[..len], Base64::<136>::new(&bytes).as_str().as_bytes());
    }
}
