//! Everything that can go wrong, by who is to blame: the peer ([`DecodeError`], [`Refusal`]) or the
//! caller ([`EncodeError`]).
//!
//! Contract: what a peer sends never panics and never reads past its end. An error names the broken
//! [`Rule`], the byte it was noticed at and the [`Answer`] the specifications ask for.

use core::fmt;

use thiserror::Error;

use crate::{Code, OptionNumber};

/// A rule a received message can break.
///
/// ```
/// use coap_codec::Rule;
///
/// assert_eq!(Rule::OptionDelta.section(), "RFC 7252 3.1");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// The fixed header is cut short.
    Header,
    /// The version is not 1.
    Version,
    /// The token length is reserved, or above eight where extended tokens are not allowed.
    TokenLength,
    /// The token is longer than [`Rules::max_token`](crate::Rules::max_token).
    TokenLimit,
    /// The message ends inside the token.
    TokenCut,
    /// A message with code 0.00 has bytes after the message id.
    EmptyContent,
    /// A payload marker with nothing behind it.
    PayloadMarker,
    /// Option delta 15 outside a payload marker.
    OptionDelta,
    /// Option length 15.
    OptionLength,
    /// The message ends inside an option header.
    OptionCut,
    /// The message ends inside an option value.
    ValueCut,
    /// The sum of option deltas leaves the 16-bit number space.
    OptionNumber,
    /// A type that may not carry this code: a reset or acknowledgement with a request, a reset with a
    /// response, a non-confirmable empty message.
    KindCode,
    /// A code of a reserved class, or a signal where there are none.
    CodeClass,
    /// A request method nobody has registered.
    Method,
    /// A critical option the receiver does not know.
    UnknownCritical,
    /// A critical option that may occur once occurs again.
    Repeated,
    /// A critical option whose value is shorter or longer than its definition allows.
    OptionRange,
    /// A block option with the reserved size exponent 7.
    BlockSize,
    /// A block announced as not the last whose payload is not the block size.
    ShortBlock,
    /// Block1 or Block2 beside Q-Block1 or Q-Block2.
    BlockMix,
    /// Hop-Limit zero or above 255.
    HopLimit,
    /// A text option that is not UTF-8.
    Text,
    /// A Uri-Path segment `.` or `..`.
    DotSegment,
    /// An OSCORE option that does not parse.
    Oscore,
    /// A frame longer than the receiver's limit.
    FrameLimit,
    /// Bytes that are less or more than one frame.
    FrameLength,
    /// A signal with a critical option unknown to that signal, or one that does not parse.
    SignalOption,
    /// The first message on a connection is not a capabilities message.
    FirstCsm,
    /// A WebSocket message whose length field is not zero.
    WebSocketLength,
}

