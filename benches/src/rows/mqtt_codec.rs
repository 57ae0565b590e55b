//! MQTT packets and streams, on the inputs of `vectors/bench/mqtt.json`.

use core::hint::black_box;

use mqtt_codec::{Ack, Packet, Property, Publish, Reader, Rules, SliceOut, Version};

use crate::Row;
use crate::inputs::mqtt as input;
use crate::inputs::mqtt_stream;

/// The rows of this table.
pub(super) fn rows() -> Vec<Row> {
    let ours =
        |work, prepare| Row { table: "mqtt-codec", work, who: "linkwire", checks: "", repeat: 1000, prepare };
    let stream = |work, prepare| Row { repeat: 1, ..ours(work, prepare) };
    vec![
        ours("decode PUBLISH QoS 0, 64 B, 3.1.1", || decode("publish_qos0_64", Version::V311)),
        ours("decode PUBLISH QoS 0, 64 B, 5.0", || decode("publish_qos0_64", Version::V5)),
        ours("decode PUBLISH QoS 1, 1 KiB, 3.1.1", || decode("publish_qos1_1k", Version::V311)),
        ours("decode PUBLISH QoS 1, 64 KiB, 3.1.1", || decode("publish_qos1_64k", Version::V311)),
        ours("decode PUBLISH QoS 1, 64 KiB, 5.0", || decode("publish_qos1_64k", Version::V5)),
        ours("decode CONNECT, 3.1.1", || decode("connect", Version::V311)),
        ours("decode CONNECT, 6 properties, 5.0", || decode("connect", Version::V5)),
        ours("decode SUBSCRIBE, 10 filters, 3.1.1", || decode("subscribe_10", Version::V311)),
        ours("decode SUBSCRIBE, 10 filters, 5.0", || decode("subscribe_10", Version::V5)),
        ours("decode PUBLISH with 5 user properties and read them, 5.0", decode_user_properties),
        ours("decode PUBACK, 3.1.1", || decode("puback", Version::V311)),
        ours("decode PUBACK, 5.0", || decode("puback", Version::V5)),
        ours("encode PUBLISH QoS 0, 64 B, 3.1.1", || encode("publish_qos0_64", Version::V311)),
        ours("encode PUBLISH QoS 0, 64 B, 5.0", || encode("publish_qos0_64", Version::V5)),
        ours("encode PUBLISH QoS 1, 64 KiB, head only, 3.1.1", || encode_head(Version::V311)),
        ours("encode PUBLISH QoS 1, 64 KiB, head only, 5.0", || encode_head(Version::V5)),
        ours("encode PUBACK, 3.1.1", encode_puback),
        stream("decode 1 MiB in chunks of 1,460 B, 3.1.1 (5,041 packets)", || read(Version::V311, 1_460)),
        stream("decode 1 MiB in chunks of 1,460 B, 5.0 (5,025 packets)", || read(Version::V5, 1_460)),
        stream("decode 1 MiB in chunks of 16 B, 3.1.1", || read(Version::V311, 16)),
        stream("decode 1 MiB in chunks of 64 B, 3.1.1", || read(Version::V311, 64)),
        stream("decode 1 MiB in chunks of 256 B, 3.1.1", || read(Version::V311, 256)),
        stream("decode 1 MiB in chunks of 4 KiB, 3.1.1", || read(Version::V311, 4_096)),
        stream("decode 1 MiB in chunks of 64 KiB, 3.1.1", || read(Version::V311, 65_536)),
    ]
}

fn rules(version: Version) -> Rules {
    Rules::new(version)
}

fn publish(bytes: &[u8], version: Version) -> Publish<'_> {
    let Packet::Publish(publish) = Packet::decode(bytes, rules(version)).expect("a packet") else {
        unreachable!()
    };
    publish
}

fn decode(name: &str, version: Version) -> Box<dyn FnMut()> {
    let bytes = input(name, version);
    let mut again = Vec::new();
    let packet = Packet::decode(&bytes, rules(version)).expect("a packet");
    packet.encode(version, &mut again).expect("a packet");
    assert_eq!(again, bytes);
    Box::new(move || {
        let packet = Packet::decode(black_box(&bytes), rules(version));
        assert!(black_box(&packet).is_ok());
    })
}

fn decode_user_properties() -> Box<dyn FnMut()> {
    let bytes = input("publish_5_user_properties", Version::V5);
    let work = move || {
        let packet = Packet::decode(black_box(&bytes), rules(Version::V5));
        let Ok(Packet::Publish(publish)) = black_box(&packet) else { unreachable!() };
        let mut sum = 0;
        for property in publish.properties.iter() {
            if let Property::UserProperty(name, value) = black_box(property) {
                sum += name.len() + value.len();
            }
        }
        black_box(sum)
    };
    assert_eq!(work(), 5 * (6 + 10));
    Box::new(move || {
        work();
    })
}

/// The parts are at hand, checked when they were made; only the encoding is counted.
fn encode(name: &str, version: Version) -> Box<dyn FnMut()> {
    let bytes: &'static [u8] = input(name, version).leak();
    let publish = publish(bytes, version);
    let mut buffer = [0; 256];
    let mut work = move || {
        let mut out = SliceOut::new(black_box(&mut buffer));
        black_box(&publish).encode(version, &mut out).expect("room");
        black_box(out.len())
    };
    assert_eq!(work(), bytes.len());
    Box::new(move || {
        work();
    })
}

fn encode_head(version: Version) -> Box<dyn FnMut()> {
    let bytes: &'static [u8] = input("publish_qos1_64k", version).leak();
    let publish = publish(bytes, version);
    let mut buffer = [0; 64];
    let mut work = move || {
        let mut out = SliceOut::new(black_box(&mut buffer));
        let publish = black_box(&publish);
        publish.encode_head(version, publish.payload.len(), &mut out).expect("room");
        black_box(out.len())
    };
    assert_eq!(work(), bytes.len() - 65_536);
    Box::new(move || {
        work();
    })
}

fn encode_puback() -> Box<dyn FnMut()> {
    let mut buffer = [0; 8];
    let bytes = input("puback", Version::V311);
    let Packet::PubAck(ack) = Packet::decode(&bytes, rules(Version::V311)).expect("a packet") else {
        unreachable!()
    };
    let id = ack.packet_id;
    let mut work = move || {
        let mut out = SliceOut::new(black_box(&mut buffer));
        Packet::PubAck(Ack::new(black_box(id))).encode(Version::V311, &mut out).expect("room");
        black_box(out.len())
    };
    assert_eq!(work(), bytes.len());
    Box::new(move || {
        work();
    })
}

fn read(version: Version, size: usize) -> Box<dyn FnMut()> {
    let (stream, packets_in_it) = mqtt_stream(version);
    let mut buffer = vec![0; 4096];
    let mut work = move || {
        let mut reader = Reader::new(&mut buffer, 4096);
        let mut packets = 0_u64;
        for mut chunk in stream.chunks(size) {
            while let Some(frame) = reader.next(&mut chunk).expect("a stream") {
                let packet = Packet::decode(frame, rules(version));
                packets += u64::from(black_box(&packet).is_ok());
            }
        }
        packets
    };
    assert_eq!(work(), packets_in_it);
    Box::new(move || {
        black_box(work());
    })
}
