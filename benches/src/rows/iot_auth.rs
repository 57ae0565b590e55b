//! Signatures of every mode beside the bare HMAC of the same bytes, and beside other makers of HMACs.
//!
//! Callgrind does not run the SHA extensions of a CPU, so it counts the portable hash; with the extensions the hash is a smaller share
//! of the whole. See the wall times too.
//!
//! What a signature costs above the bare HMAC is the joining of its pieces, some 340 instructions for a device's ten pieces and a
//! timestamp: below 1.15 of the whole even for HMAC-MD5 with a kept key. A call of OpenAPI also merges its parameters, encodes two of
//! them twice and one in base64: 260 instructions for each of a dozen parameters, beside 800 for each block of SHA-1 without the CPU's
//! extensions. Its ratio is above 1.3 for that.

use core::hint::black_box;

use hmac::{Hmac, KeyInit, Mac};
use iot_auth::coap::{CoapAuth, Seq};
use iot_auth::http::HttpAuth;
use iot_auth::openapi::{AccessKey, ApiParam, Common, Query, Verb, action::Pub};
use iot_auth::{
    AmqpLogin, Context, Device, Dialect, Identity, Method, MnsRequest, Param, Pieces, PskIdentity,
    RegisterRequest, Secret, SigningKey, SubDevice, UnixMillis, Window, verify,
};

use crate::Row;

type Work = Box<dyn FnMut()>;
/// What is done; by us; by the bare HMAC.
type Mode = (&'static str, fn() -> Work, fn() -> Work);

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const TIME: UnixMillis = UnixMillis(1_543_896_481_106);
const BARE: &str = "hmac 0.13 of the same bytes";

/// The rows of this table.
pub(super) fn rows() -> Vec<Row> {
    let row =
        |work, who, checks, prepare| Row { table: "iot-auth", work, who, checks, repeat: 1000, prepare };
    let ours = |work, prepare| row(work, "linkwire", "", prepare);
    let bare = |work, prepare| row(work, BARE, "none: the bytes are there already", prepare);
    let ring = |work, prepare| row(work, "ring 0.17", "none: the bytes are there already", prepare);
    let mut rows = Vec::new();
    for (work, prepare, alone) in MODES {
        rows.push(ours(work, *prepare));
        rows.push(bare(work, *alone));
    }
    rows.extend([
        ring("sign MQTT, HMAC-SHA-1, kept key", || {
            ring_sign(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, true)
        }),
        ring("sign MQTT, HMAC-SHA-1, new key", || {
            ring_sign(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, false)
        }),
        ring("sign MQTT, HMAC-SHA-256, kept key", || ring_sign(ring::hmac::HMAC_SHA256, true)),
        ring("sign MQTT, HMAC-SHA-256, new key", || ring_sign(ring::hmac::HMAC_SHA256, false)),
        ours("sign and write a whole CONNECT, HMAC-SHA-256, kept key", whole_connect),
        ours("parse and check a whole CONNECT, HMAC-SHA-256, kept key", parse_connect),
    ]);
    rows
}

const MODES: &[Mode] = &[
    (
        "sign MQTT, HMAC-MD5, kept key",
        || kept(Method::HmacMd5, mqtt()),
        || bare_kept(Method::HmacMd5, &mqtt()),
    ),
    (
        "sign MQTT, HMAC-MD5, new key",
        || fresh(Method::HmacMd5, mqtt()),
        || bare_fresh(Method::HmacMd5, &mqtt()),
    ),
    (
        "sign MQTT, HMAC-SHA-1, kept key",
        || kept(Method::HmacSha1, mqtt()),
        || bare_kept(Method::HmacSha1, &mqtt()),
    ),
    (
        "sign MQTT, HMAC-SHA-1, new key",
        || fresh(Method::HmacSha1, mqtt()),
        || bare_fresh(Method::HmacSha1, &mqtt()),
    ),
    (
        "sign MQTT, HMAC-SHA-256, kept key",
        || kept(Method::HmacSha256, mqtt()),
        || bare_kept(Method::HmacSha256, &mqtt()),
    ),
    (
        "sign MQTT, HMAC-SHA-256, new key",
        || fresh(Method::HmacSha256, mqtt()),
        || bare_fresh(Method::HmacSha256, &mqtt()),
    ),
    (
        "sign a registration",
        || kept(Method::HmacSha256, register()),
        || bare_kept(Method::HmacSha256, &register()),
    ),
    ("sign HTTPS", || kept(Method::HmacSha1, https()), || bare_kept(Method::HmacSha1, &https())),
    ("sign CoAP", || kept(Method::HmacSha256, coap()), || bare_kept(Method::HmacSha256, &coap())),
    ("sign a sub-device", || kept(Method::HmacSha256, sub()), || bare_kept(Method::HmacSha256, &sub())),
    ("make a TLS-PSK key", || kept(Method::HmacSha256, psk()), || bare_kept(Method::HmacSha256, &psk())),
    ("sign OpenAPI", || kept(Method::HmacSha1, openapi()), || bare_kept(Method::HmacSha1, &openapi())),
    ("sign AMQP", || kept(Method::HmacSha1, amqp()), || bare_kept(Method::HmacSha1, &amqp())),
    ("sign MNS", || kept(Method::HmacSha1, mns()), || bare_kept(Method::HmacSha1, &mns())),
];

fn leak<T>(value: T) -> &'static mut T {
    Box::leak(Box::new(value))
}

