//! A strict RFC 8259 pull reader over bytes.
//!
//! The reader never builds a tree and never allocates: the caller, who knows what should come next, asks for it.
//! Everything that is passed over is still read strictly: grammar, UTF-8, escapes, surrogate pairs. Numbers of any
//! size are well-formed (§6 leaves their range to the application); nesting is bounded by [`MAX_DEPTH`] or less.

/// Containers that may be open at once. One more is [`JsonRule::Depth`].
pub const MAX_DEPTH: u8 = 127;

/// A rule of RFC 8259 (or a bound of ours) that a text breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum JsonRule {
    /// The text ends inside a value.
    #[error("the text ends early")]
    End,
    /// No value starts here (§3).
    #[error("expected a value")]
    Value,
    /// A member name must be a string (§4).
    #[error("expected a member name")]
    Name,
    /// A colon must follow a member name (§4).
    #[error("expected a colon")]
    Colon,
    /// A comma or the end of the object or array must follow (§4, §5).
    #[error("expected a comma or a closing bracket")]
    Separator,
    /// Leading zero, missing digits, or a stray sign (§6).
    #[error("not a number")]
    Number,
    /// Control characters must be escaped (§7).
    #[error("control character in a string")]
    Control,
    /// A backslash must start one of the eight short escapes or `\uXXXX` (§7).
    #[error("unknown escape")]
    Escape,
    /// Half a surrogate pair names no character (§8.2).
    #[error("lone surrogate")]
    Surrogate,
    /// The text must be UTF-8 (§8.1).
    #[error("not UTF-8")]
    Utf8,
    /// More containers are open than the bound allows (§9).
    #[error("nested too deep")]
    Depth,
    /// Something follows the value (§2).
    #[error("text after the value")]
    Trailing,
    /// The text is longer than the configured bound, or than 4 GiB (§9).
    #[error("text too long")]
    Length,
}

/// Not JSON: which rule is broken, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{rule} at byte {offset}")]
#[non_exhaustive]
pub struct Malformed {
    /// The broken rule.
    pub rule: JsonRule,
    /// Where, in bytes from the start of the text.
    pub offset: u32,
}

/// Reads one JSON text and says whether it is well-formed.
///
/// ```
/// use thing_model::json::{check, JsonRule, MAX_DEPTH};
/// assert!(check(br#"{"a":[1e400,"\ud83d\ude00"]}"#, MAX_DEPTH).is_ok());
/// assert_eq!(check(b"[01]", MAX_DEPTH).unwrap_err().rule, JsonRule::Separator);
/// ```
///
/// # Errors
///
/// The first broken rule. `depth` above [`MAX_DEPTH`] means `MAX_DEPTH`.
pub fn check(json: &[u8], depth: u8) -> Result<(), Malformed> {
    let mut reader = Reader::new(json, depth)?;
    reader.space();
    reader.skip()?;
    reader.finish()
}

/// What kind of value starts here, told from its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    Array,
    String,
    Number,
    True,
    False,
    Null,
}

/// A number as written; nothing is rounded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number<'a> {
    /// The whole literal.
    pub(crate) text: &'a [u8],
    pub(crate) negative: bool,
    /// The digits before the point, exact while there are at most 19 of them.
    pub(crate) whole: u64,
    /// How many digits stand before the point.
    pub(crate) digits: usize,
    /// Neither point nor exponent.
    pub(crate) integral: bool,
    pub(crate) exponent: bool,
}

/// A string as written, known to be well-formed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Str<'a> {
    /// What stands between the quotes.
    pub(crate) raw: &'a [u8],
    /// Whether there are escapes in it.
    pub(crate) escaped: bool,
}

