//! Why a call of a session did nothing.

use super::transitions::Phase;
use crate::preset::PresetRule;
use crate::{EncodeError, PacketId, Role};

/// Why a call did nothing. State, store and output are unchanged: mend the cause and call again.
///
/// What the *peer* did wrong is never an error but an [`Event::Closed`](super::Event::Closed).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError<E> {
    /// The output has no room for what the call must write.
    #[error("the output needs room for {needed} bytes")]
    NoRoom {
        /// Bytes the call must be able to write.
        needed: usize,
    },
    /// The call is right but comes too early.
    #[error("not now: {0}")]
    Later(Later),
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(E),
    /// The packet to send breaks the protocol.
    #[error("{0}")]
    Encode(EncodeError),
    /// The call does not belong to this phase of the connection.
    #[error("not possible while the connection is {0:?}")]
    Phase(Phase),
    /// The call belongs to the other end of a connection.
    #[error("only for the {0:?} of a connection")]
    Role(Role),
    /// A table of the session, bounded by its memory, is full.
    #[error("no memory for another exchange")]
    Full,
    /// No exchange with that identifier is in the state the call needs.
    #[error("no such exchange: {0}")]
    NoExchange(PacketId),
    /// The packet is longer than allowed.
    #[error("{len} bytes are more than the {limit:?} allows: {bound}")]
    TooLarge {
        /// Bytes of the packet.
        len: usize,
        /// The most bytes allowed.
        bound: usize,
        /// Who allows no more.
        limit: Limit,
    },
    /// The peer has said that it does not support this.
    #[error("the peer does not support {0}")]
    Unsupported(Feature),
    /// The packet breaks a rule of the platform.
    #[error("{0}")]
    Preset(PresetRule),
    /// The packet announces more than the session has memory for.
    #[error("{property} announces more than the session has memory for: {bound}")]
    Announced {
        /// The property, by its name in the specification.
        property: &'static str,
        /// The most it may say.
        bound: u32,
    },
    /// The call contradicts itself or the packets it belongs to.
    #[error("{0}")]
    Misuse(&'static str),
}

/// What a call has to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Later {
    /// As many messages are under way as the peer takes: wait for an acknowledgement.
    #[error("the peer takes no more messages until it has acknowledged some")]
    Quota,
    /// Messages of the last connection go first: let `handle_timeout` send them.
    #[error("messages of the last connection go first")]
    Replaying,
    /// A payload is being written piece by piece: finish it.
    #[error("a payload is being sent in pieces")]
    Sending,
    /// A payload is being received piece by piece: finish it.
    #[error("a payload is being received in pieces")]
    Receiving,
}

/// Who bounds the length of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// The Maximum Packet Size of the peer.
    Peer,
    /// The store.
    Store,
}

/// What a server may say it does not support.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Feature {
    /// This quality of service (Maximum QoS).
    #[error("this quality of service")]
    Qos,
    /// Retained messages (Retain Available).
    #[error("retained messages")]
    Retain,
    /// Wildcards in filters (Wildcard Subscription Available).
    #[error("wildcards in filters")]
    Wildcards,
    /// Subscription identifiers (Subscription Identifier Available).
    #[error("subscription identifiers")]
    SubscriptionIds,
    /// Shared subscriptions (Shared Subscription Available).
    #[error("shared subscriptions")]
    SharedSubscriptions,
    /// A topic alias this high (Topic Alias Maximum).
    #[error("a topic alias this high")]
    TopicAlias,
}
