//! Connections over MQTT.

use iot_auth::x509::{BindingRow, CertSn, IdentityResponse, binding_csv as csv, read_binding_csv};
use iot_auth::{
    Bug, ClientId, Connect, Context, Dialect, Endpoint, Identity, Method, PSK_CIPHER_SUITE, Param, Place,
    Psk, PskIdentity, Refusal, Registered, Registration, Secret, Service, SigningKey, Timestamp, Transport,
    UnixMillis, Window, instance_id_of, register, verify, x509,
};

use super::{Object, Vector, device, millis};

fn transport(securemode: u64) -> Transport {
    match securemode {
        3 => Transport::Tcp,
        2 => Transport::Tls,
        other => panic!("securemode {other}"),
    }
}

/// Writes what is expected of every connection, and verifies it.
fn connects(vector: &Vector, connect: &Connect<'_>, secret: &Secret) {
    vector.expect.is("mqtt_client_id", connect.client_id().to_string());
    vector.expect.is("mqtt_username", connect.user_name().to_string());
    if let Some(content) = vector.expect.text_or_none("sign_content") {
        assert_eq!(connect.content().unwrap().to_string(), content, "{}", vector.expect.name);
    }
    verifies(connect, secret);
}

fn verifies(connect: &Connect<'_>, secret: &Secret) {
    let (client_id, user_name) = (connect.client_id().to_string(), connect.user_name().to_string());
    let claim = verify::connect(&client_id, Some(&user_name), Some(connect.password().as_bytes())).unwrap();
    assert_eq!(claim.check(secret, Window::Any), Ok(()), "{client_id}");
    let wrong = Secret::new("not the secret").unwrap();
    assert_eq!(claim.check(&wrong, Window::Any), Err(Refusal::BadSignature), "{client_id}");
    if let Some(content) = connect.content() {
        assert_eq!(claim.content().unwrap().to_string(), content.to_string());
    }
}

fn pairs(text: &str) -> Vec<Param<'_>> {
    text.split(',')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            Param { name, value }
        })
        .collect()
}

pub(super) fn secret(vector: &Vector) {
    let input = &vector.input;
    let (product_key, device_name) = (input.text("product_key"), input.text("device_name"));
    let secret = vector.secret("device_secret");
    let method = Method::parse(&input.text("sign_method")).unwrap();
    let key = SigningKey::new(method, &secret);
    let client_id = input.text("client_id");
    let timestamp = input.text_or_none("timestamp");
    let extra: Vec<(String, String)> = serde_json::from_value(input.value("extra_params_in_order")).unwrap();
    let extensions: Vec<_> = extra.iter().map(|(name, value)| Param { name, value }).collect();
    let context = Context {
        client_id: Some(ClientId::new(&client_id).unwrap()),
        timestamp: timestamp.as_deref().map(Timestamp::Text),
        transport: transport(input.number("securemode")),
        extensions: &extensions,
        dialect: Dialect::Documented,
    };
    let device = device(&product_key, &device_name);
    let connect = Identity::Device { device, key: &key }.connect(&context).unwrap();
    connects(vector, &connect, &secret);
    vector.upper_and_lower("mqtt_password", &key, &connect.content().unwrap());
    assert!(key.sign(&connect.content().unwrap()).matches_hex(connect.password().as_bytes()));
}

/// A connection of a C SDK: HMAC-SHA-256, the SDK's own timestamp.
fn c_sdk(vector: &Vector, dialect: Dialect, client_id: Option<ClientId<'_>>, extensions: &[Param<'_>]) {
    let input = &vector.input;
    let (product_key, device_name) = (input.text("product_key"), input.text("device_name"));
    let secret = vector.secret("device_secret");
    let key = SigningKey::new(Method::HmacSha256, &secret);
    let transport = transport(input.number("securemode"));
    let context = Context { client_id, transport, extensions, dialect, ..Context::default() };
    let connect =
        Identity::Device { device: device(&product_key, &device_name), key: &key }.connect(&context).unwrap();
    connects(vector, &connect, &secret);
    vector.expect.is("mqtt_password", connect.password());
}

