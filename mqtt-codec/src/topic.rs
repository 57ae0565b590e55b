//! Topic names: what a PUBLISH is addressed to (MQTT 5.0 and 3.1.1 §4.7), the bounds on topics, and what can be wrong with one.

use core::fmt;

use crate::text::scan_name;

/// The longest topic name or filter, in bytes: a length field of MQTT has 16 bits [MQTT-4.7.3-3].
pub const MAX_TOPIC_LEN: usize = 65_535;

/// A topic name: UTF-8 of 1 to 65,535 bytes without U+0000, `+` and `#` (§4.7).
///
/// It is made by a checking constructor and is right from then on: nothing that takes one looks again. What a subscriber
/// writes is a [`TopicFilter`](crate::TopicFilter).
///
/// Both types hold *bytes known to be UTF-8*, not a `&str`: the decoder checks a field in one pass of its own, and safe code
/// turns bytes into `&str` only by checking them a second time. So matching, comparing, hashing and [`Self::as_bytes`] cost
/// nothing extra, while [`Self::as_str`], and with it [`Self::levels`] and formatting, pays for one
/// [`core::str::from_utf8`] over the text: a few dozen instructions for a usual topic. Call it once and keep the result.
///
/// ```
/// use mqtt_codec::{TopicName, TopicRule};
///
/// let topic = TopicName::new("plant/line4/press/temperature")?;
/// assert_eq!(topic.levels().nth(1), Some("line4"));
///
/// let error = TopicName::new("plant/+/press").unwrap_err();
/// assert_eq!((error.rule, error.at), (TopicRule::WildcardInName, 6));
/// # Ok::<(), mqtt_codec::TopicError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicName<'a>(&'a [u8]);

impl<'a> TopicName<'a> {
    /// Checks a topic name.
    ///
    /// # Errors
    /// The rule broken and the byte offset at which it is: [`TopicRule::Empty`], [`TopicRule::TooLong`],
    /// [`TopicRule::Nul`], [`TopicRule::WildcardInName`].
    pub fn new(text: &'a str) -> Result<Self, TopicError> {
        check_length(text.as_bytes())?;
        if scan_name(text.as_bytes()).is_ok() {
            return Ok(Self(text.as_bytes()));
        }
        match text.bytes().position(|byte| matches!(byte, 0 | b'+' | b'#')) {
            None => Ok(Self(text.as_bytes())),
            Some(at) if text.as_bytes()[at] == 0 => Err(TopicRule::Nul.at(at)),
            Some(at) => Err(TopicRule::WildcardInName.at(at)),
        }
    }

    /// Checks a topic name that came as bytes.
    ///
    /// # Errors
    /// As [`Self::new`], and [`TopicRule::NotUtf8`].
    pub fn from_utf8(text: &'a [u8]) -> Result<Self, TopicError> {
        Self::new(utf8(text)?)
    }

    /// Takes text the decoder has already found to be UTF-8, of 1 to 65,535 bytes, without U+0000, `+` and `#`.
    pub(crate) const fn from_scanned(text: &'a [u8]) -> Self {
        Self(text)
    }

    /// The name as bytes, at no cost.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// The name as text, at the cost of one UTF-8 check (see the type).
    pub fn as_str(&self) -> &'a str {
        core::str::from_utf8(self.0).unwrap_or_default()
    }

    /// The levels between the separators, from left to right; any of them may be empty (§4.7.1.1).
    pub fn levels(&self) -> impl DoubleEndedIterator<Item = &'a str> + Clone + 'a {
        self.as_str().split('/')
    }

    /// The number of levels: one more than there are separators.
    pub fn depth(&self) -> usize {
        depth(self.0)
    }

    /// Whether the name begins with `$`, so that no filter beginning with a wildcard matches it [MQTT-4.7.2-1].
    pub fn is_reserved(&self) -> bool {
        self.0.first() == Some(&b'$')
    }

    /// Holds the name to narrower bounds than the protocol's.
    ///
    /// # Errors
    /// [`TopicRule::TooLong`] or [`TopicRule::TooDeep`], at the first byte out of bounds.
    pub fn within(self, bounds: TopicBounds) -> Result<Self, TopicError> {
        bounds.admit(self.0).map(|()| self)
    }
}

impl<'a> TryFrom<&'a str> for TopicName<'a> {
    type Error = TopicError;

    fn try_from(text: &'a str) -> Result<Self, TopicError> {
        Self::new(text)
    }
}

impl AsRef<[u8]> for TopicName<'_> {
    fn as_ref(&self) -> &[u8] {
        self.0
    }
}

impl PartialEq<str> for TopicName<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for TopicName<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl fmt::Display for TopicName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for TopicName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// Bounds on length and depth, for whoever wants less than the protocol allows: a platform's limits, a server's own.
///
/// ```
/// use mqtt_codec::{TopicBounds, TopicName, TopicRule};
///
/// let platform = TopicBounds::new(128, 7);
/// let error = TopicName::new("a/b/c/d/e/f/g/h")?.within(platform).unwrap_err();
/// assert_eq!((error.rule, error.at), (TopicRule::TooDeep, 13));
/// # Ok::<(), mqtt_codec::TopicError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicBounds {
    bytes: u16,
    levels: u16,
}

