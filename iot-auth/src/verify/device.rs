//! Requests of devices over HTTPS, CoAP and HTTP/2, read back.

use crate::body::DEFAULT_METHOD;
use crate::claim::{Claim, Claimant, Mode, Proof, Stamp};
use crate::content::{Content, Covered, DeviceContent};
use crate::error::Field;
use crate::http2;
use crate::method::{Method, MethodError};
use crate::params::Param;
use crate::pieces::Text;
use crate::refusal::Refusal;
use crate::verify::fields::{Fields, device, members};

/// Reads the body of HTTPS `/auth`, decoding it in place. `slots` takes its fields, at least as many as it has.
///
/// Every field but `version`, `sign` and `signmethod` is signed, known here or not.
///
/// ```
/// use iot_auth::{Param, Secret, Window, verify};
///
/// let mut body = *br#"{"clientId":"mylight1000002","signmethod":"hmacsha1","timestamp":"1501668289957",
///     "sign":"76530EEC88CF30A2B4A35DB45B86542A672B8334","productKey":"ZG1EvTEa7NN",
///     "deviceName":"NlwaSPXsCpTQuh8FxBGH"}"#;
/// let mut slots = [Param::new("", ""); 8];
/// let claim = verify::https_auth(&mut body, &mut slots)?;
/// claim.check(&Secret::new("secretsecret")?, Window::Any)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Refusal`] naming the missing or malformed part.
pub fn https_auth<'a>(body: &'a mut [u8], slots: &'a mut [Param<'a>]) -> Result<Claim<'a>, Refusal> {
    all_signed(Mode::Https, Fields::json(body, slots)?, &["version", "sign", "signmethod"])
}

/// Reads the form of the legacy `/auth/devicename`, decoding it in place. `slots` takes its fields, at least as many as it has.
///
/// Every field but `version`, `sign`, `signmethod` and `resources` is signed.
///
/// # Errors
/// [`Refusal`] naming the missing or malformed part.
pub fn https_legacy<'a>(form: &'a mut [u8], slots: &'a mut [Param<'a>]) -> Result<Claim<'a>, Refusal> {
    all_signed(Mode::HttpsLegacy, Fields::form(form, slots)?, &["version", "sign", "signmethod", "resources"])
}

/// Reads the JSON payload of CoAP `/auth`, decoding it in place. `slots` takes its fields, at least as many as it has.
///
/// Every field but `version`, `sign`, `signmethod` and `resources` is signed; the sequence number, given without DTLS only, is the nonce.
///
/// # Errors
/// [`Refusal`] naming the missing or malformed part.
pub fn coap_auth<'a>(payload: &'a mut [u8], slots: &'a mut [Param<'a>]) -> Result<Claim<'a>, Refusal> {
    all_signed(Mode::Coap, Fields::json(payload, slots)?, &["version", "sign", "signmethod", "resources"])
}

fn all_signed<'a>(
    mode: Mode,
    fields: Fields<'a>,
    unsigned: &'static [&'static str],
) -> Result<Claim<'a>, Refusal> {
    let proof = Proof::Hex {
        method: method(fields.get("signmethod"))?,
        content: Content(Covered::AllBut(unsigned, fields.0)),
        sign: fields.need("sign", Field::Sign)?.as_bytes(),
    };
    Ok(Claim {
        client_id: Some(fields.need("clientId", Field::ClientId)?),
        timestamp: fields.get("timestamp"),
        nonce: fields.get("seq"),
        stamp: Stamp::Millis,
        ..Claim::of_device(mode, fields.device()?, proof)
    })
}

/// The fields of a registration.
const REGISTRATION: [(&str, Field); 5] = [
    ("productKey", Field::ProductKey),
    ("deviceName", Field::DeviceName),
    ("random", Field::Random),
    ("sign", Field::Sign),
    ("signMethod", Field::SignMethod),
];

/// Reads the form of a registration over HTTPS, decoding it in place.
///
/// # Errors
/// [`Refusal`] naming the missing or malformed part.
pub fn https_register(form: &mut [u8]) -> Result<Claim<'_>, Refusal> {
    let (found, twice) = crate::form::pick(form, REGISTRATION.map(|(name, _)| name))?;
    match twice {
        Some(index) => Err(Refusal::Duplicate(REGISTRATION[index].1)),
        None => registration(Mode::HttpsRegister, found),
    }
}

