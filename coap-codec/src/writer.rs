//! Writer: a message put out piece by piece, for values made on the way.
//!
//! Contract: run the same writing over a [`Length`] first and compare with
//! [`Out::room`]; then no step of the second run can come up short. A step that fails writes nothing of
//! itself; what earlier steps wrote stays. Where all parts are at hand [`Message::encode`] does both.

use crate::option::{self, MAX_VALUE, OptionNumber, Options, Uint};
use crate::{Code, EncodeError, Kind, Out, Token, message};

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
    next: Next,
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Option,
    Payload,
    Nothing,
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
        reserve(out, 4 + token.encoded_len())?;
        message::put_header(kind, code, id, token, out);
        token.put(out);
        let next = if code == Code::EMPTY { Next::Nothing } else { Next::Option };
        Ok(Self { out, last: OptionNumber(0), next })
    }

    /// Writes an option.
    ///
    /// # Errors
    ///
    /// [`EncodeError::OptionOrder`] below the one before, [`EncodeError::OptionLength`] above 65,804 bytes,
    /// [`EncodeError::OptionAfterPayload`], [`EncodeError::EmptyContent`], [`EncodeError::NoRoom`].
    #[inline]
    pub fn option(&mut self, number: OptionNumber, value: &[u8]) -> Result<(), EncodeError> {
        if self.next != Next::Option || number < self.last || value.len() > MAX_VALUE {
            return Err(self.misplaced(number));
        }
        let delta = usize::from(number.0 - self.last.0);
        let room = self.out.room();
        // Five bytes of header are the most there can be; the exact count is for when room is short.
        if room < 5 + value.len() {
            reserve(self.out, option::encoded_len(delta, value.len()))?;
        }
        option::put(delta, value, self.out);
        self.last = number;
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

    /// Writes two lists of options as one, such as those of a URI and those of the caller; where numbers are
    /// equal the first list goes first.
    ///
    /// ```
    /// use coap_codec::{Code, Kind, Opt, OptionNumber, Options, SliceOut, Token, Uri, Writer};
    ///
    /// let mut scratch = [0; 32];
    /// let uri = Uri::parse("coap://192.0.2.1/a?b")?.options(None, &mut scratch)?;
    /// let own = [Opt::new(OptionNumber::OBSERVE, &[]), Opt::new(OptionNumber::ACCEPT, &[60])];
    /// let mut buffer = [0; 32];
    /// let mut out = SliceOut::new(&mut buffer);
    /// let mut writer = Writer::new(&mut out, Kind::Confirmable, Code::GET, 1, Token::EMPTY)?;
    /// writer.merge(uri, Options::new(&own)?)?;
    /// assert_eq!(out.written(), b"\x40\x01\x00\x01\x60\x51a\x41b\x21\x3C");
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Writer::option`]; those before the one at fault are written.
    pub fn merge(&mut self, first: Options<'_>, second: Options<'_>) -> Result<(), EncodeError> {
        let (mut first, mut second) = (first.iter().peekable(), second.iter().peekable());
        loop {
            let next = match (first.peek(), second.peek()) {
                (Some(one), Some(other)) if other.number < one.number => second.next(),
                (Some(_), _) => first.next(),
                (None, _) => second.next(),
            };
            let Some(option) = next else { return Ok(()) };
            self.option(option.number, option.value)?;
        }
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
        match self.next {
            Next::Nothing => return Err(EncodeError::EmptyContent),
            Next::Option => {
                reserve(self.out, 1 + piece.len())?;
                self.out.put(&[0xFF]);
                self.next = Next::Payload;
            }
            Next::Payload => reserve(self.out, piece.len())?,
        }
        self.out.put(piece);
        Ok(())
    }

    /// Why an option cannot come here.
    #[cold]
    fn misplaced(&self, number: OptionNumber) -> EncodeError {
        match self.next {
            Next::Payload => EncodeError::OptionAfterPayload,
            Next::Nothing => EncodeError::EmptyContent,
            Next::Option if number < self.last => EncodeError::OptionOrder { number, last: self.last },
            Next::Option => EncodeError::OptionLength { number },
        }
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
