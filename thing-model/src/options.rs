//! How payloads are judged: one switch for each question the platform's documents leave open.

use core::time::Duration;

/// How much of the model a payload is held against; fixed for a product when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Level {
    /// Everything: type, range, length, enum item. Only passing data is kept and forwarded.
    #[default]
    Strong,
    /// Identifiers and types only (弱校验). All is forwarded; failed parts are marked.
    Weak,
    /// Nothing but JSON itself (免校验).
    None,
}

/// What the length of a text counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum TextUnit {
    /// Unicode scalar values.
    #[default]
    Characters,
    /// Bytes of UTF-8.
    Bytes,
}

/// The switches. [`Options::default`] is the recommended reading of the platform's documents; the default of each field
/// is told with it.
///
/// ```
/// use thing_model::{Level, Options};
/// let mut options = Options::default();
/// options.level = Level::Weak;
/// assert_eq!(options.max_properties, 200);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Default: strong.
    pub level: Level,
    /// `220` is a float. Default: yes.
    pub integer_as_float: bool,
    /// `32.0` and `1e2` are ints. Default: no.
    pub whole_float_as_int: bool,
    /// A number is a date. Default: no.
    pub number_as_date: bool,
    /// `true` and `false` are bools. Default: no.
    pub literal_as_bool: bool,
    /// Default: characters.
    pub text_unit: TextUnit,
    /// An array must have exactly `size` items. Default: no, it may be shorter, also empty.
    pub exact_arrays: bool,
    /// Numbers must lie on the grid of `step`, counted from `min`. Default: no.
    pub steps: bool,
    /// Struct members, inputs and outputs must all be there. Default: no.
    pub complete: bool,
    /// The outputs of an event may stand without the `{value, time}` around them. Default: yes.
    pub bare_events: bool,
    /// A name given twice in one object is a violation; else each is checked, and the platform takes the last. Default: yes.
    pub duplicates: bool,
    /// Entries of one property map. Default: 200.
    pub max_properties: u32,
    /// Entries of one event map. Default: 20.
    pub max_events: u32,
    /// Sub-devices of one pack. Default: 20.
    pub max_devices: u32,
    /// How far `time` may be ahead of the wall clock. Default: 24 hours.
    pub max_ahead: Duration,
    /// Bytes of a payload; longer ones are malformed. Default: 16 MiB.
    pub max_bytes: usize,
    /// Open containers, 16..=127; more is malformed. Default: 127.
    pub max_depth: u8,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            level: Level::Strong,
            integer_as_float: true,
            whole_float_as_int: false,
            number_as_date: false,
            literal_as_bool: false,
            text_unit: TextUnit::Characters,
            exact_arrays: false,
            steps: false,
            complete: false,
            bare_events: true,
            duplicates: true,
            max_properties: 200,
            max_events: 20,
            max_devices: 20,
            max_ahead: Duration::from_secs(24 * 60 * 60),
            max_bytes: 16 * 1024 * 1024,
            max_depth: crate::json::MAX_DEPTH,
        }
    }
}

/// The time of day, as far as the caller knows it; a kind of its own so that it never meets a monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallClock {
    millis: u64,
}

impl WallClock {
    /// Not known: no `time` is ever too far ahead.
    pub const UNKNOWN: Self = Self { millis: u64::MAX };

    /// Milliseconds since 1970 UTC.
    #[must_use]
    pub const fn from_unix_millis(millis: u64) -> Self {
        Self { millis }
    }

    /// Since 1970 UTC.
    #[must_use]
    pub fn from_unix(time: Duration) -> Self {
        Self { millis: u64::try_from(time.as_millis()).unwrap_or(u64::MAX) }
    }

    /// The greatest `time` a payload may carry.
    pub(crate) fn latest(self, ahead: Duration) -> i64 {
        let latest = self.millis.saturating_add(u64::try_from(ahead.as_millis()).unwrap_or(u64::MAX));
        i64::try_from(latest).unwrap_or(i64::MAX)
    }

    /// The first eight of the thirteen digits of that time, first digit highest; what sorts before them is earlier for certain.
    pub(crate) fn latest_head(self, ahead: Duration) -> u64 {
        match self.latest(ahead) {
            // The years 2001 to 2286.
            latest @ 1_000_000_000_000..10_000_000_000_000 => {
                let mut rest = latest.unsigned_abs() / 100_000;
                (0..8).fold(0, |head, _| {
                    let digit = u64::from(b'0') + rest % 10;
                    rest /= 10;
                    head >> 8 | digit << 56
                })
            }
            10_000_000_000_000.. => u64::MAX,
            _ => 0,
        }
    }
}