fn auto_subscribe(input: &Object) -> Vec<Param<'static>> {
    if input.flag("auto_subscribe") { vec![Param::new("_ss", "1")] } else { Vec::new() }
}

pub(super) fn secret_c_sdk_v3(vector: &Vector) {
    let regions: Vec<String> = serde_json::from_value(vector.input.value("region_order")).unwrap();
    let index = usize::try_from(vector.input.number("region_index")).unwrap();
    assert_eq!(regions, iot_auth::REGIONS[..regions.len()].iter().map(|row| row.0).collect::<Vec<_>>());
    let product_key = vector.input.text("product_key");
    let place = Place { product_key: &product_key, region: &regions[index], ..Place::default() };
    let endpoint = Endpoint::of(Service::Mqtt, &place).unwrap();
    vector.expect.is("host", endpoint.to_string());
    assert!(endpoint.ports().contains(&u16::try_from(vector.expect.number("port")).unwrap()));
    vector.input.members.borrow_mut().insert("product_key".into(), product_key.clone().into());
    let extensions = auto_subscribe(&vector.input);
    c_sdk(vector, Dialect::CSdkV3, None, &extensions);
}

pub(super) fn secret_c_sdk_v4(vector: &Vector) {
    let extend = vector.input.text("extend_clientid");
    c_sdk(vector, Dialect::CSdkV4, None, &pairs(&extend));
}

pub(super) fn secret_assigned_client_id(vector: &Vector) {
    vector.input.is("protocol", "MQTT 5 assigned client id");
    let extend = vector.input.text("extend_clientid");
    // These come from release 4.1.0, which differs in the version it tells.
    let mut extensions = vec![Param::new("_v", "sdk-c-4.1.0")];
    extensions.extend(pairs(&extend));
    c_sdk(vector, Dialect::CSdkV4, Some(ClientId::EMPTY), &extensions);
}

pub(super) fn secret_javascript(vector: &Vector) {
    let config = vector.input.object("config");
    let (product_key, device_name) = (config.text("productKey"), config.text("deviceName"));
    let secret = Secret::new(&config.text("deviceSecret")).unwrap();
    let key = SigningKey::new(Method::HmacSha1, &secret);
    let client_id = config.text_or_none("clientId");
    let tls = config.maybe("tls").is_some_and(|tls| tls == true);
    let region = config.text_or_none("region").unwrap_or_else(|| String::from("cn-shanghai"));
    config.done();
    let context = Context {
        client_id: client_id.as_deref().map(|id| ClientId::new(id).unwrap()),
        timestamp: Some(UnixMillis(vector.input.number("now_ms")).into()),
        transport: if tls { Transport::Tls } else { Transport::Tcp },
        dialect: Dialect::JavaScript,
        ..Context::default()
    };
    let connect =
        Identity::Device { device: device(&product_key, &device_name), key: &key }.connect(&context).unwrap();
    connects(vector, &connect, &secret);
    vector.expect.is("mqtt_password", connect.password());
    let place = Place { product_key: &product_key, region: &region, ..Place::default() };
    let endpoint = Endpoint::of(Service::Mqtt, &place).unwrap();
    let scheme = if tls { "mqtts" } else { "mqtt" };
    vector.expect.is("broker_url", format!("{scheme}://{endpoint}:{}/", endpoint.ports()[0]));
}

