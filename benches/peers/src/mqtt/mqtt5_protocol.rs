use std::hint::black_box;

use bytes::BytesMut;
use mqtt_codec::Version;
use mqtt5_protocol::packet::MqttPacket;
use mqtt5_protocol::{FixedHeader, Packet};

use super::{Codec, frame_len};

const WHO: &str = "mqtt5-protocol 0.16.2";

/// Finding where a packet ends is left to the caller.
fn next(input: &mut BytesMut, version: u8) -> Option<Option<Packet>> {
    let len = frame_len(input).filter(|len| *len <= input.len())?;
    let mut frame = input.split_to(len).freeze();
    let packet = FixedHeader::decode(&mut frame).and_then(|header| {
        Packet::decode_from_body_with_version(header.packet_type, &header, &mut frame, version)
    });
    Some(packet.ok())
}

fn write(packet: &Packet, out: &mut BytesMut) -> Option<()> {
    match packet {
        Packet::Connect(packet) => packet.encode(out).ok(),
        Packet::Publish(packet) => packet.encode(out).ok(),
        Packet::PubAck(packet) => packet.encode(out).ok(),
        Packet::Subscribe(packet) => packet.encode(out).ok(),
        _ => None,
    }
}

macro_rules! codec {
    ($name:ident, $version:expr, $number:expr) => {
        pub(super) struct $name;

        impl Codec for $name {
            const WHO: &'static str = WHO;
            const VERSION: Version = $version;

            type Input = BytesMut;

            fn input() -> BytesMut {
                BytesMut::new()
            }

            fn feed(input: &mut BytesMut, bytes: &[u8]) {
                input.extend_from_slice(bytes);
            }

            fn next(input: &mut BytesMut) -> Option<bool> {
                next(input, $number).map(|packet| black_box(packet).is_some())
            }

            fn again(packet: &[u8]) -> Option<Vec<u8>> {
                let packet = next(&mut packet.into(), $number)??;
                let mut again = BytesMut::new();
                write(&packet, &mut again)?;
                Some(again.to_vec())
            }

            fn encoder(packet: &[u8]) -> Box<dyn FnMut() -> usize> {
                let packet = next(&mut packet.into(), $number).flatten().expect("a packet");
                let mut buffer = BytesMut::with_capacity(4096);
                Box::new(move || {
                    buffer.clear();
                    write(black_box(&packet), black_box(&mut buffer)).expect("a packet");
                    buffer.len()
                })
            }
        }
    };
}

codec!(V4, Version::V311, 4);
codec!(V5, Version::V5, 5);
