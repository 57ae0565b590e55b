//! Many devices in one table: found by name, and by who is due first.

use alloc::{collections::BTreeSet, vec::Vec};
use core::time::Duration;

use super::device::Device;
use crate::name::DeviceId;

/// Devices with something the owner keeps beside each.
#[derive(Clone, Debug)]
pub(crate) struct Fleet<T> {
    slots: Vec<Option<Slot<T>>>,
    /// The slots in the order of their names.
    order: Vec<usize>,
    free: Vec<usize>,
    /// The device taken out last, whose name may still be told.
    retired: Option<Device>,
    timers: BTreeSet<(Duration, usize)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Slot<T> {
    pub(crate) device: Device,
    pub(crate) beside: T,
    timer: Option<Duration>,
}

impl<T> Fleet<T> {
    pub(crate) const fn new() -> Self {
        Self {
            slots: Vec::new(),
            order: Vec::new(),
            free: Vec::new(),
            retired: None,
            timers: BTreeSet::new(),
        }
    }

    fn place(&self, id: DeviceId<'_>) -> Result<usize, usize> {
        self.order.binary_search_by(|at| match self.get(*at) {
            Some(slot) => slot.device.id().cmp(&id),
            None => core::cmp::Ordering::Less,
        })
    }

    pub(crate) fn find(&self, id: DeviceId<'_>) -> Option<usize> {
        self.place(id).ok().and_then(|place| self.order.get(place).copied())
    }

    /// Adds a device; `None` if there is one of that name. Names in order go in fastest.
    pub(crate) fn insert(&mut self, device: Device, beside: T) -> Option<usize> {
        let place = self.place(device.id()).err()?;
        let slot = Some(Slot { device, beside, timer: None });
        let at = match self.free.pop() {
            Some(at) => {
                *self.slots.get_mut(at)? = slot;
                at
            }
            None => {
                self.slots.push(slot);
                self.slots.len() - 1
            }
        };
        self.order.insert(place, at);
        Some(at)
    }

    pub(crate) fn remove(&mut self, at: usize) -> Option<Slot<T>> {
        let place = self.place(self.get(at)?.device.id()).ok()?;
        self.order.remove(place);
        let slot = self.slots.get_mut(at)?.take()?;
        if let Some(timer) = slot.timer {
            self.timers.remove(&(timer, at));
        }
        self.free.push(at);
        Some(slot)
    }

    /// Takes a device out; it is kept until the next one is.
    pub(crate) fn retire(&mut self, at: usize) -> Option<&Device> {
        self.retired = self.remove(at).map(|slot| slot.device);
        self.retired.as_ref()
    }

    pub(crate) fn get(&self, at: usize) -> Option<&Slot<T>> {
        self.slots.get(at)?.as_ref()
    }

    /// To be followed by [`settle`](Self::settle) if the device was used.
    pub(crate) fn get_mut(&mut self, at: usize) -> Option<&mut Slot<T>> {
        self.slots.get_mut(at)?.as_mut()
    }

    /// Takes note of when the device is due now.
    pub(crate) fn settle(&mut self, at: usize) {
        let Some(slot) = self.slots.get_mut(at).and_then(Option::as_mut) else {
            return;
        };
        let timer = slot.device.next_timeout();
        if timer != slot.timer {
            if let Some(old) = slot.timer {
                self.timers.remove(&(old, at));
            }
            if let Some(new) = timer {
                self.timers.insert((new, at));
            }
            slot.timer = timer;
        }
    }

    /// When the first device is due, and which.
    pub(crate) fn next(&self) -> Option<(Duration, usize)> {
        self.timers.first().copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// All devices, in the order of their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &Slot<T>)> {
        self.order.iter().filter_map(|at| Some((*at, self.get(*at)?)))
    }
}
