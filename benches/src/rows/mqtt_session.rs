//! The session of mqtt-codec: what it adds to encoding and decoding.

use core::hint::black_box;
use core::time::Duration;

use mqtt_codec::session::{Memory, ReceivedCell, SentCell};
use mqtt_codec::{
    Accept, Ack, ArenaStore, Config, ConnAck, Connect, Delivery, Event, MemStore, Message, Packet, PacketId,
    Properties, Publish, Qos, ReasonCode, Rules, Session, SliceOut, Text, TopicName, Version,
};

use crate::Row;

const TOPIC: &str = "/sys/a1Qw2Er3Ty4/pump-000017/event/post_";
const PAYLOAD: [u8; 64] = [b'7'; 64];

/// The rows of this table.
pub(super) fn rows() -> Vec<Row> {
    let ours = |work, prepare| Row {
        table: "mqtt-session",
        work,
        who: "linkwire",
        checks: "",
        repeat: 1000,
        prepare,
    };
    vec![
        ours("publish QoS 1, 64 B, and take its PUBACK, 3.1.1", || publish(lent(Version::V311))),
        ours("publish QoS 1, 64 B, and take its PUBACK, 5.0", || publish(lent(Version::V5))),
        ours("publish QoS 1, 64 B, and take its PUBACK, MemStore, 3.1.1", || publish(growing(Version::V311))),
        ours("publish QoS 1, 64 B, and take its PUBACK, MemStore, 5.0", || publish(growing(Version::V5))),
        ours("publish QoS 1, 64 B, and take the PUBACK of the 8th last, 5.0", || {
            publish_ahead(lent(Version::V5))
        }),
        ours("of it: encode the PUBLISH, decode the PUBACK, 3.1.1", || codec(Version::V311)),
        ours("of it: encode the PUBLISH, decode the PUBACK, 5.0", || codec(Version::V5)),
        ours("take a PUBLISH QoS 1, 64 B, and acknowledge it, 3.1.1", || receive(Version::V311)),
        ours("take a PUBLISH QoS 1, 64 B, and acknowledge it, 5.0", || receive(Version::V5)),
    ]
}

type Own = Session<'static, ArenaStore<'static>>;

fn topic() -> TopicName<'static> {
    TopicName::new(TOPIC).expect("a topic")
}

fn session(version: Version, memory: Memory<'static>, store: ArenaStore<'static>) -> Own {
    let mut config = Config::new(memory);
    config.receive_maximum = 16;
    let connect = Connect { keep_alive: 60, ..Connect::new(version, Text::new("c").expect("a text")) };
    let connack =
        ConnAck { session_present: false, reason: ReasonCode::Success, properties: Properties::EMPTY };
    let accept = Accept { config, connack };
    Session::accept(Duration::ZERO, &connect, accept, store, &mut Vec::new())
        .unwrap_or_else(|refused| panic!("no connection: {}", refused.error))
}

fn lent(version: Version) -> Own {
    let memory = Memory::lent(vec![SentCell::EMPTY; 16].leak(), vec![ReceivedCell::EMPTY; 16].leak());
    session(version, memory, ArenaStore::lent(vec![0; 4096].leak()))
}

fn growing(version: Version) -> Own {
    session(version, Memory::growing(), MemStore::new())
}

fn publish(mut session: Own) -> Box<dyn FnMut()> {
    let mut buffer = [0; 256];
    let mut id = 0_u16;
    let topic = topic();
    Box::new(move || {
        let message = Message::new(black_box(topic), black_box(&PAYLOAD)).qos(Qos::AtLeastOnce);
        let mut out = SliceOut::new(black_box(&mut buffer));
        let now = black_box(Duration::from_secs(1));
        assert!(session.publish(now, &message, &mut out).is_ok());
        black_box(out.written());
        id = id.checked_add(1).unwrap_or(1);
        let [high, low] = id.to_be_bytes();
        let ack = black_box([0x40, 2, high, low]);
        out.clear();
        assert!(matches!(session.receive(now, &ack, &mut out), Ok(Some(Event::Delivered(_)))));
        black_box(session.next_timeout());
    })
}

/// The same with eight messages under way.
fn publish_ahead(mut session: Own) -> Box<dyn FnMut()> {
    let message = Message::new(topic(), &PAYLOAD).qos(Qos::AtLeastOnce);
    for _ in 0..8 {
        session.publish(Duration::ZERO, &message, &mut Vec::new()).expect("room for a message");
    }
    publish(session)
}

fn codec(version: Version) -> Box<dyn FnMut()> {
    let mut buffer = [0; 256];
    Box::new(move || {
        let publish = Publish {
            qos: Delivery::AtLeastOnce(PacketId::MIN),
            ..Publish::new(topic(), black_box(&PAYLOAD))
        };
        let mut out = SliceOut::new(black_box(&mut buffer));
        assert!(black_box(publish).encode(version, &mut out).is_ok());
        black_box(out.written());
        let ack = black_box([0x40, 2, 0, 1]);
        let packet = Packet::decode(&ack, Rules::new(version));
        assert!(matches!(black_box(&packet), Ok(Packet::PubAck(Ack { .. }))));
    })
}

fn receive(version: Version) -> Box<dyn FnMut()> {
    let mut session = lent(version);
    let publish = Publish { qos: Delivery::AtLeastOnce(PacketId::MIN), ..Publish::new(topic(), &PAYLOAD) };
    let mut frame = Vec::new();
    publish.encode(version, &mut frame).expect("a packet");
    let mut buffer = [0; 16];
    Box::new(move || {
        let mut out = SliceOut::new(black_box(&mut buffer));
        let now = black_box(Duration::from_secs(1));
        let event = session.receive(now, black_box(&frame), &mut out);
        assert!(matches!(black_box(&event), Ok(Some(Event::Message(_)))));
        black_box(out.written());
    })
}
