//! The options of a message, checked once and then read without errors.
//!
//! Contract: [`Options`] come from decoding or from [`Options::new`], which both check everything there
//! is to check about form. The typed views treat an elective option of a wrong length, and every
//! occurrence after the first of an option that may occur once, as absent (RFC 7252 §5.4.3, §5.4.5);
//! critical ones that break those rules are for [`Message::meaning`](crate::Message::meaning) to refuse.

use core::fmt;

use super::{Block, Cut, Known, MAX_VALUE, Opt, OptionNumber, Oscore, encoded_len, put, split_first};
use crate::{ContentFormat, EncodeError, Out};

/// Options in ascending order, over the bytes of a message or over a caller's list.
///
/// ```
/// use coap_codec::{Opt, OptionNumber, Options, Uint};
///
/// let age = Uint::new(90);
/// let list = [Opt::new(OptionNumber::URI_PATH, b"sensors"), Opt::new(OptionNumber::MAX_AGE, &age)];
/// let options = Options::new(&list)?;
/// assert_eq!(options.max_age(), 90);
/// assert_eq!(options.uri_path().next(), Some(&b"sensors"[..]));
/// # Ok::<(), coap_codec::EncodeError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Options<'a>(Form<'a>);

#[derive(Clone, Copy)]
enum Form<'a> {
    /// Bytes that [`super::split_first`] has walked to their end.
    Wire(&'a [u8]),
    /// A list in order, each value of a length that can be said.
    List(&'a [Opt<'a>]),
}

/// What options are made of.
pub(crate) enum Parts<'a> {
    Wire(&'a [u8]),
    List(&'a [Opt<'a>]),
}

impl<'a> Options<'a> {
    /// No options.
    pub const EMPTY: Options<'static> = Options(Form::Wire(&[]));

