//! Option headers, read and written (RFC 7252 §3.1).
//!
//! ```text
//!  7 6 5 4 3 2 1 0
//! +-------+-------+
//! | delta | length|  13: one more byte, less 13 · 14: two more, less 269 · 15: reserved
//! +-------+-------+
//! | delta extension (0-2) | length extension (0-2) | value (length)
//! +-----------------------+------------------------+---------------
//! ```

use crate::{Out, Rule};

/// The longest value the format can carry: 65,535 + 269.
pub(crate) const MAX_VALUE: usize = 65_804;

/// Finds the end of the options: a payload marker with something behind it, or the end of `body`. `None`
/// if anything is wrong; [`fault`] tells what.
///
/// Only lengths and deltas are added up here. That the last value ends within `body` says the same of
/// every one before it.
#[inline]
pub(crate) fn walk(body: &[u8]) -> Option<usize> {
    // Wide enough not to wrap on any target: each option adds little, and costs a byte or more.
    let (mut at, mut number) = (0, 0_u64);
    while let Some(&head) = body.get(at) {
        at += 1;
        let (delta, length) = (head >> 4, head & 15);
        if delta > 12 {
            if head == 0xFF {
                return (at < body.len() && number <= 0xFFFF).then_some(at - 1);
            }
            number += u64::from(extra(delta, body, &mut at)?);
        }
        number += u64::from(delta);
        if length > 12 {
            at += usize::try_from(extra(length, body, &mut at)?).ok()?;
        }
        at += usize::from(length);
    }
    (at == body.len() && number <= 0xFFFF).then_some(at)
}

/// What the bytes at `at` add to a nibble above 12, and the step behind them.
#[inline(always)]
fn extra(nibble: u8, body: &[u8], at: &mut usize) -> Option<u32> {
    let first = u32::from(*body.get(*at)?);
    *at += 1;
    if nibble == 13 {
        return Some(first);
    }
    let second = u32::from(*body.get(*at)?);
    *at += 1;
    if nibble == 14 { Some((first << 8 | second) + 269 - 14) } else { None }
}

/// The rule broken by options [`walk`] did not get through, and the bytes left from the one at fault on.
#[cold]
pub(crate) fn fault(body: &[u8]) -> (Rule, usize) {
    let (mut rest, mut number) = (body, 0);
    loop {
        match split_first(rest) {
            Some(Ok(option)) => {
                number += option.delta;
                if number > 0xFFFF {
                    return (Rule::OptionNumber, rest.len());
                }
                rest = option.rest;
            }
            Some(Err(rule)) => return (rule, rest.len()),
            None => return (Rule::ValueCut, 0),
        }
    }
}

/// An option cut off the front of the bytes.
pub(crate) struct Cut<'a> {
    pub(crate) delta: usize,
    pub(crate) value: &'a [u8],
    pub(crate) rest: &'a [u8],
}

/// Cuts the first option off `wire`; `None` at its end. Over bytes that were walked there are no errors.
#[inline(always)]
pub(crate) fn split_first(wire: &[u8]) -> Option<Result<Cut<'_>, Rule>> {
    let (&head, mut rest) = wire.split_first()?;
    let mut delta = usize::from(head >> 4);
    if delta > 12 {
        let Some(extended) = extension(delta, rest) else { return Some(Err(cut(head))) };
        (delta, rest) = extended;
    }
    let mut length = usize::from(head & 15);
    if length > 12 {
        let Some(extended) = extension(length, rest) else { return Some(Err(cut(head))) };
        (length, rest) = extended;
    }
    Some(match rest.split_at_checked(length) {
        Some((value, rest)) => Ok(Cut { delta, value, rest }),
        None => Err(Rule::ValueCut),
    })
}

/// Why an option header could not be read.
#[cold]
const fn cut(head: u8) -> Rule {
    match head {
        0xFF => Rule::PayloadMarker,
        0xF0..=0xFE => Rule::OptionDelta,
        _ if head & 15 == 15 => Rule::OptionLength,
        _ => Rule::OptionCut,
    }
}

/// The number a nibble and the bytes behind it stand for; 15 stands for none.
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
        15 => return None,
        _ => (nibble, rest),
    })
}

