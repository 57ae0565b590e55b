//! Topics: read into their parts, or made from them.
//!
//! Contract: a [`Topic`] names one row of the table ([`Kind`]), borrows its variable parts, and
//! writes back to the text it was read from. Making one checks the parts; reading one is tolerant
//! of levels the console would refuse, but of no wildcard and no empty level.

use core::fmt;

use crate::error::{Error, Fault, Rule};
use crate::name::{DeviceId, check_identifier};
use crate::out::Out;
use crate::table::{Direction, Family, Kind, ReplyTo, both, look_up};

/// Topics longer than this are refused unless a caller allows more; a custom RRPC's prefix is not
/// counted. An answer goes out even if `_reply` makes its topic longer: who asked must take it.
pub const MAX_TOPIC: usize = 128;

/// Slashes in a custom topic.
const MAX_SLASHES: usize = 7;
/// At the end of a custom topic that goes through the product's script.
const PARSED: &str = "?_sn=default";
const RRPC: &str = "/ext/rrpc/";

/// A topic without wildcards, in its parts.
///
/// ```
/// use alink::{DeviceId, Kind, Topic};
///
/// let topic = Topic::parse("/sys/a1LampDemo01/lamp001/thing/event/OverHeat/post")?;
/// assert_eq!((topic.kind(), topic.part()), (Kind::Event, "OverHeat"));
///
/// let lamp = DeviceId::new("a1LampDemo01", "lamp001")?;
/// assert_eq!(topic, Topic::event(lamp, "OverHeat")?);
/// assert_eq!(
///     topic.reply().unwrap().to_string(),
///     "/sys/a1LampDemo01/lamp001/thing/event/OverHeat/post_reply"
/// );
/// # Ok::<(), alink::Fault>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic<'a> {
    kind: Kind,
    is_reply: bool,
    product_key: &'a str,
    device_name: &'a str,
    part: &'a str,
    rrpc: Option<&'a str>,
    is_parsed: bool,
}

impl<'a> Topic<'a> {
    /// Reads a topic of at most [`MAX_TOPIC`] bytes.
    ///
    /// `…/service/x_reply` is read as the reply to service `x`; a service may be called `x_reply`
    /// too, and only who sent the message can tell: see [`parse_sent`](Self::parse_sent).
    ///
    /// # Errors
    /// The rule broken, with the offset in the topic.
    pub fn parse(topic: &'a str) -> Result<Self, Fault> {
        Self::parse_sent(topic, Direction::Both, MAX_TOPIC)
    }

    /// Reads a topic of at most `max` bytes, knowing which way the message travels.
    ///
    /// # Errors
    /// The rule broken, with the offset in the topic.
    #[inline]
    pub fn parse_sent(topic: &'a str, travels: Direction, max: usize) -> Result<Self, Fault> {
        if let Some(rest) = topic.strip_prefix("/sys/")
            && topic.len() <= max
        {
            return Levels { topic, base: 0 }.behind(Family::Sys, rest, travels);
        }
        let Some(wrapped) = topic.strip_prefix(RRPC) else {
            return Self::parse_inner(topic, travels, max, 0);
        };
        let end = wrapped.find('/').ok_or(Fault::new(Rule::TopicUnknown, RRPC.len()))?;
        let (message_id, inner) = wrapped.split_at(end);
        check_level(message_id, RRPC.len())?;
        let topic = Self::parse_inner(inner, travels, max, RRPC.len() + end)?;
        Ok(Self { rrpc: Some(message_id), ..topic })
    }

