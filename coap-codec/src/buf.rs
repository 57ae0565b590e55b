//! Owned messages, and options in any order (feature `alloc`).

use alloc::vec::Vec;
use core::fmt;

use crate::option::{self, MAX_VALUE, Opt, OptionNumber, Options, Uint};
use crate::{Code, EncodeError, Kind, Message, StreamMessage, Token};

/// Options that may be put in in any order and are kept as they will be sent.
///
/// Those of one number keep the order they came in.
///
/// ```
/// use coap_codec::{OptionNumber, OptionsBuf};
///
/// let mut options = OptionsBuf::new();
/// options.insert(OptionNumber::ACCEPT, &[60])?;
/// options.insert(OptionNumber::URI_PATH, b"sensors")?;
/// options.insert(OptionNumber::URI_PATH, b"temp")?;
/// assert_eq!(options.as_options().to_string(), r#"Uri-Path: "sensors", Uri-Path: "temp", Accept: 60"#);
/// # Ok::<(), coap_codec::EncodeError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct OptionsBuf {
    /// Options as they stand in a message: reading them needs no second form.
    wire: Vec<u8>,
}

impl OptionsBuf {
    /// No options yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { wire: Vec::new() }
    }

    /// Puts an option in its place, behind others of its number.
    ///
    /// # Errors
    ///
    /// [`EncodeError::OptionLength`] above 65,804 bytes.
    pub fn insert(&mut self, number: OptionNumber, value: &[u8]) -> Result<(), EncodeError> {
        if value.len() > MAX_VALUE {
            return Err(EncodeError::OptionLength { number });
        }
        let (at, last, next) = self.place_behind(number);
        // What is to stand at `at`: the new option, and the next with the distance that is left to it.
        let mut piece = Vec::new();
        option::put(usize::from(number.0 - last.0), value, &mut piece);
        let mut replaced = 0;
        if let Some(next) = next {
            replaced = option::encoded_len(usize::from(next.number.0 - last.0), next.value.len());
            option::put(usize::from(next.number.0 - number.0), next.value, &mut piece);
        }
        self.wire.splice(at..at + replaced, piece);
        Ok(())
    }

    /// Puts in an integer in its shortest form.
    ///
    /// # Errors
    ///
    /// None in practice; as [`OptionsBuf::insert`].
    pub fn insert_uint(&mut self, number: OptionNumber, value: u32) -> Result<(), EncodeError> {
        self.insert(number, &Uint::new(value))
    }

    /// Takes out every option of this number and says whether there were any.
    pub fn remove(&mut self, number: OptionNumber) -> bool {
        let kept: Vec<(OptionNumber, Vec<u8>)> = self
            .as_options()
            .iter()
            .filter(|option| option.number != number)
            .map(|option| (option.number, option.value.to_vec()))
            .collect();
        let mut wire = Vec::with_capacity(self.wire.len());
        let mut last = 0;
        for (number, value) in &kept {
            option::put(usize::from(number.0 - last), value, &mut wire);
            last = number.0;
        }
        let found = wire.len() != self.wire.len();
        self.wire = wire;
        found
    }

    /// Takes out all of them; the memory stays.
    pub fn clear(&mut self) {
        self.wire.clear();
    }

    /// The options, in order.
    #[must_use]
    pub fn as_options(&self) -> Options<'_> {
        Options::checked(&self.wire)
    }

    /// Where an option of this number goes, the number before that place, and the option at it.
    fn place_behind(&self, number: OptionNumber) -> (usize, OptionNumber, Option<Opt<'_>>) {
        let mut rest = self.as_options().iter();
        let mut last = OptionNumber(0);
        loop {
            let at = self.wire.len() - rest.wire_left();
            match rest.next() {
                Some(option) if option.number <= number => last = option.number,
                next => return (at, last, next),
            }
        }
    }
}

impl fmt::Debug for OptionsBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_options().fmt(f)
    }
}

impl From<Options<'_>> for OptionsBuf {
    fn from(options: Options<'_>) -> Self {
        let mut wire = Vec::with_capacity(options.encoded_len());
        options.put(&mut wire);
        Self { wire }
    }
}

