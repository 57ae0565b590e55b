//! Requests of ours and pings: from the first part of their body to the last block of the response's, and as long as
//! a resource is observed (RFC 7252 §5, RFC 7959, RFC 8323 §5.4, §7).

use core::time::Duration;

use super::super::client::Progress;
use super::super::slots::{NEVER, UNFILED};
use super::super::token::Kept;
use super::super::turn::Turn;
use super::super::wire::{Own, Patched, nanos};
use super::super::{Body, Call, Error, Failure, Fault, Request, Resource};
use super::{Connection, Event, State};
use crate::{
    EncodeError, Fetch, Kind, Message, Observe, OptionNumber, Out, Part, PartError, Rules, Signal, SliceOut,
    StreamMessage, Token, Upload,
};

/// What a connection remembers of a request of ours.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    what: What,
    phase: Phase,
    token: Kept,
    /// Bytes kept of it in its cell.
    head: u32,
    /// Whether it can be said again: its payload is kept too, or goes out in parts.
    is_whole: bool,
    /// Where it is with its body, its response's body and its observation.
    progress: Progress,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Request,
    Ping,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// To be sent as soon as there is room.
    Due,
    /// Sent: waits for its response.
    Open,
    /// Waits for the next part of its body.
    Wanting,
    /// Over for the caller; the server has yet to be told that nothing is observed any more.
    Leaving,
    /// Told, and waits for its answer.
    Left,
}

