//! Every vector of `vectors/coap.json`: what decodes must decode to what was meant and be written back
//! byte for byte; what must not be acted on must name its section and the answer.

#![allow(clippy::unwrap_used)]

mod data;

use coap_codec::{
    Answer, Block, Code, DecodeError, Kind, Known, LinkWriter, Links, Meaning, Message, Options, Peek,
    Policy, Reader, Rule, Rules, Signal, SliceOut, StreamMessage, peek,
};
use data::{Malformed, Valid, bytes};

/// With extended tokens, as RFC 8974 allows them.
fn extended() -> Rules {
    Rules::new().max_token(65_804)
}

#[test]
fn valid_datagrams_decode_to_what_was_meant_and_back() {
    for vector in data::load().valid.iter().filter(|vector| vector.transport == "udp") {
        let wire = bytes(&vector.hex);
        let rules = match vector.needs.as_deref() {
            None => Rules::new(),
            Some("RFC 8974") => {
                let error = Message::decode(&wire, Rules::new()).unwrap_err();
                assert_eq!(error.rule, Rule::TokenLength, "{}", vector.id);
                extended()
            }
            Some(other) => panic!("{}: needs {other}", vector.id),
        };
        let message = Message::decode(&wire, rules).unwrap_or_else(|error| panic!("{}: {error}", vector.id));
        assert_decoded(&message, vector);
        // Some of the messages are single blocks cut short: form is what they are about.
        let meaning = message.meaning(&Known::REGISTERED, rules.short_block(Policy::Accept));
        assert!(meaning.is_ok() || vector.has_unregistered_critical(), "{}: {meaning:?}", vector.id);

        let mut buffer = vec![0; wire.len()];
        let mut out = SliceOut::new(&mut buffer);
        message.encode(&mut out).unwrap();
        assert_eq!(out.written(), wire, "{}", vector.id);

        let list: Vec<_> = message.options.iter().collect();
        let rebuilt = Message { options: Options::new(&list).unwrap(), ..message };
        assert_eq!(rebuilt.encoded_len(), wire.len(), "{}", vector.id);
        let mut out = SliceOut::new(&mut buffer);
        rebuilt.encode(&mut out).unwrap();
        assert_eq!(out.written(), wire, "{}", vector.id);
    }
}

fn assert_decoded(message: &Message<'_>, vector: &Valid) {
    let id = &vector.id;
    let meant = &vector.decoded;
    assert_eq!(meant.version, Some(1), "{id}");
    assert_eq!(Some(message.kind.name()), meant.kind.as_deref(), "{id}");
    assert_eq!(message.code, meant.code.parse::<Code>().unwrap(), "{id}");
    assert_eq!(Some(message.id), meant.message_id, "{id}");
    assert_eq!(message.token.as_bytes(), bytes(&meant.token), "{id}");
    assert_eq!(message.payload, bytes(&meant.payload), "{id}");
    data::assert_options(&message.options, &meant.options, id);
}

#[test]
fn malformed_datagrams_are_answered_as_asked() {
    for vector in data::load().malformed.iter().filter(|vector| vector.transport == "udp") {
        let wire = bytes(&vector.hex);
        match vector.expect.as_str() {
            "format-error" => {
                assert_format_error(&wire, vector, Rules::new());
                assert_format_error(&wire, vector, extended());
            }
            "format-error-unless-rfc8974" => {
                assert_format_error(&wire, vector, Rules::new());
                assert_read_by_rfc_8974(&wire, vector);
            }
            "silently-ignore" => {
                let error = Message::decode(&wire, Rules::new()).unwrap_err();
                assert_eq!(error.answer, Answer::Ignore, "{}", vector.id);
                vector.assert_cites(error.rule);
            }
            "reject-type-code" => assert_refused(&wire, vector, Rules::new(), Answer::Ignore),
            "reserved-code" => assert_refused(&wire, vector, Rules::new(), Answer::Reset(id_of(&wire))),
            "method-not-allowed" => {
                assert_refused(&wire, vector, Rules::new(), Answer::Respond(Code::METHOD_NOT_ALLOWED));
            }
            "bad-option" => assert_refused(&wire, vector, Rules::new(), Answer::Respond(Code::BAD_OPTION)),
            "reject" => assert_refused(&wire, vector, Rules::new(), rejected(&wire)),
            "bad-request" => assert_refused(&wire, vector, Rules::new(), Answer::Respond(Code::BAD_REQUEST)),
            "ignore-option" => assert_fewer_recognised(&wire, vector),
            "accept" => {
                let message = Message::decode(&wire, Rules::new()).unwrap();
                assert!(message.meaning(&Known::REGISTERED, Rules::new()).is_ok(), "{}", vector.id);
                assert_eq!(recognised(&message), message.options.iter().count(), "{}", vector.id);
            }
            "ignore-message" => assert_refused(&wire, vector, Rules::new(), Answer::Ignore),
            "policy-bad-value" => {
                assert_accepted(&wire, vector, Rules::new());
                let strict = Rules::new().text(Policy::Refuse);
                assert_refused(&wire, vector, strict, Answer::Respond(Code::BAD_OPTION));
            }
            "policy-bad-request" => {
                assert_refused(&wire, vector, Rules::new(), Answer::Respond(Code::BAD_REQUEST));
                assert_accepted(&wire, vector, Rules::new().short_block(Policy::Accept));
            }
            "policy-class-3" => {
                assert_accepted(&wire, vector, Rules::new());
                let strict = Rules::new().class_3(Policy::Refuse);
                assert_refused(&wire, vector, strict, Answer::Reset(id_of(&wire)));
            }
            other => panic!("{}: unknown expectation {other}", vector.id),
        }
    }
}

