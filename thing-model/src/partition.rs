//! What the platform makes of a property post: which entries it keeps, which it drops, and with which text.
//!
//! The platform answers 200 even when it has dropped something; only the `data` of its reply names what is gone. Here the
//! same is known before sending.

use crate::check::{Checker, Payload};
use crate::code::Code;
use crate::json::{Malformed, Reader, Str};
use crate::model::Model;
use crate::options::WallClock;
use crate::violation::{Record, Rule, Violation};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;
use core::ops::{ControlFlow, Range};

/// Where an entry lies, and the first thing that is wrong with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) at: u32,
    pub(crate) end: u32,
    pub(crate) reason: Option<Record>,
}

/// One entry of a post, and what becomes of it.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    part: Part,
    model: &'a Model,
    json: &'a [u8],
}

impl<'a> Entry<'a> {
    /// The identifier, as `identifier` or `block:identifier`.
    #[must_use]
    pub fn key(&self) -> Cow<'a, str> {
        match self.name() {
            Some(name) => name.plain().map_or_else(|| Cow::Owned(name.chars().collect()), Cow::Borrowed),
            None => Cow::Borrowed(""),
        }
    }

    fn name(&self) -> Option<Str<'a>> {
        let mut reader = Reader::new(self.json, crate::json::MAX_DEPTH).ok()?;
        reader.seek(self.part.at);
        reader.name().ok()
    }

    /// Name, colon and value, as they stand in the payload.
    #[must_use]
    pub fn text(&self) -> &'a [u8] {
        self.json.get(self.range()).unwrap_or(&[])
    }

    /// Where that is.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.part.at as usize..self.part.end as usize
    }

    /// Whether the platform keeps it.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        self.part.reason.is_none()
    }

    /// The first thing that is wrong with it.
    #[must_use]
    pub fn reason(&self) -> Option<Violation<'a>> {
        Some(self.part.reason?.view(self.model, self.json))
    }
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("key", &self.key()).field("reason", &self.reason()).finish()
    }
}

/// A post, taken apart.
#[derive(Clone)]
pub struct Partition<'a> {
    parts: Vec<Part>,
    refused: Option<Code>,
    model: &'a Model,
    json: &'a [u8],
}

impl<'a> Partition<'a> {
    /// All entries, in the order of the payload.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'a>> + use<'_, 'a> {
        self.parts.iter().map(|part| Entry { part: *part, model: self.model, json: self.json })
    }

    /// What the platform keeps; nothing if the whole post is refused.
    pub fn kept(&self) -> impl Iterator<Item = Entry<'a>> + use<'_, 'a> {
        self.entries().filter(|entry| self.refused.is_none() && entry.is_kept())
    }

    /// What is wrong in itself.
    pub fn dropped(&self) -> impl Iterator<Item = Entry<'a>> + use<'_, 'a> {
        self.entries().filter(|entry| !entry.is_kept())
    }

    /// The whole post is refused with this code: no entry, too many, or no object at all.
    #[must_use]
    pub const fn refused(&self) -> Option<Code> {
        self.refused
    }

    /// Writes a post of the kept entries only.
    ///
    /// # Errors
    ///
    /// What the writer answers.
    pub fn write_kept(&self, out: &mut impl fmt::Write) -> fmt::Result {
        out.write_str("{")?;
        for (index, entry) in self.kept().enumerate() {
            out.write_str(if index > 0 { "," } else { "" })?;
            out.write_str(core::str::from_utf8(entry.text()).unwrap_or(""))?;
        }
        out.write_str("}")
    }

    /// Writes the dropped identifiers with their texts, as the platform does in the `data` of its reply.
    ///
    /// # Errors
    ///
    /// What the writer answers.
    pub fn write_data(&self, out: &mut impl fmt::Write) -> fmt::Result {
        out.write_str("{")?;
        for (index, entry) in self.dropped().enumerate() {
            let name = entry.name().map_or(&[][..], |name| name.raw);
            let text = entry.reason().map_or("", |reason| reason.platform_text());
            let comma = if index > 0 { "," } else { "" };
            write!(out, "{comma}\"{}\":\"{text}\"", core::str::from_utf8(name).unwrap_or(""))?;
        }
        out.write_str("}")
    }
}

impl fmt::Debug for Partition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.entries()).finish()
    }
}

impl<'m> Checker<'m> {
    /// Tells which entries of a property post the platform would keep and which it would drop.
    ///
    /// ```
    /// use thing_model::{Checker, Limits, Model, WallClock};
    /// # let tsl = include_bytes!("../../vectors/tsl/lamp.json");
    /// let model = Model::compile(tsl, &Limits::current())?;
    /// let mut checker = Checker::new(&model);
    /// let partition = checker.partition(br#"{"PowerSwitch":1,"NotInModel":5}"#, WallClock::UNKNOWN)?;
    ///
    /// let (mut kept, mut data) = (String::new(), String::new());
    /// partition.write_kept(&mut kept)?;
    /// partition.write_data(&mut data)?;
    /// assert_eq!(kept, r#"{"PowerSwitch":1}"#);
    /// assert_eq!(data, r#"{"NotInModel":"tsl parse: params not exist"}"#);
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// A name given twice is undefined on the platform (its parser takes the last): the second one is dropped if
    /// [`Options::duplicates`](crate::Options::duplicates) says so, else its value decides.
    ///
    /// # Errors
    ///
    /// The payload is not JSON.
    pub fn partition<'a>(&mut self, json: &'a [u8], now: WallClock) -> Result<Partition<'a>, Malformed>
    where
        'm: 'a,
    {
        let model = self.model();
        let mut parts = Vec::new();
        let refused = self.parts(json, now, &mut |part| parts.push(part))?;
        Ok(Partition { parts, refused, model, json })
    }

    /// The same without allocating: tells each entry as it is passed, and at the end whether the whole post is refused.
    ///
    /// # Errors
    ///
    /// The payload is not JSON.
    pub fn partition_each(
        &mut self,
        json: &[u8],
        now: WallClock,
        each: &mut dyn FnMut(Entry<'_>),
    ) -> Result<Option<Code>, Malformed> {
        let model = self.model();
        self.parts(json, now, &mut |part| each(Entry { part, model, json }))
    }

    fn parts(
        &mut self,
        json: &[u8],
        now: WallClock,
        each: &mut dyn FnMut(Part),
    ) -> Result<Option<Code>, Malformed> {
        let mut refused = None;
        let mut sink = |violation: &Violation<'_>| {
            if matches!(violation.rule(), Rule::NoEntry | Rule::TooMany | Rule::Object) {
                refused = Some(violation.code());
            }
            ControlFlow::Continue(())
        };
        let _ = self.run(Payload::PropertyPost, json, now, &mut sink, Some(each), None)?;
        Ok(refused)
    }
}
