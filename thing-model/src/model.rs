//! The compiled model: flat arrays that refer to each other by index, and the views that read them.

use crate::decimal::Decimal;
use crate::table::{Seed, Slot, Table};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

/// A thing model, compiled: immutable, `Send` and `Sync`, shared by any number of [`Checker`](crate::Checker)s.
///
/// Made by [`Model::compile`] or [`Model::compile_bundle`]. It holds the whole document (but for members the format does
/// not know), so it can be looked through: [`Model::properties`] and so on.
///
/// ```
/// use thing_model::{DataType, Limits, Model};
/// # let tsl = include_bytes!("../../vectors/tsl/lamp.json");
/// let model = Model::compile(tsl, &Limits::current())?;
/// for property in model.properties() {
///     if let DataType::Int(number) = property.data_type() {
///         assert!(number.unit().is_some(), "{}", property.identifier());
///     }
/// }
/// assert_eq!(model.service("Blink").unwrap().inputs().len(), 2);
/// # Ok::<(), thing_model::SchemaErrors>(())
/// ```
#[derive(Clone)]
pub struct Model {
    pub(crate) texts: Box<[u8]>,
    pub(crate) fields: Box<[FieldSpec]>,
    pub(crate) items: Box<[Type]>,
    pub(crate) numbers: Box<[NumberSpec]>,
    pub(crate) labels: Box<[Label]>,
    pub(crate) label_lists: Box<[Span]>,
    pub(crate) scopes: Box<[Scope]>,
    pub(crate) descriptions: Box<[(u32, Text)]>,
    pub(crate) events: Box<[EventSpec]>,
    pub(crate) services: Box<[ServiceSpec]>,
    pub(crate) modules: Box<[ModuleSpec]>,
    pub(crate) slots: Box<[Slot]>,
    pub(crate) properties: u32,
    pub(crate) event_table: Table,
    pub(crate) service_table: Table,
    pub(crate) seed: Seed,
}

/// A piece of the text pool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) at: u32,
    /// [`Text::NONE`] has the greatest length there is.
    pub(crate) length: u32,
}

impl Text {
    pub(crate) const NONE: Self = Self { at: 0, length: u32::MAX };
}

/// Some consecutive entries of an array.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span {
    pub(crate) first: u32,
    pub(crate) count: u32,
}

/// Refers to nothing.
pub(crate) const NONE: u32 = u32::MAX;

/// A named value: property, struct member, input or output.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldSpec {
    /// As on the wire: `identifier` or `block:identifier`.
    pub(crate) key: Text,
    pub(crate) name: Text,
    pub(crate) kind: Type,
    pub(crate) module: u16,
    /// None where the document says nothing.
    pub(crate) access: Option<Access>,
    pub(crate) required: bool,
}

/// What the checker must know of a value, beside the value's name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Type {
    /// Bounds are inclusive; `spec` for step and unit.
    Int {
        min: i32,
        max: i32,
        spec: u32,
    },
    /// Whole numbers strictly inside `low..high` need no further look.
    Float {
        low: i32,
        high: i32,
        spec: u32,
    },
    Double {
        low: i32,
        high: i32,
        spec: u32,
    },
    Bool {
        labels: u32,
    },
    /// Keys 0..64 as bits when `dense`.
    Enum {
        bits: [u32; 2],
        labels: u32,
    },
    Text {
        length: u32,
        given: bool,
    },
    Date,
    /// `wrapper_like` members are called `value` or `time`.
    Struct {
        scope: u32,
        wrapper_like: bool,
    },
    Array {
        size: u32,
        item: u32,
    },
}

/// Step, exact bounds and unit of a number; an absent one has [`NumberSpec::ABSENT`] for exponent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NumberSpec {
    pub(crate) mantissas: [i64; 3],
    pub(crate) exponents: [i16; 3],
    pub(crate) unit: Text,
    pub(crate) unit_name: Text,
}

impl NumberSpec {
    pub(crate) const ABSENT: i16 = i16::MIN;
    pub(crate) const EMPTY: Self =
        Self { mantissas: [0; 3], exponents: [Self::ABSENT; 3], unit: Text::NONE, unit_name: Text::NONE };
    pub(crate) const MIN: usize = 0;
    pub(crate) const MAX: usize = 1;
    pub(crate) const STEP: usize = 2;

