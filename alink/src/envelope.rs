//! The envelope around requests and replies, both ways.
//!
//! Contract: reading is tolerant by default (ids and codes as number or string, up to 64 bits, what
//! is missing from a reply is as good as empty, unknown members are passed over), writing is strict.
//! [`Reading::Strict`] refuses what the documents do not promise, for who wants to judge a sender.

use core::fmt;

use crate::code::Code;
use crate::error::{Fault, Rule};
use crate::json::{Cursor, RawJson, Text};
use crate::out::Out;
use crate::table::Kind;
use crate::topic::Topic;
use crate::write::{Json, Writer};

/// How much to overlook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reading {
    /// Read what is seen in the field.
    #[default]
    Tolerant,
    /// Refuse what the documents do not allow.
    Strict,
}

/// The id that joins a reply to its request.
///
/// Ids chosen by the device and ids chosen by the platform live in separate spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub u64);

impl Id {
    fn read(value: RawJson<'_>, reading: Reading) -> Result<Self, Fault> {
        let at = value.offset();
        let (digits, is_text) = match value.text() {
            Some(text) => (text.as_plain().unwrap_or_default(), true),
            None => (value.as_str(), false),
        };
        if let Some(rest) = digits.strip_prefix('-')
            && !rest.is_empty()
            && rest.bytes().all(|b| b.is_ascii_digit())
        {
            return Err(Fault::new(Rule::IdNegative, at));
        }
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Fault::new(Rule::IdNotDecimal, at));
        }
        let id = digits.parse().map_err(|_| Fault::new(Rule::IdTooLarge, at))?;
        if reading == Reading::Strict {
            if !is_text {
                return Err(Fault::new(Rule::IdIsNumber, at));
            }
            if id > u64::from(u32::MAX) {
                return Err(Fault::new(Rule::IdTooLarge, at));
            }
        }
        Ok(Self(id))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The `method` of a message: the topic behind the names, with points for slashes.
#[derive(Clone, Copy)]
pub struct Method<'a>(Source<'a>);

#[derive(Clone, Copy)]
enum Source<'a> {
    Read(Text<'a>),
    /// What stands before and behind the part that varies, and that part.
    Made((&'static str, &'static str), &'a str),
}

impl<'a> Method<'a> {
    /// The method that belongs to a topic; `None` where messages have none.
    #[must_use]
    pub fn of(topic: &Topic<'a>) -> Option<Self> {
        let sides = topic.kind().row().method?;
        Some(Self(Source::Made(sides, topic.part())))
    }

    /// The feature a method names: `thing.service.Blink` calls `Blink`, `thing.event.OverHeat.post`
    /// posts `OverHeat`. For system RRPC, where the topic does not tell.
    #[must_use]
    pub fn feature(&self) -> Option<&'a str> {
        match self.0 {
            Source::Made(_, part) => Some(part).filter(|part| !part.is_empty()),
            Source::Read(text) => {
                let method = text.as_plain()?;
                let event = || method.strip_prefix("thing.event.")?.strip_suffix(".post");
                method.strip_prefix("thing.service.").or_else(event)
            }
        }
    }

    fn pieces(&self) -> [Text<'a>; 3] {
        let text = Text::from;
        match self.0 {
            Source::Read(method) => [method, text(""), text("")],
            Source::Made((head, tail), part) => [text(head), text(part), text(tail)],
        }
    }
}

impl<'a> From<Text<'a>> for Method<'a> {
    fn from(text: Text<'a>) -> Self {
        Self(Source::Read(text))
    }
}

impl PartialEq for Method<'_> {
    fn eq(&self, other: &Self) -> bool {
        if let (Source::Read(read), Source::Made((head, tail), part)) = (self.0, other.0)
            && let Some(plain) = read.as_plain()
        {
            let inner = plain.strip_prefix(head).and_then(|rest| rest.strip_suffix(tail));
            return inner == Some(part);
        }
        let chars = |method: &Self| method.pieces().into_iter().flat_map(|piece| piece.chars());
        chars(self).eq(chars(other))
    }
}

