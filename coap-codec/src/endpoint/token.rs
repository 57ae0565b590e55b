//! A token kept in a table: up to eight bytes (RFC 7252 §5.3.1).

use crate::Token;
use crate::stage::copy;

/// Eight bytes and how many of them count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Kept {
    len: u8,
    bytes: [u8; 8],
}

impl Kept {
    pub(super) const MAX: usize = 8;

    /// No bytes.
    pub(super) const EMPTY: Self = Self { len: 0, bytes: [0; Self::MAX] };

    /// `None` above eight bytes.
    #[inline]
    pub(super) fn new(token: Token<'_>) -> Option<Self> {
        let mut bytes = [0; Self::MAX];
        copy(bytes.get_mut(..token.len())?, token.as_bytes());
        Some(Self { len: u8::try_from(token.len()).ok()?, bytes })
    }

    /// Four random bytes: as many as RFC 7252 §5.3.1 asks of a client without other security.
    pub(super) fn random(number: u64) -> Self {
        let [a, b, c, d, ..] = number.to_be_bytes();
        Self { len: 4, bytes: [a, b, c, d, 0, 0, 0, 0] }
    }

    #[inline]
    pub(super) fn get(&self) -> Token<'_> {
        Token::received(self.bytes.get(..self.len.into()).unwrap_or_default())
    }

    #[inline]
    pub(super) fn number(&self) -> u64 {
        u64::from_be_bytes(self.bytes) ^ u64::from(self.len) << 56
    }
}
