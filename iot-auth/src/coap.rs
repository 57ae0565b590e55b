//! CoAP: a token for a signature, and, without DTLS, messages sealed with a key made of the device's secret.
//!
//! Contract: send [`CoapAuth::payload`] to `/auth`. Over DTLS give no sequence number, and send the token of the answer as option
//! [`token_option`] with each message. Without DTLS give one, make a `CoapSession` (feature `cbc`) of the answer, and send each message with the
//! token, the sealed sequence number as option [`SEQ_OPTION`], and a sealed payload; sequence numbers must not repeat while the token
//! lives. Sealing is what the platform asks for, not what it should: the IV is fixed and nothing authenticates a message.
//!
//! ```text
//! key    bytes 8..24 of SHA-256("${deviceSecret},${random}")
//! IV     the ASCII text 543yhjy97ae7fyfg
//! seal   AES-128-CBC, PKCS#7 padding
//! ```

use core::fmt;

use crate::answer::{self, AnswerError};
use crate::body::{Body, CLIENT_ID, DEVICE_NAME, METHOD, Order, PRODUCT_KEY, SEQ, SIGN, TIMESTAMP};
use crate::content::{Content, Covered, DeviceContent};
use crate::dialect::Dialect;
use crate::error::{Field, IdentityError, Rule};
use crate::hex::Case;
use crate::identity::{ClientId, Device, Timestamp};
use crate::method::SigningKey;
use crate::pieces::{Pieces, Text, show};
use crate::secret::Token;

#[cfg(feature = "cbc")]
pub use crate::seal::{CoapSession, OpenError};

/// The Uri-Path of the signed call, method POST.
pub const AUTH_URI_PATH: &str = "auth";
/// The first segment of the Uri-Path of a message; the segments of its topic follow.
pub const TOPIC_URI_PATH: &str = "topic";
/// The Uri-Path that asks for waiting messages, method POST; known from one SDK only.
pub const PULL_URI_PATH: &str = "pull";
/// The option that carries the sealed sequence number of a request.
pub const SEQ_OPTION: u16 = 2089;
/// The option that carries the cloud's message id in an answer.
pub const MESSAGE_ID_OPTION: u16 = 2090;
/// Content-Format and Accept of the signed call: JSON.
pub const JSON_FORMAT: u16 = 50;

/// The option that carries the token. One SDK's releases use a number of their own; whether the platform still reads it is not known.
pub const fn token_option(dialect: Dialect) -> u16 {
    match dialect {
        Dialect::CSdkV3 => 61,
        _ => 2088,
    }
}

/// A sequence number as it is written and signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Seq<'a> {
    /// In decimal.
    Number(u64),
    /// Any text: one SDK sends four hexadecimal digits.
    Text(&'a str),
}

impl<'a> Seq<'a> {
    const fn text(self) -> Text<'a> {
        match self {
            Self::Number(number) => Text::Number(number),
            Self::Text(text) => Text::Str(text),
        }
    }
}

/// A request for a token.
///
/// ```
/// use iot_auth::coap::{CoapAuth, Seq};
/// use iot_auth::{ClientId, Device, Dialect, Method, Secret, SigningKey};
///
/// let key = SigningKey::new(Method::HmacSha1, &Secret::new("s")?);
/// let auth = CoapAuth {
///     client_id: Some(ClientId::new("c")?),
///     seq: Some(Seq::Number(0)),
///     ..CoapAuth::new(Device::new("a1", "dev-1")?, &key)
/// };
/// assert_eq!(auth.content(Dialect::Documented).to_string(), "clientIdcdeviceNamedev-1productKeya1seq0");
/// # Ok::<(), iot_auth::IdentityError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CoapAuth<'a> {
    /// Who asks.
    pub device: Device<'a>,
    /// Its DeviceSecret, prepared.
    pub key: &'a SigningKey,
    /// The client id; `None` lets the dialect make one of the names.
    pub client_id: Option<ClientId<'a>>,
    /// The first sequence number, without DTLS; `None` over DTLS.
    pub seq: Option<Seq<'a>>,
    /// When it asks; the platform does not check.
    pub timestamp: Option<Timestamp<'a>>,
    /// Whether to send `signmethod` for HMAC-MD5 too, which the platform takes without it; one SDK relies on that.
    pub names_method: bool,
}

