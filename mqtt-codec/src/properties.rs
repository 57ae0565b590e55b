//! The properties of a packet (MQTT 5.0 §2.2.2).
//!
//! ```text
//! property length   number of variable length: the bytes that follow
//! identifier        one byte
//! value             of the type that identifier has, and so on
//! ```

use core::fmt;
use core::num::{NonZeroU16, NonZeroU32};

use crate::config::{Rules, Version};
use crate::cursor::Cursor;
use crate::entries::Entries;
use crate::error::{DecodeError, EncodeError};
use crate::frame::PacketType;
use crate::out::Out;
use crate::property::{Kind, Property, WILL, info};
use crate::qos::Qos;
use crate::rule::Rule;
use crate::text::{Secret, Text};
use crate::topic::TopicName;
use crate::write::{number_len, put_number};

/// The properties of one packet. They were checked when they were made, so reading them cannot fail; 3.1.1 has none.
///
/// ```
/// use mqtt_codec::{PacketType, Properties, Property, Rule, Text};
///
/// let unit = Property::UserProperty(Text::new("unit")?, Text::new("kPa")?);
/// let items = [Property::MessageExpiryInterval(60), unit];
/// let properties = Properties::new(PacketType::Publish, &items)?;
/// assert_eq!(properties.message_expiry(), Some(60));
/// assert_eq!(properties.iter().count(), 2);
///
/// let error = Properties::new(PacketType::PubAck, &items).unwrap_err();
/// assert_eq!(error, Rule::MisplacedProperty.into());
/// # Ok::<(), mqtt_codec::EncodeError>(())
/// ```
#[derive(Clone, Copy, Default)]
pub struct Properties<'a>(Option<List<'a>>);

#[derive(Clone, Copy)]
struct List<'a> {
    entries: Entries<'a, Property<'a>>,
    /// The identifiers that occur, a bit each: most look-ups end here.
    seen: u64,
    /// Where they may be put.
    place: u16,
}

impl<'a> Properties<'a> {
    /// No properties; fits every packet.
    pub const EMPTY: Self = Properties(None);

    /// [`Self::EMPTY`], as one store instead of a copy of the constant.
    #[inline]
    pub(crate) const fn none() -> Self {
        Properties(None)
    }

