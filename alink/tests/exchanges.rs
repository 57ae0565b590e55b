//! Every exchange of the data parses and is produced again, and every bad one is refused for what
//! is wrong with it. Any directory of files of the same form may stand in place of ours.
#![cfg(feature = "model")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use core::time::Duration;
use std::path::Path;

use alink::access::may_publish;
use alink::flow::Pending;
use alink::message::any::{Answer, Body, Message};
use alink::message::file::DownloadReply;
use alink::message::{desired, gateway, job, log, ota, pack, property, session, system, tag};
use alink::{
    DeviceId, Direction, Fault, Json, Kind, List, MAX_TOPIC, Map, RawJson, Read, Reading, Reply, Request,
    Rule, Topic,
};
use serde_json::Value;

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/alink");

fn files(folder: &str) -> Vec<(String, Value)> {
    let mut files: Vec<_> = std::fs::read_dir(Path::new(DIRECTORY).join(folder))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            (path.file_name().unwrap().to_str().unwrap().to_owned(), json)
        })
        .collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(!files.is_empty(), "{folder}");
    files
}

#[test]
fn every_valid_exchange_parses_and_is_produced_again() {
    for (name, file) in files("valid") {
        let known = ["name", "direction", "topic", "reply_topic", "qos", "request", "reply", "tsl", "note"];
        for field in file.as_object().unwrap().keys() {
            assert!(known.contains(&field.as_str()), "{name}: unknown field {field}");
        }
        let travels = match file["direction"].as_str() {
            Some("up") => Direction::Up,
            Some("down") => Direction::Down,
            other => panic!("{name}: direction {other:?}"),
        };
        let back = if travels == Direction::Up { Direction::Down } else { Direction::Up };
        let topic = Topic::parse_sent(file["topic"].as_str().unwrap(), travels, MAX_TOPIC).unwrap();
        assert_eq!(topic.to_string(), file["topic"], "{name}");
        let ack = file["request"].pointer("/sys/ack") != Some(&Value::from(0));

        // The shadow answers a push with an update, on the request's topic.
        let reply = if travels == Direction::Down && topic.kind() == Kind::Shadow {
            Topic::of(Kind::Shadow, topic.device().unwrap())
        } else {
            topic.reply().filter(|_| ack || !file["reply_topic"].is_null())
        };
        assert_eq!(reply.map(|topic| topic.to_string()).as_deref(), file["reply_topic"].as_str(), "{name}");

        if let Some(binary) = file["request"].get("binary") {
            assert!(binary.as_str().unwrap().len() > 4, "{name}: frames are in raw-frames.json");
        } else {
            assert_produced(&name, &topic, &file["request"]);
        }
        if let (Some(answer), Some(reply)) = (file.get("reply"), reply) {
            let reply = Topic::parse_sent(&reply.to_string(), back, MAX_TOPIC).unwrap().to_string();
            assert_produced(&name, &Topic::parse_sent(&reply, back, MAX_TOPIC).unwrap(), answer);
        }
    }
}

/// Reads the message, takes it apart, builds it anew from its parts, and compares JSON values.
fn assert_produced(name: &str, topic: &Topic<'_>, expected: &Value) {
    let payload = serde_json::to_vec(expected).unwrap();
    for reading in [Reading::Tolerant, Reading::Strict] {
        let message = Message::parse(topic, &payload, reading);
        let message = message.unwrap_or_else(|fault| panic!("{name}: {fault} in {expected}"));
        let mut out = Vec::new();
        match message {
            Message::Request(request) => {
                // Ids beyond 32 bits are read, and never written in requests of ours.
                let Request { id, version, ack, method, params } = request;
                // The driver configuration comes in `data`; its body is what we build.
                if topic.kind() == Kind::ModelConfigPush {
                    rebuild(&params, &mut out);
                    assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), expected["data"], "{name}");
                    return;
                }
                let params = rebuilt(&params);
                let params = RawJson::parse(&params).unwrap();
                Request { id, version, ack, method, params }.append(&mut out).unwrap();
            }
            Message::Reply(reply) => {
                let Reply { id, code, data, message, method, version } = reply;
                let data = rebuilt_answer(&data);
                let data = RawJson::parse(&data).unwrap();
                Reply { id, code, data, message, method, version }.append(&mut out).unwrap();
                // Read as string and number, written as number and string.
                let mut written: Value = serde_json::from_slice(&out).unwrap();
                if expected["id"].is_u64() {
                    written["id"] = written["id"].as_str().unwrap().parse::<u64>().unwrap().into();
                }
                if expected["code"].is_string() {
                    written["code"] = written["code"].to_string().into();
                }
                out = serde_json::to_vec(&written).unwrap();
            }
            Message::NtpRequest(message) => message.append(&mut out).unwrap(),
            Message::NtpReply(message) => message.append(&mut out).unwrap(),
            Message::ShadowRequest(message) => message.append(&mut out).unwrap(),
            Message::ShadowReply(message) => message.append(&mut out).unwrap(),
            Message::Free(bytes) => out.extend_from_slice(bytes),
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), *expected, "{name}");
    }
}

