//! Observe: which of two notifications is the newer one (RFC 7641 §3.4, §4.4).
//!
//! ```text
//! sequence number:  24 bits, counted round; a number is newer than the 2^23 - 1 behind it
//! ```
//!
//! Contract: a client keeps one [`Freshness`] for each observation and hands on only what [`Freshness::admit`]
//! lets through. A server counts with [`Sequence::next`] and sends no more than 2^15 notifications a second,
//! so that no number comes again while an older notification may still be under way. On reliable transports
//! the order is the transport's and none of this is needed (RFC 8323 §7.1).

use core::fmt;
use core::time::Duration;

use crate::{Options, Uint};

/// What a request with an Observe option asks for (RFC 7641 §2).
///
/// ```
/// use coap_codec::{Observe, Opt, OptionNumber, Options};
///
/// let list = [Opt::new(OptionNumber::OBSERVE, &[])];
/// assert_eq!(Observe::asked(&Options::new(&list)?), Some(Observe::Register));
/// # Ok::<(), coap_codec::EncodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Observe {
    /// 0: enter the client into the list of observers, or renew its entry.
    Register,
    /// 1: take it off.
    Deregister,
}

impl Observe {
    /// What the options of a GET or FETCH ask for; `None` also for other numbers, which ask for nothing.
    #[must_use]
    pub fn asked(options: &Options<'_>) -> Option<Self> {
        Self::of_number(options.observe()?)
    }

    /// What this number asks for.
    #[inline]
    pub(crate) const fn of_number(number: u32) -> Option<Self> {
        match number {
            0 => Some(Self::Register),
            1 => Some(Self::Deregister),
            _ => None,
        }
    }

    /// The option value.
    #[must_use]
    pub const fn uint(self) -> Uint {
        Uint::new(match self {
            Self::Register => 0,
            Self::Deregister => 1,
        })
    }
}

/// The number of a notification: 24 bits that wrap.
///
/// ```
/// use coap_codec::Sequence;
///
/// let last = Sequence::new(0xFF_FFFF);
/// assert_eq!(last.next(), Sequence::new(0));
/// assert!(last.next().is_newer_than(last));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Sequence(u32);

impl Sequence {
    const HALF: u32 = 1 << 23;
    const MASK: u32 = (1 << 24) - 1;

    /// The low 24 bits of a number.
    #[inline]
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number & Self::MASK)
    }

    /// The number of a notification; `None` if it is none.
    #[must_use]
    pub fn of(notification: &Options<'_>) -> Option<Self> {
        notification.observe().map(Self::new)
    }

    /// The number, below 2^24.
    #[inline]
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The one behind it.
    #[inline]
    #[must_use]
    pub const fn next(self) -> Self {
        Self::new(self.0 + 1)
    }

    /// Whether it comes after `other`, as near as can be told from 24 bits.
    #[inline]
    #[must_use]
    pub const fn is_newer_than(self, other: Self) -> bool {
        let ahead = self.0.wrapping_sub(other.0) & Self::MASK;
        // RFC 7641 §3.4 leaves exactly half way out on both sides.
        ahead != 0 && ahead < Self::HALF
    }

    /// The option value.
    #[inline]
    #[must_use]
    pub const fn uint(self) -> Uint {
        Uint::new(self.0)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The newest notification a client has seen of one observation.
///
/// ```
/// use core::time::Duration;
/// use coap_codec::{Freshness, Sequence};
///
/// let at = Duration::from_secs;
/// let mut seen = Freshness::new(at(0), Sequence::new(7));
/// assert!(seen.admit(at(1), Sequence::new(9)));
/// assert!(!seen.admit(at(2), Sequence::new(8))); // overtaken on the way
/// assert!(seen.admit(at(200), Sequence::new(3))); // long after: the server has begun anew
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    sequence: Sequence,
    at: Duration,
}

impl Freshness {
    /// After this long any notification is newer (RFC 7641 §3.4).
    pub const HORIZON: Duration = Duration::from_secs(128);

    /// The first notification, which is always the newest.
    #[must_use]
    pub const fn new(now: Duration, sequence: Sequence) -> Self {
        Self { sequence, at: now }
    }

    /// Takes a notification in if it is newer than all before; says whether it is.
    pub fn admit(&mut self, now: Duration, sequence: Sequence) -> bool {
        let newer = sequence.is_newer_than(self.sequence) || now.saturating_sub(self.at) > Self::HORIZON;
        if newer {
            *self = Self::new(now, sequence);
        }
        newer
    }

    /// The number of the newest one.
    #[must_use]
    pub const fn sequence(&self) -> Sequence {
        self.sequence
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::{Freshness, Observe, Sequence};
    use crate::{Opt, OptionNumber, Options};

    #[test]
    fn newer_is_as_the_formula_says() {
        const TOP: u32 = (1 << 24) - 1;
        const HALF: u32 = 1 << 23;
        for (older, newer, is) in [
            (0, 1, true),
            (1, 0, false),
            (5, 5, false),
            (0, HALF - 1, true),
            (0, HALF, false),
            (HALF, 0, false),
            (0, HALF + 1, false),
            (HALF + 1, 0, true),
            (TOP, 0, true),
            (TOP, HALF - 2, true),
            (TOP, HALF - 1, false),
            (0, TOP, false),
        ] {
            assert_eq!(Sequence::new(newer).is_newer_than(Sequence::new(older)), is, "{older} {newer}");
            // The formula as the document writes it.
            let written = (older < newer && newer - older < HALF) || (older > newer && older - newer > HALF);
            assert_eq!(written, is, "{older} {newer}");
        }
    }

    #[test]
    fn time_makes_up_for_numbers_only_beyond_the_horizon() {
        let at = Duration::from_secs;
        let mut seen = Freshness::new(at(10), Sequence::new(100));
        assert!(!seen.admit(at(138), Sequence::new(100)));
        assert!(!seen.admit(at(138), Sequence::new(99)));
        assert!(seen.admit(at(138) + Duration::from_nanos(1), Sequence::new(99)));
        assert_eq!(seen.sequence(), Sequence::new(99));
        // A clock that went back makes nothing newer.
        assert!(!seen.admit(at(0), Sequence::new(98)));
    }

    #[test]
    fn counting_goes_round() {
        let mut seen = Freshness::new(Duration::ZERO, Sequence::new((1 << 24) - 3));
        let mut next = seen.sequence();
        for _ in 0..6 {
            next = next.next();
            assert!(seen.admit(Duration::ZERO, next));
        }
        assert_eq!((next.get(), &*next.uint()), (3, &[3][..]));
    }

    #[test]
    fn only_two_numbers_ask_for_something() {
        for (value, asked) in [
            (&[][..], Some(Observe::Register)),
            (&[0], Some(Observe::Register)),
            (&[1], Some(Observe::Deregister)),
            (&[2], None),
            (&[0, 0, 0, 0], None),
        ] {
            let list = [Opt::new(OptionNumber::OBSERVE, value)];
            assert_eq!(Observe::asked(&Options::new(&list).unwrap()), asked, "{value:?}");
        }
        assert_eq!(Observe::asked(&Options::EMPTY), None);
        assert_eq!(Sequence::of(&Options::EMPTY), None);
    }
}
