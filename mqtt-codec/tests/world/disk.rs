//! What survives a crash: the records of a session, and what the application keeps in the same transactions.

use core::time::Duration;
use std::cell::RefCell;
use std::rc::Rc;

use super::random::Random;
use mqtt_codec::{Entry, PacketId, Record, Scope, Slot, Store, Streamed};

/// Crash at that call of the store, counted from now; with or without the effect of the call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crash {
    pub(crate) calls: u64,
    pub(crate) after: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The process ends within the call.
    Crash,
    /// Nothing happened; trying again may help.
    Flaky,
}

#[derive(Debug, Default)]
pub(crate) struct Disk {
    pub(crate) records: Vec<Kept>,
    /// Numbers of the QoS 2 messages that arrived, taken in the transaction that stored their identifier.
    pub(crate) inbox: Vec<u32>,
    /// The number of the next message to publish, moved on in the transaction that stored the one before.
    pub(crate) next: u32,
    /// Whether a session was begun from nothing.
    pub(crate) cleared: bool,
    pub(crate) calls: u64,
    pub(crate) crash: Option<Crash>,
    /// One call in so many fails; 0: none.
    pub(crate) flaky: u64,
    /// The number of the message whose last piece is being taken.
    pub(crate) taking: Option<u32>,
    begun: Option<(Slot, usize, Vec<u8>)>,
}

#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) slot: Slot,
    pub(crate) released: bool,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) type Shared = Rc<RefCell<Disk>>;

/// The session's hand on the disk.
pub(crate) struct DiskStore {
    disk: Shared,
    /// What `get` lends, at most so many bytes of it at once for records that came in pieces.
    lent: Vec<u8>,
}

impl DiskStore {
    pub(crate) fn new(disk: &Shared) -> Self {
        disk.borrow_mut().begun = None;
        Self { disk: Rc::clone(disk), lent: Vec::new() }
    }

    /// One call: it may crash before or after its effect, or fail.
    fn call<T>(&self, effect: impl FnOnce(&mut Disk) -> T) -> Result<T, Failure> {
        let mut disk = self.disk.borrow_mut();
        disk.calls += 1;
        let mut crash = false;
        if let Some(planned) = &mut disk.crash {
            if planned.calls == 0 {
                if !planned.after {
                    disk.crash = None;
                    return Err(Failure::Crash);
                }
                crash = true;
            } else {
                planned.calls -= 1;
            }
        }
        if !crash && disk.flaky > 0 && Random::new(disk.calls).one_in(disk.flaky) {
            return Err(Failure::Flaky);
        }
        let result = effect(&mut disk);
        if crash {
            disk.crash = None;
            return Err(Failure::Crash);
        }
        Ok(result)
    }
}

impl Disk {
    fn keep(&mut self, slot: Slot, bytes: Vec<u8>) {
        assert!(self.find(slot).is_none(), "{slot:?} is in use twice");
        match slot {
            Slot::Received(_) => {
                // A message that came in pieces is known to the application, the record has but its identifier.
                let number = self.taking.take().unwrap_or_else(|| number_in(&bytes));
                self.inbox.push(number);
            }
            Slot::Sent(_) => {
                assert_eq!(number_in(&bytes), self.next);
                self.next += 1;
            }
            _ => {}
        }
        self.records.push(Kept { slot, released: false, bytes });
    }

    fn find(&self, slot: Slot) -> Option<usize> {
        self.records.iter().position(|kept| kept.slot == slot)
    }
}

fn number_in(record: &[u8]) -> u32 {
    let rules = mqtt_codec::Rules::new(mqtt_codec::Version::V5);
    match mqtt_codec::Packet::decode(record, rules).unwrap() {
        mqtt_codec::Packet::Publish(publish) => {
            assert!(
                !publish.dup && !publish.topic.is_aliased() && publish.properties.topic_alias().is_none()
            );
            super::node::number_of(publish.payload)
        }
        other => panic!("{other:?}"),
    }
}

impl Store for DiskStore {
    type Error = Failure;

    fn put(&mut self, slot: Slot, record: &Record<'_>) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        record.encode(&mut bytes).unwrap();
        assert_eq!(record.encoded_len().unwrap(), bytes.len());
        self.call(|disk| disk.keep(slot, bytes))
    }

    fn release(&mut self, id: PacketId) -> Result<(), Failure> {
        self.call(|disk| {
            if let Some(at) = disk.find(Slot::Sent(id)) {
                disk.records[at].released = true;
                disk.records[at].bytes.clear();
            }
        })
    }

    fn remove(&mut self, slot: Slot) -> Result<(), Failure> {
        self.call(|disk| {
            if let Some(at) = disk.find(slot) {
                disk.records.remove(at);
            }
        })
    }

    fn next(&mut self, after: Option<Slot>) -> Result<Option<Entry>, Failure> {
        self.call(|disk| {
            let at = after.map_or(0, |slot| disk.find(slot).expect("a record that is there") + 1);
            let kept = disk.records.get(at)?;
            Some(Entry { slot: kept.slot, released: kept.released, age: Duration::ZERO })
        })
    }

    fn get(&mut self, slot: Slot, from: usize) -> Result<&[u8], Failure> {
        self.lent = self.call(|disk| {
            let kept = &disk.records[disk.find(slot).expect("a record that is there")];
            assert!(!kept.released);
            // The head at once, the rest in pieces.
            let rest = kept.bytes.get(from..).unwrap_or_default();
            rest[..rest.len().min(if from == 0 { 100 } else { 16 })].to_vec()
        })?;
        Ok(&self.lent)
    }

    fn clear(&mut self, scope: Scope) -> Result<(), Failure> {
        self.call(|disk| {
            disk.cleared |= scope == Scope::All;
            disk.records.retain(|kept| scope != Scope::All && !matches!(kept.slot, Slot::Received(_)));
        })
    }

    fn bound(&self) -> usize {
        1 << 20
    }

    fn age(&mut self, _: Duration) -> Result<(), Failure> {
        self.call(|_| ())
    }

    fn streamed(&mut self) -> Option<&mut dyn Streamed<Error = Failure>> {
        Some(self)
    }
}

impl Streamed for DiskStore {
    type Error = Failure;

    fn begin(&mut self, slot: Slot, len: usize) -> Result<(), Failure> {
        self.call(|disk| disk.begun = Some((slot, len, Vec::new())))
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.call(|disk| disk.begun.as_mut().expect("a record begun").2.extend_from_slice(bytes))
    }

    fn commit(&mut self) -> Result<(), Failure> {
        self.call(|disk| {
            let (slot, len, bytes) = disk.begun.take().expect("a record begun");
            assert_eq!(bytes.len(), len);
            disk.keep(slot, bytes);
        })
    }
}
