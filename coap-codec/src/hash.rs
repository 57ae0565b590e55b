//! SipHash-1-3: a keyed hash strong enough to decide, where nothing is kept to compare.
//!
//! Contract: who does not know the key cannot choose inputs that collide more often than chance has it. Bytes
//! of several parts are told from those of other parts only if their lengths are put in with them.

/// A hash under way.
#[derive(Debug, Clone)]
pub(crate) struct SipHash {
    state: [u64; 4],
    /// Bytes that do not make a word yet, lowest first, and the count of all bytes.
    tail: u64,
    len: usize,
}

impl SipHash {
    /// A hash under a key of two words.
    #[inline]
    pub(crate) const fn new(low: u64, high: u64) -> Self {
        let state = [
            low ^ 0x736f_6d65_7073_6575,
            high ^ 0x646f_7261_6e64_6f6d,
            low ^ 0x6c79_6765_6e65_7261,
            high ^ 0x7465_6462_7974_6573,
        ];
        Self { state, tail: 0, len: 0 }
    }

    /// Takes bytes in.
    #[inline]
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let ragged = self.len.wrapping_neg() & 7;
        let (first, mut rest) = bytes.split_at_checked(ragged).unwrap_or((bytes, &[]));
        first.iter().for_each(|&byte| self.byte(byte));
        while let Some((word, behind)) = rest.split_first_chunk() {
            self.word(u64::from_le_bytes(*word));
            self.len = self.len.wrapping_add(8);
            rest = behind;
        }
        rest.iter().for_each(|&byte| self.byte(byte));
    }

    /// Takes a number in.
    #[inline]
    pub(crate) fn write_u64(&mut self, number: u64) {
        self.write(&number.to_le_bytes());
    }

    /// The hash of all that was taken in.
    #[inline]
    pub(crate) fn finish(mut self) -> u64 {
        let [count, ..] = self.len.to_le_bytes();
        self.word(self.tail | u64::from(count) << 56);
        let [_, _, third, _] = &mut self.state;
        *third ^= 0xFF;
        (0..3).for_each(|_| self.round());
        self.state.iter().fold(0, |hash, word| hash ^ word)
    }

    #[inline]
    fn byte(&mut self, byte: u8) {
        self.tail |= u64::from(byte) << (8 * (self.len & 7));
        self.len = self.len.wrapping_add(1);
        if self.len & 7 == 0 {
            self.word(self.tail);
            self.tail = 0;
        }
    }

    #[inline]
    fn word(&mut self, word: u64) {
        self.state[3] ^= word;
        self.round();
        self.state[0] ^= word;
    }

    #[inline]
    fn round(&mut self) {
        let [mut a, mut b, mut c, mut d] = self.state;
        (a, c) = (a.wrapping_add(b), c.wrapping_add(d));
        (b, d) = (b.rotate_left(13) ^ a, d.rotate_left(16) ^ c);
        a = a.rotate_left(32);
        (c, a) = (c.wrapping_add(b), a.wrapping_add(d));
        (b, d) = (b.rotate_left(17) ^ c, d.rotate_left(21) ^ a);
        c = c.rotate_left(32);
        self.state = [a, b, c, d];
    }
}

#[cfg(test)]
mod tests {
    use super::SipHash;

    #[test]
    fn it_is_the_hash_everybody_knows() {
        // The oracle is the standard library's, which has its key fixed at zero.
        extern crate std;
        use core::hash::Hasher as _;
        let bytes: [u8; 64] = core::array::from_fn(|at| u8::try_from(at * 4).unwrap());
        for len in 0..bytes.len() {
            let mut theirs = std::hash::DefaultHasher::new();
            theirs.write(&bytes[..len]);
            for cut in 0..=len {
                let mut ours = SipHash::new(0, 0);
                ours.write(&bytes[..cut]);
                ours.write(&bytes[cut..len]);
                assert_eq!(ours.finish(), theirs.finish(), "{len} cut at {cut}");
            }
        }
        assert_ne!(SipHash::new(1, 0).finish(), SipHash::new(0, 1).finish());
    }
}
