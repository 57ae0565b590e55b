//! A bridge at work: trackers of another world reach the platform through one process that connects
//! under a name of its own. They come and go, are heard and are told things, each by its own worker;
//! one worker is stuck, and nobody else notices.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]
#![allow(clippy::std_instead_of_alloc, reason = "tests have std")]

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use alink::access::may_publish;
use alink::flow::{Bridge, BridgeEntry, BridgeEvent, Lane, Outbox, OutboxConfig};
use alink::message::any::{Body, Message};
use alink::{
    Code, Config, DeviceId, Error, Event, Id, Json, Kind, List, RawJson, Read, Reading, Reply, Request, Send,
    Topic, Values,
};

const SEC: Duration = Duration::from_secs(1);
/// Read at the start of the process: what the trackers are called there and here.
const CONFIG: &[u8] = br#"[
    {"original": "862369030016601", "productKey": "a1Tracker01", "deviceName": "tracker001"},
    {"original": "862369030016602", "productKey": "a1Tracker01", "deviceName": "tracker002"},
    {"original": "862369030016603", "productKey": "a1Tracker01", "deviceName": "tracker003"}
]"#;
const STUCK: &str = "862369030016602";

/// The platform at the other end of the bridge's connection.
struct Platform {
    /// Who has connected.
    bridge: DeviceId<'static>,
    online: BTreeSet<String>,
    /// Speeds posted, by device name.
    speeds: BTreeMap<String, Vec<i64>>,
    answers: Vec<(String, Code)>,
}

impl Platform {
    /// Takes in a message and answers a post.
    fn publish(&mut self, topic: &str, payload: &[u8]) -> Option<(String, Vec<u8>)> {
        let online = &self.online;
        let topic = may_publish(topic, self.bridge, |child| online.contains(child.device_name())).unwrap();
        let name = topic.device_name().to_owned();
        match Message::parse(&topic, payload, Reading::Strict).unwrap() {
            Message::Request(request) => {
                let Body::PropertyPost(post) = request.params else { panic!("{request:?}") };
                let speed = post.0.get("speed").unwrap().value.integer().unwrap();
                self.speeds.entry(name).or_default().push(speed);
                let mut reply = Vec::new();
                Reply::ok(request.id).from_platform(&topic).append(&mut reply).unwrap();
                Some((topic.reply().unwrap().to_string(), reply))
            }
            Message::Reply(reply) => {
                self.answers.push((name, reply.code));
                None
            }
            other => panic!("{other:?}"),
        }
    }

    /// A new interval for a tracker: the topic and the payload.
    fn set(device: DeviceId<'_>, id: u64, interval: i32) -> (String, Vec<u8>) {
        let topic = Topic::of(Kind::PropertySet, device).unwrap();
        let (values, mut payload) = ([("interval", interval.into())], Vec::new());
        Request::new(&topic, Id(id), Values::from(&values)).append(&mut payload).unwrap();
        (topic.to_string(), payload)
    }
}

/// The process: the bridge's flow, and what waits for the workers of the trackers.
struct Process {
    bridge: Bridge,
    workers: Outbox,
}

impl Process {
    /// A line of the trackers' own protocol, `IMEI word [number]`; what it makes the process do.
    fn line(&mut self, now: Duration, line: &str, platform: &mut Platform) -> Result<(), Error> {
        let mut words = line.split(' ');
        let (imei, word) = (words.next().unwrap(), words.next().unwrap());
        match word {
            "hello" => {
                let device = self.bridge.online(imei)?;
                platform.online.insert(device.device_name().to_owned());
                self.workers.reachable(Lane::Down, device);
            }
            "bye" => {
                let device = self.bridge.offline(imei)?;
                platform.online.remove(device.device_name());
            }
            _ => {
                let speed: i32 = words.next().unwrap().parse().unwrap();
                let mut out = Vec::new();
                let properties = [("speed", speed.into())];
                let sent = self.bridge.with_device(imei, |device| device.post(now, &properties, &mut out))?;
                self.deliver(now, &sent.send, &out, platform);
            }
        }
        Ok(())
    }

    /// Publishes a message, and takes in the answer.
    fn deliver(&mut self, now: Duration, send: &Send, out: &[u8], platform: &mut Platform) {
        let (topic, payload) = send.split(out);
        if let Some((topic, payload)) = platform.publish(topic, payload) {
            self.down(now, &topic, &payload, platform);
        }
    }

