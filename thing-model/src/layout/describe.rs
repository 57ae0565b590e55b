//! What a layout looks like before it is compiled: plain data, read with serde from JSON or any like format.

use alloc::boxed::Box;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// A whole layout: see the [module page](super) for the meaning of each key.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Description {
    /// What it is for; kept for people.
    #[serde(default)]
    pub name: Option<String>,
    /// Byte order of fields that do not say theirs.
    #[serde(default)]
    pub endian: Endian,
    /// Names a template may use that the caller gives, with their defaults (`null`: must be given).
    #[serde(default)]
    pub arguments: Members<Literal>,
    /// The alternatives, tried in this order.
    pub frames: Vec<FrameDescription>,
}

/// One kind of frame.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FrameDescription {
    /// Its name in errors and results.
    pub name: String,
    /// Its length in bytes where that tells it from others: a number, or `[least, most]`.
    #[serde(default)]
    pub length: Option<Literal>,
    /// What becomes of bytes after the last field.
    #[serde(default)]
    pub trailing: Trailing,
    /// The fields, in the order of their bytes.
    pub fields: Vec<FieldDescription>,
    /// The JSON it becomes; `"$*"`, an object of all named fields, if not given.
    #[serde(default)]
    pub json: Option<Literal>,
}

/// One field. Which keys have a meaning depends on the type; others are errors.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FieldDescription {
    /// Member name in the JSON; a field without one is checked or skipped, or, for a group, merged into its parent.
    #[serde(default)]
    pub name: Option<String>,
    /// `u8`…`u64`, `i8`…`i64`, `f32`, `f64`, `bcd`, `digits`, `text`, `bytes`, `json`, `group`, `skip`, or none with
    /// `const`, `check`, `bits` (one byte) or `fields`.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// Byte offset from the start of the frame or group; directly after the field before if not given.
    #[serde(default)]
    pub at: Option<u32>,
    /// Byte order.
    #[serde(default)]
    pub endian: Option<Endian>,
    /// Length in bytes: a number, `"rest"`, the type of a length prefix (`"u16"`), or an earlier field (`"len - 2"`).
    #[serde(default)]
    pub size: Option<Literal>,
    /// Number of elements, in the same notation.
    #[serde(default)]
    pub repeat: Option<Literal>,
    /// Factor from raw to value: a decimal, or a quotient (`"5/9"`).
    #[serde(default)]
    pub scale: Option<Literal>,
    /// Added after scaling.
    #[serde(default)]
    pub plus: Option<Literal>,
    /// Decimal places to round to, both ways.
    #[serde(default)]
    pub digits: Option<u8>,
    /// Least value.
    #[serde(default)]
    pub min: Option<Literal>,
    /// Greatest value.
    #[serde(default)]
    pub max: Option<Literal>,
    /// Raw value that says there is none; `"nan"` for floats.
    #[serde(default)]
    pub absent: Option<Literal>,
    /// The only raw value allowed: it tells frames apart. Hexadecimal text without a type: these bytes.
    #[serde(default, rename = "const")]
    pub constant: Option<Literal>,
    /// What raw values stand for.
    #[serde(default, rename = "enum")]
    pub values: Option<Members<Literal>>,
    /// The parts of a word.
    #[serde(default)]
    pub bits: Option<Vec<BitDescription>>,
    /// The fields of a group.
    #[serde(default)]
    pub fields: Option<Vec<Self>>,
    /// The frame may end before this field.
    #[serde(default)]
    pub optional: bool,
    /// Byte that fills up text of fixed size.
    #[serde(default)]
    pub pad: Option<u8>,
    /// Checksum algorithm, such as `crc16-modbus`.
    #[serde(default)]
    pub check: Option<String>,
    /// First field the checksum covers; the first of the list if not given.
    #[serde(default)]
    pub from: Option<String>,
    /// Last field the checksum covers; the one before the checksum if not given.
    #[serde(default)]
    pub until: Option<String>,
}

/// A range of bits of a word.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct BitDescription {
    /// Member name in the JSON.
    #[serde(default)]
    pub name: Option<String>,
    /// `7`, or `"6:4"`: highest and lowest bit, bit 0 being the least significant of the word.
    pub bits: Literal,
    /// Two's complement.
    #[serde(default)]
    pub signed: bool,
    /// As for fields.
    #[serde(default)]
    pub scale: Option<Literal>,
    /// As for fields.
    #[serde(default)]
    pub plus: Option<Literal>,
    /// As for fields.
    #[serde(default)]
    pub digits: Option<u8>,
    /// As for fields.
    #[serde(default)]
    pub min: Option<Literal>,
    /// As for fields.
    #[serde(default)]
    pub max: Option<Literal>,
    /// As for fields.
    #[serde(default)]
    pub absent: Option<Literal>,
    /// As for fields.
    #[serde(default, rename = "const")]
    pub constant: Option<Literal>,
    /// As for fields.
    #[serde(default, rename = "enum")]
    pub values: Option<Members<Literal>>,
}

