//! What a model says, for user interfaces and tools: views that borrow from it.

use crate::decimal::Decimal;
use crate::model::{
    Access, CallType, EventSpec, EventType, FieldSpec, Label, Model, ModuleSpec, NumberSpec, ServiceSpec,
    Span, Type,
};
use core::fmt;

/// One document of a bundle.
#[derive(Clone, Copy)]
pub struct Module<'m> {
    pub(crate) model: &'m Model,
    pub(crate) spec: &'m ModuleSpec,
    pub(crate) index: u16,
}

impl<'m> Module<'m> {
    /// `functionBlockId`; none for the default module.
    #[must_use]
    pub fn id(&self) -> Option<&'m str> {
        self.model.optional_text(self.spec.id)
    }

    /// `functionBlockName`.
    #[must_use]
    pub fn name(&self) -> Option<&'m str> {
        self.model.optional_text(self.spec.name)
    }

    /// `profile.version`.
    #[must_use]
    pub fn version(&self) -> Option<&'m str> {
        self.model.optional_text(self.spec.version)
    }

    /// `profile.productKey`.
    #[must_use]
    pub fn product_key(&self) -> Option<&'m str> {
        self.model.optional_text(self.spec.product_key)
    }

    /// The properties of this module.
    pub fn properties(&self) -> impl Iterator<Item = Field<'m>> + use<'m> {
        let index = self.index;
        self.model.properties().filter(move |field| field.field().module == index)
    }

    /// The events of this module but `post`.
    pub fn events(&self) -> impl Iterator<Item = Event<'m>> + use<'m> {
        let index = self.index;
        self.model.events().filter(move |event| event.spec.module == index)
    }

    /// The services of this module but `set` and `get`.
    pub fn services(&self) -> impl Iterator<Item = Service<'m>> + use<'m> {
        let index = self.index;
        self.model.services().filter(move |service| service.spec.module == index)
    }
}

impl fmt::Debug for Module<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("id", &self.id()).field("name", &self.name()).finish_non_exhaustive()
    }
}

/// A property, struct member, input or output.
#[derive(Clone, Copy)]
pub struct Field<'m> {
    pub(crate) model: &'m Model,
    pub(crate) index: u32,
}

impl<'m> Field<'m> {
    pub(crate) fn field(&self) -> &'m FieldSpec {
        &self.model.fields[self.index as usize]
    }

    /// The name on the wire: the identifier, for a property of a module `block:identifier`.
    #[must_use]
    pub fn key(&self) -> &'m str {
        self.model.text(self.field().key)
    }

    /// The identifier in its document.
    #[must_use]
    pub fn identifier(&self) -> &'m str {
        identifier(self.key())
    }

    /// The module a property of a module belongs to.
    #[must_use]
    pub fn module(&self) -> Option<&'m str> {
        Some(self.key().split_once(':')?.0)
    }

    /// The name for people.
    #[must_use]
    pub fn name(&self) -> Option<&'m str> {
        self.model.optional_text(self.field().name)
    }

    /// The description for people.
    #[must_use]
    pub fn description(&self) -> Option<&'m str> {
        let place = self.model.descriptions.binary_search_by_key(&self.index, |(index, _)| *index).ok()?;
        self.model.optional_text(self.model.descriptions[place].1)
    }

    /// What may be done with the property. Members, inputs and outputs have no access mode of their own.
    #[must_use]
    pub fn access(&self) -> Access {
        self.field().access.unwrap_or(Access::ReadWrite)
    }

    /// Whether the standard category demands the property. It need not be in every post.
    #[must_use]
    pub fn required(&self) -> bool {
        self.field().required
    }

    /// The type of its values.
    #[must_use]
    pub fn data_type(&self) -> DataType<'m> {
        self.model.data_type(self.field().kind)
    }
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field")
            .field("key", &self.key())
            .field("type", &self.data_type())
            .finish_non_exhaustive()
    }
}

/// After the first colon, if there is one.
pub(crate) fn identifier(key: &str) -> &str {
    key.split_once(':').map_or(key, |(_, identifier)| identifier)
}

