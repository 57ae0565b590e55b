//! The small ones: thing model, diagnosis, bootstrap, internal services, errors of children.

use super::object;
use crate::error::Fault;
use crate::json::{RawJson, Text};
use crate::list::{List, Read};
use crate::name::DeviceId;
use crate::out::Out;
use crate::write::{Json, Writer};

/// `params` or `data` with nothing in it: questions for the thing model or the topology, reset,
/// disable, enable, delete. Read, it is any object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Empty;

impl<'a> Read<'a> for Empty {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        json.params_object().map(|_| Self)
    }
}

impl Json for Empty {
    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.put("{}");
    }
}

object! {
    /// A question for parts of the thing model. The answer is a TSL.
    pub struct DynamicTslGet<'a> {
        /// Which members of its nodes.
        "nodes" => nodes: List<'a, Text<'a>>,
        /// Whether members of their default value are given.
        "addDefault" => add_default: bool,
    }
}

object! {
    /// A wish that the device asks again where to connect; `cmd` 0.
    pub struct Bootstrap {
        /// What to do.
        "cmd" => command: u64,
    }
}

object! {
    /// A service of the platform's own.
    pub struct InternalService<'a> {
        /// Which.
        "identifier" => identifier: Text<'a>,
        /// Its inputs.
        "serviceParams" => params: RawJson<'a>,
    }
}

object! {
    /// The child by which a gateway has tried what it may not: `data` of an error push.
    pub struct ChildError<'a> {
        /// Its product.
        "productKey" => product_key: &'a str,
        /// Its name.
        "deviceName" => device_name: &'a str,
    }
}

impl<'a> ChildError<'a> {
    /// The child.
    ///
    /// # Errors
    /// The rule its names break.
    pub fn device(&self) -> Result<DeviceId<'a>, Fault> {
        DeviceId::new(self.product_key, self.device_name)
    }
}

object! {
    /// The quality of the network, now or in the past.
    pub struct Diagnosis<'a> {
        /// A [`Sighting`], or an array of them.
        "p" => sightings: Sightings<'a>,
        /// What is told and when: [`NOW`] or [`HISTORY`].
        "model" => model: Text<'a>,
    }
}

/// The `model` of one sighting of now.
pub const NOW: &str = "quantity=single|format=simple|time=now";
/// The `model` of sightings of the past.
pub const HISTORY: &str = "format=simple|quantity=batch|time=history";

/// One sighting, or several.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Sightings<'a> {
    /// Of now.
    One(Sighting<'a>),
    /// Of the past.
    Many(List<'a, Sighting<'a>>),
}

impl<'a> Read<'a> for Sightings<'a> {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        if json.as_str().starts_with('[') {
            List::read(json).map(Self::Many)
        } else {
            Sighting::read(json).map(Self::One)
        }
    }
}

impl Json for Sightings<'_> {
    fn check(&self) -> Result<(), Fault> {
        match self {
            Self::One(sighting) => sighting.check(),
            Self::Many(sightings) => sightings.check(),
        }
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        match self {
            Self::One(sighting) => sighting.write(to),
            Self::Many(sightings) => sightings.write(to),
        }
    }
}

object! {
    /// The network at one moment.
    pub struct Sighting<'a> {
        /// The wireless link.
        "wifi" => wifi: Wifi<'a>,
        /// When, in milliseconds of UTC.
        "_time" => time: u64,
    }
}

object! {
    /// A wireless link.
    pub struct Wifi<'a> {
        /// Strength of the signal.
        "rssi" => rssi: i64,
        /// Signal to noise.
        "snr" => snr: i64,
        /// Packets lost.
        "per" => per: i64,
        /// Error counts: `type,code,times` joined by semicolons.
        "err_stats" => error_stats: Text<'a>,
    }
}
