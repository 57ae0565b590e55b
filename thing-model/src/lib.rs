//! Thing models (TSL) compiled once, device payloads checked straight from bytes, binary payload layouts.
//!
//! # Contract
//!
//! [`Model::compile`] reads a TSL document and answers either a [`Model`], which never changes again and may be shared
//! between threads, or *everything* that is wrong with the document. A [`Checker`], made once for each connection, holds a
//! payload against the model in one pass over its bytes, without building a tree and without allocating, and tells a
//! [`Sink`] of the caller every violation with path, rule, platform code and position. A payload that is not JSON is a
//! different outcome ([`json::Malformed`]) from a payload the model refuses.
//!
//! Nothing here knows a clock: [`WallClock`] is an argument. Nothing here does IO.
//!
//! ```
//! use thing_model::{Checker, Limits, Model, Payload, Record, WallClock};
//!
//! let tsl = br#"{
//!   "profile": {"productKey": "a1"},
//!   "properties": [{"identifier": "cells", "accessMode": "r", "dataType": {"type": "array", "specs": {
//!     "size": "4", "item": {"type": "struct", "specs": [{"identifier": "v", "dataType":
//!       {"type": "float", "specs": {"min": "0", "max": "4.2"}}}]}}}}]
//! }"#;
//! let model = Model::compile(tsl, &Limits::current())?;
//! let mut checker = Checker::new(&model);
//!
//! let params = br#"{"cells": [{"v": 3.9}, {"v": 4.21}]}"#;
//! let mut found: Vec<Record> = Vec::new();
//! let outcome = checker.check(Payload::PropertyPost, params, WallClock::UNKNOWN, &mut found)?;
//! assert!(!outcome.is_valid());
//! assert_eq!(found[0].view(&model, params).to_string(), "cells[1].v: outside the range (6307)");
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;
#[cfg(all(test, not(feature = "std")))]
extern crate std;

mod check;
mod code;
#[cfg(feature = "codegen")]
pub mod codegen;
mod compile;
mod decimal;
mod diff;
pub mod json;
pub mod layout;
mod limits;
mod message;
mod model;
mod options;
mod partition;
mod schema;
mod table;
mod view;
mod violation;
mod write;

pub use check::{Checker, Family, Outcome, Payload};
pub use code::{CODES, Code};
pub use decimal::{Decimal, NotDecimal};
pub use diff::{Change, ChangeKind, Impact};
pub use limits::Limits;
pub use message::Envelope;
pub use model::{Access, CallType, EventType, Model};
pub use options::{Level, Options, TextUnit, WallClock};
pub use partition::{Entry, Partition};
pub use schema::{SchemaError, SchemaErrors, SchemaRule};
pub use view::{DataType, Event, Field, Fields, ItemType, Labels, Module, Number, Service};
pub use violation::{Count, First, Path, Record, Rule, Sink, Violation};
pub use write::TslForm;
