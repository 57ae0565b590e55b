//! Short messages, put together on the stack.
//!
//! Most heads are under a hundred bytes in a dozen pieces. Gathered here they cost the output one write, and
//! their exact length is known before it is touched. What does not fit takes the long way.

use crate::option::{self, Options, Parts};
use crate::{SliceOut, Token};

/// Room for the head of nearly every message, and for a short payload.
const ROOM: usize = 112;

/// Bytes gathered so far.
pub(crate) struct Stage {
    bytes: [u8; ROOM],
}

impl Stage {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self { bytes: [0; ROOM] }
    }

    /// Gathers a message whose fixed header is `header`, its token length not yet in it; gives the bytes, and
    /// whether the payload is among them. `None` if the head does not fit.
    #[inline(always)]
    pub(crate) fn gather(
        &mut self,
        [first, code, high, low]: [u8; 4],
        token: Token<'_>,
        options: &Options<'_>,
        payload: &[u8],
    ) -> Option<(&[u8], bool)> {
        let token = token.as_bytes();
        if token.len() > 8 {
            return None;
        }
        let (header, rest) = self.bytes.split_first_chunk_mut()?;
        *header = [first | token.len().to_le_bytes()[0], code, high, low];
        let mut rest = put_bytes(rest, token)?;
        match options.parts() {
            Parts::Wire(wire) => rest = put_bytes(rest, wire)?,
            Parts::List(list) => {
                let mut last = 0;
                for option in list {
                    rest = put_option(rest, usize::from(option.number.0.wrapping_sub(last)), option.value)?;
                    last = option.number.0;
                }
            }
        }
        let mut left = rest.len();
        let mut whole = true;
        if !payload.is_empty() {
            let (marker, place) = rest.split_first_mut()?;
            *marker = 0xFF;
            left -= 1;
            match place.get_mut(..payload.len()) {
                Some(place) => {
                    copy(place, payload);
                    left -= payload.len();
                }
                None => whole = false,
            }
        }
        Some((self.bytes.get(..ROOM - left)?, whole))
    }
}

/// Puts an option at the front of `rest`; gives what is left.
#[inline(always)]
fn put_option<'s>(rest: &'s mut [u8], delta: usize, value: &[u8]) -> Option<&'s mut [u8]> {
    let len = value.len();
    let high = delta.to_le_bytes()[0] << 4;
    match (delta, len) {
        (0..13, 0..13) => {
            let (head, rest) = rest.split_first_mut()?;
            *head = high | len.to_le_bytes()[0];
            put_bytes(rest, value)
        }
        (0..13, 13..269) => {
            let (head, rest) = rest.split_first_chunk_mut()?;
            *head = [high | 13, (len - 13).to_le_bytes()[0]];
            put_bytes(rest, value)
        }
        _ => put_long(rest, delta, value),
    }
}

#[inline(never)]
fn put_long<'s>(rest: &'s mut [u8], delta: usize, value: &[u8]) -> Option<&'s mut [u8]> {
    let (place, rest) = rest.split_at_mut_checked(option::encoded_len(delta, value.len()))?;
    option::put(delta, value, &mut SliceOut::new(place));
    Some(rest)
}

#[inline(always)]
fn put_bytes<'s>(rest: &'s mut [u8], bytes: &[u8]) -> Option<&'s mut [u8]> {
    let (place, rest) = rest.split_at_mut_checked(bytes.len())?;
    copy(place, bytes);
    Some(rest)
}

/// Copies between slices of one length; short ones as two words that may overlap, which spares a call.
#[inline(always)]
fn copy(place: &mut [u8], bytes: &[u8]) {
    let len = bytes.len();
    if len < 8 {
        if len >= 4 {
            copy_ends::<4>(place, bytes);
        } else if len >= 2 {
            copy_ends::<2>(place, bytes);
        } else {
            copy_ends::<1>(place, bytes);
        }
    } else if len <= 16 {
        copy_ends::<8>(place, bytes);
    } else if len <= 32 {
        copy_ends::<16>(place, bytes);
    } else {
        place.copy_from_slice(bytes);
    }
}

#[inline(always)]
fn copy_ends<const N: usize>(place: &mut [u8], bytes: &[u8]) {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<N>(), bytes.last_chunk::<N>()) {
        if let Some(place) = place.first_chunk_mut() {
            *place = *first;
        }
        if let Some(place) = place.last_chunk_mut() {
            *place = *last;
        }
    }
}