    #[inline(never)]
    fn parse_inner(topic: &'a str, travels: Direction, max: usize, base: usize) -> Result<Self, Fault> {
        if topic.len() > max {
            return Err(Fault::new(Rule::TopicTooLong, base + max));
        }
        let levels = Levels { topic, base };
        let unknown = Fault::new(Rule::TopicUnknown, base);
        for (prefix, family) in
            [("/sys/", Family::Sys), ("/ext/session/", Family::Session), ("/ext/ntp/", Family::Ntp)]
        {
            if let Some(rest) = topic.strip_prefix(prefix) {
                return levels.behind(family, rest, travels);
            }
        }
        if let Some(rest) = topic.strip_prefix("/ext/") {
            return if let Some(rest) = rest.strip_prefix("error/") {
                levels.before(Family::Error, "", rest)
            } else if let Some(id) = rest.strip_prefix("network/probe/") {
                check_level(id, base + topic.len() - id.len())?;
                Ok(Self::bare(Kind::Probe, "", "", id))
            } else {
                Err(unknown)
            };
        }
        for (prefix, family) in [("/ota/device/", Family::Ota), ("/shadow/", Family::Shadow)] {
            if let Some(rest) = topic.strip_prefix(prefix) {
                let (suffix, rest) = rest.split_once('/').ok_or(unknown)?;
                return levels.before(family, suffix, rest);
            }
        }
        if let Some(rest) = topic.strip_prefix("/broadcast/") {
            let (product_key, part) = rest.split_once('/').ok_or(unknown)?;
            levels.check(product_key)?;
            levels.check_all(part)?;
            return Ok(Self::bare(Kind::Broadcast, product_key, "", part));
        }
        let rest = topic.strip_prefix('/').ok_or(unknown)?;
        levels.behind(Family::Custom, rest, travels)
    }

    const fn bare(kind: Kind, product_key: &'a str, device_name: &'a str, part: &'a str) -> Self {
        Self { kind, is_reply: false, product_key, device_name, part, rrpc: None, is_parsed: false }
    }

    /// The topic of a kind whose topic does not vary, or `None` if it does.
    #[must_use]
    pub fn of(kind: Kind, device: DeviceId<'a>) -> Option<Self> {
        if kind.varies() {
            None
        } else {
            Some(Self::bare(kind, device.product_key(), device.device_name(), ""))
        }
    }

    pub(crate) fn made(kind: Kind, device: DeviceId<'a>, part: &'a str) -> Self {
        Self::bare(kind, device.product_key(), device.device_name(), part)
    }

    /// Where a device posts an event.
    ///
    /// # Errors
    /// [`Rule::BadIdentifier`]; `property` and `post` are no events of a device's own.
    pub fn event(device: DeviceId<'a>, identifier: &'a str) -> Result<Self, Fault> {
        check_identifier(identifier, 0)?;
        // `thing/event/property/post` is the property post.
        if identifier == "property" {
            return Err(Fault::new(Rule::BadIdentifier, 0));
        }
        Ok(Self::made(Kind::Event, device, identifier))
    }

    /// Where the platform calls a service.
    ///
    /// # Errors
    /// [`Rule::BadIdentifier`].
    pub fn service(device: DeviceId<'a>, identifier: &'a str) -> Result<Self, Fault> {
        check_identifier(identifier, 0)?;
        Ok(Self::made(Kind::Service, device, identifier))
    }

    /// Where the platform calls a device on the system topic, by message id.
    ///
    /// # Errors
    /// [`Rule::TopicBadLevel`] unless the id is decimal.
    pub fn rrpc(device: DeviceId<'a>, message_id: &'a str) -> Result<Self, Fault> {
        check_message_id(message_id)?;
        Ok(Self::made(Kind::Rrpc, device, message_id))
    }

    /// A custom topic, by what stands behind the names of the device.
    ///
    /// # Errors
    /// [`Rule::TopicEmptyLevel`], [`Rule::TopicWildcard`], [`Rule::TopicTooLong`] (more than seven
    /// slashes too), or [`Rule::TopicBadLevel`] unless levels hold letters, digits and underscores.
    pub fn custom(device: DeviceId<'a>, rest: &'a str) -> Result<Self, Fault> {
        check_custom(rest, 0)?;
        let topic = Self::made(Kind::Custom, device, rest);
        if rest.bytes().filter(|b| *b == b'/').count() + 3 > MAX_SLASHES || topic.len() > MAX_TOPIC {
            return Err(Fault::new(Rule::TopicTooLong, 0));
        }
        Ok(topic)
    }

    /// A broadcast topic, by what stands behind the product key.
    ///
    /// # Errors
    /// As for [`custom`](Self::custom); [`Rule::BadProductKey`] for an empty key.
    pub fn broadcast(product_key: &'a str, rest: &'a str) -> Result<Self, Fault> {
        if product_key.is_empty() {
            return Err(Fault::new(Rule::BadProductKey, 0));
        }
        check_custom(rest, 0)?;
        Ok(Self::bare(Kind::Broadcast, product_key, "", rest))
    }

