//! Each reason for refusal, told apart, and the codes a peer is told.
#![allow(clippy::unwrap_used, reason = "this is a test")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "tests have std")]

use std::time::Duration;

use iot_auth::http::{bootstrap_answer, legacy_answer, publish_answer, publish_path};
use iot_auth::openapi::{AccessKey, ApiParam, Common, Verb};
use iot_auth::verify::{GatewayCall, gateway};
use iot_auth::{
    Answer, AnswerError, Bug, Claim, Context, Device, Dialect, Field, GatewayRequest, Identity,
    IdentityError, Method, MethodError, Mode, Param, ParamRule, Refusal, Registered, Rule, Secret,
    SecretKind, SigningKey, SubDevice, UnixMillis, Window, verify,
};

const NOW: UnixMillis = UnixMillis(1_543_896_481_106);

fn device() -> Device<'static> {
    Device::new("a1AbCdEfGh1", "light-01").unwrap()
}

fn secret() -> Secret {
    Secret::new("0123456789abcdef0123456789abcdef").unwrap()
}

fn connect<'a>(client_id: &'a str, user_name: &'a str, password: &'a str) -> Result<Claim<'a>, Refusal> {
    verify::connect(client_id, Some(user_name), Some(password.as_bytes()))
}

#[test]
fn connections_that_cannot_be_read() {
    let user = "light-01&a1AbCdEfGh1";
    let table: &[(&str, &str, &str, Refusal)] = &[
        ("c", "", "", Refusal::UnknownMode),
        ("c", user, "p", Refusal::UnknownMode),
        ("c", "iotId", "", Refusal::Missing(Field::Token)),
        ("c|ext=1|", user, "p", Refusal::Missing(Field::SecureMode)),
        ("c|securemode=9|", user, "p", Refusal::UnknownMode),
        ("c|securemode=8|", user, "p", Refusal::Missing(Field::AuthType)),
        ("c|securemode=-2|", user, "p", Refusal::Missing(Field::AuthType)),
        ("c|securemode=2,authType=other|", user, "p", Refusal::UnknownMode),
        ("c|securemode=2,authType=register,authtype=id2|", user, "p", Refusal::Duplicate(Field::AuthType)),
        ("c|securemode=3,authType=register,random=1|", user, "p", Refusal::TlsRequired),
        ("c|securemode=2,authType=register,signmethod=hmacsha1|", user, "p", Refusal::Missing(Field::Random)),
        ("c|securemode=2,authType=register,random=1|", user, "", Refusal::Missing(Field::Sign)),
        ("c|securemode=-2,authType=connwl|", user, "", Refusal::Missing(Field::Token)),
        ("c|securemode=3,signmethod=hmacsha1|", "light-01", "p", Refusal::Missing(Field::UserName)),
        ("c|securemode=3,signmethod=hmacsha1|", "light-01&", "p", Refusal::Missing(Field::ProductKey)),
        ("c|securemode=3,signmethod=hmacsha1|", "&a1", "p", Refusal::Missing(Field::DeviceName)),
        ("c|securemode=3,signmethod=sha1|", user, "p", Refusal::Method(MethodError::Unknown)),
        ("c|securemode=3,signmethod=hmacsha1|", user, "", Refusal::Missing(Field::Sign)),
    ];
    for (client_id, user_name, password, refusal) in table {
        assert_eq!(connect(client_id, user_name, password).unwrap_err(), *refusal, "{client_id}");
    }
    let Refusal::Params(error) = connect("c|a=1,a=2|", user, "p").unwrap_err() else { panic!() };
    assert_eq!((error.rule, error.offset), (ParamRule::Duplicate, 6));
    let Refusal::Invalid(error) = connect("c|securemode=3,signmethod=hmacsha1|", "l/1&a1", "p").unwrap_err()
    else {
        panic!()
    };
    assert_eq!((error.field, error.rule, error.index), (Field::DeviceName, Rule::Character, 1));
}

