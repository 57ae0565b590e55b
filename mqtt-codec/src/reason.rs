//! Reason codes (MQTT 5.0 §2.4), and the 3.1.1 return codes folded into them.

use core::fmt;

use crate::frame::PacketType;

/// A reason code: how a request ended. Below 0x80 it went well.
///
/// 3.1.1 has codes in CONNACK and SUBACK only; they are folded into these while decoding and back while encoding.
///
/// ```
/// use mqtt_codec::{PacketType, ReasonCode};
///
/// let code = ReasonCode::new(0x87).unwrap();
/// assert_eq!(code, ReasonCode::NotAuthorized);
/// assert!(code.is_error() && code.fits(PacketType::SubAck) && !code.fits(PacketType::PubRel));
/// assert_eq!(code.to_string(), "not authorized (0x87)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[repr(u8)]
#[non_exhaustive]
pub enum ReasonCode {
    /// Success; in DISCONNECT a normal disconnection, in SUBACK granted QoS 0.
    #[default]
    Success = 0x00,
    /// The subscription was granted with QoS 1.
    GrantedQos1 = 0x01,
    /// The subscription was granted with QoS 2.
    GrantedQos2 = 0x02,
    /// A normal disconnection, but the will is to be published.
    DisconnectWithWill = 0x04,
    /// The message was accepted, and nobody has subscribed to it.
    NoMatchingSubscribers = 0x10,
    /// There was no such subscription to remove.
    NoSubscriptionExisted = 0x11,
    /// The authentication needs another step.
    ContinueAuthentication = 0x18,
    /// The client starts to authenticate again.
    ReAuthenticate = 0x19,
    /// The sender does not say why.
    UnspecifiedError = 0x80,
    /// The packet could not be parsed.
    MalformedPacket = 0x81,
    /// The packet was out of place or broke a rule of the protocol.
    ProtocolError = 0x82,
    /// Valid, but the receiver does not accept it.
    ImplementationSpecificError = 0x83,
    /// The server does not speak that version.
    UnsupportedProtocolVersion = 0x84,
    /// The client identifier is not allowed.
    ClientIdentifierNotValid = 0x85,
    /// The user name or password is wrong.
    BadUserNameOrPassword = 0x86,
    /// Not allowed to do this.
    NotAuthorized = 0x87,
    /// The server is not available.
    ServerUnavailable = 0x88,
    /// The server is busy.
    ServerBusy = 0x89,
    /// The client is banned.
    Banned = 0x8A,
    /// The server is shutting down.
    ServerShuttingDown = 0x8B,
    /// The authentication method is not supported or not the one in use.
    BadAuthenticationMethod = 0x8C,
    /// Nothing came for one and a half times the keep alive.
    KeepAliveTimeout = 0x8D,
    /// Another connection with the same client identifier took the session.
    SessionTakenOver = 0x8E,
    /// The topic filter is well-formed but not accepted.
    TopicFilterInvalid = 0x8F,
    /// The topic name is well-formed but not accepted.
    TopicNameInvalid = 0x90,
    /// The packet identifier is in use.
    PacketIdentifierInUse = 0x91,
    /// The packet identifier is not known.
    PacketIdentifierNotFound = 0x92,
    /// More messages are unacknowledged than Receive Maximum allows.
    ReceiveMaximumExceeded = 0x93,
    /// The topic alias is zero or above the maximum.
    TopicAliasInvalid = 0x94,
    /// The packet is larger than the receiver accepts.
    PacketTooLarge = 0x95,
    /// Messages come too fast.
    MessageRateTooHigh = 0x96,
    /// A quota of the receiver is used up.
    QuotaExceeded = 0x97,
    /// The connection is closed by an administrator.
    AdministrativeAction = 0x98,
    /// The payload is not what its format indicator says.
    PayloadFormatInvalid = 0x99,
    /// The server does not keep retained messages.
    RetainNotSupported = 0x9A,
    /// The quality of service is above the server's maximum.
    QosNotSupported = 0x9B,
    /// Use another server for now.
    UseAnotherServer = 0x9C,
    /// Use another server from now on.
    ServerMoved = 0x9D,
    /// The server has no shared subscriptions.
    SharedSubscriptionsNotSupported = 0x9E,
    /// Connections come too fast.
    ConnectionRateExceeded = 0x9F,
    /// The longest time for a connection is over.
    MaximumConnectTime = 0xA0,
    /// The server has no subscription identifiers.
    SubscriptionIdentifiersNotSupported = 0xA1,
    /// The server has no wildcard subscriptions.
    WildcardSubscriptionsNotSupported = 0xA2,
}

