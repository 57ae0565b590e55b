//! One end of a connection and the session that outlives it, for clients and servers alike.
//!
//! # Contract
//!
//! * Bytes and time go in, bytes and at most one [`Event`] come out. Nothing here knows a socket or a clock:
//!   `now` is the time since any moment you choose, and must not run backwards.
//! * `Err` means that nothing has happened: the session, its store and the output are what they were.
//!   What the *peer* does wrong is [`Event::Closed`], with the farewell already in the output.
//! * What one call cannot finish falls due at once: [`Session::next_timeout`] then answers a moment
//!   that has passed, and each [`Session::handle_timeout`] does one piece of it. Not calling it in time
//!   makes things late, never wrong.
//! * A record is in the [store](crate::Store) before the bytes that depend on it are in the output. So
//!   a session can be made again from its store alone, at any moment.
//!
//! # Driving it
//!
//! 1. Give what you read to [`peek`](crate::peek) until it finds a whole packet; tell
//!    [`Session::heard`] of every chunk.
//! 2. Hand each packet to [`Session::receive`] and act on the event.
//! 3. When [`Session::next_timeout`] has come, call [`Session::handle_timeout`] until it has moved on.
//! 4. Send what is in the output after every call.
//! 5. When the transport is gone, say so with [`Session::transport_lost`].

mod alias;
mod announced;
mod answers;
mod config;
mod connection;
mod error;
mod event;
mod exchanges;
mod incoming;
mod outgoing;
mod pieces;
mod publishing;
mod resume;
mod table;
mod timeout;
mod timers;
mod transitions;
mod wire;

use core::fmt;
use core::time::Duration;

use alias::Aliases;
use announced::Announced;
pub use config::{Acknowledge, Config, Memory, ReceivedCell, SentCell};
pub use connection::{Accept, Unaccepted, refuse};
pub use error::{Feature, Later, Limit, SessionError};
pub use event::{Event, Exchange, Fault, Lost};
use pieces::{Incoming, Outgoing};
pub use publishing::Message;
use table::IdTable;
pub use table::Table;
use timers::{Timer, Timers, nanos};
pub use transitions::Phase;
use transitions::{Received, Sent};
pub(crate) use wire::Wire;

use crate::ack::TypedAck;
use crate::preset::Preset;
use crate::{Ack, EncodeError, Out, Packet, PacketId, PacketType, Role, Slot, Store, Version, write};

/// One end of a connection, with the session that outlives it.
///
/// `'m` is how long its tables are lent, `'static` if they grow; `S` is where the Session State lives.
pub struct Session<'m, S> {
    store: S,
    role: Role,
    phase: Phase,
    version: Version,
    /// Whether CONNECT named an authentication method.
    extended: bool,
    /// Whether CONNECT asked for a clean start.
    clean_start: bool,
    /// Whether the tables show what is in the store.
    loaded: bool,

    sent: IdTable<'m, SentCell>,
    received: IdTable<'m, ReceivedCell>,
    queue: Queue,
    /// The identifier handed out last.
    last_id: u16,
    /// Messages the peer takes before it must acknowledge one (§4.9).
    quota: u16,
    /// Messages of the peer without a final answer, now and at most.
    inbound: u16,
    inbound_most: u16,
    /// The record to look at next when the last connection's messages are sent again.
    replay: Option<Slot>,
    /// Server: the delay of the client's will in seconds, if it has one that is not published.
    will: Option<u32>,
    /// Whether the will was handed out and its record is still to be removed.
    will_is_out: bool,

    timers: Timers,
    /// How long one end may be silent, in nanoseconds: this one if it is the client, else the peer. Zero: for ever.
    keep_alive: u64,
    /// How long the session outlives its connection.
    expiry: Duration,
    /// Length of our longest incoming packet.
    packet_most: u32,
    peer: Announced,
    manners: Manners,

    aliases_in: Aliases<'m>,
    aliases_out: Aliases<'m>,
    incoming: Option<Incoming>,
    outgoing: Option<Outgoing>,
}

/// The part of [`Config`] that is not memory.
#[derive(Clone, Debug)]
struct Manners {
    acknowledge: Acknowledge,
    send_maximum: u16,
    receive_maximum: u16,
    packet_maximum: u32,
    connect_timeout: Option<Duration>,
    ping_timeout: Option<Duration>,
    acknowledge_timeout: Option<Duration>,
    aliases: u16,
    preset: Option<Preset>,
    leniency: crate::Leniency,
}

/// Messages of the peer in the order of their arrival, as a list through the table; 0 ends it.
#[derive(Clone, Copy, Debug, Default)]
struct Queue {
    first: u16,
    last: u16,
}

type Result<T, S> = core::result::Result<T, SessionError<<S as Store>::Error>>;