    /// The same topic inside a custom RRPC: `/ext/rrpc/{mid}` before it, for a synchronous service,
    /// raw or custom call.
    ///
    /// # Errors
    /// [`Rule::TopicBadLevel`] unless the id is decimal.
    pub fn in_rrpc(self, message_id: &'a str) -> Result<Self, Fault> {
        check_message_id(message_id)?;
        Ok(Self { rrpc: Some(message_id), ..self })
    }

    /// In a custom RRPC of any id, for a filter.
    pub(crate) fn wrapped(self, id: &'a str) -> Self {
        Self { rrpc: Some(id), ..self }
    }

    /// The same custom topic, its payload to go through the product's script (`?_sn=default`).
    #[must_use]
    pub fn parsed_by_platform(self) -> Self {
        Self { is_parsed: self.kind == Kind::Custom, ..self }
    }

    /// Where the answer goes; `None` if there is none, or this is one.
    #[must_use]
    pub fn reply(self) -> Option<Self> {
        if self.is_reply {
            return None;
        }
        // Inside a custom RRPC the answer goes where the call came from.
        if self.rrpc.is_some() {
            return Some(self);
        }
        match self.kind.row().reply {
            ReplyTo::Nowhere => None,
            ReplyTo::Same => Some(self),
            ReplyTo::Suffix | ReplyTo::Other(_) => Some(Self { is_reply: true, ..self }),
        }
    }

    /// What the topic is for.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether it carries the answer.
    #[must_use]
    pub fn is_reply(&self) -> bool {
        self.is_reply
    }

    /// The product key; empty for a link probe.
    #[must_use]
    pub fn product_key(&self) -> &'a str {
        self.product_key
    }

    /// The device name; empty for a link probe and a broadcast by topic.
    #[must_use]
    pub fn device_name(&self) -> &'a str {
        self.device_name
    }

    /// The device, if the topic names one whose names are legal.
    #[must_use]
    pub fn device(&self) -> Option<DeviceId<'a>> {
        DeviceId::new(self.product_key, self.device_name).ok()
    }

    /// The part that varies: identifier of event or service, message id, or the rest of a custom or
    /// broadcast topic. Empty for the other kinds.
    #[must_use]
    pub fn part(&self) -> &'a str {
        self.part
    }

    /// The message id of the custom RRPC around the topic. It is beyond 2^53: keep it text.
    #[must_use]
    pub fn rrpc_id(&self) -> Option<&'a str> {
        self.rrpc
    }

    /// Whether the payload goes through the product's script first.
    #[must_use]
    pub fn is_parsed_by_platform(&self) -> bool {
        self.is_parsed
    }

    /// Length of the topic in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pieces().iter().map(|piece| piece.len()).sum()
    }

    /// Never: no topic is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Appends the topic to `out`.
    ///
    /// # Errors
    /// [`Error::NoRoom`]; `out` is unchanged then.
    pub fn write(&self, out: &mut (impl Out + ?Sized)) -> Result<(), Error> {
        let needed = self.len();
        if needed > out.room() {
            return Err(Error::NoRoom { needed });
        }
        for piece in self.pieces() {
            if !piece.is_empty() {
                out.put(piece.as_bytes());
            }
        }
        Ok(())
    }

    /// The topic in order, some pieces empty.
    pub(crate) fn pieces(&self) -> [&'a str; 11] {
        let row = self.kind.row();
        let ((head, tail), mark) = match row.reply {
            ReplyTo::Other(other) if self.is_reply => (both(other), ""),
            _ => (row.affixes.unwrap_or((row.suffix, "")), if self.is_reply { "_reply" } else { "" }),
        };
        let (rrpc, id) = self.rrpc.map_or(("", ""), |id| (RRPC, id));
        let (pk, dn, part) = (self.product_key, self.device_name, self.part);
        match row.family {
            Family::Sys => [rrpc, id, "/sys/", pk, "/", dn, "/", head, part, tail, mark],
            Family::Session => [rrpc, id, "/ext/session/", pk, "/", dn, "/", head, part, tail, mark],
            Family::Ntp => [rrpc, id, "/ext/ntp/", pk, "/", dn, "/", head, part, tail, mark],
            Family::Error => [rrpc, id, "/ext/error/", pk, "/", dn, "", "", "", "", ""],
            Family::Ota => [rrpc, id, "/ota/device/", head, "/", pk, "/", dn, "", "", ""],
            Family::Shadow => [rrpc, id, "/shadow/", head, "/", pk, "/", dn, "", "", ""],
            Family::Broadcast => [rrpc, id, "/broadcast/", pk, "/", part, "", "", "", "", ""],
            Family::Probe => [rrpc, id, "/ext/network/probe/", part, "", "", "", "", "", "", ""],
            Family::Custom => {
                [rrpc, id, "/", pk, "/", dn, "/", part, if self.is_parsed { PARSED } else { "" }, "", ""]
            }
        }
    }
}