/// A message that owns its parts: to build one in any order, or to keep one.
///
/// ```
/// use coap_codec::{Code, Kind, MessageBuf, OptionNumber};
///
/// let mut request = MessageBuf::new(Kind::Confirmable, Code::GET, 7);
/// request.options.insert(OptionNumber::URI_QUERY, b"unit=c")?;
/// request.options.insert(OptionNumber::URI_PATH, b"temp")?;
/// request.set_token(&[1, 2])?;
/// assert_eq!(request.to_vec()?, b"\x42\x01\x00\x07\x01\x02\xB4temp\x46unit=c");
/// # Ok::<(), coap_codec::EncodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MessageBuf {
    /// How it is delivered; of no account on a reliable transport.
    pub kind: Kind,
    /// Request, response, signal or empty.
    pub code: Code,
    /// The message id; of no account on a reliable transport.
    pub id: u16,
    /// Its options.
    pub options: OptionsBuf,
    /// The payload.
    pub payload: Vec<u8>,
    token: Vec<u8>,
}

impl MessageBuf {
    /// A message with neither token nor options nor payload.
    #[must_use]
    pub const fn new(kind: Kind, code: Code, id: u16) -> Self {
        Self { kind, code, id, options: OptionsBuf::new(), payload: Vec::new(), token: Vec::new() }
    }

    /// Sets the token.
    ///
    /// # Errors
    ///
    /// [`EncodeError::TokenLength`] above 65,804 bytes.
    pub fn set_token(&mut self, token: &[u8]) -> Result<(), EncodeError> {
        let token = Token::new(token)?.as_bytes();
        self.token.clear();
        self.token.extend_from_slice(token);
        Ok(())
    }

    /// The token.
    #[must_use]
    pub fn token(&self) -> Token<'_> {
        Token::received(&self.token)
    }

    /// The message, borrowed, to be encoded or read.
    #[must_use]
    pub fn as_message(&self) -> Message<'_> {
        Message {
            kind: self.kind,
            code: self.code,
            id: self.id,
            token: self.token(),
            options: self.options.as_options(),
            payload: &self.payload,
        }
    }

    /// The message for a reliable transport, borrowed.
    #[must_use]
    pub fn as_stream_message(&self) -> StreamMessage<'_> {
        StreamMessage::of(&self.as_message())
    }

    /// The datagram.
    ///
    /// # Errors
    ///
    /// [`EncodeError::EmptyContent`] for a code 0.00 with anything beside it.
    pub fn to_vec(&self) -> Result<Vec<u8>, EncodeError> {
        let message = self.as_message();
        let mut out = Vec::with_capacity(message.encoded_len());
        message.encode(&mut out)?;
        Ok(out)
    }
}

impl From<Message<'_>> for MessageBuf {
    fn from(message: Message<'_>) -> Self {
        Self {
            kind: message.kind,
            code: message.code,
            id: message.id,
            options: message.options.into(),
            payload: message.payload.to_vec(),
            token: message.token.as_bytes().to_vec(),
        }
    }
}

impl fmt::Display for MessageBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_message().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::OptionsBuf;
    use crate::{EncodeError, Opt, OptionNumber, Options};

    #[test]
    fn any_order_comes_out_sorted_and_stable() {
        // Numbers whose distances need every header form, inserted in every rotation.
        let numbers = [1, 3, 11, 11, 15, 60, 258, 300, 2088, 65_535];
        for start in 0..numbers.len() {
            let mut options = OptionsBuf::new();
            let mut meant = Vec::new();
            for (index, &number) in numbers.iter().cycle().skip(start).take(numbers.len()).enumerate() {
                let value = vec![u8::try_from(index).unwrap(); index * 30];
                options.insert(OptionNumber(number), &value).unwrap();
                meant.push((OptionNumber(number), value));
            }
            meant.sort_by_key(|(number, _)| *number);
            let meant: Vec<_> = meant.iter().map(|(number, value)| Opt::new(*number, value)).collect();
            let meant = Options::new(&meant).unwrap();
            assert_eq!(options.as_options(), meant);
            assert_eq!(options.as_options().encoded_len(), meant.encoded_len());

            assert!(options.remove(OptionNumber(11)));
            assert!(!options.remove(OptionNumber(11)));
            assert_eq!(options.as_options().iter().count(), numbers.len() - 2);
        }
    }

    #[test]
    fn a_value_that_no_header_can_say_is_refused() {
        let mut options = OptionsBuf::new();
        let number = OptionNumber::ETAG;
        let error = options.insert(number, &vec![0; 65_805]).unwrap_err();
        assert_eq!(error, EncodeError::OptionLength { number });
        options.insert(number, &vec![0; 65_804]).unwrap();
        assert_eq!(options.as_options().iter().next().unwrap().value.len(), 65_804);
    }
}
