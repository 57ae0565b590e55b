//! libcoap 4.3, and HMACs by openssl.

use std::ffi::{c_int, c_void};
use std::hint::black_box;

use benches::inputs::coap as input;
use coap_codec::{Message, Rules};
use harness::Row;
use iot_auth::{Context, Device, Identity, Method, Pieces as _, Secret, SigningKey, UnixMillis};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

use crate::coap::{self, Seen};

type Pdu = *mut c_void;

/// `coap_opt_iterator_t`, of which only the number is looked at.
#[repr(C)]
#[derive(Default)]
struct Iter {
    length: usize,
    number: u16,
    rest: [u64; 8],
}

/// `coap_bin_const_t`.
#[repr(C)]
struct Bin {
    length: usize,
    start: *const u8,
}

unsafe extern "C" {
    fn coap_pdu_init(kind: c_int, code: c_int, mid: c_int, size: usize) -> Pdu;
    fn coap_delete_pdu(pdu: Pdu);
    fn coap_pdu_parse(proto: c_int, data: *const u8, length: usize, pdu: Pdu) -> c_int;
    fn coap_option_iterator_init(pdu: Pdu, iter: *mut Iter, filter: *const c_void) -> *mut Iter;
    fn coap_option_next(iter: *mut Iter) -> *const u8;
    fn coap_opt_length(option: *const u8) -> u32;
    fn coap_get_data(pdu: Pdu, length: *mut usize, data: *mut *const u8) -> c_int;
    fn coap_add_token(pdu: Pdu, length: usize, data: *const u8) -> c_int;
    fn coap_add_option(pdu: Pdu, number: u16, length: usize, data: *const u8) -> usize;
    fn coap_add_data(pdu: Pdu, length: usize, data: *const u8) -> c_int;
    fn coap_pdu_encode_header(pdu: Pdu, proto: c_int) -> usize;
    fn coap_pdu_get_token(pdu: Pdu) -> Bin;
}

const UDP: c_int = 1;

/// The rows of peers written in C.
pub(crate) fn rows() -> Vec<Row> {
    let row = |work, checks, prepare| Row {
        table: "coap-codec",
        work,
        who: "libcoap 4.3.1 (C)",
        checks,
        repeat: 200,
        prepare,
    };
    let checks = coap::checks(|bytes| decode(bytes).is_some());
    let hmac = |work, prepare| Row {
        table: "iot-auth",
        who: "openssl 0.10.82 (C)",
        ..row(work, "none: the bytes are there already", prepare)
    };
    vec![
        hmac("sign MQTT, HMAC-SHA-1, kept key", || sign(Method::HmacSha1, true)),
        hmac("sign MQTT, HMAC-SHA-1, new key", || sign(Method::HmacSha1, false)),
        hmac("sign MQTT, HMAC-SHA-256, kept key", || sign(Method::HmacSha256, true)),
        hmac("sign MQTT, HMAC-SHA-256, new key", || sign(Method::HmacSha256, false)),
        row(coap::DECODE_GET, checks, || coap::decode("get", decode)),
        row(coap::DECODE_POST_64, checks, || coap::decode("post_64", decode)),
        row(coap::DECODE_POST_1K, checks, || coap::decode("post_1k", decode)),
        row(coap::DECODE_NOTIFICATION, checks, || coap::decode("notification", decode)),
        row(coap::DECODE_ACK, checks, || coap::decode("empty_ack", decode)),
        row("write GET option by option", "order of options", || encode("get")),
        row("write a notification option by option", "order of options", || encode("notification")),
        row("encode an empty acknowledgement", "order of options", || encode("empty_ack")),
    ]
}

fn decode(bytes: &[u8]) -> Option<Seen> {
    // SAFETY: the message is made, read and deleted here, and the bytes outlive it.
    unsafe {
        let pdu = coap_pdu_init(0, 0, 0, bytes.len());
        if coap_pdu_parse(UDP, bytes.as_ptr(), bytes.len(), pdu) == 0 {
            coap_delete_pdu(pdu);
            return None;
        }
        let mut iter = Iter::default();
        let mut sum = 0;
        if !coap_option_iterator_init(pdu, &mut iter, std::ptr::null()).is_null() {
            loop {
                let option = coap_option_next(&mut iter);
                if option.is_null() {
                    break;
                }
                sum += usize::from(iter.number) + coap_opt_length(option) as usize;
            }
        }
        let (mut length, mut data) = (0, std::ptr::null());
        coap_get_data(pdu, &mut length, &mut data);
        coap_delete_pdu(pdu);
        Some((sum, length))
    }
}

fn encode(row: &str) -> Box<dyn FnMut()> {
    let bytes: &'static [u8] = input(row).leak();
    let meant = Message::decode(bytes, Rules::new()).expect("a message");
    let list: Vec<(u16, &[u8])> =
        meant.options.iter().map(|option| (option.number.0, option.value)).collect();
    let work = move |compare: bool| {
        let (token, payload) = (black_box(meant.token.as_bytes()), black_box(meant.payload));
        // SAFETY: the message is made, read and deleted here; it copies what it is given. The header is in front of the
        // token.
        unsafe {
            let kind = c_int::from(bytes[0] >> 4 & 3);
            let pdu =
                coap_pdu_init(kind, bytes[1].into(), u16::from_be_bytes([bytes[2], bytes[3]]).into(), 2048);
            coap_add_token(pdu, token.len(), token.as_ptr());
            for (number, value) in black_box(&list) {
                coap_add_option(pdu, *number, value.len(), value.as_ptr());
            }
            if !payload.is_empty() {
                coap_add_data(pdu, payload.len(), payload.as_ptr());
            }
            let head = coap_pdu_encode_header(pdu, UDP);
            if compare {
                let start = coap_pdu_get_token(pdu).start.sub(head);
                assert_eq!(std::slice::from_raw_parts(start, bytes.len()), bytes);
            }
            coap_delete_pdu(pdu);
        }
    };
    work(true);
    Box::new(move || work(false))
}

/// The MAC of what an MQTT login signs. Its kept key is the key alone: a keyed state cannot be copied.
fn sign(method: Method, keep: bool) -> Box<dyn FnMut()> {
    let secret = "0123456789abcdef0123456789abcdef";
    let key = SigningKey::new(method, &Secret::new(secret).expect("short"));
    let context = Context { timestamp: Some(UnixMillis(1_543_896_481_106).into()), ..Context::default() };
    let device = Device::new("a1AbCdEfGh1", "light-01").expect("names");
    let connect = Identity::Device { device, key: &key }.connect(&context).expect("a connection");
    let content = connect.content().expect("signed");
    let mut bytes = vec![0; content.text_len()];
    content.write_to(&mut bytes).expect("room");
    let digest = match method {
        Method::HmacSha256 => MessageDigest::sha256(),
        _ => MessageDigest::sha1(),
    };
    let kept = PKey::hmac(secret.as_bytes()).expect("a key");
    let mac = move |key: &PKey<_>| {
        let mut mac = [0; 32];
        let len =
            Signer::new(digest, key).and_then(|mut signer| signer.sign_oneshot(&mut mac, black_box(&bytes)));
        (mac, len.expect("room"))
    };
    let (first, len) = mac(&kept);
    assert_eq!(first[..len], *key.sign(&content).as_bytes());
    Box::new(move || match keep {
        true => drop(black_box(mac(black_box(&kept)))),
        false => drop(black_box(mac(&PKey::hmac(black_box(secret.as_bytes())).expect("a key")))),
    })
}
