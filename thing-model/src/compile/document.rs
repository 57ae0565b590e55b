//! A whole document: its profile, its modules, and what the generated members say about its properties.

use super::{Compiler, Origin, bytes, plain};
use crate::json::{Malformed, Reader, Str, offset};
use crate::model::{Access, BlockSpec, ModuleSpec, Text};
use crate::schema::{Pointer, SchemaRule};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// What the built-in members of a document say about its properties.
#[derive(Default)]
pub(super) struct Generated<'t> {
    pub(super) set: Option<Vec<(Str<'t>, Origin)>>,
    pub(super) any: bool,
}

/// Which kind of feature an array of the document lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Feature {
    Property,
    Event,
    Service,
}

impl Compiler<'_> {
    pub(super) fn document(&mut self, tsl: &[u8]) -> Result<(), Malformed> {
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
}

/// The names in the inputs of the generated `set`.
pub(super) fn set_inputs<'t>(mut r: Reader<'t>, service: usize) -> Result<Vec<(Str<'t>, Origin)>, Malformed> {
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