impl<'m, S: Store> Session<'m, S> {
    /// The client end, over what `store` kept of its session.
    ///
    /// Nothing is read or sent before [`connect`](Self::connect).
    ///
    /// ```
    /// use core::time::Duration;
    /// use mqtt_codec::session::{Memory, ReceivedCell, SentCell};
    /// use mqtt_codec::{ArenaStore, Config, Connect, Event, Session, SliceOut, Text, Version};
    ///
    /// // Memory for 8 exchanges of each direction and 4 KiB of unacknowledged messages: nothing is allocated.
    /// let (mut sent, mut received) = ([SentCell::EMPTY; 8], [ReceivedCell::EMPTY; 8]);
    /// let (mut memory, mut buffer) = ([0; 4096], [0; 256]);
    /// let mut config = Config::new(Memory::lent(&mut sent, &mut received));
    /// config.receive_maximum = 8;
    /// let mut session = Session::client(config, ArenaStore::lent(&mut memory));
    ///
    /// let now = Duration::ZERO;
    /// let mut out = SliceOut::new(&mut buffer);
    /// let connect = Connect { keep_alive: 60, ..Connect::new(Version::V311, Text::new("pump-7")?) };
    /// session.connect(now, &connect, &mut out)?;
    /// // Send what is in `out`; what comes back is CONNACK.
    /// let event = session.receive(now, b"\x20\x02\x00\x00", &mut out)?;
    /// assert!(matches!(event, Some(Event::Connected(_))));
    /// assert_eq!(session.next_timeout(), Some(Duration::from_secs(60)), "to ping, if nothing else is sent");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn client(config: Config<'m>, store: S) -> Self {
        Self::new(Role::Client, config, store)
    }

    fn new(role: Role, config: Config<'m>, store: S) -> Self {
        Self {
            store,
            role,
            phase: Phase::Offline,
            version: Version::V5,
            extended: false,
            clean_start: false,
            loaded: false,
            sent: IdTable::new(config.memory.sent),
            received: IdTable::new(config.memory.received),
            queue: Queue::default(),
            last_id: 0,
            quota: 0,
            inbound: 0,
            inbound_most: 0,
            replay: None,
            will: None,
            will_is_out: false,
            timers: Timers::NONE,
            keep_alive: 0,
            expiry: Duration::ZERO,
            packet_most: config.packet_maximum,
            peer: Announced::NOTHING,
            manners: Manners {
                acknowledge: config.acknowledge,
                send_maximum: config.send_maximum,
                receive_maximum: config.receive_maximum,
                packet_maximum: config.packet_maximum,
                connect_timeout: config.connect_timeout,
                ping_timeout: config.ping_timeout,
                acknowledge_timeout: config.acknowledge_timeout,
                aliases: config.topic_aliases,
                preset: config.preset,
                leniency: config.leniency,
            },
            aliases_in: Aliases::new(config.memory.topics_in),
            aliases_out: Aliases::new(config.memory.topics_out),
            incoming: None,
            outgoing: None,
        }
    }

    /// Notes that bytes came from the peer, a whole packet or not: silence is what keep-alive is about.
    #[inline]
    pub fn heard(&mut self, now: Duration) {
        if self.phase != Phase::Online {
            return;
        }
        match self.role {
            Role::Server if self.keep_alive != 0 => {
                self.timers.set_after(Timer::KeepAlive, now, self.keep_alive);
            }
            Role::Server => {}
            Role::Client => {
                if self.timers.is_set(Timer::Ping)
                    && let Some(patience) = self.manners.ping_timeout
                {
                    self.timers.set_after(Timer::Ping, now, nanos(patience));
                }
            }
        }
    }

    /// Takes the session apart and gives the store back.
    pub fn into_store(self) -> S {
        self.store
    }

    /// The store, to look at.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Where the connection stands.
    #[inline]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The version of the connection, or of the last one.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Which end this is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The longest packet to take from the peer, for [`peek`](crate::peek).
    pub fn packet_maximum(&self) -> u32 {
        self.packet_most
    }

    /// Messages of QoS 1 and 2 that the peer has not acknowledged for good.
    pub fn in_flight(&self) -> usize {
        self.sent.iter().filter(|cell| cell.is_message() && !cell.lost).count()
    }

    /// How many more messages of QoS 1 or 2 may go out now (§4.9).
    pub fn quota(&self) -> u16 {
        if self.phase == Phase::Online && self.replay.is_none() { self.quota } else { 0 }
    }

    /// Whether a message of QoS 1 or 2 could be published now, its length aside.
    pub fn can_publish(&self) -> bool {
        self.quota() > 0 && self.sent.len() < self.sent.bound()
    }

    /// Exchanges of ours whose fate is unknown: messages of a session that the peer has lost, and
    /// SUBSCRIBE and UNSUBSCRIBE that were under way when the connection broke.
    ///
    /// Settle each with [`republish`](Self::republish) or [`forget`](Self::forget).
    pub fn lost(&self) -> impl Iterator<Item = Lost> + '_ {
        self.sent.iter().filter(|cell| cell.lost).filter_map(|cell| {
            let what = match cell.state {
                Sent::Once | Sent::Twice => Exchange::Message,
                Sent::Released => Exchange::Released,
                Sent::Subscribe(_) => Exchange::Subscribe,
                Sent::Unsubscribe(_) => Exchange::Unsubscribe,
            };
            Some(Lost { id: PacketId::new(cell.id)?, what })
        })
    }

    /// Fills the tables from the store, once.
    fn load(&mut self, now: Duration) -> Result<(), S> {
        if self.loaded {
            return Ok(());
        }
        self.sent.clear();
        self.received.clear();
        self.inbound = 0;
        let mut after = None;
        while let Some(entry) = self.store.next(after).map_err(SessionError::Store)? {
            after = Some(entry.slot);
            let fits = match entry.slot {
                Slot::Sent(id) => {
                    let state = if entry.released { Sent::Released } else { self.stored_state(entry.slot)? };
                    let age = u32::try_from(entry.age.as_secs()).unwrap_or(u32::MAX);
                    let since = nanos(now);
                    self.sent.insert(SentCell { id: id.get(), state, age, since, ..SentCell::EMPTY })
                }
                Slot::Received(id) => {
                    let state = Received::Recorded;
                    self.received.insert(ReceivedCell { id: id.get(), state, ..ReceivedCell::EMPTY })
                }
                Slot::Will => true,
            };
            if !fits {
                return Err(SessionError::Full);
            }
        }
        self.loaded = true;
        Ok(())
    }

    /// How far a message of the store has come that is not released: the first byte tells its QoS.
    fn stored_state(&mut self, slot: Slot) -> Result<Sent, S> {
        let record = self.store.get(slot, 0).map_err(SessionError::Store)?;
        Ok(if record.first().is_some_and(|first| first & 0b0110 == 0b0100) {
            Sent::Twice
        } else {
            Sent::Once
        })
    }

    /// Drops everything a clean start drops.
    fn clear(&mut self) -> Result<(), S> {
        self.store.clear(crate::Scope::All).map_err(SessionError::Store)?;
        self.sent.clear();
        self.received.clear();
        self.queue = Queue::default();
        self.inbound = 0;
        self.replay = None;
        self.loaded = true;
        Ok(())
    }

    /// Writes a packet that was checked before, and notes that the peer hears of us.
    fn send(&mut self, now: Duration, packet: &Packet<'_>, out: &mut (impl Out + ?Sized)) -> Result<(), S> {
        self.check_room(0, out)?;
        packet.encode(self.version, out)?;
        self.spoke(now);
        Ok(())
    }

    /// Writes an acknowledgement.
    #[inline]
    fn send_ack(
        &mut self,
        now: Duration,
        kind: PacketType,
        ack: &Ack<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), S> {
        self.check_room(0, out)?;
        write::encode(&TypedAck(kind, ack), self.version, out)?;
        self.spoke(now);
        Ok(())
    }

    /// Makes sure that an acknowledgement can be written.
    #[inline]
    fn check_ack(&self, kind: PacketType, ack: &Ack<'_>, out: &(impl Out + ?Sized)) -> Result<(), S> {
        self.check_room(write::encoded_len(&TypedAck(kind, ack), self.version)?, out)
    }

    /// Notes that bytes go out: a client need not ping for a while.
    #[inline]
    fn spoke(&mut self, now: Duration) {
        if self.role == Role::Client && self.keep_alive != 0 {
            self.timers.set_after(Timer::KeepAlive, now, self.keep_alive);
        }
    }

    fn expect(&self, phase: Phase) -> Result<(), S> {
        if self.phase == phase { Ok(()) } else { Err(SessionError::Phase(self.phase)) }
    }

    fn expect_role(&self, role: Role) -> Result<(), S> {
        if self.role == role { Ok(()) } else { Err(SessionError::Role(role)) }
    }
}

impl SentCell {
    fn is_message(&self) -> bool {
        matches!(self.state, Sent::Once | Sent::Twice | Sent::Released)
    }
}

impl<E> From<EncodeError> for SessionError<E> {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::NoRoom { needed } => Self::NoRoom { needed },
            error => Self::Encode(error),
        }
    }
}

impl<S> fmt::Debug for Session<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("role", &self.role)
            .field("phase", &self.phase)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
