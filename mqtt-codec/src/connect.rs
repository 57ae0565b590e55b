//! CONNECT: a client asks for a connection (§3.1).
//!
//! ```text
//! protocol name     "MQTT"
//! protocol version  4 or 5
//! flags             user name, password, will retain, will QoS (2 bits), will, clean start, reserved
//! keep alive        2 bytes, seconds
//! properties        5.0
//! client identifier
//! will              if its flag is set: properties (5.0), topic, payload
//! user name         if its flag is set
//! password          if its flag is set
//! ```

use crate::config::{Leniency, Rules, Version};
use crate::cursor::Cursor;
use crate::error::{DecodeError, EncodeError};
use crate::frame::PacketType;
use crate::out::Out;
use crate::properties::Properties;
use crate::qos::Qos;
use crate::rule::Rule;
use crate::text::{Flaw, Secret, Text};
use crate::topic::TopicName;
use crate::write::{Body, field_len, put_field};

const PROTOCOL: &[u8] = b"\x00\x04MQTT";

const CLEAN_START: u8 = 0x02;
const WILL: u8 = 0x04;
const WILL_RETAIN: u8 = 0x20;
const PASSWORD: u8 = 0x40;
const USER_NAME: u8 = 0x80;

/// CONNECT.
///
/// ```
/// use mqtt_codec::{Connect, Packet, SliceOut, Text, Version};
///
/// let connect = Connect { keep_alive: 60, ..Connect::new(Version::V5, Text::new("pump-7")?) };
/// let mut buffer = [0; 64];
/// let mut out = SliceOut::new(&mut buffer);
/// Packet::Connect(connect).encode(Version::V5, &mut out)?;
/// assert_eq!(out.written(), b"\x10\x13\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x06pump-7");
/// # Ok::<(), mqtt_codec::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Connect<'a> {
    /// The version the client wants to speak. It rules this packet, whatever version the encoder is called with.
    pub version: Version,
    /// Whether to begin with a new session (3.1.1: clean session, which also ends it with the connection).
    pub clean_start: bool,
    /// The longest time the client will be silent, in seconds; 0: no limit.
    pub keep_alive: u16,
    /// Properties of 5.0.
    pub properties: Properties<'a>,
    /// The client identifier. Empty: the server is to choose one.
    pub client_id: Text<'a>,
    /// What the server publishes when the connection ends badly.
    pub will: Option<Will<'a>>,
    /// The user name.
    pub user_name: Option<Text<'a>>,
    /// The password; any bytes. 3.1.1 allows it with a user name only.
    pub password: Option<Secret<'a>>,
}

/// The will of a client (§3.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Will<'a> {
    /// The quality of service it is published with.
    pub qos: Qos,
    /// Whether it is published as a retained message.
    pub retain: bool,
    /// Properties of 5.0; made by [`Properties::for_will`].
    pub properties: Properties<'a>,
    /// Where it is published.
    pub topic: TopicName<'a>,
    /// What is published.
    pub payload: &'a [u8],
}

impl<'a> Connect<'a> {
    /// The plainest CONNECT: a clean start, no keep alive, nothing optional.
    pub const fn new(version: Version, client_id: Text<'a>) -> Self {
        Self {
            version,
            clean_start: true,
            keep_alive: 0,
            properties: Properties::none(),
            client_id,
            will: None,
            user_name: None,
            password: None,
        }
    }

    pub(crate) fn read(mut c: Cursor<'a>, is_long: bool, rules: &Rules) -> Result<Self, DecodeError> {
        let start = c;
        let name = c.field(Rule::ConnectCut)?;
        if name != b"MQTT" {
            return Err(start.fail(Rule::ProtocolName));
        }
        let level = c.u8(Rule::ConnectCut)?;
        let Some(version) = Version::from_level(level) else {
            return Err(c.fail_back(Rule::ProtocolVersion, 1));
        };
        // Only now is it known whether a remaining length longer than needed matters.
        if is_long && version == Version::V5 && !rules.leniency.has(Leniency::LONG_NUMBERS) {
            return Err(DecodeError::new(Rule::LongNumber, Some(PacketType::Connect), 1));
        }
        let flags = c.u8(Rule::ConnectCut)?;
        let will = Self::will_flags(flags, version, rules).map_err(|rule| c.fail_back(rule, 1))?;
        let clean_start = flags & CLEAN_START != 0;
        let keep_alive = c.u16(Rule::ConnectCut)?;
        let properties = match version {
            Version::V311 => Properties::none(),
            Version::V5 => Properties::read(&mut c, rules)?,
        };
        let at_id = c;
        let client_id = c.text(Rule::ClientIdCut)?;
        if client_id.is_empty()
            && !clean_start
            && version == Version::V311
            && !rules.leniency.has(Leniency::EMPTY_CLIENT_ID)
        {
            return Err(at_id.fail(Rule::EmptyClientId)); // [MQTT-3.1.3-8]
        }
        let will = match will {
            Some((qos, retain)) => Some(Will::read(&mut c, qos, retain, version, rules)?),
            None => None,
        };
        let user_name = if flags & USER_NAME != 0 { Some(c.text(Rule::UserNameCut)?) } else { None };
        let password = if flags & PASSWORD != 0 { Some(Secret(c.field(Rule::PasswordCut)?)) } else { None };
        c.finish(Rule::ConnectTrailing)?;
        Ok(Self { version, clean_start, keep_alive, properties, client_id, will, user_name, password })
    }

