//! The grammar of RFC 6690 §2, over bytes: every character with a meaning is ASCII.
//!
//! ```text
//! document  = [ link *( "," link ) ]
//! link      = "<" target ">" *( ";" attribute )
//! attribute = name [ "*" ] [ "=" ( token / DQUOTE *( text / "\" any ) DQUOTE ) ]
//! ```

use nom::IResult;

use super::{Attribute, Link, LinkRule, Value};

/// A rule, and the bytes left where it was broken.
#[derive(Debug, Clone, Copy)]
struct Fault {
    rule: LinkRule,
    left: usize,
}

type Parsed<'a, T> = IResult<&'a [u8], T, Fault>;

fn fault<T>(rule: LinkRule, input: &[u8]) -> Parsed<'_, T> {
    Err(nom::Err::Failure(Fault { rule, left: input.len() }))
}

fn broken(error: &nom::Err<Fault>) -> (LinkRule, usize) {
    match error {
        nom::Err::Error(fault) | nom::Err::Failure(fault) => (fault.rule, fault.left),
        nom::Err::Incomplete(_) => (LinkRule::Missing, 0),
    }
}

/// Reads the link at the start of `text`. Gives it with the text behind it, which is empty or begins with a
/// comma, or the broken rule with the bytes left there.
#[inline]
pub(super) fn link(text: &str) -> Result<(Link<'_>, &str), (LinkRule, usize)> {
    match target(text.as_bytes())
        .and_then(|(rest, target_len)| Ok((attributes(rest)?, rest.len(), target_len)))
    {
        Ok(((rest, marks), after_target, target_len)) => {
            let split = || {
                let (target, text) = text.strip_prefix('<')?.split_at_checked(target_len)?;
                let (attributes, rest) = text.split_at_checked(1 + after_target - rest.len())?;
                let attributes = attributes.strip_prefix('>')?;
                Some((Link { target, attributes, marks }, rest))
            };
            // All of these are places beside ASCII characters.
            split().ok_or((LinkRule::Separator, rest.len()))
        }
        Err(error) => Err(broken(&error)),
    }
}

/// Reads attributes that end with the text.
pub(super) fn whole_attributes(text: &str) -> Result<Marks, (LinkRule, usize)> {
    match attributes(text.as_bytes()) {
        Ok(([], marks)) => Ok(marks),
        Ok((rest, _)) => Err((LinkRule::Separator, rest.len())),
        Err(error) => Err(broken(&error)),
    }
}

/// Reads a target; gives its length.
#[inline]
fn target(input: &[u8]) -> Parsed<'_, usize> {
    let Some((b'<', rest)) = input.split_first() else {
        return fault(if input.is_empty() { LinkRule::Missing } else { LinkRule::Target }, input);
    };
    match find(rest, b'>', b'<') {
        Some([b'>', behind @ ..]) => Ok((behind, rest.len() - 1 - behind.len())),
        Some(behind) => fault(LinkRule::OpenTarget, behind),
        None => fault(LinkRule::OpenTarget, &[]),
    }
}

/// Reads attributes up to the comma behind them, or the end; marks the first ones.
#[inline]
fn attributes(mut input: &[u8]) -> Parsed<'_, Marks> {
    let mut marks = [Mark::default(); MARKS];
    // Not all lengths fit a mark.
    let fitting = if input.len() > usize::from(u16::MAX) { 0 } else { MARKS };
    let mut places = marks.get_mut(..fitting).unwrap_or_default().iter_mut();
    loop {
        let rest = match input.split_first() {
            None | Some((b',', _)) => return Ok((input, marks)),
            Some((b';', rest)) => rest,
            Some(_) => return fault(LinkRule::Separator, input),
        };
        let (behind, after_name) = attribute(rest)?;
        if let Some(place) = places.next() {
            *place = Mark { name: low(rest.len() - after_name), whole: low(input.len() - behind.len()) };
        }
        input = behind;
    }
}

/// Reads an attribute; gives the bytes left behind its name.
#[inline]
fn attribute(input: &[u8]) -> Parsed<'_, usize> {
    let Some(rest) = behind_run(input, NAME) else {
        return fault(if input.is_empty() { LinkRule::Missing } else { LinkRule::Name }, input);
    };
    match rest {
        [b'=', written @ ..] => Ok((value(written)?.0, rest.len())),
        [b'*', rest @ ..] => extended(rest),
        _ => Ok((rest, rest.len())),
    }
}