/// The reader: what is left of a text.
///
/// Methods on the way of a good payload are inlined, and what leaves that way takes its arguments by value, so that the
/// rest can stay in registers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    json: &'a [u8],
    /// Containers that are open, and how many may be.
    pub(crate) open: u8,
    depth: u8,
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Marks the high bit of the first byte that a plain ASCII run cannot hold: quote, backslash, control, or above 0x7F.
/// Marks above the first one may be wrong.
#[inline(always)]
pub(crate) const fn special(word: u64) -> u64 {
    // `b ^ 2 < 0x21` holds for the controls and for the quote alone.
    let quote_or_control = (word ^ (ONES * 0x02)).wrapping_sub(ONES * 0x21);
    let backslash = (word ^ (ONES * 0x5C)).wrapping_sub(ONES);
    (quote_or_control | backslash | word) & HIGH
}

/// Marks the high bit of the first byte that is no decimal digit.
#[inline(always)]
const fn not_digit(word: u64) -> u64 {
    let x = word ^ (ONES * 0x30);
    (x.wrapping_add(ONES * 0x76) | x) & HIGH
}

/// The value of `count` (1..=8) digits in the low bytes of `word`, first digit lowest.
#[inline(always)]
const fn digits_value(word: u64, count: usize) -> u64 {
    let x = (word ^ (ONES * 0x30)) << (64 - 8 * count);
    let pairs = x.wrapping_mul(10).wrapping_add(x >> 8);
    let low = (pairs & 0x0000_00FF_0000_00FF).wrapping_mul(0x000F_4240_0000_0064);
    let high = ((pairs >> 16) & 0x0000_00FF_0000_00FF).wrapping_mul(0x0000_2710_0000_0001);
    low.wrapping_add(high) >> 32
}

/// How many whole bytes lie below the first mark.
#[inline(always)]
pub(crate) const fn before_mark(mark: u64) -> usize {
    (mark.trailing_zeros() >> 3) as usize
}

/// The first eight bytes, first byte lowest, zeros (which no run of digits or plain characters holds) past the end.
#[inline(always)]
pub(crate) fn word(text: &[u8]) -> u64 {
    match text.first_chunk() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => last_word(text),
    }
}

#[cold]
#[inline(never)]
fn last_word(text: &[u8]) -> u64 {
    text.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// All but the first so many bytes; there are that many.
#[inline(always)]
pub(crate) fn after(text: &[u8], count: usize) -> &[u8] {
    match text.get(count..) {
        Some(rest) => rest,
        None => &[],
    }
}

/// What of `text` stands before `rest`, which is its end.
#[inline(always)]
pub(crate) fn before<'a>(text: &'a [u8], rest: &[u8]) -> &'a [u8] {
    match text.get(..text.len().wrapping_sub(rest.len())) {
        Some(before) => before,
        None => &[],
    }
}

impl<'a> Reader<'a> {
    /// Takes at most 4 GiB of text, so that offsets fit 32 bits.
    pub(crate) fn new(json: &'a [u8], depth: u8) -> Result<Self, Malformed> {
        if u32::try_from(json.len()).is_err() {
            return Err(Malformed { rule: JsonRule::Length, offset: 0 });
        }
        let depth = if depth > MAX_DEPTH { MAX_DEPTH } else { depth };
        Ok(Self { rest: json, json, open: 0, depth })
    }

    /// Where the reader stands, in bytes from the start of the text.
    #[inline(always)]
    pub(crate) const fn at(&self) -> usize {
        self.json.len().wrapping_sub(self.rest.len())
    }

    /// Goes to a place it has been at.
    pub(crate) fn seek(&mut self, at: usize) {
        self.rest = after(self.json, at);
    }

    /// What is left.
    #[inline(always)]
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Goes on behind what the caller has read itself: `rest` is the end of what was left.
    #[inline(always)]
    pub(crate) const fn set_rest(&mut self, rest: &'a [u8]) {
        self.rest = rest;
    }

    /// Nothing but white space may follow.
    pub(crate) fn finish(&mut self) -> Result<(), Malformed> {
        self.space();
        if self.rest.is_empty() { Ok(()) } else { Err(self.broken(JsonRule::Trailing)) }
    }

    /// Passes over white space.
    #[inline(always)]
    pub(crate) fn space(&mut self) {
        if let [..=b' ', ..] = self.rest {
            self.rest = space(self.rest);
        }
    }

