//! Files over MQTT: download of upgrades in blocks, and upload.

use super::frame;
use super::{object, words};
use crate::code::Code;
use crate::envelope::{Id, Reading, Reply, Request};
use crate::error::{Error, Fault, Rule};
use crate::json::{RawJson, Text};
use crate::list::{Map, Read};
use crate::out::Out;
use crate::table::Kind;
use crate::topic::Topic;

/// Smallest and largest block.
pub const BLOCK: core::ops::RangeInclusive<u64> = 256..=131_072;
/// Largest file, in bytes.
pub const MAX_FILE: i64 = 16 * 1024 * 1024;

object! {
    /// A question for a block of a file. The answer is binary: [`DownloadReply`].
    pub struct Download<'a> {
        /// `default` for upgrades.
        "fileToken" => token: Option<Text<'a>>,
        /// Which file.
        "fileInfo" => file: StreamFile,
        /// Which part of it.
        "fileBlock" => block: BlockRange,
    }
}

object! {
    /// A file of a stream, as the package names it.
    pub struct StreamFile {
        /// The stream.
        "streamId" => stream: u64,
        /// The file in it.
        "fileId" => file: u64,
    }
}

object! {
    /// Part of a file.
    pub struct BlockRange {
        /// How many bytes.
        "size" => size: u64,
        /// From which on.
        "offset" => offset: u64,
    }
    check |this| if BLOCK.contains(&this.size) { Ok(()) } else { Err(Rule::BadBlockSize) }
}

object! {
    /// What block an answer carries.
    pub struct Block<'a> {
        /// As in the question.
        "fileToken" => token: Option<Text<'a>>,
        /// Bytes of the whole file.
        "fileLength" => file_length: u64,
        /// Bytes of the block.
        "bSize" => size: u64,
        /// From which byte on.
        "bOffset" => offset: u64,
    }
}

/// The answer to a question for a block.
///
/// ```
/// use alink::{Code, Id, SliceOut};
/// use alink::message::file::{Block, DownloadReply};
///
/// let block = Block { token: None, file_length: 3, size: 3, offset: 0 };
/// let mut buffer = [0; 128];
/// let mut out = SliceOut::new(&mut buffer);
/// DownloadReply { id: Id(31), code: Code::OK, block: Some((block, b"abc")) }.append(&mut out)?;
/// let read = DownloadReply::parse(out.written(), Default::default())?;
/// assert_eq!(read.block.map(|(_, bytes)| bytes), Some(&b"abc"[..]));
/// # Ok::<(), alink::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DownloadReply<'a> {
    /// The id of the request.
    pub id: Id,
    /// How it went.
    pub code: Code,
    /// The block and its bytes; none unless the code is 200.
    pub block: Option<(Block<'a>, &'a [u8])>,
}

impl<'a> DownloadReply<'a> {
    /// Reads a frame.
    ///
    /// # Errors
    /// [`Rule::FrameTooShort`], [`Rule::FrameLength`], [`Rule::BadCrc`], or what is wrong with the
    /// header, with the offset in the frame.
    pub fn parse(payload: &'a [u8], reading: Reading) -> Result<Self, Fault> {
        let (header, rest) = frame::split(payload)?;
        let reply = Reply::parse(header, reading).map_err(frame::shift)?;
        let (id, code) = (reply.id, reply.code);
        if !code.is_ok() {
            // Some leave the check value of no bytes behind the header.
            return match rest {
                [] | [0, 0] => Ok(Self { id, code, block: None }),
                _ => Err(Fault::new(Rule::FrameLength, payload.len() - rest.len())),
            };
        }
        let block = Block::read(reply.data).map_err(frame::shift)?;
        let bytes = frame::block(payload, rest, block.size)?;
        Ok(Self { id, code, block: Some((block, bytes)) })
    }

    /// Appends the frame to `out`.
    ///
    /// # Errors
    /// [`Rule::BlockMismatch`] unless the block is as long as it says, [`Error::NoRoom`].
    pub fn append(&self, out: &mut (impl Out + ?Sized)) -> Result<(), Error> {
        match self.block {
            Some((block, bytes)) => {
                if usize::try_from(block.size) != Ok(bytes.len()) {
                    return Err(Fault::new(Rule::BlockMismatch, 0).into());
                }
                frame::append(&Reply::new(self.id, self.code, block), bytes, out)
            }
            None => frame::append(&Reply::new(self.id, self.code, RawJson::EMPTY_OBJECT), &[], out),
        }
    }
}

words! {
    /// What becomes of a file of the same name.
    pub enum Conflict {
        /// It is replaced.
        "overwrite" => Overwrite,
        /// The new one goes behind it.
        "append" => Append,
        /// The new one is refused.
        "reject" => Reject,
    }
}

