//! HTTPS device access: a token for a signature, then messages with the token; and the two older calls.
//!
//! Contract: send [`HttpAuth::body`] to [`AUTH_PATH`], keep the [`Token`] of [`auth_answer`] for its seven days, and publish by
//! [`publish_path`] with it. Authenticate again when [`codes`](crate::codes) says so.
//!
//! ```
//! use iot_auth::http::{HttpAuth, auth_answer};
//! use iot_auth::{ClientId, Device, Dialect, Method, Secret, SigningKey, UnixMillis};
//!
//! let key = SigningKey::new(Method::HmacSha1, &Secret::new("secretsecret")?);
//! let auth = HttpAuth {
//!     client_id: Some(ClientId::new("mylight1000002")?),
//!     timestamp: Some(UnixMillis(1_501_668_289_957).into()),
//!     ..HttpAuth::new(Device::new("ZG1EvTEa7NN", "NlwaSPXsCpTQuh8FxBGH")?, &key)
//! };
//! assert!(auth.body(Dialect::Documented).to_string().contains("76530EEC88CF30A2B4A35DB45B86542A672B8334"));
//!
//! let mut answer = *br#"{"code":0,"message":"success","info":{"token":"6944e5bf"}}"#;
//! assert_eq!(auth_answer(&mut answer)?.into_result().unwrap().reveal(), "6944e5bf");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use core::fmt;

use crate::answer::{self, Answer, AnswerError};
use crate::body::{
    Body, CLIENT_ID, DEVICE_NAME, METHOD, Member, Order, PRODUCT_KEY, SIGN, TIMESTAMP, VERSION,
};
use crate::content::{Content, Covered, DeviceContent};
use crate::dialect::Dialect;
use crate::error::{Field, IdentityError, Rule};
use crate::hex::Case;
use crate::identity::{ClientId, Device, Timestamp, characters};
use crate::method::SigningKey;
use crate::pieces::{Pieces, show};
use crate::secret::Token;

/// The path of the signed call, method POST, media type [`JSON_TYPE`].
pub const AUTH_PATH: &str = "/auth";
/// The media type of the signed call.
pub const JSON_TYPE: &str = "application/json";
/// The header that carries the token of a message.
pub const TOKEN_HEADER: &str = "password";
/// The media type of a message.
pub const PUBLISH_TYPE: &str = "application/octet-stream";
/// The longest message, in bytes.
pub const PUBLISH_MAX: usize = 128 * 1024;
/// How far a timestamp may be off, in milliseconds.
pub const WINDOW_MILLIS: u64 = 15 * 60 * 1000;
/// The path of the legacy signed call, method POST, a form.
pub const DEVICE_NAME_PATH: &str = "/auth/devicename";
/// The path of the global dispatch, method POST, a form that nobody signs.
pub const BOOTSTRAP_PATH: &str = "/auth/bootstrap";
/// The path that asks the dispatch about a region, method GET: append the region.
pub const BOOTSTRAP_REGION_PATH: &str = "/auth/bootstrap/regionId/";

/// A request for a token. The same fields make the legacy call.
#[derive(Clone, Copy, Debug)]
pub struct HttpAuth<'a> {
    /// Who asks.
    pub device: Device<'a>,
    /// Its DeviceSecret, prepared. The platform's text names HMAC-MD5 and HMAC-SHA-1; an SDK uses HMAC-SHA-256.
    pub key: &'a SigningKey,
    /// The client id; `None` lets the dialect make one of the names.
    pub client_id: Option<ClientId<'a>>,
    /// When it asks: the platform refuses what is older than 15 minutes.
    pub timestamp: Option<Timestamp<'a>>,
    /// Whether to send `version`, whose only value is `default`.
    pub names_version: bool,
    /// Whether to send `signmethod` for HMAC-MD5 too, which the platform takes without it.
    pub names_method: bool,
}

impl<'a> HttpAuth<'a> {
    /// A request without timestamp that names version and method.
    pub const fn new(device: Device<'a>, key: &'a SigningKey) -> Self {
        Self { device, key, client_id: None, timestamp: None, names_version: true, names_method: true }
    }

