//! What an endpoint does, one behaviour at a time, on a clock that stands still unless told to move.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, clippy::std_instead_of_alloc, reason = "tests have the standard library")]

mod ends;

use core::time::Duration;

use coap_codec::endpoint::{
    Arrival, Config, Delivery, Error, Event, Failure, Fault, Load, Memory, Params, Request, Resource,
    Response, Slot,
};
use coap_codec::{Code, Endpoint, Kind, Message, Opt, OptionNumber, Options, Token};
use ends::{
    CLIENT, End, SERVER, START, answer, ask, asked, assert_empties, content, decode, end, ends, get, hear,
    seconds, timeout,
};

#[test]
fn a_response_comes_in_the_acknowledgement() {
    let (mut client, mut server) = ends();
    let (call, request) = ask(&mut client, START, &get());
    let exchange = asked(&mut server, START, &request);
    let reply = answer(&mut server, START, exchange, &content(b"22.3"));
    let (sent, got) = (decode(&request), decode(&reply));
    assert_eq!((got.kind, got.id, got.token), (Kind::Acknowledgement, sent.id, sent.token));
    let (step, out) = hear(&mut client, START, SERVER, &reply);
    assert!(out.is_empty());
    assert!(matches!(step.event, Some(Event::Response { call: of, message, more: false, .. })
        if of == call && message.payload == b"22.3"));
    // A second acknowledgement finds nobody.
    let (step, out) = hear(&mut client, START, SERVER, &reply);
    assert!(matches!(step.event, Some(Event::Refused { why: Fault::Unmatched, .. })) && out.is_empty());
    assert_eq!(server.respond(START, exchange, &content(b""), &mut Vec::new()), Err(Error::Over));
    assert_empties(&mut client);
    assert_empties(&mut server);
}

#[test]
fn a_message_is_repeated_four_times_each_wait_twice_the_last() {
    let mut client = end(1);
    let (call, request) = ask(&mut client, START, &get());
    let first = client.next_timeout().unwrap() - START;
    assert!((seconds(2)..=seconds(3)).contains(&first), "{first:?}");
    let (mut now, mut wait) = (START, first);
    for _ in 0..4 {
        now += wait;
        assert_eq!(client.next_timeout(), Some(now));
        assert!(timeout(&mut client, now - Duration::from_nanos(1)).1.is_empty());
        assert_eq!(timeout(&mut client, now).1, request);
        wait *= 2;
    }
    now += wait;
    let (step, out) = timeout(&mut client, now);
    assert!(matches!(step.event, Some(Event::Failed { call: of, why: Failure::NoAcknowledgement })
        if of == call));
    assert!(out.is_empty());
    assert_empties(&mut client);
}

#[test]
fn waits_are_spread() {
    let waits: Vec<_> = (0..100)
        .map(|seed| {
            let mut client = end(seed);
            ask(&mut client, START, &get());
            client.next_timeout().unwrap() - START
        })
        .collect();
    assert!(waits.iter().all(|wait| (seconds(2)..=seconds(3)).contains(wait)));
    assert!(waits.iter().any(|&wait| wait < Duration::from_millis(2100)));
    assert!(waits.iter().any(|&wait| wait > Duration::from_millis(2900)));
}

#[test]
fn a_duplicate_gets_the_reply_again_and_reaches_no_handler() {
    let (mut client, mut server) = ends();
    let (_, request) = ask(&mut client, START, &Request { payload: b"1", ..Request::new(Code::POST) });
    let exchange = asked(&mut server, START, &request);
    let reply = answer(&mut server, START, exchange, &Response::new(Code::CHANGED));
    for after in [0, 10, 246] {
        let (step, again) = hear(&mut server, START + seconds(after), CLIENT, &request);
        assert!(step.event.is_none());
        assert_eq!(again, reply);
    }
    // Another peer may use the same id, and the same peer may after the lifetime.
    assert!(hear(&mut server, START, 77, &request).0.event.is_some());
    while server.next_timeout().is_some_and(|next| next <= START + seconds(247)) {
        timeout(&mut server, START + seconds(247));
    }
    asked(&mut server, START + seconds(247), &request);
}

