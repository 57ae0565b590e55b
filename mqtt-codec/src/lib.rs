//! MQTT 3.1.1 and 5.0 without IO: borrowed packets, framing, a session for both ends, topics and a topic tree.
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
pub mod session;
#[cfg(feature = "serde")]
mod serialize;
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
