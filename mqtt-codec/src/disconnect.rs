//! DISCONNECT: the connection is about to be closed (§3.14).
//!
//! ```text
//! reason code  5.0; may be left out if it is success and there are no properties
//! properties   5.0; may be left out if there are none
//! ```

use crate::config::{Role, Rules, Version};
use crate::cursor::Cursor;
use crate::error::{DecodeError, EncodeError};
use crate::frame::PacketType;
use crate::out::Out;
use crate::properties::Properties;
use crate::reason::ReasonCode;
use crate::rule::Rule;
use crate::write::Body;

/// DISCONNECT. In 3.1.1 only a client sends it, and it says no more than that.
///
/// ```
/// use mqtt_codec::{Disconnect, Packet, ReasonCode, SliceOut, Version};
///
/// let mut buffer = [0; 32];
/// let mut out = SliceOut::new(&mut buffer);
/// let busy = Disconnect::new(ReasonCode::ServerBusy);
/// Packet::Disconnect(busy).encode(Version::V5, &mut out)?;
/// assert_eq!(out.written(), b"\xe0\x01\x89");
/// # Ok::<(), mqtt_codec::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Disconnect<'a> {
    /// Why; 3.1.1 knows success only.
    pub reason: ReasonCode,
    /// Properties of 5.0.
    pub properties: Properties<'a>,
}

impl<'a> Disconnect<'a> {
    /// With a reason and no properties.
    pub const fn new(reason: ReasonCode) -> Self {
        Self { reason, properties: Properties::none() }
    }

    pub(crate) fn read(mut c: Cursor<'a>, rules: &Rules) -> Result<Self, DecodeError> {
        let version = c.version(rules)?;
        if version == Version::V311 {
            c.finish(Rule::TrailingBytes)?;
        }
        if c.is_empty() {
            return Ok(Self::new(ReasonCode::Success));
        }
        let code = c.u8(Rule::DisconnectCode)?;
        let Some(reason) = ReasonCode::of(code, PacketType::Disconnect) else {
            return Err(c.fail_back(Rule::DisconnectCode, 1)); // [MQTT-3.14.2-1]
        };
        if rules.from.is_some_and(|from| !may_send(reason, from)) {
            return Err(c.fail_back(Rule::Direction, 1));
        }
        let at_properties = c;
        let properties = if c.is_empty() { Properties::none() } else { Properties::read(&mut c, rules)? };
        if rules.from == Some(Role::Server) && properties.session_expiry().is_some() {
            return Err(at_properties.fail(Rule::SessionExpirySender)); // [MQTT-3.14.2-2]
        }
        c.finish(Rule::TrailingBytes)?;
        Ok(Self { reason, properties })
    }
}

/// Who sends which reason: the column "Sent by" of §3.14.2.1.
fn may_send(reason: ReasonCode, from: Role) -> bool {
    use ReasonCode as R;
    match reason {
        R::DisconnectWithWill => from == Role::Client,
        R::Success
        | R::UnspecifiedError
        | R::MalformedPacket
        | R::ProtocolError
        | R::ImplementationSpecificError
        | R::TopicNameInvalid
        | R::ReceiveMaximumExceeded
        | R::TopicAliasInvalid
        | R::PacketTooLarge
        | R::MessageRateTooHigh
        | R::QuotaExceeded
        | R::AdministrativeAction
        | R::PayloadFormatInvalid
        // Not in that table, but §2.4 allows it and §4.12.1 has both ends fail a re-authentication.
        | R::BadAuthenticationMethod => true,
        _ => from == Role::Server,
    }
}

impl Body for Disconnect<'_> {
    fn first_byte(&self) -> u8 {
        PacketType::Disconnect.first_byte()
    }

    fn body_len(&self, version: Version) -> Result<usize, EncodeError> {
        if self.reason == ReasonCode::Success && self.properties.is_empty() {
            return Ok(0);
        }
        if version == Version::V311 && self.reason != ReasonCode::Success {
            return Err(Rule::CodeBefore5.into());
        }
        if !self.reason.fits(PacketType::Disconnect) {
            return Err(Rule::DisconnectCode.into());
        }
        let properties = self.properties.encoded_len(version, PacketType::Disconnect)?;
        Ok(if self.properties.is_empty() { 1 } else { 1 + properties })
    }

    fn put_body(&self, version: Version, out: &mut (impl Out + ?Sized)) {
        if self.reason != ReasonCode::Success || !self.properties.is_empty() {
            out.put(&[self.reason.code()]);
        }
        if !self.properties.is_empty() {
            self.properties.put(version, out);
        }
    }
}
