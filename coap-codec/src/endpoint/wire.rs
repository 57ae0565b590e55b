//! Messages on their way to bytes, and the cells they are kept in.

use core::time::Duration;

use super::table::Table;
use crate::{EncodeError, Message, Opt, Out, Writer};

/// A moment in nanoseconds, the last one standing for never.
#[inline]
pub(super) fn nanos(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(time.subsec_nanos()))
}

/// Writes a message with options of the endpoint's own, which take the place of those with their numbers.
pub(super) fn write(
    message: &Message<'_>,
    own: &[Opt<'_>],
    out: &mut (impl Out + ?Sized),
) -> Result<(), EncodeError> {
    if own.is_empty() {
        return message.encode(out);
    }
    let mut writer = Writer::new(out, message.kind, message.code, message.id, message.token)?;
    let (mut own, mut last) = (own.iter().peekable(), None);
    for option in message.options {
        while let Some(ours) = own.next_if(|ours| ours.number <= option.number) {
            writer.option(ours.number, ours.value)?;
            last = Some(ours.number);
        }
        if last != Some(option.number) {
            writer.option(option.number, option.value)?;
        }
    }
    own.try_for_each(|ours| writer.option(ours.number, ours.value))?;
    writer.payload(message.payload)
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
