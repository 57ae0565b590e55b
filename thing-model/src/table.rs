//! Names to indexes: open addressing over seeded hashes of eight-byte words.
//!
//! A payload's names are foreign and so may a model's be, hence the seed: without it nobody can choose names that fall
//! on one slot. The same hash is computed from a finished name ([`Seed::hash`]) and while a name is being read
//! ([`Reader::key`]).

use crate::json::{Malformed, Reader, Str, bits_before, part, special, word};

/// The secret of a model's tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seed {
    start: u64,
    multiplier: u64,
}

/// One place of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    tag: u32,
    index: u32,
}

/// Where a table lies in the shared slots.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Table {
    first: u32,
    mask: u32,
}

const EMPTY: Slot = Slot { tag: 0, index: u32::MAX };

impl Seed {
    pub(crate) const fn new(seed: u64) -> Self {
        Self {
            start: seed ^ 0x9E37_79B9_7F4A_7C15,
            multiplier: fold(seed ^ 0x2545_F491_4F6C_DD1D, 0xD6E8_FEB8_6659_FD93) | 1,
        }
    }

    #[inline(always)]
    const fn step(self, state: u64, word: u64) -> u64 {
        fold(state ^ word, self.multiplier)
    }

    /// The hash of a whole name.
    pub(crate) fn hash(self, name: &[u8]) -> u64 {
        name.chunks(8).fold(self.start, |state, chunk| {
            let word = chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
            self.step(state, word)
        })
    }
}

/// Both halves of the product, mixed.
#[inline(always)]
const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    // Both halves are meant to be cut off.
    #[allow(clippy::cast_possible_truncation)]
    let folded = product as u64 ^ (product >> 64) as u64;
    folded
}

impl<'a> Reader<'a> {
    /// A member name with its hash; the reader stands on the quote. Names that are not plain ASCII have no hash.
    #[inline(always)]
    pub(crate) fn key(&mut self, seed: Seed) -> Result<(Str<'a>, Option<u64>), Malformed> {
        let start = self.at() + 1;
        let (mut at, mut state) = (start, seed.start);
        loop {
            let word = word(self.json(), at);
            let mark = special(word);
            if mark == 0 {
                state = seed.step(state, word);
                at += 8;
                continue;
            }
            let bits = bits_before(mark);
            at += bits / 8;
            if (word >> bits) & 0xFF != u64::from(b'"') {
                return Ok((self.string()?, None));
            }
            if bits > 0 {
                state = seed.step(state, word & (u64::MAX >> (64 - bits)));
            }
            self.seek(at + 1);
            return Ok((Str { raw: part(self.json(), start, at), escaped: false }, Some(state)));
        }
    }
}

impl Table {
    /// Adds a table of those hashes (numbered from zero) to the shared slots. `equal` tells whether two of them are the same
    /// name; the later ones of equal names are left out and told to `twice`.
    pub(crate) fn build(
        slots: &mut alloc::vec::Vec<Slot>,
        hashes: impl ExactSizeIterator<Item = u64>,
        equal: impl Fn(u32, u32) -> bool,
        mut twice: impl FnMut(u32),
    ) -> Self {
        let size = (hashes.len() + hashes.len() / 2 + 1).next_power_of_two();
        let first = slots.len();
        slots.resize(first + size, EMPTY);
        let table = &mut slots[first..];
        for (index, hash) in (0..).zip(hashes) {
            let (tag, mut place) = (tag(hash), start(hash, size - 1));
            while table[place].index != u32::MAX {
                if table[place].tag == tag && equal(table[place].index, index) {
                    break;
                }
                place = (place + 1) & (size - 1);
            }
            if table[place].index == u32::MAX {
                table[place] = Slot { tag, index };
            } else {
                twice(index);
            }
        }
        Self { first: crate::json::offset(first), mask: crate::json::offset(size - 1) }
    }

    /// The index whose name has that hash and is `equal`.
    #[inline(always)]
    pub(crate) fn find(self, slots: &[Slot], hash: u64, equal: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.mask as usize;
        let table = slots.get(self.first as usize..)?.get(..=mask)?;
        let (tag, mut place) = (tag(hash), start(hash, mask));
        loop {
            let slot = table.get(place)?;
            if slot.index == u32::MAX {
                return None;
            }
            if slot.tag == tag && equal(slot.index) {
                return Some(slot.index);
            }
            place = (place + 1) & mask;
        }
    }
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // half of the hash is wanted
const fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // the mask cuts it anyway
const fn start(hash: u64, mask: usize) -> usize {
    hash as usize & mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn reading_hashes_as_whole_names_do() {
        let seed = Seed::new(7);
        for name in ["", "a", "Soc", "12345678", "123456789", "battery:Soc", "line0_st00_spindle_speed"] {
            let json = alloc::format!("\"{name}\"");
            let (key, hash) = Reader::new(json.as_bytes(), 9).unwrap().key(seed).unwrap();
            assert_eq!(key.raw, name.as_bytes());
            assert_eq!(hash, Some(seed.hash(name.as_bytes())), "{name}");
        }
        let (_, hash) = Reader::new("\"é\"".as_bytes(), 9).unwrap().key(seed).unwrap();
        assert_eq!(hash, None);
    }

    #[test]
    fn finds_what_was_put_and_nothing_else() {
        for seed in 0..50 {
            let seed = Seed::new(seed);
            let names: Vec<_> = (0..300).map(|n| alloc::format!("p{}", n % 250)).collect();
            let (mut slots, mut twice) = (Vec::new(), Vec::new());
            let table = Table::build(
                &mut slots,
                names.iter().map(|name| seed.hash(name.as_bytes())),
                |a, b| names[a as usize] == names[b as usize],
                |index| twice.push(index),
            );
            assert!(twice.into_iter().eq(250..300));
            let find = |name: &str| {
                table.find(&slots, seed.hash(name.as_bytes()), |index| names[index as usize] == name)
            };
            for (index, name) in (0..250).zip(&names) {
                assert_eq!(find(name), Some(index));
            }
            assert_eq!(find("p250"), None);
        }
    }

    #[test]
    fn seeds_spread_names_differently() {
        let starts = |seed| {
            (0..64)
                .map(|n| start(Seed::new(seed).hash(alloc::format!("p{n}").as_bytes()), 127))
                .collect::<Vec<_>>()
        };
        assert_ne!(starts(1), starts(2));
    }
}
