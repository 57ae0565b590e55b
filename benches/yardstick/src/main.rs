//! Counts the rows done with serde_json alone: `counts --peers` of the workspace above asks for them.

use std::hint::black_box;
use std::process::ExitCode;

use harness::Row;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

fn main() -> ExitCode {
    harness::answer(&[documents(), messages()].concat()).unwrap_or(ExitCode::FAILURE)
}

/// What reading the documents of `vectors/bench` costs that thing-model compiles or checks.
fn documents() -> Vec<Row> {
    fn skip(name: &str) -> Box<dyn FnMut()> {
        let json = document(name);
        Box::new(move || {
            black_box(serde_json::from_slice::<IgnoredAny>(black_box(&json)).expect("JSON"));
        })
    }
    fn tree(name: &str) -> Box<dyn FnMut()> {
        let json = document(name);
        Box::new(move || {
            black_box(serde_json::from_slice::<Value>(black_box(&json)).expect("JSON"));
        })
    }
    macro_rules! rows {
        ($($work:literal: $name:literal),* $(,)?) => {
            vec![$(
                row("thing-model", $work, "serde_json, IgnoredAny", "grammar", || skip($name)),
                row("thing-model", $work, "serde_json, Value", "grammar", || tree($name)),
            )*]
        };
    }
    rows! {
        "check 138 B: 2 of 10 properties": "W1.ok",
        "check 1 KB: 20 of 100 properties, all types": "W2.ok",
        "check 30 KB: 500 of 2,000 properties, with time": "W3.ok",
        "check 7 KB: a pack of 20 sub-devices": "W5.ok",
        "check 30 KB: 500 of 2,000 properties, 50 of them bad, all told": "W3.bad",
        "compile 10 properties": "W1.tsl",
        "compile 2,000 properties": "W3.tsl",
    }
}

/// What alink writes and reads, with types made for it.
fn messages() -> Vec<Row> {
    let who = "serde_json, typed";
    vec![
        row("alink", "build a two-property post", who, "", post),
        row("alink", "build a reply", who, "", reply),
        row("alink", "parse an envelope and check its params, 138 B", who, "grammar; params skipped", || {
            envelope("W1.ok", "1")
        }),
        row("alink", "parse an envelope and check its params, 30 KB", who, "grammar; params skipped", || {
            envelope("W3.ok", "123")
        }),
    ]
}

fn row(
    table: &'static str,
    work: &'static str,
    who: &'static str,
    checks: &'static str,
    prepare: fn() -> Box<dyn FnMut()>,
) -> Row {
    Row { table, work, who, checks, repeat: 20, prepare }
}

fn document(name: &str) -> Vec<u8> {
    let path = format!("{}/../../vectors/bench/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).expect("the inputs are in the repository")
}

#[derive(Clone, Copy, Serialize)]
struct Post {
    id: &'static str,
    version: &'static str,
    params: Params,
    method: &'static str,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Params {
    power_switch: i32,
    brightness: i32,
}

#[derive(Clone, Copy, Serialize)]
struct Reply {
    id: &'static str,
    code: u16,
    data: Data,
}

#[derive(Clone, Copy, Serialize)]
struct Data {}

fn post() -> Box<dyn FnMut()> {
    let params = Params { power_switch: 1, brightness: 60 };
    let post = Post { id: "1", version: "1.0", params, method: "thing.event.property.post" };
    let text = r#"{"id":"1","version":"1.0","params":{"PowerSwitch":1,"Brightness":60},"method":"thing.event.property.post"}"#;
    write(post, text)
}

fn reply() -> Box<dyn FnMut()> {
    write(Reply { id: "123", code: 200, data: Data {} }, r#"{"id":"123","code":200,"data":{}}"#)
}

fn write<T: Serialize + Copy + 'static>(message: T, text: &str) -> Box<dyn FnMut()> {
    assert_eq!(serde_json::to_string(&message).expect("JSON"), text);
    let mut out = Vec::with_capacity(512);
    Box::new(move || {
        out.clear();
        serde_json::to_writer(&mut out, black_box(&message)).expect("a vector has room");
        black_box(&out);
    })
}

#[derive(Deserialize)]
struct Envelope<'a> {
    id: &'a str,
    version: Option<&'a str>,
    method: Option<&'a str>,
    params: IgnoredAny,
}

fn envelope(name: &str, id: &str) -> Box<dyn FnMut()> {
    let json = document(name);
    fn parse(json: &[u8]) -> Envelope<'_> {
        serde_json::from_slice(json).expect("an envelope")
    }
    assert_eq!(parse(&json).id, id);
    Box::new(move || {
        let Envelope { id, version, method, params } = parse(black_box(&json));
        black_box((id, version, method, params));
    })
}
