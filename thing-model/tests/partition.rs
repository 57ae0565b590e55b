//! What the platform keeps and drops of a post, and the codes it tells.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::Path;

use thing_model::{Checker, Code, Count, Level, Limits, Model, Options, Outcome, Payload, Record, WallClock};

fn model(name: &str) -> Model {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/tsl").join(name);
    Model::compile(&fs::read(path).unwrap(), &Limits::current()).unwrap()
}

const NOW: WallClock = WallClock::from_unix_millis(1_700_000_000_000);

/// Kept keys, dropped keys with their texts, and the code the whole is refused with.
fn partition(model: &Model, level: Level, json: &str) -> (Vec<String>, Vec<String>, Option<Code>) {
    let mut options = Options::default();
    options.level = level;
    let mut checker = Checker::with_options(model, options);
    let partition = checker.partition(json.as_bytes(), NOW).unwrap();
    let kept = partition.kept().map(|entry| entry.key().into_owned()).collect();
    let text = |entry: &thing_model::Entry<'_>| entry.reason().unwrap().platform_text();
    let dropped = partition.dropped().map(|entry| format!("{}: {}", entry.key(), text(&entry))).collect();
    (kept, dropped, partition.refused())
}

#[test]
fn levels_decide_what_is_kept() {
    let model = model("lamp.json");
    let post = r#"{"PowerSwitch":1,"Brightness":101,"ColorTemperature":"warm","Nope":1}"#;
    let (unknown, wrong) = ("Nope: tsl parse: params not exist", "ColorTemperature: parameter type wrong");
    let range = "Brightness: int outside specs";
    assert_eq!(
        partition(&model, Level::Strong, post),
        (vec!["PowerSwitch".into()], vec![range.into(), wrong.into(), unknown.into()], None)
    );
    assert_eq!(
        partition(&model, Level::Weak, post),
        (vec!["PowerSwitch".into(), "Brightness".into()], vec![wrong.into(), unknown.into()], None)
    );
    assert_eq!(partition(&model, Level::None, post).0.len(), 4);
    assert_eq!(partition(&model, Level::Strong, "{}").2, Some(Code::NO_ENTRY));
    assert_eq!(partition(&model, Level::Strong, "[]").2, Some(Code::SHAPE));
    let many: Vec<_> = (0..201).map(|n| format!("\"k{n}\":1")).collect();
    let (kept, dropped, refused) = partition(&model, Level::Strong, &format!("{{{}}}", many.join(",")));
    assert_eq!((kept.len(), dropped.len(), refused), (0, 201, Some(Code::TOO_MANY)));
}