/// Order of the bytes of a number. The letters show where the most significant byte, `a`, goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Endian {
    /// Most significant byte first (`abcd`).
    #[default]
    Big,
    /// Least significant byte first (`dcba`).
    Little,
    /// Big-endian 16-bit registers, the least significant register first: common on Modbus.
    Cdab,
    /// Registers in order, their two bytes swapped.
    Badc,
}

/// What becomes of bytes after the last field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Trailing {
    /// They are an error.
    #[default]
    Reject,
    /// They are not looked at.
    Ignore,
}

/// A JSON value of a description: a template, a number with every digit, an enumerated value.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Literal {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written where the format keeps that.
    Number(Box<str>),
    /// A string.
    Text(Box<str>),
    /// An array.
    Array(Vec<Self>),
    /// An object, in its order.
    Object(Members<Self>),
}

impl Default for Literal {
    /// `null`.
    fn default() -> Self {
        Self::Null
    }
}

impl Literal {
    /// A number or a string as text: constants and scales may be written either way.
    pub(super) fn scalar(&self) -> Option<&str> {
        match self {
            Self::Number(text) | Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Members of an object in the order they were written, each name once.
#[derive(Debug, Clone, PartialEq)]
pub struct Members<T>(Vec<(String, T)>);

impl<T> Default for Members<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Members<T> {
    /// Names and values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The value of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&T> {
        self.iter().find_map(|(found, value)| (found == name).then_some(value))
    }

    /// Adds a member; `false` if the name is taken.
    pub fn insert(&mut self, name: impl Into<String>, value: T) -> bool {
        let name = name.into();
        let free = self.get(&name).is_none();
        if free {
            self.0.push((name, value));
        }
        free
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<T>(core::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = Members<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Members::default();
                while let Some((name, value)) = map.next_entry::<String, T>()? {
                    if !members.insert(name, value) {
                        return Err(A::Error::custom("a member occurs twice"));
                    }
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Object(core::marker::PhantomData))
    }
}

/// Where another crate has switched on arbitrary-precision numbers, serde_json hands them out under this key.
const NUMBER: &str = "$serde_json::private::Number";

impl<'de> Deserialize<'de> for Literal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Literal;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> Result<Literal, E> {
                Ok(Literal::Null)
            }

            fn visit_none<E>(self) -> Result<Literal, E> {
                Ok(Literal::Null)
            }

            fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<Literal, D::Error> {
                Literal::deserialize(value)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Literal, E> {
                Ok(Literal::Bool(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Literal, E> {
                Ok(Literal::Number(value.to_string().into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Literal, E> {
                Ok(Literal::Number(value.to_string().into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Literal, E> {
                Ok(Literal::Number(value.to_string().into()))
            }

            fn visit_str<E>(self, value: &str) -> Result<Literal, E> {
                Ok(Literal::Text(value.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Literal, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Literal::Array(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Literal, A::Error> {
                let mut members = Members::default();
                while let Some(name) = map.next_key::<String>()? {
                    if name == NUMBER {
                        return Ok(Literal::Number(map.next_value::<String>()?.into()));
                    }
                    if !members.insert(name, map.next_value()?) {
                        return Err(A::Error::custom("a member occurs twice"));
                    }
                }
                Ok(Literal::Object(members))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_keep_order_and_digits() {
        let literal: Literal = serde_json::from_str(r#"{"b":0.01,"a":[null,true,-3,"x"]}"#).unwrap();
        let Literal::Object(members) = &literal else { panic!("{literal:?}") };
        assert_eq!(members.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(members.get("b"), Some(&Literal::Number("0.01".into())));
        assert_eq!(members.get("b").and_then(Literal::scalar), Some("0.01"));
        assert!(serde_json::from_str::<Literal>(r#"{"a":1,"a":2}"#).is_err());
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(serde_json::from_str::<FieldDescription>(r#"{"name":"a","typo":1}"#).is_err());
        assert!(serde_json::from_str::<BitDescription>(r#"{"bits":1,"endian":"big"}"#).is_err());
    }
}
