//! Looking into JSON text that is already known to be well-formed: a place in it, and what can be reached from there.
//!
//! Nothing is built: a [`Node`] is an offset. Layouts ask for few members of small documents, so looking is cheaper
//! than remembering.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use core::fmt::{self, Write};

use super::scale::Exact;
use crate::json::{JsonRule, Malformed};

/// A value in a JSON text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'j> {
    doc: &'j str,
    at: usize,
}

/// What kind of value stands somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool,
    Number,
    Text,
    Array,
    Object,
}

impl<'j> Node<'j> {
    /// The top of a document, or what is wrong with it.
    pub(super) fn parse(doc: &'j [u8]) -> Result<Self, Malformed> {
        crate::json::check(doc, crate::json::MAX_DEPTH)?;
        let utf8 = |error: core::str::Utf8Error| Malformed {
            rule: JsonRule::Utf8,
            offset: u32::try_from(error.valid_up_to()).unwrap_or(u32::MAX),
        };
        let doc = core::str::from_utf8(doc).map_err(utf8)?;
        Ok(Self { doc, at: blanks(doc.as_bytes(), 0) })
    }

    /// Offset in the document.
    pub(super) fn at(self) -> usize {
        self.at
    }

    pub(super) fn kind(self) -> Kind {
        match self.doc.as_bytes()[self.at] {
            b'n' => Kind::Null,
            b't' | b'f' => Kind::Bool,
            b'"' => Kind::Text,
            b'[' => Kind::Array,
            b'{' => Kind::Object,
            _ => Kind::Number,
        }
    }

    /// The text of the value as it stands.
    pub(super) fn raw(self) -> &'j str {
        &self.doc[self.at..self.end()]
    }

    fn end(self) -> usize {
        let bytes = self.doc.as_bytes();
        match self.kind() {
            Kind::Text => string_end(bytes, self.at),
            Kind::Array | Kind::Object => {
                let (mut at, mut depth) = (self.at, 0_usize);
                loop {
                    match bytes[at] {
                        b'"' => {
                            at = string_end(bytes, at);
                            continue;
                        }
                        b'[' | b'{' => depth += 1,
                        b']' | b'}' => depth -= 1,
                        _ => {}
                    }
                    at += 1;
                    if depth == 0 {
                        return at;
                    }
                }
            }
            _ => {
                let ends = |b: &u8| matches!(b, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n');
                bytes[self.at..].iter().position(ends).map_or(bytes.len(), |length| self.at + length)
            }
        }
    }

    /// The text, if it is a string.
    pub(super) fn text(self) -> Option<Cow<'j, str>> {
        (self.kind() == Kind::Text).then(|| self.name())
    }

    /// The name of a member.
    pub(super) fn name(self) -> Cow<'j, str> {
        let raw = self.raw();
        unescape(&raw[1..raw.len() - 1])
    }

    /// The members of an object, names with their escapes.
    pub(super) fn members(self) -> Members<'j> {
        Members { doc: self.doc, next: self.inside(Kind::Object), object: true }
    }

    /// The items of an array.
    pub(super) fn items(self) -> impl Iterator<Item = Self> {
        Members { doc: self.doc, next: self.inside(Kind::Array), object: false }.map(|(_, item)| item)
    }

    /// The first member of that name.
    pub(super) fn member(self, name: &str) -> Option<Self> {
        self.members().find_map(|(key, value)| (key.name() == name).then_some(value))
    }

    /// The integer at the end of a path of names.
    pub(super) fn integer(self, path: &[Box<str>]) -> Option<i128> {
        let node = path.iter().try_fold(self, |node, name| node.member(name))?;
        let number = (node.kind() == Kind::Number).then(|| Exact::parse(node.raw()))?;
        number.ok()?.at(0, false).ok()
    }

    fn inside(self, kind: Kind) -> Option<usize> {
        (self.kind() == kind).then(|| blanks(self.doc.as_bytes(), self.at + 1))
    }
}

/// Walks the members of an object, or the items of an array (each its own key).
#[derive(Debug, Clone)]
pub(super) struct Members<'j> {
    doc: &'j str,
    next: Option<usize>,
    object: bool,
}

