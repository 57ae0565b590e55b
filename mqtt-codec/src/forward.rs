//! What a server does with one message and one subscription: rules of the specification without any state.

use core::num::NonZeroU32;

use crate::{Property, Publish, Qos, RetainHandling, Subscribe, Subscription};

/// How a message is to be forwarded to a subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forward {
    /// The quality of service: that of the message, but no higher than granted [MQTT-3.8.4-8].
    pub qos: Qos,
    /// Whether it is marked as retained.
    pub retain: bool,
}

impl Forward {
    /// Judges a message that was just published, by a client that is the subscriber itself or another one.
    /// `None`: the subscriber does not want its own messages (No Local, [MQTT-3.8.3-3]).
    ///
    /// ```
    /// use mqtt_codec::{Forward, Publish, Qos, Subscription, TopicFilter, TopicName};
    ///
    /// let publish = Publish { retain: true, ..Publish::new(TopicName::new("a/b")?, b"21.5") };
    /// let subscription = Subscription::new(TopicFilter::new("a/#")?, Qos::AtLeastOnce);
    /// let forward = Forward::new(&publish, &subscription, false);
    /// assert_eq!(forward, Some(Forward { qos: Qos::AtMostOnce, retain: false }));
    /// # Ok::<(), mqtt_codec::TopicError>(())
    /// ```
    #[must_use]
    pub fn new(publish: &Publish<'_>, subscription: &Subscription<'_>, own: bool) -> Option<Self> {
        if own && subscription.no_local {
            return None;
        }
        Some(Self {
            qos: publish.qos.qos().min(subscription.qos),
            // [MQTT-3.3.1-12], [MQTT-3.3.1-13].
            retain: publish.retain && subscription.retain_as_published,
        })
    }

    /// The same for a retained message sent because of a new subscription: it is marked [MQTT-3.3.1-8].
    #[must_use]
    pub fn retained(publish: &Publish<'_>, subscription: &Subscription<'_>) -> Self {
        Self { qos: publish.qos.qos().min(subscription.qos), retain: true }
    }

    /// What one copy is sent as when several subscriptions of a client match ([MQTT-3.3.4-2]): the highest
    /// quality of service, marked if any of them wants the mark.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { qos: self.qos.max(other.qos), retain: self.retain || other.retain }
    }
}

impl Subscription<'_> {
    /// Whether retained messages are sent when this subscription is made; `existed`: it replaces one with the
    /// same filter (5.0 §3.3.1.3, [MQTT-3.3.1-9] to [MQTT-3.3.1-11]). Never for a shared one (§4.8.2).
    #[must_use]
    pub fn wants_retained(&self, existed: bool) -> bool {
        let handling = match self.retain_handling {
            RetainHandling::Send => true,
            RetainHandling::SendIfNew => !existed,
            _ => false,
        };
        handling && self.filter.share_name().is_none()
    }
}

impl Subscribe<'_> {
    /// The identifier of the subscriptions in this packet. A server keeps it with them, and names it in every
    /// message forwarded because of them [MQTT-3.3.4-3].
    #[must_use]
    pub fn subscription_id(&self) -> Option<NonZeroU32> {
        self.properties.subscription_ids().next()
    }
}

impl<'a> Publish<'a> {
    /// Whether a property of a message is forwarded as it came ([MQTT-3.3.2-4], [MQTT-3.3.2-15] to
    /// [MQTT-3.3.2-20]): all but the topic alias, which belongs to a connection, and subscription identifiers,
    /// which belong to a subscriber. The expiry interval is forwarded less the time waited [MQTT-3.3.2-6].
    pub fn forwarded_properties(&self, waited: u32) -> impl Iterator<Item = Property<'a>> + use<'a> {
        self.properties.iter().filter_map(move |property| match property {
            Property::TopicAlias(_) | Property::SubscriptionIdentifier(_) => None,
            Property::MessageExpiryInterval(seconds) => {
                Some(Property::MessageExpiryInterval(seconds.saturating_sub(waited)))
            }
            property => Some(property),
        })
    }

