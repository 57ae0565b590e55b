//! Ring: the latest bytes written, for replies that may have to be sent again.
//!
//! What is written takes the place of what is oldest. A [`Kept`] tells what still stands from what does not,
//! so nothing has to be removed.

use super::table::Table;

#[derive(Debug)]
pub(super) struct Ring<'m> {
    table: Table<'m, u8>,
    /// Bytes written since the beginning, skipped ones included. The place of byte `n` is `n % bound`.
    written: u64,
    /// The place of the next byte.
    at: usize,
}

/// Where something was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    start: u64,
    len: u32,
}

impl<'m> Ring<'m> {
    pub(super) fn new(table: Table<'m, u8>) -> Self {
        Self { table, written: 0, at: 0 }
    }

    /// A place of `len` bytes to write to, over what is oldest. `None` if there can be none.
    #[inline]
    pub(super) fn claim(&mut self, len: usize) -> Option<(Kept, &mut [u8])> {
        let (bound, short) = (self.table.bound(), u32::try_from(len).ok()?);
        if len > bound {
            return None;
        }
        let mut at = self.at;
        if at + len > bound {
            // One piece, so from the beginning again.
            self.written += (bound - at) as u64;
            at = 0;
        }
        if !self.table.grow(at + len, 0) {
            return None;
        }
        self.at = at + len;
        let start = self.written;
        self.written += u64::from(short);
        Some((Kept { start, len: short }, self.table.cells_mut().get_mut(at..at + len)?))
    }

    /// What was written, unless something took its place.
    pub(super) fn read(&self, kept: Kept) -> Option<&[u8]> {
        let bound = self.table.bound() as u64;
        if self.written - kept.start > bound {
            return None;
        }
        let at = usize::try_from(kept.start % bound.max(1)).ok()?;
        self.table.cells().get(at..at + usize::try_from(kept.len).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::{Ring, Table};

    fn put(ring: &mut Ring<'_>, byte: u8, len: usize) -> super::Kept {
        let (kept, place) = ring.claim(len).unwrap();
        place.fill(byte);
        kept
    }

    #[test]
    fn the_oldest_gives_way() {
        let mut bytes = [0; 10];
        let mut ring = Ring::new(Table::lent(&mut bytes));
        let one = put(&mut ring, 1, 4);
        let two = put(&mut ring, 2, 4);
        assert_eq!((ring.read(one), ring.read(two)), (Some(&[1; 4][..]), Some(&[2; 4][..])));
        let three = put(&mut ring, 3, 4); // not cut in two: 2 bytes are skipped
        assert_eq!((ring.read(one), ring.read(two)), (None, Some(&[2; 4][..])));
        assert_eq!(ring.read(three), Some(&[3; 4][..]));
        let all = put(&mut ring, 4, 10);
        assert_eq!((ring.read(three), ring.read(all)), (None, Some(&[4; 10][..])));
        assert!(ring.claim(11).is_none());
        let nothing = ring.claim(0).unwrap().0;
        assert_eq!(ring.read(nothing), Some(&[][..]));
    }

    #[test]
    fn a_ring_without_memory_keeps_nothing() {
        let mut ring = Ring::new(Table::lent(&mut []));
        assert!(ring.claim(1).is_none());
    }

    #[cfg(feature = "alloc")]
    #[test]
    fn a_growing_ring_turns_at_its_bound() {
        let mut ring = Ring::new(Table::growing(100));
        let first = put(&mut ring, 1, 60);
        assert_eq!(ring.read(first), Some(&[1; 60][..]));
        let second = put(&mut ring, 2, 60);
        assert_eq!((ring.read(first), ring.read(second)), (None, Some(&[2; 60][..])));
    }
}
