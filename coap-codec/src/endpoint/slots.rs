//! Slots: entries that stay where they are, found by two hashes and by their deadline.
//!
//! Everything lives in the cells of one [`Table`]: cell `i` holds an entry, but also the head of bucket `i`
//! of either hash and position `i` of a binary heap of deadlines. So a table is one piece of memory, and finding
//! takes one probe on average.
//!
//! Deadlines mostly come in order, being now and a lifetime: those stand in a list, the run, which costs a few
//! links. Only what is due before the last of the run goes into the heap. The next deadline is the first of
//! either. What is never due stands in neither.

use super::table::Table;

/// The hash of what is not to be found by it.
pub(super) const UNFILED: u32 = 0;

/// No slot.
pub(super) const NONE: u32 = u32::MAX;

/// In place of the one behind it in the run: the slot stands in the heap, or is never due.
const HEAPED: u32 = u32::MAX - 1;
const IDLE: u32 = u32::MAX - 2;

/// A deadline that never comes.
pub(super) const NEVER: u64 = u64::MAX;

/// Room for one entry of a table of the endpoint.
///
/// ```
/// use coap_codec::endpoint::{Outgoing, Slot};
///
/// let memory = [Slot::<Outgoing<u16>>::EMPTY; 4];
/// assert_eq!(memory.len(), 4);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Slot<T> {
    entry: Option<T>,
    deadline: u64,
    /// How often the slot was given up; makes handles of former entries stale.
    stamp: u32,
    /// The one before it in the run, or where it stands in the heap; if free, the next free slot.
    place: u32,
    /// The one behind it in the run, [`HEAPED`] or [`IDLE`].
    behind: u32,
    /// The slot at this position of the heap.
    heap: u32,
    hash: [u32; 2],
    next: [u32; 2],
    /// The first slot of this bucket.
    heads: [u32; 2],
}

impl<T> Slot<T> {
    /// A slot to make arrays of.
    pub const EMPTY: Self = Self {
        entry: None,
        deadline: NEVER,
        stamp: 0,
        place: NONE,
        behind: IDLE,
        heap: NONE,
        hash: [0; 2],
        next: [NONE; 2],
        heads: [NONE; 2],
    };
}

/// Which slot, and which of the entries it has had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Handle {
    pub(super) slot: u32,
    stamp: u32,
}

#[derive(Debug)]
pub(super) struct Slots<'m, T> {
    table: Table<'m, Slot<T>>,
    len: u32,
    /// The first and the last of those whose deadlines came in order.
    run: [u32; 2],
    /// The earliest deadline.
    earliest: u64,
    /// How many stand in the heap.
    heaped: u32,
    /// The first of those given up.
    free: u32,
    /// Slots from here on were never used.
    fresh: u32,
    /// Where the search for a victim goes on.
    hand: u32,
}

/// A number of the tables as a length: no target has less than 32 bits.
#[inline]
pub(super) const fn long(at: u32) -> usize {
    at as usize
}

impl<'m, T: Copy> Slots<'m, T> {
    pub(super) fn new(mut table: Table<'m, Slot<T>>) -> Self {
        table.cells_mut().fill(Slot::EMPTY);
        Self { table, len: 0, run: [NONE; 2], earliest: NEVER, heaped: 0, free: NONE, fresh: 0, hand: 0 }
    }

    pub(super) fn len(&self) -> usize {
        long(self.len)
    }

    pub(super) fn bound(&self) -> usize {
        self.table.bound()
    }

    pub(super) fn is_full(&self) -> bool {
        self.len() >= self.bound()
    }

    /// Slots that may hold an entry lie below this.
    pub(super) fn end(&self) -> u32 {
        self.fresh
    }

    #[inline]
    pub(super) fn get(&self, slot: u32) -> Option<&T> {
        self.table.cells().get(long(slot))?.entry.as_ref()
    }

    #[inline]
    pub(super) fn get_mut(&mut self, slot: u32) -> Option<&mut T> {
        self.table.cells_mut().get_mut(long(slot))?.entry.as_mut()
    }

