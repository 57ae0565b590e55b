//! Where the Session State of the specification lives (MQTT 5.0 §4.1, MQTT 3.1.1 §4.1).
//!
//! Contract: when a verb returns `Ok`, its effect survives whatever the store promises to survive;
//! when it returns `Err`, or never returns, the effect has happened wholly or not at all. A session
//! puts a record before the first byte that depends on it reaches the output, and removes it before
//! it says so to anyone, so a restart from the store alone is always a legal continuation.
//!
//! Everything else a session knows is volatile and kept elsewhere.

mod arena;

use core::time::Duration;

#[cfg(feature = "alloc")]
pub use arena::MemStore;
pub use arena::{ArenaStore, StoreFull};

use crate::session::Wire;
use crate::{Ack, Connect, EncodeError, Out, Packet, PacketId, Publish, Text, Version, Will};

/// The name of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Slot {
    /// A PUBLISH of QoS 1 or 2 on its way to the peer, until it is acknowledged for good.
    Sent(PacketId),
    /// A PUBLISH of QoS 2 that arrived, until the peer has released its identifier.
    Received(PacketId),
    /// The will of the peer (server end only), until it is published or dropped.
    Will,
}

/// What a slot keeps: a packet in its MQTT 5.0 form, with its full topic and no topic alias,
/// whatever version the connection speaks.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// For [`Slot::Sent`] and [`Slot::Received`].
    Publish(&'a Publish<'a>),
    /// For [`Slot::Sent`], if the session has encoded the PUBLISH already: these bytes one after the other.
    Encoded {
        /// All but the payload.
        head: &'a [u8],
        /// The payload.
        payload: &'a [u8],
    },
    /// For [`Slot::Received`], if the message came in pieces, which the application has: a PUBREC.
    Taken(PacketId),
    /// For [`Slot::Will`]: a CONNECT that carries nothing but this will.
    Will(&'a Will<'a>),
}

impl<'a> Record<'a> {
    /// Number of bytes [`encode`](Self::encode) writes.
    ///
    /// # Errors
    /// As [`encode`](Self::encode), except for room.
    #[inline]
    pub fn encoded_len(&self) -> Result<usize, EncodeError> {
        match self {
            Self::Publish(publish) => canonical_len(publish),
            Self::Encoded { head, payload } => Ok(head.len() + payload.len()),
            Self::Taken(id) => taken(*id).encoded_len(Version::V5),
            Self::Will(will) => will_len(will),
        }
    }

    /// Appends the record to `out`, or leaves it unchanged, and returns its length.
    ///
    /// # Errors
    /// The packet cannot exist, or `out` has no room for it.
    #[inline]
    pub fn encode(&self, out: &mut (impl Out + ?Sized)) -> Result<usize, EncodeError> {
        match self {
            Self::Encoded { head, payload } => {
                let needed = head.len() + payload.len(); // two slices never add up to more than a usize
                if out.room() < needed {
                    return Err(EncodeError::NoRoom { needed });
                }
                out.put(head);
                out.put(payload);
                Ok(needed)
            }
            Self::Publish(publish) => encode_canonical(publish, out),
            Self::Taken(id) => encode_taken(*id, out),
            Self::Will(will) => encode_will(will, out),
        }
    }
}

fn taken(id: PacketId) -> Packet<'static> {
    Packet::PubRec(Ack::new(id))
}

#[inline(never)]
fn encode_taken(id: PacketId, out: &mut (impl Out + ?Sized)) -> Result<usize, EncodeError> {
    taken(id).encode(Version::V5, out)
}

/// A CONNECT that carries nothing but this will.
fn bearer<'a>(will: &Will<'a>) -> Packet<'a> {
    Packet::Connect(Connect { will: Some(*will), ..Connect::new(Version::V5, Text::EMPTY) })
}

#[inline(never)]
fn will_len(will: &Will<'_>) -> Result<usize, EncodeError> {
    bearer(will).encoded_len(Version::V5)
}

#[inline(never)]
fn encode_will(will: &Will<'_>, out: &mut (impl Out + ?Sized)) -> Result<usize, EncodeError> {
    bearer(will).encode(Version::V5, out)
}

/// Whether a PUBLISH is as a record has it.
#[inline]
fn is_canonical(publish: &Publish<'_>) -> bool {
    !publish.dup && !publish.properties.has_topic_alias()
}

#[inline(never)]
fn canonical_len(publish: &Publish<'_>) -> Result<usize, EncodeError> {
    if is_canonical(publish) {
        publish.encoded_len(Version::V5)
    } else {
        Wire::canonical(*publish).len(Version::V5, publish.payload.len())
    }
}

#[inline(never)]
fn encode_canonical(publish: &Publish<'_>, out: &mut (impl Out + ?Sized)) -> Result<usize, EncodeError> {
    if is_canonical(publish) {
        return publish.encode(Version::V5, out);
    }
    let wire = Wire::canonical(*publish);
    let needed = wire.len(Version::V5, publish.payload.len())?;
    if out.room() < needed {
        return Err(EncodeError::NoRoom { needed });
    }
    wire.encode_head(Version::V5, publish.payload.len(), out)?;
    out.put(publish.payload);
    Ok(needed)
}

