//! A PUBLISH as it goes over one connection, or into the store: a stored or published packet with the topic alias and
//! the expiry interval that belong there, whatever its own properties say.

use super::alias::Alias;
use crate::write::{LONGEST_HEADER, MAX_REMAINING, frame_len, number_len, put_field, put_header, put_number};
use crate::{EncodeError, Out, Property, Publish, Record, SliceOut, Version};

/// See the module. Only 5.0 has anything to replace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wire<'a> {
    pub(crate) publish: Publish<'a>,
    pub(crate) alias: Option<Alias>,
    pub(crate) expiry: Option<u32>,
}

impl<'a> Wire<'a> {
    /// As the first to send it would have it: no repetition, the full topic, no alias.
    pub(crate) fn canonical(publish: Publish<'a>) -> Self {
        Self { publish: Publish { dup: false, ..publish }, alias: None, expiry: None }
    }

    /// Bytes of the packet with a payload of `payload_len` bytes.
    #[inline(always)]
    pub(crate) fn len(&self, version: Version, payload_len: usize) -> Result<usize, EncodeError> {
        frame_len(self.remaining(version, payload_len)?)
    }

    /// Appends all but the payload, and returns how many bytes that is.
    #[inline(always)]
    pub(crate) fn encode_head(
        &self,
        version: Version,
        payload_len: usize,
        out: &mut (impl Out + ?Sized),
    ) -> Result<usize, EncodeError> {
        if self.is_plain(version) {
            return self.publish.encode_head(version, payload_len, out);
        }
        self.encode_replaced(version, payload_len, out)
    }

    fn encode_replaced(
        self,
        version: Version,
        payload_len: usize,
        out: &mut (impl Out + ?Sized),
    ) -> Result<usize, EncodeError> {
        let remaining = self.remaining(version, payload_len)?;
        let needed = frame_len(remaining)? - payload_len;
        if out.room() < needed {
            return Err(EncodeError::NoRoom { needed });
        }
        put_header(self.publish.first_byte(), remaining, out);
        put_field(if self.drops_topic() { &[] } else { self.publish.topic.as_bytes() }, out);
        if let Some(id) = self.publish.qos.packet_id() {
            out.put(&id.get().to_be_bytes());
        }
        put_number(self.properties_len(), out);
        for property in self.properties() {
            property.put(out);
        }
        Ok(needed)
    }

    /// Whether the packet goes out as it is.
    #[inline]
    fn is_plain(&self, version: Version) -> bool {
        let unchanged = self.alias.is_none() && self.expiry.is_none();
        version == Version::V311 || (unchanged && !self.publish.properties.has_topic_alias())
    }

    /// The remaining length. A head that breaks a rule is an error here.
    #[inline(always)]
    fn remaining(&self, version: Version, payload_len: usize) -> Result<usize, EncodeError> {
        let head = self.publish.head_len(version)?;
        if self.is_plain(version) {
            return Ok(head.saturating_add(payload_len));
        }
        Ok(self.replaced_len().saturating_add(payload_len))
    }

    fn replaced_len(self) -> usize {
        let topic = if self.drops_topic() { 0 } else { self.publish.topic.as_bytes().len() };
        let id = if self.publish.qos.packet_id().is_some() { 2 } else { 0 };
        let properties = self.properties_len();
        2 + topic + id + number_len(properties) + properties
    }

    fn properties_len(&self) -> usize {
        self.properties().map(|property| property.encoded_len()).sum()
    }

    fn drops_topic(&self) -> bool {
        matches!(self.alias, Some(Alias::Known(_)))
    }

    fn properties(&self) -> impl Iterator<Item = Property<'a>> {
        let alias = self.alias.map(|(Alias::Known(alias) | Alias::New(alias))| Property::TopicAlias(alias));
        let expiry = self.expiry;
        self.publish
            .properties
            .iter()
            .filter(|property| !matches!(property, Property::TopicAlias(_)))
            .map(move |property| match (property, expiry) {
                (Property::MessageExpiryInterval(_), Some(left)) => Property::MessageExpiryInterval(left),
                (property, _) => property,
            })
            .chain(alias)
    }
}

/// Bytes of the longest head that is encoded only once.
pub(crate) const SHORT_HEAD: usize = 128;

/// The head of a message without properties as its record has it, encoded once for the store and the wire.
pub(crate) struct Head<'a> {
    bytes: &'a [u8],
    /// Bytes of it before the topic.
    header: usize,
    payload: &'a [u8],
}

impl<'a> Head<'a> {
    /// `None`: it is too long, or there can be no such record.
    #[inline(always)]
    pub(crate) fn encode(publish: &Publish<'a>, memory: &'a mut [u8; SHORT_HEAD]) -> Option<Self> {
        let body = publish.head_len(Version::V5).ok()?;
        let remaining = body.saturating_add(publish.payload.len());
        if remaining > MAX_REMAINING || body > SHORT_HEAD - LONGEST_HEADER {
            return None;
        }
        let mut out = SliceOut::new(memory);
        let header = publish.put_head(Version::V5, remaining, &mut out);
        Some(Self { bytes: out.into_written(), header, payload: publish.payload })
    }

    /// The record, payload included.
    #[inline(always)]
    pub(crate) fn record(&self) -> Record<'a> {
        Record::Encoded { head: self.bytes, payload: self.payload }
    }

    /// Bytes of the packet on a connection of that version, payload included.
    #[inline(always)]
    pub(crate) fn packet_len(&self, version: Version) -> usize {
        if version == Version::V5 {
            return self.bytes.len() + self.payload.len();
        }
        let remaining = self.bytes.len() - self.header - 1 + self.payload.len();
        1 + number_len(remaining) + remaining
    }

    /// Appends it as it goes over a connection of that version.
    #[inline(always)]
    pub(crate) fn put(&self, version: Version, out: &mut (impl Out + ?Sized)) {
        if version == Version::V5 {
            return out.put(self.bytes);
        }
        // In 3.1.1 there are no properties, so here they are a zero at the end.
        if let ([first, ..], Some([body @ .., _])) = (self.bytes, self.bytes.get(self.header..)) {
            put_header(*first, body.len() + self.payload.len(), out);
            out.put(body);
        }
    }
}
