//! PUBLISH: an application message (§3.3).
//!
//! ```text
//! flags              DUP, QoS (2 bits), retain
//! topic name         5.0: may be empty if a topic alias stands for it
//! packet identifier  at QoS 1 and 2 only
//! properties         5.0
//! payload            the rest
//! ```

use crate::config::{Leniency, Role, Rules, Version};
use crate::cursor::Cursor;
use crate::error::{DecodeError, EncodeError};
use crate::frame::PacketType;
use crate::out::Out;
use crate::packet::Packet;
use crate::properties::Properties;
use crate::qos::Delivery;
use crate::rule::Rule;
use crate::topic::TopicName;
use crate::write::{check_room, frame_len, put_header_and_len};

/// PUBLISH.
///
/// ```
/// use mqtt_codec::{Delivery, PacketId, Publish, SliceOut, TopicName, Version};
///
/// let mut publish = Publish::new(TopicName::new("a/b")?, b"data");
/// publish.qos = Delivery::AtLeastOnce(PacketId::MIN);
/// let mut buffer = [0; 16];
/// let mut out = SliceOut::new(&mut buffer);
/// publish.encode(Version::V311, &mut out)?;
/// assert_eq!(out.written(), b"\x32\x0b\x00\x03a/b\x00\x01data");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Publish<'a> {
    /// Whether it may have been sent before; never at QoS 0.
    pub dup: bool,
    /// The quality of service, with the packet identifier where there is one.
    pub qos: Delivery,
    /// To the server: keep it. From the server: it was kept.
    pub retain: bool,
    /// Where it is published; [`TopicName::ALIASED`] if the topic alias among the properties says so.
    pub topic: TopicName<'a>,
    /// Properties of 5.0.
    pub properties: Properties<'a>,
    /// The message itself.
    pub payload: &'a [u8],
}

impl TopicName<'_> {
    /// The empty name in a PUBLISH whose topic alias stands for the name (§3.3.2.3.4).
    pub const ALIASED: Self = TopicName::from_scanned(&[]);

    /// Whether this is [`Self::ALIASED`].
    #[inline]
    pub const fn is_aliased(&self) -> bool {
        self.as_bytes().is_empty()
    }
}

impl<'a> Publish<'a> {
    /// A message at QoS 0, not retained, without properties.
    pub const fn new(topic: TopicName<'a>, payload: &'a [u8]) -> Self {
        Self {
            dup: false,
            qos: Delivery::AtMostOnce,
            retain: false,
            topic,
            properties: Properties::EMPTY,
            payload,
        }
    }

    /// Bytes the packet takes.
    ///
    /// # Errors
    /// The rule by which there is no such packet.
    pub fn encoded_len(&self, version: Version) -> Result<usize, EncodeError> {
        self.check_payload()?;
        frame_len(self.head_len(version)?.saturating_add(self.payload.len()))
    }

    /// Appends the packet to `out` and returns its length.
    ///
    /// # Errors
    /// [`EncodeError::NoRoom`], or the rule by which there is no such packet; `out` is then unchanged.
    #[inline(always)]
    pub fn encode(&self, version: Version, out: &mut (impl Out + ?Sized)) -> Result<usize, EncodeError> {
        self.check_payload()?;
        let remaining = self.head_len(version)? + self.payload.len();
        check_room(out.room(), remaining, 0)?;
        let header = self.put_head(version, remaining, out);
        out.put(self.payload);
        Ok(header + remaining)
    }

    /// Appends all of the packet but its payload, and returns how many bytes that is. The payload has `payload_len` bytes
    /// and is the caller's to send next: in one vectored write with the head, or in pieces as they come.
    ///
    /// `self.payload` is not looked at.
    ///
    /// # Errors
    /// As [`Self::encode`].
    ///
    /// ```
    /// use mqtt_codec::{Publish, SliceOut, TopicName, Version};
    ///
    /// let image = vec![0; 100_000];
    /// let publish = Publish::new(TopicName::new("pump-7/firmware")?, &image);
    /// let mut buffer = [0; 32];
    /// let mut head = SliceOut::new(&mut buffer);
    /// publish.encode_head(Version::V311, image.len(), &mut head)?;
    /// assert_eq!(head.written(), b"\x30\xb1\x8d\x06\x00\x0fpump-7/firmware");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline(always)]
    pub fn encode_head(
        &self,
        version: Version,
        payload_len: usize,
        out: &mut (impl Out + ?Sized),
    ) -> Result<usize, EncodeError> {
        // Saturated, it is more than any packet may have.
        let remaining = self.head_len(version)?.saturating_add(payload_len);
        check_room(out.room(), remaining, payload_len)?;
        let header = self.put_head(version, remaining, out);
        Ok(header + remaining - payload_len)
    }

    /// Writes all but the payload, and returns the length of the fixed header.
    #[inline(always)]
    pub(crate) fn put_head(
        &self,
        version: Version,
        remaining: usize,
        out: &mut (impl Out + ?Sized),
    ) -> usize {
        let topic = self.topic.as_bytes();
        let header = put_header_and_len(self.first_byte(), remaining, topic, out);
        out.put(topic);
        if let Some(id) = self.qos.packet_id() {
            out.put(&id.get().to_be_bytes());
        }
        self.properties.put(version, out);
        header
    }

