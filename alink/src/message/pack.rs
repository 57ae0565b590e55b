//! Posts of many points or devices: batch, pack and history.

use super::property::{EventPost, MAX_PROPERTIES, Sample};
use crate::error::{Fault, Rule};
use crate::json::RawJson;
use crate::list::{List, Map, Read};
use crate::name::DeviceId;
use crate::out::Out;
use crate::write::{Json, Writer};

/// Events of one device in one pack or batch.
const MAX_EVENTS: usize = 20;
/// Sub-devices in one pack.
pub(crate) const MAX_CHILDREN: usize = 20;

/// A point in time, its value always wrapped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point<'a>(pub Sample<'a>);

impl<'a> Read<'a> for Point<'a> {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        let wrapped = Sample::read_wrapper(json.object()?)?;
        wrapped.map(Self).ok_or(Fault::new(Rule::ValueMissing, json.offset()))
    }
}

impl Json for Point<'_> {
    fn check(&self) -> Result<(), Fault> {
        self.0.check()
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        self.0.write_wrapped(to);
    }
}

/// The `params` of a batch post: several points of each property and event, own device only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchPost<'a> {
    /// At most 200 properties.
    pub properties: Map<'a, List<'a, Point<'a>>>,
    /// At most 20 events.
    pub events: Map<'a, List<'a, EventPost<'a>>>,
}

impl<'a> Read<'a> for BatchPost<'a> {
    fn read(params: RawJson<'a>) -> Result<Self, Fault> {
        let params = params.params_object()?;
        let batch = Self { properties: or_empty(params, "properties")?, events: or_empty(params, "events")? };
        check_counts(&batch.properties, &batch.events)?;
        Ok(batch)
    }
}

impl Json for BatchPost<'_> {
    fn check(&self) -> Result<(), Fault> {
        check_counts(&self.properties, &self.events)?;
        self.properties.check_identified()?;
        self.events.check_identified()
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.object(|to| {
            to.member("properties", &self.properties);
            to.member("events", &self.events);
        });
    }
}

/// Properties and events of one device, once each: the device's own share of a pack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share<'a> {
    /// At most 200 properties.
    pub properties: Map<'a, Point<'a>>,
    /// At most 20 events.
    pub events: Map<'a, EventPost<'a>>,
}

impl<'a> Share<'a> {
    fn write_members<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.member("properties", &self.properties);
        to.member("events", &self.events);
    }
}

impl<'a> Read<'a> for Share<'a> {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        let share = Self { properties: or_empty(json, "properties")?, events: or_empty(json, "events")? };
        check_counts(&share.properties, &share.events)?;
        Ok(share)
    }
}

impl Json for Share<'_> {
    fn check(&self) -> Result<(), Fault> {
        check_counts(&self.properties, &self.events)?;
        self.properties.check_identified()?;
        self.events.check_identified()
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.object(|to| self.write_members(to));
    }
}

/// A child's share of a pack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChildShare<'a> {
    /// The child.
    pub identity: DeviceId<'a>,
    /// What it has to say.
    pub share: Share<'a>,
}

impl<'a> Read<'a> for ChildShare<'a> {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        Ok(Self { identity: DeviceId::read_member(json.object()?, "identity")?, share: Share::read(json)? })
    }
}

impl Json for ChildShare<'_> {
    fn check(&self) -> Result<(), Fault> {
        self.share.check()
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.object(|to| {
            to.member("identity", &self.identity);
            self.share.write_members(to);
        });
    }
}

/// The `params` of a pack post: a gateway's properties and events with those of its children.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PackPost<'a> {
    /// The gateway's own.
    pub own: Share<'a>,
    /// At most 20 children.
    pub children: List<'a, ChildShare<'a>>,
}

impl<'a> Read<'a> for PackPost<'a> {
    fn read(params: RawJson<'a>) -> Result<Self, Fault> {
        let params = params.params_object()?;
        if let Some(children) = params.member("subDevices") {
            children.at_most(MAX_CHILDREN, Rule::TooManyChildren)?;
        }
        let children = Option::read_member(params, "subDevices")?.unwrap_or((&[]).into());
        Ok(Self { own: Share::read(params)?, children })
    }
}

impl Json for PackPost<'_> {
    fn check(&self) -> Result<(), Fault> {
        self.children.at_most(MAX_CHILDREN, Rule::TooManyChildren)?;
        self.own.check()?;
        self.children.check()
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.object(|to| {
            self.own.write_members(to);
            to.member("subDevices", &self.children);
        });
    }
}

/// What one device has to say of the past. It does not move the latest values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct History<'a> {
    /// The device itself, or a child of a gateway.
    pub identity: DeviceId<'a>,
    /// Properties with their times.
    pub properties: List<'a, Map<'a, Point<'a>>>,
    /// Events with their times.
    pub events: List<'a, Map<'a, EventPost<'a>>>,
}

/// The `params` of a history post.
pub type HistoryPost<'a> = List<'a, History<'a>>;

impl<'a> Read<'a> for History<'a> {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        Ok(Self {
            identity: DeviceId::read_member(json.object()?, "identity")?,
            properties: Option::read_member(json, "properties")?.unwrap_or((&[]).into()),
            events: Option::read_member(json, "events")?.unwrap_or((&[]).into()),
        })
    }
}

impl Json for History<'_> {
    fn check(&self) -> Result<(), Fault> {
        self.properties.iter().try_for_each(|properties| properties.check_identified())?;
        self.events.iter().try_for_each(|events| events.check_identified())
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.object(|to| {
            to.member("identity", &self.identity);
            to.member("properties", &self.properties);
            to.member("events", &self.events);
        });
    }
}

fn or_empty<'a, V: Read<'a> + Copy>(json: RawJson<'a>, name: &str) -> Result<Map<'a, V>, Fault> {
    Ok(Option::read_member(json, name)?.unwrap_or((&[]).into()))
}

fn check_counts<'a, P, E>(properties: &Map<'a, P>, events: &Map<'a, E>) -> Result<(), Fault>
where
    P: Read<'a> + Copy,
    E: Read<'a> + Copy,
{
    properties.at_most(MAX_PROPERTIES, Rule::TooManyProperties)?;
    events.at_most(MAX_EVENTS, Rule::TooManyEvents)
}
