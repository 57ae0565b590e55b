//! One parameter of a call: a name that may be a list's, and a value that may still be raw.

use core::cmp::Ordering;
use core::fmt;

use crate::base64;
use crate::identity::UnixMillis;
use crate::percent;
use crate::pieces::{Pieces, decimal, show};

/// The name of a parameter: `Name`, `Name.1` or `Name.1.Key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ApiName<'a> {
    base: &'a str,
    /// Counted from 1; 0 is no list.
    index: u32,
    key: &'a str,
    /// Nothing in it needs encoding.
    plain: bool,
}

/// The value of a parameter. `Debug` does not show a text: it may be a token.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum ApiValue<'a> {
    /// The parameter is left out.
    Absent,
    /// A text.
    Text(&'a str),
    /// A number.
    Number(u64),
    /// Bytes, to be sent in base64.
    Base64(&'a [u8]),
    /// A time, to be sent as `YYYY-MM-DDThh:mm:ssZ`.
    Time(UnixMillis),
}

impl<'a> From<&'a str> for ApiValue<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<Option<&'a str>> for ApiValue<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Absent, Self::Text)
    }
}

impl From<u64> for ApiValue<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl fmt::Debug for ApiValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("Absent"),
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Number(number) => write!(f, "Number({number})"),
            Self::Base64(bytes) => write!(f, "Base64({} bytes)", bytes.len()),
            Self::Time(time) => write!(f, "Time({time:?})"),
        }
    }
}

/// A parameter of a call. `Debug` shows its name only: the value may be a token.
#[derive(Clone, Copy)]
pub struct ApiParam<'a> {
    pub(super) name: ApiName<'a>,
    value: Held<'a>,
}

/// A value as it is held: a call is written twice, to be signed and to be sent, so what both need is found out once.
#[derive(Clone, Copy)]
enum Held<'a> {
    Absent,
    /// Text in which nothing needs encoding.
    Plain(&'a str),
    Text(&'a str),
    Number(u64),
    Base64(&'a [u8]),
    Time(Iso8601),
}

impl<'a> ApiParam<'a> {
    /// What fills an array that is longer than its parameters.
    pub const ABSENT: Self =
        Self { name: ApiName { base: "", index: 0, key: "", plain: true }, value: Held::Absent };

    /// `name=value`
    pub fn new(name: &'a str, value: impl Into<ApiValue<'a>>) -> Self {
        Self::member(name, 0, "", value)
    }

    /// `name.index=value`, an item of a list; lists count from 1.
    pub fn item(name: &'a str, index: u32, value: impl Into<ApiValue<'a>>) -> Self {
        Self::member(name, index, "", value)
    }

    /// `name.index.key=value`, a member of an object in a list; lists count from 1.
    pub fn member(name: &'a str, index: u32, key: &'a str, value: impl Into<ApiValue<'a>>) -> Self {
        let value = match value.into() {
            ApiValue::Absent => Held::Absent,
            ApiValue::Text(text) if percent::stays(text) => Held::Plain(text),
            ApiValue::Text(text) => Held::Text(text),
            ApiValue::Number(number) => Held::Number(number),
            ApiValue::Base64(bytes) => Held::Base64(bytes),
            ApiValue::Time(time) => Held::Time(Iso8601::new(time)),
        };
        let plain = percent::stays(name) && percent::stays(key);
        Self { name: ApiName { base: name, index, key, plain }, value }
    }

    /// The name, of a parameter that is no list's.
    pub(crate) const fn base(&self) -> &'a str {
        self.name.base
    }

    /// The value, if it is a text.
    pub(crate) const fn text(&self) -> Option<&'a str> {
        match self.value {
            Held::Plain(text) | Held::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) const fn is_absent(&self) -> bool {
        matches!(self.value, Held::Absent)
    }

    /// Puts the name, percent-encoded, once or `AGAIN`.
    #[inline]
    pub(super) fn put_name<const AGAIN: bool>(&self, put: &mut impl FnMut(&str)) {
        match self.name {
            ApiName { base, index: 0, plain: true, .. } => put(base),
            ApiName { plain: true, .. } => self.name.pieces(put),
            _ => self.name.pieces(&mut |piece| percent::escape::<AGAIN>(piece, put)),
        }
    }

    /// Puts the value, percent-encoded, once or `AGAIN`.
    #[inline]
    pub(super) fn put_value<const AGAIN: bool>(&self, put: &mut impl FnMut(&str)) {
        match &self.value {
            Held::Absent => {}
            Held::Plain(text) => put(text),
            Held::Text(text) => percent::escape::<AGAIN>(text, put),
            Held::Number(number) => decimal(*number, put),
            Held::Base64(bytes) => base64::pieces(bytes, &mut |piece| percent::escape::<AGAIN>(piece, put)),
            Held::Time(time) => percent::escape::<AGAIN>(time.as_str(), put),
        }
    }
}

impl fmt::Debug for ApiParam<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(&self.name, f)?;
        f.write_str("=..")
    }
}

