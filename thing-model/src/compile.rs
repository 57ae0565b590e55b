//! From the bytes of a TSL document to a [`Model`], in one pass of the pull reader.
//!
//! Members may come in any order. Where a later member decides how an earlier one is read (`specs` before `type`), the
//! earlier one is passed over and read again. What the format does not know is passed over, strictly.

mod document;
mod feature;
mod specs;

use crate::json::{Kind, Malformed, Reader, Str, offset};
use crate::limits::Limits;
use crate::model::{
    EventSpec, FieldSpec, Label, Model, ModuleSpec, NumberSpec, Scope, ServiceSpec, Span, Text, Type,
};
use crate::schema::{Pointer, SchemaError, SchemaErrors, SchemaRule};
use crate::table::{Seed, Slot, Table};
use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::mem;

impl Model {
    /// Compiles one document: a default module, or a single module file (its features are then `block:identifier`).
    ///
    /// ```
    /// use thing_model::{Limits, Model};
    /// let tsl = br#"{"profile":{"productKey":"a1"},"properties":[{"identifier":"a-b","dataType":{"type":"real"}}]}"#;
    /// let errors = Model::compile(tsl, &Limits::current()).unwrap_err();
    /// let found: Vec<_> = errors.as_slice().iter().map(|error| error.to_string()).collect();
    /// assert_eq!(found, [
    ///     "/properties/0/dataType/type: unknown type",
    ///     "/properties/0/identifier: identifier holds other characters than letters, digits and _",
    /// ]);
    /// ```
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn compile(tsl: &[u8], limits: &Limits) -> Result<Self, SchemaErrors> {
        Self::compile_bundle(&[tsl], limits)
    }

    /// Compiles the documents of a modular product: the default module and its custom modules, in any order.
    ///
    /// ```
    /// use thing_model::{Limits, Model};
    /// # let default = include_bytes!("../../vectors/tsl/agv/default.json");
    /// # let battery = include_bytes!("../../vectors/tsl/agv/battery.json");
    /// let model = Model::compile_bundle(&[default, battery], &Limits::current())?;
    /// assert!(model.property("Speed").is_some());
    /// assert_eq!(model.property("battery:Soc").unwrap().identifier(), "Soc");
    /// # Ok::<(), thing_model::SchemaErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    pub fn compile_bundle(documents: &[&[u8]], limits: &Limits) -> Result<Self, SchemaErrors> {
        let mut compiler = Compiler::new(limits);
        if documents.len() > limits.modules {
            compiler.error(&Pointer::ROOT, SchemaRule::Modules, 0);
        }
        for (index, document) in documents.iter().enumerate() {
            compiler.document = index;
            if let Err(broken) = compiler.document(document) {
                compiler.error(&Pointer::ROOT, SchemaRule::Json(broken.rule), broken.offset);
            }
        }
        compiler.finish()
    }
}

struct Compiler<'l> {
    limits: &'l Limits,
    document: usize,
    errors: SchemaErrors,
    texts: Vec<u8>,
    /// The last text of each kind of content, to keep equal ones once.
    recent: [Text; 64],
    fields: Vec<FieldSpec>,
    /// Fields whose scope is still open, with where they stand in their document.
    open: Vec<(FieldSpec, Origin)>,
    properties: Vec<(FieldSpec, Origin)>,
    items: Vec<Type>,
    numbers: Vec<NumberSpec>,
    labels: Vec<Label>,
    label_lists: Vec<Span>,
    scopes: Vec<Scope>,
    descriptions: Vec<(u32, Text)>,
    events: Vec<(EventSpec, Origin)>,
    services: Vec<(ServiceSpec, Origin)>,
    modules: Vec<ModuleSpec>,
    slots: Vec<Slot>,
    seed: Seed,
}

/// Where a feature or field stands.
#[derive(Debug, Clone, Copy, Default)]
struct Origin {
    document: u32,
    index: u32,
    offset: u32,
    description: Option<Text>,
}

