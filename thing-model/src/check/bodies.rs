//! Bodies that carry more than one device or point: pack, batch, history.

use super::{Family, Halt, Pass, Role};
use crate::Code;
use crate::json::{Reader, Str};
use crate::model::{Model, NONE};
use crate::violation::{Form, Rule, Section};

/// Longest productKey or deviceName that is looked up; the platform's are half as long.
const NAME: usize = 64;

impl<'s> Pass<'_, 's> {
    /// `{"properties": {…}, "events": {…}, "subDevices": [{"identity": …, "properties": …, "events": …}]}`
    pub(super) fn pack(&mut self, family: &'s dyn Family) -> Result<(), Halt> {
        self.place.form = Form::Pack;
        self.sections(["properties", "events", "subDevices"], |pass, section| match section {
            0 => pass.pack_properties(),
            1 => pass.pack_events(),
            _ => pass.devices(family),
        })
    }

    fn devices(&mut self, family: &'s dyn Family) -> Result<(), Halt> {
        self.list(|pass, index| {
            pass.place.device = index;
            if index == pass.options.max_devices {
                let at = pass.r.at();
                pass.report(Rule::TooMany, Code::PARAMETER, at, NONE)?;
            }
            pass.device(
                family,
                |pass, section| if section == 1 { pass.pack_properties() } else { pass.pack_events() },
            )
        })?;
        self.place.device = NONE;
        Ok(())
    }

    /// `[{"identity": …, "properties": [{…}], "events": [{…}]}]`
    pub(super) fn history(&mut self, family: &'s dyn Family) -> Result<(), Halt> {
        self.place.form = Form::History;
        let at = self.r.at();
        let mut empty = self.r.peek() == b'[';
        self.list(|pass, index| {
            empty = false;
            pass.place.device = index;
            pass.device(family, |pass, section| {
                if section == 1 {
                    return pass.in_section(Section::Properties, |pass| {
                        pass.each_point(|pass| pass.properties(Role::Post))
                    });
                }
                pass.in_section(Section::Events, |pass| {
                    pass.each_point(|pass| pass.event_map(|pass, outputs| pass.event(outputs)))
                })
            })
        })?;
        self.place.device = NONE;
        if empty { self.report(Rule::NoEntry, Code::LIST_EMPTY, at, NONE) } else { Ok(()) }
    }

    /// `{"properties": {"id": [{"value": …, "time": …}]}, "events": {"id": [{"value": {…}, "time": …}]}}`
    pub(super) fn batch(&mut self) -> Result<(), Halt> {
        self.place.form = Form::Batch;
        self.sections(["properties", "events"], |pass, section| {
            if section == 0 {
                return pass.in_section(Section::Properties, |pass| pass.properties(Role::Points));
            }
            pass.in_section(Section::Events, |pass| {
                pass.event_map(|pass, outputs| pass.points(|pass| pass.event(outputs)))
            })
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

    fn pack_events(&mut self) -> Result<(), Halt> {
        self.in_section(Section::Events, |pass| pass.event_map(|pass, outputs| pass.event(outputs)))
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
            pass.place.event = at;
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

    /// The members of an object that has no others than those; `read` is told which it is.
    #[inline(always)]
    fn sections<const N: usize>(
        &mut self,
        names: [&str; N],
        mut read: impl FnMut(&mut Self, usize) -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        if !self.is(b'{', Rule::Object, Code::SHAPE)? || !self.r.open(b'}') {
            return Ok(());
        }
        loop {
            self.r.go_to_name()?;
            let at = self.r.at();
            let which = self.r.member_of(names)?;
            if which < N {
                read(self, which)?;
            } else {
                self.report(Rule::Section, Code::PARAMETER, at, NONE)?;
                self.r.skip()?;
            }
            if !self.r.more(b'}')? {
                return Ok(());
            }
        }
    }

    /// One device with its own model; `read` takes properties (1) and events (2). What stands before the identity is passed over
    /// and read again when the model is known.
    fn device(
        &mut self,
        family: &'s dyn Family,
        mut read: impl FnMut(&mut Self, usize) -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        let own = self.model;
        let start = self.r.at();
        let mut model: Option<Option<&'s Model>> = None;
        let mut later: [Option<Reader<'_>>; 3] = [None; 3];
        if self.r.peek() != b'{' {
            return self.is(b'{', Rule::Object, Code::SHAPE).map(drop);
        }
        self.sections(["identity", "properties", "events"], |pass, section| {
            match (section, model) {
                (0, _) => model = Some(pass.identity(family)?),
                (_, Some(Some(model))) => {
                    pass.use_model(model);
                    read(pass, section)?;
                    pass.model = own;
                }
                (_, Some(None)) => pass.r.skip()?,
                (_, None) => {
                    later[section] = Some(pass.r);
                    pass.r.skip()?;
                }
            }
            Ok(())
        })?;
        let Some(model) = model else {
            return self.report(Rule::Identity, Code::PARAMETER, start, NONE);
        };
        if let Some(model) = model {
            let end = self.r;
            self.use_model(model);
            for (section, reader) in later.into_iter().enumerate() {
                if let Some(reader) = reader {
                    self.r = reader;
                    read(self, section)?;
                }
            }
            self.model = own;
            self.r = end;
        }
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
        if self.is(b'{', Rule::Object, Code::SHAPE)? && self.r.open(b'}') {
            loop {
                let which = self.r.member_of(["productKey", "deviceName"])?;
                match names.get_mut(which) {
                    Some(name) if self.r.peek() == b'"' => *name = Some(self.r.string()?),
                    _ => self.r.skip()?,
                }
                if !self.r.more(b'}')? {
                    break;
                }
            }
        }
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

    /// Each member of an object that must be here.
    fn members_at(
        &mut self,
        mut read: impl FnMut(&mut Self, Str<'_>, u32) -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        if !self.is(b'{', Rule::Object, Code::SHAPE)? || !self.r.open(b'}') {
            return Ok(());
        }
        loop {
            self.r.go_to_name()?;
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
            self.r.space();
        }
        Ok(())
    }
}

/// Resolves the escapes of a name; none the platform has is longer than the room for it.
#[cold]
fn with_decoded<T>(name: Str<'_>, use_it: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    use_it(core::str::from_utf8(name.decode(&mut [0; NAME])?).ok()?)
}
