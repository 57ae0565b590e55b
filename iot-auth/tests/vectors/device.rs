//! Requests of devices over HTTPS, CoAP and HTTP/2.

use std::collections::BTreeMap;

use iot_auth::coap::{self, CoapAuth, Seq};
#[cfg(feature = "cbc")]
use iot_auth::coap::{CoapAnswer, CoapSession};
use iot_auth::http::{self, HttpAuth};
use iot_auth::http2::{AppKeyHeaders, DeviceHeaders};
use iot_auth::register::{C_SDK_V3_RANDOM, FORM_TYPE, REGISTER_PATH, REGISTER_URI_PATH};
use iot_auth::{
    Claim, ClientId, Dialect, Endpoint, Method, Param, Place, Refusal, RegisterRequest, Secret, Service,
    SigningKey, Timestamp, UnixMillis, Window, verify,
};

use super::{Vector, device, millis};

fn holds(claim: &Claim<'_>, secret: &Secret) {
    assert_eq!(claim.check(secret, Window::Any), Ok(()), "{claim:?}");
    let wrong = Secret::new("not the secret").unwrap();
    assert_eq!(claim.check(&wrong, Window::Any), Err(Refusal::BadSignature));
}

fn slots<'a>() -> [Param<'a>; 16] {
    [Param::new("", ""); 16]
}

fn registers(
    vector: &Vector,
    dialect: Dialect,
    method: Method,
    names: [&str; 3],
    random: &str,
) -> (String, String) {
    let [product_key, device_name, secret] = names.map(|name| vector.input.text(name));
    let secret = Secret::new(&secret).unwrap();
    let key = SigningKey::new(method, &secret);
    let request = RegisterRequest { device: device(&product_key, &device_name), key: &key, random };
    let form = request.form(dialect).to_string();
    vector.expect.is("body", &form);
    let mut body = form.clone().into_bytes();
    let claim = verify::https_register(&mut body).unwrap();
    holds(&claim, &secret);
    let content = request.content().to_string();
    assert_eq!(claim.content().unwrap().to_string(), content);
    (content, form)
}

const SNAKE: [&str; 3] = ["product_key", "device_name", "product_secret"];
const CAMEL: [&str; 3] = ["productKey", "deviceName", "productSecret"];

fn auth_url(region: &str) -> String {
    let place = Place { region, ..Place::default() };
    format!("{}{REGISTER_PATH}", Endpoint::of(Service::HttpsAuth, &place).unwrap().url())
}

pub(super) fn https_register(vector: &Vector) {
    let method = Method::parse(&vector.input.text("sign_method")).unwrap();
    let random = vector.input.text("random");
    let (content, form) = registers(vector, Dialect::Documented, method, SNAKE, &random);
    vector.expect.is("path", REGISTER_PATH);
    vector.expect.is("content_type", FORM_TYPE);
    vector.expect.is("sign_content", content);
    assert!(form.contains(&vector.expect.text("sign_upper")));
}

pub(super) fn https_register_c_sdk_v4(vector: &Vector) {
    let random = vector.input.text("random");
    registers(vector, Dialect::CSdkV4, Method::HmacSha256, SNAKE, &random);
    vector.expect.is("method", "POST");
    vector.expect.is("path", REGISTER_PATH);
}

pub(super) fn https_register_c_sdk_v3(vector: &Vector) {
    registers(vector, Dialect::CSdkV3, Method::HmacSha256, SNAKE, C_SDK_V3_RANDOM);
    let region = iot_auth::REGIONS[usize::try_from(vector.input.number("region_index")).unwrap()].0;
    // The SDK builds the text with the wrong scheme, and then connects with TLS.
    vector.expect.is("url_as_built", auth_url(region).replace("https://", "http://"));
    vector.expect.is("port", "443");
}

pub(super) fn https_register_python(vector: &Vector) {
    let random = vector.input.text("random");
    registers(vector, Dialect::Python, Method::HmacSha256, CAMEL, &random);
    vector.expect.is("url", auth_url("cn-shanghai"));
}

