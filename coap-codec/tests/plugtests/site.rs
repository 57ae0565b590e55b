//! The server of the plugtests: the resources the test descriptions name, behind an endpoint and a router.

use core::time::Duration;

use coap_codec::endpoint::{Arrival, Config, Event, Exchange, Memory, Response};
use coap_codec::{
    Code, ContentFormat, Current, Endpoint, EntityTag, Found, Message, Methods, Opt, OptionNumber, Options,
    Route, Router, Uint,
};

pub(crate) const LARGE: usize = 1700;
const LINK: ContentFormat = ContentFormat::LINK_FORMAT;
const JSON: ContentFormat = ContentFormat::JSON;
const TEXT: ContentFormat = ContentFormat::TEXT;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Test,
    Separate,
    Query,
    LocationQuery,
    MultiFormat,
    Validate,
    Create,
    Large,
    LargeUpdate,
    LargeCreate,
    Observed,
    Directory,
}

const ALL: Methods = Methods::of(&[Code::GET, Code::PUT, Code::POST, Code::DELETE]);
const ROUTES: &[Route<'static, Target>] = &[
    Route::new("/test", ALL, Target::Test).described(r#";rt="Type1 Type2";if=If1;ct=0"#),
    Route::new("/seg1/seg2/seg3", ALL, Target::Test).hidden(),
    Route::new("/separate", ALL, Target::Separate).described(r#";rt="Type2 Type3";if=If2"#),
    Route::new("/query", ALL, Target::Query).hidden(),
    Route::new("/location-query", ALL, Target::LocationQuery).hidden(),
    Route::new("/multi-format", ALL, Target::MultiFormat).hidden(),
    Route::new("/validate", ALL, Target::Validate).hidden(),
    Route::new("/create1", ALL, Target::Create).hidden(),
    Route::new("/large", ALL, Target::Large).described(r#";rt="Type1 Type3";if=foo;sz=1700"#),
    Route::new("/large-update", ALL, Target::LargeUpdate).described(r#";sz=1700"#),
    Route::new("/large-create", ALL, Target::LargeCreate).hidden(),
    Route::new("/obs", ALL, Target::Observed).described(r#";obs;rt=observe"#),
    Route::new("/path", ALL, Target::Directory).described(";ct=40"),
];

pub(crate) fn large() -> Vec<u8> {
    (0..LARGE).map(|at| at.to_le_bytes()[0]).collect()
}

pub(crate) struct Site {
    pub(crate) endpoint: Endpoint<'static, u8>,
    /// How long the slow resource takes.
    pub(crate) slowness: Duration,
    late: Vec<(Duration, Exchange)>,
    /// The representation that can be validated, and what was put elsewhere.
    pub(crate) version: u8,
    pub(crate) created: Option<Vec<u8>>,
    pub(crate) updated: Vec<u8>,
    pub(crate) observed: Vec<u8>,
    pub(crate) observed_format: ContentFormat,
    /// Handlers run.
    pub(crate) executed: usize,
    pub(crate) gone: usize,
}

impl Site {
    pub(crate) fn new(confirm_every: u16) -> Self {
        let mut config = Config::new(Memory::growing(8), 2);
        config.confirm_every = confirm_every;
        Self {
            endpoint: Endpoint::new(config),
            slowness: Duration::from_secs(3),
            late: Vec::new(),
            version: 1,
            created: None,
            updated: Vec::new(),
            observed: b"0".to_vec(),
            observed_format: TEXT,
            executed: 0,
            gone: 0,
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        let late = self.late.iter().map(|late| late.0);
        self.endpoint.next_timeout().into_iter().chain(late).min()
    }

    pub(crate) fn wake(&mut self, now: Duration) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        if let Some(at) = self.late.iter().position(|late| late.0 <= now) {
            let (_, exchange) = self.late.swap_remove(at);
            let response = Response { payload: b"separate", ..Response::new(Code::CONTENT) };
            self.endpoint.respond(now, exchange, &response, &mut out).unwrap();
            return vec![out];
        }
        let step = self.endpoint.handle_timeout(now, &mut out).unwrap();
        if let Some(Event::Notify { observer, .. }) = step.event {
            let format = Uint::new(self.observed_format.0.into());
            let list = [Opt::new(OptionNumber::CONTENT_FORMAT, &format)];
            let code = match (self.observed.is_empty(), self.observed_format == TEXT) {
                (true, _) => Code::NOT_FOUND,
                (_, false) => Code::INTERNAL_SERVER_ERROR,
                _ => Code::CONTENT,
            };
            let options = if code == Code::CONTENT { Options::new(&list).unwrap() } else { Options::EMPTY };
            let payload = if code == Code::CONTENT { &self.observed[..] } else { &[] };
            let response = Response { options, payload, ..Response::new(code) };
            self.endpoint.notify(now, observer, &response, &mut out).unwrap();
        } else {
            self.gone += usize::from(matches!(step.event, Some(Event::Gone { .. })));
        }
        if out.is_empty() { Vec::new() } else { vec![out] }
    }

    pub(crate) fn receive(&mut self, now: Duration, datagram: &[u8]) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        let step = self.endpoint.receive(now, Arrival::from(1), datagram, &mut out).unwrap();
        match step.event {
            Some(Event::Request { exchange, message, offset, wanted, .. }) => {
                self.executed += 1;
                // A later block of the response asks for no second execution.
                let offset =
                    if wanted.offset > 0 { self.updated.len() } else { usize::try_from(offset).unwrap() };
                self.serve(now, exchange, &message, offset, &mut out);
            }
            Some(Event::Part { message, offset, .. }) => {
                self.updated.truncate(usize::try_from(offset).unwrap());
                self.updated.extend(message.payload);
            }
            event => self.gone += usize::from(matches!(event, Some(Event::Gone { .. }))),
        }
        if out.is_empty() { Vec::new() } else { vec![out] }
    }

    fn serve(
        &mut self,
        now: Duration,
        exchange: Exchange,
        message: &Message<'_>,
        offset: usize,
        out: &mut Vec<u8>,
    ) {
        let router = Router::new(ROUTES).unwrap();
        let (options, code) = (&message.options, message.code);
        let target = match router.find(code, options) {
            Ok(Found::Route(route)) => route.target,
            Ok(_) => {
                let (mut list, links) = (Vec::new(), router.list(options));
                links.write(0..links.len(), &mut list).unwrap();
                return self.say(
                    now,
                    exchange,
                    Code::CONTENT,
                    &[(OptionNumber::CONTENT_FORMAT, &[40])],
                    &list,
                    out,
                );
            }
            Err(code) => return self.say(now, exchange, code, &[], &[], out),
        };
        let plain = match code {
            Code::GET => Code::CONTENT,
            Code::POST => Code::CREATED,
            Code::DELETE => Code::DELETED,
            _ => Code::CHANGED,
        };
        let text: (OptionNumber, &[u8]) = (OptionNumber::CONTENT_FORMAT, &[]);
        match (target, code) {
            (Target::Separate, _) => self.late.push((now + self.slowness, exchange)),
            (Target::Query, _) => {
                let query: Vec<_> = options.uri_query().collect();
                self.say(now, exchange, plain, &[text], &query.join(&b'&'), out);
            }
            (Target::Test, Code::POST) => {
                let path: [(OptionNumber, &[u8]); 2] = [
                    (OptionNumber::LOCATION_PATH, b"location1"),
                    (OptionNumber::LOCATION_PATH, b"location2"),
                ];
                self.say(now, exchange, plain, &path, &[], out);
            }
            (Target::LocationQuery, _) => {
                let query: [(OptionNumber, &[u8]); 2] =
                    [(OptionNumber::LOCATION_QUERY, b"first=1"), (OptionNumber::LOCATION_QUERY, b"second=2")];
                self.say(now, exchange, plain, &query, &[], out);
            }
            (Target::MultiFormat, _) => match ContentFormat::offered(options, &[TEXT, JSON]) {
                Ok(format) => {
                    let value = Uint::new(format.0.into());
                    let payload: &[u8] = if format == JSON { b"{}" } else { b"text" };
                    self.say(now, exchange, plain, &[(OptionNumber::CONTENT_FORMAT, &value)], payload, out);
                }
                Err(code) => self.say(now, exchange, code, &[], &[], out),
            },
            (Target::Validate, _) => self.validate(now, exchange, message, out),
            (Target::Create, _) => {
                let there = match self.created {
                    Some(_) => Current::Present(None),
                    None => Current::Absent,
                };
                if there.admits(options) {
                    self.created = Some(message.payload.to_vec());
                    self.say(now, exchange, Code::CREATED, &[], &[], out);
                } else {
                    self.say(now, exchange, Code::PRECONDITION_FAILED, &[], &[], out);
                }
            }
            (Target::Large, _) => self.say(now, exchange, plain, &[text], &large(), out),
            (Target::LargeUpdate | Target::LargeCreate, Code::GET) => {
                let body = self.updated.clone();
                self.say(now, exchange, plain, &[text], &body, out);
            }
            (Target::LargeUpdate | Target::LargeCreate, _) => {
                self.updated.truncate(offset);
                self.updated.extend(message.payload);
                // POST answers with a body of its own, in blocks.
                let body =
                    if code == Code::POST && target == Target::LargeUpdate { large() } else { Vec::new() };
                self.say(now, exchange, plain, &[], &body, out);
            }
            (Target::Observed, Code::GET) => {
                let format = Uint::new(self.observed_format.0.into());
                let list =
                    [Opt::new(OptionNumber::CONTENT_FORMAT, &format), Opt::new(OptionNumber::MAX_AGE, &[5])];
                let response = Response {
                    options: Options::new(&list).unwrap(),
                    payload: &self.observed,
                    observe: Some(1),
                    ..Response::new(Code::CONTENT)
                };
                self.endpoint.respond(now, exchange, &response, out).unwrap();
            }
            (Target::Observed, _) => {
                self.observed = message.payload.to_vec();
                if let Some(format) = options.content_format() {
                    self.observed_format = format;
                }
                self.say(now, exchange, plain, &[], &[], out);
                self.endpoint.changed(1);
            }
            (Target::Directory, _) => {
                let format = Uint::new(LINK.0.into());
                let links = b"</path/sub1>,</path/sub2>";
                self.say(now, exchange, plain, &[(OptionNumber::CONTENT_FORMAT, &format)], links, out);
            }
            (Target::Test, _) => self.say(now, exchange, plain, &[text], b"test", out),
        }
    }

    fn validate(&mut self, now: Duration, exchange: Exchange, message: &Message<'_>, out: &mut Vec<u8>) {
        let tag = [self.version];
        let current = Current::Present(EntityTag::new(&tag));
        let etag: (OptionNumber, &[u8]) = (OptionNumber::ETAG, &tag);
        match message.code {
            Code::GET if current.is_held(&message.options) => {
                self.say(now, exchange, Code::VALID, &[etag], &[], out);
            }
            Code::GET => self.say(now, exchange, Code::CONTENT, &[etag], &tag, out),
            _ if current.admits(&message.options) => {
                self.version += 1;
                self.say(now, exchange, Code::CHANGED, &[], &[], out);
            }
            _ => self.say(now, exchange, Code::PRECONDITION_FAILED, &[], &[], out),
        }
    }

    fn say(
        &mut self,
        now: Duration,
        exchange: Exchange,
        code: Code,
        options: &[(OptionNumber, &[u8])],
        payload: &[u8],
        out: &mut Vec<u8>,
    ) {
        let list: Vec<_> = options.iter().map(|&(number, value)| Opt::new(number, value)).collect();
        let response = Response { options: Options::new(&list).unwrap(), payload, ..Response::new(code) };
        self.endpoint.respond(now, exchange, &response, out).unwrap();
    }
}
