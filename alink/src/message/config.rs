//! Remote configuration, the driver configuration of gateways, and what a device logs.

use super::{object, words};
use crate::error::{Fault, Rule};
use crate::json::{RawJson, Text};
use crate::list::Read;
use crate::out::Out;
use crate::write::{Json, Writer};

words! {
    /// Whose configuration.
    pub enum Scope {
        /// Of all devices of the product.
        "product" => Product,
        /// Of this device.
        "device" => Device,
    }
}

words! {
    /// In which form a configuration is given.
    pub enum Form {
        /// As a file at a URL.
        "file" => File,
        /// In the message.
        "content" => Content,
    }
}

object! {
    /// A question for the remote configuration (product, file) or the log configuration (device,
    /// content).
    pub struct ConfigGet {
        /// Whose.
        "configScope" => scope: Scope,
        /// In which form.
        "getType" => form: Form,
    }
}

impl ConfigGet {
    /// For the remote configuration.
    pub const REMOTE: Self = Self { scope: Scope::Product, form: Form::File };
    /// For the log configuration.
    pub const LOG: Self = Self { scope: Scope::Device, form: Form::Content };
}

object! {
    /// A remote configuration: `data` of the answer and `params` of the push. The file is JSON of
    /// at most 64 KB.
    pub struct RemoteConfig<'a> {
        /// Its id.
        "configId" => id: Text<'a>,
        /// Its bytes.
        "configSize" => size: u64,
        /// Digest of the file, in hex.
        "sign" => sign: Text<'a>,
        /// How it is made.
        "signMethod" => sign_method: Text<'a>,
        /// Where it lies.
        "url" => url: Text<'a>,
        /// Always a file.
        "getType" => form: Form,
    }
}

object! {
    /// The driver configuration of a gateway. It comes in the `data` of a push.
    pub struct ModelConfig<'a> {
        /// Digest of the file, in hex.
        "digest" => digest: Text<'a>,
        /// How it is made.
        "digestMethod" => digest_method: Text<'a>,
        /// Where it lies.
        "url" => url: Text<'a>,
    }
}

/// Whether to post logs: `data` of the answer and `params` of the push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// Nothing is posted while it is off.
    pub is_on: bool,
}

impl<'a> Read<'a> for LogConfig {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        let content = RawJson::read_member(json.object()?, "content")?;
        match i64::read_member(content.object()?, "mode")? {
            0 => Ok(Self { is_on: false }),
            1 => Ok(Self { is_on: true }),
            _ => Err(Fault::new(Rule::ValueUnknown, content.offset())),
        }
    }
}

impl Json for LogConfig {
    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.put("{\"getType\":\"content\",\"content\":{\"mode\":");
        to.integer(self.is_on.into());
        to.put("}}");
    }
}
