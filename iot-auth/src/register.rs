//! Dynamic registration: a device that has only its product's secret gets one of its own.
//!
//! Contract: over MQTT the request is a connection ([`Identity::Product`](crate::Identity)) and the answer a message on
//! [`REGISTER_TOPIC`] or [`REGISTER_TOKEN_TOPIC`], read by [`Registered::parse`]; over HTTPS and CoAP the request is a [`Registration`
//! body](RegisterRequest). The secret that comes back replaces any earlier one until the device has been active. After an MQTT
//! registration disconnect, and do not reconnect by itself: that would register again.
//!
//! ```
//! use iot_auth::{Device, Dialect, Method, RegisterRequest, Registered, Secret, SigningKey};
//!
//! let key = SigningKey::new(Method::HmacSha1, &Secret::new("h1nQFYPZS0mWabcd")?);
//! let request = RegisterRequest { device: Device::new("al123456789", "device1")?, key: &key, random: "123" };
//! assert_eq!(
//!     request.form(Dialect::Documented).to_string(),
//!     "productKey=al123456789&deviceName=device1&random=123\
//!      &sign=B6943787115845A77C8FB8216ECDFEBA47FBF91E&signMethod=hmacsha1",
//! );
//!
//! let mut answer = *br#"{"productKey":"al123456789","deviceName":"device1","deviceSecret":"0f9e8d7c"}"#;
//! let Registered::Secret { device, secret } = Registered::parse(&mut answer)? else { panic!() };
//! assert_eq!(device.device_name(), "device1");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use core::fmt;

use crate::answer::{self, Answer, AnswerError};
use crate::body::{Body, DEVICE_NAME, METHOD, Member, Order, PRODUCT_KEY, RANDOM, SIGN};
use crate::content::{Content, Covered, DeviceContent};
use crate::dialect::Dialect;
use crate::error::Field;
use crate::hex::Case;
use crate::identity::{ClientId, Device};
use crate::method::SigningKey;
use crate::mqtt::Identity;
use crate::pieces::{Pieces, Text, show};
use crate::secret::{Secret, Token};

/// Where the answer to a registration for a secret is published; there is nothing to subscribe.
pub const REGISTER_TOPIC: &str = "/ext/register";
/// Where the answer to a registration for a token is published. One text of the platform names [`REGISTER_TOPIC`] for both, so take
/// either and let [`Registered::parse`] tell.
pub const REGISTER_TOKEN_TOPIC: &str = "/ext/regnwl";
/// The path of a registration over HTTPS, method POST, in the host of [`Service::HttpsAuth`](crate::Service::HttpsAuth).
pub const REGISTER_PATH: &str = "/auth/register/device";
/// The Uri-Path options of a registration over CoAP.
pub const REGISTER_URI_PATH: [&str; 3] = ["auth", "register", "device"];
/// The media type of the form.
pub const FORM_TYPE: &str = "application/x-www-form-urlencoded";
/// The nonce the C SDK 3 always sends; the platform does not check nonces.
pub const C_SDK_V3_RANDOM: &str = "8Ygb7ULYh53B6OA";

/// A registration over HTTPS or CoAP.
#[derive(Clone, Copy, Debug)]
pub struct RegisterRequest<'a> {
    /// Who registers.
    pub device: Device<'a>,
    /// The ProductSecret, prepared.
    pub key: &'a SigningKey,
    /// A nonce.
    pub random: &'a str,
}

const FORM: &Order = &[PRODUCT_KEY, DEVICE_NAME, RANDOM, SIGN, ("signMethod", Member::Method)];
const JSON: &Order = &[METHOD, DEVICE_NAME, PRODUCT_KEY, RANDOM, SIGN];

impl<'a> RegisterRequest<'a> {
    const fn content_of(&self) -> DeviceContent<'a> {
        DeviceContent::registration(self.device, Text::Str(self.random))
    }

    /// The text that is signed.
    pub const fn content(&self) -> Content<'a> {
        Content(Covered::Device(self.content_of()))
    }

    /// The body of [`REGISTER_PATH`], of type [`FORM_TYPE`].
    pub fn form(&self, dialect: Dialect) -> RegisterBody<'a> {
        let habits = dialect.habits();
        RegisterBody {
            body: Body::new(self.content_of(), Some(self.key), habits.case),
            encoded: Some(habits.encodes_forms),
        }
    }

    /// The payload of [`REGISTER_URI_PATH`], which only the C SDK 4 is known to send, over DTLS.
    pub const fn json(&self) -> RegisterBody<'a> {
        RegisterBody { body: Body::new(self.content_of(), Some(self.key), Case::Lower), encoded: None }
    }
}