const AUTH: &Order = &[PRODUCT_KEY, DEVICE_NAME, CLIENT_ID, SIGN, SEQ, METHOD, TIMESTAMP];
const C_SDK_V4: &Order = &[CLIENT_ID, METHOD, DEVICE_NAME, PRODUCT_KEY, SEQ, TIMESTAMP, SIGN];

impl<'a> CoapAuth<'a> {
    /// A request over DTLS that names its method.
    pub const fn new(device: Device<'a>, key: &'a SigningKey) -> Self {
        Self { device, key, client_id: None, seq: None, timestamp: None, names_method: true }
    }

    fn content_of(&self, dialect: Dialect) -> DeviceContent<'a> {
        let id = self.client_id.unwrap_or_else(|| dialect.habits().client_id.of(&self.device));
        let timestamp = self.timestamp.map(Timestamp::millis);
        DeviceContent {
            seq: self.seq.map(Seq::text),
            ..DeviceContent::login(id.text(), self.device, timestamp)
        }
    }

    /// The text that is signed.
    pub fn content(&self, dialect: Dialect) -> Content<'a> {
        Content(Covered::Device(self.content_of(dialect)))
    }

    /// The JSON payload.
    pub fn payload(&self, dialect: Dialect) -> CoapPayload<'a> {
        let (order, case) = match dialect {
            Dialect::CSdkV3 => (AUTH, Case::Lower),
            Dialect::CSdkV4 => (C_SDK_V4, Case::Lower),
            _ => (AUTH, Case::Upper),
        };
        let body = Body::new(self.content_of(dialect), Some(self.key), case);
        CoapPayload { body: Body { names_method: self.names_method, ..body }, order }
    }
}

/// The payload of [`AUTH_URI_PATH`].
#[derive(Clone, Copy, Debug)]
pub struct CoapPayload<'a> {
    body: Body<'a>,
    order: &'static Order,
}

impl Pieces for CoapPayload<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        self.body.json(self.order, put);
    }
}

impl fmt::Display for CoapPayload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// The answer to a [`CoapAuth`].
#[derive(Clone, Copy, Debug)]
pub struct CoapAnswer<'a> {
    /// The token, sent with every message.
    pub token: Token<'a>,
    /// What the session's key is made of; absent over DTLS.
    pub random: Option<&'a str>,
    /// The first sequence number; absent over DTLS. The platform's text asks for a greater one, its SDKs start with it.
    pub seq_offset: Option<u64>,
}

impl<'a> CoapAnswer<'a> {
    /// Reads the answer, decoding it in place.
    ///
    /// # Errors
    /// [`AnswerError`] when it is no such answer.
    pub fn parse(payload: &'a mut [u8]) -> Result<Self, AnswerError> {
        let [token, random, seq_offset] = answer::texts(
            payload,
            [(&["token"], Field::Token), (&["random"], Field::Random), (&["seqOffset"], Field::Seq)],
        )?;
        let number = |text: &str| text.parse().map_err(|_| AnswerError::Invalid(Field::Seq));
        Ok(Self {
            token: Token::new(answer::need(token, Field::Token)?),
            random,
            seq_offset: seq_offset.map(number).transpose()?,
        })
    }
}

/// The payload of [`PULL_URI_PATH`], which asks for up to `count` waiting messages.
///
/// # Errors
/// [`IdentityError`] naming [`Field::PageSize`] when `count` is not 1 to 10.
pub const fn pull(count: u8) -> Result<Pull, IdentityError> {
    match count {
        0 => Err(IdentityError { field: Field::PageSize, rule: Rule::TooShort, index: 0 }),
        1..=10 => Ok(Pull(count)),
        _ => Err(IdentityError { field: Field::PageSize, rule: Rule::TooLong, index: 10 }),
    }
}

/// See [`pull`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pull(u8);

impl Pieces for Pull {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        put("{\"pageSize\":\"");
        crate::pieces::decimal(self.0.into(), put);
        put("\"}");
    }
}

impl fmt::Display for Pull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}
