//! Frames out of a stream that comes in chunks, with one fixed buffer.

use super::{Peek, StreamMessage, abort, peek};
use crate::{Code, DecodeError, Rule, Rules};

/// Cuts a stream into frames. Frames that lie in a chunk as a whole are borrowed from it; only one that is cut
/// by the end of a chunk is collected in the buffer.
///
/// Contract: call [`Reader::next`] until it has no more, then feed the next chunk. A frame above
/// [`Rules::max_frame`], or above the buffer, is refused from its header. The first message of a connection
/// that is not empty must be a CSM (RFC 8323 §3.4, §5.3). After an error the connection is to be aborted.
///
/// ```
/// use coap_codec::{Code, Reader, Rules};
///
/// let mut buffer = [0; 64];
/// let mut reader = Reader::new(&mut buffer, Rules::new());
/// let mut codes = Vec::new();
/// for mut chunk in [&b"\x00\xE1\x62\x01\x01"[..], b"\x02\xB5he", b"llo\x01\xE2\x42"] {
///     while let Some(message) = reader.next(&mut chunk)? {
///         codes.push(message.code);
///     }
/// }
/// assert_eq!(codes, [Code::CSM, Code::GET, Code::PING]);
/// # Ok::<(), coap_codec::DecodeError>(())
/// ```
///
/// Who reads from a socket straight into the buffer does without chunks:
///
/// ```
/// use coap_codec::{Code, Reader, Rules};
///
/// let mut buffer = [0; 64];
/// let mut reader = Reader::new(&mut buffer, Rules::new());
/// reader.space()[..2].copy_from_slice(b"\x00\xE1"); // socket.read(reader.space())
/// reader.filled(2);
/// assert_eq!(reader.next(&mut &[][..])?.map(|message| message.code), Some(Code::CSM));
/// # Ok::<(), coap_codec::DecodeError>(())
/// ```
#[derive(Debug)]
pub struct Reader<'b> {
    buffer: &'b mut [u8],
    /// The bytes in the buffer that were not given out yet.
    start: usize,
    end: usize,
    rules: Rules,
    begun: bool,
}

impl<'b> Reader<'b> {
    /// A reader for a new connection.
    #[must_use]
    pub fn new(buffer: &'b mut [u8], rules: Rules) -> Self {
        let most = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        let rules = rules.max_frame(rules.max_frame.min(most));
        Self { buffer, start: 0, end: 0, rules, begun: false }
    }

    /// The next message, from the buffer and `chunk`, off which it takes what it used. `None`: feed the next
    /// chunk.
    ///
    /// # Errors
    ///
    /// As [`peek`] and [`StreamMessage::decode`], and [`Rule::FirstCsm`]; the answer is always to abort.
    pub fn next<'x, 'c: 'x>(
        &'x mut self,
        chunk: &mut &'c [u8],
    ) -> Result<Option<StreamMessage<'x>>, DecodeError> {
        let Some(place) = self.locate(chunk)? else { return Ok(None) };
        let rules = self.rules;
        let frame = match place {
            Place::Chunk(len) => take(chunk, len),
            Place::Buffer(len) => {
                let start = self.start;
                self.start += len;
                self.buffer.get(start..self.start).unwrap_or_default()
            }
        };
        let message = StreamMessage::decode(frame, rules)?;
        // RFC 8323 §3.4: an empty message can always be sent.
        if !self.begun && !matches!(message.code, Code::CSM | Code::EMPTY) {
            return Err(abort(Rule::FirstCsm, 0));
        }
        self.begun |= message.code == Code::CSM;
        Ok(Some(message))
    }

    /// The free part of the buffer, to read into; then call [`Reader::filled`].
    pub fn space(&mut self) -> &mut [u8] {
        self.compact();
        self.buffer.get_mut(self.end..).unwrap_or_default()
    }

    /// So many bytes were read into [`Reader::space`].
    pub fn filled(&mut self, len: usize) {
        self.end = self.end.saturating_add(len).min(self.buffer.len());
    }

    /// Finds the next frame, moving bytes of `chunk` into the buffer only where a frame is cut.
    fn locate(&mut self, chunk: &mut &[u8]) -> Result<Option<Place>, DecodeError> {
        if self.start == self.end {
            return match peek(chunk, self.rules)? {
                Peek::Frame { len } => Ok(Some(Place::Chunk(len))),
                Peek::Need(_) => {
                    self.keep(chunk, chunk.len())?;
                    Ok(None)
                }
            };
        }
        loop {
            match peek(self.buffer.get(self.start..self.end).unwrap_or_default(), self.rules)? {
                Peek::Frame { len } => return Ok(Some(Place::Buffer(len))),
                Peek::Need(_) if chunk.is_empty() => return Ok(None),
                Peek::Need(missing) => self.keep(chunk, missing.get())?,
            }
        }
    }

    /// Moves up to `len` bytes of `chunk` into the buffer.
    fn keep(&mut self, chunk: &mut &[u8], len: usize) -> Result<(), DecodeError> {
        self.compact();
        let kept = take(chunk, len.min(chunk.len()));
        let room = self.buffer.get_mut(self.end..).and_then(|free| free.get_mut(..kept.len()));
        // Frames were measured against the buffer; only one too small for a header comes here.
        room.ok_or(abort(Rule::FrameLimit, 0))?.copy_from_slice(kept);
        self.end += kept.len();
        Ok(())
    }

    fn compact(&mut self) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
    }
}

