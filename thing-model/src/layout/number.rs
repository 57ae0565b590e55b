//! Raw integers: how their bytes lie, and what they mean.

use alloc::borrow::Cow;
use alloc::boxed::Box;

use super::describe::{Endian, Literal};
use super::error::{DecodeRule, EncodeRule};
use super::expr::Width;
use super::json::{Kind, Node};
use super::scale::{Exact, Scale, Shown, Unfit};

/// An integer of 1 to 8 bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) bytes: usize,
    pub(super) signed: bool,
    pub(super) endian: Endian,
}

impl Word {
    /// `None` if the width cannot have that order: registers are of two bytes.
    pub(super) fn new(width: Width, endian: Endian) -> Option<Self> {
        let whole = matches!(endian, Endian::Big | Endian::Little) || width.bytes.is_multiple_of(2);
        whole.then_some(Self { bytes: usize::from(width.bytes), signed: width.signed, endian })
    }

    /// The least and greatest value.
    pub(super) fn range(self) -> (i128, i128) {
        let bits = 8 * self.bytes;
        if self.signed { (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) } else { (0, (1 << bits) - 1) }
    }

    /// Where byte `at`, counted from the most significant, lies.
    fn place(self, at: usize) -> usize {
        match self.endian {
            Endian::Big => at,
            Endian::Little => self.bytes - 1 - at,
            Endian::Cdab => self.bytes - 2 - (at & !1) + (at & 1),
            Endian::Badc => at ^ 1,
        }
    }

    /// The value of `bytes`, which are as many as the word has.
    pub(super) fn read(self, bytes: &[u8]) -> i128 {
        let unsigned = (0..self.bytes).fold(0_u64, |value, at| value << 8 | u64::from(bytes[self.place(at)]));
        let unsigned = i128::from(unsigned);
        if self.signed && unsigned > self.range().1 { unsigned - (1 << (8 * self.bytes)) } else { unsigned }
    }

    /// Writes the low bytes of `value`.
    pub(super) fn write(self, value: i128, bytes: &mut [u8]) {
        let big = value.to_be_bytes();
        for at in 0..self.bytes {
            bytes[self.place(at)] = big[big.len() - self.bytes + at];
        }
    }
}

/// What JSON gives for a field: a value, or text from within a string.
#[derive(Debug, Clone)]
pub(super) enum Given<'j> {
    Value(Node<'j>),
    Text(Cow<'j, str>, usize),
}

impl<'j> Given<'j> {
    /// Offset in the JSON text.
    pub(super) fn at(&self) -> usize {
        match self {
            Self::Value(node) => node.at(),
            Self::Text(_, at) => *at,
        }
    }

    /// The digits of a number.
    fn number(&self) -> Option<&str> {
        match self {
            Self::Value(node) => (node.kind() == Kind::Number).then(|| node.raw()),
            Self::Text(text, _) => Some(text),
        }
    }

    /// The text of a string.
    pub(super) fn text(&self) -> Result<Cow<'j, str>, EncodeRule> {
        match self {
            Self::Value(node) => node.text().ok_or(EncodeRule::Type("a string")),
            Self::Text(text, _) => Ok(text.clone()),
        }
    }

    /// The text of a string, or a scalar as it is written.
    pub(super) fn as_text(&self) -> Result<Self, EncodeRule> {
        match self {
            Self::Value(node) if node.kind() == Kind::Text => Ok(Self::Text(self.text()?, node.at())),
            Self::Value(node) => Ok(Self::Text(node.raw().into(), node.at())),
            Self::Text(..) => Ok(self.clone()),
        }
    }

    /// A number in decimal.
    pub(super) fn decimal(&self) -> Result<Exact, EncodeRule> {
        let text = self.number().ok_or(EncodeRule::Type("a number"))?;
        Exact::parse(text).map_err(EncodeRule::from)
    }

    /// A number in binary floating point; an infinity if it is too large.
    pub(super) fn float<T: core::str::FromStr>(&self) -> Result<T, EncodeRule> {
        let text = self.number().filter(|text| !matches!(Exact::parse(text), Err(Unfit::Syntax)));
        text.and_then(|text| text.parse().ok()).ok_or(EncodeRule::Type("a number"))
    }

    /// Whether this is `literal`, a scalar; numbers by value.
    pub(super) fn is(&self, literal: &Literal) -> bool {
        let kind = match self {
            Self::Value(node) => Some(node.kind()),
            Self::Text(..) => None,
        };
        match (literal, kind) {
            (Literal::Null, Some(kind)) => kind == Kind::Null,
            (Literal::Bool(expected), Some(Kind::Bool)) => {
                matches!(self, Self::Value(node) if node.raw() == if *expected { "true" } else { "false" })
            }
            (Literal::Number(expected), Some(Kind::Number) | None) => {
                self.decimal().is_ok_and(|found| Exact::parse(expected) == Ok(found))
            }
            (Literal::Text(expected), Some(Kind::Text) | None) => {
                self.text().is_ok_and(|found| *found == **expected)
            }
            _ => false,
        }
    }
}

impl From<Unfit> for EncodeRule {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Syntax => Self::Type("a number"),
            Unfit::Size => Self::Range,
            Unfit::Grid => Self::Grid,
        }
    }
}

/// What raw values of a field mean.
#[derive(Debug, Clone)]
pub(super) struct Number {
    /// What the bytes can hold.
    pub(super) raw: (i128, i128),
    pub(super) scale: Scale,
    /// Limits, as mantissas of the scale.
    pub(super) limits: (Option<i128>, Option<i128>),
    /// Raw value for "none".
    pub(super) absent: Option<i128>,
    /// The only raw value.
    pub(super) constant: Option<i128>,
    /// Raw values and what they stand for; if any, no other is allowed.
    pub(super) values: Box<[(i128, Literal)]>,
}

