//! The JSON writer. Literals and keys go straight to the output; nothing is gathered in between.

use crate::error::{Error, Fault};
use crate::json::{RawJson, Text, is_plain, plain_run};
use crate::out::Out;

/// Anything that is written as one JSON value: messages, their parts, and raw JSON itself.
pub trait Json {
    /// What rule the value breaks, if any. Offsets are 0: there is no payload yet.
    ///
    /// # Errors
    /// The first rule broken.
    fn check(&self) -> Result<(), Fault> {
        Ok(())
    }

    /// Writes a value that [`check`](Self::check) has passed.
    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>);

    /// Writes a member of the open object.
    fn write_member<O: Out + ?Sized>(&self, name: &str, to: &mut Writer<'_, O>) {
        to.key(name);
        self.write(to);
    }

    /// How many bytes it is written in.
    fn written_len(&self) -> usize
    where
        Self: Sized,
    {
        counted(self, false)
    }

    /// Checks the value, then appends it to `out` as compact JSON.
    ///
    /// # Errors
    /// [`Error::Message`] for a broken rule and [`Error::NoRoom`]; `out` is unchanged then.
    fn append(&self, out: &mut (impl Out + ?Sized)) -> Result<(), Error>
    where
        Self: Sized,
    {
        self.check()?;
        // Growing outputs answer with nearly `isize::MAX`: nothing to count for them.
        let room = out.room();
        if room < (isize::MAX / 2).unsigned_abs() && counted(self, true) > room {
            let needed = self.written_len();
            if needed > room {
                return Err(Error::NoRoom { needed });
            }
        }
        Writer::run(out, self, false);
        Ok(())
    }
}

/// How many bytes a value is written in; `roughly`, no fewer than that, with no number looked at.
fn counted(value: &impl Json, roughly: bool) -> usize {
    let mut count = Count(0);
    Writer::run(&mut count, value, roughly);
    count.0
}

/// Counts what would be written.
struct Count(usize);

impl Out for Count {
    fn room(&self) -> usize {
        isize::MAX.unsigned_abs()
    }

    fn put(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }
}

/// Writes JSON: commas and quotes are its business, order and names the caller's.
#[derive(Debug)]
pub struct Writer<'o, O: Out + ?Sized> {
    out: &'o mut O,
    /// The next member or element is the first.
    first: bool,
    /// Only lengths matter, and none may come out too small.
    roughly: bool,
}

/// The longest numbers: `-9223372036854775808`, `-1.2345678901234567e-308`.
const LONGEST: (&str, &str) = ("00000000000000000000", "000000000000000000000000");

impl<'o, O: Out + ?Sized> Writer<'o, O> {
    #[inline]
    fn run(out: &'o mut O, value: &impl Json, roughly: bool) {
        value.write(&mut Self { out, first: true, roughly });
    }

    /// An object; `members` writes its members.
    pub fn object(&mut self, members: impl FnOnce(&mut Self)) {
        self.put("{");
        self.first = true;
        members(self);
        self.put("}");
        self.first = false;
    }

    /// An array; `elements` writes its elements.
    pub fn array(&mut self, elements: impl FnOnce(&mut Self)) {
        self.put("[");
        self.first = true;
        elements(self);
        self.put("]");
        self.first = false;
    }

    /// A member of the open object; nothing for a `None`.
    pub fn member(&mut self, name: &str, value: &impl Json) {
        value.write_member(name, self);
    }

    /// An element of the open array.
    pub fn element(&mut self, value: &impl Json) {
        self.comma();
        value.write(self);
    }

    /// The name of the next member of the open object, to be followed by its value.
    #[inline]
    pub fn key(&mut self, name: &str) {
        self.open_key();
        self.fragment(name.into());
        self.put("\":");
    }

    /// A key in which no character needs an escape.
    #[inline]
    pub(crate) fn plain_key(&mut self, name: &str) {
        self.open_key();
        self.put(name);
        self.put("\":");
    }

    #[inline]
    fn open_key(&mut self) {
        // Two branches of literals: choosing between them first would cost a copy of unknown length.
        if self.first {
            self.put("\"");
        } else {
            self.put(",\"");
        }
        self.first = false;
    }

    /// A string, with the escapes it needs.
    pub fn text(&mut self, text: Text<'_>) {
        self.put("\"");
        self.fragment(text);
        self.put("\"");
    }

