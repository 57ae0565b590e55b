//! The device shadow: a document the platform keeps for a device. No envelope.
//!
//! The device sends on `/shadow/update/…`, and all that comes back, answers and pushes, comes on
//! `/shadow/get/…`. What is cleared or deleted is set to the *string* `null`.

use crate::code::Code;
use crate::error::{Fault, Rule};
use crate::json::{RawJson, Text};
use crate::list::Read;
use crate::out::Out;
use crate::write::{Json, Writer};

/// Attributes in one state.
pub const MAX_ATTRIBUTES: usize = 128;
/// Objects inside each other in a state.
pub const MAX_ATTRIBUTE_DEPTH: usize = 5;
/// Bytes of a document.
pub const MAX_DOCUMENT: usize = 16 * 1024;
/// The version that resets the shadow's to 0.
pub const RESET: i64 = -1;

/// What a device sends.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum ShadowRequest<'a> {
    /// New state.
    Update {
        /// What the device is.
        reported: Option<RawJson<'a>>,
        /// What it is wished to be: only to be cleared.
        clear_desired: bool,
        /// Above the stored one, or [`RESET`].
        version: i64,
    },
    /// Asks for the whole document.
    Get,
    /// Deletes attributes.
    Delete {
        /// Those set to the string `null`, or `None` for all.
        reported: Option<RawJson<'a>>,
        /// Above the stored one.
        version: i64,
    },
}

impl<'a> ShadowRequest<'a> {
    /// Reads a payload of `/shadow/update/…`, in the order in which a platform finds fault.
    ///
    /// # Errors
    /// A shadow rule, whose code is one of the shadow's own.
    pub fn parse(payload: &'a [u8]) -> Result<Self, Fault> {
        let json = document(payload)?;
        let method = json.member("method").ok_or(Fault::new(Rule::ShadowNoMethod, 0))?;
        let unknown = Fault::new(Rule::ShadowMethodUnknown, method.offset());
        let is_delete = match method.text().ok_or(unknown)?.as_plain() {
            Some("get") => return Ok(Self::Get),
            Some("update") => false,
            Some("delete") => true,
            _ => return Err(unknown),
        };
        let state = json.member("state").ok_or(Fault::new(Rule::ShadowNoState, 0))?;
        let version = version_of(json)?.ok_or(Fault::new(Rule::ShadowVersionNotNumber, 0))?;
        let reported = state.member("reported");
        if is_delete {
            let reported = reported.ok_or(Fault::new(Rule::ShadowNoReported, state.offset()))?;
            return Ok(Self::Delete { reported: Some(reported).filter(|all| !is_null_text(*all)), version });
        }
        let clear_desired = state.member("desired").is_some_and(is_null_text);
        if let Some(reported) = reported {
            check_attributes(reported)?;
        } else if !clear_desired {
            return Err(Fault::new(Rule::ShadowNoReported, state.offset()));
        }
        Ok(Self::Update { reported, clear_desired, version })
    }

    /// The version of the shadow once it has taken this, given the one stored: for who keeps shadows.
    ///
    /// ```
    /// use alink::{Rule, message::shadow::ShadowRequest};
    ///
    /// let update = ShadowRequest::parse(br#"{"method":"update","state":{"desired":"null"},"version":3}"#)?;
    /// assert_eq!(update.version_after(2), Ok(3));
    /// assert_eq!(update.version_after(3).unwrap_err().rule, Rule::ShadowVersionConflict);
    /// # Ok::<(), alink::Fault>(())
    /// ```
    ///
    /// # Errors
    /// [`Rule::ShadowVersionConflict`] unless the version is above the stored one, or [`RESET`].
    pub fn version_after(&self, stored: i64) -> Result<i64, Fault> {
        match *self {
            Self::Get => Ok(stored),
            Self::Update { version: RESET, .. } => Ok(0),
            Self::Update { version, .. } | Self::Delete { version, .. } if version > stored => Ok(version),
            _ => Err(Fault::new(Rule::ShadowVersionConflict, 0)),
        }
    }
}

impl Json for ShadowRequest<'_> {
    fn check(&self) -> Result<(), Fault> {
        match self {
            Self::Update { reported: Some(reported), .. } => check_attributes(*reported),
            Self::Update { reported: None, clear_desired: false, .. } => {
                Err(Fault::new(Rule::ShadowNoReported, 0))
            }
            _ => Ok(()),
        }
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        match self {
            Self::Get => to.put("{\"method\":\"get\"}"),
            Self::Update { reported, clear_desired, version } => to.object(|to| {
                to.member("method", &"update");
                to.key("state");
                to.object(|to| {
                    to.member("reported", reported);
                    to.member("desired", &clear_desired.then_some("null"));
                });
                to.member("version", version);
            }),
            Self::Delete { reported, version } => to.object(|to| {
                to.member("method", &"delete");
                to.key("state");
                to.object(|to| match reported {
                    Some(reported) => to.member("reported", reported),
                    None => to.member("reported", &"null"),
                });
                to.member("version", version);
            }),
        }
    }
}

/// What a platform sends back, or pushes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum ShadowReply<'a> {
    /// An update or deletion was taken.
    Success {
        /// The version now stored.
        version: Option<i64>,
        /// Seconds of UTC.
        timestamp: Option<u64>,
    },
    /// It was not.
    Error {
        /// A code of the shadow's own.
        code: Code,
        /// In words.
        message: Text<'a>,
        /// Seconds of UTC.
        timestamp: Option<u64>,
    },
    /// The whole document, asked for.
    Document(Document<'a>),
    /// A push: somebody has set desired values.
    Control(Document<'a>),
}

/// State, when each part of it was set, and the version.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Document<'a> {
    /// What the device has reported.
    pub reported: Option<RawJson<'a>>,
    /// What it is wished to be.
    pub desired: Option<RawJson<'a>>,
    /// Mirrors the state, with `{"timestamp":seconds}` for leaves.
    pub metadata: Option<RawJson<'a>>,
    /// The version of the document.
    pub version: i64,
    /// Seconds of UTC.
    pub timestamp: Option<u64>,
}

