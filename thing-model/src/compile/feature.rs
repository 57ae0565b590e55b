//! Properties, events and services, and the named values in them.

use super::document::{Feature, Generated, set_inputs};
use super::{Compiler, Nesting, Origin, bytes, plain};
use crate::json::{Malformed, Reader, Str};
use crate::model::{Access, CallType, EventSpec, EventType, FieldSpec, NONE, ServiceSpec, Text, Type};
use crate::schema::{Pointer, SchemaRule};

impl Compiler<'_> {
    pub(super) fn property(
        &mut self,
        r: &mut Reader<'_>,
        here: &Pointer<'_>,
        index: usize,
    ) -> Result<(), Malformed> {
        let start = r.at();
        if let Some((field, description)) = self.field(r, here, Nesting::Property)? {
            let origin = Origin { description, ..self.origin(index, start) };
            self.properties.push((field, origin));
        }
        Ok(())
    }

    /// An event or a service.
    pub(super) fn call<'t>(
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
        if named.map(crate::view::identifier) != Some(&*id) {
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
    pub(super) fn members(
        &mut self,
        r: &mut Reader<'_>,
        list: &Pointer<'_>,
        nesting: Nesting,
    ) -> Result<(), Malformed> {
        self.each(r, list, |compiler, r, index| {
            let start = r.at();
            if let Some((field, description)) = compiler.field(r, &list.index(index), nesting)? {
                let origin = Origin { description, ..compiler.origin(index, start) };
                compiler.open.push((field, origin));
            }
            Ok(())
        })
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
}

/// Words with a meaning of their own in topics and payloads.
const RESERVED: [&[u8]; 7] = [b"set", b"get", b"post", b"property", b"event", b"time", b"value"];

fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(char::is_alphanumeric)
        && characters.all(|character| character.is_alphanumeric() || "-_/.() ".contains(character))
        && name.chars().count() <= 40
}

fn module_index(modules: usize) -> u16 {
    u16::try_from(modules.saturating_sub(1)).unwrap_or(u16::MAX)
}
