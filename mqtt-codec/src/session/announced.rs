//! What CONNECT and CONNACK announce, each property with its default (MQTT 5.0 §3.1.2.11, §3.2.2.3).

use core::time::Duration;

use crate::{Properties, Property, Qos};

/// One end's limits for a connection. The defaults are those of an absent property, which is also
/// what 3.1.1 implies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Announced {
    pub(crate) receive_maximum: Option<u16>,
    pub(crate) packet_maximum: Option<u32>,
    pub(crate) alias_maximum: u16,
    pub(crate) session_expiry: Option<u32>,
    pub(crate) keep_alive: Option<u16>,
    pub(crate) qos: Qos,
    pub(crate) retain: bool,
    pub(crate) wildcards: bool,
    pub(crate) subscription_ids: bool,
    pub(crate) shared: bool,
    pub(crate) authentication: bool,
}

impl Announced {
    pub(crate) const NOTHING: Self = Self {
        receive_maximum: None,
        packet_maximum: None,
        alias_maximum: 0,
        session_expiry: None,
        keep_alive: None,
        qos: Qos::ExactlyOnce,
        retain: true,
        wildcards: true,
        subscription_ids: true,
        shared: true,
        authentication: false,
    };

    pub(crate) fn read(properties: Properties<'_>) -> Self {
        let mut said = Self::NOTHING;
        for property in properties.iter() {
            match property {
                Property::ReceiveMaximum(most) => said.receive_maximum = Some(most.get()),
                Property::MaximumPacketSize(bytes) => said.packet_maximum = Some(bytes.get()),
                Property::TopicAliasMaximum(most) => said.alias_maximum = most,
                Property::SessionExpiryInterval(seconds) => said.session_expiry = Some(seconds),
                Property::ServerKeepAlive(seconds) => said.keep_alive = Some(seconds),
                Property::MaximumQos(qos) => said.qos = qos,
                Property::RetainAvailable(yes) => said.retain = yes,
                Property::WildcardSubscriptionAvailable(yes) => said.wildcards = yes,
                Property::SubscriptionIdentifierAvailable(yes) => said.subscription_ids = yes,
                Property::SharedSubscriptionAvailable(yes) => said.shared = yes,
                Property::AuthenticationMethod(_) => said.authentication = true,
                _ => {}
            }
        }
        said
    }
}

/// A session expiry interval as time: `MAX` for a session that never ends (§3.1.2.11.2).
pub(crate) fn expiry(seconds: u32) -> Duration {
    if seconds == u32::MAX { Duration::MAX } else { Duration::from_secs(seconds.into()) }
}
