//! The pull reader takes exactly the texts serde_json takes, but for numbers outside of `f64`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use thing_model::json::{MAX_DEPTH, check};

fuzz_target!(|json: &[u8]| {
    let ours = check(json, MAX_DEPTH);
    match serde_json::from_slice::<Value>(json) {
        Ok(_) => assert!(ours.is_ok(), "{ours:?}"),
        Err(error) if error.to_string().starts_with("number out of range") => {}
        Err(error) => assert!(ours.is_err(), "{error}"),
    }
});
