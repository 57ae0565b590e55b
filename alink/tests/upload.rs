//! Files to the platform: announced, sent block by block over a bad network, resumed, given up.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use core::time::Duration;

use alink::flow::Pace;
use alink::message::any::{Body, Message};
use alink::message::file::{Upload, UploadCancel, UploadInit, UploadSend, Uploaded};
use alink::message::frame::Crc64;
use alink::{
    Code, Config, Device, DeviceId, Error, Event, Id, Json, Kind, Reading, Reply, Rule, Send, Step, Topic,
};

const SEC: Duration = Duration::from_secs(1);

fn device() -> Device {
    Device::new(DeviceId::new("a1LampDemo01", "lamp001").unwrap(), Config::default())
}

fn announced(size: i64) -> UploadInit<'static> {
    UploadInit {
        name: "log_1.txt",
        size,
        conflict: None,
        check_mode: None,
        check_value: None,
        uid: None,
        extra: None,
    }
}

/// The platform's half: what has arrived, under one upload id.
#[derive(Default)]
struct Platform {
    file: Vec<u8>,
    is_whole: bool,
}

impl Platform {
    /// The answer to a message of the device: its topic and payload.
    fn answer(&mut self, topic: &str, payload: &[u8]) -> (String, Vec<u8>) {
        let topic = Topic::parse(topic).unwrap();
        let mut answer = Vec::new();
        match Message::parse(&topic, payload, Reading::Strict).unwrap() {
            Message::Request(request) => match request.params {
                Body::UploadInit(init) => {
                    let data = Upload {
                        name: Some(init.name.into()),
                        id: "u-1".into(),
                        offset: self.file.len() as u64,
                        conflict: None,
                    };
                    Reply::new(request.id, Code::OK, data).append(&mut answer).unwrap();
                }
                Body::UploadCancel(cancel) => {
                    assert_eq!(cancel.id, "u-1");
                    self.file.clear();
                    Reply::new(request.id, Code::OK, cancel).append(&mut answer).unwrap();
                }
                other => panic!("{other:?}"),
            },
            Message::Upload(UploadSend { id, block, bytes }) => {
                // A block that came before is confirmed again, and not stored twice.
                let at = usize::try_from(block.offset).unwrap();
                assert!(at <= self.file.len(), "no hole");
                self.file.truncate(at);
                self.file.extend_from_slice(bytes);
                self.is_whole |= block.is_complete == Some(true);
                let mut crc = Crc64::default();
                crc.update(&self.file);
                let check = format!("{:016x}", crc.value());
                let data = Uploaded {
                    id: block.id,
                    offset: block.offset,
                    size: block.size,
                    complete: Some(self.is_whole),
                    check_mode: Some("crc64".into()),
                    check_of_device: None,
                    check_of_platform: Some((&*check).into()),
                };
                Reply::new(id, Code::OK, data).append(&mut answer).unwrap();
            }
            other => panic!("{other:?}"),
        }
        (topic.reply().unwrap().to_string(), answer)
    }
}

