//! Observers of our resources at the other end of the connection (RFC 7641 §4, RFC 8323 §7).

use super::super::incoming::Wishes;
use super::super::slots::NEVER;
use super::super::token::Kept;
use super::super::wire::Own;
use super::super::{Body, Error, Failure, Observer, Response};
use super::{Connection, Event};
use crate::{ContentFormat, OptionNumber, Out, Uint, Wanted};

/// What a connection remembers of an observer: the token names it.
#[derive(Clone, Copy, Debug)]
pub struct Watching {
    token: Kept,
    /// The resource, as the application numbers it.
    resource: u32,
    accept: Option<ContentFormat>,
    wanted: Wanted,
    /// Whether it asked for a block.
    asks_block: bool,
}

impl Connection<'_> {
    /// The state of a resource has changed. Each of its observers falls due with an [`Event::Notify`]; several
    /// changes before that are one (RFC 7641 §1.3).
    pub fn changed(&mut self, resource: u32) {
        let (hash, mut at) = (self.resource_hash(resource), None);
        while let Some(slot) = self.observers.next_under(1, hash, at) {
            at = Some(slot);
            if self.observers.get(slot).is_some_and(|entry| entry.resource == resource) {
                self.observers.set_deadline(slot, 0);
            }
        }
    }

    /// Sends a notification: the state the resource has now. A response that is no success ends the observation
    /// (RFC 7641 §4.2).
    ///
    /// # Errors
    ///
    /// [`Error::Over`] if the observer is gone, [`Error::Code`], [`Error::Part`], [`Error::NoRoom`],
    /// [`Error::PeerLimit`].
    pub fn notify(
        &mut self,
        observer: Observer,
        response: &Response<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), Error> {
        if !response.code.is_response() {
            return Err(Error::Code(response.code));
        }
        let slot = self.observers.slot(observer.0).filter(|_| !self.is_closed()).ok_or(Error::Over)?;
        let &Watching { token, wanted, asks_block, .. } = self.observers.get(slot).ok_or(Error::Over)?;
        let (mut own, mut payload) = (Own::NONE, response.payload);
        let success = response.code.class() == 2;
        if success {
            own.push(OptionNumber::OBSERVE, Uint::new(0));
            let part = match response.body {
                Body::Whole => wanted.part_of(u64::try_from(payload.len()).unwrap_or(u64::MAX))?,
                Body::Part { more, .. } => wanted.part(payload.len(), more)?,
            };
            let knows_blocks = asks_block || self.peer.block_wise;
            match response.body {
                Body::Part { .. } if part.more() && !knows_blocks => {
                    return Err(Error::PeerLimit { limit: self.peer.max_message_size });
                }
                Body::Whole if part.more() && !knows_blocks => {}
                _ => {
                    payload = part.bytes_of(payload);
                    own.push_block(OptionNumber::BLOCK2, part.block);
                    if let Some(size) = part.size {
                        own.push(OptionNumber::SIZE2, Uint::new(size));
                    }
                }
            }
        }
        self.put(token.get(), response.code, response.options, payload, &own, out)?;
        match success {
            true => self.observers.set_deadline(slot, NEVER),
            false => self.observers.remove(slot),
        }
        Ok(())
    }

    /// Whether an observation can be begun or renewed: without room the response goes without Observe
    /// (RFC 7641 §4.1).
    pub(super) fn may_register(&self, token: Kept) -> bool {
        self.observer_with(token).is_some() || !self.observers.is_full()
    }

    /// Enters an observer into the list, or renews its entry.
    pub(super) fn register(&mut self, token: Kept, resource: u32, wishes: &Wishes, asks_block: bool) {
        let Wishes { accept, wanted, .. } = *wishes;
        let entry = Watching { token, resource, accept, wanted, asks_block };
        let hash = [self.hashing.with(token.number()), self.resource_hash(resource)];
        let Some(known) = self.observer_with(token) else {
            self.observers.insert(entry, hash, NEVER);
            return;
        };
        self.observers.rekey(known, 1, hash[1]);
        self.observers.set_deadline(known, NEVER);
        if let Some(known) = self.observers.get_mut(known) {
            *known = entry;
        }
    }

    /// Takes an observer off the list, if it is on it.
    pub(super) fn deregister(&mut self, token: Kept) {
        if let Some(known) = self.observer_with(token) {
            self.observers.remove(known);
        }
    }

    /// Asks for the state an observer is to be told.
    pub(super) fn observer_timeout(&mut self, slot: u32) -> Option<Event<'static>> {
        let &Watching { resource, accept, wanted, .. } = self.observers.get(slot)?;
        self.observers.set_deadline(slot, NEVER);
        let observer = Observer(self.observers.handle(slot));
        Some(Event::Notify { observer, resource, accept, wanted })
    }

    /// RFC 8323 §7.4: with the connection all its observers go.
    pub(super) fn gone(&mut self, slot: u32) -> Event<'static> {
        let observer = Observer(self.observers.handle(slot));
        let resource = self.observers.get(slot).map_or(0, |entry| entry.resource);
        self.observers.remove(slot);
        Event::Gone { observer, resource, why: Failure::Closed }
    }

    fn observer_with(&self, token: Kept) -> Option<u32> {
        self.observers.find(0, self.hashing.with(token.number()), |entry| entry.token == token)
    }

    fn resource_hash(&self, resource: u32) -> u32 {
        self.hashing.with(resource.into())
    }
}
