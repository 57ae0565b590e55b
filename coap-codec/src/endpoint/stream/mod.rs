//! A CoAP endpoint on one connection: client and server at once over TCP, TLS or WebSockets (RFC 8323).
//!
//! # Contract
//!
//! * Frames and time go in; bytes and at most one [`Event`] come out of a call. `now` is the time since any
//!   moment you choose, and must not run backwards.
//! * `Err` means that nothing has happened: the connection and the output are what they were. What the *peer* does
//!   wrong is [`Event::Refused`], or [`Event::Broken`] if the connection cannot go on.
//! * The output is the connection's: bytes must reach the transport in the order they were appended.
//! * What one call cannot finish falls due at once: [`Connection::next_timeout`] then answers a moment that has
//!   passed, and each [`Connection::handle_timeout`] does one piece of it. Calling late makes things late, never
//!   wrong.
//! * Every request of ours ends with exactly one event, see [`Event`]; when the connection ends, those that are
//!   left fail one by one.
//! * Everything the peer can make grow is bounded by [`Memory`] and [`Config`].
//!
//! What datagrams need and connections do not is not here: message ids, acknowledgements, duplicates, the age of
//! notifications.
//!
//! # Driving it
//!
//! 1. [`Connection::open`] begins with the CSM. Requests may follow at once (RFC 8323 §3.3).
//! 2. Cut what arrives into frames with [`peek`](crate::peek), [`Reader`](crate::Reader) or
//!    `split_frame`, under the rules of the [`Config`]. Hand each to [`Connection::receive`] or
//!    [`Connection::receive_message`], and what is no frame to [`Connection::malformed`].
//! 3. Send what is in the output, then act on the event. Close when [`Connection::is_closed`].
//! 4. When [`Connection::next_timeout`] has come, call [`Connection::handle_timeout`] until it has moved on.
//! 5. Say when the transport has ended: [`Connection::closed`].
//!
//! ```
//! # #[cfg(not(feature = "alloc"))] fn main() {}
//! # #[cfg(feature = "alloc")] fn main() -> Result<(), Box<dyn core::error::Error>> {
//! use core::time::Duration;
//! use coap_codec::endpoint::stream::{Config, Connection, Event, Memory};
//! use coap_codec::endpoint::{Request, Response};
//! use coap_codec::{Code, Opt, OptionNumber, Options, Reader, Rules};
//!
//! let now = Duration::ZERO;
//! let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
//! let mut client = Connection::open(Config::new(Memory::growing(4), 1), &mut to_server)?;
//! let mut server = Connection::open(Config::new(Memory::growing(4), 2), &mut to_client)?;
//!
//! let path = [Opt::new(OptionNumber::URI_PATH, b"temperature")];
//! let request = Request { options: Options::new(&path)?, ..Request::new(Code::GET) };
//! let call = client.request(now, &request, &mut to_server)?;
//!
//! let mut buffer = [0; 1152];
//! let (mut reader, mut arrived) = (Reader::new(&mut buffer, Rules::new()), &to_server[..]);
//! while let Some(message) = reader.next(&mut arrived)? {
//!     match server.receive_message(now, message, &mut to_client)? {
//!         Some(Event::Capable { peer }) => assert!(peer.block_wise),
//!         Some(Event::Request { exchange, message, .. }) if message.options.path_is(&["temperature"]) => {
//!             let response = Response { payload: b"22.3 C", ..Response::new(Code::CONTENT) };
//!             server.respond(exchange, &response, &mut to_client)?;
//!         }
//!         event => panic!("{event:?}"),
//!     }
//! }
//!
//! let (mut reader, mut arrived) = (Reader::new(&mut buffer, Rules::new()), &to_client[..]);
//! let mut answer = None;
//! while let Some(message) = reader.next(&mut arrived)? {
//!     if let Some(Event::Response { call, message, .. }) = client.receive_message(now, message, &mut to_server)? {
//!         answer = Some((call, message.payload.to_vec()));
//!     }
//! }
//! assert_eq!(answer, Some((call, b"22.3 C".to_vec())));
//! # Ok(())
//! # }
//! ```

mod calls;
mod config;
mod observers;
mod serve;
mod signals;
mod step;
mod wire;

