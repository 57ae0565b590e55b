//! Bodies in blocks, both ways, and what goes wrong with them (RFC 7959, RFC 9175).
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, clippy::std_instead_of_alloc, reason = "tests have the standard library")]

mod ends;

use coap_codec::endpoint::{
    Arrival, Body, Config, Delivery, Error, Event, Exchange, Failure, Fault, Memory, Request, Response,
    Upload,
};
use coap_codec::{Block, BlockSize, Code, Endpoint, Kind, Opt, OptionNumber, Options, PartError, SliceOut};
use ends::{
    CLIENT, End, SERVER, START, answer, ask, asked, assert_empties, content, decode, end, ends, get, hear,
    seconds, timeout,
};

fn body(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 31).to_le_bytes()[0] ^ (at >> 8).to_le_bytes()[0]).collect()
}

fn sized(seed: u64, bytes: usize) -> End {
    let mut config = Config::new(Memory::growing(16), seed);
    config.block_size = BlockSize::new(bytes);
    Endpoint::new(config)
}

/// A client's turn with what came: the event's part of the body, and the datagram that follows.
struct Turn {
    offset: u64,
    payload: Vec<u8>,
    last: bool,
    next: Vec<u8>,
}

fn client_turn(client: &mut End, reply: &[u8]) -> Turn {
    let (step, next) = hear(client, START, SERVER, reply);
    match step.event {
        Some(Event::Piece { message, offset, .. }) => {
            Turn { offset, payload: message.payload.to_vec(), last: false, next }
        }
        Some(Event::Response { message, offset, more: false, .. }) => {
            Turn { offset, payload: message.payload.to_vec(), last: true, next }
        }
        event => panic!("{event:?}"),
    }
}

/// Fetches a body to its end, the server answering with the whole of it each time; gives the number of turns.
fn fetch(client: &mut End, server: &mut End, request: Vec<u8>, whole: &[u8]) -> usize {
    let (mut request, mut got, mut turns) = (request, Vec::new(), 0);
    loop {
        let exchange = asked(server, START, &request);
        let reply = answer(server, START, exchange, &content(whole));
        let turn = client_turn(client, &reply);
        assert_eq!(turn.offset, got.len() as u64);
        got.extend(turn.payload);
        turns += 1;
        if turn.last {
            assert!(turn.next.is_empty());
            assert_eq!(got, whole);
            return turns;
        }
        request = turn.next;
    }
}

#[test]
fn a_long_response_comes_block_by_block() {
    for (len, turns) in [(1024, 1), (1025, 2), (5000, 5), (5120, 5)] {
        let (mut client, mut server) = ends();
        let (_, request) = ask(&mut client, START, &get());
        assert_eq!(fetch(&mut client, &mut server, request, &body(len)), turns);
        assert_empties(&mut client);
        assert_empties(&mut server);
    }
}

#[test]
fn either_end_may_want_smaller_blocks() {
    let (mut client, mut server) = (sized(1, 64), sized(2, 256));
    // The client says nothing at first, so the first block is as large as the server has it.
    let (_, request) = ask(&mut client, START, &get());
    assert_eq!(fetch(&mut client, &mut server, request, &body(640)), 1 + (640 - 256) / 64);
    // Said early, it holds from the beginning.
    let early = Block::new(0, false, 1).unwrap().uint();
    let list = [Opt::new(OptionNumber::BLOCK2, &early)];
    let (_, request) = ask(&mut client, START, &Request { options: Options::new(&list).unwrap(), ..get() });
    assert_eq!(fetch(&mut client, &mut server, request, &body(100)), 4);
}

#[test]
fn a_single_block_is_read_at_random() {
    let (mut client, mut server) = ends();
    let value = Block::new(3, false, 2).unwrap().uint();
    let list = [Opt::new(OptionNumber::BLOCK2, &value)];
    let (_, request) = ask(&mut client, START, &Request { options: Options::new(&list).unwrap(), ..get() });
    let exchange = asked(&mut server, START, &request);
    let whole = body(1000);
    let reply = answer(&mut server, START, exchange, &content(&whole));
    let turn = client_turn(&mut client, &reply);
    assert!(turn.last && turn.next.is_empty());
    assert_eq!((turn.offset, &turn.payload[..]), (192, &whole[192..256]));
}

