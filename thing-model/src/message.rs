//! Whole messages: the envelope read and the body in it checked, in the same pass.

use crate::check::{Checker, Outcome, Payload};
use crate::json::Malformed;
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
    /// The member of that name, if an envelope has one.
    pub(crate) const fn member(&mut self, name: &[u8]) -> Option<&mut Option<&'a [u8]>> {
        Some(match name {
            b"id" => &mut self.id,
            b"version" => &mut self.version,
            b"method" => &mut self.method,
            b"sys" => &mut self.sys,
            b"code" => &mut self.code,
            b"params" => &mut self.params,
            b"data" => &mut self.data,
            _ => return None,
        })
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