fn id_of(wire: &[u8]) -> u16 {
    u16::from_be_bytes([wire[2], wire[3]])
}

fn is_confirmable(wire: &[u8]) -> bool {
    wire.len() >= 4 && wire[0] & 0x30 == 0
}

fn rejected(wire: &[u8]) -> Answer {
    if is_confirmable(wire) { Answer::Reset(id_of(wire)) } else { Answer::Ignore }
}

fn assert_format_error(wire: &[u8], vector: &Malformed, rules: Rules) {
    let error = Message::decode(wire, rules).expect_err(&vector.id);
    assert_eq!(error.answer, rejected(wire), "{}", vector.id);
    assert!(error.offset <= wire.len(), "{}", vector.id);
    vector.assert_cites(error.rule);
}

/// With extended tokens the nibble is read: either the bytes are a message, or its token is cut.
fn assert_read_by_rfc_8974(wire: &[u8], vector: &Malformed) {
    match Message::decode(wire, extended()) {
        Ok(message) => assert!(message.token.len() > 8, "{}", vector.id),
        Err(error) => assert_ne!(error.rule, Rule::TokenLength, "{}", vector.id),
    }
}

fn assert_accepted(wire: &[u8], vector: &Malformed, rules: Rules) {
    let message = Message::decode(wire, rules).unwrap_or_else(|error| panic!("{}: {error}", vector.id));
    let meaning = message.meaning(&Known::REGISTERED, rules);
    assert!(matches!(meaning, Ok(Meaning::Request | Meaning::Response)), "{}: {meaning:?}", vector.id);
}

fn assert_refused(wire: &[u8], vector: &Malformed, rules: Rules, answer: Answer) {
    let message = Message::decode(wire, rules).unwrap_or_else(|error| panic!("{}: {error}", vector.id));
    let refusal = message.meaning(&Known::REGISTERED, rules).expect_err(&vector.id);
    assert_eq!(refusal.answer, answer, "{}", vector.id);
    vector.assert_cites(refusal.rule);
    if let Some(option) = refusal.option {
        // The offset is that of the option: reading on from there meets a value of that option.
        assert!(refusal.offset >= 4 && refusal.offset < wire.len(), "{}", vector.id);
        assert!(message.options.iter().any(|found| found.number == option), "{}", vector.id);
    }
}

fn recognised(message: &Message<'_>) -> usize {
    message.options.recognised(&Known::REGISTERED).count()
}

fn assert_fewer_recognised(wire: &[u8], vector: &Malformed) {
    let message =
        Message::decode(wire, Rules::new()).unwrap_or_else(|error| panic!("{}: {error}", vector.id));
    let meaning = message.meaning(&Known::REGISTERED, Rules::new());
    assert!(meaning.is_ok(), "{}: {meaning:?}", vector.id);
    assert_eq!(recognised(&message) + 1, message.options.iter().count(), "{}", vector.id);
    // What is left out is elective, and no typed view sees it.
    let known: Vec<_> = message.options.recognised(&Known::REGISTERED).collect();
    for option in message.options.iter().filter(|option| !known.contains(option)) {
        assert!(!option.number.is_critical(), "{}", vector.id);
        assert_ne!(message.options.first(option.number), Some(option.value), "{}", vector.id);
    }
}

/// Limits that let every frame of the file in.
fn stream_rules() -> Rules {
    Rules::new().max_frame(1 << 20)
}

