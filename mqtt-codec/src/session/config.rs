//! What a session is told beforehand: its memory, its bounds, its deadlines.

use core::time::Duration;

use super::table::{Cell, Table};
use super::transitions::{Received, Sent};
use crate::Leniency;
use crate::preset::Preset;

/// Memory and manners of one session. What the wire announces (Receive Maximum, Maximum Packet
/// Size, Topic Alias Maximum, keep-alive) is read from the CONNECT and CONNACK the caller sends.
#[derive(Debug)]
#[non_exhaustive]
pub struct Config<'m> {
    /// Where the session keeps its tables.
    pub memory: Memory<'m>,
    /// Who acknowledges what arrives. Default: [`Acknowledge::Auto`].
    pub acknowledge: Acknowledge,
    /// The most messages of QoS 1 and 2 to have under way to the peer. The peer's Receive Maximum
    /// lowers it; in 3.1.1 there is no other bound. Default: 65,535.
    pub send_maximum: u16,
    /// The most messages of QoS 1 and 2 to have from the peer without a final answer, where nothing
    /// is announced: in 3.1.1, and in 5.0 without Receive Maximum. Default: 65,535.
    pub receive_maximum: u16,
    /// The longest packet taken where none is announced, in bytes. Default: what the protocol allows.
    pub packet_maximum: u32,
    /// The most topic aliases to assign to topics of ours; the peer's Topic Alias Maximum lowers it.
    /// Default: 0, none.
    pub topic_aliases: u16,
    /// The rules of a platform to keep to: what breaks them is an error before it is sent. Default: none.
    pub preset: Option<Preset>,
    /// How long a client waits for CONNACK, and a server for the end of an authentication
    /// exchange. Default: 30 s.
    pub connect_timeout: Option<Duration>,
    /// How long a client waits for PINGRESP, counted from the last byte heard. Default: 20 s.
    pub ping_timeout: Option<Duration>,
    /// How long to wait for each acknowledgement before [`Event::Overdue`](super::Event::Overdue)
    /// says so. Default: forever.
    pub acknowledge_timeout: Option<Duration>,
    /// Violations of the protocol to put up with. Default: none.
    pub leniency: Leniency,
}

impl<'m> Config<'m> {
    /// The defaults over `memory`.
    #[must_use]
    pub fn new(memory: Memory<'m>) -> Self {
        Self {
            memory,
            acknowledge: Acknowledge::Auto,
            send_maximum: u16::MAX,
            receive_maximum: u16::MAX,
            packet_maximum: u32::MAX,
            topic_aliases: 0,
            preset: None,
            connect_timeout: Some(Duration::from_secs(30)),
            ping_timeout: Some(Duration::from_secs(20)),
            acknowledge_timeout: None,
            leniency: Leniency::STRICT,
        }
    }
}

#[cfg(feature = "alloc")]
impl Default for Config<'static> {
    fn default() -> Self {
        Self::new(Memory::growing())
    }
}

/// Who acknowledges a message of QoS 1 or 2 that arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Acknowledge {
    /// The session, on receipt: the acknowledgement is in the output when the event is returned. If
    /// the process ends between the two, the application has seen the message at most once.
    #[default]
    Auto,
    /// The application, by [`Session::acknowledge`](super::Session::acknowledge), in any order;
    /// acknowledgements go out in the order of arrival.
    Manual,
}

/// Where a session keeps what it knows for the time it runs; all of it is bounded.
#[derive(Debug)]
#[non_exhaustive]
pub struct Memory<'m> {
    /// One cell for each exchange we began: messages of QoS 1 and 2, SUBSCRIBE, UNSUBSCRIBE.
    pub sent: Table<'m, SentCell>,
    /// One cell for each exchange the peer began.
    pub received: Table<'m, ReceivedCell>,
    /// Topics that have an alias of the peer: 4 bytes and its text each. There must be room for as many as
    /// our Topic Alias Maximum says; a topic that does not fit ends the connection.
    pub topics_in: Table<'m, u8>,
    /// Topics that have an alias of ours. A topic that does not fit gets none.
    pub topics_out: Table<'m, u8>,
}

