//! The cloud side, endpoints and identifiers.

use iot_auth::openapi::{AccessKey, ApiParam, Common, Query, Verb, action, percent_encoded};
use iot_auth::{
    AmqpLogin, Claimant, Device, Endpoint, Method, MnsRequest, Param, Place, Refusal, SASL_MECHANISM, Secret,
    Service, SigningKey, Token, UnixMillis, Window, verify,
};
use serde_json::Value;

use super::{Object, Vector};

fn verb(name: &str) -> Verb {
    match name {
        "GET" => Verb::Get,
        "POST" => Verb::Post,
        other => panic!("verb {other}"),
    }
}

/// The SDK writes the first letter of a name in upper case.
fn capitalised(name: &str) -> String {
    name[..1].to_uppercase() + &name[1..]
}

/// A parameter as the SDK flattens it: a text, a number, or a list of them.
fn flatten(params: &[(String, Value)]) -> Vec<(String, u32, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), String::from);
    let mut flat = Vec::new();
    for (name, value) in params {
        match value {
            Value::Array(items) => {
                flat.extend((1..).zip(items).map(|(i, item)| (name.clone(), i, text(item))));
            }
            value => flat.push((name.clone(), 0, text(value))),
        }
    }
    flat
}

pub(super) fn openapi(vector: &Vector) {
    let client = vector.input.object("client");
    let (id, secret) = (client.text("accessKeyId"), client.text("accessKeySecret"));
    let (endpoint, version) = (client.text("endpoint"), client.text("apiVersion"));
    let token = client.text_or_none("securityToken");
    client.done();
    let (action, nonce) = (vector.input.text("action"), vector.input.text("nonce"));
    let timestamp = UnixMillis(vector.input.number("timestamp"));
    let verb = match vector.input.maybe("opts") {
        None => Verb::Get,
        Some(opts) => {
            let opts = Object::new(String::from("opts"), opts);
            let verb = verb(&opts.text("method"));
            opts.done();
            verb
        }
    };
    let Value::Object(given) = vector.input.value("params") else { panic!("params") };
    let given: Vec<_> = given.into_iter().map(|(name, value)| (capitalised(&name), value)).collect();
    let mut flat = flatten(&given);
    let region = flat.iter().position(|(name, _, _)| name == "RegionId").map(|at| flat.remove(at).2);

    let secret = Secret::new(&secret).unwrap();
    let mut access = AccessKey::new(&id, &secret).unwrap();
    if let Some(token) = &token {
        access = access.with_security_token(Token::new(token));
    }
    let common = Common { region: region.as_deref(), version: &version, ..Common::new(timestamp, &nonce) };
    let mut params: Vec<_> = flat
        .iter()
        .map(|(name, index, value)| match index {
            0 => ApiParam::new(name, value.as_str()),
            index => ApiParam::item(name, *index, value.as_str()),
        })
        .collect();
    let query = access.query(&action, &common, &mut params).unwrap();
    let signed = access.signed(verb, &query).to_string();
    vector.expect.is("method", verb.name());
    vector.expect.is("canonicalized_query", query.to_string());
    vector.expect.is("string_to_sign", query.string_to_sign(verb).to_string());
    vector.expect.is("signature", access.signature(verb, &query).as_str());
    let place = Place { region: region.as_deref().unwrap_or("cn-shanghai"), ..Place::default() };
    assert_eq!(Endpoint::of(Service::OpenApi, &place).unwrap().url().to_string(), endpoint);
    let (url, form, media) = match verb {
        Verb::Post => {
            (format!("{endpoint}/"), Some(signed.clone()), Some("application/x-www-form-urlencoded"))
        }
        _ => (format!("{endpoint}/?{signed}"), None, None),
    };
    vector.expect.is("url", url);
    assert_eq!(vector.expect.text_or_none("form_body"), form);
    assert_eq!(vector.expect.text_or_none("content_type").as_deref(), media);

    typed(&action, &given, &access, &common, verb, &signed);

    let (mut sent, mut slots) = (signed.into_bytes(), [ApiParam::ABSENT; 32]);
    let claim = verify::openapi(verb, &mut sent, &mut slots).unwrap();
    assert_eq!(claim.who(), Claimant::AccessKey(&id));
    assert_eq!(claim.nonce(), Some(nonce.as_str()));
    assert_eq!(claim.check(&secret, Window::Any), Ok(()));
    assert_eq!(claim.check_with(access.key(), Window::Any), Ok(()));
    let wrong = Secret::new("not the secret").unwrap();
    assert_eq!(claim.check(&wrong, Window::Any), Err(Refusal::BadSignature));
}

