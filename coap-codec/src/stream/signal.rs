//! Signals: what the two ends of a connection tell each other about it (RFC 8323 §5).
//!
//! | code | options |
//! |---|---|
//! | 7.01 CSM | Max-Message-Size (2), Block-Wise-Transfer (4), Extended-Token-Length (6, RFC 8974) |
//! | 7.02 Ping, 7.03 Pong | Custody (2) |
//! | 7.04 Release | Alternative-Address (2), Hold-Off (4) |
//! | 7.05 Abort | Bad-CSM-Option (2) |
//!
//! Contract: option numbers mean something else in each signal, so they are read here and nowhere else. Elective
//! options nobody defined are passed over; critical ones end the connection.

use core::fmt;

use super::{Framing, StreamMessage, open};
use crate::message::display_body;
use crate::option::{self, Definition, Format, Opt, OptionNumber, Options, Uint};
use crate::{Answer, Code, EncodeError, Length, Out, Refusal, Rule, Rules, Token};

/// Numbers of options in signals, and the one table of their limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignalOption;

impl SignalOption {
    /// The longest message the sender of a CSM takes (RFC 8323 §5.3.1).
    pub const MAX_MESSAGE_SIZE: OptionNumber = OptionNumber(2);
    /// The sender of a CSM takes block-wise transfers, and BERT if its messages may be long (§5.3.2).
    pub const BLOCK_WISE_TRANSFER: OptionNumber = OptionNumber(4);
    /// The longest token the sender of a CSM takes (RFC 8974 §2.2.1).
    pub const EXTENDED_TOKEN_LENGTH: OptionNumber = OptionNumber(6);
    /// The pong is sent after everything before the ping was dealt with (RFC 8323 §5.4.1).
    pub const CUSTODY: OptionNumber = OptionNumber(2);
    /// Where to connect instead (§5.5).
    pub const ALTERNATIVE_ADDRESS: OptionNumber = OptionNumber(2);
    /// Seconds to wait before connecting again (§5.5).
    pub const HOLD_OFF: OptionNumber = OptionNumber(4);
    /// The critical option of the CSM that was not understood (§5.6).
    pub const BAD_CSM_OPTION: OptionNumber = OptionNumber(2);

    /// Every option of every signal.
    const REGISTRY: &'static [(Code, Definition)] = &[
        (Code::CSM, Definition::new(Self::MAX_MESSAGE_SIZE, "Max-Message-Size", Format::Uint, 0, 4)),
        (Code::CSM, Definition::new(Self::BLOCK_WISE_TRANSFER, "Block-Wise-Transfer", Format::Empty, 0, 0)),
        (
            Code::CSM,
            Definition::new(Self::EXTENDED_TOKEN_LENGTH, "Extended-Token-Length", Format::Uint, 0, 3),
        ),
        (Code::PING, Definition::new(Self::CUSTODY, "Custody", Format::Empty, 0, 0)),
        (Code::PONG, Definition::new(Self::CUSTODY, "Custody", Format::Empty, 0, 0)),
        (
            Code::RELEASE,
            Definition::new(Self::ALTERNATIVE_ADDRESS, "Alternative-Address", Format::Text, 1, 255)
                .repeatable(),
        ),
        (Code::RELEASE, Definition::new(Self::HOLD_OFF, "Hold-Off", Format::Uint, 0, 3)),
        (Code::ABORT, Definition::new(Self::BAD_CSM_OPTION, "Bad-CSM-Option", Format::Uint, 0, 2)),
    ];

    /// The definition of an option in a signal of this code.
    #[must_use]
    pub fn definition(code: Code, number: OptionNumber) -> Option<&'static Definition> {
        let mut rows = Self::REGISTRY.iter();
        rows.find(|(signal, row)| *signal == code && row.number == number).map(|(_, row)| row)
    }
}

