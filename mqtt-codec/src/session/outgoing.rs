//! What the application asks of a session besides messages, and what all that goes out is held to.

use core::time::Duration;

use super::transitions::Sent;
use super::{Feature, Later, Limit, Phase, Result, Session, SessionError};
use crate::{
    Auth, Disconnect, Out, Packet, PacketId, ReasonCode, Role, Store, Subscribe, Unsubscribe, Version,
};

impl<S: Store> Session<'_, S> {
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
}
