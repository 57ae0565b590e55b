//! What an endpoint is told beforehand: its memory, its bounds, its manners.

use core::time::Duration;

use super::incoming::Incoming;
use super::observers::Observing;
use super::outgoing::Outgoing;
use super::params::Params;
use super::peer::Peer;
use super::server::Incomplete;
use super::slots::Slot;
use super::table::Table;
use crate::{BlockSize, Known, OptionNumber, Rules};

/// Memory, bounds and manners of an endpoint.
#[derive(Debug)]
#[non_exhaustive]
pub struct Config<'m, P> {
    /// Where the endpoint keeps its tables.
    pub memory: Memory<'m, P>,
    /// Entropy: message ids, tokens and waits are drawn from it. Take it from a good source, anew for every
    /// endpoint: who can guess it can guess tokens.
    pub seed: u64,
    /// Transmission parameters (RFC 7252 §4.8).
    pub params: Params,
    /// What the decoder insists on. Tokens are kept in eight bytes; a higher limit counts as eight.
    pub rules: Rules,
    /// Options the application understands; critical ones beside them are refused. Default: all registered
    /// ones but Q-Block1 and Q-Block2.
    pub known: Known<'m>,
    /// How long a confirmable request may wait for its handler before it is acknowledged on its own, so that the
    /// peer does not repeat it (RFC 7252 §5.2.2). Default: 1 s.
    pub acknowledge_after: Duration,
    /// How long to wait for a response after the acknowledgement, or to a non-confirmable request. Default: the
    /// exchange lifetime, 247 s.
    pub patience: Duration,
    /// Requests of one peer that may wait for their answers; more are refused with 5.03. Default: 16.
    pub per_peer: u16,
    /// The Max-Age of a 5.03 for want of memory: when to try again, in seconds (RFC 7252 §5.9.3.4). Default: 5.
    pub retry_after: u32,
    /// The largest blocks to send and to ask for. Default: 1024 bytes.
    pub block_size: BlockSize,
    /// The largest body taken in blocks, in bytes; above it requests are answered with 4.13, and responses fail. No body
    /// is kept. Default: 1 MiB.
    pub body_max: u32,
    /// Every so many notifications one is confirmable; 1: all of them. Default: 16.
    pub confirm_every: u16,
    /// A notification after this long is confirmable. Default: 24 h, the longest RFC 7641 §4.5 allows.
    pub confirm_after: Duration,
    /// Observers of one resource; who comes later is answered but not told of changes. Default: 1000.
    pub observers_per_resource: u16,
    /// A response to GET or FETCH more than so many times as long as its request is sent only to peers that have shown
    /// to be where they say they are; others first get 4.01 with an Echo to give back (RFC 9175 §2.4). Zero: no
    /// bound. Default: 0; a server that is open to the world should say 3.
    pub amplification: u8,
}

impl<'m, P> Config<'m, P> {
    /// The defaults over `memory`.
    #[must_use]
    pub fn new(memory: Memory<'m, P>, seed: u64) -> Self {
        let params = Params::default();
        Self {
            memory,
            seed,
            params,
            rules: Rules::new(),
            known: Known::REGISTERED.without(OptionNumber::Q_BLOCK1).without(OptionNumber::Q_BLOCK2),
            acknowledge_after: Duration::from_secs(1),
            patience: params.exchange_lifetime(),
            per_peer: 16,
            retry_after: 5,
            block_size: BlockSize::MAX,
            body_max: 1 << 20,
            confirm_every: 16,
            confirm_after: Duration::from_secs(24 * 60 * 60),
            observers_per_resource: 1000,
            amplification: 0,
        }
    }
}