impl fmt::Display for Method<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces().iter().try_for_each(|piece| piece.fmt(f))
    }
}

impl fmt::Debug for Method<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Json for Method<'_> {
    #[inline]
    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.put("\"");
        match self.0 {
            Source::Read(text) => to.fragment(text),
            Source::Made((head, tail), part) => {
                to.put(head);
                if !part.is_empty() {
                    to.fragment(part.into());
                    to.put(tail);
                }
            }
        }
        to.put("\"");
    }
}

/// A request: read with its `params` still raw, or written with any body.
///
/// ```
/// use alink::{DeviceId, Id, Json as _, Kind, Request, SliceOut, Topic, Values};
///
/// let lamp = DeviceId::new("a1LampDemo01", "lamp001")?;
/// let topic = Topic::of(Kind::PropertySet, lamp).unwrap();
/// let (values, mut buffer) = ([("Brightness", 30.into())], [0; 128]);
/// let mut out = SliceOut::new(&mut buffer);
/// Request::new(&topic, Id(7), Values::from(&values)).append(&mut out)?;
///
/// let request = Request::parse(out.written(), &topic, Default::default())?;
/// assert_eq!(request.id, Id(7));
/// assert_eq!(request.params.as_str(), r#"{"Brightness":30}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request<'a, P = RawJson<'a>> {
    /// Joins the reply to the request.
    pub id: Id,
    /// Whether `"version":"1.0"` is there.
    pub version: bool,
    /// `sys.ack`: answer me or not. Left out, it asks for an answer.
    pub ack: Option<bool>,
    /// The method, where the message has one.
    pub method: Option<Method<'a>>,
    /// The body.
    pub params: P,
}

impl<'a, P> Request<'a, P> {
    /// A request as it is usual on its topic.
    #[must_use]
    pub fn new(topic: &Topic<'a>, id: Id, params: P) -> Self {
        Self { id, version: topic.kind().row().version, ack: None, method: Method::of(topic), params }
    }

    /// Whether an answer is wanted.
    #[must_use]
    pub fn wants_reply(&self) -> bool {
        self.ack != Some(false)
    }
}

impl<'a> Request<'a> {
    /// Reads the envelope of a request that came on `topic`, in one pass over the payload.
    ///
    /// # Errors
    /// The rule broken, with the offset in the payload.
    pub fn parse(payload: &'a [u8], topic: &Topic<'_>, reading: Reading) -> Result<Self, Fault> {
        Members::read(payload)?.into_request(topic, reading)
    }
}

impl<'a> Members<'a> {
    /// What a request on this topic makes of them.
    pub(crate) fn into_request(self, topic: &Topic<'_>, reading: Reading) -> Result<Request<'a>, Fault> {
        let members = self;
        let id = members.id(reading)?;
        members.check_version(reading)?;
        let method = members.method()?;
        // The synchronous call on the system topic is the one whose topic names no method.
        if let (Some((at, method)), Some(expected)) = (method, Method::of(topic))
            && method != expected
        {
            return Err(Fault::new(Rule::MethodMismatch, at));
        }
        // The driver configuration of a gateway comes in `data`.
        let body = members.params.or(if topic.kind() == Kind::ModelConfigPush { members.data } else { None });
        Ok(Request {
            id,
            version: members.version.is_some(),
            ack: members.ack()?,
            method: method.map(|(_, method)| method),
            params: body.ok_or(Fault::new(Rule::ParamsMissing, 0))?,
        })
    }
}

impl<P: Json> Json for Request<'_, P> {
    fn check(&self) -> Result<(), Fault> {
        // Ids are read up to 64 bits, but written in the range the documents promise.
        if self.id.0 > u64::from(u32::MAX) {
            return Err(Fault::new(Rule::IdTooLarge, 0));
        }
        self.params.check()
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.put("{\"id\":\"");
        to.unsigned(self.id.0);
        if self.version {
            to.put("\",\"version\":\"1.0\"");
        } else {
            to.put("\"");
        }
        match self.ack {
            Some(true) => to.put(",\"sys\":{\"ack\":1}"),
            Some(false) => to.put(",\"sys\":{\"ack\":0}"),
            None => {}
        }
        to.put(",\"params\":");
        self.params.write(to);
        if let Some(method) = &self.method {
            to.put(",\"method\":");
            method.write(to);
        }
        to.put("}");
    }
}