#[test]
fn a_slow_handler_is_acknowledged_first_and_answers_later() {
    let (mut client, mut server) = ends();
    let (call, request) = ask(&mut client, START, &get());
    let exchange = asked(&mut server, START, &request);
    assert_eq!(server.next_timeout(), Some(START + seconds(1)));
    let (_, ack) = timeout(&mut server, START + seconds(1));
    assert_eq!(decode(&ack), Message::acknowledge(decode(&request).id));
    assert!(hear(&mut client, START, SERVER, &ack).0.event.is_none());
    // The client no longer repeats; a duplicate under way is acknowledged again.
    assert_eq!(client.next_timeout(), Some(START + seconds(247)));
    assert_eq!(hear(&mut server, START + seconds(2), CLIENT, &request).1, ack);

    let response = answer(&mut server, START + seconds(9), exchange, &content(b"late"));
    let separate = decode(&response);
    assert_eq!((separate.kind, separate.token), (Kind::Confirmable, decode(&request).token));
    let (step, ack) = hear(&mut client, START + seconds(9), SERVER, &response);
    assert!(matches!(step.event, Some(Event::Response { call: of, .. }) if of == call));
    assert_eq!(decode(&ack), Message::acknowledge(separate.id));
    // That acknowledgement is lost: the response comes again, is acknowledged again, and not seen again.
    let (again, response) = (server.next_timeout().unwrap(), response);
    assert_eq!(timeout(&mut server, again).1, response);
    let (step, second) = hear(&mut client, again, SERVER, &response);
    assert!(step.event.is_none() && second == ack);
    assert!(hear(&mut server, again, CLIENT, &ack).0.event.is_none());
    assert_empties(&mut client);
    assert_empties(&mut server);
}

#[test]
fn a_separate_response_may_overtake_the_acknowledgement() {
    let (mut client, mut server) = ends();
    let (_, request) = ask(&mut client, START, &get());
    let exchange = asked(&mut server, START, &request);
    timeout(&mut server, START + seconds(1));
    let response = answer(&mut server, START + seconds(1), exchange, &content(b""));
    assert!(matches!(hear(&mut client, START, SERVER, &response).0.event, Some(Event::Response { .. })));
    assert_eq!(client.load().outgoing, 0);
}

#[test]
fn a_duplicate_hastens_the_acknowledgement() {
    let (mut client, mut server) = ends();
    let (_, request) = ask(&mut client, START, &get());
    asked(&mut server, START, &request);
    let (step, ack) = hear(&mut server, START, CLIENT, &request);
    assert!(step.event.is_none());
    assert_eq!(decode(&ack), Message::acknowledge(decode(&request).id));
}

#[test]
fn a_separate_response_that_is_not_wanted_is_reset() {
    let (mut client, mut server) = ends();
    let (call, request) = ask(&mut client, START, &get());
    let exchange = asked(&mut server, START, &request);
    timeout(&mut server, START + seconds(1));
    client.cancel(call).unwrap();
    assert_eq!(client.cancel(call), Err(Error::Over));
    let response = answer(&mut server, START + seconds(1), exchange, &content(b""));
    let (step, reset) = hear(&mut client, START, SERVER, &response);
    assert!(matches!(step.event, Some(Event::Refused { why: Fault::Unmatched, .. })));
    assert_eq!(decode(&reset).kind, Kind::Reset);
    let (step, _) = hear(&mut server, START, CLIENT, &reset);
    assert!(matches!(step.event, Some(Event::Undelivered { exchange: of, why: Failure::Reset })
        if of == exchange));
}