impl TopicBounds {
    /// What the protocol itself allows: 65,535 bytes, every one of them a separator.
    pub const PROTOCOL: Self = Self::new(u16::MAX, u16::MAX);

    /// At most `bytes` bytes and `levels` levels.
    pub const fn new(bytes: u16, levels: u16) -> Self {
        Self { bytes, levels }
    }

    /// The longest text, in bytes.
    pub const fn bytes(self) -> u16 {
        self.bytes
    }

    /// The most levels.
    pub const fn levels(self) -> u16 {
        self.levels
    }

    pub(crate) fn admit(self, text: &[u8]) -> Result<(), TopicError> {
        if text.len() > usize::from(self.bytes) {
            return Err(TopicRule::TooLong.at(usize::from(self.bytes)));
        }
        let mut separators = text.iter().enumerate().filter(|&(_, byte)| *byte == b'/').map(|(at, _)| at);
        // The separator that opens the first level too many; with no level allowed, the text itself.
        let excess = match usize::from(self.levels).checked_sub(1) {
            Some(allowed) => separators.nth(allowed),
            None => Some(0),
        };
        match excess {
            Some(at) => Err(TopicRule::TooDeep.at(at)),
            None => Ok(()),
        }
    }
}

impl Default for TopicBounds {
    fn default() -> Self {
        Self::PROTOCOL
    }
}

/// Why a text is not a topic name or filter: the rule it breaks, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule} (at byte {at})")]
#[non_exhaustive]
pub struct TopicError {
    /// The rule broken.
    pub rule: TopicRule,
    /// The offset of the first byte that breaks it.
    pub at: usize,
}

/// The rules for topic names and filters, with the statement of MQTT 5.0 that makes them.
///
/// 3.1.1 numbers the three wildcard rules [MQTT-4.7.1-1] to [MQTT-4.7.1-3] and has no shared subscriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum TopicRule {
    /// At least one character long [MQTT-4.7.3-1].
    #[error("a topic has at least one character [MQTT-4.7.3-1]")]
    Empty,
    /// At most 65,535 bytes [MQTT-4.7.3-3], or fewer where [`TopicBounds`] say so.
    #[error("the topic is too long [MQTT-4.7.3-3]")]
    TooLong,
    /// At most as many levels as [`TopicBounds`] or a tree allow (§4.7.3 leaves the number to the implementation).
    #[error("the topic has too many levels (section 4.7.3)")]
    TooDeep,
    /// UTF-8 throughout [MQTT-1.5.4-1].
    #[error("a topic is UTF-8 [MQTT-1.5.4-1]")]
    NotUtf8,
    /// No U+0000 [MQTT-4.7.3-2].
    #[error("a topic has no U+0000 [MQTT-4.7.3-2]")]
    Nul,
    /// No wildcard in a topic name [MQTT-4.7.0-1].
    #[error("a topic name has no wildcards [MQTT-4.7.0-1]")]
    WildcardInName,
    /// `#` stands alone in its level, and the level is the last one [MQTT-4.7.1-1].
    #[error("`#` is a whole level, and the last [MQTT-4.7.1-1]")]
    MultiLevelWildcard,
    /// `+` stands alone in its level [MQTT-4.7.1-2].
    #[error("`+` is a whole level [MQTT-4.7.1-2]")]
    SingleLevelWildcard,
    /// The share name of `$share/{name}/{filter}` has at least one character [MQTT-4.8.2-1].
    #[error("a share name has at least one character [MQTT-4.8.2-1]")]
    ShareNameEmpty,
    /// The share name has no wildcards [MQTT-4.8.2-2].
    #[error("a share name has no wildcards [MQTT-4.8.2-2]")]
    ShareNameWildcard,
    /// The share name is followed by `/` and a filter [MQTT-4.8.2-2].
    #[error("a share name is followed by `/` and a topic filter [MQTT-4.8.2-2]")]
    ShareWithoutFilter,
}

impl TopicRule {
    pub(crate) const fn at(self, at: usize) -> TopicError {
        TopicError { rule: self, at }
    }
}

pub(crate) const fn check_length(text: &[u8]) -> Result<(), TopicError> {
    match text.len() {
        0 => Err(TopicRule::Empty.at(0)),
        1..=MAX_TOPIC_LEN => Ok(()),
        _ => Err(TopicRule::TooLong.at(MAX_TOPIC_LEN)),
    }
}

pub(crate) fn utf8(text: &[u8]) -> Result<&str, TopicError> {
    core::str::from_utf8(text).map_err(|error| TopicRule::NotUtf8.at(error.valid_up_to()))
}

pub(crate) fn depth(text: &[u8]) -> usize {
    1 + text.iter().filter(|&&byte| byte == b'/').count()
}
