//! MQTT 3.1.1 and 5.0 without IO: borrowed packets, framing, a session for both ends, topics and a topic tree.
//!
//! # Contract
//!
//! * **Decoding borrows.** [`Packet::decode`] takes exactly one packet, as [`peek`] or a reader ([`Reader`], `BytesReader`)
//!   cuts it, and points into its bytes. It checks every rule that one packet can break ([`Rule`], with statement numbers;
//!   `docs/statements.md` lists all of them); what [`Leniency`] puts up with, nothing else lets through. So reading the
//!   result cannot fail.
//! * **Encoding is all or nothing.** [`Packet::encode`] appends a whole packet to an [`Out`], or nothing and says why. Most
//!   packets that must not exist cannot be made; for the rest the error names the rule.
//! * **Nothing a peer sends makes anything grow.** Sizes are refused from the fixed header, by limits the caller sets; a
//!   PUBLISH of any size can pass in pieces ([`PublishHead`], [`Payload`]), or be skipped.
//! * **The version is a value.** There is one set of types: 3.1.1 is 5.0 with no properties, its few return codes folded into
//!   [`ReasonCode`]. Where the versions differ, the decoder is told which by [`Rules`].
//! * **No allocator, clock, socket or random generator.** The feature `alloc` adds growable tables and the topic tree, `bytes`
//!   frames that share memory, `tokio-util` a codec for `Framed`, `serde` and `defmt` what they say.
//!
//! [`session::Session`] is the state machine over these packets, for clients and servers.
//!
//! # Example
//!
//! ```
//! use mqtt_codec::{Delivery, Packet, PacketId, Publish, Reader, Rules, SliceOut, TopicName, Version};
//!
//! // One end writes,
//! let reading = Publish {
//!     qos: Delivery::AtLeastOnce(PacketId::MIN),
//!     ..Publish::new(TopicName::new("pump-7/pressure")?, b"4.2 bar")
//! };
//! let mut buffer = [0; 128];
//! let mut out = SliceOut::new(&mut buffer);
//! reading.encode(Version::V5, &mut out)?;
//!
//! // the other reads, whatever the network made of it.
//! let mut memory = [0; 1024];
//! let mut reader = Reader::new(&mut memory, 1024);
//! let mut read = 0;
//! for mut chunk in out.written().chunks(5) {
//!     while let Some(frame) = reader.next(&mut chunk)? {
//!         let packet = Packet::decode(frame, Rules::new(Version::V5))?;
//!         assert_eq!(packet, Packet::Publish(reading));
//!         read += 1;
//!     }
//! }
//! assert_eq!(read, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What users of other libraries ask for
//!
#![doc = include_str!("../docs/wishes.md")]
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod ack;
mod auth;
mod backoff;
#[cfg(feature = "bytes")]
mod bytes_stream;
#[cfg(feature = "tokio-util")]
mod codec;
mod config;
mod connack;
mod connect;
mod cursor;
#[cfg(feature = "defmt")]
mod defmt_format;
mod disconnect;
mod display;
mod entries;
mod error;
mod filter;
mod forward;
mod frame;
mod out;
mod packet;
mod pieces;
mod preset;
mod properties;
mod property;
mod publish;
mod qos;
mod reason;
mod request;
mod rule;
#[cfg(feature = "serde")]
mod serialize;
pub mod session;
mod store;
mod stream;
mod suback;
mod subscribe;
mod text;
mod topic;
#[cfg(feature = "alloc")]
pub mod tree;
mod unsubscribe;
mod write;

pub use ack::Ack;
pub use auth::Auth;
pub use backoff::{Advice, Backoff};
#[cfg(feature = "bytes")]
pub use bytes_stream::BytesReader;
#[cfg(feature = "tokio-util")]
pub use codec::{Codec, CodecError};
pub use config::{Leniency, Limits, Role, Rules, Version};
pub use connack::ConnAck;
pub use connect::{Connect, Will};
pub use disconnect::Disconnect;
pub use entries::Entries;
pub use error::{Answer, DecodeError, EncodeError};
pub use filter::{Level, TopicFilter};
pub use forward::Forward;
pub use frame::{Frame, PacketType, Peek, peek};
pub use out::{Out, SliceOut};
pub use packet::Packet;
pub use pieces::{Payload, PublishHead, peek_head};
pub use preset::{Preset, PresetRule};
pub use properties::Properties;
pub use property::Property;
pub use publish::Publish;
pub use qos::{Delivery, PacketId, Qos};
pub use reason::ReasonCode;
pub use request::Request;
pub use rule::Rule;
pub use session::{Accept, Acknowledge, Config, Event, Message, Session, SessionError};
#[cfg(feature = "alloc")]
pub use store::MemStore;
pub use store::{ArenaStore, Entry, Record, Scope, Slot, Store, StoreFull, Streamed};
pub use stream::{Reader, Skipped};
pub use suback::{Reasons, SubAck, UnsubAck};
pub use subscribe::{RetainHandling, Subscribe, Subscription, Subscriptions};
pub use text::{Secret, Text};
pub use topic::{MAX_TOPIC_LEN, TopicBounds, TopicError, TopicName, TopicRule};
#[cfg(feature = "alloc")]
pub use tree::{RetainedTree, TopicTree, TreeBounds};
pub use unsubscribe::{Filters, Unsubscribe};
