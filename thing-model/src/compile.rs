//! From the bytes of a TSL document to a [`Model`], in one pass of the pull reader.
//!
//! Members may come in any order. Where a later member decides how an earlier one is read (`specs` before `type`), the
//! earlier one is passed over and read again. What the format does not know is passed over, strictly.

mod specs;

use crate::json::{Kind, Malformed, Reader, Str, offset};
use crate::limits::Limits;
use crate::model::{
    Access, BlockSpec, CallType, EventSpec, EventType, FieldSpec, Label, Model, ModuleSpec, NONE, NumberSpec,
    Scope, ServiceSpec, Span, Text, Type,
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

/// What the built-in members of a document say about its properties.
#[derive(Default)]
struct Generated<'t> {
    set: Option<Vec<(Str<'t>, Origin)>>,
    any: bool,
}

/// Which kind of feature an array of the document lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Feature {
    Property,
    Event,
    Service,
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

    fn document(&mut self, tsl: &[u8]) -> Result<(), Malformed> {
        let too_long = tsl.len() > self.limits.document_bytes
            || tsl.len() > self.limits.document_characters
                && effective(tsl) > self.limits.document_characters;
        if too_long {
            self.error(&Pointer::ROOT, SchemaRule::DocumentLength, 0);
            return Ok(());
        }
        let mut reader = Reader::new(tsl, crate::json::MAX_DEPTH)?;
        let r = &mut reader;
        let root = &Pointer::ROOT;
        self.modules.push(ModuleSpec {
            id: Text::NONE,
            name: Text::NONE,
            schema: Text::NONE,
            link: Text::NONE,
            version: Text::NONE,
            product_key: Text::NONE,
            device_name: Text::NONE,
            blocks: Vec::new(),
            generated: false,
        });
        let module = self.modules.len() - 1;
        let first = (self.properties.len(), self.events.len(), self.services.len());
        let errors = self.errors.errors.len();
        let mut generated = Generated::default();
        r.space();
        if self.enter(r, root, b'{', SchemaRule::Object)? {
            loop {
                let name = r.member()?;
                match &*plain(name) {
                    "schema" => self.modules[module].schema = self.string(r, root, "schema")?,
                    "link" => self.modules[module].link = self.string(r, root, "link")?,
                    "profile" => self.profile(r, root, module)?,
                    "properties" => self.features(r, root, Feature::Property, &mut generated)?,
                    "events" => self.features(r, root, Feature::Event, &mut generated)?,
                    "services" => self.features(r, root, Feature::Service, &mut generated)?,
                    "functionBlocks" => self.blocks(r, root, module)?,
                    "functionBlockId" => self.modules[module].id = self.string(r, root, "functionBlockId")?,
                    "functionBlockName" => {
                        self.modules[module].name = self.string(r, root, "functionBlockName")?;
                    }
                    _ => r.skip()?,
                }
                if !r.more(b'}')? {
                    break;
                }
            }
        }
        r.finish()?;
        self.modules[module].generated = generated.any;
        if self.limits.profile && self.modules[module].product_key == Text::NONE {
            self.error(root, SchemaRule::Profile, 0);
        }
        let features =
            self.properties.len() - first.0 + self.events.len() - first.1 + self.services.len() - first.2;
        if features > self.limits.features {
            self.error(root, SchemaRule::Features, 0);
        }
        self.count_parameters(first.1, first.2);
        self.resolve_access(first.0, &generated, self.errors.errors.len() == errors);
        self.name_module(module, first);
        Ok(())
    }

    /// The inputs and outputs of all events and services of one module.
    fn count_parameters(&mut self, first_event: usize, first_service: usize) {
        let count = |scope: u32| self.scopes[scope as usize].fields.count as usize;
        let outputs = self.events[first_event..].iter().map(|(event, _)| count(event.outputs));
        let both = self.services[first_service..]
            .iter()
            .map(|(service, _)| count(service.inputs) + count(service.outputs));
        if outputs.chain(both).sum::<usize>() > self.limits.parameters {
            self.error(&Pointer::ROOT, SchemaRule::Parameters, 0);
        }
    }

    /// Compares the generated `set` with the properties. Where they differ the properties win; where a property says nothing
    /// (simplified form) `set` tells whether it can be set. In a document with other errors they are not compared: a property
    /// that is wrong would be reported once more.
    fn resolve_access(&mut self, first: usize, generated: &Generated<'_>, compare: bool) {
        let Some(set) = &generated.set else {
            return;
        };
        let mut names: Vec<Cow<'_, [u8]>> = Vec::with_capacity(set.len());
        names.extend(set.iter().map(|(name, _)| bytes(*name)));
        names.sort_unstable();
        let mut settable = 0;
        for index in first..self.properties.len() {
            let field = &self.properties[index].0;
            let key = &self.texts[field.key.at as usize..][..field.key.length as usize];
            let listed = names.binary_search_by(|name| (**name).cmp(key)).is_ok();
            settable += usize::from(listed && field.access.is_none_or(Access::can_set));
            if field.access.is_none() && !listed {
                self.properties[index].0.access = Some(Access::Read);
            }
        }
        if compare && self.limits.consistency && settable < names.len() {
            self.report_set(first, set);
        }
    }

    /// Names each entry of `set` that is no property that can be set.
    #[cold]
    fn report_set(&mut self, first: usize, set: &[(Str<'_>, Origin)]) {
        for (name, origin) in set {
            let good = self.properties[first..].iter().any(|(field, _)| {
                let key = &self.texts[field.key.at as usize..][..field.key.length as usize];
                *bytes(*name) == *key && field.access.is_none_or(Access::can_set)
            });
            if !good {
                let services = Pointer::ROOT.name("services");
                let service = services.index(origin.document as usize);
                let inputs = service.name("inputData");
                self.error(&inputs.index(origin.index as usize), SchemaRule::Consistency, origin.offset);
            }
        }
    }

    /// Gives the features of a custom module their names on the wire, `block:identifier`.
    fn name_module(&mut self, module: usize, first: (usize, usize, usize)) {
        let id = self.modules[module].id;
        if id == Text::NONE {
            return;
        }
        let block = self.texts[id.at as usize..][..id.length as usize].to_vec();
        let plain = block.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        if block.is_empty() || block.len() > self.limits.module_id_length || !plain {
            self.error(&Pointer::ROOT.name("functionBlockId"), SchemaRule::ModuleId, 0);
        }
        let keys = self.properties[first.0..].iter_mut().map(|(field, _)| &mut field.key);
        let keys = keys.chain(self.events[first.1..].iter_mut().map(|(event, _)| &mut event.key));
        for key in keys.chain(self.services[first.2..].iter_mut().map(|(service, _)| &mut service.key)) {
            let at = offset(self.texts.len());
            self.texts.extend_from_slice(&block);
            self.texts.push(b':');
            self.texts.extend_from_within(key.at as usize..(key.at + key.length) as usize);
            *key = Text { at, length: offset(self.texts.len()) - at };
        }
    }

    fn profile(&mut self, r: &mut Reader<'_>, parent: &Pointer<'_>, module: usize) -> Result<(), Malformed> {
        let here = &parent.name("profile");
        if !self.enter(r, here, b'{', SchemaRule::Object)? {
            return Ok(());
        }
        loop {
            let name = r.member()?;
            match &*plain(name) {
                "version" => self.modules[module].version = self.string(r, here, "version")?,
                "productKey" => self.modules[module].product_key = self.string(r, here, "productKey")?,
                "deviceName" => self.modules[module].device_name = self.string(r, here, "deviceName")?,
                _ => r.skip()?,
            }
            if !r.more(b'}')? {
                return Ok(());
            }
        }
    }

    fn blocks(&mut self, r: &mut Reader<'_>, parent: &Pointer<'_>, module: usize) -> Result<(), Malformed> {
        let list = &parent.name("functionBlocks");
        self.each(r, list, |compiler, r, index| {
            let here = &list.index(index);
            let mut block = BlockSpec { id: Text::NONE, name: Text::NONE, product_key: Text::NONE };
            if !compiler.enter(r, here, b'{', SchemaRule::Object)? {
                return Ok(());
            }
            loop {
                let name = r.member()?;
                match &*plain(name) {
                    "functionBlockId" => block.id = compiler.string(r, here, "functionBlockId")?,
                    "functionBlockName" => block.name = compiler.string(r, here, "functionBlockName")?,
                    "productKey" => block.product_key = compiler.string(r, here, "productKey")?,
                    _ => r.skip()?,
                }
                if !r.more(b'}')? {
                    break;
                }
            }
            compiler.modules[module].blocks.push(block);
            Ok(())
        })
    }

    fn features<'t>(
        &mut self,
        r: &mut Reader<'t>,
        parent: &Pointer<'_>,
        feature: Feature,
        generated: &mut Generated<'t>,
    ) -> Result<(), Malformed> {
        let list = &parent.name(match feature {
            Feature::Property => "properties",
            Feature::Event => "events",
            Feature::Service => "services",
        });
        self.each(r, list, |compiler, r, index| {
            let here = &list.index(index);
            match feature {
                Feature::Property => compiler.property(r, here, index),
                _ => compiler.call(r, here, index, feature, generated),
            }
        })
    }

    fn property(&mut self, r: &mut Reader<'_>, here: &Pointer<'_>, index: usize) -> Result<(), Malformed> {
        let start = r.at();
        if let Some((field, description)) = self.field(r, here, Nesting::Property)? {
            let origin = Origin { description, ..self.origin(index, start) };
            self.properties.push((field, origin));
        }
        Ok(())
    }

    /// An event or a service.
    fn call<'t>(
        &mut self,
        r: &mut Reader<'t>,
        here: &Pointer<'_>,
        index: usize,
        feature: Feature,
        generated: &mut Generated<'t>,
    ) -> Result<(), Malformed> {
        let start = *r;
        if !self.enter(r, here, b'{', SchemaRule::Object)? {
            self.error(here, SchemaRule::Identifier, start.at());
            return Ok(());
        }
        let (mut identifier, mut name, mut description) = (None, Text::NONE, Text::NONE);
        let (mut method, mut kind, mut required) = (None, None, false);
        let (mut input, mut output) = (None, None);
        loop {
            let member = r.member()?;
            match &*plain(member) {
                "identifier" => identifier = self.text_value(r, here, "identifier")?,
                "name" => name = self.string(r, here, "name")?,
                "desc" => description = self.string(r, here, "desc")?,
                "method" => method = self.text_value(r, here, "method")?,
                "required" => required = self.boolean(r, here, "required")?,
                "type" if feature == Feature::Event => kind = self.text_value(r, here, "type")?,
                "callType" if feature == Feature::Service => kind = self.text_value(r, here, "callType")?,
                "inputData" if feature == Feature::Service => {
                    input = Some(*r);
                    r.skip()?;
                }
                "outputData" => {
                    output = Some(*r);
                    r.skip()?;
                }
                _ => r.skip()?,
            }
            if !r.more(b'}')? {
                break;
            }
        }
        let Some(identifier) = identifier else {
            self.error(here, SchemaRule::Identifier, start.at());
            return Ok(());
        };
        let built_in = match (feature, &*plain(identifier)) {
            (Feature::Event, "post") => "thing.event.property.post",
            (Feature::Service, "set") => "thing.service.property.set",
            (Feature::Service, "get") => "thing.service.property.get",
            _ => "",
        };
        if !built_in.is_empty() && method.is_none_or(|method| method.is(built_in)) {
            generated.any = true;
            if let ("thing.service.property.set", Some(input)) = (built_in, input) {
                generated.set = Some(set_inputs(input, index)?);
            }
            return Ok(());
        }
        self.identifier(identifier, here, start.at(), true);
        self.feature_texts(here, name, description, start.at());
        self.method(feature, identifier, method, here, start.at());
        let key = self.store(identifier);
        let module = module_index(self.modules.len());
        let origin = self.origin(index, start.at());
        if feature == Feature::Event {
            let kind = match kind.as_ref().map(|kind| plain(*kind)).as_deref() {
                None | Some("info") => EventType::Info,
                Some("alert") => EventType::Alert,
                Some("error") => EventType::Error,
                Some(_) => {
                    self.error(&here.name("type"), SchemaRule::EventType, start.at());
                    EventType::Info
                }
            };
            let outputs = self.parameters(
                output,
                here,
                "outputData",
                SchemaRule::EventOutputTwice,
                self.limits.event_outputs,
            )?;
            self.events.push((EventSpec { key, name, description, kind, required, module, outputs }, origin));
        } else {
            let call = match kind.as_ref().map(|kind| plain(*kind)).as_deref() {
                None | Some("async") => CallType::Async,
                Some("sync") => CallType::Sync,
                Some(_) => {
                    self.error(&here.name("callType"), SchemaRule::CallType, start.at());
                    CallType::Async
                }
            };
            let twice = SchemaRule::ServiceParameterTwice;
            let inputs = self.parameters(input, here, "inputData", twice, self.limits.service_inputs)?;
            let outputs = self.parameters(output, here, "outputData", twice, self.limits.service_outputs)?;
            self.services.push((
                ServiceSpec { key, name, description, call, required, module, inputs, outputs },
                origin,
            ));
        }
        Ok(())
    }

    /// `thing.event.{id}.post` or `thing.service.{id}`; some files of modules write the block before the identifier.
    fn method(
        &mut self,
        feature: Feature,
        id: Str<'_>,
        method: Option<Str<'_>>,
        here: &Pointer<'_>,
        at: u32,
    ) {
        let Some(method) = method.filter(|_| self.limits.methods) else {
            return;
        };
        let (before, after, rule) = match feature {
            Feature::Event => ("thing.event.", ".post", SchemaRule::EventMethod),
            _ => ("thing.service.", "", SchemaRule::ServiceMethod),
        };
        let (method, id) = (plain(method), plain(id));
        let named = method.strip_prefix(before).and_then(|method| method.strip_suffix(after));
        if named.map(crate::model::identifier) != Some(&*id) {
            self.error(&here.name("method"), rule, at);
        }
    }

    /// Inputs or outputs, as a scope.
    fn parameters(
        &mut self,
        list: Option<Reader<'_>>,
        here: &Pointer<'_>,
        name: &str,
        twice: SchemaRule,
        most: usize,
    ) -> Result<u32, Malformed> {
        let here = &here.name(name);
        let Some(mut list) = list else {
            return Ok(self.close_scope(self.open.len(), here, twice));
        };
        let (open, start) = (self.open.len(), list.at());
        self.members(&mut list, here, Nesting::Parameter)?;
        if self.open.len() - open > most {
            self.error(here, SchemaRule::Parameters, start);
        }
        Ok(self.close_scope(open, here, twice))
    }

    /// Named values, left open.
    fn members(&mut self, r: &mut Reader<'_>, list: &Pointer<'_>, nesting: Nesting) -> Result<(), Malformed> {
        self.each(r, list, |compiler, r, index| {
            let start = r.at();
            if let Some((field, description)) = compiler.field(r, &list.index(index), nesting)? {
                let origin = Origin { description, ..compiler.origin(index, start) };
                compiler.open.push((field, origin));
            }
            Ok(())
        })
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

    /// A named value: property, member, input or output, with its description.
    fn field(
        &mut self,
        r: &mut Reader<'_>,
        here: &Pointer<'_>,
        nesting: Nesting,
    ) -> Result<Option<(FieldSpec, Option<Text>)>, Malformed> {
        let start = r.at();
        if !self.enter(r, here, b'{', SchemaRule::Object)? {
            return Ok(None);
        }
        let (mut identifier, mut name, mut description) = (None, Text::NONE, Text::NONE);
        let (mut access, mut required) = (None, false);
        let (mut kind, mut typed) = (None, false);
        loop {
            let member = r.member()?;
            match &*plain(member) {
                "identifier" => identifier = self.text_value(r, here, "identifier")?,
                "name" => name = self.string(r, here, "name")?,
                "desc" => description = self.string(r, here, "desc")?,
                "required" => required = self.boolean(r, here, "required")?,
                "accessMode" => access = self.access(r, here)?,
                "dataType" => {
                    typed = true;
                    kind = self.data_type(r, &here.name("dataType"), nesting)?;
                }
                _ => r.skip()?,
            }
            if !r.more(b'}')? {
                break;
            }
        }
        if nesting == Nesting::Property {
            self.feature_texts(here, name, description, start);
        }
        if !typed {
            self.error(here, SchemaRule::DataType, start);
        }
        let Some(identifier) = identifier else {
            self.error(here, SchemaRule::Identifier, start);
            return Ok(None);
        };
        self.identifier(identifier, here, start, nesting == Nesting::Property);
        let Some(kind) = kind else {
            return Ok(None);
        };
        if name != Text::NONE && matches!(kind, Type::Enum { labels: NONE, .. }) {
            // Only the simplified form, which has no names, may leave out the items.
            self.error(&here.name("dataType").name("specs"), SchemaRule::Specs, start);
        }
        let key = self.store(identifier);
        let module = module_index(self.modules.len());
        let description = Some(description).filter(|text| *text != Text::NONE);
        Ok(Some((FieldSpec { key, name, kind, module, access, required }, description)))
    }

    fn access(&mut self, r: &mut Reader<'_>, here: &Pointer<'_>) -> Result<Option<Access>, Malformed> {
        let start = r.at();
        let Some(mode) = self.text_value(r, here, "accessMode")? else {
            return Ok(None);
        };
        Ok(match &*plain(mode) {
            "r" => Some(Access::Read),
            "rw" => Some(Access::ReadWrite),
            "w" if self.limits.write_only => Some(Access::Write),
            _ => {
                self.error(&here.name("accessMode"), SchemaRule::AccessMode, start);
                None
            }
        })
    }

    fn feature_texts(&mut self, here: &Pointer<'_>, name: Text, description: Text, at: u32) {
        let text = |text: Text| {
            core::str::from_utf8(&self.texts[text.at as usize..][..text.length as usize]).unwrap_or("")
        };
        let bad_name = self.limits.names && name != Text::NONE && !is_name(text(name));
        let bad_description =
            description != Text::NONE && text(description).chars().count() > self.limits.description_length;
        if bad_name {
            self.error(&here.name("name"), SchemaRule::Name, at);
        }
        if bad_description {
            self.error(&here.name("desc"), SchemaRule::Description, at);
        }
    }

    fn identifier(&mut self, identifier: Str<'_>, here: &Pointer<'_>, at: u32, feature: bool) {
        let text = bytes(identifier);
        let limits = self.limits;
        let length = if text.is_ascii() { text.len() } else { identifier.chars().count() };
        let charset = text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let rule = if length == 0 || length > limits.identifier_length {
            SchemaRule::IdentifierLength
        } else if !charset && (limits.identifier_charset || text.contains(&b':')) {
            SchemaRule::IdentifierCharset
        } else if !limits.identifier_digit_first && text[0].is_ascii_digit() {
            SchemaRule::IdentifierDigit
        } else if limits.reserved_words && feature && RESERVED.contains(&&*text) {
            SchemaRule::IdentifierReserved
        } else {
            return;
        };
        self.error(&here.name("identifier"), rule, at);
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

/// Words with a meaning of their own in topics and payloads.
const RESERVED: [&[u8]; 7] = [b"set", b"get", b"post", b"property", b"event", b"time", b"value"];

/// The names in the inputs of the generated `set`.
fn set_inputs<'t>(mut r: Reader<'t>, service: usize) -> Result<Vec<(Str<'t>, Origin)>, Malformed> {
    let mut names = Vec::new();
    if r.peek() != b'[' || !r.open(b']') {
        return Ok(names);
    }
    for index in 0.. {
        let start = r.at();
        if r.peek() != b'{' {
            r.skip()?;
        } else if r.open(b'}') {
            loop {
                let member = r.member()?;
                if r.peek() == b'"' && member.is("identifier") {
                    let origin = Origin {
                        document: offset(service),
                        index: offset(index),
                        offset: start,
                        description: None,
                    };
                    names.push((r.string()?, origin));
                } else {
                    r.skip()?;
                }
                if !r.more(b'}')? {
                    break;
                }
            }
        }
        if !r.more(b']')? {
            break;
        }
        r.space();
    }
    Ok(names)
}

/// The characters that count: all but line breaks and the white space around them.
fn effective(tsl: &[u8]) -> usize {
    let lines = tsl.split(|byte| matches!(byte, b'\n' | b'\r')).map(<[u8]>::trim_ascii);
    lines.flatten().filter(|byte| **byte & 0xC0 != 0x80).count()
}

fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(char::is_alphanumeric)
        && characters.all(|character| character.is_alphanumeric() || "-_/.() ".contains(character))
        && name.chars().count() <= 40
}

fn module_index(modules: usize) -> u16 {
    u16::try_from(modules.saturating_sub(1)).unwrap_or(u16::MAX)
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
