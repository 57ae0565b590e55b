//! JSON with places for values: written out when a frame is read, matched when one is to be made.

use alloc::borrow::{Cow, ToOwned as _};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::describe::{Literal, Members};
use super::error::{EncodeError, EncodeRule, LayoutError, LayoutRule, escape};
use super::expr::{self, Placeholder};
use super::json::{Kind, Node, write_escaped};
use super::node::Slot;
use super::number::Given;
use super::sink::{Lead, Sink, Stop};

/// A compiled template.
#[derive(Debug, Clone)]
pub(super) enum Template {
    Constant(Literal),
    Any,
    All,
    Value { from: Origin, optional: bool },
    Text { before: Box<str>, from: Origin, after: Box<str>, optional: bool },
    Array(Box<[Self]>),
    Object { members: Box<[(Box<str>, Self)]>, open: bool },
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin {
    Slot(usize),
    Argument(usize),
}

/// A value the caller gives for a name of the template, such as a message id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Argument<'a> {
    /// Text.
    Text(&'a str),
    /// A number.
    Number(i64),
}

/// Names and values for one message.
pub type Arguments<'a> = &'a [(&'a str, Argument<'a>)];

/// Where the values of slots come from when a template is written.
pub(super) trait Source {
    /// What can go wrong with them.
    type Fault: From<Stop>;

    /// Writes the value of a slot, or nothing if it has none.
    fn slot(&self, slot: usize, sink: &mut Sink<'_>) -> Result<(), Self::Fault>;

    /// Writes an object of all slots without a place of their own.
    fn all(&self, sink: &mut Sink<'_>) -> Result<(), Self::Fault>;
}

/// What names of a template can mean.
pub(super) struct Names<'n> {
    pub(super) slots: &'n mut [Slot],
    pub(super) arguments: &'n Members<Literal>,
    /// Whether `$*` has a meaning.
    pub(super) all: bool,
    /// Whether values are read from the template, so that each has one place.
    pub(super) once: bool,
}

/// Compiles a template, notes in the slots where their values go, and checks that each has one place.
pub(super) fn compile(literal: &Literal, names: &mut Names<'_>, at: &str) -> Result<Template, LayoutError> {
    let mut places = Places { taken: vec![false; names.slots.len()], all: None };
    let template = places.compile(literal, names, at, "")?;
    for (slot, taken) in names.slots.iter_mut().zip(&places.taken) {
        if let (true, Some(path)) = (slot.among_all && !taken, &places.all) {
            slot.path = format!("{path}{}", escape(&slot.name)).into();
        } else if slot.among_all && !taken {
            return Err(LayoutError {
                path: format!("{at} (field {})", slot.name),
                rule: LayoutRule::UnknownName,
            });
        } else {
            slot.among_all = false;
        }
    }
    Ok(template)
}

struct Places {
    taken: Vec<bool>,
    all: Option<String>,
}

impl Places {
    fn compile(
        &mut self,
        literal: &Literal,
        names: &mut Names<'_>,
        at: &str,
        path: &str,
    ) -> Result<Template, LayoutError> {
        let fail = |rule| Err(LayoutError { path: at.to_owned(), rule });
        match literal {
            Literal::Text(text) => match expr::placeholder(text) {
                None => fail(LayoutRule::Value("a placeholder")),
                Some(Placeholder::Literal(text)) => Ok(Template::Constant(Literal::Text(text.into()))),
                Some(Placeholder::Any) => Ok(Template::Any),
                Some(Placeholder::All) => {
                    if !names.all || self.all.replace(path.to_owned()).is_some() {
                        return fail(LayoutRule::Placeholder);
                    }
                    Ok(Template::All)
                }
                Some(Placeholder::Value { name, optional }) => {
                    Ok(Template::Value { from: self.find(name, optional, names, at, path)?, optional })
                }
                Some(Placeholder::Text { before, name, after, optional }) => {
                    let from = self.find(name, optional, names, at, path)?;
                    Ok(Template::Text { before: before.into(), from, after: after.into(), optional })
                }
            },
            Literal::Array(items) => {
                let compile = |(index, item)| {
                    self.compile(item, names, &format!("{at}/{index}"), &format!("{path}/{index}"))
                };
                Ok(Template::Array(
                    items.iter().enumerate().map(compile).collect::<Result<_, LayoutError>>()?,
                ))
            }
            Literal::Object(object) => {
                let (mut members, mut open) = (Vec::new(), false);
                for (key, value) in object.iter() {
                    if key == "*" {
                        if *value != Literal::Text("$_".into()) {
                            return fail(LayoutRule::Placeholder);
                        }
                        open = true;
                        continue;
                    }
                    let segment = escape(key);
                    let value =
                        self.compile(value, names, &format!("{at}{segment}"), &format!("{path}{segment}"))?;
                    members.push((key.into(), value));
                }
                Ok(Template::Object { members: members.into(), open })
            }
            scalar => Ok(Template::Constant(scalar.clone())),
        }
    }

