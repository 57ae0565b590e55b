//! SUBSCRIBE: a client subscribes (§3.8).
//!
//! ```text
//! packet identifier
//! properties         5.0
//! then, at least once:
//! topic filter
//! options            QoS (2 bits), no local, retain as published, retain handling (2 bits), reserved (2 bits);
//!                    3.1.1: QoS only
//! ```

use crate::config::{Rules, Version};
use crate::cursor::Cursor;
use crate::entries::Entries;
use crate::error::{DecodeError, EncodeError};
use crate::filter::TopicFilter;
use crate::frame::PacketType;
use crate::out::Out;
use crate::properties::Properties;
use crate::qos::{PacketId, Qos};
use crate::rule::Rule;
use crate::text::Flaw;
use crate::topic::TopicRule;
use crate::write::{Body, put_field};

/// SUBSCRIBE.
///
/// ```
/// use mqtt_codec::{Packet, PacketId, Properties, Qos, SliceOut, Subscribe, Subscription, Subscriptions, TopicFilter, Version};
///
/// let wanted = [Subscription::new(TopicFilter::new("pump-7/+")?, Qos::AtLeastOnce)];
/// let subscribe = Subscribe {
///     packet_id: PacketId::MIN,
///     properties: Properties::EMPTY,
///     subscriptions: Subscriptions::new(&wanted)?,
/// };
/// let mut buffer = [0; 32];
/// let mut out = SliceOut::new(&mut buffer);
/// Packet::Subscribe(subscribe).encode(Version::V311, &mut out)?;
/// assert_eq!(out.written(), b"\x82\x0d\x00\x01\x00\x08pump-7/+\x01");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Subscribe<'a> {
    /// The identifier SUBACK answers with.
    pub packet_id: PacketId,
    /// Properties of 5.0.
    pub properties: Properties<'a>,
    /// What to subscribe to.
    pub subscriptions: Subscriptions<'a>,
}

/// One subscription: a filter and what is wanted of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Subscription<'a> {
    /// Which topics.
    pub filter: TopicFilter<'a>,
    /// The highest quality of service to deliver with.
    pub qos: Qos,
    /// 5.0: whether to leave out what this client published itself; not for shared subscriptions.
    pub no_local: bool,
    /// 5.0: whether to forward the retain flag as it was published.
    pub retain_as_published: bool,
    /// 5.0: whether to deliver retained messages on subscribing.
    pub retain_handling: RetainHandling,
}

/// Whether retained messages are delivered on subscribing (§3.8.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[repr(u8)]
#[non_exhaustive]
pub enum RetainHandling {
    /// Always, as in 3.1.1.
    #[default]
    Send = 0,
    /// Only if there was no such subscription before.
    SendIfNew = 1,
    /// Never.
    DoNotSend = 2,
}

impl<'a> Subscription<'a> {
    /// What 3.1.1 can say too.
    pub const fn new(filter: TopicFilter<'a>, qos: Qos) -> Self {
        Self {
            filter,
            qos,
            no_local: false,
            retain_as_published: false,
            retain_handling: RetainHandling::Send,
        }
    }

    fn options(&self) -> u8 {
        self.qos.level()
            | u8::from(self.no_local) << 2
            | u8::from(self.retain_as_published) << 3
            | (self.retain_handling as u8) << 4
    }

    fn with_options(filter: TopicFilter<'a>, options: u8) -> Option<Self> {
        Some(Self {
            filter,
            qos: Qos::new(options & 3)?,
            no_local: options & 0b100 != 0,
            retain_as_published: options & 0b1000 != 0,
            retain_handling: match options >> 4 & 3 {
                0 => RetainHandling::Send,
                1 => RetainHandling::SendIfNew,
                2 => RetainHandling::DoNotSend,
                _ => return None,
            },
        })
    }
}

/// The subscriptions of one SUBSCRIBE: at least one, checked when made.
#[derive(Clone, Copy, Debug)]
pub struct Subscriptions<'a>(Entries<'a, Subscription<'a>>);

