//! Messages of every kind: the first line is the topic, the rest the payload. What is read and
//! passes its own check is written and reads back the same.
#![no_main]

use alink::message::any::Message;
use alink::message::subscription::{Notice, Properties};
use alink::{Json, RawJson, Reading, Request, Topic};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let split = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (topic, payload) = (&bytes[..split], bytes.get(split + 1..).unwrap_or_default());
    let Ok(topic) = core::str::from_utf8(topic) else { return };
    assert_eq!(RawJson::parse(payload).is_ok(), is_json(payload));
    let properties = Properties { topic, message_id: "1", generate_time: None };
    _ = Notice::parse(&properties, payload);
    let Ok(topic) = Topic::parse(topic) else { return };
    for reading in [Reading::Tolerant, Reading::Strict] {
        let Ok(message) = Message::parse(&topic, payload, reading) else { continue };
        let mut written = Vec::new();
        if let Message::Request(request) = message
            && request.append(&mut written).is_ok()
            && topic.kind() != alink::Kind::ModelConfigPush
        {
            let again = Request::parse(&written, &topic, reading).expect("what was written reads back");
            assert_eq!((again.id, again.ack), (request.id, request.ack));
        }
    }
});

/// serde_json, but for nesting: its bound is 128, ours 64.
fn is_json(payload: &[u8]) -> bool {
    let deep = payload.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() > 64;
    // Numbers beyond f64 are well formed for us.
    match serde_json::from_slice::<serde_json::Value>(payload) {
        Ok(_) => !deep || RawJson::parse(payload).is_ok(),
        Err(error) => RawJson::parse(payload).is_ok() && error.to_string().contains("number out of range"),
    }
}
