//! A gateway: its own device, and children that come and go over its connection.

use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;

use super::child::{Child, ChildState, Credentials, End, Goal, Work};
use super::config::Config;
use super::device::Device;
use super::event::Event;
use super::fleet::Fleet;
use super::step::{Sent, Step};
use crate::code::Code;
use crate::envelope::{Id, Reading, Reply};
use crate::error::{Error, Fault, Rule};
use crate::message::any::{Answer, Body};
use crate::message::gateway::{Bind, Devices, TopoAdd, TopoStatus};
use crate::message::pack::{ChildShare, MAX_CHILDREN, PackPost, Share};
use crate::message::session::{BatchEntry, BatchLogin, BatchLogout};
use crate::name::DeviceId;
use crate::out::Out;
use crate::table::{Direction, Kind};
use crate::topic::Topic;
use crate::write::Json;

/// Bounds of a gateway, and of its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GatewayConfig {
    /// For the gateway's own device.
    pub own: Config,
    /// For each child's.
    pub child: Config,
    /// Children at most (1500).
    pub max_children: usize,
    /// Children in one batch (5, which every platform takes; the newest take 50).
    pub batch: usize,
    /// Requests about children on their way at once (4).
    pub max_flights: usize,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        let child = Config { max_pending: 8, max_calls: 4, ..Config::mqtt() };
        Self { own: Config::mqtt(), child, max_children: 1500, batch: 5, max_flights: 4 }
    }
}

/// What a gateway's flow reports.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum GatewayEvent<'a> {
    /// Something for the gateway itself. News of the topology has been heeded already.
    Own(Event<'a>),
    /// Something for a child.
    Child {
        /// Which.
        child: DeviceId<'a>,
        /// What.
        event: Event<'a>,
    },
    /// A child has come to a new state.
    State {
        /// Which.
        child: DeviceId<'a>,
        /// Where it stands. [`ChildState::Gone`] is the last that is heard of it.
        state: ChildState,
    },
}

/// The flow of a gateway.
///
/// A child that was [added](Self::add) is bound, logged in, and logged in again whenever its session
/// is lost, until it is [logged out](Self::log_out) or [removed](Self::remove); children go in
/// batches, and alone once a batch has failed. All of it happens in
/// [`handle_timeout`](Self::handle_timeout), one message a call.
///
/// ```
/// use core::time::Duration;
/// use alink::flow::{ChildState, Credentials, Gateway, GatewayConfig};
/// use alink::DeviceId;
///
/// let mut gateway = Gateway::new(DeviceId::new("a1GatewayDm1", "gw001")?, GatewayConfig::default());
/// let lamp = DeviceId::new("a1LampDemo01", "lamp001")?;
/// let credentials = Credentials {
///     client_id: "c1".into(),
///     timestamp: "1700000000000".into(),
///     sign_method: "hmacSha256".into(),
///     sign: "…".into(),
///     clean_session: false,
/// };
/// gateway.add(Duration::ZERO, lamp, credentials, true)?;
/// let mut out = Vec::new();
/// let step = gateway.handle_timeout(Duration::ZERO, &mut out)?;
/// let send = step.send.unwrap();
/// assert_eq!(send.split(&out).0, "/ext/session/a1GatewayDm1/gw001/combine/login");
/// assert_eq!(gateway.state(lamp), Some(ChildState::LoggingIn));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Gateway {
    device: Device,
    config: GatewayConfig,
    children: Fleet<Child>,
    /// Children whose next step may be taken, and when.
    work: BTreeSet<(Duration, usize)>,
    flights: Vec<Flight>,
    /// Children whose change of state was not told.
    reports: VecDeque<usize>,
}

/// A request about children.
#[derive(Clone, Debug)]
struct Flight {
    id: Id,
    work: Work,
    children: Vec<usize>,
}

impl Gateway {
    /// The flow of the gateway `id`, without children.
    #[must_use]
    pub fn new(id: DeviceId<'_>, config: GatewayConfig) -> Self {
        Self {
            device: Device::new(id, config.own),
            config,
            children: Fleet::new(),
            work: BTreeSet::new(),
            flights: Vec::new(),
            reports: VecDeque::new(),
        }
    }

