//! Two ends of one connection: every behaviour by its name (RFC 8323).
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, clippy::std_instead_of_alloc)]

mod data;
mod wires;

use coap_codec::endpoint::stream::{Config, Connection, Event, Memory};
use coap_codec::endpoint::{
    Body, Call, Error, Failure, Fault, Load, Request, Resource, Response, Slot, Table,
};
use coap_codec::{
    Abort, Addresses, Block, BlockSize, Code, Framing, NoResponse, Opt, OptionNumber, Options, Release, Rule,
    Rules, Signal, SliceOut, StreamMessage, Token, Uint,
};
use wires::*;

fn ask(end: &mut End, request: &Request<'_>) -> (Call, Vec<u8>) {
    let mut out = Vec::new();
    let call = end.request(START, request, &mut out).unwrap();
    (call, out)
}

fn body(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 7 % 251).to_le_bytes()[0]).collect()
}

fn tokened(code: Code, token: &[u8]) -> Request<'_> {
    Request { token: Some(Token::new(token).unwrap()), ..Request::new(code) }
}

/// The abort in an output that has nothing else.
fn abort_in(out: &[u8]) -> (Option<u16>, String) {
    let message = decode(out);
    let Ok(Signal::Abort(abort)) = Signal::read(&message) else { panic!("{message}") };
    (abort.bad_csm_option, String::from_utf8(abort.diagnostic.to_vec()).unwrap())
}

// The beginning

#[test]
fn the_first_thing_said_is_what_we_can_do() {
    let (_, csm) = open(taking(1, 70_000));
    assert_eq!(csm, b"\x50\xE1\x23\x01\x11\x70\x20");
    let mut small = [0; 5];
    let mut out = SliceOut::new(&mut small);
    assert!(matches!(Connection::open(config(1), &mut out), Err(Error::NoRoom { needed: 6 })));
    assert!(out.is_empty());
}

#[test]
fn capabilities_add_up_and_are_told() {
    let (mut end, _) = open(config(1));
    assert!(!end.peer().block_wise);
    hear(&mut end, START, b"\x10\xE1\x40");
    let (event, out) = hear(&mut end, START, b"\x30\xE1\x22\x20\x00");
    let Some(Event::Capable { peer }) = event else { panic!("{event:?}") };
    assert_eq!((peer.max_message_size, peer.block_wise, out.len()), (8192, true, 0));
    assert_eq!(end.part_size(), BlockSize::bert(7 * 1024));
}

#[test]
fn what_is_not_a_csm_cannot_come_first() {
    for frame in [&b"\x00\x01"[..], b"\x01\xE2\x42", b"\x00\x45", b"\x00\xE4"] {
        let (mut end, _) = open(config(1));
        let (event, out) = hear(&mut end, START, frame);
        let Some(Event::Broken { why: Fault::Refused(refusal) }) = event else { panic!("{event:?}") };
        assert_eq!(refusal.rule, Rule::FirstCsm);
        assert_eq!(abort_in(&out).1, "first message is not a capabilities message (RFC 8323 5.3)");
        assert!(end.is_closed());
    }
}

#[test]
fn empty_messages_are_ignored_at_any_time() {
    let (mut end, _) = open(config(1));
    for _ in 0..2 {
        let (event, out) = hear(&mut end, START, b"\x00\x00");
        assert!(event.is_none() && out.is_empty());
        hear(&mut end, START, b"\x00\xE1");
    }
    assert!(!end.is_closed());
}

#[test]
fn requests_need_not_wait_for_the_csm_of_the_peer() {
    let ((mut client, csm), (mut server, _)) = (open(config(1)), open(config(2)));
    let (_, request) = ask(&mut client, &get());
    hear(&mut server, START, &csm);
    let exchange = asked(&mut server, &request);
    // Until it has come the base values hold.
    let long = Request { payload: &body(2000), ..Request::new(Code::PUT) };
    let mut out = Vec::new();
    assert_eq!(client.request(START, &long, &mut out), Err(Error::PeerLimit { limit: 1152 }));
    assert!(out.is_empty());
    assert!(!answer(&mut server, exchange, &content(b"x")).is_empty());
}

// Requests and responses

#[test]
fn responses_come_in_any_order() {
    let (mut client, mut server) = ends();
    let asked: Vec<_> = (0..3)
        .map(|_| {
            let (call, request) = ask(&mut client, &get());
            (call, asked(&mut server, &request))
        })
        .collect();
    for at in [2, 0, 1] {
        let (call, exchange) = asked[at];
        let reply = answer(&mut server, exchange, &content(&[at.to_le_bytes()[0]]));
        let (event, out) = hear(&mut client, START, &reply);
        let Some(Event::Response { call: answered, message, offset: 0 }) = event else { panic!("{event:?}") };
        assert_eq!((answered, message.payload[0]), (call, at.to_le_bytes()[0]));
        assert!(out.is_empty());
    }
    assert_empties(&mut client);
    assert_empties(&mut server);
}

#[test]
fn both_ends_ask_on_the_same_connection_with_the_same_token() {
    let (mut one, mut other) = ends();
    let (_, to_other) = ask(&mut one, &tokened(Code::GET, b"t"));
    let (_, to_one) = ask(&mut other, &tokened(Code::GET, b"t"));
    let (at_other, at_one) = (asked(&mut other, &to_other), asked(&mut one, &to_one));
    for (from, to, exchange) in [(0, 1, at_one), (1, 0, at_other)] {
        let ends = &mut [&mut one, &mut other];
        let reply = answer(ends[from], exchange, &content(b"x"));
        assert!(matches!(hear(ends[to], START, &reply).0, Some(Event::Response { .. })));
    }
}

