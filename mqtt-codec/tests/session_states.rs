//! Every state of a session is fed every kind of packet, at both ends and in both versions. What must come of it is
//! written down here once more, independently of the transition table.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, reason = "tests")]

use core::time::Duration;

use mqtt_codec::session::{Fault, Phase};
use mqtt_codec::{
    Accept, Ack, Acknowledge, Auth, Config, ConnAck, Connect, Delivery, Disconnect, Event, Filters, MemStore,
    Message, Packet, PacketId, PacketType, Properties, Property, Publish, Qos, ReasonCode, Reasons, Role,
    Rules, Session, SessionError, SubAck, Subscribe, Subscription, Subscriptions, Text, TopicFilter,
    TopicName, UnsubAck, Unsubscribe, Version,
};

type Own = Session<'static, MemStore>;

const NOW: Duration = Duration::from_secs(1000);
const ID: PacketId = PacketId::MIN;

/// What a session has been through. The identifier of every exchange is [`ID`].
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Offline,
    Connecting,
    Idle,
    SentOnce,
    SentTwice,
    Released,
    Subscribing,
    Unsubscribing,
    GotOnce,
    GotTwice,
    Recorded,
    GotSubscribe,
    GotUnsubscribe,
    Closing,
}

const STATES: [State; 14] = [
    State::Offline,
    State::Connecting,
    State::Idle,
    State::SentOnce,
    State::SentTwice,
    State::Released,
    State::Subscribing,
    State::Unsubscribing,
    State::GotOnce,
    State::GotTwice,
    State::Recorded,
    State::GotSubscribe,
    State::GotUnsubscribe,
    State::Closing,
];

/// What must come of a packet.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    /// It is not listened to.
    Deaf,
    /// Nothing at all.
    Nothing,
    /// Only an answer.
    Reply(PacketType),
    /// An event, and perhaps an answer.
    Event(&'static str, Option<PacketType>),
    /// The peer broke the protocol.
    Broken(ReasonCode),
}

fn publish(qos: Delivery) -> Packet<'static> {
    Packet::Publish(Publish { qos, ..Publish::new(TopicName::new("t").unwrap(), b"x") })
}

/// Every kind of packet, with [`ID`] where there is an identifier.
fn packets(version: Version) -> Vec<(Packet<'static>, Vec<u8>)> {
    let filters: &'static [TopicFilter<'static>] = Box::leak(Box::new([TopicFilter::new("#").unwrap()]));
    let subscription: &'static [Subscription<'static>] =
        Box::leak(Box::new([Subscription::new(filters[0], Qos::AtMostOnce)]));
    let one: &'static [ReasonCode] = &[ReasonCode::Success];
    let ack = Ack::new(ID);
    let properties = Properties::EMPTY;
    let reasons = if version == Version::V5 { Reasons::new(one) } else { Reasons::EMPTY };
    let method: &'static [Property<'static>] =
        Box::leak(Box::new([Property::AuthenticationMethod(Text::new("M").unwrap())]));
    let method = Properties::new(PacketType::Auth, method).unwrap();
    let list = [
        Packet::Connect(Connect::new(version, Text::new("c").unwrap())),
        Packet::ConnAck(ConnAck { session_present: false, reason: ReasonCode::Success, properties }),
        publish(Delivery::AtMostOnce),
        publish(Delivery::AtLeastOnce(ID)),
        publish(Delivery::ExactlyOnce(ID)),
        Packet::PubAck(ack),
        Packet::PubRec(ack),
        Packet::PubRel(ack),
        Packet::PubComp(ack),
        Packet::Subscribe(Subscribe {
            packet_id: ID,
            properties,
            subscriptions: Subscriptions::new(subscription).unwrap(),
        }),
        Packet::SubAck(SubAck { packet_id: ID, properties, reasons: Reasons::new(one) }),
        Packet::Unsubscribe(Unsubscribe {
            packet_id: ID,
            properties,
            filters: Filters::new(filters).unwrap(),
        }),
        Packet::UnsubAck(UnsubAck { packet_id: ID, properties, reasons }),
        Packet::PingReq,
        Packet::PingResp,
        Packet::Disconnect(Disconnect::new(ReasonCode::Success)),
        Packet::Auth(Auth { reason: ReasonCode::ContinueAuthentication, properties: method }),
    ];
    list.into_iter()
        .map(|packet| {
            let mut bytes = Vec::new();
            if packet.encode(version, &mut bytes).is_err() {
                // AUTH, which 3.1.1 does not know.
                packet.encode(Version::V5, &mut bytes).unwrap();
            }
            (packet, bytes)
        })
        .collect()
}

