//! The crates put together, as an application would.
//!
//! | composition | made of | run |
//! |---|---|---|
//! | [`udp`]: an endpoint over a socket and a clock | coap-codec, std | |
//! | [`coap_device`], [`coap_platform`]: a token for a signature, sealed posts, waiting messages | coap-codec, iot-auth | `cargo run -p compositions --bin coap` |
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a program that has std")]

pub mod coap_device;
pub mod coap_platform;
pub mod udp;
