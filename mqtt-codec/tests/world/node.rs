//! One end: a session, the application above it, and the bytes it reads and writes.

use core::time::Duration;
use std::collections::BTreeMap;

use mqtt_codec::session::{Fault, Phase};
use mqtt_codec::{
    Accept, Acknowledge, Config, ConnAck, Connect, Event, Message, Out, PacketId, Peek, Property, Qos,
    ReasonCode, Session, SessionError, SliceOut, TopicName, Version, peek, peek_head,
};

use super::disk::{DiskStore, Failure, Shared};
use super::random::Random;

pub(crate) struct Node {
    pub(crate) disk: Shared,
    pub(crate) session: Option<Session<'static, DiskStore>>,
    pub(crate) rx: Vec<u8>,
    pub(crate) tx: Vec<u8>,
    /// Numbers of the messages received, by QoS.
    pub(crate) log: [Vec<u32>; 3],
    pub(crate) to_acknowledge: Vec<PacketId>,
    /// Numbers of our messages by identifier, as long as this process lives.
    numbers: BTreeMap<PacketId, u32>,
    /// Numbers of the messages that we were told are delivered.
    pub(crate) told_delivered: Vec<u32>,
    pub(crate) has_crashed: bool,
    /// Whether it has crashed since anybody looked.
    pub(crate) died: bool,
    /// Whether outputs are now and then short of room.
    pub(crate) short: bool,
    turn: u64,
    manual: bool,
    pieces: bool,
    aliases: u16,
    receive_maximum: u16,
    /// A payload on its way out: what is left of it.
    sending: Option<Vec<u8>>,
    /// A payload on its way in: its QoS, identifier, whether it is new, and what came of it.
    receiving: Option<(Qos, Option<PacketId>, bool, Vec<u8>)>,
}

/// The QoS of a message follows from its number.
pub(crate) fn qos_of(number: u32) -> u8 {
    [1, 2, 0, 2, 1, 1][usize::try_from(number % 6).unwrap()]
}

pub(crate) fn topic_of(number: u32) -> u32 {
    number / 2 % 2
}

pub(crate) fn number_of(payload: &[u8]) -> u32 {
    u32::from_be_bytes(*payload.first_chunk().unwrap())
}

fn payload_of(number: u32) -> Vec<u8> {
    let mut payload = number.to_be_bytes().to_vec();
    payload.resize(4 + usize::try_from(number * 7 % 90).unwrap(), b'.');
    payload
}

type Fallible<T> = Result<T, SessionError<Failure>>;

impl Node {
    pub(crate) fn new(random: &mut Random, mixed: bool, troubled: bool) -> Self {
        let disk = Shared::default();
        if troubled && random.one_in(2) {
            disk.borrow_mut().flaky = 3 + random.below(20);
        }
        let mut maybe = |chance| mixed && random.one_in(chance);
        Self {
            disk,
            session: None,
            rx: Vec::new(),
            tx: Vec::new(),
            log: Default::default(),
            to_acknowledge: Vec::new(),
            numbers: BTreeMap::new(),
            told_delivered: Vec::new(),
            has_crashed: false,
            died: false,
            short: maybe(2) && troubled,
            turn: 0,
            manual: maybe(2),
            pieces: maybe(2),
            aliases: if maybe(2) { 1 } else { 0 },
            receive_maximum: if maybe(2) { 1 } else { 3 },
            sending: None,
            receiving: None,
        }
    }