    fn content_of(&self, dialect: Dialect) -> DeviceContent<'a> {
        let id = self.client_id.unwrap_or_else(|| dialect.habits().client_id.of(&self.device));
        DeviceContent::login(id.text(), self.device, self.timestamp.map(Timestamp::millis))
    }

    /// The text that is signed.
    pub fn content(&self, dialect: Dialect) -> Content<'a> {
        Content(Covered::Device(self.content_of(dialect)))
    }

    fn filled(&self, dialect: Dialect, case: Case) -> Body<'a> {
        Body {
            names_method: self.names_method,
            version: self.names_version.then_some("default"),
            ..Body::new(self.content_of(dialect), Some(self.key), case)
        }
    }

    /// The JSON body of [`AUTH_PATH`].
    pub fn body(&self, dialect: Dialect) -> HttpBody<'a> {
        let (order, case) = match dialect {
            Dialect::CSdkV3 => (C_SDK_V3, Case::Lower),
            Dialect::CSdkV4 => (C_SDK_V4, Case::Upper),
            _ => (AUTH, Case::Upper),
        };
        HttpBody { body: self.filled(dialect, case), order, form: false }
    }

    /// The form of [`DEVICE_NAME_PATH`], whose [`answer`](legacy_answer) is a user name and password for MQTT.
    pub fn legacy_form(&self) -> HttpBody<'a> {
        HttpBody { body: self.filled(Dialect::Documented, Case::Upper), order: LEGACY, form: true }
    }
}

const AUTH: &Order = &[VERSION, CLIENT_ID, METHOD, SIGN, PRODUCT_KEY, DEVICE_NAME, TIMESTAMP];
const C_SDK_V3: &Order =
    &[VERSION, (" clientId", Member::ClientId), METHOD, SIGN, PRODUCT_KEY, DEVICE_NAME, TIMESTAMP];
const C_SDK_V4: &Order = &[CLIENT_ID, METHOD, DEVICE_NAME, PRODUCT_KEY, TIMESTAMP, SIGN];
const LEGACY: &Order = &[
    PRODUCT_KEY,
    SIGN,
    METHOD,
    TIMESTAMP,
    VERSION,
    CLIENT_ID,
    ("resources", Member::Fixed("mqtt")),
    DEVICE_NAME,
];
const BOOTSTRAP: &Order = &[PRODUCT_KEY, DEVICE_NAME, CLIENT_ID, ("resources", Member::Fixed("mqtt"))];

/// The body of a call.
#[derive(Clone, Copy, Debug)]
pub struct HttpBody<'a> {
    body: Body<'a>,
    order: &'static Order,
    form: bool,
}

impl Pieces for HttpBody<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        match self.form {
            true => self.body.form(self.order, true, put),
            false => self.body.json(self.order, put),
        }
    }
}

impl fmt::Display for HttpBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// Reads the answer of [`AUTH_PATH`], decoding it in place.
///
/// # Errors
/// [`AnswerError`] when it is no such answer.
pub fn auth_answer(payload: &mut [u8]) -> Result<Answer<'_, Token<'_>>, AnswerError> {
    let [code, message, token] = answer::texts(
        payload,
        [(&["code"], Field::Code), (&["message"], Field::Code), (&["info", "token"], Field::Token)],
    )?;
    let code = answer::code(code)?;
    let body = if code == 0 { Some(Token::new(answer::need(token, Field::Token)?)) } else { None };
    Ok(Answer { code, message, body })
}

/// The path of a message on `topic`, which begins with a slash: method POST, headers [`TOKEN_HEADER`] and [`PUBLISH_TYPE`].
///
/// # Errors
/// [`IdentityError`] naming [`Field::Topic`] when it does not begin with a slash, or holds a question mark, a number sign, a space or
/// a control character.
///
/// ```
/// let path = iot_auth::http::publish_path("/a1GFjLP3xxC/device123/pub")?;
/// assert_eq!(path.to_string(), "/topic/a1GFjLP3xxC/device123/pub");
/// # Ok::<(), iot_auth::IdentityError>(())
/// ```
pub fn publish_path(topic: &str) -> Result<PublishPath<'_>, IdentityError> {
    if !topic.starts_with('/') {
        return Err(IdentityError { field: Field::Topic, rule: Rule::Character, index: 0 });
    }
    characters(Field::Topic, topic, |c| !c.is_control() && !matches!(c, '?' | '#' | ' '))?;
    Ok(PublishPath(topic))
}

/// `/topic${topic}`
#[derive(Clone, Copy, Debug)]
pub struct PublishPath<'a>(&'a str);

impl Pieces for PublishPath<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        put("/topic");
        put(self.0);
    }
}

