//! Messages over TCP and WebSockets (RFC 8323 §3.2, §4.2).
//!
//! ```text
//! +-------+-------+------------------+--------+---------------------------------+
//! |  len  |  TKL  | length (0,1,2,4) |  code  | token (extended) options payload |
//! +-------+-------+------------------+--------+---------------------------------+
//! len 0..=12 bytes of options and payload · 13: one byte, less 13 · 14: two, less 269 · 15: four, less 65805
//! over WebSockets len is 0 and the message ends with the WebSocket message
//! ```
//!
//! Contract: [`peek`] tells from the first bytes how long a frame is and refuses one above the limit before
//! any of it is kept; [`StreamMessage::decode`] takes exactly one frame. Every format error ends the
//! connection.

#[cfg(feature = "bytes")]
mod chunks;
mod reader;
mod signal;

#[cfg(feature = "bytes")]
pub use chunks::split_frame;
pub use reader::Reader;
pub use signal::{Abort, Addresses, Capabilities, Csm, Release, Signal, SignalOption};

use core::fmt;
use core::num::NonZeroUsize;

use crate::meaning::{Fault, Faults, sort, unknown_critical};
use crate::message::{display_body, split_body, split_token};
use crate::option::{self, Known, Options};
use crate::{Answer, Code, DecodeError, EncodeError, Meaning, Message, Out, Refusal, Rule, Rules, Token};

/// What the beginning of a stream holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Peek {
    /// Not a whole frame yet: at least so many bytes are missing. Before the header is complete that is what
    /// the header lacks, afterwards exactly what the frame lacks.
    Need(NonZeroUsize),
    /// The first `len` bytes are one frame.
    Frame {
        /// Length of the whole frame, header included.
        len: usize,
    },
}

/// Says where the first frame of a stream ends.
///
/// ```
/// use coap_codec::{Peek, Rule, Rules, peek};
///
/// let bytes = b"\x62\x01\x01\x02\xB5hello";
/// assert_eq!(peek(&bytes[..8], Rules::new())?, Peek::Need(2.try_into()?));
/// assert_eq!(peek(bytes, Rules::new())?, Peek::Frame { len: 10 });
/// assert_eq!(peek(b"\xF0\xFF\xFF\xFF\xFF", Rules::new()).unwrap_err().rule, Rule::FrameLimit);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`Rule::FrameLimit`] above [`Rules::max_frame`], [`Rule::TokenLength`] and [`Rule::TokenLimit`]: all before
/// more of the frame is buffered.
#[inline]
pub fn peek(bytes: &[u8], rules: Rules) -> Result<Peek, DecodeError> {
    let Some(&first) = bytes.first() else { return Ok(need(1)) };
    let nibble = first & 15;
    if nibble == 15 || (nibble > 8 && rules.max_token <= 8) {
        return Err(abort(Rule::TokenLength, 0));
    }
    let (extension, token_extension) = (extension_of(first >> 4), extension_of(nibble));
    let Some(length) = body_length(bytes) else { return Ok(need(1 + extension - bytes.len())) };
    let head = 2 + extension + token_extension;
    // The least the frame can have: its limit may be known before its token length is.
    let least = length.saturating_add(head as u64);
    if least > u64::from(rules.max_frame) {
        return Err(abort(Rule::FrameLimit, 0));
    }
    let token = match bytes.get(2 + extension..head) {
        _ if token_extension == 0 => usize::from(nibble),
        Some(rest) => option::extension(usize::from(nibble), rest).map_or(0, |(len, _)| len),
        None => return Ok(need(head - bytes.len())),
    };
    if token > rules.max_token as usize {
        return Err(abort(Rule::TokenLimit, 2 + extension));
    }
    let whole = least.saturating_add(token as u64);
    if whole > u64::from(rules.max_frame) {
        return Err(abort(Rule::FrameLimit, 0));
    }
    let len = usize::try_from(whole).unwrap_or(usize::MAX);
    Ok(if len <= bytes.len() { Peek::Frame { len } } else { need(len - bytes.len()) })
}

fn need(missing: usize) -> Peek {
    Peek::Need(NonZeroUsize::new(missing).unwrap_or(NonZeroUsize::MIN))
}

/// A message on a reliable transport: neither type nor id, those are the connection's business.
///
/// ```
/// use coap_codec::{Code, Opt, OptionNumber, Options, Rules, SliceOut, StreamMessage, Token};
///
/// let list = [Opt::new(OptionNumber::URI_PATH, b"hello")];
/// let token = Token::new(&[1, 2])?;
/// let message = StreamMessage { code: Code::GET, token, options: Options::new(&list)?, payload: &[] };
/// let mut buffer = [0; 32];
/// let mut out = SliceOut::new(&mut buffer);
/// message.encode(&mut out)?;
/// assert_eq!(out.written(), b"\x62\x01\x01\x02\xB5hello");
/// assert_eq!(StreamMessage::decode(out.written(), Rules::new())?, message);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamMessage<'a> {
    /// Request, response, signal or empty.
    pub code: Code,
    /// Matches responses to requests, and pongs to pings.
    pub token: Token<'a>,
    /// Its options; those of a signal have a number space of their own.
    pub options: Options<'a>,
    /// The payload; empty means none.
    pub payload: &'a [u8],
}

