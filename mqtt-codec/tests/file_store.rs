//! The store of the `file_store` example: whichever change of the disk is the last before the power goes, what is found
//! afterwards is the state before the call or the one after it.
#![cfg(feature = "std")]
#![allow(clippy::unwrap_used, clippy::std_instead_of_core, reason = "tests")]

#[path = "../examples/file_store/store.rs"]
mod store;

use core::time::Duration;
use std::path::{Path, PathBuf};

use mqtt_codec::{
    Delivery, Entry, PacketId, Properties, Publish, Qos, Record, Scope, Slot, Store, TopicName, Will,
};
use store::FileStore;

#[derive(Clone, Copy, Debug)]
enum Call {
    Put(Slot, u8),
    Release(u16),
    Remove(Slot),
    Clear(Scope),
    Age(u64),
    Stream(u16, u8),
}

/// Everything a store can be asked for.
type State = Vec<(Entry, Vec<u8>)>;

fn id(id: u16) -> PacketId {
    PacketId::new(id).unwrap()
}

fn calls() -> Vec<Call> {
    use Call::{Age, Clear, Put, Release, Remove, Stream};
    vec![
        Put(Slot::Sent(id(1)), 1),
        Put(Slot::Received(id(1)), 2),
        Put(Slot::Will, 3),
        Stream(2, 4),
        Age(60),
        Put(Slot::Sent(id(3)), 5),
        Release(2),
        Put(Slot::Will, 6),
        Remove(Slot::Sent(id(1))),
        Remove(Slot::Sent(id(9))),
        Age(5),
        Put(Slot::Received(id(7)), 7),
        Clear(Scope::Received),
        Put(Slot::Received(id(7)), 8),
        Clear(Scope::All),
        Put(Slot::Sent(id(1)), 9),
    ]
}

fn make(store: &mut FileStore, call: Call) -> std::io::Result<()> {
    let topic = TopicName::new("t").unwrap();
    match call {
        Call::Put(Slot::Will, byte) => {
            let properties = Properties::EMPTY;
            let will = Will { qos: Qos::AtMostOnce, retain: false, properties, topic, payload: &[byte] };
            store.put(Slot::Will, &Record::Will(&will))
        }
        Call::Put(slot, byte) => {
            let payload = [byte];
            let publish = Publish { qos: Delivery::ExactlyOnce(id(1)), ..Publish::new(topic, &payload) };
            store.put(slot, &Record::Publish(&publish))
        }
        Call::Release(number) => store.release(id(number)),
        Call::Remove(slot) => store.remove(slot),
        Call::Clear(scope) => store.clear(scope),
        Call::Age(seconds) => store.age(Duration::from_secs(seconds)),
        Call::Stream(number, byte) => {
            let streamed = store.streamed().unwrap();
            streamed.begin(Slot::Sent(id(number)), 3)?;
            streamed.push(&[byte])?;
            streamed.push(&[byte, byte])?;
            streamed.commit()
        }
    }
}

fn state(store: &mut FileStore) -> State {
    let mut state = Vec::new();
    let mut after = None;
    while let Some(entry) = store.next(after).unwrap() {
        after = Some(entry.slot);
        let bytes = if entry.released { Vec::new() } else { store.get(entry.slot, 0).unwrap().to_vec() };
        state.push((entry, bytes));
    }
    state
}

fn directory(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("mqtt-codec-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    path
}

fn open(path: &Path) -> FileStore {
    FileStore::open(path).unwrap()
}

#[test]
fn the_power_goes_at_every_change_of_the_disk() {
    let path = directory("power");
    let mut crashes = 0;
    for (at, &call) in calls().iter().enumerate() {
        // The states before and after the call, reached without trouble.
        let _ = std::fs::remove_dir_all(&path);
        let mut store = open(&path);
        for &call in &calls()[..at] {
            make(&mut store, call).unwrap();
        }
        let before = state(&mut store);
        assert_eq!(before, state(&mut open(&path)), "a restart changes nothing: {call:?}");
        make(&mut store, call).unwrap();
        let after = state(&mut store);
        assert_eq!(after, state(&mut open(&path)), "a restart changes nothing: {call:?}");
        for changes in 0.. {
            let _ = std::fs::remove_dir_all(&path);
            let mut store = open(&path);
            for &call in &calls()[..at] {
                make(&mut store, call).unwrap();
            }
            store.fail_after(changes);
            let done = make(&mut store, call).is_ok();
            drop(store);
            let mut again = open(&path);
            let found = state(&mut again);
            assert!(found == before || found == after, "{call:?} after {changes} changes: {found:?}");
            if done {
                assert_eq!(found, after);
                break;
            }
            crashes += 1;
            // It goes on from there.
            again
                .put(
                    Slot::Sent(id(100)),
                    &Record::Publish(&Publish {
                        qos: Delivery::AtLeastOnce(id(100)),
                        ..Publish::new(TopicName::new("t").unwrap(), b"")
                    }),
                )
                .unwrap();
            assert_eq!(state(&mut open(&path)).len(), found.len() + 1);
        }
    }
    assert!(crashes > 30);
    let _ = std::fs::remove_dir_all(&path);
}