impl fmt::Display for Topic<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces().iter().try_for_each(|piece| f.write_str(piece))
    }
}

/// Reads the levels of one topic.
struct Levels<'a> {
    topic: &'a str,
    base: usize,
}

impl<'a> Levels<'a> {
    /// `{pk}/{dn}/…`: the purpose stands behind the names.
    #[inline(always)]
    fn behind(&self, family: Family, rest: &'a str, travels: Direction) -> Result<Topic<'a>, Fault> {
        let (product_key, rest) = self.level(rest)?;
        let (device_name, rest) = self.level(rest)?;
        let found = match family {
            Family::Custom => return self.custom(product_key, device_name, rest),
            _ => self.purpose(family, rest, travels),
        };
        let (kind, is_reply, part) = found?;
        Ok(Topic { is_reply, ..Topic::bare(kind, product_key, device_name, part) })
    }

    /// `…/{pk}/{dn}`: the purpose stands before the names.
    fn before(&self, family: Family, suffix: &'a str, rest: &'a str) -> Result<Topic<'a>, Fault> {
        let (kind, is_reply) =
            look_up(family, suffix).ok_or(Fault::new(Rule::TopicUnknown, self.offset(suffix)))?;
        let (product_key, device_name) =
            rest.split_once('/').ok_or(Fault::new(Rule::TopicUnknown, self.offset(rest)))?;
        self.check(product_key)?;
        self.check(device_name)?;
        Ok(Topic { is_reply, ..Topic::bare(kind, product_key, device_name, "") })
    }

    fn purpose(
        &self,
        family: Family,
        suffix: &'a str,
        travels: Direction,
    ) -> Result<(Kind, bool, &'a str), Fault> {
        if let Some((kind, is_reply)) = look_up(family, suffix) {
            return Ok((kind, is_reply, ""));
        }
        if let Some(stem) = suffix.strip_suffix("_reply")
            && let Some((kind, false)) = look_up(family, stem)
            && kind.row().reply == ReplyTo::Suffix
        {
            return Ok((kind, true, ""));
        }
        self.varying_purpose(family, suffix, travels)
    }

    fn varying_purpose(
        &self,
        family: Family,
        suffix: &'a str,
        travels: Direction,
    ) -> Result<(Kind, bool, &'a str), Fault> {
        let unknown = Fault::new(Rule::TopicUnknown, self.offset(suffix));
        if family != Family::Sys {
            return Err(unknown);
        }
        if let Some(rest) = suffix.strip_prefix("thing/event/") {
            let (identifier, rest) = rest.split_once('/').ok_or(unknown)?;
            self.check(identifier)?;
            return match rest {
                "post" => Ok((Kind::Event, false, identifier)),
                "post_reply" => Ok((Kind::Event, true, identifier)),
                _ => Err(unknown),
            };
        }
        if let Some(rest) = suffix.strip_prefix("thing/service/") {
            // A feature may itself end in `_reply`: only the platform sends requests here.
            let stem = rest.strip_suffix("_reply").filter(|_| travels != Direction::Down);
            let identifier = stem.unwrap_or(rest);
            self.check(identifier)?;
            return Ok((Kind::Service, stem.is_some(), identifier));
        }
        for (prefix, kind, is_reply) in [
            ("rrpc/request/", Kind::Rrpc, false),
            ("rrpc/response/", Kind::Rrpc, true),
            ("broadcast/request/", Kind::BroadcastOnline, false),
        ] {
            if let Some(id) = suffix.strip_prefix(prefix) {
                self.check(id)?;
                return Ok((kind, is_reply, id));
            }
        }
        Err(unknown)
    }

