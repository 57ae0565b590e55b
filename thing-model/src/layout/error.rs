//! What can go wrong with a layout: in its description, in a frame, in JSON that is to become a frame.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use super::sink::Stop;
use crate::json::{JsonRule, Malformed};

/// A layout or mapping description that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {rule}")]
#[non_exhaustive]
pub struct LayoutError {
    /// Where in the description, as a JSON pointer; empty for the whole document.
    pub path: String,
    /// What is wrong there.
    pub rule: LayoutRule,
}

/// What a layout description must keep to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutRule {
    /// The text is not JSON, or not of the shape of a description; the text says what was found.
    #[error("not a layout description: {0}")]
    Document(Box<str>),
    /// A count or size is over the limit of this crate.
    #[error("more than {0}")]
    Limit(usize),
    /// A field names no type, or one that does not exist.
    #[error("no such type")]
    Type,
    /// No such checksum.
    #[error("no such checksum")]
    Algorithm,
    /// The key has no meaning for a field of this type.
    #[error("means nothing for a field of this type")]
    Meaningless,
    /// The key is needed for a field of this type.
    #[error("is needed for a field of this type")]
    Needed,
    /// The value of the key cannot be read.
    #[error("cannot be read: {0} is expected")]
    Value(&'static str),
    /// Two fields of one scope, two frames or two members have the same name.
    #[error("the name is already taken")]
    Duplicate,
    /// No field of that name stands where it is looked for.
    #[error("no field of that name stands before this one in the same list")]
    UnknownField,
    /// A template uses a name that is neither a field nor an argument.
    #[error("no field or argument of that name")]
    UnknownName,
    /// The placeholder cannot stand here.
    #[error("this placeholder cannot stand here")]
    Placeholder,
    /// An offset lies before the end of the preceding field.
    #[error("the field would begin before byte {0}, where the one before it ends")]
    Backwards(usize),
    /// An offset follows a field whose length is not fixed.
    #[error("the field before this one has no fixed length, so no offset can be given")]
    AfterVariable,
    /// A field of unknown length follows one that takes the rest, or an optional one.
    #[error("a field that takes the rest, or is optional, must be followed by fields of fixed length only")]
    Rest,
    /// A repeated element could be empty, so a frame could hold any number of them.
    #[error("a repeated element must take at least one byte")]
    EmptyElement,
    /// A checksum must cover fields before and after which all is known.
    #[error("a checksum covers neither itself, nor a later one, nor begins or ends with an optional field")]
    Covered,
    /// Bits outside the word, or claimed twice.
    #[error("bits outside the word or claimed twice")]
    Bits,
    /// The scale is zero, or has more digits than are counted in.
    #[error("the scale is zero or has too many digits")]
    Scale,
    /// The scale is not a finite decimal.
    #[error("the scale is no finite decimal: say by `digits` how many places to round to")]
    Endless,
    /// The width cannot have that byte order.
    #[error("this width cannot have that byte order")]
    Order,
    /// A constant, sentinel, limit or enumerated value the raw type cannot hold.
    #[error("the field cannot hold this value")]
    Unholdable,
    /// The layout has no frame, or a group no field.
    #[error("empty")]
    Empty,
}

/// A frame that does not fit its layout. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecodeError {
    /// Which alternative of the layout was read; `None` when none fits.
    pub frame: Option<Box<str>>,
    /// Which field, with the index of repeated ones (`cells[3].volt`); one without a name is `#` and its position in
    /// the list. Empty for the frame as a whole.
    pub field: String,
    /// Offset of the offending byte (or of the first byte of the field) in the frame.
    pub at: usize,
    /// For a bit range: its lowest and highest bit, bit 0 being the least significant of the word at `at`.
    pub bits: Option<(u8, u8)>,
    /// What is wrong.
    pub rule: DecodeRule,
}

