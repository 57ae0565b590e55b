//! A gateway against hand-written answers of a platform.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use core::time::Duration;

use alink::flow::{ChildState, Credentials, Gateway, GatewayConfig, GatewayEvent};
use alink::message::pack::{ChildShare, PackPost, Share};
use alink::{Code, DeviceId, Error, Id, Json, Kind, RawJson, Read, Reading, Reply, Request, Topic};

const SEC: Duration = Duration::from_secs(1);

fn id() -> DeviceId<'static> {
    DeviceId::new("a1GatewayDm1", "gw001").unwrap()
}

fn child(name: &str) -> DeviceId<'_> {
    DeviceId::new("a1LampDemo01", name).unwrap()
}

fn credentials() -> Credentials {
    Credentials {
        client_id: "c1".into(),
        timestamp: "1700000000000".into(),
        sign_method: "hmacSha256".into(),
        sign: "5ec2e7".into(),
        clean_session: false,
    }
}

/// The next message of the gateway: its kind, its id and how often its params name a device.
fn next(gateway: &mut Gateway, now: Duration) -> Option<(Kind, Id, usize)> {
    loop {
        let mut out = Vec::new();
        let step = gateway.handle_timeout(now, &mut out).unwrap();
        let is_event = step.event.is_some();
        if let Some(send) = step.send {
            let (topic, payload) = send.split(&out);
            let topic = Topic::parse(topic).unwrap();
            let request = Request::parse(payload, &topic, Reading::Strict).unwrap();
            return Some((topic.kind(), request.id, request.params.as_str().matches("deviceName").count()));
        }
        if !is_event {
            return None;
        }
    }
}

fn answer(gateway: &mut Gateway, now: Duration, kind: Kind, id_: Id, code: i32) {
    let topic = Topic::of(kind, id()).unwrap().reply().unwrap().to_string();
    let mut payload = Vec::new();
    Reply::new(id_, Code(code), RawJson::EMPTY_OBJECT).append(&mut payload).unwrap();
    let step = gateway.receive(now, &topic, &payload, &mut Vec::new()).unwrap();
    assert_eq!(step.event, None);
}

fn online(names: &[&str]) -> Gateway {
    let mut gateway = Gateway::new(id(), GatewayConfig::default());
    for name in names {
        gateway.add(SEC, child(name), credentials(), true).unwrap();
    }
    while let Some((kind, id, _)) = next(&mut gateway, SEC) {
        answer(&mut gateway, SEC, kind, id, 200);
    }
    assert!(gateway.children().all(|(_, state)| state == ChildState::Online));
    gateway
}

#[test]
fn children_are_bound_and_logged_in_in_batches() {
    let mut gateway = Gateway::new(id(), GatewayConfig::default());
    let names: Vec<String> = (0..7).map(|at| format!("lamp{at:03}")).collect();
    for name in &names {
        gateway.add(SEC, child(name), credentials(), false).unwrap();
    }
    let (kind, first, count) = next(&mut gateway, SEC).unwrap();
    assert_eq!((kind, count), (Kind::TopoAdd, 5));
    let (kind, second, count) = next(&mut gateway, SEC).unwrap();
    assert_eq!((kind, count), (Kind::TopoAdd, 2));
    assert_eq!(next(&mut gateway, SEC), None);
    answer(&mut gateway, SEC, Kind::TopoAdd, first, 200);
    answer(&mut gateway, SEC, Kind::TopoAdd, second, 200);
    let (kind, first, count) = next(&mut gateway, SEC).unwrap();
    assert_eq!((kind, count), (Kind::BatchLogin, 5));
    answer(&mut gateway, SEC, Kind::BatchLogin, first, 200);
    assert_eq!(gateway.children().filter(|(_, state)| *state == ChildState::Online).count(), 5);
    // Logged out and unbound, one after the other.
    gateway.remove(SEC, child("lamp000")).unwrap();
    let mut seen = Vec::new();
    while let Some((kind, id, _)) = next(&mut gateway, SEC) {
        seen.push(kind);
        answer(&mut gateway, SEC, kind, id, 200);
    }
    assert_eq!(seen, [Kind::Logout, Kind::TopoDelete, Kind::BatchLogin]);
    assert_eq!((gateway.state(child("lamp000")), gateway.children().count()), (None, 6));
}

#[test]
fn a_batch_that_fails_is_tried_one_by_one() {
    let mut gateway = Gateway::new(id(), GatewayConfig::default());
    for name in ["lamp001", "lamp002", "lamp003"] {
        gateway.add(SEC, child(name), credentials(), true).unwrap();
    }
    let (kind, batch, _) = next(&mut gateway, SEC).unwrap();
    answer(&mut gateway, SEC, kind, batch, 6287);
    let mut codes = [200, 6287, 200].into_iter();
    let mut states = Vec::new();
    while let Some((kind, id, count)) = next(&mut gateway, SEC) {
        assert_eq!((kind, count), (Kind::Login, 1));
        answer(&mut gateway, SEC, kind, id, codes.next().unwrap());
    }
    states.extend(gateway.children().map(|(_, state)| state));
    assert_eq!(states, [ChildState::Online, ChildState::Refused(Code(6287)), ChildState::Online]);
}

