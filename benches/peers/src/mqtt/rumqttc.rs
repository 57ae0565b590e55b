use std::hint::black_box;

use bytes::BytesMut;
use mqtt_codec::Version;
use rumqttc::mqttbytes::v4;
use rumqttc::v5::mqttbytes::v5;

use super::Codec;

const MAX: usize = 1 << 20;

macro_rules! codec {
    ($name:ident, $version:expr, $packet:ty, $max:expr) => {
        pub(super) struct $name;

        impl Codec for $name {
            const WHO: &'static str = "rumqttc 0.25.1";
            const VERSION: Version = $version;

            type Input = BytesMut;

            fn input() -> BytesMut {
                BytesMut::new()
            }

            fn feed(input: &mut BytesMut, bytes: &[u8]) {
                input.extend_from_slice(bytes);
            }

            fn next(input: &mut BytesMut) -> Option<bool> {
                match black_box(<$packet>::read(input, $max)) {
                    Ok(_) => Some(true),
                    Err(error) if format!("{error:?}").starts_with("InsufficientBytes") => None,
                    Err(_) => Some(false),
                }
            }

            fn again(packet: &[u8]) -> Option<Vec<u8>> {
                let packet = <$packet>::read(&mut packet.into(), $max).ok()?;
                let mut again = BytesMut::new();
                packet.write(&mut again, $max).ok()?;
                Some(again.to_vec())
            }

            fn encoder(packet: &[u8]) -> Box<dyn FnMut() -> usize> {
                let packet = <$packet>::read(&mut packet.into(), $max).expect("a packet");
                let mut buffer = BytesMut::with_capacity(4096);
                Box::new(move || {
                    buffer.clear();
                    black_box(&packet).write(black_box(&mut buffer), $max).expect("a packet");
                    buffer.len()
                })
            }
        }
    };
}

codec!(V4, Version::V311, v4::Packet, MAX);
codec!(V5, Version::V5, v5::Packet, Some(MAX as u32));
