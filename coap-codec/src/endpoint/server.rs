//! Requests of peers and their answers: in the acknowledgement or after it, whole or in blocks (RFC 7252 §5.2,
//! §8.2, RFC 7959, RFC 7967, RFC 9175).

use core::hash::{Hash, Hasher};
use core::time::Duration;

use super::incoming::{Again, Inbound, Incoming, State, Wishes};
use super::outgoing::{Draft, What};
use super::slots::{Handle, UNFILED};
use super::token::Kept;
use super::wire::{Own, Patched, nanos};
use super::{
    Arrival, Body, Datagram, Diagnostic, Endpoint, Error, Event, Exchange, Fault, Response, Step, Upload,
};
use crate::hash::SipHash;
use crate::message::put_pieces;
use crate::stage::{Stage, copy};
use crate::{
    Assembled, Assembly, AssemblyError, Code, Identity, Kind, Message, Observe, Opt, OptionNumber, Options,
    Out, Part, SliceOut, Uint, Wanted,
};

/// A block that was taken in: what it is, of which body, and where that was before.
type Taken = (Assembled, Handle, Option<Assembly>);

/// What an endpoint remembers of the body of a request that comes in blocks.
#[derive(Clone, Copy, Debug)]
pub struct Incomplete<P> {
    pub(super) from: P,
    pub(super) assembly: Assembly,
    pub(super) identity: Identity,
}