    /// Opens an object or array; false if it closes at once (then it is passed over).
    #[inline(always)]
    pub(crate) fn open(&mut self, close: u8) -> bool {
        self.rest = after(self.rest, 1);
        self.space();
        if self.peek() == close {
            self.rest = after(self.rest, 1);
            return false;
        }
        self.open += 1;
        true
    }

    /// After a member or an item: true if another one follows (and the reader stands on it).
    #[inline(always)]
    pub(crate) fn more(&mut self, close: u8) -> Result<bool, Malformed> {
        self.space();
        match self.rest {
            [b',', rest @ ..] => {
                self.rest = rest;
                self.space();
                Ok(true)
            }
            [byte, rest @ ..] if *byte == close => {
                self.rest = rest;
                self.open -= 1;
                Ok(false)
            }
            _ => Err(self.broken(JsonRule::Separator)),
        }
    }

    /// Passes over the colon after a member name, and the space around it.
    #[inline(always)]
    pub(crate) fn colon(&mut self) -> Result<(), Malformed> {
        self.space();
        let [b':', rest @ ..] = self.rest else {
            return Err(self.broken(JsonRule::Colon));
        };
        self.rest = rest;
        self.space();
        Ok(())
    }

    /// A member name.
    #[inline(always)]
    pub(crate) fn name(&mut self) -> Result<Str<'a>, Malformed> {
        if self.peek() != b'"' {
            return Err(self.broken(JsonRule::Name));
        }
        self.string()
    }

    /// A member name and its colon.
    #[inline]
    pub(crate) fn member(&mut self) -> Result<Str<'a>, Malformed> {
        let name = self.name()?;
        self.colon()?;
        Ok(name)
    }

    /// A string; the reader stands on its opening quote.
    #[inline(always)]
    pub(crate) fn string(&mut self) -> Result<Str<'a>, Malformed> {
        let start = after(self.rest, 1);
        let mut rest = start;
        loop {
            let mark = special(word(rest));
            if mark == 0 {
                rest = after(rest, 8);
                continue;
            }
            rest = after(rest, before_mark(mark));
            let [b'"', behind @ ..] = rest else {
                return self.string_slow(start, rest);
            };
            self.rest = behind;
            return Ok(Str { raw: before(start, rest), escaped: false });
        }
    }

    /// From the first byte that is not plain ASCII.
    #[cold]
    #[inline(never)]
    fn string_slow(&mut self, start: &'a [u8], from: &'a [u8]) -> Result<Str<'a>, Malformed> {
        self.rest = from;
        let mut escaped = false;
        loop {
            match self.peek() {
                b'"' => {
                    let raw = before(start, self.rest);
                    self.rest = after(self.rest, 1);
                    return Ok(Str { raw, escaped });
                }
                b'\\' => {
                    escaped = true;
                    self.escape()?;
                }
                0x80.. => self.foreign()?,
                0..0x20 => return Err(self.broken(JsonRule::Control)),
                _ => {
                    let mark = special(word(self.rest));
                    self.rest = after(self.rest, if mark == 0 { 8 } else { before_mark(mark) });
                }
            }
        }
    }

    /// Passes over a run of bytes above 0x7F, which must be UTF-8.
    fn foreign(&mut self) -> Result<(), Malformed> {
        let run = self.rest.iter().position(u8::is_ascii).unwrap_or(self.rest.len());
        match core::str::from_utf8(&self.rest[..run]) {
            Ok(_) => self.rest = after(self.rest, run),
            Err(error) => {
                let offset = offset(self.at() + error.valid_up_to());
                return Err(Malformed { rule: JsonRule::Utf8, offset });
            }
        }
        Ok(())
    }

    /// Passes over one escape, or a pair of them when they are surrogates.
    fn escape(&mut self) -> Result<(), Malformed> {
        let lone = Malformed { rule: JsonRule::Surrogate, offset: offset(self.at()) };
        self.rest = after(self.rest, 1);
        match self.peek() {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.rest = after(self.rest, 1),
            b'u' => match self.unit()? {
                0xD800..=0xDBFF => {
                    let [b'\\', second @ ..] = self.rest else { return Err(lone) };
                    if !second.starts_with(b"u") {
                        return Err(lone);
                    }
                    self.rest = second;
                    if !(0xDC00..=0xDFFF).contains(&self.unit()?) {
                        return Err(lone);
                    }
                }
                0xDC00..=0xDFFF => return Err(lone),
                _ => {}
            },
            _ => return Err(self.broken(JsonRule::Escape)),
        }
        Ok(())
    }

    /// `uXXXX`; the reader stands on the `u`.
    fn unit(&mut self) -> Result<u32, Malformed> {
        let mut unit = 0;
        for _ in 0..4 {
            self.rest = after(self.rest, 1);
            let Some(digit) = char::from(self.peek()).to_digit(16) else {
                return Err(self.broken(JsonRule::Escape));
            };
            unit = unit << 4 | digit;
        }
        self.rest = after(self.rest, 1);
        Ok(unit)
    }

    /// A number; the reader stands on its sign or first digit.
    #[inline(always)]
    pub(crate) fn number(&mut self) -> Result<Number<'a>, Malformed> {
        let start = self.rest;
        let negative = self.peek() == b'-';
        let mut rest = after(start, usize::from(negative));
        let first = word(rest);
        let mark = not_digit(first);
        let (whole, digits);
        if mark == 0 {
            (whole, digits) = long_whole(rest);
        } else {
            digits = before_mark(mark);
            if digits == 0 {
                self.rest = rest;
                return Err(self.broken(JsonRule::Number));
            }
            whole = digits_value(first, digits);
        }
        if first & 0xFF == 0x30 && digits > 1 {
            // What follows a leading zero is not part of the number.
            self.rest = after(rest, 1);
            return Err(self.broken(JsonRule::Separator));
        }
        rest = after(rest, digits);
        let mut integral = true;
        if let [b'.', fraction @ ..] = rest {
            integral = false;
            rest = self.digits(fraction)?;
        }
        let mut exponent = false;
        if let [b'e' | b'E', power @ ..] = rest {
            (integral, exponent) = (false, true);
            rest = self.digits(power.strip_prefix(b"+").or(power.strip_prefix(b"-")).unwrap_or(power))?;
        }
        self.rest = rest;
        Ok(Number { text: before(start, rest), negative, whole, digits, integral, exponent })
    }

    /// What comes after the digits here, of which there must be one.
    #[inline(always)]
    fn digits(&mut self, text: &'a [u8]) -> Result<&'a [u8], Malformed> {
        let mut rest = text;
        loop {
            let mark = not_digit(word(rest));
            if mark == 0 {
                rest = after(rest, 8);
                continue;
            }
            rest = after(rest, before_mark(mark));
            break;
        }
        if rest.len() == text.len() {
            self.rest = rest;
            return Err(self.broken(JsonRule::Number));
        }
        Ok(rest)
    }

    /// What starts here.
    #[inline(always)]
    pub(crate) fn kind(&self) -> Result<Kind, Malformed> {
        Ok(match self.peek() {
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b'"' => Kind::String,
            b'-' | b'0'..=b'9' => Kind::Number,
            b't' => Kind::True,
            b'f' => Kind::False,
            b'n' => Kind::Null,
            _ => return Err(self.broken(JsonRule::Value)),
        })
    }

    /// Passes over one value of any kind.
    pub(crate) fn skip(&mut self) -> Result<(), Malformed> {
        let around = self.open;
        // One bit a level: set inside an object.
        let mut levels = 0_u128;
        'value: loop {
            match self.kind()? {
                kind @ (Kind::Object | Kind::Array) => {
                    if self.open >= self.depth {
                        return Err(Malformed { rule: JsonRule::Depth, offset: offset(self.at()) });
                    }
                    let object = kind == Kind::Object;
                    if self.open(if object { b'}' } else { b']' }) {
                        levels = levels << 1 | u128::from(object);
                        if object {
                            self.member()?;
                        }
                        continue 'value;
                    }
                }
                Kind::String => _ = self.string()?,
                Kind::Number => _ = self.number()?,
                Kind::True => self.literal(b"true")?,
                Kind::False => self.literal(b"false")?,
                Kind::Null => self.literal(b"null")?,
            }
            while self.open > around {
                let object = levels & 1 == 1;
                if self.more(if object { b'}' } else { b']' })? {
                    if object {
                        self.member()?;
                    }
                    continue 'value;
                }
                levels >>= 1;
            }
            return Ok(());
        }
    }

    /// `true`, `false` or `null`.
    pub(crate) fn literal(&mut self, text: &[u8]) -> Result<(), Malformed> {
        for byte in text {
            if self.peek() != *byte {
                return Err(self.broken(JsonRule::Value));
            }
            self.rest = after(self.rest, 1);
        }
        Ok(())
    }

    /// The byte here; zero (which no JSON holds outside of strings) past the end.
    #[inline(always)]
    pub(crate) const fn peek(&self) -> u8 {
        match self.rest {
            [byte, ..] => *byte,
            [] => 0,
        }
    }

    /// From that position up to here.
    #[inline(always)]
    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        before(after(self.json, start), self.rest)
    }

    /// The rule, unless it is the end of the text that breaks it.
    #[cold]
    #[inline(never)]
    pub(crate) fn broken(&self, rule: JsonRule) -> Malformed {
        let ended = self.rest.is_empty() && rule != JsonRule::Trailing;
        Malformed { rule: if ended { JsonRule::End } else { rule }, offset: offset(self.at()) }
    }
}

