//! A layout after compilation: every name looked up, every length known that can be.

use alloc::boxed::Box;
use core::ops::Range;

use super::checksum::Algorithm;
use super::describe::{Endian, Trailing};
use super::expr::Linear;
use super::number::{Number, Word};
use super::template::Template;

/// How many earlier fields of one list may say lengths, and how many checksums one list may hold.
pub(super) const REGISTERS: usize = 8;
pub(super) const CHECKS: usize = 4;
/// The farthest fixed offset, the longest fixed length, and what repeated elements may add up to in a frame.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// One alternative.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) name: Box<str>,
    /// Least and greatest length it can be told by.
    pub(super) length: (usize, usize),
    pub(super) trailing: Trailing,
    /// Constant bits at fixed places.
    pub(super) guards: Box<[Guard]>,
    pub(super) list: List,
    pub(super) scope: Box<[Slot]>,
    pub(super) template: Template,
}

/// Constant bits of one byte.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guard {
    pub(super) at: usize,
    pub(super) mask: u8,
    pub(super) value: u8,
}

/// A name of a frame or group, and where its value goes.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) name: Box<str>,
    /// JSON pointer of its value from where the scope begins.
    pub(super) path: Box<str>,
    /// It is one of "all fields" (`$*`).
    pub(super) among_all: bool,
    /// A frame cannot be written without it.
    pub(super) required: bool,
}

/// Fields one after another.
#[derive(Debug, Clone)]
pub(super) struct List {
    pub(super) fields: Box<[Field]>,
    pub(super) checks: Box<[Check]>,
}

/// A checksum: which field holds it, and the first and last one it covers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Check {
    pub(super) field: usize,
    pub(super) from: usize,
    pub(super) until: usize,
    pub(super) algorithm: &'static Algorithm,
    pub(super) word: Word,
}

/// One field.
#[derive(Debug, Clone)]
pub(super) struct Field {
    /// Its name, or `#` and its position.
    pub(super) label: Box<str>,
    pub(super) slot: Option<usize>,
    /// All slots of the scope around it that it has values for: its own, those of its bits, of its merged fields.
    pub(super) slots: Range<usize>,
    /// All bytes it takes, if that is always the same.
    pub(super) fixed: Option<usize>,
    /// Bytes skipped before it.
    pub(super) gap: usize,
    /// Bytes the fields after it take at least.
    pub(super) tail: usize,
    pub(super) optional: bool,
    /// Later fields take a length from here.
    pub(super) register: Option<usize>,
    pub(super) repeat: Option<Size>,
    /// Bytes one element takes at least.
    pub(super) least: usize,
    pub(super) kind: Kind,
}

/// A length or count.
#[derive(Debug, Clone, Copy)]
pub(super) enum Size {
    Fixed(usize),
    Rest,
    Prefix(Word, Linear),
    Register(usize, Linear),
}

/// What a field holds.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Int(Word, Number),
    /// Packed decimal, as a number.
    Bcd(usize, Endian, Number),
    /// Packed decimal, as a string of that many digits.
    Digits(usize, Endian),
    Float {
        word: Word,
        /// NaN says "none".
        absent: bool,
    },
    Bits(Word, Box<[Part]>),
    Text {
        size: Size,
        pad: Option<u8>,
    },
    Bytes(Size),
    Json {
        size: Size,
        /// Members later fields take a length from, and where it is kept.
        probes: Box<[Probe]>,
    },
    Constant(Box<[u8]>),
    Skip(usize),
    Group {
        size: Option<Size>,
        list: List,
        /// Names of its own; without, its fields belong to the list around it.
        scope: Option<Box<[Slot]>>,
    },
    /// Bytes of a checksum, dealt with at the end of the list.
    Check(usize),
}

/// A path of names into JSON, and the register for the length that stands there.
pub(super) type Probe = (Box<[Box<str>]>, usize);

/// Some bits of a word.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) label: Box<str>,
    pub(super) slot: Option<usize>,
    pub(super) low: u8,
    pub(super) high: u8,
    pub(super) signed: bool,
    pub(super) number: Number,
}

impl Part {
    fn width(&self) -> u8 {
        self.high - self.low + 1
    }

    /// The value of these bits of `word`.
    pub(super) fn read(&self, word: i128) -> i128 {
        let value = word >> self.low & ((1 << self.width()) - 1);
        if self.signed && value >> (self.width() - 1) & 1 == 1 { value - (1 << self.width()) } else { value }
    }

    /// A word with these bits set to `value`.
    pub(super) fn place(&self, value: i128) -> i128 {
        (value & ((1 << self.width()) - 1)) << self.low
    }

    /// The least and greatest value of so many bits.
    pub(super) fn range(bits: (u8, u8), signed: bool) -> (i128, i128) {
        let width = bits.1 - bits.0 + 1;
        if signed { (-(1 << (width - 1)), (1 << (width - 1)) - 1) } else { (0, (1 << width) - 1) }
    }
}
