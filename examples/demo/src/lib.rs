//! A device and a local platform in conversation over loopback: the main job of linkwire, with `std` only.
//!
//! `options` say which device to play and where; `scenario` is the conversation; `device` and `platform` are its two
//! sides, each a `link` (a session and its socket) under what it means; `trace` is what a person sees of it.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a program that has std")]

pub mod connection;
pub mod device;
mod fault;
pub mod link;
pub mod options;
pub mod platform;
pub mod scenario;
pub mod trace;

pub use fault::Fault;

/// The README's example is a test too.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
