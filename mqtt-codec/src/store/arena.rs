//! Records one after another in a stretch of memory.
//!
//! ```text
//! entry: length (4) | packet identifier (2) | state (1) | 0 (1) | age in seconds (4) | record (length)
//! ```
//! New entries go to the end. A removed one stays where it is until it is at the front, or until
//! room is needed and the others move together. Finding a record walks over the entries before it;
//! acknowledgements come in the order of the messages, so that is usually the first.

use core::time::Duration;

use super::{Entry, Record, Scope, Slot, Store, Streamed};
use crate::session::Table;
use crate::{PacketId, SliceOut};

/// A store in memory: lent by the caller, without allocation, or (feature `alloc`, by the name
/// [`MemStore`](crate::MemStore)) growing to a bound.
///
/// Lent memory is the store: [`reopen`](Self::reopen) finds the records again in memory that kept
/// its content, for example over a warm restart. A restart in the middle of a call may lose it all.
///
/// ```
/// use mqtt_codec::{ArenaStore, Store};
///
/// let mut memory = [0; 1024];
/// let mut store = ArenaStore::lent(&mut memory);
/// assert!(store.next(None)?.is_none());
/// # Ok::<(), mqtt_codec::StoreFull>(())
/// ```
#[derive(Debug)]
pub struct ArenaStore<'m> {
    memory: Table<'m, u8>,
    /// Offset of the first entry.
    start: usize,
    /// Offset behind the last entry.
    end: usize,
    /// Bytes of dead entries between the two.
    dead: usize,
    /// Where the last record looked for was, to walk on from there.
    hint: usize,
    /// The entry being streamed and how many of its bytes are there.
    open: Option<Open>,
}

/// A store in growing memory (feature `alloc`), up to a bound.
///
/// Memory once taken is used again, so nothing is allocated per message after a while.
///
/// ```
/// use mqtt_codec::{MemStore, Store};
///
/// let store = MemStore::with_bound(64 * 1024);
/// assert!(store.bound() > 60_000);
/// ```
#[cfg(feature = "alloc")]
pub type MemStore = ArenaStore<'static>;

/// The memory of an [`ArenaStore`] or [`MemStore`](crate::MemStore) has no room for a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store has no room for {needed} more bytes")]
#[non_exhaustive]
pub struct StoreFull {
    /// Bytes that do not fit, 0 if a record was asked for that is not there.
    pub needed: usize,
}

impl<'m> ArenaStore<'m> {
    /// An empty store over `memory`. Each record takes its own length and 12 bytes.
    #[must_use]
    pub fn lent(memory: &'m mut [u8]) -> Self {
        let mut store = Self::over(Table::lent(memory));
        store.end_at(0);
        store
    }

    /// The store that lies in `memory`. Whatever does not read as a record is dropped.
    #[must_use]
    pub fn reopen(memory: &'m mut [u8]) -> Self {
        let mut store = Self::over(Table::lent(memory));
        while let Some(header) = store.header(store.end) {
            if header.slot().is_none() {
                store.set_state(store.end, DEAD);
                store.dead += header.size();
            }
            store.end += header.size();
        }
        store.end_at(store.end);
        store.trim();
        store
    }

    fn over(memory: Table<'m, u8>) -> Self {
        Self { memory, start: 0, end: 0, dead: 0, hint: 0, open: None }
    }
}

#[cfg(feature = "alloc")]
impl ArenaStore<'static> {
    /// An empty store that grows to at most 1 MiB.
    #[must_use]
    pub fn new() -> Self {
        Self::with_bound(1 << 20)
    }

    /// An empty store that grows to at most `bound` bytes. Each record takes its own length and 12 bytes.
    #[must_use]
    pub fn with_bound(bound: usize) -> Self {
        Self::over(Table::growing(bound))
    }
}

#[cfg(feature = "alloc")]
impl Default for ArenaStore<'static> {
    fn default() -> Self {
        Self::new()
    }
}

const HEADER: usize = 12;
/// Where in the header the state is.
const STATE: usize = 6;

const END: u8 = 0;
const DEAD: u8 = 1;
const OPEN: u8 = 2;
const SENT: u8 = 3;
const RELEASED: u8 = 4;
const RECEIVED: u8 = 5;
const WILL: u8 = 6;

#[derive(Clone, Copy, Debug)]
struct Open {
    at: usize,
    slot: Slot,
    filled: usize,
}

#[derive(Clone, Copy)]
struct Header {
    state: u8,
    id: u16,
    len: usize,
    age: u32,
}

