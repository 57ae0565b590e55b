//! Two sessions of ours over a bad network, on a virtual clock: connections are cut at any byte, both ends crash at any
//! call of their store and go on from it alone, stores fail and outputs are short of room. Whatever happens, QoS 1 arrives
//! at least once, QoS 2 exactly once, order holds, no identifier is in use twice, and nothing acknowledged is lost.
//!
//! `LINKWIRE_SEEDS` says how many seeds to run (500 without it). A failure names its seed; `LINKWIRE_SEED` runs only that one.
#![cfg(feature = "alloc")]
#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "tests have the standard library"
)]

mod world {
    pub(super) mod disk;
    pub(super) mod node;
    pub(super) mod random;
}

use core::time::Duration;
use std::collections::VecDeque;

use mqtt_codec::session::Phase;
use mqtt_codec::{
    ConnAck, Connect, Packet, Peek, Properties, Property, ReasonCode, Rules, Text, Version, peek,
};
use world::disk::Crash;
use world::node::{Node, qos_of, topic_of};
use world::random::Random;

const CLIENT: usize = 0;
const SERVER: usize = 1;

/// What goes wrong.
#[derive(Clone, Debug, Default)]
struct Trouble {
    /// Cut the connection after so many bytes were delivered, counted over all connections.
    cut_after: Option<usize>,
    /// Who crashes, and where.
    crash: Option<(usize, Crash)>,
    /// All of it at random, and failing stores and short outputs besides.
    random: bool,
}

#[derive(Clone, Copy, Debug)]
struct Manner {
    version: Version,
    messages: u32,
    /// Each end may have its own receive maximum, acknowledge by hand, use aliases, and take or send in pieces.
    mixed: bool,
}

struct World {
    random: Random,
    now: Duration,
    nodes: [Node; 2],
    /// Bytes on their way to each end, while there is a connection.
    link: Option<[VecDeque<u8>; 2]>,
    /// Whether the server has kept the session.
    known: bool,
    manner: Manner,
    trouble: Trouble,
    delivered: usize,
    steps: u32,
}

impl World {
    fn new(seed: u64, manner: Manner, trouble: Trouble) -> Self {
        let mut random = Random::new(seed);
        let nodes = [0, 1].map(|_| Node::new(&mut random, manner.mixed, trouble.random));
        if let Some((who, crash)) = trouble.crash {
            nodes[who].disk.borrow_mut().crash = Some(crash);
        }
        let now = Duration::from_secs(1000);
        Self { random, now, nodes, link: None, known: false, manner, trouble, delivered: 0, steps: 0 }
    }

    fn run(&mut self) {
        while !self.is_done() {
            self.steps += 1;
            assert!(self.steps < 400_000, "nothing moves any more");
            if self.trouble.random && self.all_published() {
                self.calm_down();
            }
            self.step();
        }
        self.judge();
    }

    fn calm_down(&mut self) {
        for node in &mut self.nodes {
            node.disk.borrow_mut().flaky = 0;
            node.disk.borrow_mut().crash = None;
            node.short = false;
        }
        self.trouble.random = false;
    }

    fn all_published(&self) -> bool {
        self.nodes.iter().all(|node| node.disk.borrow().next >= self.manner.messages)
    }

    fn is_done(&self) -> bool {
        let idle = |node: &Node| {
            node.session.as_ref().is_some_and(|session| session.phase() == Phase::Online)
                && node.disk.borrow().records.is_empty()
                && node.tx.is_empty()
                && node.to_acknowledge.is_empty()
        };
        self.all_published()
            && self.link.as_ref().is_some_and(|link| link.iter().all(VecDeque::is_empty))
            && self.nodes.iter().all(idle)
    }

    fn step(&mut self) {
        self.now += Duration::from_millis(self.random.below(20));
        if self.random.one_in(2000) {
            self.now += Duration::from_secs(self.random.below(25));
        }
        if self.trouble.random {
            if self.random.one_in(150) {
                self.cut();
            }
            if self.random.one_in(150) {
                let who = self.random.index(2);
                let crash = Crash { calls: self.random.below(5), after: self.random.one_in(2) };
                self.nodes[who].disk.borrow_mut().crash = Some(crash);
            }
        }
        if self.link.is_none() {
            self.connect();
        }
        for who in [CLIENT, SERVER] {
            self.timeouts(who);
            self.application(who);
            self.transmit(who);
            self.deliver(who);
        }
    }

