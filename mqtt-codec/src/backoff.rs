//! When to connect again after a failure: a calculator that knows neither a clock nor a random generator.

use core::time::Duration;

use crate::ReasonCode;

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Advice {
    /// Connect again after this time.
    After(Duration),
    /// Connect after this time, but to the server that the Server Reference of the packet names
    /// (5.0 §4.13); for good if `moved`.
    Elsewhere {
        /// Whether the server has moved, so that the new address is to be kept.
        moved: bool,
        /// How long to wait.
        after: Duration,
    },
    /// Do not connect again with what you have: the same CONNECT will fail the same way, or take the
    /// session from whoever took it from you.
    Never(ReasonCode),
}

/// Exponential back-off with jitter: each failure in a row doubles the step, and the delay is drawn
/// from its upper half, so that a fleet that lost its server does not return all at once.
///
/// ```
/// use core::time::Duration;
/// use mqtt_codec::{Advice, Backoff, ReasonCode};
///
/// let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
/// let entropy = 0x9E37_79B9; // from your random generator, a new one each time
/// assert!(matches!(backoff.failed(None, entropy), Advice::After(delay) if delay <= Duration::from_secs(1)));
/// assert!(matches!(backoff.failed(None, entropy), Advice::After(delay) if delay >= Duration::from_secs(1)));
/// // The server asks for patience:
/// assert!(matches!(
///     backoff.failed(Some(ReasonCode::ConnectionRateExceeded), entropy),
///     Advice::After(delay) if delay >= Duration::from_secs(30)
/// ));
/// // Nothing will change by itself:
/// let advice = backoff.failed(Some(ReasonCode::BadUserNameOrPassword), entropy);
/// assert_eq!(advice, Advice::Never(ReasonCode::BadUserNameOrPassword));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    most: Duration,
    failures: u32,
}

impl Backoff {
    /// Steps from `first` to `most`; at least 1 ms, and `most` is at least `first`.
    #[must_use]
    pub fn new(first: Duration, most: Duration) -> Self {
        let first = first.max(Duration::from_millis(1));
        Self { first, most: most.max(first), failures: 0 }
    }

    /// A connection was refused, broke, or could not be made. `reason` is what the server said in CONNACK
    /// or DISCONNECT, `entropy` any 32 random bits.
    pub fn failed(&mut self, reason: Option<ReasonCode>, entropy: u32) -> Advice {
        if let Some(reason) = reason
            && is_final(reason)
        {
            return Advice::Never(reason);
        }
        let after = self.delay(reason.is_some_and(wants_patience), entropy);
        self.failures = self.failures.saturating_add(1);
        match reason {
            Some(ReasonCode::UseAnotherServer) => Advice::Elsewhere { moved: false, after },
            Some(ReasonCode::ServerMoved) => Advice::Elsewhere { moved: true, after },
            _ => Advice::After(after),
        }
    }

    /// A connection that was accepted has held for `uptime`. Only one that outlives the last step ends
    /// the row of failures, so a server that accepts and drops at once is not hammered.
    pub fn held(&mut self, uptime: Duration) {
        if uptime >= self.step() {
            self.failures = 0;
        }
    }

    /// Failures in a row.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// The step of the next failure: the longest its delay can be.
    fn step(&self) -> Duration {
        let factor = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.most)
    }

    fn delay(&self, patient: bool, entropy: u32) -> Duration {
        // A server that counts connections or bytes counts per minute or so: begin where the row would end.
        let step = if patient { self.most } else { self.step() };
        let half = step / 2;
        let nanos = (half.as_nanos() * u128::from(entropy)) >> 32;
        half.saturating_add(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }
}

/// 0x97 and 0x9F: the server counts, and coming back soon only adds to the count.
fn wants_patience(reason: ReasonCode) -> bool {
    matches!(
        reason,
        ReasonCode::QuotaExceeded | ReasonCode::ConnectionRateExceeded | ReasonCode::MessageRateTooHigh
    )
}

/// Reasons that the same CONNECT will meet again, and take-over: going on would only play ping-pong.
fn is_final(reason: ReasonCode) -> bool {
    matches!(
        reason,
        ReasonCode::MalformedPacket
            | ReasonCode::ProtocolError
            | ReasonCode::UnsupportedProtocolVersion
            | ReasonCode::ClientIdentifierNotValid
            | ReasonCode::BadUserNameOrPassword
            | ReasonCode::NotAuthorized
            | ReasonCode::Banned
            | ReasonCode::BadAuthenticationMethod
            | ReasonCode::SessionTakenOver
            | ReasonCode::TopicNameInvalid
            | ReasonCode::PacketTooLarge
            | ReasonCode::PayloadFormatInvalid
            | ReasonCode::RetainNotSupported
            | ReasonCode::QosNotSupported
    )
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::{Advice, Backoff};
    use crate::ReasonCode;

    fn after(advice: Advice) -> Duration {
        match advice {
            Advice::After(delay) => delay,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn steps_double_to_the_most() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(10));
        for longest in [999, 1999, 3999, 7999, 9999, 9999] {
            assert_eq!(after(backoff.failed(None, u32::MAX)).as_millis(), longest);
        }
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(10));
        for shortest in [500, 1000, 2000, 4000, 5000, 5000] {
            assert_eq!(after(backoff.failed(None, 0)).as_millis(), shortest);
        }
    }

    #[test]
    fn no_number_of_failures_overflows() {
        let mut backoff = Backoff::new(Duration::MAX, Duration::MAX);
        for _ in 0..100 {
            let _ = backoff.failed(None, u32::MAX);
        }
        let mut backoff = Backoff::new(Duration::ZERO, Duration::ZERO);
        assert!(after(backoff.failed(None, u32::MAX)) <= Duration::from_millis(1));
    }

    #[test]
    fn only_a_connection_that_holds_ends_the_row() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        for _ in 0..4 {
            let _ = backoff.failed(None, 0);
        }
        backoff.held(Duration::from_secs(15));
        assert_eq!(backoff.failures(), 4);
        backoff.held(Duration::from_secs(16));
        assert_eq!(backoff.failures(), 0);
    }

    #[test]
    fn the_server_is_listened_to() {
        let most = Duration::from_secs(100);
        let mut backoff = Backoff::new(Duration::from_secs(1), most);
        assert_eq!(after(backoff.failed(Some(ReasonCode::QuotaExceeded), 0)), most / 2);
        assert_eq!(
            backoff.failed(Some(ReasonCode::SessionTakenOver), 0),
            Advice::Never(ReasonCode::SessionTakenOver)
        );
        assert_eq!(backoff.failures(), 1, "what is final is no step");
        assert_eq!(
            backoff.failed(Some(ReasonCode::ServerMoved), 0),
            Advice::Elsewhere { moved: true, after: Duration::from_secs(1) }
        );
        assert_eq!(after(backoff.failed(Some(ReasonCode::ServerBusy), 0)), Duration::from_secs(2));
    }
}
