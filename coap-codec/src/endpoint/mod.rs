//! A CoAP endpoint: client and server at once, over any transport that carries datagrams. Over one that carries
//! streams or WebSocket messages, see [`stream`].
//!
//! # Contract
//!
//! * Datagrams and time go in; at most one datagram and one [`Event`] come out of a call. Nothing here knows a
//!   socket or a clock: `now` is the time since any moment you choose, and must not run backwards.
//! * `Err` means that nothing has happened: the endpoint and the output are what they were. What a *peer* does
//!   wrong is [`Event::Refused`], with the answer it deserves already in the output.
//! * What one call cannot finish falls due at once: [`Endpoint::next_timeout`] then answers a moment that has
//!   passed, and each [`Endpoint::handle_timeout`] does one piece of it. Calling late makes things late, never
//!   wrong.
//! * A message is acted on once. Its duplicates get the reply the first one got (RFC 7252 §4.5).
//! * A message sent again has the same bytes, be it that nothing was heard or that a duplicate asked for it.
//! * Every request of ours ends with exactly one event, see [`Event`].
//! * Everything a peer can make grow is bounded by [`Memory`] and [`Config`].
//!
//! # Driving it
//!
//! 1. Hand every datagram to [`Endpoint::receive`], and say if the transport reports that a peer is not there:
//!    [`Endpoint::transport_error`].
//! 2. Send what a call appended to the output to where its [`Datagram`] says.
//! 3. Act on the event: answer a request with [`Endpoint::respond`], at once or when the answer is known.
//! 4. When [`Endpoint::next_timeout`] has come, call [`Endpoint::handle_timeout`] until it has moved on.
//!
//! ```
//! # #[cfg(not(feature = "alloc"))] fn main() {}
//! # #[cfg(feature = "alloc")] fn main() -> Result<(), Box<dyn core::error::Error>> {
//! use core::time::Duration;
//! use coap_codec::endpoint::{Arrival, Config, Endpoint, Event, Memory, Request, Response};
//! use coap_codec::{Code, Opt, OptionNumber, Options};
//!
//! let mut client = Endpoint::new(Config::new(Memory::growing(1), 1));
//! let mut server = Endpoint::new(Config::new(Memory::growing(10), 2));
//! let (mut out, mut back, now) = (Vec::new(), Vec::new(), Duration::ZERO);
//!
//! let path = [Opt::new(OptionNumber::URI_PATH, b"temperature")];
//! let request = Request { options: Options::new(&path)?, ..Request::new(Code::GET) };
//! let (call, _) = client.request(now, "server", &request, &mut out)?;
//!
//! let step = server.receive(now, Arrival::from("client"), &out, &mut back)?;
//! let Some(Event::Request { exchange, message, .. }) = step.event else { panic!() };
//! assert!(message.options.path_is(&["temperature"]));
//! server.respond(now, exchange, &Response { payload: b"22.3 C", ..Response::new(Code::CONTENT) }, &mut back)?;
//!
//! let step = client.receive(now, Arrival::from("server"), &back, &mut out)?;
//! let Some(Event::Response { call: answered, message, .. }) = step.event else { panic!() };
//! assert_eq!((answered, message.payload), (call, &b"22.3 C"[..]));
//! # Ok(())
//! # }
//! ```

mod client;
mod config;
mod gist;
mod incoming;
mod observers;
mod outgoing;
mod params;
mod peer;
mod random;
mod ring;
mod server;
mod slots;
mod step;
pub mod stream;
mod table;
mod token;
mod turn;
mod wire;

use core::fmt;
use core::fmt::Write as _;
use core::hash::Hash;
use core::time::Duration;

pub use config::{Config, Memory};
use gist::Gist;
pub use incoming::Incoming;
use incoming::{Inbound, Waiting, put};
pub use observers::Observing;
pub use outgoing::Outgoing;
pub use params::Params;
pub use peer::Peer;
use random::{Hashing, Random};
use ring::Ring;
pub use server::Incomplete;
pub use slots::Slot;
use slots::Slots;
pub use step::{
    Arrival, Body, Call, Datagram, Delivery, Error, Event, Exchange, Failure, Fault, Observer, Request,
    Resource, Response, Step, Upload,
};
pub use table::Table;
use wire::{Cells, nanos};

use crate::{
    Answer, BlockSize, DecodeError, Kind, Known, Meaning, Message, Options, Out, Refusal, Rules, SliceOut,
};

