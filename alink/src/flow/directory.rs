//! Things that belong to devices, found by the device's name.

use alloc::vec::Vec;

use crate::name::DeviceId;

/// What has the name of a device.
pub(crate) trait Named {
    fn name(&self) -> DeviceId<'_>;
}

/// A table whose places stay put while other entries come and go.
#[derive(Clone, Debug)]
pub(crate) struct Directory<T> {
    slots: Vec<Option<T>>,
    /// The places in the order of their names.
    order: Vec<usize>,
    free: Vec<usize>,
}

impl<T: Named> Directory<T> {
    pub(crate) const fn new() -> Self {
        Self { slots: Vec::new(), order: Vec::new(), free: Vec::new() }
    }

    fn rank(&self, id: DeviceId<'_>) -> Result<usize, usize> {
        self.order.binary_search_by(|at| match self.get(*at) {
            Some(entry) => entry.name().cmp(&id),
            None => core::cmp::Ordering::Less,
        })
    }

    pub(crate) fn find(&self, id: DeviceId<'_>) -> Option<usize> {
        self.rank(id).ok().and_then(|rank| self.order.get(rank).copied())
    }

    /// Where the entry is now; `None` if there is one of that name. Names in order go in fastest.
    pub(crate) fn insert(&mut self, entry: T) -> Option<usize> {
        let rank = self.rank(entry.name()).err()?;
        let at = match self.free.pop() {
            Some(at) => {
                *self.slots.get_mut(at)? = Some(entry);
                at
            }
            None => {
                self.slots.push(Some(entry));
                self.slots.len() - 1
            }
        };
        self.order.insert(rank, at);
        Some(at)
    }

    pub(crate) fn remove(&mut self, at: usize) -> Option<T> {
        let rank = self.rank(self.get(at)?.name()).ok()?;
        self.order.remove(rank);
        self.free.push(at);
        self.slots.get_mut(at)?.take()
    }

    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        self.slots.get(at)?.as_ref()
    }

    /// The name must not be changed.
    pub(crate) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        self.slots.get_mut(at)?.as_mut()
    }

    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// All entries, in the order of their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.order.iter().filter_map(|at| Some((*at, self.get(*at)?)))
    }
}