#[cold]
#[inline(never)]
fn space(text: &[u8]) -> &[u8] {
    let space = text.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\t' | b'\r')).count();
    after(text, space)
}

/// The digits before the point when they fill a word and perhaps go on: their value and number.
#[inline(always)]
fn long_whole(text: &[u8]) -> (u64, usize) {
    let (mut whole, mut digits) = (digits_value(word(text), 8), 8);
    let mut rest = after(text, 8);
    loop {
        let next = word(rest);
        let count = before_mark(not_digit(next));
        if count == 0 {
            return (whole, digits);
        }
        whole = whole.wrapping_mul(POW10[count]).wrapping_add(digits_value(next, count));
        digits += count;
        rest = after(rest, count);
    }
}

impl<'a> Str<'a> {
    /// The characters, escapes resolved.
    pub(crate) fn chars(self) -> Chars<'a> {
        Chars { rest: self.raw }
    }

    /// Whether the characters are exactly these.
    pub(crate) fn is(self, text: &str) -> bool {
        if self.escaped { self.chars().eq(text.chars()) } else { self.raw == text.as_bytes() }
    }

    /// The characters as UTF-8 in that buffer, if they fit.
    pub(crate) fn decode(self, buffer: &mut [u8]) -> Option<&[u8]> {
        let mut length = 0;
        for character in self.chars() {
            let room = buffer.get_mut(length..length + character.len_utf8())?;
            length += character.encode_utf8(room).len();
        }
        buffer.get(..length)
    }

    /// The text, if no escape has to be resolved.
    pub(crate) fn plain(self) -> Option<&'a str> {
        if self.escaped { None } else { core::str::from_utf8(self.raw).ok() }
    }
}