    /// Reads the body. It makes a [`Packet`] itself, so that the one most frequent is written once, into its place.
    #[inline]
    pub(crate) fn read(first: u8, start: Cursor<'a>, rules: &Rules) -> Result<Packet<'a>, DecodeError> {
        let mut c = start;
        let version = c.version(rules)?;
        let fields = Fields::read(first, &mut c, rules)?;
        if version == Version::V5 && !c.skip_zero() {
            return Self::read_long(fields, start, c, rules);
        }
        // Without properties there is no alias for an empty name.
        if fields.topic.is_aliased() {
            return Err(start.fail(empty_topic(version)));
        }
        let payload = c.rest();
        if payload.len() > rules.limits.payload as usize {
            return Err(c.fail(Rule::PayloadTooLarge));
        }
        let Fields { dup, qos, retain, topic } = fields;
        Ok(Packet::Publish(Self { dup, qos, retain, topic, properties: Properties::none(), payload }))
    }

    #[inline(never)]
    fn read_long(
        fields: Fields<'a>,
        start: Cursor<'a>,
        mut c: Cursor<'a>,
        rules: &Rules,
    ) -> Result<Packet<'a>, DecodeError> {
        let properties = Properties::read(&mut c, rules)?;
        let head = fields.with(properties, start, Version::V5, rules)?;
        let payload = c.rest();
        if payload.len() > rules.limits.payload as usize {
            return Err(c.fail(Rule::PayloadTooLarge));
        }
        if head.properties.is_payload_text()
            && !rules.leniency.has(Leniency::PAYLOAD_FORMAT)
            && let Err(error) = core::str::from_utf8(payload)
        {
            let at = c.offset() + error.valid_up_to();
            return Err(DecodeError::new(Rule::PayloadFormat, Some(PacketType::Publish), at));
        }
        Ok(Packet::Publish(Self { payload, ..head }))
    }

    /// Reads all but the payload, and leaves the cursor at it.
    pub(crate) fn read_head(first: u8, c: &mut Cursor<'a>, rules: &Rules) -> Result<Self, DecodeError> {
        let start = *c;
        let version = c.version(rules)?;
        let fields = Fields::read(first, c, rules)?;
        let properties = match version {
            Version::V311 => Properties::none(),
            Version::V5 => Properties::read(c, rules)?,
        };
        fields.with(properties, start, version, rules)
    }

    /// The remaining length without the payload.
    #[inline(always)]
    pub(crate) fn head_len(&self, version: Version) -> Result<usize, EncodeError> {
        let id = if self.qos == Delivery::AtMostOnce {
            if self.dup {
                return Err(Rule::DupAtQos0.into());
            }
            0
        } else {
            2
        };
        if self.topic.is_aliased() && !self.properties.has_topic_alias() {
            return Err(Rule::TopicMissing.into());
        }
        let properties = self.properties.encoded_len(version, PacketType::Publish)?;
        // A topic name is made with at most 65,535 bytes.
        Ok(2 + self.topic.as_bytes().len() + id + properties)
    }

    #[inline]
    fn check_payload(&self) -> Result<(), EncodeError> {
        if self.properties.is_payload_text() && core::str::from_utf8(self.payload).is_err() {
            return Err(Rule::PayloadFormat.into());
        }
        Ok(())
    }

    #[inline]
    pub(crate) fn first_byte(&self) -> u8 {
        PacketType::Publish.first_byte()
            | u8::from(self.dup) << 3
            | self.qos.qos().level() << 1
            | u8::from(self.retain)
    }
}

/// What stands before the properties.
#[derive(Clone, Copy)]
struct Fields<'a> {
    dup: bool,
    qos: Delivery,
    retain: bool,
    topic: TopicName<'a>,
}

impl<'a> Fields<'a> {
    #[inline(always)]
    fn read(first: u8, c: &mut Cursor<'a>, rules: &Rules) -> Result<Self, DecodeError> {
        let mut dup = first & 0b1000 != 0;
        if first & 0b1110 == 0b1000 {
            if !rules.leniency.has(Leniency::DUP_AT_QOS_0) {
                return Err(DecodeError::new(Rule::DupAtQos0, Some(PacketType::Publish), 0));
            }
            dup = false;
        }
        if c.rest().len() < 2 {
            return Err(c.fail(Rule::TopicCut));
        }
        let topic = c.name(Rule::FieldCut, Rule::TopicWildcard)?;
        let qos = match first & 0b0110 {
            0b0000 => Delivery::AtMostOnce,
            0b0110 => return Err(DecodeError::new(Rule::PublishQos, Some(PacketType::Publish), 0)),
            qos => {
                let id = c.packet_id()?;
                if qos == 0b0010 { Delivery::AtLeastOnce(id) } else { Delivery::ExactlyOnce(id) }
            }
        };
        Ok(Self { dup, qos, retain: first & 1 != 0, topic })
    }

    /// The packet with these properties, its payload still to come.
    fn with(
        self,
        properties: Properties<'a>,
        start: Cursor<'a>,
        version: Version,
        rules: &Rules,
    ) -> Result<Publish<'a>, DecodeError> {
        let Self { dup, qos, retain, topic } = self;
        if topic.is_aliased() && !properties.has_topic_alias() {
            return Err(start.fail(empty_topic(version)));
        }
        if rules.from == Some(Role::Client) && properties.has_subscription_id() {
            return Err(start.fail(Rule::SubscriptionIdSender)); // [MQTT-3.3.4-6]
        }
        Ok(Publish { dup, qos, retain, topic, properties, payload: &[] })
    }
}

/// The rule an empty topic name breaks that no alias stands for.
const fn empty_topic(version: Version) -> Rule {
    match version {
        Version::V311 => Rule::TopicEmpty,
        Version::V5 => Rule::TopicMissing,
    }
}
