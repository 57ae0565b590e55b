//! Message over datagrams (RFC 7252 §3).
//!
//! ```text
//!  0               1               2               3
//! +---+---+-------+---------------+-------------------------------+
//! | 1 | T |  TKL  |     code      |          message id           |
//! +---+---+-------+---------------+-------------------------------+
//! | token (TKL, extended by RFC 8974) | options | 0xFF | payload  |
//! +-----------------------------------+---------+------+----------+
//! ```
//!
//! Contract: [`Message::decode`] judges form alone and borrows everything. What the message is, and
//! whether it may be acted on, [`Message::meaning`](crate::Message::meaning) tells.

use core::fmt;

use crate::option::{self, Options};
use crate::stage::Stage;
use crate::{Answer, Code, DecodeError, EncodeError, Out, Rule, Rules, Token};

/// How a message is delivered (RFC 7252 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// CON: repeated until acknowledged.
    Confirmable,
    /// NON: sent once.
    NonConfirmable,
    /// ACK: answers a confirmable message of the same id, perhaps with the response in it.
    Acknowledgement,
    /// RST: the message of the same id could not be used.
    Reset,
}

impl Kind {
    /// The two bits on the wire.
    #[inline]
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::Confirmable => 0,
            Self::NonConfirmable => 1,
            Self::Acknowledgement => 2,
            Self::Reset => 3,
        }
    }

    #[inline]
    const fn from_bits(bits: u8) -> Self {
        match bits & 3 {
            0 => Self::Confirmable,
            1 => Self::NonConfirmable,
            2 => Self::Acknowledgement,
            _ => Self::Reset,
        }
    }

    /// `CON`, `NON`, `ACK` or `RST`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confirmable => "CON",
            Self::NonConfirmable => "NON",
            Self::Acknowledgement => "ACK",
            Self::Reset => "RST",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A message in a datagram, borrowed from it or from the caller's parts.
///
/// ```
/// use coap_codec::{Code, Kind, Message, Opt, OptionNumber, Options, Rules, SliceOut, Token};
///
/// let list = [Opt::new(OptionNumber::URI_PATH, b"temperature")];
/// let message = Message {
///     kind: Kind::Confirmable,
///     code: Code::GET,
///     id: 1,
///     token: Token::new(&[0x20])?,
///     options: Options::new(&list)?,
///     payload: &[],
/// };
/// let mut buffer = [0; 64];
/// let mut out = SliceOut::new(&mut buffer);
/// message.encode(&mut out)?;
/// assert_eq!(out.written(), b"\x41\x01\x00\x01\x20\xBBtemperature");
///
/// let read = Message::decode(out.written(), Rules::new())?;
/// assert_eq!(read, message);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// How it is delivered.
    pub kind: Kind,
    /// Request, response or empty.
    pub code: Code,
    /// Matches acknowledgements and resets, and tells duplicates.
    pub id: u16,
    /// Matches responses to requests.
    pub token: Token<'a>,
    /// Its options.
    pub options: Options<'a>,
    /// The payload; empty means none, there is no other kind of empty payload.
    pub payload: &'a [u8],
}

