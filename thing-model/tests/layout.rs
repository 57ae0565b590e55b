//! Layouts and mappings by their data: descriptions in `data/layout`, frames with the JSON or the error they give.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

extern crate alloc;

use alloc::collections::BTreeMap;
use core::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use thing_model::layout::{Argument, Arguments, DecodeRule, Layout, Mapping};

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn layout(name: &str) -> Layout {
    let text = read(&format!("tests/data/layout/{name}.json"));
    Layout::from_json(text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn show(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn text<'v>(case: &'v Value, key: &str) -> Option<&'v str> {
    case.get(key).map(|value| value.as_str().unwrap_or_else(|| panic!("{key} of {case}")))
}

fn only(case: &Value, keys: &[&str]) {
    for key in case.as_object().unwrap().keys() {
        assert!(keys.contains(&key.as_str()), "unknown key {key} in {case}");
    }
}

const ID: Arguments<'static> = &[("id", Argument::Number(17))];

/// One frame or JSON text with what becomes of it: equal both ways, or an error to the letter.
fn judge(layout: &Layout, case: &Value) {
    only(case, &["layout", "hex", "frame", "json", "text", "decode_error", "encode_error", "one_way", "why"]);
    // A text is there for the offsets in it, or because it is another way to say the same.
    let given = text(case, "text");
    let bytes = text(case, "hex").map(hex);
    if let (Some(bytes), None) = (&bytes, given) {
        let mut out = String::new();
        match (layout.decode(bytes, ID, &mut out), text(case, "decode_error")) {
            (Err(error), expected) => assert_eq!(Some(error.to_string().as_str()), expected, "{case}"),
            (Ok(frame), None) => {
                assert_eq!(frame, text(case, "frame").unwrap_or("f"), "{case}");
                assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), case["json"], "{case}: {out}");
            }
            (Ok(_), Some(_)) => panic!("{case}: {out}"),
        }
    }
    let json = given.map(str::to_owned).or_else(|| case.get("json").map(Value::to_string));
    if let (Some(json), None) = (json, case.get("one_way")) {
        let mut out = b"before".to_vec();
        match (layout.encode(json.as_bytes(), &mut out), text(case, "encode_error")) {
            (Err(error), expected) => {
                assert_eq!(Some(error.to_string().as_str()), expected, "{case}");
                assert_eq!(out, b"before", "{case}");
            }
            (Ok(frame), None) => {
                assert_eq!(frame, text(case, "frame").unwrap_or("f"), "{case}");
                assert_eq!(show(&out[6..]), show(&bytes.unwrap()), "{case}");
            }
            (Ok(_), Some(_)) => panic!("{case}: {}", show(&out[6..])),
        }
    }
}

/// Devices of the field, error texts included.
#[test]
fn cases() {
    let cases: Vec<Value> = serde_json::from_str(&read("tests/data/layout/cases.json")).unwrap();
    for case in &cases {
        judge(&layout(text(case, "layout").unwrap()), case);
    }
}

/// Each part of the description by itself.
#[test]
fn features() {
    let features: Vec<Value> = serde_json::from_str(&read("tests/data/layout/features.json")).unwrap();
    for feature in &features {
        only(feature, &["about", "layout", "cases"]);
        let about = text(feature, "about").unwrap();
        let layout = Layout::from_json(feature["layout"].to_string().as_bytes())
            .unwrap_or_else(|error| panic!("{about}: {error}"));
        for case in feature["cases"].as_array().unwrap() {
            judge(&layout, case);
        }
    }
}

/// The documented frames of the platform and its samples: `vectors/alink/raw-frames.json`.
#[test]
fn raw_frames() {
    let frames: Vec<Value> = serde_json::from_str(&read("../vectors/alink/raw-frames.json")).unwrap();
    let layouts: BTreeMap<_, _> =
        ["watch", "vendor-sample", "file-download", "file-upload"].map(|name| (name, layout(name))).into();
    for case in &frames {
        let name = text(case, "name").unwrap();
        let Some(bytes) = text(case, "hex").map(hex) else {
            checksums(case);
            continue;
        };
        let kinds = [
            ("watch", "watch"),
            ("sample-", "vendor-sample"),
            ("file-download", "file-download"),
            ("file-upload", "file-upload"),
        ];
        let kind = kinds.iter().find(|(prefix, _)| name.starts_with(prefix));
        let layout = &layouts[kind.unwrap_or_else(|| panic!("no layout for {name}")).1];
        let mut json = String::new();
        let valid = case.get("valid").is_none_or(|valid| valid.as_bool().unwrap());
        let decoded = layout.decode(&bytes, &[], &mut json);
        assert_eq!(decoded.is_ok(), valid, "{name}: {decoded:?}");
        if !valid {
            assert_eq!(json, "", "{name}: nothing is written of a bad frame");
            continue;
        }
        let value: Value = serde_json::from_str(&json).unwrap();
        for key in ["decoded", "actual", "from"] {
            if let Some(expected) = case.get(key) {
                assert_eq!(value, *expected, "{name}");
            }
        }
        if let Some(block) = text(case, "block_hex") {
            assert_eq!(value["block"], block, "{name}");
            let header = usize::try_from(case["header_length"].as_u64().unwrap()).unwrap();
            let embedded: Value = serde_json::from_slice(&bytes[2..2 + header]).unwrap();
            assert_eq!(value["header"], embedded, "{name}");
        }
        // From the decoded text, and from the document the frame was made from, in whatever order.
        for source in [Some(json), case.get("from").map(Value::to_string)].into_iter().flatten() {
            let mut frame = Vec::new();
            let encoded = layout.encode(source.as_bytes(), &mut frame);
            // The same JSON is written as the first frame that can say it, the one with the long id.
            if !name.contains("short") && !name.contains("php-variant") {
                assert!(encoded.is_ok(), "{name}: {encoded:?}");
                assert_eq!(show(&frame), show(&bytes), "{name}");
            }
        }
    }
}

