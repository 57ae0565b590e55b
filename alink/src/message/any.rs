//! Any message, by its topic: what a platform, a test double or a broker plug-in reads.

use super::config::{ConfigGet, LogConfig, ModelConfig, RemoteConfig};
use super::desired::{DesiredDelete, DesiredGet, DesiredValues};
use super::file::{Download, DownloadReply, Upload, UploadCancel, UploadInit, UploadSend, Uploaded};
use super::gateway::{
    Devices, Permit, ProductRegister, ProductRegistrations, Registrations, SubRegister, TopoAdd, TopoChange,
};
use super::job::{JobGet, JobNotify, JobUpdate, Jobs};
use super::log::LogPost;
use super::ntp::{NtpReply, NtpRequest};
use super::ota::{FirmwareGet, Inform, Package, Step};
use super::pack::{BatchPost, HistoryPost, PackPost};
use super::property::{EventPost, PropertyGet, PropertyPost, Values};
use super::session::{BatchLogin, BatchLogout, Login, Logout};
use super::shadow::{ShadowReply, ShadowRequest};
use super::system::{Bootstrap, ChildError, Diagnosis, DynamicTslGet, Empty, InternalService};
use super::tag::{TagDelete, TagGet, TagUpdate};
use crate::envelope::{Reading, Reply, Request};
use crate::error::{Fault, Rule};
use crate::json::RawJson;
use crate::list::Read;
use crate::out::Out;
use crate::table::{Direction, Kind};
use crate::topic::Topic;
use crate::write::{Json, Writer};

