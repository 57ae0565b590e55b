//! Messages of ours under way: requests, separate responses, pings (RFC 7252 §4.2, §4.3, §5.3, §8).
//!
//! ```text
//!            NSTART, pace              acknowledged, or not to be
//! Waiting ------------------> Flying ----------------------------> Open --> Response, Ended, Failed
//!    |         Leisure ---------^  `--> Response, Undelivered, Failed
//!    `--> Failed
//! ```

use core::hash::Hash;
use core::time::Duration;

use super::slots::{Handle, NEVER, NONE};
use super::token::Kept;
use super::wire::{nanos, write};
use super::{
    Arrival, Call, Datagram, Delivery, Endpoint, Error, Event, Exchange, Failure, Fault, Request, Resource,
    Step,
};
use crate::{Code, Kind, Message, OptionNumber, Out, Refusal, SliceOut, Token};

/// What an endpoint remembers of a message it sends.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<P> {
    pub(super) to: P,
    /// The slot of the peer.
    peer: u32,
    pub(super) what: What,
    phase: Phase,
    pub(super) token: Kept,
    /// The message id, from the first transmission on.
    id: u16,
    /// Bytes of the message in its cell.
    len: u32,
    /// The next in the queue of the peer.
    next: u32,
}

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Request(Delivery),
    Ping,
    /// Separate, or to a group.
    Response(Handle),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// In the queue of its peer, until fewer interactions are under way.
    Queued,
    /// To be sent at its deadline; `counted`: as one of NSTART.
    Due { counted: bool },
    /// Sent, to be acknowledged; its deadline is when it is sent again.
    Flying { wait: u64, count: u8 },
    /// A request that waits for its response.
    Open,
    /// Given up; the event is due.
    Failing(Failure),
}

