//! Tags: key and value on a device, kept by the platform.

use super::{list, object};
use crate::error::{Fault, Rule};
use crate::json::{RawJson, Text};
use crate::list::{List, Read};
use crate::out::Out;
use crate::write::{Json, Writer};

/// Tags in one message. A device keeps at most 100.
pub const MAX_TAGS: usize = 200;

/// The key of a tag: letters, digits and underscores, at most 100, the first not a digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagKey<'a>(pub &'a str);

impl TagKey<'_> {
    fn is_good(&self) -> bool {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        (1..=100).contains(&self.0.len())
            && self.0.bytes().all(word)
            && !self.0.starts_with(|c: char| c.is_ascii_digit())
    }
}

impl<'a> Read<'a> for TagKey<'a> {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        let key = Self(Text::read(json)?.as_plain().unwrap_or_default());
        if key.is_good() { Ok(key) } else { Err(Fault::new(Rule::BadTagKey, json.offset())) }
    }
}

impl Json for TagKey<'_> {
    fn check(&self) -> Result<(), Fault> {
        if self.is_good() { Ok(()) } else { Err(Fault::new(Rule::BadTagKey, 0)) }
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.text(self.0.into());
    }
}

object! {
    /// A tag.
    pub struct Tag<'a> {
        /// Its key.
        "attrKey" => key: TagKey<'a>,
        /// Its value.
        "attrValue" => value: Text<'a>,
    }
}

list! {
    /// Tags to set.
    pub struct TagUpdate<'a>([Tag<'a>; MAX_TAGS], TooManyTags);
}

object! {
    /// A tag by its key.
    pub struct TagName<'a> {
        /// Its key.
        "attrKey" => key: TagKey<'a>,
    }
}

list! {
    /// Tags to remove.
    pub struct TagDelete<'a>([TagName<'a>; MAX_TAGS], TooManyTags);
}

object! {
    /// A question for tags; layout as one implementer has it.
    pub struct TagGet<'a> {
        /// For which.
        "attrKeys" => keys: List<'a, TagKey<'a>>,
    }
}