/// The nibble, the bytes that extend it and how many of those count, for a number up to 65,804.
#[inline(always)]
pub(crate) fn extend(number: usize) -> (u8, [u8; 2], usize) {
    match number {
        0..13 => (low_byte(number), [0; 2], 0),
        13..269 => (13, [low_byte(number - 13), 0], 1),
        _ => {
            let extension = number - 269;
            (14, [low_byte(extension >> 8), low_byte(extension)], 2)
        }
    }
}

/// How many bytes extend the nibble of `number`.
#[inline(always)]
pub(crate) const fn extension_len(number: usize) -> usize {
    match number {
        0..13 => 0,
        13..269 => 1,
        _ => 2,
    }
}

/// The low eight bits, for numbers whose others are written elsewhere or are zero.
#[inline(always)]
const fn low_byte(number: usize) -> u8 {
    number.to_le_bytes()[0]
}

/// Bytes an option takes.
#[inline(always)]
pub(crate) const fn encoded_len(delta: usize, value: usize) -> usize {
    if delta < 13 && value < 13 {
        return 1 + value;
    }
    1 + extension_len(delta) + extension_len(value) + value
}

/// Writes one option whose length and order were checked.
///
/// Arrays of known length are stored without a call; the two short headers are nearly all there are.
#[inline(always)]
pub(crate) fn put(delta: usize, value: &[u8], out: &mut (impl Out + ?Sized)) {
    let length = value.len();
    match (delta, length) {
        (0..13, 0..13) => out.put(&[low_byte(delta << 4 | length)]),
        (0..13, 13..269) => out.put(&[low_byte(delta << 4 | 13), low_byte(length - 13)]),
        _ => put_long_head(delta, length, out),
    }
    out.put(value);
}

#[inline(never)]
fn put_long_head(delta: usize, length: usize, out: &mut (impl Out + ?Sized)) {
    let (high, delta, delta_len) = extend(delta);
    let (low, length, length_len) = extend(length);
    let mut head = [high << 4 | low, 0, 0, 0, 0];
    let mut at = 1;
    for &byte in delta.iter().take(delta_len).chain(length.iter().take(length_len)) {
        if let Some(place) = head.get_mut(at) {
            *place = byte;
        }
        at += 1;
    }
    out.put(head.get(..at).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    extern crate alloc;
    use alloc::vec;

    use super::{encoded_len, put, split_first, walk};

    #[test]
    fn every_header_form_reads_back() {
        for delta in [0, 1, 12, 13, 14, 268, 269, 270, 65_535] {
            for length in [0, 1, 12, 13, 14, 268, 269, 270, 65_535, 65_804] {
                let value = vec![7; length];
                let mut out = vec![0; encoded_len(delta, length) + 1];
                let room = out.len() - 1;
                let mut slice = crate::SliceOut::new(&mut out[..room]);
                put(delta, &value, &mut slice);
                assert_eq!(slice.len(), room, "{delta} {length}");
                assert_eq!(walk(&out[..room]), Some(room));
                let Some(Ok(cut)) = split_first(&out[..room]) else { panic!("{delta} {length}") };
                assert_eq!((cut.delta, cut.value, cut.rest), (delta, &value[..], &[][..]));
            }
        }
    }

    #[test]
    fn walking_and_cutting_agree_on_every_short_input() {
        // Every header byte, with what may follow it cut anywhere.
        for head in 0..=255_u8 {
            for tail in [&[][..], &[0], &[1, 0], &[0xFF, 0xFF], &[0, 0, 0, 0, 0xD0], &[0xB1; 20]] {
                let bytes = [&[head], tail].concat();
                let mut rest = &bytes[..];
                let mut number = 0;
                let mut fine = true;
                while fine && !rest.is_empty() {
                    if rest[0] == 0xFF {
                        fine = rest.len() > 1;
                        break;
                    }
                    match split_first(rest) {
                        Some(Ok(cut)) => (number, rest) = (number + cut.delta, cut.rest),
                        _ => fine = false,
                    }
                    fine = fine && number <= 0xFFFF;
                }
                assert_eq!(walk(&bytes), fine.then(|| bytes.len() - rest.len()), "{bytes:02x?}");
            }
        }
    }
}
