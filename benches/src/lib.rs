//! Rows of work done by our crates, and by the peers that are light enough to be built with them.

pub mod inputs;
pub mod memory;
pub mod rows;
pub mod topics;

pub use harness::{Row, measured};
