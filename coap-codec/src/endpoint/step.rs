//! What goes into an endpoint and what comes out of it.

use core::fmt;

use thiserror::Error;

use super::slots::Handle;
use crate::{
    AssemblyError, Code, ContentFormat, DecodeError, EncodeError, FetchError, Message, Options, PartError,
    Refusal, Token, Wanted,
};

/// How a datagram arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival<P> {
    /// Who sent it.
    pub from: P,
    /// Whether it was sent to a group. Such messages are not refused, reset or answered with errors.
    pub multicast: bool,
    /// Whether it came over a secured channel. Handed on with requests. Peers of secured and open channels
    /// must differ in `P`, so that neither can answer for the other.
    pub secure: bool,
}

impl<P> Arrival<P> {
    /// An ordinary datagram.
    #[must_use]
    pub const fn from(from: P) -> Self {
        Self { from, multicast: false, secure: false }
    }
}

/// What one input meant: at most one datagram, now in the output, and at most one event.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Step<'a, P> {
    /// Send what this call appended to the output.
    pub send: Option<Datagram<P>>,
    /// What happened.
    pub event: Option<Event<'a, P>>,
}

impl<P> Step<'_, P> {
    pub(super) const NOTHING: Self = Self { send: None, event: None };
}

impl<'a, P> Step<'a, P> {
    #[inline(always)]
    pub(super) const fn new(send: Option<Datagram<P>>, event: Option<Event<'a, P>>) -> Self {
        Self { send, event }
    }

    #[inline(always)]
    pub(super) const fn event(event: Event<'a, P>) -> Self {
        Self { send: None, event: Some(event) }
    }

    #[inline(always)]
    pub(super) const fn send(send: Datagram<P>) -> Self {
        Self { send: Some(send), event: None }
    }
}

/// A datagram appended to the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Datagram<P> {
    /// Where to send it.
    pub to: P,
    /// How many bytes it has.
    pub len: usize,
}

/// A request of ours that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Call(pub(super) Handle);

/// A request of a peer that waits for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Exchange(pub(super) Handle);

/// An observer of a resource of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Observer(pub(super) Handle);

/// The body of a request of a peer, on its way in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Upload(pub(super) Handle);

/// What happened. Each request of ours ends with exactly one of [`Event::Response`], [`Event::Ended`],
/// [`Event::Pong`] and [`Event::Failed`], unless it is cancelled.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a, P> {
    /// A request: answer with [`Endpoint::respond`](super::Endpoint::respond), now or later.
    Request {
        /// What to answer to.
        exchange: Exchange,
        /// How it arrived.
        arrival: Arrival<P>,
        /// The request.
        message: Message<'a>,
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
        /// How it arrived.
        arrival: Arrival<P>,
        /// The request with this part as its payload.
        message: Message<'a>,
        /// Where in the body the payload begins.
        offset: u64,
    },
    /// The rest of a body did not come in time. What is kept of it can go.
    Abandoned {
        /// Which body.
        upload: Upload,
    },
    /// A resource has changed: answer with [`Endpoint::notify`](super::Endpoint::notify). Without an answer this observer
    /// is not told of the change.
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
    /// An observer is gone.
    Gone {
        /// Which.
        observer: Observer,
        /// What it observed.
        resource: u32,
        /// Why.
        why: Failure,
    },
    /// The response to a request. It is the last the call gives, unless `more` may come: that is so for
    /// requests to a group, which end with [`Event::Ended`].
    Response {
        /// The request of ours.
        call: Call,
        /// Who answers.
        from: P,
        /// The response.
        message: Message<'a>,
        /// Where in the body the payload begins: behind the pieces there were, if any.
        offset: u64,
        /// Whether others may follow.
        more: bool,
    },
    /// A piece of the body of a response. The next one is asked for.
    Piece {
        /// The request of ours.
        call: Call,
        /// Who answers.
        from: P,
        /// The response with this piece as its payload.
        message: Message<'a>,
        /// Where in the body the payload begins.
        offset: u64,
    },
    /// The next part of the body of a request is wanted: give it with
    /// [`Endpoint::supply`](super::Endpoint::supply), before the time for a response is over.
    Wanted {
        /// The request of ours.
        call: Call,
        /// Where in the body the part begins; zero again if the server wants it anew.
        offset: u64,
        /// How long it is, unless it is the last.
        len: usize,
    },
    /// The state of a resource we observe, newer than all before. The observation goes on until it is cancelled,
    /// ends with a response without Observe or fails; it is renewed when it has been silent for too long.
    Notification {
        /// The request of ours that observes.
        call: Call,
        /// Who notifies.
        from: P,
        /// The notification.
        message: Message<'a>,
        /// If the payload is only the beginning: the request that fetches the rest, its pieces and its response.
        rest: Option<Call>,
    },
    /// A request to a group gets no more responses.
    Ended {
        /// The request of ours.
        call: Call,
    },
    /// A peer answered a ping.
    Pong {
        /// The ping.
        call: Call,
    },
    /// A request of ours gets no response.
    Failed {
        /// The request of ours.
        call: Call,
        /// Why.
        why: Failure,
    },
    /// A separate response of ours did not reach the peer.
    Undelivered {
        /// What it answered.
        exchange: Exchange,
        /// Why.
        why: Failure,
    },
    /// A message was not acted on. What it asks for in answer is in the output.
    Refused {
        /// Who sent it.
        from: P,
        /// What is wrong with it.
        why: Fault,
    },
}

