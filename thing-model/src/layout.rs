//! Binary frames described as data: bytes to JSON and back, without a script.
//!
//! A [`Layout`] is compiled once from a description and then turns frames of a device into JSON (an Alink message, or
//! any other shape) and JSON into frames. Both ways are strict: each byte has a place in the JSON or is checked, each
//! member of the JSON has a place in the frame, and what does not fit is an error that names the field and the byte.
//! A [`Mapping`] does the same between two shapes of JSON. Decoding a good frame allocates nothing but what the
//! caller's output does; an error allocates the name of the field.
//!
//! ```
//! use thing_model::layout::Layout;
//!
//! let sensor = Layout::from_json(br#"{
//!     "frames": [{
//!         "name": "level",
//!         "fields": [
//!             { "const": "01" },
//!             { "name": "water_level", "type": "u16", "scale": "0.001" },
//!             { "name": "temperature", "type": "i16", "scale": "0.1", "absent": "0x7fff" },
//!             { "bits": [{ "name": "low_battery", "bits": 7 }, { "name": "battery", "bits": "6:0" }] }
//!         ],
//!         "json": { "method": "thing.event.property.post", "id": "1", "version": "1.0", "params": "$*" }
//!     }]
//! }"#)?;
//!
//! let mut json = String::new();
//! sensor.decode(&[0x01, 0x05, 0xdc, 0xff, 0xf6, 0x5a], &[], &mut json)?;
//! assert_eq!(
//!     json,
//!     r#"{"method":"thing.event.property.post","id":"1","version":"1.0","params":"#.to_owned()
//!         + r#"{"water_level":1.5,"temperature":-1.0,"low_battery":0,"battery":90}}"#
//! );
//!
//! let mut frame = Vec::new();
//! sensor.encode(json.as_bytes(), &mut frame)?;
//! assert_eq!(frame, [0x01, 0x05, 0xdc, 0xff, 0xf6, 0x5a]);
//!
//! let short = sensor.decode(&[0x01, 0x05, 0xdc, 0xff], &[], &mut String::new()).unwrap_err();
//! assert_eq!(short.to_string(), "level: temperature: short frame: 2 bytes needed here, 1 left at byte 3");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The description
//!
//! A layout has `frames` (alternatives; the first whose `length` and constants at fixed places do not contradict the
//! bytes is the one that is read), a default byte order `endian`, and `arguments`, names the caller gives values for.
//! A frame has a `name`, `fields` in the order of their bytes, the `json` it becomes, and says by `trailing` whether
//! bytes after the last field are an error (`"reject"`, the default) or not looked at (`"ignore"`).
//!
//! | `type` of a field | holds | keys with a meaning |
//! |---|---|---|
//! | `u8` `u16` `u24` … `u64`, `i8` … `i64` | an integer | `endian`, and those of numbers |
//! | the same, with `bits` | unsigned words cut into ranges of bits; bits nobody names are skipped, and written 0 | `endian`, `bits` |
//! | `f32`, `f64` | an IEEE 754 number; NaN and infinities are errors unless `"absent": "nan"` | `endian`, `absent` |
//! | `bcd` | packed decimal of `size` (1 to 8) bytes, as a number | `size`, `endian`, and those of numbers |
//! | `digits` | packed decimal of `size` bytes, as a string that keeps leading zeros | `size`, `endian` |
//! | `text` | UTF-8; of fixed size filled up with `pad` (0 if not given) | `size`, `pad` |
//! | `bytes` | any bytes, as lower-case hexadecimal | `size` |
//! | `json` | JSON inside the frame, copied as it stands | `size` |
//! | `group`, or only `fields` | an object; without a name its fields join those around it | `fields`, `size` |
//! | `skip` | bytes not looked at, written 0 | `size` |
//! | none, `const` | these bytes, in hexadecimal | `const` |
//! | none, `check` | a checksum over the fields `from` … `until` of the same list (default: all before it) | `endian`, `check`, `from`, `until` |
//!
//! Every field may have `at`, a byte offset from the start of its list that is not before the end of the field in
//! front; `repeat`, which makes it an array; and `optional`, if the frame may end before it.
//!
//! **Numbers**: `value = raw × scale + plus` in exact decimal (`scale` also as a quotient, `"5/9"`; where that is no
//! finite decimal `digits` says how many places to round to, and rounding then goes both ways); `min` and `max` limit
//! the value; `absent` is the raw value that says there is none (its member is left out; `null` in an array); `const`
//! is the only raw value allowed; `enum` maps raw integers to strings, numbers or booleans, and allows no other. A
//! number with decimal places is written with at least one (`25.0`), as the platform wants floats written.
//! **Bits**: `7`, or `"6:4"` for the highest and lowest, bit 0 being the least significant; `signed` for two's complement.
//! **Byte orders**: `big`, `little`, and the two mixed ones of Modbus registers, `cdab` and `badc`.
//!
//! **Sizes** (bytes) and **repeats** (elements): a number; `"rest"`; a prefix of a number type, `"u16"` (in the order of
//! the field, or `"u16be"`, `"u16le"`); or an earlier field of the same list, `"len"`; the latter two with a factor and
//! an addend, `"len * 4 - 2"`. A field that says a
//! size is not among the values of the JSON: it is computed when a frame is made. A `json` field can say sizes by its
//! members, `"header.data.bSize"`.
//!
//! **Checksums**: `crc8`, `crc8-maxim`, `crc8-autosar`, `crc16-arc`, `crc16-modbus`, `crc16-kermit`, `crc16-x25`,
//! `crc16-ccitt-false`, `crc16-xmodem`, `crc32`, `xor`, `sum8`, `sum16`, `lrc` (the negated sum).
//!
//! **Bounds** of a description: 256 frames, 4,096 fields in a frame, 8 groups within each other, 8 fields of a list that
//! say sizes, 4 checksums in a list, and 1 MiB for offsets, fixed sizes and what repeated elements add up to.
//!
//! # Templates
//!
//! `json` is JSON in which strings that begin with `$` stand for values:
//!
//! | string | written | when a frame is made |
//! |---|---|---|
//! | `"$name"` | the value; its member is left out if there is none | the value |
//! | `"${name}"`, also within text | a string holding the value | the text between |
//! | `"$name?"`, `"${name?}"` | the same | may be missing |
//! | `"$*"` | an object of all fields without a place of their own | the same |
//! | `"$_"` | nothing | anything, also nothing |
//! | `"$$text"` | `$text` | the same |
//!
//! Anything else is written as it stands, and must be there when a frame is made: so the `method` of an Alink message
//! picks its frame. Members the template does not name are errors, unless it has a member `"*": "$_"`.
//! Without `json` a frame becomes `"$*"`.