#[test]
fn a_block_past_the_end_is_a_bad_request() {
    let mut server = end(2);
    let exchange = asked(&mut server, START, b"\x40\x01\x00\x01\xD1\x0A\x36"); // number 3 of 1024 bytes
    let reply = answer(&mut server, START, exchange, &content(&body(2000)));
    assert_eq!(decode(&reply).code, Code::BAD_REQUEST);
}

#[test]
fn a_body_may_be_made_part_by_part() {
    let (mut client, mut server) = (end(1), sized(2, 16));
    let whole = body(40);
    let (_, mut request) = ask(&mut client, START, &get());
    let mut got = Vec::new();
    loop {
        let (step, _) = hear(&mut server, START, CLIENT, &request);
        let Some(Event::Request { exchange, wanted, .. }) = step.event else { panic!() };
        let from = usize::try_from(wanted.offset).unwrap();
        let to = whole.len().min(from + wanted.len);
        let part = Body::Part { more: to < whole.len(), total: Some(40) };
        let wrong = Response { body: part, ..content(&whole[..wanted.len + 1]) };
        assert_eq!(
            server.respond(START, exchange, &wrong, &mut Vec::new()),
            Err(Error::Part(PartError::Length))
        );
        let reply =
            answer(&mut server, START, exchange, &Response { body: part, ..content(&whole[from..to]) });
        assert_eq!(decode(&reply).options.size2(), (from == 0).then_some(40));
        let turn = client_turn(&mut client, &reply);
        got.extend(turn.payload);
        if turn.last {
            break;
        }
        request = turn.next;
    }
    assert_eq!(got, whole);
}

#[test]
fn a_representation_that_changes_on_the_way_fails() {
    let (mut client, mut server) = ends();
    let (call, request) = ask(&mut client, START, &get());
    let tagged = |tag: &'static [u8]| [Opt::new(OptionNumber::ETAG, tag)];
    let whole = body(3000);
    let (one, other) = (tagged(b"1"), tagged(b"2"));
    let exchange = asked(&mut server, START, &request);
    let options = Options::new(&one).unwrap();
    let reply = answer(&mut server, START, exchange, &Response { options, ..content(&whole) });
    let next = client_turn(&mut client, &reply).next;
    let exchange = asked(&mut server, START, &next);
    let options = Options::new(&other).unwrap();
    let reply = answer(&mut server, START, exchange, &Response { options, ..content(&whole) });
    let (step, _) = hear(&mut client, START, SERVER, &reply);
    assert!(matches!(step.event, Some(Event::Failed { call: of, why: Failure::Body(_) }) if of == call));
    assert_empties(&mut client);
}

#[test]
fn a_body_above_the_bound_fails() {
    let mut config = Config::new(Memory::growing(4), 1);
    config.body_max = 2000;
    let (mut client, mut server) = (Endpoint::new(config), end(2));
    let (_, request) = ask(&mut client, START, &get());
    let exchange = asked(&mut server, START, &request);
    let reply = answer(&mut server, START, exchange, &content(&body(2001)));
    let (step, _) = hear(&mut client, START, SERVER, &reply);
    assert!(matches!(step.event, Some(Event::Failed { why: Failure::Body(_), .. })));
}

