//! Sealed CoAP payloads and sequence numbers (feature `cbc`).

use core::fmt;

use aes::Aes128;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::coap::CoapAnswer;
use crate::pieces::{NoRoom, Pieces, Text};
use crate::secret::Secret;

const IV: [u8; 16] = *b"543yhjy97ae7fyfg";
const BLOCK: usize = 16;

/// The key of a CoAP session without DTLS.
///
/// ```
/// use iot_auth::Secret;
/// use iot_auth::coap::{CoapAnswer, CoapSession};
///
/// let mut answer = *br#"{"random":"8fe3c8d50e101234","seqOffset":1,"token":"MZ8m37hp01w1SSqoDFzo0010500d00.ad2b"}"#;
/// let answer = CoapAnswer::parse(&mut answer)?;
/// let session = CoapSession::new(&Secret::new("zPwChiLh0EaifR809D5Rc6LDIC6A1234")?, &answer).unwrap();
///
/// let mut buf = [0; 32];
/// let len = session.seal(br#"{"id":1}"#, &mut buf)?.len();
/// assert_eq!(session.open(&mut buf[..len])?, br#"{"id":1}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct CoapSession {
    key: Zeroizing<[u8; 16]>,
}

/// A sealed text cannot be opened with this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Its length is no multiple of 16, or it is empty.
    #[error("a sealed text has whole blocks of 16 bytes, not {0} bytes")]
    Length(usize),
    /// What comes out does not end in padding.
    #[error("the padding is wrong")]
    Padding,
}

impl CoapSession {
    /// The session an answer opens; `None` when the answer has no `random`, as over DTLS.
    pub fn new(device_secret: &Secret, answer: &CoapAnswer<'_>) -> Option<Self> {
        answer.random.map(|random| Self::derive(device_secret, random))
    }

    /// The session of this secret and `random`.
    pub fn derive(device_secret: &Secret, random: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(device_secret.expose());
        digest.update(b",");
        digest.update(random.as_bytes());
        let mut hash = digest.finalize();
        let mut key = Zeroizing::new([0; 16]);
        key.copy_from_slice(&hash[8..24]);
        hash.as_mut_slice().zeroize();
        Self { key }
    }

    /// How many bytes a text of `len` bytes has when sealed.
    pub const fn sealed_len(len: usize) -> usize {
        (len / BLOCK + 1) * BLOCK
    }

    /// Seals `plain` into `out`.
    ///
    /// # Errors
    /// [`NoRoom`] when `out` is shorter than [`sealed_len`](Self::sealed_len).
    pub fn seal<'o>(&self, plain: &[u8], out: &'o mut [u8]) -> Result<&'o [u8], NoRoom> {
        let needed = Self::sealed_len(plain.len());
        let cipher = cbc::Encryptor::<Aes128>::new((&*self.key).into(), (&IV).into());
        let out = out.get_mut(..needed).ok_or(NoRoom { needed })?;
        cipher.encrypt_padded_b2b::<Pkcs7>(plain, out).map_err(|_| NoRoom { needed })
    }

    /// Opens `sealed` in place. No message is authenticated: what comes out may be anything.
    ///
    /// # Errors
    /// [`OpenError`] when it cannot have been sealed with this key.
    pub fn open<'s>(&self, sealed: &'s mut [u8]) -> Result<&'s [u8], OpenError> {
        if sealed.is_empty() || !sealed.len().is_multiple_of(BLOCK) {
            return Err(OpenError::Length(sealed.len()));
        }
        let cipher = cbc::Decryptor::<Aes128>::new((&*self.key).into(), (&IV).into());
        cipher.decrypt_padded::<Pkcs7>(sealed).map_err(|_| OpenError::Padding)
    }

    /// The value of the [sequence option](crate::coap::SEQ_OPTION) for `seq`, written into `out`: one block, or two from 16 digits on.
    pub fn seal_seq<'o>(&self, seq: u64, out: &'o mut [u8; 32]) -> &'o [u8] {
        let mut digits = [0; 20];
        // u64::MAX has 20 digits, and those fit into two blocks.
        let digits = Text::Number(seq).write_to(&mut digits).unwrap_or_default();
        self.seal(digits.as_bytes(), out).unwrap_or_default()
    }

    /// The sequence number in the value of a [sequence option](crate::coap::SEQ_OPTION), opened in place.
    ///
    /// # Errors
    /// [`OpenError`] when it cannot be opened, or is no number.
    pub fn open_seq(&self, sealed: &mut [u8]) -> Result<u64, OpenError> {
        let digits = self.open(sealed)?;
        core::str::from_utf8(digits).ok().and_then(|text| text.parse().ok()).ok_or(OpenError::Padding)
    }
}

impl fmt::Debug for CoapSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CoapSession(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> CoapSession {
        CoapSession::derive(&Secret::new("k").unwrap(), "r")
    }

    #[test]
    fn a_whole_block_gets_a_block_of_padding() {
        let mut buf = [0; 32];
        assert_eq!(session().seal(&[7; 15], &mut buf).unwrap().len(), 16);
        assert_eq!(session().seal(&[7; 16], &mut buf).unwrap().len(), 32);
        assert_eq!(session().seal(&[7; 16], &mut buf[..31]), Err(NoRoom { needed: 32 }));
    }

    #[test]
    fn every_sequence_number_comes_back() {
        let mut buf = [0; 32];
        for seq in [0, 1, 999_999_999_999_999, 1_000_000_000_000_000, u64::MAX] {
            let len = session().seal_seq(seq, &mut buf).len();
            assert_eq!(session().open_seq(&mut buf[..len]), Ok(seq));
        }
    }

    #[test]
    fn what_cannot_be_opened() {
        assert_eq!(session().open(&mut []), Err(OpenError::Length(0)));
        assert_eq!(session().open(&mut [0; 17]), Err(OpenError::Length(17)));
        assert_eq!(session().open(&mut [0; 16]), Err(OpenError::Padding));
        let mut buf = [0; 32];
        let len = session().seal(b"12a", &mut buf).unwrap().len();
        assert_eq!(session().open_seq(&mut buf[..len]), Err(OpenError::Padding));
    }
}
