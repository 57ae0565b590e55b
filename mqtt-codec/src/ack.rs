//! PUBACK, PUBREC, PUBREL, PUBCOMP: the steps of a delivery (§3.4 to §3.7), alike in all but their type.
//!
//! ```text
//! packet identifier
//! reason code        5.0; may be left out if it is success and there are no properties
//! properties         5.0; may be left out if there are none
//! ```

use crate::config::{Rules, Version};
use crate::cursor::Cursor;
use crate::error::{DecodeError, EncodeError};
use crate::frame::PacketType;
use crate::out::Out;
use crate::properties::Properties;
use crate::qos::PacketId;
use crate::reason::ReasonCode;
use crate::rule::Rule;
use crate::write::Body;

/// PUBACK, PUBREC, PUBREL or PUBCOMP.
///
/// ```
/// use mqtt_codec::{Ack, Packet, PacketId, SliceOut, Version};
///
/// let mut buffer = [0; 32];
/// let mut out = SliceOut::new(&mut buffer);
/// Packet::PubAck(Ack::new(PacketId::MIN)).encode(Version::V5, &mut out)?;
/// assert_eq!(out.written(), b"\x40\x02\x00\x01");
/// # Ok::<(), mqtt_codec::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Ack<'a> {
    /// The identifier of the message it is about.
    pub packet_id: PacketId,
    /// How it went; 3.1.1 knows success only.
    pub reason: ReasonCode,
    /// Properties of 5.0; made for one of the four packet types, they fit all.
    pub properties: Properties<'a>,
}

impl<'a> Ack<'a> {
    /// Success, without properties.
    pub const fn new(packet_id: PacketId) -> Self {
        Self { packet_id, reason: ReasonCode::Success, properties: Properties::none() }
    }

    #[inline]
    pub(crate) fn read(mut c: Cursor<'a>, rules: &Rules) -> Result<Self, DecodeError> {
        let version = c.version(rules)?;
        let packet_id = c.packet_id()?;
        if c.is_empty() {
            return Ok(Self::new(packet_id));
        }
        if version == Version::V311 {
            return Err(c.fail(Rule::TrailingBytes));
        }
        Self::read_long(packet_id, c, rules)
    }

    #[inline(never)]
    fn read_long(packet_id: PacketId, mut c: Cursor<'a>, rules: &Rules) -> Result<Self, DecodeError> {
        let packet = c.packet();
        let code = c.u8(Rule::PacketIdCut)?;
        let Some(reason) = ReasonCode::of(code, packet) else {
            return Err(c.fail_back(code_rule(packet), 1));
        };
        // §3.4.2.2.1: with a remaining length below 4 there is no property length.
        let properties = if c.is_empty() { Properties::none() } else { Properties::read(&mut c, rules)? };
        c.finish(Rule::TrailingBytes)?;
        Ok(Self { packet_id, reason, properties })
    }
}

/// An [`Ack`] with its type, which its packet knows.
#[derive(Clone, Copy)]
pub(crate) struct TypedAck<'a, 'p>(pub(crate) PacketType, pub(crate) &'p Ack<'a>);

impl Body for TypedAck<'_, '_> {
    #[inline]
    fn first_byte(&self) -> u8 {
        self.0.first_byte()
    }

    #[inline]
    fn body_len(&self, version: Version) -> Result<usize, EncodeError> {
        let Self(packet, ack) = self;
        if ack.reason == ReasonCode::Success && ack.properties.is_empty() {
            return Ok(2);
        }
        if version == Version::V311 && ack.reason != ReasonCode::Success {
            return Err(Rule::CodeBefore5.into());
        }
        if !ack.reason.fits(*packet) {
            return Err(code_rule(*packet).into());
        }
        let properties = ack.properties.encoded_len(version, *packet)?;
        Ok(if ack.properties.is_empty() { 3 } else { 3 + properties })
    }

    #[inline]
    fn put_body(&self, version: Version, out: &mut (impl Out + ?Sized)) {
        let Self(_, ack) = self;
        out.put(&ack.packet_id.get().to_be_bytes());
        if ack.properties.is_empty() {
            if ack.reason != ReasonCode::Success {
                out.put(&[ack.reason.code()]);
            }
        } else {
            out.put(&[ack.reason.code()]);
            ack.properties.put(version, out);
        }
    }
}

fn code_rule(packet: PacketType) -> Rule {
    match packet {
        PacketType::PubRec => Rule::PubRecCode,
        PacketType::PubRel => Rule::PubRelCode,
        PacketType::PubComp => Rule::PubCompCode,
        _ => Rule::PubAckCode,
    }
}
