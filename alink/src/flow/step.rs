//! What a flow hands back: a message to send, an event, or both.

use alloc::{boxed::Box, vec::Vec};
use core::ops::Range;

use crate::envelope::Id;
use crate::error::{Error, Fault, Rule};
use crate::name::DeviceId;
use crate::out::Out;
use crate::topic::Topic;
use crate::write::Json;

/// A message to publish, as ranges of what the call has appended to its output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    /// The topic, counted from where the output stood before the call.
    pub topic: Range<usize>,
    /// The payload, counted likewise.
    pub payload: Range<usize>,
    /// The quality of service the platform wants for it: 0 or 1.
    pub qos: u8,
}

impl Send {
    /// Topic and payload, given what the call has appended.
    #[must_use]
    pub fn split<'o>(&self, appended: &'o [u8]) -> (&'o str, &'o [u8]) {
        let part = |range: &Range<usize>| appended.get(range.clone()).unwrap_or_default();
        (core::str::from_utf8(part(&self.topic)).unwrap_or_default(), part(&self.payload))
    }
}

/// A request on its way: what to publish, and the id its answer will carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The id of the request.
    pub id: Id,
    /// The message to publish.
    pub send: Send,
}

/// What one input led to: at most one message and at most one event.
#[derive(Clone, Debug, PartialEq)]
pub struct Step<E> {
    /// A message to publish.
    pub send: Option<Send>,
    /// Something for the application.
    pub event: Option<E>,
}

impl<E> Step<E> {
    pub(crate) const NOTHING: Self = Self { send: None, event: None };

    pub(crate) fn event(event: E) -> Self {
        Self { send: None, event: Some(event) }
    }
}

/// The names of the device a flow speaks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Own {
    product_key: Box<str>,
    device_name: Box<str>,
}

impl Own {
    pub(crate) fn id(&self) -> DeviceId<'_> {
        DeviceId::trusted(&self.product_key, &self.device_name)
    }
}

impl From<DeviceId<'_>> for Own {
    fn from(id: DeviceId<'_>) -> Self {
        Self { product_key: id.product_key().into(), device_name: id.device_name().into() }
    }
}

/// Builds messages in a buffer it keeps, so that they reach the output whole or not at all.
#[derive(Clone, Debug)]
pub(crate) struct Builder {
    buffer: Vec<u8>,
    max_payload: usize,
}

impl Builder {
    pub(crate) fn new(max_payload: usize) -> Self {
        Self { buffer: Vec::new(), max_payload }
    }

    /// The buffer, emptied.
    #[cfg(feature = "model")]
    pub(crate) fn scratch(&mut self) -> &mut Vec<u8> {
        self.buffer.clear();
        &mut self.buffer
    }

    /// A message on `topic`.
    pub(crate) fn message(
        &mut self,
        topic: &Topic<'_>,
        body: &impl Json,
        qos: u8,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Send, Error> {
        self.written(topic, |buffer| body.append(buffer), qos, out)
    }

    /// A message whose payload `body` appends.
    pub(crate) fn written(
        &mut self,
        topic: &Topic<'_>,
        body: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
        qos: u8,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Send, Error> {
        self.buffer.clear();
        topic.write(&mut self.buffer)?;
        self.finish(body, qos, out)
    }

    /// A message on a topic that is text already.
    pub(crate) fn answer(
        &mut self,
        topic: &[u8],
        body: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Send, Error> {
        self.buffer.clear();
        self.buffer.extend_from_slice(topic);
        self.finish(body, 0, out)
    }

    /// A message whose payload is no JSON.
    pub(crate) fn binary(
        &mut self,
        topic: &Topic<'_>,
        parts: &[&[u8]],
        qos: u8,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Send, Error> {
        let body = |buffer: &mut Vec<u8>| {
            parts.iter().for_each(|part| buffer.extend_from_slice(part));
            Ok(())
        };
        self.written(topic, body, qos, out)
    }

    fn finish(
        &mut self,
        body: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
        qos: u8,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Send, Error> {
        let end = self.buffer.len();
        body(&mut self.buffer)?;
        let needed = self.buffer.len();
        if needed - end > self.max_payload {
            return Err(Fault::new(Rule::PayloadTooLarge, self.max_payload).into());
        }
        if needed > out.room() {
            return Err(Error::NoRoom { needed });
        }
        out.put(&self.buffer);
        Ok(Send { topic: 0..end, payload: end..needed, qos })
    }
}
