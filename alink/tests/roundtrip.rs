//! What is written reads back; the JSON reader agrees with serde_json; bounds hold.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use alink::message::file::{UploadBlock, UploadInit};
use alink::message::job::{JobUpdate, Status};
use alink::message::shadow::ShadowRequest;
use alink::{
    Code, DeviceId, Id, Json, Kind, Map, PropertyPost, RawJson, Read, Reading, Reply, Request, Rule, Sample,
    SliceOut, Text, Topic, Value, Values,
};
use proptest::prelude::*;

fn write(value: &impl Json) -> Vec<u8> {
    let mut buffer = vec![0; 1 << 16];
    let mut out = SliceOut::new(&mut buffer);
    value.append(&mut out).unwrap();
    out.written().to_vec()
}

fn topic(kind: Kind) -> Topic<'static> {
    Topic::of(kind, DeviceId::new("a1LampDemo01", "lamp001").unwrap()).unwrap()
}

#[test]
fn odd_envelopes_are_read() {
    let topic = topic(Kind::PropertyPost);
    for (payload, good) in [
        (r#" { "params" : {} , "id" : 18446744073709551615 , "more" : [1,{"id":2}] } "#, true),
        (r#"{"id":"1","version":"1.0.0","params":{}}"#, true),
        (r#"{"id":"1","version":"1.0","params":{},"sys":{}}"#, true),
        (r#"{"id":"18446744073709551616","params":{}}"#, false),
        (r#"{"id":"1","params":{},"params":{}}"#, false),
        (r#"{"id":"1","params":{}} x"#, false),
        (r#"["id"]"#, false),
    ] {
        assert_eq!(Request::parse(payload.as_bytes(), &topic, Reading::Tolerant).is_ok(), good, "{payload}");
    }
    let reply = Reply::parse(br#"{"code":"6304","id":7,"message":"no"}"#, Reading::Tolerant).unwrap();
    assert_eq!((reply.id, reply.code, reply.data), (Id(7), Code(6304), RawJson::EMPTY_OBJECT));
}

#[test]
fn values_keep_their_kind() {
    for (value, text) in [
        (Value::from(220.0), "220.0"),
        (Value::from(0.1_f32), "0.1"),
        (Value::from(1e300), "1e300"),
        (Value::from(true), "1"),
        (Value::from(-5), "-5"),
        (Value::from(i64::MIN), "-9223372036854775808"),
        (Value::from("a\"\\\u{1}\n\u{1F600}"), "\"a\\\"\\\\\\u0001\\n\u{1F600}\""),
    ] {
        assert_eq!(core::str::from_utf8(&write(&value)).unwrap(), text);
    }
    for value in [f64::NAN, f64::INFINITY] {
        assert_eq!(Value::from(value).check().unwrap_err().rule, Rule::NotANumber);
    }
}

#[test]
fn a_struct_that_looks_like_a_wrapper_is_wrapped() {
    let raw = RawJson::parse(br#"{"value":1}"#).unwrap();
    let entries = [("Struct", Sample::from(raw))];
    let written = write(&PropertyPost(Map::from(&entries)));
    assert_eq!(core::str::from_utf8(&written).unwrap(), r#"{"Struct":{"value":{"value":1}}}"#);
    let read = PropertyPost::read(RawJson::parse(&written).unwrap()).unwrap();
    assert_eq!(read.0.get("Struct").unwrap().value.raw(), Some(raw));
}

#[test]
fn many_properties_are_bounded_and_distinct() {
    let names: Vec<String> = (0..201).map(|at| format!("p{at}")).collect();
    let entries: Vec<_> = names.iter().map(|name| (name.as_str(), Sample::from(1))).collect();
    assert!(PropertyPost(entries[..200].into()).check().is_ok());
    assert_eq!(PropertyPost(entries[..].into()).check().unwrap_err().rule, Rule::TooManyProperties);
    let mut twice = entries[..100].to_vec();
    twice.push(entries[3]);
    assert_eq!(PropertyPost(twice[..].into()).check().unwrap_err().rule, Rule::DuplicateMember);
    for bad in ["", "a b", "a:", ":a", "a:b:c", &"x".repeat(51)] {
        let entries = [(bad, Sample::from(1))];
        assert_eq!(PropertyPost((&entries).into()).check().unwrap_err().rule, Rule::BadIdentifier, "{bad}");
    }
}

#[test]
fn uploads_are_bounded() {
    let init = |name: &'static str, size, check: Option<&'static str>| UploadInit {
        name,
        size,
        conflict: None,
        check_mode: check.map(|_| "crc64".into()),
        check_value: check.map(Text::from),
        uid: None,
        extra: None,
    };
    assert!(init("abc.bin", 1024, Some("0205d70000000000")).check().is_ok());
    for (bad, rule) in [
        (init(".bin", 1, None), Rule::BadFileName),
        (init("a b", 1, None), Rule::BadFileName),
        (init("a", 16 * 1024 * 1024 + 1, None), Rule::FileTooLarge),
        (init("a", -1, Some("00")), Rule::CheckOfUnknownSize),
        (init("a", -2, None), Rule::NumberOutOfRange),
    ] {
        assert_eq!(bad.check().unwrap_err().rule, rule);
    }
    let block = |size, is_complete| UploadBlock { id: "x".into(), offset: 0, size, is_complete };
    assert!(block(0, Some(true)).check().is_ok() && block(131_072, None).check().is_ok());
    assert!(block(0, None).check().is_err() && block(131_073, None).check().is_err());
}

#[test]
fn devices_report_few_job_states() {
    let update = |status, progress| JobUpdate { id: "t".into(), status, details: None, progress };
    assert!(update(Status::Succeeded, Some(100)).check().is_ok());
    assert_eq!(update(Status::Queued, None).check().unwrap_err().rule, Rule::ValueUnknown);
    assert_eq!(update(Status::Failed, Some(101)).check().unwrap_err().rule, Rule::NumberOutOfRange);
}

#[test]
fn shadows_are_bounded() {
    let report = |reported: &str| {
        let payload = format!(r#"{{"method":"update","state":{{"reported":{reported}}},"version":1}}"#);
        ShadowRequest::parse(payload.as_bytes()).map(drop).map_err(|fault| fault.rule)
    };
    assert_eq!(report(r#"{"a":{"b":{"c":{"d":1}}}}"#), Ok(()));
    assert_eq!(report(r#"{"a":{"b":{"c":{"d":{"e":{}}}}}}"#), Err(Rule::ShadowTooDeep));
    assert_eq!(report(&format!(r#"{{"a":"{}"}}"#, "x".repeat(16 * 1024))), Err(Rule::ShadowTooLarge));
    assert_eq!(ShadowRequest::parse(b"").unwrap_err().code(), Code(407));
    assert_eq!(ShadowRequest::parse(b"{").unwrap_err().code(), Code(400));
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ -~]{0,20}", "[\\\\\"\n\u{0}-\u{1f}é\u{1F600}]{0,12}"]
}

/// JSON-like text, most of it broken somewhere.
fn jsonish() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        Just("{".to_owned()),
        Just("}".to_owned()),
        Just("[".to_owned()),
        Just("]".to_owned()),
        Just(",".to_owned()),
        Just(":".to_owned()),
        Just(" ".to_owned()),
        Just("true".to_owned()),
        Just("null".to_owned()),
        Just("\"a\"".to_owned()),
        Just("\"\\u00e9\\ud83d\\ude00\"".to_owned()),
        Just("\"\\ud800\"".to_owned()),
        "-?[0-9]{1,3}(\\.[0-9]{1,2})?([eE][+-]?[0-9]{1,2})?",
    ];
    prop::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn the_reader_agrees_with_serde_json(text in jsonish()) {
        let ours = RawJson::parse(text.as_bytes());
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{} {:?} {:?}", text, ours, theirs);
    }

    #[test]
    fn the_reader_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let ours = RawJson::parse(&bytes).is_ok();
        prop_assert_eq!(ours, serde_json::from_slice::<serde_json::Value>(&bytes).is_ok());
    }

    #[test]
    fn strings_round_trip(text in text()) {
        let written = write(&text.as_str());
        prop_assert_eq!(&serde_json::from_slice::<String>(&written).unwrap(), &text);
        let read = RawJson::parse(&written).unwrap().text().unwrap();
        prop_assert_eq!(read, text.as_str());
        prop_assert_eq!(read.to_string(), text);
        prop_assert_eq!(write(&read), written);
    }

    #[test]
    fn numbers_round_trip(number in any::<f64>().prop_filter("finite", |number| number.is_finite()), integer in any::<i64>()) {
        let written = write(&Value::from(number));
        prop_assert_eq!(RawJson::parse(&written).unwrap().number(), Some(number));
        let written = write(&Value::from(integer));
        prop_assert_eq!(RawJson::parse(&written).unwrap().integer(), Some(integer));
    }

    #[test]
    fn posts_round_trip(entries in prop::collection::btree_map("[a-zA-Z_][a-zA-Z0-9_]{0,8}(:[a-z]{1,4})?", (any::<i64>(), prop::option::of(0..1_700_000_000_000_u64)), 1..20)) {
        let entries: Vec<_> = entries.iter().map(|(name, (value, time))| {
            let sample = Sample::from(*value);
            (name.as_str(), time.map_or(sample, |time| sample.at(time)))
        }).collect();
        let topic = topic(Kind::PropertyPost);
        let written = write(&Request::new(&topic, Id(3), PropertyPost(entries[..].into())));
        let request = Request::parse(&written, &topic, Reading::Strict).unwrap();
        let read = PropertyPost::read(request.params).unwrap();
        prop_assert_eq!(read.0.len(), entries.len());
        for ((name, sample), (other, original)) in read.0.iter().zip(entries) {
            prop_assert_eq!((name, sample.time), (other, original.time));
            prop_assert_eq!(sample.value.integer(), original.value.integer());
        }
        // Whole or not at all, however little room there is.
        for room in [0, written.len() / 2, written.len() - 1] {
            let mut buffer = vec![0; room];
            let mut out = SliceOut::new(&mut buffer);
            prop_assert!(Values::read(request.params).unwrap().append(&mut out).is_ok() || out.is_empty());
        }
    }

    #[test]
    fn topics_never_panic_and_read_back(text in "(/|sys|ext|rrpc|thing|event|service|[a-z0-9+#]{0,6}|_reply|/){0,14}") {
        if let Ok(topic) = Topic::parse(&text) {
            prop_assert_eq!(topic.to_string(), text);
        }
    }
}
