//! Every error, by who is to blame: the peer ([`DecodeError`]), the caller ([`EncodeError`]).

use core::fmt;

use crate::config::Version;
use crate::frame::PacketType;
use crate::reason::ReasonCode;
use crate::rule::Rule;

/// Why bytes from a peer are not a packet: the rule they break, and where.
///
/// ```
/// use mqtt_codec::{Answer, Packet, PacketType, ReasonCode, Rule, Rules, Version};
///
/// let error = Packet::decode(b"\x38\x06\x00\x03a/bx", Rules::new(Version::V5)).unwrap_err();
/// assert_eq!((error.rule(), error.offset()), (Rule::DupAtQos0, 0));
/// assert_eq!(error.answer(Version::V5), Answer::Disconnect(ReasonCode::MalformedPacket));
/// assert_eq!(error.answer(Version::V311), Answer::Close);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub struct DecodeError {
    rule: Rule,
    packet: Option<PacketType>,
    offset: u32,
}

impl DecodeError {
    /// Errors are rare and made out of line, so that good packets do not pay for them.
    #[cold]
    #[inline(never)]
    pub(crate) fn new(rule: Rule, packet: Option<PacketType>, offset: usize) -> Self {
        Self { rule, packet, offset: u32::try_from(offset).unwrap_or(u32::MAX) }
    }

    /// The rule that is broken.
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// The offset of the first byte that breaks it, counted from the first byte of the packet.
    pub const fn offset(&self) -> usize {
        self.offset as usize
    }

    /// The type of the packet, as far as it is known.
    pub const fn packet(&self) -> Option<PacketType> {
        self.packet
    }

    /// The reason code that says it in 5.0 (§4.13).
    pub fn reason(&self) -> ReasonCode {
        self.rule.reason()
    }

    /// What to send before closing the connection, which is owed in every case ([MQTT-4.13.1-1]; 3.1.1 [MQTT-4.8.0-1]).
    ///
    /// A server answers a bad CONNECT with CONNACK, or not at all if there is no code for it; it must not send DISCONNECT
    /// before CONNACK [MQTT-3.14.0-1].
    pub fn answer(&self, version: Version) -> Answer {
        let in_connect = self.packet == Some(PacketType::Connect);
        match (version, in_connect) {
            // [MQTT-3.1.4-1]: closed without CONNACK, but for the two refusals that have a code.
            (Version::V311, true) => match self.rule {
                Rule::ProtocolVersion | Rule::EmptyClientId => Answer::ConnAck(self.reason()),
                _ => Answer::Close,
            },
            (Version::V311, false) => Answer::Close,
            (Version::V5, true) => Answer::ConnAck(self.reason()),
            (Version::V5, false) if self.rule == Rule::NotConnected => Answer::Close,
            (Version::V5, false) => Answer::Disconnect(self.reason()),
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(packet) = self.packet {
            write!(f, "{packet}: ")?;
        }
        write!(f, "{} (at byte {})", self.rule, self.offset)
    }
}

/// What to send before closing the connection on a peer that broke a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// Nothing.
    Close,
    /// CONNACK with this reason.
    ConnAck(ReasonCode),
    /// DISCONNECT with this reason; only 5.0 has that.
    Disconnect(ReasonCode),
}

/// Why a packet was not encoded. The output is untouched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The output has no room for the whole packet.
    #[error("no room for {needed} bytes")]
    NoRoom {
        /// The bytes the packet takes.
        needed: usize,
    },
    /// There is no such packet: it would break this rule.
    #[error("{0}")]
    Illegal(Rule),
}

impl From<Rule> for EncodeError {
    #[cold]
    fn from(rule: Rule) -> Self {
        Self::Illegal(rule)
    }
}
