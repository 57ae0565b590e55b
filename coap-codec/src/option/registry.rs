//! The registry of options: number, name, format and length limits, once (RFC 7252 §5.10, §12.2 and the
//! documents each row names).

use core::fmt;

/// An option number; what it asks of those who do not know it is in its bits (RFC 7252 §5.4.6).
///
/// ```
/// use coap_codec::OptionNumber;
///
/// assert!(OptionNumber::URI_PATH.is_critical());
/// assert!(!OptionNumber(2088).is_critical());
/// assert_eq!(OptionNumber::MAX_AGE.to_string(), "Max-Age");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct OptionNumber(pub u16);

impl OptionNumber {
    /// Act only if the resource has one of these entity tags; empty: if it exists (RFC 7252 §5.10.8.1).
    pub const IF_MATCH: Self = Self(1);
    /// Host the request is for (RFC 7252 §5.10.1).
    pub const URI_HOST: Self = Self(3);
    /// Version of the representation; in a GET, the versions the client holds (RFC 7252 §5.10.6).
    pub const ETAG: Self = Self(4);
    /// Act only if the resource does not exist (RFC 7252 §5.10.8.2).
    pub const IF_NONE_MATCH: Self = Self(5);
    /// 0 register, 1 deregister; in a notification, the sequence number (RFC 7641 §2).
    pub const OBSERVE: Self = Self(6);
    /// Port the request is for (RFC 7252 §5.10.1).
    pub const URI_PORT: Self = Self(7);
    /// A segment of the path of what was created (RFC 7252 §5.10.7).
    pub const LOCATION_PATH: Self = Self(8);
    /// The message is protected; how (RFC 8613 §2).
    pub const OSCORE: Self = Self(9);
    /// A segment of the path (RFC 7252 §5.10.1).
    pub const URI_PATH: Self = Self(11);
    /// What the payload is (RFC 7252 §5.10.3).
    pub const CONTENT_FORMAT: Self = Self(12);
    /// Seconds the response stays fresh, 60 if absent (RFC 7252 §5.10.5).
    pub const MAX_AGE: Self = Self(14);
    /// An argument of the query (RFC 7252 §5.10.1).
    pub const URI_QUERY: Self = Self(15);
    /// Proxies the request may still pass, 1 to 255 (RFC 8768 §3).
    pub const HOP_LIMIT: Self = Self(16);
    /// What the client wants the payload to be (RFC 7252 §5.10.4).
    pub const ACCEPT: Self = Self(17);
    /// A block of the request body, sent without waiting (RFC 9177 §4.1).
    pub const Q_BLOCK1: Self = Self(19);
    /// An argument of the query of what was created (RFC 7252 §5.10.7).
    pub const LOCATION_QUERY: Self = Self(20);
    /// The payload begins with the last EDHOC message (RFC 9668 §3.1).
    pub const EDHOC: Self = Self(21);
    /// A block of the response body (RFC 7959 §2.1).
    pub const BLOCK2: Self = Self(23);
    /// A block of the request body (RFC 7959 §2.1).
    pub const BLOCK1: Self = Self(27);
    /// Bytes of the response body; in a request, asks for it (RFC 7959 §4).
    pub const SIZE2: Self = Self(28);
    /// A block of the response body, sent without waiting; in a request, one that is missing (RFC 9177 §4.1).
    pub const Q_BLOCK2: Self = Self(31);
    /// The whole URI, for a proxy to fetch (RFC 7252 §5.10.2).
    pub const PROXY_URI: Self = Self(35);
    /// The scheme for a proxy to use (RFC 7252 §5.10.2).
    pub const PROXY_SCHEME: Self = Self(39);
    /// Bytes of the request body; in a 4.13, the most accepted (RFC 7959 §4).
    pub const SIZE1: Self = Self(60);
    /// Proof that the client was reached just now (RFC 9175 §2.2.1).
    pub const ECHO: Self = Self(252);
    /// Classes of responses the client does not care for (RFC 7967 §2).
    pub const NO_RESPONSE: Self = Self(258);
    /// Tells concurrent block-wise requests apart (RFC 9175 §3.2.1).
    pub const REQUEST_TAG: Self = Self(292);
    /// Version of the payload format the client wants (OCF Core §12.2).
    pub const OCF_ACCEPT_CONTENT_FORMAT_VERSION: Self = Self(2049);
    /// Version of the payload format (OCF Core §12.2).
    pub const OCF_CONTENT_FORMAT_VERSION: Self = Self(2053);

    /// Whether who does not know the option must refuse the message (RFC 7252 §5.4.1).
    #[inline]
    #[must_use]
    pub const fn is_critical(self) -> bool {
        self.0 & 1 != 0
    }

    /// Whether a proxy that does not know the option must not forward the message (RFC 7252 §5.7.1).
    #[inline]
    #[must_use]
    pub const fn is_unsafe(self) -> bool {
        self.0 & 2 != 0
    }

