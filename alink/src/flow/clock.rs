//! The time of the platform, on the clock of the device.

use core::time::Duration;

use crate::envelope::Id;
use crate::error::{Error, Fault, Rule};
use crate::json::RawJson;
use crate::list::Read as _;
use crate::message::ntp::{NtpReply, NtpRequest};

/// One question at a time: an answer has no id, only the time at which its question was sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock {
    /// What was asked, and how long to wait.
    asked: Option<(NtpRequest, Duration)>,
    /// Milliseconds of UTC, and when it was so.
    set: Option<(u64, Duration)>,
}

impl Clock {
    pub(super) fn question(&self, now: Duration) -> Result<NtpRequest, Error> {
        if self.asked.is_some() {
            return Err(Error::Later);
        }
        Ok(NtpRequest { device_send: milliseconds(now).into() })
    }

    pub(super) fn asked(&mut self, question: NtpRequest, deadline: Duration) {
        self.asked = Some((question, deadline));
    }

    pub(super) fn reply(&mut self, now: Duration, payload: &[u8]) -> Result<u64, Fault> {
        let reply = NtpReply::read(RawJson::parse(payload)?)?;
        self.asked
            .take_if(|(question, _)| question.device_send == reply.device_send)
            .ok_or(Fault::new(Rule::IdNotPending, 0))?;
        let utc = reply.now(milliseconds(now)).ok_or(Fault::new(Rule::NumberOutOfRange, 0))?;
        self.set = Some((utc, now));
        Ok(utc)
    }

    pub(super) fn utc(&self, now: Duration) -> Option<u64> {
        let (utc, at) = self.set?;
        utc.checked_add(milliseconds(now.saturating_sub(at)))
    }

    pub(super) fn next_timeout(&self) -> Option<Duration> {
        self.asked.map(|(_, deadline)| deadline)
    }

    pub(super) fn expire(&mut self, now: Duration) -> Option<Id> {
        let (question, _) = self.asked.take_if(|(_, deadline)| *deadline <= now)?;
        Some(Id(question.device_send.0))
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
