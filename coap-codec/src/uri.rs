//! URIs and the options they become (RFC 7252 §6, RFC 8323 §8).
//!
//! ```text
//! coap://host:port/path/of/segments?argument&argument
//! ```
//!
//! Contract: a [`Uri`] was checked whole: scheme, authority and every percent-encoding. Taking it apart into
//! options cannot fail for what it says, only for room; [`Composed`] is the way back.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use nom::bytes::complete::{tag, take_till};
use nom::combinator::opt;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};
use thiserror::Error;

use crate::option::{self, OptionNumber, Options, Uint};
use crate::{EncodeError, Length, Out, SliceOut};

/// A scheme of CoAP (RFC 7252 §6, RFC 8323 §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// `coap`: UDP.
    Coap,
    /// `coaps`: DTLS.
    Coaps,
    /// `coap+tcp`: TCP.
    CoapTcp,
    /// `coaps+tcp`: TLS.
    CoapsTcp,
    /// `coap+ws`: WebSockets.
    CoapWs,
    /// `coaps+ws`: secure WebSockets.
    CoapsWs,
}

impl Scheme {
    /// Every scheme, its name and its default port.
    const REGISTRY: [(Self, &'static str, u16); 6] = [
        (Self::Coap, "coap", 5683),
        (Self::Coaps, "coaps", 5684),
        (Self::CoapTcp, "coap+tcp", 5683),
        (Self::CoapsTcp, "coaps+tcp", 5684),
        (Self::CoapWs, "coap+ws", 80),
        (Self::CoapsWs, "coaps+ws", 443),
    ];

    /// The scheme of this name, without regard to case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let row = Self::REGISTRY.iter().find(|(_, known, _)| known.eq_ignore_ascii_case(name))?;
        Some(row.0)
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::REGISTRY[self as usize].1
    }

    /// The port a URI without one means.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        Self::REGISTRY[self as usize].2
    }

    /// Whether the transport is secured.
    #[must_use]
    pub const fn is_secure(self) -> bool {
        matches!(self, Self::Coaps | Self::CoapsTcp | Self::CoapsWs)
    }
}

/// The host of a [`Uri`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Host<'a> {
    /// A name to be resolved, percent-encoded.
    Name(&'a str),
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address, in brackets.
    V6(Ipv6Addr),
}

impl Host<'_> {
    /// The address, if it is one.
    #[must_use]
    pub const fn address(self) -> Option<IpAddr> {
        match self {
            Self::Name(_) => None,
            Self::V4(address) => Some(IpAddr::V4(address)),
            Self::V6(address) => Some(IpAddr::V6(address)),
        }
    }
}

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::V4(address) => address.fmt(f),
            Self::V6(address) => write!(f, "[{address}]"),
        }
    }
}

/// A URI of CoAP, checked.
///
/// ```
/// use coap_codec::{Host, Scheme, Uri};
///
/// let uri = Uri::parse("coap://[2001:db8::1]:61616/sensors/temp%20a?unit=c&raw")?;
/// assert_eq!((uri.scheme(), uri.port()), (Scheme::Coap, 61616));
/// assert!(matches!(uri.host(), Host::V6(_)));
/// let mut scratch = [0; 64];
/// let options = uri.options(None, &mut scratch)?;
/// assert_eq!(
///     options.to_string(),
///     r#"Uri-Path: "sensors", Uri-Path: "temp a", Uri-Query: "unit=c", Uri-Query: "raw""#
/// );
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Uri<'a> {
    scheme: Scheme,
    host: Host<'a>,
    port: u16,
    path: &'a str,
    query: Option<&'a str>,
}

/// What keeps a text from being a URI of CoAP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[error("{component}: {rule} at byte {offset}")]
#[non_exhaustive]
pub struct UriError {
    /// The part at fault.
    pub component: Component,
    /// What is wrong with it.
    pub rule: UriRule,
    /// Where, in bytes from the start of the text.
    pub offset: usize,
}

