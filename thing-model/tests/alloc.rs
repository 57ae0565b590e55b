//! Checking allocates nothing, whatever the payload; only making a checker does.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::Path;

use allocation_counter::measure;
use thing_model::{
    Checker, Count, Family, First, Level, Limits, Model, Options, Outcome, Payload, Record, Sink, WallClock,
};

fn read(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors").join(path)).unwrap()
}

fn model(path: &str) -> Model {
    Model::compile(&read(path), &Limits::lenient()).unwrap()
}

fn allocations(work: impl FnOnce()) -> u64 {
    measure(work).count_total
}

const NOW: WallClock = WallClock::from_unix_millis(1_700_000_000_000);

#[test]
fn benchmark_messages() {
    for (tsl, message) in [
        ("W1", "W1.ok"),
        ("W1", "W1.bad"),
        ("W2", "W2.ok"),
        ("W2", "W2.bad"),
        ("W3", "W3.ok"),
        ("W3", "W3.bad"),
        ("W2", "W5.ok"),
    ] {
        let model = model(&format!("bench/{tsl}.tsl.json"));
        let json = read(&format!("bench/{message}.json"));
        let payload = if message == "W5.ok" { Payload::Pack(&model) } else { Payload::PropertyPost };
        for remember in [false, true] {
            let mut checker = Checker::new(&model);
            if remember {
                checker.remember_order();
            }
            let mut places = [None::<Record>; 512];
            for _ in 0..3 {
                let count = allocations(|| {
                    let mut first = First::new(&mut places);
                    let _ = checker.check_message(payload, &json, NOW, &mut first).unwrap();
                });
                assert_eq!(count, 0, "{message}");
            }
        }
    }
}

#[test]
fn odd_payloads_of_every_kind() {
    let lamp = model("tsl/lamp.json");
    let all = model("tsl/all-types.json");
    let cases: &[(&Model, Payload<'_>, &str)] = &[
        (
            &lamp,
            Payload::PropertyPost,
            r#"{"Nope":{"a":[1,{"b":"\u00e9"}]},"\u0042rightness":1e400,"PowerSwitch":"x"}"#,
        ),
        (
            &all,
            Payload::PropertyPost,
            r#"{"p_int":1.5,"p_float":1e-400,"p_double":123456789012345678901.5,"p_text":"漢字\n","p_enum":99999999999}"#,
        ),
        (
            &all,
            Payload::PropertyPost,
            r#"{"p_struct":{"i":11,"x":1,"i":2},"p_arr_struct":[{"v":1},3],"p_arr_int":[1,2,3,4,5]}"#,
        ),
        (&all, Payload::PropertySet, r#"{"p_readonly":1,"p_int":{"value":1}}"#),
        (&all, Payload::PropertyGet, r#"["p_int","nope","p_\u0069nt",3]"#),
        (&all, Payload::EventPost("e_info"), r#"{"time":"x","value":{"a":1,"q":2},"z":0}"#),
        (&all, Payload::EventPost("nope"), "{}"),
        (&all, Payload::ServiceInput("s_sync"), r#"{"when":1,"tags":[1]}"#),
        (&all, Payload::ServiceOutput("s_sync"), r#"{"ok":true}"#),
        (
            &lamp,
            Payload::Batch,
            r#"{"properties":{"Brightness":[{"value":1},{"value":"x"},3]},"events":{"OverHeat":[{"value":{}}],"No":[]}}"#,
        ),
        (
            &lamp,
            Payload::History(&lamp),
            r#"[{"properties":[{"Brightness":{"value":"900"}}],"identity":{"productKey":"a","deviceName":"\u0062"}}]"#,
        ),
        (
            &lamp,
            Payload::Pack(&lamp),
            r#"{"subDevices":[{"identity":{"productKey":"a"}},{"events":{"OverHeat":{"value":{"Temperature":999}}}}],"x":1}"#,
        ),
    ];
    let mut options = Options::default();
    (options.steps, options.complete, options.exact_arrays) = (true, true, true);
    for level in [Level::Strong, Level::Weak, Level::None] {
        options.level = level;
        for (model, payload, json) in cases {
            let mut checker = Checker::with_options(model, options.clone());
            let mut count = Count::default();
            let allocated = allocations(|| {
                let outcome = checker.check(*payload, json.as_bytes(), NOW, &mut count).unwrap();
                assert_eq!(outcome.is_valid(), level == Level::None, "{json}");
            });
            assert_eq!(allocated, 0, "{json}");
        }
    }
}

#[test]
fn malformed_and_stopped_payloads() {
    let lamp = model("tsl/lamp.json");
    let mut checker = Checker::new(&lamp);
    for json in ["", "{", r#"{"Brightness":"#, r#"{"Brightness":1e}"#, "{\"Brightness\":\"\u{1}\"}", "[[[[["]
    {
        let count = allocations(|| {
            assert!(
                checker.check(Payload::PropertyPost, json.as_bytes(), NOW, &mut Count::default()).is_err()
            );
        });
        assert_eq!(count, 0, "{json}");
    }
    let mut place = [None::<Record>; 1];
    let count = allocations(|| {
        let mut first = First::new(&mut place);
        let sink: &mut dyn Sink = &mut first;
        let outcome = checker.check(Payload::PropertyPost, br#"{"a":1,"b":2,!"#, NOW, sink);
        assert_eq!(outcome, Ok(Outcome::Stopped));
    });
    assert_eq!(count, 0);
}

#[test]
fn partitions_without_a_list() {
    let lamp = model("tsl/lamp.json");
    let mut checker = Checker::new(&lamp);
    let (mut kept, mut dropped) = (0, 0);
    let count = allocations(|| {
        let json = br#"{"PowerSwitch":1,"Brightness":101,"Nope":{"value":1}}"#;
        let refused = checker.partition_each(json, NOW, &mut |entry| {
            if entry.is_kept() { kept += 1 } else { dropped += 1 }
        });
        assert_eq!(refused, Ok(None));
    });
    assert_eq!((count, kept, dropped), (0, 1, 2));
}

#[test]
fn sub_devices_of_other_models() {
    struct Two<'m>(&'m Model, &'m Model);
    impl Family for Two<'_> {
        fn model(&self, product_key: &str, _: &str) -> Option<&Model> {
            match product_key {
                "lamp" => Some(self.0),
                "all" => Some(self.1),
                _ => None,
            }
        }
    }
    let (lamp, all) = (model("tsl/lamp.json"), model("tsl/all-types.json"));
    let family = Two(&lamp, &all);
    let json = br#"{"properties":{"Brightness":1},"subDevices":[
        {"identity":{"productKey":"all","deviceName":"d"},"properties":{"p_int":{"value":1}}},
        {"identity":{"productKey":"who","deviceName":"d"},"properties":{"p_int":{"value":1}}}]}"#;
    for (reserve, expected) in [(true, false), (false, true)] {
        let mut checker = Checker::new(&lamp);
        if reserve {
            checker.reserve(&all);
        }
        let mut check = || {
            let outcome = checker.check(Payload::Pack(&family), json, NOW, &mut Count::default());
            assert_eq!(outcome.map(Outcome::is_valid), Ok(false));
        };
        // Without reserve the first larger model costs one allocation, once.
        assert_eq!(allocations(&mut check) > 0, expected);
        assert_eq!(allocations(&mut check), 0);
    }
}

#[test]
fn compiled_models_are_small() {
    for (path, most) in [("bench/W3.tsl.json", 200), ("tsl/bulk-2000.json", 200)] {
        let model = model(path);
        let each = model.memory() / model.properties().len();
        assert!(each < most, "{path}: {each} bytes a property");
    }
}