    /// The slot a handle stands for, unless its entry is gone.
    #[inline]
    pub(super) fn slot(&self, handle: Handle) -> Option<u32> {
        let cell = self.table.cells().get(long(handle.slot))?;
        (cell.stamp == handle.stamp && cell.entry.is_some()).then_some(handle.slot)
    }

    #[inline]
    pub(super) fn handle(&self, slot: u32) -> Handle {
        Handle { slot, stamp: self.table.cells().get(long(slot)).map_or(0, |cell| cell.stamp) }
    }

    /// The first slot under this hash whose entry is the one looked for.
    #[inline]
    pub(super) fn find(&self, key: usize, hash: u32, is: impl Fn(&T) -> bool) -> Option<u32> {
        let cells = self.table.cells();
        let mut at = cells.get(bucket(hash, cells.len()))?.heads[key];
        while let Some(cell) = cells.get(long(at)) {
            if cell.hash[key] == hash && cell.entry.as_ref().is_some_and(&is) {
                return Some(at);
            }
            at = cell.next[key];
        }
        None
    }

    /// The next slot under this hash behind `after`, or the first.
    pub(super) fn next_under(&self, key: usize, hash: u32, after: Option<u32>) -> Option<u32> {
        let cells = self.table.cells();
        let mut at = match after {
            Some(after) => cells.get(long(after))?.next[key],
            None => cells.get(bucket(hash, cells.len()))?.heads[key],
        };
        while let Some(cell) = cells.get(long(at)) {
            if cell.hash[key] == hash {
                return Some(at);
            }
            at = cell.next[key];
        }
        None
    }

    /// Adds an entry; `None` if the table is full.
    #[inline]
    pub(super) fn insert(&mut self, entry: T, hash: [u32; 2], deadline: u64) -> Option<u32> {
        let slot = self.take_free()?;
        let cell = self.table.cells_mut().get_mut(long(slot))?;
        (cell.entry, cell.hash) = (Some(entry), hash);
        self.link(slot);
        self.len += 1;
        self.schedule(slot, deadline);
        Some(slot)
    }

    /// Gives a slot up, if it has an entry.
    pub(super) fn remove(&mut self, slot: u32) {
        let Some(cell) = self.table.cells_mut().get_mut(long(slot)).filter(|cell| cell.entry.is_some())
        else {
            return;
        };
        cell.entry = None;
        cell.stamp = cell.stamp.wrapping_add(1);
        self.unlink(slot);
        self.unschedule(slot);
        self.len -= 1;
        self.table.cells_mut()[long(slot)].place = self.free;
        self.free = slot;
    }

    /// Puts an entry in the place of another, as if that had been removed.
    pub(super) fn replace(&mut self, slot: u32, entry: T, hash: [u32; 2], deadline: u64) {
        if self.get(slot).is_none() {
            return;
        }
        self.unlink(slot);
        self.unschedule(slot);
        let cell = &mut self.table.cells_mut()[long(slot)];
        (cell.entry, cell.hash, cell.stamp) = (Some(entry), hash, cell.stamp.wrapping_add(1));
        self.link(slot);
        self.schedule(slot, deadline);
    }

    /// Files an entry under another first hash, due at another time.
    pub(super) fn refile(&mut self, slot: u32, hash: u32, deadline: u64) {
        self.rekey(slot, 0, hash);
        self.set_deadline(slot, deadline);
    }

    pub(super) fn deadline(&self, slot: u32) -> u64 {
        self.table.cells().get(long(slot)).map_or(NEVER, |cell| cell.deadline)
    }

    /// Files an entry under another hash.
    #[inline]
    pub(super) fn rekey(&mut self, slot: u32, key: usize, hash: u32) {
        let cells = self.table.cells_mut();
        if cells.get(long(slot)).is_some_and(|cell| cell.entry.is_some()) {
            unlink(cells, key, slot);
            cells[long(slot)].hash[key] = hash;
            link(cells, key, slot);
        }
    }

