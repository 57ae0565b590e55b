//! Bounded memory for what a session remembers while it runs: lent by the caller, or growing.
//!
//! [`Table`] is that memory as a value; `IdTable` keeps entries in it under their packet identifier.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;

/// Memory for at most a fixed number of `T`: a slice lent by the caller, or (feature `alloc`) a
/// vector growing to a bound.
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
    pub(crate) fn cells(&self) -> &[T] {
        match &self.cells {
            Cells::Lent(cells) => cells,
            #[cfg(feature = "alloc")]
            Cells::Growing { cells, .. } => cells,
        }
    }

    #[inline]
    pub(crate) fn cells_mut(&mut self) -> &mut [T] {
        match &mut self.cells {
            Cells::Lent(cells) => cells,
            #[cfg(feature = "alloc")]
            Cells::Growing { cells, .. } => cells,
        }
    }

    /// Makes at least `len` cells exist, new ones holding `empty`. `false`: beyond the bound.
    #[cfg_attr(
        not(feature = "alloc"),
        expect(unused_variables, reason = "lent cells are all there from the start")
    )]
    pub(crate) fn grow(&mut self, len: usize, empty: T) -> bool {
        match &mut self.cells {
            Cells::Lent(cells) => len <= cells.len(),
            #[cfg(feature = "alloc")]
            Cells::Growing { cells, bound } => {
                if len > *bound {
                    return false;
                }
                if len > cells.len() {
                    let wanted = len.max(cells.len() * 2).max(8).min(*bound);
                    cells.reserve_exact(wanted - cells.len());
                    cells.resize(wanted, empty);
                }
                true
            }
        }
    }
}

/// A cell of an [`IdTable`].
pub(crate) trait Cell: Copy {
    /// The cell that holds nothing.
    const EMPTY: Self;

    /// The packet identifier the cell is about; 0 in the empty cell.
    fn key(&self) -> u16;
}

/// Entries under their packet identifier: open addressing, the home of an entry being its
/// identifier modulo the number of cells.
///
/// Identifiers handed out in sequence have homes of their own, so the usual look-up is one probe.
/// Removal shifts later entries back, which lets a search stop at the first empty cell.
#[derive(Debug)]
pub(crate) struct IdTable<'m, T> {
    table: Table<'m, T>,
    len: usize,
    /// How many entries are not at their home.
    displaced: usize,
}

/// An empty place in an [`IdTable`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vacancy {
    place: usize,
    at_home: bool,
}

