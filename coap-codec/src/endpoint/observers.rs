//! Observers of our resources: who is told of a change, in which order, and when not any more (RFC 7641 §4).

use core::hash::Hash;
use core::time::Duration;

use super::incoming::Incoming;
use super::outgoing::{Draft, What};
use super::slots::{Handle, NEVER};
use super::token::Kept;
use super::wire::{Own, Patched, nanos};
use super::{Body, Datagram, Endpoint, Error, Event, Failure, Observer, Resource, Response, Step};
use crate::{ContentFormat, Kind, Message, OptionNumber, Out, Sequence, Uint, Wanted};

/// What an endpoint remembers of an observer.
#[derive(Clone, Copy, Debug)]
pub struct Observing<P> {
    to: P,
    token: Kept,
    /// The resource, as the application numbers it.
    resource: u32,
    sequence: Sequence,
    /// The id of the last notification that was not confirmable.
    last_id: u16,
    /// Notifications since one was confirmable.
    unconfirmed: u16,
    has_last_id: bool,
    /// Whether a confirmable notification is under way; the next one waits for its end (§4.5.2).
    in_flight: bool,
    /// Whether the resource has changed since.
    is_behind: bool,
    /// Whether the transport says that it is gone.
    is_lost: bool,
    accept: Option<ContentFormat>,
    wanted: Wanted,
    /// When one was last confirmable, in nanoseconds.
    confirmed_at: u64,
}

