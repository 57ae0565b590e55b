//! Transmission parameters (RFC 7252 §4.8) and the times derived from them.

use core::time::Duration;

/// Transmission parameters. The default is the table of RFC 7252 §4.8.
///
/// ```
/// use core::time::Duration;
/// use coap_codec::endpoint::Params;
///
/// let params = Params::default();
/// assert_eq!(params.max_transmit_span(), Duration::from_secs(45));
/// assert_eq!(params.max_transmit_wait(), Duration::from_secs(93));
/// assert_eq!(params.max_rtt(), Duration::from_secs(202));
/// assert_eq!(params.exchange_lifetime(), Duration::from_secs(247));
/// assert_eq!(params.non_lifetime(), Duration::from_secs(145));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Params {
    /// ACK_TIMEOUT: the shortest wait before the first retransmission. 2 s; not below 1 s without other
    /// congestion control.
    pub ack_timeout: Duration,
    /// ACK_RANDOM_FACTOR in percent: how much longer the first wait may be. 150, not below 100.
    pub ack_random_percent: u16,
    /// MAX_RETRANSMIT: how often a message is sent again. 4.
    pub max_retransmit: u8,
    /// NSTART: interactions under way with one peer, more of which wait. 1.
    pub nstart: u16,
    /// DEFAULT_LEISURE: over which time answers to multicast are spread. 5 s.
    pub leisure: Duration,
    /// PROBING_RATE in bytes per second: what a silent peer is sent on average without acknowledgements. 1;
    /// zero means no bound.
    pub probing_rate: u32,
    /// MAX_LATENCY: the longest a datagram is on its way. 100 s.
    pub max_latency: Duration,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            ack_timeout: Duration::from_secs(2),
            ack_random_percent: 150,
            max_retransmit: 4,
            nstart: 1,
            leisure: Duration::from_secs(5),
            probing_rate: 1,
            max_latency: Duration::from_secs(100),
        }
    }
}

impl Params {
    /// From the first transmission of a confirmable message to its last (§4.8.2).
    #[must_use]
    pub fn max_transmit_span(&self) -> Duration {
        self.longest(self.max_retransmit)
    }

    /// From the first transmission of a confirmable message until no acknowledgement is expected (§4.8.2).
    #[must_use]
    pub fn max_transmit_wait(&self) -> Duration {
        self.longest(self.max_retransmit.saturating_add(1))
    }

    /// The longest way there and back, processing included (§4.8.2).
    #[must_use]
    pub fn max_rtt(&self) -> Duration {
        self.max_latency.saturating_mul(2).saturating_add(self.ack_timeout)
    }

    /// From sending a confirmable message until its id may be used again (§4.8.2).
    #[must_use]
    pub fn exchange_lifetime(&self) -> Duration {
        self.max_transmit_span().saturating_add(self.max_rtt())
    }

    /// From sending a non-confirmable message until its id may be used again (§4.8.2).
    #[must_use]
    pub fn non_lifetime(&self) -> Duration {
        self.max_transmit_span().saturating_add(self.max_latency)
    }

    /// The waits of `doublings` transmissions, each as long as can be.
    fn longest(&self, doublings: u8) -> Duration {
        let waits = 1_u32.checked_shl(doublings.into()).map_or(u32::MAX, |power| power - 1);
        self.ack_timeout.saturating_mul(waits).saturating_mul(self.ack_random_percent.max(100).into()) / 100
    }
}