#[test]
fn a_request_is_answered_once() {
    let (mut client, mut server) = ends();
    let exchange = asked(&mut server, &ask(&mut client, &get()).1);
    answer(&mut server, exchange, &content(b"x"));
    let mut out = Vec::new();
    assert_eq!(server.respond(exchange, &content(b"x"), &mut out), Err(Error::Over));
    assert_eq!(server.respond(exchange, &Response::new(Code::GET), &mut out), Err(Error::Code(Code::GET)));
    assert!(out.is_empty());
}

#[test]
fn a_response_nobody_waits_for_is_refused_and_ignored() {
    let mut end = alone();
    for frame in [&b"\x01\x45x"[..], b"\x01\xE3x"] {
        let (event, out) = hear(&mut end, START, frame);
        assert!(matches!(event, Some(Event::Refused { why: Fault::Unmatched })) && out.is_empty());
    }
    assert!(!end.is_closed());
}

#[test]
fn a_request_without_response_fails_when_its_time_is_over() {
    let mut end = alone();
    let (call, _) = ask(&mut end, &get());
    assert_eq!(end.next_timeout(), Some(START + seconds(247)));
    assert!(timeout(&mut end, START + seconds(246)).0.is_none());
    let (event, out) = timeout(&mut end, START + seconds(247));
    let Some(Event::Failed { call: failed, why: Failure::NoResponse }) = event else { panic!("{event:?}") };
    assert_eq!((failed, out.len(), end.next_timeout()), (call, 0, None));
}

#[test]
fn a_cancelled_request_gives_no_event() {
    let mut end = alone();
    let (call, _) = ask(&mut end, &tokened(Code::GET, b"t"));
    let mut out = Vec::new();
    end.cancel(START, call, &mut out).unwrap();
    assert_eq!(end.cancel(START, call, &mut out), Err(Error::Over));
    assert!(out.is_empty() && end.next_timeout().is_none());
    assert!(matches!(hear(&mut end, START, b"\x01\x45t").0, Some(Event::Refused { .. })));
}

#[test]
fn a_token_is_used_by_one_request_at_a_time() {
    let mut end = alone();
    let mut out = Vec::new();
    end.request(START, &tokened(Code::GET, b"t"), &mut out).unwrap();
    let sent = out.len();
    assert_eq!(end.request(START, &tokened(Code::GET, b"t"), &mut out), Err(Error::Token));
    assert_eq!(end.request(START, &tokened(Code::GET, b"ninebytes"), &mut out), Err(Error::Token));
    assert_eq!(end.request(START, &Request::new(Code::CSM), &mut out), Err(Error::Code(Code::CSM)));
    assert_eq!(out.len(), sent);
}

#[test]
fn full_tables_refuse_on_both_sides() {
    let (mut outgoing, mut incoming, mut messages) = ([Slot::EMPTY; 1], [Slot::EMPTY; 1], [0; 32]);
    let memory = Memory::lent(&mut outgoing, &mut messages, &mut incoming);
    let mut out = Vec::new();
    let mut end = Connection::open(Config::new(memory, 1), &mut out).unwrap();
    end.receive(START, b"\x00\xE1", &mut out).unwrap();
    out.clear();
    end.request(START, &get(), &mut out).unwrap();
    assert_eq!(end.request(START, &get(), &mut out), Err(Error::Full(Resource::Outgoing)));
    assert_eq!(end.ping(START, false, &mut out), Err(Error::Full(Resource::Outgoing)));
    out.clear();
    assert!(matches!(end.receive(START, b"\x01\x01a", &mut out), Ok(Some(Event::Request { .. }))));
    let event = end.receive(START, b"\x01\x01b", &mut out).unwrap();
    assert!(matches!(event, Some(Event::Refused { why: Fault::Busy })));
    assert_eq!(out, b"\x31\xA3b\xD1\x01\x05"); // 5.03, Max-Age 5
}

#[test]
fn requests_that_must_not_be_acted_on_are_answered() {
    for (frame, code) in
        [(&b"\x31\x01t\xE0\x26\x02"[..], Code::BAD_OPTION), (b"\x01\x1Ft", Code::METHOD_NOT_ALLOWED)]
    {
        let mut end = alone();
        let (event, out) = hear(&mut end, START, frame);
        assert!(matches!(event, Some(Event::Refused { why: Fault::Refused(_) })));
        let answer = decode(&out);
        assert_eq!((answer.code, answer.token.as_bytes()), (code, &b"t"[..]));
        assert!(!answer.payload.is_empty() && !end.is_closed());
    }
}

#[test]
fn a_response_that_must_not_be_acted_on_ends_its_request() {
    let mut end = alone();
    let (call, _) = ask(&mut end, &tokened(Code::GET, b"t"));
    let (event, out) = hear(&mut end, START, b"\x31\x45t\xE0\x26\x02");
    let Some(Event::Failed { call: failed, why: Failure::Unusable(refusal) }) = event else {
        panic!("{event:?}")
    };
    assert_eq!((failed, refusal.rule, out.len()), (call, Rule::UnknownCritical, 0));
    assert_empties(&mut end);
}

