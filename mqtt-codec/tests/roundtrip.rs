//! Any packet that can be described is encoded, decoded to the same, and encoded again to the same bytes; what cannot be
//! described is refused.

#![allow(clippy::unwrap_used, reason = "a test")]

use core::num::{NonZeroU16, NonZeroU32};

use mqtt_codec::{
    Ack, Auth, ConnAck, Connect, Delivery, Disconnect, EncodeError, Filters, Packet, PacketId, PacketType,
    Peek, Properties, Property, Publish, Qos, ReasonCode, Reasons, RetainHandling, Role, Rule, Rules, Secret,
    SliceOut, SubAck, Subscribe, Subscription, Subscriptions, Text, TopicFilter, TopicName, UnsubAck,
    Unsubscribe, Version, Will, peek,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// A property that owns what it says.
#[derive(Clone, Debug)]
enum Prop {
    Flag(u8, bool),
    Number(u8, u32),
    Text(u8, String),
    Binary(u8, Vec<u8>),
    Pair(String, String),
}

impl Prop {
    fn id(&self) -> u8 {
        match self {
            Self::Flag(id, _) | Self::Number(id, _) | Self::Text(id, _) | Self::Binary(id, _) => *id,
            Self::Pair(..) => 0x26,
        }
    }

    fn borrow(&self) -> Property<'_> {
        let text = |text| Text::new(text).unwrap();
        let two = |number: u32| u16::try_from(number & 0xFFFF).unwrap();
        match self {
            Self::Flag(0x01, v) => Property::PayloadFormatIndicator(*v),
            Self::Flag(0x17, v) => Property::RequestProblemInformation(*v),
            Self::Flag(0x19, v) => Property::RequestResponseInformation(*v),
            Self::Flag(0x24, v) => Property::MaximumQos(if *v { Qos::AtLeastOnce } else { Qos::AtMostOnce }),
            Self::Flag(0x25, v) => Property::RetainAvailable(*v),
            Self::Flag(0x28, v) => Property::WildcardSubscriptionAvailable(*v),
            Self::Flag(0x29, v) => Property::SubscriptionIdentifierAvailable(*v),
            Self::Flag(_, v) => Property::SharedSubscriptionAvailable(*v),
            Self::Number(0x02, v) => Property::MessageExpiryInterval(*v),
            Self::Number(0x0B, v) => {
                Property::SubscriptionIdentifier(NonZeroU32::new(*v % 268_435_455 + 1).unwrap())
            }
            Self::Number(0x11, v) => Property::SessionExpiryInterval(*v),
            Self::Number(0x13, v) => Property::ServerKeepAlive(two(*v)),
            Self::Number(0x18, v) => Property::WillDelayInterval(*v),
            Self::Number(0x21, v) => Property::ReceiveMaximum(NonZeroU16::new(two(*v).max(1)).unwrap()),
            Self::Number(0x22, v) => Property::TopicAliasMaximum(two(*v)),
            Self::Number(0x23, v) => Property::TopicAlias(NonZeroU16::new(two(*v).max(1)).unwrap()),
            Self::Number(_, v) => Property::MaximumPacketSize(NonZeroU32::new((*v).max(1)).unwrap()),
            Self::Text(0x03, v) => Property::ContentType(text(v)),
            Self::Text(0x08, v) => Property::ResponseTopic(TopicName::new(v).unwrap()),
            Self::Text(0x12, v) => Property::AssignedClientIdentifier(text(v)),
            Self::Text(0x15, v) => Property::AuthenticationMethod(text(v)),
            Self::Text(0x1A, v) => Property::ResponseInformation(text(v)),
            Self::Text(0x1C, v) => Property::ServerReference(text(v)),
            Self::Text(_, v) => Property::ReasonString(text(v)),
            Self::Binary(0x09, v) => Property::CorrelationData(v),
            Self::Binary(_, v) => Property::AuthenticationData(Secret(v)),
            Self::Pair(name, value) => Property::UserProperty(text(name), text(value)),
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{0,3}", "[ -~é中🦀\u{feff}]{0,40}", "[a-z]{120,140}"]
}

fn topic() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,5}(/[a-z0-9]{0,6}){0,8}", "[ -\"$-*,-~é中🦀]{1,40}"]
}

