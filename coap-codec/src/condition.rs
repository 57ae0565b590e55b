//! Conditions: whether a request still fits the resource it meets (RFC 7252 §5.10.8, §5.6.2, §5.5.4).
//!
//! | question | answer if not |
//! |---|---|
//! | [`Current::admits`]: do If-Match and If-None-Match hold? | 4.12 |
//! | [`Current::is_held`]: has the client of a GET the version that would be sent? | if so, 2.03 |
//! | [`ContentFormat::offered`]: can it be sent in the format asked for? | 4.06 |
//! | [`ContentFormat::taken`]: is the payload in a format that can be read? | 4.15, 4.00 |
//!
//! Contract: ask about the state the request would be applied to, and apply it before that can change. In a
//! block-wise request the state counts at its last block.

use crate::{Code, ContentFormat, EntityTag, OptionNumber, Options};

/// What a request meets at its path.
///
/// ```
/// use coap_codec::{EntityTag, Opt, OptionNumber, Options, Current};
///
/// let list = [Opt::new(OptionNumber::IF_MATCH, b"v1")];
/// let request = Options::new(&list)?;
/// assert!(Current::Present(EntityTag::new(b"v1")).admits(&request));
/// assert!(!Current::Present(EntityTag::new(b"v2")).admits(&request)); // 4.12
/// assert!(!Current::Absent.admits(&request));
/// # Ok::<(), coap_codec::EncodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Current {
    /// Nothing is there.
    Absent,
    /// A resource, with the tag of its version, if it has tags.
    Present(Option<EntityTag>),
}

impl Current {
    /// Whether If-Match and If-None-Match of a request hold; without them they do (RFC 7252 §5.10.8).
    #[must_use]
    pub fn admits(self, request: &Options<'_>) -> bool {
        match self {
            Self::Absent => !request.has(OptionNumber::IF_MATCH),
            Self::Present(tag) => {
                let mut wanted = request.if_match().peekable();
                // An empty tag asks for any version (RFC 7252 §5.10.8.1).
                let met = wanted.peek().is_none() || wanted.any(|one| one.is_empty() || is(tag, one));
                met && !request.if_none_match()
            }
        }
    }

    /// Whether one of the ETags of a GET is the version there is: then 2.03 with that ETag will do
    /// (RFC 7252 §5.10.6.2).
    #[must_use]
    pub fn is_held(self, request: &Options<'_>) -> bool {
        match self {
            Self::Absent => false,
            Self::Present(tag) => request.etags().any(|one| is(tag, one)),
        }
    }
}

fn is(tag: Option<EntityTag>, bytes: &[u8]) -> bool {
    tag.is_some_and(|tag| tag.as_bytes() == bytes)
}

impl ContentFormat {
    /// The format to answer in, of those on offer, the best first: the one Accept asks for, or the first
    /// (RFC 7252 §5.10.4).
    ///
    /// ```
    /// use coap_codec::{Code, ContentFormat, Opt, OptionNumber, Options};
    ///
    /// let offer = [ContentFormat::CBOR, ContentFormat::JSON];
    /// let list = [Opt::new(OptionNumber::ACCEPT, &[50])];
    /// assert_eq!(ContentFormat::offered(&Options::new(&list)?, &offer), Ok(ContentFormat::JSON));
    /// assert_eq!(ContentFormat::offered(&Options::EMPTY, &offer), Ok(ContentFormat::CBOR));
    /// # Ok::<(), coap_codec::EncodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// 4.06 if there is none.
    pub fn offered(request: &Options<'_>, offer: &[Self]) -> Result<Self, Code> {
        let wanted = request.accept();
        let found = offer.iter().find(|one| wanted.is_none_or(|wanted| wanted == **one));
        found.copied().ok_or(Code::NOT_ACCEPTABLE)
    }

