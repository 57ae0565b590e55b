//! UTF-8 fields (MQTT 5.0 §1.5.4, 3.1.1 §1.5.3) and fields that must not be shown.
//!
//! Every text of a packet is looked at once: sixteen bytes at a time for what nearly all texts are, ASCII without U+0000,
//! and byte by byte only when that fails. The result is bytes *known* to be text. Safe code can make a `&str` of bytes only
//! by checking them again, so [`Text`] compares, hashes and copies as bytes and pays for that second look in
//! [`Text::as_str`] alone.

use core::fmt;

use crate::error::EncodeError;
use crate::rule::Rule;

/// A text of a packet: at most 65,535 bytes of UTF-8 without U+0000.
///
/// ```
/// use mqtt_codec::Text;
///
/// let client_id = Text::new("pump-7")?;
/// assert_eq!(client_id, "pump-7");
/// assert_eq!(client_id.as_str(), "pump-7");
/// assert!(Text::new("nul\0nul").is_err());
/// # Ok::<(), mqtt_codec::EncodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    /// The text of no characters.
    pub const EMPTY: Self = Text(&[]);

    /// Checks a text.
    ///
    /// # Errors
    /// [`Rule::Nul`] or [`Rule::FieldTooLong`].
    pub fn new(text: &'a str) -> Result<Self, EncodeError> {
        if text.len() > usize::from(u16::MAX) {
            return Err(EncodeError::Illegal(Rule::FieldTooLong));
        }
        if text.bytes().any(|byte| byte == 0) {
            return Err(EncodeError::Illegal(Rule::Nul));
        }
        Ok(Self(text.as_bytes()))
    }

    /// Checks a text that came as bytes.
    ///
    /// # Errors
    /// As [`Self::new`], and [`Rule::NotUtf8`].
    pub fn from_utf8(text: &'a [u8]) -> Result<Self, EncodeError> {
        Self::new(core::str::from_utf8(text).map_err(|_| EncodeError::Illegal(Rule::NotUtf8))?)
    }

    /// Takes bytes that [`scan_text`] accepted.
    #[inline]
    pub(crate) const fn from_scanned(text: &'a [u8]) -> Self {
        Self(text)
    }

    /// The text as bytes, at no cost.
    #[inline]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// The text as `&str`, at the cost of one UTF-8 check (see the module).
    pub fn as_str(&self) -> &'a str {
        core::str::from_utf8(self.0).unwrap_or_default()
    }

    /// Length in bytes.
    #[inline]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the text has no characters.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> TryFrom<&'a str> for Text<'a> {
    type Error = EncodeError;

    fn try_from(text: &'a str) -> Result<Self, EncodeError> {
        Self::new(text)
    }
}

impl AsRef<[u8]> for Text<'_> {
    fn as_ref(&self) -> &[u8] {
        self.0
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// Bytes that are nobody's business: a password, authentication data. Printing shows their number only.
///
/// ```
/// use mqtt_codec::Secret;
///
/// assert_eq!(format!("{:?}", Secret(b"hunter2")), "[7 bytes]");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret<'a>(
    /// The bytes; at most 65,535 can be sent.
    pub &'a [u8],
);

impl fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes]", self.0.len())
    }
}

/// What is wrong with a text, and at which byte of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) rule: Rule,
    pub(crate) at: usize,
}

/// Accepts UTF-8 without U+0000.
#[inline]
pub(crate) fn scan_text(bytes: &[u8]) -> Result<(), Flaw> {
    if is_plain::<false>(bytes) { Ok(()) } else { scan_thoroughly::<false>(bytes) }
}

/// Accepts UTF-8 without U+0000, `+` and `#`.
#[inline]
pub(crate) fn scan_name(bytes: &[u8]) -> Result<(), Flaw> {
    if is_plain::<true>(bytes) { Ok(()) } else { scan_thoroughly::<true>(bytes) }
}

const LOW: u64 = 0x7F7F_7F7F_7F7F_7F7F;

/// Whether all is ASCII but U+0000, and with `NAME` also free of `+` and `#`.
#[inline(never)]
fn is_plain<const NAME: bool>(bytes: &[u8]) -> bool {
    // The last bytes overlap those before: cheaper than a loop over a remainder.
    let Some(last) = bytes.last_chunk::<16>() else { return is_plain_short::<NAME>(bytes) };
    let (chunks, _) = bytes.as_chunks::<16>();
    chunks.iter().all(is_plain_chunk::<NAME>) && is_plain_chunk::<NAME>(last)
}

