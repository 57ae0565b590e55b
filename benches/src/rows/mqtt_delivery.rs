//! The session of mqtt-codec where it delivers exactly once, and where it takes up again what a connection left undone.

use core::hint::black_box;
use core::time::Duration;

use mqtt_codec::session::{Config, Event, Memory, Message};
use mqtt_codec::{Connect, MemStore, Peek, Qos, Session, SliceOut, Text, TopicName, Version, peek};

use crate::Row;

const NOW: Duration = Duration::from_secs(1);
const IN_FLIGHT: usize = 1_000;

/// The rows of this table.
pub(super) fn rows() -> Vec<Row> {
    let ours = |work, repeat, prepare| Row {
        table: "mqtt-session",
        work,
        who: Row::OURS,
        checks: "",
        repeat,
        prepare,
    };
    vec![
        ours("publish QoS 2, 64 B, take PUBREC and PUBCOMP, 3.1.1", 1_000, || exactly_once(Version::V311)),
        ours("publish QoS 2, 64 B, take PUBREC and PUBCOMP, 5.0", 1_000, || exactly_once(Version::V5)),
        ours("resume with 1,000 in flight: connect, and send them again, 3.1.1", 3, resume),
    ]
}

fn message() -> Message<'static> {
    let topic = TopicName::new("/sys/a1Qw2Er3Ty4/pump-000017/event/post_").expect("a topic");
    Message::new(topic, &[b'7'; 64])
}

fn connect(version: Version) -> Connect<'static> {
    Connect { keep_alive: 60, clean_start: false, ..Connect::new(version, Text::new("c").expect("a text")) }
}

fn client(version: Version) -> Session<'static, MemStore> {
    let mut client = Session::client(Config::new(Memory::growing()), MemStore::new());
    client.connect(NOW, &connect(version), &mut Vec::new()).expect("room");
    let connack: &[u8] = if version == Version::V5 { b"\x20\x03\x00\x00\x00" } else { b"\x20\x02\x00\x00" };
    let event = client.receive(NOW, connack, &mut Vec::new());
    assert!(matches!(event, Ok(Some(Event::Connected(_)))));
    client
}

fn exactly_once(version: Version) -> Box<dyn FnMut()> {
    let mut client = client(version);
    let mut buffer = [0; 256];
    Box::new(move || {
        let mut out = SliceOut::new(black_box(&mut buffer));
        let message = black_box(message()).qos(Qos::ExactlyOnce);
        let id = client.publish(NOW, &message, &mut out).expect("room").expect("an identifier");
        let [high, low] = id.get().to_be_bytes();
        out.clear();
        client.receive(NOW, black_box(&[0x50, 2, high, low]), &mut out).expect("a packet");
        assert_eq!(out.written(), [0x62, 2, high, low]);
        out.clear();
        let completed = black_box([0x70, 2, high, low]);
        let event = client.receive(NOW, &completed, &mut out);
        assert!(matches!(event, Ok(Some(Event::Delivered(_)))));
    })
}

fn resume() -> Box<dyn FnMut()> {
    let mut client = client(Version::V311);
    for _ in 0..IN_FLIGHT {
        client.publish(NOW, &message().qos(Qos::AtLeastOnce), &mut Vec::new()).expect("room");
    }
    let mut out = Vec::with_capacity(1 << 18);
    Box::new(move || {
        client.transport_lost(NOW);
        out.clear();
        client.connect(NOW, &connect(Version::V311), &mut out).expect("room");
        out.clear();
        let event = client.receive(NOW, b"\x20\x02\x01\x00", &mut out);
        assert!(matches!(event, Ok(Some(Event::Connected(_)))));
        out.clear();
        while client.next_timeout().is_some_and(|at| at <= NOW) {
            client.handle_timeout(NOW, &mut out).expect("room");
        }
        let mut rest = &out[..];
        let mut packets = 0;
        while let Ok(Peek::Frame { len }) = peek(rest, 1 << 16) {
            rest = &rest[len..];
            packets += 1;
        }
        assert_eq!(packets, IN_FLIGHT);
    })
}
