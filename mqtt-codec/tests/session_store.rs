//! Stores in memory against the simplest one there could be, over random calls.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, reason = "tests")]

use core::time::Duration;

use mqtt_codec::{
    ArenaStore, Delivery, Entry, MemStore, PacketId, Properties, Publish, Qos, Record, Scope, Slot, Store,
    StoreFull, TopicName, Will,
};
use proptest::prelude::*;

/// What a store must do, without any care for speed.
#[derive(Default)]
struct Naive {
    records: Vec<(Entry, Vec<u8>)>,
}

impl Naive {
    fn at(&self, slot: Slot) -> Option<usize> {
        self.records.iter().position(|(entry, _)| entry.slot == slot)
    }
}

#[derive(Clone, Debug)]
enum Call {
    Put(Slot, usize),
    Release(PacketId),
    Remove(Slot),
    Age(u64),
    Clear(bool),
    Stream(Slot, usize, bool),
}

fn slot() -> impl Strategy<Value = Slot> {
    (0..9_u16, 0..10).prop_map(|(id, kind)| match (PacketId::new(id), kind) {
        (Some(id), 0..6) => Slot::Sent(id),
        (Some(id), _) => Slot::Received(id),
        (None, _) => Slot::Will,
    })
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        8 => (slot(), 0..120_usize).prop_map(|(slot, len)| Call::Put(slot, len)),
        2 => (1..9_u16).prop_map(|id| Call::Release(PacketId::new(id).unwrap())),
        6 => slot().prop_map(Call::Remove),
        1 => (0..100_u64).prop_map(Call::Age),
        1 => (0..10).prop_map(|n| Call::Clear(n == 0)),
        2 => (slot(), 0..120_usize, any::<bool>()).prop_map(|(slot, len, ends)| Call::Stream(slot, len, ends)),
    ]
}

/// The packet of a record.
enum Made<'a> {
    Publish(Publish<'a>),
    Will(Will<'a>),
}

impl Made<'_> {
    fn record(&self) -> Record<'_> {
        match self {
            Self::Publish(publish) => Record::Publish(publish),
            Self::Will(will) => Record::Will(will),
        }
    }
}

fn made(slot: Slot, payload: &[u8]) -> Made<'_> {
    let topic = TopicName::new("t").unwrap();
    match slot {
        Slot::Will => {
            let properties = Properties::EMPTY;
            Made::Will(Will { qos: Qos::AtMostOnce, retain: false, properties, topic, payload })
        }
        Slot::Sent(id) => {
            Made::Publish(Publish { qos: Delivery::AtLeastOnce(id), ..Publish::new(topic, payload) })
        }
        Slot::Received(id) => {
            Made::Publish(Publish { qos: Delivery::ExactlyOnce(id), ..Publish::new(topic, payload) })
        }
        _ => unreachable!(),
    }
}

/// Both do the same call; a call for which there is no room must change nothing.
fn apply(naive: &mut Naive, store: &mut impl Store<Error = StoreFull>, call: &Call) {
    let fill = |len| (0..=255_u8).cycle().take(len).collect::<Vec<u8>>();
    match *call {
        Call::Put(slot, len) => {
            if slot != Slot::Will && naive.at(slot).is_some() {
                return;
            }
            let payload = fill(len);
            let made = made(slot, &payload);
            let record = made.record();
            let bound = store.bound();
            let needed = if matches!(slot, Slot::Received(_)) { 0 } else { record.encoded_len().unwrap() };
            match store.put(slot, &record) {
                Ok(()) => {
                    assert!(needed <= bound);
                    naive.records.retain(|(entry, _)| entry.slot != slot);
                    let mut bytes = Vec::new();
                    record.encode(&mut bytes).unwrap();
                    naive.records.push((Entry { slot, released: false, age: Duration::ZERO }, bytes));
                }
                Err(_) => assert!(needed > bound || bound == 0),
            }
        }
        Call::Release(id) => {
            store.release(id).unwrap();
            if let Some(at) = naive.at(Slot::Sent(id)) {
                naive.records[at].0.released = true;
            }
        }
        Call::Remove(slot) => {
            store.remove(slot).unwrap();
            naive.records.retain(|(entry, _)| entry.slot != slot);
        }
        Call::Age(seconds) => {
            store.age(Duration::from_secs(seconds)).unwrap();
            for (entry, _) in &mut naive.records {
                entry.age += Duration::from_secs(seconds);
            }
        }
        Call::Clear(all) => {
            store.clear(if all { Scope::All } else { Scope::Received }).unwrap();
            naive.records.retain(|(entry, _)| !all && !matches!(entry.slot, Slot::Received(_)));
        }
        Call::Stream(slot, len, ends) => {
            if naive.at(slot).is_some() || !matches!(slot, Slot::Sent(_)) {
                return;
            }
            let bytes = fill(len);
            let bound = store.bound();
            let streamed = store.streamed().unwrap();
            if streamed.begin(slot, len).is_err() {
                assert!(len > bound || bound == 0);
                return;
            }
            for piece in bytes.chunks(50) {
                streamed.push(piece).unwrap();
            }
            assert!(streamed.push(b"more").is_err());
            if ends {
                streamed.commit().unwrap();
                assert!(streamed.commit().is_err());
                naive.records.push((Entry { slot, released: false, age: Duration::ZERO }, bytes));
            }
        }
    }
}

fn compare(naive: &Naive, store: &mut impl Store<Error = StoreFull>) {
    let mut after = None;
    for (entry, bytes) in &naive.records {
        assert_eq!(store.next(after).unwrap(), Some(*entry));
        after = Some(entry.slot);
        if !entry.released && !matches!(entry.slot, Slot::Received(_)) {
            let mut from = 0;
            while from < bytes.len() {
                let lent = store.get(entry.slot, from).unwrap();
                assert!(!lent.is_empty() && bytes[from..].starts_with(lent));
                from += lent.len();
            }
            assert!(store.get(entry.slot, from).unwrap().is_empty());
        }
    }
    assert_eq!(store.next(after).unwrap(), None);
}

proptest! {
    #[test]
    fn lent_and_growing_memory_do_as_the_naive_store(calls in prop::collection::vec(call(), 1..80)) {
        let mut memory = [0xA5; 400];
        let mut naive = Naive::default();
        let mut store = ArenaStore::lent(&mut memory);
        for call in &calls {
            apply(&mut naive, &mut store, call);
            compare(&naive, &mut store);
        }
        // Whatever was begun and not finished is gone after a restart, all else is there.
        let mut again = ArenaStore::reopen(&mut memory);
        compare(&naive, &mut again);

        let mut naive = Naive::default();
        let mut store = MemStore::with_bound(700);
        for call in &calls {
            apply(&mut naive, &mut store, call);
            compare(&naive, &mut store);
        }
    }
}

#[test]
fn memory_of_any_content_opens_as_some_store() {
    for len in 0..64 {
        for fill in [0, 1, 3, 4, 5, 6, 0xFF] {
            let mut memory = vec![fill; len];
            let mut store = ArenaStore::reopen(&mut memory);
            let mut after = None;
            while let Some(entry) = store.next(after).unwrap() {
                after = Some(entry.slot);
                store.remove(entry.slot).unwrap();
                after = after.filter(|_| false);
            }
        }
    }
}