    /// A message of the platform: answered at once, then left to the worker of its tracker.
    fn down(&mut self, now: Duration, topic: &str, payload: &[u8], platform: &mut Platform) {
        let mut out = Vec::new();
        let step = self.bridge.receive(now, topic, payload, &mut out).unwrap();
        let Some(BridgeEvent::Device { original, device, event }) = step.event else { panic!("{step:?}") };
        let (imei, call) = match event {
            Event::PropertySet { call, values } => {
                let interval = values.get("interval").unwrap().integer().unwrap();
                let command = format!("{original} interval {interval}");
                assert!(self.workers.push(now, Lane::Down, device, topic, command.as_bytes()));
                (original.to_owned(), call.unwrap())
            }
            Event::Posted { .. } => return,
            other => panic!("{other:?}"),
        };
        let answer = self
            .bridge
            .with_device(&imei, |device| device.answer(call, Code::OK, &RawJson::EMPTY_OBJECT, &mut out));
        self.deliver(now, &answer.unwrap(), &out, platform);
    }

    /// Lets the workers take what waits for them; what each was given. A stuck one takes and never
    /// reports.
    fn work(&mut self, now: Duration, stuck: Option<&str>) -> BTreeMap<String, Vec<String>> {
        let mut done: BTreeMap<String, Vec<String>> = BTreeMap::new();
        while let Some(delivery) = self.workers.next(now, Lane::Down) {
            let command = String::from_utf8(delivery.payload.to_vec()).unwrap();
            let (imei, command) = command.split_once(' ').unwrap();
            let ticket = delivery.ticket;
            if stuck != Some(imei) {
                done.entry(imei.to_owned()).or_default().push(command.to_owned());
                self.workers.delivered(ticket);
            }
        }
        done
    }
}

#[test]
fn trackers_of_another_world_come_through_one_connection() {
    let mut platform = Platform {
        bridge: DeviceId::new("a1Bridge001", "bridge001").unwrap(),
        online: BTreeSet::new(),
        speeds: BTreeMap::new(),
        answers: Vec::new(),
    };
    let entries = List::<BridgeEntry<'_>>::read(RawJson::parse(CONFIG).unwrap()).unwrap();
    let mut process = Process {
        bridge: Bridge::new(entries, Config::default(), 100).unwrap(),
        workers: Outbox::new(OutboxConfig::default()),
    };

    // Up: a tracker is heard once it has come, and not after it has gone.
    assert!(matches!(
        process.line(SEC, "862369030016601 speed 30", &mut platform),
        Err(Error::WrongState(_))
    ));
    for imei in entries.iter().map(|entry| entry.original) {
        process.line(SEC, &format!("{imei} hello"), &mut platform).unwrap();
        process.line(SEC, &format!("{imei} speed 30"), &mut platform).unwrap();
    }
    process.line(SEC, "862369030016601 speed 31", &mut platform).unwrap();
    process.line(SEC, "862369030016603 bye", &mut platform).unwrap();
    assert!(matches!(process.line(SEC, "862369030016603 speed 9", &mut platform), Err(Error::WrongState(_))));
    assert!(matches!(process.line(SEC, "100000000000000 hello", &mut platform), Err(Error::WrongState(_))));
    let speeds: Vec<_> = platform.speeds.iter().map(|(name, speeds)| (&**name, &**speeds)).collect();
    assert_eq!(speeds, [("tracker001", &[30, 31][..]), ("tracker002", &[30]), ("tracker003", &[30])]);
    process.line(SEC, "862369030016603 hello", &mut platform).unwrap();

    // Down: each command reaches the worker of its tracker, in order; one of them is stuck.
    for (at, interval) in (10..20).enumerate() {
        for (number, entry) in entries.iter().enumerate() {
            let id = at * 3 + number;
            let (topic, payload) = Platform::set(entry.device, id as u64, interval);
            process.down(SEC, &topic, &payload, &mut platform);
        }
    }
    assert_eq!(platform.answers.len(), 30);
    assert!(platform.answers.iter().all(|(_, code)| *code == Code::OK));
    let all: Vec<String> = (10..20).map(|interval| format!("interval {interval}")).collect();
    let done = process.work(SEC, Some(STUCK));
    assert_eq!(done.keys().collect::<Vec<_>>(), ["862369030016601", "862369030016603"]);
    assert!(done.values().all(|commands| *commands == all));

    // The stuck worker's delivery fails in the end; freed, it gets everything, in order.
    let due = process.workers.next_timeout().unwrap();
    assert!(process.workers.handle_timeout(due.max(SEC * 12)));
    assert_eq!(process.work(SEC * 12, Some(STUCK)), BTreeMap::new());
    process.line(SEC * 13, &format!("{STUCK} hello"), &mut platform).unwrap();
    assert_eq!(process.work(SEC * 13, None), BTreeMap::from([(STUCK.to_owned(), all)]));
    assert_eq!((process.workers.counters(Lane::Down).messages, process.bridge.next_timeout()), (0, None));
}