#[test]
fn what_to_look_up() {
    let user = "light-01&a1AbCdEfGh1";
    let sign = "c|securemode=2,signmethod=hmacsha1|";
    for (client_id, user_name, password, mode, kind) in [
        (sign, user, "p", Mode::MqttSecret, SecretKind::Device),
        ("c|securemode=8,signmethod=hmacsha1,authtype=id2|", user, "p", Mode::MqttId2, SecretKind::Device),
        (
            "c|securemode=2,authType=register,random=1,signmethod=hmacsha1|",
            user,
            "p",
            Mode::MqttRegister,
            SecretKind::Product,
        ),
        (
            "c|securemode=-2,authType=regnwl,random=1,signmethod=hmacsha1|",
            user,
            "p",
            Mode::MqttRegisterToken,
            SecretKind::Product,
        ),
        ("c|securemode=-2,authType=connwl|", user, "p", Mode::MqttToken, SecretKind::Token),
        ("c|securemode=2|", "", "", Mode::MqttCertificate, SecretKind::Nothing),
        (sign, user, "", Mode::MqttCertificate, SecretKind::Nothing),
        ("c", "iotId", "iotToken", Mode::MqttSession, SecretKind::Token),
    ] {
        let claim = connect(client_id, user_name, password).unwrap();
        assert_eq!((claim.mode(), claim.secret_kind()), (mode, kind), "{client_id}");
    }
}

#[test]
fn tokens_are_compared_whole() {
    for (client_id, user_name) in [("c|securemode=-2,authType=connwl|", "abcd&a1"), ("c", "iotId")] {
        let claim = connect(client_id, user_name, "^1^2^token").unwrap();
        let check = |token: &str| claim.check(&Secret::new(token).unwrap(), Window::Any);
        assert_eq!(check("^1^2^token"), Ok(()));
        for wrong in ["", "^1^2^toke", "^1^2^token ", "^1^2^tokeN"] {
            assert_eq!(check(wrong), Err(Refusal::BadSignature), "{wrong}");
        }
        let key = SigningKey::new(Method::HmacSha1, &secret());
        assert_eq!(claim.check_with(&key, Window::Any), Err(Refusal::BadSignature));
    }
}

/// A signed connection with this timestamp, checked under a window around [`NOW`].
fn under_window(timestamp: Option<&str>, bug: Option<Bug<'_>>) -> Result<(), Refusal> {
    let key = SigningKey::new(Method::HmacSha256, &secret());
    let context = Context { timestamp: timestamp.map(iot_auth::Timestamp::Text), ..Context::default() };
    let connect = Identity::Device { device: device(), key: &key }.connect(&context).unwrap();
    let (client_id, user_name) = (connect.client_id().to_string(), connect.user_name().to_string());
    let claim = verify::connect(&client_id, Some(&user_name), Some(connect.password().as_bytes())).unwrap();
    let claim = bug.map_or(claim, |bug| claim.tolerating(bug));
    assert_eq!(claim.check(&secret(), Window::Any), Ok(()));
    let window = Window::Around { now: NOW, tolerance: Duration::from_secs(900) };
    assert_eq!(claim.check(&Secret::new("other").unwrap(), window), Err(Refusal::BadSignature));
    claim.check(&secret(), window)
}

#[test]
fn timestamps_under_a_window() {
    for (timestamp, result) in [
        ("1543896481106", Ok(())),
        ("1543895581106", Ok(())),
        ("1543895581105", Err(Refusal::Stale)),
        ("1543897381106", Ok(())),
        ("1543897381107", Err(Refusal::Stale)),
        ("2524608000000", Err(Refusal::Stale)),
        ("18446744073709551615", Err(Refusal::Stale)),
    ] {
        assert_eq!(under_window(Some(timestamp), None), result, "{timestamp}");
    }
    assert_eq!(under_window(None, None), Err(Refusal::Missing(Field::Timestamp)));
    for (timestamp, index) in [("", 0), ("15438x", 5), ("18446744073709551616", 0)] {
        let Err(Refusal::Invalid(error)) = under_window(Some(timestamp), None) else { panic!("{timestamp}") };
        assert_eq!((error.field, error.index), (Field::Timestamp, index), "{timestamp}");
    }
    assert_eq!(under_window(Some("1543896481"), None), Err(Refusal::Stale));
    assert_eq!(under_window(Some("1543896481"), Some(Bug::Seconds)), Ok(()));
    assert_eq!(under_window(Some("18446744073709551615"), Some(Bug::Seconds)), Err(Refusal::Stale));
}