impl<'a> Message<'a> {
    /// An empty message: a ping if confirmable, else see [`Message::acknowledge`] and [`Message::reset`].
    #[must_use]
    pub const fn empty(kind: Kind, id: u16) -> Message<'static> {
        Message { kind, code: Code::EMPTY, id, token: Token::EMPTY, options: Options::EMPTY, payload: &[] }
    }

    /// The empty acknowledgement of a confirmable message.
    #[must_use]
    pub const fn acknowledge(id: u16) -> Message<'static> {
        Message::empty(Kind::Acknowledgement, id)
    }

    /// The reset that says a message could not be used.
    #[must_use]
    pub const fn reset(id: u16) -> Message<'static> {
        Message::empty(Kind::Reset, id)
    }

    /// Reads a whole datagram.
    ///
    /// # Errors
    ///
    /// If the bytes are not a message (RFC 7252 §3, §3.1, §4.1). The answer is a reset for what claims to
    /// be confirmable, and silence for everything else (§4.2, §4.3).
    #[inline(always)]
    pub fn decode(datagram: &'a [u8], rules: Rules) -> Result<Self, DecodeError> {
        let Some((&[first, code, high, low], rest)) = datagram.split_first_chunk::<4>() else {
            return Err(DecodeError { rule: Rule::Header, offset: datagram.len(), answer: Answer::Ignore });
        };
        if first >> 6 != 1 {
            return Err(DecodeError { rule: Rule::Version, offset: 0, answer: Answer::Ignore });
        }
        let (kind, code, id) = (Kind::from_bits(first >> 4), Code(code), u16::from_be_bytes([high, low]));
        if code == Code::EMPTY {
            if first & 15 != 0 || !rest.is_empty() {
                return Err(malformed(datagram, Rule::EmptyContent, if first & 15 != 0 { 0 } else { 4 }));
            }
            return Ok(Message::empty(kind, id));
        }
        let (token, body) = match split_token(first & 15, rest, rules) {
            Ok(parts) => parts,
            Err((rule, left)) => return Err(malformed(datagram, rule, datagram.len() - left)),
        };
        match split_body(body) {
            Ok((options, payload)) => Ok(Self { kind, code, id, token, options, payload }),
            Err((rule, left)) => Err(malformed(datagram, rule, datagram.len() - left)),
        }
    }

    /// Bytes [`Message::encode`] writes.
    #[inline]
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        4 + body_len(self.token, &self.options, self.payload.len())
    }

    /// Writes the message, whole or not at all.
    ///
    /// # Errors
    ///
    /// [`EncodeError::NoRoom`], and [`EncodeError::EmptyContent`] for a code 0.00 with anything beside it.
    #[inline(always)]
    pub fn encode(&self, out: &mut (impl Out + ?Sized)) -> Result<(), EncodeError> {
        if self.code == Code::EMPTY {
            return self.encode_empty(self.payload.len(), out);
        }
        let mut stage = Stage::new();
        let Some((bytes, whole)) =
            stage.gather(header(self.kind, self.code, self.id), self.token, &self.options, self.payload)
        else {
            return Self::encode_long(*self, out);
        };
        put_pieces(bytes, if whole { &[] } else { self.payload }, out).map(|_| ())
    }

    /// Writes all but the payload, for callers that send the payload as a second piece of one datagram.
    /// `payload` is its length; [`Message::payload`](Self#structfield.payload) is not looked at.
    ///
    /// # Errors
    ///
    /// As [`Message::encode`], of which this writes the beginning.
    #[inline]
    pub fn encode_head(&self, payload: usize, out: &mut (impl Out + ?Sized)) -> Result<(), EncodeError> {
        if self.code == Code::EMPTY {
            return self.encode_empty(payload, out);
        }
        self.reserve(payload, 0, out)?;
        self.put_head(payload, out);
        Ok(())
    }

    /// A message whose head is too long for the stage.
    #[inline(never)]
    fn encode_long(self, out: &mut (impl Out + ?Sized)) -> Result<(), EncodeError> {
        self.reserve(self.payload.len(), self.payload.len(), out)?;
        self.put_head(self.payload.len(), out);
        if !self.payload.is_empty() {
            out.put(self.payload);
        }
        Ok(())
    }

    #[inline]
    fn encode_empty(&self, payload: usize, out: &mut (impl Out + ?Sized)) -> Result<(), EncodeError> {
        if !(self.token.is_empty() && self.options.is_empty() && payload == 0) {
            return Err(EncodeError::EmptyContent);
        }
        if out.room() < 4 {
            return Err(EncodeError::NoRoom { needed: 4 });
        }
        out.put(&header(self.kind, self.code, self.id));
        Ok(())
    }

    /// Whether there is room with the first `written` bytes of a payload of `payload`.
    #[inline]
    fn reserve(&self, payload: usize, written: usize, out: &(impl Out + ?Sized)) -> Result<(), EncodeError> {
        let needed = 4 + body_len(self.token, &self.options, payload) - payload + written;
        if out.room() < needed { Err(EncodeError::NoRoom { needed }) } else { Ok(()) }
    }

    #[inline]
    fn put_head(&self, payload: usize, out: &mut (impl Out + ?Sized)) {
        put_header(self.kind, self.code, self.id, self.token, out);
        put_body_head(self.token, &self.options, payload, out);
    }

    /// Bytes before the options.
    pub(crate) fn options_at(&self) -> usize {
        4 + self.token.encoded_len()
    }
}

