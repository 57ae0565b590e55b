//! What a device's flow reports.

use super::calls::Call;
use crate::code::Code;
use crate::envelope::{Id, Reply};
use crate::error::Fault;
use crate::message::any::Body;
use crate::message::file::Uploaded;
use crate::message::ota::Package;
use crate::message::property::{Outcome, PropertyGet, Values};
use crate::message::shadow::ShadowReply;
use crate::name::DeviceId;
use crate::table::Kind;
use crate::topic::Topic;

/// What a message from the platform, or the passing of time, means.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// What became of posted properties or an event.
    Posted {
        /// The id of the post.
        id: Id,
        /// Which kind of post.
        kind: Kind,
        /// The reply itself.
        reply: Reply<'a>,
        /// Taken, partly taken or refused.
        outcome: Outcome<'a>,
    },
    /// The answer to any other request.
    Answered {
        /// The id of the request.
        id: Id,
        /// Which kind of request.
        kind: Kind,
        /// The reply; its `data` is to be read as what belongs to the kind.
        reply: Reply<'a>,
    },
    /// No answer came in time.
    TimedOut {
        /// The id of the request.
        id: Id,
        /// Which kind of request.
        kind: Kind,
    },
    /// The platform sets properties. Having done so, answer, and post the new values: the answer
    /// alone does not tell the platform what they are.
    PropertySet {
        /// To answer with; `None` if no answer is wanted.
        call: Option<Call>,
        /// The new values.
        values: Values<'a>,
    },
    /// The platform asks for values (legacy).
    PropertyGet {
        /// To answer with; `None` if no answer is wanted.
        call: Option<Call>,
        /// Of which properties.
        identifiers: PropertyGet<'a>,
    },
    /// The platform calls a service. An unknown one is to be answered with code 460 or one of the
    /// device's own, for silence costs the caller its whole timeout.
    Service {
        /// To answer with; `None` if no answer is wanted.
        call: Option<Call>,
        /// Which service, `block:identifier` for one of a module.
        identifier: &'a str,
        /// Its inputs.
        inputs: Values<'a>,
        /// Whether the caller waits for the answer (8 s at most).
        is_sync: bool,
    },
    /// A free-form synchronous call, to be answered by [`Device::answer_raw`](crate::Device::answer_raw).
    Rrpc {
        /// To answer with.
        call: Call,
        /// The topic of the call.
        topic: Topic<'a>,
        /// Anything.
        payload: &'a [u8],
    },
    /// A call was not answered in time; its handle is void.
    CallExpired {
        /// The call.
        call: Call,
    },
    /// A broadcast.
    Broadcast {
        /// The topic of the broadcast.
        topic: Topic<'a>,
        /// Anything.
        payload: &'a [u8],
    },
    /// A message on a topic of the product's own.
    Custom {
        /// The topic.
        topic: Topic<'a>,
        /// Anything.
        payload: &'a [u8],
    },
    /// The platform tells something that needs no thought: it was answered with 200 already, if it
    /// has an answer. Configurations, jobs, being disabled, enabled or deleted, news of the
    /// topology, a wish to connect elsewhere.
    Pushed {
        /// What it is about.
        kind: Kind,
        /// What it says.
        body: Body<'a>,
    },
    /// A package to install. The same push may come again after a reconnect: compare versions.
    Upgrade {
        /// The package.
        package: Package<'a>,
    },
    /// A block of the running download.
    Block {
        /// Its first byte in the file.
        offset: u64,
        /// Its bytes.
        bytes: &'a [u8],
        /// Bytes of the whole file.
        total: u64,
        /// Whether the file is whole now; its digest is the application's to check.
        is_last: bool,
    },
    /// The download was given up after as many tries as configured. It can be resumed.
    DownloadFailed {
        /// The first byte that is missing.
        offset: u64,
    },
    /// The upload wants these bytes of the file: hand them to
    /// [`Device::upload_send`](crate::Device::upload_send). Bytes that were lost are wanted again.
    UploadWants {
        /// The first byte wanted.
        offset: u64,
        /// How many; of a file of unknown size there may be fewer, and that ends it.
        size: u64,
    },
    /// The file is there; whether the check values agree is in what the platform says.
    Uploaded {
        /// What the platform says.
        uploaded: Uploaded<'a>,
    },
    /// The upload was given up after as many tries as configured. Announced again, it goes on.
    UploadFailed {
        /// The first byte the platform has not confirmed.
        offset: u64,
    },
    /// The time of the platform is known: see [`Device::utc`](crate::Device::utc).
    Time {
        /// Milliseconds of UTC now.
        utc: u64,
    },
    /// An answer of the shadow, or a push of desired values.
    Shadow(ShadowReply<'a>),
    /// What the gateway has tried for a child it may not.
    ChildError {
        /// Why.
        code: Code,
        /// The child.
        child: DeviceId<'a>,
    },
    /// A message for another flow, or one of a kind that no flow handles.
    Other {
        /// The topic.
        topic: Topic<'a>,
        /// The payload.
        payload: &'a [u8],
    },
    /// The thing model refuses what the platform wants; it was answered with code 460.
    NotInModel {
        /// The topic.
        topic: Topic<'a>,
        /// How many violations the sink was told.
        violations: u32,
    },
    /// A message that cannot be read. A request among such was refused with code 460.
    Unreadable {
        /// The topic as it came.
        topic: &'a str,
        /// What is wrong with topic or payload.
        fault: Fault,
    },
}