#[test]
fn the_time_of_an_openapi_call() {
    let secret = secret();
    let access = AccessKey::new("testid", &secret).unwrap();
    let mut params = [ApiParam::ABSENT; 1];
    let query = access.query("Pub", &Common::new(NOW, "n"), &mut params).unwrap();
    let text = access.signed(Verb::Get, &query).to_string();
    let check = |now: u64| {
        let (mut text, mut slots) = (text.clone().into_bytes(), [ApiParam::ABSENT; 16]);
        let claim = verify::openapi(Verb::Get, &mut text, &mut slots).unwrap();
        let window = Window::Around { now: UnixMillis(now), tolerance: Duration::from_secs(900) };
        claim.check(&secret, window)
    };
    assert_eq!(check(NOW.0), Ok(()));
    assert_eq!(check(NOW.0 + 901_000), Err(Refusal::Stale));
    let (mut post, mut slots) = (text.clone().into_bytes(), [ApiParam::ABSENT; 16]);
    let claim = verify::openapi(Verb::Post, &mut post, &mut slots).unwrap();
    assert_eq!(claim.check(&secret, Window::Any), Err(Refusal::BadSignature), "the verb is signed");
    let refused = |text: &str, slots: usize| {
        let (mut text, mut room) = (text.as_bytes().to_vec(), [ApiParam::ABSENT; 16]);
        verify::openapi(Verb::Get, &mut text, &mut room[..slots]).unwrap_err()
    };
    assert_eq!(refused(&text, 3), Refusal::TooMany);
    assert_eq!(refused(&format!("{text}&Signature=x"), 16), Refusal::Duplicate(Field::Sign));
    assert_eq!(refused(&format!("{text}&Action=x"), 16), Refusal::Duplicate(Field::ParameterName));
    assert_eq!(refused(&text.replace("HMAC-SHA1", "HMAC-SHA256"), 16), Refusal::Method(MethodError::Unknown));
    assert_eq!(
        refused(&text.replace("SignatureVersion=1.0", "SignatureVersion=2.0"), 16),
        Refusal::UnknownMode
    );
    assert_eq!(refused(&text.replace("SignatureNonce", "Nonce"), 16), Refusal::Missing(Field::Random));
    assert_eq!(refused("a=%zz", 16), Refusal::Malformed(2));
}

#[test]
fn a_method_named_but_not_used() {
    let key = SigningKey::new(Method::HmacSha1, &secret());
    let context = Context::default();
    let connect = Identity::Device { device: device(), key: &key }.connect(&context).unwrap();
    let client_id = connect.client_id().to_string().replace("hmacsha1", "hmacsha256");
    let user_name = connect.user_name().to_string();
    let claim = verify::connect(&client_id, Some(&user_name), Some(connect.password().as_bytes())).unwrap();
    assert_eq!(claim.check(&secret(), Window::Any), Err(Refusal::BadSignature));
    assert_eq!(claim.check_with(&key, Window::Any), Err(Refusal::BadSignature), "a key of another method");
    assert_eq!(claim.tolerating(Bug::AlwaysSha1).check(&secret(), Window::Any), Ok(()));
}

#[test]
fn bodies_that_cannot_be_read() {
    let refused = |body: &str, slots: usize| {
        let (mut body, mut room) = (body.as_bytes().to_vec(), [Param::new("", ""); 16]);
        verify::https_auth(&mut body, &mut room[..slots]).unwrap_err()
    };
    let whole =
        r#"{"productKey":"a1","deviceName":"abcd","clientId":"c","sign":"00","signmethod":"hmacsha1"}"#;
    assert_eq!(refused(whole, 4), Refusal::TooMany);
    assert_eq!(refused(&whole[..20], 16), Refusal::Malformed(20));
    assert_eq!(refused(&whole.replace("\"c\"", "{\"a\":1}"), 16), Refusal::NotText);
    assert_eq!(refused(&whole.replace("\"c\"", "null"), 16), Refusal::NotText);
    assert_eq!(refused(&whole.replace("clientId", "sign"), 16), Refusal::Duplicate(Field::ParameterName));
    for (name, field) in [
        ("productKey", Field::ProductKey),
        ("deviceName", Field::DeviceName),
        ("clientId", Field::ClientId),
        ("\"sign\"", Field::Sign),
    ] {
        let other = if name.starts_with('"') { "\"x\"" } else { "x" };
        assert_eq!(refused(&whole.replace(name, other), 16), Refusal::Missing(field), "{name}");
    }
    let refused = |form: &str| verify::https_register(&mut form.as_bytes().to_vec()).unwrap_err();
    let form = "productKey=a1&deviceName=abcd&random=1&sign=00&signMethod=hmacsha1";
    assert_eq!(refused(&form.replace("random", "r")), Refusal::Missing(Field::Random));
    assert_eq!(refused(&form.replace("sign=", "s=")), Refusal::Missing(Field::Sign));
    assert_eq!(refused(&format!("{form}&random=2")), Refusal::Duplicate(Field::Random));
    assert_eq!(refused("productKey"), Refusal::Malformed(10));
    assert_eq!(
        verify::headers([("x-auth-name", "other"), ("x-auth-param-sign", "00")]).unwrap_err(),
        Refusal::UnknownMode
    );
    assert_eq!(verify::mns("GET", "/", &mut [], "Basic x").unwrap_err(), Refusal::UnknownMode);
    assert_eq!(verify::amqp("c|authMode=x|", b"").unwrap_err(), Refusal::UnknownMode);
}

