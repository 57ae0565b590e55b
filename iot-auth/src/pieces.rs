//! Text that exists only as a run of pieces: what signing, writing and printing share.
//!
//! Contract: a value that implements [`Pieces`] hands out the same pieces, in the same order, every time it is asked, and never joins
//! them in memory. A signature streams them into the MAC, [`write_to`](Pieces::write_to) lays them into a caller's buffer, and
//! `Display` prints them; all three therefore agree byte for byte.

use core::fmt;
use core::str;

/// The buffer handed in is too small; nothing useful was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the buffer is too small: {needed} bytes are needed")]
#[non_exhaustive]
pub struct NoRoom {
    /// How many bytes the whole text takes.
    pub needed: usize,
}

/// Text made of pieces.
///
/// ```
/// use iot_auth::Pieces;
///
/// let mut buf = [0; 16];
/// assert_eq!("light-01".write_to(&mut buf)?, "light-01");
/// assert_eq!("light-01".write_to(&mut buf[..3]).unwrap_err().needed, 8);
/// # Ok::<(), iot_auth::NoRoom>(())
/// ```
pub trait Pieces {
    /// Calls `put` with each piece in order. Pieces may be empty.
    fn pieces(&self, put: &mut impl FnMut(&str));

    /// Writes the text to the front of `buf` and returns it.
    ///
    /// # Errors
    /// [`NoRoom`] when the text is longer than `buf`; what `buf` then holds is unspecified.
    fn write_to<'b>(&self, buf: &'b mut [u8]) -> Result<&'b str, NoRoom> {
        let mut needed = 0;
        self.pieces(&mut |piece| {
            if let Some(room) = buf.get_mut(needed..needed + piece.len()) {
                room.copy_from_slice(piece.as_bytes());
            }
            needed += piece.len();
        });
        // Whole pieces of valid UTF-8 side by side are valid UTF-8, so only the length can be wrong here.
        buf.get(..needed).and_then(|text| str::from_utf8(text).ok()).ok_or(NoRoom { needed })
    }

    /// How many bytes the text has.
    fn text_len(&self) -> usize {
        let mut len = 0;
        self.pieces(&mut |piece| len += piece.len());
        len
    }
}

impl Pieces for str {
    fn pieces(&self, put: &mut impl FnMut(&Self)) {
        put(self);
    }
}

impl<T: Pieces + ?Sized> Pieces for &T {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        (**self).pieces(put);
    }
}

/// `Display` for a value made of pieces.
pub(crate) fn show(text: &impl Pieces, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut result = Ok(());
    text.pieces(&mut |piece| {
        if result.is_ok() {
            result = f.write_str(piece);
        }
    });
    result
}

/// A value inside a request: given whole, or put together from its parts only as it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text<'a> {
    Str(&'a str),
    Number(u64),
    /// `left`, `with`, `right`, `tail`, one after the other.
    Joined {
        left: &'a str,
        with: Between,
        right: &'a str,
        tail: &'a str,
    },
}

/// What stands between two parts of a text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Between {
    Nothing,
    Dot,
    Ampersand,
}

impl Pieces for Text<'_> {
    #[inline(always)] // a timestamp or client id of known form is no call then
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        match *self {
            Self::Str(text) => put(text),
            Self::Number(number) => decimal(number, put),
            Self::Joined { left, with, right, tail } => {
                put(left);
                match with {
                    Between::Nothing => {}
                    Between::Dot => put("."),
                    Between::Ampersand => put("&"),
                }
                put(right);
                if !tail.is_empty() {
                    put(tail);
                }
            }
        }
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self::Str(text)
    }
}

/// Puts the decimal digits of `number` as one piece.
pub(crate) fn decimal(number: u64, put: &mut impl FnMut(&str)) {
    put(itoa::Buffer::new().format(number));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(n: u64, buf: &mut [u8]) -> &str {
        Text::Number(n).write_to(buf).unwrap()
    }

    #[test]
    fn decimal_text() {
        let mut buf = [0; 20];
        for n in 0..=1000 {
            assert_eq!(number(n, &mut buf), alloc::format!("{n}"));
        }
        assert_eq!(number(1_543_896_481_106, &mut buf), "1543896481106");
        assert_eq!(number(u64::MAX, &mut buf), "18446744073709551615");
    }

    #[test]
    fn a_short_buffer_learns_the_length() {
        let text = Text::Joined { left: "a1", with: Between::Dot, right: "light-01", tail: "|" };
        assert_eq!(text.text_len(), 12);
        assert_eq!(text.write_to(&mut [0; 11]), Err(NoRoom { needed: 12 }));
        assert_eq!(text.write_to(&mut [0; 12]), Ok("a1.light-01|"));
    }
}
