//! Options: a number, given as the distance from the one before, and a value (RFC 7252 §3.1).
//!
//! ```text
//!  7 6 5 4 3 2 1 0
//! +-------+-------+
//! | delta | length|  13: one more byte, less 13 · 14: two more, less 269 · 15: reserved
//! +-------+-------+
//! | delta extension (0-2) | length extension (0-2) | value (length)
//! +-----------------------+------------------------+---------------
//! ```

mod block;
mod oscore;
mod registry;
mod uint;
mod view;

pub use block::{Block, BlockError};
pub use oscore::Oscore;
pub use registry::{Definition, Format, Known, OptionNumber};
pub use uint::Uint;
pub use view::{Iter, Options};

use core::fmt;

use crate::{EncodeError, Out, Rule};

/// The longest value the format can carry: 65,535 + 269.
pub(crate) const MAX_VALUE: usize = 65_804;

/// One option: its number and its value as it stands in the message.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Opt<'a> {
    /// Which option.
    pub number: OptionNumber,
    /// The value, 0 to 65,804 bytes.
    pub value: &'a [u8],
}

impl<'a> Opt<'a> {
    /// An option of this number and value.
    #[inline]
    #[must_use]
    pub const fn new(number: OptionNumber, value: &'a [u8]) -> Self {
        Self { number, value }
    }

    /// The value as an unsigned integer in network order, leading zeros allowed (RFC 7252 §3.2); `None`
    /// above four bytes.
    #[inline]
    #[must_use]
    pub fn uint(self) -> Option<u32> {
        uint::read(self.value)
    }

    /// The value as text; `None` if it is not UTF-8.
    #[must_use]
    pub fn text(self) -> Option<&'a str> {
        core::str::from_utf8(self.value).ok()
    }
}

impl fmt::Display for Opt<'_> {
    /// `Uri-Path: "temp"`, `Max-Age: 60`, `Block2: 3/more/1024`, `ETag: cafe`; unregistered options as
    /// opaque bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.number)?;
        match self.number.definition().map_or(Format::Opaque, |row| row.format) {
            Format::Text => {
                if let Some(text) = self.text() {
                    return write!(f, "{text:?}");
                }
            }
            Format::Uint => {
                if let Some(number) = self.uint() {
                    return write!(f, "{number}");
                }
            }
            Format::Block => {
                if let Ok(block) = Block::read(self.value) {
                    return block.fmt(f);
                }
            }
            Format::Empty if self.value.is_empty() => return f.write_str("set"),
            Format::Empty | Format::Opaque => {}
        }
        self.value.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Opt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opt({self})")
    }
}

/// An option cut off the front of the bytes.
pub(crate) struct Cut<'a> {
    pub(crate) delta: usize,
    pub(crate) value: &'a [u8],
    pub(crate) rest: &'a [u8],
}

/// Cuts the first option off `wire`.
///
/// The one place that reads option headers: decoding reports its error, iteration over checked bytes
/// never sees one.
#[inline(always)]
pub(crate) fn split_first(wire: &[u8]) -> Option<Result<Cut<'_>, Rule>> {
    let (&head, rest) = wire.split_first()?;
    let (delta, length) = (usize::from(head >> 4), usize::from(head & 15));
    if delta < 13 && length < 13 {
        return Some(match rest.split_at_checked(length) {
            Some((value, rest)) => Ok(Cut { delta, value, rest }),
            None => Err(Rule::ValueCut),
        });
    }
    Some(split_extended(delta, length, rest))
}

#[inline(always)]
fn split_extended(delta: usize, length: usize, rest: &[u8]) -> Result<Cut<'_>, Rule> {
    if delta == 15 {
        return Err(Rule::OptionDelta);
    }
    if length == 15 {
        return Err(Rule::OptionLength);
    }
    let (delta, rest) = extension(delta, rest).ok_or(Rule::OptionCut)?;
    let (length, rest) = extension(length, rest).ok_or(Rule::OptionCut)?;
    let (value, rest) = rest.split_at_checked(length).ok_or(Rule::ValueCut)?;
    Ok(Cut { delta, value, rest })
}

/// The number a nibble below 15 and the bytes behind it stand for.
#[inline(always)]
pub(crate) fn extension(nibble: usize, rest: &[u8]) -> Option<(usize, &[u8])> {
    Some(match nibble {
        13 => {
            let (&byte, rest) = rest.split_first()?;
            (usize::from(byte) + 13, rest)
        }
        14 => {
            let (&bytes, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(bytes)) + 269, rest)
        }
        _ => (nibble, rest),
    })
}

/// The nibble, the bytes that extend it and how many of those count, for a number up to 65,804.
#[inline(always)]
pub(crate) fn extend(number: usize) -> (u8, [u8; 2], usize) {
    // Both conversions fit by the branch they are in; the fallback is never taken.
    if number < 13 {
        (u8::try_from(number).unwrap_or(0), [0; 2], 0)
    } else if number < 269 {
        (13, [u8::try_from(number - 13).unwrap_or(0), 0], 1)
    } else {
        (14, u16::try_from(number - 269).unwrap_or(u16::MAX).to_be_bytes(), 2)
    }
}

/// How many bytes extend the nibble of `number`.
#[inline(always)]
pub(crate) const fn extension_len(number: usize) -> usize {
    if number < 13 {
        0
    } else if number < 269 {
        1
    } else {
        2
    }
}

/// The distance from `last` to `next`, or why `next` cannot follow it.
#[inline]
pub(crate) fn delta(last: OptionNumber, next: Opt<'_>) -> Result<usize, EncodeError> {
    let number = next.number;
    if next.value.len() > MAX_VALUE {
        return Err(EncodeError::OptionLength { number });
    }
    match number.0.checked_sub(last.0) {
        Some(delta) => Ok(usize::from(delta)),
        None => Err(EncodeError::OptionOrder { number, last }),
    }
}

/// Bytes an option takes.
#[inline]
pub(crate) const fn encoded_len(delta: usize, value: usize) -> usize {
    1 + extension_len(delta) + extension_len(value) + value
}

/// Writes one option whose length and order were checked.
#[inline]
pub(crate) fn put(delta: usize, value: &[u8], out: &mut (impl Out + ?Sized)) {
    put_head(delta, value.len(), out);
    out.put(value);
}

/// Writes an option up to its value. Arrays of known length keep this free of calls to `memcpy`.
#[inline]
pub(crate) fn put_head(delta: usize, length: usize, out: &mut (impl Out + ?Sized)) {
    let (high, delta, delta_len) = extend(delta);
    let (low, length, length_len) = extend(length);
    let head = (high << 4) | low;
    match (delta_len, length_len) {
        (0, 0) => out.put(&[head]),
        (0, 1) => out.put(&[head, length[0]]),
        (1, 0) => out.put(&[head, delta[0]]),
        (1, 1) => out.put(&[head, delta[0], length[0]]),
        (0, _) => out.put(&[head, length[0], length[1]]),
        (_, 0) => out.put(&[head, delta[0], delta[1]]),
        (1, _) => out.put(&[head, delta[0], length[0], length[1]]),
        (_, 1) => out.put(&[head, delta[0], delta[1], length[0]]),
        _ => out.put(&[head, delta[0], delta[1], length[0], length[1]]),
    }
}