#[test]
fn a_reset_ends_a_request() {
    let mut client = end(1);
    let (call, request) = ask(&mut client, START, &get());
    let mut reset = Vec::new();
    Message::reset(decode(&request).id).encode(&mut reset).unwrap();
    // From somebody else it means nothing.
    assert!(!matches!(hear(&mut client, START, 77, &reset).0.event, Some(Event::Failed { .. })));
    let (step, _) = hear(&mut client, START, SERVER, &reset);
    assert!(matches!(step.event, Some(Event::Failed { call: of, why: Failure::Reset }) if of == call));
}

#[test]
fn a_ping_is_answered_with_a_reset() {
    let (mut client, mut server) = ends();
    let mut ping = Vec::new();
    let (call, _) = client.ping(START, SERVER, &mut ping).unwrap();
    let (step, pong) = hear(&mut server, START, CLIENT, &ping);
    assert!(step.event.is_none());
    assert_eq!(decode(&pong), Message::reset(decode(&ping).id));
    let (step, _) = hear(&mut client, START, SERVER, &pong);
    assert!(matches!(step.event, Some(Event::Pong { call: of }) if of == call));
    assert_eq!(server.load(), Load::default());
}

#[test]
fn one_interaction_at_a_time_the_others_wait_their_turn() {
    let (mut client, mut server) = ends();
    let (_, first) = ask(&mut client, START, &get());
    let mut nothing = Vec::new();
    let mut calls = Vec::new();
    for _ in 0..3 {
        let (call, send) = client.request(START, SERVER, &get(), &mut nothing).unwrap();
        assert!(send.is_none() && nothing.is_empty());
        calls.push(call);
    }
    // To others the way is free.
    assert!(client.request(START, 77, &get(), &mut Vec::new()).unwrap().1.is_some());
    client.cancel(calls[1]).unwrap();
    let mut request = first;
    for expected in [None, Some(calls[0]), Some(calls[2])] {
        let exchange = asked(&mut server, START, &request);
        let reply = answer(&mut server, START, exchange, &content(b""));
        let (step, _) = hear(&mut client, START, SERVER, &reply);
        let Some(Event::Response { call, .. }) = step.event else { panic!() };
        assert!(expected.is_none_or(|expected| expected == call));
        request = timeout(&mut client, START).1;
    }
    assert!(request.is_empty());
}

#[test]
fn nstart_is_a_parameter() {
    let mut config = Config::new(Memory::growing(4), 1);
    config.params.nstart = 3;
    let mut client = Endpoint::new(config);
    for sent in [true, true, true, false] {
        assert_eq!(client.request(START, 1_u8, &get(), &mut Vec::new()).unwrap().1.is_some(), sent);
    }
}

#[test]
fn a_silent_peer_is_sent_a_byte_a_second() {
    let (mut client, mut server) = ends();
    let request = Request { delivery: Delivery::NonConfirmable, payload: &[7; 91], ..get() };
    let (_, sent) = ask(&mut client, START, &request);
    assert_eq!(sent.len(), 100);
    assert!(client.request(START, SERVER, &request, &mut Vec::new()).unwrap().1.is_none());
    assert_eq!(client.next_timeout(), Some(START + seconds(100)));
    let (_, sent) = timeout(&mut client, START + seconds(100));
    assert_eq!(sent.len(), 100);
    // An answer opens the way again.
    let exchange = asked(&mut server, START, &sent);
    let response = answer(&mut server, START, exchange, &content(b""));
    hear(&mut client, START + seconds(101), SERVER, &response);
    assert!(client.request(START + seconds(101), SERVER, &request, &mut Vec::new()).unwrap().1.is_some());
}

