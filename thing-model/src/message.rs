//! Whole messages: the envelope read and the body in it checked, in the same pass.

use crate::check::{Checker, Outcome, Payload};
use crate::json::{Malformed, Reader, offset, word};
use crate::options::WallClock;
use crate::violation::Sink;

/// The members of a message as they stand in it, still JSON; the body among them.
///
/// Only the body has been judged. What the others must hold is for whoever speaks the protocol to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Envelope<'a> {
    /// `id`.
    pub id: Option<&'a [u8]>,
    /// `version`.
    pub version: Option<&'a [u8]>,
    /// `method`.
    pub method: Option<&'a [u8]>,
    /// `sys`.
    pub sys: Option<&'a [u8]>,
    /// `code`, of a reply.
    pub code: Option<&'a [u8]>,
    /// `params`, of a request.
    pub params: Option<&'a [u8]>,
    /// `data`, of a reply.
    pub data: Option<&'a [u8]>,
}

impl<'a> Envelope<'a> {
    pub(crate) const fn member(&mut self, member: Member) -> &mut Option<&'a [u8]> {
        match member {
            Member::Id => &mut self.id,
            Member::Version => &mut self.version,
            Member::Method => &mut self.method,
            Member::Sys => &mut self.sys,
            Member::Code => &mut self.code,
            Member::Params => &mut self.params,
            Member::Data => &mut self.data,
        }
    }
}

/// The members of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Member {
    Id,
    Version,
    Method,
    Sys,
    Code,
    Params,
    Data,
}

impl Member {
    const ALL: [(Name, Self); 7] = [
        (Name::new("id"), Self::Id),
        (Name::new("version"), Self::Version),
        (Name::new("params"), Self::Params),
        (Name::new("method"), Self::Method),
        (Name::new("sys"), Self::Sys),
        (Name::new("code"), Self::Code),
        (Name::new("data"), Self::Data),
    ];

    /// Passes over a name and its colon; says which member it is, if an envelope has one of that name.
    #[inline(always)]
    pub(crate) fn read(r: &mut Reader<'_>) -> Result<Option<Self>, Malformed> {
        r.go_to_name()?;
        let start = word(r.json(), r.at() + 1);
        for (name, member) in &Self::ALL {
            if start & name.mask == name.word {
                r.seek(r.at() + name.behind);
                r.colon()?;
                r.space();
                return Ok(Some(*member));
            }
        }
        let name = r.member()?;
        Ok(Self::ALL.iter().find(|(known, _)| name.is(known.text)).map(|(_, member)| *member))
    }
}

/// A name that fits a word with its closing quote.
struct Name {
    text: &'static str,
    /// Both as a word, the bits that count, and how far it is from one quote to behind the other.
    word: u64,
    mask: u64,
    behind: u32,
}

impl Name {
    const fn new(text: &'static str) -> Self {
        let (mut word, mut mask, mut place) = (0, 0, 0);
        while place <= text.len() {
            let byte = if place < text.len() { text.as_bytes()[place] } else { b'"' };
            word |= (byte as u64) << (8 * place);
            mask |= 0xFF << (8 * place);
            place += 1;
        }
        Self { text, word, mask, behind: offset(text.len() + 2) }
    }
}

impl Checker<'_> {
    /// Checks a whole message, envelope and all, reading it once: `payload` (known from the topic) is what its `params` are, or
    /// its `data` if that is [`Payload::ServiceOutput`]. Offsets count from the start of the message; paths start in the body.
    ///
    /// ```
    /// use thing_model::{Checker, Count, Limits, Model, Outcome, Payload, WallClock};
    /// # let tsl = include_bytes!("../../vectors/tsl/lamp.json");
    /// let model = Model::compile(tsl, &Limits::current())?;
    /// let message = br#"{"id":"7","version":"1.0","params":{"Brightness":60}}"#;
    /// let (outcome, envelope) = Checker::new(&model)
    ///     .check_message(Payload::PropertyPost, message, WallClock::UNKNOWN, &mut Count::default())?;
    /// assert_eq!(outcome, Outcome::Valid);
    /// assert_eq!(envelope.id, Some(&b"\"7\""[..]));
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The message is not JSON (or longer or deeper than the options allow).
    pub fn check_message<'a>(
        &mut self,
        payload: Payload<'_>,
        json: &'a [u8],
        now: WallClock,
        sink: &mut dyn Sink,
    ) -> Result<(Outcome, Envelope<'a>), Malformed> {
        let mut envelope = Envelope::default();
        let outcome = self.run(payload, json, now, sink, None, Some(&mut envelope))?;
        Ok((outcome, envelope))
    }
}