object! {
    /// A file to come; `params` of the request.
    pub struct UploadInit<'a> {
        /// At most 100 letters, digits, underscores and points; the first a letter or digit.
        "fileName" => name: &'a str,
        /// Bytes, at most 16 MB; -1 if not known yet.
        "fileSize" => size: i64,
        /// What becomes of a file of the same name.
        "conflictStrategy" => conflict: Option<Conflict>,
        /// `crc64`, if there is a check value.
        "ficMode" => check_mode: Option<Text<'a>>,
        /// The check value, 16 hex digits. Not with an unknown size.
        "ficValue" => check_value: Option<Text<'a>>,
        /// A name of the device's own for this upload.
        "initUid" => uid: Option<Text<'a>>,
        /// To whom the file belongs, and more.
        "extraParams" => extra: Option<UploadExtra<'a>>,
    }
    check |this| {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'.';
        let name = this.name;
        if !(1..=100).contains(&name.len())
            || !name.bytes().all(word)
            || !name.starts_with(|c: char| c.is_ascii_alphanumeric())
        {
            return Err(Rule::BadFileName);
        }
        match this.size {
            -1 if this.check_value.is_some() => Err(Rule::CheckOfUnknownSize),
            ..-1 => Err(Rule::NumberOutOfRange),
            size if size > MAX_FILE => Err(Rule::FileTooLarge),
            _ => Ok(()),
        }
    }
}

words! {
    /// To whom an uploaded file belongs.
    pub enum Owner {
        /// To the platform's own storage.
        "iot-platform" => Platform,
        /// To the storage of the device's user.
        "device-user" => User,
    }
}

object! {
    /// More about an upload.
    pub struct UploadExtra<'a> {
        /// To whom the file belongs.
        "ossOwnerType" => owner: Option<Owner>,
        /// For which service.
        "serviceId" => service: Option<Text<'a>>,
        /// At most 5 tags.
        "fileTag" => tags: Option<Map<'a, Text<'a>>>,
    }
    check |this| match this.tags {
        Some(tags) if tags.len() > 5 => Err(Rule::TooManyFileTags),
        _ => Ok(()),
    }
}

object! {
    /// The answer: go on at `offset`.
    pub struct Upload<'a> {
        /// The name of the file.
        "fileName" => name: Option<Text<'a>>,
        /// What the blocks are sent under, for 24 hours.
        "uploadId" => id: Text<'a>,
        /// How many bytes the platform has.
        "offset" => offset: u64,
        /// As in the question.
        "conflictStrategy" => conflict: Option<Conflict>,
    }
}

object! {
    /// What block comes; `params` of the header.
    pub struct UploadBlock<'a> {
        /// The upload.
        "uploadId" => id: Text<'a>,
        /// From which byte on.
        "offset" => offset: u64,
        /// Bytes of the block: 256 to 131072, fewer in the last; none only if it completes an upload
        /// of unknown size.
        "bSize" => size: u64,
        /// Whether it is the last one of an upload of unknown size.
        "isComplete" => is_complete: Option<bool>,
    }
    check |this| match this.size {
        0 if this.is_complete != Some(true) => Err(Rule::BadBlockSize),
        size if size > *BLOCK.end() => Err(Rule::BadBlockSize),
        _ => Ok(()),
    }
}

/// A block of an upload.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UploadSend<'a> {
    /// The id of the request.
    pub id: Id,
    /// Which block.
    pub block: UploadBlock<'a>,
    /// Its bytes.
    pub bytes: &'a [u8],
}

impl<'a> UploadSend<'a> {
    /// Reads a frame that came on `topic`.
    ///
    /// # Errors
    /// As for [`DownloadReply::parse`].
    pub fn parse(payload: &'a [u8], topic: &Topic<'_>, reading: Reading) -> Result<Self, Fault> {
        let (header, rest) = frame::split(payload)?;
        let request = Request::parse(header, topic, reading).map_err(frame::shift)?;
        let block = UploadBlock::read(request.params).map_err(frame::shift)?;
        Ok(Self { id: request.id, block, bytes: frame::block(payload, rest, block.size)? })
    }

    /// Appends the frame to `out`.
    ///
    /// # Errors
    /// As for [`DownloadReply::append`].
    pub fn append(&self, out: &mut (impl Out + ?Sized)) -> Result<(), Error> {
        if usize::try_from(self.block.size) != Ok(self.bytes.len()) {
            return Err(Fault::new(Rule::BlockMismatch, 0).into());
        }
        let request = Request {
            id: self.id,
            version: Kind::FileUploadSend.row().version,
            ack: None,
            method: None,
            params: self.block,
        };
        frame::append(&request, self.bytes, out)
    }
}

object! {
    /// The answer to a block.
    pub struct Uploaded<'a> {
        /// The upload.
        "uploadId" => id: Text<'a>,
        /// As in the question.
        "offset" => offset: u64,
        /// As in the question.
        "bSize" => size: u64,
        /// Whether the file is whole.
        "complete" => complete: Option<bool>,
        /// `crc64`, if there is a check value.
        "ficMode" => check_mode: Option<Text<'a>>,
        /// The check value the device gave.
        "ficValueClient" => check_of_device: Option<Text<'a>>,
        /// The check value of what the platform has.
        "ficValueServer" => check_of_platform: Option<Text<'a>>,
    }
}

object! {
    /// An upload to give up; `params` and `data` alike.
    pub struct UploadCancel<'a> {
        /// Which.
        "uploadId" => id: Text<'a>,
    }
}