impl Header {
    fn new(slot: Slot, len: usize) -> Option<Self> {
        let (state, id) = match slot {
            Slot::Sent(id) => (SENT, id.get()),
            Slot::Received(id) => (RECEIVED, id.get()),
            Slot::Will => (WILL, 0),
        };
        u32::try_from(len).ok()?;
        Some(Self { state, id, len, age: 0 })
    }

    /// `None`: the record is too long.
    #[inline]
    fn to_bytes(self) -> Option<[u8; HEADER]> {
        let [l0, l1, l2, l3] = u32::try_from(self.len).ok()?.to_be_bytes();
        let [i0, i1] = self.id.to_be_bytes();
        let [a0, a1, a2, a3] = self.age.to_be_bytes();
        Some([l0, l1, l2, l3, i0, i1, self.state, 0, a0, a1, a2, a3])
    }

    fn size(&self) -> usize {
        HEADER + self.len // both were found to fit in the memory
    }

    fn slot(&self) -> Option<Slot> {
        match self.state {
            SENT | RELEASED => PacketId::new(self.id).map(Slot::Sent),
            RECEIVED => PacketId::new(self.id).map(Slot::Received),
            WILL => Some(Slot::Will),
            _ => None,
        }
    }

    /// Whether this is the record of that name.
    #[inline]
    fn is(&self, slot: Slot) -> bool {
        match slot {
            Slot::Sent(id) => id.get() == self.id && matches!(self.state, SENT | RELEASED),
            Slot::Received(id) => id.get() == self.id && self.state == RECEIVED,
            Slot::Will => self.state == WILL,
        }
    }

    fn entry(&self) -> Option<Entry> {
        Some(Entry {
            slot: self.slot()?,
            released: self.state == RELEASED,
            age: Duration::from_secs(self.age.into()),
        })
    }
}