#[test]
fn what_is_of_no_interest_is_not_sent() {
    let (mut client, mut server) = ends();
    let value = Uint::new(NoResponse::to(&[2]).bits().into());
    let list = [Opt::new(OptionNumber::NO_RESPONSE, &value)];
    let (_, request) = ask(&mut client, &Request { options: Options::new(&list).unwrap(), ..get() });
    let exchange = asked(&mut server, &request);
    assert!(answer(&mut server, exchange, &content(b"x")).is_empty());
    assert_empties(&mut server);
}

#[test]
fn without_room_nothing_has_happened() {
    let (mut client, mut server) = ends();
    let mut tight = [0; 3];
    let mut none = SliceOut::new(&mut tight);
    assert!(matches!(client.request(START, &get(), &mut none), Err(Error::NoRoom { needed: 6 })));
    assert_eq!((client.load(), none.len()), (Load::default(), 0));
    let (_, request) = ask(&mut client, &get());
    let exchange = asked(&mut server, &request);
    assert!(matches!(server.respond(exchange, &content(b"x"), &mut none), Err(Error::NoRoom { .. })));
    assert!(!answer(&mut server, exchange, &content(b"x")).is_empty());
    // A block is taken when the next can be asked for.
    let block = b"\xD1\x07\x03t\xD1\x0E\x08\xFF0123456789abcdef";
    assert!(matches!(server.receive(START, block, &mut none), Err(Error::NoRoom { .. })));
    assert!(matches!(hear(&mut server, START, block).0, Some(Event::Part { offset: 0, .. })));
    assert!(matches!(server.receive(START, b"\x20\x01\xF1\x61", &mut none), Err(Error::NoRoom { .. })));
    assert!(!server.is_closed());
}

// Signals

#[test]
fn a_ping_is_answered_with_its_token() {
    let mut end = alone();
    let (event, out) = hear(&mut end, START, b"\x01\xE2\x42");
    assert!(event.is_none());
    assert_eq!(out, b"\x01\xE3\x42");
}

#[test]
fn custody_waits_for_what_came_before() {
    let (mut client, mut server) = ends();
    let mut out = Vec::new();
    // Nothing to wait for.
    let ping = client.ping(START, true, &mut out).unwrap();
    let (_, pong) = hear(&mut server, START, &out);
    let (event, _) = hear(&mut client, START, &pong);
    let Some(Event::Pong { call, custody: true }) = event else { panic!("{event:?}") };
    assert_eq!(call, ping);

    let first = asked(&mut server, &ask(&mut client, &get()).1);
    let second = asked(&mut server, &ask(&mut client, &get()).1);
    out.clear();
    client.ping(START, true, &mut out).unwrap();
    assert!(hear(&mut server, START, &out).1.is_empty());
    let later = asked(&mut server, &ask(&mut client, &get()).1);
    answer(&mut server, second, &content(b""));
    assert!(server.next_timeout().is_none());
    answer(&mut server, first, &content(b""));
    assert!(server.next_timeout().is_some_and(|next| next <= START));
    let (_, pong) = timeout(&mut server, START);
    assert!(matches!(hear(&mut client, START, &pong).0, Some(Event::Pong { custody: true, .. })));
    answer(&mut server, later, &content(b""));
    assert_empties(&mut server);
}

#[test]
fn custody_waits_for_requests_and_not_for_other_pings() {
    let mut end = alone();
    let exchange = asked(&mut end, b"\x00\x01");
    assert!(hear(&mut end, START, b"\x11\xE2a\x20").1.is_empty());
    answer(&mut end, exchange, &content(b""));
    // The first pong is due and has not been sent.
    assert_eq!(hear(&mut end, START, b"\x11\xE2b\x20").1, b"\x11\xE3b\x20");
    assert_eq!(timeout(&mut end, START).1, b"\x11\xE3a\x20");
    assert_empties(&mut end);
}

#[test]
fn a_ping_without_pong_fails() {
    let mut end = alone();
    let ping = end.ping(START, false, &mut Vec::new()).unwrap();
    let (event, _) = timeout(&mut end, START + seconds(247));
    assert!(matches!(event, Some(Event::Failed { call, why: Failure::NoResponse }) if call == ping));
}

#[test]
fn a_release_lets_things_under_way_finish() {
    let (mut one, mut other) = ends();
    let (call, request) = ask(&mut one, &get());
    let exchange = asked(&mut other, &request);
    let mut out = Vec::new();
    let alternatives = Addresses::new(&["[2001:db8::9]:5683"]).unwrap();
    other.release(Release { alternatives, hold_off: Some(60) }, &mut out).unwrap();
    let (event, back) = hear(&mut one, START, &out);
    let Some(Event::Released(release)) = event else { panic!("{event:?}") };
    assert_eq!((release.hold_off, release.alternatives.iter().count(), back.len()), (Some(60), 1, 0));
    for end in [&mut one, &mut other] {
        assert_eq!(end.request(START, &get(), &mut out), Err(Error::Closed));
        assert_eq!(end.ping(START, false, &mut out), Err(Error::Closed));
    }
    let reply = answer(&mut other, exchange, &content(b"x"));
    let (event, _) = hear(&mut one, START, &reply);
    assert!(matches!(event, Some(Event::Response { call: answered, .. }) if answered == call));
    assert_empties(&mut one);
    assert_empties(&mut other);
}

