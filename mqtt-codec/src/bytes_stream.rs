//! Packets out of a `BytesMut` that is read into.

use bytes::{Bytes, BytesMut};

use crate::config::Version;
use crate::error::DecodeError;
use crate::frame::{Frame, Peek, header, peek};
use crate::pieces::peek_head;
use crate::stream::Skipped;

/// Cuts packets off a `BytesMut`. They share its memory: nothing is copied.
///
/// Contract: as for [`Reader`](crate::Reader). Read into the buffer, call [`next`](Self::next) until it has no more, read
/// again. The buffer never needs to hold more than one packet of the maximum size and whatever was read along with it.
///
/// ```
/// use bytes::BytesMut;
/// use mqtt_codec::{BytesReader, Packet, Rules, Version};
///
/// let mut reader = BytesReader::new(64 * 1024);
/// let mut buffer = BytesMut::from(&b"\x30\x06\x00\x03a/bx\xc0"[..]); // socket.read_buf(&mut buffer)
/// let frame = reader.next(&mut buffer)?.unwrap();
/// let Packet::Publish(publish) = frame.decode(Rules::new(Version::V311))? else { unreachable!() };
/// assert_eq!(frame.share(publish.payload).unwrap(), "x");
/// assert!(reader.next(&mut buffer)?.is_none(), "half a packet is left");
/// # Ok::<(), mqtt_codec::DecodeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BytesReader {
    max: u32,
    /// Bytes of the packet at the front that are being skipped, or taken in pieces.
    left: usize,
}

/// The most to reserve at a time: a peer that announces a large packet has to send it before more memory is taken.
const STEP: usize = 64 * 1024;

impl BytesReader {
    /// A reader that accepts packets of at most `max` bytes.
    pub const fn new(max: u32) -> Self {
        Self { max, left: 0 }
    }

    /// The next packet in the buffer; `None`: read more into it. Some room is reserved for what is missing.
    ///
    /// What is left of a packet that is being skipped or taken in pieces is dropped first.
    ///
    /// # Errors
    /// As [`peek`]; [`Rule::PacketTooLarge`](crate::Rule::PacketTooLarge) can be recovered from.
    pub fn next(&mut self, buffer: &mut BytesMut) -> Result<Option<Frame<Bytes>>, DecodeError> {
        if !self.drop_left(buffer) {
            return Ok(None);
        }
        let found = peek(buffer, self.max)?;
        Ok(cut(buffer, found).map(Frame::from_peeked))
    }

    /// Drops the packet at the front, which was refused for its size; see [`Reader::skip`](crate::Reader::skip).
    pub fn skip(&mut self, buffer: &BytesMut) -> Option<Skipped> {
        let header = header(buffer).ok()??;
        self.left = header.frame_len();
        Some(Skipped::of(header))
    }

    /// The head of the PUBLISH at the front, for [`PublishHead::decode`](crate::PublishHead::decode); see
    /// [`Reader::head`](crate::Reader::head). `None`: read more into the buffer.
    ///
    /// # Errors
    /// As [`peek_head`].
    pub fn head(&mut self, buffer: &mut BytesMut, version: Version) -> Result<Option<Bytes>, DecodeError> {
        if !self.drop_left(buffer) {
            return Ok(None);
        }
        let found = peek_head(buffer, version, self.max)?;
        let whole = header(buffer)?;
        let head = cut(buffer, found);
        if let (Some(head), Some(whole)) = (&head, whole) {
            self.left = whole.frame_len() - head.len();
        }
        Ok(head)
    }

    /// The next piece of the payload whose head was taken: all of it that is in the buffer. `None`: all of it was taken, or
    /// read more into the buffer; see [`left`](Self::left).
    pub fn payload(&mut self, buffer: &mut BytesMut) -> Option<Bytes> {
        let len = buffer.len().min(self.left);
        self.left -= len;
        (len > 0).then(|| buffer.split_to(len).freeze())
    }

    /// Bytes to come of the packet that is being skipped or taken in pieces.
    pub const fn left(&self) -> usize {
        self.left
    }

    fn drop_left(&mut self, buffer: &mut BytesMut) -> bool {
        let len = buffer.len().min(self.left);
        if len > 0 {
            bytes::Buf::advance(buffer, len);
            self.left -= len;
        }
        self.left == 0
    }
}

fn cut(buffer: &mut BytesMut, found: Peek) -> Option<Bytes> {
    match found {
        Peek::Frame { len } => Some(buffer.split_to(len).freeze()),
        Peek::Need(missing) => {
            buffer.reserve(missing.get().min(STEP));
            None
        }
    }
}
