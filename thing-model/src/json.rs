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
    /// Neither point nor exponent.
    pub(crate) integral: bool,
}

/// A number as most are: up to fifteen digits before the point, no exponent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain {
    /// The part before the point, with its sign.
    pub(crate) whole: i64,
    /// No point.
    pub(crate) integral: bool,
}

/// A string as written, known to be well-formed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Str<'a> {
    /// What stands between the quotes.
    pub(crate) raw: &'a [u8],
    /// Whether there are escapes in it.
    pub(crate) escaped: bool,
}

/// The reader: a position in a text.
///
/// What a good payload needs is inlined and reads eight bytes at a time; what it does not need is kept out of the way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    json: &'a [u8],
    /// In 32 bits, so that a few bytes more never overflow.
    at: u32,
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

/// The value of the digits in the low `bits` (8..=64) of a word, first digit lowest.
#[inline(always)]
const fn digits_value(word: u64, bits: u32) -> u64 {
    let x = (word ^ (ONES * 0x30)) << (64 - bits);
    let pairs = x.wrapping_mul(10).wrapping_add(x >> 8);
    let low = (pairs & 0x0000_00FF_0000_00FF).wrapping_mul(0x000F_4240_0000_0064);
    let high = ((pairs >> 16) & 0x0000_00FF_0000_00FF).wrapping_mul(0x0000_2710_0000_0001);
    low.wrapping_add(high) >> 32
}

/// How many bits of whole bytes lie below the first mark.
#[inline(always)]
pub(crate) const fn bits_before(mark: u64) -> u32 {
    mark.trailing_zeros() & !7
}

/// The eight bytes from there, first byte lowest, zeros (which no run of digits or plain characters holds) past the end.
#[inline(always)]
pub(crate) fn word(json: &[u8], at: u32) -> u64 {
    let at = at as usize;
    match json.get(at..at + 8).and_then(<[u8]>::first_chunk) {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => last_word(json, at),
    }
}