    #[inline]
    pub(super) fn set_deadline(&mut self, slot: u32, deadline: u64) {
        let Some(cell) = self.table.cells_mut().get_mut(long(slot)) else { return };
        if cell.entry.is_none() || cell.deadline == deadline {
            return;
        }
        if cell.behind == NONE && cell.deadline < deadline && deadline != NEVER {
            // It stays the last of the run.
            let before = core::mem::replace(&mut cell.deadline, deadline);
            if self.heaped == 0 && cell.place == NONE {
                self.earliest = deadline;
            } else if before == self.earliest {
                self.earliest = self.first().map_or(NEVER, |(at, _)| at);
            }
            return;
        }
        self.reschedule(slot, deadline);
    }

    #[inline(never)]
    fn reschedule(&mut self, slot: u32, deadline: u64) {
        self.unschedule(slot);
        self.schedule(slot, deadline);
    }

    /// Somebody, as long as there is anybody: first who has a deadline.
    pub(super) fn any(&self) -> Option<u32> {
        let scheduled = self.first().map(|(_, slot)| slot);
        scheduled.or_else(|| (0..self.end()).find(|slot| self.get(*slot).is_some()))
    }

    /// The earliest deadline, and whose it is.
    #[inline]
    pub(super) fn first(&self) -> Option<(u64, u32)> {
        let cells = self.table.cells();
        let of = |slot: u32| cells.get(long(slot)).map(|cell| (cell.deadline, slot));
        let run = of(self.run[0]);
        if self.heaped == 0 {
            return run;
        }
        let heap = of(cells.first()?.heap);
        match run.zip(heap) {
            Some((run, heap)) => Some(run.min(heap)),
            None => run.or(heap),
        }
    }

    /// Who is due first, if somebody is.
    #[inline]
    pub(super) fn due(&self, now: u64) -> Option<u32> {
        if self.earliest > now { None } else { self.first().map(|(_, slot)| slot) }
    }

    /// The earliest deadline, [`NEVER`] if there is none.
    #[inline]
    pub(super) fn earliest(&self) -> u64 {
        self.earliest
    }

    /// The next entry in turn that may go, within a few steps.
    pub(super) fn victim(&mut self, may_go: impl Fn(&T) -> bool) -> Option<u32> {
        for _ in 0..self.fresh.min(64) {
            self.hand = if self.hand + 1 >= self.fresh { 0 } else { self.hand + 1 };
            if self.get(self.hand).is_some_and(&may_go) {
                return Some(self.hand);
            }
        }
        None
    }

    fn take_free(&mut self) -> Option<u32> {
        if let Some(cell) = self.table.cells().get(long(self.free)) {
            let slot = core::mem::replace(&mut self.free, cell.place);
            return Some(slot);
        }
        let before = self.table.cells().len();
        if self.fresh == IDLE || !self.table.grow(long(self.fresh) + 1, Slot::EMPTY) {
            return None;
        }
        if before != self.table.cells().len() {
            self.relink();
        }
        self.fresh += 1;
        Some(self.fresh - 1)
    }

    /// Distributes all entries over the buckets of a table that has grown.
    #[cold]
    fn relink(&mut self) {
        self.table.cells_mut().iter_mut().for_each(|cell| cell.heads = [NONE; 2]);
        for slot in 0..self.fresh {
            if self.get(slot).is_some() {
                self.link(slot);
            }
        }
    }

    /// Files a slot under its hashes.
    #[inline]
    fn link(&mut self, slot: u32) {
        let cells = self.table.cells_mut();
        link(cells, 0, slot);
        link(cells, 1, slot);
    }

    /// Takes a slot out of where it is filed.
    #[inline]
    fn unlink(&mut self, slot: u32) {
        let cells = self.table.cells_mut();
        unlink(cells, 0, slot);
        unlink(cells, 1, slot);
    }

