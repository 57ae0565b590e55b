//! The typed messages, one noun a file.
//!
//! Each is read from the `params` or `data` of an envelope ([`Read`](crate::Read)) and written as
//! one ([`Json`](crate::Json)); the same type serves devices and platforms.

pub mod property;
