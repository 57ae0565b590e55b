//! The flow of one device against hand-written messages of a platform.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use core::time::Duration;

use alink::{Code, Config, Device, DeviceId, Error, Event, Kind, Outcome, RawJson, Rule, SliceOut, Values};

const SEC: Duration = Duration::from_secs(1);
const SYS: &str = "/sys/a1LampDemo01/lamp001/";

fn device(config: Config) -> Device {
    Device::new(DeviceId::new("a1LampDemo01", "lamp001").unwrap(), config)
}

fn text(out: &[u8]) -> &str {
    core::str::from_utf8(out).unwrap()
}

#[test]
fn a_post_is_answered_once() {
    let mut device = device(Config::default());
    let mut out = Vec::new();
    let sent = device
        .post(
            SEC,
            &[("PowerSwitch", true.into()), ("Brightness", alink::Sample::from(61).at(1_700_000_000_000))],
            &mut out,
        )
        .unwrap();
    let (topic, payload) = sent.send.split(&out);
    assert_eq!(topic, format!("{SYS}thing/event/property/post"));
    assert_eq!(
        text(payload),
        r#"{"id":"1","version":"1.0","params":{"PowerSwitch":1,"Brightness":{"value":61,"time":1700000000000}},"method":"thing.event.property.post"}"#
    );
    let reply_topic = format!("{SYS}thing/event/property/post_reply");
    let answer = br#"{"id":"1","code":200,"data":{}}"#;
    let step = device.receive(SEC, &reply_topic, answer, &mut out).unwrap();
    assert!(matches!(step.event, Some(Event::Posted { outcome: Outcome::Accepted, .. })), "{step:?}");
    let again = device.receive(SEC, &reply_topic, answer, &mut out).unwrap();
    assert!(
        matches!(again.event, Some(Event::Unreadable { fault, .. }) if fault.rule == Rule::IdNotPending),
        "{again:?}"
    );
    assert_eq!((device.pending(), device.next_timeout()), (0, None));
}