/// The characters of a well-formed JSON string.
#[derive(Debug, Clone)]
pub(crate) struct Chars<'a> {
    rest: &'a [u8],
}

impl Iterator for Chars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let (&first, rest) = self.rest.split_first()?;
        if first == b'\\' {
            let (&letter, rest) = rest.split_first()?;
            self.rest = rest;
            return Some(match letter {
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'u' => self.code_point()?,
                other => char::from(other),
            });
        }
        let length = match first {
            0..0x80 => 1,
            0x80..0xE0 => 2,
            0xE0..0xF0 => 3,
            _ => 4,
        };
        let (character, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        core::str::from_utf8(character).ok()?.chars().next()
    }
}

impl Chars<'_> {
    fn code_point(&mut self) -> Option<char> {
        let first = self.unit()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first);
        }
        self.rest = self.rest.get(2..)?;
        let second = self.unit()?;
        char::from_u32(0x1_0000 + ((first - 0xD800) << 10 | second.wrapping_sub(0xDC00) & 0x3FF))
    }

    fn unit(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        u32::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()
    }
}

/// Positions fit: [`Reader::new`] has refused longer texts.
pub(crate) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Powers of ten up to a word of digits.
const POW10: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn rule(json: &str) -> Option<(JsonRule, u32)> {
        check(json.as_bytes(), MAX_DEPTH).err().map(|broken| (broken.rule, broken.offset))
    }

    #[test]
    fn well_formed_texts() {
        for json in [
            "0",
            "-0",
            "1e400",
            "1E+2",
            "-1.5e-3",
            "123456789012345678901234567890",
            "\"\"",
            " [ ] ",
            "{}\n",
            r#"{"a":{"b":[true,false,null,"\u00e9\ud83d\ude00"]},"a":1}"#,
            "\"\u{7f}é漢😀 longer than one word\"",
        ] {
            assert_eq!(rule(json), None, "{json}");
        }
    }

    #[test]
    fn each_rule_and_its_offset() {
        for (json, broken, at) in [
            ("", JsonRule::End, 0),
            ("  ", JsonRule::End, 2),
            ("[1,", JsonRule::End, 3),
            ("[1,]", JsonRule::Value, 3),
            ("{1:2}", JsonRule::Name, 1),
            ("{\"a\" 2}", JsonRule::Colon, 5),
            ("[1 2]", JsonRule::Separator, 3),
            ("[01]", JsonRule::Separator, 2),
            ("[1.]", JsonRule::Number, 3),
            ("[.5]", JsonRule::Value, 1),
            ("[-]", JsonRule::Number, 2),
            ("[1e]", JsonRule::Number, 3),
            ("[+1]", JsonRule::Value, 1),
            ("\"a\nb\"", JsonRule::Control, 2),
            ("\"\\x\"", JsonRule::Escape, 2),
            ("\"\\u12g4\"", JsonRule::Escape, 5),
            ("\"\\ud800\"", JsonRule::Surrogate, 1),
            ("\"\\udc00\"", JsonRule::Surrogate, 1),
            ("\"\\ud800\\u0041\"", JsonRule::Surrogate, 1),
            ("nul", JsonRule::End, 3),
            ("nulL", JsonRule::Value, 3),
            ("\"abc", JsonRule::End, 4),
            ("1 1", JsonRule::Trailing, 2),
            ("\u{feff}1", JsonRule::Value, 0),
        ] {
            assert_eq!(rule(json), Some((broken, at)), "{json}");
        }
        assert_eq!(check(b"\"a\xff\"", 9), Err(Malformed { rule: JsonRule::Utf8, offset: 2 }));
        assert_eq!(check(b"\"\xe6\xbc\"", 9), Err(Malformed { rule: JsonRule::Utf8, offset: 1 }));
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
        assert!(check(&nested(127), 255).is_ok());
        assert_eq!(check(&nested(128), 255), Err(Malformed { rule: JsonRule::Depth, offset: 127 }));
        assert!(check(&nested(3), 3).is_ok());
        assert!(check(&nested(4), 3).is_err());
        assert!(check(br#"{"a":{"b":[0]}}"#, 2).is_err());
    }

    #[test]
    fn numbers_keep_their_digits() {
        for text in ["0", "-7", "12345678", "123456789", "1700000000000", "9999999999999999999"] {
            let mut reader = Reader::new(text.as_bytes(), 9).unwrap();
            let number = reader.number().unwrap();
            let unsigned = text.trim_start_matches('-');
            assert_eq!(number.whole.to_string(), unsigned);
            assert_eq!((number.digits, number.integral), (unsigned.len(), true));
            assert_eq!(number.negative, text.starts_with('-'));
        }
    }

    #[test]
    fn strings_resolve_escapes() {
        let mut reader = Reader::new(br#""a\n\u00e9\ud83d\ude00\/""#, 9).unwrap();
        let string = reader.string().unwrap();
        assert!(string.is("a\né😀/"));
        assert!(!string.is("a\né😀"));
    }
}
