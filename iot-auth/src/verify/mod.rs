//! Reading requests back into claims: the platform's side of every mode.
//!
//! Contract: each function takes what came over the wire and returns a [`Claim`](crate::Claim) or the [`Refusal`](crate::Refusal) that
//! names what is wrong with it. Nothing is believed yet: see [`Claim::check`](crate::Claim::check).

mod cloud;
mod device;
mod fields;
mod mqtt;
mod subdevice;

pub use cloud::{amqp, mns, openapi};
pub use device::{coap_auth, coap_register, headers, https_auth, https_legacy, https_register};
pub use mqtt::connect;
pub use subdevice::{GatewayCall, gateway};
