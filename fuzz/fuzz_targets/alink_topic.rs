//! Topics: what is read is written back, and what a device may do never panics.
#![no_main]

use alink::access::{Filter, may_publish, may_subscribe};
use alink::{DeviceId, Direction, MAX_TOPIC, Topic};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let lamp = DeviceId::new("a1LampDemo01", "lamp001").expect("legal names");
    for travels in [Direction::Up, Direction::Down, Direction::Both] {
        let Ok(topic) = Topic::parse_sent(text, travels, MAX_TOPIC) else { continue };
        assert_eq!(topic.to_string(), text);
        assert_eq!(topic.len(), text.len());
        let mut written = Vec::new();
        topic.write(&mut written).expect("a vector has room");
        assert_eq!(written, text.as_bytes());
        _ = (topic.reply(), topic.device(), Filter::rrpc(topic).to_string());
    }
    _ = may_publish(text, lamp, |child| child.product_key().len() > 3);
    _ = may_subscribe(text, lamp, |child| child.product_key().len() > 3);
});
