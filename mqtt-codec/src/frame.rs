//! Framing: the fixed header (MQTT 5.0 §2.1, 3.1.1 §2.2), and complete packets with whoever owns their bytes.
//!
//! ```text
//! byte 1      packet type (4 bits), flags (4 bits)
//! byte 2..5   remaining length: 7 bits a byte, lowest first, the high bit says that another byte follows
//! ```

use core::fmt;
use core::num::NonZeroUsize;

use crate::config::{Leniency, Role, Rules, Version};
use crate::cursor::{TooLong, read_number};
use crate::error::DecodeError;
use crate::packet::Packet;
use crate::rule::Rule;

/// The type of a packet (5.0 §2.1.2, 3.1.1 §2.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum PacketType {
    /// A client asks for a connection.
    Connect = 1,
    /// The server's answer to it.
    ConnAck = 2,
    /// An application message.
    Publish = 3,
    /// QoS 1: received.
    PubAck = 4,
    /// QoS 2, first answer: received.
    PubRec = 5,
    /// QoS 2, second step: release.
    PubRel = 6,
    /// QoS 2, last answer: complete.
    PubComp = 7,
    /// A client subscribes.
    Subscribe = 8,
    /// The server's answer to it.
    SubAck = 9,
    /// A client unsubscribes.
    Unsubscribe = 10,
    /// The server's answer to it.
    UnsubAck = 11,
    /// A client asks for a sign of life.
    PingReq = 12,
    /// The server's answer to it.
    PingResp = 13,
    /// The connection is about to be closed.
    Disconnect = 14,
    /// A step of authentication; new in 5.0.
    Auth = 15,
}

impl PacketType {
    /// The type in the high four bits of a first byte; `None` for the reserved type 0.
    #[inline]
    pub const fn of(first: u8) -> Option<Self> {
        Some(match first >> 4 {
            1 => Self::Connect,
            2 => Self::ConnAck,
            3 => Self::Publish,
            4 => Self::PubAck,
            5 => Self::PubRec,
            6 => Self::PubRel,
            7 => Self::PubComp,
            8 => Self::Subscribe,
            9 => Self::SubAck,
            10 => Self::Unsubscribe,
            11 => Self::UnsubAck,
            12 => Self::PingReq,
            13 => Self::PingResp,
            14 => Self::Disconnect,
            15 => Self::Auth,
            _ => return None,
        })
    }

    /// Whether that end may send packets of this type in that version.
    #[inline]
    pub const fn may_come_from(self, role: Role, version: Version) -> bool {
        let senders = match role {
            Role::Client => FROM_CLIENT,
            Role::Server if matches!(version, Version::V311) => FROM_SERVER & !Self::Disconnect.bit(),
            Role::Server => FROM_SERVER,
        };
        senders & self.bit() != 0
    }

    /// A bit of its own, for sets of packet types. Bit 0, the reserved type, stands for the will of a CONNECT.
    #[inline]
    pub(crate) const fn bit(self) -> u16 {
        1 << self as u8
    }

    /// The first byte of a packet of this type whose flags are fixed.
    #[inline]
    pub(crate) const fn first_byte(self) -> u8 {
        let flags = match self {
            Self::PubRel | Self::Subscribe | Self::Unsubscribe => 0b0010,
            _ => 0,
        };
        (self as u8) << 4 | flags
    }

    /// The rule that wrong flags break.
    pub(crate) const fn flags_rule(self) -> Rule {
        match self {
            Self::PubRel => Rule::PubRelFlags,
            Self::Subscribe => Rule::SubscribeFlags,
            Self::Unsubscribe => Rule::UnsubscribeFlags,
            Self::Disconnect => Rule::DisconnectFlags,
            Self::Auth => Rule::AuthFlags,
            _ => Rule::Flags,
        }
    }
}

