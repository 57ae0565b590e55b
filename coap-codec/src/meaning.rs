//! What a message is, and whether a receiver may act on it (RFC 7252 §4.2, §4.3, §5.4).
//!
//! Contract: a [`Meaning`] is given only for a message whose type and code go together and whose
//! critical options are all known, within their limits and not repeated. Otherwise the [`Refusal`] says
//! what to answer.

use crate::option::{Definition, Format, Known, Opt, OptionNumber, Oscore};
use crate::{Answer, Block, Code, Kind, Message, Options, Policy, Refusal, Rule, Rules};

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Meaning {
    /// A confirmable empty message: answer with a reset (RFC 7252 §4.3).
    Ping,
    /// An empty acknowledgement.
    Acknowledgement,
    /// An empty reset.
    Reset,
    /// A request.
    Request,
    /// A response, separate or in an acknowledgement.
    Response,
    /// An empty message on a reliable transport: nothing to do (RFC 8323 §3.4).
    Empty,
    /// A message about the connection (RFC 8323 §5), see [`Signal`](crate::Signal).
    Signal,
}

impl Message<'_> {
    /// Tells what the message is to a receiver that knows these options.
    ///
    /// ```
    /// use coap_codec::{Answer, Code, Known, Meaning, Message, Rules};
    ///
    /// let request = Message::decode(b"\x40\x01\x00\x01\xB1a", Rules::new())?;
    /// assert_eq!(request.meaning(&Known::REGISTERED, Rules::new())?, Meaning::Request);
    ///
    /// let odd = Message::decode(b"\x40\x01\x00\x01\xE1\x26\x02x", Rules::new())?;
    /// let refusal = odd.meaning(&Known::REGISTERED, Rules::new()).unwrap_err();
    /// assert_eq!(refusal.answer, Answer::Respond(Code::BAD_OPTION));
    /// assert_eq!(refusal.to_string(), "Option-9999: unknown critical option (RFC 7252 5.4.1)");
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the message must not be acted on. A request is answered with 4.00, 4.02 or 4.05; anything else
    /// is reset if confirmable and dropped if not. A non-confirmable request with a bad critical option
    /// is dropped as well (RFC 7252 §5.4.1).
    pub fn meaning(&self, known: &Known<'_>, rules: Rules) -> Result<Meaning, Refusal> {
        self.judge(known, rules, |_| {})
    }
}

impl<'a> Message<'a> {
    /// The same; each first occurrence of an option goes by on the way.
    #[inline]
    pub(crate) fn judge(
        &self,
        known: &Known<'_>,
        rules: Rules,
        each: impl FnMut(Opt<'a>),
    ) -> Result<Meaning, Refusal> {
        let meaning = match (self.kind, self.code) {
            (Kind::Confirmable, Code::EMPTY) => return Ok(Meaning::Ping),
            (Kind::Acknowledgement, Code::EMPTY) => return Ok(Meaning::Acknowledgement),
            (Kind::Reset, Code::EMPTY) => return Ok(Meaning::Reset),
            (Kind::NonConfirmable, Code::EMPTY) | (Kind::Reset, _) => Err(Rule::KindCode),
            (kind, code) if code.is_request() && kind == Kind::Acknowledgement => Err(Rule::KindCode),
            (_, code) => sort(code, rules),
        };
        let meaning = match meaning {
            Ok(meaning) => meaning,
            Err(rule) => return Err(self.refuse(Fault { rule, option: None, left: 0 })),
        };
        let faults = Faults { known, rules, request: meaning == Meaning::Request, bert: false };
        match faults.find_beside(&self.options, self.payload, each) {
            None if meaning == Meaning::Request && !self.code.is_known_method() => {
                Err(self.refuse(Fault { rule: Rule::Method, option: None, left: 0 }))
            }
            None => Ok(meaning),
            Some(fault) => Err(self.refuse(fault)),
        }
    }
}

impl Message<'_> {
    /// The first critical option outside `known`, with the answer RFC 7252 §5.4.1 asks for: 4.02 to a
    /// confirmable request, a reset to a confirmable response, silence to the rest.
    #[must_use]
    pub fn unknown_critical(&self, known: &Known<'_>) -> Option<Refusal> {
        let fault = unknown_critical(&self.options, known)?;
        Some(self.refuse(fault))
    }

