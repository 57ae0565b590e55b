//! A packet on one line, for logs: no payload, no secrets, and texts with everything odd in them escaped.

use core::fmt::{Display, Formatter, Result};

use crate::ack::Ack;
use crate::auth::Auth;
use crate::connack::ConnAck;
use crate::connect::{Connect, Will};
use crate::disconnect::Disconnect;
use crate::packet::Packet;
use crate::properties::Properties;
use crate::property::Property;
use crate::publish::Publish;
use crate::qos::Delivery;
use crate::suback::{SubAck, UnsubAck};
use crate::subscribe::{RetainHandling, Subscribe, Subscription};
use crate::unsubscribe::Unsubscribe;

/// ```
/// use mqtt_codec::{Packet, Rules, Version};
///
/// let packet = Packet::decode(b"\x32\x0b\x00\x03a/b\x00\x07data", Rules::new(Version::V311))?;
/// assert_eq!(packet.to_string(), r#"PUBLISH "a/b" qos=1 id=7 payload=4B"#);
/// # Ok::<(), mqtt_codec::DecodeError>(())
/// ```
impl Display for Packet<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}", self.packet_type())?;
        match self {
            Self::Connect(connect) => connect.fmt_fields(f),
            Self::ConnAck(ConnAck { session_present, reason, properties }) => {
                write!(f, " {reason}{}{properties}", flag(*session_present, " session-present"))
            }
            Self::Publish(publish) => publish.fmt_fields(f),
            Self::PubAck(ack) | Self::PubRec(ack) | Self::PubRel(ack) | Self::PubComp(ack) => {
                let Ack { packet_id, reason, properties } = ack;
                write!(f, " id={packet_id} {reason}{properties}")
            }
            Self::Subscribe(Subscribe { packet_id, properties, subscriptions }) => {
                write!(f, " id={packet_id}")?;
                subscriptions.iter().try_for_each(|one| write!(f, " {one}"))?;
                properties.fmt(f)
            }
            Self::Unsubscribe(Unsubscribe { packet_id, properties, filters }) => {
                write!(f, " id={packet_id}")?;
                filters.iter().try_for_each(|filter| write!(f, " {:?}", filter.as_str()))?;
                properties.fmt(f)
            }
            Self::SubAck(SubAck { packet_id, properties, reasons })
            | Self::UnsubAck(UnsubAck { packet_id, properties, reasons }) => {
                write!(f, " id={packet_id}")?;
                reasons.iter().try_for_each(|reason| write!(f, " {:#04x}", reason.code()))?;
                properties.fmt(f)
            }
            Self::PingReq | Self::PingResp => Ok(()),
            Self::Disconnect(Disconnect { reason, properties }) | Self::Auth(Auth { reason, properties }) => {
                write!(f, " {reason}{properties}")
            }
        }
    }
}

impl Connect<'_> {
    fn fmt_fields(&self, f: &mut Formatter<'_>) -> Result {
        let Self { version, clean_start, keep_alive, properties, client_id, will, user_name, password } =
            self;
        write!(f, " {version} client={client_id:?}{}", flag(*clean_start, " clean-start"))?;
        write!(f, " keep-alive={keep_alive}s")?;
        if let Some(user_name) = user_name {
            write!(f, " user={user_name:?}")?;
        }
        if let Some(password) = password {
            write!(f, " password={password:?}")?;
        }
        properties.fmt(f)?;
        if let Some(Will { qos, retain, properties, topic, payload }) = will {
            let retain = flag(*retain, " retain");
            write!(f, " will({topic:?} qos={}{retain} payload={}B{properties})", qos.level(), payload.len())?;
        }
        Ok(())
    }
}

impl Publish<'_> {
    fn fmt_fields(&self, f: &mut Formatter<'_>) -> Result {
        let Self { dup, qos, retain, topic, properties, payload } = self;
        write!(f, " {topic:?}")?;
        match qos {
            Delivery::AtMostOnce => write!(f, " qos=0")?,
            Delivery::AtLeastOnce(id) => write!(f, " qos=1 id={id}")?,
            Delivery::ExactlyOnce(id) => write!(f, " qos=2 id={id}")?,
        }
        let (dup, retain) = (flag(*dup, " dup"), flag(*retain, " retain"));
        write!(f, "{dup}{retain} payload={}B{properties}", payload.len())
    }
}

impl Display for Subscription<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { filter, qos, no_local, retain_as_published, retain_handling } = self;
        write!(f, "{:?}/{}", filter.as_str(), qos.level())?;
        f.write_str(flag(*no_local, "+no-local"))?;
        f.write_str(flag(*retain_as_published, "+retain-as-published"))?;
        f.write_str(match retain_handling {
            RetainHandling::Send => "",
            RetainHandling::SendIfNew => "+retained-if-new",
            RetainHandling::DoNotSend => "+no-retained",
        })
    }
}

