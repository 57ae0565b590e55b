//! One end of the world: an endpoint with the application on top of it, which asks, answers, observes and
//! checks everything it is told.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use coap_codec::endpoint::{
    Arrival, Call, Config, Delivery, Event, Exchange, Memory, Request, Response, Step, Upload,
};
use coap_codec::{BlockSize, Code, Endpoint, Message, Opt, OptionNumber, Options};

use super::random::Random;

const BLOCK: usize = 64;
const OBSERVED: u32 = 1;

/// What was asked for, as its path says: `kind-number-length`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Job {
    kind: Kind,
    number: u64,
    len: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// GET: the response has a body of that length.
    Fetch,
    /// POST: the request has one.
    Post,
    Observe,
}

impl Job {
    fn path(&self) -> String {
        let kind = match self.kind {
            Kind::Fetch => 'g',
            Kind::Post => 'p',
            Kind::Observe => 'o',
        };
        format!("{kind}-{}-{}", self.number, self.len)
    }

    fn of(message: &Message<'_>) -> Self {
        let path = String::from_utf8(message.options.uri_path().next().unwrap().to_vec()).unwrap();
        let mut parts = path.split('-');
        let kind = match parts.next().unwrap() {
            "g" => Kind::Fetch,
            "p" => Kind::Post,
            _ => Kind::Observe,
        };
        let mut number = || parts.next().unwrap().parse().unwrap();
        Self { kind, number: number(), len: usize::try_from(number()).unwrap() }
    }

    fn body(&self) -> Vec<u8> {
        let mut random = Random::new(self.number);
        (0..self.len).map(|_| random.next().to_le_bytes()[0]).collect()
    }
}

/// A request of ours, until its end.
struct Asked {
    job: Job,
    confirmable: bool,
    got: Vec<u8>,
    /// The newest state seen of what is observed.
    seen: Option<u64>,
}

pub(crate) struct Node {
    pub(crate) endpoint: Endpoint<'static, usize>,
    pub(crate) peer: usize,
    asked: BTreeMap<u64, (Call, Asked)>,
    /// Requests that are answered at a later time.
    late: Vec<(Duration, Exchange, Job)>,
    /// Bodies on their way to us.
    uploads: Vec<(Upload, Vec<u8>)>,
    /// POSTs done, which are never done twice.
    done: BTreeSet<u64>,
    /// When each message id was last handed to the application.
    handed: BTreeMap<u16, Duration>,
    /// The state of the resource that is observed.
    state: u64,
    pub(crate) answered: usize,
    pub(crate) failed: usize,
    pub(crate) notified: usize,
}

/// What the application has to say, if anything.
type Said = Option<Vec<u8>>;

impl Node {
    pub(crate) fn new(random: &mut Random, peer: usize) -> Self {
        let mut config = Config::new(Memory::growing(8), random.next());
        config.block_size = BlockSize::new(BLOCK);
        config.confirm_every = 3;
        config.params.nstart = u16::try_from(1 + random.below(3)).unwrap();
        config.params.probing_rate = if random.one_in(2) { 0 } else { 50 };
        Self {
            endpoint: Endpoint::new(config),
            peer,
            asked: BTreeMap::new(),
            late: Vec::new(),
            uploads: Vec::new(),
            done: BTreeSet::new(),
            handed: BTreeMap::new(),
            state: 0,
            answered: 0,
            failed: 0,
            notified: 0,
        }
    }

