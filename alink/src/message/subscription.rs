//! What an application hears of devices from a server-side subscription (AMQP, queues).
//!
//! A message is a body and three application properties; its kind is told by its topic. The bodies
//! hold no envelope. Members that vary between releases are optional.

use super::{object, words};
use crate::error::{Fault, Rule};
use crate::json::{RawJson, Text};
use crate::list::{List, Map, Read};
use crate::name::DeviceId;

/// The application properties of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Properties<'a> {
    /// Where it came from.
    pub topic: &'a str,
    /// Its id; beyond 2^53, so text.
    pub message_id: &'a str,
    /// When it was made, in milliseconds of UTC.
    pub generate_time: Option<u64>,
}

/// A message, by its topic.
///
/// ```
/// use alink::message::subscription::{Notice, Properties, Status};
///
/// let properties = Properties {
///     topic: "/as/mqtt/status/a1LampDemo01/lamp001",
///     message_id: "1324204267526524928",
///     generate_time: None,
/// };
/// let body = br#"{"status":"offline","productKey":"a1LampDemo01","deviceName":"lamp001","time":"2018-08-31 15:32:28.205"}"#;
/// let Notice::Status(status) = Notice::parse(&properties, body)? else { panic!() };
/// assert_eq!(status.status, Status::Offline);
/// # Ok::<(), alink::Fault>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Notice<'a> {
    /// Properties, as the platform has taken them in.
    PropertyPosted(PropertyPosted<'a>),
    /// An event, as the platform has taken it in.
    EventPosted(EventPosted<'a>),
    /// What a device has answered to a set or a service.
    DownReply(DownReply<'a>),
    /// Points of the past.
    History(History<'a>),
    /// A device came online or went offline.
    Status(StatusChange<'a>),
    /// A device was made, deleted, enabled or disabled.
    LifeCycle(LifeCycle<'a>),
    /// Children of a gateway came or went.
    Topology(Topology<'a>),
    /// A gateway has discovered children.
    Found(Found<'a>),
    /// An upgrade has come along.
    Ota(OtaEvent<'a>),
    /// What a device has published on a topic of its own, as it came.
    Published(&'a [u8]),
}

impl<'a> Notice<'a> {
    /// Reads the body of a message.
    ///
    /// # Errors
    /// The rule broken, with the offset in the body; [`Rule::TopicUnknown`] for a topic of the
    /// platform's own that is not known.
    pub fn parse(properties: &Properties<'_>, body: &'a [u8]) -> Result<Self, Fault> {
        let topic = properties.topic;
        if topic.starts_with("/as/mqtt/status/") {
            return RawJson::parse(body).and_then(Read::read).map(Self::Status);
        }
        // `/{productKey}/{deviceName}/…`; older releases keep the `/sys` before it.
        let topic = topic.strip_prefix("/sys").filter(|rest| rest.starts_with('/')).unwrap_or(topic);
        let rest = topic.strip_prefix('/').and_then(|rest| rest.splitn(3, '/').nth(2)).unwrap_or_default();
        if rest == "user" || rest.starts_with("user/") {
            return Ok(Self::Published(body));
        }
        let json = || RawJson::parse(body);
        match rest {
            "thing/event/property/post" => json().and_then(Read::read).map(Self::PropertyPosted),
            "thing/event/property/history/post" => json().and_then(Read::read).map(Self::History),
            "thing/downlink/reply/message" => json().and_then(Read::read).map(Self::DownReply),
            "thing/lifecycle" => json().and_then(Read::read).map(Self::LifeCycle),
            "thing/topo/lifecycle" => json().and_then(Read::read).map(Self::Topology),
            "thing/list/found" => json().and_then(Read::read).map(Self::Found),
            "ota/upgrade" | "ota/version/post" => json().and_then(Read::read).map(Self::Ota),
            _ if rest.starts_with("thing/event/") && rest.ends_with("/post") => {
                json().and_then(Read::read).map(Self::EventPosted)
            }
            _ => Err(Fault::new(Rule::TopicUnknown, 0)),
        }
    }
}

object! {
    /// Properties that were taken in.
    pub struct PropertyPosted<'a> {
        /// The product.
        "productKey" => product_key: Text<'a>,
        /// The device.
        "deviceName" => device_name: Text<'a>,
        /// The platform's own name for it.
        "iotId" => iot_id: Option<Text<'a>>,
        /// The id of the request.
        "requestId" => request_id: Option<Text<'a>>,
        /// Category of the product.
        "deviceType" => device_type: Option<Text<'a>>,
        /// When it was taken in, in milliseconds of UTC.
        "gmtCreate" => created: Option<u64>,
        /// What was dropped, and why.
        "checkFailedData" => dropped: Option<RawJson<'a>>,
        /// The values with their times.
        "items" => items: Map<'a, Item<'a>>,
    }
}

object! {
    /// A value that was taken in.
    pub struct Item<'a> {
        /// The value.
        "value" => value: RawJson<'a>,
        /// When it was so, in milliseconds of UTC.
        "time" => time: u64,
    }
}

object! {
    /// An event that was taken in.
    pub struct EventPosted<'a> {
        /// The product.
        "productKey" => product_key: Text<'a>,
        /// The device.
        "deviceName" => device_name: Text<'a>,
        /// The event.
        "identifier" => identifier: Text<'a>,
        /// Its name for people.
        "name" => name: Option<Text<'a>>,
        /// `info`, `alert` or `error`.
        "type" => kind: Option<Text<'a>>,
        /// The platform's own name for the device.
        "iotId" => iot_id: Option<Text<'a>>,
        /// The id of the request.
        "requestId" => request_id: Option<Text<'a>>,
        /// When it happened, in milliseconds of UTC.
        "time" => time: u64,
        /// Its outputs.
        "value" => value: RawJson<'a>,
    }
}

object! {
    /// What a device has answered.
    pub struct DownReply<'a> {
        /// The product.
        "productKey" => product_key: Text<'a>,
        /// The device.
        "deviceName" => device_name: Text<'a>,
        /// The platform's own name for it.
        "iotId" => iot_id: Option<Text<'a>>,
        /// The id of the request.
        "requestId" => request_id: Option<Text<'a>>,
        /// The topic of the request.
        "topic" => topic: Option<Text<'a>>,
        /// The code of the device.
        "code" => code: i64,
        /// In words.
        "message" => message: Option<Text<'a>>,
        /// Its outputs.
        "data" => data: Option<RawJson<'a>>,
        /// When the request was made, in milliseconds of UTC.
        "gmtCreate" => created: Option<u64>,
    }
}

object! {
    /// Points of the past.
    pub struct History<'a> {
        /// The product.
        "productKey" => product_key: Text<'a>,
        /// The device.
        "deviceName" => device_name: Text<'a>,
        /// The platform's own name for it.
        "iotId" => iot_id: Option<Text<'a>>,
        /// Category of the product.
        "deviceType" => device_type: Option<Text<'a>>,
        /// Lists of values with their times.
        "items" => items: RawJson<'a>,
    }
}

words! {
    /// Whether a device is there.
    pub enum Status {
        /// It is connected.
        "online" => Online,
        /// It is not.
        "offline" => Offline,
    }
}

object! {
    /// A device came or went.
    pub struct StatusChange<'a> {
        /// Which.
        "status" => status: Status,
        /// The product.
        "productKey" => product_key: Text<'a>,
        /// The device.
        "deviceName" => device_name: Text<'a>,
        /// The platform's own name for it.
        "iotId" => iot_id: Option<Text<'a>>,
        /// The code of why it went.
        "offlineReasonCode" => reason: Option<i64>,
        /// When it was told, in words.
        "time" => time: Text<'a>,
        /// The same, in UTC.
        "utcTime" => utc_time: Option<Text<'a>>,
        /// When it was there before.
        "lastTime" => last_time: Option<Text<'a>>,
        /// The same, in UTC.
        "utcLastTime" => utc_last_time: Option<Text<'a>>,
        /// From which address.
        "clientIp" => client_ip: Option<Text<'a>>,
    }
}

words! {
    /// What has become of a device.
    pub enum Change {
        /// It was made.
        "create" => Created,
        /// It was deleted.
        "delete" => Deleted,
        /// It may be used.
        "enable" => Enabled,
        /// It may not be used.
        "disable" => Disabled,
    }
}

object! {
    /// A device was made, deleted, enabled or disabled. It holds the secret of a new one.
    pub struct LifeCycle<'a> {
        /// What has become of it.
        "action" => action: Change,
        /// The product.
        "productKey" => product_key: Text<'a>,
        /// The device.
        "deviceName" => device_name: Text<'a>,
        /// The platform's own name for it.
        "iotId" => iot_id: Option<Text<'a>>,
        /// The secret of a new one.
        "deviceSecret" => device_secret: Option<super::gateway::Secret<'a>>,
        /// When, in milliseconds of UTC.
        "messageCreateTime" => created: Option<u64>,
    }
}

words! {
    /// What has become of children.
    pub enum TopologyChange {
        /// They were bound.
        "add" => Added,
        /// They were unbound.
        "remove" => Removed,
        /// They may be used.
        "enable" => Enabled,
        /// They may not be used.
        "disable" => Disabled,
    }
}

object! {
    /// Children of a gateway came or went.
    pub struct Topology<'a> {
        /// What has become of them.
        "action" => action: TopologyChange,
        /// The product of the gateway.
        "gwProductKey" => gateway_product_key: Text<'a>,
        /// The gateway.
        "gwDeviceName" => gateway_device_name: Text<'a>,
        /// The platform's own name for the gateway.
        "gwIotId" => gateway_iot_id: Option<Text<'a>>,
        /// The children.
        "devices" => devices: List<'a, Device<'a>>,
        /// When, in milliseconds of UTC.
        "messageCreateTime" => created: Option<u64>,
    }
}

object! {
    /// A child in a message.
    pub struct Device<'a> {
        /// The product.
        "productKey" => product_key: Text<'a>,
        /// The device.
        "deviceName" => device_name: Text<'a>,
        /// The platform's own name for it.
        "iotId" => iot_id: Option<Text<'a>>,
    }
}