/// Sends a body to its end; gives the request that is whole, and what the server has taken in.
fn upload(
    client: &mut End,
    server: &mut End,
    mut request: Vec<u8>,
    whole: &[u8],
) -> (Exchange, Vec<u8>, usize) {
    let (mut got, mut turns) = (Vec::new(), 0);
    loop {
        turns += 1;
        let (step, reply) = hear(server, START, CLIENT, &request);
        match step.event {
            Some(Event::Part { message, offset, .. }) => {
                got.truncate(usize::try_from(offset).unwrap());
                assert_eq!(got.len() as u64, offset);
                got.extend(message.payload);
                assert_eq!(decode(&reply).code, Code::CONTINUE);
            }
            Some(Event::Request { exchange, message, offset, upload, .. }) => {
                assert!(upload.is_some());
                assert_eq!(got.len() as u64, offset);
                got.extend(message.payload);
                return (exchange, got, turns);
            }
            event => panic!("{event:?}"),
        }
        let (step, _) = hear(client, START, SERVER, &reply);
        let Some(Event::Wanted { call, offset, len }) = step.event else { panic!("{step:?}") };
        let from = usize::try_from(offset).unwrap();
        let to = whole.len().min(from + len);
        request.clear();
        client.supply(START, call, &whole[from..to], to < whole.len(), &mut request).unwrap();
        assert!(!request.is_empty());
    }
}

fn put<'a>(payload: &'a [u8]) -> Request<'a> {
    Request { payload, ..Request::new(Code::PUT) }
}

#[test]
fn a_long_request_goes_block_by_block() {
    for (len, turns) in [(1025, 2), (5000, 5), (5120, 5)] {
        let (mut client, mut server) = ends();
        let whole = body(len);
        let (call, request) = ask(&mut client, START, &put(&whole));
        assert_eq!(decode(&request).options.size1(), u32::try_from(len).ok());
        let (exchange, got, count) = upload(&mut client, &mut server, request, &whole);
        assert_eq!((got, count), (whole, turns));
        let reply = answer(&mut server, START, exchange, &Response::new(Code::CHANGED));
        let last = decode(&reply).options.block1().unwrap();
        assert_eq!((last.number as usize, last.more), (turns - 1, false));
        let (step, _) = hear(&mut client, START, SERVER, &reply);
        assert!(matches!(step.event, Some(Event::Response { call: of, .. }) if of == call));
        assert_empties(&mut client);
        assert_empties(&mut server);
    }
}

#[test]
fn a_server_with_small_blocks_gets_small_blocks() {
    let (mut client, mut server) = (end(1), sized(2, 64));
    let whole = body(1500);
    let (_, request) = ask(&mut client, START, &put(&whole));
    let (_, got, turns) = upload(&mut client, &mut server, request, &whole);
    assert_eq!((got, turns), (whole, 1 + (1500_usize - 1024).div_ceil(64)));
}

#[test]
fn a_long_request_may_have_a_long_response() {
    let (mut client, mut server) = ends();
    let (sent, back) = (body(2500), body(3500));
    let (_, request) = ask(&mut client, START, &Request { payload: &sent, ..Request::new(Code::POST) });
    let (exchange, got, _) = upload(&mut client, &mut server, request, &sent);
    assert_eq!(got, sent);
    let reply = answer(&mut server, START, exchange, &content(&back));
    assert!(decode(&reply).options.block1().is_some());
    let turn = client_turn(&mut client, &reply);
    let next = decode(&turn.next);
    assert!(next.payload.is_empty() && next.options.block1().is_none(), "the body is not sent again");
    let rest = turn.next.clone();
    let exchange = asked(&mut server, START, &rest);
    let reply = answer(&mut server, START, exchange, &content(&back));
    assert_eq!(client_turn(&mut client, &reply).offset, 1024);
}

#[test]
fn a_body_that_is_too_large_is_refused_with_the_bound() {
    let mut config = Config::new(Memory::growing(4), 2);
    config.body_max = 2000;
    let (mut client, mut server) = (end(1), Endpoint::new(config));
    let (_, request) = ask(&mut client, START, &put(&body(3000)));
    let (step, reply) = hear(&mut server, START, CLIENT, &request);
    assert!(matches!(step.event, Some(Event::Refused { why: Fault::Block(_), .. })));
    let refusal = decode(&reply);
    assert_eq!((refusal.code, refusal.options.size1()), (Code::REQUEST_ENTITY_TOO_LARGE, Some(2000)));
    let (step, _) = hear(&mut client, START, SERVER, &reply);
    assert!(matches!(step.event, Some(Event::Response { message, .. })
        if message.code == Code::REQUEST_ENTITY_TOO_LARGE));
    assert_empties(&mut client);
}

