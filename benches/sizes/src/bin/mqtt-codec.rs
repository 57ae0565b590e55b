//! Decodes any packet of MQTT 5.0 and encodes it again.
#![no_std]
#![no_main]

use mqtt_codec::{Packet, Rules, SliceOut, Version};
use sizes::{receive, send};

#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    let (mut up, mut down) = ([0; 512], [0; 512]);
    let mut out = SliceOut::new(&mut down);
    let Ok(packet) = Packet::decode(receive(&mut up), Rules::new(Version::V5)) else { return 1 };
    if packet.encode(Version::V5, &mut out).is_err() {
        return 2;
    }
    send(out.written()).is_break().into()
}
