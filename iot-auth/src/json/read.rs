//! JSON text, read in place: escapes are undone where they stand, so nothing is copied out.
//!
//! RFC 8259, strictly, to a bounded depth. Every scalar is handed out once, with the way that leads to it.

use core::mem;
use core::str;

/// The deepest nesting read; the platform's own texts nest four deep.
pub(crate) const DEPTH: usize = 8;

/// Where a text stops being JSON, or nests too deep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub usize);

/// A leaf of the document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Str(&'a str),
    Number(&'a str),
    Bool(bool),
    Null,
}

impl<'a> Value<'a> {
    /// The text of a string or a number: the platform takes either where it asks for one.
    pub(crate) const fn text(self) -> Option<&'a str> {
        match self {
            Self::Str(text) | Self::Number(text) => Some(text),
            Self::Bool(_) | Self::Null => None,
        }
    }
}

/// One step from the root towards a leaf.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// Calls `each` with every leaf and the steps to it.
pub(crate) fn leaves<'a, E: From<Malformed>>(
    text: &'a mut [u8],
    each: &mut impl FnMut(&[Step<'a>], Value<'a>) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader = Reader { rest: text, offset: 0 };
    let mut steps = [Step::Index(0); DEPTH];
    reader.space();
    reader.value(&mut steps, 0, each)?;
    reader.space();
    if reader.rest.is_empty() { Ok(()) } else { Err(reader.malformed().into()) }
}

/// Why a field could not be picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PickError {
    Malformed(usize),
    /// The field of this number stands twice.
    Twice(usize),
}

impl From<Malformed> for PickError {
    fn from(Malformed(offset): Malformed) -> Self {
        Self::Malformed(offset)
    }
}

/// The leaves at the given ways from the root; whatever else the document holds is skipped.
pub(crate) fn pick<'a, const N: usize>(
    text: &'a mut [u8],
    ways: [&[&str]; N],
) -> Result<[Option<Value<'a>>; N], PickError> {
    let mut found = [None; N];
    leaves(text, &mut |steps, value| {
        let here = |way: &&[&str]| {
            way.len() == steps.len() && way.iter().zip(steps).all(|(key, step)| *step == Step::Key(key))
        };
        match ways.iter().position(here) {
            Some(index) if found[index].is_some() => Err(PickError::Twice(index)),
            Some(index) => {
                found[index] = Some(value);
                Ok(())
            }
            None => Ok(()),
        }
    })?;
    Ok(found)
}

struct Reader<'a> {
    rest: &'a mut [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    const fn malformed(&self) -> Malformed {
        Malformed(self.offset)
    }

    /// Takes the next `len` bytes, which must be there.
    fn take(&mut self, len: usize) -> &'a mut [u8] {
        let (head, tail) = mem::take(&mut self.rest).split_at_mut(len);
        self.rest = tail;
        self.offset += len;
        head
    }

    fn space(&mut self) {
        let len = self.rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.take(len);
    }

    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.rest.first() != Some(&byte) {
            return Err(self.malformed());
        }
        self.take(1);
        Ok(())
    }

    fn word<T>(&mut self, word: &str, value: T) -> Result<T, Malformed> {
        if !self.rest.starts_with(word.as_bytes()) {
            return Err(self.malformed());
        }
        self.take(word.len());
        Ok(value)
    }

    fn value<E: From<Malformed>>(
        &mut self,
        steps: &mut [Step<'a>; DEPTH],
        depth: usize,
        each: &mut impl FnMut(&[Step<'a>], Value<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        let value = match self.rest.first() {
            Some(b'{') => return self.members(b'}', steps, depth, each),
            Some(b'[') => return self.members(b']', steps, depth, each),
            Some(b'"') => Value::Str(self.string()?),
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            _ => Value::Number(self.number()?),
        };
        each(&steps[..depth], value)
    }

    /// The members of an object or array that ends with `close`.
    fn members<E: From<Malformed>>(
        &mut self,
        close: u8,
        steps: &mut [Step<'a>; DEPTH],
        depth: usize,
        each: &mut impl FnMut(&[Step<'a>], Value<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        if depth == DEPTH {
            return Err(self.malformed().into());
        }
        self.take(1);
        self.space();
        let mut index = 0;
        while self.rest.first() != Some(&close) || index > 0 {
            steps[depth] = if close == b'}' {
                let key = self.string()?;
                self.space();
                self.expect(b':')?;
                self.space();
                Step::Key(key)
            } else {
                Step::Index(index)
            };
            self.value(steps, depth + 1, each)?;
            self.space();
            if self.rest.first() == Some(&close) {
                break;
            }
            self.expect(b',')?;
            self.space();
            index += 1;
        }
        self.take(1);
        Ok(())
    }

    /// RFC 8259 §7
    fn string(&mut self) -> Result<&'a str, Malformed> {
        self.expect(b'"')?;
        let mut len = 0;
        let mut escaped = false;
        loop {
            match self.rest.get(len) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    len += 2;
                }
                Some(byte) if *byte >= 0x20 => len += 1,
                _ => return Err(Malformed(self.offset + len)),
            }
        }
        let start = self.offset;
        let raw = self.take(len);
        self.take(1);
        let len = if escaped { unescape(raw).map_err(|at| Malformed(start + at))? } else { raw.len() };
        let raw: &'a [u8] = raw;
        str::from_utf8(&raw[..len]).map_err(|error| Malformed(start + error.valid_up_to()))
    }

    /// RFC 8259 §6
    fn number(&mut self) -> Result<&'a str, Malformed> {
        let digits = |rest: &[u8]| rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let mut len = usize::from(self.rest.first() == Some(&b'-'));
        let whole = digits(&self.rest[len..]);
        if whole == 0 || (whole > 1 && self.rest[len] == b'0') {
            return Err(self.malformed());
        }
        len += whole;
        if self.rest.get(len) == Some(&b'.') {
            let fraction = digits(&self.rest[len + 1..]);
            if fraction == 0 {
                return Err(Malformed(self.offset + len));
            }
            len += 1 + fraction;
        }
        if matches!(self.rest.get(len), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.rest.get(len + 1), Some(b'+' | b'-')));
            let exponent = self.rest.get(len + 1 + sign..).map_or(0, digits);
            if exponent == 0 {
                return Err(Malformed(self.offset + len));
            }
            len += 1 + sign + exponent;
        }
        let raw: &'a [u8] = self.take(len);
        Ok(str::from_utf8(raw).unwrap_or_default())
    }
}

