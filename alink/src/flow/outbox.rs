//! Message peaks: a queue that keeps the new from waiting behind the old, and one device from
//! waiting behind another.

use alloc::boxed::Box;
use alloc::collections::{BTreeSet, VecDeque};
use core::time::Duration;

use super::directory::{Directory, Named};
use super::step::Own;
use crate::name::DeviceId;

/// One of the two lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lane {
    /// From devices to the platform or its applications.
    Up,
    /// From the platform to devices.
    Down,
}

/// Bounds and times of an outbox; each lane has all of them to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutboxConfig {
    /// Messages in a lane (100,000).
    pub max_messages: usize,
    /// Bytes of topics and payloads in a lane (64 MB).
    pub max_bytes: usize,
    /// How long a message is realtime (5 s).
    pub realtime: Duration,
    /// How long a delivery may take before it counts as failed (10 s).
    pub lease: Duration,
    /// How long the backlog of a device rests after a failure (30 s).
    pub pause: Duration,
}

impl Default for OutboxConfig {
    fn default() -> Self {
        Self {
            max_messages: 100_000,
            max_bytes: 64 << 20,
            realtime: Duration::from_secs(5),
            lease: Duration::from_secs(10),
            pause: Duration::from_secs(30),
        }
    }
}

/// What has happened in a lane since it was made, and what is in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Messages taken in.
    pub pushed: u64,
    /// Messages refused, for the lane was full of realtime ones.
    pub refused: u64,
    /// Messages delivered.
    pub delivered: u64,
    /// Deliveries that failed.
    pub failed: u64,
    /// Realtime messages that became backlog.
    pub degraded: u64,
    /// Backlog messages thrown away for newer ones.
    pub evicted: u64,
    /// Messages in the lane.
    pub messages: usize,
    /// Bytes in the lane.
    pub bytes: usize,
}

/// A message under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    lane: Lane,
    at: usize,
    serial: u64,
}

/// A message to deliver, then to be reported on by its ticket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delivery<'a> {
    /// For [`Outbox::delivered`] or [`Outbox::failed`].
    pub ticket: Ticket,
    /// Whose it is.
    pub device: DeviceId<'a>,
    /// Its topic.
    pub topic: &'a str,
    /// Its payload.
    pub payload: &'a [u8],
    /// Whether it has become backlog.
    pub is_backlog: bool,
}

/// The queue.
///
/// * Two lanes that share nothing, [`Lane::Up`] and [`Lane::Down`]: trouble in one never delays, and
///   a full one never evicts from, the other.
/// * A message begins as *realtime* and is offered at once. If it cannot be delivered, or has waited
///   longer than [`OutboxConfig::realtime`], it is *degraded* to the backlog of its device, behind
///   what is there. Backlog is offered only while no realtime message is, so a command given now does
///   not wait for a hundred thousand old ones.
/// * Within a class the messages of one device keep their order, and one of them is under way at a
///   time. Devices take turns.
/// * A device that could not be reached has a pause before its backlog is tried again; new realtime
///   messages are offered all the same. [`reachable`](Self::reachable) ends the pause.
/// * When a lane is full, the oldest backlog message of the device with the most backlog (in bytes)
///   is evicted, as often as it takes. Realtime messages are never evicted: without backlog to evict,
///   the new message is refused.
///
/// ```
/// use core::time::Duration;
/// use alink::DeviceId;
/// use alink::flow::{Lane, Outbox, OutboxConfig};
///
/// let mut outbox = Outbox::new(OutboxConfig::default());
/// let locker = DeviceId::new("a1Locker", "locker01")?;
/// assert!(outbox.push(Duration::ZERO, Lane::Down, locker, "/a1Locker/locker01/user/get", b"open"));
/// let open = outbox.next(Duration::ZERO, Lane::Down).unwrap();
/// assert_eq!(open.payload, b"open");
/// let ticket = open.ticket;
/// outbox.delivered(ticket);
/// assert_eq!(outbox.counters(Lane::Down).delivered, 1);
/// # Ok::<(), alink::Fault>(())
/// ```
#[derive(Clone, Debug)]
pub struct Outbox {
    config: OutboxConfig,
    up: Queues,
    down: Queues,
}

impl Outbox {
    /// An empty outbox.
    #[must_use]
    pub const fn new(config: OutboxConfig) -> Self {
        Self { config, up: Queues::new(), down: Queues::new() }
    }

