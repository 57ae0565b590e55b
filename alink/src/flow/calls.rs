//! Calls from the platform that wait for our answers.

use alloc::vec::Vec;
use core::time::Duration;

use crate::envelope::Id;
use crate::out::Out;
use crate::topic::Topic;

/// A call of the platform, to be answered once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    slot: usize,
    generation: u32,
}

/// The calls not answered yet. Slots keep their buffers, so opening a call soon costs no allocation.
#[derive(Clone, Debug)]
pub(crate) struct Calls {
    slots: Vec<Slot>,
    bound: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Slot {
    generation: u32,
    open: bool,
    /// Where the answer goes.
    pub(crate) topic: Vec<u8>,
    /// The id the answer repeats; a free-form call has none.
    pub(crate) id: Option<Id>,
    deadline: Duration,
}

/// What opening a call came to.
pub(crate) enum Opened {
    Call(Call),
    /// The same call is open already: the message came twice.
    Again,
    Full,
}

impl Calls {
    pub(crate) fn new(bound: usize) -> Self {
        Self { slots: Vec::new(), bound }
    }

    pub(crate) fn open(&mut self, reply: &Topic<'_>, id: Option<Id>, deadline: Duration) -> Opened {
        if self.slots.iter().any(|slot| slot.open && slot.id == id && slot.is_for(reply)) {
            return Opened::Again;
        }
        let at = match self.slots.iter().position(|slot| !slot.open) {
            Some(at) => at,
            None if self.slots.len() < self.bound => {
                self.slots.push(Slot { generation: 0, open: false, topic: Vec::new(), id, deadline });
                self.slots.len() - 1
            }
            None => return Opened::Full,
        };
        let Some(slot) = self.slots.get_mut(at) else {
            return Opened::Full;
        };
        slot.generation = slot.generation.wrapping_add(1);
        slot.topic.clear();
        for piece in reply.pieces() {
            slot.topic.put(piece.as_bytes());
        }
        (slot.open, slot.id, slot.deadline) = (true, id, deadline);
        Opened::Call(Call { slot: at, generation: slot.generation })
    }

    pub(crate) fn get(&self, call: Call) -> Option<&Slot> {
        self.slots.get(call.slot).filter(|slot| slot.open && slot.generation == call.generation)
    }

    pub(crate) fn close(&mut self, call: Call) {
        if let Some(slot) = self.slots.get_mut(call.slot).filter(|slot| slot.generation == call.generation) {
            slot.open = false;
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        self.slots.iter().filter(|slot| slot.open).map(|slot| slot.deadline).min()
    }

    pub(crate) fn expire(&mut self, now: Duration) -> Option<Call> {
        let mut slots = self.slots.iter_mut().enumerate();
        let (at, slot) = slots.find(|(_, slot)| slot.open && slot.deadline <= now)?;
        slot.open = false;
        Some(Call { slot: at, generation: slot.generation })
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.iter().filter(|slot| slot.open).count()
    }
}

impl Slot {
    fn is_for(&self, topic: &Topic<'_>) -> bool {
        let mut rest = self.topic.as_slice();
        for piece in topic.pieces() {
            match rest.strip_prefix(piece.as_bytes()) {
                Some(behind) => rest = behind,
                None => return false,
            }
        }
        rest.is_empty()
    }
}