/// A client and server over datagrams.
///
/// `'m` is how long its tables are lent, `'static` if they grow. `P` is a peer as the transport knows it, an
/// address or an index; peers are equal if and only if they are the same endpoint under the same security.
pub struct Endpoint<'m, P> {
    outgoing: Slots<'m, Outgoing<P>>,
    messages: Cells<'m>,
    incoming: Slots<'m, Incoming<P>>,
    waiting: Waiting,
    replies: Ring<'m>,
    peers: Slots<'m, Peer<P>>,
    bodies: Slots<'m, Incomplete<P>>,
    observers: Slots<'m, Observing<P>>,

    random: Random,
    hashing: Hashing,
    rules: Rules,
    known: Known<'m>,
    params: Params,
    per_peer: u16,
    retry_after: u32,
    block_size: BlockSize,
    body_max: u32,
    upload_max: u32,
    confirm_every: u16,
    observers_per_resource: u16,
    amplification: u8,
    /// Tells requests apart, and makes Echo values.
    key: [u64; 2],
    // Times in nanoseconds.
    lifetime: u64,
    non_lifetime: u64,
    ack_wait: u64,
    ack_spread: u64,
    acknowledge_after: u64,
    patience: u64,
    upload_patience: u64,
    confirm_after: u64,
}

impl<'m, P: Copy + Eq + Hash> Endpoint<'m, P> {
    /// An endpoint that has exchanged nothing yet.
    #[must_use]
    pub fn new(config: Config<'m, P>) -> Self {
        let Config { memory, seed, mut params, rules, known, .. } = config;
        params.nstart = params.nstart.max(1);
        let ack_wait = nanos(params.ack_timeout);
        let percent = u64::from(params.ack_random_percent.saturating_sub(100));
        let mut random = Random::new(seed);
        let key = [random.next(), random.next()];
        Self {
            messages: Cells::new(memory.messages, memory.outgoing.bound()),
            outgoing: Slots::new(memory.outgoing),
            incoming: Slots::new(memory.incoming),
            waiting: Waiting::NOBODY,
            replies: Ring::new(memory.replies),
            peers: Slots::new(memory.peers),
            random,
            key,
            hashing: Hashing::new(seed),
            rules: rules.max_token(rules.max_token.min(8)),
            known,
            params,
            per_peer: config.per_peer,
            retry_after: config.retry_after,
            block_size: config.block_size,
            body_max: config.body_max,
            upload_max: if memory.bodies.bound() > 0 { config.body_max } else { 0 },
            bodies: Slots::new(memory.bodies),
            observers: Slots::new(memory.observers),
            confirm_every: config.confirm_every,
            observers_per_resource: config.observers_per_resource,
            amplification: config.amplification,
            lifetime: nanos(params.exchange_lifetime()),
            non_lifetime: nanos(params.non_lifetime()),
            ack_wait,
            ack_spread: (ack_wait / 100).saturating_mul(percent),
            acknowledge_after: nanos(config.acknowledge_after),
            patience: nanos(config.patience),
            upload_patience: nanos(params.max_transmit_wait()),
            confirm_after: nanos(config.confirm_after),
        }
    }

