//! What comes out of a connection.

use super::super::{Call, Exchange, Failure, Fault, Observer, Upload};
use crate::{Abort, Capabilities, ContentFormat, Release, StreamMessage, Wanted};

/// What happened. Each request of ours ends with exactly one of [`Event::Response`], [`Event::Pong`] and
/// [`Event::Failed`], unless it is cancelled.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The peer has said what it can do: first of all, and again when that changes.
    Capable {
        /// All it has said so far.
        peer: Capabilities,
    },
    /// A request: answer with [`Connection::respond`](super::Connection::respond), now or later, in any order.
    Request {
        /// What to answer to.
        exchange: Exchange,
        /// The request.
        message: StreamMessage<'a>,
        /// The bytes of the response's body it wants. Behind offset zero the request only fetches more of a response
        /// it has seen the beginning of: do nothing twice for it.
        wanted: Wanted,
        /// The body of which the payload is the last part.
        upload: Option<Upload>,
        /// Where in the body the payload begins.
        offset: u64,
    },
    /// A part of the body of a request that is to come. The next part is asked for. At offset zero the body begins
    /// anew.
    Part {
        /// Which body.
        upload: Upload,
        /// The request with this part as its payload.
        message: StreamMessage<'a>,
        /// Where in the body the payload begins.
        offset: u64,
    },
    /// The rest of a body did not come in time, or the connection is over. What is kept of it can go.
    Abandoned {
        /// Which body.
        upload: Upload,
    },
    /// A resource has changed: answer with [`Connection::notify`](super::Connection::notify). Without an answer this
    /// observer is not told of the change.
    Notify {
        /// Whom to tell.
        observer: Observer,
        /// The resource.
        resource: u32,
        /// The format the observer wants.
        accept: Option<ContentFormat>,
        /// The bytes of the representation to send; only a caller who sends single parts need look.
        wanted: Wanted,
    },
    /// An observer is gone, since the connection is (RFC 8323 §7.4).
    Gone {
        /// Which.
        observer: Observer,
        /// What it observed.
        resource: u32,
        /// Why.
        why: Failure,
    },
    /// The response to a request, and its end.
    Response {
        /// The request of ours.
        call: Call,
        /// The response.
        message: StreamMessage<'a>,
        /// Where in the body the payload begins: behind the pieces there were, if any.
        offset: u64,
    },
    /// A piece of the body of a response. The next one is asked for.
    Piece {
        /// The request of ours.
        call: Call,
        /// The response with this piece as its payload.
        message: StreamMessage<'a>,
        /// Where in the body the payload begins.
        offset: u64,
    },
    /// The next part of the body of a request is wanted: give it with
    /// [`Connection::supply`](super::Connection::supply), before the time for a response is over.
    Wanted {
        /// The request of ours.
        call: Call,
        /// Where in the body the part begins; one that was given before if the server wants it anew.
        offset: u64,
        /// How long it is, unless it is the last.
        len: usize,
    },
    /// The state of a resource we observe. They come in the order they were sent. The observation goes on until it is
    /// cancelled, ends with a response without Observe or fails.
    Notification {
        /// The request of ours that observes.
        call: Call,
        /// The notification.
        message: StreamMessage<'a>,
        /// If the payload is only the beginning: the request that fetches the rest, its pieces and its response.
        rest: Option<Call>,
    },
    /// The peer answered a ping.
    Pong {
        /// The ping.
        call: Call,
        /// Whether it is done with everything we sent before (RFC 8323 §5.4.1).
        custody: bool,
    },
    /// A request of ours gets no response.
    Failed {
        /// The request of ours.
        call: Call,
        /// Why.
        why: Failure,
    },
    /// The peer wants the connection to end in good order: what is under way may still be finished, new requests
    /// belong on another connection (RFC 8323 §5.5). Close it when [`Connection::load`](super::Connection::load) is
    /// none.
    Released(Release<'a>),
    /// The peer has ended the connection: close it. What is under way fails (RFC 8323 §5.6).
    Aborted(Abort<'a>),
    /// The peer broke a rule of the connection. An abort is in the output: send it and close. What is under way
    /// fails.
    Broken {
        /// Which rule.
        why: Fault,
    },
    /// A message was not acted on. What it asks for in answer is in the output.
    Refused {
        /// What is wrong with it.
        why: Fault,
    },
}
