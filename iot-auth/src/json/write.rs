//! JSON text, written as pieces.

use crate::pieces::Pieces;

/// Puts `value` as a JSON string.
pub(crate) fn string(value: &(impl Pieces + ?Sized), put: &mut impl FnMut(&str)) {
    put("\"");
    value.pieces(&mut |piece| escape(piece, put));
    put("\"");
}

/// Puts `"name":` for a name that needs no escaping.
pub(crate) fn name(name: &'static str, put: &mut impl FnMut(&str)) {
    put("\"");
    put(name);
    put("\":");
}

/// Puts `items` with commas between them, each written by `each`.
pub(crate) fn separated<T, P: FnMut(&str)>(
    items: impl IntoIterator<Item = T>,
    put: &mut P,
    mut each: impl FnMut(T, &mut P),
) {
    let mut separator = "";
    for item in items {
        put(separator);
        each(item, put);
        separator = ",";
    }
}

/// RFC 8259 §7: the quotation mark, the backslash and the control characters.
fn escape(piece: &str, put: &mut impl FnMut(&str)) {
    let mut plain = piece;
    while let Some(at) = plain.bytes().position(|b| b < 0x20 || b == b'"' || b == b'\\') {
        put(&plain[..at]);
        match plain.as_bytes()[at] {
            b'"' => put("\\\""),
            b'\\' => put("\\\\"),
            control => {
                put("\\u00");
                put(crate::hex::Hex::<2>::new(&[control], crate::hex::Case::Lower).as_str());
            }
        }
        plain = &plain[at + 1..];
    }
    put(plain);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_be_escaped() {
        let mut out = [0; 64];
        let mut len = 0;
        string("a\"b\\c\n灯", &mut |piece| {
            out[len..len + piece.len()].copy_from_slice(piece.as_bytes());
            len += piece.len();
        });
        assert_eq!(core::str::from_utf8(&out[..len]).unwrap(), r#""a\"b\\c\u000a灯""#);
    }
}