#[test]
fn an_unconfirmed_request_is_answered_in_kind_once() {
    let (mut client, mut server) = ends();
    let (call, request) = ask(&mut client, START, &Request { delivery: Delivery::NonConfirmable, ..get() });
    let exchange = asked(&mut server, START, &request);
    let response = answer(&mut server, START, exchange, &content(b"x"));
    assert_eq!(decode(&response).kind, Kind::NonConfirmable);
    let (step, out) = hear(&mut server, START, CLIENT, &request);
    assert!(step.event.is_none() && out.is_empty());
    let (step, out) = hear(&mut client, START, SERVER, &response);
    assert!(matches!(step.event, Some(Event::Response { call: of, .. }) if of == call) && out.is_empty());
    let (step, out) = hear(&mut client, START, SERVER, &response);
    assert!(step.event.is_none() && out.is_empty(), "a duplicate");
    assert_empties(&mut client);
    assert_empties(&mut server);
}

#[test]
fn patience_ends() {
    for delivery in [Delivery::Confirmable, Delivery::NonConfirmable] {
        let mut client = end(1);
        let (call, request) = ask(&mut client, START, &Request { delivery, ..get() });
        if delivery == Delivery::Confirmable {
            let mut ack = Vec::new();
            Message::acknowledge(decode(&request).id).encode(&mut ack).unwrap();
            hear(&mut client, START, SERVER, &ack);
        }
        let (step, _) = timeout(&mut client, START + seconds(247));
        assert!(matches!(step.event, Some(Event::Failed { call: of, why: Failure::NoResponse })
            if of == call));
    }
}

#[test]
fn tokens_are_the_callers_or_our_own_but_never_two_alike() {
    let mut client = end(1);
    let empty = Request { token: Some(Token::EMPTY), ..get() };
    assert!(decode(&ask(&mut client, START, &empty).1).token.is_empty());
    assert_eq!(client.request(START, SERVER, &empty, &mut Vec::new()), Err(Error::Token));
    assert!(client.request(START, 77, &empty, &mut Vec::new()).is_ok());
    let long = Request { token: Some(Token::new(&[1; 9]).unwrap()), ..get() };
    assert_eq!(client.request(START, SERVER, &long, &mut Vec::new()), Err(Error::Token));
    let mut seen = std::collections::BTreeSet::new();
    for peer in 100..120 {
        let mut out = Vec::new();
        client.request(START, peer, &get(), &mut out).unwrap();
        assert_eq!(decode(&out).token.len(), 4);
        assert!(seen.insert(decode(&out).token.as_bytes().to_vec()));
    }
}

#[test]
fn the_address_and_the_token_must_both_fit() {
    let (mut client, mut server) = ends();
    let (_, request) = ask(&mut client, START, &get());
    let exchange = asked(&mut server, START, &request);
    let reply = answer(&mut server, START, exchange, &content(b""));
    assert!(!matches!(hear(&mut client, START, 77, &reply).0.event, Some(Event::Response { .. })));
    let mut other = reply.clone();
    other[4] ^= 1;
    let (step, out) = hear(&mut client, START, SERVER, &other);
    assert!(matches!(step.event, Some(Event::Refused { why: Fault::Unmatched, .. })) && out.is_empty());
    assert!(matches!(hear(&mut client, START, SERVER, &reply).0.event, Some(Event::Response { .. })));
}

