//! Two endpoints of ours, each client and server, over a link that loses, doubles, delays and overtakes, on a
//! virtual clock. Whatever it does: every request is answered or reported as failed exactly once, nothing is
//! done twice for one message, no older state comes after a newer one, bodies arrive intact, and in the end all
//! tables are empty.
//!
//! `LINKWIRE_SEEDS` says how many seeds to run (500 without it). A failure names its seed; `LINKWIRE_SEED` runs only that one.
#![cfg(feature = "alloc")]
#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::print_stderr,
    reason = "tests have the standard library"
)]

mod world {
    pub(super) mod node;
    pub(super) mod random;
}

use core::time::Duration;

use coap_codec::endpoint::Load;
use world::node::Node;
use world::random::Random;

/// How bad the link is, each in percent.
#[derive(Clone, Copy, Debug)]
struct Link {
    loss: u64,
    double: u64,
    /// The longest way, in milliseconds: what is sent later may well come first.
    delay: u64,
}

struct World {
    random: Random,
    now: Duration,
    nodes: [Node; 2],
    link: Link,
    /// On their way: when they arrive, where, and what they are.
    flying: Vec<(Duration, usize, Vec<u8>)>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let link = Link { loss: random.below(31), double: random.below(31), delay: 1 + random.below(4000) };
        let nodes = [1, 0].map(|peer| Node::new(&mut random, peer));
        Self { random, now: Duration::from_secs(1000), nodes, link, flying: Vec::new() }
    }

    fn run(&mut self) {
        for at in 0..2 {
            let said = self.nodes[at].observe(self.now, 1_000_000);
            self.send(at, said);
        }
        for number in 0..20 {
            let at = self.random.index(2);
            let said = self.nodes[at].ask(self.now, &mut self.random, number);
            self.send(at, said);
            if self.random.one_in(2) {
                self.nodes[self.random.index(2)].change();
            }
            let until = self.now + Duration::from_millis(self.random.below(6000));
            self.pass(until);
        }
        self.nodes.iter_mut().for_each(Node::look_away);
        while !self.nodes.iter().all(Node::is_idle) {
            self.step();
        }
        // Observers nobody listens to are found by telling them.
        while self.nodes.iter().any(|node| node.endpoint.load().observers > 0) {
            self.nodes.iter_mut().for_each(Node::change);
            let until = self.now + Duration::from_secs(30);
            self.pass(until);
        }
        while self.nodes.iter().any(|node| node.next_timeout().is_some()) || !self.flying.is_empty() {
            self.step();
        }
        for node in &self.nodes {
            assert_eq!(node.endpoint.load(), Load::default());
        }
    }

    fn pass(&mut self, until: Duration) {
        while self.next().is_some_and(|next| next <= until) {
            self.step();
        }
        self.now = until;
    }

    fn next(&self) -> Option<Duration> {
        let flying = self.flying.iter().map(|flying| flying.0);
        flying.chain(self.nodes.iter().filter_map(Node::next_timeout)).min()
    }

    /// Jumps to what happens next, and lets it happen.
    fn step(&mut self) {
        let next = self.next().expect("something is under way");
        self.now = self.now.max(next);
        if let Some(at) = self.flying.iter().position(|flying| flying.0 <= self.now) {
            let (_, to, datagram) = self.flying.swap_remove(at);
            let said = self.nodes[to].receive(self.now, &mut self.random, &datagram);
            return said.into_iter().for_each(|said| self.send(to, Some(said)));
        }
        for at in 0..2 {
            if self.nodes[at].next_timeout().is_some_and(|next| next <= self.now) {
                let said = self.nodes[at].wake(self.now, &mut self.random);
                said.into_iter().for_each(|said| self.send(at, Some(said)));
            }
        }
    }

    fn send(&mut self, from: usize, said: Option<Vec<u8>>) {
        let Some(datagram) = said else { return };
        if self.random.below(100) < self.link.loss {
            return;
        }
        let copies = 1 + usize::from(self.random.below(100) < self.link.double);
        for _ in 0..copies {
            let arrives = self.now + Duration::from_millis(self.random.below(self.link.delay));
            self.flying.push((arrives, 1 - from, datagram.clone()));
        }
    }
}

/// Runs a world and names its seed if it fails; gives what was answered, failed and notified.
fn run(seed: u64) -> [usize; 3] {
    struct Name(u64);
    impl Drop for Name {
        fn drop(&mut self) {
            if std::thread::panicking() {
                eprintln!("seed {}", self.0);
            }
        }
    }
    let _name = Name(seed);
    let mut world = World::new(seed);
    world.run();
    let sum = |count: fn(&Node) -> usize| world.nodes.iter().map(count).sum();
    [sum(|node| node.answered), sum(|node| node.failed), sum(|node| node.notified)]
}

#[test]
fn whatever_the_link_does() {
    let read = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = read("LINKWIRE_SEED") {
        run(seed);
        return;
    }
    let seeds = read("LINKWIRE_SEEDS").unwrap_or(500);
    let mut total = [0; 3];
    for seed in 0..seeds {
        total.iter_mut().zip(run(seed)).for_each(|(total, count)| *total += count);
    }
    let [answered, failed, notified] = total;
    assert!(answered as u64 > seeds * 10, "{total:?}");
    assert!(seeds < 100 || (failed > 10 && notified as u64 > seeds * 3), "{total:?}");
}
