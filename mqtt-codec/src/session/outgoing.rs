//! What the application asks of a session while the connection is up.

use core::time::Duration;

use super::alias::Alias;
use super::table::Vacancy;
use super::timers::nanos;
use super::transitions::{Received, Sent};
use super::wire::{Head, SHORT_HEAD, Wire};
use super::{Feature, Later, Limit, Phase, Result, SentCell, Session, SessionError, Timer};
use crate::{
    Ack, Auth, Delivery, Disconnect, EncodeError, Out, Packet, PacketId, PacketType, Properties, Publish,
    Qos, ReasonCode, Record, Role, Rule, Slot, Store, SubAck, Subscribe, TopicName, UnsubAck, Unsubscribe,
    Version,
};

/// A message to publish; the session gives it its packet identifier.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Where it goes.
    pub topic: TopicName<'a>,
    /// How often it may arrive.
    pub qos: Qos,
    /// Whether the server keeps it for later subscribers.
    pub retain: bool,
    /// Properties of MQTT 5.0; none in 3.1.1.
    pub properties: Properties<'a>,
    /// What it says.
    pub payload: &'a [u8],
    /// When [`Event::Overdue`](super::Event::Overdue) is to say that it is not acknowledged; `None`
    /// leaves that to the [configuration](super::Config::acknowledge_timeout). Not kept over a restart.
    pub deadline: Option<Duration>,
}

impl<'a> Message<'a> {
    /// A message of QoS 0 that is not retained and has no properties.
    #[must_use]
    pub fn new(topic: TopicName<'a>, payload: &'a [u8]) -> Self {
        Self {
            topic,
            qos: Qos::AtMostOnce,
            retain: false,
            properties: Properties::EMPTY,
            payload,
            deadline: None,
        }
    }

    /// The same with that quality of service.
    #[must_use]
    pub fn qos(self, qos: Qos) -> Self {
        Self { qos, ..self }
    }
}

/// An exchange that can begin.
#[derive(Clone, Copy)]
pub(super) struct Fresh {
    pub(super) id: PacketId,
    /// Where its cell will be.
    place: Vacancy,
    state: Sent,
}