/// Sends `file` over a network that loses messages, and says some answers twice, as `chance` has it: one
/// in so many. What the platform says of the whole.
fn upload(
    device: &mut Device,
    platform: &mut Platform,
    file: &[u8],
    size: i64,
    chance: &mut dyn FnMut(u64) -> bool,
) -> String {
    let mut pace = Pace::default();
    pace.block = 1024;
    let (mut now, mut out) = (SEC, Vec::new());
    let mut send: Option<Send> = Some(device.upload(now, &announced(size), pace, &mut out).unwrap().send);
    for _ in 0..10_000 {
        let answer = send.take().filter(|_| !chance(3)).and_then(|message| {
            let (topic, payload) = message.split(&out);
            Some(platform.answer(topic, payload)).filter(|_| !chance(5))
        });
        let step = match &answer {
            Some((topic, payload)) => device.receive(now, topic, payload, &mut Vec::new()).unwrap(),
            None => {
                now = now.max(device.next_timeout().expect("something is awaited"));
                device.handle_timeout(now, &mut Vec::new()).unwrap()
            }
        };
        if let Some((topic, payload)) = answer.as_ref().filter(|_| chance(4)) {
            let twice = device.receive(now, topic, payload, &mut Vec::new()).unwrap().event;
            assert!(
                matches!(twice, Some(Event::Unreadable { fault, .. }) if fault.rule == Rule::IdNotPending)
            );
        }
        out.clear();
        match step.event {
            Some(Event::UploadWants { offset, size }) => {
                let from = usize::try_from(offset).unwrap();
                let to = file.len().min(from + usize::try_from(size).unwrap());
                send = Some(device.upload_send(now, &file[from..to], &mut out).unwrap().send);
            }
            Some(Event::Uploaded { uploaded }) => {
                assert_eq!((device.pending(), device.next_timeout()), (0, None));
                return uploaded.check_of_platform.map(|check| check.to_string()).unwrap_or_default();
            }
            Some(Event::TimedOut { kind: Kind::FileUploadInit, .. } | Event::UploadFailed { .. }) => {
                send = Some(device.upload(now, &announced(size), pace, &mut out).unwrap().send);
            }
            other => panic!("{other:?}"),
        }
    }
    panic!("no end of it")
}

#[test]
fn a_file_arrives_whole_over_a_bad_network() {
    let file: Vec<u8> = (0..20_001_u32).map(|at| at.to_le_bytes()[0] ^ at.to_le_bytes()[1]).collect();
    let seeds = std::env::var("LINKWIRE_SEEDS").ok().map_or(500, |seeds| seeds.parse().unwrap());
    for seed in 1..=seeds {
        // Of known size; of unknown size; of unknown size, the last block empty.
        let (file, size) = match seed % 3 {
            0 => (&file[..], 20_001),
            1 => (&file[..], -1),
            _ => (&file[..4096], -1),
        };
        let (mut platform, mut state): (_, u64) = (Platform::default(), seed);
        let mut chance = |bound| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32 & 0xFFFF < 0x1_0000 / bound
        };
        let check = upload(&mut device(), &mut platform, file, size, &mut chance);
        assert_eq!((platform.file == file, platform.is_whole), (true, size < 0), "seed {seed}");
        let mut crc = Crc64::default();
        crc.update(file);
        // What was whole already when it was announced again has no check value.
        assert!(check.is_empty() || check == format!("{:016x}", crc.value()), "seed {seed}");
    }
}

#[test]
fn an_upload_is_given_up_after_its_tries_and_goes_on_where_it_stopped() {
    let (mut device, mut platform) = (device(), Platform::default());
    let file = [7; 5000];
    let mut pace = Pace::default();
    pace.tries = 2;
    let mut out = Vec::new();
    let sent = device.upload(SEC, &announced(5000), pace, &mut out).unwrap();
    let (topic, payload) = sent.send.split(&out);
    let (topic, answer) = platform.answer(topic, payload);
    let step = device.receive(SEC, &topic, &answer, &mut Vec::new()).unwrap();
    assert_eq!(step.event, Some(Event::UploadWants { offset: 0, size: 2048 }));
    out.clear();
    let sent = device.upload_send(SEC, &file[..2048], &mut out).unwrap();
    let (topic, payload) = sent.send.split(&out);
    let (topic, answer) = platform.answer(topic, payload);
    let step = device.receive(SEC, &topic, &answer, &mut Vec::new()).unwrap();
    assert_eq!(step.event, Some(Event::UploadWants { offset: 2048, size: 2048 }));

    device.upload_send(SEC, &file[2048..4096], &mut out).unwrap();
    let step = device.handle_timeout(SEC * 11, &mut out).unwrap();
    assert_eq!(step.event, Some(Event::UploadWants { offset: 2048, size: 2048 }));
    device.upload_send(SEC * 11, &file[2048..4096], &mut out).unwrap();
    let step = device.handle_timeout(SEC * 21, &mut out).unwrap();
    assert_eq!(step.event, Some(Event::UploadFailed { offset: 2048 }));
    assert_eq!((device.pending(), device.next_timeout()), (0, None));

    upload(&mut device, &mut platform, &file, 5000, &mut |_| false);
    assert_eq!(platform.file, file);
    // All of it is there: nothing more is wanted.
    assert_eq!(upload(&mut device, &mut platform, &file, 5000, &mut |_| false), "");
}

