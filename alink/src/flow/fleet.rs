//! Many devices in one table: found by name, and by who is due first.

use alloc::collections::BTreeSet;
use core::time::Duration;

use super::device::Device;
use super::directory::{Directory, Named};
use crate::name::DeviceId;

/// Devices with something the owner keeps beside each.
#[derive(Clone, Debug)]
pub(crate) struct Fleet<T> {
    slots: Directory<Slot<T>>,
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

impl<T> Named for Slot<T> {
    fn name(&self) -> DeviceId<'_> {
        self.device.id()
    }
}

impl<T> Fleet<T> {
    pub(crate) const fn new() -> Self {
        Self { slots: Directory::new(), retired: None, timers: BTreeSet::new() }
    }

    pub(crate) fn find(&self, id: DeviceId<'_>) -> Option<usize> {
        self.slots.find(id)
    }

    pub(crate) fn insert(&mut self, device: Device, beside: T) -> Option<usize> {
        self.slots.insert(Slot { device, beside, timer: None })
    }

    /// Takes a device out; it is kept until the next one is.
    pub(crate) fn retire(&mut self, at: usize) -> Option<&Device> {
        let slot = self.slots.remove(at)?;
        if let Some(timer) = slot.timer {
            self.timers.remove(&(timer, at));
        }
        Some(self.retired.insert(slot.device))
    }

    pub(crate) fn get(&self, at: usize) -> Option<&Slot<T>> {
        self.slots.get(at)
    }

    /// To be followed by [`settle`](Self::settle) if the device was used.
    pub(crate) fn get_mut(&mut self, at: usize) -> Option<&mut Slot<T>> {
        self.slots.get_mut(at)
    }

    /// Takes note of when the device is due now.
    pub(crate) fn settle(&mut self, at: usize) {
        let Some(slot) = self.slots.get_mut(at) else {
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
        self.slots.len()
    }

    /// All devices, in the order of their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &Slot<T>)> {
        self.slots.iter()
    }
}
