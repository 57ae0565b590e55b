//! Signed identities for Alink-style IoT platforms: connection parameters for every secure mode, and their verification.
//!
//! Contract: nothing here reads a clock, draws a random number or allocates in order to sign. Time and nonces are arguments; texts are
//! values that stream themselves into a MAC, a caller's buffer or a formatter ([`Pieces`]); secrets are wiped when dropped and never
//! printed.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod base64;
mod claim;
mod content;
mod dialect;
mod error;
mod hex;
mod identity;
mod json;
mod method;
mod mqtt;
mod params;
mod pieces;
mod refusal;
mod secret;
mod subdevice;
pub mod verify;

pub use base64::Base64;
pub use claim::{Bug, Claim, Claimant, Mode, SecretKind, Window};
pub use content::Content;
pub use dialect::Dialect;
pub use error::{Field, IdentityError, Rule};
pub use hex::{Case, Hex};
pub use identity::{ClientId, Device, Timestamp, UnixMillis};
pub use method::{Method, MethodError, Signature, SigningKey};
#[cfg(feature = "alloc")]
pub use mqtt::OwnedConnect;
pub use mqtt::{Connect, Context, Identity, MqttClientId, Registration, Transport, UserName};
pub use params::{KNOWN_PARAMS, Param, ParamError, ParamList, ParamRule};
pub use pieces::{NoRoom, Pieces};
pub use refusal::Refusal;
pub use secret::{Secret, Token};
pub use subdevice::{GatewayParams, GatewayPayload, GatewayRequest, GatewayTopic, Registrant, SubDevice};
