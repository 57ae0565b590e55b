//! The body of a signed request: named fields in a dialect's order, written as JSON, as a form or as headers.
//!
//! Requests differ only in which fields they have, in what order, and how each is spelled; all of that is an [`Order`] beside the
//! request. The signature is made while its field is written.

use crate::content::DeviceContent;
use crate::hex::Case;
use crate::json::write as json;
use crate::method::SigningKey;
use crate::percent;
use crate::pieces::{Pieces, Text};

/// Fields by name, in the order they are written.
pub(crate) type Order = [(&'static str, Member)];

/// What a field holds. One the body does not have is left out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Member {
    ProductKey,
    DeviceName,
    ClientId,
    Timestamp,
    /// A timestamp that is a number in JSON.
    BareTimestamp,
    Random,
    Seq,
    /// `hmacsha256`
    Method,
    /// `hmacSha256`
    CamelMethod,
    Sign,
    Version,
    CleanSession,
    Fixed(&'static str),
}

// The fields most orders have, as most of them spell it.
pub(crate) const PRODUCT_KEY: (&str, Member) = ("productKey", Member::ProductKey);
pub(crate) const DEVICE_NAME: (&str, Member) = ("deviceName", Member::DeviceName);
pub(crate) const CLIENT_ID: (&str, Member) = ("clientId", Member::ClientId);
pub(crate) const TIMESTAMP: (&str, Member) = ("timestamp", Member::Timestamp);
pub(crate) const RANDOM: (&str, Member) = ("random", Member::Random);
pub(crate) const SEQ: (&str, Member) = ("seq", Member::Seq);
pub(crate) const SIGN: (&str, Member) = ("sign", Member::Sign);
pub(crate) const METHOD: (&str, Member) = ("signmethod", Member::Method);
pub(crate) const VERSION: (&str, Member) = ("version", Member::Version);

/// What the platform takes when no method is named.
pub(crate) const DEFAULT_METHOD: &str = "hmacmd5";

/// The fields of one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body<'a> {
    /// What is signed, and written too.
    pub content: DeviceContent<'a>,
    pub key: Option<&'a SigningKey>,
    pub case: Case,
    /// Whether the method is named even if it is the one the platform takes without.
    pub names_method: bool,
    pub version: Option<&'a str>,
    pub clean_session: bool,
}

impl<'a> Body<'a> {
    pub(crate) const fn new(content: DeviceContent<'a>, key: Option<&'a SigningKey>, case: Case) -> Self {
        Self { content, key, case, names_method: true, version: None, clean_session: false }
    }

    /// Calls `each` with the fields it has.
    pub(crate) fn each(&self, order: &Order, mut each: impl FnMut(&'static str, Member, &Text<'_>)) {
        for &(name, member) in order {
            let content = &self.content;
            let method = |camel: bool| {
                let method = self.key?.method();
                let named = self.names_method || method.name() != DEFAULT_METHOD;
                named.then(|| Text::Str(if camel { method.camel_name() } else { method.name() }))
            };
            let value = match member {
                Member::ProductKey => Some(Text::Str(content.device.product_key())),
                Member::DeviceName => Some(Text::Str(content.device.device_name())),
                Member::ClientId => content.client_id,
                Member::Timestamp | Member::BareTimestamp => content.timestamp,
                Member::Random => content.random,
                Member::Seq => content.seq,
                Member::Method => method(false),
                Member::CamelMethod => method(true),
                Member::Version => self.version.map(Text::Str),
                Member::CleanSession => Some(Text::Str(if self.clean_session { "true" } else { "false" })),
                Member::Fixed(value) => Some(Text::Str(value)),
                Member::Sign => {
                    if let Some(key) = self.key {
                        each(name, member, &Text::Str(key.sign(content).hex(self.case).as_str()));
                    }
                    None
                }
            };
            if let Some(value) = value {
                each(name, member, &value);
            }
        }
    }

    /// A JSON object. A name that begins with a space has that space before its quotation mark: one SDK leaves it there.
    pub(crate) fn json(&self, order: &Order, put: &mut impl FnMut(&str)) {
        let mut separator = "{";
        self.each(order, |name, member, value| {
            put(separator);
            let name = name.strip_prefix(' ').inspect(|_| put(" ")).unwrap_or(name);
            json::name(name, put);
            match member {
                Member::BareTimestamp => value.pieces(put),
                _ => json::string(value, put),
            }
            separator = ",";
        });
        put("}");
    }

    /// A form, percent-encoded or as it is.
    pub(crate) fn form(&self, order: &Order, encoded: bool, put: &mut impl FnMut(&str)) {
        let mut separator = "";
        self.each(order, |name, _, value| {
            put(separator);
            put(name);
            put("=");
            match encoded {
                true => value.pieces(&mut |piece| percent::encode(piece, put)),
                false => value.pieces(put),
            }
            separator = "&";
        });
    }
}
