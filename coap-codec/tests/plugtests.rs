//! The cases of the ETSI CoAP plugtests, by their names: core, link, block and observe, as two endpoints of ours.
//! Of the core group 24 to 30, which are about proxies and their caches, are not among them.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, clippy::std_instead_of_alloc, reason = "tests have the standard library")]

mod plugtests {
    pub(super) mod site;
}

use core::time::Duration;

use coap_codec::endpoint::{Arrival, Call, Config, Delivery, Event, Failure, Memory, Request};
use coap_codec::{
    Block, Code, Endpoint, Kind, Links, Message, MessageBuf, Opt, OptionNumber, Options, Rules, Token,
};
use plugtests::site::{LARGE, Site, large};

/// A message that crossed the link, and which way.
#[derive(Debug)]
struct Crossed {
    to_server: bool,
    message: Vec<u8>,
}

impl Crossed {
    fn read(&self) -> Message<'_> {
        Message::decode(&self.message, Rules::new()).unwrap()
    }
}

/// What a request came to.
#[derive(Debug)]
struct Outcome {
    /// The last response, with the whole body as its payload.
    response: MessageBuf,
    body: Vec<u8>,
    pieces: usize,
}

/// A client and the site, and the link between them.
struct Bench {
    client: Endpoint<'static, u8>,
    site: Site,
    now: Duration,
    flying: Vec<(bool, Vec<u8>)>,
    log: Vec<Crossed>,
    /// How many of the next datagrams are lost, to the server and from it.
    lose: [usize; 2],
    /// The body being sent.
    body: Vec<u8>,
    notified: Vec<Vec<u8>>,
    failed: Option<Failure>,
    ended: Vec<(Call, Outcome)>,
    pieces: Vec<Vec<u8>>,
}

fn bench() -> Bench {
    confirming(16)
}

/// With every so many notifications confirmable.
fn confirming(every: u16) -> Bench {
    Bench {
        client: Endpoint::new(Config::new(Memory::growing(8), 1)),
        site: Site::new(every),
        now: Duration::from_secs(1000),
        flying: Vec::new(),
        log: Vec::new(),
        lose: [0; 2],
        body: Vec::new(),
        notified: Vec::new(),
        failed: None,
        ended: Vec::new(),
        pieces: Vec::new(),
    }
}

impl Bench {
    fn ask(&mut self, request: &Request<'_>) -> Call {
        let mut out = Vec::new();
        let (call, send) = self.client.request(self.now, 2, request, &mut out).unwrap();
        if send.is_some() {
            self.send(true, out);
        }
        call
    }

    fn send(&mut self, to_server: bool, message: Vec<u8>) {
        let lose = &mut self.lose[usize::from(!to_server)];
        if *lose > 0 {
            *lose -= 1;
            return;
        }
        self.log.push(Crossed { to_server, message: message.clone() });
        self.flying.push((to_server, message));
    }

    /// Asks, and lets time pass until there is an answer.
    fn exchange(&mut self, request: &Request<'_>) -> Outcome {
        let call = self.ask(request);
        loop {
            if let Some(at) = self.ended.iter().position(|(ended, _)| *ended == call) {
                return self.ended.swap_remove(at).1;
            }
            assert!(self.turn(), "nothing moves any more");
        }
    }

    /// One thing that happens next; `false` if nothing does.
    fn turn(&mut self) -> bool {
        if !self.flying.is_empty() {
            let (to_server, message) = self.flying.remove(0);
            if to_server {
                let said = self.site.receive(self.now, &message);
                said.into_iter().for_each(|said| self.send(false, said));
            } else {
                self.hear(&message);
            }
            return true;
        }
        let next = self.client.next_timeout().into_iter().chain(self.site.next_timeout()).min();
        let Some(next) = next else { return false };
        self.now = self.now.max(next);
        if self.site.next_timeout().is_some_and(|next| next <= self.now) {
            let said = self.site.wake(self.now);
            said.into_iter().for_each(|said| self.send(false, said));
        } else {
            let mut out = Vec::new();
            let event = self.client.handle_timeout(self.now, &mut out).unwrap().event;
            if let Some(Event::Failed { why, .. }) = event {
                self.failed = Some(why);
            }
            if !out.is_empty() {
                self.send(true, out);
            }
        }
        true
    }

