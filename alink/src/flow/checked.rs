//! A device whose messages are held against its thing model on the way (feature `model`).

use core::time::Duration;

use thing_model::{Checker, Outcome, Payload, Sink, WallClock};

use super::device::{Asked, Device};
use super::event::Event;
use super::step::{Sent, Step};
use crate::envelope::{Members, Reading, Request};
use crate::error::{Error, Fault, Rule};
use crate::json::RawJson;
use crate::list::Map;
use crate::message::property::{EventPost, PropertyPost, Sample, Value};
use crate::out::Out;
use crate::table::Kind;
use crate::topic::Topic;
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

impl<'a> Request<'a> {
    /// Reads the envelope of a request and holds its `params` against a model, in one pass over the
    /// payload: what a platform does with posts. `checks` is what the topic makes of them. The
    /// request is given whatever the model says.
    ///
    /// ```
    /// use alink::{Id, Reading, Request, Topic};
    /// use thing_model::{Checker, Limits, Model, Outcome, Payload, Record, WallClock};
    ///
    /// let model = Model::compile(include_bytes!("../../../vectors/tsl/lamp.json"), &Limits::current())?;
    /// let mut checker = Checker::new(&model);
    /// let topic = Topic::parse("/sys/a1LampDemo01/lamp001/thing/event/property/post")?;
    /// let payload = br#"{"id":"7","version":"1.0","params":{"Brightness":101}}"#;
    /// let mut found = Vec::<Record>::new();
    /// let (request, outcome) = Request::parse_checked(
    ///     payload, &topic, Reading::Tolerant, &mut checker, Payload::PropertyPost, WallClock::UNKNOWN, &mut found,
    /// )?;
    /// assert_eq!((request.id, outcome.is_valid(), found.len()), (Id(7), false, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The rule of the envelope that is broken, with the offset in the payload.
    pub fn parse_checked(
        payload: &'a [u8],
        topic: &Topic<'_>,
        reading: Reading,
        checker: &mut Checker<'_>,
        checks: Payload<'_>,
        clock: WallClock,
        sink: &mut dyn Sink,
    ) -> Result<(Self, Outcome), Fault> {
        let Ok((outcome, envelope)) = checker.check_message(checks, payload, clock, sink) else {
            // Our own reader says what exactly is wrong with it.
            return Self::parse(payload, topic, reading).and(Err(Fault::new(Rule::NotJson, 0)));
        };
        if outcome == Outcome::Stopped {
            // Not all of it was looked at.
            return Self::parse(payload, topic, reading).map(|request| (request, outcome));
        }
        let text = core::str::from_utf8(payload).unwrap_or_default();
        let raw = |member: Option<&[u8]>| member.and_then(|member| RawJson::checked_before(member, text));
        let members = Members {
            id: raw(envelope.id),
            version: raw(envelope.version),
            sys: raw(envelope.sys),
            method: raw(envelope.method),
            params: raw(envelope.params),
            ..Members::default()
        };
        members.into_request(topic, reading).map(|request| (request, outcome))
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
