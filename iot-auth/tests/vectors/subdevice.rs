//! Requests of gateways.

use iot_auth::verify::{GatewayCall, gateway};
use iot_auth::{
    ClientId, Device, Dialect, GatewayRequest, Method, Refusal, Registrant, Secret, SigningKey, SubDevice,
    Timestamp, UnixMillis, Window,
};

use super::{Vector, device};

/// Verifies every entry of a request.
fn holds(payload: &str, call: GatewayCall, secret: &Secret, content: Option<String>) {
    let mut payload = payload.as_bytes().to_vec();
    let mut claims = [None; 5];
    let count = gateway(&mut payload, call, &mut claims).unwrap();
    assert_eq!(count, 1);
    let claim = claims[0].unwrap();
    assert_eq!(claim.check(secret, Window::Any), Ok(()), "{claim:?}");
    let wrong = Secret::new("not the secret").unwrap();
    assert_eq!(claim.check(&wrong, Window::Any), Err(Refusal::BadSignature));
    if let Some(content) = content {
        assert_eq!(claim.content().unwrap().to_string(), content);
    }
}

/// The names of the gateway in the input.
fn names(vector: &Vector) -> (String, String) {
    let names = vector.input.object("gateway");
    let both = (names.text("productKey"), names.text("deviceName"));
    names.done();
    both
}

struct Sub {
    product_key: String,
    device_name: String,
    secret: Secret,
    key: SigningKey,
}

impl Sub {
    fn new(vector: &Vector, secret: &str, method: Method) -> Self {
        let secret = vector.secret(secret);
        Self {
            product_key: vector.input.text("product_key"),
            device_name: vector.input.text("device_name"),
            key: SigningKey::new(method, &secret),
            secret,
        }
    }

    fn device(&self) -> Device<'_> {
        device(&self.product_key, &self.device_name)
    }
}

fn documented(vector: &Vector, login: bool) {
    let (gateway_key, gateway_name) = names(vector);
    let method = Method::parse(&vector.input.text("sign_method")).unwrap();
    let sub = Sub::new(vector, "device_secret", method);
    let (client_id, timestamp) = (vector.input.text("client_id"), vector.input.text("timestamp"));
    let entry = SubDevice {
        client_id: Some(ClientId::new(&client_id).unwrap()),
        clean_session: login && vector.input.flag("clean_session"),
        ..SubDevice::new(sub.device(), &sub.key, Timestamp::Text(&timestamp))
    };
    let list = [entry];
    let (request, call) = match login {
        true => (GatewayRequest::Login(&entry), GatewayCall::Login),
        false => (GatewayRequest::TopoAdd(&list), GatewayCall::TopoAdd),
    };
    vector.expect.is("topic", request.topic(&device(&gateway_key, &gateway_name)).to_string());
    let content = entry.content(Dialect::Documented, login).to_string();
    vector.expect.is("sign_content", &content);
    let params = request.params(Dialect::Documented).unwrap().to_string();
    vector.expect.is_json("params", &params);
    if login {
        vector.expect.is("qos", request.qos(Dialect::Documented).to_string());
    }
    holds(&params, call, &sub.secret, Some(content));
}

pub(super) fn topo_add(vector: &Vector) {
    documented(vector, false);
}

pub(super) fn login(vector: &Vector) {
    documented(vector, true);
}

fn c_sdk_v3(vector: &Vector, request: GatewayRequest<'_>, call: GatewayCall, secret: &Secret) {
    vector.expect.is("method", request.method());
    let params = request.params(Dialect::CSdkV3).unwrap().to_string();
    vector.expect.is("params_text", &params);
    holds(&params, call, secret, vector.expect.text_or_none("sign_content"));
}

pub(super) fn topo_add_c_sdk_v3(vector: &Vector) {
    let sub = Sub::new(vector, "device_secret", Method::HmacSha256);
    let timestamp = vector.input.text("timestamp");
    let list = [SubDevice::new(sub.device(), &sub.key, Timestamp::Text(&timestamp))];
    c_sdk_v3(vector, GatewayRequest::TopoAdd(&list), GatewayCall::TopoAdd, &sub.secret);
}

pub(super) fn login_c_sdk_v3(vector: &Vector) {
    let sub = Sub::new(vector, "device_secret", Method::HmacSha256);
    let timestamp = vector.input.text("timestamp");
    let entry = SubDevice::new(sub.device(), &sub.key, Timestamp::Text(&timestamp));
    let entry = SubDevice { clean_session: true, ..entry };
    c_sdk_v3(vector, GatewayRequest::Login(&entry), GatewayCall::Login, &sub.secret);
}

pub(super) fn product_register_c_sdk_v3(vector: &Vector) {
    let sub = Sub::new(vector, "product_secret", Method::HmacSha256);
    let random = vector.input.text("random");
    let list = [Registrant { device: sub.device(), key: &sub.key, random: &random }];
    c_sdk_v3(vector, GatewayRequest::ProductRegister(&list), GatewayCall::ProductRegister, &sub.secret);
}