/// Without a branch inside, so that compilers make vector instructions of it.
#[inline]
#[expect(clippy::cast_possible_wrap, reason = "what is not ASCII is to be negative")]
fn is_plain_chunk<const NAME: bool>(chunk: &[u8; 16]) -> bool {
    // `+` is 0x2B and `#` is 0x23: with bit 3 set they are equal, and differ from all else.
    !chunk.iter().fold(false, |bad, byte| bad | (*byte as i8 <= 0) | (NAME & (*byte | 8 == b'+')))
}

/// The same for less than sixteen bytes.
#[inline]
fn is_plain_short<const NAME: bool>(bytes: &[u8]) -> bool {
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u64::from_ne_bytes(*first), u64::from_ne_bytes(*last));
        return is_plain_word::<NAME>(first) && is_plain_word::<NAME>(last);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_ne_bytes(*first), u32::from_ne_bytes(*last));
        return is_plain_word::<NAME>(u64::from(first) << 32 | u64::from(last));
    }
    let [a, b, c] = match *bytes {
        [] => return true,
        [a] => [a, a, a],
        [a, b] => [a, b, b],
        [a, b, c, ..] => [a, b, c],
    };
    is_plain_word::<NAME>(u64::from_ne_bytes([a, b, c, c, c, c, c, c]))
}

#[inline]
fn is_plain_word<const NAME: bool>(word: u64) -> bool {
    // Adding 0x7F raises the high bit of every byte that is not zero, and below 0x80 carries nowhere.
    let mut good = word.wrapping_add(LOW);
    if NAME {
        let wild = (word | 0x0808_0808_0808_0808) ^ 0x2B2B_2B2B_2B2B_2B2B;
        good &= wild.wrapping_add(LOW);
    }
    (good & !word) | LOW == u64::MAX
}

#[inline(never)]
fn scan_thoroughly<const NAME: bool>(bytes: &[u8]) -> Result<(), Flaw> {
    let valid = match core::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        Err(error) => error.valid_up_to(),
    };
    for (at, byte) in bytes.iter().take(valid).enumerate() {
        match byte {
            0 => return Err(Flaw { rule: Rule::Nul, at }),
            b'+' | b'#' if NAME => return Err(Flaw { rule: Rule::TopicWildcard, at }),
            _ => {}
        }
    }
    if valid < bytes.len() { Err(Flaw { rule: Rule::NotUtf8, at: valid }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules, said simply.
    fn naive(bytes: &[u8], name: bool) -> bool {
        core::str::from_utf8(bytes).is_ok()
            && !bytes.contains(&0)
            && !(name && bytes.iter().any(|byte| matches!(byte, b'+' | b'#')))
    }

    #[test]
    fn every_byte_at_every_place_of_every_short_length() {
        for len in 0..50 {
            let mut bytes = [b'x'; 50];
            for at in 0..len {
                for byte in 0..=255 {
                    bytes[at] = byte;
                    let text = &bytes[..len];
                    assert_eq!(scan_text(text).is_ok(), naive(text, false), "{text:?}");
                    assert_eq!(scan_name(text).is_ok(), naive(text, true), "{text:?}");
                    if let Err(flaw) = scan_name(text) {
                        assert_eq!(flaw.at, at);
                    }
                }
                bytes[at] = b'x';
            }
        }
    }

    #[test]
    fn text_beyond_ascii() {
        for text in ["é", "中文/温度", "🦀🦀🦀🦀", "\u{feff}bom", "a\u{7f}b\u{80}"] {
            assert_eq!(scan_name(text.as_bytes()), Ok(()));
            for cut in 0..text.len() {
                assert_eq!(
                    scan_text(&text.as_bytes()[..cut]).is_ok(),
                    text.is_char_boundary(cut),
                    "{text} {cut}"
                );
            }
        }
        assert_eq!(scan_text(b"ab\xed\xa0\x80"), Err(Flaw { rule: Rule::NotUtf8, at: 2 }), "a surrogate");
        assert_eq!(scan_name("é+\0".as_bytes()), Err(Flaw { rule: Rule::TopicWildcard, at: 2 }));
        assert_eq!(scan_text("é+\0".as_bytes()), Err(Flaw { rule: Rule::Nul, at: 3 }));
    }
}
