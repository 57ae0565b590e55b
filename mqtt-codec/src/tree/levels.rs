//! Levels interned: each distinct level held has one number, and a topic is looked up once as numbers.
//!
//! A level of up to 15 bytes is its own two words, which no text in memory needs to confirm; only longer ones have their
//! text in the arena. Levels are counted by their users and go with the last.

use alloc::vec::Vec;

use super::hash::{Hasher, halves};
use super::table::Table;
use super::{MAX_LEVELS, grow, index};
use crate::filter::levels;

/// The level `#`.
pub(super) const REST: u32 = 0;
/// The level `+`.
pub(super) const ANY: u32 = 1;
/// A level that nothing held has.
pub(super) const UNKNOWN: u32 = u32::MAX;
/// No level at all, not even an unknown one.
pub(super) const NO_LEVEL: u32 = u32::MAX - 1;

#[derive(Clone)]
pub(super) struct Levels {
    hasher: Hasher,
    table: Table,
    /// By number. A level longer than its words has where its text begins in the first, and [`LONG`] above its length in the
    /// second.
    words: Vec<(u64, u64)>,
    /// By number. Those without a user are linked here, to be given out again.
    uses: Vec<u32>,
    /// The first of them, or [`UNKNOWN`].
    free: u32,
    text: Vec<u8>,
    /// How much of `text` no entry points to any more.
    waste: usize,
}

/// More than a second word can be otherwise: its last byte is zero, as no level contains one.
const LONG: u64 = 1 << 63;
/// In place of the words of a number without a user.
const FREE: (u64, u64) = (u64::MAX, u64::MAX);

/// The bytes of two words.
pub(super) const WINDOW: usize = 16;

impl Levels {
    pub(super) fn new(hasher: Hasher) -> Self {
        let mut levels = Self {
            hasher,
            table: Table::default(),
            words: Vec::new(),
            uses: Vec::new(),
            free: UNKNOWN,
            text: Vec::new(),
            waste: 0,
        };
        for (number, wildcard) in [(REST, b"#"), (ANY, b"+")] {
            let numbered = levels.number(wildcard);
            debug_assert_eq!(numbered, number);
            levels.hold(number);
        }
        levels
    }

    /// One user more.
    pub(super) fn hold(&mut self, number: u32) {
        self.uses[number as usize] += 1;
    }

    /// One user less; the last one takes the level along.
    pub(super) fn release(&mut self, number: u32) {
        let uses = &mut self.uses[number as usize];
        *uses -= 1;
        if *uses > 0 {
            return;
        }
        let words = self.words[number as usize];
        let hash = match words {
            (_, LONG..) => self.hasher.text(self.arena(words)),
            _ => self.hasher.words(words),
        };
        self.table.remove(hash, number);
        self.words[number as usize] = FREE;
        self.uses[number as usize] = core::mem::replace(&mut self.free, number);
        if let (_, LONG..) = words {
            self.waste += self.arena(words).len();
            if self.waste > self.text.len() / 2 {
                self.compact();
            }
        }
    }

    /// Whether filters with this much text, of this many levels, can still be numbered.
    pub(super) fn has_room(&self, bytes: usize, count: usize) -> bool {
        let below =
            |used: usize, more: usize| used.checked_add(more).is_some_and(|sum| sum < NO_LEVEL as usize);
        below(self.words.len(), count) && below(self.text.len(), bytes)
    }

    /// The spelling of a level in use; the buffer lends itself to short ones.
    pub(super) fn text<'a>(&'a self, number: u32, buffer: &'a mut [u8; WINDOW]) -> &'a [u8] {
        match self.words[number as usize] {
            words @ (_, LONG..) => self.arena(words),
            (low, high) => {
                *buffer = (u128::from(high) << 64 | u128::from(low)).to_le_bytes();
                buffer.split(|byte| *byte == 0).next().unwrap_or_default()
            }
        }
    }

    /// Bytes held by the numbering, and by the long texts.
    pub(super) fn bytes(&self) -> usize {
        self.table.bytes()
            + self.words.capacity() * size_of::<(u64, u64)>()
            + self.uses.capacity() * size_of::<u32>()
            + self.text.capacity()
    }

