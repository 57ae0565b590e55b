//! What is wrong with a payload: rules, where, and who is told.
//!
//! While checking, a violation is only a few numbers ([`Record`]). Path and text are made when someone looks, from the
//! payload's own bytes, and never hold the offending value unless asked ([`Violation::value`]).

use crate::code::Code;
use crate::json::{Reader, Str};
use crate::model::{Model, NONE};
use core::fmt::{self, Write};
use core::ops::ControlFlow;

/// A rule of the model or of the platform that a payload breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum Rule {
    /// Must be an object.
    #[error("must be an object")]
    Object,
    /// Must be an array.
    #[error("must be an array")]
    Array,
    /// Has no params (or data).
    #[error("has no params (or data)")]
    NoBody,
    /// Has no entry.
    #[error("has no entry")]
    NoEntry,
    /// Has too many entries.
    #[error("has too many entries")]
    TooMany,
    /// Not in the model.
    #[error("not in the model")]
    Unknown,
    /// No such event in the model.
    #[error("no such event in the model")]
    UnknownEvent,
    /// No such service in the model.
    #[error("no such service in the model")]
    UnknownService,
    /// No model for this device.
    #[error("no model for this device")]
    UnknownDevice,
    /// Identity without `productKey` and `deviceName`.
    #[error("identity without productKey and deviceName")]
    Identity,
    /// Given twice.
    #[error("given twice")]
    Duplicate,
    /// Cannot be set.
    #[error("cannot be set")]
    ReadOnly,
    /// Value is missing.
    #[error("value is missing")]
    Empty,
    /// Wrong type.
    #[error("wrong type")]
    Type,
    /// Outside the range.
    #[error("outside the range")]
    Range,
    /// Off the step.
    #[error("off the step")]
    Step,
    /// Neither 0 nor 1.
    #[error("neither 0 nor 1")]
    Bool,
    /// Not an item of the enum.
    #[error("not an item of the enum")]
    Enum,
    /// Longer than its length.
    #[error("longer than its length")]
    Length,
    /// Not a string of digits.
    #[error("not a string of digits")]
    Date,
    /// More items than its size.
    #[error("more items than its size")]
    Size,
    /// Fewer items than its size.
    #[error("fewer items than its size")]
    SizeShort,
    /// Not a member of the struct.
    #[error("not a member of the struct")]
    UnknownMember,
    /// Missing.
    #[error("missing")]
    Missing,
    /// Stands beside value and time.
    #[error("stands beside value and time")]
    Wrapper,
    /// Not a member of such a body.
    #[error("not a member of such a body")]
    Section,
    /// Time is no integer of milliseconds.
    #[error("time is no integer of milliseconds")]
    Time,
    /// Time is too far ahead.
    #[error("time is too far ahead")]
    TimeAhead,
}

impl Rule {
    /// Whether the weak level leaves it out: all that is neither shape, identifier nor type.
    pub(crate) const fn is_of_value(self) -> bool {
        matches!(
            self,
            Self::Range
                | Self::Step
                | Self::Bool
                | Self::Enum
                | Self::Length
                | Self::Date
                | Self::Size
                | Self::SizeShort
                | Self::Missing
        )
    }
}

/// A violation as numbers, to keep; [`Record::view`] makes it readable again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    pub(crate) offset: u32,
    pub(crate) place: Place,
    pub(crate) field: u32,
    pub(crate) code: Code,
    pub(crate) rule: Rule,
}

/// Where the checker stands: positions of names in the payload, and indexes into its lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Sub-device of a pack, device of a history.
    pub(crate) device: u32,
    /// Point of a history or batch.
    pub(crate) point: u32,
    /// Name of the event in a pack, history or batch.
    pub(crate) event: u32,
    /// Name of the property, input or output.
    pub(crate) key: u32,
    /// Item of an array.
    pub(crate) item: u32,
    /// Name of the struct member.
    pub(crate) member: u32,
    pub(crate) form: Form,
    pub(crate) section: Section,
}

impl Place {
    pub(crate) const NOWHERE: Self = Self {
        device: NONE,
        point: NONE,
        event: NONE,
        key: NONE,
        item: NONE,
        member: NONE,
        form: Form::Plain,
        section: Section::None,
    };
}

/// Which body an entry stands in, which decides how its path is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The entries themselves.
    Plain,
    /// `properties`, `events`, `subDevices[i].properties`, …
    Pack,
    /// `properties.id[point]`, `events.id[point].output`
    Batch,
    /// `[device].properties[point].id`, …
    History,
}

/// The part of such a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    None,
    Properties,
    Events,
}

impl Record {
    /// The violation, readable: with the model and the payload it came from.
    #[must_use]
    pub const fn view<'a>(self, model: &'a Model, json: &'a [u8]) -> Violation<'a> {
        Violation { record: self, model, json }
    }

    /// The broken rule.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// The platform's code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// Where, in bytes from the start of the payload: the value, or the name if the name is wrong.
    #[must_use]
    pub const fn offset(&self) -> u32 {
        self.offset
    }
}

/// A violation with what is needed to tell it. [`Display`](fmt::Display) writes path, rule and code, never the value.
#[derive(Clone, Copy)]
pub struct Violation<'a> {
    record: Record,
    model: &'a Model,
    json: &'a [u8],
}

impl<'a> Violation<'a> {
    /// As numbers, to keep.
    #[must_use]
    pub const fn record(&self) -> Record {
        self.record
    }