    /// Whether the message has outlived its expiry interval after waiting so many seconds: a server that has not
    /// begun to forward it must drop it [MQTT-3.3.2-5].
    #[must_use]
    pub fn is_expired(&self, waited: u32) -> bool {
        self.properties.message_expiry().is_some_and(|seconds| waited >= seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::Forward;
    use crate::{
        Delivery, PacketId, PacketType, Properties, Property, Publish, Qos, RetainHandling, Subscription,
        TopicFilter, TopicName,
    };

    fn publish(qos: Delivery, retain: bool) -> Publish<'static> {
        Publish { qos, retain, ..Publish::new(TopicName::new("a/b").unwrap(), b"") }
    }

    fn subscription(filter: &str, qos: Qos) -> Subscription<'_> {
        Subscription::new(TopicFilter::new(filter).unwrap(), qos)
    }

    #[test]
    fn the_lower_qos_wins() {
        for (sent, granted, forwarded) in [(0, 2, 0), (1, 0, 0), (2, 1, 1), (1, 2, 1), (2, 2, 2)] {
            let qos = match sent {
                0 => Delivery::AtMostOnce,
                1 => Delivery::AtLeastOnce(PacketId::MIN),
                _ => Delivery::ExactlyOnce(PacketId::MIN),
            };
            let forward =
                Forward::new(&publish(qos, false), &subscription("a/b", Qos::new(granted).unwrap()), false);
            assert_eq!(forward.unwrap().qos.level(), forwarded);
        }
    }

    #[test]
    fn own_messages_and_marks() {
        let message = publish(Delivery::AtMostOnce, true);
        let plain = subscription("a/b", Qos::AtMostOnce);
        let own = Subscription { no_local: true, ..plain };
        assert_eq!(Forward::new(&message, &own, true), None);
        assert!(
            Forward::new(&message, &own, false).is_some() && Forward::new(&message, &plain, true).is_some()
        );
        assert!(!Forward::new(&message, &plain, false).unwrap().retain);
        let marked = Subscription { retain_as_published: true, ..plain };
        let marked = Forward::new(&message, &marked, false).unwrap();
        assert!(marked.retain && Forward::retained(&message, &plain).retain);
        let plain = Forward { qos: Qos::AtLeastOnce, retain: false };
        assert_eq!(plain.and(marked), Forward { qos: Qos::AtLeastOnce, retain: true });
    }

    #[test]
    fn retained_messages_for_a_new_subscription() {
        for (handling, existed, wants) in [
            (RetainHandling::Send, false, true),
            (RetainHandling::Send, true, true),
            (RetainHandling::SendIfNew, false, true),
            (RetainHandling::SendIfNew, true, false),
            (RetainHandling::DoNotSend, false, false),
        ] {
            let plain = Subscription { retain_handling: handling, ..subscription("a/b", Qos::AtMostOnce) };
            assert_eq!(plain.wants_retained(existed), wants);
            let shared = Subscription { filter: TopicFilter::new("$share/g/a/b").unwrap(), ..plain };
            assert!(!shared.wants_retained(existed));
        }
    }

    #[test]
    fn what_is_forwarded() {
        let list = [
            Property::TopicAlias(3.try_into().unwrap()),
            Property::MessageExpiryInterval(60),
            Property::CorrelationData(b"7"),
        ];
        let properties = Properties::new(PacketType::Publish, &list).unwrap();
        let message = Publish { properties, ..publish(Delivery::AtMostOnce, false) };
        assert!(message.forwarded_properties(20).eq([Property::MessageExpiryInterval(40), list[2]]));
        assert!(!message.is_expired(59) && message.is_expired(60));
        assert!(!publish(Delivery::AtMostOnce, false).is_expired(u32::MAX));
    }
}
