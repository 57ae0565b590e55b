//! One device online, as the platform sees it: its messages judged and answered, its calls carried to it.

use crate::Fault;
use crate::device::wall_clock;
use crate::link::{Incoming, Link};
use crate::platform::Names;
use alink::{
    Code, DeviceId, Id, Json, Kind, RawJson, Reading, Reply, Request, Topic,
    access::{may_publish, may_subscribe},
};
use mqtt_codec::session::Message;
use mqtt_codec::{PacketId, Properties, Qos, ReasonCode, Reasons, SubAck, TopicName};
use std::collections::HashMap;
use std::sync::mpsc;
use std::time::Duration;
use thing_model::{CallType, Checker, Payload, Record};

/// What the cloud asks of a device.
#[derive(Debug)]
#[non_exhaustive]
pub enum Call {
    /// Set properties, given as JSON.
    Set(&'static str),
    /// A free-form call on the system topic, answered with whatever the device likes.
    Rrpc(&'static str),
    /// A service by its identifier, with its inputs as JSON.
    Service(&'static str, &'static str),
}

/// A call on its way to the device, and where its answer goes.
pub(crate) type Order = (Call, mpsc::Sender<Vec<u8>>);

/// How often a connection looks whether someone wants to call its device.
const TICK: Duration = Duration::from_millis(10);
/// Message ids of synchronous calls are larger than a double can count, so they are kept as text; this is the first.
const FIRST_MESSAGE_ID: u64 = 1_900_000_000_000_000_001;

pub(crate) struct Connection<'m> {
    link: Link,
    names: Names,
    inbox: mpsc::Receiver<Order>,
    checker: Checker<'m>,
    /// Who waits for an answer on which topic.
    waiting: HashMap<String, mpsc::Sender<Vec<u8>>>,
    calls: u32,
}

impl<'m> Connection<'m> {
    pub(crate) fn new(link: Link, names: Names, inbox: mpsc::Receiver<Order>, checker: Checker<'m>) -> Self {
        Self { link, names, inbox, checker, waiting: HashMap::new(), calls: 0 }
    }

    /// Serves the device until it leaves.
    pub(crate) fn run(&mut self) -> Result<(), Fault> {
        loop {
            while let Ok((call, answer)) = self.inbox.try_recv() {
                self.call(&call, answer)?;
            }
            match self.link.next(TICK)? {
                Some((Incoming::Subscribe { id, filters }, _)) => self.grant(id, &filters)?,
                Some((Incoming::Message { topic, payload, .. }, _)) => self.message(&topic, &payload)?,
                Some((Incoming::Disconnected | Incoming::Closed(_), _)) => return Ok(()),
                _ => {}
            }
        }
    }

    /// Grants what a device may subscribe, at QoS 1 at most, and refuses the rest.
    fn grant(&mut self, id: PacketId, filters: &[(String, Qos)]) -> Result<(), Fault> {
        let device = device(&self.names)?;
        let reasons: Vec<ReasonCode> = filters
            .iter()
            .map(|(filter, qos)| match may_subscribe(filter, device, |_| false) {
                Ok(()) if *qos == Qos::AtMostOnce => ReasonCode::Success,
                Ok(()) => ReasonCode::GrantedQos1,
                Err(_) => ReasonCode::UnspecifiedError,
            })
            .collect();
        let suback = SubAck { packet_id: id, properties: Properties::EMPTY, reasons: Reasons::new(&reasons) };
        self.link.call(|session, now, out| session.grant(now, &suback, out)).map(drop)
    }