#[test]
fn what_the_platform_refuses_is_told_and_tried_again() {
    let (mut device, mut platform) = (device(), Platform::default());
    let mut out = Vec::new();
    let sent = device.upload(SEC, &announced(300), Pace::default(), &mut out).unwrap();
    let init_reply = "/sys/a1LampDemo01/lamp001/thing/file/upload/mqtt/init_reply";
    let refused = |id: Id| format!(r#"{{"id":"{id}","code":460,"data":{{}}}}"#);
    let refusal = refused(sent.id);
    let step = device.receive(SEC, init_reply, refusal.as_bytes(), &mut out).unwrap();
    assert!(matches!(step.event, Some(Event::Answered { kind: Kind::FileUploadInit, .. })), "{step:?}");
    assert!(matches!(device.upload_send(SEC, &[], &mut out), Err(Error::WrongState(_))));

    out.clear();
    let sent = device.upload(SEC, &announced(300), Pace::default(), &mut out).unwrap();
    let (topic, payload) = sent.send.split(&out);
    let (topic, answer) = platform.answer(topic, payload);
    device.receive(SEC, &topic, &answer, &mut Vec::new()).unwrap();
    let short = device.upload_send(SEC, &[1; 299], &mut out);
    assert!(matches!(short, Err(Error::Message(fault)) if fault.rule == Rule::BlockMismatch));
    let send_reply = "/sys/a1LampDemo01/lamp001/thing/file/upload/mqtt/send_reply";
    for answer in [refused, |id| {
        format!(r#"{{"id":"{id}","code":200,"data":{{"uploadId":"u-1","offset":1,"bSize":300}}}}"#)
    }] {
        let sent = device.upload_send(SEC, &[1; 300], &mut out).unwrap();
        let answer = answer(sent.id);
        let Step { event, .. } = device.receive(SEC, send_reply, answer.as_bytes(), &mut out).unwrap();
        assert!(matches!(event, Some(Event::Answered { .. } | Event::Unreadable { .. })), "{event:?}");
        assert!(device.next_timeout().unwrap() <= SEC);
        let step = device.handle_timeout(SEC, &mut out).unwrap();
        assert_eq!(step.event, Some(Event::UploadWants { offset: 0, size: 300 }));
    }
}

#[test]
fn an_upload_is_cancelled() {
    let (mut device, mut platform) = (device(), Platform::default());
    let mut out = Vec::new();
    assert!(matches!(device.upload_cancel(SEC, &mut out), Err(Error::WrongState(_))));
    let sent = device.upload(SEC, &announced(-1), Pace::default(), &mut out).unwrap();
    let (topic, payload) = sent.send.split(&out);
    let (topic, answer) = platform.answer(topic, payload);
    device.receive(SEC, &topic, &answer, &mut Vec::new()).unwrap();
    device.upload_send(SEC, &[1; 2048], &mut Vec::new()).unwrap();
    out.clear();
    let sent = device.upload_cancel(SEC, &mut out).unwrap();
    assert_eq!(device.pending(), 1, "only the cancellation waits");
    let (topic, payload) = sent.send.split(&out);
    assert!(UploadCancel { id: "u-1".into() }.written_len() < payload.len());
    let (topic, answer) = platform.answer(topic, payload);
    let step = device.receive(SEC, &topic, &answer, &mut Vec::new()).unwrap();
    assert!(matches!(step.event, Some(Event::Answered { kind: Kind::FileUploadCancel, .. })));

    for (size, block, rule) in [
        (0, 2048, Rule::NumberOutOfRange),
        (-2, 2048, Rule::NumberOutOfRange),
        (1 << 25, 2048, Rule::FileTooLarge),
        (9, 255, Rule::BadBlockSize),
    ] {
        let mut pace = Pace::default();
        pace.block = block;
        let refused = device.upload(SEC, &announced(size), pace, &mut out);
        assert!(matches!(refused, Err(Error::Message(fault)) if fault.rule == rule), "{refused:?}");
    }
}