    pub(crate) fn get(&self, which: usize) -> Option<Decimal> {
        if self.exponents[which] == Self::ABSENT {
            return None;
        }
        Decimal::new(self.mantissas[which], self.exponents[which]).ok()
    }

    pub(crate) fn set(&mut self, which: usize, value: Decimal) {
        self.mantissas[which] = value.mantissa();
        self.exponents[which] = value.exponent();
    }
}

/// One item of an enum or a bool.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Label {
    pub(crate) key: i32,
    pub(crate) text: Text,
}

/// Fields that stand together under their names.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Scope {
    pub(crate) fields: Span,
    pub(crate) table: Table,
    /// Whether one is called `value` or `time`.
    pub(crate) wrapper_like: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct EventSpec {
    pub(crate) key: Text,
    pub(crate) name: Text,
    pub(crate) description: Text,
    pub(crate) kind: EventType,
    pub(crate) required: bool,
    pub(crate) module: u16,
    pub(crate) outputs: u32,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct ServiceSpec {
    pub(crate) key: Text,
    pub(crate) name: Text,
    pub(crate) description: Text,
    pub(crate) call: CallType,
    pub(crate) required: bool,
    pub(crate) module: u16,
    pub(crate) inputs: u32,
    pub(crate) outputs: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct ModuleSpec {
    pub(crate) id: Text,
    pub(crate) name: Text,
    pub(crate) schema: Text,
    pub(crate) link: Text,
    pub(crate) version: Text,
    pub(crate) product_key: Text,
    pub(crate) device_name: Text,
    /// The list a default module keeps of its custom modules.
    pub(crate) blocks: Vec<BlockSpec>,
    /// Whether the generated `post`, `set` and `get` were there.
    pub(crate) generated: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct BlockSpec {
    pub(crate) id: Text,
    pub(crate) name: Text,
    pub(crate) product_key: Text,
}

/// What may be done with a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Access {
    /// `r`: reported only.
    Read,
    /// `rw`: reported and set. Also what a document that says nothing gets.
    ReadWrite,
    /// `w`: set only (very old files, other vendors).
    Write,
}

impl Access {
    /// Whether a property set may name it.
    #[must_use]
    pub const fn can_set(self) -> bool {
        !matches!(self, Self::Read)
    }

    /// `r`, `rw` or `w`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "r",
            Self::ReadWrite => "rw",
            Self::Write => "w",
        }
    }
}

/// How serious an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventType {
    /// `info`; also what a document that says nothing gets.
    Info,
    /// `alert`.
    Alert,
    /// `error`.
    Error,
}

impl EventType {
    /// `info`, `alert` or `error`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Alert => "alert",
            Self::Error => "error",
        }
    }
}

/// How a service is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallType {
    /// `async`; also what a document that says nothing gets.
    Async,
    /// `sync`: the caller waits for the answer.
    Sync,
}

impl CallType {
    /// `sync` or `async`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Async => "async",
            Self::Sync => "sync",
        }
    }
}

