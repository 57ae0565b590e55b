//! Signed identities for Alink-style IoT platforms: connection parameters for every secure mode, and their verification.
//!
//! Contract: nothing here reads a clock, draws a random number or allocates in order to sign. Time and nonces are arguments; texts are
//! values that stream themselves into a MAC, a caller's buffer or a formatter ([`Pieces`]); secrets are wiped when dropped and never
//! printed. What is read back is a [`Claim`] that nobody should believe before [`Claim::check`].
//!
//! ```
//! use iot_auth::{Context, Device, Identity, Method, Secret, SigningKey, UnixMillis, Window, verify};
//!
//! // The device.
//! let secret = Secret::new("0123456789abcdef0123456789abcdef")?;
//! let key = SigningKey::new(Method::HmacSha256, &secret);
//! let device = Device::new("a1AbCdEfGh1", "light-01")?;
//! let context = Context { timestamp: Some(UnixMillis(1_543_896_481_106).into()), ..Context::default() };
//! let connect = Identity::Device { device, key: &key }.connect(&context)?;
//! let (client_id, user_name) = (connect.client_id().to_string(), connect.user_name().to_string());
//!
//! // The platform.
//! let claim = verify::connect(&client_id, Some(&user_name), Some(connect.password().as_bytes()))?;
//! assert_eq!(claim.device(), Some(device));
//! claim.check(&secret, Window::Any)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where is what?
//!
//! | who | over | sign | verify |
//! |---|---|---|---|
//! | a device with a secret, a token, a certificate, ID² | MQTT | [`Identity::connect`] | [`verify::connect`] |
//! | a device with its product's secret | MQTT | [`Identity::Product`], [`Registered::parse`] | [`verify::connect`] |
//! | | HTTPS, CoAP | [`RegisterRequest`] | [`verify::https_register`], [`verify::coap_register`] |
//! | a device | TLS-PSK | [`Psk`] | [`PskIdentity`] |
//! | | HTTPS | [`http`] | [`verify::https_auth`], [`verify::https_legacy`] |
//! | | CoAP | [`coap`] | [`verify::coap_auth`] |
//! | | HTTP/2 | [`http2`] | [`verify::headers`] |
//! | a gateway | its MQTT connection | [`GatewayRequest`] | [`verify::gateway`] |
//! | a bridge | HTTP/2 | [`bridge`] | not published |
//! | an application | OpenAPI | [`openapi`] | [`verify::openapi`] |
//! | a server | AMQP | [`AmqpLogin`] | [`verify::amqp`] |
//! | | MNS | [`MnsRequest`] | [`verify::mns`] |
//!
//! Hosts and ports are in [`Endpoint`], error codes in [`codes`], the ways of official SDKs in [`Dialect`]. Which statement of the
//! platform's texts is held where stands in `docs/sections.md`.
//!
//! # Features
//!
//! | feature | gives | default |
//! |---|---|---|
//! | `alloc` | owned results | by `std` |
//! | `std` | `alloc` | yes |
//! | `md5` | HMAC-MD5 | yes |
//! | `cbc` | sealed CoAP payloads | yes |
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