/// A reply: read with its `data` still raw, or written with any body.
///
/// ```
/// use alink::{Code, Id, Json as _, RawJson, Reply, SliceOut};
///
/// let reply = Reply::parse(br#"{"id":7,"code":"200"}"#, Default::default())?;
/// assert_eq!((reply.id, reply.code, reply.data), (Id(7), Code::OK, RawJson::EMPTY_OBJECT));
///
/// let mut buffer = [0; 64];
/// let mut out = SliceOut::new(&mut buffer);
/// Reply::ok(Id(7)).append(&mut out)?;
/// assert_eq!(out.written(), br#"{"id":"7","code":200,"data":{}}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reply<'a, D = RawJson<'a>> {
    /// The id of the request.
    pub id: Id,
    /// How it went. A 200 to a post may still name dropped properties in `data`.
    pub code: Code,
    /// The body; `{}` when the message has none.
    pub data: D,
    /// Text for people.
    pub message: Option<Text<'a>>,
    /// The method of the request, which platforms repeat.
    pub method: Option<Method<'a>>,
    /// Whether `"version":"1.0"` is there, as platforms write it.
    pub version: bool,
}

impl<'a, D> Reply<'a, D> {
    /// A reply with a body.
    #[must_use]
    pub fn new(id: Id, code: Code, data: D) -> Self {
        Self { id, code, data, message: None, method: None, version: false }
    }

    /// The reply as a platform words it: message, method and version are repeated.
    #[must_use]
    pub fn from_platform(self, topic: &Topic<'a>) -> Self {
        let message = if self.code.is_ok() { "success" } else { self.code.meaning().unwrap_or("failed") };
        Self { message: Some(message.into()), method: Method::of(topic), version: true, ..self }
    }
}

impl<'a> Reply<'a> {
    /// Done, and nothing to say.
    #[must_use]
    pub fn ok(id: Id) -> Self {
        Self::new(id, Code::OK, RawJson::EMPTY_OBJECT)
    }

    /// Not done.
    #[must_use]
    pub fn refused(id: Id, code: Code, message: &'a str) -> Self {
        Self { message: Some(message.into()), ..Self::new(id, code, RawJson::EMPTY_OBJECT) }
    }

    /// Reads the envelope of a reply, in one pass over the payload.
    ///
    /// # Errors
    /// The rule broken, with the offset in the payload.
    pub fn parse(payload: &'a [u8], reading: Reading) -> Result<Self, Fault> {
        let members = Members::read(payload)?;
        let method = members.method()?;
        Ok(Self {
            id: members.id(reading)?,
            code: members.code(reading)?,
            data: members.data.unwrap_or(RawJson::EMPTY_OBJECT),
            message: members.message.and_then(|message| message.text()),
            method: method.map(|(_, method)| method),
            version: members.version.is_some(),
        })
    }

    /// Refuses codes a device may not answer with.
    ///
    /// # Errors
    /// [`Rule::CodeOutOfRange`].
    pub fn check_device_code(&self) -> Result<(), Fault> {
        if self.code.is_for_devices() { Ok(()) } else { Err(Fault::new(Rule::CodeOutOfRange, 0)) }
    }
}

