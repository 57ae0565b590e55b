//! Packets out of a stream that comes in chunks, with one fixed buffer.

use crate::config::Version;
use crate::error::DecodeError;
use crate::frame::{Header, PacketType, Peek, header, peek};
use crate::pieces::peek_head;
use crate::rule::Rule;

/// Cuts a stream into packets. Packets that lie in a chunk as a whole are borrowed from it; only one that is cut by the end
/// of a chunk is collected in the buffer.
///
/// Contract: call [`next`](Self::next) until it has no more, then feed the next chunk. Packets larger than the limit, which
/// is never more than the buffer, are refused from their fixed header, before any of their body is kept; the stream can go
/// on behind them: [`skip`](Self::skip) drops such a packet, [`head`](Self::head) and [`payload`](Self::payload) let a
/// PUBLISH pass in pieces. An error leaves the reader as it was, so that one of these can be called after it.
///
/// ```
/// use mqtt_codec::{Packet, Reader, Rules, Version};
///
/// let mut buffer = [0; 256];
/// let mut reader = Reader::new(&mut buffer, 256);
/// let mut seen = Vec::new();
/// for mut chunk in [&b"\xc0\x00\x30\x06\x00\x03"[..], b"a/b", b"x\xc0", b"\x00"] {
///     while let Some(frame) = reader.next(&mut chunk)? {
///         seen.push(Packet::decode(frame, Rules::new(Version::V311))?.packet_type().to_string());
///     }
/// }
/// assert_eq!(seen, ["PINGREQ", "PUBLISH", "PINGREQ"]);
/// # Ok::<(), mqtt_codec::DecodeError>(())
/// ```
///
/// Who reads from a socket straight into the buffer does without chunks:
///
/// ```
/// use mqtt_codec::{Packet, Reader, Rules, Version};
///
/// let mut buffer = [0; 256];
/// let mut reader = Reader::new(&mut buffer, 256);
/// reader.space()[..2].copy_from_slice(b"\xc0\x00"); // socket.read(reader.space())
/// reader.filled(2);
/// assert_eq!(reader.next(&mut &[][..])?, Some(&b"\xc0\x00"[..]));
/// # Ok::<(), mqtt_codec::DecodeError>(())
/// ```
#[derive(Debug)]
pub struct Reader<'b> {
    buffer: &'b mut [u8],
    /// The bytes in the buffer that were not given out yet.
    start: usize,
    end: usize,
    max: u32,
    /// Bytes of the packet at the front that are being skipped, or taken in pieces.
    left: usize,
}

impl<'b> Reader<'b> {
    /// A reader that accepts packets of at most `max` bytes, and of no more than the buffer has.
    pub fn new(buffer: &'b mut [u8], max: u32) -> Self {
        let max = max.min(u32::try_from(buffer.len()).unwrap_or(u32::MAX));
        Self { buffer, start: 0, end: 0, max, left: 0 }
    }

    /// The next packet, from the buffer and `chunk`, off which it takes what it used. `None`: feed the next chunk.
    ///
    /// What is left of a packet that is being skipped or taken in pieces is dropped first.
    ///
    /// # Errors
    /// As [`peek`]; [`Rule::PacketTooLarge`] can be recovered from, the others mean that this is no MQTT.
    #[inline]
    pub fn next<'x, 'c: 'x>(&'x mut self, chunk: &mut &'c [u8]) -> Result<Option<&'x [u8]>, DecodeError> {
        if self.start == self.end && self.left == 0 {
            return match peek(chunk, self.max)? {
                Peek::Frame { len } => Ok(cut(chunk, len)),
                Peek::Need(_) => self.keep(chunk, chunk.len()).map(|()| None),
            };
        }
        self.next_slowly(chunk)
    }

    #[inline(never)]
    fn next_slowly<'x, 'c: 'x>(&'x mut self, chunk: &mut &'c [u8]) -> Result<Option<&'x [u8]>, DecodeError> {
        if !self.drop_left(chunk) {
            return Ok(None);
        }
        let max = self.max;
        let place = self.collect(chunk, |bytes| peek(bytes, max))?;
        Ok(self.take(chunk, place))
    }

    /// Drops the packet at the front, which was refused for its size: the rest of it disappears as it comes. Returns what
    /// is known of it, or `None` if there is no packet at the front.
    ///
    /// A PUBLISH at QoS 1 or 2 that disappears is never acknowledged; take its [`head`](Self::head) to acknowledge it.
    pub fn skip(&mut self, chunk: &[u8]) -> Option<Skipped> {
        let header = self.front(chunk)?;
        self.left = header.frame_len();
        Some(Skipped::of(header))
    }

