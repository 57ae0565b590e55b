//! Each tolerance lets through exactly what it names; and what a decoder answers, and refuses by who sent it.

#![allow(clippy::unwrap_used, reason = "a test")]

use mqtt_codec::{Answer, Leniency, Limits, Packet, PacketType, ReasonCode, Role, Rule, Rules, Version};

/// Refused by `rule` unless just that tolerance is given.
fn tolerated<'a>(bytes: &'a [u8], version: Version, rule: Rule, one: Leniency) -> Packet<'a> {
    let strict = Rules::new(version);
    assert_eq!(Packet::decode(bytes, strict).unwrap_err().rule(), rule, "{bytes:02x?}");
    Packet::decode(bytes, strict.lenient(one)).unwrap_or_else(|error| panic!("{error}: {bytes:02x?}"))
}

#[test]
fn dup_at_qos_0() {
    let packet = tolerated(b"\x38\x06\x00\x03a/bx", Version::V311, Rule::DupAtQos0, Leniency::DUP_AT_QOS_0);
    assert!(matches!(packet, Packet::Publish(publish) if !publish.dup));
}

#[test]
fn flags_of_requests() {
    for (bytes, rule) in [
        (&b"\x6a\x02\x00\x01"[..], Rule::PubRelFlags),
        (b"\x8a\x06\x00\x01\x00\x01a\x00", Rule::SubscribeFlags),
        (b"\xa0\x05\x00\x01\x00\x01a", Rule::UnsubscribeFlags),
    ] {
        tolerated(bytes, Version::V311, rule, Leniency::REQUEST_FLAGS);
    }
    let ping = Packet::decode(b"\xc1\x00", Rules::new(Version::V311).lenient(Leniency::ALL));
    assert_eq!(ping.unwrap_err().rule(), Rule::Flags, "no other packet");
}

#[test]
fn suback_codes() {
    let bytes = b"\x90\x06\x00\x01\x01\x03\x87\xff";
    let Packet::SubAck(suback) = tolerated(bytes, Version::V311, Rule::SubAckCode, Leniency::SUBACK_CODES)
    else {
        unreachable!()
    };
    let failed = ReasonCode::UnspecifiedError;
    assert!(suback.reasons.iter().eq([ReasonCode::GrantedQos1, failed, ReasonCode::NotAuthorized, failed]));
}

#[test]
fn answers_in_the_form_of_311() {
    let one = Leniency::CONNACK_311_FORM;
    let packet = tolerated(b"\x20\x02\x00\x01", Version::V5, Rule::ConnAckCode, one);
    assert!(matches!(packet, Packet::ConnAck(ack) if ack.reason == ReasonCode::UnsupportedProtocolVersion));
    tolerated(b"\x20\x02\x00\x00", Version::V5, Rule::PropertyLength, one);
    let packet = Packet::decode(b"\x20\x03\x00\x87\x00", Rules::new(Version::V5).lenient(one)).unwrap();
    assert!(matches!(packet, Packet::ConnAck(ack) if ack.reason == ReasonCode::NotAuthorized), "still 5.0");

    let one = Leniency::SUBACK_311_FORM;
    let packet = tolerated(b"\x90\x04\x00\x01\x01\x80", Version::V5, Rule::UnknownProperty, one);
    let Packet::SubAck(suback) = packet else { unreachable!() };
    assert!(suback.reasons.iter().eq([ReasonCode::GrantedQos1, ReasonCode::UnspecifiedError]));
    let packet = tolerated(b"\x90\x03\x00\x01\x00", Version::V5, Rule::NoSubAckCodes, one);
    assert!(matches!(packet, Packet::SubAck(ack) if ack.reasons.iter().eq([ReasonCode::Success])));
    tolerated(b"\xb0\x02\x00\x01", Version::V5, Rule::PropertyLength, one);
}

#[test]
fn other_tolerances() {
    let v311 = Version::V311;
    tolerated(b"\x20\x02\x01\x05", v311, Rule::SessionPresent, Leniency::SESSION_PRESENT_ON_REFUSAL);
    let connect = b"\x10\x10\x00\x04MQTT\x04\x42\x00\x00\x00\x01c\x00\x01p";
    tolerated(connect, v311, Rule::PasswordAlone, Leniency::PASSWORD_ALONE);
    tolerated(
        b"\x10\x0c\x00\x04MQTT\x04\x00\x00\x00\x00\x00",
        v311,
        Rule::EmptyClientId,
        Leniency::EMPTY_CLIENT_ID,
    );
    tolerated(b"\x40\x82\x00\x00\x01", Version::V5, Rule::LongNumber, Leniency::LONG_NUMBERS);
    tolerated(b"\x30\x06\x00\x01a\x80\x00x", Version::V5, Rule::LongNumber, Leniency::LONG_NUMBERS);
    tolerated(
        b"\x30\x07\x00\x01a\x02\x01\x01\xff",
        Version::V5,
        Rule::PayloadFormat,
        Leniency::PAYLOAD_FORMAT,
    );
}

