//! Typed values of product `a1AllTypes01`, generated from its thing model by `thing_model::codegen::rust`. Not to be edited.

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// Keys of `p_enum`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "i32", try_from = "i32")]
#[non_exhaustive]
pub enum PEnum {
    /// 负一.
    ValueMinus1,
    /// 零.
    Value0,
    /// 七.
    Value7,
    /// 一百.
    Value100,
}

impl From<PEnum> for i32 {
    fn from(key: PEnum) -> Self {
        match key {
            PEnum::ValueMinus1 => -1,
            PEnum::Value0 => 0,
            PEnum::Value7 => 7,
            PEnum::Value100 => 100,
        }
    }
}

impl TryFrom<i32> for PEnum {
    type Error = UnknownKey;

    fn try_from(key: i32) -> Result<Self, UnknownKey> {
        match key {
            -1 => Ok(Self::ValueMinus1),
            0 => Ok(Self::Value0),
            7 => Ok(Self::Value7),
            100 => Ok(Self::Value100),
            _ => Err(UnknownKey(key)),
        }
    }
}

/// Keys of `e`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "i32", try_from = "i32")]
#[non_exhaustive]
pub enum PStructE {
    /// 甲.
    Value1,
    /// 乙.
    Value2,
}

impl From<PStructE> for i32 {
    fn from(key: PStructE) -> Self {
        match key {
            PStructE::Value1 => 1,
            PStructE::Value2 => 2,
        }
    }
}

impl TryFrom<i32> for PStructE {
    type Error = UnknownKey;

    fn try_from(key: i32) -> Result<Self, UnknownKey> {
        match key {
            1 => Ok(Self::Value1),
            2 => Ok(Self::Value2),
            _ => Err(UnknownKey(key)),
        }
    }
}

/// Members of `p_struct`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PStruct {
    /// 整型.
    ///
    /// From 0 to 10, step 1.
    #[serde(rename = "i", skip_serializing_if = "Option::is_none")]
    pub i: Option<i32>,
    /// 浮点.
    ///
    /// From 0 to 1, step 0.01.
    #[serde(rename = "f", skip_serializing_if = "Option::is_none")]
    pub f: Option<f32>,
    /// 双精.
    ///
    /// From 0 to 1, step 0.001.
    #[serde(rename = "d", skip_serializing_if = "Option::is_none")]
    pub d: Option<f64>,
    /// 文本.
    ///
    /// At most 8 characters.
    #[serde(rename = "t", skip_serializing_if = "Option::is_none")]
    pub t: Option<String>,
    /// 时间.
    ///
    /// Milliseconds since 1970 UTC.
    #[serde(rename = "at", skip_serializing_if = "Option::is_none", with = "millis")]
    pub at: Option<i64>,
    /// 布尔.
    ///
    /// False: 关闭. True: 开启.
    #[serde(rename = "b", skip_serializing_if = "Option::is_none", with = "flag")]
    pub b: Option<bool>,
    /// 枚举.
    #[serde(rename = "e", skip_serializing_if = "Option::is_none")]
    pub e: Option<PStructE>,
}

/// Members of `p_arr_struct`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PArrStruct {
    /// 序列号.
    ///
    /// At most 12 characters.
    #[serde(rename = "sn", skip_serializing_if = "Option::is_none")]
    pub sn: Option<String>,
    /// 数值.
    ///
    /// From 0 to 255, step 1.
    #[serde(rename = "v", skip_serializing_if = "Option::is_none")]
    pub v: Option<i32>,
}