impl ApiName<'_> {
    /// Byte order of the whole names, upper case before lower.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        if self.index == 0 && other.index == 0 {
            return self.base.cmp(other.base);
        }
        // `Name.10` stands before `Name.2`, so the digits must be compared as text.
        let (mut one, mut two) = ([0; 32], [0; 32]);
        let (one, two) = (self.behind_base(&mut one), other.behind_base(&mut two));
        let one = self.base.bytes().chain(one.iter().copied()).chain(self.key.bytes());
        let two = other.base.bytes().chain(two.iter().copied()).chain(other.key.bytes());
        one.cmp(two)
    }

    /// `.index` or `.index.` or nothing.
    fn behind_base<'b>(&self, buf: &'b mut [u8; 32]) -> &'b [u8] {
        let mut len = 0;
        self.behind(&mut |piece| {
            buf[len..len + piece.len()].copy_from_slice(piece.as_bytes());
            len += piece.len();
        });
        &buf[..len]
    }

    fn behind(&self, put: &mut impl FnMut(&str)) {
        if self.index != 0 {
            put(".");
            decimal(self.index.into(), put);
            if !self.key.is_empty() {
                put(".");
            }
        }
    }
}

impl Pieces for ApiName<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        put(self.base);
        self.behind(put);
        put(self.key);
    }
}

/// `YYYY-MM-DDThh:mm:ssZ`
#[derive(Clone, Copy)]
pub(crate) struct Iso8601([u8; 20]);

impl Iso8601 {
    pub(crate) fn new(UnixMillis(millis): UnixMillis) -> Self {
        let seconds = millis / 1000;
        let (year, month, day) = civil(seconds / 86_400);
        let mut text = *b"0000-00-00T00:00:00Z";
        let mut digits = |at: core::ops::Range<usize>, mut number: u64| {
            for digit in text[at].iter_mut().rev() {
                *digit = b"0123456789"[usize::from((number % 10) as u8)];
                number /= 10;
            }
        };
        digits(0..4, year);
        digits(5..7, month);
        digits(8..10, day);
        digits(11..13, seconds / 3600 % 24);
        digits(14..16, seconds / 60 % 60);
        digits(17..19, seconds % 60);
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The time of such a text.
    pub(crate) fn parse(text: &str) -> Option<UnixMillis> {
        let bytes: &[u8; 20] = text.as_bytes().try_into().ok()?;
        let shape = b"0000-00-00T00:00:00Z";
        let fits =
            |(byte, shape): (&u8, &u8)| if *shape == b'0' { byte.is_ascii_digit() } else { byte == shape };
        if !bytes.iter().zip(shape).all(fits) {
            return None;
        }
        let number = |at| text.get(at).and_then(|digits: &str| digits.parse::<u64>().ok());
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
        let real = (1..=12).contains(&month) && hour < 24 && minute < 60 && second < 60;
        let days = days(year, month, day).filter(|days| real && civil(*days) == (year, month, day))?;
        Some(UnixMillis((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000))
    }
}

const DAYS_TO_MONTH: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

const fn leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Days from 1 January of year 0 to 1 January of `year`, in the Gregorian calendar.
const fn days_to_year(year: u64) -> u64 {
    if year == 0 {
        return 0;
    }
    let past = year - 1;
    365 * year + past / 4 - past / 100 + past / 400 + 1
}

const fn days_to_month(year: u64, month: u64) -> u64 {
    let index = ((month - 1) % 12) as usize;
    DAYS_TO_MONTH[index] + if month > 2 && leap(year) { 1 } else { 0 }
}

/// Days since 1 January 1970.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    (days_to_year(year) + days_to_month(year, month) + day - 1).checked_sub(days_to_year(1970))
}

/// The date of a day since 1 January 1970.
fn civil(days: u64) -> (u64, u64, u64) {
    let day_of_era = days + days_to_year(1970);
    // The guess is the right year or the one before, whatever the leap years.
    let mut year = day_of_era * 400 / 146_097;
    if days_to_year(year) > day_of_era {
        year -= 1;
    } else if days_to_year(year + 1) <= day_of_era {
        year += 1;
    }
    let rest = day_of_era - days_to_year(year);
    let month = (1..=12).rev().find(|month| days_to_month(year, *month) <= rest).unwrap_or(1);
    (year, month, rest - days_to_month(year, month) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399_999, "2000-02-28T23:59:59Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_533_023_037_000, "2018-07-31T07:43:57Z"),
            (4_102_444_799_000, "2099-12-31T23:59:59Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(Iso8601::new(UnixMillis(millis)).as_str(), text);
            assert_eq!(Iso8601::parse(text), Some(UnixMillis(millis / 1000 * 1000)));
        }
        for text in [
            "",
            "2018-07-31T07:43:57",
            "2018-02-29T00:00:00Z",
            "2018-13-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "2018-07-31T24:00:00Z",
            "2018-07-00T00:00:00Z",
        ] {
            assert_eq!(Iso8601::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_of_four_centuries() {
        let mut before = civil(0);
        for day in 1..146_097 {
            let date = civil(day);
            assert!(date > before, "{date:?}");
            assert_eq!(days(date.0, date.1, date.2), Some(day));
            before = date;
        }
    }

    #[test]
    fn names_sort_as_text() {
        let order = |one: ApiParam<'_>, two: ApiParam<'_>| one.name.order(&two.name);
        let item = |index| ApiParam::item("DeviceName", index, "");
        assert_eq!(order(item(10), item(2)), Ordering::Less);
        assert_eq!(order(ApiParam::new("DeviceName", ""), item(1)), Ordering::Less);
        assert_eq!(order(ApiParam::new("DeviceNameX", ""), item(1)), Ordering::Greater);
        assert_eq!(
            order(ApiParam::member("D", 1, "B", ""), ApiParam::member("D", 1, "A", "")),
            Ordering::Greater
        );
        assert_eq!(order(ApiParam::new("a", ""), ApiParam::new("Z", "")), Ordering::Greater);
    }
}