impl<'a> Subscriptions<'a> {
    /// Checks a list of subscriptions.
    ///
    /// # Errors
    /// [`Rule::NoFilters`], or [`Rule::SharedNoLocal`].
    pub fn new(list: &'a [Subscription<'a>]) -> Result<Self, EncodeError> {
        if list.is_empty() {
            return Err(Rule::NoFilters.into());
        }
        if list.iter().any(|one| one.no_local && one.filter.share_name().is_some()) {
            return Err(Rule::SharedNoLocal.into());
        }
        Ok(Self(Entries::slice(list)))
    }

    /// The subscriptions in order.
    pub fn iter(&self) -> Entries<'a, Subscription<'a>> {
        self.0
    }

    fn read(mut c: Cursor<'a>, version: Version) -> Result<Self, DecodeError> {
        if c.is_empty() {
            return Err(c.fail(Rule::NoFilters)); // [MQTT-3.8.3-2]
        }
        let whole = c.rest();
        while !c.is_empty() {
            let filter = read_filter(&mut c, version)?;
            let options = c.u8(Rule::OptionsCut)?;
            let reserved = if version == Version::V5 { 0b1100_0000 } else { 0b1111_1100 };
            let broken = match options {
                _ if options & reserved != 0 => Rule::SubscribeReserved,
                _ if options & 0b11 == 0b11 => Rule::SubscribeQos,
                _ if options & 0b11_0000 == 0b11_0000 => Rule::RetainHandling,
                _ if options & 0b100 != 0 && filter.share_name().is_some() => Rule::SharedNoLocal,
                _ => continue,
            };
            return Err(c.fail_back(broken, 1));
        }
        Ok(Self(Entries::wire(whole, version)))
    }
}

/// Reads and checks a filter; `$share` has a meaning in 5.0 only.
#[inline]
pub(crate) fn read_filter<'a>(c: &mut Cursor<'a>, version: Version) -> Result<TopicFilter<'a>, DecodeError> {
    let text = c.text(Rule::FieldCut)?.as_bytes();
    let filter = match version {
        Version::V311 => TopicFilter::unshared_from_text(text),
        Version::V5 => TopicFilter::from_text(text),
    };
    filter.map_err(|error| {
        let rule = match error.rule {
            TopicRule::Empty => Rule::TopicEmpty,
            TopicRule::SingleLevelWildcard => Rule::SingleLevelWildcard,
            TopicRule::ShareNameEmpty => Rule::ShareNameEmpty,
            TopicRule::ShareNameWildcard | TopicRule::ShareWithoutFilter => Rule::ShareName,
            _ => Rule::MultiLevelWildcard,
        };
        c.flawed(text, Flaw { rule, at: error.at })
    })
}

/// Takes a filter off bytes that were checked.
#[inline]
pub(crate) fn take_filter<'a>(rest: &mut &'a [u8], version: Version) -> Option<TopicFilter<'a>> {
    let (len, behind) = rest.split_first_chunk()?;
    let (text, behind) = behind.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
    *rest = behind;
    Some(TopicFilter::from_checked(text, version == Version::V5))
}

#[inline]
fn take_subscription<'a>(rest: &mut &'a [u8], version: Version) -> Option<Subscription<'a>> {
    let filter = take_filter(rest, version)?;
    let (options, behind) = rest.split_first()?;
    *rest = behind;
    Subscription::with_options(filter, *options)
}

impl<'a> Subscribe<'a> {
    pub(crate) fn read(mut c: Cursor<'a>, rules: &Rules) -> Result<Self, DecodeError> {
        let version = c.version(rules)?;
        let packet_id = c.packet_id()?;
        let properties = match version {
            Version::V311 => Properties::none(),
            Version::V5 => Properties::read(&mut c, rules)?,
        };
        Ok(Self { packet_id, properties, subscriptions: Subscriptions::read(c, version)? })
    }
}

impl Body for Subscribe<'_> {
    fn first_byte(&self) -> u8 {
        PacketType::Subscribe.first_byte()
    }

    fn body_len(&self, version: Version) -> Result<usize, EncodeError> {
        let mut len = 2 + self.properties.encoded_len(version, PacketType::Subscribe)?;
        for one in self.subscriptions.iter() {
            if version == Version::V311 && one.options() != one.qos.level() {
                return Err(Rule::SubscribeReserved.into());
            }
            len += 2 + one.filter.as_bytes().len() + 1;
        }
        Ok(len)
    }

    fn put_body(&self, version: Version, out: &mut (impl Out + ?Sized)) {
        out.put(&self.packet_id.get().to_be_bytes());
        self.properties.put(version, out);
        match self.subscriptions.0.as_wire() {
            Some(bytes) => out.put(bytes),
            None => self.subscriptions.iter().for_each(|one| {
                put_field(one.filter.as_bytes(), out);
                out.put(&[one.options()]);
            }),
        }
    }
}

impl<'a> Iterator for Entries<'a, Subscription<'a>> {
    type Item = Subscription<'a>;

    #[inline]
    fn next(&mut self) -> Option<Subscription<'a>> {
        self.advance(take_subscription)
    }
}

impl PartialEq for Subscriptions<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Subscriptions<'_> {}

impl<'a> IntoIterator for Subscriptions<'a> {
    type Item = Subscription<'a>;
    type IntoIter = Entries<'a, Subscription<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