/// Which records [`Store::clear`] drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scope {
    /// Those of [`Slot::Received`].
    Received,
    /// All of them.
    All,
}

/// What [`Store::next`] tells about a record without fetching it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name of the record.
    pub slot: Slot,
    /// Whether [`Store::release`] was called for it.
    pub released: bool,
    /// How long the record had been kept when [`Store::age`] was last called.
    pub age: Duration,
}

/// The Session State: records in the order they were put.
///
/// A device keeps one on flash or in a file; [`MemStore`](crate::MemStore) and [`ArenaStore`] keep
/// it in memory. Every verb that changes what is kept is called at most once per call of the session.
pub trait Store {
    /// Why a verb failed.
    type Error;

    /// Keeps `record` in `slot`, behind all others. The slot is free, but for [`Slot::Will`], where the new
    /// record takes the place of an old one.
    ///
    /// A [`Slot::Received`] record is never fetched again, so its name is all that must be kept. It
    /// is handed over whole so that a store can take the message into the application's hands in
    /// the same transaction: that is exactly-once delivery across a crash of the receiver.
    ///
    /// # Errors
    /// The store's own; nothing was kept.
    fn put(&mut self, slot: Slot, record: &Record<'_>) -> Result<(), Self::Error>;

    /// Notes that the peer has taken over the sent QoS 2 message `id`: its content is not needed
    /// any more, its place in the order and its identifier are.
    ///
    /// # Errors
    /// The store's own; nothing has changed. Releasing twice or releasing a record that is not
    /// there is no error. A store must not fail here for want of room.
    fn release(&mut self, id: PacketId) -> Result<(), Self::Error>;

    /// Drops the record, if there is one.
    ///
    /// # Errors
    /// The store's own; the record is still there.
    fn remove(&mut self, slot: Slot) -> Result<(), Self::Error>;

    /// The record after `after` in the order they were put, or the first one.
    /// `after` is always the name of a record that is still there.
    ///
    /// # Errors
    /// The store's own.
    fn next(&mut self, after: Option<Slot>) -> Result<Option<Entry>, Self::Error>;

    /// The bytes of a record from offset `from` on: the whole rest if the record was
    /// [`put`](Self::put), at least one byte of the rest if it was [streamed](Self::streamed),
    /// nothing past the end. Never called for a released or a received record.
    ///
    /// # Errors
    /// The store's own, also if there is no such record.
    fn get(&mut self, slot: Slot, from: usize) -> Result<&[u8], Self::Error>;

    /// Drops all records of `scope` at once.
    ///
    /// # Errors
    /// The store's own; all of them are still there.
    fn clear(&mut self, scope: Scope) -> Result<(), Self::Error>;

    /// The longest record that can be kept now, in bytes.
    fn bound(&self) -> usize;

    /// Makes every record older by `by`. Stores hold ages because clocks do not survive a restart.
    ///
    /// # Errors
    /// The store's own; no record has aged.
    fn age(&mut self, by: Duration) -> Result<(), Self::Error>;

    /// The store as one that takes records in pieces, if it can.
    fn streamed(&mut self) -> Option<&mut dyn Streamed<Error = Self::Error>> {
        None
    }
}

/// A store that takes a record longer than memory piece by piece.
pub trait Streamed {
    /// Why a verb failed.
    type Error;

    /// Begins a record of `len` bytes for the free `slot`. Until [`commit`](Self::commit) it is no
    /// part of the Session State: no other verb sees it, and beginning another one or a restart
    /// drops it.
    ///
    /// # Errors
    /// The store's own; nothing was begun.
    fn begin(&mut self, slot: Slot, len: usize) -> Result<(), Self::Error>;

    /// Appends to the record that was begun.
    ///
    /// # Errors
    /// The store's own; nothing was appended.
    fn push(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;

    /// Makes the record, all bytes of which were pushed, part of the Session State.
    ///
    /// # Errors
    /// The store's own; the record is still only begun.
    fn commit(&mut self) -> Result<(), Self::Error>;
}

impl<S: Store + ?Sized> Store for &mut S {
    type Error = S::Error;

    fn put(&mut self, slot: Slot, record: &Record<'_>) -> Result<(), Self::Error> {
        (**self).put(slot, record)
    }

    fn release(&mut self, id: PacketId) -> Result<(), Self::Error> {
        (**self).release(id)
    }

    fn remove(&mut self, slot: Slot) -> Result<(), Self::Error> {
        (**self).remove(slot)
    }

    fn next(&mut self, after: Option<Slot>) -> Result<Option<Entry>, Self::Error> {
        (**self).next(after)
    }

    fn get(&mut self, slot: Slot, from: usize) -> Result<&[u8], Self::Error> {
        (**self).get(slot, from)
    }

    fn clear(&mut self, scope: Scope) -> Result<(), Self::Error> {
        (**self).clear(scope)
    }

    fn bound(&self) -> usize {
        (**self).bound()
    }

    fn age(&mut self, by: Duration) -> Result<(), Self::Error> {
        (**self).age(by)
    }

    fn streamed(&mut self) -> Option<&mut dyn Streamed<Error = Self::Error>> {
        (**self).streamed()
    }
}