/// A part of a URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Component {
    /// Before the colon.
    #[error("scheme")]
    Scheme,
    /// Between the slashes and the port or path.
    #[error("host")]
    Host,
    /// Behind the host.
    #[error("port")]
    Port,
    /// From the slash on.
    #[error("path")]
    Path,
    /// From the question mark on.
    #[error("query")]
    Query,
    /// From the number sign on.
    #[error("fragment")]
    Fragment,
}

/// A rule of RFC 7252 §6.1 to §6.4, or of the grammar of RFC 3986 under them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum UriRule {
    /// It must be there.
    #[error("missing")]
    Missing,
    /// It must not be there: a fragment, or user information before the host.
    #[error("not allowed")]
    NotAllowed,
    /// A scheme of another protocol.
    #[error("not a scheme of CoAP")]
    Unknown,
    /// A character this part may not have.
    #[error("character not allowed")]
    Character,
    /// A percent sign without two hexadecimal digits.
    #[error("percent-encoding cut")]
    Percent,
    /// Decoded bytes that are not UTF-8.
    #[error("not UTF-8 when decoded")]
    Utf8,
    /// More than the 255 bytes an option takes.
    #[error("longer than 255 bytes when decoded")]
    TooLong,
    /// A segment `.` or `..`: the URI is to be resolved first.
    #[error("path segment of dots")]
    DotSegment,
    /// Brackets without an IPv6 address in them.
    #[error("not an address")]
    Address,
    /// A port that is not a number up to 65,535.
    #[error("not a port")]
    Number,
}

/// The longest option a part of a URI becomes.
const MAX_PART: usize = 255;

impl<'a> Uri<'a> {
    /// Checks a text.
    ///
    /// # Errors
    ///
    /// The first part at fault, see [`UriRule`].
    pub fn parse(text: &'a str) -> Result<Self, UriError> {
        let at_scheme = |rule| UriError { component: Component::Scheme, rule, offset: 0 };
        let Ok((_, parts)) = split(text) else { return Err(at_scheme(UriRule::Missing)) };
        let scheme = Scheme::from_name(parts.scheme).ok_or(at_scheme(UriRule::Unknown))?;

        let host_at = parts.scheme.len() + 3;
        let path_at = host_at + parts.authority.len();
        let (host, port) = read_authority(parts.authority, host_at)?;
        let uri = Self {
            scheme,
            host,
            port: port.unwrap_or(scheme.default_port()),
            path: parts.path,
            query: parts.query,
        };
        check_parts(uri.segments(), Component::Path, path_at + 1)?;
        let query_at = path_at + parts.path.len() + 1;
        check_parts(uri.arguments(), Component::Query, query_at)?;
        if parts.fragment.is_some() {
            let offset = query_at + parts.query.map_or(0, |query| query.len() + 1) - 1;
            return Err(UriError { component: Component::Fragment, rule: UriRule::NotAllowed, offset });
        }
        Ok(uri)
    }

