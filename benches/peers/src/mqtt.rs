//! MQTT packets: decoded, encoded, and cut out of a stream, by peers.

use std::hint::black_box;

use benches::inputs::{mqtt as input, mqtt_stream};
use harness::Row;
use mqtt_codec::{Packet, Properties, Property, Rules, Version};

use probe::Kind;

mod mqtt5_protocol;
mod mqtt_proto;
mod mqtt_protocol_core;
mod mqttbytes;
mod mqttrs;
mod ntex_mqtt;
mod probe;
mod rmqtt_codec;
mod rumqttc;

/// A peer's codec for one version.
trait Codec: 'static {
    const WHO: &'static str;
    const VERSION: Version;

    /// Where packets are decoded from.
    type Input: 'static;

    fn input() -> Self::Input;

    /// More bytes came.
    fn feed(input: &mut Self::Input, bytes: &[u8]);

    /// Decodes one packet, and says whether it was accepted; `None` if it is not whole.
    fn next(input: &mut Self::Input) -> Option<bool>;

    /// The packet decoded and encoded again; `None` if it is refused.
    fn again(packet: &[u8]) -> Option<Vec<u8>>;

    /// Encodes this packet, which the peer holds in its own form, into a buffer that is there; gives the length.
    fn encoder(packet: &[u8]) -> Box<dyn FnMut() -> usize>;
}

/// A codec that decodes a whole packet from a slice, and leaves finding it to the caller.
trait Frame: 'static {
    const WHO: &'static str;
    const VERSION: Version;

    fn decode(packet: &[u8]) -> bool;

    fn again(packet: &[u8]) -> Option<Vec<u8>>;

    fn encoder(packet: &[u8]) -> Box<dyn FnMut() -> usize>;
}

/// Work, the input's row, and what may be wrong in it.
const DECODE: [(&str, &str, Kind); 7] = [
    ("decode PUBLISH QoS 0, 64 B", "publish_qos0_64", Kind::Publish),
    ("decode PUBLISH QoS 1, 64 KiB", "publish_qos1_64k", Kind::PublishWithId),
    ("decode CONNECT", "connect", Kind::Connect),
    ("decode SUBSCRIBE, 10 filters", "subscribe_10", Kind::Subscribe),
    ("decode PUBACK", "puback", Kind::PubAck),
    ("decode PUBLISH QoS 1, 1 KiB", "publish_qos1_1k", Kind::PublishWithId),
    (
        "decode PUBLISH with 5 user properties and read them",
        "publish_5_user_properties",
        Kind::UserProperties,
    ),
];

/// The rows of all MQTT peers.
pub(crate) fn rows() -> Vec<Row> {
    [
        frames::<mqttrs::V4>(),
        frames::<mqtt_proto::V4>(),
        frames::<mqtt_proto::V5>(),
        frames::<mqtt_protocol_core::V4>(),
        frames::<mqtt_protocol_core::V5>(),
        streams::<rumqttc::V4>(),
        streams::<rumqttc::V5>(),
        streams::<mqttbytes::V4>(),
        streams::<mqttbytes::V5>(),
        streams::<rmqtt_codec::V4>(),
        streams::<rmqtt_codec::V5>(),
        streams::<ntex_mqtt::V4>(),
        streams::<ntex_mqtt::V5>(),
        streams::<mqtt5_protocol::V4>(),
        streams::<mqtt5_protocol::V5>(),
    ]
    .concat()
}

type Prepare = fn() -> Box<dyn FnMut()>;

/// What one peer does: how it decodes each row, how it encodes, how it reads a stream.
struct Does {
    who: &'static str,
    version: Version,
    accepts: fn(&[u8]) -> bool,
    decode: [Prepare; 7],
    publish: Prepare,
    puback: Prepare,
    stream: Prepare,
}

impl Does {
    fn rows(self) -> Vec<Row> {
        let v5 = self.version == Version::V5;
        let row = |work: &str, checks, repeat, prepare| Row {
            table: "mqtt-codec",
            work: format!("{work}, {}", if v5 { "5.0" } else { "3.1.1" }).leak(),
            who: self.who,
            checks,
            repeat,
            prepare,
        };
        let checks = |input, kind| probe::checks(input, kind, self.version, self.accepts);
        let mut rows = Vec::new();
        for ((work, input, kind), prepare) in DECODE.into_iter().zip(self.decode) {
            let work = if v5 && kind == Kind::Connect { "decode CONNECT, 6 properties" } else { work };
            let only = match kind {
                Kind::UserProperties => v5,
                _ => input != "publish_qos1_1k" || !v5,
            };
            if only {
                rows.push(row(work, checks(input, kind), 100, prepare));
            }
        }
        rows.push(row("encode PUBLISH QoS 0, 64 B", "not tried", 1000, self.publish));
        if !v5 {
            rows.push(row("encode PUBACK", "not tried", 1000, self.puback));
        }
        let packets = if v5 { "5.0 (5,025 packets)" } else { "3.1.1 (5,041 packets)" };
        let work = format!("decode 1 MiB in chunks of 1,460 B, {packets}").leak();
        let checks = checks("publish_qos1_1k", Kind::PublishWithId);
        rows.push(Row { work, ..row("", checks, 1, self.stream) });
        rows
    }
}

