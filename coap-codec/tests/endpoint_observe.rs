//! Observation, from both ends (RFC 7641).
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, clippy::std_instead_of_alloc, reason = "tests have the standard library")]

mod ends;

use core::time::Duration;

use coap_codec::endpoint::{Call, Config, Error, Event, Failure, Fault, Memory, Observer, Request, Response};
use coap_codec::{Code, ContentFormat, Endpoint, Kind, Message, Opt, OptionNumber, Options, Uint};
use ends::{
    CLIENT, End, SERVER, START, answer, ask, asked, assert_empties, content, decode, end, ends, get, hear,
    seconds, timeout,
};

const RESOURCE: u32 = 7;

fn with_observe(value: u32, then: impl FnOnce(Request<'_>)) {
    let value = Uint::new(value);
    let list = [Opt::new(OptionNumber::OBSERVE, &value)];
    then(Request { options: Options::new(&list).unwrap(), ..get() });
}

fn observable(payload: &[u8]) -> Response<'_> {
    Response { observe: Some(RESOURCE), ..content(payload) }
}

/// Registers an observer and has its first notification.
fn observe(client: &mut End, server: &mut End) -> Call {
    let mut registered = None;
    with_observe(0, |request| {
        let (call, request) = ask(client, START, &request);
        let exchange = asked(server, START, &request);
        let reply = answer(server, START, exchange, &observable(b"0"));
        let (step, _) = hear(client, START, SERVER, &reply);
        assert!(matches!(step.event, Some(Event::Notification { call: of, rest: None, .. }) if of == call));
        registered = Some(call);
    });
    registered.unwrap()
}

/// The observer that falls due.
fn due(server: &mut End, now: Duration) -> Observer {
    let (step, out) = timeout(server, now);
    assert!(out.is_empty());
    let Some(Event::Notify { observer, resource: RESOURCE, .. }) = step.event else { panic!("{step:?}") };
    observer
}

fn notify(server: &mut End, now: Duration, response: &Response<'_>) -> Vec<u8> {
    server.changed(RESOURCE);
    let observer = due(server, now);
    let mut out = Vec::new();
    server.notify(now, observer, response, &mut out).unwrap();
    out
}

fn reset(id: u16) -> Vec<u8> {
    let mut out = Vec::new();
    Message::reset(id).encode(&mut out).unwrap();
    out
}

#[test]
fn changes_are_told_in_order() {
    let (mut client, mut server) = ends();
    let call = observe(&mut client, &mut server);
    let mut last = 1;
    for step in 1..100_u8 {
        let notification = notify(&mut server, START, &observable(&[step]));
        let told = decode(&notification);
        let sequence = told.options.observe().unwrap();
        assert!(sequence > last);
        last = sequence;
        let (heard, out) = hear(&mut client, START, SERVER, &notification);
        assert!(matches!(heard.event, Some(Event::Notification { call: of, message, .. })
            if of == call && message.payload == [step]));
        // Every sixteenth asks for an acknowledgement.
        assert_eq!(told.kind == Kind::Confirmable, step % 16 == 0, "{step}");
        assert_eq!(out.is_empty(), told.kind != Kind::Confirmable);
        if !out.is_empty() {
            hear(&mut server, START, CLIENT, &out);
        }
    }
    assert_eq!(server.load().observers, 1);
}

#[test]
fn several_changes_are_one_and_late_ones_wait_for_the_acknowledgement() {
    let mut config = Config::new(Memory::growing(4), 2);
    config.confirm_every = 1;
    let (mut client, mut server) = (end(1), Endpoint::new(config));
    observe(&mut client, &mut server);
    server.changed(RESOURCE);
    server.changed(RESOURCE);
    let notification = notify(&mut server, START, &observable(b"1"));
    assert!(timeout(&mut server, START).0.event.is_none());
    server.changed(RESOURCE);
    assert!(timeout(&mut server, START).0.event.is_none(), "one is under way");
    let (_, ack) = hear(&mut client, START, SERVER, &notification);
    hear(&mut server, START, CLIENT, &ack);
    due(&mut server, START);
}

#[test]
fn what_was_overtaken_is_not_shown() {
    let (mut client, mut server) = ends();
    observe(&mut client, &mut server);
    let older = notify(&mut server, START, &observable(b"1"));
    let newer = notify(&mut server, START, &observable(b"2"));
    assert!(hear(&mut client, START, SERVER, &newer).0.event.is_some());
    assert!(hear(&mut client, START, SERVER, &older).0.event.is_none());
}

#[test]
fn a_reset_ends_the_observation() {
    for every in [1, 100] {
        let mut config = Config::new(Memory::growing(4), 2);
        config.confirm_every = every;
        let (mut client, mut server) = (end(1), Endpoint::new(config));
        let call = observe(&mut client, &mut server);
        client.cancel(call).unwrap();
        let notification = notify(&mut server, START, &observable(b"1"));
        let (step, out) = hear(&mut client, START, SERVER, &notification);
        assert!(matches!(step.event, Some(Event::Refused { why: Fault::Unmatched, .. })));
        assert_eq!(out, reset(decode(&notification).id));
        let (step, _) = hear(&mut server, START, CLIENT, &out);
        assert!(matches!(step.event, Some(Event::Gone { resource: RESOURCE, why: Failure::Reset, .. })));
        server.changed(RESOURCE);
        assert_empties(&mut server);
        assert_empties(&mut client);
    }
}