fn secret() -> &'static Secret {
    leak(Secret::new(SECRET).expect("short"))
}

fn key(method: Method) -> &'static SigningKey {
    leak(SigningKey::new(method, secret()))
}

fn device() -> Device<'static> {
    Device::new("a1AbCdEfGh1", "light-01").expect("names")
}

fn mqtt() -> impl Pieces {
    let context = leak(Context { timestamp: Some(TIME.into()), ..Context::default() });
    let identity = Identity::Device { device: device(), key: key(Method::HmacSha256) };
    identity.connect(context).expect("a connection").content().expect("signed")
}

fn register() -> impl Pieces {
    RegisterRequest { device: device(), key: key(Method::HmacSha256), random: "8Ygb7ULYh53B6OA" }.content()
}

fn https() -> impl Pieces {
    let auth = HttpAuth { timestamp: Some(TIME.into()), ..HttpAuth::new(device(), key(Method::HmacSha1)) };
    auth.content(Dialect::Documented)
}

fn coap() -> impl Pieces {
    let auth = CoapAuth { seq: Some(Seq::Number(10)), ..CoapAuth::new(device(), key(Method::HmacSha256)) };
    auth.content(Dialect::Documented)
}

fn sub() -> impl Pieces {
    SubDevice::new(device(), key(Method::HmacSha256), TIME).content(Dialect::CSdkV4, true)
}

fn psk() -> impl Pieces {
    PskIdentity::parse("devicename|hmacsha256|a1AbCdEfGh1&light-01|2524608000000")
        .expect("an identity")
        .content()
}

fn openapi() -> impl Pieces {
    let publish = Pub {
        product_key: "a1",
        topic: "/a1/dev/user/get",
        message: b"hello world",
        at_least_once: Some(true),
        instance_id: None,
    };
    let params: &'static mut [ApiParam<'static>] = leak(publish.params());
    let access = leak(AccessKey::new("testid", secret()).expect("short"));
    let query: &'static Query<'static> =
        leak(access.query(Pub::ACTION, &Common::new(TIME, "n-2"), params).expect("no duplicates"));
    query.string_to_sign(Verb::Get)
}

fn amqp() -> impl Pieces {
    AmqpLogin::new("test2123", "LTAItestid", key(Method::HmacSha1), "DEFAULT_GROUP", TIME).content()
}

fn mns() -> impl Pieces {
    let headers = leak([
        Param::new("date", "Wed, 08 Mar 2012 12:00:00 GMT"),
        Param::new("content-type", "text/xml;charset=utf-8"),
        Param::new("x-mns-version", "2015-06-06"),
    ]);
    MnsRequest::new("GET", "/queues/aliyun-iot-a1Pk/messages?waitseconds=10", headers).expect("headers")
}

fn text(content: &impl Pieces) -> Vec<u8> {
    let mut bytes = vec![0; content.text_len()];
    content.write_to(&mut bytes).expect("room");
    bytes
}

