//! A child of a gateway: where it stands, where it is to go, and the step between.

use alloc::boxed::Box;
use core::time::Duration;

use crate::code::Code;
use crate::message::gateway::Bind;
use crate::message::session::{BatchEntry, Login, TextBool};
use crate::name::DeviceId;

/// Where a child stands, as far as the gateway knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChildState {
    /// Not bound to the gateway.
    Unbound,
    /// A binding is asked for.
    Binding,
    /// Bound, without a session.
    Offline,
    /// A login is asked for.
    LoggingIn,
    /// It may publish and is served.
    Online,
    /// A logout is asked for.
    LoggingOut,
    /// An end of the binding is asked for.
    Unbinding,
    /// The platform has disabled it; it goes on when enabled.
    Disabled,
    /// The platform would not have it, by this code; it goes on when asked again.
    Refused(Code),
    /// No longer a child.
    Gone,
}

/// Where a child is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    Online,
    Offline,
    Gone,
}

/// What the gateway asks for a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    Bind,
    Login,
    Logout,
    Unbind,
}

/// A request about a child that was answered, or not.
pub(super) enum End {
    Answer(Code),
    Silence,
}

/// How a child is signed for. The secret stays outside: a signature serves for binding and every
/// login, until it is renewed.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The client id that was signed.
    pub client_id: Box<str>,
    /// The milliseconds that were signed.
    pub timestamp: Box<str>,
    /// How it was signed.
    pub sign_method: Box<str>,
    /// The signature.
    pub sign: Box<str>,
    /// Whether a login throws away messages that were kept.
    pub clean_session: bool,
}

