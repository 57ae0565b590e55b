//! What a session tells the application.

use core::fmt;

use crate::{
    Ack, Auth, ConnAck, DecodeError, Disconnect, PacketId, PacketType, Publish, ReasonCode, SubAck,
    Subscribe, UnsubAck, Unsubscribe, Will,
};

/// What one input, or one deadline, meant. It may borrow the input and the session; identifiers are
/// `Copy`, so nothing in it is needed for the next call.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Client: the server has accepted the connection. Whether it kept the session is in the
    /// packet; [`Session::lost`](super::Session::lost) says what became uncertain if it did not.
    Connected(ConnAck<'a>),
    /// Client: the server has refused the connection. Close the transport.
    Refused(ConnAck<'a>),
    /// The next step of the authentication exchange: answer with
    /// [`Session::authenticate`](super::Session::authenticate), or on the server end end it.
    Auth(Auth<'a>),
    /// A message, with its full topic.
    Message(Publish<'a>),
    /// The head of a message whose payload follows in [pieces](super::Session::receive_payload).
    Head {
        /// The message, its payload empty.
        publish: Publish<'a>,
        /// Bytes of payload that follow.
        payload_len: u32,
    },
    /// A part of a payload.
    Piece {
        /// The bytes.
        bytes: &'a [u8],
        /// Whether it is the last part: the message is acknowledged, or waits to be.
        last: bool,
    },
    /// A message of ours of QoS 1 or 2 has reached the peer for good, or was refused by it: the
    /// reason says which. Its identifier is free again.
    Delivered(Ack<'a>),
    /// Client: the answer to SUBSCRIBE.
    Subscribed(SubAck<'a>),
    /// Client: the answer to UNSUBSCRIBE.
    Unsubscribed(UnsubAck<'a>),
    /// Server: answer with [`Session::grant`](super::Session::grant).
    Subscribe(Subscribe<'a>),
    /// Server: answer with [`Session::drop_filters`](super::Session::drop_filters).
    Unsubscribe(Unsubscribe<'a>),
    /// The peer says goodbye. Close the transport.
    Disconnected(Disconnect<'a>),
    /// The peer has broken the protocol or is gone. What there is to say to it is in the output:
    /// send that and close the transport.
    Closed {
        /// What the peer did.
        error: Fault,
        /// How MQTT 5.0 names it.
        reason: ReasonCode,
    },
    /// The exchange was not finished by its deadline. It goes on; see
    /// [`Session::forget`](super::Session::forget).
    Overdue(PacketId),
    /// Server: the will of the client is due: publish it.
    Will(Will<'a>),
    /// Server: the session has outlived its expiry interval and is empty now.
    Expired,
}

/// What the peer did wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// A packet that breaks a rule by itself.
    Malformed(DecodeError),
    /// A packet that has no place here, or contradicts the exchange it belongs to.
    Unexpected(PacketType),
    /// More messages without a final answer than announced, or than there is memory for.
    ReceiveMaximum,
    /// A packet longer than announced.
    TooLarge,
    /// A topic alias above the maximum announced, or one that stands for no topic.
    TopicAlias(u16),
    /// Nothing was heard for one and a half times the keep-alive.
    KeepAlive,
    /// PINGRESP did not come in time.
    NoPingResponse,
    /// The connection was not accepted in time.
    NoConnAck,
    /// CONNACK claims a session although a clean start was asked for [MQTT-3.2.2-4].
    SessionPresent,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(f),
            Self::Unexpected(packet) => write!(f, "{packet} has no place here"),
            Self::ReceiveMaximum => f.write_str("more unanswered messages than allowed"),
            Self::TooLarge => f.write_str("a packet longer than announced"),
            Self::TopicAlias(alias) => write!(f, "topic alias {alias} must not stand here"),
            Self::KeepAlive => f.write_str("nothing heard for one and a half times the keep-alive"),
            Self::NoPingResponse => f.write_str("PINGRESP did not come"),
            Self::NoConnAck => f.write_str("CONNACK did not come"),
            Self::SessionPresent => f.write_str("session present after a clean start"),
        }
    }
}

impl core::error::Error for Fault {}

/// An exchange whose fate is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Its identifier, in use until [`Session::forget`](super::Session::forget).
    pub id: PacketId,
    /// What it was.
    pub what: Exchange,
}

/// What an exchange is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exchange {
    /// A message that the peer has not acknowledged.
    Message,
    /// A message of QoS 2 that the peer has taken over, not knowing yet that we know.
    Released,
    /// A SUBSCRIBE without answer: the filters may be subscribed or not.
    Subscribe,
    /// An UNSUBSCRIBE without answer.
    Unsubscribe,
}