impl<P: Copy + Eq + Hash> Endpoint<'_, P> {
    /// The state of a resource has changed. Each of its observers falls due with an [`Event::Notify`]; several
    /// changes before that are one (RFC 7641 §1.3).
    pub fn changed(&mut self, resource: u32) {
        let hash = self.resource_hash(resource);
        let mut at = None;
        while let Some(slot) = self.observers.next_under(1, hash, at) {
            at = Some(slot);
            let Some(observer) = self.observers.get_mut(slot).filter(|entry| entry.resource == resource)
            else {
                continue;
            };
            observer.is_behind = true;
            if !observer.in_flight {
                self.observers.set_deadline(slot, 0);
            }
        }
    }

    /// Sends a notification: the state the resource has now. A response that is no success ends the observation
    /// (RFC 7641 §4.2). Every so often it is confirmable, as [`Config`](super::Config) says, so that observers that
    /// are gone are found.
    ///
    /// # Errors
    ///
    /// [`Error::Over`] if the observer is gone, [`Error::Code`], [`Error::Part`], [`Error::NoRoom`], [`Error::Full`],
    /// [`Error::TooLong`], [`Error::Ids`].
    pub fn notify(
        &mut self,
        now: Duration,
        observer: Observer,
        response: &Response<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Datagram<P>>, Error> {
        if !response.code.is_response() {
            return Err(Error::Code(response.code));
        }
        let now = nanos(now);
        let slot = self.observers.slot(observer.0).ok_or(Error::Over)?;
        let &entry = self.observers.get(slot).ok_or(Error::Over)?;
        if entry.in_flight {
            self.behind(slot);
            return Ok(None);
        }
        let (mut own, success) = (Own::NONE, response.code.class() == 2);
        let mut payload = response.payload;
        let sequence = entry.sequence.next();
        if success {
            own.push(OptionNumber::OBSERVE, sequence.uint());
            let part = match response.body {
                Body::Whole => entry.wanted.part_of(u64::try_from(payload.len()).unwrap_or(u64::MAX))?,
                Body::Part { more, .. } => entry.wanted.part(payload.len(), more)?,
            };
            payload = part.bytes_of(payload);
            own.push_block(OptionNumber::BLOCK2, part.block);
            if let Some(size) = part.size {
                own.push(OptionNumber::SIZE2, Uint::new(size));
            }
        }
        let confirmable = !success
            || entry.unconfirmed.saturating_add(1) >= self.confirm_every
            || now.saturating_sub(entry.confirmed_at) >= self.confirm_after;
        let kind = if confirmable { Kind::Confirmable } else { Kind::NonConfirmable };
        let (code, token, options) = (response.code, entry.token.get(), response.options);
        let mut message = Message { kind, code, id: 0, token, options, payload };
        let (send, id) = if confirmable {
            let (what, message) =
                (What::Notification(observer.0), Patched { message: &message, own: &own, without: &[] });
            let draft = Draft { to: entry.to, what, message, in_parts: false };
            (self.send(now, &draft, out)?.1, 0)
        } else {
            Patched { message: &message, own: &own, without: &[] }.check_room(out)?;
            let hash = self.hashing.of(&entry.to).whole();
            let peer = self.peer(now, entry.to, hash).ok_or(Error::Full(Resource::Peers))?;
            let peer = self.peers.get_mut(peer).ok_or(Error::Over)?;
            let id = peer.take_id(now, self.lifetime).map_err(|_| Error::Ids)?;
            message.id = id;
            let message = Patched { message: &message, own: &own, without: &[] };
            (Some(Datagram { to: entry.to, len: message.write(out)? }), id)
        };
        if !success {
            self.observers.remove(slot);
            return Ok(send);
        }
        self.observers.set_deadline(slot, NEVER);
        if let Some(entry) = self.observers.get_mut(slot) {
            entry.sequence = sequence;
            (entry.is_behind, entry.in_flight) = (false, confirmable);
            if confirmable {
                (entry.unconfirmed, entry.confirmed_at) = (0, now);
            } else {
                entry.unconfirmed = entry.unconfirmed.saturating_add(1);
                (entry.last_id, entry.has_last_id) = (id, true);
            }
        }
        Ok(send)
    }

    fn resource_hash(&self, resource: u32) -> u32 {
        self.hashing.with(resource.into())
    }

    fn behind(&mut self, slot: u32) {
        if let Some(entry) = self.observers.get_mut(slot) {
            entry.is_behind = true;
        }
    }

    /// The number of the notification that would begin or renew an observation. `None`: there is no room for
    /// another observer, so the response goes without Observe (§4.1).
    #[inline(never)]
    pub(super) fn may_register(&self, request: &Incoming<P>, resource: u32) -> Option<Sequence> {
        if let Some(known) = self.observer_with(request.from, request.token) {
            return self.observers.get(known).map(|entry| entry.sequence.next());
        }
        let hash = self.resource_hash(resource);
        let (mut count, mut at) = (0, self.observers.next_under(1, hash, None));
        while at.is_some() {
            count += 1;
            at = self.observers.next_under(1, hash, at);
        }
        let is_free = count < self.observers_per_resource && !self.observers.is_full();
        is_free.then(|| Sequence::new(1))
    }

    /// Enters a client into the list of observers, or renews its entry.
    #[inline(never)]
    pub(super) fn register(&mut self, now: u64, request: &Incoming<P>, resource: u32, sequence: Sequence) {
        let entry = Observing {
            to: request.from,
            token: request.token,
            resource,
            sequence,
            last_id: 0,
            unconfirmed: 0,
            has_last_id: false,
            in_flight: false,
            is_behind: false,
            is_lost: false,
            accept: request.wishes.accept,
            wanted: request.wishes.wanted,
            confirmed_at: now,
        };
        let hash = [self.hashing.of(&entry.to).whole(), self.resource_hash(resource)];
        match self.observer_with(entry.to, entry.token) {
            Some(known) => {
                self.observers.rekey(known, 1, hash[1]);
                self.observers.set_deadline(known, NEVER);
                if let Some(known) = self.observers.get_mut(known) {
                    *known = Observing { in_flight: known.in_flight, ..entry };
                }
            }
            None => {
                self.observers.insert(entry, hash, NEVER);
            }
        }
    }

    /// Takes a client off the list, if it is on it (§3.6).
    #[inline(never)]
    pub(super) fn deregister(&mut self, from: P, token: Kept) {
        if let Some(known) = self.observer_with(from, token) {
            self.observers.remove(known);
        }
    }

    /// A confirmable notification was acknowledged: the next may go.
    pub(super) fn notified(&mut self, observer: Handle) {
        let Some(slot) = self.observers.slot(observer) else { return };
        let Some(entry) = self.observers.get_mut(slot) else { return };
        entry.in_flight = false;
        if entry.is_behind {
            self.observers.set_deadline(slot, 0);
        }
    }

    /// A reset of a notification that was not confirmable ends the observation (§3.6).
    pub(super) fn forget_observer(&mut self, from: P, id: u16) -> Option<Event<'static, P>> {
        let slot = self.observers.find(0, self.hashing.of(&from).whole(), |entry| {
            entry.to == from && entry.has_last_id && entry.last_id == id
        })?;
        Some(self.gone(slot, Failure::Reset))
    }

    /// Marks all observers at an address as gone; the events are due.
    pub(super) fn lose_observers(&mut self, at: P) {
        let (hash, mut next) = (self.hashing.of(&at).whole(), None);
        while let Some(slot) = self.observers.next_under(0, hash, next) {
            next = Some(slot);
            if let Some(entry) = self.observers.get_mut(slot).filter(|entry| entry.to == at) {
                entry.is_lost = true;
                self.observers.set_deadline(slot, 0);
            }
        }
    }

    /// Does what is due for one observer.
    #[inline(never)]
    pub(super) fn observer_timeout(&mut self, slot: u32) -> Step<'static, P> {
        let Some(&entry) = self.observers.get(slot) else { return Step::NOTHING };
        if entry.is_lost {
            return Step::event(self.gone(slot, Failure::Transport));
        }
        self.observers.set_deadline(slot, NEVER);
        let observer = Observer(self.observers.handle(slot));
        let Observing { resource, accept, wanted, .. } = entry;
        Step::event(Event::Notify { observer, resource, accept, wanted })
    }

    pub(super) fn gone(&mut self, slot: u32, why: Failure) -> Event<'static, P> {
        let observer = Observer(self.observers.handle(slot));
        let resource = self.observers.get(slot).map_or(0, |entry| entry.resource);
        self.observers.remove(slot);
        Event::Gone { observer, resource, why }
    }

    fn observer_with(&self, to: P, token: Kept) -> Option<u32> {
        self.observers.find(0, self.hashing.of(&to).whole(), |entry| entry.token == token && entry.to == to)
    }
}
