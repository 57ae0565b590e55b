//! Bounds and times of a flow.

use core::time::Duration;

use crate::envelope::Reading;
use crate::topic::MAX_TOPIC;

/// Bounds on everything a peer can make grow, and how long to wait.
///
/// ```
/// use alink::Config;
///
/// let mut config = Config::coap();
/// config.max_pending = 4;
/// assert_eq!(config.max_payload, 1024);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// How long to wait for the answer to a request (10 s).
    pub request_timeout: Duration,
    /// Requests that may wait for an answer at once (32).
    pub max_pending: usize,
    /// How long a call on an RRPC topic may be answered; its caller waits no longer than 8 s.
    pub rrpc_timeout: Duration,
    /// How long any other call may be answered (60 s); no deadline is documented.
    pub call_timeout: Duration,
    /// Calls that may be unanswered at once (16); another one is refused with code 429.
    pub max_calls: usize,
    /// Longest topic in bytes, without the prefix of a custom RRPC (128).
    pub max_topic: usize,
    /// Largest payload in bytes, in and out (256 KB).
    pub max_payload: usize,
    /// `sys.ack` of requests: left out by default, which asks for an answer.
    pub ack: Option<bool>,
    /// Whether requests carry their `method`.
    pub method: bool,
    /// Id of the first request. Ids must be unique for a day: go on behind the last one after a
    /// restart.
    pub first_id: u32,
    /// How much to overlook in what the platform sends.
    pub reading: Reading,
}

impl Config {
    /// The limits of MQTT access.
    #[must_use]
    pub const fn mqtt() -> Self {
        Self {
            request_timeout: Duration::from_secs(10),
            max_pending: 32,
            rrpc_timeout: Duration::from_secs(8),
            call_timeout: Duration::from_secs(60),
            max_calls: 16,
            max_topic: MAX_TOPIC,
            max_payload: 256 * 1024,
            ack: None,
            method: true,
            first_id: 1,
            reading: Reading::Tolerant,
        }
    }

    /// The limits of CoAP access: payloads of at most 1 KB, and fewer of them.
    #[must_use]
    pub const fn coap() -> Self {
        Self { max_payload: 1024, max_pending: 8, max_calls: 4, ..Self::mqtt() }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::mqtt()
    }
}
