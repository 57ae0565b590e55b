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

use coap_codec::endpoint::{Config, Delivery, Event, Memory, Request};
use coap_codec::{Code, Opt, OptionNumber, Options};
use compositions::udp::Udp;
use process::{Scratch, Server, aiocoap_client, libcoap_client};
use server::Ours;

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

    /// Asks and waits: `path` is of one segment, `query` of one argument or none.
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
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            match self.link.turn(Duration::from_millis(100)).unwrap() {
                Some(Event::Response { call, message, .. }) if call == asked => {
                    return (message.code, message.payload.to_vec());
                }
                Some(Event::Failed { call, why, .. }) if call == asked => panic!("{code} {path}: {why}"),
                _ => {}
            }
        }
        panic!("{code} {path}: no answer");
    }
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
