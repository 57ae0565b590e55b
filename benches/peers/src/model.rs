//! Payloads checked by JSON Schema validators, with a schema made from the same thing model.
//!
//! The schema is as quick as we could make it: types, ranges, lengths and names, no step, no units, no `format`.

use std::hint::black_box;

use benches::inputs::document;
use harness::Row;
use serde_json::{Map, Value, json};

const CHECKS: &str = "types, ranges, lengths, names; not steps, duplicates, time";

/// The rows of all peers of thing-model.
pub(crate) fn rows() -> Vec<Row> {
    let row =
        |work, who, prepare| Row { table: "thing-model", work, who, checks: CHECKS, repeat: 5, prepare };
    let (first, second) = ("jsonschema 0.61.2", "boon 0.6.1");
    let small = "check 138 B: 2 of 10 properties";
    let middle = "check 1 KB: 20 of 100 properties, all types";
    let large = "check 30 KB: 500 of 2,000 properties, with time";
    let pack = "check 7 KB: a pack of 20 sub-devices";
    let bad = "check 30 KB: 500 of 2,000 properties, 50 of them bad, all told";
    vec![
        row(small, first, || check("W1", "W1.ok", 0)),
        row(small, second, || check_boon("W1", "W1.ok", true)),
        row(middle, first, || check("W2", "W2.ok", 0)),
        row(middle, second, || check_boon("W2", "W2.ok", true)),
        row(large, first, || check("W3", "W3.ok", 0)),
        row(large, second, || check_boon("W3", "W3.ok", true)),
        row(pack, first, || check("W2", "W5.ok", 0)),
        row(pack, second, || check_boon("W2", "W5.ok", true)),
        row(bad, first, || check("W3", "W3.bad", 50)),
        row(bad, second, || check_boon("W3", "W3.bad", false)),
        row("compile 10 properties", first, || compile("W1")),
        row("compile 2,000 properties", first, || compile("W3")),
    ]
}

fn check(tsl: &str, message: &str, bad: usize) -> Box<dyn FnMut()> {
    let validator = jsonschema::validator_for(&schema(tsl, message)).expect("a schema");
    let json = document(message);
    let work = move || {
        let value: Value = serde_json::from_slice(black_box(&json)).expect("JSON");
        validator.iter_errors(&value).count()
    };
    assert_eq!(work(), bad);
    Box::new(move || {
        black_box(work());
    })
}

fn check_boon(tsl: &str, message: &str, valid: bool) -> Box<dyn FnMut()> {
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource("mem:///schema.json", schema(tsl, message)).expect("a schema");
    let index = compiler.compile("mem:///schema.json", &mut schemas).expect("a schema");
    let json = document(message);
    let work = move || {
        let value: Value = serde_json::from_slice(black_box(&json)).expect("JSON");
        schemas.validate(&value, index).is_ok()
    };
    assert_eq!(work(), valid);
    Box::new(move || {
        black_box(work());
    })
}

fn compile(tsl: &str) -> Box<dyn FnMut()> {
    let tsl = tsl.to_owned();
    Box::new(move || {
        black_box(jsonschema::validator_for(&schema(black_box(&tsl), "")).expect("a schema"));
    })
}

/// The schema of a property post, or of a pack of them.
fn schema(tsl: &str, message: &str) -> Value {
    let tsl: Value = serde_json::from_slice(&document(&format!("{tsl}.tsl"))).expect("JSON");
    let member = |property: &Value| {
        let value = typed(&property["dataType"]);
        let with_time = json!({
            "type": "object",
            "required": ["value"],
            "properties": {"value": value, "time": {"type": "integer"}},
            "additionalProperties": false,
        });
        (text(&property["identifier"]), json!({"anyOf": [value, with_time]}))
    };
    let properties = object(tsl["properties"].as_array().into_iter().flatten().map(member));
    let params = match message {
        "W5.ok" => json!({"type": "object", "properties": {"subDevices": {"type": "array", "items": {
            "type": "object",
            "required": ["identity"],
            "properties": {
                "identity": {"type": "object", "properties": {
                    "productKey": {"type": "string"}, "deviceName": {"type": "string"},
                }},
                "properties": properties,
            },
        }}}}),
        _ => properties,
    };
    json!({
        "type": "object",
        "required": ["id", "params"],
        "properties": {"id": {"type": "string"}, "version": {"type": "string"}, "params": params},
    })
}

fn object(properties: impl Iterator<Item = (String, Value)>) -> Value {
    let properties: Map<String, Value> = properties.collect();
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

fn typed(data_type: &Value) -> Value {
    let specs = &data_type["specs"];
    let number = |name: &str| -> Value { serde_json::from_str(&text(&specs[name])).expect("a number") };
    match data_type["type"].as_str().expect("a type") {
        "int" => json!({"type": "integer", "minimum": number("min"), "maximum": number("max")}),
        "float" | "double" => json!({"type": "number", "minimum": number("min"), "maximum": number("max")}),
        "bool" | "enum" => {
            let keys = specs.as_object().expect("an object").keys();
            json!({"enum": keys.map(|key| key.parse().expect("a number")).collect::<Vec<i64>>()})
        }
        "text" => json!({"type": "string", "maxLength": number("length")}),
        "date" => json!({"type": "string", "pattern": "^[0-9]+$"}),
        "struct" => {
            let fields = specs.as_array().expect("a list").iter();
            object(fields.map(|field| (text(&field["identifier"]), typed(&field["dataType"]))))
        }
        "array" => json!({"type": "array", "maxItems": number("size"), "items": typed(&specs["item"])}),
        other => panic!("{other}"),
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}