/// The properties, as a device posts them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Properties {
    /// 整型.
    ///
    /// From -2147483648 to 2147483647, step 1.
    #[serde(rename = "p_int", skip_serializing_if = "Option::is_none")]
    pub p_int: Option<i32>,
    /// 小整型.
    ///
    /// From -5 to 5, step 1.
    #[serde(rename = "p_int_small", skip_serializing_if = "Option::is_none")]
    pub p_int_small: Option<i32>,
    /// 单精度.
    ///
    /// From -100.5 to 100.5, step 0.1.
    #[serde(rename = "p_float", skip_serializing_if = "Option::is_none")]
    pub p_float: Option<f32>,
    /// 双精度.
    ///
    /// From -1000000000 to 1000000000, step 0.000001.
    #[serde(rename = "p_double", skip_serializing_if = "Option::is_none")]
    pub p_double: Option<f64>,
    /// 文本.
    ///
    /// At most 16 characters.
    #[serde(rename = "p_text", skip_serializing_if = "Option::is_none")]
    pub p_text: Option<String>,
    /// 长文本.
    ///
    /// At most 10240 characters.
    #[serde(rename = "p_text_max", skip_serializing_if = "Option::is_none")]
    pub p_text_max: Option<String>,
    /// 时间.
    ///
    /// Milliseconds since 1970 UTC.
    #[serde(rename = "p_date", skip_serializing_if = "Option::is_none", with = "millis")]
    pub p_date: Option<i64>,
    /// 布尔.
    ///
    /// False: 假. True: 真.
    #[serde(rename = "p_bool", skip_serializing_if = "Option::is_none", with = "flag")]
    pub p_bool: Option<bool>,
    /// 枚举.
    #[serde(rename = "p_enum", skip_serializing_if = "Option::is_none")]
    pub p_enum: Option<PEnum>,
    /// 结构体.
    #[serde(rename = "p_struct", skip_serializing_if = "Option::is_none")]
    pub p_struct: Option<PStruct>,
    /// 整型数组.
    ///
    /// At most 4 items.
    #[serde(rename = "p_arr_int", skip_serializing_if = "Option::is_none")]
    pub p_arr_int: Option<Vec<i32>>,
    /// 单精度数组.
    ///
    /// At most 4 items.
    #[serde(rename = "p_arr_float", skip_serializing_if = "Option::is_none")]
    pub p_arr_float: Option<Vec<f32>>,
    /// 双精度数组.
    ///
    /// At most 512 items.
    #[serde(rename = "p_arr_double", skip_serializing_if = "Option::is_none")]
    pub p_arr_double: Option<Vec<f64>>,
    /// 文本数组.
    ///
    /// At most 3 items.
    #[serde(rename = "p_arr_text", skip_serializing_if = "Option::is_none")]
    pub p_arr_text: Option<Vec<String>>,
    /// 结构体数组.
    ///
    /// At most 2 items.
    #[serde(rename = "p_arr_struct", skip_serializing_if = "Option::is_none")]
    pub p_arr_struct: Option<Vec<PArrStruct>>,
    /// 只读.
    ///
    /// From 0 to 1, step 1.
    #[serde(rename = "p_readonly", skip_serializing_if = "Option::is_none")]
    pub p_readonly: Option<i32>,
}

impl Properties {
    /// The method these values are sent with.
    pub const METHOD: &'static str = "thing.event.property.post";
}

/// The properties that can be set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// 整型.
    ///
    /// From -2147483648 to 2147483647, step 1.
    #[serde(rename = "p_int", skip_serializing_if = "Option::is_none")]
    pub p_int: Option<i32>,
    /// 小整型.
    ///
    /// From -5 to 5, step 1.
    #[serde(rename = "p_int_small", skip_serializing_if = "Option::is_none")]
    pub p_int_small: Option<i32>,
    /// 单精度.
    ///
    /// From -100.5 to 100.5, step 0.1.
    #[serde(rename = "p_float", skip_serializing_if = "Option::is_none")]
    pub p_float: Option<f32>,
    /// 双精度.
    ///
    /// From -1000000000 to 1000000000, step 0.000001.
    #[serde(rename = "p_double", skip_serializing_if = "Option::is_none")]
    pub p_double: Option<f64>,
    /// 文本.
    ///
    /// At most 16 characters.
    #[serde(rename = "p_text", skip_serializing_if = "Option::is_none")]
    pub p_text: Option<String>,
    /// 长文本.
    ///
    /// At most 10240 characters.
    #[serde(rename = "p_text_max", skip_serializing_if = "Option::is_none")]
    pub p_text_max: Option<String>,
    /// 时间.
    ///
    /// Milliseconds since 1970 UTC.
    #[serde(rename = "p_date", skip_serializing_if = "Option::is_none", with = "millis")]
    pub p_date: Option<i64>,
    /// 布尔.
    ///
    /// False: 假. True: 真.
    #[serde(rename = "p_bool", skip_serializing_if = "Option::is_none", with = "flag")]
    pub p_bool: Option<bool>,
    /// 枚举.
    #[serde(rename = "p_enum", skip_serializing_if = "Option::is_none")]
    pub p_enum: Option<PEnum>,
    /// 结构体.
    #[serde(rename = "p_struct", skip_serializing_if = "Option::is_none")]
    pub p_struct: Option<PStruct>,
    /// 整型数组.
    ///
    /// At most 4 items.
    #[serde(rename = "p_arr_int", skip_serializing_if = "Option::is_none")]
    pub p_arr_int: Option<Vec<i32>>,
    /// 单精度数组.
    ///
    /// At most 4 items.
    #[serde(rename = "p_arr_float", skip_serializing_if = "Option::is_none")]
    pub p_arr_float: Option<Vec<f32>>,
    /// 双精度数组.
    ///
    /// At most 512 items.
    #[serde(rename = "p_arr_double", skip_serializing_if = "Option::is_none")]
    pub p_arr_double: Option<Vec<f64>>,
    /// 文本数组.
    ///
    /// At most 3 items.
    #[serde(rename = "p_arr_text", skip_serializing_if = "Option::is_none")]
    pub p_arr_text: Option<Vec<String>>,
    /// 结构体数组.
    ///
    /// At most 2 items.
    #[serde(rename = "p_arr_struct", skip_serializing_if = "Option::is_none")]
    pub p_arr_struct: Option<Vec<PArrStruct>>,
}

