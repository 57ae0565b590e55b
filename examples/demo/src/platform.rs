//! The local platform: the cloud's side of the conversation, on a free port of 127.0.0.1.
//!
//! One thread listens and one serves each connection. A connection is let in by what its CONNECT proves, its messages are
//! judged by the thing model, and its device can be called through [`Platform::call`]. Sessions end with their connection.

use crate::Fault;
use crate::connection::{Call, Connection, Order};
use crate::link::Link;
use iot_auth::{Secret, Window, verify};
use mqtt_codec::session::{Accept, Config, Session, refuse};
use mqtt_codec::{ConnAck, MemStore, Packet, Peek, Properties, ReasonCode, Rules, peek};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;
use std::time::Instant;
use thing_model::{Checker, Model};

/// How long a client may take for its CONNECT.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// The longest packet a client may send: 256 KiB of payload and some more for its topic.
const PACKET_MAX: u32 = 256 * 1024 + 1024;

/// A running platform. It serves until the process ends.
#[derive(Debug)]
pub struct Platform {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

/// Product key and device name.
pub(crate) type Names = (String, String);

#[derive(Debug)]
struct Shared {
    model: Model,
    secrets: HashMap<Names, Secret>,
    online: Mutex<HashMap<String, mpsc::Sender<Order>>>,
}

impl Platform {
    /// Starts to listen, for one product and one device.
    ///
    /// # Errors
    /// No port is free.
    pub fn start(model: Model, product_key: &str, device_name: &str, secret: Secret) -> Result<Self, Fault> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let secrets = HashMap::from([((product_key.to_owned(), device_name.to_owned()), secret)]);
        let shared = Arc::new(Shared { model, secrets, online: Mutex::default() });
        let served = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&served);
                thread::spawn(move || shared.serve(stream));
            }
        });
        Ok(Self { address, shared })
    }

    /// Calls a device. Its answer arrives at the receiver; the receiver is orphaned if the device is not online.
    pub fn call(&self, device_name: &str, call: Call) -> mpsc::Receiver<Vec<u8>> {
        let (answer, answers) = mpsc::channel();
        if let Some(orders) = lock(&self.shared.online).get(device_name) {
            // A connection that has just ended drops the order, which orphans the receiver as well.
            let _ = orders.send((call, answer));
        }
        answers
    }
}

impl Shared {
    /// One connection, from its CONNECT to its end. What a client does wrong ends its connection and nothing else.
    fn serve(&self, stream: TcpStream) {
        let Ok(Some((link, names))) = self.admit(stream) else { return };
        let (orders, inbox) = mpsc::channel();
        lock(&self.online).insert(names.1.clone(), orders);
        // However it ends, the device is gone.
        let _ = Connection::new(link, names.clone(), inbox, Checker::new(&self.model)).run();
        lock(&self.online).remove(&names.1);
    }

    /// Lets a connection in if its CONNECT proves who it is.
    fn admit(&self, mut stream: TcpStream) -> Result<Option<(Link, Names)>, Fault> {
        let epoch = Instant::now();
        let (frame, rest) = read_connect(&mut stream)?;
        let Packet::Connect(connect) = Packet::decode(&frame, Rules::UNCONNECTED).map_err(Fault::protocol)?
        else {
            return Ok(None);
        };
        let mut out = Vec::new();
        let answer = |reason| ConnAck { session_present: false, reason, properties: Properties::EMPTY };
        let verdict = self.verify(
            connect.client_id.as_str(),
            connect.user_name.map(|name| name.as_str()),
            connect.password.map(|password| password.0),
        );
        let names = match verdict {
            Ok(names) => names,
            Err(reason) => {
                refuse(&connect, &answer(reason), &mut out).map_err(Fault::protocol)?;
                stream.write_all(&out)?;
                return Ok(None);
            }
        };
        let accept = Accept { config: Config::default(), connack: answer(ReasonCode::Success) };
        let session = Session::accept(epoch.elapsed(), &connect, accept, MemStore::new(), &mut out)
            .map_err(|refused| Fault::protocol(refused.error))?;
        stream.write_all(&out)?;
        Ok(Some((Link::new(stream, session, rest, epoch)?, names)))
    }

    /// Whom these credentials prove, or why they prove nobody.
    fn verify(
        &self,
        client_id: &str,
        user_name: Option<&str>,
        password: Option<&[u8]>,
    ) -> Result<Names, ReasonCode> {
        let refused = |refusal: iot_auth::Refusal| {
            ReasonCode::new(refusal.connack_5_0()).unwrap_or(ReasonCode::NotAuthorized)
        };
        let claim = verify::connect(client_id, user_name, password).map_err(refused)?;
        let device = claim.device().ok_or(ReasonCode::NotAuthorized)?;
        let names = (device.product_key().to_owned(), device.device_name().to_owned());
        let secret = self.secrets.get(&names).ok_or(ReasonCode::BadUserNameOrPassword)?;
        claim.check(secret, Window::Any).map_err(refused)?;
        Ok(names)
    }
}

/// Reads a CONNECT, and whatever came with it.
fn read_connect(stream: &mut TcpStream) -> Result<(Vec<u8>, Vec<u8>), Fault> {
    stream.set_read_timeout(Some(CONNECT_PATIENCE))?;
    let mut input = Vec::new();
    let mut chunk = [0; 1024];
    loop {
        match peek(&input, PACKET_MAX).map_err(|error| Fault::Protocol(error.to_string()))? {
            Peek::Frame { len } => {
                let rest = input.split_off(len);
                return Ok((input, rest));
            }
            _ => match stream.read(&mut chunk)? {
                0 => return Err(Fault::Gone("the client closed the connection before its CONNECT")),
                len => input.extend_from_slice(&chunk[..len]),
            },
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
