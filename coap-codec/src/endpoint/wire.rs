//! Messages on their way to bytes, and the cells they are kept in.

use core::time::Duration;

use super::table::Table;
use super::token::Kept;
use crate::stage::Stage;
use crate::{Block, Code, EncodeError, Length, Message, Opt, OptionNumber, Out, Uint, Writer, message};

/// A moment in nanoseconds, the last one standing for never.
#[inline]
pub(super) fn nanos(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(time.subsec_nanos()))
}

/// Options of the endpoint's own, in ascending order, with an Echo value behind them.
#[derive(Clone, Copy)]
pub(super) struct Own<'a> {
    list: [(OptionNumber, Uint); Own::MOST],
    len: usize,
    pub(super) echo: &'a [u8],
}

impl<'a> Own<'a> {
    const MOST: usize = 4;

    pub(super) const NONE: Own<'static> = Own::behind(&[]);

    /// None yet but an Echo value, if there is one.
    #[inline]
    pub(super) const fn behind(echo: &'a [u8]) -> Self {
        Self { list: [(OptionNumber(0), Uint::new(0)); Self::MOST], len: 0, echo }
    }

    /// Bytes they make a message longer at most: four numbers, an Echo, and a marker.
    pub(super) const ROOM: usize = 4 * 9 + 45 + 1;

    #[inline]
    pub(super) fn push(&mut self, number: OptionNumber, value: Uint) {
        if let Some(place) = self.list.get_mut(self.len) {
            *place = (number, value);
            self.len += 1;
        }
    }

    #[inline]
    pub(super) fn push_block(&mut self, number: OptionNumber, block: Option<Block>) {
        if let Some(block) = block {
            self.push(number, block.uint());
        }
    }

    #[inline]
    fn is_empty(&self) -> bool {
        self.len == 0 && self.echo.is_empty()
    }

    #[inline]
    fn get(&self, at: usize) -> Option<Opt<'_>> {
        match self.list.get(at) {
            Some((number, value)) if at < self.len => Some(Opt::new(*number, value)),
            _ if at == self.len && !self.echo.is_empty() => Some(Opt::new(OptionNumber::ECHO, self.echo)),
            _ => None,
        }
    }
}

/// A message with some options of the endpoint's own, which take the place of those with their numbers, and
/// others left out.
#[derive(Clone, Copy)]
pub(super) struct Patched<'a> {
    pub(super) message: &'a Message<'a>,
    pub(super) own: &'a Own<'a>,
    pub(super) without: &'a [OptionNumber],
}

impl<'a> Patched<'a> {
    pub(super) const fn plain(message: &'a Message<'a>) -> Self {
        Self { message, own: &Own::NONE, without: &[] }
    }

    /// Makes sure that it fits.
    pub(super) fn check_room(&self, out: &(impl Out + ?Sized)) -> Result<(), EncodeError> {
        let message = self.message;
        let body = message.options.most().saturating_add(message.payload.len());
        // Header, the longest token, and what the endpoint adds.
        if out.room() < body.saturating_add(4 + Kept::MAX + Own::ROOM) {
            let needed = self.write(&mut Length::default())?;
            if out.room() < needed {
                return Err(EncodeError::NoRoom { needed });
            }
        }
        Ok(())
    }

    /// Writes it, whole or not at all, and says how long it is.
    #[inline(never)]
    pub(super) fn write(&self, out: &mut (impl Out + ?Sized)) -> Result<usize, EncodeError> {
        let mut stage = Stage::new();
        match self.pieces(&mut stage) {
            Some((head, rest)) => message::put_pieces(head, rest, out),
            None => self.write_long(out),
        }
    }