fn streams<C: Codec>() -> Vec<Row> {
    Does {
        who: C::WHO,
        version: C::VERSION,
        accepts: |packet| C::again(packet).is_some(),
        decode: [
            decode_next::<C, 0>,
            decode_next::<C, 1>,
            decode_next::<C, 2>,
            decode_next::<C, 3>,
            decode_next::<C, 4>,
            decode_next::<C, 5>,
            decode_next::<C, 6>,
        ],
        publish: || encode(&input("publish_qos0_64", C::VERSION), C::encoder),
        puback: || encode(&input("puback", C::VERSION), C::encoder),
        stream: || {
            read(C::VERSION, |stream| {
                let mut input = C::input();
                let mut packets = 0;
                for chunk in stream.chunks(1460) {
                    C::feed(&mut input, chunk);
                    while let Some(accepted) = C::next(&mut input) {
                        packets += u64::from(accepted);
                    }
                }
                packets
            })
        },
    }
    .rows()
}

fn frames<F: Frame>() -> Vec<Row> {
    Does {
        who: F::WHO,
        version: F::VERSION,
        accepts: |packet| F::decode(packet),
        decode: [
            decode_frame::<F, 0>,
            decode_frame::<F, 1>,
            decode_frame::<F, 2>,
            decode_frame::<F, 3>,
            decode_frame::<F, 4>,
            decode_frame::<F, 5>,
            decode_frame::<F, 6>,
        ],
        publish: || encode(&input("publish_qos0_64", F::VERSION), F::encoder),
        puback: || encode(&input("puback", F::VERSION), F::encoder),
        stream: || read(F::VERSION, |stream| read_frames(stream, F::decode)),
    }
    .rows()
}

/// As much as a peer without framing needs: whole packets are decoded where they lie, what is left is kept.
fn read_frames(stream: &[u8], decode: fn(&[u8]) -> bool) -> u64 {
    let mut buffer = Vec::with_capacity(8192);
    let mut packets = 0;
    for chunk in stream.chunks(1460) {
        buffer.extend_from_slice(chunk);
        let mut at = 0;
        while let Some(len) = frame_len(&buffer[at..]).filter(|len| at + len <= buffer.len()) {
            packets += u64::from(decode(&buffer[at..at + len]));
            at += len;
        }
        buffer.drain(..at);
    }
    packets
}

/// The length of the packet that begins here, if it is known yet.
fn frame_len(bytes: &[u8]) -> Option<usize> {
    let mut len = 0;
    for (at, byte) in bytes.iter().skip(1).take(4).enumerate() {
        len |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some(at + 2 + len);
        }
    }
    None
}

/// Many copies of a packet, decoded one after another, as they would be from a busy connection.
fn decode_next<C: Codec, const ROW: usize>() -> Box<dyn FnMut()> {
    let bytes = proven(ROW, C::VERSION, C::again);
    let mut buffer = C::input();
    let mut left = 0;
    Box::new(move || {
        if left == 0 {
            left = 102;
            (0..left).for_each(|_| C::feed(&mut buffer, &bytes));
        }
        left -= 1;
        assert_eq!(C::next(black_box(&mut buffer)), Some(true));
    })
}

fn decode_frame<F: Frame, const ROW: usize>() -> Box<dyn FnMut()> {
    let bytes = proven(ROW, F::VERSION, F::again);
    Box::new(move || assert!(F::decode(black_box(&bytes))))
}

/// The input, after the peer was seen to understand it: what it encodes again means the same.
fn proven(row: usize, version: Version, again: fn(&[u8]) -> Option<Vec<u8>>) -> Vec<u8> {
    let bytes = input(DECODE[row].1, version);
    let again = again(&bytes).expect("a packet");
    assert_eq!(meaning(&again, version), meaning(&bytes, version));
    bytes
}

/// What is in a packet, in whatever order its properties are; some peers leave out one that says the default.
fn meaning(packet: &[u8], version: Version) -> Vec<String> {
    let mut packet = Packet::decode(packet, Rules::new(version)).expect("a packet");
    let properties = match &mut packet {
        Packet::Connect(connect) => std::mem::replace(&mut connect.properties, Properties::EMPTY),
        Packet::Publish(publish) => std::mem::replace(&mut publish.properties, Properties::EMPTY),
        _ => Properties::EMPTY,
    };
    let mut meaning: Vec<String> = properties
        .iter()
        .filter(|property| *property != Property::RequestProblemInformation(true))
        .map(|property| format!("{property:?}"))
        .collect();
    meaning.sort_unstable();
    meaning.push(format!("{packet:?}"));
    meaning
}

fn encode(packet: &[u8], encoder: fn(&[u8]) -> Box<dyn FnMut() -> usize>) -> Box<dyn FnMut()> {
    let mut work = encoder(packet);
    assert_eq!(work(), packet.len());
    Box::new(move || {
        black_box(work());
    })
}

fn read(version: Version, work: fn(&[u8]) -> u64) -> Box<dyn FnMut()> {
    let (stream, packets) = mqtt_stream(version);
    assert_eq!(work(&stream), packets);
    Box::new(move || {
        black_box(work(black_box(&stream)));
    })
}
