//! What an application hears from a subscription.

use alink::message::subscription::{Change, Notice, Properties, Status, TopologyChange};
use alink::{Fault, Rule};

fn parse<'a>(topic: &str, body: &'a str) -> Result<Notice<'a>, Fault> {
    let properties =
        Properties { topic, message_id: "1324204267526524928", generate_time: Some(1_566_000_000_000) };
    Notice::parse(&properties, body.as_bytes())
}

#[test]
fn notices_are_told_by_their_topics() {
    let names = r#""productKey":"a1LampDemo01","deviceName":"lamp001","iotId":"i1""#;
    for topic in [
        "/a1LampDemo01/lamp001/thing/event/property/post",
        "/sys/a1LampDemo01/lamp001/thing/event/property/post",
    ] {
        let body = format!(
            r#"{{{names},"gmtCreate":1510799670074,"deviceType":"Ammeter","items":{{"Power":{{"value":"on","time":1510799670074}}}},"checkFailedData":{{}}}}"#
        );
        let Ok(Notice::PropertyPosted(posted)) = parse(topic, &body) else { panic!("{topic}") };
        assert_eq!(posted.items.get("Power").map(|item| item.time), Some(1_510_799_670_074));
    }
    let body = format!(
        r#"{{{names},"identifier":"OverHeat","type":"alert","time":1,"value":{{"Temperature":90.5}}}}"#
    );
    let Ok(Notice::EventPosted(event)) = parse("/a1LampDemo01/lamp001/thing/event/OverHeat/post", &body)
    else {
        panic!("event")
    };
    assert_eq!(event.identifier, "OverHeat");

    let body =
        format!(r#"{{{names},"status":"offline","offlineReasonCode":427,"time":"2018-08-31 15:32:28.205"}}"#);
    let Ok(Notice::Status(status)) = parse("/as/mqtt/status/a1LampDemo01/lamp001", &body) else {
        panic!("status")
    };
    assert_eq!((status.status, status.reason), (Status::Offline, Some(427)));

    let body = format!(r#"{{{names},"action":"create","deviceSecret":"verysecret","messageCreateTime":1}}"#);
    let Ok(Notice::LifeCycle(life)) = parse("/a1LampDemo01/lamp001/thing/lifecycle", &body) else {
        panic!("life")
    };
    assert_eq!(life.action, Change::Created);
    assert!(!format!("{life:?}").contains("verysecret"));

    let gateway = r#""gwProductKey":"a1GatewayDm1","gwDeviceName":"gw001","gwIotId":"i2""#;
    let body = format!(r#"{{"action":"remove",{gateway},"devices":[{{{names}}}]}}"#);
    let Ok(Notice::Topology(topology)) = parse("/a1GatewayDm1/gw001/thing/topo/lifecycle", &body) else {
        panic!("topology")
    };
    assert_eq!(topology.action, TopologyChange::Removed);
    assert!(topology.devices.iter().all(|device| device.id().is_ok()));
    let body = format!(r#"{{{gateway},"devices":[{{{names}}}]}}"#);
    assert!(matches!(parse("/a1GatewayDm1/gw001/thing/list/found", &body), Ok(Notice::Found(_))));

    let body = format!(r#"{{{names},"code":200,"data":{{}},"topic":"/sys/x","gmtCreate":1}}"#);
    assert!(matches!(
        parse("/a1LampDemo01/lamp001/thing/downlink/reply/message", &body),
        Ok(Notice::DownReply(_))
    ));
    let body = format!(r#"{{{names},"status":"SUCCEEDED","srcVersion":"1","destVersion":"2"}}"#);
    assert!(matches!(parse("/a1LampDemo01/lamp001/ota/upgrade", &body), Ok(Notice::Ota(_))));
    assert_eq!(parse("/a1LampDemo01/lamp001/user/update", "\u{1}"), Ok(Notice::Published(b"\x01")));
}

#[test]
fn bad_notices_are_refused_where_they_are_bad() {
    let fault =
        parse("/as/mqtt/status/a/b", r#"{"status":"gone","productKey":"a","deviceName":"b","time":"x"}"#);
    assert!(matches!(fault, Err(Fault { rule: Rule::ValueUnknown, offset: 10 })), "{fault:?}");
    assert!(matches!(parse("/a/b/thing/lifecycle", "{}"), Err(Fault { rule: Rule::MemberMissing, .. })));
    assert!(matches!(parse("/a/b/thing/else", "{}"), Err(Fault { rule: Rule::TopicUnknown, .. })));
}
