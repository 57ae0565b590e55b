//! Rust types for the values of one thing model, to be written to a file by a build script or a test.
//!
//! [`rust`] answers the text of a module with a struct for the properties, one for those that can be set, one for each
//! event, and one for the input and the output of each service. They are plain serde types without lifetimes: what
//! they write is what the platform expects (booleans as 0 and 1, dates as text, enumerations as their keys, floats
//! with a decimal place), and they refuse members the model does not have. Every member is an `Option`, as in a
//! payload; one that is `None` is not written.
//!
//! An event's struct holds its outputs: they go into the member `value` of an event post.
//!
//! The output needs `serde` with the features `derive` and `alloc`, works without std, follows the lints of this workspace and is laid out as
//! rustfmt does with its settings. Names depend on identifiers only, never on labels for people: `LightSwitch` becomes the member
//! `light_switch`, `type` becomes `r#type`, `2g` becomes `_2g`, and of two that would be the same the later one gets a
//! number.
//!
//! ```
//! use thing_model::{Limits, Model, codegen};
//!
//! let tsl = br#"{"profile": {"productKey": "a1"}, "properties": [
//!     {"identifier": "LightSwitch", "accessMode": "rw", "dataType": {"type": "bool", "specs": {"0": "off", "1": "on"}}}
//! ]}"#;
//! let text = codegen::rust(&Model::compile(tsl, &Limits::current())?);
//! assert!(text.contains("pub struct Properties {"));
//! assert!(text.contains("    pub light_switch: Option<bool>,"));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

use alloc::borrow::ToOwned as _;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::{Access, DataType, Field, ItemType, Labels, Model, Number};

/// Type names that mean something else where the output uses them.
const TYPES: &[&str] = &[
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Deserialize",
    "Eq",
    "Err",
    "From",
    "None",
    "Ok",
    "Option",
    "PartialEq",
    "Properties",
    "Result",
    "Self",
    "Serialize",
    "Settings",
    "Some",
    "String",
    "TryFrom",
    "UnknownKey",
    "Value",
    "Vec",
];

/// Words a member cannot be called. The first few not even as raw identifiers.
const KEYWORDS: &[&str] = &[
    "self", "super", "crate", "abstract", "as", "async", "await", "become", "box", "break", "const",
    "continue", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];
const NEVER_RAW: usize = 3;

/// The text of a module with a type for everything the model can carry. The same model gives the same text.
#[must_use]
pub fn rust(model: &Model) -> String {
    let mut writer =
        Writer { types: TYPES.iter().map(|name| (*name).to_owned()).collect(), ..Writer::default() };
    let properties: Vec<Member> = model.properties().map(|field| writer.member("", field)).collect();
    let settings = model.properties().zip(&properties).filter(|(field, _)| field.access() != Access::Read);
    let settings: Vec<Member> = settings.map(|(_, member)| member.clone()).collect();
    writer.structure("Properties", "The properties, as a device posts them.", &properties);
    writer.method("Properties", "thing.event.property.post");
    if !settings.is_empty() {
        writer.structure("Settings", "The properties that can be set.", &settings);
        writer.method("Settings", "thing.service.property.set");
    }
    for event in model.events() {
        let about = format!("Outputs of the {} event{}", event.event_type().as_str(), about(event.name()));
        let name = writer.fields(&format!("{}:event", event.key()), &about, event.outputs());
        writer.method(&name, &format!("thing.event.{}.post", event.key()));
    }
    for service in model.services() {
        let said = about(service.name());
        let input = format!("Input of the {} service{said}", service.call_type().as_str());
        let name = writer.fields(&format!("{}:input", service.key()), &input, service.inputs());
        writer.method(&name, &format!("thing.service.{}", service.key()));
        writer.fields(
            &format!("{}:output", service.key()),
            &format!("Output of the {} service{said}", service.call_type().as_str()),
            service.outputs(),
        );
    }
    writer.finish(model.product_key())
}

/// A member of a struct as it is written.
#[derive(Debug, Clone)]
struct Member {
    /// Name on the wire.
    key: String,
    docs: Vec<String>,
    /// Type without its `Option`.
    kind: String,
    /// Module that writes and reads it.
    with: Option<&'static str>,
}

/// The text so far, and what it needs.
#[derive(Debug, Default)]
struct Writer {
    body: String,
    types: BTreeSet<String>,
    text: bool,
    list: bool,
    flag: bool,
    millis: bool,
    keys: bool,
}