    /// Lets so much time pass.
    fn wait(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        loop {
            let next = self.client.next_timeout().into_iter().chain(self.site.next_timeout()).min();
            if self.flying.is_empty() && next.is_none_or(|next| next > until) {
                break;
            }
            self.turn();
        }
        self.now = until;
    }

    fn hear(&mut self, message: &[u8]) {
        let mut out = Vec::new();
        let step = self.client.receive(self.now, Arrival::from(2), message, &mut out).unwrap();
        match step.event {
            Some(Event::Response { call, message, .. }) => {
                self.pieces.push(message.payload.to_vec());
                let pieces = core::mem::take(&mut self.pieces);
                let response = MessageBuf::from(message);
                self.ended.push((call, Outcome { response, pieces: pieces.len(), body: pieces.concat() }));
            }
            Some(Event::Piece { message, .. }) => self.pieces.push(message.payload.to_vec()),
            Some(Event::Notification { message, .. }) => self.notified.push(message.payload.to_vec()),
            Some(Event::Wanted { call, offset, len }) => {
                let from = usize::try_from(offset).unwrap();
                let to = self.body.len().min(from + len);
                let (part, more) = (&self.body[from..to], to < self.body.len());
                self.client.supply(self.now, call, part, more, &mut out).unwrap();
            }
            _ => {}
        }
        if !out.is_empty() {
            self.send(true, out);
        }
    }

    fn crossed(&self, to_server: bool) -> Vec<Message<'_>> {
        self.log.iter().filter(|crossed| crossed.to_server == to_server).map(Crossed::read).collect()
    }
}

