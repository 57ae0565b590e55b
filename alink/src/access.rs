//! Who may use which topic: subscription filters, and the rules a platform enforces.
//!
//! Contract: a device publishes and subscribes under its own names only, a gateway under those of
//! its logged-in children too. Wildcards stand in custom topics, in place of the part of a built-in
//! topic that varies, and in the id of a custom RRPC; never in the names and never when publishing.

use core::fmt;

use crate::error::{Error, Fault, Rule};
use crate::name::DeviceId;
use crate::out::Out;
use crate::table::{Direction, Family, Kind, ReplyTo};
use crate::topic::{MAX_TOPIC, Topic};

/// Filters a platform takes in one SUBSCRIBE.
pub const MAX_FILTERS_AT_ONCE: usize = 8;
/// Filters a platform keeps for one device.
pub const MAX_FILTERS: usize = 100;

/// A subscription filter: a topic, with `+` for the part that varies.
///
/// ```
/// use alink::{DeviceId, Kind, access::Filter};
///
/// let lamp = DeviceId::new("a1LampDemo01", "lamp001")?;
/// let filter = Filter::of(Kind::Event, lamp).unwrap();
/// assert_eq!(filter.to_string(), "/sys/a1LampDemo01/lamp001/thing/event/+/post_reply");
/// assert_eq!(Filter::of(Kind::OtaInform, lamp), None);
/// # Ok::<(), alink::Fault>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter<'a>(Topic<'a>);

impl<'a> Filter<'a> {
    /// What a device subscribes for a kind of message: replies to what it sends, requests it
    /// receives. `None` if there is nothing to receive, or for custom topics.
    #[must_use]
    pub fn of(kind: Kind, device: DeviceId<'a>) -> Option<Self> {
        if kind == Kind::Custom {
            return None;
        }
        let part = if kind.varies() { "+" } else { "" };
        let topic = Topic::made(kind, device, part);
        match kind.direction() {
            Direction::Up => topic.reply().map(Self),
            Direction::Down | Direction::Both => Some(Self(topic)),
        }
    }

    /// Custom and synchronous calls on any topic of the device: `/ext/rrpc/+` before `topic`.
    #[must_use]
    pub fn rrpc(topic: Topic<'a>) -> Self {
        Self(topic.wrapped("+"))
    }

    /// Every filter of a device, in the order of the table. With `auto`, without those a platform
    /// subscribes itself for clients that ask it to (`_ss=1` in the client id).
    pub fn all(device: DeviceId<'a>, auto: bool) -> impl Iterator<Item = Self> {
        let kinds = Kind::ALL.iter().filter(move |kind| !(auto && kind.is_auto_subscribed()));
        kinds.filter_map(move |kind| Self::of(*kind, device))
    }

    /// Appends the filter to `out`.
    ///
    /// # Errors
    /// [`Error::NoRoom`]; `out` is unchanged then.
    pub fn write(&self, out: &mut (impl Out + ?Sized)) -> Result<(), Error> {
        self.0.write(out)
    }
}

impl fmt::Display for Filter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// May `device` publish this topic? `is_child` tells which others are its children, logged in.
///
/// # Errors
/// The rule a platform would cut the device off by: [`Rule::TopicNotOurs`], [`Rule::TopicUnknown`]
/// for what only platforms publish, or what is wrong with the topic.
///
/// ```
/// use alink::{DeviceId, Rule, access::may_publish};
///
/// let lamp = DeviceId::new("a1LampDemo01", "lamp001")?;
/// let alone = |_: DeviceId<'_>| false;
/// assert!(may_publish("/sys/a1LampDemo01/lamp001/thing/event/property/post", lamp, alone).is_ok());
/// let other = may_publish("/sys/a1LampDemo01/lamp002/thing/event/property/post", lamp, alone);
/// assert_eq!(other.unwrap_err().rule, Rule::TopicNotOurs);
/// # Ok::<(), alink::Fault>(())
/// ```
pub fn may_publish<'t>(
    topic: &'t str,
    device: DeviceId<'_>,
    is_child: impl Fn(DeviceId<'t>) -> bool,
) -> Result<Topic<'t>, Fault> {
    let parsed = Topic::parse_sent(topic, Direction::Up, MAX_TOPIC)?;
    let fits = parsed.rrpc_id().is_some() || travels(&parsed, Direction::Up);
    if !fits {
        return Err(Fault::new(Rule::TopicUnknown, 0));
    }
    check_owner(parsed.product_key(), parsed.device_name(), parsed.kind(), device, is_child)?;
    Ok(parsed)
}

