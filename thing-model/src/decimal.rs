//! Exact decimal numbers: bounds and steps of a model, and number literals of a payload beside them.
//!
//! A bound such as `0.1` has no binary equal, so nothing here is ever turned into a float. A [`Decimal`] holds 18
//! digits; a payload literal may have any number of digits and any exponent and is compared digit by digit.

use core::cmp::Ordering;
use core::fmt;

/// `mantissa × 10^exponent`, at most 18 digits.
///
/// ```
/// use thing_model::Decimal;
/// let step: Decimal = "0.10".parse()?;
/// assert_eq!((step.mantissa(), step.exponent()), (10, -2));
/// assert_eq!(step.to_string(), "0.10");
/// assert_eq!(step, "1e-1".parse()?);
/// # Ok::<(), thing_model::NotDecimal>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    mantissa: i64,
    exponent: i16,
}

/// A text is not a decimal number of at most 18 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number of at most 18 digits")]
pub struct NotDecimal;

const DIGITS: usize = 18;
/// Exponents of ten any real bound stays far within; keeps all exponent arithmetic from overflowing.
const EXPONENT: i64 = 9_999;

impl Decimal {
    /// `mantissa × 10^exponent`.
    ///
    /// # Errors
    ///
    /// More than 18 digits, or an exponent beyond ±9999.
    pub fn new(mantissa: i64, exponent: i16) -> Result<Self, NotDecimal> {
        let fits = mantissa.unsigned_abs() < 10_u64.pow(18) && i64::from(exponent).abs() <= EXPONENT;
        if fits { Ok(Self { mantissa, exponent }) } else { Err(NotDecimal) }
    }

    /// The digits, with their sign.
    #[must_use]
    pub const fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// The power of ten.
    #[must_use]
    pub const fn exponent(self) -> i16 {
        self.exponent
    }

    /// The whole number it is, if it is one and fits.
    #[must_use]
    pub fn to_integer(self) -> Option<i64> {
        let mut value = self.mantissa;
        if value == 0 {
            return Some(0);
        }
        for _ in 0..self.exponent {
            value = value.checked_mul(10)?;
        }
        for _ in self.exponent..0 {
            if value % 10 != 0 {
                return None;
            }
            value /= 10;
        }
        Some(value)
    }

    /// The greatest integer not above it, clamped to 32 bits.
    pub(crate) fn floor(self) -> i32 {
        let mut value = i128::from(self.mantissa);
        for _ in 0..self.exponent.min(20) {
            value = value.saturating_mul(10);
        }
        if self.exponent < 0 {
            let power = 10_i128.pow(u32::from(self.exponent.unsigned_abs()).min(20));
            value = value.div_euclid(power);
        }
        i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
    }

    /// The least integer not below it, clamped to 32 bits.
    pub(crate) fn ceil(self) -> i32 {
        let floor = Self { mantissa: -self.mantissa, exponent: self.exponent }.floor();
        if floor == i32::MIN { i32::MAX } else { -floor }
    }

    /// The nearest binary number, for display and for callers who compute.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        // The written form is short and exact; the standard parser rounds it correctly.
        let mut text = Buffer::default();
        let _ = fmt::write(&mut text, format_args!("{}e{}", self.mantissa, self.exponent));
        text.as_str().parse().unwrap_or(0.0)
    }

    fn significand(self) -> Literal<'static> {
        Literal {
            negative: self.mantissa < 0,
            digits: Digits::Integer(self.mantissa.unsigned_abs()),
            exponent: self.exponent.into(),
        }
    }
}

impl core::str::FromStr for Decimal {
    type Err = NotDecimal;