impl core::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Credentials").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl Credentials {
    pub(super) fn bind<'a>(&'a self, id: DeviceId<'a>) -> Bind<'a> {
        Bind {
            product_key: id.product_key(),
            device_name: id.device_name(),
            client_id: Some((&*self.client_id).into()),
            timestamp: Some((&*self.timestamp).into()),
            sign_method: (&*self.sign_method).into(),
            sign: (&*self.sign).into(),
        }
    }

    pub(super) fn login<'a>(&'a self, id: DeviceId<'a>) -> Login<'a> {
        Login {
            product_key: id.product_key(),
            device_name: id.device_name(),
            client_id: Some((&*self.client_id).into()),
            timestamp: Some((&*self.timestamp).into()),
            sign_method: (&*self.sign_method).into(),
            sign: (&*self.sign).into(),
            clean_session: Some(TextBool(self.clean_session)),
        }
    }

    pub(super) fn entry<'a>(&'a self, id: DeviceId<'a>) -> BatchEntry<'a> {
        let Login { product_key, device_name, client_id, timestamp, sign, clean_session, .. } =
            self.login(id);
        BatchEntry { product_key, device_name, client_id, timestamp, clean_session, sign, sign_method: None }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Child {
    pub(super) credentials: Credentials,
    pub(super) state: ChildState,
    pub(super) goal: Goal,
    /// When its next step may be taken, as entered among the work.
    pub(super) due: Option<Duration>,
    /// Steps in a row that came to nothing.
    pub(super) tries: u32,
    /// Not to be asked for in a batch: one bad entry spoils it for all.
    pub(super) solo: bool,
    /// A change of state the application has not heard of.
    pub(super) unreported: bool,
}

/// Steps in a row that may come to nothing.
const MAX_TRIES: u32 = 8;

impl Child {
    pub(super) fn new(credentials: Credentials, is_bound: bool) -> Self {
        let state = if is_bound { ChildState::Offline } else { ChildState::Unbound };
        Self { credentials, state, goal: Goal::Online, due: None, tries: 0, solo: false, unreported: false }
    }

    /// The step from where the child stands to where it is to go.
    pub(super) fn work(&self) -> Option<Work> {
        use ChildState::{Disabled, Offline, Online, Refused, Unbound};
        match (self.state, self.goal) {
            (Unbound, Goal::Online) => Some(Work::Bind),
            (Offline, Goal::Online) => Some(Work::Login),
            (Online, Goal::Offline | Goal::Gone) => Some(Work::Logout),
            (Offline | Disabled | Refused(_) | Unbound, Goal::Gone) => Some(Work::Unbind),
            _ => None,
        }
    }

    /// The step is asked for.
    pub(super) fn begin(&mut self, work: Work) {
        self.due = None;
        self.state = match work {
            Work::Bind => ChildState::Binding,
            Work::Login => ChildState::LoggingIn,
            Work::Logout => ChildState::LoggingOut,
            Work::Unbind => ChildState::Unbinding,
        };
    }

    /// The step came to an end; how long to wait before the next.
    pub(super) fn end(&mut self, work: Work, end: &End, in_batch: bool) -> Duration {
        use ChildState::{Binding, LoggingIn, LoggingOut, Unbinding};
        // Something else has happened to the child meanwhile.
        if !matches!(self.state, Binding | LoggingIn | LoggingOut | Unbinding) {
            return Duration::ZERO;
        }
        let before = match work {
            Work::Bind => ChildState::Unbound,
            Work::Login | Work::Unbind => ChildState::Offline,
            Work::Logout => ChildState::Online,
        };
        let code = match end {
            End::Answer(code) => *code,
            End::Silence => return self.again(before),
        };
        if !code.is_ok() && in_batch {
            (self.solo, self.state) = (true, before);
            return Duration::ZERO;
        }
        let next = match (work, code) {
            (Work::Bind, code) if code.is_ok() => ChildState::Offline,
            (Work::Login, code) if code.is_ok() => ChildState::Online,
            (Work::Logout, code) if code.is_ok() => ChildState::Offline,
            (Work::Unbind, code) if code.is_ok() => ChildState::Gone,
            (_, Code::TOO_MANY | Code::INTERNAL | Code::SYSTEM) => return self.again(before),
            // No topology relation: bind first, or there is nothing to unbind.
            (Work::Login, Code::NO_TOPOLOGY) => return self.again(ChildState::Unbound),
            (Work::Unbind, Code::NO_TOPOLOGY | Code::DELETED | Code(6100)) => ChildState::Gone,
            (Work::Unbind, _) => return self.again(before),
            (Work::Logout, Code::NO_SESSION) => ChildState::Offline,
            (_, Code::DISABLED | Code(6204)) => ChildState::Disabled,
            (_, Code::DELETED | Code(6100)) => ChildState::Gone,
            (_, code) => ChildState::Refused(code),
        };
        self.tries = 0;
        self.become_state(next);
        Duration::ZERO
    }

    /// Try again, each time after a longer while, but not forever.
    fn again(&mut self, state: ChildState) -> Duration {
        self.tries += 1;
        self.state = state;
        if self.tries >= MAX_TRIES {
            match self.goal {
                Goal::Online => self.become_state(ChildState::Refused(Code(6099))),
                Goal::Gone => self.become_state(ChildState::Gone),
                Goal::Offline => {}
            }
        }
        Duration::from_secs(1 << self.tries.min(6))
    }

    /// The platform turns out to have a session, or to have none: what led to it was a message that
    /// came late or twice. The next step sets it right.
    pub(super) fn found(&mut self, has_session: bool) {
        match (has_session, self.state) {
            (true, ChildState::Offline) if self.goal != Goal::Online => self.state = ChildState::Online,
            (true, ChildState::Disabled) => self.become_state(ChildState::Online),
            (false, ChildState::Online) => self.become_state(ChildState::Offline),
            _ => {}
        }
    }

    pub(super) fn become_state(&mut self, state: ChildState) {
        self.unreported |= self.state != state
            && matches!(
                state,
                ChildState::Online
                    | ChildState::Offline
                    | ChildState::Disabled
                    | ChildState::Refused(_)
                    | ChildState::Gone
            );
        self.state = state;
    }
}
