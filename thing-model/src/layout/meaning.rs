//! What a description says raw values mean, compiled: scale, limits, sentinels, enumerations.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use super::compile::{Compiled, fail};
use super::describe::{BitDescription, FieldDescription, Literal, Members};
use super::error::{LayoutRule, escape};
use super::expr;
use super::mapping::ValueDescription;
use super::number::Number;
use super::scale::{BadScale, Exact, Scale};

/// The keys that say what raw values mean, of a field or of some bits.
pub(super) struct Meanings<'d> {
    scale: Option<&'d Literal>,
    plus: Option<&'d Literal>,
    digits: Option<u8>,
    min: Option<&'d Literal>,
    max: Option<&'d Literal>,
    absent: Option<&'d Literal>,
    constant: Option<&'d Literal>,
    values: Option<&'d Members<Literal>>,
}

macro_rules! meanings {
    ($($from:ty),*) => {$(
        impl<'d> From<&'d $from> for Meanings<'d> {
            fn from(from: &'d $from) -> Self {
                Self {
                    scale: from.scale.as_ref(),
                    plus: from.plus.as_ref(),
                    digits: from.digits,
                    min: from.min.as_ref(),
                    max: from.max.as_ref(),
                    absent: from.absent.as_ref(),
                    constant: from.constant.as_ref(),
                    values: from.values.as_ref(),
                }
            }
        }
    )*};
}

meanings!(FieldDescription, BitDescription);

impl<'d> Meanings<'d> {
    /// Only the scale of a value that is mapped.
    pub(super) fn scaling(value: &'d ValueDescription) -> Self {
        Self {
            scale: value.scale.as_ref(),
            plus: value.plus.as_ref(),
            digits: value.digits,
            min: None,
            max: None,
            absent: None,
            constant: None,
            values: None,
        }
    }

    pub(super) fn compile(&self, raw: (i128, i128), path: &str) -> Compiled<Number> {
        let mut number = Number::plain(raw);
        let whole = |literal: Option<&Literal>, key: &str| match literal.map(Literal::scalar) {
            None => Ok(None),
            Some(text) => match text.and_then(expr::constant) {
                None => fail(format!("{path}/{key}"), LayoutRule::Value("an integer")),
                Some(value) if value < raw.0 || value > raw.1 => {
                    fail(format!("{path}/{key}"), LayoutRule::Unholdable)
                }
                Some(value) => Ok(Some(value)),
            },
        };
        number.absent = whole(self.absent, "absent")?;
        number.constant = whole(self.constant, "const")?;
        if number.absent.is_some() && number.constant.is_some() {
            return fail(format!("{path}/absent"), LayoutRule::Meaningless);
        }
        if let Some(values) = self.values {
            let scaling = [("scale", self.scale), ("plus", self.plus), ("min", self.min), ("max", self.max)];
            if let Some((key, _)) = scaling.iter().find(|(_, literal)| literal.is_some()) {
                return fail(format!("{path}/{key}"), LayoutRule::Meaningless);
            }
            number.values = enumerated(values, raw, &format!("{path}/enum"))?;
        }
        if self.scale.is_some() || self.plus.is_some() || self.digits.is_some() {
            number.scale = self.scale(raw, path)?;
        }
        let limit = |literal: Option<&Literal>, key: &str| match literal {
            None => Ok(None),
            Some(literal) => {
                let limit = decimal(literal, &format!("{path}/{key}"))?;
                number.scale.limit(limit).map_or_else(
                    |_| fail(format!("{path}/{key}"), LayoutRule::Unholdable),
                    |limit| Ok(Some(limit)),
                )
            }
        };
        number.limits = (limit(self.min, "min")?, limit(self.max, "max")?);
        if let (Some(least), Some(most)) = number.limits
            && least > most
        {
            return fail(format!("{path}/max"), LayoutRule::Unholdable);
        }
        Ok(number)
    }

    /// The scale, for raw values in a range.
    pub(super) fn scale(&self, raw: (i128, i128), path: &str) -> Compiled<Scale> {
        let at = format!("{path}/scale");
        let one = Exact { mantissa: 1, places: 0 };
        let (numerator, denominator) = match self.scale {
            None => (one, one),
            Some(Literal::Text(text)) if text.contains('/') => {
                let (above, below) = text.split_once('/').unwrap_or((text, "1"));
                let part = |text: &str| decimal(&Literal::Text(text.trim().into()), &at);
                (part(above)?, part(below)?)
            }
            Some(literal) => (decimal(literal, &at)?, one),
        };
        let plus = match self.plus {
            Some(literal) => decimal(literal, &format!("{path}/plus"))?,
            None => Exact { mantissa: 0, places: 0 },
        };
        Scale::new(numerator, denominator, plus, self.digits, raw).or_else(|bad| match bad {
            BadScale::Size => fail(at, LayoutRule::Scale),
            BadScale::Endless => fail(at, LayoutRule::Endless),
        })
    }
}

fn decimal(literal: &Literal, at: &str) -> Compiled<Exact> {
    let found = literal.scalar().and_then(|text| Exact::parse(text).ok());
    found.map_or_else(|| fail(at, LayoutRule::Value("a decimal number")), Ok)
}

fn enumerated(values: &Members<Literal>, raw: (i128, i128), path: &str) -> Compiled<Box<[(i128, Literal)]>> {
    let mut compiled: Vec<(i128, Literal)> = Vec::new();
    for (key, literal) in values.iter() {
        let at = || format!("{path}{}", escape(key));
        let Some(value) = expr::constant(key) else {
            return fail(at(), LayoutRule::Value("an integer"));
        };
        if value < raw.0 || value > raw.1 {
            return fail(at(), LayoutRule::Unholdable);
        }
        if matches!(literal, Literal::Array(_) | Literal::Object(_) | Literal::Null) {
            return fail(at(), LayoutRule::Value("a number, a string, true or false"));
        }
        if compiled.iter().any(|(other, meaning)| *other == value || meaning == literal) {
            return fail(at(), LayoutRule::Duplicate);
        }
        compiled.push((value, literal.clone()));
    }
    if compiled.is_empty() { fail(path, LayoutRule::Empty) } else { Ok(compiled.into()) }
}
