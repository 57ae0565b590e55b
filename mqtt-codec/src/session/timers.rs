//! The deadlines of a session: one cell for each.

use core::time::Duration;

/// What happens when a deadline passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// The connection is not accepted in time.
    Connect,
    /// Client: PINGREQ is due. Server: the client was silent for too long.
    KeepAlive,
    /// PINGRESP did not come.
    Ping,
    /// The earliest deadline of an exchange may have passed; never later than it, at times earlier.
    Exchange,
    /// The will of the peer is due.
    Will,
    /// The session ends.
    Expiry,
}

const COUNT: usize = Timer::Expiry as usize + 1;

/// Deadlines by timer. `Duration::MAX` stands for none, which compares as it should.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timers([Duration; COUNT]);

impl Timers {
    pub(crate) const NONE: Self = Self([Duration::MAX; COUNT]);

    #[inline]
    pub(crate) fn set(&mut self, timer: Timer, at: Duration) {
        self.0[timer as usize] = at;
    }

    #[inline]
    pub(crate) fn clear(&mut self, timer: Timer) {
        self.0[timer as usize] = Duration::MAX;
    }

    #[inline]
    pub(crate) fn bring_forward(&mut self, timer: Timer, at: Duration) {
        let cell = &mut self.0[timer as usize];
        *cell = (*cell).min(at);
    }

    #[inline]
    pub(crate) fn is_set(&self, timer: Timer) -> bool {
        self.0[timer as usize] != Duration::MAX
    }

    #[inline]
    pub(crate) fn is_due(&self, timer: Timer, now: Duration) -> bool {
        self.is_set(timer) && self.0[timer as usize] <= now
    }

    /// The earliest deadline.
    #[inline]
    pub(crate) fn earliest(&self) -> Option<Duration> {
        self.0.into_iter().min().filter(|&at| at != Duration::MAX)
    }
}
