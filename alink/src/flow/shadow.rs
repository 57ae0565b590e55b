//! The shadow, seen from its device.

use core::time::Duration;

use super::device::Device;
use super::step::Send;
use crate::error::{Error, Fault, Rule};
use crate::json::RawJson;
use crate::message::shadow::{RESET, ShadowReply, ShadowRequest};
use crate::out::Out;
use crate::table::Kind;
use crate::topic::Topic;

/// One request at a time, for answers have no id. The version counts up with each update; after a
/// conflict, or a time away, the document is fetched before anything else.
#[derive(Clone, Debug, Default)]
pub(super) struct Shadow {
    /// The version last heard of.
    version: i64,
    waiting: Option<Waiting>,
    /// The version is not to be trusted; fetch the document.
    is_stale: bool,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    /// What the version will be if the request is taken.
    version: Option<i64>,
    deadline: Duration,
}

impl Shadow {
    pub(super) fn reply<'a>(&mut self, payload: &'a [u8]) -> Result<ShadowReply<'a>, Fault> {
        let reply = ShadowReply::parse(payload)?;
        if let ShadowReply::Control(document) = reply {
            self.version = self.version.max(document.version);
            return Ok(reply);
        }
        let waiting = self.waiting.ok_or(Fault::new(Rule::IdNotPending, 0))?;
        match reply {
            ShadowReply::Document(document) if waiting.version.is_none() => {
                (self.version, self.is_stale) = (document.version, false);
            }
            ShadowReply::Success { version, .. } if waiting.version.is_some() => {
                self.version = version.or(waiting.version).unwrap_or(self.version);
            }
            ShadowReply::Error { code, .. } => {
                self.is_stale = waiting.version.is_some() && code == Rule::ShadowVersionConflict.code();
            }
            _ => return Err(Fault::new(Rule::IdNotPending, 0)),
        }
        self.waiting = None;
        Ok(reply)
    }

    pub(super) fn is_stale(&self) -> bool {
        self.is_stale && self.waiting.is_none()
    }

    pub(super) fn next_timeout(&self) -> Option<Duration> {
        let waiting = self.waiting.map(|waiting| waiting.deadline);
        waiting.or(self.is_stale.then_some(Duration::ZERO))
    }

    /// No answer came: whether an update was taken is not known.
    pub(super) fn expire(&mut self, now: Duration) -> bool {
        let lost = self.waiting.take_if(|waiting| waiting.deadline <= now);
        self.is_stale |= lost.is_some_and(|lost| lost.version.is_some());
        lost.is_some()
    }
}

impl Device {
    /// Fetches the shadow: what was wished while the device was away is among its desired values.
    ///
    /// # Errors
    /// [`Error::Later`] while a request to the shadow is open, [`Error::NoRoom`].
    pub fn shadow_get(&mut self, now: Duration, out: &mut (impl Out + ?Sized)) -> Result<Send, Error> {
        self.shadow_request(now, &ShadowRequest::Get, None, out)
    }

    /// Reports state to the shadow under the next version. With `clear_desired`, what was wished has
    /// been done.
    ///
    /// # Errors
    /// [`Error::Later`] while a request to the shadow is open or its version is to be fetched first,
    /// [`Error::Message`] for a state the platform would refuse, [`Error::NoRoom`].
    pub fn shadow_report(
        &mut self,
        now: Duration,
        reported: Option<RawJson<'_>>,
        clear_desired: bool,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Send, Error> {
        let version = self.next_shadow_version()?;
        self.shadow_request(
            now,
            &ShadowRequest::Update { reported, clear_desired, version },
            Some(version),
            out,
        )
    }

    /// Deletes attributes of the shadow, those set to the string `null`, or all.
    ///
    /// # Errors
    /// As for [`shadow_report`](Self::shadow_report).
    pub fn shadow_delete(
        &mut self,
        now: Duration,
        reported: Option<RawJson<'_>>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Send, Error> {
        let version = self.next_shadow_version()?;
        self.shadow_request(now, &ShadowRequest::Delete { reported, version }, Some(version), out)
    }

    /// Sets the version of the shadow back to 0, with a report.
    ///
    /// # Errors
    /// As for [`shadow_report`](Self::shadow_report).
    pub fn shadow_reset(
        &mut self,
        now: Duration,
        reported: RawJson<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Send, Error> {
        let update = ShadowRequest::Update { reported: Some(reported), clear_desired: false, version: RESET };
        self.shadow_request(now, &update, Some(0), out)
    }

    /// The connection is there again after a time away: what the shadow was asked before is answered
    /// no more, and the document is fetched at once.
    pub fn shadow_reconnected(&mut self) {
        (self.shadow.waiting, self.shadow.is_stale) = (None, true);
    }

    /// The version of the shadow last heard of.
    #[must_use]
    pub fn shadow_version(&self) -> i64 {
        self.shadow.version
    }

    fn next_shadow_version(&self) -> Result<i64, Error> {
        if self.shadow.is_stale { Err(Error::Later) } else { Ok(self.shadow.version.saturating_add(1)) }
    }

    fn shadow_request(
        &mut self,
        now: Duration,
        request: &ShadowRequest<'_>,
        version: Option<i64>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Send, Error> {
        if self.shadow.waiting.is_some() {
            return Err(Error::Later);
        }
        let topic = Topic::made(Kind::Shadow, self.own.id(), "");
        let send = self.asker.builder.message(&topic, request, 1, out)?;
        let deadline = now.saturating_add(self.asker.config.request_timeout);
        self.shadow.waiting = Some(Waiting { version, deadline });
        Ok(send)
    }
}
