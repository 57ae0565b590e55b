//! What a decoder is told beforehand: version, sender, tolerances, limits.

use core::fmt;

/// The version of the protocol a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Version {
    /// MQTT 3.1.1, protocol level 4.
    V311,
    /// MQTT 5.0, protocol level 5.
    V5,
}

impl Version {
    /// The protocol level CONNECT carries (§3.1.2.2).
    pub const fn level(self) -> u8 {
        match self {
            Self::V311 => 4,
            Self::V5 => 5,
        }
    }

    /// The version of a protocol level, if this crate speaks it.
    pub const fn from_level(level: u8) -> Option<Self> {
        match level {
            4 => Some(Self::V311),
            5 => Some(Self::V5),
            _ => None,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::V311 => "3.1.1",
            Self::V5 => "5.0",
        })
    }
}

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a connection has two ends")]
pub enum Role {
    /// The end that opened the connection.
    Client,
    /// The end that accepted it.
    Server,
}

/// What to hold a packet to while decoding it.
///
/// ```
/// use mqtt_codec::{Leniency, Limits, Role, Rules, Version};
///
/// let rules = Rules::new(Version::V5)
///     .sent_by(Role::Client)
///     .lenient(Leniency::DUP_AT_QOS_0)
///     .limited(Limits::packet(4096));
/// assert_eq!(rules.from, Some(Role::Client));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rules {
    /// The version of the connection. CONNECT says its own and decodes without; all other packets need it.
    pub version: Option<Version>,
    /// Who sent the packet; with `None` the rules about who may send what are skipped, as tools want it.
    pub from: Option<Role>,
    /// The violations to put up with.
    pub leniency: Leniency,
    /// The largest packets to accept.
    pub limits: Limits,
}

impl Rules {
    /// For a server before CONNECT: no version is known, and only CONNECT is accepted [MQTT-3.1.0-1].
    pub const UNCONNECTED: Self = Self {
        version: None,
        from: Some(Role::Client),
        leniency: Leniency::STRICT,
        limits: Limits::PROTOCOL,
    };

    /// Strict, unlimited, from either end.
    pub const fn new(version: Version) -> Self {
        Self { version: Some(version), from: None, leniency: Leniency::STRICT, limits: Limits::PROTOCOL }
    }

    /// The same for packets sent by `role`.
    pub const fn sent_by(mut self, role: Role) -> Self {
        self.from = Some(role);
        self
    }

    /// The same with other tolerances.
    pub const fn lenient(mut self, leniency: Leniency) -> Self {
        self.leniency = leniency;
        self
    }

    /// The same with other limits.
    pub const fn limited(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

/// Violations that real peers commit and that can be put up with, one by one. All are refused by default.
///
/// ```
/// use mqtt_codec::Leniency;
///
/// let leniency = Leniency::DUP_AT_QOS_0.and(Leniency::SUBACK_CODES);
/// assert!(leniency.has(Leniency::SUBACK_CODES) && !leniency.has(Leniency::LONG_NUMBERS));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Leniency(u16);

impl Leniency {
    /// No tolerance at all; the default.
    pub const STRICT: Self = Self(0);
    /// PUBLISH with DUP at QoS 0 [MQTT-3.3.1-2]: the flag is ignored, as it means nothing there.
    pub const DUP_AT_QOS_0: Self = Self(1);
    /// PUBREL, SUBSCRIBE or UNSUBSCRIBE with fixed header flags other than 0010 ([MQTT-3.6.1-1], [MQTT-3.8.1-1],
    /// [MQTT-3.10.1-1]): MQTT 3.1 had DUP there, and its heirs still set it. The flags are ignored.
    pub const REQUEST_FLAGS: Self = Self(1 << 1);
    /// SUBACK in 3.1.1 with return codes other than 0, 1, 2 and 0x80 [MQTT-3.9.3-2], as old brokers and bridges to
    /// MQTT 5.0 send them: every other code is read as the failure it must mean.
    pub const SUBACK_CODES: Self = Self(1 << 2);
    /// CONNACK in 5.0 that has the form of 3.1.1: no property length, and 3.1.1 return codes 1 to 5 (§3.2.2). Brokers
    /// that know only 3.1.1 answer so, and a client that cannot read it cannot fall back.
    pub const CONNACK_311_FORM: Self = Self(1 << 3);
    /// SUBACK and UNSUBACK in 5.0 that have the form of 3.1.1: no property length; UNSUBACK without reason codes
    /// (§3.9.2.1, §3.11.3).
    pub const SUBACK_311_FORM: Self = Self(1 << 4);
    /// CONNACK with session present although it refuses ([MQTT-3.2.2-4], in 5.0 [MQTT-3.2.2-6]): the flag is ignored.
    pub const SESSION_PRESENT_ON_REFUSAL: Self = Self(1 << 5);
    /// CONNECT in 3.1.1 with a password but no user name [MQTT-3.1.2-22], which 5.0 allows.
    pub const PASSWORD_ALONE: Self = Self(1 << 6);
    /// CONNECT in 3.1.1 with an empty client identifier although it wants its session kept [MQTT-3.1.3-7].
    pub const EMPTY_CLIENT_ID: Self = Self(1 << 7);
    /// Numbers of variable length that are longer than needed [MQTT-1.5.5-1].
    pub const LONG_NUMBERS: Self = Self(1 << 8);
    /// A payload that is not UTF-8 although its format indicator says so (§3.3.2.3.2); the payload is then not looked at.
    pub const PAYLOAD_FORMAT: Self = Self(1 << 9);
    /// Every tolerance, for tools that look at foreign traffic.
    pub const ALL: Self = Self((1 << 10) - 1);

    /// These and those.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is among these.
    #[inline]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl fmt::Debug for Leniency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = [
            (Self::DUP_AT_QOS_0, "DUP_AT_QOS_0"),
            (Self::REQUEST_FLAGS, "REQUEST_FLAGS"),
            (Self::SUBACK_CODES, "SUBACK_CODES"),
            (Self::CONNACK_311_FORM, "CONNACK_311_FORM"),
            (Self::SUBACK_311_FORM, "SUBACK_311_FORM"),
            (Self::SESSION_PRESENT_ON_REFUSAL, "SESSION_PRESENT_ON_REFUSAL"),
            (Self::PASSWORD_ALONE, "PASSWORD_ALONE"),
            (Self::EMPTY_CLIENT_ID, "EMPTY_CLIENT_ID"),
            (Self::LONG_NUMBERS, "LONG_NUMBERS"),
            (Self::PAYLOAD_FORMAT, "PAYLOAD_FORMAT"),
        ];
        f.debug_set().entries(named.iter().filter(|(one, _)| self.has(*one)).map(|(_, name)| name)).finish()
    }
}

/// The largest packets to accept. Nothing in this crate allocates by a number a peer sent; limits are for what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The largest whole packet, in bytes, fixed header included (in 5.0 what Maximum Packet Size announces).
    pub packet: u32,
    /// The largest payload of a PUBLISH, in bytes, whatever its topic and properties take.
    pub payload: u32,
}

impl Limits {
    /// What the protocol itself allows: a remaining length of 268,435,455 bytes.
    pub const PROTOCOL: Self = Self { packet: u32::MAX, payload: u32::MAX };

    /// Packets of at most `bytes` bytes, fixed header included.
    pub const fn packet(bytes: u32) -> Self {
        Self { packet: bytes, payload: u32::MAX }
    }

    /// Payloads of at most `bytes` bytes.
    pub const fn payload(bytes: u32) -> Self {
        Self { packet: u32::MAX, payload: bytes }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::PROTOCOL
    }
}
