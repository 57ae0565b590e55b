//! Who a device is, and the identifiers' rules.
//!
//! Contract: a [`Device`] or [`ClientId`] holds nothing that could be mistaken for the structure around it (a bar, an ampersand), so
//! what is written with it reads back the same. [`Device::new`] also applies the platform's rule for device names.

use core::fmt;

use crate::error::{Field, IdentityError, Rule};
use crate::pieces::{Between, Pieces, Text, show};

/// A product key and a device name: the pair that names a device.
///
/// ```
/// use iot_auth::{Device, Field, Rule};
///
/// let device = Device::new("a1AbCdEfGh1", "light-01")?;
/// assert_eq!(device.to_string(), "a1AbCdEfGh1/light-01");
///
/// let error = Device::new("a1AbCdEfGh1", "has space").unwrap_err();
/// assert_eq!((error.field, error.rule, error.index), (Field::DeviceName, Rule::Character, 3));
/// # Ok::<(), iot_auth::IdentityError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Device<'a> {
    product_key: &'a str,
    device_name: &'a str,
}

/// The longest product key, in bytes.
const PRODUCT_KEY_MAX: usize = 20;
/// The shortest and longest device name, in characters.
const DEVICE_NAME: (usize, usize) = (4, 32);
/// The longest client id before the bar, in characters.
const CLIENT_ID_MAX: usize = 64;

impl<'a> Device<'a> {
    /// Checks both names: the product key has 1–20 bytes and nothing that separates fields; the device name has 4–32 of the ASCII
    /// letters and digits and `-`, `_`, `@`, `.`, `:`.
    ///
    /// # Errors
    /// [`IdentityError`] naming the field, the rule and the character.
    pub fn new(product_key: &'a str, device_name: &'a str) -> Result<Self, IdentityError> {
        let device = Self::lenient(product_key, device_name)?;
        let field = Field::DeviceName;
        characters(field, device_name, |c| {
            c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '@' | '.' | ':')
        })?;
        length(field, device_name.chars().count(), DEVICE_NAME.0, DEVICE_NAME.1)?;
        length(Field::ProductKey, product_key.len(), 1, PRODUCT_KEY_MAX)?;
        Ok(device)
    }

    /// Takes names as a platform gave them out, refusing only what would be ambiguous on the wire: control characters and `&`, `|`,
    /// `,`, `=`, `/`. One of the platform's own texts allows device names in Chinese.
    ///
    /// # Errors
    /// [`IdentityError`] naming the field and the character.
    pub fn lenient(product_key: &'a str, device_name: &'a str) -> Result<Self, IdentityError> {
        for (field, name) in [(Field::ProductKey, product_key), (Field::DeviceName, device_name)] {
            characters(field, name, |c| !c.is_control() && !matches!(c, '&' | '|' | ',' | '=' | '/'))?;
        }
        Ok(Self { product_key, device_name })
    }

    /// The product key.
    pub const fn product_key(&self) -> &'a str {
        self.product_key
    }

    /// The device name.
    pub const fn device_name(&self) -> &'a str {
        self.device_name
    }

    /// `${deviceName}&${productKey}`, the user name of MQTT.
    pub(crate) const fn user_name(&self) -> Text<'a> {
        Text::Joined { left: self.device_name, with: Between::Ampersand, right: self.product_key, tail: "" }
    }
}

impl fmt::Display for Device<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.product_key, self.device_name)
    }
}

/// The client id proper: what stands before the first bar of an MQTT client id, or the `clientId` field elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct ClientId<'a>(Text<'a>);

impl<'a> ClientId<'a> {
    /// No client id: under MQTT 5 the server then assigns one. The field is still signed, with an empty value.
    pub const EMPTY: Self = Self(Text::Str(""));

    /// A client id of the caller's choice: at most 64 characters, no bar, no control character.
    ///
    /// # Errors
    /// [`IdentityError`] naming [`Field::ClientId`], the rule and the character.
    pub fn new(text: &'a str) -> Result<Self, IdentityError> {
        characters(Field::ClientId, text, |c| !c.is_control() && c != '|')?;
        length(Field::ClientId, text.chars().count(), 0, CLIENT_ID_MAX)?;
        Ok(Self(Text::Str(text)))
    }

    /// `${productKey}.${deviceName}`, as the C SDKs have it.
    pub const fn dotted(device: &Device<'a>) -> Self {
        Self(joined(device.product_key, Between::Dot, device.device_name, ""))
    }

    /// `${productKey}&${deviceName}`, as the Python and JavaScript SDKs have it.
    pub const fn paired(device: &Device<'a>) -> Self {
        Self(joined(device.product_key, Between::Ampersand, device.device_name, ""))
    }