#[cold]
#[inline(never)]
fn last_word(json: &[u8], at: usize) -> u64 {
    let rest = json.get(at..).unwrap_or(&[]).iter().take(8);
    rest.rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// The byte there; zero (which no JSON holds outside of strings) past the end.
#[inline(always)]
const fn byte(json: &[u8], at: u32) -> u8 {
    if (at as usize) < json.len() { json[at as usize] } else { 0 }
}

/// The first byte of a word after so many bits.
#[inline(always)]
const fn byte_of(word: u64, bits: u32) -> u8 {
    ((word >> bits) & 0xFF) as u8
}

impl<'a> Reader<'a> {
    /// Takes at most 4 GiB of text, so that offsets fit 32 bits.
    pub(crate) fn new(json: &'a [u8], depth: u8) -> Result<Self, Malformed> {
        if u32::try_from(json.len()).is_err() {
            return Err(Malformed { rule: JsonRule::Length, offset: 0 });
        }
        Ok(Self { json, at: 0, open: 0, depth: if depth > MAX_DEPTH { MAX_DEPTH } else { depth } })
    }

    /// Where the reader stands, in bytes from the start of the text.
    #[inline(always)]
    pub(crate) const fn at(&self) -> u32 {
        self.at
    }

    /// Goes to another place, where something starts or ends.
    #[inline(always)]
    pub(crate) const fn seek(&mut self, at: u32) {
        self.at = at;
    }

    /// The whole text.
    #[inline(always)]
    pub(crate) const fn json(&self) -> &'a [u8] {
        self.json
    }

    /// Nothing but white space may follow.
    pub(crate) fn finish(&mut self) -> Result<(), Malformed> {
        self.space();
        if self.at as usize == self.json.len() { Ok(()) } else { Err(self.broken(JsonRule::Trailing)) }
    }

    /// Passes over white space.
    #[inline(always)]
    pub(crate) fn space(&mut self) {
        if self.peek() <= b' ' {
            self.at = after_space(self.json, self.at);
        }
    }

    /// Opens an object or array; false if it closes at once (then it is passed over).
    #[inline(always)]
    pub(crate) fn open(&mut self, close: u8) -> bool {
        self.at += 1;
        self.space();
        if self.peek() == close {
            self.at += 1;
            return false;
        }
        self.open += 1;
        true
    }

    /// After a member or an item: true if another one follows, behind white space perhaps.
    #[inline(always)]
    pub(crate) fn more(&mut self, close: u8) -> Result<bool, Malformed> {
        let mut next = self.peek();
        if next <= b' ' {
            self.space();
            next = self.peek();
        }
        if next == b',' {
            self.at += 1;
            return Ok(true);
        }
        if next == close {
            self.at += 1;
            self.open -= 1;
            return Ok(false);
        }
        Err(self.broken(JsonRule::Separator))
    }

    /// Passes over the colon after a member name, and the white space before it.
    #[inline(always)]
    pub(crate) fn colon(&mut self) -> Result<(), Malformed> {
        if self.peek() != b':' {
            self.space();
            if self.peek() != b':' {
                return Err(self.broken(JsonRule::Colon));
            }
        }
        self.at += 1;
        Ok(())
    }

    /// A member name.
    #[inline(always)]
    pub(crate) fn name(&mut self) -> Result<Str<'a>, Malformed> {
        self.go_to_name()?;
        self.string()
    }

    /// Goes to the quote of a member name.
    #[inline(always)]
    pub(crate) fn go_to_name(&mut self) -> Result<(), Malformed> {
        if self.peek() != b'"' {
            self.space();
            if self.peek() != b'"' {
                return Err(self.broken(JsonRule::Name));
            }
        }
        Ok(())
    }

    /// Passes over the member name here and its colon if it is that one, as it stands.
    #[inline(always)]
    pub(crate) fn is_member(&mut self, name: &[u8]) -> bool {
        let start = self.at as usize + 1;
        let end = start + name.len();
        if self.json.get(end..end + 2) != Some(b"\":") || self.json.get(start..end) != Some(name) {
            return false;
        }
        self.at = offset(end + 2);
        true
    }

    /// Passes over a member name and its colon; says which of those it is, or their number if none.
    #[inline(always)]
    pub(crate) fn member_of<const N: usize>(&mut self, names: [&str; N]) -> Result<usize, Malformed> {
        self.go_to_name()?;
        for (which, name) in names.iter().enumerate() {
            if self.is_member(name.as_bytes()) {
                self.space();
                return Ok(which);
            }
        }
        let found = self.member()?;
        Ok(names.iter().position(|name| found.is(name)).unwrap_or(N))
    }

    /// A member name and its colon, and the white space up to the value.
    #[inline]
    pub(crate) fn member(&mut self) -> Result<Str<'a>, Malformed> {
        let name = self.name()?;
        self.colon()?;
        self.space();
        Ok(name)
    }

    /// A string; the reader stands on its opening quote.
    #[inline(always)]
    pub(crate) fn string(&mut self) -> Result<Str<'a>, Malformed> {
        let start = self.at + 1;
        let mut at = start;
        loop {
            let word = word(self.json, at);
            let mark = special(word);
            if mark == 0 {
                at += 8;
                continue;
            }
            let bits = bits_before(mark);
            at += bits / 8;
            if byte_of(word, bits) != b'"' {
                return self.string_slow(start, at);
            }
            self.at = at + 1;
            return Ok(Str { raw: part(self.json, start, at), escaped: false });
        }
    }

    /// From the first byte that is not plain ASCII.
    #[cold]
    #[inline(never)]
    fn string_slow(&mut self, start: u32, from: u32) -> Result<Str<'a>, Malformed> {
        self.at = from;
        let mut escaped = false;
        loop {
            match self.peek() {
                b'"' => {
                    let raw = part(self.json, start, self.at);
                    self.at += 1;
                    return Ok(Str { raw, escaped });
                }
                b'\\' => {
                    escaped = true;
                    self.escape()?;
                }
                0x80.. => self.foreign()?,
                0..0x20 => return Err(self.broken(JsonRule::Control)),
                _ => {
                    let mark = special(word(self.json, self.at));
                    self.at += if mark == 0 { 8 } else { bits_before(mark) / 8 };
                }
            }
        }
    }

    /// Passes over a run of bytes above 0x7F, which must be UTF-8.
    fn foreign(&mut self) -> Result<(), Malformed> {
        let rest = &self.json[self.at as usize..];
        let run = rest.iter().position(u8::is_ascii).unwrap_or(rest.len());
        match core::str::from_utf8(&rest[..run]) {
            Ok(_) => self.at += offset(run),
            Err(error) => {
                self.at += offset(error.valid_up_to());
                return Err(Malformed { rule: JsonRule::Utf8, offset: self.at });
            }
        }
        Ok(())
    }

    /// Passes over one escape, or a pair of them when they are surrogates.
    fn escape(&mut self) -> Result<(), Malformed> {
        let lone = Malformed { rule: JsonRule::Surrogate, offset: self.at };
        self.at += 1;
        match self.peek() {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
            b'u' => match self.unit()? {
                0xD800..=0xDBFF => {
                    if self.peek() != b'\\' || byte(self.json, self.at + 1) != b'u' {
                        return Err(lone);
                    }
                    self.at += 1;
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
            self.at += 1;
            let Some(digit) = char::from(self.peek()).to_digit(16) else {
                return Err(self.broken(JsonRule::Escape));
            };
            unit = unit << 4 | digit;
        }
        self.at += 1;
        Ok(unit)
    }

    /// A number if it is a plain one; else the reader stays where it is, on the sign or first digit.
    #[inline(always)]
    pub(crate) fn plain_number(&mut self) -> Option<Plain> {
        let negative = self.peek() == b'-';
        let first = self.at + u32::from(negative);
        let digits = word(self.json, first);
        let mark = not_digit(digits);
        let bits = bits_before(mark);
        let (whole, mut at, mut next);
        if mark != 0 {
            // No digit, or a leading zero.
            if bits == 0 || digits & 0xFF == 0x30 && bits > 8 {
                return None;
            }
            whole = digits_value(digits, bits).cast_signed();
            at = first + bits / 8;
            next = byte_of(digits, bits);
        } else {
            (whole, at) = long_whole(self.json, first, digits)?;
            next = byte(self.json, at);
        }
        let integral = next != b'.';
        if !integral {
            at += 1;
            let mut fraction = word(self.json, at);
            let mut mark = not_digit(fraction);
            if mark & 0x80 != 0 {
                return None;
            }
            while mark == 0 {
                at += 8;
                fraction = word(self.json, at);
                mark = not_digit(fraction);
            }
            let bits = bits_before(mark);
            next = byte_of(fraction, bits);
            at += bits / 8;
        }
        if next | 0x20 == b'e' {
            return None;
        }
        self.at = at;
        Some(Plain { whole: if negative { -whole } else { whole }, integral })
    }

    /// Passes over a whole number of thirteen digits whose first eight, as text, sort before `head`: a time of this century.
    #[inline(always)]
    pub(crate) fn is_time_before(&mut self, head: u64) -> bool {
        let (first, second) = (word(self.json, self.at), word(self.json, self.at + 8));
        let next = byte_of(second, 40);
        let good = not_digit(first) == 0
            && not_digit(second) & (HIGH >> 16) == 0x80 << 40
            && first.swap_bytes() < head
            && first & 0xFF != 0x30
            && next != b'.'
            && next | 0x20 != b'e';
        if good {
            self.at += 13;
        }
        good
    }

    /// A number; the reader stands on its sign or first digit.
    pub(crate) fn number(&mut self) -> Result<Number<'a>, Malformed> {
        let start = self.at;
        let negative = self.peek() == b'-';
        self.at += u32::from(negative);
        let zero = self.peek() == b'0';
        let first = self.at;
        self.digits()?;
        if zero && self.at > first + 1 {
            // What follows a leading zero is not part of the number.
            self.at = first + 1;
            return Err(self.broken(JsonRule::Separator));
        }
        let mut integral = true;
        if self.peek() == b'.' {
            integral = false;
            self.at += 1;
            self.digits()?;
        }
        if self.peek() | 0x20 == b'e' {
            integral = false;
            self.at += 1;
            self.at += u32::from(matches!(self.peek(), b'+' | b'-'));
            self.digits()?;
        }
        Ok(Number { text: part(self.json, start, self.at), negative, integral })
    }

    /// At least one digit.
    #[inline(always)]
    fn digits(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        loop {
            let mark = not_digit(word(self.json, self.at));
            if mark != 0 {
                self.at += bits_before(mark) / 8;
                break;
            }
            self.at += 8;
        }
        if self.at == start { Err(self.broken(JsonRule::Number)) } else { Ok(()) }
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
                        return Err(Malformed { rule: JsonRule::Depth, offset: self.at });
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
                Kind::Number => {
                    if self.plain_number().is_none() {
                        self.number()?;
                    }
                }
                Kind::True => self.literal(b"true")?,
                Kind::False => self.literal(b"false")?,
                Kind::Null => self.literal(b"null")?,
            }
            while self.open > around {
                let object = levels & 1 == 1;
                if self.more(if object { b'}' } else { b']' })? {
                    if object {
                        self.member()?;
                    } else {
                        self.space();
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
            self.at += 1;
        }
        Ok(())
    }

    /// The byte here; zero (which no JSON holds outside of strings) past the end.
    #[inline(always)]
    pub(crate) const fn peek(&self) -> u8 {
        byte(self.json, self.at)
    }

    /// From that position up to here.
    #[inline(always)]
    pub(crate) fn since(&self, start: u32) -> &'a [u8] {
        part(self.json, start, self.at)
    }

    /// The rule, unless it is the end of the text that breaks it.
    #[cold]
    #[inline(never)]
    pub(crate) fn broken(&self, rule: JsonRule) -> Malformed {
        let ended = self.at as usize >= self.json.len() && rule != JsonRule::Trailing;
        Malformed { rule: if ended { JsonRule::End } else { rule }, offset: self.at }
    }
}

