//! Signing and verifying allocate nothing, whatever the mode, with buffers that were there before.
#![allow(clippy::unwrap_used, reason = "this is a test")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "tests have std")]

use allocation_counter::measure;
use iot_auth::coap::{CoapAuth, Seq};
use iot_auth::http::{HttpAuth, auth_answer};
use iot_auth::http2::DeviceHeaders;
use iot_auth::openapi::{AccessKey, ApiParam, Common, Verb, action};
use iot_auth::verify::{GatewayCall, gateway};
use iot_auth::{
    AmqpLogin, Context, Device, Dialect, GatewayRequest, Identity, Method, MnsRequest, Param, Pieces, Psk,
    RegisterRequest, Registrant, Registration, Secret, SigningKey, SubDevice, Token, UnixMillis, Window,
    verify,
};

/// Runs `work` once to warm up and once to count.
#[track_caller]
fn nothing(mut work: impl FnMut()) {
    work();
    let counted = measure(work);
    assert_eq!(counted.count_total, 0, "{counted:?}");
}

const TIME: UnixMillis = UnixMillis(1_543_896_481_106);

fn device() -> Device<'static> {
    Device::new("a1AbCdEfGh1", "light-01").unwrap()
}

fn secret() -> Secret {
    Secret::new("0123456789abcdef0123456789abcdef").unwrap()
}

#[test]
fn the_count_counts() {
    assert!(measure(|| drop(std::hint::black_box(vec![1]))).count_total > 0);
}

#[test]
fn connections() {
    let mut client_id = [0; 256];
    let mut user_name = [0; 64];
    for method in ["hmacmd5", "hmacsha1", "hmacsha256"].iter().filter_map(|name| Method::parse(name).ok()) {
        nothing(|| {
            let secret = secret();
            let key = SigningKey::new(method, &secret);
            for dialect in
                [Dialect::Documented, Dialect::CSdkV3, Dialect::CSdkV4, Dialect::Python, Dialect::JavaScript]
            {
                let registration = Registration::Secret;
                for identity in [
                    Identity::Device { device: device(), key: &key },
                    Identity::Product {
                        device: device(),
                        key: &key,
                        registration,
                        random: "8Ygb7ULYh53B6OA",
                    },
                ] {
                    let extensions = [Param::new("ext", "1")];
                    let context = Context {
                        timestamp: Some(TIME.into()),
                        dialect,
                        extensions: &extensions,
                        ..Context::default()
                    };
                    let connect = identity.connect(&context).unwrap();
                    let client_id = connect.client_id().write_to(&mut client_id).unwrap();
                    let user_name = connect.user_name().write_to(&mut user_name).unwrap();
                    let password = connect.password().as_bytes();
                    let claim = verify::connect(client_id, Some(user_name), Some(password)).unwrap();
                    claim.check(&secret, Window::Any).unwrap();
                    claim.check_with(&key, Window::Any).unwrap();
                }
            }
        });
    }
}

#[test]
fn requests_of_devices() {
    let (secret, mut out) = (secret(), [0; 512]);
    let key = SigningKey::new(Method::HmacSha256, &secret);
    nothing(|| {
        let auth = HttpAuth { timestamp: Some(TIME.into()), ..HttpAuth::new(device(), &key) };
        let len = auth.body(Dialect::Documented).write_to(&mut out).unwrap().len();
        let mut slots = [Param::new("", ""); 16];
        verify::https_auth(&mut out[..len], &mut slots).unwrap().check(&secret, Window::Any).unwrap();
    });
    nothing(|| {
        let auth = HttpAuth::new(device(), &key);
        let len = auth.legacy_form().write_to(&mut out).unwrap().len();
        let mut slots = [Param::new("", ""); 16];
        verify::https_legacy(&mut out[..len], &mut slots).unwrap().check(&secret, Window::Any).unwrap();
    });
    let register = RegisterRequest { device: device(), key: &key, random: "123" };
    nothing(|| {
        let len = register.form(Dialect::Documented).write_to(&mut out).unwrap().len();
        verify::https_register(&mut out[..len]).unwrap().check(&secret, Window::Any).unwrap();
        let len = register.json().write_to(&mut out).unwrap().len();
        verify::coap_register(&mut out[..len]).unwrap().check(&secret, Window::Any).unwrap();
    });
    nothing(|| {
        let auth = CoapAuth { seq: Some(Seq::Number(10)), ..CoapAuth::new(device(), &key) };
        let len = auth.payload(Dialect::Documented).write_to(&mut out).unwrap().len();
        let mut slots = [Param::new("", ""); 16];
        verify::coap_auth(&mut out[..len], &mut slots).unwrap().check(&secret, Window::Any).unwrap();
    });
    nothing(|| {
        let mut headers = 0;
        DeviceHeaders::new(device(), &key).each(Dialect::Python, |_, value| headers += value.text_len());
        assert!(headers > 0);
        assert_eq!(Psk::new(device(), &secret).key().as_bytes().len(), 64);
        let mut answer = *br#"{"code":0,"message":"\u6210\u529f","info":{"token":"6944e5bf\/"}}"#;
        assert_eq!(auth_answer(&mut answer).unwrap().body.unwrap().reveal(), "6944e5bf/");
    });
}

