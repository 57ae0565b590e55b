//! The demo's link against mosquitto, a server we did not write.
//!
//! Run with `cargo test -p demo --features interop`. Without mosquitto the tests say so and pass, unless
//! `LINKWIRE_REQUIRE_PEERS` is set.

#![allow(clippy::unwrap_used, clippy::std_instead_of_core, clippy::print_stderr, reason = "a test")]

mod broker;

use broker::Broker;
use demo::Fault;
use demo::link::{Incoming, Link};
use mqtt_codec::session::{Config, Message, Session};
use mqtt_codec::{
    Connect, Disconnect, MemStore, Packet, PacketId, PacketType, Properties, Property, Qos, ReasonCode, Role,
    Rules, Subscribe, Subscription, Subscriptions, Text, TopicFilter, TopicName, Version,
};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(10);

/// How a client connects.
#[derive(Clone, Copy)]
struct Hello {
    version: Version,
    id: &'static str,
    clean: bool,
    keep_alive: u16,
}

impl Hello {
    fn new(version: Version, id: &'static str) -> Self {
        Self { version, id, clean: true, keep_alive: 60 }
    }
}

fn session() -> Session<'static, MemStore> {
    Session::client(Config::default(), MemStore::new())
}

/// Connects and says whether the broker still knew the session.
fn connect(
    broker: &Broker,
    hello: Hello,
    session: Session<'static, MemStore>,
    epoch: Instant,
) -> (Link, bool) {
    let stream = TcpStream::connect(broker.address).unwrap();
    let mut link = Link::new(stream, session, Vec::new(), epoch).unwrap();
    // In 5.0 a session ends with its connection unless it is told how long to outlive it.
    let outlive = [Property::SessionExpiryInterval(300)];
    let properties = match hello.version {
        Version::V5 if !hello.clean => Properties::new(PacketType::Connect, &outlive).unwrap(),
        _ => Properties::EMPTY,
    };
    let connect = Connect {
        clean_start: hello.clean,
        keep_alive: hello.keep_alive,
        properties,
        ..Connect::new(hello.version, Text::new(hello.id).unwrap())
    };
    link.call(|session, now, out| session.connect(now, &connect, out)).unwrap();
    match next(&mut link, PATIENCE) {
        Some(Incoming::Connected { session_present }) => (link, session_present),
        other => panic!("instead of CONNACK: {other:?}"),
    }
}

/// The next thing the broker says. Its packets must mean the same when they are written again, to the byte.
fn next(link: &mut Link, wait: Duration) -> Option<Incoming> {
    let (incoming, frame) = link.next(wait).unwrap()?;
    let version = link.version();
    if !frame.is_empty() {
        let packet = Packet::decode(&frame, Rules::new(version).sent_by(Role::Server)).unwrap();
        let mut again = Vec::new();
        packet.encode(version, &mut again).unwrap();
        assert_eq!(again, frame, "{packet}");
    }
    Some(incoming)
}

fn subscribe(link: &mut Link, filter: &str, qos: Qos) {
    let list = [Subscription::new(TopicFilter::new(filter).unwrap(), qos)];
    let subscriptions = Subscriptions::new(&list).unwrap();
    let subscribe = Subscribe { packet_id: PacketId::MIN, properties: Properties::EMPTY, subscriptions };
    link.call(|session, now, out| session.subscribe(now, &subscribe, out)).unwrap();
    match next(link, PATIENCE) {
        Some(Incoming::Subscribed(granted)) => {
            assert_eq!(granted.iter().map(|reason| reason.code()).collect::<Vec<_>>(), [qos.level()]);
        }
        other => panic!("instead of SUBACK: {other:?}"),
    }
}

fn publish(link: &mut Link, topic: &str, payload: &[u8], qos: Qos) -> Option<PacketId> {
    let message = Message::new(TopicName::new(topic).unwrap(), payload).qos(qos);
    link.call(|session, now, out| session.publish(now, &message, out)).unwrap().0
}

fn disconnect(link: &mut Link) {
    let goodbye = Disconnect::new(ReasonCode::Success);
    link.call(|session, now, out| session.disconnect(now, &goodbye, out)).unwrap();
}

type Arrived = (String, Vec<u8>, Qos);

/// Collects what arrives until there are `messages` messages and `deliveries` deliveries.
fn collect(link: &mut Link, messages: usize, deliveries: usize) -> (Vec<Arrived>, Vec<PacketId>) {
    let (mut arrived, mut delivered) = (Vec::new(), Vec::new());
    while arrived.len() < messages || delivered.len() < deliveries {
        match next(link, PATIENCE) {
            Some(Incoming::Message { topic, payload, qos }) => arrived.push((topic, payload, qos)),
            Some(Incoming::Delivered(id)) => delivered.push(id),
            Some(other) => panic!("unexpected: {other:?}"),
            None => panic!(
                "{} of {messages} messages, {} of {deliveries} deliveries",
                arrived.len(),
                delivered.len()
            ),
        }
    }
    (arrived, delivered)
}

