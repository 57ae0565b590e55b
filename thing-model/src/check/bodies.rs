//! Bodies that carry more than one device or point: pack, batch, history.

use super::{Family, Halt, Pass, Role};
use crate::Code;
use crate::json::{Reader, Str, offset};
use crate::model::{Model, NONE};
use crate::violation::{Form, Rule, Section};

/// Longest productKey or deviceName that is looked up; the platform's are half as long.
const NAME: usize = 64;

impl<'s> Pass<'_, 's> {
    /// `{"properties": {…}, "events": {…}, "subDevices": [{"identity": …, "properties": …, "events": …}]}`
    pub(super) fn pack(&mut self, family: &'s dyn Family) -> Result<(), Halt> {
        self.place.form = Form::Pack;
        self.members(|pass, name| {
            if name.is("properties") {
                pass.pack_properties()
            } else if name.is("events") {
                pass.events(|pass, outputs| pass.event(outputs))
            } else if name.is("subDevices") {
                pass.devices(family)
            } else {
                pass.unknown_section()
            }
        })
    }

    fn devices(&mut self, family: &'s dyn Family) -> Result<(), Halt> {
        self.list(|pass, index| {
            pass.place.device = index;
            if index == pass.options.max_devices {
                let at = pass.r.at();
                pass.report(Rule::TooMany, Code::PARAMETER, at, NONE)?;
            }
            pass.device(family, Self::pack_properties, |pass| {
                pass.events(|pass, outputs| pass.event(outputs))
            })
        })?;
        self.place.device = NONE;
        Ok(())
    }

    /// `[{"identity": …, "properties": [{…}], "events": [{…}]}]`
    pub(super) fn history(&mut self, family: &'s dyn Family) -> Result<(), Halt> {
        self.place.form = Form::History;
        let at = self.r.at();
        let mut any = false;
        self.list(|pass, index| {
            any = true;
            pass.place.device = index;
            pass.device(
                family,
                |pass| {
                    pass.in_section(Section::Properties, |pass| {
                        pass.each_point(|pass| pass.properties(Role::Post))
                    })
                },
                |pass| {
                    pass.in_section(Section::Events, |pass| {
                        pass.each_point(|pass| pass.event_map(|pass, outputs| pass.event(outputs)))
                    })
                },
            )
        })?;
        self.place.device = NONE;
        if any { Ok(()) } else { self.report(Rule::NoEntry, Code::LIST_EMPTY, at, NONE) }
    }

    /// `{"properties": {"id": [{"value": …, "time": …}]}, "events": {"id": [{"value": {…}, "time": …}]}}`
    pub(super) fn batch(&mut self) -> Result<(), Halt> {
        self.place.form = Form::Batch;
        self.members(|pass, name| {
            if name.is("properties") {
                pass.in_section(Section::Properties, |pass| pass.properties(Role::Points))
            } else if name.is("events") {
                pass.events(|pass, outputs| pass.points(|pass| pass.event(outputs)))
            } else {
                pass.unknown_section()
            }
        })
    }

    fn pack_properties(&mut self) -> Result<(), Halt> {
        self.in_section(Section::Properties, |pass| {
            // Unlike a post of its own, a device of a pack may send nothing.
            if pass.is(b'{', Rule::Object, Code::SHAPE)? {
                pass.entries(pass.model.scopes[0], Role::Post)?;
            }
            Ok(())
        })
    }

    fn events(
        &mut self,
        read: impl FnMut(&mut Self, crate::model::Scope) -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        self.in_section(Section::Events, |pass| pass.event_map(read))
    }

    /// `{"id": …}`, each value read with the outputs of its event.
    fn event_map(
        &mut self,
        mut read: impl FnMut(&mut Self, crate::model::Scope) -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        let mut count = 0_u32;
        let most = self.options.max_events;
        self.members_at(|pass, name, at| {
            if count == most {
                pass.report(Rule::TooMany, Code::PARAMETER, at, NONE)?;
            }
            count += 1;
            pass.place.event = offset(at);
            match pass.find_event(name) {
                Some(outputs) => read(pass, outputs)?,
                None => {
                    pass.report(Rule::UnknownEvent, Code::UNKNOWN, at, NONE)?;
                    pass.r.skip()?;
                }
            }
            pass.place.event = NONE;
            Ok(())
        })
    }

    fn find_event(&self, name: Str<'_>) -> Option<crate::model::Scope> {
        let mut buffer = [0; 2 * NAME];
        let name = if name.escaped { name.decode(&mut buffer)? } else { name.raw };
        let event = self.model.event(core::str::from_utf8(name).ok()?)?;
        Some(self.model.scopes[event.spec.outputs as usize])
    }

    fn in_section(
        &mut self,
        section: Section,
        read: impl FnOnce(&mut Self) -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        self.place.section = section;
        read(self)?;
        self.place.section = Section::None;
        Ok(())
    }

    fn each_point(&mut self, mut read: impl FnMut(&mut Self) -> Result<(), Halt>) -> Result<(), Halt> {
        self.list(|pass, index| {
            pass.place.point = index;
            read(pass)
        })?;
        self.place.point = NONE;
        Ok(())
    }

    fn unknown_section(&mut self) -> Result<(), Halt> {
        let at = self.r.at();
        self.report(Rule::Section, Code::PARAMETER, at, NONE)?;
        Ok(self.r.skip()?)
    }

    /// One device with its own model. Its identity may stand behind what it decides: that is passed over then, and read again.
    fn device(
        &mut self,
        family: &'s dyn Family,
        mut properties: impl FnMut(&mut Self) -> Result<(), Halt>,
        mut events: impl FnMut(&mut Self) -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        let own = self.model;
        let start = self.r.at();
        let mut model: Option<Option<&'s Model>> = None;
        let mut later: [Option<Reader<'_>>; 2] = [None; 2];
        self.members_at(|pass, name, at| {
            let which = if name.is("identity") {
                model = Some(pass.identity(family)?);
                return Ok(());
            } else if name.is("properties") {
                0
            } else if name.is("events") {
                1
            } else {
                pass.report(Rule::Section, Code::PARAMETER, at, NONE)?;
                return Ok(pass.r.skip()?);
            };
            match model {
                Some(Some(model)) => {
                    pass.use_model(model);
                    let result = if which == 0 { properties(pass) } else { events(pass) };
                    pass.model = own;
                    result
                }
                Some(None) => Ok(pass.r.skip()?),
                None => {
                    later[which] = Some(pass.r);
                    Ok(pass.r.skip()?)
                }
            }
        })?;
        let end = self.r;
        match model {
            None => self.report(Rule::Identity, Code::PARAMETER, start, NONE)?,
            Some(Some(model)) => {
                self.use_model(model);
                for (which, reader) in later.into_iter().enumerate() {
                    if let Some(reader) = reader {
                        self.r = reader;
                        if which == 0 { properties(self)? } else { events(self)? }
                    }
                }
            }
            Some(None) => {}
        }
        self.model = own;
        self.r = end;
        Ok(())
    }

    fn use_model(&mut self, model: &'s Model) {
        self.state.reserve(model);
        self.model = model;
    }

    /// `{"productKey": …, "deviceName": …}`; the model of that device, if there is one.
    fn identity(&mut self, family: &'s dyn Family) -> Result<Option<&'s Model>, Halt> {
        let start = self.r.at();
        let mut names: [Option<Str<'_>>; 2] = [None; 2];
        self.members(|pass, name| {
            let which = match name {
                name if name.is("productKey") => 0,
                name if name.is("deviceName") => 1,
                _ => return Ok(pass.r.skip()?),
            };
            if pass.r.peek() == b'"' {
                names[which] = Some(pass.r.string()?);
                return Ok(());
            }
            Ok(pass.r.skip()?)
        })?;
        let [Some(key), Some(name)] = names else {
            self.report(Rule::Identity, Code::PARAMETER, start, NONE)?;
            return Ok(None);
        };
        let model = match (key.plain(), name.plain()) {
            (Some(key), Some(name)) => family.model(key, name),
            _ => with_decoded(key, |key| with_decoded(name, |name| family.model(key, name))),
        };
        if model.is_none() {
            self.report(Rule::UnknownDevice, Code::DEVICE, start, NONE)?;
        }
        Ok(model)
    }

    fn members(&mut self, mut read: impl FnMut(&mut Self, Str<'_>) -> Result<(), Halt>) -> Result<(), Halt> {
        self.members_at(|pass, name, _| read(pass, name))
    }

    /// Each member of an object that must be here.
    fn members_at(
        &mut self,
        mut read: impl FnMut(&mut Self, Str<'_>, usize) -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        if !self.is(b'{', Rule::Object, Code::SHAPE)? || !self.r.open(b'}') {
            return Ok(());
        }
        loop {
            let at = self.r.at();
            let name = self.r.member()?;
            read(self, name, at)?;
            if !self.r.more(b'}')? {
                return Ok(());
            }
        }
    }

    /// Each item of an array that must be here.
    fn list(&mut self, mut read: impl FnMut(&mut Self, u32) -> Result<(), Halt>) -> Result<(), Halt> {
        if !self.is(b'[', Rule::Array, Code::SHAPE)? || !self.r.open(b']') {
            return Ok(());
        }
        for index in 0.. {
            read(self, index)?;
            if !self.r.more(b']')? {
                break;
            }
        }
        Ok(())
    }
}

/// Resolves the escapes of a name; none the platform has is longer than the room for it.
#[cold]
fn with_decoded<T>(name: Str<'_>, use_it: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    use_it(core::str::from_utf8(name.decode(&mut [0; NAME])?).ok()?)
}