    /// Part of a string, with the escapes it needs.
    #[inline]
    pub(crate) fn fragment(&mut self, text: Text<'_>) {
        let (rest, escaped) = text.parts();
        if escaped || is_plain(rest.as_bytes()) {
            self.put(rest);
        } else {
            self.escape(rest);
        }
    }

    fn escape(&mut self, mut rest: &str) {
        loop {
            let (plain, special) = rest.split_at_checked(plain_run(rest.as_bytes())).unwrap_or((rest, ""));
            self.put(plain);
            let mut chars = special.chars();
            match chars.next() {
                Some('"') => self.put("\\\""),
                Some('\\') => self.put("\\\\"),
                Some('\n') => self.put("\\n"),
                Some('\r') => self.put("\\r"),
                Some('\t') => self.put("\\t"),
                Some(control) => {
                    const HEX: [&str; 16] =
                        ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f"];
                    self.put(if u32::from(control) < 0x10 { "\\u000" } else { "\\u001" });
                    self.put(HEX.get(control as usize & 15).copied().unwrap_or_default());
                }
                None => return,
            }
            rest = chars.as_str();
        }
    }

    /// An integer.
    #[inline]
    pub fn integer(&mut self, number: i64) {
        match u8::try_from(number) {
            Ok(digit @ 0..10) => return self.out.put(&[b'0' + digit]),
            Ok(pair @ 10..100) => return self.out.put(&[b'0' + pair / 10, b'0' + pair % 10]),
            _ => {}
        }
        match self.roughly {
            false => self.put(itoa::Buffer::new().format(number)),
            true => self.put(LONGEST.0),
        }
    }

    /// An integer without sign.
    #[inline]
    pub fn unsigned(&mut self, number: u64) {
        match u8::try_from(number) {
            Ok(digit @ 0..10) => return self.out.put(&[b'0' + digit]),
            Ok(pair @ 10..100) => return self.out.put(&[b'0' + pair / 10, b'0' + pair % 10]),
            _ => {}
        }
        match self.roughly {
            false => self.put(itoa::Buffer::new().format(number)),
            true => self.put(LONGEST.0),
        }
    }

    /// A finite number, with at least one decimal.
    #[inline(never)] // what writes a value is small without it
    pub(crate) fn float(&mut self, number: impl ryu::Float) {
        match self.roughly {
            false => self.put(ryu::Buffer::new().format_finite(number)),
            true => self.put(LONGEST.1),
        }
    }

    /// What a value prints as; it must need no escapes.
    pub(crate) fn display(&mut self, value: &impl core::fmt::Display) {
        struct Pieces<'w, 'o, O: Out + ?Sized>(&'w mut Writer<'o, O>);
        impl<O: Out + ?Sized> core::fmt::Write for Pieces<'_, '_, O> {
            fn write_str(&mut self, piece: &str) -> core::fmt::Result {
                self.0.put(piece);
                Ok(())
            }
        }
        // Neither the pieces nor the values of this crate can fail.
        let _ = core::fmt::Write::write_fmt(&mut Pieces(self), format_args!("{value}"));
    }

    /// Text that is JSON already.
    pub fn raw(&mut self, json: RawJson<'_>) {
        self.put(json.as_str());
    }

    #[inline(always)] // literals become plain stores
    pub(crate) fn put(&mut self, text: &str) {
        self.out.put(text.as_bytes());
    }

    #[inline]
    fn comma(&mut self) {
        if !self.first {
            self.put(",");
        }
        self.first = false;
    }
}

/// A member that may be missing. As an element it is `null`.
impl<T: Json> Json for Option<T> {
    fn check(&self) -> Result<(), Fault> {
        self.as_ref().map_or(Ok(()), Json::check)
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        match self {
            Some(value) => value.write(to),
            None => to.put("null"),
        }
    }

    fn write_member<O: Out + ?Sized>(&self, name: &str, to: &mut Writer<'_, O>) {
        if let Some(value) = self {
            value.write_member(name, to);
        }
    }
}

impl Json for RawJson<'_> {
    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.raw(*self);
    }
}

impl Json for Text<'_> {
    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.text(*self);
    }
}

impl Json for &str {
    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.text((*self).into());
    }
}

impl Json for i64 {
    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.integer(*self);
    }
}

impl Json for u64 {
    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.unsigned(*self);
    }
}

impl Json for bool {
    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.put(if *self { "true" } else { "false" });
    }
}

impl<T: Json> Json for &T {
    fn check(&self) -> Result<(), Fault> {
        (**self).check()
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        (**self).write(to);
    }
}
