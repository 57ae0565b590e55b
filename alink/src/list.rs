//! Lists and maps inside messages: a caller's slice, or checked JSON.
//!
//! Contract: reading one checks every element, so both forms iterate alike and without errors.

use core::fmt;

use crate::error::{Fault, Rule};
use crate::json::{RawJson, Text};
use crate::name::check_identifier;
use crate::out::Out;
use crate::write::{Json, Writer};

/// What can be read from one JSON value.
pub trait Read<'a>: Sized {
    /// Reads the value.
    ///
    /// # Errors
    /// The rule broken, with the offset in the payload.
    fn read(json: RawJson<'a>) -> Result<Self, Fault>;

    /// Reads the value of a member of `object`.
    ///
    /// # Errors
    /// [`Rule::MemberMissing`], unless it may be missing; the rule the value breaks.
    fn read_member(object: RawJson<'a>, name: &str) -> Result<Self, Fault> {
        let value = object.member(name).filter(|value| !value.is_null());
        value.map_or(Err(Fault::new(Rule::MemberMissing, object.offset())), Self::read)
    }
}

/// A member that may be missing or `null`.
impl<'a, T: Read<'a>> Read<'a> for Option<T> {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        if json.is_null() { Ok(None) } else { T::read(json).map(Some) }
    }

    fn read_member(object: RawJson<'a>, name: &str) -> Result<Self, Fault> {
        object.member(name).map_or(Ok(None), Self::read)
    }
}

impl<'a> Read<'a> for RawJson<'a> {
    fn read(json: Self) -> Result<Self, Fault> {
        Ok(json)
    }
}

impl<'a> Read<'a> for Text<'a> {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        json.text().ok_or(Fault::new(Rule::NotText, json.offset()))
    }
}

/// A name or key in which no character needs an escape.
impl<'a> Read<'a> for &'a str {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        Text::read(json)?.as_plain().ok_or(Fault::new(Rule::BadIdentifier, json.offset()))
    }
}

/// A number that is never negative; platforms write some of them as strings.
impl<'a> Read<'a> for u64 {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        let integer = json.integer().or_else(|| json.text()?.integer());
        let integer = integer.ok_or(Fault::new(Rule::NotInteger, json.offset()))?;
        Self::try_from(integer).map_err(|_| Fault::new(Rule::NumberOutOfRange, json.offset()))
    }
}

impl<'a> Read<'a> for i64 {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        let integer = json.integer().or_else(|| json.text()?.integer());
        integer.ok_or(Fault::new(Rule::NotInteger, json.offset()))
    }
}

impl<'a> Read<'a> for bool {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        json.boolean().ok_or(Fault::new(Rule::NotBoolean, json.offset()))
    }
}

impl<'a> RawJson<'a> {
    /// The object, or a fault.
    pub(crate) fn object(self) -> Result<Self, Fault> {
        let is_object = self.as_str().starts_with('{');
        if is_object { Ok(self) } else { Err(Fault::new(Rule::NotObject, self.offset())) }
    }

    /// `params` that must be an object.
    pub(crate) fn params_object(self) -> Result<Self, Fault> {
        self.object().map_err(|fault| Fault::new(Rule::ParamsNotObject, fault.offset))
    }

    /// `params` that must be an array of at most `max` elements: more of them break `rule`, whatever
    /// they are.
    pub(crate) fn params_array(self, max: usize, rule: Rule) -> Result<Self, Fault> {
        if !self.as_str().starts_with('[') {
            return Err(Fault::new(Rule::ParamsNotArray, self.offset()));
        }
        self.at_most(max, rule)
    }

    /// An array of at most `max` elements.
    pub(crate) fn at_most(self, max: usize, rule: Rule) -> Result<Self, Fault> {
        if self.elements().count() > max { Err(Fault::new(rule, self.offset())) } else { Ok(self) }
    }
}

/// A list of parts of a message.
#[derive(Clone, Copy)]
pub struct List<'a, T>(Form<'a, T>);