impl Connection<'_> {
    /// Sends a request.
    ///
    /// A body that does not fit a message the peer takes goes out in parts, if the peer has said that it takes
    /// those: the first with this call, each other when [`Event::Wanted`] asks for it. Of [`Body::Part`] give at least
    /// as much as [`Connection::part_size`]. A response in blocks is asked for block by block; each is an
    /// [`Event::Piece`], the last the response. A Block2 option in the request chooses the size of blocks; with a
    /// number above zero it is that block alone that is asked for. Observe 0 in a GET or FETCH observes. How it is to
    /// be delivered is not asked here.
    ///
    /// # Errors
    ///
    /// [`Error::Code`] if the code is no method, [`Error::Token`], [`Error::Full`], [`Error::NoRoom`],
    /// [`Error::Part`], [`Error::PeerLimit`], [`Error::Closed`]; [`Error::TooLong`] if the options do not fit a cell, or
    /// a request that observes does not as a whole.
    pub fn request(
        &mut self,
        now: Duration,
        request: &Request<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Call, Error> {
        self.may_ask()?;
        if !request.code.is_request() {
            return Err(Error::Code(request.code));
        }
        let token = self.token_for(request.token)?;
        let mut progress = Progress::none();
        for option in request.options {
            match option.number {
                OptionNumber::OBSERVE => progress.observes = option.uint() == Some(0),
                OptionNumber::BLOCK2 => {
                    progress.by_block |= option.uint().is_some_and(|block| block >> 4 > 0);
                }
                _ => {}
            }
        }
        let Request { code, options, payload, .. } = *request;
        let mut message =
            Message { kind: Kind::Confirmable, code, id: 0, token: token.get(), options, payload };
        if let Some((upload, part)) = self.first_part(&message, request.body)? {
            message.payload = payload.get(..part.len).ok_or(PartError::Length)?;
            (progress.upload, progress.part) = (Some(upload), Some(part));
        }
        let slot = self.take(What::Request, token, progress)?;
        let sent = self.keep(slot, &message).and_then(|()| self.say(slot, Some(message.payload), out));
        if let Err(error) = sent {
            self.outgoing.remove(slot);
            return Err(error);
        }
        self.outgoing.set_deadline(slot, nanos(now).saturating_add(self.patience));
        Ok(Call(self.outgoing.handle(slot)))
    }

    /// Asks the peer whether it is there; with `custody`, whether it is done with everything it was sent before
    /// (RFC 8323 §5.4). That also tells that its observations stand (§7.3). Ends with [`Event::Pong`] or
    /// [`Event::Failed`].
    ///
    /// # Errors
    ///
    /// [`Error::Full`], [`Error::NoRoom`], [`Error::Closed`].
    pub fn ping(
        &mut self,
        now: Duration,
        custody: bool,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Call, Error> {
        self.may_ask()?;
        let token = self.random_token();
        let slot = self.take(What::Ping, token, Progress::none())?;
        let ping = Signal::Ping { custody };
        if let Err(error) = ping.encode_as(self.framing, token.get(), out) {
            self.outgoing.remove(slot);
            return Err(error.into());
        }
        self.outgoing.set_deadline(slot, nanos(now).saturating_add(self.patience));
        Ok(Call(self.outgoing.handle(slot)))
    }

    /// Gives the part of a body that [`Event::Wanted`] asked for, and says whether more follow.
    ///
    /// # Errors
    ///
    /// [`Error::Over`] if the request has ended or wants no part now, [`Error::Part`] if it is not the part that is
    /// wanted, [`Error::NoRoom`], [`Error::PeerLimit`].
    pub fn supply(
        &mut self,
        now: Duration,
        call: Call,
        part: &[u8],
        more: bool,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), Error> {
        let slot = self.slot_of(call)?;
        let entry = self.outgoing.get_mut(slot).ok_or(Error::Over)?;
        let before = entry.progress;
        let (Phase::Wanting, Some(upload)) = (entry.phase, &mut entry.progress.upload) else {
            return Err(Error::Over);
        };
        entry.progress.part = Some(upload.part(part.len(), more)?);
        if let Err(error) = self.say(slot, Some(part), out) {
            if let Some(entry) = self.outgoing.get_mut(slot) {
                entry.progress = before;
            }
            return Err(error);
        }
        self.outgoing.set_deadline(slot, nanos(now).saturating_add(self.patience));
        Ok(())
    }

    /// Gives a request up, or an observation: no event comes from it. The server is told that nothing is observed any
    /// more (RFC 8323 §7.4). A response that still arrives is refused; a token of one's own is free again when it
    /// cannot come any more.
    ///
    /// # Errors
    ///
    /// [`Error::Over`] if it has ended, [`Error::NoRoom`].
    pub fn cancel(&mut self, now: Duration, call: Call, out: &mut (impl Out + ?Sized)) -> Result<(), Error> {
        let slot = self.slot_of(call)?;
        if self.is_closed() || !self.is_registered(slot) {
            self.outgoing.remove(slot);
            return Ok(());
        }
        let deadline = self.outgoing.deadline(slot);
        self.leave(slot);
        match self.say(slot, None, out) {
            Err(error @ Error::NoRoom { .. }) => {
                if let Some(entry) = self.outgoing.get_mut(slot) {
                    entry.phase = Phase::Open;
                }
                self.outgoing.set_deadline(slot, deadline);
                Err(error)
            }
            Err(_) => {
                self.outgoing.remove(slot);
                Ok(())
            }
            Ok(()) => {
                self.outgoing.set_deadline(slot, nanos(now).saturating_add(self.patience));
                Ok(())
            }
        }
    }

    /// Requests go out until one of the ends wants to close.
    fn may_ask(&self) -> Result<(), Error> {
        match self.state {
            State::Greeting | State::Open => Ok(()),
            State::Released | State::Closed => Err(Error::Closed),
        }
    }

    fn slot_of(&self, call: Call) -> Result<u32, Error> {
        let slot = self.outgoing.slot(call.0).ok_or(Error::Over)?;
        match self.outgoing.get(slot) {
            Some(entry) if !matches!(entry.phase, Phase::Leaving | Phase::Left) => Ok(slot),
            _ => Err(Error::Over),
        }
    }

    /// Whether the server may have entered us into a list of observers.
    fn is_registered(&self, slot: u32) -> bool {
        self.outgoing.get(slot).is_some_and(|entry| entry.progress.observes && entry.phase == Phase::Open)
    }

    /// The token of a request: the caller's, or a random one that is not in use.
    fn token_for(&mut self, token: Option<Token<'_>>) -> Result<Kept, Error> {
        let Some(token) = token else { return Ok(self.random_token()) };
        let token = Kept::new(token).ok_or(Error::Token)?;
        if self.with_token(What::Request, token).is_some() { Err(Error::Token) } else { Ok(token) }
    }

    fn random_token(&mut self) -> Kept {
        loop {
            let token = Kept::random(self.random.next());
            let is_free = |what| self.with_token(what, token).is_none();
            if is_free(What::Request) && is_free(What::Ping) {
                return token;
            }
        }
    }

    fn with_token(&self, what: What, token: Kept) -> Option<u32> {
        let hash = self.hashing.with(token.number());
        self.outgoing.find(0, hash, |entry| entry.token == token && entry.what == what)
    }

    /// The request that waits for a response with this token.
    pub(super) fn call_of(&self, token: Token<'_>) -> Option<u32> {
        let slot = self.with_token(What::Request, Kept::new(token)?)?;
        let waits = |entry: &Asked| matches!(entry.phase, Phase::Open | Phase::Leaving | Phase::Left);
        self.outgoing.get(slot).is_some_and(waits).then_some(slot)
    }

    /// The part of a body to begin with; `None` if it goes out whole.
    fn first_part(&self, message: &Message<'_>, body: Body) -> Result<Option<(Upload, Part)>, Error> {
        let Message { payload, .. } = *message;
        let head = self.frame(Patched::plain(&Message { payload: &[], ..*message })).len();
        let whole = u64::try_from(payload.len()).unwrap_or(u64::MAX);
        let fits = self.fits(self.frame(Patched::plain(message)).len());
        let mut upload = Upload::new(self.part_size_behind(head));
        let part = match body {
            Body::Whole if fits || !self.peer.block_wise => return Ok(None),
            Body::Whole => upload.part_of(whole)?,
            Body::Part { more, total: Some(total) } if more || total > whole => upload.part_of(total)?,
            Body::Part { more: true, .. } => upload.part(payload.len().min(upload.wanted().len), true)?,
            Body::Part { .. } if fits => return Ok(None),
            Body::Part { .. } => upload.part_of(whole)?,
        };
        if part.more() && !self.peer.block_wise {
            return Err(Error::PeerLimit { limit: self.peer.max_message_size });
        }
        Ok(Some((upload, part)))
    }

    /// Takes a slot for a request or a ping that is on its way out.
    fn take(&mut self, what: What, token: Kept, progress: Progress) -> Result<u32, Error> {
        let entry = Asked { what, phase: Phase::Open, token, head: 0, is_whole: true, progress };
        let hash = [self.hashing.with(token.number()), UNFILED];
        self.outgoing.insert(entry, hash, NEVER).ok_or(Error::Full(Resource::Outgoing))
    }

    /// Keeps a request in its cell, its payload only if it fits and is not one of several parts.
    fn keep(&mut self, slot: u32, message: &Message<'_>) -> Result<(), Error> {
        let limit = self.messages.cell();
        let entry = self.outgoing.get_mut(slot).ok_or(Error::Over)?;
        let cell = self.messages.get_mut(slot).ok_or(Error::TooLong { limit })?;
        let mut put =
            |payload| Patched::plain(&Message { payload, ..*message }).write(&mut SliceOut::new(cell));
        let in_parts = entry.progress.upload.is_some();
        let head = match put(if in_parts { &[] } else { message.payload }) {
            Err(EncodeError::NoRoom { .. }) if !message.payload.is_empty() && !entry.progress.observes => {
                // What cannot be said again is not asked to go on.
                (entry.is_whole, entry.progress.by_block) = (false, true);
                put(&[])
            }
            put => put,
        };
        let head = head.map_err(|error| match error {
            EncodeError::NoRoom { .. } => Error::TooLong { limit },
            error => Error::Encode(error),
        })?;
        entry.head = u32::try_from(head).unwrap_or_default();
        Ok(())
    }

    /// Writes a request as it goes out now, with the payload that is kept or the one given.
    fn say(&mut self, slot: u32, payload: Option<&[u8]>, out: &mut (impl Out + ?Sized)) -> Result<(), Error> {
        let entry = self.outgoing.get(slot).ok_or(Error::Over)?;
        let kept = usize::try_from(entry.head).ok().and_then(|head| self.messages.get(slot).get(..head));
        let message = Message::decode(kept.unwrap_or_default(), Rules::new()).map_err(|_| Error::Over)?;
        let payload = payload.unwrap_or(message.payload);
        let message = Message { token: entry.token.get(), payload, ..message };
        let leaves = entry.phase == Phase::Leaving;
        let (own, without) = match leaves {
            false => entry.progress.patches(),
            true => {
                let mut own = Own::behind(entry.progress.echo());
                own.push(OptionNumber::OBSERVE, Observe::Deregister.uint());
                (own, &[][..])
            }
        };
        let limit = self.peer.max_message_size;
        self.frame(Patched { message: &message, own: &own, without }).write(limit, out)?;
        if let Some(entry) = self.outgoing.get_mut(slot) {
            entry.phase = if leaves { Phase::Left } else { Phase::Open };
        }
        Ok(())
    }

    /// Hands a response to its request, in whatever order it comes, and says at once what is to be said next.
    pub(super) fn answered<'a>(
        &mut self,
        now: u64,
        message: StreamMessage<'a>,
        out: &mut (impl Out + ?Sized),
    ) -> Option<Event<'a>> {
        let unmatched = Event::Refused { why: Fault::Unmatched };
        let Some(slot) = self.call_of(message.token) else { return Some(unmatched) };
        let call = Call(self.outgoing.handle(slot));
        let limits = (self.size_to_ask(), self.body_max.into());
        let entry = self.outgoing.get_mut(slot)?;
        if entry.phase != Phase::Open {
            // Notifications may still be on their way.
            if !message.options.has(OptionNumber::OBSERVE) {
                self.outgoing.remove(slot);
            }
            return None;
        }
        let is_whole = entry.is_whole;
        match entry.progress.turn(message.code, &message.options, message.payload.len(), limits) {
            Turn::Nothing => None,
            Turn::Again if is_whole => {
                self.follow(now, slot, out);
                None
            }
            Turn::Wanted { offset, len } => {
                entry.phase = Phase::Wanting;
                self.outgoing.set_deadline(slot, now.saturating_add(self.patience));
                Some(Event::Wanted { call, offset, len })
            }
            Turn::Notification => {
                // RFC 8323 §7.3: a ping tells whether it stands, so it is not renewed.
                self.outgoing.set_deadline(slot, NEVER);
                let is_first = message.options.block2().is_some_and(|block| block.more && block.number == 0);
                let rest = if is_first { self.fetch_rest(slot, &message) } else { None };
                Some(Event::Notification { call, message, rest })
            }
            Turn::Piece { offset } => {
                self.follow(now, slot, out);
                Some(Event::Piece { call, message, offset })
            }
            Turn::Again => {
                self.outgoing.remove(slot);
                Some(Event::Response { call, message, offset: 0 })
            }
            Turn::Last { offset } => {
                self.outgoing.remove(slot);
                Some(Event::Response { call, message, offset })
            }
            Turn::Failed(error) => self.fail(slot, Failure::Body(error)),
        }
    }

    /// A pong, which answers a ping of ours or none.
    pub(super) fn ponged(&mut self, token: Token<'_>, custody: bool) -> Event<'static> {
        let found = Kept::new(token).and_then(|token| self.with_token(What::Ping, token));
        let Some(slot) = found else { return Event::Refused { why: Fault::Unmatched } };
        let call = Call(self.outgoing.handle(slot));
        self.outgoing.remove(slot);
        Event::Pong { call, custody }
    }

    /// Sends what a request says next, or has it due.
    fn follow(&mut self, now: u64, slot: u32, out: &mut (impl Out + ?Sized)) {
        if let Some(entry) = self.outgoing.get_mut(slot) {
            entry.phase = Phase::Due;
        }
        let deadline = match self.say(slot, None, out) {
            Ok(()) => now.saturating_add(self.patience),
            Err(_) => 0,
        };
        self.outgoing.set_deadline(slot, deadline);
    }

    /// Begins to fetch what a notification in blocks has not brought: a request of its own, without observing,
    /// due at once (RFC 7959 §2.6).
    fn fetch_rest(&mut self, observation: u32, notification: &StreamMessage<'_>) -> Option<Call> {
        let mut fetch = Fetch::new(self.size_to_ask(), self.body_max.into());
        let fetched = fetch.receive(&notification.options, notification.payload.len()).ok()?;
        let &Asked { head, progress: Progress { echo, .. }, .. } = self.outgoing.get(observation)?;
        let (fetch, block2) = (Some(fetch), fetched.next);
        let progress = Progress { fetch, block2, is_rest: true, echo, ..Progress::none() };
        let token = self.random_token();
        let slot = self.take(What::Request, token, progress).ok()?;
        if !self.messages.copy(observation, slot) {
            self.outgoing.remove(slot);
            return None;
        }
        let rest = self.outgoing.get_mut(slot)?;
        (rest.head, rest.phase) = (head, Phase::Due);
        self.outgoing.set_deadline(slot, 0);
        Some(Call(self.outgoing.handle(slot)))
    }

    /// Does what is due for one request.
    pub(super) fn outgoing_timeout(
        &mut self,
        now: u64,
        slot: u32,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'static>>, Error> {
        let Some(entry) = self.outgoing.get(slot) else { return Ok(None) };
        if !matches!(entry.phase, Phase::Due | Phase::Leaving) {
            return Ok(self.fail(slot, Failure::NoResponse));
        }
        match self.say(slot, None, out) {
            Ok(()) => {
                self.outgoing.set_deadline(slot, now.saturating_add(self.patience));
                Ok(None)
            }
            Err(error @ Error::NoRoom { .. }) => Err(error),
            Err(_) => Ok(self.fail(slot, Failure::PeerLimit)),
        }
    }

    /// Ends a request without success. Where the server may still observe for us, it is told not to.
    pub(super) fn fail(&mut self, slot: u32, why: Failure) -> Option<Event<'static>> {
        let call = Call(self.outgoing.handle(slot));
        let phase = self.outgoing.get(slot)?.phase;
        if self.is_registered(slot) && !self.is_closed() {
            self.leave(slot);
        } else {
            self.outgoing.remove(slot);
        }
        (!matches!(phase, Phase::Leaving | Phase::Left)).then_some(Event::Failed { call, why })
    }

    /// The server is to be told, at once, that nothing is observed any more.
    fn leave(&mut self, slot: u32) {
        if let Some(entry) = self.outgoing.get_mut(slot) {
            entry.phase = Phase::Leaving;
        }
        self.outgoing.set_deadline(slot, 0);
    }
}
