//! A file in blocks, from the device to the platform.
//!
//! Contract: the flow keeps no bytes of the file. It says which it wants ([`Event::UploadWants`]),
//! again if they were lost, and the application hands them over ([`Device::upload_send`]).

use alloc::boxed::Box;
use core::time::Duration;

use super::device::Device;
use super::event::Event;
use super::step::Sent;
use crate::envelope::{Id, Reply};
use crate::error::{Error, Fault, Rule};
use crate::list::Read as _;
use crate::message::file::{self, BLOCK, UploadBlock, UploadCancel, UploadInit, UploadSend, Uploaded};
use crate::out::Out;
use crate::table::Kind;
use crate::topic::Topic;

/// How to upload.
///
/// ```
/// let mut pace = alink::flow::Pace::default();
/// pace.block = 64 * 1024;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pace {
    /// Bytes of a block: 256 to 131072 (2 KB).
    pub block: u64,
    /// How often one block is wanted before the upload is given up (10).
    pub tries: u8,
}

impl Default for Pace {
    fn default() -> Self {
        Self { block: 2 * 1024, tries: 10 }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Upload {
    /// Bytes of the file, if known.
    total: Option<u64>,
    pace: Pace,
    left: u8,
    /// Under which the blocks are sent; empty until the platform has given it.
    name: Box<str>,
    offset: u64,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    /// The platform is asked where to begin.
    Opening(Id),
    /// A block is to be wanted.
    Due,
    /// The application has the word.
    Wants,
    /// A block of this size is on its way.
    Sent { id: Id, size: u64, is_last: bool },
}

impl Upload {
    pub(super) fn awaits(&self, id: Id) -> bool {
        matches!(self.stage, Stage::Opening(waiting) | Stage::Sent { id: waiting, .. } if waiting == id)
    }

    /// The next block: its size is smaller only at the end of a file of known size.
    fn wanted(&self) -> u64 {
        self.total.map_or(self.pace.block, |total| (total - self.offset).min(self.pace.block))
    }

    fn want(&mut self) -> Event<'static> {
        self.stage = Stage::Wants;
        Event::UploadWants { offset: self.offset, size: self.wanted() }
    }

    /// A block did not arrive; `true` if it was tried for the last time.
    fn lose(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.stage = Stage::Due;
        self.left == 0
    }

    fn begin<'a>(&mut self, reply: &Reply<'a>) -> Result<Event<'a>, Fault> {
        let begun = file::Upload::read(reply.data)?;
        let total = self.total.unwrap_or(u64::MAX);
        if begun.offset > total {
            return Err(Fault::new(Rule::NumberOutOfRange, reply.data.offset()));
        }
        if begun.offset == total {
            // Every block had arrived before, and only the platform's word on the last one was lost.
            let (check_mode, check_of_device, check_of_platform) = (None, None, None);
            let (id, offset, size, complete) = (begun.id, begun.offset, 0, None);
            let uploaded =
                Uploaded { id, offset, size, complete, check_mode, check_of_device, check_of_platform };
            return Ok(Event::Uploaded { uploaded });
        }
        self.name = begun.id.as_plain().ok_or(Fault::new(Rule::ValueUnknown, reply.data.offset()))?.into();
        self.offset = begun.offset;
        Ok(self.want())
    }

    fn go_on<'a>(&mut self, reply: &Reply<'a>, size: u64, is_last: bool) -> Result<Event<'a>, Fault> {
        let uploaded = Uploaded::read(reply.data)?;
        if (uploaded.offset, uploaded.size) != (self.offset, size) {
            return Err(Fault::new(Rule::BlockMismatch, reply.data.offset()));
        }
        self.left = self.pace.tries;
        self.offset += size;
        Ok(if is_last { Event::Uploaded { uploaded } } else { self.want() })
    }

    pub(super) fn next_timeout(&self) -> Option<Duration> {
        matches!(self.stage, Stage::Due).then_some(Duration::ZERO)
    }
}

