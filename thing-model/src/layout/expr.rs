//! The small languages inside a description: number types, sizes, bit ranges, constants, placeholders.
//!
//! ```text
//! type        = ("u" | "i") bits                       ; bits = 8, 16 … 64
//! size        = integer | "rest" | base ["*" integer] [("+" | "-") integer]
//! base        = type ["be" | "le"] | name *("." name)  ; a prefix, or an earlier field (or a member of its JSON)
//! bits        = integer | integer ":" integer
//! placeholder = "$_" | "$*" | "$" name ["?"] | text "${" name ["?"] "}" text | "$$" text
//! ```

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, digit1, hex_digit1, space0};
use nom::combinator::{all_consuming, map, map_opt, map_res, opt, recognize, rest, value, verify};
use nom::multi::separated_list1;
use nom::sequence::{delimited, preceded, separated_pair};
use nom::{IResult, Parser};

use super::describe::Endian;

/// A whole number of bytes, signed or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Width {
    pub(super) bytes: u8,
    pub(super) signed: bool,
}

/// A length or count before names are looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Measure {
    /// So many.
    Fixed(u32),
    /// What is left.
    Rest,
    /// From a prefix directly before, in the byte order it says.
    Prefix(Width, Option<Endian>, Linear),
    /// From an earlier field, or a member of its JSON.
    Field(Vec<String>, Linear),
}

/// `raw × times + plus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Linear {
    pub(super) times: u32,
    pub(super) plus: i32,
}

/// What a string of a template stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Placeholder<'t> {
    /// This text.
    Literal(&'t str),
    /// Anything; not written.
    Any,
    /// An object of all fields without a place of their own.
    All,
    /// The value of a field.
    Value { name: &'t str, optional: bool },
    /// A string holding the value of a field.
    Text { before: &'t str, name: &'t str, after: &'t str, optional: bool },
}

fn whole<'t, O>(
    parser: impl Parser<&'t str, Output = O, Error = nom::error::Error<&'t str>>,
    text: &'t str,
) -> Option<O> {
    all_consuming(parser).parse(text).ok().map(|(_, found)| found)
}

fn integer<T: core::str::FromStr>(text: &str) -> IResult<&str, T> {
    map_res(digit1, str::parse).parse(text)
}

fn name(text: &str) -> IResult<&str, &str> {
    take_while1(|c: char| c.is_alphanumeric() || c == '_' || c == '-').parse(text)
}

fn key(text: &str) -> IResult<&str, &str> {
    verify(take_while1(|c: char| c.is_alphanumeric() || c == '_'), |name: &str| {
        !name.starts_with(|c: char| c.is_ascii_digit())
    })
    .parse(text)
}

fn word(text: &str) -> IResult<&str, Width> {
    let signed = alt((value(false, char('u')), value(true, char('i'))));
    map_opt((signed, integer::<u8>), |(signed, bits)| {
        (bits.is_multiple_of(8) && (8..=64).contains(&bits)).then_some(Width { bytes: bits / 8, signed })
    })
    .parse(text)
}

fn order(text: &str) -> IResult<&str, Option<Endian>> {
    opt(alt((value(Endian::Big, tag("be")), value(Endian::Little, tag("le"))))).parse(text)
}

fn linear(text: &str) -> IResult<&str, Linear> {
    let times = preceded((space0, char('*'), space0), verify(integer, |times: &u32| *times > 0));
    let sign = delimited(space0, alt((value(1, char('+')), value(-1, char('-')))), space0);
    let plus = map((sign, verify(integer::<i32>, |plus| *plus <= 1 << 20)), |(sign, plus)| sign * plus);
    map((opt(times), opt(plus)), |(times, plus)| Linear {
        times: times.unwrap_or(1),
        plus: plus.unwrap_or(0),
    })
    .parse(text)
}

/// `u8` … `i64`.
pub(super) fn width(text: &str) -> Option<Width> {
    whole(word, text)
}

/// A length or count.
pub(super) fn measure(text: &str) -> Option<Measure> {
    let path = |text| {
        map(separated_list1(char('.'), key), |path| path.into_iter().map(String::from).collect()).parse(text)
    };
    whole(
        alt((
            all_consuming(map(integer, Measure::Fixed)),
            all_consuming(value(Measure::Rest, tag("rest"))),
            all_consuming(map((word, order, linear), |(width, order, linear)| {
                Measure::Prefix(width, order, linear)
            })),
            map((path, linear), |(path, linear)| Measure::Field(path, linear)),
        )),
        text.trim(),
    )
}

/// Lowest and highest bit.
pub(super) fn bits(text: &str) -> Option<(u8, u8)> {
    let pair = map(separated_pair(integer, (space0, char(':'), space0), integer), |(high, low)| (low, high));
    let range = whole(alt((all_consuming(pair), map(integer, |bit| (bit, bit)))), text.trim())?;
    (range.0 <= range.1).then_some(range)
}

/// An integer, decimal or hexadecimal.
pub(super) fn constant(text: &str) -> Option<i128> {
    let hex = map_res(preceded(tag("0x"), hex_digit1), |digits| i128::from_str_radix(digits, 16));
    let decimal = map_res(recognize((opt(char('-')), digit1)), str::parse::<i128>);
    whole(alt((hex, decimal)), text)
}

/// Bytes in hexadecimal, with or without `0x`, blanks between bytes allowed.
pub(super) fn hex(text: &str) -> Option<Box<[u8]>> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    for word in digits.split(' ').filter(|word| !word.is_empty()) {
        if word.len() % 2 == 1 || !word.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        for at in (0..word.len()).step_by(2) {
            bytes.push(u8::from_str_radix(&word[at..at + 2], 16).ok()?);
        }
    }
    (!bytes.is_empty()).then(|| bytes.into())
}