impl Model {
    /// All properties, module by module, in the order of their documents.
    #[must_use]
    pub fn properties(&self) -> Fields<'_> {
        Fields { model: self, span: self.scopes[0].fields }
    }

    /// The property of that name, `identifier` or `block:identifier`.
    #[must_use]
    pub fn property(&self, key: &str) -> Option<Field<'_>> {
        let index = self.find_field(self.scopes[0], self.seed.hash(key.as_bytes()), key.as_bytes())?;
        Some(Field { model: self, index })
    }

    /// All events but the generated `post`.
    pub fn events(&self) -> impl ExactSizeIterator<Item = Event<'_>> {
        self.events.iter().map(|spec| Event { model: self, spec })
    }

    /// The event of that name, `identifier` or `block:identifier`.
    #[must_use]
    pub fn event(&self, key: &str) -> Option<Event<'_>> {
        let index = self.event_table.find(&self.slots, self.seed.hash(key.as_bytes()), |index| {
            self.text_bytes(self.events[index as usize].key) == key.as_bytes()
        })?;
        Some(Event { model: self, spec: &self.events[index as usize] })
    }

    /// All services but the generated `set` and `get`.
    pub fn services(&self) -> impl ExactSizeIterator<Item = Service<'_>> {
        self.services.iter().map(|spec| Service { model: self, spec })
    }

    /// The service of that name, `identifier` or `block:identifier`.
    #[must_use]
    pub fn service(&self, key: &str) -> Option<Service<'_>> {
        let index = self.service_table.find(&self.slots, self.seed.hash(key.as_bytes()), |index| {
            self.text_bytes(self.services[index as usize].key) == key.as_bytes()
        })?;
        Some(Service { model: self, spec: &self.services[index as usize] })
    }

    /// The modules, one a document, in the order they were given.
    pub fn modules(&self) -> impl Iterator<Item = Module<'_>> {
        (0..).zip(&self.modules).map(|(index, spec)| Module { model: self, spec, index })
    }

    /// The product the first document is for, if it says.
    #[must_use]
    pub fn product_key(&self) -> Option<&str> {
        self.modules().next()?.product_key()
    }

    /// How many bytes the compiled form takes, on the heap and itself.
    #[must_use]
    pub fn memory(&self) -> usize {
        size_of::<Self>()
            + self.texts.len()
            + size_of_val(&*self.fields)
            + size_of_val(&*self.items)
            + size_of_val(&*self.numbers)
            + size_of_val(&*self.labels)
            + size_of_val(&*self.label_lists)
            + size_of_val(&*self.scopes)
            + size_of_val(&*self.descriptions)
            + size_of_val(&*self.events)
            + size_of_val(&*self.services)
            + size_of_val(&*self.modules)
            + size_of_val(&*self.slots)
    }

    #[inline(always)]
    pub(crate) fn find_field(&self, scope: Scope, hash: u64, key: &[u8]) -> Option<u32> {
        let fields = &self.fields;
        let first = scope.fields.first;
        let index = scope.table.find(&self.slots, hash, |index| {
            fields.get((first + index) as usize).is_some_and(|field| self.text_bytes(field.key) == key)
        })?;
        Some(first + index)
    }

    #[inline(always)]
    pub(crate) fn text_bytes(&self, text: Text) -> &[u8] {
        self.texts.get(text.at as usize..(text.at as usize).wrapping_add(text.length as usize)).unwrap_or(&[])
    }

    pub(crate) fn text(&self, text: Text) -> &str {
        core::str::from_utf8(self.text_bytes(text)).unwrap_or("")
    }

    pub(crate) fn optional_text(&self, text: Text) -> Option<&str> {
        if text == Text::NONE { None } else { Some(self.text(text)) }
    }

    pub(crate) fn data_type(&self, kind: Type) -> DataType<'_> {
        match kind {
            Type::Int { spec, .. } => DataType::Int(self.number(spec)),
            Type::Float { spec, .. } => DataType::Float(self.number(spec)),
            Type::Double { spec, .. } => DataType::Double(self.number(spec)),
            Type::Bool { labels } => DataType::Bool(self.labels(labels)),
            Type::Enum { labels, .. } => DataType::Enum(self.labels(labels)),
            Type::Text { length, given } => DataType::Text { length, given },
            Type::Date => DataType::Date,
            Type::Struct { scope, .. } => {
                DataType::Struct(Fields { model: self, span: self.scopes[scope as usize].fields })
            }
            Type::Array { size, item } => {
                DataType::Array { size, item: ItemType { model: self, kind: self.items[item as usize] } }
            }
        }
    }

    pub(crate) fn number(&self, spec: u32) -> Number<'_> {
        Number { model: self, spec: self.numbers.get(spec as usize) }
    }

    fn labels(&self, list: u32) -> Labels<'_> {
        let labels = self
            .label_lists
            .get(list as usize)
            .and_then(|span| self.labels.get(span.first as usize..(span.first + span.count) as usize));
        Labels { model: self, given: labels.is_some(), labels: labels.unwrap_or(&[]) }
    }

    pub(crate) fn sorted_labels(&self, list: u32) -> Option<&[Label]> {
        let span = self.label_lists.get(list as usize)?;
        self.labels.get(span.first as usize..(span.first + span.count) as usize)
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("product_key", &self.product_key())
            .field("modules", &self.modules.len())
            .field("properties", &self.properties)
            .field("events", &self.events.len())
            .field("services", &self.services.len())
            .finish_non_exhaustive()
    }
}

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
    model: &'m Model,
    kind: Type,
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
    model: &'m Model,
    spec: Option<&'m NumberSpec>,
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
    model: &'m Model,
    labels: &'m [Label],
    given: bool,
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