    /// The message in two pieces, the second being what is left of the payload. `None`: the head is too long to be
    /// gathered.
    #[inline(always)]
    pub(super) fn pieces<'s>(&'s self, stage: &'s mut Stage) -> Option<(&'s [u8], &'s [u8])> {
        let message = self.message;
        if message.code == Code::EMPTY {
            return None;
        }
        let header = message::header(message.kind, message.code, message.id);
        let (bytes, whole) = if self.own.is_empty() && self.without.is_empty() {
            stage.gather(header, message.token, &message.options, message.payload)?
        } else if message.options.is_empty() && self.own.echo.is_empty() {
            let (mut at, mut last) = (stage.begin(header, message.token)?, 0);
            for (number, value) in self.own.list.iter().take(self.own.len) {
                at = stage.put_option(at, usize::from(number.0.wrapping_sub(last)), value)?;
                last = number.0;
            }
            stage.finish(at, message.payload)?
        } else {
            let (mut at, mut last) = (stage.begin(header, message.token)?, 0);
            self.merge(|option| {
                let delta = usize::from(option.number.0.wrapping_sub(last));
                at = stage.put_option(at, delta, option.value).ok_or(())?;
                last = option.number.0;
                Ok::<(), ()>(())
            })
            .ok()?;
            stage.finish(at, message.payload)?
        };
        Some((bytes, if whole { &[] } else { message.payload }))
    }

    /// Puts the options that go out, in order.
    #[inline]
    pub(super) fn merge<E>(&self, mut put: impl FnMut(Opt<'_>) -> Result<(), E>) -> Result<(), E> {
        let (mut at, mut own, mut last) = (0, self.own.get(0), None);
        for option in self.message.options {
            while let Some(first) = own
                && first.number <= option.number
            {
                put(first)?;
                last = Some(first.number);
                at += 1;
                own = self.own.get(at);
            }
            if last != Some(option.number) && !self.without.contains(&option.number) {
                put(option)?;
            }
        }
        while let Some(option) = own {
            put(option)?;
            at += 1;
            own = self.own.get(at);
        }
        Ok(())
    }

    /// A message whose head is too long to be gathered, or that has nothing but a header.
    #[inline(never)]
    fn write_long(&self, out: &mut (impl Out + ?Sized)) -> Result<usize, EncodeError> {
        let mut length = Length::default();
        self.write_pieces(&mut length)?;
        let needed = length.get();
        if out.room() < needed {
            return Err(EncodeError::NoRoom { needed });
        }
        self.write_pieces(out)?;
        Ok(needed)
    }

    fn write_pieces(&self, out: &mut (impl Out + ?Sized)) -> Result<(), EncodeError> {
        let message = self.message;
        let mut writer = Writer::new(out, message.kind, message.code, message.id, message.token)?;
        self.merge(|option| writer.option(option.number, option.value))?;
        writer.payload(message.payload)
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
        let mut own = Own::NONE;
        own.push_block(OptionNumber::BLOCK2, Some(Block::new(3, false, 2).unwrap()));
        own.push_block(OptionNumber::BLOCK1, None);
        let mut buffer = [0; 64];
        for (echo, meant) in [
            (&b""[..], &b"\x41\x01\x00\x07t\xB1a\x01b\xC1\x32\x50\xFFx"[..]),
            (b"ee", b"\x41\x01\x00\x07t\xB1a\x01b\xC1\x32\x50\xD2\xD3ee\xFFx"),
        ] {
            let mut out = SliceOut::new(&mut buffer);
            let own = Own { echo, ..own };
            let patched = Patched { message: &message, own: &own, without: &[OptionNumber::OBSERVE] };
            let mut exact = [0; 64];
            let mut short = SliceOut::new(&mut exact[..meant.len() - 1]);
            assert!(patched.check_room(&short).is_err() && patched.write(&mut short).is_err());
            assert!(short.is_empty());
            patched.check_room(&SliceOut::new(&mut exact[..meant.len()])).unwrap();
            assert_eq!(patched.write(&mut out), Ok(meant.len()));
            assert_eq!(out.written(), meant);
            // The long way writes the same.
            out.clear();
            assert_eq!(patched.write_long(&mut out), Ok(meant.len()));
            assert_eq!(out.written(), meant);
        }
    }

    #[test]
    fn a_long_head_is_written_whole_or_not_at_all() {
        let list = [(OptionNumber::URI_PATH, &[b'x'; 120][..]), (OptionNumber::SIZE1, &[1])];
        let list = list.map(|(number, value)| Opt::new(number, value));
        let options = Options::new(&list).unwrap();
        let message =
            Message { code: Code::GET, options, payload: b"xyz", ..Message::empty(Kind::Confirmable, 7) };
        let mut own = Own::NONE;
        own.push_block(OptionNumber::BLOCK2, Some(Block::new(3, false, 2).unwrap()));
        let patched = Patched { message: &message, own: &own, without: &[] };
        let mut wide = [0; 256];
        let mut out = SliceOut::new(&mut wide);
        let len = patched.write(&mut out).unwrap();
        assert_eq!((out.len(), len), (135, 135));
        let mut narrow = [0; 135];
        let mut exact = SliceOut::new(&mut narrow);
        assert_eq!(patched.write(&mut exact), Ok(len));
        assert_eq!(exact.written(), out.written());
        let mut short = [0; 134];
        let mut short = SliceOut::new(&mut short);
        assert!(patched.write(&mut short).is_err() && short.is_empty());
    }
}