/// The typed builder of the action, if it has one, gives the same query.
fn typed(
    action: &str,
    given: &[(String, Value)],
    access: &AccessKey<'_>,
    common: &Common<'_>,
    verb: Verb,
    signed: &str,
) {
    let get =
        |name: &str| given.iter().find(|(given, _)| given == name).and_then(|(_, value)| value.as_str());
    let number =
        |name: &str| given.iter().find(|(given, _)| given == name).and_then(|(_, value)| value.as_u64());
    let raw = |name: &str| base64(get(name).unwrap());
    let product_key = get("ProductKey").unwrap_or_default();
    let device_name = get("DeviceName");
    let instance_id = get("IotInstanceId");
    let (message, topic) = (
        given.iter().any(|(name, _)| name == "MessageContent").then(|| raw("MessageContent")),
        get("TopicFullName"),
    );
    let request = given.iter().any(|(name, _)| name == "RequestBase64Byte").then(|| raw("RequestBase64Byte"));
    let mut params: Vec<ApiParam<'_>> = match action {
        "RegisterDevice" => {
            let nickname = get("Nickname");
            action::RegisterDevice { product_key, device_name, nickname, instance_id }.params().to_vec()
        }
        "QueryDeviceDetail" => {
            let device = match get("IotId") {
                Some(iot_id) => action::DeviceRef::IotId(iot_id),
                None => action::DeviceRef::Names { product_key, device_name: device_name.unwrap() },
            };
            action::QueryDeviceDetail { device, instance_id }.params().to_vec()
        }
        "Pub" => action::Pub {
            product_key,
            topic: topic.unwrap(),
            message: message.as_deref().unwrap(),
            at_least_once: number("Qos").map(|qos| qos == 1),
            instance_id,
        }
        .params()
        .to_vec(),
        "PubBroadcast" => {
            let message = message.as_deref().unwrap();
            action::PubBroadcast { product_key, topic, message, instance_id }.params().to_vec()
        }
        // The book this comes from spells the action otherwise; the parameters are the same.
        "Rrpc" | "RRpc" => action::RRpc {
            product_key,
            device_name: device_name.unwrap(),
            request: request.as_deref().unwrap(),
            timeout_millis: u16::try_from(number("Timeout").unwrap()).unwrap(),
            topic: get("Topic"),
            instance_id,
        }
        .params()
        .unwrap()
        .to_vec(),
        "UpdateDeviceShadow" => action::UpdateDeviceShadow {
            product_key,
            device_name: device_name.unwrap(),
            shadow_message: get("ShadowMessage").unwrap(),
            instance_id,
        }
        .params()
        .to_vec(),
        _ => return,
    };
    let query = access.query(action, common, &mut params).unwrap();
    assert_eq!(access.signed(verb, &query).to_string(), signed, "{action}");
}

fn base64(text: &str) -> Vec<u8> {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        bits = bits << 6 | u32::try_from(digits.iter().position(|digit| *digit == byte).unwrap()).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff).try_into().unwrap());
        }
    }
    bytes
}

pub(super) fn openapi_sign(vector: &Vector) {
    let verb = verb(&vector.input.text("http_method"));
    let secret = vector.secret("access_key_secret");
    let Value::Object(given) = vector.input.value("params_without_signature") else { panic!("params") };
    let given: Vec<_> = given.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    let mut params: Vec<_> = given.iter().map(|(name, value)| ApiParam::new(name, *value)).collect();
    let query = Query::new(&mut params).unwrap();
    vector.expect.is("string_to_sign", query.string_to_sign(verb).to_string());
    let access = AccessKey::new("", &secret).unwrap();
    vector.expect.is("signature", access.signature(verb, &query).as_str());
}

pub(super) fn percent_encode(vector: &Vector) {
    vector.expect.is("encoded", percent_encoded(&vector.input.text("text")).to_string());
}

