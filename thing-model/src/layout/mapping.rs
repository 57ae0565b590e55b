//! JSON to JSON by the same templates: another platform's push becomes an Alink message.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use serde::Deserialize;

use super::describe::{Literal, Members};
use super::error::{EncodeError, EncodeRule, LayoutError, LayoutRule, escape};
use super::expr::{self, Placeholder};
use super::json::{Kind, Node};
use super::meaning::Meanings;
use super::node::Slot;
use super::number::Given;
use super::scale::{Exact, Scale};
use super::sink::{Sink, Stop};
use super::template::{self, Arguments, Binding, Names, Source, Supplied, Template};

/// Rules that turn JSON of one shape into JSON of another.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MappingDescription {
    /// What it is for; kept for people.
    #[serde(default)]
    pub name: Option<String>,
    /// Names the results may use that the caller gives, with their defaults (`null`: must be given).
    #[serde(default)]
    pub arguments: Members<Literal>,
    /// The alternatives, tried in this order.
    pub rules: Vec<RuleDescription>,
}

/// One rule of a mapping.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RuleDescription {
    /// Its name in errors and results.
    pub name: String,
    /// What it applies to: constants must be there, placeholders name what is found in their place.
    pub from: Literal,
    /// What it makes of it.
    pub to: Literal,
    /// Values that change on the way; others are copied as they stand.
    #[serde(default)]
    pub values: Members<ValueDescription>,
}

/// How a value changes: a number by a scale, or a word by a table.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ValueDescription {
    /// `number`: a number, also where it comes as text; `text`: a string, also where it comes as a number.
    #[serde(default, rename = "type")]
    pub kind: Option<ValueKind>,
    /// Factor: a decimal, or a quotient.
    #[serde(default)]
    pub scale: Option<Literal>,
    /// Added after scaling.
    #[serde(default)]
    pub plus: Option<Literal>,
    /// Decimal places to round to.
    #[serde(default)]
    pub digits: Option<u8>,
    /// What texts or numbers become, by their text.
    #[serde(default, rename = "enum")]
    pub values: Option<Members<Literal>>,
}

/// What type a value has in the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ValueKind {
    /// A number.
    Number,
    /// A string.
    Text,
}

/// Compiled rules. See the [module page](super) for the templates.
///
/// ```
/// use thing_model::layout::{Argument, Mapping};
///
/// let meter = Mapping::from_json(br#"{
///     "arguments": { "id": null },
///     "rules": [{
///         "name": "report",
///         "from": { "messageType": "dataReport", "payload": { "water_consumption": "$used" }, "*": "$_" },
///         "to": { "method": "thing.event.property.post", "id": "${id}", "version": "1.0",
///                 "params": { "water_consumption": "$used" } },
///         "values": { "used": { "scale": "0.001" } }
///     }]
/// }"#)?;
///
/// let push = br#"{"messageType":"dataReport","deviceId":"d1","payload":{"water_consumption":1250}}"#;
/// let mut alink = String::new();
/// let rule = meter.map(push, &[("id", Argument::Number(7))], &mut alink)?;
/// assert_eq!(rule, "report");
/// assert_eq!(alink, r#"{"method":"thing.event.property.post","id":"7","version":"1.0","params":{"water_consumption":1.25}}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Mapping {
    arguments: Members<Literal>,
    rules: Box<[Rule]>,
}

#[derive(Debug, Clone)]
struct Rule {
    name: Box<str>,
    from: Template,
    to: Template,
    slots: Box<[Slot]>,
    values: Box<[Change]>,
}

/// How the value of one slot changes.
#[derive(Debug, Clone)]
struct Change {
    kind: Option<ValueKind>,
    scale: Option<Scale>,
    values: Box<[(Literal, Literal)]>,
}

impl Mapping {
    /// Reads a description in JSON and compiles it.
    ///
    /// # Errors
    ///
    /// [`LayoutError`] with the place of the first mistake.
    pub fn from_json(description: &[u8]) -> Result<Self, LayoutError> {
        let description =
            serde_json::from_slice(description).map_err(|error| super::not_a_description(&error))?;
        Self::compile(&description)
    }