/// A signal.
///
/// ```
/// use coap_codec::{Capabilities, Csm, Rules, Signal, SliceOut, StreamMessage, Token};
///
/// let mut buffer = [0; 32];
/// let mut out = SliceOut::new(&mut buffer);
/// let csm = Csm { max_message_size: Some(8_388_864), block_wise: true, extended_token_length: None };
/// Signal::Csm(csm).encode(Token::EMPTY, &mut out)?;
/// assert_eq!(out.written(), b"\x50\xE1\x23\x80\x01\x00\x20");
///
/// let message = StreamMessage::decode(out.written(), Rules::new())?;
/// let Signal::Csm(csm) = Signal::read(&message)? else { unreachable!() };
/// let mut peer = Capabilities::default();
/// peer.learn(csm);
/// assert_eq!((peer.max_message_size, peer.block_wise, peer.max_token), (8_388_864, true, 8));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal<'a> {
    /// 7.01: what the sender can do.
    Csm(Csm),
    /// 7.02: asks for a pong with the same token.
    Ping {
        /// Pong only after everything before was dealt with.
        custody: bool,
    },
    /// 7.03: answers a ping.
    Pong {
        /// Everything before the ping was dealt with.
        custody: bool,
    },
    /// 7.04: the sender wants the connection closed in good order.
    Release(Release<'a>),
    /// 7.05: the sender closes the connection.
    Abort(Abort<'a>),
    /// A signal nobody has defined.
    Other(Code),
}

/// Capabilities and settings; what is absent stays as it was (RFC 8323 §5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Csm {
    /// The longest message the sender takes, in bytes, header included.
    pub max_message_size: Option<u32>,
    /// It takes block-wise transfers, and BERT where messages above 1152 bytes are allowed.
    pub block_wise: bool,
    /// The longest token it takes (RFC 8974 §2.2.1).
    pub extended_token_length: Option<u32>,
}

/// What a peer can do: the base values, as its CSMs have changed them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Capabilities {
    /// The longest message it takes, in bytes; 1152 until told otherwise.
    pub max_message_size: u32,
    /// Whether it takes block-wise transfers.
    pub block_wise: bool,
    /// The longest token it takes, 8 to 65,804.
    pub max_token: u32,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self { max_message_size: 1152, block_wise: false, max_token: 8 }
    }
}

impl Capabilities {
    /// Takes in another CSM of the peer.
    pub fn learn(&mut self, csm: Csm) {
        self.max_message_size = csm.max_message_size.unwrap_or(self.max_message_size);
        self.block_wise |= csm.block_wise;
        // A value below what everybody has to take says no less than that (RFC 8974 §2.2.1).
        self.max_token = csm.extended_token_length.map_or(self.max_token, |most| most.clamp(8, MAX_TOKEN));
    }

    /// Whether the peer takes messages with many blocks of 1024 bytes (RFC 8323 §6).
    #[must_use]
    pub const fn bert(&self) -> bool {
        self.block_wise && self.max_message_size > 1152
    }
}

const MAX_TOKEN: u32 = 65_804;

impl From<Rules> for Csm {
    /// What these rules take, block-wise transfers aside.
    fn from(rules: Rules) -> Self {
        let extended_token_length = (rules.max_token > 8).then_some(rules.max_token.min(MAX_TOKEN));
        Self { max_message_size: Some(rules.max_frame), block_wise: false, extended_token_length }
    }
}

/// Where to go instead, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Release<'a> {
    /// Other addresses, best first; none means the same one.
    pub alternatives: Addresses<'a>,
    /// Seconds to wait before connecting again.
    pub hold_off: Option<u32>,
}

/// Addresses of a [`Release`], received or to be sent.
///
/// ```
/// use coap_codec::Addresses;
///
/// let addresses = Addresses::new(&["[2001:db8::9]:5683"]).expect("1 to 255 bytes each");
/// assert_eq!(addresses.iter().next(), Some(&b"[2001:db8::9]:5683"[..]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Addresses<'a> {
    received: Options<'a>,
    list: &'a [&'a str],
}

impl<'a> Addresses<'a> {
    /// Addresses from a list; `None` if one is empty or longer than 255 bytes.
    #[must_use]
    pub fn new(list: &'a [&'a str]) -> Option<Self> {
        let fits = list.iter().all(|address| (1..=255).contains(&address.len()));
        fits.then_some(Self { received: Options::EMPTY, list })
    }

    /// Each as bytes, to be read as UTF-8.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let received = self.received.iter();
        let received = received.filter(|option| {
            option.number == SignalOption::ALTERNATIVE_ADDRESS && (1..=255).contains(&option.value.len())
        });
        received.map(|option| option.value).chain(self.list.iter().map(|address| address.as_bytes()))
    }
}

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Abort<'a> {
    /// The critical option of the CSM that was not understood.
    pub bad_csm_option: Option<u16>,
    /// Words for people.
    pub diagnostic: &'a [u8],
}

