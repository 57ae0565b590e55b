//! Link-format: what resources a server has, as text (RFC 6690).
//!
//! ```text
//! </sensors/temp>;rt="temperature-c";if="sensor";ct="0 60";obs,</led>;rt="light"
//! ```
//!
//! Contract: [`Links`] hands out a link only after all of it was checked, so its attributes are read without
//! errors. Values stand as they were written, quotes and escapes known, and are unescaped on the way out.

mod filter;
mod grammar;
mod value;
mod write;

pub use filter::Filter;
pub use value::Value;
pub use write::{LinkWriteError, LinkWriter};

use core::fmt;

use thiserror::Error;

/// The links of a document, one after the other.
///
/// ```
/// use coap_codec::Links;
///
/// let text = r#"</t>;rt="temp core.s";sz=12;obs,</l>;title="say \"hi\"""#;
/// let links = Links::new(text).collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(links[0].target, "/t");
/// assert!(links[0].rt().eq(["temp", "core.s"]));
/// assert_eq!((links[0].sz(), links[0].obs()), (Some(12), true));
/// assert_eq!(links[1].title().unwrap().to_string(), r#"say "hi""#);
/// # Ok::<(), coap_codec::LinkError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Links<'a> {
    rest: &'a str,
    len: usize,
}

impl<'a> Links<'a> {
    /// The links of `text`, which may be empty.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self { rest: text, len: text.len() }
    }

    /// Those that a filter lets through; errors always.
    pub fn filtered(self, filter: Filter<'a>) -> impl Iterator<Item = Result<Link<'a>, LinkError>> {
        self.filter(move |link| link.as_ref().map_or(true, |link| filter.matches(link)))
    }
}

impl<'a> Iterator for Links<'a> {
    type Item = Result<Link<'a>, LinkError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        // Whatever is left behind a link begins with a comma.
        let text = if self.rest.len() < self.len { self.rest.strip_prefix(',')? } else { self.rest };
        match grammar::link(text) {
            Ok((link, rest)) => {
                self.rest = rest;
                Some(Ok(link))
            }
            Err((rule, left)) => {
                self.rest = "";
                Some(Err(LinkError { rule, offset: self.len - left }))
            }
        }
    }
}

/// A link: where it leads, and what is said of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Link<'a> {
    /// The URI reference between the angle brackets, as it stands.
    pub target: &'a str,
    /// Checked: attributes up to the end of this link.
    attributes: &'a str,
    marks: grammar::Marks,
}

/// An attribute of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// Its name, as it stands; names are compared without regard to case.
    pub name: &'a str,
    /// Its value, if it has one.
    pub value: Option<Value<'a>>,
}

impl<'a> Link<'a> {
    /// A link of a target that may stand in angle brackets, and of attributes that are checked here.
    pub(crate) fn new(target: &'a str, attributes: &'a str) -> Result<Self, LinkError> {
        let marks = grammar::whole_attributes(attributes);
        let marks = marks.map_err(|(rule, left)| LinkError { rule, offset: attributes.len() - left })?;
        Ok(Self { target, attributes, marks })
    }

