//! What a scale does to a raw integer, and back, in exact decimal numbers.
//!
//! `value = raw × mul ÷ den + add`, counted in units of `10^-places`. A scale that is a finite decimal has
//! `den = 1` and never rounds; one that is not (5/9) rounds to a stated number of places, half away from zero.

use core::fmt::{self, Write as _};

/// The largest mantissa, and the most places, a scale or an addend may be written with.
const MAX_MANTISSA: i128 = 1_000_000_000_000_000;
const MAX_PLACES: u32 = 24;

/// `mantissa × 10^-places`, with no trailing zero in the mantissa unless `places` is 0.
///
/// Wider than the bounds of a model: 64-bit raw values under any scale fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exact {
    pub(super) mantissa: i128,
    pub(super) places: u32,
}

/// Why a number has no place among the raw values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// Not a JSON number.
    Syntax,
    /// Larger than any raw value can mean.
    Size,
    /// Between two raw values.
    Grid,
}

impl Exact {
    /// Reads a JSON number. Up to 38 significant digits are held; none is ever dropped.
    pub(super) fn parse(text: &str) -> Result<Self, Unfit> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (number, exponent) = match rest.find(['e', 'E']) {
            Some(at) => (&rest[..at], parse_exponent(&rest[at + 1..])?),
            None => (rest, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || (whole.len() > 1 && whole.starts_with('0')) {
            return Err(Unfit::Syntax);
        }
        // More than 38 significant digits are either too large or too fine.
        let whole_digits = i64::try_from(whole.trim_start_matches('0').len()).unwrap_or(i64::MAX);
        let too_long = if whole_digits.saturating_add(exponent) > 38 { Unfit::Size } else { Unfit::Grid };
        let mut mantissa = 0_i128;
        let mut zeros = 0_i64;
        for digit in whole.bytes().chain(fraction.bytes()).map(|b| i128::from(b - b'0')) {
            if digit == 0 {
                zeros += i64::from(mantissa != 0);
                continue;
            }
            let shift = power(zeros + 1).ok_or(too_long)?;
            mantissa = mantissa.checked_mul(shift).and_then(|m| m.checked_add(digit)).ok_or(too_long)?;
            zeros = 0;
        }
        if mantissa == 0 {
            return Ok(Self { mantissa: 0, places: 0 });
        }
        if negative {
            mantissa = -mantissa;
        }
        let fraction = i64::try_from(fraction.len()).map_err(|_| Unfit::Grid)?;
        let exponent = exponent.saturating_sub(fraction).saturating_add(zeros);
        if exponent >= 0 {
            let shift = power(exponent).ok_or(Unfit::Size)?;
            let mantissa = mantissa.checked_mul(shift).ok_or(Unfit::Size)?;
            return Ok(Self { mantissa, places: 0 });
        }
        Ok(Self { mantissa, places: u32::try_from(-exponent).unwrap_or(u32::MAX) })
    }

    /// The mantissa this number has at `places`; with `round`, the nearest one.
    pub(super) fn at(self, places: u32, round: bool) -> Result<i128, Unfit> {
        if self.places <= places {
            let shift = power(i64::from(places - self.places)).ok_or(Unfit::Size)?;
            return self.mantissa.checked_mul(shift).ok_or(Unfit::Size);
        }
        if !round {
            return Err(Unfit::Grid);
        }
        Ok(power(i64::from(self.places - places)).map_or(0, |shift| divide(self.mantissa, shift)))
    }
}

fn parse_exponent(text: &str) -> Result<i64, Unfit> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Unfit::Syntax);
    }
    let size = digits.parse::<i64>().unwrap_or(i64::MAX);
    Ok(if negative { -size } else { size })
}

/// `10^exponent`, where it fits.
fn power(exponent: i64) -> Option<i128> {
    POWERS.get(usize::try_from(exponent).ok()?).copied()
}

/// Those that fit.
const POWERS: [i128; 39] = {
    let mut powers = [1; 39];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = 10 * powers[at - 1];
        at += 1;
    }
    powers
};

/// The nearest quotient, halves away from zero. The divisor is positive.
fn divide(value: i128, by: i128) -> i128 {
    let (quotient, rest) = (value / by, value % by);
    if rest.abs() >= by - rest.abs() { quotient + value.signum() } else { quotient }
}

/// Why a scale cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadScale {
    /// Zero, or with more digits than are counted in.
    Size,
    /// Not a finite decimal, and no number of places was given to round to.
    Endless,
}

/// From raw integers to decimals and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scale {
    mul: i128,
    den: i128,
    add: i128,
    places: u32,
    round: bool,
}