impl<'a> Device<'a> {
    /// The names of the child.
    ///
    /// # Errors
    /// The rule its names break.
    pub fn id(&self) -> Result<DeviceId<'a>, Fault> {
        let plain = |text: Text<'a>| text.as_plain().unwrap_or_default();
        DeviceId::new(plain(self.product_key), plain(self.device_name))
    }
}

object! {
    /// A gateway has discovered children.
    pub struct Found<'a> {
        /// The product of the gateway.
        "gwProductKey" => gateway_product_key: Text<'a>,
        /// The gateway.
        "gwDeviceName" => gateway_device_name: Text<'a>,
        /// The platform's own name for the gateway.
        "gwIotId" => gateway_iot_id: Option<Text<'a>>,
        /// The children.
        "devices" => devices: List<'a, Device<'a>>,
    }
}

object! {
    /// An upgrade has come along.
    pub struct OtaEvent<'a> {
        /// The product.
        "productKey" => product_key: Text<'a>,
        /// The device.
        "deviceName" => device_name: Text<'a>,
        /// The platform's own name for it.
        "iotId" => iot_id: Option<Text<'a>>,
        /// How the task fares.
        "status" => status: Option<Text<'a>>,
        /// The module.
        "moduleName" => module: Option<Text<'a>>,
        /// The version before.
        "srcVersion" => from: Option<Text<'a>>,
        /// The version it brings.
        "destVersion" => to: Option<Text<'a>>,
        /// In words.
        "desc" => description: Option<Text<'a>>,
        /// When, in milliseconds of UTC.
        "messageCreateTime" => created: Option<u64>,
    }
}