/// What a string of a template means; `None` if a `$` has no meaning there.
pub(super) fn placeholder(text: &str) -> Option<Placeholder<'_>> {
    if let Some(at) = text.find("${") {
        let (before, from) = text.split_at(at);
        let inner = delimited(tag("${"), (name, opt(char('?'))), char('}'));
        let ((name, optional), after) = whole((inner, rest), from)?;
        if after.contains("${") {
            return None;
        }
        return Some(Placeholder::Text { before, name, after, optional: optional.is_some() });
    }
    let Some(from) = text.strip_prefix('$') else {
        return Some(Placeholder::Literal(text));
    };
    if from.starts_with('$') {
        return Some(Placeholder::Literal(from));
    }
    whole(
        alt((
            all_consuming(value(Placeholder::Any, char('_'))),
            value(Placeholder::All, char('*')),
            map((name, opt(char('?'))), |(name, optional)| Placeholder::Value {
                name,
                optional: optional.is_some(),
            }),
        )),
        from,
    )
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn sizes() {
        let plain = Linear { times: 1, plus: 0 };
        let u16 = Width { bytes: 2, signed: false };
        for (text, expected) in [
            ("12", Some(Measure::Fixed(12))),
            ("rest", Some(Measure::Rest)),
            ("u16", Some(Measure::Prefix(u16, None, plain))),
            ("u16le", Some(Measure::Prefix(u16, Some(Endian::Little), plain))),
            ("u16 * 4 - 2", Some(Measure::Prefix(u16, None, Linear { times: 4, plus: -2 }))),
            ("u16be+1", Some(Measure::Prefix(u16, Some(Endian::Big), Linear { times: 1, plus: 1 }))),
            ("len+3", Some(Measure::Field(vec!["len".into()], Linear { times: 1, plus: 3 }))),
            (
                "head.data.bSize",
                Some(Measure::Field(vec!["head".into(), "data".into(), "bSize".into()], plain)),
            ),
            ("u17", Some(Measure::Field(vec!["u17".into()], plain))),
            ("u16x", Some(Measure::Field(vec!["u16x".into()], plain))),
            ("resting", Some(Measure::Field(vec!["resting".into()], plain))),
            ("len * 0", None),
            ("len -", None),
            ("4294967296", None),
            ("", None),
            ("a..b", None),
        ] {
            assert_eq!(measure(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_and_ranges() {
        assert_eq!(width("u24"), Some(Width { bytes: 3, signed: false }));
        assert_eq!(width("i64"), Some(Width { bytes: 8, signed: true }));
        assert_eq!((width("u12"), width("u72"), width("u0"), width("f32")), (None, None, None, None));
        assert_eq!(
            (bits("7"), bits("6:4"), bits("4:6"), bits("x")),
            (Some((7, 7)), Some((4, 6)), None, None)
        );
        assert_eq!((constant("0x5A"), constant("-3"), constant("3.0")), (Some(90), Some(-3), None));
        assert_eq!(hex("0xa55a").as_deref(), Some(&[0xa5, 0x5a][..]));
        assert_eq!(hex("a5 5A").as_deref(), Some(&[0xa5, 0x5a][..]));
        assert_eq!((hex("a"), hex(""), hex("zz"), hex("é1")), (None, None, None, None));
    }

    #[test]
    fn placeholders() {
        use Placeholder::{All, Any, Literal, Text, Value};
        for (text, expected) in [
            ("plain", Some(Literal("plain"))),
            ("$$x", Some(Literal("$x"))),
            ("$_", Some(Any)),
            ("$*", Some(All)),
            ("$id", Some(Value { name: "id", optional: false })),
            ("$_id?", Some(Value { name: "_id", optional: true })),
            ("${id}", Some(Text { before: "", name: "id", after: "", optional: false })),
            ("a${id?}b", Some(Text { before: "a", name: "id", after: "b", optional: true })),
            ("${a}${b}", None),
            ("${a", None),
            ("$", None),
            ("$a b", None),
        ] {
            assert_eq!(placeholder(text), expected, "{text}");
        }
    }
}