/// The SASL response, and the instance it is meant for.
fn amqp_login(vector: &Vector, security_token: Option<&str>) -> (Option<String>, Vec<u8>) {
    let input = &vector.input;
    let secret = vector.secret("access_key_secret");
    let key = SigningKey::new(Method::parse(&input.text("sign_method")).unwrap(), &secret);
    let (client_id, id, group) =
        (input.text("client_id"), input.text("access_key_id"), input.text("consumer_group_id"));
    let instance_id = input.text_or_none("iot_instance_id");
    let login = AmqpLogin {
        instance_id: instance_id.as_deref(),
        security_token: security_token.map(Token::new),
        ..AmqpLogin::new(&client_id, &id, &key, &group, UnixMillis(input.number("timestamp_ms")))
    };
    let (user_name, password) = (login.user_name().unwrap().to_string(), login.password());
    vector.expect.is("string_to_sign", login.content().to_string());
    vector.expect.is("username", &user_name);
    vector.expect.is("password", password.as_str());
    let claim = verify::amqp(&user_name, password.as_str().as_bytes()).unwrap();
    assert_eq!(claim.who(), Claimant::AccessKey(&id));
    assert_eq!(claim.check(&secret, Window::Any), Ok(()));
    let wrong = Secret::new("not the secret").unwrap();
    assert_eq!(claim.check(&wrong, Window::Any), Err(Refusal::BadSignature));
    let mut buf = [0; 512];
    let response = login.user_name().unwrap().sasl_response(&mut buf).unwrap().to_vec();
    (instance_id, response)
}

pub(super) fn amqp(vector: &Vector) {
    let (instance_id, response) = amqp_login(vector, None);
    vector.expect.is("sasl_mechanism", SASL_MECHANISM);
    let hex: String = response.iter().map(|byte| format!("{byte:02x}")).collect();
    vector.expect.is("sasl_initial_response_hex", hex);
    let (uid, region) =
        (vector.input.text_or_none("aliyun_uid").unwrap_or_default(), vector.input.text("region"));
    let place = Place { uid: &uid, region: &region, instance_id: instance_id.as_deref(), ..Place::default() };
    let endpoint = Endpoint::of(Service::Amqp, &place).unwrap();
    vector.expect.is("host", endpoint.to_string());
    vector.expect.is("port", endpoint.ports()[0].to_string());
}

pub(super) fn amqp_role(vector: &Vector) {
    let token = vector.input.text("security_token");
    amqp_login(vector, Some(&token));
}

pub(super) fn mns(vector: &Vector) {
    let (id, secret) = (vector.input.text("accessKeyId"), vector.secret("accessKeySecret"));
    let key = SigningKey::new(Method::HmacSha1, &secret);
    let (verb, resource) = (vector.input.text("method"), vector.input.text("resource"));
    let Value::Object(given) = vector.input.value("headers") else { panic!("headers") };
    let given: Vec<_> = given.iter().map(|(name, value)| Param::new(name, value.as_str().unwrap())).collect();
    let mut headers = given.clone();
    let request = MnsRequest::new(&verb, &resource, &mut headers).unwrap();
    let authorization = request.authorization(&id, &key).to_string();
    vector.expect.is("string_to_sign", request.to_string());
    vector.expect.is("authorization", &authorization);
    let mut headers = given;
    let claim = verify::mns(&verb, &resource, &mut headers, &authorization).unwrap();
    assert_eq!(claim.who(), Claimant::AccessKey(&id));
    assert_eq!(claim.check(&secret, Window::Any), Ok(()));
    let wrong = Secret::new("not the secret").unwrap();
    assert_eq!(claim.check(&wrong, Window::Any), Err(Refusal::BadSignature));
}

pub(super) fn device_name_rule(vector: &Vector) {
    let name = vector.input.text("device_name");
    let allowed = Device::new("a1", &name).is_ok();
    assert_eq!(allowed, vector.expect.flag("allowed"), "{name}");
}

pub(super) fn endpoint(vector: &Vector) {
    let kind = vector.input.text("kind");
    let service = Service::parse(&kind).unwrap_or_else(|| panic!("unknown kind {kind}"));
    let product_key = vector.input.text("product_key");
    let [region, instance_id, uid] =
        ["region", "instance_id", "uid"].map(|name| vector.input.text_or_none(name));
    let place = Place {
        product_key: &product_key,
        region: region.as_deref().unwrap_or_default(),
        instance_id: instance_id.as_deref(),
        uid: uid.as_deref().unwrap_or_default(),
    };
    let endpoint = Endpoint::of(service, &place).unwrap();
    match vector.expect.text_or_none("url") {
        Some(url) => assert_eq!(endpoint.url().to_string(), url),
        None => {
            vector.expect.is("host", endpoint.to_string());
            let ports: Vec<u16> = serde_json::from_value(vector.expect.value("ports")).unwrap();
            assert_eq!(endpoint.ports(), ports);
        }
    }
}