#[test]
fn a_block_without_those_before_it_is_refused_and_the_body_sent_anew() {
    let (mut client, mut server) = ends();
    let whole = body(3000);
    let (_, request) = ask(&mut client, START, &put(&whole));
    let (step, reply) = hear(&mut server, START, CLIENT, &request);
    let Some(Event::Part { upload, .. }) = step.event else { panic!() };
    let (step, _) = hear(&mut client, START, SERVER, &reply);
    let Some(Event::Wanted { call, .. }) = step.event else { panic!() };
    server.abandon(upload).unwrap();
    assert_eq!(server.abandon(upload), Err(Error::Over));
    let mut second = Vec::new();
    client.supply(START, call, &whole[1024..2048], true, &mut second).unwrap();
    let (step, reply) = hear(&mut server, START, CLIENT, &second);
    assert!(matches!(step.event, Some(Event::Refused { why: Fault::Block(_), .. })));
    assert_eq!(decode(&reply).code, Code::REQUEST_ENTITY_INCOMPLETE);
    let (step, _) = hear(&mut client, START, SERVER, &reply);
    assert!(matches!(step.event, Some(Event::Wanted { offset: 0, .. })));
    let mut first = Vec::new();
    client.supply(START, call, &whole[..1024], true, &mut first).unwrap();
    assert_eq!(upload_rest(&mut client, &mut server, first, &whole), whole);
}

fn upload_rest(client: &mut End, server: &mut End, request: Vec<u8>, whole: &[u8]) -> Vec<u8> {
    upload(client, server, request, whole).1
}

#[test]
fn bodies_of_one_peer_are_told_apart_by_their_tags() {
    let mut server = end(2);
    let block = |id: u8, tag: u8, number: u8, more: bool, fill: u8| {
        let block = Block::new(number.into(), more, 0).unwrap().uint();
        let list = [
            Opt::new(OptionNumber::BLOCK1, &block),
            Opt::new(OptionNumber::REQUEST_TAG, core::slice::from_ref(&tag)),
        ];
        let payload = [fill; 16];
        let message = coap_codec::Message {
            kind: Kind::Confirmable,
            code: Code::PUT,
            id: id.into(),
            token: coap_codec::Token::EMPTY,
            options: Options::new(&list).unwrap(),
            payload: &payload,
        };
        let mut bytes = Vec::new();
        message.encode(&mut bytes).unwrap();
        bytes
    };
    let mut uploads: Vec<Upload> = Vec::new();
    for (id, tag) in [(1, 1), (2, 2)] {
        let bytes = block(id, tag, 0, true, tag);
        let (step, _) = hear(&mut server, START, CLIENT, &bytes);
        let Some(Event::Part { upload, .. }) = step.event else { panic!() };
        uploads.push(upload);
    }
    assert_ne!(uploads[0], uploads[1]);
    for (id, tag) in [(3, 1), (4, 2)] {
        let bytes = block(id, tag, 1, false, tag);
        let (step, _) = hear(&mut server, START, CLIENT, &bytes);
        let Some(Event::Request { upload, offset: 16, exchange, .. }) = step.event else {
            panic!("{step:?}")
        };
        assert_eq!(upload, Some(uploads[usize::from(tag) - 1]));
        answer(&mut server, START, exchange, &Response::new(Code::CHANGED));
    }
    assert_empties(&mut server);
}

#[test]
fn a_body_that_stops_is_given_up() {
    let (mut client, mut server) = ends();
    let (_, request) = ask(&mut client, START, &put(&body(3000)));
    let (step, _) = hear(&mut server, START, CLIENT, &request);
    let Some(Event::Part { upload, .. }) = step.event else { panic!() };
    let (step, _) = timeout(&mut server, START + seconds(93));
    assert!(matches!(step.event, Some(Event::Abandoned { upload: of }) if of == upload));
    assert_empties(&mut server);
}