    /// The numbers of the levels of a text, and how many they are; `None` if they are more than there is room for.
    #[inline]
    pub(super) fn read(&self, text: &[u8], numbers: &mut [u32]) -> Option<usize> {
        let mut rest = text;
        for (at, number) in numbers.iter_mut().enumerate() {
            let len = match short(rest, text) {
                Some((words, len)) => {
                    *number = self.find_short(words);
                    len
                }
                None => {
                    let level = levels(rest).next().unwrap_or_default();
                    *number = self.find_long(level);
                    level.len()
                }
            };
            match rest.get(len + 1..) {
                Some(behind) => rest = behind,
                None => return Some(at + 1),
            }
        }
        None
    }

    #[inline]
    fn find_short(&self, words: (u64, u64)) -> u32 {
        let is = |number: u32| self.words[number as usize] == words;
        self.table.find(self.hasher.words(words), is).unwrap_or(UNKNOWN)
    }

    #[inline(never)]
    fn find_long(&self, text: &[u8]) -> u32 {
        let is = |number: u32| match self.words[number as usize] {
            words @ (_, LONG..) => self.arena(words) == text,
            _ => false,
        };
        self.table.find(self.hasher.text(text), is).unwrap_or(UNKNOWN)
    }

    /// The number of a level; a new one has no user yet.
    fn number(&mut self, text: &[u8]) -> u32 {
        let (found, hash, words) = if text.len() < WINDOW {
            let words = window(text, text);
            (self.find_short(words), self.hasher.words(words), words)
        } else {
            let start = u64::from(index(self.text.len()));
            (self.find_long(text), self.hasher.text(text), (start, LONG | u64::from(index(text.len()))))
        };
        if found != UNKNOWN {
            return found;
        }
        if text.len() >= WINDOW {
            if self.text.capacity() - self.text.len() < text.len() {
                self.text.reserve_exact(text.len() + self.text.len() / 4);
            }
            self.text.extend_from_slice(text);
        }
        let free = self.free;
        let number = match self.words.get_mut(free as usize) {
            Some(place) => {
                *place = words;
                self.free = core::mem::replace(&mut self.uses[free as usize], 0);
                free
            }
            None => {
                grow(&mut self.words);
                grow(&mut self.uses);
                self.words.push(words);
                self.uses.push(0);
                index(self.words.len() - 1)
            }
        };
        self.table.insert(hash, number);
        number
    }

    fn arena(&self, (start, length): (u64, u64)) -> &[u8] {
        let [start, length] = [start, length & !LONG].map(|word| usize::try_from(word).unwrap_or_default());
        &self.text[start..start + length]
    }

    fn compact(&mut self) {
        let mut kept = Vec::with_capacity(self.text.len() - self.waste);
        for at in 0..self.words.len() {
            let words = self.words[at];
            if words.1 >= LONG && words != FREE {
                self.words[at].0 = u64::from(index(kept.len()));
                kept.extend_from_slice(self.arena(words));
            }
        }
        self.text = kept;
        self.waste = 0;
    }
}

/// A topic name or a filter as numbers.
pub(super) struct Path {
    /// One more than a filter may have, so that a name cut off here is still longer than any filter.
    numbers: [u32; MAX_LEVELS + 1],
    len: usize,
}

impl Path {
    /// To be read into. It is a big thing to be moved, so there is no call that makes one of a text.
    #[inline(always)]
    pub(super) const fn empty() -> Self {
        Self { numbers: [UNKNOWN; MAX_LEVELS + 1], len: 0 }
    }

    /// Looks up the levels of a name or filter.
    pub(super) fn read(&mut self, text: &[u8], known: &Levels) {
        self.len = known.read(text, &mut self.numbers).unwrap_or(MAX_LEVELS + 1);
    }

    #[inline]
    pub(super) fn numbers(&self) -> &[u32] {
        &self.numbers[..self.len]
    }

    pub(super) fn has_wildcards(&self) -> bool {
        self.numbers().iter().any(|number| matches!(*number, REST | ANY))
    }

    /// Gives the unknown levels of `text` their numbers. Whoever asks for it holds them all next.
    pub(super) fn complete(&mut self, text: &[u8], known: &mut Levels) {
        if self.numbers().contains(&UNKNOWN) {
            for (number, level) in self.numbers[..self.len].iter_mut().zip(levels(text)) {
                *number = known.number(level);
            }
        }
    }
}

