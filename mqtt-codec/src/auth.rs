//! AUTH: a step of authentication, new in 5.0 (§3.15, §4.12).
//!
//! ```text
//! reason code  may be left out, with the properties, if it is success and there are none
//! properties   the authentication method among them
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

/// AUTH.
///
/// ```
/// use mqtt_codec::{Auth, Packet, PacketType, Properties, Property, ReasonCode, Secret, Text, Version};
///
/// let items = [
///     Property::AuthenticationMethod(Text::new("SCRAM-SHA-256")?),
///     Property::AuthenticationData(Secret(b"client-first")),
/// ];
/// let auth = Auth {
///     reason: ReasonCode::ContinueAuthentication,
///     properties: Properties::new(PacketType::Auth, &items)?,
/// };
/// assert_eq!(Packet::Auth(auth).encoded_len(Version::V5), Ok(35));
/// # Ok::<(), mqtt_codec::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Auth<'a> {
    /// Success, continue, or begin again.
    pub reason: ReasonCode,
    /// The properties. There must be an authentication method, but in the short form of success, which has none.
    pub properties: Properties<'a>,
}

impl<'a> Auth<'a> {
    pub(crate) fn read(mut c: Cursor<'a>, rules: &Rules) -> Result<Self, DecodeError> {
        if c.version(rules)? == Version::V311 {
            return Err(DecodeError::new(Rule::PacketType, Some(PacketType::Auth), 0));
        }
        // §3.15.2.1: all is left out for success without properties.
        let reason = if c.is_empty() {
            ReasonCode::Success
        } else {
            let code = c.u8(Rule::AuthCode)?;
            match ReasonCode::of(code, PacketType::Auth) {
                Some(reason) => reason,
                None => return Err(c.fail_back(Rule::AuthCode, 1)), // [MQTT-3.15.2-1]
            }
        };
        let may_send = match reason {
            ReasonCode::Success => rules.from != Some(Role::Client),
            ReasonCode::ReAuthenticate => rules.from != Some(Role::Server),
            _ => true,
        };
        if !may_send {
            return Err(DecodeError::new(Rule::Direction, Some(PacketType::Auth), 0));
        }
        if c.is_empty() && reason == ReasonCode::Success {
            return Ok(Self { reason, properties: Properties::none() });
        }
        let at_properties = c;
        let properties = Properties::read(&mut c, rules)?;
        if properties.authentication_method().is_none() {
            return Err(at_properties.fail(Rule::AuthMethodMissing)); // §3.15.2.2.2
        }
        c.finish(Rule::TrailingBytes)?;
        Ok(Self { reason, properties })
    }

    fn is_short(&self) -> bool {
        self.reason == ReasonCode::Success && self.properties.is_empty()
    }
}

impl Body for Auth<'_> {
    fn first_byte(&self) -> u8 {
        PacketType::Auth.first_byte()
    }

    fn body_len(&self, version: Version) -> Result<usize, EncodeError> {
        if version == Version::V311 {
            return Err(Rule::PacketType.into());
        }
        if self.is_short() {
            return Ok(0);
        }
        if !self.reason.fits(PacketType::Auth) {
            return Err(Rule::AuthCode.into());
        }
        if self.properties.authentication_method().is_none() {
            return Err(Rule::AuthMethodMissing.into());
        }
        Ok(1 + self.properties.encoded_len(version, PacketType::Auth)?)
    }

    fn put_body(&self, version: Version, out: &mut (impl Out + ?Sized)) {
        if !self.is_short() {
            out.put(&[self.reason.code()]);
            self.properties.put(version, out);
        }
    }
}