    /// `${deviceName}.${productKey}`, as some SDKs have it while registering.
    pub const fn reversed(device: &Device<'a>) -> Self {
        Self(joined(device.device_name, Between::Dot, device.product_key, ""))
    }

    /// This client id followed by `tail`, such as `|_ss=1,_v=1.0|`: what SDKs send for a sub-device. There the whole value is signed,
    /// bars included, so this is of no use for a direct connection.
    pub(crate) const fn followed_by(self, tail: &'a str) -> Self {
        match self.0 {
            Text::Joined { left, with, right, .. } => Self(joined(left, with, right, tail)),
            Text::Str(left) => Self(joined(left, Between::Nothing, "", tail)),
            Text::Number(_) => self,
        }
    }

    pub(crate) const fn text(self) -> Text<'a> {
        self.0
    }
}

const fn joined<'a>(left: &'a str, with: Between, right: &'a str, tail: &'a str) -> Text<'a> {
    Text::Joined { left, with, right, tail }
}

impl Pieces for ClientId<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        self.0.pieces(put);
    }
}

impl fmt::Display for ClientId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// A point of wall-clock time: milliseconds since 1 January 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(pub u64);

/// The timestamp of a request: a time, or text to be sent and signed as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Timestamp<'a> {
    /// A time, written in the unit of the dialect (milliseconds, but for one SDK).
    At(UnixMillis),
    /// Any text; a counter, or nothing at all.
    Text(&'a str),
}

impl From<UnixMillis> for Timestamp<'_> {
    fn from(time: UnixMillis) -> Self {
        Self::At(time)
    }
}

impl<'a> Timestamp<'a> {
    pub(crate) fn millis(self) -> Text<'a> {
        match self {
            Self::At(UnixMillis(millis)) => Text::Number(millis),
            Self::Text(text) => Text::Str(text),
        }
    }

    pub(crate) fn seconds(self) -> Text<'a> {
        match self {
            Self::At(UnixMillis(millis)) => Text::Number(millis / 1000),
            Self::Text(text) => Text::Str(text),
        }
    }
}

/// Refuses `text` at its first character that is not `allowed`.
pub(crate) fn characters(
    field: Field,
    text: &str,
    allowed: impl Fn(char) -> bool,
) -> Result<(), IdentityError> {
    match text.chars().position(|c| !allowed(c)) {
        Some(index) => Err(IdentityError { field, rule: Rule::Character, index }),
        None => Ok(()),
    }
}

fn length(field: Field, count: usize, min: usize, max: usize) -> Result<(), IdentityError> {
    if count < min {
        Err(IdentityError { field, rule: Rule::TooShort, index: count })
    } else if count > max {
        Err(IdentityError { field, rule: Rule::TooLong, index: max })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(result: Result<Device<'_>, IdentityError>) -> (Field, Rule, usize) {
        let error = result.unwrap_err();
        (error.field, error.rule, error.index)
    }

    #[test]
    fn device_name_rule() {
        for name in ["abcd", "d:1@x_y.z-9", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
            assert!(Device::new("a1", name).is_ok(), "{name}");
        }
        assert_eq!(broken(Device::new("a1", "abc")), (Field::DeviceName, Rule::TooShort, 3));
        let long = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        assert_eq!(broken(Device::new("a1", long)), (Field::DeviceName, Rule::TooLong, 32));
        assert_eq!(broken(Device::new("a1", "灯泡灯泡")), (Field::DeviceName, Rule::Character, 0));
        assert!(Device::lenient("a1", "灯泡灯泡").is_ok());
    }

    #[test]
    fn product_key_rule() {
        assert_eq!(broken(Device::new("", "abcd")), (Field::ProductKey, Rule::TooShort, 0));
        assert_eq!(
            broken(Device::new("123456789012345678901", "abcd")),
            (Field::ProductKey, Rule::TooLong, 20)
        );
        assert_eq!(broken(Device::lenient("a&1", "abcd")), (Field::ProductKey, Rule::Character, 1));
    }

    #[test]
    fn client_id_rule() {
        let error = ClientId::new("a|b").unwrap_err();
        assert_eq!((error.field, error.rule, error.index), (Field::ClientId, Rule::Character, 1));
        let bytes = [b'x'; 65];
        let text = core::str::from_utf8(&bytes).unwrap();
        assert!(ClientId::new(&text[1..]).is_ok());
        assert_eq!(ClientId::new(text).unwrap_err().rule, Rule::TooLong);
    }
}
