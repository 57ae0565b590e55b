//! What can be wrong with a document, all of it at once.

use crate::json::JsonRule;
use alloc::{string::String, vec::Vec};
use core::fmt;

/// A rule of the format or a limit that a document breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaRule {
    /// Not JSON.
    #[error("not JSON: {0}")]
    Json(JsonRule),
    /// Must be an object.
    #[error("must be an object")]
    Object,
    /// Must be an array.
    #[error("must be an array")]
    Array,
    /// Must be a string.
    #[error("must be a string")]
    String,
    /// Must be true or false.
    #[error("must be true or false")]
    Boolean,
    /// Profile with `productKey` is missing.
    #[error("profile with productKey is missing")]
    Profile,
    /// `dataType` is missing.
    #[error("dataType is missing")]
    DataType,
    /// Two documents of the bundle are the same module.
    #[error("two documents of the bundle are the same module")]
    Module,
    /// Module identifier is empty, too long or has other characters than letters, digits and _.
    #[error("module identifier is empty, too long or has other characters than letters, digits and _")]
    ModuleId,
    /// Identifier is missing.
    #[error("identifier is missing")]
    Identifier,
    /// Identifier is empty or too long.
    #[error("identifier is empty or too long")]
    IdentifierLength,
    /// Identifier holds other characters than letters, digits and _.
    #[error("identifier holds other characters than letters, digits and _")]
    IdentifierCharset,
    /// Identifier starts with a digit.
    #[error("identifier starts with a digit")]
    IdentifierDigit,
    /// Identifier is a reserved word.
    #[error("identifier is a reserved word")]
    IdentifierReserved,
    /// Identifier is already taken.
    #[error("identifier is already taken")]
    IdentifierTwice,
    /// Name is too long or has a character names do not have.
    #[error("name is too long or has a character names do not have")]
    Name,
    /// Description is too long.
    #[error("description is too long")]
    Description,
    /// `accessMode` is none of r, rw, w.
    #[error("accessMode is none of r, rw, w")]
    AccessMode,
    /// Unknown type.
    #[error("unknown type")]
    Type,
    /// Specs are missing.
    #[error("specs are missing")]
    Specs,
    /// Not a decimal number of at most 18 digits.
    #[error("not a decimal number of at most 18 digits")]
    NumberFormat,
    /// Numbers in specs must be strings.
    #[error("numbers in specs must be strings")]
    NumberString,
    /// Bounds of an int must be integers.
    #[error("bounds of an int must be integers")]
    Integer,
    /// Bound leaves the 32-bit range.
    #[error("bound leaves the 32-bit range")]
    IntegerRange,
    /// Min is above max.
    #[error("min is above max")]
    MinAboveMax,
    /// Step is negative, or too fine beside min to be decided exactly.
    #[error("step is negative, or too fine beside min to be decided exactly")]
    Step,
    /// A bool needs a label for 0 and for 1.
    #[error("a bool needs a label for 0 and for 1")]
    BoolLabels,
    /// Enum keys are 32-bit integers without leading zeros.
    #[error("enum keys are 32-bit integers without leading zeros")]
    EnumKey,
    /// Enum key is already taken.
    #[error("enum key is already taken")]
    EnumTwice,
    /// An enum needs at least one item.
    #[error("an enum needs at least one item")]
    EnumEmpty,
    /// Too many enum items.
    #[error("too many enum items")]
    EnumItems,
    /// Length of a text is no integer from 1 up to the limit.
    #[error("length of a text is no integer from 1 up to the limit")]
    TextLength,
    /// Size of an array is no integer from 1 up to the limit.
    #[error("size of an array is no integer from 1 up to the limit")]
    ArraySize,
    /// An array needs an item.
    #[error("an array needs an item")]
    ArrayItem,
    /// Array items are int, float, double, text or struct.
    #[error("array items are int, float, double, text or struct")]
    ArrayItemType,
    /// A struct holds neither struct nor array.
    #[error("a struct holds neither struct nor array")]
    StructMemberType,
    /// Too many struct members.
    #[error("too many struct members")]
    StructMembers,
    /// Two members share an identifier.
    #[error("two members share an identifier")]
    StructMemberTwice,
    /// Event type is none of info, alert, error.
    #[error("event type is none of info, alert, error")]
    EventType,
    /// Method does not follow from the event's identifier.
    #[error("method does not follow from the event's identifier")]
    EventMethod,
    /// Two outputs share an identifier.
    #[error("two outputs share an identifier")]
    EventOutputTwice,
    /// `callType` is neither sync nor async.
    #[error("callType is neither sync nor async")]
    CallType,
    /// Method does not follow from the service's identifier.
    #[error("method does not follow from the service's identifier")]
    ServiceMethod,
    /// Two parameters share an identifier.
    #[error("two parameters share an identifier")]
    ServiceParameterTwice,
    /// The generated service lists a property that cannot be set or does not exist.
    #[error("the generated service lists a property that cannot be set or does not exist")]
    Consistency,
    /// Document too long.
    #[error("document too long")]
    DocumentLength,
    /// Too many modules.
    #[error("too many modules")]
    Modules,
    /// Too many properties, events and services.
    #[error("too many properties, events and services")]
    Features,
    /// Too many inputs or outputs.
    #[error("too many inputs or outputs")]
    Parameters,
}