/// The words and the length of the level that begins the rest of a text, unless it is longer than its words.
#[inline]
fn short(rest: &[u8], text: &[u8]) -> Option<((u64, u64), usize)> {
    let (low, high) = window(rest, text);
    let found = separators(low);
    if found != 0 {
        return Some(((low & below(found), 0), bytes_below(found)));
    }
    match separators(high) {
        0 => (rest.len() < WINDOW).then_some(((low, high), rest.len())),
        found => Some(((low, high & below(found)), 8 + bytes_below(found))),
    }
}

/// The first 16 bytes of the rest of a text, filled up with zeros, as two words: the first byte is the lowest.
#[inline]
fn window(rest: &[u8], text: &[u8]) -> (u64, u64) {
    if let Some(whole) = rest.first_chunk() {
        return halves(u128::from_le_bytes(*whole));
    }
    halves(match text.last_chunk() {
        _ if rest.is_empty() => 0,
        Some(end) => u128::from_le_bytes(*end) >> (8 * (WINDOW - rest.len())),
        None => rest.iter().rev().fold(0, |word, &byte| word << 8 | u128::from(byte)),
    })
}

/// The lowest bit is the top bit of the first byte that is `/`; other bits are not to be relied on.
#[inline]
fn separators(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    let other = word ^ (ONES * 0x2f);
    other.wrapping_sub(ONES) & !other & (ONES << 7)
}

/// A mask of the bytes before the one found.
#[inline]
fn below(found: u64) -> u64 {
    (found ^ (found - 1)) >> 8
}

#[inline]
fn bytes_below(found: u64) -> usize {
    (found.trailing_zeros() / 8) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;

    fn path(text: &str, known: &Levels) -> Path {
        let mut path = Path::empty();
        path.read(text.as_bytes(), known);
        path
    }

    #[test]
    fn levels_come_and_go_with_their_users() {
        let mut levels = Levels::new(Hasher::new(7));
        let mut buffer = [0; WINDOW];
        let spelling = |n: usize| -> String { format!("{n}{}", "-".repeat(n % 40)) };
        let find = |levels: &Levels, n: usize| path(&spelling(n), levels).numbers()[0];
        let numbers: Vec<u32> = (0..500)
            .map(|n| {
                let number = levels.number(spelling(n).as_bytes());
                levels.hold(number);
                number
            })
            .collect();
        for (n, &number) in numbers.iter().enumerate() {
            assert_eq!(levels.number(spelling(n).as_bytes()), number);
            assert_eq!(levels.text(number, &mut buffer), spelling(n).as_bytes());
        }
        // Drop every other one: the rest keep number and text through the compaction.
        for number in numbers.iter().step_by(2) {
            levels.release(*number);
        }
        for (n, &number) in numbers.iter().enumerate() {
            assert_eq!(find(&levels, n), if n % 2 == 0 { UNKNOWN } else { number });
        }
        let held = levels.words.len();
        for n in (0..500).step_by(2) {
            levels.number(spelling(n).as_bytes());
        }
        assert_eq!(levels.words.len(), held, "numbers are used again");
        assert!(levels.waste <= levels.text.len() / 2);
    }

    #[test]
    fn a_path_is_the_levels_one_by_one() {
        let mut known = Levels::new(Hasher::new(7));
        let mut buffer = [0; WINDOW];
        // Every length of a level around the words', at every distance from the end.
        for len in 0..35 {
            for before in [0, 1, 7, 15, 16, 17, 40] {
                for after in [0, 1, 7, 15, 16, 17, 40] {
                    let text =
                        format!("{}/{}/{}", "b".repeat(before), "é".repeat(len / 2), "a".repeat(after));
                    let mut held = path(&text, &known);
                    held.complete(text.as_bytes(), &mut known);
                    assert_eq!(held.numbers(), path(&text, &known).numbers());
                    for (level, number) in levels(text.as_bytes()).zip(held.numbers()) {
                        assert_eq!(known.text(*number, &mut buffer), level, "{text}");
                    }
                    assert_eq!(held.numbers().len(), 3);
                }
            }
        }
    }
}