fn expected(role: Role, version: Version, state: State, packet: &Packet<'_>) -> Outcome {
    use Outcome::{Broken, Deaf, Event, Nothing, Reply};
    let server = role == Role::Server;
    let v5 = version == Version::V5;
    let error = Broken(ReasonCode::ProtocolError);
    match state {
        State::Offline | State::Closing => return Deaf,
        // 3.1.1 §2.2.1: a reserved packet type.
        _ if !v5 && matches!(packet, Packet::Auth(_)) => return Broken(ReasonCode::MalformedPacket),
        State::Connecting => {
            return match packet {
                Packet::ConnAck(_) if !server => Event("connected", None),
                Packet::Disconnect(_) if server => Event("disconnected", None),
                Packet::Auth(_) if server => Event("auth", None),
                _ => error,
            };
        }
        _ => {}
    }
    let ours = matches!(
        state,
        State::SentOnce | State::SentTwice | State::Released | State::Subscribing | State::Unsubscribing
    );
    let theirs = matches!(
        state,
        State::GotOnce | State::GotTwice | State::Recorded | State::GotSubscribe | State::GotUnsubscribe
    );
    match packet {
        Packet::Publish(publish) => match (publish.qos, state) {
            (Delivery::AtMostOnce, _) => Event("message", None),
            (Delivery::AtLeastOnce(_), State::GotOnce) | (Delivery::ExactlyOnce(_), State::GotTwice) => {
                Nothing
            }
            (Delivery::ExactlyOnce(_), State::Recorded) => Reply(PacketType::PubRec),
            _ if theirs => error,
            (Delivery::AtLeastOnce(_), _) => Event("message", Some(PacketType::PubAck)),
            (Delivery::ExactlyOnce(_), _) => Event("message", Some(PacketType::PubRec)),
        },
        Packet::PubAck(_) if state == State::SentOnce => Event("delivered", None),
        Packet::PubComp(_) if state == State::Released => Event("delivered", None),
        Packet::PubRec(_) if matches!(state, State::SentTwice | State::Released) => Reply(PacketType::PubRel),
        Packet::PubAck(_) | Packet::PubComp(_) | Packet::PubRec(_) if ours => error,
        Packet::PubAck(_) | Packet::PubComp(_) => Nothing,
        Packet::PubRec(_) => Reply(PacketType::PubRel),
        Packet::PubRel(_) if theirs && state != State::Recorded => error,
        Packet::PubRel(_) => Reply(PacketType::PubComp),
        Packet::Subscribe(_) if server && !theirs => Event("subscribe", None),
        Packet::Unsubscribe(_) if server && !theirs => Event("unsubscribe", None),
        Packet::SubAck(_) if state == State::Subscribing => Event("subscribed", None),
        Packet::UnsubAck(_) if state == State::Unsubscribing => Event("unsubscribed", None),
        Packet::SubAck(_) | Packet::UnsubAck(_) if !server && !ours => Nothing,
        Packet::PingReq if server => Reply(PacketType::PingResp),
        Packet::PingResp if !server => Nothing,
        Packet::Disconnect(_) if server || v5 => Event("disconnected", None),
        _ => error,
    }
}

