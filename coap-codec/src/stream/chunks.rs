//! Frames out of a `BytesMut`, without copying (feature `bytes`).

use bytes::{Bytes, BytesMut};

use super::{Peek, peek};
use crate::{DecodeError, Rules};

/// Takes the first frame off `buffer`, which the caller reads its connection into. `None`: read more; room for
/// the missing bytes was reserved.
///
/// ```
/// use bytes::BytesMut;
/// use coap_codec::{Code, Rules, StreamMessage, split_frame};
///
/// let mut buffer = BytesMut::from(&b"\x00\xE1\x01\xE2\x42\x01"[..]);
/// let frame = split_frame(&mut buffer, Rules::new())?.expect("a whole frame");
/// assert_eq!(StreamMessage::decode(&frame, Rules::new())?.code, Code::CSM);
/// assert!(split_frame(&mut buffer, Rules::new())?.is_some());
/// assert!(split_frame(&mut buffer, Rules::new())?.is_none());
/// # Ok::<(), coap_codec::DecodeError>(())
/// ```
///
/// # Errors
///
/// As [`peek`].
pub fn split_frame(buffer: &mut BytesMut, rules: Rules) -> Result<Option<Bytes>, DecodeError> {
    match peek(buffer, rules)? {
        Peek::Frame { len } => Ok(Some(buffer.split_to(len).freeze())),
        Peek::Need(missing) => {
            // Bounded: a frame above the limit was refused.
            buffer.reserve(missing.get());
            Ok(None)
        }
    }
}
