//! Messages in pieces: payloads larger than memory, in both directions.

use core::time::Duration;

use super::incoming::resolved;
use super::publishing::Message;
use super::transitions::{Arrival, Received, arrive};
use super::wire::Wire;
use super::{Acknowledge, Event, Fault, Later, Limit, Phase, ReceivedCell, Result, Session, SessionError};
use crate::{
    Ack, Delivery, Limits, Out, PacketId, PacketType, Payload, Publish, PublishHead, ReasonCode, Record,
    Rule, Slot, Store, Streamed, Version,
};

/// A payload on its way out.
#[derive(Clone, Debug)]
pub(super) enum Outgoing {
    /// The caller has it.
    Caller {
        payload: Payload,
        exchange: Option<PacketId>,
        /// Whether the last piece is in the store, though the record is not finished.
        pushed: bool,
    },
    /// The store has it: from this offset of the record on.
    Store { id: PacketId, from: usize, left: usize },
}

/// A payload on its way in.
#[derive(Clone, Debug)]
pub(super) struct Incoming {
    payload: Payload,
    delivery: Delivery,
    arrival: Arrival,
}

impl<S: Store> Session<'_, S> {
    /// Begins to publish a message whose payload, of `payload_len` bytes, follows in pieces;
    /// `message.payload` is not looked at. Until the last piece nothing else can be sent.
    ///
    /// A message of QoS 1 or 2 goes through the store, which must take [pieces](Store::streamed). It
    /// becomes part of the session with its last piece: if the connection breaks before, it is as if it
    /// had never been published.
    ///
    /// # Errors
    /// As [`publish`](Self::publish); [`SessionError::TooLarge`] if the store takes no pieces.
    ///
    /// ```
    #[doc = include_str!("doc/client.in")]
    /// let message = Message::new(TopicName::new("pump-7/log")?, b"").qos(Qos::AtLeastOnce);
    /// session.publish_head(now, &message, 11, &mut out)?;
    /// assert_eq!(session.publish_payload(now, b"first ", &mut out)?, 5);
    /// assert_eq!(session.publish_payload(now, b"later", &mut out)?, 0);
    /// assert_eq!(session.in_flight(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn publish_head(
        &mut self,
        now: Duration,
        message: &Message<'_>,
        payload_len: u32,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<PacketId>, S> {
        let message = Message { payload: &[], ..*message };
        let len = usize::try_from(payload_len).unwrap_or(usize::MAX);
        self.may_publish(&message, len)?;
        let exchange = message.qos.exchange().map(|state| self.fresh(state)).transpose()?;
        let wire = self.wire(&message, exchange);
        let sent = wire.len(self.version, len)?;
        self.check_len(sent)?;
        self.check_room(sent - len, out)?;
        if let Some(exchange) = exchange {
            let record = Wire::canonical(wire.publish);
            let whole = record.len(Version::V5, len)?;
            let bound = self.store.bound();
            let Some(store) = self.store.streamed() else {
                return Err(SessionError::TooLarge { len: whole, bound, limit: Limit::Store });
            };
            store.begin(Slot::Sent(exchange.id), whole).map_err(SessionError::Store)?;
            let mut head = Push { store, left: whole - len, error: None };
            record.encode_head(Version::V5, len, &mut head)?;
            if let Some(error) = head.error {
                return Err(SessionError::Store(error));
            }
        }
        wire.encode_head(self.version, len, out)?;
        self.published(now, exchange, &wire, message.deadline);
        let exchange = exchange.map(|exchange| exchange.id);
        if payload_len > 0 || exchange.is_some() {
            let payload = PublishHead { publish: wire.publish, payload_len }.payload();
            self.outgoing = Some(Outgoing::Caller { payload, exchange, pushed: false });
        }
        Ok(exchange)
    }

    /// Sends the next piece of a payload, and returns how many bytes are still to come. The last piece
    /// may be empty, and must be if there is no payload at all.
    ///
    /// # Errors
    /// [`SessionError::Misuse`] if no payload is being sent or the piece is too long;
    /// [`SessionError::Encode`] if the payload is said to be text and is not.
    pub fn publish_payload(
        &mut self,
        now: Duration,
        piece: &[u8],
        out: &mut (impl Out + ?Sized),
    ) -> Result<u32, S> {
        let Some(Outgoing::Caller { payload, exchange, pushed }) = &self.outgoing else {
            return Err(SessionError::Misuse("no payload is being sent in pieces"));
        };
        let (mut payload, exchange, pushed) = (payload.clone(), *exchange, *pushed);
        let mut rest = piece;
        payload.take(&mut rest).map_err(|_| SessionError::Encode(Rule::PayloadFormat.into()))?;
        if !rest.is_empty() {
            return Err(SessionError::Misuse("the piece is longer than the rest of the payload"));
        }
        if out.room() < piece.len() {
            return Err(SessionError::NoRoom { needed: piece.len() });
        }
        if exchange.is_some()
            && let Some(store) = self.store.streamed()
        {
            if !pushed {
                store.push(piece).map_err(SessionError::Store)?;
            }
            if payload.is_complete()
                && let Err(error) = store.commit()
            {
                if let Some(Outgoing::Caller { pushed, .. }) = &mut self.outgoing {
                    *pushed = true;
                }
                return Err(SessionError::Store(error));
            }
        }
        out.put(piece);
        self.spoke(now);
        let left = payload.left();
        let pushed = false;
        self.outgoing = (left > 0).then_some(Outgoing::Caller { payload, exchange, pushed });
        Ok(left)
    }

    /// Sends the next piece of a payload the store holds, as much as it lends and `out` takes.
    pub(super) fn send_from_store(&mut self, now: Duration, out: &mut (impl Out + ?Sized)) -> Result<(), S> {
        let Some(Outgoing::Store { id, from, left }) = self.outgoing else { return Ok(()) };
        let room = out.room();
        if room == 0 {
            return Err(SessionError::NoRoom { needed: 1 });
        }
        let lent = self.store.get(Slot::Sent(id), from).map_err(SessionError::Store)?;
        let piece = lent.get(..lent.len().min(left).min(room)).unwrap_or_default();
        if piece.is_empty() {
            return Err(SessionError::Misuse("the store holds less than it was given"));
        }
        out.put(piece);
        let (from, left) = (from + piece.len(), left - piece.len());
        self.outgoing = (left > 0).then_some(Outgoing::Store { id, from, left });
        self.spoke(now);
        Ok(())
    }

    /// Takes the head of a PUBLISH, measured by [`peek_head`](crate::peek_head); the payload then goes to
    /// [`receive_payload`](Self::receive_payload). It is acknowledged after its last byte.
    ///
    /// The event is [`Event::Head`], or nothing if the message is a repetition: its payload must be handed
    /// in all the same.
    ///
    /// # Errors
    /// As [`receive`](Self::receive).
    ///
    /// ```
    #[doc = include_str!("doc/server.in")]
    /// let mut stream = &b"\x32\x0b\x00\x01t\x00\x09first later"[..];
    /// let Peek::Frame { len } = peek_head(stream, session.version(), 256)? else { panic!() };
    /// let (head, rest) = stream.split_at(len);
    /// stream = &rest[..4]; // what has come so far
    /// assert!(matches!(session.receive_head(now, head, &mut out)?, Some(Event::Head { payload_len: 6, .. })));
    /// let event = session.receive_payload(now, &mut stream, &mut out)?;
    /// assert!(matches!(event, Some(Event::Piece { bytes: b"firs", last: false })));
    /// assert!(stream.is_empty() && out.is_empty());
    /// stream = &rest[4..];
    /// let event = session.receive_payload(now, &mut stream, &mut out)?;
    /// assert!(matches!(event, Some(Event::Piece { bytes: b"t ", last: true })));
    /// assert_eq!((stream, out.written()), (&b"later"[..], &b"\x40\x02\x00\x09"[..]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn receive_head<'a>(
        &'a mut self,
        now: Duration,
        head: &'a [u8],
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'a>>, S> {
        self.listening()?;
        let rules = self.rules();
        let decoded = match PublishHead::decode(head, rules.limited(Limits::packet(u32::MAX))) {
            Ok(decoded) => decoded,
            Err(error) => return self.fault(now, Fault::Malformed(error), error.reason(), out),
        };
        let PublishHead { publish, payload_len } = decoded;
        if head.len().saturating_add(usize::try_from(payload_len).unwrap_or(usize::MAX))
            > usize::try_from(self.packet_most).unwrap_or(usize::MAX)
        {
            return self.fault(now, Fault::TooLarge, ReasonCode::PacketTooLarge, out);
        }
        if self.phase != Phase::Online {
            return self.fault(now, Fault::Unexpected(PacketType::Publish), ReasonCode::ProtocolError, out);
        }
        if let Err((fault, reason)) = self.check_alias(&publish) {
            return self.fault(now, fault, reason, out);
        }
        let (arrival, id) = match publish.qos {
            Delivery::AtMostOnce => (Arrival::New, None),
            Delivery::AtLeastOnce(id) | Delivery::ExactlyOnce(id) => {
                match self.judge_publish(id, publish.qos) {
                    Ok(arrival) => (arrival, Some(id)),
                    Err((fault, reason)) => return self.fault(now, fault, reason, out),
                }
            }
        };
        self.learn_alias(&publish);
        self.incoming = Some(Incoming { payload: decoded.payload(), delivery: publish.qos, arrival });
        self.heard(now);
        let repeated = id.is_some() && arrival != Arrival::New;
        Ok((!repeated).then_some(Event::Head { publish: resolved(publish, &self.aliases_in), payload_len }))
    }

    /// Takes the next part of a payload off the front of `chunk`; what is left in it is the next packet.
    /// A payload of no bytes is finished by a chunk of none.
    ///
    /// The event is [`Event::Piece`], or nothing if the message is a repetition.
    ///
    /// # Errors
    /// [`SessionError::Misuse`] if no payload is being received; `chunk` is unchanged.
    pub fn receive_payload<'a>(
        &mut self,
        now: Duration,
        chunk: &mut &'a [u8],
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'a>>, S> {
        let Some(Incoming { mut payload, delivery, arrival }) = self.incoming.clone() else {
            return Err(SessionError::Misuse("no payload is being received in pieces"));
        };
        let mut rest = *chunk;
        let bytes = match payload.take(&mut rest) {
            Ok(bytes) => bytes,
            Err(error) => {
                let event = self.fault(now, Fault::Malformed(error), error.reason(), out)?;
                *chunk = &[];
                return Ok(event);
            }
        };
        let last = payload.is_complete();
        if last {
            self.finish_message(now, delivery, arrival, None, out)?;
            self.incoming = None;
        } else {
            self.incoming = Some(Incoming { payload, delivery, arrival });
        }
        self.heard(now);
        *chunk = rest;
        let tell = delivery == Delivery::AtMostOnce || arrival == Arrival::New;
        Ok(tell.then_some(Event::Piece { bytes, last }))
    }

    /// What a PUBLISH of QoS 1 or 2 is, or why it must not be.
    #[inline]
    pub(super) fn judge_publish(
        &mut self,
        id: PacketId,
        delivery: Delivery,
    ) -> core::result::Result<Arrival, (Fault, ReasonCode)> {
        let twice = matches!(delivery, Delivery::ExactlyOnce(_));
        let known = self.received.get(id.get());
        let arrival = arrive(known.map(|cell| cell.state), PacketType::Publish, twice);
        if !known.is_some_and(|cell| cell.counted) && self.inbound >= self.inbound_most {
            return Err((Fault::ReceiveMaximum, ReasonCode::ReceiveMaximumExceeded));
        }
        if !matches!(arrival, Arrival::New | Arrival::Again | Arrival::Pending) {
            return Err((Fault::Unexpected(PacketType::Publish), ReasonCode::ProtocolError));
        }
        let remembers = twice || self.manners.acknowledge == Acknowledge::Manual;
        if arrival == Arrival::New && remembers && !self.received.reserve() {
            return Err((Fault::ReceiveMaximum, ReasonCode::ReceiveMaximumExceeded));
        }
        Ok(arrival)
    }

    /// What is to be done once all of a message is here: the packet, unless it came in pieces.
    #[inline]
    pub(super) fn finish_message(
        &mut self,
        now: Duration,
        delivery: Delivery,
        arrival: Arrival,
        whole: Option<Publish<'_>>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), S> {
        let (id, kind, twice) = match delivery {
            Delivery::AtMostOnce => return Ok(()),
            Delivery::AtLeastOnce(id) => (id, PacketType::PubAck, false),
            Delivery::ExactlyOnce(id) => (id, PacketType::PubRec, true),
        };
        let ack = Ack::new(id);
        match arrival {
            Arrival::Again => {
                self.send_ack(now, kind, &ack, out)?;
                self.count_in(id);
                return Ok(());
            }
            Arrival::Pending => {
                self.count_in(id);
                self.enqueue(id);
                return Ok(());
            }
            _ => {}
        }
        let auto = self.manners.acknowledge == Acknowledge::Auto;
        if auto {
            self.check_ack(kind, &ack, out)?;
        }
        if twice {
            let whole = whole.map(|publish| resolved(publish, &self.aliases_in));
            let record = whole.as_ref().map_or(Record::Taken(id), Record::Publish);
            self.store.put(Slot::Received(id), &record).map_err(SessionError::Store)?;
        }
        let state = match (auto, twice) {
            (true, false) => None,
            (true, true) => Some(Received::Recorded),
            (false, false) => Some(Received::Once),
            (false, true) => Some(Received::Twice),
        };
        if let Some(state) = state {
            self.received.insert(ReceivedCell { id: id.get(), state, ..ReceivedCell::EMPTY });
            self.count_in(id);
        }
        if auto {
            self.send_ack(now, kind, &ack, out)?;
        } else {
            self.enqueue(id);
        }
        Ok(())
    }

    /// Whether packets are listened to, and none is half here.
    #[inline]
    pub(super) fn listening(&self) -> Result<(), S> {
        if matches!(self.phase, Phase::Offline | Phase::Closing) {
            return Err(SessionError::Phase(self.phase));
        }
        if self.incoming.is_some() {
            return Err(SessionError::Later(Later::Receiving));
        }
        Ok(())
    }

    /// Forgets payloads that the end of the connection has cut off.
    pub(super) fn drop_pieces(&mut self) {
        self.incoming = None;
        if let Some(Outgoing::Caller { exchange: Some(id), .. }) = self.outgoing.take() {
            self.sent.remove(id.get());
        }
    }
}

/// The head of a record on its way into a store that takes pieces.
struct Push<'s, E> {
    store: &'s mut dyn Streamed<Error = E>,
    left: usize,
    error: Option<E>,
}

impl<E> Out for Push<'_, E> {
    fn room(&self) -> usize {
        self.left
    }

    fn put(&mut self, bytes: &[u8]) {
        if self.error.is_none() {
            self.left = self.left.saturating_sub(bytes.len());
            self.error = self.store.push(bytes).err();
        }
    }
}