fn name(event: &Event<'_>) -> &'static str {
    match event {
        Event::Connected(_) => "connected",
        Event::Auth(_) => "auth",
        Event::Message(_) => "message",
        Event::Delivered(_) => "delivered",
        Event::Subscribed(_) => "subscribed",
        Event::Unsubscribed(_) => "unsubscribed",
        Event::Subscribe(_) => "subscribe",
        Event::Unsubscribe(_) => "unsubscribe",
        Event::Disconnected(_) => "disconnected",
        other => panic!("{other:?}"),
    }
}

/// A session in that state, if that end and version have it.
fn session(role: Role, version: Version, state: State) -> Option<Own> {
    let manual = matches!(state, State::GotOnce | State::GotTwice);
    let mut config = Config::default();
    config.acknowledge = if manual { Acknowledge::Manual } else { Acknowledge::Auto };
    let mut out = Vec::new();
    let connect = Connect::new(version, Text::new("c").unwrap());
    let connack =
        ConnAck { session_present: false, reason: ReasonCode::Success, properties: Properties::EMPTY };
    let mut session = match role {
        Role::Client => {
            let mut session = Session::client(config, MemStore::new());
            if state == State::Offline {
                return Some(session);
            }
            session.connect(NOW, &connect, &mut out).unwrap();
            if state == State::Connecting {
                return Some(session);
            }
            let mut frame = Vec::new();
            Packet::ConnAck(connack).encode(version, &mut frame).unwrap();
            session.receive(NOW, &frame, &mut out).unwrap();
            session
        }
        Role::Server if state == State::Connecting => {
            if version == Version::V311 {
                return None;
            }
            let method = [Property::AuthenticationMethod(Text::new("M").unwrap())];
            let properties = Properties::new(PacketType::Connect, &method).unwrap();
            let connect = Connect { properties, ..connect };
            let auth = Auth {
                reason: ReasonCode::ContinueAuthentication,
                properties: Properties::new(PacketType::Auth, &method).unwrap(),
            };
            return Some(
                Session::challenge(NOW, &connect, config, &auth, MemStore::new(), &mut out).unwrap(),
            );
        }
        Role::Server => {
            Session::accept(NOW, &connect, Accept { config, connack }, MemStore::new(), &mut out).unwrap()
        }
    };
    let of = |wanted: PacketType, qos: Qos| {
        let is = |packet: &Packet<'_>| {
            packet.packet_type() == wanted
                && if let Packet::Publish(publish) = packet { publish.qos.qos() == qos } else { true }
        };
        packets(version).into_iter().find(|(packet, _)| is(packet)).unwrap()
    };
    let topic = TopicName::new("t").unwrap();
    match state {
        State::Offline => session.transport_lost(NOW),
        State::Connecting | State::Idle => {}
        State::Closing => session.disconnect(NOW, &Disconnect::new(ReasonCode::Success), &mut out).unwrap(),
        State::SentOnce | State::SentTwice | State::Released => {
            let qos = if state == State::SentOnce { Qos::AtLeastOnce } else { Qos::ExactlyOnce };
            assert_eq!(session.publish(NOW, &Message::new(topic, b"").qos(qos), &mut out).unwrap(), Some(ID));
            if state == State::Released {
                assert!(session.receive(NOW, &of(PacketType::PubRec, qos).1, &mut out).unwrap().is_none());
            }
        }
        State::Subscribing | State::Unsubscribing if role == Role::Server => return None,
        State::GotSubscribe | State::GotUnsubscribe if role == Role::Client => return None,
        State::Subscribing => {
            let Packet::Subscribe(packet) = of(PacketType::Subscribe, Qos::AtMostOnce).0 else { panic!() };
            assert_eq!(session.subscribe(NOW, &packet, &mut out).unwrap(), ID);
        }
        State::Unsubscribing => {
            let Packet::Unsubscribe(packet) = of(PacketType::Unsubscribe, Qos::AtMostOnce).0 else {
                panic!()
            };
            assert_eq!(session.unsubscribe(NOW, &packet, &mut out).unwrap(), ID);
        }
        State::GotOnce | State::GotTwice | State::Recorded | State::GotSubscribe | State::GotUnsubscribe => {
            let (wanted, qos) = match state {
                State::GotOnce => (PacketType::Publish, Qos::AtLeastOnce),
                State::GotSubscribe => (PacketType::Subscribe, Qos::AtMostOnce),
                State::GotUnsubscribe => (PacketType::Unsubscribe, Qos::AtMostOnce),
                _ => (PacketType::Publish, Qos::ExactlyOnce),
            };
            assert!(session.receive(NOW, &of(wanted, qos).1, &mut out).unwrap().is_some());
        }
    }
    Some(session)
}

#[test]
fn every_state_meets_every_packet() {
    let mut met = 0;
    for role in [Role::Client, Role::Server] {
        for version in [Version::V311, Version::V5] {
            for state in STATES {
                for (packet, frame) in packets(version) {
                    let Some(mut session) = session(role, version, state) else { continue };
                    meet(&mut session, role, version, state, &packet, &frame);
                    met += 1;
                }
            }
        }
    }
    assert_eq!(met, 17 * (14 * 4 - 1 - 4 * 2));
}

