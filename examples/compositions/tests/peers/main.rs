//! Our endpoint against libcoap and aiocoap, as client and as server.
//!
//! Run with `cargo test -p compositions --features interop`; `LINKWIRE_AIOCOAP` names a Python interpreter that has aiocoap.
//! Without the peers the tests say so and pass, unless `LINKWIRE_REQUIRE_PEERS` is set.
#![allow(clippy::unwrap_used, clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test")]
#![allow(clippy::print_stderr, reason = "what is skipped is said loudly")]

mod process;
mod server;

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use coap_codec::endpoint::{Call, Config, Delivery, Event, Memory, Request};
use coap_codec::{Code, Opt, OptionNumber, Options};
use compositions::udp::Udp;
use process::{Scratch, Server, aiocoap_client, aiocoap_script, libcoap_client};
use server::{Ours, large};

const PATIENCE: Duration = Duration::from_secs(20);

/// A client of ours and the server it asks.
struct Client {
    link: Udp,
    server: SocketAddr,
}

impl Client {
    fn of(server: SocketAddr) -> Self {
        Self { link: Udp::bind("127.0.0.1:0", Config::new(Memory::growing(4), 11)).unwrap(), server }
    }

    /// Asks and waits: `path` is of one segment, `query` of one argument or none. Bodies of any length go and come.
    fn ask(
        &mut self,
        delivery: Delivery,
        code: Code,
        (path, query): (&str, &str),
        payload: &[u8],
    ) -> (Code, Vec<u8>) {
        let list = [
            Opt::new(OptionNumber::URI_PATH, path.as_bytes()),
            Opt::new(OptionNumber::URI_QUERY, query.as_bytes()),
        ];
        let options = Options::new(if query.is_empty() { &list[..1] } else { &list }).unwrap();
        let request = Request { options, payload, delivery, ..Request::new(code) };
        let asked = self.link.request(self.server, &request).unwrap();
        self.answer(asked, payload)
    }

    fn answer(&mut self, asked: Call, payload: &[u8]) -> (Code, Vec<u8>) {
        let (begun, mut body) = (Instant::now(), Vec::new());
        while begun.elapsed() < PATIENCE {
            match self.link.turn(Duration::from_millis(100)).unwrap() {
                Some(Event::Piece { call, message, offset, .. }) if call == asked => {
                    assert_eq!(usize::try_from(offset), Ok(body.len()));
                    body.extend(message.payload);
                }
                Some(Event::Response { call, message, .. }) if call == asked => {
                    body.extend(message.payload);
                    return (message.code, body);
                }
                Some(Event::Wanted { call, offset, len }) if call == asked => {
                    let rest = &payload[offset.try_into().unwrap()..];
                    let part = &rest[..len.min(rest.len())];
                    self.link.supply(call, part, part.len() < rest.len()).unwrap();
                }
                Some(Event::Failed { call, why, .. }) if call == asked => panic!("{why}"),
                _ => {}
            }
        }
        panic!("no answer");
    }

    /// Observes until so many notifications have come; gives them whole.
    fn observe(&mut self, path: &str, count: usize) -> Vec<Vec<u8>> {
        let list = [Opt::new(OptionNumber::OBSERVE, b""), Opt::new(OptionNumber::URI_PATH, path.as_bytes())];
        let request = Request { options: Options::new(&list).unwrap(), ..Request::new(Code::GET) };
        let observation = self.link.request(self.server, &request).unwrap();
        let (begun, mut found, mut body) = (Instant::now(), Vec::new(), Vec::new());
        let mut fetching = None;
        while found.len() < count && begun.elapsed() < PATIENCE {
            match self.link.turn(Duration::from_millis(100)).unwrap() {
                Some(Event::Notification { message, rest, .. }) => {
                    // A newer state takes the place of one that is not whole yet.
                    body = message.payload.to_vec();
                    fetching = rest;
                    if rest.is_none() {
                        found.push(core::mem::take(&mut body));
                    }
                }
                Some(Event::Piece { call, message, .. }) if Some(call) == fetching => {
                    body.extend(message.payload);
                }
                Some(Event::Response { call, message, .. }) if Some(call) == fetching => {
                    body.extend(message.payload);
                    found.push(core::mem::take(&mut body));
                }
                _ => {}
            }
        }
        assert_eq!(found.len(), count, "notifications of {path}");
        self.link.cancel(observation).unwrap();
        found
    }
}

/// The numbers of `tick N`, which never fall.
fn rising(found: &[Vec<u8>]) {
    let numbers: Vec<u32> = found
        .iter()
        .map(|text| String::from_utf8_lossy(text).split(' ').nth(1).unwrap().parse().unwrap())
        .collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
    assert!(numbers.first() < numbers.last());
}