impl Scale {
    /// Raw values as they are.
    pub(super) const ONE: Self = Self { mul: 1, den: 1, add: 0, places: 0, round: false };

    /// `numerator ÷ denominator` and an addend, usable for every raw value in `raw`.
    pub(super) fn new(
        numerator: Exact,
        denominator: Exact,
        add: Exact,
        digits: Option<u8>,
        raw: (i128, i128),
    ) -> Result<Self, BadScale> {
        let fits = |d: &Exact| d.mantissa.abs() <= MAX_MANTISSA && d.places <= 15;
        if ![numerator, denominator, add].iter().all(fits)
            || numerator.mantissa == 0
            || denominator.mantissa <= 0
        {
            return Err(BadScale::Size);
        }
        let ten = |places: u32| power(i64::from(places)).ok_or(BadScale::Size);
        let mut mul = numerator.mantissa * ten(denominator.places)?;
        let mut den = denominator.mantissa * ten(numerator.places)?;
        let common = gcd(mul.abs(), den);
        (mul, den) = (mul / common, den / common);
        let places = match digits {
            Some(digits) if u32::from(digits) < add.places => return Err(BadScale::Size),
            Some(digits) => u32::from(digits),
            None => (add.places..=MAX_PLACES)
                .find(|places| ten(*places).is_ok_and(|shift| shift % den == 0))
                .ok_or(BadScale::Endless)?,
        };
        if places > MAX_PLACES {
            return Err(BadScale::Size);
        }
        mul = mul.checked_mul(ten(places)?).ok_or(BadScale::Size)?;
        let common = gcd(mul.abs(), den);
        let add = add.at(places, false).map_err(|_| BadScale::Size)?;
        let scale = Self { mul: mul / common, den: den / common, add, places, round: digits.is_some() };
        let usable = [raw.0, raw.1].iter().all(|&raw| {
            scale.forward(raw).and_then(|value| (value - scale.add).checked_mul(scale.den)).is_some()
        });
        if usable { Ok(scale) } else { Err(BadScale::Size) }
    }

    fn forward(&self, raw: i128) -> Option<i128> {
        let scaled = raw.checked_mul(self.mul)?;
        let value = if self.den == 1 { scaled } else { divide(scaled, self.den) };
        value.checked_add(self.add)
    }

    /// The value of `raw`, in units of `10^-places`. Total over the range the scale was made for.
    pub(super) fn value(&self, raw: i128) -> i128 {
        self.forward(raw).unwrap_or(i128::MAX)
    }

    /// A limit given in values, as a mantissa to compare [`value`](Self::value) with.
    pub(super) fn limit(&self, limit: Exact) -> Result<i128, Unfit> {
        limit.at(self.places, false)
    }

    /// The raw integer whose value is `value`.
    pub(super) fn raw(&self, value: Exact) -> Result<i128, Unfit> {
        let value = value.at(self.places, self.round)?;
        let scaled = value.checked_sub(self.add).and_then(|v| v.checked_mul(self.den)).ok_or(Unfit::Size)?;
        let scaled = scaled.checked_mul(self.mul.signum()).ok_or(Unfit::Size)?;
        let by = self.mul.abs();
        if !self.round && scaled % by != 0 {
            return Err(Unfit::Grid);
        }
        Ok(divide(scaled, by))
    }

    /// The scaled value of a number that need not be an integer.
    pub(super) fn apply(&self, number: Exact) -> Result<Shown, Unfit> {
        let value = number.mantissa.checked_mul(self.mul).ok_or(Unfit::Size)?;
        if !self.round {
            let places =
                self.places.checked_add(number.places).filter(|places| *places <= 30).ok_or(Unfit::Grid)?;
            let shift = power(i64::from(number.places)).ok_or(Unfit::Grid)?;
            let add = self.add.checked_mul(shift).ok_or(Unfit::Size)?;
            return Ok(Shown { value: value.checked_add(add).ok_or(Unfit::Size)?, places });
        }
        let by = power(i64::from(number.places))
            .and_then(|shift| shift.checked_mul(self.den))
            .ok_or(Unfit::Grid)?;
        let value = divide(value, by).checked_add(self.add).ok_or(Unfit::Size)?;
        Ok(Shown { value, places: self.places })
    }

    /// A value as JSON: an integer where the scale has no places, else with at least one.
    pub(super) fn show(&self, value: i128) -> Shown {
        Shown { value, places: self.places }
    }
}

