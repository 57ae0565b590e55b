//! A server of ours in a thread of its own.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use coap_codec::endpoint::{Config, Event, Exchange, Memory, Response, Upload};
use coap_codec::{Code, ContentFormat, Opt, OptionNumber, Options, Uint};
use compositions::udp::Udp;

/// What `/large` holds, here and at aiocoap's server.
pub(crate) fn large() -> Vec<u8> {
    (0..1_usize << 20).map(|at| (at * 31).to_le_bytes()[0]).collect()
}

/// The resources that can be observed: they count a hundred times a second.
const TICK: u32 = 1;
const LARGE_TICK: u32 = 2;

/// `/hello`, `/slow` (answers after 1.5 s), `/large` (1 MiB), `/tick` and `/large-tick` (count); other paths keep a body.
pub(crate) struct Ours {
    pub(crate) address: SocketAddr,
    /// How often `/hello` was handled.
    pub(crate) greeted: Arc<AtomicU32>,
    over: Arc<AtomicBool>,
    serving: Option<JoinHandle<()>>,
}

impl Ours {
    pub(crate) fn start() -> Self {
        let link = Udp::bind("127.0.0.1:0", Config::new(Memory::growing(64), 7)).unwrap();
        let address = link.local_addr().unwrap();
        let (greeted, over) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
        let mut shop = Shop {
            link,
            stored: HashMap::from([("large".to_owned(), large())]),
            parts: HashMap::new(),
            late: Vec::new(),
            count: 0,
            counted: Instant::now(),
            greeted: Arc::clone(&greeted),
        };
        let serving = thread::spawn({
            let over = Arc::clone(&over);
            move || {
                while !over.load(Ordering::Relaxed) {
                    shop.turn();
                }
            }
        });
        Self { address, greeted, over, serving: Some(serving) }
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let ended = self.serving.take().is_some_and(|serving| serving.join().is_ok());
        assert!(ended || thread::panicking(), "the server panicked");
    }
}

struct Shop {
    link: Udp,
    stored: HashMap<String, Vec<u8>>,
    /// Bodies that come in blocks.
    parts: HashMap<Upload, Vec<u8>>,
    count: u32,
    counted: Instant,
    /// Answers that are not known yet.
    late: Vec<(Instant, Exchange)>,
    greeted: Arc<AtomicU32>,
}

impl Shop {
    fn turn(&mut self) {
        if let Some(at) = self.late.iter().position(|(due, _)| *due <= Instant::now()) {
            let (_, exchange) = self.late.swap_remove(at);
            self.answer(exchange, Code::CONTENT, b"slow");
        }
        if self.counted.elapsed() > Duration::from_millis(10) {
            (self.count, self.counted) = (self.count + 1, Instant::now());
            self.link.changed(TICK);
            self.link.changed(LARGE_TICK);
        }
        match self.link.turn(Duration::from_millis(10)).unwrap() {
            Some(Event::Request { exchange, message, upload, offset, .. }) => {
                let mut body = upload.and_then(|upload| self.parts.remove(&upload)).unwrap_or_default();
                body.truncate(offset.try_into().unwrap());
                body.extend(message.payload);
                let path: Vec<_> = message.options.uri_path().map(String::from_utf8_lossy).collect();
                let (code, path) = (message.code, path.join("/"));
                self.requested(exchange, code, path, body);
            }
            Some(Event::Part { upload, message, offset, .. }) => {
                let body = self.parts.entry(upload).or_default();
                body.truncate(offset.try_into().unwrap());
                body.extend(message.payload);
            }
            Some(Event::Abandoned { upload }) => drop(self.parts.remove(&upload)),
            Some(Event::Notify { observer, resource, .. }) => {
                let text = self.tick(resource);
                let response =
                    Response { payload: &text, observe: Some(resource), ..Response::new(Code::CONTENT) };
                self.link.notify(observer, &response).unwrap();
            }
            _ => {}
        }
    }

    /// The count, with something long behind it if it is the large one.
    fn tick(&self, resource: u32) -> Vec<u8> {
        let mut text = format!("tick {:06} ", self.count).into_bytes();
        text.resize(if resource == TICK { 12 } else { 3000 }, b'.');
        text
    }

    fn requested(&mut self, exchange: Exchange, code: Code, path: String, body: Vec<u8>) {
        match (path.as_str(), code) {
            ("hello", _) => {
                self.greeted.fetch_add(1, Ordering::Relaxed);
                match code {
                    Code::GET => self.answer(exchange, Code::CONTENT, b"hello"),
                    Code::FETCH => self.answer(exchange, Code::CONTENT, &body),
                    Code::DELETE => self.answer(exchange, Code::DELETED, b""),
                    _ => self.answer(exchange, Code::CHANGED, format!("got {}", body.len()).as_bytes()),
                }
            }
            ("tick" | "large-tick", _) => {
                let resource = if path == "tick" { TICK } else { LARGE_TICK };
                let text = self.tick(resource);
                let response =
                    Response { payload: &text, observe: Some(resource), ..Response::new(Code::CONTENT) };
                self.link.respond(exchange, &response).unwrap();
            }
            ("slow", _) => self.late.push((Instant::now() + Duration::from_millis(1500), exchange)),
            (_, Code::PUT) => {
                let code = match self.stored.insert(path, body) {
                    Some(_) => Code::CHANGED,
                    None => Code::CREATED,
                };
                self.answer(exchange, code, b"");
            }
            (_, Code::GET) => match self.stored.get(&path).cloned() {
                Some(body) => self.answer(exchange, Code::CONTENT, &body),
                None => self.answer(exchange, Code::NOT_FOUND, b""),
            },
            (_, Code::DELETE) => {
                self.stored.remove(&path);
                self.answer(exchange, Code::DELETED, b"");
            }
            _ => self.answer(exchange, Code::METHOD_NOT_ALLOWED, b""),
        }
    }

    fn answer(&mut self, exchange: Exchange, code: Code, payload: &[u8]) {
        let text = core::str::from_utf8(payload).is_ok();
        let format = if text { ContentFormat::TEXT } else { ContentFormat::OCTET_STREAM };
        let format = Uint::new(format.0.into());
        let options = [Opt::new(OptionNumber::CONTENT_FORMAT, &format)];
        let options = if payload.is_empty() { &[][..] } else { &options };
        let options = Options::new(options).unwrap();
        self.link.respond(exchange, &Response { options, payload, ..Response::new(code) }).unwrap();
    }
}
