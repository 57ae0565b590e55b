//! SUBACK and UNSUBACK: the server's answers, a reason code for each filter (§3.9, §3.11).
//!
//! ```text
//! packet identifier
//! properties         5.0
//! reason code        one for each filter, in order; UNSUBACK in 3.1.1 has none
//! ```

use crate::config::{Leniency, Rules, Version};
use crate::cursor::Cursor;
use crate::entries::Entries;
use crate::error::{DecodeError, EncodeError};
use crate::frame::PacketType;
use crate::out::Out;
use crate::properties::Properties;
use crate::qos::PacketId;
use crate::reason::ReasonCode;
use crate::rule::Rule;
use crate::write::Body;

/// SUBACK.
///
/// ```
/// use mqtt_codec::{Packet, ReasonCode, Rules, Version};
///
/// let packet = Packet::decode(b"\x90\x04\x00\x01\x01\x80", Rules::new(Version::V311))?;
/// let Packet::SubAck(answer) = packet else { unreachable!() };
/// assert!(answer.reasons.iter().eq([ReasonCode::GrantedQos1, ReasonCode::UnspecifiedError]));
/// # Ok::<(), mqtt_codec::DecodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SubAck<'a> {
    /// The identifier of the SUBSCRIBE.
    pub packet_id: PacketId,
    /// Properties of 5.0.
    pub properties: Properties<'a>,
    /// The QoS granted, or why not, for each filter in order; at least one. 3.1.1 has one code for all failures.
    pub reasons: Reasons<'a>,
}

/// UNSUBACK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct UnsubAck<'a> {
    /// The identifier of the UNSUBSCRIBE.
    pub packet_id: PacketId,
    /// Properties of 5.0.
    pub properties: Properties<'a>,
    /// How it went for each filter in order; empty in 3.1.1, where it always went well.
    pub reasons: Reasons<'a>,
}

/// The reason codes of a SUBACK or UNSUBACK.
#[derive(Clone, Copy, Debug)]
pub struct Reasons<'a>(Entries<'a, ReasonCode>);

impl<'a> Reasons<'a> {
    /// No reason codes, as in UNSUBACK of 3.1.1.
    pub const EMPTY: Self = Self(Entries::slice(&[]));

    /// Any reason codes; which of them a packet may have is checked when it is encoded.
    pub const fn new(list: &'a [ReasonCode]) -> Self {
        Self(Entries::slice(list))
    }

    /// The reason codes in order.
    pub fn iter(&self) -> Entries<'a, ReasonCode> {
        self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> SubAck<'a> {
    pub(crate) fn read(mut c: Cursor<'a>, rules: &Rules) -> Result<Self, DecodeError> {
        let version = c.version(rules)?;
        let packet_id = c.packet_id()?;
        let properties = read_properties(&mut c, version, rules)?;
        let codes = c.rest();
        if codes.is_empty() {
            return Err(c.fail(Rule::NoSubAckCodes));
        }
        while !c.is_empty() {
            let code = c.u8(Rule::SubAckCode)?;
            let known = match version {
                Version::V311 => matches!(code, 0..=2 | 0x80) || rules.leniency.has(Leniency::SUBACK_CODES),
                Version::V5 => ReasonCode::of(code, PacketType::SubAck).is_some(),
            };
            if !known {
                return Err(c.fail_back(Rule::SubAckCode, 1)); // [MQTT-3.9.3-2]
            }
        }
        Ok(Self { packet_id, properties, reasons: Reasons(Entries::wire(codes, version)) })
    }
}

impl<'a> UnsubAck<'a> {
    pub(crate) fn read(mut c: Cursor<'a>, rules: &Rules) -> Result<Self, DecodeError> {
        let version = c.version(rules)?;
        let packet_id = c.packet_id()?;
        if version == Version::V311 || (rules.leniency.has(Leniency::SUBACK_311_FORM) && c.is_empty()) {
            c.finish(Rule::TrailingBytes)?;
            return Ok(Self { packet_id, properties: Properties::none(), reasons: Reasons::EMPTY });
        }
        let properties = Properties::read(&mut c, rules)?;
        let codes = c.rest();
        if codes.is_empty() {
            return Err(c.fail(Rule::NoUnsubAckCodes));
        }
        while !c.is_empty() {
            if ReasonCode::of(c.u8(Rule::UnsubAckCode)?, PacketType::UnsubAck).is_none() {
                return Err(c.fail_back(Rule::UnsubAckCode, 1)); // [MQTT-3.11.3-2]
            }
        }
        Ok(Self { packet_id, properties, reasons: Reasons(Entries::wire(codes, version)) })
    }
}