#[test]
fn bodies_have_a_table_and_its_bound() {
    let memory = || Memory::growing(4);
    let (mut none, mut full) = (memory(), memory());
    none.bodies = coap_codec::endpoint::Table::lent(&mut []);
    full.bodies = coap_codec::endpoint::Table::growing(1);
    let (_, request) = ask(&mut end(1), START, &put(&body(3000)));
    let (_, reply) = hear(&mut Endpoint::new(Config::new(none, 1)), START, CLIENT, &request);
    assert_eq!(decode(&reply).code, Code::REQUEST_ENTITY_TOO_LARGE);
    let mut server = Endpoint::new(Config::new(full, 1));
    hear(&mut server, START, CLIENT, &request);
    let (_, reply) = hear(&mut server, START, 77, &request);
    assert_eq!(decode(&reply).code, Code::SERVICE_UNAVAILABLE);
}

#[test]
fn a_lost_block_is_sent_again_and_a_second_copy_of_it_changes_nothing() {
    let (mut client, mut server) = ends();
    let whole = body(3000);
    let (_, request) = ask(&mut client, START, &get());
    let exchange = asked(&mut server, START, &request);
    let reply = answer(&mut server, START, exchange, &content(&whole));
    let next = client_turn(&mut client, &reply).next;
    // The reply comes twice: nothing is asked for twice.
    let (step, out) = hear(&mut client, START, SERVER, &reply);
    assert!(matches!(step.event, Some(Event::Refused { .. })) && out.is_empty());
    let due = client.next_timeout().unwrap();
    assert_eq!(timeout(&mut client, due).1, next);
    let exchange = asked(&mut server, due, &next);
    let second = answer(&mut server, due, exchange, &content(&whole));
    assert_eq!(hear(&mut server, due, CLIENT, &next).1, second);
    assert_eq!(client_turn(&mut client, &second).offset, 1024);
}

#[test]
fn blocks_come_in_separate_responses_too() {
    let (mut client, mut server) = ends();
    let whole = body(2000);
    let (_, request) = ask(&mut client, START, &get());
    let exchange = asked(&mut server, START, &request);
    let (_, ack) = timeout(&mut server, START + seconds(1));
    hear(&mut client, START, SERVER, &ack);
    let separate = answer(&mut server, START, exchange, &content(&whole));
    let (step, ack) = hear(&mut client, START, SERVER, &separate);
    assert!(matches!(step.event, Some(Event::Piece { offset: 0, .. })));
    assert_eq!(decode(&ack).code, Code::EMPTY);
    // The acknowledgement was the one datagram of that call; the next request is due.
    let (_, next) = timeout(&mut client, START);
    let exchange = asked(&mut server, START, &next);
    let reply = answer(&mut server, START, exchange, &content(&whole));
    assert!(client_turn(&mut client, &reply).last);
}

#[test]
fn unconfirmed_requests_have_blocks_as_well() {
    let (mut client, mut server) = ends();
    let whole = body(2500);
    let delivery = Delivery::NonConfirmable;
    let (_, request) = ask(&mut client, START, &Request { delivery, ..get() });
    assert_eq!(fetch(&mut client, &mut server, request, &whole), 3);
    let (_, request) = ask(&mut client, START, &Request { delivery, ..put(&whole) });
    let (_, got, turns) = upload(&mut client, &mut server, request, &whole);
    assert_eq!((got, turns), (whole, 3));
}