impl<'m> Memory<'m> {
    /// Memory lent by the caller, with none for topic aliases. Its content does not matter.
    ///
    /// ```
    /// use mqtt_codec::session::{Memory, ReceivedCell, SentCell};
    ///
    /// let mut sent = [SentCell::EMPTY; 8];
    /// let mut received = [ReceivedCell::EMPTY; 8];
    /// let memory = Memory::lent(&mut sent, &mut received);
    /// assert_eq!(memory.sent.bound(), 8);
    /// ```
    #[must_use]
    pub fn lent(sent: &'m mut [SentCell], received: &'m mut [ReceivedCell]) -> Self {
        Self {
            sent: Table::lent(sent),
            received: Table::lent(received),
            topics_in: Table::lent(&mut []),
            topics_out: Table::lent(&mut []),
        }
    }

    /// The same with memory for topic aliases of both directions.
    #[must_use]
    pub fn with_topics(self, topics_in: &'m mut [u8], topics_out: &'m mut [u8]) -> Self {
        Self { topics_in: Table::lent(topics_in), topics_out: Table::lent(topics_out), ..self }
    }
}

#[cfg(feature = "alloc")]
impl Memory<'static> {
    /// Memory that is allocated as it is needed, up to what the protocol allows; 64 KiB for
    /// topics of each direction.
    #[must_use]
    pub fn growing() -> Self {
        Self {
            sent: Table::growing(usize::from(u16::MAX)),
            received: Table::growing(usize::from(u16::MAX)),
            topics_in: Table::growing(1 << 16),
            topics_out: Table::growing(1 << 16),
        }
    }
}

/// What a session remembers of an exchange it began.
#[derive(Clone, Copy, Debug)]
pub struct SentCell {
    pub(super) id: u16,
    pub(super) state: Sent,
    /// Whether its packet went out over this connection.
    pub(super) flying: bool,
    /// Whether its PUBLISH went out over this connection, and so was taken off the quota.
    pub(super) counted: bool,
    /// Whether its fate is unknown, because the peer has lost the session or the connection broke.
    pub(super) lost: bool,
    /// Whether the application has given it up.
    pub(super) forgotten: bool,
    /// How old its record was at `since`, in seconds: expiry intervals run while a message waits.
    pub(super) age: u32,
    /// When that was, in nanoseconds.
    pub(super) since: u64,
    /// When to speak of it, in nanoseconds; `MAX`: never.
    pub(super) deadline: u64,
}

impl SentCell {
    /// A cell to make arrays of.
    pub const EMPTY: Self = Self {
        id: 0,
        state: Sent::Once,
        flying: false,
        counted: false,
        lost: false,
        forgotten: false,
        age: 0,
        since: 0,
        deadline: u64::MAX,
    };
}

impl Cell for SentCell {
    const EMPTY: Self = Self::EMPTY;

    #[inline]
    fn key(&self) -> u16 {
        self.id
    }
}

/// What a session remembers of an exchange the peer began.
#[derive(Clone, Copy, Debug)]
pub struct ReceivedCell {
    pub(super) id: u16,
    pub(super) state: Received,
    /// The answer of the application, if it has given one that is not out yet.
    pub(super) answer: Option<u8>,
    /// Whether it came over this connection and so counts against our Receive Maximum.
    pub(super) counted: bool,
    /// Whether it came over this connection and waits in the queue of those to be answered.
    pub(super) queued: bool,
    /// The next one in that queue; 0: it is the last.
    pub(super) next: u16,
}

impl ReceivedCell {
    /// A cell to make arrays of.
    pub const EMPTY: Self =
        Self { id: 0, state: Received::Once, answer: None, counted: false, queued: false, next: 0 };
}

impl Cell for ReceivedCell {
    const EMPTY: Self = Self::EMPTY;

    #[inline]
    fn key(&self) -> u16 {
        self.id
    }
}
