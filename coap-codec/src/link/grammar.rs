//! The grammar of RFC 6690 §2, over bytes: every character with a meaning is ASCII.
//!
//! ```text
//! document  = [ link *( "," link ) ]
//! link      = "<" target ">" *( ";" attribute )
//! attribute = name [ "*" ] [ "=" ( token / DQUOTE *( text / "\" any ) DQUOTE ) ]
//! ```

use memchr::{memchr, memchr2};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::combinator::{cut, opt};
use nom::error::{ErrorKind, ParseError};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use super::{Attribute, Link, LinkRule, Value};

/// A rule, and the bytes left where it was broken.
#[derive(Debug, Clone, Copy)]
struct Fault {
    rule: LinkRule,
    left: usize,
}

impl ParseError<&[u8]> for Fault {
    fn from_error_kind(input: &[u8], kind: ErrorKind) -> Self {
        // What each parser below can fail at.
        let rule = match kind {
            ErrorKind::TakeWhile1 => LinkRule::Name,
            _ => LinkRule::Separator,
        };
        Self { rule, left: input.len() }
    }

    fn append(_: &[u8], _: ErrorKind, first: Self) -> Self {
        first
    }
}

type Parsed<'a, T> = IResult<&'a [u8], T, Fault>;

fn fault<T>(rule: LinkRule, input: &[u8]) -> Parsed<'_, T> {
    Err(nom::Err::Failure(Fault { rule, left: input.len() }))
}

/// Reads the link at the start of `text`, behind a comma if it is not the first. Gives it with the bytes it
/// took, or the broken rule with the bytes before it.
#[inline]
pub(super) fn link(text: &str, comma: bool) -> Result<(Link<'_>, usize), (LinkRule, usize)> {
    let input = text.as_bytes();
    let parsed = if comma { preceded(tag(","), cut(target)).parse(input) } else { target(input) };
    let parsed = parsed.and_then(|(rest, target)| Ok((attributes(rest)?.0, (rest, target))));
    match parsed {
        Ok((rest, (attributes, target))) => {
            let end = input.len() - rest.len();
            let attributes_at = input.len() - attributes.len();
            let target_at = attributes_at - 1 - target.len();
            let link = Link {
                target: text.get(target_at..attributes_at - 1).unwrap_or_default(),
                attributes: text.get(attributes_at..end).unwrap_or_default(),
            };
            Ok((link, end))
        }
        Err(nom::Err::Error(fault) | nom::Err::Failure(fault)) => Err((fault.rule, input.len() - fault.left)),
        Err(nom::Err::Incomplete(_)) => Err((LinkRule::Missing, input.len())),
    }
}

#[inline]
fn target(input: &[u8]) -> Parsed<'_, &[u8]> {
    let Some((b'<', rest)) = input.split_first() else {
        return fault(if input.is_empty() { LinkRule::Missing } else { LinkRule::Target }, input);
    };
    match memchr2(b'>', b'<', rest).and_then(|len| rest.split_at_checked(len)) {
        Some((target, [b'>', rest @ ..])) => Ok((rest, target)),
        Some((_, rest)) => fault(LinkRule::OpenTarget, rest),
        None => fault(LinkRule::OpenTarget, &[]),
    }
}

/// Reads attributes up to the comma behind them, or the end.
#[inline]
fn attributes(mut input: &[u8]) -> Parsed<'_, ()> {
    loop {
        match input.split_first() {
            None | Some((b',', _)) => return Ok((input, ())),
            Some((b';', [])) => return fault(LinkRule::Missing, &[]),
            Some((b';', rest)) => (input, _) = attribute(rest)?,
            Some(_) => return fault(LinkRule::Separator, input),
        }
    }
}

#[inline]
fn attribute(input: &[u8]) -> Parsed<'_, ()> {
    let name = terminated(take_while1(is_name), opt(tag("*")));
    let value = preceded(tag("="), cut(alt((quoted, token))));
    (name, opt(value)).map(|_| ()).parse_complete(input)
}

#[inline]
fn quoted(input: &[u8]) -> Parsed<'_, ()> {
    let (rest, _) = tag("\"")(input)?;
    match closing_quote(rest).and_then(|len| rest.get(len + 1..)) {
        Some(rest) => Ok((rest, ())),
        None => fault(LinkRule::OpenQuote, &[]),
    }
}

#[inline]
fn token(input: &[u8]) -> Parsed<'_, ()> {
    match take_while1::<_, _, Fault>(is_token)(input) {
        Ok((rest, _)) => Ok((rest, ())),
        Err(_) => fault(LinkRule::Value, input),
    }
}

/// Bytes before the quote that ends a value; none behind an escape counts.
#[inline]
fn closing_quote(input: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = input.get(at..)?;
        at += memchr2(b'"', b'\\', rest)?;
        if input.get(at) == Some(&b'"') {
            return Some(at);
        }
        // Any character may be escaped; one of several bytes has none of these two in it.
        at += 2;
    }
}

/// Takes the first attribute off the checked attributes of a link.
#[inline]
pub(super) fn split_attribute(text: &str) -> Option<(Attribute<'_>, &str)> {
    let text = text.get(1..)?;
    let bytes = text.as_bytes();
    let name_len = bytes.iter().position(|&byte| byte == b'=' || byte == b';').unwrap_or(bytes.len());
    let (name, rest) = text.split_at_checked(name_len)?;
    let Some(written) = rest.strip_prefix('=') else { return Some((Attribute { name, value: None }, rest)) };
    let (value, rest) = match written.strip_prefix('"') {
        Some(written) => {
            let (value, rest) = written.split_at_checked(closing_quote(written.as_bytes())?)?;
            (Value::quoted(value), rest.get(1..)?)
        }
        None => {
            let len = memchr(b';', written.as_bytes()).unwrap_or(written.len());
            let (value, rest) = written.split_at_checked(len)?;
            (Value::token(value), rest)
        }
    };
    Some((Attribute { name, value: Some(value) }, rest))
}

/// Whether a byte may stand in a name: `attr-char` of RFC 8187 §3.2.1.
#[inline]
pub(super) fn is_name(byte: u8) -> bool {
    has(byte, NAME)
}

/// Whether a byte may stand in a value without quotes: `ptokenchar` of RFC 6690 §2.
#[inline]
pub(super) fn is_token(byte: u8) -> bool {
    has(byte, TOKEN)
}

const NAME: u8 = 1;
const TOKEN: u8 = 2;

#[inline]
fn has(byte: u8, class: u8) -> bool {
    CLASSES.get(usize::from(byte)).is_some_and(|classes| classes & class != 0)
}

/// What each byte may stand in.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0x21_u8;
    while byte < 0x7F {
        let name = byte.is_ascii_alphanumeric() || in_list(byte, b"!#$&+-.^_`|~");
        let token = !in_list(byte, b"\",;\\");
        classes[byte as usize] = name as u8 * NAME + token as u8 * TOKEN;
        byte += 1;
    }
    classes
};

const fn in_list(byte: u8, list: &[u8]) -> bool {
    let mut at = 0;
    while at < list.len() {
        if list[at] == byte {
            return true;
        }
        at += 1;
    }
    false
}
