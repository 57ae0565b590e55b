//! Messages on their way to bytes, and the cells they are kept in.

use core::time::Duration;

use super::table::Table;
use crate::{Block, EncodeError, Length, Message, Opt, OptionNumber, Out, Uint, Writer, message, option};

/// A moment in nanoseconds, the last one standing for never.
#[inline]
pub(super) fn nanos(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(time.subsec_nanos()))
}

/// Options of the endpoint's own, in ascending order.
#[derive(Clone, Copy, Default)]
pub(super) struct Own {
    list: [Option<(OptionNumber, Uint)>; Self::MOST],
    len: usize,
}

impl Own {
    const MOST: usize = 4;

    /// Bytes they make a message longer at most: four numbers, an Echo, and a marker.
    pub(super) const ROOM: usize = 4 * 9 + 45 + 1;

    pub(super) fn push(&mut self, number: OptionNumber, value: Uint) {
        if let Some(place) = self.list.get_mut(self.len) {
            *place = Some((number, value));
            self.len += 1;
        }
    }

    pub(super) fn push_block(&mut self, number: OptionNumber, block: Option<Block>) {
        if let Some(block) = block {
            self.push(number, block.uint());
        }
    }

    /// Lends them as options; `echo` goes behind them, being of a higher number.
    pub(super) fn with<R>(&self, echo: &[u8], then: impl FnOnce(&[Opt<'_>]) -> R) -> R {
        if self.len == 0 && echo.is_empty() {
            return then(&[]);
        }
        let mut list = [Opt::new(OptionNumber::ECHO, echo); Self::MOST + 1];
        for (place, own) in list.iter_mut().zip(self.list.iter().flatten()) {
            *place = Opt::new(own.0, &own.1);
        }
        let len = self.len + usize::from(!echo.is_empty());
        then(list.get(..len).unwrap_or_default())
    }
}

/// A message with some options of the endpoint's own, which take the place of those with their numbers, and
/// others left out.
#[derive(Clone, Copy)]
pub(super) struct Patched<'a> {
    pub(super) message: Message<'a>,
    pub(super) own: &'a [Opt<'a>],
    pub(super) without: &'a [OptionNumber],
}

impl<'a> Patched<'a> {
    pub(super) const fn plain(message: Message<'a>) -> Self {
        Self { message, own: &[], without: &[] }
    }

    /// Bytes it takes at most.
    pub(super) fn most(&self) -> usize {
        // Up to five bytes of head for each option.
        let own: usize = self.own.iter().map(|own| 5 + own.value.len()).sum();
        4 + self.message.token.encoded_len()
            + self.message.options.most()
            + own
            + 1
            + self.message.payload.len()
    }

    /// Makes sure that it fits.
    pub(super) fn check_room(&self, out: &(impl Out + ?Sized)) -> Result<(), EncodeError> {
        if out.room() < self.most() {
            let needed = self.write(&mut Length::default())?;
            if out.room() < needed {
                return Err(EncodeError::NoRoom { needed });
            }
        }
        Ok(())
    }

    /// Writes it and says how long it is.
    pub(super) fn write(&self, out: &mut (impl Out + ?Sized)) -> Result<usize, EncodeError> {
        let message = &self.message;
        if self.own.is_empty() && self.without.is_empty() {
            message.encode(out)?;
            return Ok(message.encoded_len());
        }
        if out.room() < self.most() {
            return self.write_exactly(out);
        }
        // There is room for all of it, so nothing is checked any more.
        let mut out = Counted { out, len: 0 };
        message::put_header(message.kind, message.code, message.id, message.token, &mut out);
        message.token.put(&mut out);
        let mut last = 0;
        self.merge(|option| {
            option::put(usize::from(option.number.0.wrapping_sub(last)), option.value, &mut out);
            last = option.number.0;
            Ok(())
        })?;
        if !message.payload.is_empty() {
            out.put(&[0xFF]);
            out.put(message.payload);
        }
        Ok(out.len)
    }

    /// Puts the options that go out, in order.
    #[inline]
    fn merge(&self, mut put: impl FnMut(Opt<'a>) -> Result<(), EncodeError>) -> Result<(), EncodeError> {
        let (mut own, mut last) = (self.own, None);
        for option in self.message.options {
            while let [first, rest @ ..] = own
                && first.number <= option.number
            {
                put(*first)?;
                (own, last) = (rest, Some(first.number));
            }
            if last != Some(option.number) && !self.without.contains(&option.number) {
                put(option)?;
            }
        }
        own.iter().try_for_each(|own| put(*own))
    }

    /// Where room may be short, each piece is checked.
    #[inline(never)]
    fn write_exactly(&self, out: &mut (impl Out + ?Sized)) -> Result<usize, EncodeError> {
        let message = &self.message;
        let mut out = Counted { out, len: 0 };
        let mut writer = Writer::new(&mut out, message.kind, message.code, message.id, message.token)?;
        self.merge(|option| writer.option(option.number, option.value))?;
        writer.payload(message.payload)?;
        Ok(out.len)
    }
}

/// An output that counts what passes.
struct Counted<'o, O: ?Sized> {
    out: &'o mut O,
    len: usize,
}

