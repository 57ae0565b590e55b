//! A packet of either version: decoded from one whole frame, encoded into any output.

use crate::ack::{Ack, TypedAck};
use crate::auth::Auth;
use crate::config::{Leniency, Rules, Version};
use crate::connack::ConnAck;
use crate::connect::Connect;
use crate::cursor::Cursor;
use crate::disconnect::Disconnect;
use crate::error::{DecodeError, EncodeError};
use crate::frame::{PacketType, header};
use crate::out::Out;
use crate::publish::Publish;
use crate::qos::PacketId;
use crate::rule::Rule;
use crate::suback::{SubAck, UnsubAck};
use crate::subscribe::Subscribe;
use crate::unsubscribe::Unsubscribe;
use crate::write::{self, Body};

/// A packet. It borrows the bytes it was decoded from, or whatever the caller made it of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Packet<'a> {
    /// A client asks for a connection.
    Connect(Connect<'a>),
    /// The server's answer to it.
    ConnAck(ConnAck<'a>),
    /// An application message.
    Publish(Publish<'a>),
    /// QoS 1: received.
    PubAck(Ack<'a>),
    /// QoS 2, first answer: received.
    PubRec(Ack<'a>),
    /// QoS 2, second step: release.
    PubRel(Ack<'a>),
    /// QoS 2, last answer: complete.
    PubComp(Ack<'a>),
    /// A client subscribes.
    Subscribe(Subscribe<'a>),
    /// The server's answer to it.
    SubAck(SubAck<'a>),
    /// A client unsubscribes.
    Unsubscribe(Unsubscribe<'a>),
    /// The server's answer to it.
    UnsubAck(UnsubAck<'a>),
    /// A client asks for a sign of life.
    PingReq,
    /// The server's answer to it.
    PingResp,
    /// The connection is about to be closed.
    Disconnect(Disconnect<'a>),
    /// A step of authentication; 5.0 only.
    Auth(Auth<'a>),
}

impl<'a> Packet<'a> {
    /// Decodes a frame: exactly one packet, as [`peek`](crate::peek) measures it. Nothing is copied; every rule that one
    /// packet can break is checked, but for those `rules` puts up with.
    ///
    /// # Errors
    /// The rule that is broken, and where.
    ///
    /// ```
    /// use mqtt_codec::{Packet, Rule, Rules, Version};
    ///
    /// let rules = Rules::new(Version::V311);
    /// assert_eq!(Packet::decode(b"\xc0\x00", rules), Ok(Packet::PingReq));
    /// assert_eq!(Packet::decode(b"\xc1\x00", rules).unwrap_err().rule(), Rule::Flags);
    /// ```
    #[inline]
    pub fn decode(frame: &'a [u8], rules: Rules) -> Result<Self, DecodeError> {
        // Half of what a busy connection carries: that something was received, in four bytes.
        if let [first @ (0x40 | 0x50 | 0x62 | 0x70), 2, high, low] = *frame
            && let Some(packet_id) = PacketId::new(u16::from_be_bytes([high, low]))
            && rules.version.is_some()
            && rules.limits.packet >= 4
        {
            let ack = Ack::new(packet_id);
            return Ok(match first {
                0x40 => Self::PubAck(ack),
                0x50 => Self::PubRec(ack),
                0x62 => Self::PubRel(ack),
                _ => Self::PubComp(ack),
            });
        }
        Self::decode_any(frame, rules)
    }

    #[inline(never)]
    fn decode_any(frame: &'a [u8], rules: Rules) -> Result<Self, DecodeError> {
        let (first, body, is_long) = split_header(frame, rules)?;
        if frame.len() > rules.limits.packet as usize {
            return Err(DecodeError::new(Rule::PacketTooLarge, PacketType::of(first), 0));
        }
        // The other half; both ends may send it.
        if first & 0xF0 == 0x30 {
            let cursor = Cursor::new(body, frame.len(), PacketType::Publish);
            return Publish::read(first, cursor, &rules);
        }
        Self::decode_other(first, body, frame.len(), is_long, rules)
    }

    #[inline(never)]
    fn decode_other(
        first: u8,
        body: &'a [u8],
        len: usize,
        is_long: bool,
        rules: Rules,
    ) -> Result<Self, DecodeError> {
        let Some(packet) = PacketType::of(first) else {
            return Err(DecodeError::new(Rule::PacketType, None, 0));
        };
        check_first(first, packet, rules)?;
        let cursor = Cursor::new(body, len, packet);
        let rules = &rules;
        match packet {
            PacketType::Connect => Ok(Self::Connect(Connect::read(cursor, is_long, rules)?)),
            PacketType::ConnAck => Ok(Self::ConnAck(ConnAck::read(cursor, rules)?)),
            // Never comes here: a second copy of its reading would be for nothing.
            PacketType::Publish => Err(cursor.fail(Rule::PacketType)),
            PacketType::PubAck => Ok(Self::PubAck(Ack::read(cursor, rules)?)),
            PacketType::PubRec => Ok(Self::PubRec(Ack::read(cursor, rules)?)),
            PacketType::PubRel => Ok(Self::PubRel(Ack::read(cursor, rules)?)),
            PacketType::PubComp => Ok(Self::PubComp(Ack::read(cursor, rules)?)),
            PacketType::Subscribe => Ok(Self::Subscribe(Subscribe::read(cursor, rules)?)),
            PacketType::SubAck => Ok(Self::SubAck(SubAck::read(cursor, rules)?)),
            PacketType::Unsubscribe => Ok(Self::Unsubscribe(Unsubscribe::read(cursor, rules)?)),
            PacketType::UnsubAck => Ok(Self::UnsubAck(UnsubAck::read(cursor, rules)?)),
            PacketType::PingReq => empty(cursor, rules).map(|()| Self::PingReq),
            PacketType::PingResp => empty(cursor, rules).map(|()| Self::PingResp),
            PacketType::Disconnect => Ok(Self::Disconnect(Disconnect::read(cursor, rules)?)),
            PacketType::Auth => Ok(Self::Auth(Auth::read(cursor, rules)?)),
        }
    }

    /// The type of the packet.
    pub const fn packet_type(&self) -> PacketType {
        match self {
            Self::Connect(_) => PacketType::Connect,
            Self::ConnAck(_) => PacketType::ConnAck,
            Self::Publish(_) => PacketType::Publish,
            Self::PubAck(_) => PacketType::PubAck,
            Self::PubRec(_) => PacketType::PubRec,
            Self::PubRel(_) => PacketType::PubRel,
            Self::PubComp(_) => PacketType::PubComp,
            Self::Subscribe(_) => PacketType::Subscribe,
            Self::SubAck(_) => PacketType::SubAck,
            Self::Unsubscribe(_) => PacketType::Unsubscribe,
            Self::UnsubAck(_) => PacketType::UnsubAck,
            Self::PingReq => PacketType::PingReq,
            Self::PingResp => PacketType::PingResp,
            Self::Disconnect(_) => PacketType::Disconnect,
            Self::Auth(_) => PacketType::Auth,
        }
    }

    /// Bytes the packet takes in that version.
    ///
    /// # Errors
    /// The rule by which there is no such packet.
    pub fn encoded_len(&self, version: Version) -> Result<usize, EncodeError> {
        let typed = |ack| TypedAck(self.packet_type(), ack);
        match self {
            Self::Connect(connect) => write::encoded_len(connect, version),
            Self::ConnAck(connack) => write::encoded_len(connack, version),
            Self::Publish(publish) => publish.encoded_len(version),
            Self::PubAck(ack) | Self::PubRec(ack) | Self::PubRel(ack) | Self::PubComp(ack) => {
                write::encoded_len(&typed(ack), version)
            }
            Self::Subscribe(subscribe) => write::encoded_len(subscribe, version),
            Self::SubAck(suback) => write::encoded_len(suback, version),
            Self::Unsubscribe(unsubscribe) => write::encoded_len(unsubscribe, version),
            Self::UnsubAck(unsuback) => write::encoded_len(unsuback, version),
            Self::PingReq | Self::PingResp => write::encoded_len(&Ping(self.packet_type()), version),
            Self::Disconnect(disconnect) => write::encoded_len(disconnect, version),
            Self::Auth(auth) => write::encoded_len(auth, version),
        }
    }

    /// Appends the packet to `out` and returns its length.
    ///
    /// # Errors
    /// [`EncodeError::NoRoom`], or the rule by which there is no such packet; `out` is then unchanged.
    #[inline]
    pub fn encode(&self, version: Version, out: &mut (impl Out + ?Sized)) -> Result<usize, EncodeError> {
        let typed = |ack| TypedAck(self.packet_type(), ack);
        match self {
            Self::Connect(connect) => write::encode(connect, version, out),
            Self::ConnAck(connack) => write::encode(connack, version, out),
            Self::Publish(publish) => publish.encode(version, out),
            Self::PubAck(ack) | Self::PubRec(ack) | Self::PubRel(ack) | Self::PubComp(ack) => {
                write::encode(&typed(ack), version, out)
            }
            Self::Subscribe(subscribe) => write::encode(subscribe, version, out),
            Self::SubAck(suback) => write::encode(suback, version, out),
            Self::Unsubscribe(unsubscribe) => write::encode(unsubscribe, version, out),
            Self::UnsubAck(unsuback) => write::encode(unsuback, version, out),
            Self::PingReq | Self::PingResp => write::encode(&Ping(self.packet_type()), version, out),
            Self::Disconnect(disconnect) => write::encode(disconnect, version, out),
            Self::Auth(auth) => write::encode(auth, version, out),
        }
    }
}

/// First byte and body of a frame, and whether its remaining length is longer than needed.
#[inline]
fn split_header(frame: &[u8], rules: Rules) -> Result<(u8, &[u8], bool), DecodeError> {
    const DIGIT: usize = 0x7F;
    match *frame {
        [first, a @ 0..0x80, ref body @ ..] if body.len() == usize::from(a) => Ok((first, body, false)),
        [first, a @ 0x80..=0xFF, b @ 1..0x80, ref body @ ..]
            if body.len() == (usize::from(a) & DIGIT | usize::from(b) << 7) =>
        {
            Ok((first, body, false))
        }
        [first, a @ 0x80..=0xFF, b @ 0x80..=0xFF, c @ 1..0x80, ref body @ ..]
            if body.len()
                == (usize::from(a) & DIGIT | (usize::from(b) & DIGIT) << 7 | usize::from(c) << 14) =>
        {
            Ok((first, body, false))
        }
        _ => split_odd_header(frame, rules),
    }
}

/// The same for any frame, finding out what is wrong with it.
#[inline(never)]
fn split_odd_header(frame: &[u8], rules: Rules) -> Result<(u8, &[u8], bool), DecodeError> {
    let whole = header(frame)?;
    let Some(header) = whole.filter(|header| header.frame_len() == frame.len()) else {
        let packet = whole.map(|header| header.packet);
        return Err(DecodeError::new(Rule::FrameLength, packet, 0));
    };
    header.check_length(rules)?;
    Ok((header.first, frame.get(header.len..).unwrap_or_default(), header.is_long))
}

/// Checks the first byte: whether that end may send the packet, and its flags, but for those of PUBLISH.
#[inline]
fn check_first(first: u8, packet: PacketType, rules: Rules) -> Result<(), DecodeError> {
    if let (Some(from), Some(version)) = (rules.from, rules.version)
        && !packet.may_come_from(from, version)
    {
        return Err(wrong_sender(packet, version));
    }
    if first == packet.first_byte() || packet == PacketType::Publish {
        return Ok(());
    }
    if packet == PacketType::Auth && rules.version == Some(Version::V311) {
        return Err(DecodeError::new(Rule::PacketType, Some(packet), 0));
    }
    let had_dup = matches!(packet, PacketType::PubRel | PacketType::Subscribe | PacketType::Unsubscribe);
    if had_dup && rules.leniency.has(Leniency::REQUEST_FLAGS) {
        return Ok(());
    }
    Err(DecodeError::new(packet.flags_rule(), Some(packet), 0))
}

#[cold]
fn wrong_sender(packet: PacketType, version: Version) -> DecodeError {
    let rule = if packet == PacketType::Auth && version == Version::V311 {
        Rule::PacketType
    } else {
        Rule::Direction
    };
    DecodeError::new(rule, Some(packet), 0)
}

/// A packet without a body: PINGREQ, PINGRESP (§3.12, §3.13).
fn empty(c: Cursor<'_>, rules: &Rules) -> Result<(), DecodeError> {
    c.version(rules)?;
    c.finish(Rule::TrailingBytes)
}

/// PINGREQ or PINGRESP: a type and nothing else.
struct Ping(PacketType);

impl Body for Ping {
    fn first_byte(&self) -> u8 {
        self.0.first_byte()
    }

    fn body_len(&self, _: Version) -> Result<usize, EncodeError> {
        Ok(0)
    }

    fn put_body(&self, _: Version, _: &mut (impl Out + ?Sized)) {}
}
