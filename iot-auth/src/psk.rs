//! TLS-PSK and DTLS-PSK: the identity and key of a handshake.
//!
//! ```text
//! identity   devicename|hmacsha256|${productKey}&${deviceName}|${timestamp}
//! key        the 64 characters of HEX(HMAC-SHA-256(DeviceSecret, "id${productKey}&${deviceName}timestamp${timestamp}"))
//! ```
//!
//! Contract: the key handed to TLS is the *text*, 64 ASCII bytes. A page of the platform prints another recipe; this is the one its
//! code uses. The MQTT connection above is the ordinary one.
//!
//! ```
//! use iot_auth::{Device, Psk, PskIdentity, Secret};
//!
//! let secret = Secret::new("0123456789abcdef0123456789abcdef")?;
//! let psk = Psk::new(Device::new("a1AbCdEfGh1", "light-01")?, &secret);
//! let identity = psk.identity().to_string();
//! assert_eq!(identity, "devicename|hmacsha256|a1AbCdEfGh1&light-01|2524608000000");
//!
//! // The server looks the secret up and makes the same key.
//! let shown = PskIdentity::parse(&identity)?;
//! assert_eq!(shown.device().device_name(), "light-01");
//! assert_eq!(shown.key(&secret).as_bytes(), psk.key().as_bytes());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use core::fmt;

use crate::error::Field;
use crate::hex::{Case, Hex};
use crate::identity::{Device, Timestamp};
use crate::method::{Method, MethodError, SigningKey};
use crate::pieces::{Pieces, Text, show};
use crate::refusal::Refusal;
use crate::secret::Secret;

/// The only cipher suite the C SDK offers.
pub const PSK_CIPHER_SUITE: &str = "TLS_PSK_WITH_AES_128_CBC_SHA";
/// The timestamp the C SDK always sends: the year 2050.
const TIMESTAMP: &str = "2524608000000";

/// The identity and key of one device.
#[derive(Clone, Debug)]
pub struct Psk<'a> {
    identity: PskIdentity<'a>,
    key: PskKey,
}

impl<'a> Psk<'a> {
    /// With the timestamp the C SDK sends.
    pub fn new(device: Device<'a>, device_secret: &Secret) -> Self {
        Self::at(device, device_secret, Timestamp::Text(TIMESTAMP))
    }

    /// With a timestamp of the caller's choice.
    pub fn at(device: Device<'a>, device_secret: &Secret, timestamp: Timestamp<'a>) -> Self {
        let identity = PskIdentity { device, timestamp: timestamp.millis() };
        let key = identity.key(device_secret);
        Self { identity, key }
    }

    /// The identity.
    pub const fn identity(&self) -> &PskIdentity<'a> {
        &self.identity
    }

    /// The key.
    pub const fn key(&self) -> &PskKey {
        &self.key
    }
}

/// The identity a client shows in the handshake.
#[derive(Clone, Copy, Debug)]
pub struct PskIdentity<'a> {
    device: Device<'a>,
    timestamp: Text<'a>,
}

impl<'a> PskIdentity<'a> {
    /// Reads an identity. Nothing is believed yet: the handshake succeeds only if the client has the same key.
    ///
    /// # Errors
    /// [`Refusal::UnknownMode`] when it begins otherwise, else the part that is missing or invalid.
    pub fn parse(identity: &'a str) -> Result<Self, Refusal> {
        let rest = identity.strip_prefix("devicename|").ok_or(Refusal::UnknownMode)?;
        let (method, rest) = rest.split_once('|').ok_or(Refusal::Missing(Field::SignMethod))?;
        if Method::parse(method)? != Method::HmacSha256 {
            return Err(MethodError::Unknown.into());
        }
        let (device, timestamp) = rest.split_once('|').ok_or(Refusal::Missing(Field::Timestamp))?;
        let (product_key, device_name) = device.split_once('&').ok_or(Refusal::Missing(Field::DeviceName))?;
        Ok(Self { device: Device::lenient(product_key, device_name)?, timestamp: Text::Str(timestamp) })
    }

    /// Who it says it is.
    pub const fn device(&self) -> Device<'a> {
        self.device
    }

    /// The text that is signed to make the key.
    pub const fn content(&self) -> PskContent<'a> {
        PskContent(*self)
    }

    /// The key a client of this identity must have.
    pub fn key(&self, device_secret: &Secret) -> PskKey {
        PskKey(SigningKey::new(Method::HmacSha256, device_secret).sign(&self.content()).hex(Case::Upper))
    }
}

impl Pieces for PskIdentity<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        put("devicename|hmacsha256|");
        put(self.device.product_key());
        put("&");
        put(self.device.device_name());
        put("|");
        self.timestamp.pieces(put);
    }
}

impl fmt::Display for PskIdentity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// `id${productKey}&${deviceName}timestamp${timestamp}`
#[derive(Clone, Copy, Debug)]
pub struct PskContent<'a>(PskIdentity<'a>);

impl Pieces for PskContent<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        put("id");
        put(self.0.device.product_key());
        put("&");
        put(self.0.device.device_name());
        put("timestamp");
        self.0.timestamp.pieces(put);
    }
}

impl fmt::Display for PskContent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// A pre-shared key: wiped when dropped, not shown by `Debug`.
#[derive(Clone)]
pub struct PskKey(Hex<64>);

impl PskKey {
    /// The bytes for TLS.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_str().as_bytes()
    }
}

impl Drop for PskKey {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

impl fmt::Debug for PskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PskKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_identity() {
        let refused = |text| PskIdentity::parse(text).unwrap_err();
        assert_eq!(refused("someone"), Refusal::UnknownMode);
        assert_eq!(refused("devicename|hmacsha256"), Refusal::Missing(Field::SignMethod));
        assert_eq!(refused("devicename|hmacsha1|a&b|1"), Refusal::Method(MethodError::Unknown));
        assert_eq!(refused("devicename|hmacsha256|a&b"), Refusal::Missing(Field::Timestamp));
        assert_eq!(refused("devicename|hmacsha256|ab|1"), Refusal::Missing(Field::DeviceName));
    }
}
