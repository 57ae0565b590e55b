//! Two ends of ours on a stream that comes in chunks of any length, late, and is closed at any moment: every request
//! ends exactly once, bodies arrive as they were, states come in order, tables return to empty.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, clippy::std_instead_of_alloc, clippy::print_stderr, reason = "tests")]

#[path = "world/random.rs"]
mod random;

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use coap_codec::endpoint::stream::{Config, Connection, Event, Memory};
use coap_codec::endpoint::{Call, Error, Exchange, Load, Request, Response, Upload};
use coap_codec::{
    Abort, BlockSize, Code, Opt, OptionNumber, Options, Out, Peek, Release, Rules, SliceOut, StreamMessage,
    peek,
};
use random::Random;

const OBSERVED: u32 = 1;

/// What is asked for; the path says which it is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// GET: the response has the body.
    Fetch,
    /// POST: the request has it.
    Post,
    Observe,
    Ping,
}

#[derive(Clone, Copy, Debug)]
struct Job {
    kind: Kind,
    number: u64,
    len: usize,
}

impl Job {
    fn body(self) -> Vec<u8> {
        let mut random = Random::new(self.number);
        (0..self.len).map(|_| random.next().to_le_bytes()[0]).collect()
    }

    fn of(message: &StreamMessage<'_>) -> Self {
        let path = String::from_utf8(message.options.uri_path().next().unwrap().to_vec()).unwrap();
        let numbers: Vec<u64> = path.split('-').map(|part| part.parse().unwrap()).collect();
        let kind = [Kind::Fetch, Kind::Post, Kind::Observe][usize::try_from(numbers[0]).unwrap()];
        Self { kind, number: numbers[1], len: usize::try_from(numbers[2]).unwrap() }
    }
}

/// A request of ours, until its end.
struct Asked {
    job: Job,
    got: Vec<u8>,
    seen: Option<u64>,
}

struct Node {
    end: Connection<'static>,
    rules: Rules,
    /// Bytes that arrived and are no frame yet.
    inbox: Vec<u8>,
    /// Bytes to be sent, in order.
    outbox: VecDeque<u8>,
    asked: BTreeMap<u64, (Call, Asked)>,
    late: Vec<(Exchange, Job)>,
    uploads: Vec<(Upload, Vec<u8>)>,
    state: u64,
    /// Whether the peer has said what it takes: less than everybody assumes, perhaps.
    greeted: bool,
    counts: [usize; 3],
}

/// An output of the room a socket happens to have.
struct Narrow<'b>(SliceOut<'b>);

impl Out for Narrow<'_> {
    fn room(&self) -> usize {
        self.0.room()
    }

    fn put(&mut self, bytes: &[u8]) {
        self.0.put(bytes);
    }
}

impl Node {
    fn new(random: &mut Random) -> Self {
        let frame = [300, 1152, 5000][random.index(3)];
        let mut config = Config::new(Memory::growing(1 + random.index(8)), random.next());
        let rules = Rules::new().max_frame(frame);
        (config.rules, config.block_size) = (rules, BlockSize::bert([64, 1024, 4096][random.index(3)]));
        let mut outbox = Vec::new();
        let end = Connection::open(config, &mut outbox).unwrap();
        Self {
            end,
            rules,
            inbox: Vec::new(),
            outbox: outbox.into(),
            asked: BTreeMap::new(),
            late: Vec::new(),
            uploads: Vec::new(),
            state: 0,
            greeted: false,
            counts: [0; 3],
        }
    }

