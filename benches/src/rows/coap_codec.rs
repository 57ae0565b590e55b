//! CoAP messages and link-format, on the inputs of `vectors/bench/coap.json`.

use core::hint::black_box;

use coap_codec::{Links, Message, Opt, Options, Rules, SliceOut, Writer};

use crate::Row;
use crate::inputs::coap as input;

/// What coap-lite leaves to its user: reserved codes, types with codes they may not have, content of empty messages.
const LITE_CHECKS: &str = "lengths only";

/// The rows of this table.
pub(super) fn rows() -> Vec<Row> {
    let mut rows = ours();
    let lite = |work, prepare| Row {
        table: "coap-codec",
        work,
        who: "coap-lite 0.13",
        checks: LITE_CHECKS,
        repeat: 200,
        prepare,
    };
    rows.extend([
        lite("decode GET and read its options", || lite_decode("get", 6)),
        lite("decode POST, 1 KiB, and read its options", || lite_decode("post_1k", 6)),
        lite("decode an empty acknowledgement", || lite_decode("empty_ack", 0)),
        lite("decode a notification and read its options", || lite_decode("notification", 4)),
        lite("check the options of GET and encode it", || lite_encode("get")),
        lite("encode an empty acknowledgement", || lite_encode("empty_ack")),
        lite("check the options of a notification and encode it", || lite_encode("notification")),
        lite("read 100 links of 6 attributes", lite_links),
    ]);
    rows
}

fn ours() -> Vec<Row> {
    let ours =
        |work, prepare| Row { table: "coap-codec", work, who: "linkwire", checks: "", repeat: 1000, prepare };
    vec![
        ours("decode GET and read its options", || decode("get", 6)),
        ours("decode POST, 64 B, and read its options", || decode("post_64", 6)),
        ours("decode POST, 1 KiB, and read its options", || decode("post_1k", 6)),
        ours("decode an empty acknowledgement", || decode("empty_ack", 0)),
        ours("decode a notification and read its options", || decode("notification", 4)),
        ours("encode GET, its options checked before", || encode_checked("get")),
        ours("check the options of GET and encode it", || encode("get")),
        ours("encode an empty acknowledgement", acknowledge),
        ours("encode a notification, its options checked before", || encode_checked("notification")),
        ours("check the options of a notification and encode it", || encode("notification")),
        ours("write GET option by option", || write("get")),
        ours("write a notification option by option", || write("notification")),
        ours("read 100 links of 6 attributes", links),
        ours("decode GET and judge it", || judge("get")),
    ]
}

/// Every option's number and length, so that none can be skipped.
fn sum(message: &Message<'_>) -> usize {
    message.options.iter().fold(0, |sum, option| sum + usize::from(option.number.0) + option.value.len())
}

fn decode(row: &str, options: usize) -> Box<dyn FnMut()> {
    let bytes = input(row);
    let message = Message::decode(&bytes, Rules::new()).expect("a message");
    assert_eq!(message.options.iter().count(), options);
    Box::new(move || {
        let message = Message::decode(black_box(&bytes), Rules::new()).expect("a message");
        black_box(sum(&message));
        black_box(message.payload);
    })
}

fn judge(row: &str) -> Box<dyn FnMut()> {
    let bytes = input(row);
    Box::new(move || {
        let message = Message::decode(black_box(&bytes), Rules::new()).expect("a message");
        let meaning = message.meaning(&coap_codec::Known::REGISTERED, Rules::new());
        black_box(meaning.expect("to be acted on"));
    })
}

fn acknowledge() -> Box<dyn FnMut()> {
    let bytes = input("empty_ack");
    let mut buffer = [0; 16];
    let mut work = move || {
        let mut out = SliceOut::new(black_box(&mut buffer));
        Message::acknowledge(black_box(0x1234)).encode(&mut out).expect("room");
        black_box(out.len())
    };
    assert_eq!(work(), bytes.len());
    Box::new(move || {
        work();
    })
}

