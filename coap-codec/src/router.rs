//! Router: which resource a request is for, and the list of all of them (RFC 7252 §5.8, RFC 6690 §4).
//!
//! ```text
//! "/sensors/temp"        exactly this path
//! "/sensors/{id}/temp"   any one segment in place of the braces
//! "/files/{*}"           any segments from there on, none too
//! ```
//!
//! Contract: [`Router::new`] checks every route once; finding and listing have no errors of their own. Routes
//! are tried in order, the first that fits wins. Nothing of a found route borrows the request: the reply may be
//! written over it.

use core::ops::Range;

use thiserror::Error;

use crate::{Code, EncodeError, Filter, Length, Link, LinkError, LinkWriter, Options, Out, uri};

/// The methods a resource answers to.
///
/// ```
/// use coap_codec::{Code, Methods};
///
/// const READ: Methods = Methods::of(&[Code::GET, Code::FETCH]);
/// assert!(READ.has(Code::GET) && !READ.has(Code::PUT));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Methods(u32);

impl Methods {
    /// These methods; codes that are no request change nothing.
    #[must_use]
    pub const fn of(methods: &[Code]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < methods.len() {
            if methods[at].is_request() {
                bits |= 1 << methods[at].detail();
            }
            at += 1;
        }
        Self(bits)
    }

    /// Whether a method is among them.
    #[must_use]
    pub const fn has(self, method: Code) -> bool {
        method.is_request() && self.0 >> method.detail() & 1 != 0
    }
}

/// A resource: where it is, what it answers to, what is said of it.
///
/// ```
/// use coap_codec::{Code, Methods, Route};
///
/// const TEMP: Route<'_, u8> =
///     Route::new("/sensors/temp", Methods::of(&[Code::GET]), 1).described(r#";rt="temperature-c";ct=60;obs"#);
/// assert_eq!(TEMP.target, 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route<'r, T> {
    /// The path as it stands in a URI, with `{name}` for any segment and `{*}` for any rest.
    pub path: &'r str,
    /// What it answers to.
    pub methods: Methods,
    /// What the caller calls it.
    pub target: T,
    /// Its attributes in link-format, each behind its semicolon; `None` leaves it out of the list.
    pub attributes: Option<&'r str>,
}

impl<'r, T> Route<'r, T> {
    /// A resource that is listed without attributes. Paths with braces are never listed.
    #[must_use]
    pub const fn new(path: &'r str, methods: Methods, target: T) -> Self {
        Self { path, methods, target, attributes: Some("") }
    }
}

impl<'r, T: Copy> Route<'r, T> {
    /// The same, listed with these attributes.
    #[must_use]
    pub const fn described(self, attributes: &'r str) -> Self {
        Self { attributes: Some(attributes), ..self }
    }

    /// The same, not listed: a secret, or a second route of one path.
    #[must_use]
    pub const fn hidden(self) -> Self {
        Self { attributes: None, ..self }
    }
}

/// What is wrong with a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[error("route {index}: {rule}")]
#[non_exhaustive]
pub struct RouteError {
    /// Which route, counted from zero.
    pub index: usize,
    /// The broken rule.
    pub rule: RouteRule,
}

/// A rule for routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum RouteRule {
    /// A path begins with a slash and has segments as in a URI, or braces around a whole segment; `{*}` is
    /// the last.
    #[error("not a path")]
    Path,
    /// Attributes are link-format (RFC 6690 §2).
    #[error("attributes: {0}")]
    Attributes(LinkError),
}

