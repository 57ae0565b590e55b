//! A gateway, its own device and a child, fed with any messages and times: never a panic, never more
//! than configured, never a message that cannot be read.
#![no_main]

use core::time::Duration;

use alink::flow::{Credentials, Gateway, GatewayConfig, GatewayEvent, Pace};
use alink::message::file::UploadInit;
use alink::{Code, DeviceId, Direction, Error, Event, MAX_TOPIC, RawJson, Topic};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let id = DeviceId::new("a1GatewayDm1", "gw001").expect("legal names");
    let lamp = DeviceId::new("a1LampDemo01", "lamp001").expect("legal names");
    let mut gateway = Gateway::new(id, GatewayConfig::default());
    let signed = Credentials {
        client_id: "c".into(),
        timestamp: "1".into(),
        sign_method: "hmacSha256".into(),
        sign: "s".into(),
        clean_session: false,
    };
    gateway.add(Duration::ZERO, lamp, signed, true).expect("room for one");
    let file = UploadInit {
        name: "log.txt",
        size: -1,
        conflict: None,
        check_mode: None,
        check_value: None,
        uid: None,
        extra: None,
    };
    let announced = gateway.device_mut().upload(Duration::ZERO, &file, Pace::default(), &mut Vec::new());
    announced.expect("a vector has room");
    let (mut now, mut lines) = (Duration::ZERO, bytes.split(|byte| *byte == b'\n'));
    while let (Some(topic), Some(payload)) = (lines.next(), lines.next()) {
        now += Duration::from_millis(topic.len() as u64 * 100);
        let mut out = Vec::new();
        let (mut call, mut wanted) = (None, None);
        if let Ok(topic) = core::str::from_utf8(topic) {
            let step = gateway.receive(now, topic, payload, &mut out).expect("a vector has room");
            if let Some(GatewayEvent::Own(Event::PropertySet { call: asked, .. })) = step.event {
                call = asked;
            }
            if let Some(GatewayEvent::Own(Event::UploadWants { size, .. })) = step.event {
                wanted = Some(size);
            }
            // An answer's topic is its request's and `_reply`, so it may go beyond what is taken in.
            let read = |topic| Topic::parse_sent(topic, Direction::Up, MAX_TOPIC + "_reply".len());
            assert!(step.send.is_none_or(|send| read(send.split(&out).0).is_ok()));
        }
        if let Some(size) = wanted {
            let bytes = vec![0; usize::try_from(size).expect("a block")];
            let sent = gateway.device_mut().upload_send(now, &bytes, &mut Vec::new());
            assert!(matches!(sent, Ok(_) | Err(Error::Later)), "{sent:?}");
        }
        if let Some(call) = call {
            gateway
                .device_mut()
                .answer(call, Code::OK, &RawJson::EMPTY_OBJECT, &mut out)
                .expect("an open call");
        }
        let step = gateway.handle_timeout(now, &mut out).expect("a vector has room");
        assert!(!matches!(step.event, Some(GatewayEvent::State { child, .. }) if child != lamp));
        assert!(gateway.device().open_calls() <= 16 && gateway.device().pending() <= 32);
    }
});
