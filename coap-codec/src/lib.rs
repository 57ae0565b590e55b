//! CoAP without IO: messages, options, TCP framing, link-format and an endpoint with observe and block-wise transfer.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;

#[cfg(feature = "alloc")]
mod buf;
mod code;
mod content_format;
#[cfg(feature = "defmt")]
mod defmt;
mod error;
mod link;
mod meaning;
mod message;
mod option;
mod out;
mod rules;
#[cfg(feature = "serde")]
mod serde;
mod stream;
mod token;
mod uri;
mod writer;

#[cfg(feature = "alloc")]
pub use buf::{MessageBuf, OptionsBuf};
pub use code::{Code, ParseCodeError};
pub use content_format::ContentFormat;
pub use error::{Answer, DecodeError, EncodeError, Refusal, Rule};
pub use link::{
    Attribute, Attributes, Filter, Link, LinkError, LinkRule, LinkWriteError, LinkWriter, Links, Value,
};
pub use meaning::Meaning;
pub use message::{Kind, Message};
pub use option::{
    Block, BlockError, Definition, Format, Iter, Known, Opt, OptionNumber, Options, Oscore, Uint,
};
pub use out::{Out, SliceOut};
pub use rules::{Policy, Rules};
#[cfg(feature = "bytes")]
pub use stream::split_frame;
pub use stream::{
    Abort, Addresses, Capabilities, Csm, Peek, Reader, Release, Signal, SignalOption, StreamMessage, peek,
};
pub use token::Token;
pub use uri::{Component, Composed, Host, Scheme, Uri, UriError, UriRule};
pub use writer::{Length, Writer};
