//! The machines: what a device, a gateway or a bridge does, and when.
//!
//! Contract, the same for all: the caller brings topic and payload of what arrives, the time, and an
//! output; a machine appends at most one message to it and reports at most one event
//! ([`Step`](crate::Step)). An error leaves machine and output as they were. What one call cannot
//! finish falls due at once: ask `next_timeout` after every call, call `handle_timeout` then; being
//! late with it costs lateness only.

mod asker;
mod bridge;
mod calls;
#[cfg(feature = "model")]
pub(crate) mod checked;
mod child;
mod clock;
pub(crate) mod config;
pub(crate) mod device;
mod directory;
mod download;
pub(crate) mod event;
mod fleet;
mod gateway;
mod outbox;
mod pending;
mod shadow;
#[cfg(feature = "auth")]
mod signed;
pub(crate) mod step;
mod upload;

pub use bridge::{Bridge, BridgeEntry, BridgeEvent};
pub use calls::Call;
pub use child::{ChildState, Credentials};
pub use download::Fetch;
pub use gateway::{Gateway, GatewayConfig, GatewayEvent};
pub use outbox::{Counters, Delivery, Lane, Outbox, OutboxConfig, Ticket};
pub use pending::Pending;
pub use upload::Pace;