impl<'l> Compiler<'l> {
    fn new(limits: &'l Limits) -> Self {
        Self {
            limits,
            document: 0,
            errors: SchemaErrors::default(),
            texts: Vec::new(),
            recent: [Text::NONE; 64],
            fields: Vec::new(),
            open: Vec::new(),
            properties: Vec::new(),
            items: Vec::new(),
            numbers: Vec::new(),
            labels: Vec::new(),
            label_lists: Vec::new(),
            // The first scope is the properties'.
            scopes: alloc::vec![Scope::default()],
            descriptions: Vec::new(),
            events: Vec::new(),
            services: Vec::new(),
            modules: Vec::new(),
            slots: Vec::new(),
            seed: Seed::new(limits.seed),
        }
    }

    /// Makes a scope of the fields opened since.
    fn close_scope(&mut self, open: usize, list: &Pointer<'_>, twice: SchemaRule) -> u32 {
        let fields = self.open.split_off(open);
        let scope = self.scope(&fields, list, twice);
        self.scopes.push(scope);
        offset(self.scopes.len() - 1)
    }

    fn scope(&mut self, fields: &[(FieldSpec, Origin)], list: &Pointer<'_>, twice: SchemaRule) -> Scope {
        let table = self.table(fields, |field| field.key, list, twice);
        let first = offset(self.fields.len());
        for (field, origin) in fields {
            if let Some(description) = origin.description {
                self.descriptions.push((offset(self.fields.len()), description));
            }
            self.fields.push(*field);
        }
        let wrapper_like = fields
            .iter()
            .any(|(field, _)| self.bytes_of(field.key).is_some_and(|key| key == b"value" || key == b"time"));
        Scope { fields: Span { first, count: offset(fields.len()) }, table, wrapper_like }
    }

    /// A table of the names of those entries.
    fn table<T>(
        &mut self,
        entries: &[(T, Origin)],
        key: fn(&T) -> Text,
        list: &Pointer<'_>,
        twice: SchemaRule,
    ) -> Table {
        let mut doubles = Vec::new();
        let name = |index: usize| {
            let text = key(&entries[index].0);
            &self.texts[text.at as usize..][..text.length as usize]
        };
        let table = Table::build(
            &mut self.slots,
            (0..entries.len()).map(|index| self.seed.hash(name(index))),
            |a, b| name(a as usize) == name(b as usize),
            |index| doubles.push(entries[index as usize].1),
        );
        for origin in doubles {
            self.document = origin.document as usize;
            self.error(&list.index(origin.index as usize).name("identifier"), twice, origin.offset);
        }
        table
    }

    /// Opens an object or array that must be there; false if there is nothing to read in it.
    fn enter(
        &mut self,
        r: &mut Reader<'_>,
        here: &Pointer<'_>,
        open: u8,
        rule: SchemaRule,
    ) -> Result<bool, Malformed> {
        if r.peek() == open {
            return Ok(r.open(open + 2));
        }
        self.error(here, rule, r.at());
        r.skip()?;
        Ok(false)
    }

    /// Reads each item of an array.
    fn each<'t>(
        &mut self,
        r: &mut Reader<'t>,
        list: &Pointer<'_>,
        mut item: impl FnMut(&mut Self, &mut Reader<'t>, usize) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        if !self.enter(r, list, b'[', SchemaRule::Array)? {
            return Ok(());
        }
        for index in 0.. {
            item(self, r, index)?;
            if !r.more(b']')? {
                break;
            }
            r.space();
        }
        Ok(())
    }

