//! How many bytes compiled fields take, and what that allows: offsets, rests, repetition.

use alloc::format;

use super::error::{LayoutError, LayoutRule};
use super::node::{Field, Kind, Size};

/// How many bytes something takes: exactly, if that is known, and at least.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub(super) fixed: Option<usize>,
    pub(super) least: usize,
}

impl Extent {
    fn exactly(bytes: usize) -> Self {
        Self { fixed: Some(bytes), least: bytes }
    }
}

/// Notes for each field how much must follow it, and that this is known where it is needed.
pub(super) fn tails(fields: &mut [Field], path: &str) -> Result<(), LayoutError> {
    let (mut tail, mut known, mut optional_follows) = (Some(0_usize), true, false);
    for (index, field) in fields.iter_mut().enumerate().rev() {
        let takes_rest = field.takes_rest();
        let lost = tail.is_none() || (takes_rest && optional_follows) || !known;
        if (takes_rest || field.optional) && lost {
            return Err(LayoutError { path: format!("{path}/{index}"), rule: LayoutRule::Rest });
        }
        if (field.repeat.is_some() && field.kind.takes_rest())
            || (field.optional && field.counts_on_a_field())
        {
            return Err(LayoutError { path: format!("{path}/{index}"), rule: LayoutRule::Rest });
        }
        field.tail = tail.unwrap_or(0);
        if field.optional {
            optional_follows = true;
        } else {
            tail = tail.zip(field.extent().fixed).map(|(tail, size)| tail + size + field.gap);
        }
        known &= !takes_rest;
    }
    Ok(())
}

/// What kind of value a field has in the JSON.
pub(super) struct Value {
    pub(super) required: bool,
    pub(super) constant: bool,
}

impl Kind {
    /// `None` if it has none of its own.
    pub(super) fn value(&self) -> Option<Value> {
        match self {
            Self::Int(_, number) | Self::Bcd(_, _, number) => {
                Some(Value { required: number.absent.is_none(), constant: number.constant.is_some() })
            }
            Self::Float { absent, .. } => Some(Value { required: !absent, constant: false }),
            Self::Digits(..)
            | Self::Text { .. }
            | Self::Bytes(_)
            | Self::Json { .. }
            | Self::Group { scope: Some(_), .. } => Some(Value { required: true, constant: false }),
            Self::Bits(..) | Self::Constant(_) | Self::Skip(_) | Self::Group { .. } | Self::Check(_) => None,
        }
    }

    pub(super) fn may_repeat(&self) -> bool {
        self.value().is_some_and(|value| !value.constant)
    }

    pub(super) fn extent(&self) -> Extent {
        let sized = |size: &Size| match size {
            Size::Fixed(bytes) => Extent::exactly(*bytes),
            Size::Prefix(word, _) => Extent { fixed: None, least: word.bytes },
            Size::Rest | Size::Register(..) => Extent { fixed: None, least: 0 },
        };
        match self {
            Self::Int(word, _) | Self::Float { word, .. } | Self::Bits(word, _) => {
                Extent::exactly(word.bytes)
            }
            Self::Bcd(bytes, ..) | Self::Digits(bytes, _) | Self::Skip(bytes) | Self::Check(bytes) => {
                Extent::exactly(*bytes)
            }
            Self::Constant(bytes) => Extent::exactly(bytes.len()),
            Self::Text { size, .. } | Self::Bytes(size) | Self::Json { size, .. } => sized(size),
            Self::Group { size: Some(size), .. } => sized(size),
            Self::Group { size: None, list, .. } => {
                list.fields.iter().fold(Extent::exactly(0), |sum, field| {
                    let next = field.extent();
                    let fixed = sum.fixed.zip(next.fixed).map(|(sum, next)| sum + next + field.gap);
                    Extent { fixed, least: sum.least + next.least + field.gap }
                })
            }
        }
    }

    fn takes_rest(&self) -> bool {
        match self {
            Self::Text { size, .. } | Self::Bytes(size) | Self::Json { size, .. } => {
                matches!(size, Size::Rest)
            }
            Self::Group { size, .. } => matches!(size, Some(Size::Rest)),
            _ => false,
        }
    }
}

impl Field {
    /// With all its elements; an optional one takes at least nothing.
    pub(super) fn extent(&self) -> Extent {
        let element = self.kind.extent();
        match (self.optional, self.repeat) {
            (true, _) => Extent { fixed: None, least: 0 },
            (false, None) => element,
            (false, Some(Size::Fixed(count))) => Extent {
                fixed: element.fixed.and_then(|size| size.checked_mul(count)),
                least: element.least.saturating_mul(count),
            },
            (false, Some(Size::Prefix(word, _))) => Extent { fixed: None, least: word.bytes },
            (false, Some(Size::Rest | Size::Register(..))) => Extent { fixed: None, least: 0 },
        }
    }

    fn takes_rest(&self) -> bool {
        matches!(self.repeat, Some(Size::Rest)) || (self.repeat.is_none() && self.kind.takes_rest())
    }

    /// Whether it may end early, or takes what is left.
    pub(super) fn is_open(&self) -> bool {
        self.optional || self.takes_rest()
    }

    /// Whether its length or count stands in an earlier field.
    fn counts_on_a_field(&self) -> bool {
        let size = match &self.kind {
            Kind::Text { size, .. } | Kind::Bytes(size) | Kind::Json { size, .. } => Some(*size),
            Kind::Group { size, .. } => *size,
            _ => None,
        };
        [size, self.repeat].into_iter().flatten().any(|size| matches!(size, Size::Register(..)))
    }
}