#[test]
fn what_to_answer() {
    let rules = Rules::UNCONNECTED;
    let answer = |bytes, version| Packet::decode(bytes, rules).unwrap_err().answer(version);
    let level_6 = b"\x10\x0d\x00\x04MQTT\x06\x02\x00\x00\x00\x01c";
    let refusal = Answer::ConnAck(ReasonCode::UnsupportedProtocolVersion);
    assert_eq!((answer(level_6, Version::V311), answer(level_6, Version::V5)), (refusal, refusal));
    let reserved = b"\x10\x0d\x00\x04MQTT\x04\x03\x00\x00\x00\x01c";
    assert_eq!(answer(reserved, Version::V311), Answer::Close, "[MQTT-3.1.4-1]");
    assert_eq!(answer(reserved, Version::V5), Answer::ConnAck(ReasonCode::MalformedPacket));
    let kept = b"\x10\x0c\x00\x04MQTT\x04\x00\x00\x00\x00\x00";
    assert_eq!(
        answer(kept, Version::V311),
        Answer::ConnAck(ReasonCode::ClientIdentifierNotValid),
        "[MQTT-3.1.3-8]"
    );
    assert_eq!(answer(b"\xc0\x00", Version::V5), Answer::Close, "nothing before CONNECT");

    let large = Packet::decode(b"\x30\x06\x00\x03a/bx", Rules::new(Version::V5).limited(Limits::packet(7)))
        .unwrap_err();
    assert_eq!(large.answer(Version::V5), Answer::Disconnect(ReasonCode::PacketTooLarge));
    let payload =
        Packet::decode(b"\x30\x06\x00\x03a/bx", Rules::new(Version::V311).limited(Limits::payload(0)))
            .unwrap_err();
    assert_eq!((payload.rule(), payload.offset()), (Rule::PayloadTooLarge, 7));
}

#[test]
fn who_may_send_what() {
    use PacketType as P;
    let samples: [(&[u8], P); 15] = [
        (b"\x10\x0d\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x00", P::Connect),
        (b"\x20\x03\x00\x00\x00", P::ConnAck),
        (b"\x30\x04\x00\x01a\x00", P::Publish),
        (b"\x40\x02\x00\x01", P::PubAck),
        (b"\x50\x02\x00\x01", P::PubRec),
        (b"\x62\x02\x00\x01", P::PubRel),
        (b"\x70\x02\x00\x01", P::PubComp),
        (b"\x82\x07\x00\x01\x00\x00\x01a\x00", P::Subscribe),
        (b"\x90\x04\x00\x01\x00\x00", P::SubAck),
        (b"\xa2\x06\x00\x01\x00\x00\x01a", P::Unsubscribe),
        (b"\xb0\x04\x00\x01\x00\x00", P::UnsubAck),
        (b"\xc0\x00", P::PingReq),
        (b"\xd0\x00", P::PingResp),
        (b"\xe0\x00", P::Disconnect),
        (b"\xf0\x06\x18\x04\x15\x00\x01m", P::Auth),
    ];
    let client = [P::Connect, P::Subscribe, P::Unsubscribe, P::PingReq];
    let server = [P::ConnAck, P::SubAck, P::UnsubAck, P::PingResp];
    for (bytes, packet) in samples {
        let rules = Rules::new(Version::V5);
        assert_eq!(Packet::decode(bytes, rules).unwrap().packet_type(), packet, "tools skip it");
        for (role, others) in [(Role::Client, server), (Role::Server, client)] {
            let rule = Packet::decode(bytes, rules.sent_by(role)).err().map(|error| error.rule());
            assert_eq!(rule, others.contains(&packet).then_some(Rule::Direction), "{packet} of a {role:?}");
        }
        let unconnected = Packet::decode(bytes, Rules::UNCONNECTED).map_err(|error| error.rule());
        assert_eq!(unconnected.is_ok(), packet == P::Connect, "{packet}");
    }
    let disconnect = Packet::decode(b"\xe0\x00", Rules::new(Version::V311).sent_by(Role::Server));
    assert_eq!(disconnect.unwrap_err().rule(), Rule::Direction);
    let auth = Packet::decode(b"\xf0\x00", Rules::new(Version::V311));
    assert_eq!(auth.unwrap_err().rule(), Rule::PacketType);
    for (bytes, from, rule) in [
        (&b"\xe0\x01\x04"[..], Role::Server, Rule::Direction),
        (b"\xe0\x01\x8b", Role::Client, Rule::Direction),
        (b"\xe0\x07\x00\x05\x11\x00\x00\x00\x01", Role::Server, Rule::SessionExpirySender),
        (b"\xf0\x06\x19\x04\x15\x00\x01m", Role::Server, Rule::Direction),
        (b"\x30\x06\x00\x01a\x02\x0b\x01", Role::Client, Rule::SubscriptionIdSender),
    ] {
        let error = Packet::decode(bytes, Rules::new(Version::V5).sent_by(from)).unwrap_err();
        assert_eq!(error.rule(), rule, "{bytes:02x?}");
    }
}
