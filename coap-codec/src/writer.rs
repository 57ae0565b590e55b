//! Writer: a message put out piece by piece, for values made on the way.
//!
//! Contract: run the same writing over a [`Length`] first and compare with
//! [`Out::room`]; then no step of the second run can come up short. A step that fails writes nothing of
//! itself; what earlier steps wrote stays. Where all parts are at hand [`Message::encode`] does both.

use crate::option::{self, Opt, OptionNumber, Uint, delta, encoded_len};
use crate::{Code, EncodeError, Kind, Out, Token};

#[cfg(doc)]
use crate::Message;

/// An output that only counts.
///
/// ```
/// use coap_codec::{Length, Out};
///
/// let mut length = Length::default();
/// length.put(b"four");
/// assert_eq!(length.get(), 4);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Length(usize);

impl Length {
    /// Bytes counted so far.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0
    }
}

impl Out for Length {
    #[inline]
    fn room(&self) -> usize {
        usize::MAX - self.0
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.0 = self.0.saturating_add(bytes.len());
    }
}

/// Writes a message into an output as its parts come.
///
/// ```
/// use coap_codec::{Code, EncodeError, Kind, Length, OptionNumber, Out, SliceOut, Token, Writer};
///
/// fn reading(out: &mut impl Out) -> Result<(), EncodeError> {
///     let mut writer = Writer::new(out, Kind::NonConfirmable, Code::CONTENT, 7, Token::EMPTY)?;
///     writer.uint(OptionNumber::CONTENT_FORMAT, 0)?;
///     writer.uint(OptionNumber::MAX_AGE, 300)?;
///     writer.payload(b"22.3")?; // as many pieces as there are
///     writer.payload(b" C")
/// }
///
/// let mut length = Length::default();
/// reading(&mut length)?;
/// let mut buffer = [0; 32];
/// let mut out = SliceOut::new(&mut buffer);
/// assert!(out.room() >= length.get());
/// reading(&mut out)?;
/// assert_eq!(out.written(), b"\x50\x45\x00\x07\xC0\x22\x01\x2C\xFF22.3 C");
/// # Ok::<(), EncodeError>(())
/// ```
#[derive(Debug)]
pub struct Writer<'o, O: ?Sized> {
    out: &'o mut O,
    last: OptionNumber,
    empty: bool,
    payload: bool,
}

impl<'o, O: Out + ?Sized> Writer<'o, O> {
    /// Writes the header and the token.
    ///
    /// # Errors
    ///
    /// [`EncodeError::NoRoom`]; [`EncodeError::EmptyContent`] for a token with code 0.00.
    #[inline]
    pub fn new(
        out: &'o mut O,
        kind: Kind,
        code: Code,
        id: u16,
        token: Token<'_>,
    ) -> Result<Self, EncodeError> {
        if code == Code::EMPTY && !token.is_empty() {
            return Err(EncodeError::EmptyContent);
        }
        let (nibble, _, extension) = token.length_field();
        reserve(out, 4 + extension + token.len())?;
        let [high, low] = id.to_be_bytes();
        out.put(&[0x40 | (kind.bits() << 4) | nibble, code.0, high, low]);
        token.put(out);
        Ok(Self { out, last: OptionNumber(0), empty: code == Code::EMPTY, payload: false })
    }

    /// Writes an option.
    ///
    /// # Errors
    ///
    /// [`EncodeError::OptionOrder`] below the one before, [`EncodeError::OptionLength`] above 65,804 bytes,
    /// [`EncodeError::OptionAfterPayload`], [`EncodeError::EmptyContent`], [`EncodeError::NoRoom`].
    #[inline]
    pub fn option(&mut self, number: OptionNumber, value: &[u8]) -> Result<(), EncodeError> {
        let delta = self.admit(Opt { number, value })?;
        option::put(delta, value, self.out);
        Ok(())
    }

    /// Writes an option with an integer in its shortest form.
    ///
    /// # Errors
    ///
    /// As [`Writer::option`].
    #[inline]
    pub fn uint(&mut self, number: OptionNumber, value: u32) -> Result<(), EncodeError> {
        self.option(number, &Uint::new(value))
    }

