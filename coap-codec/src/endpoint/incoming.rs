//! Messages of peers: each acted on once, each duplicate answered as the first was (RFC 7252 §4.2, §4.5,
//! §5.2, §8.2).

use core::hash::Hash;
use core::time::Duration;

use super::outgoing::{What, is_idempotent, is_unwanted};
use super::ring;
use super::slots::{NONE, Slots};
use super::token::Kept;
use super::wire::nanos;
use super::{Arrival, Datagram, Endpoint, Error, Event, Exchange, Fault, Response, Step, peer};
use crate::{Code, Kind, Message, Opt, OptionNumber, Options, Out, SliceOut, Uint};

/// What an endpoint remembers of a message it received.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<P> {
    from: P,
    id: u16,
    kind: Kind,
    code: Code,
    state: State,
    multicast: bool,
    /// The value of No-Response, if the request had it.
    no_response: Option<u8>,
    token: Kept,
    /// The slot of the peer.
    peer: u32,
    /// Those that wait for an acknowledgement of their own: the one before and the one behind.
    links: [u32; 2],
    /// When the acknowledgement is due, in nanoseconds.
    acknowledge_at: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A request that waits for its response.
    Pending { acknowledged: bool },
    /// Done. What a duplicate gets.
    Done(Again),
}

/// What a duplicate is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
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

    fn push<P: Copy>(&mut self, incoming: &mut Slots<'_, Incoming<P>>, slot: u32) {
        if let Some(entry) = incoming.get_mut(slot) {
            entry.links = [self.last, NONE];
        }
        match incoming.get_mut(self.last) {
            Some(last) => last.links[1] = slot,
            None => self.first = slot,
        }
        self.last = slot;
    }

    fn remove<P: Copy>(&mut self, incoming: &mut Slots<'_, Incoming<P>>, slot: u32) {
        let Some(&Incoming { links: [before, behind], .. }) = incoming.get(slot) else { return };
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

impl<P: Copy + Eq + Hash> Endpoint<'_, P> {
    /// Answers a request: in the acknowledgement, or after it in a message of its own, whichever is still
    /// possible (RFC 7252 §5.2). What the request said to be of no interest is not sent (RFC 7967), nor are
    /// errors to a group.
    ///
    /// # Errors
    ///
    /// [`Error::Over`] if it was answered or is too old, [`Error::Code`] if the code is no response's,
    /// [`Error::NoRoom`]; for a separate response also [`Error::Full`], [`Error::TooLong`], [`Error::Ids`].
    pub fn respond(
        &mut self,
        now: Duration,
        exchange: Exchange,
        response: &Response<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Datagram<P>>, Error> {
        if !response.code.is_response() {
            return Err(Error::Code(response.code));
        }
        let slot = self.incoming.slot(exchange.0).ok_or(Error::Over)?;
        let &entry = self.incoming.get(slot).ok_or(Error::Over)?;
        let State::Pending { acknowledged } = entry.state else { return Err(Error::Over) };
        let now = nanos(now);
        let message = Message {
            kind: if entry.kind == Kind::Confirmable { Kind::Acknowledgement } else { Kind::NonConfirmable },
            code: response.code,
            id: entry.id,
            token: entry.token.get(),
            options: response.options,
            payload: response.payload,
        };
        let (send, again) = match (entry.kind, acknowledged) {
            _ if is_suppressed(&entry, response.code) => match message.kind {
                Kind::Acknowledgement if !acknowledged => {
                    let send = put(&Message::acknowledge(entry.id), entry.from, out)?;
                    (Some(send), Again::Acknowledgement)
                }
                Kind::Acknowledgement => (None, Again::Acknowledgement),
                _ => (None, Again::Nothing),
            },
            (Kind::Confirmable, false) => {
                let (send, again) = self.piggyback(entry.from, &message, out)?;
                (Some(send), again)
            }
            (Kind::Confirmable, true) => {
                let message = Message { kind: Kind::Confirmable, ..message };
                let (_, send) = self.send(now, entry.from, What::Response(exchange.0), &message, out)?;
                (send, Again::Acknowledgement)
            }
            _ if entry.multicast => {
                // RFC 7252 §8.2: not all at once.
                let late = self.random.up_to(nanos(self.params.leisure));
                let answer = self.enter(now, entry.from, What::Response(exchange.0), &message)?;
                self.outgoing.set_deadline(answer, now.saturating_add(late));
                (None, Again::Nothing)
            }
            _ => (Some(self.respond_unconfirmed(now, &entry, &message, out)?), Again::Nothing),
        };
        self.done(slot, again);
        Ok(send)
    }

    /// A response in the acknowledgement, kept for duplicates of the request.
    fn piggyback(
        &mut self,
        to: P,
        message: &Message<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(Datagram<P>, Again), Error> {
        let len = message.encoded_len();
        if out.room() < len {
            return Err(Error::NoRoom { needed: len });
        }
        let Some((kept, place)) = self.replies.claim(len) else {
            return Ok((put(message, to, out)?, Again::Nothing));
        };
        let mut reply = SliceOut::new(place);
        message.encode(&mut reply)?;
        out.put(reply.written());
        Ok((Datagram { to, len }, Again::Reply(kept)))
    }

    /// A response to a non-confirmable request: sent once, under an id of ours.
    fn respond_unconfirmed(
        &mut self,
        now: u64,
        entry: &Incoming<P>,
        message: &Message<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Datagram<P>, Error> {
        let needed = message.encoded_len();
        if out.room() < needed {
            return Err(Error::NoRoom { needed });
        }
        let peer = self.peers.get_mut(entry.peer).ok_or(Error::Over)?;
        let id = peer.take_id(now, self.lifetime).map_err(|_| Error::Ids)?;
        put(&Message { id, ..*message }, entry.from, out)
    }

    /// The request is answered; what is left of it is for its duplicates.
    fn done(&mut self, slot: u32, again: Again) {
        let Some(entry) = self.incoming.get_mut(slot) else { return };
        let before = core::mem::replace(&mut entry.state, State::Done(again));
        if let State::Pending { acknowledged } = before {
            if let Some(peer) = self.peers.get_mut(entry.peer) {
                peer.pending -= 1;
            }
            if entry.kind == Kind::Confirmable && !acknowledged {
                self.waiting.remove(&mut self.incoming, slot);
            }
        }
    }

    /// A request that is no duplicate.
    pub(super) fn requested<'a>(
        &mut self,
        now: u64,
        arrival: Arrival<P>,
        message: Message<'a>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<'a, P>, Error> {
        let from = arrival.from;
        if arrival.multicast && message.kind == Kind::Confirmable {
            return Ok(Step::event(Event::Refused { from, why: Fault::ConfirmableMulticast }));
        }
        let hash = self.hashing.of(&from).with(message.id.into());
        let per_peer = self.per_peer;
        let peer = self
            .peer(now, from)
            .filter(|&peer| self.peers.get(peer).is_some_and(|peer| peer.pending < per_peer));
        let (Some(peer), Some(token)) = (peer, Kept::new(message.token)) else {
            return self.busy(now, &arrival, &message, out);
        };
        let entry = Incoming {
            from,
            id: message.id,
            kind: message.kind,
            code: message.code,
            state: State::Pending { acknowledged: false },
            multicast: arrival.multicast,
            no_response: message.options.no_response(),
            token,
            peer,
            links: [NONE; 2],
            acknowledge_at: now.saturating_add(self.acknowledge_after),
        };
        let Some(slot) = self.remember(now, entry, hash) else {
            return self.busy(now, &arrival, &message, out);
        };
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.pending += 1;
        }
        if message.kind == Kind::Confirmable {
            self.waiting.push(&mut self.incoming, slot);
        }
        let exchange = Exchange(self.incoming.handle(slot));
        Ok(Step::event(Event::Request { exchange, arrival, message }))
    }

    /// Puts a message in the table, in place of one that is answered and idempotent if need be (§4.5).
    fn remember(&mut self, now: u64, entry: Incoming<P>, hash: u32) -> Option<u32> {
        if self.incoming.is_full() {
            let victim = self.incoming.victim(|entry| {
                matches!(entry.state, State::Done(_))
                    && (is_idempotent(entry.code) || !entry.code.is_request())
            })?;
            self.incoming.remove(victim);
        }
        let lifetime = if entry.kind == Kind::Confirmable { self.lifetime } else { self.non_lifetime };
        self.incoming.insert(entry, [hash, hash], now.saturating_add(lifetime))
    }

    /// A request there is no memory for: 5.03 with the time to wait, or silence (RFC 7252 §5.9.3.4).
    #[cold]
    fn busy(
        &mut self,
        now: u64,
        arrival: &Arrival<P>,
        message: &Message<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<'static, P>, Error> {
        let event = Event::Refused { from: arrival.from, why: Fault::Busy };
        if message.kind != Kind::Confirmable {
            return Ok(Step::event(event));
        }
        let age = Uint::new(self.retry_after);
        let list = [Opt::new(OptionNumber::MAX_AGE, &age)];
        let options = Options::new(&list)?;
        let answer = (Code::SERVICE_UNAVAILABLE, options, &[][..]);
        let send = self.refuse(now, arrival.from, message, answer, out)?;
        Ok(Step::new(send, Some(event)))
    }

    /// An answer that needs no memory, since a duplicate gets the same.
    pub(super) fn refuse(
        &mut self,
        now: u64,
        to: P,
        request: &Message<'_>,
        (code, options, payload): (Code, Options<'_>, &[u8]),
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Datagram<P>>, Error> {
        let mut answer = Message { kind: Kind::Acknowledgement, code, options, payload, ..*request };
        if request.kind != Kind::Confirmable {
            let needed = answer.encoded_len();
            if out.room() < needed {
                return Err(Error::NoRoom { needed });
            }
            let Some(peer) = self.peer(now, to) else { return Ok(None) };
            let lifetime = self.lifetime;
            let Some(Ok(id)) = self.peers.get_mut(peer).map(|peer| peer.take_id(now, lifetime)) else {
                return Ok(None);
            };
            (answer.kind, answer.id) = (Kind::NonConfirmable, id);
        }
        put(&answer, to, out).map(Some)
    }

    /// Answers a duplicate as its first was, if there was one. `None`: there was none, or it may be acted on
    /// again.
    pub(super) fn duplicate(
        &mut self,
        from: P,
        message: &Message<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Step<'static, P>>, Error> {
        let hash = self.hashing.of(&from).with(message.id.into());
        let Some(slot) = self.incoming.find(0, hash, |entry| entry.id == message.id && entry.from == from)
        else {
            return Ok(None);
        };
        let Some(&entry) = self.incoming.get(slot) else { return Ok(None) };
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
        self.waiting.remove(&mut self.incoming, slot);
        if let Some(entry) = self.incoming.get_mut(slot) {
            entry.state = State::Pending { acknowledged: true };
        }
    }

    /// The lifetime of a message is over.
    pub(super) fn forget(&mut self, slot: u32) {
        self.done(slot, Again::Nothing);
        self.incoming.remove(slot);
    }

    /// A separate or non-confirmable response that is no duplicate.
    pub(super) fn responded<'a>(
        &mut self,
        now: u64,
        arrival: Arrival<P>,
        message: Message<'a>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<'a, P>, Error> {
        let from = arrival.from;
        let Some(call) = self.awaiting(from, message.token) else {
            let event = Event::Refused { from, why: Fault::Unmatched };
            let send = match is_unwanted(&message) && !arrival.multicast {
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
        let entry = Incoming {
            from,
            id: message.id,
            kind: message.kind,
            code: message.code,
            state: State::Done(again),
            multicast: false,
            no_response: None,
            token: Kept::EMPTY,
            peer: NONE,
            links: [NONE; 2],
            acknowledge_at: 0,
        };
        // Without memory its duplicates find no request any more, and are reset.
        self.remember(now, entry, self.hashing.of(&from).with(message.id.into()));
        let Step { event, .. } = self.respond_to(call, from, message);
        Ok(Step::new(send, event))
    }

    /// The slot of a peer, new if need be.
    pub(super) fn peer(&mut self, now: u64, at: P) -> Option<u32> {
        let first_id = self.random.next_u16();
        peer::find_or_add(&mut self.peers, at, self.hashing.of(&at).whole(), first_id, now, self.lifetime)
    }
}

/// Whether a response is not sent: the client said so (RFC 7967 §2.1), or it is an error for a group, whose
/// other members may know better (RFC 7252 §8.2).
fn is_suppressed<P>(entry: &Incoming<P>, code: Code) -> bool {
    match entry.no_response {
        Some(classes) => (1..=5).contains(&code.class()) && classes >> (code.class() - 1) & 1 != 0,
        None => entry.multicast && code.class() > 2,
    }
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
