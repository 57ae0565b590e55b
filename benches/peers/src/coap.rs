//! CoAP messages, read and written by peers.

use std::hint::black_box;

use benches::inputs::coap as input;
use coap_codec::{Message, Rules};
use coap_message::{MessageOption as _, MinimalWritableMessage as _, ReadableMessage as _};
use coap_message_implementations::inmemory::{Message as Peer, MessageMut as Written};
use harness::Row;
use toad_msg::alloc::Message as Toad;
use toad_msg::{TryFromBytes as _, TryIntoBytes as _};

/// The rows of all CoAP peers.
pub(crate) fn rows() -> Vec<Row> {
    let row =
        |work, who, checks, prepare| Row { table: "coap-codec", work, who, checks, repeat: 200, prepare };
    let slices = "coap-message-implementations 0.2.0";
    let checks = checks(|bytes| slices_decode(bytes).is_some());
    let slices_in = |work, prepare| row(work, slices, checks, prepare);
    let slices_out = |work, prepare| row(work, slices, "order of options", prepare);
    let toad = "toad-msg 1.0.0-beta.6";
    let checks = self::checks(|bytes| Toad::try_from_bytes(bytes).is_ok());
    let toad_in = |work, prepare| row(work, toad, checks, prepare);
    let toad_out = |work, prepare| row(work, toad, "none", prepare);
    vec![
        slices_in(DECODE_GET, || decode("get", slices_decode)),
        slices_in(DECODE_POST_64, || decode("post_64", slices_decode)),
        slices_in(DECODE_POST_1K, || decode("post_1k", slices_decode)),
        slices_in(DECODE_NOTIFICATION, || decode("notification", slices_decode)),
        slices_in(DECODE_ACK, || decode("empty_ack", slices_decode)),
        slices_out("write GET option by option", || slices_encode("get")),
        slices_out("write a notification option by option", || slices_encode("notification")),
        toad_in(DECODE_GET, || decode("get", toad_decode)),
        toad_in(DECODE_POST_64, || decode("post_64", toad_decode)),
        toad_in(DECODE_POST_1K, || decode("post_1k", toad_decode)),
        toad_in(DECODE_NOTIFICATION, || decode("notification", toad_decode)),
        toad_in(DECODE_ACK, || decode("empty_ack", toad_decode)),
        toad_out("check the options of GET and encode it", || toad_encode("get")),
        toad_out("check the options of a notification and encode it", || toad_encode("notification")),
        toad_out("encode an empty acknowledgement", || toad_encode("empty_ack")),
    ]
}

pub(crate) const DECODE_GET: &str = "decode GET and read its options";
pub(crate) const DECODE_POST_64: &str = "decode POST, 64 B, and read its options";
pub(crate) const DECODE_POST_1K: &str = "decode POST, 1 KiB, and read its options";
pub(crate) const DECODE_NOTIFICATION: &str = "decode a notification and read its options";
pub(crate) const DECODE_ACK: &str = "decode an empty acknowledgement";

/// What a message is to everybody: the sum of option numbers and lengths, and the length of the payload.
pub(crate) type Seen = (usize, usize);

/// The checks that a decoder makes, found out by malformed messages, or that it makes them all.
pub(crate) fn checks(accepts: fn(&[u8]) -> bool) -> &'static str {
    let get = input("get");
    let with = |at: usize, byte: u8| {
        let mut bytes = get.clone();
        bytes[at] = byte;
        bytes
    };
    let tried = [
        ("version", with(0, 0x88)),
        ("token length", with(0, 0x49)),
        ("content of empty messages", with(1, 0)),
        ("option nibbles", with(12, 0xf7)),
        ("option length", with(12, 0xbe)),
        ("end of options", get[..get.len() - 1].to_vec()),
        ("empty payload", [&get[..], &[0xff]].concat()),
    ];
    let refused: Vec<&str> = tried
        .iter()
        .filter(|(name, bytes)| {
            assert!(Message::decode(bytes, Rules::new()).is_err(), "ours refuses: {name}");
            !std::panic::catch_unwind(|| accepts(bytes)).unwrap_or(false)
        })
        .map(|(name, _)| *name)
        .collect();
    if refused.len() == tried.len() { Row::SAME } else { refused.join(", ").leak() }
}

/// A decoder, after it saw in the message what ours sees.
pub(crate) fn decode(row: &str, decode: fn(&[u8]) -> Option<Seen>) -> Box<dyn FnMut()> {
    let bytes = input(row);
    let ours = Message::decode(&bytes, Rules::new()).expect("a message");
    let sum = ours.options.iter().map(|option| usize::from(option.number.0) + option.value.len()).sum();
    assert_eq!(decode(&bytes), Some((sum, ours.payload.len())));
    Box::new(move || {
        black_box(decode(black_box(&bytes)).expect("a message"));
    })
}

/// The header and the token are left to the caller.
fn slices_decode(bytes: &[u8]) -> Option<Seen> {
    let (&[first, code, _, _], rest) = bytes.split_first_chunk::<4>()?;
    let token = usize::from(first & 15);
    if first >> 6 != 1 || token > 8 {
        return None;
    }
    let message = Peer::new_from_slice(code, rest.get(token..)?);
    let options = message.options();
    let sum = options.map(|option| usize::from(option.number()) + option.value().len()).sum();
    Some((sum, message.payload().len()))
}

fn slices_encode(row: &str) -> Box<dyn FnMut()> {
    let bytes: &'static [u8] = input(row).leak();
    let meant = Message::decode(bytes, Rules::new()).expect("a message");
    let list: Vec<(u16, &[u8])> =
        meant.options.iter().map(|option| (option.number.0, option.value)).collect();
    let mut buffer = [0; 2048];
    let mut work = move || {
        let token = usize::from(bytes[0] & 15);
        let (head, tail) = black_box(&mut buffer).split_at_mut(4 + token);
        head.copy_from_slice(&bytes[..4 + token]);
        let mut message = Written::new_in_slice(&mut head[1], tail);
        message.set_code(bytes[1]);
        for (number, value) in black_box(&list) {
            message.add_option(*number, value).expect("order and room");
        }
        message.set_payload(black_box(meant.payload)).expect("room");
        let len = message.finish().0;
        assert_eq!(&buffer[4 + token..4 + token + len], &bytes[4 + token..]);
        len
    };
    assert!(work() > 0);
    Box::new(move || {
        black_box(work());
    })
}

fn toad_decode(bytes: &[u8]) -> Option<Seen> {
    let message = Toad::try_from_bytes(bytes).ok()?;
    let values =
        message.opts.iter().flat_map(|(number, values)| values.iter().map(move |value| (number, value)));
    let sum = values.map(|(number, value)| number.0 as usize + value.0.len()).sum();
    Some((sum, black_box(&message).payload.0.len()))
}

/// It takes messages by value: the copy is counted.
fn toad_encode(row: &str) -> Box<dyn FnMut()> {
    let bytes = input(row);
    let message = Toad::try_from_bytes(&bytes).expect("a message");
    assert_eq!(message.clone().try_into_bytes::<Vec<u8>>().expect("room"), bytes);
    Box::new(move || {
        black_box(black_box(&message).clone().try_into_bytes::<Vec<u8>>().expect("room"));
    })
}
