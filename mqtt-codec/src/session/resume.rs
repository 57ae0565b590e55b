//! What is sent again on the next connection.

use core::time::Duration;

use super::pieces::Outgoing;
use super::transitions::Sent;
use super::wire::Wire;
use super::{Later, Phase, Result, SentCell, Session, SessionError};
use crate::{
    Ack, Out, PacketId, PacketType, Peek, Publish, PublishHead, Rules, Slot, Store, Version, peek_head,
};

impl<S: Store> Session<'_, S> {
    /// Continues the session after the server has said that it kept it, and says how long no session was
    /// there to count: what was stored then has aged. Without a restart in between, `away` is zero, and
    /// calling [`handle_timeout`](Self::handle_timeout) alone does the same.
    ///
    /// # Errors
    /// As every call.
    ///
    /// ```
    #[doc = include_str!("doc/client.in")]
    /// let message = Message::new(TopicName::new("t")?, b"x").qos(Qos::AtLeastOnce);
    /// session.publish(now, &message, &mut out)?;
    /// session.transport_lost(now);
    /// let connect = Connect { clean_start: false, ..Connect::new(Version::V311, Text::new("pump-7")?) };
    /// session.connect(now, &connect, &mut out)?;
    /// session.receive(now, b"\x20\x02\x01\x00", &mut out)?; // session present
    /// out.clear();
    /// session.resume(now, Duration::ZERO, &mut out)?;
    /// assert_eq!(out.written(), b"\x3a\x06\x00\x01t\x00\x01x", "with DUP");
    /// # Ok(())
    /// # }
    /// ```
    pub fn resume(&mut self, now: Duration, away: Duration, out: &mut (impl Out + ?Sized)) -> Result<(), S> {
        self.expect(Phase::Online)?;
        if !away.is_zero() {
            self.store.age(away).map_err(SessionError::Store)?;
            let seconds = u32::try_from(away.as_secs()).unwrap_or(u32::MAX);
            for cell in self.sent.iter_mut() {
                cell.age = cell.age.saturating_add(seconds);
            }
        }
        if self.can_replay() { self.replay_one(now, out) } else { Ok(()) }
    }

    /// Publishes a [lost](Self::lost) message once more, as a new one, under its identifier.
    ///
    /// # Errors
    /// [`SessionError::NoExchange`] if it is not lost, or not a message; [`SessionError::Later`] while the
    /// peer takes no more messages.
    ///
    /// ```
    #[doc = include_str!("doc/client.in")]
    /// let message = Message::new(TopicName::new("t")?, b"x").qos(Qos::AtLeastOnce);
    /// session.publish(now, &message, &mut out)?;
    /// session.transport_lost(now);
    /// let connect = Connect { clean_start: false, ..Connect::new(Version::V311, Text::new("pump-7")?) };
    /// session.connect(now, &connect, &mut out)?;
    /// session.receive(now, b"\x20\x02\x00\x00", &mut out)?; // the server knows of no session
    /// out.clear();
    /// // It may have had the message before it forgot. The application knows whether twice is too often.
    /// let id = session.lost().next().expect("one message").id;
    /// session.republish(now, id, &mut out)?;
    /// assert_eq!(out.written(), b"\x32\x06\x00\x01t\x00\x01x", "without DUP");
    /// # Ok(())
    /// # }
    /// ```
    pub fn republish(&mut self, now: Duration, id: PacketId, out: &mut (impl Out + ?Sized)) -> Result<(), S> {
        self.expect(Phase::Online)?;
        let known = self
            .sent
            .get(id.get())
            .filter(|cell| cell.lost && matches!(cell.state, Sent::Once | Sent::Twice));
        let Some(&cell) = known else { return Err(SessionError::NoExchange(id)) };
        if self.quota == 0 {
            return Err(SessionError::Later(Later::Quota));
        }
        self.send_stored(now, id, cell, false, out)
    }

    /// Whether a message of the last connection can go out now.
    pub(super) fn can_replay(&self) -> bool {
        self.phase == Phase::Online && self.replay.is_some() && self.quota > 0
    }

    /// Sends again the next record of the last connection that was not acknowledged: PUBLISH with DUP,
    /// or PUBREL, under its old identifier [MQTT-4.4.0-1].
    pub(super) fn replay_one(&mut self, now: Duration, out: &mut (impl Out + ?Sized)) -> Result<(), S> {
        while let Some(slot) = self.replay {
            let cell = match slot {
                Slot::Sent(id) => {
                    self.sent.get(id.get()).filter(|cell| !cell.flying && !cell.lost).map(|cell| (id, *cell))
                }
                _ => None,
            };
            if let Some((id, cell)) = cell {
                self.send_stored(now, id, cell, true, out)?;
            }
            // The record has gone out: a failure to find the next one only means to look for it again,
            // which finds this one under way.
            match self.next_sent(Some(slot)) {
                Ok(next) => self.replay = next,
                Err(_) if cell.is_some() => {}
                Err(error) => return Err(error),
            }
            if cell.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// Sends what the store holds under `id`: a repetition of what the peer may have, or a new message.
    /// What does not fit in the output, or is not lent at once, follows piece by piece.
    fn send_stored(
        &mut self,
        now: Duration,
        id: PacketId,
        cell: SentCell,
        dup: bool,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), S> {
        if cell.state == Sent::Released {
            self.send_ack(now, PacketType::PubRel, &Ack::new(id), out)?;
        } else {
            self.check_room(0, out)?;
            let lent = self.store.get(Slot::Sent(id), 0).map_err(SessionError::Store)?;
            let broken = SessionError::Misuse("the store holds something else than it was given");
            let Ok(Peek::Frame { len: head_len }) = peek_head(lent, Version::V5, u32::MAX) else {
                return Err(broken);
            };
            let Some((head, lent)) = lent.split_at_checked(head_len) else { return Err(broken) };
            let Ok(PublishHead { publish, payload_len }) = PublishHead::decode(head, Rules::new(Version::V5))
            else {
                return Err(broken);
            };
            let payload_len = usize::try_from(payload_len).unwrap_or(usize::MAX);
            // [MQTT-3.3.2-6]: what the message has waited is taken off its expiry interval.
            let waited = now.saturating_sub(Duration::from_nanos(cell.since)).as_secs();
            let waited = u32::try_from(waited).unwrap_or(u32::MAX).saturating_add(cell.age);
            let expiry = publish.properties.message_expiry().map(|expiry| expiry.saturating_sub(waited));
            let wire = Wire { publish: Publish { dup, ..publish }, alias: None, expiry };
            let whole = wire.len(self.version, payload_len)?;
            if self
                .peer
                .packet_maximum
                .is_some_and(|most| usize::try_from(most).is_ok_and(|most| whole > most))
            {
                // [MQTT-3.1.2-25]: it goes as if it had been sent; nobody will acknowledge it.
                if let Some(cell) = self.sent.get_mut(id.get()) {
                    cell.lost = true;
                }
                return Ok(());
            }
            let needed = whole - payload_len + payload_len.min(1);
            if out.room() < needed {
                return Err(SessionError::NoRoom { needed });
            }
            wire.encode_head(self.version, payload_len, out)?;
            let piece = lent.get(..lent.len().min(payload_len).min(out.room())).unwrap_or_default();
            out.put(piece);
            let left = payload_len - piece.len();
            if left > 0 {
                self.outgoing = Some(Outgoing::Store { id, from: head_len + piece.len(), left });
            }
            self.spoke(now);
            self.take_quota(id);
        }
        if let Some(cell) = self.sent.get_mut(id.get()) {
            cell.flying = true;
            cell.lost = false;
        }
        Ok(())
    }

    /// The first record of a sent message behind `after`.
    pub(super) fn next_sent(&mut self, mut after: Option<Slot>) -> Result<Option<Slot>, S> {
        loop {
            match self.store.next(after).map_err(SessionError::Store)? {
                Some(entry) if !matches!(entry.slot, Slot::Sent(_)) => after = Some(entry.slot),
                entry => return Ok(entry.map(|entry| entry.slot)),
            }
        }
    }

    /// Moves the replay past a record that is about to go.
    #[inline(always)]
    pub(super) fn skip_in_replay(&mut self, slot: Slot) -> Result<(), S> {
        if self.replay.is_some() { self.skip(slot) } else { Ok(()) }
    }

    #[inline(never)]
    fn skip(&mut self, slot: Slot) -> Result<(), S> {
        if self.replay == Some(slot) {
            self.replay = self.next_sent(Some(slot))?;
        }
        Ok(())
    }
}
