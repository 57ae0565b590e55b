//! The device: a signed connection, a thing model that judges what leaves, and the Alink flow of one device.
//!
//! The same code talks to the local platform, to a real endpoint and, without the Alink part, to any MQTT server.

use crate::Fault;
use crate::link::{Incoming, Link};
use crate::trace::{Trace, Way};
use alink::access::{Filter, MAX_FILTERS_AT_ONCE};
use alink::{DeviceId, Event, Kind, Sample, Value};
use iot_auth::{Context, Identity, Method, OwnedConnect, Param, Secret, SigningKey, Transport, UnixMillis};
use mqtt_codec::session::{Config, Message, Session};
use mqtt_codec::{
    Connect, Disconnect, MemStore, PacketId, Properties, Qos, ReasonCode, Subscribe, Subscription,
    Subscriptions, Text, TopicFilter, TopicName, Version,
};
use std::net::{TcpStream, ToSocketAddrs};
use std::ops::ControlFlow;
use std::time::Duration;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use thing_model::{Checker, Model, Sink, Violation, WallClock};

/// How long to wait for anything that must come.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// Seconds; the platform takes 30 to 1200 and advises over 300.
const KEEP_ALIVE: u16 = 300;

/// What makes a device: its names and its secret.
#[derive(Debug)]
pub struct Triple<'a> {
    /// Names the product.
    pub product_key: &'a str,
    /// Names the device in it.
    pub device_name: &'a str,
    /// Signs for it.
    pub secret: &'a Secret,
}

/// A device online.
#[derive(Debug)]
pub struct Device<'a> {
    link: Link,
    flow: alink::Device,
    checker: Checker<'a>,
    trace: &'a Trace,
    id: DeviceId<'a>,
}

/// A message of the platform as it came.
#[derive(Debug)]
pub struct Seen {
    /// Its topic.
    pub topic: String,
    /// Its payload.
    pub payload: Vec<u8>,
    /// The packet that carried it.
    pub frame: Vec<u8>,
}

impl<'a> Device<'a> {
    /// Signs and connects.
    ///
    /// # Errors
    /// The endpoint cannot be reached, or refuses: [`Fault::Refused`] with the code of its CONNACK.
    pub fn connect(
        endpoint: &str,
        triple: &Triple<'a>,
        model: &'a Model,
        trace: &'a Trace,
    ) -> Result<Self, Fault> {
        let id = DeviceId::new(triple.product_key, triple.device_name).map_err(Fault::protocol)?;
        let login = sign(triple)?;
        let stream = dial(endpoint)?;
        let epoch = Instant::now();
        let session = Session::client(Config::default(), MemStore::new());
        let mut link = Link::new(stream, session, Vec::new(), epoch)?;
        let connect = Connect {
            keep_alive: KEEP_ALIVE,
            user_name: Some(Text::new(&login.user_name).map_err(Fault::protocol)?),
            password: Some(mqtt_codec::Secret(login.password.as_bytes())),
            ..Connect::new(Version::V311, Text::new(&login.client_id).map_err(Fault::protocol)?)
        };
        let ((), frame) = link.call(|session, now, out| session.connect(now, &connect, out))?;
        trace.step(
            Way::Up,
            "connect",
            &format!("client id {}, user name {}", login.client_id, login.user_name),
        );
        trace.frame(&frame);
        match link.next(PATIENCE)? {
            Some((Incoming::Connected { session_present }, frame)) => {
                trace.step(Way::Down, "connected", &format!("session present: {session_present}"));
                trace.frame(&frame);
            }
            Some((Incoming::Refused(reason), frame)) => {
                trace.step(Way::Down, "refused", &format!("CONNACK: {reason}"));
                trace.frame(&frame);
                return Err(Fault::Refused(reason.to_string()));
            }
            Some((other, _)) => return Err(Fault::Protocol(format!("instead of CONNACK came {other:?}"))),
            None => return Err(Fault::Silence("CONNACK")),
        }
        Ok(Self {
            link,
            flow: alink::Device::new(id, alink::Config::default()),
            checker: Checker::new(model),
            trace,
            id,
        })
    }

