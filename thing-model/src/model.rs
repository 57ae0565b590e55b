//! The compiled model: flat arrays that refer to each other by index, and the views that read them.

use crate::decimal::Decimal;
use crate::table::{Seed, Slot, Table};
use crate::view::{DataType, Event, Field, Fields, ItemType, Labels, Module, Number, Service};
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
