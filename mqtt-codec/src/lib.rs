//! MQTT 3.1.1 and 5.0 without IO: borrowed packets, framing, a session for both ends, topics and a topic tree.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod filter;
mod out;
mod topic;

pub use filter::{Level, TopicFilter};
pub use out::{Out, SliceOut};
pub use topic::{MAX_TOPIC_LEN, TopicBounds, TopicError, TopicName, TopicRule};
