//! No-Response: which classes of responses a client does not want (RFC 7967).
//!
//! ```text
//! bit 1 (2): 2.xx      bit 3 (8): 4.xx      bit 4 (16): 5.xx      none: every response is wanted
//! ```

use crate::{Code, Options};

/// The classes of responses a request does without.
///
/// A server asks before it sends; what is not sent is still acknowledged if the request was confirmable. A
/// request by multicast without the option leaves the choice to the server (RFC 7252 §8.2); with a value of
/// zero it asks for errors too.
///
/// ```
/// use coap_codec::{Code, NoResponse};
///
/// let errors_only = NoResponse::to(&[2]);
/// assert!(!errors_only.wants(Code::CHANGED) && errors_only.wants(Code::NOT_FOUND));
/// assert_eq!(NoResponse::to(&[2, 4, 5]).bits(), 26); // do not answer at all
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct NoResponse(u8);

impl NoResponse {
    /// No interest in these classes; those that are no class of a response change nothing.
    #[must_use]
    pub const fn to(classes: &[u8]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < classes.len() {
            if matches!(classes[at], 2 | 4 | 5) {
                bits |= 1 << (classes[at] - 1);
            }
            at += 1;
        }
        Self(bits)
    }

    /// What a request says; `None` if it has no such option.
    #[must_use]
    pub fn of(request: &Options<'_>) -> Option<Self> {
        request.no_response().map(Self)
    }

    /// What these bits say.
    #[inline]
    pub(crate) const fn of_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The option value; [`Uint::new`](crate::Uint::new) makes it bytes.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether a response of this code is to be sent. Codes that are no response always are.
    #[must_use]
    pub const fn wants(self, code: Code) -> bool {
        match code.class() {
            class @ 2..=5 => self.0 >> (class - 1) & 1 == 0,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::NoResponse;
    use crate::{Code, Opt, OptionNumber, Options};

    #[test]
    fn each_bit_is_a_class() {
        for (value, wanted) in [
            (&[][..], [true, true, true]),
            (&[2], [false, true, true]),
            (&[8], [true, false, true]),
            (&[16], [true, true, false]),
            (&[26], [false, false, false]),
            (&[24], [true, false, false]),
        ] {
            let list = [Opt::new(OptionNumber::NO_RESPONSE, value)];
            let found = NoResponse::of(&Options::new(&list).unwrap()).unwrap();
            let codes = [Code::CONTENT, Code::NOT_FOUND, Code::INTERNAL_SERVER_ERROR];
            assert_eq!(codes.map(|code| found.wants(code)), wanted, "{value:?}");
            assert!(found.wants(Code::EMPTY) && found.wants(Code::PONG));
        }
        assert_eq!(NoResponse::of(&Options::EMPTY), None);
        assert_eq!(NoResponse::to(&[0, 1, 3, 6, 255]), NoResponse::default());
    }
}
