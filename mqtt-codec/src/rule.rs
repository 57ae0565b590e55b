//! The rules a packet can break, with the statements and sections of both specifications that make them.
//!
//! One table: [`Rule::citations`] reads it by rule, the page `docs/statements.md` lists it by statement.

use core::fmt;

use crate::config::Version;
use crate::reason::ReasonCode;

/// A rule of the protocol, as the reason for refusing a packet.
///
/// Statement numbers without a version are those of 5.0; 3.1.1 numbers many differently, and is then named.
///
/// ```
/// use mqtt_codec::{ReasonCode, Rule, Version};
///
/// assert!(Rule::WillQos.citations(Version::V311).any(|cited| cited == "MQTT-3.1.2-14"));
/// assert!(Rule::WillQos.citations(Version::V5).any(|cited| cited == "MQTT-3.1.2-12"));
/// assert_eq!(Rule::WillQos.reason(), ReasonCode::MalformedPacket);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum Rule {
    /// The packet type is reserved: 0, or 15 before 5.0 (§2.1.2; 3.1.1 §2.2.1).
    PacketType,
    /// The sender may not send packets of this type (§2.1.2; 3.1.1 §2.2.1), or not with this reason code (§3.14.2.1, §3.15.2.1).
    Direction,
    /// Before CONNECT no other packet has a meaning [MQTT-3.1.0-1].
    NotConnected,
    /// The flags of the fixed header have values the type does not allow ([MQTT-2.1.3-1]; 3.1.1 [MQTT-2.2.2-1], [MQTT-2.2.2-2]).
    Flags,
    /// The flags of PUBREL are 0010 [MQTT-3.6.1-1].
    PubRelFlags,
    /// The flags of SUBSCRIBE are 0010 [MQTT-3.8.1-1].
    SubscribeFlags,
    /// The flags of UNSUBSCRIBE are 0010 [MQTT-3.10.1-1].
    UnsubscribeFlags,
    /// The flags of DISCONNECT are zero [MQTT-3.14.1-1].
    DisconnectFlags,
    /// The flags of AUTH are zero [MQTT-3.15.1-1].
    AuthFlags,
    /// The remaining length takes more than four bytes (§1.5.5, §2.1.4; 3.1.1 §2.2.3).
    RemainingLength,
    /// A number of variable length is written in more bytes than it needs [MQTT-1.5.5-1].
    LongNumber,
    /// The bytes are not exactly the one packet their fixed header announces (§2.1.4; 3.1.1 §2.2.3).
    FrameLength,
    /// The packet is larger than the receiver accepts ([MQTT-3.1.2-24], [MQTT-3.2.2-15]), or than its buffer holds.
    PacketTooLarge,
    /// The payload is larger than the receiver accepts (a limit of its own, not the protocol's).
    PayloadTooLarge,
    /// A field is longer than what is left of the packet (§1.5.4, §1.5.6; 3.1.1 §1.5.3, §2.2.3).
    FieldCut,
    /// The packet ends before or inside its packet identifier (§2.2.1; 3.1.1 §2.3.1).
    PacketIdCut,
    /// The packet ends before a code it must have (CONNACK §3.2.2).
    ReasonCut,
    /// There are bytes after the last field (the fixed header section of each packet).
    TrailingBytes,
    /// A text is not well-formed UTF-8 ([MQTT-1.5.4-1]; 3.1.1 [MQTT-1.5.3-1]), whichever field it is.
    NotUtf8,
    /// A text has the character U+0000 ([MQTT-1.5.4-2]; 3.1.1 [MQTT-1.5.3-2]).
    Nul,
    /// A field has more than 65,535 bytes, which its length cannot say (§1.5.4, §1.5.6; 3.1.1 §1.5.3).
    FieldTooLong,
    /// The remaining length is above 268,435,455 (§1.5.5; 3.1.1 §2.2.3).
    PacketTooLong,
    /// A topic name has a wildcard ([MQTT-3.3.2-2], [MQTT-4.7.0-1]; 3.1.1 [MQTT-4.7.1-1]).
    TopicWildcard,
    /// A topic name or filter has no characters [MQTT-4.7.3-1].
    TopicEmpty,
    /// A topic name is empty and no topic alias stands for it (§3.3.2.1).
    TopicMissing,
    /// PUBLISH ends before its topic name [MQTT-3.3.2-1].
    TopicCut,
    /// A response topic has a wildcard [MQTT-3.3.2-14].
    ResponseTopic,
    /// `#` is not a whole level or not the last ([MQTT-4.7.1-1]; 3.1.1 [MQTT-4.7.1-2]).
    MultiLevelWildcard,
    /// `+` is not a whole level ([MQTT-4.7.1-2]; 3.1.1 [MQTT-4.7.1-3]).
    SingleLevelWildcard,
    /// The share name of a shared subscription has no characters [MQTT-4.8.2-1].
    ShareNameEmpty,
    /// The share name of a shared subscription has a wildcard, or no `/` and filter follow it [MQTT-4.8.2-2].
    ShareName,
    /// The packet identifier is 0 ([MQTT-2.2.1-3], [MQTT-2.2.1-4]; 3.1.1 [MQTT-2.3.1-1]).
    PacketIdZero,
    /// Both QoS bits of PUBLISH are set [MQTT-3.3.1-4].
    PublishQos,
    /// DUP is set at QoS 0 [MQTT-3.3.1-2].
    DupAtQos0,
    /// The protocol name of CONNECT is not "MQTT" ([MQTT-3.1.2-1]).
    ProtocolName,
    /// The protocol version is neither 4 nor 5 [MQTT-3.1.2-2].
    ProtocolVersion,
    /// CONNECT ends before its fixed fields do (§3.1.2).
    ConnectCut,
    /// The reserved flag of CONNECT is set [MQTT-3.1.2-3].
    ConnectFlag,
    /// CONNECT ends before or inside its client identifier [MQTT-3.1.3-3].
    ClientIdCut,
    /// The client identifier is empty and the session is to be kept (3.1.1 [MQTT-3.1.3-7], [MQTT-3.1.3-8]).
    EmptyClientId,
    /// The will has QoS 3 ([MQTT-3.1.2-12]; 3.1.1 [MQTT-3.1.2-14]).
    WillQos,
    /// The will QoS is set without a will ([MQTT-3.1.2-11]; 3.1.1 [MQTT-3.1.2-13]).
    WillQosAlone,
    /// The will retain flag is set without a will ([MQTT-3.1.2-13]; 3.1.1 [MQTT-3.1.2-15]).
    WillRetainAlone,
    /// CONNECT ends before or inside the will its flag announces [MQTT-3.1.2-9].
    WillCut,
    /// CONNECT ends before or inside the user name its flag announces ([MQTT-3.1.2-17]; 3.1.1 [MQTT-3.1.2-19]).
    UserNameCut,
    /// CONNECT ends before or inside the password its flag announces ([MQTT-3.1.2-19]; 3.1.1 [MQTT-3.1.2-21]).
    PasswordCut,
    /// There is a password but no user name (3.1.1 [MQTT-3.1.2-22]; 5.0 allows it).
    PasswordAlone,
    /// CONNECT has bytes after the last field its flags announce (§3.1.3; 5.0 [MQTT-3.1.2-16], [MQTT-3.1.2-18]; 3.1.1 [MQTT-3.1.2-18], [MQTT-3.1.2-20]).
    ConnectTrailing,
    /// A reserved acknowledge flag of CONNACK is set ([MQTT-3.2.2-1]; 3.1.1 §3.2.2.1).
    ConnAckFlags,
    /// CONNACK has a code that does not exist ([MQTT-3.2.2-8]; 3.1.1 §3.2.2.3, where a server that finds no code
    /// fitting must send none [MQTT-3.2.2-6]), or accepts where it is to refuse.
    ConnAckCode,
    /// CONNACK refuses and says that a session is present ([MQTT-3.2.2-6]; 3.1.1 [MQTT-3.2.2-4]).
    SessionPresent,
    /// PUBACK has a reason code it may not have [MQTT-3.4.2-1].
    PubAckCode,
    /// PUBREC has a reason code it may not have [MQTT-3.5.2-1].
    PubRecCode,
    /// PUBREL has a reason code it may not have [MQTT-3.6.2-1].
    PubRelCode,
    /// PUBCOMP has a reason code it may not have [MQTT-3.7.2-1].
    PubCompCode,
    /// SUBSCRIBE has no topic filter ([MQTT-3.8.3-2]; 3.1.1 [MQTT-3.8.3-3]).
    NoFilters,
    /// SUBSCRIBE ends before the options of its last filter (§3.8.3).
    OptionsCut,
    /// A subscription asks for QoS 3 (§3.8.3.1; 3.1.1 [MQTT-3-8.3-4]).
    SubscribeQos,
    /// A reserved bit of the subscription options is set ([MQTT-3.8.3-5]; 3.1.1 [MQTT-3-8.3-4]).
    SubscribeReserved,
    /// The retain handling of a subscription is 3 (§3.8.3.1).
    RetainHandling,
    /// A shared subscription has the no local option [MQTT-3.8.3-4].
    SharedNoLocal,
    /// SUBACK has a code it may not have [MQTT-3.9.3-2].
    SubAckCode,
    /// SUBACK has no code at all, and there was a filter to answer (§3.9.3).
    NoSubAckCodes,
    /// UNSUBSCRIBE has no topic filter [MQTT-3.10.3-2].
    NoUnsubscribeFilters,
    /// UNSUBACK has a reason code it may not have [MQTT-3.11.3-2].
    UnsubAckCode,
    /// UNSUBACK has no reason code, and there was a filter to answer (§3.11.3).
    NoUnsubAckCodes,
    /// DISCONNECT has a reason code it may not have [MQTT-3.14.2-1].
    DisconnectCode,
    /// AUTH has a reason code it may not have [MQTT-3.15.2-1].
    AuthCode,
    /// The property length is cut off or runs past the packet (§2.2.2.1).
    PropertyLength,
    /// A property is longer than what is left of the property length (§2.2.2.1).
    PropertyCut,
    /// The property identifier does not exist (§2.2.2.2).
    UnknownProperty,
    /// The property may not appear in this packet (§2.2.2.2).
    MisplacedProperty,
    /// The property appears twice, which only user properties, and subscription identifiers in PUBLISH, may (the section of each).
    RepeatedProperty,
    /// A property that is 0 or 1 has another value (the section of each).
    PropertyValue,
    /// Receive Maximum is 0 (§3.1.2.11.3, §3.2.2.3.3).
    ReceiveMaximum,
    /// Maximum Packet Size is 0 (§3.1.2.11.4, §3.2.2.3.6).
    MaximumPacketSize,
    /// Topic Alias is 0 [MQTT-3.3.2-8].
    TopicAlias,
    /// Subscription Identifier is 0 (§3.3.2.3.8, §3.8.2.1.2).
    SubscriptionId,
    /// A client sends a PUBLISH with a subscription identifier [MQTT-3.3.4-6].
    SubscriptionIdSender,
    /// A server sends a DISCONNECT with a session expiry interval [MQTT-3.14.2-2].
    SessionExpirySender,
    /// There is authentication data but no authentication method (§3.1.2.11.10).
    AuthDataAlone,
    /// AUTH has no authentication method (§3.15.2.2.2), which must be the one of CONNECT [MQTT-4.12.0-5].
    AuthMethodMissing,
    /// The payload is not UTF-8 although its format indicator says so (§3.3.2.3.2, §3.1.3.2.3).
    PayloadFormat,
    /// 3.1.1 has no properties; only encoding can break this (5.0 §2.2.2).
    PropertiesBefore5,
    /// 3.1.1 has no code for this reason, or no reason code in this packet; only encoding can break this (3.1.1 §3.2.2.3:
    /// instead of a CONNACK whose reason has no code, nothing is sent [MQTT-3.2.2-6]).
    CodeBefore5,
}