impl<'a> Signal<'a> {
    /// Reads a message of class 7.
    ///
    /// # Errors
    ///
    /// [`Rule::SignalOption`] for a critical option the signal does not define, and [`Rule::CodeClass`] for a
    /// message that is no signal. The answer is an abort, in the first case with
    /// [`Abort::bad_csm_option`] set if it was a CSM.
    pub fn read(message: &StreamMessage<'a>) -> Result<Self, Refusal> {
        if !message.code.is_signal() {
            return Err(Refusal { rule: Rule::CodeClass, option: None, offset: 0, answer: Answer::Abort });
        }
        let mut rest = message.options.iter();
        loop {
            let left = rest.wire_left();
            let Some(Opt { number, .. }) = rest.next() else { break };
            if number.is_critical() && SignalOption::definition(message.code, number).is_none() {
                let fault = super::Fault { rule: Rule::SignalOption, option: Some(number), left };
                let offset = message.offset_of(&fault);
                return Err(Refusal {
                    rule: fault.rule,
                    option: fault.option,
                    offset,
                    answer: Answer::Abort,
                });
            }
        }
        let first = |number| first(message, number);
        let uint = |number| first(number).and_then(Opt::uint);
        let custody = first(SignalOption::CUSTODY).is_some();
        Ok(match message.code {
            Code::CSM => Self::Csm(Csm {
                max_message_size: uint(SignalOption::MAX_MESSAGE_SIZE),
                block_wise: first(SignalOption::BLOCK_WISE_TRANSFER).is_some(),
                extended_token_length: uint(SignalOption::EXTENDED_TOKEN_LENGTH),
            }),
            Code::PING => Self::Ping { custody },
            Code::PONG => Self::Pong { custody },
            Code::RELEASE => Self::Release(Release {
                alternatives: Addresses { received: message.options, list: &[] },
                hold_off: uint(SignalOption::HOLD_OFF),
            }),
            Code::ABORT => Self::Abort(Abort {
                bad_csm_option: uint(SignalOption::BAD_CSM_OPTION).and_then(|number| number.try_into().ok()),
                diagnostic: message.payload,
            }),
            code => Self::Other(code),
        })
    }

    /// The code it is sent with.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Csm(_) => Code::CSM,
            Self::Ping { .. } => Code::PING,
            Self::Pong { .. } => Code::PONG,
            Self::Release(_) => Code::RELEASE,
            Self::Abort(_) => Code::ABORT,
            Self::Other(code) => *code,
        }
    }

    /// Writes it as a TCP frame, whole or not at all. Only pings and pongs need a token.
    ///
    /// # Errors
    ///
    /// As [`StreamMessage::encode`].
    pub fn encode(&self, token: Token<'_>, out: &mut (impl Out + ?Sized)) -> Result<(), EncodeError> {
        self.encode_as(Framing::Tcp, token, out)
    }

    /// Writes it as a binary WebSocket message, whole or not at all.
    ///
    /// # Errors
    ///
    /// As [`StreamMessage::encode_websocket`].
    pub fn encode_websocket(
        &self,
        token: Token<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), EncodeError> {
        self.encode_as(Framing::WebSocket, token, out)
    }

    pub(crate) fn encode_as(
        &self,
        framing: Framing,
        token: Token<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<(), EncodeError> {
        let mut body = Length::default();
        self.put_body(&mut body);
        open(framing, self.code(), token, body.get(), body.get(), out)?;
        self.put_body(out);
        Ok(())
    }

    /// Options in ascending order, then the diagnostic.
    fn put_body(&self, out: &mut (impl Out + ?Sized)) {
        let mut last = 0;
        let mut put = |number: OptionNumber, value: &[u8]| {
            option::put(usize::from(number.0 - last), value, out);
            last = number.0;
        };
        match self {
            Self::Csm(csm) => {
                if let Some(size) = csm.max_message_size {
                    put(SignalOption::MAX_MESSAGE_SIZE, &Uint::new(size));
                }
                if csm.block_wise {
                    put(SignalOption::BLOCK_WISE_TRANSFER, &[]);
                }
                if let Some(length) = csm.extended_token_length {
                    put(SignalOption::EXTENDED_TOKEN_LENGTH, &Uint::new(length));
                }
            }
            Self::Ping { custody: true } | Self::Pong { custody: true } => put(SignalOption::CUSTODY, &[]),
            Self::Release(release) => {
                release
                    .alternatives
                    .iter()
                    .for_each(|address| put(SignalOption::ALTERNATIVE_ADDRESS, address));
                if let Some(seconds) = release.hold_off {
                    put(SignalOption::HOLD_OFF, &Uint::new(seconds));
                }
            }
            Self::Abort(abort) => {
                if let Some(number) = abort.bad_csm_option {
                    put(SignalOption::BAD_CSM_OPTION, &Uint::new(u32::from(number)));
                }
                if !abort.diagnostic.is_empty() {
                    out.put(&[0xFF]);
                    out.put(abort.diagnostic);
                }
            }
            Self::Ping { .. } | Self::Pong { .. } | Self::Other(_) => {}
        }
    }
}

