//! OSCORE: how the message is protected (RFC 8613 §6.1). Parsed here, used by whoever holds the keys.
//!
//! ```text
//! flags: 0 0 0 h k n n n | partial IV (n) | s, kid context (s) if h | kid (the rest) if k
//! ```

/// The parts of an OSCORE option.
///
/// ```
/// use coap_codec::Oscore;
///
/// let option = Oscore::read(&[0x09, 0x14, 0x01]).expect("well formed");
/// assert_eq!((option.partial_iv, option.kid_context, option.kid), (&[0x14][..], None, Some(&[0x01][..])));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Oscore<'a> {
    /// The sender's sequence number, 0 to 5 bytes; empty means not sent.
    pub partial_iv: &'a [u8],
    /// Helps to find the security context.
    pub kid_context: Option<&'a [u8]>,
    /// The sender's key identifier, which may have no bytes.
    pub kid: Option<&'a [u8]>,
}

impl<'a> Oscore<'a> {
    /// Reads an option value; `None` if reserved bits are set, a length is reserved or overruns the value,
    /// bytes are left over, or a lone zero flag byte stands where the value should be empty.
    #[must_use]
    pub fn read(value: &'a [u8]) -> Option<Self> {
        let Some((&flags, rest)) = value.split_first() else { return Some(Self::default()) };
        let iv_len = usize::from(flags & 7);
        if flags == 0 || flags & 0xE0 != 0 || iv_len > 5 {
            return None;
        }
        let (partial_iv, mut rest) = rest.split_at_checked(iv_len)?;
        let mut kid_context = None;
        if flags & 0x10 != 0 {
            let (&len, after) = rest.split_first()?;
            let (context, after) = after.split_at_checked(usize::from(len))?;
            (kid_context, rest) = (Some(context), after);
        }
        let kid = if flags & 8 != 0 { Some(rest) } else { None };
        (kid.is_some() || rest.is_empty()).then_some(Self { partial_iv, kid_context, kid })
    }
}

#[cfg(test)]
mod tests {
    use super::Oscore;

    #[test]
    fn every_part_is_found() {
        let all = Oscore::read(&[0x1A, 1, 2, 3, b'c', b't', b'x', b'k']).unwrap();
        assert_eq!(all, Oscore { partial_iv: &[1, 2], kid_context: Some(b"ctx"), kid: Some(b"k") });
        assert_eq!(Oscore::read(&[]), Some(Oscore::default()));
        assert_eq!(Oscore::read(&[8]).unwrap().kid, Some(&[][..]));
    }

    #[test]
    fn what_does_not_parse_is_refused() {
        for value in [
            &[0][..],
            &[0x20],
            &[0x80, 0],
            &[6, 0, 0, 0, 0, 0, 0],
            &[2, 1],
            &[0x10],
            &[0x10, 2, 1],
            &[1, 1, 1],
        ] {
            assert_eq!(Oscore::read(value), None, "{value:?}");
        }
    }
}