    /// The client begins a connection, from its store alone if it has crashed.
    fn connect(&mut self) {
        let Manner { version, .. } = self.manner;
        let client = &mut self.nodes[CLIENT];
        client.died = false;
        client.revive();
        self.link = Some([VecDeque::new(), VecDeque::new()]);
        let properties = client.announcements(version);
        let mut all = vec![];
        if version == Version::V5 {
            all.push(Property::SessionExpiryInterval(u32::MAX));
            all.extend(properties);
        }
        let connect = Connect {
            clean_start: false,
            keep_alive: 30,
            properties: Properties::new(mqtt_codec::PacketType::Connect, &all).unwrap(),
            ..Connect::new(version, Text::new("world").unwrap())
        };
        let now = self.now;
        if client.call(|session, out| session.connect(now, &connect, out)).is_none() {
            self.cut();
        }
    }

    /// The connection is gone for both ends.
    fn cut(&mut self) {
        self.link = None;
        for node in &mut self.nodes {
            node.transport_lost(self.now, &mut self.random);
        }
    }

    fn timeouts(&mut self, who: usize) {
        for _ in 0..3 {
            if !self.nodes[who].timeout(self.now) {
                break;
            }
            self.look_after(who);
        }
    }

    fn application(&mut self, who: usize) {
        let (messages, now) = (self.manner.messages, self.now);
        if self.link.is_some() && self.random.one_in(3) {
            self.nodes[who].publish(now, messages, &mut self.random);
            self.look_after(who);
        }
        if self.random.one_in(2) {
            self.nodes[who].acknowledge_some(now, &mut self.random);
            self.look_after(who);
        }
    }

    /// Moves what a node wrote onto the link. That no identifier is used twice, the stores check.
    fn transmit(&mut self, who: usize) {
        let node = &mut self.nodes[who];
        let bytes = core::mem::take(&mut node.tx);
        if let Some(link) = &mut self.link {
            link[1 - who].extend(bytes);
        }
    }

    /// Hands a piece of what is on its way to an end over.
    fn deliver(&mut self, who: usize) {
        let Some(link) = &mut self.link else { return };
        let mut count = link[who].len().min(1 + self.random.index(40));
        if let Some(after) = self.trouble.cut_after {
            count = count.min(after - self.delivered);
        }
        let chunk: Vec<u8> = link[who].drain(..count).collect();
        self.delivered += count;
        self.nodes[who].rx.extend(chunk);
        self.frames(who);
        if self.trouble.cut_after == Some(self.delivered) {
            self.trouble.cut_after = None;
            self.cut();
        }
    }

    fn frames(&mut self, who: usize) {
        if self.nodes[who].session.as_ref().is_none_or(|session| session.phase() == Phase::Offline) {
            if who == CLIENT || !self.accept() {
                return;
            }
            self.look_after(who);
        }
        while self.nodes[who].take_one(self.now, &mut self.random) {
            self.settle(who);
        }
        self.look_after(who);
    }

    /// What the sender was told is delivered must have been received.
    fn settle(&mut self, who: usize) {
        for (number, peer) in
            self.nodes[who].told_delivered.drain(..).map(|number| (number, 1 - who)).collect::<Vec<_>>()
        {
            let peer = &self.nodes[peer];
            let has = match qos_of(number) {
                1 => peer.log[1].contains(&number),
                _ => peer.disk.borrow().inbox.contains(&number),
            };
            assert!(has, "message {number} was acknowledged and is lost");
        }
    }

    fn accept(&mut self) -> bool {
        let server = &mut self.nodes[SERVER];
        let Peek::Frame { len } = peek(&server.rx, u32::MAX).unwrap() else { return false };
        let frame: Vec<u8> = server.rx.drain(..len).collect();
        let Packet::Connect(connect) = Packet::decode(&frame, Rules::UNCONNECTED).unwrap() else { panic!() };
        let properties =
            if connect.version == Version::V5 { server.announcements(connect.version) } else { vec![] };
        let connack = ConnAck {
            session_present: self.known,
            reason: ReasonCode::Success,
            properties: Properties::new(mqtt_codec::PacketType::ConnAck, &properties).unwrap(),
        };
        if server.accept(self.now, &connect, connack) {
            self.known = true;
            true
        } else {
            // The session exists as soon as the store was emptied for it.
            self.known = self.known || server.disk.borrow().cleared;
            self.cut();
            false
        }
    }