impl<'a> StreamMessage<'a> {
    /// Reads a frame, measured by [`peek`].
    ///
    /// # Errors
    ///
    /// If it is not exactly one message. The answer is always to end the connection, with an abort.
    #[inline]
    pub fn decode(frame: &'a [u8], rules: Rules) -> Result<Self, DecodeError> {
        match peek(frame, rules)? {
            Peek::Frame { len } if len == frame.len() => {}
            _ => return Err(abort(Rule::FrameLength, frame.len())),
        }
        let first = frame.first().copied().unwrap_or(0);
        Self::decode_from(frame, 1 + extension_of(first >> 4), rules)
    }

    /// Reads a binary WebSocket message.
    ///
    /// # Errors
    ///
    /// As [`StreamMessage::decode`], and [`Rule::WebSocketLength`].
    pub fn decode_websocket(message: &'a [u8], rules: Rules) -> Result<Self, DecodeError> {
        if message.len() as u64 > u64::from(rules.max_frame) {
            return Err(abort(Rule::FrameLimit, 0));
        }
        match message.first() {
            Some(0..16) => Self::decode_from(message, 1, rules),
            Some(_) => Err(abort(Rule::WebSocketLength, 0)),
            None => Err(abort(Rule::Header, 0)),
        }
    }

    /// Reads what begins with the code at `at`.
    fn decode_from(frame: &'a [u8], at: usize, rules: Rules) -> Result<Self, DecodeError> {
        let nibble = frame.first().map_or(0, |first| first & 15);
        let Some((&code, rest)) = frame.get(at..).and_then(<[u8]>::split_first) else {
            return Err(abort(Rule::Header, frame.len()));
        };
        let fault = |(rule, left): (Rule, usize)| abort(rule, frame.len() - left);
        let (token, body) = split_token(nibble, rest, rules).map_err(fault)?;
        if code == Code::EMPTY.0 && !(token.is_empty() && body.is_empty()) {
            return Err(abort(Rule::EmptyContent, at + 1));
        }
        let (options, payload) = split_body(body).map_err(fault)?;
        Ok(Self { code: Code(code), token, options, payload })
    }

    /// The parts a datagram has too.
    #[must_use]
    pub const fn of(message: &Message<'a>) -> Self {
        let Message { code, token, options, payload, .. } = *message;
        Self { code, token, options, payload }
    }