impl fmt::Display for Message<'_> {
    /// `CON 0.01 GET id 1 token 20 [Uri-Path: "temperature"]`, with the payload's length behind.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} id {}", self.kind, self.code, self.id)?;
        display_body(self.token, &self.options, self.payload, f)
    }
}

/// Writes both pieces of a message or none; says how long it is.
#[inline(always)]
pub(crate) fn put_pieces(
    head: &[u8],
    rest: &[u8],
    out: &mut (impl Out + ?Sized),
) -> Result<usize, EncodeError> {
    let needed = head.len() + rest.len();
    if out.room() < needed {
        return Err(EncodeError::NoRoom { needed });
    }
    out.put(head);
    if !rest.is_empty() {
        out.put(rest);
    }
    Ok(needed)
}

/// The format error at `offset`, answered as the type in the header asks.
#[cold]
fn malformed(datagram: &[u8], rule: Rule, offset: usize) -> DecodeError {
    let answer = match datagram {
        &[first, _, high, low, ..] if Kind::from_bits(first >> 4) == Kind::Confirmable => {
            Answer::Reset(u16::from_be_bytes([high, low]))
        }
        _ => Answer::Ignore,
    };
    DecodeError { rule, offset, answer }
}

/// Cuts the token off. Errors come with the number of bytes left behind the fault.
#[inline]
pub(crate) fn split_token(
    nibble: u8,
    bytes: &[u8],
    rules: Rules,
) -> Result<(Token<'_>, &[u8]), (Rule, usize)> {
    let mut len = usize::from(nibble);
    let mut rest = bytes;
    if nibble > 8 {
        if rules.max_token <= 8 || nibble == 15 {
            return Err((Rule::TokenLength, bytes.len()));
        }
        (len, rest) = option::extension(len, bytes).ok_or((Rule::TokenCut, bytes.len()))?;
    }
    let (token, body) = rest.split_at_checked(len).ok_or((Rule::TokenCut, rest.len()))?;
    if u32::try_from(len).is_ok_and(|len| len > rules.max_token) {
        return Err((Rule::TokenLimit, bytes.len()));
    }
    Ok((Token::received(token), body))
}

/// Walks the options to the payload. Errors come with the number of bytes left from the option at fault on.
#[inline(always)]
pub(crate) fn split_body(body: &[u8]) -> Result<(Options<'_>, &[u8]), (Rule, usize)> {
    let Some(end) = option::walk(body) else { return Err(option::fault(body)) };
    match body.split_at_checked(end) {
        Some((wire, [0xFF, payload @ ..])) => Ok((Options::checked(wire), payload)),
        _ => Ok((Options::checked(body), &[])),
    }
}

/// Bytes of token, options, marker and payload.
#[inline]
pub(crate) fn body_len(token: Token<'_>, options: &Options<'_>, payload: usize) -> usize {
    let marker = usize::from(payload > 0);
    token.encoded_len() + options.encoded_len() + marker + payload
}

/// The fixed header, with a token length of zero.
#[inline]
pub(crate) const fn header(kind: Kind, code: Code, id: u16) -> [u8; 4] {
    let [high, low] = id.to_be_bytes();
    [0x40 | (kind.bits() << 4), code.0, high, low]
}

/// Writes the fixed header.
#[inline]
pub(crate) fn put_header(kind: Kind, code: Code, id: u16, token: Token<'_>, out: &mut (impl Out + ?Sized)) {
    let [first, code, high, low] = header(kind, code, id);
    out.put(&[first | token.nibble(), code, high, low]);
}

/// Writes everything behind the fixed header up to the payload itself.
#[inline]
pub(crate) fn put_body_head(
    token: Token<'_>,
    options: &Options<'_>,
    payload: usize,
    out: &mut (impl Out + ?Sized),
) {
    token.put(out);
    options.put(out);
    if payload > 0 {
        out.put(&[0xFF]);
    }
}

