//! Two endpoints of ours and what is done with them in tests.
#![allow(dead_code, clippy::unwrap_used, clippy::std_instead_of_alloc, reason = "each test uses its part")]

use core::time::Duration;

use coap_codec::endpoint::{Arrival, Call, Config, Event, Exchange, Load, Memory, Request, Response, Step};
use coap_codec::{Code, Endpoint, Message, Rules};

pub(crate) type End = Endpoint<'static, u8>;

pub(crate) const CLIENT: u8 = 1;
pub(crate) const SERVER: u8 = 2;
pub(crate) const START: Duration = Duration::from_secs(1000);

pub(crate) fn end(seed: u64) -> End {
    Endpoint::new(Config::new(Memory::growing(64), seed))
}

pub(crate) fn ends() -> (End, End) {
    (end(1), end(2))
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn decode(bytes: &[u8]) -> Message<'_> {
    Message::decode(bytes, Rules::new()).unwrap()
}

/// Sends a request that goes out at once.
pub(crate) fn ask(client: &mut End, now: Duration, request: &Request<'_>) -> (Call, Vec<u8>) {
    let mut out = Vec::new();
    let (call, send) = client.request(now, SERVER, request, &mut out).unwrap();
    assert_eq!(send.map(|send| (send.to, send.len)), Some((SERVER, out.len())));
    (call, out)
}

pub(crate) fn get() -> Request<'static> {
    Request::new(Code::GET)
}

pub(crate) fn content(payload: &[u8]) -> Response<'_> {
    Response { payload, ..Response::new(Code::CONTENT) }
}

/// Hands a datagram over; gives what is sent back.
pub(crate) fn hear<'a>(end: &mut End, now: Duration, from: u8, bytes: &'a [u8]) -> (Step<'a, u8>, Vec<u8>) {
    let mut out = Vec::new();
    let step = end.receive(now, Arrival::from(from), bytes, &mut out).unwrap();
    assert_eq!(step.send.map_or(0, |send| send.len), out.len());
    (step, out)
}

/// The request in a datagram that has to be one.
pub(crate) fn asked(end: &mut End, now: Duration, bytes: &[u8]) -> Exchange {
    let (step, out) = hear(end, now, CLIENT, bytes);
    assert!(out.is_empty());
    let Some(Event::Request { exchange, .. }) = step.event else { panic!("{step:?}") };
    exchange
}

pub(crate) fn answer(end: &mut End, now: Duration, exchange: Exchange, response: &Response<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let send = end.respond(now, exchange, response, &mut out).unwrap();
    assert_eq!(send.map_or(0, |send| send.len), out.len());
    out
}

pub(crate) fn timeout(end: &mut End, now: Duration) -> (Step<'static, u8>, Vec<u8>) {
    let mut out = Vec::new();
    let step = end.handle_timeout(now, &mut out).unwrap();
    assert_eq!(step.send.map_or(0, |send| send.len), out.len());
    (step, out)
}

/// Lets time pass until nothing is left to be forgotten.
pub(crate) fn assert_empties(end: &mut End) {
    while let Some(next) = end.next_timeout() {
        let (step, out) = timeout(end, next);
        assert!(step.event.is_none() && out.is_empty(), "{step:?}");
    }
    assert_eq!(end.load(), Load::default());
}
