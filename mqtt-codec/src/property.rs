//! One property (MQTT 5.0 §2.2.2.2): an identifier, and a value of the type the identifier has.

use core::num::{NonZeroU16, NonZeroU32};

use crate::frame::PacketType;
use crate::out::Out;
use crate::qos::Qos;
use crate::rule::Rule;
use crate::text::{Secret, Text};
use crate::topic::TopicName;
use crate::write::{number_len, put_field, put_number};

/// A property with its value. Times are in seconds, sizes in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Property<'a> {
    /// Whether the payload is UTF-8 text (§3.3.2.3.2).
    PayloadFormatIndicator(bool),
    /// Seconds after which the message is of no use (§3.3.2.3.3).
    MessageExpiryInterval(u32),
    /// What the payload is, in the words of the applications (§3.3.2.3.9).
    ContentType(Text<'a>),
    /// Where an answer is expected (§3.3.2.3.5).
    ResponseTopic(TopicName<'a>),
    /// What tells whose answer it is (§3.3.2.3.6).
    CorrelationData(&'a [u8]),
    /// Which subscription a message is for (§3.3.2.3.8, §3.8.2.1.2); at most 268,435,455.
    SubscriptionIdentifier(NonZeroU32),
    /// Seconds the session outlives the connection; all ones: for ever (§3.1.2.11.2).
    SessionExpiryInterval(u32),
    /// The client identifier the server chose (§3.2.2.3.7).
    AssignedClientIdentifier(Text<'a>),
    /// The keep alive the server wants instead, in seconds (§3.2.2.3.14).
    ServerKeepAlive(u16),
    /// The name of the authentication method (§3.1.2.11.9).
    AuthenticationMethod(Text<'a>),
    /// Its data (§3.1.2.11.10).
    AuthenticationData(Secret<'a>),
    /// Whether reason strings and user properties are welcome in all packets (§3.1.2.11.7).
    RequestProblemInformation(bool),
    /// Seconds by which the will is held back (§3.1.3.2.2).
    WillDelayInterval(u32),
    /// Whether the client wants response information (§3.1.2.11.6).
    RequestResponseInformation(bool),
    /// What response topics are to be made of (§3.2.2.3.15).
    ResponseInformation(Text<'a>),
    /// Another server to use (§3.2.2.3.16).
    ServerReference(Text<'a>),
    /// The reason in words, for people (§3.2.2.3.9).
    ReasonString(Text<'a>),
    /// How many QoS 1 and 2 messages may be unacknowledged (§3.1.2.11.3).
    ReceiveMaximum(NonZeroU16),
    /// The highest topic alias accepted (§3.1.2.11.5).
    TopicAliasMaximum(u16),
    /// The number that stands for the topic name (§3.3.2.3.4).
    TopicAlias(NonZeroU16),
    /// The highest quality of service accepted: 0 or 1, for 2 goes without saying (§3.2.2.3.4).
    MaximumQos(Qos),
    /// Whether retained messages are supported (§3.2.2.3.5).
    RetainAvailable(bool),
    /// A name and a value, with the meaning the applications give them (§3.1.2.11.8).
    UserProperty(Text<'a>, Text<'a>),
    /// The largest packet accepted (§3.1.2.11.4).
    MaximumPacketSize(NonZeroU32),
    /// Whether wildcard subscriptions are supported (§3.2.2.3.11).
    WildcardSubscriptionAvailable(bool),
    /// Whether subscription identifiers are supported (§3.2.2.3.12).
    SubscriptionIdentifierAvailable(bool),
    /// Whether shared subscriptions are supported (§3.2.2.3.13).
    SharedSubscriptionAvailable(bool),
}

impl<'a> Property<'a> {
    /// The identifier on the wire.
    pub const fn id(&self) -> u8 {
        self.parts().0
    }

    /// The name in the specification.
    pub fn name(&self) -> &'static str {
        TABLE.iter().find(|row| row.id == self.id()).map_or("", |row| row.name)
    }

    /// Whether packets of that type may carry it (table 2-4).
    pub const fn fits(&self, packet: PacketType) -> bool {
        match info(self.id()) {
            Some(info) => info.places & packet.bit() != 0,
            None => false,
        }
    }

    const fn parts(&self) -> (u8, Value<'a>) {
        match *self {
            Self::PayloadFormatIndicator(v) => (0x01, Value::Flag(v)),
            Self::MessageExpiryInterval(v) => (0x02, Value::Four(v)),
            Self::ContentType(v) => (0x03, Value::Field(v.as_bytes())),
            Self::ResponseTopic(v) => (0x08, Value::Field(v.as_bytes())),
            Self::CorrelationData(v) => (0x09, Value::Field(v)),
            Self::SubscriptionIdentifier(v) => (0x0B, Value::Number(v.get())),
            Self::SessionExpiryInterval(v) => (0x11, Value::Four(v)),
            Self::AssignedClientIdentifier(v) => (0x12, Value::Field(v.as_bytes())),
            Self::ServerKeepAlive(v) => (0x13, Value::Two(v)),
            Self::AuthenticationMethod(v) => (0x15, Value::Field(v.as_bytes())),
            Self::AuthenticationData(v) => (0x16, Value::Field(v.0)),
            Self::RequestProblemInformation(v) => (0x17, Value::Flag(v)),
            Self::WillDelayInterval(v) => (0x18, Value::Four(v)),
            Self::RequestResponseInformation(v) => (0x19, Value::Flag(v)),
            Self::ResponseInformation(v) => (0x1A, Value::Field(v.as_bytes())),
            Self::ServerReference(v) => (0x1C, Value::Field(v.as_bytes())),
            Self::ReasonString(v) => (0x1F, Value::Field(v.as_bytes())),
            Self::ReceiveMaximum(v) => (0x21, Value::Two(v.get())),
            Self::TopicAliasMaximum(v) => (0x22, Value::Two(v)),
            Self::TopicAlias(v) => (0x23, Value::Two(v.get())),
            Self::MaximumQos(v) => (0x24, Value::Flag(!matches!(v, Qos::AtMostOnce))),
            Self::RetainAvailable(v) => (0x25, Value::Flag(v)),
            Self::UserProperty(name, value) => (0x26, Value::Pair(name.as_bytes(), value.as_bytes())),
            Self::MaximumPacketSize(v) => (0x27, Value::Four(v.get())),
            Self::WildcardSubscriptionAvailable(v) => (0x28, Value::Flag(v)),
            Self::SubscriptionIdentifierAvailable(v) => (0x29, Value::Flag(v)),
            Self::SharedSubscriptionAvailable(v) => (0x2A, Value::Flag(v)),
        }
    }

    /// Takes one property off bytes that were checked; `None` at their end.
    pub(crate) fn read(rest: &mut &'a [u8]) -> Option<Self> {
        fn array<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
            let (array, behind) = rest.split_first_chunk()?;
            *rest = behind;
            Some(*array)
        }
        fn flag(rest: &mut &[u8]) -> Option<bool> {
            array(rest).map(|[byte]| byte != 0)
        }
        fn two(rest: &mut &[u8]) -> Option<u16> {
            array(rest).map(u16::from_be_bytes)
        }
        fn four(rest: &mut &[u8]) -> Option<u32> {
            array(rest).map(u32::from_be_bytes)
        }
        fn field<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
            let len = two(rest)?;
            let (field, behind) = rest.split_at_checked(usize::from(len))?;
            *rest = behind;
            Some(field)
        }
        fn text<'a>(rest: &mut &'a [u8]) -> Option<Text<'a>> {
            field(rest).map(Text::from_scanned)
        }
        fn number(rest: &mut &[u8]) -> Option<u32> {
            let number = crate::cursor::read_number(rest).ok()??;
            *rest = rest.get(number.len..)?;
            Some(number.value)
        }
        let [id] = array(rest)?;
        Some(match id {
            0x01 => Self::PayloadFormatIndicator(flag(rest)?),
            0x02 => Self::MessageExpiryInterval(four(rest)?),
            0x03 => Self::ContentType(text(rest)?),
            0x08 => Self::ResponseTopic(TopicName::from_scanned(field(rest)?)),
            0x09 => Self::CorrelationData(field(rest)?),
            0x0B => Self::SubscriptionIdentifier(NonZeroU32::new(number(rest)?)?),
            0x11 => Self::SessionExpiryInterval(four(rest)?),
            0x12 => Self::AssignedClientIdentifier(text(rest)?),
            0x13 => Self::ServerKeepAlive(two(rest)?),
            0x15 => Self::AuthenticationMethod(text(rest)?),
            0x16 => Self::AuthenticationData(Secret(field(rest)?)),
            0x17 => Self::RequestProblemInformation(flag(rest)?),
            0x18 => Self::WillDelayInterval(four(rest)?),
            0x19 => Self::RequestResponseInformation(flag(rest)?),
            0x1A => Self::ResponseInformation(text(rest)?),
            0x1C => Self::ServerReference(text(rest)?),
            0x1F => Self::ReasonString(text(rest)?),
            0x21 => Self::ReceiveMaximum(NonZeroU16::new(two(rest)?)?),
            0x22 => Self::TopicAliasMaximum(two(rest)?),
            0x23 => Self::TopicAlias(NonZeroU16::new(two(rest)?)?),
            0x24 => Self::MaximumQos(if flag(rest)? { Qos::AtLeastOnce } else { Qos::AtMostOnce }),
            0x25 => Self::RetainAvailable(flag(rest)?),
            0x26 => Self::UserProperty(text(rest)?, text(rest)?),
            0x27 => Self::MaximumPacketSize(NonZeroU32::new(four(rest)?)?),
            0x28 => Self::WildcardSubscriptionAvailable(flag(rest)?),
            0x29 => Self::SubscriptionIdentifierAvailable(flag(rest)?),
            0x2A => Self::SharedSubscriptionAvailable(flag(rest)?),
            _ => return None,
        })
    }

    /// Bytes it takes on the wire.
    pub(crate) const fn encoded_len(&self) -> usize {
        1 + match self.parts().1 {
            Value::Flag(_) => 1,
            Value::Two(_) => 2,
            Value::Four(_) => 4,
            Value::Number(number) => number_len(number as usize),
            Value::Field(field) => 2 + field.len(),
            Value::Pair(name, value) => 4 + name.len() + value.len(),
        }
    }

    pub(crate) fn put(&self, out: &mut (impl Out + ?Sized)) {
        let (id, value) = self.parts();
        match value {
            Value::Flag(flag) => out.put(&[id, u8::from(flag)]),
            Value::Two(number) => {
                let [a, b] = number.to_be_bytes();
                out.put(&[id, a, b]);
            }
            Value::Four(number) => {
                let [a, b, c, d] = number.to_be_bytes();
                out.put(&[id, a, b, c, d]);
            }
            Value::Number(number) => {
                out.put(&[id]);
                put_number(number as usize, out);
            }
            Value::Field(field) => {
                out.put(&[id]);
                put_field(field, out);
            }
            Value::Pair(name, value) => {
                out.put(&[id]);
                put_field(name, out);
                put_field(value, out);
            }
        }
    }

    /// The rule a value breaks that the types let through.
    pub(crate) fn flaw(&self) -> Option<Rule> {
        match self {
            Self::MaximumQos(Qos::ExactlyOnce) => Some(Rule::PropertyValue),
            Self::SubscriptionIdentifier(id) if id.get() > 268_435_455 => Some(Rule::SubscriptionId),
            Self::ResponseTopic(name) if name.as_bytes().is_empty() => Some(Rule::TopicEmpty),
            Self::CorrelationData(data) | Self::AuthenticationData(Secret(data))
                if data.len() > usize::from(u16::MAX) =>
            {
                Some(Rule::FieldTooLong)
            }
            _ => None,
        }
    }
}

/// A value as it is on the wire.
#[derive(Clone, Copy)]
enum Value<'a> {
    Flag(bool),
    Two(u16),
    Four(u32),
    Number(u32),
    Field(&'a [u8]),
    Pair(&'a [u8], &'a [u8]),
}

/// The type of a value, with what more it is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A byte, 0 or 1.
    Flag,
    Two,
    /// Two bytes, not zero, or this rule is broken.
    TwoNotZero(Rule),
    Four,
    /// Four bytes, not zero, or this rule is broken.
    FourNotZero(Rule),
    /// A number of variable length, not zero, or this rule is broken.
    NumberNotZero(Rule),
    Text,
    /// A topic name.
    Name,
    Binary,
    /// Two texts.
    Pair,
}

/// What the table says of an identifier.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Info {
    pub(crate) kind: Kind,
    /// Bits of the packet types that may carry it; [`WILL`] for the will of CONNECT.
    pub(crate) places: u16,
}

/// What the table says of an identifier, unless there is no such property.
#[inline]
pub(crate) const fn info(id: u8) -> Option<Info> {
    if (id as usize) < INDEX.len() { INDEX[id as usize] } else { None }
}

/// The bit of will properties, which are no packet: that of the reserved packet type.
pub(crate) const WILL: u16 = 1;

const CONNECT: u16 = PacketType::Connect.bit();
const CONNACK: u16 = PacketType::ConnAck.bit();
const PUBLISH: u16 = PacketType::Publish.bit();
const SUBSCRIBE: u16 = PacketType::Subscribe.bit();
const DISCONNECT: u16 = PacketType::Disconnect.bit();
const AUTH: u16 = PacketType::Auth.bit();
const ANSWERS: u16 = CONNACK
    | PacketType::PubAck.bit()
    | PacketType::PubRec.bit()
    | PacketType::PubRel.bit()
    | PacketType::PubComp.bit()
    | PacketType::SubAck.bit()
    | PacketType::UnsubAck.bit()
    | DISCONNECT
    | AUTH;
const ANYWHERE: u16 = ANSWERS | CONNECT | PUBLISH | WILL | SUBSCRIBE | PacketType::Unsubscribe.bit();

struct Row {
    id: u8,
    name: &'static str,
    info: Info,
}

const fn row(id: u8, name: &'static str, kind: Kind, places: u16) -> Row {
    Row { id, name, info: Info { kind, places } }
}

/// Table 2-4 of §2.2.2.2.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    row(0x01, "Payload Format Indicator", Kind::Flag, PUBLISH | WILL),
    row(0x02, "Message Expiry Interval", Kind::Four, PUBLISH | WILL),
    row(0x03, "Content Type", Kind::Text, PUBLISH | WILL),
    row(0x08, "Response Topic", Kind::Name, PUBLISH | WILL),
    row(0x09, "Correlation Data", Kind::Binary, PUBLISH | WILL),
    row(0x0B, "Subscription Identifier", Kind::NumberNotZero(Rule::SubscriptionId), PUBLISH | SUBSCRIBE),
    row(0x11, "Session Expiry Interval", Kind::Four, CONNECT | CONNACK | DISCONNECT),
    row(0x12, "Assigned Client Identifier", Kind::Text, CONNACK),
    row(0x13, "Server Keep Alive", Kind::Two, CONNACK),
    row(0x15, "Authentication Method", Kind::Text, CONNECT | CONNACK | AUTH),
    row(0x16, "Authentication Data", Kind::Binary, CONNECT | CONNACK | AUTH),
    row(0x17, "Request Problem Information", Kind::Flag, CONNECT),
    row(0x18, "Will Delay Interval", Kind::Four, WILL),
    row(0x19, "Request Response Information", Kind::Flag, CONNECT),
    row(0x1A, "Response Information", Kind::Text, CONNACK),
    row(0x1C, "Server Reference", Kind::Text, CONNACK | DISCONNECT),
    row(0x1F, "Reason String", Kind::Text, ANSWERS),
    row(0x21, "Receive Maximum", Kind::TwoNotZero(Rule::ReceiveMaximum), CONNECT | CONNACK),
    row(0x22, "Topic Alias Maximum", Kind::Two, CONNECT | CONNACK),
    row(0x23, "Topic Alias", Kind::TwoNotZero(Rule::TopicAlias), PUBLISH),
    row(0x24, "Maximum QoS", Kind::Flag, CONNACK),
    row(0x25, "Retain Available", Kind::Flag, CONNACK),
    row(0x26, "User Property", Kind::Pair, ANYWHERE),
    row(0x27, "Maximum Packet Size", Kind::FourNotZero(Rule::MaximumPacketSize), CONNECT | CONNACK),
    row(0x28, "Wildcard Subscription Available", Kind::Flag, CONNACK),
    row(0x29, "Subscription Identifier Available", Kind::Flag, CONNACK),
    row(0x2A, "Shared Subscription Available", Kind::Flag, CONNACK),
];

/// The table by identifier.
const INDEX: [Option<Info>; 0x2B] = {
    let mut index = [None; 0x2B];
    let mut at = 0;
    while at < TABLE.len() {
        index[TABLE[at].id as usize] = Some(TABLE[at].info);
        at += 1;
    }
    index
};