    /// Checks properties for a packet of that type.
    ///
    /// # Errors
    /// The rule broken: [`Rule::MisplacedProperty`], [`Rule::RepeatedProperty`], [`Rule::PropertyValue`],
    /// [`Rule::SubscriptionId`], [`Rule::TopicEmpty`], [`Rule::FieldTooLong`], [`Rule::AuthDataAlone`].
    pub fn new(packet: PacketType, items: &'a [Property<'a>]) -> Result<Self, EncodeError> {
        Self::checked(place_of(packet), items)
    }

    /// Checks properties for the will of a CONNECT (§3.1.3.2).
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn for_will(items: &'a [Property<'a>]) -> Result<Self, EncodeError> {
        Self::checked(WILL, items)
    }

    fn checked(place: u16, items: &'a [Property<'a>]) -> Result<Self, EncodeError> {
        let mut seen = 0;
        for property in items {
            let id = property.id();
            if info(id).is_none_or(|info| info.places & place == 0) {
                return Err(Rule::MisplacedProperty.into());
            }
            if seen & bit(id) != 0 && !may_repeat(id, place) {
                return Err(Rule::RepeatedProperty.into());
            }
            if let Some(rule) = property.flaw() {
                return Err(rule.into());
            }
            seen |= bit(id);
        }
        if is_auth_data_alone(seen) {
            return Err(Rule::AuthDataAlone.into());
        }
        if items.is_empty() {
            return Ok(Self::none());
        }
        Ok(Self(Some(List { entries: Entries::slice(items), seen, place })))
    }

    /// The properties in order.
    #[inline]
    pub fn iter(&self) -> Entries<'a, Property<'a>> {
        self.0.map_or(Entries::slice(&[]), |list| list.entries)
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Seconds after which a message is of no use.
    pub fn message_expiry(&self) -> Option<u32> {
        self.find(0x02, |p| if let Property::MessageExpiryInterval(v) = p { Some(v) } else { None })
    }

    /// Whether the payload is said to be UTF-8; not saying so is saying no.
    #[inline]
    pub fn is_payload_text(&self) -> bool {
        self.has(0x01) && self.payload_format() == Some(true)
    }

    #[inline(never)]
    fn payload_format(&self) -> Option<bool> {
        self.find(0x01, |p| if let Property::PayloadFormatIndicator(v) = p { Some(v) } else { None })
    }

    /// What the payload is.
    pub fn content_type(&self) -> Option<Text<'a>> {
        self.find(0x03, |p| if let Property::ContentType(v) = p { Some(v) } else { None })
    }

    /// Where an answer is expected.
    pub fn response_topic(&self) -> Option<TopicName<'a>> {
        self.find(0x08, |p| if let Property::ResponseTopic(v) = p { Some(v) } else { None })
    }

    /// What tells whose answer it is.
    pub fn correlation_data(&self) -> Option<&'a [u8]> {
        self.find(0x09, |p| if let Property::CorrelationData(v) = p { Some(v) } else { None })
    }

    /// The subscriptions a message is for, or the identifier of a subscription.
    pub fn subscription_ids(&self) -> impl Iterator<Item = NonZeroU32> + Clone + 'a {
        self.iter().filter_map(|p| if let Property::SubscriptionIdentifier(v) = p { Some(v) } else { None })
    }

    /// Seconds the session outlives the connection.
    pub fn session_expiry(&self) -> Option<u32> {
        self.find(0x11, |p| if let Property::SessionExpiryInterval(v) = p { Some(v) } else { None })
    }

    /// The client identifier the server chose.
    pub fn assigned_client_id(&self) -> Option<Text<'a>> {
        self.find(0x12, |p| if let Property::AssignedClientIdentifier(v) = p { Some(v) } else { None })
    }

    /// The keep alive the server wants instead.
    pub fn server_keep_alive(&self) -> Option<u16> {
        self.find(0x13, |p| if let Property::ServerKeepAlive(v) = p { Some(v) } else { None })
    }

    /// The name of the authentication method.
    pub fn authentication_method(&self) -> Option<Text<'a>> {
        self.find(0x15, |p| if let Property::AuthenticationMethod(v) = p { Some(v) } else { None })
    }

    /// The data of the authentication method.
    pub fn authentication_data(&self) -> Option<Secret<'a>> {
        self.find(0x16, |p| if let Property::AuthenticationData(v) = p { Some(v) } else { None })
    }

    /// Whether reason strings and user properties are welcome everywhere; they are unless this says no.
    pub fn request_problem_information(&self) -> Option<bool> {
        self.find(0x17, |p| if let Property::RequestProblemInformation(v) = p { Some(v) } else { None })
    }

    /// Seconds by which a will is held back.
    pub fn will_delay(&self) -> Option<u32> {
        self.find(0x18, |p| if let Property::WillDelayInterval(v) = p { Some(v) } else { None })
    }

    /// Whether the client wants response information.
    pub fn request_response_information(&self) -> Option<bool> {
        self.find(0x19, |p| if let Property::RequestResponseInformation(v) = p { Some(v) } else { None })
    }

    /// What response topics are to be made of.
    pub fn response_information(&self) -> Option<Text<'a>> {
        self.find(0x1A, |p| if let Property::ResponseInformation(v) = p { Some(v) } else { None })
    }

    /// Another server to use.
    pub fn server_reference(&self) -> Option<Text<'a>> {
        self.find(0x1C, |p| if let Property::ServerReference(v) = p { Some(v) } else { None })
    }

    /// The reason in words.
    pub fn reason_string(&self) -> Option<Text<'a>> {
        self.find(0x1F, |p| if let Property::ReasonString(v) = p { Some(v) } else { None })
    }

    /// How many QoS 1 and 2 messages may be unacknowledged.
    pub fn receive_maximum(&self) -> Option<NonZeroU16> {
        self.find(0x21, |p| if let Property::ReceiveMaximum(v) = p { Some(v) } else { None })
    }

    /// The highest topic alias accepted.
    pub fn topic_alias_maximum(&self) -> Option<u16> {
        self.find(0x22, |p| if let Property::TopicAliasMaximum(v) = p { Some(v) } else { None })
    }

    /// The number that stands for the topic name.
    pub fn topic_alias(&self) -> Option<NonZeroU16> {
        self.find(0x23, |p| if let Property::TopicAlias(v) = p { Some(v) } else { None })
    }

    /// The highest quality of service accepted.
    pub fn maximum_qos(&self) -> Option<Qos> {
        self.find(0x24, |p| if let Property::MaximumQos(v) = p { Some(v) } else { None })
    }

    /// Whether retained messages are supported.
    pub fn retain_available(&self) -> Option<bool> {
        self.find(0x25, |p| if let Property::RetainAvailable(v) = p { Some(v) } else { None })
    }

    /// Names and values with the meaning the applications give them; a name may occur more than once.
    pub fn user_properties(&self) -> impl Iterator<Item = (Text<'a>, Text<'a>)> + Clone + 'a {
        self.iter().filter_map(|p| if let Property::UserProperty(k, v) = p { Some((k, v)) } else { None })
    }

    /// The largest packet accepted.
    pub fn maximum_packet_size(&self) -> Option<NonZeroU32> {
        self.find(0x27, |p| if let Property::MaximumPacketSize(v) = p { Some(v) } else { None })
    }

    /// Whether wildcard subscriptions are supported.
    pub fn wildcard_subscription_available(&self) -> Option<bool> {
        self.find(0x28, |p| if let Property::WildcardSubscriptionAvailable(v) = p { Some(v) } else { None })
    }

    /// Whether subscription identifiers are supported.
    pub fn subscription_identifier_available(&self) -> Option<bool> {
        self.find(0x29, |p| if let Property::SubscriptionIdentifierAvailable(v) = p { Some(v) } else { None })
    }

    /// Whether shared subscriptions are supported.
    pub fn shared_subscription_available(&self) -> Option<bool> {
        self.find(0x2A, |p| if let Property::SharedSubscriptionAvailable(v) = p { Some(v) } else { None })
    }

    #[inline]
    fn find<T>(&self, id: u8, pick: impl Fn(Property<'a>) -> Option<T>) -> Option<T> {
        if self.has(id) { self.iter().find_map(pick) } else { None }
    }

    #[inline]
    fn has(&self, id: u8) -> bool {
        self.0.is_some_and(|list| list.seen & bit(id) != 0)
    }

    #[inline]
    pub(crate) fn has_topic_alias(&self) -> bool {
        self.has(0x23)
    }

    #[inline]
    pub(crate) fn has_subscription_id(&self) -> bool {
        self.has(0x0B)
    }

    /// Reads and checks the properties of a packet.
    #[inline]
    pub(crate) fn read(cursor: &mut Cursor<'a>, rules: &Rules) -> Result<Self, DecodeError> {
        Self::read_for(place_of(cursor.packet()), cursor, rules)
    }

    /// Reads and checks the properties of a will.
    #[inline]
    pub(crate) fn read_will(cursor: &mut Cursor<'a>, rules: &Rules) -> Result<Self, DecodeError> {
        Self::read_for(WILL, cursor, rules)
    }

    #[inline]
    fn read_for(place: u16, cursor: &mut Cursor<'a>, rules: &Rules) -> Result<Self, DecodeError> {
        let whole = *cursor;
        let len = cursor.number(Rule::PropertyLength, rules)?;
        if len == 0 {
            return Ok(Self::none());
        }
        let part =
            cursor.part(len as usize, Rule::PropertyLength).map_err(|_| whole.fail(Rule::PropertyLength))?;
        Self::check(place, part, rules)
    }

    #[inline(never)]
    fn check(place: u16, mut part: Cursor<'a>, rules: &Rules) -> Result<Self, DecodeError> {
        let whole = part;
        let mut seen = 0;
        while !part.is_empty() {
            let id = part.u8(Rule::PropertyCut)?;
            let Some(info) = info(id) else { return Err(part.fail_back(Rule::UnknownProperty, 1)) };
            if info.places & place == 0 {
                return Err(part.fail_back(Rule::MisplacedProperty, 1));
            }
            if seen & bit(id) != 0 && !may_repeat(id, place) {
                return Err(part.fail_back(Rule::RepeatedProperty, 1));
            }
            seen |= bit(id);
            check_value(info.kind, &mut part, rules)?;
        }
        if is_auth_data_alone(seen) {
            return Err(whole.fail(Rule::AuthDataAlone));
        }
        Ok(Self(Some(List { entries: Entries::wire(whole.rest(), Version::V5), seen, place })))
    }

    /// Bytes they take with their length, in a packet whose properties have that place.
    #[inline]
    pub(crate) fn encoded_len(&self, version: Version, packet: PacketType) -> Result<usize, EncodeError> {
        self.len_for(version, place_of(packet))
    }

    /// Bytes they take with their length, in a will.
    #[inline]
    pub(crate) fn will_len(&self, version: Version) -> Result<usize, EncodeError> {
        self.len_for(version, WILL)
    }

    #[inline]
    fn len_for(&self, version: Version, place: u16) -> Result<usize, EncodeError> {
        match &self.0 {
            None => Ok(usize::from(version == Version::V5)),
            Some(list) => list.encoded_len(version, place),
        }
    }

    #[inline]
    pub(crate) fn put(&self, version: Version, out: &mut (impl Out + ?Sized)) {
        match &self.0 {
            None if version == Version::V5 => out.put(&[0]),
            None => {}
            Some(list) => list.put(out),
        }
    }
}