    fn lane(&mut self, lane: Lane) -> &mut Queues {
        match lane {
            Lane::Up => &mut self.up,
            Lane::Down => &mut self.down,
        }
    }

    /// Takes in a message, as realtime. `false` if it is refused: the lane is full, and not of
    /// backlog.
    pub fn push(
        &mut self,
        now: Duration,
        lane: Lane,
        device: DeviceId<'_>,
        topic: &str,
        payload: &[u8],
    ) -> bool {
        let config = self.config;
        self.lane(lane).push(now, &config, device, topic, payload)
    }

    /// The message to deliver next, if there is one.
    pub fn next(&mut self, now: Duration, lane: Lane) -> Option<Delivery<'_>> {
        let config = self.config;
        self.lane(lane).next(now, &config, lane)
    }

    /// The message was delivered. An old ticket does nothing.
    pub fn delivered(&mut self, ticket: Ticket) {
        self.lane(ticket.lane).delivered(ticket);
    }

    /// The message could not be delivered: what is realtime of its device becomes backlog.
    pub fn failed(&mut self, now: Duration, ticket: Ticket) {
        let pause = self.config.pause;
        self.lane(ticket.lane).failed(now, pause, ticket);
    }

    /// The device is there again: its backlog need not rest.
    pub fn reachable(&mut self, lane: Lane, device: DeviceId<'_>) {
        self.lane(lane).reachable(device);
    }

    /// When something comes to be offered, or a delivery has taken too long.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Duration> {
        [&self.up, &self.down].into_iter().filter_map(Queues::next_timeout).min()
    }

    /// Ends one delivery that has taken too long, as failed. Whether there was one.
    pub fn handle_timeout(&mut self, now: Duration) -> bool {
        let pause = self.config.pause;
        self.up.expire(now, pause) || self.down.expire(now, pause)
    }

    /// What has happened in a lane.
    #[must_use]
    pub fn counters(&self, lane: Lane) -> Counters {
        match lane {
            Lane::Up => self.up.counters,
            Lane::Down => self.down.counters,
        }
    }
}

#[derive(Clone, Debug)]
struct Message {
    at: Duration,
    topic: usize,
    data: Box<[u8]>,
}

/// The messages of one device in one lane.
#[derive(Clone, Debug)]
struct Queue {
    device: Own,
    realtime: VecDeque<Message>,
    backlog: VecDeque<Message>,
    backlog_bytes: usize,
    under_way: Option<UnderWay>,
    /// The backlog rests until then.
    rests: Option<Duration>,
    /// Where it is entered for its turn.
    in_realtime: bool,
    in_backlog: bool,
}

/// The first message of a class is on its way.
#[derive(Clone, Copy, Debug)]
struct UnderWay {
    serial: u64,
    deadline: Duration,
    is_backlog: bool,
}

impl Named for Queue {
    fn name(&self) -> DeviceId<'_> {
        self.device.id()
    }
}

/// One lane.
#[derive(Clone, Debug)]
struct Queues {
    devices: Directory<Queue>,
    /// Devices in the order of their turns.
    realtime: VecDeque<usize>,
    backlog: VecDeque<usize>,
    /// Devices whose backlog rests, and deliveries, by their end.
    resting: BTreeSet<(Duration, usize)>,
    leases: BTreeSet<(Duration, usize)>,
    /// Devices by the bytes of their backlog.
    heaviest: BTreeSet<(usize, usize)>,
    serial: u64,
    counters: Counters,
}

impl Queues {
    const fn new() -> Self {
        Self {
            devices: Directory::new(),
            realtime: VecDeque::new(),
            backlog: VecDeque::new(),
            resting: BTreeSet::new(),
            leases: BTreeSet::new(),
            heaviest: BTreeSet::new(),
            serial: 0,
            counters: Counters {
                pushed: 0,
                refused: 0,
                delivered: 0,
                failed: 0,
                degraded: 0,
                evicted: 0,
                messages: 0,
                bytes: 0,
            },
        }
    }