#[test]
fn a_group_answers_with_leisure_and_one_by_one() {
    let mut client = end(1);
    let mut request = Vec::new();
    let to_all = Request { delivery: Delivery::Multicast, ..get() };
    let (call, _) = client.request(START, 255, &to_all, &mut request).unwrap();
    assert_eq!(decode(&request).kind, Kind::NonConfirmable);
    let arrival = Arrival { multicast: true, ..Arrival::from(CLIENT) };
    let mut delays = Vec::new();
    for member in 10..30_u8 {
        let mut server = end(member.into());
        let step = server.receive(START, arrival, &request, &mut Vec::new()).unwrap();
        let Some(Event::Request { exchange, arrival: at, .. }) = step.event else { panic!() };
        assert!(at.multicast);
        assert!(answer(&mut server, START, exchange, &content(&[member])).is_empty());
        let due = server.next_timeout().unwrap();
        delays.push(due - START);
        let (_, response) = timeout(&mut server, due);
        assert_eq!(decode(&response).kind, Kind::NonConfirmable);
        let (step, _) = hear(&mut client, due, member, &response);
        assert!(matches!(step.event, Some(Event::Response { call: of, from, more: true, message, .. })
            if of == call && from == member && message.payload == [member]));
        assert_empties(&mut server);
    }
    assert!(delays.iter().all(|&delay| delay <= seconds(5)));
    assert!(delays.iter().any(|&delay| delay > seconds(3)) && delays.iter().any(|&delay| delay < seconds(2)));
    let (step, _) = timeout(&mut client, START + seconds(247));
    assert!(matches!(step.event, Some(Event::Ended { call: of }) if of == call));
    assert_empties(&mut client);
}

#[test]
fn a_group_is_not_told_of_errors() {
    let mut server = end(2);
    let group = Arrival { multicast: true, ..Arrival::from(CLIENT) };
    let mut out = Vec::new();
    let mut hear = |bytes: &[u8]| {
        let step = server.receive(START, group, bytes, &mut out).unwrap();
        assert!(step.send.is_none() && out.is_empty(), "{bytes:02x?}");
        match step.event {
            Some(Event::Request { exchange, .. }) => Some(exchange),
            _ => None,
        }
    };
    assert!(hear(b"\x40\x01\x00\x01").is_none(), "a confirmable request");
    assert!(hear(b"\x40\x00\x00\x02").is_none(), "a ping");
    assert!(hear(b"\x50\x1f\x00\x03").is_none(), "an unknown method");
    assert!(hear(b"\x40\x01\x00\x04\xFF").is_none(), "no message");
    let plain = hear(b"\x50\x01\x00\x05").unwrap();
    let curious = hear(b"\x50\x01\x00\x06\xD0\xF5").unwrap(); // No-Response 0: interested in all
    assert!(answer(&mut server, START, plain, &Response::new(Code::NOT_FOUND)).is_empty());
    assert_eq!(server.load().outgoing, 0);
    answer(&mut server, START, curious, &Response::new(Code::NOT_FOUND));
    assert_eq!(server.load().outgoing, 1);
}

#[test]
fn what_is_of_no_interest_is_not_sent() {
    let mut server = end(2);
    // No-Response 2: nothing of class 2.
    let ask = |server: &mut End, head: &[u8; 4]| asked(server, START, &[head, &b"\xD1\xF5\x02"[..]].concat());
    let exchange = ask(&mut server, b"\x40\x03\x00\x01");
    let ack = answer(&mut server, START, exchange, &Response::new(Code::CHANGED));
    assert_eq!(decode(&ack), Message::acknowledge(1));
    let exchange = ask(&mut server, b"\x40\x03\x00\x02");
    let reply = answer(&mut server, START, exchange, &Response::new(Code::FORBIDDEN));
    assert_eq!(decode(&reply).code, Code::FORBIDDEN);
    let exchange = ask(&mut server, b"\x50\x03\x00\x03");
    assert!(answer(&mut server, START, exchange, &Response::new(Code::CHANGED)).is_empty());
}

#[test]
fn more_requests_than_there_is_memory_for_are_told_when_to_come_again() {
    let mut server = Endpoint::new(Config::new(small_memory(2, 3, 4), 1));
    let request = |id: u8| [0x40, 1, 0, id];
    let exchanges: Vec<_> = (1..=3).map(|id| asked(&mut server, START, &request(id))).collect();
    let datagram = request(4);
    let (step, reply) = hear(&mut server, START, CLIENT, &datagram);
    assert!(matches!(step.event, Some(Event::Refused { why: Fault::Busy, .. })));
    let reply = decode(&reply);
    assert_eq!((reply.kind, reply.code, reply.id), (Kind::Acknowledgement, Code::SERVICE_UNAVAILABLE, 4));
    assert_eq!(reply.options.max_age(), 5);
    assert!(hear(&mut server, START, CLIENT, &[0x50, 1, 0, 5]).1.is_empty());
    // Answered ones that may be done again make room.
    answer(&mut server, START, exchanges[1], &content(b"x"));
    asked(&mut server, START, &request(6));
    assert!(matches!(hear(&mut server, START, CLIENT, &request(7)).0.event, Some(Event::Refused { .. })));
}

