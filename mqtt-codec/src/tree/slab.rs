//! Values at stable indexes; the index of a value taken out is used again.

use alloc::vec::Vec;
use core::mem;

use super::{grow, index};

#[derive(Clone)]
pub(super) struct Slab<V> {
    slots: Vec<Slot<V>>,
    /// The first free slot, or [`NONE`].
    free: u32,
    used: usize,
}

const NONE: u32 = u32::MAX;

#[derive(Clone, Copy)]
enum Slot<V> {
    Used(V),
    /// The next free slot, or [`NONE`].
    Free(u32),
}

impl<V> Slab<V> {
    pub(super) const fn new() -> Self {
        Self { slots: Vec::new(), free: NONE, used: 0 }
    }

    pub(super) fn insert(&mut self, value: V) -> u32 {
        self.used += 1;
        let at = self.free;
        match self.slots.get_mut(at as usize) {
            Some(slot) => {
                if let Slot::Free(next) = mem::replace(slot, Slot::Used(value)) {
                    self.free = next;
                }
                at
            }
            None => {
                grow(&mut self.slots);
                self.slots.push(Slot::Used(value));
                index(self.slots.len() - 1)
            }
        }
    }

    pub(super) fn take(&mut self, at: u32) -> Option<V> {
        let slot = self.slots.get_mut(at as usize).filter(|slot| matches!(slot, Slot::Used(_)))?;
        let Slot::Used(value) = mem::replace(slot, Slot::Free(self.free)) else { return None };
        self.free = at;
        self.used -= 1;
        if self.used == 0 {
            *self = Self::new();
        }
        Some(value)
    }

    #[inline]
    pub(super) fn get(&self, at: u32) -> Option<&V> {
        match self.slots.get(at as usize)? {
            Slot::Used(value) => Some(value),
            Slot::Free(_) => None,
        }
    }

    pub(super) fn get_mut(&mut self, at: u32) -> Option<&mut V> {
        match self.slots.get_mut(at as usize)? {
            Slot::Used(value) => Some(value),
            Slot::Free(_) => None,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &V> {
        self.slots.iter().filter_map(|slot| match slot {
            Slot::Used(value) => Some(value),
            Slot::Free(_) => None,
        })
    }

    pub(super) const fn len(&self) -> usize {
        self.used
    }

    /// Bytes held, without what the values themselves hold.
    pub(super) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot<V>>()
    }
}