    /// Whether the option is left out of the cache key (RFC 7252 §5.4.2). Says something only where it is
    /// safe to forward.
    #[inline]
    #[must_use]
    pub const fn is_no_cache_key(self) -> bool {
        self.0 & 0x1E == 0x1C
    }

    /// The option's row of the registry.
    #[inline]
    #[must_use]
    pub fn definition(self) -> Option<&'static Definition> {
        REGISTRY.get(row_of(self)?)
    }

    /// The registered name.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        self.definition().map(|row| row.name)
    }
}

impl fmt::Display for OptionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "Option-{}", self.0),
        }
    }
}

impl fmt::Debug for OptionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OptionNumber({}, {self})", self.0)
    }
}

/// How a value is to be read (RFC 7252 §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// No bytes: being there is the message.
    Empty,
    /// Bytes.
    Opaque,
    /// An unsigned integer in network order, leading zeros allowed.
    Uint,
    /// UTF-8.
    Text,
    /// An integer made of block number, more bit and size exponent (RFC 7959 §2.2).
    Block,
}

/// What is known of an option: a row of the registry, or one of the application's own.
///
/// ```
/// use coap_codec::{Definition, Format, OptionNumber};
///
/// const OWN: &[Definition] = &[Definition::new(OptionNumber(2088), "Token", Format::Text, 1, 255)];
/// assert!(!OWN[0].repeatable);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Definition {
    /// The number.
    pub number: OptionNumber,
    /// The name, as registered.
    pub name: &'static str,
    /// How the value reads.
    pub format: Format,
    /// The fewest bytes a value has.
    pub min: u16,
    /// The most bytes a value has.
    pub max: u16,
    /// Whether it may occur more than once (RFC 7252 §5.4.5).
    pub repeatable: bool,
    /// The section that defines it; empty for the application's own.
    pub section: &'static str,
}

impl Definition {
    /// An option of the application's own that occurs at most once.
    #[must_use]
    pub const fn new(number: OptionNumber, name: &'static str, format: Format, min: u16, max: u16) -> Self {
        Self { number, name, format, min, max, repeatable: false, section: "" }
    }

    /// The same, allowed any number of times.
    #[must_use]
    pub const fn repeatable(self) -> Self {
        Self { repeatable: true, ..self }
    }

    /// Whether a value of `len` bytes is within the limits.
    #[inline]
    #[must_use]
    pub fn allows(&self, len: usize) -> bool {
        (usize::from(self.min)..=usize::from(self.max)).contains(&len)
    }

    const fn row(
        number: OptionNumber,
        name: &'static str,
        format: Format,
        (min, max): (u16, u16),
        section: &'static str,
    ) -> Self {
        Self { number, name, format, min, max, repeatable: false, section }
    }
}