/// Finds the resource of a request among the caller's routes.
///
/// ```
/// use coap_codec::{Code, Found, Message, Methods, Route, Router, Rules, SliceOut};
///
/// let get = Methods::of(&[Code::GET]);
/// let routes = [
///     Route::new("/temp", get, "temp").described(";rt=temperature-c;obs"),
///     Route::new("/lamps/{id}", Methods::of(&[Code::PUT]), "lamp"),
/// ];
/// let router = Router::new(&routes)?;
///
/// let request = Message::decode(b"\x40\x03\x00\x01\xB5lamps\x017", Rules::new())?;
/// let Ok(Found::Route(route)) = router.find(request.code, &request.options) else { panic!() };
/// assert_eq!(route.target, "lamp");
/// assert!(route.captures(&request.options).eq([b"7"]));
///
/// let request = Message::decode(b"\x40\x01\x00\x02\xBB.well-known\x04core\x44rt=*", Rules::new())?;
/// assert!(matches!(router.find(request.code, &request.options), Ok(Found::Discovery)));
/// let list = router.list(&request.options);
/// let mut buffer = [0; 64];
/// let mut out = SliceOut::new(&mut buffer);
/// list.write(0..list.len(), &mut out)?;
/// assert_eq!(out.written(), b"</temp>;rt=temperature-c;obs");
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Router<'r, T> {
    routes: &'r [Route<'r, T>],
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Found<'r, T> {
    /// One of the caller's resources.
    Route(&'r Route<'r, T>),
    /// `/.well-known/core`, and none of the caller's routes: answer with [`Router::list`] in
    /// [`ContentFormat::LINK_FORMAT`](crate::ContentFormat::LINK_FORMAT).
    Discovery,
}

/// The path of the list (RFC 6690 §4).
const CORE: &str = "/.well-known/core";

impl<'r, T> Router<'r, T> {
    /// A router over these routes.
    ///
    /// # Errors
    ///
    /// [`RouteError`] for the first route that breaks a [`RouteRule`].
    pub fn new(routes: &'r [Route<'r, T>]) -> Result<Self, RouteError> {
        for (index, route) in routes.iter().enumerate() {
            if !is_pattern(route.path) {
                return Err(RouteError { index, rule: RouteRule::Path });
            }
            let attributes = route.attributes.unwrap_or_default();
            if let Err(error) = Link::new(route.path, attributes) {
                return Err(RouteError { index, rule: RouteRule::Attributes(error) });
            }
        }
        Ok(Self { routes })
    }

    /// The resource a request is for.
    ///
    /// # Errors
    ///
    /// 4.04 if nothing is there, 4.05 if something is but does not answer to the method.
    pub fn find(&self, method: Code, request: &Options<'_>) -> Result<Found<'r, T>, Code> {
        let mut there = false;
        for route in self.routes.iter().filter(|route| fits(route.path, request)) {
            if route.methods.has(method) {
                return Ok(Found::Route(route));
            }
            there = true;
        }
        match (fits(CORE, request), method) {
            _ if there => Err(Code::METHOD_NOT_ALLOWED),
            (true, Code::GET) => Ok(Found::Discovery),
            (true, _) => Err(Code::METHOD_NOT_ALLOWED),
            (false, _) => Err(Code::NOT_FOUND),
        }
    }

    /// The list of resources a request for `/.well-known/core` asks for: those that every argument of its query
    /// lets through (RFC 6690 §4.1). Where nothing is left, a request by multicast gets no response (§4.1).
    #[must_use]
    pub const fn list<'q>(&self, request: &Options<'q>) -> LinkList<'r, 'q, T> {
        LinkList { routes: self.routes, query: *request }
    }
}

impl<T> Route<'_, T> {
    /// The segments of a request's path that stand where this path has braces, in order.
    pub fn captures<'a>(&self, request: &Options<'a>) -> impl Iterator<Item = &'a [u8]> + use<'a, '_, T> {
        let (mut pattern, mut rest) = (segments(self.path), false);
        request.uri_path().filter(move |_| {
            rest || pattern.next().is_some_and(|segment| {
                rest = segment == REST;
                is_open(segment)
            })
        })
    }
}

