//! Messages of peers: each acted on once, each duplicate answered as the first was (RFC 7252 §4.2, §4.5).

use core::hash::Hash;

use super::outgoing::is_unwanted;
use super::random::Hashing;
use super::ring;
use super::slots::{NONE, Slots, UNFILED};
use super::token::Kept;
use super::{Arrival, Datagram, Endpoint, Error, Event, Fault, Gist, Step, peer};
use crate::{Block, BlockSize, Code, ContentFormat, Kind, Message, NoResponse, Observe, Out, Wanted};

/// A message to be acted on, and all that was found out about it on the way.
pub(super) struct Inbound<'m, 'a, P> {
    pub(super) now: u64,
    pub(super) arrival: Arrival<P>,
    /// The hash of the peer.
    pub(super) at: Hashing,
    pub(super) message: &'m Message<'a>,
    pub(super) gist: Gist<'a>,
}

/// What an endpoint remembers of a message it received.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<P> {
    pub(super) from: P,
    pub(super) id: u16,
    pub(super) kind: Kind,
    pub(super) code: Code,
    pub(super) state: State,
    pub(super) multicast: bool,
    pub(super) token: Kept,
    /// The slot of the peer.
    pub(super) peer: u32,
    /// What a request wants of its response.
    pub(super) wishes: Wishes,
    /// Those that wait for an acknowledgement of their own: the one before and the one behind.
    links: [u32; 2],
    /// When the acknowledgement is due, in nanoseconds.
    acknowledge_at: u64,
}

/// What a request says about its response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wishes {
    pub(super) no_response: Option<NoResponse>,
    /// The bytes of the body.
    pub(super) wanted: Wanted,
    /// The block to acknowledge.
    pub(super) block1: Option<Block>,
    pub(super) observe: Option<Observe>,
    pub(super) accept: Option<ContentFormat>,
    /// Bytes of the request, if an unknown peer gets no more than a few times as many (RFC 9175 §2.4).
    pub(super) len: u16,
}

impl Wishes {
    #[inline]
    pub(super) fn of(message: &Message<'_>, gist: &Gist<'_>, size: BlockSize) -> Self {
        let observes = matches!(message.code, Code::GET | Code::FETCH);
        Self {
            no_response: gist.no_response.map(NoResponse::of_bits),
            wanted: Wanted::asked(gist.block2, gist.size2.is_some(), size),
            block1: gist.block1,
            observe: gist.observe.filter(|_| observes).and_then(Observe::of_number),
            accept: gist.accept,
            len: 0,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// A request that waits for its response.
    Pending { acknowledged: bool },
    /// Done. What a duplicate gets.
    Done(Again),
}

/// What a duplicate is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    Nothing,
    Acknowledgement,
    Reply(ring::Kept),
}

/// Confirmable requests that wait for their acknowledgement, in the order these are due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    first: u32,
    last: u32,
}

impl Waiting {
    pub(super) const NOBODY: Self = Self { first: NONE, last: NONE };

    /// When the first acknowledgement is due.
    pub(super) fn due<P: Copy>(&self, incoming: &Slots<'_, Incoming<P>>) -> Option<(u64, u32)> {
        Some((incoming.get(self.first)?.acknowledge_at, self.first))
    }

    /// Has an entry stand behind the last, once it is in the table. If it is not answered by then, the request is
    /// acknowledged on its own.
    #[inline]
    pub(super) fn line_up<P>(&self, entry: &mut Incoming<P>, acknowledge_at: u64) {
        (entry.links, entry.acknowledge_at) = ([self.last, NONE], acknowledge_at);
    }

    /// It is in the table.
    #[inline]
    pub(super) fn push<P: Copy>(&mut self, incoming: &mut Slots<'_, Incoming<P>>, slot: u32) {
        match incoming.get_mut(self.last) {
            Some(last) => last.links[1] = slot,
            None => self.first = slot,
        }
        self.last = slot;
    }

    fn remove<P: Copy>(&mut self, incoming: &mut Slots<'_, Incoming<P>>, [before, behind]: [u32; 2]) {
        match incoming.get_mut(before) {
            Some(before) => before.links[1] = behind,
            None => self.first = behind,
        }
        match incoming.get_mut(behind) {
            Some(behind) => behind.links[0] = before,
            None => self.last = before,
        }
    }
}

impl<P: Copy> Incoming<P> {
    #[inline]
    pub(super) fn new(inbound: &Inbound<'_, '_, P>, token: Kept, peer: u32, size: BlockSize) -> Self {
        let Inbound { arrival, message, .. } = inbound;
        Self {
            from: arrival.from,
            id: message.id,
            kind: message.kind,
            code: message.code,
            state: State::Pending { acknowledged: false },
            multicast: arrival.multicast,
            token,
            peer,
            wishes: Wishes::of(inbound.message, &inbound.gist, size),
            links: [NONE; 2],
            acknowledge_at: 0,
        }
    }
}

