//! What time does.

use core::time::Duration;

use super::pieces::Outgoing;
use super::timers::nanos;
use super::{Event, Fault, Phase, Result, Session, SessionError, Timer};
use crate::{Out, Packet, PacketId, ReasonCode, Role, Rules, Slot, Store, Version};

impl<S: Store> Session<'_, S> {
    /// When to call [`handle_timeout`](Self::handle_timeout): never (`None`), at a moment to come, or
    /// at once if that moment has passed.
    ///
    /// ```
    #[doc = include_str!("doc/client.in")]
    /// let at = session.next_timeout().expect("keep-alive");
    /// assert_eq!(at, now + Duration::from_secs(60));
    /// assert!(session.handle_timeout(at, &mut out)?.is_none());
    /// assert_eq!(out.written(), b"\xc0\x00", "PINGREQ");
    /// assert_eq!(session.next_timeout(), Some(at + Duration::from_secs(20)), "PINGRESP must come");
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn next_timeout(&self) -> Option<Duration> {
        if self.has_work() { Some(Duration::ZERO) } else { self.timers.earliest() }
    }

    /// Whether something is due that waits for no clock.
    #[inline]
    fn has_work(&self) -> bool {
        match self.outgoing {
            Some(Outgoing::Store { .. }) => true,
            Some(Outgoing::Caller { .. }) => false,
            None if self.will_is_out => true,
            None if self.queue.first == 0 && self.replay.is_none() => false,
            None => (self.phase == Phase::Online && self.owes_answer()) || self.can_replay(),
        }
    }

    /// Does one thing that is due, if anything is.
    ///
    /// # Errors
    /// Nothing was done: mend the cause and call again.
    pub fn handle_timeout<'a>(
        &'a mut self,
        now: Duration,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'a>>, S> {
        if self.will_is_out {
            self.store.remove(Slot::Will).map_err(SessionError::Store)?;
            self.will_is_out = false;
            return Ok(None);
        }
        if matches!(self.outgoing, Some(Outgoing::Store { .. })) {
            self.send_from_store(now, out)?;
            return Ok(None);
        }
        let free = self.outgoing.is_none();
        if free && self.phase == Phase::Online && self.owes_answer() {
            self.answer_first(now, out)?;
            return Ok(None);
        }
        if free && self.can_replay() {
            self.replay_one(now, out)?;
            return Ok(None);
        }
        if self.timers.is_due(Timer::Connect, now) {
            return self.fault(now, Fault::NoConnAck, ReasonCode::UnspecifiedError, out);
        }
        if self.timers.is_due(Timer::Ping, now) {
            return self.fault(now, Fault::NoPingResponse, ReasonCode::UnspecifiedError, out);
        }
        if self.timers.is_due(Timer::KeepAlive, now) {
            return self.keep_alive(now, out);
        }
        if self.timers.is_due(Timer::Exchange, now) {
            return Ok(self.overdue(now).map(Event::Overdue));
        }
        if self.timers.is_due(Timer::Will, now) {
            return self.will_due();
        }
        if self.timers.is_due(Timer::Expiry, now) {
            self.clear()?;
            self.timers.clear(Timer::Expiry);
            return Ok(Some(Event::Expired));
        }
        Ok(None)
    }

    fn keep_alive<'a>(
        &mut self,
        now: Duration,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'a>>, S> {
        if self.role == Role::Server {
            return self.fault(now, Fault::KeepAlive, ReasonCode::KeepAliveTimeout, out);
        }
        if self.outgoing.is_some() {
            // Nothing can be sent in the middle of a payload; the next piece of it will do as well.
            self.spoke(now);
            return Ok(None);
        }
        self.send(now, &Packet::PingReq, out)?;
        if let Some(patience) = self.manners.ping_timeout
            && !self.timers.is_set(Timer::Ping)
        {
            self.timers.set(Timer::Ping, now.saturating_add(patience));
        }
        Ok(None)
    }

    /// The first exchange found whose deadline has passed, to be told once.
    fn overdue(&mut self, now: Duration) -> Option<PacketId> {
        let mut late = None;
        let mut next = u64::MAX;
        let now = nanos(now);
        for cell in self.sent.iter_mut() {
            if late.is_none() && cell.deadline <= now {
                cell.deadline = u64::MAX;
                late = PacketId::new(cell.id);
            }
            next = next.min(cell.deadline);
        }
        self.timers.clear(Timer::Exchange);
        self.timers.bring_forward(Timer::Exchange, next);
        late
    }

    fn will_due(&mut self) -> Result<Option<Event<'_>>, S> {
        let record = self.store.get(Slot::Will, 0).map_err(SessionError::Store)?;
        let Ok(Packet::Connect(connect)) = Packet::decode(record, Rules::new(Version::V5)) else {
            return Err(SessionError::Misuse("the store holds something else than it was given"));
        };
        self.timers.clear(Timer::Will);
        self.will = None;
        self.will_is_out = true;
        Ok(connect.will.map(Event::Will))
    }
}
