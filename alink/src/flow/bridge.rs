//! A bridge: devices of another world, each known there by another name.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use core::time::Duration;

use super::config::Config;
use super::device::Device;
use super::event::Event;
use super::fleet::Fleet;
use super::step::Step;
use crate::error::{Error, Fault, Rule};
use crate::json::RawJson;
use crate::list::{List, Read};
use crate::name::DeviceId;
use crate::out::Out;
use crate::table::Direction;
use crate::topic::Topic;
use crate::write::{Json, Writer};

/// One device in the configuration of a bridge.
///
/// ```
/// use alink::flow::BridgeEntry;
/// use alink::{List, RawJson, Read as _};
///
/// let config = br#"[{"original":"862369030016607","productKey":"a1Meter0001","deviceName":"meter001"}]"#;
/// let entries = List::<BridgeEntry<'_>>::read(RawJson::parse(config)?)?;
/// assert_eq!(entries.iter().next().unwrap().original, "862369030016607");
/// # Ok::<(), alink::Fault>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BridgeEntry<'a> {
    /// What the device is called in its own world.
    pub original: &'a str,
    /// What it is called here.
    pub device: DeviceId<'a>,
}

impl<'a> Read<'a> for BridgeEntry<'a> {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        Ok(Self { original: Read::read_member(json.object()?, "original")?, device: DeviceId::read(json)? })
    }
}

impl Json for BridgeEntry<'_> {
    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.object(|to| {
            to.member("original", &self.original);
            self.device.write_members(to);
        });
    }
}

/// What a bridge's flow reports.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "events are handed over once, never kept")]
pub enum BridgeEvent<'a> {
    /// Something for a device.
    Device {
        /// What it is called in its own world.
        original: &'a str,
        /// What it is called here.
        device: DeviceId<'a>,
        /// What.
        event: Event<'a>,
    },
    /// A message for no device of this bridge.
    Unknown {
        /// The topic as it came.
        topic: &'a str,
    },
}

/// The flow of a bridge.
///
/// Every device has its own ids, pending requests and open calls, within bounds of its own: one that
/// never answers fills its own tables and no other's. What goes to devices that may be stuck is best
/// handed on through an [`Outbox`](super::Outbox). How the bridge tells the platform that a device
/// is online is the transport's affair.
///
/// ```
/// use core::time::Duration;
/// use alink::flow::{Bridge, BridgeEntry};
/// use alink::{Config, DeviceId};
///
/// let meter = DeviceId::new("a1Meter0001", "meter001")?;
/// let entries = [BridgeEntry { original: "862369030016607", device: meter }];
/// let mut bridge = Bridge::new((&entries).into(), Config::default(), 1000)?;
/// bridge.online("862369030016607")?;
/// let mut out = Vec::new();
/// let sent = bridge.with_device("862369030016607", |device| {
///     device.post(Duration::ZERO, &[("water_level", 17.into())], &mut out)
/// })?;
/// assert_eq!(sent.send.split(&out).0, "/sys/a1Meter0001/meter001/thing/event/property/post");
/// # Ok::<(), alink::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bridge {
    config: Config,
    max_devices: usize,
    devices: Fleet<Foreign>,
    originals: BTreeMap<Box<str>, usize>,
}

#[derive(Clone, Debug)]
struct Foreign {
    original: Box<str>,
    is_online: bool,
}

const NO_DEVICE: Error = Error::WrongState("there is no such device");

impl Bridge {
    /// The flow of a bridge for these devices, all offline, and room for `max_devices`.
    ///
    /// # Errors
    /// [`Error::Message`] with [`Rule::DuplicateMember`] if a name of either world occurs twice;
    /// [`Error::WrongState`] for one device too many.
    pub fn new(
        entries: List<'_, BridgeEntry<'_>>,
        config: Config,
        max_devices: usize,
    ) -> Result<Self, Error> {
        let mut bridge = Self { config, max_devices, devices: Fleet::new(), originals: BTreeMap::new() };
        entries.iter().try_for_each(|entry| bridge.map(entry))?;
        Ok(bridge)
    }

