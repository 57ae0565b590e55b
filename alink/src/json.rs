//! A small strict JSON reader (RFC 8259) over borrowed text.
//!
//! Contract: a [`RawJson`] is well formed from the moment it exists, so walking it
//! ([`members`](RawJson::members), [`elements`](RawJson::elements)) cannot fail, and nothing is
//! copied: strings stay as they are in the document ([`Text`]). Each value remembers its offset in
//! the payload it was read from, so that whoever finds fault with it can say where.

use core::fmt;

use crate::error::{Fault, Rule};

/// Arrays and objects inside each other beyond which a document is refused.
pub const MAX_DEPTH: u32 = 64;

/// One well-formed JSON value, borrowed as text.
///
/// ```
/// use alink::RawJson;
///
/// let value = RawJson::parse(br#"{"Brightness":40}"#)?;
/// let (key, brightness) = value.members().next().unwrap();
/// assert_eq!(key, "Brightness");
/// assert_eq!(brightness.integer(), Some(40));
/// assert_eq!(RawJson::parse(b"[1,]").unwrap_err().offset, 3);
/// # Ok::<(), alink::Fault>(())
/// ```
#[derive(Clone, Copy)]
pub struct RawJson<'a> {
    text: &'a str,
    at: usize,
}

/// Which of the six kinds of JSON value a [`RawJson`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number
    Number,
    /// A string
    Text,
    /// An array
    Array,
    /// An object
    Object,
}

impl<'a> RawJson<'a> {
    /// An object without members.
    pub const EMPTY_OBJECT: RawJson<'static> = RawJson { text: "{}", at: 0 };

    /// Checks that `payload` is one JSON value, with nothing but white space around it.
    ///
    /// # Errors
    /// [`Rule::EmptyPayload`], [`Rule::NotUtf8`], [`Rule::TrailingComma`], [`Rule::TooDeep`] or
    /// [`Rule::NotJson`], with the offset of the first byte that does not fit.
    pub fn parse(payload: &'a [u8]) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(payload)?;
        let value = cursor.value()?;
        cursor.end()?;
        Ok(value)
    }

    /// Part of a payload that another strict reader has found to be one value.
    #[cfg(feature = "model")]
    pub(crate) fn checked_before(value: &[u8], payload: &'a str) -> Option<Self> {
        let at = (value.as_ptr() as usize).checked_sub(payload.as_ptr() as usize)?;
        Some(Self { text: payload.get(at..at + value.len())?, at })
    }

    /// The text of the value, without white space around it.
    #[must_use]
    pub fn as_str(&self) -> &'a str {
        self.text
    }

    /// Where the value begins in the payload it was read from, in bytes.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.at
    }

    /// Which kind of value it is.
    #[must_use]
    pub fn shape(&self) -> Shape {
        match self.text.as_bytes().first() {
            Some(b'{') => Shape::Object,
            Some(b'[') => Shape::Array,
            Some(b'"') => Shape::Text,
            Some(b't' | b'f') => Shape::Bool,
            Some(b'n') => Shape::Null,
            _ => Shape::Number,
        }
    }

    /// The members of an object, in order; nothing for any other value.
    #[must_use]
    pub fn members(&self) -> Members<'a> {
        Members(self.inside(b'{'))
    }

    /// The elements of an array, in order; nothing for any other value.
    #[must_use]
    pub fn elements(&self) -> Elements<'a> {
        Elements(self.inside(b'['))
    }

    /// The member called `name`, if this is an object that has one.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<Self> {
        self.members().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// The string, if this is one.
    #[must_use]
    pub fn text(&self) -> Option<Text<'a>> {
        let inner = self.text.strip_prefix('"')?.strip_suffix('"')?;
        Some(Text { text: inner, escaped: !is_plain(inner.as_bytes()) })
    }

    /// The number, if this is one written without fraction and exponent that an `i64` holds.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        self.text.parse().ok()
    }

    /// The number, if this is one; rounded to the nearest `f64`.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        if self.shape() == Shape::Number { self.text.parse().ok() } else { None }
    }

    /// `true` or `false`, if this is one of them.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        self.text.parse().ok()
    }

    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.shape() == Shape::Null
    }

    fn inside(&self, open: u8) -> Cursor<'a> {
        let mut cursor = Cursor { text: self.text, pos: 0, base: self.at, first: true };
        if self.text.as_bytes().first() == Some(&open) {
            cursor.pos = 1;
        } else {
            cursor.pos = self.text.len();
        }
        cursor
    }
}

