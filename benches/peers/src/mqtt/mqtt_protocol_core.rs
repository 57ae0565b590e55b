//! Its packets are parsed from what follows the fixed header, PUBLISH from an `Arc<[u8]>` of its own.

use std::hint::black_box;
use std::sync::Arc;

use mqtt_codec::Version;
use mqtt_protocol_core::mqtt::packet::GenericPacketTrait;

use super::{Frame, frame_len};

const WHO: &str = "mqtt-protocol-core 0.7.9";

macro_rules! frame {
    ($name:ident, $version:expr, $module:ident) => {
        pub(super) mod $module {
            use mqtt_protocol_core::mqtt::packet::{Packet, $module as packet};

            use super::*;

            pub(in super::super) struct $name;

            fn parse(bytes: &[u8]) -> Option<Packet> {
                let head = 1 + bytes[1..].iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
                let body = bytes.get(head..frame_len(bytes)?)?;
                Some(match bytes[0] >> 4 {
                    1 => packet::Connect::parse(body).ok()?.0.into(),
                    3 => packet::Publish::parse(bytes[0] & 15, Arc::from(body)).ok()?.0.into(),
                    4 => packet::Puback::parse(body).ok()?.0.into(),
                    6 => packet::Pubrel::parse(body).ok()?.0.into(),
                    8 => packet::Subscribe::parse(body).ok()?.0.into(),
                    12 => packet::Pingreq::parse(body).ok()?.0.into(),
                    13 => packet::Pingresp::parse(body).ok()?.0.into(),
                    _ => return None,
                })
            }

            impl Frame for $name {
                const WHO: &'static str = WHO;
                const VERSION: Version = $version;

                fn decode(packet: &[u8]) -> bool {
                    black_box(parse(packet)).is_some()
                }

                fn again(packet: &[u8]) -> Option<Vec<u8>> {
                    Some(parse(packet)?.to_continuous_buffer())
                }

                /// Into slices for a vectored write: nothing is copied.
                fn encoder(packet: &[u8]) -> Box<dyn FnMut() -> usize> {
                    let packet = parse(packet).expect("a packet");
                    Box::new(move || {
                        black_box(black_box(&packet).to_buffers()).iter().map(|slice| slice.len()).sum()
                    })
                }
            }
        }
    };
}

frame!(V4, Version::V311, v3_1_1);
frame!(V5, Version::V5, v5_0);
pub(super) use v3_1_1::V4;
pub(super) use v5_0::V5;
