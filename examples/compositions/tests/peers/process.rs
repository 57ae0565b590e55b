//! Programs we did not write, on free ports of 127.0.0.1, stopped when they go out of scope.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{env, fs, io, process};

/// A server that runs.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// libcoap's example server, once it answers.
    pub(crate) fn libcoap() -> Option<Self> {
        let program = find("coap-server-notls")?;
        // The port is free when it is picked; should another take it meanwhile, pick again.
        (0..5).find_map(|_| {
            let address = free_address().unwrap();
            let child = Command::new(&program)
                .args(["-A", "127.0.0.1", "-p", &address.port().to_string(), "-d", "20"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let server = Self { child, address };
            server.answers_a_ping().then_some(server)
        })
    }

    /// A server made with aiocoap, once it says it is up.
    pub(crate) fn aiocoap() -> Option<Self> {
        let python = aiocoap_python()?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/aioserver.py");
        (0..5).find_map(|_| {
            let address = free_address().unwrap();
            let mut child = Command::new(&python)
                .arg(&script)
                .arg(address.port().to_string())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut line = String::new();
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
            let server = Self { child, address };
            (line.trim() == "up").then_some(server)
        })
    }

    /// A ping gets a reset as soon as the server listens (RFC 7252 §4.3).
    fn answers_a_ping(&self) -> bool {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_read_timeout(Some(core::time::Duration::from_millis(100))).unwrap();
        (0..50).any(|_| {
            socket.send_to(b"\x40\x00\x00\x01", self.address).is_ok()
                && socket.recv(&mut [0; 16]).is_ok_and(|len| len == 4)
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs libcoap's client; gives what it printed.
pub(crate) fn libcoap_client(arguments: &[&str]) -> Option<Vec<u8>> {
    Some(run(Command::new(find("coap-client-notls")?).args(arguments)))
}

/// Runs aiocoap's client; gives what it printed.
pub(crate) fn aiocoap_client(arguments: &[&str]) -> Option<Vec<u8>> {
    let program = aiocoap_python()?.with_file_name("aiocoap-client");
    Some(run(Command::new(program).args(["-q", "--no-color", "--no-pretty-print"]).args(arguments)))
}

/// Runs a script with aiocoap at hand; gives what it printed.
pub(crate) fn aiocoap_script(name: &str, arguments: &[&str]) -> Option<Vec<u8>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(name);
    Some(run(Command::new(aiocoap_python()?).arg(script).args(arguments)))
}

fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Where a program is, or a loud word that it is not. Where `LINKWIRE_REQUIRE_PEERS` is set, its absence is a failure.
fn find(program: &str) -> Option<PathBuf> {
    let paths = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&paths).map(|folder| folder.join(program)).find(|path| path.is_file());
    if found.is_none() {
        missing(program);
    }
    found
}

/// The Python interpreter that has aiocoap: `LINKWIRE_AIOCOAP` names it.
fn aiocoap_python() -> Option<PathBuf> {
    let python = env::var_os("LINKWIRE_AIOCOAP").map(PathBuf::from).filter(|path| path.is_file());
    if python.is_none() {
        missing("the Python of LINKWIRE_AIOCOAP");
    }
    python
}

#[track_caller]
fn missing(what: &str) {
    assert!(env::var_os("LINKWIRE_REQUIRE_PEERS").is_none(), "{what} is not installed");
    eprintln!("\n*** SKIPPED: {what} is not installed ***\n");
}

/// A file of those bytes, removed when it goes out of scope.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str, bytes: &[u8]) -> Self {
        let path = env::temp_dir().join(format!("linkwire-{}-{name}", process::id()));
        fs::write(&path, bytes).unwrap();
        Self(path)
    }

    pub(crate) fn read(&self) -> Vec<u8> {
        fs::read(&self.0).unwrap()
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn free_address() -> io::Result<SocketAddr> {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
