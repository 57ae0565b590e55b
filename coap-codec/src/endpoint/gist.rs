//! Gist: what the options of a message say to an endpoint, gathered while they are judged.

use crate::option::{Care, Cut, Parts, split_first};
use crate::{
    Block, ContentFormat, EntityTag, Kind, Known, Meaning, Message, Opt, OptionNumber, Options, Policy,
    Refusal, Rules,
};

/// The first occurrences of the options an endpoint acts on, registered limits applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gist<'a> {
    pub(super) etag: Option<&'a [u8]>,
    pub(super) echo: Option<&'a [u8]>,
    pub(super) observe: Option<u32>,
    pub(super) block1: Option<Block>,
    pub(super) block2: Option<Block>,
    pub(super) size1: Option<u32>,
    pub(super) size2: Option<u32>,
    pub(super) accept: Option<ContentFormat>,
    pub(super) no_response: Option<u8>,
}

impl<'a> Gist<'a> {
    /// Takes in what options say that were judged elsewhere.
    pub(super) fn of(options: &Options<'a>) -> Self {
        let (mut gist, mut last) = (Self::default(), None);
        for option in options {
            if last.replace(option.number) != Some(option.number) {
                gist.take(option);
            }
        }
        gist
    }

    /// Judges a message and takes in what it says.
    #[inline(never)]
    pub(super) fn judge(
        &mut self,
        message: &Message<'a>,
        known: &Known<'_>,
        rules: Rules,
    ) -> Result<Meaning, Refusal> {
        match self.pass(message, known, rules) {
            Some(meaning) => Ok(meaning),
            None => self.judge_whole(message, known, rules),
        }
    }

    #[inline(never)]
    fn judge_whole(
        &mut self,
        message: &Message<'a>,
        known: &Known<'_>,
        rules: Rules,
    ) -> Result<Meaning, Refusal> {
        *self = Self::default();
        message.judge(known, rules, |option| self.take(option))
    }

    /// The same for messages with which everything is all right at first sight.
    #[inline]
    fn pass(&mut self, message: &Message<'a>, known: &Known<'_>, rules: Rules) -> Option<Meaning> {
        let meaning = match (message.kind, message.code) {
            (Kind::Confirmable | Kind::NonConfirmable, code) if code.is_known_method() => Meaning::Request,
            (Kind::Reset, _) => return None,
            (_, code) if matches!(code.class(), 2 | 4 | 5) => Meaning::Response,
            _ => return None,
        };
        let Parts::Wire(mut rest) = message.options.parts() else { return None };
        let care = if rules.text == Policy::Accept { Care::ODD } else { Care::ODD | Care::TEXT };
        let mut number = 0;
        while let Some(cut) = split_first(rest) {
            let Cut { delta, value, rest: behind } = cut.ok()?;
            (number, rest) = (number + delta, behind);
            // Number zero is nobody's.
            let again = delta == 0;
            if !known.surely_takes(number, value.len(), if again { care | Care::ONCE } else { care }) {
                return None;
            }
            if !again {
                self.take(Opt::new(OptionNumber(u16::try_from(number).ok()?), value));
            }
        }
        // The payload belongs to Block1 in a request and to Block2 in a response.
        let (is_request, len) = (meaning == Meaning::Request, message.payload.len());
        let fits = |block: Option<Block>, carries: bool| {
            block.is_none_or(|block| {
                block.exponent < Block::BERT && (!carries || !block.more || len == 16 << block.exponent)
            })
        };
        let is_fine = fits(self.block1, is_request) && fits(self.block2, !is_request);
        is_fine.then_some(meaning)
    }

    /// Takes the first occurrence of an option in.
    #[inline(always)]
    fn take(&mut self, option: Opt<'a>) {
        // Rows of the registry are constant here, so each arm is left with its two limits.
        let value = option.value;
        match option.number {
            OptionNumber::ETAG => self.etag = limited(OptionNumber::ETAG, value),
            OptionNumber::OBSERVE => self.observe = uint(OptionNumber::OBSERVE, value),
            OptionNumber::ACCEPT => {
                let format = uint(OptionNumber::ACCEPT, value).and_then(|format| u16::try_from(format).ok());
                self.accept = format.map(ContentFormat);
            }
            OptionNumber::BLOCK2 => self.block2 = Block::read(value).ok(),
            OptionNumber::BLOCK1 => self.block1 = Block::read(value).ok(),
            OptionNumber::SIZE2 => self.size2 = uint(OptionNumber::SIZE2, value),
            OptionNumber::SIZE1 => self.size1 = uint(OptionNumber::SIZE1, value),
            OptionNumber::ECHO => self.echo = limited(OptionNumber::ECHO, value),
            OptionNumber::NO_RESPONSE => {
                let bits = uint(OptionNumber::NO_RESPONSE, value);
                self.no_response = bits.and_then(|bits| u8::try_from(bits).ok());
            }
            _ => {}
        }
    }

    /// The version of a response.
    pub(super) fn entity_tag(&self) -> Option<EntityTag> {
        EntityTag::new(self.etag?)
    }
}

#[inline(always)]
fn limited(number: OptionNumber, value: &[u8]) -> Option<&[u8]> {
    number.definition().is_none_or(|row| row.allows(value.len())).then_some(value)
}