use core::fmt;
use core::time::Duration;

pub use calls::Asked;
pub use config::{Config, Memory};
pub use observers::Watching;
pub use serve::Owed;
pub use step::Event;

use super::random::{Hashing, Random};
use super::slots::{NEVER, Slots};
use super::wire::{Cells, Patched, nanos};
use super::{Diagnostic, Error, Failure, Fault, Incomplete, Load, Upload};
use crate::{
    Answer, BlockSize, Capabilities, Code, Csm, DecodeError, Framing, Known, Meaning, Out, Refusal, Rule,
    Rules, Signal, StreamMessage, Token,
};
use wire::Frame;

/// Where a connection is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The CSM of the peer has not come.
    Greeting,
    Open,
    /// One of the ends wants to end it.
    Released,
    Closed,
}

/// A client and server on one connection.
///
/// `'m` is how long its tables are lent, `'static` if they grow.
pub struct Connection<'m> {
    outgoing: Slots<'m, Asked>,
    messages: Cells<'m>,
    incoming: Slots<'m, Owed>,
    bodies: Slots<'m, Incomplete<()>>,
    observers: Slots<'m, Watching>,

    state: State,
    peer: Capabilities,
    /// Counts requests and pings of the peer: a pong waits for all that came before its ping.
    arrived: u64,
    /// Pings that wait.
    held: usize,

    random: Random,
    hashing: Hashing,
    /// Tells requests apart.
    key: [u64; 2],
    framing: Framing,
    rules: Rules,
    known: Known<'m>,
    retry_after: u32,
    block_size: BlockSize,
    body_max: u32,
    upload_max: u32,
    // Times in nanoseconds.
    patience: u64,
    upload_patience: u64,
}

impl<'m> Connection<'m> {
    /// The beginning of a connection: writes the CSM that comes first, both ways (RFC 8323 §5.3).
    ///
    /// ```
    /// use coap_codec::endpoint::Slot;
    /// use coap_codec::endpoint::stream::{Config, Connection, Memory};
    /// use coap_codec::SliceOut;
    ///
    /// let (mut outgoing, mut incoming, mut messages) = ([Slot::EMPTY; 2], [Slot::EMPTY; 2], [0; 2 * 64]);
    /// let memory = Memory::lent(&mut outgoing, &mut messages, &mut incoming);
    /// let (mut buffer, seed) = ([0; 64], 7);
    /// let mut out = SliceOut::new(&mut buffer);
    /// let connection = Connection::open(Config::new(memory, seed), &mut out)?;
    /// assert_eq!(out.written(), b"\x40\xE1\x22\x04\x80\x20"); // 1152 bytes, and blocks
    /// # Ok::<(), coap_codec::endpoint::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NoRoom`].
    pub fn open(config: Config<'m>, out: &mut (impl Out + ?Sized)) -> Result<Self, Error> {
        let Config { memory, seed, rules, known, .. } = config;
        let rules = rules.max_token(rules.max_token.min(8));
        let csm = Csm { block_wise: true, ..Csm::from(rules) };
        Signal::Csm(csm).encode_as(config.framing, Token::EMPTY, out)?;
        let mut random = Random::new(seed);
        let key = [random.next(), random.next()];
        Ok(Self {
            messages: Cells::new(memory.messages, memory.outgoing.bound()),
            outgoing: Slots::new(memory.outgoing),
            incoming: Slots::new(memory.incoming),
            upload_max: if memory.bodies.bound() > 0 { config.body_max } else { 0 },
            bodies: Slots::new(memory.bodies),
            observers: Slots::new(memory.observers),
            state: State::Greeting,
            peer: Capabilities::default(),
            arrived: 0,
            held: 0,
            random,
            hashing: Hashing::new(seed),
            key,
            framing: config.framing,
            rules,
            known,
            retry_after: config.retry_after,
            block_size: config.block_size,
            body_max: config.body_max,
            patience: nanos(config.patience),
            upload_patience: nanos(config.upload_patience),
        })
    }