    /// Has a slot due at a deadline, which it has not been.
    #[inline]
    fn schedule(&mut self, slot: u32, deadline: u64) {
        let cells = self.table.cells_mut();
        let [_, last] = self.run;
        let in_order = cells.get(long(last)).is_none_or(|last| last.deadline <= deadline);
        let Some(cell) = cells.get_mut(long(slot)) else { return };
        cell.deadline = deadline;
        self.earliest = self.earliest.min(deadline);
        if deadline == NEVER {
            cell.behind = IDLE;
        } else if in_order {
            (cell.place, cell.behind) = (last, NONE);
            match cells.get_mut(long(last)) {
                Some(last) => last.behind = slot,
                None => self.run[0] = slot,
            }
            self.run[1] = slot;
        } else {
            cell.behind = HEAPED;
            self.heaped += 1;
            self.rise(slot, self.heaped - 1);
        }
    }

    /// Takes a slot out of the run or the heap.
    #[inline]
    fn unschedule(&mut self, slot: u32) {
        let cells = self.table.cells_mut();
        let Some(&Slot { place, behind, deadline, .. }) = cells.get(long(slot)) else { return };
        match behind {
            IDLE => return,
            HEAPED => self.leave_heap(slot, place),
            behind => {
                match cells.get_mut(long(place)) {
                    Some(before) => before.behind = behind,
                    None => self.run[0] = behind,
                }
                match cells.get_mut(long(behind)) {
                    Some(behind) => behind.place = place,
                    None => self.run[1] = place,
                }
            }
        }
        if deadline == self.earliest {
            self.earliest = self.first().map_or(NEVER, |(at, _)| at);
        }
    }

    /// The last of the heap takes the place.
    #[inline(never)]
    fn leave_heap(&mut self, slot: u32, place: u32) {
        self.heaped -= 1;
        let last = self.table.cells()[long(self.heaped)].heap;
        if last != slot && self.rise(last, place) == place {
            self.sink(last, place);
        }
    }

    #[inline(never)]
    fn rise(&mut self, slot: u32, mut place: u32) -> u32 {
        let cells = self.table.cells_mut();
        let deadline = cells[long(slot)].deadline;
        while place > 0 {
            let parent = (place - 1) / 2;
            let above = cells[long(parent)].heap;
            if cells[long(above)].deadline <= deadline {
                break;
            }
            seat(cells, above, place);
            place = parent;
        }
        seat(cells, slot, place);
        place
    }

    fn sink(&mut self, slot: u32, mut place: u32) {
        let len = self.heaped;
        let cells = self.table.cells_mut();
        let deadline = cells[long(slot)].deadline;
        loop {
            let left = 2 * place + 1;
            if left >= len {
                break;
            }
            let at = |place: u32| cells[long(cells[long(place)].heap)].deadline;
            let child = if left + 1 < len && at(left + 1) < at(left) { left + 1 } else { left };
            if deadline <= at(child) {
                break;
            }
            let below = cells[long(child)].heap;
            seat(cells, below, place);
            place = child;
        }
        seat(cells, slot, place);
    }
}

#[inline]
fn link<T>(cells: &mut [Slot<T>], key: usize, slot: u32) {
    let len = cells.len();
    let Some(hash) = cells.get(long(slot)).map(|cell| cell.hash[key]) else { return };
    if hash != UNFILED
        && let Some(home) = cells.get_mut(bucket(hash, len))
    {
        let first = core::mem::replace(&mut home.heads[key], slot);
        cells[long(slot)].next[key] = first;
    }
}

#[inline]
fn unlink<T>(cells: &mut [Slot<T>], key: usize, slot: u32) {
    let len = cells.len();
    let Some((hash, next)) = cells.get(long(slot)).map(|cell| (cell.hash[key], cell.next[key])) else {
        return;
    };
    if hash == UNFILED {
        return;
    }
    let Some(home) = cells.get_mut(bucket(hash, len)) else { return };
    let mut at = home.heads[key];
    if at == slot {
        home.heads[key] = next;
        return;
    }
    while let Some(cell) = cells.get_mut(long(at)) {
        if cell.next[key] == slot {
            cell.next[key] = next;
            return;
        }
        at = cell.next[key];
    }
}