#[test]
fn an_abort_of_the_peer_ends_everything() {
    let (mut one, mut other) = ends();
    let (call, _) = ask(&mut one, &get());
    let mut out = Vec::new();
    other.abort(Abort { bad_csm_option: None, diagnostic: b"enough" }, &mut out).unwrap();
    assert_eq!(other.abort(Abort::default(), &mut out), Err(Error::Closed));
    let (event, back) = hear(&mut one, START, &out);
    let Some(Event::Aborted(abort)) = event else { panic!("{event:?}") };
    assert_eq!((abort.diagnostic, back.len(), one.is_closed()), (&b"enough"[..], 0, true));
    let (event, _) = timeout(&mut one, START);
    assert!(matches!(event, Some(Event::Failed { call: failed, why: Failure::Closed }) if failed == call));
    assert_empties(&mut one);
}

#[test]
fn a_critical_option_nobody_defined_is_answered_with_an_abort() {
    for (frame, bad) in [
        (&b"\x20\xE1\x51\x61"[..], Some(5)),
        (b"\x20\xE2\x51\x61", None),
        (b"\x20\xE3\x51\x61", None),
        (b"\x20\xE4\x51\x61", None),
        (b"\x20\xFF\x51\x61", None),
    ] {
        let mut end = alone();
        let (event, out) = hear(&mut end, START, frame);
        assert!(matches!(event, Some(Event::Broken { why: Fault::Refused(_) })), "{event:?}");
        let (option, text) = abort_in(&out);
        assert_eq!((option, end.is_closed()), (bad, true));
        assert!(text.contains("signal option not understood"), "{text}");
    }
    // An elective one is passed over, and so is a signal nobody defined.
    let mut end = alone();
    assert_eq!(hear(&mut end, START, b"\x21\xE2t\x61\x61").1, b"\x01\xE3t");
    let (event, out) = hear(&mut end, START, b"\x00\xFF");
    assert!(matches!(event, Some(Event::Refused { .. })) && out.is_empty() && !end.is_closed());
}

#[test]
fn a_reserved_code_is_a_message_nobody_acts_on() {
    let mut end = alone();
    let (event, out) = hear(&mut end, START, b"\x00\x20");
    assert!(matches!(event, Some(Event::Refused { why: Fault::Refused(_) })) && out.is_empty());
}

#[test]
fn when_the_transport_ends_every_call_fails_once() {
    let (mut client, mut server) = ends();
    let mut calls: Vec<_> = (0..3).map(|_| ask(&mut client, &get()).0).collect();
    calls.push(client.ping(START, true, &mut Vec::new()).unwrap());
    let exchange = asked(&mut server, &ask(&mut client, &get()).1);
    client.closed();
    server.closed();
    while let Some(next) = client.next_timeout() {
        let (event, out) = timeout(&mut client, next);
        let Some(Event::Failed { call, why: Failure::Closed }) = event else { panic!("{event:?}") };
        calls.retain(|&known| known != call);
        assert!(out.is_empty());
    }
    assert!(calls.is_empty());
    assert_eq!(client.load(), Load::default());
    assert_eq!(server.respond(exchange, &content(b""), &mut Vec::new()), Err(Error::Over));
    let (event, out) = hear(&mut server, START, b"\x00\x01");
    assert!(event.is_none() && out.is_empty());
    assert_eq!(server.load(), Load::default());
}

#[test]
fn over_websockets_the_same_messages_have_no_length() {
    let with = |seed| {
        let mut config = config(seed);
        config.framing = Framing::WebSocket;
        config
    };
    let (mut client, csm) = open(with(1));
    assert_eq!(csm, b"\x00\xE1\x22\x04\x80\x20");
    let (mut server, _) = open(with(2));
    hear(&mut server, START, &csm);
    hear(&mut client, START, &csm);
    let (_, request) = ask(&mut client, &tokened(Code::GET, b"t"));
    assert_eq!(request, b"\x01\x01t");
    let exchange = asked(&mut server, &request);
    let reply = answer(&mut server, exchange, &content(b"hi"));
    assert_eq!(reply, b"\x01\x45t\xFFhi");
    assert!(matches!(hear(&mut client, START, &reply).0, Some(Event::Response { .. })));
    assert!(matches!(hear(&mut client, START, b"\x10\x45").0, Some(Event::Broken { .. })));
}

// Bodies

/// Carries a request to its end; gives the body that came back, and how many messages it came in.
fn fetch(client: &mut End, server: &mut End, mut request: Vec<u8>, whole: &[u8]) -> (Vec<u8>, usize) {
    let (mut got, mut turns) = (Vec::new(), 0);
    loop {
        turns += 1;
        let exchange = asked(server, &request);
        let reply = answer(server, exchange, &content(whole));
        let (event, next) = hear(client, START, &reply);
        match event {
            Some(Event::Piece { message, offset, .. }) => {
                assert_eq!(offset, got.len() as u64);
                got.extend(message.payload);
            }
            Some(Event::Response { message, offset, .. }) => {
                assert_eq!(offset, got.len() as u64);
                got.extend(message.payload);
                return (got, turns);
            }
            event => panic!("{event:?}"),
        }
        request = next;
    }
}