    /// Takes one frame, or one binary WebSocket message. The event borrows it. After the end of the connection
    /// nothing is taken any more.
    ///
    /// # Errors
    ///
    /// [`Error::NoRoom`] if the output is too small for what there is to say; hand the frame in again.
    pub fn receive<'a>(
        &mut self,
        now: Duration,
        frame: &'a [u8],
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'a>>, Error> {
        let message = match self.framing {
            Framing::Tcp => StreamMessage::decode(frame, self.rules),
            Framing::WebSocket => StreamMessage::decode_websocket(frame, self.rules),
        };
        match message {
            Ok(message) => self.receive_message(now, message, out),
            Err(error) => self.malformed(error, out),
        }
    }

    /// Takes a message as [`Reader`](crate::Reader) gives it.
    ///
    /// # Errors
    ///
    /// As [`Connection::receive`].
    pub fn receive_message<'a>(
        &mut self,
        now: Duration,
        message: StreamMessage<'a>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'a>>, Error> {
        // RFC 8323 §3.4: an empty message can always be sent and is ignored.
        if self.is_closed() || message.code == Code::EMPTY {
            return Ok(None);
        }
        if self.state == State::Greeting && !matches!(message.code, Code::CSM | Code::ABORT) {
            let refusal = Refusal { rule: Rule::FirstCsm, option: None, offset: 0, answer: Answer::Abort };
            return self.break_off(Fault::Refused(refusal), None, out).map(Some);
        }
        let now = nanos(now);
        match message.meaning(&self.known, self.rules) {
            Ok(Meaning::Request) => self.requested(now, message, out),
            Ok(Meaning::Response) => Ok(self.answered(now, message, out)),
            Ok(Meaning::Signal) => self.signalled(message, out),
            Ok(_) => Ok(None),
            Err(refusal) => self.refused(message, refusal, out).map(Some),
        }
    }

    /// Takes note that what arrives is no message, as [`peek`](crate::peek) or [`Reader`](crate::Reader) found: that
    /// ends the connection, with an abort in the output (RFC 8323 §5.6).
    ///
    /// # Errors
    ///
    /// [`Error::NoRoom`].
    pub fn malformed(
        &mut self,
        error: DecodeError,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'static>>, Error> {
        if self.is_closed() {
            return Ok(None);
        }
        self.break_off(Fault::Malformed(error), None, out).map(Some)
    }

    /// The transport has ended, or is about to. What is under way fails; the events are due at once.
    pub fn closed(&mut self) {
        self.state = State::Closed;
        while let Some(slot) = self.incoming.any() {
            self.incoming.remove(slot);
        }
        self.held = 0;
    }

    /// Whether the connection is over: by [`Connection::closed`], or by an abort of either end. Send what is in the
    /// output, close the transport, and see that [`Connection::handle_timeout`] gives its last events.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// What the peer has said it can do.
    #[must_use]
    pub fn peer(&self) -> Capabilities {
        self.peer
    }

    /// The parts in which bodies go to the peer that are too long for one message.
    #[must_use]
    pub fn part_size(&self) -> BlockSize {
        self.part_size_behind(0)
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do: a moment to come, or one that has passed.
    /// `None`: never, unless something else happens first.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Duration> {
        if self.is_closed() {
            return (self.load() != Load::default()).then_some(Duration::ZERO);
        }
        let first = self
            .outgoing
            .earliest()
            .min(self.incoming.earliest())
            .min(self.bodies.earliest())
            .min(self.observers.earliest());
        (first != NEVER).then(|| Duration::from_nanos(first))
    }

    /// Does what is due, up to the first thing that gives bytes or an event.
    ///
    /// # Errors
    ///
    /// [`Error::NoRoom`]; nothing was sent, call again.
    pub fn handle_timeout(
        &mut self,
        now: Duration,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'static>>, Error> {
        if self.is_closed() {
            return Ok(self.end_one());
        }
        let now = nanos(now);
        let due = |first: Option<(u64, u32)>| first.filter(|&(at, _)| at <= now).map(|(_, slot)| slot);
        if let Some(slot) = due(self.incoming.first()) {
            self.release_pong(slot, out)?;
            return Ok(None);
        }
        if let Some(slot) = due(self.outgoing.first()) {
            return self.outgoing_timeout(now, slot, out);
        }
        if let Some(slot) = due(self.observers.first()) {
            return Ok(self.observer_timeout(slot));
        }
        Ok(due(self.bodies.first()).map(|slot| self.abandon_slot(slot)))
    }

    /// How many entries the tables have: none if nothing is under way. There are no peers but the one.
    #[must_use]
    pub fn load(&self) -> Load {
        Load {
            outgoing: self.outgoing.len(),
            incoming: self.incoming.len(),
            peers: 0,
            bodies: self.bodies.len(),
            observers: self.observers.len(),
        }
    }

    /// The next of the events with which everything under way ends.
    fn end_one(&mut self) -> Option<Event<'static>> {
        while let Some(slot) = self.outgoing.any() {
            if let Some(event) = self.fail(slot, Failure::Closed) {
                return Some(event);
            }
        }
        if let Some(slot) = self.observers.any() {
            return Some(self.gone(slot));
        }
        self.bodies.any().map(|slot| self.abandon_slot(slot))
    }

    fn abandon_slot(&mut self, slot: u32) -> Event<'static> {
        let upload = Upload(self.bodies.handle(slot));
        self.bodies.remove(slot);
        Event::Abandoned { upload }
    }

    /// A message that must not be acted on (RFC 7252 §5.4.1, §5.8, RFC 8323 §5.2).
    #[cold]
    fn refused(
        &mut self,
        message: StreamMessage<'_>,
        refusal: Refusal,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Event<'static>, Error> {
        let why = Fault::Refused(refusal);
        match refusal.answer {
            Answer::Abort => {
                let of_csm = refusal.option.filter(|_| message.code == Code::CSM);
                return self.break_off(why, of_csm.map(|number| number.0), out);
            }
            Answer::Respond(code) => {
                let text = Diagnostic::new(&refusal);
                self.refuse(message.token, code, &[], text.as_bytes(), out)?;
            }
            _ => {}
        }
        let ended = match message.code.is_response() {
            true => self.call_of(message.token).and_then(|slot| self.fail(slot, Failure::Unusable(refusal))),
            false => None,
        };
        Ok(ended.unwrap_or(Event::Refused { why }))
    }

    /// Ends the connection for what the peer did.
    #[cold]
    fn break_off(
        &mut self,
        why: Fault,
        bad_csm_option: Option<u16>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Event<'static>, Error> {
        let text = Diagnostic::new(&why);
        self.abort(crate::Abort { bad_csm_option, diagnostic: text.as_bytes() }, out)?;
        Ok(Event::Broken { why })
    }

    fn frame<'a>(&self, patched: Patched<'a>) -> Frame<'a> {
        Frame { framing: self.framing, patched }
    }

    fn fits(&self, len: usize) -> bool {
        u32::try_from(len).is_ok_and(|len| len <= self.peer.max_message_size)
    }

    /// The parts that fit messages to the peer with so many bytes before the body.
    fn part_size_behind(&self, head: usize) -> BlockSize {
        size_within(self.peer.max_message_size, head, self.block_size, self.peer.bert())
    }

    /// The parts to ask for: those that fit messages to us, several blocks only if the peer knows that.
    fn size_to_ask(&self) -> BlockSize {
        let bert = self.peer.bert() && self.rules.max_frame > 1152;
        size_within(self.rules.max_frame, 0, self.block_size, bert)
    }

    /// The parts taken from the peer, which knows by itself whether it sends several blocks.
    fn size_to_take(&self) -> BlockSize {
        size_within(self.rules.max_frame, 0, self.block_size, self.rules.max_frame > 1152)
    }
}

/// Blocks for messages of at most `max` bytes. 1152 leaves 1024 for the payload (RFC 7252 §4.6); options that need
/// more than the difference make the blocks smaller.
fn size_within(max: u32, head: usize, limit: BlockSize, bert: bool) -> BlockSize {
    const BESIDE: usize = 128;
    // A length, a marker, Block1 and Size1.
    const ADDED: usize = 4 + 1 + 5 + 6;
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    let bytes = max.saturating_sub(BESIDE.max(head + ADDED)).min(limit.bytes());
    match bert && limit.exponent() == crate::Block::BERT {
        true => BlockSize::bert(bytes),
        false => BlockSize::new(bytes),
    }
}

impl fmt::Debug for Connection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("state", &self.state)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}
