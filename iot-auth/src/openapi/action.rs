//! The calls an application makes most, as types: each gives the name of its action and its parameters.
//!
//! Contract: `params()` is an array to be sorted by [`AccessKey::query`](super::AccessKey::query); a field that is `None` is left out.
//! Payloads are given raw and sent in base64. Limits the platform states are checked where they are numbers of this call.

use super::{ApiParam, ApiValue};
use crate::error::{Field, IdentityError, Rule};

/// Registers a device; without a name the platform makes one.
#[derive(Clone, Copy, Debug, Default)]
pub struct RegisterDevice<'a> {
    /// The product.
    pub product_key: &'a str,
    /// The name wanted.
    pub device_name: Option<&'a str>,
    /// A name for people.
    pub nickname: Option<&'a str>,
    /// The instance.
    pub instance_id: Option<&'a str>,
}

impl<'a> RegisterDevice<'a> {
    /// The name of the action.
    pub const ACTION: &'static str = "RegisterDevice";

    /// The parameters.
    pub fn params(&self) -> [ApiParam<'a>; 4] {
        [
            ApiParam::new("DeviceName", self.device_name),
            ApiParam::new("IotInstanceId", self.instance_id),
            ApiParam::new("Nickname", self.nickname),
            ApiParam::new("ProductKey", self.product_key),
        ]
    }
}

/// How a call names a device.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum DeviceRef<'a> {
    /// By the platform's own id.
    IotId(&'a str),
    /// By its names.
    Names {
        /// The product key.
        product_key: &'a str,
        /// The device name.
        device_name: &'a str,
    },
}

impl<'a> DeviceRef<'a> {
    fn params(&self) -> [ApiParam<'a>; 3] {
        let (iot_id, names) = match *self {
            Self::IotId(iot_id) => (Some(iot_id), None),
            Self::Names { product_key, device_name } => (None, Some((product_key, device_name))),
        };
        [
            ApiParam::new("DeviceName", names.map(|(_, device_name)| device_name)),
            ApiParam::new("IotId", iot_id),
            ApiParam::new("ProductKey", names.map(|(product_key, _)| product_key)),
        ]
    }
}

/// Asks what a device is, its secret included.
#[derive(Clone, Copy, Debug)]
pub struct QueryDeviceDetail<'a> {
    /// The device.
    pub device: DeviceRef<'a>,
    /// The instance.
    pub instance_id: Option<&'a str>,
}

impl<'a> QueryDeviceDetail<'a> {
    /// The name of the action.
    pub const ACTION: &'static str = "QueryDeviceDetail";

    /// The parameters.
    pub fn params(&self) -> [ApiParam<'a>; 4] {
        let [device_name, iot_id, product_key] = self.device.params();
        [device_name, iot_id, product_key, ApiParam::new("IotInstanceId", self.instance_id)]
    }
}

/// Publishes a message to a topic.
#[derive(Clone, Copy, Debug)]
pub struct Pub<'a> {
    /// The product.
    pub product_key: &'a str,
    /// The topic, names filled in.
    pub topic: &'a str,
    /// The message, raw.
    pub message: &'a [u8],
    /// Whether to publish with QoS 1, if said at all.
    pub at_least_once: Option<bool>,
    /// The instance.
    pub instance_id: Option<&'a str>,
}

impl<'a> Pub<'a> {
    /// The name of the action.
    pub const ACTION: &'static str = "Pub";

    /// The parameters.
    pub fn params(&self) -> [ApiParam<'a>; 5] {
        let qos = match self.at_least_once {
            None => ApiValue::Absent,
            Some(at_least_once) => ApiValue::Number(at_least_once.into()),
        };
        [
            ApiParam::new("IotInstanceId", self.instance_id),
            ApiParam::new("MessageContent", ApiValue::Base64(self.message)),
            ApiParam::new("ProductKey", self.product_key),
            ApiParam::new("Qos", qos),
            ApiParam::new("TopicFullName", self.topic),
        ]
    }
}