use Delivery::{Confirmable, NonConfirmable};

#[test]
fn our_client_asks_libcoap() {
    let Some(server) = Server::libcoap() else { return };
    let mut client = Client::of(server.address);
    for delivery in [Confirmable, NonConfirmable] {
        let (code, body) = client.ask(delivery, Code::GET, ("time", ""), b"");
        assert_eq!(code, Code::CONTENT, "{}", String::from_utf8_lossy(&body));
        let (code, _) = client.ask(delivery, Code::GET, ("nothing", ""), b"");
        assert_eq!(code, Code::NOT_FOUND);
    }
    let (code, _) = client.ask(Confirmable, Code::PUT, ("example_data", ""), b"some data");
    assert!(code.class() == 2, "{code}");
    assert_eq!(
        client.ask(Confirmable, Code::GET, ("example_data", ""), b""),
        (Code::CONTENT, b"some data".to_vec())
    );
    // Answered after a second, in a message of its own.
    assert_eq!(client.ask(Confirmable, Code::GET, ("async", "1"), b"").0, Code::CONTENT);
    let (code, _) = client.ask(Confirmable, Code::PUT, ("new", ""), b"x");
    assert_eq!(code, Code::CREATED);
    assert_eq!(client.ask(Confirmable, Code::DELETE, ("new", ""), b"").0, Code::DELETED);
}

#[test]
fn our_client_asks_aiocoap() {
    let Some(server) = Server::aiocoap() else { return };
    let mut client = Client::of(server.address);
    for delivery in [Confirmable, NonConfirmable] {
        for (code, payload, answer) in [
            (Code::GET, &b""[..], (Code::CONTENT, &b"hello"[..])),
            (Code::PUT, b"four", (Code::CHANGED, b"got 4")),
            (Code::POST, b"", (Code::CHANGED, b"got 0")),
            (Code::FETCH, b"echo", (Code::CONTENT, b"echo")),
            (Code::DELETE, b"", (Code::DELETED, b"")),
        ] {
            let (found, body) = client.ask(delivery, code, ("hello", ""), payload);
            assert_eq!((found, body.as_slice()), answer, "{code}");
        }
    }
    assert_eq!(
        client.ask(Confirmable, Code::GET, ("separate", ""), b""),
        (Code::CONTENT, b"separate".to_vec())
    );
}

#[test]
fn libcoap_asks_our_server() {
    let ours = Ours::start();
    let url = |path: &str| format!("coap://{}/{path}", ours.address);
    let hello = url("hello");
    let Some(answer) = libcoap_client(&["-m", "get", &hello]) else { return };
    assert_eq!(answer.trim_ascii(), b"hello");
    for (arguments, answer) in [
        (&["-N", "-m", "get"][..], "hello"),
        (&["-m", "put", "-e", "four"], "got 4"),
        (&["-m", "post", "-e", "sixsix"], "got 6"),
        (&["-m", "fetch", "-e", "echo"], "echo"),
        (&["-m", "delete"], ""),
    ] {
        let found = libcoap_client(&[arguments, &[&hello]].concat()).unwrap();
        assert_eq!(String::from_utf8_lossy(&found).trim(), answer, "{arguments:?}");
    }
    let file = Scratch::new("libcoap-put", &[b'x'; 700]);
    libcoap_client(&["-m", "put", "-f", file.path(), &url("kept")]).unwrap();
    let found = libcoap_client(&["-m", "get", &url("kept")]).unwrap();
    assert_eq!(found.trim_ascii(), [b'x'; 700]);
    // Answered in a message of its own, after an empty acknowledgement.
    assert_eq!(libcoap_client(&["-m", "get", &url("slow")]).unwrap().trim_ascii(), b"slow");
    // A third of what it sends is lost, and every request is handled once all the same.
    let before = ours.greeted.load(Ordering::Relaxed);
    for _ in 0..3 {
        let found = libcoap_client(&["-m", "post", "-l", "30%", "-B", "60", "-e", "12", &hello]).unwrap();
        assert_eq!(found.trim_ascii(), b"got 2");
    }
    assert_eq!(ours.greeted.load(Ordering::Relaxed), before + 3);
}