/// The package writes the documented form, but with a `regionId` among its options it signs that too. Nothing here does; a verifier that
/// is told of the mistake recognises it.
pub(super) fn secret_old_package(vector: &Vector) {
    let options = vector.input.object("options");
    let (product_key, device_name) = (options.text("productKey"), options.text("deviceName"));
    let secret = Secret::new(&options.text("deviceSecret")).unwrap();
    let region = options.text_or_none("regionId");
    options.done();
    let key = SigningKey::new(Method::HmacSha1, &secret);
    let uuid = vector.input.text("uuid");
    let context = Context {
        client_id: Some(ClientId::new(&uuid).unwrap()),
        timestamp: Some(UnixMillis(vector.input.number("now_ms")).into()),
        transport: Transport::Tcp,
        ..Context::default()
    };
    let connect =
        Identity::Device { device: device(&product_key, &device_name), key: &key }.connect(&context).unwrap();
    let (client_id, user_name) = (connect.client_id().to_string(), connect.user_name().to_string());
    vector.expect.is("mqtt_client_id", &client_id);
    vector.expect.is("mqtt_username", &user_name);
    let shown = vector.expect.text("mqtt_password");
    let claim = verify::connect(&client_id, Some(&user_name), Some(shown.as_bytes())).unwrap();
    let claim = match &region {
        None => {
            assert_eq!(connect.password(), shown);
            claim
        }
        Some(region) => {
            assert_eq!(claim.check(&secret, Window::Any), Err(Refusal::BadSignature));
            claim.tolerating(Bug::SignsRegion(region))
        }
    };
    vector.expect.is("sign_content", claim.content().unwrap().to_string());
    assert_eq!(claim.check(&secret, Window::Any), Ok(()));
    let region = region.as_deref().unwrap_or("cn-shanghai");
    let place = Place { product_key: &product_key, region, ..Place::default() };
    let endpoint = Endpoint::of(Service::Mqtt, &place).unwrap();
    vector.expect.is("url", format!("tcp://{endpoint}:{}", endpoint.ports()[0]));
}

pub(super) fn secret_python(vector: &Vector) {
    let input = &vector.input;
    let (product_key, device_name) = (input.text("product_key"), input.text("device_name"));
    let secret = vector.secret("device_secret");
    let key = SigningKey::new(Method::HmacSha1, &secret);
    let context = Context {
        timestamp: Some(UnixMillis(millis(&input.text("now_s"))).into()),
        transport: if input.flag("tls") { Transport::Tls } else { Transport::Tcp },
        dialect: Dialect::Python,
        ..Context::default()
    };
    let connect =
        Identity::Device { device: device(&product_key, &device_name), key: &key }.connect(&context).unwrap();
    connects(vector, &connect, &secret);
    vector.expect.is("mqtt_password", connect.password());
}

fn registration<'a>(auth_type: &str, instance_id: Option<&'a str>) -> Registration<'a> {
    match auth_type {
        "register" => Registration::Secret,
        "regnwl" => Registration::Token { instance_id },
        other => panic!("authType {other}"),
    }
}

pub(super) fn register(vector: &Vector) {
    let input = &vector.input;
    let (product_key, device_name) = (input.text("product_key"), input.text("device_name"));
    let secret = vector.secret("product_secret");
    let key = SigningKey::new(Method::parse(&input.text("sign_method")).unwrap(), &secret);
    let (random, instance_id, client_id) =
        (input.text("random"), input.text_or_none("instance_id"), input.text("client_id"));
    let identity = Identity::Product {
        device: device(&product_key, &device_name),
        key: &key,
        registration: registration(&input.text("auth_type"), instance_id.as_deref()),
        random: &random,
    };
    let context = Context { client_id: Some(ClientId::new(&client_id).unwrap()), ..Context::default() };
    let connect = identity.connect(&context).unwrap();
    connects(vector, &connect, &secret);
    vector.upper_and_lower("mqtt_password", &key, &connect.content().unwrap());
    assert!(vector.expect.flag("tls_required"));
    let plain = connect.client_id().to_string().replace("securemode=2", "securemode=3");
    if plain.contains("securemode=3") {
        let user_name = connect.user_name().to_string();
        let refusal =
            verify::connect(&plain, Some(&user_name), Some(connect.password().as_bytes())).unwrap_err();
        assert_eq!(refusal, Refusal::TlsRequired);
    }
}