impl Rule {
    /// What the specification of that version says it in: statement numbers as `MQTT-1.5.3-1`, sections as `1.5.3`. Empty
    /// where the rule does not exist in that version.
    pub fn citations(self, version: Version) -> impl Iterator<Item = &'static str> + Clone {
        let row = self.row();
        match version {
            Version::V311 => row.v311,
            Version::V5 => row.v5,
        }
        .split_ascii_whitespace()
    }

    /// The reason code to answer with in 5.0 (§4.13).
    pub fn reason(self) -> ReasonCode {
        self.row().reason
    }

    /// Every rule.
    pub fn all() -> impl Iterator<Item = Self> + Clone {
        TABLE.iter().map(|row| row.rule)
    }

    fn row(self) -> &'static Row {
        // The table is in the order of the variants: a test compares them.
        TABLE.get(usize::from(self as u8)).unwrap_or(&TABLE[0])
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.row().text)
    }
}

struct Row {
    rule: Rule,
    text: &'static str,
    reason: ReasonCode,
    v311: &'static str,
    v5: &'static str,
}

const fn row(
    rule: Rule,
    text: &'static str,
    reason: ReasonCode,
    v311: &'static str,
    v5: &'static str,
) -> Row {
    Row { rule, text, reason, v311, v5 }
}