#[test]
fn a_peer_does_not_crowd_out_the_others() {
    let mut config = Config::new(Memory::growing(64), 1);
    config.per_peer = 2;
    let mut server = Endpoint::new(config);
    asked(&mut server, START, &[0x40, 1, 0, 1]);
    asked(&mut server, START, &[0x40, 1, 0, 2]);
    let (step, reply) = hear(&mut server, START, CLIENT, &[0x40, 1, 0, 3]);
    assert!(matches!(step.event, Some(Event::Refused { why: Fault::Busy, .. })));
    assert_eq!(decode(&reply).code, Code::SERVICE_UNAVAILABLE);
    assert!(matches!(hear(&mut server, START, 77, &[0x40, 1, 0, 3]).0.event, Some(Event::Request { .. })));
}

fn small_memory(outgoing: usize, incoming: usize, peers: usize) -> Memory<'static, u8> {
    Memory::lent(
        vec![Slot::EMPTY; outgoing].leak(),
        vec![0; outgoing * 64].leak(),
        vec![Slot::EMPTY; incoming].leak(),
        vec![0; 64].leak(),
        vec![Slot::EMPTY; peers].leak(),
    )
}

#[test]
fn a_lost_reply_is_made_again_if_that_does_no_harm() {
    let mut server = Endpoint::new(Config::new(small_memory(2, 8, 4), 1));
    let (put, post) = ([0x40, 3, 0, 1], [0x40, 2, 0, 2]);
    for request in [&put, &post] {
        let exchange = asked(&mut server, START, request);
        answer(&mut server, START, exchange, &content(&[7; 20]));
    }
    assert_eq!(hear(&mut server, START, CLIENT, &post).1.len(), 25);
    let exchange = asked(&mut server, START, &[0x40, 2, 0, 3]);
    answer(&mut server, START, exchange, &content(&[7; 55]));
    let (step, out) = hear(&mut server, START, CLIENT, &post);
    assert!(step.event.is_none() && out.is_empty());
    asked(&mut server, START, &put);
}

#[test]
fn full_tables_are_the_callers_to_know() {
    let mut client = Endpoint::new(Config::new(small_memory(2, 2, 2), 1));
    let mut out = Vec::new();
    let long = Request { payload: &[7; 60], ..get() };
    assert_eq!(client.request(START, SERVER, &long, &mut out), Err(Error::TooLong { limit: 64 }));
    let mut narrow = [0; 5];
    let mut small = coap_codec::SliceOut::new(&mut narrow);
    assert_eq!(client.request(START, SERVER, &get(), &mut small), Err(Error::NoRoom { needed: 8 }));
    assert_eq!(
        client.request(START, SERVER, &Request::new(Code::CONTENT), &mut out),
        Err(Error::Code(Code::CONTENT))
    );
    assert_eq!(client.load().outgoing, 0);
    client.request(START, 1, &get(), &mut out).unwrap();
    client.request(START, 2, &get(), &mut out).unwrap();
    assert_eq!(client.request(START, 3, &get(), &mut out), Err(Error::Full(Resource::Peers)));
    assert_eq!(client.request(START, 2, &get(), &mut out), Err(Error::Full(Resource::Outgoing)));
}