impl PartialEq for RawJson<'_> {
    /// The same text, wherever it stands.
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for RawJson<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

impl fmt::Display for RawJson<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

/// The members of an object.
#[derive(Clone, Debug)]
pub struct Members<'a>(Cursor<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = (Text<'a>, RawJson<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.member().ok().flatten()
    }
}

/// The elements of an array.
#[derive(Clone, Debug)]
pub struct Elements<'a>(Cursor<'a>);

impl<'a> Iterator for Elements<'a> {
    type Item = RawJson<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.element().ok().flatten()
    }
}

/// Text as it is in memory, or as it stands between the quotes of a JSON string.
///
/// Both compare, print and are written alike; only [`as_plain`](Text::as_plain) tells them apart.
///
/// ```
/// use alink::{RawJson, Text};
///
/// let read = RawJson::parse(br#""caf\u00e9""#)?.text().unwrap();
/// assert_eq!(read, Text::from("café"));
/// assert_eq!(read.to_string(), "café");
/// assert_eq!(read.as_plain(), None);
/// # Ok::<(), alink::Fault>(())
/// ```
#[derive(Clone, Copy)]
pub struct Text<'a> {
    text: &'a str,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// The text, unless it was read from a JSON string that holds escapes.
    #[must_use]
    pub fn as_plain(&self) -> Option<&'a str> {
        if self.escaped { None } else { Some(self.text) }
    }

    /// The characters, escapes resolved.
    pub fn chars(&self) -> impl Iterator<Item = char> + use<'a> {
        let escaped = self.escaped;
        let mut chars = self.text.chars();
        core::iter::from_fn(move || match chars.next()? {
            '\\' if escaped => unescape(&mut chars),
            c => Some(c),
        })
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The escaped form and whether it needs escaping still, for the writer.
    pub(crate) fn parts(&self) -> (&'a str, bool) {
        (self.text, self.escaped)
    }

    /// The decimal integer in the text.
    pub(crate) fn integer(&self) -> Option<i64> {
        self.as_plain()?.parse().ok()
    }
}

fn unescape(chars: &mut core::str::Chars<'_>) -> Option<char> {
    Some(match chars.next()? {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let unit = hex4(chars)?;
            if !(0xD800..0xDC00).contains(&unit) {
                return char::from_u32(unit);
            }
            chars.nth(1)?; // the scanner has seen `\u` there
            char::from_u32(0x10000 + ((unit - 0xD800) << 10) + (hex4(chars)?.checked_sub(0xDC00)?))?
        }
        c => c,
    })
}

fn hex4(chars: &mut core::str::Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |unit, _| Some(unit << 4 | chars.next()?.to_digit(16)?))
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self { text, escaped: false }
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        if self.escaped || other.escaped { self.chars().eq(other.chars()) } else { self.text == other.text }
    }
}

impl Eq for Text<'_> {}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        *self == Text::from(other)
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == Text::from(*other)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        if !self.escaped {
            return f.write_str(self.text);
        }
        self.chars().try_for_each(|c| f.write_char(c))
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.escaped { write!(f, "\"{}\"", self.text) } else { fmt::Debug::fmt(self.text, f) }
    }
}

/// A place in a document, moving forward over checked text.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    pos: usize,
    /// Where `text` begins in the payload.
    base: usize,
    /// Nothing of the open object or array was read yet.
    first: bool,
}

impl<'a> Cursor<'a> {
    /// At the first byte of a payload.
    pub(crate) fn new(payload: &'a [u8]) -> Result<Self, Fault> {
        match core::str::from_utf8(payload) {
            Ok(text) => {
                let mut cursor = Self { text, pos: 0, base: 0, first: true };
                cursor.space();
                if cursor.pos == text.len() {
                    return Err(Fault::new(Rule::EmptyPayload, 0));
                }
                Ok(cursor)
            }
            Err(error) => Err(Fault::new(Rule::NotUtf8, error.valid_up_to())),
        }
    }

