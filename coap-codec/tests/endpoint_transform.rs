//! A transform between codec and endpoint, as OSCORE is one (RFC 8613): code, options and payload go inside, kind,
//! id and token stay outside, and an endpoint at either end knows nothing of it.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, clippy::std_instead_of_alloc, reason = "tests")]

mod ends;

use core::time::Duration;
use std::collections::BTreeSet;

use coap_codec::endpoint::{Arrival, Datagram, Event, Request, Response, Step};
use coap_codec::{Code, Kind, Message, Opt, OptionNumber, Options, Rules};
use ends::{CLIENT, End, SERVER, START, content, decode, ends, get, seconds};

/// Protection for tests: a mask that depends on direction and sequence number. No secrecy is claimed.
struct Toy {
    /// Sequence numbers seen: none is opened twice (RFC 8613 §7.4).
    seen: BTreeSet<(u8, u16, bool)>,
}

impl Toy {
    fn new() -> Self {
        Self { seen: BTreeSet::new() }
    }

    fn mask(bytes: &mut [u8], number: u16, response: bool) {
        let [high, low] = number.to_be_bytes();
        let mut state = high ^ low.rotate_left(3) ^ if response { 0xA5 } else { 0x5A };
        for byte in bytes {
            state = state.wrapping_mul(29).wrapping_add(7);
            *byte ^= state;
        }
    }

    /// Outside: POST or 2.04, the OSCORE option with the sequence number, and the rest inside the payload.
    fn seal(plain: &[u8]) -> Vec<u8> {
        let message = decode(plain);
        if message.code == Code::EMPTY {
            return plain.to_vec();
        }
        let mut inner = Vec::new();
        let bare = Message { kind: Kind::NonConfirmable, id: 0, ..message };
        Message { token: coap_codec::Token::EMPTY, ..bare }.encode(&mut inner).unwrap();
        Self::mask(&mut inner, message.id, message.code.is_response());
        let [high, low] = message.id.to_be_bytes();
        let value = [2, high, low]; // a Partial IV of two bytes
        let list = [Opt::new(OptionNumber::OSCORE, &value)];
        let options = Options::new(&list).unwrap();
        let code = if message.code.is_request() { Code::POST } else { Code::CHANGED };
        let mut sealed = Vec::new();
        Message { code, options, payload: &inner, ..message }.encode(&mut sealed).unwrap();
        sealed
    }

    fn open(&mut self, from: u8, outer: &Message<'_>, scratch: &mut Vec<u8>) {
        let value = outer.options.first(OptionNumber::OSCORE).unwrap();
        let number = u16::from_be_bytes([value[1], value[2]]);
        let response = outer.code.is_response();
        assert!(self.seen.insert((from, number, response)), "{number} is opened twice");
        scratch.clear();
        scratch.extend_from_slice(outer.payload);
        Self::mask(scratch, number, response);
    }
}

/// One end behind its transform.
struct Site {
    end: End,
    toy: Toy,
    scratch: Vec<u8>,
}

impl Site {
    fn pair() -> (Self, Self) {
        let (client, server) = ends();
        let site = |end| Self { end, toy: Toy::new(), scratch: Vec::new() };
        (site(client), site(server))
    }

    fn hear<'a>(&'a mut self, now: Duration, from: u8, sealed: &'a [u8]) -> (Step<'a, u8>, Vec<u8>) {
        let (outer, arrival, mut out) = (decode(sealed), Arrival::from(from), Vec::new());
        if outer.options.oscore().is_none() {
            self.scratch = sealed.to_vec();
            let step = self.end.receive(now, arrival, &self.scratch, &mut out).unwrap();
            return (step, sent(step.send, &out));
        }
        if let Some(step) = self.end.again(from, &outer, &mut out).unwrap() {
            return (step, sent(step.send, &out));
        }
        self.toy.open(from, &outer, &mut self.scratch);
        let inner = Message::decode(&self.scratch, Rules::new()).unwrap();
        let message = Message { kind: outer.kind, id: outer.id, token: outer.token, ..inner };
        let step = self.end.receive_message(now, arrival, message, &mut out).unwrap();
        (step, sent(step.send, &out))
    }

    fn ask(&mut self, now: Duration, request: &Request<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        let (_, send) = self.end.request(now, SERVER, request, &mut out).unwrap();
        sent(send, &out)
    }

    fn timeout(&mut self, now: Duration) -> Vec<u8> {
        let mut out = Vec::new();
        let step = self.end.handle_timeout(now, &mut out).unwrap();
        sent(step.send, &out)
    }
}

fn sent(send: Option<Datagram<u8>>, out: &[u8]) -> Vec<u8> {
    assert_eq!(send.map_or(0, |send| send.len), out.len());
    if out.is_empty() { Vec::new() } else { Toy::seal(out) }
}

/// Hands a request to the server and answers it. Gives the sealed response.
fn serve(server: &mut Site, now: Duration, sealed: &[u8], path: &str, response: &Response<'_>) -> Vec<u8> {
    let (step, sealed) = server.hear(now, CLIENT, sealed);
    assert!(sealed.is_empty());
    let Some(Event::Request { exchange, message, .. }) = step.event else { panic!("{step:?}") };
    assert!(message.options.path_is(&[path]));
    let mut out = Vec::new();
    let send = server.end.respond(now, exchange, response, &mut out).unwrap();
    sent(send, &out)
}

