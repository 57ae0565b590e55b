//! Alink topics, posts, replies and envelopes, on the lamp and meter of `vectors/bench`.

use core::hint::black_box;

use alink::{DeviceId, Id, Json, Kind, Map, PropertyPost, Reading, Reply, Request, Sample, Topic};
use serde_json::json;
use thing_model::{Checker, Count, Limits, Model, Options, Payload, WallClock};

use crate::Row;
use crate::inputs::document as input;

const POST: &str = "/sys/a1LampDemo01/lamp001/thing/event/property/post";

/// The rows of this table.
pub(super) fn rows() -> Vec<Row> {
    let row = |who, work, repeat, prepare| Row { table: "alink", work, who, checks: "", repeat, prepare };
    let ours = |work, prepare| row("linkwire", work, 1000, prepare);
    let serde = |work, prepare| row("serde_json", work, 1000, prepare);
    vec![
        ours("parse a topic and route it", topic),
        row("split, join, match", "parse a topic and route it", 1000, split_topic),
        ours("build a two-property post", post),
        serde("build a two-property post", serde_post),
        ours("build a reply", reply),
        serde("build a reply", serde_reply),
        ours("parse an envelope and check its params, 138 B", || checked("W1")),
        serde("parse an envelope and check its params, 138 B", || envelope("W1")),
        row("linkwire", "parse an envelope and check its params, 30 KB", 20, || checked("W3")),
        row("serde_json", "parse an envelope and check its params, 30 KB", 20, || envelope("W3")),
    ]
}

fn lamp() -> DeviceId<'static> {
    DeviceId::new("a1LampDemo01", "lamp001").expect("legal names")
}

fn topic() -> Box<dyn FnMut()> {
    assert_eq!(Topic::parse(POST).map(|topic| topic.kind()), Ok(Kind::PropertyPost));
    Box::new(|| {
        let topic = Topic::parse(black_box(POST)).expect("a topic");
        black_box((topic.kind(), topic.is_reply()));
    })
}

/// What a program does that has no table.
fn split_topic() -> Box<dyn FnMut()> {
    let route = |topic: &str| {
        let levels: Vec<&str> = topic.split('/').collect();
        match (levels.get(1), levels.get(4..).map(|rest| rest.join("/")).as_deref()) {
            (Some(&"sys"), Some("thing/event/property/post")) => Some(Kind::PropertyPost),
            (Some(&"sys"), Some("thing/service/property/set")) => Some(Kind::PropertySet),
            _ => None,
        }
    };
    assert_eq!(route(POST), Some(Kind::PropertyPost));
    Box::new(move || {
        black_box(route(black_box(POST)));
    })
}

fn post() -> Box<dyn FnMut()> {
    let topic = Topic::of(Kind::PropertyPost, lamp()).expect("a topic that does not vary");
    let mut out = Vec::with_capacity(512);
    let mut work = move || {
        out.clear();
        let properties = black_box([("PowerSwitch", Sample::from(1)), ("Brightness", Sample::from(60))]);
        let post = Request::new(&topic, Id(1), PropertyPost(Map::from(&properties)));
        post.append(&mut out).expect("a vector has room");
        black_box(&out).len()
    };
    assert_eq!(work(), 106);
    Box::new(move || {
        work();
    })
}

fn serde_post() -> Box<dyn FnMut()> {
    let mut out = Vec::with_capacity(512);
    Box::new(move || {
        out.clear();
        let post = json!({
            "id": "1",
            "version": "1.0",
            "params": {"PowerSwitch": black_box(1), "Brightness": black_box(60)},
            "method": "thing.event.property.post",
        });
        serde_json::to_writer(&mut out, &post).expect("a vector has room");
        black_box(&out);
    })
}

fn reply() -> Box<dyn FnMut()> {
    let mut out = Vec::with_capacity(512);
    Box::new(move || {
        out.clear();
        Reply::ok(black_box(Id(123))).append(&mut out).expect("a vector has room");
        black_box(&out);
    })
}

fn serde_reply() -> Box<dyn FnMut()> {
    let mut out = Vec::with_capacity(512);
    Box::new(move || {
        out.clear();
        let reply = json!({"id": black_box("123"), "code": 200, "data": {}});
        serde_json::to_writer(&mut out, &reply).expect("a vector has room");
        black_box(&out);
    })
}

fn checked(name: &str) -> Box<dyn FnMut()> {
    let model = Model::compile(&input(&format!("{name}.tsl")), &Limits::lenient()).expect("a model");
    let model: &'static Model = Box::leak(Box::new(model));
    // The large message is over the platform's bound on purpose.
    let mut options = Options::default();
    options.max_properties = 1000;
    let mut checker = Checker::with_options(model, options);
    checker.remember_order();
    let payload = input(&format!("{name}.ok"));
    let topic = Topic::of(Kind::PropertyPost, lamp()).expect("a topic that does not vary");
    Box::new(move || {
        let (request, outcome) = Request::parse_checked(
            black_box(&payload),
            &topic,
            Reading::Tolerant,
            &mut checker,
            Payload::PropertyPost,
            WallClock::UNKNOWN,
            &mut Count::default(),
        )
        .expect("an envelope");
        assert!(outcome.is_valid());
        black_box(request.id);
    })
}

/// The envelope alone; its `params` stay unread.
fn envelope(name: &str) -> Box<dyn FnMut()> {
    let payload = input(&format!("{name}.ok"));
    Box::new(move || {
        let members: std::collections::HashMap<&str, &serde_json::value::RawValue> =
            serde_json::from_slice(black_box(&payload)).expect("an envelope");
        black_box(members.get("id").map(|id| id.get()));
    })
}
