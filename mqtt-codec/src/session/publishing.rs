//! Messages on their way out, whole.

use core::time::Duration;

use super::alias::Alias;
use super::exchanges::Fresh;
use super::transitions::Sent;
use super::wire::{Head, SHORT_HEAD, Wire};
use super::{Feature, Later, Limit, Phase, Result, Session, SessionError};
use crate::{
    Delivery, EncodeError, Out, PacketId, Properties, Publish, Qos, Record, Rule, Slot, Store, TopicName,
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
        let plain = message.properties.is_empty();
        if !plain && message.properties.is_payload_text() && core::str::from_utf8(message.payload).is_err() {
            return Err(SessionError::Encode(EncodeError::Illegal(Rule::PayloadFormat)));
        }
        self.may_publish(message, message.payload.len())?;
        if plain
            && self.aliases_out.most() == 0
            && let Some(state) = message.qos.exchange()
            && let Some(fresh) = self.next_fresh(state)
        {
            return self.publish_plain(now, message, fresh, out);
        }
        self.publish_any(now, message, out)
    }

    /// Publishes a message of QoS 1 or 2 as nearly all are: its head, if it is short, is encoded once for the store and the
    /// output.
    #[inline(always)]
    fn publish_plain(
        &mut self,
        now: Duration,
        message: &Message<'_>,
        fresh: Fresh,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<PacketId>, S> {
        let plain = Message { properties: Properties::none(), ..*message };
        let mut memory = [0; SHORT_HEAD];
        let Some(head) = Head::encode(&packet(&plain, Some(fresh)), &mut memory) else {
            return self.publish_any(now, message, out);
        };
        let len = head.packet_len(self.version);
        self.check_len(len)?;
        self.check_room(len, out)?;
        self.keep(fresh.id, &head.record())?;
        head.put(self.version, out);
        out.put(message.payload);
        self.begin(now, fresh, message.deadline);
        self.quota -= 1;
        self.spoke(now);
        Ok(Some(fresh.id))
    }

    #[inline(never)]
    fn publish_any(
        &mut self,
        now: Duration,
        message: &Message<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<PacketId>, S> {
        let exchange = message.qos.exchange().map(|state| self.fresh(state)).transpose()?;
        let wire = self.wire(message, exchange);
        let payload_len = message.payload.len();
        let len = wire.len(self.version, payload_len)?;
        self.check_len(len)?;
        self.check_room(len, out)?;
        if let Some(Fresh { id, .. }) = exchange {
            self.keep(id, &Record::Publish(&wire.publish))?;
        }
        wire.encode_head(self.version, payload_len, out)?;
        out.put(message.payload);
        self.published(now, exchange, &wire, message.deadline);
        Ok(exchange.map(|fresh| fresh.id))
    }

    /// Puts a message into the store.
    #[inline(always)]
    fn keep(&mut self, id: PacketId, record: &Record<'_>) -> Result<(), S> {
        let put = self.store.put(Slot::Sent(id), record);
        put.map_err(|error| self.store_refused(record.encoded_len(), error))
    }

    /// What it means that the store did not take a record of that length.
    #[cold]
    #[inline(never)]
    fn store_refused(
        &self,
        len: core::result::Result<usize, EncodeError>,
        error: S::Error,
    ) -> SessionError<S::Error> {
        let bound = self.store.bound();
        match len {
            Ok(len) if len > bound => SessionError::TooLarge { len, bound, limit: Limit::Store },
            _ => SessionError::Store(error),
        }
    }

    /// Finds every reason not to send a message with a payload of that length, its own length, room, store and identifier
    /// aside.
    #[inline(always)]
    pub(super) fn may_publish(&self, message: &Message<'_>, payload_len: usize) -> Result<(), S> {
        self.expect(Phase::Online)?;
        self.check_features(message, payload_len)?;
        if message.qos == Qos::AtMostOnce {
            return Ok(());
        }
        if self.replay.is_some() {
            return Err(SessionError::Later(Later::Replaying));
        }
        if self.quota == 0 {
            return Err(SessionError::Later(Later::Quota));
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
        if !message.properties.is_empty() && message.properties.has_topic_alias() {
            return Err(SessionError::Misuse("the session assigns topic aliases itself"));
        }
        if let Some(preset) = &self.manners.preset {
            preset.publish(message, payload_len)?;
        }
        Ok(())
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
}

impl Qos {
    /// The exchange a message begins; none at QoS 0.
    #[inline]
    pub(super) fn exchange(self) -> Option<Sent> {
        match self {
            Self::AtMostOnce => None,
            Self::AtLeastOnce => Some(Sent::Once),
            Self::ExactlyOnce => Some(Sent::Twice),
        }
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
