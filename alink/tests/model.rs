//! With a thing model on the way: bad posts stay home, bad sets do not reach the application.
#![cfg(feature = "model")]

use core::time::Duration;

use alink::{Code, Config, Device, DeviceId, Error, Event, RawJson};
use thing_model::{Checker, Limits, Model, Record, WallClock};

const NOW: Duration = Duration::ZERO;
const LAMP: &[u8] = include_bytes!("../../vectors/tsl/lamp.json");

#[test]
fn posts_are_checked_before_they_are_built() {
    let model = Model::compile(LAMP, &Limits::current()).unwrap();
    let mut checker = Checker::new(&model);
    let mut device = Device::new(DeviceId::new("a1LampDemo01", "lamp001").unwrap(), Config::default());
    let (mut out, mut found) = (Vec::new(), Vec::<Record>::new());

    let bad = [("Brightness", 101.into()), ("Nope", 3.into())];
    let mut checked = device.checked(&mut checker, WallClock::UNKNOWN);
    assert_eq!(checked.post(NOW, &bad, &mut found, &mut out), Err(Error::Model { violations: 2 }));
    let event = checked.post_event(NOW, "Nope", &[], None, &mut found, &mut out);
    assert_eq!(event, Err(Error::Model { violations: 1 }));
    assert_eq!((found.len(), out.len(), device.pending()), (3, 0, 0));

    let mut checked = device.checked(&mut checker, WallClock::UNKNOWN);
    checked.post(NOW, &[("Brightness", 60.into())], &mut found, &mut out).unwrap();
    checked.post_event(NOW, "OverHeat", &[("Temperature", 95.5.into())], None, &mut found, &mut out).unwrap();
    assert_eq!((found.len(), device.pending()), (3, 2));
}

#[test]
fn inbound_sets_and_services_are_checked() {
    let model = Model::compile(LAMP, &Limits::current()).unwrap();
    let mut checker = Checker::new(&model);
    let mut device = Device::new(DeviceId::new("a1LampDemo01", "lamp001").unwrap(), Config::default());
    let mut found = Vec::<Record>::new();
    for (topic, payload, violations) in [
        ("thing/service/property/set", r#"{"id":"1","params":{"Brightness":30}}"#, 0),
        ("thing/service/property/set", r#"{"id":"2","params":{"Brightness":300,"x":1}}"#, 2),
        ("thing/service/Blink", r#"{"id":"3","params":{"Times":3,"PeriodMs":500}}"#, 0),
        ("thing/service/Blink", r#"{"id":"4","params":{"Times":"3"}}"#, 1),
        ("thing/service/Nope", r#"{"id":"5","params":{}}"#, 1),
        ("rrpc/request/12", r#"{"id":"6","params":{},"method":"thing.service.Nope"}"#, 1),
    ] {
        let topic = format!("/sys/a1LampDemo01/lamp001/{topic}");
        let mut out = Vec::new();
        found.clear();
        let mut checked = device.checked(&mut checker, WallClock::UNKNOWN);
        let step = checked.receive(NOW, &topic, payload.as_bytes(), &mut found, &mut out).unwrap();
        assert_eq!(found.len(), violations, "{topic} {payload} {found:?}");
        match step.event {
            Some(Event::PropertySet { call: Some(call), .. } | Event::Service { call: Some(call), .. }) => {
                assert_eq!(violations, 0);
                device.answer(call, Code::OK, &RawJson::EMPTY_OBJECT, &mut out).unwrap();
            }
            Some(Event::NotInModel { .. }) => {
                assert_ne!(violations, 0);
                let answer = step.send.unwrap();
                assert!(core::str::from_utf8(answer.split(&out).1).unwrap().contains(r#""code":460"#));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(device.open_calls(), 0);
}
