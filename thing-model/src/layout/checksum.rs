//! Check values of frames: one table of algorithms, one way to run them.
//!
//! A cyclic redundancy check is given by its usual five numbers (polynomial, start, reflection, final XOR, width);
//! names follow the common catalogue. Each runs by nibbles over a sixteen-entry table made at compile time.

/// How a check value is made.
#[derive(Debug, Clone, Copy)]
enum Rule {
    /// A reflected (least significant bit first) division.
    Reflected { start: u32, finish: u32, table: [u32; 16] },
    /// A division from the most significant bit; numbers are held at the top of 32 bits.
    Straight { start: u32, finish: u32, table: [u32; 16] },
    /// The sum of the bytes, then the constant minus it if negated.
    Sum { negate: bool },
    /// All bytes XORed.
    Xor,
}

/// One algorithm of the table.
#[derive(Debug)]
pub(super) struct Algorithm {
    /// The name layouts call it by.
    pub(super) name: &'static str,
    /// The width of its value in bytes, 1 to 4.
    pub(super) width: u8,
    rule: Rule,
    /// Its value over `123456789`, the catalogue's check input.
    #[cfg_attr(not(test), expect(dead_code, reason = "the table says it, the test proves it"))]
    check: u32,
}

const fn reflected(
    name: &'static str,
    width: u8,
    poly: u32,
    start: u32,
    finish: u32,
    check: u32,
) -> Algorithm {
    let poly = poly.reverse_bits() >> (32 - 8 * width);
    let mut table = [0; 16];
    let mut entry = 0;
    while entry < 16 {
        let mut value = entry;
        let mut bit = 0;
        while bit < 4 {
            value = if value & 1 == 1 { (value >> 1) ^ poly } else { value >> 1 };
            bit += 1;
        }
        table[entry as usize] = value;
        entry += 1;
    }
    Algorithm { name, width, rule: Rule::Reflected { start, finish, table }, check }
}

const fn straight(
    name: &'static str,
    width: u8,
    poly: u32,
    start: u32,
    finish: u32,
    check: u32,
) -> Algorithm {
    let poly = poly << (32 - 8 * width);
    let mut table = [0; 16];
    let mut entry = 0;
    while entry < 16 {
        let mut value = entry << 28;
        let mut bit = 0;
        while bit < 4 {
            value = if value >> 31 == 1 { (value << 1) ^ poly } else { value << 1 };
            bit += 1;
        }
        table[entry as usize] = value;
        entry += 1;
    }
    let start = start << (32 - 8 * width);
    Algorithm { name, width, rule: Rule::Straight { start, finish, table }, check }
}

const fn plain(name: &'static str, width: u8, rule: Rule, check: u32) -> Algorithm {
    Algorithm { name, width, rule, check }
}

/// Every algorithm a layout may name.
pub(super) static ALGORITHMS: [Algorithm; 14] = [
    straight("crc8", 1, 0x07, 0, 0, 0xf4),
    reflected("crc8-maxim", 1, 0x31, 0, 0, 0xa1),
    straight("crc8-autosar", 1, 0x2f, 0xff, 0xff, 0xdf),
    reflected("crc16-arc", 2, 0x8005, 0, 0, 0xbb3d),
    reflected("crc16-modbus", 2, 0x8005, 0xffff, 0, 0x4b37),
    reflected("crc16-kermit", 2, 0x1021, 0, 0, 0x2189),
    reflected("crc16-x25", 2, 0x1021, 0xffff, 0xffff, 0x906e),
    straight("crc16-ccitt-false", 2, 0x1021, 0xffff, 0, 0x29b1),
    straight("crc16-xmodem", 2, 0x1021, 0, 0, 0x31c3),
    reflected("crc32", 4, 0x04c1_1db7, 0xffff_ffff, 0xffff_ffff, 0xcbf4_3926),
    plain("xor", 1, Rule::Xor, 0x31),
    plain("sum8", 1, Rule::Sum { negate: false }, 0xdd),
    plain("sum16", 2, Rule::Sum { negate: false }, 0x01dd),
    plain("lrc", 1, Rule::Sum { negate: true }, 0x23),
];

impl Algorithm {
    /// The algorithm of that name.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        ALGORITHMS.iter().find(|algorithm| algorithm.name == name)
    }

    /// The check value of `bytes`, in the low `width` bytes.
    pub(super) fn run(&self, bytes: &[u8]) -> u32 {
        let unused = 32 - 8 * u32::from(self.width);
        match &self.rule {
            Rule::Reflected { start, finish, table } => {
                let step = |crc: u32, nibble: u32| (crc >> 4) ^ table[((crc ^ nibble) & 15) as usize];
                let run = |crc, byte: &u8| step(step(crc, u32::from(byte & 15)), u32::from(byte >> 4));
                bytes.iter().fold(*start, run) ^ finish
            }
            Rule::Straight { start, finish, table } => {
                let step = |crc: u32, nibble: u32| (crc << 4) ^ table[((crc >> 28) ^ nibble) as usize];
                let run = |crc, byte: &u8| step(step(crc, u32::from(byte >> 4)), u32::from(byte & 15));
                (bytes.iter().fold(*start, run) >> unused) ^ finish
            }
            Rule::Sum { negate } => {
                let sum = bytes.iter().fold(0_u32, |sum, byte| sum.wrapping_add(u32::from(*byte)));
                let sum = if *negate { sum.wrapping_neg() } else { sum };
                sum << unused >> unused
            }
            Rule::Xor => u32::from(bytes.iter().fold(0, |xor, byte| xor ^ byte)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_gives_its_catalogued_value() {
        for algorithm in &ALGORITHMS {
            assert_eq!(algorithm.run(b"123456789"), algorithm.check, "{}", algorithm.name);
            assert!(core::ptr::eq(algorithm, Algorithm::find(algorithm.name).unwrap()));
        }
    }

    #[test]
    fn known_values() {
        let arc = Algorithm::find("crc16-arc").unwrap();
        for (text, value) in [(&b""[..], 0), (b"hello world", 0x39c1), (b"\xff", 0x4040)] {
            assert_eq!(arc.run(text), value);
        }
        // A Modbus request for two holding registers, as in the protocol's application guide.
        assert_eq!(Algorithm::find("crc16-modbus").unwrap().run(&[1, 3, 0, 0, 0, 2]), 0x0bc4);
        assert_eq!(Algorithm::find("lrc").unwrap().run(&[1, 3, 0, 0, 0, 2]), 0xfa);
    }
}