#[inline(always)]
fn uint(number: OptionNumber, value: &[u8]) -> Option<u32> {
    Opt::new(number, limited(number, value)?).uint()
}

#[cfg(test)]
mod tests {
    extern crate alloc;
    use alloc::vec::Vec;

    use super::super::random::Random;
    use super::Gist;
    use crate::{
        Code, Definition, EntityTag, Format, Kind, Known, Message, Opt, OptionNumber, Options, Policy, Rules,
        SliceOut,
    };

    #[test]
    fn it_says_what_the_options_say() {
        use OptionNumber as N;
        let values: [&[u8]; 6] = [&[], &[0], &[0x1E], &[1, 2], &[1, 2, 3], &[9; 5]];
        let numbers = [N::ETAG, N::OBSERVE, N::ACCEPT, N::BLOCK2, N::BLOCK1, N::SIZE2, N::SIZE1];
        for number in numbers.into_iter().chain([N::ECHO, N::NO_RESPONSE, N::URI_PATH, N(2088)]) {
            for (one, other) in values.iter().flat_map(|one| values.map(|other| (*one, other))) {
                let list: Vec<_> = [one, other].map(|value| Opt::new(number, value)).into();
                let options = Options::new(&list).unwrap();
                let mut gist = Gist::default();
                options.iter().take(1).for_each(|option| gist.take(option));
                let Gist { etag, echo, observe, block1, block2, size1, size2, accept, no_response } = gist;
                assert_eq!(
                    ((etag, echo, observe), (block1, block2), (size1, size2), (accept, no_response)),
                    (
                        (options.etag(), options.echo(), options.observe()),
                        (options.block1(), options.block2()),
                        (options.size1(), options.size2()),
                        (options.accept(), options.no_response()),
                    ),
                    "{options}"
                );
                assert_eq!(gist.entity_tag(), EntityTag::of(&options));
                // Only first occurrences go by.
                let mut seen = Vec::new();
                let message = Message { code: Code::GET, options, ..Message::empty(Kind::Confirmable, 1) };
                let _ = message.judge(&Known::REGISTERED, Rules::new(), |option| seen.push(option));
                assert!(seen.len() <= 1 && seen.iter().all(|option| option.value == one));
            }
        }
    }

    #[test]
    fn at_first_sight_nothing_is_overlooked() {
        use OptionNumber as N;
        let numbers = [N::IF_MATCH, N::ETAG, N::IF_NONE_MATCH, N::OBSERVE, N::URI_PATH, N::HOP_LIMIT];
        let more = [N::ACCEPT, N::Q_BLOCK1, N::BLOCK2, N::BLOCK1, N::SIZE2, N::Q_BLOCK2, N::SIZE1, N::ECHO];
        let numbers = [&numbers[..], &more, &[N(2), N(61), N(9999), N::OSCORE, N::NO_RESPONSE]].concat();
        let own = [Definition::new(N(61), "Kind", Format::Uint, 0, 1)];
        let narrow = [Definition::new(N::ETAG, "ETag", Format::Opaque, 2, 2)];
        let knowns = [
            Known::REGISTERED,
            Known::REGISTERED.without(N::Q_BLOCK1).without(N::Q_BLOCK2).and(&own),
            Known::REGISTERED.without(N::BLOCK2).and(&narrow),
        ];
        let (mut random, payload, mut passed) = (Random::new(3), [0; 1100], 0);
        for step in 0..60_000 {
            let mut pick = |most: usize| usize::try_from(random.up_to(u64::try_from(most).unwrap())).unwrap();
            let mut list: Vec<_> =
                (0..pick(3)).map(|_| (numbers[pick(numbers.len() - 1)], pick(5))).collect();
            list.sort();
            let bytes = [0x0E, 0x1E, 0x06, 0xFE, 0xFF, 0x2E].map(|byte| byte ^ u8::from(pick(4) == 0));
            let list: Vec<_> = list.iter().map(|&(number, len)| Opt::new(number, &bytes[..len])).collect();
            let kind = [Kind::Confirmable, Kind::NonConfirmable, Kind::Acknowledgement, Kind::Reset][pick(3)];
            let code =
                [Code::GET, Code::PUT, Code::new(0, 9), Code::CONTENT, Code::new(3, 1), Code::CSM][pick(5)];
            let payload = &payload[..[0, 16, 1024, pick(1100)][pick(3)]];
            let options = Options::new(&list).unwrap();
            let written = Message { kind, code, options, payload, ..Message::reset(step) };
            let mut wire = [0; 1200];
            let mut out = SliceOut::new(&mut wire);
            written.encode(&mut out).unwrap();
            let rules = [Rules::new(), Rules::new().text(Policy::Refuse).class_3(Policy::Refuse)][pick(1)];
            let (message, known) = (Message::decode(out.written(), rules).unwrap(), &knowns[pick(2)]);
            let (mut gist, mut whole) = (Gist::default(), Gist::default());
            let meaning = gist.judge(&message, known, rules);
            assert_eq!(meaning, message.meaning(known, rules), "{message}");
            if meaning.is_ok() {
                let _ = whole.judge_whole(&message, known, rules);
                assert_eq!(gist, whole, "{message}");
            }
            passed += usize::from(Gist::default().pass(&message, known, rules).is_some());
        }
        assert!(passed > 5_000, "{passed}");
    }
}