#[test]
fn a_long_response_comes_in_as_many_blocks_as_the_client_takes_at_once() {
    for (client_takes, server_takes, len, turns) in [
        (1152, 1152, 5000, 5),
        (1 << 20, 1 << 20, 5000, 1),
        // 4 blocks in each of the first messages.
        (4 * 1024 + 128, 1 << 16, 10_000, 3),
        // The server has not said that it knows BERT, so it is asked for single blocks.
        (4 * 1024 + 128, 1152, 10_000, 1 + 6),
        // The client has not.
        (1152, 1 << 16, 10_000, 10),
    ] {
        let (mut client, mut server) = greeted(taking(1, client_takes), taking(2, server_takes));
        let whole = body(len);
        let (_, request) = ask(&mut client, &get());
        assert_eq!(
            fetch(&mut client, &mut server, request, &whole),
            (whole, turns),
            "{client_takes} {server_takes}"
        );
        assert_empties(&mut client);
        assert_empties(&mut server);
    }
}

#[test]
fn a_single_block_is_read_at_random() {
    let (mut client, mut server) = ends();
    let value = Block::new(3, false, 2).unwrap().uint();
    let list = [Opt::new(OptionNumber::BLOCK2, &value)];
    let (_, request) = ask(&mut client, &Request { options: Options::new(&list).unwrap(), ..get() });
    let exchange = asked(&mut server, &request);
    let reply = answer(&mut server, exchange, &content(&body(1000)));
    let (event, next) = hear(&mut client, START, &reply);
    let Some(Event::Response { message, offset: 192, .. }) = event else { panic!("{event:?}") };
    assert_eq!((message.payload, next.len()), (&body(1000)[192..256], 0));
}

/// Carries a request with a long body to the server; gives the body, and how many messages it came in.
fn upload(client: &mut End, server: &mut End, request: &Request<'_>, whole: &[u8]) -> (Vec<u8>, usize) {
    let (call, mut frame) = ask(client, request);
    let (mut got, mut turns) = (Vec::new(), 0);
    loop {
        turns += 1;
        let (event, reply) = hear(server, START, &frame);
        match event {
            Some(Event::Part { message, offset, .. }) => {
                got.truncate(usize::try_from(offset).unwrap());
                got.extend(message.payload);
            }
            Some(Event::Request { exchange, message, offset, .. }) => {
                assert_eq!(offset, got.len() as u64);
                got.extend(message.payload);
                let reply = answer(server, exchange, &Response::new(Code::CHANGED));
                let (event, _) = hear(client, START, &reply);
                let Some(Event::Response { call: answered, message, .. }) = event else {
                    panic!("{event:?}")
                };
                assert_eq!((answered, message.code), (call, Code::CHANGED));
                return (got, turns);
            }
            event => panic!("{event:?}"),
        }
        let (event, _) = hear(client, START, &reply);
        let Some(Event::Wanted { call: wanting, offset, len }) = event else { panic!("{event:?}") };
        assert_eq!(wanting, call);
        let from = usize::try_from(offset).unwrap();
        let to = whole.len().min(from + len);
        frame.clear();
        client.supply(START, call, &whole[from..to], to < whole.len(), &mut frame).unwrap();
    }
}

#[test]
fn a_long_request_goes_out_in_as_many_blocks_as_the_server_takes_at_once() {
    for (server_takes, len, turns) in
        [(1152, 5000, 5), (1 << 20, 5000, 1), (4 * 1024 + 128, 10_000, 3), (100, 100, 7)]
    {
        let (mut client, mut server) = greeted(taking(1, 1152), taking(2, server_takes));
        let whole = body(len);
        let request = Request { payload: &whole, ..Request::new(Code::PUT) };
        assert_eq!(
            upload(&mut client, &mut server, &request, &whole),
            (whole.clone(), turns),
            "{server_takes}"
        );
        assert_empties(&mut client);
        assert_empties(&mut server);
    }
}

#[test]
fn a_body_of_unknown_length_goes_out_part_by_part() {
    let (mut client, mut server) = ends();
    let whole = body(2500);
    let beginning = Body::Part { more: true, total: None };
    let request = Request { payload: &whole[..1024], body: beginning, ..Request::new(Code::PUT) };
    assert_eq!(upload(&mut client, &mut server, &request, &whole), (whole.clone(), 3));
    let short = Request { payload: &whole[..1000], body: beginning, ..Request::new(Code::PUT) };
    assert!(matches!(client.request(START, &short, &mut Vec::new()), Err(Error::Part(_))));
}

#[test]
fn who_has_not_said_to_take_blocks_is_not_sent_any() {
    let (mut end, _) = open(config(1));
    hear(&mut end, START, b"\x00\xE1");
    let (mut out, whole) = (Vec::new(), body(2000));
    let put = Request { payload: &whole, ..Request::new(Code::PUT) };
    assert_eq!(end.request(START, &put, &mut out), Err(Error::PeerLimit { limit: 1152 }));
    let part = Request { payload: &whole, body: Body::Part { more: true, total: None }, ..put };
    assert_eq!(end.request(START, &part, &mut out), Err(Error::PeerLimit { limit: 1152 }));
    let exchange = asked(&mut end, b"\x01\x01t");
    assert_eq!(end.respond(exchange, &content(&whole), &mut out), Err(Error::PeerLimit { limit: 1152 }));
    assert!(out.is_empty());
    // 1100 bytes fit a message, if not a block.
    assert_eq!(decode(&answer(&mut end, exchange, &content(&whole[..1100]))).payload.len(), 1100);
    // Who asks for a block knows them.
    let exchange = asked(&mut end, b"\x31\x01t\xD1\x0A\x06");
    assert_eq!(decode(&answer(&mut end, exchange, &content(&whole))).payload.len(), 1024);
}

