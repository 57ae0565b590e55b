//! PUBLISH in pieces: the head first, then the payload as it comes, so that a payload larger than memory can pass through.
//!
//! Contract: [`peek_head`] says how many bytes the head takes; with those, [`PublishHead::decode`] checks every rule but
//! those about the payload. [`Payload::take`] then cuts the payload out of the chunks that follow, and checks it as far as a
//! payload can be wrong: if it is said to be UTF-8, it must be. Dropping a [`Payload`] before its end loses the place in the
//! stream; taking it to its end without looking at the bytes is how to *skip* a packet that is too large.
//! [`Reader`](crate::Reader) does all that over chunks.
//!
//! On the way out, [`Publish::encode_head`](crate::Publish::encode_head) writes the head, and the payload follows as slices.
//! The same [`Payload`] counts and checks them: that of a [`PublishHead`] made of the packet and the length announced.

use core::num::NonZeroUsize;

use crate::config::{Rules, Version};
use crate::cursor::{Cursor, TooLong, read_number};
use crate::error::DecodeError;
use crate::frame::{Header, PacketType, Peek, header};
use crate::publish::Publish;
use crate::rule::Rule;

/// Says how long the head of the PUBLISH at the beginning of a stream is: all before the payload.
///
/// # Errors
/// As [`peek`](crate::peek), with `max` for the head alone; [`Rule::PacketType`] if the packet is not a PUBLISH; the rule
/// broken if the head runs past the packet.
///
/// ```
/// use mqtt_codec::{Peek, Version, peek_head};
///
/// let start = b"\x32\x80\x80\x80\x20\x00\x03a/b\x00\x07first bytes of 64 MiB";
/// assert_eq!(peek_head(&start[..4], Version::V311, 256)?, Peek::Need(1.try_into()?));
/// assert_eq!(peek_head(start, Version::V311, 256)?, Peek::Frame { len: 12 });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn peek_head(buf: &[u8], version: Version, max: u32) -> Result<Peek, DecodeError> {
    let fail = |rule, at| Err(DecodeError::new(rule, Some(PacketType::Publish), at));
    let until = |at: usize| match at.checked_sub(buf.len()).and_then(NonZeroUsize::new) {
        _ if at > max as usize => fail(Rule::PacketTooLarge, 0),
        Some(missing) => Ok(Peek::Need(missing)),
        None => Ok(Peek::Frame { len: at }),
    };
    let Some(header) = header(buf)? else { return until(buf.len() + 1) };
    if header.packet != PacketType::Publish {
        return Err(DecodeError::new(Rule::PacketType, Some(header.packet), 0));
    }
    let end = header.frame_len();
    let topic = header.len + 2;
    if topic > end {
        return fail(Rule::TopicCut, header.len);
    }
    let Some(topic_len) = buf.get(header.len..topic) else { return until(topic) };
    let mut at = topic_len.iter().fold(0, |len, byte| len << 8 | usize::from(*byte)) + topic;
    if at > end {
        return fail(Rule::FieldCut, header.len);
    }
    if header.first & 0b0110 != 0 {
        at += 2;
        if at > end {
            return fail(Rule::PacketIdCut, at - 2);
        }
    }
    if version == Version::V311 {
        return until(at);
    }
    let digits = buf.get(at..).unwrap_or_default();
    match read_number(digits.get(..end - at).unwrap_or(digits)) {
        Ok(Some(number)) if at + number.len + number.value as usize <= end => {
            until(at + number.len + number.value as usize)
        }
        Ok(None) if digits.len() < end - at => until(at + digits.len() + 1),
        Ok(_) => fail(Rule::PropertyLength, at),
        Err(TooLong) => fail(Rule::RemainingLength, at),
    }
}

/// A PUBLISH whose payload is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishHead<'a> {
    /// The packet; its payload is empty here.
    pub publish: Publish<'a>,
    /// Bytes of payload that follow.
    pub payload_len: u32,
}

impl<'a> PublishHead<'a> {
    /// Decodes a head: exactly the bytes [`peek_head`] measured. `limits.packet` is for the head here, since the packet is
    /// not going to be held as a whole; `limits.payload` is for the payload.
    ///
    /// # Errors
    /// The rule that is broken, and where.
    ///
    /// ```
    /// use mqtt_codec::{PublishHead, Rules, Version};
    ///
    /// let head = PublishHead::decode(b"\x30\x09\x00\x03a/b", Rules::new(Version::V311))?;
    /// assert_eq!((head.publish.topic.as_str(), head.payload_len), ("a/b", 4));
    ///
    /// let mut payload = head.payload();
    /// assert_eq!(payload.take(&mut &b"da"[..])?, b"da");
    /// let mut chunk = &b"ta\xc0\x00"[..];
    /// assert_eq!(payload.take(&mut chunk)?, b"ta");
    /// assert!(payload.is_complete());
    /// assert_eq!(chunk, b"\xc0\x00", "the next packet");
    /// # Ok::<(), mqtt_codec::DecodeError>(())
    /// ```
    pub fn decode(head: &'a [u8], rules: Rules) -> Result<Self, DecodeError> {
        let Some(header) = header(head)? else {
            return Err(DecodeError::new(Rule::FrameLength, None, 0));
        };
        let Header { first, packet, len, remaining, .. } = header;
        let refused = match packet {
            PacketType::Publish if head.len() > rules.limits.packet as usize => Some(Rule::PacketTooLarge),
            PacketType::Publish => None,
            _ => Some(Rule::PacketType),
        };
        if let Some(rule) = refused {
            return Err(DecodeError::new(rule, Some(packet), 0));
        }
        header.check_length(rules)?;
        let mut cursor = Cursor::new(head.get(len..).unwrap_or_default(), head.len(), packet);
        let publish = Publish::read_head(first, &mut cursor, &rules)?;
        cursor.finish(Rule::FrameLength)?;
        let payload_len = u32::try_from(len + remaining as usize)
            .ok()
            .zip(u32::try_from(head.len()).ok())
            .and_then(|(whole, head)| whole.checked_sub(head))
            .ok_or_else(|| cursor.fail(Rule::FrameLength))?;
        if payload_len > rules.limits.payload {
            return Err(cursor.fail(Rule::PayloadTooLarge));
        }
        Ok(Self { publish, payload_len })
    }