pub(crate) fn display_body(
    token: Token<'_>,
    options: &Options<'_>,
    payload: &[u8],
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    if !token.is_empty() {
        write!(f, " token {token}")?;
    }
    if !options.is_empty() {
        write!(f, " [{options}]")?;
    }
    if !payload.is_empty() {
        write!(f, " {} bytes", payload.len())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    extern crate alloc;
    use alloc::string::ToString;

    use super::{Kind, Message};
    use crate::{Answer, Code, EncodeError, Opt, OptionNumber, Options, Rule, Rules, SliceOut, Token};

    #[test]
    fn fields_are_where_the_layout_says() {
        let bytes = [
            0x52, 0x45, 0x12, 0x34, // NON, token of 2, 2.05, id
            0xAA, 0xBB, // token
            0xC1, 0x3C, // Content-Format 60
            0xFF, 0x01, 0x02, // marker, payload
        ];
        let message = Message::decode(&bytes, Rules::new()).unwrap();
        assert_eq!((message.kind, message.code, message.id), (Kind::NonConfirmable, Code::CONTENT, 0x1234));
        assert_eq!((message.token.as_bytes(), message.payload), (&[0xAA, 0xBB][..], &[1, 2][..]));
        assert_eq!(message.options.iter().next(), Some(Opt::new(OptionNumber::CONTENT_FORMAT, &[60])));
        assert_eq!(message.to_string(), "NON 2.05 Content id 4660 token aabb [Content-Format: 60] 2 bytes");
    }

    #[test]
    fn faults_are_found_where_they_are() {
        for (bytes, rule, offset) in [
            (&[0x40, 1, 0][..], Rule::Header, 3),
            (&[0x00, 1, 0, 1], Rule::Version, 0),
            (&[0x41, 0, 0, 1, 7], Rule::EmptyContent, 0),
            (&[0x40, 0, 0, 1, 7], Rule::EmptyContent, 4),
            (&[0x49, 1, 0, 1], Rule::TokenLength, 4),
            (&[0x42, 1, 0, 1, 7], Rule::TokenCut, 4),
            (&[0x40, 1, 0, 1, 0xB1, b'a', 0xF0], Rule::OptionDelta, 6),
            (&[0x40, 1, 0, 1, 0x0F], Rule::OptionLength, 4),
            (&[0x40, 1, 0, 1, 0xE0, 1], Rule::OptionCut, 4),
            (&[0x40, 1, 0, 1, 0x12], Rule::ValueCut, 4),
            (&[0x40, 1, 0, 1, 0xE0, 0xFE, 0xF2, 0x10], Rule::OptionNumber, 7),
            (&[0x40, 1, 0, 1, 0xFF], Rule::PayloadMarker, 4),
        ] {
            let error = Message::decode(bytes, Rules::new()).unwrap_err();
            assert_eq!((error.rule, error.offset), (rule, offset), "{bytes:02x?}");
            let silent = matches!(rule, Rule::Header | Rule::Version);
            assert_eq!(error.answer, if silent { Answer::Ignore } else { Answer::Reset(1) });
        }
    }

    #[test]
    fn the_bound_on_tokens_is_the_callers() {
        let mut bytes = alloc::vec![0x4D, 1, 0, 1, 7];
        bytes.extend([9; 20]);
        let rule = |max| Message::decode(&bytes, Rules::new().max_token(max)).map_err(|error| error.rule);
        assert_eq!(rule(8), Err(Rule::TokenLength));
        assert_eq!(rule(19), Err(Rule::TokenLimit));
        assert_eq!(rule(20).map(|message| message.token.len()), Ok(20));
    }

    #[test]
    fn nothing_is_written_unless_everything_fits() {
        let list = [Opt::new(OptionNumber::URI_PATH, b"abc")];
        let options = Options::new(&list).unwrap();
        let message = Message { options, payload: b"xyz", code: Code::PUT, ..Message::reset(7) };
        let mut buffer = [0; 64];
        for room in 0..message.encoded_len() {
            let mut out = SliceOut::new(&mut buffer[..room]);
            assert_eq!(message.encode(&mut out), Err(EncodeError::NoRoom { needed: 12 }));
            assert!(out.is_empty());
        }
        let mut out = SliceOut::new(&mut buffer);
        message.encode_head(3, &mut out).unwrap();
        assert_eq!(out.written(), b"\x70\x03\x00\x07\xB3abc\xFF");
    }

    #[test]
    fn an_empty_message_carries_nothing() {
        let mut buffer = [0; 64];
        let mut out = SliceOut::new(&mut buffer);
        let token = Token::new(b"t").unwrap();
        let message = Message { token, ..Message::acknowledge(1) };
        assert_eq!(message.encode(&mut out), Err(EncodeError::EmptyContent));
        assert_eq!(Message::acknowledge(1).encode_head(5, &mut out), Err(EncodeError::EmptyContent));
        assert!(out.is_empty());
    }
}
