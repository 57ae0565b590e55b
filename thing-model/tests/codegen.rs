//! Generated types: the checked-in files are what the generator writes, and what they read they write back.
//!
//! The files are also built as libraries (the examples of this package), where every lint of the workspace applies.
#![cfg(feature = "codegen")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thing_model::{Checker, Limits, Model, Payload, Record, WallClock, codegen};

#[path = "generated/all_types.rs"]
#[allow(dead_code, unreachable_pub, reason = "a test has no public items, and does not use them all")]
pub mod all_types;
#[path = "generated/lamp.rs"]
#[allow(dead_code, unreachable_pub, reason = "a test has no public items, and does not use them all")]
pub mod lamp;

fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

fn model(name: &str) -> Model {
    let text = std::fs::read(path(&format!("../vectors/tsl/{name}.json"))).unwrap();
    Model::compile(&text, &Limits::current()).unwrap()
}

fn compiled(tsl: &Value) -> String {
    codegen::rust(&Model::compile(tsl.to_string().as_bytes(), &Limits::lenient()).unwrap())
}

/// With `LINKWIRE_REGENERATE` set the files are written; otherwise they are compared.
#[test]
fn the_files_are_what_is_generated() {
    for (name, file) in [("lamp", "lamp"), ("all-types", "all_types")] {
        let file = path(&format!("tests/generated/{file}.rs"));
        let text = codegen::rust(&model(name));
        if std::env::var_os("LINKWIRE_REGENERATE").is_some() {
            std::fs::write(&file, &text).unwrap();
        }
        assert!(std::fs::read_to_string(&file).unwrap() == text, "{} is stale", file.display());
    }
}

/// JSON to a type and back is the same JSON, the type and back the same value, and the model agrees with it.
fn round_trip<T>(model: &Model, payload: Payload<'_>, json: &Value) -> T
where
    T: Serialize + DeserializeOwned + PartialEq + core::fmt::Debug,
{
    let value: T = serde_json::from_value(json.clone()).unwrap();
    let text = serde_json::to_string(&value).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), *json);
    assert_eq!(serde_json::from_str::<T>(&text).unwrap(), value);
    let text = match payload {
        Payload::EventPost(_) => format!(r#"{{"value":{text}}}"#),
        _ => text,
    };
    let mut found: Vec<Record> = Vec::new();
    let outcome =
        Checker::new(model).check(payload, text.as_bytes(), WallClock::UNKNOWN, &mut found).unwrap();
    assert!(outcome.is_valid(), "{text}: {found:?}");
    value
}

#[test]
fn every_type_is_read_and_written_as_on_the_wire() {
    use all_types::{EInfoEvent, PEnum, Properties, SSyncInput, SSyncOutput, Settings};
    let model = model("all-types");
    let all = json!({
        "p_int": -2147483648_i64, "p_int_small": 5, "p_float": 0.5, "p_double": -0.000001, "p_text": "五\"\\",
        "p_text_max": "", "p_date": "1700000000123", "p_bool": 1, "p_enum": -1,
        "p_struct": {"i": 10, "f": 0.25, "d": 0.5, "t": "x", "at": "0", "b": 0},
        "p_arr_int": [], "p_arr_float": [1.0, 0.5], "p_arr_double": [1e-6], "p_arr_text": ["a", ""],
        "p_arr_struct": [{"sn": "s", "v": 255}, {}], "p_readonly": 1,
    });
    let values: Properties = round_trip(&model, Payload::PropertyPost, &all);
    assert_eq!(values.p_enum, Some(PEnum::ValueMinus1));
    assert_eq!(values.p_date, Some(1_700_000_000_123));
    assert_eq!(values.p_bool, Some(true));
    assert_eq!(values.p_struct.unwrap().at, Some(0));
    let mut settable = all;
    settable.as_object_mut().unwrap().remove("p_readonly");
    round_trip::<Settings>(&model, Payload::PropertySet, &settable);
    let event = json!({"a": 1, "list": [1, 2], "obj": {"x": 0.5, "y": -0.5}});
    round_trip::<EInfoEvent>(&model, Payload::EventPost("e_info"), &event);
    round_trip::<SSyncInput>(&model, Payload::ServiceInput("s_sync"), &json!({"when": "1", "tags": ["t"]}));
    round_trip::<SSyncOutput>(
        &model,
        Payload::ServiceOutput("s_sync"),
        &json!({"ok": 0, "detail": {"n": 1}}),
    );
    assert_eq!(Properties::METHOD, "thing.event.property.post");
    assert_eq!(Settings::METHOD, "thing.service.property.set");
    assert_eq!(EInfoEvent::METHOD, "thing.event.e_info.post");
    assert_eq!(SSyncInput::METHOD, "thing.service.s_sync");
}