impl<'a> ShadowReply<'a> {
    /// Reads a payload of `/shadow/get/…`.
    ///
    /// # Errors
    /// The rule broken, with the offset in the payload.
    pub fn parse(payload: &'a [u8]) -> Result<Self, Fault> {
        let json = document(payload)?;
        let method = json.member("method").ok_or(Fault::new(Rule::ShadowNoMethod, 0))?;
        let body = json.member("payload").ok_or(Fault::new(Rule::MemberMissing, 0))?.object()?;
        let timestamp = Option::read_member(json, "timestamp")?;
        let is_control = method.text().is_some_and(|method| method == "control");
        if !is_control && method.text().is_none_or(|method| method != "reply") {
            return Err(Fault::new(Rule::ShadowMethodUnknown, method.offset()));
        }
        if !is_control && let Some(content) = body.member("content") {
            let code = i64::read_member(content, "errorcode")?;
            let code = i32::try_from(code).map_err(|_| Fault::new(Rule::CodeNotNumber, content.offset()))?;
            let message = Option::read_member(content, "errormessage")?.unwrap_or("".into());
            return Ok(Self::Error { code: Code(code), message, timestamp });
        }
        // Inside the payload of a success, beside it in a document: read both.
        let version = version_of(json)?.or(version_of(body)?);
        let Some(state) = body.member("state") else {
            return if is_control {
                Err(Fault::new(Rule::ShadowNoState, body.offset()))
            } else {
                Ok(Self::Success { version, timestamp })
            };
        };
        let document = Document {
            reported: state.member("reported"),
            desired: state.member("desired"),
            metadata: body.member("metadata"),
            version: version.ok_or(Fault::new(Rule::ShadowVersionNotNumber, 0))?,
            timestamp,
        };
        Ok(if is_control { Self::Control(document) } else { Self::Document(document) })
    }
}

impl Json for ShadowReply<'_> {
    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.object(|to| match self {
            Self::Success { version, timestamp } => {
                to.member("method", &"reply");
                to.key("payload");
                to.object(|to| {
                    to.member("status", &"success");
                    to.member("version", version);
                });
                to.member("timestamp", timestamp);
            }
            Self::Error { code, message, timestamp } => {
                to.member("method", &"reply");
                to.key("payload");
                to.object(|to| {
                    to.member("status", &"error");
                    to.key("content");
                    to.object(|to| {
                        // A string here, unlike in envelopes.
                        to.key("errorcode");
                        to.put("\"");
                        to.integer(code.0.into());
                        to.put("\"");
                        to.member("errormessage", message);
                    });
                });
                to.member("timestamp", timestamp);
            }
            Self::Document(document) => document.write_members(to, "reply"),
            Self::Control(document) => document.write_members(to, "control"),
        });
    }
}

impl Document<'_> {
    fn write_members<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>, method: &str) {
        to.member("method", &method);
        to.key("payload");
        to.object(|to| {
            to.member("status", &(method == "reply").then_some("success"));
            to.key("state");
            to.object(|to| {
                to.member("reported", &self.reported);
                to.member("desired", &self.desired);
            });
            to.member("metadata", &self.metadata);
        });
        to.member("version", &self.version);
        to.member("timestamp", &self.timestamp);
    }
}

/// A payload that is an object, with the shadow's own codes for what is not.
fn document(payload: &[u8]) -> Result<RawJson<'_>, Fault> {
    if payload.len() > MAX_DOCUMENT {
        return Err(Fault::new(Rule::ShadowTooLarge, MAX_DOCUMENT));
    }
    let json = RawJson::parse(payload).map_err(|fault| match fault.rule {
        Rule::EmptyPayload => Fault::new(Rule::ShadowEmpty, 0),
        _ => Fault::new(Rule::ShadowNotJson, fault.offset),
    })?;
    json.object().map_err(|fault| Fault::new(Rule::ShadowNotJson, fault.offset))
}

fn version_of(json: RawJson<'_>) -> Result<Option<i64>, Fault> {
    let number =
        |value: RawJson<'_>| value.integer().ok_or(Fault::new(Rule::ShadowVersionNotNumber, value.offset()));
    json.member("version").map(number).transpose()
}

fn is_null_text(json: RawJson<'_>) -> bool {
    json.text().is_some_and(|text| text == "null")
}

/// At least one attribute, at most 128, nested at most 5 deep.
fn check_attributes(reported: RawJson<'_>) -> Result<(), Fault> {
    let at = reported.offset();
    if reported.members().next().is_none() {
        return Err(Fault::new(Rule::ShadowReportedEmpty, at));
    }
    if reported.members().count() > MAX_ATTRIBUTES {
        return Err(Fault::new(Rule::ShadowTooManyAttributes, at));
    }
    if depth(reported, MAX_ATTRIBUTE_DEPTH + 1) > MAX_ATTRIBUTE_DEPTH {
        return Err(Fault::new(Rule::ShadowTooDeep, at));
    }
    Ok(())
}

/// Objects inside each other, counted up to `most`.
fn depth(json: RawJson<'_>, most: usize) -> usize {
    if most == 0 || !json.as_str().starts_with('{') {
        return 0;
    }
    1 + json.members().map(|(_, value)| depth(value, most - 1)).max().unwrap_or(0)
}