fn list<'a, T: Read<'a> + Copy + Json>(list: &List<'a, T>) -> Vec<T> {
    list.iter().collect()
}

fn map<'a, V: Read<'a> + Copy + Json>(map: &Map<'a, V>) -> Vec<(&'a str, V)> {
    map.iter().collect()
}

fn rebuilt(body: &Body<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    rebuild(body, &mut out);
    out
}

/// Builds a body from values of its own: nothing that was read is copied as text, but for values
/// that are raw by nature.
fn rebuild(body: &Body<'_>, out: &mut Vec<u8>) {
    let result = match body {
        Body::PropertyPost(post) => property::PropertyPost(map(&post.0)[..].into()).append(out),
        Body::Values(values) => property::Values::from(&map(values)[..]).append(out),
        Body::Event(event) => {
            let values = map(&event.value);
            property::EventPost { value: values[..].into(), time: event.time }.append(out)
        }
        Body::PropertyGet(get) | Body::DesiredGet(get) => {
            property::PropertyGet(list(&get.0)[..].into()).append(out)
        }
        Body::PropertyBatch(batch) => {
            let properties: Vec<_> =
                batch.properties.iter().map(|(id, points)| (id, list(&points))).collect();
            let properties: Vec<_> = properties.iter().map(|(id, points)| (*id, points[..].into())).collect();
            let events: Vec<_> = batch.events.iter().map(|(id, points)| (id, list(&points))).collect();
            let events: Vec<_> = events.iter().map(|(id, points)| (*id, points[..].into())).collect();
            pack::BatchPost { properties: properties[..].into(), events: events[..].into() }.append(out)
        }
        Body::PropertyPack(pack) => {
            let (properties, events) = (map(&pack.own.properties), map(&pack.own.events));
            let children = list(&pack.children);
            pack::PackPost {
                own: pack::Share { properties: properties[..].into(), events: events[..].into() },
                children: children[..].into(),
            }
            .append(out)
        }
        Body::PropertyHistory(history) => pack::HistoryPost::from(&list(history)[..]).append(out),
        Body::DesiredDelete(which) => desired::DesiredDelete::from(&map(which)[..]).append(out),
        Body::SubRegister(devices) => gateway::SubRegister(list(&devices.0)[..].into()).append(out),
        Body::ProductRegister(register) => {
            gateway::ProductRegister { proxieds: list(&register.proxieds)[..].into() }.append(out)
        }
        Body::TopoAdd(children) => gateway::TopoAdd(list(&children.0)[..].into()).append(out),
        Body::Devices(devices) => gateway::Devices(list(&devices.0)[..].into()).append(out),
        Body::TopoChange(change) => {
            gateway::TopoChange { status: change.status, children: list(&change.children)[..].into() }
                .append(out)
        }
        Body::BatchLogin(batch) => {
            session::BatchLogin { sign_method: batch.sign_method, devices: list(&batch.devices)[..].into() }
                .append(out)
        }
        Body::BatchLogout(devices) => session::BatchLogout(list(&devices.0)[..].into()).append(out),
        Body::TagUpdate(tags) => tag::TagUpdate(list(&tags.0)[..].into()).append(out),
        Body::TagGet(get) => tag::TagGet { keys: list(&get.keys)[..].into() }.append(out),
        Body::TagDelete(tags) => tag::TagDelete(list(&tags.0)[..].into()).append(out),
        Body::LogPost(lines) => log::LogPost(list(&lines.0)[..].into()).append(out),
        Body::Diagnosis(system::Diagnosis { sightings: system::Sightings::Many(many), model }) => {
            let many = list(many);
            system::Diagnosis { sightings: system::Sightings::Many(many[..].into()), model: *model }
                .append(out)
        }
        Body::DynamicTslGet(get) => {
            system::DynamicTslGet { nodes: list(&get.nodes)[..].into(), add_default: get.add_default }
                .append(out)
        }
        Body::Other(json) => panic!("no type for {json}"),
        flat => flat.append(out),
    };
    result.unwrap();
}

