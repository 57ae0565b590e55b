//! Seeded hashing of levels, edges and keys.
//!
//! Levels are chosen by strangers, so every hash is keyed: a product of 128 bits folded to 64, with secret operands derived
//! from the caller's seed. A hash only narrows a search; what decides is always a comparison.

/// Hashes have 31 bits, so that an empty slot of a table can sort behind all of them.
pub(super) const HASH_BITS: u32 = 31;

#[derive(Clone, Copy)]
pub(super) struct Hasher {
    first: u64,
    second: u64,
}

impl Hasher {
    pub(super) const fn new(seed: u64) -> Self {
        Self { first: spread(seed), second: spread(seed.wrapping_add(0x9E37_79B9_7F4A_7C15)) | 1 }
    }

    /// The hash of a level that is its own two words.
    #[inline]
    pub(super) fn words(&self, (low, high): (u64, u64)) -> u32 {
        self.narrow(fold(self.first ^ low, self.second ^ high))
    }

    /// The hash of a longer level.
    pub(super) fn text(&self, text: &[u8]) -> u32 {
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        let mix = |state: u64, block| {
            let (low, high) = halves(u128::from_le_bytes(block));
            fold(state ^ low, self.second ^ high)
        };
        let (blocks, tail) = text.as_chunks();
        let mut last = [0; 16];
        last[..tail.len()].copy_from_slice(tail);
        self.narrow(mix(blocks.iter().fold(self.first ^ length, |state, block| mix(state, *block)), last))
    }

    /// The hash of the edge that leaves `node` by `level`.
    #[inline]
    pub(super) fn edge(&self, node: u32, level: u32) -> u32 {
        self.narrow(fold(self.first ^ pair(node, level), self.second))
    }

    /// The hash of a whole filter, given by its levels. Only filters of one length are compared.
    #[inline]
    pub(super) fn key(&self, levels: &[u32]) -> u32 {
        let mix = |state, [a, b, c, d]: [u32; 4]| fold(state ^ pair(a, b), self.second ^ pair(c, d));
        let (fours, tail) = levels.as_chunks();
        let state = fours.iter().fold(self.first, |state, four| mix(state, *four));
        self.narrow(match *tail {
            [] => state,
            [a] => mix(state, [a, 0, 0, 0]),
            [a, b] => mix(state, [a, b, 0, 0]),
            [a, b, c, ..] => mix(state, [a, b, c, 0]),
        })
    }

    /// The top bits, after a product that lets all others reach them: `dev1` and `dev2` shall not be neighbours.
    fn narrow(&self, hash: u64) -> u32 {
        u32::try_from(hash.wrapping_mul(self.second) >> (u64::BITS - HASH_BITS)).unwrap_or_default()
    }
}

/// The two words of 16 bytes in little-endian order, or the low and high half of a product.
#[inline]
pub(super) fn halves(whole: u128) -> (u64, u64) {
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or_default();
    (half(whole), half(whole >> 64))
}

fn pair(one: u32, other: u32) -> u64 {
    u64::from(one) << 32 | u64::from(other)
}

fn fold(one: u64, other: u64) -> u64 {
    let (low, high) = halves(u128::from(one) * u128::from(other));
    low ^ high
}

/// The finisher of splitmix64: every bit of a seed reaches every bit of an operand.
const fn spread(seed: u64) -> u64 {
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_the_length_and_the_seed_reach_the_hash() {
        let hasher = Hasher::new(1);
        for len in [16, 17, 31, 32, 40, 64] {
            let mut text = [b'x'; 65];
            let plain = hasher.text(&text[..len]);
            assert_ne!(plain, hasher.text(&text[..=len]));
            assert_ne!(plain, Hasher::new(2).text(&text[..len]));
            for at in 0..len {
                text[at] = b'y';
                assert_ne!(plain, hasher.text(&text[..len]), "byte {at} of {len}");
                text[at] = b'x';
            }
        }
        assert_ne!(hasher.words((1, 0)), Hasher::new(2).words((1, 0)));
        assert_ne!(hasher.words((1, 0)), hasher.words((0, 1)));
        assert_ne!(hasher.edge(1, 2), hasher.edge(2, 1));
        for len in 1..9 {
            let mut key = [7; 9];
            let plain = hasher.key(&key[..len]);
            for at in 0..len {
                key[at] = 8;
                assert_ne!(plain, hasher.key(&key[..len]), "level {at} of {len}");
                key[at] = 7;
            }
        }
        assert_ne!(hasher.key(&[1, 2, 3]), hasher.key(&[1, 3, 2]));
    }
}
