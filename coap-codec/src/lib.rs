//! CoAP without IO: messages, options, TCP and WebSocket framing, signals, URIs, link-format, and the endpoints that
//! ask, answer and observe with them.
//!
//! Bytes in, meaning out, and back. No socket, no clock, no random numbers; no allocator needed.
//!
//! # Contract
//!
//! 1. [`Message::decode`] judges form alone. It borrows everything, and what it accepts it writes back byte for
//!    byte. Its [`DecodeError`] names the broken [`Rule`], the byte, and the [`Answer`] to send.
//! 2. [`Message::meaning`] says what the message is to a receiver that knows a set of options, [`Known`], or
//!    gives a [`Refusal`] with the answer: 4.02, 4.05, 4.00, a reset, or silence. Act only on what has a meaning.
//! 3. [`Options`] are checked once; reading them has no errors. The typed views leave out what RFC 7252 §5.4 says
//!    to leave out.
//! 4. Writing asks for room first: an error leaves the output as it was.
//! 5. Where the specifications leave a choice, [`Rules`] makes it; the default is in its table.
//!
//! Over TCP and WebSockets the same holds for [`StreamMessage`], framed by [`peek`] or [`Reader`].
//!
//! # A server's turn
//!
//! ```
//! use coap_codec::{
//!     Answer, Code, ContentFormat, Kind, Known, Meaning, Message, Opt, OptionNumber, Options, Rules, SliceOut, Uint,
//! };
//!
//! /// Answers a datagram, if it asks for an answer.
//! fn serve(datagram: &[u8], out: &mut SliceOut<'_>) -> Result<(), coap_codec::EncodeError> {
//!     let rules = Rules::new();
//!     let request = match Message::decode(datagram, rules) {
//!         Ok(request) => request,
//!         Err(error) => match error.answer {
//!             Answer::Reset(id) => return Message::reset(id).encode(out),
//!             _ => return Ok(()),
//!         },
//!     };
//!     let code = match request.meaning(&Known::REGISTERED, rules) {
//!         Ok(Meaning::Request) if request.options.path_is(&["temperature"]) => Code::CONTENT,
//!         Ok(Meaning::Request) => Code::NOT_FOUND,
//!         Ok(Meaning::Ping) => return Message::reset(request.id).encode(out),
//!         Ok(_) => return Ok(()),
//!         Err(refusal) => match refusal.answer {
//!             Answer::Respond(code) => code,
//!             Answer::Reset(id) => return Message::reset(id).encode(out),
//!             _ => return Ok(()),
//!         },
//!     };
//!     let (format, age) = (Uint::new(ContentFormat::TEXT.0.into()), Uint::new(30));
//!     let list = [Opt::new(OptionNumber::CONTENT_FORMAT, &format), Opt::new(OptionNumber::MAX_AGE, &age)];
//!     let (options, payload): (_, &[u8]) = match code {
//!         Code::CONTENT => (Options::new(&list)?, b"22.3 C"),
//!         _ => (Options::EMPTY, b""),
//!     };
//!     Message { kind: Kind::Acknowledgement, code, options, payload, ..request }.encode(out)
//! }
//!
//! let mut buffer = [0; 64];
//! let mut out = SliceOut::new(&mut buffer);
//! serve(b"\x41\x01\x00\x01\x20\xBBtemperature", &mut out)?;
//! assert_eq!(out.written(), b"\x61\x45\x00\x01\x20\xC0\x21\x1E\xFF22.3 C");
//!
//! out.clear();
//! serve(b"\x40\x01\x00\x02\xE0\x26\x02", &mut out)?; // critical option 9999
//! assert_eq!(out.written(), b"\x60\x82\x00\x02");
//! # Ok::<(), coap_codec::EncodeError>(())
//! ```
//!
//! # Where things are
//!
//! | to | see |
//! |---|---|
//! | build a request from a URI | [`Uri::options`], [`Writer::merge`] |
//! | put options in any order, keep a message | `OptionsBuf`, `MessageBuf` (feature `alloc`) |
//! | read a connection | [`Reader`]; over a `BytesMut`, `split_frame` (feature `bytes`) |
//! | say hello, ping, close | [`Signal`], [`Capabilities`] |
//! | read or write `.well-known/core` | [`Links`], [`LinkWriter`], [`Filter`] |
//! | name an option of one's own | [`Definition`], [`Known::and`] |
//! | find the resource of a request, list all of them | [`Router`] |
//! | judge conditions, choose a format, keep still | [`Current`], [`ContentFormat::offered`], [`NoResponse`] |
//! | cut a body into blocks, put one together | [`Wanted`], [`Fetch`], [`Upload`], [`Assembly`], [`BlockMap`] |
//! | tell requests apart, and old notifications from new | [`Identity`], [`Freshness`] |
//! | exchange all that over datagrams, or over one connection | [`Endpoint`], [`Connection`] |
//! | protect messages on their way (OSCORE) | [`Endpoint::receive_message`] |
//!
//! Features only add: `alloc`, `std` (default), `bytes`, `serde`, `defmt`. Which section of which document is
//! checked where stands in `docs/sections.md`.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;

mod blockwise;
#[cfg(feature = "alloc")]
mod buf;
mod code;
mod condition;
mod content_format;
#[cfg(feature = "defmt")]
mod defmt;
pub mod endpoint;
mod error;
mod etag;
mod hash;
mod identity;
mod link;
mod meaning;
mod message;
mod no_response;
mod observe;
mod option;
mod out;
mod qblock;
mod router;
mod rules;
#[cfg(feature = "serde")]
mod serde;
mod stage;
mod stream;
mod token;
mod uri;
mod writer;

pub use blockwise::{
    Assembled, Assembly, AssemblyError, BlockSize, Fetch, FetchError, Fetched, Part, PartError, Upload,
    Uploaded, Wanted,
};
#[cfg(feature = "alloc")]
pub use buf::{MessageBuf, OptionsBuf};
pub use code::{Code, ParseCodeError};
pub use condition::Current;
pub use content_format::ContentFormat;
pub use endpoint::Endpoint;
pub use endpoint::stream::Connection;
pub use error::{Answer, DecodeError, EncodeError, Refusal, Rule};
pub use etag::EntityTag;
pub use identity::Identity;
pub use link::{
    Attribute, Attributes, Filter, Link, LinkError, LinkRule, LinkWriteError, LinkWriter, Links, Value,
};
pub use meaning::Meaning;
pub use message::{Kind, Message};
pub use no_response::NoResponse;
pub use observe::{Freshness, Observe, Sequence};
pub use option::{
    Block, BlockError, Definition, Format, Iter, Known, Opt, OptionNumber, Options, Oscore, Uint,
};
pub use out::{Out, SliceOut};
pub use qblock::{
    Arrived, Asked, BlockMap, BlockMapError, MissingBlocks, MissingBlocksError, PayloadSets, judge_q_block,
};
pub use router::{Found, LinkList, Methods, Route, RouteError, RouteRule, Router};
pub use rules::{Policy, Rules};
#[cfg(feature = "bytes")]
pub use stream::split_frame;
pub use stream::{
    Abort, Addresses, Capabilities, Csm, Framing, Peek, Reader, Release, Signal, SignalOption, StreamMessage,
    peek,
};
pub use token::Token;
pub use uri::{Component, Composed, Host, Scheme, Uri, UriError, UriRule};
pub use writer::{Length, Writer};
