//! A device: asks, is asked, and is told.

use core::time::Duration;

use super::asker::Asker;
use super::calls::{Call, Calls, Opened};
use super::clock::Clock;
use super::config::Config;
use super::download::Download;
use super::event::Event;
use super::shadow::Shadow;
use super::step::{Own, Send, Sent, Step};
use super::upload::Upload;
use crate::code::Code;
use crate::envelope::{Id, Reading, Reply, Request};
use crate::error::{Error, Fault, Rule};
use crate::json::RawJson;
use crate::list::{List, Map, Read as _};
use crate::message::any::Body;
use crate::message::config::LogConfig;
use crate::message::file::DownloadReply;
use crate::message::log::{LogLine, LogPost};
use crate::message::ota::Package;
use crate::message::property::{EventPost, Outcome, PropertyGet, PropertyPost, Sample, Value, Values};
use crate::name::DeviceId;
use crate::out::Out;
use crate::table::{Direction, Kind};
use crate::topic::Topic;
use crate::write::Json;

/// The flow of one device.
///
/// Every request gets an id and a place among the pending ones, which it leaves exactly once: by its
/// answer ([`Event::Posted`], [`Event::Answered`]) or its deadline ([`Event::TimedOut`]). Every call
/// of the platform is answered at most once, by [`answer`](Self::answer) or
/// [`answer_raw`](Self::answer_raw).
#[derive(Clone, Debug)]
pub struct Device {
    pub(super) own: Own,
    pub(super) asker: Asker,
    calls: Calls,
    clock: Clock,
    pub(super) shadow: Shadow,
    pub(super) download: Option<Download>,
    pub(super) upload: Option<Upload>,
    /// Whether the platform wants logs; not known before it says so.
    logging: Option<bool>,
}

impl Device {
    /// The flow of the device `id`.
    #[must_use]
    pub fn new(id: DeviceId<'_>, config: Config) -> Self {
        Self {
            own: id.into(),
            asker: Asker::new(config),
            calls: Calls::new(config.max_calls),
            clock: Clock::default(),
            shadow: Shadow::default(),
            download: None,
            upload: None,
            logging: None,
        }
    }