/// Fields in the order of the document.
#[derive(Clone, Copy)]
pub struct Fields<'m> {
    pub(crate) model: &'m Model,
    pub(crate) span: Span,
}

impl<'m> Iterator for Fields<'m> {
    type Item = Field<'m>;

    fn next(&mut self) -> Option<Field<'m>> {
        self.span.count = self.span.count.checked_sub(1)?;
        let index = self.span.first;
        self.span.first += 1;
        Some(Field { model: self.model, index })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.span.count as usize, Some(self.span.count as usize))
    }
}

impl ExactSizeIterator for Fields<'_> {}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

/// An event.
#[derive(Clone, Copy)]
pub struct Event<'m> {
    pub(crate) model: &'m Model,
    pub(crate) spec: &'m EventSpec,
}

impl<'m> Event<'m> {
    /// The name on the wire: the identifier, or `block:identifier`.
    #[must_use]
    pub fn key(&self) -> &'m str {
        self.model.text(self.spec.key)
    }

    /// The identifier in its document.
    #[must_use]
    pub fn identifier(&self) -> &'m str {
        identifier(self.key())
    }

    /// The name for people.
    #[must_use]
    pub fn name(&self) -> Option<&'m str> {
        self.model.optional_text(self.spec.name)
    }

    /// The description for people.
    #[must_use]
    pub fn description(&self) -> Option<&'m str> {
        self.model.optional_text(self.spec.description)
    }

    /// How serious it is.
    #[must_use]
    pub fn event_type(&self) -> EventType {
        self.spec.kind
    }

    /// Whether the standard category demands the event.
    #[must_use]
    pub fn required(&self) -> bool {
        self.spec.required
    }

    /// What it carries.
    #[must_use]
    pub fn outputs(&self) -> Fields<'m> {
        Fields { model: self.model, span: self.model.scopes[self.spec.outputs as usize].fields }
    }
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("key", &self.key())
            .field("outputs", &self.outputs())
            .finish_non_exhaustive()
    }
}

/// A service.
#[derive(Clone, Copy)]
pub struct Service<'m> {
    pub(crate) model: &'m Model,
    pub(crate) spec: &'m ServiceSpec,
}

impl<'m> Service<'m> {
    /// The name on the wire: the identifier, or `block:identifier`.
    #[must_use]
    pub fn key(&self) -> &'m str {
        self.model.text(self.spec.key)
    }

    /// The identifier in its document.
    #[must_use]
    pub fn identifier(&self) -> &'m str {
        identifier(self.key())
    }

    /// The name for people.
    #[must_use]
    pub fn name(&self) -> Option<&'m str> {
        self.model.optional_text(self.spec.name)
    }

    /// The description for people.
    #[must_use]
    pub fn description(&self) -> Option<&'m str> {
        self.model.optional_text(self.spec.description)
    }

    /// How it is called.
    #[must_use]
    pub fn call_type(&self) -> CallType {
        self.spec.call
    }

    /// Whether the standard category demands the service.
    #[must_use]
    pub fn required(&self) -> bool {
        self.spec.required
    }

    /// What the caller gives.
    #[must_use]
    pub fn inputs(&self) -> Fields<'m> {
        Fields { model: self.model, span: self.model.scopes[self.spec.inputs as usize].fields }
    }

    /// What the device answers.
    #[must_use]
    pub fn outputs(&self) -> Fields<'m> {
        Fields { model: self.model, span: self.model.scopes[self.spec.outputs as usize].fields }
    }
}

impl fmt::Debug for Service<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("key", &self.key())
            .field("inputs", &self.inputs())
            .field("outputs", &self.outputs())
            .finish_non_exhaustive()
    }
}

