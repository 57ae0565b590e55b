//! Topics: every one in the data reads into its parts and writes back; what may not be is refused.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use alink::access::{Filter, may_publish, may_subscribe};
use alink::{DeviceId, Direction, Kind, MAX_TOPIC, Rule, SliceOut, Topic};

const LAMP: &str = "/sys/a1LampDemo01/lamp001/";

fn lamp() -> DeviceId<'static> {
    DeviceId::new("a1LampDemo01", "lamp001").unwrap()
}

#[test]
fn every_kind_writes_a_topic_that_reads_back() {
    for kind in Kind::ALL {
        let topic = match kind {
            Kind::Event => Topic::event(lamp(), "battery:LowPower"),
            Kind::Service => Topic::service(lamp(), "Blink"),
            Kind::Rrpc => Topic::rrpc(lamp(), "889455942124347392"),
            Kind::Custom => Topic::custom(lamp(), "user/update"),
            Kind::Broadcast => Topic::broadcast("a1LampDemo01", "shareData"),
            Kind::BroadcastOnline => Topic::parse("/sys/a1LampDemo01/lamp001/broadcast/request/12"),
            Kind::Probe => Topic::parse("/ext/network/probe/12"),
            _ => Ok(Topic::of(*kind, lamp()).unwrap()),
        };
        let topic = topic.unwrap();
        assert_eq!(topic.kind(), *kind);
        for topic in [Some(topic), topic.reply()].into_iter().flatten() {
            let text = topic.to_string();
            assert_eq!(Topic::parse(&text), Ok(topic), "{text}");
            assert_eq!(topic.len(), text.len());
            let mut buffer = [0; 128];
            let mut out = SliceOut::new(&mut buffer);
            topic.write(&mut out).unwrap();
            assert_eq!(out.written(), text.as_bytes());
        }
    }
}

#[test]
fn parts_are_borrowed() {
    let rows: &[(&str, Kind, bool, &str)] = &[
        ("/sys/a1LampDemo01/lamp001/thing/event/OverHeat/post_reply", Kind::Event, true, "OverHeat"),
        (
            "/sys/a1LampDemo01/lamp001/thing/service/battery:StartCharge",
            Kind::Service,
            false,
            "battery:StartCharge",
        ),
        ("/sys/a1LampDemo01/lamp001/thing/service/property/set_reply", Kind::PropertySet, true, ""),
        ("/sys/a1LampDemo01/lamp001/rrpc/response/17", Kind::Rrpc, true, "17"),
        ("/ext/session/a1LampDemo01/lamp001/combine/batch_login_reply", Kind::BatchLogin, true, ""),
        ("/ext/ntp/a1LampDemo01/lamp001/response", Kind::Ntp, true, ""),
        ("/ext/error/a1LampDemo01/lamp001", Kind::ChildError, false, ""),
        ("/shadow/get/a1LampDemo01/lamp001", Kind::Shadow, true, ""),
        ("/ota/device/upgrade/a1LampDemo01/lamp001", Kind::OtaUpgrade, false, ""),
        ("/sys/a1LampDemo01/lamp001/secure_tunnel/proxy/request_reply", Kind::TunnelRequest, true, ""),
        ("/a1LampDemo01/lamp001/control", Kind::Custom, false, "control"),
        ("/a1LampDemo01/lamp001/user/update?_sn=default", Kind::Custom, false, "user/update"),
    ];
    for (text, kind, is_reply, part) in rows {
        let topic = Topic::parse(text).unwrap();
        assert_eq!((topic.kind(), topic.is_reply(), topic.part()), (*kind, *is_reply, *part), "{text}");
        assert_eq!(topic.device(), Some(lamp()), "{text}");
        assert_eq!(topic.to_string(), *text);
    }
    let call =
        Topic::parse("/ext/rrpc/1730000000000000001/sys/a1LampDemo01/lamp001/thing/service/Blink").unwrap();
    assert_eq!(
        (call.rrpc_id(), call.kind(), call.part()),
        (Some("1730000000000000001"), Kind::Service, "Blink")
    );
    assert_eq!(call.reply(), Some(call));
    assert_eq!(Topic::service(lamp(), "Blink").unwrap().in_rrpc("1730000000000000001"), Ok(call));
    let parsed = Topic::custom(lamp(), "user/update").unwrap().parsed_by_platform();
    assert!(parsed.is_parsed_by_platform());
    assert_eq!(parsed.to_string(), "/a1LampDemo01/lamp001/user/update?_sn=default");
}

#[test]
fn the_sender_tells_a_feature_called_reply_from_a_reply() {
    let text = format!("{LAMP}thing/service/x_reply");
    let read = |travels| {
        let topic = Topic::parse_sent(&text, travels, MAX_TOPIC).unwrap();
        (topic.part().to_owned(), topic.is_reply())
    };
    assert_eq!(read(Direction::Down), ("x_reply".into(), false));
    assert_eq!(read(Direction::Up), ("x".into(), true));
}