impl<O: Out + ?Sized> Out for Counted<'_, O> {
    #[inline]
    fn room(&self) -> usize {
        self.out.room()
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.out.put(bytes);
        self.len += bytes.len();
    }
}

/// The bytes of messages under way: a cell for each slot of their table.
#[derive(Debug)]
pub(super) struct Cells<'m> {
    table: Table<'m, u8>,
    cell: usize,
}

impl<'m> Cells<'m> {
    pub(super) fn new(table: Table<'m, u8>, slots: usize) -> Self {
        let cell = table.bound() / slots.max(1);
        Self { table, cell }
    }

    /// Bytes of each.
    pub(super) fn cell(&self) -> usize {
        self.cell
    }

    pub(super) fn get(&self, slot: u32) -> &[u8] {
        let at = usize::try_from(slot).unwrap_or(usize::MAX).saturating_mul(self.cell);
        self.table.cells().get(at..at.saturating_add(self.cell)).unwrap_or_default()
    }

    /// Copies one cell into another; `false` if that cannot be.
    pub(super) fn copy(&mut self, from: u32, to: u32) -> bool {
        if self.get_mut(to).is_none() {
            return false;
        }
        let at = |slot: u32| Some(usize::try_from(slot).ok()? * self.cell);
        let (Some(from), Some(to)) = (at(from), at(to)) else { return false };
        self.table.cells_mut().copy_within(from..from + self.cell, to);
        true
    }

    /// The cell of a slot; `None` if it cannot be.
    pub(super) fn get_mut(&mut self, slot: u32) -> Option<&mut [u8]> {
        let at = usize::try_from(slot).ok()?.checked_mul(self.cell)?;
        let end = at.checked_add(self.cell)?;
        if !self.table.grow(end, 0) {
            return None;
        }
        self.table.cells_mut().get_mut(at..end)
    }
}

#[cfg(test)]
mod tests {
    use super::{Own, Patched};
    use crate::{Block, Code, Kind, Message, Opt, OptionNumber, Options, Rules, SliceOut};

    #[test]
    fn own_options_take_the_place_of_others() {
        // Observe, two Uri-Path, Block2, Size2, a payload.
        let bytes = b"\x41\x01\x00\x07t\x60\x51a\x01b\xC1\x06\x50\xFFx";
        let message = Message::decode(bytes, Rules::new()).unwrap();
        let mut own = Own::default();
        own.push_block(OptionNumber::BLOCK2, Some(Block::new(3, false, 2).unwrap()));
        own.push_block(OptionNumber::BLOCK1, None);
        let mut buffer = [0; 64];
        for (echo, meant) in [
            (&b""[..], &b"\x41\x01\x00\x07t\xB1a\x01b\xC1\x32\x50\xFFx"[..]),
            (b"ee", b"\x41\x01\x00\x07t\xB1a\x01b\xC1\x32\x50\xD2\xD3ee\xFFx"),
        ] {
            let mut out = SliceOut::new(&mut buffer);
            let len = own.with(echo, |own| {
                let patched = Patched { message, own, without: &[OptionNumber::OBSERVE] };
                assert!(patched.most() >= meant.len());
                let mut exact = [0; 64];
                let short = SliceOut::new(&mut exact[..meant.len() - 1]);
                assert!(patched.check_room(&short).is_err());
                patched.check_room(&SliceOut::new(&mut exact[..meant.len()])).unwrap();
                patched.write(&mut out).unwrap()
            });
            assert_eq!((out.written(), len), (meant, meant.len()));
        }
    }

    #[test]
    fn with_little_room_the_same_is_written() {
        let list = [(OptionNumber::URI_PATH, &b"x"[..]), (OptionNumber::SIZE1, &[1])];
        let list = list.map(|(number, value)| Opt::new(number, value));
        let options = Options::new(&list).unwrap();
        let message =
            Message { code: Code::GET, options, payload: b"xyz", ..Message::empty(Kind::Confirmable, 7) };
        let mut own = Own::default();
        own.push_block(OptionNumber::BLOCK2, Some(Block::new(3, false, 2).unwrap()));
        own.with(&[], |own| {
            let patched = Patched { message, own, without: &[] };
            let (mut wide, mut narrow) = ([0; 64], [0; 15]);
            let mut out = SliceOut::new(&mut wide);
            assert_eq!(patched.write(&mut out), Ok(15));
            let mut exact = SliceOut::new(&mut narrow);
            assert_eq!(patched.write(&mut exact), Ok(15));
            assert_eq!(exact.written(), out.written());
            assert!(patched.write(&mut SliceOut::new(&mut [0; 14])).is_err());
        });
    }
}
