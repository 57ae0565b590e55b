//! Who claims to be whom, by which mode, signed how; and whether it is true.
//!
//! Contract: parsing a request (the functions of [`verify`](crate::verify)) makes a [`Claim`] without knowing any secret. The caller
//! looks up the secret that [`Claim::secret_kind`] names for [`Claim::who`] and calls [`Claim::check`]; until that returns `Ok`, nothing
//! the claim says is to be believed. Comparison takes the same time wherever the signatures differ. Replay is not noticed here: the
//! platform does not check nonces, so a caller who wants to must remember each [`Claim::nonce`] itself for as long as its window is.

use core::time::Duration;

use subtle::ConstantTimeEq;

use crate::content::{Content, Covered};
use crate::error::{Field, IdentityError, Rule};
use crate::identity::{Device, UnixMillis};
use crate::method::{Method, SigningKey};
use crate::openapi::Iso8601;
use crate::params::ParamList;
use crate::refusal::Refusal;
use crate::secret::Secret;

/// The secure mode of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// MQTT with a device's own secret.
    MqttSecret,
    /// MQTT registration that asks for a DeviceSecret.
    MqttRegister,
    /// MQTT registration that asks for a token.
    MqttRegisterToken,
    /// MQTT with a token from such a registration.
    MqttToken,
    /// MQTT behind an X.509 certificate.
    MqttCertificate,
    /// MQTT inside an ID² tunnel.
    MqttId2,
    /// MQTT with the `iotId` and `iotToken` of the legacy HTTPS call.
    MqttSession,
    /// HTTPS `/auth`.
    Https,
    /// The legacy HTTPS `/auth/devicename`.
    HttpsLegacy,
    /// Registration over HTTPS.
    HttpsRegister,
    /// CoAP `/auth`, with or without DTLS.
    Coap,
    /// Registration over CoAP.
    CoapRegister,
    /// A sub-device to be added to a topology.
    SubDeviceTopology,
    /// A sub-device to be logged in.
    SubDeviceLogin,
    /// A sub-device to be registered with its product's secret.
    SubDeviceRegister,
    /// HTTP/2 of a device.
    Http2Device,
    /// HTTP/2 of an application key.
    Http2AppKey,
    /// An OpenAPI call.
    OpenApi,
    /// AMQP with an AccessKey.
    AmqpAccessKey,
    /// AMQP with a role's key and token.
    AmqpRole,
    /// MNS.
    Mns,
}

/// Who a request says it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Claimant<'a> {
    /// A device.
    Device(Device<'a>),
    /// Whoever holds the certificate TLS has seen.
    Certificate,
    /// The holder of an `iotId`.
    IotId(&'a str),
    /// The holder of an AccessKey, by its id.
    AccessKey(&'a str),
    /// The holder of an application key.
    AppKey(&'a str),
}

/// What the caller must look up to check a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretKind {
    /// The device's DeviceSecret.
    Device,
    /// The ProductSecret of the device's product.
    Product,
    /// The token the platform gave this client id.
    Token,
    /// The AccessKeySecret of this id.
    AccessKey,
    /// The secret of this application key.
    App,
    /// Nothing: see [`Refusal::Unsigned`].
    Nothing,
}

/// Which timestamps are believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Window {
    /// Any, or none: what the platform does for MQTT, where one SDK always sends the year 2050.
    #[default]
    Any,
    /// Those no further than `tolerance` from `now`, before or after. A mode that has a timestamp must then send it.
    Around {
        /// The verifier's wall clock.
        now: UnixMillis,
        /// How far off a timestamp may be; the platform allows 15 minutes for HTTPS.
        tolerance: Duration,
    },
}

impl Window {
    fn check(self, timestamp: Option<&str>, unit: Stamp) -> Result<(), Refusal> {
        let Self::Around { now, tolerance } = self else { return Ok(()) };
        let text = timestamp.ok_or(Refusal::Missing(Field::Timestamp))?;
        let number = || text.parse::<u64>().ok();
        let stamp = match unit {
            Stamp::Unsigned => return Ok(()),
            Stamp::Millis => number(),
            Stamp::Seconds => number().map(|seconds| seconds.saturating_mul(1000)),
            Stamp::Iso8601 => Iso8601::parse(text).map(|time| time.0),
        };
        let stamp = stamp.ok_or_else(|| {
            let index = text.chars().position(|c| !c.is_ascii_digit()).unwrap_or(0);
            IdentityError { field: Field::Timestamp, rule: Rule::Character, index }
        })?;
        if u128::from(now.0.abs_diff(stamp)) <= tolerance.as_millis() { Ok(()) } else { Err(Refusal::Stale) }
    }
}

/// How a mode writes its timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stamp {
    /// It signs none.
    Unsigned,
    Millis,
    Seconds,
    Iso8601,
}