#[test]
fn blocks_that_do_not_follow_are_refused() {
    let mut end = alone();
    let (event, out) = hear(&mut end, START, b"\xD1\x07\x03t\xD1\x0E\x18\xFF0123456789abcdef");
    assert!(matches!(event, Some(Event::Refused { why: Fault::Block(_) })));
    assert_eq!(decode(&out).code, Code::REQUEST_ENTITY_INCOMPLETE);
    // Size1 of 2 MiB.
    let (event, out) =
        hear(&mut end, START, b"\xD1\x0C\x03t\xD1\x0E\x08\xD3\x14\x20\x00\x00\xFF0123456789abcdef");
    assert!(matches!(event, Some(Event::Refused { why: Fault::Block(_) })));
    let answer = decode(&out);
    assert_eq!((answer.code, answer.options.size1()), (Code::REQUEST_ENTITY_TOO_LARGE, Some(1 << 20)));
}

#[test]
fn a_body_that_does_not_go_on_is_abandoned() {
    let mut end = alone();
    let block = b"\xD1\x07\x03t\xD1\x0E\x08\xFF0123456789abcdef";
    let (event, out) = hear(&mut end, START, block);
    let Some(Event::Part { upload, offset: 0, .. }) = event else { panic!("{event:?}") };
    assert_eq!(decode(&out).code, Code::CONTINUE);
    assert_eq!(end.next_timeout(), Some(START + seconds(93)));
    let (event, _) = timeout(&mut end, START + seconds(93));
    assert!(matches!(event, Some(Event::Abandoned { upload: over }) if over == upload));
    // By us, and by the end of the connection.
    let Some(Event::Part { upload, .. }) = hear(&mut end, START, block).0 else { panic!() };
    end.abandon(upload).unwrap();
    assert_eq!(end.abandon(upload), Err(Error::Over));
    hear(&mut end, START, block);
    end.closed();
    assert!(matches!(timeout(&mut end, START).0, Some(Event::Abandoned { .. })));
    assert_empties(&mut end);
}

#[test]
fn a_request_too_long_to_be_kept_hands_its_response_on_block_by_block() {
    let (mut client, mut server) = greeted(taking(1, 1152), taking(2, 1 << 16));
    let long = body(3000);
    let (call, request) = ask(&mut client, &Request { payload: &long, ..Request::new(Code::FETCH) });
    let exchange = asked(&mut server, &request);
    let reply = answer(&mut server, exchange, &content(&body(5000)));
    let (event, next) = hear(&mut client, START, &reply);
    let Some(Event::Response { call: answered, message, .. }) = event else { panic!("{event:?}") };
    assert_eq!((answered, message.payload.len(), next.len()), (call, 1024, 0));
    assert!(message.options.block2().is_some_and(|block| block.more));
    let options = vec![b'x'; 300];
    let list = [
        Opt::new(OptionNumber::URI_PATH, &options[..255]),
        Opt::new(OptionNumber::URI_PATH, &options[..255]),
    ];
    let request = Request { options: Options::new(&list).unwrap(), ..get() };
    assert_eq!(client.request(START, &request, &mut Vec::new()), Err(Error::TooLong { limit: 256 }));
}

#[test]
fn a_server_that_wants_an_echo_gets_it() {
    let mut end = alone();
    let (_, _) = ask(&mut end, &Request { payload: b"hi", ..tokened(Code::POST, b"t") });
    let (event, again) = hear(&mut end, START, b"\x41\x81t\xD2\xEFee");
    assert!(event.is_none());
    let again = decode(&again);
    assert_eq!(
        (again.options.echo(), again.payload, again.token.as_bytes()),
        (Some(&b"ee"[..]), &b"hi"[..], &b"t"[..])
    );
    // Once; then it is the answer.
    assert!(matches!(hear(&mut end, START, b"\x41\x81t\xD2\xEFee").0, Some(Event::Response { .. })));
}

#[test]
fn what_has_no_room_is_due_at_once() {
    let (mut client, mut server) = ends();
    let whole = body(3000);
    let (_, request) = ask(&mut client, &get());
    let exchange = asked(&mut server, &request);
    let reply = answer(&mut server, exchange, &content(&whole));
    let mut none = SliceOut::new(&mut []);
    let event = client.receive(START, &reply, &mut none).unwrap();
    assert!(matches!(event, Some(Event::Piece { offset: 0, .. })));
    assert!(client.next_timeout().is_some_and(|next| next <= START));
    assert!(matches!(client.handle_timeout(START, &mut none), Err(Error::NoRoom { .. })));
    let (event, next) = timeout(&mut client, START);
    assert!(event.is_none() && decode(&next).options.block2().is_some_and(|block| block.number == 1));
}

// Observing

fn observing(seen: &[u8]) -> Response<'_> {
    Response { observe: Some(7), ..content(seen) }
}

