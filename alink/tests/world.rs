//! A gateway with children and a platform, on a virtual clock and a seeded network that loses,
//! delays, duplicates and reorders: nothing acknowledged is lost, every request ends exactly once,
//! and in the end both sides believe the same of every child.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

extern crate alloc;

use alloc::collections::{BTreeMap, BTreeSet};
use core::time::Duration;

use alink::access::may_publish;
use alink::flow::{ChildState, Credentials, Gateway, GatewayConfig, GatewayEvent, Pending};
use alink::message::any::{Body, Message};
use alink::{
    Code, DeviceId, Direction, Event, Id, Json, Kind, MAX_TOPIC, Outcome, RawJson, Reading, Reply, Request,
    Topic, Values,
};

const CHILDREN: usize = 7;
const NAMES: [&str; CHILDREN] =
    ["child001", "child002", "child003", "child004", "child005", "child006", "child007"];

fn gateway_id() -> DeviceId<'static> {
    DeviceId::new("a1GatewayDm1", "gw001").unwrap()
}

fn child_id(at: usize) -> DeviceId<'static> {
    DeviceId::new("a1LampDemo01", NAMES[at]).unwrap()
}

/// xorshift64*: small, seeded, good enough.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % bound
    }

    fn index(&mut self, bound: usize) -> usize {
        usize::try_from(self.below(bound as u64)).unwrap()
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }
}

#[derive(Clone)]
struct Mail {
    up: bool,
    topic: String,
    payload: Vec<u8>,
}

/// Mail on its way, by time of arrival.
#[derive(Default)]
struct Network {
    mail: BTreeMap<(Duration, u64), Mail>,
    count: u64,
    is_good: bool,
}

impl Network {
    fn send(&mut self, now: Duration, random: &mut Random, mail: &Mail) {
        let copies = match random.below(10) {
            _ if self.is_good => 1,
            0 | 1 => 0,
            2 => 2,
            _ => 1,
        };
        for _ in 0..copies {
            // Now and then later than any timeout.
            let most = if random.one_in(20) && !self.is_good { 15_000 } else { 300 };
            self.count += 1;
            self.mail.insert((now + Duration::from_millis(random.below(most)), self.count), mail.clone());
        }
    }
}

/// The platform, from the types of the crate alone.
struct Cloud {
    bound: BTreeSet<usize>,
    sessions: BTreeSet<usize>,
    disabled: BTreeSet<usize>,
    /// Ids of posts it has taken, with the topic.
    stored: BTreeSet<(String, Id)>,
    pending: Pending,
    calls: BTreeMap<Id, u32>,
    answered: BTreeMap<Id, Code>,
}

impl Cloud {
    fn new() -> Self {
        Self {
            bound: BTreeSet::new(),
            sessions: BTreeSet::new(),
            disabled: BTreeSet::new(),
            stored: BTreeSet::new(),
            pending: Pending::new(64, 1_000_000),
            calls: BTreeMap::new(),
            answered: BTreeMap::new(),
        }
    }

    fn child(product_key: &str, device_name: &str) -> Option<usize> {
        (0..CHILDREN).find(|at| child_id(*at) == DeviceId::new(product_key, device_name).unwrap())
    }

    fn login(&mut self, children: &[usize]) -> Code {
        for at in children {
            if !self.bound.contains(at) {
                return Code::NO_TOPOLOGY;
            }
            if self.disabled.contains(at) {
                return Code::DISABLED;
            }
        }
        self.sessions.extend(children);
        Code::OK
    }

    fn set(&mut self, now: Duration, device: DeviceId<'_>) -> Option<Mail> {
        if !self.pending.has_room() {
            return None;
        }
        let id = self.pending.next_id();
        self.pending.insert(id, Kind::PropertySet, now + Duration::from_secs(8));
        self.calls.insert(id, 0);
        let topic = Topic::of(Kind::PropertySet, device).unwrap();
        let values = [("Brightness", 30.into())];
        let mut payload = Vec::new();
        Request::new(&topic, id, Values::from(&values)).append(&mut payload).unwrap();
        Some(Mail { up: false, topic: topic.to_string(), payload })
    }

    fn expire(&mut self, now: Duration) {
        while let Some((id, _)) = self.pending.expire(now) {
            *self.calls.get_mut(&id).unwrap() += 1;
        }
    }

