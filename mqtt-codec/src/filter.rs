//! Topic filters: what a subscriber asks for (MQTT 5.0 and 3.1.1 §4.7), and shared subscriptions (MQTT 5.0 §4.8.2).

use core::fmt;

use crate::topic::{TopicBounds, TopicError, TopicName, TopicRule, check_length, depth, utf8};

const SHARE: &[u8] = b"$share/";

/// A topic filter: UTF-8 of 1 to 65,535 bytes without U+0000, its wildcards whole levels and `#` the last; perhaps shared.
///
/// | filter | matches | does not match |
/// |---|---|---|
/// | `a/b` | `a/b` | `a`, `a/b/`, `A/b` |
/// | `a/+` | `a/b`, `a/` | `a`, `a/b/c` |
/// | `a/#` | `a`, `a/`, `a/b/c` | `b` |
/// | `#`, `+/#` | every name but the reserved ones | `$SYS/uptime` [MQTT-4.7.2-1] |
/// | `$SYS/#` | `$SYS`, `$SYS/uptime` | |
/// | `$share/pool/a/+` | what `a/+` matches, for one member of `pool` | |
///
/// Like [`TopicName`], it is checked when it is made and holds bytes known to be UTF-8; what that saves and costs is said there.
///
/// ```
/// use mqtt_codec::{TopicFilter, TopicName};
///
/// let filter = TopicFilter::new("$share/pool/plant/+/state")?;
/// assert_eq!(filter.share_name(), Some("pool"));
/// assert!(filter.matches(TopicName::new("plant/line4/state")?));
/// assert!(TopicFilter::new("plant/#")?.covers(filter));
/// # Ok::<(), mqtt_codec::TopicError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicFilter<'a> {
    text: &'a [u8],
    /// Where the filter proper begins: behind `$share/{name}/`, else 0.
    start: u16,
}

impl<'a> TopicFilter<'a> {
    /// Checks a topic filter by the rules of MQTT 5.0, which reads `$share/{name}/{filter}` as a shared subscription.
    ///
    /// # Errors
    /// The rule broken and the byte offset at which it is.
    pub fn new(text: &'a str) -> Result<Self, TopicError> {
        no_nul(text.as_bytes())?;
        Self::from_text(text.as_bytes())
    }

    /// Checks a topic filter by the rules of MQTT 3.1.1, to which `$share` is a level like any other.
    ///
    /// # Errors
    /// The rule broken and the byte offset at which it is.
    pub fn unshared(text: &'a str) -> Result<Self, TopicError> {
        no_nul(text.as_bytes())?;
        Self::unshared_from_text(text.as_bytes())
    }

    /// Checks a topic filter that came as bytes, by the rules of MQTT 5.0.
    ///
    /// # Errors
    /// As [`Self::new`], and [`TopicRule::NotUtf8`].
    pub fn from_utf8(text: &'a [u8]) -> Result<Self, TopicError> {
        Self::new(utf8(text)?)
    }

    /// [`Self::new`] for bytes the decoder has found to be UTF-8 without U+0000; all other rules are checked here.
    pub(crate) fn from_text(text: &'a [u8]) -> Result<Self, TopicError> {
        check_length(text)?;
        let start = share_prefix(text)?;
        check_wildcards(text, usize::from(start))?;
        Ok(Self { text, start })
    }

    /// [`Self::unshared`] for bytes the decoder has found to be UTF-8 without U+0000; all other rules are checked here.
    pub(crate) fn unshared_from_text(text: &'a [u8]) -> Result<Self, TopicError> {
        check_length(text)?;
        check_wildcards(text, 0)?;
        Ok(Self { text, start: 0 })
    }

    /// Takes bytes that one of the two accepted before: [`Self::from_text`] if `shared`, else [`Self::unshared_from_text`].
    #[inline]
    pub(crate) fn from_checked(text: &'a [u8], shared: bool) -> Self {
        let start =
            if shared && text.first() == Some(&b'$') { share_prefix(text).unwrap_or_default() } else { 0 };
        Self { text, start }
    }

