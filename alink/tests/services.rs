//! What a device does besides posting: time, shadow, download, configurations, logs.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use core::time::Duration;

use alink::flow::Fetch;
use alink::message::any::Body;
use alink::message::config::ConfigGet;
use alink::message::file::{Block, BlockRange, Download, DownloadReply, StreamFile};
use alink::message::log::{Level, LogLine, LogTime};
use alink::message::shadow::{Document, ShadowReply, ShadowRequest};
use alink::{
    Code, Config, Device, DeviceId, Error, Event, Id, Json, Kind, RawJson, Read, Reading, Request, Rule,
    Topic,
};

const SEC: Duration = Duration::from_secs(1);
const SYS: &str = "/sys/a1LampDemo01/lamp001/";
const DOWNLOADED: &str = "/sys/a1LampDemo01/lamp001/thing/file/download_reply";
const LOGGED: &str = "/sys/a1LampDemo01/lamp001/thing/config/log/get_reply";

fn device() -> Device {
    Device::new(DeviceId::new("a1LampDemo01", "lamp001").unwrap(), Config::default())
}

#[test]
fn the_time_is_asked_and_kept() {
    let mut device = device();
    let mut out = Vec::new();
    let send = device.ask_time(SEC, &mut out).unwrap();
    assert_eq!(
        send.split(&out),
        ("/ext/ntp/a1LampDemo01/lamp001/request", &br#"{"deviceSendTime":"1000"}"#[..])
    );
    assert_eq!(device.ask_time(SEC, &mut out), Err(Error::Later));

    let topic = "/ext/ntp/a1LampDemo01/lamp001/response";
    let stale = br#"{"deviceSendTime":"999","serverRecvTime":"1","serverSendTime":"1"}"#;
    let step = device.receive(SEC, topic, stale, &mut out).unwrap();
    assert!(matches!(step.event, Some(Event::Unreadable { fault, .. }) if fault.rule == Rule::IdNotPending));

    let answer =
        br#"{"deviceSendTime":"1000","serverRecvTime":1700000000150,"serverSendTime":"1700000000151"}"#;
    let step = device.receive(SEC + SEC / 10, topic, answer, &mut out).unwrap();
    assert_eq!(step.event, Some(Event::Time { utc: 1_700_000_000_200 }));
    assert_eq!(device.utc(SEC * 3 + SEC / 10), Some(1_700_000_002_200));

    device.ask_time(SEC * 9, &mut out).unwrap();
    assert_eq!(device.next_timeout(), Some(SEC * 19));
    let step = device.handle_timeout(SEC * 19, &mut out).unwrap();
    assert_eq!(step.event, Some(Event::TimedOut { id: Id(9000), kind: Kind::Ntp }));
}

#[test]
fn a_shadow_conflict_fetches_the_document() {
    let mut device = device();
    let mut out = Vec::new();
    let get_topic = "/shadow/get/a1LampDemo01/lamp001";
    let red = RawJson::parse(br#"{"color":"red"}"#).unwrap();
    let send = device.shadow_report(SEC, Some(red), false, &mut out).unwrap();
    assert_eq!((send.qos, send.split(&out).0), (1, "/shadow/update/a1LampDemo01/lamp001"));
    assert_eq!(
        ShadowRequest::parse(send.split(&out).1),
        Ok(ShadowRequest::Update { reported: Some(red), clear_desired: false, version: 1 })
    );
    assert_eq!(device.shadow_get(SEC, &mut out), Err(Error::Later));

    let conflict = br#"{"method":"reply","payload":{"status":"error","content":{"errorcode":"409","errormessage":"x"}},"timestamp":1}"#;
    let step = device.receive(SEC, get_topic, conflict, &mut out).unwrap();
    assert!(matches!(step.event, Some(Event::Shadow(ShadowReply::Error { code: Code(409), .. }))));
    assert_eq!(device.shadow_report(SEC, Some(red), false, &mut out), Err(Error::Later));

    // The document is due at once.
    assert!(device.next_timeout().unwrap() <= SEC);
    let mut fresh = Vec::new();
    let step = device.handle_timeout(SEC, &mut fresh).unwrap();
    assert_eq!(ShadowRequest::parse(step.send.unwrap().split(&fresh).1), Ok(ShadowRequest::Get));
    let document =
        Document { reported: Some(red), desired: Some(red), metadata: None, version: 7, timestamp: Some(1) };
    let mut answer = Vec::new();
    ShadowReply::Document(document).append(&mut answer).unwrap();
    device.receive(SEC, get_topic, &answer, &mut out).unwrap();
    assert_eq!(device.shadow_version(), 7);

    let mut control = Vec::new();
    ShadowReply::Control(Document { version: 8, ..document }).append(&mut control).unwrap();
    let step = device.receive(SEC, get_topic, &control, &mut out).unwrap();
    assert!(matches!(step.event, Some(Event::Shadow(ShadowReply::Control(_)))));
    let mut out = Vec::new();
    let send = device.shadow_report(SEC, Some(red), true, &mut out).unwrap();
    assert_eq!(
        ShadowRequest::parse(send.split(&out).1),
        Ok(ShadowRequest::Update { reported: Some(red), clear_desired: true, version: 9 })
    );
    // Not knowing whether the update was taken, the device fetches the document again.
    let step = device.handle_timeout(SEC * 11, &mut out).unwrap();
    assert_eq!(step.event, Some(Event::TimedOut { id: Id(0), kind: Kind::Shadow }));
    assert!(device.handle_timeout(SEC * 11, &mut out).unwrap().send.is_some());
}

#[test]
fn a_device_that_was_away_fetches_its_shadow_at_once() {
    let (mut device, mut out) = (device(), Vec::new());
    let get_topic = "/shadow/get/a1LampDemo01/lamp001";
    let red = RawJson::parse(br#"{"color":"red"}"#).unwrap();
    device.shadow_report(SEC, Some(red), false, &mut out).unwrap();
    device.shadow_reconnected();
    // The answer to what was asked before may not come any more; if it does, nobody waits for it.
    let late = br#"{"method":"reply","payload":{"status":"success","version":1},"timestamp":1}"#;
    let step = device.receive(SEC, get_topic, late, &mut out).unwrap();
    assert!(matches!(step.event, Some(Event::Unreadable { fault, .. }) if fault.rule == Rule::IdNotPending));
    assert_eq!(device.shadow_report(SEC, Some(red), false, &mut out), Err(Error::Later));

    assert!(device.next_timeout().unwrap() <= SEC);
    out.clear();
    let step = device.handle_timeout(SEC, &mut out).unwrap();
    assert_eq!(ShadowRequest::parse(step.send.unwrap().split(&out).1), Ok(ShadowRequest::Get));
    // What was wished meanwhile comes with the document, and is reported under the next version.
    let blue = RawJson::parse(br#"{"color":"blue"}"#).unwrap();
    let document =
        Document { reported: Some(red), desired: Some(blue), metadata: None, version: 4, timestamp: Some(2) };
    let mut answer = Vec::new();
    ShadowReply::Document(document).append(&mut answer).unwrap();
    let step = device.receive(SEC, get_topic, &answer, &mut out).unwrap();
    assert!(
        matches!(step.event, Some(Event::Shadow(ShadowReply::Document(Document { desired: Some(wish), .. }))) if wish.as_str() == blue.as_str())
    );
    assert_eq!(device.next_timeout(), None);
    out.clear();
    let send = device.shadow_report(SEC, Some(blue), true, &mut out).unwrap();
    assert_eq!(
        ShadowRequest::parse(send.split(&out).1),
        Ok(ShadowRequest::Update { reported: Some(blue), clear_desired: true, version: 5 })
    );
}

/// Serves blocks of `file`, losing some questions.
fn serve(
    device: &mut Device,
    file: &[u8],
    fetch: &Fetch<'_>,
    lose: impl Fn(u32) -> bool,
) -> (Vec<u8>, Vec<String>) {
    let (mut now, mut got, mut told) = (SEC, Vec::new(), Vec::new());
    let mut out = Vec::new();
    let mut send = Some(device.fetch(now, fetch, &mut out).unwrap().send);
    for round in 0..10_000 {
        if let Some(message) = send.take() {
            let (topic, payload) = message.split(&out);
            let parsed = Topic::parse(topic).unwrap();
            let request = Request::parse(payload, &parsed, Reading::Strict).unwrap();
            if parsed.kind() == Kind::OtaProgress {
                told.push(request.params.member("step").unwrap().text().unwrap().to_string());
            } else if !lose(round) {
                let BlockRange { size, offset } = Download::read(request.params).unwrap().block;
                let from = usize::try_from(offset).unwrap();
                let to = file.len().min(from + usize::try_from(size).unwrap());
                let block =
                    Block { token: None, file_length: file.len() as u64, size: (to - from) as u64, offset };
                let mut answer = Vec::new();
                DownloadReply { id: request.id, code: Code::OK, block: Some((block, &file[from..to])) }
                    .append(&mut answer)
                    .unwrap();
                let step = device.receive(now, DOWNLOADED, &answer, &mut Vec::new()).unwrap();
                let Some(Event::Block { offset, bytes, total, .. }) = step.event else { panic!("{step:?}") };
                assert_eq!((offset, total), (fetch.offset + got.len() as u64, file.len() as u64));
                got.extend_from_slice(bytes);
            }
        }
        let Some(next) = device.next_timeout() else { return (got, told) };
        now = now.max(next) + SEC / 2;
        out.clear();
        let step = device.handle_timeout(now, &mut out).unwrap();
        assert!(!matches!(step.event, Some(Event::DownloadFailed { .. })));
        send = step.send;
    }
    panic!("no end of it");
}

#[test]
fn a_download_survives_losses_and_resumes() {
    let file: Vec<u8> = (0..50_001_u32).map(|at| at.to_le_bytes()[0] ^ at.to_le_bytes()[1]).collect();
    let mut fetch = Fetch::new(StreamFile { stream: 1, file: 1 }, file.len() as u64);
    fetch.module = Some("MCU");
    let (got, told) = serve(&mut device(), &file, &fetch, |round| round % 3 == 1);
    assert_eq!(got, file);
    assert_eq!(told.last().map(String::as_str), Some("100"));
    assert!(told.len() > 2, "{told:?}");

    fetch.offset = 40_960;
    let (got, _) = serve(&mut device(), &file, &fetch, |_| false);
    assert_eq!(got, &file[40_960..]);
}

#[test]
fn a_download_is_given_up_after_its_tries_and_can_be_cancelled() {
    let mut device = device();
    let mut fetch = Fetch::new(StreamFile { stream: 1, file: 1 }, 1000);
    fetch.tries = 2;
    let mut out = Vec::new();
    device.fetch(SEC, &fetch, &mut out).unwrap();
    assert_eq!(device.handle_timeout(SEC * 11, &mut out).unwrap().event, None);
    assert!(device.handle_timeout(SEC * 11, &mut out).unwrap().send.is_some());
    let step = device.handle_timeout(SEC * 21, &mut out).unwrap();
    assert_eq!(step.event, Some(Event::DownloadFailed { offset: 0 }));
    assert_eq!((device.next_timeout(), device.pending()), (None, 0));

    device.fetch(SEC, &fetch, &mut out).unwrap();
    assert_eq!((device.fetch_cancel(), device.pending()), (Some(0), 0));
    fetch.block = 100;
    assert!(
        matches!(device.fetch(SEC, &fetch, &mut out), Err(Error::Message(fault)) if fault.rule == Rule::BadBlockSize)
    );
}

#[test]
fn pushes_are_answered_and_told() {
    for (topic, payload, answered) in [
        (
            "thing/config/push",
            r#"{"id":"1","params":{"configId":"x","configSize":1,"sign":"s","signMethod":"Sha256","url":"u","getType":"file"}}"#,
            true,
        ),
        ("thing/job/notify", r#"{"id":"2","params":{"task":{"taskId":"t","status":"SENT"}}}"#, true),
        ("thing/disable", r#"{"id":"3","params":{}}"#, true),
        ("thing/bootstrap/notify", r#"{"id":"4","params":{"cmd":0}}"#, true),
        ("thing/config/log/push", r#"{"id":"5","params":{"getType":"content","content":{"mode":1}}}"#, false),
    ] {
        let mut device = device();
        let mut out = Vec::new();
        let topic = format!("{SYS}{topic}");
        let step = device.receive(SEC, &topic, payload.as_bytes(), &mut out).unwrap();
        assert!(matches!(step.event, Some(Event::Pushed { .. })), "{step:?}");
        assert_eq!(
            step.send.map(|send| send.split(&out).0 == format!("{topic}_reply")),
            answered.then_some(true)
        );
    }
    let push = br#"{"code":"1000","data":{"version":"2.0.0","dProtocol":"mqtt","streamId":1,"streamFileId":1,"size":9},"id":1626969597470}"#;
    let step =
        device().receive(SEC, "/ota/device/upgrade/a1LampDemo01/lamp001", push, &mut Vec::new()).unwrap();
    assert!(matches!(step.event, Some(Event::Upgrade { package }) if package.is_streamed()), "{step:?}");
}

#[test]
fn logs_are_posted_only_when_wanted() {
    let mut device = device();
    let mut out = Vec::new();
    let lines = [LogLine {
        time: LogTime(1_700_000_000_000),
        level: Level::Error,
        module: "ModuleA".into(),
        code: "4103".into(),
        trace: None,
        content: "a \"quoted\" line\n".into(),
    }];
    assert!(matches!(device.post_logs(SEC, &lines, &mut out), Err(Error::WrongState(_))));
    let asked = device.request(SEC, Kind::LogConfigGet, &ConfigGet::LOG, &mut out).unwrap();
    let answer = br#"{"id":"1","code":200,"data":{"getType":"content","content":{"mode":1}}}"#;
    let step = device.receive(SEC, LOGGED, answer, &mut out).unwrap();
    assert!(matches!(step.event, Some(Event::Answered { id, .. }) if id == asked.id));
    out.clear();
    let sent = device.post_logs(SEC, &lines, &mut out).unwrap();
    let topic = Topic::of(Kind::LogPost, device.id()).unwrap();
    let request = Request::parse(sent.send.split(&out).1, &topic, Reading::Strict).unwrap();
    let Ok(Body::LogPost(posted)) = Body::read(Kind::LogPost, request.params, Reading::Strict) else {
        panic!()
    };
    assert!(posted.0.iter().eq(lines));
}