/// What a frame must keep to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeRule {
    /// No alternative begins like this, or has this length.
    #[error("no frame of the layout begins like this")]
    NoFrame,
    /// The frame ends inside this field.
    #[error("short frame: {needed} bytes needed here, {left} left")]
    Short {
        /// Bytes the field takes.
        needed: u64,
        /// Bytes there are.
        left: usize,
    },
    /// Bytes are left that no field takes.
    #[error("{0} bytes left that no field takes")]
    Trailing(usize),
    /// A constant has another value.
    #[error("constant differs")]
    Constant,
    /// The checksum of the bytes is another.
    #[error("checksum is {stored:#x}, the bytes give {computed:#x}")]
    Checksum {
        /// What the frame says.
        stored: u32,
        /// What the bytes it covers give.
        computed: u32,
    },
    /// A raw value that no enumerated value stands for.
    #[error("raw value {0} has no meaning in the layout")]
    Enum(i128),
    /// A value outside the stated limits.
    #[error("outside the limits of the field")]
    Range,
    /// A length or count field says something impossible.
    #[error("impossible length or count {0}")]
    Length(i128),
    /// A binary coded decimal with a digit over nine.
    #[error("not a decimal digit")]
    Digit,
    /// NaN or an infinity, which JSON cannot say.
    #[error("not a finite number")]
    NotFinite,
    /// Text that is not UTF-8.
    #[error("not UTF-8")]
    Utf8,
    /// Embedded JSON that is not JSON.
    #[error("not JSON: {0}")]
    Json(JsonRule),
    /// Embedded JSON without the member that gives a length to a later field.
    #[error("the JSON does not give the length it should")]
    JsonLength,
    /// The template needs an argument that was not given and has no default.
    #[error("an argument of the template was not given")]
    Argument,
    /// The output took no more.
    #[error("the output took no more")]
    Output,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(frame) = &self.frame {
            write!(f, "{frame}: ")?;
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        write!(f, "{} at byte {}", self.rule, self.at)?;
        match self.bits {
            Some((low, high)) => write!(f, ", bits {high}:{low}"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for DecodeError {}

impl DecodeError {
    pub(super) fn new(rule: DecodeRule, at: usize) -> Self {
        Self { frame: None, field: String::new(), at, bits: None, rule }
    }

    /// Puts the name of an enclosing field before what is known.
    pub(super) fn within(mut self, name: &str) -> Self {
        if !name.is_empty() {
            if !self.field.is_empty() && !self.field.starts_with('[') {
                self.field.insert(0, '.');
            }
            self.field.insert_str(0, name);
        }
        self
    }
}

impl From<Stop> for DecodeError {
    fn from(stop: Stop) -> Self {
        let rule = match stop {
            Stop::Output => DecodeRule::Output,
            Stop::Argument => DecodeRule::Argument,
        };
        Self::new(rule, 0)
    }
}

impl From<fmt::Error> for DecodeError {
    fn from(_: fmt::Error) -> Self {
        Self::from(Stop::Output)
    }
}

/// JSON that cannot become a frame (or the other side of a mapping). Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EncodeError {
    /// Which alternative was being written; `None` when none fits.
    pub frame: Option<Box<str>>,
    /// Where in the JSON, as a JSON pointer; for a missing member, where it should be.
    pub path: String,
    /// Offset of the value in the JSON text; of the object for a missing member.
    pub at: usize,
    /// What is wrong.
    pub rule: EncodeRule,
}

/// What JSON must keep to in order to become a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeRule {
    /// The text is not JSON.
    #[error("not JSON: {0}")]
    Syntax(JsonRule),
    /// The template holds another value here.
    #[error("the layout has another value here")]
    Constant,
    /// A member the layout needs is not there.
    #[error("missing")]
    Missing,
    /// A member the layout has no place for.
    #[error("the layout has no place for this member")]
    Unknown,
    /// The member occurs twice.
    #[error("the member occurs twice")]
    Duplicate,
    /// Another type of value is expected.
    #[error("{0} is expected")]
    Type(&'static str),
    /// A number the field cannot hold, or outside its limits.
    #[error("outside what the field can hold")]
    Range,
    /// A number between two raw values.
    #[error("between two values the field can hold")]
    Grid,
    /// None of the enumerated values.
    #[error("none of the enumerated values")]
    Enum,
    /// Text, bytes or a group whose length does not fit.
    #[error("length {length} does not fit the field")]
    Length {
        /// What it would take, in bytes, or in elements for a repeated field.
        length: usize,
    },
    /// Text that ends in the byte it would be filled up with.
    #[error("text that ends in the padding")]
    Text,
    /// An optional field without the ones before it.
    #[error("an optional field cannot be written without the one before it")]
    Gap,
    /// A mapping's result needs an argument that was not given and has no default.
    #[error("an argument of the template was not given")]
    Argument,
    /// The output took no more.
    #[error("the output took no more")]
    Output,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(frame) = &self.frame {
            write!(f, "{frame}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{} at byte {}", self.rule, self.at)
    }
}

impl core::error::Error for EncodeError {}

impl EncodeError {
    pub(super) fn new(rule: EncodeRule, at: usize) -> Self {
        Self { frame: None, path: String::new(), at, rule }
    }

    /// Puts the pointer of a slot before what is known.
    pub(super) fn under(mut self, path: &str) -> Self {
        self.path.insert_str(0, path);
        self
    }

    /// Puts the member or index this happened in before what is known.
    pub(super) fn within(mut self, segment: &str) -> Self {
        self.path.insert_str(0, &escape(segment));
        self
    }
}

impl From<Malformed> for EncodeError {
    fn from(fault: Malformed) -> Self {
        Self::new(EncodeRule::Syntax(fault.rule), usize::try_from(fault.offset).unwrap_or(usize::MAX))
    }
}

impl From<Stop> for EncodeError {
    fn from(stop: Stop) -> Self {
        let rule = match stop {
            Stop::Output => EncodeRule::Output,
            Stop::Argument => EncodeRule::Argument,
        };
        Self::new(rule, 0)
    }
}

/// A segment of a JSON pointer (RFC 6901 section 3), with its slash.
pub(super) fn escape(segment: &str) -> String {
    let mut out = String::from("/");
    for c in segment.chars() {
        match c {
            '~' => out.push_str("~0"),
            '/' => out.push_str("~1"),
            c => out.push(c),
        }
    }
    out
}