#[derive(Clone, Copy)]
enum Form<'a, T> {
    Wire(RawJson<'a>),
    Slice(&'a [T]),
}

impl<'a, T: Read<'a> + Copy> List<'a, T> {
    /// The elements, in order.
    pub fn iter(&self) -> impl Iterator<Item = T> + use<'a, T> {
        let (wire, slice) = match self.0 {
            Form::Wire(json) => (Some(json), [].as_slice()),
            Form::Slice(slice) => (None, slice),
        };
        let read = wire.into_iter().flat_map(|json| json.elements()).filter_map(|json| T::read(json).ok());
        read.chain(slice.iter().copied())
    }

    /// How many elements there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.0 {
            Form::Wire(json) => json.elements().count(),
            Form::Slice(slice) => slice.len(),
        }
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self.0 {
            Form::Wire(json) => json.elements().next().is_none(),
            Form::Slice(slice) => slice.is_empty(),
        }
    }

    /// More than `max` elements break `rule`.
    pub(crate) fn at_most(&self, max: usize, rule: Rule) -> Result<(), Fault> {
        if self.len() > max { Err(Fault::new(rule, self.offset())) } else { Ok(()) }
    }

    pub(crate) fn offset(&self) -> usize {
        match self.0 {
            Form::Wire(json) => json.offset(),
            Form::Slice(_) => 0,
        }
    }
}

impl<'a, T> From<&'a [T]> for List<'a, T> {
    fn from(slice: &'a [T]) -> Self {
        Self(Form::Slice(slice))
    }
}

impl<'a, T, const N: usize> From<&'a [T; N]> for List<'a, T> {
    fn from(array: &'a [T; N]) -> Self {
        Self(Form::Slice(array))
    }
}

impl<'a, T: Read<'a>> Read<'a> for List<'a, T> {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        if !json.as_str().starts_with('[') {
            return Err(Fault::new(Rule::NotArray, json.offset()));
        }
        for element in json.elements() {
            T::read(element)?;
        }
        Ok(Self(Form::Wire(json)))
    }
}

impl<'a, T: Json + Read<'a> + Copy> Json for List<'a, T> {
    fn check(&self) -> Result<(), Fault> {
        match self.0 {
            Form::Wire(_) => Ok(()),
            Form::Slice(slice) => slice.iter().try_for_each(Json::check),
        }
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        match self.0 {
            Form::Wire(json) => to.raw(json),
            Form::Slice(slice) => to.array(|to| slice.iter().for_each(|element| to.element(element))),
        }
    }
}

impl<'a, T: Read<'a> + Copy + PartialEq> PartialEq for List<'a, T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'a, T: Read<'a> + Copy + fmt::Debug> fmt::Debug for List<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A map from identifiers to parts of a message, in the order written.
#[derive(Clone, Copy)]
pub struct Map<'a, V>(Form<'a, (&'a str, V)>);

impl<'a, V: Read<'a> + Copy> Map<'a, V> {
    /// The entries, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, V)> + use<'a, V> {
        let (wire, slice) = match self.0 {
            Form::Wire(json) => (Some(json), [].as_slice()),
            Form::Slice(slice) => (None, slice),
        };
        let read = wire.into_iter().flat_map(|json| json.members());
        let read = read.filter_map(|(key, value)| Some((key.as_plain()?, V::read(value).ok()?)));
        read.chain(slice.iter().copied())
    }

    /// The value of an identifier.
    #[must_use]
    pub fn get(&self, identifier: &str) -> Option<V> {
        self.iter().find(|(key, _)| *key == identifier).map(|(_, value)| value)
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.0 {
            Form::Wire(json) => json.members().count(),
            Form::Slice(slice) => slice.len(),
        }
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self.0 {
            Form::Wire(json) => json.members().next().is_none(),
            Form::Slice(slice) => slice.is_empty(),
        }
    }

    /// [`Json::check`], and that the keys are identifiers. What we read is the model's to judge.
    #[inline]
    pub(crate) fn check_identified(&self) -> Result<(), Fault>
    where
        V: Json,
    {
        let Form::Slice(slice) = self.0 else {
            return Ok(());
        };
        check_distinct(slice)?;
        slice.iter().try_for_each(|(key, value)| {
            check_identifier(key, 0)?;
            value.check()
        })
    }

    /// The map as it came, if it was read.
    #[must_use]
    pub fn raw(&self) -> Option<RawJson<'a>> {
        match self.0 {
            Form::Wire(json) => Some(json),
            Form::Slice(_) => None,
        }
    }

    /// Writes a map that [`check_identified`](Self::check_identified) has passed: no key needs an escape.
    #[inline]
    pub(crate) fn write_identified<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>)
    where
        V: Json,
    {
        match self.0 {
            Form::Wire(json) => to.raw(json),
            Form::Slice(slice) => to.object(|to| {
                for (key, value) in slice {
                    to.plain_key(key);
                    value.write(to);
                }
            }),
        }
    }

    /// More than `max` entries break `rule`.
    pub(crate) fn at_most(&self, max: usize, rule: Rule) -> Result<(), Fault> {
        if self.len() > max { Err(Fault::new(rule, self.offset())) } else { Ok(()) }
    }

    pub(crate) fn offset(&self) -> usize {
        self.raw().map_or(0, |json| json.offset())
    }
}