    #[cold]
    fn refuse(&self, fault: Fault) -> Refusal {
        let answer = match (self.code.is_request(), self.kind) {
            (_, Kind::Acknowledgement | Kind::Reset) => Answer::Ignore,
            (true, Kind::NonConfirmable) if fault.response() == Code::BAD_OPTION => Answer::Ignore,
            (true, _) => Answer::Respond(fault.response()),
            (false, Kind::Confirmable) => Answer::Reset(self.id),
            (false, Kind::NonConfirmable) => Answer::Ignore,
        };
        let offset = match fault.option {
            Some(_) => self.options_at() + self.options.encoded_len() - fault.left,
            None => 0,
        };
        Refusal { rule: fault.rule, option: fault.option, offset, answer }
    }
}

/// Request or response, or why neither.
pub(crate) fn sort(code: Code, rules: Rules) -> Result<Meaning, Rule> {
    match code.class() {
        0 => Ok(Meaning::Request),
        3 if rules.class_3 == Policy::Refuse => Err(Rule::CodeClass),
        2..=5 => Ok(Meaning::Response),
        _ => Err(Rule::CodeClass),
    }
}

/// A fault of one option, and the bytes of options left from its start on.
#[derive(Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) rule: Rule,
    pub(crate) option: Option<OptionNumber>,
    pub(crate) left: usize,
}

impl Fault {
    /// The response to a request with this fault.
    pub(crate) const fn response(&self) -> Code {
        match self.rule {
            Rule::Method => Code::METHOD_NOT_ALLOWED,
            Rule::BlockSize | Rule::ShortBlock | Rule::HopLimit => Code::BAD_REQUEST,
            _ => Code::BAD_OPTION,
        }
    }
}

pub(crate) fn unknown_critical(options: &Options<'_>, known: &Known<'_>) -> Option<Fault> {
    let mut rest = options.iter();
    loop {
        let left = rest.wire_left();
        let number = rest.next()?.number;
        if number.is_critical() && known.definition(number).is_none() {
            return Some(Fault { rule: Rule::UnknownCritical, option: Some(number), left });
        }
    }
}

/// The search for what keeps a receiver from acting on a message.
pub(crate) struct Faults<'k> {
    pub(crate) known: &'k Known<'k>,
    pub(crate) rules: Rules,
    pub(crate) request: bool,
    /// Over reliable transports size exponent 7 has a meaning (RFC 8323 §6).
    pub(crate) bert: bool,
}