    fn find(
        &mut self,
        name: &str,
        optional: bool,
        names: &mut Names<'_>,
        at: &str,
        path: &str,
    ) -> Result<Origin, LayoutError> {
        let fail = |rule| LayoutError { path: at.to_owned(), rule };
        if let Some(slot) = names.slots.iter().position(|slot| &*slot.name == name) {
            if core::mem::replace(&mut self.taken[slot], true) && names.once {
                return Err(fail(LayoutRule::Duplicate));
            }
            names.slots[slot].path = path.into();
            names.slots[slot].required &= !optional;
            return Ok(Origin::Slot(slot));
        }
        let argument = names.arguments.iter().position(|(argument, _)| argument == name);
        argument.map(Origin::Argument).ok_or_else(|| fail(LayoutRule::UnknownName))
    }
}

/// The arguments of one message beside what the layout says about them.
#[derive(Clone, Copy)]
pub(super) struct Supplied<'a> {
    pub(super) declared: &'a Members<Literal>,
    pub(super) given: Arguments<'a>,
}

impl Supplied<'_> {
    fn write(&self, index: usize, optional: bool, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let declared = self.declared.iter().nth(index);
        let given = declared.and_then(|(name, _)| self.given.iter().find(|(given, _)| *given == name));
        match (given, declared) {
            (Some((_, Argument::Text(text))), _) => sink.text(text)?,
            (Some((_, Argument::Number(number))), _) => sink.raw(number)?,
            (None, Some((_, default))) if *default != Literal::Null => sink.literal(default)?,
            _ if optional => {}
            _ => return Err(Stop::Argument),
        }
        Ok(())
    }
}

/// Writes `template` with the values of `source`. Members without a value are left out; so are their keys.
pub(super) fn write<S: Source>(
    template: &Template,
    source: &S,
    arguments: Supplied<'_>,
    sink: &mut Sink<'_>,
) -> Result<(), S::Fault> {
    let value = |from: Origin, optional: bool, sink: &mut Sink<'_>| match from {
        Origin::Slot(slot) => source.slot(slot, sink),
        Origin::Argument(index) => Ok(arguments.write(index, optional, sink)?),
    };
    match template {
        Template::Constant(literal) => sink.literal(literal).map_err(Stop::from)?,
        Template::Any => {}
        Template::All => source.all(sink)?,
        Template::Value { from, optional } => value(*from, *optional, sink)?,
        Template::Text { before, from, after, optional } => {
            let outer = sink.lead.take().unwrap_or_default();
            let lead = Lead { text: Some(before), ..outer };
            let mut inner = Sink { out: &mut *sink.out, lead: Some(lead), bare: true, silent: sink.silent };
            value(*from, *optional, &mut inner)?;
            if inner.lead.is_none() {
                write_escaped(sink.out, after).and_then(|()| sink.out.write_char('"')).map_err(Stop::from)?;
            } else {
                sink.lead = Some(outer);
            }
        }
        Template::Array(items) => {
            sink.raw('[').map_err(Stop::from)?;
            for (index, item) in items.iter().enumerate() {
                let lead = Lead { comma: index > 0, key: None, text: None };
                let mut inner =
                    Sink { out: &mut *sink.out, lead: Some(lead), bare: false, silent: sink.silent };
                write(item, source, arguments, &mut inner)?;
                if inner.lead.is_some() {
                    inner.raw("null").map_err(Stop::from)?;
                }
            }
            sink.raw(']').map_err(Stop::from)?;
        }
        Template::Object { members, .. } => {
            sink.raw('{').map_err(Stop::from)?;
            let mut comma = false;
            for (key, member) in members {
                let (result, wrote) = sink.member(key, comma, |sink| write(member, source, arguments, sink));
                result?;
                comma |= wrote;
            }
            sink.raw('}').map_err(Stop::from)?;
        }
    }
    Ok(())
}

/// What JSON gives for the slots of a scope.
#[derive(Debug)]
pub(super) struct Binding<'j> {
    pub(super) given: Vec<Option<Given<'j>>>,
    /// How many places of the template were found as they should be.
    pub(super) score: usize,
}

impl<'j> Binding<'j> {
    /// An empty one for these slots.
    pub(super) fn new(slots: &[Slot]) -> Self {
        Self { given: vec![None; slots.len()], score: 0 }
    }