#[test]
fn an_observer_that_does_not_acknowledge_is_dropped() {
    let mut config = Config::new(Memory::growing(4), 2);
    config.confirm_every = 1;
    let (mut client, mut server) = (end(1), Endpoint::new(config));
    observe(&mut client, &mut server);
    notify(&mut server, START, &observable(b"1"));
    let mut sent = 0;
    let why = loop {
        let next = server.next_timeout().unwrap();
        let (step, out) = timeout(&mut server, next);
        sent += usize::from(!out.is_empty());
        if let Some(Event::Gone { why, .. }) = step.event {
            break why;
        }
    };
    assert_eq!((sent, why), (4, Failure::NoAcknowledgement));
    assert_eq!(server.load().observers, 0);
}

#[test]
fn a_client_may_take_itself_off_the_list() {
    let (mut client, mut server) = ends();
    let call = observe(&mut client, &mut server);
    let notification = notify(&mut server, START, &observable(b"1"));
    let token = decode(&notification).token;
    client.cancel(call).unwrap();
    with_observe(1, |request| {
        let (_, request) = ask(&mut client, START, &Request { token: Some(token), ..request });
        let exchange = asked(&mut server, START, &request);
        let reply = answer(&mut server, START, exchange, &observable(b"1"));
        assert!(decode(&reply).options.observe().is_none());
        assert!(matches!(hear(&mut client, START, SERVER, &reply).0.event, Some(Event::Response { .. })));
    });
    assert_eq!(server.load().observers, 0);
}

#[test]
fn a_plain_request_beside_it_changes_nothing() {
    let (mut client, mut server) = ends();
    observe(&mut client, &mut server);
    let (_, request) = ask(&mut client, START, &get());
    let exchange = asked(&mut server, START, &request);
    let reply = answer(&mut server, START, exchange, &observable(b"1"));
    assert!(decode(&reply).options.observe().is_none());
    assert!(matches!(hear(&mut client, START, SERVER, &reply).0.event, Some(Event::Response { .. })));
    assert_eq!(server.load().observers, 1);
}

#[test]
fn an_error_is_the_last_that_is_heard() {
    let (mut client, mut server) = ends();
    let call = observe(&mut client, &mut server);
    let farewell = notify(&mut server, START, &Response::new(Code::NOT_FOUND));
    let told = decode(&farewell);
    assert_eq!((told.kind, told.options.observe()), (Kind::Confirmable, None));
    assert_eq!(server.load().observers, 0);
    let (step, ack) = hear(&mut client, START, SERVER, &farewell);
    assert!(matches!(step.event, Some(Event::Response { call: of, message, .. })
        if of == call && message.code == Code::NOT_FOUND));
    hear(&mut server, START, CLIENT, &ack);
    assert_empties(&mut client);
    assert_empties(&mut server);
}

#[test]
fn a_resource_that_cannot_be_observed_answers_once() {
    let (mut client, mut server) = ends();
    with_observe(0, |request| {
        let (_, request) = ask(&mut client, START, &request);
        let exchange = asked(&mut server, START, &request);
        let reply = answer(&mut server, START, exchange, &content(b"0"));
        assert!(matches!(hear(&mut client, START, SERVER, &reply).0.event, Some(Event::Response { .. })));
    });
    assert_empties(&mut client);
}

#[test]
fn a_silent_observation_is_registered_again_under_its_token() {
    let (mut client, mut server) = ends();
    let call = observe(&mut client, &mut server);
    let again = client.next_timeout().unwrap();
    // Max-Age is 60 s, and 5 to 15 s are left for what is late.
    assert!((seconds(65)..=seconds(75)).contains(&(again - START)), "{again:?}");
    let (_, request) = timeout(&mut client, again);
    assert_eq!(decode(&request).options.observe(), Some(0));
    let exchange = asked(&mut server, again, &request);
    let reply = answer(&mut server, again, exchange, &observable(b"2"));
    assert_eq!(server.load().observers, 1, "the same one");
    let (step, _) = hear(&mut client, again, SERVER, &reply);
    assert!(matches!(step.event, Some(Event::Notification { call: of, .. }) if of == call));
    // A server that is gone is found out.
    let failed = loop {
        let next = client.next_timeout().unwrap();
        if let Some(event) = timeout(&mut client, next).0.event {
            break event;
        }
    };
    assert!(matches!(failed, Event::Failed { call: of, why: Failure::NoAcknowledgement } if of == call));
}

