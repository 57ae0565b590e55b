//! A session and the socket under it: the driver loop of mqtt-codec, blocking, for either end.

use crate::Fault;
use mqtt_codec::session::{Event, Session, SessionError};
use mqtt_codec::{MemStore, PacketId, Peek, Qos, ReasonCode, Version, peek};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use std::time::Instant;

/// A session over a TCP connection.
#[derive(Debug)]
pub struct Link {
    stream: TcpStream,
    session: Session<'static, MemStore>,
    /// What was read; a packet at its start was not consumed yet.
    input: Vec<u8>,
    /// What the session has written; empty between calls.
    out: Vec<u8>,
    epoch: Instant,
}

/// What came over the link, on its own.
#[derive(Debug)]
#[non_exhaustive]
pub enum Incoming {
    /// The server accepted us.
    Connected {
        /// Whether it still knew the session.
        session_present: bool,
    },
    /// The server refused us.
    Refused(ReasonCode),
    /// A message.
    Message {
        /// Its topic name.
        topic: String,
        /// Its payload.
        payload: Vec<u8>,
        /// Its quality of service.
        qos: Qos,
    },
    /// A message of ours of QoS 1 or 2 has arrived for good.
    Delivered(PacketId),
    /// The answer to a SUBSCRIBE of ours, a code for each filter.
    Subscribed(Vec<ReasonCode>),
    /// A SUBSCRIBE to be answered with [`Session::grant`].
    Subscribe {
        /// To be answered with.
        id: PacketId,
        /// What the client wants, and how.
        filters: Vec<(String, Qos)>,
    },
    /// The peer said goodbye.
    Disconnected,
    /// The peer broke the protocol or fell silent.
    Closed(String),
    /// Something this program has no use for.
    Other,
}

/// How much is asked of the socket at once.
const CHUNK: usize = 4096;

impl Link {
    /// Puts a session on a connection; `input` was already read from it.
    ///
    /// # Errors
    /// The socket does not take its options.
    pub fn new(
        stream: TcpStream,
        session: Session<'static, MemStore>,
        input: Vec<u8>,
        epoch: Instant,
    ) -> Result<Self, Fault> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, session, input, out: Vec::new(), epoch })
    }

    /// The version the connection speaks.
    pub fn version(&self) -> Version {
        self.session.version()
    }

    /// The time the session is told.
    pub fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    /// Calls the session and sends what it writes. Returns its answer and the bytes that went out.
    ///
    /// # Errors
    /// The session refuses the call, or the connection is gone.
    pub fn call<R, E: std::fmt::Display>(
        &mut self,
        call: impl FnOnce(&mut Session<'static, MemStore>, Duration, &mut Vec<u8>) -> Result<R, SessionError<E>>,
    ) -> Result<(R, Vec<u8>), Fault> {
        let now = self.now();
        let answer = call(&mut self.session, now, &mut self.out).map_err(Fault::protocol)?;
        let sent = self.out.clone();
        self.flush()?;
        Ok((answer, sent))
    }

    /// The next thing that arrives within `wait`, with the packet it came in; `None` when nothing did.
    ///
    /// # Errors
    /// The connection is gone, or ends inside a packet.
    pub fn next(&mut self, wait: Duration) -> Result<Option<(Incoming, Vec<u8>)>, Fault> {
        let until = self.now() + wait;
        loop {
            if let Some(incoming) = self.receive()? {
                return Ok(Some(incoming));
            }
            if let Some(incoming) = self.timeouts()? {
                return Ok(Some((incoming, Vec::new())));
            }
            let now = self.now();
            if now >= until {
                return Ok(None);
            }
            let deadline = self.session.next_timeout().map_or(until, |timeout| timeout.min(until));
            self.read(deadline.saturating_sub(now))?;
        }
    }

    /// The packet at the start of the input, if it is whole, through the session.
    fn receive(&mut self) -> Result<Option<(Incoming, Vec<u8>)>, Fault> {
        loop {
            let now = self.now();
            let len = match peek(&self.input, self.session.packet_maximum()) {
                Ok(Peek::Frame { len }) => len,
                Ok(_) => return Ok(None),
                Err(error) => return Err(Fault::protocol(error)),
            };
            let frame: Vec<u8> = self.input.drain(..len).collect();
            let incoming = self
                .session
                .receive(now, &frame, &mut self.out)
                .map_err(Fault::protocol)?
                .map(Incoming::from);
            self.flush()?;
            if let Some(incoming) = incoming {
                return Ok(Some((incoming, frame)));
            }
        }
    }

    /// Everything that is due by now, until it makes an event.
    fn timeouts(&mut self) -> Result<Option<Incoming>, Fault> {
        loop {
            let now = self.now();
            if self.session.next_timeout().is_none_or(|due| due > now) {
                return Ok(None);
            }
            let incoming =
                self.session.handle_timeout(now, &mut self.out).map_err(Fault::protocol)?.map(Incoming::from);
            self.flush()?;
            if incoming.is_some() {
                return Ok(incoming);
            }
        }
    }

    /// Reads once, for at most `wait`.
    fn read(&mut self, wait: Duration) -> Result<(), Fault> {
        self.stream.set_read_timeout(Some(wait.max(Duration::from_millis(1))))?;
        let mut chunk = [0; CHUNK];
        match self.stream.read(&mut chunk) {
            Ok(0) if self.input.is_empty() => Err(Fault::Gone("the peer closed the connection")),
            Ok(0) => Err(Fault::Gone("the peer closed the connection in the middle of a packet")),
            Ok(len) => {
                self.input.extend_from_slice(&chunk[..len]);
                let now = self.now();
                self.session.heard(now);
                Ok(())
            }
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                ) =>
            {
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn flush(&mut self) -> Result<(), Fault> {
        let sent = self.stream.write_all(&self.out);
        self.out.clear();
        Ok(sent?)
    }

    /// Gives up the connection and keeps the session.
    pub fn into_session(mut self) -> Session<'static, MemStore> {
        let now = self.now();
        self.session.transport_lost(now);
        self.session
    }
}

impl From<Event<'_>> for Incoming {
    fn from(event: Event<'_>) -> Self {
        match event {
            Event::Connected(connack) => Self::Connected { session_present: connack.session_present },
            Event::Refused(connack) => Self::Refused(connack.reason),
            Event::Message(publish) => Self::Message {
                topic: publish.topic.to_string(),
                payload: publish.payload.to_vec(),
                qos: publish.qos.qos(),
            },
            Event::Delivered(ack) => Self::Delivered(ack.packet_id),
            Event::Subscribed(suback) => Self::Subscribed(suback.reasons.iter().collect()),
            Event::Subscribe(subscribe) => Self::Subscribe {
                id: subscribe.packet_id,
                filters: subscribe
                    .subscriptions
                    .iter()
                    .map(|wanted| (wanted.filter.to_string(), wanted.qos))
                    .collect(),
            },
            Event::Disconnected(_) => Self::Disconnected,
            Event::Closed { error, .. } => Self::Closed(error.to_string()),
            _ => Self::Other,
        }
    }
}
