//! A server of ours in a thread of its own.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use coap_codec::endpoint::{Config, Event, Exchange, Memory, Response};
use coap_codec::{Code, ContentFormat, Opt, OptionNumber, Options, Uint};
use compositions::udp::Udp;

/// `/hello`, `/store` (keeps a body), `/slow` (answers after 1.5 s).
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
        let mut shop = Shop { link, stored: HashMap::new(), late: Vec::new(), greeted: Arc::clone(&greeted) };
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
        let Some(Event::Request { exchange, message, .. }) =
            self.link.turn(Duration::from_millis(10)).unwrap()
        else {
            return;
        };
        let path: Vec<_> =
            message.options.uri_path().map(|segment| String::from_utf8_lossy(segment).into_owned()).collect();
        let (code, path, body) = (message.code, path.join("/"), message.payload.to_vec());
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
        let format = Uint::new(ContentFormat::TEXT.0.into());
        let options = [Opt::new(OptionNumber::CONTENT_FORMAT, &format)];
        let options = if payload.is_empty() { &[][..] } else { &options };
        let options = Options::new(options).unwrap();
        self.link.respond(exchange, &Response { options, payload, ..Response::new(code) }).unwrap();
    }
}
