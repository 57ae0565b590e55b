//! Every rule has a message that breaks it, and is found where it is broken.

use std::fs;
use std::path::Path;

use alink::message::any::{Body, Message};
use alink::message::shadow::{RESET, ShadowRequest};
use alink::{Direction, Fault, MAX_TOPIC, Reading, Request, Rule, Topic};

const SYS: &str = "/sys/a1LampDemo01/lamp001/thing/";

/// What strict reading makes of a payload on a topic, which begins behind the names unless it is whole.
fn fault(topic: &str, payload: &[u8]) -> Option<Fault> {
    let topic = if topic.starts_with('/') { topic.to_owned() } else { format!("{SYS}{topic}") };
    let topic = Topic::parse_sent(&topic, Direction::Both, MAX_TOPIC).expect("a topic");
    let message = match Message::parse(&topic, payload, Reading::Strict) {
        Err(fault) => return Some(fault),
        Ok(message) => message,
    };
    // A list of children may be empty in an answer, but not where it must name some.
    match message {
        Message::Request(Request { params: Body::Devices(devices), .. }) => devices.check_not_empty().err(),
        _ => None,
    }
}

/// Payloads of text: where, what, which rule, and at which byte.
const TEXTS: &[(&str, &str, Rule, usize)] = &[
    ("event/property/post", "[1]", Rule::NotAnObject, 0),
    ("event/property/post", r#"{"id":"1","method":1,"params":{"a":1}}"#, Rule::MethodNotText, 19),
    ("topo/add", r#"{"id":"1","params":{}}"#, Rule::ParamsNotArray, 19),
    ("event/property/post_reply", r#"{"id":"1"}"#, Rule::CodeMissing, 0),
    ("event/property/post_reply", r#"{"id":"1","code":true}"#, Rule::CodeNotNumber, 17),
    ("config/push", r#"{"id":"1","params":{"configId":1}}"#, Rule::NotText, 31),
    (
        "file/download",
        r#"{"id":"1","params":{"fileInfo":{"streamId":"x","fileId":1}}}"#,
        Rule::NotInteger,
        43,
    ),
    (
        "file/upload/mqtt/send_reply",
        r#"{"id":"1","code":200,"data":{"uploadId":"u","offset":0,"bSize":1,"complete":1}}"#,
        Rule::NotBoolean,
        76,
    ),
    ("job/notify", r#"{"id":"1","params":{"task":1}}"#, Rule::NotObject, 27),
    ("event/property/batch/post", r#"{"id":"1","params":{"properties":{"a":1}}}"#, Rule::NotArray, 38),
    (
        "event/property/pack/post",
        r#"{"id":"1","params":{"properties":{"a":{"time":1}}}}"#,
        Rule::ValueMissing,
        38,
    ),
    (
        "topo/delete",
        r#"{"id":"1","params":[{"productKey":"a-b","deviceName":"lamp"}]}"#,
        Rule::BadProductKey,
        34,
    ),
    ("list/found", r#"{"id":"1","params":[]}"#, Rule::ListEmpty, 19),
    (
        "file/upload/mqtt/init",
        r#"{"id":"1","params":{"fileName":"a","fileSize":1,"extraParams":{"fileTag":{"a":"","b":"","c":"","d":"","e":"","f":""}}}}"#,
        Rule::TooManyFileTags,
        62,
    ),
    ("/shadow/update/a1LampDemo01/lamp001", "x", Rule::ShadowNotJson, 0),
    ("/shadow/update/a1LampDemo01/lamp001", "", Rule::ShadowEmpty, 0),
];

/// Where; what is said so often, between a head and a tail; which rule.
type Repeated = (&'static str, &'static str, (&'static str, usize), &'static str, Rule);

/// Payloads too long to be written down.
const REPEATED: &[Repeated] = &[
    ("event/property/post", r#"{"id":"1","params":"#, ("[", 100), "", Rule::TooDeep),
    (
        "topo/delete",
        r#"{"id":"1","params":["#,
        (r#"{"productKey":"a1","deviceName":"lamp"},"#, 200),
        r#"{"productKey":"a1","deviceName":"lamp"}]}"#,
        Rule::ListTooLong,
    ),
    (
        "/ota/device/upgrade/a1LampDemo01/lamp001",
        r#"{"id":"1","code":1000,"data":{"version":"2","files":["#,
        (r#"{"fileSize":1,"fileName":"a","fileUrl":"u","fileMd5":"m","fileSign":"s"},"#, 20),
        r#"{"fileSize":1,"fileName":"a","fileUrl":"u","fileMd5":"m","fileSign":"s"}]}}"#,
        Rule::TooManyFiles,
    ),
];

#[test]
fn messages_break_the_rule_they_are_said_to_break() {
    let found = TEXTS.iter().map(|(topic, payload, rule, offset)| {
        let expected = Some(Fault { rule: *rule, offset: *offset });
        (*payload, expected, fault(topic, payload.as_bytes()))
    });
    let wrong: Vec<_> = found.filter(|(_, expected, found)| expected != found).collect();
    assert!(wrong.is_empty(), "payload, expected, found: {wrong:#?}");
    for (topic, head, (middle, times), tail, rule) in REPEATED {
        let payload = format!("{head}{}{tail}", middle.repeat(*times));
        assert_eq!(fault(topic, payload.as_bytes()).map(|fault| fault.rule), Some(*rule), "{topic}");
    }
    let events: Vec<_> = (0..21).map(|at| format!(r#""e{at}":{{"value":{{}}}}"#)).collect();
    let pack = format!(r#"{{"id":"1","params":{{"events":{{{}}}}}}}"#, events.join(","));
    let fault_of = |topic, payload: &[u8]| fault(topic, payload).map(|fault| fault.rule);
    assert_eq!(fault_of("event/property/pack/post", pack.as_bytes()), Some(Rule::TooManyEvents));
    assert_eq!(fault_of("event/property/post", b"{\"id\":\"\xFF\"}"), Some(Rule::NotUtf8));
    let mut frame = b"\0\x15{\"id\":\"1\",\"code\":460}".to_vec();
    frame.extend_from_slice(b"more");
    assert_eq!(fault_of("file/download_reply", &frame), Some(Rule::FrameLength));
}

#[test]
fn a_shadow_s_version_goes_up() {
    let (update, delete) = (
        |version| ShadowRequest::Update { reported: None, clear_desired: true, version },
        |version| ShadowRequest::Delete { reported: None, version },
    );
    assert_eq!(ShadowRequest::Get.version_after(7), Ok(7));
    assert_eq!((update(8).version_after(7), delete(9).version_after(7)), (Ok(8), Ok(9)));
    assert_eq!(update(RESET).version_after(7), Ok(0));
    for old in [update(7), update(0), delete(7), delete(RESET)] {
        assert_eq!(old.version_after(7).map_err(|fault| fault.rule), Err(Rule::ShadowVersionConflict));
    }
}

#[test]
fn no_rule_goes_untested() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = String::new();
    for entry in fs::read_dir(root.join("tests")).expect("the folder is there") {
        tests += &fs::read_to_string(entry.expect("an entry").path()).expect("a file");
    }
    // A synchronous call without a method is taken as one of free form; the rule is for platforms.
    let spared = [Rule::MethodMissing];
    let untested: Vec<_> = Rule::ALL
        .iter()
        .filter(|rule| !spared.contains(rule) && !names(&tests, &format!("Rule::{rule:?}")))
        .collect();
    assert!(untested.is_empty(), "{untested:?}");
}

/// Whether `word` stands in `text`, and not only as part of a longer one.
fn names(text: &str, word: &str) -> bool {
    text.match_indices(word)
        .any(|(at, _)| !text[at + word.len()..].starts_with(|c: char| c.is_alphanumeric()))
}