/// Why a request gets no response, or a response is not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Failure {
    /// All transmissions stayed without acknowledgement (RFC 7252 §4.2).
    #[error("no acknowledgement")]
    NoAcknowledgement,
    /// No response came in the time the configuration gives it.
    #[error("no response in time")]
    NoResponse,
    /// The peer answered with a reset (RFC 7252 §4.2, §4.3).
    #[error("reset by the peer")]
    Reset,
    /// The transport says that the peer cannot be reached.
    #[error("the transport failed")]
    Transport,
    /// The response must not be acted on.
    #[error("the response is not usable: {0}")]
    Unusable(Refusal),
    /// The body of the response does not come as it should.
    #[error(transparent)]
    Body(FetchError),
    /// The request has to go on in a message longer than the peer of a connection takes (RFC 8323 §5.3.1).
    #[error("message longer than the peer takes")]
    PeerLimit,
    /// The connection is over.
    #[error("the connection is closed")]
    Closed,
}

/// What is wrong with a message of a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It is not a message.
    Malformed(DecodeError),
    /// It is a message nobody may act on.
    Refused(Refusal),
    /// A response or a reset to nothing we know of.
    Unmatched,
    /// A confirmable request to a group (RFC 7252 §8.1).
    ConfirmableMulticast,
    /// A request for which there is no memory, or not for this peer.
    Busy,
    /// A block that is not the next of its body.
    Block(AssemblyError),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(f),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Unmatched => f.write_str("answers nothing we know of (RFC 7252 4.2, 5.3.2)"),
            Self::ConfirmableMulticast => f.write_str("confirmable request to a group (RFC 7252 8.1)"),
            Self::Busy => f.write_str("too many requests under way (RFC 7252 5.9.3.4)"),
            Self::Block(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Fault {}

/// How a request is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Delivery {
    /// Repeated until acknowledged.
    #[default]
    Confirmable,
    /// Sent once.
    NonConfirmable,
    /// Sent once, to a group: every member may respond (RFC 7252 §8).
    Multicast,
}