    /// All attributes, in the order they stand.
    #[inline]
    #[must_use]
    pub const fn attributes(&self) -> Attributes<'a> {
        Attributes { rest: self.attributes, marks: self.marks, next: 0 }
    }

    /// The first attribute of this name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<Attribute<'a>> {
        self.attributes().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }

    /// The value of the first attribute of this name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<Value<'a>> {
        self.attribute(name)?.value
    }

    /// `rel`: how the target relates to the anchor (RFC 8288 §3.3).
    pub fn rel(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.words("rel")
    }

    /// `rev`: the same, the other way round.
    pub fn rev(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.words("rev")
    }

    /// `anchor`: what the link is about, if not the server that sent it.
    #[must_use]
    pub fn anchor(&self) -> Option<Value<'a>> {
        self.value("anchor")
    }

    /// `hreflang`: the language of the target.
    #[must_use]
    pub fn hreflang(&self) -> Option<Value<'a>> {
        self.value("hreflang")
    }

    /// `media`: for which media the target is meant.
    #[must_use]
    pub fn media(&self) -> Option<Value<'a>> {
        self.value("media")
    }

    /// `title`: words for people.
    #[must_use]
    pub fn title(&self) -> Option<Value<'a>> {
        self.value("title")
    }

    /// `title*`: the same, with character set and language (RFC 8187), as it stands.
    #[must_use]
    pub fn title_extended(&self) -> Option<Value<'a>> {
        self.value("title*")
    }

    /// `type`: the media type.
    #[must_use]
    pub fn media_type(&self) -> Option<Value<'a>> {
        self.value("type")
    }

    /// `rt`: resource types (RFC 6690 §3.1).
    pub fn rt(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.words("rt")
    }

    /// `if`: interface descriptions (RFC 6690 §3.2).
    pub fn interfaces(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.words("if")
    }

    /// `sz`: the most bytes the resource may have (RFC 6690 §3.3).
    #[must_use]
    pub fn sz(&self) -> Option<u32> {
        self.number("sz")
    }

    /// `ct`: content-formats it comes in (RFC 7252 §7.2.1).
    pub fn ct(&self) -> impl Iterator<Item = u16> + use<'a> {
        self.words("ct").filter_map(|word| word.parse().ok())
    }

    /// `obs`: it can be observed (RFC 7641 §6).
    #[must_use]
    pub fn obs(&self) -> bool {
        self.attribute("obs").is_some()
    }

    /// `ep`: the name of an endpoint in a directory (RFC 9176 §9.3).
    #[must_use]
    pub fn ep(&self) -> Option<Value<'a>> {
        self.value("ep")
    }

    /// `d`: the sector of a directory (RFC 9176 §9.3).
    #[must_use]
    pub fn d(&self) -> Option<Value<'a>> {
        self.value("d")
    }

    /// `lt`: seconds a registration lasts (RFC 9176 §9.3).
    #[must_use]
    pub fn lt(&self) -> Option<u32> {
        self.number("lt")
    }

    fn words(&self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.value(name).into_iter().flat_map(Value::words)
    }

    fn number(&self, name: &str) -> Option<u32> {
        self.value(name)?.as_written().parse().ok()
    }
}

impl fmt::Display for Link<'_> {
    /// Exactly what was read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>{}", self.target, self.attributes)
    }
}

/// Iterator over the attributes of a [`Link`].
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    rest: &'a str,
    marks: grammar::Marks,
    next: usize,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    #[inline]
    fn next(&mut self) -> Option<Attribute<'a>> {
        let attribute;
        (attribute, self.rest) = grammar::split_attribute(self.rest, self.marks.get(self.next).copied())?;
        self.next += 1;
        Some(attribute)
    }
}

/// What keeps a document from being link-format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[error("{rule} at byte {offset} (RFC 6690 2)")]
#[non_exhaustive]
pub struct LinkError {
    /// The broken rule.
    pub rule: LinkRule,
    /// Where, in bytes from the start of the document.
    pub offset: usize,
}

/// A rule of RFC 6690 §2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum LinkRule {
    /// A link begins with `<`.
    #[error("target not in angle brackets")]
    Target,
    /// A target ends with `>`, before another `<`.
    #[error("target not closed")]
    OpenTarget,
    /// Only `;` or `,` may follow a target or an attribute.
    #[error("text before a separator")]
    Separator,
    /// A separator is followed by something.
    #[error("nothing behind a separator")]
    Missing,
    /// An attribute has a name.
    #[error("attribute without a name")]
    Name,
    /// An equals sign is followed by a value.
    #[error("equals sign without a value")]
    Value,
    /// A quoted value ends with a quote.
    #[error("quoted value not closed")]
    OpenQuote,
}