/// The value of eight digits there (they are `digits`) and up to seven more, and where they end.
#[inline(always)]
fn long_whole(json: &[u8], first: u32, digits: u64) -> Option<(i64, u32)> {
    let more = word(json, first + 8);
    let mark = not_digit(more);
    let bits = bits_before(mark);
    if mark == 0 || digits & 0xFF == 0x30 {
        return None;
    }
    let mut whole = digits_value(digits, 64);
    if bits > 0 {
        whole = whole * POW10[(bits as usize / 8) & 7] + digits_value(more, bits);
    }
    Some((whole.cast_signed(), first + 8 + bits / 8))
}

#[cold]
#[inline(never)]
const fn after_space(json: &[u8], mut at: u32) -> u32 {
    while matches!(byte(json, at), b' ' | b'\n' | b'\t' | b'\r') {
        at += 1;
    }
    at
}

#[inline(always)]
pub(crate) fn part(json: &[u8], start: u32, end: u32) -> &[u8] {
    match json.get(start as usize..end as usize) {
        Some(part) => part,
        None => &[],
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
#[allow(clippy::cast_possible_truncation)] // only what fits
pub(crate) const fn offset(at: usize) -> u32 {
    if at as u64 > u32::MAX as u64 { u32::MAX } else { at as u32 }
}

/// Powers of ten up to a word of digits.
const POW10: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

#[cfg(test)]
mod tests {
    use super::*;

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
        for (text, plain) in [
            ("0", Some((0, true))),
            ("-7", Some((-7, true))),
            ("-0.5", Some((0, false))),
            ("1234567", Some((1_234_567, true))),
            ("12.123456789012345678", Some((12, false))),
            ("12345678", Some((12_345_678, true))),
            ("12345678.5", Some((12_345_678, false))),
            ("1700000000000", Some((1_700_000_000_000, true))),
            ("-999999999999999.1", Some((-999_999_999_999_999, false))),
            ("1234567890123456", None),
            ("012345678", None),
            ("1700000000000e1", None),
            ("1e5", None),
            ("1.5E5", None),
            ("01", None),
            ("1.", None),
            ("-", None),
        ] {
            let mut reader = Reader::new(text.as_bytes(), 9).unwrap();
            let found = reader.plain_number();
            assert_eq!(found.map(|number| (number.whole, number.integral)), plain, "{text}");
            assert_eq!(reader.at() as usize, if plain.is_some() { text.len() } else { 0 });
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