impl<P: Copy + Eq + Hash> Endpoint<'_, P> {
    /// Answers a request: in the acknowledgement, or after it in a message of its own, whichever is still
    /// possible (RFC 7252 §5.2). Of a body longer than a block, or than the client asked for, the part is sent that
    /// the request wants. What it said to be of no interest is not sent (RFC 7967), nor are errors to a group.
    /// Observe, Block1, Block2, Size2 and Echo are the endpoint's to add.
    ///
    /// # Errors
    ///
    /// [`Error::Over`] if it was answered or is too old, [`Error::Code`] if the code is no response's,
    /// [`Error::Part`] if the part is not the one that is wanted, [`Error::NoRoom`]; for a response that is not in the
    /// acknowledgement also [`Error::Full`], [`Error::TooLong`], [`Error::Ids`].
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
        self.answer(nanos(now), slot, response, out)
    }

    pub(super) fn answer(
        &mut self,
        now: u64,
        slot: u32,
        response: &Response<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Datagram<P>>, Error> {
        let &entry = self.incoming.get(slot).ok_or(Error::Over)?;
        let State::Pending { acknowledged } = entry.state else { return Err(Error::Over) };
        let mut message = Message {
            kind: if entry.kind == Kind::Confirmable { Kind::Acknowledgement } else { Kind::NonConfirmable },
            code: response.code,
            id: entry.id,
            token: entry.token.get(),
            options: response.options,
            payload: response.payload,
        };
        if is_suppressed(&entry, response.code) {
            return self.keep_still(slot, &entry, acknowledged, out);
        }
        let mut own = Own::NONE;
        let part = match response.part(entry.wishes.wanted)? {
            Ok(part) => part,
            Err(code) => {
                (message.code, message.options, message.payload) = (code, Options::EMPTY, &[]);
                None
            }
        };
        let success = message.code.class() == 2;
        let observed =
            response.observe.filter(|_| success && entry.wishes.observe == Some(Observe::Register));
        let sequence = observed.and_then(|resource| self.may_register(&entry, resource));
        if let Some(sequence) = sequence {
            own.push(OptionNumber::OBSERVE, sequence.uint());
        }
        if let Some(part) = part {
            message.payload =
                if response.body == Body::Whole { part.bytes_of(response.payload) } else { response.payload };
            own.push_block(OptionNumber::BLOCK2, part.block);
        }
        own.push_block(OptionNumber::BLOCK1, entry.wishes.block1);
        if let Some(size) = part.and_then(|part| part.size) {
            own.push(OptionNumber::SIZE2, Uint::new(size));
        }
        let echo;
        if self.is_too_much(&entry, &message) {
            // RFC 9175 §2.4: first show that you are where you say you are.
            echo = self.echo_in(now / nanos(ECHO_WHILE), entry.from).to_be_bytes();
            own = Own::behind(&echo);
            (message.code, message.options, message.payload) = (Code::UNAUTHORIZED, Options::EMPTY, &[]);
        }
        let patched = Patched { message: &message, own: &own, without: &[] };
        let (send, again) = match entry.kind {
            Kind::Confirmable if !acknowledged => {
                let (len, again) = self.piggyback(&patched, out)?;
                (Some(Datagram { to: entry.from, len }), again)
            }
            _ => self.deliver(now, &entry, self.incoming.handle(slot), patched, out)?,
        };
        match observed.zip(sequence) {
            Some((resource, sequence)) if own.echo.is_empty() => {
                self.register(now, &entry, resource, sequence);
            }
            // RFC 7641 §4.2: what is not there cannot be observed.
            _ if entry.wishes.observe.is_some() && !success => self.deregister(entry.from, entry.token),
            _ => {}
        }
        self.done(slot, again);
        Ok(send)
    }

    /// A response that is not sent: the request is acknowledged.
    #[inline(never)]
    fn keep_still(
        &mut self,
        slot: u32,
        entry: &Incoming<P>,
        acknowledged: bool,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Datagram<P>>, Error> {
        let confirmable = entry.kind == Kind::Confirmable;
        let send = match confirmable && !acknowledged {
            true => Some(super::put(&Message::acknowledge(entry.id), entry.from, out)?),
            false => None,
        };
        self.done(slot, if confirmable { Again::Acknowledgement } else { Again::Nothing });
        Ok(send)
    }

    /// Sends a response that is not in the acknowledgement.
    #[inline(never)]
    fn deliver(
        &mut self,
        now: u64,
        entry: &Incoming<P>,
        exchange: Handle,
        patched: Patched<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(Option<Datagram<P>>, Again), Error> {
        let (to, what, in_parts) = (entry.from, What::Response(exchange), false);
        match entry.kind {
            Kind::Confirmable => {
                let message = Message { kind: Kind::Confirmable, ..*patched.message };
                let message = Patched { message: &message, ..patched };
                let (_, send) = self.send(now, &Draft { to, what, message, in_parts }, out)?;
                Ok((send, Again::Acknowledgement))
            }
            _ if entry.multicast => {
                // RFC 7252 §8.2: not all at once.
                let late = self.random.up_to(nanos(self.params.leisure));
                let slot = self.enter(now, &Draft { to, what, message: patched, in_parts })?;
                self.outgoing.set_deadline(slot, now.saturating_add(late));
                Ok((None, Again::Nothing))
            }
            _ => {
                patched.check_room(out)?;
                let peer = self.peers.get_mut(entry.peer).ok_or(Error::Over)?;
                let id = peer.take_id(now, self.lifetime).map_err(|_| Error::Ids)?;
                let message = Message { id, ..*patched.message };
                let message = Patched { message: &message, ..patched };
                Ok((Some(Datagram { to, len: message.write(out)? }), Again::Nothing))
            }
        }
    }

    /// A response in the acknowledgement, kept for duplicates of the request.
    fn piggyback(
        &mut self,
        message: &Patched<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(usize, Again), Error> {
        let mut stage = Stage::new();
        let Some((head, rest)) = message.pieces(&mut stage) else {
            return self.piggyback_long(message, out);
        };
        let (len, payload) = (head.len() + rest.len(), rest);
        if out.room() < len {
            return Err(Error::NoRoom { needed: len });
        }
        let Some((kept, place)) = self.replies.claim(len) else {
            return Ok((put_pieces(head, payload, out)?, Again::Nothing));
        };
        // Put together where it is kept, it goes out in one piece.
        if let Some((first, rest)) = place.split_at_mut_checked(head.len()) {
            copy(first, head);
            rest.copy_from_slice(payload);
        }
        out.put(place);
        Ok((len, Again::Reply(kept)))
    }

    /// One whose options are too long to be gathered.
    #[inline(never)]
    fn piggyback_long(
        &mut self,
        message: &Patched<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(usize, Again), Error> {
        let len = message.write(out)?;
        let again = match self.replies.claim(len) {
            Some((kept, place)) => {
                message.write(&mut SliceOut::new(place))?;
                Again::Reply(kept)
            }
            None => Again::Nothing,
        };
        Ok((len, again))
    }

    /// A request that is no duplicate.
    #[inline(never)]
    pub(super) fn requested<'a>(
        &mut self,
        inbound: &Inbound<'_, 'a, P>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<'a, P>, Error> {
        let &Inbound { now, arrival, at, message, .. } = inbound;
        let from = arrival.from;
        if arrival.multicast && message.kind == Kind::Confirmable {
            return Ok(Step::event(Event::Refused { from, why: Fault::ConfirmableMulticast }));
        }
        let per_peer = self.per_peer;
        let peer = self
            .peer(now, from, at.whole())
            .filter(|&peer| self.peers.get(peer).is_some_and(|peer| peer.pending < per_peer));
        let (Some(peer), Some(token)) = (peer, Kept::new(message.token)) else {
            return self.busy(now, &arrival, message, out);
        };
        if self.amplification > 0 {
            self.hear_echo(now, from, peer, inbound.gist.echo);
        }
        let (mut offset, mut upload, mut unfinished) = (0, None, None);
        let mut before = None;
        if inbound.gist.block1.is_some_and(|block| block.more || block.number > 0) {
            match self.assemble(inbound) {
                Ok(Some((taken, body, assembly))) => {
                    upload = Some(Upload(body));
                    before = assembly;
                    match taken {
                        Assembled::Complete { offset: at, .. } => offset = at,
                        taken => unfinished = Some(taken),
                    }
                }
                Ok(None) => return self.busy(now, &arrival, message, out),
                Err(error) => return self.refuse_block(now, &arrival, message, error, out),
            }
        }
        let mut entry = Incoming::new(inbound, token, peer, self.block_size);
        if self.amplification > 0 {
            entry.wishes.len = u16::try_from(message.encoded_len()).unwrap_or(u16::MAX);
        }
        if message.kind == Kind::Confirmable {
            self.waiting.line_up(&mut entry, now.saturating_add(self.acknowledge_after));
        }
        let Wishes { observe, wanted, .. } = entry.wishes;
        let Some(slot) = self.remember(now, entry, at.with(message.id.into())) else {
            self.give_back(upload, before);
            return self.busy(now, &arrival, message, out);
        };
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.pending += 1;
        }
        if message.kind == Kind::Confirmable {
            self.waiting.push(&mut self.incoming, slot);
        }
        if let (Some(taken), Some(part_of)) = (unfinished, upload) {
            let step = self.go_on(now, slot, arrival, *message, (taken, part_of), out);
            if step.is_err() {
                self.give_back(upload, before);
            }
            return step;
        }
        if let Some(Upload(body)) = upload
            && let Some(slot) = self.bodies.slot(body)
        {
            self.bodies.remove(slot);
        }
        if observe == Some(Observe::Deregister) {
            self.hear_deregistration(slot);
        }
        let exchange = Exchange(self.incoming.handle(slot));
        Ok(Step::event(Event::Request { exchange, arrival, message: *message, wanted, upload, offset }))
    }

    /// A client that observes no more is taken off the list, and not put on it by an answer to an earlier request that is
    /// still to come (RFC 7641 §3.6).
    #[cold]
    fn hear_deregistration(&mut self, slot: u32) {
        let Some(&Incoming { from, token, .. }) = self.incoming.get(slot) else { return };
        self.deregister(from, token);
        for slot in 0..self.incoming.end() {
            if let Some(entry) =
                self.incoming.get_mut(slot).filter(|entry| entry.from == from && entry.token == token)
            {
                entry.wishes.observe = entry.wishes.observe.filter(|asked| *asked != Observe::Register);
            }
        }
    }

    /// Takes a block in; says also where the body was before. `None`: there is no memory for another body.
    #[inline(never)]
    fn assemble(&mut self, inbound: &Inbound<'_, '_, P>) -> Result<Option<Taken>, AssemblyError> {
        let Inbound { arrival, message, gist, .. } = inbound;
        let (from, identity) = (arrival.from, Identity::of(message, self.key));
        let hash = inbound.at.with(u64::from(message.code.0));
        let is = |body: &Incomplete<P>| body.identity == identity && body.from == from;
        let known = self.bodies.find(0, hash, is);
        let before = known.and_then(|slot| self.bodies.get(slot)).map(|body| body.assembly);
        let mut assembly = before.unwrap_or(Assembly::new(self.block_size, self.upload_max));
        let taken = assembly.take(identity, gist.block1, gist.size1, message.payload.len())?;
        let body = Incomplete { from, assembly, identity };
        let deadline = inbound.now.saturating_add(self.upload_patience);
        let Some(slot) = known.or_else(|| self.bodies.insert(body, [hash, UNFILED], deadline)) else {
            return Ok(None);
        };
        if let Some(known) = self.bodies.get_mut(slot) {
            *known = body;
        }
        self.bodies.set_deadline(slot, deadline);
        Ok(Some((taken, self.bodies.handle(slot), before)))
    }

    /// Puts a body back to where it was: what was taken in of it cannot be acknowledged, so it will come again.
    #[cold]
    fn give_back(&mut self, upload: Option<Upload>, before: Option<Assembly>) {
        let Some(slot) = upload.and_then(|Upload(body)| self.bodies.slot(body)) else { return };
        match (self.bodies.get_mut(slot), before) {
            (Some(body), Some(before)) => body.assembly = before,
            _ => self.bodies.remove(slot),
        }
    }

    /// Asks for the next block: 2.31 (RFC 7959 §2.9.1).
    #[inline(never)]
    fn go_on<'a>(
        &mut self,
        now: u64,
        slot: u32,
        arrival: Arrival<P>,
        message: Message<'a>,
        (taken, upload): (Assembled, Upload),
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<'a, P>, Error> {
        let (block, offset) = match taken {
            Assembled::Continue { offset, block } => (block, Some(offset)),
            Assembled::Repeated { block } => (block, None),
            Assembled::Complete { .. } => return Ok(Step::NOTHING),
        };
        if let Some(entry) = self.incoming.get_mut(slot) {
            entry.wishes.block1 = Some(block);
        }
        match self.answer(now, slot, &Response::new(Code::CONTINUE), out) {
            Ok(send) => {
                let event = offset.map(|offset| Event::Part { upload, arrival, message, offset });
                Ok(Step::new(send, event))
            }
            Err(error) => {
                self.forget(slot);
                Err(error)
            }
        }
    }

    /// A block that is not the next one: 4.08, 4.13, 4.00 (RFC 7959 §2.9).
    #[cold]
    fn refuse_block(
        &mut self,
        now: u64,
        arrival: &Arrival<P>,
        message: &Message<'_>,
        error: AssemblyError,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<'static, P>, Error> {
        let hint = Assembly::new(self.block_size, self.upload_max).hint().uint();
        let most = Uint::new(self.upload_max);
        let list = [Opt::new(OptionNumber::BLOCK1, &hint), Opt::new(OptionNumber::SIZE1, &most)];
        let too_large = matches!(error, AssemblyError::TooLarge { .. });
        let options = if too_large { Options::new(&list)? } else { Options::EMPTY };
        let event = Event::Refused { from: arrival.from, why: Fault::Block(error) };
        let send = match arrival.multicast {
            true => None,
            false => {
                let text = Diagnostic::new(&error);
                self.refuse(now, arrival.from, message, (error.code(), options, text.as_bytes()), out)?
            }
        };
        Ok(Step::new(send, Some(event)))
    }

    /// Gives up a body of which only parts have come: its next block is answered with 4.08.
    ///
    /// # Errors
    ///
    /// [`Error::Over`] if it is whole, or was given up.
    pub fn abandon(&mut self, upload: Upload) -> Result<(), Error> {
        let slot = self.bodies.slot(upload.0).ok_or(Error::Over)?;
        self.bodies.remove(slot);
        Ok(())
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
        let answer = (Code::SERVICE_UNAVAILABLE, Options::new(&list)?, &[][..]);
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
            Patched::plain(&answer).check_room(out)?;
            let hash = self.hashing.of(&to).whole();
            let Some(peer) = self.peer(now, to, hash) else { return Ok(None) };
            let lifetime = self.lifetime;
            let Some(Ok(id)) = self.peers.get_mut(peer).map(|peer| peer.take_id(now, lifetime)) else {
                return Ok(None);
            };
            (answer.kind, answer.id) = (Kind::NonConfirmable, id);
        }
        super::put(&answer, to, out).map(Some)
    }

    /// Whether a response is more than an address may be sent that anybody can have written into the request.
    fn is_too_much(&self, entry: &Incoming<P>, response: &Message<'_>) -> bool {
        self.amplification > 0
            && matches!(entry.code, Code::GET | Code::FETCH)
            && response.encoded_len() > usize::from(entry.wishes.len) * usize::from(self.amplification)
            && self.peers.get(entry.peer).is_some_and(|peer| !peer.is_reachable)
    }

    /// The Echo value of a peer for some while: nobody else can know it (RFC 9175 appendix A).
    #[inline(never)]
    fn echo_in(&self, while_: u64, peer: P) -> u64 {
        let mut hash = KeyedHash(SipHash::new(self.key[1], self.key[0]));
        hash.0.write_u64(while_);
        peer.hash(&mut hash);
        hash.finish()
    }

    /// A peer that gives back what it was sent is where it says it is.
    #[inline(never)]
    fn hear_echo(&mut self, now: u64, from: P, peer: u32, echo: Option<&[u8]>) {
        let Some(echo) = echo else { return };
        let this = now / nanos(ECHO_WHILE);
        let fits = |while_: u64| self.echo_in(while_, from).to_be_bytes() == *echo;
        let is_reachable = fits(this) || (this > 0 && fits(this - 1));
        if is_reachable && let Some(peer) = self.peers.get_mut(peer) {
            peer.is_reachable = true;
        }
    }
}