impl<'a, V> From<&'a [(&'a str, V)]> for Map<'a, V> {
    fn from(slice: &'a [(&'a str, V)]) -> Self {
        Self(Form::Slice(slice))
    }
}

impl<'a, V, const N: usize> From<&'a [(&'a str, V); N]> for Map<'a, V> {
    fn from(array: &'a [(&'a str, V); N]) -> Self {
        Self(Form::Slice(array))
    }
}

impl<'a, V: Read<'a> + Copy> Read<'a> for Map<'a, V> {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        let mut seen = Seen::default();
        for (at, (key, value)) in json.object()?.members().enumerate() {
            let name = key.as_plain().ok_or(Fault::new(Rule::BadIdentifier, value.offset()))?;
            if seen.maybe(name) && json.members().take(at).any(|(earlier, _)| earlier == key) {
                return Err(Fault::new(Rule::DuplicateMember, value.offset()));
            }
            V::read(value)?;
        }
        Ok(Self(Form::Wire(json)))
    }
}

impl<'a, V: Json + Read<'a> + Copy> Json for Map<'a, V> {
    fn check(&self) -> Result<(), Fault> {
        let Form::Slice(slice) = self.0 else {
            return Ok(());
        };
        check_distinct(slice)?;
        slice.iter().try_for_each(|(_, value)| value.check())
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        match self.0 {
            Form::Wire(json) => to.raw(json),
            Form::Slice(slice) => {
                to.object(|to| slice.iter().for_each(|(key, value)| to.member(key, value)));
            }
        }
    }
}

impl<'a, V: Read<'a> + Copy + PartialEq> PartialEq for Map<'a, V> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'a, V: Read<'a> + Copy + fmt::Debug> fmt::Debug for Map<'a, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// No key twice: parsers keep the last and lose the first.
fn check_distinct<V>(slice: &[(&str, V)]) -> Result<(), Fault> {
    /// Up to here comparing each with each is cheaper than a sieve.
    const FEW: usize = 8;
    let mut seen = if slice.len() > FEW { Some(Seen::default()) } else { None };
    let mut rest = slice;
    while let Some(((key, _), behind)) = rest.split_first() {
        rest = behind;
        // With a sieve, only what it cannot tell from another is compared, with all of them.
        let is_twice = match &mut seen {
            None => behind.iter().any(|(later, _)| later == key),
            Some(seen) => seen.maybe(key) && slice.iter().filter(|(other, _)| other == key).count() > 1,
        };
        if is_twice {
            return Err(Fault::new(Rule::DuplicateMember, 0));
        }
    }
    Ok(())
}

/// A small sieve before the comparison of a key with all others.
#[derive(Default)]
struct Seen([u64; 16]);

impl Seen {
    /// Notes a key; whether it may have been noted before.
    fn maybe(&mut self, key: &str) -> bool {
        let mut hash = 0_u64;
        for chunk in key.as_bytes().chunks(8) {
            let word = chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
            hash = (hash ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
        let bit = 1 << (hash >> 32 & 63);
        let Some(word) = self.0.get_mut((hash >> 60) as usize) else { return true };
        let before = *word & bit != 0;
        *word |= bit;
        before
    }
}