impl ReasonCode {
    /// The reason code of a byte, if there is one.
    #[inline]
    pub fn new(code: u8) -> Option<Self> {
        INDEX[usize::from(code)].and_then(|at| TABLE.get(usize::from(at))).map(|row| row.code)
    }

    /// The byte on the wire.
    #[inline]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Whether it says that something failed.
    #[inline]
    pub const fn is_error(self) -> bool {
        self.code() >= 0x80
    }

    /// Whether packets of that type may carry it (§2.4 and the table of each packet).
    #[inline]
    pub fn fits(self, packet: PacketType) -> bool {
        self.row().packets & packet.bit() != 0
    }

    /// The name, in words.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The code of a byte in packets of that type.
    #[inline]
    pub(crate) fn of(code: u8, packet: PacketType) -> Option<Self> {
        let row = TABLE.get(usize::from(INDEX[usize::from(code)]?))?;
        (row.packets & packet.bit() != 0).then_some(row.code)
    }

    /// The meaning of a CONNACK return code of 3.1.1 (§3.2.2.3).
    pub(crate) const fn from_connack_311(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Success),
            1 => Some(Self::UnsupportedProtocolVersion),
            2 => Some(Self::ClientIdentifierNotValid),
            3 => Some(Self::ServerUnavailable),
            4 => Some(Self::BadUserNameOrPassword),
            5 => Some(Self::NotAuthorized),
            _ => None,
        }
    }

    /// The CONNACK return code of 3.1.1 that says most nearly the same, if any does. What 3.1.1 cannot say is said by
    /// closing the connection [MQTT-3.2.2-6].
    pub const fn connack_311(self) -> Option<u8> {
        match self {
            Self::Success => Some(0),
            Self::UnsupportedProtocolVersion => Some(1),
            Self::ClientIdentifierNotValid => Some(2),
            Self::ServerUnavailable | Self::ServerBusy => Some(3),
            Self::BadUserNameOrPassword | Self::BadAuthenticationMethod => Some(4),
            Self::NotAuthorized | Self::Banned => Some(5),
            _ => None,
        }
    }

    fn row(self) -> &'static Row {
        // Every variant has its row: a test compares them.
        INDEX[usize::from(self.code())].and_then(|at| TABLE.get(usize::from(at))).unwrap_or(&TABLE[0])
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:#04x})", self.name(), self.code())
    }
}

struct Row {
    code: ReasonCode,
    name: &'static str,
    packets: u16,
}

const CONNACK: u16 = PacketType::ConnAck.bit();
const PUBACK: u16 = PacketType::PubAck.bit() | PacketType::PubRec.bit();
const PUBREL: u16 = PacketType::PubRel.bit() | PacketType::PubComp.bit();
const SUBACK: u16 = PacketType::SubAck.bit();
const UNSUBACK: u16 = PacketType::UnsubAck.bit();
const DISCONNECT: u16 = PacketType::Disconnect.bit();
const AUTH: u16 = PacketType::Auth.bit();
const REQUESTS: u16 = PUBACK | SUBACK | UNSUBACK;

const fn row(code: ReasonCode, name: &'static str, packets: u16) -> Row {
    Row { code, name, packets }
}