    /// Takes a datagram. The event borrows it.
    ///
    /// # Errors
    ///
    /// [`Error::NoRoom`] if the output is too small for what there is to say; hand the datagram in again.
    pub fn receive<'a>(
        &mut self,
        now: Duration,
        arrival: Arrival<P>,
        datagram: &'a [u8],
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<'a, P>, Error> {
        match Message::decode(datagram, self.rules) {
            Ok(message) => self.take_in(nanos(now), arrival, &message, out),
            Err(error) => self.malformed(&arrival, error, out),
        }
    }

    /// Takes a message that was decoded, and perhaps rewritten, by the caller: where a transform between the codec
    /// and the endpoint belongs, such as the protection of OSCORE (RFC 8613).
    ///
    /// The rewritten message keeps kind, id and token of the one that came; code, options and payload are those
    /// inside. It is judged as it stands, so what is outside has to be judged before. Ask [`Endpoint::again`] first:
    /// a duplicate is no replay, and is answered without being opened.
    ///
    /// The way out needs no call: what this endpoint appends to the output is decoded, rewritten and encoded again.
    /// A message that is sent again under its id has the same bytes each time, so a nonce that is kept for a
    /// peer and an id never meets two texts.
    ///
    /// ```
    /// # #[cfg(not(feature = "alloc"))] fn main() {}
    /// # #[cfg(feature = "alloc")] fn main() -> Result<(), Box<dyn core::error::Error>> {
    /// # use core::time::Duration;
    /// use coap_codec::endpoint::{Arrival, Config, Endpoint, Event, Memory};
    /// use coap_codec::{Code, Message, Rules};
    ///
    /// let mut server = Endpoint::new(Config::new(Memory::growing(10), 1));
    /// let (mut out, now, arrival) = (Vec::new(), Duration::ZERO, Arrival::from("client"));
    ///
    /// // POST, with what is protected in the payload.
    /// let outer = Message::decode(b"\x40\x02\x00\x07\x90\xFFprotected", Rules::new())?;
    /// if server.again("client", &outer, &mut out)?.is_none() {
    ///     let opened = b"\x50\x01\x00\x00\xB4temp"; // GET /temp
    ///     let inner = Message::decode(opened, Rules::new())?;
    ///     let message = Message { kind: outer.kind, id: outer.id, token: outer.token, ..inner };
    ///     let step = server.receive_message(now, arrival, message, &mut out)?;
    ///     let Some(Event::Request { message, .. }) = step.event else { panic!() };
    ///     assert!(message.code == Code::GET && message.options.path_is(&["temp"]));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Endpoint::receive`].
    pub fn receive_message<'a>(
        &mut self,
        now: Duration,
        arrival: Arrival<P>,
        message: Message<'a>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<'a, P>, Error> {
        self.take_in(nanos(now), arrival, &message, out)
    }

    /// What is said to a message that was acted on before, by its sender and id alone (RFC 7252 §4.5). `None`: it was
    /// not, or it may be acted on again. For those who rewrite messages, see [`Endpoint::receive_message`].
    ///
    /// # Errors
    ///
    /// As [`Endpoint::receive`].
    pub fn again(
        &mut self,
        from: P,
        message: &Message<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Step<'static, P>>, Error> {
        let at = self.hashing.of(&from);
        match self.before(at, from, message.id) {
            Some(slot) if matches!(message.kind, Kind::Confirmable | Kind::NonConfirmable) => {
                self.repeat(slot, message, out)
            }
            _ => Ok(None),
        }
    }

    #[inline]
    fn take_in<'a>(
        &mut self,
        now: u64,
        arrival: Arrival<P>,
        message: &Message<'a>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<'a, P>, Error> {
        let at = self.hashing.of(&arrival.from);
        // RFC 7252 §4.5: whatever a duplicate is, it was judged before.
        if matches!(message.kind, Kind::Confirmable | Kind::NonConfirmable)
            && let Some(slot) = self.before(at, arrival.from, message.id)
            && let Some(step) = self.repeat(slot, message, out)?
        {
            return Ok(step);
        }
        let mut inbound = Inbound { now, arrival, at, message, gist: Gist::default() };
        match inbound.gist.judge(message, &self.known, self.rules) {
            Ok(Meaning::Request) => self.requested(&inbound, out),
            Ok(Meaning::Response) if message.kind == Kind::Acknowledgement => {
                Ok(self.piggybacked(&inbound, out))
            }
            Ok(Meaning::Response) => self.responded(&inbound, out),
            Ok(Meaning::Acknowledgement) => Ok(self.acknowledged(now, arrival.from, message.id)),
            Ok(Meaning::Reset) => Ok(self.reset(arrival, message.id)),
            Ok(Meaning::Ping) if arrival.multicast => Ok(Step::NOTHING),
            Ok(Meaning::Ping) => Ok(Step::send(put(&Message::reset(message.id), arrival.from, out)?)),
            Ok(Meaning::Empty | Meaning::Signal) => Ok(Step::NOTHING),
            Err(refusal) => self.refused(now, &arrival, message, refusal, out),
        }
    }

    /// The transport says that a peer cannot be reached. Everything under way to it fails; the events are due
    /// at once. Looks at all messages under way.
    pub fn transport_error(&mut self, peer: P) {
        self.give_up(peer, Failure::Transport);
        self.lose_observers(peer);
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do: a moment to come, or one that has passed.
    /// `None`: never, unless something else happens first.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Duration> {
        let first = self
            .outgoing
            .earliest()
            .min(self.waiting.due(&self.incoming).map_or(slots::NEVER, |(at, _)| at))
            .min(self.incoming.earliest())
            .min(self.bodies.earliest())
            .min(self.observers.earliest())
            .min(self.peers.earliest());
        (first != slots::NEVER).then(|| Duration::from_nanos(first))
    }

    /// Does what is due, up to the first thing that gives a datagram or an event.
    ///
    /// # Errors
    ///
    /// [`Error::NoRoom`]; nothing was sent, call again.
    pub fn handle_timeout(
        &mut self,
        now: Duration,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<'static, P>, Error> {
        let now = nanos(now);
        if let Some((at, slot)) = self.waiting.due(&self.incoming)
            && at <= now
        {
            return self.acknowledge_late(slot, out);
        }
        while let Some(slot) = self.outgoing.due(now) {
            let step = self.outgoing_timeout(now, slot, out)?;
            if step.send.is_some() || step.event.is_some() {
                return Ok(step);
            }
        }
        if let Some(slot) = self.observers.due(now) {
            return Ok(self.observer_timeout(slot));
        }
        if let Some(slot) = self.bodies.due(now) {
            let upload = Upload(self.bodies.handle(slot));
            self.bodies.remove(slot);
            return Ok(Step::event(Event::Abandoned { upload }));
        }
        while let Some(slot) = self.incoming.due(now) {
            self.forget(slot);
        }
        while let Some(slot) = self.peers.due(now) {
            let until = self.peers.get(slot).map_or(0, |peer| peer.needed_until(self.lifetime));
            match until {
                slots::NEVER => self.peers.set_deadline(slot, now.saturating_add(self.lifetime)),
                until if until > now => self.peers.set_deadline(slot, until),
                _ => self.peers.remove(slot),
            }
        }
        Ok(Step::NOTHING)
    }

    /// How many entries the tables have.
    #[must_use]
    pub fn load(&self) -> Load {
        Load {
            outgoing: self.outgoing.len(),
            incoming: self.incoming.len(),
            peers: self.peers.len(),
            bodies: self.bodies.len(),
            observers: self.observers.len(),
        }
    }

    /// Bytes that are no message (RFC 7252 §4.2, §4.3).
    #[cold]
    fn malformed(
        &mut self,
        arrival: &Arrival<P>,
        error: DecodeError,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<'static, P>, Error> {
        let send = match error.answer {
            Answer::Reset(id) if !arrival.multicast => Some(put(&Message::reset(id), arrival.from, out)?),
            _ => None,
        };
        Ok(Step::new(send, Some(Event::Refused { from: arrival.from, why: Fault::Malformed(error) })))
    }

    /// A message that must not be acted on (RFC 7252 §5.4.1, §5.8, §8.2).
    #[cold]
    fn refused(
        &mut self,
        now: u64,
        arrival: &Arrival<P>,
        message: &Message<'_>,
        refusal: Refusal,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<'static, P>, Error> {
        let from = arrival.from;
        let send = match refusal.answer {
            Answer::Reset(id) if !arrival.multicast => Some(put(&Message::reset(id), from, out)?),
            Answer::Respond(code) if !arrival.multicast => {
                let text = Diagnostic::new(&refusal);
                self.refuse(now, from, message, (code, Options::EMPTY, text.as_bytes()), out)?
            }
            _ => None,
        };
        let ended = match message.code.is_response() {
            true => self.refused_response(from, message, refusal),
            false => None,
        };
        let event = ended.unwrap_or(Event::Refused { from, why: Fault::Refused(refusal) });
        Ok(Step::new(send, Some(event)))
    }
}

/// Entries in the tables of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Load {
    /// Messages of ours under way.
    pub outgoing: usize,
    /// Messages of peers remembered.
    pub incoming: usize,
    /// Peers.
    pub peers: usize,
    /// Bodies of requests on their way in blocks.
    pub bodies: usize,
    /// Observers.
    pub observers: usize,
}

/// A short text for the payload of a refusal (RFC 7252 §5.5.2).
struct Diagnostic {
    text: [u8; 96],
    len: usize,
}

impl Diagnostic {
    fn new(what: &dyn fmt::Display) -> Self {
        let mut text = Self { text: [0; 96], len: 0 };
        // What does not fit is left out.
        let _ = write!(text, "{what}");
        text
    }

    fn as_bytes(&self) -> &[u8] {
        self.text.get(..self.len).unwrap_or_default()
    }
}

impl fmt::Write for Diagnostic {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut place = SliceOut::new(self.text.get_mut(self.len..).unwrap_or_default());
        place.put(text.as_bytes());
        self.len += place.len();
        Ok(())
    }
}

impl<P> fmt::Debug for Endpoint<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("params", &self.params).finish_non_exhaustive()
    }
}