    /// The scheme.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host.
    #[must_use]
    pub const fn host(&self) -> Host<'a> {
        self.host
    }

    /// The port, the scheme's own if none is given.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The path as it stands, from its slash on; it may be empty.
    #[must_use]
    pub const fn path(&self) -> &'a str {
        self.path
    }

    /// The query as it stands, without its question mark.
    #[must_use]
    pub const fn query(&self) -> Option<&'a str> {
        self.query
    }

    /// The options the URI becomes (RFC 7252 §6.4), in `scratch`: Uri-Host for a host that is a name,
    /// or an address other than `destination`'s; Uri-Port for a port other than its; then path and query.
    /// `None` stands for the very host and port of the URI.
    ///
    /// # Errors
    ///
    /// [`EncodeError::NoRoom`] if `scratch` is too small.
    pub fn options<'s>(
        &self,
        destination: Option<SocketAddr>,
        scratch: &'s mut [u8],
    ) -> Result<Options<'s>, EncodeError> {
        let mut length = Length::default();
        self.put_options(destination, &mut length);
        let needed = length.get();
        let mut out = SliceOut::new(scratch);
        if out.room() < needed {
            return Err(EncodeError::NoRoom { needed });
        }
        self.put_options(destination, &mut out);
        Ok(Options::checked(out.into_written()))
    }

    fn put_options(&self, destination: Option<SocketAddr>, out: &mut (impl Out + ?Sized)) {
        let mut buffer = [0; MAX_PART];
        let mut last = 0;
        let mut put = |number: OptionNumber, value: &[u8]| {
            option::put(usize::from(number.0 - last), value, out);
            last = number.0;
        };
        match self.host {
            Host::Name(name) => {
                let host = decode(name, &mut buffer);
                host.make_ascii_lowercase();
                put(OptionNumber::URI_HOST, host);
            }
            literal if destination.is_some_and(|to| literal.address() != Some(to.ip())) => {
                let mut text = SliceOut::new(&mut buffer);
                // The longest address is far shorter than the buffer.
                _ = fmt::write(&mut Text(&mut text), format_args!("{literal}"));
                put(OptionNumber::URI_HOST, text.written());
            }
            _ => {}
        }
        if destination.is_some_and(|to| self.port != to.port()) {
            put(OptionNumber::URI_PORT, &Uint::new(u32::from(self.port)));
        }
        for segment in self.segments() {
            put(OptionNumber::URI_PATH, decode(segment, &mut buffer));
        }
        for argument in self.arguments() {
            put(OptionNumber::URI_QUERY, decode(argument, &mut buffer));
        }
    }

    /// Segments of the path as they stand; a lone slash has none (RFC 7252 §6.4, step 8).
    fn segments(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let path = self.path.strip_prefix('/').unwrap_or("");
        path.split('/').take(if path.is_empty() { 0 } else { usize::MAX })
    }

    fn arguments(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.query.into_iter().flat_map(|query| query.split('&'))
    }
}

impl fmt::Display for Uri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.name(), self.host)?;
        if self.port != self.scheme.default_port() {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(self.path)?;
        self.query.map_or(Ok(()), |query| write!(f, "?{query}"))
    }
}

/// Parts as they stand.
struct Parts<'a> {
    scheme: &'a str,
    authority: &'a str,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

/// Cuts a text where RFC 3986 appendix B does.
fn split(text: &str) -> IResult<&str, Parts<'_>> {
    let scheme = terminated(take_till(|c| matches!(c, ':' | '/' | '?' | '#')), tag("://"));
    let authority = take_till(|c| matches!(c, '/' | '?' | '#'));
    let path = take_till(|c| matches!(c, '?' | '#'));
    let query = opt(preceded(tag("?"), take_till(|c| c == '#')));
    let fragment = opt(preceded(tag("#"), take_till(|_| false)));
    let parts = (scheme, authority, path, query, fragment);
    let mut parts = parts.map(|(scheme, authority, path, query, fragment)| Parts {
        scheme,
        authority,
        path,
        query,
        fragment,
    });
    parts.parse(text)
}

fn read_authority(text: &str, at: usize) -> Result<(Host<'_>, Option<u16>), UriError> {
    let fault = |rule, offset| UriError { component: Component::Host, rule, offset };
    if let Some(user) = text.find('@') {
        return Err(fault(UriRule::NotAllowed, at + user));
    }
    let host_len = match text.strip_prefix('[') {
        Some(literal) => literal.find(']').ok_or(fault(UriRule::Address, at))? + 2,
        None => text.find(':').unwrap_or(text.len()),
    };
    let (host, port) = text.split_at_checked(host_len).ok_or(fault(UriRule::Address, at))?;
    let port = read_port(port, at + host_len)?;
    if let Some(literal) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        let address = literal.parse().map_err(|_| fault(UriRule::Address, at + 1))?;
        return Ok((Host::V6(address), port));
    }
    if host.is_empty() {
        return Err(fault(UriRule::Missing, at));
    }
    if let Ok(address) = host.parse() {
        return Ok((Host::V4(address), port));
    }
    check_part(host, Component::Host, at)?;
    Ok((Host::Name(host), port))
}

/// Reads `:port`, of which all or the digits may be missing.
fn read_port(text: &str, at: usize) -> Result<Option<u16>, UriError> {
    if text.is_empty() || text == ":" {
        return Ok(None);
    }
    let fault = UriError { component: Component::Port, rule: UriRule::Number, offset: at };
    let digits = text.strip_prefix(':').ok_or(fault)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(fault);
    }
    digits.parse().map(Some).map_err(|_| fault)
}

