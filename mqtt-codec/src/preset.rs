//! The rules of a platform beyond the protocol's, checked before anything is sent.

use core::ops::RangeInclusive;

use crate::session::{Message, SessionError};
use crate::{Connect, Qos, Subscribe};

/// What a platform allows. A session that is [told](crate::session::Config::preset) refuses everything else.
///
/// ```
/// use mqtt_codec::{Connect, Preset, PresetRule, Text, Version};
///
/// let connect = Connect { keep_alive: 10, ..Connect::new(Version::V311, Text::new("pump-7")?) };
/// assert_eq!(Preset::ALINK.connect(&connect), Err(PresetRule::KeepAlive { from: 30, to: 1200 }));
/// # Ok::<(), mqtt_codec::EncodeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preset {
    /// The keep-alive in seconds.
    pub keep_alive: RangeInclusive<u16>,
    /// Whether CONNECT may carry a will.
    pub will: bool,
    /// The highest quality of service.
    pub qos: Qos,
    /// Whether messages may be retained.
    pub retain: bool,
    /// The longest payload in bytes.
    pub payload: usize,
    /// The longest topic name or filter in bytes.
    pub topic: usize,
    /// The most slashes in a topic that is not one of the platform's own.
    pub slashes: usize,
    /// First levels of the platform's own topics.
    pub own: &'static [&'static str],
    /// The most filters in one SUBSCRIBE.
    pub filters: usize,
    /// The most subscriptions at a time.
    pub subscriptions: usize,
}

impl Preset {
    /// Alibaba Cloud IoT and what speaks like it: keep-alive 30 to 1,200 s, no will, no QoS 2, no retained messages,
    /// payloads of at most 256 KiB, topics of at most 128 bytes and, custom ones, 7 slashes, 8 filters in a SUBSCRIBE
    /// and 100 subscriptions.
    pub const ALINK: Self = Self {
        keep_alive: 30..=1200,
        will: false,
        qos: Qos::AtLeastOnce,
        retain: false,
        payload: 256 * 1024,
        topic: 128,
        slashes: 7,
        own: &["sys", "ext", "ota", "shadow", "broadcast"],
        filters: 8,
        subscriptions: 100,
    };

    /// Checks a CONNECT.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn connect(&self, connect: &Connect<'_>) -> Result<(), PresetRule> {
        if !self.keep_alive.contains(&connect.keep_alive) {
            return Err(PresetRule::KeepAlive { from: *self.keep_alive.start(), to: *self.keep_alive.end() });
        }
        if connect.will.is_some() && !self.will {
            return Err(PresetRule::Will);
        }
        Ok(())
    }

    /// Checks a message with a payload of that length.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn publish(&self, message: &Message<'_>, payload_len: usize) -> Result<(), PresetRule> {
        if message.qos > self.qos {
            return Err(PresetRule::Qos(self.qos));
        }
        if message.retain && !self.retain {
            return Err(PresetRule::Retain);
        }
        if payload_len > self.payload {
            return Err(PresetRule::Payload(self.payload));
        }
        self.topic(message.topic.as_bytes())
    }

    /// Checks a SUBSCRIBE.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn subscribe(&self, subscribe: &Subscribe<'_>) -> Result<(), PresetRule> {
        self.subscribe_to_more(subscribe, 0)
    }

    /// Checks a SUBSCRIBE by a device that has `held` other subscriptions already, which only the application knows.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn subscribe_to_more(&self, subscribe: &Subscribe<'_>, held: usize) -> Result<(), PresetRule> {
        let mut count = 0;
        for subscription in subscribe.subscriptions {
            count += 1;
            if subscription.qos > self.qos {
                return Err(PresetRule::Qos(self.qos));
            }
            self.topic(subscription.filter.as_bytes())?;
        }
        if count > self.filters {
            return Err(PresetRule::Filters(self.filters));
        }
        if held.saturating_add(count) > self.subscriptions {
            return Err(PresetRule::Subscriptions(self.subscriptions));
        }
        Ok(())
    }

    fn topic(&self, topic: &[u8]) -> Result<(), PresetRule> {
        if topic.len() > self.topic {
            return Err(PresetRule::Topic(self.topic));
        }
        let mut levels = topic.strip_prefix(b"/").unwrap_or(topic).split(|&byte| byte == b'/');
        let first = levels.next().unwrap_or_default();
        let own = self.own.iter().any(|own| own.as_bytes() == first);
        if !own && topic.iter().filter(|&&byte| byte == b'/').count() > self.slashes {
            return Err(PresetRule::Slashes(self.slashes));
        }
        Ok(())
    }
}

