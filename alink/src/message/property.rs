//! Property post, set and (legacy) get, their replies, and the packed, batched and late forms.

use core::fmt;

use crate::error::{Fault, Rule};
use crate::json::{RawJson, Text};
use crate::list::{List, Map, Read};
use crate::name::check_identifier;
use crate::out::Out;
use crate::write::{Json, Writer};

/// Properties of one device in one message.
pub(crate) const MAX_PROPERTIES: usize = 200;

/// A value as it stands on the wire.
///
/// Reading always gives [`Value::Raw`]: what a value is, its thing model says.
///
/// ```
/// use alink::Value;
///
/// let values = [Value::from(40), Value::from(220.0), Value::from(true), Value::from("on")];
/// # let _ = values;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// `int` and `enum`.
    Int(i64),
    /// `float`, written with at least one decimal.
    Float(f32),
    /// `double`, written with at least one decimal.
    Double(f64),
    /// `bool`: 0 or 1 on the wire.
    Bool(bool),
    /// `text`, and `date` as text of milliseconds.
    Text(Text<'a>),
    /// Anything, `struct` and `array` among it.
    Raw(RawJson<'a>),
}

impl<'a> Value<'a> {
    /// The integer, as it is or as it was read.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Bool(bit) => Some((*bit).into()),
            Self::Raw(json) => json.integer(),
            _ => None,
        }
    }

    /// The number, as it is or as it was read.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Float(number) => Some((*number).into()),
            Self::Double(number) => Some(*number),
            Self::Raw(json) => json.number(),
            _ => None,
        }
    }

    /// The text, as it is or as it was read.
    #[must_use]
    pub fn text(&self) -> Option<Text<'a>> {
        match self {
            Self::Text(text) => Some(*text),
            Self::Raw(json) => json.text(),
            _ => None,
        }
    }

    /// The JSON it was read from.
    #[must_use]
    pub fn raw(&self) -> Option<RawJson<'a>> {
        if let Self::Raw(json) = self { Some(*json) } else { None }
    }
}

macro_rules! value_from {
    ($($kind:ident: $from:ty;)*) => {
        $(impl<'a> From<$from> for Value<'a> {
            fn from(value: $from) -> Self {
                Self::$kind(value.into())
            }
        })*
    };
}
value_from! { Int: i32; Int: u32; Int: i64; Float: f32; Double: f64; Bool: bool; Text: &'a str; Text: Text<'a>; Raw: RawJson<'a>; }

impl<'a> Read<'a> for Value<'a> {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        Ok(Self::Raw(json))
    }
}

impl Json for Value<'_> {
    fn check(&self) -> Result<(), Fault> {
        let finite = match self {
            Self::Float(number) => number.is_finite(),
            Self::Double(number) => number.is_finite(),
            _ => true,
        };
        if finite { Ok(()) } else { Err(Fault::new(Rule::NotANumber, 0)) }
    }

    #[inline]
    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        match self {
            Self::Int(number) => to.integer(*number),
            Self::Float(number) => to.float(*number),
            Self::Double(number) => to.float(*number),
            Self::Bool(true) => to.put("1"),
            Self::Bool(false) => to.put("0"),
            Self::Text(text) => to.text(*text),
            Self::Raw(json) => to.raw(*json),
        }
    }
}

/// Bare values by identifier: a property set, inputs or outputs of a service, outputs of an event.
pub type Values<'a> = Map<'a, Value<'a>>;

/// A value of a property, and when it was so.
///
/// ```
/// use alink::Sample;
///
/// let now = Sample::from(40);
/// let then = Sample::from(38).at(1_700_000_000_000);
/// # let _ = (now, then);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample<'a> {
    /// The value.
    pub value: Value<'a>,
    /// Milliseconds of UTC; the platform stamps what has none. Written, it wraps the value.
    pub time: Option<u64>,
}

impl<'a> Sample<'a> {
    /// The same value, at a time in milliseconds of UTC.
    #[must_use]
    pub fn at(self, time: u64) -> Self {
        Self { time: Some(time), ..self }
    }

    /// A wrapper: an object whose members are `value` and perhaps `time`.
    pub(super) fn read_wrapper(json: RawJson<'a>) -> Result<Option<Self>, Fault> {
        let (mut value, mut time) = (None, None);
        for (key, member) in json.members() {
            let place = match key.as_plain() {
                Some("value") => &mut value,
                Some("time") => &mut time,
                _ => return Ok(None),
            };
            if place.replace(member).is_some() {
                return Err(Fault::new(Rule::DuplicateMember, member.offset()));
            }
        }
        let Some(value) = value else {
            return Ok(None);
        };
        let time = time.map(read_time).transpose()?;
        Ok(Some(Self { value: Value::Raw(value), time }))
    }

    /// Where the value must be wrapped.
    pub(super) fn write_wrapped<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.object(|to| {
            to.member("value", &self.value);
            to.member("time", &self.time);
        });
    }

    /// Refuses a time more than 24 hours ahead of `now`, both in milliseconds of UTC.
    ///
    /// # Errors
    /// [`Rule::TimeTooFarAhead`].
    pub fn check_time(&self, now: u64) -> Result<(), Fault> {
        check_time(self.time, now)
    }
}

/// Milliseconds: a number, never a string.
pub(crate) fn read_time(json: RawJson<'_>) -> Result<u64, Fault> {
    let time = json.integer().and_then(|time| u64::try_from(time).ok());
    time.ok_or(Fault::new(Rule::TimeNotNumber, json.offset()))
}

pub(crate) fn check_time(time: Option<u64>, now: u64) -> Result<(), Fault> {
    const DAY: u64 = 24 * 60 * 60 * 1000;
    if time.is_some_and(|time| time > now.saturating_add(DAY)) {
        return Err(Fault::new(Rule::TimeTooFarAhead, 0));
    }
    Ok(())
}

