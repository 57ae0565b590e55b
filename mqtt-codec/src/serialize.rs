//! `serde::Serialize` for packets (feature `serde`), for logs and tools: enums by name, texts as text, lists as sequences.
//! What is secret shows its length only, as in `Debug`. The structs derive theirs.

use serde::{Serialize, Serializer};

use crate::entries::Entries;
use crate::filter::TopicFilter;
use crate::properties::Properties;
use crate::qos::PacketId;
use crate::suback::Reasons;
use crate::subscribe::Subscriptions;
use crate::text::{Secret, Text};
use crate::topic::TopicName;
use crate::unsubscribe::Filters;

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for TopicName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for TopicFilter<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for Secret<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{self:?}"))
    }
}

impl Serialize for PacketId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.get())
    }
}

impl<T: Serialize> Serialize for Entries<'_, T>
where
    Self: Iterator<Item = T> + Copy,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(*self)
    }
}

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.iter().serialize(serializer)
    }
}

impl Serialize for Subscriptions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.iter().serialize(serializer)
    }
}

impl Serialize for Filters<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.iter().serialize(serializer)
    }
}

impl Serialize for Reasons<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.iter().serialize(serializer)
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use crate::{Packet, Rules, Version};

    #[test]
    fn a_packet_as_json() {
        let bytes = b"\x10\x16\x00\x04MQTT\x04\xc2\x00\x3c\x00\x01c\x00\x01u\x00\x04hush";
        let packet = Packet::decode(bytes, Rules::new(Version::V311)).unwrap();
        assert_eq!(
            serde_json::to_string(&packet).unwrap(),
            r#"{"Connect":{"version":"V311","clean_start":true,"keep_alive":60,"properties":[],"client_id":"c","will":null,"user_name":"u","password":"[4 bytes]"}}"#
        );
        let bytes = b"\x32\x0f\x00\x01a\x00\x07\x07\x26\x00\x01k\x00\x01vhi";
        let packet = Packet::decode(bytes, Rules::new(Version::V5)).unwrap();
        assert_eq!(
            serde_json::to_string(&packet).unwrap(),
            r#"{"Publish":{"dup":false,"qos":{"AtLeastOnce":7},"retain":false,"topic":"a","properties":[{"UserProperty":["k","v"]}],"payload":[104,105]}}"#
        );
        let bytes = b"\x90\x04\x00\x01\x01\x80";
        let packet = Packet::decode(bytes, Rules::new(Version::V311)).unwrap();
        assert_eq!(
            serde_json::to_string(&packet).unwrap(),
            r#"{"SubAck":{"packet_id":1,"properties":[],"reasons":["GrantedQos1","UnspecifiedError"]}}"#
        );
    }
}
