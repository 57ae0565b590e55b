//! What the application answers to the peer: acknowledgements, and the codes for SUBSCRIBE and UNSUBSCRIBE.

use core::time::Duration;

use super::transitions::Received;
use super::{Phase, Result, Session, SessionError};
use crate::{
    Ack, Out, Packet, PacketId, PacketType, Properties, ReasonCode, Slot, Store, SubAck, UnsubAck, Version,
};

impl<S: Store> Session<'_, S> {
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

    /// A reason code as this connection can say it: 3.1.1 has none in acknowledgements.
    pub(super) fn spoken(&self, reason: ReasonCode) -> ReasonCode {
        if self.version == Version::V5 { reason } else { ReasonCode::Success }
    }
}