fn check_parts<'p>(
    parts: impl Iterator<Item = &'p str>,
    component: Component,
    mut at: usize,
) -> Result<(), UriError> {
    for part in parts {
        check_part(part, component, at)?;
        if component == Component::Path && matches!(part, "." | "..") {
            return Err(UriError { component, rule: UriRule::DotSegment, offset: at });
        }
        at += part.len() + 1;
    }
    Ok(())
}

/// Whether a text is one segment of a path.
pub(crate) fn is_segment(text: &str) -> bool {
    check_parts(core::iter::once(text), Component::Path, 0).is_ok()
}

/// Checks one part, as it will become one option.
fn check_part(part: &str, component: Component, at: usize) -> Result<(), UriError> {
    let fault = |rule, offset| UriError { component, rule, offset: at + offset };
    let mut bytes = part.bytes().enumerate();
    while let Some((offset, byte)) = bytes.next() {
        if byte == b'%' {
            let mut digit = || bytes.next().is_some_and(|(_, byte)| byte.is_ascii_hexdigit());
            if !(digit() && digit()) {
                return Err(fault(UriRule::Percent, offset));
            }
        } else if !may_stand(byte, component) {
            return Err(fault(UriRule::Character, offset));
        }
    }
    let mut buffer = [0; MAX_PART];
    if decoded(part).count() > MAX_PART {
        return Err(fault(UriRule::TooLong, 0));
    }
    match core::str::from_utf8(decode(part, &mut buffer)) {
        Ok(_) => Ok(()),
        Err(_) => Err(fault(UriRule::Utf8, 0)),
    }
}

/// Whether a byte may stand for itself: RFC 3986 §3.2.2 (`reg-name`), §3.3 (`pchar`), §3.4.
fn may_stand(byte: u8, component: Component) -> bool {
    let plain = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte);
    match component {
        Component::Path => plain || matches!(byte, b':' | b'@'),
        Component::Query => plain || matches!(byte, b':' | b'@' | b'/' | b'?'),
        _ => plain,
    }
}

/// The bytes a part stands for. A percent sign without digits stands for itself; checked parts have none.
pub(crate) fn decoded(part: &str) -> impl Iterator<Item = u8> + '_ {
    let mut rest = part.as_bytes();
    core::iter::from_fn(move || {
        if let [b'%', high, low, behind @ ..] = rest
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            rest = behind;
            return Some(high << 4 | low);
        }
        let (&byte, behind) = rest.split_first()?;
        rest = behind;
        Some(byte)
    })
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Decodes a checked part.
fn decode<'b>(part: &str, buffer: &'b mut [u8; MAX_PART]) -> &'b mut [u8] {
    let len = buffer.iter_mut().zip(decoded(part)).map(|(place, byte)| *place = byte).count();
    buffer.get_mut(..len).unwrap_or_default()
}

/// Text into an [`Out`].
struct Text<'o, 'b>(&'o mut SliceOut<'b>);

impl fmt::Write for Text<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.room() < text.len() {
            return Err(fmt::Error);
        }
        self.0.put(text.as_bytes());
        Ok(())
    }
}

/// The URI a request's options stand for (RFC 7252 §6.5), to be displayed.
///
/// ```
/// use coap_codec::{Composed, Opt, OptionNumber, Options, Scheme};
///
/// let list = [Opt::new(OptionNumber::URI_PATH, b"a b"), Opt::new(OptionNumber::URI_QUERY, b"x=&")];
/// let uri = Composed {
///     scheme: Scheme::Coap,
///     options: Options::new(&list)?,
///     destination: "[2001:db8::1]:5683".parse()?,
/// };
/// assert_eq!(uri.to_string(), "coap://[2001:db8::1]/a%20b?x=%26");
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Composed<'a> {
    /// The scheme the request came by, unless Proxy-Scheme says another.
    pub scheme: Scheme,
    /// Its options. A Proxy-Uri is the whole answer.
    pub options: Options<'a>,
    /// Where it was sent.
    pub destination: SocketAddr,
}