pub(super) fn https_register_javascript(vector: &Vector) {
    let random = vector.input.text("random");
    registers(vector, Dialect::JavaScript, Method::HmacSha1, CAMEL, &random);
    vector.expect.is("url", auth_url("cn-shanghai"));
}

/// The method a vector names; without one the platform takes HMAC-MD5.
fn named(method: Option<&str>) -> Method {
    Method::parse(method.unwrap_or("hmacmd5")).unwrap()
}

pub(super) fn https_auth(vector: &Vector) {
    let input = &vector.input;
    let (product_key, device_name) = (input.text("product_key"), input.text("device_name"));
    let secret = vector.secret("device_secret");
    let (client_id, timestamp) = (input.text("client_id"), input.text_or_none("timestamp"));
    let method = input.text_or_none("sign_method");
    let version = input.text_or_none("version");
    assert!(version.as_deref().is_none_or(|version| version == "default"));
    let key = SigningKey::new(named(method.as_deref()), &secret);
    let auth = HttpAuth {
        client_id: Some(ClientId::new(&client_id).unwrap()),
        timestamp: timestamp.as_deref().map(Timestamp::Text),
        names_version: version.is_some(),
        names_method: method.is_some(),
        ..HttpAuth::new(device(&product_key, &device_name), &key)
    };
    let content = auth.content(Dialect::Documented).to_string();
    let body = auth.body(Dialect::Documented).to_string();
    vector.expect.is("method", "POST");
    vector.expect.is("path", http::AUTH_PATH);
    vector.expect.is("content_type", http::JSON_TYPE);
    vector.expect.is("sign_content", &content);
    assert!(body.contains(&vector.expect.text("sign_upper")));
    vector.expect.is_json("body_json", &body);
    let (mut body, mut slots) = (body.into_bytes(), slots());
    let claim = verify::https_auth(&mut body, &mut slots).unwrap();
    assert_eq!(claim.content().unwrap().to_string(), content);
    holds(&claim, &secret);
}

fn https_auth_sdk(vector: &Vector, dialect: Dialect, method: Method) {
    let input = &vector.input;
    let (product_key, device_name) = (input.text("product_key"), input.text("device_name"));
    let secret = vector.secret("device_secret");
    let client_id = input.text_or_none("client_id");
    let key = SigningKey::new(method, &secret);
    let auth = HttpAuth {
        client_id: client_id.as_deref().map(|id| ClientId::new(id).unwrap()),
        ..HttpAuth::new(device(&product_key, &device_name), &key)
    };
    let body = auth.body(dialect).to_string();
    vector.expect.is("body", &body);
    let (mut body, mut slots) = (body.into_bytes(), slots());
    holds(&verify::https_auth(&mut body, &mut slots).unwrap(), &secret);
}

pub(super) fn https_auth_c_sdk_v3(vector: &Vector) {
    https_auth_sdk(vector, Dialect::CSdkV3, Method::HmacSha1);
    let place = Place { region: "cn-shanghai", ..Place::default() };
    let endpoint = Endpoint::of(Service::Https, &place).unwrap();
    vector.expect.is("url", format!("{}{}", endpoint.url(), http::AUTH_PATH));
    vector.expect.is("port", endpoint.ports()[0].to_string());
}

pub(super) fn https_auth_c_sdk_v4(vector: &Vector) {
    https_auth_sdk(vector, Dialect::CSdkV4, Method::HmacSha256);
}

