//! OpenAPI: calls of an application to the platform's cloud side, signed in the RPC style of version 2018-01-20.
//!
//! Contract: a [`Query`] holds sorted parameters; its canonical form, the string to sign and the signed query are streamed from them.
//! Parameters of an action come from a [typed builder](action) or, for any other action, from a slice of [`ApiParam`] that is sorted in
//! place; those every call has come from [`Common`]. What goes into the form body of a POST is the same text as the query of a GET.
//!
//! ```
//! use iot_auth::openapi::{AccessKey, Common, Verb, action::RegisterDevice};
//! use iot_auth::{Secret, UnixMillis};
//!
//! let access = AccessKey::new("testid", &Secret::new("testsecret")?)?;
//! let common = Common { region: Some("cn-shanghai"), ..Common::new(UnixMillis(1_533_023_037_000), "1533023037") };
//! let action = RegisterDevice { product_key: "axxxUtgaRLB", device_name: Some("1533023037"), ..Default::default() };
//! let mut params = action.params();
//! let query = access.query(RegisterDevice::ACTION, &common, &mut params)?;
//! assert_eq!(access.signature(Verb::Get, &query).as_str(), "711KdSWVqdCE0lIbaK+L3oRSBC4=");
//! assert!(access.signed(Verb::Get, &query).to_string().ends_with("&Signature=711KdSWVqdCE0lIbaK%2BL3oRSBC4%3D"));
//! # Ok::<(), iot_auth::IdentityError>(())
//! ```

pub mod action;
mod param;
mod query;

pub(crate) use param::Iso8601;
pub use param::{ApiParam, ApiValue};
pub use query::{PercentEncoded, Query, StringToSign, percent_encoded};

use core::fmt;

use crate::base64::Base64;
use crate::error::{Field, IdentityError, Rule};
use crate::identity::UnixMillis;
use crate::method::{Method, SigningKey};
use crate::percent;
use crate::pieces::{Pieces, show};
use crate::secret::{Secret, Token};

/// The version of the platform's API.
pub const VERSION: &str = "2018-01-20";

/// How a call is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// All parameters in the query.
    Get,
    /// All parameters in a form body.
    Post,
}

impl Verb {
    /// `GET` or `POST`
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// The parameters every call has.
#[derive(Clone, Copy, Debug)]
pub struct Common<'a> {
    /// When the call is made.
    pub timestamp: UnixMillis,
    /// A nonce, unique per call.
    pub nonce: &'a str,
    /// The region, if named.
    pub region: Option<&'a str>,
    /// `JSON` or `XML`.
    pub format: &'a str,
    /// The version of the API.
    pub version: &'a str,
}

impl<'a> Common<'a> {
    /// JSON, [`VERSION`], no region.
    pub const fn new(timestamp: UnixMillis, nonce: &'a str) -> Self {
        Self { timestamp, nonce, region: None, format: "JSON", version: VERSION }
    }
}

/// An AccessKey, prepared: its secret and an ampersand are the key of every signature.
#[derive(Clone, Debug)]
pub struct AccessKey<'a> {
    id: &'a str,
    security_token: Option<Token<'a>>,
    key: SigningKey,
}

impl<'a> AccessKey<'a> {
    /// Prepares a key.
    ///
    /// # Errors
    /// [`IdentityError`] when the secret is so long that no ampersand fits behind it.
    pub fn new(id: &'a str, secret: &Secret) -> Result<Self, IdentityError> {
        let key = SigningKey::new(Method::HmacSha1, &secret.followed_by(b"&")?);
        Ok(Self { id, security_token: None, key })
    }

    /// The same, of a role: with the token that belongs to it.
    #[must_use]
    pub const fn with_security_token(mut self, token: Token<'a>) -> Self {
        self.security_token = Some(token);
        self
    }

    /// The prepared key.
    pub const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The query of a call. Sorts `params` in place.
    ///
    /// # Errors
    /// [`IdentityError`] naming [`Field::ParameterName`] when a parameter stands twice, or is one of [`Common`].
    pub fn query(
        &self,
        action: &'a str,
        common: &Common<'a>,
        params: &'a mut [ApiParam<'a>],
    ) -> Result<Query<'a>, IdentityError> {
        let own = [
            ApiParam::new("AccessKeyId", self.id),
            ApiParam::new("Action", action),
            ApiParam::new("Format", common.format),
            ApiParam::new("RegionId", common.region),
            ApiParam::new("SecurityToken", self.security_token.map(Token::reveal)),
            ApiParam::new("SignatureMethod", "HMAC-SHA1"),
            ApiParam::new("SignatureNonce", common.nonce),
            ApiParam::new("SignatureVersion", "1.0"),
            ApiParam::new("Timestamp", ApiValue::Time(common.timestamp)),
            ApiParam::new("Version", common.version),
        ];
        Query::merged(own, params)
    }

    /// The signature of a call.
    pub fn signature(&self, verb: Verb, query: &Query<'_>) -> Base64<44> {
        self.key.sign(&query.string_to_sign(verb)).base64()
    }

    /// The signed query of a GET, or the signed form of a POST.
    pub fn signed<'q>(&self, verb: Verb, query: &'q Query<'q>) -> SignedQuery<'q> {
        SignedQuery { query, signature: self.signature(verb, query) }
    }
}

/// A query with its signature.
#[derive(Clone, Debug)]
pub struct SignedQuery<'a> {
    query: &'a Query<'a>,
    signature: Base64<44>,
}

impl Pieces for SignedQuery<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        self.query.pieces(put);
        put("&Signature=");
        percent::encode(self.signature.as_str(), put);
    }
}

impl fmt::Display for SignedQuery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

pub(crate) const fn twice(index: usize) -> IdentityError {
    IdentityError { field: Field::ParameterName, rule: Rule::Duplicate, index }
}