#[test]
fn a_large_answer_goes_only_where_an_echo_comes_from() {
    let mut config = Config::new(Memory::growing(4), 2);
    config.amplification = 3;
    let (mut client, mut server) = (end(1), Endpoint::new(config));
    let whole = body(500);
    let (_, request) = ask(&mut client, START, &get());
    let exchange = asked(&mut server, START, &request);
    let reply = answer(&mut server, START, exchange, &content(&whole));
    let challenge = decode(&reply);
    assert_eq!((challenge.code, challenge.payload), (Code::UNAUTHORIZED, &[][..]));
    let echo = challenge.options.echo().unwrap().to_vec();
    // The client gives it back by itself, and nobody hears of it.
    let (step, again) = hear(&mut client, START, SERVER, &reply);
    assert!(step.event.is_none());
    assert_eq!(decode(&again).options.echo(), Some(&echo[..]));
    // From elsewhere it is worth nothing.
    let (step, _) = hear(&mut server, START, 77, &again);
    let Some(Event::Request { exchange, .. }) = step.event else { panic!() };
    let other = answer(&mut server, START, exchange, &content(&whole));
    assert_eq!(decode(&other).code, Code::UNAUTHORIZED);
    let exchange = asked(&mut server, START, &again);
    let reply = answer(&mut server, START, exchange, &content(&whole));
    assert_eq!(decode(&reply).code, Code::CONTENT);
    let (step, _) = hear(&mut client, START, SERVER, &reply);
    assert!(matches!(step.event, Some(Event::Response { message, .. }) if message.payload == whole));
    // Once is enough; and short answers need no proof at all.
    let (_, request) = ask(&mut client, START, &get());
    let exchange = asked(&mut server, START, &request);
    assert_eq!(decode(&answer(&mut server, START, exchange, &content(&whole))).code, Code::CONTENT);
    let short = server.receive(START, Arrival::from(50), b"\x40\x01\x00\x01", &mut Vec::new()).unwrap();
    let Some(Event::Request { exchange, .. }) = short.event else { panic!() };
    assert_eq!(decode(&answer(&mut server, START, exchange, &content(b"ok"))).code, Code::CONTENT);
}

#[test]
fn what_is_supplied_must_be_what_is_wanted() {
    let (mut client, mut server) = ends();
    let whole = body(3000);
    let (call, request) = ask(&mut client, START, &put(&whole));
    let mut out = Vec::new();
    assert_eq!(client.supply(START, call, &whole[1024..2048], true, &mut out), Err(Error::Over));
    let (_, reply) = hear(&mut server, START, CLIENT, &request);
    hear(&mut client, START, SERVER, &reply);
    let wrong = client.supply(START, call, &whole[1024..2000], true, &mut out);
    assert_eq!(wrong, Err(Error::Part(PartError::Length)));
    let mut narrow = [0; 8];
    let mut narrow = SliceOut::new(&mut narrow);
    let short = client.supply(START, call, &whole[1024..2048], true, &mut narrow);
    assert!(matches!(short, Err(Error::NoRoom { .. })));
    assert!(client.supply(START, call, &whole[1024..2048], true, &mut out).unwrap().is_some());
    assert_eq!(decode(&out).payload, &whole[1024..2048]);
    assert_eq!(decode(&out).options.uint(OptionNumber::SIZE1), None);
}

/// What cannot be acknowledged has not been taken in.
#[test]
fn a_block_whose_acknowledgement_finds_no_room_is_not_lost() {
    let (mut client, mut server) = (sized(1, 16), sized(2, 16));
    let whole = body(40);
    let put = Request { payload: &whole, ..Request::new(Code::PUT) };
    let (_, mut request) = ask(&mut client, START, &put);
    for offset in [0, 16] {
        let kept = |server: &End| (server.load().incoming, server.load().bodies);
        let before = kept(&server);
        for room in 0..6 {
            let mut place = [0; 16];
            let mut short = SliceOut::new(&mut place[..room]);
            let heard = server.receive(START, Arrival::from(CLIENT), &request, &mut short);
            assert!(matches!(heard, Err(Error::NoRoom { .. })));
            assert!(short.is_empty());
            assert_eq!(kept(&server), before, "offset {offset}, room {room}");
        }
        let (step, reply) = hear(&mut server, START, CLIENT, &request);
        let Some(Event::Part { offset: at, message, .. }) = step.event else { panic!("{step:?}") };
        assert_eq!((at, message.payload.len()), (offset, 16));
        let (step, _) = hear(&mut client, START, SERVER, &reply);
        let Some(Event::Wanted { call, offset, len }) = step.event else { panic!("{step:?}") };
        let from = usize::try_from(offset).unwrap();
        let to = whole.len().min(from + len);
        request.clear();
        client.supply(START, call, &whole[from..to], to < whole.len(), &mut request).unwrap();
    }
    let (step, _) = hear(&mut server, START, CLIENT, &request);
    assert!(matches!(step.event, Some(Event::Request { offset: 32, .. })));
}