    fn push(
        &mut self,
        now: Duration,
        config: &OutboxConfig,
        device: DeviceId<'_>,
        topic: &str,
        payload: &[u8],
    ) -> bool {
        let bytes = topic.len() + payload.len();
        while self.counters.messages >= config.max_messages
            || self.counters.bytes.saturating_add(bytes) > config.max_bytes
        {
            if bytes > config.max_bytes || !self.evict() {
                self.counters.refused += 1;
                return false;
            }
        }
        let at = self.devices.find(device).or_else(|| self.devices.insert(Queue::new(device)));
        let Some((at, queue)) = at.and_then(|at| Some((at, self.devices.get_mut(at)?))) else {
            return false;
        };
        let mut data = alloc::vec::Vec::with_capacity(bytes);
        data.extend_from_slice(topic.as_bytes());
        data.extend_from_slice(payload);
        queue.realtime.push_back(Message { at: now, topic: topic.len(), data: data.into() });
        self.counters.pushed += 1;
        self.counters.messages += 1;
        self.counters.bytes += bytes;
        self.enter(at);
        true
    }

    /// Throws away the oldest backlog message of the device that has the most.
    fn evict(&mut self) -> bool {
        // A message under way is not taken from under its ticket.
        let evictable = |(_, at): &&(usize, usize)| {
            self.devices
                .get(*at)
                .is_some_and(|queue| queue.backlog.len() > usize::from(queue.sends_backlog()))
        };
        let Some((_, at)) = self.heaviest.iter().rev().find(evictable).copied() else {
            return false;
        };
        let Some(queue) = self.devices.get_mut(at) else { return false };
        let first = usize::from(queue.sends_backlog());
        let Some(message) = queue.backlog.remove(first) else { return false };
        self.counters.evicted += 1;
        self.left(at, &message, true);
        self.tidy(at);
        true
    }

