//! Layouts from any text, and any frame or JSON through the layouts of the tests: what decodes must encode to the same.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use thing_model::layout::{Layout, Mapping};

static LAYOUTS: OnceLock<Vec<Layout>> = OnceLock::new();

fn layouts() -> &'static [Layout] {
    LAYOUTS.get_or_init(|| {
        [
            include_bytes!("../../thing-model/tests/data/layout/watch.json").as_slice(),
            include_bytes!("../../thing-model/tests/data/layout/vendor-sample.json"),
            include_bytes!("../../thing-model/tests/data/layout/water-meter.json"),
            include_bytes!("../../thing-model/tests/data/layout/file-download.json"),
        ]
        .map(|text| Layout::from_json(text).expect("a layout of the tests"))
        .into()
    })
}

fuzz_target!(|input: &[u8]| {
    if let Ok(layout) = Layout::from_json(input) {
        let mut json = String::new();
        let _ = layout.decode(input, &[], &mut json);
        let _ = layout.encode(br#"{"a":1}"#, &mut Vec::new());
    }
    if let Ok(mapping) = Mapping::from_json(input) {
        let _ = mapping.map(input, &[], &mut String::new());
    }
    for layout in layouts() {
        let (mut json, mut frame) = (String::new(), Vec::new());
        if layout.decode(input, &[], &mut json).is_ok() {
            layout.encode(json.as_bytes(), &mut frame).expect("what was decoded");
            assert!(layout.decode(&frame, &[], &mut String::new()).is_ok());
        }
        if layout.encode(input, &mut frame).is_ok() {
            layout.decode(&frame, &[], &mut json).expect("what was encoded");
        }
    }
});