impl<'j> Iterator for Members<'j> {
    type Item = (Node<'j>, Node<'j>);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.doc.as_bytes();
        let at = self.next?;
        if matches!(bytes[at], b']' | b'}') {
            self.next = None;
            return None;
        }
        let key = Node { doc: self.doc, at };
        let value = if self.object {
            let colon = blanks(bytes, key.end());
            Node { doc: self.doc, at: blanks(bytes, colon + 1) }
        } else {
            key
        };
        let end = blanks(bytes, value.end());
        self.next = Some(if bytes[end] == b',' { blanks(bytes, end + 1) } else { end });
        Some((key, value))
    }
}

fn blanks(bytes: &[u8], from: usize) -> usize {
    let blank = |b: &&u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
    from + bytes[from..].iter().take_while(blank).count()
}

/// The offset after the closing quote of the string that opens at `from`.
fn string_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

/// The text a well-formed string body stands for.
fn unescape(body: &str) -> Cow<'_, str> {
    if !body.contains('\\') {
        return Cow::Borrowed(body);
    }
    let mut text = String::with_capacity(body.len());
    let mut rest = body;
    let unit =
        |rest: &str| rest.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0);
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let escape = rest.as_bytes()[at + 1];
        rest = &rest[at + 2..];
        match escape {
            b'b' => text.push('\u{8}'),
            b'f' => text.push('\u{c}'),
            b'n' => text.push('\n'),
            b'r' => text.push('\r'),
            b't' => text.push('\t'),
            b'u' => {
                let mut scalar = unit(rest);
                rest = &rest[4..];
                if (0xd800..0xdc00).contains(&scalar) {
                    scalar = 0x10000 + ((scalar & 0x3ff) << 10) + (unit(&rest[2..]) & 0x3ff);
                    rest = &rest[6..];
                }
                text.push(char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            other => text.push(char::from(other)),
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// Writes `text` as the inside of a JSON string.
pub(super) fn write_escaped(out: &mut dyn Write, text: &str) -> fmt::Result {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if !matches!(byte, b'"' | b'\\' | 0..=0x1f) {
            continue;
        }
        out.write_str(&text[from..at])?;
        from = at + 1;
        match byte {
            b'"' | b'\\' => write!(out, "\\{}", char::from(byte))?,
            b'\n' => out.write_str("\\n")?,
            b'\r' => out.write_str("\\r")?,
            b'\t' => out.write_str("\\t")?,
            other => write!(out, "\\u{other:04x}")?,
        }
    }
    out.write_str(&text[from..])
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn members_and_items_are_found_where_they_stand() {
        let doc = " { \"a\" : [1 , -2.5e3,\"]\\\"\"] ,\"b\\u0063\":{\"x\":null}, \"e\":[],\"f\":true } ";
        let top = Node::parse(doc.as_bytes()).unwrap();
        assert_eq!(top.raw(), doc.trim());
        let keys: Vec<_> = top.members().map(|(key, _)| key.name()).collect();
        assert_eq!(keys, ["a", "bc", "e", "f"]);
        let items: Vec<_> = top.member("a").unwrap().items().map(Node::raw).collect();
        assert_eq!(items, ["1", "-2.5e3", "\"]\\\"\""]);
        assert_eq!(top.member("bc").unwrap().member("x").unwrap().kind(), Kind::Null);
        assert_eq!(top.member("e").unwrap().items().count(), 0);
        assert_eq!(top.member("f").unwrap().raw(), "true");
        assert_eq!(top.member("f").unwrap().members().count(), 0);
        assert!(top.member("zz").is_none());
    }

    #[test]
    fn escapes_both_ways() {
        let doc = r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00x""#;
        let text = Node::parse(doc.as_bytes()).unwrap().text().unwrap();
        assert_eq!(text, "\"\\/\u{8}\u{c}\n\r\té😀x");
        let mut out = String::new();
        write_escaped(&mut out, &text).unwrap();
        assert_eq!(out, r#"\"\\/\u0008\u000c\n\r\té😀x"#);
    }
}