/// How long an Echo value is good at least, and at most twice.
const ECHO_WHILE: Duration = Duration::from_secs(60);

struct KeyedHash(SipHash);

impl Hasher for KeyedHash {
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    fn finish(&self) -> u64 {
        self.0.clone().finish()
    }
}

impl Response<'_> {
    /// The part of the body to send; the code to send instead if there is no such part.
    #[inline]
    pub(super) fn part(&self, wanted: Wanted) -> Result<Result<Option<Part>, Code>, Error> {
        // Only a representation has parts.
        if self.code.class() != 2 || (self.payload.is_empty() && self.code != Code::CONTENT) {
            return Ok(Ok(None));
        }
        match self.body {
            Body::Whole => {
                let whole = u64::try_from(self.payload.len()).unwrap_or(u64::MAX);
                Ok(wanted.part_of(whole).map(Some).map_err(|error| error.code()))
            }
            Body::Part { more, total } => self.single_part(wanted, more, total).map(|part| Ok(Some(part))),
        }
    }

    /// The payload as the part that is wanted.
    #[inline(never)]
    fn single_part(&self, wanted: Wanted, more: bool, total: Option<u64>) -> Result<Part, Error> {
        let mut part = wanted.part(self.payload.len(), more)?;
        if part.offset == 0 && part.more() {
            part.size = total.and_then(|total| u32::try_from(total).ok());
        }
        Ok(part)
    }
}

/// Whether a response is not sent: the client said so (RFC 7967 §2.1), or it is an error for a group, whose
/// other members may know better (RFC 7252 §8.2).
fn is_suppressed<P>(entry: &Incoming<P>, code: Code) -> bool {
    match entry.wishes.no_response {
        Some(interest) => code != Code::CONTINUE && !interest.wants(code),
        None => entry.multicast && code.class() > 2,
    }
}
