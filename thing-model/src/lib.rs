//! Thing models (TSL) compiled once, device payloads checked straight from bytes, binary payload layouts.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod layout;