impl fmt::Display for PacketType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Connect => "CONNECT",
            Self::ConnAck => "CONNACK",
            Self::Publish => "PUBLISH",
            Self::PubAck => "PUBACK",
            Self::PubRec => "PUBREC",
            Self::PubRel => "PUBREL",
            Self::PubComp => "PUBCOMP",
            Self::Subscribe => "SUBSCRIBE",
            Self::SubAck => "SUBACK",
            Self::Unsubscribe => "UNSUBSCRIBE",
            Self::UnsubAck => "UNSUBACK",
            Self::PingReq => "PINGREQ",
            Self::PingResp => "PINGRESP",
            Self::Disconnect => "DISCONNECT",
            Self::Auth => "AUTH",
        })
    }
}

const BOTH: u16 = PacketType::Publish.bit()
    | PacketType::PubAck.bit()
    | PacketType::PubRec.bit()
    | PacketType::PubRel.bit()
    | PacketType::PubComp.bit()
    | PacketType::Disconnect.bit()
    | PacketType::Auth.bit();
const FROM_CLIENT: u16 = BOTH
    | PacketType::Connect.bit()
    | PacketType::Subscribe.bit()
    | PacketType::Unsubscribe.bit()
    | PacketType::PingReq.bit();
const FROM_SERVER: u16 = BOTH
    | PacketType::ConnAck.bit()
    | PacketType::SubAck.bit()
    | PacketType::UnsubAck.bit()
    | PacketType::PingResp.bit();

/// What the beginning of a stream holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Peek {
    /// Not a whole packet yet: at least so many bytes are missing. Before the fixed header is complete that is one byte
    /// more of it, afterwards exactly what the packet lacks.
    Need(NonZeroUsize),
    /// The first `len` bytes are one packet.
    Frame {
        /// Length of the whole packet, fixed header included.
        len: usize,
    },
}

/// Says where the first packet of a stream ends, from its fixed header alone.
///
/// # Errors
/// [`Rule::PacketType`] for the reserved type, [`Rule::RemainingLength`], and [`Rule::PacketTooLarge`] if the packet has more
/// than `max` bytes: all before any more of it is buffered.
///
/// ```
/// use mqtt_codec::{Peek, Rule, peek};
///
/// let bytes = b"\x30\x09\x00\x03a/bdata";
/// assert_eq!(peek(&bytes[..9], 1024)?, Peek::Need(2.try_into()?));
/// assert_eq!(peek(bytes, 1024)?, Peek::Frame { len: 11 });
/// assert_eq!(peek(b"\x30\xff\x7f", 1024).unwrap_err().rule(), Rule::PacketTooLarge);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[inline]
pub fn peek(buf: &[u8], max: u32) -> Result<Peek, DecodeError> {
    // Nearly every packet is short: one byte of remaining length.
    let len = match *buf {
        [0x10..=0xFF, remaining @ 0..0x80, ..] => usize::from(remaining) + 2,
        _ => match header(buf)? {
            Some(header) => header.frame_len(),
            None => return Ok(need(1)),
        },
    };
    if len > max as usize {
        return Err(DecodeError::new(Rule::PacketTooLarge, buf.first().and_then(|b| PacketType::of(*b)), 0));
    }
    Ok(if len <= buf.len() { Peek::Frame { len } } else { need(len - buf.len()) })
}

#[inline]
fn need(missing: usize) -> Peek {
    Peek::Need(NonZeroUsize::new(missing).unwrap_or(NonZeroUsize::MIN))
}

/// A fixed header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) first: u8,
    pub(crate) packet: PacketType,
    /// Bytes of the fixed header itself.
    pub(crate) len: usize,
    /// Bytes that follow.
    pub(crate) remaining: u32,
    /// Whether the remaining length has more bytes than it needs.
    pub(crate) is_long: bool,
}

impl Header {
    #[inline]
    pub(crate) fn frame_len(&self) -> usize {
        self.len + self.remaining as usize
    }

    /// [MQTT-1.5.5-1]; in CONNECT it is the body that says whether it holds.
    pub(crate) fn check_length(&self, rules: Rules) -> Result<(), DecodeError> {
        if self.is_long
            && rules.version == Some(Version::V5)
            && self.packet != PacketType::Connect
            && !rules.leniency.has(Leniency::LONG_NUMBERS)
        {
            return Err(DecodeError::new(Rule::LongNumber, Some(self.packet), 1));
        }
        Ok(())
    }
}