    /// Cuts the connection if the node has crashed or closed it.
    fn look_after(&mut self, who: usize) {
        let node = &mut self.nodes[who];
        let died = core::mem::take(&mut node.died);
        if died || node.session.as_ref().is_some_and(|session| session.phase() == Phase::Closing) {
            self.cut();
        }
    }

    fn judge(&self) {
        for (sender, receiver) in [(CLIENT, SERVER), (SERVER, CLIENT)] {
            let accepted: Vec<u32> = (0..self.manner.messages).collect();
            let (sender, receiver) = (&self.nodes[sender], &self.nodes[receiver]);
            assert_eq!(sender.disk.borrow().next, self.manner.messages);
            let inbox = &receiver.disk.borrow().inbox;
            for number in accepted {
                let times = |log: &[u32]| log.iter().filter(|&&known| known == number).count();
                match qos_of(number) {
                    0 => assert!(times(&receiver.log[0]) <= 1, "QoS 0 twice: {number}"),
                    1 => assert!(times(&receiver.log[1]) >= 1, "QoS 1 lost: {number}"),
                    _ => {
                        assert_eq!(times(inbox), 1, "QoS 2 not once: {number}");
                        assert!(times(&receiver.log[2]) <= 1, "QoS 2 told twice: {number}");
                        if !receiver.has_crashed {
                            assert_eq!(times(&receiver.log[2]), 1, "QoS 2 not told: {number}");
                        }
                    }
                }
            }
            for topic in 0..2 {
                for log in [&receiver.log[0], &receiver.log[1], inbox] {
                    let mut first: Vec<u32> = Vec::new();
                    for &number in log.iter().filter(|&&number| topic_of(number) == topic) {
                        if !first.contains(&number) {
                            first.push(number);
                        }
                    }
                    assert!(first.is_sorted(), "out of order: {first:?}");
                }
            }
        }
    }
}

fn seeds() -> Vec<u64> {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    match number("LINKWIRE_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("LINKWIRE_SEEDS").unwrap_or(500)).collect(),
    }
}

/// Runs a world and names it if it fails.
fn run(seed: u64, manner: Manner, trouble: &Trouble) -> World {
    let name = format!("seed {seed}, {manner:?}, {trouble:?}");
    let result = std::panic::catch_unwind(|| {
        let mut world = World::new(seed, manner, trouble.clone());
        world.run();
        world
    });
    match result {
        Ok(world) => world,
        Err(_) => panic!("failed: {name}"),
    }
}

#[test]
fn a_bad_network_and_bad_ends() {
    for seed in seeds() {
        let version = if seed % 3 == 0 { Version::V311 } else { Version::V5 };
        let manner = Manner { version, messages: 40, mixed: true };
        run(seed, manner, &Trouble { random: true, ..Trouble::default() });
    }
}

#[test]
fn a_cut_at_every_byte() {
    for version in [Version::V311, Version::V5] {
        let manner = Manner { version, messages: 6, mixed: false };
        let bytes = run(1, manner, &Trouble::default()).delivered;
        assert!(bytes > 200);
        for at in 1..=bytes {
            run(1, manner, &Trouble { cut_after: Some(at), ..Trouble::default() });
        }
    }
}

#[test]
fn a_crash_at_every_call_of_either_store() {
    for version in [Version::V311, Version::V5] {
        let manner = Manner { version, messages: 6, mixed: false };
        let whole = run(1, manner, &Trouble::default());
        for who in [CLIENT, SERVER] {
            let calls = whole.nodes[who].disk.borrow().calls;
            assert!(calls > 10);
            for (calls, after) in (0..calls).flat_map(|call| [(call, false), (call, true)]) {
                let crash = Some((who, Crash { calls, after }));
                run(1, manner, &Trouble { crash, ..Trouble::default() });
            }
        }
    }
}