/// Undoes the escapes of a string in place; the length left, or where it is malformed.
fn unescape(raw: &mut [u8]) -> Result<usize, usize> {
    let (mut from, mut to) = (0, 0);
    while let Some(&byte) = raw.get(from) {
        if byte != b'\\' {
            raw[to] = byte;
            from += 1;
            to += 1;
            continue;
        }
        let plain = match raw.get(from + 1).ok_or(from)? {
            b @ (b'"' | b'\\' | b'/') => char::from(*b),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let (character, len) = unicode(&raw[from..]).ok_or(from)?;
                to += character.encode_utf8(&mut raw[to..]).len();
                from += len;
                continue;
            }
            _ => return Err(from),
        };
        to += plain.encode_utf8(&mut raw[to..]).len();
        from += 2;
    }
    Ok(to)
}

/// The character that `\uXXXX`, or a pair of them, stands for, and its length. It is never longer in UTF-8 than escaped.
fn unicode(raw: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = raw.get(at..at + 6)?.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | u32::from(crate::hex::nibble(*digit)?)))
    };
    let first = unit(0)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character, 6));
    }
    let second = unit(6)?;
    if !(0xd800..0xdc00).contains(&first) || !(0xdc00..0xe000).contains(&second) {
        return None;
    }
    Some((char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))?, 12))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec::Vec;

    fn read(text: &str) -> Result<Vec<String>, Malformed> {
        let mut bytes = text.as_bytes().to_vec();
        let mut found = Vec::new();
        leaves(&mut bytes, &mut |steps, value| {
            found.push(alloc::format!("{steps:?} {value:?}"));
            Ok::<(), Malformed>(())
        })?;
        Ok(found)
    }

    #[test]
    fn leaves_and_their_ways() {
        let found = read(r#" {"a":1,"b":[{"c":"x"},null,-2.5e+3],"d":{},"e":[],"f":true} "#).unwrap();
        assert_eq!(
            found,
            [
                r#"[Key("a")] Number("1")"#,
                r#"[Key("b"), Index(0), Key("c")] Str("x")"#,
                r#"[Key("b"), Index(1)] Null"#,
                r#"[Key("b"), Index(2)] Number("-2.5e+3")"#,
                r#"[Key("f")] Bool(true)"#,
            ]
        );
    }

    #[test]
    fn escapes_are_undone() {
        let found = read(r#""a\"\\\/\b\f\n\r\t\u706f\ud83d\ude00z""#).unwrap();
        assert_eq!(found, [alloc::format!("[] {:?}", Value::Str("a\"\\/\u{8}\u{c}\n\r\t灯😀z"))]);
    }

    #[test]
    fn agrees_with_another_reader() {
        let texts = [
            "",
            " ",
            "{",
            "}",
            "{}",
            "[",
            "[]",
            "[,]",
            "[1,]",
            "[1 2]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "01",
            "-",
            "-0",
            "1.",
            ".5",
            "1e",
            "1e+",
            "1E5",
            "tru",
            "true1",
            "nul",
            "\"",
            "\"\\\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "\"\\udc00\"",
            "\"\t\"",
            "[[[[[[[[1]]]]]]]]",
            "1 2",
            "\u{feff}1",
            "{\"a\":{\"b\":[1,{\"c\":false}]}}",
            "[\"\\u0000\"]",
            "-1.5e-7",
            "[1,[2,[3]]]",
        ];
        for text in texts {
            let theirs = serde_json::from_str::<serde_json::Value>(text).is_ok();
            assert_eq!(read(text).is_ok(), theirs, "{text}");
        }
        assert!(read("[[[[[[[[[1]]]]]]]]]").is_err(), "nine deep");
    }

    #[test]
    fn the_offset_of_what_is_wrong() {
        for (text, offset) in [("{\"a\":x}", 5), ("[1,]", 3), ("\"a\\x\"", 2), ("1 2", 2), ("", 0)] {
            assert_eq!(read(text), Err(Malformed(offset)), "{text}");
        }
        let mut bytes = *b"\"ab\xff\"";
        let error = pick(&mut bytes, [&["a"]]).unwrap_err();
        assert_eq!(error, PickError::Malformed(3));
    }

    #[test]
    fn picking_minds_duplicates_and_skips_the_rest() {
        let mut bytes = *br#"{"x":[1,2],"data":{"k":"v"},"code":200}"#;
        let found = pick(&mut bytes, [&["code"], &["data", "k"], &["none"]]).unwrap();
        assert_eq!(found, [Some(Value::Number("200")), Some(Value::Str("v")), None]);
        let mut bytes = *br#"{"a":1,"a":2}"#;
        assert_eq!(pick(&mut bytes, [&["a"]]), Err(PickError::Twice(0)));
    }
}
