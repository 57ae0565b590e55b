//! Requests of the peer and their answers, in any order, whole or in blocks (RFC 7252 §5.2, RFC 7959, RFC 7967).

use super::super::incoming::Wishes;
use super::super::slots::{NEVER, UNFILED};
use super::super::token::Kept;
use super::super::wire::{Own, Patched};
use super::super::{Body, Diagnostic, Error, Exchange, Fault, Gist, Incomplete, Response, Upload};
use super::{Connection, Event};
use crate::{
    Assembled, Assembly, AssemblyError, Block, Code, Identity, Kind, Message, Observe, Opt, OptionNumber,
    Options, Out, Signal, StreamMessage, Token, Uint,
};

/// What a connection remembers of a request of the peer that waits for its answer, or of a ping that waits for those.
#[derive(Clone, Copy, Debug)]
pub struct Owed {
    token: Kept,
    /// Its place among all that have come.
    serial: u64,
    /// What a request wants of its response; `None`: a ping.
    wishes: Option<Wishes>,
    /// Whether it asks for a block.
    asks_block: bool,
}

impl Connection<'_> {
    /// Answers a request; requests may be answered in any order. Of a body longer than the peer takes, or than it
    /// asked for, the part is sent that the request wants. What it said to be of no interest is not sent
    /// (RFC 7967). Observe, Block1, Block2 and Size2 are the connection's to add.
    ///
    /// # Errors
    ///
    /// [`Error::Over`] if it was answered or the connection is closed, [`Error::Code`] if the code is no response's,
    /// [`Error::Part`] if the part is not the one that is wanted, [`Error::PeerLimit`], [`Error::NoRoom`].
    pub fn respond(
        &mut self,
        exchange: Exchange,
        response: &Response<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), Error> {
        if !response.code.is_response() {
            return Err(Error::Code(response.code));
        }
        let slot = self.incoming.slot(exchange.0).ok_or(Error::Over)?;
        let &Owed { token, wishes, asks_block, .. } = self.incoming.get(slot).ok_or(Error::Over)?;
        let wishes = wishes.ok_or(Error::Over)?;
        if wishes.no_response.is_some_and(|interest| !interest.wants(response.code)) {
            self.done(slot);
            return Ok(());
        }
        let (mut code, mut options, mut payload) = (response.code, response.options, response.payload);
        let part = match response.part(wishes.wanted)? {
            // Nobody asked for blocks, and perhaps nobody knows them.
            Ok(Some(part)) if part.more() && !asks_block && !self.peer.block_wise => match response.body {
                Body::Whole => None,
                Body::Part { .. } => return Err(Error::PeerLimit { limit: self.peer.max_message_size }),
            },
            Ok(part) => part,
            Err(refusal) => {
                (code, options, payload) = (refusal, Options::EMPTY, &[]);
                None
            }
        };
        let success = code.class() == 2;
        let asks = wishes.observe == Some(Observe::Register);
        let observed = response.observe.filter(|_| success && asks && self.may_register(token));
        let mut own = Own::NONE;
        if observed.is_some() {
            // RFC 8323 §7.1: the connection keeps the order, so no number is needed.
            own.push(OptionNumber::OBSERVE, Uint::new(0));
        }
        if let Some(part) = part {
            payload = if response.body == Body::Whole { part.bytes_of(payload) } else { payload };
            own.push_block(OptionNumber::BLOCK2, part.block);
        }
        own.push_block(OptionNumber::BLOCK1, wishes.block1);
        if let Some(size) = part.and_then(|part| part.size) {
            own.push(OptionNumber::SIZE2, Uint::new(size));
        }
        self.put(token.get(), code, options, payload, &own, out)?;
        match observed {
            Some(resource) => self.register(token, resource, &wishes, asks_block),
            // RFC 7641 §4.2: what is not there cannot be observed.
            None if asks && !success => self.deregister(token),
            None => {}
        }
        self.done(slot);
        Ok(())
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

    pub(super) fn requested<'a>(
        &mut self,
        now: u64,
        message: StreamMessage<'a>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'a>>, Error> {
        let Some(token) = Kept::new(message.token) else { return self.busy(&message, out).map(Some) };
        if self.incoming.is_full() {
            let event = self.busy(&message, out)?;
            // To forget takes no memory.
            self.hear_deregistration(&message, token);
            return Ok(Some(event));
        }
        let (mut offset, mut upload) = (0, None);
        if message.options.block1().is_some_and(|block| block.more || block.number > 0) {
            match self.take_block(now, message, out)? {
                Taken::Last { offset: at, body } => {
                    (offset, upload) = (at, Some(Upload(self.bodies.handle(body))));
                }
                Taken::Done(event) => return Ok(event),
            }
        }
        let StreamMessage { code, options, payload, .. } = message;
        let as_datagram =
            Message { kind: Kind::Confirmable, code, id: 0, token: message.token, options, payload };
        let wishes = Wishes::of(&as_datagram, &Gist::of(&options), self.part_size());
        let asks_block = options.block2().is_some();
        let entry = Owed { token, serial: self.arrived, wishes: Some(wishes), asks_block };
        let Some(slot) = self.incoming.insert(entry, [UNFILED; 2], NEVER) else {
            return self.busy(&message, out).map(Some);
        };
        self.arrived += 1;
        if let Some(Upload(body)) = upload
            && let Some(body) = self.bodies.slot(body)
        {
            self.bodies.remove(body);
        }
        self.hear_deregistration(&message, token);
        let exchange = Exchange(self.incoming.handle(slot));
        Ok(Some(Event::Request { exchange, message, wanted: wishes.wanted, upload, offset }))
    }

    /// A client that observes no more is taken off the list (RFC 8323 §7.4), and not put on it by an answer to an earlier
    /// request that is still to come.
    fn hear_deregistration(&mut self, message: &StreamMessage<'_>, token: Kept) {
        let is_one = matches!(message.code, Code::GET | Code::FETCH)
            && Observe::asked(&message.options) == Some(Observe::Deregister);
        if !is_one {
            return;
        }
        self.deregister(token);
        for slot in 0..self.incoming.end() {
            if let Some(owed) = self.incoming.get_mut(slot).filter(|owed| owed.token == token)
                && let Some(wishes) = &mut owed.wishes
            {
                wishes.observe = None;
            }
        }
    }

    /// Takes a block of a body in; asks for the next one with 2.31 (RFC 7959 §2.9.1).
    fn take_block<'a>(
        &mut self,
        now: u64,
        message: StreamMessage<'a>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Taken<'a>, Error> {
        let identity = Identity::of_parts(message.code, &message.options, self.key);
        let hash = self.hashing.with(u64::from(message.code.0));
        let known = self.bodies.find(0, hash, |body| body.identity == identity);
        let mut assembly = known
            .and_then(|slot| self.bodies.get(slot))
            .map_or(Assembly::new(self.size_to_take(), self.upload_max), |body| body.assembly);
        let taken = match assembly.receive(identity, &message.options, message.payload.len()) {
            Ok(taken) => taken,
            Err(error) => return self.refuse_block(message.token, error, out),
        };
        let (offset, block) = match (taken, known) {
            (Assembled::Complete { offset, .. }, Some(body)) => return Ok(Taken::Last { offset, body }),
            (Assembled::Continue { offset, block }, _) => (Some(offset), block),
            (Assembled::Repeated { block }, _) => (None, block),
            // A last block is of a body that is known, or it was refused.
            (Assembled::Complete { .. }, None) => return Ok(Taken::Done(None)),
        };
        if known.is_none() && self.bodies.is_full() {
            return self.busy(&message, out).map(|event| Taken::Done(Some(event)));
        }
        self.go_on(message.token, block, out)?;
        let (body, deadline) =
            (Incomplete { from: (), assembly, identity }, now.saturating_add(self.upload_patience));
        let slot = match known {
            Some(slot) => slot,
            None => match self.bodies.insert(body, [hash, UNFILED], deadline) {
                Some(slot) => slot,
                None => return Ok(Taken::Done(None)),
            },
        };
        if let Some(known) = self.bodies.get_mut(slot) {
            *known = body;
        }
        self.bodies.set_deadline(slot, deadline);
        let upload = Upload(self.bodies.handle(slot));
        Ok(Taken::Done(offset.map(|offset| Event::Part { upload, message, offset })))
    }

    fn go_on(&self, token: Token<'_>, block: Block, out: &mut (impl Out + ?Sized)) -> Result<(), Error> {
        let mut own = Own::NONE;
        own.push_block(OptionNumber::BLOCK1, Some(block));
        self.put_short(token, Code::CONTINUE, Options::EMPTY, &own, out)
    }

    /// A block that is not the next one: 4.08, 4.13, 4.00 (RFC 7959 §2.9).
    #[cold]
    fn refuse_block<'a>(
        &self,
        token: Token<'_>,
        error: AssemblyError,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Taken<'a>, Error> {
        let hint = Assembly::new(self.size_to_take(), self.upload_max).hint().uint();
        let most = Uint::new(self.upload_max);
        let list = [Opt::new(OptionNumber::BLOCK1, &hint), Opt::new(OptionNumber::SIZE1, &most)];
        let list = if matches!(error, AssemblyError::TooLarge { .. }) { &list[..] } else { &[] };
        self.refuse(token, error.code(), list, Diagnostic::new(&error).as_bytes(), out)?;
        Ok(Taken::Done(Some(Event::Refused { why: Fault::Block(error) })))
    }

    /// A request there is no memory for: 5.03 with the time to wait (RFC 7252 §5.9.3.4).
    #[cold]
    fn busy(
        &self,
        message: &StreamMessage<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Event<'static>, Error> {
        let age = Uint::new(self.retry_after);
        let list = [Opt::new(OptionNumber::MAX_AGE, &age)];
        self.refuse(message.token, Code::SERVICE_UNAVAILABLE, &list, &[], out)?;
        Ok(Event::Refused { why: Fault::Busy })
    }

    /// An answer that needs no memory; the text is left out if the peer takes no message that long.
    pub(super) fn refuse(
        &self,
        token: Token<'_>,
        code: Code,
        list: &[Opt<'_>],
        text: &[u8],
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), Error> {
        let options = Options::new(list)?;
        let own = Own::NONE;
        match self.put(token, code, options, text, &own, out) {
            Err(Error::PeerLimit { .. }) => self.put_short(token, code, options, &own, out),
            sent => sent,
        }
    }

    /// Writes a dozen bytes that have to be said: who takes less takes nothing.
    fn put_short(
        &self,
        token: Token<'_>,
        code: Code,
        options: Options<'_>,
        own: &Own<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), Error> {
        let message = Message { kind: Kind::Confirmable, code, id: 0, token, options, payload: &[] };
        self.frame(Patched { message: &message, own, without: &[] }).write(u32::MAX, out)
    }

    pub(super) fn put(
        &self,
        token: Token<'_>,
        code: Code,
        options: Options<'_>,
        payload: &[u8],
        own: &Own<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), Error> {
        let message = Message { kind: Kind::Confirmable, code, id: 0, token, options, payload };
        self.frame(Patched { message: &message, own, without: &[] }).write(self.peer.max_message_size, out)
    }

    /// A request is answered. Pings that waited for it are due.
    fn done(&mut self, slot: u32) {
        self.incoming.remove(slot);
        if self.held == 0 {
            return;
        }
        let requests = (0..self.incoming.end()).filter_map(|slot| self.incoming.get(slot));
        let first = requests.filter(|owed| owed.wishes.is_some()).map(|owed| owed.serial).min();
        for slot in 0..self.incoming.end() {
            let Some(owed) = self.incoming.get(slot) else { continue };
            if owed.wishes.is_none() && first.is_none_or(|first| owed.serial < first) {
                self.incoming.set_deadline(slot, 0);
            }
        }
    }

    /// Answers a ping; one that asks for custody only after all that came before it (RFC 8323 §5.4.1).
    pub(super) fn pinged(
        &mut self,
        token: Token<'_>,
        custody: bool,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), Error> {
        // Pings need not wait for pings.
        let waits = custody && self.incoming.len() > self.held;
        if waits
            && let Some(kept) = Kept::new(token)
            && !self.incoming.is_full()
        {
            let entry = Owed { token: kept, serial: self.arrived, wishes: None, asks_block: false };
            if self.incoming.insert(entry, [UNFILED; 2], NEVER).is_some() {
                (self.arrived, self.held) = (self.arrived + 1, self.held + 1);
                return Ok(());
            }
        }
        Ok(Signal::Pong { custody: custody && !waits }.encode_as(self.framing, token, out)?)
    }

    /// Answers a ping that has waited.
    pub(super) fn release_pong(&mut self, slot: u32, out: &mut (impl Out + ?Sized)) -> Result<(), Error> {
        let &Owed { token, .. } = self.incoming.get(slot).ok_or(Error::Over)?;
        Signal::Pong { custody: true }.encode_as(self.framing, token.get(), out)?;
        self.incoming.remove(slot);
        self.held -= 1;
        Ok(())
    }
}

/// What a block is of its body.
enum Taken<'a> {
    /// The last one; the request can be answered.
    Last { offset: u64, body: u32 },
    /// Another one, or none that can be used; all is said.
    Done(Option<Event<'a>>),
}