    /// Takes a child in, to be bound unless it is already, and to be logged in. A child that is
    /// there gets new credentials, and is tried again if it was refused.
    ///
    /// # Errors
    /// [`Error::WrongState`] for one child too many, or the gateway itself.
    pub fn add(
        &mut self,
        now: Duration,
        child: DeviceId<'_>,
        credentials: Credentials,
        is_bound: bool,
    ) -> Result<(), Error> {
        if child == self.device.id() {
            return Err(Error::WrongState("a gateway cannot be its own child"));
        }
        if let Some(at) = self.children.find(child) {
            if let Some(slot) = self.children.get_mut(at) {
                slot.beside.credentials = credentials;
                slot.beside.goal = Goal::Online;
                if let ChildState::Refused(_) | ChildState::Gone = slot.beside.state {
                    slot.beside.state = if is_bound { ChildState::Offline } else { ChildState::Unbound };
                }
                (slot.beside.tries, slot.beside.solo) = (0, false);
            }
            self.schedule(at, now);
            return Ok(());
        }
        if self.children.len() >= self.config.max_children {
            return Err(Error::WrongState("as many children as configured"));
        }
        let device = Device::new(child, self.config.child);
        if let Some(at) = self.children.insert(device, Child::new(credentials, is_bound)) {
            self.schedule(at, now);
        }
        Ok(())
    }

    /// Ends the session of a child. [`add`](Self::add) it to log it in again.
    ///
    /// # Errors
    /// [`Error::WrongState`] if there is no such child.
    pub fn log_out(&mut self, now: Duration, child: DeviceId<'_>) -> Result<(), Error> {
        self.aim(now, child, Goal::Offline)
    }

    /// Ends the session and the binding of a child.
    ///
    /// # Errors
    /// [`Error::WrongState`] if there is no such child.
    pub fn remove(&mut self, now: Duration, child: DeviceId<'_>) -> Result<(), Error> {
        self.aim(now, child, Goal::Gone)
    }

    fn aim(&mut self, now: Duration, child: DeviceId<'_>, goal: Goal) -> Result<(), Error> {
        let at = self.children.find(child).ok_or(NO_CHILD)?;
        if let Some(slot) = self.children.get_mut(at) {
            (slot.beside.goal, slot.beside.tries) = (goal, 0);
        }
        self.schedule(at, now);
        Ok(())
    }

    /// The gateway's connection was lost and is there again: its children have no session any more,
    /// and log in again.
    pub fn reconnected(&mut self, now: Duration) {
        for flight in core::mem::take(&mut self.flights) {
            self.device.asker.pending.take(flight.id);
        }
        let all: Vec<usize> = self.children.iter().map(|(at, _)| at).collect();
        for at in all {
            let Some(slot) = self.children.get_mut(at) else { continue };
            match slot.beside.state {
                ChildState::Binding => slot.beside.state = ChildState::Unbound,
                ChildState::Online => slot.beside.become_state(ChildState::Offline),
                ChildState::LoggingIn | ChildState::LoggingOut | ChildState::Unbinding => {
                    slot.beside.state = ChildState::Offline;
                }
                _ => {}
            }
            slot.beside.tries = 0;
            self.schedule(at, now);
        }
    }

