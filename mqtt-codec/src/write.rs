//! Writing a packet: its length first, then all of it or nothing.

use crate::config::Version;
use crate::error::EncodeError;
use crate::out::Out;
use crate::rule::Rule;

/// What stands behind a fixed header.
pub(crate) trait Body {
    /// Packet type and flags.
    fn first_byte(&self) -> u8;

    /// The remaining length. Every rule is checked here.
    fn body_len(&self, version: Version) -> Result<usize, EncodeError>;

    /// Writes exactly `body_len` bytes; called only when that gave a length and there is room for it.
    fn put_body(&self, version: Version, out: &mut (impl Out + ?Sized));
}

#[inline]
pub(crate) fn encoded_len(body: &impl Body, version: Version) -> Result<usize, EncodeError> {
    frame_len(body.body_len(version)?)
}

#[inline]
pub(crate) fn encode(
    body: &impl Body,
    version: Version,
    out: &mut (impl Out + ?Sized),
) -> Result<usize, EncodeError> {
    let remaining = body.body_len(version)?;
    let needed = frame_len(remaining)?;
    if out.room() < needed {
        return Err(EncodeError::NoRoom { needed });
    }
    put_header(body.first_byte(), remaining, out);
    body.put_body(version, out);
    Ok(needed)
}

/// The largest remaining length (5.0 §2.1.4, 3.1.1 §2.2.3).
pub(crate) const MAX_REMAINING: usize = 268_435_455;

/// Bytes of the longest fixed header.
pub(crate) const LONGEST_HEADER: usize = 5;

/// The length of a packet with that remaining length.
#[inline]
pub(crate) fn frame_len(remaining: usize) -> Result<usize, EncodeError> {
    if remaining > MAX_REMAINING {
        return Err(Rule::PacketTooLong.into());
    }
    Ok(1 + number_len(remaining) + remaining)
}

#[inline(always)]
pub(crate) fn put_header(first: u8, remaining: usize, out: &mut (impl Out + ?Sized)) {
    match (digits(remaining), number_len(remaining)) {
        ([a, ..], 1) => out.put(&[first, a]),
        ([a, b, ..], 2) => out.put(&[first, a | 0x80, b]),
        ([a, b, c, _], 3) => out.put(&[first, a | 0x80, b | 0x80, c]),
        ([a, b, c, d], _) => out.put(&[first, a | 0x80, b | 0x80, c | 0x80, d]),
    }
}

/// A fixed header and the length of the field behind it at once, for every `put` has its price. Returns the length of the
/// fixed header.
#[inline(always)]
pub(crate) fn put_header_and_len(
    first: u8,
    remaining: usize,
    field: &[u8],
    out: &mut (impl Out + ?Sized),
) -> usize {
    let [high, low] = len_of(field);
    let [a, b, c, d] = digits(remaining);
    match number_len(remaining) {
        1 => {
            out.put(&[first, a, high, low]);
            2
        }
        2 => {
            out.put(&[first, a | 0x80, b, high, low]);
            3
        }
        3 => {
            out.put(&[first, a | 0x80, b | 0x80, c, high, low]);
            4
        }
        _ => {
            out.put(&[first, a | 0x80, b | 0x80, c | 0x80, d, high, low]);
            5
        }
    }
}

/// Whether there is room for a packet of which `absent` bytes are not written.
#[inline(always)]
pub(crate) fn check_room(room: usize, remaining: usize, absent: usize) -> Result<(), EncodeError> {
    if remaining > MAX_REMAINING {
        return Err(Rule::PacketTooLong.into());
    }
    // There is room for the longest fixed header, or else it matters how long this one is.
    if room < remaining - absent + LONGEST_HEADER {
        check_tight_room(room, remaining, absent)
    } else {
        Ok(())
    }
}

#[cold]
fn check_tight_room(room: usize, remaining: usize, absent: usize) -> Result<(), EncodeError> {
    let needed = frame_len(remaining)? - absent;
    if room < needed { Err(EncodeError::NoRoom { needed }) } else { Ok(()) }
}

/// Bytes a number of variable length takes (5.0 §1.5.5).
#[inline]
pub(crate) const fn number_len(number: usize) -> usize {
    match number {
        0..0x80 => 1,
        0x80..0x4000 => 2,
        0x4000..0x20_0000 => 3,
        _ => 4,
    }
}

#[inline]
pub(crate) fn put_number(number: usize, out: &mut (impl Out + ?Sized)) {
    match (digits(number), number_len(number)) {
        ([a, ..], 1) => out.put(&[a]),
        ([a, b, ..], 2) => out.put(&[a | 0x80, b]),
        ([a, b, c, _], 3) => out.put(&[a | 0x80, b | 0x80, c]),
        ([a, b, c, d], _) => out.put(&[a | 0x80, b | 0x80, c | 0x80, d]),
    }
}

/// Seven bits each, lowest first.
#[inline]
fn digits(number: usize) -> [u8; 4] {
    [low(number), low(number >> 7), low(number >> 14), low(number >> 21)]
}

/// The low seven bits.
#[expect(clippy::cast_possible_truncation, reason = "seven bits")]
#[inline]
const fn low(number: usize) -> u8 {
    (number & 0x7F) as u8
}

/// Writes a field behind its length.
#[inline]
pub(crate) fn put_field(field: &[u8], out: &mut (impl Out + ?Sized)) {
    out.put(&len_of(field));
    out.put(field);
}

/// The length of a field that was found to be no longer than 65,535 bytes.
#[expect(clippy::cast_possible_truncation, reason = "it was measured")]
#[inline]
fn len_of(field: &[u8]) -> [u8; 2] {
    (field.len() as u16).to_be_bytes()
}

/// The bytes a field takes behind its length.
#[inline]
pub(crate) fn field_len(field: &[u8]) -> Result<usize, EncodeError> {
    if field.len() > usize::from(u16::MAX) {
        return Err(Rule::FieldTooLong.into());
    }
    Ok(2 + field.len())
}
