//! Formats every public value and error that has seen a secret, and looks for the secret in what is printed.
#![allow(clippy::unwrap_used, reason = "this is a test")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "tests have std")]

use std::any::type_name;
use std::collections::BTreeSet;
use std::fmt::{Debug, Display, Write};

use iot_auth::bridge::{Bridge, BridgeCall, BridgeSize};
use iot_auth::coap::{self, CoapAnswer, CoapAuth, Seq};
use iot_auth::http::{self, HttpAuth, auth_answer, legacy_answer};
use iot_auth::http2::{AppKeyHeaders, DeviceHeaders};
use iot_auth::openapi::{AccessKey, ApiParam, ApiValue, Common, Query, Verb, action, percent_encoded};
use iot_auth::verify::{GatewayCall, gateway};
use iot_auth::{
    AmqpLogin, Bug, Case, Claimant, ClientId, Context, Device, Dialect, Endpoint, Field, GatewayRequest,
    Identity, Method, MnsRequest, Mode, Param, ParamList, Pieces, Place, Psk, PskIdentity, RegisterRequest,
    Registered, Registrant, Registration, Rule, Secret, SecretKind, Security, Service, SigningKey, SubDevice,
    Timestamp, Token, Transport, UnixMillis, Window, codes, mns_queue, verify, x509,
};

const SECRET: &str = "Very-Secret-0123456789abcdef";
const TOKEN: &str = "Very-Secret-token^1^2";

/// Everything printed, with what must not be in it.
#[derive(Default)]
struct Log {
    text: String,
    /// Credentials made from the secret: as bad in a log as the secret.
    credentials: Vec<String>,
    /// The types that were printed.
    types: BTreeSet<&'static str>,
}

impl Log {
    fn debug<T: Debug>(&mut self, value: &T) {
        self.types.insert(type_name::<T>());
        writeln!(self.text, "{value:?} {value:#?}").unwrap();
    }

    /// For types whose `Display` is for logs. That of a request is for the wire: it holds a signature, never a secret.
    fn display<T: Display>(&mut self, value: &T) {
        writeln!(self.text, "{value}").unwrap();
    }

    fn error<E: std::error::Error>(&mut self, error: &E) {
        self.debug(error);
        self.display(error);
    }

    fn credential(&mut self, text: &str) {
        assert!(text.len() >= 16);
        self.credentials.push(String::from(text));
    }

    /// Every public type of the sources must have been printed.
    fn covers_all_types(&self) {
        let printed = |name: &str| {
            let whole = |end: usize| !self.text_of_types()[end..].starts_with(|c: char| c.is_alphanumeric());
            self.text_of_types()
                .match_indices(&format!("::{name}"))
                .any(|(at, found)| whole(at + found.len()))
        };
        let missing: Vec<String> = public_types().into_iter().filter(|name| !printed(name)).collect();
        assert!(missing.is_empty(), "never printed: {missing:?}");
    }

    fn text_of_types(&self) -> String {
        self.types.iter().copied().collect::<Vec<_>>().join("\n")
    }

    fn search(&self) {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let list = |bytes: &[u8]| format!("{:?}", &bytes[..6]).replace(['[', ']'], "");
        let plain = self.text.to_lowercase();
        for secret in [SECRET, TOKEN] {
            for form in [String::from(secret), hex(secret.as_bytes()), list(secret.as_bytes())] {
                assert!(!plain.contains(&form.to_lowercase()), "{form} is printed");
            }
            assert!(!plain.contains("very-secret"));
        }
        for credential in &self.credentials {
            assert!(!plain.contains(&credential.to_lowercase()), "{credential} is printed");
            assert!(!plain.contains(&list(credential.as_bytes())), "{credential} is printed as bytes");
        }
    }
}

/// The public structs and enums of the sources.
fn public_types() -> Vec<String> {
    let mut names = Vec::new();
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(path).unwrap();
            for line in source.lines() {
                let Some(name) = line.strip_prefix("pub struct ").or(line.strip_prefix("pub enum ")) else {
                    continue;
                };
                names.push(name.chars().take_while(|c| c.is_alphanumeric()).collect());
            }
        }
    }
    assert!(names.len() > 60, "{names:?}");
    names
}

