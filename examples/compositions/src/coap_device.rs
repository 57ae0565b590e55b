//! A device that speaks CoAP without DTLS: a token for a signature, then sealed messages (POST to `/auth`, `/topic/…`, `/pull`).

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use coap_codec::endpoint::{Event, Failure, Request};
use coap_codec::{Code, ContentFormat, EncodeError, OptionNumber, OptionsBuf};
use iot_auth::coap::{
    AUTH_URI_PATH, CoapAnswer, CoapAuth, CoapSession, PULL_URI_PATH, SEQ_OPTION, Seq, TOPIC_URI_PATH, pull,
    token_option,
};
use iot_auth::{Device, Dialect, Method, Secret, SigningKey};

use crate::udp::Udp;

/// A device and the token it holds, if it holds one.
#[derive(Debug)]
pub struct CoapDevice<'a> {
    link: Udp,
    platform: SocketAddr,
    device: Device<'a>,
    secret: &'a Secret,
    session: Option<Session>,
}

struct Session {
    token: String,
    key: CoapSession,
    /// The sequence number used last; none may come twice while the token lives.
    seq: u64,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("seq", &self.seq).finish_non_exhaustive()
    }
}

/// Why the platform gave no answer of use.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// It answered with an error.
    Refused(Code),
    /// It answered nothing, or with a reset.
    Failed(Failure),
    /// It answered what cannot be read.
    Unreadable(Box<dyn std::error::Error>),
    /// The socket, or a request that cannot be sent.
    Io(io::Error),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(code) => write!(f, "the platform answered {code}"),
            Self::Failed(failure) => write!(f, "the platform gave no answer: {failure}"),
            Self::Unreadable(error) => write!(f, "the answer cannot be read: {error}"),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Fault {}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<EncodeError> for Fault {
    fn from(error: EncodeError) -> Self {
        Self::Io(io::Error::other(error))
    }
}

impl<'a> CoapDevice<'a> {
    /// A device that has asked for nothing yet.
    #[must_use]
    pub const fn new(link: Udp, platform: SocketAddr, device: Device<'a>, secret: &'a Secret) -> Self {
        Self { link, platform, device, secret, session: None }
    }

    /// Asks for a token.
    ///
    /// # Errors
    ///
    /// [`Fault::Refused`] with 4.01 if the signature is wrong.
    pub fn authenticate(&mut self) -> Result<(), Fault> {
        let key = SigningKey::new(Method::HmacSha256, self.secret);
        let auth = CoapAuth { seq: Some(Seq::Number(0)), ..CoapAuth::new(self.device, &key) };
        let payload = auth.payload(Dialect::Documented).to_string();
        let mut options = path([AUTH_URI_PATH])?;
        options.insert_uint(OptionNumber::ACCEPT, ContentFormat::JSON.0.into())?;
        options.insert_uint(OptionNumber::CONTENT_FORMAT, ContentFormat::JSON.0.into())?;
        let mut answer = self.ask(&options, payload.as_bytes())?;
        let answer = CoapAnswer::parse(&mut answer).map_err(unreadable)?;
        let key = CoapSession::new(self.secret, &answer).ok_or_else(|| unreadable("no random"))?;
        let seq = answer.seq_offset.unwrap_or(0);
        self.session = Some(Session { token: answer.token.reveal().to_owned(), key, seq });
        Ok(())
    }

    /// Sends a payload to a topic; gives what the platform answers. With no token, or one the platform no longer takes, it
    /// asks for a token first.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    pub fn post(&mut self, topic: &str, payload: &[u8]) -> Result<Vec<u8>, Fault> {
        self.sealed(&path([TOPIC_URI_PATH].into_iter().chain(topic.split('/').skip(1)))?, payload)
    }

    /// Asks for up to `count` (1 to 10) waiting messages.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    pub fn pull(&mut self, count: u8) -> Result<Vec<u8>, Fault> {
        let pull = pull(count).map_err(unreadable)?;
        self.sealed(&path([PULL_URI_PATH])?, pull.to_string().as_bytes())
    }

    fn sealed(&mut self, options: &OptionsBuf, plain: &[u8]) -> Result<Vec<u8>, Fault> {
        if self.session.is_some() {
            match self.sealed_once(options, plain) {
                Err(Fault::Refused(Code::UNAUTHORIZED)) => {}
                answer => return answer,
            }
        }
        self.authenticate()?;
        self.sealed_once(options, plain)
    }

    fn sealed_once(&mut self, options: &OptionsBuf, plain: &[u8]) -> Result<Vec<u8>, Fault> {
        let session = self.session.as_mut().ok_or(Fault::Refused(Code::UNAUTHORIZED))?;
        session.seq += 1;
        let mut options = options.clone();
        options.insert(OptionNumber(token_option(Dialect::Documented)), session.token.as_bytes())?;
        options.insert(OptionNumber(SEQ_OPTION), session.key.seal_seq(session.seq, &mut [0; 32]))?;
        let mut payload = vec![0; CoapSession::sealed_len(plain.len())];
        let payload = session.key.seal(plain, &mut payload).map_err(unreadable)?;
        let mut answer = self.ask(&options, payload)?;
        match &self.session {
            Some(session) if !answer.is_empty() => {
                Ok(session.key.open(&mut answer).map_err(unreadable)?.to_vec())
            }
            _ => Ok(answer),
        }
    }

    /// Sends a request and waits for its answer; the endpoint repeats it and gives up in time.
    fn ask(&mut self, options: &OptionsBuf, payload: &[u8]) -> Result<Vec<u8>, Fault> {
        let request = Request { options: options.as_options(), payload, ..Request::new(Code::POST) };
        let asked = self.link.request(self.platform, &request)?;
        loop {
            match self.link.turn(Duration::from_secs(1))? {
                Some(Event::Response { call, message, .. }) if call == asked => {
                    return match message.code.class() {
                        2 => Ok(message.payload.to_vec()),
                        _ => Err(Fault::Refused(message.code)),
                    };
                }
                Some(Event::Failed { call, why, .. }) if call == asked => return Err(Fault::Failed(why)),
                _ => {}
            }
        }
    }
}

fn path<'s>(segments: impl IntoIterator<Item = &'s str>) -> Result<OptionsBuf, EncodeError> {
    let mut options = OptionsBuf::default();
    segments
        .into_iter()
        .try_for_each(|segment| options.insert(OptionNumber::URI_PATH, segment.as_bytes()))?;
    Ok(options)
}

fn unreadable(error: impl Into<Box<dyn std::error::Error>>) -> Fault {
    Fault::Unreadable(error.into())
}