fn checksums(case: &Value) {
    only(case, &["name", "vectors"]);
    let layout = Layout::from_json(
        br#"{"frames":[{"name":"f","fields":[
            {"name":"body","type":"bytes","size":"rest"},{"check":"crc16-arc"}]}]}"#,
    );
    for vector in case["vectors"].as_array().unwrap() {
        only(vector, &["text", "hex", "crc16"]);
        let body = text(vector, "text").map_or_else(|| hex(text(vector, "hex").unwrap()), |text| text.into());
        let mut frame = Vec::new();
        layout
            .as_ref()
            .unwrap()
            .encode(format!(r#"{{"body":"{}"}}"#, show(&body)).as_bytes(), &mut frame)
            .unwrap();
        assert_eq!(show(&frame[body.len()..]), text(vector, "crc16").unwrap(), "{vector}");
    }
}

/// Which rule each bad frame of the platform breaks, and where.
#[test]
fn raw_frames_say_what_is_wrong() {
    let frames: Vec<Value> = serde_json::from_str(&read("../vectors/alink/raw-frames.json")).unwrap();
    let find =
        |name: &str| hex(text(frames.iter().find(|case| case["name"] == name).unwrap(), "hex").unwrap());
    for (name, kind, field, at, rule) in [
        (
            "file-download-reply-bad-crc",
            "file-download",
            "#2",
            130,
            DecodeRule::Checksum { stored: 0xc26a, computed: 0xc36a },
        ),
        (
            "file-download-reply-crc-big-endian",
            "file-download",
            "#2",
            130,
            DecodeRule::Checksum { stored: 0x6ac3, computed: 0xc36a },
        ),
        (
            "file-download-reply-short",
            "file-download",
            "block",
            98,
            DecodeRule::Short { needed: 32, left: 29 },
        ),
        (
            "file-download-reply-header-overrun",
            "file-download",
            "header",
            2,
            DecodeRule::Short { needed: 0xffff, left: 130 },
        ),
        (
            "file-download-reply-one-byte",
            "file-download",
            "header",
            0,
            DecodeRule::Short { needed: 2, left: 1 },
        ),
        ("sample-unknown-command", "vendor-sample", "", 0, DecodeRule::NoFrame),
    ] {
        let error = layout(kind).decode(&find(name), &[], &mut String::new()).unwrap_err();
        assert_eq!((error.field.as_str(), error.at, error.rule), (field, at, rule), "{name}");
    }
}

/// What an operator's platform pushes becomes Alink by the same templates.
#[test]
fn mappings() {
    let mapping = Mapping::from_json(read("tests/data/layout/ctwing-water-meter.json").as_bytes()).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&read("tests/data/layout/ctwing-cases.json")).unwrap();
    for case in &cases {
        only(case, &["push", "text", "rule", "alink", "error"]);
        let mut out = String::new();
        let push = text(case, "text").map_or_else(|| case["push"].to_string(), str::to_owned);
        match (mapping.map(push.as_bytes(), ID, &mut out), text(case, "error")) {
            (Err(error), expected) => assert_eq!(Some(error.to_string().as_str()), expected, "{case}"),
            (Ok(rule), None) => {
                assert_eq!(Some(rule), text(case, "rule"), "{case}");
                assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), case["alink"], "{case}");
            }
            (Ok(_), Some(_)) => panic!("{case}: {out}"),
        }
    }
    let push = cases[0]["push"].to_string();
    let error = mapping.map(push.as_bytes(), &[], &mut String::new()).unwrap_err();
    assert_eq!(error.to_string(), "report: an argument of the template was not given at byte 0");
}