impl Writer {
    /// A struct of these fields; answers its name.
    fn fields(&mut self, key: &str, docs: &str, fields: crate::Fields<'_>) -> String {
        let name = self.type_name(key);
        let members: Vec<Member> = fields.map(|field| self.member(&name, field)).collect();
        self.structure(&name, docs, &members);
        name
    }

    /// A type name nothing else has.
    fn type_name(&mut self, key: &str) -> String {
        let mut name: String = words(key).iter().map(|word| capital(word)).collect();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            name.insert(0, 'N');
        }
        unique(&name, "", |name| self.types.insert(name.to_owned()))
    }

    /// A field, with the types its values need written before.
    fn member(&mut self, parent: &str, field: Field<'_>) -> Member {
        let name = field.name().filter(|name| !name.trim().is_empty()).map(shown);
        let mut docs = Vec::new();
        docs.push(format!("{}.", name.unwrap_or_else(|| format!("`{}`", code(field.key())))));
        if let Some(description) = field.description() {
            docs.push(String::new());
            docs.push(format!("{}.", shown(description)));
        }
        let nested = format!("{parent}:{}", field.key());
        let (kind, with) = self.kind(&nested, field.data_type(), &mut docs);
        Member { key: field.key().to_owned(), docs, kind, with }
    }

    fn kind(
        &mut self,
        key: &str,
        kind: DataType<'_>,
        docs: &mut Vec<String>,
    ) -> (String, Option<&'static str>) {
        let mut say = |text: Option<String>| {
            if let Some(text) = text {
                docs.push(String::new());
                docs.push(text);
            }
        };
        match kind {
            DataType::Int(number) => {
                say(bounds(number));
                ("i32".into(), None)
            }
            DataType::Float(number) => {
                say(bounds(number));
                ("f32".into(), None)
            }
            DataType::Double(number) => {
                say(bounds(number));
                ("f64".into(), None)
            }
            DataType::Bool(labels) => {
                self.flag = true;
                let label = |key| labels.get(key).map(shown);
                say(label(0).zip(label(1)).map(|(no, yes)| format!("False: {no}. True: {yes}.")));
                ("bool".into(), Some("flag"))
            }
            DataType::Enum(labels) if labels.given() => (self.enumeration(key, labels), None),
            DataType::Enum(_) => ("i32".into(), None),
            DataType::Text { length, given } => {
                self.text = true;
                say(given.then(|| format!("At most {length} characters.")));
                ("String".into(), None)
            }
            DataType::Date => {
                (self.text, self.millis) = (true, true);
                say(Some("Milliseconds since 1970 UTC.".into()));
                ("i64".into(), Some("millis"))
            }
            DataType::Struct(fields) => {
                (self.fields(key, &format!("Members of `{}`.", last(key)), fields), None)
            }
            DataType::Array { size, item } => {
                self.list = true;
                say(Some(format!("At most {size} items.")));
                (format!("Vec<{}>", self.item(key, item)), None)
            }
        }
    }

    /// Items are numbers, text or structs: none needs a module.
    fn item(&mut self, key: &str, item: ItemType<'_>) -> String {
        self.kind(key, item.data_type(), &mut Vec::new()).0
    }

    fn enumeration(&mut self, key: &str, labels: Labels<'_>) -> String {
        self.keys = true;
        let name = self.type_name(key);
        let variants: Vec<(String, i32, String)> = labels
            .map(|(key, label)| {
                let sign = if key < 0 { "Minus" } else { "" };
                (format!("Value{sign}{}", key.unsigned_abs()), key, shown(label))
            })
            .collect();
        let mut text = format!(
            "/// Keys of `{}`.\n#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]\n\
             #[serde(into = \"i32\", try_from = \"i32\")]\n#[non_exhaustive]\npub enum {name} {{\n",
            last(key)
        );
        for (variant, _, label) in &variants {
            text += &format!("    /// {label}.\n    {variant},\n");
        }
        text += &format!(
            "}}\n\nimpl From<{name}> for i32 {{\n    fn from(key: {name}) -> Self {{\n        match key {{\n"
        );
        for (variant, key, _) in &variants {
            text += &format!("            {name}::{variant} => {key},\n");
        }
        text += &format!(
            "        }}\n    }}\n}}\n\nimpl TryFrom<i32> for {name} {{\n    type Error = UnknownKey;\n\n    \
             fn try_from(key: i32) -> Result<Self, UnknownKey> {{\n        match key {{\n"
        );
        for (variant, key, _) in &variants {
            text += &format!("            {key} => Ok(Self::{variant}),\n");
        }
        text += "            _ => Err(UnknownKey(key)),\n        }\n    }\n}\n\n";
        self.body += &text;
        name
    }

    fn structure(&mut self, name: &str, docs: &str, members: &[Member]) {
        let derives = "#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]";
        let mut text =
            format!("/// {docs}\n{derives}\n#[serde(default, deny_unknown_fields)]\npub struct {name} {{");
        let mut taken = BTreeSet::new();
        for member in members {
            let field = unique(&snake(&member.key), "_", |name| taken.insert(name.to_owned()));
            for line in &member.docs {
                text += format!("\n    /// {line}").trim_end();
            }
            let with = member.with.map_or_else(String::new, |with| format!(", with = \"{with}\""));
            let key = member.key.escape_debug();
            text += &format!(
                "\n    #[serde(rename = \"{key}\", skip_serializing_if = \"Option::is_none\"{with})]"
            );
            text += &format!("\n    pub {}: Option<{}>,", raw(&field), member.kind);
        }
        text += if members.is_empty() { "}\n\n" } else { "\n}\n\n" };
        self.body += &text;
    }

    fn method(&mut self, name: &str, method: &str) {
        let method = method.escape_debug();
        self.body += &format!(
            "impl {name} {{\n    /// The method these values are sent with.\n    \
             pub const METHOD: &'static str = \"{method}\";\n}}\n\n"
        );
    }

    /// The whole module.
    fn finish(self, product: Option<&str>) -> String {
        let of = product.map_or_else(String::new, |product| format!(" of product `{}`", code(product)));
        let mut text = format!(
            "//! Typed values{of}, generated from its thing model by `thing_model::codegen::rust`. Not to be edited.\n\n"
        );
        if self.text || self.list {
            text += "extern crate alloc;\n\n";
        }
        if self.text {
            text += "use alloc::string::String;\n";
        }
        if self.list {
            text += "use alloc::vec::Vec;\n";
        }
        if self.text || self.list {
            text.push('\n');
        }
        text += "use serde::{Deserialize, Serialize};\n\n";
        text += &self.body;
        for (needed, module) in [(self.keys, UNKNOWN_KEY), (self.flag, FLAG), (self.millis, MILLIS)] {
            if needed {
                text += module;
                text.push('\n');
            }
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}

const UNKNOWN_KEY: &str = "/// A number that is none of the keys of an enumeration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownKey(pub i32);

impl core::fmt::Display for UnknownKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, \"{} is none of the keys\", self.0)
    }
}