fn meet(session: &mut Own, role: Role, version: Version, state: State, packet: &Packet<'_>, frame: &[u8]) {
    let context = format!("{role:?}, {version:?}, {state:?}, {packet:?}");
    let before = session.phase();
    let connecting = before == Phase::Connecting;
    let mut out = Vec::new();
    let (outcome, phase_may_be) = match session.receive(NOW, frame, &mut out) {
        Err(SessionError::Phase(phase)) => {
            assert_eq!((phase, out.len()), (before, 0), "{context}");
            (Outcome::Deaf, before)
        }
        Err(error) => panic!("{context}: {error}"),
        Ok(None) if out.is_empty() => (Outcome::Nothing, before),
        Ok(None) => (Outcome::Reply(PacketType::of(out[0]).unwrap()), before),
        Ok(Some(Event::Closed { error, reason })) => {
            let sent = (!out.is_empty()).then(|| Packet::decode(&out, Rules::new(version)).unwrap());
            let said = match sent {
                Some(Packet::Disconnect(disconnect)) => Some(disconnect.reason),
                Some(Packet::ConnAck(connack)) if connecting && role == Role::Server => Some(connack.reason),
                Some(other) => panic!("{context}: {other:?}"),
                None => None,
            };
            assert_eq!(said, (version == Version::V5).then_some(reason), "{context}");
            assert!(matches!(error, Fault::Malformed(_) | Fault::Unexpected(_)), "{context}: {error:?}");
            (Outcome::Broken(reason), Phase::Closing)
        }
        Ok(Some(event)) => {
            let phase = match event {
                Event::Connected(_) => Phase::Online,
                Event::Disconnected(_) => Phase::Closing,
                _ => before,
            };
            let reply = (!out.is_empty()).then(|| PacketType::of(out[0]).unwrap());
            (Outcome::Event(name(&event), reply), phase)
        }
    };
    let mut wanted = expected(role, version, state, packet);
    // Sessions that acknowledge by hand do not answer at once.
    if let (Outcome::Event(name, _), State::GotOnce | State::GotTwice) = (wanted, state) {
        wanted = Outcome::Event(name, None);
    }
    assert_eq!(outcome, wanted, "{context}");
    assert_eq!(session.phase(), phase_may_be, "{context}");
    // Whatever it is now, it goes on: time passes, the transport breaks, and a session is there.
    let mut later = NOW;
    for _ in 0..4 {
        if let Some(at) = session.next_timeout() {
            later = later.max(at);
            session.handle_timeout(later, &mut out).unwrap();
        }
    }
    session.transport_lost(later);
    assert_eq!(session.phase(), Phase::Offline, "{context}");
}

#[test]
fn calls_of_the_other_end_and_of_other_phases_do_nothing() {
    let mut out = Vec::new();
    let connect = Connect::new(Version::V5, Text::new("c").unwrap());
    let mut server = session(Role::Server, Version::V5, State::Idle).unwrap();
    assert!(matches!(server.connect(NOW, &connect, &mut out), Err(SessionError::Role(Role::Client))));
    let mut client = session(Role::Client, Version::V5, State::Idle).unwrap();
    assert!(matches!(client.connect(NOW, &connect, &mut out), Err(SessionError::Phase(Phase::Online))));
    assert!(matches!(client.discard(NOW), Err(SessionError::Role(Role::Server))));
    assert!(matches!(server.discard(NOW), Err(SessionError::Phase(Phase::Online))));
    let mut offline = session(Role::Client, Version::V5, State::Offline).unwrap();
    let message = Message::new(TopicName::new("t").unwrap(), b"");
    assert!(matches!(offline.publish(NOW, &message, &mut out), Err(SessionError::Phase(Phase::Offline))));
    assert!(matches!(
        offline.acknowledge(NOW, ID, ReasonCode::Success, &mut out),
        Err(SessionError::NoExchange(ID))
    ));
    assert!(matches!(offline.forget(ID), Err(SessionError::NoExchange(ID))));
    assert!(out.is_empty());
}
