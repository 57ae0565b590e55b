//! Every transition of a session, role-blind: what may arrive when, and what it does to an exchange.
//!
//! The tables know who *sent* a packet, never who we are, so both ends of a connection share them.
//! Layout: phases of the connection, then exchanges we began, then exchanges the peer began.

use crate::{PacketType, ReasonCode, Role, Version};

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// There is no connection: none was made yet, or the last one is gone.
    Offline,
    /// CONNECT has passed, CONNACK has not.
    Connecting,
    /// CONNACK has accepted the connection.
    Online,
    /// Either end has said that it closes: only the transport is left to be closed.
    Closing,
}

impl Phase {
    /// All of them, for tests and tools.
    pub const ALL: [Self; 4] = [Self::Offline, Self::Connecting, Self::Online, Self::Closing];
}

/// What to do with a packet that arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may be here.
    Take,
    /// There is no connection it could have come over, or none that is listened to any more.
    Deaf,
    /// The peer has broken the protocol.
    Break(ReasonCode),
}

/// Judges a packet by its type alone.
///
/// `extended` tells whether CONNECT named an authentication method: then AUTH may pass, and nothing
/// but AUTH and DISCONNECT before CONNACK ([MQTT-3.1.2-30], [MQTT-4.12.0-6]).
pub(crate) const fn judge(
    phase: Phase,
    from: Role,
    packet: PacketType,
    version: Version,
    extended: bool,
) -> Verdict {
    use PacketType::{
        Auth, ConnAck, Connect, Disconnect, PingReq, PingResp, PubAck, PubComp, PubRec, PubRel, Publish,
        SubAck, Subscribe, UnsubAck, Unsubscribe,
    };
    let v5 = matches!(version, Version::V5);
    let takes = match (phase, from, packet) {
        (Phase::Offline | Phase::Closing, ..) => return Verdict::Deaf,
        // A second CONNECT [MQTT-3.1.0-2], a second CONNACK (§3.2).
        (Phase::Online, _, Connect | ConnAck) => false,
        (Phase::Connecting, Role::Server, ConnAck) => true,
        (_, _, Auth) => v5 && extended,
        (Phase::Connecting, Role::Client, Disconnect) => true,
        // [MQTT-3.2.0-1]: CONNACK is the server's first packet, AUTH aside.
        (Phase::Connecting, ..) => false,
        (Phase::Online, _, Publish | PubAck | PubRec | PubRel | PubComp) => true,
        (Phase::Online, Role::Client, Subscribe | Unsubscribe | PingReq | Disconnect) => true,
        (Phase::Online, Role::Server, SubAck | UnsubAck | PingResp) => true,
        // 3.1.1 §3.14: only the client disconnects with a packet.
        (Phase::Online, Role::Server, Disconnect) => v5,
        (Phase::Online, ..) => false,
    };
    if takes { Verdict::Take } else { Verdict::Break(ReasonCode::ProtocolError) }
}

/// How far an exchange that we began has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// PUBLISH of QoS 1 is out.
    Once,
    /// PUBLISH of QoS 2 is out.
    Twice,
    /// PUBREL is out, or owed: the peer has taken the message over.
    Released,
    /// SUBSCRIBE is out, with so many filters.
    Subscribe(u16),
    /// UNSUBSCRIBE is out, with so many filters.
    Unsubscribe(u16),
}

/// What an acknowledgement does to an exchange that we began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settle {
    /// The exchange is over.
    Done,
    /// The message is taken over: release its identifier with PUBREL.
    Release,
    /// PUBREL once more; nothing changes.
    Again,
    /// Nobody waits for it: it belongs to an exchange that is over.
    Ignore,
    /// PUBREC for an identifier not in use: PUBREL says so (5.0 §3.6.2.1).
    Unknown,
    /// The peer has broken the protocol.
    Break(ReasonCode),
}

/// `refused`: the acknowledgement carries a reason code of 0x80 or more.
/// `count`: how many reason codes it carries, where that must match.
pub(crate) fn settle(state: Option<Sent>, packet: PacketType, refused: bool, count: Option<u16>) -> Settle {
    match (state, packet) {
        (Some(Sent::Once), PacketType::PubAck) | (Some(Sent::Released), PacketType::PubComp) => Settle::Done,
        // §4.3.3: with a reason code of 0x80 or more the identifier is free again.
        (Some(Sent::Twice), PacketType::PubRec) => {
            if refused {
                Settle::Done
            } else {
                Settle::Release
            }
        }
        (Some(Sent::Released), PacketType::PubRec) => {
            if refused {
                Settle::Ignore
            } else {
                Settle::Again
            }
        }
        (Some(Sent::Subscribe(asked)), PacketType::SubAck)
        | (Some(Sent::Unsubscribe(asked)), PacketType::UnsubAck) => {
            // [MQTT-3.8.4-6], [MQTT-3.11.3-2]: one code for each filter.
            if count.is_none_or(|count| count == asked) {
                Settle::Done
            } else {
                Settle::Break(ReasonCode::ProtocolError)
            }
        }
        (None, PacketType::PubRec) => Settle::Unknown,
        // After a loss of state, or `forget`, the peer may still answer.
        (None, _) => Settle::Ignore,
        // [MQTT-4.3.2-2] to [MQTT-4.3.3-7]: the wrong acknowledgement for this exchange.
        (Some(_), _) => Settle::Break(ReasonCode::ProtocolError),
    }
}

/// How far an exchange that the peer began has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// PUBLISH of QoS 1 has come; PUBACK is not out.
    Once,
    /// PUBLISH of QoS 2 has come; PUBREC is not out.
    Twice,
    /// PUBREC is out; PUBREL has not come.
    Recorded,
    /// SUBSCRIBE has come, with so many filters.
    Subscribe(u16),
    /// UNSUBSCRIBE has come, with so many filters.
    Unsubscribe(u16),
}

/// What a PUBLISH, SUBSCRIBE, UNSUBSCRIBE or PUBREL of the peer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// The first packet of an exchange.
    New,
    /// A repetition that is answered already: answer it again, tell nobody.
    Again,
    /// A repetition whose answer is still to come: nothing to do.
    Pending,
    /// The identifier is released: PUBCOMP.
    Release,
    /// PUBREL for an identifier not in use: PUBCOMP says so (5.0 §3.7.2.1).
    Unknown,
    /// The identifier is in use for something else.
    InUse,
    /// The peer has broken the protocol.
    Break(ReasonCode),
}

/// Judges the packet of an exchange the peer began by what is known of its identifier.
pub(crate) const fn arrive(state: Option<Received>, packet: PacketType, qos2: bool) -> Arrival {
    match (state, packet) {
        (None | Some(Received::Recorded), PacketType::PubRel) => {
            if state.is_some() {
                Arrival::Release
            } else {
                Arrival::Unknown
            }
        }
        // PUBREL before PUBREC: the peer cannot know that we have the message [MQTT-4.3.3-4].
        (Some(_), PacketType::PubRel) => Arrival::Break(ReasonCode::ProtocolError),
        (None, _) => Arrival::New,
        (Some(Received::Once), PacketType::Publish) if !qos2 => Arrival::Pending,
        (Some(Received::Twice), PacketType::Publish) if qos2 => Arrival::Pending,
        (Some(Received::Recorded), PacketType::Publish) if qos2 => Arrival::Again,
        // [MQTT-2.2.1-3]: an identifier must not be in use twice.
        (Some(_), _) => Arrival::InUse,
    }
}
