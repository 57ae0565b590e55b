//! UNSUBSCRIBE: a client unsubscribes (§3.10).
//!
//! ```text
//! packet identifier
//! properties         5.0
//! topic filter       at least one
//! ```

use crate::config::{Rules, Version};
use crate::cursor::Cursor;
use crate::entries::Entries;
use crate::error::{DecodeError, EncodeError};
use crate::filter::TopicFilter;
use crate::frame::PacketType;
use crate::out::Out;
use crate::properties::Properties;
use crate::qos::PacketId;
use crate::rule::Rule;
use crate::subscribe::{read_filter, take_filter};
use crate::write::{Body, put_field};

/// UNSUBSCRIBE.
///
/// ```
/// use mqtt_codec::{Filters, Packet, PacketId, Properties, SliceOut, TopicFilter, Unsubscribe, Version};
///
/// let filters = [TopicFilter::new("pump-7/+")?];
/// let unsubscribe = Unsubscribe {
///     packet_id: PacketId::MIN,
///     properties: Properties::EMPTY,
///     filters: Filters::new(&filters)?,
/// };
/// let mut buffer = [0; 32];
/// let mut out = SliceOut::new(&mut buffer);
/// Packet::Unsubscribe(unsubscribe).encode(Version::V311, &mut out)?;
/// assert_eq!(out.written(), b"\xa2\x0c\x00\x01\x00\x08pump-7/+");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Unsubscribe<'a> {
    /// The identifier UNSUBACK answers with.
    pub packet_id: PacketId,
    /// Properties of 5.0.
    pub properties: Properties<'a>,
    /// The subscriptions to remove, by their filters.
    pub filters: Filters<'a>,
}

/// The filters of one UNSUBSCRIBE: at least one, checked when made.
#[derive(Clone, Copy, Debug)]
pub struct Filters<'a>(Entries<'a, TopicFilter<'a>>);

impl<'a> Filters<'a> {
    /// Checks a list of filters.
    ///
    /// # Errors
    /// [`Rule::NoUnsubscribeFilters`].
    pub fn new(list: &'a [TopicFilter<'a>]) -> Result<Self, EncodeError> {
        if list.is_empty() {
            return Err(Rule::NoUnsubscribeFilters.into());
        }
        Ok(Self(Entries::slice(list)))
    }

    /// The filters in order.
    pub fn iter(&self) -> Entries<'a, TopicFilter<'a>> {
        self.0
    }
}

impl<'a> Unsubscribe<'a> {
    pub(crate) fn read(mut c: Cursor<'a>, rules: &Rules) -> Result<Self, DecodeError> {
        let version = c.version(rules)?;
        let packet_id = c.packet_id()?;
        let properties = match version {
            Version::V311 => Properties::none(),
            Version::V5 => Properties::read(&mut c, rules)?,
        };
        let whole = c.rest();
        if whole.is_empty() {
            return Err(c.fail(Rule::NoUnsubscribeFilters)); // [MQTT-3.10.3-2]
        }
        while !c.is_empty() {
            read_filter(&mut c, version)?;
        }
        Ok(Self { packet_id, properties, filters: Filters(Entries::wire(whole, version)) })
    }
}

impl Body for Unsubscribe<'_> {
    fn first_byte(&self) -> u8 {
        PacketType::Unsubscribe.first_byte()
    }

    fn body_len(&self, version: Version) -> Result<usize, EncodeError> {
        let filters: usize = self.filters.iter().map(|filter| 2 + filter.as_bytes().len()).sum();
        Ok(2 + self.properties.encoded_len(version, PacketType::Unsubscribe)? + filters)
    }

    fn put_body(&self, version: Version, out: &mut (impl Out + ?Sized)) {
        out.put(&self.packet_id.get().to_be_bytes());
        self.properties.put(version, out);
        match self.filters.0.as_wire() {
            Some(bytes) => out.put(bytes),
            None => self.filters.iter().for_each(|filter| put_field(filter.as_bytes(), out)),
        }
    }
}

impl<'a> Iterator for Entries<'a, TopicFilter<'a>> {
    type Item = TopicFilter<'a>;

    #[inline]
    fn next(&mut self) -> Option<TopicFilter<'a>> {
        self.advance(take_filter)
    }
}

impl PartialEq for Filters<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Filters<'_> {}

impl<'a> IntoIterator for Filters<'a> {
    type Item = TopicFilter<'a>;
    type IntoIter = Entries<'a, TopicFilter<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