/// Where a whole frame lies.
enum Place {
    Chunk(usize),
    Buffer(usize),
}

fn take<'c>(chunk: &mut &'c [u8], len: usize) -> &'c [u8] {
    let (taken, rest) = chunk.split_at_checked(len).unwrap_or((chunk, &[]));
    *chunk = rest;
    taken
}

#[cfg(test)]
mod tests {
    use super::Reader;
    use crate::{Code, Rule, Rules};

    #[test]
    fn the_first_message_is_a_csm() {
        let mut buffer = [0; 8];
        let mut reader = Reader::new(&mut buffer, Rules::new());
        assert_eq!(reader.next(&mut &[0x00, 0x01][..]).unwrap_err().rule, Rule::FirstCsm);
        let mut reader = Reader::new(&mut buffer, Rules::new());
        let mut chunk = &[0x00, 0x00, 0x00, 0xE1, 0x00, 0x01][..];
        for code in [Code::EMPTY, Code::CSM, Code::GET] {
            assert_eq!(reader.next(&mut chunk).unwrap().unwrap().code, code);
        }
    }

    #[test]
    fn a_frame_above_the_buffer_is_refused_at_its_header() {
        let mut buffer = [0; 8];
        let mut reader = Reader::new(&mut buffer, Rules::new());
        assert_eq!(reader.next(&mut &[0x80, 0xE1][..]).unwrap_err().rule, Rule::FrameLimit);
        let mut none = [];
        let mut reader = Reader::new(&mut none, Rules::new());
        assert_eq!(reader.next(&mut &[0x00][..]).unwrap_err().rule, Rule::FrameLimit);
    }

    #[test]
    fn a_cut_frame_is_collected_and_its_neighbours_are_not() {
        let mut buffer = [0; 4];
        let mut reader = Reader::new(&mut buffer, Rules::new());
        let mut chunk = &[0x00, 0xE1, 0x01][..];
        assert_eq!(reader.next(&mut chunk).unwrap().unwrap().code, Code::CSM);
        assert_eq!(reader.next(&mut chunk), Ok(None));
        assert_eq!(reader.space().len(), 3);
        let mut chunk = &[0xE2, 0x42, 0x01, 0xE3, 0x43][..];
        assert_eq!(reader.next(&mut chunk).unwrap().unwrap().token.as_bytes(), [0x42]);
        assert_eq!(reader.next(&mut chunk).unwrap().unwrap().token.as_bytes(), [0x43]);
        assert_eq!(reader.next(&mut chunk), Ok(None));
    }
}