/// A whole request, with the id the vectors were made with.
fn whole(vector: &Vector, request: GatewayRequest<'_>) -> String {
    let (gateway_key, gateway_name) = names(vector);
    vector.expect.is("topic", request.topic(&device(&gateway_key, &gateway_name)).to_string());
    if let Some(qos) = vector.expect.text_or_none("qos") {
        assert_eq!(request.qos(Dialect::CSdkV4).to_string(), qos);
    }
    let payload = request.payload("123", Dialect::CSdkV4).unwrap().to_string();
    vector.expect.is("payload", &payload);
    payload
}

pub(super) fn topo_add_c_sdk_v4(vector: &Vector) {
    let sub = Sub::new(vector, "device_secret", Method::HmacSha256);
    let list = [SubDevice::new(sub.device(), &sub.key, UnixMillis(vector.input.number("clock_ms")))];
    let payload = whole(vector, GatewayRequest::TopoAdd(&list));
    holds(&payload, GatewayCall::TopoAdd, &sub.secret, None);
}

pub(super) fn batch_login_c_sdk_v4(vector: &Vector) {
    let sub = Sub::new(vector, "device_secret", Method::HmacSha256);
    let list = [SubDevice::new(sub.device(), &sub.key, UnixMillis(vector.input.number("clock_ms")))];
    let payload = whole(vector, GatewayRequest::BatchLogin(&list));
    let content = vector.expect.text("sign_content");
    assert_eq!(list[0].content(Dialect::CSdkV4, true).to_string(), content);
    holds(&payload, GatewayCall::BatchLogin, &sub.secret, Some(content));
}

pub(super) fn product_register_c_sdk_v4(vector: &Vector) {
    let sub = Sub::new(vector, "product_secret", Method::HmacSha256);
    let random = vector.input.text("random");
    let list = [Registrant { device: sub.device(), key: &sub.key, random: &random }];
    let payload = whole(vector, GatewayRequest::ProductRegister(&list));
    holds(&payload, GatewayCall::ProductRegister, &sub.secret, None);
}

pub(super) fn register(vector: &Vector) {
    let (product_key, device_name) = (vector.input.text("product_key"), vector.input.text("device_name"));
    whole(vector, GatewayRequest::Register(&[device(&product_key, &device_name)]));
}

fn python(vector: &Vector, call: GatewayCall) {
    let input = &vector.input;
    let (gateway_key, gateway_name) = (input.text("productKey"), input.text("deviceName"));
    let [product_key, device_name, secret]: [String; 3] = serde_json::from_value(input.value("sub")).unwrap();
    let (timestamp, random) = (input.number("timestamp"), input.text("random"));
    let secret = Secret::new(&secret).unwrap();
    let key = SigningKey::new(Method::HmacSha256, &secret);
    let device = device(&product_key, &device_name);
    let subs = [SubDevice::new(device, &key, UnixMillis(timestamp))];
    let registrants = [Registrant { device, key: &key, random: &random }];
    let request = match call {
        GatewayCall::TopoAdd => GatewayRequest::TopoAdd(&subs),
        GatewayCall::BatchLogin => GatewayRequest::BatchLogin(&subs),
        GatewayCall::ProductRegister => GatewayRequest::ProductRegister(&registrants),
        other => panic!("{other:?}"),
    };
    vector.expect.is("topic", request.topic(&super::device(&gateway_key, &gateway_name)).to_string());
    vector.expect.is("qos", request.qos(Dialect::Python).to_string());
    let payload = request.payload("123", Dialect::Python).unwrap().to_string();
    vector.expect.is_json("payload_json", &payload);
    holds(&payload, call, &secret, None);
}

pub(super) fn topo_add_python(vector: &Vector) {
    python(vector, GatewayCall::TopoAdd);
}

pub(super) fn batch_login_python(vector: &Vector) {
    python(vector, GatewayCall::BatchLogin);
}

pub(super) fn product_register_python(vector: &Vector) {
    python(vector, GatewayCall::ProductRegister);
}

/// One object for both calls.
pub(super) fn javascript(vector: &Vector) {
    let sub = vector.input.object("device");
    let (product_key, device_name) = (sub.text("productKey"), sub.text("deviceName"));
    let secret = Secret::new(&sub.text("deviceSecret")).unwrap();
    sub.done();
    let key = SigningKey::new(Method::HmacSha1, &secret);
    let now = UnixMillis(vector.input.number("now_ms"));
    let entry = SubDevice::new(device(&product_key, &device_name), &key, now);
    let login = GatewayRequest::Login(&entry).params(Dialect::JavaScript).unwrap().to_string();
    let list = [entry];
    let topo_add = GatewayRequest::TopoAdd(&list).params(Dialect::JavaScript).unwrap().to_string();
    assert_eq!(topo_add, format!("[{login}]"));
    let expected = std::mem::take(&mut *vector.expect.members.borrow_mut());
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&login).unwrap(),
        serde_json::Value::Object(expected)
    );
    holds(&login, GatewayCall::Login, &secret, None);
    holds(&topo_add, GatewayCall::TopoAdd, &secret, None);
}
