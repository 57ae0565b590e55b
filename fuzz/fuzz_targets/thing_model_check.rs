//! Any bytes as a payload of every kind: no panic, no violation outside of it, and the same outcome when asked again.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use thing_model::{Checker, Limits, Model, Payload, Record, WallClock};

const TSL: &[u8] = include_bytes!("../../vectors/tsl/all-types.json");
static MODEL: LazyLock<Model> = LazyLock::new(|| Model::compile(TSL, &Limits::current()).expect("a model"));

fuzz_target!(|json: &[u8]| {
    let mut checker = Checker::new(&MODEL);
    checker.remember_order();
    for payload in [
        Payload::PropertyPost,
        Payload::PropertySet,
        Payload::PropertyGet,
        Payload::EventPost("e_info"),
        Payload::ServiceInput("s_sync"),
        Payload::ServiceOutput("s_sync"),
        Payload::Batch,
        Payload::History(&*MODEL),
        Payload::Pack(&*MODEL),
    ] {
        let (mut first, mut second) = (Vec::<Record>::new(), Vec::<Record>::new());
        let one = checker.check(payload, json, WallClock::UNKNOWN, &mut first);
        let two = checker.check(payload, json, WallClock::UNKNOWN, &mut second);
        assert_eq!((one, &first), (two, &second));
        assert!(one.is_ok() || serde_json::from_slice::<serde_json::Value>(json).is_err());
        for record in first {
            let violation = record.view(&MODEL, json);
            assert!(one.is_err() || (violation.offset() as usize) < json.len());
            let _ = (violation.to_string(), violation.value());
        }
    }
    let _ = checker.partition(json, WallClock::UNKNOWN);
});
