//! X.509: the message that tells a certificate's holder who it is, and the list that binds serial numbers to devices.
//!
//! Contract: the connection is [`Identity::Certificate`](crate::Identity) on [`Service::MqttX509`](crate::Service::MqttX509). After the
//! first one the platform publishes on [`IDENTITY_TOPIC`], which need not be subscribed; keep what it says, or it is asked again.
//!
//! ```
//! use iot_auth::x509::{BindingRow, CertSn, IdentityResponse, binding_csv, read_binding_csv};
//! use iot_auth::Device;
//!
//! let mut payload = *br#"{"productKey":"a15GiUoOzAL","deviceName":"dn032836"}"#;
//! assert_eq!(IdentityResponse::parse(&mut payload)?.device_name, "dn032836");
//!
//! let rows = [BindingRow { device: Device::new("a15GiUoOzAL", "dn032836")?, serial: CertSn::parse("DD3DC180A02768D7")? }];
//! let csv = binding_csv(&rows).to_string();
//! assert_eq!(csv, "ProductKey,DeviceName,CertSN\na15GiUoOzAL,dn032836,dd3dc180a02768d7\n");
//! assert_eq!(read_binding_csv(&csv)?.next(), Some(Ok(rows[0])));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use core::fmt;

use crate::answer::{self, AnswerError};
use crate::error::{Field, IdentityError, Rule};
use crate::hex::{Case, Hex};
use crate::identity::Device;
use crate::pieces::{Pieces, show};

/// Where the identity of a certificate's holder is published.
pub const IDENTITY_TOPIC: &str = "/ext/auth/identity/response";

const HEADER: &str = "ProductKey,DeviceName,CertSN";

/// Who the holder of a certificate is. Both names may be empty if the certificate is bound to nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityResponse<'a> {
    /// The product key.
    pub product_key: &'a str,
    /// The device name.
    pub device_name: &'a str,
}

impl<'a> IdentityResponse<'a> {
    /// Reads the message on [`IDENTITY_TOPIC`], decoding it in place.
    ///
    /// # Errors
    /// [`AnswerError`] when it is no such message.
    pub fn parse(payload: &'a mut [u8]) -> Result<Self, AnswerError> {
        let [product_key, device_name] = answer::texts(
            payload,
            [(&["productKey"], Field::ProductKey), (&["deviceName"], Field::DeviceName)],
        )?;
        Ok(Self {
            product_key: answer::need(product_key, Field::ProductKey)?,
            device_name: answer::need(device_name, Field::DeviceName)?,
        })
    }

    /// The device, to connect as from now on.
    ///
    /// # Errors
    /// [`IdentityError`] when a name cannot be written into a connection.
    pub fn device(&self) -> Result<Device<'a>, IdentityError> {
        Device::lenient(self.product_key, self.device_name)
    }
}

/// A certificate's serial number: up to 20 octets (RFC 5280 §4.1.2.2), without leading zeros.
///
/// Written in lower-case hexadecimal without separators, at least one octet. How the platform treats leading zeros is not documented, so
/// two spellings of one number are one number here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CertSn {
    octets: [u8; 20],
    len: usize,
}

impl CertSn {
    /// The number of these octets, most significant first, as they stand in a certificate.
    ///
    /// # Errors
    /// [`IdentityError`] naming [`Field::CertSn`] when there are none, or more than 20 that count.
    pub fn new(octets: &[u8]) -> Result<Self, IdentityError> {
        let error = |rule, index| Err(IdentityError { field: Field::CertSn, rule, index });
        if octets.is_empty() {
            return error(Rule::TooShort, 0);
        }
        let zeros = octets.iter().take_while(|octet| **octet == 0).count().min(octets.len() - 1);
        let number = &octets[zeros..];
        let mut sn = Self { octets: [0; 20], len: number.len() };
        match sn.octets.get_mut(..number.len()) {
            Some(room) => room.copy_from_slice(number),
            None => return error(Rule::TooLong, 20),
        }
        Ok(sn)
    }

    /// The number of this hexadecimal text, in either case.
    ///
    /// # Errors
    /// [`IdentityError`] naming [`Field::CertSn`] and the digit.
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        let error = |rule, index| Err(IdentityError { field: Field::CertSn, rule, index });
        if let Some(index) = text.chars().position(|c| !c.is_ascii_hexdigit()) {
            return error(Rule::Character, index);
        }
        let digits = match text.trim_start_matches('0') {
            "" if text.is_empty() => return error(Rule::TooShort, 0),
            digits => digits,
        };
        let len = digits.len().div_ceil(2).max(1);
        let mut octets = [0; 20];
        let Some(number) = octets.get_mut(..len) else { return error(Rule::TooLong, 40) };
        for (place, digit) in digits.bytes().rev().enumerate() {
            let value = crate::hex::nibble(digit).unwrap_or_default();
            number[len - 1 - place / 2] |= if place % 2 == 0 { value } else { value << 4 };
        }
        Ok(Self { octets, len })
    }

    /// The octets, most significant first.
    pub fn octets(&self) -> &[u8] {
        &self.octets[..self.len]
    }
}