mod checksum;
mod compile;
mod decode;
mod describe;
mod encode;
mod error;
mod expr;
mod extent;
mod json;
mod mapping;
mod meaning;
mod node;
mod number;
mod scale;
mod sink;
mod template;

use alloc::boxed::Box;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt::Write;

pub use self::describe::{
    BitDescription, Description, Endian, FieldDescription, FrameDescription, Literal, Members, Trailing,
};
pub use self::error::{DecodeError, DecodeRule, EncodeError, EncodeRule, LayoutError, LayoutRule};
pub use self::mapping::{Mapping, MappingDescription, RuleDescription, ValueDescription, ValueKind};
pub use self::template::{Argument, Arguments};

/// A compiled layout. See the [module page](self).
#[derive(Debug, Clone)]
pub struct Layout {
    arguments: Members<Literal>,
    frames: Box<[node::Frame]>,
}

impl Layout {
    /// Reads a description in JSON and compiles it.
    ///
    /// # Errors
    ///
    /// [`LayoutError`] with the place of the first mistake.
    pub fn from_json(description: &[u8]) -> Result<Self, LayoutError> {
        let description = serde_json::from_slice(description).map_err(|error| not_a_description(&error))?;
        Self::compile(&description)
    }

    /// Compiles a description.
    ///
    /// ```
    /// use thing_model::layout::{Description, Layout};
    ///
    /// let description: Description = serde_json::from_str(
    ///     r#"{ "frames": [{ "name": "f", "fields": [{ "name": "a", "type": "u17" }] }] }"#,
    /// )?;
    /// let error = Layout::compile(&description).unwrap_err();
    /// assert_eq!(error.to_string(), "/frames/0/fields/0/type: no such type");
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`LayoutError`] with the place of the first mistake.
    pub fn compile(description: &Description) -> Result<Self, LayoutError> {
        Ok(Self { arguments: description.arguments.clone(), frames: compile::frames(description)? })
    }

    /// The names of the frames, in the order they are tried.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = &str> {
        self.frames.iter().map(|frame| &*frame.name)
    }

    /// Writes `frame` as JSON; answers which of the alternatives it is.
    ///
    /// Nothing is written before the whole frame has been checked. `arguments` are values for the names the layout
    /// declares as such, for instance the id of the message.
    ///
    /// ```
    /// use thing_model::layout::{Argument, Layout};
    ///
    /// let layout = Layout::from_json(br#"{ "arguments": { "id": null }, "frames": [{
    ///     "name": "count",
    ///     "fields": [{ "name": "n", "type": "u16", "endian": "little" }, { "check": "xor" }],
    ///     "json": { "id": "${id}", "n": "$n" }
    /// }] }"#)?;
    /// let mut json = String::new();
    /// assert_eq!(layout.decode(&[0x10, 0x27, 0x37], &[("id", Argument::Number(5))], &mut json)?, "count");
    /// assert_eq!(json, r#"{"id":"5","n":10000}"#);
    ///
    /// let error = layout.decode(&[0x10, 0x27, 0x36], &[], &mut json).unwrap_err();
    /// assert_eq!(error.to_string(), "count: #1: checksum is 0x36, the bytes give 0x37 at byte 2");
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`DecodeError`]: which field, which byte, which rule. Only when `out` refuses text, or an argument without a
    /// default is missing, something may have been written.
    pub fn decode(
        &self,
        frame: &[u8],
        arguments: Arguments<'_>,
        out: &mut (impl Write + ?Sized),
    ) -> Result<&str, DecodeError> {
        let found = decode::pick(&self.frames, frame)?;
        let supplied = template::Supplied { declared: &self.arguments, given: arguments };
        decode::write(found, frame, supplied, &mut mapping::Wide(out)).map_err(|mut error| {
            error.frame = Some(found.name.clone());
            error
        })?;
        Ok(&found.name)
    }

    /// Appends the JSON of `frame` to `out`, which is unchanged on an error; otherwise like [`decode`](Self::decode).
    ///
    /// # Errors
    ///
    /// As of [`decode`](Self::decode).
    pub fn decode_to_vec(
        &self,
        frame: &[u8],
        arguments: Arguments<'_>,
        out: &mut Vec<u8>,
    ) -> Result<&str, DecodeError> {
        struct Bytes<'o>(&'o mut Vec<u8>);

        impl Write for Bytes<'_> {
            fn write_str(&mut self, text: &str) -> core::fmt::Result {
                self.0.extend_from_slice(text.as_bytes());
                Ok(())
            }
        }

        let base = out.len();
        let result = self.decode(frame, arguments, &mut Bytes(out));
        if result.is_err() {
            out.truncate(base);
        }
        result
    }

    /// Appends the frame `json` stands for to `out`, which is unchanged on an error; answers which it is.
    ///
    /// The first frame is written whose template has the constants and all the members of `json`. Numbers are taken
    /// by value (`27`, `27.0` and `2.7e1` are the same).
    ///
    /// ```
    /// use thing_model::layout::Layout;
    ///
    /// let layout = Layout::from_json(br#"{ "frames": [{ "name": "valve", "fields": [
    ///     { "const": "68" },
    ///     { "name": "open", "type": "u8", "enum": { "0x55": true, "0x99": false } },
    ///     { "check": "sum8" }
    /// ] }] }"#)?;
    /// let mut frame = Vec::new();
    /// assert_eq!(layout.encode(br#"{"open": true}"#, &mut frame)?, "valve");
    /// assert_eq!(frame, [0x68, 0x55, 0xbd]);
    ///
    /// let error = layout.encode(br#"{"open": 1}"#, &mut frame).unwrap_err();
    /// assert_eq!(error.to_string(), "valve: /open: none of the enumerated values at byte 9");
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`EncodeError`]: which member, at which byte of the text, which rule; if no template fits, for the frame that
    /// came closest.
    pub fn encode(&self, json: &[u8], out: &mut Vec<u8>) -> Result<&str, EncodeError> {
        encode::write(&self.frames, json, out).map(|frame| &*frame.name)
    }
}

fn not_a_description(error: &serde_json::Error) -> LayoutError {
    LayoutError { path: String::new(), rule: LayoutRule::Document(error.to_string().into()) }
}