/// Where an endpoint keeps what it knows; all of it is bounded.
///
/// | memory | filled by | when full |
/// |---|---|---|
/// | `outgoing`, `messages` | requests of ours, separate responses, pings | the call is an [`Error`](super::Error) |
/// | `incoming` | messages of peers, for their exchange lifetime | answered requests that are idempotent go early; if there are none, 5.03 to confirmable requests, silence to others |
/// | `replies` | replies to confirmable requests, for duplicates | the oldest give way: a duplicate is then handled again if idempotent, else stays without answer |
/// | `bodies` | bodies of requests that come in blocks, until 93 s after the latest | 5.03, 4.13 if there can be none |
/// | `observers` | observers of our resources | they are answered but not told of changes |
/// | `peers` | everyone we exchange messages with | as `incoming`, and as `outgoing` |
#[derive(Debug)]
#[non_exhaustive]
pub struct Memory<'m, P> {
    /// One slot for each message of ours under way.
    pub outgoing: Table<'m, Slot<Outgoing<P>>>,
    /// The bytes of these messages: a cell for each slot, all of one length. Growing memory has cells of
    /// [`Memory::CELL`] bytes.
    pub messages: Table<'m, u8>,
    /// One slot for each message of a peer that must not be acted on twice.
    pub incoming: Table<'m, Slot<Incoming<P>>>,
    /// The bytes of replies.
    pub replies: Table<'m, u8>,
    /// One slot for each peer.
    pub peers: Table<'m, Slot<Peer<P>>>,
    /// One slot for each body of a request on its way in blocks.
    pub bodies: Table<'m, Slot<Incomplete<P>>>,
    /// One slot for each observer.
    pub observers: Table<'m, Slot<Observing<P>>>,
}

impl<'m, P: Copy> Memory<'m, P> {
    /// Bytes of a cell of growing memory: the largest datagram RFC 7252 §4.6 suggests where nothing is known of the
    /// path, and a little more.
    pub const CELL: usize = 1280;

    /// Memory lent by the caller, with none for bodies in blocks and observers. Its content does not matter.
    ///
    /// ```
    /// use coap_codec::endpoint::{Memory, Slot};
    ///
    /// let (mut outgoing, mut incoming, mut peers) = ([Slot::EMPTY; 2], [Slot::EMPTY; 4], [Slot::EMPTY; 2]);
    /// let (mut messages, mut replies) = ([0; 2 * 128], [0; 256]);
    /// let memory = Memory::<u16>::lent(&mut outgoing, &mut messages, &mut incoming, &mut replies, &mut peers);
    /// assert_eq!(memory.incoming.bound(), 4);
    /// ```
    #[must_use]
    pub fn lent(
        outgoing: &'m mut [Slot<Outgoing<P>>],
        messages: &'m mut [u8],
        incoming: &'m mut [Slot<Incoming<P>>],
        replies: &'m mut [u8],
        peers: &'m mut [Slot<Peer<P>>],
    ) -> Self {
        Self {
            outgoing: Table::lent(outgoing),
            messages: Table::lent(messages),
            incoming: Table::lent(incoming),
            replies: Table::lent(replies),
            peers: Table::lent(peers),
            bodies: Table::lent(&mut []),
            observers: Table::lent(&mut []),
        }
    }

    /// The same with room for bodies that come in blocks.
    #[must_use]
    pub fn with_bodies(self, bodies: &'m mut [Slot<Incomplete<P>>]) -> Self {
        Self { bodies: Table::lent(bodies), ..self }
    }

    /// The same with room for observers.
    #[must_use]
    pub fn with_observers(self, observers: &'m mut [Slot<Observing<P>>]) -> Self {
        Self { observers: Table::lent(observers), ..self }
    }
}

#[cfg(feature = "alloc")]
impl<P: Copy> Memory<'static, P> {
    /// Memory that is allocated as it is needed, for about so many peers at once: four messages under way and
    /// sixteen remembered for each of them, 1 KiB of replies, a body in blocks and four observers.
    #[must_use]
    pub fn growing(peers: usize) -> Self {
        Self {
            outgoing: Table::growing(peers.saturating_mul(4)),
            messages: Table::growing(peers.saturating_mul(4 * Self::CELL)),
            incoming: Table::growing(peers.saturating_mul(16)),
            replies: Table::growing(peers.saturating_mul(1024)),
            peers: Table::growing(peers),
            bodies: Table::growing(peers),
            observers: Table::growing(peers.saturating_mul(4)),
        }
    }
}