    /// Writes a piece of the payload, the marker before the first that is not empty.
    ///
    /// # Errors
    ///
    /// [`EncodeError::EmptyContent`], [`EncodeError::NoRoom`].
    #[inline]
    pub fn payload(&mut self, piece: &[u8]) -> Result<(), EncodeError> {
        if piece.is_empty() {
            return Ok(());
        }
        if self.empty {
            return Err(EncodeError::EmptyContent);
        }
        reserve(self.out, usize::from(!self.payload) + piece.len())?;
        if !self.payload {
            self.out.put(&[0xFF]);
            self.payload = true;
        }
        self.out.put(piece);
        Ok(())
    }

    /// Checks that an option may come here and fits; gives its delta.
    fn admit(&mut self, next: Opt<'_>) -> Result<usize, EncodeError> {
        if self.payload {
            return Err(EncodeError::OptionAfterPayload);
        }
        if self.empty {
            return Err(EncodeError::EmptyContent);
        }
        let delta = delta(self.last, next)?;
        reserve(self.out, encoded_len(delta, next.value.len()))?;
        self.last = next.number;
        Ok(delta)
    }
}

#[inline]
fn reserve(out: &(impl Out + ?Sized), needed: usize) -> Result<(), EncodeError> {
    if out.room() < needed { Err(EncodeError::NoRoom { needed }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::Writer;
    use crate::{Code, EncodeError, Kind, OptionNumber, SliceOut, Token};

    #[test]
    fn order_is_kept_and_the_payload_ends_it() {
        let mut buffer = [0; 32];
        let mut out = SliceOut::new(&mut buffer);
        let mut writer = Writer::new(&mut out, Kind::Confirmable, Code::PUT, 1, Token::EMPTY).unwrap();
        writer.option(OptionNumber::URI_PATH, b"a").unwrap();
        writer.option(OptionNumber::URI_PATH, b"b").unwrap();
        let (number, last) = (OptionNumber::ETAG, OptionNumber::URI_PATH);
        assert_eq!(writer.option(number, b""), Err(EncodeError::OptionOrder { number, last }));
        writer.payload(b"").unwrap();
        writer.uint(OptionNumber::SIZE1, 0).unwrap();
        writer.payload(b"x").unwrap();
        assert_eq!(writer.uint(OptionNumber(300), 0), Err(EncodeError::OptionAfterPayload));
        assert_eq!(out.written(), b"\x40\x03\x00\x01\xB1a\x01b\xD0\x24\xFFx");
    }

    #[test]
    fn a_step_without_room_writes_nothing() {
        let mut buffer = [0; 6];
        let mut out = SliceOut::new(&mut buffer);
        let mut writer = Writer::new(&mut out, Kind::Confirmable, Code::PUT, 1, Token::EMPTY).unwrap();
        assert_eq!(writer.option(OptionNumber::ETAG, b"xy"), Err(EncodeError::NoRoom { needed: 3 }));
        writer.option(OptionNumber::ETAG, b"x").unwrap();
        assert_eq!(writer.payload(b"p"), Err(EncodeError::NoRoom { needed: 2 }));
        assert_eq!(out.len(), 6);
    }

    #[test]
    fn an_empty_message_stays_empty() {
        let mut buffer = [0; 16];
        let mut out = SliceOut::new(&mut buffer);
        let token = Token::new(b"t").unwrap();
        assert!(Writer::new(&mut out, Kind::Reset, Code::EMPTY, 1, token).is_err());
        let mut writer = Writer::new(&mut out, Kind::Reset, Code::EMPTY, 1, Token::EMPTY).unwrap();
        assert_eq!(writer.payload(b"x"), Err(EncodeError::EmptyContent));
        assert_eq!(writer.option(OptionNumber::ETAG, b"x"), Err(EncodeError::EmptyContent));
        assert_eq!(out.written(), [0x70, 0, 0, 1]);
    }
}