#[test]
fn valid_frames_decode_to_what_was_meant_and_back() {
    for vector in data::load().valid.iter().filter(|vector| vector.transport != "udp") {
        let wire = bytes(&vector.hex);
        assert_eq!(vector.needs, None, "{}", vector.id);
        let tcp = match vector.transport.as_str() {
            "tcp" => true,
            "websocket" => false,
            other => panic!("{}: unknown transport {other}", vector.id),
        };
        let message = if tcp {
            assert_eq!(peek(&wire, stream_rules()), Ok(Peek::Frame { len: wire.len() }), "{}", vector.id);
            StreamMessage::decode(&wire, stream_rules())
        } else {
            StreamMessage::decode_websocket(&wire, stream_rules())
        };
        let message = message.unwrap_or_else(|error| panic!("{}: {error}", vector.id));
        let (id, meant) = (&vector.id, &vector.decoded);
        assert_eq!((meant.version, &meant.kind, meant.message_id), (None, &None, None), "{id}");
        assert_eq!(message.code, meant.code.parse::<Code>().unwrap(), "{id}");
        assert_eq!(message.token.as_bytes(), bytes(&meant.token), "{id}");
        assert_eq!(message.payload, bytes(&meant.payload), "{id}");
        data::assert_options(&message.options, &meant.options, id);
        message.meaning(&Known::REGISTERED, stream_rules()).unwrap_or_else(|error| panic!("{id}: {error}"));

        let mut buffer = vec![0; wire.len()];
        let mut out = SliceOut::new(&mut buffer);
        if tcp { message.encode(&mut out) } else { message.encode_websocket(&mut out) }.unwrap();
        assert_eq!(out.written(), wire, "{id}");
        if let Ok(signal) = Signal::read(&message) {
            out.clear();
            let token = message.token;
            if tcp { signal.encode(token, &mut out) } else { signal.encode_websocket(token, &mut out) }
                .unwrap();
            assert_eq!(out.written(), wire, "{id}");
        }
    }
}

#[test]
fn malformed_frames_are_answered_as_asked() {
    for vector in data::load().malformed.iter().filter(|vector| vector.transport != "udp") {
        let wire = bytes(&vector.hex);
        let rules = Rules::new();
        match vector.expect.as_str() {
            "format-error" => {
                assert_stream_error(&wire, vector, rules);
                assert_stream_error(&wire, vector, extended());
            }
            "format-error-unless-rfc8974" => {
                assert_stream_error(&wire, vector, rules);
                let error = read_stream(&wire, vector, extended()).err();
                assert_ne!(error.map(|error| error.rule), Some(Rule::TokenLength), "{}", vector.id);
            }
            "incomplete" => {
                assert!(matches!(peek(&wire, rules), Ok(Peek::Need(_))), "{}", vector.id);
                assert_eq!(read_stream(&wire, vector, rules), Ok(0), "{}", vector.id);
            }
            "limit" => assert_stream_error(&wire, vector, rules),
            "abort" => assert_aborts(&wire, vector),
            "bad-option" => assert_stream_refused(&wire, vector, Answer::Respond(Code::BAD_OPTION)),
            "bad-request" => assert_stream_refused(&wire, vector, Answer::Respond(Code::BAD_REQUEST)),
            "method-not-allowed" => {
                assert_stream_refused(&wire, vector, Answer::Respond(Code::METHOD_NOT_ALLOWED));
            }
            "reject" | "reserved-code" => assert_stream_refused(&wire, vector, Answer::Ignore),
            "accept" => {
                let meaning = decode_stream(&wire, vector).unwrap().meaning(&Known::REGISTERED, rules);
                assert!(meaning.is_ok(), "{}: {meaning:?}", vector.id);
            }
            other => panic!("{}: unknown expectation {other}", vector.id),
        }
    }
}

fn decode_stream<'a>(wire: &'a [u8], vector: &Malformed) -> Result<StreamMessage<'a>, DecodeError> {
    match vector.transport.as_str() {
        "tcp" => StreamMessage::decode(wire, Rules::new()),
        "websocket" => StreamMessage::decode_websocket(wire, Rules::new()),
        other => panic!("{}: unknown transport {other}", vector.id),
    }
}

fn assert_stream_refused(wire: &[u8], vector: &Malformed, answer: Answer) {
    let message = decode_stream(wire, vector).unwrap_or_else(|error| panic!("{}: {error}", vector.id));
    let refusal = message.meaning(&Known::REGISTERED, Rules::new()).expect_err(&vector.id);
    assert_eq!(refusal.answer, answer, "{}", vector.id);
    vector.assert_cites(refusal.rule);
}

