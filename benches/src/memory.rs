//! What things hold in memory, for the tables of `RESULTS.md`.

use allocation_counter::measure;
use coap_codec::endpoint::{Incoming, Outgoing, Peer as Other, Slot};
use core::mem::size_of;
use core::net::SocketAddr;
use core::time::Duration;
use mqtt_codec::session::{Config, Memory, Message, ReceivedCell, SentCell};
use mqtt_codec::{
    Accept, ArenaStore, ConnAck, Connect, Properties, Qos, ReasonCode, Session, Text, TopicName, Version,
};
use thing_model::{Limits, Model};

use crate::inputs::document;
use crate::rows::flows::gateway;
use crate::topics::{Peer, Workload, tree};

/// Bytes held for one thing.
#[derive(Clone, Debug)]
pub struct Held {
    /// Of what.
    pub what: &'static str,
    /// By whom.
    pub who: &'static str,
    /// Rounded down.
    pub bytes: u64,
    /// How it was found.
    pub how: &'static str,
}

/// Everything, measured now.
///
/// # Panics
/// If something cannot be built that others are seen to build.
pub fn all() -> Vec<Held> {
    let held = |what, who, bytes, how| Held { what, who, bytes, how };
    let ours = |what, bytes, how| held(what, "linkwire", bytes, how);
    let heap = "heap held after building, divided by their number";
    let cell = "size of what the caller lends";
    let mut all = Vec::new();
    for (count, what) in [
        (1_000, "filter in a tree of 1,000"),
        (100_000, "filter in a tree of 100,000"),
        (1_000_000, "filter in a tree of 1,000,000"),
    ] {
        let workload = Workload::new(count);
        all.push(ours(what, each(count, || tree(&workload.filters)), heap));
        let peer = each(count, || Peer::new(&workload.filters));
        all.push(held(what, "mqtt-topic-engine 0.2", peer, heap));
    }
    let flight = "message in flight to a peer: 40-byte topic, 64 bytes, QoS 1";
    let exact = "its cell, and its record in an `ArenaStore`";
    all.push(ours(flight, size_of::<SentCell>() as u64 + record(), exact));
    all.push(ours("message in flight from a peer, QoS 2", size_of::<ReceivedCell>() as u64, cell));
    for (count, name, what) in [
        (10, "W1.tsl", "compiled property of 10, names and texts with it"),
        (100, "W2.tsl", "compiled property of 100, names and texts with it"),
        (2_000, "W3.tsl", "compiled property of 2,000, names and texts with it"),
    ] {
        let tsl = document(name);
        let bytes = each(count, || Model::compile(&tsl, &Limits::lenient()).expect("a model"));
        all.push(ours(what, bytes, heap));
    }
    all.push(ours("sub-device of a gateway with 1,000 online", each(1_000, || gateway(1_000)), heap));
    let slot = size_of::<Slot<Outgoing<SocketAddr>>>() as u64;
    all.push(ours("CoAP request under way, without its datagram", slot, cell));
    let slot = size_of::<Slot<Incoming<SocketAddr>>>() as u64;
    all.push(ours("CoAP request remembered, without its reply", slot, cell));
    all.push(ours("CoAP peer", size_of::<Slot<Other<SocketAddr>>>() as u64, cell));
    all
}

/// Bytes of heap that each of `count` parts of what is built holds.
fn each<T>(count: usize, build: impl Fn() -> T) -> u64 {
    let mut built = None;
    let bytes = measure(|| built = Some(build())).bytes_current;
    u64::try_from(bytes).expect("more is held than before") / count as u64
}

/// What a record takes of an [`ArenaStore`]: how much more memory one more message needs.
fn record() -> u64 {
    let needed = |messages: usize| (0..).find(|room| fits(*room, messages)).expect("some size is enough");
    let (ten, twenty): (usize, usize) = (needed(10), needed(20));
    ((twenty - ten) / 10) as u64
}

fn fits(room: usize, messages: usize) -> bool {
    let memory = Memory::lent(vec![SentCell::EMPTY; messages].leak(), &mut []);
    let store = ArenaStore::lent(vec![0; room].leak());
    let connect = Connect { keep_alive: 60, ..Connect::new(Version::V311, Text::new("c").expect("a text")) };
    let connack =
        ConnAck { session_present: false, reason: ReasonCode::Success, properties: Properties::EMPTY };
    let accept = Accept { config: Config::new(memory), connack };
    let Ok(accepted) = Session::accept(Duration::ZERO, &connect, accept, store, &mut Vec::new()) else {
        return false;
    };
    let mut session: Session<'_, _> = accepted;
    let topic = TopicName::new("/sys/a1Qw2Er3Ty4/pump-000017/event/post_").expect("a topic");
    let message = Message::new(topic, &[b'7'; 64]).qos(Qos::AtLeastOnce);
    (0..messages).all(|_| session.publish(Duration::ZERO, &message, &mut Vec::new()).is_ok())
}