impl ArenaStore<'_> {
    #[inline]
    fn header(&self, at: usize) -> Option<Header> {
        let bytes = self.memory.cells().get(at..)?;
        let &[l0, l1, l2, l3, i0, i1, state, _, a0, a1, a2, a3] = bytes.first_chunk::<HEADER>()?;
        let header = Header {
            state,
            id: u16::from_be_bytes([i0, i1]),
            len: usize::try_from(u32::from_be_bytes([l0, l1, l2, l3])).ok()?,
            age: u32::from_be_bytes([a0, a1, a2, a3]),
        };
        (matches!(state, DEAD..=WILL) && header.len <= bytes.len() - HEADER).then_some(header)
    }

    #[inline]
    fn set_header(&mut self, at: usize, header: Header) {
        let place = self.memory.cells_mut().get_mut(at..).and_then(|rest| rest.first_chunk_mut());
        if let (Some(place), Some(bytes)) = (place, header.to_bytes()) {
            *place = bytes;
        }
    }

    #[inline]
    fn set_state(&mut self, at: usize, state: u8) {
        if let Some(place) = self.memory.cells_mut().get_mut(at + STATE) {
            *place = state;
        }
    }

    /// Offsets and headers of all entries from `at` on.
    fn walk(&self, mut at: usize) -> impl Iterator<Item = (usize, Header)> {
        core::iter::from_fn(move || {
            let header = (at < self.end).then(|| self.header(at))??;
            let found = (at, header);
            at += header.size();
            Some(found)
        })
    }

    fn find(&mut self, slot: Slot) -> Option<(usize, Header)> {
        // Acknowledgements come in the order of the messages: nearly always it is the first.
        if self.start < self.end
            && let Some(header) = self.header(self.start)
            && header.is(slot)
        {
            self.hint = self.start;
            return Some((self.start, header));
        }
        self.find_behind(slot)
    }

    #[inline(never)]
    fn find_behind(&mut self, slot: Slot) -> Option<(usize, Header)> {
        let is_it = |(_, header): &(usize, Header)| header.is(slot);
        let hint = self.hint.clamp(self.start, self.end);
        let found = self.walk(hint).take(2).find(is_it).or_else(|| self.walk(self.start).find(is_it))?;
        self.hint = found.0;
        Some(found)
    }

    /// Marks where the entries end, for whoever reopens the memory.
    fn end_at(&mut self, at: usize) {
        self.end = at;
        self.set_state(at, END);
    }

    /// Gives back the room of dead entries at the front.
    #[inline(never)]
    fn trim(&mut self) {
        while let Some(header) = self.header(self.start).filter(|header| header.state == DEAD)
            && self.start < self.end
        {
            self.start += header.size();
            self.dead -= header.size();
        }
        if self.start == self.end {
            self.empty();
        }
    }

    /// Moves the entries together at the front of the memory.
    #[cold]
    fn compact(&mut self) {
        let (mut from, mut to) = (self.start, 0);
        while from < self.end
            && let Some(header) = self.header(from)
        {
            let size = header.size();
            if header.state != DEAD {
                self.memory.cells_mut().copy_within(from..from + size, to);
                if let Some(open) = self.open.as_mut().filter(|open| open.at == from) {
                    open.at = to;
                }
                to += size;
            }
            from += size;
        }
        (self.start, self.dead, self.hint) = (0, 0, 0);
        self.end_at(to);
    }

    /// Makes room for a record of `len` bytes at the end, and says where its entry begins.
    fn make_room(&mut self, len: usize) -> Result<usize, StoreFull> {
        let full = StoreFull { needed: len };
        let size = len.checked_add(HEADER).ok_or(full)?;
        let live = self.end - self.start - self.dead;
        if size > self.memory.bound() - live {
            return Err(full);
        }
        let behind = self.end.saturating_add(size);
        if behind > self.memory.cells().len()
            && (self.start + self.dead > live || !self.memory.grow(behind, END))
        {
            self.compact();
            if !self.memory.grow(self.end + size, END) {
                return Err(full);
            }
        }
        Ok(self.end)
    }

    /// Writes a record behind the last entry after making room for it, and returns its length.
    #[cold]
    fn put_after_moving(&mut self, slot: Slot, record: &Record<'_>) -> Result<usize, StoreFull> {
        let len = match slot {
            Slot::Received(_) => 0,
            _ => record.encoded_len().map_err(|_| StoreFull { needed: usize::MAX })?,
        };
        let at = self.make_room(len)?;
        if len > 0
            && let Some(place) = self.memory.cells_mut().get_mut(at + HEADER..at + HEADER + len)
        {
            record.encode(&mut SliceOut::new(place)).map_err(|_| StoreFull { needed: len })?;
        }
        Ok(len)
    }

    /// Keeps a sent message behind the last entry, if there is room for it as things lie.
    #[inline(always)]
    fn append(&mut self, id: PacketId, head: &[u8], payload: &[u8]) -> Option<()> {
        let len = head.len() + payload.len(); // two slices never add up to more than a usize
        let header = Header { state: SENT, id: id.get(), len, age: 0 }.to_bytes()?;
        let at = self.end;
        let entry = self.memory.cells_mut().get_mut(at..)?.get_mut(..len.checked_add(HEADER)?)?;
        let (place, record) = entry.split_first_chunk_mut()?;
        *place = header;
        let (first, second) = record.split_at_mut_checked(head.len())?;
        first.copy_from_slice(head);
        second.copy_from_slice(payload);
        self.end_at(at + HEADER + len);
        Some(())
    }

    /// Keeps any record.
    #[inline(never)]
    fn put_any(&mut self, slot: Slot, record: &Record<'_>) -> Result<(), StoreFull> {
        // The name of a received one is all that will be asked for.
        let write = |place: &mut [u8]| match slot {
            Slot::Received(_) => Ok(0),
            _ => record.encode(&mut SliceOut::new(place)),
        };
        let tail = self.memory.cells_mut().get_mut(self.end + HEADER..);
        let len = match tail.map(write) {
            Some(Ok(len)) => len,
            _ => self.put_after_moving(slot, record)?,
        };
        let header = Header::new(slot, len).ok_or(StoreFull { needed: len })?;
        let old = if slot == Slot::Will { self.find(slot) } else { None };
        let at = self.end;
        self.end_at(at + header.size());
        self.set_header(at, header);
        if let Some((old, header)) = old {
            self.bury(old, header);
        }
        Ok(())
    }

    /// Drops the entry at that offset.
    fn bury(&mut self, at: usize, header: Header) {
        self.set_state(at, DEAD);
        self.dead += header.size();
        if at == self.start {
            self.trim();
        }
    }

    /// Drops the first entry.
    #[inline(always)]
    fn drop_first(&mut self, header: Header) {
        if self.start + header.size() == self.end {
            return self.empty();
        }
        self.set_state(self.start, DEAD);
        self.start += header.size();
        if self.dead > 0 {
            self.trim();
        }
    }

    /// Drops any record.
    #[inline(never)]
    fn remove_any(&mut self, slot: Slot) {
        if let Some((at, header)) = self.find(slot) {
            self.bury(at, header);
        }
    }

    /// Drops everything.
    #[inline]
    fn empty(&mut self) {
        (self.start, self.hint, self.dead) = (0, 0, 0);
        self.end_at(0);
    }

    fn abandon(&mut self) {
        if let Some(open) = self.open.take()
            && let Some(header) = self.header(open.at)
        {
            self.bury(open.at, header);
        }
    }
}

