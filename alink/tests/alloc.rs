//! Steady state without heap: posts, replies, sets and calls, once the buffers have grown.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use core::time::Duration;

use alink::{
    Code, Config, Device, DeviceId, Event, Id, Json, Kind, Outcome, RawJson, Reply, Sample, SliceOut, Topic,
};

const SEC: Duration = Duration::from_secs(1);
const POSTED: &str = "/sys/a1LampDemo01/lamp001/thing/event/property/post_reply";
const SET: &str = "/sys/a1LampDemo01/lamp001/thing/service/property/set";
const RRPC: &str = "/sys/a1LampDemo01/lamp001/rrpc/request/12";

/// One post with its reply, one set with its answer, one free-form call with its answer.
fn round(device: &mut Device, buffer: &mut [u8], reply: &mut [u8]) {
    let mut out = SliceOut::new(buffer);
    let properties = [("PowerSwitch", true.into()), ("Brightness", Sample::from(23.5).at(1_700_000_000_000))];
    let sent = device.post(SEC, &properties, &mut out).unwrap();
    let mut answer = SliceOut::new(reply);
    Reply::ok(sent.id).append(&mut answer).unwrap();
    let step = device.receive(SEC, POSTED, answer.written(), &mut out).unwrap();
    assert!(matches!(step.event, Some(Event::Posted { outcome: Outcome::Accepted, .. })));

    out.clear();
    let set =
        br#"{"id":"9","version":"1.0","params":{"Brightness":30},"method":"thing.service.property.set"}"#;
    let step = device.receive(SEC, SET, set, &mut out).unwrap();
    let Some(Event::PropertySet { call: Some(call), values }) = step.event else { panic!("{step:?}") };
    assert_eq!(values.get("Brightness").unwrap().integer(), Some(30));
    device.answer(call, Code::OK, &RawJson::EMPTY_OBJECT, &mut out).unwrap();

    out.clear();
    let step = device.receive(SEC, RRPC, b"ping", &mut out).unwrap();
    let Some(Event::Rrpc { call, .. }) = step.event else { panic!("{step:?}") };
    device.answer_raw(call, b"pong", &mut out).unwrap();
    assert!(device.next_timeout().is_none());
}

#[test]
fn steady_state_allocates_nothing() {
    let mut device = Device::new(DeviceId::new("a1LampDemo01", "lamp001").unwrap(), Config::default());
    let (mut buffer, mut reply) = ([0; 512], [0; 128]);
    round(&mut device, &mut buffer, &mut reply);
    let info = allocation_counter::measure(|| {
        for _ in 0..100 {
            round(&mut device, &mut buffer, &mut reply);
        }
    });
    assert_eq!(info.count_total, 0);
}

#[test]
fn topics_and_envelopes_allocate_nothing_ever() {
    let info = allocation_counter::measure(|| {
        let topic = Topic::parse(SET).unwrap();
        assert_eq!(topic.kind(), Kind::PropertySet);
        let mut buffer = [0; 128];
        let mut out = SliceOut::new(&mut buffer);
        topic.reply().unwrap().write(&mut out).unwrap();
        out.clear();
        Reply::ok(Id(7)).from_platform(&topic).append(&mut out).unwrap();
        assert_eq!(Reply::parse(out.written(), Default::default()).unwrap().id, Id(7));
    });
    assert_eq!(info.count_total, 0);
}

#[cfg(feature = "model")]
#[test]
fn checking_on_the_way_allocates_nothing() {
    use thing_model::{Checker, Count, Limits, Model, WallClock};

    let model = Model::compile(include_bytes!("../../vectors/tsl/lamp.json"), &Limits::current()).unwrap();
    let mut checker = Checker::new(&model);
    let mut device = Device::new(DeviceId::new("a1LampDemo01", "lamp001").unwrap(), Config::default());
    let (mut buffer, mut reply) = ([0; 512], [0; 128]);
    let mut post = |device: &mut Device| {
        let mut out = SliceOut::new(&mut buffer);
        let properties = [("PowerSwitch", 1.into()), ("Brightness", 60.into())];
        let mut checked = device.checked(&mut checker, WallClock::UNKNOWN);
        let sent = checked.post(SEC, &properties, &mut Count::default(), &mut out).unwrap();
        let mut answer = SliceOut::new(&mut reply);
        Reply::ok(sent.id).append(&mut answer).unwrap();
        checked.receive(SEC, POSTED, answer.written(), &mut Count::default(), &mut out).unwrap();
    };
    post(&mut device);
    let info = allocation_counter::measure(|| (0..100).for_each(|_| post(&mut device)));
    assert_eq!(info.count_total, 0);
}