#[test]
fn gateways_with_too_much_or_too_little() {
    let key = SigningKey::new(Method::HmacSha256, &secret());
    let subs = [SubDevice::new(device(), &key, NOW); 6];
    let error = GatewayRequest::BatchLogin(&subs).payload("1", Dialect::Documented).unwrap_err();
    assert_eq!((error.field, error.rule, error.index), (Field::DeviceList, Rule::TooLong, 5));
    let payload = GatewayRequest::TopoAdd(&subs).payload("1", Dialect::Documented).unwrap().to_string();
    let refused =
        |payload: &str, call| gateway(&mut payload.as_bytes().to_vec(), call, &mut [None; 5]).unwrap_err();
    assert_eq!(refused(&payload, GatewayCall::TopoAdd), Refusal::TooMany);
    assert_eq!(refused(&payload, GatewayCall::Login), Refusal::Missing(Field::DeviceList));
    let both = format!(
        r#"{{"sign":"00",{}"#,
        &GatewayRequest::Login(&subs[0]).payload("1", Dialect::Documented).unwrap().to_string()[1..]
    );
    assert_eq!(refused(&both, GatewayCall::Login), Refusal::Duplicate(Field::DeviceList));
    let batch = GatewayRequest::BatchLogin(&subs[..1]).payload("1", Dialect::CSdkV4).unwrap().to_string();
    let unnamed = batch.replace("signMethod", "x");
    assert_eq!(refused(&unnamed, GatewayCall::BatchLogin), Refusal::Missing(Field::SignMethod));
    let own = |count: usize| {
        let entry = &GatewayRequest::Login(&subs[0]).params(Dialect::Documented).unwrap().to_string();
        format!(r#"{{"deviceList":[{}]}}"#, vec![entry.as_str(); count].join(","))
    };
    let read = |text: String| gateway(&mut text.into_bytes(), GatewayCall::BatchLogin, &mut [None; 9]);
    assert_eq!((read(own(5)), read(own(6))), (Ok(5), Err(Refusal::TooMany)));
    let twice = batch.replace("\"cleanSession\"", "\"sign\"");
    assert_eq!(refused(&twice, GatewayCall::BatchLogin), Refusal::Duplicate(Field::Sign));
    // Beside the list or behind it, the method is found.
    let behind = batch
        .replace("\"signMethod\":\"hmacSha256\",", "")
        .replace("}]}", "}],\"signMethod\":\"hmacSha256\"}");
    let mut behind = behind.into_bytes();
    let mut claims = [None; 1];
    assert_eq!(gateway(&mut behind, GatewayCall::BatchLogin, &mut claims), Ok(1));
    assert_eq!(claims[0].unwrap().check(&secret(), Window::Any), Ok(()));
}

#[test]
fn codes_for_the_peer() {
    let error: IdentityError = Device::new("", "").unwrap_err();
    for (refusal, codes) in [
        (Refusal::UnknownMode, (2, 0x85, 10001, 460, 460, 460, 460, 0x80, 400)),
        (Refusal::Invalid(error), (2, 0x85, 10001, 460, 460, 460, 460, 0x80, 400)),
        (Refusal::Method(MethodError::Unknown), (2, 0x85, 10001, 460, 6292, 460, 460, 0x80, 400)),
        (Refusal::TlsRequired, (2, 0x85, 10001, 460, 460, 460, 460, 0x80, 400)),
        (Refusal::BadSignature, (4, 0x86, 20000, 401, 6600, 401, 6287, 0x81, 403)),
        (Refusal::Unsigned, (4, 0x86, 20000, 401, 6600, 401, 6287, 0x81, 403)),
        (Refusal::Stale, (5, 0x87, 20000, 401, 6600, 401, 6287, 0x81, 403)),
    ] {
        let told = (
            refusal.connack_3_1_1(),
            refusal.connack_5_0(),
            refusal.https_code(),
            refusal.legacy_code(),
            refusal.registration_code(),
            refusal.topology_code(),
            refusal.login_code(),
            refusal.coap_code(),
            refusal.http_status(),
        );
        assert_eq!(told, codes, "{refusal}");
    }
}

#[test]
fn answers() {
    let mut ok = *br#"{"code":0,"message":"success","info":{"messageId":892687627916247040}}"#;
    assert_eq!(publish_answer(&mut ok).unwrap().into_result().unwrap(), 892_687_627_916_247_040);
    let mut refused = *br#"{"code":20001,"message":"token is expired"}"#;
    let answer = publish_answer(&mut refused).unwrap();
    assert_eq!(answer, Answer { code: 20001, message: Some("token is expired"), body: None });
    assert_eq!(
        answer.into_result().unwrap_err().to_string(),
        "the platform answers code 20001: token is expired"
    );
    let broken = |text: &str| publish_answer(&mut text.as_bytes().to_vec()).unwrap_err();
    assert_eq!(broken("{"), AnswerError::Malformed(1));
    assert_eq!(broken("{}"), AnswerError::Missing(Field::Code));
    assert_eq!(broken(r#"{"code":"x"}"#), AnswerError::Invalid(Field::Code));
    assert_eq!(broken(r#"{"code":0,"code":1}"#), AnswerError::Duplicate(Field::Code));
    assert_eq!(broken(r#"{"code":0}"#), AnswerError::Missing(Field::MessageId));
    assert_eq!(broken(r#"{"code":0,"info":{"messageId":-1}}"#), AnswerError::Invalid(Field::MessageId));

    let mut legacy = *br#"{"code":200,"message":"success","data":{"iotId":"i1","iotToken":"t1",
        "resources":{"mqtt":{"host":"h.example","port":1883}}}}"#;
    let session = legacy_answer(&mut legacy).unwrap().into_result().unwrap();
    assert_eq!((session.iot_id, session.iot_token.reveal()), ("i1", "t1"));
    let broker = session.broker.unwrap();
    assert_eq!((broker.host, broker.port), ("h.example", 1883));
    for text in [
        r#"{"code":200,"data":{"resources":{"mqtt":{"host":"h.example","port":1883}}}}"#,
        r#"{"host":"h.example","port":"1883"}"#,
    ] {
        let mut text = text.as_bytes().to_vec();
        assert_eq!(bootstrap_answer(&mut text).unwrap().into_result().unwrap(), broker);
    }
    let mut text = *br#"{"code":6288,"message":"no"}"#;
    assert_eq!(Registered::parse_https(&mut text).unwrap().into_result().unwrap_err().code, 6288);
    assert!(Registered::parse_coap(&mut br#"{"deviceSecret":"s"}"#.to_owned()).is_ok());
    assert_eq!(
        Registered::parse(&mut br#"{"productKey":"a1","deviceName":"abcd"}"#.to_owned()).unwrap_err(),
        AnswerError::Missing(Field::Token)
    );
    assert_eq!(publish_path("a/b").unwrap_err().field, Field::Topic);
    assert_eq!(publish_path("/a?b").unwrap_err().index, 2);
}

#[test]
fn connections_that_cannot_be_written() {
    let key = SigningKey::new(Method::HmacSha1, &secret());
    let identity = Identity::Device { device: device(), key: &key };
    let extended = |extensions: &[Param<'_>]| {
        let error = identity.connect(&Context { extensions, ..Context::default() }).unwrap_err();
        (error.field, error.rule, error.index)
    };
    let ext = Param::new("ext", "1");
    assert_eq!(extended(&[ext, Param::new("timestamp", "1")]), (Field::ParameterName, Rule::Duplicate, 1));
    assert_eq!(extended(&[ext, ext]), (Field::ParameterName, Rule::Duplicate, 1));
    assert_eq!(extended(&[Param::new("a,b", "1")]), (Field::ParameterName, Rule::Character, 0));
    assert_eq!(extended(&[ext, Param::new("a", "1,2")]), (Field::ParameterName, Rule::Character, 1));
    let registration = iot_auth::Registration::Token { instance_id: Some("iot|1") };
    let product = Identity::Product { device: device(), key: &key, registration, random: "1" };
    assert_eq!(product.connect(&Context::default()).unwrap_err().field, Field::InstanceId);
    let login = |group| {
        iot_auth::AmqpLogin::new("c", "ak", &key, group, NOW).user_name().map(|name| name.to_string())
    };
    assert!(login("g").is_ok());
    assert_eq!(login("a,b").unwrap_err().index, 1);
    let first = Identity::Certificate { device: None }.connect(&Context::default()).unwrap_err();
    assert_eq!((first.field, first.rule), (Field::ClientId, Rule::Missing));
}
