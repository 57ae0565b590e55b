//! Alink messages and topics, and device, gateway and bridge flows over any transport.
//!
//! Contract: everything here is bytes in, bytes out. A message is a topic and a payload; how they
//! travel (MQTT, CoAP, HTTPS, a test) is the caller's affair, and so are clocks and sockets. Topics,
//! envelopes and messages borrow from what they are read from and need no allocator; the flows
//! (`alloc`) keep tables whose bounds their configuration sets.
//!
//! A device posts a property, and hears what became of it:
//!
//! ```
//! # #[cfg(feature = "alloc")] {
//! use core::time::Duration;
//! use alink::{Config, Device, DeviceId, Event, Outcome};
//!
//! let lamp = DeviceId::new("a1LampDemo01", "lamp001")?;
//! let mut device = Device::new(lamp, Config::default());
//! let mut out = Vec::new();
//!
//! let sent = device.post(Duration::ZERO, &[("Brightness", 40.into())], &mut out)?;
//! let (topic, _payload) = sent.send.split(&out);
//! assert_eq!(topic, "/sys/a1LampDemo01/lamp001/thing/event/property/post");
//!
//! // ... the transport carries both there, and an answer back:
//! let answer = br#"{"id":"1","code":200,"data":{"Brightness":"tsl parse: params not exist"}}"#;
//! let reply_topic = "/sys/a1LampDemo01/lamp001/thing/event/property/post_reply";
//! let step = device.receive(Duration::from_millis(20), reply_topic, answer, &mut out)?;
//! let Some(Event::Posted { id, outcome: Outcome::Dropped(dropped), .. }) = step.event else { panic!() };
//! assert_eq!((id, dropped.len()), (sent.id, 1));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

#[cfg(any(feature = "alloc", test))]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod access;
mod code;
mod envelope;
mod error;
#[cfg(feature = "alloc")]
pub mod flow;
mod json;
mod list;
pub mod message;
mod name;
mod out;
mod table;
mod topic;
mod write;

pub use code::Code;
pub use envelope::{Id, Method, Reading, Reply, Request};
pub use error::{Error, Fault, Rule};
#[cfg(feature = "model")]
pub use flow::checked::Checked;
#[cfg(feature = "alloc")]
pub use flow::{
    Call,
    config::Config,
    device::Device,
    event::Event,
    step::{Send, Sent, Step},
};
pub use json::{Elements, MAX_DEPTH, Members, RawJson, Shape, Text};
pub use list::{List, Map, Read};
pub use message::property::{EventPost, Outcome, PropertyPost, Sample, Value, Values};
pub use name::DeviceId;
pub use out::{Out, SliceOut};
pub use table::{Direction, Kind};
pub use topic::{MAX_TOPIC, Topic};
pub use write::{Json, Writer};