#[test]
fn what_is_none_is_not_written() {
    assert_eq!(serde_json::to_string(&lamp::Properties::default()).unwrap(), "{}");
    let model = model("lamp");
    let set = lamp::Settings { brightness: Some(40), ..lamp::Settings::default() };
    assert_eq!(serde_json::to_string(&set).unwrap(), r#"{"Brightness":40}"#);
    round_trip::<lamp::BlinkInput>(&model, Payload::ServiceInput("Blink"), &json!({"Times": 3}));
    round_trip::<lamp::OverHeatEvent>(&model, Payload::EventPost("OverHeat"), &json!({"Temperature": 98.5}));
}

/// The types refuse what is no value of theirs: other types, other keys, other members.
#[test]
fn what_the_model_does_not_have_is_refused() {
    for bad in [
        json!({"p_int": 2147483648_i64}),
        json!({"p_int": 1.5}),
        json!({"p_bool": 2}),
        json!({"p_bool": true}),
        json!({"p_enum": 5}),
        json!({"p_enum": "7"}),
        json!({"p_date": 1700000000123_i64}),
        json!({"p_date": "yesterday"}),
        json!({"p_text": 5}),
        json!({"p_struct": {"unknown": 1}}),
        json!({"p_arr_int": 1}),
        json!({"unknown": 1}),
    ] {
        assert!(serde_json::from_value::<all_types::Properties>(bad.clone()).is_err(), "{bad}");
    }
    let unknown = all_types::PEnum::try_from(5).unwrap_err();
    assert_eq!(unknown.to_string(), "5 is none of the keys");
    assert_eq!(i32::from(all_types::PEnum::try_from(100).unwrap()), 100);
}

/// Names that are keywords, begin with digits or clash, texts that look like markup, several modules.
#[test]
fn awkward_names_stay_apart() {
    let int = json!({"type": "int", "specs": {"min": "0", "max": "1", "step": "1"}});
    let property =
        |id: &str| json!({"identifier": id, "name": "[a] `b`", "accessMode": "r", "dataType": int});
    let text = compiled(&json!({"profile": {"productKey": "a1"}, "properties": [
        property("type"), property("Type"), property("self"), property("2g"), property("fooBar"), property("foo_bar"),
        {"identifier": "Option", "accessMode": "r", "dataType": {"type": "struct", "specs":
            [{"identifier": "e", "dataType": {"type": "enum", "specs": {"-3": "https://x", "3": "*/ #[x]"}}}]}},
    ]}));
    for expected in [
        "    pub r#type: Option<i32>,",
        "    pub type_2: Option<i32>,",
        "    pub self_: Option<i32>,",
        "    pub _2g: Option<i32>,",
        "    pub foo_bar: Option<i32>,",
        "    #[serde(rename = \"foo_bar\", skip_serializing_if = \"Option::is_none\")]\n    pub foo_bar_2: Option<i32>,",
        "    /// `[a]  b`.",
        "pub struct Option2 {",
        "    pub option: Option<Option2>,",
        "    /// `https://x`.\n    ValueMinus3,",
        "    /// `*/ #[x]`.\n    Value3,",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

/// Features of a module keep their prefix on the wire.
#[test]
fn modules_keep_their_prefix() {
    let read = |name: &str| std::fs::read(path(&format!("../vectors/tsl/agv/{name}.json"))).unwrap();
    let documents = ["default", "battery", "location"].map(read);
    let documents: Vec<&[u8]> = documents.iter().map(Vec::as_slice).collect();
    let model = Model::compile_bundle(&documents, &Limits::current()).unwrap();
    let text = codegen::rust(&model);
    for field in model.properties().filter(|field| field.module().is_some()) {
        assert!(text.contains(&format!("#[serde(rename = \"{}\", skip", field.key())), "{}", field.key());
    }
    for event in model.events() {
        assert!(text.contains(&format!("= \"thing.event.{}.post\";", event.key())), "{}", event.key());
    }
    assert!(model.properties().any(|field| field.key().starts_with("battery:")));
}

/// Every document of the test data gives text that is a Rust module, as far as brackets and quotes can tell.
#[test]
fn every_model_gives_types() {
    for entry in std::fs::read_dir(path("../vectors/tsl")).unwrap() {
        let file = entry.unwrap().path();
        let Ok(model) = std::fs::read(&file)
            .map_err(drop)
            .and_then(|text| Model::compile(&text, &Limits::lenient()).map_err(drop))
        else {
            continue;
        };
        let text = codegen::rust(&model);
        assert_eq!(text, codegen::rust(&model), "the same model gives the same text");
        assert_eq!(text.matches('{').count(), text.matches('}').count(), "{}", file.display());
        let members: usize = model.properties().count();
        assert!(text.matches("    pub ").count() >= members, "{}", file.display());
    }
}