    /// Reads `[+-]digits[.digits][e[+-]digits]`; a digit may be missing on one side of the point.
    fn from_str(text: &str) -> Result<Self, NotDecimal> {
        let (negative, unsigned) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let (mut mantissa, mut exponent, mut digits, mut point, mut any) = (0_i64, 0_i64, 0, false, false);
        let mut rest = unsigned;
        while let Some((&byte, tail)) = rest.split_first() {
            match byte {
                b'0'..=b'9' => {
                    any = true;
                    digits += usize::from(digits > 0 || byte != b'0');
                    if digits > DIGITS {
                        // Zeros beyond the eighteenth digit only move the point.
                        if byte != b'0' {
                            return Err(NotDecimal);
                        }
                        digits -= 1;
                        exponent += i64::from(!point);
                    } else {
                        mantissa = mantissa * 10 + i64::from(byte - b'0');
                        exponent -= i64::from(point);
                    }
                }
                b'.' if !point => point = true,
                b'e' | b'E' if any => {
                    exponent += exponent_of(tail).ok_or(NotDecimal)?;
                    rest = &[];
                    break;
                }
                _ => return Err(NotDecimal),
            }
            rest = tail;
        }
        if !any || !rest.is_empty() {
            return Err(NotDecimal);
        }
        if mantissa == 0 {
            exponent = exponent.clamp(-EXPONENT, 0);
        }
        if exponent.abs() > EXPONENT {
            return Err(NotDecimal);
        }
        let exponent = i16::try_from(exponent).map_err(|_| NotDecimal)?;
        Ok(Self { mantissa: if negative { -mantissa } else { mantissa }, exponent })
    }
}

/// `[+-]digits`, far values clamped.
fn exponent_of(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0_i64, |sum, digit| (sum * 10 + i64::from(digit - b'0')).min(1 << 40));
    Some(if negative { -value } else { value })
}

impl fmt::Display for Decimal {
    /// Plain digits while they are few, else the exponent form; the scale is kept (`0.10`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let digits = self.mantissa.unsigned_abs();
        match self.exponent {
            0 => write!(f, "{sign}{digits}"),
            1..=22 if digits == 0 => f.write_str("0"),
            1..=22 => {
                write!(f, "{sign}{digits}{:0>width$}", "", width = usize::from(self.exponent.unsigned_abs()))
            }
            -30..0 => {
                let scale = usize::from(self.exponent.unsigned_abs());
                let power = 10_u128.pow(u32::from(self.exponent.unsigned_abs()));
                let (whole, part) = (u128::from(digits) / power, u128::from(digits) % power);
                write!(f, "{sign}{whole}.{part:0scale$}")
            }
            _ => write!(f, "{sign}{digits}e{}", self.exponent),
        }
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.significand(), &other.significand())
    }
}

impl From<i32> for Decimal {
    fn from(value: i32) -> Self {
        Self { mantissa: value.into(), exponent: 0 }
    }
}

/// A well-formed JSON number literal, seen as digits and a power of ten.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Literal<'a> {
    negative: bool,
    digits: Digits<'a>,
    exponent: i64,
}

#[derive(Debug, Clone, Copy)]
enum Digits<'a> {
    /// The literal before its exponent, without sign, and how many of its digits stand after the point.
    Text {
        text: &'a [u8],
        places: usize,
    },
    Integer(u64),
}

