//! `defmt::Format` (feature `defmt`): what `Display` prints. Without defmt's macros, which need unsafe attributes.

use crate::config::Version;
use crate::error::{DecodeError, EncodeError};
use crate::frame::PacketType;
use crate::packet::Packet;
use crate::properties::Properties;
use crate::property::Property;
use crate::qos::PacketId;
use crate::reason::ReasonCode;
use crate::rule::Rule;
use crate::text::Text;

macro_rules! as_displayed {
    ($($type:ty),*) => {
        $(impl defmt::Format for $type {
            fn format(&self, f: defmt::Formatter<'_>) {
                defmt::Display2Format(self).format(f);
            }
        })*
    };
}

as_displayed!(
    DecodeError,
    EncodeError,
    Packet<'_>,
    PacketId,
    PacketType,
    Properties<'_>,
    Property<'_>,
    ReasonCode,
    Rule,
    Text<'_>,
    Version
);
