//! Written documents compile to the same model, and look as the platform's do.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::Path;

use serde_json::Value;
use thing_model::{Limits, Model, TslForm};

fn read(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors").join(path)).unwrap()
}

fn compile(documents: &[Vec<u8>]) -> Model {
    let documents: Vec<_> = documents.iter().map(Vec::as_slice).collect();
    Model::compile_bundle(&documents, &Limits::lenient()).unwrap_or_else(|errors| panic!("{errors}"))
}

fn write(model: &Model, form: TslForm) -> Vec<Vec<u8>> {
    let write = |module: thing_model::Module<'_>| {
        let mut text = String::new();
        module.write(&mut text, form).unwrap();
        text.into_bytes()
    };
    model.modules().map(write).collect()
}

const DOCUMENTS: &[&[&str]] = &[
    &["tsl/lamp.json"],
    &["tsl/all-types.json"],
    &["tsl/air-conditioner.json"],
    &["tsl/gateway.json"],
    &["tsl/watch.json"],
    &["tsl/modbus-pump.json"],
    &["tsl/agv/default.json", "tsl/agv/battery.json", "tsl/agv/location.json"],
    &["tsl/bulk-2000.json"],
    &["thing-model/ring.json"],
    &["thing-model/ev-charger.json"],
];

#[test]
fn full_documents_are_written_as_they_were() {
    for paths in DOCUMENTS {
        let documents: Vec<_> = paths.iter().map(|path| read(path)).collect();
        let model = compile(&documents);
        for (document, written) in documents.iter().zip(write(&model, TslForm::Full)) {
            let (before, after): (Value, Value) =
                (serde_json::from_slice(document).unwrap(), serde_json::from_slice(&written).unwrap());
            for (name, value) in before.as_object().unwrap() {
                assert_eq!(*value, after[name], "{paths:?} {name}");
            }
            assert_eq!(before.as_object().unwrap().len(), after.as_object().unwrap().len(), "{paths:?}");
        }
    }
}

#[test]
fn every_form_compiles_again() {
    for paths in DOCUMENTS {
        let model = compile(&paths.iter().map(|path| read(path)).collect::<Vec<_>>());
        for form in [TslForm::Full, TslForm::Plain] {
            let again = compile(&write(&model, form));
            assert_eq!(Model::diff(&model, &again), [], "{paths:?} {form:?}");
            assert_eq!(write(&model, form), write(&again, form), "{paths:?} {form:?}");
        }
        let simplified = compile(&write(&model, TslForm::Simplified));
        assert_eq!(simplified.properties().len(), model.properties().len());
        for (full, simple) in model.properties().zip(simplified.properties()) {
            assert_eq!((full.key(), full.data_type().as_str()), (simple.key(), simple.data_type().as_str()));
            // What the generated `set` lists can be set.
            assert_eq!(full.access().can_set(), simple.access().can_set(), "{}", full.key());
        }
    }
}

#[test]
fn the_simplified_form_of_the_vectors() {
    let model = compile(&[read("tsl/lamp.json")]);
    let written: Value = serde_json::from_slice(&write(&model, TslForm::Simplified)[0]).unwrap();
    let expected: Value = serde_json::from_slice(&read("tsl/lamp.simplified.json")).unwrap();
    for list in ["properties", "events", "services"] {
        assert_eq!(written[list], expected[list], "{list}");
    }
}

#[test]
fn texts_are_escaped() {
    let tsl = r#"{"profile":{"productKey":"a\"1\u0001\n"},"properties":[]}"#;
    let model = compile(&[tsl.into()]);
    let again = compile(&write(&model, TslForm::Plain));
    assert_eq!(again.product_key(), Some("a\"1\u{1}\n"));
}