/// The type of a value.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum DataType<'m> {
    /// A 32-bit integer.
    Int(Number<'m>),
    /// A single-precision number.
    Float(Number<'m>),
    /// A double-precision number.
    Double(Number<'m>),
    /// 0 or 1.
    Bool(Labels<'m>),
    /// One of the integer keys.
    Enum(Labels<'m>),
    /// Text.
    Text {
        /// The greatest length.
        length: u32,
        /// Whether the document says so; else it is the cap it was compiled under.
        given: bool,
    },
    /// Milliseconds since 1970 UTC, as a string of digits.
    Date,
    /// An object of these members.
    Struct(Fields<'m>),
    /// A list.
    Array {
        /// The greatest number of items.
        size: u32,
        /// What they are.
        item: ItemType<'m>,
    },
}

impl DataType<'_> {
    /// `int`, `float`, `double`, `bool`, `enum`, `text`, `date`, `struct` or `array`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Double(_) => "double",
            Self::Bool(_) => "bool",
            Self::Enum(_) => "enum",
            Self::Text { .. } => "text",
            Self::Date => "date",
            Self::Struct(_) => "struct",
            Self::Array { .. } => "array",
        }
    }
}

/// The type of an array's items.
#[derive(Clone, Copy)]
pub struct ItemType<'m> {
    pub(crate) model: &'m Model,
    pub(crate) kind: Type,
}

impl<'m> ItemType<'m> {
    /// `Int`, `Float`, `Double`, `Text` or `Struct`.
    #[must_use]
    pub fn data_type(&self) -> DataType<'m> {
        self.model.data_type(self.kind)
    }
}

impl fmt::Debug for ItemType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.data_type().fmt(f)
    }
}

/// Bounds, step and unit of a number; each may be absent.
#[derive(Clone, Copy)]
pub struct Number<'m> {
    pub(crate) model: &'m Model,
    pub(crate) spec: Option<&'m NumberSpec>,
}

impl<'m> Number<'m> {
    /// The least value.
    #[must_use]
    pub fn min(&self) -> Option<Decimal> {
        self.spec?.get(NumberSpec::MIN)
    }

    /// The greatest value.
    #[must_use]
    pub fn max(&self) -> Option<Decimal> {
        self.spec?.get(NumberSpec::MAX)
    }

    /// Whether the document gives any of them.
    pub(crate) const fn is_given(&self) -> bool {
        self.spec.is_some()
    }

    /// The grid, counted from the least value (or from zero).
    #[must_use]
    pub fn step(&self) -> Option<Decimal> {
        self.spec?.get(NumberSpec::STEP)
    }

    /// The unit's symbol, such as `°C`.
    #[must_use]
    pub fn unit(&self) -> Option<&'m str> {
        self.model.optional_text(self.spec?.unit)
    }

    /// The unit's name in the language of the document.
    #[must_use]
    pub fn unit_name(&self) -> Option<&'m str> {
        self.model.optional_text(self.spec?.unit_name)
    }
}

impl fmt::Debug for Number<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Number")
            .field("min", &self.min())
            .field("max", &self.max())
            .field("step", &self.step())
            .field("unit", &self.unit())
            .finish_non_exhaustive()
    }
}

/// Keys of an enum or a bool with their labels, keys ascending.
#[derive(Clone, Copy)]
pub struct Labels<'m> {
    pub(crate) model: &'m Model,
    pub(crate) labels: &'m [Label],
    pub(crate) given: bool,
}

impl<'m> Labels<'m> {
    /// Whether the document lists them; the simplified form does not, and then any integer is a key of an enum.
    #[must_use]
    pub const fn given(&self) -> bool {
        self.given
    }

    /// The label of a key.
    #[must_use]
    pub fn get(&self, key: i32) -> Option<&'m str> {
        let place = self.labels.binary_search_by_key(&key, |label| label.key).ok()?;
        Some(self.model.text(self.labels[place].text))
    }
}

impl<'m> Iterator for Labels<'m> {
    type Item = (i32, &'m str);

    fn next(&mut self) -> Option<Self::Item> {
        let (first, rest) = self.labels.split_first()?;
        self.labels = rest;
        Some((first.key, self.model.text(first.text)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.labels.len(), Some(self.labels.len()))
    }
}

impl ExactSizeIterator for Labels<'_> {}

impl fmt::Debug for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(*self).finish()
    }
}