/// Reads the JSON payload of a registration over CoAP, decoding it in place.
///
/// # Errors
/// [`Refusal`] naming the missing or malformed part.
pub fn coap_register(payload: &mut [u8]) -> Result<Claim<'_>, Refusal> {
    let mut names = REGISTRATION;
    names[4].0 = "signmethod";
    registration(Mode::CoapRegister, members(payload, names)?)
}

pub(super) fn registration<'a>(mode: Mode, found: [Option<&'a str>; 5]) -> Result<Claim<'a>, Refusal> {
    let [product_key, device_name, random, sign, name] = found;
    let device = device(product_key, device_name)?;
    let random = random.ok_or(Refusal::Missing(Field::Random))?;
    let proof = Proof::Hex {
        method: method(name)?,
        content: Content(Covered::Device(DeviceContent::registration(device, Text::Str(random)))),
        sign: sign.ok_or(Refusal::Missing(Field::Sign))?.as_bytes(),
    };
    Ok(Claim { nonce: Some(random), ..Claim::of_device(mode, device, proof) })
}

/// Reads the headers of an HTTP/2 request: a device's, or an application key's. Other headers are skipped.
///
/// # Errors
/// [`Refusal`] naming the missing or malformed header; [`Refusal::UnknownMode`] for another `x-auth-name`.
pub fn headers<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Claim<'a>, Refusal> {
    const NAMES: [(&str, Field); 10] = [
        (http2::AUTH_NAME, Field::AuthType),
        (http2::CLIENT_ID, Field::ClientId),
        (http2::SIGN_METHOD, Field::SignMethod),
        (http2::PRODUCT_KEY, Field::ProductKey),
        (http2::DEVICE_NAME, Field::DeviceName),
        (http2::SIGN, Field::Sign),
        (http2::TIMESTAMP, Field::Timestamp),
        (http2::APP_KEY, Field::AppKey),
        (http2::APP_SIGN_METHOD, Field::SignMethod),
        (http2::APP_RANDOM, Field::Random),
    ];
    let mut found = [None; NAMES.len()];
    for (name, value) in headers {
        let index = NAMES.iter().position(|(known, _)| name.eq_ignore_ascii_case(known));
        if let Some(index) = index
            && found[index].replace(value).is_some()
        {
            return Err(Refusal::Duplicate(NAMES[index].1));
        }
    }
    let [auth, client_id, name, product_key, device_name, sign, timestamp, app_key, app_method, random] =
        found;
    let sign = sign.ok_or(Refusal::Missing(Field::Sign))?.as_bytes();
    match auth {
        Some("devicename") => {
            let device = device(product_key, device_name)?;
            let client_id = client_id.ok_or(Refusal::Missing(Field::ClientId))?;
            let content = DeviceContent::login(Text::Str(client_id), device, timestamp.map(Text::Str));
            let content = Content(Covered::Device(content));
            let proof = Proof::Hex { method: method(name)?, content, sign };
            Ok(Claim {
                client_id: Some(client_id),
                timestamp,
                stamp: Stamp::Millis,
                ..Claim::of_device(Mode::Http2Device, device, proof)
            })
        }
        Some("appkey") => {
            if !app_method.is_some_and(|name| name.eq_ignore_ascii_case("SHA256")) {
                return Err(MethodError::Unknown.into());
            }
            let random = random.ok_or(Refusal::Missing(Field::Random))?;
            let app_key = app_key.ok_or(Refusal::Missing(Field::AppKey))?;
            let content = Content(Covered::Random(random));
            Ok(Claim {
                mode: Mode::Http2AppKey,
                who: Claimant::AppKey(app_key),
                proof: Proof::Hex { method: Method::HmacSha256, content, sign },
                client_id: None,
                timestamp: None,
                nonce: Some(random),
                params: None,
                stamp: Stamp::Unsigned,
            })
        }
        Some(_) => Err(Refusal::UnknownMode),
        None => Err(Refusal::Missing(Field::AuthType)),
    }
}

/// The named method, or the documented default.
pub(super) fn method(name: Option<&str>) -> Result<Method, MethodError> {
    Method::parse(name.unwrap_or(DEFAULT_METHOD))
}
