//! HTTP/2: the headers a device sends before it streams files, and those of an application key.
//!
//! Contract: [`DeviceHeaders::each`] and [`AppKeyHeaders::each`] hand out every header once, in the order the SDK has them; other headers
//! and the request line are the caller's. No official text describes the application key's headers; two clients of third parties agree
//! on them.
//!
//! ```
//! use iot_auth::http2::DeviceHeaders;
//! use iot_auth::{Device, Dialect, Method, Secret, SigningKey};
//!
//! let key = SigningKey::new(Method::HmacSha1, &Secret::new("secret")?);
//! let headers = DeviceHeaders::new(Device::new("k0testPk003", "abcd")?, &key);
//! let mut sign = String::new();
//! headers.each(Dialect::CSdkV3, |name, value| {
//!     if name == "x-auth-param-sign" {
//!         sign = value.to_string();
//!     }
//! });
//! assert_eq!(sign, "288d5b4ab9807cc5ea75c358c42bb450038d5456");
//! # Ok::<(), iot_auth::IdentityError>(())
//! ```

use core::fmt;

use crate::body::{Body, Member, Order};
use crate::content::{Content, Covered, DeviceContent};
use crate::dialect::Dialect;
use crate::hex::Case;
use crate::identity::{ClientId, Device, Timestamp};
use crate::method::{Method, SigningKey};
use crate::pieces::{Pieces, Text, show};
use crate::secret::Secret;

pub(crate) const AUTH_NAME: &str = "x-auth-name";
pub(crate) const CLIENT_ID: &str = "x-auth-param-client-id";
pub(crate) const SIGN_METHOD: &str = "x-auth-param-signmethod";
pub(crate) const PRODUCT_KEY: &str = "x-auth-param-product-key";
pub(crate) const DEVICE_NAME: &str = "x-auth-param-device-name";
pub(crate) const SIGN: &str = "x-auth-param-sign";
pub(crate) const TIMESTAMP: &str = "x-auth-param-timestamp";
pub(crate) const APP_KEY: &str = "x-auth-param-app-key";
pub(crate) const APP_SIGN_METHOD: &str = "x-auth-param-sign-method";
pub(crate) const APP_RANDOM: &str = "x-auth-param-random";

/// The path that opens a stream, with an id behind it; `SEND` and `CLOSE` likewise.
pub const STREAM_OPEN_PATH: &str = "/stream/open/";
/// The path that sends on a stream.
pub const STREAM_SEND_PATH: &str = "/stream/send/";
/// The path that closes a stream.
pub const STREAM_CLOSE_PATH: &str = "/stream/close/";

const C_SDK_V3: &Order = &[
    (AUTH_NAME, Member::Fixed("devicename")),
    (CLIENT_ID, Member::ClientId),
    (SIGN_METHOD, Member::Method),
    (PRODUCT_KEY, Member::ProductKey),
    (DEVICE_NAME, Member::DeviceName),
    (SIGN, Member::Sign),
    (TIMESTAMP, Member::Timestamp),
];
const PYTHON: &Order = &[
    (TIMESTAMP, Member::Timestamp),
    (SIGN_METHOD, Member::Method),
    (SIGN, Member::Sign),
    (PRODUCT_KEY, Member::ProductKey),
    (DEVICE_NAME, Member::DeviceName),
    (CLIENT_ID, Member::ClientId),
    (AUTH_NAME, Member::Fixed("devicename")),
    ("x-sdk-version", Member::Fixed("1.2.0")),
    ("x-sdk-version-name", Member::Fixed("1.2.0")),
    ("x-sdk-platform", Member::Fixed("python")),
];

/// The headers of a device. There is no documented form: the default is the C SDK's.
#[derive(Clone, Copy, Debug)]
pub struct DeviceHeaders<'a> {
    /// Who it is.
    pub device: Device<'a>,
    /// Its DeviceSecret, prepared.
    pub key: &'a SigningKey,
    /// The client id; `None` lets the dialect take one.
    pub client_id: Option<ClientId<'a>>,
    /// When the stream is opened.
    pub timestamp: Option<Timestamp<'a>>,
}

impl<'a> DeviceHeaders<'a> {
    /// Headers without timestamp, whose client id follows the dialect.
    pub const fn new(device: Device<'a>, key: &'a SigningKey) -> Self {
        Self { device, key, client_id: None, timestamp: None }
    }

    fn content_of(&self, dialect: Dialect) -> DeviceContent<'a> {
        let id = self.client_id.map(ClientId::text).unwrap_or_else(|| match dialect {
            Dialect::Python => Text::Str(self.device.device_name()),
            _ => ClientId::dotted(&self.device).text(),
        });
        DeviceContent::login(id, self.device, self.timestamp.map(Timestamp::millis))
    }

    /// The text that is signed.
    pub fn content(&self, dialect: Dialect) -> Content<'a> {
        Content(Covered::Device(self.content_of(dialect)))
    }

    /// Calls `each` with the name and value of every header.
    pub fn each(&self, dialect: Dialect, mut each: impl FnMut(&'static str, HeaderValue<'_>)) {
        let order = if dialect == Dialect::Python { PYTHON } else { C_SDK_V3 };
        Body::new(self.content_of(dialect), Some(self.key), Case::Lower)
            .each(order, |name, _, value| each(name, HeaderValue(*value)));
    }
}

/// The value of a header.
#[derive(Clone, Copy)]
pub struct HeaderValue<'a>(Text<'a>);

impl Pieces for HeaderValue<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        self.0.pieces(put);
    }
}

impl fmt::Display for HeaderValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

impl fmt::Debug for HeaderValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeaderValue({} bytes)", self.text_len())
    }
}

/// The headers of an application key.
#[derive(Clone, Copy, Debug)]
pub struct AppKeyHeaders<'a> {
    app_key: &'a str,
    key: &'a SigningKey,
    random: &'a str,
}

impl<'a> AppKeyHeaders<'a> {
    /// The application's secret, prepared for the only method these headers know.
    pub fn key(app_secret: &Secret) -> SigningKey {
        SigningKey::new(Method::HmacSha256, app_secret)
    }

    /// Headers of `app_key` with a nonce; `key` comes from [`key`](Self::key).
    pub const fn new(app_key: &'a str, key: &'a SigningKey, random: &'a str) -> Self {
        Self { app_key, key, random }
    }

    /// The text that is signed.
    pub const fn content(&self) -> Content<'a> {
        Content(Covered::Random(self.random))
    }

    /// Calls `each` with the name and value of every header.
    pub fn each(&self, mut each: impl FnMut(&'static str, HeaderValue<'_>)) {
        let sign = self.key.sign(&self.content()).hex(Case::Lower);
        for (name, value) in [
            (AUTH_NAME, "appkey"),
            (APP_KEY, self.app_key),
            (APP_SIGN_METHOD, "SHA256"),
            (APP_RANDOM, self.random),
            (SIGN, sign.as_str()),
            ("x-clear-session", "0"),
            ("content-length", "0"),
        ] {
            each(name, HeaderValue(Text::Str(value)));
        }
    }
}