/// The resources a client asks for, as a document that is never whole in memory.
///
/// Any bytes of it can be written, and are the same each time for the same routes and query: a block can be
/// answered from its request alone.
///
/// ```
/// use coap_codec::{BlockSize, Methods, Options, Route, Router, SliceOut, Wanted};
///
/// let routes = ["/a", "/b", "/c", "/d", "/e"].map(|path| Route::new(path, Methods::of(&[]), ()));
/// let list = Router::new(&routes)?.list(&Options::EMPTY);
/// let part = Wanted::of(&Options::EMPTY, BlockSize::new(16)).part_of(list.len())?;
/// let mut buffer = [0; 16];
/// let mut out = SliceOut::new(&mut buffer);
/// list.write(part.range(), &mut out)?;
/// assert_eq!((out.written(), part.more()), (&b"</a>,</b>,</c>,<"[..], true));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct LinkList<'r, 'q, T> {
    routes: &'r [Route<'r, T>],
    query: Options<'q>,
}

impl<T> LinkList<'_, '_, T> {
    /// Bytes of the document. Counts them anew each time.
    #[must_use]
    pub fn len(&self) -> u64 {
        let mut length = Length::default();
        self.put(&mut length);
        u64::try_from(length.get()).unwrap_or(u64::MAX)
    }

    /// Whether no resource is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.links().next().is_none()
    }

    /// Writes these bytes of the document, as far as it has them.
    ///
    /// # Errors
    ///
    /// [`EncodeError::NoRoom`]; the output is unchanged.
    pub fn write(&self, range: Range<u64>, out: &mut (impl Out + ?Sized)) -> Result<(), EncodeError> {
        let room = u64::try_from(out.room()).unwrap_or(u64::MAX);
        if range.end.saturating_sub(range.start) > room {
            let there = range.end.min(self.len()).saturating_sub(range.start);
            if there > room {
                return Err(EncodeError::NoRoom { needed: usize::try_from(there).unwrap_or(usize::MAX) });
            }
        }
        self.put(&mut Window { at: 0, range, out });
        Ok(())
    }

    fn put(&self, out: &mut (impl Out + ?Sized)) {
        let mut writer = LinkWriter::new(out);
        for link in self.links() {
            // Both outputs it is used with have room without end.
            _ = writer.copy(&link);
        }
    }

    fn links(&self) -> impl Iterator<Item = Link<'_>> {
        self.routes.iter().filter_map(Route::link).filter(|link| {
            let lets_through = |argument| {
                core::str::from_utf8(argument).is_ok_and(|argument| Filter::new(argument).matches(link))
            };
            self.query.uri_query().all(lets_through)
        })
    }
}

impl<'r, T> Route<'r, T> {
    /// What the list says of it.
    fn link(&self) -> Option<Link<'r>> {
        let attributes = self.attributes.filter(|_| !segments(self.path).any(is_open))?;
        Link::new(self.path, attributes).ok()
    }
}

/// An output that lets a range of the bytes through.
struct Window<'o, O: ?Sized> {
    at: u64,
    range: Range<u64>,
    out: &'o mut O,
}

impl<O: Out + ?Sized> Out for Window<'_, O> {
    fn room(&self) -> usize {
        usize::MAX
    }

    fn put(&mut self, bytes: &[u8]) {
        let place = |offset: u64| usize::try_from(offset.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let end = place(self.range.end).min(bytes.len());
        let start = place(self.range.start).min(end);
        if start < end {
            self.out.put(bytes.get(start..end).unwrap_or_default());
        }
        self.at = self.at.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    }
}

/// Any segments from here on.
const REST: &str = "{*}";

fn is_open(segment: &str) -> bool {
    segment.starts_with('{')
}

/// The segments of a path; a lone slash has none (RFC 7252 §6.4).
fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').filter(|rest| !rest.is_empty());
    path.into_iter().flat_map(|path| path.split('/'))
}

