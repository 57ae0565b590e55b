//! CONNACK: the server's answer to CONNECT (§3.2).
//!
//! ```text
//! flags        bit 0: session present; the others are reserved
//! reason code  3.1.1: return code
//! properties   5.0
//! ```

use crate::config::{Leniency, Rules, Version};
use crate::cursor::Cursor;
use crate::error::{DecodeError, EncodeError};
use crate::frame::PacketType;
use crate::out::Out;
use crate::properties::Properties;
use crate::reason::ReasonCode;
use crate::rule::Rule;
use crate::write::Body;

/// CONNACK.
///
/// ```
/// use mqtt_codec::{Packet, ReasonCode, Rules, Version};
///
/// let packet = Packet::decode(b"\x20\x02\x00\x05", Rules::new(Version::V311))?;
/// let Packet::ConnAck(answer) = packet else { unreachable!() };
/// assert_eq!(answer.reason, ReasonCode::NotAuthorized);
/// # Ok::<(), mqtt_codec::DecodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ConnAck<'a> {
    /// Whether the server had a session of that client and goes on with it; never in a refusal.
    pub session_present: bool,
    /// Whether the connection is accepted. The six codes of 3.1.1 are folded into those of 5.0.
    pub reason: ReasonCode,
    /// Properties of 5.0.
    pub properties: Properties<'a>,
}

impl<'a> ConnAck<'a> {
    pub(crate) fn read(mut c: Cursor<'a>, rules: &Rules) -> Result<Self, DecodeError> {
        let version = c.version(rules)?;
        let flags = c.u8(Rule::ReasonCut)?;
        if flags > 1 {
            return Err(c.fail_back(Rule::ConnAckFlags, 1)); // [MQTT-3.2.2-1]
        }
        let code = c.u8(Rule::ReasonCut)?;
        let is_311_form =
            version == Version::V311 || (rules.leniency.has(Leniency::CONNACK_311_FORM) && c.is_empty());
        let reason = match ReasonCode::from_connack_311(code) {
            Some(reason) if is_311_form => Some(reason),
            _ if version == Version::V5 => ReasonCode::of(code, PacketType::ConnAck),
            _ => None,
        };
        let Some(reason) = reason else { return Err(c.fail_back(Rule::ConnAckCode, 1)) };
        let mut session_present = flags == 1;
        if session_present && reason.is_error() {
            if !rules.leniency.has(Leniency::SESSION_PRESENT_ON_REFUSAL) {
                return Err(c.fail_back(Rule::SessionPresent, 2));
            }
            session_present = false;
        }
        let properties = if is_311_form { Properties::none() } else { Properties::read(&mut c, rules)? };
        c.finish(Rule::TrailingBytes)?;
        Ok(Self { session_present, reason, properties })
    }

    fn code(&self, version: Version) -> Result<u8, EncodeError> {
        match version {
            Version::V311 => self.reason.connack_311().ok_or(EncodeError::Illegal(Rule::CodeBefore5)),
            Version::V5 if self.reason.fits(PacketType::ConnAck) => Ok(self.reason.code()),
            Version::V5 => Err(Rule::ConnAckCode.into()),
        }
    }
}

impl Body for ConnAck<'_> {
    fn first_byte(&self) -> u8 {
        PacketType::ConnAck.first_byte()
    }

    fn body_len(&self, version: Version) -> Result<usize, EncodeError> {
        self.code(version)?;
        if self.session_present && self.reason.is_error() {
            return Err(Rule::SessionPresent.into());
        }
        Ok(2 + self.properties.encoded_len(version, PacketType::ConnAck)?)
    }

    fn put_body(&self, version: Version, out: &mut (impl Out + ?Sized)) {
        out.put(&[u8::from(self.session_present), self.code(version).unwrap_or_default()]);
        self.properties.put(version, out);
    }
}
