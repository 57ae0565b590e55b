//! A package in blocks, and the news of how it comes along.

use alloc::boxed::Box;
use core::time::Duration;

use super::device::Device;
use super::event::Event;
use super::step::{Sent, Step};
use crate::envelope::Id;
use crate::error::{Error, Fault, Rule};
use crate::message::file::{self, BLOCK, BlockRange, DownloadReply, StreamFile};
use crate::message::ota::{self, Progress};
use crate::out::Out;
use crate::table::Kind;

/// Progress is told no more often than this.
const PROGRESS_PAUSE: Duration = Duration::from_secs(3);

/// What to download, and how.
///
/// ```
/// use alink::flow::Fetch;
/// use alink::message::file::StreamFile;
///
/// let mut fetch = Fetch::new(StreamFile { stream: 1_397_345, file: 1 }, 432_945);
/// fetch.offset = 51_200; // where it was interrupted
/// # let _ = fetch;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Fetch<'a> {
    /// The file, as the package names it.
    pub file: StreamFile,
    /// Bytes of the whole file, as the package says.
    pub size: u64,
    /// The first byte that is missing.
    pub offset: u64,
    /// Bytes of a block: 256 to 131072 (5 KB).
    pub block: u64,
    /// How often one block is asked for before the download is given up (10).
    pub tries: u8,
    /// Of which module progress is told; of none if missing.
    pub module: Option<&'a str>,
}

impl Fetch<'_> {
    /// All of a file.
    #[must_use]
    pub const fn new(file: StreamFile, size: u64) -> Self {
        Self { file, size, offset: 0, block: 5 * 1024, tries: 10, module: None }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Download {
    file: StreamFile,
    size: u64,
    offset: u64,
    block: u64,
    tries: u8,
    left: u8,
    waiting: Option<Id>,
    module: Option<Box<str>>,
    /// The percentage told last, and when.
    told: Option<(u8, Duration)>,
    now: Duration,
}

impl Download {
    pub(super) fn awaits(&self, id: Id) -> bool {
        self.waiting == Some(id)
    }

    /// Still has something to tell.
    pub(super) fn owes(&self) -> bool {
        self.module.is_some() && self.told.is_none_or(|(percent, _)| percent != self.percent())
    }

    fn percent(&self) -> u8 {
        let percent = self.offset.saturating_mul(100) / self.size.max(1);
        u8::try_from(percent.min(100)).unwrap_or(100)
    }

    fn is_whole(&self) -> bool {
        self.offset >= self.size
    }

    /// The block asked for, or a fault and it is asked for again.
    pub(super) fn take_in<'a>(
        &mut self,
        now: Duration,
        reply: DownloadReply<'a>,
    ) -> Result<Event<'a>, Fault> {
        self.waiting = None;
        self.now = now;
        let fits = |(block, bytes): &(file::Block<'_>, &[u8])| {
            block.offset == self.offset
                && !bytes.is_empty()
                && block.size <= self.size - self.offset
                && block.size <= self.block
        };
        let Some((block, bytes)) = reply.block.filter(fits) else {
            self.left = self.left.saturating_sub(1);
            if self.left == 0 {
                return Ok(Event::DownloadFailed { offset: self.offset });
            }
            return Err(Fault::new(Rule::BlockMismatch, 0));
        };
        self.left = self.tries;
        self.offset += block.size;
        Ok(Event::Block { offset: block.offset, bytes, total: self.size, is_last: self.is_whole() })
    }

    /// No answer came; where the download stands if it is given up.
    pub(super) fn lost(&mut self, now: Duration) -> Option<u64> {
        self.waiting = None;
        self.now = now;
        self.left = self.left.saturating_sub(1);
        (self.left == 0).then_some(self.offset)
    }

    fn progress_due(&self) -> Option<Duration> {
        if !self.owes() {
            return None;
        }
        Some(match self.told {
            // The last word comes at once.
            Some((_, at)) if !self.is_whole() => at.saturating_add(PROGRESS_PAUSE),
            _ => self.now,
        })
    }

    pub(super) fn next_timeout(&self) -> Option<Duration> {
        let block = (self.waiting.is_none() && !self.is_whole()).then_some(self.now);
        [block, self.progress_due()].into_iter().flatten().min()
    }
}