/// A mistake in an SDK that is in use. None is made here; a claim is told of it to allow for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Bug<'a> {
    /// The npm package `aliyun-iot-mqtt` 0.0.1 signs every option it is given, so a `regionId` gets into the content.
    SignsRegion(&'a str),
    /// The JavaScript SDK names the configured method but always computes HMAC-SHA-1.
    AlwaysSha1,
    /// The Python SDK's MQTT timestamp counts seconds.
    Seconds,
}

/// A parsed request: a claim yet to be checked.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    pub(crate) mode: Mode,
    pub(crate) who: Claimant<'a>,
    pub(crate) proof: Proof<'a>,
    pub(crate) client_id: Option<&'a str>,
    pub(crate) timestamp: Option<&'a str>,
    pub(crate) nonce: Option<&'a str>,
    pub(crate) params: Option<ParamList<'a>>,
    pub(crate) stamp: Stamp,
}

/// How a claim proves itself.
#[derive(Clone, Copy)]
pub(crate) enum Proof<'a> {
    /// The hexadecimal MAC of the content.
    Hex { method: Method, content: Content<'a>, sign: &'a [u8] },
    /// Its base64 MAC. The key may have an ampersand behind it.
    Base64 { method: Method, content: Content<'a>, sign: &'a [u8], ampersand: bool },
    /// The secret itself.
    Verbatim(&'a [u8]),
    /// Not at all.
    Nothing,
}

impl core::fmt::Debug for Proof<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Hex { .. } => "Hex(..)",
            Self::Base64 { .. } => "Base64(..)",
            Self::Verbatim(_) => "Verbatim(..)",
            Self::Nothing => "Nothing",
        })
    }
}