impl core::error::Error for UnknownKey {}
";

const FLAG: &str = "/// Booleans are 0 and 1.
mod flag {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(flag: &Option<bool>, to: S) -> Result<S::Ok, S::Error> {
        match flag {
            Some(flag) => to.serialize_u8(u8::from(*flag)),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
        match Option::<u8>::deserialize(from)? {
            None => Ok(None),
            Some(0) => Ok(Some(false)),
            Some(1) => Ok(Some(true)),
            Some(_) => Err(D::Error::custom(\"0 or 1 is expected\")),
        }
    }
}
";

const MILLIS: &str = "/// Dates are text: milliseconds since 1970 UTC.
mod millis {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::String;

    pub(super) fn serialize<S: Serializer>(date: &Option<i64>, to: S) -> Result<S::Ok, S::Error> {
        match date {
            Some(date) => to.collect_str(date),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
    }
}
";

/// A name for people after a colon, as a sentence; only a full stop if there is none.
fn about(name: Option<&str>) -> String {
    match name.map(str::trim) {
        Some(name) if !name.is_empty() => format!(": {}.", shown(name)),
        _ => ".".into(),
    }
}

/// What a number is limited to.
fn bounds(number: Number<'_>) -> Option<String> {
    let mut text = match (number.min(), number.max()) {
        (Some(min), Some(max)) => format!("From {min} to {max}"),
        (Some(min), None) => format!("From {min}"),
        (None, Some(max)) => format!("To {max}"),
        (None, None) => String::new(),
    };
    if let Some(step) = number.step() {
        text += &format!("{}step {step}", if text.is_empty() { "" } else { ", " });
    }
    if let Some(unit) = number.unit().filter(|unit| !unit.trim().is_empty()) {
        text += &format!("{}in `{}`", if text.is_empty() { "" } else { ", " }, code(unit));
    }
    let mut chars = text.chars();
    let first = chars.next()?;
    Some(format!("{}{}.", first.to_ascii_uppercase(), chars.as_str()))
}

/// Text of the model as one line of documentation: as code if it could be taken for markup.
fn shown(text: &str) -> String {
    let plain =
        |c: char| c.is_alphanumeric() || matches!(c, ' ' | ',' | '/' | '%' | '(' | ')' | '°' | '，' | '、');
    if text.starts_with(char::is_alphabetic) && text.chars().all(plain) {
        text.trim_end().to_owned()
    } else {
        format!("`{}`", code(text))
    }
}

/// Text that can stand in a code span.
fn code(text: &str) -> String {
    let clean = text.chars().map(|c| if c == '`' || c.is_control() { ' ' } else { c });
    let text: String = clean.collect();
    let text = text.trim();
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}

/// The part of a key after its last colon.
fn last(key: &str) -> &str {
    key.rsplit(':').next().unwrap_or(key)
}

/// The words of an identifier, in lower case: `lightSwitch2`, `LIGHT_Switch2` and `light:switch2` have the same.
fn words(identifier: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut fresh = true;
    let chars: Vec<char> = identifier.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            fresh = true;
            continue;
        }
        let before = at.checked_sub(1).map(|at| chars[at]);
        let after = chars.get(at + 1);
        let upper = c.is_ascii_uppercase();
        let beside_lower =
            before.is_some_and(|c| c.is_ascii_lowercase()) || after.is_some_and(char::is_ascii_lowercase);
        let begins = upper && beside_lower;
        if fresh || begins {
            words.push(String::new());
        }
        fresh = false;
        if let Some(word) = words.last_mut() {
            match c {
                c if c.is_ascii() => word.push(c.to_ascii_lowercase()),
                c => *word += &format!("u{:x}", u32::from(*c)),
            }
        }
    }
    words
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}", first.to_ascii_uppercase(), chars.as_str()))
}

/// The name of a member.
fn snake(key: &str) -> String {
    let name = words(key).join("_");
    match name.chars().next() {
        None => "unnamed".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("_{name}"),
        Some(_) => name,
    }
}

/// A name as it can be written.
fn raw(name: &str) -> String {
    match KEYWORDS.iter().position(|keyword| *keyword == name) {
        None => name.to_owned(),
        Some(at) if at < NEVER_RAW => format!("{name}_"),
        Some(_) => format!("r#{name}"),
    }
}

/// The first of `name`, `name2`, `name3`, … that `take` takes.
fn unique(name: &str, separator: &str, mut take: impl FnMut(&str) -> bool) -> String {
    let numbered =
        |number: u32| if number == 1 { name.to_owned() } else { format!("{name}{separator}{number}") };
    (1..).map(numbered).find(|name| take(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (key, member) in [
            ("LightSwitch", "light_switch"),
            ("HTTPServer2Port", "http_server2_port"),
            ("p_int", "p_int"),
            ("battery:soc", "battery_soc"),
            ("type", "r#type"),
            ("Self", "self_"),
            ("_", "unnamed"),
            ("2G", "_2g"),
            ("a__B", "a_b"),
            ("电压", "u7535u538b"),
        ] {
            assert_eq!(raw(&snake(key)), member, "{key}");
        }
        let mut writer =
            Writer { types: TYPES.iter().map(|name| (*name).to_owned()).collect(), ..Writer::default() };
        for (key, name) in [(":p_enum", "PEnum"), ("PEnum", "PEnum2"), ("string", "String2"), ("2g", "N2g")] {
            assert_eq!(writer.type_name(key), name, "{key}");
        }
    }

    #[test]
    fn documentation_is_never_markup() {
        for (text, line) in [
            ("亮度", "亮度"),
            ("see https://example.com", "`see https://example.com`"),
            ("[x]", "`[x]`"),
            ("a\n`b`", "`a  b`"),
            ("1. first", "`1. first`"),
            ("", "`-`"),
        ] {
            assert_eq!(shown(text), line);
        }
    }
}
