//! AMQP 1.0: user name and password of a server's subscription, as SASL PLAIN wants them.
//!
//! ```text
//! user name   ${clientId}|authMode=aksign,signMethod=hmacsha1,consumerGroupId=…,authId=${AccessKeyId},timestamp=…|
//! password    base64(HMAC(AccessKeySecret, "authId=${AccessKeyId}&timestamp=…"))
//! ```
//!
//! Contract: over TLS only; make a new one, with a new timestamp, at every reconnection. Unlike a device's, the signature is base64 and
//! covers `name=value` pairs joined by ampersands. The key is the bare AccessKeySecret.
//!
//! ```
//! use iot_auth::{AmqpLogin, Method, Secret, SigningKey, UnixMillis};
//!
//! let key = SigningKey::new(Method::HmacSha1, &Secret::new("testsecret")?);
//! let login = AmqpLogin::new("test2123", "LTAItestid", &key, "DEFAULT_GROUP", UnixMillis(1_573_489_088_171));
//! assert_eq!(login.password().as_str(), "WGJtLfHNCrxyQZcffZ14VjMkOsE=");
//! # Ok::<(), iot_auth::IdentityError>(())
//! ```

use core::fmt;

use crate::base64::Base64;
use crate::content::{Content, Covered};
use crate::error::{Field, IdentityError, Rule};
use crate::identity::{ClientId, UnixMillis, characters};
use crate::method::SigningKey;
use crate::pieces::{NoRoom, Pieces, Text, show};
use crate::secret::Token;

/// The SASL mechanism.
pub const SASL_MECHANISM: &str = "PLAIN";

/// A subscription of a server.
#[derive(Clone, Copy, Debug)]
pub struct AmqpLogin<'a> {
    /// Names this client among those of the group: at most 64 characters.
    pub client_id: &'a str,
    /// The AccessKey's id.
    pub access_key_id: &'a str,
    /// The AccessKeySecret, prepared.
    pub key: &'a SigningKey,
    /// The consumer group.
    pub group: &'a str,
    /// When the connection is made.
    pub timestamp: UnixMillis,
    /// The instance, if it has an id.
    pub instance_id: Option<&'a str>,
    /// The token of a role, whose key this then is.
    pub security_token: Option<Token<'a>>,
}

impl<'a> AmqpLogin<'a> {
    /// A login with an AccessKey to an instance without an id.
    pub const fn new(
        client_id: &'a str,
        access_key_id: &'a str,
        key: &'a SigningKey,
        group: &'a str,
        timestamp: UnixMillis,
    ) -> Self {
        Self { client_id, access_key_id, key, group, timestamp, instance_id: None, security_token: None }
    }

    /// The user name.
    ///
    /// # Errors
    /// [`IdentityError`] naming the field and the character that cannot stand in a user name: a comma or control character, a bar in
    /// the client id. How the platform would split a token with a comma is not documented.
    pub fn user_name(&self) -> Result<AmqpUserName<'a>, IdentityError> {
        ClientId::new(self.client_id)?;
        for (field, text) in [
            (Field::AccessKeyId, self.access_key_id),
            (Field::ConsumerGroup, self.group),
            (Field::InstanceId, self.instance_id.unwrap_or_default()),
            (Field::Token, self.security_token.map(Token::reveal).unwrap_or_default()),
        ] {
            characters(field, text, |c| !c.is_control() && c != ',')?;
        }
        if self.access_key_id.is_empty() {
            return Err(IdentityError { field: Field::AccessKeyId, rule: Rule::Missing, index: 0 });
        }
        Ok(AmqpUserName(*self))
    }

    /// The text that is signed.
    pub const fn content(&self) -> Content<'a> {
        Content(Covered::Amqp(AmqpContent {
            access_key_id: self.access_key_id,
            security_token: self.security_token,
            timestamp: Text::Number(self.timestamp.0),
        }))
    }

    /// The password.
    pub fn password(&self) -> Base64<44> {
        self.key.sign(&self.content()).base64()
    }
}

struct SaslPlain<'a>(&'a AmqpUserName<'a>);

impl Pieces for SaslPlain<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        put("\0");
        self.0.pieces(put);
        put("\0");
        put(self.0.0.password().as_str());
    }
}

/// See [`AmqpLogin::user_name`].
#[derive(Clone, Copy, Debug)]
pub struct AmqpUserName<'a>(AmqpLogin<'a>);

impl AmqpUserName<'_> {
    /// Writes the initial response of [`SASL_MECHANISM`] into `out`: NUL, user name, NUL, password.
    ///
    /// # Errors
    /// [`NoRoom`] when `out` is too short.
    pub fn sasl_response<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], NoRoom> {
        Ok(SaslPlain(self).write_to(out)?.as_bytes())
    }
}

impl Pieces for AmqpUserName<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        let login = &self.0;
        put(login.client_id);
        let mut separator = "|";
        let mut param = |name, value: Option<&str>| {
            if let Some(value) = value {
                put(separator);
                put(name);
                put(value);
                separator = ",";
            }
        };
        param("iotInstanceId=", login.instance_id);
        param("authMode=", Some(if login.security_token.is_some() { "ststoken" } else { "aksign" }));
        param("securityToken=", login.security_token.map(Token::reveal));
        param("signMethod=", Some(login.key.method().name()));
        param("consumerGroupId=", Some(login.group));
        param("authId=", Some(login.access_key_id));
        put(",timestamp=");
        crate::pieces::decimal(login.timestamp.0, put);
        put("|");
    }
}

impl fmt::Display for AmqpUserName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// `authId=…[&securityToken=…]&timestamp=…`
#[derive(Clone, Copy, Debug)]
pub(crate) struct AmqpContent<'a> {
    pub access_key_id: &'a str,
    pub security_token: Option<Token<'a>>,
    pub timestamp: Text<'a>,
}

impl Pieces for AmqpContent<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        put("authId=");
        put(self.access_key_id);
        if let Some(token) = self.security_token {
            put("&securityToken=");
            put(token.reveal());
        }
        put("&timestamp=");
        self.timestamp.pieces(put);
    }
}
