//! What a packet of the peer does.

use core::time::Duration;

use super::alias::Aliases;
use super::announced::expiry;
use super::transitions::{Arrival, Received, Sent, Settle, Verdict, arrive, judge, settle};
use super::{Event, Fault, Phase, ReceivedCell, Result, Session, SessionError, Timer};
use crate::{
    Ack, ConnAck, Disconnect, Limits, Out, Packet, PacketId, PacketType, Properties, Publish, ReasonCode,
    Role, Rules, Slot, Store, TopicName, Version,
};

impl<S: Store> Session<'_, S> {
    /// Takes one whole packet of the peer.
    ///
    /// # Errors
    /// Nothing was taken: mend the cause and hand the same packet in again.
    ///
    /// ```
    #[doc = include_str!("doc/server.in")]
    /// let event = session.receive(now, b"\x32\x06\x00\x01t\x00\x09x", &mut out)?;
    /// assert!(matches!(event, Some(Event::Message(publish)) if publish.payload == b"x"));
    /// assert_eq!(out.written(), b"\x40\x02\x00\x09", "PUBACK");
    /// # Ok(())
    /// # }
    /// ```
    pub fn receive<'a>(
        &'a mut self,
        now: Duration,
        frame: &'a [u8],
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'a>>, S> {
        self.listening()?;
        self.heard(now);
        match (self.short_ack(frame), frame.first()) {
            (Some(id), Some(0x40)) => self.acknowledged(now, PacketType::PubAck, Ack::new(id), out),
            (Some(id), Some(0x50)) => self.take_ack(now, PacketType::PubRec, Ack::new(id), out),
            (Some(id), Some(0x62)) => self.take_release(now, id, out),
            (Some(id), Some(0x70)) => self.take_ack(now, PacketType::PubComp, Ack::new(id), out),
            _ => self.receive_any(now, frame, out),
        }
    }

    #[inline(never)]
    fn receive_any<'a>(
        &'a mut self,
        now: Duration,
        frame: &'a [u8],
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'a>>, S> {
        match Packet::decode(frame, self.rules()) {
            Ok(packet) => self.take(now, packet, out),
            Err(error) => self.fault(now, Fault::Malformed(error), error.reason(), out),
        }
    }

    /// How packets of the peer are to be decoded.
    pub fn rules(&self) -> Rules {
        let peer = if self.role == Role::Client { Role::Server } else { Role::Client };
        Rules::new(self.version)
            .sent_by(peer)
            .lenient(self.manners.leniency)
            .limited(Limits::packet(self.packet_most))
    }

    /// The identifier in what could be the short form of an acknowledgement. They make up half of the traffic: they go
    /// straight to their exchange.
    #[inline]
    fn short_ack(&self, frame: &[u8]) -> Option<PacketId> {
        let [_, 2, high, low] = *frame else { return None };
        let listens = self.phase == Phase::Online && self.packet_most >= 4;
        PacketId::new(u16::from_be_bytes([high, low])).filter(|_| listens)
    }

    fn take<'a>(
        &'a mut self,
        now: Duration,
        packet: Packet<'a>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'a>>, S> {
        let peer = if self.role == Role::Client { Role::Server } else { Role::Client };
        let kind = packet.packet_type();
        match judge(self.phase, peer, kind, self.version, self.extended) {
            Verdict::Take => {}
            Verdict::Deaf => return Err(SessionError::Phase(self.phase)),
            Verdict::Break(reason) => return self.fault(now, Fault::Unexpected(kind), reason, out),
        }
        match packet {
            Packet::Publish(publish) => self.take_publish(now, publish, out),
            Packet::PubAck(ack) | Packet::PubRec(ack) | Packet::PubComp(ack) => {
                self.take_ack(now, kind, ack, out)
            }
            Packet::PubRel(ack) => self.take_release(now, ack.packet_id, out),
            Packet::PingReq => {
                self.send(now, &Packet::PingResp, out)?;
                Ok(None)
            }
            Packet::PingResp => {
                self.timers.clear(Timer::Ping);
                Ok(None)
            }
            Packet::ConnAck(connack) => self.take_connack(now, connack, out),
            Packet::SubAck(suback) => {
                let count = suback.reasons.iter().count();
                let event = Event::Subscribed(suback);
                self.take_answer(now, kind, suback.packet_id, Some(count), event, out)
            }
            Packet::UnsubAck(unsuback) => {
                // 3.1.1 §3.11: UNSUBACK has no codes.
                let count = (self.version == Version::V5).then(|| unsuback.reasons.iter().count());
                let event = Event::Unsubscribed(unsuback);
                self.take_answer(now, kind, unsuback.packet_id, count, event, out)
            }
            Packet::Subscribe(subscribe) => {
                let state = Received::Subscribe(count(subscribe.subscriptions.iter()));
                self.take_request(now, kind, subscribe.packet_id, state, Event::Subscribe(subscribe), out)
            }
            Packet::Unsubscribe(unsubscribe) => {
                let state = Received::Unsubscribe(count(unsubscribe.filters.iter()));
                self.take_request(
                    now,
                    kind,
                    unsubscribe.packet_id,
                    state,
                    Event::Unsubscribe(unsubscribe),
                    out,
                )
            }
            Packet::Disconnect(disconnect) => self.take_disconnect(now, disconnect, out),
            // [MQTT-4.12.0-2]: before CONNACK there is nothing but to go on.
            Packet::Auth(auth)
                if self.phase == Phase::Connecting && auth.reason != ReasonCode::ContinueAuthentication =>
            {
                self.fault(now, Fault::Unexpected(kind), ReasonCode::ProtocolError, out)
            }
            Packet::Auth(auth) => Ok(Some(Event::Auth(auth))),
            Packet::Connect(_) => self.fault(now, Fault::Unexpected(kind), ReasonCode::ProtocolError, out),
        }
    }

    #[inline]
    fn take_publish<'a>(
        &'a mut self,
        now: Duration,
        publish: Publish<'a>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'a>>, S> {
        if let Err((fault, reason)) = self.check_alias(&publish) {
            return self.fault(now, fault, reason, out);
        }
        if let Some(id) = publish.qos.packet_id() {
            let arrival = match self.judge_publish(id, publish.qos) {
                Ok(arrival) => arrival,
                Err((fault, reason)) => return self.fault(now, fault, reason, out),
            };
            if arrival != Arrival::New {
                self.finish_message(now, publish.qos, arrival, None, out)?;
                self.learn_alias(&publish);
                return Ok(None);
            }
            self.finish_message(now, publish.qos, Arrival::New, Some(publish), out)?;
        }
        self.learn_alias(&publish);
        Ok(Some(Event::Message(resolved(publish, &self.aliases_in))))
    }

    /// §3.3.2.3.4: an alias must be one we allow, and stand for a topic.
    #[inline]
    pub(super) fn check_alias(&self, publish: &Publish<'_>) -> core::result::Result<(), (Fault, ReasonCode)> {
        let Some(alias) = publish.properties.topic_alias() else { return Ok(()) };
        let fault = Fault::TopicAlias(alias.get());
        if alias.get() > self.aliases_in.most() {
            return Err((fault, ReasonCode::TopicAliasInvalid));
        }
        if publish.topic.is_aliased() {
            return match self.aliases_in.topic(alias) {
                Some(_) => Ok(()),
                None => Err((fault, ReasonCode::ProtocolError)),
            };
        }
        if self.aliases_in.fits(alias, publish.topic.as_bytes()) {
            Ok(())
        } else {
            Err((fault, ReasonCode::QuotaExceeded))
        }
    }

    #[inline]
    pub(super) fn learn_alias(&mut self, publish: &Publish<'_>) {
        if let Some(alias) = publish.properties.topic_alias()
            && !publish.topic.is_aliased()
        {
            self.aliases_in.set(alias, publish.topic.as_bytes());
        }
    }

    /// Counts a message against our Receive Maximum, once for each connection.
    pub(super) fn count_in(&mut self, id: PacketId) {
        if let Some(cell) = self.received.get_mut(id.get()).filter(|cell| !cell.counted) {
            cell.counted = true;
            self.inbound += 1;
        }
    }

    /// Drops an exchange of the peer that has its final answer.
    pub(super) fn count_out(&mut self, id: u16) {
        if self.received.remove(id).is_some_and(|cell| cell.counted) {
            self.inbound -= 1;
        }
    }

    /// Puts a message at the end of those to be answered, unless it is among them.
    pub(super) fn enqueue(&mut self, id: PacketId) {
        let Some(cell) = self.received.get_mut(id.get()).filter(|cell| !cell.queued) else { return };
        cell.queued = true;
        cell.next = 0;
        let last = core::mem::replace(&mut self.queue.last, id.get());
        if self.queue.first == 0 {
            self.queue.first = id.get();
        } else if let Some(cell) = self.received.get_mut(last) {
            cell.next = id.get();
        }
    }

    fn take_release<'a>(
        &mut self,
        now: Duration,
        id: PacketId,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'a>>, S> {
        let state = self.received.get(id.get()).map(|cell| cell.state);
        let mut ack = Ack::new(id);
        match arrive(state, PacketType::PubRel, true) {
            Arrival::Release => {
                self.check_ack(PacketType::PubComp, &ack, out)?;
                self.store.remove(Slot::Received(id)).map_err(SessionError::Store)?;
                self.count_out(id.get());
            }
            Arrival::Unknown => ack.reason = self.spoken(ReasonCode::PacketIdentifierNotFound),
            _ => {
                return self.fault(
                    now,
                    Fault::Unexpected(PacketType::PubRel),
                    ReasonCode::ProtocolError,
                    out,
                );
            }
        }
        self.send_ack(now, PacketType::PubComp, &ack, out)?;
        Ok(None)
    }

    /// PUBACK, PUBREC and PUBCOMP.
    #[inline(never)]
    fn take_ack<'a>(
        &mut self,
        now: Duration,
        kind: PacketType,
        ack: Ack<'a>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'a>>, S> {
        self.acknowledged(now, kind, ack, out)
    }

    #[inline(always)]
    fn acknowledged<'a>(
        &mut self,
        now: Duration,
        kind: PacketType,
        ack: Ack<'a>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'a>>, S> {
        match self.settle(now, kind, ack.packet_id, ack.reason.is_error(), out)? {
            Settle::Done => Ok(Some(Event::Delivered(ack))),
            Settle::Break(reason) => self.fault(now, Fault::Unexpected(kind), reason, out),
            _ => Ok(None),
        }
    }

    /// Does what an acknowledgement asks for, and says what it was; telling the peer of its fault is left to the caller.
    #[inline(always)]
    fn settle(
        &mut self,
        now: Duration,
        kind: PacketType,
        id: PacketId,
        refused: bool,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Settle, S> {
        let place = self.sent.find(id.get());
        let known = place.and_then(|place| self.sent.at(place)).filter(|cell| !cell.lost);
        let counted = known.is_some_and(|cell| cell.counted);
        let step = settle(known.map(|cell| cell.state), kind, refused, None);
        match step {
            Settle::Done => {
                self.skip_in_replay(Slot::Sent(id))?;
                self.store.remove(Slot::Sent(id)).map_err(SessionError::Store)?;
                if let Some(place) = place {
                    self.sent.remove_at(place);
                }
                // §4.9 would count every PUBCOMP, also one for a message that went out over an earlier connection;
                // that allows more than Receive Maximum [MQTT-3.3.4-9].
                self.quota = self.quota.saturating_add(counted.into());
            }
            Settle::Release | Settle::Again | Settle::Unknown => self.release(now, id, step, out)?,
            Settle::Ignore | Settle::Break(_) => {}
        }
        Ok(step)
    }

    /// Answers PUBREC.
    #[inline(never)]
    fn release(
        &mut self,
        now: Duration,
        id: PacketId,
        step: Settle,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), S> {
        let mut release = Ack::new(id);
        if step == Settle::Unknown {
            release.reason = self.spoken(ReasonCode::PacketIdentifierNotFound);
        }
        if step == Settle::Release {
            self.check_ack(PacketType::PubRel, &release, out)?;
            self.store.release(id).map_err(SessionError::Store)?;
            if let Some(cell) = self.sent.get_mut(id.get()) {
                cell.state = Sent::Released;
                cell.flying = true;
            }
        }
        self.send_ack(now, PacketType::PubRel, &release, out)
    }

    /// SUBACK and UNSUBACK.
    fn take_answer<'a>(
        &mut self,
        now: Duration,
        kind: PacketType,
        id: PacketId,
        count: Option<usize>,
        event: Event<'a>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'a>>, S> {
        let state = self.sent.get(id.get()).filter(|cell| !cell.lost).map(|cell| cell.state);
        let count = count.map(|count| u16::try_from(count).unwrap_or(u16::MAX));
        match settle(state, kind, false, count) {
            Settle::Done => {
                self.sent.remove(id.get());
                Ok(Some(event))
            }
            Settle::Break(reason) => self.fault(now, Fault::Unexpected(kind), reason, out),
            _ => Ok(None),
        }
    }

    /// SUBSCRIBE and UNSUBSCRIBE.
    fn take_request<'a>(
        &mut self,
        now: Duration,
        kind: PacketType,
        id: PacketId,
        state: Received,
        event: Event<'a>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'a>>, S> {
        let known = self.received.get(id.get()).map(|cell| cell.state);
        if arrive(known, kind, false) != Arrival::New {
            return self.fault(now, Fault::Unexpected(kind), ReasonCode::ProtocolError, out);
        }
        if !self.received.insert(ReceivedCell { id: id.get(), state, ..ReceivedCell::EMPTY }) {
            return self.fault(now, Fault::ReceiveMaximum, ReasonCode::QuotaExceeded, out);
        }
        Ok(Some(event))
    }

    fn take_connack<'a>(
        &mut self,
        now: Duration,
        connack: ConnAck<'a>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'a>>, S> {
        if connack.reason != ReasonCode::Success {
            self.close(now);
            return Ok(Some(Event::Refused(connack)));
        }
        if connack.session_present && self.clean_start {
            return self.fault(now, Fault::SessionPresent, ReasonCode::ProtocolError, out);
        }
        self.connected(now, &connack)?;
        Ok(Some(Event::Connected(connack)))
    }

    fn take_disconnect<'a>(
        &mut self,
        now: Duration,
        disconnect: Disconnect<'a>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'a>>, S> {
        if self.role == Role::Server {
            if let Some(seconds) = disconnect.properties.session_expiry() {
                // §3.14.2.2.2: what was zero in CONNECT stays zero.
                if self.expiry.is_zero() && seconds > 0 {
                    let fault = Fault::Unexpected(PacketType::Disconnect);
                    return self.fault(now, fault, ReasonCode::ProtocolError, out);
                }
            }
            // [MQTT-3.14.4-3].
            if self.will.is_some() && disconnect.reason != ReasonCode::DisconnectWithWill {
                self.store.remove(Slot::Will).map_err(SessionError::Store)?;
                self.will = None;
            }
            if let Some(seconds) = disconnect.properties.session_expiry() {
                self.expiry = expiry(seconds);
            }
        }
        self.close(now);
        Ok(Some(Event::Disconnected(disconnect)))
    }

    /// Ends the connection for what the peer did: the farewell, if there is one, goes to `out`.
    pub(super) fn fault<'a>(
        &mut self,
        now: Duration,
        error: Fault,
        reason: ReasonCode,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'a>>, S> {
        // 3.1.1 §4.8: the connection is closed without a word.
        // In the middle of a payload of ours every byte is taken for a part of it.
        if self.version == Version::V5 && self.outgoing.is_none() {
            if self.phase == Phase::Connecting && self.role == Role::Server {
                let connack = ConnAck { session_present: false, reason, properties: Properties::EMPTY };
                self.send(now, &Packet::ConnAck(connack), out)?;
            } else {
                let fits = reason.fits(PacketType::Disconnect);
                let reason = if fits { reason } else { ReasonCode::ProtocolError };
                self.send(now, &Packet::Disconnect(Disconnect::new(reason)), out)?;
            }
        }
        self.close(now);
        Ok(Some(Event::Closed { error, reason }))
    }
}

/// The same with its full topic.
#[inline]
pub(super) fn resolved<'a>(publish: Publish<'a>, aliases: &'a Aliases<'_>) -> Publish<'a> {
    if !publish.topic.is_aliased() {
        return publish;
    }
    let topic = publish.properties.topic_alias().and_then(|alias| aliases.topic(alias));
    Publish { topic: TopicName::from_scanned(topic.unwrap_or_default()), ..publish }
}

fn count<T>(list: impl Iterator<Item = T>) -> u16 {
    u16::try_from(list.count()).unwrap_or(u16::MAX)
}