#[cfg(feature = "cbc")]
#[test]
fn sealing() {
    let (secret, mut out) = (secret(), [0; 512]);
    nothing(|| {
        let session = iot_auth::coap::CoapSession::derive(&secret, "8fe3c8d50e101234");
        let len = session.seal(&[7; 300], &mut out).unwrap().len();
        assert_eq!(session.open(&mut out[..len]).unwrap(), [7; 300]);
        session.seal_seq(7, &mut [0; 32]);
    });
}

#[test]
fn requests_of_gateways() {
    let (secret, mut out) = (secret(), [0; 2048]);
    let key = SigningKey::new(Method::HmacSha256, &secret);
    let subs = [SubDevice::new(device(), &key, TIME); 5];
    let registrants = [Registrant { device: device(), key: &key, random: "123" }; 5];
    nothing(|| {
        for (request, call) in [
            (GatewayRequest::TopoAdd(&subs), GatewayCall::TopoAdd),
            (GatewayRequest::BatchLogin(&subs), GatewayCall::BatchLogin),
            (GatewayRequest::ProductRegister(&registrants), GatewayCall::ProductRegister),
        ] {
            let len = request.payload("1", Dialect::CSdkV4).unwrap().write_to(&mut out).unwrap().len();
            let mut claims = [None; 5];
            assert_eq!(gateway(&mut out[..len], call, &mut claims), Ok(5));
            for claim in claims.iter().flatten() {
                claim.check_with(&key, Window::Any).unwrap();
            }
        }
    });
}

#[test]
fn requests_of_applications() {
    let (secret, mut out) = (secret(), [0; 1024]);
    nothing(|| {
        let access = AccessKey::new("testid", &secret).unwrap().with_security_token(Token::new("token"));
        let message = b"{}";
        let publish = action::Pub {
            product_key: "a1",
            topic: "/a1/d/get",
            message,
            at_least_once: None,
            instance_id: None,
        };
        let mut params = publish.params();
        let query = access.query(action::Pub::ACTION, &Common::new(TIME, "n"), &mut params).unwrap();
        let len = access.signed(Verb::Get, &query).write_to(&mut out).unwrap().len();
        let mut slots = [ApiParam::ABSENT; 16];
        let claim = verify::openapi(Verb::Get, &mut out[..len], &mut slots).unwrap();
        claim.check(&secret, Window::Any).unwrap();
    });
    let key = SigningKey::new(Method::HmacSha1, &secret);
    nothing(|| {
        let login = AmqpLogin::new("c", "testid", &key, "group", TIME);
        login.user_name().unwrap().sasl_response(&mut out).unwrap();
        let user_name = login.user_name().unwrap().write_to(&mut out).unwrap();
        let password = login.password();
        let claim = verify::amqp(user_name, password.as_str().as_bytes()).unwrap();
        claim.check(&secret, Window::Any).unwrap();
        let mut headers = [Param::new("x-mns-version", "2015-06-06"), Param::new("date", "d")];
        let request = MnsRequest::new("GET", "/queues/q/messages", &mut headers).unwrap();
        request.authorization("testid", &key).write_to(&mut out).unwrap();
    });
}