impl Device {
    /// Announces a file to upload over MQTT. The platform says from where on it wants the file, which
    /// then comes as [`Event::UploadWants`]; an interrupted upload goes on where it stopped if it is
    /// announced again. What the platform refuses is [`Event::Answered`], silence
    /// [`Event::TimedOut`]. An upload that runs is forgotten.
    ///
    /// ```
    /// use core::time::Duration;
    /// use alink::message::file::UploadInit;
    /// use alink::{Config, Device, DeviceId, Event};
    ///
    /// const NOW: Duration = Duration::ZERO;
    /// let mut lamp = Device::new(DeviceId::new("a1LampDemo01", "lamp001")?, Config::default());
    /// let (conflict, check_mode, check_value, uid, extra) = (None, None, None, None, None);
    /// let file = UploadInit { name: "log.txt", size: 300, conflict, check_mode, check_value, uid, extra };
    /// let mut out = Vec::new();
    /// lamp.upload(NOW, &file, Default::default(), &mut out)?;
    ///
    /// // ... and the platform answers:
    /// let topic = "/sys/a1LampDemo01/lamp001/thing/file/upload/mqtt/init_reply";
    /// let answer = br#"{"id":"1","code":200,"data":{"uploadId":"u1","offset":0}}"#;
    /// let step = lamp.receive(NOW, topic, answer, &mut out)?;
    /// assert_eq!(step.event, Some(Event::UploadWants { offset: 0, size: 300 }));
    /// lamp.upload_send(NOW, &[0; 300], &mut out)?;
    /// # Ok::<(), alink::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Message`] for what a platform would refuse, [`Error::Later`], [`Error::NoRoom`].
    pub fn upload(
        &mut self,
        now: Duration,
        file: &UploadInit<'_>,
        pace: Pace,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Sent, Error> {
        if !BLOCK.contains(&pace.block) {
            return Err(Fault::new(Rule::BadBlockSize, 0).into());
        }
        if file.size == 0 {
            // The protocol has no block without bytes for a file whose size is told.
            return Err(Fault::new(Rule::NumberOutOfRange, 0).into());
        }
        let sent = self.request(now, Kind::FileUploadInit, file, out)?;
        self.forget_upload();
        self.upload = Some(Upload {
            total: u64::try_from(file.size).ok(),
            pace,
            left: pace.tries.max(1),
            name: Box::default(),
            offset: 0,
            stage: Stage::Opening(sent.id),
        });
        Ok(sent)
    }

    /// Sends the bytes [`Event::UploadWants`] asked for. Of a file of unknown size fewer than it
    /// asked for, or none, are the last ones.
    ///
    /// # Errors
    /// [`Error::WrongState`] when no block is wanted, [`Error::Message`] with
    /// [`Rule::BlockMismatch`] for more or fewer bytes than wanted, [`Error::Later`],
    /// [`Error::NoRoom`].
    pub fn upload_send(
        &mut self,
        now: Duration,
        bytes: &[u8],
        out: &mut (impl Out + ?Sized),
    ) -> Result<Sent, Error> {
        let Self { own, asker, upload, .. } = self;
        let wants = upload.as_mut().filter(|upload| matches!(upload.stage, Stage::Wants));
        let upload = wants.ok_or(Error::WrongState("no block is wanted"))?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let (is_last, fits) = match upload.total {
            Some(total) => (upload.offset + upload.wanted() >= total, size == upload.wanted()),
            None => (size < upload.wanted(), size <= upload.wanted()),
        };
        if !fits {
            return Err(Fault::new(Rule::BlockMismatch, 0).into());
        }
        let topic = Topic::made(Kind::FileUploadSend, own.id(), "");
        let sent = asker.ask_framed(now, &topic, out, |id, buffer| {
            let is_complete = (is_last && upload.total.is_none()).then_some(true);
            let block = UploadBlock { id: (&*upload.name).into(), offset: upload.offset, size, is_complete };
            UploadSend { id, block, bytes }.append(buffer)
        })?;
        upload.stage = Stage::Sent { id: sent.id, size, is_last };
        Ok(sent)
    }

    /// Gives up the upload and tells the platform so. To resume it later, do not: announce the file
    /// again instead.
    ///
    /// # Errors
    /// [`Error::WrongState`] when no upload has begun, [`Error::Later`], [`Error::NoRoom`].
    pub fn upload_cancel(&mut self, now: Duration, out: &mut (impl Out + ?Sized)) -> Result<Sent, Error> {
        let Some(upload) = self.upload.take_if(|upload| !upload.name.is_empty()) else {
            return Err(Error::WrongState("no upload has begun"));
        };
        let cancel = UploadCancel { id: (&*upload.name).into() };
        let sent = self.request(now, Kind::FileUploadCancel, &cancel, out);
        self.upload = Some(upload);
        if sent.is_ok() {
            self.forget_upload();
        }
        sent
    }

    fn forget_upload(&mut self) {
        if let Some(Upload { stage: Stage::Opening(id) | Stage::Sent { id, .. }, .. }) = self.upload.take() {
            self.asker.pending.take(id);
        }
    }

    /// The answer the upload waits for.
    pub(super) fn upload_reply<'a>(&mut self, kind: Kind, reply: Reply<'a>) -> Result<Event<'a>, Fault> {
        let answered = Event::Answered { id: reply.id, kind, reply };
        let Some(upload) = &mut self.upload else { return Ok(answered) };
        let event = match upload.stage {
            Stage::Sent { .. } if !reply.code.is_ok() => Ok(answered),
            Stage::Sent { size, is_last, .. } => upload.go_on(&reply, size, is_last),
            _ if reply.code.is_ok() => upload.begin(&reply),
            _ => Ok(answered),
        };
        let is_over = match (&event, upload.stage) {
            (Ok(Event::UploadWants { .. }), _) => false,
            (Ok(Event::Uploaded { .. }), _) | (_, Stage::Opening(_)) => true,
            // Refused, or not the block that was sent.
            _ if upload.lose() => {
                let offset = upload.offset;
                self.upload = None;
                return Ok(Event::UploadFailed { offset });
            }
            _ => false,
        };
        if is_over {
            self.upload = None;
        }
        event
    }

    /// No answer came to what the upload waits for.
    pub(super) fn upload_lost(&mut self, id: Id, kind: Kind) -> Event<'static> {
        let offset = match &mut self.upload {
            Some(upload) if matches!(upload.stage, Stage::Sent { .. }) => {
                if !upload.lose() {
                    return upload.want();
                }
                Some(upload.offset)
            }
            _ => None,
        };
        self.upload = None;
        offset.map_or(Event::TimedOut { id, kind }, |offset| Event::UploadFailed { offset })
    }

    /// A block that is to be wanted again.
    pub(super) fn upload_due(&mut self) -> Option<Event<'static>> {
        let due = self.upload.as_mut().filter(|upload| matches!(upload.stage, Stage::Due));
        due.map(Upload::want)
    }
}