impl fmt::Display for PublishPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// Reads the answer to a message: the platform's id of it, a 64-bit number.
///
/// # Errors
/// [`AnswerError`] when it is no such answer.
pub fn publish_answer(payload: &mut [u8]) -> Result<Answer<'_, u64>, AnswerError> {
    let [code, message, id] = answer::texts(
        payload,
        [(&["code"], Field::Code), (&["message"], Field::Code), (&["info", "messageId"], Field::MessageId)],
    )?;
    let code = answer::code(code)?;
    let body = match code {
        0 => Some(
            answer::need(id, Field::MessageId)?
                .parse()
                .map_err(|_| AnswerError::Invalid(Field::MessageId))?,
        ),
        _ => None,
    };
    Ok(Answer { code, message, body })
}

/// Where and as whom to connect after a legacy call: user name and password as they are, always over TLS.
#[derive(Clone, Copy, Debug)]
pub struct LegacySession<'a> {
    /// The user name.
    pub iot_id: &'a str,
    /// The password, for seven days.
    pub iot_token: Token<'a>,
    /// The broker, if one is named.
    pub broker: Option<Broker<'a>>,
}

/// A broker's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Broker<'a> {
    /// Its host name.
    pub host: &'a str,
    /// Its port.
    pub port: u16,
}

/// Reads the answer of [`DEVICE_NAME_PATH`], decoding it in place.
///
/// # Errors
/// [`AnswerError`] when it is no such answer.
pub fn legacy_answer(payload: &mut [u8]) -> Result<Answer<'_, LegacySession<'_>>, AnswerError> {
    let [code, message, iot_id, iot_token, host, port] = answer::texts(
        payload,
        [
            (&["code"], Field::Code),
            (&["message"], Field::Code),
            (&["data", "iotId"], Field::UserName),
            (&["data", "iotToken"], Field::Token),
            (&["data", "resources", "mqtt", "host"], Field::Host),
            (&["data", "resources", "mqtt", "port"], Field::Host),
        ],
    )?;
    let code = answer::code(code)?;
    let body = match code {
        200 => Some(LegacySession {
            iot_id: answer::need(iot_id, Field::UserName)?,
            iot_token: Token::new(answer::need(iot_token, Field::Token)?),
            broker: host.map(|host| broker(host, port)).transpose()?,
        }),
        _ => None,
    };
    Ok(Answer { code, message, body })
}

/// The form of [`BOOTSTRAP_PATH`] in the host of [`Service::Bootstrap`](crate::Service::Bootstrap): asks which broker serves a device.
/// Nothing is signed, and nothing percent-encoded.
pub fn bootstrap_form<'a>(device: &Device<'a>) -> BootstrapForm<'a> {
    BootstrapForm(*device)
}

/// See [`bootstrap_form`].
#[derive(Clone, Copy, Debug)]
pub struct BootstrapForm<'a>(Device<'a>);

impl Pieces for BootstrapForm<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        let content = DeviceContent::login(ClientId::dotted(&self.0).text(), self.0, None);
        Body::new(content, None, Case::Upper).form(BOOTSTRAP, false, put);
    }
}

impl fmt::Display for BootstrapForm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// Reads the answer of [`BOOTSTRAP_PATH`], decoding it in place. Some answers nest the address less deep.
///
/// # Errors
/// [`AnswerError`] when it is no such answer.
pub fn bootstrap_answer(payload: &mut [u8]) -> Result<Answer<'_, Broker<'_>>, AnswerError> {
    let [code, message, host, port, flat_host, flat_port] = answer::texts(
        payload,
        [
            (&["code"], Field::Code),
            (&["message"], Field::Code),
            (&["data", "resources", "mqtt", "host"], Field::Host),
            (&["data", "resources", "mqtt", "port"], Field::Host),
            (&["host"], Field::Host),
            (&["port"], Field::Host),
        ],
    )?;
    let code = match code {
        None if flat_host.is_some() => 200,
        code => answer::code(code)?,
    };
    let body = match code {
        200 => Some(broker(answer::need(host.or(flat_host), Field::Host)?, port.or(flat_port))?),
        _ => None,
    };
    Ok(Answer { code, message, body })
}

fn broker<'a>(host: &'a str, port: Option<&str>) -> Result<Broker<'a>, AnswerError> {
    let port = answer::need(port, Field::Host)?.parse().map_err(|_| AnswerError::Invalid(Field::Host))?;
    Ok(Broker { host, port })
}
