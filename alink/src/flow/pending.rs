//! Requests that wait for their answers.

use alloc::vec::Vec;
use core::time::Duration;

use crate::envelope::Id;
use crate::table::Kind;

/// Requests by id, each with a deadline, in a table of bounded size.
///
/// Devices keep one for what they ask, platforms one for what they push. An id leaves the table
/// once: by its answer or by its deadline.
///
/// ```
/// use core::time::Duration;
/// use alink::{Id, Kind, flow::Pending};
///
/// let mut pending = Pending::new(2, 1);
/// let id = pending.next_id();
/// assert!(pending.insert(id, Kind::PropertySet, Duration::from_secs(8)));
/// assert_eq!(pending.take(id), Some(Kind::PropertySet));
/// assert_eq!(pending.take(id), None);
/// ```
#[derive(Clone, Debug)]
pub struct Pending {
    entries: Vec<Entry>,
    bound: usize,
    next: u32,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    id: Id,
    kind: Kind,
    deadline: Duration,
}

impl Pending {
    /// An empty table for at most `bound` requests, whose ids begin at `first_id`.
    #[must_use]
    pub fn new(bound: usize, first_id: u32) -> Self {
        Self { entries: Vec::with_capacity(bound.min(64)), bound, next: first_id }
    }

    /// The id of the next request: none that is pending. It stays the same until inserted.
    pub fn next_id(&mut self) -> Id {
        while self.entries.iter().any(|entry| entry.id == Id(self.next.into())) {
            self.next = self.next.wrapping_add(1);
        }
        Id(self.next.into())
    }

    /// Whether there is room for another request.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.entries.len() < self.bound
    }

    /// Notes a request; `false` if the table is full or the id is pending already.
    pub fn insert(&mut self, id: Id, kind: Kind, deadline: Duration) -> bool {
        if !self.has_room() || self.entries.iter().any(|entry| entry.id == id) {
            return false;
        }
        self.used(id);
        self.entries.push(Entry { id, kind, deadline });
        true
    }

    /// Ids go up, whether an answer is awaited or not.
    pub(crate) fn used(&mut self, id: Id) {
        if id == Id(self.next.into()) {
            self.next = self.next.wrapping_add(1);
        }
    }

    /// What the pending request with this id is.
    #[must_use]
    pub fn get(&self, id: Id) -> Option<Kind> {
        self.entries.iter().find(|entry| entry.id == id).map(|entry| entry.kind)
    }

    /// Takes the request with this id off the table.
    pub fn take(&mut self, id: Id) -> Option<Kind> {
        let at = self.entries.iter().position(|entry| entry.id == id)?;
        Some(self.entries.swap_remove(at).kind)
    }

    /// The earliest deadline.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Duration> {
        self.entries.iter().map(|entry| entry.deadline).min()
    }

    /// Takes one request off the table whose deadline has come.
    pub fn expire(&mut self, now: Duration) -> Option<(Id, Kind)> {
        let (at, entry) = self.entries.iter().enumerate().min_by_key(|(_, entry)| entry.deadline)?;
        let (id, kind, deadline) = (entry.id, entry.kind, entry.deadline);
        if deadline > now {
            return None;
        }
        self.entries.swap_remove(at);
        Some((id, kind))
    }

    /// How many requests are pending.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
