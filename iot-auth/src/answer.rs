//! What the platform answers, whatever the call: a code, a message, and a body.

use crate::error::Field;
use crate::json::read::{PickError, Value, pick};

/// An answer that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// It is not JSON, at this byte.
    #[error("malformed at byte {0}")]
    Malformed(usize),
    /// It lacks a field, or the field has another type.
    #[error("{0} is missing")]
    Missing(Field),
    /// A field stands twice.
    #[error("{0} is given twice")]
    Duplicate(Field),
    /// A field is there but cannot be what it should be.
    #[error("{0} is invalid")]
    Invalid(Field),
}

/// A code, a message, and a body if the call succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'a, T> {
    /// The platform's code: see [`codes`](crate::codes).
    pub code: u32,
    /// Its text, if any.
    pub message: Option<&'a str>,
    /// What was asked for.
    pub body: Option<T>,
}

/// The platform has refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("the platform answers code {code}: {message}")]
#[non_exhaustive]
pub struct Refused<'a> {
    /// Its code.
    pub code: u32,
    /// Its text.
    pub message: &'a str,
}

impl<'a, T> Answer<'a, T> {
    /// The body, or the refusal.
    ///
    /// # Errors
    /// [`Refused`] with the code and message of an answer without a body.
    pub fn into_result(self) -> Result<T, Refused<'a>> {
        self.body.ok_or(Refused { code: self.code, message: self.message.unwrap_or_default() })
    }
}

/// The text fields at the given ways; `fields` names them for errors.
pub(crate) fn texts<'a, const N: usize>(
    payload: &'a mut [u8],
    ways: [(&[&str], Field); N],
) -> Result<[Option<&'a str>; N], AnswerError> {
    let found = pick(payload, ways.map(|(way, _)| way)).map_err(|error| match error {
        PickError::Malformed(offset) => AnswerError::Malformed(offset),
        PickError::Twice(index) => AnswerError::Duplicate(ways[index].1),
    })?;
    Ok(found.map(|value| value.and_then(Value::text)))
}

/// A field that must be there.
pub(crate) fn need<T>(value: Option<T>, field: Field) -> Result<T, AnswerError> {
    value.ok_or(AnswerError::Missing(field))
}

/// The `code` of an answer.
pub(crate) fn code(text: Option<&str>) -> Result<u32, AnswerError> {
    need(text, Field::Code)?.parse().map_err(|_| AnswerError::Invalid(Field::Code))
}