    /// Steps into the object that begins here.
    pub(crate) fn open_object(&mut self) -> Result<(), Fault> {
        if self.peek() != Some(b'{') {
            self.value()?; // not JSON comes before not an object
            return Err(Fault::new(Rule::NotAnObject, self.base));
        }
        self.pos += 1;
        self.first = true;
        Ok(())
    }

    /// The next member of the open object, or `None` behind its closing brace.
    pub(crate) fn member(&mut self) -> Result<Option<(Text<'a>, RawJson<'a>)>, Fault> {
        if !self.next_item(b'}')? {
            return Ok(None);
        }
        if self.peek() != Some(b'"') {
            return Err(self.fault());
        }
        let key = self.string()?;
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.fault());
        }
        self.pos += 1;
        let value = self.value()?;
        Ok(Some((key, value)))
    }

    /// The next element of the open array, or `None` behind its closing bracket.
    fn element(&mut self) -> Result<Option<RawJson<'a>>, Fault> {
        if self.next_item(b']')? { self.value().map(Some) } else { Ok(None) }
    }

    /// Nothing may follow but white space.
    pub(crate) fn end(&mut self) -> Result<(), Fault> {
        self.space();
        if self.pos == self.text.len() { Ok(()) } else { Err(self.fault()) }
    }

    /// One whole value.
    pub(crate) fn value(&mut self) -> Result<RawJson<'a>, Fault> {
        self.space();
        let start = self.pos;
        self.skip()?;
        let text = self.text.get(start..self.pos).unwrap_or_default();
        Ok(RawJson { text, at: self.base + start })
    }

    /// Past a comma, or past `close`. White space may stand anywhere.
    fn next_item(&mut self, close: u8) -> Result<bool, Fault> {
        self.space();
        match self.peek() {
            Some(b) if b == close => {
                self.pos += 1;
                return Ok(false);
            }
            Some(b',') if !self.first => {
                self.pos += 1;
                self.space();
                if self.peek() == Some(close) {
                    return Err(Fault::new(Rule::TrailingComma, self.base + self.pos));
                }
            }
            Some(_) if self.first => {}
            _ => return Err(self.fault()),
        }
        self.first = false;
        Ok(true)
    }

    /// Past one value. Open arrays and objects are the bits of a word, so nesting costs no stack.
    fn skip(&mut self) -> Result<(), Fault> {
        let mut objects = 0_u64;
        let mut depth = 0_u32;
        let (outer, mut in_object) = (self.first, false);
        'value: loop {
            self.space();
            match self.peek() {
                Some(b'"') => self.skip_string()?,
                Some(open @ (b'{' | b'[')) => {
                    if depth == MAX_DEPTH {
                        return Err(Fault::new(Rule::TooDeep, self.base + self.pos));
                    }
                    in_object = open == b'{';
                    objects = objects << 1 | u64::from(in_object);
                    depth += 1;
                    self.pos += 1;
                    self.first = true;
                }
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b't') => self.word("true")?,
                Some(b'f') => self.word("false")?,
                Some(b'n') => self.word("null")?,
                _ => return Err(self.fault()),
            }
            loop {
                if depth == 0 {
                    self.first = outer;
                    return Ok(());
                }
                if self.next_item(if in_object { b'}' } else { b']' })? {
                    break;
                }
                objects >>= 1;
                in_object = objects & 1 == 1;
                depth -= 1;
                self.first = false;
            }
            if in_object {
                if self.peek() != Some(b'"') {
                    return Err(self.fault());
                }
                self.skip_string()?;
                self.space();
                if self.peek() != Some(b':') {
                    return Err(self.fault());
                }
                self.pos += 1;
            }
            continue 'value;
        }
    }

    fn string(&mut self) -> Result<Text<'a>, Fault> {
        let start = self.pos + 1;
        let escaped = self.skip_string_noting_escapes()?;
        Ok(Text { text: self.text.get(start..self.pos - 1).unwrap_or_default(), escaped })
    }

    fn skip_string(&mut self) -> Result<(), Fault> {
        self.skip_string_noting_escapes().map(drop)
    }

    #[inline]
    fn skip_string_noting_escapes(&mut self) -> Result<bool, Fault> {
        let bytes = self.text.as_bytes();
        let mut escaped = false;
        self.pos += 1;
        loop {
            self.pos += plain_run(bytes.get(self.pos..).unwrap_or_default());
            match bytes.get(self.pos) {
                Some(b'"') => {
                    self.pos += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(self.fault()),
            }
        }
    }

    /// RFC 8259 §7; a surrogate must have its partner, for text without it cannot be shown.
    fn escape(&mut self) -> Result<(), Fault> {
        let at = self.pos;
        self.pos += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.pos += 1;
                Ok(())
            }
            Some(b'u') => {
                let first = self.code_unit()?;
                let second = match first {
                    0xD800..0xDC00 if self.peek() == Some(b'\\') => {
                        self.pos += 1;
                        self.code_unit()?
                    }
                    0xD800..0xE000 => 0,
                    _ => return Ok(()),
                };
                if (0xDC00..0xE000).contains(&second) && first < 0xDC00 {
                    Ok(())
                } else {
                    Err(Fault::new(Rule::NotJson, self.base + at))
                }
            }
            _ => Err(self.fault()),
        }
    }

    fn code_unit(&mut self) -> Result<u32, Fault> {
        if self.peek() != Some(b'u') {
            return Err(self.fault());
        }
        self.pos += 1;
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|b| char::from(b).to_digit(16)).ok_or_else(|| self.fault())?;
            unit = unit << 4 | digit;
            self.pos += 1;
        }
        Ok(unit)
    }

    /// RFC 8259 §6: no leading zero, a digit on each side of the point.
    fn number(&mut self) -> Result<(), Fault> {
        if self.peek() == Some(b'-') {
            self.pos += 1;
        }
        if self.peek() == Some(b'0') {
            self.pos += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.pos += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.pos += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.pos += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.pos;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.pos += 1;
        }
        if self.pos == start { Err(self.fault()) } else { Ok(()) }
    }

    fn word(&mut self, word: &str) -> Result<(), Fault> {
        if self.text.as_bytes().get(self.pos..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            self.pos += word.len();
            Ok(())
        } else {
            Err(self.fault())
        }
    }

    #[inline]
    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.pos += 1;
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.pos).copied()
    }

    fn fault(&self) -> Fault {
        Fault::new(Rule::NotJson, self.base + self.pos)
    }
}

