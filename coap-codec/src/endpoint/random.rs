//! The endpoint's generator of numbers and its hash of peers, both begun with the caller's seed.

use core::hash::{Hash, Hasher};

/// A generator: the same numbers for the same seed.
#[derive(Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(super) fn next_u16(&mut self) -> u16 {
        let [high, low, ..] = self.next().to_be_bytes();
        u16::from_be_bytes([high, low])
    }

    /// A number from 0 to `most`, all alike.
    pub(super) fn up_to(&mut self, most: u64) -> u64 {
        fold_high(self.next(), most.saturating_add(1))
    }
}

/// Keyed, so that peers cannot choose addresses that meet in one bucket. A hash only narrows a search; what
/// decides is always a comparison.
#[derive(Clone, Copy)]
pub(super) struct Hashing {
    state: u64,
    key: u64,
}

impl Hashing {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::new(!seed);
        Self { state: random.next(), key: random.next() | 1 }
    }

    #[inline]
    pub(super) fn of<P: Hash>(mut self, peer: &P) -> Self {
        peer.hash(&mut self);
        self
    }

    /// The hash of the peer alone.
    #[inline]
    pub(super) fn whole(self) -> u32 {
        self.with(0)
    }

    /// The hash of the peer and a number.
    #[inline]
    pub(super) fn with(mut self, number: u64) -> u32 {
        self.add(number);
        let [.., a, b, c, d] = (self.state.wrapping_mul(self.key) >> 32).to_be_bytes();
        // Zero stands for none.
        u32::from_be_bytes([a, b, c, d]).max(1)
    }

    #[inline]
    fn add(&mut self, word: u64) {
        let (one, other) = (self.state ^ word, self.key);
        self.state = fold_high(one, other) ^ one.wrapping_mul(other).rotate_left(29);
    }
}

impl Hasher for Hashing {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word.iter_mut().zip(chunk).for_each(|(place, &byte)| *place = byte);
            self.add(u64::from_le_bytes(word));
        }
    }

    #[inline]
    fn write_u8(&mut self, number: u8) {
        self.add(number.into());
    }

    #[inline]
    fn write_u16(&mut self, number: u16) {
        self.add(number.into());
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.add(number.into());
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        self.add(number);
    }

    fn finish(&self) -> u64 {
        self.state
    }
}

/// The high half of a product.
#[inline]
fn fold_high(one: u64, other: u64) -> u64 {
    u64::try_from((u128::from(one) * u128::from(other)) >> 64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Hashing, Random};

    #[test]
    fn numbers_stay_within_their_bound_and_reach_it() {
        let mut random = Random::new(7);
        let mut seen = [0; 4];
        for _ in 0..4000 {
            seen[usize::try_from(random.up_to(3)).unwrap()] += 1;
        }
        assert!(seen.iter().all(|&count| (900..1100).contains(&count)), "{seen:?}");
        assert_eq!(random.up_to(0), 0);
    }

    #[test]
    fn hashes_spread_over_all_bits() {
        let hashing = Hashing::new(1);
        let mut counts = [0; 16];
        for port in 0..1600_u16 {
            let hash = hashing.of(&([192, 0, 2, 1_u8], port)).with(9);
            counts[usize::try_from(hash >> 28).unwrap()] += 1;
        }
        assert!(counts.iter().all(|&count| (50..150).contains(&count)), "{counts:?}");
        assert_ne!(Hashing::new(1).of(&1_u8).whole(), Hashing::new(2).of(&1_u8).whole());
    }
}