    /// Takes in a message, for the gateway or for a child.
    ///
    /// # Errors
    /// As for [`Device::receive`].
    pub fn receive<'a>(
        &'a mut self,
        now: Duration,
        topic: &'a str,
        payload: &'a [u8],
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<GatewayEvent<'a>>, Error> {
        if let Some(at) = self.child_of(topic) {
            return self.child_receive(now, at, topic, payload, out);
        }
        let Step { send, event } = self.device.receive(now, topic, payload, out)?;
        let event = match event {
            Some(Event::Answered { id, reply, .. }) if self.landed(now, id, &End::Answer(reply.code)) => {
                // What it came to is told one child at a time.
                return Ok(Step { send, event: None });
            }
            Some(Event::Unreadable { fault: Fault { rule: Rule::IdNotPending, .. }, .. }) => {
                self.late_reply(now, topic, payload);
                event
            }
            Some(Event::Pushed { kind: Kind::TopoChange, body: Body::TopoChange(change) }) => {
                for child in change.children.iter() {
                    match change.status {
                        TopoStatus::Deleted => self.turn(now, child, ChildState::Gone),
                        TopoStatus::Disabled => self.turn(now, child, ChildState::Disabled),
                        TopoStatus::Enabled => self.enable(now, child),
                        _ => {}
                    }
                }
                event
            }
            Some(Event::ChildError { code, child }) => {
                self.turn(
                    now,
                    child,
                    match code {
                        Code::DELETED => ChildState::Gone,
                        Code::DISABLED => ChildState::Disabled,
                        Code::NO_TOPOLOGY => ChildState::Unbound,
                        // It has logged in elsewhere: to take it back would be a tug of war.
                        Code(427) => ChildState::Refused(code),
                        _ => ChildState::Offline,
                    },
                );
                event
            }
            event => event,
        };
        Ok(Step { send, event: event.map(GatewayEvent::Own) })
    }

    /// The answer to a request given up long ago still tells what the platform has done.
    fn late_reply(&mut self, now: Duration, topic: &str, payload: &[u8]) {
        let Ok(topic) = Topic::parse_sent(topic, Direction::Down, self.config.own.max_topic) else {
            return;
        };
        let has_session = matches!(topic.kind(), Kind::Login | Kind::BatchLogin);
        if !has_session && !matches!(topic.kind(), Kind::Logout | Kind::BatchLogout) {
            return;
        }
        let reply = Reply::parse(payload, Reading::Tolerant).ok().filter(|reply| reply.code.is_ok());
        match reply.and_then(|reply| Answer::read(topic.kind(), &reply).ok()) {
            Some(Answer::Device(child)) => self.found(now, child, has_session),
            Some(Answer::Devices(children)) => {
                children.0.iter().for_each(|child| self.found(now, child, has_session));
            }
            _ => {}
        }
    }

    fn found(&mut self, now: Duration, child: DeviceId<'_>, has_session: bool) {
        if let Some(at) = self.children.find(child) {
            self.found_at(now, at, has_session);
        }
    }

    fn found_at(&mut self, now: Duration, at: usize, has_session: bool) {
        if let Some(slot) = self.children.get_mut(at) {
            slot.beside.found(has_session);
        }
        self.schedule(at, now);
    }

    fn child_of(&self, topic: &str) -> Option<usize> {
        let topic = Topic::parse_sent(topic, Direction::Down, self.config.own.max_topic).ok()?;
        self.children.find(topic.device()?)
    }

    fn child_receive<'a>(
        &'a mut self,
        now: Duration,
        at: usize,
        topic: &'a str,
        payload: &'a [u8],
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<GatewayEvent<'a>>, Error> {
        let Some(slot) = self.children.get_mut(at) else {
            return Ok(Step::NOTHING);
        };
        let Step { send, event } = slot.device.receive(now, topic, payload, out)?;
        self.children.settle(at);
        if let Some(Event::Pushed { kind, .. }) = event {
            match kind {
                Kind::Disable => self.turn_at(now, at, ChildState::Disabled),
                Kind::Enable => self.enable_at(now, at),
                Kind::Delete => self.turn_at(now, at, ChildState::Gone),
                _ => self.found_at(now, at, true),
            }
        } else {
            // Only children with a session are spoken to.
            self.found_at(now, at, true);
        }
        let child = self.children.get(at).map(|slot| slot.device.id());
        let event = child.zip(event).map(|(child, event)| GatewayEvent::Child { child, event });
        Ok(Step { send, event })
    }

    /// Something was done to a child.
    fn turn(&mut self, now: Duration, child: DeviceId<'_>, state: ChildState) {
        if let Some(at) = self.children.find(child) {
            self.turn_at(now, at, state);
        }
    }

    fn turn_at(&mut self, now: Duration, at: usize, state: ChildState) {
        if let Some(slot) = self.children.get_mut(at) {
            slot.beside.become_state(state);
        }
        self.schedule(at, now);
    }

    fn enable(&mut self, now: Duration, child: DeviceId<'_>) {
        if let Some(at) = self.children.find(child) {
            self.enable_at(now, at);
        }
    }

    fn enable_at(&mut self, now: Duration, at: usize) {
        if let Some(slot) = self.children.get(at)
            && slot.beside.state == ChildState::Disabled
        {
            self.turn_at(now, at, ChildState::Offline);
        }
    }

    /// A request about children is answered, or was not in time. `false` if it is not one of them.
    fn landed(&mut self, now: Duration, id: Id, end: &End) -> bool {
        let Some(place) = self.flights.iter().position(|flight| flight.id == id) else {
            return false;
        };
        let flight = self.flights.swap_remove(place);
        let in_batch = flight.children.len() > 1;
        for at in flight.children {
            let Some(slot) = self.children.get_mut(at) else { continue };
            let pause = slot.beside.end(flight.work, end, in_batch);
            self.schedule(at, now.saturating_add(pause));
        }
        true
    }

    /// Enters the next step of a child among the work, and its state among the reports.
    fn schedule(&mut self, at: usize, due: Duration) {
        let Some(slot) = self.children.get_mut(at) else {
            return;
        };
        let child = &mut slot.beside;
        if let Some(old) = child.due.take() {
            self.work.remove(&(old, at));
        }
        if child.work().is_some() {
            child.due = Some(due);
            self.work.insert((due, at));
        }
        if child.unreported && !self.reports.contains(&at) {
            self.reports.push_back(at);
        }
    }

    /// Lets a child post, ask or answer. It must be online.
    ///
    /// # Errors
    /// [`Error::WrongState`] unless the child is online; what `with` returns.
    pub fn with_child<R>(
        &mut self,
        child: DeviceId<'_>,
        with: impl FnOnce(&mut Device) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let at = self.children.find(child).ok_or(NO_CHILD)?;
        let slot = self.children.get_mut(at).filter(|slot| slot.beside.state == ChildState::Online);
        let done = with(&mut slot.ok_or(Error::WrongState("the child is not online"))?.device);
        self.children.settle(at);
        done
    }

    /// Posts properties and events of the gateway and of children in one message: of as many
    /// children, from the first, as its bounds allow. How many is told; post the rest with an empty
    /// share of the gateway.
    ///
    /// # Errors
    /// As for [`Device::post`]; [`crate::Rule::PayloadTooLarge`] if not even one share fits.
    pub fn post_pack(
        &mut self,
        now: Duration,
        own: Share<'_>,
        children: &[ChildShare<'_>],
        out: &mut (impl Out + ?Sized),
    ) -> Result<(Sent, usize), Error> {
        /// Envelope, names of members and brackets, rounded up.
        const AROUND: usize = 192;
        let mut size = AROUND + own.written_len();
        let fits = |child: &&ChildShare<'_>| {
            size += child.written_len() + 1;
            size <= self.config.own.max_payload
        };
        let count = children.iter().take(MAX_CHILDREN).take_while(fits).count();
        // With none at all the message would be empty, or be refused for its size.
        let count = if count == 0 { children.len().min(1) } else { count };
        let pack = PackPost { own, children: children.get(..count).unwrap_or_default().into() };
        Ok((self.device.request(now, Kind::PropertyPack, &pack, out)?, count))
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do; a time gone by means at
    /// once.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Duration> {
        let report = self.reports.front().map(|_| Duration::ZERO);
        let work = self.work.first().filter(|_| self.may_fly()).map(|(due, _)| *due);
        let child = self.children.next().map(|(due, _)| due);
        [report, work, child, self.device.next_timeout()].into_iter().flatten().min()
    }

    fn may_fly(&self) -> bool {
        self.flights.len() < self.config.max_flights && self.device.asker.pending.has_room()
    }

    /// Does one thing that is due.
    ///
    /// # Errors
    /// [`Error::NoRoom`] for a message that is due; call again with more.
    pub fn handle_timeout(
        &mut self,
        now: Duration,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<GatewayEvent<'_>>, Error> {
        if let Some(at) = self.reports.pop_front() {
            return Ok(self.report(at));
        }
        if self.device.next_timeout().is_some_and(|due| due <= now) {
            let Step { send, event } = self.device.handle_timeout(now, out)?;
            let event = match event {
                Some(Event::TimedOut { id, .. }) if self.landed(now, id, &End::Silence) => None,
                event => event.map(GatewayEvent::Own),
            };
            return Ok(Step { send, event });
        }
        if let Some((_, at)) = self.children.next().filter(|(due, _)| *due <= now)
            && let Some(slot) = self.children.get_mut(at)
        {
            let step = slot.device.handle_timeout(now, out);
            self.children.settle(at);
            let Step { send, event } = step?;
            let child = self.children.get(at).map(|slot| slot.device.id());
            let event = child.zip(event).map(|(child, event)| GatewayEvent::Child { child, event });
            return Ok(Step { send, event });
        }
        if self.may_fly() { self.fly(now, out) } else { Ok(Step::NOTHING) }
    }

    fn report(&mut self, at: usize) -> Step<GatewayEvent<'_>> {
        let Some(slot) = self.children.get_mut(at) else {
            return Step::NOTHING;
        };
        slot.beside.unreported = false;
        let state = slot.beside.state;
        if state == ChildState::Gone {
            if let Some(due) = slot.beside.due {
                self.work.remove(&(due, at));
            }
            self.flights.iter_mut().for_each(|flight| flight.children.retain(|child| *child != at));
            // The slot is free from the next insertion on; its name is told once more.
            return match self.children.retire(at) {
                Some(device) => Step::event(GatewayEvent::State { child: device.id(), state }),
                None => Step::NOTHING,
            };
        }
        match self.children.get(at) {
            Some(slot) => Step::event(GatewayEvent::State { child: slot.device.id(), state }),
            None => Step::NOTHING,
        }
    }

    /// Asks for the step that is due first, together with the same step of others.
    fn fly(&mut self, now: Duration, out: &mut (impl Out + ?Sized)) -> Result<Step<GatewayEvent<'_>>, Error> {
        let step_of = |at: usize| {
            let child = &self.children.get(at)?.beside;
            Some((child.work()?, child.solo))
        };
        let mut due = self.work.iter().take_while(|(due, _)| *due <= now).map(|(_, at)| *at);
        let Some((first, (work, solo))) = due.find_map(|at| Some((at, step_of(at)?))) else {
            return Ok(Step::NOTHING);
        };
        let mut children = Vec::with_capacity(self.config.batch.max(1));
        children.push(first);
        if !solo {
            let alike = due.filter(|at| step_of(*at) == Some((work, false)));
            children.extend(alike.take(self.config.batch.saturating_sub(1)));
        }
        let sent = self.ask(now, work, &mut children, out)?;
        for at in &children {
            if let Some(slot) = self.children.get_mut(*at) {
                if let Some(due) = slot.beside.due {
                    self.work.remove(&(due, *at));
                }
                slot.beside.begin(work);
            }
        }
        self.flights.push(Flight { id: sent.id, work, children });
        Ok(Step { send: Some(sent.send), event: None })
    }

    fn ask(
        &mut self,
        now: Duration,
        work: Work,
        children: &mut Vec<usize>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Sent, Error> {
        let Self { device, children: fleet, .. } = self;
        let named = |at: &usize| fleet.get(*at).map(|slot| (slot.device.id(), &slot.beside.credentials));
        let ids =
            |children: &[usize]| children.iter().filter_map(named).map(|(id, _)| id).collect::<Vec<_>>();
        match work {
            Work::Bind => {
                let bind: Vec<Bind<'_>> =
                    children.iter().filter_map(named).map(|(id, by)| by.bind(id)).collect();
                device.request(now, Kind::TopoAdd, &TopoAdd(bind[..].into()), out)
            }
            Work::Unbind => device.request(now, Kind::TopoDelete, &Devices(ids(children)[..].into()), out),
            Work::Logout => match ids(children)[..] {
                [child] => device.request(now, Kind::Logout, &child, out),
                ref all => device.request(now, Kind::BatchLogout, &BatchLogout(all.into()), out),
            },
            Work::Login => {
                // A batch names its method once: those signed otherwise wait for the next.
                let method = children.first().and_then(named).map(|(_, by)| by.sign_method.clone());
                let method = method.unwrap_or_default();
                children.retain(|at| named(at).is_some_and(|(_, by)| by.sign_method == method));
                let entries: Vec<_> = children.iter().filter_map(named).collect();
                match entries[..] {
                    [(id, by)] => device.request(now, Kind::Login, &by.login(id), out),
                    ref all => {
                        let entries: Vec<BatchEntry<'_>> = all.iter().map(|(id, by)| by.entry(*id)).collect();
                        let batch =
                            BatchLogin { sign_method: (&*method).into(), devices: entries[..].into() };
                        device.request(now, Kind::BatchLogin, &batch, out)
                    }
                }
            }
        }
    }

    /// The gateway's own device.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The gateway's own device, to post, ask and answer.
    pub fn device_mut(&mut self) -> &mut Device {
        &mut self.device
    }

    /// Where a child stands.
    #[must_use]
    pub fn state(&self, child: DeviceId<'_>) -> Option<ChildState> {
        Some(self.children.get(self.children.find(child)?)?.beside.state)
    }

    /// The children, in the order of their names, and where they stand.
    pub fn children(&self) -> impl Iterator<Item = (DeviceId<'_>, ChildState)> {
        self.children.iter().map(|(_, slot)| (slot.device.id(), slot.beside.state))
    }

    /// Whether a child's messages may be on the wire: the check a platform makes, for the gateway's
    /// side.
    #[must_use]
    pub fn is_online(&self, child: DeviceId<'_>) -> bool {
        self.state(child) == Some(ChildState::Online)
    }
}

const NO_CHILD: Error = Error::WrongState("there is no such child");
