//! Messages of ours under way: their transmission, acknowledgement and end (RFC 7252 §4.2, §4.3, §4.7).
//!
//! ```text
//!       NSTART, pace, leisure           acknowledged, or not to be
//! Due, Queued ----------------> Flying ----------------------------> Open
//!   ^                             |    MAX_RETRANSMIT, reset          |
//!   `-- the next block ----- ended, or Failing -----------------------'
//! ```

use core::hash::Hash;
use core::time::Duration;

use super::client::Progress;
use super::random::Hashing;
use super::slots::{Handle, NEVER, NONE, UNFILED, long};
use super::token::Kept;
use super::wire::{Own, Patched, nanos};
use super::{
    Arrival, Call, Datagram, Delivery, Endpoint, Error, Event, Exchange, Failure, Fault, Resource, Step,
};
use crate::stage::copy;
use crate::{Block, Code, EncodeError, Kind, Message, OptionNumber, Options, Out, SliceOut};

/// What an endpoint remembers of a message it sends.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<P> {
    pub(super) to: P,
    /// The slot of the peer.
    pub(super) peer: u32,
    pub(super) what: What,
    pub(super) phase: Phase,
    pub(super) token: Kept,
    pub(super) is_confirmable: bool,
    /// The message id, from the first transmission on.
    id: u16,
    /// Bytes of the message in its cell, and of its options.
    pub(super) head: u32,
    pub(super) options: u32,
    /// Where its Block2 has its value, and how many bytes; none if that is not known.
    block2: (u32, u8),
    /// Bytes of a part of the body behind it.
    pub(super) part: u32,
    /// The next in the queue of the peer.
    next: u32,
    /// Where a request is with its body, its response's body and its observation.
    pub(super) progress: Progress,
}

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Request(Delivery),
    Ping,
    /// Separate, or to a group.
    Response(Handle),
    Notification(Handle),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// In the queue of its peer, until fewer interactions are under way.
    Queued,
    /// To be sent at its deadline; `counted`: as one of NSTART.
    Due { counted: bool },
    /// Sent, to be acknowledged; its deadline is when it is sent again.
    Flying { wait: u64, count: u8 },
    /// A request that waits for its response, or for the next part of its body.
    Open,
    /// Given up; the event is due.
    Failing(Failure),
}

impl Phase {
    const fn is_counted(self) -> bool {
        matches!(self, Self::Flying { .. } | Self::Due { counted: true })
    }
}

/// What is to be put in the table.
pub(super) struct Draft<'a, P> {
    pub(super) to: P,
    pub(super) what: What,
    pub(super) message: Patched<'a>,
    /// Whether the payload is a part of a body, to be followed by others in its place.
    pub(super) in_parts: bool,
}

