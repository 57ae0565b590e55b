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

/// Deadlines by timer, in nanoseconds. `u64::MAX` stands for none, which compares as it should; 584 years are enough.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timers([u64; COUNT]);

impl Timers {
    pub(crate) const NONE: Self = Self([u64::MAX; COUNT]);

    #[inline]
    pub(crate) fn set(&mut self, timer: Timer, at: Duration) {
        self.0[timer as usize] = nanos(at);
    }

    /// Sets a timer to some time from now, in nanoseconds.
    #[inline]
    pub(crate) fn set_after(&mut self, timer: Timer, now: Duration, after: u64) {
        self.0[timer as usize] = nanos(now).saturating_add(after);
    }

    #[inline]
    pub(crate) fn clear(&mut self, timer: Timer) {
        self.0[timer as usize] = u64::MAX;
    }

    #[inline]
    pub(crate) fn bring_forward(&mut self, timer: Timer, at: u64) {
        let cell = &mut self.0[timer as usize];
        *cell = (*cell).min(at);
    }

    #[inline]
    pub(crate) fn is_set(&self, timer: Timer) -> bool {
        self.0[timer as usize] != u64::MAX
    }

    #[inline]
    pub(crate) fn is_due(&self, timer: Timer, now: Duration) -> bool {
        self.is_set(timer) && self.0[timer as usize] <= nanos(now)
    }

    /// The earliest deadline.
    #[inline]
    pub(crate) fn earliest(&self) -> Option<Duration> {
        let at = self.0.into_iter().fold(u64::MAX, u64::min);
        (at != u64::MAX).then(|| Duration::from_nanos(at))
    }
}

/// A moment in nanoseconds, the last one standing for never.
#[inline]
pub(crate) fn nanos(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(time.subsec_nanos()))
}