    /// Checks the flags; QoS and retain of the will if there is one.
    #[inline]
    fn will_flags(flags: u8, version: Version, rules: &Rules) -> Result<Option<(Qos, bool)>, Rule> {
        if flags & 1 != 0 {
            return Err(Rule::ConnectFlag);
        }
        let retain = flags & WILL_RETAIN != 0;
        let qos = Qos::new(flags >> 3 & 3);
        if flags & (USER_NAME | PASSWORD) == PASSWORD
            && version == Version::V311
            && !rules.leniency.has(Leniency::PASSWORD_ALONE)
        {
            return Err(Rule::PasswordAlone);
        }
        match (flags & WILL != 0, qos) {
            (true, Some(qos)) => Ok(Some((qos, retain))),
            (true, None) => Err(Rule::WillQos),
            (false, Some(Qos::AtMostOnce)) if retain => Err(Rule::WillRetainAlone),
            (false, Some(Qos::AtMostOnce)) => Ok(None),
            (false, _) => Err(Rule::WillQosAlone),
        }
    }

    fn flags(&self) -> u8 {
        let will = self
            .will
            .map_or(0, |will| WILL | will.qos.level() << 3 | if will.retain { WILL_RETAIN } else { 0 });
        will | if self.clean_start { CLEAN_START } else { 0 }
            | if self.password.is_some() { PASSWORD } else { 0 }
            | if self.user_name.is_some() { USER_NAME } else { 0 }
    }
}

impl<'a> Will<'a> {
    fn read(
        c: &mut Cursor<'a>,
        qos: Qos,
        retain: bool,
        version: Version,
        rules: &Rules,
    ) -> Result<Self, DecodeError> {
        let properties = match version {
            Version::V311 => Properties::none(),
            Version::V5 if c.is_empty() => return Err(c.fail(Rule::WillCut)),
            Version::V5 => Properties::read_will(c, rules)?,
        };
        let at_topic = *c;
        let topic = c.name(Rule::WillCut, Rule::TopicWildcard)?;
        if topic.as_bytes().is_empty() {
            return Err(at_topic.fail(Rule::TopicEmpty));
        }
        let payload = c.field(Rule::WillCut)?;
        if properties.is_payload_text() && !rules.leniency.has(Leniency::PAYLOAD_FORMAT) {
            core::str::from_utf8(payload).map_err(|error| {
                c.flawed(payload, Flaw { rule: Rule::PayloadFormat, at: error.valid_up_to() })
            })?;
        }
        Ok(Self { qos, retain, properties, topic, payload })
    }

    fn encoded_len(&self, version: Version) -> Result<usize, EncodeError> {
        if self.topic.as_bytes().is_empty() {
            return Err(Rule::TopicEmpty.into());
        }
        if self.properties.is_payload_text() && core::str::from_utf8(self.payload).is_err() {
            return Err(Rule::PayloadFormat.into());
        }
        Ok(self.properties.will_len(version)? + field_len(self.topic.as_bytes())? + field_len(self.payload)?)
    }
}

impl Body for Connect<'_> {
    fn first_byte(&self) -> u8 {
        PacketType::Connect.first_byte()
    }

    fn body_len(&self, _: Version) -> Result<usize, EncodeError> {
        if self.version == Version::V311 {
            if self.password.is_some() && self.user_name.is_none() {
                return Err(Rule::PasswordAlone.into());
            }
            if self.client_id.is_empty() && !self.clean_start {
                return Err(Rule::EmptyClientId.into());
            }
        }
        let mut len = PROTOCOL.len() + 1 + 1 + 2;
        len += self.properties.encoded_len(self.version, PacketType::Connect)?;
        len += field_len(self.client_id.as_bytes())?;
        if let Some(will) = &self.will {
            len += will.encoded_len(self.version)?;
        }
        if let Some(user_name) = self.user_name {
            len += field_len(user_name.as_bytes())?;
        }
        if let Some(Secret(password)) = self.password {
            len += field_len(password)?;
        }
        Ok(len)
    }

    fn put_body(&self, _: Version, out: &mut (impl Out + ?Sized)) {
        let [high, low] = self.keep_alive.to_be_bytes();
        out.put(PROTOCOL);
        out.put(&[self.version.level(), self.flags(), high, low]);
        self.properties.put(self.version, out);
        put_field(self.client_id.as_bytes(), out);
        if let Some(will) = &self.will {
            will.properties.put(self.version, out);
            put_field(will.topic.as_bytes(), out);
            put_field(will.payload, out);
        }
        if let Some(user_name) = self.user_name {
            put_field(user_name.as_bytes(), out);
        }
        if let Some(Secret(password)) = self.password {
            put_field(password, out);
        }
    }
}
