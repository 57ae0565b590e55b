//! What changes between two models and whom it breaks: one row a change.

#![allow(clippy::unwrap_used, reason = "a test")]

use thing_model::{Limits, Model};

fn model(features: &str) -> Model {
    let tsl = format!(r#"{{"profile":{{"productKey":"a1"}},{features}}}"#);
    Model::compile(tsl.as_bytes(), &Limits::current()).unwrap_or_else(|errors| panic!("{tsl}: {errors}"))
}

fn property(access: &str, data_type: &str) -> String {
    format!(r#""properties":[{{"identifier":"p","accessMode":"{access}","dataType":{data_type}}}]"#)
}

fn changes(old: &str, new: &str) -> Vec<String> {
    Model::diff(&model(old), &model(new)).iter().map(ToString::to_string).collect()
}

#[test]
fn values_by_direction() {
    let int = |min: i32, max: i32| format!(r#"{{"type":"int","specs":{{"min":"{min}","max":"{max}"}}}}"#);
    let text = |length: u32| format!(r#"{{"type":"text","specs":{{"length":"{length}"}}}}"#);
    let array = |size: u32, item: &str| {
        format!(r#"{{"type":"array","specs":{{"size":"{size}","item":{{"type":"{item}"}}}}}}"#)
    };
    let items = |keys: &str| format!(r#"{{"type":"enum","specs":{{{keys}}}}}"#);
    for (access, old, new, expected) in [
        ("r", int(0, 9), int(0, 10), "properties.p: Widened 0..9 → 0..10 (breaks applications)"),
        ("rw", int(0, 9), int(-1, 9), "properties.p: Widened 0..9 → -1..9 (breaks applications)"),
        ("w", int(0, 9), int(0, 10), "properties.p: Widened 0..9 → 0..10 (safe)"),
        ("r", int(0, 9), int(0, 8), "properties.p: Narrowed 0..9 → 0..8 (breaks devices)"),
        ("rw", int(0, 9), int(1, 9), "properties.p: Narrowed 0..9 → 1..9 (breaks devices and applications)"),
        ("w", int(0, 9), int(1, 9), "properties.p: Narrowed 0..9 → 1..9 (breaks applications)"),
        ("r", int(0, 9), r#"{"type":"int"}"#.into(), "properties.p: Widened 0..9 → .. (breaks applications)"),
        ("r", text(8), text(9), "properties.p: Widened length 8 → 9 (breaks applications)"),
        ("r", text(8), text(7), "properties.p: Narrowed length 8 → 7 (breaks devices)"),
        ("r", array(2, "int"), array(3, "int"), "properties.p: Widened size 2 → 3 (breaks applications)"),
        (
            "r",
            array(2, "int"),
            array(2, "float"),
            "properties.p[]: Type int → float (breaks devices and applications)",
        ),
        (
            "r",
            items(r#""0":"a""#),
            items(r#""0":"a","1":"b""#),
            "properties.p: Widened items [1] added (breaks applications)",
        ),
        (
            "r",
            items(r#""0":"a","1":"b""#),
            items(r#""0":"a""#),
            "properties.p: Narrowed items [1] removed (breaks devices)",
        ),
        ("r", items(r#""0":"a""#), items(r#""0":"b""#), "properties.p: Texts (safe)"),
        ("w", int(0, 9), text(3), "properties.p: Type int → text (breaks devices and applications)"),
        (
            "r",
            r#"{"type":"float","specs":{"step":"0.1","unit":"K"}}"#.into(),
            r#"{"type":"float","specs":{"step":"0.5","unit":"K"}}"#.into(),
            "properties.p: Step 0.1 → 0.5 (safe)",
        ),
        (
            "r",
            r#"{"type":"float","specs":{"unit":"K"}}"#.into(),
            r#"{"type":"float","specs":{"unit":"°C"}}"#.into(),
            "properties.p: Unit \"K\" → \"°C\" (breaks devices and applications)",
        ),
    ] {
        assert_eq!(changes(&property(access, &old), &property(access, &new)), [expected]);
    }
    // Both ends moved: two changes.
    assert_eq!(changes(&property("r", &int(0, 9)), &property("r", &int(1, 10))).len(), 2);
    // The same bounds, written or not, differently scaled.
    for (old, new) in [
        (r#"{"type":"int"}"#.to_owned(), int(i32::MIN, i32::MAX)),
        (r#"{"type":"float","specs":{"min":"1"}}"#.into(), r#"{"type":"float","specs":{"min":1.0}}"#.into()),
    ] {
        assert_eq!(changes(&property("rw", &old), &property("rw", &new)), [] as [&str; 0]);
    }
}

#[test]
fn features_that_come_go_and_turn() {
    let int = r#"{"type":"int"}"#;
    for (old, new, expected) in [
        (
            property("r", int),
            r#""properties":[]"#.into(),
            "properties.p: Removed (breaks devices and applications)",
        ),
        (r#""properties":[]"#.to_owned(), property("r", int), "properties.p: Added (safe)"),
        (property("rw", int), property("r", int), "properties.p: Access rw → r (breaks applications)"),
        (property("r", int), property("rw", int), "properties.p: Access r → rw (safe)"),
        (
            property("rw", int),
            property("w", int),
            "properties.p: Access rw → w (breaks devices and applications)",
        ),
        (
            r#""events":[{"identifier":"e","type":"info"}]"#.into(),
            r#""events":[{"identifier":"e","type":"error"}]"#.into(),
            "events.e: EventType \"info\" → \"error\" (breaks applications)",
        ),
        (
            r#""events":[{"identifier":"e"}]"#.into(),
            r#""events":[]"#.into(),
            "events.e: Removed (breaks devices and applications)",
        ),
        (
            r#""events":[{"identifier":"e","outputData":[{"identifier":"o","dataType":{"type":"int"}}]}]"#
                .into(),
            r#""events":[{"identifier":"e"}]"#.into(),
            "events.e.o: Removed (breaks devices and applications)",
        ),
        (
            r#""services":[{"identifier":"s","callType":"sync"}]"#.into(),
            r#""services":[{"identifier":"s","callType":"async"}]"#.into(),
            "services.s: CallType \"sync\" → \"async\" (breaks devices and applications)",
        ),
        (
            r#""services":[{"identifier":"s","inputData":[{"identifier":"i","dataType":{"type":"int"}}]}]"#
                .into(),
            r#""services":[{"identifier":"s"}]"#.into(),
            "services.s.inputs.i: Removed (breaks applications)",
        ),
        (
            r#""services":[{"identifier":"s"}]"#.into(),
            r#""services":[{"identifier":"s","outputData":[{"identifier":"o","dataType":{"type":"int"}}]}]"#
                .into(),
            "services.s.outputs.o: Added (safe)",
        ),
        (
            r#""services":[{"identifier":"s"}]"#.into(),
            r#""services":[]"#.into(),
            "services.s: Removed (breaks applications)",
        ),
        (
            r#""events":[{"identifier":"e","desc":"one"}]"#.into(),
            r#""events":[{"identifier":"e","desc":"two"}]"#.into(),
            "events.e: Texts (safe)",
        ),
    ] {
        assert_eq!(changes(&old, &new), [expected]);
    }
}

#[test]
fn members_of_structs() {
    let with = |members: &str| property("rw", &format!(r#"{{"type":"struct","specs":[{members}]}}"#));
    let a = r#"{"identifier":"a","dataType":{"type":"int","specs":{"max":"9"}}}"#;
    let wider = r#"{"identifier":"a","dataType":{"type":"int","specs":{"max":"10"}}}"#;
    let b = r#"{"identifier":"b","dataType":{"type":"date"}}"#;
    assert_eq!(changes(&with(a), &with(&format!("{a},{b}"))), ["properties.p.b: Added (safe)"]);
    assert_eq!(
        changes(&with(&format!("{a},{b}")), &with(a)),
        ["properties.p.b: Removed (breaks devices and applications)"]
    );
    assert_eq!(changes(&with(a), &with(wider)), ["properties.p.a: Widened ..9 → ..10 (breaks applications)"]);
    // Another order is no change.
    assert_eq!(changes(&with(&format!("{a},{b}")), &with(&format!("{b},{a}"))), [] as [&str; 0]);
}
