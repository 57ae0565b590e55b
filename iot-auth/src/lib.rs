//! Signed identities for Alink-style IoT platforms: connection parameters for every secure mode, and their verification.
//!
//! Contract: nothing here reads a clock, draws a random number or allocates in order to sign. Time and nonces are arguments; texts are
//! values that stream themselves into a MAC, a caller's buffer or a formatter ([`Pieces`]); secrets are wiped when dropped and never
//! printed.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(any(feature = "alloc", test))]
extern crate alloc;

mod amqp;
mod answer;
mod base64;
mod body;
pub mod bridge;
mod claim;
pub mod coap;
pub mod codes;
mod content;
mod dialect;
mod endpoint;
mod error;
mod form;
mod hex;
pub mod http;
pub mod http2;
mod identity;
mod json;
mod method;
mod mns;
mod mqtt;
pub mod openapi;
mod params;
mod percent;
mod pieces;
mod psk;
mod refusal;
pub mod register;
#[cfg(feature = "cbc")]
mod seal;
mod secret;
mod subdevice;
pub mod verify;
pub mod x509;

pub use amqp::{AmqpLogin, AmqpUserName, SASL_MECHANISM};
pub use answer::{Answer, AnswerError, Refused};
pub use base64::Base64;
pub use claim::{Bug, Claim, Claimant, Mode, SecretKind, Window};
pub use content::Content;
pub use dialect::Dialect;
pub use endpoint::{Endpoint, Place, REGIONS, Security, Service, Url, instance_id_of};
pub use error::{Field, IdentityError, Rule};
pub use hex::{Case, Hex};
pub use identity::{ClientId, Device, Timestamp, UnixMillis};
pub use method::{Method, MethodError, Signature, SigningKey};
pub use mns::{Authorization, MNS_VERSION, MnsQueue, MnsRequest, mns_queue};
#[cfg(feature = "alloc")]
pub use mqtt::OwnedConnect;
pub use mqtt::{Connect, Context, Identity, MqttClientId, Registration, Transport, UserName};
pub use params::{KNOWN_PARAMS, Param, ParamError, ParamList, ParamRule};
pub use pieces::{NoRoom, Pieces};
pub use psk::{PSK_CIPHER_SUITE, Psk, PskContent, PskIdentity, PskKey};
pub use refusal::Refusal;
pub use register::{RegisterRequest, Registered};
pub use secret::{Secret, Token};
pub use subdevice::{GatewayParams, GatewayPayload, GatewayRequest, GatewayTopic, Registrant, SubDevice};
