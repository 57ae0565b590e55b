//! What an endpoint is told beforehand: its memory, its bounds, its manners.

use core::time::Duration;

use super::incoming::Incoming;
use super::outgoing::Outgoing;
use super::params::Params;
use super::peer::Peer;
use super::slots::Slot;
use super::table::Table;
use crate::{Known, OptionNumber, Rules};

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
}

impl<'m, P: Copy> Memory<'m, P> {
    /// Bytes of a cell of growing memory: the largest datagram RFC 7252 §4.6 suggests where nothing is known of the
    /// path, and a little more.
    pub const CELL: usize = 1280;

    /// Memory lent by the caller. Its content does not matter.
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
        }
    }
}

#[cfg(feature = "alloc")]
impl<P: Copy> Memory<'static, P> {
    /// Memory that is allocated as it is needed, for about so many peers at once: four messages under way and
    /// sixteen remembered for each of them, and 1 KiB of replies.
    #[must_use]
    pub fn growing(peers: usize) -> Self {
        Self {
            outgoing: Table::growing(peers.saturating_mul(4)),
            messages: Table::growing(peers.saturating_mul(4 * Self::CELL)),
            incoming: Table::growing(peers.saturating_mul(16)),
            replies: Table::growing(peers.saturating_mul(1024)),
            peers: Table::growing(peers),
        }
    }
}