/// Publishes a message to all devices of a product: to a broadcast topic they have subscribed, once a second; without one to each
/// device's own, once a minute.
#[derive(Clone, Copy, Debug)]
pub struct PubBroadcast<'a> {
    /// The product.
    pub product_key: &'a str,
    /// The topic, `/broadcast/${productKey}/…`.
    pub topic: Option<&'a str>,
    /// The message, raw.
    pub message: &'a [u8],
    /// The instance.
    pub instance_id: Option<&'a str>,
}

impl<'a> PubBroadcast<'a> {
    /// The name of the action.
    pub const ACTION: &'static str = "PubBroadcast";

    /// The parameters.
    pub fn params(&self) -> [ApiParam<'a>; 4] {
        [
            ApiParam::new("IotInstanceId", self.instance_id),
            ApiParam::new("MessageContent", ApiValue::Base64(self.message)),
            ApiParam::new("ProductKey", self.product_key),
            ApiParam::new("TopicFullName", self.topic),
        ]
    }
}

/// Asks a device something and waits for its answer.
#[derive(Clone, Copy, Debug)]
pub struct RRpc<'a> {
    /// The product.
    pub product_key: &'a str,
    /// The device.
    pub device_name: &'a str,
    /// The question, raw.
    pub request: &'a [u8],
    /// How long to wait, 1000 to 8000 milliseconds.
    pub timeout_millis: u16,
    /// A topic of one's own.
    pub topic: Option<&'a str>,
    /// The instance.
    pub instance_id: Option<&'a str>,
}

impl<'a> RRpc<'a> {
    /// The name of the action. One text spells it `Rrpc`; whether the platform takes that is not documented.
    pub const ACTION: &'static str = "RRpc";

    /// The parameters.
    ///
    /// # Errors
    /// [`IdentityError`] naming [`Field::Timeout`] when the timeout is not 1000 to 8000.
    pub fn params(&self) -> Result<[ApiParam<'a>; 6], IdentityError> {
        let error = |rule, index| Err(IdentityError { field: Field::Timeout, rule, index });
        match self.timeout_millis {
            0..1000 => return error(Rule::TooShort, 1000),
            1000..=8000 => {}
            _ => return error(Rule::TooLong, 8000),
        }
        Ok([
            ApiParam::new("DeviceName", self.device_name),
            ApiParam::new("IotInstanceId", self.instance_id),
            ApiParam::new("ProductKey", self.product_key),
            ApiParam::new("RequestBase64Byte", ApiValue::Base64(self.request)),
            ApiParam::new("Timeout", u64::from(self.timeout_millis)),
            ApiParam::new("Topic", self.topic),
        ])
    }
}

/// Changes the desired state in a device's shadow.
#[derive(Clone, Copy, Debug, Default)]
pub struct UpdateDeviceShadow<'a> {
    /// The product.
    pub product_key: &'a str,
    /// The device.
    pub device_name: &'a str,
    /// The message, JSON: `method` is `update`, `version` is greater than the shadow's.
    pub shadow_message: &'a str,
    /// The instance.
    pub instance_id: Option<&'a str>,
}

impl<'a> UpdateDeviceShadow<'a> {
    /// The name of the action.
    pub const ACTION: &'static str = "UpdateDeviceShadow";

    /// The parameters.
    pub fn params(&self) -> [ApiParam<'a>; 4] {
        [
            ApiParam::new("DeviceName", self.device_name),
            ApiParam::new("IotInstanceId", self.instance_id),
            ApiParam::new("ProductKey", self.product_key),
            ApiParam::new("ShadowMessage", self.shadow_message),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_timeout_of_a_question() {
        let ask = |timeout_millis| RRpc {
            product_key: "a1",
            device_name: "d",
            request: b"",
            timeout_millis,
            topic: None,
            instance_id: None,
        };
        assert!(ask(1000).params().is_ok());
        assert!(ask(8000).params().is_ok());
        assert_eq!(ask(999).params().unwrap_err().rule, Rule::TooShort);
        assert_eq!(ask(8001).params().unwrap_err().rule, Rule::TooLong);
    }
}
