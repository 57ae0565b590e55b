//! Payloads a hostile or broken device might send, judged by the platform's documents rather than by this crate's code.
//!
//! First tables: a payload and every violation it must give, as `path: rule`, in the order of the payload. Then a
//! second judge, as plain as can be (a tree of values, a loop over names), against which random models and random
//! mutations are held: both must name the same violations at the same places.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod any;
mod judge;

use std::fs;
use std::path::Path;

use thing_model::json::JsonRule;
use thing_model::{
    Checker, Family, Level, Limits, Model, Options, Outcome, Payload, Record, TextUnit, WallClock,
};

use any::Any;
use judge::{Json, Judge, Kind, parameters};

/// The clock of every table: the platform takes times up to a day ahead of it.
const NOW: u64 = 1_700_000_000_000;

fn model(name: &str) -> Model {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/tsl").join(name);
    Model::compile(&fs::read(path).unwrap(), &Limits::current()).unwrap()
}

fn check(
    model: &Model,
    options: &Options,
    payload: Payload<'_>,
    json: &[u8],
) -> Result<Vec<String>, JsonRule> {
    let mut found: Vec<Record> = Vec::new();
    let mut checker = Checker::with_options(model, options.clone());
    let now = WallClock::from_unix_millis(NOW);
    let outcome = checker.check(payload, json, now, &mut found).map_err(|malformed| malformed.rule)?;
    let texts: Vec<String> = found
        .iter()
        .map(|record| {
            let violation = record.view(model, json);
            assert!((violation.offset() as usize) < json.len(), "{violation:?}");
            format!("{}: {:?}", violation.path(), violation.rule())
        })
        .collect();
    match outcome {
        Outcome::Valid => assert!(texts.is_empty(), "{texts:?}"),
        Outcome::Invalid { violations } => assert_eq!(violations as usize, texts.len()),
        other => panic!("{other:?}"),
    }
    // The same payload through a used checker, one that remembers orders, gives the same.
    checker.remember_order();
    for _ in 0..2 {
        let mut again: Vec<Record> = Vec::new();
        let second = checker.check(payload, json, now, &mut again).map_err(|malformed| malformed.rule)?;
        assert_eq!((second, &again), (outcome, &found));
    }
    Ok(texts)
}

