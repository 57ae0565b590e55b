//! Quality of service and packet identifiers (§4.3, MQTT 5.0 §2.2.1, 3.1.1 §2.3.1).

use core::fmt;
use core::num::NonZeroU16;

/// A quality of service: how often a message may arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[repr(u8)]
#[expect(
    clippy::exhaustive_enums,
    reason = "two bits hold three levels, and the fourth value is forbidden for good"
)]
pub enum Qos {
    /// Once or not at all.
    #[default]
    AtMostOnce = 0,
    /// Once or more.
    AtLeastOnce = 1,
    /// Exactly once.
    ExactlyOnce = 2,
}

impl Qos {
    /// The level of a number from 0 to 2.
    #[inline]
    pub const fn new(level: u8) -> Option<Self> {
        match level {
            0 => Some(Self::AtMostOnce),
            1 => Some(Self::AtLeastOnce),
            2 => Some(Self::ExactlyOnce),
            _ => None,
        }
    }

    /// The number of the level.
    #[inline]
    pub const fn level(self) -> u8 {
        self as u8
    }
}

/// What tells the exchanges of one end of a connection apart: 1 to 65,535 [MQTT-2.2.1-3], in 3.1.1 [MQTT-2.3.1-1].
///
/// ```
/// use mqtt_codec::PacketId;
///
/// assert_eq!(PacketId::new(7).unwrap().get(), 7);
/// assert_eq!(PacketId::new(0), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PacketId(NonZeroU16);

impl PacketId {
    /// The lowest identifier.
    pub const MIN: Self = Self(NonZeroU16::MIN);
    /// The highest identifier.
    pub const MAX: Self = Self(NonZeroU16::MAX);

    /// The identifier of that number, unless it is 0.
    #[inline]
    pub const fn new(id: u16) -> Option<Self> {
        match NonZeroU16::new(id) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }

    /// The number.
    #[inline]
    pub const fn get(self) -> u16 {
        self.0.get()
    }
}

impl From<NonZeroU16> for PacketId {
    fn from(id: NonZeroU16) -> Self {
        Self(id)
    }
}

impl From<PacketId> for NonZeroU16 {
    fn from(id: PacketId) -> Self {
        id.0
    }
}

impl From<PacketId> for u16 {
    fn from(id: PacketId) -> Self {
        id.get()
    }
}

impl fmt::Display for PacketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The quality of service of a PUBLISH, with the packet identifier exactly where there must be one
/// ([MQTT-2.2.1-2], in 3.1.1 [MQTT-2.3.1-5]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[expect(clippy::exhaustive_enums, reason = "as `Qos`")]
pub enum Delivery {
    /// QoS 0.
    #[default]
    AtMostOnce,
    /// QoS 1, answered by PUBACK.
    AtLeastOnce(PacketId),
    /// QoS 2, answered by PUBREC.
    ExactlyOnce(PacketId),
}

impl Delivery {
    /// The level alone.
    #[inline]
    pub const fn qos(self) -> Qos {
        match self {
            Self::AtMostOnce => Qos::AtMostOnce,
            Self::AtLeastOnce(_) => Qos::AtLeastOnce,
            Self::ExactlyOnce(_) => Qos::ExactlyOnce,
        }
    }

    /// The packet identifier, if there is one.
    #[inline]
    pub const fn packet_id(self) -> Option<PacketId> {
        match self {
            Self::AtMostOnce => None,
            Self::AtLeastOnce(id) | Self::ExactlyOnce(id) => Some(id),
        }
    }
}