impl Store for ArenaStore<'_> {
    type Error = StoreFull;

    #[inline(always)]
    fn put(&mut self, slot: Slot, record: &Record<'_>) -> Result<(), StoreFull> {
        if let (Slot::Sent(id), Record::Encoded { head, payload }) = (slot, record)
            && self.append(id, head, payload).is_some()
        {
            return Ok(());
        }
        self.put_any(slot, record)
    }

    fn release(&mut self, id: PacketId) -> Result<(), StoreFull> {
        let Some((at, header)) = self.find(Slot::Sent(id)).filter(|(_, header)| header.state == SENT) else {
            return Ok(());
        };
        // The record shrinks to nothing; what it occupied becomes a dead entry of its own.
        if let Some(rest) = header.len.checked_sub(HEADER) {
            self.set_header(at + HEADER, Header { state: DEAD, id: 0, len: rest, age: 0 });
            self.set_header(at, Header { state: RELEASED, len: 0, ..header });
            self.dead += header.len;
        } else {
            self.set_state(at, RELEASED);
        }
        Ok(())
    }

    #[inline(always)]
    fn remove(&mut self, slot: Slot) -> Result<(), StoreFull> {
        // Acknowledgements come in the order of the messages: nearly always it is the first.
        match self.header(self.start) {
            Some(header) if header.is(slot) => self.drop_first(header),
            _ => self.remove_any(slot),
        }
        Ok(())
    }

    fn next(&mut self, after: Option<Slot>) -> Result<Option<Entry>, StoreFull> {
        let from = match after {
            None => self.start,
            Some(slot) => {
                let (at, header) = self.find(slot).ok_or(StoreFull { needed: 0 })?;
                at + header.size()
            }
        };
        let found = self.walk(from).find_map(|(at, header)| Some((at, header.entry()?)));
        Ok(found.map(|(at, entry)| {
            self.hint = at;
            entry
        }))
    }

    fn get(&mut self, slot: Slot, from: usize) -> Result<&[u8], StoreFull> {
        let (at, header) = self.find(slot).ok_or(StoreFull { needed: 0 })?;
        let record = self.memory.cells().get(at + HEADER..at + header.size()).unwrap_or_default();
        Ok(record.get(from..).unwrap_or_default())
    }

    fn bound(&self) -> usize {
        let live = self.end - self.start - self.dead;
        (self.memory.bound() - live).saturating_sub(HEADER)
    }

    fn clear(&mut self, scope: Scope) -> Result<(), StoreFull> {
        let mut at = self.start;
        while at < self.end
            && let Some(header) = self.header(at)
        {
            if header.slot().is_some() && (scope == Scope::All || header.state == RECEIVED) {
                self.set_state(at, DEAD);
                self.dead += header.size();
            }
            at += header.size();
        }
        self.trim();
        Ok(())
    }

    fn age(&mut self, by: Duration) -> Result<(), StoreFull> {
        let by = u32::try_from(by.as_secs()).unwrap_or(u32::MAX);
        let mut at = self.start;
        while at < self.end
            && let Some(header) = self.header(at)
        {
            self.set_header(at, Header { age: header.age.saturating_add(by), ..header });
            at += header.size();
        }
        Ok(())
    }

    fn streamed(&mut self) -> Option<&mut dyn Streamed<Error = StoreFull>> {
        Some(self)
    }
}

impl Streamed for ArenaStore<'_> {
    type Error = StoreFull;

    fn begin(&mut self, slot: Slot, len: usize) -> Result<(), StoreFull> {
        self.abandon();
        let header = Header::new(slot, len).ok_or(StoreFull { needed: len })?;
        let at = self.make_room(len)?;
        self.end_at(at + header.size());
        self.set_header(at, Header { state: OPEN, ..header });
        self.open = Some(Open { at, slot, filled: 0 });
        Ok(())
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), StoreFull> {
        let full = StoreFull { needed: bytes.len() };
        let open = self.open.ok_or(full)?;
        let header = self.header(open.at).ok_or(full)?;
        let filled =
            open.filled.checked_add(bytes.len()).filter(|&filled| filled <= header.len).ok_or(full)?;
        let begin = open.at + HEADER;
        let place = self.memory.cells_mut().get_mut(begin + open.filled..begin + filled).ok_or(full)?;
        place.copy_from_slice(bytes);
        self.open = Some(Open { filled, ..open });
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StoreFull> {
        let missing = StoreFull { needed: 0 };
        let open = self.open.ok_or(missing)?;
        let header = self.header(open.at).filter(|header| header.len == open.filled).ok_or(missing)?;
        let state = Header::new(open.slot, header.len).ok_or(missing)?.state;
        self.set_header(open.at, Header { state, ..Header::new(open.slot, header.len).ok_or(missing)? });
        self.open = None;
        Ok(())
    }
}