/// What a raw value means.
#[derive(Debug)]
pub(super) enum Meaning<'l> {
    Absent,
    Number(Shown),
    Literal(&'l Literal),
}

impl Number {
    /// Any raw value, as it is.
    pub(super) fn plain(raw: (i128, i128)) -> Self {
        Self {
            raw,
            scale: Scale::ONE,
            limits: (None, None),
            absent: None,
            constant: None,
            values: Box::default(),
        }
    }

    /// Whether raw values are used as they are, so that the field can hold a length.
    pub(super) fn is_plain(&self) -> bool {
        self.scale == Scale::ONE
            && self.limits == (None, None)
            && self.absent.is_none()
            && self.constant.is_none()
            && self.values.is_empty()
    }

    fn within_limits(&self, value: i128) -> bool {
        self.limits.0.is_none_or(|least| value >= least) && self.limits.1.is_none_or(|most| value <= most)
    }

    /// What `raw` means.
    pub(super) fn meaning(&self, raw: i128) -> Result<Meaning<'_>, DecodeRule> {
        if self.constant.is_some_and(|constant| constant != raw) {
            return Err(DecodeRule::Constant);
        }
        if self.absent == Some(raw) {
            return Ok(Meaning::Absent);
        }
        if !self.values.is_empty() {
            let found = self.values.iter().find(|(value, _)| *value == raw);
            return found.map(|(_, literal)| Meaning::Literal(literal)).ok_or(DecodeRule::Enum(raw));
        }
        let value = self.scale.value(raw);
        if !self.within_limits(value) {
            return Err(DecodeRule::Range);
        }
        Ok(Meaning::Number(self.scale.show(value)))
    }

    /// The raw value for what JSON gives, or for nothing.
    pub(super) fn raw(&self, given: Option<&Given<'_>>) -> Result<i128, EncodeRule> {
        let Some(given) = given else {
            return Ok(self.constant.or(self.absent).unwrap_or(0));
        };
        let raw = if self.values.is_empty() {
            let raw = self.scale.raw(given.decimal()?)?;
            let holds = raw >= self.raw.0 && raw <= self.raw.1;
            if !holds || !self.within_limits(self.scale.value(raw)) || self.absent == Some(raw) {
                return Err(EncodeRule::Range);
            }
            raw
        } else {
            self.values.iter().find(|(_, literal)| given.is(literal)).ok_or(EncodeRule::Enum)?.0
        };
        if self.constant.is_some_and(|constant| constant != raw) {
            return Err(EncodeRule::Constant);
        }
        Ok(raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(bytes: u8, signed: bool, endian: Endian) -> Word {
        Word::new(Width { bytes, signed }, endian).unwrap()
    }

    #[test]
    fn byte_orders() {
        for (endian, bytes) in [
            (Endian::Big, [1, 2, 3, 4]),
            (Endian::Little, [4, 3, 2, 1]),
            (Endian::Cdab, [3, 4, 1, 2]),
            (Endian::Badc, [2, 1, 4, 3]),
        ] {
            let word = word(4, false, endian);
            assert_eq!(word.read(&bytes), 0x0102_0304, "{endian:?}");
            let mut out = [0; 4];
            word.write(0x0102_0304, &mut out);
            assert_eq!(out, bytes, "{endian:?}");
        }
        assert!(Word::new(Width { bytes: 3, signed: false }, Endian::Cdab).is_none());
    }

    #[test]
    fn signs_and_ranges() {
        assert_eq!(word(3, true, Endian::Big).read(&[0xff, 0xff, 0xfe]), -2);
        assert_eq!(word(8, false, Endian::Big).range(), (0, i128::from(u64::MAX)));
        assert_eq!(word(8, true, Endian::Big).range(), (i128::from(i64::MIN), i128::from(i64::MAX)));
        let mut out = [0; 2];
        word(2, true, Endian::Big).write(-2, &mut out);
        assert_eq!(out, [0xff, 0xfe]);
    }

    #[test]
    fn raw_values_mean_one_thing() {
        let mut number = Number::plain((0, 255));
        number.absent = Some(255);
        number.limits = (Some(1), Some(200));
        assert!(matches!(number.meaning(255), Ok(Meaning::Absent)));
        assert!(matches!(number.meaning(0), Err(DecodeRule::Range)));
        let given = |text: &'static str| Given::Value(Node::parse(text.as_bytes()).unwrap());
        assert_eq!(number.raw(Some(&given("2e2"))), Ok(200));
        assert_eq!(number.raw(Some(&given("201"))), Err(EncodeRule::Range));
        assert_eq!(number.raw(Some(&given("255"))), Err(EncodeRule::Range));
        assert_eq!(number.raw(Some(&given("1.5"))), Err(EncodeRule::Grid));
        assert_eq!(number.raw(Some(&given("\"5\""))), Err(EncodeRule::Type("a number")));
        assert_eq!(number.raw(None), Ok(255));
        number = Number::plain((0, 255));
        number.values = [(0, Literal::Bool(false)), (1, Literal::Text("on".into()))].into();
        assert_eq!(number.raw(Some(&given("false"))), Ok(0));
        assert_eq!(number.raw(Some(&given("\"on\""))), Ok(1));
        assert_eq!(number.raw(Some(&given("1"))), Err(EncodeRule::Enum));
        assert!(matches!(number.meaning(2), Err(DecodeRule::Enum(2))));
    }
}
