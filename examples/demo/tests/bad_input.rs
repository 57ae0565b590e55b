//! Bad input ends the demo with one clear line and a failure, never with a panic.
#![allow(clippy::unwrap_used, clippy::std_instead_of_core, reason = "a test")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::thread;

fn demo(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_demo")).args(arguments).output().unwrap()
}

/// The one line on standard error of a run that failed as it should.
fn complaint(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(!text.contains("panicked") && !text.contains("backtrace"), "{text}");
    text
}

fn data(name: &str) -> String {
    format!("{}/../../vectors/tsl/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_whole_conversation_succeeds() {
    let output = demo(&[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for step in ["refuse bad post", "partly dropped", "calls confirmed", "refused"] {
        assert!(text.contains(step), "{step} is missing from:\n{text}");
    }
    assert!(!text.contains("0f1e2d3c4b5a69788796a5b4c3d2e1f0"), "the secret is in the trace");
    assert!(!text.contains('\x1b'), "colours without a terminal");
}

#[test]
fn a_file_that_is_not_there() {
    assert!(complaint(&demo(&["--tsl", "no/such/file.json"])).contains("no/such/file.json"));
}

#[test]
fn a_model_that_is_not_json() {
    assert!(complaint(&demo(&["--tsl", &data("invalid/truncated.json")])).contains("truncated.json"));
}

#[test]
fn a_model_with_a_mistake() {
    let text = complaint(&demo(&["--tsl", &data("invalid/min-greater-than-max.json")]));
    assert!(text.contains("/properties/"), "no pointer to the mistake: {text}");
}

#[test]
fn an_option_there_is_not() {
    assert!(complaint(&demo(&["--colour"])).contains("--colour"));
}

#[test]
fn nobody_listens() {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    assert!(complaint(&demo(&["--host", "127.0.0.1", "--port", &port])).contains(&port));
}

/// A peer that answers the CONNECT with `answer` and closes.
fn against(answer: &'static [u8]) -> Output {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let peer = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 1024]).unwrap();
        stream.write_all(answer).unwrap();
    });
    let output = demo(&["--host", "127.0.0.1", "--port", &port]);
    peer.join().unwrap();
    output
}

#[test]
fn a_peer_that_closes_in_the_middle_of_a_packet() {
    assert!(complaint(&against(b"\x20\x02\x00")).contains("middle of a packet"));
}

#[test]
fn a_peer_that_just_closes() {
    assert!(complaint(&against(b"")).contains("closed the connection"));
}

#[test]
fn a_peer_that_refuses() {
    assert!(complaint(&against(b"\x20\x02\x00\x05")).contains("refused"));
}

#[test]
fn a_peer_that_speaks_something_else() {
    complaint(&against(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
}