    /// The format of a request's payload, if it is one of those the server reads; `None` if the request does
    /// not say and need not.
    ///
    /// # Errors
    ///
    /// 4.15 for another format (RFC 7252 §5.10.3); 4.00 for a FETCH that does not say what its payload is
    /// (RFC 8132 §2.3.1).
    pub fn taken(method: Code, request: &Options<'_>, readable: &[Self]) -> Result<Option<Self>, Code> {
        match request.content_format() {
            Some(format) if readable.contains(&format) => Ok(Some(format)),
            Some(_) => Err(Code::UNSUPPORTED_CONTENT_FORMAT),
            None if method == Code::FETCH => Err(Code::BAD_REQUEST),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Current;
    use crate::{Code, ContentFormat, EntityTag, Opt, OptionNumber, Options};

    fn options<T>(list: &[(OptionNumber, &[u8])], read: impl FnOnce(&Options<'_>) -> T) -> T {
        let mut options = [Opt::new(OptionNumber(0), &[]); 4];
        options.iter_mut().zip(list).for_each(|(place, &(number, value))| *place = Opt { number, value });
        read(&Options::new(&options[..list.len()]).unwrap())
    }

    #[test]
    fn conditions_hold_or_not() {
        use OptionNumber as N;
        let states = [Current::Absent, Current::Present(None), Current::Present(EntityTag::new(b"a"))];
        for (list, admitted) in [
            (&[][..], [true, true, true]),
            (&[(N::IF_MATCH, &b""[..])], [false, true, true]),
            (&[(N::IF_MATCH, b"a")], [false, false, true]),
            (&[(N::IF_MATCH, b"b")], [false, false, false]),
            (&[(N::IF_MATCH, b"b"), (N::IF_MATCH, b"a")], [false, false, true]),
            (&[(N::IF_NONE_MATCH, b"")], [true, false, false]),
            (&[(N::IF_MATCH, b"a"), (N::IF_NONE_MATCH, b"")], [false, false, false]),
            // Tags of a GET are no condition.
            (&[(N::ETAG, b"b")], [true, true, true]),
        ] {
            options(list, |request| {
                assert_eq!(states.map(|state| state.admits(request)), admitted, "{request}");
            });
        }
    }

    #[test]
    fn the_version_a_client_holds_is_found_among_its_tags() {
        use OptionNumber as N;
        let there = Current::Present(EntityTag::new(b"a"));
        options(&[(N::ETAG, b"b"), (N::ETAG, b"a")], |request| {
            assert!(there.is_held(request) && !Current::Absent.is_held(request));
            assert!(!Current::Present(None).is_held(request));
        });
        options(&[(N::ETAG, b"ab")], |request| assert!(!there.is_held(request)));
    }

    #[test]
    fn formats_are_chosen_or_refused() {
        use ContentFormat as F;
        let offer = [F::CBOR, F::TEXT];
        for (list, offered, taken) in [
            (&[][..], Ok(F::CBOR), Ok(None)),
            (&[(OptionNumber::ACCEPT, &[][..])], Ok(F::TEXT), Ok(None)),
            (&[(OptionNumber::ACCEPT, &[50])], Err(Code::NOT_ACCEPTABLE), Ok(None)),
            (&[(OptionNumber::CONTENT_FORMAT, &[60])], Ok(F::CBOR), Ok(Some(F::CBOR))),
            (&[(OptionNumber::CONTENT_FORMAT, &[50])], Ok(F::CBOR), Err(Code::UNSUPPORTED_CONTENT_FORMAT)),
        ] {
            options(list, |request| {
                assert_eq!(F::offered(request, &offer), offered, "{request}");
                assert_eq!(F::taken(Code::POST, request, &offer), taken, "{request}");
            });
        }
        assert_eq!(F::offered(&Options::EMPTY, &[]), Err(Code::NOT_ACCEPTABLE));
        for (method, taken) in
            [(Code::FETCH, Err(Code::BAD_REQUEST)), (Code::IPATCH, Ok(None)), (Code::PUT, Ok(None))]
        {
            assert_eq!(F::taken(method, &Options::EMPTY, &offer), taken);
        }
    }
}
