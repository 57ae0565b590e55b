//! The other end of [`coap_device`](crate::coap_device): verifies, hands out tokens, opens and seals. In memory, for tests and demonstrations.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use coap_codec::endpoint::{Config, Event, Exchange, Memory, Response};
use coap_codec::{Code, Definition, Format, Message, Opt, OptionNumber, Options};
use iot_auth::coap::{
    AUTH_URI_PATH, CoapSession, MESSAGE_ID_OPTION, PULL_URI_PATH, SEQ_OPTION, TOPIC_URI_PATH, token_option,
};
use iot_auth::{Dialect, Param, Secret, Window, verify};

use crate::udp::Udp;

const TOKEN: OptionNumber = OptionNumber(token_option(Dialect::Documented));
const SEQ: OptionNumber = OptionNumber(SEQ_OPTION);

/// The platform's own options. The sequence number is critical: an endpoint that does not know it refuses the request.
static OPTIONS: [Definition; 2] = [
    Definition::new(TOKEN, "Token", Format::Text, 1, 64),
    Definition::new(SEQ, "Seq", Format::Opaque, 16, 32),
];

/// A platform that knows one device.
#[derive(Debug)]
pub struct CoapPlatform {
    link: Udp,
    names: [String; 2],
    secret: Secret,
    sessions: HashMap<Vec<u8>, Session>,
    issued: u64,
    waiting: Vec<String>,
    /// What was posted: topic and payload.
    pub posted: Vec<(String, Vec<u8>)>,
}

#[derive(Debug)]
struct Session {
    key: CoapSession,
    /// The greatest sequence number seen.
    seq: u64,
}

impl CoapPlatform {
    /// Binds a port of the system's choice on the loopback interface.
    ///
    /// # Errors
    ///
    /// What the system answers.
    pub fn bind(names: [&str; 2], secret: Secret, seed: u64) -> io::Result<Self> {
        let mut config = Config::new(Memory::growing(64), seed);
        config.known = config.known.and(&OPTIONS);
        Ok(Self {
            link: Udp::bind("127.0.0.1:0", config)?,
            names: names.map(str::to_owned),
            secret,
            sessions: HashMap::new(),
            issued: 0,
            waiting: Vec::new(),
            posted: Vec::new(),
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// What the system answers.
    pub fn address(&self) -> io::Result<std::net::SocketAddr> {
        self.link.local_addr()
    }

    /// Keeps a message until the device asks for it.
    pub fn keep(&mut self, message: &str) {
        self.waiting.push(message.to_owned());
    }

    /// Forgets every token, as when they have expired.
    pub fn expire(&mut self) {
        self.sessions.clear();
    }

    /// Waits a while for one datagram, and answers it.
    ///
    /// # Errors
    ///
    /// What the system answers.
    pub fn turn(&mut self, wait: Duration) -> io::Result<()> {
        let Some(Event::Request { exchange, message, .. }) = self.link.turn(wait)? else { return Ok(()) };
        let request = Asked::of(exchange, &message);
        match self.answer(&request) {
            Ok(answer) => self.reply(request.exchange, Code::CONTENT, &answer),
            Err(code) => self.reply(request.exchange, code, &[]),
        }
    }

    fn reply(&mut self, exchange: Exchange, code: Code, payload: &[u8]) -> io::Result<()> {
        let id = self.issued.to_be_bytes();
        let options = [Opt::new(OptionNumber(MESSAGE_ID_OPTION), &id)];
        let options = if code == Code::CONTENT { &options[..] } else { &[] };
        let options = Options::new(options).map_err(io::Error::other)?;
        self.link.respond(exchange, &Response { options, payload, ..Response::new(code) })
    }

    fn answer(&mut self, request: &Asked) -> Result<Vec<u8>, Code> {
        self.issued += 1;
        let path: Vec<_> = request.path.iter().map(String::as_str).collect();
        if request.code != Code::POST {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        match path[..] {
            [AUTH_URI_PATH] => self.authenticate(&request.payload),
            [PULL_URI_PATH] => {
                let (token, _) = self.open(request)?;
                let waiting = format!("[{}]", self.waiting.split_off(0).join(","));
                self.seal(&token, waiting.as_bytes())
            }
            [TOPIC_URI_PATH, ..] => {
                let (token, plain) = self.open(request)?;
                let topic: String = path[1..].iter().flat_map(|segment| ["/", segment]).collect();
                self.posted.push((topic, plain));
                self.seal(&token, br#"{"code":200}"#)
            }
            _ => Err(Code::NOT_FOUND),
        }
    }

    /// Holds the signature against the device's secret, and gives a token.
    fn authenticate(&mut self, payload: &[u8]) -> Result<Vec<u8>, Code> {
        let mut payload = payload.to_vec();
        let mut slots = [Param::new("", ""); 16];
        let refuse = |refusal: iot_auth::Refusal| Code(refusal.coap_code());
        let claim = verify::coap_auth(&mut payload, &mut slots).map_err(refuse)?;
        let device = claim.device().ok_or(Code::BAD_REQUEST)?;
        if [device.product_key(), device.device_name()] != self.names {
            return Err(Code::UNAUTHORIZED);
        }
        claim.check(&self.secret, Window::Any).map_err(refuse)?;
        // A real platform draws both at random.
        let (random, token) = (format!("{:016x}", self.issued), format!("token{}", self.issued));
        let key = CoapSession::derive(&self.secret, &random);
        self.sessions.insert(token.clone().into_bytes(), Session { key, seq: 0 });
        Ok(format!(r#"{{"random":"{random}","seqOffset":1,"token":"{token}"}}"#).into_bytes())
    }

    /// Opens a request whose token is known and whose sequence number is new.
    fn open(&mut self, request: &Asked) -> Result<(Vec<u8>, Vec<u8>), Code> {
        let session = self.sessions.get_mut(&request.token).ok_or(Code::UNAUTHORIZED)?;
        let seq = session.key.open_seq(&mut request.seq.clone()).map_err(|_| Code::UNAUTHORIZED)?;
        if seq <= session.seq {
            return Err(Code::UNAUTHORIZED);
        }
        let mut sealed = request.payload.clone();
        let plain = session.key.open(&mut sealed).map_err(|_| Code::BAD_REQUEST)?.to_vec();
        session.seq = seq;
        Ok((request.token.clone(), plain))
    }

    fn seal(&self, token: &[u8], plain: &[u8]) -> Result<Vec<u8>, Code> {
        let session = self.sessions.get(token).ok_or(Code::UNAUTHORIZED)?;
        let mut sealed = vec![0; CoapSession::sealed_len(plain.len())];
        session.key.seal(plain, &mut sealed).map_err(|_| Code::INTERNAL_SERVER_ERROR)?;
        Ok(sealed)
    }
}

/// What is kept of a request.
struct Asked {
    exchange: Exchange,
    code: Code,
    path: Vec<String>,
    token: Vec<u8>,
    seq: Vec<u8>,
    payload: Vec<u8>,
}

impl Asked {
    fn of(exchange: Exchange, message: &Message<'_>) -> Self {
        let value = |number| message.options.first(number).unwrap_or_default().to_vec();
        Self {
            exchange,
            code: message.code,
            path: message
                .options
                .uri_path()
                .map(|segment| String::from_utf8_lossy(segment).into_owned())
                .collect(),
            token: value(TOKEN),
            seq: value(SEQ),
            payload: message.payload.to_vec(),
        }
    }
}
