//! A bridge: names of two worlds, and neighbours that do not wait for each other.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use core::time::Duration;

use alink::flow::{Bridge, BridgeEntry, BridgeEvent};
use alink::{Code, Config, DeviceId, Error, Event, List, RawJson, Read, Rule};

const SEC: Duration = Duration::from_secs(1);
const CONFIG: &[u8] = br#"[
    {"original": "imei-1", "productKey": "a1Meter0001", "deviceName": "meter001"},
    {"original": "imei-2", "productKey": "a1Meter0001", "deviceName": "meter002"}
]"#;

fn bridge() -> Bridge {
    let entries = List::read(RawJson::parse(CONFIG).unwrap()).unwrap();
    let mut config = Config::default();
    config.max_pending = 1;
    Bridge::new(entries, config, 3).unwrap()
}

#[test]
fn names_are_mapped_both_ways_and_unique() {
    let mut bridge = bridge();
    let meter = DeviceId::new("a1Meter0001", "meter001").unwrap();
    assert_eq!(bridge.device("imei-1"), Some((meter, false)));
    assert_eq!(bridge.original(meter), Some("imei-1"));
    let twice = |bridge: &mut Bridge, original, name| {
        bridge.map(BridgeEntry { original, device: DeviceId::new("a1Meter0001", name).unwrap() })
    };
    for (original, name) in [("imei-1", "meter009"), ("imei-9", "meter001")] {
        let refused = twice(&mut bridge, original, name);
        assert!(matches!(refused, Err(Error::Message(fault)) if fault.rule == Rule::DuplicateMember));
    }
    twice(&mut bridge, "imei-3", "meter003").unwrap();
    assert!(matches!(twice(&mut bridge, "imei-4", "meter004"), Err(Error::WrongState(_))));
    bridge.unmap("imei-1").unwrap();
    assert_eq!((bridge.len(), bridge.device("imei-1"), bridge.original(meter)), (2, None, None));
}

#[test]
fn a_stuck_neighbour_fills_only_its_own_tables() {
    let mut bridge = bridge();
    let mut out = Vec::new();
    let post = |bridge: &mut Bridge, original: &str, out: &mut Vec<u8>| {
        bridge.with_device(original, |device| device.post(SEC, &[("level", 1.into())], out))
    };
    assert!(matches!(post(&mut bridge, "imei-1", &mut out), Err(Error::WrongState(_))));
    bridge.online("imei-1").unwrap();
    bridge.online("imei-2").unwrap();
    post(&mut bridge, "imei-1", &mut out).unwrap();
    assert_eq!(post(&mut bridge, "imei-1", &mut out), Err(Error::Later));
    post(&mut bridge, "imei-2", &mut out).unwrap();
    // Both time out, one a call.
    assert_eq!(bridge.next_timeout(), Some(SEC * 11));
    let mut timed_out = Vec::new();
    while bridge.next_timeout().is_some() {
        let step = bridge.handle_timeout(SEC * 11, &mut out).unwrap();
        let Some(BridgeEvent::Device { original, event: Event::TimedOut { .. }, .. }) = step.event else {
            panic!("{step:?}")
        };
        timed_out.push(original.to_owned());
    }
    timed_out.sort();
    assert_eq!(timed_out, ["imei-1", "imei-2"]);
}

#[test]
fn what_comes_down_finds_its_device() {
    let mut bridge = bridge();
    let mut out = Vec::new();
    let set = br#"{"id":"1","params":{"valve":1}}"#;
    let step =
        bridge.receive(SEC, "/sys/a1Meter0001/meter002/thing/service/property/set", set, &mut out).unwrap();
    let Some(BridgeEvent::Device { original: "imei-2", event: Event::PropertySet { call, .. }, .. }) =
        step.event
    else {
        panic!("{step:?}")
    };
    bridge.online("imei-2").unwrap();
    let answer = bridge
        .with_device("imei-2", |device| {
            device.answer(call.unwrap(), Code::OK, &RawJson::EMPTY_OBJECT, &mut out)
        })
        .unwrap();
    assert_eq!(answer.split(&out).0, "/sys/a1Meter0001/meter002/thing/service/property/set_reply");
    let stranger = bridge.receive(SEC, "/a1Meter0001/meter009/user/get", b"", &mut out).unwrap();
    assert!(matches!(stranger.event, Some(BridgeEvent::Unknown { .. })));
}