/// One enum over typed bodies, and which kind of message carries which.
macro_rules! bodies {
    (
        $(#[$meta:meta])*
        pub enum $name:ident<'a> { $($variant:ident($type:ty): $($kind:ident)|+, $about:literal;)* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum $name<'a> {
            $(#[doc = $about] $variant($type),)*
            /// What has no type of its own.
            Other(RawJson<'a>),
        }

        impl<'a> $name<'a> {
            fn of(kind: Kind, json: RawJson<'a>) -> Result<Self, Fault> {
                Ok(match kind {
                    $($(Kind::$kind)|+ => Self::$variant(Read::read(json)?),)*
                    _ => Self::Other(json),
                })
            }
        }

        impl Json for $name<'_> {
            fn check(&self) -> Result<(), Fault> {
                match self { $(Self::$variant(body) => body.check(),)* Self::Other(_) => Ok(()) }
            }

            fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
                match self { $(Self::$variant(body) => body.write(to),)* Self::Other(json) => json.write(to) }
            }
        }
    };
}

bodies! {
    /// The `params` of a request.
    pub enum Body<'a> {
        PropertyPost(PropertyPost<'a>): PropertyPost, "Properties.";
        PropertyPack(PackPost<'a>): PropertyPack, "Properties and events, with those of children.";
        PropertyBatch(BatchPost<'a>): PropertyBatch, "Several points of each property.";
        PropertyHistory(HistoryPost<'a>): PropertyHistory, "Points of the past.";
        Event(EventPost<'a>): Event, "An event.";
        Values(Values<'a>): PropertySet | Service, "New values of properties, or inputs of a service.";
        PropertyGet(PropertyGet<'a>): PropertyGet, "A question for values.";
        DesiredGet(DesiredGet<'a>): DesiredGet, "A question for desired values.";
        DesiredDelete(DesiredDelete<'a>): DesiredDelete, "Desired values to delete.";
        SubRegister(SubRegister<'a>): SubRegister, "Children to register.";
        ProductRegister(ProductRegister<'a>): ProductRegister, "Children to register by product secret.";
        TopoAdd(TopoAdd<'a>): TopoAdd, "Children to bind.";
        Devices(Devices<'a>): SubUnregister | TopoDelete | TopoAddNotify | ListFound, "Children by name.";
        TopoChange(TopoChange<'a>): TopoChange, "News of the topology.";
        Permit(Permit<'a>): GatewayPermit, "A window for pairing.";
        Login(Login<'a>): Login, "A child goes online.";
        Logout(Logout<'a>): Logout, "A child goes offline.";
        BatchLogin(BatchLogin<'a>): BatchLogin, "Children go online.";
        BatchLogout(BatchLogout<'a>): BatchLogout, "Children go offline.";
        Inform(Inform<'a>): OtaInform, "The version of a module.";
        Progress(Step<'a>): OtaProgress, "How far an upgrade has come.";
        FirmwareGet(FirmwareGet<'a>): FirmwareGet, "A question for a package.";
        Download(Download<'a>): FileDownload, "A question for a block.";
        UploadInit(UploadInit<'a>): FileUploadInit, "A file to come.";
        UploadCancel(UploadCancel<'a>): FileUploadCancel, "A file that will not come.";
        ConfigGet(ConfigGet): ConfigGet | LogConfigGet, "A question for a configuration.";
        ConfigPush(RemoteConfig<'a>): ConfigPush, "A remote configuration.";
        ModelConfig(ModelConfig<'a>): ModelConfigPush, "A driver configuration.";
        LogConfig(LogConfig): LogConfigPush, "Whether to post logs.";
        TagUpdate(TagUpdate<'a>): TagUpdate, "Tags to set.";
        TagGet(TagGet<'a>): TagGet, "A question for tags.";
        TagDelete(TagDelete<'a>): TagDelete, "Tags to remove.";
        LogPost(LogPost<'a>): LogPost, "Log lines.";
        JobNotify(JobNotify<'a>): JobNotify, "A job for the device.";
        JobGet(JobGet<'a>): JobGet, "A question for jobs.";
        JobUpdate(JobUpdate<'a>): JobUpdate, "How a job fares.";
        Diagnosis(Diagnosis<'a>): Diagnosis, "The quality of the network.";
        DynamicTslGet(DynamicTslGet<'a>): DynamicTslGet, "A question for parts of the thing model.";
        Bootstrap(Bootstrap): BootstrapNotify, "A wish that the device connects elsewhere.";
        InternalService(InternalService<'a>): InternalService, "A service of the platform's own.";
        Empty(Empty): TopoGet | Disable | Enable | Delete | TslGet | Reset, "Nothing besides the envelope.";
    }
}

bodies! {
    /// The `data` of a reply whose code is 200, and of pushes in the form of one.
    pub enum Answer<'a> {
        Values(Values<'a>): PropertyPost | PropertyPack | PropertyBatch | PropertyHistory | Event | PropertyGet | Service, "Dropped properties, values asked for, or outputs of a service.";
        Desired(DesiredValues<'a>): DesiredGet, "Desired values.";
        Registrations(Registrations<'a>): SubRegister, "Registered children.";
        ProductRegistrations(ProductRegistrations<'a>): ProductRegister, "Registered children.";
        Devices(Devices<'a>): TopoGet | BatchLogin | BatchLogout, "Children by name.";
        Device(Logout<'a>): Login | Logout, "The child that is online or offline now.";
        ChildError(ChildError<'a>): ChildError, "The child that may not.";
        Package(Package<'a>): OtaUpgrade, "A package.";
        Config(RemoteConfig<'a>): ConfigGet, "A remote configuration.";
        LogConfig(LogConfig): LogConfigGet, "Whether to post logs.";
        Jobs(Jobs<'a>): JobGet, "A task, or all of them.";
        JobUpdated(JobGet<'a>): JobUpdate, "The task that was updated.";
        Upload(Upload<'a>): FileUploadInit, "Where to go on.";
        Uploaded(Uploaded<'a>): FileUploadSend, "What has arrived.";
        UploadCancelled(UploadCancel<'a>): FileUploadCancel, "What was given up.";
    }
}

impl<'a> Body<'a> {
    /// Reads the `params` of a request of this kind.
    ///
    /// # Errors
    /// The rule broken, with the offset in the payload.
    pub fn read(kind: Kind, params: RawJson<'a>, reading: Reading) -> Result<Self, Fault> {
        match (kind, reading) {
            (Kind::Event, Reading::Tolerant) => EventPost::read_tolerant(params).map(Self::Event),
            (Kind::OtaProgress, Reading::Tolerant) => Step::read_tolerant(params).map(Self::Progress),
            _ => Self::of(kind, params),
        }
    }
}

impl<'a> Answer<'a> {
    /// Reads the `data` of a reply to a request of this kind.
    ///
    /// # Errors
    /// The rule broken, with the offset in the payload.
    pub fn read(kind: Kind, reply: &Reply<'a>) -> Result<Self, Fault> {
        // An error repeats what it likes, and "no package" is an empty object.
        let is_error = !reply.code.is_ok() && kind != Kind::ChildError;
        if is_error || kind == Kind::FirmwareGet && reply.data.members().next().is_none() {
            return Ok(Self::Other(reply.data));
        }
        if kind == Kind::FirmwareGet {
            Package::read(reply.data).map(Self::Package)
        } else {
            Self::of(kind, reply.data)
        }
    }
}

/// Any message.
///
/// ```
/// use alink::{RawJson, Topic, message::any::{Body, Message}};
///
/// let topic = Topic::parse("/sys/a1LampDemo01/lamp001/thing/event/property/post")?;
/// let payload = br#"{"id":"1","version":"1.0","params":{"PowerSwitch":1}}"#;
/// let Message::Request(request) = Message::parse(&topic, payload, Default::default())? else { panic!() };
/// let Body::PropertyPost(post) = request.params else { panic!() };
/// assert_eq!(post.0.get("PowerSwitch").unwrap().value.integer(), Some(1));
/// # Ok::<(), alink::Fault>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Message<'a> {
    /// A request in an envelope.
    Request(Request<'a, Body<'a>>),
    /// A reply in an envelope, or a push in the form of one (OTA, error of a child).
    Reply(Reply<'a, Answer<'a>>),
    /// A question for the time.
    NtpRequest(NtpRequest),
    /// The time.
    NtpReply(NtpReply),
    /// What a device sends to its shadow.
    ShadowRequest(ShadowRequest<'a>),
    /// What a shadow sends to its device.
    ShadowReply(ShadowReply<'a>),
    /// A block of a download.
    Download(DownloadReply<'a>),
    /// A block of an upload.
    Upload(UploadSend<'a>),
    /// Bytes of no form: RRPC, broadcast, raw and custom topics.
    Free(&'a [u8]),
}

impl<'a> Message<'a> {
    /// Reads the payload that came on `topic`.
    ///
    /// # Errors
    /// The rule broken, with the offset in the payload.
    pub fn parse(topic: &Topic<'_>, payload: &'a [u8], reading: Reading) -> Result<Self, Fault> {
        let kind = topic.kind();
        match (kind, topic.is_reply()) {
            (Kind::Ntp, false) => NtpRequest::read(RawJson::parse(payload)?).map(Self::NtpRequest),
            (Kind::Ntp, true) => NtpReply::read(RawJson::parse(payload)?).map(Self::NtpReply),
            (Kind::Shadow, false) => ShadowRequest::parse(payload).map(Self::ShadowRequest),
            (Kind::Shadow, true) => ShadowReply::parse(payload).map(Self::ShadowReply),
            (Kind::FileDownload, true) => DownloadReply::parse(payload, reading).map(Self::Download),
            (Kind::FileUploadSend, false) => UploadSend::parse(payload, topic, reading).map(Self::Upload),
            (
                Kind::RawUp
                | Kind::RawDown
                | Kind::Rrpc
                | Kind::Custom
                | Kind::Broadcast
                | Kind::BroadcastOnline
                | Kind::Probe
                | Kind::TunnelNotify
                | Kind::TunnelRequest
                | Kind::OtaRequest,
                _,
            ) => Ok(Self::Free(payload)),
            // Inside a custom RRPC request and reply share the topic: a code makes it a reply.
            (_, false) if topic.rrpc_id().is_some() => match Self::request(topic, payload, reading) {
                Err(Fault { rule: Rule::ParamsMissing, .. }) => Self::reply(topic, payload, reading),
                read => read,
            },
            (Kind::OtaUpgrade | Kind::ChildError, _) | (_, true) => {
                // Pushes in the form of a reply carry a code string even in strict reading.
                let reading = if topic.is_reply() { reading } else { Reading::Tolerant };
                Self::reply(topic, payload, reading)
            }
            (_, false) => Self::request(topic, payload, reading),
        }
    }

    fn request(topic: &Topic<'_>, payload: &'a [u8], reading: Reading) -> Result<Self, Fault> {
        let request = Request::parse(payload, topic, reading)?;
        let params = Body::read(topic.kind(), request.params, reading)?;
        let Request { id, version, ack, method, .. } = request;
        Ok(Self::Request(Request { id, version, ack, method, params }))
    }

    fn reply(topic: &Topic<'_>, payload: &'a [u8], reading: Reading) -> Result<Self, Fault> {
        let reply = Reply::parse(payload, reading)?;
        if reading == Reading::Strict && topic.kind().direction() == Direction::Down {
            reply.check_device_code()?;
        }
        let data = Answer::read(topic.kind(), &reply)?;
        let Reply { id, code, message, method, version, .. } = reply;
        Ok(Self::Reply(Reply { id, code, data, message, method, version }))
    }
}