impl Faults<'_> {
    pub(crate) fn find(&self, options: &Options<'_>, payload: &[u8]) -> Option<Fault> {
        self.find_beside(options, payload, |_| {})
    }

    /// The same; each first occurrence of an option goes by on the way, until a fault is found.
    #[inline]
    pub(crate) fn find_beside<'a>(
        &self,
        options: &Options<'a>,
        payload: &[u8],
        mut each: impl FnMut(Opt<'a>),
    ) -> Option<Fault> {
        let (mut rest, mut last, mut blocks) = (options.iter(), None, Blocks::default());
        loop {
            let left = rest.wire_left();
            let option = rest.next()?;
            let again = last.replace(option.number) == Some(option.number);
            if !again {
                each(option);
            }
            let rule = self.judge(option, again, payload).or_else(|| blocks.mixed(option.number));
            if let Some(rule) = rule {
                return Some(Fault { rule, option: Some(option.number), left });
            }
        }
    }

    #[inline]
    fn judge(&self, option: Opt<'_>, again: bool, payload: &[u8]) -> Option<Rule> {
        let critical = option.number.is_critical();
        let Some(row) = self.known.definition(option.number) else {
            return critical.then_some(Rule::UnknownCritical);
        };
        if !row.allows(option.value.len()) {
            // Above 255 it is refused, elective as it is (RFC 8768 §3).
            let hops = option.number == OptionNumber::HOP_LIMIT && is_above_255(option.value);
            return if hops { Some(Rule::HopLimit) } else { critical.then_some(Rule::OptionRange) };
        }
        // Only requests ask for several missing blocks (RFC 9177 §4.1).
        let repeatable = row.repeatable && (self.request || option.number != OptionNumber::Q_BLOCK2);
        if again && !repeatable {
            return critical.then_some(Rule::Repeated);
        }
        self.judge_value(option, row, payload)
    }

    #[inline]
    fn judge_value(&self, option: Opt<'_>, row: &Definition, payload: &[u8]) -> Option<Rule> {
        match row.format {
            Format::Block => self.judge_block(option, payload),
            Format::Text if self.rules.text == Policy::Refuse && option.number.is_critical() => {
                let dots = option.number == OptionNumber::URI_PATH && matches!(option.value, b"." | b"..");
                match (option.text(), dots) {
                    (None, _) => Some(Rule::Text),
                    (_, true) => Some(Rule::DotSegment),
                    _ => None,
                }
            }
            Format::Uint if option.number == OptionNumber::HOP_LIMIT => {
                (option.uint() == Some(0)).then_some(Rule::HopLimit)
            }
            Format::Opaque if option.number == OptionNumber::OSCORE => {
                Oscore::read(option.value).is_none().then_some(Rule::Oscore)
            }
            _ => None,
        }
    }

    /// The payload belongs to Block1 in a request and to Block2 in a response (RFC 7959 §2.1).
    fn judge_block(&self, option: Opt<'_>, payload: &[u8]) -> Option<Rule> {
        let block = Block::read(option.value).ok()?;
        if block.exponent == Block::BERT && !self.bert {
            return Some(Rule::BlockSize);
        }
        let carries = match option.number {
            OptionNumber::BLOCK1 | OptionNumber::Q_BLOCK1 => self.request,
            OptionNumber::BLOCK2 | OptionNumber::Q_BLOCK2 => !self.request,
            _ => false,
        };
        let short = carries && block.more && !block.fits(payload.len());
        (short && self.rules.short_block == Policy::Refuse).then_some(Rule::ShortBlock)
    }
}

fn is_above_255(value: &[u8]) -> bool {
    value.split_last().is_some_and(|(_, high)| high.iter().any(|&byte| byte != 0))
}

/// Which kinds of block options there are.
#[derive(Default)]
struct Blocks {
    plain: bool,
    quick: bool,
}

