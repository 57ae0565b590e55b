//! Children going online and offline over the connection of their gateway.

use super::{list, object};
use crate::error::{Fault, Rule};
use crate::json::{RawJson, Text};
use crate::list::{List, Read};
use crate::name::DeviceId;
use crate::out::Out;
use crate::write::{Json, Writer};

/// Children in one batch.
pub const MAX_BATCH: usize = 50;

/// `cleanSession`, which is a string here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextBool(pub bool);

impl<'a> Read<'a> for TextBool {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        match json.as_str() {
            "\"true\"" | "true" => Ok(Self(true)),
            "\"false\"" | "false" => Ok(Self(false)),
            _ => Err(Fault::new(Rule::ValueUnknown, json.offset())),
        }
    }
}

impl Json for TextBool {
    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.text(if self.0 { "true" } else { "false" }.into());
    }
}

object! {
    /// One child goes online; `params` of the request. The answer names the child again.
    pub struct Login<'a> {
        /// Its product.
        "productKey" => product_key: &'a str,
        /// Its name.
        "deviceName" => device_name: &'a str,
        /// Its client id, as it is signed.
        "clientId" => client_id: Option<Text<'a>>,
        /// Milliseconds, as they are signed.
        "timestamp" => timestamp: Option<Text<'a>>,
        /// How it is signed. In camel case, unlike when it was bound.
        "signMethod" => sign_method: Text<'a>,
        /// The signature.
        "sign" => sign: Text<'a>,
        /// Whether messages kept for it are thrown away.
        "cleanSession" => clean_session: Option<TextBool>,
    }
}

/// Children go online; `params` of the request. The answer names them again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchLogin<'a> {
    /// How all of them are signed.
    pub sign_method: Text<'a>,
    /// At most 50.
    pub devices: List<'a, BatchEntry<'a>>,
}

impl<'a> Read<'a> for BatchLogin<'a> {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        let params = json.params_object()?;
        if let Some(devices) = params.member("deviceList") {
            devices.at_most(MAX_BATCH, Rule::TooManyLogins)?;
        }
        let devices = List::<BatchEntry<'_>>::read_member(params, "deviceList")?;
        // One page puts the method into every entry instead.
        let sign_method = match Option::read_member(params, "signMethod")? {
            Some(method) => method,
            None => devices
                .iter()
                .find_map(|entry| entry.sign_method)
                .ok_or(Fault::new(Rule::MemberMissing, params.offset()))?,
        };
        Ok(Self { sign_method, devices })
    }
}

impl Json for BatchLogin<'_> {
    fn check(&self) -> Result<(), Fault> {
        self.devices.at_most(MAX_BATCH, Rule::TooManyLogins)?;
        self.devices.check()
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.object(|to| {
            to.member("signMethod", &self.sign_method);
            to.member("deviceList", &self.devices);
        });
    }
}

object! {
    /// One child of a batch.
    pub struct BatchEntry<'a> {
        /// Its product.
        "productKey" => product_key: &'a str,
        /// Its name.
        "deviceName" => device_name: &'a str,
        /// Its client id, as it is signed.
        "clientId" => client_id: Option<Text<'a>>,
        /// Milliseconds, as they are signed.
        "timestamp" => timestamp: Option<Text<'a>>,
        /// Whether messages kept for it are thrown away.
        "cleanSession" => clean_session: Option<TextBool>,
        /// The signature.
        "sign" => sign: Text<'a>,
        /// How it is signed, if the batch does not say.
        "signMethod" => sign_method: Option<Text<'a>>,
    }
}

/// One child goes offline; `params` and `data` alike.
pub type Logout<'a> = DeviceId<'a>;

list! {
    /// Children go offline; an array, though the batch login is an object.
    pub struct BatchLogout<'a>([DeviceId<'a>; MAX_BATCH], TooManyLogins);
}