impl<'a> Literal<'a> {
    /// `text` has been read by the pull reader.
    pub(crate) fn new(text: &'a [u8]) -> Self {
        let (negative, unsigned) = match text {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let mark = unsigned.iter().position(|byte| byte | 0x20 == b'e');
        let (digits, power) = match mark {
            Some(mark) => (&unsigned[..mark], exponent_of(&unsigned[mark + 1..]).unwrap_or(0)),
            None => (unsigned, 0),
        };
        let places = digits.iter().position(|byte| *byte == b'.').map_or(0, |point| digits.len() - point - 1);
        let exponent = power - i64::try_from(places).unwrap_or(i64::MAX >> 1);
        Self { negative, digits: Digits::Text { text: digits, places }, exponent }
    }

    /// Compares exactly.
    pub(crate) fn compare(&self, bound: Decimal) -> Ordering {
        compare(self, &bound.significand())
    }

    /// Whether it is a whole number (`32.0`, `1e2`), and which, if it fits.
    pub(crate) fn to_integer(self) -> Option<i64> {
        let Some((first, last)) = self.span() else {
            return Some(0);
        };
        let trailing = i64::try_from(last).ok()?;
        if self.exponent + trailing < 0 || first - last > 19 {
            return None;
        }
        let mut value = 0_i64;
        for place in (last..first).rev() {
            value = value.checked_mul(10)?.checked_add(self.digit(place).into())?;
        }
        for _ in 0..(self.exponent + trailing) {
            value = value.checked_mul(10)?;
        }
        Some(if self.negative { -value } else { value })
    }

    /// Whether it is written with a fraction that is not zero, however far its exponent goes.
    pub(crate) fn is_whole(self) -> bool {
        self.span()
            .is_none_or(|(_, last)| self.exponent.saturating_add(i64::try_from(last).unwrap_or(0)) >= 0)
    }

    /// Whether `self - origin` is a multiple of `step` (> 0), decided in integers. `None` if `origin` and `step` lie more
    /// than [`Self::STEP_SPAN`] powers of ten apart.
    pub(crate) fn on_grid(&self, origin: Decimal, step: Decimal) -> Option<bool> {
        let scale = if origin.mantissa == 0 { step.exponent } else { origin.exponent.min(step.exponent) };
        let grid = scaled(step, scale)?;
        let base = scaled(origin, scale)? % grid;
        let Some((first, last)) = self.span() else {
            return Some(base == 0);
        };
        let zeros = self.exponent + i64::try_from(last).ok()? - i64::from(scale);
        if zeros < 0 {
            // Finer than both origin and step: between two points of the grid.
            return Some(false);
        }
        let digits = (last..first).rev().map(|place| self.digit(place));
        let zeros = core::iter::repeat_n(0, usize::try_from(zeros).ok()?);
        let rest = digits
            .chain(zeros)
            .fold(0_u128, |rest, digit| (rest * 10 + u128::from(digit)) % grid.unsigned_abs());
        let rest = i128::try_from(rest).ok()?;
        let rest = if self.negative { -rest } else { rest };
        Some((rest - base) % grid == 0)
    }

    /// How many powers of ten may lie between step and origin.
    pub(crate) const STEP_SPAN: i16 = 18;

    /// The places of the digits, least first, without zeros at either end; `None` for zero.
    fn span(&self) -> Option<(usize, usize)> {
        let count = self.digits.count();
        let last = (0..count).find(|place| self.digit(*place) != 0)?;
        let first = (0..count).rev().find(|place| self.digit(*place) != 0)? + 1;
        Some((first, last))
    }

    /// The digit at that place, least first.
    fn digit(&self, place: usize) -> u8 {
        match self.digits {
            Digits::Integer(value) => {
                let power = 10_u64.pow(u32::try_from(place).unwrap_or(0));
                u8::try_from(value / power % 10).unwrap_or(0)
            }
            Digits::Text { text, places } => {
                let point = usize::from(places > 0 && place >= places);
                text[text.len() - 1 - place - point] - b'0'
            }
        }
    }
}

impl Digits<'_> {
    fn count(&self) -> usize {
        match self {
            Digits::Integer(value) => value.checked_ilog10().map_or(0, |log| log as usize + 1),
            Digits::Text { text, places } => text.len() - usize::from(*places > 0),
        }
    }
}

/// `value` in units of `10^scale`.
fn scaled(value: Decimal, scale: i16) -> Option<i128> {
    if value.mantissa == 0 {
        return Some(0);
    }
    let zeros = u32::try_from(value.exponent.checked_sub(scale)?).ok()?;
    if zeros > u32::from(Literal::STEP_SPAN.unsigned_abs()) {
        return None;
    }
    Some(i128::from(value.mantissa) * 10_i128.pow(zeros))
}

/// Compares sign, then the power of the first digit, then digit by digit.
fn compare(a: &Literal<'_>, b: &Literal<'_>) -> Ordering {
    let (a_span, b_span) = (a.span(), b.span());
    let (Some((a_first, a_last)), Some((b_first, b_last))) = (a_span, b_span) else {
        let sign = |literal: &Literal<'_>, zero: bool| match (zero, literal.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        return sign(a, a_span.is_none()).cmp(&sign(b, b_span.is_none()));
    };
    if a.negative != b.negative {
        return if a.negative { Ordering::Less } else { Ordering::Greater };
    }
    let power = |literal: &Literal<'_>, first: usize| {
        literal.exponent.saturating_add(i64::try_from(first).unwrap_or(i64::MAX))
    };
    let magnitude = power(a, a_first).cmp(&power(b, b_first)).then_with(|| {
        let a_digits = (a_last..a_first).rev().map(|place| a.digit(place));
        let b_digits = (b_last..b_first).rev().map(|place| b.digit(place));
        a_digits.cmp(b_digits)
    });
    if a.negative { magnitude.reverse() } else { magnitude }
}