fn is_pattern(path: &str) -> bool {
    let mut rest = segments(path).peekable();
    let is_one = |segment: &str, last: bool| match segment.strip_prefix('{') {
        Some("*}") => last,
        Some(name) => {
            let name = name.strip_suffix('}').unwrap_or_default();
            !name.is_empty() && !name.contains(['{', '}', '*'])
        }
        None => uri::is_segment(segment),
    };
    path.starts_with('/')
        && core::iter::from_fn(|| rest.next().map(|one| (one, rest.peek().is_none())))
            .all(|(segment, last)| is_one(segment, last))
}

fn fits(pattern: &str, request: &Options<'_>) -> bool {
    let mut path = request.uri_path();
    for segment in segments(pattern) {
        match path.next() {
            _ if segment == REST => return true,
            Some(_) if is_open(segment) => {}
            Some(found) if uri::decoded(segment).eq(found.iter().copied()) => {}
            _ => return false,
        }
    }
    path.next().is_none()
}

#[cfg(test)]
mod tests {
    extern crate alloc;
    use alloc::string::String;
    use alloc::vec;
    use alloc::vec::Vec;

    use super::{Found, Methods, Route, RouteError, RouteRule, Router};
    use crate::{Code, EncodeError, LinkError, LinkRule, Opt, OptionNumber, Options, SliceOut};

    const GET: Methods = Methods::of(&[Code::GET]);