#[test]
fn what_is_inside_is_not_seen_outside() {
    let (mut client, mut server) = Site::pair();
    let path = [Opt::new(OptionNumber::URI_PATH, b"temperature")];
    let request = Request { options: Options::new(&path).unwrap(), ..get() };
    let there = client.ask(START, &request);
    let outer = decode(&there);
    assert_eq!((outer.code, outer.options.iter().count()), (Code::POST, 1));
    assert!(!there.windows(4).any(|bytes| bytes == b"temp"));

    let back = serve(&mut server, START, &there, "temperature", &content(b"22.3 C"));
    let answer = decode(&back);
    assert_eq!((answer.code, answer.kind), (Code::CHANGED, Kind::Acknowledgement));
    assert_eq!((answer.id, answer.token), (outer.id, outer.token));
    assert!(!back.windows(4).any(|bytes| bytes == b"22.3"));

    let (step, _) = client.hear(START, SERVER, &back);
    let Some(Event::Response { message, .. }) = step.event else { panic!("{step:?}") };
    assert_eq!((message.code, message.payload), (Code::CONTENT, &b"22.3 C"[..]));
}

#[test]
fn what_is_sent_again_has_the_same_bytes_and_is_opened_once() {
    let (mut client, mut server) = Site::pair();
    let path = [Opt::new(OptionNumber::URI_PATH, b"a")];
    let request = Request { options: Options::new(&path).unwrap(), ..Request::new(Code::POST) };
    let there = client.ask(START, &request);
    let back = serve(&mut server, START, &there, "a", &Response::new(Code::CREATED));

    // The response is lost: the request is repeated, and so is the response.
    let late = START + seconds(4);
    assert_eq!(client.timeout(late), there);
    let (step, again) = server.hear(late, CLIENT, &there);
    assert!(step.event.is_none());
    assert_eq!(again, back);
    let (step, _) = client.hear(late, SERVER, &again);
    assert!(matches!(step.event, Some(Event::Response { .. })), "{step:?}");
    // Each was opened once.
    assert_eq!((server.toy.seen.len(), client.toy.seen.len()), (1, 1));
}

#[test]
fn a_separate_response_and_its_duplicate() {
    let (mut client, mut server) = Site::pair();
    let there = client.ask(START, &get());
    let (step, _) = server.hear(START, CLIENT, &there);
    let Some(Event::Request { exchange, .. }) = step.event else { panic!("{step:?}") };
    let now = START + seconds(1);
    let acknowledgement = server.timeout(now);
    let (step, _) = client.hear(now, SERVER, &acknowledgement);
    assert!(step.event.is_none() && step.send.is_none());

    let mut out = Vec::new();
    let send = server.end.respond(now, exchange, &content(b"late"), &mut out).unwrap();
    let separate = sent(send, &out);
    let (step, first) = client.hear(now, SERVER, &separate);
    let Some(Event::Response { message, .. }) = step.event else { panic!("{step:?}") };
    assert_eq!(message.payload, b"late");
    // The acknowledgement is lost: the response comes again, with the same bytes, and is not opened.
    let late = now + seconds(4);
    assert_eq!(server.timeout(late), separate);
    let (step, again) = client.hear(late, SERVER, &separate);
    assert!(step.event.is_none());
    assert_eq!(again, first);
}

#[test]
fn bodies_in_blocks_are_protected_block_by_block() {
    let (mut client, mut server) = Site::pair();
    let body: Vec<u8> = (0..5000_u32).map(|at| at.to_le_bytes()[0]).collect();
    let path = [Opt::new(OptionNumber::URI_PATH, b"f")];
    let options = Options::new(&path).unwrap();
    let (mut now, mut got) = (START, Vec::new());
    let mut there = client.ask(now, &Request { options, ..get() });
    loop {
        now += seconds(3);
        // Each request is lost once, and each response too.
        assert_eq!(client.timeout(now), there);
        let back = serve(&mut server, now, &there, "f", &content(&body));
        assert_eq!(server.hear(now, CLIENT, &there).1, back);
        let (step, next) = client.hear(now, SERVER, &back);
        match step.event {
            Some(Event::Piece { message, .. }) => got.extend_from_slice(message.payload),
            Some(Event::Response { message, .. }) => {
                got.extend_from_slice(message.payload);
                break;
            }
            event => panic!("{event:?}"),
        }
        there = next;
    }
    assert_eq!(got, body);

    // The other way.
    let (mut got, put) = (Vec::new(), Request { options, payload: &body, ..Request::new(Code::PUT) });
    let mut there = client.ask(now, &put);
    loop {
        now += seconds(3);
        assert_eq!(client.timeout(now), there);
        let (step, mut back) = server.hear(now, CLIENT, &there);
        match step.event {
            Some(Event::Part { message, .. }) => got.extend_from_slice(message.payload),
            Some(Event::Request { exchange, message, .. }) => {
                got.extend_from_slice(message.payload);
                let mut out = Vec::new();
                let send =
                    server.end.respond(now, exchange, &Response::new(Code::CHANGED), &mut out).unwrap();
                back = sent(send, &out);
            }
            event => panic!("{event:?}"),
        }
        let (step, _) = client.hear(now, SERVER, &back);
        match step.event {
            Some(Event::Wanted { call, offset, len }) => {
                let from = usize::try_from(offset).unwrap();
                let (part, more) = match body.get(from..from + len) {
                    Some(part) => (part, from + len < body.len()),
                    None => (&body[from..], false),
                };
                let mut out = Vec::new();
                let send = client.end.supply(now, call, part, more, &mut out).unwrap();
                there = sent(send, &out);
            }
            Some(Event::Response { message, .. }) => {
                assert_eq!(message.code, Code::CHANGED);
                break;
            }
            event => panic!("{event:?}"),
        }
    }
    assert_eq!(got, body);
}
