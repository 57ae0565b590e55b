//! Table: bounded memory, lent by the caller or growing.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;

/// Memory for at most a fixed number of `T`: a slice lent by the caller, or (feature `alloc`) a vector
/// growing to a bound.
///
/// It is a value, not a type parameter: whoever holds one does not care which of the two it is.
#[derive(Debug)]
pub struct Table<'m, T> {
    cells: Cells<'m, T>,
}

#[derive(Debug)]
enum Cells<'m, T> {
    Lent(&'m mut [T]),
    #[cfg(feature = "alloc")]
    Growing {
        cells: Vec<T>,
        bound: usize,
    },
}

impl<'m, T: Copy> Table<'m, T> {
    /// A table over `cells`, whose length is its bound. Their content does not matter.
    #[must_use]
    pub fn lent(cells: &'m mut [T]) -> Self {
        Self { cells: Cells::Lent(cells) }
    }

    /// A table that allocates as it fills, up to `bound` cells.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn growing(bound: usize) -> Self {
        Self { cells: Cells::Growing { cells: Vec::new(), bound } }
    }

    /// The most cells this table can ever have.
    #[must_use]
    pub fn bound(&self) -> usize {
        match &self.cells {
            Cells::Lent(cells) => cells.len(),
            #[cfg(feature = "alloc")]
            Cells::Growing { bound, .. } => *bound,
        }
    }

    #[inline]
    pub(super) fn cells(&self) -> &[T] {
        match &self.cells {
            Cells::Lent(cells) => cells,
            #[cfg(feature = "alloc")]
            Cells::Growing { cells, .. } => cells,
        }
    }

    #[inline]
    pub(super) fn cells_mut(&mut self) -> &mut [T] {
        match &mut self.cells {
            Cells::Lent(cells) => cells,
            #[cfg(feature = "alloc")]
            Cells::Growing { cells, .. } => cells,
        }
    }

    /// Makes at least `len` cells exist, new ones holding `empty`. `false`: beyond the bound.
    #[inline]
    pub(super) fn grow(&mut self, len: usize, empty: T) -> bool {
        len <= self.cells().len() || self.grow_now(len, empty)
    }

    #[cold]
    #[cfg_attr(
        not(feature = "alloc"),
        expect(unused_variables, reason = "lent cells are all there from the start")
    )]
    fn grow_now(&mut self, len: usize, empty: T) -> bool {
        match &mut self.cells {
            Cells::Lent(_) => false,
            #[cfg(feature = "alloc")]
            Cells::Growing { cells, bound } => {
                if len > *bound {
                    return false;
                }
                let wanted = len.max(cells.len() * 2).max(8).min(*bound);
                cells.reserve_exact(wanted - cells.len());
                cells.resize(wanted, empty);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn a_lent_table_is_as_long_as_its_slice() {
        let mut cells = [7_u8; 4];
        let mut table = Table::lent(&mut cells);
        assert_eq!((table.bound(), table.cells().len()), (4, 4));
        assert!(table.grow(4, 0) && !table.grow(5, 0));
    }

    #[cfg(feature = "alloc")]
    #[test]
    fn a_growing_table_stops_at_its_bound() {
        let mut table = Table::growing(20);
        assert!(table.cells().is_empty());
        assert!(table.grow(1, 5_u8));
        assert_eq!(table.cells(), [5; 8]);
        assert!(table.grow(20, 6) && !table.grow(21, 6));
        assert_eq!((table.cells().len(), table.cells_mut()[19]), (20, 6));
    }
}