/// May `device` subscribe this filter? `is_child` tells which others are its children, logged in.
///
/// # Errors
/// The rule a platform would answer with 0x80 for: [`Rule::TopicNotOurs`], [`Rule::TopicWildcard`]
/// where none may stand, [`Rule::TopicUnknown`] for what devices do not receive.
pub fn may_subscribe<'t>(
    filter: &'t str,
    device: DeviceId<'_>,
    is_child: impl Fn(DeviceId<'t>) -> bool,
) -> Result<(), Fault> {
    let (inner, in_rrpc) = match filter.strip_prefix("/ext/rrpc/") {
        // Every call to the device, on whatever topic.
        Some("+" | "#" | "+/#") => return Ok(()),
        Some(rest) => match rest.strip_prefix("+/") {
            Some(behind) => (filter.get(filter.len() - behind.len() - 1..).unwrap_or_default(), true),
            None => return Err(Fault::new(Rule::TopicUnknown, 0)),
        },
        None => (filter, false),
    };
    if inner.len() > MAX_TOPIC {
        return Err(Fault::new(Rule::TopicTooLong, MAX_TOPIC));
    }
    let mut wildcard = false;
    let candidates = Kind::ALL.iter().filter_map(|kind| matches(*kind, inner)).flatten().flatten();
    for (kind, is_reply, product_key, device_name) in candidates {
        if is_wild(product_key) || is_wild(device_name) {
            wildcard = true;
            continue;
        }
        let up = in_rrpc || kind.direction() != Direction::Up || is_reply;
        let down = in_rrpc || kind.direction() != Direction::Down || !is_reply;
        if up && down {
            return check_owner(product_key, device_name, kind, device, is_child);
        }
    }
    Err(Fault::new(if wildcard { Rule::TopicWildcard } else { Rule::TopicUnknown }, 0))
}

/// Whether a message of this topic goes this way.
fn travels(topic: &Topic<'_>, direction: Direction) -> bool {
    match topic.kind().direction() {
        Direction::Both => true,
        way => (way == direction) != topic.is_reply(),
    }
}

fn check_owner<'t>(
    product_key: &'t str,
    device_name: &'t str,
    kind: Kind,
    device: DeviceId<'_>,
    is_child: impl Fn(DeviceId<'t>) -> bool,
) -> Result<(), Fault> {
    let is_own = match kind {
        Kind::Probe => true,
        Kind::Broadcast => product_key == device.product_key(),
        _ => product_key == device.product_key() && device_name == device.device_name(),
    };
    if is_own || is_child(DeviceId::trusted(product_key, device_name)) {
        Ok(())
    } else {
        Err(Fault::new(Rule::TopicNotOurs, 0))
    }
}

fn is_wild(level: &str) -> bool {
    matches!(level, "+" | "#")
}

/// A kind, whether its reply, and the names.
type Match<'t> = (Kind, bool, &'t str, &'t str);

/// A filter against one row of the table: as a request of the kind and as a reply to it.
fn matches(kind: Kind, filter: &str) -> Option<[Option<Match<'_>>; 2]> {
    let row = kind.row();
    let rest = |prefix| filter.strip_prefix(prefix);
    let (product_key, device_name, suffix) = match row.family {
        Family::Sys => names_before(rest("/sys/")?)?,
        Family::Session => names_before(rest("/ext/session/")?)?,
        Family::Ntp => names_before(rest("/ext/ntp/")?)?,
        Family::Custom => {
            let (first, ..) = names_before(rest("/")?)?;
            if matches!(first, "sys" | "ext" | "ota" | "shadow" | "broadcast") {
                return None;
            }
            names_before(rest("/")?)?
        }
        Family::Error => names_behind("", rest("/ext/error/")?)?,
        Family::Ota => rest("/ota/device/")?.split_once('/').and_then(|(s, names)| names_behind(s, names))?,
        Family::Shadow => rest("/shadow/")?.split_once('/').and_then(|(s, names)| names_behind(s, names))?,
        Family::Broadcast => {
            let (product_key, rest) = rest("/broadcast/")?.split_once('/')?;
            (product_key, "", rest)
        }
        Family::Probe => ("", "", rest("/ext/network/probe/")?),
    };
    let request = fits(row.suffix, suffix).then_some((kind, false, product_key, device_name));
    let reply = match row.reply {
        ReplyTo::Suffix => suffix.strip_suffix("_reply").is_some_and(|stem| fits(row.suffix, stem)),
        ReplyTo::Other(other) => fits(other, suffix),
        ReplyTo::Same | ReplyTo::Nowhere => false,
    };
    Some([request, reply.then_some((kind, true, product_key, device_name))])
}

fn names_before(rest: &str) -> Option<(&str, &str, &str)> {
    let (product_key, rest) = rest.split_once('/')?;
    let (device_name, suffix) = rest.split_once('/').unwrap_or((rest, ""));
    Some((product_key, device_name, suffix))
}

fn names_behind<'t>(suffix: &'t str, names: &'t str) -> Option<(&'t str, &'t str, &'t str)> {
    let (product_key, device_name) = names.split_once('/')?;
    Some((product_key, device_name, suffix))
}

/// Whether a suffix fits a template: `{}` takes a level or `+`, and in custom topics any levels
/// with wildcards where MQTT allows them.
fn fits(template: &str, suffix: &str) -> bool {
    if template == "{}" {
        let mut levels = suffix.split('/').peekable();
        return core::iter::from_fn(|| levels.next().map(|level| (level, levels.peek().is_none()))).all(
            |(level, is_last)| match level {
                "+" => true,
                "#" => is_last,
                _ => !level.is_empty() && !level.contains(['+', '#']),
            },
        );
    }
    match template.split_once("{}") {
        None => template == suffix,
        Some((head, tail)) => suffix
            .strip_prefix(head)
            .and_then(|rest| rest.strip_suffix(tail))
            .is_some_and(|part| part == "+" || !part.is_empty() && !part.contains(['/', '+', '#'])),
    }
}