    fn config(&self) -> Config<'static> {
        let mut config = Config::default();
        config.acknowledge = if self.manual { Acknowledge::Manual } else { Acknowledge::Auto };
        config.topic_aliases = self.aliases;
        config.send_maximum = 4;
        config
    }

    /// What the end announces in CONNECT or CONNACK.
    pub(crate) fn announcements(&self, version: Version) -> Vec<Property<'static>> {
        if version == Version::V311 {
            return Vec::new();
        }
        vec![
            Property::ReceiveMaximum(self.receive_maximum.try_into().unwrap()),
            Property::TopicAliasMaximum(self.aliases),
        ]
    }

    /// Makes a client's session again, if it has crashed.
    pub(crate) fn revive(&mut self) {
        if self.session.is_none() {
            self.session = Some(Session::client(self.config(), DiskStore::new(&self.disk)));
        }
    }

    pub(crate) fn accept(&mut self, now: Duration, connect: &Connect<'_>, connack: ConnAck<'_>) -> bool {
        self.session = None;
        let accept = Accept { config: self.config(), connack };
        match Session::accept(now, connect, accept, DiskStore::new(&self.disk), &mut self.tx) {
            Ok(session) => {
                self.session = Some(session);
                true
            }
            Err(_) => {
                self.die();
                false
            }
        }
    }

    pub(crate) fn transport_lost(&mut self, now: Duration, random: &mut Random) {
        self.rx.clear();
        self.tx.clear();
        self.sending = None;
        self.receiving = None;
        self.disk.borrow_mut().taking = None;
        let Some(session) = &mut self.session else { return };
        session.transport_lost(now);
        assert_eq!(session.phase(), Phase::Offline);
        if self.manual {
            // Whoever acknowledges by hand must not forget what it has taken before the cut.
            return;
        }
        if random.one_in(2) {
            self.numbers.clear();
            self.session = None;
        }
    }

    fn die(&mut self) {
        self.session = None;
        self.has_crashed = true;
        self.died = true;
        self.numbers.clear();
        self.to_acknowledge.clear();
        self.sending = None;
        self.receiving = None;
        self.rx.clear();
        self.tx.clear();
    }

    /// Calls the session until its store or its output are good enough. `None`: it died, or the call must not be made now.
    pub(crate) fn call<T>(
        &mut self,
        mut call: impl FnMut(&mut Session<'static, DiskStore>, &mut dyn Out) -> Fallible<T>,
    ) -> Option<T> {
        let session = self.session.as_mut()?;
        self.turn += 1;
        if self.short && self.turn.is_multiple_of(3) {
            let mut memory = [0; 5];
            let room = usize::try_from(self.turn / 3 % 6).unwrap();
            let mut out = SliceOut::new(&mut memory[..room]);
            match call(session, &mut out) {
                Ok(value) => {
                    self.tx.extend_from_slice(out.written());
                    return Some(value);
                }
                Err(SessionError::NoRoom { needed }) => assert!(needed > room),
                Err(SessionError::Store(Failure::Crash)) => {
                    self.die();
                    return None;
                }
                Err(SessionError::Store(Failure::Flaky)) => {}
                Err(_) => return None,
            }
            assert!(out.is_empty(), "an error, and yet something was written");
        }
        loop {
            let mut out = Vec::new();
            match call(session, &mut out) {
                Ok(value) => {
                    self.tx.extend_from_slice(&out);
                    return Some(value);
                }
                Err(SessionError::Store(Failure::Crash)) => {
                    self.die();
                    return None;
                }
                Err(SessionError::Store(Failure::Flaky)) => {}
                Err(SessionError::Later(_) | SessionError::Phase(_) | SessionError::NoExchange(_)) => {
                    return None;
                }
                Err(error) => panic!("{error:?}"),
            }
            assert!(out.is_empty(), "an error, and yet something was written");
        }
    }

    /// Does one thing that is due. `false`: nothing is.
    pub(crate) fn timeout(&mut self, now: Duration) -> bool {
        let due = self.session.as_ref().and_then(Session::next_timeout).is_some_and(|at| at <= now);
        if !due {
            return false;
        }
        let told =
            self.call(|session, out| session.handle_timeout(now, out).map(|event| event.map(Told::of)));
        if let Some(Some(told)) = told {
            self.tell(told);
        }
        true
    }

    pub(crate) fn publish(&mut self, now: Duration, most: u32, random: &mut Random) {
        if let Some(rest) = self.sending.clone() {
            let count = if rest.is_empty() { 0 } else { 1 + random.index(rest.len()) };
            let left = self.call(|session, out| session.publish_payload(now, &rest[..count], out));
            if let Some(left) = left {
                assert_eq!(usize::try_from(left).unwrap(), rest.len() - count);
                self.sending = (left > 0).then(|| rest[count..].to_vec());
            }
            return;
        }
        let number = self.disk.borrow().next;
        if number >= most {
            return;
        }
        let payload = payload_of(number);
        let topic = ["world/even", "world/odd"][usize::try_from(topic_of(number)).unwrap()];
        let qos = Qos::new(qos_of(number)).unwrap();
        let message = Message::new(TopicName::new(topic).unwrap(), &payload).qos(qos);
        let in_pieces = self.pieces && random.one_in(2);
        let len = u32::try_from(payload.len()).unwrap();
        let id = self.call(|session, out| {
            if in_pieces {
                session.publish_head(now, &message, len, out)
            } else {
                session.publish(now, &message, out)
            }
        });
        match id {
            Some(Some(id)) => {
                self.numbers.insert(id, number);
            }
            Some(None) => self.disk.borrow_mut().next += 1,
            None => return,
        }
        if in_pieces {
            self.sending = Some(payload);
        }
    }

    pub(crate) fn acknowledge_some(&mut self, now: Duration, random: &mut Random) {
        if self.to_acknowledge.is_empty() {
            return;
        }
        let id = self.to_acknowledge.swap_remove(random.index(self.to_acknowledge.len()));
        let done = self.call(|session, out| match session.acknowledge(now, id, ReasonCode::Success, out) {
            Err(SessionError::Later(_)) => Ok(false),
            result => result.map(|()| true),
        });
        if done == Some(false) {
            self.to_acknowledge.push(id);
        }
    }

    /// Takes one packet, or a part of one, out of what was read. `false`: more bytes are needed.
    pub(crate) fn take_one(&mut self, now: Duration, random: &mut Random) -> bool {
        let Some(session) = &mut self.session else { return false };
        session.heard(now);
        if self.receiving.is_some() {
            return self.take_piece(now);
        }
        if self.rx.is_empty() {
            return false;
        }
        if self.pieces && self.rx[0] >> 4 == 3 && random.one_in(2) {
            return self.take_head(now);
        }
        let Peek::Frame { len } = peek(&self.rx, session.packet_maximum()).unwrap() else { return false };
        let frame = self.rx[..len].to_vec();
        let told =
            self.call(|session, out| session.receive(now, &frame, out).map(|event| event.map(Told::of)));
        let Some(told) = told else { return false };
        self.rx.drain(..len);
        if let Some(told) = told {
            self.tell(told);
        }
        true
    }

    fn take_head(&mut self, now: Duration) -> bool {
        let version = self.session.as_ref().unwrap().version();
        let Peek::Frame { len } = peek_head(&self.rx, version, u32::MAX).unwrap() else { return false };
        let head = self.rx[..len].to_vec();
        let told =
            self.call(|session, out| session.receive_head(now, &head, out).map(|event| event.map(Told::of)));
        let Some(told) = told else { return false };
        self.rx.drain(..len);
        self.receiving = Some(match told {
            Some(Told::Head(qos, id)) => (qos, id, true, Vec::new()),
            Some(told) => {
                self.tell(told);
                return false;
            }
            None => (Qos::AtMostOnce, None, false, Vec::new()),
        });
        true
    }

    fn take_piece(&mut self, now: Duration) -> bool {
        let Some((qos, id, new, mut so_far)) = self.receiving.take() else { return false };
        let bytes = self.rx.clone();
        if bytes.is_empty() {
            self.receiving = Some((qos, id, new, so_far));
            return false;
        }
        if new {
            let mut seen = so_far.clone();
            seen.extend_from_slice(&bytes);
            self.disk.borrow_mut().taking =
                (qos == Qos::ExactlyOnce && seen.len() >= 4).then(|| number_of(&seen));
        }
        let mut taken = 0;
        let told = self.call(|session, out| {
            let mut chunk = &bytes[..];
            let event = session.receive_payload(now, &mut chunk, out)?;
            taken = bytes.len() - chunk.len();
            Ok(event.map(|event| match event {
                Event::Piece { bytes, last } => (bytes.to_vec(), last),
                other => panic!("{other:?}"),
            }))
        });
        self.disk.borrow_mut().taking = None;
        let Some(told) = told else {
            self.receiving = Some((qos, id, new, so_far));
            return false;
        };
        self.rx.drain(..taken);
        match told {
            Some((piece, last)) => {
                so_far.extend(piece);
                if last {
                    self.tell(Told::Message(qos, id, so_far));
                } else {
                    self.receiving = Some((qos, id, new, so_far));
                }
            }
            // A repetition: it ends when the session listens to packets again.
            None => {
                let done = self.session.as_mut().is_some_and(|session| {
                    !matches!(session.receive_payload(now, &mut &[][..], &mut Vec::new()), Ok(None))
                });
                if !done {
                    self.receiving = Some((qos, id, new, so_far));
                }
            }
        }
        true
    }

    fn tell(&mut self, told: Told) {
        match told {
            Told::Message(qos, id, payload) => {
                let number = number_of(&payload);
                assert_eq!(payload, payload_of(number));
                assert_eq!(qos.level(), qos_of(number));
                self.log[usize::from(qos.level())].push(number);
                if let Some(id) = id.filter(|_| self.manual) {
                    self.to_acknowledge.push(id);
                }
            }
            Told::Delivered(id) => self.told_delivered.extend(self.numbers.remove(&id)),
            Told::Connected => {}
            Told::Closed(Fault::KeepAlive | Fault::NoPingResponse | Fault::NoConnAck) => {}
            Told::Closed(fault) => panic!("{fault:?}"),
            Told::Head(..) => panic!("a head"),
        }
    }
}

/// An event, without what it borrows.
#[derive(Debug)]
enum Told {
    Connected,
    Message(Qos, Option<PacketId>, Vec<u8>),
    Head(Qos, Option<PacketId>),
    Delivered(PacketId),
    Closed(Fault),
}

impl Told {
    fn of(event: Event<'_>) -> Self {
        match event {
            Event::Connected(_) => Self::Connected,
            Event::Message(publish) => {
                assert!(!publish.topic.is_aliased());
                Self::Message(publish.qos.qos(), publish.qos.packet_id(), publish.payload.to_vec())
            }
            Event::Head { publish, .. } => Self::Head(publish.qos.qos(), publish.qos.packet_id()),
            Event::Delivered(ack) => Self::Delivered(ack.packet_id),
            Event::Closed { error, .. } => Self::Closed(error),
            other => panic!("{other:?}"),
        }
    }
}
