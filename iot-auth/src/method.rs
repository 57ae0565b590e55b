//! The signing methods, a key prepared for one of them, and the signature that comes out.
//!
//! Contract: [`SigningKey::new`] does the key's half of the work once; every [`SigningKey::sign`] after it streams the content into a
//! copy of that state, allocates nothing and cannot fail.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use subtle::ConstantTimeEq;

use crate::base64::Base64;
use crate::hex::{self, Case, Hex};
use crate::pieces::Pieces;
use crate::secret::Secret;

/// An HMAC the platform knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// HMAC-MD5, what a request without `signmethod` means.
    #[cfg(feature = "md5")]
    HmacMd5,
    /// HMAC-SHA-1.
    HmacSha1,
    /// HMAC-SHA-256.
    HmacSha256,
}

/// Why a text is no usable signing method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum MethodError {
    /// No such method exists.
    #[error("unknown signing method")]
    Unknown,
    /// HMAC-MD5, which this build leaves out (feature `md5`).
    #[error("HMAC-MD5 is left out of this build")]
    Disabled,
}

/// How each method is spelled: in connections and HTTPS or CoAP bodies; in requests of a gateway about its sub-devices.
const SPELLINGS: &[(Result<Method, MethodError>, &str, &str)] = &[
    #[cfg(feature = "md5")]
    (Ok(Method::HmacMd5), "hmacmd5", "hmacMd5"),
    #[cfg(not(feature = "md5"))]
    (Err(MethodError::Disabled), "hmacmd5", "hmacMd5"),
    (Ok(Method::HmacSha1), "hmacsha1", "hmacSha1"),
    (Ok(Method::HmacSha256), "hmacsha256", "hmacSha256"),
];

impl Method {
    /// Reads a method's name. Case does not matter: the platform's own texts write `hmacmd5`, `HmacMD5` and `hmacMd5`.
    ///
    /// # Errors
    /// [`MethodError::Unknown`], or [`MethodError::Disabled`] for HMAC-MD5 without feature `md5`.
    pub fn parse(name: &str) -> Result<Self, MethodError> {
        SPELLINGS
            .iter()
            .find(|(_, plain, _)| plain.eq_ignore_ascii_case(name))
            .map_or(Err(MethodError::Unknown), |row| row.0)
    }

    /// `hmacsha256`
    pub fn name(self) -> &'static str {
        self.spelling().1
    }

    /// `hmacSha256`, as requests about sub-devices have it.
    pub fn camel_name(self) -> &'static str {
        self.spelling().2
    }

    /// How many bytes a signature has.
    pub const fn digest_len(self) -> usize {
        match self {
            #[cfg(feature = "md5")]
            Self::HmacMd5 => 16,
            Self::HmacSha1 => 20,
            Self::HmacSha256 => 32,
        }
    }

    fn spelling(self) -> &'static (Result<Self, MethodError>, &'static str, &'static str) {
        SPELLINGS.iter().find(|row| row.0 == Ok(self)).unwrap_or(&SPELLINGS[SPELLINGS.len() - 1])
    }
}

/// A secret prepared for one method, used for any number of signatures.
///
/// ```
/// use iot_auth::{Case, Method, Secret, SigningKey};
///
/// let key = SigningKey::new(Method::HmacSha1, &Secret::new("secret")?);
/// let signature = key.sign("clientId12345deviceNamedeviceproductKeypktimestamp789");
/// assert_eq!(signature.hex(Case::Upper).as_str(), "FAFD82A3D602B37FB0FA8B7892F24A477F851A14");
/// # Ok::<(), iot_auth::IdentityError>(())
/// ```
#[derive(Clone)]
pub struct SigningKey(State);

#[derive(Clone)]
enum State {
    #[cfg(feature = "md5")]
    Md5(Hmac<md5::Md5>),
    Sha1(Hmac<sha1::Sha1>),
    Sha256(Hmac<sha2::Sha256>),
}

impl SigningKey {
    /// Prepares `secret` for `method`.
    pub fn new(method: Method, secret: &Secret) -> Self {
        Self(match method {
            #[cfg(feature = "md5")]
            Method::HmacMd5 => State::Md5(keyed(secret)),
            Method::HmacSha1 => State::Sha1(keyed(secret)),
            Method::HmacSha256 => State::Sha256(keyed(secret)),
        })
    }

    /// The method this key is prepared for.
    pub const fn method(&self) -> Method {
        match self.0 {
            #[cfg(feature = "md5")]
            State::Md5(_) => Method::HmacMd5,
            State::Sha1(_) => Method::HmacSha1,
            State::Sha256(_) => Method::HmacSha256,
        }
    }

    /// Signs the pieces of `content`, in order, as if they were one text.
    pub fn sign(&self, content: &(impl Pieces + ?Sized)) -> Signature {
        match &self.0 {
            #[cfg(feature = "md5")]
            State::Md5(mac) => finish(mac, content),
            State::Sha1(mac) => finish(mac, content),
            State::Sha256(mac) => finish(mac, content),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, ..)", self.method().name())
    }
}

fn keyed<M: KeyInit>(secret: &Secret) -> M {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    M::new_from_slice(secret.expose()).expect("HMAC takes a key of any length")
}