impl List<'_> {
    #[inline(never)]
    fn encoded_len(&self, version: Version, place: u16) -> Result<usize, EncodeError> {
        if version == Version::V311 {
            return Err(Rule::PropertiesBefore5.into());
        }
        if self.place != place {
            return Err(Rule::MisplacedProperty.into());
        }
        let len = self.len();
        Ok(number_len(len) + len)
    }

    fn len(&self) -> usize {
        match self.entries.as_wire() {
            Some(bytes) => bytes.len(),
            None => self.entries.map(|property| property.encoded_len()).sum(),
        }
    }

    #[inline(never)]
    fn put(&self, out: &mut (impl Out + ?Sized)) {
        put_number(self.len(), out);
        match self.entries.as_wire() {
            Some(bytes) => out.put(bytes),
            None => self.entries.for_each(|property| property.put(out)),
        }
    }
}

#[inline]
fn check_value(kind: Kind, part: &mut Cursor<'_>, rules: &Rules) -> Result<(), DecodeError> {
    const CUT: Rule = Rule::PropertyCut;
    match kind {
        Kind::Flag => {
            if part.u8(CUT)? > 1 {
                return Err(part.fail_back(Rule::PropertyValue, 1));
            }
        }
        Kind::Two => {
            part.u16(CUT)?;
        }
        Kind::TwoNotZero(rule) => {
            if part.u16(CUT)? == 0 {
                return Err(part.fail_back(rule, 2));
            }
        }
        Kind::Four => {
            part.u32(CUT)?;
        }
        Kind::FourNotZero(rule) => {
            if part.u32(CUT)? == 0 {
                return Err(part.fail_back(rule, 4));
            }
        }
        Kind::NumberNotZero(rule) => {
            let before = *part;
            if part.number(CUT, rules)? == 0 {
                return Err(before.fail(rule));
            }
        }
        Kind::Text => {
            part.text(CUT)?;
        }
        Kind::Name => {
            if part.name(CUT, Rule::ResponseTopic)?.as_bytes().is_empty() {
                return Err(part.fail_back(Rule::TopicEmpty, 2));
            }
        }
        Kind::Binary => {
            part.field(CUT)?;
        }
        Kind::Pair => {
            part.text(CUT)?;
            part.text(CUT)?;
        }
    }
    Ok(())
}