impl<P: Copy + Eq + Hash> Endpoint<'_, P> {
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
        let empty = Message::empty(Kind::Confirmable, 0);
        let draft = Draft { to, what: What::Ping, message: Patched::plain(&empty), in_parts: false };
        let (slot, send) = self.send(nanos(now), &draft, out)?;
        Ok((Call(self.outgoing.handle(slot)), send))
    }

    /// Puts a message in the table and sends it, if that is allowed now.
    pub(super) fn send(
        &mut self,
        now: u64,
        draft: &Draft<'_, P>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(u32, Option<Datagram<P>>), Error> {
        let slot = self.enter(now, draft)?;
        let send = self.begin(now, slot, out)?;
        Ok((slot, send))
    }

    /// Sends a message that was put in the table, if that is allowed now; takes it out again if it does not fit.
    pub(super) fn begin(
        &mut self,
        now: u64,
        slot: u32,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Datagram<P>>, Error> {
        if let Err(error) = self.room_for(slot, out) {
            self.finish(slot);
            return Err(error);
        }
        Ok(self.launch(now, slot, out))
    }

    /// Puts a message in the table, due at a deadline that is not set yet.
    pub(super) fn enter(&mut self, now: u64, draft: &Draft<'_, P>) -> Result<u32, Error> {
        let &Draft { to, what, message, in_parts } = draft;
        let &Message { kind, token, payload, .. } = message.message;
        let kept = Kept::new(token).ok_or(Error::Token)?;
        let slot = self.take(now, to, what, kept, kind == Kind::Confirmable)?;
        let limit = self.messages.cell();
        let written = self.messages.get_mut(slot).ok_or(EncodeError::NoRoom { needed: 0 }).and_then(|cell| {
            let mut cell = SliceOut::new(cell);
            if !in_parts {
                return message.write(&mut cell);
            }
            let head = Message { payload: &[], ..*message.message };
            let head = Patched { message: &head, ..message }.write(&mut cell)?;
            let needed = head + payload.len();
            if cell.room() < payload.len() { Err(EncodeError::NoRoom { needed }) } else { Ok(head) }
        });
        match written {
            Ok(head) => {
                let behind = if in_parts || payload.is_empty() { 0 } else { 1 + payload.len() };
                if let Some(entry) = self.outgoing.get_mut(slot) {
                    entry.head = u32::try_from(head).unwrap_or_default();
                    let options = head.saturating_sub(4 + token.len() + behind);
                    entry.options = u32::try_from(options).unwrap_or_default();
                }
                if in_parts {
                    self.put_part(slot, payload);
                }
                Ok(slot)
            }
            Err(error) => {
                self.finish(slot);
                Err(match error {
                    EncodeError::NoRoom { .. } => Error::TooLong { limit },
                    error => Error::Encode(error),
                })
            }
        }
    }

    /// Takes a slot for a message that has no bytes yet.
    pub(super) fn take(
        &mut self,
        now: u64,
        to: P,
        what: What,
        token: Kept,
        is_confirmable: bool,
    ) -> Result<u32, Error> {
        let at = self.hashing.of(&to);
        let peer = self.peer(now, to, at.whole()).ok_or(Error::Full(Resource::Peers))?;
        let hash = match what {
            What::Request(Delivery::Multicast) => self.hashing.with(token.number()),
            What::Request(_) => at.with(token.number()),
            What::Ping | What::Response(_) | What::Notification(_) => UNFILED,
        };
        let entry = Outgoing {
            to,
            peer,
            what,
            phase: Phase::Due { counted: false },
            token,
            is_confirmable,
            id: 0,
            head: 0,
            options: 0,
            block2: (0, 0),
            part: 0,
            next: NONE,
            progress: Progress::none(),
        };
        let slot =
            self.outgoing.insert(entry, [UNFILED, hash], NEVER).ok_or(Error::Full(Resource::Outgoing))?;
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.live += 1;
        }
        Ok(slot)
    }

    /// Puts a part of a body behind the message in a cell; `false` if it does not fit.
    pub(super) fn put_part(&mut self, slot: u32, part: &[u8]) -> bool {
        let Some(entry) = self.outgoing.get_mut(slot) else { return false };
        let (Ok(head), Ok(len)) = (usize::try_from(entry.head), u32::try_from(part.len())) else {
            return false;
        };
        let place = self.messages.get_mut(slot).and_then(|cell| cell.get_mut(head..head + part.len()));
        let Some(place) = place else { return false };
        place.copy_from_slice(part);
        entry.part = len;
        true
    }

    /// The request in a cell as it goes out now, in place of what the caller made.
    #[inline(never)]
    fn patched<R>(&self, slot: u32, then: impl FnOnce(Patched<'_>) -> R) -> Option<R> {
        let entry = self.outgoing.get(slot)?;
        let (head, part) = self.messages.get(slot).split_at_checked(long(entry.head))?;
        let ([first, code, _, _], body) = head.split_first_chunk()?;
        // The token of the cell may be another's, from whom the message was copied.
        let (_, body) = body.split_at_checked(usize::from(first & 15))?;
        let (options, payload) = body.split_at_checked(long(entry.options))?;
        let message = Message {
            kind: if entry.is_confirmable { Kind::Confirmable } else { Kind::NonConfirmable },
            code: Code(*code),
            id: entry.id,
            token: entry.token.get(),
            options: Options::checked(options),
            payload: match entry.part {
                0 => payload.get(1..).unwrap_or_default(),
                len => part.get(..long(len))?,
            },
        };
        let (own, without) = entry.progress.patches();
        Some(then(Patched { message: &message, own: &own, without }))
    }

    /// Has a request ask for another block. In the course of a body mostly only the value of Block2 changes.
    pub(super) fn ask_for(&mut self, slot: u32, block: Block) {
        let Some(entry) = self.outgoing.get_mut(slot) else { return };
        let ((at, len), value) = (entry.block2, block.uint());
        if value.len() == usize::from(len)
            && let Some(place) = self.messages.get_mut(slot)
            && let Some(place) = place.get_mut(long(at)..long(at) + value.len())
        {
            copy(place, &value);
            return;
        }
        entry.progress.block2 = Some(block);
        // What observes is sent again as it was.
        if entry.progress.is_for_good() {
            self.bake(slot);
        }
    }

    /// Puts a request as it goes out now in the place of what the caller made, if it is short.
    #[inline(never)]
    fn bake(&mut self, slot: u32) -> Option<()> {
        let mut bytes = [0; 160];
        let mut out = SliceOut::new(&mut bytes);
        let behind = self.patched(slot, |patched| {
            let payload = patched.message.payload.len();
            patched.write(&mut out).ok().map(|_| if payload > 0 { payload + 1 } else { 0 })
        })??;
        let (message, entry) = (out.written(), self.outgoing.get_mut(slot)?);
        let from = 4 + entry.token.get().len();
        let options = message.get(from..message.len().checked_sub(behind)?)?;
        let mut rest = Options::checked(options).iter();
        let value = rest.find(|option| option.number == OptionNumber::BLOCK2)?.value.len();
        let at = from + options.len() - rest.wire_left() - value;
        let block2 = (u32::try_from(at).ok()?, u8::try_from(value).ok()?);
        let (head, options) = (u32::try_from(message.len()).ok()?, u32::try_from(options.len()).ok()?);
        self.messages.get_mut(slot)?.get_mut(..message.len())?.copy_from_slice(message);
        (entry.head, entry.options, entry.part, entry.block2) = (head, options, 0, block2);
        entry.progress.clear_patches();
        Some(())
    }

    /// Whether the output takes the message of a slot.
    #[inline]
    pub(super) fn room_for(&self, slot: u32, out: &(impl Out + ?Sized)) -> Result<(), Error> {
        let Some(entry) = self.outgoing.get(slot) else { return Ok(()) };
        let needed = long(entry.head);
        match entry.progress.is_patched() {
            false if out.room() < needed => Err(Error::NoRoom { needed }),
            // Exactly only where it is tight.
            true if out.room() < needed + long(entry.part) + Own::ROOM => {
                Ok(self.patched(slot, |message| message.check_room(out)).unwrap_or(Ok(()))?)
            }
            _ => Ok(()),
        }
    }

    /// Writes the message of a slot, for which there is room.
    #[inline(never)]
    fn emit(&self, slot: u32, out: &mut (impl Out + ?Sized)) -> usize {
        let Some(entry) = self.outgoing.get(slot) else { return 0 };
        if entry.progress.is_patched() {
            return self.patched(slot, |message| message.write(out).unwrap_or_default()).unwrap_or_default();
        }
        let message = self.messages.get(slot).get(..long(entry.head)).unwrap_or_default();
        out.put(message);
        message.len()
    }

    /// Sends a message that is due, if it may go out now. The output has room for it.
    pub(super) fn launch(
        &mut self,
        now: u64,
        slot: u32,
        out: &mut (impl Out + ?Sized),
    ) -> Option<Datagram<P>> {
        let (nstart, rate) = (self.params.nstart, self.params.probing_rate);
        let entry = self.outgoing.get_mut(slot)?;
        let peer = self.peers.get_mut(entry.peer)?;
        let is_counted = matches!(entry.phase, Phase::Due { counted: true });
        if is_counted {
            // It has its turn already.
        } else if entry.is_confirmable {
            if peer.outstanding >= nstart {
                entry.phase = Phase::Queued;
                let last = core::mem::replace(&mut peer.queue[1], slot);
                match self.outgoing.get_mut(last) {
                    Some(last) => last.next = slot,
                    None => peer.queue[0] = slot,
                }
                self.outgoing.set_deadline(slot, NEVER);
                return None;
            }
            peer.outstanding += 1;
            entry.phase = Phase::Due { counted: true };
        } else if matches!(entry.what, What::Request(Delivery::NonConfirmable)) && rate > 0 {
            // RFC 7252 §4.7: a peer that does not answer is sent PROBING_RATE on average.
            if now < peer.quiet_until {
                let until = peer.quiet_until;
                self.outgoing.set_deadline(slot, until);
                return None;
            }
            let len = u64::from(entry.head) + u64::from(entry.part);
            peer.quiet_until = now.saturating_add(len * 1_000_000_000 / u64::from(rate));
        }
        let id = match peer.take_id(now, self.lifetime) {
            Ok(id) => id,
            // Without a free id it stays due.
            Err(until) => {
                self.outgoing.set_deadline(slot, until);
                return None;
            }
        };
        entry.id = id;
        let deadline = if is_counted || entry.is_confirmable {
            let wait = self.ack_wait + self.random.up_to(self.ack_spread);
            entry.phase = Phase::Flying { wait, count: 0 };
            now.saturating_add(wait)
        } else {
            entry.phase = Phase::Open;
            now.saturating_add(self.patience)
        };
        // What nobody answers is over once it is sent.
        let is_over = matches!(entry.phase, Phase::Open) && !matches!(entry.what, What::Request(_));
        let (to, head, is_patched) = (entry.to, long(entry.head), entry.progress.is_patched());
        let mut len = 0;
        if let Some(message) = self.messages.get_mut(slot).and_then(|cell| cell.get_mut(..head)) {
            if let [_, _, high, low, ..] = message {
                [*high, *low] = id.to_be_bytes();
            }
            if !is_patched {
                out.put(message);
                len = head;
            }
        }
        if is_patched {
            len = self.emit(slot, out);
        }
        if is_over {
            self.finish(slot);
        } else {
            self.outgoing.refile(slot, self.hashing.of(&to).with(id.into()), deadline);
        }
        Some(Datagram { to, len })
    }

    /// Does what is due for one message.
    #[inline(never)]
    pub(super) fn outgoing_timeout(
        &mut self,
        now: u64,
        slot: u32,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<'static, P>, Error> {
        let Some(phase) = self.outgoing.get(slot).map(|entry| entry.phase) else { return Ok(Step::NOTHING) };
        match phase {
            Phase::Queued => self.outgoing.set_deadline(slot, NEVER),
            Phase::Due { .. } => {
                self.room_for(slot, out)?;
                return Ok(Step::new(self.launch(now, slot, out), None));
            }
            Phase::Flying { wait, count } if count < self.params.max_retransmit => {
                self.room_for(slot, out)?;
                let len = self.emit(slot, out);
                let wait = wait.saturating_mul(2);
                self.outgoing.set_deadline(slot, now.saturating_add(wait));
                let Some(entry) = self.outgoing.get_mut(slot) else { return Ok(Step::NOTHING) };
                entry.phase = Phase::Flying { wait, count: count + 1 };
                return Ok(Step::send(Datagram { to: entry.to, len }));
            }
            Phase::Flying { .. } => return Ok(self.fail(slot, Failure::NoAcknowledgement)),
            Phase::Open if self.registers_again(slot) => {
                self.room_for(slot, out)?;
                return Ok(Step::new(self.launch(now, slot, out), None));
            }
            Phase::Open => return Ok(self.fail(slot, Failure::NoResponse)),
            Phase::Failing(why) => return Ok(self.fail(slot, why)),
        }
        Ok(Step::NOTHING)
    }

    /// Ends a message without success.
    #[inline(never)]
    pub(super) fn fail(&mut self, slot: u32, why: Failure) -> Step<'static, P> {
        let call = Call(self.outgoing.handle(slot));
        let Some(what) = self.outgoing.get(slot).map(|entry| entry.what) else { return Step::NOTHING };
        self.finish(slot);
        let event = match (what, why) {
            (What::Response(exchange), why) => Event::Undelivered { exchange: Exchange(exchange), why },
            (What::Notification(observer), why) => {
                let Some(slot) = self.observers.slot(observer) else { return Step::NOTHING };
                self.gone(slot, why)
            }
            (What::Request(Delivery::Multicast), Failure::NoResponse) => Event::Ended { call },
            (What::Ping, Failure::Reset) => Event::Pong { call },
            _ => Event::Failed { call, why },
        };
        Step::event(event)
    }

    /// Takes a message out of the table, and lets the next one of its peer go.
    pub(super) fn finish(&mut self, slot: u32) {
        let Some((peer, phase)) = self.outgoing.get(slot).map(|entry| (entry.peer, entry.phase)) else {
            return;
        };
        if matches!(phase, Phase::Queued) {
            self.leave_queue(slot);
        }
        self.outgoing.remove(slot);
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.live -= 1;
        }
        if phase.is_counted() {
            self.land(peer);
        }
    }

    /// The peer has heard of a message: it is not sent again, and the next one of its peer may go.
    #[inline]
    pub(super) fn settle(&mut self, slot: u32) {
        let Some(entry) = self.outgoing.get_mut(slot) else { return };
        let (peer, before) = (entry.peer, core::mem::replace(&mut entry.phase, Phase::Open));
        let Some(at) = self.peers.get_mut(peer) else { return };
        // The peer is not silent: the pace is off until the next message it may ignore.
        (at.quiet_until, at.is_reachable) = (0, true);
        if !before.is_counted() {
            return;
        }
        if at.queue[0] == NONE {
            at.outstanding -= 1;
        } else {
            self.land(peer);
        }
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

    #[inline(never)]
    fn leave_queue(&mut self, slot: u32) {
        let Some((peer, next)) = self.outgoing.get(slot).map(|entry| (entry.peer, entry.next)) else {
            return;
        };
        let Some(peer) = self.peers.get_mut(peer) else { return };
        let (mut at, mut before) = (peer.queue[0], NONE);
        while at != slot {
            let Some(waiting) = self.outgoing.get(at) else { return };
            (before, at) = (at, waiting.next);
        }
        match self.outgoing.get_mut(before) {
            Some(before) => before.next = next,
            None => peer.queue[0] = next,
        }
        if peer.queue[1] == slot {
            peer.queue[1] = before;
        }
    }

    /// The message of ours that an acknowledgement or a reset is about.
    pub(super) fn with_id(&self, from: P, id: u16) -> Option<u32> {
        self.sent_under(self.hashing.of(&from), from, id, |_| true)
    }

    /// The message sent to a peer under an id, if it is such a one.
    #[inline]
    pub(super) fn sent_under(
        &self,
        at: Hashing,
        to: P,
        id: u16,
        is: impl Fn(&Outgoing<P>) -> bool,
    ) -> Option<u32> {
        self.outgoing.find(0, at.with(id.into()), |entry| {
            entry.id == id
                && entry.to == to
                && matches!(entry.phase, Phase::Flying { .. } | Phase::Open)
                && is(entry)
        })
    }

    /// An empty acknowledgement: a response may follow (RFC 7252 §5.2.2).
    #[inline(never)]
    pub(super) fn acknowledged(&mut self, now: u64, from: P, id: u16) -> Step<'static, P> {
        let Some(slot) = self.with_id(from, id) else { return Step::NOTHING };
        let Some(entry) = self.outgoing.get(slot) else { return Step::NOTHING };
        if !matches!(entry.phase, Phase::Flying { .. }) {
            return Step::NOTHING;
        }
        match entry.what {
            What::Request(_) => {
                self.settle(slot);
                self.outgoing.set_deadline(slot, now.saturating_add(self.patience));
            }
            // Not the answer to expect, but the peer is there.
            What::Ping => return self.fail(slot, Failure::Reset),
            What::Response(_) => self.finish(slot),
            What::Notification(observer) => {
                self.finish(slot);
                self.notified(observer);
            }
        }
        Step::NOTHING
    }

    /// A reset: the peer could do nothing with a message of ours.
    #[inline(never)]
    pub(super) fn reset(&mut self, arrival: Arrival<P>, id: u16) -> Step<'static, P> {
        let from = arrival.from;
        let Some(slot) = self.with_id(from, id) else {
            return match self.forget_observer(from, id) {
                Some(event) => Step::event(event),
                None => Step::event(Event::Refused { from, why: Fault::Unmatched }),
            };
        };
        match self.outgoing.get(slot).map(|entry| entry.what) {
            // RFC 7252 §8.1: nobody answers a group with a reset, so it cannot end the others' turn.
            Some(What::Request(Delivery::Multicast)) => Step::NOTHING,
            _ => self.fail(slot, Failure::Reset),
        }
    }

    /// Marks everything to a peer as failed; the events are due.
    pub(super) fn give_up(&mut self, to: P, why: Failure) {
        for slot in 0..self.outgoing.end() {
            let Some(entry) = self.outgoing.get(slot).filter(|entry| entry.to == to) else { continue };
            let (peer, phase) = (entry.peer, entry.phase);
            if matches!(phase, Phase::Queued) {
                self.leave_queue(slot);
            }
            if let Some(entry) = self.outgoing.get_mut(slot) {
                (entry.phase, entry.next) = (Phase::Failing(why), NONE);
            }
            self.outgoing.set_deadline(slot, 0);
            if phase.is_counted() {
                self.land(peer);
            }
        }
    }
}

/// Whether a response that answers nothing is reset: a notification nobody wants would go on for ever
/// (RFC 7641 §3.6).
pub(super) fn is_unwanted(message: &Message<'_>) -> bool {
    message.kind == Kind::Confirmable || message.options.has(OptionNumber::OBSERVE)
}