    /// The head of the PUBLISH at the front, of whatever size: all before its payload, for
    /// [`PublishHead::decode`](crate::PublishHead::decode). `None`: feed the next chunk. The payload follows by
    /// [`payload`](Self::payload).
    ///
    /// # Errors
    /// As [`peek_head`].
    pub fn head<'x, 'c: 'x>(
        &'x mut self,
        chunk: &mut &'c [u8],
        version: Version,
    ) -> Result<Option<&'x [u8]>, DecodeError> {
        if !self.drop_left(chunk) {
            return Ok(None);
        }
        let max = self.max;
        let place = self.collect(chunk, |bytes| peek_head(bytes, version, max))?;
        if let (Some(place), Some(whole)) = (place, self.front(chunk)) {
            self.left = whole.frame_len() - place.len();
        }
        Ok(self.take(chunk, place))
    }

    /// The next piece of the payload whose head was taken. `None`: all of it was taken, or feed the next chunk; see
    /// [`left`](Self::left).
    pub fn payload<'x, 'c: 'x>(&'x mut self, chunk: &mut &'c [u8]) -> Option<&'x [u8]> {
        let buffered = self.end - self.start;
        if buffered > 0 {
            let len = buffered.min(self.left);
            self.left -= len;
            self.start += len;
            return if len > 0 { self.buffer.get(self.start - len..self.start) } else { None };
        }
        let len = chunk.len().min(self.left);
        self.left -= len;
        if len > 0 { cut(chunk, len) } else { None }
    }

    /// Bytes to come of the packet that is being skipped or taken in pieces.
    pub fn left(&self) -> usize {
        self.left
    }

    /// The free part of the buffer, to read into; then call [`filled`](Self::filled).
    pub fn space(&mut self) -> &mut [u8] {
        self.compact();
        self.buffer.get_mut(self.end..).unwrap_or_default()
    }

    /// So many bytes were read into [`space`](Self::space).
    pub fn filled(&mut self, len: usize) {
        self.end = self.end.saturating_add(len).min(self.buffer.len());
    }

    /// The fixed header at the front, if all of it is there.
    fn front(&self, chunk: &[u8]) -> Option<Header> {
        let buffered = self.buffer.get(self.start..self.end).unwrap_or_default();
        let mut start = [0; 5];
        let len =
            start.iter_mut().zip(buffered.iter().chain(chunk)).map(|(place, byte)| *place = *byte).count();
        header(start.get(..len)?).ok()?
    }

    /// Drops what is left of a packet in pieces; `false` if more of it is to come.
    fn drop_left(&mut self, chunk: &mut &[u8]) -> bool {
        while self.left > 0 {
            if self.payload(chunk).is_none() {
                return false;
            }
        }
        true
    }

    /// Moves from `chunk` into the buffer what is missing of the part at the front that `measure` measures.
    fn collect(
        &mut self,
        chunk: &mut &[u8],
        measure: impl Fn(&[u8]) -> Result<Peek, DecodeError>,
    ) -> Result<Option<Place>, DecodeError> {
        if self.start == self.end {
            return match measure(chunk)? {
                Peek::Frame { len } => Ok(Some(Place::Chunk(len))),
                Peek::Need(_) => self.keep(chunk, chunk.len()).map(|()| None),
            };
        }
        loop {
            match measure(self.buffer.get(self.start..self.end).unwrap_or_default())? {
                Peek::Frame { len } => return Ok(Some(Place::Buffer(len))),
                Peek::Need(_) if chunk.is_empty() => return Ok(None),
                Peek::Need(missing) => self.keep(chunk, missing.get())?,
            }
        }
    }

    /// Moves up to `len` bytes of `chunk` into the buffer.
    fn keep(&mut self, chunk: &mut &[u8], len: usize) -> Result<(), DecodeError> {
        let len = len.min(chunk.len());
        self.compact();
        let room = self.buffer.get_mut(self.end..self.end + len);
        let (Some(room), Some((kept, rest))) = (room, chunk.split_at_checked(len)) else {
            // Only a buffer too small for a fixed header comes here; all else was measured.
            return Err(DecodeError::new(Rule::PacketTooLarge, None, 0));
        };
        room.copy_from_slice(kept);
        self.end += len;
        *chunk = rest;
        Ok(())
    }

    /// Takes what was measured off the buffer or the chunk.
    fn take<'x, 'c: 'x>(&'x mut self, chunk: &mut &'c [u8], place: Option<Place>) -> Option<&'x [u8]> {
        match place? {
            Place::Chunk(len) => cut(chunk, len),
            Place::Buffer(len) => {
                let start = self.start;
                self.start += len;
                self.buffer.get(start..self.start)
            }
        }
    }

    fn compact(&mut self) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
    }
}

/// Where a part was found, and its length.
#[derive(Clone, Copy)]
enum Place {
    Buffer(usize),
    Chunk(usize),
}

impl Place {
    fn len(self) -> usize {
        match self {
            Self::Buffer(len) | Self::Chunk(len) => len,
        }
    }
}

/// Cuts off the front of a chunk.
#[inline]
fn cut<'c>(chunk: &mut &'c [u8], len: usize) -> Option<&'c [u8]> {
    let (front, rest) = chunk.split_at_checked(len)?;
    *chunk = rest;
    Some(front)
}

/// A packet that is being skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// Its type.
    pub packet: PacketType,
    /// Its length, fixed header included.
    pub len: usize,
}

impl Skipped {
    pub(crate) fn of(header: Header) -> Self {
        Self { packet: header.packet, len: header.frame_len() }
    }
}