/// Where the properties of a packet may be put: the four acknowledgements are alike.
#[inline]
const fn place_of(packet: PacketType) -> u16 {
    match packet {
        PacketType::PubRec | PacketType::PubRel | PacketType::PubComp => PacketType::PubAck.bit(),
        other => other.bit(),
    }
}

#[inline]
fn bit(id: u8) -> u64 {
    1 << (id & 63)
}

/// User properties may be repeated everywhere, subscription identifiers in PUBLISH (§3.3.2.3.8).
#[inline]
fn may_repeat(id: u8, place: u16) -> bool {
    id == 0x26 || (id == 0x0B && place == PacketType::Publish.bit())
}

/// §3.1.2.11.10
#[inline]
fn is_auth_data_alone(seen: u64) -> bool {
    seen & (bit(0x15) | bit(0x16)) == bit(0x16)
}

impl<'a> Iterator for Entries<'a, Property<'a>> {
    type Item = Property<'a>;

    #[inline]
    fn next(&mut self) -> Option<Property<'a>> {
        self.advance(|rest, _| Property::read(rest))
    }
}

impl PartialEq for Properties<'_> {
    /// Equal if they hold the same properties in the same order, wherever from.
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Properties<'_> {}

impl<'a> IntoIterator for Properties<'a> {
    type Item = Property<'a>;
    type IntoIter = Entries<'a, Property<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Properties<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
