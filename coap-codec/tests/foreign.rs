//! What other implementations write decodes to what they were told to write, and is written back the same.
#![allow(clippy::unwrap_used)]

mod data;

use coap_codec::{Code, Known, Message, Options, Policy, Rules, SliceOut, StreamMessage};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "about")]
    _about: String,
    messages: Vec<Foreign>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Foreign {
    by: String,
    transport: String,
    meant: Meant,
    hex: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Meant {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: String,
    message_id: Option<u16>,
    token: Option<String>,
    options: Vec<data::RawOption>,
    payload: String,
}

#[test]
fn foreign_messages_are_read_as_meant_and_written_the_same() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/foreign.json");
    let file: File = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    for stack in ["aiocoap", "libcoap", "coap-packet"] {
        assert!(file.messages.iter().filter(|foreign| foreign.by.contains(stack)).count() >= 20, "{stack}");
    }
    for Foreign { by, transport, meant, hex } in &file.messages {
        let wire = data::bytes(hex);
        let name = format!("{by}: {hex}");
        // Some are single blocks cut short: form is what they are about.
        let rules = Rules::new().max_frame(8192).short_block(Policy::Accept);
        let mut buffer = vec![0; wire.len()];
        let mut out = SliceOut::new(&mut buffer);
        let message = match transport.as_str() {
            "udp" => {
                let message = Message::decode(&wire, rules).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(Some(message.kind.name()), meant.kind.as_deref(), "{name}");
                assert!(meant.message_id.is_none_or(|id| id == message.id), "{name}");
                let list: Vec<_> = message.options.iter().collect();
                let rebuilt = Message { options: Options::new(&list).unwrap(), ..message };
                rebuilt.encode(&mut out).unwrap();
                StreamMessage::of(&message)
            }
            "tcp" => {
                let message =
                    StreamMessage::decode(&wire, rules).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!((&meant.kind, meant.message_id), (&None, None), "{name}");
                let list: Vec<_> = message.options.iter().collect();
                let rebuilt = StreamMessage { options: Options::new(&list).unwrap(), ..message };
                rebuilt.encode(&mut out).unwrap();
                message
            }
            other => panic!("{name}: unknown transport {other}"),
        };
        assert_eq!(out.written(), wire, "{name}");
        assert_eq!(message.code, meant.code.parse::<Code>().unwrap(), "{name}");
        assert_eq!(message.payload, data::bytes(&meant.payload), "{name}");
        let token = meant.token.as_deref().map(data::bytes);
        assert!(token.is_none_or(|token| message.token.as_bytes() == token), "{name}");
        data::assert_options(&message.options, &meant.options, &name);
        let unknown = message.unknown_critical(&Known::REGISTERED);
        assert_eq!(
            unknown.is_some(),
            message.options.iter().any(|option| option.number.0 == 65_001),
            "{name}"
        );
    }
}
