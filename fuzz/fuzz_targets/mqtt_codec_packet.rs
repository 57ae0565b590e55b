//! Packets: what decodes can be encoded, in the length foretold, and decodes to the same again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mqtt_codec::{Leniency, Packet, Peek, Role, Rules, Version, peek};

fuzz_target!(|frame: &[u8]| {
    for version in [Version::V311, Version::V5] {
        let either = Rules::new(version);
        _ = Packet::decode(frame, either.lenient(Leniency::ALL)).map(|packet| packet.to_string());
        for rules in [either, either.sent_by(Role::Client), either.sent_by(Role::Server)] {
            let Ok(packet) = Packet::decode(frame, rules) else { continue };
            assert_eq!(peek(frame, u32::MAX), Ok(Peek::Frame { len: frame.len() }));
            let mut written = Vec::new();
            let len = packet.encode(version, &mut written).expect("what was read can be written");
            assert_eq!((len, packet.encoded_len(version)), (written.len(), Ok(written.len())));
            assert_eq!(Packet::decode(&written, rules), Ok(packet));
        }
    }
});
