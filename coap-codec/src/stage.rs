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
        let mut at = self.begin([first, code, high, low], token)?;
        match options.parts() {
            Parts::Wire(wire) => at = self.put_bytes(at, wire)?,
            Parts::List(list) => {
                let mut last = 0;
                for option in list {
                    at =
                        self.put_option(at, usize::from(option.number.0.wrapping_sub(last)), option.value)?;
                    last = option.number.0;
                }
            }
        }
        self.finish(at, payload)
    }

    /// Puts the header and the token; gives where they end.
    #[inline(always)]
    pub(crate) fn begin(&mut self, [first, code, high, low]: [u8; 4], token: Token<'_>) -> Option<usize> {
        let token = token.as_bytes();
        let (header, place) = self.bytes.split_first_chunk_mut()?;
        copy(place.first_chunk_mut::<8>()?.get_mut(..token.len())?, token);
        *header = [first | token.len().to_le_bytes()[0], code, high, low];
        Some(4 + token.len())
    }

    /// Puts the payload, if there is room; gives the bytes, and whether the payload is among them.
    #[inline(always)]
    pub(crate) fn finish(&mut self, mut at: usize, payload: &[u8]) -> Option<(&[u8], bool)> {
        let mut whole = true;
        if !payload.is_empty() {
            *self.bytes.get_mut(at)? = 0xFF;
            at += 1;
            match self.put_bytes(at, payload) {
                Some(end) => at = end,
                None => whole = false,
            }
        }
        Some((self.bytes.get(..at)?, whole))
    }

    /// Puts an option at `at`; gives where it ends.
    #[inline(always)]
    pub(crate) fn put_option(&mut self, at: usize, delta: usize, value: &[u8]) -> Option<usize> {
        let len = value.len();
        let high = delta.to_le_bytes()[0] << 4;
        match (delta, len) {
            // One look at the room for all a short option can take.
            (0..13, 0..13) if let Some([head, place @ ..]) = self.chunk::<13>(at) => {
                *head = high | len.to_le_bytes()[0];
                copy(place.get_mut(..len)?, value);
                Some(at + 1 + len)
            }
            (13..269, 0..13) if let Some([head, distance, place @ ..]) = self.chunk::<14>(at) => {
                [*head, *distance] = [0xD0 | len.to_le_bytes()[0], (delta - 13).to_le_bytes()[0]];
                copy(place.get_mut(..len)?, value);
                Some(at + 2 + len)
            }
            (0..13, 13..33) if let Some([head, length, place @ ..]) = self.chunk::<34>(at) => {
                [*head, *length] = [high | 13, (len - 13).to_le_bytes()[0]];
                copy(place.get_mut(..len)?, value);
                Some(at + 2 + len)
            }
            _ => self.put_long(at, delta, value),
        }
    }

    #[inline(never)]
    fn put_long(&mut self, at: usize, delta: usize, value: &[u8]) -> Option<usize> {
        let end = at + option::encoded_len(delta, value.len());
        option::put(delta, value, &mut SliceOut::new(self.bytes.get_mut(at..end)?));
        Some(end)
    }

    #[inline(always)]
    fn put_bytes(&mut self, at: usize, bytes: &[u8]) -> Option<usize> {
        let end = at + bytes.len();
        copy(self.bytes.get_mut(at..end)?, bytes);
        Some(end)
    }

    #[inline(always)]
    fn chunk<const N: usize>(&mut self, at: usize) -> Option<&mut [u8; N]> {
        self.bytes.get_mut(at..)?.first_chunk_mut()
    }
}

/// Copies between slices of one length; short ones as two words that may overlap, which spares a call.
#[inline(always)]
pub(crate) fn copy(place: &mut [u8], bytes: &[u8]) {
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