    /// Adds a device, offline.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn map(&mut self, entry: BridgeEntry<'_>) -> Result<(), Error> {
        let twice = Error::Message(Fault::new(Rule::DuplicateMember, 0));
        if self.originals.contains_key(entry.original) {
            return Err(twice);
        }
        if self.devices.len() >= self.max_devices {
            return Err(Error::WrongState("as many devices as configured"));
        }
        let foreign = Foreign { original: entry.original.into(), is_online: false };
        let at = self.devices.insert(Device::new(entry.device, self.config), foreign).ok_or(twice)?;
        self.originals.insert(entry.original.into(), at);
        Ok(())
    }

    /// Takes a device away, with all that waits for it.
    ///
    /// # Errors
    /// [`Error::WrongState`] if there is no such device.
    pub fn unmap(&mut self, original: &str) -> Result<(), Error> {
        let at = self.originals.remove(original).ok_or(NO_DEVICE)?;
        self.devices.retire(at);
        Ok(())
    }

    /// The device is there: it may post, and is served.
    ///
    /// # Errors
    /// [`Error::WrongState`] if there is no such device.
    pub fn online(&mut self, original: &str) -> Result<DeviceId<'_>, Error> {
        self.turn(original, true)
    }

    /// The device is gone for now. What it has asked runs into its deadlines.
    ///
    /// # Errors
    /// [`Error::WrongState`] if there is no such device.
    pub fn offline(&mut self, original: &str) -> Result<DeviceId<'_>, Error> {
        self.turn(original, false)
    }

    fn turn(&mut self, original: &str, is_online: bool) -> Result<DeviceId<'_>, Error> {
        let at = *self.originals.get(original).ok_or(NO_DEVICE)?;
        let slot = self.devices.get_mut(at).ok_or(NO_DEVICE)?;
        slot.beside.is_online = is_online;
        Ok(slot.device.id())
    }

    /// Lets a device post, ask or answer. It must be online.
    ///
    /// # Errors
    /// [`Error::WrongState`] unless the device is online; what `with` returns.
    pub fn with_device<R>(
        &mut self,
        original: &str,
        with: impl FnOnce(&mut Device) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let at = *self.originals.get(original).ok_or(NO_DEVICE)?;
        let slot = self.devices.get_mut(at).filter(|slot| slot.beside.is_online);
        let done = with(&mut slot.ok_or(Error::WrongState("the device is not online"))?.device);
        self.devices.settle(at);
        done
    }

    /// Takes in a message for whichever device its topic names.
    ///
    /// # Errors
    /// As for [`Device::receive`].
    pub fn receive<'a>(
        &'a mut self,
        now: Duration,
        topic: &'a str,
        payload: &'a [u8],
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<BridgeEvent<'a>>, Error> {
        let named = Topic::parse_sent(topic, Direction::Down, self.config.max_topic).ok();
        let at = named.and_then(|named| self.devices.find(named.device()?));
        let Some((at, slot)) = at.and_then(|at| Some((at, self.devices.get_mut(at)?))) else {
            return Ok(Step::event(BridgeEvent::Unknown { topic }));
        };
        let step = slot.device.receive(now, topic, payload, out);
        self.devices.settle(at);
        Ok(self.tell(at, step?))
    }

    fn tell<'a>(&'a self, at: usize, step: Step<Event<'a>>) -> Step<BridgeEvent<'a>> {
        let event = self.devices.get(at).zip(step.event).map(|(slot, event)| BridgeEvent::Device {
            original: &slot.beside.original,
            device: slot.device.id(),
            event,
        });
        Step { send: step.send, event }
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Duration> {
        self.devices.next().map(|(due, _)| due)
    }

    /// Does one thing that is due, for the device that is due first.
    ///
    /// # Errors
    /// [`Error::NoRoom`] for a message that is due; call again with more.
    pub fn handle_timeout(
        &mut self,
        now: Duration,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<BridgeEvent<'_>>, Error> {
        let due = self.devices.next().filter(|(due, _)| *due <= now);
        let Some((at, slot)) = due.and_then(|(_, at)| Some((at, self.devices.get_mut(at)?))) else {
            return Ok(Step::NOTHING);
        };
        let step = slot.device.handle_timeout(now, out);
        self.devices.settle(at);
        Ok(self.tell(at, step?))
    }

    /// What a device of the other world is called here, and whether it is online.
    #[must_use]
    pub fn device(&self, original: &str) -> Option<(DeviceId<'_>, bool)> {
        let slot = self.devices.get(*self.originals.get(original)?)?;
        Some((slot.device.id(), slot.beside.is_online))
    }

    /// What a device is called in its own world.
    #[must_use]
    pub fn original(&self, device: DeviceId<'_>) -> Option<&str> {
        Some(&self.devices.get(self.devices.find(device)?)?.beside.original)
    }

    /// How many devices there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.devices.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.devices.len() == 0
    }
}