/// A client that observes, and the frame of the response that began it.
fn observe(client: &mut End, server: &mut End) -> (Call, Vec<u8>) {
    let list = [Opt::new(OptionNumber::OBSERVE, &[]), Opt::new(OptionNumber::URI_PATH, b"t")];
    let (call, request) = ask(client, &Request { options: Options::new(&list).unwrap(), ..get() });
    let exchange = asked(server, &request);
    let reply = answer(server, exchange, &observing(b"0"));
    let (event, out) = hear(client, START, &reply);
    assert!(
        matches!(event, Some(Event::Notification { call: known, .. }) if known == call) && out.is_empty()
    );
    (call, reply)
}

#[test]
fn notifications_have_no_number_and_come_in_order() {
    let (mut client, mut server) = ends();
    let (call, first) = observe(&mut client, &mut server);
    assert_eq!(decode(&first).options.observe(), Some(0));
    for state in 1..100_u8 {
        server.changed(8);
        server.changed(7);
        server.changed(7);
        let (event, _) = timeout(&mut server, START);
        let Some(Event::Notify { observer, resource: 7, .. }) = event else { panic!("{event:?}") };
        assert!(server.next_timeout().is_none());
        let mut out = Vec::new();
        server.notify(observer, &content(&[state]), &mut out).unwrap();
        let (event, back) = hear(&mut client, START, &out);
        let Some(Event::Notification { call: known, message, rest: None }) = event else {
            panic!("{event:?}")
        };
        assert_eq!((known, message.payload, back.len()), (call, &[state][..], 0));
    }
    // Nothing of it is timed: the connection is what lives.
    assert_eq!((client.next_timeout(), server.next_timeout()), (None, None));
    assert_eq!((client.load().outgoing, server.load().observers), (1, 1));
}

#[test]
fn numbers_of_notifications_are_ignored() {
    let mut end = alone();
    let list = [Opt::new(OptionNumber::OBSERVE, &[])];
    let options = Options::new(&list).unwrap();
    ask(&mut end, &Request { options, ..tokened(Code::GET, b"t") });
    for number in [9, 3, 3, 250] {
        let frame = [0x21, 0x45, b't', 0x61, number];
        let (event, _) = hear(&mut end, START, &frame);
        assert!(matches!(event, Some(Event::Notification { .. })), "{number}");
    }
}

#[test]
fn cancelling_an_observation_tells_the_server() {
    let (mut client, mut server) = ends();
    let (call, first) = observe(&mut client, &mut server);
    let mut out = Vec::new();
    assert!(matches!(client.cancel(START, call, &mut SliceOut::new(&mut [])), Err(Error::NoRoom { .. })));
    client.cancel(START, call, &mut out).unwrap();
    assert_eq!(client.cancel(START, call, &mut out), Err(Error::Over));
    let message = decode(&out);
    assert_eq!((message.options.observe(), message.token), (Some(1), decode(&first).token));
    assert!(message.options.uri_path().eq([b"t"]));
    // A notification that was on its way.
    assert!(hear(&mut client, START, &first).0.is_none());
    let exchange = asked(&mut server, &out);
    assert_eq!(server.load().observers, 0);
    let reply = answer(&mut server, exchange, &observing(b"1"));
    assert!(hear(&mut client, START, &reply).0.is_none());
    assert_eq!((client.load(), server.load()), (Load::default(), Load::default()));
}

#[test]
fn who_has_taken_a_registration_back_is_not_registered_by_a_late_answer() {
    let mut end = alone();
    let register = asked(&mut end, b"\x11\x01t\x60");
    let take_back = asked(&mut end, b"\x21\x01t\x61\x01");
    for exchange in [take_back, register] {
        let reply = answer(&mut end, exchange, &observing(b"0"));
        assert_eq!(decode(&reply).options.observe(), None);
    }
    assert_eq!(end.load(), Load::default());
}

#[test]
fn an_observation_is_taken_back_even_where_nothing_more_can_be_answered() {
    let mut config = config(1);
    config.memory.incoming = Table::growing(1);
    let (mut end, _) = open(config);
    hear(&mut end, START, b"\x00\xE1");
    let register = asked(&mut end, b"\x11\x01t\x60");
    answer(&mut end, register, &observing(b"0"));
    assert_eq!(end.load().observers, 1);
    asked(&mut end, b"\x01\x01x");
    let (event, out) = hear(&mut end, START, b"\x21\x01t\x61\x01");
    assert!(matches!(event, Some(Event::Refused { why: Fault::Busy })));
    assert_eq!((decode(&out).code, end.load().observers), (Code::SERVICE_UNAVAILABLE, 0));
}

#[test]
fn an_observation_ends_with_what_is_no_success() {
    let (mut client, mut server) = ends();
    let (call, _) = observe(&mut client, &mut server);
    server.changed(7);
    let Some(Event::Notify { observer, .. }) = timeout(&mut server, START).0 else { panic!() };
    let mut out = Vec::new();
    server.notify(observer, &Response::new(Code::NOT_FOUND), &mut out).unwrap();
    assert_eq!(server.notify(observer, &content(b""), &mut out), Err(Error::Over));
    let (event, _) = hear(&mut client, START, &out);
    assert!(matches!(event, Some(Event::Response { call: over, .. }) if over == call));
    assert_eq!((client.load(), server.load()), (Load::default(), Load::default()));
}

