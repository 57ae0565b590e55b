//! What is written reads back, what is signed verifies, and one bit changed in anything signed is refused: in every mode.
#![allow(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "this is a test")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "tests have std")]

use std::ops::Range;

use iot_auth::coap::{CoapAuth, Seq};
use iot_auth::http::HttpAuth;
use iot_auth::http2::{AppKeyHeaders, DeviceHeaders};
use iot_auth::openapi::{AccessKey, ApiParam, Common, Verb, action};
use iot_auth::verify::{GatewayCall, gateway};
use iot_auth::{
    AmqpLogin, Claim, ClientId, Context, Device, Dialect, GatewayRequest, Identity, Method, MnsRequest,
    Param, ParamList, Pieces, RegisterRequest, Registrant, Registration, Secret, SigningKey, SubDevice,
    Timestamp, Token, UnixMillis, Window, verify,
};
use proptest::prelude::*;

/// What every request is made of.
#[derive(Clone, Debug)]
struct Recipe {
    method: Method,
    secret: String,
    product_key: String,
    device_name: String,
    client_id: String,
    random: String,
    millis: u64,
    seq: u64,
}

fn recipe() -> impl Strategy<Value = Recipe> {
    let methods = ["hmacmd5", "hmacsha1", "hmacsha256"];
    let methods: Vec<Method> = methods.iter().filter_map(|name| Method::parse(name).ok()).collect();
    (
        proptest::sample::select(methods),
        "[ -~]{1,90}",
        "[a-zA-Z0-9]{1,20}",
        "[a-zA-Z0-9_.-]{4,32}",
        "[a-zA-Z0-9_.-]{1,64}",
        "[a-zA-Z0-9]{1,24}",
        1_000_000_000_000_u64..9_000_000_000_000,
        0_u64..1_000_000,
    )
        .prop_map(|(method, secret, product_key, device_name, client_id, random, millis, seq)| Recipe {
            method,
            secret,
            product_key,
            device_name,
            client_id,
            random,
            millis,
            seq,
        })
}

/// A request as it goes over the wire, and where its signed fields are.
#[derive(Clone, Debug, Default)]
struct Wire {
    parts: Vec<Vec<u8>>,
    signed: Vec<(usize, Range<usize>)>,
}

impl Wire {
    /// A part whose signed fields stand behind the given markers and end before one of `ends`.
    fn part(&mut self, text: impl ToString, fields: &[&str], ends: &str) {
        let text = text.to_string();
        for marker in fields {
            let start = text.find(marker).unwrap_or_else(|| panic!("{marker} in {text}")) + marker.len();
            let len = text[start..].find(|c| ends.contains(c)).unwrap_or(text.len() - start);
            self.signed.push((self.parts.len(), start..start + len));
        }
        self.parts.push(text.into_bytes());
    }

    fn new(text: impl ToString, fields: &[&str], ends: &str) -> Self {
        let mut wire = Self::default();
        wire.part(text, fields, ends);
        wire
    }
}

/// Parses and checks a request; the reason it is refused, if it is.
type Verify = fn(&Recipe, &mut [Vec<u8>]) -> Result<(), String>;