/// How many messages the bytes hold behind a capabilities message.
fn read_stream(wire: &[u8], vector: &Malformed, rules: Rules) -> Result<usize, DecodeError> {
    if vector.transport == "websocket" {
        return StreamMessage::decode_websocket(wire, rules).map(|_| 1);
    }
    let mut buffer = [0; 256];
    let mut reader = Reader::new(&mut buffer, rules);
    reader.next(&mut &[0x00, 0xE1][..])?;
    let (mut chunk, mut count) = (wire, 0);
    while reader.next(&mut chunk)?.is_some() {
        count += 1;
    }
    Ok(count)
}

fn assert_stream_error(wire: &[u8], vector: &Malformed, rules: Rules) {
    let error = read_stream(wire, vector, rules).expect_err(&vector.id);
    assert_eq!(error.answer, Answer::Abort, "{}", vector.id);
    vector.assert_cites(error.rule);
}

/// The frame is the first of a connection; what is wrong may be that, or what it says.
fn assert_aborts(wire: &[u8], vector: &Malformed) {
    let mut buffer = [0; 256];
    let mut reader = Reader::new(&mut buffer, Rules::new());
    match reader.next(&mut &wire[..]) {
        Err(error) => {
            assert_eq!(error.answer, Answer::Abort, "{}", vector.id);
            vector.assert_cites(error.rule);
        }
        Ok(message) => {
            let message = message.unwrap_or_else(|| panic!("{}: incomplete", vector.id));
            let refusal = message.meaning(&Known::REGISTERED, Rules::new()).expect_err(&vector.id);
            assert_eq!(refusal.answer, Answer::Abort, "{}", vector.id);
            vector.assert_cites(refusal.rule);
        }
    }
}

#[test]
fn block_values_read_and_write() {
    for vector in data::load().block_values {
        let value = bytes(&vector.hex);
        let block = Block::read(&value).unwrap();
        assert_eq!((block.number, block.more, block.exponent), (vector.num, vector.more, vector.szx));
        assert_eq!(block.size(), vector.size, "{}", vector.hex);
        assert_eq!(block.uint().as_ref(), value, "{}", vector.hex);
        assert_eq!(Block::new(vector.num, vector.more, vector.szx), Ok(block));
    }
}

#[test]
fn link_format_reads_as_meant_and_is_written_as_it_stood() {
    for vector in data::load().link_format_valid {
        let links: Vec<_> = Links::new(&vector.text)
            .collect::<Result<_, _>>()
            .unwrap_or_else(|error| panic!("{}: {error}", vector.id));
        let found: Vec<(String, Vec<_>)> = links
            .iter()
            .map(|link| {
                let attributes = link.attributes().map(|attribute| {
                    (attribute.name.to_string(), attribute.value.map(|value| value.to_string()))
                });
                (link.target.to_string(), attributes.collect())
            })
            .collect();
        let meant: Vec<_> = vector.links.into_iter().map(|link| (link.target, link.attributes)).collect();
        assert_eq!(found, meant, "{}", vector.id);

        let mut buffer = vec![0; vector.text.len()];
        let mut out = SliceOut::new(&mut buffer);
        let mut writer = LinkWriter::new(&mut out);
        for link in &links {
            writer.copy(link).unwrap();
        }
        assert_eq!(out.written(), vector.text.as_bytes(), "{}", vector.id);
    }
}

#[test]
fn malformed_link_format_is_refused() {
    for vector in data::load().link_format_malformed {
        let error = Links::new(&vector.text).find_map(Result::err).unwrap_or_else(|| panic!("{}", vector.id));
        assert!(error.offset <= vector.text.len(), "{}", vector.id);
        let cited = data::sections("RFC 6690 2");
        assert!(!cited.is_disjoint(&data::sections(&vector.section)), "{}: {error}", vector.id);
    }
}

#[test]
fn every_part_of_the_file_is_read() {
    let file = data::load();
    assert!(file.valid.len() + file.malformed.len() > 0);
    for transport in file.transports() {
        assert!(["udp", "tcp", "websocket"].contains(&transport.as_str()), "unknown transport {transport}");
    }
    // The names of types are those of the file.
    let kinds = [Kind::Confirmable, Kind::NonConfirmable, Kind::Acknowledgement, Kind::Reset];
    assert_eq!(kinds.map(Kind::name), ["CON", "NON", "ACK", "RST"]);
}