#[inline]
fn seat<T>(cells: &mut [Slot<T>], slot: u32, place: u32) {
    cells[long(place)].heap = slot;
    cells[long(slot)].place = place;
}

/// The bucket of a hash: its share of the table.
#[inline]
fn bucket(hash: u32, len: usize) -> usize {
    ((u64::from(hash) * (len as u64)) >> 32).try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    extern crate alloc;
    use alloc::collections::BTreeMap;
    use alloc::vec;

    use super::super::random::Random;
    use super::{NEVER, Slot, Slots, Table};

    #[test]
    fn entries_are_found_by_hash_handle_and_deadline_as_in_a_map() {
        let mut cells = vec![Slot::EMPTY; 50];
        let mut slots = Slots::new(Table::lent(&mut cells));
        let (mut map, mut random) = (BTreeMap::new(), Random::new(1));
        for step in 0..20_000_u32 {
            let key = u32::from(random.next_u16()) % 64;
            let hash = [(key + 1).wrapping_mul(0x9E37_79B9), (key + 1).wrapping_mul(0x7FEB_352D)];
            let known = slots.find(0, hash[0], |entry: &(u32, u32)| entry.0 == key);
            // Mostly later than what came before, as deadlines are.
            let deadline = match random.next_u16() % 8 {
                0 => NEVER,
                1 | 2 => u64::from(random.next_u16()) % 20_000,
                _ => u64::from(step) + 1000,
            };
            match map.get(&key).copied() {
                None => {
                    assert_eq!(known, None);
                    if let Some(slot) = slots.insert((key, step), hash, deadline) {
                        map.insert(key, (slots.handle(slot), step, deadline));
                    } else {
                        assert_eq!(map.len(), 50);
                    }
                }
                Some((handle, born, _)) => {
                    let slot = known.unwrap();
                    assert_eq!(slots.slot(handle), Some(slot));
                    assert_eq!(slots.find(1, hash[1], |entry| entry.0 == key), Some(slot));
                    match step % 4 {
                        0 => {
                            slots.set_deadline(slot, deadline);
                            map.insert(key, (handle, born, deadline));
                        }
                        1 => {
                            slots.rekey(slot, 0, 7);
                            assert_eq!(slots.find(0, hash[0], |entry| entry.0 == key), None);
                            assert_eq!(slots.find(0, 7, |entry| entry.0 == key), Some(slot));
                            slots.rekey(slot, 0, hash[0]);
                        }
                        2 => {
                            slots.replace(slot, (key, step), hash, deadline);
                            assert_eq!(slots.slot(handle), None);
                            map.insert(key, (slots.handle(slot), step, deadline));
                        }
                        _ => {
                            assert_eq!(slots.get(slot), Some(&(key, born)));
                            slots.remove(slot);
                            assert_eq!(slots.slot(handle), None);
                            map.remove(&key);
                        }
                    }
                }
            }
            assert_eq!(slots.len(), map.len());
            let earliest = map.values().map(|&(_, _, deadline)| deadline).filter(|&at| at != NEVER).min();
            assert_eq!(slots.first().map(|(deadline, _)| deadline), earliest);
            assert_eq!(slots.earliest(), earliest.unwrap_or(NEVER));
        }
    }

    #[cfg(feature = "alloc")]
    #[test]
    fn growing_keeps_what_is_there() {
        let mut slots = Slots::new(Table::growing(1000));
        for key in 0..1000_u32 {
            let hash = [(key + 1).wrapping_mul(0x9E37_79B9), 3];
            let slot = slots.insert(key, hash, u64::from(2000 - key)).unwrap();
            assert_eq!(slots.first(), Some((u64::from(2000 - key), slot)));
        }
        assert!(slots.is_full() && slots.insert(1, [1, 1], 0).is_none());
        for key in 0..1000_u32 {
            assert!(slots.find(0, (key + 1).wrapping_mul(0x9E37_79B9), |&entry| entry == key).is_some());
            assert!(slots.find(1, 3, |&entry| entry == key).is_some());
        }
    }
}