#[test]
fn silence_is_tried_again_after_a_while() {
    let mut gateway = Gateway::new(id(), GatewayConfig::default());
    gateway.add(SEC, child("lamp001"), credentials(), true).unwrap();
    next(&mut gateway, SEC).unwrap();
    let due = gateway.next_timeout().unwrap();
    assert_eq!(due, SEC * 11);
    assert_eq!(next(&mut gateway, due), None);
    assert_eq!(gateway.state(child("lamp001")), Some(ChildState::Offline));
    assert_eq!(gateway.next_timeout(), Some(SEC * 13));
    assert_eq!(next(&mut gateway, SEC * 13).unwrap().0, Kind::Login);
}

#[test]
fn what_the_platform_does_to_a_child_is_heeded() {
    let push = |gateway: &mut Gateway, topic: &str, payload: &str| {
        let mut out = Vec::new();
        let step = gateway.receive(SEC, topic, payload.as_bytes(), &mut out).unwrap();
        assert!(step.event.is_some(), "{topic}");
    };
    let lamp = child("lamp001");
    let sys = "/sys/a1LampDemo01/lamp001/thing/";
    let empty = r#"{"id":"1","params":{}}"#;
    let mut gateway = online(&["lamp001"]);
    push(&mut gateway, &format!("{sys}disable"), empty);
    assert_eq!(gateway.state(lamp), Some(ChildState::Disabled));
    let posted = gateway.with_child(lamp, |device| device.post(SEC, &[("a", 1.into())], &mut Vec::new()));
    assert!(matches!(posted, Err(Error::WrongState(_))));
    push(&mut gateway, &format!("{sys}enable"), empty);
    assert_eq!(next(&mut gateway, SEC).unwrap().0, Kind::Login);

    let mut gateway = online(&["lamp001"]);
    push(&mut gateway, &format!("{sys}delete"), empty);
    let step = gateway.handle_timeout(SEC, &mut Vec::new()).unwrap();
    assert_eq!(step.event, Some(GatewayEvent::State { child: lamp, state: ChildState::Gone }));
    assert_eq!(gateway.state(lamp), None);

    for (status, expected) in [(1, ChildState::Gone), (8, ChildState::Disabled)] {
        let mut gateway = online(&["lamp001"]);
        let change = format!(
            r#"{{"id":"1","params":{{"status":{status},"subList":[{{"productKey":"a1LampDemo01","deviceName":"lamp001"}}]}}}}"#
        );
        push(&mut gateway, "/sys/a1GatewayDm1/gw001/thing/topo/change", &change);
        assert_eq!(gateway.state(lamp), Some(expected));
    }
    for (code, expected) in [
        (520, ChildState::Offline),
        (521, ChildState::Gone),
        (522, ChildState::Disabled),
        (6401, ChildState::Unbound),
        (427, ChildState::Refused(Code(427))),
    ] {
        let mut gateway = online(&["lamp001"]);
        let error = format!(
            r#"{{"id":"0","code":{code},"data":{{"productKey":"a1LampDemo01","deviceName":"lamp001"}}}}"#
        );
        push(&mut gateway, "/ext/error/a1GatewayDm1/gw001", &error);
        assert_eq!(gateway.state(lamp), Some(expected), "{code}");
    }
}

#[test]
fn children_are_bounded_and_never_the_gateway() {
    let mut config = GatewayConfig::default();
    config.max_children = 1;
    let mut gateway = Gateway::new(id(), config);
    assert!(matches!(gateway.add(SEC, id(), credentials(), true), Err(Error::WrongState(_))));
    gateway.add(SEC, child("lamp001"), credentials(), true).unwrap();
    gateway.add(SEC, child("lamp001"), credentials(), true).unwrap();
    assert!(matches!(gateway.add(SEC, child("lamp002"), credentials(), true), Err(Error::WrongState(_))));
    assert!(!format!("{gateway:?}").contains("5ec2e7"));
}

#[test]
fn packs_stay_under_the_size_limit() {
    let mut config = GatewayConfig::default();
    config.own.max_payload = 1024;
    let mut gateway = Gateway::new(id(), config);
    let names: Vec<String> = (0..30).map(|at| format!("lamp{at:03}")).collect();
    let none = || Share { properties: (&[]).into(), events: (&[]).into() };
    let points = [("PowerSwitch", alink::message::pack::Point(alink::Sample::from(1).at(1)))];
    let children: Vec<_> = names
        .iter()
        .map(|name| ChildShare {
            identity: child(name),
            share: Share { properties: (&points).into(), events: (&[]).into() },
        })
        .collect();
    let mut rest = &children[..];
    let mut messages = 0;
    while !rest.is_empty() {
        let mut out = Vec::new();
        let (sent, count) = gateway.post_pack(SEC, none(), rest, &mut out).unwrap();
        let (topic, payload) = sent.send.split(&out);
        assert!(payload.len() <= 1024 && count > 1);
        let request = Request::parse(payload, &Topic::parse(topic).unwrap(), Reading::Strict).unwrap();
        assert_eq!(PackPost::read(request.params).unwrap().children.len(), count);
        rest = &rest[count..];
        messages += 1;
    }
    assert!(messages > 1);
    config.own.max_payload = 1 << 18;
    let mut gateway = Gateway::new(id(), config);
    let (_, count) = gateway.post_pack(SEC, none(), &children, &mut Vec::new()).unwrap();
    assert_eq!(count, 20);
}