    fn with<T>(path: &[&str], query: &[&str], read: impl FnOnce(&Options<'_>) -> T) -> T {
        let path = path.iter().map(|segment| Opt::new(OptionNumber::URI_PATH, segment.as_bytes()));
        let query = query.iter().map(|argument| Opt::new(OptionNumber::URI_QUERY, argument.as_bytes()));
        let list: Vec<_> = path.chain(query).collect();
        read(&Options::new(&list).unwrap())
    }

    #[test]
    fn paths_are_found_segment_by_segment() {
        const ROUTES: &[Route<'_, u8>] = &[
            Route::new("/", GET, 0),
            Route::new("/a", GET, 1),
            Route::new("/a/", GET, 2),
            Route::new("/a/{id}", Methods::of(&[Code::PUT, Code::DELETE]), 3),
            Route::new("/a/b", GET, 4),
            Route::new("/%C3%A4%2Fb", GET, 5),
            Route::new("/files/{*}", GET, 6),
            Route::new("/{x}/y/{z}", GET, 7),
        ];
        let router = Router::new(ROUTES).unwrap();
        for (path, method, target, captures) in [
            (&[][..], Code::GET, Ok(0), &[][..]),
            (&["a"], Code::GET, Ok(1), &[]),
            (&["a", ""], Code::GET, Ok(2), &[]),
            (&["a", "7"], Code::PUT, Ok(3), &["7"]),
            // The first route with the method wins; a path without it is still there.
            (&["a", "b"], Code::GET, Ok(4), &[]),
            (&["a", "b"], Code::DELETE, Ok(3), &["b"]),
            (&["a", "7"], Code::GET, Err(Code::METHOD_NOT_ALLOWED), &[]),
            (&["a"], Code::PUT, Err(Code::METHOD_NOT_ALLOWED), &[]),
            (&["\u{e4}/b"], Code::GET, Ok(5), &[]),
            (&["files"], Code::GET, Ok(6), &[]),
            (&["files", "x", "", "y"], Code::GET, Ok(6), &["x", "", "y"]),
            (&["1", "y", "2"], Code::GET, Ok(7), &["1", "2"]),
            (&["b"], Code::GET, Err(Code::NOT_FOUND), &[]),
            (&["1", "y"], Code::GET, Err(Code::NOT_FOUND), &[]),
            (&["A"], Code::GET, Err(Code::NOT_FOUND), &[]),
            (&[".well-known"], Code::GET, Err(Code::NOT_FOUND), &[]),
            (&[".well-known", "core"], Code::POST, Err(Code::METHOD_NOT_ALLOWED), &[]),
        ] {
            with(path, &[], |request| match router.find(method, request) {
                Ok(Found::Route(route)) => {
                    assert_eq!(Ok(route.target), target, "{path:?}");
                    let found = route.captures(request);
                    assert!(found.eq(captures.iter().map(|segment| segment.as_bytes())), "{path:?}");
                }
                Ok(Found::Discovery) => panic!("{path:?}"),
                Err(code) => assert_eq!(Err(code), target, "{path:?}"),
            });
        }
        with(&[".well-known", "core"], &[], |request| {
            assert!(matches!(router.find(Code::GET, request), Ok(Found::Discovery)));
            // A caller's own route goes first.
            let own = [Route::new("/.well-known/core", GET, ())];
            let found = Router::new(&own).unwrap().find(Code::GET, request);
            assert!(matches!(found, Ok(Found::Route(_))));
        });
    }

    #[test]
    fn routes_are_checked_once() {
        let rule = |path, attributes| {
            let routes = [Route::new("/fine", GET, ()), Route::new(path, GET, ()).described(attributes)];
            Router::new(&routes).err().map(|RouteError { index, rule }| {
                assert_eq!(index, 1);
                rule
            })
        };
        for path in
            ["", "a", "/a b", "/%4", "/%FF", "/..", "/a/{", "/{}", "/{*}/a", "/{a*}", "/{a}b", "/a{b}"]
        {
            assert_eq!(rule(path, ""), Some(RouteRule::Path), "{path}");
        }
        for (attributes, broken, offset) in [
            ("rt=a", LinkRule::Separator, 0),
            (";rt=a,</b>", LinkRule::Separator, 5),
            (";rt=\"a", LinkRule::OpenQuote, 6),
            (";", LinkRule::Missing, 1),
        ] {
            let error = LinkError { rule: broken, offset };
            assert_eq!(rule("/a", attributes), Some(RouteRule::Attributes(error)), "{attributes}");
        }
        assert_eq!(rule("/a/{b}", ";rt=a;obs"), None);
    }

    #[test]
    fn the_list_is_filtered_and_leaves_out_what_it_should() {
        let routes = [
            Route::new("/t", GET, ()).described(";rt=\"temp core.s\";obs"),
            Route::new("/l", GET, ()).described(";rt=light"),
            Route::new("/secret", GET, ()).hidden(),
            Route::new("/x/{id}", GET, ()),
            Route::new("/plain", GET, ()),
        ];
        let router = Router::new(&routes).unwrap();
        for (query, document) in [
            (&[][..], "</t>;rt=\"temp core.s\";obs,</l>;rt=light,</plain>"),
            (&["rt=light"], "</l>;rt=light"),
            (&["rt=*"], "</t>;rt=\"temp core.s\";obs,</l>;rt=light"),
            (&["rt=*", "obs"], "</t>;rt=\"temp core.s\";obs"),
            (&["href=/p*"], "</plain>"),
            (&["rt=none"], ""),
        ] {
            with(&[".well-known", "core"], query, |request| {
                let list = router.list(request);
                assert_eq!(list.is_empty(), document.is_empty());
                // Every piece of it is the same as of the whole.
                for size in [1, 7, 16, 64] {
                    let mut written = Vec::new();
                    while (written.len() as u64) < list.len() {
                        let mut buffer = vec![0; size];
                        let mut out = SliceOut::new(&mut buffer);
                        let from = written.len() as u64;
                        list.write(from..from + size as u64, &mut out).unwrap();
                        written.extend_from_slice(out.written());
                    }
                    assert_eq!(String::from_utf8(written).unwrap(), document, "{query:?} {size}");
                }
                let mut out = SliceOut::new(&mut []);
                let short = list.write(0..u64::MAX, &mut out);
                let needed = document.len();
                assert_eq!(short, if needed == 0 { Ok(()) } else { Err(EncodeError::NoRoom { needed }) });
                assert_eq!(list.write(list.len()..u64::MAX, &mut out), Ok(()));
            });
        }
        let list = [Opt::new(OptionNumber::URI_QUERY, b"\xFF")];
        assert!(router.list(&Options::new(&list).unwrap()).is_empty());
    }
}