fn read_properties<'a>(
    c: &mut Cursor<'a>,
    version: Version,
    rules: &Rules,
) -> Result<Properties<'a>, DecodeError> {
    match version {
        Version::V311 => Ok(Properties::none()),
        Version::V5 => {
            let before = *c;
            match Properties::read(c, rules) {
                Ok(properties) if !(rules.leniency.has(Leniency::SUBACK_311_FORM) && c.is_empty()) => {
                    Ok(properties)
                }
                Err(error) if !rules.leniency.has(Leniency::SUBACK_311_FORM) => Err(error),
                // As 5.0 it makes no sense: then these are the codes of 3.1.1.
                _ => {
                    *c = before;
                    Ok(Properties::none())
                }
            }
        }
    }
}

/// Takes a code off bytes that were checked. One that 3.1.1 does not define was put up with, and means some failure.
#[inline]
fn take_code(rest: &mut &[u8], version: Version) -> Option<ReasonCode> {
    let (code, behind) = rest.split_first()?;
    *rest = behind;
    match version {
        Version::V311 => {
            Some(ReasonCode::of(*code, PacketType::SubAck).unwrap_or(ReasonCode::UnspecifiedError))
        }
        Version::V5 => ReasonCode::new(*code),
    }
}

impl Body for SubAck<'_> {
    fn first_byte(&self) -> u8 {
        PacketType::SubAck.first_byte()
    }

    fn body_len(&self, version: Version) -> Result<usize, EncodeError> {
        if self.reasons.is_empty() {
            return Err(Rule::NoSubAckCodes.into());
        }
        if self.reasons.iter().any(|reason| !reason.fits(PacketType::SubAck)) {
            return Err(Rule::SubAckCode.into());
        }
        Ok(2 + self.properties.encoded_len(version, PacketType::SubAck)? + self.reasons.iter().count())
    }

    fn put_body(&self, version: Version, out: &mut (impl Out + ?Sized)) {
        out.put(&self.packet_id.get().to_be_bytes());
        self.properties.put(version, out);
        self.reasons.iter().for_each(|reason| match version {
            Version::V311 if reason.is_error() => out.put(&[ReasonCode::UnspecifiedError.code()]),
            _ => out.put(&[reason.code()]),
        });
    }
}

impl Body for UnsubAck<'_> {
    fn first_byte(&self) -> u8 {
        PacketType::UnsubAck.first_byte()
    }

    fn body_len(&self, version: Version) -> Result<usize, EncodeError> {
        let properties = self.properties.encoded_len(version, PacketType::UnsubAck)?;
        if version == Version::V311 {
            let Reasons(reasons) = self.reasons;
            return if reasons.is_empty() { Ok(2) } else { Err(Rule::CodeBefore5.into()) };
        }
        if self.reasons.is_empty() {
            return Err(Rule::NoUnsubAckCodes.into());
        }
        if self.reasons.iter().any(|reason| !reason.fits(PacketType::UnsubAck)) {
            return Err(Rule::UnsubAckCode.into());
        }
        Ok(2 + properties + self.reasons.iter().count())
    }

    fn put_body(&self, version: Version, out: &mut (impl Out + ?Sized)) {
        out.put(&self.packet_id.get().to_be_bytes());
        self.properties.put(version, out);
        self.reasons.iter().for_each(|reason| out.put(&[reason.code()]));
    }
}

impl Iterator for Entries<'_, ReasonCode> {
    type Item = ReasonCode;

    #[inline]
    fn next(&mut self) -> Option<ReasonCode> {
        self.advance(take_code)
    }
}

impl PartialEq for Reasons<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Reasons<'_> {}

impl<'a> IntoIterator for Reasons<'a> {
    type Item = ReasonCode;
    type IntoIter = Entries<'a, ReasonCode>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