impl<'m, T: Cell> IdTable<'m, T> {
    pub(crate) fn new(mut table: Table<'m, T>) -> Self {
        table.cells_mut().fill(T::EMPTY);
        Self { table, len: 0, displaced: 0 }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn bound(&self) -> usize {
        self.table.bound()
    }

    #[inline]
    pub(crate) fn get(&self, key: u16) -> Option<&T> {
        self.at(self.find(key)?)
    }

    /// The entry in that place.
    #[inline]
    pub(crate) fn at(&self, place: usize) -> Option<&T> {
        self.table.cells().get(place)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, key: u16) -> Option<&mut T> {
        let place = self.find(key)?;
        self.table.cells_mut().get_mut(place)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.table.cells().iter().filter(|cell| cell.key() != 0)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.table.cells_mut().iter_mut().filter(|cell| cell.key() != 0)
    }

    /// Makes sure that one more entry fits. `false`: the table is full.
    #[inline]
    pub(crate) fn reserve(&mut self) -> bool {
        if self.len < self.table.cells().len() {
            return true;
        }
        self.grow()
    }

    /// Adds an entry whose key is not in the table, or replaces the one with its key.
    /// `false`: the table is full.
    pub(crate) fn insert(&mut self, entry: T) -> bool {
        if let Some(known) = self.get_mut(entry.key()) {
            *known = entry;
            return true;
        }
        if !self.reserve() {
            return false;
        }
        if let Some(place) = self.vacancy(entry.key()) {
            self.insert_at(place, entry);
        }
        true
    }

    /// The place an entry with that key would take, after [`reserve`](Self::reserve) has said that it fits.
    /// `None`: the key is in the table.
    pub(crate) fn vacancy(&self, key: u16) -> Option<Vacancy> {
        self.vacant_home(key).or_else(|| self.vacancy_behind(self.home(key)?, key))
    }

    /// The home of an entry with that key, if it is empty: then the key is not in the table, and there is room for it.
    #[inline(always)]
    pub(crate) fn vacant_home(&self, key: u16) -> Option<Vacancy> {
        let place = self.home(key)?;
        (self.at(place)?.key() == 0).then_some(Vacancy { place, at_home: true })
    }

    fn vacancy_behind(&self, home: usize, key: u16) -> Option<Vacancy> {
        let place = self.first_from(home, key)?;
        self.at(place).filter(|cell| cell.key() == 0).map(|_| Vacancy { place, at_home: false })
    }

    /// Adds an entry in the place that [`vacancy`](Self::vacancy) has named for its key.
    #[inline]
    pub(crate) fn insert_at(&mut self, Vacancy { place, at_home }: Vacancy, entry: T) {
        if let Some(cell) = self.table.cells_mut().get_mut(place) {
            *cell = entry;
            self.len += 1;
            if !at_home {
                self.displaced += 1;
            }
        }
    }

    #[inline]
    pub(crate) fn remove(&mut self, key: u16) -> Option<T> {
        let place = self.find(key)?;
        let removed = self.at(place).copied();
        self.remove_at(place);
        removed
    }

    /// Removes the entry in a place that [`find`](Self::find) has named.
    #[inline(always)]
    pub(crate) fn remove_at(&mut self, place: usize) {
        if self.displaced > 0 {
            return self.remove_and_close(place);
        }
        if let Some(cell) = self.table.cells_mut().get_mut(place) {
            *cell = T::EMPTY;
            self.len -= 1;
        }
    }

    /// Moves entries back that lie behind the empty cell and could not be found over it.
    #[inline(never)]
    fn remove_and_close(&mut self, mut hole: usize) {
        let cells = self.table.cells_mut();
        let len = cells.len();
        let Some(cell) = cells.get_mut(hole) else { return };
        let removed = core::mem::replace(cell, T::EMPTY);
        self.len -= 1;
        self.displaced -= usize::from(usize::from(removed.key()) % len != hole);
        let mut place = hole;
        loop {
            place = if place + 1 == len { 0 } else { place + 1 };
            let Some(&entry) = cells.get(place).filter(|entry| entry.key() != 0) else { break };
            // An entry may move back into the hole unless its home lies between the two.
            let home = usize::from(entry.key()) % len;
            let distance = |from: usize| if place >= from { place - from } else { place + len - from };
            if distance(home) >= distance(hole) {
                cells.swap(hole, place);
                self.displaced -= usize::from(home == hole);
                hole = place;
            }
        }
    }

    /// Removes the entries that `keep` says no to; it may be asked about the same entry twice.
    pub(crate) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        for place in 0..self.table.cells().len() {
            // What is behind moves into the place of what is removed.
            while let Some(&cell) =
                self.table.cells().get(place).filter(|cell| cell.key() != 0 && !keep(cell))
            {
                self.remove(cell.key());
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        self.table.cells_mut().fill(T::EMPTY);
        (self.len, self.displaced) = (0, 0);
    }

    /// The place of the entry with that key, until another one is removed.
    #[inline]
    pub(crate) fn find(&self, key: u16) -> Option<usize> {
        if key == 0 {
            return None;
        }
        let home = self.home(key)?;
        match self.at(home)?.key() {
            at_home if at_home == key => Some(home),
            0 => None,
            _ => self.find_from(home, key),
        }
    }

    /// Where the entry with that key should be. `None`: there are no cells.
    #[inline]
    fn home(&self, key: u16) -> Option<usize> {
        usize::from(key).checked_rem(self.table.cells().len())
    }

    #[inline(never)]
    fn find_from(&self, home: usize, key: u16) -> Option<usize> {
        let place = self.first_from(home, key)?;
        self.at(place).filter(|cell| cell.key() == key).map(|_| place)
    }

    /// The first place from `home` on that is empty or has that key.
    fn first_from(&self, home: usize, key: u16) -> Option<usize> {
        let (before, after) = self.table.cells().split_at_checked(home)?;
        let places = (home..).zip(after).chain((0..).zip(before));
        places.into_iter().find(|(_, cell)| cell.key() == 0 || cell.key() == key).map(|(place, _)| place)
    }

    /// Doubles the cells and gives every entry its new home.
    #[cold]
    fn grow(&mut self) -> bool {
        #[cfg(feature = "alloc")]
        if let Cells::Growing { cells, bound } = &mut self.table.cells
            && cells.len() < *bound
        {
            let wanted = (cells.len() * 2).max(8).min(*bound);
            let old = core::mem::replace(cells, alloc::vec![T::EMPTY; wanted]);
            (self.len, self.displaced) = (0, 0);
            for entry in old.into_iter().filter(|entry| entry.key() != 0) {
                if let Some(place) = self.vacancy(entry.key()) {
                    self.insert_at(place, entry);
                }
            }
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, IdTable, Table};

    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Entry(u16, u32);

    impl Cell for Entry {
        const EMPTY: Self = Self(0, 0);

        fn key(&self) -> u16 {
            self.0
        }
    }

    #[test]
    fn a_lent_table_is_full_at_its_length() {
        let mut cells = [Entry(7, 7); 2];
        let mut table = IdTable::new(Table::lent(&mut cells));
        assert_eq!((table.len(), table.bound(), table.get(7)), (0, 2, None));
        assert!(table.insert(Entry(1, 10)) && table.insert(Entry(3, 30)));
        assert!(!table.insert(Entry(5, 50)));
        assert!(table.insert(Entry(3, 31)), "an entry is replaced even in a full table");
        assert_eq!((table.get(3), table.len()), (Some(&Entry(3, 31)), 2));
        assert_eq!(table.remove(1), Some(Entry(1, 10)));
        assert_eq!((table.remove(1), table.get(3)), (None, Some(&Entry(3, 31))));
        assert!(!IdTable::new(Table::lent(&mut [] as &mut [Entry])).insert(Entry(1, 1)));
    }

    #[test]
    fn any_order_of_insertion_and_removal_finds_what_is_there() {
        let mut cells = [Entry::EMPTY; 13];
        let mut table = IdTable::new(Table::lent(&mut cells));
        let mut there = [false; 64];
        let mut state = 1_u16;
        for step in 0..20_000 {
            state = state.wrapping_mul(25_173).wrapping_add(13_849);
            let key = state >> 10;
            let known = &mut there[usize::from(key)];
            if key != 0 && *known {
                assert!(table.remove(key).is_some(), "step {step}");
                *known = false;
            } else if key != 0 && table.insert(Entry(key, step)) {
                *known = true;
            }
            for (key, known) in (0..).zip(there) {
                assert_eq!(table.get(key).is_some(), known, "step {step}, key {key}");
            }
            assert_eq!(table.len(), there.iter().filter(|known| **known).count());
            assert_eq!(table.iter().count(), table.len());
            let away = |(place, cell): &(usize, &Entry)| cell.0 != 0 && usize::from(cell.0) % 13 != *place;
            assert_eq!(table.displaced, table.table.cells().iter().enumerate().filter(away).count());
        }
    }

    #[cfg(feature = "alloc")]
    #[test]
    fn a_growing_table_keeps_its_entries_and_its_bound() {
        let mut table = IdTable::new(Table::growing(100));
        for key in 1..=100 {
            assert!(table.insert(Entry(key * 600, u32::from(key))), "{key}");
        }
        assert!(!table.insert(Entry(1, 1)));
        assert!((1..=100).all(|key| table.get(key * 600) == Some(&Entry(key * 600, u32::from(key)))));
        table.clear();
        assert_eq!((table.len(), table.iter().count()), (0, 0));
    }
}
