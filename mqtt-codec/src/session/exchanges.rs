//! Exchanges that we begin: their identifiers, and giving them up.

use core::time::Duration;

use super::table::Vacancy;
use super::timers::nanos;
use super::transitions::Sent;
use super::{Result, SentCell, Session, SessionError, Timer};
use crate::{PacketId, Slot, Store};

/// An exchange that can begin.
#[derive(Clone, Copy)]
pub(super) struct Fresh {
    pub(super) id: PacketId,
    /// Where its cell will be.
    place: Vacancy,
    pub(super) state: Sent,
}

impl<S: Store> Session<'_, S> {
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

    /// The next identifier, if its cell is free, as it nearly always is.
    #[inline(always)]
    pub(super) fn next_fresh(&self, state: Sent) -> Option<Fresh> {
        let id = Ids(self.last_id).next()?;
        Some(Fresh { id, place: self.sent.vacant_home(id.get())?, state })
    }

    /// An identifier that no exchange uses, with a cell for it.
    pub(super) fn fresh(&mut self, state: Sent) -> Result<Fresh, S> {
        if !self.sent.reserve() {
            return Err(SessionError::Full);
        }
        // Of so many, one more than there are in use, one is free.
        let free = |id: PacketId| Some(Fresh { id, place: self.sent.vacancy(id.get())?, state });
        Ids(self.last_id).take(self.sent.len() + 1).find_map(free).ok_or(SessionError::Full)
    }

    #[inline(always)]
    pub(super) fn begin(
        &mut self,
        now: Duration,
        Fresh { id, place, state }: Fresh,
        deadline: Option<Duration>,
    ) {
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

    /// §4.9: one message more that the peer has to acknowledge.
    #[inline]
    pub(super) fn take_quota(&mut self, id: PacketId) {
        self.quota = self.quota.saturating_sub(1);
        if let Some(cell) = self.sent.get_mut(id.get()) {
            cell.counted = true;
        }
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