    /// Bytes [`StreamMessage::encode`] writes.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        let body = self.body_len(self.payload.len());
        2 + length_extension(body) + self.token.encoded_len() + body
    }

    /// Writes a frame, whole or not at all.
    ///
    /// # Errors
    ///
    /// [`EncodeError::NoRoom`], [`EncodeError::FrameLength`], and [`EncodeError::EmptyContent`] for a code
    /// 0.00 with anything beside it.
    pub fn encode(&self, out: &mut (impl Out + ?Sized)) -> Result<(), EncodeError> {
        self.encode_as(Framing::Tcp, self.payload.len(), self.payload, out)
    }

    /// Writes all of a frame but its payload of `payload` bytes, which the caller sends behind it.
    ///
    /// # Errors
    ///
    /// As [`StreamMessage::encode`].
    pub fn encode_head(&self, payload: usize, out: &mut (impl Out + ?Sized)) -> Result<(), EncodeError> {
        self.encode_as(Framing::Tcp, payload, &[], out)
    }

    /// Writes a binary WebSocket message, whole or not at all.
    ///
    /// # Errors
    ///
    /// As [`StreamMessage::encode`].
    pub fn encode_websocket(&self, out: &mut (impl Out + ?Sized)) -> Result<(), EncodeError> {
        self.encode_as(Framing::WebSocket, self.payload.len(), self.payload, out)
    }

    fn encode_as(
        &self,
        framing: Framing,
        payload: usize,
        written: &[u8],
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), EncodeError> {
        let body = self.body_len(payload);
        open(framing, self.code, self.token, body, body - payload + written.len(), out)?;
        self.options.put(out);
        if payload > 0 {
            out.put(&[0xFF]);
        }
        out.put(written);
        Ok(())
    }

    /// Bytes of options, marker and payload.
    fn body_len(&self, payload: usize) -> usize {
        self.options.encoded_len() + usize::from(payload > 0) + payload
    }

    /// Tells what the message is to a receiver that knows these options; see
    /// [`Message::meaning`](crate::Message::meaning). Size exponent 7 is allowed here (RFC 8323 §6).
    ///
    /// # Errors
    ///
    /// If the message must not be acted on: a request is answered with 4.00, 4.02 or 4.05, a response is
    /// dropped, a signal with a critical option nobody defined ends the connection (RFC 8323 §5.2).
    pub fn meaning(&self, known: &Known<'_>, rules: Rules) -> Result<Meaning, Refusal> {
        if self.code == Code::EMPTY {
            return Ok(Meaning::Empty);
        }
        if self.code.is_signal() {
            return Signal::read(self).map(|_| Meaning::Signal);
        }
        let meaning = match sort(self.code, rules) {
            Ok(meaning) => meaning,
            Err(rule) => return Err(self.refuse(Fault { rule, option: None, left: 0 })),
        };
        let faults = Faults { known, rules, request: meaning == Meaning::Request, bert: true };
        match faults.find(&self.options, self.payload) {
            None if meaning == Meaning::Request && !self.code.is_known_method() => {
                Err(self.refuse(Fault { rule: Rule::Method, option: None, left: 0 }))
            }
            None => Ok(meaning),
            Some(fault) => Err(self.refuse(fault)),
        }
    }

    /// The first critical option outside `known`, with the answer: 4.02 to a request, silence to a response.
    #[must_use]
    pub fn unknown_critical(&self, known: &Known<'_>) -> Option<Refusal> {
        Some(self.refuse(unknown_critical(&self.options, known)?))
    }

    #[cold]
    fn refuse(&self, fault: Fault) -> Refusal {
        let answer = match self.code.class() {
            0 => Answer::Respond(fault.response()),
            7 => Answer::Abort,
            _ => Answer::Ignore,
        };
        Refusal { rule: fault.rule, option: fault.option, offset: self.offset_of(&fault), answer }
    }

    /// Where the option at fault stands in the frame.
    fn offset_of(&self, fault: &Fault) -> usize {
        let body = self.body_len(self.payload.len());
        let options_at = 2 + length_extension(body) + self.token.encoded_len();
        if fault.option.is_some() { options_at + self.options.encoded_len() - fault.left } else { 0 }
    }
}

impl fmt::Display for StreamMessage<'_> {
    /// `0.01 GET token 0102 [Uri-Path: "hello"]`, with the payload's length behind.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code.fmt(f)?;
        if self.code.is_signal() {
            return signal::display(self, f);
        }
        display_body(self.token, &self.options, self.payload, f)
    }
}

/// How the end of a message is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Framing {
    /// By a length in front of it, over TCP and TLS (RFC 8323 §3.2).
    #[default]
    Tcp,
    /// By the end of the WebSocket message (RFC 8323 §4.2).
    WebSocket,
}

/// Checks a message and the room for it, and writes all before its options. Of its `body` bytes of options,
/// marker and payload, `written` will be written here.
pub(crate) fn open(
    framing: Framing,
    code: Code,
    token: Token<'_>,
    body: usize,
    written: usize,
    out: &mut (impl Out + ?Sized),
) -> Result<(), EncodeError> {
    if code == Code::EMPTY && !(token.is_empty() && body == 0) {
        return Err(EncodeError::EmptyContent);
    }
    let (nibble, extension, count) = match framing {
        Framing::Tcp => extend_length(body).ok_or(EncodeError::FrameLength)?,
        Framing::WebSocket => (0, [0; 4], 0),
    };
    let needed = 2 + count + token.encoded_len() + written;
    if out.room() < needed {
        return Err(EncodeError::NoRoom { needed });
    }
    out.put(&[nibble << 4 | token.nibble()]);
    out.put(extension.get(4 - count..).unwrap_or_default());
    out.put(&[code.0]);
    token.put(out);
    Ok(())
}

#[cold]
pub(crate) const fn abort(rule: Rule, offset: usize) -> DecodeError {
    DecodeError { rule, offset, answer: Answer::Abort }
}

/// Bytes of a whole message.
pub(crate) const fn message_len(framing: Framing, token: Token<'_>, body: usize) -> usize {
    let extension = match framing {
        Framing::Tcp => length_extension(body),
        Framing::WebSocket => 0,
    };
    2 + extension + token.encoded_len() + body
}

/// How many bytes extend a nibble; 15 has a meaning for lengths only.
const fn extension_of(nibble: u8) -> usize {
    match nibble {
        13 => 1,
        14 => 2,
        15 => 4,
        _ => 0,
    }
}