#[test]
fn an_unusable_notification_ends_the_observation_at_the_server_too() {
    let (mut client, mut server) = ends();
    let (_, first) = observe(&mut client, &mut server);
    let (token, list) = (decode(&first).token, [Opt::new(OptionNumber(9999), b"")]);
    let options = Options::new(&list).unwrap();
    let mut odd = Vec::new();
    StreamMessage { code: Code::CONTENT, token, options, payload: &[] }.encode(&mut odd).unwrap();
    assert!(matches!(
        hear(&mut client, START, &odd).0,
        Some(Event::Failed { why: Failure::Unusable(_), .. })
    ));
    let (event, out) = timeout(&mut client, START);
    assert!(event.is_none());
    assert_eq!(decode(&out).options.observe(), Some(1));
    let exchange = asked(&mut server, &out);
    hear(&mut client, START, &answer(&mut server, exchange, &content(b"")));
    assert_eq!((client.load(), server.load()), (Load::default(), Load::default()));
}

#[test]
fn observers_go_with_the_connection() {
    let (mut client, mut server) = ends();
    let (call, _) = observe(&mut client, &mut server);
    server.closed();
    let (event, _) = timeout(&mut server, START);
    assert!(matches!(event, Some(Event::Gone { resource: 7, why: Failure::Closed, .. })));
    client.closed();
    let (event, out) = timeout(&mut client, START);
    assert!(matches!(event, Some(Event::Failed { call: failed, .. }) if failed == call) && out.is_empty());
    assert_empties(&mut server);
    assert_empties(&mut client);
}

#[test]
fn a_long_notification_is_fetched_to_its_end() {
    let (mut client, mut server) = ends();
    let (call, _) = observe(&mut client, &mut server);
    server.changed(7);
    let Some(Event::Notify { observer, .. }) = timeout(&mut server, START).0 else { panic!() };
    let (mut out, whole) = (Vec::new(), body(2500));
    server.notify(observer, &content(&whole), &mut out).unwrap();
    let (event, _) = hear(&mut client, START, &out);
    let Some(Event::Notification { call: known, message, rest: Some(rest) }) = event else {
        panic!("{event:?}")
    };
    let mut got = message.payload.to_vec();
    assert!(known == call && rest != call);
    let (_, mut request) = timeout(&mut client, START);
    loop {
        assert_eq!(decode(&request).options.observe(), None);
        let exchange = asked(&mut server, &request);
        let reply = answer(&mut server, exchange, &observing(&whole));
        let (event, next) = hear(&mut client, START, &reply);
        match event {
            Some(Event::Piece { call, message, .. }) if call == rest => got.extend(message.payload),
            Some(Event::Response { call, message, .. }) if call == rest => {
                got.extend(message.payload);
                break;
            }
            event => panic!("{event:?}"),
        }
        request = next;
    }
    assert_eq!(got, whole);
    assert_eq!((client.load().outgoing, server.load().observers), (1, 1));
}

#[test]
fn without_room_for_observers_the_answer_has_no_observe() {
    let mut memory = Memory::growing(4);
    memory.observers = Table::growing(0);
    let (mut client, mut server) = greeted(config(1), Config::new(memory, 2));
    let list = [Opt::new(OptionNumber::OBSERVE, &[])];
    let (_, request) = ask(&mut client, &Request { options: Options::new(&list).unwrap(), ..get() });
    let exchange = asked(&mut server, &request);
    let reply = answer(&mut server, exchange, &observing(b"0"));
    assert_eq!(decode(&reply).options.observe(), None);
    assert!(matches!(hear(&mut client, START, &reply).0, Some(Event::Response { .. })));
    assert_empties(&mut client);
}

// Vectors

/// Every malformed frame of `vectors/coap.json` gets the reaction its `expect` asks for.
#[test]
fn every_malformed_frame_gets_the_reaction_it_deserves() {
    let file = data::load();
    let vectors: Vec<_> = file.malformed.iter().filter(|vector| vector.transport == "tcp").collect();
    assert!(vectors.len() >= 12);
    for vector in vectors {
        let wire = data::bytes(&vector.hex);
        // What breaks the beginning of a connection is its beginning.
        let is_first = vector.expect == "abort";
        let (mut end, mut out) = (if is_first { open(config(1)).0 } else { alone() }, Vec::new());
        let event = match coap_codec::peek(&wire, Rules::new()) {
            Ok(coap_codec::Peek::Frame { len }) => end.receive(START, &wire[..len], &mut out).unwrap(),
            Ok(_) => None,
            Err(error) => end.malformed(error, &mut out).unwrap(),
        };
        match vector.expect.as_str() {
            "incomplete" => assert!(event.is_none() && out.is_empty() && !end.is_closed(), "{}", vector.id),
            // Tokens above eight bytes are not kept, and our CSM does not say they are.
            "format-error" | "format-error-unless-rfc8974" | "limit" | "abort" => {
                let Some(Event::Broken { why }) = event else { panic!("{}: {event:?}", vector.id) };
                let rule = match why {
                    Fault::Malformed(error) => error.rule,
                    Fault::Refused(refusal) => refusal.rule,
                    why => panic!("{}: {why}", vector.id),
                };
                vector.assert_cites(rule);
                let (option, text) = abort_in(&out);
                assert_eq!(option, (vector.id == "tcp-csm-unknown-critical").then_some(5), "{}", vector.id);
                assert!(!text.is_empty() && end.is_closed(), "{}", vector.id);
            }
            other => panic!("{}: unknown expectation {other}", vector.id),
        }
    }
}