#[test]
fn aiocoap_asks_our_server() {
    let ours = Ours::start();
    let url = |path: &str| format!("coap://{}/{path}", ours.address);
    let hello = url("hello");
    let Some(answer) = aiocoap_client(&[&hello]) else { return };
    assert_eq!(answer.trim_ascii(), b"hello");
    for (arguments, answer) in [
        (&["--non"][..], "hello"),
        (&["-m", "PUT", "--payload", "four"], "got 4"),
        (&["-m", "POST", "--payload", "sixsix"], "got 6"),
        (&["-m", "FETCH", "--payload", "echo"], "echo"),
        (&["-m", "DELETE"], ""),
    ] {
        let found = aiocoap_client(&[arguments, &[&hello]].concat()).unwrap();
        assert_eq!(String::from_utf8_lossy(&found).trim(), answer, "{arguments:?}");
    }
    assert_eq!(aiocoap_client(&[&url("slow")]).unwrap().trim_ascii(), b"slow");
}

#[test]
fn bodies_of_a_mebibyte_go_both_ways() {
    let whole = large();
    if let Some(server) = Server::libcoap() {
        let mut client = Client::of(server.address);
        let (code, _) = client.ask(Confirmable, Code::PUT, ("example_data", ""), &whole);
        assert_eq!(code.class(), 2);
        let (code, body) = client.ask(Confirmable, Code::GET, ("example_data", ""), b"");
        assert_eq!(code, Code::CONTENT);
        assert!(body == whole);
    }
    if let Some(server) = Server::aiocoap() {
        let mut client = Client::of(server.address);
        let (code, body) = client.ask(Confirmable, Code::GET, ("large", ""), b"");
        assert_eq!(code, Code::CONTENT);
        assert!(body == whole);
        let (code, body) = client.ask(Confirmable, Code::PUT, ("large", ""), &whole[..300_000]);
        assert_eq!((code, body), (Code::CHANGED, b"300000 1".to_vec()));
    }
    let ours = Ours::start();
    let url = |path: &str| format!("coap://{}/{path}", ours.address);
    let (there, back) = (Scratch::new("there", &whole), Scratch::new("back", b""));
    if libcoap_client(&["-B", "60", "-b", "1024", "-m", "put", "-f", there.path(), &url("kept")]).is_some() {
        libcoap_client(&["-B", "60", "-b", "256", "-m", "get", "-o", back.path(), &url("kept")]).unwrap();
        assert!(back.read() == whole);
    }
    let payload = format!("@{}", there.path());
    if aiocoap_client(&["-m", "PUT", "--payload", &payload, &url("again")]).is_some() {
        assert!(aiocoap_client(&[&url("again")]).unwrap().starts_with(&whole));
    }
}

#[test]
fn our_client_observes() {
    if let Some(server) = Server::libcoap() {
        let mut client = Client::of(server.address);
        assert_eq!(client.observe("time", 3).len(), 3);
        // The observation is over, and the server still answers.
        assert_eq!(client.ask(Confirmable, Code::GET, ("time", ""), b"").0, Code::CONTENT);
        // A state longer than a block, changed by another client: the rest of each is fetched.
        let text = |count: u32| format!("{:.<3000}", format!("tick {count:06} "));
        let mut other = Client::of(server.address);
        other.ask(Confirmable, Code::PUT, ("example_data", ""), text(0).as_bytes());
        let changing = std::thread::spawn(move || {
            for count in 1..=3 {
                std::thread::sleep(Duration::from_millis(500));
                other.ask(Confirmable, Code::PUT, ("example_data", ""), text(count).as_bytes());
            }
        });
        let found = client.observe("example_data", 3);
        assert!(found.iter().all(|text| text.len() == 3000));
        rising(&found);
        changing.join().unwrap();
    }
    if let Some(server) = Server::aiocoap() {
        let mut client = Client::of(server.address);
        rising(&client.observe("tick", 100));
        let found = client.observe("large-tick", 3);
        assert!(found.iter().all(|text| text.len() == 3000));
        rising(&found);
    }
}

#[test]
fn our_server_is_observed() {
    let ours = Ours::start();
    let url = |path: &str| format!("coap://{}/{path}", ours.address);
    if let Some(found) = libcoap_client(&["-B", "4", "-s", "3", "-m", "get", &url("tick")]) {
        let count = String::from_utf8_lossy(&found).matches("tick").count();
        assert!(count >= 100, "{count} notifications");
        let found = libcoap_client(&["-B", "3", "-s", "2", "-m", "get", &url("large-tick")]).unwrap();
        assert!(String::from_utf8_lossy(&found).matches("tick").count() >= 2);
    }
    if let Some(found) = aiocoap_script("aioobserve.py", &[&url("tick"), "100"]) {
        rising(&found.trim_ascii().split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>());
        let found = aiocoap_script("aioobserve.py", &[&url("large-tick"), "3"]).unwrap();
        let found: Vec<_> = found.trim_ascii().split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        assert!(found.iter().all(|text| text.len() == 3000));
        rising(&found);
    }
}