fn gcd(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// A decimal on its way into JSON text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    value: i128,
    places: u32,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.places == 0 {
            // The narrow way is much the shorter, and nearly always wide enough.
            return match i64::try_from(self.value) {
                Ok(value) => value.fmt(f),
                Err(_) => self.value.fmt(f),
            };
        }
        let unit = 10_u128.pow(self.places);
        let (whole, mut rest) = (self.value.unsigned_abs() / unit, self.value.unsigned_abs() % unit);
        let mut width = self.places;
        while width > 1 && rest.is_multiple_of(10) {
            rest /= 10;
            width -= 1;
        }
        if self.value < 0 {
            f.write_char('-')?;
        }
        write!(f, "{whole}.{rest:0width$}", width = usize::try_from(width).unwrap_or(1))
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    fn number(text: &str) -> Exact {
        Exact::parse(text).unwrap()
    }

    fn scale(num: &str, den: &str, add: &str, digits: Option<u8>) -> Result<Scale, BadScale> {
        Scale::new(number(num), number(den), number(add), digits, (-32768, 65535))
    }

    #[test]
    fn numbers_keep_every_digit() {
        for (text, mantissa, places) in [
            ("0", 0, 0),
            ("-0.000e9", 0, 0),
            ("1e2", 100, 0),
            ("1200", 1200, 0),
            ("0.0120", 12, 3),
            ("-12.5E-1", -125, 2),
            ("99999999999999999999999999999999999999", 99999999999999999999999999999999999999, 0),
            ("1e-400", 1, 400),
        ] {
            assert_eq!(Exact::parse(text), Ok(Exact { mantissa, places }), "{text}");
        }
        for text in ["", "-", "01", "1.", ".5", "1e", "1e+", "+1", "0x1", "1 ", "NaN", "１"] {
            assert_eq!(Exact::parse(text), Err(Unfit::Syntax), "{text}");
        }
        assert_eq!(Exact::parse("1e39"), Err(Unfit::Size));
        assert_eq!(Exact::parse("1e99999999999999999999"), Err(Unfit::Size));
        assert_eq!(Exact::parse("1.000000000000000000000000000000000000000001"), Err(Unfit::Grid));
        assert_eq!(Exact::parse("1000000000000000000000000000000000000000001"), Err(Unfit::Size));
        assert_eq!(Exact::parse("1000000000000000000000000000000000000000001e-30"), Err(Unfit::Grid));
    }

    #[test]
    fn finite_scales_are_exact_both_ways() {
        for (num, den, add, raw, shown) in [
            ("1", "1", "0", -5, "-5"),
            ("0.1", "1", "-40", 653, "25.3"),
            ("0.1", "1", "-40", 650, "25.0"),
            ("0.01", "1", "0", -5, "-0.05"),
            ("10", "1", "3", 4, "43"),
            ("1", "16", "0", 5, "0.3125"),
            ("-0.5", "1", "0", 3, "-1.5"),
            ("1", "65536", "0", 1, "0.0000152587890625"),
        ] {
            let scale = scale(num, den, add, None).unwrap();
            assert_eq!(scale.show(scale.value(raw)).to_string(), shown);
            assert_eq!(scale.raw(number(shown)), Ok(raw), "{shown}");
        }
        let tenth = scale("0.1", "1", "0", None).unwrap();
        assert_eq!(tenth.raw(number("0.25")), Err(Unfit::Grid));
        assert_eq!(tenth.raw(number("25e-1")), Ok(25));
        assert_eq!(tenth.raw(number("1e38")), Err(Unfit::Size));
    }

    #[test]
    fn endless_scales_round_to_the_places_given() {
        assert_eq!(scale("5", "9", "0", None), Err(BadScale::Endless));
        let celsius = scale("5", "9", "0", Some(2)).unwrap();
        assert_eq!(celsius.show(celsius.value(100)).to_string(), "55.56");
        assert_eq!(celsius.raw(number("55.56")), Ok(100));
        assert_eq!(celsius.raw(number("55.559999999999999999999")), Ok(100));
        assert_eq!(celsius.raw(number("1e-90")), Ok(0));
        let half = scale("0.5", "1", "0", Some(0)).unwrap();
        assert_eq!((half.value(1), half.value(-1), half.value(-3)), (1, -1, -2));
    }

    #[test]
    fn impossible_scales_are_refused() {
        assert_eq!(scale("0", "1", "0", None), Err(BadScale::Size));
        assert_eq!(scale("1", "0", "0", None), Err(BadScale::Size));
        assert_eq!(scale("1e16", "1", "0", None), Err(BadScale::Size));
        assert_eq!(scale("1", "3", "0", Some(30)), Err(BadScale::Size));
        assert_eq!(scale("1", "3", "0.25", Some(1)), Err(BadScale::Size));
    }
}