#[test]
fn the_rest_can_be_sent() {
    let model = model("all-types.json");
    let post = "{ \"p_int\" : {\"value\":\"x\",\"time\":1} , \"p_\\u0074ext\" : \"ok\",\"p_struct\":{\"i\":11,\"q\":1}, \"p_bool\":1 }";
    let mut checker = Checker::new(&model);
    let parts = checker.partition(post.as_bytes(), NOW).unwrap();
    let (mut kept, mut data) = (String::new(), String::new());
    parts.write_kept(&mut kept).unwrap();
    parts.write_data(&mut data).unwrap();
    assert_eq!(kept, r#"{"p_\u0074ext" : "ok","p_bool":1}"#);
    assert_eq!(data, r#"{"p_int":"parameter type wrong","p_struct":"int outside specs"}"#);
    let reasons: Vec<_> = parts.dropped().map(|entry| entry.reason().unwrap().to_string()).collect();
    assert_eq!(reasons, ["p_int: wrong type (6305)", "p_struct.i: outside the range (6306)"]);

    let outcome = checker.check(Payload::PropertyPost, kept.as_bytes(), NOW, &mut Count::default());
    assert_eq!(outcome, Ok(Outcome::Valid));
    assert!(checker.partition(b"{\"p_int\":1", NOW).is_err());
}

#[test]
fn codes_by_type() {
    let model = model("all-types.json");
    for (json, code) in [
        (r#"{"p_int":2147483648}"#, 6306),
        (r#"{"p_float":101}"#, 6307),
        (r#"{"p_double":1e10}"#, 6322),
        (r#"{"p_bool":true}"#, 6308),
        (r#"{"p_bool":2}"#, 6308),
        (r#"{"p_enum":5}"#, 6309),
        (r#"{"p_text":"12345678901234567"}"#, 6310),
        (r#"{"p_date":"x"}"#, 6311),
        (r#"{"p_struct":{"nope":1}}"#, 6312),
        (r#"{"p_arr_int":[1,2,3,4,5]}"#, 6315),
        (r#"{"p_int":"1"}"#, 6305),
        (r#"{"p_int":null}"#, 6302),
        (r#"{"p_int":{}}"#, 6302),
        (r#"{"nope":1}"#, 6304),
        (r#"{"p_int":{"value":1,"time":"1"}}"#, 460),
        ("{}", 6107),
        ("[]", 6301),
    ] {
        let mut found: Vec<Record> = Vec::new();
        let outcome = Checker::new(&model).check(Payload::PropertyPost, json.as_bytes(), NOW, &mut found);
        assert_eq!(outcome, Ok(Outcome::Invalid { violations: 1 }), "{json}");
        assert_eq!(found[0].code(), Code(code), "{json}");
        assert_ne!(found[0].code().text(), "unknown code");
    }
}

#[test]
fn texts_never_hold_the_value() {
    let model = model("all-types.json");
    let json = r#"{"p_text":"secret-secret-secret","p_int":987654321987,"p_date":"hush"}"#;
    let mut found: Vec<Record> = Vec::new();
    let _ = Checker::new(&model).check(Payload::PropertyPost, json.as_bytes(), NOW, &mut found).unwrap();
    for record in &found {
        let violation = record.view(&model, json.as_bytes());
        let told = format!("{violation} {violation:?} {record:?}");
        assert!(!["secret", "987654", "hush"].iter().any(|value| told.contains(value)), "{told}");
    }
    let values: Vec<_> = found.iter().map(|record| record.view(&model, json.as_bytes()).value()).collect();
    assert_eq!(values, [&b"\"secret-secret-secret\""[..], b"987654321987", b"\"hush\""]);
}

#[test]
fn whole_messages() {
    let model = model("lamp.json");
    let check = |payload: Payload<'_>, json: &str| {
        let mut found: Vec<Record> = Vec::new();
        let (outcome, envelope) =
            Checker::new(&model).check_message(payload, json.as_bytes(), NOW, &mut found).unwrap();
        let params = envelope.params.or(envelope.data).map(|body| String::from_utf8(body.to_vec()).unwrap());
        let texts: Vec<_> =
            found.iter().map(|record| record.view(&model, json.as_bytes()).to_string()).collect();
        assert_eq!(outcome.is_valid(), texts.is_empty());
        (params, texts)
    };
    let post = Payload::PropertyPost;
    assert_eq!(
        check(post, r#"{"id":"1","params":{"Brightness":1}}"#),
        (Some(r#"{"Brightness":1}"#.into()), vec![])
    );
    assert_eq!(
        check(post, r#" { "p\u0061rams" : {"Brightness":900} , "x" : [1,{}] , "id" : 7 } "#).1,
        ["Brightness: outside the range (6306)"]
    );
    assert_eq!(check(post, r#"{"id":"1"}"#).1, ["payload: has no params (or data) (6301)"]);
    assert_eq!(check(post, "[]").1, ["payload: must be an object (6301)"]);
    let reply = Payload::ServiceOutput("Blink");
    assert_eq!(
        check(reply, r#"{"id":"1","code":200,"data":{"Done":3}}"#),
        (Some(r#"{"Done":3}"#.into()), vec![])
    );
    assert_eq!(check(reply, r#"{"id":"1","code":200,"data":{"Done":"3"}}"#).1, ["Done: wrong type (6305)"]);
}
