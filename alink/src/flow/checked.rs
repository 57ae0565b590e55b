//! A device whose messages are held against its thing model on the way (feature `model`).

use core::time::Duration;

use thing_model::{Checker, Outcome, Payload, Sink, WallClock};

use super::device::{Asked, Device};
use super::event::Event;
use super::step::{Sent, Step};
use crate::error::Error;
use crate::list::Map;
use crate::message::property::{EventPost, PropertyPost, Sample, Value};
use crate::out::Out;
use crate::table::Kind;
use crate::write::Json;

/// A device together with the checker of its model, for one call.
///
/// What leaves is checked before it is built, so a refused post costs no id; what comes in is checked
/// before the application hears of it, and refused with code 460. All violations go to the sink.
///
/// ```
/// use core::time::Duration;
/// use alink::{Config, Device, DeviceId, Error};
/// use thing_model::{Checker, Limits, Model, Record, WallClock};
///
/// let model = Model::compile(include_bytes!("../../../vectors/tsl/lamp.json"), &Limits::current())?;
/// let mut checker = Checker::new(&model);
/// let mut device = Device::new(DeviceId::new("a1LampDemo01", "lamp001")?, Config::default());
/// let (mut out, mut found) = (Vec::new(), Vec::<Record>::new());
///
/// let bad = [("Brightness", 101.into()), ("Colour", 3.into())];
/// let refused =
///     device.checked(&mut checker, WallClock::UNKNOWN).post(Duration::ZERO, &bad, &mut found, &mut out);
/// assert_eq!(refused, Err(Error::Model { violations: 2 }));
/// assert_eq!((found.len(), out.len()), (2, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Checked<'d, 'm> {
    device: &'d mut Device,
    checker: &'d mut Checker<'m>,
    clock: WallClock,
}

impl Device {
    /// The device with the checker of its model. The wall clock judges times ahead; it may be
    /// unknown.
    pub fn checked<'d, 'm>(&'d mut self, checker: &'d mut Checker<'m>, clock: WallClock) -> Checked<'d, 'm> {
        Checked { device: self, checker, clock }
    }
}

impl Checked<'_, '_> {
    /// [`Device::post`], checked.
    ///
    /// # Errors
    /// [`Error::Model`] besides those of the unchecked call.
    pub fn post(
        &mut self,
        now: Duration,
        properties: &[(&str, Sample<'_>)],
        sink: &mut dyn Sink,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Sent, Error> {
        self.check(Payload::PropertyPost, &PropertyPost(Map::from(properties)), sink)?;
        self.device.post(now, properties, out)
    }

    /// [`Device::post_event`], checked.
    ///
    /// # Errors
    /// [`Error::Model`] besides those of the unchecked call.
    pub fn post_event(
        &mut self,
        now: Duration,
        identifier: &str,
        outputs: &[(&str, Value<'_>)],
        time: Option<u64>,
        sink: &mut dyn Sink,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Sent, Error> {
        self.check(Payload::EventPost(identifier), &EventPost { value: Map::from(outputs), time }, sink)?;
        self.device.post_event(now, identifier, outputs, time, out)
    }

    /// [`Device::request`], its `params` checked as `payload`: batch, pack and history posts.
    ///
    /// # Errors
    /// [`Error::Model`] besides those of the unchecked call.
    pub fn request(
        &mut self,
        now: Duration,
        kind: Kind,
        payload: Payload<'_>,
        params: &impl Json,
        sink: &mut dyn Sink,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Sent, Error> {
        self.check(payload, params, sink)?;
        self.device.request(now, kind, params, out)
    }

    /// [`Device::receive`], inbound sets, gets and services checked.
    ///
    /// # Errors
    /// As for the unchecked call; what the model refuses is [`Event::NotInModel`].
    pub fn receive<'a>(
        &mut self,
        now: Duration,
        topic: &'a str,
        payload: &'a [u8],
        sink: &mut dyn Sink,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<Event<'a>>, Error> {
        let Self { device, checker, clock } = self;
        device.receive_checked(now, topic, payload, out, &mut |asked, params| {
            let payload = match asked {
                Asked::Set(_) => Payload::PropertySet,
                Asked::Get(_) => Payload::PropertyGet,
                Asked::Service(identifier, _) => Payload::ServiceInput(identifier),
            };
            count(checker.check(payload, params.as_str().as_bytes(), *clock, sink))
        })
    }

    fn check(&mut self, payload: Payload<'_>, params: &impl Json, sink: &mut dyn Sink) -> Result<(), Error> {
        params.check()?;
        let json = self.device.scratch();
        params.append(json)?;
        match count(self.checker.check(payload, json, self.clock, sink)) {
            0 => Ok(()),
            violations => Err(Error::Model { violations }),
        }
    }
}

/// At least one, unless the payload is valid.
fn count(outcome: Result<Outcome, thing_model::json::Malformed>) -> u32 {
    match outcome {
        Ok(Outcome::Valid) => 0,
        Ok(Outcome::Invalid { violations }) => violations,
        // Stopped by the sink, or deeper or longer than the checker allows.
        _ => 1,
    }
}
