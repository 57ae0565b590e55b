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

/// The length of a packet with that remaining length.
#[inline]
pub(crate) fn frame_len(remaining: usize) -> Result<usize, EncodeError> {
    if remaining > MAX_REMAINING {
        return Err(Rule::PacketTooLong.into());
    }
    Ok(1 + number_len(remaining) + remaining)
}

#[inline]
pub(crate) fn put_header(first: u8, remaining: usize, out: &mut (impl Out + ?Sized)) {
    if remaining < 0x80 {
        out.put(&[first, low(remaining)]);
    } else {
        out.put(&[first]);
        put_number(remaining, out);
    }
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
    let digits = [low(number), low(number >> 7), low(number >> 14), low(number >> 21)];
    match number_len(number) {
        1 => out.put(&[digits[0]]),
        2 => out.put(&[digits[0] | 0x80, digits[1]]),
        3 => out.put(&[digits[0] | 0x80, digits[1] | 0x80, digits[2]]),
        _ => out.put(&[digits[0] | 0x80, digits[1] | 0x80, digits[2] | 0x80, digits[3]]),
    }
}

/// The low seven bits.
#[expect(clippy::cast_possible_truncation, reason = "seven bits")]
#[inline]
const fn low(number: usize) -> u8 {
    (number & 0x7F) as u8
}

/// Writes a field behind its length. The field was found to be no longer than 65,535 bytes.
#[inline]
pub(crate) fn put_field(field: &[u8], out: &mut (impl Out + ?Sized)) {
    let len = u16::try_from(field.len()).unwrap_or(u16::MAX);
    out.put(&len.to_be_bytes());
    out.put(field);
}

/// The bytes a field takes behind its length.
#[inline]
pub(crate) fn field_len(field: &[u8]) -> Result<usize, EncodeError> {
    if field.len() > usize::from(u16::MAX) {
        return Err(Rule::FieldTooLong.into());
    }
    Ok(2 + field.len())
}