/// Room for one decimal in exponent form.
#[derive(Default)]
struct Buffer {
    bytes: [u8; 32],
    length: usize,
}

impl Buffer {
    fn as_str(&self) -> &str {
        core::str::from_utf8(&self.bytes[..self.length]).unwrap_or("")
    }
}

impl fmt::Write for Buffer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.get_mut(self.length..self.length + text.len()).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.length += text.len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn literal(text: &str) -> Literal<'_> {
        Literal::new(text.as_bytes())
    }

    #[test]
    fn reads_and_writes() {
        for text in
            ["0", "-5", "0.10", "100.5", "-0.000001", "999999999999999999", "1e300", "-17976931348623157e292"]
        {
            assert_eq!(decimal(text).to_string(), text);
        }
        assert_eq!(decimal("1e3").to_string(), "1000");
        assert_eq!(decimal("+.5").to_string(), "0.5");
        assert_eq!(decimal("12000000000000000000000").to_string(), "12000000000000000000000");
        for text in
            ["", "-", ".", "1.2.3", "abc", "1e", "1e+", " 1", "1 ", "1234567890123456789", "1e10000", "0x10"]
        {
            assert_eq!(text.parse::<Decimal>(), Err(NotDecimal), "{text}");
        }
    }

    #[test]
    fn compares_exactly() {
        for (a, b, order) in [
            ("0", "-0", Ordering::Equal),
            ("0.1", "0.10", Ordering::Equal),
            ("1e2", "100", Ordering::Equal),
            ("200000.51", "200000.5", Ordering::Greater),
            ("0.10000000000000000000000000000000000001", "0.1", Ordering::Greater),
            ("-1", "0", Ordering::Less),
            ("-2", "-1", Ordering::Less),
            ("9", "10", Ordering::Less),
            ("1e400", "1e308", Ordering::Greater),
            ("-1e99999999999999999999", "-5", Ordering::Less),
            ("1e-99999999999999999999", "0", Ordering::Greater),
            ("0e99999999999999999999", "0", Ordering::Equal),
        ] {
            assert_eq!(literal(a).compare(decimal(b)), order, "{a} {b}");
        }
    }

    #[test]
    fn grids_are_decimal() {
        for (value, origin, step, on) in [
            ("1.11", "0", "0.01", Some(true)),
            ("1.115", "0", "0.01", Some(false)),
            ("0.3", "0", "0.1", Some(true)),
            ("-39.5", "-40", "0.5", Some(true)),
            ("-39.4", "-40", "0.5", Some(false)),
            ("7", "1", "2", Some(true)),
            ("8", "1", "2", Some(false)),
            ("1e22", "0", "7", Some(false)),
            ("0", "0.5", "1", Some(false)),
            ("1.000000000000000000000000000001", "0", "0.1", Some(false)),
            ("5", "1e-30", "1", None),
        ] {
            assert_eq!(literal(value).on_grid(decimal(origin), decimal(step)), on, "{value} {origin} {step}");
        }
    }

    #[test]
    fn whole_numbers() {
        for (text, whole, value) in [
            ("32.0", true, Some(32)),
            ("1e2", true, Some(100)),
            ("1.5e1", true, Some(15)),
            ("-2.50", false, None),
            ("1e400", true, None),
            ("9223372036854775807", true, Some(i64::MAX)),
        ] {
            assert_eq!((literal(text).is_whole(), literal(text).to_integer()), (whole, value), "{text}");
        }
        assert_eq!(literal("-0.0").to_integer(), Some(0));
        assert_eq!(
            (decimal("-0.5").floor(), decimal("2.5").floor(), decimal("1e30").floor()),
            (-1, 2, i32::MAX)
        );
        assert_eq!(decimal("0.1").to_f64(), 0.1);
    }
}