fn table(model: &Model, options: &Options, payload: Payload<'_>, cases: &[(&str, &[&str])]) {
    let mut wrong = Vec::new();
    for (json, expected) in cases {
        match check(model, options, payload, json.as_bytes()) {
            Ok(found) if found == *expected => {}
            found => wrong.push(format!("{json}\n    found    {found:?}\n    expected {expected:?}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

const OK: &[&str] = &[];

#[test]
fn integers() {
    let cases: &[(&str, &[&str])] = &[
        (r#"{"p_int":2147483647}"#, OK),
        (r#"{"p_int":-2147483648}"#, OK),
        (r#"{"p_int":2147483648}"#, &["p_int: Range"]),
        (r#"{"p_int":-2147483649}"#, &["p_int: Range"]),
        (r#"{"p_int":4294967296}"#, &["p_int: Range"]),
        (r#"{"p_int":9223372036854775808}"#, &["p_int: Range"]),
        (r#"{"p_int":18446744073709551616}"#, &["p_int: Range"]),
        (r#"{"p_int":18446744073709551617}"#, &["p_int: Range"]),
        (r#"{"p_int":-18446744073709551617}"#, &["p_int: Range"]),
        (r#"{"p_int":340282366920938463463374607431768211457}"#, &["p_int: Range"]),
        (r#"{"p_int":99999999999999999999999999999999999999999999999999999999999999}"#, &["p_int: Range"]),
        (r#"{"p_int":-0}"#, OK),
        (r#"{"p_int":0}"#, OK),
        (r#"{"p_int":1.0}"#, &["p_int: Type"]),
        (r#"{"p_int":1e2}"#, &["p_int: Type"]),
        (r#"{"p_int":1E0}"#, &["p_int: Type"]),
        (r#"{"p_int":10e-1}"#, &["p_int: Type"]),
        (r#"{"p_int":0.5}"#, &["p_int: Type"]),
        (r#"{"p_int":-0.0}"#, &["p_int: Type"]),
        (r#"{"p_int":1e400}"#, &["p_int: Type"]),
        (r#"{"p_int":"1"}"#, &["p_int: Type"]),
        (r#"{"p_int":true}"#, &["p_int: Type"]),
        (r#"{"p_int":[1]}"#, &["p_int: Type"]),
        (r#"{"p_int_small":5}"#, OK),
        (r#"{"p_int_small":-5}"#, OK),
        (r#"{"p_int_small":6}"#, &["p_int_small: Range"]),
        (r#"{"p_int_small":-6}"#, &["p_int_small: Range"]),
        (r#"{"p_int_small":50}"#, &["p_int_small: Range"]),
    ];
    table(&model("all-types.json"), &Options::default(), Payload::PropertyPost, cases);
}

#[test]
fn floats_and_doubles() {
    let zeros = "0".repeat(400);
    let long = [
        format!(r#"{{"p_double":0.{zeros}1}}"#),
        format!(r#"{{"p_double":1{zeros}}}"#),
        format!(r#"{{"p_double":1{zeros}e-400}}"#),
        format!(r#"{{"p_double":0.{zeros}1e401}}"#),
        format!(r#"{{"p_double":1000000000.{zeros}1}}"#),
        format!(r#"{{"p_double":1000000000.{zeros}}}"#),
    ];
    let mut cases: Vec<(&str, &[&str])> = vec![
        (r#"{"p_float":100.5}"#, OK),
        (r#"{"p_float":100.50000}"#, OK),
        (r#"{"p_float":1005e-1}"#, OK),
        (r#"{"p_float":0.1005E3}"#, OK),
        (r#"{"p_float":100.6}"#, &["p_float: Range"]),
        (r#"{"p_float":-100.51}"#, &["p_float: Range"]),
        (r#"{"p_float":1.006e2}"#, &["p_float: Range"]),
        (r#"{"p_float":1e400}"#, &["p_float: Range"]),
        (r#"{"p_float":-1e400}"#, &["p_float: Range"]),
        (r#"{"p_float":1e-400}"#, OK),
        (r#"{"p_float":-0.0}"#, OK),
        (r#"{"p_float":-0}"#, OK),
        (r#"{"p_float":0e999999999999}"#, OK),
        (r#"{"p_float":1e99999999999999999999}"#, &["p_float: Range"]),
        (r#"{"p_float":1e-99999999999999999999}"#, OK),
        (r#"{"p_float":42}"#, OK),
        (r#"{"p_float":"1.5"}"#, &["p_float: Type"]),
        (r#"{"p_float":[]}"#, &["p_float: Type"]),
        (r#"{"p_double":1000000000}"#, OK),
        (r#"{"p_double":1e9}"#, OK),
        (r#"{"p_double":10.0e8}"#, OK),
        (r#"{"p_double":1000000000.000001}"#, &["p_double: Range"]),
        (r#"{"p_double":1000000000.0000000000000001}"#, &["p_double: Range"]),
        (r#"{"p_double":999999999.9999999999999999}"#, OK),
        (r#"{"p_double":-1000000000.0000000000000001}"#, &["p_double: Range"]),
        (r#"{"p_double":false}"#, &["p_double: Type"]),
    ];
    let results: [&[&str]; 6] = [OK, &["p_double: Range"], OK, OK, &["p_double: Range"], OK];
    cases.extend(long.iter().map(String::as_str).zip(results));
    table(&model("all-types.json"), &Options::default(), Payload::PropertyPost, &cases);
}

#[test]
fn texts_and_dates() {
    let cases: &[(&str, &[&str])] = &[
        (r#"{"p_text":""}"#, OK),
        (r#"{"p_text":"0123456789abcdef"}"#, OK),
        (r#"{"p_text":"0123456789abcdefg"}"#, &["p_text: Length"]),
        (r#"{"p_text":"一二三四五六七八九十一二三四五六"}"#, OK),
        (r#"{"p_text":"一二三四五六七八九十一二三四五六七"}"#, &["p_text: Length"]),
        (r#"{"p_text":"😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀"}"#, OK),
        (
            r#"{"p_text":"\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00"}"#,
            OK,
        ),
        (
            r#"{"p_text":"\u0041\u0041\u0041\u0041\u0041\u0041\u0041\u0041\u0041\u0041\u0041\u0041\u0041\u0041\u0041\u0041"}"#,
            OK,
        ),
        (r#"{"p_text":"\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"}"#, OK),
        (r#"{"p_text":"\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"}"#, &["p_text: Length"]),
        (r#"{"p_text":"\u0000\"\\\/"}"#, OK),
        (r#"{"p_text":5}"#, &["p_text: Type"]),
        (r#"{"p_text":["a"]}"#, &["p_text: Type"]),
        (r#"{"p_text":{}}"#, &["p_text: Empty"]),
        (r#"{"p_date":"1700000000123"}"#, OK),
        (r#"{"p_date":"0"}"#, OK),
        (r#"{"p_date":"\u0031"}"#, OK),
        (r#"{"p_date":""}"#, &["p_date: Date"]),
        (r#"{"p_date":"-1"}"#, &["p_date: Date"]),
        (r#"{"p_date":"+1"}"#, &["p_date: Date"]),
        (r#"{"p_date":" 1"}"#, &["p_date: Date"]),
        (r#"{"p_date":"1 "}"#, &["p_date: Date"]),
        (r#"{"p_date":"1.5"}"#, &["p_date: Date"]),
        (r#"{"p_date":"1e3"}"#, &["p_date: Date"]),
        (r#"{"p_date":"１７"}"#, &["p_date: Date"]),
        (r#"{"p_date":"1\u0000"}"#, &["p_date: Date"]),
        (r#"{"p_date":"12345678a"}"#, &["p_date: Date"]),
        (r#"{"p_date":"123456789012345 "}"#, &["p_date: Date"]),
        (r#"{"p_date":"2023-11-14"}"#, &["p_date: Date"]),
        (r#"{"p_date":1700000000123}"#, &["p_date: Type"]),
    ];
    table(&model("all-types.json"), &Options::default(), Payload::PropertyPost, cases);
}

#[test]
fn bools_and_enums() {
    let cases: &[(&str, &[&str])] = &[
        (r#"{"p_bool":0,"p_enum":-1}"#, OK),
        (r#"{"p_bool":1,"p_enum":0}"#, OK),
        (r#"{"p_enum":7}"#, OK),
        (r#"{"p_enum":100}"#, OK),
        (r#"{"p_bool":2}"#, &["p_bool: Bool"]),
        (r#"{"p_bool":-1}"#, &["p_bool: Bool"]),
        (r#"{"p_bool":10}"#, &["p_bool: Bool"]),
        (r#"{"p_bool":4294967297}"#, &["p_bool: Bool"]),
        (r#"{"p_bool":18446744073709551617}"#, &["p_bool: Bool"]),
        (r#"{"p_bool":true}"#, &["p_bool: Type"]),
        (r#"{"p_bool":false}"#, &["p_bool: Type"]),
        (r#"{"p_bool":"1"}"#, &["p_bool: Type"]),
        (r#"{"p_enum":1}"#, &["p_enum: Enum"]),
        (r#"{"p_enum":-7}"#, &["p_enum: Enum"]),
        (r#"{"p_enum":4294967296}"#, &["p_enum: Enum"]),
        (r#"{"p_enum":4294967303}"#, &["p_enum: Enum"]),
        (r#"{"p_enum":18446744073709551623}"#, &["p_enum: Enum"]),
        (r#"{"p_enum":"7"}"#, &["p_enum: Type"]),
        (r#"{"p_enum":"七"}"#, &["p_enum: Type"]),
        (r#"{"p_enum":7.0}"#, &["p_enum: Type"]),
        (r#"{"p_enum":true}"#, &["p_enum: Type"]),
    ];
    table(&model("all-types.json"), &Options::default(), Payload::PropertyPost, cases);
}

#[test]
fn structs_and_arrays() {
    let cases: &[(&str, &[&str])] = &[
        (r#"{"p_struct":{}}"#, OK),
        (r#"{"p_struct":{"i":10,"f":0.5,"d":0.5,"t":"12345678","at":"1","b":1,"e":2}}"#, OK),
        (
            r#"{"p_struct":{"i":11,"f":1.5,"d":-0.5,"t":"123456789","at":"x","b":2,"e":3}}"#,
            &[
                "p_struct.i: Range",
                "p_struct.f: Range",
                "p_struct.d: Range",
                "p_struct.t: Length",
                "p_struct.at: Date",
                "p_struct.b: Bool",
                "p_struct.e: Enum",
            ],
        ),
        (r#"{"p_struct":{"x":1}}"#, &["p_struct.x: UnknownMember"]),
        (r#"{"p_struct":{"I":1}}"#, &["p_struct.I: UnknownMember"]),
        (r#"{"p_struct":{"p_int":1}}"#, &["p_struct.p_int: UnknownMember"]),
        (r#"{"p_struct":{"":1}}"#, &["p_struct.: UnknownMember"]),
        (r#"{"p_struct":{"i":1,"i":2}}"#, &["p_struct.i: Duplicate"]),
        (r#"{"p_struct":{"i":1,"\u0069":2}}"#, &["p_struct.i: Duplicate"]),
        (r#"{"p_struct":{"i":{"i":1}}}"#, &["p_struct.i: Type"]),
        (r#"{"p_struct":[]}"#, &["p_struct: Type"]),
        (r#"{"p_struct":"{}"}"#, &["p_struct: Type"]),
        (r#"{"p_arr_int":[]}"#, OK),
        (r#"{"p_arr_int":[1,2,3,4]}"#, OK),
        (r#"{"p_arr_int":[1,2,3,4,5]}"#, &["p_arr_int: Size"]),
        (
            r#"{"p_arr_int":[1,"2",3.5,[]]}"#,
            &["p_arr_int[1]: Type", "p_arr_int[2]: Type", "p_arr_int[3]: Type"],
        ),
        (r#"{"p_arr_int":[2147483648]}"#, &["p_arr_int[0]: Range"]),
        // In a post an object is the `{value, time}` of anything but a struct.
        (r#"{"p_arr_int":{"0":1}}"#, &["p_arr_int: Wrapper", "p_arr_int: Empty"]),
        (r#"{"p_arr_int":1}"#, &["p_arr_int: Type"]),
        (r#"{"p_arr_float":[1,1.5,-1e3]}"#, OK),
        (r#"{"p_arr_text":["",""]}"#, OK),
        (r#"{"p_arr_text":["",1]}"#, &["p_arr_text[1]: Type"]),
        (r#"{"p_arr_struct":[{"sn":"a","v":255},{}]}"#, OK),
        (
            r#"{"p_arr_struct":[{"v":256},{"v":1,"w":2}]}"#,
            &["p_arr_struct[0].v: Range", "p_arr_struct[1].w: UnknownMember"],
        ),
        (r#"{"p_arr_struct":[{"v":1},{"v":1}]}"#, OK),
        (r#"{"p_arr_struct":[{"v":1,"v":1}]}"#, &["p_arr_struct[0].v: Duplicate"]),
        (r#"{"p_arr_struct":[1]}"#, &["p_arr_struct[0]: Type"]),
        (r#"{"p_arr_struct":[[{"v":1}]]}"#, &["p_arr_struct[0]: Type"]),
    ];
    table(&model("all-types.json"), &Options::default(), Payload::PropertyPost, cases);
}

#[test]
fn names_and_shapes_of_a_post() {
    let cases: &[(&str, &[&str])] = &[
        (r#"{}"#, &[": NoEntry"]),
        (r#"[]"#, &[": Object"]),
        (r#"null"#, &[": Object"]),
        (r#""p_int""#, &[": Object"]),
        (r#"7"#, &[": Object"]),
        (r#"[{"p_int":1}]"#, &[": Object"]),
        (r#"{"":1}"#, &[": Unknown"]),
        (r#"{"P_int":1}"#, &["P_int: Unknown"]),
        (r#"{"p_int ":1}"#, &["p_int : Unknown"]),
        (r#"{"p_in":1}"#, &["p_in: Unknown"]),
        (r#"{"p_int\u0000":1}"#, &["p_int\0: Unknown"]),
        (
            r#"{"p_int_small_but_much_longer_than_any_identifier_of_the_model_could_ever_be_at_all":1}"#,
            &["p_int_small_but_much_longer_than_any_identifier_of_the_model_could_ever_be_at_all: Unknown"],
        ),
        (r#"{"\u0070_int":1}"#, OK),
        (r#"{"p\u005Fint":2147483648}"#, &["p_int: Range"]),
        (r#"{"p_int":1,"p_int":1}"#, &["p_int: Duplicate"]),
        // A name given twice is told, and each value is judged.
        (r#"{"p_int":1,"\u0070_int":"x"}"#, &["p_int: Duplicate", "p_int: Type"]),
        (r#"{"x":1,"x":1}"#, &["x: Unknown", "x: Unknown"]),
        (r#"{":p_int":1}"#, &[":p_int: Unknown"]),
        (r#"{"default:p_int":1}"#, &["default:p_int: Unknown"]),
        (r#"{"e_info":{"value":{}}}"#, &["e_info: Unknown"]),
        (r#"{"post":1,"set":1,"get":1}"#, &["post: Unknown", "set: Unknown", "get: Unknown"]),
        (r#"{"p_readonly":1}"#, OK),
        (" \t\r\n{ \"p_int\" : 1 } \n", OK),
        (r#"{"p_int":{"value":1}}"#, OK),
        (r#"{"p_int":{"value":1,"time":1700000000000}}"#, OK),
        (r#"{"p_int":{"time":1700000000000,"value":1}}"#, OK),
        (r#"{"p_int":{"value":1,"time":1700086400000}}"#, OK),
        (r#"{"p_int":{"value":1,"time":1700086400001}}"#, &["p_int: TimeAhead"]),
        (r#"{"p_int":{"value":1,"time":9223372036854775807}}"#, &["p_int: TimeAhead"]),
        (r#"{"p_int":{"value":1,"time":99999999999999999999999}}"#, &["p_int: TimeAhead"]),
        (r#"{"p_int":{"value":1,"time":"1700000000000"}}"#, &["p_int: Time"]),
        (r#"{"p_int":{"value":1,"time":1.7e12}}"#, &["p_int: Time"]),
        (r#"{"p_int":{"value":1,"time":1700000000000.0}}"#, &["p_int: Time"]),
        (r#"{"p_int":{"value":1,"time":null}}"#, &["p_int: Time"]),
        (r#"{"p_int":{"value":"1","time":"0"}}"#, &["p_int: Type", "p_int: Time"]),
        (r#"{"p_int":{"time":1700000000000}}"#, &["p_int: Empty"]),
        (r#"{"p_int":{"value":1,"extra":1}}"#, &["p_int: Wrapper"]),
        (r#"{"p_int":{"value":{"value":1}}}"#, &["p_int: Type"]),
        (r#"{"p_struct":{"value":{"i":1},"time":1}}"#, OK),
        (r#"{"p_struct":{"value":{"i":11},"time":1}}"#, &["p_struct.i: Range"]),
        (r#"{"p_arr_int":{"value":[1,2],"time":1}}"#, OK),
        (r#"{"p_arr_struct":{"value":[{"v":-1}]}}"#, &["p_arr_struct[0].v: Range"]),
        (r#"{"p_int":{"value":1,"value":2}}"#, &["p_int: Duplicate"]),
    ];
    table(&model("all-types.json"), &Options::default(), Payload::PropertyPost, cases);
}

#[test]
fn counts_of_a_post() {
    let lamp = model("lamp.json");
    let entries = |count: usize| {
        let entries: Vec<String> = (0..count).map(|at| format!("\"k{at}\":1")).collect();
        format!("{{{}}}", entries.join(","))
    };
    let found = check(&lamp, &Options::default(), Payload::PropertyPost, entries(200).as_bytes()).unwrap();
    assert!(found.iter().all(|text| text.ends_with("Unknown")) && found.len() == 200);
    let found = check(&lamp, &Options::default(), Payload::PropertyPost, entries(201).as_bytes()).unwrap();
    assert_eq!(found.iter().filter(|text| text.ends_with("TooMany")).count(), 1, "{found:?}");
}

#[test]
fn sets_events_and_services() {
    let model = model("all-types.json");
    let options = Options::default();
    table(
        &model,
        &options,
        Payload::PropertySet,
        &[
            (r#"{"p_int":1,"p_text":"x"}"#, OK),
            (r#"{"p_readonly":1}"#, &["p_readonly: ReadOnly"]),
            (r#"{"p_int":{"value":1}}"#, &["p_int: Type"]),
            (r#"{"nope":1}"#, &["nope: Unknown"]),
            (r#"{}"#, &[": NoEntry"]),
            (r#"[]"#, &[": Object"]),
        ],
    );
    table(
        &model,
        &options,
        Payload::EventPost("e_info"),
        &[
            (r#"{"value":{"a":1,"list":[1],"obj":{"x":0.5,"y":0.5}},"time":1700000000000}"#, OK),
            (r#"{"value":{}}"#, OK),
            (r#"{"a":1}"#, OK),
            (r#"{"value":{"a":10}}"#, &["a: Range"]),
            (r#"{"value":{"b":1}}"#, &["b: Unknown"]),
            (r#"{"value":{"obj":{"z":1}}}"#, &["obj.z: UnknownMember"]),
            (r#"{"value":{"a":1},"time":1700086400001}"#, &["time: TimeAhead"]),
            (r#"{"value":{"a":1},"time":"1"}"#, &["time: Time"]),
            (r#"{"time":1,"value":{"a":10},"time":2}"#, &["a: Range", "time: Duplicate"]),
        ],
    );
    table(
        &model,
        &options,
        Payload::EventPost("e_empty"),
        &[(r#"{"value":{}}"#, OK), (r#"{"value":{"a":1}}"#, &["a: Unknown"])],
    );
    table(&model, &options, Payload::EventPost("nothing"), &[(r#"{"value":{}}"#, &[": UnknownEvent"])]);
    table(&model, &options, Payload::EventPost("p_int"), &[(r#"{"value":{}}"#, &[": UnknownEvent"])]);
    table(
        &model,
        &options,
        Payload::ServiceInput("s_sync"),
        &[
            (r#"{"when":"1","tags":["a","b"]}"#, OK),
            (r#"{}"#, OK),
            (r#"{"tags":["a","b","c"]}"#, &["tags: Size"]),
            (r#"{"ok":1}"#, &["ok: Unknown"]),
            (r#"{"when":{"value":"1"}}"#, &["when: Type"]),
            (r#"[]"#, &[": Object"]),
        ],
    );
    table(
        &model,
        &options,
        Payload::ServiceInput("s_noargs"),
        &[(r#"{}"#, OK), (r#"{"x":1}"#, &["x: Unknown"])],
    );
    table(
        &model,
        &options,
        Payload::ServiceOutput("s_sync"),
        &[
            (r#"{"ok":1,"detail":{"n":1}}"#, OK),
            (r#"{"ok":true}"#, &["ok: Type"]),
            (r#"{"when":"1"}"#, &["when: Unknown"]),
        ],
    );
    table(&model, &options, Payload::ServiceInput("nothing"), &[(r#"{}"#, &[": UnknownService"])]);
    table(&model, &options, Payload::ServiceInput("e_info"), &[(r#"{}"#, &[": UnknownService"])]);
}

#[test]
fn open_questions_are_options() {
    let model = model("all-types.json");
    let with = |change: fn(&mut Options)| {
        let mut options = Options::default();
        change(&mut options);
        options
    };
    let post = Payload::PropertyPost;
    table(
        &model,
        &with(|options| options.integer_as_float = false),
        post,
        &[
            (r#"{"p_float":5}"#, &["p_float: Type"]),
            (r#"{"p_float":5.0}"#, OK),
            (r#"{"p_double":5e0}"#, OK),
            (r#"{"p_arr_float":[5]}"#, &["p_arr_float[0]: Type"]),
        ],
    );
    table(
        &model,
        &with(|options| options.whole_float_as_int = true),
        post,
        &[
            (r#"{"p_int":32.0}"#, OK),
            (r#"{"p_int":1e2}"#, OK),
            (r#"{"p_int":10e-1}"#, OK),
            (r#"{"p_int":1.5}"#, &["p_int: Type"]),
            (r#"{"p_int":2147483648.0}"#, &["p_int: Range"]),
            (r#"{"p_int":1e400}"#, &["p_int: Range"]),
        ],
    );
    table(
        &model,
        &with(|options| options.number_as_date = true),
        post,
        &[
            (r#"{"p_date":1700000000123}"#, OK),
            (r#"{"p_date":"1700000000123"}"#, OK),
            (r#"{"p_date":true}"#, &["p_date: Type"]),
        ],
    );
    table(
        &model,
        &with(|options| options.literal_as_bool = true),
        post,
        &[
            (r#"{"p_bool":true}"#, OK),
            (r#"{"p_bool":false}"#, OK),
            (r#"{"p_bool":1}"#, OK),
            (r#"{"p_bool":null}"#, &["p_bool: Empty"]),
        ],
    );
    table(
        &model,
        &with(|options| options.text_unit = TextUnit::Bytes),
        post,
        &[
            (r#"{"p_text":"一二三四五"}"#, OK),
            (r#"{"p_text":"一二三四五六"}"#, &["p_text: Length"]),
            (r#"{"p_text":"\u4e00\u4e00\u4e00\u4e00\u4e00x"}"#, OK),
            (r#"{"p_text":"\u4e00\u4e00\u4e00\u4e00\u4e00xy"}"#, &["p_text: Length"]),
            (r#"{"p_text":"\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00"}"#, OK),
        ],
    );
    table(
        &model,
        &with(|options| options.exact_arrays = true),
        post,
        &[
            (r#"{"p_arr_int":[1,2,3,4]}"#, OK),
            (r#"{"p_arr_int":[1,2,3]}"#, &["p_arr_int: SizeShort"]),
            (r#"{"p_arr_int":[]}"#, &["p_arr_int: SizeShort"]),
            (r#"{"p_arr_int":[1,2,3,4,5]}"#, &["p_arr_int: Size"]),
        ],
    );
    table(
        &model,
        &with(|options| options.steps = true),
        post,
        &[
            (r#"{"p_float":0.1}"#, OK),
            (r#"{"p_float":0.3}"#, OK),
            (r#"{"p_float":-100.4}"#, OK),
            (r#"{"p_float":0.15}"#, &["p_float: Step"]),
            (r#"{"p_double":0.000001}"#, OK),
            (r#"{"p_double":999999999.999999}"#, OK),
            (r#"{"p_double":0.0000001}"#, &["p_double: Step"]),
            (r#"{"p_double":1e-6}"#, OK),
            (r#"{"p_double":1e-7}"#, &["p_double: Step"]),
            (r#"{"p_double":1e-400}"#, &["p_double: Step"]),
            (r#"{"p_int":-2147483648}"#, OK),
            (r#"{"p_struct":{"f":0.29,"d":0.001}}"#, OK),
            (r#"{"p_struct":{"f":0.295}}"#, &["p_struct.f: Step"]),
        ],
    );
    let complete = with(|options| options.complete = true);
    table(
        &model,
        &complete,
        post,
        &[(r#"{"p_int":1}"#, OK), (r#"{"p_arr_struct":[{"sn":"a"}]}"#, &["p_arr_struct[0].v: Missing"])],
    );
    table(
        &model,
        &complete,
        Payload::ServiceInput("s_sync"),
        &[(r#"{"when":"1"}"#, &["tags: Missing"]), (r#"{"when":"1","tags":[]}"#, OK)],
    );
    table(
        &model,
        &with(|options| options.bare_events = false),
        Payload::EventPost("e_info"),
        &[(r#"{"value":{"a":1}}"#, OK), (r#"{"a":1}"#, &["a: Wrapper", ": Empty"])],
    );
    table(
        &model,
        &with(|options| options.duplicates = false),
        post,
        &[(r#"{"p_int":1,"p_int":2}"#, OK), (r#"{"p_int":1,"p_int":"x"}"#, &["p_int: Type"])],
    );
    table(
        &model,
        &with(|options| options.level = Level::Weak),
        post,
        &[
            (
                r#"{"p_int_small":100,"p_text":"0123456789abcdefghij","p_enum":55,"p_bool":7,"p_date":"x"}"#,
                OK,
            ),
            (r#"{"p_int":"x"}"#, &["p_int: Type"]),
            (r#"{"nope":1}"#, &["nope: Unknown"]),
            (r#"{"p_bool":true}"#, &["p_bool: Type"]),
            (r#"{"p_arr_int":[1,2,3,4,5,"6"]}"#, &["p_arr_int[5]: Type"]),
        ],
    );
    table(
        &model,
        &with(|options| options.level = Level::None),
        post,
        &[(r#"{"nope":[null,{"a":{}}]}"#, OK), (r#"[]"#, OK), (r#"7"#, OK)],
    );
}

#[test]
fn packs_batches_and_histories() {
    let own = model("all-types.json");
    let lamp = model("lamp.json");
    let family = |product: &str, device: &str| match (product, device) {
        ("a1", "lamp") => Some(&lamp),
        ("a1", "own") => Some(&own),
        _ => None,
    };
    let options = Options::default();
    table(
        &own,
        &options,
        Payload::Pack(&Devices(&family)),
        &[
            (
                r#"{"properties":{"p_int":{"value":1,"time":1700000000000}},"events":{"e_info":{"value":{"a":1},"time":1}}}"#,
                OK,
            ),
            (
                r#"{"properties":{"p_int":"x","no":1},"events":{"e_info":{"value":{"a":10}},"no":{"value":{}}}}"#,
                &[
                    "properties.p_int: Type",
                    "properties.no: Unknown",
                    "events.e_info.a: Range",
                    "events.no: UnknownEvent",
                ],
            ),
            (
                r#"{"subDevices":[{"identity":{"productKey":"a1","deviceName":"lamp"},"properties":{"Brightness":{"value":101}}}]}"#,
                &["subDevices[0].properties.Brightness: Range"],
            ),
            // The identity decides which model judges, wherever it stands.
            (
                r#"{"subDevices":[{"properties":{"Brightness":{"value":50},"p_int":1},"identity":{"deviceName":"lamp","productKey":"a1"}}]}"#,
                &["subDevices[0].properties.p_int: Unknown"],
            ),
            (
                r#"{"subDevices":[{"identity":{"productKey":"a1","deviceName":"lamp"},"properties":{"Brightness":1}},
                {"identity":{"productKey":"a1","deviceName":"nobody"},"properties":{"x":1}}]}"#,
                &["subDevices[1]: UnknownDevice"],
            ),
            (r#"{"subDevices":[{"properties":{"Brightness":1}}]}"#, &["subDevices[0]: Identity"]),
            (
                r#"{"subDevices":[{"identity":{"productKey":"a1","deviceName":"lamp"},
                "events":{"OverHeat":{"value":{"Temperature":200}}}}]}"#,
                &["subDevices[0].events.OverHeat.Temperature: Range"],
            ),
            (r#"{"properties":{"p_struct":{"value":{"i":11}}}}"#, &["properties.p_struct.i: Range"]),
            (r#"{"properties":{"p_int":1,"p_int":1}}"#, &["properties.p_int: Duplicate"]),
            (r#"{"properties":[],"events":{}}"#, &["properties: Object"]),
            (r#"[]"#, &[": Object"]),
        ],
    );
    table(
        &own,
        &options,
        Payload::Batch,
        &[
            (
                r#"{"properties":{"p_int":[{"value":1,"time":1},{"value":2,"time":2}]},"events":{"e_info":[{"value":{"a":1},"time":1}]}}"#,
                OK,
            ),
            (
                r#"{"properties":{"p_int":[{"value":1,"time":1},{"value":"2","time":2}]}}"#,
                &["properties.p_int[1]: Type"],
            ),
            (
                r#"{"properties":{"p_arr_struct":[{"value":[{"v":1},{"v":256}],"time":1}]}}"#,
                &["properties.p_arr_struct[0][1].v: Range"],
            ),
            (
                r#"{"properties":{"p_int":[{"value":1,"time":1700086400001}]}}"#,
                &["properties.p_int[0]: TimeAhead"],
            ),
            (r#"{"properties":{"no":[{"value":1,"time":1}]}}"#, &["properties.no: Unknown"]),
            (r#"{"properties":{"p_int":{"value":1,"time":1}}}"#, &["properties.p_int: Array"]),
            (
                r#"{"events":{"e_info":[{"value":{"a":1},"time":1},{"value":{"a":10},"time":1}]}}"#,
                &["events.e_info[1].a: Range"],
            ),
            (r#"{"events":{"e_info":[{"value":{"a":1},"time":"1"}]}}"#, &["events.e_info[0].time: Time"]),
            (r#"{"events":{"no":[{"value":{},"time":1}]}}"#, &["events.no: UnknownEvent"]),
        ],
    );
    table(
        &own,
        &options,
        Payload::History(&Devices(&family)),
        &[
            (
                r#"[{"identity":{"productKey":"a1","deviceName":"own"},"properties":[{"p_int":{"value":1,"time":1}},{"p_int":{"value":2,"time":2}}],
                "events":[{"e_info":{"value":{"a":1},"time":1}}]}]"#,
                OK,
            ),
            (
                r#"[{"identity":{"productKey":"a1","deviceName":"own"},"properties":[{"p_int":{"value":1,"time":1}},{"p_int":{"value":"2","time":2}}]}]"#,
                &["[0].properties[1].p_int: Type"],
            ),
            (
                r#"[{"identity":{"productKey":"a1","deviceName":"own"},"properties":[]},
                {"identity":{"productKey":"a1","deviceName":"lamp"},"properties":[{"p_int":{"value":1,"time":1}}]}]"#,
                &["[1].properties[0].p_int: Unknown"],
            ),
            (
                r#"[{"identity":{"productKey":"a1","deviceName":"own"},"events":[{"e_info":{"value":{"a":10},"time":1}}]}]"#,
                &["[0].events[0].e_info.a: Range"],
            ),
            (r#"[{"identity":{"productKey":"a1"},"properties":[]}]"#, &["[0]: Identity"]),
        ],
    );
    let history = check(&own, &options, Payload::History(&Devices(&family)), b"{}").unwrap();
    assert_eq!(history, [": Array"]);
    assert_eq!(check(&own, &options, Payload::History(&Devices(&family)), b"[]").unwrap(), [": NoEntry"]);
}

/// A gateway's children.
struct Devices<'m>(&'m dyn Fn(&str, &str) -> Option<&'m Model>);

impl Family for Devices<'_> {
    fn model(&self, product_key: &str, device_name: &str) -> Option<&Model> {
        (self.0)(product_key, device_name)
    }
}

/// Not JSON is another outcome than a bad payload, at every level, wherever it begins.
#[test]
fn what_is_not_json() {
    let model = model("all-types.json");
    let mut none = Options::default();
    none.level = Level::None;
    let deep = format!("{{\"nope\":{}{}}}", "[".repeat(200), "]".repeat(200));
    for text in [
        "",
        " ",
        "{",
        "}",
        "{\"p_int\"",
        "{\"p_int\":",
        "{\"p_int\":1",
        "{\"p_int\":1,",
        "{\"p_int\":1,}",
        "{,}",
        "{\"p_int\" 1}",
        "{\"p_int\":01}",
        "{\"p_int\":+1}",
        "{\"p_int\":1.}",
        "{\"p_int\":.5}",
        "{\"p_int\":1e}",
        "{\"p_int\":-}",
        "{\"p_int\":0x1}",
        "{\"p_int\":NaN}",
        "{\"p_int\":Infinity}",
        "{\"p_int\":nul}",
        "{\"p_int\":True}",
        "{p_int:1}",
        "{'p_int':1}",
        "{\"p_int\":1}x",
        "{\"p_int\":1}{}",
        "{\"p_text\":\"\n\"}",
        "{\"p_text\":\"\\x\"}",
        "{\"p_text\":\"\\u12\"}",
        "{\"p_text\":\"\\ud800\"}",
        "{\"p_text\":\"\\udc00\"}",
        "{\"p_text\":\"\\ud800\\u0041\"}",
        "{\"\\ud800\":1}",
        "{\"nope\":\"\\ud800\"}",
        "{\"nope\":[1,]}",
        "{\"nope\":{\"a\":1,}}",
        "{\"nope\":01}",
        "\u{feff}{\"p_int\":1}",
        "{\"p_int\":1//x\n}",
        "{\"p_arr_int\":[1,2",
        "{\"p_arr_int\":[1 2]}",
        "{\"p_struct\":{\"i\":1",
        "{\"p_struct\":{\"i\":}}",
        "{\"p_int\":{\"value\":1",
        "{\"p_date\":\"1",
        &deep,
    ] {
        for options in [&Options::default(), &none] {
            let result = check(&model, options, Payload::PropertyPost, text.as_bytes());
            assert!(result.is_err(), "{text:?}: {result:?}");
        }
    }
    for bytes in [
        &b"{\"p_text\":\"\xff\"}"[..],
        b"{\"p_text\":\"\xc0\xaf\"}",
        b"{\"p_text\":\"\xed\xa0\x80\"}",
        b"{\"\xff\":1}",
        b"{\"nope\":\"\xf5\x80\x80\x80\"}",
    ] {
        assert!(check(&model, &Options::default(), Payload::PropertyPost, bytes).is_err(), "{bytes:?}");
    }
}

/// Both judges agree on every violation of random payloads under random options.
#[test]
fn two_judges_agree() {
    let seeds = std::env::var("LINKWIRE_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(500);
    for seed in 0..seeds {
        let mut any = Any(seed);
        let properties: Vec<(String, Kind)> =
            (0..=any.up_to(9)).map(|at| (format!("p{at}"), any.kind())).collect();
        let outputs: Vec<(String, Kind)> =
            (0..=any.up_to(3)).map(|at| (format!("o{at}"), any.kind())).collect();
        let settable: Vec<bool> = properties.iter().map(|_| !any.chance(4)).collect();
        let features: Vec<String> = properties
            .iter()
            .zip(&settable)
            .map(|((name, kind), settable)| {
                let access = if *settable { "rw" } else { "r" };
                format!(
                    r#"{{"identifier":"{name}","name":"n","accessMode":"{access}","dataType":{}}}"#,
                    kind.tsl()
                )
            })
            .collect();
        let parameters = parameters(&outputs);
        let tsl = format!(
            r#"{{"profile":{{"productKey":"a1"}},"properties":[{}],
            "events":[{{"identifier":"e","name":"e","type":"info","method":"thing.event.e.post","outputData":[{parameters}]}}],
            "services":[{{"identifier":"s","name":"s","callType":"sync","method":"thing.service.s",
            "inputData":[{parameters}],"outputData":[{parameters}]}}]}}"#,
            features.join(","),
        );
        let model = Model::compile(tsl.as_bytes(), &Limits::current())
            .unwrap_or_else(|errors| panic!("seed {seed}: {errors}\n{tsl}"));
        for _ in 0..8 {
            let options = any.options();
            let mut judge = Judge { options: &options, found: Vec::new() };
            let mut parts = None;
            const LATEST: &str = "1700086400000";
            let (payload, entries) = match any.below(6) {
                0 => {
                    let entries = any.members(&outputs);
                    judge.members(&outputs, &entries, "", "Unknown");
                    let output = any.chance(2);
                    (if output { Payload::ServiceOutput("s") } else { Payload::ServiceInput("s") }, entries)
                }
                1 => {
                    let event = any.event(&outputs);
                    judge.event(&outputs, &event, LATEST);
                    (Payload::EventPost("e"), event)
                }
                2 => {
                    let entries = any.members(&properties);
                    judge.properties(&properties, &entries, Some(&settable), LATEST);
                    (Payload::PropertySet, entries)
                }
                _ => {
                    let entries = any.entries(&properties);
                    parts = Some(judge.properties(&properties, &entries, None, LATEST));
                    (Payload::PropertyPost, entries)
                }
            };
            let mut text = String::new();
            Json::Object(entries).write(&mut text, &mut |limit| any.below(limit));
            let mut found = check(&model, &options, payload, text.as_bytes())
                .unwrap_or_else(|rule| panic!("seed {seed}: {rule}: {text}"));
            let mut expected = judge.found;
            found.sort();
            expected.sort();
            assert_eq!(found, expected, "seed {seed}: {text}\n{tsl}\n{options:?}");
            // What has nothing wrong in it is what the platform keeps.
            let Some(parts) = parts else { continue };
            let mut checker = Checker::with_options(&model, options);
            let partition = checker.partition(text.as_bytes(), WallClock::from_unix_millis(NOW)).unwrap();
            let entries: Vec<_> =
                partition.entries().map(|entry| (entry.key().into_owned(), entry.is_kept())).collect();
            assert_eq!(entries, parts, "seed {seed}: {text}\n{tsl}");
            assert_eq!(partition.refused().is_some(), parts.is_empty());
        }
    }
}