    /// Options from a caller's list, in the order they will be sent.
    ///
    /// # Errors
    ///
    /// [`EncodeError::OptionOrder`] if numbers do not ascend, [`EncodeError::OptionLength`] for a value
    /// above 65,804 bytes. Limits of single options are not applied: a test may send what it likes.
    #[inline]
    pub fn new(list: &'a [Opt<'a>]) -> Result<Self, EncodeError> {
        let (mut last, mut longest) = (OptionNumber(0), 0);
        for option in list {
            if option.number < last {
                return Err(EncodeError::OptionOrder { number: option.number, last });
            }
            last = option.number;
            longest |= option.value.len();
        }
        // Only now can one be too long.
        if longest > 0xFFFF
            && let Some(option) = list.iter().find(|option| option.value.len() > MAX_VALUE)
        {
            return Err(EncodeError::OptionLength { number: option.number });
        }
        Ok(Self(Form::List(list)))
    }

    /// Options over bytes that were walked to their end without an error.
    #[inline]
    pub(crate) const fn checked(wire: &'a [u8]) -> Self {
        Self(Form::Wire(wire))
    }

    /// Bytes they take in a message.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        match self.0 {
            Form::Wire(wire) => wire.len(),
            Form::List(list) => {
                let mut last = 0;
                let len = |option: &Opt<'_>| {
                    let delta = option.number.0.wrapping_sub(last);
                    last = option.number.0;
                    encoded_len(usize::from(delta), option.value.len())
                };
                list.iter().map(len).fold(0, usize::saturating_add)
            }
        }
    }

    #[inline(always)]
    pub(crate) const fn parts(&self) -> Parts<'a> {
        match self.0 {
            Form::Wire(wire) => Parts::Wire(wire),
            Form::List(list) => Parts::List(list),
        }
    }

    /// Bytes they take at most, told without looking at their headers.
    #[inline]
    pub(crate) fn most(&self) -> usize {
        match self.0 {
            Form::Wire(wire) => wire.len(),
            Form::List(list) => {
                list.iter().fold(0, |sum: usize, option| sum.saturating_add(5 + option.value.len()))
            }
        }
    }

    /// Whether there are none.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        match self.0 {
            Form::Wire(wire) => wire.is_empty(),
            Form::List(list) => list.is_empty(),
        }
    }

    /// All of them, as they stand in the message.
    #[inline]
    #[must_use]
    pub const fn iter(&self) -> Iter<'a> {
        match self.0 {
            Form::Wire(wire) => Iter { number: 0, wire, list: &[] },
            Form::List(list) => Iter { number: 0, wire: &[], list },
        }
    }

    /// Those a receiver acts on: known, of an allowed length, and the first of their number where there
    /// may be one.
    pub fn recognised<'k>(&self, known: &'k Known<'k>) -> impl Iterator<Item = Opt<'a>> + use<'a, 'k> {
        let mut last = None;
        self.iter().filter(move |option| {
            let again = last.replace(option.number) == Some(option.number);
            known
                .definition(option.number)
                .is_some_and(|row| row.allows(option.value.len()) && (row.repeatable || !again))
        })
    }

    /// Values of every occurrence of an option, registered limits applied.
    #[inline]
    pub fn all(&self, number: OptionNumber) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let row = number.definition();
        self.iter()
            .skip_while(move |option| option.number < number)
            .take_while(move |option| option.number == number)
            .map(|option| option.value)
            .filter(move |value| row.is_none_or(|row| row.allows(value.len())))
    }

    /// The value of the first occurrence of an option, registered limits applied.
    #[inline]
    #[must_use]
    pub fn first(&self, number: OptionNumber) -> Option<&'a [u8]> {
        let option = self.iter().find(|option| option.number >= number)?;
        let allowed =
            option.number == number && number.definition().is_none_or(|row| row.allows(option.value.len()));
        allowed.then_some(option.value)
    }

    /// The first occurrence as an unsigned integer; `None` also above four bytes.
    #[inline]
    #[must_use]
    pub fn uint(&self, number: OptionNumber) -> Option<u32> {
        super::uint::read(self.first(number)?)
    }

    /// The first occurrence as a block.
    #[inline]
    #[must_use]
    pub fn block(&self, number: OptionNumber) -> Option<Block> {
        Block::read(self.first(number)?).ok()
    }

    /// Whether an option is there, of an allowed length.
    #[inline]
    #[must_use]
    pub fn has(&self, number: OptionNumber) -> bool {
        self.first(number).is_some()
    }

    /// If-Match: entity tags of which the resource must have one; an empty one asks that it exist.
    pub fn if_match(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.all(OptionNumber::IF_MATCH)
    }

    /// Uri-Host, to be read as UTF-8.
    #[must_use]
    pub fn uri_host(&self) -> Option<&'a [u8]> {
        self.first(OptionNumber::URI_HOST)
    }

    /// ETag of a response: its first, others are passed over (RFC 7252 §5.10.6.1, §5.4.5).
    #[must_use]
    pub fn etag(&self) -> Option<&'a [u8]> {
        self.first(OptionNumber::ETAG)
    }

    /// ETags of a request: the versions the client has.
    pub fn etags(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.all(OptionNumber::ETAG)
    }

    /// If-None-Match: the resource must not exist.
    #[must_use]
    pub fn if_none_match(&self) -> bool {
        self.has(OptionNumber::IF_NONE_MATCH)
    }

    /// Observe: 0 registers, 1 deregisters; in a response the 24-bit sequence number.
    #[must_use]
    pub fn observe(&self) -> Option<u32> {
        self.uint(OptionNumber::OBSERVE)
    }

    /// Uri-Port.
    #[must_use]
    pub fn uri_port(&self) -> Option<u16> {
        self.uint(OptionNumber::URI_PORT).and_then(|port| u16::try_from(port).ok())
    }

    /// Location-Path segments.
    pub fn location_path(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.all(OptionNumber::LOCATION_PATH)
    }

    /// OSCORE, in its parts; `None` also if it does not parse.
    #[must_use]
    pub fn oscore(&self) -> Option<Oscore<'a>> {
        Oscore::read(self.first(OptionNumber::OSCORE)?)
    }

    /// Uri-Path segments, percent-decoded by nature: a slash in one is part of it.
    pub fn uri_path(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.all(OptionNumber::URI_PATH)
    }

    /// Content-Format of the payload.
    #[must_use]
    pub fn content_format(&self) -> Option<ContentFormat> {
        self.format(OptionNumber::CONTENT_FORMAT)
    }

    /// Max-Age in seconds, 60 if absent (RFC 7252 §5.10.5).
    #[must_use]
    pub fn max_age(&self) -> u32 {
        self.uint(OptionNumber::MAX_AGE).unwrap_or(60)
    }

    /// Uri-Query arguments.
    pub fn uri_query(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.all(OptionNumber::URI_QUERY)
    }

    /// Hop-Limit, 16 if a proxy adds it (RFC 8768 §3); `None` if absent or the illegal zero.
    #[must_use]
    pub fn hop_limit(&self) -> Option<u8> {
        self.uint(OptionNumber::HOP_LIMIT).and_then(|hops| u8::try_from(hops).ok()).filter(|&hops| hops > 0)
    }

    /// Accept: the format the client wants.
    #[must_use]
    pub fn accept(&self) -> Option<ContentFormat> {
        self.format(OptionNumber::ACCEPT)
    }

    /// Location-Query arguments.
    pub fn location_query(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.all(OptionNumber::LOCATION_QUERY)
    }

    /// EDHOC: the payload begins with message 3 (RFC 9668).
    #[must_use]
    pub fn edhoc(&self) -> bool {
        self.has(OptionNumber::EDHOC)
    }

    /// Block1: which piece of the request body.
    #[must_use]
    pub fn block1(&self) -> Option<Block> {
        self.block(OptionNumber::BLOCK1)
    }

    /// Block2: which piece of the response body.
    #[must_use]
    pub fn block2(&self) -> Option<Block> {
        self.block(OptionNumber::BLOCK2)
    }

    /// Q-Block1: which piece of the request body (RFC 9177).
    #[must_use]
    pub fn q_block1(&self) -> Option<Block> {
        self.block(OptionNumber::Q_BLOCK1)
    }

    /// Q-Block2: which piece of the response body; several in a request for missing ones (RFC 9177).
    pub fn q_block2(&self) -> impl Iterator<Item = Block> + use<'a> {
        self.all(OptionNumber::Q_BLOCK2).filter_map(|value| Block::read(value).ok())
    }

    /// Size1: bytes of the request body, or the most a 4.13 would accept.
    #[must_use]
    pub fn size1(&self) -> Option<u32> {
        self.uint(OptionNumber::SIZE1)
    }

    /// Size2: bytes of the response body; in a request, a wish to know.
    #[must_use]
    pub fn size2(&self) -> Option<u32> {
        self.uint(OptionNumber::SIZE2)
    }

    /// Proxy-Uri, to be read as UTF-8.
    #[must_use]
    pub fn proxy_uri(&self) -> Option<&'a [u8]> {
        self.first(OptionNumber::PROXY_URI)
    }

    /// Proxy-Scheme, to be read as UTF-8.
    #[must_use]
    pub fn proxy_scheme(&self) -> Option<&'a [u8]> {
        self.first(OptionNumber::PROXY_SCHEME)
    }

    /// Echo (RFC 9175 §2.2).
    #[must_use]
    pub fn echo(&self) -> Option<&'a [u8]> {
        self.first(OptionNumber::ECHO)
    }

    /// No-Response: bit `class - 1` set means no interest in that class; 0 means interest in all
    /// (RFC 7967 §2.1).
    #[must_use]
    pub fn no_response(&self) -> Option<u8> {
        self.uint(OptionNumber::NO_RESPONSE).and_then(|bits| u8::try_from(bits).ok())
    }

    /// Request-Tags (RFC 9175 §3.2).
    pub fn request_tags(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.all(OptionNumber::REQUEST_TAG)
    }

    /// Whether Uri-Path is exactly these segments.
    #[must_use]
    pub fn path_is(&self, segments: &[&str]) -> bool {
        self.uri_path().eq(segments.iter().map(|segment| segment.as_bytes()))
    }

    fn format(&self, number: OptionNumber) -> Option<ContentFormat> {
        self.uint(number).and_then(|format| u16::try_from(format).ok()).map(ContentFormat)
    }

    /// Writes them; the caller has asked for room.
    #[inline]
    pub(crate) fn put(&self, out: &mut (impl Out + ?Sized)) {
        match self.0 {
            Form::Wire([]) => {}
            Form::Wire(wire) => out.put(wire),
            Form::List(list) => {
                let mut last = 0;
                for option in list {
                    // Order was checked when the list was taken in.
                    put(usize::from(option.number.0.wrapping_sub(last)), option.value, out);
                    last = option.number.0;
                }
            }
        }
    }
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options::EMPTY
    }
}