#[test]
fn a_transport_error_ends_everything_under_way_to_the_peer() {
    let mut client = end(1);
    let mut out = Vec::new();
    let mut calls: Vec<_> =
        (0..3).map(|_| client.request(START, SERVER, &get(), &mut out).unwrap().0).collect();
    let (other, _) = client.request(START, 77, &get(), &mut out).unwrap();
    client.transport_error(SERVER);
    for _ in 0..3 {
        let (step, out) = timeout(&mut client, START);
        let Some(Event::Failed { call, why: Failure::Transport }) = step.event else { panic!("{step:?}") };
        calls.retain(|&known| known != call);
        assert!(out.is_empty());
    }
    assert!(calls.is_empty());
    assert!(timeout(&mut client, START).0.event.is_none());
    client.cancel(other).unwrap();
    assert_empties(&mut client);
}

#[test]
fn a_response_nobody_may_act_on_ends_its_request() {
    let (mut client, mut server) = ends();
    let odd = [Opt::new(OptionNumber(9999), b"x")];
    let response = Response { options: Options::new(&odd).unwrap(), ..content(b"") };
    for late in [false, true] {
        let (call, request) = ask(&mut client, START, &get());
        let exchange = asked(&mut server, START, &request);
        if late {
            timeout(&mut server, START + seconds(1));
        }
        let reply = answer(&mut server, START, exchange, &response);
        let (step, out) = hear(&mut client, START, SERVER, &reply);
        assert!(matches!(step.event, Some(Event::Failed { call: of, why: Failure::Unusable(_) })
            if of == call));
        // Confirmable ones are reset, acknowledgements cannot be (RFC 7252 §5.4.1).
        assert_eq!(out.first().map(|first| first >> 4 & 3), late.then_some(3));
    }
}

#[test]
fn an_error_changes_nothing() {
    let (mut client, mut server) = ends();
    let (_, request) = ask(&mut client, START, &get());
    let exchange = asked(&mut server, START, &request);
    let mut none = [0; 0];
    let mut none = coap_codec::SliceOut::new(&mut none);
    let needed = Err(Error::NoRoom { needed: 9 });
    assert_eq!(
        server.respond(START, exchange, &content(b""), &mut none).map(drop),
        Err(Error::NoRoom { needed: 8 })
    );
    assert_eq!(
        server.handle_timeout(START + seconds(1), &mut none).map(drop),
        Err(Error::NoRoom { needed: 4 })
    );
    assert_eq!(
        server.respond(START, exchange, &Response::new(Code::GET), &mut none),
        Err(Error::Code(Code::GET))
    );
    assert_ne!(server.respond(START, exchange, &content(b""), &mut none).map(drop), needed);
    let due = client.next_timeout().unwrap();
    assert_eq!(client.handle_timeout(due, &mut none).map(drop), Err(Error::NoRoom { needed: 8 }));
    assert_eq!(timeout(&mut client, due).1, request);
    let reply = answer(&mut server, START, exchange, &content(b""));
    assert_eq!(
        server.receive(START, Arrival::from(CLIENT), &request, &mut none).map(drop),
        Err(Error::NoRoom { needed: reply.len() })
    );
    assert_eq!(hear(&mut server, START, CLIENT, &request).1, reply);
}

#[test]
fn parameters_are_the_callers() {
    let mut config = Config::new(Memory::growing(4), 1);
    config.params.ack_timeout = seconds(10);
    config.params.ack_random_percent = 100;
    config.params.max_retransmit = 1;
    let mut client: End = Endpoint::new(config);
    ask(&mut client, START, &get());
    assert_eq!(client.next_timeout(), Some(START + seconds(10)));
    assert!(!timeout(&mut client, START + seconds(10)).1.is_empty());
    let (step, _) = timeout(&mut client, START + seconds(30));
    assert!(matches!(step.event, Some(Event::Failed { why: Failure::NoAcknowledgement, .. })));
    let params = Params::default();
    assert_eq!((params.nstart, params.probing_rate, params.leisure), (1, 1, seconds(5)));
}