fn rebuilt_answer(answer: &Answer<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    match answer {
        Answer::Values(values) => property::Values::from(&map(values)[..]).append(&mut out),
        Answer::Desired(values) => desired::DesiredValues::from(&map(values)[..]).append(&mut out),
        Answer::Registrations(devices) => gateway::Registrations::from(&list(devices)[..]).append(&mut out),
        Answer::ProductRegistrations(answer) => gateway::ProductRegistrations {
            failures: list(&answer.failures)[..].into(),
            successes: list(&answer.successes)[..].into(),
        }
        .append(&mut out),
        Answer::Devices(devices) => gateway::Devices(list(&devices.0)[..].into()).append(&mut out),
        Answer::Package(package) => {
            let files = package.files.as_ref().map(list);
            ota::Package { files: files.as_deref().map(Into::into), ..*package }.append(&mut out)
        }
        Answer::Jobs(jobs) => {
            let tasks = jobs.tasks.as_ref().map(list);
            job::Jobs { tasks: tasks.as_deref().map(Into::into), ..*jobs }.append(&mut out)
        }
        flat => flat.append(&mut out),
    }
    .unwrap();
    out
}

/// Milliseconds of UTC at which the bad exchanges are judged.
const NOW: u64 = 1_700_000_000_000;

#[test]
fn every_invalid_exchange_is_refused_for_its_reason() {
    for (name, file) in files("invalid") {
        let known = ["name", "topic", "why", "likely_code", "judged_by", "payload", "payload_text"];
        for field in file.as_object().unwrap().keys() {
            assert!(known.contains(&field.as_str()), "{name}: unknown field {field}");
        }
        let payload = match file.get("payload_text") {
            Some(text) => text.as_str().unwrap().as_bytes().to_vec(),
            None => serde_json::to_vec(&file["payload"]).unwrap(),
        };
        let topic = file["topic"].as_str().unwrap();
        let code = match judge(topic, &payload) {
            Verdict::Fault(fault) => {
                if let Some((_, rule)) = REASONS.iter().find(|(known, _)| file["name"] == *known) {
                    assert_eq!(fault.rule, *rule, "{name}: {}", file["why"]);
                }
                fault.code().0.into()
            }
            Verdict::Model(code) => code,
            Verdict::Good => panic!("{name} is not refused: {}", file["why"]),
        };
        let likely = match &file["likely_code"] {
            Value::Number(code) => code.as_i64(),
            Value::String(text) => text.strip_suffix(" in logs").and_then(|code| code.parse().ok()),
            _ => None,
        };
        assert!(likely.is_none_or(|likely| likely == code), "{name}: {code} for {likely:?}");
    }
}

enum Verdict {
    Good,
    Fault(Fault),
    Model(i64),
}

/// All that a careful platform looks at, in its order.
fn judge(topic: &str, payload: &[u8]) -> Verdict {
    match judge_rules(topic, payload) {
        Err(fault) => Verdict::Fault(fault),
        Ok(()) => judge_model(topic, payload),
    }
}

