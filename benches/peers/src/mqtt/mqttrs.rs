use std::hint::black_box;

use mqtt_codec::Version;
use mqttrs::{decode_slice, encode_slice};

use super::Frame;

pub(super) struct V4;

impl Frame for V4 {
    const WHO: &'static str = "mqttrs 0.4.1";
    const VERSION: Version = Version::V311;

    fn decode(packet: &[u8]) -> bool {
        matches!(black_box(decode_slice(packet)), Ok(Some(_)))
    }

    fn again(packet: &[u8]) -> Option<Vec<u8>> {
        let packet = decode_slice(packet).ok()??;
        let mut again = vec![0; 1 << 17];
        let len = encode_slice(&packet, &mut again).ok()?;
        again.truncate(len);
        Some(again)
    }

    fn encoder(packet: &[u8]) -> Box<dyn FnMut() -> usize> {
        let packet = decode_slice(packet.to_vec().leak()).expect("a packet").expect("a packet");
        let mut buffer = [0; 256];
        Box::new(move || encode_slice(black_box(&packet), black_box(&mut buffer)).expect("room"))
    }
}
