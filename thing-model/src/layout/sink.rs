//! JSON text on its way out.

use core::fmt::{self, Write};

use super::describe::Literal;
use super::json::write_escaped;

/// What can go wrong while a template is written, whatever the source.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stop {
    Output,
    Argument,
}

impl From<fmt::Error> for Stop {
    fn from(_: fmt::Error) -> Self {
        Self::Output
    }
}

/// JSON text on its way out. What leads up to a value (comma, key, quote) is held back until there is one.
pub(super) struct Sink<'o> {
    pub(super) out: &'o mut dyn Write,
    pub(super) lead: Option<Lead<'o>>,
    /// Within a string: values without quotes.
    pub(super) bare: bool,
    pub(super) silent: bool,
}

/// What stands before a value.
#[derive(Clone, Copy, Default)]
pub(super) struct Lead<'o> {
    pub(super) comma: bool,
    pub(super) key: Option<&'o str>,
    pub(super) text: Option<&'o str>,
}

impl<'o> Sink<'o> {
    /// A sink that writes nothing: values are only checked.
    pub(super) fn silent(out: &'o mut dyn Write) -> Self {
        Self { out, lead: None, bare: false, silent: true }
    }

    /// A sink for the members of an object.
    pub(super) fn new(out: &'o mut dyn Write) -> Self {
        Self { out, lead: None, bare: false, silent: false }
    }

    pub(super) fn is_silent(&self) -> bool {
        self.silent
    }

    /// Whether values stand within a string.
    pub(super) fn is_bare(&self) -> bool {
        self.bare
    }

    /// Runs `write` for a member; whether it wrote a value.
    pub(super) fn member<T>(
        &mut self,
        key: &str,
        comma: bool,
        write: impl FnOnce(&mut Sink<'_>) -> T,
    ) -> (T, bool) {
        let lead = Lead { comma, key: Some(key), text: None };
        let mut inner = Sink { out: &mut *self.out, lead: Some(lead), bare: self.bare, silent: self.silent };
        let result = write(&mut inner);
        let wrote = inner.lead.is_none();
        (result, wrote)
    }

    /// Runs `check` with nothing written.
    pub(super) fn quietly<T>(&mut self, check: impl FnOnce(&mut Sink<'_>) -> T) -> T {
        check(&mut Sink::silent(&mut *self.out))
    }

    fn open(&mut self) -> fmt::Result {
        let Some(lead) = self.lead.take() else { return Ok(()) };
        if lead.comma {
            self.out.write_char(',')?;
        }
        if let Some(key) = lead.key {
            self.out.write_char('"')?;
            write_escaped(self.out, key)?;
            self.out.write_str("\":")?;
        }
        if let Some(text) = lead.text {
            self.out.write_char('"')?;
            write_escaped(self.out, text)?;
        }
        Ok(())
    }

    /// Punctuation, or a value that needs no quotes.
    pub(super) fn raw(&mut self, text: impl fmt::Display) -> fmt::Result {
        if self.silent {
            return Ok(());
        }
        self.open()?;
        write!(self.out, "{text}")
    }

    /// A string, by a function that writes its inside.
    pub(super) fn string(&mut self, inside: impl FnOnce(&mut dyn Write) -> fmt::Result) -> fmt::Result {
        if self.silent {
            return Ok(());
        }
        self.open()?;
        if self.bare {
            return inside(self.out);
        }
        self.out.write_char('"')?;
        inside(self.out)?;
        self.out.write_char('"')
    }

    pub(super) fn text(&mut self, text: &str) -> fmt::Result {
        self.string(|out| write_escaped(out, text))
    }

    /// A literal without placeholders.
    pub(super) fn literal(&mut self, literal: &Literal) -> fmt::Result {
        match literal {
            Literal::Null => self.raw("null"),
            Literal::Bool(value) => self.raw(value),
            Literal::Number(text) => self.raw(text),
            Literal::Text(text) => self.text(text),
            Literal::Array(_) | Literal::Object(_) => Ok(()),
        }
    }
}