    /// Compiles a description.
    ///
    /// # Errors
    ///
    /// [`LayoutError`] with the place of the first mistake.
    pub fn compile(description: &MappingDescription) -> Result<Self, LayoutError> {
        let mut rules: Vec<Rule> = Vec::with_capacity(description.rules.len());
        for (index, rule) in description.rules.iter().enumerate() {
            let path = format!("/rules/{index}");
            if rules.iter().any(|other| *other.name == *rule.name) {
                return Err(LayoutError { path: path + "/name", rule: LayoutRule::Duplicate });
            }
            rules.push(Rule::compile(rule, &description.arguments, &path)?);
        }
        if rules.is_empty() {
            return Err(LayoutError { path: "/rules".into(), rule: LayoutRule::Empty });
        }
        Ok(Self { arguments: description.arguments.clone(), rules: rules.into() })
    }

    /// Writes what the first rule that applies makes of `json`; answers its name.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when no rule applies (that of the one that came closest), a value cannot be changed as asked,
    /// an argument is missing or `out` refuses. What `out` holds then is the beginning of a result.
    pub fn map(
        &self,
        json: &[u8],
        arguments: Arguments<'_>,
        out: &mut (impl Write + ?Sized),
    ) -> Result<&str, EncodeError> {
        let node = Node::parse(json)?;
        let mut closest: Option<(usize, EncodeError)> = None;
        for rule in &self.rules {
            let mut binding = Binding::new(&rule.slots);
            match binding.template(&rule.from, &rule.slots, node) {
                Ok(()) => {
                    let supplied = Supplied { declared: &self.arguments, given: arguments };
                    let found = Found { rule, binding: &binding };
                    let named = |mut error: EncodeError| {
                        error.frame = Some(rule.name.clone());
                        error
                    };
                    found.check().map_err(named)?;
                    let mut out = Wide(out);
                    template::write(&rule.to, &found, supplied, &mut Sink::new(&mut out)).map_err(named)?;
                    return Ok(&rule.name);
                }
                Err(mut error) if closest.as_ref().is_none_or(|(score, _)| binding.score > *score) => {
                    error.frame = (self.rules.len() == 1 || binding.score > 0).then(|| rule.name.clone());
                    closest = Some((binding.score, error));
                }
                Err(_) => {}
            }
        }
        Err(closest.map_or_else(|| EncodeError::new(EncodeRule::Unknown, node.at()), |(_, error)| error))
    }
}

/// Any writer as a sized one.
pub(super) struct Wide<'o, W: ?Sized>(pub(super) &'o mut W);

impl<W: Write + ?Sized> Write for Wide<'_, W> {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.0.write_str(text)
    }
}

impl Rule {
    fn compile(
        rule: &RuleDescription,
        arguments: &Members<Literal>,
        path: &str,
    ) -> Result<Self, LayoutError> {
        let mut slots = Vec::new();
        collect(&rule.from, &mut slots);
        let none = Members::default();
        let mut names = Names { slots: &mut slots, arguments: &none, all: false, once: true };
        let from = template::compile(&rule.from, &mut names, &format!("{path}/from"))?;
        let paths: Vec<Box<str>> = slots.iter().map(|slot| slot.path.clone()).collect();
        let mut names = Names { slots: &mut slots, arguments, all: false, once: false };
        let to = template::compile(&rule.to, &mut names, &format!("{path}/to"))?;
        for (slot, path) in slots.iter_mut().zip(paths) {
            slot.path = path;
        }
        for (name, _) in rule.values.iter() {
            if !slots.iter().any(|slot| *slot.name == *name) {
                let path = format!("{path}/values{}", escape(name));
                return Err(LayoutError { path, rule: LayoutRule::UnknownName });
            }
        }
        let change = |slot: &Slot| match rule.values.get(&slot.name) {
            Some(value) => Change::compile(value, &format!("{path}/values{}", escape(&slot.name))),
            None => Ok(Change { kind: None, scale: None, values: Box::default() }),
        };
        let values = slots.iter().map(change).collect::<Result<_, _>>()?;
        Ok(Self { name: rule.name.as_str().into(), from, to, slots: slots.into(), values })
    }
}