impl Device {
    /// Begins a download over MQTT, or resumes one at [`Fetch::offset`]. Blocks come as
    /// [`Event::Block`]; the next one is asked for when `handle_timeout` is called, which is due at
    /// once. A download that runs is given up.
    ///
    /// # Errors
    /// [`Error::Message`] for a block size out of bounds or an offset behind the end,
    /// [`Error::Later`], [`Error::NoRoom`].
    pub fn fetch(
        &mut self,
        now: Duration,
        fetch: &Fetch<'_>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Sent, Error> {
        if !BLOCK.contains(&fetch.block) {
            return Err(Fault::new(Rule::BadBlockSize, 0).into());
        }
        if fetch.offset >= fetch.size {
            return Err(Fault::new(Rule::NumberOutOfRange, 0).into());
        }
        let mut download = Download {
            file: fetch.file,
            size: fetch.size,
            offset: fetch.offset,
            block: fetch.block,
            tries: fetch.tries.max(1),
            left: fetch.tries.max(1),
            waiting: None,
            module: fetch.module.map(Into::into),
            told: None,
            now,
        };
        let sent = self.ask_block(now, &download, out)?;
        download.waiting = Some(sent.id);
        self.fetch_cancel();
        self.download = Some(download);
        Ok(sent)
    }

    /// Gives up the download. Where it stood, if one ran: it can be resumed there.
    pub fn fetch_cancel(&mut self) -> Option<u64> {
        let download = self.download.take()?;
        if let Some(id) = download.waiting {
            self.asker.pending.take(id);
        }
        Some(download.offset)
    }

    /// Tells how an upgrade fares.
    ///
    /// # Errors
    /// [`Error::Message`] for more than 100 percent, [`Error::NoRoom`].
    pub fn tell_progress(
        &mut self,
        now: Duration,
        step: Progress,
        description: &str,
        module: Option<&str>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Sent, Error> {
        let step = ota::Step { step, description: description.into(), module: module.map(Into::into) };
        self.request(now, Kind::OtaProgress, &step, out)
    }

    fn ask_block(
        &mut self,
        now: Duration,
        download: &Download,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Sent, Error> {
        let rest = download.size - download.offset;
        let question = file::Download {
            token: Some("default".into()),
            file: download.file,
            // The end of a file may be smaller than the smallest block; the platform sends what there is.
            block: BlockRange { size: download.block.min(rest).max(*BLOCK.start()), offset: download.offset },
        };
        self.request(now, Kind::FileDownload, &question, out)
    }

    pub(super) fn download_step(
        &mut self,
        now: Duration,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Step<Event<'static>>, Error> {
        let Some(mut download) = self.download.take() else {
            return Ok(Step::NOTHING);
        };
        let done = self.download_message(now, &mut download, out);
        if !download.is_whole() || download.owes() {
            self.download = Some(download);
        }
        done.map(|sent| Step { send: sent.map(|sent| sent.send), event: None })
    }

    fn download_message(
        &mut self,
        now: Duration,
        download: &mut Download,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Sent>, Error> {
        if download.waiting.is_none() && !download.is_whole() && self.asker.pending.has_room() {
            let sent = self.ask_block(now, download, out)?;
            download.waiting = Some(sent.id);
            return Ok(Some(sent));
        }
        if download.progress_due().is_some_and(|due| due <= now) {
            let percent = download.percent();
            let sent =
                self.tell_progress(now, Progress::Percent(percent), "", download.module.as_deref(), out)?;
            download.told = Some((percent, now));
            return Ok(Some(sent));
        }
        Ok(None)
    }
}