    /// A message of the device: a post to be judged, or an answer someone waits for. The rest is dropped, as the platform
    /// does with what a device may not send.
    fn message(&mut self, topic: &str, payload: &[u8]) -> Result<(), Fault> {
        let names = self.names.clone();
        let Ok(parsed) = may_publish(topic, device(&names)?, |_| false) else { return Ok(()) };
        if let Some(answer) = self.waiting.remove(topic) {
            // The caller may have stopped waiting.
            let _ = answer.send(payload.to_vec());
            return Ok(());
        }
        let (Some(answers), Ok(request)) =
            (parsed.reply(), Request::parse(payload, &parsed, Reading::Tolerant))
        else {
            return Ok(());
        };
        let mut data = String::from("{}");
        let code = match parsed.kind() {
            Kind::PropertyPost => self.judge_post(request.params, &mut data),
            Kind::Event => {
                let event = parsed.part().to_owned();
                self.judge(Payload::EventPost(&event), request.params)
            }
            _ => return Ok(()),
        };
        if !request.wants_reply() {
            return Ok(());
        }
        let data = RawJson::parse(data.as_bytes()).map_err(Fault::protocol)?;
        let reply = Reply::new(request.id, code, data).from_platform(&parsed);
        let mut body = Vec::new();
        reply.append(&mut body).map_err(Fault::protocol)?;
        self.publish(&answers.to_string(), &body)
    }

    /// Keeps what is right in a post and names what is not: the code stays 200.
    fn judge_post(&mut self, params: RawJson<'_>, data: &mut String) -> Code {
        let Ok(partition) = self.checker.partition(params.as_str().as_bytes(), wall_clock()) else {
            return Code::FORMAT;
        };
        if let Some(code) = partition.refused() {
            return Code(code.0.into());
        }
        data.clear();
        // Writing to a string cannot fail.
        let _ = partition.write_data(data);
        Code::OK
    }

    /// Takes a message as a whole or refuses it as a whole.
    fn judge(&mut self, payload: Payload<'_>, params: RawJson<'_>) -> Code {
        let mut found: Vec<Record> = Vec::new();
        match self.checker.check(payload, params.as_str().as_bytes(), wall_clock(), &mut found) {
            Err(_) => Code::FORMAT,
            Ok(_) => found.first().map_or(Code::OK, |first| Code(first.code().0.into())),
        }
    }

    /// Carries a call to the device.
    fn call(&mut self, call: &Call, answer: mpsc::Sender<Vec<u8>>) -> Result<(), Fault> {
        let id = Id(u64::from(self.calls));
        let message_id = (FIRST_MESSAGE_ID + u64::from(self.calls)).to_string();
        self.calls = self.calls.wrapping_add(1);
        let device = device(&self.names)?;
        let topic = match call {
            Call::Set(_) => {
                Topic::of(Kind::PropertySet, device).ok_or(Fault::Silence("the topic of a set"))?
            }
            Call::Rrpc(_) => Topic::rrpc(device, &message_id).map_err(Fault::protocol)?,
            Call::Service(identifier, _) => {
                let topic = Topic::service(device, identifier).map_err(Fault::protocol)?;
                let service = self.checker.model().service(identifier);
                if service.is_some_and(|service| service.call_type() == CallType::Sync) {
                    topic.in_rrpc(&message_id).map_err(Fault::protocol)?
                } else {
                    topic
                }
            }
        };
        let body = match call {
            Call::Rrpc(text) => text.as_bytes().to_vec(),
            Call::Set(params) | Call::Service(_, params) => {
                let params = RawJson::parse(params.as_bytes()).map_err(Fault::protocol)?;
                let mut body = Vec::new();
                Request::new(&topic, id, params).append(&mut body).map_err(Fault::protocol)?;
                body
            }
        };
        let answers = topic.reply().map(|reply| reply.to_string()).unwrap_or_default();
        let topic = topic.to_string();
        self.waiting.insert(answers, answer);
        self.publish(&topic, &body)
    }

    fn publish(&mut self, topic: &str, payload: &[u8]) -> Result<(), Fault> {
        let topic = TopicName::new(topic).map_err(Fault::protocol)?;
        let message = Message::new(topic, payload);
        self.link.call(|session, now, out| session.publish(now, &message, out)).map(drop)
    }
}

fn device(names: &Names) -> Result<DeviceId<'_>, Fault> {
    DeviceId::new(&names.0, &names.1).map_err(Fault::protocol)
}