impl fmt::Display for Composed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.options;
        if let Some(whole) = options.proxy_uri() {
            return match core::str::from_utf8(whole) {
                Ok(whole) => f.write_str(whole),
                Err(_) => encode(whole, |byte| byte.is_ascii_graphic(), f),
            };
        }
        let default_port = match options.proxy_scheme() {
            Some(name) => {
                encode(name, |byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte), f)?;
                let name = core::str::from_utf8(name).unwrap_or_default();
                Scheme::from_name(name).map(Scheme::default_port)
            }
            None => {
                f.write_str(self.scheme.name())?;
                Some(self.scheme.default_port())
            }
        };
        f.write_str("://")?;
        match (options.uri_host(), self.destination.ip()) {
            (Some(host @ [b'[', ..]), _) => encode(host, |byte| byte.is_ascii_graphic(), f)?,
            (Some(host), _) => encode(host, |byte| may_stand(byte, Component::Host), f)?,
            (None, IpAddr::V4(address)) => address.fmt(f)?,
            (None, IpAddr::V6(address)) => write!(f, "[{address}]")?,
        }
        let port = options.uri_port().unwrap_or(self.destination.port());
        if Some(port) != default_port {
            write!(f, ":{port}")?;
        }
        let mut segments = options.uri_path().peekable();
        if segments.peek().is_none() {
            f.write_str("/")?;
        }
        for segment in segments {
            f.write_str("/")?;
            encode(segment, |byte| may_stand(byte, Component::Path), f)?;
        }
        for (index, argument) in options.uri_query().enumerate() {
            f.write_str(if index == 0 { "?" } else { "&" })?;
            encode(argument, |byte| byte != b'&' && may_stand(byte, Component::Query), f)?;
        }
        Ok(())
    }
}

/// Writes bytes, percent-encoding those that may not stand for themselves.
fn encode(bytes: &[u8], may_stand: impl Fn(u8) -> bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    use fmt::Write as _;
    bytes.iter().try_for_each(|&byte| {
        if may_stand(byte) { f.write_char(char::from(byte)) } else { write!(f, "%{byte:02X}") }
    })
}

#[cfg(test)]
mod tests {
    extern crate alloc;
    use alloc::string::{String, ToString};
    use alloc::vec;
    use alloc::vec::Vec;

    use super::{Component, Composed, Scheme, Uri, UriRule};
    use crate::{EncodeError, OptionNumber};

    fn options(text: &str, destination: Option<&str>) -> Vec<String> {
        let uri = Uri::parse(text).unwrap();
        let mut scratch = vec![0; 600];
        let destination = destination.map(|to| to.parse().unwrap());
        uri.options(destination, &mut scratch).unwrap().iter().map(|option| option.to_string()).collect()
    }

    #[test]
    fn uris_become_the_options_of_section_6_4() {
        assert_eq!(
            options("coap://Example.NET/.well-known/core", None),
            ["Uri-Host: \"example.net\"", "Uri-Path: \".well-known\"", "Uri-Path: \"core\"",]
        );
        // RFC 7252 appendix B.
        let b = "coap://[2001:db8::2:1]/";
        assert!(options(b, Some("[2001:db8::2:1]:5683")).is_empty());
        assert_eq!(
            options("coap://198.51.100.1:61616//%2F//?%2F%2F&?%26", Some("198.51.100.1:61616")),
            [
                "Uri-Path: \"\"",
                "Uri-Path: \"/\"",
                "Uri-Path: \"\"",
                "Uri-Path: \"\"",
                "Uri-Query: \"//\"",
                "Uri-Query: \"?&\"",
            ]
        );
        let kana = "coap://xn--18j4d.example/%E3%81%93%E3%82%93%E3%81%AB%E3%81%A1%E3%81%AF";
        assert_eq!(options(kana, None), ["Uri-Host: \"xn--18j4d.example\"", "Uri-Path: \"こんにちは\""]);
        assert_eq!(
            options("coap://192.0.2.1:99/", Some("192.0.2.7:5683")),
            ["Uri-Host: \"192.0.2.1\"", "Uri-Port: 99",]
        );
        assert_eq!(
            options("COAP+TCP://[::1]:/a?", Some("[::2]:5683")),
            ["Uri-Host: \"[::1]\"", "Uri-Path: \"a\"", "Uri-Query: \"\"",]
        );
    }

