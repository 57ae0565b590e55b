//! Requests of ours: from the first byte of their body to the last of the response's, and as long as a resource
//! is observed (RFC 7252 §5, RFC 7641 §3, RFC 7959).

use core::hash::Hash;
use core::time::Duration;

use super::incoming::Inbound;
use super::outgoing::{Draft, Outgoing, Phase, What};
use super::token::Kept;
use super::wire::{Own, Patched, nanos};
use super::{Body, Call, Datagram, Delivery, Endpoint, Error, Event, Failure, Fault, Request, Step};
use crate::{
    Block, Code, Fetch, Freshness, Kind, Message, OptionNumber, Out, Part, Refusal, Sequence, Token, Upload,
    Uploaded,
};

/// Where a request is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    /// The body of the request, if it goes out in parts.
    pub(super) upload: Option<Upload>,
    /// The part that is under way.
    pub(super) part: Option<Part>,
    /// The body of the response, if it comes in blocks.
    pub(super) fetch: Option<Fetch>,
    /// The block to ask for.
    pub(super) block2: Option<Block>,
    /// The caller reads single blocks himself.
    pub(super) by_block: bool,
    /// What is observed, and the newest notification of it.
    pub(super) observes: bool,
    pub(super) seen: Option<Freshness>,
    /// Whether the rest of a notification is fetched: without observing (RFC 7959 §2.6).
    pub(super) is_rest: bool,
    pub(super) echo: Echo,
}

/// The Echo value a server wants to see again (RFC 9175 §2.3).
#[derive(Clone, Copy, Debug)]
pub(super) struct Echo {
    pub(super) bytes: [u8; 40],
    pub(super) len: u8,
}

impl Progress {
    /// Nothing but the request. Not a constant, of which each use would be a copy of all its bytes.
    #[inline(always)]
    pub(super) const fn none() -> Self {
        Self {
            upload: None,
            part: None,
            fetch: None,
            block2: None,
            by_block: false,
            observes: false,
            seen: None,
            is_rest: false,
            echo: Echo { bytes: [0; 40], len: 0 },
        }
    }

    /// Whether the request does not go out as the caller made it. A part has an upload, the rest of a notification a
    /// block.
    #[inline]
    pub(super) const fn is_patched(&self) -> bool {
        self.upload.is_some() || self.block2.is_some() || self.echo.len > 0
    }

    /// Whether the request as the caller made it is not needed any more once it is patched.
    pub(super) const fn is_for_good(&self) -> bool {
        self.seen.is_none() && self.part.is_none()
    }

    /// The patches are part of the request now.
    pub(super) fn clear_patches(&mut self) {
        (self.upload, self.block2, self.is_rest, self.echo.len) = (None, None, false, 0);
    }

    pub(super) fn echo(&self) -> &[u8] {
        self.echo.bytes.get(..self.echo.len.into()).unwrap_or_default()
    }

    /// What is to be put in and left out of the request as the caller made it.
    #[inline]
    pub(super) fn patches(&self) -> (Own<'_>, &'static [OptionNumber]) {
        let mut own = Own::behind(self.echo());
        own.push_block(OptionNumber::BLOCK2, self.block2);
        if let Some(part) = self.part {
            own.push_block(OptionNumber::BLOCK1, part.block);
            if let Some(size) = part.size {
                own.push(OptionNumber::SIZE1, crate::Uint::new(size));
            }
        }
        let later_part = self.part.is_some_and(|part| part.offset > 0);
        let without: &[_] = match (self.block2.is_some() || self.is_rest, later_part) {
            (true, _) => &[OptionNumber::OBSERVE, OptionNumber::IF_NONE_MATCH],
            (false, true) => &[OptionNumber::IF_NONE_MATCH],
            (false, false) => &[],
        };
        (own, without)
    }
}

