use std::hint::black_box;

use bytes::BytesMut;
use mqtt_codec::Version;
use mqttbytes::{Error, v4, v5};

use super::Codec;

const MAX: usize = 1 << 20;

macro_rules! codec {
    ($name:ident, $version:expr, $module:ident, $write:expr) => {
        pub(super) struct $name;

        impl Codec for $name {
            const WHO: &'static str = "mqttbytes 0.6.0";
            const VERSION: Version = $version;

            type Input = BytesMut;

            fn input() -> BytesMut {
                BytesMut::new()
            }

            fn feed(input: &mut BytesMut, bytes: &[u8]) {
                input.extend_from_slice(bytes);
            }

            fn next(input: &mut BytesMut) -> Option<bool> {
                match black_box($module::read(input, MAX)) {
                    Ok(_) => Some(true),
                    Err(Error::InsufficientBytes(_)) => None,
                    Err(_) => Some(false),
                }
            }

            fn again(packet: &[u8]) -> Option<Vec<u8>> {
                let packet = $module::read(&mut packet.into(), MAX).ok()?;
                let mut again = BytesMut::new();
                $write(&packet, &mut again)?;
                Some(again.to_vec())
            }

            fn encoder(packet: &[u8]) -> Box<dyn FnMut() -> usize> {
                let packet = $module::read(&mut packet.into(), MAX).expect("a packet");
                let mut buffer = BytesMut::with_capacity(4096);
                Box::new(move || {
                    buffer.clear();
                    $write(black_box(&packet), black_box(&mut buffer)).expect("a packet");
                    buffer.len()
                })
            }
        }
    };
}

codec!(V4, Version::V311, v4, write_v4);
codec!(V5, Version::V5, v5, write_v5);

fn write_v4(packet: &v4::Packet, out: &mut BytesMut) -> Option<usize> {
    match packet {
        v4::Packet::Connect(packet) => packet.write(out).ok(),
        v4::Packet::Publish(packet) => packet.write(out).ok(),
        v4::Packet::PubAck(packet) => packet.write(out).ok(),
        v4::Packet::Subscribe(packet) => packet.write(out).ok(),
        _ => None,
    }
}

fn write_v5(packet: &v5::Packet, out: &mut BytesMut) -> Option<usize> {
    match packet {
        v5::Packet::Connect(packet) => packet.write(out).ok(),
        v5::Packet::Publish(packet) => packet.write(out).ok(),
        v5::Packet::PubAck(packet) => packet.write(out).ok(),
        v5::Packet::Subscribe(packet) => packet.write(out).ok(),
        _ => None,
    }
}