fn filter() -> impl Strategy<Value = String> {
    ("(\\$share/[a-z]{1,4}/)?", vec(prop_oneof!["[a-zé$ ]{1,8}", Just("+".to_owned())], 1..6), any::<bool>())
        .prop_map(|(share, levels, all)| share + &levels.join("/") + if all { "/#" } else { "" })
}

fn any_prop() -> impl Strategy<Value = Prop> {
    prop_oneof![
        (select(&[0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A][..]), any::<bool>())
            .prop_map(|(i, v)| Prop::Flag(i, v)),
        (select(&[0x02, 0x0B, 0x11, 0x13, 0x18, 0x21, 0x22, 0x23, 0x27][..]), any::<u32>())
            .prop_map(|(i, v)| Prop::Number(i, v)),
        (select(&[0x03, 0x12, 0x15, 0x1A, 0x1C, 0x1F][..]), text()).prop_map(|(i, v)| Prop::Text(i, v)),
        topic().prop_map(|v| Prop::Text(0x08, v)),
        (select(&[0x09, 0x16][..]), vec(any::<u8>(), 0..20)).prop_map(|(i, v)| Prop::Binary(i, v)),
        (text(), text()).prop_map(|(name, value)| Prop::Pair(name, value)),
    ]
}

/// Properties that may be together in one place: a packet type, or `None` for a will.
fn props(place: Option<PacketType>) -> impl Strategy<Value = Vec<Prop>> {
    vec(any_prop(), 0..12).prop_map(move |all| {
        let mut seen = std::collections::HashSet::new();
        let mut kept: Vec<_> = all
            .into_iter()
            .filter(|prop| {
                let fits = match place {
                    Some(packet) => prop.borrow().fits(packet),
                    None => matches!(prop.id(), 0x01 | 0x02 | 0x03 | 0x08 | 0x09 | 0x18 | 0x26),
                };
                let repeats = prop.id() == 0x26 || (prop.id() == 0x0B && place == Some(PacketType::Publish));
                fits && (seen.insert(prop.id()) || repeats)
            })
            .collect();
        let has = |id| kept.iter().any(|prop| prop.id() == id);
        if !has(0x15) && (place == Some(PacketType::Auth) || has(0x16)) {
            kept.push(Prop::Text(0x15, "method".to_owned()));
        }
        kept
    })
}

fn borrow(props: &[Prop]) -> Vec<Property<'_>> {
    props.iter().map(Prop::borrow).collect()
}