impl Settings {
    /// The method these values are sent with.
    pub const METHOD: &'static str = "thing.service.property.set";
}

/// Members of `obj`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EInfoEventObj {
    /// x.
    ///
    /// From -1 to 1, step 0.01.
    #[serde(rename = "x", skip_serializing_if = "Option::is_none")]
    pub x: Option<f64>,
    /// y.
    ///
    /// From -1 to 1, step 0.01.
    #[serde(rename = "y", skip_serializing_if = "Option::is_none")]
    pub y: Option<f64>,
}

/// Outputs of the info event: 信息.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EInfoEvent {
    /// 甲.
    ///
    /// From 0 to 9, step 1.
    #[serde(rename = "a", skip_serializing_if = "Option::is_none")]
    pub a: Option<i32>,
    /// 列表.
    ///
    /// At most 3 items.
    #[serde(rename = "list", skip_serializing_if = "Option::is_none")]
    pub list: Option<Vec<i32>>,
    /// 对象.
    #[serde(rename = "obj", skip_serializing_if = "Option::is_none")]
    pub obj: Option<EInfoEventObj>,
}

impl EInfoEvent {
    /// The method these values are sent with.
    pub const METHOD: &'static str = "thing.event.e_info.post";
}

/// Outputs of the alert event: 告警.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EAlertEvent {
    /// 说明.
    ///
    /// At most 32 characters.
    #[serde(rename = "msg", skip_serializing_if = "Option::is_none")]
    pub msg: Option<String>,
}

impl EAlertEvent {
    /// The method these values are sent with.
    pub const METHOD: &'static str = "thing.event.e_alert.post";
}

/// Outputs of the error event: 故障.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EErrorEvent {
    /// 代码.
    ///
    /// From 1 to 999, step 1.
    #[serde(rename = "code", skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
}

impl EErrorEvent {
    /// The method these values are sent with.
    pub const METHOD: &'static str = "thing.event.e_error.post";
}

/// Outputs of the info event: 空事件.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EEmptyEvent {}

impl EEmptyEvent {
    /// The method these values are sent with.
    pub const METHOD: &'static str = "thing.event.e_empty.post";
}

/// Input of the async service: 异步服务.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SAsyncInput {
    /// x.
    ///
    /// From 0 to 9, step 1.
    #[serde(rename = "x", skip_serializing_if = "Option::is_none")]
    pub x: Option<i32>,
}

impl SAsyncInput {
    /// The method these values are sent with.
    pub const METHOD: &'static str = "thing.service.s_async";
}

/// Output of the async service: 异步服务.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SAsyncOutput {}

/// Input of the sync service: 同步服务.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SSyncInput {
    /// 时刻.
    ///
    /// Milliseconds since 1970 UTC.
    #[serde(rename = "when", skip_serializing_if = "Option::is_none", with = "millis")]
    pub when: Option<i64>,
    /// 标签.
    ///
    /// At most 2 items.
    #[serde(rename = "tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
}

impl SSyncInput {
    /// The method these values are sent with.
    pub const METHOD: &'static str = "thing.service.s_sync";
}

/// Members of `detail`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SSyncOutputDetail {
    /// 计数.
    ///
    /// From 0 to 100, step 1.
    #[serde(rename = "n", skip_serializing_if = "Option::is_none")]
    pub n: Option<i32>,
}

/// Output of the sync service: 同步服务.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SSyncOutput {
    /// 结果.
    ///
    /// False: 关闭. True: 开启.
    #[serde(rename = "ok", skip_serializing_if = "Option::is_none", with = "flag")]
    pub ok: Option<bool>,
    /// 明细.
    #[serde(rename = "detail", skip_serializing_if = "Option::is_none")]
    pub detail: Option<SSyncOutputDetail>,
}

/// Input of the async service: 无参服务.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SNoargsInput {}

impl SNoargsInput {
    /// The method these values are sent with.
    pub const METHOD: &'static str = "thing.service.s_noargs";
}

/// Output of the async service: 无参服务.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SNoargsOutput {}

/// A number that is none of the keys of an enumeration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownKey(pub i32);

impl core::fmt::Display for UnknownKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} is none of the keys", self.0)
    }
}

impl core::error::Error for UnknownKey {}

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

/// Dates are text: milliseconds since 1970 UTC.
mod millis {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::String;

    pub(super) fn serialize<S: Serializer>(date: &Option<i64>, to: S) -> Result<S::Ok, S::Error> {
        match date {
            Some(date) => to.collect_str(date),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
    }
}