    /// The whole filter as bytes, `$share/{name}/` included, at no cost.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.text
    }

    /// The whole filter as text, `$share/{name}/` included, at the cost of one UTF-8 check.
    pub fn as_str(&self) -> &'a str {
        core::str::from_utf8(self.text).unwrap_or_default()
    }

    /// The share name, if this is a shared subscription (§4.8.2).
    pub fn share_name(&self) -> Option<&'a str> {
        self.share_bytes().map(|name| core::str::from_utf8(name).unwrap_or_default())
    }

    /// The filter that topics are matched with: without `$share/{name}/`.
    #[must_use]
    pub fn without_share(&self) -> Self {
        Self { text: self.pattern(), start: 0 }
    }

    /// The levels from left to right, without those of `$share/{name}/`.
    pub fn levels(&self) -> impl DoubleEndedIterator<Item = Level<'a>> + Clone + 'a {
        self.without_share().as_str().split('/').map(Level::from_checked)
    }

    /// The number of levels, without those of `$share/{name}/`.
    pub fn depth(&self) -> usize {
        depth(self.pattern())
    }

    /// Whether any level is `+` or `#`.
    pub fn has_wildcards(&self) -> bool {
        self.pattern().iter().any(|byte| matches!(byte, b'+' | b'#'))
    }

    /// The filter as the one topic name it matches, if it has no wildcards.
    pub fn as_name(&self) -> Option<TopicName<'a>> {
        (!self.has_wildcards()).then(|| TopicName::from_scanned(self.pattern()))
    }

    /// Whether a message to `name` is for this filter (§4.7.1 to §4.7.3).
    ///
    /// ```
    /// use mqtt_codec::{TopicFilter, TopicName};
    ///
    /// let all = TopicFilter::new("#")?;
    /// assert!(all.matches(TopicName::new("plant/line4")?));
    /// assert!(!all.matches(TopicName::new("$SYS/uptime")?), "[MQTT-4.7.2-1]");
    /// # Ok::<(), mqtt_codec::TopicError>(())
    /// ```
    pub fn matches(&self, name: TopicName<'_>) -> bool {
        if self.begins_with_wildcard() && name.is_reserved() {
            return false; // [MQTT-4.7.2-1]
        }
        let mut name = levels(name.as_bytes());
        for level in levels(self.pattern()) {
            match (level, name.next()) {
                (b"#", _) => return true,
                (_, None) => return false,
                (b"+", Some(_)) => {}
                (text, Some(other)) if text == other => {}
                _ => return false,
            }
        }
        name.next().is_none()
    }

    /// Whether every name that `other` matches is matched by this filter too. Share names play no part.
    ///
    /// ```
    /// use mqtt_codec::TopicFilter;
    ///
    /// let wide = TopicFilter::new("plant/#")?;
    /// assert!(wide.covers(TopicFilter::new("plant/+/state")?));
    /// assert!(wide.covers(TopicFilter::new("plant")?), "`#` includes its parent level");
    /// assert!(!wide.covers(TopicFilter::new("+/line4")?));
    /// # Ok::<(), mqtt_codec::TopicError>(())
    /// ```
    pub fn covers(&self, other: TopicFilter<'_>) -> bool {
        if self.begins_with_wildcard() && other.pattern().first() == Some(&b'$') {
            return false; // [MQTT-4.7.2-1]
        }
        let mut theirs = levels(spelled_out(other.pattern()));
        for level in levels(self.pattern()) {
            match (level, theirs.next()) {
                (b"#", _) => return true,
                (_, None | Some(b"#")) => return false,
                (b"+", Some(_)) => {}
                (text, Some(other)) if text == other => {}
                _ => return false,
            }
        }
        theirs.next().is_none()
    }

    /// Whether some name is matched by both filters. Share names play no part.
    ///
    /// ```
    /// use mqtt_codec::TopicFilter;
    ///
    /// let filter = TopicFilter::new("plant/+/state")?;
    /// assert!(filter.overlaps(TopicFilter::new("+/line4/#")?));
    /// assert!(!filter.overlaps(TopicFilter::new("plant/line4/mode")?));
    /// # Ok::<(), mqtt_codec::TopicError>(())
    /// ```
    pub fn overlaps(&self, other: TopicFilter<'_>) -> bool {
        let reserved = |filter: &TopicFilter<'_>| filter.pattern().first() == Some(&b'$');
        if (self.begins_with_wildcard() && reserved(&other))
            || (other.begins_with_wildcard() && reserved(self))
        {
            return false; // [MQTT-4.7.2-1]
        }
        let (mut ours, mut theirs) =
            (levels(spelled_out(self.pattern())), levels(spelled_out(other.pattern())));
        loop {
            match (ours.next(), theirs.next()) {
                (Some(b"#"), _) | (_, Some(b"#")) | (None, None) => return true,
                (None, Some(_)) | (Some(_), None) => return false,
                (Some(b"+"), Some(_)) | (Some(_), Some(b"+")) => {}
                (Some(one), Some(other)) if one == other => {}
                _ => return false,
            }
        }
    }

    /// Holds the filter to narrower bounds than the protocol's; the levels of `$share/{name}/` are not counted.
    ///
    /// # Errors
    /// [`TopicRule::TooLong`] or [`TopicRule::TooDeep`], at the first byte out of bounds.
    pub fn within(self, bounds: TopicBounds) -> Result<Self, TopicError> {
        let offset = usize::from(self.start);
        bounds.admit(self.pattern()).map_err(|error| error.rule.at(offset + error.at))?;
        Ok(self)
    }

    /// The bytes topics are matched with.
    pub(crate) fn pattern(&self) -> &'a [u8] {
        self.text.get(usize::from(self.start)..).unwrap_or_default()
    }

    pub(crate) fn share_bytes(&self) -> Option<&'a [u8]> {
        self.text.get(SHARE.len()..usize::from(self.start).checked_sub(1)?)
    }

    fn begins_with_wildcard(&self) -> bool {
        matches!(self.pattern().first(), Some(b'+' | b'#'))
    }
}