#[test]
fn a_notification_may_overtake_the_answer_to_its_renewal() {
    let (mut client, mut server) = ends();
    observe(&mut client, &mut server);
    let again = client.next_timeout().unwrap();
    let (_, request) = timeout(&mut client, again);
    let exchange = asked(&mut server, again, &request);
    let reply = answer(&mut server, again, exchange, &observable(b"1"));
    let newer = notify(&mut server, again, &observable(b"2"));
    assert!(matches!(hear(&mut client, again, SERVER, &newer).0.event, Some(Event::Notification { .. })));
    assert!(hear(&mut client, again, SERVER, &reply).0.event.is_none());
    assert_eq!(client.load().outgoing, 1);
}

#[test]
fn the_list_has_bounds() {
    let mut memory = Memory::growing(8);
    memory.observers = coap_codec::endpoint::Table::growing(3);
    let mut config = Config::new(memory, 2);
    config.observers_per_resource = 2;
    let mut server = Endpoint::new(config);
    for (peer, resource, is_entered) in
        [(1, RESOURCE, true), (2, RESOURCE, true), (3, RESOURCE, false), (3, 8, true), (4, 9, false)]
    {
        let (step, _) = hear(
            &mut server,
            START,
            peer,
            if resource == 8 { b"\x41\x01\x00\x02t\x60" } else { b"\x41\x01\x00\x01t\x60" },
        );
        let Some(Event::Request { exchange, .. }) = step.event else { panic!() };
        let reply =
            answer(&mut server, START, exchange, &Response { observe: Some(resource), ..content(b"") });
        assert_eq!(decode(&reply).options.observe().is_some(), is_entered, "{peer} {resource}");
    }
    server.transport_error(1);
    server.transport_error(3);
    for _ in 0..2 {
        assert!(matches!(
            timeout(&mut server, START).0.event,
            Some(Event::Gone { why: Failure::Transport, .. })
        ));
    }
    assert_eq!(server.load().observers, 1);
}

#[test]
fn an_observer_is_told_in_the_format_it_asked_for() {
    let mut server = end(2);
    let (step, _) = hear(&mut server, START, CLIENT, b"\x41\x01\x00\x01t\x60\xB1\x3C");
    let Some(Event::Request { exchange, .. }) = step.event else { panic!() };
    answer(&mut server, START, exchange, &observable(b""));
    server.changed(RESOURCE);
    let (step, _) = timeout(&mut server, START);
    let Some(Event::Notify { accept, observer, .. }) = step.event else { panic!() };
    assert_eq!(accept, Some(ContentFormat(60)));
    let code = server.notify(START, observer, &Response::new(Code::GET), &mut Vec::new());
    assert_eq!(code, Err(Error::Code(Code::GET)));
}

#[test]
fn a_day_without_acknowledgement_is_the_most() {
    let mut config = Config::new(Memory::growing(8), 2);
    config.confirm_every = u16::MAX;
    let (mut client, mut server) = (end(1), Endpoint::new(config));
    observe(&mut client, &mut server);
    for (after, kind) in [(23 * 3600, Kind::NonConfirmable), (24 * 3600, Kind::Confirmable)] {
        let notification = notify(&mut server, START + seconds(after), &observable(b"x"));
        assert_eq!(decode(&notification).kind, kind);
    }
}

#[test]
fn a_large_notification_is_fetched_to_its_end() {
    let (mut client, mut server) = ends();
    let call = observe(&mut client, &mut server);
    let whole: Vec<u8> = (0..2500_u32).map(|at| at.to_le_bytes()[0]).collect();
    let notification = notify(&mut server, START, &observable(&whole));
    let (step, _) = hear(&mut client, START, SERVER, &notification);
    let Some(Event::Notification { call: of, message, rest: Some(rest), .. }) = step.event else {
        panic!("{step:?}")
    };
    assert_eq!((of, message.payload), (call, &whole[..1024]));
    let mut got = message.payload.to_vec();
    let (_, mut request) = timeout(&mut client, START);
    loop {
        let asking = decode(&request);
        assert_eq!(asking.options.observe(), None);
        assert_ne!(asking.token, decode(&notification).token);
        let exchange = asked(&mut server, START, &request);
        let reply = answer(&mut server, START, exchange, &observable(&whole));
        let (step, next) = hear(&mut client, START, SERVER, &reply);
        match step.event {
            Some(Event::Piece { call, message, offset, .. }) => {
                assert_eq!((call, offset), (rest, got.len() as u64));
                got.extend(message.payload);
            }
            Some(Event::Response { call, message, offset, .. }) => {
                assert_eq!((call, offset), (rest, got.len() as u64));
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

/// A client that has looked away is not put on the list by the late answer to its first request.
#[test]
fn a_late_registration_does_not_outlive_the_deregistration() {
    let mut server = end(2);
    let register = asked(&mut server, START, b"\x41\x01\x00\x01t\x60");
    let deregister = asked(&mut server, START, b"\x41\x01\x00\x02t\x61\x01");
    let state = Response { observe: Some(7), ..content(b"x") };
    answer(&mut server, START, deregister, &state);
    let reply = answer(&mut server, START, register, &state);
    assert_eq!(decode(&reply).options.observe(), None);
    assert_eq!(server.load().observers, 0);
}