impl Blocks {
    /// Block1 and Block2 do not go with Q-Block1 and Q-Block2 (RFC 9177 §4.1).
    #[inline]
    fn mixed(&mut self, number: OptionNumber) -> Option<Rule> {
        match number {
            OptionNumber::BLOCK1 | OptionNumber::BLOCK2 => self.plain = true,
            OptionNumber::Q_BLOCK1 | OptionNumber::Q_BLOCK2 => self.quick = true,
            _ => return None,
        }
        (self.plain && self.quick).then_some(Rule::BlockMix)
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use super::Meaning;
    use crate::{
        Answer, Code, Definition, Format, Kind, Known, Message, Opt, OptionNumber, Options, Policy, Refusal,
        Rule, Rules,
    };

    const KINDS: [Kind; 4] = [Kind::Confirmable, Kind::NonConfirmable, Kind::Acknowledgement, Kind::Reset];

    fn judge(kind: Kind, code: Code, list: &[Opt<'_>], payload: &[u8]) -> Result<Meaning, Refusal> {
        let message =
            Message { kind, code, options: Options::new(list).unwrap(), payload, ..Message::reset(7) };
        message.meaning(&Known::REGISTERED, Rules::new())
    }

    #[test]
    fn types_and_codes_go_together_as_table_1_of_rfc_7252_says() {
        use Answer::{Ignore, Reset};
        use Rule::{CodeClass, KindCode};
        let (request, response) = (Ok(Meaning::Request), Ok(Meaning::Response));
        let reset = |rule| Err((rule, Reset(7)));
        let ignore = |rule| Err((rule, Ignore));
        for (code, meant) in [
            (
                Code::EMPTY,
                [Ok(Meaning::Ping), ignore(KindCode), Ok(Meaning::Acknowledgement), Ok(Meaning::Reset)],
            ),
            (Code::GET, [request, request, ignore(KindCode), ignore(KindCode)]),
            (Code::CONTENT, [response, response, response, ignore(KindCode)]),
            (Code::new(1, 0), [reset(CodeClass), ignore(CodeClass), ignore(CodeClass), ignore(KindCode)]),
            (Code::CSM, [reset(CodeClass), ignore(CodeClass), ignore(CodeClass), ignore(KindCode)]),
        ] {
            for (kind, meant) in KINDS.into_iter().zip(meant) {
                let found = judge(kind, code, &[], &[]).map_err(|refusal| (refusal.rule, refusal.answer));
                assert_eq!(found, meant, "{kind} {code}");
            }
        }
    }

    #[test]
    fn critical_options_nobody_knows_are_answered_by_what_carries_them() {
        let odd = [Opt::new(OptionNumber(9999), b"x")];
        let even = [Opt::new(OptionNumber(9998), b"x")];
        for (kind, code, answer) in [
            (Kind::Confirmable, Code::GET, Answer::Respond(Code::BAD_OPTION)),
            (Kind::NonConfirmable, Code::GET, Answer::Ignore),
            (Kind::Confirmable, Code::CONTENT, Answer::Reset(7)),
            (Kind::NonConfirmable, Code::CONTENT, Answer::Ignore),
            (Kind::Acknowledgement, Code::CONTENT, Answer::Ignore),
        ] {
            let refusal = judge(kind, code, &odd, &[]).unwrap_err();
            assert_eq!((refusal.rule, refusal.answer), (Rule::UnknownCritical, answer), "{kind} {code}");
            assert_eq!(refusal.option, Some(OptionNumber(9999)));
            assert!(judge(kind, code, &even, &[]).is_ok());
        }
    }

    #[test]
    fn an_application_brings_its_own_options() {
        const OWN: &[Definition] = &[
            Definition::new(OptionNumber(61), "Kind", Format::Uint, 0, 1),
            Definition::new(OptionNumber(2088), "Token", Format::Text, 1, 255),
            Definition::new(OptionNumber(2089), "Sequence", Format::Opaque, 0, 64),
        ];
        let list = [(61, &b"1"[..]), (2088, b"token"), (2089, b"sealed")]
            .map(|(n, value)| Opt::new(OptionNumber(n), value));
        let options = Options::new(&list).unwrap();
        let request = Message { kind: Kind::Confirmable, code: Code::POST, options, ..Message::reset(1) };
        assert_eq!(request.unknown_critical(&Known::REGISTERED).unwrap().option, Some(OptionNumber(61)));
        let known = Known::REGISTERED.and(OWN);
        assert_eq!(request.unknown_critical(&known), None);
        assert_eq!(request.meaning(&known, Rules::new()), Ok(Meaning::Request));
        assert_eq!(options.recognised(&known).count(), 3);
        assert_eq!(options.recognised(&Known::REGISTERED).count(), 0);
        // A server that cannot evaluate conditions must not pretend to.
        let list = [Opt::new(OptionNumber::IF_MATCH, &[])];
        let conditional = Message { options: Options::new(&list).unwrap(), ..request };
        let known = known.without(OptionNumber::IF_MATCH);
        assert_eq!(conditional.meaning(&known, Rules::new()).unwrap_err().rule, Rule::UnknownCritical);
    }

    #[test]
    fn faults_of_options_are_found_where_they_are() {
        let bytes = b"\x40\x01\x00\x07\xB1a\x01b\x61\x00\x01\x3C"; // Accept twice, the second at byte 10
        let message = Message::decode(bytes, Rules::new()).unwrap();
        let refusal = message.meaning(&Known::REGISTERED, Rules::new()).unwrap_err();
        assert_eq!((refusal.rule, refusal.offset), (Rule::Repeated, 10));
        let bytes = b"\x44\x01\x00\x07tokn\xB1a\xC1\x07";
        let message = Message::decode(bytes, Rules::new()).unwrap();
        let refusal = message.meaning(&Known::REGISTERED, Rules::new()).unwrap_err();
        assert_eq!((refusal.rule, refusal.offset), (Rule::BlockSize, 10));
    }

    #[test]
    fn the_payload_belongs_to_one_of_two_blocks() {
        // More to come, in blocks of 16 bytes.
        let (block1, block2) = (OptionNumber::BLOCK1, OptionNumber::BLOCK2);
        for (code, number, payload, refused) in [
            (Code::PUT, block1, &[0; 16][..], false),
            (Code::PUT, block1, &[0; 15], true),
            (Code::PUT, block1, &[0; 17], true),
            (Code::GET, block2, &[], false),
            (Code::CONTENT, block2, &[0; 16], false),
            (Code::CONTENT, block2, &[0; 5], true),
            (Code::CONTINUE, block1, &[], false),
        ] {
            let list = [Opt::new(number, &[0x08])];
            let found = judge(Kind::Confirmable, code, &list, payload).map_err(|refusal| refusal.rule);
            assert_eq!(found.err(), refused.then_some(Rule::ShortBlock), "{code} {number}");
        }
    }

    #[test]
    fn blocks_of_one_kind_go_together() {
        use OptionNumber as N;
        let last = |number| Opt::new(number, &[]);
        let (ok, mixed, again) = (None, Some(Rule::BlockMix), Some(Rule::Repeated));
        for (numbers, request, response) in [
            (&[N::BLOCK2, N::BLOCK1][..], ok, ok),
            (&[N::Q_BLOCK1, N::Q_BLOCK2], ok, ok),
            (&[N::Q_BLOCK1, N::BLOCK2], mixed, mixed),
            (&[N::Q_BLOCK1, N::BLOCK1], mixed, mixed),
            (&[N::BLOCK2, N::Q_BLOCK2], mixed, mixed),
            (&[N::BLOCK1, N::Q_BLOCK2], mixed, mixed),
            (&[N::Q_BLOCK1, N::Q_BLOCK1], again, again),
            // Several missing blocks are asked for, never sent, at once.
            (&[N::Q_BLOCK2, N::Q_BLOCK2], ok, again),
        ] {
            let list: alloc::vec::Vec<_> = numbers.iter().map(|&number| last(number)).collect();
            for (code, rule) in [(Code::PUT, request), (Code::CHANGED, response)] {
                let found = judge(Kind::Confirmable, code, &list, &[]).err();
                assert_eq!(found.map(|refusal| refusal.rule), rule, "{code} {numbers:?}");
                let answer = match (rule, code) {
                    (None, _) => continue,
                    (Some(_), Code::PUT) => Answer::Respond(Code::BAD_OPTION),
                    (Some(_), _) => Answer::Reset(7),
                };
                assert_eq!(found.map(|refusal| refusal.answer), Some(answer));
            }
        }
    }

    #[test]
    fn hops_are_from_1_to_255() {
        let bad = Some(Answer::Respond(Code::BAD_REQUEST));
        for (value, answer) in [
            (&[1][..], None),
            (&[255], None),
            (&[0], bad),
            (&[1, 0], bad),
            (&[0, 1, 0, 0, 0, 0, 5], bad),
            // Of a wrong length and no number above 255: an elective option is passed over.
            (&[], None),
            (&[0, 16], None),
        ] {
            let found = judge(Kind::Confirmable, Code::GET, &[Opt::new(OptionNumber::HOP_LIMIT, value)], &[]);
            assert_eq!(found.err().map(|refusal| refusal.answer), answer, "{value:?}");
        }
    }

    #[test]
    fn rules_choose_where_the_specifications_do_not() {
        let judge = |bytes: &[u8], rules: Rules| {
            let message = Message::decode(bytes, rules).unwrap();
            message.meaning(&Known::REGISTERED, rules).map_err(|refusal| refusal.rule)
        };
        let (plain, text) = (Rules::new(), Rules::new().text(Policy::Refuse));
        assert_eq!(judge(b"\x40\x01\x00\x07\xB1\xFF", plain), Ok(Meaning::Request));
        assert_eq!(judge(b"\x40\x01\x00\x07\xB1\xFF", text), Err(Rule::Text));
        assert_eq!(judge(b"\x40\x01\x00\x07\xB2..", text), Err(Rule::DotSegment));
        assert_eq!(judge(b"\x40\x01\x00\x07\xB3...", text), Ok(Meaning::Request));
        assert_eq!(judge(b"\x40\x61\x00\x07", plain), Ok(Meaning::Response));
        assert_eq!(judge(b"\x40\x61\x00\x07", plain.class_3(Policy::Refuse)), Err(Rule::CodeClass));
    }
}