    fn next(&mut self, now: Duration, config: &OutboxConfig, lane: Lane) -> Option<Delivery<'_>> {
        while let Some((_, at)) = self.resting.first().filter(|(end, _)| *end <= now).copied() {
            self.wake(at);
        }
        let (at, is_backlog) = loop {
            if let Some(at) = self.realtime.pop_front() {
                let Some(queue) = self.devices.get_mut(at) else { continue };
                queue.in_realtime = false;
                if queue.under_way.is_some() {
                    continue; // it is entered again when that has ended
                }
                let is_fresh = |message: &Message| message.at.saturating_add(config.realtime) > now;
                match queue.realtime.front() {
                    Some(message) if is_fresh(message) => break (at, false),
                    Some(_) => self.degrade(at, 1),
                    None => {}
                }
                self.enter(at);
                continue;
            }
            let at = self.backlog.pop_front()?;
            let Some(queue) = self.devices.get_mut(at) else { continue };
            queue.in_backlog = false;
            if !queue.backlog.is_empty() && queue.under_way.is_none() && queue.rests.is_none() {
                break (at, true);
            }
        };
        self.serial += 1;
        let (serial, deadline) = (self.serial, now.saturating_add(config.lease));
        self.leases.insert((deadline, at));
        let queue = self.devices.get_mut(at)?;
        queue.under_way = Some(UnderWay { serial, deadline, is_backlog });
        let queue = self.devices.get(at)?;
        let class = if is_backlog { &queue.backlog } else { &queue.realtime };
        let message = class.front()?;
        let (topic, payload) = message.data.split_at_checked(message.topic)?;
        Some(Delivery {
            ticket: Ticket { lane, at, serial },
            device: queue.device.id(),
            topic: core::str::from_utf8(topic).ok()?,
            payload,
            is_backlog,
        })
    }

    /// Ends the delivery of a ticket, unless it has ended before.
    fn land(&mut self, ticket: Ticket) -> Option<bool> {
        let queue = self.devices.get_mut(ticket.at)?;
        let under_way = queue.under_way.take_if(|under_way| under_way.serial == ticket.serial)?;
        self.leases.remove(&(under_way.deadline, ticket.at));
        Some(under_way.is_backlog)
    }

    fn delivered(&mut self, ticket: Ticket) {
        let Some(is_backlog) = self.land(ticket) else { return };
        let at = ticket.at;
        let Some(queue) = self.devices.get_mut(at) else { return };
        let class = if is_backlog { &mut queue.backlog } else { &mut queue.realtime };
        if let Some(message) = class.pop_front() {
            self.counters.delivered += 1;
            self.left(at, &message, is_backlog);
        }
        self.enter(at);
        self.tidy(at);
    }

    fn failed(&mut self, now: Duration, pause: Duration, ticket: Ticket) {
        if self.land(ticket).is_none() {
            return;
        }
        let at = ticket.at;
        self.counters.failed += 1;
        self.degrade(at, usize::MAX);
        if let Some(queue) = self.devices.get_mut(at) {
            let end = now.saturating_add(pause);
            if let Some(before) = queue.rests.replace(end) {
                self.resting.remove(&(before, at));
            }
            self.resting.insert((end, at));
        }
        self.enter(at);
    }

    fn reachable(&mut self, device: DeviceId<'_>) {
        if let Some(at) = self.devices.find(device) {
            self.wake(at);
        }
    }

    fn wake(&mut self, at: usize) {
        if let Some(queue) = self.devices.get_mut(at)
            && let Some(end) = queue.rests.take()
        {
            self.resting.remove(&(end, at));
        }
        self.enter(at);
    }

    fn next_timeout(&self) -> Option<Duration> {
        let ready = (!self.realtime.is_empty() || !self.backlog.is_empty()).then_some(Duration::ZERO);
        let ends = [self.resting.first(), self.leases.first()].into_iter().flatten().map(|(end, _)| *end);
        ends.chain(ready).min()
    }

    fn expire(&mut self, now: Duration, pause: Duration) -> bool {
        let Some((_, at)) = self.leases.first().filter(|(end, _)| *end <= now).copied() else {
            return false;
        };
        let serial = self.devices.get(at).and_then(|queue| queue.under_way).map(|under_way| under_way.serial);
        self.failed(now, pause, Ticket { lane: Lane::Up, at, serial: serial.unwrap_or_default() });
        true
    }

    /// The first `count` realtime messages of a device become backlog, in their order.
    fn degrade(&mut self, at: usize, count: usize) {
        let Some(queue) = self.devices.get_mut(at) else { return };
        let before = queue.backlog_bytes;
        for message in queue.realtime.drain(..count.min(queue.realtime.len())) {
            self.counters.degraded += 1;
            queue.backlog_bytes += message.data.len();
            queue.backlog.push_back(message);
        }
        let after = queue.backlog_bytes;
        self.weigh(at, before, after);
    }

    /// Enters a device for its turns, wherever it has something to offer.
    fn enter(&mut self, at: usize) {
        let Some(queue) = self.devices.get_mut(at) else { return };
        if queue.under_way.is_some() {
            return;
        }
        if !queue.in_realtime && !queue.realtime.is_empty() {
            queue.in_realtime = true;
            self.realtime.push_back(at);
        }
        if !queue.in_backlog && !queue.backlog.is_empty() && queue.rests.is_none() {
            queue.in_backlog = true;
            self.backlog.push_back(at);
        }
    }

    fn left(&mut self, at: usize, message: &Message, is_backlog: bool) {
        let bytes = message.data.len();
        self.counters.messages -= 1;
        self.counters.bytes -= bytes;
        if is_backlog && let Some(queue) = self.devices.get_mut(at) {
            let before = queue.backlog_bytes;
            queue.backlog_bytes -= bytes;
            let after = queue.backlog_bytes;
            self.weigh(at, before, after);
        }
    }

    fn weigh(&mut self, at: usize, before: usize, after: usize) {
        self.heaviest.remove(&(before, at));
        if after > 0 {
            self.heaviest.insert((after, at));
        }
    }

    /// Forgets a device that has nothing in the lane.
    fn tidy(&mut self, at: usize) {
        let is_empty = self.devices.get(at).is_some_and(|queue| {
            queue.realtime.is_empty() && queue.backlog.is_empty() && queue.under_way.is_none()
        });
        if !is_empty {
            return;
        }
        if let Some(queue) = self.devices.remove(at) {
            if let Some(end) = queue.rests {
                self.resting.remove(&(end, at));
            }
            if queue.in_realtime {
                self.realtime.retain(|turn| *turn != at);
            }
            if queue.in_backlog {
                self.backlog.retain(|turn| *turn != at);
            }
        }
    }
}

impl Queue {
    fn new(device: DeviceId<'_>) -> Self {
        Self {
            device: device.into(),
            realtime: VecDeque::new(),
            backlog: VecDeque::new(),
            backlog_bytes: 0,
            under_way: None,
            rests: None,
            in_realtime: false,
            in_backlog: false,
        }
    }

    fn sends_backlog(&self) -> bool {
        self.under_way.is_some_and(|under_way| under_way.is_backlog)
    }
}
