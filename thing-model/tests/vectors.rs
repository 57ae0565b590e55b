//! The shared vectors: documents valid and invalid, labelled payloads, messages of the platform. Other files of the same format
//! may take their place; what these tests do not know they refuse.

#![allow(clippy::unwrap_used, reason = "a test")]

extern crate alloc;

use alloc::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use thing_model::{Checker, Limits, Model, Outcome, Payload, Record, WallClock};

fn vectors(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors").join(path)
}

fn read(path: impl AsRef<Path>) -> Vec<u8> {
    fs::read(path.as_ref()).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

fn json(path: &str) -> Value {
    serde_json::from_slice(&read(vectors(path))).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

#[test]
fn valid_documents_compile() {
    let mut seen = 0;
    for folder in ["tsl", "tsl/agv", "bench"] {
        for entry in fs::read_dir(vectors(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if !name.ends_with(".json")
                || name.ends_with(".extend.json")
                || folder == "bench" && !name.contains(".tsl.")
            {
                continue;
            }
            let document = read(&path);
            if let Err(errors) = Model::compile(&document, &Limits::lenient()) {
                panic!("{name}: {errors}");
            }
            let huge = name.starts_with("bulk") || name.starts_with("W3");
            if let (false, Err(errors)) = (huge, Model::compile(&document, &Limits::current())) {
                panic!("{name}: {errors}");
            }
            seen += 1;
        }
    }
    assert!(seen > 5);
}

#[test]
fn invalid_documents_break_the_rule_they_are_said_to() {
    let manifest = json("tsl/invalid/manifest.json");
    let mut seen = 0;
    for case in manifest.as_array().unwrap() {
        let (file, why, rule) = (text(case, "file"), text(case, "why"), text(case, "rule"));
        let document = read(vectors("tsl/invalid").join(file));
        let Err(errors) = Model::compile(&document, &Limits::current()) else {
            panic!("{file} compiles, but {why}");
        };
        let groups: Vec<_> = errors.into_iter().map(|error| error.rule.group()).collect();
        assert!(groups.iter().all(|group| *group == rule), "{file}: {why}: {errors}");
        for error in &errors {
            // The pointer leads to something, or to a member that is missing from something.
            let Ok(value) = serde_json::from_slice::<Value>(&document) else { continue };
            let parent = error.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
            assert!(value.pointer(parent).is_some(), "{file}: {}", error.pointer);
        }
        seen += 1;
    }
    let files = fs::read_dir(vectors("tsl/invalid")).unwrap().count();
    assert_eq!(seen, files - 1, "each document has its line in the manifest");
}

fn bundles() -> BTreeMap<String, Model> {
    let bundles = json("thing-model/bundles.json");
    let documents = bundles["bundles"].as_object().unwrap();
    documents
        .iter()
        .map(|(name, files)| {
            let files = files.as_array().unwrap().iter();
            let documents: Vec<_> =
                files.map(|file| read(vectors("thing-model").join(file.as_str().unwrap()))).collect();
            let documents: Vec<_> = documents.iter().map(Vec::as_slice).collect();
            let model = Model::compile_bundle(&documents, &Limits::current());
            (name.clone(), model.unwrap_or_else(|errors| panic!("{name}: {errors}")))
        })
        .collect()
}

#[test]
fn labelled_payloads() {
    let models = bundles();
    let cases = String::from_utf8(read(vectors("thing-model/cases.jsonl"))).unwrap();
    let mut seen = 0;
    for line in cases.lines().filter(|line| !line.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).unwrap();
        for member in case.as_object().unwrap().keys() {
            let known = ["n", "tsl", "kind", "feature", "now_ms", "payload", "expect", "why"];
            assert!(known.contains(&member.as_str()), "unknown member {member}: {line}");
        }
        let model = models.get(text(&case, "tsl")).unwrap_or_else(|| panic!("unknown tsl: {line}"));
        let feature = || text(&case, "feature");
        let kind = match text(&case, "kind") {
            "property_post" => Payload::PropertyPost,
            "property_set" => Payload::PropertySet,
            "event_post" => Payload::EventPost(feature()),
            "service_in" => Payload::ServiceInput(feature()),
            "service_out" => Payload::ServiceOutput(feature()),
            other => panic!("unknown kind {other}: {line}"),
        };
        let now = match &case["now_ms"] {
            Value::Null => WallClock::UNKNOWN,
            now => WallClock::from_unix_millis(now.as_u64().unwrap_or_else(|| panic!("now_ms: {line}"))),
        };
        let expected = match text(&case, "expect") {
            "ok" => true,
            "error" => false,
            other => panic!("unknown expectation {other}: {line}"),
        };
        let payload = raw_member(line, "payload");
        let mut found: Vec<Record> = Vec::new();
        let outcome = Checker::new(model).check(kind, payload.as_bytes(), now, &mut found);
        let outcome = outcome.unwrap_or_else(|malformed| panic!("{malformed}: {line}"));
        let texts: Vec<_> =
            found.iter().map(|record| record.view(model, payload.as_bytes()).to_string()).collect();
        assert_eq!(outcome.is_valid(), expected, "{texts:?}: {line}");
        assert_eq!(outcome.is_valid(), found.is_empty());
        seen += 1;
    }
    assert!(seen > 0);
}

/// The bytes of a member's value as they stand in the line: a parsed `Value` would lose how numbers were written.
fn raw_member<'l>(line: &'l str, name: &str) -> &'l str {
    let members: BTreeMap<String, &serde_json::value::RawValue> = serde_json::from_str(line).unwrap();
    members.get(name).unwrap_or_else(|| panic!("no {name}: {line}")).get()
}

#[test]
fn benchmark_payloads() {
    for (name, violations) in [("W1", 1), ("W2", 2), ("W3", 50)] {
        let model =
            Model::compile(&read(vectors(&format!("bench/{name}.tsl.json"))), &Limits::lenient()).unwrap();
        let mut options = thing_model::Options::default();
        options.max_properties = 500;
        let mut checker = Checker::with_options(&model, options);
        for (kind, expected) in [("ok", Outcome::Valid), ("bad", Outcome::Valid)] {
            let message = read(vectors(&format!("bench/{name}.{kind}.json")));
            let params = raw_member(core::str::from_utf8(&message).unwrap(), "params");
            let mut found: Vec<Record> = Vec::new();
            let outcome = checker
                .check(Payload::PropertyPost, params.as_bytes(), WallClock::UNKNOWN, &mut found)
                .unwrap();
            if kind == "ok" {
                assert_eq!(
                    outcome,
                    expected,
                    "{name}: {:?}",
                    found.first().map(|record| record.view(&model, params.as_bytes()))
                );
            } else {
                assert_eq!(found.len(), violations, "{name}");
            }
        }
    }
    let model = Model::compile(&read(vectors("bench/W2.tsl.json")), &Limits::lenient()).unwrap();
    let message = read(vectors("bench/W5.ok.json"));
    let params = raw_member(core::str::from_utf8(&message).unwrap(), "params");
    let mut found: Vec<Record> = Vec::new();
    let outcome =
        Checker::new(&model).check(Payload::Pack(&model), params.as_bytes(), WallClock::UNKNOWN, &mut found);
    // One device of this pack sends a property twice.
    let texts: Vec<_> =
        found.iter().map(|record| record.view(&model, params.as_bytes()).to_string()).collect();
    assert!(!outcome.unwrap().is_valid());
    assert_eq!(texts, ["subDevices[16].properties.harmonics_4: given twice (460)"]);
}