/// The types that hold no secret, or nothing secret yet; where text goes in, it is a secret for once.
fn no_secret_inside(log: &mut Log) {
    let device = Device::new("a1AbCdEfGh1", "light-01").unwrap();
    let place = Place { product_key: "a1AbCdEfGh1", region: "cn-shanghai", ..Place::default() };
    let time = UnixMillis(1_543_896_481_106);
    log.debug(&(device, ClientId::dotted(&device), time, Timestamp::At(time), Case::Upper));
    log.debug(&(Dialect::Documented, Transport::Tls, Registration::Secret, Method::HmacSha1));
    log.debug(&(
        place,
        Endpoint::of(Service::Mqtt, &place),
        Endpoint::of(Service::BridgeAuth, &place).unwrap().url(),
    ));
    log.debug(&(Service::Amqp, Security::Tls, BridgeSize::Large, codes::CODES[0], codes::Call::Https));
    log.debug(&(Mode::OpenApi, Claimant::AccessKey("k"), SecretKind::Device, Window::Any, Bug::Seconds));
    log.debug(&(Field::Sign, Rule::Missing, GatewayCall::Login, Verb::Get, Seq::Number(1)));
    log.debug(&(coap::pull(1).unwrap(), mns_queue("a1"), http::publish_path("/a").unwrap()));
    log.debug(&http::bootstrap_form(&device));
    log.debug(&PskIdentity::parse("devicename|hmacsha256|a1&light-01|1").unwrap().content());
    log.error(&"text".write_to(&mut []).unwrap_err());
    log.error(&Method::parse(SECRET).unwrap_err());
    log.error(&ParamList::parse(SECRET).unwrap_err());
    log.debug(&ParamList::parse(SECRET).unwrap_err().rule);
    let params = [Param::new("securityToken", TOKEN), Param::new("sign", SECRET)];
    log.debug(&(ParamList::new("c", &params).unwrap(), params[0]));
    let mut broker = br#"{"code":200,"data":{"resources":{"mqtt":{"host":"h","port":1}}}}"#.to_owned();
    log.debug(&http::bootstrap_answer(&mut broker).unwrap());
    let mut refused = br#"{"code":20000,"message":"no"}"#.to_owned();
    log.error(&auth_answer(&mut refused).unwrap().into_result().unwrap_err());

    let mut payload = *br#"{"productKey":"a1","deviceName":"light-01"}"#;
    log.debug(&x509::IdentityResponse::parse(&mut payload).unwrap());
    let rows = [x509::BindingRow { device, serial: x509::CertSn::parse("dd3d").unwrap() }];
    log.debug(&(rows[0], rows[0].serial));
    log.debug(&x509::binding_csv(&rows));
    log.error(&x509::read_binding_csv(SECRET).map(drop).unwrap_err());

    #[cfg(feature = "cbc")]
    {
        let session = coap::CoapSession::derive(&Secret::new(SECRET).unwrap(), "random");
        log.error(&session.open(&mut [0; 15]).unwrap_err());
    }

    let key = SigningKey::new(Method::HmacSha1, &Secret::new(SECRET).unwrap());
    let sub = SubDevice::new(device, &key, time);
    let request = GatewayRequest::Login(&sub);
    log.debug(&(request.topic(&device), request.params(Dialect::Documented).unwrap()));

    log.debug(&action::RegisterDevice::default());
    let device = action::DeviceRef::IotId("i");
    log.debug(&(device, action::QueryDeviceDetail { device, instance_id: None }));
    log.debug(&action::PubBroadcast { product_key: "a1", topic: None, message: b"m", instance_id: None });
    let (topic, product_key, device_name) = ("/a1/light-01/user/get", "a1", "light-01");
    log.debug(&action::Pub { product_key, topic, message: b"m", at_least_once: None, instance_id: None });
    let (request, timeout_millis) = (b"m".as_slice(), 1000);
    log.debug(&action::RRpc {
        product_key,
        device_name,
        request,
        timeout_millis,
        topic: None,
        instance_id: None,
    });
    log.debug(&action::UpdateDeviceShadow::default());
    let mut params = [ApiParam::new("SecurityToken", TOKEN)];
    log.debug(&(params[0], ApiValue::Text(TOKEN), Common::new(time, "n")));
    let query = Query::new(&mut params).unwrap();
    log.debug(&(query, query.string_to_sign(Verb::Post), percent_encoded("a")));
}