/// The properties of a packet in that version: 3.1.1 has none.
fn properties<'a>(version: Version, packet: PacketType, items: &'a [Property<'a>]) -> Properties<'a> {
    match version {
        Version::V5 => Properties::new(packet, items).unwrap(),
        _ => Properties::EMPTY,
    }
}

fn versions() -> impl Strategy<Value = Version> {
    select(&[Version::V311, Version::V5][..])
}

fn qos() -> impl Strategy<Value = Qos> {
    select(&[Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce][..])
}

fn packet_id() -> impl Strategy<Value = PacketId> {
    (1..=u16::MAX).prop_map(|id| PacketId::new(id).unwrap())
}

fn reason(packet: PacketType) -> impl Strategy<Value = ReasonCode> {
    let all: Vec<_> = (0..=255).filter_map(ReasonCode::new).filter(|reason| reason.fits(packet)).collect();
    select(all)
}

/// The whole law: exact length, same meaning, same bytes, all or nothing.
fn comes_back(packet: &Packet<'_>, version: Version, from: Role) {
    let len = packet.encoded_len(version).unwrap_or_else(|error| panic!("{error}: {packet}"));
    let mut buffer = vec![0xAA; len + 3];
    for room in [0, len / 2, len - 1] {
        let mut out = SliceOut::new(&mut buffer[..room]);
        assert_eq!(packet.encode(version, &mut out), Err(EncodeError::NoRoom { needed: len }));
        assert!(out.is_empty());
    }
    assert!(buffer.iter().all(|byte| *byte == 0xAA), "nothing was written");

    let mut out = SliceOut::new(&mut buffer);
    assert_eq!(packet.encode(version, &mut out), Ok(len));
    let bytes = out.into_written();
    assert_eq!(bytes.len(), len);
    assert_eq!(peek(bytes, u32::MAX), Ok(Peek::Frame { len }));
    let back =
        Packet::decode(bytes, Rules::new(version).sent_by(from)).unwrap_or_else(|e| panic!("{e}: {packet}"));
    assert_eq!(back, *packet);

    let mut again = vec![0; len];
    let mut out = SliceOut::new(&mut again);
    assert_eq!(back.encode(version, &mut out), Ok(len));
    assert_eq!(out.written(), bytes);

    for cut in 0..len {
        assert!(Packet::decode(&bytes[..cut], Rules::new(version)).is_err());
    }
}

proptest! {
    #[test]
    fn connect(
        version in versions(), mut clean_start in any::<bool>(), keep_alive in any::<u16>(), id in text(),
        props in props(Some(PacketType::Connect)), will_props in props(None),
        will in option::of((qos(), any::<bool>(), topic(), vec(any::<u8>(), 0..30))),
        user in option::of(text()), password in option::of(vec(any::<u8>(), 0..30)),
    ) {
        let items = borrow(&props);
        let mut will_items = borrow(&will_props);
        // The payload is not always text.
        will_items.retain(|property| *property != Property::PayloadFormatIndicator(true));
        let will_properties = match version {
            Version::V5 => Properties::for_will(&will_items).unwrap(),
            _ => Properties::EMPTY,
        };
        let is_311 = version == Version::V311;
        clean_start |= is_311 && id.is_empty();
        let connect = Connect {
            version,
            clean_start,
            keep_alive,
            properties: properties(version, PacketType::Connect, &items),
            client_id: Text::new(&id).unwrap(),
            will: will.as_ref().map(|(qos, retain, topic, payload)| Will {
                qos: *qos,
                retain: *retain,
                properties: will_properties,
                topic: TopicName::new(topic).unwrap(),
                payload,
            }),
            user_name: user.as_ref().map(|user| Text::new(user).unwrap()),
            password: password.as_ref().filter(|_| user.is_some() || !is_311).map(|bytes| Secret(bytes)),
        };
        comes_back(&Packet::Connect(connect), version, Role::Client);
    }

    #[test]
    fn connack(
        version in versions(), present in any::<bool>(), reason in reason(PacketType::ConnAck),
        props in props(Some(PacketType::ConnAck)),
    ) {
        let items = borrow(&props);
        let packet = Packet::ConnAck(ConnAck {
            session_present: present && !reason.is_error(),
            reason,
            properties: properties(version, PacketType::ConnAck, &items),
        });
        match (version, reason.connack_311()) {
            (Version::V311, None) => prop_assert_eq!(packet.encoded_len(version), Err(Rule::CodeBefore5.into())),
            // What two codes of 5.0 share one code of 3.1.1 for comes back as one of them.
            (Version::V311, Some(_)) if matches!(
                reason, ReasonCode::ServerBusy | ReasonCode::BadAuthenticationMethod | ReasonCode::Banned
            ) => {}
            _ => comes_back(&packet, version, Role::Server),
        }
    }

    #[test]
    fn publish(
        version in versions(), dup in any::<bool>(), retain in any::<bool>(), level in qos(), id in packet_id(),
        topic in topic(), props in props(Some(PacketType::Publish)),
        payload in prop_oneof![vec(any::<u8>(), 0..60), vec(any::<u8>(), 16_200..16_500)],
        words in text(),
    ) {
        let items = borrow(&props);
        let properties = properties(version, PacketType::Publish, &items);
        let qos = match level {
            Qos::AtMostOnce => Delivery::AtMostOnce,
            Qos::AtLeastOnce => Delivery::AtLeastOnce(id),
            Qos::ExactlyOnce => Delivery::ExactlyOnce(id),
        };
        let aliased = properties.topic_alias().is_some() && retain;
        let publish = Publish {
            dup: dup && level != Qos::AtMostOnce,
            qos,
            retain,
            topic: if aliased { TopicName::ALIASED } else { TopicName::new(&topic).unwrap() },
            properties,
            payload: if properties.is_payload_text() { words.as_bytes() } else { &payload },
        };
        let from = if properties.subscription_ids().next().is_some() { Role::Server } else { Role::Client };
        comes_back(&Packet::Publish(publish), version, from);

        // The head alone, and then the payload, is the same.
        let (mut whole, mut head) = (vec![0; 20_000], vec![0; 20_000]);
        let mut out = SliceOut::new(&mut whole);
        publish.encode(version, &mut out).unwrap();
        let mut pieces = SliceOut::new(&mut head);
        let len = publish.encode_head(version, publish.payload.len(), &mut pieces).unwrap();
        prop_assert_eq!(pieces.len(), len);
        prop_assert_eq!(pieces.written(), &out.written()[..len]);
        prop_assert_eq!(publish.payload, &out.written()[len..]);
    }

    #[test]
    fn acknowledgements(
        version in versions(), at in 0..4_usize, id in packet_id(), seed in any::<prop::sample::Index>(),
        props in props(Some(PacketType::PubAck)),
    ) {
        let packet_type = [PacketType::PubAck, PacketType::PubRec, PacketType::PubRel, PacketType::PubComp][at];
        let reasons: Vec<_> = (0..=255).filter_map(ReasonCode::new).filter(|r| r.fits(packet_type)).collect();
        let items = borrow(&props);
        let is_5 = version == Version::V5;
        let ack = Ack {
            packet_id: id,
            reason: if is_5 { reasons[seed.index(reasons.len())] } else { ReasonCode::Success },
            properties: properties(version, PacketType::PubAck, &items),
        };
        let packet = [Packet::PubAck, Packet::PubRec, Packet::PubRel, Packet::PubComp][at](ack);
        comes_back(&packet, version, if id.get() % 2 == 0 { Role::Client } else { Role::Server });
    }

    #[test]
    fn subscribe(
        version in versions(), id in packet_id(), props in props(Some(PacketType::Subscribe)),
        list in vec((filter(), qos(), any::<bool>(), any::<bool>(), 0..3_usize), 1..12),
    ) {
        let items = borrow(&props);
        let is_5 = version == Version::V5;
        let list: Vec<_> = list
            .iter()
            .map(|(filter, qos, no_local, retain_as_published, handling)| {
                let filter = if is_5 { TopicFilter::new(filter) } else { TopicFilter::unshared(filter) }.unwrap();
                Subscription {
                    filter,
                    qos: *qos,
                    no_local: *no_local && is_5 && filter.share_name().is_none(),
                    retain_as_published: *retain_as_published && is_5,
                    retain_handling: match handling {
                        1 if is_5 => RetainHandling::SendIfNew,
                        2 if is_5 => RetainHandling::DoNotSend,
                        _ => RetainHandling::Send,
                    },
                }
            })
            .collect();
        let filters: Vec<_> = list.iter().map(|one| one.filter).collect();
        let properties = properties(version, PacketType::Subscribe, &items);
        let subscriptions = Subscriptions::new(&list).unwrap();
        comes_back(&Packet::Subscribe(Subscribe { packet_id: id, properties, subscriptions }), version, Role::Client);

        let unsubscribe =
            Unsubscribe { packet_id: id, properties: Properties::EMPTY, filters: Filters::new(&filters).unwrap() };
        comes_back(&Packet::Unsubscribe(unsubscribe), version, Role::Client);
    }

    #[test]
    fn suback(
        version in versions(), id in packet_id(), props in props(Some(PacketType::SubAck)),
        granted in vec(reason(PacketType::SubAck), 1..12), removed in vec(reason(PacketType::UnsubAck), 1..12),
    ) {
        let items = borrow(&props);
        let granted: Vec<_> = match version {
            // 3.1.1 has one code for all failures.
            Version::V311 => granted
                .iter()
                .map(|reason| if reason.is_error() { ReasonCode::UnspecifiedError } else { *reason })
                .collect(),
            _ => granted,
        };
        let properties = properties(version, PacketType::SubAck, &items);
        let suback = SubAck { packet_id: id, properties, reasons: Reasons::new(&granted) };
        comes_back(&Packet::SubAck(suback), version, Role::Server);

        let reasons = if version == Version::V5 { Reasons::new(&removed) } else { Reasons::EMPTY };
        let unsuback = UnsubAck { packet_id: id, properties: Properties::EMPTY, reasons };
        comes_back(&Packet::UnsubAck(unsuback), version, Role::Server);
    }

    #[test]
    fn disconnect_and_auth(
        reason in reason(PacketType::Disconnect), auth in reason(PacketType::Auth),
        props in props(Some(PacketType::Disconnect)), auth_props in props(Some(PacketType::Auth)), short in any::<bool>(),
    ) {
        let items = borrow(&props);
        let has_expiry = items.iter().any(|item| matches!(item, Property::SessionExpiryInterval(_)));
        let properties = Properties::new(PacketType::Disconnect, if short { &[] } else { &items }).unwrap();
        let packet = Packet::Disconnect(Disconnect { reason, properties });
        let accepted: Vec<_> = [Role::Client, Role::Server]
            .into_iter()
            .filter(|from| {
                let mut bytes = vec![0; 4096];
                let mut out = SliceOut::new(&mut bytes);
                packet.encode(Version::V5, &mut out).unwrap();
                Packet::decode(out.written(), Rules::new(Version::V5).sent_by(*from)).is_ok()
            })
            .collect();
        for from in &accepted {
            comes_back(&packet, Version::V5, *from);
        }
        prop_assert!(!accepted.is_empty() || (has_expiry && !short), "{}", packet);

        let items = borrow(&auth_props);
        let from = if auth == ReasonCode::Success { Role::Server } else { Role::Client };
        let auth = Auth { reason: auth, properties: Properties::new(PacketType::Auth, &items).unwrap() };
        comes_back(&Packet::Auth(auth), Version::V5, from);
        prop_assert_eq!(Packet::Auth(auth).encoded_len(Version::V311), Err(Rule::PacketType.into()));
    }

    #[test]
    fn any_bytes_are_a_packet_or_an_error(first in any::<u8>(), body in vec(any::<u8>(), 0..40), v in versions()) {
        let mut bytes = vec![first, u8::try_from(body.len()).unwrap()];
        bytes.extend(body);
        if let Ok(packet) = Packet::decode(&bytes, Rules::new(v)) {
            let mut out = [0; 64];
            let mut out = SliceOut::new(&mut out);
            packet.encode(v, &mut out).unwrap();
            prop_assert_eq!(Packet::decode(out.written(), Rules::new(v)), Ok(packet));
        }
    }

    #[test]
    fn misplaced_and_repeated_properties_are_refused(prop in any_prop(), packet in 1..16_u8) {
        let packet = PacketType::of(packet << 4).unwrap();
        let one = prop.borrow();
        let lonely = matches!(one, Property::AuthenticationData(_));
        let fits = one.fits(packet);
        let expected = match fits {
            false => Err(Rule::MisplacedProperty.into()),
            true if lonely => Err(Rule::AuthDataAlone.into()),
            true => Ok(()),
        };
        prop_assert_eq!(Properties::new(packet, &[one]).map(|_| ()), expected);
        let twice = Properties::new(packet, &[one, one]).map(|_| ());
        match one {
            _ if !fits => prop_assert_eq!(twice, Err(Rule::MisplacedProperty.into())),
            Property::UserProperty(..) => prop_assert_eq!(twice, Ok(())),
            Property::SubscriptionIdentifier(_) if packet == PacketType::Publish => prop_assert_eq!(twice, Ok(())),
            _ => prop_assert_eq!(twice, Err(Rule::RepeatedProperty.into())),
        }
    }
}

#[test]
fn pings() {
    for version in [Version::V311, Version::V5] {
        comes_back(&Packet::PingReq, version, Role::Client);
        comes_back(&Packet::PingResp, version, Role::Server);
    }
}

#[test]
fn packets_that_cannot_exist() {
    let id = PacketId::MIN;
    let topic = TopicName::new("a").unwrap();
    let name = Text::new("c").unwrap();
    let items = [Property::UserProperty(name, name)];
    let properties = Properties::new(PacketType::Publish, &items).unwrap();
    let wildcard = TopicFilter::new("a/#").unwrap();
    let long = vec![b'x'; 65_536];
    let connect = Connect::new(Version::V311, name);
    let subscription = Subscription::new(wildcard, Qos::AtMostOnce);
    let no_local = [Subscription { no_local: true, ..subscription }];
    let subscribe = |list| {
        Packet::Subscribe(Subscribe {
            packet_id: id,
            properties: Properties::EMPTY,
            subscriptions: Subscriptions::new(list).unwrap(),
        })
    };
    let suback = |list| {
        Packet::SubAck(SubAck { packet_id: id, properties: Properties::EMPTY, reasons: Reasons::new(list) })
    };
    let publish = Publish::new(topic, b"");
    let cases = [
        (Packet::Publish(Publish { dup: true, ..publish }), Version::V5, Rule::DupAtQos0),
        (Packet::Publish(Publish { topic: TopicName::ALIASED, ..publish }), Version::V5, Rule::TopicMissing),
        (Packet::Publish(Publish { properties, ..publish }), Version::V311, Rule::PropertiesBefore5),
        (Packet::PubAck(Ack { properties, ..Ack::new(id) }), Version::V5, Rule::MisplacedProperty),
        (
            Packet::PubAck(Ack { reason: ReasonCode::NotAuthorized, ..Ack::new(id) }),
            Version::V311,
            Rule::CodeBefore5,
        ),
        (
            Packet::PubRel(Ack { reason: ReasonCode::NotAuthorized, ..Ack::new(id) }),
            Version::V5,
            Rule::PubRelCode,
        ),
        (
            Packet::Connect(Connect { password: Some(Secret(b"x")), ..connect }),
            Version::V311,
            Rule::PasswordAlone,
        ),
        (
            Packet::Connect(Connect { client_id: Text::EMPTY, clean_start: false, ..connect }),
            Version::V311,
            Rule::EmptyClientId,
        ),
        (
            Packet::Connect(Connect { user_name: Some(name), password: Some(Secret(&long)), ..connect }),
            Version::V311,
            Rule::FieldTooLong,
        ),
        (subscribe(&no_local), Version::V311, Rule::SubscribeReserved),
        (suback(&[]), Version::V5, Rule::NoSubAckCodes),
        (suback(&[ReasonCode::ServerBusy]), Version::V5, Rule::SubAckCode),
        (Packet::Disconnect(Disconnect::new(ReasonCode::ServerBusy)), Version::V311, Rule::CodeBefore5),
        (Packet::Disconnect(Disconnect::new(ReasonCode::Banned)), Version::V5, Rule::DisconnectCode),
        (
            Packet::ConnAck(ConnAck {
                session_present: true,
                reason: ReasonCode::NotAuthorized,
                properties: Properties::EMPTY,
            }),
            Version::V5,
            Rule::SessionPresent,
        ),
        (
            Packet::Auth(Auth { reason: ReasonCode::ContinueAuthentication, properties: Properties::EMPTY }),
            Version::V5,
            Rule::AuthMethodMissing,
        ),
    ];
    for (packet, version, rule) in cases {
        let mut buffer = [0; 256];
        let mut out = SliceOut::new(&mut buffer);
        assert_eq!(packet.encode(version, &mut out), Err(EncodeError::Illegal(rule)), "{packet}");
        assert!(out.is_empty());
        assert_eq!(packet.encoded_len(version), Err(EncodeError::Illegal(rule)), "{packet}");
    }

    assert_eq!(Subscriptions::new(&[]).unwrap_err(), Rule::NoFilters.into());
    assert_eq!(Filters::new(&[]).unwrap_err(), Rule::NoUnsubscribeFilters.into());
    let shared = [Subscription {
        no_local: true,
        ..Subscription::new(TopicFilter::new("$share/a/b").unwrap(), Qos::AtMostOnce)
    }];
    assert_eq!(Subscriptions::new(&shared).unwrap_err(), Rule::SharedNoLocal.into());
    let text = "x".repeat(65_536);
    assert_eq!(Text::new(&text).unwrap_err(), Rule::FieldTooLong.into());
    assert!(TopicName::new("a/+").is_err() && TopicName::new("").is_err() && PacketId::new(0).is_none());
}

#[test]
fn the_longest_packet_and_one_byte_more() {
    let publish = Publish::new(TopicName::new("a").unwrap(), b"");
    let mut buffer = [0; 16];
    let longest = 268_435_455 - 3;
    let mut out = SliceOut::new(&mut buffer);
    assert_eq!(publish.encode_head(Version::V311, longest, &mut out), Ok(8));
    assert_eq!(out.written(), b"\x30\xff\xff\xff\x7f\x00\x01a");
    for more in [longest + 1, usize::MAX] {
        let mut out = SliceOut::new(&mut buffer);
        let error = publish.encode_head(Version::V311, more, &mut out).unwrap_err();
        assert_eq!(error, EncodeError::Illegal(Rule::PacketTooLong));
    }
}
