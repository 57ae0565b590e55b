use std::hint::black_box;

use mqtt_codec::Version;

use super::Frame;

const WHO: &str = "mqtt-proto 0.4.0";

macro_rules! frame {
    ($name:ident, $version:expr, $module:ident) => {
        pub(super) struct $name;

        impl Frame for $name {
            const WHO: &'static str = WHO;
            const VERSION: Version = $version;

            fn decode(packet: &[u8]) -> bool {
                matches!(black_box(mqtt_proto::$module::Packet::decode(packet)), Ok(Some(_)))
            }

            fn again(packet: &[u8]) -> Option<Vec<u8>> {
                let packet = mqtt_proto::$module::Packet::decode(packet).ok()??;
                Some(packet.encode().ok()?.as_ref().to_vec())
            }

            /// It has no way to encode into a buffer that is there.
            fn encoder(packet: &[u8]) -> Box<dyn FnMut() -> usize> {
                let packet =
                    mqtt_proto::$module::Packet::decode(packet).expect("a packet").expect("a packet");
                Box::new(move || black_box(black_box(&packet).encode().expect("a packet")).as_ref().len())
            }
        }
    };
}

frame!(V4, Version::V311, v3);
frame!(V5, Version::V5, v5);
