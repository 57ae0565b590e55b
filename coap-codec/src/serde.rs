//! serde (feature `serde`): views are serialized, owned messages also deserialized (feature `alloc`).
//!
//! The form is that of the test vectors: `{"type": "CON", "code": "0.01", "message_id": 1, "token": "20",
//! "options": [{"number": 11, "value": "6162"}], "payload": ""}`, bytes in hexadecimal.

use core::fmt;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::option::{Opt, OptionNumber, Options};
use crate::{Code, ContentFormat, Kind, Message, StreamMessage, Token};

struct Hex<'a>(&'a [u8]);

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}", Token::received(self.0)))
    }
}

impl Serialize for Token<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Hex(self.as_bytes()).serialize(serializer)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}.{:02}", self.class(), self.detail()))
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text(|text: &str| text.parse().ok(), "a code such as 2.05"))
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const ALL: [Kind; 4] = [Kind::Confirmable, Kind::NonConfirmable, Kind::Acknowledgement, Kind::Reset];
        let find = |text: &str| ALL.into_iter().find(|kind| kind.name() == text);
        deserializer.deserialize_str(Text(find, "CON, NON, ACK or RST"))
    }
}

/// Reads a string by a function.
struct Text<F>(F, &'static str);

impl<T, F: FnOnce(&str) -> Option<T>> serde::de::Visitor<'_> for Text<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.1)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        let meant = self.1;
        (self.0)(text).ok_or_else(|| E::custom(format_args!("not {meant}")))
    }
}

impl Serialize for OptionNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.0)
    }
}

impl<'de> Deserialize<'de> for OptionNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u16::deserialize(deserializer).map(Self)
    }
}

impl Serialize for ContentFormat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.0)
    }
}

impl<'de> Deserialize<'de> for ContentFormat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u16::deserialize(deserializer).map(Self)
    }
}

impl Serialize for Opt<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Opt", 2)?;
        fields.serialize_field("number", &self.number)?;
        fields.serialize_field("value", &Hex(self.value))?;
        fields.end()
    }
}

impl Serialize for Options<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl Serialize for Message<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Message", 6)?;
        fields.serialize_field("type", &self.kind)?;
        fields.serialize_field("code", &self.code)?;
        fields.serialize_field("message_id", &self.id)?;
        fields.serialize_field("token", &self.token)?;
        fields.serialize_field("options", &self.options)?;
        fields.serialize_field("payload", &Hex(self.payload))?;
        fields.end()
    }
}

impl Serialize for StreamMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("StreamMessage", 4)?;
        fields.serialize_field("code", &self.code)?;
        fields.serialize_field("token", &self.token)?;
        fields.serialize_field("options", &self.options)?;
        fields.serialize_field("payload", &Hex(self.payload))?;
        fields.end()
    }
}

#[cfg(feature = "alloc")]
mod owned {
    use alloc::vec::Vec;

    use super::{Deserialize, Deserializer, Serialize, Serializer, Text};
    use crate::{Code, Kind, MessageBuf, OptionNumber, OptionsBuf};

    impl Serialize for OptionsBuf {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.as_options().serialize(serializer)
        }
    }

    impl Serialize for MessageBuf {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.as_message().serialize(serializer)
        }
    }

    /// Bytes written in hexadecimal.
    struct Bytes(Vec<u8>);

    impl<'de> Deserialize<'de> for Bytes {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_str(Text(read_hex, "bytes in hexadecimal"))
        }
    }

    fn read_hex(text: &str) -> Option<Bytes> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let pairs = text.as_bytes().chunks(2).map(|pair| match *pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        });
        pairs.collect::<Option<_>>().map(Bytes)
    }

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct OptionRecipe {
        number: OptionNumber,
        value: Bytes,
    }

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct MessageRecipe {
        #[serde(rename = "type")]
        kind: Kind,
        code: Code,
        message_id: u16,
        token: Bytes,
        options: OptionsBuf,
        payload: Bytes,
    }

    impl<'de> Deserialize<'de> for OptionsBuf {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let mut options = Self::new();
            for option in Vec::<OptionRecipe>::deserialize(deserializer)? {
                options.insert(option.number, &option.value.0).map_err(serde::de::Error::custom)?;
            }
            Ok(options)
        }
    }

    impl<'de> Deserialize<'de> for MessageBuf {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let recipe = MessageRecipe::deserialize(deserializer)?;
            let mut message = Self::new(recipe.kind, recipe.code, recipe.message_id);
            message.set_token(&recipe.token.0).map_err(serde::de::Error::custom)?;
            message.options = recipe.options;
            message.payload = recipe.payload.0;
            Ok(message)
        }
    }
}
