//! Reading requests back into claims: the platform's side of every mode.
//!
//! Contract: each function takes what came over the wire and returns a [`Claim`](crate::Claim) or the [`Refusal`](crate::Refusal) that
//! names what is wrong with it. Nothing is believed yet: see [`Claim::check`](crate::Claim::check).

mod mqtt;

pub use mqtt::connect;