impl<D: Json> Json for Reply<'_, D> {
    fn check(&self) -> Result<(), Fault> {
        self.data.check()
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.put("{\"id\":\"");
        to.unsigned(self.id.0);
        if self.code == Code::OK {
            to.put("\",\"code\":200,\"data\":");
        } else {
            to.put("\",\"code\":");
            to.integer(self.code.0.into());
            to.put(",\"data\":");
        }
        self.data.write(to);
        if let Some(message) = self.message {
            to.put(",\"message\":");
            to.text(message);
        }
        if let Some(method) = &self.method {
            to.put(",\"method\":");
            method.write(to);
        }
        if self.version {
            to.put(",\"version\":\"1.0\"");
        }
        to.put("}");
    }
}

/// The members of an envelope as they stand.
#[derive(Default)]
pub(crate) struct Members<'a> {
    pub(crate) id: Option<RawJson<'a>>,
    pub(crate) version: Option<RawJson<'a>>,
    pub(crate) sys: Option<RawJson<'a>>,
    pub(crate) method: Option<RawJson<'a>>,
    pub(crate) params: Option<RawJson<'a>>,
    pub(crate) code: Option<RawJson<'a>>,
    pub(crate) data: Option<RawJson<'a>>,
    pub(crate) message: Option<RawJson<'a>>,
}

impl<'a> Members<'a> {
    fn read(payload: &'a [u8]) -> Result<Self, Fault> {
        let mut members = Self::default();
        let mut cursor = Cursor::new(payload)?;
        cursor.open_object()?;
        while let Some((name, value)) = cursor.member()? {
            let place = match name.as_plain() {
                Some("id") => &mut members.id,
                Some("version") => &mut members.version,
                Some("sys") => &mut members.sys,
                Some("method") => &mut members.method,
                Some("params") => &mut members.params,
                Some("code") => &mut members.code,
                Some("data") => &mut members.data,
                Some("message") => &mut members.message,
                _ => continue,
            };
            if place.replace(value).is_some() {
                return Err(Fault::new(Rule::DuplicateMember, value.offset()));
            }
        }
        cursor.end()?;
        Ok(members)
    }

    fn id(&self, reading: Reading) -> Result<Id, Fault> {
        Id::read(self.id.ok_or(Fault::new(Rule::IdMissing, 0))?, reading)
    }

    /// One C SDK module writes `1.0.0`, and is served.
    fn check_version(&self, reading: Reading) -> Result<(), Fault> {
        match self.version {
            Some(value) if value.text().is_some_and(|text| text == "1.0") => Ok(()),
            Some(value)
                if reading == Reading::Tolerant && value.text().is_some_and(|text| text == "1.0.0") =>
            {
                Ok(())
            }
            Some(value) => Err(Fault::new(Rule::VersionUnknown, value.offset())),
            None => Ok(()),
        }
    }

    fn ack(&self) -> Result<Option<bool>, Fault> {
        let Some(ack) = self.sys.and_then(|sys| sys.member("ack")) else {
            return Ok(None);
        };
        match ack.as_str() {
            "0" => Ok(Some(false)),
            "1" => Ok(Some(true)),
            _ => Err(Fault::new(Rule::AckNotZeroOne, ack.offset())),
        }
    }

    fn method(&self) -> Result<Option<(usize, Method<'a>)>, Fault> {
        let Some(value) = self.method else {
            return Ok(None);
        };
        let text = value.text().ok_or(Fault::new(Rule::MethodNotText, value.offset()))?;
        Ok(Some((value.offset(), text.into())))
    }

    fn code(&self, reading: Reading) -> Result<Code, Fault> {
        let value = self.code.ok_or(Fault::new(Rule::CodeMissing, 0))?;
        let number = match value.text() {
            Some(_) if reading == Reading::Strict => {
                return Err(Fault::new(Rule::CodeIsText, value.offset()));
            }
            Some(text) => text.integer(),
            None => value.integer(),
        };
        let number = number.and_then(|number| i32::try_from(number).ok());
        number.map(Code).ok_or(Fault::new(Rule::CodeNotNumber, value.offset()))
    }
}
