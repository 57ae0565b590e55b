//! Two ends of a connection and what is done with them in tests.
#![allow(dead_code, clippy::unwrap_used, clippy::std_instead_of_alloc, reason = "each test uses its part")]

use core::time::Duration;

use coap_codec::endpoint::stream::{Config, Connection, Event, Memory};
use coap_codec::endpoint::{Exchange, Load, Request, Response};
use coap_codec::{Code, Peek, Rules, StreamMessage, peek};

pub(crate) type End = Connection<'static>;

pub(crate) const START: Duration = Duration::from_secs(1000);

/// Frames of any length tests need.
pub(crate) const RULES: Rules = Rules::new().max_frame(1 << 20);

pub(crate) fn config(seed: u64) -> Config<'static> {
    Config::new(Memory::growing(16), seed)
}

/// A connection that takes messages up to so many bytes.
pub(crate) fn taking(seed: u64, bytes: u32) -> Config<'static> {
    let mut config = config(seed);
    config.rules = config.rules.max_frame(bytes);
    config
}

pub(crate) fn open(config: Config<'static>) -> (End, Vec<u8>) {
    let mut out = Vec::new();
    let end = Connection::open(config, &mut out).unwrap();
    (end, out)
}

/// Two ends that know of each other what they can do.
pub(crate) fn greeted(one: Config<'static>, other: Config<'static>) -> (End, End) {
    let ((mut one, from_one), (mut other, from_other)) = (open(one), open(other));
    for (end, csm) in [(&mut one, from_other), (&mut other, from_one)] {
        let (event, out) = hear(end, START, &csm);
        assert!(matches!(event, Some(Event::Capable { .. })) && out.is_empty());
    }
    (one, other)
}

/// A client and a server.
pub(crate) fn ends() -> (End, End) {
    greeted(config(1), config(2))
}

/// An end that has heard of a peer with base values that says it takes blocks.
pub(crate) fn alone() -> End {
    let (mut end, _) = open(config(1));
    hear(&mut end, START, b"\x10\xE1\x40");
    end
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn decode(frame: &[u8]) -> StreamMessage<'_> {
    StreamMessage::decode(frame, RULES).unwrap()
}

/// Cuts bytes into frames; nothing may be left.
pub(crate) fn frames(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let Peek::Frame { len } = peek(bytes, RULES).unwrap() else { panic!("a frame is cut") };
        let (frame, rest) = bytes.split_at(len);
        frames.push(frame.to_vec());
        bytes = rest;
    }
    frames
}

pub(crate) fn get() -> Request<'static> {
    Request::new(Code::GET)
}

pub(crate) fn content(payload: &[u8]) -> Response<'_> {
    Response { payload, ..Response::new(Code::CONTENT) }
}

/// Hands a frame over; gives what is sent back.
pub(crate) fn hear<'a>(end: &mut End, now: Duration, frame: &'a [u8]) -> (Option<Event<'a>>, Vec<u8>) {
    let mut out = Vec::new();
    let event = end.receive(now, frame, &mut out).unwrap();
    (event, out)
}

/// The request in a frame that has to be one.
pub(crate) fn asked(end: &mut End, frame: &[u8]) -> Exchange {
    let (event, out) = hear(end, START, frame);
    assert!(out.is_empty());
    let Some(Event::Request { exchange, .. }) = event else { panic!("{event:?}") };
    exchange
}

pub(crate) fn answer(end: &mut End, exchange: Exchange, response: &Response<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    end.respond(exchange, response, &mut out).unwrap();
    out
}

pub(crate) fn timeout(end: &mut End, now: Duration) -> (Option<Event<'static>>, Vec<u8>) {
    let mut out = Vec::new();
    let event = end.handle_timeout(now, &mut out).unwrap();
    (event, out)
}

/// Lets time pass until nothing is left to be forgotten.
pub(crate) fn assert_empties(end: &mut End) {
    while let Some(next) = end.next_timeout() {
        let (event, _) = timeout(end, next);
        assert!(event.is_none(), "{event:?}");
    }
    assert_eq!(end.load(), Load::default());
}
