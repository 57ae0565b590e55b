use std::hint::black_box;

use mqtt_codec::Version;
use ntex_bytes::{BytePages, BytesMut};
use ntex_codec::{Decoder, Encoder};

use super::Codec;

macro_rules! codec {
    ($name:ident, $version:expr, $module:ident) => {
        pub(super) mod $module {
            use ntex_mqtt::$module::codec::{Codec as Peer, Decoded, Encoded};

            use super::*;

            pub(in super::super) struct $name;

            fn encoded(decoded: Decoded) -> Option<Encoded> {
                Some(match decoded {
                    Decoded::Packet(packet, _) => Encoded::Packet(packet),
                    Decoded::Publish(publish, payload, _) => Encoded::Publish(publish, Some(payload)),
                    Decoded::PayloadChunk(..) => return None,
                })
            }

            impl Codec for $name {
                const WHO: &'static str = "ntex-mqtt 9.0.0";
                const VERSION: Version = $version;

                type Input = (BytesMut, Peer);

                fn input() -> Self::Input {
                    // A PUBLISH whole, as everybody else gives it.
                    let codec = Peer::default();
                    codec.set_min_chunk_size(1 << 20);
                    (BytesMut::new(), codec)
                }

                fn feed((input, _): &mut Self::Input, bytes: &[u8]) {
                    input.extend_from_slice(bytes);
                }

                /// A PUBLISH whose payload is not there yet comes in two.
                fn next((input, codec): &mut Self::Input) -> Option<bool> {
                    loop {
                        return match black_box(codec.decode(input)) {
                            Ok(Some(Decoded::Publish(head, payload, _)))
                                if payload.len() < head.payload_size as usize =>
                            {
                                continue;
                            }
                            Ok(Some(_)) => Some(true),
                            Ok(None) => None,
                            Err(_) => Some(false),
                        };
                    }
                }

                fn again(packet: &[u8]) -> Option<Vec<u8>> {
                    let decoded = Peer::default().decode(&mut BytesMut::copy_from_slice(packet)).ok()??;
                    let mut again = BytePages::default();
                    Peer::default().encodev(encoded(decoded)?, &mut again).ok()?;
                    Some(again.freeze().to_vec())
                }

                fn encoder(packet: &[u8]) -> Box<dyn FnMut() -> usize> {
                    let decoded = Peer::default().decode(&mut BytesMut::copy_from_slice(packet));
                    let packet = encoded(decoded.expect("a packet").expect("a packet")).expect("a packet");
                    let mut pages = BytePages::default();
                    let codec = Peer::default();
                    Box::new(move || {
                        pages.clear();
                        codec.encodev(black_box(&packet).clone(), black_box(&mut pages)).expect("a packet");
                        pages.len()
                    })
                }
            }
        }
    };
}

codec!(V4, Version::V311, v3);
codec!(V5, Version::V5, v5);
pub(super) use v3::V4;
pub(super) use v5::V5;