/// The body of a registration.
#[derive(Clone, Copy, Debug)]
pub struct RegisterBody<'a> {
    body: Body<'a>,
    /// Whether a form is percent-encoded; `None` is JSON.
    encoded: Option<bool>,
}

impl Pieces for RegisterBody<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        match self.encoded {
            Some(encoded) => self.body.form(FORM, encoded, put),
            None => self.body.json(JSON, put),
        }
    }
}

impl fmt::Display for RegisterBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// What a registration brings.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Registered<'a> {
    /// A DeviceSecret.
    Secret {
        /// Whom it belongs to.
        device: Device<'a>,
        /// The DeviceSecret.
        secret: Secret,
    },
    /// A client id and the token that belongs to it.
    Token {
        /// Whom they belong to.
        device: Device<'a>,
        /// The client id to connect with from now on.
        client_id: ClientId<'a>,
        /// The token to connect with.
        token: Token<'a>,
    },
}

impl<'a> Registered<'a> {
    /// Reads the message on [`REGISTER_TOPIC`] or [`REGISTER_TOKEN_TOPIC`], decoding it in place.
    ///
    /// # Errors
    /// [`AnswerError`] when it is no such message.
    pub fn parse(payload: &'a mut [u8]) -> Result<Self, AnswerError> {
        let [product_key, device_name, secret, client_id, token] = answer::texts(
            payload,
            [
                (&["productKey"], Field::ProductKey),
                (&["deviceName"], Field::DeviceName),
                (&["deviceSecret"], Field::Secret),
                (&["clientId"], Field::ClientId),
                (&["deviceToken"], Field::Token),
            ],
        )?;
        let device = device(product_key, device_name)?;
        if let Some(secret) = secret {
            let secret = Secret::new(secret).map_err(|_| AnswerError::Invalid(Field::Secret))?;
            return Ok(Self::Secret { device, secret });
        }
        let token = Token::new(answer::need(token, Field::Token)?);
        let client_id = ClientId::new(answer::need(client_id, Field::ClientId)?)
            .map_err(|_| AnswerError::Invalid(Field::ClientId))?;
        Ok(Self::Token { device, client_id, token })
    }

    /// Reads the answer to a [`RegisterRequest::form`], decoding it in place.
    ///
    /// # Errors
    /// [`AnswerError`] when it is no such answer.
    pub fn parse_https(payload: &'a mut [u8]) -> Result<Answer<'a, Self>, AnswerError> {
        let [code, message, product_key, device_name, secret] = answer::texts(
            payload,
            [
                (&["code"], Field::Code),
                (&["message"], Field::Code),
                (&["data", "productKey"], Field::ProductKey),
                (&["data", "deviceName"], Field::DeviceName),
                (&["data", "deviceSecret"], Field::Secret),
            ],
        )?;
        let code = answer::code(code)?;
        let body = match secret {
            Some(secret) if code == 200 => Some(Self::Secret {
                device: device(product_key, device_name)?,
                secret: Secret::new(secret).map_err(|_| AnswerError::Invalid(Field::Secret))?,
            }),
            None if code == 200 => return Err(AnswerError::Missing(Field::Secret)),
            _ => None,
        };
        Ok(Answer { code, message, body })
    }

    /// Reads the answer to a [`RegisterRequest::json`], decoding it in place: the DeviceSecret alone is known to be in it.
    ///
    /// # Errors
    /// [`AnswerError`] when it holds no secret.
    pub fn parse_coap(payload: &'a mut [u8]) -> Result<Secret, AnswerError> {
        let [flat, nested] = answer::texts(
            payload,
            [(&["deviceSecret"], Field::Secret), (&["data", "deviceSecret"], Field::Secret)],
        )?;
        Secret::new(answer::need(flat.or(nested), Field::Secret)?)
            .map_err(|_| AnswerError::Invalid(Field::Secret))
    }

    /// The identity of the connection that follows, if a token was brought; for a secret prepare a
    /// [`SigningKey`] and use [`Identity::Device`].
    pub const fn token_identity(&self) -> Option<Identity<'a>> {
        match *self {
            Self::Token { device, client_id, token } => Some(Identity::Token { device, client_id, token }),
            Self::Secret { .. } => None,
        }
    }
}

/// The device an answer names.
pub(crate) fn device<'a>(
    product_key: Option<&'a str>,
    device_name: Option<&'a str>,
) -> Result<Device<'a>, AnswerError> {
    let product_key = answer::need(product_key, Field::ProductKey)?;
    let device_name = answer::need(device_name, Field::DeviceName)?;
    Device::lenient(product_key, device_name).map_err(|error| AnswerError::Invalid(error.field))
}