impl Rule {
    /// The specification sections that state the rule.
    #[must_use]
    pub const fn section(self) -> &'static str {
        self.row().0
    }

    const fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::Header => ("RFC 7252 3", "header cut short"),
            Self::Version => ("RFC 7252 3", "version is not 1"),
            Self::TokenLength => ("RFC 7252 3, RFC 8323 3.2, RFC 8974 2.1", "token length not allowed"),
            Self::TokenLimit => ("RFC 7252 3, RFC 8974 2.1, 5", "token longer than the limit"),
            Self::TokenCut => ("RFC 7252 3, RFC 8323 3.2", "message ends inside the token"),
            Self::EmptyContent => ("RFC 7252 4.1", "empty message is not empty"),
            Self::PayloadMarker => ("RFC 7252 3", "payload marker without a payload"),
            Self::OptionDelta => ("RFC 7252 3.1", "option delta 15"),
            Self::OptionLength => ("RFC 7252 3.1", "option length 15"),
            Self::OptionCut => ("RFC 7252 3.1, RFC 8323 3.2", "message ends inside an option header"),
            Self::ValueCut => ("RFC 7252 3.1, RFC 8323 3.2", "message ends inside an option value"),
            Self::OptionNumber => ("RFC 7252 3.1, 12.2", "option number above 65535"),
            Self::KindCode => ("RFC 7252 4.2, 4.3", "type may not carry this code"),
            Self::CodeClass => ("RFC 7252 3, 4.2, 12.1, RFC 8323 5", "reserved code"),
            Self::Method => ("RFC 7252 5.8", "unknown method"),
            Self::UnknownCritical => ("RFC 7252 5.4.1", "unknown critical option"),
            Self::Repeated => ("RFC 7252 5.4.5", "critical option repeated"),
            Self::OptionRange => ("RFC 7252 5.4.3, 5.10, RFC 7959 2.1", "critical option of a wrong length"),
            Self::BlockSize => ("RFC 7959 2.2, RFC 9177 4.2", "reserved block size"),
            Self::ShortBlock => ("RFC 7959 2.2", "payload is not the block size"),
            Self::BlockMix => ("RFC 9177 4.1", "blocks of two kinds"),
            Self::HopLimit => ("RFC 8768 3", "hop limit zero or above 255"),
            Self::Text => ("RFC 7252 3.2, RFC 3629 3", "text option is not UTF-8"),
            Self::DotSegment => ("RFC 7252 5.10.1", "path segment of dots"),
            Self::Oscore => ("RFC 8613 6.1, 8.2", "OSCORE option does not parse"),
            Self::FrameLimit => ("RFC 8323 5.3.1", "frame longer than the limit"),
            Self::FrameLength => ("RFC 8323 3.2", "not exactly one frame"),
            Self::SignalOption => ("RFC 8323 5.2, 5.3", "signal option not understood"),
            Self::FirstCsm => ("RFC 8323 5.3", "first message is not a capabilities message"),
            Self::WebSocketLength => ("RFC 8323 4.2", "length in a WebSocket message is not zero"),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (section, what) = self.row();
        write!(f, "{what} ({section})")
    }
}

/// What the specifications ask a receiver to do about a message it cannot use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Answer {
    /// Drop it without a word.
    Ignore,
    /// Send a reset with this message id, [`Message::reset`](crate::Message::reset).
    Reset(u16),
    /// Respond with this code, the error's text as diagnostic payload.
    Respond(Code),
    /// End the connection, after an abort message if one can still be sent.
    Abort,
}

/// Bytes that are not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[error("{rule} at byte {offset}")]
#[non_exhaustive]
pub struct DecodeError {
    /// The broken rule.
    pub rule: Rule,
    /// Where it was noticed, counted from the start of the datagram or frame.
    pub offset: usize,
    /// What to send back.
    pub answer: Answer,
}

/// A message that decodes, but that the receiver must not act on.
///
/// Its `Display` text is meant for the diagnostic payload of the answer (RFC 7252 §5.5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Refusal {
    /// The broken rule.
    pub rule: Rule,
    /// The option at fault, if it is one.
    pub option: Option<OptionNumber>,
    /// Where it starts, counted from the start of the datagram or frame.
    pub offset: usize,
    /// What to send back.
    pub answer: Answer,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.option {
            Some(number) => write!(f, "{number}: {}", self.rule),
            None => self.rule.fmt(f),
        }
    }
}

impl core::error::Error for Refusal {}

/// A message the caller asked for that cannot be written. The output is unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The output is too small; `needed` bytes would be enough.
    #[error("no room: {needed} bytes needed")]
    NoRoom {
        /// Bytes the whole write takes.
        needed: usize,
    },
    /// A token above 65,804 bytes (RFC 8974 §2.1).
    #[error("token longer than 65804 bytes")]
    TokenLength,
    /// An option number below the one before it (RFC 7252 §3.1).
    #[error("{number} after {last}: options must ascend")]
    OptionOrder {
        /// The option that came too late.
        number: OptionNumber,
        /// The option written before it.
        last: OptionNumber,
    },
    /// An option value above 65,804 bytes (RFC 7252 §3.1).
    #[error("{number}: value longer than 65804 bytes")]
    OptionLength {
        /// The option.
        number: OptionNumber,
    },
    /// An option after the payload has begun.
    #[error("option after the payload")]
    OptionAfterPayload,
    /// Code 0.00 with a token, an option or a payload (RFC 7252 §4.1).
    #[error("an empty message carries nothing")]
    EmptyContent,
    /// A frame whose length does not fit 32 bits (RFC 8323 §3.2).
    #[error("frame longer than 4 GiB")]
    FrameLength,
}