#[test]
fn nothing_printed_holds_a_secret() {
    let mut log = Log::default();
    let secret = Secret::new(SECRET).unwrap();
    let key = SigningKey::new(Method::HmacSha256, &secret);
    let token = Token::new(TOKEN);
    let device = Device::new("a1AbCdEfGh1", "light-01").unwrap();
    let time = UnixMillis(1_543_896_481_106);
    log.debug(&secret);
    log.debug(&secret.clone());
    log.debug(&key);
    log.debug(&token);
    log.error(&Secret::new(&SECRET.repeat(9)).unwrap_err());

    let signature = key.sign("content");
    for text in [signature.hex(Case::Upper).as_str(), signature.base64().as_str()] {
        log.credential(text);
    }
    log.debug(&signature);
    log.debug(&signature.hex(Case::Lower));
    log.debug(&signature.base64());

    let registered =
        br#"{"productKey":"a1","deviceName":"abcd","deviceSecret":"Very-Secret-0123456789abcdef"}"#;
    log.debug(&Registered::parse(&mut registered.to_owned()).unwrap());
    let https = br#"{"code":200,"data":{"productKey":"a1","deviceName":"abcd","deviceSecret":"Very-Secret-0123456789abcdef"}}"#;
    log.debug(&Registered::parse_https(&mut https.to_owned()).unwrap());
    let with_token =
        br#"{"productKey":"a1","deviceName":"abcd","clientId":"c","deviceToken":"Very-Secret-token^1^2"}"#;
    let mut with_token = with_token.to_owned();
    let with_token = Registered::parse(&mut with_token).unwrap();
    log.debug(&with_token);
    let long = format!(r#"{{"productKey":"a1","deviceName":"abcd","deviceSecret":"{}"}}"#, SECRET.repeat(9));
    log.error(&Registered::parse(&mut long.into_bytes()).unwrap_err());
    log.debug(
        &auth_answer(&mut br#"{"code":0,"info":{"token":"Very-Secret-token^1^2"}}"#.to_owned()).unwrap(),
    );
    let legacy = br#"{"code":200,"data":{"iotId":"i","iotToken":"Very-Secret-token^1^2"}}"#;
    log.debug(&legacy_answer(&mut legacy.to_owned()).unwrap());
    let mut coap = br#"{"random":"r","seqOffset":1,"token":"Very-Secret-token^1^2"}"#.to_owned();
    let coap = CoapAnswer::parse(&mut coap).unwrap();
    log.debug(&coap);
    #[cfg(feature = "cbc")]
    log.debug(&coap::CoapSession::new(&secret, &coap).unwrap());

    let context = Context { timestamp: Some(time.into()), ..Context::default() };
    for identity in [
        Identity::Device { device, key: &key },
        Identity::Product { device, key: &key, registration: Registration::Secret, random: "r" },
        with_token.token_identity().unwrap(),
        Identity::Certificate { device: Some(device) },
        Identity::Id2 { device, key: &key },
    ] {
        let connect = identity.connect(&context).unwrap();
        log.debug(&identity);
        log.debug(&connect);
        if connect.password().len() >= 16 {
            log.credential(connect.password());
        }
        log.debug(&connect.client_id());
        log.display(&connect.client_id());
        log.debug(&connect.user_name());
        log.display(&connect.user_name());
        if let Some(content) = connect.content() {
            log.debug(&content);
            log.display(&content);
        }
        #[cfg(feature = "alloc")]
        log.debug(&connect.to_owned());
        let (client_id, user_name) = (connect.client_id().to_string(), connect.user_name().to_string());
        let claim =
            verify::connect(&client_id, Some(&user_name), Some(connect.password().as_bytes())).unwrap();
        log.debug(&claim);
        if let Err(refusal) = claim.check(&Secret::new("other").unwrap(), Window::Any) {
            log.error(&refusal);
        }
    }
    log.debug(&context);

    let psk = Psk::new(device, &secret);
    log.credential(std::str::from_utf8(psk.key().as_bytes()).unwrap());
    log.debug(&psk);
    log.debug(psk.key());
    log.debug(psk.identity());
    log.display(psk.identity());

    let register = RegisterRequest { device, key: &key, random: "r" };
    log.debug(&register);
    log.debug(&register.form(Dialect::Documented));
    log.debug(&register.json());
    let mut form = register.form(Dialect::Documented).to_string().into_bytes();
    log.debug(&verify::https_register(&mut form).unwrap());
    let http = HttpAuth::new(device, &key);
    log.debug(&http);
    log.debug(&http.body(Dialect::Documented));
    let mut body = http.body(Dialect::Documented).to_string().into_bytes();
    let sign = key.sign(&http.content(Dialect::Documented)).hex(Case::Upper);
    let mut slots = [Param::new("", ""); 16];
    let claim = verify::https_auth(&mut body, &mut slots).unwrap();
    log.credential(sign.as_str());
    log.debug(&claim);
    log.debug(&claim.content());
    let coap = CoapAuth { seq: Some(Seq::Number(1)), ..CoapAuth::new(device, &key) };
    log.debug(&coap);
    log.debug(&coap.payload(Dialect::Documented));
    let headers = DeviceHeaders::new(device, &key);
    log.debug(&headers);
    headers.each(Dialect::Python, |_, value| log.debug(&value));
    let headers = AppKeyHeaders::new("k", &key, "r");
    log.debug(&headers);
    headers.each(|_, value| log.debug(&value));

    let sub = SubDevice::new(device, &key, time);
    let registrant = Registrant { device, key: &key, random: "r" };
    log.debug(&sub);
    log.debug(&registrant);
    let request = GatewayRequest::Login(&sub);
    log.debug(&request);
    log.debug(&request.payload("1", Dialect::Documented).unwrap());
    let mut payload = request.payload("1", Dialect::Documented).unwrap().to_string().into_bytes();
    let mut claims = [None; 1];
    gateway(&mut payload, GatewayCall::Login, &mut claims).unwrap();
    log.debug(&claims);

    let access = AccessKey::new("LTAItestid", &secret).unwrap().with_security_token(token);
    log.debug(&access);
    let mut params = [ApiParam::ABSENT; 1];
    let query = access.query("Pub", &Common::new(time, "n"), &mut params).unwrap();
    log.credential(access.signature(Verb::Get, &query).as_str());
    log.debug(&access.signed(Verb::Get, &query));
    let mut sent = access.signed(Verb::Get, &query).to_string().into_bytes();
    let mut slots = [ApiParam::ABSENT; 16];
    log.debug(&verify::openapi(Verb::Get, &mut sent, &mut slots).unwrap());

    let login =
        AmqpLogin { security_token: Some(token), ..AmqpLogin::new("c", "LTAItestid", &key, "g", time) };
    log.credential(login.password().as_str());
    log.debug(&login);
    log.debug(&login.user_name().unwrap());
    let (user_name, password) = (login.user_name().unwrap().to_string(), login.password());
    log.debug(&verify::amqp(&user_name, password.as_str().as_bytes()).unwrap());
    let mut headers = [Param::new("date", "d")];
    let request = MnsRequest::new("GET", "/queues/q", &mut headers).unwrap();
    log.debug(&request);
    log.debug(&request.authorization("LTAItestid", &key));

    let place = Place { product_key: "a1AbCdEfGh1", region: "cn-shanghai", ..Place::default() };
    log.debug(&Bridge { device, place, size: BridgeSize::Large });
    log.debug(&BridgeCall::Online(device));

    no_secret_inside(&mut log);
    assert!(log.text.len() > 10_000, "something was printed");
    if cfg!(all(feature = "alloc", feature = "cbc")) {
        log.covers_all_types();
    }
    log.search();
}