/// The first option of this number, if its length is allowed in this signal.
fn first<'a>(message: &StreamMessage<'a>, number: OptionNumber) -> Option<Opt<'a>> {
    let option = message.options.iter().find(|option| option.number == number)?;
    SignalOption::definition(message.code, number)?.allows(option.value.len()).then_some(option)
}

/// ` token 42 [Max-Message-Size: 1152] 3 bytes`, with the names of this signal's options.
pub(super) fn display(message: &StreamMessage<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    display_body(message.token, &Options::EMPTY, &[], f)?;
    for (index, option) in message.options.iter().enumerate() {
        f.write_str(if index == 0 { " [" } else { ", " })?;
        match SignalOption::definition(message.code, option.number) {
            Some(row) => option.display_as(row.name, row.format, f)?,
            None => option.display_as(format_args!("Option-{}", option.number.0), Format::Opaque, f)?,
        }
    }
    f.write_str(if message.options.is_empty() { "" } else { "]" })?;
    display_body(Token::EMPTY, &Options::EMPTY, message.payload, f)
}

#[cfg(test)]
mod tests {
    extern crate alloc;
    use alloc::string::ToString;

    use super::{Abort, Addresses, Capabilities, Csm, Release, Signal};
    use crate::{Answer, Code, Opt, OptionNumber, Options, Rule, Rules, SliceOut, StreamMessage, Token};

    fn round_trip(signal: Signal<'_>, wire: &[u8]) {
        let mut buffer = [0; 64];
        let mut out = SliceOut::new(&mut buffer);
        signal.encode(Token::EMPTY, &mut out).unwrap();
        assert_eq!(out.written(), wire);
        let message = StreamMessage::decode(wire, Rules::new()).unwrap();
        assert_eq!(Signal::read(&message).map(|read| read.code()), Ok(signal.code()));
        out.clear();
        Signal::read(&message).unwrap().encode(Token::EMPTY, &mut out).unwrap();
        assert_eq!(out.written(), wire);
    }

    #[test]
    fn every_signal_is_written_and_read() {
        round_trip(Signal::Csm(Csm::default()), &[0x00, 0xE1]);
        round_trip(Signal::Ping { custody: true }, &[0x10, 0xE2, 0x20]);
        round_trip(Signal::Pong { custody: false }, &[0x00, 0xE3]);
        let alternatives = Addresses::new(&["a:1", "b:2"]).unwrap();
        let release = Release { alternatives, hold_off: Some(60) };
        round_trip(Signal::Release(release), b"\xA0\xE4\x23a:1\x03b:2\x21\x3C");
        let abort = Abort { bad_csm_option: Some(1), diagnostic: b"why" };
        round_trip(Signal::Abort(abort), b"\x60\xE5\x21\x01\xFFwhy");
    }

    #[test]
    fn a_critical_option_ends_the_connection() {
        let message = StreamMessage::decode(&[0x20, 0xE1, 0x51, 0x61], Rules::new()).unwrap();
        let refusal = Signal::read(&message).unwrap_err();
        assert_eq!((refusal.rule, refusal.answer), (Rule::SignalOption, Answer::Abort));
        assert_eq!((refusal.option, refusal.offset), (Some(OptionNumber(5)), 2));
    }

    #[test]
    fn elective_options_out_of_range_are_passed_over() {
        let list = [Opt::new(OptionNumber(2), &[0; 5]), Opt::new(OptionNumber(4), &[1])];
        let message = StreamMessage {
            code: Code::CSM,
            token: Token::EMPTY,
            options: Options::new(&list).unwrap(),
            payload: &[],
        };
        assert_eq!(Signal::read(&message), Ok(Signal::Csm(Csm::default())));
        assert_eq!(message.to_string(), "7.01 CSM [Max-Message-Size: 0000000000, Block-Wise-Transfer: 01]");
    }

    #[test]
    fn capabilities_add_up() {
        let mut peer = Capabilities::default();
        assert!(!peer.bert());
        peer.learn(Csm { block_wise: true, ..Csm::default() });
        peer.learn(Csm { max_message_size: Some(70_000), extended_token_length: Some(4), ..Csm::default() });
        assert_eq!((peer.max_message_size, peer.block_wise, peer.max_token), (70_000, true, 8));
        assert!(peer.bert());
        let ours = Csm::from(Rules::new().max_token(100));
        assert_eq!((ours.max_message_size, ours.extended_token_length), (Some(1152), Some(100)));
    }
}