/// Rule, words, answer in 5.0, where 3.1.1 says it, where 5.0 says it.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    row(Rule::PacketType, "the packet type is reserved", ReasonCode::MalformedPacket,
        "2.2.1",
        "2.1.2"),
    row(Rule::Direction, "this end of a connection may not send that", ReasonCode::ProtocolError,
        "2.2.1 3.14",
        "2.1.2 3.14.2.1 3.15.2.1 MQTT-3.14.2-1 MQTT-3.15.2-1"),
    row(Rule::NotConnected, "the first packet must be CONNECT", ReasonCode::ProtocolError,
        "3.1 MQTT-3.1.0-1",
        "3.1 MQTT-3.1.0-1"),
    row(Rule::Flags, "the reserved flags of the fixed header are wrong", ReasonCode::MalformedPacket,
        "MQTT-2.2.2-1 MQTT-2.2.2-2 2.2.2 3.1.1 3.2.1 3.4.1 3.5.1 3.7.1 3.9.1 3.11.1 3.12.1 3.13.1",
        "MQTT-2.1.3-1 2.1.3 3.1.1 3.2.1 3.4.1 3.5.1 3.7.1 3.9.1 3.11.1 3.12.1 3.13.1"),
    row(Rule::PubRelFlags, "the flags of PUBREL must be 0010", ReasonCode::MalformedPacket,
        "MQTT-3.6.1-1 3.6.1 MQTT-2.2.2-1 MQTT-2.2.2-2 2.2.2",
        "MQTT-3.6.1-1 3.6.1 MQTT-2.1.3-1 2.1.3"),
    row(Rule::SubscribeFlags, "the flags of SUBSCRIBE must be 0010", ReasonCode::MalformedPacket,
        "MQTT-3.8.1-1 3.8.1 MQTT-2.2.2-1 MQTT-2.2.2-2 2.2.2",
        "MQTT-3.8.1-1 3.8.1 MQTT-2.1.3-1 2.1.3"),
    row(Rule::UnsubscribeFlags, "the flags of UNSUBSCRIBE must be 0010", ReasonCode::MalformedPacket,
        "MQTT-3.10.1-1 3.10.1 MQTT-2.2.2-1 MQTT-2.2.2-2 2.2.2",
        "MQTT-3.10.1-1 3.10.1 MQTT-2.1.3-1 2.1.3"),
    row(Rule::DisconnectFlags, "the flags of DISCONNECT must be zero", ReasonCode::MalformedPacket,
        "MQTT-3.14.1-1 3.14.1 MQTT-2.2.2-1 MQTT-2.2.2-2 2.2.2",
        "MQTT-3.14.1-1 3.14.1 MQTT-2.1.3-1 2.1.3"),
    row(Rule::AuthFlags, "the flags of AUTH must be zero", ReasonCode::MalformedPacket,
        "",
        "MQTT-3.15.1-1 3.15.1 MQTT-2.1.3-1 2.1.3"),
    row(Rule::RemainingLength, "a number of variable length takes more than four bytes", ReasonCode::MalformedPacket,
        "2.2.3",
        "1.5.5 2.1.4 2.2.2.1"),
    row(Rule::LongNumber, "a number of variable length takes more bytes than it needs", ReasonCode::MalformedPacket,
        "",
        "MQTT-1.5.5-1 1.5.5 2.1.4 2.2.2.1"),
    row(Rule::FrameLength, "the bytes are not exactly one packet", ReasonCode::MalformedPacket,
        "2.2.3",
        "2.1.4"),
    row(Rule::PacketTooLarge, "the packet is larger than accepted", ReasonCode::PacketTooLarge,
        "2.2.3",
        "MQTT-3.1.2-24 MQTT-3.2.2-15 3.1.2.11.4 3.2.2.3.6"),
    row(Rule::PayloadTooLarge, "the payload is larger than accepted", ReasonCode::PacketTooLarge,
        "3.3.3",
        "3.3.3"),
    row(Rule::FieldCut, "a field runs past the end of the packet", ReasonCode::MalformedPacket,
        "2.2.3 1.5.3 3.3.2.1 3.8.3 3.10.3",
        "1.5.4 1.5.6 2.1.4 3.3.2.1 3.8.3 3.10.3"),
    row(Rule::PacketIdCut, "the packet ends before its packet identifier", ReasonCode::MalformedPacket,
        "2.3.1 MQTT-2.3.1-1 3.3.2.2 3.4.2 3.5.2 3.6.2 3.7.2 3.8.2 3.9.2 3.10.2 3.11.2 3.4.1 3.5.1 3.6.1 \
         3.7.1 3.11.1",
        "2.2.1 MQTT-2.2.1-3 MQTT-2.2.1-4 3.3.2.2 3.4.2 3.5.2 3.6.2 3.7.2 3.8.2 3.9.2 3.10.2 3.11.2 3.4.1 \
         3.5.1 3.6.1 3.7.1 3.11.1"),
    row(Rule::ReasonCut, "the packet ends before its code", ReasonCode::MalformedPacket,
        "3.2.2 3.2.2.1 3.2.2.3 3.2.1",
        "3.2.2 3.2.2.1 3.2.2.2 3.2.1"),
    row(Rule::TrailingBytes, "there are bytes after the last field", ReasonCode::MalformedPacket,
        "2.2.3 3.2.1 3.2.3 3.4.1 3.4.3 3.5.1 3.5.3 3.6.1 3.6.3 3.7.1 3.7.3 3.11.1 3.11.3 3.12.1 3.12.2 \
         3.12.3 3.13.1 3.13.2 3.13.3 3.14.1 3.14.2 3.14.3",
        "2.1.4 3.2.1 3.2.3 3.4.1 3.4.3 3.5.1 3.5.3 3.6.1 3.6.3 3.7.1 3.7.3 3.12.1 3.12.2 3.12.3 3.13.1 \
         3.13.2 3.13.3 3.14.1 3.14.3 3.15.1 3.15.3"),
    row(Rule::NotUtf8, "a text is not UTF-8", ReasonCode::MalformedPacket,
        "MQTT-1.5.3-1 1.5.3 MQTT-3.1.3-4 MQTT-3.1.3-10 MQTT-3.1.3-11 MQTT-3.3.2-1 MQTT-3.8.3-1 \
         MQTT-3.10.3-1",
        "MQTT-1.5.4-1 1.5.4 1.5.7 MQTT-1.5.7-1 MQTT-3.1.3-4 MQTT-3.1.3-11 MQTT-3.1.3-12 MQTT-3.3.2-1 \
         MQTT-3.3.2-13 MQTT-3.3.2-19 MQTT-3.8.3-1 MQTT-3.10.3-1"),
    row(Rule::Nul, "a text has U+0000", ReasonCode::MalformedPacket,
        "MQTT-1.5.3-2 1.5.3 MQTT-4.7.3-2 MQTT-3.1.3-4 MQTT-3.1.3-10 MQTT-3.1.3-11 MQTT-3.3.2-1 \
         MQTT-3.8.3-1 MQTT-3.10.3-1",
        "MQTT-1.5.4-2 1.5.4 1.5.7 MQTT-4.7.3-2 MQTT-1.5.7-1 MQTT-3.1.3-4 MQTT-3.1.3-11 MQTT-3.1.3-12 \
         MQTT-3.3.2-1 MQTT-3.3.2-13 MQTT-3.3.2-19 MQTT-3.8.3-1 MQTT-3.10.3-1"),
    row(Rule::FieldTooLong, "a field has more than 65,535 bytes", ReasonCode::MalformedPacket,
        "1.5.3 MQTT-4.7.3-3",
        "1.5.4 1.5.6 MQTT-4.7.3-3"),
    row(Rule::PacketTooLong, "the packet is longer than any can be", ReasonCode::PacketTooLarge,
        "2.2.3",
        "1.5.5 2.1.4"),
    row(Rule::TopicWildcard, "a topic name has a wildcard", ReasonCode::MalformedPacket,
        "MQTT-3.3.2-2 MQTT-4.7.1-1 3.3.2.1 4.7.1",
        "MQTT-3.3.2-2 MQTT-4.7.0-1 3.3.2.1 4.7 4.7.1"),
    row(Rule::TopicEmpty, "a topic is empty", ReasonCode::MalformedPacket,
        "MQTT-4.7.3-1 4.7.3",
        "MQTT-4.7.3-1 4.7.3"),
    row(Rule::TopicMissing, "the topic name is empty and there is no topic alias", ReasonCode::ProtocolError,
        "MQTT-4.7.3-1 4.7.3",
        "3.3.2.1 3.3.2.3.4 MQTT-4.7.3-1 4.7.3"),
    row(Rule::TopicCut, "the packet ends before its topic name", ReasonCode::MalformedPacket,
        "MQTT-3.3.2-1 3.3.2.1 2.2.3",
        "MQTT-3.3.2-1 3.3.2.1"),
    row(Rule::ResponseTopic, "a response topic has a wildcard", ReasonCode::ProtocolError,
        "",
        "MQTT-3.3.2-14 3.3.2.3.5 3.1.3.2.5"),
    row(Rule::MultiLevelWildcard, "`#` in a filter is not the whole last level", ReasonCode::MalformedPacket,
        "MQTT-4.7.1-2 4.7.1.2 4.7.1",
        "MQTT-4.7.1-1 4.7.1.2 4.7.1"),
    row(Rule::SingleLevelWildcard, "`+` in a filter is not a whole level", ReasonCode::MalformedPacket,
        "MQTT-4.7.1-3 4.7.1.3 4.7.1",
        "MQTT-4.7.1-2 4.7.1.3 4.7.1"),
    row(Rule::ShareNameEmpty, "the share name is empty", ReasonCode::MalformedPacket,
        "",
        "MQTT-4.8.2-1 4.8.2"),
    row(Rule::ShareName, "the share name has a wildcard or no filter follows", ReasonCode::MalformedPacket,
        "",
        "MQTT-4.8.2-2 4.8.2"),
    row(Rule::PacketIdZero, "the packet identifier is 0", ReasonCode::MalformedPacket,
        "MQTT-2.3.1-1 2.3.1 3.3.2.2",
        "MQTT-2.2.1-3 MQTT-2.2.1-4 2.2.1 3.3.2.2"),
    row(Rule::PublishQos, "both QoS bits are set", ReasonCode::MalformedPacket,
        "MQTT-3.3.1-4 3.3.1.2",
        "MQTT-3.3.1-4 3.3.1.2"),
    row(Rule::DupAtQos0, "DUP is set at QoS 0", ReasonCode::MalformedPacket,
        "MQTT-3.3.1-2 3.3.1.1",
        "MQTT-3.3.1-2 3.3.1.1"),
    row(Rule::ProtocolName, "the protocol name is not MQTT", ReasonCode::UnsupportedProtocolVersion,
        "MQTT-3.1.2-1 3.1.2.1 MQTT-3.1.4-1",
        "MQTT-3.1.2-1 3.1.2.1 MQTT-3.1.4-1"),
    row(Rule::ProtocolVersion, "the protocol version is not supported", ReasonCode::UnsupportedProtocolVersion,
        "MQTT-3.1.2-2 3.1.2.2",
        "MQTT-3.1.2-2 3.1.2.2"),
    row(Rule::ConnectCut, "CONNECT ends before its keep alive", ReasonCode::MalformedPacket,
        "3.1.2 MQTT-3.1.4-1 3.1.2.1 3.1.2.2 3.1.2.3 3.1.2.10",
        "3.1.2 MQTT-3.1.4-1 3.1.2.1 3.1.2.2 3.1.2.3 3.1.2.10"),
    row(Rule::ConnectFlag, "the reserved connect flag is set", ReasonCode::MalformedPacket,
        "MQTT-3.1.2-3 3.1.2.3",
        "MQTT-3.1.2-3 3.1.2.3"),
    row(Rule::ClientIdCut, "the packet ends before its client identifier does", ReasonCode::MalformedPacket,
        "MQTT-3.1.3-3 MQTT-3.1.3-1 3.1.3.1 3.1.3",
        "MQTT-3.1.3-3 MQTT-3.1.3-1 3.1.3.1 3.1.3"),
    row(Rule::EmptyClientId, "an empty client identifier needs a clean session", ReasonCode::ClientIdentifierNotValid,
        "MQTT-3.1.3-7 MQTT-3.1.3-8 3.1.3.1",
        ""),
    row(Rule::WillQos, "the QoS of the will is 3", ReasonCode::MalformedPacket,
        "MQTT-3.1.2-14 3.1.2.6",
        "MQTT-3.1.2-12 3.1.2.6"),
    row(Rule::WillQosAlone, "a will QoS without a will", ReasonCode::MalformedPacket,
        "MQTT-3.1.2-13 MQTT-3.1.2-11 3.1.2.6",
        "MQTT-3.1.2-11 3.1.2.6"),
    row(Rule::WillRetainAlone, "will retain without a will", ReasonCode::MalformedPacket,
        "MQTT-3.1.2-15 MQTT-3.1.2-11 3.1.2.7",
        "MQTT-3.1.2-13 3.1.2.7"),
    row(Rule::WillCut, "the packet ends before its will does", ReasonCode::MalformedPacket,
        "MQTT-3.1.2-9 MQTT-3.1.3-1 3.1.2.5 3.1.3 3.1.3.2 3.1.3.3",
        "MQTT-3.1.2-9 MQTT-3.1.3-1 3.1.2.5 3.1.3 3.1.3.2 3.1.3.3 3.1.3.4"),
    row(Rule::UserNameCut, "the packet ends before its user name does", ReasonCode::MalformedPacket,
        "MQTT-3.1.2-19 MQTT-3.1.3-1 3.1.2.8 3.1.3.4",
        "MQTT-3.1.2-17 MQTT-3.1.3-1 3.1.2.8 3.1.3.5"),
    row(Rule::PasswordCut, "the packet ends before its password does", ReasonCode::MalformedPacket,
        "MQTT-3.1.2-21 MQTT-3.1.3-1 3.1.2.9 3.1.3.5",
        "MQTT-3.1.2-19 MQTT-3.1.3-1 3.1.2.9 3.1.3.6"),
    row(Rule::PasswordAlone, "a password without a user name", ReasonCode::MalformedPacket,
        "MQTT-3.1.2-22 3.1.2.9",
        ""),
    row(Rule::ConnectTrailing, "CONNECT has bytes its flags do not announce", ReasonCode::MalformedPacket,
        "3.1.3 MQTT-3.1.3-1 MQTT-3.1.2-11 MQTT-3.1.2-18 MQTT-3.1.2-20 MQTT-3.1.4-1 2.2.3",
        "3.1.3 MQTT-3.1.3-1 MQTT-3.1.2-16 MQTT-3.1.2-18 MQTT-3.1.4-1 2.1.4"),
    row(Rule::ConnAckFlags, "a reserved acknowledge flag is set", ReasonCode::MalformedPacket,
        "3.2.2.1",
        "MQTT-3.2.2-1 3.2.2.1"),
    row(Rule::ConnAckCode, "CONNACK has a code that does not exist", ReasonCode::MalformedPacket,
        "3.2.2.3 MQTT-3.2.2-6",
        "MQTT-3.2.2-8 3.2.2.2"),
    row(Rule::SessionPresent, "session present in a refusal", ReasonCode::ProtocolError,
        "MQTT-3.2.2-4 3.2.2.2",
        "MQTT-3.2.2-6 3.2.2.1.1"),
    row(Rule::PubAckCode, "PUBACK has a reason code it may not have", ReasonCode::MalformedPacket,
        "",
        "MQTT-3.4.2-1 3.4.2.1"),
    row(Rule::PubRecCode, "PUBREC has a reason code it may not have", ReasonCode::MalformedPacket,
        "",
        "MQTT-3.5.2-1 3.5.2.1"),
    row(Rule::PubRelCode, "PUBREL has a reason code it may not have", ReasonCode::MalformedPacket,
        "",
        "MQTT-3.6.2-1 3.6.2.1"),
    row(Rule::PubCompCode, "PUBCOMP has a reason code it may not have", ReasonCode::MalformedPacket,
        "",
        "MQTT-3.7.2-1 3.7.2.1"),
    row(Rule::NoFilters, "SUBSCRIBE has no topic filter", ReasonCode::ProtocolError,
        "MQTT-3.8.3-3 3.8.3",
        "MQTT-3.8.3-2 3.8.3"),
    row(Rule::OptionsCut, "the packet ends before the options of a filter", ReasonCode::MalformedPacket,
        "3.8.3",
        "3.8.3 3.8.3.1"),
    row(Rule::SubscribeQos, "a subscription asks for QoS 3", ReasonCode::ProtocolError,
        "MQTT-3-8.3-4 MQTT-3.8.3-4 3.8.3",
        "3.8.3.1"),
    row(Rule::SubscribeReserved, "a reserved bit of the subscription options is set", ReasonCode::MalformedPacket,
        "MQTT-3-8.3-4 MQTT-3.8.3-4 3.8.3",
        "MQTT-3.8.3-5 3.8.3.1"),
    row(Rule::RetainHandling, "the retain handling of a subscription is 3", ReasonCode::ProtocolError,
        "",
        "MQTT-3.8.3-5 3.8.3.1"),
    row(Rule::SharedNoLocal, "a shared subscription has no local set", ReasonCode::ProtocolError,
        "",
        "MQTT-3.8.3-4 3.8.3.1"),
    row(Rule::SubAckCode, "SUBACK has a code it may not have", ReasonCode::MalformedPacket,
        "MQTT-3.9.3-2 3.9.3",
        "MQTT-3.9.3-2 3.9.3"),
    row(Rule::NoSubAckCodes, "SUBACK has no code", ReasonCode::ProtocolError,
        "3.9.3 MQTT-3.9.3-1 MQTT-3.8.4-5",
        "3.9.3 MQTT-3.9.3-1 MQTT-3.8.4-6"),
    row(Rule::NoUnsubscribeFilters, "UNSUBSCRIBE has no topic filter", ReasonCode::ProtocolError,
        "MQTT-3.10.3-2 3.10.3",
        "MQTT-3.10.3-2 3.10.3"),
    row(Rule::UnsubAckCode, "UNSUBACK has a reason code it may not have", ReasonCode::MalformedPacket,
        "",
        "MQTT-3.11.3-2 3.11.3"),
    row(Rule::NoUnsubAckCodes, "UNSUBACK has no reason code", ReasonCode::ProtocolError,
        "",
        "3.11.3 MQTT-3.11.3-1"),
    row(Rule::DisconnectCode, "DISCONNECT has a reason code it may not have", ReasonCode::MalformedPacket,
        "",
        "MQTT-3.14.2-1 3.14.2.1"),
    row(Rule::AuthCode, "AUTH has a reason code it may not have", ReasonCode::MalformedPacket,
        "",
        "MQTT-3.15.2-1 3.15.2.1"),
    row(Rule::PropertyLength, "the property length runs past the packet", ReasonCode::MalformedPacket,
        "",
        "2.2.2.1 3.1.2.11.1 3.2.2.3.1 3.3.2.3.1 3.8.2.1.1 3.14.2.2.1 3.15.2.2.1 3.1.3.2.1 3.4.2.2.1 \
         3.5.2.2.1 3.6.2.2.1 3.7.2.2.1 3.9.2.1.1 3.10.2.1.1 3.11.2.1.1"),
    row(Rule::PropertyCut, "a property runs past the property length", ReasonCode::MalformedPacket,
        "",
        "2.2.2.1 2.2.2.2 2.2.2 1.5.4 1.5.6 1.5.7"),
    row(Rule::UnknownProperty, "the property does not exist", ReasonCode::MalformedPacket,
        "",
        "2.2.2.2 2.2.2"),
    row(Rule::MisplacedProperty, "the property may not be in this packet", ReasonCode::MalformedPacket,
        "",
        "2.2.2.2 2.2.2 3.1.2.11 3.1.3.2 3.2.2.3 3.3.2.3 3.4.2.2 3.5.2.2 3.6.2.2 3.7.2.2 3.8.2.1 3.9.2.1 \
         3.10.2.1 3.11.2.1 3.14.2.2 3.15.2.2"),
    row(Rule::RepeatedProperty, "the property appears twice", ReasonCode::ProtocolError,
        "",
        "2.2.2.2 3.1.2.11.2 3.1.2.11.3 3.1.2.11.4 3.1.2.11.5 3.1.2.11.6 3.1.2.11.7 3.1.2.11.9 \
         3.1.2.11.10 3.1.3.2.2 3.1.3.2.3 3.1.3.2.4 3.1.3.2.5 3.1.3.2.6 3.1.3.2.7 3.2.2.3.2 3.2.2.3.3 \
         3.2.2.3.4 3.2.2.3.5 3.2.2.3.6 3.2.2.3.7 3.2.2.3.8 3.2.2.3.9 3.2.2.3.11 3.2.2.3.12 3.2.2.3.13 \
         3.2.2.3.14 3.2.2.3.15 3.2.2.3.16 3.2.2.3.17 3.2.2.3.18 3.3.2.3.2 3.3.2.3.3 3.3.2.3.4 3.3.2.3.5 \
         3.3.2.3.6 3.3.2.3.9 3.4.2.2.2 3.5.2.2.2 3.6.2.2.2 3.7.2.2.2 3.8.2.1.2 3.9.2.1.2 3.11.2.1.2 \
         3.14.2.2.2 3.14.2.2.3 3.14.2.2.5 3.15.2.2.2 3.15.2.2.3 3.15.2.2.4"),
    row(Rule::PropertyValue, "a property that is 0 or 1 has another value", ReasonCode::ProtocolError,
        "",
        "2.2.2.2 3.1.2.11.6 3.1.2.11.7 3.1.3.2.3 3.2.2.3.4 3.2.2.3.5 3.2.2.3.11 3.2.2.3.12 3.2.2.3.13 \
         3.3.2.3.2"),
    row(Rule::ReceiveMaximum, "the receive maximum is 0", ReasonCode::ProtocolError,
        "",
        "3.1.2.11.3 3.2.2.3.3"),
    row(Rule::MaximumPacketSize, "the maximum packet size is 0", ReasonCode::ProtocolError,
        "",
        "3.1.2.11.4 3.2.2.3.6"),
    row(Rule::TopicAlias, "the topic alias is 0", ReasonCode::TopicAliasInvalid,
        "",
        "MQTT-3.3.2-8 3.3.2.3.4"),
    row(Rule::SubscriptionId, "the subscription identifier is 0", ReasonCode::ProtocolError,
        "",
        "3.3.2.3.8 3.8.2.1.2"),
    row(Rule::SubscriptionIdSender, "a client sent a subscription identifier in PUBLISH", ReasonCode::ProtocolError,
        "",
        "MQTT-3.3.4-6 3.3.4 3.3.2.3.8"),
    row(Rule::SessionExpirySender, "a server sent a session expiry interval in DISCONNECT", ReasonCode::ProtocolError,
        "",
        "MQTT-3.14.2-2 3.14.2.2.2"),
    row(Rule::AuthDataAlone, "authentication data without an authentication method", ReasonCode::ProtocolError,
        "",
        "3.1.2.11.9 3.1.2.11.10 3.2.2.3.17 3.2.2.3.18 3.15.2.2.3 3.15.2.2.2"),
    row(Rule::AuthMethodMissing, "AUTH has no authentication method", ReasonCode::ProtocolError,
        "",
        "3.15.2.2.2 4.12 MQTT-4.12.0-5"),
    row(Rule::PayloadFormat, "the payload is not the UTF-8 it is said to be", ReasonCode::PayloadFormatInvalid,
        "",
        "3.3.2.3.2 3.1.3.2.3"),
    row(Rule::PropertiesBefore5, "3.1.1 has no properties", ReasonCode::ProtocolError,
        "2.3",
        "2.2.2"),
    row(Rule::CodeBefore5, "3.1.1 has no such code", ReasonCode::ProtocolError,
        "3.2.2.3 MQTT-3.2.2-6",
        "2.4"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_variants() {
        for (at, row) in TABLE.iter().enumerate() {
            assert_eq!(usize::from(row.rule as u8), at, "{:?}", row.rule);
            assert!(!row.text.is_empty() && row.v311.len() + row.v5.len() > 0, "{:?}", row.rule);
        }
    }
}
