//! Any bytes as a document: errors or a model; a model is written as a document that compiles to the same model.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thing_model::{Limits, Model, TslForm};

fuzz_target!(|tsl: &[u8]| {
    for limits in [Limits::current(), Limits::lenient()] {
        let model = match Model::compile(tsl, &limits) {
            Ok(model) => model,
            Err(errors) => {
                assert!(!errors.as_slice().is_empty() && !errors.to_string().is_empty());
                continue;
            }
        };
        for module in model.modules() {
            let mut written = String::new();
            module.write(&mut written, TslForm::Plain).expect("a string takes all");
            // Under the same limits: what a document leaves out, such as the length of a text, is as long as they allow.
            let again = Model::compile(written.as_bytes(), &limits).expect("what was written is right");
            assert_eq!(Model::diff(&model, &again), []);
        }
    }
});