    /// Subscribes what comes on topics of these kinds, and synchronous service calls. Filters that are refused are named in
    /// the trace.
    ///
    /// # Errors
    /// The connection is gone, or nothing is granted.
    pub fn subscribe(&mut self, kinds: &[Kind]) -> Result<(), Fault> {
        let filters = kinds.iter().filter_map(|kind| Filter::of(*kind, self.id));
        let synchronous = format!(
            "/ext/rrpc/+{}",
            Filter::of(Kind::Service, self.id).map(|f| f.to_string()).unwrap_or_default()
        );
        let texts: Vec<String> = filters.map(|filter| filter.to_string()).chain([synchronous]).collect();
        for chunk in texts.chunks(MAX_FILTERS_AT_ONCE) {
            let list: Vec<Subscription<'_>> = chunk
                .iter()
                .map(|text| Ok(Subscription::new(TopicFilter::new(text)?, Qos::AtLeastOnce)))
                .collect::<Result<_, _>>()
                .map_err(|error: mqtt_codec::TopicError| Fault::protocol(error))?;
            let subscriptions = Subscriptions::new(&list).map_err(Fault::protocol)?;
            let subscribe =
                Subscribe { packet_id: PacketId::MIN, properties: Properties::EMPTY, subscriptions };
            let (_, frame) = self.link.call(|session, now, out| session.subscribe(now, &subscribe, out))?;
            self.trace.step(Way::Up, "subscribe", &chunk.join(" "));
            self.trace.frame(&frame);
            let Some((Incoming::Subscribed(granted), frame)) = self.link.next(PATIENCE)? else {
                return Err(Fault::Silence("SUBACK"));
            };
            let refused: Vec<&str> = chunk
                .iter()
                .zip(&granted)
                .filter(|(_, reason)| reason.is_error())
                .map(|(filter, _)| filter.as_str())
                .collect();
            self.trace.step(Way::Down, "subscribed", &format!("{} filters", granted.len() - refused.len()));
            self.trace.frame(&frame);
            if refused.len() == granted.len() {
                return Err(Fault::Refused(format!("no filter was granted: {}", refused.join(" "))));
            }
            refused.iter().for_each(|filter| self.trace.note(&format!("refused: {filter}")));
        }
        Ok(())
    }

