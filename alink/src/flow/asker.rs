//! Asking: ids, envelopes, and the table of what waits for an answer.

use alloc::vec::Vec;
use core::time::Duration;

use super::config::Config;
use super::pending::Pending;
use super::step::{Builder, Sent};
use crate::envelope::{Id, Method, Request};
use crate::error::Error;
use crate::out::Out;
use crate::topic::Topic;
use crate::write::Json;

/// The asking half that devices and gateways share.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    pub(crate) config: Config,
    pub(crate) builder: Builder,
    pub(crate) pending: Pending,
}

impl Asker {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config,
            builder: Builder::new(config.max_payload),
            pending: Pending::new(config.max_pending, config.first_id),
        }
    }

    /// Sends a request; with `answer` it waits among the pending ones, without it says so.
    pub(crate) fn ask(
        &mut self,
        now: Duration,
        topic: &Topic<'_>,
        params: &impl Json,
        answer: bool,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Sent, Error> {
        let has_reply = topic.kind().has_reply();
        let ack = if answer { self.config.ack } else { Some(false) }.filter(|_| has_reply);
        let awaited = has_reply && ack != Some(false);
        if awaited && !self.pending.has_room() {
            return Err(Error::Later);
        }
        let id = self.pending.next_id();
        let method = Method::of(topic).filter(|_| self.config.method);
        let request = Request { ack, method, ..Request::new(topic, id, params) };
        let send = self.builder.message(topic, &request, 0, out)?;
        if awaited {
            self.pending.insert(id, topic.kind(), now.saturating_add(self.config.request_timeout));
        } else {
            self.pending.used(id);
        }
        Ok(Sent { id, send })
    }

    /// Sends a request that is no JSON, to be written by `body`; its answer is awaited.
    pub(crate) fn ask_framed(
        &mut self,
        now: Duration,
        topic: &Topic<'_>,
        out: &mut (impl Out + ?Sized),
        body: impl FnOnce(Id, &mut Vec<u8>) -> Result<(), Error>,
    ) -> Result<Sent, Error> {
        if !self.pending.has_room() {
            return Err(Error::Later);
        }
        let id = self.pending.next_id();
        let send = self.builder.written(topic, |buffer| body(id, buffer), 0, out)?;
        self.pending.insert(id, topic.kind(), now.saturating_add(self.config.request_timeout));
        Ok(Sent { id, send })
    }
}