impl SchemaRule {
    /// The part of the format the rule belongs to: `document`, `identifier`, `accessMode`, `dataType`, `specs`, `event`, `service`,
    /// `consistency` or `limits`.
    #[must_use]
    pub const fn group(self) -> &'static str {
        match self {
            Self::Json(_) | Self::Object | Self::Array | Self::String | Self::Boolean | Self::Profile => {
                "document"
            }
            Self::DataType | Self::Module | Self::ModuleId => "document",
            Self::Identifier | Self::IdentifierLength | Self::IdentifierCharset => "identifier",
            Self::IdentifierDigit | Self::IdentifierReserved | Self::IdentifierTwice => "identifier",
            Self::AccessMode => "accessMode",
            Self::Type => "dataType",
            Self::Specs | Self::NumberFormat | Self::NumberString | Self::Integer | Self::IntegerRange => {
                "specs"
            }
            Self::MinAboveMax | Self::Step | Self::BoolLabels | Self::EnumKey | Self::EnumTwice => "specs",
            Self::EnumEmpty | Self::EnumItems | Self::TextLength | Self::ArraySize | Self::ArrayItem => {
                "specs"
            }
            Self::ArrayItemType | Self::StructMemberType | Self::StructMembers | Self::StructMemberTwice => {
                "specs"
            }
            Self::EventType | Self::EventMethod | Self::EventOutputTwice => "event",
            Self::CallType | Self::ServiceMethod | Self::ServiceParameterTwice => "service",
            Self::Consistency => "consistency",
            Self::Name | Self::Description | Self::DocumentLength => "limits",
            Self::Modules | Self::Features | Self::Parameters => "limits",
        }
    }

    /// The platform's code for it, where there is one.
    #[must_use]
    pub const fn code(self) -> Option<crate::Code> {
        match self {
            Self::NumberFormat | Self::NumberString => Some(crate::Code::SPECS_NUMBER),
            Self::Type => Some(crate::Code::DATA_TYPE),
            Self::Json(_) => Some(crate::Code::NOT_JSON),
            _ => None,
        }
    }
}

/// One broken rule and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{}: {rule}", Place(self))]
pub struct SchemaError {
    /// The document of the bundle, from 0.
    pub document: usize,
    /// Where in it, as a JSON pointer (RFC 6901); empty for the document itself.
    pub pointer: String,
    /// Where in it, in bytes.
    pub offset: u32,
    /// The broken rule.
    pub rule: SchemaRule,
}

struct Place<'a>(&'a SchemaError);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.document, self.0.pointer.as_str()) {
            (0, "") => f.write_str("document"),
            (0, pointer) => f.write_str(pointer),
            (document, pointer) => write!(f, "document {document} {pointer}"),
        }
    }
}

/// Everything that is wrong with a document or a bundle, in document order as far as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SchemaErrors {
    pub(crate) errors: Vec<SchemaError>,
    pub(crate) omitted: usize,
}

impl SchemaErrors {
    /// The errors, at most [`Limits::errors`](crate::Limits::errors) of them.
    #[must_use]
    pub fn as_slice(&self) -> &[SchemaError] {
        &self.errors
    }

    /// How many more there were.
    #[must_use]
    pub const fn omitted(&self) -> usize {
        self.omitted
    }
}

impl<'a> IntoIterator for &'a SchemaErrors {
    type Item = &'a SchemaError;
    type IntoIter = core::slice::Iter<'a, SchemaError>;

    fn into_iter(self) -> Self::IntoIter {
        self.errors.iter()
    }
}

impl fmt::Display for SchemaErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            write!(f, "{}{error}", if index > 0 { "; " } else { "" })?;
        }
        if self.omitted > 0 {
            write!(f, "; and {} more", self.omitted)?;
        }
        Ok(())
    }
}

impl core::error::Error for SchemaErrors {}

/// The way from the root of a document to a value, kept on the stack and written out only for an error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pointer<'p> {
    parent: Option<&'p Self>,
    step: Step<'p>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'p> {
    Name(&'p str),
    Index(usize),
}

impl<'p> Pointer<'p> {
    pub(crate) const ROOT: Self = Self { parent: None, step: Step::Name("") };

    pub(crate) const fn name(&'p self, name: &'p str) -> Self {
        Self { parent: Some(self), step: Step::Name(name) }
    }

    pub(crate) const fn index(&'p self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }
}

impl fmt::Display for Pointer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(parent) = self.parent else {
            return Ok(());
        };
        parent.fmt(f)?;
        f.write_str("/")?;
        match self.step {
            Step::Index(index) => write!(f, "{index}"),
            Step::Name(name) => name.chars().try_for_each(|character| match character {
                '~' => f.write_str("~0"),
                '/' => f.write_str("~1"),
                other => fmt::Write::write_char(f, other),
            }),
        }
    }
}