pub(super) fn https_publish(vector: &Vector) {
    let (token, topic) = (vector.input.text("token"), vector.input.text("topic"));
    assert!(vector.input.text("payload_utf8").len() <= http::PUBLISH_MAX);
    let mut answer = format!(r#"{{"code":0,"message":"success","info":{{"token":"{token}"}}}}"#).into_bytes();
    let token = http::auth_answer(&mut answer).unwrap().into_result().unwrap();
    vector.expect.is("method", "POST");
    vector.expect.is("path", http::publish_path(&topic).unwrap().to_string());
    let headers = vector.expect.object("headers");
    headers.is(http::TOKEN_HEADER, token.reveal());
    headers.is("Content-Type", http::PUBLISH_TYPE);
    headers.done();
}

pub(super) fn https_legacy(vector: &Vector) {
    let input = &vector.input;
    let (product_key, device_name) = (input.text("product_key"), input.text("device_name"));
    let secret = vector.secret("device_secret");
    let (client_id, timestamp) = (input.text("client_id"), input.text_or_none("timestamp"));
    let method = input.text_or_none("sign_method");
    let key = SigningKey::new(named(method.as_deref()), &secret);
    let auth = HttpAuth {
        client_id: Some(ClientId::new(&client_id).unwrap()),
        timestamp: timestamp.as_deref().map(Timestamp::Text),
        names_method: method.is_some(),
        ..HttpAuth::new(device(&product_key, &device_name), &key)
    };
    let content = auth.content(Dialect::Documented).to_string();
    let form = auth.legacy_form().to_string();
    vector.expect.is("path", http::DEVICE_NAME_PATH);
    vector.expect.is("sign_content", &content);
    assert!(form.contains(&vector.expect.text("sign_upper")));
    vector.expect.is("body_in_document_order", &form);
    let (mut form, mut slots) = (form.into_bytes(), slots());
    let claim = verify::https_legacy(&mut form, &mut slots).unwrap();
    assert_eq!(claim.content().unwrap().to_string(), content);
    holds(&claim, &secret);
}

pub(super) fn https_bootstrap(vector: &Vector) {
    let (product_key, device_name) = (vector.input.text("product_key"), vector.input.text("device_name"));
    vector.expect.is("body", http::bootstrap_form(&device(&product_key, &device_name)).to_string());
    let endpoint = Endpoint::of(Service::Bootstrap, &Place::default()).unwrap();
    vector.expect.is("host", endpoint.to_string());
    vector.expect.is("port", endpoint.ports()[0].to_string());
    vector.expect.is("method", "POST");
    vector.expect.is("path", http::BOOTSTRAP_PATH);
}

/// Verifies a CoAP payload.
fn coap_holds(payload: &str, content: &str, secret: &Secret) {
    let (mut payload, mut slots) = (payload.as_bytes().to_vec(), slots());
    let claim = verify::coap_auth(&mut payload, &mut slots).unwrap();
    assert_eq!(claim.content().unwrap().to_string(), content);
    holds(&claim, secret);
}

fn coap_port(seq: bool) -> u16 {
    let service = if seq { Service::CoapSymmetric } else { Service::CoapDtls };
    Endpoint::of(service, &Place { product_key: "a1", ..Place::default() }).unwrap().ports()[0]
}

pub(super) fn coap_auth(vector: &Vector) {
    let input = &vector.input;
    let (product_key, device_name) = (input.text("product_key"), input.text("device_name"));
    let secret = vector.secret("device_secret");
    let (client_id, timestamp) = (input.text("client_id"), input.text_or_none("timestamp"));
    let method = input.text_or_none("sign_method");
    let key = SigningKey::new(named(method.as_deref()), &secret);
    let seq = input.value("seq").as_u64();
    let auth = CoapAuth {
        client_id: Some(ClientId::new(&client_id).unwrap()),
        seq: seq.map(Seq::Number),
        timestamp: timestamp.as_deref().map(Timestamp::Text),
        names_method: method.is_some(),
        ..CoapAuth::new(device(&product_key, &device_name), &key)
    };
    let content = auth.content(Dialect::Documented).to_string();
    let payload = auth.payload(Dialect::Documented).to_string();
    vector.expect.is("sign_content", &content);
    assert!(payload.contains(&vector.expect.text("sign_upper")));
    vector.expect.is_json("payload_json", &payload);
    assert_eq!(vector.expect.value("uri_path"), serde_json::json!([coap::AUTH_URI_PATH]));
    vector.expect.is("port", coap_port(seq.is_some()).to_string());
    coap_holds(&payload, &content, &secret);
}

pub(super) fn coap_auth_c_sdk_v3(vector: &Vector) {
    let input = &vector.input;
    let (product_key, device_name) = (input.text("product_key"), input.text("device_name"));
    let secret = vector.secret("device_secret");
    let client_id = input.text("client_id");
    let seq = input.value("seq").as_u64();
    input.is("mode", if seq.is_some() { "symmetric" } else { "dtls" });
    let key = SigningKey::new(named(None), &secret);
    let auth = CoapAuth {
        client_id: Some(ClientId::new(&client_id).unwrap()),
        seq: seq.map(Seq::Number),
        names_method: false,
        ..CoapAuth::new(device(&product_key, &device_name), &key)
    };
    let content = auth.content(Dialect::CSdkV3).to_string();
    let payload = auth.payload(Dialect::CSdkV3).to_string();
    vector.expect.is("payload", &payload);
    vector.expect.is("sign_content", &content);
    assert!(payload.contains(&vector.expect.text("sign")));
    coap_holds(&payload, &content, &secret);
}

pub(super) fn coap_auth_c_sdk_v4(vector: &Vector) {
    let (product_key, device_name) = (vector.input.text("product_key"), vector.input.text("device_name"));
    let secret = vector.secret("device_secret");
    let key = SigningKey::new(Method::HmacSha256, &secret);
    let seq = vector.input.text("seq_hex_text");
    let auth =
        CoapAuth { seq: Some(Seq::Text(&seq)), ..CoapAuth::new(device(&product_key, &device_name), &key) };
    let content = auth.content(Dialect::CSdkV4).to_string();
    let payload = auth.payload(Dialect::CSdkV4).to_string();
    vector.expect.is("payload", &payload);
    vector.expect.is("sign_content", &content);
    coap_holds(&payload, &content, &secret);
}

#[cfg(feature = "cbc")]
pub(super) fn coap_session(vector: &Vector) {
    use sha2::{Digest, Sha256};
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let secret_text = vector.input.text("device_secret");
    let secret = Secret::new(&secret_text).unwrap();
    let mut answer = vector.input.text("auth_response").into_bytes();
    let answer = CoapAnswer::parse(&mut answer).unwrap();
    // The key itself is not to be had: what is sealed with it speaks for it. The steps to it are fixed by the vector all the same.
    let source = format!("{secret_text},{}", answer.random.unwrap());
    let hash = Sha256::digest(source.as_bytes());
    vector.expect.is("key_source", &source);
    vector.expect.is("sha256_hex", hex(&hash));
    vector.expect.is("aes128_key_hex", hex(&hash[8..24]));
    vector.expect.is("iv_ascii", "543yhjy97ae7fyfg");
    vector.expect.is("token_option_2088_utf8", answer.token.reveal());
    assert_eq!(coap::token_option(Dialect::Documented), 2088);

    let session = CoapSession::new(&secret, &answer).unwrap();
    let seq = answer.seq_offset.unwrap();
    vector.expect.is("seq_plain", seq.to_string());
    let mut sealed_seq = [0; 32];
    let len = session.seal_seq(seq, &mut sealed_seq).len();
    vector.expect.is("seq_option_2089_hex", hex(&sealed_seq[..len]));
    assert_eq!(session.open_seq(&mut sealed_seq[..len]), Ok(seq));

    let payload = vector.input.text("payload_utf8");
    let mut sealed = vec![0; CoapSession::sealed_len(payload.len())];
    session.seal(payload.as_bytes(), &mut sealed).unwrap();
    vector.expect.is("payload_ciphertext_hex", hex(&sealed));
    let opened = session.open(&mut sealed).unwrap();
    vector.expect.is("decrypts_back_to_utf8", std::str::from_utf8(opened).unwrap());
}

#[cfg(not(feature = "cbc"))]
pub(super) fn coap_session(_: &Vector) {
    unreachable!("left out of this build");
}

pub(super) fn coap_register(vector: &Vector) {
    let (product_key, device_name) = (vector.input.text("product_key"), vector.input.text("device_name"));
    let secret = vector.secret("product_secret");
    let key = SigningKey::new(Method::HmacSha256, &secret);
    let random = vector.input.text("random");
    let request = RegisterRequest { device: device(&product_key, &device_name), key: &key, random: &random };
    let payload = request.json().to_string();
    vector.expect.is("payload", &payload);
    vector.expect.is("sign_content", request.content().to_string());
    assert_eq!(vector.expect.value("uri_path"), serde_json::json!(REGISTER_URI_PATH));
    vector.expect.is("port", coap_port(false).to_string());
    let mut payload = payload.into_bytes();
    holds(&verify::coap_register(&mut payload).unwrap(), &secret);
}

fn http2(vector: &Vector, headers: &DeviceHeaders<'_>, dialect: Dialect, secret: &Secret) {
    let mut written = BTreeMap::new();
    headers.each(dialect, |name, value| {
        assert!(written.insert(name, value.to_string()).is_none(), "{name} twice");
    });
    vector.expect.is_json("headers", &serde_json::to_string(&written).unwrap());
    vector.expect.is("sign_content", headers.content(dialect).to_string());
    let place =
        Place { product_key: headers.device.product_key(), region: "cn-shanghai", ..Place::default() };
    let endpoint = Endpoint::of(Service::Http2Device, &place).unwrap();
    vector.expect.is("endpoint", endpoint.to_string());
    if let Some(port) = vector.expect.text_or_none("port") {
        assert_eq!(endpoint.ports()[0].to_string(), port);
    }
    let claim = verify::headers(written.iter().map(|(name, value)| (*name, value.as_str()))).unwrap();
    holds(&claim, secret);
}

pub(super) fn http2_c_sdk_v3(vector: &Vector) {
    let (product_key, device_name) = (vector.input.text("product_key"), vector.input.text("device_name"));
    let secret = vector.secret("device_secret");
    let key = SigningKey::new(Method::HmacSha1, &secret);
    let headers = DeviceHeaders::new(device(&product_key, &device_name), &key);
    http2(vector, &headers, Dialect::CSdkV3, &secret);
}

pub(super) fn http2_python(vector: &Vector) {
    let (product_key, device_name) = (vector.input.text("productKey"), vector.input.text("deviceName"));
    let secret = vector.secret("deviceSecret");
    let key = SigningKey::new(Method::HmacSha256, &secret);
    let client_id = vector.input.text_or_none("clientId");
    let headers = DeviceHeaders {
        client_id: client_id.as_deref().map(|id| ClientId::new(id).unwrap()),
        timestamp: Some(UnixMillis(millis(&vector.input.text("time"))).into()),
        ..DeviceHeaders::new(device(&product_key, &device_name), &key)
    };
    http2(vector, &headers, Dialect::Python, &secret);
}

pub(super) fn http2_app_key(vector: &Vector) {
    let (app_key, random) = (vector.input.text("app_key"), vector.input.text("random"));
    let secret = vector.secret("app_secret");
    let key = AppKeyHeaders::key(&secret);
    let headers = AppKeyHeaders::new(&app_key, &key, &random);
    let mut written = BTreeMap::new();
    headers.each(|name, value| {
        written.insert(name, value.to_string());
    });
    vector.expect.is_json("headers", &serde_json::to_string(&written).unwrap());
    vector.expect.is("sign_content", headers.content().to_string());
    let claim = verify::headers(written.iter().map(|(name, value)| (*name, value.as_str()))).unwrap();
    holds(&claim, &secret);
}
