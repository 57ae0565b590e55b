//! Identity: what makes two requests parts of one (RFC 7252 §5.6, RFC 7959 §2.4, RFC 9175 §3.3).
//!
//! ```text
//! the same peer, the same method, the same options but for
//!   those that are not part of the cache key (Echo, Size1, ...)     RFC 7252 §5.4.2
//!   Block1, Block2, Q-Block1, Q-Block2                              RFC 7959 §2.10, RFC 9177 §8
//!   Observe                                                        RFC 7641 §2
//!   If-None-Match, which comes with the first block alone           RFC 7959 §2.10
//! ```

use core::fmt;

use crate::hash::SipHash;
use crate::{Code, Message, Opt, OptionNumber, Options};

/// A keyed hash of what makes a request the one it is; the peer is the caller's to compare.
///
/// Blocks of one body have the same identity, blocks of another body another one, if the client tells them
/// apart by a Request-Tag or asks for something else. With a key the peers do not know, two requests that
/// differ have the same identity once in 2^64.
///
/// ```
/// use coap_codec::{Identity, Message, Rules};
///
/// let read = |bytes| Message::decode(bytes, Rules::new());
/// let first = read(b"\x40\x03\x00\x01\xB1a\xD1\x03\x08\xFF0123456789abcdef")?;
/// let second = read(b"\x40\x03\x00\x02\xB1a\xD1\x03\x10\xFFthe end")?;
/// let other = read(b"\x40\x03\x00\x03\xB1b\xD1\x03\x10\xFFthe end")?;
/// let key = [7, 9];
/// assert_eq!(Identity::of(&first, key), Identity::of(&second, key));
/// assert_ne!(Identity::of(&first, key), Identity::of(&other, key));
/// # Ok::<(), coap_codec::DecodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity(u64);

impl Identity {
    /// The identity of a request, under a key from the caller's entropy.
    #[must_use]
    pub fn of(request: &Message<'_>, key: [u64; 2]) -> Self {
        Self::of_parts(request.code, &request.options, key)
    }

    /// The same, of a request over any transport.
    #[must_use]
    pub fn of_parts(method: Code, options: &Options<'_>, [low, high]: [u64; 2]) -> Self {
        let mut hash = SipHash::new(low, high);
        hash.write(&[method.0]);
        for option in parts(options) {
            // Number and length before each value: no value can pass for another option.
            let len = u64::try_from(option.value.len()).unwrap_or(u64::MAX);
            hash.write_u64(u64::from(option.number.0) << 48 ^ len);
            hash.write(option.value);
        }
        Self(hash.finish())
    }

    /// Whether two requests are parts of one, told from the requests themselves.
    #[must_use]
    pub fn agree(one: &Message<'_>, other: &Message<'_>) -> bool {
        one.code == other.code && parts(&one.options).eq(parts(&other.options))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({:016x})", self.0)
    }
}

/// The options that make a request the one it is.
fn parts<'a>(options: &Options<'a>) -> impl Iterator<Item = Opt<'a>> + use<'a> {
    options.iter().filter(|option| counts(option.number))
}

fn counts(number: OptionNumber) -> bool {
    !number.is_no_cache_key()
        && !matches!(
            number,
            OptionNumber::BLOCK1
                | OptionNumber::BLOCK2
                | OptionNumber::Q_BLOCK1
                | OptionNumber::Q_BLOCK2
                | OptionNumber::OBSERVE
                | OptionNumber::IF_NONE_MATCH
        )
}

#[cfg(test)]
mod tests {
    use super::Identity;
    use crate::{Code, Kind, Message, Opt, OptionNumber, Options};

    fn request<'a>(code: Code, list: &'a [Opt<'a>]) -> Message<'a> {
        let options = Options::new(list).unwrap();
        Message { kind: Kind::Confirmable, code, options, ..Message::reset(1) }
    }

    #[test]
    fn hash_and_comparison_agree_on_what_counts() {
        use OptionNumber as N;
        let path = Opt::new(N::URI_PATH, b"a");
        for (list, same) in [
            (&[path][..], true),
            (&[path, Opt::new(N::BLOCK1, &[0x1E])], true),
            (&[path, Opt::new(N::BLOCK2, &[0x16])], true),
            (&[path, Opt::new(N::Q_BLOCK1, &[0x1E])], true),
            (&[path, Opt::new(N::Q_BLOCK2, &[0x1E])], true),
            (&[path, Opt::new(N::SIZE1, &[9])], true),
            (&[path, Opt::new(N::SIZE2, &[])], true),
            (&[path, Opt::new(N::ECHO, b"e")], true),
            (&[Opt::new(N::OBSERVE, &[]), path], true),
            (&[Opt::new(N::IF_NONE_MATCH, &[]), path], true),
            (&[Opt::new(N::IF_MATCH, b"e"), path], false),
            (&[path, Opt::new(N::REQUEST_TAG, b"")], false),
            (&[path, Opt::new(N::CONTENT_FORMAT, &[])], false),
            (&[path, path], false),
            (&[Opt::new(N::URI_PATH, b"b")], false),
            (&[path, Opt::new(N::URI_QUERY, b"a")], false),
            (&[], false),
        ] {
            let (one, other) = ([path], request(Code::PUT, list));
            let one = request(Code::PUT, &one);
            assert_eq!(Identity::of(&one, [1, 2]) == Identity::of(&other, [1, 2]), same, "{other}");
            assert_eq!(Identity::agree(&one, &other), same, "{other}");
        }
        let (get, put) = (request(Code::GET, &[]), request(Code::PUT, &[]));
        assert!(!Identity::agree(&get, &put) && Identity::of(&get, [1, 2]) != Identity::of(&put, [1, 2]));
        assert_ne!(Identity::of(&get, [1, 2]), Identity::of(&get, [2, 1]));
    }

    #[test]
    fn a_value_does_not_pass_for_two_options() {
        use OptionNumber as N;
        let one = [Opt::new(N::URI_PATH, b"ab")];
        let two = [Opt::new(N::URI_PATH, b"a"), Opt::new(N::URI_PATH, b"b")];
        let (one, two) = (request(Code::GET, &one), request(Code::GET, &two));
        assert_ne!(Identity::of(&one, [3, 4]), Identity::of(&two, [3, 4]));
    }
}
