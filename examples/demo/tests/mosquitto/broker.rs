//! A mosquitto of our own on a free port of 127.0.0.1, stopped when it goes out of scope.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, io, process, thread};

pub(crate) struct Broker {
    child: Child,
    folder: PathBuf,
    pub(crate) address: SocketAddr,
}

impl Broker {
    /// Starts a broker, or says loudly that there is none. Where `LINKWIRE_REQUIRE_PEERS` is set, its absence is a failure.
    pub(crate) fn start(name: &str) -> Option<Self> {
        let program = ["mosquitto", "/usr/sbin/mosquitto"].into_iter().find(|program| {
            Command::new(program).arg("-h").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
        });
        let Some(program) = program else {
            assert!(env::var_os("LINKWIRE_REQUIRE_PEERS").is_none(), "mosquitto is not installed");
            eprintln!("\n*** SKIPPED: {name}: mosquitto is not installed ***\n");
            return None;
        };
        let folder = env::temp_dir().join(format!("linkwire-{name}-{}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        // The port is free when it is picked; should another take it meanwhile, pick again.
        for _ in 0..5 {
            let address = free_address().unwrap();
            // No bound on messages in flight: mosquitto 2.0.11 leaves queued messages of QoS 2 where they are once the
            // bound was reached.
            let config = folder.join("mosquitto.conf");
            let text = format!(
                "listener {} 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 1000\nmax_inflight_messages 0\n",
                address.port()
            );
            fs::write(&config, text).unwrap();
            let child = Command::new(program)
                .arg("-c")
                .arg(&config)
                .stdout(Stdio::null())
                .stderr(fs::File::create(folder.join("mosquitto.log")).unwrap())
                .spawn()
                .unwrap();
            let mut broker = Self { child, folder: folder.clone(), address };
            if broker.answers() {
                return Some(broker);
            }
        }
        panic!(
            "mosquitto did not start: {}",
            fs::read_to_string(folder.join("mosquitto.log")).unwrap_or_default()
        );
    }

    fn answers(&mut self) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10) {
            if TcpStream::connect(self.address).is_ok() {
                return true;
            }
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return false;
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