fn finish<M: Mac + Clone>(keyed: &M, content: &(impl Pieces + ?Sized)) -> Signature {
    let mut joined = Joined { mac: keyed.clone(), text: [0; ROOM], len: 0 };
    content.pieces(&mut |piece| joined.put(piece.as_bytes()));
    joined.mac.update(&joined.text[..joined.len]);
    Signature::new(&joined.mac.finalize().into_bytes())
}

/// Joins pieces before a MAC sees them: they are short, and it does much for each thing it is given.
struct Joined<M> {
    mac: M,
    text: [u8; ROOM],
    len: usize,
}

/// Room for what any device signs.
const ROOM: usize = 192;

impl<M: Mac> Joined<M> {
    #[inline]
    fn put(&mut self, piece: &[u8]) {
        let end = self.len + piece.len();
        match self.text.get_mut(self.len..end) {
            Some(room) => {
                room.copy_from_slice(piece);
                self.len = end;
            }
            None => self.put_through(piece),
        }
    }

    #[cold]
    #[inline(never)]
    fn put_through(&mut self, piece: &[u8]) {
        self.mac.update(&self.text[..self.len]);
        self.mac.update(piece);
        self.len = 0;
    }
}

/// A signature, to be written as hexadecimal (devices) or base64 (cloud side), or compared in constant time.
#[derive(Clone)]
pub struct Signature {
    bytes: [u8; 32],
    len: usize,
}

impl Signature {
    fn new(mac: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes[..mac.len()].copy_from_slice(mac);
        Self { bytes, len: mac.len() }
    }

    /// The bytes of the MAC: 16, 20 or 32.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The signature in hexadecimal.
    pub fn hex(&self, case: Case) -> Hex<64> {
        Hex::new(self.as_bytes(), case)
    }

    /// The signature in base64.
    pub fn base64(&self) -> Base64<44> {
        Base64::new(self.as_bytes())
    }

    /// Whether `text` is this signature in hexadecimal, in either case. Takes the same time wherever they differ.
    pub fn matches_hex(&self, text: &[u8]) -> bool {
        let mut shown = [0; 32];
        let shown = &mut shown[..self.len];
        hex::decode(text, shown).is_some() & bool::from(self.as_bytes().ct_eq(shown))
    }

    /// Whether `text` is this signature in base64. Takes the same time wherever they differ.
    pub fn matches_base64(&self, text: &[u8]) -> bool {
        self.base64().as_str().as_bytes().ct_eq(text).into()
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({} bytes)", self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_in_any_case() {
        for row in SPELLINGS.iter().filter(|row| row.0.is_ok()) {
            let method = row.0.unwrap();
            assert_eq!(Method::parse(method.name()), Ok(method));
            assert_eq!(Method::parse(method.camel_name()), Ok(method));
        }
        assert_eq!(Method::parse("HMACSHA256"), Ok(Method::HmacSha256));
        // What a plain `Sha256` would cover is not documented.
        assert_eq!(Method::parse("Sha256"), Err(MethodError::Unknown));
        assert_eq!(Method::parse("hmacmd5").is_ok(), cfg!(feature = "md5"));
    }

    #[test]
    fn pieces_of_any_length_make_one_content() {
        struct Cut<'a>(&'a str, usize);
        impl Pieces for Cut<'_> {
            fn pieces(&self, put: &mut impl FnMut(&str)) {
                let mut rest = self.0;
                while !rest.is_empty() {
                    let (piece, behind) = rest.split_at(self.1.min(rest.len()));
                    put(piece);
                    rest = behind;
                }
            }
        }
        let text = "0123456789abcdef".repeat(40);
        let key = SigningKey::new(Method::HmacSha256, &Secret::new("k").unwrap());
        let whole = key.sign(text.as_str());
        for len in [1, 3, 64, 127, 128, 129, 200, 640] {
            assert_eq!(key.sign(&Cut(&text, len)).as_bytes(), whole.as_bytes(), "{len}");
        }
    }

    #[test]
    fn a_key_signs_more_than_once() {
        let key = SigningKey::new(Method::HmacSha256, &Secret::new("k").unwrap());
        let first = key.sign("a");
        assert_ne!(key.sign("b").as_bytes(), first.as_bytes());
        assert_eq!(key.sign("a").as_bytes(), first.as_bytes());
    }

    #[test]
    fn comparison_is_exact() {
        let key = SigningKey::new(Method::HmacSha1, &Secret::new("k").unwrap());
        let signature = key.sign("a");
        let hex = signature.hex(Case::Lower);
        assert!(signature.matches_hex(hex.as_str().as_bytes()));
        assert!(signature.matches_hex(signature.hex(Case::Upper).as_str().as_bytes()));
        assert!(!signature.matches_hex(&hex.as_str().as_bytes()[1..]));
        assert!(!signature.matches_hex(b""));
        assert!(!signature.matches_hex(key.sign("b").hex(Case::Lower).as_str().as_bytes()));
        assert!(signature.matches_base64(signature.base64().as_str().as_bytes()));
        assert!(!signature.matches_base64(b""));
    }
}
