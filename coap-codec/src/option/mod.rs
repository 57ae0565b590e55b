//! Options: a number, given as the distance from the one before, and a value (RFC 7252 §3.1).
//!
//! The bytes are in `wire`, the numbers in `registry`, what a receiver reads in `view`.

mod block;
mod oscore;
mod registry;
mod uint;
mod view;
mod wire;

pub use block::{Block, BlockError};
pub use oscore::Oscore;
pub(crate) use registry::Care;
pub use registry::{Definition, Format, Known, OptionNumber};
pub use uint::Uint;
pub(crate) use view::Parts;
pub use view::{Iter, Options};

pub(crate) use wire::{
    Cut, MAX_VALUE, encoded_len, extend, extension, extension_len, fault, put, split_first, walk,
};

use core::fmt;

/// One option: its number and its value as it stands in the message.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Opt<'a> {
    /// Which option.
    pub number: OptionNumber,
    /// The value, 0 to 65,804 bytes.
    pub value: &'a [u8],
}

impl<'a> Opt<'a> {
    /// An option of this number and value.
    #[inline]
    #[must_use]
    pub const fn new(number: OptionNumber, value: &'a [u8]) -> Self {
        Self { number, value }
    }

    /// The value as an unsigned integer in network order, leading zeros allowed (RFC 7252 §3.2); `None`
    /// above four bytes.
    #[inline]
    #[must_use]
    pub fn uint(self) -> Option<u32> {
        uint::read(self.value)
    }

    /// The value as text; `None` if it is not UTF-8.
    #[must_use]
    pub fn text(self) -> Option<&'a str> {
        core::str::from_utf8(self.value).ok()
    }
}

impl Opt<'_> {
    pub(crate) fn display_as(
        self,
        name: impl fmt::Display,
        format: Format,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        write!(f, "{name}: ")?;
        match format {
            Format::Text => {
                if let Some(text) = self.text() {
                    return write!(f, "{text:?}");
                }
            }
            Format::Uint => {
                if let Some(number) = self.uint() {
                    return write!(f, "{number}");
                }
            }
            Format::Block => {
                if let Ok(block) = Block::read(self.value) {
                    return write!(f, "{block}");
                }
            }
            Format::Empty if self.value.is_empty() => return f.write_str("set"),
            Format::Empty | Format::Opaque => {}
        }
        self.value.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for Opt<'_> {
    /// `Uri-Path: "temp"`, `Max-Age: 60`, `Block2: 3/more/1024`, `ETag: cafe`; unregistered options as
    /// opaque bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = self.number.definition().map_or(Format::Opaque, |row| row.format);
        self.display_as(self.number, format, f)
    }
}

impl fmt::Debug for Opt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opt({self})")
    }
}