/// How many bytes from the start need no look: no quote, no backslash, no control character.
/// Eight at a time; the usual words-in-a-register test, exact for the lowest byte that hits.
#[inline]
pub(crate) fn plain_run(bytes: &[u8]) -> usize {
    let mut run = 0;
    let mut rest = bytes;
    while let Some((chunk, behind)) = rest.split_first_chunk::<8>() {
        let hit = marks(chunk);
        if hit != 0 {
            return run + (hit.trailing_zeros() >> 3) as usize;
        }
        run += 8;
        rest = behind;
    }
    run + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).unwrap_or(rest.len())
}

/// Whether all bytes need no look. The last eight are looked at twice rather than one by one.
#[inline]
pub(crate) fn is_plain(bytes: &[u8]) -> bool {
    match bytes.last_chunk::<8>() {
        Some(last) => bytes.as_chunks::<8>().0.iter().all(|chunk| marks(chunk) == 0) && marks(last) == 0,
        None => plain_run(bytes) == bytes.len(),
    }
}

/// The high bit of each byte that needs a look; exact for the lowest such byte.
#[inline]
fn marks(chunk: &[u8; 8]) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let word = u64::from_le_bytes(*chunk);
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (zero(word ^ (ONES * 0x22)) | zero(word ^ (ONES * 0x5C)) | control) & (ONES << 7)
}