impl<'a, T: Into<Value<'a>>> From<T> for Sample<'a> {
    fn from(value: T) -> Self {
        Self { value: value.into(), time: None }
    }
}

impl<'a> Read<'a> for Sample<'a> {
    /// A wrapper first: a struct property with a member `value` must come wrapped.
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        Ok(Self::read_wrapper(json)?.unwrap_or(Self { value: Value::Raw(json), time: None }))
    }
}

impl Json for Sample<'_> {
    fn check(&self) -> Result<(), Fault> {
        self.value.check()
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        let looks_wrapped =
            matches!(self.value, Value::Raw(json) if !matches!(Self::read_wrapper(json), Ok(None)));
        if self.time.is_some() || looks_wrapped { self.write_wrapped(to) } else { self.value.write(to) }
    }
}

/// The `params` of a property post: 1 to 200 properties, each bare or with its time.
///
/// ```
/// use alink::{PropertyPost, RawJson, Read as _, Sample};
///
/// let params = RawJson::parse(br#"{"Brightness":{"value":40,"time":1700000000000},"battery:Soc":81.5}"#)?;
/// let post = PropertyPost::read(params)?;
/// assert_eq!(post.0.get("Brightness").unwrap().time, Some(1_700_000_000_000));
/// assert_eq!(post.0.get("battery:Soc").unwrap().value.number(), Some(81.5));
/// # Ok::<(), alink::Fault>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PropertyPost<'a>(pub Map<'a, Sample<'a>>);

impl PropertyPost<'_> {
    /// Refuses times more than 24 hours ahead of `now`, both in milliseconds of UTC.
    ///
    /// # Errors
    /// [`Rule::TimeTooFarAhead`].
    pub fn check_times(&self, now: u64) -> Result<(), Fault> {
        self.0.iter().try_for_each(|(_, sample)| sample.check_time(now))
    }

    #[inline]
    fn check_count(&self) -> Result<(), Fault> {
        if self.0.is_empty() {
            return Err(Fault::new(Rule::NoProperties, self.0.offset()));
        }
        self.0.at_most(MAX_PROPERTIES, Rule::TooManyProperties)
    }
}

impl<'a> Read<'a> for PropertyPost<'a> {
    fn read(params: RawJson<'a>) -> Result<Self, Fault> {
        let post = Self(Map::read(params.params_object()?)?);
        post.check_count()?;
        Ok(post)
    }
}

impl Json for PropertyPost<'_> {
    #[inline]
    fn check(&self) -> Result<(), Fault> {
        self.check_count()?;
        self.0.check_identified()
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        self.0.write_identified(to);
    }
}

/// What became of a post. Code 200 is not enough: its `data` may name properties that were dropped.
#[derive(Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Outcome<'a> {
    /// All of it was taken.
    Accepted,
    /// The code is 200, but what is named here, each with a text, was not taken.
    Dropped(Values<'a>),
    /// The code is another; nothing was taken.
    Refused,
}

impl<'a> Outcome<'a> {
    /// Of the reply to a post.
    #[must_use]
    pub fn of(reply: &crate::envelope::Reply<'a>) -> Self {
        if !reply.code.is_ok() {
            return Self::Refused;
        }
        match Map::read(reply.data) {
            Ok(dropped) if !Values::is_empty(&dropped) => Self::Dropped(dropped),
            _ => Self::Accepted,
        }
    }
}

impl fmt::Debug for Outcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("Accepted"),
            Self::Dropped(dropped) => f.debug_tuple("Dropped").field(dropped).finish(),
            Self::Refused => f.write_str("Refused"),
        }
    }
}

/// The `params` of a property get (legacy) or a question for desired values: identifiers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PropertyGet<'a>(pub List<'a, &'a str>);

impl<'a> Read<'a> for PropertyGet<'a> {
    fn read(params: RawJson<'a>) -> Result<Self, Fault> {
        Ok(Self(List::read(params.params_array(MAX_PROPERTIES, Rule::TooManyProperties)?)?))
    }
}

impl Json for PropertyGet<'_> {
    fn check(&self) -> Result<(), Fault> {
        self.0.iter().try_for_each(|identifier| check_identifier(identifier, 0))
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        self.0.write(to);
    }
}

/// An event, and when it happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EventPost<'a> {
    /// The outputs.
    pub value: Values<'a>,
    /// Milliseconds of UTC; the platform stamps what has none.
    pub time: Option<u64>,
}

impl<'a> EventPost<'a> {
    /// Reads the form a comment of the C SDK shows too: outputs that are not under `value`. It is
    /// never written.
    ///
    /// # Errors
    /// The rule broken, with the offset in the payload.
    pub fn read_tolerant(params: RawJson<'a>) -> Result<Self, Fault> {
        match Self::read(params) {
            Err(Fault { rule: Rule::EventValueMissing, .. }) => {
                Ok(Self { value: Map::read(params)?, time: None })
            }
            read => read,
        }
    }
}

impl<'a> Read<'a> for EventPost<'a> {
    fn read(params: RawJson<'a>) -> Result<Self, Fault> {
        let params = params.params_object()?;
        let value = params.member("value").ok_or(Fault::new(Rule::EventValueMissing, params.offset()))?;
        Ok(Self { value: Map::read(value)?, time: params.member("time").map(read_time).transpose()? })
    }
}

impl Json for EventPost<'_> {
    fn check(&self) -> Result<(), Fault> {
        self.value.check_identified()
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.object(|to| {
            to.member("value", &self.value);
            to.member("time", &self.time);
        });
    }
}
