//! Requests of applications and servers, read back.

use crate::amqp::AmqpContent;
use crate::claim::{Claim, Claimant, Mode, Proof, Stamp};
use crate::content::{Content, Covered};
use crate::error::Field;
use crate::method::Method;
use crate::mns::MnsRequest;
use crate::openapi::{ApiParam, Verb};
use crate::params::{Param, ParamList};
use crate::pieces::Text;
use crate::refusal::Refusal;
use crate::secret::Token;

/// Reads the query of a GET or the form of a POST, decoding it in place. `slots` takes its parameters, at least as many as it has; they
/// are sorted there, as they were to be signed.
///
/// ```
/// use iot_auth::openapi::{ApiParam, Verb};
/// use iot_auth::{Claimant, Secret, Window, verify};
///
/// let mut query = *b"Version=2018-01-20&AccessKeyId=testid&Action=RegisterDevice&DeviceName=1533023037&Format=JSON\
///     &ProductKey=axxxUtgaRLB&RegionId=cn-shanghai&SignatureMethod=HMAC-SHA1&SignatureNonce=1533023037\
///     &SignatureVersion=1.0&Timestamp=2018-07-31T07%3A43%3A57Z&Signature=711KdSWVqdCE0lIbaK%2BL3oRSBC4%3D";
/// let mut slots = [ApiParam::ABSENT; 16];
/// let claim = verify::openapi(Verb::Get, &mut query, &mut slots)?;
/// assert_eq!(claim.who(), Claimant::AccessKey("testid"));
/// claim.check(&Secret::new("testsecret")?, Window::Any)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Refusal`] naming the missing or malformed part.
pub fn openapi<'a>(
    verb: Verb,
    query: &'a mut [u8],
    slots: &'a mut [ApiParam<'a>],
) -> Result<Claim<'a>, Refusal> {
    let mut signature = None;
    let mut len = 0;
    crate::form::fields(query, |field| {
        if field.name == "Signature" {
            return match signature.replace(field.value) {
                Some(_) => Err(Refusal::Duplicate(Field::Sign)),
                None => Ok(()),
            };
        }
        *slots.get_mut(len).ok_or(Refusal::TooMany)? = ApiParam::new(field.name, field.value);
        len += 1;
        Ok(())
    })?;
    let params = &mut slots[..len];
    params.sort_unstable_by_key(ApiParam::base);
    let params: &'a [ApiParam<'a>] = params;
    if params.windows(2).any(|pair| pair[0].base() == pair[1].base()) {
        return Err(Refusal::Duplicate(Field::ParameterName));
    }
    let get = |name: &str| {
        let found = params.binary_search_by_key(&name, ApiParam::base).ok()?;
        params[found].text()
    };
    let need = |name, field| get(name).ok_or(Refusal::Missing(field));
    if !need("SignatureMethod", Field::SignMethod)?.eq_ignore_ascii_case("HMAC-SHA1") {
        return Err(crate::method::MethodError::Unknown.into());
    }
    if need("SignatureVersion", Field::SignMethod)? != "1.0" {
        return Err(Refusal::UnknownMode);
    }
    let sign = signature.ok_or(Refusal::Missing(Field::Sign))?.as_bytes();
    let content = Content(Covered::OpenApi(verb, params));
    Ok(Claim {
        mode: Mode::OpenApi,
        who: Claimant::AccessKey(need("AccessKeyId", Field::AccessKeyId)?),
        proof: Proof::Base64 { method: Method::HmacSha1, content, sign, ampersand: true },
        client_id: None,
        timestamp: Some(need("Timestamp", Field::Timestamp)?),
        nonce: Some(need("SignatureNonce", Field::Random)?),
        params: None,
        stamp: Stamp::Iso8601,
    })
}

/// Reads the user name and password of SASL PLAIN.
///
/// ```
/// use iot_auth::{Secret, Window, verify};
///
/// let user = "test2123|authMode=aksign,signMethod=hmacsha1,consumerGroupId=DEFAULT_GROUP,authId=LTAItestid,timestamp=1573489088171|";
/// let claim = verify::amqp(user, b"WGJtLfHNCrxyQZcffZ14VjMkOsE=")?;
/// assert_eq!(claim.params().unwrap().get("consumerGroupId"), Some("DEFAULT_GROUP"));
/// claim.check(&Secret::new("testsecret")?, Window::Any)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Refusal`] naming the missing or malformed part; [`Refusal::UnknownMode`] for another `authMode`.
pub fn amqp<'a>(user_name: &'a str, password: &'a [u8]) -> Result<Claim<'a>, Refusal> {
    let params = ParamList::parse(user_name)?;
    let need = |name, field| params.get(name).ok_or(Refusal::Missing(field));
    let (mode, security_token) = match need("authMode", Field::AuthType)? {
        "aksign" => (Mode::AmqpAccessKey, None),
        "ststoken" => (Mode::AmqpRole, Some(Token::new(need("securityToken", Field::Token)?))),
        _ => return Err(Refusal::UnknownMode),
    };
    let access_key_id = need("authId", Field::AccessKeyId)?;
    let timestamp = need("timestamp", Field::Timestamp)?;
    need("consumerGroupId", Field::ConsumerGroup)?;
    let method = Method::parse(need("signMethod", Field::SignMethod)?)?;
    let content = AmqpContent { access_key_id, security_token, timestamp: Text::Str(timestamp) };
    let content = Content(Covered::Amqp(content));
    Ok(Claim {
        mode,
        who: Claimant::AccessKey(access_key_id),
        proof: Proof::Base64 { method, content, sign: password, ampersand: false },
        client_id: Some(params.client_id()),
        timestamp: Some(timestamp),
        nonce: None,
        params: Some(params),
        stamp: Stamp::Millis,
    })
}

/// Reads a request to MNS: its verb, its resource with the query, its headers (sorted in place) and its `Authorization`.
///
/// Its time is the `Date` header, signed but not compared with any window.
///
/// # Errors
/// [`Refusal`] naming the missing or malformed part; [`Refusal::UnknownMode`] for another scheme of authorization.
pub fn mns<'a>(
    verb: &'a str,
    resource: &'a str,
    headers: &'a mut [Param<'a>],
    authorization: &'a str,
) -> Result<Claim<'a>, Refusal> {
    let credentials = authorization.strip_prefix("MNS ").ok_or(Refusal::UnknownMode)?;
    let (access_key_id, sign) = credentials.split_once(':').ok_or(Refusal::Missing(Field::Sign))?;
    if access_key_id.is_empty() {
        return Err(Refusal::Missing(Field::AccessKeyId));
    }
    let content = Content(Covered::Mns(MnsRequest::new(verb, resource, headers)?));
    Ok(Claim {
        mode: Mode::Mns,
        who: Claimant::AccessKey(access_key_id),
        proof: Proof::Base64 { method: Method::HmacSha1, content, sign: sign.as_bytes(), ampersand: false },
        client_id: None,
        timestamp: None,
        nonce: None,
        params: None,
        stamp: Stamp::Unsigned,
    })
}