/// Reads a fixed header; `None` if it is not complete.
pub(crate) fn header(buf: &[u8]) -> Result<Option<Header>, DecodeError> {
    let Some((&first, rest)) = buf.split_first() else { return Ok(None) };
    let Some(packet) = PacketType::of(first) else { return Err(DecodeError::new(Rule::PacketType, None, 0)) };
    match read_number(rest) {
        Ok(Some(number)) => Ok(Some(Header {
            first,
            packet,
            len: 1 + number.len,
            remaining: number.value,
            is_long: number.is_long(),
        })),
        Ok(None) => Ok(None),
        Err(TooLong) => Err(DecodeError::new(Rule::RemainingLength, Some(packet), 1)),
    }
}

/// The bytes of one whole packet, and whoever owns them: `&[u8]`, `Vec<u8>` (feature `alloc`), `Bytes` (feature `bytes`).
///
/// ```
/// use mqtt_codec::{Frame, Packet, Rules, Version};
///
/// let frame = Frame::new(b"\x30\x09\x00\x03a/bdata".as_slice())?;
/// let Packet::Publish(publish) = frame.decode(Rules::new(Version::V311))? else { unreachable!() };
/// assert_eq!(publish.payload, b"data");
/// # Ok::<(), mqtt_codec::DecodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Frame<B>(B);

impl<B: AsRef<[u8]>> Frame<B> {
    /// Takes bytes that are exactly one packet.
    ///
    /// # Errors
    /// As [`peek`], and [`Rule::FrameLength`] if they are less or more than one packet.
    pub fn new(bytes: B) -> Result<Self, DecodeError> {
        let all = bytes.as_ref();
        match peek(all, u32::MAX)? {
            Peek::Frame { len } if len == all.len() => Ok(Self(bytes)),
            _ => Err(DecodeError::new(Rule::FrameLength, None, 0)),
        }
    }

    /// Takes bytes that [`peek`] measured.
    #[cfg(feature = "bytes")]
    pub(crate) fn from_peeked(bytes: B) -> Self {
        Self(bytes)
    }

    /// Decodes the packet. It borrows the frame; call this once and keep what it returns.
    ///
    /// # Errors
    /// The rule the packet breaks; see [`Packet::decode`].
    #[inline]
    pub fn decode(&self, rules: Rules) -> Result<Packet<'_>, DecodeError> {
        Packet::decode(self.0.as_ref(), rules)
    }

    /// The type of the packet.
    pub fn packet_type(&self) -> Option<PacketType> {
        self.as_bytes().first().and_then(|first| PacketType::of(*first))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_ref()
    }

    /// Gives the bytes back.
    pub fn into_inner(self) -> B {
        self.0
    }
}

#[cfg(feature = "bytes")]
impl Frame<bytes::Bytes> {
    /// A counted reference to a part of the frame, such as the payload of a packet decoded from it, without copying.
    /// `None` if `part` does not lie in this frame.
    ///
    /// ```
    /// use mqtt_codec::{Frame, Packet, Rules, Version};
    ///
    /// let frame = Frame::new(bytes::Bytes::from_static(b"\x30\x09\x00\x03a/bdata"))?;
    /// let Packet::Publish(publish) = frame.decode(Rules::new(Version::V311))? else { unreachable!() };
    /// let payload = frame.share(publish.payload).unwrap();
    /// drop(frame);
    /// assert_eq!(payload, "data");
    /// # Ok::<(), mqtt_codec::DecodeError>(())
    /// ```
    pub fn share(&self, part: &[u8]) -> Option<bytes::Bytes> {
        let (whole, wanted) = (self.0.as_ptr_range(), part.as_ptr_range());
        let start = (wanted.start as usize).checked_sub(whole.start as usize)?;
        let end = start.checked_add(part.len())?;
        (end <= self.0.len()).then(|| self.0.slice(start..end))
    }
}

impl<B: AsRef<[u8]>> AsRef<[u8]> for Frame<B> {
    fn as_ref(&self) -> &[u8] {
        self.0.as_ref()
    }
}

impl<B: AsRef<[u8]>> fmt::Debug for Frame<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("packet", &self.packet_type())
            .field("len", &self.as_bytes().len())
            .finish()
    }
}