    fn custom(&self, product_key: &'a str, device_name: &'a str, rest: &'a str) -> Result<Topic<'a>, Fault> {
        let (part, is_parsed) = match rest.strip_suffix(PARSED) {
            Some(part) => (part, true),
            None => (rest, false),
        };
        self.check_all(part)?;
        Ok(Topic { is_parsed, ..Topic::bare(Kind::Custom, product_key, device_name, part) })
    }

    /// The level up to the next slash, and what stands behind that.
    #[inline]
    fn level(&self, rest: &'a str) -> Result<(&'a str, &'a str), Fault> {
        let mut at = 0;
        loop {
            at += high_run(rest.as_bytes().get(at..).unwrap_or_default());
            match rest.as_bytes().get(at) {
                Some(b'/') if at > 0 => {
                    let (level, behind) = rest.split_at_checked(at).unwrap_or_default();
                    return Ok((level, behind.get(1..).unwrap_or_default()));
                }
                Some(b'-' | b'.') => at += 1,
                other => return Err(self.level_fault(other.copied(), rest, at)),
            }
        }
    }

    #[cold]
    fn level_fault(&self, byte: Option<u8>, rest: &str, at: usize) -> Fault {
        let rule = match byte {
            Some(b'/') => Rule::TopicEmptyLevel,
            Some(b'+' | b'#') => Rule::TopicWildcard,
            Some(_) => Rule::TopicBadLevel,
            None => return Fault::new(Rule::TopicUnknown, self.offset(rest)),
        };
        Fault::new(rule, self.offset(rest) + at)
    }

    fn check(&self, level: &'a str) -> Result<(), Fault> {
        check_level(level, self.offset(level))
    }

    fn check_all(&self, levels: &'a str) -> Result<(), Fault> {
        levels.split('/').try_for_each(|level| self.check(level))
    }

    /// Where a part of the topic begins.
    fn offset(&self, part: &str) -> usize {
        self.base + (part.as_ptr() as usize).saturating_sub(self.topic.as_ptr() as usize)
    }
}

/// How many bytes from the start lie above the slash: letters, digits, `_`, `:`, `@`, and whatever is
/// not ASCII. Eight at a time; exact for the lowest byte that does not.
#[inline]
fn high_run(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    let mut run = 0;
    let mut rest = bytes;
    while let Some((chunk, behind)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*chunk);
        let hit = word.wrapping_sub(ONES * 0x30) & !word & (ONES << 7);
        if hit != 0 {
            return run + (hit.trailing_zeros() >> 3) as usize;
        }
        run += 8;
        rest = behind;
    }
    run + rest.iter().position(|byte| *byte <= b'/').unwrap_or(rest.len())
}

fn check_level(level: &str, at: usize) -> Result<(), Fault> {
    if level.is_empty() {
        return Err(Fault::new(Rule::TopicEmptyLevel, at));
    }
    match level.bytes().position(|b| matches!(b, b'+' | b'#' | b'/' | 0)) {
        Some(offset) => {
            let slash = level.as_bytes().get(offset) == Some(&b'/');
            Err(Fault::new(if slash { Rule::TopicUnknown } else { Rule::TopicWildcard }, at + offset))
        }
        None => Ok(()),
    }
}

fn check_custom(rest: &str, at: usize) -> Result<(), Fault> {
    let mut at = at;
    for level in rest.split('/') {
        check_level(level, at)?;
        if let Some(offset) = level.bytes().position(|b| !b.is_ascii_alphanumeric() && b != b'_') {
            return Err(Fault::new(Rule::TopicBadLevel, at + offset));
        }
        at += level.len() + 1;
    }
    Ok(())
}

fn check_message_id(id: &str) -> Result<(), Fault> {
    let decimal = (1..=20).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit());
    if decimal { Ok(()) } else { Err(Fault::new(Rule::TopicBadLevel, 0)) }
}
