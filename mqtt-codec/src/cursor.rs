//! Reading the fields of a packet, front to back. Every read names the rule that is broken if the field is not there.

use crate::config::{Leniency, Rules, Version};
use crate::error::DecodeError;
use crate::frame::PacketType;
use crate::qos::PacketId;
use crate::rule::Rule;
use crate::text::{Flaw, Text, scan_name, scan_text};
use crate::topic::TopicName;

/// What is left of a packet, or of a part of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    /// Where `rest` ends, counted from the start of the packet.
    end: usize,
    packet: PacketType,
}

impl<'a> Cursor<'a> {
    #[inline]
    pub(crate) fn new(rest: &'a [u8], end: usize, packet: PacketType) -> Self {
        Self { rest, end, packet }
    }

    /// What is left, as it is.
    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    #[inline]
    pub(crate) fn packet(&self) -> PacketType {
        self.packet
    }

    /// Offset of the next byte in the packet.
    #[inline]
    pub(crate) fn offset(&self) -> usize {
        self.end - self.rest.len()
    }

    /// The rule is broken by the next byte.
    #[inline]
    pub(crate) fn fail(&self, rule: Rule) -> DecodeError {
        DecodeError::new(rule, Some(self.packet), self.offset())
    }

    /// The rule is broken `back` bytes before the next one.
    #[inline]
    pub(crate) fn fail_back(&self, rule: Rule, back: usize) -> DecodeError {
        DecodeError::new(rule, Some(self.packet), self.offset() - back)
    }

    /// Skips a zero, if the next byte is one.
    #[inline]
    pub(crate) fn skip_zero(&mut self) -> bool {
        match self.rest.split_first() {
            Some((0, rest)) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    #[inline]
    pub(crate) fn u8(&mut self, cut: Rule) -> Result<u8, DecodeError> {
        let [byte] = self.array(cut)?;
        Ok(byte)
    }

    #[inline]
    pub(crate) fn u16(&mut self, cut: Rule) -> Result<u16, DecodeError> {
        self.array(cut).map(u16::from_be_bytes)
    }

    #[inline]
    pub(crate) fn u32(&mut self, cut: Rule) -> Result<u32, DecodeError> {
        self.array(cut).map(u32::from_be_bytes)
    }

    #[inline]
    fn array<const N: usize>(&mut self, cut: Rule) -> Result<[u8; N], DecodeError> {
        match self.rest.split_first_chunk() {
            Some((array, rest)) => {
                self.rest = rest;
                Ok(*array)
            }
            None => Err(self.fail(cut)),
        }
    }

    #[inline]
    pub(crate) fn take(&mut self, len: usize, cut: Rule) -> Result<&'a [u8], DecodeError> {
        match self.rest.split_at_checked(len) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(self.fail(cut)),
        }
    }

    /// A cursor over the next `len` bytes, which this one skips.
    #[inline]
    pub(crate) fn part(&mut self, len: usize, cut: Rule) -> Result<Self, DecodeError> {
        let taken = self.take(len, cut)?;
        Ok(Self { rest: taken, end: self.offset(), packet: self.packet })
    }