impl<S: Store> Session<'_, S> {
    /// Publishes a message. One of QoS 1 or 2 is in the store before it is in the output, and
    /// [`Event::Delivered`](super::Event::Delivered) will come with the identifier returned here.
    ///
    /// # Errors
    /// [`SessionError::Later`] while the peer takes no more messages, and every other reason not to
    /// send this message.
    ///
    /// ```
    #[doc = include_str!("doc/client.in")]
    /// let message = Message::new(TopicName::new("pump-7/pressure")?, b"2.1").qos(Qos::AtLeastOnce);
    /// let id = session.publish(now, &message, &mut out)?;
    /// assert_eq!(id, PacketId::new(1));
    /// assert_eq!(out.written(), b"\x32\x16\0\x0fpump-7/pressure\0\x012.1");
    /// // It is done when the server says so.
    /// let event = session.receive(now, b"\x40\x02\x00\x01", &mut out)?;
    /// assert!(matches!(event, Some(Event::Delivered(ack)) if Some(ack.packet_id) == id));
    /// # Ok(())
    /// # }
    /// ```
    pub fn publish(
        &mut self,
        now: Duration,
        message: &Message<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<PacketId>, S> {
        if message.properties.is_payload_text() && core::str::from_utf8(message.payload).is_err() {
            return Err(SessionError::Encode(EncodeError::Illegal(Rule::PayloadFormat)));
        }
        let payload_len = message.payload.len();
        let exchange = self.may_publish(message, payload_len)?;
        let wire = self.wire(message, exchange);
        let len = wire.len(self.version, payload_len)?;
        self.check_len(len)?;
        self.check_room(len, out)?;
        let Some(Fresh { id, .. }) = exchange else {
            wire.encode_head(self.version, payload_len, out)?;
            out.put(message.payload);
            self.published(now, exchange, &wire, message.deadline);
            return Ok(None);
        };
        let mut memory = [0; SHORT_HEAD];
        match Head::encode(&wire.publish, payload_len, &mut memory) {
            Some(head) => {
                self.keep(id, &head.record(message.payload))?;
                if wire.alias.is_none() {
                    head.put(self.version, out);
                } else {
                    wire.encode_head(self.version, payload_len, out)?;
                }
            }
            None => self.keep_and_encode(id, wire, out)?,
        }
        out.put(message.payload);
        self.published(now, exchange, &wire, message.deadline);
        Ok(Some(id))
    }

    /// Puts a message into the store.
    #[inline(always)]
    fn keep(&mut self, id: PacketId, record: &Record<'_>) -> Result<(), S> {
        self.store.put(Slot::Sent(id), record).map_err(|error| self.store_refused(record, error))
    }

    /// Puts a message with a long head into the store, and its head into the output.
    #[inline(never)]
    fn keep_and_encode(
        &mut self,
        id: PacketId,
        wire: Wire<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), S> {
        self.keep(id, &Record::Publish(&wire.publish))?;
        wire.encode_head(self.version, wire.publish.payload.len(), out)?;
        Ok(())
    }

    /// What it means that the store did not take a record.
    #[cold]
    fn store_refused(&self, record: &Record<'_>, error: S::Error) -> SessionError<S::Error> {
        let bound = self.store.bound();
        match record.encoded_len() {
            Ok(len) if len > bound => SessionError::TooLarge { len, bound, limit: Limit::Store },
            _ => SessionError::Store(error),
        }
    }

    /// Finds every reason not to send a message with a payload of that length, its own length, room and store aside,
    /// and an identifier for it.
    #[inline(always)]
    pub(super) fn may_publish(
        &mut self,
        message: &Message<'_>,
        payload_len: usize,
    ) -> Result<Option<Fresh>, S> {
        self.expect(Phase::Online)?;
        self.check_features(message, payload_len)?;
        let state = match message.qos {
            Qos::AtMostOnce => return Ok(None),
            Qos::AtLeastOnce => Sent::Once,
            Qos::ExactlyOnce => Sent::Twice,
        };
        if self.replay.is_some() {
            return Err(SessionError::Later(Later::Replaying));
        }
        if self.quota == 0 {
            return Err(SessionError::Later(Later::Quota));
        }
        self.fresh(state).map(Some)
    }

    /// A message as it will go over this connection.
    #[inline(always)]
    pub(super) fn wire<'a>(&self, message: &Message<'a>, exchange: Option<Fresh>) -> Wire<'a> {
        let alias = self.aliases_out.pick(message.topic.as_bytes());
        Wire { alias, ..Wire::canonical(packet(message, exchange)) }
    }

    /// Remembers what the head of a message in the output begins.
    #[inline(always)]
    pub(super) fn published(
        &mut self,
        now: Duration,
        exchange: Option<Fresh>,
        wire: &Wire<'_>,
        deadline: Option<Duration>,
    ) {
        if let Some(exchange) = exchange {
            self.begin(now, exchange, deadline);
            self.quota -= 1;
        }
        if let Some(Alias::New(alias)) = wire.alias {
            self.aliases_out.set(alias, wire.publish.topic.as_bytes());
        }
        self.spoke(now);
    }

    /// Client: asks for subscriptions. [`Event::Subscribed`](super::Event::Subscribed) will come
    /// with the identifier returned here; the one in `subscribe` does not matter.
    ///
    /// # Errors
    /// Every reason not to send this packet.
    ///
    /// ```
    #[doc = include_str!("doc/client.in")]
    /// let list = [Subscription::new(TopicFilter::new("pump-7/#")?, Qos::AtLeastOnce)];
    /// let subscriptions = Subscriptions::new(&list)?;
    /// let packet_id = PacketId::MIN;
    /// let subscribe = Subscribe { packet_id, properties: Properties::EMPTY, subscriptions };
    /// let id = session.subscribe(now, &subscribe, &mut out)?;
    /// let event = session.receive(now, b"\x90\x03\x00\x01\x01", &mut out)?;
    /// assert!(matches!(event, Some(Event::Subscribed(suback)) if suback.packet_id == id));
    /// # Ok(())
    /// # }
    /// ```
    pub fn subscribe(
        &mut self,
        now: Duration,
        subscribe: &Subscribe<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<PacketId, S> {
        self.expect_role(Role::Client)?;
        self.expect(Phase::Online)?;
        let count = self.check_filters(subscribe)?;
        let exchange = self.fresh(Sent::Subscribe(count))?;
        let packet = Packet::Subscribe(Subscribe { packet_id: exchange.id, ..*subscribe });
        self.check_len(packet.encoded_len(self.version)?)?;
        self.send(now, &packet, out)?;
        self.begin(now, exchange, None);
        Ok(exchange.id)
    }

    /// Client: gives subscriptions up. [`Event::Unsubscribed`](super::Event::Unsubscribed) will come
    /// with the identifier returned here; the one in `unsubscribe` does not matter.
    ///
    /// # Errors
    /// Every reason not to send this packet.
    ///
    /// ```
    #[doc = include_str!("doc/client.in")]
    /// let filters = [TopicFilter::new("pump-7/#")?];
    /// let filters = Filters::new(&filters)?;
    /// let unsubscribe = Unsubscribe { packet_id: PacketId::MIN, properties: Properties::EMPTY, filters };
    /// let id = session.unsubscribe(now, &unsubscribe, &mut out)?;
    /// let event = session.receive(now, b"\xb0\x02\x00\x01", &mut out)?;
    /// assert!(matches!(event, Some(Event::Unsubscribed(unsuback)) if unsuback.packet_id == id));
    /// # Ok(())
    /// # }
    /// ```
    pub fn unsubscribe(
        &mut self,
        now: Duration,
        unsubscribe: &Unsubscribe<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<PacketId, S> {
        self.expect_role(Role::Client)?;
        self.expect(Phase::Online)?;
        let count = u16::try_from(unsubscribe.filters.iter().count()).unwrap_or(u16::MAX);
        let exchange = self.fresh(Sent::Unsubscribe(count))?;
        let packet = Packet::Unsubscribe(Unsubscribe { packet_id: exchange.id, ..*unsubscribe });
        self.check_len(packet.encoded_len(self.version)?)?;
        self.send(now, &packet, out)?;
        self.begin(now, exchange, None);
        Ok(exchange.id)
    }

    /// Acknowledges a message that arrived ([`Acknowledge::Manual`](super::Acknowledge::Manual)),
    /// with any reason code that PUBACK and PUBREC have.
    ///
    /// Acknowledgements leave in the order of arrival: one given out of turn waits for those before it.
    /// A message that came over an earlier connection is acknowledged when the peer sends it again.
    ///
    /// # Errors
    /// [`SessionError::NoExchange`] if no message with that identifier waits for an acknowledgement.
    ///
    /// ```
    /// # use core::time::Duration;
    /// # use mqtt_codec::session::{Memory, ReceivedCell, SentCell};
    /// # use mqtt_codec::*;
    /// # let now = Duration::ZERO;
    /// # let (mut sent, mut received) = ([SentCell::EMPTY; 4], [ReceivedCell::EMPTY; 4]);
    /// # let (mut memory, mut buffer) = ([0; 512], [0; 256]);
    /// # let mut out = SliceOut::new(&mut buffer);
    /// let mut config = Config::new(Memory::lent(&mut sent, &mut received));
    /// config.acknowledge = Acknowledge::Manual;
    /// # config.receive_maximum = 4;
    /// let mut session = Session::client(config, ArenaStore::lent(&mut memory));
    /// # session.connect(now, &Connect::new(Version::V311, Text::new("pump-7")?), &mut out)?;
    /// # session.receive(now, b"\x20\x02\x00\x00", &mut out)?;
    /// # out.clear();
    /// // Online, two messages come, and the second is dealt with first.
    /// for frame in [b"\x32\x05\x00\x01t\x00\x07", b"\x32\x05\x00\x01t\x00\x08"] {
    ///     assert!(matches!(session.receive(now, frame, &mut out)?, Some(Event::Message(_))));
    /// }
    /// let [first, second] = [7, 8].map(|id| PacketId::new(id).expect("not zero"));
    /// session.acknowledge(now, second, ReasonCode::Success, &mut out)?;
    /// assert!(out.is_empty(), "it waits for the first");
    /// session.acknowledge(now, first, ReasonCode::Success, &mut out)?;
    /// // Each call writes one packet; what waited is due at once.
    /// assert_eq!(session.next_timeout(), Some(Duration::ZERO));
    /// session.handle_timeout(now, &mut out)?;
    /// assert_eq!(out.written(), b"\x40\x02\x00\x07\x40\x02\x00\x08");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn acknowledge(
        &mut self,
        now: Duration,
        id: PacketId,
        reason: ReasonCode,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), S> {
        let cell = self
            .received
            .get_mut(id.get())
            .filter(|cell| cell.answer.is_none() && matches!(cell.state, Received::Once | Received::Twice))
            .ok_or(SessionError::NoExchange(id))?;
        if !reason.fits(PacketType::PubAck) {
            return Err(SessionError::Misuse("PUBACK and PUBREC have no such reason code"));
        }
        cell.answer = Some(reason.code());
        if self.phase != Phase::Online || self.queue.first != id.get() {
            return Ok(());
        }
        self.answer_first(now, out).inspect_err(|_| {
            if let Some(cell) = self.received.get_mut(id.get()) {
                cell.answer = None;
            }
        })
    }

    /// Whether the first message in the queue has its answer.
    pub(super) fn owes_answer(&self) -> bool {
        self.queue.first != 0 && self.received.get(self.queue.first).is_some_and(|cell| cell.answer.is_some())
    }

    /// Sends the acknowledgement of the first message in the queue.
    pub(super) fn answer_first(&mut self, now: Duration, out: &mut (impl Out + ?Sized)) -> Result<(), S> {
        let Some(&cell) = self.received.get(self.queue.first) else { return Ok(()) };
        let (Some(code), Some(id)) = (cell.answer, PacketId::new(cell.id)) else { return Ok(()) };
        let reason = ReasonCode::new(code).unwrap_or_default();
        let ack = Ack { packet_id: id, reason: self.spoken(reason), properties: Properties::EMPTY };
        let once = cell.state == Received::Once;
        let kind = if once { PacketType::PubAck } else { PacketType::PubRec };
        self.check_ack(kind, &ack, out)?;
        let over = once || ack.reason.is_error();
        if over && !once {
            self.store.remove(Slot::Received(id)).map_err(SessionError::Store)?;
        }
        self.queue.first = cell.next;
        if over {
            self.count_out(cell.id);
        } else if let Some(cell) = self.received.get_mut(cell.id) {
            cell.state = Received::Recorded;
            cell.answer = None;
            cell.queued = false;
            cell.next = 0;
        }
        self.send_ack(now, kind, &ack, out)
    }

    /// Server: answers SUBSCRIBE, with one reason code for each of its filters.
    ///
    /// # Errors
    /// [`SessionError::NoExchange`] if no SUBSCRIBE with that identifier waits for an answer.
    ///
    /// ```
    #[doc = include_str!("doc/server.in")]
    /// let event = session.receive(now, b"\x82\x06\x00\x07\x00\x01a\x01", &mut out)?;
    /// let Some(Event::Subscribe(subscribe)) = event else { panic!() };
    /// let (packet_id, properties) = (subscribe.packet_id, Properties::EMPTY);
    /// let suback = SubAck { packet_id, properties, reasons: Reasons::new(&[ReasonCode::GrantedQos1]) };
    /// session.grant(now, &suback, &mut out)?;
    /// assert_eq!(out.written(), b"\x90\x03\x00\x07\x01");
    /// # Ok(())
    /// # }
    /// ```
    pub fn grant(
        &mut self,
        now: Duration,
        suback: &SubAck<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), S> {
        let count = suback.reasons.iter().count();
        self.answer_request(now, suback.packet_id, Received::Subscribe, count, &Packet::SubAck(*suback), out)
    }

    /// Server: answers UNSUBSCRIBE, with one reason code for each of its filters.
    ///
    /// # Errors
    /// [`SessionError::NoExchange`] if no UNSUBSCRIBE with that identifier waits for an answer.
    ///
    /// ```
    #[doc = include_str!("doc/server.in")]
    /// let event = session.receive(now, b"\xa2\x05\x00\x07\x00\x01a", &mut out)?;
    /// let Some(Event::Unsubscribe(unsubscribe)) = event else { panic!() };
    /// // In 3.1.1 the codes stay away; in 5.0 they say whether there was such a subscription.
    /// let (packet_id, properties) = (unsubscribe.packet_id, Properties::EMPTY);
    /// let unsuback = UnsubAck { packet_id, properties, reasons: Reasons::new(&[]) };
    /// session.drop_filters(now, &unsuback, &mut out)?;
    /// assert_eq!(out.written(), b"\xb0\x02\x00\x07");
    /// # Ok(())
    /// # }
    /// ```
    pub fn drop_filters(
        &mut self,
        now: Duration,
        unsuback: &UnsubAck<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), S> {
        let count = unsuback.reasons.iter().count();
        self.answer_request(
            now,
            unsuback.packet_id,
            Received::Unsubscribe,
            count,
            &Packet::UnsubAck(*unsuback),
            out,
        )
    }

    fn answer_request(
        &mut self,
        now: Duration,
        id: PacketId,
        state: fn(u16) -> Received,
        count: usize,
        packet: &Packet<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), S> {
        self.expect(Phase::Online)?;
        let count = u16::try_from(count).unwrap_or(u16::MAX);
        let cell = self.received.get(id.get()).ok_or(SessionError::NoExchange(id))?;
        let counted = self.version == Version::V5 || !matches!(cell.state, Received::Unsubscribe(_));
        match cell.state {
            known if known == state(count) => {}
            known if !counted && core::mem::discriminant(&known) == core::mem::discriminant(&state(0)) => {}
            Received::Subscribe(_) | Received::Unsubscribe(_) => {
                return Err(SessionError::Misuse("one reason code for each filter"));
            }
            _ => return Err(SessionError::NoExchange(id)),
        }
        self.send(now, packet, out)?;
        self.received.remove(id.get());
        Ok(())
    }

    /// Says goodbye. The transport is to be closed when the output is sent.
    ///
    /// A client's DISCONNECT drops its will, except with reason
    /// [`DisconnectWithWill`](ReasonCode::DisconnectWithWill). A server of 3.1.1 says nothing and closes.
    ///
    /// # Errors
    /// Every reason not to send this packet.
    ///
    /// ```
    #[doc = include_str!("doc/client.in")]
    /// session.disconnect(now, &Disconnect::new(ReasonCode::Success), &mut out)?;
    /// assert_eq!(out.written(), b"\xe0\x00");
    /// // Send that, close the transport, and say so.
    /// session.transport_lost(now);
    /// assert_eq!(session.phase(), Phase::Offline);
    /// # Ok(())
    /// # }
    /// ```
    pub fn disconnect(
        &mut self,
        now: Duration,
        disconnect: &Disconnect<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), S> {
        match self.phase {
            Phase::Online => {}
            Phase::Connecting if self.role == Role::Client => {}
            phase => return Err(SessionError::Phase(phase)),
        }
        if self.role == Role::Client || self.version == Version::V5 {
            let packet = Packet::Disconnect(*disconnect);
            self.check_len(packet.encoded_len(self.version)?)?;
            self.send(now, &packet, out)?;
        }
        self.close(now);
        Ok(())
    }

    /// The next step of an authentication exchange (5.0 §4.12), or a client's first step of another one.
    ///
    /// # Errors
    /// [`SessionError::Misuse`] if CONNECT named no authentication method, or the reason code has no place here:
    /// a client may begin again while online, a server then ends with success, and all else is to continue.
    ///
    /// ```
    /// # use core::time::Duration;
    /// # use mqtt_codec::session::{Memory, ReceivedCell, SentCell};
    /// # use mqtt_codec::*;
    /// # let now = Duration::ZERO;
    /// # let (mut sent, mut received) = ([SentCell::EMPTY; 4], [ReceivedCell::EMPTY; 4]);
    /// # let (mut memory, mut buffer) = ([0; 512], [0; 256]);
    /// # let config = Config::new(Memory::lent(&mut sent, &mut received));
    /// # let mut session = Session::client(config, ArenaStore::lent(&mut memory));
    /// # let mut out = SliceOut::new(&mut buffer);
    /// let method = Property::AuthenticationMethod(Text::new("M")?);
    /// let list = [method];
    /// let properties = Properties::new(PacketType::Connect, &list)?;
    /// let connect = Connect { properties, ..Connect::new(Version::V5, Text::new("pump-7")?) };
    /// session.connect(now, &connect, &mut out)?;
    /// out.clear();
    /// // The server asks: AUTH, Continue Authentication, method "M", data "?".
    /// let event = session.receive(now, b"\xf0\x0a\x18\x08\x15\x00\x01M\x16\x00\x01?", &mut out)?;
    /// let Some(Event::Auth(auth)) = event else { panic!() };
    /// assert_eq!(auth.properties.authentication_data(), Some(Secret(b"?")));
    /// let list = [method, Property::AuthenticationData(Secret(b"!"))];
    /// let properties = Properties::new(PacketType::Auth, &list)?;
    /// let answer = Auth { reason: ReasonCode::ContinueAuthentication, properties };
    /// session.authenticate(now, &answer, &mut out)?;
    /// assert_eq!(out.written(), b"\xf0\x0a\x18\x08\x15\x00\x01M\x16\x00\x01!");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn authenticate(
        &mut self,
        now: Duration,
        auth: &Auth<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), S> {
        if !matches!(self.phase, Phase::Connecting | Phase::Online) {
            return Err(SessionError::Phase(self.phase));
        }
        // [MQTT-4.12.0-6].
        if !self.extended {
            return Err(SessionError::Misuse("CONNECT named no authentication method"));
        }
        // [MQTT-4.12.0-2], [MQTT-4.12.0-3]; §3.15.2.1 says who may say what once the connection is accepted.
        let may_say = matches!(
            (auth.reason, self.phase, self.role),
            (ReasonCode::ContinueAuthentication, ..)
                | (ReasonCode::ReAuthenticate, Phase::Online, Role::Client)
                | (ReasonCode::Success, Phase::Online, Role::Server)
        );
        if !may_say {
            return Err(SessionError::Misuse("AUTH has no such reason code here"));
        }
        let packet = Packet::Auth(*auth);
        self.check_len(packet.encoded_len(self.version)?)?;
        self.send(now, &packet, out)
    }

    /// Gives an exchange up.
    ///
    /// A message is not sent again after the next reconnect, though the peer may have it already. Its
    /// identifier stays in use for as long as the peer may think of it: until it is acknowledged, or the
    /// connection ends, or for QoS 2 the next connection has released it.
    ///
    /// # Errors
    /// [`SessionError::NoExchange`] if there is none.
    ///
    /// ```
    #[doc = include_str!("doc/client.in")]
    /// let message = Message::new(TopicName::new("t")?, b"").qos(Qos::AtLeastOnce);
    /// let message = Message { deadline: Some(now + Duration::from_secs(5)), ..message };
    /// let id = session.publish(now, &message, &mut out)?.expect("QoS 1 has an identifier");
    /// let late = now + Duration::from_secs(5);
    /// assert!(matches!(session.handle_timeout(late, &mut out)?, Some(Event::Overdue(overdue)) if overdue == id));
    /// session.forget(id)?;
    /// session.transport_lost(late);
    /// assert_eq!(session.in_flight(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn forget(&mut self, id: PacketId) -> Result<(), S> {
        let cell = *self.sent.get(id.get()).ok_or(SessionError::NoExchange(id))?;
        if cell.forgotten {
            return Ok(());
        }
        // After QoS 2 went out once, the peer may hold the identifier against a repetition of it, and only
        // PUBREL frees it there.
        let dropped = match cell.state {
            Sent::Subscribe(_) | Sent::Unsubscribe(_) => Ok(()),
            Sent::Twice | Sent::Released if !cell.lost => self.store.release(id),
            _ => {
                self.skip_in_replay(Slot::Sent(id))?;
                self.store.remove(Slot::Sent(id))
            }
        };
        dropped.map_err(SessionError::Store)?;
        if cell.lost || (!cell.flying && cell.state == Sent::Once) {
            self.sent.remove(id.get());
        } else if let Some(known) = self.sent.get_mut(id.get()) {
            known.forgotten = true;
            known.deadline = u64::MAX;
            if !cell.flying && cell.state == Sent::Twice {
                known.state = Sent::Released;
            }
        }
        Ok(())
    }

    fn check_features(&self, message: &Message<'_>, payload_len: usize) -> Result<(), S> {
        // [MQTT-3.2.2-11], [MQTT-3.2.2-14].
        if message.qos > self.peer.qos {
            return Err(SessionError::Unsupported(Feature::Qos));
        }
        if message.retain && !self.peer.retain {
            return Err(SessionError::Unsupported(Feature::Retain));
        }
        if message.properties.has_topic_alias() {
            return Err(SessionError::Misuse("the session assigns topic aliases itself"));
        }
        if let Some(preset) = &self.manners.preset {
            preset.publish(message, payload_len)?;
        }
        Ok(())
    }

    fn check_filters(&self, subscribe: &Subscribe<'_>) -> Result<u16, S> {
        if let Some(preset) = &self.manners.preset {
            preset.subscribe(subscribe)?;
        }
        if !self.peer.subscription_ids && subscribe.properties.subscription_ids().next().is_some() {
            return Err(SessionError::Unsupported(Feature::SubscriptionIds));
        }
        let mut count = 0_u16;
        for filter in subscribe.subscriptions {
            count = count.saturating_add(1);
            let filter = filter.filter;
            if !self.peer.shared && filter.share_name().is_some() {
                return Err(SessionError::Unsupported(Feature::SharedSubscriptions));
            }
            if !self.peer.wildcards && filter.has_wildcards() {
                return Err(SessionError::Unsupported(Feature::Wildcards));
            }
        }
        Ok(count)
    }

    /// [MQTT-3.1.2-24], [MQTT-3.2.2-15]: nothing longer than the peer takes.
    pub(super) fn check_len(&self, len: usize) -> Result<(), S> {
        match self.peer.packet_maximum.and_then(|most| usize::try_from(most).ok()) {
            Some(bound) if len > bound => Err(SessionError::TooLarge { len, bound, limit: Limit::Peer }),
            _ => Ok(()),
        }
    }

    #[inline]
    pub(super) fn check_room(&self, needed: usize, out: &(impl Out + ?Sized)) -> Result<(), S> {
        if self.outgoing.is_some() {
            return Err(SessionError::Later(Later::Sending));
        }
        if out.room() < needed { Err(SessionError::NoRoom { needed }) } else { Ok(()) }
    }

    /// A reason code as this connection can say it: 3.1.1 has none in acknowledgements.
    pub(super) fn spoken(&self, reason: ReasonCode) -> ReasonCode {
        if self.version == Version::V5 { reason } else { ReasonCode::Success }
    }

    /// An identifier that no exchange uses, with a cell for it.
    #[inline]
    fn fresh(&mut self, state: Sent) -> Result<Fresh, S> {
        if self.sent.reserve() {
            // One more try than there are identifiers in use.
            for id in Ids(self.last_id).take(self.sent.len() + 1) {
                if let Some(place) = self.sent.vacancy(id.get()) {
                    return Ok(Fresh { id, place, state });
                }
            }
        }
        Err(SessionError::Full)
    }

    /// §4.9: one message more that the peer has to acknowledge.
    #[inline]
    pub(super) fn take_quota(&mut self, id: PacketId) {
        self.quota = self.quota.saturating_sub(1);
        if let Some(cell) = self.sent.get_mut(id.get()) {
            cell.counted = true;
        }
    }

    #[inline]
    fn begin(&mut self, now: Duration, Fresh { id, place, state }: Fresh, deadline: Option<Duration>) {
        let mut until = u64::MAX;
        if deadline.is_some() || self.manners.acknowledge_timeout.is_some() {
            let patience = self.manners.acknowledge_timeout.map(|patience| now.saturating_add(patience));
            until = deadline.or(patience).map_or(u64::MAX, nanos);
            self.timers.bring_forward(Timer::Exchange, until);
        }
        self.last_id = id.get();
        let cell = SentCell {
            id: id.get(),
            state,
            flying: true,
            counted: matches!(state, Sent::Once | Sent::Twice),
            since: nanos(now),
            deadline: until,
            ..SentCell::EMPTY
        };
        self.sent.insert_at(place, cell);
    }
}

/// Packet identifiers in their order, from the one behind this on.
struct Ids(u16);

impl Iterator for Ids {
    type Item = PacketId;

    #[inline]
    fn next(&mut self) -> Option<PacketId> {
        self.0 = self.0.checked_add(1).unwrap_or(1);
        PacketId::new(self.0)
    }
}

#[inline(always)]
fn packet<'a>(message: &Message<'a>, exchange: Option<Fresh>) -> Publish<'a> {
    let qos = match exchange {
        None => Delivery::AtMostOnce,
        Some(Fresh { id, state: Sent::Once, .. }) => Delivery::AtLeastOnce(id),
        Some(Fresh { id, .. }) => Delivery::ExactlyOnce(id),
    };
    let Message { topic, retain, properties, payload, .. } = *message;
    Publish { dup: false, qos, retain, topic, properties, payload }
}