impl Display for Properties<'_> {
    /// ` {name=value, ..}` with a blank before it, or nothing.
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut before = " {";
        for property in self.iter() {
            write!(f, "{before}{property}")?;
            before = ", ";
        }
        f.write_str(if self.is_empty() { "" } else { "}" })
    }
}

impl Display for Property<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::UserProperty(name, value) => return write!(f, "{name:?}={value:?}"),
            _ => write!(f, "{}=", self.name())?,
        }
        match self {
            Self::PayloadFormatIndicator(v)
            | Self::RequestProblemInformation(v)
            | Self::RequestResponseInformation(v)
            | Self::RetainAvailable(v)
            | Self::WildcardSubscriptionAvailable(v)
            | Self::SubscriptionIdentifierAvailable(v)
            | Self::SharedSubscriptionAvailable(v) => write!(f, "{}", u8::from(*v)),
            Self::MessageExpiryInterval(v) | Self::SessionExpiryInterval(v) | Self::WillDelayInterval(v) => {
                write!(f, "{v}s")
            }
            Self::ContentType(v)
            | Self::AssignedClientIdentifier(v)
            | Self::AuthenticationMethod(v)
            | Self::ResponseInformation(v)
            | Self::ServerReference(v)
            | Self::ReasonString(v) => write!(f, "{v:?}"),
            Self::ResponseTopic(v) => write!(f, "{v:?}"),
            Self::CorrelationData(v) => write!(f, "[{} bytes]", v.len()),
            Self::AuthenticationData(v) => write!(f, "{v:?}"),
            Self::SubscriptionIdentifier(v) | Self::MaximumPacketSize(v) => write!(f, "{v}"),
            Self::ServerKeepAlive(v) => write!(f, "{v}s"),
            Self::ReceiveMaximum(v) | Self::TopicAlias(v) => write!(f, "{v}"),
            Self::TopicAliasMaximum(v) => write!(f, "{v}"),
            Self::MaximumQos(v) => write!(f, "{}", v.level()),
            Self::UserProperty(..) => Ok(()),
        }
    }
}

fn flag(set: bool, text: &'static str) -> &'static str {
    if set { text } else { "" }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use alloc::string::ToString;

    use crate::*;

    #[test]
    fn neither_secrets_nor_payloads_nor_line_breaks() {
        let items = [
            Property::AuthenticationMethod(Text::new("m").unwrap()),
            Property::AuthenticationData(Secret(b"hush")),
            Property::UserProperty(Text::new("a\nb").unwrap(), Text::new("c").unwrap()),
        ];
        let will = Will {
            qos: Qos::ExactlyOnce,
            retain: true,
            properties: Properties::for_will(&[Property::WillDelayInterval(5)]).unwrap(),
            topic: TopicName::new("last").unwrap(),
            payload: b"x",
        };
        let connect = Connect {
            properties: Properties::new(PacketType::Connect, &items).unwrap(),
            will: Some(will),
            user_name: Some(Text::new("u").unwrap()),
            password: Some(Secret(b"hush")),
            ..Connect::new(Version::V5, Text::new("c\u{1b}[2J").unwrap())
        };
        let line = Packet::Connect(connect).to_string();
        assert_eq!(
            line,
            "CONNECT 5.0 client=\"c\\u{1b}[2J\" clean-start keep-alive=0s user=\"u\" password=[4 bytes] \
             {Authentication Method=\"m\", Authentication Data=[4 bytes], \"a\\nb\"=\"c\"} \
             will(\"last\" qos=2 retain payload=1B {Will Delay Interval=5s})"
        );
        assert!(!alloc::format!("{connect:?}").contains("104, 117"), "nor in Debug");
    }

    #[test]
    fn lists() {
        let filter = TopicFilter::new("a/+").unwrap();
        let list = [Subscription { no_local: true, ..Subscription::new(filter, Qos::AtLeastOnce) }; 2];
        let subscribe = Subscribe {
            packet_id: PacketId::MIN,
            properties: Properties::EMPTY,
            subscriptions: Subscriptions::new(&list).unwrap(),
        };
        assert_eq!(
            Packet::Subscribe(subscribe).to_string(),
            "SUBSCRIBE id=1 \"a/+\"/1+no-local \"a/+\"/1+no-local"
        );
        let reasons = [ReasonCode::GrantedQos1, ReasonCode::NotAuthorized];
        let suback = SubAck {
            packet_id: PacketId::MIN,
            properties: Properties::EMPTY,
            reasons: Reasons::new(&reasons),
        };
        assert_eq!(Packet::SubAck(suback).to_string(), "SUBACK id=1 0x01 0x87");
    }
}
