//! Percent-encoding (RFC 3986 §2.1), strictly: only letters, digits and `-` `_` `.` `~` stay as they are.

use core::str;

const fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

/// Which bytes stay, looked up: there are many to look at.
const STAYS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte as usize] = unreserved(byte);
        byte += 1;
    }
    table
};

/// Whether `text` stays as it is.
pub(crate) fn stays(text: &str) -> bool {
    text.bytes().all(|byte| STAYS[usize::from(byte)])
}

/// Puts `piece` percent-encoded. Pieces may end inside a value: nothing carries over from one to the next.
pub(crate) fn encode(piece: &str, put: &mut impl FnMut(&str)) {
    escape::<false>(piece, put);
}

/// Puts `piece` percent-encoded, and that encoded once more if it is to be `AGAIN`.
pub(crate) fn escape<const AGAIN: bool>(piece: &str, put: &mut impl FnMut(&str)) {
    let reserved = |byte: &u8| !STAYS[usize::from(*byte)];
    let mut from = 0;
    while let Some(len) = piece.as_bytes()[from..].iter().position(reserved) {
        // What stays is ASCII, so that both ends of a run of it are at the bounds of characters.
        let at = from + len;
        if let Some(plain) = piece.get(from..at).filter(|plain| !plain.is_empty()) {
            put(plain);
        }
        put(if AGAIN { "%25" } else { "%" });
        let digits = 2 * usize::from(piece.as_bytes()[at]);
        if let Some(digits) = DIGITS.get(digits..digits + 2) {
            put(digits);
        }
        from = at + 1;
    }
    if let Some(plain) = piece.get(from..).filter(|plain| !plain.is_empty()) {
        put(plain);
    }
}

/// `000102…FF`
const DIGITS: &str = match str::from_utf8(&PAIRS) {
    Ok(digits) => digits,
    Err(_) => "",
};

const PAIRS: [u8; 512] = {
    let mut digits = [0; 512];
    let mut byte = 0;
    while byte < 256 {
        digits[2 * byte] = b"0123456789ABCDEF"[byte >> 4];
        digits[2 * byte + 1] = b"0123456789ABCDEF"[byte & 15];
        byte += 1;
    }
    digits
};

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
            let mut twice = String::new();
            escape::<true>(plain, &mut |piece| twice.push_str(piece));
            assert_eq!(twice, encoded(text));
            assert_eq!(decode(&mut text.as_bytes().to_vec()), Ok(plain));
        }
    }

    #[test]
    fn long_text_has_no_seams() {
        let text = "a灯b ".repeat(100);
        let whole = "a%E7%81%AFb%20".repeat(100);
        assert_eq!(encoded(&text), whole);
    }

    #[test]
    fn what_is_malformed() {
        assert_eq!(decode(&mut b"a%2".to_vec()), Err(1));
        assert_eq!(decode(&mut b"a%2g".to_vec()), Err(1));
        assert_eq!(decode(&mut b"a%ff".to_vec()), Err(1));
        assert_eq!(decode(&mut b"a+b".to_vec()), Ok("a b"));
    }
}