    fn text_value<'t>(
        &mut self,
        r: &mut Reader<'t>,
        here: &Pointer<'_>,
        name: &str,
    ) -> Result<Option<Str<'t>>, Malformed> {
        if r.peek() == b'"' {
            return r.string().map(Some);
        }
        if r.kind()? != Kind::Null {
            self.error(&here.name(name), SchemaRule::String, r.at());
        }
        r.skip()?;
        Ok(None)
    }

    /// A string, kept. `null` is as good as absent.
    fn string(&mut self, r: &mut Reader<'_>, here: &Pointer<'_>, name: &str) -> Result<Text, Malformed> {
        Ok(self.text_value(r, here, name)?.map_or(Text::NONE, |text| self.store(text)))
    }

    fn boolean(&mut self, r: &mut Reader<'_>, here: &Pointer<'_>, name: &str) -> Result<bool, Malformed> {
        let kind = r.kind()?;
        if !matches!(kind, Kind::True | Kind::False | Kind::Null) {
            self.error(&here.name(name), SchemaRule::Boolean, r.at());
        }
        r.skip()?;
        Ok(kind == Kind::True)
    }

    /// Keeps a text, once if the same was seen lately.
    fn store(&mut self, text: Str<'_>) -> Text {
        let text = bytes(text);
        let place =
            text.iter().take(8).fold(text.len(), |sum, byte| sum.wrapping_mul(31) + usize::from(*byte)) % 64;
        let last = self.recent[place];
        if last != Text::NONE && self.texts[last.at as usize..][..last.length as usize] == *text {
            return last;
        }
        let stored = Text { at: offset(self.texts.len()), length: offset(text.len()) };
        self.texts.extend_from_slice(&text);
        self.recent[place] = stored;
        stored
    }

    fn origin(&self, index: usize, at: u32) -> Origin {
        Origin { document: offset(self.document), index: offset(index), offset: at, description: None }
    }

    #[cold]
    fn error(&mut self, here: &Pointer<'_>, rule: SchemaRule, at: u32) {
        if self.errors.errors.len() < self.limits.errors {
            let (document, pointer) = (self.document, here.to_string());
            self.errors.errors.push(SchemaError { document, pointer, offset: at, rule });
        } else {
            self.errors.omitted += 1;
        }
    }

    fn finish(mut self) -> Result<Model, SchemaErrors> {
        let mut ids: Vec<_> = self.modules.iter().map(|module| self.bytes_of(module.id)).collect();
        ids.sort_unstable();
        if ids.windows(2).any(|pair| pair[0] == pair[1]) {
            self.document = self.modules.len() - 1;
            self.error(&Pointer::ROOT, SchemaRule::Module, 0);
        }
        let (properties, events, services) =
            (mem::take(&mut self.properties), mem::take(&mut self.events), mem::take(&mut self.services));
        let twice = SchemaRule::IdentifierTwice;
        self.scopes[0] = self.scope(&properties, &Pointer::ROOT.name("properties"), twice);
        let event_table = self.table(&events, |event| event.key, &Pointer::ROOT.name("events"), twice);
        let service_table =
            self.table(&services, |service| service.key, &Pointer::ROOT.name("services"), twice);
        if !self.errors.errors.is_empty() || self.errors.omitted > 0 {
            return Err(self.errors);
        }
        Ok(Model {
            texts: self.texts.into(),
            fields: self.fields.into(),
            items: self.items.into(),
            numbers: self.numbers.into(),
            labels: self.labels.into(),
            label_lists: self.label_lists.into(),
            scopes: self.scopes.into(),
            descriptions: self.descriptions.into(),
            events: events.iter().map(|(event, _)| *event).collect(),
            services: services.iter().map(|(service, _)| *service).collect(),
            modules: self.modules.into(),
            slots: self.slots.into(),
            properties: offset(properties.len()),
            event_table,
            service_table,
            seed: self.seed,
        })
    }

    fn bytes_of(&self, text: Text) -> Option<&[u8]> {
        if text == Text::NONE { None } else { Some(&self.texts[text.at as usize..][..text.length as usize]) }
    }
}

/// How deep a type stands, which decides what it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nesting {
    Property,
    /// Input or output of an event or service.
    Parameter,
    /// Member of a struct.
    Member,
    /// Item of an array.
    Item,
    /// The same, once more inside `dataType`.
    WrappedItem,
}

/// The characters of a string, copied only where escapes must be resolved.
fn plain(text: Str<'_>) -> Cow<'_, str> {
    text.plain().map_or_else(|| Cow::Owned(text.chars().collect()), Cow::Borrowed)
}

fn bytes(text: Str<'_>) -> Cow<'_, [u8]> {
    if text.escaped {
        Cow::Owned(text.chars().collect::<String>().into_bytes())
    } else {
        Cow::Borrowed(text.raw)
    }
}