impl<P: Copy + Eq + Hash> Endpoint<'_, P> {
    /// Sends a request, or keeps it until it may be sent: no more than NSTART confirmable messages are under
    /// way to one peer, and to one that stays silent no more than PROBING_RATE is sent. Either way the
    /// [`Call`] stands for it in the events to come.
    ///
    /// A body longer than a block goes out in blocks: the first with this call, each other when
    /// [`Event::Wanted`] asks for it. A response in blocks is asked for block by block; each is an
    /// [`Event::Piece`], the last the response. A Block2 option in the request chooses the size of blocks; with a
    /// number above zero it is that block alone that is asked for. Observe 0 in a GET or FETCH observes.
    ///
    /// # Errors
    ///
    /// [`Error::Code`] if the code is no method, [`Error::Token`], [`Error::Full`], [`Error::TooLong`],
    /// [`Error::NoRoom`], [`Error::Part`].
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
        let (mut by_block, mut observes) = (request.delivery == Delivery::Multicast, false);
        for option in request.options {
            match option.number {
                OptionNumber::OBSERVE => observes = option.uint() == Some(0),
                OptionNumber::BLOCK2 => by_block |= option.uint().is_some_and(|block| block >> 4 > 0),
                _ => {}
            }
        }
        let (mut upload, mut payload) = (Upload::new(self.block_size), request.payload);
        let whole = u64::try_from(payload.len()).unwrap_or(u64::MAX);
        let part = match request.body {
            Body::Whole if payload.len() <= self.block_size.bytes() => None,
            Body::Whole => Some(upload.part_of(whole)?),
            Body::Part { more, total: Some(total) } if more || total > whole => Some(upload.part_of(total)?),
            Body::Part { more, .. } => Some(upload.part(payload.len(), more)?),
        };
        if let Some(part) = part {
            payload = part.bytes_of(payload);
        }
        let kind = match request.delivery {
            Delivery::Confirmable => Kind::Confirmable,
            Delivery::NonConfirmable | Delivery::Multicast => Kind::NonConfirmable,
        };
        let (code, options) = (request.code, request.options);
        let message = Message { kind, code, id: 0, token: token.get(), options, payload };
        let what = What::Request(request.delivery);
        let draft = Draft { to, what, message: Patched::plain(&message), in_parts: part.is_some() };
        let now = nanos(now);
        let slot = self.enter(now, &draft)?;
        if let Some(entry) = self.outgoing.get_mut(slot) {
            (entry.progress.by_block, entry.progress.observes) = (by_block, observes);
            if part.is_some() {
                (entry.progress.upload, entry.progress.part) = (Some(upload), part);
            }
        }
        let send = self.begin(now, slot, out)?;
        Ok((Call(self.outgoing.handle(slot)), send))
    }

    /// Gives the part of a body that [`Event::Wanted`] asked for, and says whether more follow.
    ///
    /// # Errors
    ///
    /// [`Error::Over`] if the request has ended or wants no part now, [`Error::Part`] if it is not the part that is
    /// wanted, [`Error::TooLong`], [`Error::NoRoom`].
    pub fn supply(
        &mut self,
        now: Duration,
        call: Call,
        part: &[u8],
        more: bool,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Datagram<P>>, Error> {
        let slot = self.outgoing.slot(call.0).ok_or(Error::Over)?;
        let limit = self.messages.cell();
        let entry = self.outgoing.get_mut(slot).ok_or(Error::Over)?;
        let before = entry.progress;
        let (Phase::Open, Some(upload), None) = (entry.phase, &mut entry.progress.upload, before.part) else {
            return Err(Error::Over);
        };
        entry.progress.part = Some(upload.part(part.len(), more)?);
        let put =
            if self.put_part(slot, part) { self.room_for(slot, out) } else { Err(Error::TooLong { limit }) };
        let entry = self.outgoing.get_mut(slot).ok_or(Error::Over)?;
        if let Err(error) = put {
            entry.progress = before;
            return Err(error);
        }
        entry.phase = Phase::Due { counted: false };
        Ok(self.launch(nanos(now), slot, out))
    }

    /// Gives a request up, or an observation: nothing more is sent for it and no event comes from it. A response or
    /// notification that still arrives is rejected, which ends the observation at the server (RFC 7641 §3.6).
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
        Ok(self.random_token(to))
    }

    fn random_token(&mut self, to: P) -> Kept {
        loop {
            let token = Kept::random(self.random.next());
            if self.outgoing.len() == 0 {
                return token;
            }
            if self.call_with(to, token).is_none() && self.group_call(token).is_none() {
                return token;
            }
        }
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
            entry.token == token && matches!(entry.what, What::Request(Delivery::Multicast))
        })
    }

    /// A response in an acknowledgement: both its id and its token must be those of the request
    /// (RFC 7252 §5.3.2).
    #[inline(never)]
    pub(super) fn piggybacked<'a>(
        &mut self,
        inbound: &Inbound<'_, 'a, P>,
        out: &mut (impl Out + ?Sized),
    ) -> Step<'a, P> {
        let (Inbound { at, message, .. }, from) = (inbound, inbound.arrival.from);
        let token = Kept::new(message.token);
        let found = self.sent_under(*at, from, message.id, |entry| {
            matches!(entry.what, What::Request(_))
                && Some(entry.token) == token
                // A notification may have overtaken it.
                && (matches!(entry.phase, Phase::Flying { .. }) || entry.progress.observes)
        });
        match found {
            Some(slot) => self.take_response(slot, inbound, Some(out)),
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

    /// Hands a response to its request. With an output, what is to be said next is said at once.
    pub(super) fn take_response<'a>(
        &mut self,
        slot: u32,
        inbound: &Inbound<'_, 'a, P>,
        out: Option<&mut (impl Out + ?Sized)>,
    ) -> Step<'a, P> {
        let &Inbound { now, message, ref gist, .. } = inbound;
        let from = inbound.arrival.from;
        let call = Call(self.outgoing.handle(slot));
        let Some(entry) = self.outgoing.get(slot) else { return Step::NOTHING };
        if matches!(entry.what, What::Request(Delivery::Multicast)) {
            return Step::event(Event::Response { call, from, message: *message, offset: 0, more: true });
        }
        self.settle(slot);
        let Some(entry) = self.outgoing.get_mut(slot) else { return Step::NOTHING };
        let progress = &mut entry.progress;
        let code = message.code;
        if code == Code::UNAUTHORIZED
            && progress.echo.len == 0
            && let Some(echo) = gist.echo
            && let Some(place) = progress.echo.bytes.get_mut(..echo.len())
        {
            place.copy_from_slice(echo);
            progress.echo.len = u8::try_from(echo.len()).unwrap_or_default();
            return Step::new(self.follow(now, slot, out), None);
        }
        if let Some(upload) = &mut progress.upload
            && progress.part.is_some()
        {
            match upload.receive(code, &message.options) {
                Uploaded::Next | Uploaded::Again => {
                    let wanted = upload.wanted();
                    progress.part = None;
                    self.outgoing.set_deadline(slot, now.saturating_add(self.patience));
                    return Step::event(Event::Wanted { call, offset: wanted.offset, len: wanted.len });
                }
                Uploaded::Stale => {
                    self.outgoing.set_deadline(slot, now.saturating_add(self.patience));
                    return Step::NOTHING;
                }
                Uploaded::Final => {
                    // RFC 7959 §2.7: what is asked for from here on comes without the body.
                    (progress.part, entry.part) = (None, 0);
                }
            }
        }
        if progress.observes
            && code.class() == 2
            && let Some(sequence) = gist.observe.map(Sequence::new)
        {
            self.outgoing.set_deadline(slot, now.saturating_add(self.patience));
            return self.take_notification(now, slot, from, *message, sequence);
        }
        let in_blocks = progress.fetch.is_some() || gist.block2.is_some_and(|block| block.more);
        if progress.by_block || code.class() != 2 || !in_blocks {
            self.finish(slot);
            let offset = if code.class() == 2 { gist.block2.map_or(0, Block::offset) } else { 0 };
            return Step::event(Event::Response { call, from, message: *message, offset, more: false });
        }
        let fetch = progress.fetch.get_or_insert(Fetch::new(self.block_size, self.body_max.into()));
        match fetch.take(gist.block2, gist.entity_tag(), gist.size2, message.payload.len()) {
            Ok(fetched) => match fetched.next {
                Some(next) => {
                    self.ask_for(slot, next);
                    let send = self.follow(now, slot, out);
                    let event = Event::Piece { call, from, message: *message, offset: fetched.offset };
                    Step::new(send, Some(event))
                }
                None => {
                    self.finish(slot);
                    let offset = fetched.offset;
                    Step::event(Event::Response { call, from, message: *message, offset, more: false })
                }
            },
            Err(error) => self.fail(slot, Failure::Body(error)),
        }
    }

    /// Sends what a request says next, or has it due.
    fn follow(&mut self, now: u64, slot: u32, out: Option<&mut (impl Out + ?Sized)>) -> Option<Datagram<P>> {
        self.outgoing.get_mut(slot)?.phase = Phase::Due { counted: false };
        match out {
            Some(out) if self.room_for(slot, out).is_ok() => self.launch(now, slot, out),
            _ => {
                self.outgoing.set_deadline(slot, 0);
                None
            }
        }
    }

    /// A notification, or the response that begins an observation (RFC 7641 §3.2 to §3.4).
    #[inline(never)]
    fn take_notification<'a>(
        &mut self,
        now: u64,
        slot: u32,
        from: P,
        message: Message<'a>,
        sequence: Sequence,
    ) -> Step<'a, P> {
        let call = Call(self.outgoing.handle(slot));
        let at = Duration::from_nanos(now);
        // RFC 7641 §3.3.1: stale after Max-Age; then wait 5 to 15 s more before registering again.
        let age = u64::from(message.options.max_age()) * 1_000_000_000;
        let spread = 5_000_000_000 + self.random.up_to(10_000_000_000);
        let Some(entry) = self.outgoing.get_mut(slot) else { return Step::NOTHING };
        let is_new = match &mut entry.progress.seen {
            Some(seen) => seen.admit(at, sequence),
            seen => {
                *seen = Some(Freshness::new(at, sequence));
                true
            }
        };
        if !is_new {
            return Step::NOTHING;
        }
        self.outgoing.set_deadline(slot, now.saturating_add(age).saturating_add(spread));
        let rest = match message.options.block2() {
            Some(block) if block.more && block.number == 0 => self.fetch_rest(now, slot, &message),
            _ => None,
        };
        Step::event(Event::Notification { call, from, message, rest })
    }

    /// Begins to fetch what a notification in blocks has not brought: a request of its own, without observing,
    /// due at once (RFC 7959 §2.6).
    fn fetch_rest(&mut self, now: u64, observation: u32, notification: &Message<'_>) -> Option<Call> {
        let mut fetch = Fetch::new(self.block_size, self.body_max.into());
        let fetched = fetch.receive(&notification.options, notification.payload.len()).ok()?;
        let &Outgoing { to, what, is_confirmable, head, options, ref progress, .. } =
            self.outgoing.get(observation)?;
        let echo = progress.echo;
        let token = self.random_token(to);
        let slot = self.take(now, to, what, token, is_confirmable).ok()?;
        if !self.messages.copy(observation, slot) {
            self.finish(slot);
            return None;
        }
        let rest = self.outgoing.get_mut(slot)?;
        (rest.head, rest.options) = (head, options);
        rest.progress =
            Progress { fetch: Some(fetch), block2: fetched.next, is_rest: true, echo, ..Progress::none() };
        self.outgoing.set_deadline(slot, 0);
        Some(Call(self.outgoing.handle(slot)))
    }

    /// Whether an open request is an observation that has gone stale: it is to be registered again.
    pub(super) fn registers_again(&mut self, slot: u32) -> bool {
        match self.outgoing.get_mut(slot) {
            Some(entry) if entry.progress.seen.is_some() => {
                entry.phase = Phase::Due { counted: false };
                true
            }
            _ => false,
        }
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
}