const JSON: [&str; 4] = [r#""productKey":""#, r#""deviceName":""#, r#""clientId":""#, r#""sign":""#];
const JSON_REGISTER: [&str; 4] = [r#""productKey":""#, r#""deviceName":""#, r#""random":""#, r#""sign":""#];

/// Every mode: its name, a request, and how it is verified.
fn modes(recipe: &Recipe) -> Vec<(&'static str, Wire, Verify)> {
    let secret = Secret::new(&recipe.secret).unwrap();
    let key = SigningKey::new(recipe.method, &secret);
    let device = Device::new(&recipe.product_key, &recipe.device_name).unwrap();
    let client_id = ClientId::new(&recipe.client_id).unwrap();
    let time = UnixMillis(recipe.millis);
    let timestamp = Some(Timestamp::At(time));
    let mut modes: Vec<(&'static str, Wire, Verify)> = Vec::new();

    for dialect in
        [Dialect::Documented, Dialect::CSdkV3, Dialect::CSdkV4, Dialect::Python, Dialect::JavaScript]
    {
        let context = Context { client_id: Some(client_id), timestamp, dialect, ..Context::default() };
        let mut connect = |name, identity: Identity<'_>, field: &str| {
            let connect = identity.connect(&context).unwrap();
            let mut wire = Wire::default();
            wire.part(connect.client_id(), &[field], ",|");
            wire.part(connect.user_name(), &["", "&"], "&");
            wire.part(connect.password(), &[""], "");
            modes.push((name, wire, mqtt as Verify));
        };
        connect("MQTT", Identity::Device { device, key: &key }, "timestamp=");
        let registration = Registration::Token { instance_id: Some("iot-1") };
        let product = Identity::Product { device, key: &key, registration, random: &recipe.random };
        connect("MQTT registration", product, "random=");
        // The client id proper is signed too, but not in a registration.
        let connection = Identity::Device { device, key: &key }.connect(&context).unwrap();
        let mut wire = Wire::default();
        wire.part(connection.client_id(), &[""], "|");
        wire.part(connection.user_name(), &[], "");
        wire.part(connection.password(), &[], "");
        modes.push(("MQTT client id", wire, mqtt));
    }

    let http = HttpAuth { client_id: Some(client_id), timestamp, ..HttpAuth::new(device, &key) };
    modes.push(("HTTPS", Wire::new(http.body(Dialect::Documented), &JSON, "\""), https));
    let form = ["productKey=", "deviceName=", "clientId=", "timestamp=", "sign="];
    modes.push(("legacy HTTPS", Wire::new(http.legacy_form(), &form, "&"), https_legacy));
    let register = RegisterRequest { device, key: &key, random: &recipe.random };
    let form = ["productKey=", "deviceName=", "random=", "sign="];
    modes.push((
        "HTTPS registration",
        Wire::new(register.form(Dialect::Documented), &form, "&"),
        https_register,
    ));
    let coap = CoapAuth {
        client_id: Some(client_id),
        seq: Some(Seq::Number(recipe.seq)),
        timestamp,
        ..CoapAuth::new(device, &key)
    };
    let mut fields = JSON.to_vec();
    fields.extend([r#""seq":""#, r#""timestamp":""#]);
    modes.push(("CoAP", Wire::new(coap.payload(Dialect::Documented), &fields, "\""), coap_auth));
    modes.push(("CoAP registration", Wire::new(register.json(), &JSON_REGISTER, "\""), coap_register));

    let sub = SubDevice { client_id: Some(client_id), ..SubDevice::new(device, &key, time) };
    let registrant = Registrant { device, key: &key, random: &recipe.random };
    for dialect in [Dialect::Documented, Dialect::CSdkV3, Dialect::CSdkV4, Dialect::Python] {
        let mut fields = JSON.to_vec();
        fields.push(r#""timestamp":""#);
        let mut request = |name, request: GatewayRequest<'_>, fields: &[&str], verify: Verify| {
            modes.push((name, Wire::new(request.payload("1", dialect).unwrap(), fields, "\""), verify));
        };
        request("topology", GatewayRequest::TopoAdd(&[sub]), &fields, topology);
        request("login", GatewayRequest::Login(&sub), &fields, login);
        request("batch login", GatewayRequest::BatchLogin(&[sub]), &fields, batch_login);
        let list = [registrant];
        request("registration", GatewayRequest::ProductRegister(&list), &JSON_REGISTER, product_register);
    }

    let headers = DeviceHeaders { client_id: Some(client_id), timestamp, ..DeviceHeaders::new(device, &key) };
    let mut text = String::new();
    headers.each(Dialect::Documented, |name, value| text += &format!("{name}: {value}\n"));
    let fields = ["client-id: ", "product-key: ", "device-name: ", "sign: ", "timestamp: "];
    modes.push(("HTTP/2 device", Wire::new(&text, &fields, "\n"), http2));
    let app_key = AppKeyHeaders::key(&secret);
    text.clear();
    AppKeyHeaders::new("24770000", &app_key, &recipe.random)
        .each(|name, value| text += &format!("{name}: {value}\n"));
    modes.push(("HTTP/2 application key", Wire::new(&text, &["random: ", "param-sign: "], "\n"), http2));

    let access = AccessKey::new(&recipe.client_id, &secret).unwrap();
    let message = recipe.secret.as_bytes();
    let publish = action::Pub {
        product_key: &recipe.product_key,
        topic: &recipe.device_name,
        message,
        at_least_once: None,
        instance_id: None,
    };
    let mut params = publish.params();
    let common = Common::new(time, &recipe.random);
    let query = access.query(action::Pub::ACTION, &common, &mut params).unwrap();
    let fields = ["ProductKey=", "TopicFullName=", "SignatureNonce=", "AccessKeyId=", "Version="];
    modes.push(("OpenAPI", Wire::new(access.signed(Verb::Post, &query), &fields, "&"), openapi));

    for security_token in [None, Some(Token::new(&recipe.device_name))] {
        let login =
            AmqpLogin { security_token, ..AmqpLogin::new("c", &recipe.client_id, &key, "group", time) };
        let mut wire = Wire::default();
        let mut fields = vec!["authId=", "timestamp="];
        fields.extend(security_token.map(|_| "securityToken="));
        wire.part(login.user_name().unwrap(), &fields, ",|");
        wire.part(login.password(), &[""], "");
        modes.push(("AMQP", wire, amqp));
    }

    let key = SigningKey::new(Method::HmacSha1, &secret);
    let (date, version) = (recipe.millis.to_string(), recipe.random.clone());
    let mut headers = [Param::new("date", &date), Param::new("x-mns-version", &version)];
    let request = MnsRequest::new("GET", &recipe.client_id, &mut headers).unwrap();
    let mut wire = Wire::default();
    wire.part(&recipe.client_id, &[""], "");
    wire.part(&date, &[""], "");
    wire.part(&version, &[""], "");
    wire.part(request.authorization("ak", &key), &[":"], "");
    modes.push(("MNS", wire, mns));
    modes
}

fn text(part: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(part).map_err(|error| error.to_string())
}

fn holds(recipe: &Recipe, claim: Result<Claim<'_>, iot_auth::Refusal>) -> Result<(), String> {
    let secret = Secret::new(&recipe.secret).unwrap();
    claim.and_then(|claim| claim.check(&secret, Window::Any)).map_err(|refusal| refusal.to_string())
}

fn slots<'a>() -> [Param<'a>; 16] {
    [Param::new("", ""); 16]
}

fn mqtt(recipe: &Recipe, parts: &mut [Vec<u8>]) -> Result<(), String> {
    let (client_id, user_name) = (text(&parts[0])?, text(&parts[1])?);
    holds(recipe, verify::connect(client_id, Some(user_name), Some(&parts[2])))
}

fn https(recipe: &Recipe, parts: &mut [Vec<u8>]) -> Result<(), String> {
    holds(recipe, verify::https_auth(&mut parts[0], &mut slots()))
}

fn https_legacy(recipe: &Recipe, parts: &mut [Vec<u8>]) -> Result<(), String> {
    holds(recipe, verify::https_legacy(&mut parts[0], &mut slots()))
}

fn https_register(recipe: &Recipe, parts: &mut [Vec<u8>]) -> Result<(), String> {
    holds(recipe, verify::https_register(&mut parts[0]))
}

fn coap_auth(recipe: &Recipe, parts: &mut [Vec<u8>]) -> Result<(), String> {
    holds(recipe, verify::coap_auth(&mut parts[0], &mut slots()))
}

fn coap_register(recipe: &Recipe, parts: &mut [Vec<u8>]) -> Result<(), String> {
    holds(recipe, verify::coap_register(&mut parts[0]))
}

fn entry(recipe: &Recipe, payload: &mut [u8], call: GatewayCall) -> Result<(), String> {
    let mut claims = [None; 5];
    match gateway(payload, call, &mut claims) {
        Ok(1) => holds(recipe, Ok(claims[0].unwrap())),
        Ok(count) => Err(format!("{count} entries")),
        Err(refusal) => Err(refusal.to_string()),
    }
}

fn topology(recipe: &Recipe, parts: &mut [Vec<u8>]) -> Result<(), String> {
    entry(recipe, &mut parts[0], GatewayCall::TopoAdd)
}

fn login(recipe: &Recipe, parts: &mut [Vec<u8>]) -> Result<(), String> {
    entry(recipe, &mut parts[0], GatewayCall::Login)
}

fn batch_login(recipe: &Recipe, parts: &mut [Vec<u8>]) -> Result<(), String> {
    entry(recipe, &mut parts[0], GatewayCall::BatchLogin)
}

fn product_register(recipe: &Recipe, parts: &mut [Vec<u8>]) -> Result<(), String> {
    entry(recipe, &mut parts[0], GatewayCall::ProductRegister)
}

fn http2(recipe: &Recipe, parts: &mut [Vec<u8>]) -> Result<(), String> {
    let headers = text(&parts[0])?.split('\n').filter_map(|line| line.split_once(": "));
    holds(recipe, verify::headers(headers))
}

fn openapi(recipe: &Recipe, parts: &mut [Vec<u8>]) -> Result<(), String> {
    holds(recipe, verify::openapi(Verb::Post, &mut parts[0], &mut [ApiParam::ABSENT; 16]))
}

fn amqp(recipe: &Recipe, parts: &mut [Vec<u8>]) -> Result<(), String> {
    holds(recipe, verify::amqp(text(&parts[0])?, &parts[1]))
}

fn mns(recipe: &Recipe, parts: &mut [Vec<u8>]) -> Result<(), String> {
    let mut headers = [Param::new("date", text(&parts[1])?), Param::new("x-mns-version", text(&parts[2])?)];
    holds(recipe, verify::mns("GET", text(&parts[0])?, &mut headers, text(&parts[3])?))
}

proptest! {
    #[test]
    fn what_is_signed_verifies_and_one_changed_bit_does_not(
        recipe in recipe(),
        place in any::<proptest::sample::Index>(),
        bit in 0_u8..8,
    ) {
        for (mode, wire, verify) in modes(&recipe) {
            prop_assert_eq!(verify(&recipe, &mut wire.parts.clone()), Ok(()), "{}: {:?}", mode, wire);
            for (part, range) in &wire.signed {
                prop_assert!(!range.is_empty(), "{}", mode);
                let at = range.start + place.index(range.len());
                let mut parts = wire.parts.clone();
                let before = parts[*part][at];
                parts[*part][at] ^= 1 << bit;
                // Hexadecimal may be in either case: that is no change.
                let sign = before.is_ascii_hexdigit() && range.len() >= 32 && *part + 1 == parts.len();
                if sign && before.eq_ignore_ascii_case(&parts[*part][at]) && !matches!(mode, "AMQP" | "MNS") {
                    continue;
                }
                prop_assert!(verify(&recipe, &mut parts).is_err(), "{mode}: bit {bit} of byte {at} of {wire:?}");
            }
        }
    }

    #[test]
    fn another_secret_or_method_is_refused(recipe in recipe(), other in "[ -~]{1,90}") {
        prop_assume!(other != recipe.secret);
        let wrong = Recipe { secret: other, ..recipe.clone() };
        for (mode, wire, verify) in modes(&recipe) {
            prop_assert!(verify(&wrong, &mut wire.parts.clone()).is_err(), "{}", mode);
        }
    }

    #[test]
    fn a_parameter_list_reads_back(
        client_id in "[^|]{0,20}",
        params in proptest::collection::btree_map("[^|,=]{1,8}", "[^,]{0,12}", 0..12),
    ) {
        let params: Vec<_> = params.iter().map(|(name, value)| Param { name, value }).collect();
        let list = ParamList::new(&client_id, &params).unwrap();
        let text = list.to_string();
        let read = ParamList::parse(&text).unwrap();
        prop_assert_eq!(&read, &list);
        prop_assert_eq!(read.to_string(), text.clone());
        prop_assert_eq!(list.text_len(), text.len());
        prop_assert!(read.iter().eq(params.iter().copied()));
    }

    #[test]
    fn what_is_parsed_writes_back(text in "[a-c|,=]{0,24}") {
        if let Ok(list) = ParamList::parse(&text) {
            // A comma before the closing bar is read, but not written.
            let written = list.to_string();
            prop_assert_eq!(&ParamList::parse(&written).unwrap(), &list);
            prop_assert!(written == text || text.ends_with(",|"), "{} {}", text, written);
        }
    }

    #[test]
    fn nothing_foreign_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in ".{0,80}") {
        let _ = verify::connect(&text, Some(&text), Some(&bytes));
        let _ = verify::https_auth(&mut bytes.clone(), &mut slots());
        let _ = verify::https_legacy(&mut bytes.clone(), &mut slots());
        let _ = verify::https_register(&mut bytes.clone());
        let _ = verify::coap_auth(&mut text.clone().into_bytes(), &mut slots());
        let _ = verify::coap_register(&mut bytes.clone());
        let _ = gateway(&mut bytes.clone(), GatewayCall::TopoAdd, &mut [None; 2]);
        let _ = verify::openapi(Verb::Get, &mut bytes.clone(), &mut [ApiParam::ABSENT; 4]);
        let _ = verify::amqp(&text, &bytes);
        let _ = verify::mns(&text, &text, &mut [], &text);
        let _ = iot_auth::PskIdentity::parse(&text);
        let _ = iot_auth::Registered::parse(&mut text.into_bytes());
    }
}