fn register_sdk(vector: &Vector, dialect: Dialect, names: [&str; 5], instance_id: Option<&str>) {
    let [product_key, device_name, secret, auth_type, random] = names.map(|name| vector.input.text(name));
    let secret = Secret::new(&secret).unwrap();
    let key = SigningKey::new(Method::HmacSha256, &secret);
    let identity = Identity::Product {
        device: device(&product_key, &device_name),
        key: &key,
        registration: registration(&auth_type, instance_id),
        random: &random,
    };
    let connect = identity.connect(&Context { dialect, ..Context::default() }).unwrap();
    connects(vector, &connect, &secret);
    vector.expect.is("mqtt_password", connect.password());
}

const SNAKE: [&str; 5] = ["product_key", "device_name", "product_secret", "auth_type", "random"];

pub(super) fn register_c_sdk_v3(vector: &Vector) {
    register_sdk(vector, Dialect::CSdkV3, SNAKE, None);
}

pub(super) fn register_c_sdk_v4(vector: &Vector) {
    let host = vector.input.text("host");
    register_sdk(vector, Dialect::CSdkV4, SNAKE, instance_id_of(&host));
}

pub(super) fn register_python(vector: &Vector) {
    let instance_id = vector.input.text_or_none("instanceId");
    let names = ["productKey", "deviceName", "productSecret", "authType", "random"];
    register_sdk(vector, Dialect::Python, names, instance_id.as_deref());
}

pub(super) fn registered(vector: &Vector) {
    let mut payload = vector.input.text("payload").into_bytes();
    let topic = vector.input.text("topic");
    let answer = Registered::parse(&mut payload).unwrap();
    match &answer {
        Registered::Secret { device, secret } => {
            assert_eq!(topic, register::REGISTER_TOPIC);
            // A secret shows itself in what it signs.
            let expected = Secret::new(&vector.expect.text("device_secret")).unwrap();
            let sign = |secret: &Secret| {
                SigningKey::new(Method::HmacSha256, secret).sign(device.device_name()).as_bytes().to_vec()
            };
            assert_eq!(sign(secret), sign(&expected));
        }
        Registered::Token { .. } => {
            assert_eq!(topic, register::REGISTER_TOKEN_TOPIC);
            let next = vector.expect.object("next_connect");
            let expected = next.text("mqtt_client_id");
            let dialect = if expected.contains("lan=Python") { Dialect::Python } else { Dialect::CSdkV4 };
            let identity = answer.token_identity().unwrap();
            let connect = identity.connect(&Context { dialect, ..Context::default() }).unwrap();
            assert_eq!(connect.client_id().to_string(), expected);
            next.is("mqtt_username", connect.user_name().to_string());
            let token = next.text("mqtt_password");
            assert_eq!(connect.password(), token);
            next.done();
            verifies(&connect, &Secret::new(&token).unwrap());
            let documented = identity.connect(&Context::default()).unwrap().client_id().to_string();
            assert!(documented.ends_with("|securemode=-2,authType=connwl|"), "{documented}");
        }
        other => panic!("{other:?}"),
    }
}

pub(super) fn tls_psk(vector: &Vector) {
    let (product_key, device_name) = (vector.input.text("product_key"), vector.input.text("device_name"));
    let secret = vector.secret("device_secret");
    let timestamp = vector.input.text("timestamp");
    let device = device(&product_key, &device_name);
    let psk = Psk::at(device, &secret, Timestamp::Text(&timestamp));
    let identity = psk.identity().to_string();
    assert_eq!(Psk::new(device, &secret).identity().to_string(), identity);
    vector.expect.is("psk_identity", &identity);
    vector.expect.is("psk_sign_content", psk.identity().content().to_string());
    vector.expect.is("psk_key_ascii", std::str::from_utf8(psk.key().as_bytes()).unwrap());
    let hex: String = psk.key().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    vector.expect.is("psk_key_bytes_hex", hex);
    vector.expect.is("tls_cipher_suite", PSK_CIPHER_SUITE);
    let shown = PskIdentity::parse(&identity).unwrap();
    assert_eq!(shown.device(), device);
    assert_eq!(shown.key(&secret).as_bytes(), psk.key().as_bytes());
}

