//! Binary frames: a JSON header, a block of a file, and a check value.
//!
//! ```text
//! 0      2          2+n            2+n+bSize     +2
//! | n BE | header n | block bSize  | CRC-16 LE   |
//! ```
//! Two byte orders in one frame: the length is big-endian, the check value little-endian.

use crate::error::{Error, Fault, Rule};
use crate::out::Out;
use crate::write::Json;

/// CRC-16/IBM ("ARC") of some bytes.
///
/// ```
/// assert_eq!(alink::message::frame::crc16(b"123456789"), 0xBB3D);
/// ```
#[must_use]
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| crc >> 8 ^ at(&CRC16, crc.to_le_bytes()[0] ^ byte))
}

/// CRC-64/XZ (reflected ECMA-182) of a file in pieces; the check value of an upload.
///
/// ```
/// use alink::message::frame::Crc64;
///
/// let mut crc = Crc64::default();
/// crc.update(b"12345");
/// crc.update(b"6789");
/// assert_eq!(crc.value(), 0x995D_C9BB_DF19_39FA);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crc64(u64);

impl Crc64 {
    /// Takes in the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0 >> 8 ^ at(&CRC64, self.0.to_le_bytes()[0] ^ byte);
        }
    }

    /// The value of all pieces so far.
    #[must_use]
    pub fn value(&self) -> u64 {
        !self.0
    }
}

impl Default for Crc64 {
    fn default() -> Self {
        Self(u64::MAX)
    }
}

fn at<T: Copy + Default>(table: &[T; 256], index: u8) -> T {
    table.get(usize::from(index)).copied().unwrap_or_default()
}

const CRC16: [u16; 256] = {
    let mut table = [0_u16; 256];
    let mut index = 0;
    while index < 256 {
        // At most 255, so the cast keeps every bit.
        #[allow(clippy::cast_possible_truncation)]
        let (mut value, mut bit) = (index as u16, 0);
        while bit < 8 {
            value = if value & 1 == 1 { value >> 1 ^ 0xA001 } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
};

const CRC64: [u64; 256] = {
    let mut table = [0_u64; 256];
    let mut index = 0;
    while index < 256 {
        let (mut value, mut bit) = (index as u64, 0);
        while bit < 8 {
            value = if value & 1 == 1 { value >> 1 ^ 0xC96C_5795_D787_0F42 } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
};

/// The header of a frame, and what stands behind it.
pub(crate) fn split(payload: &[u8]) -> Result<(&[u8], &[u8]), Fault> {
    let short = Fault::new(Rule::FrameTooShort, payload.len());
    let (length, rest) = payload.split_first_chunk::<2>().ok_or(short)?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(short)
}

/// The block of `size` bytes that begins `rest`, which is the end of `payload`.
pub(crate) fn block<'a>(payload: &[u8], rest: &'a [u8], size: u64) -> Result<&'a [u8], Fault> {
    let start = payload.len() - rest.len();
    let short = Fault::new(Rule::FrameTooShort, payload.len());
    let size = usize::try_from(size).map_err(|_| short)?;
    let (block, check) = rest.split_at_checked(size).ok_or(short)?;
    let (check, behind) = check.split_first_chunk::<2>().ok_or(short)?;
    if !behind.is_empty() {
        return Err(Fault::new(Rule::FrameLength, start + size + 2));
    }
    if u16::from_le_bytes(*check) != crc16(block) {
        return Err(Fault::new(Rule::BadCrc, start + size));
    }
    Ok(block)
}

/// Appends a frame to `out`.
pub(crate) fn append(header: &impl Json, block: &[u8], out: &mut (impl Out + ?Sized)) -> Result<(), Error> {
    header.check()?;
    let length = header.written_len();
    let prefix = u16::try_from(length).map_err(|_| Fault::new(Rule::FrameLength, 0))?;
    let needed = 2 + length + block.len() + 2;
    if needed > out.room() {
        return Err(Error::NoRoom { needed });
    }
    out.put(&prefix.to_be_bytes());
    header.append(out)?;
    out.put(block);
    out.put(&crc16(block).to_le_bytes());
    Ok(())
}

/// The header moves by the two bytes before it.
pub(crate) fn shift(fault: Fault) -> Fault {
    Fault::new(fault.rule, fault.offset + 2)
}
