//! Percent-encoding (RFC 3986 §2.1), strictly: only letters, digits and `-` `_` `.` `~` stay as they are.

use core::str;

const fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

/// Which bytes stay, looked up: the string to sign of an OpenAPI request is encoded twice.
const STAYS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte as usize] = unreserved(byte);
        byte += 1;
    }
    table
};

/// Puts `piece` percent-encoded. Pieces may end inside a value: nothing carries over from one to the next.
pub(crate) fn encode(piece: &str, put: &mut impl FnMut(&str)) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let bytes = piece.as_bytes();
    let mut plain = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if !STAYS[usize::from(*byte)] {
            // A byte that stays is ASCII, so both ends of the run are character boundaries or the run is empty.
            if plain < at {
                put(piece.get(plain..at).unwrap_or_default());
            }
            let escape = [b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
            put(str::from_utf8(&escape).unwrap_or_default());
            plain = at + 1;
        }
    }
    if plain < bytes.len() {
        put(piece.get(plain..).unwrap_or_default());
    }
}

/// Decodes `text` in place, a plus sign as a space; the decoded text, or the offset of what is malformed.
pub(crate) fn decode(text: &mut [u8]) -> Result<&str, usize> {
    let (mut from, mut to) = (0, 0);
    while from < text.len() {
        let byte = match text[from] {
            b'+' => b' ',
            b'%' => {
                let digit = |at: usize| text.get(at).copied().and_then(crate::hex::nibble);
                let (Some(high), Some(low)) = (digit(from + 1), digit(from + 2)) else { return Err(from) };
                from += 2;
                high << 4 | low
            }
            byte => byte,
        };
        text[to] = byte;
        from += 1;
        to += 1;
    }
    str::from_utf8(&text[..to]).map_err(|error| error.valid_up_to())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn encoded(text: &str) -> String {
        let mut out = String::new();
        encode(text, &mut |piece| out.push_str(piece));
        out
    }

    #[test]
    fn both_directions() {
        for (plain, text) in [
            ("abcXYZ019-_.~", "abcXYZ019-_.~"),
            (" +*/%=&", "%20%2B%2A%2F%25%3D%26"),
            ("é灯😀", "%C3%A9%E7%81%AF%F0%9F%98%80"),
            ("", ""),
        ] {
            assert_eq!(encoded(plain), text);
            assert_eq!(decode(&mut text.as_bytes().to_vec()), Ok(plain));
        }
    }

    #[test]
    fn what_is_malformed() {
        assert_eq!(decode(&mut b"a%2".to_vec()), Err(1));
        assert_eq!(decode(&mut b"a%2g".to_vec()), Err(1));
        assert_eq!(decode(&mut b"a%ff".to_vec()), Err(1));
        assert_eq!(decode(&mut b"a+b".to_vec()), Ok("a b"));
    }
}