fn judge_rules(text: &str, payload: &[u8]) -> Result<(), Fault> {
    let topic = Topic::parse_sent(text, Direction::Up, MAX_TOPIC)?;
    // The connection that publishes: a lamp or a gateway.
    let gateway = topic.product_key() == "a1GatewayDm1";
    let own = if gateway { ("a1GatewayDm1", "gw001") } else { ("a1LampDemo01", "lamp001") };
    let own = DeviceId::new(own.0, own.1)?;
    may_publish(text, own, |_| false)?;
    match Message::parse(&topic, payload, Reading::Strict)? {
        Message::Request(Request { params: Body::PropertyPost(post), .. }) => post.check_times(NOW),
        Message::Request(Request { params: Body::TopoAdd(children), .. }) => children.check_gateway(own),
        // The platform's pending table: a property set with id 1 waits.
        Message::Reply(reply) => {
            let mut pending = Pending::new(4, 1);
            pending.insert(pending.clone().next_id(), topic.kind(), Duration::from_secs(8));
            pending.take(reply.id).map(drop).ok_or(Fault { rule: Rule::IdNotPending, offset: 0 })
        }
        _ => Ok(()),
    }
}

fn judge_model(text: &str, payload: &[u8]) -> Verdict {
    use thing_model::{Checker, Limits, Model, Payload, Record, WallClock};

    let tsl = std::fs::read(Path::new(DIRECTORY).join("../tsl/lamp.json")).unwrap();
    let model = Model::compile(&tsl, &Limits::current()).unwrap();
    let topic = Topic::parse(text).unwrap();
    let kind = match topic.kind() {
        Kind::PropertyPost => Payload::PropertyPost,
        Kind::Event => Payload::EventPost(topic.part()),
        _ => return Verdict::Good,
    };
    let request = Request::parse(payload, &topic, Reading::Strict).unwrap();
    let mut found: Vec<Record> = Vec::new();
    let json = request.params.as_str().as_bytes();
    let outcome =
        Checker::new(&model).check(kind, json, WallClock::from_unix_millis(NOW), &mut found).unwrap();
    if outcome.is_valid() { Verdict::Good } else { Verdict::Model(i64::from(found[0].code().0)) }
}

const REASONS: &[(&str, Rule)] = &[
    ("not-json", Rule::NotJson),
    ("empty-payload", Rule::EmptyPayload),
    ("id-missing", Rule::IdMissing),
    ("id-not-decimal", Rule::IdNotDecimal),
    ("id-too-large", Rule::IdTooLarge),
    ("id-negative", Rule::IdNegative),
    ("id-number", Rule::IdIsNumber),
    ("version-other", Rule::VersionUnknown),
    ("params-missing", Rule::ParamsMissing),
    ("params-empty", Rule::NoProperties),
    ("params-array", Rule::ParamsNotObject),
    ("params-string", Rule::ParamsNotObject),
    ("method-mismatch", Rule::MethodMismatch),
    ("ack-not-0-1", Rule::AckNotZeroOne),
    ("too-many-properties", Rule::TooManyProperties),
    ("time-in-seconds-string", Rule::TimeNotNumber),
    ("time-too-far-ahead", Rule::TimeTooFarAhead),
    ("duplicate-keys", Rule::DuplicateMember),
    ("event-value-missing", Rule::EventValueMissing),
    ("topic-wildcard-publish", Rule::TopicWildcard),
    ("topic-other-device", Rule::TopicNotOurs),
    ("topic-too-long", Rule::TopicTooLong),
    ("custom-topic-empty-level", Rule::TopicEmptyLevel),
    ("tags-over-200", Rule::TooManyTags),
    ("tag-key-charset", Rule::BadTagKey),
    ("batch-login-over-50", Rule::TooManyLogins),
    ("register-over-30", Rule::TooManyRegistrations),
    ("pack-over-20-children", Rule::TooManyChildren),
    ("topo-add-self", Rule::OwnChild),
    ("found-bad-name", Rule::BadDeviceName),
    ("ota-step-number", Rule::StepNotText),
    ("ota-step-range", Rule::StepOutOfRange),
    ("shadow-no-method", Rule::ShadowNoMethod),
    ("shadow-no-state", Rule::ShadowNoState),
    ("shadow-version-text", Rule::ShadowVersionNotNumber),
    ("shadow-no-reported", Rule::ShadowNoReported),
    ("shadow-reported-empty", Rule::ShadowReportedEmpty),
    ("shadow-method-unknown", Rule::ShadowMethodUnknown),
    ("shadow-129-attributes", Rule::ShadowTooManyAttributes),
    ("reply-code-text", Rule::CodeIsText),
    ("reply-id-changed", Rule::IdNotPending),
    ("reply-device-code-range", Rule::CodeOutOfRange),
    ("download-trailing-comma", Rule::TrailingComma),
];

