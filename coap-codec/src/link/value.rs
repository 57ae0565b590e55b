//! The value of an attribute, as it was written.

use core::fmt;

/// A value: a token, or text between quotes in which a backslash escapes the character behind it.
///
/// ```
/// use coap_codec::Links;
///
/// let link = Links::new(r#"</a>;title="a \"b\"";ct=40"#).next().unwrap()?;
/// let title = link.title().unwrap();
/// assert_eq!((title.as_written(), title.is_quoted()), (r#"a \"b\""#, true));
/// assert_eq!(title, r#"a "b""#);
/// # Ok::<(), coap_codec::LinkError>(())
/// ```
#[derive(Clone, Copy, Eq)]
pub struct Value<'a> {
    written: &'a str,
    quoted: bool,
}

impl<'a> Value<'a> {
    #[inline]
    pub(super) const fn quoted(written: &'a str) -> Self {
        Self { written, quoted: true }
    }

    #[inline]
    pub(super) const fn token(written: &'a str) -> Self {
        Self { written, quoted: false }
    }

    /// The text as it stands, escapes included, without the quotes.
    #[inline]
    #[must_use]
    pub const fn as_written(self) -> &'a str {
        self.written
    }

    /// Whether it stands between quotes.
    #[inline]
    #[must_use]
    pub const fn is_quoted(self) -> bool {
        self.quoted
    }

    /// What it means: the characters without the backslashes that escape.
    pub fn chars(self) -> impl Iterator<Item = char> + use<'a> {
        let mut rest = self.written.chars();
        let quoted = self.quoted;
        core::iter::from_fn(move || match rest.next()? {
            '\\' if quoted => rest.next(),
            plain => Some(plain),
        })
    }

    /// The words of a list separated by spaces, as they stand.
    pub fn words(self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.written.split(' ').filter(|word| !word.is_empty())
    }
}

impl PartialEq for Value<'_> {
    /// Equal in meaning, however written.
    fn eq(&self, other: &Self) -> bool {
        self.chars().eq(other.chars())
    }
}

impl PartialEq<str> for Value<'_> {
    fn eq(&self, other: &str) -> bool {
        self.chars().eq(other.chars())
    }
}

impl PartialEq<&str> for Value<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl fmt::Display for Value<'_> {
    /// What it means, escapes resolved.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        self.chars().try_for_each(|plain| f.write_char(plain))
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.quoted {
            write!(f, "Value(\"{}\")", self.written)
        } else {
            write!(f, "Value({})", self.written)
        }
    }
}