/// Every name a template uses becomes a slot.
fn collect(template: &Literal, slots: &mut Vec<Slot>) {
    match template {
        Literal::Text(text) => {
            let found = expr::placeholder(text);
            if let Some(Placeholder::Value { name, optional } | Placeholder::Text { name, optional, .. }) =
                found
                && !slots.iter().any(|slot| *slot.name == *name)
            {
                let path = Box::default();
                slots.push(Slot { name: name.into(), path, among_all: false, required: !optional });
            }
        }
        Literal::Array(items) => items.iter().for_each(|item| collect(item, slots)),
        Literal::Object(members) => members.iter().for_each(|(_, member)| collect(member, slots)),
        _ => {}
    }
}

impl Change {
    fn compile(value: &ValueDescription, path: &str) -> Result<Self, LayoutError> {
        let scaled = value.scale.is_some() || value.plus.is_some() || value.digits.is_some();
        if scaled && value.values.is_some() {
            return Err(LayoutError { path: format!("{path}/enum"), rule: LayoutRule::Meaningless });
        }
        // Ten to the fifteenth leaves room for every scale, and is more than meters count to.
        let range = (-1_000_000_000_000_000, 1_000_000_000_000_000);
        let scale = if scaled { Some(Meanings::scaling(value).scale(range, path)?) } else { None };
        let mut values = Vec::new();
        for (from, to) in value.values.iter().flat_map(Members::iter) {
            if matches!(to, Literal::Array(_) | Literal::Object(_)) {
                let path = format!("{path}/enum{}", escape(from));
                return Err(LayoutError {
                    path,
                    rule: LayoutRule::Value("a number, a string, true or false"),
                });
            }
            values.push((Literal::Text(from.into()), to.clone()));
        }
        Ok(Self { kind: value.kind, scale, values: values.into() })
    }

    fn write(&self, given: &Given<'_>, sink: &mut Sink<'_>) -> Result<(), EncodeError> {
        let refuse = |rule| EncodeError::new(rule, given.at());
        let output = |_| EncodeError::from(Stop::Output);
        if !self.values.is_empty() {
            let text = given.as_text().map_err(refuse)?;
            let found = self.values.iter().find(|(from, _)| text.is(from));
            let (_, to) = found.ok_or_else(|| refuse(EncodeRule::Enum))?;
            return sink.literal(to).map_err(output);
        }
        if self.scale.is_some() || self.kind == Some(ValueKind::Number) {
            let number = if self.kind == Some(ValueKind::Number) {
                given.as_text().map_err(refuse)?
            } else {
                given.clone()
            };
            let value: Exact = number.decimal().map_err(refuse)?;
            let scale = self.scale.unwrap_or(Scale::ONE);
            let shown = scale.apply(value).map_err(|unfit| refuse(unfit.into()))?;
            return match self.kind {
                Some(ValueKind::Text) => sink.text(&format!("{shown}")).map_err(output),
                _ => sink.raw(shown).map_err(output),
            };
        }
        match given {
            Given::Value(node) if node.kind() == Kind::Text => {
                sink.text(&given.text().map_err(refuse)?).map_err(output)
            }
            Given::Value(node) if self.kind == Some(ValueKind::Text) || sink.is_bare() => match node.kind() {
                Kind::Array | Kind::Object => Err(refuse(EncodeRule::Type("a number or a string"))),
                _ => sink.text(node.raw()).map_err(output),
            },
            Given::Value(node) => sink.raw(node.raw()).map_err(output),
            Given::Text(text, _) => sink.text(text).map_err(output),
        }
    }
}

/// What a rule found.
struct Found<'r, 'j> {
    rule: &'r Rule,
    binding: &'r Binding<'j>,
}

impl Found<'_, '_> {
    /// Whether every value can be changed as asked, before anything is written.
    fn check(&self) -> Result<(), EncodeError> {
        let mut nowhere = String::new();
        (0..self.rule.slots.len()).try_for_each(|slot| self.slot(slot, &mut Sink::silent(&mut nowhere)))
    }
}

impl Source for Found<'_, '_> {
    type Fault = EncodeError;

    fn slot(&self, slot: usize, sink: &mut Sink<'_>) -> Result<(), EncodeError> {
        let Some(given) = &self.binding.given[slot] else { return Ok(()) };
        self.rule.values[slot].write(given, sink).map_err(|error| error.under(&self.rule.slots[slot].path))
    }

    fn all(&self, _: &mut Sink<'_>) -> Result<(), EncodeError> {
        Ok(())
    }
}