    /// The broken rule.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        self.record.rule
    }

    /// The platform's code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.record.code
    }

    /// Where, in bytes from the start of the payload: the value, or the name if the name is wrong.
    #[must_use]
    pub const fn offset(&self) -> u32 {
        self.record.offset
    }

    /// Where, by names: `battery:cells[3].v`; empty for the payload itself.
    #[must_use]
    pub const fn path(&self) -> Path<'a> {
        Path { place: self.record.place, missing: self.missing(), model: self.model, json: self.json }
    }

    /// The offending JSON value (or name), as it stands in the payload. This is the only way to it.
    #[must_use]
    pub fn value(&self) -> &'a [u8] {
        let start = self.record.offset;
        let Ok(mut reader) = Reader::new(self.json, crate::json::MAX_DEPTH) else {
            return &[];
        };
        reader.seek(start);
        match reader.skip() {
            Ok(()) => reader.since(start),
            Err(_) => &[],
        }
    }

    /// The text the platform puts beside a dropped identifier, as far as it is known; the code's meaning otherwise.
    #[must_use]
    pub fn platform_text(&self) -> &'static str {
        if self.rule() == Rule::Unknown { "tsl parse: params not exist" } else { self.code().text() }
    }

    const fn missing(&self) -> u32 {
        if matches!(self.record.rule, Rule::Missing) { self.record.field } else { NONE }
    }
}

impl fmt::Display for Violation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.record.place;
        let whole = place == Place { form: place.form, ..Place::NOWHERE } && self.missing() == NONE;
        if whole {
            write!(f, "payload: {} ({})", self.rule(), self.code())
        } else {
            write!(f, "{}: {} ({})", self.path(), self.rule(), self.code())
        }
    }
}

impl fmt::Debug for Violation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Violation")
            .field("path", &format_args!("{}", self.path()))
            .field("rule", &self.rule())
            .field("code", &self.code())
            .field("offset", &self.offset())
            .finish()
    }
}

/// The way to a value by names, written when displayed: lists first (`subDevices[2].properties.`), then the
/// identifier, the item of an array in brackets, the member of a struct after a dot.
#[derive(Clone, Copy)]
pub struct Path<'a> {
    place: Place,
    missing: u32,
    model: &'a Model,
    json: &'a [u8],
}

impl Path<'_> {
    fn name(&self, at: u32) -> Option<Str<'_>> {
        let mut reader = Reader::new(self.json, crate::json::MAX_DEPTH).ok()?;
        reader.seek(at);
        reader.name().ok()
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place;
        let mut dot = "";
        if place.device != NONE {
            let list = if place.form == Form::Pack { "subDevices" } else { "" };
            write!(f, "{list}[{}]", place.device)?;
            dot = ".";
        }
        let section = match place.section {
            Section::None => "",
            Section::Properties => "properties",
            Section::Events => "events",
        };
        if !section.is_empty() {
            write!(f, "{dot}{section}")?;
            dot = ".";
        }
        if place.form == Form::History {
            index(f, place.point)?;
        }
        let mut point = if place.form == Form::Batch { place.point } else { NONE };
        for (name, item) in [(place.event, NONE), (place.key, place.item), (place.member, NONE)] {
            if name == NONE {
                continue;
            }
            f.write_str(dot)?;
            dot = ".";
            self.name(name)
                .into_iter()
                .flat_map(Str::chars)
                .try_for_each(|character| f.write_char(character))?;
            // A batch lists the points of its first name.
            index(f, core::mem::replace(&mut point, NONE))?;
            index(f, item)?;
        }
        if self.missing != NONE {
            let field = self.model.fields.get(self.missing as usize);
            write!(
                f,
                "{dot}{}",
                field.map_or("", |field| crate::view::identifier(self.model.text(field.key)))
            )?;
        }
        Ok(())
    }
}

fn index(f: &mut fmt::Formatter<'_>, index: u32) -> fmt::Result {
    if index == NONE { Ok(()) } else { write!(f, "[{index}]") }
}

impl fmt::Debug for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Is told each violation, in the order of the payload, and may stop the check.
///
/// `Vec<Record>` keeps them all, [`First`] a few in a lent slice, [`Count`] their number; any
/// `FnMut(&Violation<'_>) -> ControlFlow<()>` will do.
pub trait Sink {
    /// One more. `Break` ends the check.
    fn violation(&mut self, violation: &Violation<'_>) -> ControlFlow<()>;
}

impl Sink for alloc::vec::Vec<Record> {
    fn violation(&mut self, violation: &Violation<'_>) -> ControlFlow<()> {
        self.push(violation.record());
        ControlFlow::Continue(())
    }
}

impl<F: FnMut(&Violation<'_>) -> ControlFlow<()>> Sink for F {
    fn violation(&mut self, violation: &Violation<'_>) -> ControlFlow<()> {
        self(violation)
    }
}

/// Counts violations and lets the check go on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count(pub usize);

impl Sink for Count {
    fn violation(&mut self, _: &Violation<'_>) -> ControlFlow<()> {
        self.0 += 1;
        ControlFlow::Continue(())
    }
}

/// Keeps as many violations as a lent slice has places, then stops the check.
#[derive(Debug)]
pub struct First<'s> {
    places: &'s mut [Option<Record>],
    length: usize,
}

impl<'s> First<'s> {
    /// Fills those places.
    pub const fn new(places: &'s mut [Option<Record>]) -> Self {
        Self { places, length: 0 }
    }

    /// What was kept.
    pub fn records(&self) -> impl Iterator<Item = Record> {
        self.places[..self.length].iter().flatten().copied()
    }
}

impl Sink for First<'_> {
    fn violation(&mut self, violation: &Violation<'_>) -> ControlFlow<()> {
        if let Some(place) = self.places.get_mut(self.length) {
            *place = Some(violation.record());
            self.length += 1;
        }
        if self.length < self.places.len() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}
