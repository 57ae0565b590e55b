//! What must not leak: secrets that sign, and tokens that are shown as they are.

use core::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::error::{Field, IdentityError, Rule};
use crate::pieces::Pieces;

/// A DeviceSecret, ProductSecret, AccessKeySecret or application secret.
///
/// Contract: the bytes are copied once, into this value; they are wiped when it is dropped; nothing prints or compares them. Make a
/// [`SigningKey`](crate::SigningKey) of it to sign, or hand it to [`Claim::check`](crate::Claim::check).
///
/// ```
/// let secret = iot_auth::Secret::new("0123456789abcdef0123456789abcdef")?;
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
/// # Ok::<(), iot_auth::IdentityError>(())
/// ```
#[derive(Clone)]
pub struct Secret {
    bytes: Zeroizing<[u8; Self::CAPACITY]>,
    len: usize,
}

impl Secret {
    /// The longest secret held, in bytes. The platform's own are at most 64.
    pub const CAPACITY: usize = 128;

    /// Takes a secret's text.
    ///
    /// # Errors
    /// [`IdentityError`] naming [`Field::Secret`] when `text` is longer than [`CAPACITY`](Self::CAPACITY) bytes.
    pub fn new(text: &str) -> Result<Self, IdentityError> {
        Self::from_bytes(text.as_bytes())
    }

    /// Takes a secret's bytes.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, IdentityError> {
        let mut secret = Self { bytes: Zeroizing::new([0; Self::CAPACITY]), len: 0 };
        secret.push(bytes)?;
        Ok(secret)
    }

    /// This secret with `tail` behind it: the OpenAPI key is the AccessKeySecret and an ampersand.
    pub(crate) fn followed_by(&self, tail: &[u8]) -> Result<Self, IdentityError> {
        let mut secret = self.clone();
        secret.push(tail)?;
        Ok(secret)
    }

    fn push(&mut self, tail: &[u8]) -> Result<(), IdentityError> {
        let end = self.len + tail.len();
        let Some(room) = self.bytes.get_mut(self.len..end) else {
            return Err(IdentityError { field: Field::Secret, rule: Rule::TooLong, index: Self::CAPACITY });
        };
        room.copy_from_slice(tail);
        self.len = end;
        Ok(())
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Zeroize for Secret {
    fn zeroize(&mut self) {
        self.bytes.zeroize();
        self.len = 0;
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A borrowed credential that is shown as it is: a DeviceToken, an `iotToken`, a session token of HTTPS or CoAP, an STS token.
///
/// `Debug` does not show it, and there is no `Display`: [`reveal`](Self::reveal) says at the call what it does.
#[derive(Clone, Copy)]
pub struct Token<'a>(&'a str);

impl<'a> Token<'a> {
    /// Takes the token's text as it is.
    pub const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// The token's text, to be sent.
    pub const fn reveal(self) -> &'a str {
        self.0
    }
}

impl Pieces for Token<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        put(self.0);
    }
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_secret() {
        let bytes = [b'x'; Secret::CAPACITY + 1];
        assert_eq!(Secret::from_bytes(&bytes[1..]).unwrap().expose().len(), Secret::CAPACITY);
        let error = Secret::from_bytes(&bytes).unwrap_err();
        assert_eq!((error.field, error.rule, error.index), (Field::Secret, Rule::TooLong, Secret::CAPACITY));
    }

    #[test]
    fn wiping_forgets_the_length_too() {
        let mut secret = Secret::new("k").unwrap();
        secret.zeroize();
        assert!(secret.expose().is_empty());
        assert!(secret.bytes.iter().all(|byte| *byte == 0));
    }
}
