//! A model back as TSL documents, one a module.

use crate::model::{ModuleSpec, Text};
use crate::view::{DataType, Event, Field, Fields, ItemType, Labels, Module, Number, Service};
use core::fmt::{self, Write};

/// How much a written document holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum TslForm {
    /// Everything, as the platform exports it: with the generated `post`, `set` and `get`.
    #[default]
    Full,
    /// Everything but those three.
    Plain,
    /// Identifiers and data types only: no names, units, labels or bounds.
    Simplified,
}

/// What `schema` says where a document said nothing. It is never fetched.
const SCHEMA: &str = "https://iotx-tsl.oss-ap-southeast-1.aliyuncs.com/schema.json";

impl Module<'_> {
    /// Writes the module as a TSL document.
    ///
    /// Compiling it again gives the same model. What the format does not know is gone; numbers in specs are strings, in their
    /// shortest plain form; `post`, `set` and `get` are made from the properties.
    ///
    /// ```
    /// use thing_model::{Limits, Model, TslForm};
    /// let tsl = br#"{"profile":{"productKey":"a1"},"properties":[{"identifier":"t","name":"T","accessMode":"r",
    ///     "required":false,"dataType":{"type":"int","specs":{"max":9,"min":1.0}}}]}"#;
    /// let model = Model::compile(tsl, &Limits::current())?;
    /// let mut written = String::new();
    /// model.modules().next().unwrap().write(&mut written, TslForm::Plain)?;
    /// assert!(written.contains(r#"{"identifier":"t","name":"T","accessMode":"r","required":false,"dataType":{"type":"int","specs":{"min":"1.0","max":"9"}}}"#));
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What the writer answers.
    pub fn write(&self, out: &mut dyn Write, form: TslForm) -> fmt::Result {
        let mut w = Json { out, comma: false, form };
        w.open("{")?;
        self.write_head(&mut w)?;
        w.list("properties", self.properties(), |w, property| w.property(property))?;
        w.name("events")?;
        w.open("[")?;
        if form != TslForm::Plain {
            self.write_post(&mut w)?;
        }
        self.events().try_for_each(|event| w.event(&event))?;
        w.close("]")?;
        w.name("services")?;
        w.open("[")?;
        if form != TslForm::Plain {
            self.write_set_and_get(&mut w)?;
        }
        self.services().try_for_each(|service| w.service(&service))?;
        w.close("]")?;
        self.write_blocks(&mut w)?;
        w.close("}")
    }

    fn write_head(&self, w: &mut Json<'_>) -> fmt::Result {
        let ModuleSpec { schema, link, version, product_key, device_name, .. } = *self.spec;
        if w.form != TslForm::Simplified {
            w.text("schema", Some(self.model.optional_text(schema).unwrap_or(SCHEMA)))?;
            w.text("link", self.model.optional_text(link))?;
        }
        let profile = [("version", version), ("productKey", product_key), ("deviceName", device_name)];
        if profile.iter().any(|(_, text)| *text != Text::NONE) {
            w.name("profile")?;
            w.open("{")?;
            for (name, text) in profile {
                w.text(name, self.model.optional_text(text))?;
            }
            w.close("}")?;
        }
        Ok(())
    }

    /// The event that reports all properties.
    fn write_post(&self, w: &mut Json<'_>) -> fmt::Result {
        w.open("{")?;
        w.text("identifier", Some("post"))?;
        if w.form == TslForm::Full {
            w.text("name", Some("post"))?;
            w.text("type", Some("info"))?;
            w.raw("required", "true")?;
            w.text("desc", Some("属性上报"))?;
            w.text("method", Some("thing.event.property.post"))?;
        }
        w.list("outputData", self.properties(), |w, property| w.parameter(property))?;
        w.close("}")
    }

    /// The service that sets those that can be set, and the one that reads all.
    fn write_set_and_get(&self, w: &mut Json<'_>) -> fmt::Result {
        for (identifier, description, method) in [
            ("set", "属性设置", "thing.service.property.set"),
            ("get", "属性获取", "thing.service.property.get"),
        ] {
            w.open("{")?;
            w.text("identifier", Some(identifier))?;
            if w.form == TslForm::Full {
                w.text("name", Some(identifier))?;
                w.raw("required", "true")?;
                w.text("callType", Some("async"))?;
                w.text("desc", Some(description))?;
                w.text("method", Some(method))?;
            }
            if identifier == "set" {
                let settable = self.properties().filter(|property| property.access().can_set());
                w.list("inputData", settable, |w, property| w.parameter(property))?;
                w.list("outputData", core::iter::empty(), |_, _: Field<'_>| Ok(()))?;
            } else {
                w.list("inputData", self.properties(), |w, property| w.string(property.identifier()))?;
                w.list("outputData", self.properties(), |w, property| w.parameter(property))?;
            }
            w.close("}")?;
        }
        Ok(())
    }

    fn write_blocks(&self, w: &mut Json<'_>) -> fmt::Result {
        if !self.spec.blocks.is_empty() {
            w.list("functionBlocks", self.spec.blocks.iter(), |w, block| {
                w.open("{")?;
                w.text("functionBlockId", self.model.optional_text(block.id))?;
                w.text("functionBlockName", self.model.optional_text(block.name))?;
                w.text("productKey", self.model.optional_text(block.product_key))?;
                w.close("}")
            })?;
        }
        w.text("functionBlockId", self.id())?;
        w.text("functionBlockName", self.name())
    }
}