    /// Posts properties.
    ///
    /// # Errors
    /// [`Error::Message`] for what a platform would refuse, [`Error::Later`] while as many requests
    /// are pending as configured, [`Error::NoRoom`].
    pub fn post(
        &mut self,
        now: Duration,
        properties: &[(&str, Sample<'_>)],
        out: &mut (impl Out + ?Sized),
    ) -> Result<Sent, Error> {
        self.request(now, Kind::PropertyPost, &PropertyPost(Map::from(properties)), out)
    }

    /// Posts an event with its outputs, and when it happened (milliseconds of UTC; `None`: now).
    ///
    /// # Errors
    /// As for [`post`](Self::post).
    pub fn post_event(
        &mut self,
        now: Duration,
        identifier: &str,
        outputs: &[(&str, Value<'_>)],
        time: Option<u64>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Sent, Error> {
        let topic = Topic::event(self.own.id(), identifier)?;
        self.asker.ask(now, &topic, &EventPost { value: Map::from(outputs), time }, true, out)
    }

    /// Asks anything a device may ask on a topic that does not vary: `params` is the message that
    /// belongs to `kind`.
    ///
    /// # Errors
    /// As for [`post`](Self::post); [`Error::WrongState`] for a kind devices do not send.
    pub fn request(
        &mut self,
        now: Duration,
        kind: Kind,
        params: &impl Json,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Sent, Error> {
        self.send(now, kind, params, true, out)
    }

    /// The same without an answer: `sys.ack` is 0, and nothing is pending.
    ///
    /// # Errors
    /// As for [`request`](Self::request), but never [`Error::Later`].
    pub fn tell(
        &mut self,
        now: Duration,
        kind: Kind,
        params: &impl Json,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Send, Error> {
        self.send(now, kind, params, false, out).map(|sent| sent.send)
    }

    fn send(
        &mut self,
        now: Duration,
        kind: Kind,
        params: &impl Json,
        answer: bool,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Sent, Error> {
        let topic =
            Topic::of(kind, self.own.id()).filter(|topic| topic.kind().direction() != Direction::Down);
        let topic = topic.ok_or(Error::WrongState("a device does not send this kind of request"))?;
        self.asker.ask(now, &topic, params, answer, out)
    }

    /// Posts log lines.
    ///
    /// # Errors
    /// [`Error::WrongState`] until the platform has said that it wants logs (ask with
    /// [`Kind::LogConfigGet`]); else as for [`post`](Self::post).
    pub fn post_logs(
        &mut self,
        now: Duration,
        lines: &[LogLine<'_>],
        out: &mut (impl Out + ?Sized),
    ) -> Result<Sent, Error> {
        if self.logging != Some(true) {
            return Err(Error::WrongState("the platform wants no logs"));
        }
        self.request(now, Kind::LogPost, &LogPost(List::from(lines)), out)
    }

    /// Asks the platform for the time; the answer is [`Event::Time`].
    ///
    /// # Errors
    /// [`Error::Later`] while a question is open, [`Error::NoRoom`].
    pub fn ask_time(&mut self, now: Duration, out: &mut (impl Out + ?Sized)) -> Result<Send, Error> {
        let Self { own, asker, clock, .. } = self;
        let question = clock.question(now)?;
        let send = asker.builder.message(&Topic::made(Kind::Ntp, own.id(), ""), &question, 0, out)?;
        clock.asked(question, now.saturating_add(asker.config.request_timeout));
        Ok(send)
    }

    /// Milliseconds of UTC, once the platform has told the time.
    #[must_use]
    pub fn utc(&self, now: Duration) -> Option<u64> {
        self.clock.utc(now)
    }

    /// Publishes on a topic of the product's own.
    ///
    /// # Errors
    /// [`Error::Message`] for a topic that may not be, [`Error::NoRoom`].
    pub fn publish(
        &mut self,
        rest: &str,
        payload: &[u8],
        qos: u8,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Send, Error> {
        let topic = Topic::custom(self.own.id(), rest)?;
        self.asker.builder.binary(&topic, &[payload], qos, out)
    }

    /// Answers a call with a code and a body: `{}` (or outputs of a service) behind 200.
    ///
    /// # Errors
    /// [`Error::NoSuchCall`], [`Error::Message`] for a code devices may not use or a free-form call,
    /// [`Error::NoRoom`].
    pub fn answer(
        &mut self,
        call: Call,
        code: Code,
        data: &impl Json,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Send, Error> {
        let slot = self.calls.get(call).ok_or(Error::NoSuchCall)?;
        let id = slot.id.ok_or(Fault::new(Rule::IdMissing, 0))?;
        if !code.is_for_devices() {
            return Err(Fault::new(Rule::CodeOutOfRange, 0).into());
        }
        let reply = Reply::new(id, code, data);
        let send = self.asker.builder.answer(&slot.topic, |buffer| reply.append(buffer), out)?;
        self.calls.close(call);
        Ok(send)
    }

    /// Answers a call with bytes of any form.
    ///
    /// # Errors
    /// [`Error::NoSuchCall`], [`Error::NoRoom`].
    pub fn answer_raw(
        &mut self,
        call: Call,
        payload: &[u8],
        out: &mut (impl Out + ?Sized),
    ) -> Result<Send, Error> {
        let slot = self.calls.get(call).ok_or(Error::NoSuchCall)?;
        let body = |buffer: &mut alloc::vec::Vec<u8>| {
            buffer.extend_from_slice(payload);
            Ok(())
        };
        let send = self.asker.builder.answer(&slot.topic, body, out)?;
        self.calls.close(call);
        Ok(send)
    }

    /// Takes in a message of the platform.
    ///
    /// What is wrong with the message is an event ([`Event::Unreadable`]), not an error.
    ///
    /// # Errors
    /// [`Error::NoRoom`] for an answer that is due at once; call again with more.
    pub fn receive<'a>(
        &mut self,
        now: Duration,
        topic: &'a str,
        payload: &'a [u8],
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<Event<'a>>, Error> {
        self.receive_checked(now, topic, payload, out, &mut |_, _| 0)
    }

    /// The same, with `check` to count what is wrong with a request that is to be served.
    pub(super) fn receive_checked<'a>(
        &mut self,
        now: Duration,
        topic: &'a str,
        payload: &'a [u8],
        out: &mut (impl Out + ?Sized),
        check: &mut dyn FnMut(&Asked<'a>, RawJson<'a>) -> u32,
    ) -> Result<Step<Event<'a>>, Error> {
        let unreadable = |fault| Ok(Step::event(Event::Unreadable { topic, fault }));
        let parsed = match Topic::parse_sent(topic, Direction::Down, self.asker.config.max_topic) {
            Ok(parsed) => parsed,
            Err(fault) => return unreadable(fault),
        };
        if payload.len() > self.asker.config.max_payload {
            return unreadable(Fault::new(Rule::PayloadTooLarge, self.asker.config.max_payload));
        }
        if !self.is_ours(&parsed) {
            return unreadable(Fault::new(Rule::TopicNotOurs, 0));
        }
        if parsed.is_reply() {
            return Ok(Step::event(match self.reply(now, &parsed, payload) {
                Ok(event) => event,
                Err(fault) => Event::Unreadable { topic, fault },
            }));
        }
        match parsed.kind() {
            Kind::Broadcast | Kind::BroadcastOnline => {
                Ok(Step::event(Event::Broadcast { topic: parsed, payload }))
            }
            Kind::Custom if parsed.rrpc_id().is_none() => {
                Ok(Step::event(Event::Custom { topic: parsed, payload }))
            }
            Kind::PropertySet | Kind::PropertyGet | Kind::Service => {
                self.request_in(now, topic, parsed, payload, out, check)
            }
            Kind::Rrpc => match Request::parse(payload, &parsed, self.asker.config.reading) {
                // Synchronous calls of devices that did not ask for custom RRPC: the method tells.
                Ok(request) if request.method.is_some_and(|method| method.feature().is_some()) => {
                    self.request_in(now, topic, parsed, payload, out, check)
                }
                _ => self.free_form(now, parsed, payload),
            },
            _ if parsed.rrpc_id().is_some() => self.free_form(now, parsed, payload),
            Kind::OtaUpgrade | Kind::ChildError => Ok(Step::event(match Self::notice(&parsed, payload) {
                Ok(event) => event,
                Err(fault) => Event::Unreadable { topic, fault },
            })),
            Kind::ConfigPush
            | Kind::ModelConfigPush
            | Kind::LogConfigPush
            | Kind::JobNotify
            | Kind::BootstrapNotify
            | Kind::BootstrapConfigPush
            | Kind::InternalNotify
            | Kind::Disable
            | Kind::Enable
            | Kind::Delete
            | Kind::TopoAddNotify
            | Kind::TopoChange
            | Kind::GatewayPermit => self.push_in(topic, &parsed, payload, out),
            _ => Ok(Step::event(Event::Other { topic: parsed, payload })),
        }
    }

    fn is_ours(&self, topic: &Topic<'_>) -> bool {
        let own = self.own.id();
        match topic.kind() {
            Kind::Broadcast => topic.product_key() == own.product_key(),
            Kind::Probe => true,
            _ => topic.product_key() == own.product_key() && topic.device_name() == own.device_name(),
        }
    }

    fn reply<'a>(&mut self, now: Duration, topic: &Topic<'a>, payload: &'a [u8]) -> Result<Event<'a>, Fault> {
        let reading = self.asker.config.reading;
        match topic.kind() {
            Kind::Ntp => return self.clock.reply(now, payload).map(|utc| Event::Time { utc }),
            Kind::Shadow => return self.shadow.reply(payload).map(Event::Shadow),
            Kind::FileDownload => return self.block(now, DownloadReply::parse(payload, reading)?),
            _ => {}
        }
        let reply = Reply::parse(payload, reading)?;
        let (id, kind) = (reply.id, topic.kind());
        if self.asker.pending.get(id) != Some(kind) {
            return Err(Fault::new(Rule::IdNotPending, 0));
        }
        self.asker.pending.take(id);
        if self.upload.as_ref().is_some_and(|upload| upload.awaits(id)) {
            return self.upload_reply(kind, reply);
        }
        Ok(match kind {
            Kind::PropertyPost
            | Kind::PropertyPack
            | Kind::PropertyBatch
            | Kind::PropertyHistory
            | Kind::Event => Event::Posted { id, kind, reply, outcome: Outcome::of(&reply) },
            _ => {
                if kind == Kind::LogConfigGet
                    && let Ok(config) = LogConfig::read(reply.data)
                {
                    self.logging = Some(config.is_on);
                }
                Event::Answered { id, kind, reply }
            }
        })
    }

    /// The block asked for: what another one is, a lost answer that came late, is passed over.
    fn block<'a>(&mut self, now: Duration, reply: DownloadReply<'a>) -> Result<Event<'a>, Fault> {
        let download = self.download.as_mut().filter(|download| download.awaits(reply.id));
        let download = download.ok_or(Fault::new(Rule::IdNotPending, 0))?;
        self.asker.pending.take(reply.id);
        let event = download.take_in(now, reply)?;
        let is_over = match event {
            Event::Block { is_last, .. } => is_last && !download.owes(),
            _ => true,
        };
        if is_over {
            self.download = None;
        }
        Ok(event)
    }

    /// Pushes in the form of a reply.
    fn notice<'a>(topic: &Topic<'a>, payload: &'a [u8]) -> Result<Event<'a>, Fault> {
        let reply = Reply::parse(payload, Reading::Tolerant)?;
        Ok(match topic.kind() {
            Kind::OtaUpgrade => Event::Upgrade { package: Package::read(reply.data)? },
            _ => Event::ChildError { code: reply.code, child: DeviceId::read(reply.data)? },
        })
    }

    /// A push that is answered at once.
    fn push_in<'a>(
        &mut self,
        text: &'a str,
        topic: &Topic<'a>,
        payload: &'a [u8],
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<Event<'a>>, Error> {
        let reading = self.asker.config.reading;
        let read = Request::parse(payload, topic, reading)
            .and_then(|request| Ok((request, Body::read(topic.kind(), request.params, reading)?)));
        let (request, body) = match read {
            Ok(read) => read,
            Err(fault) => {
                let id = Reply::parse_id(payload);
                return self.refuse(topic, id, Event::Unreadable { topic: text, fault }, out);
            }
        };
        let mut step = Step::event(Event::Pushed { kind: topic.kind(), body });
        if let Some(reply) = topic.reply().filter(|_| request.wants_reply()) {
            step.send = Some(self.asker.builder.message(&reply, &Reply::ok(request.id), 0, out)?);
        }
        if let Body::LogConfig(config) = body {
            self.logging = Some(config.is_on);
        }
        Ok(step)
    }

    /// A set, get or service call.
    fn request_in<'a>(
        &mut self,
        now: Duration,
        text: &'a str,
        topic: Topic<'a>,
        payload: &'a [u8],
        out: &mut (impl Out + ?Sized),
        check: &mut dyn FnMut(&Asked<'a>, RawJson<'a>) -> u32,
    ) -> Result<Step<Event<'a>>, Error> {
        let read = Request::parse(payload, &topic, self.asker.config.reading);
        let understood = read.and_then(|request| Ok((request, Asked::read(&topic, &request)?)));
        let (request, asked) = match understood {
            Ok(understood) => understood,
            Err(fault) => {
                let id = Reply::parse_id(payload);
                return self.refuse(&topic, id, Event::Unreadable { topic: text, fault }, out);
            }
        };
        let violations = check(&asked, request.params);
        if violations > 0 {
            let id = Some(request.id).filter(|_| request.wants_reply());
            return self.refuse(&topic, id, Event::NotInModel { topic, violations }, out);
        }
        let call = if !request.wants_reply() {
            None
        } else {
            let Some(reply) = topic.reply() else {
                return Ok(Step::NOTHING);
            };
            match self.calls.open(&reply, Some(request.id), self.deadline(now, &topic)) {
                Opened::Call(call) => Some(call),
                Opened::Again => return Ok(Step::NOTHING),
                Opened::Full => {
                    let busy = Reply::refused(request.id, Code::TOO_MANY, "too many calls");
                    let send = self.asker.builder.message(&reply, &busy, 0, out)?;
                    return Ok(Step { send: Some(send), event: None });
                }
            }
        };
        let is_sync = topic.rrpc_id().is_some() || topic.kind() == Kind::Rrpc;
        Ok(Step::event(match asked {
            Asked::Set(values) => Event::PropertySet { call, values },
            Asked::Get(identifiers) => Event::PropertyGet { call, identifiers },
            Asked::Service(identifier, inputs) => Event::Service { call, identifier, inputs, is_sync },
        }))
    }

    fn free_form<'a>(
        &mut self,
        now: Duration,
        topic: Topic<'a>,
        payload: &'a [u8],
    ) -> Result<Step<Event<'a>>, Error> {
        let Some(reply) = topic.reply() else {
            return Ok(Step::event(Event::Other { topic, payload }));
        };
        // There is no form for a refusal; the caller of one too many runs into its timeout.
        Ok(match self.calls.open(&reply, None, self.deadline(now, &topic)) {
            Opened::Call(call) => Step::event(Event::Rrpc { call, topic, payload }),
            Opened::Again | Opened::Full => Step::NOTHING,
        })
    }

    /// A request that cannot be served: answered with code 460 if it has an id.
    fn refuse<'a>(
        &mut self,
        topic: &Topic<'a>,
        id: Option<Id>,
        event: Event<'a>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<Event<'a>>, Error> {
        let mut step = Step::event(event);
        if let (Some(id), Some(reply)) = (id, topic.reply()) {
            let refusal = Reply::new(id, Code::PARAMETER, RawJson::EMPTY_OBJECT);
            step.send = Some(self.asker.builder.message(&reply, &refusal, 0, out)?);
        }
        Ok(step)
    }

    fn deadline(&self, now: Duration, topic: &Topic<'_>) -> Duration {
        let is_sync = topic.rrpc_id().is_some() || topic.kind() == Kind::Rrpc;
        now.saturating_add(if is_sync {
            self.asker.config.rrpc_timeout
        } else {
            self.asker.config.call_timeout
        })
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do; a time gone by means at
    /// once.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Duration> {
        let download = self.download.as_ref().and_then(Download::next_timeout);
        let download = download.filter(|_| self.asker.pending.has_room());
        [
            self.asker.pending.next_timeout(),
            self.calls.next_timeout(),
            self.clock.next_timeout(),
            self.shadow.next_timeout(),
            self.upload.as_ref().and_then(Upload::next_timeout),
            download,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Does one thing that is due.
    ///
    /// # Errors
    /// [`Error::NoRoom`] for a message that is due; call again with more.
    pub fn handle_timeout(
        &mut self,
        now: Duration,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<Event<'static>>, Error> {
        if let Some((id, kind)) = self.asker.pending.expire(now) {
            if self.upload.as_ref().is_some_and(|upload| upload.awaits(id)) {
                return Ok(Step::event(self.upload_lost(id, kind)));
            }
            return Ok(match self.download.as_mut().filter(|download| download.awaits(id)) {
                Some(download) => match download.lost(now) {
                    Some(offset) => {
                        self.download = None;
                        Step::event(Event::DownloadFailed { offset })
                    }
                    None => Step::NOTHING,
                },
                None => Step::event(Event::TimedOut { id, kind }),
            });
        }
        if let Some(event) = self.upload_due() {
            return Ok(Step::event(event));
        }
        if let Some(call) = self.calls.expire(now) {
            return Ok(Step::event(Event::CallExpired { call }));
        }
        if let Some(id) = self.clock.expire(now) {
            return Ok(Step::event(Event::TimedOut { id, kind: Kind::Ntp }));
        }
        if self.shadow.expire(now) {
            return Ok(Step::event(Event::TimedOut { id: Id(0), kind: Kind::Shadow }));
        }
        if self.shadow.is_stale() {
            let send = self.shadow_get(now, out)?;
            return Ok(Step { send: Some(send), event: None });
        }
        self.download_step(now, out)
    }

    /// The device the flow speaks for.
    #[must_use]
    pub fn id(&self) -> DeviceId<'_> {
        self.own.id()
    }

    /// How many requests wait for an answer.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.asker.pending.len()
    }

    /// How many calls wait for ours.
    #[must_use]
    pub fn open_calls(&self) -> usize {
        self.calls.len()
    }

    /// An empty buffer that is free between messages.
    #[cfg(feature = "model")]
    pub(super) fn scratch(&mut self) -> &mut alloc::vec::Vec<u8> {
        self.asker.builder.scratch()
    }
}

/// What a request of the platform asks for.
pub(super) enum Asked<'a> {
    Set(Values<'a>),
    Get(PropertyGet<'a>),
    Service(&'a str, Values<'a>),
}

impl<'a> Asked<'a> {
    fn read(topic: &Topic<'a>, request: &Request<'a>) -> Result<Self, Fault> {
        let params = request.params;
        // The topic of a system RRPC names no feature, its method does.
        let feature = match topic.kind() {
            Kind::PropertySet => "property.set",
            Kind::PropertyGet => "property.get",
            Kind::Service => topic.part(),
            _ => request
                .method
                .and_then(|method| method.feature())
                .ok_or(Fault::new(Rule::MethodMissing, 0))?,
        };
        Ok(match feature {
            "property.set" => Self::Set(Map::read(params.params_object()?)?),
            "property.get" => Self::Get(PropertyGet::read(params)?),
            identifier => Self::Service(identifier, Map::read(params.params_object()?)?),
        })
    }
}

impl<'a> Reply<'a> {
    /// The id of a message nothing else of which may be readable.
    pub(crate) fn parse_id(payload: &[u8]) -> Option<Id> {
        let id = RawJson::parse(payload).ok()?.member("id")?;
        id.integer().or_else(|| id.text()?.integer()).and_then(|id| u64::try_from(id).ok()).map(Id)
    }
}