impl<'a> TryFrom<&'a str> for TopicFilter<'a> {
    type Error = TopicError;

    fn try_from(text: &'a str) -> Result<Self, TopicError> {
        Self::new(text)
    }
}

impl<'a> From<TopicName<'a>> for TopicFilter<'a> {
    /// The filter that matches this name alone; never a shared one.
    fn from(name: TopicName<'a>) -> Self {
        Self { text: name.as_bytes(), start: 0 }
    }
}

impl AsRef<[u8]> for TopicFilter<'_> {
    fn as_ref(&self) -> &[u8] {
        self.text
    }
}

impl PartialEq<str> for TopicFilter<'_> {
    fn eq(&self, other: &str) -> bool {
        self.text == other.as_bytes()
    }
}

impl PartialEq<&str> for TopicFilter<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.text == other.as_bytes()
    }
}

impl fmt::Display for TopicFilter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for TopicFilter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// One level of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Level<'a> {
    /// A level to be met exactly; it may be empty.
    Text(&'a str),
    /// `+`: any one level.
    Any,
    /// `#`: the parent level and all levels below.
    Rest,
}

impl<'a> Level<'a> {
    fn from_checked(level: &'a str) -> Self {
        match level {
            "+" => Self::Any,
            "#" => Self::Rest,
            text => Self::Text(text),
        }
    }
}

/// Splits at the separators; no bytes are one empty level.
pub(crate) fn levels(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&byte| byte == b'/')
}

/// The same set of names without the empty one, which `#` and `/#` seem to include but no name is [MQTT-4.7.3-1].
fn spelled_out(pattern: &[u8]) -> &[u8] {
    match pattern {
        b"#" => b"+/#",
        b"/#" => b"/+/#",
        _ => pattern,
    }
}

fn no_nul(text: &[u8]) -> Result<(), TopicError> {
    match text.iter().position(|&byte| byte == 0) {
        Some(at) => Err(TopicRule::Nul.at(at)),
        None => Ok(()),
    }
}

/// The length of `$share/{name}/`, 0 for a filter that is not shared.
fn share_prefix(text: &[u8]) -> Result<u16, TopicError> {
    let Some(rest) = text.strip_prefix(SHARE) else { return Ok(0) };
    let name = levels(rest).next().unwrap_or_default();
    if name.is_empty() {
        return Err(TopicRule::ShareNameEmpty.at(SHARE.len()));
    }
    if let Some(at) = name.iter().position(|byte| matches!(byte, b'+' | b'#')) {
        return Err(TopicRule::ShareNameWildcard.at(SHARE.len() + at));
    }
    let start = SHARE.len() + name.len() + 1;
    if start >= text.len() {
        return Err(TopicRule::ShareWithoutFilter.at(text.len()));
    }
    u16::try_from(start).map_err(|_| TopicRule::TooLong.at(start))
}

/// Looks at eight bytes at a time for wildcards, and at their neighbours only where there is one.
fn check_wildcards(text: &[u8], start: usize) -> Result<(), TopicError> {
    const ONES: u64 = u64::MAX / 0xff;
    let (words, tail) = text.as_chunks();
    for (index, word) in words.iter().enumerate() {
        // `+` is 0x2B and `#` is 0x23: with bit 3 set both are 0x2B. The sum cannot carry, so no mark is a false one.
        let other = (u64::from_le_bytes(*word) | (ONES * 0x08)) ^ (ONES * 0x2b);
        let mut marks = !(((other & (ONES * 0x7f)) + ONES * 0x7f) | other | (ONES * 0x7f));
        while marks != 0 {
            check_wildcard(text, start, index * 8 + (marks.trailing_zeros() / 8) as usize)?;
            marks &= marks - 1;
        }
    }
    let tail_at = text.len() - tail.len();
    for (at, _) in tail.iter().enumerate().filter(|(_, byte)| matches!(byte, b'+' | b'#')) {
        check_wildcard(text, start, tail_at + at)?;
    }
    Ok(())
}

#[inline]
fn check_wildcard(text: &[u8], start: usize, at: usize) -> Result<(), TopicError> {
    let (before, behind) = (text.get(at.wrapping_sub(1)), text.get(at + 1));
    let opens = at == start || before == Some(&b'/');
    match (text.get(at), behind) {
        (Some(b'#'), None) if opens => Ok(()),
        (Some(b'#'), _) => Err(TopicRule::MultiLevelWildcard.at(at)),
        (_, None | Some(b'/')) if opens => Ok(()),
        _ => Err(TopicRule::SingleLevelWildcard.at(at)),
    }
}