impl<'a> Claim<'a> {
    /// The secure mode.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// Who it says it is.
    pub const fn who(&self) -> Claimant<'a> {
        self.who
    }

    /// The device it says it is, unless it is someone else.
    pub const fn device(&self) -> Option<Device<'a>> {
        match self.who {
            Claimant::Device(device) => Some(device),
            _ => None,
        }
    }

    /// The signing method, if anything is signed.
    pub const fn method(&self) -> Option<Method> {
        match self.proof {
            Proof::Hex { method, .. } | Proof::Base64 { method, .. } => Some(method),
            _ => None,
        }
    }

    /// The text that is signed, if anything is.
    pub const fn content(&self) -> Option<Content<'a>> {
        match self.proof {
            Proof::Hex { content, .. } | Proof::Base64 { content, .. } => Some(content),
            _ => None,
        }
    }

    /// The client id proper.
    pub const fn client_id(&self) -> Option<&'a str> {
        self.client_id
    }

    /// The timestamp as sent.
    pub const fn timestamp(&self) -> Option<&'a str> {
        self.timestamp
    }

    /// The nonce as sent, for a caller who remembers nonces.
    pub const fn nonce(&self) -> Option<&'a str> {
        self.nonce
    }

    /// The parameters behind the client id, in modes that have them.
    pub const fn params(&self) -> Option<&ParamList<'a>> {
        self.params.as_ref()
    }

    /// What to look up for [`check`](Self::check).
    pub const fn secret_kind(&self) -> SecretKind {
        match self.mode {
            Mode::MqttSecret
            | Mode::MqttId2
            | Mode::Https
            | Mode::HttpsLegacy
            | Mode::Coap
            | Mode::SubDeviceTopology
            | Mode::SubDeviceLogin
            | Mode::Http2Device => SecretKind::Device,
            Mode::MqttRegister
            | Mode::MqttRegisterToken
            | Mode::HttpsRegister
            | Mode::CoapRegister
            | Mode::SubDeviceRegister => SecretKind::Product,
            Mode::MqttToken | Mode::MqttSession => SecretKind::Token,
            Mode::MqttCertificate => SecretKind::Nothing,
            Mode::OpenApi | Mode::AmqpAccessKey | Mode::AmqpRole | Mode::Mns => SecretKind::AccessKey,
            Mode::Http2AppKey => SecretKind::App,
        }
    }

    /// The same claim, read with a known mistake of some SDK in mind. A mistake that does not concern it changes nothing.
    #[must_use]
    pub fn tolerating(mut self, bug: Bug<'a>) -> Self {
        match (&mut self.proof, bug) {
            (_, Bug::Seconds) if self.stamp == Stamp::Millis => self.stamp = Stamp::Seconds,
            (Proof::Hex { method, .. }, Bug::AlwaysSha1) => *method = Method::HmacSha1,
            (Proof::Hex { content: Content(Covered::Device(content)), .. }, Bug::SignsRegion(region)) => {
                content.region_id = Some(region);
            }
            _ => {}
        }
        self
    }

    /// Checks the claim against the secret that belongs to whom it names.
    ///
    /// The window concerns modes that sign a timestamp; a registration has a nonce instead.
    ///
    /// # Errors
    /// [`Refusal::BadSignature`], [`Refusal::Stale`], [`Refusal::Missing`] or [`Refusal::Invalid`] for a timestamp under
    /// [`Window::Around`], and [`Refusal::Unsigned`] for a claim that proves nothing.
    pub fn check(&self, secret: &Secret, window: Window) -> Result<(), Refusal> {
        let genuine = match self.proof {
            Proof::Hex { method, content, sign } => {
                SigningKey::new(method, secret).sign(&content).matches_hex(sign)
            }
            Proof::Base64 { method, content, sign, ampersand: true } => {
                let key = SigningKey::new(method, &secret.followed_by(b"&")?);
                key.sign(&content).matches_base64(sign)
            }
            Proof::Base64 { method, content, sign, .. } => {
                SigningKey::new(method, secret).sign(&content).matches_base64(sign)
            }
            Proof::Verbatim(shown) => shown.ct_eq(secret.expose()).into(),
            Proof::Nothing => return Err(Refusal::Unsigned),
        };
        self.conclude(genuine, window)
    }

    /// As [`check`](Self::check), with a key prepared beforehand; for an OpenAPI call that of
    /// [`AccessKey::key`](crate::openapi::AccessKey::key).
    ///
    /// # Errors
    /// As [`check`](Self::check). A key of another method than the claim names is a [`Refusal::BadSignature`], and so is any key
    /// where a token is shown.
    pub fn check_with(&self, key: &SigningKey, window: Window) -> Result<(), Refusal> {
        let genuine = match self.proof {
            Proof::Hex { method, content, sign } => {
                key.method() == method && key.sign(&content).matches_hex(sign)
            }
            Proof::Base64 { method, content, sign, .. } => {
                key.method() == method && key.sign(&content).matches_base64(sign)
            }
            Proof::Verbatim(_) => false,
            Proof::Nothing => return Err(Refusal::Unsigned),
        };
        self.conclude(genuine, window)
    }

    fn conclude(&self, genuine: bool, window: Window) -> Result<(), Refusal> {
        if !genuine {
            return Err(Refusal::BadSignature);
        }
        match self.stamp {
            Stamp::Unsigned => Ok(()),
            stamp => window.check(self.timestamp, stamp),
        }
    }

    /// The claim of a device that has signed `content` with `method`.
    pub(crate) const fn of_device(mode: Mode, device: Device<'a>, proof: Proof<'a>) -> Self {
        Self {
            mode,
            who: Claimant::Device(device),
            proof,
            client_id: None,
            timestamp: None,
            nonce: None,
            params: None,
            stamp: Stamp::Unsigned,
        }
    }
}
