//! Names: of devices and of the features of a thing model.

use crate::error::{Fault, Rule};
use crate::json::RawJson;
use crate::list::Read;
use crate::out::Out;
use crate::write::{Json, Writer};

/// Which device: its product key and its name.
///
/// ```
/// use alink::DeviceId;
///
/// let lamp = DeviceId::new("a1LampDemo01", "lamp001")?;
/// assert_eq!(lamp.to_string(), "a1LampDemo01/lamp001");
/// assert!(DeviceId::new("a1LampDemo01", "a b").is_err());
/// # Ok::<(), alink::Fault>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId<'a> {
    product_key: &'a str,
    device_name: &'a str,
}

impl<'a> DeviceId<'a> {
    /// A device by its names.
    ///
    /// # Errors
    /// [`Rule::BadProductKey`] unless 1 to 20 letters and digits, [`Rule::BadDeviceName`] unless 4
    /// to 32 of letters, digits, `-`, `_`, `@`, `.` and `:`.
    pub fn new(product_key: &'a str, device_name: &'a str) -> Result<Self, Fault> {
        if !is_product_key(product_key) {
            return Err(Fault::new(Rule::BadProductKey, 0));
        }
        if !is_device_name(device_name) {
            return Err(Fault::new(Rule::BadDeviceName, 0));
        }
        Ok(Self { product_key, device_name })
    }

    /// Names that were checked before.
    pub(crate) const fn trusted(product_key: &'a str, device_name: &'a str) -> Self {
        Self { product_key, device_name }
    }

    /// The key of the product.
    #[must_use]
    pub fn product_key(&self) -> &'a str {
        self.product_key
    }

    /// The name of the device in the product.
    #[must_use]
    pub fn device_name(&self) -> &'a str {
        self.device_name
    }

    /// The members of the device in an object that may hold others.
    pub(crate) fn read_members(object: RawJson<'a>) -> Result<Self, Fault> {
        let name = |name, rule, is_legal: fn(&str) -> bool| {
            let value = object.member(name).ok_or(Fault::new(Rule::MemberMissing, object.offset()))?;
            let text = value.text().ok_or(Fault::new(Rule::NotText, value.offset()))?;
            text.as_plain().filter(|text| is_legal(text)).ok_or(Fault::new(rule, value.offset()))
        };
        Ok(Self {
            product_key: name("productKey", Rule::BadProductKey, is_product_key)?,
            device_name: name("deviceName", Rule::BadDeviceName, is_device_name)?,
        })
    }

    pub(crate) fn write_members<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.member("productKey", &self.product_key);
        to.member("deviceName", &self.device_name);
    }
}

impl core::fmt::Display for DeviceId<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}/{}", self.product_key, self.device_name)
    }
}

impl Json for DeviceId<'_> {
    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.object(|to| self.write_members(to));
    }
}

impl<'a> Read<'a> for DeviceId<'a> {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        Self::read_members(json)
    }
}

fn is_product_key(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn is_device_name(text: &str) -> bool {
    (4..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'@' | b'.' | b':'))
}

/// Longest identifier, and longest name of a block.
const MAX_IDENTIFIER: usize = 50;

/// An identifier of a feature, or `block:identifier` for one of a module.
#[inline]
pub(crate) fn check_identifier(text: &str, at: usize) -> Result<(), Fault> {
    if (1..=MAX_IDENTIFIER).contains(&text.len()) && all_alphanumeric(text.as_bytes()) {
        return Ok(());
    }
    let mut start = 0;
    for (end, byte) in text.bytes().enumerate() {
        if is_word(byte) {
            continue;
        }
        if byte != b':' || start > 0 || end == 0 || end > MAX_IDENTIFIER {
            return Err(Fault::new(Rule::BadIdentifier, at));
        }
        start = end + 1;
    }
    let length = text.len() - start;
    if (1..=MAX_IDENTIFIER).contains(&length) { Ok(()) } else { Err(Fault::new(Rule::BadIdentifier, at)) }
}

/// Whether there are letters and digits only, as in nearly every identifier. Eight at a time, the last
/// eight once more.
#[inline]
fn all_alphanumeric(bytes: &[u8]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    let fits = |chunk: &[u8; 8]| {
        let x = u64::from_le_bytes(*chunk);
        let within = |x: u64, low: u8, high: u8| {
            // The high bit of each byte, for bytes that have none themselves.
            x.wrapping_add(ONES * u64::from(0x80 - low)) & !x.wrapping_add(ONES * u64::from(0x7F - high))
        };
        let good = (within(x | (ONES * 0x20), b'a', b'z') | within(x, b'0', b'9')) & !x;
        good & (ONES << 7) == ONES << 7
    };
    match bytes.last_chunk::<8>() {
        Some(last) => bytes.as_chunks::<8>().0.iter().all(fits) && fits(last),
        None => bytes.iter().all(u8::is_ascii_alphanumeric),
    }
}

/// Letters, digits and the underscore: one look for each byte.
#[inline]
fn is_word(byte: u8) -> bool {
    const WORD: [bool; 256] = {
        let (mut words, mut byte) = ([false; 256], 0);
        while byte < 128_u8 {
            words[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_';
            byte += 1;
        }
        words
    };
    WORD.get(usize::from(byte)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_bytes_are_judged_as_one_is() {
        for byte in 0..=u8::MAX {
            for at in 0..8 {
                let mut bytes = *b"abcdXY09";
                bytes[at] = byte;
                assert_eq!(all_alphanumeric(&bytes), byte.is_ascii_alphanumeric(), "{byte:#x} at {at}");
            }
        }
    }
}