impl Pieces for CertSn {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        put(Hex::<40>::new(self.octets(), Case::Lower).as_str());
    }
}

impl fmt::Display for CertSn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// One line of a binding list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BindingRow<'a> {
    /// The device.
    pub device: Device<'a>,
    /// The serial number of its certificate, unique per issuer.
    pub serial: CertSn,
}

/// The list that binds serial numbers to devices, as the platform imports it.
pub const fn binding_csv<'a>(rows: &'a [BindingRow<'a>]) -> BindingCsv<'a> {
    BindingCsv(rows)
}

/// See [`binding_csv`].
#[derive(Clone, Copy, Debug)]
pub struct BindingCsv<'a>(&'a [BindingRow<'a>]);

impl Pieces for BindingCsv<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        put(HEADER);
        put("\n");
        for row in self.0 {
            put(row.device.product_key());
            put(",");
            put(row.device.device_name());
            put(",");
            row.serial.pieces(put);
            put("\n");
        }
    }
}

impl fmt::Display for BindingCsv<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// A binding list that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum CsvError {
    /// The first line is not `ProductKey,DeviceName,CertSN`.
    #[error("line 1: the header is not {HEADER}")]
    Header,
    /// A line does not have three fields.
    #[error("line {line}: not three fields")]
    Fields {
        /// The line, counted from 1.
        line: usize,
    },
    /// A field is invalid.
    #[error("line {line}: {error}")]
    Invalid {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        error: IdentityError,
    },
}

/// Reads a binding list line by line. Either line end is read, with or without one at the end; empty lines are skipped.
///
/// # Errors
/// [`CsvError::Header`] at once; anything else where it stands.
pub fn read_binding_csv(
    text: &str,
) -> Result<impl Iterator<Item = Result<BindingRow<'_>, CsvError>>, CsvError> {
    let mut lines = text.lines().enumerate();
    if lines.next().map(|(_, header)| header) != Some(HEADER) {
        return Err(CsvError::Header);
    }
    Ok(lines.filter(|(_, line)| !line.is_empty()).map(|(index, text)| {
        let line = index + 1;
        let mut fields = text.split(',');
        let (Some(product_key), Some(device_name), Some(serial), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(CsvError::Fields { line });
        };
        let invalid = |error| CsvError::Invalid { line, error };
        Ok(BindingRow {
            device: Device::lenient(product_key, device_name).map_err(invalid)?,
            serial: CertSn::parse(serial).map_err(invalid)?,
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec::Vec;

    #[test]
    fn spellings_of_one_number() {
        for text in ["0a", "a", "0A", "000a"] {
            assert_eq!(CertSn::parse(text), CertSn::new(&[0, 10]), "{text}");
        }
        assert_eq!(CertSn::parse("0").unwrap().to_string(), "00");
        assert_eq!(CertSn::new(&[0, 0]).unwrap().to_string(), "00");
        assert_eq!(CertSn::parse("00abc").unwrap().to_string(), "0abc");
    }

    #[test]
    fn what_is_no_serial_number() {
        let broken = |result: Result<CertSn, IdentityError>| {
            let error = result.unwrap_err();
            (error.rule, error.index)
        };
        assert_eq!(broken(CertSn::parse("")), (Rule::TooShort, 0));
        assert_eq!(broken(CertSn::parse("12:34")), (Rule::Character, 2));
        assert_eq!(broken(CertSn::parse(&"1".repeat(41))), (Rule::TooLong, 40));
        assert_eq!(broken(CertSn::new(&[1; 21])), (Rule::TooLong, 20));
        assert_eq!(broken(CertSn::new(&[])), (Rule::TooShort, 0));
    }

    #[test]
    fn lists_with_faults() {
        assert!(matches!(read_binding_csv("a,b,c\n").map(|_| ()), Err(CsvError::Header)));
        let text = "ProductKey,DeviceName,CertSN\r\na1,dev-1,01\r\n\r\na1,dev-2\r\na1,dev-3,x";
        let rows: Vec<_> = read_binding_csv(text).unwrap().collect();
        assert!(rows[0].is_ok());
        assert_eq!(rows[1], Err(CsvError::Fields { line: 4 }));
        assert!(matches!(rows[2], Err(CsvError::Invalid { line: 5, .. })));
    }
}
