//! `docs/facts.md` says the truth and all of it: the files are there, so are the tests it names, and no
//! kind of message is without an exchange or a word on why.

use std::fs;
use std::path::Path;

use alink::message::any::{Body, Message};
use alink::{DeviceId, Direction, Json, Kind, MAX_TOPIC, Reading, SliceOut, Topic};

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_row_names_a_file_and_a_test_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = read(&root.join("docs/facts.md"));
    let mut rows = 0;
    let mut named = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| fact ")) {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [fact, place, test] = cells[..] else { panic!("three cells: {line}") };
        rows += 1;
        if place.starts_with("application") {
            continue;
        }
        let place = place.trim_matches('`');
        let source = read(&root.join(place));
        named.push(place.to_owned());
        let (file, name) = test.rsplit_once(' ').unwrap_or_else(|| panic!("{fact}: no test"));
        if file == "doc" {
            assert!(source.contains("/// ```"), "{fact}: no example in {place}");
            continue;
        }
        let text = match file.strip_prefix("unit ") {
            Some(source) => read(&root.join(source.trim_matches('`'))),
            None => read(&root.join("tests").join(file.trim_matches('`'))),
        };
        assert!(text.contains(&format!("fn {name}(")), "{fact}: no test {name} in {file}");
    }
    assert!(rows > 70, "{rows} rows");
    // No message or flow without a row.
    for folder in ["src/message", "src/flow"] {
        for entry in fs::read_dir(root.join(folder)).expect("the folder is there") {
            let file = entry.expect("an entry").file_name().into_string().expect("a name");
            let helpers = ["any.rs", "step.rs", "clock.rs", "bridge.rs", "directory.rs", "fleet.rs"];
            let path = format!("{folder}/{file}");
            assert!(named.contains(&path) || helpers.contains(&&*file), "no row names {path}");
        }
    }
}

/// Messages of no exchange, each with a body of its type.
const TYPED: &[(Kind, &str)] = &[
    (Kind::SubUnregister, r#"[{"productKey":"a1LampDemo01","deviceName":"lamp001"}]"#),
    (Kind::GatewayPermit, r#"{"productKey":"a1LampDemo01","time":60}"#),
    (
        Kind::InternalService,
        r#"{"identifier":"_LivingLink.activation.subdevice.connect","serviceParams":{"a":1}}"#,
    ),
];

/// Messages whose bodies no text or SDK settles, as the page says: they are handed on as they are.
const RAW: &[Kind] = &[
    Kind::BootstrapConfigPush,
    Kind::InternalNotify,
    Kind::LanPrefixGet,
    Kind::LanPrefixUpdate,
    Kind::LanBlacklistUpdate,
    Kind::CipherGet,
    Kind::EnrolleeMatch,
    Kind::EnrolleeCheckin,
    Kind::EnrolleeFound,
    Kind::SwitchAp,
    Kind::DebugSwitch,
];

/// Messages that are bytes of the application's own.
const FREE: &[Kind] = &[
    Kind::RawUp,
    Kind::RawDown,
    Kind::OtaRequest,
    Kind::TunnelNotify,
    Kind::TunnelRequest,
    Kind::Rrpc,
    Kind::BroadcastOnline,
    Kind::Broadcast,
    Kind::Probe,
    Kind::Custom,
];

#[test]
fn every_kind_has_an_exchange_or_a_word_on_why() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut known: Vec<Kind> = TYPED.iter().map(|(kind, _)| *kind).chain(RAW.iter().copied()).collect();
    known.extend(FREE);
    for entry in fs::read_dir(root.join("../vectors/alink/valid")).expect("the folder is there") {
        let exchange = read(&entry.expect("an entry").path());
        let exchange: serde_json::Value = serde_json::from_str(&exchange).expect("an exchange is JSON");
        let topics = ["topic", "reply_topic"].iter().filter_map(|field| exchange[*field].as_str());
        known.extend(
            topics.map(|topic| Topic::parse_sent(topic, Direction::Both, MAX_TOPIC).expect("a topic").kind()),
        );
    }
    let forgotten: Vec<_> = Kind::ALL.iter().filter(|kind| !known.contains(kind)).collect();
    assert!(forgotten.is_empty(), "{forgotten:?}");
    let page = read(&root.join("docs/facts.md"));
    for kind in RAW {
        assert!(page.contains(&format!("`{kind:?}`")), "the page has no word on {kind:?}");
    }
}

#[test]
fn bodies_that_nothing_settles_stay_as_they_are() {
    let lamp = DeviceId::new("a1LampDemo01", "lamp001").expect("legal names");
    let read = |kind, params: &str| {
        let topic = Topic::of(kind, lamp).expect("a topic that does not vary");
        let payload = format!(r#"{{"id":"1","version":"1.0","params":{params}}}"#);
        match Message::parse(&topic, payload.as_bytes(), Reading::Strict) {
            Ok(Message::Request(request)) => {
                (matches!(request.params, Body::Other(_)), written(&request.params))
            }
            other => panic!("{kind:?}: {other:?}"),
        }
    };
    for kind in RAW {
        for params in [r#"{"any":[1,"x",null]}"#, "[]", "1"] {
            assert_eq!(read(*kind, params), (true, params.to_owned()));
        }
    }
    for (kind, params) in TYPED {
        assert_eq!(read(*kind, params), (false, (*params).to_owned()));
    }
}

fn written(body: &Body<'_>) -> String {
    let mut buffer = [0; 256];
    let mut out = SliceOut::new(&mut buffer);
    body.append(&mut out).expect("room for it");
    String::from_utf8(out.written().to_vec()).expect("JSON is text")
}
