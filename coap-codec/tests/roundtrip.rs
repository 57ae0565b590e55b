//! Round trips of everything that is written, and what damaged bytes become.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used)]

mod data;

use coap_codec::{
    Block, Code, Composed, Filter, Kind, Known, LinkWriter, Links, Message, MessageBuf, OptionNumber,
    OptionsBuf, Oscore, Rules, Signal, SliceOut, StreamMessage, Uri,
};
use proptest::collection::vec;
use proptest::prelude::*;

fn lenient() -> Rules {
    Rules::new().max_token(65_804).max_frame(u32::MAX)
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Confirmable),
        Just(Kind::NonConfirmable),
        Just(Kind::Acknowledgement),
        Just(Kind::Reset)
    ]
}

/// Option numbers near each other and far apart, registered and not.
fn number() -> impl Strategy<Value = u16> {
    prop_oneof![0..70_u16, 200..300_u16, any::<u16>()]
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![8 => vec(any::<u8>(), 0..16), 2 => vec(any::<u8>(), 250..300), 1 => vec(any::<u8>(), 65_700..65_804)]
}

fn message() -> impl Strategy<Value = MessageBuf> {
    let token = prop_oneof![8 => vec(any::<u8>(), 0..9), 1 => vec(any::<u8>(), 9..300)];
    let options = vec((number(), value()), 0..8);
    (kind(), 1..=255_u8, any::<u16>(), token, options, vec(any::<u8>(), 0..40)).prop_map(
        |(kind, code, id, token, options, payload)| {
            let mut message = MessageBuf::new(kind, Code(code), id);
            message.set_token(&token).unwrap();
            for (number, value) in options {
                message.options.insert(OptionNumber(number), &value).unwrap();
            }
            message.payload = payload;
            message
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_message_reads_back(recipe in message()) {
        let wire = recipe.to_vec().unwrap();
        let read = Message::decode(&wire, lenient()).unwrap();
        prop_assert_eq!(read, recipe.as_message());
        prop_assert_eq!(&MessageBuf::from(read), &recipe);
        prop_assert_eq!(read.encoded_len(), wire.len());

        // The same from a list of options, which takes the other way through the encoder.
        let list: Vec<_> = read.options.iter().collect();
        let listed = Message { options: coap_codec::Options::new(&list).unwrap(), ..read };
        prop_assert_eq!(listed.encoded_len(), wire.len());
        let mut exact = vec![0; wire.len()];
        let mut out = SliceOut::new(&mut exact);
        listed.encode(&mut out).unwrap();
        prop_assert_eq!(out.written(), &wire[..]);
        if let Some(short) = wire.len().checked_sub(1) {
            let mut out = SliceOut::new(&mut exact[..short]);
            prop_assert!(listed.encode(&mut out).is_err());
            prop_assert!(out.is_empty());
        }
    }

    #[test]
    fn a_frame_reads_back(recipe in message()) {
        let message = recipe.as_stream_message();
        let (mut tcp, mut websocket) = (Vec::new(), Vec::new());
        message.encode(&mut tcp).unwrap();
        message.encode_websocket(&mut websocket).unwrap();
        prop_assert_eq!(tcp.len(), message.encoded_len());
        prop_assert_eq!(StreamMessage::decode(&tcp, lenient()).unwrap(), message);
        prop_assert_eq!(StreamMessage::decode_websocket(&websocket, lenient()).unwrap(), message);
    }

    #[test]
    fn options_come_out_sorted_however_they_went_in(mut options in vec((number(), vec(any::<u8>(), 0..20)), 0..12)) {
        let mut buf = OptionsBuf::new();
        for (number, value) in &options {
            buf.insert(OptionNumber(*number), value).unwrap();
        }
        options.sort_by_key(|(number, _)| *number);
        let found: Vec<_> =
            buf.as_options().iter().map(|option| (option.number.0, option.value.to_vec())).collect();
        prop_assert_eq!(found, options);
    }

    #[test]
    fn any_bytes_are_a_message_or_an_error(bytes in vec(any::<u8>(), 0..80)) {
        survives(&bytes);
    }

    #[test]
    fn any_text_is_links_or_an_error(text in "[</>;,=\"\\\\a-z*0-9 é]{0,40}") {
        let links: Result<Vec<_>, _> = Links::new(&text).collect();
        match links {
            Ok(links) => {
                let mut written = Vec::new();
                let mut writer = LinkWriter::new(&mut written);
                for link in &links {
                    // Attributes one by one must give what the whole gives.
                    writer.link(link.target).unwrap();
                    for attribute in link.attributes() {
                        writer.attribute(attribute).unwrap();
                    }
                    _ = (Filter::new("rt=*").matches(link), link.ct().count(), link.to_string());
                }
                prop_assert_eq!(String::from_utf8(written).unwrap(), text);
            }
            Err(error) => prop_assert!(error.offset <= text.len()),
        }
    }

    #[test]
    fn links_read_back(links in vec(("/[a-z]{0,8}", vec(("[a-z]{1,20}\\*?", "[ -~é]{0,12}", 0..4_u8), 0..12)), 0..5)) {
        let mut text = Vec::new();
        let mut writer = LinkWriter::new(&mut text);
        let mut meant = Vec::new();
        for (target, attributes) in &links {
            writer.link(target).unwrap();
            let mut values = Vec::new();
            for (name, value, form) in attributes {
                let value = match form {
                    0 => { writer.flag(name).unwrap(); None }
                    1 => { writer.number(name, 4_000_000_000).unwrap(); Some("4000000000".to_string()) }
                    2 if writer.token(name, value).is_ok() => Some(value.clone()),
                    _ => { writer.quoted(name, value).unwrap(); Some(value.clone()) }
                };
                values.push((name.clone(), value));
            }
            meant.push((target.clone(), values));
        }
        let text = String::from_utf8(text).unwrap();
        let found: Vec<_> = Links::new(&text).map(|link| {
            let link = link.unwrap();
            let values = link.attributes().map(|a| (a.name.to_string(), a.value.map(|value| value.to_string())));
            (link.target.to_string(), values.collect::<Vec<_>>())
        }).collect();
        prop_assert_eq!(found, meant);
    }

    #[test]
    fn composed_options_are_a_uri_that_gives_them_back(
        host in "[a-z]{1,5}(\\.[a-z]{1,5})?",
        path in vec("[ -~é]{0,8}", 0..4),
        query in vec("[ -~é]{0,8}", 0..4),
        port in any::<u16>(),
    ) {
        let mut options = OptionsBuf::new();
        options.insert(OptionNumber::URI_HOST, host.as_bytes()).unwrap();
        // A lone empty segment is the same as none, and dots do not survive as segments (RFC 7252 §5.10.1).
        let path = if path == [""] { Vec::new() } else { path };
        prop_assume!(!path.iter().any(|segment| segment == "." || segment == ".."));
        for segment in &path {
            options.insert(OptionNumber::URI_PATH, segment.as_bytes()).unwrap();
        }
        for argument in &query {
            options.insert(OptionNumber::URI_QUERY, argument.as_bytes()).unwrap();
        }
        let destination = core::net::SocketAddr::from(([192, 0, 2, 1], port));
        let composed = Composed { scheme: coap_codec::Scheme::Coap, options: options.as_options(), destination };
        let text = composed.to_string();
        let uri = Uri::parse(&text).unwrap();
        let mut scratch = [0; 512];
        prop_assert_eq!(uri.options(Some(destination), &mut scratch).unwrap(), options.as_options(), "{}", text);
    }

    #[test]
    fn any_text_is_a_uri_or_an_error(text in "(coap(s)?(\\+tcp|\\+ws)?://)?[ -~é]{0,30}") {
        match Uri::parse(&text) {
            Ok(uri) => {
                let shown = uri.to_string();
                prop_assert_eq!(Uri::parse(&shown).unwrap(), uri);
            }
            Err(error) => prop_assert!(error.offset <= text.len(), "{} {}", text, error),
        }
    }

    #[test]
    fn blocks_read_back(number in 0..=Block::MAX_NUMBER, more in any::<bool>(), exponent in 0..=7_u8) {
        let block = Block::new(number, more, exponent).unwrap();
        prop_assert_eq!(Block::read(&block.uint()), Ok(block));
    }

    #[cfg(feature = "serde")]
    #[test]
    fn serde_reads_back(recipe in message()) {
        let text = serde_json::to_string(&recipe).unwrap();
        prop_assert_eq!(&serde_json::to_string(&recipe.as_message()).unwrap(), &text);
        prop_assert_eq!(serde_json::from_str::<MessageBuf>(&text).unwrap(), recipe);
    }
}

/// Every way to read these bytes ends in a value that writes them again, or in an error within them.
fn survives(bytes: &[u8]) {
    let mut buffer = vec![0; bytes.len()];
    for rules in [Rules::new(), lenient()] {
        match Message::decode(bytes, rules) {
            Ok(message) => {
                let mut out = SliceOut::new(&mut buffer);
                message.encode(&mut out).unwrap();
                // Headers longer than they need be are the one thing that is not kept, and there are none:
                // each length and delta has one form.
                assert_eq!(out.written(), bytes);
                look_at(&message);
            }
            Err(error) => assert!(error.offset <= bytes.len(), "{error}"),
        }
        match StreamMessage::decode(bytes, rules) {
            Ok(message) => {
                let mut out = SliceOut::new(&mut buffer);
                message.encode(&mut out).unwrap();
                assert_eq!(out.written(), bytes);
                _ = (message.meaning(&Known::REGISTERED, rules), message.to_string());
                if let Ok(signal) = Signal::read(&message) {
                    _ = signal.encode(message.token, &mut Vec::new());
                }
            }
            Err(error) => assert!(error.offset <= bytes.len(), "{error}"),
        }
        if let Err(error) = StreamMessage::decode_websocket(bytes, rules) {
            assert!(error.offset <= bytes.len(), "{error}");
        }
    }
    _ = Oscore::read(bytes);
}

fn look_at(message: &Message<'_>) {
    let options = &message.options;
    if let Err(refusal) = message.meaning(&Known::REGISTERED, Rules::new()) {
        assert!(!refusal.to_string().is_empty());
    }
    _ = (message.unknown_critical(&Known::NONE), message.to_string(), format!("{message:?}"));
    _ = (options.uri_host(), options.uri_port(), options.observe(), options.max_age(), options.hop_limit());
    _ = (
        options.block1(),
        options.block2(),
        options.q_block1(),
        options.q_block2().count(),
        options.oscore(),
    );
    _ = (options.size1(), options.size2(), options.accept(), options.content_format(), options.echo());
    _ = (options.etags().count(), options.if_match().count(), options.request_tags().count());
    _ = (options.no_response(), options.if_none_match(), options.edhoc());
    let destination = ([192, 0, 2, 1], 5683).into();
    _ = Composed { scheme: coap_codec::Scheme::Coap, options: *options, destination }.to_string();
}

#[test]
fn every_bit_flip_and_every_truncation_of_every_vector_survives() {
    let file = data::load();
    let valid = file.valid.iter().map(|vector| &vector.hex);
    for hex in valid.chain(file.malformed.iter().map(|vector| &vector.hex)) {
        let mut wire = data::bytes(hex);
        for len in 0..=wire.len() {
            survives(&wire[..len]);
        }
        // Payloads carry nothing; their bits are not worth the time.
        for bit in 0..wire.len().min(120) * 8 {
            wire[bit / 8] ^= 1 << (bit % 8);
            survives(&wire);
            wire[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn every_byte_of_every_link_document_may_change() {
    let file = data::load();
    let texts = file.link_format_valid.iter().map(|vector| &vector.text);
    for text in texts.chain(file.link_format_malformed.iter().map(|vector| &vector.text)) {
        for at in 0..text.len() {
            for byte in [b'<', b'>', b';', b',', b'=', b'"', b'\\', b'x'] {
                let mut bytes = text.clone().into_bytes();
                bytes[at] = byte;
                if let Ok(text) = String::from_utf8(bytes) {
                    Links::new(&text).flatten().for_each(|link| _ = link.attributes().count());
                }
            }
        }
    }
}