    /// Calls into the connection with the room there is; what it says goes to the outbox.
    fn with<R>(
        &mut self,
        random: &mut Random,
        call: impl FnOnce(&mut Connection<'static>, &mut Narrow<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let room = if random.one_in(8) { random.index(40) } else { 8192 };
        let mut buffer = [0; 8192];
        let mut out = Narrow(SliceOut::new(&mut buffer[..room]));
        let before = self.end.load();
        let result = call(&mut self.end, &mut out);
        if result.is_err() {
            assert!(out.0.is_empty() && self.end.load() == before, "an error that did something");
        }
        self.outbox.extend(out.0.written());
        result
    }

    fn ask(&mut self, now: Duration, random: &mut Random, number: u64) {
        let kind = [Kind::Fetch, Kind::Post, Kind::Observe, Kind::Ping][random.index(4)];
        let job = Job { kind, number, len: random.index(9000) };
        let body = job.body();
        let path = format!("{}-{number}-{}", job.kind as u8, job.len);
        let list = [Opt::new(OptionNumber::OBSERVE, &[]), Opt::new(OptionNumber::URI_PATH, path.as_bytes())];
        let (code, list, payload) = match kind {
            Kind::Post => (Code::POST, &list[1..], &body[..]),
            Kind::Observe => (Code::GET, &list[..], &[][..]),
            _ => (Code::GET, &list[1..], &[][..]),
        };
        let request = Request { options: Options::new(list).unwrap(), payload, ..Request::new(code) };
        let result = self.with(random, |end, out| match kind {
            Kind::Ping => end.ping(now, number.is_multiple_of(2), out),
            _ => end.request(now, &request, out),
        });
        // An error is an answer too: it was never asked.
        if let Ok(call) = result {
            let asked = Asked { job, got: Vec::new(), seen: None };
            assert!(self.asked.insert(number, (call, asked)).is_none());
        }
    }

    /// Gives one of the requests up.
    fn cancel(&mut self, now: Duration, random: &mut Random, number: u64) {
        let Some((call, _)) = self.asked.get(&number) else { return };
        let call = *call;
        match self.with(random, |end, out| end.cancel(now, call, out)) {
            Ok(()) => drop(self.asked.remove(&number)),
            Err(Error::NoRoom { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }

    /// The first of the frames that have arrived, if it is whole.
    fn receive(&mut self, now: Duration, random: &mut Random) -> bool {
        let Peek::Frame { len } = peek(&self.inbox, self.rules).unwrap() else { return false };
        let frame = self.inbox[..len].to_vec();
        let event = match self.with(random, |end, out| end.receive(now, &frame, out)) {
            Ok(event) => event,
            Err(Error::NoRoom { .. }) => return true, // again, later
            Err(error) => panic!("{error}"),
        };
        self.inbox.drain(..len);
        if let Some(event) = event {
            self.happen(now, random, event);
        }
        true
    }

    fn wake(&mut self, now: Duration, random: &mut Random) {
        match self.with(random, |end, out| end.handle_timeout(now, out)) {
            Ok(Some(event)) => self.happen(now, random, event),
            Ok(None) | Err(Error::NoRoom { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }

    fn happen(&mut self, now: Duration, random: &mut Random, event: Event<'_>) {
        match event {
            Event::Request { exchange, message, upload, offset, .. } => {
                let job = Job::of(&message);
                if job.kind == Kind::Post {
                    let at =
                        upload.map(|upload| self.uploads.iter().position(|known| known.0 == upload).unwrap());
                    let mut body = at.map_or(Vec::new(), |at| self.uploads.swap_remove(at).1);
                    assert_eq!(body.len() as u64, offset);
                    body.extend(message.payload);
                    assert_eq!(body, job.body(), "the body that was sent");
                }
                self.late.push((exchange, job));
            }
            Event::Part { upload, message, offset, .. } => {
                let at = self.uploads.iter().position(|known| known.0 == upload).unwrap_or_else(|| {
                    self.uploads.push((upload, Vec::new()));
                    self.uploads.len() - 1
                });
                let body = &mut self.uploads[at].1;
                assert!(offset == 0 || offset == body.len() as u64, "a part behind a hole");
                body.truncate(usize::try_from(offset).unwrap());
                body.extend(message.payload);
            }
            Event::Abandoned { upload } => self.uploads.retain(|known| known.0 != upload),
            Event::Wanted { call, offset, len } => {
                let body = self.asked_by(call).job.body();
                let from = usize::try_from(offset).unwrap();
                let to = body.len().min(from + len);
                // Without room there is another chance.
                while let Err(error) =
                    self.with(random, |end, out| end.supply(now, call, &body[from..to], to < body.len(), out))
                {
                    assert!(matches!(error, Error::NoRoom { .. }), "{error}");
                }
            }
            Event::Piece { call, message, offset } => {
                // The rest of a notification is nobody's job.
                let Some(asked) = self.find(call) else { return };
                assert_eq!(asked.got.len() as u64, offset);
                asked.got.extend(message.payload);
            }
            Event::Notification { call, message, .. } => {
                let asked = self.asked_by(call);
                let state = u64::from_be_bytes(message.payload[..8].try_into().unwrap());
                assert!(asked.seen.is_none_or(|seen| seen <= state), "an older state after a newer one");
                asked.seen = Some(state);
                self.counts[2] += 1;
            }
            Event::Response { call, message, offset } => {
                let mut asked = self.end(call);
                if message.code == Code::CONTENT && asked.job.kind == Kind::Fetch {
                    assert_eq!(asked.got.len() as u64, offset);
                    asked.got.extend(message.payload);
                    assert_eq!(asked.got, asked.job.body());
                }
                self.counts[0] += 1;
            }
            Event::Pong { call, .. } => assert_eq!(self.end(call).job.kind, Kind::Ping),
            Event::Failed { call, .. } => {
                self.end(call);
                self.counts[1] += 1;
            }
            Event::Notify { observer, .. } => {
                let state = self.state.to_be_bytes();
                let response = Response { payload: &state, ..Response::new(Code::CONTENT) };
                // Without room this observer learns of the next change.
                let _ = self.with(random, |end, out| end.notify(observer, &response, out));
            }
            Event::Capable { .. } => self.greeted = true,
            Event::Released(_) | Event::Aborted(_) | Event::Gone { .. } => {}
            Event::Refused { .. } => {}
            event => panic!("{event:?}"),
        }
    }

    /// Answers one of the requests that wait, in no order.
    fn answer(&mut self, random: &mut Random) {
        if self.late.is_empty() {
            return;
        }
        let at = random.index(self.late.len());
        let (exchange, job) = self.late[at];
        let (body, state) = (job.body(), self.state.to_be_bytes());
        let response = match job.kind {
            Kind::Fetch => Response { payload: &body, ..Response::new(Code::CONTENT) },
            Kind::Observe => {
                Response { payload: &state, observe: Some(OBSERVED), ..Response::new(Code::CONTENT) }
            }
            _ => Response::new(Code::CHANGED),
        };
        match self.with(random, |end, out| end.respond(exchange, &response, out)) {
            Err(Error::NoRoom { .. }) => {}
            Ok(()) | Err(Error::Over) => drop(self.late.swap_remove(at)),
            Err(Error::PeerLimit { .. }) => {
                let sorry = Response::new(Code::INTERNAL_SERVER_ERROR);
                if self.with(random, |end, out| end.respond(exchange, &sorry, out)).is_ok() {
                    self.late.swap_remove(at);
                }
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn find(&mut self, call: Call) -> Option<&mut Asked> {
        self.asked.values_mut().find(|(known, _)| *known == call).map(|(_, asked)| asked)
    }

    fn asked_by(&mut self, call: Call) -> &mut Asked {
        self.find(call).expect("of a request under way")
    }

    /// Takes the one and only end of a request.
    fn end(&mut self, call: Call) -> Asked {
        let found = self.asked.iter().find(|(_, (known, _))| *known == call);
        let number = *found.expect("a request ends once").0;
        self.asked.remove(&number).unwrap().1
    }
}

/// A connection that is told anything at all: it says at most one thing to each frame, breaks off for good, and leaves
/// nothing behind.
fn tell(seed: u64) -> usize {
    const FRAMES: [&[u8]; 10] = [
        b"\x00\xE1",
        b"\x40\xE1\x22\x04\x80\x20",
        b"\x11\xE2t\x20",
        b"\x01\xE3t",
        b"\x01\x01t",
        b"\x21\x01t\x60\x51a",
        b"\xD1\x07\x03t\xD1\x0E\x08\xFF0123456789abcdef",
        b"\xD1\x07\x45t\xD1\x0A\x08\xFF0123456789abcdef",
        b"\x31\x45t\x61\x02\xFFx",
        b"\x41\x81t\xD2\xEFee",
    ];
    let (mut random, mut now, mut acted) = (Random::new(seed), Duration::from_secs(1), 0);
    let mut out = Vec::new();
    let open = |random: &mut Random, now| {
        let config = Config::new(Memory::growing(1 + random.index(3)), random.next());
        let mut end = Connection::open(config, &mut Vec::new()).unwrap();
        end.receive(now, FRAMES[1], &mut Vec::new()).unwrap();
        end
    };
    let mut end = open(&mut random, now);
    let mut exchanges = Vec::new();
    for _ in 0..200 {
        now += Duration::from_secs(random.below(10));
        let mut frame = FRAMES[random.index(FRAMES.len())].to_vec();
        for _ in 0..random.index(3) {
            let at = random.index(frame.len());
            frame[at] ^= 1 << random.index(8);
        }
        out.clear();
        if end.is_closed() && random.one_in(4) {
            assert_ends(&mut end, now);
            end = open(&mut random, now);
        }
        let closed = end.is_closed();
        let event = match random.index(8) {
            0 => {
                let list = [Opt::new(OptionNumber::OBSERVE, &[])];
                let list = &list[..random.index(2)];
                let token = Some(coap_codec::Token::new(b"t").unwrap());
                let options = Options::new(list).unwrap();
                let request = Request { token, options, payload: &[7; 100], ..Request::new(Code::FETCH) };
                let _ = end.request(now, &request, &mut out);
                None
            }
            1 => exchanges.pop().and_then(|exchange| {
                let response =
                    Response { payload: &[7; 3000], observe: Some(1), ..Response::new(Code::CONTENT) };
                let _ = end.respond(exchange, &response, &mut out);
                end.changed(1);
                None
            }),
            2 => end.handle_timeout(now, &mut out).unwrap(),
            _ => end.receive(now, &frame, &mut out).unwrap(),
        };
        if !out.is_empty() {
            assert!(!closed, "something said after the end");
            assert_eq!(peek(&out, Rules::new().max_frame(1 << 20)), Ok(Peek::Frame { len: out.len() }));
        }
        acted += usize::from(event.is_some());
        match event {
            Some(Event::Request { exchange, .. }) => exchanges.push(exchange),
            Some(Event::Broken { .. } | Event::Aborted(_)) => assert!(end.is_closed() && !closed),
            _ => {}
        }
    }
    assert_ends(&mut end, now);
    acted
}

fn assert_ends(end: &mut Connection<'_>, now: Duration) {
    end.closed();
    let mut out = Vec::new();
    while end.next_timeout().is_some() {
        end.handle_timeout(now, &mut out).unwrap();
    }
    assert!(out.is_empty() && end.load() == Load::default());
}

/// Moves some bytes, as a stream does.
fn carry(nodes: &mut [Node; 2], random: &mut Random, from: usize) {
    let len = match random.index(3) {
        0 => 1 + random.index(8),
        1 => 1 + random.index(2000),
        _ => usize::MAX,
    };
    let len = len.min(nodes[from].outbox.len());
    let bytes: Vec<u8> = nodes[from].outbox.drain(..len).collect();
    nodes[1 - from].inbox.extend(bytes);
}

/// Lets everything come to its end; then nothing is left, without a close.
fn finish(nodes: &mut [Node; 2], random: &mut Random, now: Duration) {
    for _ in 0..10_000 {
        for at in 0..2 {
            let node = &mut nodes[at];
            let mut observed = node.asked.iter().filter(|(_, (_, asked))| asked.job.kind == Kind::Observe);
            if let Some((&number, _)) = observed.next() {
                node.cancel(now, random, number);
            }
            while node.receive(now, random) {}
            node.answer(random);
            if node.end.next_timeout().is_some_and(|next| next <= now) {
                node.wake(now, random);
            }
            carry(nodes, random, at);
        }
        // Of requests that were cancelled the bodies stay a while.
        let is_idle = |load: Load| (load.outgoing, load.incoming, load.observers) == (0, 0, 0);
        if nodes.iter().all(|node| is_idle(node.end.load()) && node.asked.is_empty()) {
            return;
        }
    }
    panic!("{:?}", nodes.each_ref().map(|node| (node.end.load(), node.asked.keys().collect::<Vec<_>>())));
}

fn run(seed: u64) -> [usize; 3] {
    let mut random = Random::new(seed);
    let mut now = Duration::from_secs(1000);
    let mut nodes = [Node::new(&mut random), Node::new(&mut random)];
    let mut number = 0;
    let may_be_small = nodes.iter().any(|node| node.rules.max_frame < 1152);
    // Some come to their end, some are ended in the middle of it.
    let peaceful = random.one_in(2);
    let turns = if peaceful { 1500 } else { random.index(3000) };
    for _ in 0..turns {
        now += Duration::from_millis(random.below(50));
        let at = random.index(2);
        let node = &mut nodes[at];
        match random.index(12) {
            0 if number < 20 && (node.greeted || !may_be_small) => {
                node.ask(now, &mut random, number);
                number += 1;
            }
            1 => node.answer(&mut random),
            2 => {
                node.state += 1;
                node.end.changed(OBSERVED);
            }
            3 if random.one_in(20) => {
                let number = random.below(20);
                node.cancel(now, &mut random, number);
            }
            4 if !peaceful && random.one_in(200) => {
                let _ = node.with(&mut random, |end, out| end.release(Release::default(), out));
            }
            5 if !peaceful && random.one_in(200) => {
                let _ = node.with(&mut random, |end, out| end.abort(Abort::default(), out));
            }
            6 if !peaceful && random.one_in(200) => now += Duration::from_secs(random.below(300)),
            7 | 8 => carry(&mut nodes, &mut random, at),
            9 => {
                if node.end.next_timeout().is_some_and(|next| next <= now) {
                    node.wake(now, &mut random);
                }
            }
            _ => drop(node.receive(now, &mut random)),
        }
    }
    if peaceful {
        finish(&mut nodes, &mut random, now);
        assert!(nodes.iter().all(|node| node.counts[1] == 0), "a request failed on a stream that stood");
    }
    for node in &mut nodes {
        node.end.closed();
        while let Some(next) = node.end.next_timeout() {
            assert!(next <= now);
            node.wake(now, &mut random);
        }
        assert!(node.asked.is_empty(), "requests that have not ended: {:?}", node.asked.keys());
        assert!(node.uploads.is_empty(), "bodies that were not abandoned");
        assert_eq!(node.end.load(), Load::default());
    }
    [0, 1, 2].map(|at| nodes[0].counts[at] + nodes[1].counts[at])
}

/// Names its seed if a world fails.
struct Name(u64);

impl Drop for Name {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}", self.0);
        }
    }
}

fn read(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn whatever_the_peer_says() {
    let seeds = read("LINKWIRE_SEEDS").unwrap_or(500);
    let acted = (0..seeds).map(|seed| {
        let _name = Name(seed);
        tell(seed)
    });
    let acted = acted.sum::<usize>() as u64;
    assert!(acted > seeds * 10, "{acted}");
}

#[test]
fn however_the_stream_comes_and_ends() {
    if let Some(seed) = read("LINKWIRE_SEED") {
        run(seed);
        return;
    }
    let seeds = read("LINKWIRE_SEEDS").unwrap_or(500);
    let mut total = [0; 3];
    for seed in 0..seeds {
        let _name = Name(seed);
        total.iter_mut().zip(run(seed)).for_each(|(total, count)| *total += count);
    }
    assert!(total.iter().all(|&count| count as u64 >= seeds), "{total:?}");
}