    /// A field behind its length (§1.5.4, §1.5.6). An error is reported at the length.
    #[inline]
    pub(crate) fn field(&mut self, cut: Rule) -> Result<&'a [u8], DecodeError> {
        let whole = *self;
        let len = self.u16(cut)?;
        match self.rest.split_at_checked(usize::from(len)) {
            Some((field, rest)) => {
                self.rest = rest;
                Ok(field)
            }
            None => Err(whole.fail(cut)),
        }
    }

    #[inline]
    pub(crate) fn text(&mut self, cut: Rule) -> Result<Text<'a>, DecodeError> {
        let field = self.field(cut)?;
        match scan_text(field) {
            Ok(()) => Ok(Text::from_scanned(field)),
            Err(flaw) => Err(self.flawed(field, flaw)),
        }
    }

    /// A topic name, perhaps an empty one; a wildcard breaks the rule `wildcard`.
    #[inline(always)]
    pub(crate) fn name(&mut self, cut: Rule, wildcard: Rule) -> Result<TopicName<'a>, DecodeError> {
        let field = self.field(cut)?;
        match scan_name(field) {
            Ok(()) => Ok(TopicName::from_scanned(field)),
            Err(Flaw { rule: Rule::TopicWildcard, at }) => {
                Err(self.flawed(field, Flaw { rule: wildcard, at }))
            }
            Err(flaw) => Err(self.flawed(field, flaw)),
        }
    }

    /// The error for a flaw in the field that was read last.
    #[cold]
    pub(crate) fn flawed(&self, field: &[u8], flaw: Flaw) -> DecodeError {
        self.fail_back(flaw.rule, field.len() - flaw.at)
    }

    #[inline]
    pub(crate) fn packet_id(&mut self) -> Result<PacketId, DecodeError> {
        let id = self.u16(Rule::PacketIdCut)?;
        match PacketId::new(id) {
            Some(id) => Ok(id),
            None => Err(self.fail_back(Rule::PacketIdZero, 2)),
        }
    }

    /// A number of variable length in 5.0 (§1.5.5), where it must be as short as can be [MQTT-1.5.5-1].
    #[inline]
    pub(crate) fn number(&mut self, cut: Rule, rules: &Rules) -> Result<u32, DecodeError> {
        match self.rest.split_first() {
            Some((byte @ 0..0x80, rest)) => {
                self.rest = rest;
                Ok(u32::from(*byte))
            }
            _ => self.long_number(cut, rules),
        }
    }

    #[inline(never)]
    fn long_number(&mut self, cut: Rule, rules: &Rules) -> Result<u32, DecodeError> {
        match read_number(self.rest) {
            Ok(Some(number)) => {
                if number.is_long() && !rules.leniency.has(Leniency::LONG_NUMBERS) {
                    return Err(self.fail(Rule::LongNumber));
                }
                self.take(number.len, cut)?;
                Ok(number.value)
            }
            Ok(None) => Err(self.fail(cut)),
            Err(TooLong) => Err(self.fail(Rule::RemainingLength)),
        }
    }

    /// The version of the connection; before CONNECT there is none [MQTT-3.1.0-1].
    #[inline]
    pub(crate) fn version(&self, rules: &Rules) -> Result<Version, DecodeError> {
        match rules.version {
            Some(version) => Ok(version),
            None => Err(DecodeError::new(Rule::NotConnected, Some(self.packet), 0)),
        }
    }

    /// Nothing may be left.
    #[inline]
    pub(crate) fn finish(&self, rule: Rule) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.fail(rule)) }
    }
}

/// A number of variable length, and the bytes it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) value: u32,
    pub(crate) len: usize,
}

impl Number {
    /// Whether it took more bytes than it needs.
    #[inline]
    pub(crate) fn is_long(self) -> bool {
        self.len > 1 && self.value >> (7 * (self.len - 1)) == 0
    }
}

/// The fourth byte of a number says that another follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Reads a number of variable length; `None` if the bytes end before it does.
#[inline]
pub(crate) fn read_number(bytes: &[u8]) -> Result<Option<Number>, TooLong> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(4).enumerate() {
        value |= u32::from(byte & 0x7F) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok(Some(Number { value, len: at + 1 }));
        }
    }
    if bytes.len() < 4 { Ok(None) } else { Err(TooLong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let read =
            |bytes: &[u8]| read_number(bytes).map(|number| number.map(|n| (n.value, n.len, n.is_long())));
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[0]), Ok(Some((0, 1, false))));
        assert_eq!(read(&[0x7F, 9]), Ok(Some((127, 1, false))));
        assert_eq!(read(&[0x80]), Ok(None));
        assert_eq!(read(&[0x80, 0]), Ok(Some((0, 2, true))));
        assert_eq!(read(&[0x80, 1]), Ok(Some((128, 2, false))));
        assert_eq!(read(&[0xFF, 0x7F]), Ok(Some((16_383, 2, false))));
        assert_eq!(read(&[0xFF, 0xFF, 0xFF, 0x7F]), Ok(Some((268_435_455, 4, false))));
        assert_eq!(read(&[0xFF, 0xFF, 0xFF, 0x80]), Err(TooLong));
        assert_eq!(read(&[0x80, 0x80, 0x80]), Ok(None));
    }
}