pub(super) fn certificate(vector: &Vector) {
    let client_id = vector.input.text("client_id");
    let timestamp = vector.input.text_or_none("timestamp");
    let known = match vector.input.value("known_identity") {
        serde_json::Value::Null => None,
        known => {
            let known = Object::new(String::from("known_identity"), known);
            let names = (known.text("productKey"), known.text("deviceName"));
            known.done();
            Some(names)
        }
    };
    let known = known.as_ref().map(|(product_key, device_name)| device(product_key, device_name));
    let context = Context {
        client_id: Some(ClientId::new(&client_id).unwrap()),
        timestamp: timestamp.as_deref().map(Timestamp::Text),
        ..Context::default()
    };
    let connect = Identity::Certificate { device: known }.connect(&context).unwrap();
    let (client_id, user_name) = (connect.client_id().to_string(), connect.user_name().to_string());
    vector.expect.is("mqtt_client_id", &client_id);
    vector.expect.is("mqtt_username", &user_name);
    vector.expect.is("mqtt_password", connect.password());
    let endpoint = Endpoint::of(Service::MqttX509, &Place::default()).unwrap();
    vector.expect.is("host", endpoint.to_string());
    vector.expect.is("port", endpoint.ports()[0].to_string());
    let claim = verify::connect(&client_id, Some(&user_name), Some(b"")).unwrap();
    assert_eq!(claim.device(), known);
    let any = Secret::new("").unwrap();
    assert_eq!(
        claim.check(&any, Window::Any),
        Err(Refusal::Unsigned),
        "the certificate speaks, not a password"
    );
}

pub(super) fn binding_csv(vector: &Vector) {
    let rows: Vec<Object> = vector
        .input
        .value("rows")
        .as_array()
        .unwrap()
        .iter()
        .map(|row| Object::new(String::from("row"), row.clone()))
        .collect();
    let texts: Vec<_> = rows
        .iter()
        .map(|row| {
            let texts = (row.text("product_key"), row.text("device_name"), row.text("serial_integer"));
            row.done();
            texts
        })
        .collect();
    let rows: Vec<_> = texts
        .iter()
        .map(|(product_key, device_name, serial)| BindingRow {
            device: device(product_key, device_name),
            serial: CertSn::new(&serial.parse::<u128>().unwrap().to_be_bytes()).unwrap(),
        })
        .collect();
    let text = csv(&rows).to_string();
    vector.expect.is("csv", &text);
    let read: Result<Vec<_>, _> = read_binding_csv(&text).unwrap().collect();
    assert_eq!(read.unwrap(), rows);
}

pub(super) fn identity_response(vector: &Vector) {
    vector.input.is("topic", x509::IDENTITY_TOPIC);
    let mut payload = vector.input.text("payload").into_bytes();
    let answer = IdentityResponse::parse(&mut payload).unwrap();
    vector.expect.is("productKey", answer.product_key);
    vector.expect.is("deviceName", answer.device_name);
}

pub(super) fn id2(vector: &Vector) {
    let input = &vector.input;
    let (product_key, device_name) = (input.text("product_key"), input.text("device_name"));
    let custom = input.text("custom_kv");
    let mut extensions = auto_subscribe(input);
    extensions.extend(pairs(&custom).into_iter().filter(|param| *param != Param::new("authtype", "id2")));
    let secret = Secret::new("any").unwrap();
    let key = SigningKey::new(Method::HmacSha256, &secret);
    let context = Context { extensions: &extensions, dialect: Dialect::CSdkV3, ..Context::default() };
    let connect =
        Identity::Id2 { device: device(&product_key, &device_name), key: &key }.connect(&context).unwrap();
    connects(vector, &connect, &secret);
    let place = Place { product_key: &product_key, ..Place::default() };
    let endpoint = Endpoint::of(Service::MqttId2, &place).unwrap();
    vector.expect.is("host", endpoint.to_string());
    vector.expect.is("port", endpoint.ports()[0].to_string());
}