/// Every registered option of a published document, ascending.
pub(crate) const REGISTRY: &[Definition] = &[
    Definition::row(OptionNumber::IF_MATCH, "If-Match", Format::Opaque, (0, 8), "RFC 7252 5.10.8.1")
        .repeatable(),
    Definition::row(OptionNumber::URI_HOST, "Uri-Host", Format::Text, (1, 255), "RFC 7252 5.10.1"),
    Definition::row(OptionNumber::ETAG, "ETag", Format::Opaque, (1, 8), "RFC 7252 5.10.6").repeatable(),
    Definition::row(OptionNumber::IF_NONE_MATCH, "If-None-Match", Format::Empty, (0, 0), "RFC 7252 5.10.8.2"),
    Definition::row(OptionNumber::OBSERVE, "Observe", Format::Uint, (0, 3), "RFC 7641 2"),
    Definition::row(OptionNumber::URI_PORT, "Uri-Port", Format::Uint, (0, 2), "RFC 7252 5.10.1"),
    Definition::row(OptionNumber::LOCATION_PATH, "Location-Path", Format::Text, (0, 255), "RFC 7252 5.10.7")
        .repeatable(),
    Definition::row(OptionNumber::OSCORE, "OSCORE", Format::Opaque, (0, 255), "RFC 8613 2"),
    Definition::row(OptionNumber::URI_PATH, "Uri-Path", Format::Text, (0, 255), "RFC 7252 5.10.1")
        .repeatable(),
    Definition::row(OptionNumber::CONTENT_FORMAT, "Content-Format", Format::Uint, (0, 2), "RFC 7252 5.10.3"),
    Definition::row(OptionNumber::MAX_AGE, "Max-Age", Format::Uint, (0, 4), "RFC 7252 5.10.5"),
    Definition::row(OptionNumber::URI_QUERY, "Uri-Query", Format::Text, (0, 255), "RFC 7252 5.10.1")
        .repeatable(),
    Definition::row(OptionNumber::HOP_LIMIT, "Hop-Limit", Format::Uint, (1, 1), "RFC 8768 3"),
    Definition::row(OptionNumber::ACCEPT, "Accept", Format::Uint, (0, 2), "RFC 7252 5.10.4"),
    Definition::row(OptionNumber::Q_BLOCK1, "Q-Block1", Format::Block, (0, 3), "RFC 9177 4.1"),
    Definition::row(
        OptionNumber::LOCATION_QUERY,
        "Location-Query",
        Format::Text,
        (0, 255),
        "RFC 7252 5.10.7",
    )
    .repeatable(),
    Definition::row(OptionNumber::EDHOC, "EDHOC", Format::Empty, (0, 0), "RFC 9668 3.1"),
    Definition::row(OptionNumber::BLOCK2, "Block2", Format::Block, (0, 3), "RFC 7959 2.1"),
    Definition::row(OptionNumber::BLOCK1, "Block1", Format::Block, (0, 3), "RFC 7959 2.1"),
    Definition::row(OptionNumber::SIZE2, "Size2", Format::Uint, (0, 4), "RFC 7959 4"),
    Definition::row(OptionNumber::Q_BLOCK2, "Q-Block2", Format::Block, (0, 3), "RFC 9177 4.1").repeatable(),
    Definition::row(OptionNumber::PROXY_URI, "Proxy-Uri", Format::Text, (1, 1034), "RFC 7252 5.10.2"),
    Definition::row(OptionNumber::PROXY_SCHEME, "Proxy-Scheme", Format::Text, (1, 255), "RFC 7252 5.10.2"),
    Definition::row(OptionNumber::SIZE1, "Size1", Format::Uint, (0, 4), "RFC 7959 4"),
    Definition::row(OptionNumber::ECHO, "Echo", Format::Opaque, (1, 40), "RFC 9175 2.2.1"),
    Definition::row(OptionNumber::NO_RESPONSE, "No-Response", Format::Uint, (0, 1), "RFC 7967 2"),
    Definition::row(OptionNumber::REQUEST_TAG, "Request-Tag", Format::Opaque, (0, 8), "RFC 9175 3.2.1")
        .repeatable(),
    Definition::row(
        OptionNumber::OCF_ACCEPT_CONTENT_FORMAT_VERSION,
        "OCF-Accept-Content-Format-Version",
        Format::Uint,
        (2, 2),
        "OCF Core 12.2",
    ),
    Definition::row(
        OptionNumber::OCF_CONTENT_FORMAT_VERSION,
        "OCF-Content-Format-Version",
        Format::Uint,
        (2, 2),
        "OCF Core 12.2",
    ),
];

/// Rows of the numbers below 64, 255 where there is none: most options are found by one look.
const LOW: [u8; 64] = {
    let mut rows = [255; 64];
    let mut row = 0u8;
    while (row as usize) < REGISTRY.len() && REGISTRY[row as usize].number.0 < 64 {
        rows[REGISTRY[row as usize].number.0 as usize] = row;
        row += 1;
    }
    rows
};

/// What there is to say of the numbers below 64 at one look.
const LIMITS: [Limits; 64] = {
    let mut limits = [Limits { row: 0, min: 0, span: 0, care: 0 }; 64];
    let mut row = 0;
    while row < REGISTRY.len() && REGISTRY[row].number.0 < 64 {
        let Definition { number, format, min, max, repeatable, .. } = REGISTRY[row];
        let odd = matches!(number, OptionNumber::HOP_LIMIT | OptionNumber::OSCORE)
            || matches!(number, OptionNumber::Q_BLOCK1 | OptionNumber::Q_BLOCK2);
        let care = if odd { Care::ODD } else { 0 }
            | if matches!(format, Format::Text) { Care::TEXT } else { 0 }
            | if repeatable { 0 } else { Care::ONCE };
        limits[number.0 as usize] = Limits { row: 1 << row, min, span: max - min, care };
        row += 1;
    }
    limits
};

#[derive(Clone, Copy)]
struct Limits {
    /// The bit of the row.
    row: u32,
    min: u16,
    /// By how much a length may be above it.
    span: u16,
    /// [`Care`].
    care: u8,
}

/// What there is to look after in an option beside its length.
pub(crate) struct Care;

impl Care {
    /// That it comes but once.
    pub(crate) const ONCE: u8 = 1;
    /// That it is text.
    pub(crate) const TEXT: u8 = 2;
    /// Its value, or that it goes with the others.
    pub(crate) const ODD: u8 = 4;
}

#[inline]
fn row_of(number: OptionNumber) -> Option<usize> {
    if let Some(&row) = LOW.get(usize::from(number.0)) {
        return (row != 255).then_some(usize::from(row));
    }
    REGISTRY.binary_search_by_key(&number, |row| row.number).ok()
}

