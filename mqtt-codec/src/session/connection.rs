//! How a connection begins and ends.

use core::fmt;
use core::time::Duration;

use super::announced::{Announced, expiry};
use super::timers::nanos;
use super::transitions::{Received, Sent};
use super::{Config, Phase, Queue, Result, Session, SessionError, Timer};
use crate::{
    Auth, ConnAck, Connect, EncodeError, Out, Packet, ReasonCode, Record, Role, Rule, Slot, Store, Version,
};

/// Bytes of a short topic and its entry: no session has memory for more aliases than of these.
const SHORT_TOPIC: usize = 16;

/// How a server accepts a connection.
#[derive(Debug)]
pub struct Accept<'m, 'p> {
    /// Memory and manners of the session.
    pub config: Config<'m>,
    /// The CONNACK to send. Its reason must be success; session present must be what the server knows
    /// of the session: if not set, whatever the store holds is dropped.
    pub connack: ConnAck<'p>,
}

/// A connection that could not be accepted, with the store it was for.
pub struct Unaccepted<S: Store> {
    /// Why.
    pub error: SessionError<S::Error>,
    /// The store, as it was.
    pub store: S,
}

/// Refuses a connection: writes CONNACK, after which the transport is to be closed.
///
/// # Errors
/// `connack` does not refuse, or cannot exist in the version of the connection, or `out` has no room.
///
/// ```
/// use mqtt_codec::session::refuse;
/// use mqtt_codec::{ConnAck, Packet, Properties, ReasonCode, Rules, SliceOut};
///
/// let frame = b"\x10\x12\x00\x04MQTT\x04\x02\x00\x1e\x00\x06pump-7";
/// let Packet::Connect(connect) = Packet::decode(frame, Rules::UNCONNECTED)? else { panic!() };
/// let (reason, properties) = (ReasonCode::NotAuthorized, Properties::EMPTY);
/// let mut buffer = [0; 16];
/// let mut out = SliceOut::new(&mut buffer);
/// refuse(&connect, &ConnAck { session_present: false, reason, properties }, &mut out)?;
/// assert_eq!(out.written(), b"\x20\x02\x00\x05", "as 3.1.1 says it");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn refuse(
    connect: &Connect<'_>,
    connack: &ConnAck<'_>,
    out: &mut (impl Out + ?Sized),
) -> core::result::Result<(), EncodeError> {
    if !connack.reason.is_error() {
        return Err(Rule::ConnAckCode.into());
    }
    Packet::ConnAck(*connack).encode(connect.version, out).map(drop)
}