impl<P: Copy + Eq + Hash> Endpoint<'_, P> {
    /// Puts a message in the table, in place of one that is answered and idempotent if need be (§4.5).
    pub(super) fn remember(&mut self, now: u64, entry: Incoming<P>, hash: u32) -> Option<u32> {
        let lifetime = if entry.kind == Kind::Confirmable { self.lifetime } else { self.non_lifetime };
        let (hash, deadline) = ([hash, UNFILED], now.saturating_add(lifetime));
        if self.incoming.is_full() {
            let victim = self.incoming.victim(|entry| {
                matches!(entry.state, State::Done(_))
                    && (is_idempotent(entry.code) || !entry.code.is_request())
            })?;
            self.incoming.replace(victim, entry, hash, deadline);
            return Some(victim);
        }
        self.incoming.insert(entry, hash, deadline)
    }

    /// The request is answered; what is left of it is for its duplicates.
    #[inline(never)]
    pub(super) fn done(&mut self, slot: u32, again: Again) {
        let Some(entry) = self.incoming.get_mut(slot) else { return };
        let before = core::mem::replace(&mut entry.state, State::Done(again));
        if let State::Pending { acknowledged } = before {
            if let Some(peer) = self.peers.get_mut(entry.peer) {
                peer.pending -= 1;
            }
            if entry.kind == Kind::Confirmable && !acknowledged {
                let links = entry.links;
                self.waiting.remove(&mut self.incoming, links);
            }
        }
    }

    /// The message with this id that came before.
    #[inline]
    pub(super) fn before(&self, at: Hashing, from: P, id: u16) -> Option<u32> {
        self.incoming.find(0, at.with(id.into()), |entry| entry.id == id && entry.from == from)
    }

    /// Answers a duplicate as its first was. `None`: it may be acted on again.
    #[inline(never)]
    pub(super) fn repeat(
        &mut self,
        slot: u32,
        message: &Message<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Step<'static, P>>, Error> {
        let Some(&entry) = self.incoming.get(slot) else { return Ok(None) };
        let from = entry.from;
        if message.kind != Kind::Confirmable || entry.kind != Kind::Confirmable {
            return Ok(Some(Step::NOTHING));
        }
        let send = match entry.state {
            State::Pending { acknowledged: false } => {
                let send = put(&Message::acknowledge(entry.id), from, out)?;
                self.acknowledge(slot);
                send
            }
            State::Pending { .. } | State::Done(Again::Acknowledgement) => {
                put(&Message::acknowledge(entry.id), from, out)?
            }
            State::Done(again) => {
                let reply = match again {
                    Again::Reply(kept) => self.replies.read(kept),
                    _ => None,
                };
                match reply {
                    Some(reply) if out.room() < reply.len() => {
                        return Err(Error::NoRoom { needed: reply.len() });
                    }
                    Some(reply) => {
                        out.put(reply);
                        Datagram { to: from, len: reply.len() }
                    }
                    None if is_idempotent(entry.code) => {
                        self.incoming.remove(slot);
                        return Ok(None);
                    }
                    None => return Ok(Some(Step::NOTHING)),
                }
            }
        };
        Ok(Some(Step::send(send)))
    }

    /// The next acknowledgement that is due on its own.
    #[inline(never)]
    pub(super) fn acknowledge_late(
        &mut self,
        slot: u32,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<'static, P>, Error> {
        let &Incoming { from, id, .. } = self.incoming.get(slot).ok_or(Error::Over)?;
        let send = put(&Message::acknowledge(id), from, out)?;
        self.acknowledge(slot);
        Ok(Step::send(send))
    }

    fn acknowledge(&mut self, slot: u32) {
        let Some(entry) = self.incoming.get_mut(slot) else { return };
        entry.state = State::Pending { acknowledged: true };
        let links = entry.links;
        self.waiting.remove(&mut self.incoming, links);
    }

    /// The lifetime of a message is over.
    pub(super) fn forget(&mut self, slot: u32) {
        self.done(slot, Again::Nothing);
        self.incoming.remove(slot);
    }

    /// A separate or non-confirmable response that is no duplicate.
    #[inline(never)]
    pub(super) fn responded<'a>(
        &mut self,
        inbound: &Inbound<'_, 'a, P>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<'a, P>, Error> {
        let (Inbound { arrival, message, .. }, from) = (inbound, inbound.arrival.from);
        let Some(call) = self.awaiting(from, message.token) else {
            let event = Event::Refused { from, why: Fault::Unmatched };
            let send = match is_unwanted(message) && !arrival.multicast {
                true => Some(put(&Message::reset(message.id), from, out)?),
                false => None,
            };
            return Ok(Step::new(send, Some(event)));
        };
        let (send, again) = match message.kind {
            Kind::Confirmable => {
                (Some(put(&Message::acknowledge(message.id), from, out)?), Again::Acknowledgement)
            }
            _ => (None, Again::Nothing),
        };
        let mut entry = Incoming::new(inbound, Kept::EMPTY, NONE, self.block_size);
        entry.state = State::Done(again);
        // Without memory its duplicates find no request any more, and are reset.
        self.remember(inbound.now, entry, inbound.at.with(message.id.into()));
        // With the acknowledgement said, what follows is due.
        let out = if send.is_some() { None } else { Some(out) };
        let step = self.take_response(call, inbound, out);
        Ok(Step::new(send.or(step.send), step.event))
    }

    /// The slot of a peer, new if need be.
    pub(super) fn peer(&mut self, now: u64, at: P, hash: u32) -> Option<u32> {
        peer::find_or_add(&mut self.peers, at, hash, &mut self.random, now, self.lifetime)
    }
}

/// Whether doing it twice is doing it once (RFC 7252 §5.1, RFC 8132 §2, §3).
fn is_idempotent(code: Code) -> bool {
    matches!(code, Code::GET | Code::PUT | Code::DELETE | Code::FETCH | Code::IPATCH)
}

/// Writes a message whole.
pub(super) fn put<P>(
    message: &Message<'_>,
    to: P,
    out: &mut (impl Out + ?Sized),
) -> Result<Datagram<P>, Error> {
    message.encode(out)?;
    Ok(Datagram { to, len: message.encoded_len() })
}