/// Bytes of options and payload, `None` if the header is cut.
fn body_length(frame: &[u8]) -> Option<u64> {
    let (&first, rest) = frame.split_first()?;
    Some(match first >> 4 {
        13 => u64::from(*rest.first()?) + 13,
        14 => u64::from(u16::from_be_bytes(*rest.first_chunk()?)) + 269,
        15 => u64::from(u32::from_be_bytes(*rest.first_chunk()?)) + 65_805,
        length => u64::from(length),
    })
}

/// How many bytes extend a body length.
const fn length_extension(body: usize) -> usize {
    match body {
        0..13 => 0,
        13..269 => 1,
        269..65_805 => 2,
        _ => 4,
    }
}

/// The nibble, the extension at the end of four bytes, and how many of those count.
fn extend_length(body: usize) -> Option<(u8, [u8; 4], usize)> {
    let count = length_extension(body);
    let (nibble, less) = match count {
        0 => (body.to_le_bytes()[0], body),
        1 => (13, 13),
        2 => (14, 269),
        _ => (15, 65_805),
    };
    let rest = u32::try_from(body - less).ok()?;
    Some((nibble, rest.to_be_bytes(), count))
}

#[cfg(test)]
mod tests {
    extern crate alloc;
    use alloc::vec;

    use super::{Peek, StreamMessage, peek};
    use crate::{Code, EncodeError, Options, Rule, Rules, SliceOut, Token};

    #[test]
    fn every_length_form_reads_back() {
        let rules = Rules::new().max_frame(100_000);
        for len in [0, 1, 11, 12, 13, 267, 268, 269, 65_803, 65_804, 65_805, 70_000] {
            let payload = vec![7; len];
            let message = StreamMessage {
                code: Code::CONTENT,
                token: Token::EMPTY,
                options: Options::EMPTY,
                payload: &payload,
            };
            let mut buffer = vec![0; message.encoded_len()];
            let mut out = SliceOut::new(&mut buffer);
            message.encode(&mut out).unwrap();
            assert_eq!(out.len(), message.encoded_len());
            let frame = out.into_written();
            assert_eq!(peek(frame, rules), Ok(Peek::Frame { len: frame.len() }));
            assert_eq!(StreamMessage::decode(frame, rules), Ok(message));

            let mut head = vec![0; 16];
            let mut out = SliceOut::new(&mut head);
            message.encode_head(len, &mut out).unwrap();
            assert_eq!(out.written(), &frame[..frame.len() - len]);
        }
    }

    #[test]
    fn missing_bytes_are_counted_and_large_frames_refused_early() {
        let need = |bytes: &[u8], missing: usize| {
            assert_eq!(
                peek(bytes, Rules::new()),
                Ok(Peek::Need(missing.try_into().unwrap())),
                "{bytes:02x?}"
            );
        };
        need(&[], 1);
        need(&[0x00], 1);
        need(&[0xD0], 1);
        need(&[0xE0], 2);
        need(&[0xF0, 0], 3);
        need(&[0x52], 8);
        need(&[0x52, 0x45], 7);
        let rules = Rules::new().max_token(20);
        assert_eq!(peek(&[0x0D, 1], rules), Ok(Peek::Need(1.try_into().unwrap())));
        assert_eq!(peek(&[0x0D, 1, 3], rules), Ok(Peek::Need(16.try_into().unwrap())));
        assert_eq!(peek(&[0x0D, 1, 8], rules).unwrap_err().rule, Rule::TokenLimit);
        assert_eq!(peek(&[0xE0, 0x04, 0x00], Rules::new()).unwrap_err().rule, Rule::FrameLimit);
    }

    #[test]
    fn a_frame_is_exactly_one_message() {
        let rule = |frame: &[u8]| StreamMessage::decode(frame, Rules::new()).unwrap_err().rule;
        assert_eq!(rule(&[0x00, 0xE1, 0x00]), Rule::FrameLength);
        assert_eq!(rule(&[0x10, 0xE1]), Rule::FrameLength);
        assert_eq!(rule(&[0x01, 0x00, 0x07]), Rule::EmptyContent);
        let message =
            StreamMessage { code: Code::EMPTY, token: Token::EMPTY, options: Options::EMPTY, payload: b"x" };
        let mut buffer = [0; 8];
        let mut out = SliceOut::new(&mut buffer);
        assert_eq!(message.encode(&mut out), Err(EncodeError::EmptyContent));
        assert_eq!(message.encode_websocket(&mut out), Err(EncodeError::EmptyContent));
    }

    #[test]
    fn websocket_messages_have_no_length() {
        let rule = |bytes: &[u8]| StreamMessage::decode_websocket(bytes, Rules::new()).unwrap_err().rule;
        assert_eq!(rule(&[]), Rule::Header);
        assert_eq!(rule(&[0]), Rule::Header);
        assert_eq!(rule(&[0x10, 0x45, 0xFF]), Rule::WebSocketLength);
        assert_eq!(rule(&[7; 2000]), Rule::FrameLimit);
    }
}