/// Table 2-6 of §2.4.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    row(ReasonCode::Success, "success", CONNACK | REQUESTS | PUBREL | DISCONNECT | AUTH),
    row(ReasonCode::GrantedQos1, "granted QoS 1", SUBACK),
    row(ReasonCode::GrantedQos2, "granted QoS 2", SUBACK),
    row(ReasonCode::DisconnectWithWill, "disconnect with will", DISCONNECT),
    row(ReasonCode::NoMatchingSubscribers, "no matching subscribers", PUBACK),
    row(ReasonCode::NoSubscriptionExisted, "no subscription existed", UNSUBACK),
    row(ReasonCode::ContinueAuthentication, "continue authentication", AUTH),
    row(ReasonCode::ReAuthenticate, "re-authenticate", AUTH),
    row(ReasonCode::UnspecifiedError, "unspecified error", CONNACK | REQUESTS | DISCONNECT),
    row(ReasonCode::MalformedPacket, "malformed packet", CONNACK | DISCONNECT),
    row(ReasonCode::ProtocolError, "protocol error", CONNACK | DISCONNECT),
    row(ReasonCode::ImplementationSpecificError, "implementation specific error", CONNACK | REQUESTS | DISCONNECT),
    row(ReasonCode::UnsupportedProtocolVersion, "unsupported protocol version", CONNACK),
    row(ReasonCode::ClientIdentifierNotValid, "client identifier not valid", CONNACK),
    row(ReasonCode::BadUserNameOrPassword, "bad user name or password", CONNACK),
    row(ReasonCode::NotAuthorized, "not authorized", CONNACK | REQUESTS | DISCONNECT),
    row(ReasonCode::ServerUnavailable, "server unavailable", CONNACK),
    row(ReasonCode::ServerBusy, "server busy", CONNACK | DISCONNECT),
    row(ReasonCode::Banned, "banned", CONNACK),
    row(ReasonCode::ServerShuttingDown, "server shutting down", DISCONNECT),
    row(ReasonCode::BadAuthenticationMethod, "bad authentication method", CONNACK | DISCONNECT),
    row(ReasonCode::KeepAliveTimeout, "keep alive timeout", DISCONNECT),
    row(ReasonCode::SessionTakenOver, "session taken over", DISCONNECT),
    row(ReasonCode::TopicFilterInvalid, "topic filter invalid", SUBACK | UNSUBACK | DISCONNECT),
    row(ReasonCode::TopicNameInvalid, "topic name invalid", CONNACK | PUBACK | DISCONNECT),
    row(ReasonCode::PacketIdentifierInUse, "packet identifier in use", REQUESTS),
    row(ReasonCode::PacketIdentifierNotFound, "packet identifier not found", PUBREL),
    row(ReasonCode::ReceiveMaximumExceeded, "receive maximum exceeded", DISCONNECT),
    row(ReasonCode::TopicAliasInvalid, "topic alias invalid", DISCONNECT),
    row(ReasonCode::PacketTooLarge, "packet too large", CONNACK | DISCONNECT),
    row(ReasonCode::MessageRateTooHigh, "message rate too high", DISCONNECT),
    row(ReasonCode::QuotaExceeded, "quota exceeded", CONNACK | PUBACK | SUBACK | DISCONNECT),
    row(ReasonCode::AdministrativeAction, "administrative action", DISCONNECT),
    row(ReasonCode::PayloadFormatInvalid, "payload format invalid", CONNACK | PUBACK | DISCONNECT),
    row(ReasonCode::RetainNotSupported, "retain not supported", CONNACK | DISCONNECT),
    row(ReasonCode::QosNotSupported, "QoS not supported", CONNACK | DISCONNECT),
    row(ReasonCode::UseAnotherServer, "use another server", CONNACK | DISCONNECT),
    row(ReasonCode::ServerMoved, "server moved", CONNACK | DISCONNECT),
    row(ReasonCode::SharedSubscriptionsNotSupported, "shared subscriptions not supported", SUBACK | DISCONNECT),
    row(ReasonCode::ConnectionRateExceeded, "connection rate exceeded", CONNACK | DISCONNECT),
    row(ReasonCode::MaximumConnectTime, "maximum connect time", DISCONNECT),
    row(ReasonCode::SubscriptionIdentifiersNotSupported, "subscription identifiers not supported", SUBACK | DISCONNECT),
    row(ReasonCode::WildcardSubscriptionsNotSupported, "wildcard subscriptions not supported", SUBACK | DISCONNECT),
];

/// The row of each byte.
#[expect(clippy::cast_possible_truncation, reason = "the table has 43 rows")]
const INDEX: [Option<u8>; 256] = {
    let mut index = [None; 256];
    let mut at = 0;
    while at < TABLE.len() {
        index[TABLE[at].code as usize] = Some(at as u8);
        at += 1;
    }
    index
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_complete() {
        let known = (0..=255).filter(|&code| ReasonCode::new(code).is_some());
        assert!(known.eq([0x00, 0x01, 0x02, 0x04, 0x10, 0x11, 0x18, 0x19].into_iter().chain(0x80..=0xA2)));
        for row in TABLE {
            assert_eq!(ReasonCode::new(row.code.code()), Some(row.code));
            assert_eq!(row.code.row().name, row.name);
        }
    }

    #[test]
    fn return_codes_of_311_come_back() {
        for code in 0..=255 {
            if let Some(reason) = ReasonCode::from_connack_311(code) {
                assert_eq!(reason.connack_311(), Some(code));
                assert!(reason.fits(PacketType::ConnAck));
            }
        }
    }
}
