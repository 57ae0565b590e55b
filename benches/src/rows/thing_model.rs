//! Thing models: compiling a document, checking payloads, on the inputs of `vectors/bench`.
//!
//! The yardstick beside ours is what skipping the same bytes costs with serde_json's `IgnoredAny`. It is in a workspace of
//! its own: `arbitrary_precision` switched on for anybody would change it.

use core::hint::black_box;

use thing_model::{Checker, First, Limits, Model, Options, Payload, WallClock};

use crate::Row;
use crate::inputs::document as read;

const ORDER: &str = "linkwire, order remembered";

/// The rows of this table.
pub(super) fn rows() -> Vec<Row> {
    let row = |work, who, prepare| Row { table: "thing-model", work, who, checks: "", repeat: 20, prepare };
    let small = "check 138 B: 2 of 10 properties";
    let middle = "check 1 KB: 20 of 100 properties, all types";
    let large = "check 30 KB: 500 of 2,000 properties, with time";
    let pack = "check 7 KB: a pack of 20 sub-devices";
    let bad = "check 30 KB: 500 of 2,000 properties, 50 of them bad, all told";
    vec![
        row(small, "linkwire", || check("W1", "W1.ok", 0, false)),
        row(middle, "linkwire", || check("W2", "W2.ok", 0, false)),
        row(middle, ORDER, || check("W2", "W2.ok", 0, true)),
        row(large, "linkwire", || check("W3", "W3.ok", 0, false)),
        row(large, ORDER, || check("W3", "W3.ok", 0, true)),
        // One sub-device of this pack sends a property twice.
        row(pack, "linkwire", || check("W2", "W5.ok", 1, false)),
        row(bad, "linkwire", || check("W3", "W3.bad", 50, false)),
        row(bad, ORDER, || check("W3", "W3.bad", 50, true)),
        row("compile 10 properties", "linkwire", || compile("W1.tsl")),
        row("compile 2,000 properties", "linkwire", || compile("W3.tsl")),
    ]
}

fn compile(name: &str) -> Box<dyn FnMut()> {
    let (tsl, limits) = (read(name), Limits::lenient());
    Box::new(move || {
        black_box(Model::compile(black_box(&tsl), &limits).expect("a model"));
    })
}

/// The whole message, envelope and all.
fn check(tsl: &str, message: &str, violations: usize, remember: bool) -> Box<dyn FnMut()> {
    let json = read(message);
    // The work must own what it borrows from, and a row lives as long as the program.
    let model: &'static Model = Box::leak(Box::new(
        Model::compile(&read(&format!("{tsl}.tsl")), &Limits::lenient()).expect("a model"),
    ));
    let mut options = Options::default();
    options.max_properties = 500;
    let mut checker = Checker::with_options(model, options);
    if remember {
        checker.remember_order();
    }
    let payload = if message == "W5.ok" { Payload::Pack(model) } else { Payload::PropertyPost };
    let now = WallClock::from_unix_millis(1_700_000_000_000);
    let mut places = vec![None; 512];
    let mut work = move || {
        let mut first = First::new(&mut places);
        let (outcome, envelope) =
            checker.check_message(payload, black_box(&json), now, &mut first).expect("JSON");
        let _ = black_box((outcome, envelope.id));
        first.records().count()
    };
    assert_eq!(work(), violations);
    Box::new(move || {
        work();
    })
}
