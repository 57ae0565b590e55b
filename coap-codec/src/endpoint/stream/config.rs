//! What a connection is told beforehand: its memory, its bounds, its manners.

use core::time::Duration;

use super::super::{Incomplete, Slot, Table};
use super::{Asked, Owed, Watching};
use crate::{BlockSize, Framing, Known, OptionNumber, Rules};

/// Memory, bounds and manners of a connection.
#[derive(Debug)]
#[non_exhaustive]
pub struct Config<'m> {
    /// Where the connection keeps its tables.
    pub memory: Memory<'m>,
    /// Entropy: tokens are drawn from it. Take it from a good source, anew for every connection.
    pub seed: u64,
    /// How messages are framed. Default: as over TCP.
    pub framing: Framing,
    /// What the decoder insists on; cut frames under the same. [`Rules::max_frame`] is what the peer is told as
    /// Max-Message-Size; who takes less than the 1152 bytes of RFC 8323 §5.3.1 may be sent more until the peer has heard
    /// of it. Tokens are kept in eight bytes; a higher limit counts as eight.
    pub rules: Rules,
    /// Options the application understands; critical ones beside them are refused. Default: all registered
    /// ones but Q-Block1 and Q-Block2.
    pub known: Known<'m>,
    /// How long to wait for a response or a pong, and for a part of a body that was wanted. Default: 247 s, as over
    /// datagrams.
    pub patience: Duration,
    /// How long to wait for the next part of the body of a request. Default: 93 s, as over datagrams.
    pub upload_patience: Duration,
    /// The Max-Age of a 5.03 for want of memory: when to try again, in seconds (RFC 7252 §5.9.3.4). Default: 5.
    pub retry_after: u32,
    /// The most of a body in one message, where a body does not come whole: several blocks of 1024 bytes if the
    /// other end takes that (BERT, RFC 8323 §6). Default: 16 KiB.
    pub block_size: BlockSize,
    /// The largest body taken in blocks, in bytes; above it requests are answered with 4.13, and responses fail. No body
    /// is kept. Default: 1 MiB.
    pub body_max: u32,
}

impl<'m> Config<'m> {
    /// The defaults over `memory`.
    #[must_use]
    pub fn new(memory: Memory<'m>, seed: u64) -> Self {
        let params = super::super::Params::default();
        Self {
            memory,
            seed,
            framing: Framing::Tcp,
            rules: Rules::new(),
            known: Known::REGISTERED.without(OptionNumber::Q_BLOCK1).without(OptionNumber::Q_BLOCK2),
            patience: params.exchange_lifetime(),
            upload_patience: params.max_transmit_wait(),
            retry_after: 5,
            block_size: BlockSize::bert(16 * 1024),
            body_max: 1 << 20,
        }
    }
}

/// Where a connection keeps what it knows; all of it is bounded.
///
/// | memory | filled by | when full |
/// |---|---|---|
/// | `outgoing`, `messages` | requests of ours and pings | the call is an [`Error`](super::super::Error) |
/// | `incoming` | requests of the peer that wait for their answers, pings that wait for these | 5.03; a pong without Custody |
/// | `bodies` | bodies of requests that come in blocks | 5.03, 4.13 if there can be none |
/// | `observers` | observations of our resources | they are answered but not told of changes |
#[derive(Debug)]
#[non_exhaustive]
pub struct Memory<'m> {
    /// One slot for each request of ours under way.
    pub outgoing: Table<'m, Slot<Asked>>,
    /// What is kept of these requests, to ask for further blocks: a cell for each slot, all of one length. A request
    /// whose payload does not fit is sent all the same, but its response in blocks is handed on block by block.
    pub messages: Table<'m, u8>,
    /// One slot for each request of the peer that waits for its answer.
    pub incoming: Table<'m, Slot<Owed>>,
    /// One slot for each body of a request on its way in blocks.
    pub bodies: Table<'m, Slot<Incomplete<()>>>,
    /// One slot for each observation.
    pub observers: Table<'m, Slot<Watching>>,
}

impl<'m> Memory<'m> {
    /// Memory lent by the caller, with none for bodies in blocks and observers. Its content does not matter.
    ///
    /// ```
    /// use coap_codec::endpoint::{Slot, stream::Memory};
    ///
    /// let (mut outgoing, mut incoming, mut messages) = ([Slot::EMPTY; 2], [Slot::EMPTY; 4], [0; 2 * 128]);
    /// let memory = Memory::lent(&mut outgoing, &mut messages, &mut incoming);
    /// assert_eq!(memory.incoming.bound(), 4);
    /// ```
    #[must_use]
    pub fn lent(
        outgoing: &'m mut [Slot<Asked>],
        messages: &'m mut [u8],
        incoming: &'m mut [Slot<Owed>],
    ) -> Self {
        Self {
            outgoing: Table::lent(outgoing),
            messages: Table::lent(messages),
            incoming: Table::lent(incoming),
            bodies: Table::lent(&mut []),
            observers: Table::lent(&mut []),
        }
    }

    /// The same with room for bodies that come in blocks.
    #[must_use]
    pub fn with_bodies(self, bodies: &'m mut [Slot<Incomplete<()>>]) -> Self {
        Self { bodies: Table::lent(bodies), ..self }
    }

    /// The same with room for observers.
    #[must_use]
    pub fn with_observers(self, observers: &'m mut [Slot<Watching>]) -> Self {
        Self { observers: Table::lent(observers), ..self }
    }
}

#[cfg(feature = "alloc")]
impl Memory<'static> {
    /// Memory that is allocated as it is needed, for so many requests at once either way, with cells of 256 bytes, as
    /// many observations and a quarter as many bodies.
    #[must_use]
    pub fn growing(requests: usize) -> Self {
        Self {
            outgoing: Table::growing(requests),
            messages: Table::growing(requests.saturating_mul(256)),
            incoming: Table::growing(requests),
            bodies: Table::growing(requests.div_ceil(4)),
            observers: Table::growing(requests),
        }
    }
}