/// The rule of a [`Preset`] that is broken, with what it allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresetRule {
    /// The keep-alive is out of range.
    #[error("the keep-alive must be from {from} s to {to} s")]
    KeepAlive {
        /// The shortest, in seconds.
        from: u16,
        /// The longest, in seconds.
        to: u16,
    },
    /// There must be no will.
    #[error("there must be no will")]
    Will,
    /// The quality of service is too high.
    #[error("the quality of service must be at most {}", .0.level())]
    Qos(Qos),
    /// Messages must not be retained.
    #[error("messages must not be retained")]
    Retain,
    /// The payload is too long.
    #[error("a payload must have at most {0} bytes")]
    Payload(usize),
    /// The topic is too long.
    #[error("a topic must have at most {0} bytes")]
    Topic(usize),
    /// The topic has too many levels.
    #[error("a custom topic must have at most {0} slashes")]
    Slashes(usize),
    /// A SUBSCRIBE has too many filters.
    #[error("a SUBSCRIBE must have at most {0} filters")]
    Filters(usize),
    /// There would be too many subscriptions.
    #[error("there must be at most {0} subscriptions")]
    Subscriptions(usize),
}

impl<E> From<PresetRule> for SessionError<E> {
    fn from(rule: PresetRule) -> Self {
        Self::Preset(rule)
    }
}

#[cfg(test)]
mod tests {
    use super::{Preset, PresetRule};
    use crate::session::Message;
    use crate::{
        Connect, PacketId, Properties, Qos, Subscribe, Subscription, Subscriptions, Text, TopicFilter,
        TopicName,
    };

    fn message(topic: &str) -> Message<'_> {
        Message::new(TopicName::new(topic).unwrap(), b"{}").qos(Qos::AtLeastOnce)
    }

    #[test]
    fn messages() {
        let rules = &Preset::ALINK;
        let post = message("/sys/a1B2/pump-7/thing/event/property/history/post/x");
        assert_eq!(rules.publish(&post, 256 * 1024), Ok(()), "built-in topics may be deep");
        assert_eq!(rules.publish(&post, 256 * 1024 + 1), Err(PresetRule::Payload(256 * 1024)));
        assert_eq!(rules.publish(&post.qos(Qos::ExactlyOnce), 0), Err(PresetRule::Qos(Qos::AtLeastOnce)));
        assert_eq!(rules.publish(&Message { retain: true, ..post }, 0), Err(PresetRule::Retain));
        assert_eq!(rules.publish(&message("/a1B2/pump-7/user/4/5/6/7"), 0), Ok(()));
        assert_eq!(rules.publish(&message("/a1B2/pump-7/user/4/5/6/7/8"), 0), Err(PresetRule::Slashes(7)));
        let long = "x".repeat(129);
        assert_eq!(rules.publish(&message(&long[..128]), 0), Ok(()));
        assert_eq!(rules.publish(&message(&long), 0), Err(PresetRule::Topic(128)));
    }

    #[test]
    fn connections() {
        for (keep_alive, fine) in [(0, false), (29, false), (30, true), (1200, true), (1201, false)] {
            let connect =
                Connect { keep_alive, ..Connect::new(crate::Version::V311, Text::new("c").unwrap()) };
            assert_eq!(Preset::ALINK.connect(&connect).is_ok(), fine, "{keep_alive}");
        }
    }

    #[test]
    fn subscriptions() {
        let list = [Subscription::new(TopicFilter::new("/a/b/user/get").unwrap(), Qos::AtLeastOnce); 9];
        let of = |count: usize| Subscribe {
            packet_id: PacketId::MIN,
            properties: Properties::EMPTY,
            subscriptions: Subscriptions::new(&list[..count]).unwrap(),
        };
        assert_eq!(Preset::ALINK.subscribe(&of(8)), Ok(()));
        assert_eq!(Preset::ALINK.subscribe(&of(9)), Err(PresetRule::Filters(8)));
        assert_eq!(Preset::ALINK.subscribe_to_more(&of(8), 92), Ok(()));
        assert_eq!(Preset::ALINK.subscribe_to_more(&of(8), 93), Err(PresetRule::Subscriptions(100)));
    }
}
