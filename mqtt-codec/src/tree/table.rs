//! A hash table from hashes to indexes: a sorted array with gaps.
//!
//! A slot is a hash above an index. The home of a hash is its share of the width, so homes rise with hashes, and slots are
//! kept in the order of their hashes: a search stops at the first greater one, an absent key costs no more than a present one,
//! and growing is one sequential pass that asks for no key. Nothing wraps round; what runs over the end lengthens the array.

use alloc::vec;
use alloc::vec::Vec;

use super::hash::HASH_BITS;

/// Sorts behind every slot in use, since hashes have 31 bits.
const EMPTY: u64 = u64::MAX;

#[derive(Clone, Default)]
pub(super) struct Table {
    slots: Vec<u64>,
    homes: u64,
    used: u64,
}

impl Table {
    /// The index under `hash` that `is` the one sought.
    #[inline]
    pub(super) fn find(&self, hash: u32, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        let first = pack(hash, 0);
        for &slot in self.slots.get(self.home(hash)..)? {
            if slot < first {
                continue;
            }
            let (held, index) = unpack(slot);
            if held != hash {
                return None;
            }
            if is(index) {
                return Some(index);
            }
        }
        None
    }

    pub(super) fn insert(&mut self, hash: u32, index: u32) {
        // At most 5/8 full: a search looks at two slots, seldom more.
        if (self.used + 1) * 8 > self.homes * 5 {
            self.resize(self.homes + self.homes / 4 + 8);
        }
        self.used += 1;
        let at = self.home(hash);
        let at = at + self.slots[at..].iter().take_while(|slot| unpack(**slot).0 <= hash).count();
        let mut carried = pack(hash, index);
        for slot in &mut self.slots[at..] {
            core::mem::swap(slot, &mut carried);
            if carried == EMPTY {
                return;
            }
        }
        self.slots.push(carried);
    }

    pub(super) fn remove(&mut self, hash: u32, index: u32) {
        let Some(mut at) = self.position(hash, index) else { return };
        // Move back what stands behind its home, so that no gap parts a slot from its home.
        while let Some(&next) = self.slots.get(at + 1) {
            if next == EMPTY || self.home(unpack(next).0) > at {
                break;
            }
            self.slots[at] = next;
            at += 1;
        }
        self.slots[at] = EMPTY;
        self.used -= 1;
        if self.used * 4 < self.homes {
            self.resize(self.used * 2);
        }
    }

    /// Lets the key of `index` be found at index `to` instead.
    pub(super) fn redirect(&mut self, hash: u32, index: u32, to: u32) {
        if let Some(at) = self.position(hash, index) {
            self.slots[at] = pack(hash, to);
        }
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u64>()
    }

    fn position(&self, hash: u32, index: u32) -> Option<usize> {
        let home = self.home(hash);
        let sought = pack(hash, index);
        let run = self.slots.get(home..)?.iter().take_while(|slot| unpack(**slot).0 <= hash);
        Some(home + run.enumerate().find(|(_, slot)| **slot == sought)?.0)
    }

    #[inline]
    fn home(&self, hash: u32) -> usize {
        usize::try_from((u64::from(hash) * self.homes) >> HASH_BITS).unwrap_or(usize::MAX)
    }

    fn resize(&mut self, homes: u64) {
        self.homes = homes;
        let old =
            core::mem::replace(&mut self.slots, vec![EMPTY; usize::try_from(homes).unwrap_or(usize::MAX)]);
        let mut free = 0;
        for slot in old.into_iter().filter(|slot| *slot != EMPTY) {
            let at = self.home(unpack(slot).0).max(free);
            match self.slots.get_mut(at) {
                Some(place) => *place = slot,
                None => self.slots.push(slot),
            }
            free = at + 1;
        }
    }
}

#[inline]
fn pack(hash: u32, index: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(index)
}

#[inline]
fn unpack(slot: u64) -> (u32, u32) {
    let half = |word: u64| u32::try_from(word & u64::from(u32::MAX)).unwrap_or_default();
    (half(slot >> 32), half(slot))
}

#[cfg(test)]
mod tests {
    use super::super::hash::Hasher;
    use super::*;
    use alloc::collections::BTreeSet;
    use alloc::format;

    fn check(table: &Table, expected: &BTreeSet<(u32, u32)>) {
        assert_eq!(table.used, u64::try_from(expected.len()).unwrap());
        for &(hash, index) in expected {
            assert_eq!(table.find(hash, |held| held == index), Some(index));
            assert_eq!(table.find(hash, |_| false), None);
        }
        let full: Vec<u64> = table.slots.iter().copied().filter(|slot| *slot != EMPTY).collect();
        assert!(full.is_sorted_by_key(|slot| unpack(*slot).0));
    }

    /// How many slots a search looks at, at most.
    fn longest_search(table: &Table) -> usize {
        let used = table.slots.iter().enumerate().filter(|(_, slot)| **slot != EMPTY);
        used.map(|(at, slot)| at - table.home(unpack(*slot).0) + 1).max().unwrap_or(0)
    }

    fn filled(hasher: &Hasher, levels: &[[u8; 8]]) -> Table {
        let mut table = Table::default();
        for (index, level) in (0..).zip(levels) {
            table.insert(hasher.words((u64::from_le_bytes(*level), 0)), index);
        }
        table
    }

    /// Who knows the seed can choose levels that share a home; who does not, cannot.
    #[test]
    fn levels_chosen_to_collide_do_so_under_the_seed_they_were_chosen_for_alone() {
        let known = Hasher::new(42);
        let spelled = |n: u32| format!("{n:08x}").into_bytes().try_into().unwrap_or([0; 8]);
        let near = |level: &[u8; 8]| known.words((u64::from_le_bytes(*level), 0)) >> (HASH_BITS - 9) == 0;
        let chosen: Vec<[u8; 8]> = (0..).map(spelled).filter(near).take(2_000).collect();
        assert!(longest_search(&filled(&known, &chosen)) > 1_000, "the attack works where the seed is known");
        for seed in 0..20 {
            let longest = longest_search(&filled(&Hasher::new(seed), &chosen));
            assert!(longest < 50, "{longest} under seed {seed}");
        }
    }

    #[test]
    fn agrees_with_a_set_through_growth_and_removal() {
        let top = (1 << HASH_BITS) - 1;
        // Spread hashes, equal hashes, and all of them at the very end.
        for hash_of in [|n: u32| n.wrapping_mul(0x9E37_79B9) >> 1, |n| n / 100, |_| (1 << HASH_BITS) - 1] {
            let (mut table, mut expected) = (Table::default(), BTreeSet::new());
            assert_eq!(table.find(top, |_| true), None);
            for n in 0..1500 {
                table.insert(hash_of(n), n);
                expected.insert((hash_of(n), n));
                if n % 3 == 0 {
                    table.remove(hash_of(n / 2), n / 2);
                    expected.remove(&(hash_of(n / 2), n / 2));
                }
                if n % 250 == 0 {
                    check(&table, &expected);
                }
            }
            table.redirect(hash_of(1499), 1499, 5000);
            expected.remove(&(hash_of(1499), 1499));
            expected.insert((hash_of(1499), 5000));
            check(&table, &expected);
            for (hash, index) in core::mem::take(&mut expected) {
                table.remove(hash, index);
            }
            check(&table, &expected);
            assert_eq!(table.bytes(), 0, "what is empty holds nothing");
        }
    }
}
