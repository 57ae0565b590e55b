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
use crate::properties::Properties;
use crate::qos::Delivery;
use crate::rule::Rule;
use crate::text::Flaw;
use crate::topic::TopicName;
use crate::write::{self, Body, frame_len, put_field, put_header};

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
        write::encoded_len(self, version)
    }

    /// Appends the packet to `out` and returns its length.
    ///
    /// # Errors
    /// [`EncodeError::NoRoom`], or the rule by which there is no such packet; `out` is then unchanged.
    #[inline]
    pub fn encode(&self, version: Version, out: &mut (impl Out + ?Sized)) -> Result<usize, EncodeError> {
        write::encode(self, version, out)
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
    /// use mqtt_codec::{Publish, TopicName, Version};
    ///
    /// let image = vec![0; 100_000];
    /// let publish = Publish::new(TopicName::new("pump-7/firmware")?, &image);
    /// let mut head = Vec::new();
    /// publish.encode_head(Version::V311, image.len(), &mut head)?;
    /// assert_eq!(head, b"\x30\xb1\x8d\x06\x00\x0fpump-7/firmware");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn encode_head(
        &self,
        version: Version,
        payload_len: usize,
        out: &mut (impl Out + ?Sized),
    ) -> Result<usize, EncodeError> {
        let head = self.head_len(version)?;
        // Saturated, it is more than any packet may have.
        let remaining = head.saturating_add(payload_len);
        let needed = frame_len(remaining)? - payload_len;
        if out.room() < needed {
            return Err(EncodeError::NoRoom { needed });
        }
        put_header(self.first_byte(), remaining, out);
        self.put_head(version, out);
        Ok(needed)
    }

    /// Reads all but the payload, and leaves the cursor at it.
    #[inline]
    pub(crate) fn read_head(
        first: u8,
        c: &mut Cursor<'a>,
        version: Version,
        rules: &Rules,
    ) -> Result<Self, DecodeError> {
        let start = *c;
        let qos = first >> 1 & 3;
        let mut dup = first & 0b1000 != 0;
        if dup && qos == 0 {
            if !rules.leniency.has(Leniency::DUP_AT_QOS_0) {
                return Err(DecodeError::new(Rule::DupAtQos0, Some(PacketType::Publish), 0));
            }
            dup = false;
        }
        let topic = if c.rest().len() < 2 {
            return Err(c.fail(Rule::TopicCut));
        } else {
            c.name(Rule::FieldCut, Rule::TopicWildcard)?
        };
        let qos = match qos {
            0 => Delivery::AtMostOnce,
            1 => Delivery::AtLeastOnce(c.packet_id()?),
            2 => Delivery::ExactlyOnce(c.packet_id()?),
            _ => return Err(DecodeError::new(Rule::PublishQos, Some(PacketType::Publish), 0)),
        };
        let properties = match version {
            Version::V311 => Properties::EMPTY,
            Version::V5 => Properties::read(c, rules)?,
        };
        if topic.is_aliased() && properties.topic_alias().is_none() {
            let rule = if version == Version::V5 { Rule::TopicMissing } else { Rule::TopicEmpty };
            return Err(start.fail(rule));
        }
        if rules.from == Some(Role::Client) && properties.has_subscription_id() {
            return Err(start.fail(Rule::SubscriptionIdSender)); // [MQTT-3.3.4-6]
        }
        Ok(Self { dup, qos, retain: first & 1 != 0, topic, properties, payload: &[] })
    }

    #[inline]
    pub(crate) fn read(first: u8, mut c: Cursor<'a>, rules: &Rules) -> Result<Self, DecodeError> {
        let version = c.version(rules)?;
        let head = Self::read_head(first, &mut c, version, rules)?;
        let payload = c.rest();
        if payload.len() > rules.limits.payload as usize {
            return Err(c.fail(Rule::PayloadTooLarge));
        }
        if head.properties.is_payload_text() && !rules.leniency.has(Leniency::PAYLOAD_FORMAT) {
            check_text(payload, &c)?;
        }
        Ok(Self { payload, ..head })
    }

    /// The remaining length without the payload.
    #[inline]
    fn head_len(&self, version: Version) -> Result<usize, EncodeError> {
        if self.dup && self.qos == Delivery::AtMostOnce {
            return Err(Rule::DupAtQos0.into());
        }
        if self.topic.is_aliased() && self.properties.topic_alias().is_none() {
            return Err(Rule::TopicMissing.into());
        }
        let id = if self.qos == Delivery::AtMostOnce { 0 } else { 2 };
        let properties = self.properties.encoded_len(version, PacketType::Publish)?;
        // A topic name is made with at most 65,535 bytes.
        Ok(2 + self.topic.as_bytes().len() + id + properties)
    }

    #[inline]
    fn put_head(&self, version: Version, out: &mut (impl Out + ?Sized)) {
        put_field(self.topic.as_bytes(), out);
        if let Some(id) = self.qos.packet_id() {
            out.put(&id.get().to_be_bytes());
        }
        self.properties.put(version, out);
    }
}

#[inline(never)]
fn check_text(payload: &[u8], c: &Cursor<'_>) -> Result<(), DecodeError> {
    match core::str::from_utf8(payload) {
        Ok(_) => Ok(()),
        Err(error) => {
            let flaw = Flaw { rule: Rule::PayloadFormat, at: error.valid_up_to() };
            Err(DecodeError::new(flaw.rule, Some(PacketType::Publish), c.offset() + flaw.at))
        }
    }
}

impl Body for Publish<'_> {
    #[inline]
    fn first_byte(&self) -> u8 {
        PacketType::Publish.first_byte()
            | u8::from(self.dup) << 3
            | self.qos.qos().level() << 1
            | u8::from(self.retain)
    }

    #[inline]
    fn body_len(&self, version: Version) -> Result<usize, EncodeError> {
        let head = self.head_len(version)?;
        if self.properties.is_payload_text() && core::str::from_utf8(self.payload).is_err() {
            return Err(Rule::PayloadFormat.into());
        }
        Ok(head + self.payload.len())
    }

    #[inline]
    fn put_body(&self, version: Version, out: &mut (impl Out + ?Sized)) {
        self.put_head(version, out);
        out.put(self.payload);
    }
}