#[test]
fn what_the_field_does_is_read_all_the_same() {
    for (name, file) in files("invalid") {
        let tolerated = [
            "id-number",
            "id-too-large",
            "event-value-missing",
            "ota-step-number",
            "reply-code-text",
            "reply-device-code-range",
        ];
        if let Some(payload) =
            file.get("payload").filter(|_| tolerated.iter().any(|known| file["name"] == *known))
        {
            let topic = Topic::parse_sent(file["topic"].as_str().unwrap(), Direction::Up, MAX_TOPIC).unwrap();
            let payload = serde_json::to_vec(payload).unwrap();
            assert!(Message::parse(&topic, &payload, Reading::Tolerant).is_ok(), "{name}");
        }
    }
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn raw_frames() {
    let file = std::fs::read(Path::new(DIRECTORY).join("raw-frames.json")).unwrap();
    let frames: Vec<Value> = serde_json::from_slice(&file).unwrap();
    let mut seen = 0;
    for frame in &frames {
        let name = frame["name"].as_str().unwrap();
        if let Some(vectors) = frame["vectors"].as_array() {
            for vector in vectors {
                let bytes = match vector["text"].as_str() {
                    Some(text) => text.as_bytes().to_vec(),
                    None => unhex(vector["hex"].as_str().unwrap()),
                };
                let crc = u16::from_str_radix(vector["crc16"].as_str().unwrap(), 16).unwrap();
                assert_eq!(alink::message::frame::crc16(&bytes), crc, "{vector}");
            }
        }
        let Some(bytes) = frame["hex"].as_str().map(unhex) else { continue };
        let mut out = Vec::new();
        let block = if name.starts_with("file-download-reply") {
            let read = DownloadReply::parse(&bytes, Reading::Strict);
            let why = frame["why"].as_str().unwrap_or_default();
            let expected = match why {
                _ if why.contains("CRC") || why.contains("check value") => Rule::BadCrc,
                _ => Rule::FrameTooShort,
            };
            match read {
                Err(fault) => {
                    assert_eq!((frame["valid"].as_bool(), fault.rule), (Some(false), expected), "{name}");
                    seen += 1;
                    continue;
                }
                Ok(reply) => {
                    reply.append(&mut out).unwrap();
                    reply.block.unwrap().1.to_vec()
                }
            }
        } else if name.starts_with("file-upload-send") {
            let topic = Topic::parse(frame["topic"].as_str().unwrap()).unwrap();
            let Ok(Message::Upload(upload)) = Message::parse(&topic, &bytes, Reading::Strict) else {
                panic!("{name}")
            };
            upload.append(&mut out).unwrap();
            upload.bytes.to_vec()
        } else {
            continue;
        };
        seen += 1;
        assert_eq!(frame["valid"], true, "{name}");
        assert_eq!(block, unhex(frame["block_hex"].as_str().unwrap()), "{name}");
        // Produced again: the same header as a JSON value, the same block and check value.
        let split = |frame: &[u8]| {
            let length = usize::from(u16::from_be_bytes([frame[0], frame[1]]));
            let header: Value = serde_json::from_slice(&frame[2..2 + length]).unwrap();
            (header, frame[2 + length..].to_vec())
        };
        assert_eq!(split(&out), split(&bytes), "{name}");
    }
    assert!(seen > 0, "no frame of ours in the file");
}