/// From parts at hand to bytes: options put in a list, checked, measured and written.
fn encode(row: &str) -> Box<dyn FnMut()> {
    let bytes = input(row);
    let meant = Message::decode(bytes.clone().leak(), Rules::new()).expect("a message");
    let list: Vec<Opt<'static>> = meant.options.iter().collect();
    let mut buffer = [0; 2048];
    let mut work = move || {
        let options = Options::new(black_box(&list[..])).expect("in order");
        let mut out = SliceOut::new(black_box(&mut buffer));
        Message { options, ..*black_box(&meant) }.encode(&mut out).expect("room");
        black_box(out.len())
    };
    assert_eq!(work(), bytes.len());
    Box::new(move || {
        work();
    })
}

/// The same with options that were checked when they were put in their list.
fn encode_checked(row: &str) -> Box<dyn FnMut()> {
    let bytes = input(row);
    let meant = Message::decode(bytes.clone().leak(), Rules::new()).expect("a message");
    let list: &[Opt<'static>] = meant.options.iter().collect::<Vec<_>>().leak();
    let message = Message { options: Options::new(list).expect("in order"), ..meant };
    let mut buffer = [0; 2048];
    let mut work = move || {
        let mut out = SliceOut::new(black_box(&mut buffer));
        black_box(&message).encode(&mut out).expect("room");
        black_box(out.len())
    };
    assert_eq!(work(), bytes.len());
    Box::new(move || {
        work();
    })
}

/// The same piece by piece, each step checked.
fn write(row: &str) -> Box<dyn FnMut()> {
    let bytes = input(row);
    let meant = Message::decode(bytes.clone().leak(), Rules::new()).expect("a message");
    let list: Vec<Opt<'static>> = meant.options.iter().collect();
    let mut buffer = [0; 2048];
    let mut work = move || {
        let mut out = SliceOut::new(black_box(&mut buffer));
        let Message { kind, code, id, token, payload, .. } = *black_box(&meant);
        let mut writer = Writer::new(&mut out, kind, code, id, token).expect("room");
        for option in black_box(&list[..]) {
            writer.option(option.number, option.value).expect("order and room");
        }
        writer.payload(payload).expect("room");
        black_box(out.len())
    };
    assert_eq!(work(), bytes.len());
    Box::new(move || {
        work();
    })
}

fn links() -> Box<dyn FnMut()> {
    let text = String::from_utf8(input("links_100")).expect("text");
    let work = move || {
        let mut sum = 0;
        for link in Links::new(black_box(&text)) {
            let link = link.expect("link-format");
            sum += link.target.len();
            for attribute in link.attributes() {
                sum += attribute.name.len() + attribute.value.map_or(0, |value| value.as_written().len());
            }
        }
        black_box(sum)
    };
    // 600 attributes; every byte of every part is in the sum.
    assert_eq!(work(), 8_790);
    Box::new(move || {
        work();
    })
}

fn lite_decode(row: &str, options: usize) -> Box<dyn FnMut()> {
    let bytes = input(row);
    let sum = |packet: &coap_lite::Packet| {
        let values =
            packet.options().flat_map(|(&number, values)| values.iter().map(move |value| (number, value)));
        values.fold((0, 0), |(count, sum), (number, value)| {
            (count + 1, sum + usize::from(number) + value.len())
        })
    };
    let packet = coap_lite::Packet::from_bytes(&bytes).expect("a message");
    assert_eq!(sum(&packet).0, options);
    Box::new(move || {
        let packet = coap_lite::Packet::from_bytes(black_box(&bytes)).expect("a message");
        black_box(sum(&packet));
        black_box(&packet.payload);
    })
}

/// From a finished packet to bytes: putting its options in is not counted.
fn lite_encode(row: &str) -> Box<dyn FnMut()> {
    let bytes = input(row);
    let packet = coap_lite::Packet::from_bytes(&bytes).expect("a message");
    assert_eq!(packet.to_bytes().expect("a message"), bytes);
    Box::new(move || {
        black_box(black_box(&packet).to_bytes().expect("a message"));
    })
}

fn lite_links() -> Box<dyn FnMut()> {
    let text = String::from_utf8(input("links_100")).expect("text");
    let work = move || {
        let mut count = 0;
        for link in coap_lite::link_format::LinkFormatParser::new(black_box(&text)) {
            let (target, attributes) = link.expect("link-format");
            black_box(target);
            for (name, value) in attributes {
                count += 1;
                black_box((name, value.to_cow()));
            }
        }
        count
    };
    assert_eq!(work(), 600);
    Box::new(move || {
        black_box(work());
    })
}