    #[test]
    fn options_become_the_uri_again() {
        for (text, destination) in [
            ("coap://example.net/.well-known/core", "192.0.2.1:5683"),
            ("coap://[2001:db8::2:1]/", "[2001:db8::2:1]:5683"),
            ("coap://198.51.100.1:61616//%2F//?//&?%26", "198.51.100.1:61616"),
            ("coaps+ws://h.example/a%20b:@?q=%23", "192.0.2.1:443"),
            ("coap://192.0.2.1:99/", "192.0.2.7:5683"),
        ] {
            let uri = Uri::parse(text).unwrap();
            let destination = destination.parse().unwrap();
            let mut scratch = [0; 128];
            let options = uri.options(Some(destination), &mut scratch).unwrap();
            let composed = Composed { scheme: uri.scheme(), options, destination };
            assert_eq!(composed.to_string(), text);
            assert_eq!(Uri::parse(&uri.to_string()), Ok(uri));
        }
    }

    #[test]
    fn each_part_has_its_faults() {
        let long = alloc::format!("coap://h/{}", "a".repeat(256));
        for (text, component, rule, offset) in [
            ("", Component::Scheme, UriRule::Missing, 0),
            ("/a", Component::Scheme, UriRule::Missing, 0),
            ("coap:a", Component::Scheme, UriRule::Missing, 0),
            ("http://h/", Component::Scheme, UriRule::Unknown, 0),
            ("coap:///a", Component::Host, UriRule::Missing, 7),
            ("coap://u@h/", Component::Host, UriRule::NotAllowed, 8),
            ("coap://[::1/", Component::Host, UriRule::Address, 7),
            ("coap://[::g]/", Component::Host, UriRule::Address, 8),
            ("coap://a b/", Component::Host, UriRule::Character, 8),
            ("coap://h%4/", Component::Host, UriRule::Percent, 8),
            ("coap://[::1]x/", Component::Port, UriRule::Number, 12),
            ("coap://h:66000/", Component::Port, UriRule::Number, 8),
            ("coap://h:+1/", Component::Port, UriRule::Number, 8),
            ("coap://h/a/b%zz", Component::Path, UriRule::Percent, 12),
            ("coap://h/a/../b", Component::Path, UriRule::DotSegment, 11),
            ("coap://h/%FF", Component::Path, UriRule::Utf8, 9),
            (long.as_str(), Component::Path, UriRule::TooLong, 9),
            ("coap://h/a?b&c[", Component::Query, UriRule::Character, 14),
            ("coap://h/a?b#c", Component::Fragment, UriRule::NotAllowed, 12),
            ("coap://h#", Component::Fragment, UriRule::NotAllowed, 8),
        ] {
            let error = Uri::parse(text).unwrap_err();
            assert_eq!((error.component, error.rule, error.offset), (component, rule, offset), "{text}");
        }
    }

    #[test]
    fn scratch_too_small_says_how_small() {
        let uri = Uri::parse("coap://h/abc").unwrap();
        assert_eq!(uri.options(None, &mut [0; 5]), Err(EncodeError::NoRoom { needed: 6 }));
    }

    #[test]
    fn schemes_and_proxies_are_told_apart() {
        assert_eq!(Scheme::from_name("CoAPs+TCP"), Some(Scheme::CoapsTcp));
        assert!(Scheme::CoapsWs.is_secure() && !Scheme::CoapTcp.is_secure());
        let list = [crate::Opt::new(OptionNumber::PROXY_URI, b"coap://other/x")];
        let options = crate::Options::new(&list).unwrap();
        let destination = "192.0.2.1:5683".parse().unwrap();
        let composed = Composed { scheme: Scheme::Coap, options, destination };
        assert_eq!(composed.to_string(), "coap://other/x");
        let list = [
            crate::Opt::new(OptionNumber::URI_HOST, b"h"),
            crate::Opt::new(OptionNumber::PROXY_SCHEME, b"http"),
        ];
        let composed = Composed { options: crate::Options::new(&list).unwrap(), ..composed };
        assert_eq!(composed.to_string(), "http://h:5683/");
    }
}