    /// What a gateway publishes, and the answer to it.
    fn receive(&mut self, mail: &Mail) -> Option<Mail> {
        let topic = Topic::parse_sent(&mail.topic, Direction::Up, MAX_TOPIC).unwrap();
        let is_child = |id: DeviceId<'_>| {
            Self::child(id.product_key(), id.device_name()).is_some_and(|at| self.sessions.contains(&at))
        };
        if may_publish(&mail.topic, gateway_id(), is_child).is_err() {
            let child = topic.device().unwrap();
            let mut payload = Vec::new();
            Reply::new(Id(0), Code::NO_SESSION, child).append(&mut payload).unwrap();
            let topic = Topic::of(Kind::ChildError, gateway_id()).unwrap();
            return Some(Mail { up: false, topic: topic.to_string(), payload });
        }
        let request = match Message::parse(&topic, &mail.payload, Reading::Strict).unwrap() {
            Message::Request(request) => request,
            Message::Reply(reply) => {
                if self.pending.take(reply.id).is_some() {
                    *self.calls.get_mut(&reply.id).unwrap() += 1;
                    self.answered.insert(reply.id, reply.code);
                }
                return None;
            }
            other => panic!("{other:?}"),
        };
        let at = |child: DeviceId<'_>| Self::child(child.product_key(), child.device_name()).unwrap();
        let mut payload = Vec::new();
        let reply = |code, payload: &mut Vec<u8>| {
            Reply::new(request.id, code, RawJson::EMPTY_OBJECT).append(payload).unwrap();
        };
        match request.params {
            Body::PropertyPost(_) => {
                self.stored.insert((mail.topic.clone(), request.id));
                reply(Code::OK, &mut payload);
            }
            Body::TopoAdd(children) => {
                self.bound.extend(
                    children.0.iter().map(|child| Self::child(child.product_key, child.device_name).unwrap()),
                );
                reply(Code::OK, &mut payload);
            }
            Body::Devices(children) => {
                for child in children.0.iter().map(at) {
                    self.bound.remove(&child);
                    self.sessions.remove(&child);
                }
                reply(Code::OK, &mut payload);
            }
            Body::Login(login) => {
                let child = DeviceId::new(login.product_key, login.device_name).unwrap();
                let code = self.login(&[at(child)]);
                Reply::new(request.id, code, child).append(&mut payload).unwrap();
            }
            Body::BatchLogin(batch) => {
                let ids: Vec<_> = batch
                    .devices
                    .iter()
                    .map(|entry| DeviceId::new(entry.product_key, entry.device_name).unwrap())
                    .collect();
                let code = self.login(&ids.iter().map(|id| at(*id)).collect::<Vec<_>>());
                let devices = alink::message::gateway::Devices(ids[..].into());
                Reply::new(request.id, code, devices).append(&mut payload).unwrap();
            }
            Body::Logout(child) => {
                let code = if self.sessions.remove(&at(child)) { Code::OK } else { Code::NO_SESSION };
                Reply::new(request.id, code, child).append(&mut payload).unwrap();
            }
            Body::BatchLogout(children) => {
                self.sessions.retain(|session| !children.0.iter().any(|child| at(child) == *session));
                let ids: Vec<_> = children.0.iter().collect();
                let devices = alink::message::gateway::Devices(ids[..].into());
                Reply::new(request.id, Code::OK, devices).append(&mut payload).unwrap();
            }
            other => panic!("{other:?}"),
        }
        Some(Mail { up: false, topic: topic.reply().unwrap().to_string(), payload })
    }
}

fn credentials() -> Credentials {
    Credentials {
        client_id: "c".into(),
        timestamp: "1700000000000".into(),
        sign_method: "hmacSha256".into(),
        sign: "s".into(),
        clean_session: false,
    }
}

struct World {
    seed: u64,
    random: Random,
    now: Duration,
    network: Network,
    gateway: Gateway,
    cloud: Cloud,
    /// Posts on their way: how often each has ended.
    posts: BTreeMap<(String, Id), u32>,
    applied: BTreeSet<Id>,
    wanted: [bool; CHILDREN],
}

impl World {
    fn new(seed: u64) -> Self {
        let mut gateway = Gateway::new(gateway_id(), GatewayConfig::default());
        for at in 0..CHILDREN {
            gateway.add(Duration::ZERO, child_id(at), credentials(), false).unwrap();
        }
        Self {
            seed,
            random: Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            now: Duration::ZERO,
            network: Network::default(),
            gateway,
            cloud: Cloud::new(),
            posts: BTreeMap::new(),
            applied: BTreeSet::new(),
            wanted: [true; CHILDREN],
        }
    }

    fn up(&mut self, topic: &str, payload: &[u8]) {
        let mail = Mail { up: true, topic: topic.into(), payload: payload.into() };
        self.network.send(self.now, &mut self.random, &mail);
    }

    fn down(&mut self, mail: &Mail) {
        self.network.send(self.now, &mut self.random, mail);
    }