/// Ours, after its signature was found to be that of the joined content.
fn kept(method: Method, content: impl Pieces + 'static) -> Work {
    let key = key(method);
    let joined = text(&content);
    let joined = core::str::from_utf8(&joined).expect("text");
    assert_eq!(key.sign(&content).as_bytes(), key.sign(joined).as_bytes());
    Box::new(move || {
        black_box(black_box(key).sign(black_box(&content)));
    })
}

fn fresh(method: Method, content: impl Pieces + 'static) -> Work {
    let secret = secret();
    Box::new(move || {
        black_box(SigningKey::new(method, black_box(secret)).sign(black_box(&content)));
    })
}

fn bare_kept(method: Method, content: &impl Pieces) -> Work {
    fn work<M: Mac + KeyInit + Clone + 'static>(bytes: Vec<u8>) -> Work {
        let key = M::new_from_slice(SECRET.as_bytes()).expect("any length");
        Box::new(move || {
            let mut mac = black_box(&key).clone();
            mac.update(black_box(&bytes));
            black_box(mac.finalize().into_bytes());
        })
    }
    match method {
        Method::HmacSha1 => work::<Hmac<sha1::Sha1>>(text(content)),
        Method::HmacSha256 => work::<Hmac<sha2::Sha256>>(text(content)),
        _ => work::<Hmac<md5::Md5>>(text(content)),
    }
}

fn bare_fresh(method: Method, content: &impl Pieces) -> Work {
    fn work<M: Mac + KeyInit + 'static>(bytes: Vec<u8>) -> Work {
        Box::new(move || {
            let mut mac = M::new_from_slice(black_box(SECRET.as_bytes())).expect("any length");
            mac.update(black_box(&bytes));
            black_box(mac.finalize().into_bytes());
        })
    }
    match method {
        Method::HmacSha1 => work::<Hmac<sha1::Sha1>>(text(content)),
        Method::HmacSha256 => work::<Hmac<sha2::Sha256>>(text(content)),
        _ => work::<Hmac<md5::Md5>>(text(content)),
    }
}

fn ring_sign(algorithm: ring::hmac::Algorithm, keep: bool) -> Work {
    let bytes = text(&mqtt());
    let key = ring::hmac::Key::new(algorithm, SECRET.as_bytes());
    let method = if algorithm == ring::hmac::HMAC_SHA256 { Method::HmacSha256 } else { Method::HmacSha1 };
    let ours = self::key(method).sign(&mqtt());
    assert_eq!(ring::hmac::sign(&key, &bytes).as_ref(), ours.as_bytes());
    match keep {
        true => Box::new(move || {
            black_box(ring::hmac::sign(black_box(&key), black_box(&bytes)));
        }),
        false => Box::new(move || {
            let key = ring::hmac::Key::new(algorithm, black_box(SECRET.as_bytes()));
            black_box(ring::hmac::sign(&key, black_box(&bytes)));
        }),
    }
}

fn whole_connect() -> Work {
    let key = key(Method::HmacSha256);
    let (mut client_id, mut user_name) = ([0; 128], [0; 64]);
    Box::new(move || {
        let context = Context { timestamp: Some(TIME.into()), ..Context::default() };
        let identity = Identity::Device { device: device(), key: black_box(key) };
        let connect = identity.connect(black_box(&context)).expect("a connection");
        black_box(connect.client_id().write_to(&mut client_id).expect("room"));
        black_box(connect.user_name().write_to(&mut user_name).expect("room"));
        black_box(connect.password());
    })
}

fn parse_connect() -> Work {
    let key = key(Method::HmacSha256);
    let context = Context { timestamp: Some(TIME.into()), ..Context::default() };
    let connect = Identity::Device { device: device(), key }.connect(&context).expect("a connection");
    let connect = connect.to_owned();
    Box::new(move || {
        let claim = verify::connect(
            black_box(&connect.client_id),
            Some(black_box(&connect.user_name)),
            Some(black_box(connect.password.as_bytes())),
        );
        claim.and_then(|claim| claim.check_with(key, Window::Any)).expect("genuine");
    })
}