/// Writes JSON: the comma before each name or item but the first is all there is to remember.
struct Json<'o> {
    out: &'o mut dyn Write,
    comma: bool,
    form: TslForm,
}

impl Json<'_> {
    fn property(&mut self, property: Field<'_>) -> fmt::Result {
        self.open("{")?;
        self.text("identifier", Some(property.identifier()))?;
        if self.form != TslForm::Simplified {
            self.text("name", property.name())?;
            self.text("accessMode", property.field().access.map(|access| access.as_str()))?;
            self.raw("required", if property.required() { "true" } else { "false" })?;
            self.text("desc", property.description())?;
        }
        self.data_type("dataType", property.data_type())?;
        self.close("}")
    }

    /// A member, input or output.
    fn parameter(&mut self, field: Field<'_>) -> fmt::Result {
        self.open("{")?;
        self.text("identifier", Some(field.identifier()))?;
        if self.form != TslForm::Simplified {
            self.text("name", field.name())?;
        }
        self.data_type("dataType", field.data_type())?;
        self.close("}")
    }

    fn event(&mut self, event: &Event<'_>) -> fmt::Result {
        let identifier = event.identifier();
        self.open("{")?;
        self.text("identifier", Some(identifier))?;
        if self.form != TslForm::Simplified {
            self.text("name", event.name())?;
            self.text("type", Some(event.event_type().as_str()))?;
            self.raw("required", if event.required() { "true" } else { "false" })?;
            self.text("desc", event.description())?;
            self.method(["thing.event.", identifier, ".post"])?;
        }
        self.fields("outputData", event.outputs())?;
        self.close("}")
    }

    fn service(&mut self, service: &Service<'_>) -> fmt::Result {
        self.open("{")?;
        self.text("identifier", Some(service.identifier()))?;
        if self.form != TslForm::Simplified {
            self.text("name", service.name())?;
            self.raw("required", if service.required() { "true" } else { "false" })?;
            self.text("callType", Some(service.call_type().as_str()))?;
            self.text("desc", service.description())?;
            self.method(["thing.service.", service.identifier(), ""])?;
        }
        self.fields("inputData", service.inputs())?;
        self.fields("outputData", service.outputs())?;
        self.close("}")
    }

    fn fields(&mut self, name: &str, fields: Fields<'_>) -> fmt::Result {
        self.list(name, fields, |w, field| w.parameter(field))
    }

    fn data_type(&mut self, name: &str, kind: DataType<'_>) -> fmt::Result {
        self.name(name)?;
        self.open("{")?;
        self.text("type", Some(kind.as_str()))?;
        self.specs(kind)?;
        self.close("}")
    }

    fn specs(&mut self, kind: DataType<'_>) -> fmt::Result {
        let simplified = self.form == TslForm::Simplified;
        match kind {
            DataType::Struct(members) => return self.fields("specs", members),
            DataType::Array { size, item } => {
                self.name("specs")?;
                self.open("{")?;
                self.number("size", size)?;
                self.item(item)?;
                return self.close("}");
            }
            _ if simplified => return Ok(()),
            // Where a document gave no specs at all it is given none.
            DataType::Bool(labels) | DataType::Enum(labels) if !labels.given() => return Ok(()),
            _ => {}
        }
        self.name("specs")?;
        self.open("{")?;
        match kind {
            DataType::Int(number) | DataType::Float(number) | DataType::Double(number) => {
                self.bounds(number)?;
            }
            DataType::Bool(labels) | DataType::Enum(labels) => self.labels(labels)?,
            DataType::Text { length, given: true } => self.number("length", length)?,
            _ => {}
        }
        self.close("}")
    }

    fn item(&mut self, item: ItemType<'_>) -> fmt::Result {
        let kind = item.data_type();
        self.name("item")?;
        self.open("{")?;
        self.text("type", Some(kind.as_str()))?;
        // Items have no bounds unless a document gives them some.
        let bounds = match kind {
            DataType::Int(number) | DataType::Float(number) | DataType::Double(number) => number.is_given(),
            DataType::Text { given, .. } => given,
            _ => true,
        };
        if bounds {
            self.specs(kind)?;
        }
        self.close("}")
    }

    fn bounds(&mut self, number: Number<'_>) -> fmt::Result {
        for (name, value) in [("min", number.min()), ("max", number.max()), ("step", number.step())] {
            if let Some(value) = value {
                self.number(name, value)?;
            }
        }
        self.text("unit", number.unit())?;
        self.text("unitName", number.unit_name())
    }

    fn labels(&mut self, labels: Labels<'_>) -> fmt::Result {
        for (key, label) in labels {
            self.comma()?;
            write!(self.out, "\"{key}\":")?;
            self.comma = false;
            self.string(label)?;
        }
        Ok(())
    }

    fn method(&mut self, parts: [&str; 3]) -> fmt::Result {
        self.name("method")?;
        self.out.write_str("\"")?;
        parts.into_iter().try_for_each(|part| self.escaped(part))?;
        self.comma = true;
        self.out.write_str("\"")
    }

    fn list<T>(
        &mut self,
        name: &str,
        items: impl Iterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> fmt::Result,
    ) -> fmt::Result {
        self.name(name)?;
        self.open("[")?;
        for item in items {
            write(self, item)?;
        }
        self.close("]")
    }

    /// A member whose value is a text, if there is one.
    fn text(&mut self, name: &str, text: Option<&str>) -> fmt::Result {
        let Some(text) = text else {
            return Ok(());
        };
        self.name(name)?;
        self.string(text)
    }

    /// A member whose value is a number, as a string.
    fn number(&mut self, name: &str, value: impl fmt::Display) -> fmt::Result {
        self.name(name)?;
        self.comma = true;
        write!(self.out, "\"{value}\"")
    }

    fn raw(&mut self, name: &str, value: &str) -> fmt::Result {
        self.name(name)?;
        self.comma = true;
        self.out.write_str(value)
    }

    fn name(&mut self, name: &str) -> fmt::Result {
        self.string(name)?;
        self.comma = false;
        self.out.write_str(":")
    }

    fn open(&mut self, bracket: &str) -> fmt::Result {
        self.comma()?;
        self.comma = false;
        self.out.write_str(bracket)
    }

    fn close(&mut self, bracket: &str) -> fmt::Result {
        self.comma = true;
        self.out.write_str(bracket)
    }

    fn comma(&mut self) -> fmt::Result {
        if self.comma { self.out.write_str(",") } else { Ok(()) }
    }

    fn string(&mut self, text: &str) -> fmt::Result {
        self.comma()?;
        self.comma = true;
        self.out.write_str("\"")?;
        self.escaped(text)?;
        self.out.write_str("\"")
    }

    /// RFC 8259 §7: quotes, backslashes and controls.
    fn escaped(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                '"' | '\\' => write!(self.out, "\\{character}")?,
                '\n' => self.out.write_str("\\n")?,
                '\0'..'\x20' => write!(self.out, "\\u{:04x}", u32::from(character))?,
                other => self.out.write_char(other)?,
            }
        }
        Ok(())
    }
}
