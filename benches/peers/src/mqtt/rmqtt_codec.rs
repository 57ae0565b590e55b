use std::hint::black_box;

use bytes::BytesMut;
use mqtt_codec::Version;
use rmqtt_codec::{v3, v5};
use tokio_util::codec::{Decoder, Encoder};

use super::Codec;

macro_rules! codec {
    ($name:ident, $version:expr, $codec:ty, $new:expr) => {
        pub(super) struct $name;

        impl Codec for $name {
            const WHO: &'static str = "rmqtt-codec 0.3.1";
            const VERSION: Version = $version;

            type Input = (BytesMut, $codec);

            fn input() -> Self::Input {
                (BytesMut::new(), $new)
            }

            fn feed((input, _): &mut Self::Input, bytes: &[u8]) {
                input.extend_from_slice(bytes);
            }

            fn next((input, codec): &mut Self::Input) -> Option<bool> {
                match black_box(codec.decode(input)) {
                    Ok(Some(_)) => Some(true),
                    Ok(None) => None,
                    Err(_) => Some(false),
                }
            }

            fn again(packet: &[u8]) -> Option<Vec<u8>> {
                let (packet, _) = $new.decode(&mut packet.into()).ok()??;
                let mut again = BytesMut::new();
                $new.encode(packet, &mut again).ok()?;
                Some(again.to_vec())
            }

            /// It takes packets by value: a copy that shares the payload is counted.
            fn encoder(packet: &[u8]) -> Box<dyn FnMut() -> usize> {
                let (packet, _) = $new.decode(&mut packet.into()).expect("a packet").expect("a packet");
                let mut buffer = BytesMut::with_capacity(4096);
                let mut codec = $new;
                Box::new(move || {
                    buffer.clear();
                    codec.encode(black_box(&packet).clone(), black_box(&mut buffer)).expect("a packet");
                    buffer.len()
                })
            }
        }
    };
}

codec!(V4, Version::V311, v3::Codec, v3::Codec::new(1 << 20));
codec!(V5, Version::V5, v5::Codec, v5::Codec::new(1 << 20, 1 << 20));