    fn deliver(&mut self, mail: &Mail) {
        if mail.up {
            if let Some(answer) = self.cloud.receive(mail) {
                self.down(&answer);
            }
            return;
        }
        let mut out = Vec::new();
        let seed = self.seed;
        let step = self.gateway.receive(self.now, &mail.topic, &mail.payload, &mut out).unwrap();
        let send = step.send;
        let mut answer = None;
        match step.event {
            Some(GatewayEvent::Own(event)) => match event {
                Event::PropertySet { call, .. } => answer = Some((gateway_id().to_string(), call.unwrap())),
                Event::Posted { id, outcome, .. } => {
                    Self::ended(&mut self.posts, gateway_id(), id, &self.cloud, outcome, seed);
                }
                Event::Unreadable { .. } | Event::ChildError { .. } | Event::Pushed { .. } => {}
                other => panic!("seed {seed}: {other:?}"),
            },
            Some(GatewayEvent::Child { child, event }) => match event {
                Event::PropertySet { call, .. } => answer = Some((child.to_string(), call.unwrap())),
                Event::Posted { id, outcome, .. } => {
                    Self::ended(&mut self.posts, child, id, &self.cloud, outcome, seed);
                }
                Event::Unreadable { .. } | Event::Pushed { .. } => {}
                other => panic!("seed {seed}: {other:?}"),
            },
            Some(other) => panic!("seed {seed}: {other:?}"),
            None => {}
        }
        if let Some(send) = send {
            let (topic, payload) = send.split(&out);
            self.up(topic, payload);
        }
        if let Some((device, call)) = answer {
            let id = Id(serde_json::from_slice::<serde_json::Value>(&mail.payload).unwrap()["id"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap());
            let mut out = Vec::new();
            let (product_key, device_name) = device.split_once('/').unwrap();
            let device = DeviceId::new(product_key, device_name).unwrap();
            let send = if device == gateway_id() {
                self.gateway.device_mut().answer(call, Code::OK, &RawJson::EMPTY_OBJECT, &mut out)
            } else {
                self.gateway.with_child(device, |child| {
                    child.answer(call, Code::OK, &RawJson::EMPTY_OBJECT, &mut out)
                })
            };
            // A child that went offline meanwhile cannot answer.
            if let Ok(send) = send {
                self.applied.insert(id);
                let (topic, payload) = send.split(&out);
                self.up(topic, payload);
            }
        }
    }

    /// A post has ended; acknowledged, the platform must have it.
    fn ended(
        posts: &mut BTreeMap<(String, Id), u32>,
        device: DeviceId<'_>,
        id: Id,
        cloud: &Cloud,
        outcome: Outcome<'_>,
        seed: u64,
    ) {
        let topic = Topic::of(Kind::PropertyPost, device).unwrap().to_string();
        if outcome == Outcome::Accepted {
            assert!(
                cloud.stored.contains(&(topic.clone(), id)),
                "seed {seed}: acknowledged, but lost: {topic} {id}"
            );
        }
        *posts.get_mut(&(topic, id)).unwrap() += 1;
    }

    fn post(&mut self, child: Option<usize>) {
        let mut out = Vec::new();
        let now = self.now;
        let properties = [("PowerSwitch", 1.into())];
        let sent = match child {
            Some(at) => {
                self.gateway.with_child(child_id(at), |device| device.post(now, &properties, &mut out))
            }
            None => self.gateway.device_mut().post(now, &properties, &mut out),
        };
        if let Ok(sent) = sent {
            let (topic, payload) = sent.send.split(&out);
            let before = self.posts.insert((topic.to_owned(), sent.id), 0);
            assert!(before.is_none(), "seed {}: id {} is used twice", self.seed, sent.id);
            self.up(topic, payload);
        }
    }

    /// Something happens.
    fn act(&mut self) {
        let at = self.random.index(CHILDREN);
        match self.random.below(24) {
            0..=7 => self.post(Some(at)),
            8..=10 => self.post(None),
            11..=13 => {
                let mail = self.cloud.set(self.now, gateway_id());
                mail.iter().for_each(|mail| self.down(mail));
            }
            14..=16 if self.cloud.sessions.contains(&at) => {
                let mail = self.cloud.set(self.now, child_id(at));
                mail.iter().for_each(|mail| self.down(mail));
            }
            17 => {
                self.wanted[at] = false;
                let _ = self.gateway.log_out(self.now, child_id(at));
            }
            18 | 19 => {
                self.wanted[at] = true;
                self.gateway.add(self.now, child_id(at), credentials(), true).unwrap();
            }
            20 if self.random.one_in(4) => {
                // What is on its way in the old connection is lost with it.
                self.network.mail.clear();
                self.cloud.sessions.clear();
                self.gateway.reconnected(self.now);
            }
            21 if self.random.one_in(3) => self.push(at, true),
            22 => self.push(at, false),
            _ => {}
        }
    }

    /// The platform disables or enables a child, and says so until it is heard.
    fn push(&mut self, at: usize, disable: bool) {
        if disable {
            self.cloud.disabled.insert(at);
            self.cloud.sessions.remove(&at);
        } else if !self.cloud.disabled.remove(&at) {
            return;
        }
        let kind = if disable { Kind::Disable } else { Kind::Enable };
        let topic = Topic::of(kind, child_id(at)).unwrap();
        let mut payload = Vec::new();
        Request::new(&topic, Id(5), RawJson::EMPTY_OBJECT).append(&mut payload).unwrap();
        self.down(&Mail { up: false, topic: topic.to_string(), payload });
    }

    /// The next mail or deadline.
    fn advance(&mut self) -> bool {
        let mail = self.network.mail.first_key_value().map(|(key, _)| *key);
        let timer = self.gateway.next_timeout().map(|due| due.max(self.now));
        let cloud = self.cloud.pending.next_timeout();
        let Some(next) = [mail.map(|(at, _)| at), timer, cloud].into_iter().flatten().min() else {
            return false;
        };
        self.now = self.now.max(next);
        self.cloud.expire(self.now);
        if timer.is_some_and(|due| due <= self.now) {
            let mut out = Vec::new();
            let step = self.gateway.handle_timeout(self.now, &mut out).unwrap();
            if let Some(GatewayEvent::Own(Event::TimedOut { id, .. })) = step.event {
                let topic = Topic::of(Kind::PropertyPost, gateway_id()).unwrap().to_string();
                *self.posts.get_mut(&(topic, id)).unwrap() += 1;
            }
            if let Some(GatewayEvent::Child { child, event: Event::TimedOut { id, .. } }) = step.event {
                let topic = Topic::of(Kind::PropertyPost, child).unwrap().to_string();
                *self.posts.get_mut(&(topic, id)).unwrap() += 1;
            }
            if let Some(send) = step.send {
                let (topic, payload) = send.split(&out);
                self.up(topic, payload);
            }
        }
        if let Some(key) = mail.filter(|(at, _)| *at <= self.now)
            && let Some(mail) = self.network.mail.remove(&key)
        {
            self.deliver(&mail);
        }
        true
    }

    fn settle(&mut self) {
        for _ in 0..20_000 {
            if !self.advance() {
                return;
            }
        }
        panic!("seed {}: no end of it", self.seed);
    }

    fn run(&mut self) {
        for _ in 0..150 {
            if self.random.one_in(2) {
                self.act();
            }
            self.advance();
        }
        self.network.is_good = true;
        self.settle();
        // Refused after too many losses, or disabled without hearing of the end of it: asked again.
        for at in 0..CHILDREN {
            if self.cloud.disabled.contains(&at) {
                self.push(at, false);
            }
            if self.wanted[at] {
                self.push(at, true);
                self.settle();
                self.push(at, false);
                self.gateway.add(self.now, child_id(at), credentials(), true).unwrap();
            }
        }
        self.settle();
        // Everyone says something, so that no belief stays untried.
        for at in 0..CHILDREN {
            self.post(Some(at));
            if self.cloud.sessions.contains(&at) {
                let mail = self.cloud.set(self.now, child_id(at));
                mail.iter().for_each(|mail| self.down(mail));
            }
        }
        self.settle();
        self.judge();
    }

    fn judge(&self) {
        let seed = self.seed;
        for (post, ends) in &self.posts {
            assert_eq!(*ends, 1, "seed {seed}: {post:?} ended {ends} times");
        }
        for (call, ends) in &self.cloud.calls {
            assert_eq!(*ends, 1, "seed {seed}: call {call} ended {ends} times");
        }
        for (call, code) in &self.cloud.answered {
            assert!(
                *code != Code::OK || self.applied.contains(call),
                "seed {seed}: {call} answered, not applied"
            );
        }
        for (at, name) in NAMES.iter().enumerate() {
            let state = self.gateway.state(child_id(at));
            assert_eq!(
                state == Some(ChildState::Online),
                self.cloud.sessions.contains(&at),
                "seed {seed}: {name} is {state:?} for the gateway"
            );
            assert_eq!(
                state == Some(ChildState::Online),
                self.wanted[at],
                "seed {seed}: {} is {state:?}",
                NAMES[at]
            );
        }
        assert_eq!(self.gateway.device().pending(), 0, "seed {seed}");
    }
}

#[test]
fn both_sides_agree_whatever_the_network_does() {
    let seeds = std::env::var("LINKWIRE_SEEDS").ok().map_or(500, |seeds| seeds.parse().unwrap());
    for seed in 1..=seeds {
        World::new(seed).run();
    }
}