    /// Whether all that was asked for has come to its end, and nothing is owed.
    pub(crate) fn is_idle(&self) -> bool {
        self.asked.is_empty() && self.late.is_empty()
    }

    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        let late = self.late.iter().map(|late| late.0).min();
        self.endpoint.next_timeout().into_iter().chain(late).min()
    }

    pub(crate) fn ask(&mut self, now: Duration, random: &mut Random, number: u64) -> Said {
        let kind = if random.one_in(2) { Kind::Fetch } else { Kind::Post };
        let len = random.index(BLOCK * 4);
        self.request(now, Job { kind, number, len }, !random.one_in(4))
    }

    pub(crate) fn observe(&mut self, now: Duration, number: u64) -> Said {
        self.request(now, Job { kind: Kind::Observe, number, len: 0 }, true)
    }

    /// Stops observing.
    pub(crate) fn look_away(&mut self) {
        let endpoint = &mut self.endpoint;
        self.asked.retain(|_, (call, asked)| {
            if asked.job.kind == Kind::Observe {
                endpoint.cancel(*call).unwrap();
            }
            asked.job.kind != Kind::Observe
        });
    }

    /// The observed resource changes.
    pub(crate) fn change(&mut self) {
        self.state += 1;
        self.endpoint.changed(OBSERVED);
    }

    fn request(&mut self, now: Duration, job: Job, confirmable: bool) -> Said {
        let (path, body) = (job.path(), job.body());
        let observe = Opt::new(OptionNumber::OBSERVE, &[]);
        let path = Opt::new(OptionNumber::URI_PATH, path.as_bytes());
        let list = [observe, path];
        let (code, list, payload): (_, _, &[u8]) = match job.kind {
            Kind::Fetch => (Code::GET, &list[1..], &[]),
            Kind::Post => (Code::POST, &list[1..], &body),
            Kind::Observe => (Code::GET, &list[..], &[]),
        };
        let delivery = if confirmable { Delivery::Confirmable } else { Delivery::NonConfirmable };
        let options = Options::new(list).unwrap();
        let request = Request { delivery, options, payload, ..Request::new(code) };
        let mut out = Vec::new();
        // A full table is an answer too: the request was never made.
        let (call, send) = self.endpoint.request(now, self.peer, &request, &mut out).ok()?;
        let number = job.number;
        let asked = Asked { job, confirmable, got: Vec::new(), seen: None };
        assert!(self.asked.insert(number, (call, asked)).is_none());
        send.map(|_| out)
    }

    pub(crate) fn receive(&mut self, now: Duration, random: &mut Random, datagram: &[u8]) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        let step = self.endpoint.receive(now, Arrival::from(self.peer), datagram, &mut out).unwrap();
        self.act(now, random, step, out)
    }

    pub(crate) fn wake(&mut self, now: Duration, random: &mut Random) -> Vec<Vec<u8>> {
        if let Some(at) = self.late.iter().position(|late| late.0 <= now) {
            let (_, exchange, job) = self.late.swap_remove(at);
            return self.answer(now, exchange, &job).into_iter().collect();
        }
        let mut out = Vec::new();
        let step = self.endpoint.handle_timeout(now, &mut out).unwrap();
        self.act(now, random, step, out)
    }

    /// Does what an event asks for; gives all that is to be sent.
    fn act(
        &mut self,
        now: Duration,
        random: &mut Random,
        step: Step<'_, usize>,
        out: Vec<u8>,
    ) -> Vec<Vec<u8>> {
        assert_eq!(step.send.map_or(0, |send| send.len), out.len());
        let mut sends: Vec<_> = step.send.map(|_| out).into_iter().collect();
        let Some(event) = step.event else { return sends };
        sends.extend(self.happen(now, random, event));
        sends
    }

    fn happen(&mut self, now: Duration, random: &mut Random, event: Event<'_, usize>) -> Said {
        match event {
            Event::Request { exchange, message, upload, offset, .. } => {
                let job = self.take_request(now, &message, upload, offset);
                if random.one_in(4) {
                    self.late.push((now + Duration::from_millis(random.below(5000)), exchange, job));
                    return None;
                }
                self.answer(now, exchange, &job)
            }
            Event::Part { upload, message, offset, .. } => {
                self.hand(now, message.id);
                let at = self.uploads.iter().position(|(known, _)| *known == upload).unwrap_or_else(|| {
                    self.uploads.push((upload, Vec::new()));
                    self.uploads.len() - 1
                });
                let body = &mut self.uploads[at].1;
                assert!(offset == 0 || offset == body.len() as u64, "a part behind a hole");
                body.truncate(usize::try_from(offset).unwrap());
                body.extend(message.payload);
                None
            }
            Event::Abandoned { upload } => {
                self.uploads.retain(|(known, _)| *known != upload);
                None
            }
            Event::Wanted { call, offset, len } => {
                let body = self.asked_by(call).expect("of a request under way").job.body();
                let from = usize::try_from(offset).unwrap();
                let to = body.len().min(from + len);
                let mut out = Vec::new();
                let send = self.endpoint.supply(now, call, &body[from..to], to < body.len(), &mut out);
                send.unwrap().map(|_| out)
            }
            Event::Piece { call, message, offset, .. } => {
                let asked = self.asked_by(call).expect("of a request under way");
                assert_eq!(asked.got.len() as u64, offset);
                asked.got.extend(message.payload);
                None
            }
            Event::Notification { call, message, rest, .. } => {
                assert!(rest.is_none());
                let state = u64::from_be_bytes(message.payload.try_into().unwrap());
                let asked = self.asked_by(call).expect("of a request under way");
                assert!(asked.seen.is_none_or(|seen| seen <= state), "an older state after a newer one");
                asked.seen = Some(state);
                self.notified += 1;
                None
            }
            Event::Response { call, message, offset, .. } => {
                let mut asked = self.end(call);
                if message.code.class() == 2 && asked.job.kind == Kind::Fetch {
                    assert_eq!(asked.got.len() as u64, offset);
                    asked.got.extend(message.payload);
                    assert_eq!(asked.got, asked.job.body());
                }
                self.answered += 1;
                None
            }
            Event::Failed { call, .. } => {
                let asked = self.end(call);
                self.failed += usize::from(asked.confirmable);
                None
            }
            Event::Notify { observer, .. } => {
                let state = self.state.to_be_bytes();
                let response = Response { payload: &state, ..Response::new(Code::CONTENT) };
                let mut out = Vec::new();
                self.endpoint.notify(now, observer, &response, &mut out).ok().flatten().map(|_| out)
            }
            Event::Refused { .. } | Event::Undelivered { .. } | Event::Gone { .. } => None,
            event => panic!("{event:?}"),
        }
    }

    fn take_request(
        &mut self,
        now: Duration,
        message: &Message<'_>,
        upload: Option<Upload>,
        offset: u64,
    ) -> Job {
        self.hand(now, message.id);
        let job = Job::of(message);
        if job.kind == Kind::Post {
            let mut body = match upload {
                Some(upload) => {
                    let at = self.uploads.iter().position(|(known, _)| *known == upload).unwrap();
                    self.uploads.swap_remove(at).1
                }
                None => Vec::new(),
            };
            assert_eq!(body.len() as u64, offset);
            body.extend(message.payload);
            assert_eq!(body, job.body(), "the body that was sent");
            assert!(self.done.insert(job.number), "{job:?} is done twice");
        }
        job
    }

    /// No message is handed to the application twice in its lifetime.
    fn hand(&mut self, now: Duration, id: u16) {
        let before = self.handed.insert(id, now);
        assert!(before.is_none_or(|before| now - before >= Duration::from_secs(145)), "{id} twice");
    }

    fn answer(&mut self, now: Duration, exchange: Exchange, job: &Job) -> Said {
        let (body, state) = (job.body(), self.state.to_be_bytes());
        let response = match job.kind {
            Kind::Fetch => Response { payload: &body, ..Response::new(Code::CONTENT) },
            Kind::Post => Response::new(Code::CHANGED),
            Kind::Observe => {
                Response { payload: &state, observe: Some(OBSERVED), ..Response::new(Code::CONTENT) }
            }
        };
        let mut out = Vec::new();
        match self.endpoint.respond(now, exchange, &response, &mut out) {
            Ok(send) => send.map(|_| out),
            // Too late, or no slot for a separate response: the client will see.
            Err(_) => None,
        }
    }

    fn asked_by(&mut self, call: Call) -> Option<&mut Asked> {
        self.asked.values_mut().find(|(known, _)| *known == call).map(|(_, asked)| asked)
    }

    /// Takes the one and only end of a request.
    fn end(&mut self, call: Call) -> Asked {
        let found = self.asked.iter().find(|(_, (known, _))| *known == call);
        let number = *found.expect("a request ends once").0;
        self.asked.remove(&number).unwrap().1
    }
}