/// Goes on behind a name that ends in a star (RFC 8187).
#[inline(never)]
fn extended(rest: &[u8]) -> Parsed<'_, usize> {
    match rest {
        [b'=', written @ ..] => Ok((value(written)?.0, rest.len())),
        _ => Ok((rest, rest.len())),
    }
}

#[inline]
fn value(input: &[u8]) -> Parsed<'_, ()> {
    if let [b'"', text @ ..] = input {
        return match behind_quote(text) {
            Some(rest) => Ok((rest, ())),
            None => fault(LinkRule::OpenQuote, &[]),
        };
    }
    match behind_run(input, TOKEN) {
        Some(rest) => Ok((rest, ())),
        None => fault(LinkRule::Value, input),
    }
}

/// What follows one or more bytes of a class. Most runs are short: the first eight bytes are looked at without a
/// loop.
#[inline(always)]
fn behind_run(input: &[u8], class: u8) -> Option<&[u8]> {
    let ends = |&byte: &u8| !has(byte, class);
    if input.first().is_none_or(ends) {
        return None;
    }
    if let Some(end) = input.first_chunk::<8>().and_then(|chunk| chunk.iter().position(ends)) {
        return input.get(end..);
    }
    input.get(input.iter().position(ends).unwrap_or(input.len())..)
}

/// What follows the quote that ends a value; none behind an escape counts.
#[inline]
fn behind_quote(mut input: &[u8]) -> Option<&[u8]> {
    loop {
        match find(input, b'"', b'\\')? {
            [b'"', rest @ ..] => return Some(rest),
            // Any character may be escaped; one of several bytes has none of these two in it.
            [_, _, rest @ ..] => input = rest,
            _ => return None,
        }
    }
}

/// What begins with the first of two bytes, looked for eight at a time.
#[inline]
fn find(bytes: &[u8], one: u8, other: u8) -> Option<&[u8]> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    // The high bit of each byte that is zero, and perhaps of some above it.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    let mut rest = bytes;
    while let Some((chunk, after)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*chunk);
        let hits = zeros(word ^ (ONES * u64::from(one))) | zeros(word ^ (ONES * u64::from(other)));
        if hits != 0 {
            return rest.get(hits.trailing_zeros() as usize / 8..);
        }
        rest = after;
    }
    rest.get(rest.iter().position(|&byte| byte == one || byte == other)?..)
}

/// How many attributes of a link are found again without a search.
pub(super) const MARKS: usize = 8;

/// Where the first attributes of a link are.
pub(super) type Marks = [Mark; MARKS];

/// Bytes of the name of an attribute, and of the whole with its `;`. Zero: not known, search for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    name: u16,
    whole: u16,
}

/// The low 16 bits of a number that has no others.
#[inline]
fn low(number: usize) -> u16 {
    let [low, high, ..] = number.to_le_bytes();
    u16::from_le_bytes([low, high])
}

/// Takes the first attribute off checked attributes.
#[inline]
pub(super) fn split_attribute(text: &str, mark: Option<Mark>) -> Option<(Attribute<'_>, &str)> {
    let mark = match mark {
        Some(mark) if mark.whole != 0 => mark,
        _ if text.is_empty() => return None,
        _ => return split_unmarked(text),
    };
    split_at(text, usize::from(mark.name), usize::from(mark.whole))
}

#[inline(always)]
fn split_at(text: &str, name: usize, whole: usize) -> Option<(Attribute<'_>, &str)> {
    let (this, rest) = text.split_at_checked(whole)?;
    let (name, written) = this.strip_prefix(';')?.split_at_checked(name)?;
    let value = written.strip_prefix('=').map(|written| {
        let unquoted = written.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        unquoted.map_or(Value::token(written), Value::quoted)
    });
    Some((Attribute { name, value }, rest))
}

#[cold]
fn split_unmarked(text: &str) -> Option<(Attribute<'_>, &str)> {
    let (_, rest) = text.as_bytes().split_first()?;
    let (behind, after_name) = attribute(rest).ok()?;
    split_at(text, rest.len() - after_name, text.len() - behind.len())
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