#[test]
fn a_reply_of_another_kind_is_not_taken_for_it() {
    let mut device = device(Config::default());
    let mut out = Vec::new();
    device.post(SEC, &[("PowerSwitch", 1.into())], &mut out).unwrap();
    let topic = format!("{SYS}thing/event/OverHeat/post_reply");
    let step = device.receive(SEC, &topic, br#"{"id":"1","code":200}"#, &mut out).unwrap();
    assert!(matches!(step.event, Some(Event::Unreadable { .. })));
    assert_eq!(device.pending(), 1);
}

#[test]
fn refused_and_partly_dropped_posts_are_no_success() {
    let mut device = device(Config::default());
    let mut out = Vec::new();
    device.post_event(SEC, "OverHeat", &[("Temperature", 95.5.into())], None, &mut out).unwrap();
    let topic = format!("{SYS}thing/event/OverHeat/post_reply");
    let step = device.receive(SEC, &topic, br#"{"id":1,"code":"6304","message":"no"}"#, &mut out).unwrap();
    let Some(Event::Posted { kind: Kind::Event, reply, outcome: Outcome::Refused, .. }) = step.event else {
        panic!("{step:?}")
    };
    assert_eq!((reply.code, reply.message.unwrap().to_string()), (Code(6304), "no".into()));
}

#[test]
fn silence_times_out_once_and_the_table_is_bounded() {
    let mut config = Config::default();
    config.max_pending = 1;
    let mut device = device(config);
    let mut out = Vec::new();
    let sent = device.post(SEC, &[("PowerSwitch", 1.into())], &mut out).unwrap();
    let len = out.len();
    assert_eq!(device.post(SEC, &[("PowerSwitch", 1.into())], &mut out), Err(Error::Later));
    assert_eq!(out.len(), len);
    let properties = [("PowerSwitch", 1.into())];
    let quiet = alink::PropertyPost((&properties).into());
    device.tell(SEC, Kind::PropertyPost, &quiet, &mut out).unwrap();
    assert_eq!(device.handle_timeout(SEC * 10, &mut out).unwrap().event, None);
    assert_eq!(device.next_timeout(), Some(SEC * 11));
    let step = device.handle_timeout(SEC * 11, &mut out).unwrap();
    assert_eq!(step.event, Some(Event::TimedOut { id: sent.id, kind: Kind::PropertyPost }));
    assert_eq!(device.handle_timeout(SEC * 11, &mut out).unwrap().event, None);
}

#[test]
fn a_set_is_answered_and_comes_once() {
    let mut device = device(Config::default());
    let mut out = Vec::new();
    let topic = format!("{SYS}thing/service/property/set");
    let payload =
        br#"{"id":"9","version":"1.0","params":{"Brightness":30},"method":"thing.service.property.set"}"#;
    let step = device.receive(SEC, &topic, payload, &mut out).unwrap();
    let Some(Event::PropertySet { call: Some(call), values }) = step.event else { panic!("{step:?}") };
    assert_eq!(values.get("Brightness").unwrap().integer(), Some(30));
    let again = device.receive(SEC, &topic, payload, &mut out).unwrap();
    assert_eq!((again.send, again.event), (None, None));

    let send = device.answer(call, Code::OK, &RawJson::EMPTY_OBJECT, &mut out).unwrap();
    let (topic, payload) = send.split(&out);
    assert_eq!(topic, format!("{SYS}thing/service/property/set_reply"));
    assert_eq!(text(payload), r#"{"id":"9","code":200,"data":{}}"#);
    assert_eq!(device.answer(call, Code::OK, &RawJson::EMPTY_OBJECT, &mut out), Err(Error::NoSuchCall));
}

#[test]
fn services_come_on_three_topics() {
    let mut device = device(Config::default());
    for (topic, reply, sync) in [
        (format!("{SYS}thing/service/Blink"), format!("{SYS}thing/service/Blink_reply"), false),
        (
            format!("{SYS}rrpc/request/1730000000000000002"),
            format!("{SYS}rrpc/response/1730000000000000002"),
            true,
        ),
        (
            format!("/ext/rrpc/1730000000000000001{SYS}thing/service/Blink"),
            format!("/ext/rrpc/1730000000000000001{SYS}thing/service/Blink"),
            true,
        ),
    ] {
        let payload = br#"{"id":"5","version":"1.0","params":{"Times":3},"method":"thing.service.Blink"}"#;
        let mut out = Vec::new();
        let step = device.receive(SEC, &topic, payload, &mut out).unwrap();
        let Some(Event::Service { call: Some(call), identifier, inputs, is_sync }) = step.event else {
            panic!("{step:?}")
        };
        assert_eq!((identifier, inputs.len(), is_sync), ("Blink", 1, sync));
        let send = device.answer(call, Code::OK, &Values::from(&[("Done", 3.into())]), &mut out).unwrap();
        let (to, payload) = send.split(&out);
        assert_eq!((to, text(payload)), (reply.as_str(), r#"{"id":"5","code":200,"data":{"Done":3}}"#));
    }
}

#[test]
fn free_form_calls_expire() {
    let mut device = device(Config::default());
    let mut out = Vec::new();
    for topic in [format!("{SYS}rrpc/request/12"), "/ext/rrpc/13/a1LampDemo01/lamp001/user/get".to_owned()] {
        let step = device.receive(SEC, &topic, br#"{"power":200}"#, &mut out).unwrap();
        let Some(Event::Rrpc { call, .. }) = step.event else { panic!("{step:?}") };
        if topic.starts_with("/ext") {
            let send = device.answer_raw(call, b"\x01", &mut out).unwrap();
            assert_eq!(send.split(&out), (topic.as_str(), &b"\x01"[..]));
        } else {
            assert_eq!(device.next_timeout(), Some(SEC * 9));
            assert_eq!(
                device.handle_timeout(SEC * 9, &mut out).unwrap().event,
                Some(Event::CallExpired { call })
            );
            assert_eq!(device.answer_raw(call, b"", &mut out), Err(Error::NoSuchCall));
        }
    }
    assert_eq!(device.open_calls(), 0);
}

#[test]
fn calls_beyond_the_bound_are_refused() {
    let mut config = Config::default();
    config.max_calls = 1;
    let mut device = device(config);
    let topic = format!("{SYS}thing/service/Blink");
    let mut out = Vec::new();
    device.receive(SEC, &topic, br#"{"id":"1","params":{}}"#, &mut out).unwrap();
    let step = device.receive(SEC, &topic, br#"{"id":"2","params":{}}"#, &mut out).unwrap();
    assert_eq!(step.event, None);
    let sent = step.send.unwrap();
    assert!(text(sent.split(&out).1).contains(r#""code":429"#));
}

#[test]
fn broadcasts_custom_topics_and_strangers() {
    let mut device = device(Config::default());
    let mut out = Vec::new();
    for topic in ["/broadcast/a1LampDemo01/shareData", "/sys/a1LampDemo01/lamp001/broadcast/request/12"] {
        let step = device.receive(SEC, topic, b"all", &mut out).unwrap();
        assert!(matches!(step.event, Some(Event::Broadcast { payload: b"all", .. })));
    }
    let step = device.receive(SEC, "/a1LampDemo01/lamp001/user/get", b"x", &mut out).unwrap();
    assert!(matches!(step.event, Some(Event::Custom { topic, .. }) if topic.part() == "user/get"));
    let step = device.receive(SEC, "/a1LampDemo01/lamp002/user/get", b"x", &mut out).unwrap();
    assert!(matches!(step.event, Some(Event::Unreadable { fault, .. }) if fault.rule == Rule::TopicNotOurs));
}

#[test]
fn what_cannot_be_read_is_refused_when_it_says_who_asks() {
    let mut device = device(Config::default());
    let topic = format!("{SYS}thing/service/property/set");
    let mut out = Vec::new();
    let step = device.receive(SEC, &topic, br#"{"id":"4","params":[1]}"#, &mut out).unwrap();
    assert!(
        matches!(step.event, Some(Event::Unreadable { fault, .. }) if fault.rule == Rule::ParamsNotObject)
    );
    assert_eq!(text(step.send.unwrap().split(&out).1), r#"{"id":"4","code":460,"data":{}}"#);
    let step = device.receive(SEC, &topic, br#"{"id":"#, &mut out).unwrap();
    assert_eq!(step.send, None);
    // A refusal that does not fit leaves all as it was.
    let mut small = [0; 10];
    let mut small = SliceOut::new(&mut small);
    let short = device.receive(SEC, &topic, br#"{"id":"4","params":[1]}"#, &mut small);
    assert!(matches!(short, Err(Error::NoRoom { needed: 89 })), "{short:?}");
    assert!(small.is_empty());
}

#[test]
fn payloads_are_bounded() {
    let mut device = device(Config::coap());
    let mut out = Vec::new();
    let long = "x".repeat(1024);
    let post = device.post(SEC, &[("Text", long.as_str().into())], &mut out);
    assert!(matches!(post, Err(Error::Message(fault)) if fault.rule == Rule::PayloadTooLarge), "{post:?}");
    assert_eq!((device.pending(), out.len()), (0, 0));
    let step = device.receive(SEC, "/a1LampDemo01/lamp001/user/get", &[0; 1025], &mut out).unwrap();
    assert!(
        matches!(step.event, Some(Event::Unreadable { fault, .. }) if fault.rule == Rule::PayloadTooLarge)
    );
}