/// A request to send.
///
/// ```
/// use coap_codec::endpoint::{Delivery, Request};
/// use coap_codec::{Code, Opt, OptionNumber, Options};
///
/// let path = [Opt::new(OptionNumber::URI_PATH, b"temperature")];
/// let request = Request { options: Options::new(&path)?, ..Request::new(Code::GET) };
/// assert_eq!(request.delivery, Delivery::Confirmable);
/// # Ok::<(), coap_codec::EncodeError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The method.
    pub code: Code,
    /// How it is delivered.
    pub delivery: Delivery,
    /// The token, up to eight bytes; without one the endpoint makes one up.
    pub token: Option<Token<'a>>,
    /// The options.
    pub options: Options<'a>,
    /// The payload.
    pub payload: &'a [u8],
    /// Whether the payload is the whole body.
    pub body: Body,
}

/// What a payload is of its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Body {
    /// All of it. If it is too long for one message, the endpoint sends the part that is to be sent.
    #[default]
    Whole,
    /// The part that is wanted.
    Part {
        /// Whether more follow.
        more: bool,
        /// Bytes of the whole body, if known.
        total: Option<u64>,
    },
}

impl Request<'_> {
    /// A confirmable request without options and payload.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self {
            code,
            delivery: Delivery::Confirmable,
            token: None,
            options: Options::EMPTY,
            payload: &[],
            body: Body::Whole,
        }
    }
}

/// A response to send.
#[derive(Debug, Clone, Copy)]
pub struct Response<'a> {
    /// The response code.
    pub code: Code,
    /// The options.
    pub options: Options<'a>,
    /// The payload.
    pub payload: &'a [u8],
    /// Whether the payload is the whole body.
    pub body: Body,
    /// The resource, as the application numbers it, if it may be observed: who asks to, will be told of every
    /// [change](super::Endpoint::changed). What differs in anything but the format wanted needs numbers of its own.
    pub observe: Option<u32>,
}

impl Response<'_> {
    /// A response without options and payload.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self { code, options: Options::EMPTY, payload: &[], body: Body::Whole, observe: None }
    }
}

/// A call that could not be done. Nothing has happened: the endpoint and the output are as before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Error {
    /// The output is too small; `needed` bytes would be enough.
    #[error("no room: {needed} bytes needed")]
    NoRoom {
        /// Bytes the call wants to append.
        needed: usize,
    },
    /// The message does not fit a cell of the memory for messages that may have to be sent again.
    #[error("message longer than the {limit} bytes that can be kept")]
    TooLong {
        /// Bytes of a cell.
        limit: usize,
    },
    /// A table is full; try again when something under way has ended.
    #[error("the table of {0} is full")]
    Full(Resource),
    /// What the handle stands for is over.
    #[error("the exchange is over")]
    Over,
    /// The peer was sent so much that no message id is free (RFC 7252 §4.4); try again later.
    #[error("no message id is free for this peer")]
    Ids,
    /// A request without a method, or a response whose code is not one.
    #[error("{0} has no place here")]
    Code(Code),
    /// The token is longer than eight bytes, or in use for this peer.
    #[error("the token is too long or in use")]
    Token,
    /// The message is longer than the peer of a connection takes, and it has not said to take blocks (RFC 8323
    /// §5.3); before its CSM has come that is 1152 bytes.
    #[error("message longer than the {limit} bytes the peer takes")]
    PeerLimit {
        /// The most it takes, in bytes.
        limit: u32,
    },
    /// The connection is closed, or was released, so that requests belong on another one.
    #[error("the connection is closed")]
    Closed,
    /// The part of a body is not the one that is wanted.
    #[error(transparent)]
    Part(PartError),
    /// The message cannot be written.
    #[error(transparent)]
    Encode(EncodeError),
}

impl From<PartError> for Error {
    fn from(error: PartError) -> Self {
        Self::Part(error)
    }
}

impl From<EncodeError> for Error {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::NoRoom { needed } => Self::NoRoom { needed },
            error => Self::Encode(error),
        }
    }
}

/// A table of the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Resource {
    /// Messages of ours under way.
    Outgoing,
    /// Messages of peers remembered.
    Incoming,
    /// Peers.
    Peers,
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Outgoing => "messages under way",
            Self::Incoming => "messages remembered",
            Self::Peers => "peers",
        })
    }
}
