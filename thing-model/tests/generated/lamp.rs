//! Typed values of product `a1LampDemo01`, generated from its thing model by `thing_model::codegen::rust`. Not to be edited.

use serde::{Deserialize, Serialize};

/// The properties, as a device posts them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Properties {
    /// 电源开关.
    ///
    /// False: 关闭. True: 开启.
    #[serde(rename = "PowerSwitch", skip_serializing_if = "Option::is_none", with = "flag")]
    pub power_switch: Option<bool>,
    /// 亮度.
    ///
    /// From 0 to 100, step 1, in `%`.
    #[serde(rename = "Brightness", skip_serializing_if = "Option::is_none")]
    pub brightness: Option<i32>,
    /// 色温.
    ///
    /// From 2700 to 6500, step 1, in `K`.
    #[serde(rename = "ColorTemperature", skip_serializing_if = "Option::is_none")]
    pub color_temperature: Option<i32>,
}

impl Properties {
    /// The method these values are sent with.
    pub const METHOD: &'static str = "thing.event.property.post";
}

/// The properties that can be set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// 电源开关.
    ///
    /// False: 关闭. True: 开启.
    #[serde(rename = "PowerSwitch", skip_serializing_if = "Option::is_none", with = "flag")]
    pub power_switch: Option<bool>,
    /// 亮度.
    ///
    /// From 0 to 100, step 1, in `%`.
    #[serde(rename = "Brightness", skip_serializing_if = "Option::is_none")]
    pub brightness: Option<i32>,
    /// 色温.
    ///
    /// From 2700 to 6500, step 1, in `K`.
    #[serde(rename = "ColorTemperature", skip_serializing_if = "Option::is_none")]
    pub color_temperature: Option<i32>,
}

impl Settings {
    /// The method these values are sent with.
    pub const METHOD: &'static str = "thing.service.property.set";
}

/// Outputs of the alert event: 过热告警.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OverHeatEvent {
    /// 灯体温度.
    ///
    /// From -40 to 150, step 0.1, in `°C`.
    #[serde(rename = "Temperature", skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
}

impl OverHeatEvent {
    /// The method these values are sent with.
    pub const METHOD: &'static str = "thing.event.OverHeat.post";
}

/// Input of the async service: 翻转开关.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ToggleSwitchInput {}

impl ToggleSwitchInput {
    /// The method these values are sent with.
    pub const METHOD: &'static str = "thing.service.ToggleSwitch";
}

/// Output of the async service: 翻转开关.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ToggleSwitchOutput {}

/// Input of the sync service: 闪烁.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BlinkInput {
    /// 次数.
    ///
    /// From 1 to 20, step 1.
    #[serde(rename = "Times", skip_serializing_if = "Option::is_none")]
    pub times: Option<i32>,
    /// 周期.
    ///
    /// From 100 to 5000, step 100, in `ms`.
    #[serde(rename = "PeriodMs", skip_serializing_if = "Option::is_none")]
    pub period_ms: Option<i32>,
}

impl BlinkInput {
    /// The method these values are sent with.
    pub const METHOD: &'static str = "thing.service.Blink";
}

/// Output of the sync service: 闪烁.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BlinkOutput {
    /// 实际次数.
    ///
    /// From 0 to 20, step 1.
    #[serde(rename = "Done", skip_serializing_if = "Option::is_none")]
    pub done: Option<i32>,
}

/// Booleans are 0 and 1.
mod flag {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(flag: &Option<bool>, to: S) -> Result<S::Ok, S::Error> {
        match flag {
            Some(flag) => to.serialize_u8(u8::from(*flag)),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
        match Option::<u8>::deserialize(from)? {
            None => Ok(None),
            Some(0) => Ok(Some(false)),
            Some(1) => Ok(Some(true)),
            Some(_) => Err(D::Error::custom("0 or 1 is expected")),
        }
    }
}