impl<P: Copy + Eq + Hash> Endpoint<'_, P> {
    /// Sends a request, or keeps it until it may be sent: no more than NSTART confirmable messages are under
    /// way to one peer, and to one that stays silent no more than PROBING_RATE is sent. Either way the
    /// [`Call`] stands for it in the events to come.
    ///
    /// # Errors
    ///
    /// [`Error::Code`] if the code is no method, [`Error::Token`], [`Error::Full`], [`Error::TooLong`],
    /// [`Error::NoRoom`].
    pub fn request(
        &mut self,
        now: Duration,
        to: P,
        request: &Request<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(Call, Option<Datagram<P>>), Error> {
        if !request.code.is_request() {
            return Err(Error::Code(request.code));
        }
        let token = self.token_for(to, request)?;
        let kind = match request.delivery {
            Delivery::Confirmable => Kind::Confirmable,
            Delivery::NonConfirmable | Delivery::Multicast => Kind::NonConfirmable,
        };
        let message = Message {
            kind,
            code: request.code,
            id: 0,
            token: token.get(),
            options: request.options,
            payload: request.payload,
        };
        let (slot, send) = self.send(nanos(now), to, What::Request(request.delivery), &message, out)?;
        Ok((Call(self.outgoing.handle(slot)), send))
    }

    /// Asks a peer whether it is there: an empty confirmable message, which it answers with a reset
    /// (RFC 7252 §4.3). Ends with [`Event::Pong`] or [`Event::Failed`].
    ///
    /// # Errors
    ///
    /// As [`Endpoint::request`].
    pub fn ping(
        &mut self,
        now: Duration,
        to: P,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(Call, Option<Datagram<P>>), Error> {
        let message = Message::empty(Kind::Confirmable, 0);
        let (slot, send) = self.send(nanos(now), to, What::Ping, &message, out)?;
        Ok((Call(self.outgoing.handle(slot)), send))
    }

    /// Gives a request up: nothing more is sent for it and no event comes from it. A response that still
    /// arrives is rejected.
    ///
    /// # Errors
    ///
    /// [`Error::Over`] if it has ended.
    pub fn cancel(&mut self, call: Call) -> Result<(), Error> {
        let slot = self.outgoing.slot(call.0).ok_or(Error::Over)?;
        self.finish(slot);
        Ok(())
    }

    /// The token of a request: the caller's, or a random one that is not in use.
    fn token_for(&mut self, to: P, request: &Request<'_>) -> Result<Kept, Error> {
        let group = request.delivery == Delivery::Multicast;
        if let Some(token) = request.token {
            let token = Kept::new(token).ok_or(Error::Token)?;
            let taken = self.call_with(to, token).is_some() || (group && self.group_call(token).is_some());
            return if taken { Err(Error::Token) } else { Ok(token) };
        }
        loop {
            let token = Kept::random(self.random.next());
            if self.call_with(to, token).is_none() && self.group_call(token).is_none() {
                return Ok(token);
            }
        }
    }

    /// Puts a message in the table and sends it, if that is allowed now.
    pub(super) fn send(
        &mut self,
        now: u64,
        to: P,
        what: What,
        message: &Message<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(u32, Option<Datagram<P>>), Error> {
        let slot = self.enter(now, to, what, message)?;
        if let Err(error) = self.room_for(slot, out) {
            self.finish(slot);
            return Err(error);
        }
        let send = if self.may_fly(now, slot, message.kind) { self.transmit(now, slot, out) } else { None };
        Ok((slot, send))
    }

    /// Whether the output takes the message of a slot.
    fn room_for(&self, slot: u32, out: &(impl Out + ?Sized)) -> Result<(), Error> {
        let needed = self.message(slot).len();
        if out.room() < needed { Err(Error::NoRoom { needed }) } else { Ok(()) }
    }

    /// The bytes of a message.
    fn message(&self, slot: u32) -> &[u8] {
        let len = self.outgoing.get(slot).map_or(0, |entry| entry.len);
        self.messages.get(slot).get(..usize::try_from(len).unwrap_or_default()).unwrap_or_default()
    }

    /// Puts a message in the table, due at its deadline.
    pub(super) fn enter(&mut self, now: u64, to: P, what: What, message: &Message<'_>) -> Result<u32, Error> {
        let peer = self.peer(now, to).ok_or(Error::Full(Resource::Peers))?;
        let token = Kept::new(message.token).ok_or(Error::Token)?;
        let hash = match what {
            What::Request(Delivery::Multicast) => self.hashing.with(token.number()),
            What::Request(_) => self.hashing.of(&to).with(token.number()),
            What::Ping | What::Response(_) => self.hashing.of(&to).whole(),
        };
        let phase = Phase::Due { counted: false };
        let entry = Outgoing { to, peer, what, phase, token, id: 0, len: 0, next: NONE };
        let slot = self.outgoing.insert(entry, [0, hash], NEVER).ok_or(Error::Full(Resource::Outgoing))?;
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.live += 1;
        }
        let limit = self.messages.cell();
        let written = match self.messages.get_mut(slot) {
            Some(cell) => {
                let mut cell = SliceOut::new(cell);
                write(message, &[], &mut cell).map(|()| cell.len())
            }
            None => Err(crate::EncodeError::NoRoom { needed: 0 }),
        };
        match written.map_err(|error| match Error::from(error) {
            Error::NoRoom { .. } => Error::TooLong { limit },
            error => error,
        }) {
            Ok(len) => {
                if let Some(entry) = self.outgoing.get_mut(slot) {
                    entry.len = u32::try_from(len).unwrap_or_default();
                }
                Ok(slot)
            }
            Err(error) => {
                self.finish(slot);
                Err(error)
            }
        }
    }

    /// Whether a message may go out now; if not, it is where it waits for that.
    fn may_fly(&mut self, now: u64, slot: u32, kind: Kind) -> bool {
        let (nstart, rate) = (self.params.nstart.max(1), self.params.probing_rate);
        let Some(entry) = self.outgoing.get_mut(slot) else { return false };
        let Some(peer) = self.peers.get_mut(entry.peer) else { return false };
        if entry.phase == (Phase::Due { counted: true }) {
            return true;
        }
        if kind == Kind::Confirmable {
            if peer.outstanding >= nstart {
                entry.phase = Phase::Queued;
                let last = core::mem::replace(&mut peer.queue[1], slot);
                match self.outgoing.get_mut(last) {
                    Some(last) => last.next = slot,
                    None => peer.queue[0] = slot,
                }
                return false;
            }
            peer.outstanding += 1;
            entry.phase = Phase::Due { counted: true };
        } else if entry.what == What::Request(Delivery::NonConfirmable) && rate > 0 {
            // RFC 7252 §4.7: a peer that does not answer is sent PROBING_RATE on average.
            if now < peer.quiet_until {
                let until = peer.quiet_until;
                self.outgoing.set_deadline(slot, until);
                return false;
            }
            peer.quiet_until = now + u64::from(entry.len) * 1_000_000_000 / u64::from(rate);
        }
        true
    }

    /// Sends a message of the table for the first time, under a new id. The output has room for it. Without a
    /// free id it stays due.
    fn transmit(&mut self, now: u64, slot: u32, out: &mut (impl Out + ?Sized)) -> Option<Datagram<P>> {
        let &entry = self.outgoing.get(slot)?;
        let id = match self.peers.get_mut(entry.peer)?.take_id(now, self.lifetime) {
            Ok(id) => id,
            Err(until) => {
                self.outgoing.set_deadline(slot, until);
                return None;
            }
        };
        if let Some([_, _, high, low, ..]) = self.messages.get_mut(slot) {
            [*high, *low] = id.to_be_bytes();
        }
        let message = self.message(slot);
        out.put(message);
        let send = Datagram { to: entry.to, len: message.len() };
        let (phase, deadline) = match (entry.phase, entry.what) {
            (Phase::Due { counted: true }, _) => {
                let wait = self.ack_wait + self.random.up_to(self.ack_spread);
                (Phase::Flying { wait, count: 0 }, now.saturating_add(wait))
            }
            (_, What::Request(_)) => (Phase::Open, now.saturating_add(self.patience)),
            _ => {
                self.finish(slot);
                return Some(send);
            }
        };
        self.outgoing.rekey(slot, 0, self.hashing.of(&entry.to).with(id.into()));
        if let Some(entry) = self.outgoing.get_mut(slot) {
            (entry.id, entry.phase) = (id, phase);
        }
        self.outgoing.set_deadline(slot, deadline);
        Some(send)
    }

    /// Does what is due for one message.
    pub(super) fn outgoing_timeout(
        &mut self,
        now: u64,
        slot: u32,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<'static, P>, Error> {
        let Some(&entry) = self.outgoing.get(slot) else { return Ok(Step::NOTHING) };
        match entry.phase {
            Phase::Queued => self.outgoing.set_deadline(slot, NEVER),
            Phase::Due { .. } => {
                self.room_for(slot, out)?;
                let kind = match self.messages.get(slot).first() {
                    Some(first) if first & 0x30 == 0 => Kind::Confirmable,
                    _ => Kind::NonConfirmable,
                };
                if self.may_fly(now, slot, kind) {
                    return Ok(Step::new(self.transmit(now, slot, out), None));
                }
                if self.outgoing.get(slot).is_some_and(|entry| entry.phase == Phase::Queued) {
                    self.outgoing.set_deadline(slot, NEVER);
                }
            }
            Phase::Flying { wait, count } if count < self.params.max_retransmit => {
                self.room_for(slot, out)?;
                let message = self.message(slot);
                out.put(message);
                let len = message.len();
                let wait = wait.saturating_mul(2);
                if let Some(entry) = self.outgoing.get_mut(slot) {
                    entry.phase = Phase::Flying { wait, count: count + 1 };
                }
                self.outgoing.set_deadline(slot, now.saturating_add(wait));
                return Ok(Step::send(Datagram { to: entry.to, len }));
            }
            Phase::Flying { .. } => return Ok(self.fail(slot, Failure::NoAcknowledgement)),
            Phase::Open => return Ok(self.fail(slot, Failure::NoResponse)),
            Phase::Failing(why) => return Ok(self.fail(slot, why)),
        }
        Ok(Step::NOTHING)
    }

    /// Ends a message without success.
    pub(super) fn fail(&mut self, slot: u32, why: Failure) -> Step<'static, P> {
        let call = Call(self.outgoing.handle(slot));
        let Some(entry) = self.finish(slot) else { return Step::NOTHING };
        match (entry.what, why) {
            (What::Response(exchange), why) => {
                Step::event(Event::Undelivered { exchange: Exchange(exchange), why })
            }
            (What::Request(Delivery::Multicast), Failure::NoResponse) => Step::event(Event::Ended { call }),
            (What::Ping, Failure::Reset) => Step::event(Event::Pong { call }),
            _ => Step::event(Event::Failed { call, why }),
        }
    }

    /// Takes a message out of the table, and lets the next one of its peer go.
    pub(super) fn finish(&mut self, slot: u32) -> Option<Outgoing<P>> {
        if self.outgoing.get(slot)?.phase == Phase::Queued {
            self.leave_queue(slot);
        }
        let entry = self.outgoing.remove(slot)?;
        if let Some(peer) = self.peers.get_mut(entry.peer) {
            peer.live -= 1;
        }
        if matches!(entry.phase, Phase::Flying { .. } | Phase::Due { counted: true }) {
            self.land(entry.peer);
        }
        Some(entry)
    }

    /// One interaction fewer is under way with this peer: the next in its queue is due.
    fn land(&mut self, peer: u32) {
        let Some(peer) = self.peers.get_mut(peer) else { return };
        let first = peer.queue[0];
        let Some(entry) = self.outgoing.get_mut(first) else {
            peer.outstanding -= 1;
            return;
        };
        peer.queue[0] = entry.next;
        if entry.next == NONE {
            peer.queue[1] = NONE;
        }
        (entry.phase, entry.next) = (Phase::Due { counted: true }, NONE);
        self.outgoing.set_deadline(first, 0);
    }

    fn leave_queue(&mut self, slot: u32) {
        let Some(&entry) = self.outgoing.get(slot) else { return };
        let Some(peer) = self.peers.get_mut(entry.peer) else { return };
        let (mut at, mut before) = (peer.queue[0], NONE);
        while at != slot {
            let Some(waiting) = self.outgoing.get(at) else { return };
            (before, at) = (at, waiting.next);
        }
        match self.outgoing.get_mut(before) {
            Some(before) => before.next = entry.next,
            None => peer.queue[0] = entry.next,
        }
        if peer.queue[1] == slot {
            peer.queue[1] = before;
        }
    }

    /// The message of ours that an acknowledgement or a reset is about.
    fn with_id(&self, from: P, id: u16) -> Option<u32> {
        let hash = self.hashing.of(&from).with(id.into());
        let sent = |entry: &Outgoing<P>| {
            entry.id == id && entry.to == from && matches!(entry.phase, Phase::Flying { .. } | Phase::Open)
        };
        self.outgoing.find(0, hash, sent)
    }

    /// The request to this peer with this token.
    fn call_with(&self, to: P, token: Kept) -> Option<u32> {
        let hash = self.hashing.of(&to).with(token.number());
        self.outgoing.find(1, hash, |entry| {
            entry.token == token && entry.to == to && matches!(entry.what, What::Request(_))
        })
    }

    /// The request to a group with this token: whoever answers, it is for us (RFC 7252 §8.2).
    fn group_call(&self, token: Kept) -> Option<u32> {
        self.outgoing.find(1, self.hashing.with(token.number()), |entry| {
            entry.token == token && entry.what == What::Request(Delivery::Multicast)
        })
    }

    /// An empty acknowledgement: a response may follow (RFC 7252 §5.2.2).
    pub(super) fn acknowledged(&mut self, now: u64, from: P, id: u16) -> Step<'static, P> {
        let Some(slot) = self.with_id(from, id) else { return Step::NOTHING };
        let Some(entry) = self.outgoing.get_mut(slot) else { return Step::NOTHING };
        if !matches!(entry.phase, Phase::Flying { .. }) {
            return Step::NOTHING;
        }
        match entry.what {
            What::Request(_) => {
                entry.phase = Phase::Open;
                let peer = entry.peer;
                self.outgoing.set_deadline(slot, now.saturating_add(self.patience));
                self.land(peer);
                self.heard(peer);
                Step::NOTHING
            }
            // Not the answer to expect, but the peer is there.
            What::Ping => self.fail(slot, Failure::Reset),
            What::Response(_) => {
                self.finish(slot);
                Step::NOTHING
            }
        }
    }

    /// A reset: the peer could do nothing with a message of ours.
    pub(super) fn reset(&mut self, arrival: Arrival<P>, id: u16) -> Step<'static, P> {
        match self.with_id(arrival.from, id) {
            // RFC 7252 §8.1: nobody answers a group with a reset, so it cannot end the others' turn.
            Some(slot)
                if self
                    .outgoing
                    .get(slot)
                    .is_some_and(|entry| entry.what == What::Request(Delivery::Multicast)) =>
            {
                Step::NOTHING
            }
            Some(slot) => self.fail(slot, Failure::Reset),
            None => Step::event(Event::Refused { from: arrival.from, why: Fault::Unmatched }),
        }
    }

    /// A response in an acknowledgement: both its id and its token must be those of the request
    /// (RFC 7252 §5.3.2).
    pub(super) fn piggybacked<'a>(&mut self, from: P, message: Message<'a>) -> Step<'a, P> {
        let found = self.with_id(from, message.id).filter(|&slot| {
            self.outgoing.get(slot).is_some_and(|entry| {
                matches!(entry.phase, Phase::Flying { .. })
                    && matches!(entry.what, What::Request(_))
                    && entry.token.get() == message.token
            })
        });
        match found {
            Some(slot) => self.respond_to(slot, from, message),
            None => Step::event(Event::Refused { from, why: Fault::Unmatched }),
        }
    }

    /// The request a separate or non-confirmable response is for.
    pub(super) fn awaiting(&self, from: P, token: Token<'_>) -> Option<u32> {
        let token = Kept::new(token)?;
        let is_sent = |slot: &u32| {
            self.outgoing
                .get(*slot)
                .is_some_and(|entry| matches!(entry.phase, Phase::Flying { .. } | Phase::Open))
        };
        self.call_with(from, token).or_else(|| self.group_call(token)).filter(is_sent)
    }

    /// Hands a response to its request.
    pub(super) fn respond_to<'a>(&mut self, slot: u32, from: P, message: Message<'a>) -> Step<'a, P> {
        let call = Call(self.outgoing.handle(slot));
        let more =
            self.outgoing.get(slot).is_some_and(|entry| entry.what == What::Request(Delivery::Multicast));
        if !more && let Some(entry) = self.finish(slot) {
            self.heard(entry.peer);
        }
        Step::event(Event::Response { call, from, message, more })
    }

    /// A response that must not be acted on ends its request all the same.
    pub(super) fn refused_response(
        &mut self,
        from: P,
        message: &Message<'_>,
        refusal: Refusal,
    ) -> Option<Event<'static, P>> {
        let slot = match message.kind {
            Kind::Acknowledgement => self.with_id(from, message.id).filter(|&slot| {
                self.outgoing.get(slot).is_some_and(|entry| entry.token.get() == message.token)
            }),
            _ => Kept::new(message.token).and_then(|token| self.call_with(from, token)),
        }?;
        let is_request = self.outgoing.get(slot).is_some_and(|entry| matches!(entry.what, What::Request(_)));
        if is_request { self.fail(slot, Failure::Unusable(refusal)).event } else { None }
    }

    /// The peer is not silent: the pace is off until the next message it may ignore.
    fn heard(&mut self, peer: u32) {
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.quiet_until = 0;
        }
    }

    /// Marks everything to a peer as failed; the events are due.
    pub(super) fn give_up(&mut self, to: P, why: Failure) {
        for slot in 0..self.outgoing.end() {
            let Some(entry) = self.outgoing.get(slot).filter(|entry| entry.to == to) else { continue };
            let (peer, phase) = (entry.peer, entry.phase);
            if phase == Phase::Queued {
                self.leave_queue(slot);
            }
            if let Some(entry) = self.outgoing.get_mut(slot) {
                (entry.phase, entry.next) = (Phase::Failing(why), NONE);
            }
            self.outgoing.set_deadline(slot, 0);
            if matches!(phase, Phase::Flying { .. } | Phase::Due { counted: true }) {
                self.land(peer);
            }
        }
    }
}

/// Whether a response that answers nothing may be reset although it is not confirmable: a notification nobody
/// wants would go on for ever (RFC 7641 §3.6).
pub(super) fn is_unwanted(message: &Message<'_>) -> bool {
    message.kind == Kind::Confirmable || message.options.has(OptionNumber::OBSERVE)
}

/// Whether doing it twice is doing it once (RFC 7252 §5.1, RFC 8132 §2, §3).
pub(super) fn is_idempotent(code: Code) -> bool {
    matches!(code, Code::GET | Code::PUT | Code::DELETE | Code::FETCH | Code::IPATCH)
}