fn list<'a>(path: &'a str, more: &[Opt<'a>]) -> Vec<Opt<'a>> {
    let mut list: Vec<_> =
        path.split('/').map(|part| Opt::new(OptionNumber::URI_PATH, part.as_bytes())).collect();
    list.extend(more);
    list.sort_by_key(|option| option.number);
    list
}

fn exchange(bench: &mut Bench, code: Code, path: &str, more: &[Opt<'_>], payload: &[u8]) -> Outcome {
    let list = list(path, more);
    let request = Request { options: Options::new(&list).unwrap(), payload, ..Request::new(code) };
    bench.exchange(&request)
}

fn get(bench: &mut Bench, path: &str, more: &[Opt<'_>]) -> Outcome {
    exchange(bench, Code::GET, path, more, &[])
}

/// One of the four methods, confirmable or not: answered in kind, in one message each way.
fn plain(code: Code, delivery: Delivery, answer: Code) {
    let mut bench = bench();
    let list = list("test", &[]);
    let payload: &[u8] = if matches!(code, Code::PUT | Code::POST) { b"payload" } else { &[] };
    let request = Request { delivery, options: Options::new(&list).unwrap(), payload, ..Request::new(code) };
    assert_eq!(bench.exchange(&request).response.code, answer);
    let (sent, got) = (bench.crossed(true), bench.crossed(false));
    assert_eq!((sent.len(), got.len()), (1, 1));
    let kinds = match delivery {
        Delivery::Confirmable => (Kind::Confirmable, Kind::Acknowledgement),
        _ => (Kind::NonConfirmable, Kind::NonConfirmable),
    };
    assert_eq!((sent[0].kind, got[0].kind), kinds);
    assert_eq!(sent[0].token, got[0].token);
    assert_eq!(sent[0].id == got[0].id, delivery == Delivery::Confirmable);
}

#[test]
fn td_coap_core_01() {
    plain(Code::GET, Delivery::Confirmable, Code::CONTENT);
}

#[test]
fn td_coap_core_02() {
    plain(Code::DELETE, Delivery::Confirmable, Code::DELETED);
}

#[test]
fn td_coap_core_03() {
    plain(Code::PUT, Delivery::Confirmable, Code::CHANGED);
}

#[test]
fn td_coap_core_04() {
    plain(Code::POST, Delivery::Confirmable, Code::CREATED);
}

#[test]
fn td_coap_core_05() {
    plain(Code::GET, Delivery::NonConfirmable, Code::CONTENT);
}

#[test]
fn td_coap_core_06() {
    plain(Code::DELETE, Delivery::NonConfirmable, Code::DELETED);
}

#[test]
fn td_coap_core_07() {
    plain(Code::PUT, Delivery::NonConfirmable, Code::CHANGED);
}

#[test]
fn td_coap_core_08() {
    plain(Code::POST, Delivery::NonConfirmable, Code::CREATED);
}

#[test]
fn td_coap_core_09() {
    let mut bench = bench();
    assert_eq!(get(&mut bench, "separate", &[]).body, b"separate");
    bench.wait(1);
    let (sent, got) = (bench.crossed(true), bench.crossed(false));
    let kinds =
        |messages: &[Message<'_>]| messages.iter().map(|one| (one.kind, one.code)).collect::<Vec<_>>();
    let ack = (Kind::Acknowledgement, Code::EMPTY);
    assert_eq!(kinds(&sent), [(Kind::Confirmable, Code::GET), ack]);
    assert_eq!(kinds(&got), [ack, (Kind::Confirmable, Code::CONTENT)]);
    assert_eq!((sent[0].id, got[1].id), (got[0].id, sent[1].id));
}

fn with_token(path: &str, token: &[u8]) {
    let mut bench = bench();
    let list = list(path, &[]);
    let token = Token::new(token).unwrap();
    let options = Options::new(&list).unwrap();
    bench.exchange(&Request { token: Some(token), options, ..Request::new(Code::GET) });
    assert_eq!(bench.crossed(true)[0].token, token);
    assert_eq!(bench.crossed(false).last().unwrap().token, token);
}

#[test]
fn td_coap_core_10() {
    with_token("test", b"token");
}

#[test]
fn td_coap_core_11() {
    with_token("separate", b"token");
}

#[test]
fn td_coap_core_12() {
    with_token("test", b"");
}

#[test]
fn td_coap_core_13() {
    let mut bench = bench();
    assert_eq!(get(&mut bench, "seg1/seg2/seg3", &[]).response.code, Code::CONTENT);
    assert_eq!(get(&mut bench, "seg1/seg2", &[]).response.code, Code::NOT_FOUND);
}

#[test]
fn td_coap_core_14() {
    let query = [b"first=1", b"second2", b"third=3"].map(|value| Opt::new(OptionNumber::URI_QUERY, value));
    assert_eq!(get(&mut bench(), "query", &query).body, b"first=1&second2&third=3");
}

#[test]
fn td_coap_core_15() {
    for lose in [[1, 0], [0, 1], [2, 2]] {
        let mut bench = bench();
        bench.lose = lose;
        assert_eq!(get(&mut bench, "test", &[]).body, b"test");
        assert_eq!(bench.site.executed, 1);
    }
}

#[test]
fn td_coap_core_16() {
    for lose in [[1, 0], [0, 1], [0, 2], [2, 1]] {
        let mut bench = bench();
        bench.lose = lose;
        assert_eq!(get(&mut bench, "separate", &[]).body, b"separate");
        assert_eq!(bench.site.executed, 1);
    }
}

#[test]
fn td_coap_core_17() {
    let mut bench = bench();
    let list = list("separate", &[]);
    let options = Options::new(&list).unwrap();
    let delivery = Delivery::NonConfirmable;
    let outcome = bench.exchange(&Request { delivery, options, ..Request::new(Code::GET) });
    assert_eq!(outcome.body, b"separate");
    assert_eq!(bench.crossed(false).len(), 1);
}

#[test]
fn td_coap_core_18() {
    let outcome = exchange(&mut bench(), Code::POST, "test", &[], b"x");
    assert_eq!(outcome.response.code, Code::CREATED);
    let response = outcome.response.as_message();
    assert!(response.options.location_path().eq([b"location1", b"location2"]));
}

#[test]
fn td_coap_core_19() {
    let outcome = exchange(&mut bench(), Code::POST, "location-query", &[], b"x");
    assert_eq!(outcome.response.code, Code::CREATED);
    let response = outcome.response.as_message();
    assert!(response.options.location_query().eq([&b"first=1"[..], b"second=2"]));
}

#[test]
fn td_coap_core_20() {
    let mut bench = bench();
    for (accept, body) in [(&[][..], &b"text"[..]), (&[50], b"{}")] {
        let outcome = get(&mut bench, "multi-format", &[Opt::new(OptionNumber::ACCEPT, accept)]);
        assert_eq!((outcome.response.code, &outcome.body[..]), (Code::CONTENT, body));
    }
    let outcome = get(&mut bench, "multi-format", &[Opt::new(OptionNumber::ACCEPT, &[60])]);
    assert_eq!(outcome.response.code, Code::NOT_ACCEPTABLE);
}

fn etag(outcome: &Outcome) -> Vec<u8> {
    outcome.response.as_message().options.etags().next().unwrap().to_vec()
}

#[test]
fn td_coap_core_21() {
    let mut bench = bench();
    let first = get(&mut bench, "validate", &[]);
    let tag = etag(&first);
    let held = get(&mut bench, "validate", &[Opt::new(OptionNumber::ETAG, &tag)]);
    assert_eq!((held.response.code, held.body.len(), etag(&held)), (Code::VALID, 0, tag.clone()));
    bench.site.version += 1;
    let changed = get(&mut bench, "validate", &[Opt::new(OptionNumber::ETAG, &tag)]);
    assert_eq!(changed.response.code, Code::CONTENT);
    assert_ne!(etag(&changed), tag);
}

#[test]
fn td_coap_core_22() {
    let mut bench = bench();
    let first = get(&mut bench, "validate", &[]);
    let tag = etag(&first);
    let matching = [Opt::new(OptionNumber::IF_MATCH, &tag)];
    for code in [Code::CHANGED, Code::PRECONDITION_FAILED] {
        assert_eq!(exchange(&mut bench, Code::PUT, "validate", &matching, b"new").response.code, code);
    }
}

#[test]
fn td_coap_core_23() {
    let mut bench = bench();
    let none = [Opt::new(OptionNumber::IF_NONE_MATCH, &[])];
    for code in [Code::CREATED, Code::PRECONDITION_FAILED] {
        assert_eq!(exchange(&mut bench, Code::PUT, "create1", &none, b"new").response.code, code);
    }
}

#[test]
fn td_coap_core_31() {
    let mut bench = bench();
    let mut out = Vec::new();
    bench.client.ping(bench.now, 2, &mut out).unwrap();
    let pong = bench.site.receive(bench.now, &out);
    let reset = Message::decode(&pong[0], Rules::new()).unwrap();
    assert_eq!(reset, Message::reset(Message::decode(&out, Rules::new()).unwrap().id));
    let step = bench.client.receive(bench.now, Arrival::from(2), &pong[0], &mut out).unwrap();
    assert!(matches!(step.event, Some(Event::Pong { .. })));
}

/// Targets listed for a query.
fn discover(query: &[&str]) -> Vec<String> {
    let more: Vec<_> =
        query.iter().map(|query| Opt::new(OptionNumber::URI_QUERY, query.as_bytes())).collect();
    let outcome = get(&mut bench(), ".well-known/core", &more);
    assert_eq!(outcome.response.code, Code::CONTENT);
    let text = String::from_utf8(outcome.body).unwrap();
    Links::new(&text).map(|link| link.unwrap().target.to_string()).collect()
}

#[test]
fn td_coap_link_01() {
    assert_eq!(discover(&[]), ["/test", "/separate", "/large", "/large-update", "/obs", "/path"]);
}

#[test]
fn td_coap_link_02() {
    assert_eq!(discover(&["rt=Type1"]), ["/test", "/large"]);
}

#[test]
fn td_coap_link_03() {
    assert_eq!(discover(&["rt=*"]), ["/test", "/separate", "/large", "/obs"]);
}

#[test]
fn td_coap_link_04() {
    assert_eq!(discover(&["rt=Type2"]), ["/test", "/separate"]);
}

#[test]
fn td_coap_link_05() {
    assert_eq!(discover(&["if=If*"]), ["/test", "/separate"]);
}

#[test]
fn td_coap_link_06() {
    assert_eq!(discover(&["sz=*"]), ["/large", "/large-update"]);
}

#[test]
fn td_coap_link_07() {
    assert_eq!(discover(&["href=/test"]), ["/test"]);
}

#[test]
fn td_coap_link_08() {
    assert_eq!(discover(&["href=/la*"]), ["/large", "/large-update"]);
}

#[test]
fn td_coap_link_09() {
    let mut bench = bench();
    assert!(discover(&["ct=40"]).contains(&"/path".to_string()));
    let outcome = get(&mut bench, "path", &[]);
    let text = String::from_utf8(outcome.body).unwrap();
    assert!(Links::new(&text).map(|link| link.unwrap().target.to_string()).eq(["/path/sub1", "/path/sub2"]));
}

fn block2(exponent: u8) -> Vec<u8> {
    Block::new(0, false, exponent).unwrap().uint().to_vec()
}

#[test]
fn td_coap_block_01() {
    let early = block2(2);
    let outcome = get(&mut bench(), "large", &[Opt::new(OptionNumber::BLOCK2, &early)]);
    assert_eq!((outcome.body, outcome.pieces), (large(), LARGE.div_ceil(64)));
}

#[test]
fn td_coap_block_02() {
    let outcome = get(&mut bench(), "large", &[]);
    assert_eq!((outcome.body, outcome.pieces), (large(), 2));
}

#[test]
fn td_coap_block_03() {
    let mut bench = bench();
    bench.body = large();
    let outcome = exchange(&mut bench, Code::PUT, "large-update", &[], &large());
    assert_eq!((outcome.response.code, &bench.site.updated), (Code::CHANGED, &large()));
}

#[test]
fn td_coap_block_04() {
    let mut bench = bench();
    bench.body = large();
    let outcome = exchange(&mut bench, Code::POST, "large-create", &[], &large());
    assert_eq!((outcome.response.code, &bench.site.updated), (Code::CREATED, &large()));
    assert_eq!(get(&mut bench, "large-create", &[]).body, large());
}

#[test]
fn td_coap_block_05() {
    let mut bench = bench();
    bench.body = large();
    let outcome = exchange(&mut bench, Code::POST, "large-update", &[], &large());
    assert_eq!((outcome.body, &bench.site.updated), (large(), &large()));
}

#[test]
fn td_coap_block_06() {
    let early = block2(0);
    let outcome = get(&mut bench(), "large", &[Opt::new(OptionNumber::BLOCK2, &early)]);
    assert_eq!((outcome.body, outcome.pieces), (large(), LARGE.div_ceil(16)));
}

/// Begins to observe, perhaps with an empty token.
fn observe(bench: &mut Bench, token: Option<Token<'_>>) -> Call {
    let list = list("obs", &[Opt::new(OptionNumber::OBSERVE, &[])]);
    let options = Options::new(&list).unwrap();
    let call = bench.ask(&Request { token, options, ..Request::new(Code::GET) });
    bench.wait(1);
    assert_eq!(bench.notified, [b"0"]);
    call
}

/// The resource changes by itself.
fn change(bench: &mut Bench, state: &[u8]) {
    bench.site.observed = state.to_vec();
    bench.site.endpoint.changed(1);
    bench.wait(1);
}

fn observing(every: u16, kind: Kind) {
    for token in [None, Some(Token::EMPTY)] {
        let mut bench = confirming(every);
        observe(&mut bench, token);
        for state in [b"1", b"2", b"3"] {
            change(&mut bench, state);
        }
        assert_eq!(bench.notified, [b"0", b"1", b"2", b"3"]);
        assert!(bench.crossed(false)[1..].iter().all(|notification| notification.kind == kind));
    }
}

#[test]
fn td_coap_obs_01() {
    observing(1, Kind::Confirmable);
}

#[test]
fn td_coap_obs_02() {
    observing(16, Kind::NonConfirmable);
}

#[test]
fn td_coap_obs_03() {
    let mut bench = bench();
    let call = observe(&mut bench, Some(Token::EMPTY));
    bench.client.cancel(call).unwrap();
    let list = list("obs", &[Opt::new(OptionNumber::OBSERVE, &[1])]);
    let options = Options::new(&list).unwrap();
    bench.exchange(&Request { token: Some(Token::EMPTY), options, ..Request::new(Code::GET) });
    assert_eq!(bench.site.endpoint.load().observers, 0);
    let before = bench.log.len();
    change(&mut bench, b"1");
    assert_eq!(bench.log.len(), before);
}

#[test]
fn td_coap_obs_04() {
    let mut bench = bench();
    observe(&mut bench, None);
    bench.site.endpoint = Site::new(1).endpoint; // the server forgets
    // Max-Age is 5 s: after that and some patience the client registers again.
    bench.wait(21);
    assert_eq!(bench.crossed(true).iter().filter(|sent| sent.options.observe() == Some(0)).count(), 2);
    assert_eq!(bench.site.endpoint.load().observers, 1);
    change(&mut bench, b"1");
    assert_eq!(bench.notified.last().unwrap(), b"1");
}

#[test]
fn td_coap_obs_05() {
    let mut bench = confirming(1);
    observe(&mut bench, None);
    bench.lose = [usize::MAX, usize::MAX];
    change(&mut bench, b"1");
    bench.wait(150);
    assert_eq!((bench.site.gone, bench.site.endpoint.load().observers), (1, 0));
    assert_eq!(bench.failed, Some(Failure::NoAcknowledgement), "and the client notices too");
}

#[test]
fn td_coap_obs_06() {
    let mut bench = bench();
    let call = observe(&mut bench, None);
    bench.client.cancel(call).unwrap();
    change(&mut bench, b"1");
    assert_eq!(bench.crossed(true).last().unwrap().kind, Kind::Reset);
    assert_eq!((bench.site.gone, bench.site.endpoint.load().observers), (1, 0));
}

#[test]
fn td_coap_obs_07() {
    let mut bench = bench();
    let call = observe(&mut bench, None);
    change(&mut bench, b"");
    assert!(matches!(&bench.ended[..], [(of, end)] if *of == call && end.response.code == Code::NOT_FOUND));
    assert_eq!(bench.site.endpoint.load().observers, 0);
}

#[test]
fn td_coap_obs_08() {
    let mut bench = bench();
    let call = observe(&mut bench, None);
    let format = [Opt::new(OptionNumber::CONTENT_FORMAT, &[50])];
    exchange(&mut bench, Code::PUT, "obs", &format, b"{}");
    bench.wait(1);
    assert!(
        bench
            .ended
            .iter()
            .any(|(of, end)| { *of == call && end.response.code == Code::INTERNAL_SERVER_ERROR })
    );
    assert_eq!(bench.site.endpoint.load().observers, 0);
}

#[test]
fn td_coap_obs_09() {
    let mut bench = bench();
    observe(&mut bench, None);
    exchange(&mut bench, Code::PUT, "obs", &[], b"put");
    bench.wait(1);
    assert_eq!(bench.notified, [&b"0"[..], b"put"]);
}

#[test]
fn td_coap_obs_10() {
    let mut bench = bench();
    observe(&mut bench, None);
    assert_eq!(get(&mut bench, "obs", &[]).body, b"0");
    change(&mut bench, b"1");
    assert_eq!(bench.notified, [b"0", b"1"]);
}