impl PartialEq for Options<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Options<'_> {}

impl fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl fmt::Display for Options<'_> {
    /// `Uri-Path: "a", Accept: 60`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, option) in self.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            option.fmt(f)?;
        }
        Ok(())
    }
}

impl<'a> IntoIterator for Options<'a> {
    type Item = Opt<'a>;
    type IntoIter = Iter<'a>;

    #[inline]
    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for &Options<'a> {
    type Item = Opt<'a>;
    type IntoIter = Iter<'a>;

    #[inline]
    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Iterator over [`Options`].
#[derive(Debug, Clone)]
pub struct Iter<'a> {
    number: u16,
    wire: &'a [u8],
    list: &'a [Opt<'a>],
}

impl<'a> Iter<'a> {
    /// Bytes not read yet, of options that came in a message.
    pub(crate) const fn wire_left(&self) -> usize {
        self.wire.len()
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = Opt<'a>;

    #[inline]
    fn next(&mut self) -> Option<Opt<'a>> {
        if let Some(Ok(Cut { delta, value, rest })) = split_first(self.wire) {
            // The sum was checked to stay within 16 bits, so each delta does.
            let [low, high, ..] = delta.to_le_bytes();
            self.number = self.number.wrapping_add(u16::from_le_bytes([low, high]));
            self.wire = rest;
            return Some(Opt { number: OptionNumber(self.number), value });
        }
        let (&option, rest) = self.list.split_first()?;
        self.list = rest;
        Some(option)
    }
}

#[cfg(test)]
mod tests {
    use super::Options;
    use crate::{ContentFormat, Known, Opt, OptionNumber};