#[test]
fn bad_topics_are_refused_at_the_byte() {
    let long = format!("/a1LampDemo01/lamp001/user/{}", "x".repeat(120));
    let rows: &[(&str, Rule, usize)] = &[
        ("", Rule::TopicUnknown, 0),
        ("sys/a/b/thing/reset", Rule::TopicUnknown, 0),
        ("/sys/+/+/thing/event/property/post", Rule::TopicWildcard, 5),
        ("/sys//lamp001/thing/reset", Rule::TopicEmptyLevel, 5),
        ("/sys/a1LampDemo01/lamp001/thing/nothing", Rule::TopicUnknown, 26),
        ("/sys/a1LampDemo01/lamp001/thing/service/", Rule::TopicEmptyLevel, 40),
        ("/sys/a1LampDemo01/lamp001/thing/service/a/b", Rule::TopicUnknown, 41),
        ("/sys/a1LampDemo01/lamp001/thing/event/#/post", Rule::TopicWildcard, 38),
        ("/sys/a1LampDemo01/lamp001/thing/config/log/push_reply", Rule::TopicUnknown, 26),
        ("/a1LampDemo01/lamp001/user//update", Rule::TopicEmptyLevel, 27),
        ("/a1LampDemo01/lamp001/user/+", Rule::TopicWildcard, 27),
        ("/ext/rrpc/+/a1LampDemo01/lamp001/user/get", Rule::TopicWildcard, 10),
        ("/ext/rrpc/12", Rule::TopicUnknown, 10),
        (&long, Rule::TopicTooLong, 128),
    ];
    for (text, rule, offset) in rows {
        let fault = Topic::parse(text).unwrap_err();
        assert_eq!((fault.rule, fault.offset), (*rule, *offset), "{text}");
    }
    for rest in ["user//x", "user/a-b", "user/+", "", "a/b/c/d/e/f"] {
        assert!(Topic::custom(lamp(), rest).is_err(), "{rest}");
    }
    assert_eq!(Topic::event(lamp(), "property").unwrap_err().rule, Rule::BadIdentifier);
    assert_eq!(Topic::rrpc(lamp(), "+").unwrap_err().rule, Rule::TopicBadLevel);
}

#[test]
fn filters_cover_what_a_device_receives() {
    let all: Vec<String> = Filter::all(lamp(), false).map(|filter| filter.to_string()).collect();
    for filter in [
        "/sys/a1LampDemo01/lamp001/thing/event/property/post_reply",
        "/sys/a1LampDemo01/lamp001/thing/event/+/post_reply",
        "/sys/a1LampDemo01/lamp001/thing/service/+",
        "/sys/a1LampDemo01/lamp001/rrpc/request/+",
        "/shadow/get/a1LampDemo01/lamp001",
        "/ext/ntp/a1LampDemo01/lamp001/response",
        "/ota/device/upgrade/a1LampDemo01/lamp001",
        "/broadcast/a1LampDemo01/+",
        "/ext/error/a1LampDemo01/lamp001",
    ] {
        assert!(all.iter().any(|text| text == filter), "{filter}");
    }
    let rest: Vec<String> = Filter::all(lamp(), true).map(|filter| filter.to_string()).collect();
    assert!(rest.len() < all.len() && rest.iter().all(|filter| !filter.contains("/rrpc/")), "{rest:?}");
    let get = Topic::custom(lamp(), "user/get").unwrap();
    assert_eq!(Filter::rrpc(get).to_string(), "/ext/rrpc/+/a1LampDemo01/lamp001/user/get");
    for filter in all {
        assert_eq!(may_subscribe(&filter, lamp(), |_| false), Ok(()), "{filter}");
    }
}

#[test]
fn a_device_keeps_to_its_own_topics() {
    let child = |id: DeviceId<'_>| id.device_name() == "child001";
    let publish = |topic: &str| {
        may_publish(topic, lamp(), |id| id.device_name() == "child001").map(drop).map_err(|f| f.rule)
    };
    assert_eq!(publish("/sys/a1LampDemo01/lamp001/thing/event/property/post"), Ok(()));
    assert_eq!(publish("/sys/a1LampDemo01/child001/thing/event/property/post"), Ok(()));
    assert_eq!(publish("/sys/a1LampDemo01/lamp001/thing/service/property/set_reply"), Ok(()));
    assert_eq!(publish("/ext/rrpc/12/a1LampDemo01/lamp001/user/get"), Ok(()));
    assert_eq!(publish("/sys/a1LampDemo01/someone-else/thing/event/property/post"), Err(Rule::TopicNotOurs));
    assert_eq!(publish("/sys/a1LampDemo01/lamp001/thing/service/property/set"), Err(Rule::TopicUnknown));
    assert_eq!(publish("/sys/a1LampDemo01/lamp001/thing/event/property/post_reply"), Err(Rule::TopicUnknown));
    assert_eq!(publish("/broadcast/a1LampDemo01/shareData"), Err(Rule::TopicUnknown));
    assert_eq!(publish("/sys/+/+/thing/event/property/post"), Err(Rule::TopicWildcard));

    let subscribe = |filter: &'static str| may_subscribe(filter, lamp(), child).map_err(|fault| fault.rule);
    for good in [
        "/sys/a1LampDemo01/lamp001/thing/service/+",
        "/sys/a1LampDemo01/child001/thing/service/property/set",
        "/a1LampDemo01/lamp001/user/#",
        "/ext/rrpc/+/a1LampDemo01/lamp001/user/get",
        "/ext/rrpc/+",
        "/broadcast/a1LampDemo01/shareData",
    ] {
        assert_eq!(subscribe(good), Ok(()), "{good}");
    }
    for (bad, rule) in [
        ("/sys/+/lamp001/thing/service/property/set", Rule::TopicWildcard),
        ("/sys/a1LampDemo01/lamp002/thing/service/property/set", Rule::TopicNotOurs),
        ("/sys/a1LampDemo01/lamp001/thing/event/property/post", Rule::TopicUnknown),
        ("/sys/a1LampDemo01/lamp001/#", Rule::TopicUnknown),
        ("/a1LampDemo01/lamp001/user/#/x", Rule::TopicUnknown),
        ("#", Rule::TopicUnknown),
        ("/broadcast/other/shareData", Rule::TopicNotOurs),
    ] {
        assert_eq!(subscribe(bad), Err(rule), "{bad}");
    }
}