    /// Posts properties, if the model has nothing against them.
    ///
    /// # Errors
    /// [`Fault::NotInModel`] with everything the model has against them; or the connection is gone.
    pub fn post(
        &mut self,
        step: &'static str,
        properties: &[(&str, Sample<'_>)],
    ) -> Result<alink::Id, Fault> {
        let mut message = Vec::new();
        let mut words = Words::default();
        let now = self.link.now();
        let sent = self
            .flow
            .checked(&mut self.checker, wall_clock())
            .post(now, properties, &mut words, &mut message)
            .map_err(|error| refused(error, words))?;
        self.publish(step, &sent.send, &message)?;
        Ok(sent.id)
    }

    /// Posts properties, whatever the model says of them.
    ///
    /// # Errors
    /// The connection is gone.
    pub fn post_unchecked(
        &mut self,
        step: &'static str,
        properties: &[(&str, Sample<'_>)],
    ) -> Result<alink::Id, Fault> {
        let mut message = Vec::new();
        let now = self.link.now();
        let sent = self.flow.post(now, properties, &mut message).map_err(Fault::protocol)?;
        self.publish(step, &sent.send, &message)?;
        Ok(sent.id)
    }

    /// Posts an event, if the model has nothing against it.
    ///
    /// # Errors
    /// As for [`post`](Self::post).
    pub fn post_event(
        &mut self,
        identifier: &str,
        outputs: &[(&str, Value<'_>)],
    ) -> Result<alink::Id, Fault> {
        let mut message = Vec::new();
        let mut words = Words::default();
        let now = self.link.now();
        let sent = self
            .flow
            .checked(&mut self.checker, wall_clock())
            .post_event(now, identifier, outputs, None, &mut words, &mut message)
            .map_err(|error| refused(error, words))?;
        self.publish("post event", &sent.send, &message)?;
        Ok(sent.id)
    }

    /// Posts an event, whatever the model says of it.
    ///
    /// # Errors
    /// The connection is gone.
    pub fn post_event_unchecked(
        &mut self,
        identifier: &str,
        outputs: &[(&str, Value<'_>)],
    ) -> Result<alink::Id, Fault> {
        let mut message = Vec::new();
        let now = self.link.now();
        let sent =
            self.flow.post_event(now, identifier, outputs, None, &mut message).map_err(Fault::protocol)?;
        self.publish("event anyway", &sent.send, &message)?;
        Ok(sent.id)
    }

    /// Answers a call with the outputs of a service, or nothing.
    ///
    /// # Errors
    /// The call has expired, or the connection is gone.
    pub fn answer(
        &mut self,
        step: &'static str,
        call: alink::Call,
        outputs: &[(&str, Value<'_>)],
    ) -> Result<(), Fault> {
        let mut message = Vec::new();
        let send = self
            .flow
            .answer(call, alink::Code::OK, &alink::Values::from(outputs), &mut message)
            .map_err(Fault::protocol)?;
        self.publish(step, &send, &message)
    }

    /// Answers a free-form call.
    ///
    /// # Errors
    /// The call has expired, or the connection is gone.
    pub fn answer_raw(&mut self, step: &'static str, call: alink::Call, payload: &[u8]) -> Result<(), Fault> {
        let mut message = Vec::new();
        let send = self.flow.answer_raw(call, payload, &mut message).map_err(Fault::protocol)?;
        self.publish(step, &send, &message)
    }

    /// Waits until `pick` takes what a message of the platform means; other messages are passed over. What the platform asks
    /// against the model is refused.
    ///
    /// # Errors
    /// It does not come in time, it contradicts the model, or the connection is gone.
    pub fn expect<R>(
        &mut self,
        what: &'static str,
        mut pick: impl FnMut(&Event<'_>) -> Option<R>,
    ) -> Result<(R, Seen), Fault> {
        let until = self.link.now() + PATIENCE;
        loop {
            let wait = until.saturating_sub(self.link.now());
            let Some((incoming, frame)) = self.link.next(wait)? else { return Err(Fault::Silence(what)) };
            let (topic, payload) = match incoming {
                Incoming::Message { topic, payload, .. } => (topic, payload),
                Incoming::Disconnected => return Err(Fault::Gone("the peer disconnected")),
                Incoming::Closed(reason) => return Err(Fault::Protocol(reason)),
                _ => continue,
            };
            let mut message = Vec::new();
            let now = self.link.now();
            let mut words = Words::default();
            let step = self
                .flow
                .checked(&mut self.checker, wall_clock())
                .receive(now, &topic, &payload, &mut words, &mut message)
                .map_err(Fault::protocol)?;
            let picked = step.event.as_ref().and_then(&mut pick);
            if let Some(send) = step.send {
                self.publish("refuse", &send, &message)?;
            }
            if !words.0.is_empty() {
                return Err(Fault::NotInModel(words.0));
            }
            if let Some(picked) = picked {
                return Ok((picked, Seen { topic, payload, frame }));
            }
        }
    }

    /// Says goodbye.
    ///
    /// # Errors
    /// The connection is gone.
    pub fn disconnect(mut self) -> Result<(), Fault> {
        let goodbye = Disconnect::new(ReasonCode::Success);
        let ((), frame) = self.link.call(|session, now, out| session.disconnect(now, &goodbye, out))?;
        self.trace.step(Way::Up, "disconnect", "");
        self.trace.frame(&frame);
        Ok(())
    }

    fn publish(&mut self, step: &'static str, send: &alink::Send, message: &[u8]) -> Result<(), Fault> {
        let (topic, payload) = send.split(message);
        let name = TopicName::new(topic).map_err(Fault::protocol)?;
        let (_, frame) =
            self.link.call(|session, now, out| session.publish(now, &Message::new(name, payload), out))?;
        self.trace.step(Way::Up, step, "");
        self.trace.message(topic, payload);
        self.trace.frame(&frame);
        Ok(())
    }
}

/// Keeps every violation in words: path, rule and code, never the value.
#[derive(Default)]
struct Words(Vec<String>);

impl Sink for Words {
    fn violation(&mut self, violation: &Violation<'_>) -> ControlFlow<()> {
        self.0.push(violation.to_string());
        ControlFlow::Continue(())
    }
}

/// Why a post did not leave.
fn refused(error: alink::Error, words: Words) -> Fault {
    match error {
        alink::Error::Model { .. } => Fault::NotInModel(words.0),
        error => Fault::protocol(error),
    }
}

/// Client id, user name and password for a connection over plain TCP.
fn sign(triple: &Triple<'_>) -> Result<OwnedConnect, Fault> {
    let device = iot_auth::Device::new(triple.product_key, triple.device_name).map_err(Fault::protocol)?;
    let key = SigningKey::new(Method::HmacSha256, triple.secret);
    // Asks for synchronous calls on topics of our own.
    let extensions = [Param { name: "ext", value: "1" }];
    let context = Context {
        extensions: &extensions,
        timestamp: Some(UnixMillis(millis()).into()),
        transport: Transport::Tcp,
        ..Context::default()
    };
    Ok(Identity::Device { device, key: &key }.connect(&context).map_err(Fault::protocol)?.to_owned())
}

/// Opens a TCP connection to `host:port`, trying every address it has.
///
/// # Errors
/// What the last address answered.
pub fn dial(endpoint: &str) -> Result<TcpStream, Fault> {
    let refused = |error| Fault::Connect(endpoint.to_owned(), error);
    let mut last = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for address in endpoint.to_socket_addrs().map_err(refused)? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(refused(last))
}

fn millis() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// The wall clock of this machine, for rules about time.
pub(crate) fn wall_clock() -> WallClock {
    WallClock::from_unix_millis(millis())
}