    /// What is to take the payload out of the chunks that follow. A payload that is said to be UTF-8 is checked on the way;
    /// see [`Payload::unchecked`] for the other choice.
    pub fn payload(&self) -> Payload {
        let text = self.publish.properties.is_payload_text().then(Utf8::default);
        Payload { left: self.payload_len, taken: 0, text }
    }
}

/// The rest of a payload that comes in pieces.
#[derive(Clone, Debug)]
pub struct Payload {
    left: u32,
    taken: u32,
    text: Option<Utf8>,
}

impl Payload {
    /// The same without looking at the bytes, whatever the format indicator says.
    pub fn unchecked(self) -> Self {
        Self { text: None, ..self }
    }

    /// Bytes still to come.
    pub fn left(&self) -> u32 {
        self.left
    }

    /// Whether all of it was taken.
    pub fn is_complete(&self) -> bool {
        self.left == 0
    }

    /// Cuts off the front of `chunk` what belongs to the payload. What is left in `chunk` is the next packet.
    ///
    /// # Errors
    /// [`Rule::PayloadFormat`] if the payload is said to be UTF-8 and is not, with the offset in the payload; nothing is
    /// taken then.
    pub fn take<'c>(&mut self, chunk: &mut &'c [u8]) -> Result<&'c [u8], DecodeError> {
        let len = chunk.len().min(self.left as usize);
        let (piece, rest) = chunk.split_at_checked(len).unwrap_or((chunk, &[]));
        let left = self.left.saturating_sub(u32::try_from(len).unwrap_or(u32::MAX));
        if let Some(text) = &mut self.text {
            let mut ahead = text.clone();
            let good = ahead.push(piece) && (left > 0 || ahead.is_complete());
            if !good {
                let at = self.taken as usize;
                return Err(DecodeError::new(Rule::PayloadFormat, Some(PacketType::Publish), at));
            }
            *text = ahead;
        }
        self.taken += self.left - left;
        self.left = left;
        *chunk = rest;
        Ok(piece)
    }
}

/// Checks UTF-8 that comes in pieces; a character may be cut anywhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct Utf8 {
    /// The beginning of a character whose end has not come yet.
    cut: [u8; 4],
    len: usize,
}

impl Utf8 {
    /// Whether it is still UTF-8, as far as it came.
    pub(crate) fn push(&mut self, mut piece: &[u8]) -> bool {
        while self.len > 0 {
            let (Some((byte, rest)), Some(place)) = (piece.split_first(), self.cut.get_mut(self.len)) else {
                return piece.is_empty();
            };
            *place = *byte;
            self.len += 1;
            piece = rest;
            match core::str::from_utf8(self.cut.get(..self.len).unwrap_or_default()) {
                Ok(_) => self.len = 0,
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return false,
            }
        }
        match core::str::from_utf8(piece) {
            Ok(_) => true,
            Err(error) if error.error_len().is_none() => {
                let cut = piece.get(error.valid_up_to()..).unwrap_or_default();
                self.len = cut.len().min(self.cut.len());
                self.cut.iter_mut().zip(cut).for_each(|(place, byte)| *place = *byte);
                true
            }
            Err(_) => false,
        }
    }

    /// Whether no character is cut.
    pub(crate) fn is_complete(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::Utf8;

    #[test]
    fn text_cut_anywhere() {
        let text = "aé中🦀z\0".as_bytes();
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let mut utf8 = Utf8::default();
                assert!(
                    utf8.push(&text[..first])
                        && utf8.push(&text[first..second])
                        && utf8.push(&text[second..])
                );
                assert!(utf8.is_complete());
            }
        }
    }

    #[test]
    fn no_text_cut_anywhere() {
        for bad in
            [&b"ab\xc3\x28cd"[..], b"\xe4\xb8\x2d", b"\xf0\x9f\xa6\xff", b"\xed\xa0\x80", b"\x80", b"a\xf5"]
        {
            for cut in 0..=bad.len() {
                let mut utf8 = Utf8::default();
                assert!(!(utf8.push(&bad[..cut]) && utf8.push(&bad[cut..])), "{bad:02x?} {cut}");
            }
        }
        let mut utf8 = Utf8::default();
        assert!(utf8.push("🦀".as_bytes().split_at(3).0) && !utf8.is_complete());
    }
}