const VERSIONS: [Version; 2] = [Version::V311, Version::V5];
const LEVELS: [Qos; 3] = [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce];

#[test]
fn every_qos_both_ways() {
    let Some(broker) = Broker::start("every-qos") else { return };
    for version in VERSIONS {
        let epoch = Instant::now();
        let (mut link, _) = connect(&broker, Hello::new(version, "every-qos"), session(), epoch);
        subscribe(&mut link, "plant/+/state", Qos::ExactlyOnce);
        for qos in LEVELS {
            let payload = vec![qos.level(); 3000];
            let id = publish(&mut link, "plant/line1/state", &payload, qos);
            assert_eq!(id.is_some(), qos != Qos::AtMostOnce);
            let (arrived, delivered) = collect(&mut link, 1, usize::from(id.is_some()));
            assert_eq!(arrived, [("plant/line1/state".to_owned(), payload, qos)], "{version:?}");
            assert_eq!(delivered, Vec::from_iter(id));
        }
        disconnect(&mut link);
    }
}

#[test]
fn a_burst_arrives_once_and_in_order() {
    let Some(broker) = Broker::start("burst") else { return };
    for version in VERSIONS {
        for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce] {
            let (mut link, _) = connect(&broker, Hello::new(version, "burst"), session(), Instant::now());
            subscribe(&mut link, "burst", qos);
            for number in 0..200_u32 {
                publish(&mut link, "burst", &number.to_be_bytes(), qos);
            }
            let (arrived, delivered) = collect(&mut link, 200, 200);
            assert_eq!(delivered.len(), 200);
            for (number, (_, payload, _)) in (0_u32..).zip(&arrived) {
                assert_eq!(payload[..], number.to_be_bytes(), "{version:?} {qos:?}");
            }
            disconnect(&mut link);
        }
    }
}

#[test]
fn silence_is_kept_alive_by_pings() {
    let Some(broker) = Broker::start("pings") else { return };
    for version in VERSIONS {
        let hello = Hello { keep_alive: 1, ..Hello::new(version, "pings") };
        let (mut link, _) = connect(&broker, hello, session(), Instant::now());
        subscribe(&mut link, "pings", Qos::AtMostOnce);
        // Without a ping mosquitto ends the connection after one and a half seconds.
        assert!(next(&mut link, Duration::from_secs(4)).is_none(), "{version:?}");
        publish(&mut link, "pings", b"alive", Qos::AtMostOnce);
        assert_eq!(collect(&mut link, 1, 0).0[0].1, b"alive");
        disconnect(&mut link);
    }
}

#[test]
fn a_kept_session_goes_on_after_a_cut() {
    let Some(broker) = Broker::start("kept") else { return };
    for version in VERSIONS {
        let epoch = Instant::now();
        let id = if version == Version::V5 { "kept-5" } else { "kept-3" };
        let keep = Hello { clean: false, ..Hello::new(version, id) };
        let (mut link, present) = connect(&broker, keep, session(), epoch);
        assert!(!present);
        subscribe(&mut link, "kept/#", Qos::AtLeastOnce);
        // Cut without a goodbye, with a message whose acknowledgement is never read.
        publish(&mut link, "kept/own", b"under way", Qos::AtLeastOnce);
        let kept = link.into_session();

        let (mut other, _) = connect(&broker, Hello::new(version, "other"), session(), epoch);
        let ids = [1, 2, 3].map(|number: u8| publish(&mut other, "kept/away", &[number], Qos::AtLeastOnce));
        assert_eq!(collect(&mut other, 0, 3).1.len(), ids.len());
        disconnect(&mut other);

        let (mut link, present) = connect(&broker, keep, kept, epoch);
        assert!(present, "{version:?}: the broker forgot the session");
        // What was under way is delivered, perhaps twice; what came meanwhile arrives without subscribing again.
        let (mut away, mut delivered) = (Vec::new(), 0);
        while away.len() < 3 || delivered == 0 {
            match next(&mut link, PATIENCE) {
                Some(Incoming::Message { topic, payload, .. }) if topic == "kept/away" => {
                    away.push(payload);
                }
                Some(Incoming::Message { topic, .. }) => assert_eq!(topic, "kept/own"),
                Some(Incoming::Delivered(_)) => delivered += 1,
                other => panic!("{version:?}: {other:?}"),
            }
        }
        assert_eq!(away, [[1], [2], [3]]);
        disconnect(&mut link);
    }
}

#[test]
fn a_server_that_is_not_there() {
    let Some(broker) = Broker::start("gone") else { return };
    let address = broker.address.to_string();
    drop(broker);
    assert!(matches!(demo::device::dial(&address), Err(Fault::Connect(..))));
}
