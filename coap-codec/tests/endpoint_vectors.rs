//! Every malformed datagram of `vectors/coap.json`, sent to a live endpoint, gets the reaction its `expect` asks
//! for, and the endpoint serves on.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, clippy::std_instead_of_alloc)]

mod data;

use core::time::Duration;

use coap_codec::endpoint::{Arrival, Config, Event, Memory, Request, Response};
use coap_codec::{Code, Endpoint, Kind, Message, Policy, Rules, Token};
use data::{Malformed, bytes};

const NOW: Duration = Duration::from_secs(1);

/// What came back.
#[derive(Debug, PartialEq)]
enum Reaction {
    Silence,
    Reset,
    /// Of the same type, id and token as an answer must have.
    Answer(Code),
    /// The message was acted on: a request was handed out, a response ended its request.
    ActedOn,
}

fn endpoint(rules: Rules) -> Endpoint<'static, u8> {
    let mut config = Config::new(Memory::growing(4), 7);
    config.rules = rules;
    Endpoint::new(config)
}

/// Sends a datagram to an endpoint; if it is a response, the endpoint has asked for it.
fn react(wire: &[u8], rules: Rules) -> Reaction {
    let mut endpoint = endpoint(rules);
    let (mut wire, mut out) = (wire.to_vec(), Vec::new());
    let is_response = Message::decode(&wire, rules).is_ok_and(|message| message.code.is_response());
    if is_response {
        let token = Message::decode(&wire, rules).unwrap().token.as_bytes().to_vec();
        let request = Request { token: Some(Token::new(&token).unwrap()), ..Request::new(Code::GET) };
        endpoint.request(NOW, 1, &request, &mut out).unwrap();
        if wire[0] >> 4 & 3 == 2 {
            wire[2..4].copy_from_slice(&out[2..4]);
        }
        out.clear();
    }
    let step = endpoint.receive(NOW, Arrival::from(1), &wire, &mut out).unwrap();
    let reaction = match step.event {
        Some(Event::Request { .. } | Event::Response { .. }) => Reaction::ActedOn,
        _ if out.is_empty() => Reaction::Silence,
        _ => {
            let answer = Message::decode(&out, Rules::new()).unwrap();
            assert_eq!(answer.id.to_be_bytes(), wire[2..4], "an answer has the id of what it answers");
            match answer.kind {
                Kind::Reset => Reaction::Reset,
                Kind::Acknowledgement => {
                    let request = Message::decode(&wire, rules).unwrap();
                    assert_eq!(answer.token, request.token);
                    assert!(!answer.payload.is_empty(), "a diagnostic text");
                    Reaction::Answer(answer.code)
                }
                kind => panic!("{kind}"),
            }
        }
    };
    assert_serves(&mut endpoint);
    reaction
}

/// Whatever came before, an ordinary request is served.
fn assert_serves(endpoint: &mut Endpoint<'static, u8>) {
    let mut out = Vec::new();
    let step = endpoint.receive(NOW, Arrival::from(9), b"\x41\x01\x12\x34t", &mut out).unwrap();
    let Some(Event::Request { exchange, .. }) = step.event else { panic!("{step:?}") };
    endpoint.respond(NOW, exchange, &Response::new(Code::CONTENT), &mut out).unwrap();
    assert_eq!(out, b"\x61\x45\x12\x34t");
}

fn rejected(wire: &[u8]) -> Reaction {
    let confirmable = wire.len() >= 4 && wire[0] & 0x30 == 0;
    if confirmable { Reaction::Reset } else { Reaction::Silence }
}

/// The reactions a vector leaves to choose from, each with the rules that choose it.
fn expected(vector: &Malformed, wire: &[u8]) -> Vec<(Rules, Reaction)> {
    let plain = Rules::new();
    let refused = |code| vec![(plain, Reaction::Answer(code))];
    match vector.expect.as_str() {
        // Tokens above eight bytes are not kept, so they stay a format error (RFC 8974 2.2.1).
        "format-error" | "format-error-unless-rfc8974" => {
            vec![(plain, rejected(wire)), (plain.max_token(64), rejected(wire))]
        }
        "silently-ignore" | "reject-type-code" | "ignore-message" => vec![(plain, Reaction::Silence)],
        "reserved-code" | "reject" => vec![(plain, rejected(wire))],
        "method-not-allowed" => refused(Code::METHOD_NOT_ALLOWED),
        "bad-option" => refused(Code::BAD_OPTION),
        "bad-request" => refused(Code::BAD_REQUEST),
        "ignore-option" | "accept" => vec![(plain, Reaction::ActedOn)],
        "policy-bad-value" => {
            vec![(plain, Reaction::ActedOn), (plain.text(Policy::Refuse), Reaction::Answer(Code::BAD_OPTION))]
        }
        // If not the rules, it is the body that has a hole.
        "policy-bad-request" => vec![
            (plain, Reaction::Answer(Code::BAD_REQUEST)),
            (plain.short_block(Policy::Accept), Reaction::Answer(Code::BAD_REQUEST)),
        ],
        "policy-class-3" => {
            vec![(plain, Reaction::ActedOn), (plain.class_3(Policy::Refuse), Reaction::Reset)]
        }
        other => panic!("{}: unknown expectation {other}", vector.id),
    }
}

#[test]
fn every_malformed_datagram_gets_the_reaction_it_deserves() {
    let file = data::load();
    let datagrams: Vec<_> = file.malformed.iter().filter(|vector| vector.transport == "udp").collect();
    assert!(datagrams.len() > 50);
    for vector in datagrams {
        let wire = bytes(&vector.hex);
        for (rules, reaction) in expected(vector, &wire) {
            assert_eq!(react(&wire, rules), reaction, "{}: {}", vector.id, vector.reason);
        }
    }
}

#[test]
fn nothing_malformed_is_answered_to_a_group() {
    for vector in data::load().malformed.iter().filter(|vector| vector.transport == "udp") {
        let (mut endpoint, mut out) = (endpoint(Rules::new()), Vec::new());
        let arrival = Arrival { multicast: true, ..Arrival::from(1) };
        endpoint.receive(NOW, arrival, &bytes(&vector.hex), &mut out).unwrap();
        assert!(out.is_empty(), "{}", vector.id);
    }
}