    /// Finds the values of a template's slots in `node`; every member must have a place.
    pub(super) fn template(
        &mut self,
        template: &Template,
        slots: &[Slot],
        node: Node<'j>,
    ) -> Result<(), EncodeError> {
        let fail = |rule| Err(EncodeError::new(rule, node.at()));
        match template {
            Template::Constant(literal) => {
                if !Given::Value(node).is(literal) {
                    return fail(EncodeRule::Constant);
                }
            }
            Template::Any | Template::Value { from: Origin::Argument(_), .. } => {}
            Template::All => self.all(slots, node)?,
            Template::Value { from: Origin::Slot(slot), .. } => self.given[*slot] = Some(Given::Value(node)),
            Template::Text { before, from, after, .. } => {
                let text = Given::Value(node).text().map_err(|rule| EncodeError::new(rule, node.at()))?;
                let inner =
                    |text: &str| text.strip_prefix(&**before).is_some_and(|rest| rest.ends_with(&**after));
                if !inner(&text) {
                    return fail(EncodeRule::Constant);
                }
                let range = before.len()..text.len() - after.len();
                let text = match text {
                    Cow::Borrowed(text) => Cow::Borrowed(&text[range]),
                    Cow::Owned(text) => Cow::Owned(text[range].to_owned()),
                };
                if let Origin::Slot(slot) = from {
                    self.given[*slot] = Some(Given::Text(text, node.at()));
                }
            }
            Template::Array(items) => {
                if node.kind() != Kind::Array {
                    return fail(EncodeRule::Type("an array"));
                }
                let length = node.items().count();
                if length != items.len() {
                    return fail(EncodeRule::Length { length });
                }
                for (index, (item, node)) in items.iter().zip(node.items()).enumerate() {
                    // What an absent value was written as.
                    if !(item.may_be_absent(slots) && node.kind() == Kind::Null) {
                        self.template(item, slots, node)
                            .map_err(|error| error.within(&format!("{index}")))?;
                    }
                }
            }
            Template::Object { members, open } => return self.object(members, *open, slots, node),
        }
        self.score += 1;
        Ok(())
    }

    fn object(
        &mut self,
        members: &[(Box<str>, Template)],
        open: bool,
        slots: &[Slot],
        node: Node<'j>,
    ) -> Result<(), EncodeError> {
        if node.kind() != Kind::Object {
            return Err(EncodeError::new(EncodeRule::Type("an object"), node.at()));
        }
        let mut seen = vec![false; members.len()];
        for (key, value) in node.members() {
            let name = key.name();
            let within = |error: EncodeError| error.within(&name);
            match members.iter().position(|(member, _)| **member == *name) {
                Some(at) if core::mem::replace(&mut seen[at], true) => {
                    return Err(within(EncodeError::new(EncodeRule::Duplicate, key.at())));
                }
                Some(at) => self.template(&members[at].1, slots, value).map_err(within)?,
                None if open => {}
                None => return Err(within(EncodeError::new(EncodeRule::Unknown, key.at()))),
            }
        }
        let missing =
            members.iter().zip(&seen).find(|((_, member), seen)| !**seen && !member.may_be_absent(slots));
        match missing {
            Some(((name, _), _)) => Err(EncodeError::new(EncodeRule::Missing, node.at()).within(name)),
            None => Ok(()),
        }
    }

    /// Finds the values of all slots of a scope that are not placed one by one.
    pub(super) fn all(&mut self, slots: &[Slot], node: Node<'j>) -> Result<(), EncodeError> {
        if node.kind() != Kind::Object {
            return Err(EncodeError::new(EncodeRule::Type("an object"), node.at()));
        }
        for (key, value) in node.members() {
            let name = key.name();
            let fail = |rule| Err(EncodeError::new(rule, key.at()).within(&name));
            let Some(slot) = slots.iter().position(|slot| slot.among_all && *slot.name == *name) else {
                return fail(EncodeRule::Unknown);
            };
            if self.given[slot].replace(Given::Value(value)).is_some() {
                return fail(EncodeRule::Duplicate);
            }
        }
        let missing = slots
            .iter()
            .zip(&self.given)
            .find(|(slot, given)| slot.among_all && slot.required && given.is_none());
        match missing {
            Some((slot, _)) => Err(EncodeError::new(EncodeRule::Missing, node.at()).within(&slot.name)),
            None => Ok(()),
        }
    }
}

impl Template {
    fn may_be_absent(&self, slots: &[Slot]) -> bool {
        match self {
            Self::Any => true,
            Self::Constant(_) => false,
            Self::All => !slots.iter().any(|slot| slot.among_all && slot.required),
            Self::Value { from: Origin::Argument(_), .. } | Self::Text { from: Origin::Argument(_), .. } => {
                true
            }
            Self::Value { from: Origin::Slot(slot), optional }
            | Self::Text { from: Origin::Slot(slot), optional, .. } => *optional || !slots[*slot].required,
            Self::Array(items) => items.iter().all(|item| item.may_be_absent(slots)),
            Self::Object { members, .. } => members.iter().all(|(_, member)| member.may_be_absent(slots)),
        }
    }
}