/// The options an application understands: registered ones, all or some, and its own.
///
/// What is not in the set is treated as unknown (RFC 7252 §5.4.1): elective options are passed over,
/// critical ones make the message a [`Refusal`](crate::Refusal).
///
/// ```
/// use coap_codec::{Definition, Format, Known, OptionNumber};
///
/// const OWN: &[Definition] = &[Definition::new(OptionNumber(2089), "Lease", Format::Uint, 0, 4)];
/// let known = Known::REGISTERED.without(OptionNumber::IF_MATCH).and(OWN);
/// assert!(known.definition(OptionNumber(2089)).is_some());
/// assert!(known.definition(OptionNumber::IF_MATCH).is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known<'a> {
    /// One bit for each row of the registry.
    rows: u32,
    own: &'a [Definition],
}

impl Known<'static> {
    /// Every registered option.
    pub const REGISTERED: Self = Self { rows: (1 << REGISTRY.len()) - 1, own: &[] };

    /// No option at all.
    pub const NONE: Self = Self { rows: 0, own: &[] };
}

impl<'a> Known<'a> {
    /// The same, with a registered option. Numbers that are not registered change nothing.
    #[must_use]
    pub fn with(self, number: OptionNumber) -> Self {
        Self { rows: self.rows | bit(number), ..self }
    }

    /// The same, without a registered option.
    #[must_use]
    pub fn without(self, number: OptionNumber) -> Self {
        Self { rows: self.rows & !bit(number), ..self }
    }

    /// The same, with the application's own options in place of earlier ones. They go before the
    /// registered ones, so a row may also narrow a registered option.
    #[must_use]
    pub const fn and<'b>(self, own: &'b [Definition]) -> Known<'b> {
        Known { rows: self.rows, own }
    }

    /// Whether there is nothing to be said against an option, told at one look; of a block only the length is
    /// looked at. `care`: [`Care::ONCE`] if one of its number came before, and those asked for.
    #[inline(always)]
    pub(crate) fn surely_takes(&self, number: usize, len: usize, care: u8) -> bool {
        let Some(limits) = LIMITS.get(number) else { return false };
        self.rows & limits.row != 0
            && len.wrapping_sub(limits.min.into()) <= usize::from(limits.span)
            && limits.care & care == 0
            && (self.own.is_empty() || !self.own.iter().any(|own| usize::from(own.number.0) == number))
    }

    /// The definition of an option, if it is known.
    #[inline]
    #[must_use]
    pub fn definition(&self, number: OptionNumber) -> Option<&Definition> {
        if let Some(own) = self.own.iter().find(|row| row.number == number) {
            return Some(own);
        }
        let row = row_of(number)?;
        (self.rows >> row & 1 != 0).then(|| REGISTRY.get(row)).flatten()
    }
}

impl Default for Known<'_> {
    fn default() -> Self {
        Known::REGISTERED
    }
}

fn bit(number: OptionNumber) -> u32 {
    row_of(number).map_or(0, |row| 1 << row)
}

#[cfg(test)]
mod tests {
    extern crate alloc;
    use alloc::string::ToString;

    use super::{Known, OptionNumber, REGISTRY};

    #[test]
    fn the_registry_is_sorted_and_every_row_is_found() {
        assert!(REGISTRY.windows(2).all(|pair| pair[0].number < pair[1].number));
        for row in REGISTRY {
            assert_eq!(row.number.definition(), Some(row));
            assert_eq!(row.number.to_string(), row.name);
            assert!(row.min <= row.max && !row.section.is_empty());
        }
        let registered = |number: &u16| OptionNumber(*number).definition().is_some();
        assert_eq!((0..=u16::MAX).filter(registered).count(), REGISTRY.len());
    }

    #[test]
    fn properties_are_in_the_number() {
        // The table of RFC 7252 §5.10, columns C, U, N.
        for (number, critical, is_unsafe, no_cache_key) in [
            (1, true, false, false),
            (3, true, true, false),
            (4, false, false, false),
            (7, true, true, false),
            (14, false, true, false),
            (60, false, false, true),
            (258, false, true, false),
        ] {
            let number = OptionNumber(number);
            let found = (number.is_critical(), number.is_unsafe(), number.is_no_cache_key());
            assert_eq!(found, (critical, is_unsafe, no_cache_key), "{number}");
        }
    }

    #[test]
    fn a_set_answers_for_what_was_put_in() {
        let etag_only = Known::NONE.with(OptionNumber::ETAG);
        assert!(etag_only.definition(OptionNumber::ETAG).is_some());
        assert!(etag_only.definition(OptionNumber::ACCEPT).is_none());
        assert!(REGISTRY.iter().all(|row| Known::REGISTERED.definition(row.number).is_some()));
        assert!(Known::REGISTERED.definition(OptionNumber(9999)).is_none());
    }
}