    fn with<T>(list: &[(OptionNumber, &[u8])], read: impl FnOnce(Options<'_>) -> T) -> T {
        let mut options = [Opt::new(OptionNumber(0), &[]); 16];
        options.iter_mut().zip(list).for_each(|(place, &(number, value))| *place = Opt { number, value });
        read(Options::new(&options[..list.len()]).unwrap())
    }

    #[test]
    fn every_registered_option_has_its_view() {
        use OptionNumber as N;
        with(&[(N::IF_MATCH, b"a"), (N::IF_MATCH, b"")], |o| assert!(o.if_match().eq([&b"a"[..], b""])));
        with(&[(N::URI_HOST, b"h"), (N::URI_PORT, &[0x16, 0x33])], |o| {
            assert_eq!((o.uri_host(), o.uri_port()), (Some(&b"h"[..]), Some(5683)));
        });
        with(&[(N::ETAG, b"1"), (N::ETAG, b""), (N::ETAG, b"2")], |o| {
            assert!(o.etags().eq([b"1", b"2"]));
            assert_eq!(o.etag(), Some(&b"1"[..]));
        });
        with(&[(N::IF_NONE_MATCH, b""), (N::OBSERVE, &[1])], |o| {
            assert!(o.if_none_match());
            assert_eq!(o.observe(), Some(1));
        });
        with(&[(N::LOCATION_PATH, b"a"), (N::LOCATION_QUERY, b"q")], |o| {
            assert!(o.location_path().eq([b"a"]) && o.location_query().eq([b"q"]));
        });
        with(&[(N::OSCORE, &[9, 1, 2]), (N::EDHOC, &[])], |o| {
            assert_eq!(o.oscore().unwrap().kid, Some(&[2][..]));
            assert!(o.edhoc());
        });
        with(&[(N::URI_PATH, b"a"), (N::URI_PATH, b"b"), (N::URI_QUERY, b"q")], |o| {
            assert!(o.path_is(&["a", "b"]) && !o.path_is(&["a"]) && o.uri_query().eq([b"q"]));
        });
        with(&[(N::CONTENT_FORMAT, &[60]), (N::ACCEPT, &[])], |o| {
            assert_eq!(
                (o.content_format(), o.accept()),
                (Some(ContentFormat::CBOR), Some(ContentFormat::TEXT))
            );
        });
        with(&[(N::HOP_LIMIT, &[0])], |o| assert_eq!(o.hop_limit(), None));
        with(&[(N::HOP_LIMIT, &[16]), (N::Q_BLOCK1, &[0x1E])], |o| {
            assert_eq!((o.hop_limit(), o.q_block1().unwrap().number), (Some(16), 1));
        });
        with(&[(N::BLOCK2, &[0x26]), (N::BLOCK1, &[0x0E]), (N::SIZE2, &[1, 0])], |o| {
            assert_eq!((o.block2().unwrap().number, o.block1().unwrap().more), (2, true));
            assert_eq!((o.size2(), o.size1()), (Some(256), None));
        });
        with(&[(N::Q_BLOCK2, &[0x10]), (N::Q_BLOCK2, &[0x20]), (N::SIZE1, &[9])], |o| {
            assert!(o.q_block2().map(|block| block.number).eq([1, 2]));
            assert_eq!(o.size1(), Some(9));
        });
        with(&[(N::PROXY_URI, b"coap://h/"), (N::PROXY_SCHEME, b"coaps")], |o| {
            assert_eq!((o.proxy_uri(), o.proxy_scheme()), (Some(&b"coap://h/"[..]), Some(&b"coaps"[..])));
        });
        with(&[(N::ECHO, b"e"), (N::NO_RESPONSE, &[26]), (N::REQUEST_TAG, b"")], |o| {
            assert_eq!((o.echo(), o.no_response()), (Some(&b"e"[..]), Some(26)));
            assert!(o.request_tags().eq([&b""[..]]));
        });
    }

    #[test]
    fn what_is_out_of_range_or_comes_again_is_absent() {
        use OptionNumber as N;
        with(&[(N::MAX_AGE, &[1, 2, 3, 4, 5])], |o| assert_eq!(o.max_age(), 60));
        with(&[(N::MAX_AGE, &[5]), (N::MAX_AGE, &[6])], |o| {
            assert_eq!(o.max_age(), 5);
            assert_eq!(o.recognised(&Known::REGISTERED).count(), 1);
        });
        with(&[(N::ECHO, &[0; 41])], |o| assert_eq!(o.echo(), None));
        with(&[(N::CONTENT_FORMAT, &[0, 0, 60])], |o| assert!(o.content_format().is_none()));
        with(&[(OptionNumber(3000), &[1, 2])], |o| assert_eq!(o.uint(OptionNumber(3000)), Some(258)));
    }
}