impl<'m, S: Store> Session<'m, S> {
    /// The server end: accepts a connection, after the caller has decoded CONNECT, found it good, and
    /// looked up the store of the client's session.
    ///
    /// # Errors
    /// As every call; the store comes back in [`Unaccepted`].
    ///
    /// ```
    /// use core::time::Duration;
    /// use mqtt_codec::session::{Memory, ReceivedCell, SentCell};
    /// use mqtt_codec::{
    ///     Accept, ArenaStore, Config, ConnAck, Packet, Properties, ReasonCode, Rules, Session, SliceOut,
    /// };
    ///
    /// let frame = b"\x10\x12\x00\x04MQTT\x04\x02\x00\x1e\x00\x06pump-7";
    /// let Packet::Connect(connect) = Packet::decode(frame, Rules::UNCONNECTED)? else { panic!() };
    /// // Here the client is looked up, and its password verified.
    /// let (mut sent, mut received) = ([SentCell::EMPTY; 4], [ReceivedCell::EMPTY; 4]);
    /// let (mut memory, mut buffer) = ([0; 512], [0; 64]);
    /// let accept = Accept {
    ///     config: Config::new(Memory::lent(&mut sent, &mut received)),
    ///     connack: ConnAck {
    ///         session_present: false,
    ///         reason: ReasonCode::Success,
    ///         properties: Properties::EMPTY,
    ///     },
    /// };
    /// let mut out = SliceOut::new(&mut buffer);
    /// let store = ArenaStore::lent(&mut memory);
    /// let session = Session::accept(Duration::ZERO, &connect, accept, store, &mut out)
    ///     .map_err(|unaccepted| unaccepted.error)?;
    /// assert_eq!(out.written(), b"\x20\x02\x00\x00");
    /// assert_eq!(session.next_timeout(), Some(Duration::from_secs(45)), "1.5 times the keep-alive");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn accept(
        now: Duration,
        connect: &Connect<'_>,
        accept: Accept<'m, '_>,
        store: S,
        out: &mut (impl Out + ?Sized),
    ) -> core::result::Result<Self, Unaccepted<S>> {
        let mut session = Self::new(Role::Server, accept.config, store);
        match session.begin_server(now, connect, &accept.connack, out) {
            Ok(()) => Ok(session),
            Err(error) => Err(Unaccepted { error, store: session.store }),
        }
    }

    /// The server end, when the authentication method of `connect` takes more than one step (5.0 §4.12):
    /// answers CONNECT with AUTH. What the client says next is [`Event::Auth`](super::Event::Auth); go on with
    /// [`authenticate`](Self::authenticate), and end with [`admit`](Self::admit) or [`reject`](Self::reject).
    ///
    /// # Errors
    /// As [`accept`](Self::accept).
    ///
    /// ```
    /// # use core::time::Duration;
    /// # use mqtt_codec::session::{Memory, ReceivedCell, SentCell};
    /// # use mqtt_codec::*;
    /// # let now = Duration::ZERO;
    /// # let (mut sent, mut received) = ([SentCell::EMPTY; 4], [ReceivedCell::EMPTY; 4]);
    /// # let (mut memory, mut buffer) = ([0; 512], [0; 256]);
    /// # let config = Config::new(Memory::lent(&mut sent, &mut received));
    /// # let store = ArenaStore::lent(&mut memory);
    /// # let mut out = SliceOut::new(&mut buffer);
    /// let method = [Property::AuthenticationMethod(Text::new("SCRAM-SHA-256")?)];
    /// let properties = Properties::new(PacketType::Connect, &method)?;
    /// let connect = Connect { properties, ..Connect::new(Version::V5, Text::new("pump-7")?) };
    /// // It came from the client. Its method has a question to ask:
    /// let properties = Properties::new(PacketType::Auth, &method)?;
    /// let question = Auth { reason: ReasonCode::ContinueAuthentication, properties };
    /// let mut session = Session::challenge(now, &connect, config, &question, store, &mut out)
    ///     .map_err(|unaccepted| unaccepted.error)?;
    /// # let mut bytes = [0; 64];
    /// # let mut frame = SliceOut::new(&mut bytes);
    /// # Packet::Auth(question).encode(Version::V5, &mut frame)?;
    /// # let answer = frame.written();
    /// // The client answers, and the answer is good:
    /// assert!(matches!(session.receive(now, answer, &mut out)?, Some(Event::Auth(_))));
    /// let properties = Properties::new(PacketType::ConnAck, &method)?;
    /// let connack = ConnAck { session_present: false, reason: ReasonCode::Success, properties };
    /// session.admit(now, &connect, &connack, &mut out)?;
    /// assert_eq!(session.phase(), session::Phase::Online);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn challenge(
        now: Duration,
        connect: &Connect<'_>,
        config: Config<'m>,
        auth: &Auth<'_>,
        store: S,
        out: &mut (impl Out + ?Sized),
    ) -> core::result::Result<Self, Unaccepted<S>> {
        let mut session = Self::new(Role::Server, config, store);
        session.version = connect.version;
        session.peer = Announced::read(connect.properties);
        session.extended = session.peer.authentication;
        session.phase = Phase::Connecting;
        match session.authenticate(now, auth, out) {
            Ok(()) => {
                if let Some(patience) = session.manners.connect_timeout {
                    session.timers.set(Timer::Connect, now.saturating_add(patience));
                }
                Ok(session)
            }
            Err(error) => Err(Unaccepted { error, store: session.store }),
        }
    }

    /// Server: accepts the connection after a [challenge](Self::challenge). `connect` is the CONNECT that
    /// began it, kept by the caller.
    ///
    /// # Errors
    /// As every call.
    pub fn admit(
        &mut self,
        now: Duration,
        connect: &Connect<'_>,
        connack: &ConnAck<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), S> {
        self.expect_role(Role::Server)?;
        self.expect(Phase::Connecting)?;
        self.begin_server(now, connect, connack, out)?;
        self.timers.clear(Timer::Connect);
        Ok(())
    }

    /// Server: refuses the connection after a [challenge](Self::challenge). The transport is to be closed.
    ///
    /// # Errors
    /// As every call.
    pub fn reject(
        &mut self,
        now: Duration,
        connack: &ConnAck<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), S> {
        self.expect_role(Role::Server)?;
        self.expect(Phase::Connecting)?;
        if !connack.reason.is_error() {
            return Err(SessionError::Misuse("a refusal needs a reason"));
        }
        self.send(now, &Packet::ConnAck(*connack), out)?;
        self.close(now);
        Ok(())
    }

    fn begin_server(
        &mut self,
        now: Duration,
        connect: &Connect<'_>,
        connack: &ConnAck<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), S> {
        if connack.reason != ReasonCode::Success {
            return Err(SessionError::Misuse("refuse a connection with `refuse`"));
        }
        // [MQTT-3.2.2-2].
        if connack.session_present && connect.clean_start {
            return Err(SessionError::Misuse("no session is present after a clean start"));
        }
        self.version = connect.version;
        let ours = Announced::read(connack.properties);
        self.take_limits(&ours)?;
        self.peer = Announced::read(connect.properties);
        let packet = Packet::ConnAck(*connack);
        let len = packet.encoded_len(self.version)?;
        self.check_len(len)?;
        self.check_room(len, out)?;
        if connack.session_present {
            self.load(now)?;
            self.replay = self.next_sent(None)?;
        } else {
            self.clear()?;
        }
        if let Some(will) = connect.will {
            self.store.put(Slot::Will, &Record::Will(&will)).map_err(SessionError::Store)?;
        } else if connack.session_present {
            self.store.remove(Slot::Will).map_err(SessionError::Store)?;
        }
        self.will = connect.will.map(|will| will.properties.will_delay().unwrap_or(0));
        self.extended = self.peer.authentication;
        self.clean_start = connect.clean_start;
        self.expiry = match (self.version, connect.clean_start) {
            // 3.1.1 §3.1.2.4: the session ends with the connection, or never.
            (Version::V311, true) => Duration::ZERO,
            (Version::V311, false) => Duration::MAX,
            _ => expiry(ours.session_expiry.or(self.peer.session_expiry).unwrap_or(0)),
        };
        // [MQTT-3.2.2-22], and one and a half times that [MQTT-3.1.2-22].
        self.keep_alive = seconds(ours.keep_alive.unwrap_or(connect.keep_alive)) * 3 / 2;
        self.go_online();
        self.heard(now);
        self.send(now, &packet, out)
    }

    /// Client: begins a connection. Receive Maximum, Maximum Packet Size and Topic Alias Maximum in
    /// `connect` are what the session will hold the server to. A clean start empties the store.
    ///
    /// # Errors
    /// [`SessionError::Phase`] while there is a connection; [`SessionError::Announced`] if `connect`
    /// promises more than the session's memory holds.
    ///
    /// ```
    #[doc = include_str!("doc/client.in")]
    /// session.transport_lost(now);
    /// let connect = Connect { keep_alive: 30, ..Connect::new(Version::V311, Text::new("pump-7")?) };
    /// session.connect(now, &connect, &mut out)?;
    /// assert_eq!(out.written(), b"\x10\x12\x00\x04MQTT\x04\x02\x00\x1e\x00\x06pump-7");
    /// let event = session.receive(now, b"\x20\x02\x00\x00", &mut out)?;
    /// assert!(matches!(event, Some(Event::Connected(connack)) if !connack.session_present));
    /// # Ok(())
    /// # }
    /// ```
    pub fn connect(
        &mut self,
        now: Duration,
        connect: &Connect<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), S> {
        self.expect_role(Role::Client)?;
        self.expect(Phase::Offline)?;
        if let Some(preset) = &self.manners.preset {
            preset.connect(connect)?;
        }
        let packet = Packet::Connect(*connect);
        let len = packet.encoded_len(connect.version)?;
        self.check_room(len, out)?;
        let version = core::mem::replace(&mut self.version, connect.version);
        let ours = Announced::read(connect.properties);
        let ready = self
            .take_limits(&ours)
            .and_then(|()| if connect.clean_start { self.clear() } else { self.load(now) });
        if let Err(error) = ready {
            self.version = version;
            return Err(error);
        }
        self.peer = Announced::NOTHING;
        self.extended = ours.authentication;
        self.clean_start = connect.clean_start;
        self.keep_alive = seconds(connect.keep_alive);
        self.phase = Phase::Connecting;
        if let Some(patience) = self.manners.connect_timeout {
            self.timers.set(Timer::Connect, now.saturating_add(patience));
        }
        self.send(now, &packet, out)
    }

    /// What CONNACK changes at the client.
    pub(super) fn connected(&mut self, now: Duration, connack: &ConnAck<'_>) -> Result<(), S> {
        if connack.session_present {
            self.replay = self.next_sent(None)?;
        } else {
            // [MQTT-3.2.2-5]: what the server does not know is void. Identifiers it may not know any
            // more must not shadow new messages; what it has not acknowledged is for the application to judge.
            if self.received.len() > 0 {
                self.store.clear(crate::Scope::Received).map_err(SessionError::Store)?;
            }
            self.received.clear();
            self.inbound = 0;
            for cell in self.sent.iter_mut() {
                cell.lost = true;
            }
        }
        self.peer = Announced::read(connack.properties);
        if let Some(interval) = self.peer.keep_alive {
            self.keep_alive = seconds(interval);
            self.timers.clear(Timer::KeepAlive);
            self.spoke(now);
        }
        self.timers.clear(Timer::Connect);
        self.go_online();
        Ok(())
    }

    /// The part of coming online that both ends share.
    fn go_online(&mut self) {
        // §4.9: the quota is not carried over from another connection.
        self.quota = self.peer.receive_maximum.unwrap_or(u16::MAX).min(self.manners.send_maximum);
        self.aliases_out.reset(self.peer.alias_maximum.min(self.manners.aliases));
        self.phase = Phase::Online;
    }

    /// Takes over what we have announced ourselves, if there is memory for it.
    fn take_limits(&mut self, ours: &Announced) -> Result<(), S> {
        let bound = u16::try_from(self.received.bound()).unwrap_or(u16::MAX);
        let most = match ours.receive_maximum {
            Some(most) if most > bound => {
                return Err(SessionError::Announced { property: "Receive Maximum", bound: bound.into() });
            }
            Some(most) => most,
            None => self.manners.receive_maximum.min(bound),
        };
        let topics = u16::try_from(self.aliases_in.bound() / SHORT_TOPIC).unwrap_or(u16::MAX);
        if ours.alias_maximum > topics {
            return Err(SessionError::Announced { property: "Topic Alias Maximum", bound: topics.into() });
        }
        self.aliases_in.reset(ours.alias_maximum);
        self.inbound_most = most;
        self.packet_most = ours.packet_maximum.unwrap_or(u32::MAX).min(self.manners.packet_maximum);
        Ok(())
    }

    /// Says that the transport is gone, or was closed here. On the server end the will and the end of
    /// the session now have their deadlines: keep the session for them, and take it apart with
    /// [`into_store`](Self::into_store) when the client returns.
    ///
    /// ```
    #[doc = include_str!("doc/server.in")]
    /// session.transport_lost(now);
    /// // The client asked for a clean start: nothing of it is left.
    /// assert!(matches!(session.handle_timeout(now, &mut out)?, Some(Event::Expired)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn transport_lost(&mut self, now: Duration) {
        if self.phase == Phase::Offline {
            return;
        }
        self.close(now);
        self.drop_pieces();
        self.phase = Phase::Offline;
        self.replay = None;
        // Answers to what came over this connection are owed to nobody now: the peer sends it again.
        self.queue = Queue::default();
        for cell in self.received.iter_mut() {
            cell.counted = false;
            cell.queued = false;
            cell.next = 0;
        }
        self.inbound = 0;
        self.received.retain(|cell| matches!(cell.state, Received::Twice | Received::Recorded));
        for cell in self.sent.iter_mut() {
            cell.flying = false;
            cell.counted = false;
            cell.deadline = u64::MAX;
            match cell.state {
                Sent::Subscribe(_) | Sent::Unsubscribe(_) => cell.lost = true,
                Sent::Twice if cell.forgotten => cell.state = Sent::Released,
                _ => {}
            }
        }
        self.sent.retain(|cell| !(cell.forgotten && cell.state == Sent::Once));
    }

    /// Server: ends the session now, because the client comes back with a clean start: a will that is still
    /// waiting for its delay is due ([MQTT-3.1.3-9]), and then [`Event::Expired`](super::Event::Expired).
    ///
    /// # Errors
    /// [`SessionError::Phase`] while the connection is up: first [disconnect](Self::disconnect) it, with reason
    /// [`SessionTakenOver`](ReasonCode::SessionTakenOver).
    ///
    /// ```
    #[doc = include_str!("doc/server.in")]
    /// // The client connects again, from elsewhere: it takes its session over.
    /// session.disconnect(now, &Disconnect::new(ReasonCode::SessionTakenOver), &mut out)?;
    /// session.transport_lost(now);
    /// // With a clean start, what is left of the session ends first. Otherwise its store would do.
    /// session.discard(now)?;
    /// assert!(matches!(session.handle_timeout(now, &mut out)?, Some(Event::Expired)));
    /// let store = session.into_store();
    /// # let _ = store;
    /// # Ok(())
    /// # }
    /// ```
    pub fn discard(&mut self, now: Duration) -> Result<(), S> {
        self.expect_role(Role::Server)?;
        self.expect(Phase::Offline)?;
        for timer in [Timer::Will, Timer::Expiry] {
            if self.timers.is_set(timer) {
                self.timers.bring_forward(timer, nanos(now));
            }
        }
        self.timers.set(Timer::Expiry, now);
        Ok(())
    }

    /// Ends the connection on our side: only the transport is left.
    pub(super) fn close(&mut self, now: Duration) {
        if self.phase == Phase::Closing {
            return;
        }
        self.phase = Phase::Closing;
        self.timers = super::Timers::NONE;
        if self.role == Role::Server {
            let end = now.saturating_add(self.expiry);
            if let Some(delay) = self.will {
                // §3.1.3.2.2: after its delay or with the session, whichever comes first.
                self.timers.set(Timer::Will, now.saturating_add(Duration::from_secs(delay.into())).min(end));
            }
            self.timers.set(Timer::Expiry, end);
        }
    }
}

/// Seconds in nanoseconds.
fn seconds(seconds: u16) -> u64 {
    u64::from(seconds) * 1_000_000_000
}

impl<S: Store> fmt::Debug for Unaccepted<S>
where
    S::Error: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unaccepted").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<S: Store> fmt::Display for Unaccepted<S>
where
    S::Error: fmt::Display,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}
