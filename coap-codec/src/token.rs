//! Token: 0 to 8 bytes that match a response to its request (RFC 7252 §5.3.1), up to 65,804 with
//! extended token lengths (RFC 8974).
//!
//! ```text
//! TKL 0..=12   that many bytes            13 | len-13 in one byte      14 | len-269 in two bytes
//! ```

use core::fmt;

use crate::{EncodeError, Out, option};

/// A token, borrowed. Equality is equality of bytes.
///
/// ```
/// use coap_codec::Token;
///
/// let token = Token::new(&[0xCA, 0xFE])?;
/// assert_eq!(token.to_string(), "cafe");
/// # Ok::<(), coap_codec::EncodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Token<'a>(&'a [u8]);

impl<'a> Token<'a> {
    /// The token of zero bytes.
    pub const EMPTY: Token<'static> = Token(&[]);

    /// The longest token extended lengths can say (RFC 8974 §2.1).
    pub const MAX: usize = 65_804;

    /// A token over `bytes`.
    ///
    /// # Errors
    ///
    /// [`EncodeError::TokenLength`] above [`Token::MAX`] bytes. Tokens above eight bytes are for peers
    /// that are known to support RFC 8974.
    #[inline]
    pub const fn new(bytes: &'a [u8]) -> Result<Self, EncodeError> {
        if bytes.len() > Self::MAX {
            return Err(EncodeError::TokenLength);
        }
        Ok(Self(bytes))
    }

    /// The bytes.
    #[inline]
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// Number of bytes.
    #[inline]
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.len()
    }

    /// Whether it has no bytes, which is a token as good as any other.
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// A token cut out of a message, its length already known to fit.
    #[inline]
    pub(crate) const fn received(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Bytes the token and the extension of its length take.
    #[inline]
    pub(crate) const fn encoded_len(self) -> usize {
        if self.0.len() > 12 { option::extension_len(self.0.len()) + self.0.len() } else { self.0.len() }
    }

    /// The token length nibble.
    #[inline]
    pub(crate) const fn nibble(self) -> u8 {
        match self.0.len() {
            len @ 0..13 => len.to_le_bytes()[0],
            13..269 => 13,
            _ => 14,
        }
    }

    /// Writes the extension of the length, then the token.
    #[inline]
    pub(crate) fn put(self, out: &mut (impl Out + ?Sized)) {
        if self.0.len() > 12 {
            let (_, extension, count) = option::extend(self.0.len());
            out.put(extension.get(..count).unwrap_or_default());
        }
        if !self.0.is_empty() {
            out.put(self.0);
        }
    }
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({self})")
    }
}

impl PartialEq<[u8]> for Token<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        self.0 == other
    }
}
