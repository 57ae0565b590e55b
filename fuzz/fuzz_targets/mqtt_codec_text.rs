//! Topics and texts off the wire are what the checking constructors accept, and nothing else is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mqtt_codec::{Packet, PacketId, Rules, Text, TopicFilter, TopicName, Version};

fuzz_target!(|bytes: &[u8]| {
    let Ok(len) = u16::try_from(bytes.len()) else { return };
    if bytes.len() > 100 {
        return;
    }
    let field = [&len.to_be_bytes(), bytes].concat();
    let accepts = |first, before: &[u8], behind: &[u8], version| {
        let mut frame = vec![first, u8::try_from(before.len() + field.len() + behind.len()).expect("short")];
        frame.extend([before, &field, behind].concat());
        Packet::decode(&frame, Rules::new(version)).is_ok()
    };
    let id = PacketId::MIN.get().to_be_bytes();
    assert_eq!(accepts(0x30, &[], &[], Version::V311), TopicName::from_utf8(bytes).is_ok());
    assert_eq!(
        accepts(0x82, &[&id[..], &[0]].concat(), &[0], Version::V5),
        TopicFilter::from_utf8(bytes).is_ok()
    );
    let connect = b"\x00\x04MQTT\x04\x02\x00\x00";
    assert_eq!(accepts(0x10, connect, &[], Version::V311), Text::from_utf8(bytes).is_ok());
});
