//! What a session can do besides carrying messages, one test each.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, reason = "tests")]

use core::time::Duration;

use mqtt_codec::session::{Exchange, Fault, Feature, Later, Limit, Lost, Phase, refuse};
use mqtt_codec::{
    Accept, Ack, Acknowledge, Auth, Config, ConnAck, Connect, Delivery, Disconnect, EncodeError, Entry,
    Event, MemStore, Message, Packet, PacketId, PacketType, Preset, PresetRule, Properties, Property,
    Publish, Qos, ReasonCode, Record, Role, Rules, Scope, Session, SessionError, SliceOut, Slot, Store,
    StoreFull, Subscribe, Subscription, Subscriptions, Text, TopicFilter, TopicName, Version, Will,
};

type Own = Session<'static, MemStore>;

const NOW: Duration = Duration::from_secs(1000);
const ID: PacketId = PacketId::MIN;

fn after(seconds: u64) -> Duration {
    NOW + Duration::from_secs(seconds)
}

fn topic(text: &str) -> TopicName<'_> {
    TopicName::new(text).unwrap()
}

fn text(text: &str) -> Text<'_> {
    Text::new(text).unwrap()
}

fn frame(packet: &Packet<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet.encode(Version::V5, &mut bytes).unwrap();
    bytes
}

fn decode(bytes: &[u8]) -> Packet<'_> {
    Packet::decode(bytes, Rules::new(Version::V5)).unwrap()
}

fn connack<'a>(session_present: bool, properties: &'a [Property<'a>]) -> ConnAck<'a> {
    let properties = Properties::new(PacketType::ConnAck, properties).unwrap();
    ConnAck { session_present, reason: ReasonCode::Success, properties }
}

fn connect<'a>(clean_start: bool, properties: &'a [Property<'a>]) -> Connect<'a> {
    let properties = Properties::new(PacketType::Connect, properties).unwrap();
    Connect { clean_start, keep_alive: 60, properties, ..Connect::new(Version::V5, text("c")) }
}

/// A client whose server has said that.
fn client(config: Config<'static>, asked: &[Property<'_>], said: &[Property<'_>]) -> Own {
    let mut client = Session::client(config, MemStore::new());
    go_online(&mut client, &connect(true, asked), &connack(false, said));
    client
}

fn go_online(client: &mut Own, connect: &Connect<'_>, connack: &ConnAck<'_>) {
    client.connect(NOW, connect, &mut Vec::new()).unwrap();
    let frame = frame(&Packet::ConnAck(*connack));
    assert!(matches!(client.receive(NOW, &frame, &mut Vec::new()).unwrap(), Some(Event::Connected(_))));
}

fn server(config: Config<'static>, connect: &Connect<'_>, said: &[Property<'_>]) -> Own {
    let accept = Accept { config, connack: connack(false, said) };
    Session::accept(NOW, connect, accept, MemStore::new(), &mut Vec::new()).unwrap()
}

fn closed(session: &mut Own, bytes: &[u8]) -> (Fault, ReasonCode) {
    let mut out = Vec::new();
    let Some(Event::Closed { error, reason }) = session.receive(NOW, bytes, &mut out).unwrap() else {
        panic!()
    };
    assert!(matches!(decode(&out), Packet::Disconnect(disconnect) if disconnect.reason == reason));
    assert_eq!(session.phase(), Phase::Closing);
    (error, reason)
}

fn alias(number: u16) -> Property<'static> {
    Property::TopicAlias(number.try_into().unwrap())
}

#[test]
fn topics_get_aliases_and_aliases_stand_for_topics() {
    let mut config = Config::default();
    config.topic_aliases = 10;
    let mut client = client(config, &[], &[Property::TopicAliasMaximum(1)]);
    let mut server = server(Config::default(), &connect(true, &[]), &[Property::TopicAliasMaximum(1)]);
    let mut lens = Vec::new();
    for name in ["a/rather/long/topic", "a/rather/long/topic", "another", "a/rather/long/topic"] {
        let mut out = Vec::new();
        client.publish(NOW, &Message::new(topic(name), b"x"), &mut out).unwrap();
        lens.push(out.len());
        let event = server.receive(NOW, &out, &mut Vec::new()).unwrap();
        let Some(Event::Message(publish)) = event else { panic!("{event:?}") };
        assert_eq!((publish.topic, publish.payload), (topic(name), &b"x"[..]));
    }
    assert_eq!(lens, [2 + 2 + 19 + 1 + 3 + 1, 2 + 2 + 1 + 3 + 1, 2 + 2 + 7 + 1 + 1, 2 + 2 + 1 + 3 + 1]);

    let aliased = |number: u16, name: TopicName<'_>| {
        let list = [alias(number)];
        let properties = Properties::new(PacketType::Publish, &list).unwrap();
        frame(&Packet::Publish(Publish { properties, ..Publish::new(name, b"") }))
    };
    let fresh = || self::server(Config::default(), &connect(true, &[]), &[Property::TopicAliasMaximum(1)]);
    let (fault, reason) = closed(&mut fresh(), &aliased(2, topic("t")));
    assert_eq!((fault, reason), (Fault::TopicAlias(2), ReasonCode::TopicAliasInvalid));
    let (fault, reason) = closed(&mut fresh(), &aliased(1, TopicName::ALIASED));
    assert_eq!((fault, reason), (Fault::TopicAlias(1), ReasonCode::ProtocolError));
    // None were announced.
    let mut none = self::server(Config::default(), &connect(true, &[]), &[]);
    assert_eq!(closed(&mut none, &aliased(1, topic("t"))).1, ReasonCode::TopicAliasInvalid);
    let own = [alias(1)];
    let properties = Properties::new(PacketType::Publish, &own).unwrap();
    let message = Message { properties, ..Message::new(topic("t"), b"") };
    assert!(matches!(client.publish(NOW, &message, &mut Vec::new()), Err(SessionError::Misuse(_))));
}

#[test]
fn no_more_messages_than_the_receiver_takes() {
    let most = [Property::ReceiveMaximum(2.try_into().unwrap())];
    let mut client = client(Config::default(), &[], &most);
    let message = Message::new(topic("t"), b"").qos(Qos::AtLeastOnce);
    let mut out = Vec::new();
    assert_eq!((client.quota(), client.can_publish()), (2, true));
    let first = client.publish(NOW, &message, &mut out).unwrap().unwrap();
    let second = client.publish(NOW, &message.qos(Qos::ExactlyOnce), &mut out).unwrap().unwrap();
    assert_eq!((client.quota(), client.can_publish(), client.in_flight()), (0, false, 2));
    assert_eq!(client.publish(NOW, &message, &mut out), Err(SessionError::Later(Later::Quota)));
    assert!(
        client.publish(NOW, &Message::new(topic("t"), b""), &mut out).unwrap().is_none(),
        "QoS 0 is free"
    );
    client.receive(NOW, &frame(&Packet::PubRec(Ack::new(second))), &mut out).unwrap();
    assert_eq!(client.quota(), 0, "PUBREC is not the end");
    client.receive(NOW, &frame(&Packet::PubAck(Ack::new(first))), &mut out).unwrap();
    assert_eq!(client.quota(), 1);

    let mut server = server(Config::default(), &connect(true, &[]), &most);
    let two = |id: u16| {
        let qos = Delivery::ExactlyOnce(PacketId::new(id).unwrap());
        frame(&Packet::Publish(Publish { qos, ..Publish::new(topic("t"), b"") }))
    };
    for id in [1, 2] {
        assert!(server.receive(NOW, &two(id), &mut out).unwrap().is_some());
    }
    let (fault, reason) = closed(&mut server, &two(3));
    assert_eq!((fault, reason), (Fault::ReceiveMaximum, ReasonCode::ReceiveMaximumExceeded));
}

#[test]
fn no_longer_packets_than_the_receiver_takes() {
    let most = [Property::MaximumPacketSize(20.try_into().unwrap())];
    let mut client = client(Config::default(), &[], &most);
    let message = Message::new(topic("t"), &[0; 14]);
    let mut out = Vec::new();
    client.publish(NOW, &message, &mut out).unwrap();
    assert_eq!(out.len(), 20);
    let longer = Message::new(topic("t"), &[0; 15]);
    assert_eq!(
        client.publish(NOW, &longer, &mut out),
        Err(SessionError::TooLarge { len: 21, bound: 20, limit: Limit::Peer })
    );
    assert_eq!(out.len(), 20);
    let mut server = server(Config::default(), &connect(true, &[]), &most);
    assert_eq!(server.packet_maximum(), 20);
    let long = frame(&Packet::Publish(Publish::new(topic("t"), &[0; 15])));
    assert_eq!(closed(&mut server, &long).1, ReasonCode::PacketTooLarge);
    let mut bounded = Session::client(Config::default(), MemStore::with_bound(30));
    go_online(&mut bounded, &connect(true, &[]), &connack(false, &[]));
    let message = Message::new(topic("t"), &[0; 15]).qos(Qos::AtLeastOnce);
    assert_eq!(
        bounded.publish(NOW, &message, &mut out),
        Err(SessionError::TooLarge { len: 23, bound: 18, limit: Limit::Store })
    );
}

#[test]
fn payloads_go_in_pieces() {
    let mut client = client(Config::default(), &[], &[]);
    let mut server = server(Config::default(), &connect(true, &[]), &[]);
    for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
        let mut there = Vec::new();
        let message = Message::new(topic("firmware"), b"ignored").qos(qos);
        let id = client.publish_head(NOW, &message, 10, &mut there).unwrap();
        let short = Message::new(topic("t"), b"");
        assert_eq!(client.publish(NOW, &short, &mut there), Err(SessionError::Later(Later::Sending)));
        assert_eq!(client.publish_payload(NOW, b"0123", &mut there).unwrap(), 6);
        assert!(matches!(client.publish_payload(NOW, b"4567890", &mut there), Err(SessionError::Misuse(_))));
        assert_eq!(client.publish_payload(NOW, b"456789", &mut there).unwrap(), 0);
        let whole = decode(&there);
        assert!(matches!(whole, Packet::Publish(publish) if publish.payload == b"0123456789"));

        let head_len = there.len() - 10;
        let (mut back, mut seen) = (Vec::new(), Vec::new());
        let event = server.receive_head(NOW, &there[..head_len], &mut back).unwrap();
        assert!(
            matches!(event, Some(Event::Head { payload_len: 10, publish }) if publish.topic == topic("firmware"))
        );
        assert_eq!(
            server.receive(NOW, &[0xC0, 0], &mut back).err(),
            Some(SessionError::Later(Later::Receiving))
        );
        there.extend_from_slice(&[0xC0, 0]);
        for chunk in [&there[head_len..head_len + 7], &there[head_len + 7..]] {
            assert!(back.is_empty(), "acknowledged after the last byte");
            let mut rest = chunk;
            let event = server.receive_payload(NOW, &mut rest, &mut back).unwrap();
            let Some(Event::Piece { bytes, last }) = event else { panic!() };
            seen.extend_from_slice(bytes);
            assert_eq!(
                (last, rest),
                if seen.len() == 10 { (true, &[0xC0, 0][..]) } else { (false, &[][..]) }
            );
        }
        assert_eq!(seen, b"0123456789");
        let answer = (!back.is_empty()).then(|| decode(&back).packet_type());
        let expected = [None, Some(PacketType::PubAck), Some(PacketType::PubRec)];
        assert_eq!(answer, expected[usize::from(qos.level())]);
        assert_eq!(id.is_some(), answer.is_some());
        assert!(server.receive(NOW, &[0xC0, 0], &mut back).unwrap().is_none());
    }
    assert_eq!(client.in_flight(), 2);
    // A payload that the connection cut off was never published.
    client
        .publish_head(NOW, &Message::new(topic("t"), b"").qos(Qos::AtLeastOnce), 10, &mut Vec::new())
        .unwrap();
    client.transport_lost(NOW);
    assert_eq!(client.in_flight(), 2);
}

#[test]
fn a_stored_message_goes_again_through_a_small_output() {
    let mut client = client(Config::default(), &[], &[]);
    let payload: Vec<u8> = (0..=255).cycle().take(1000).collect();
    let mut first = Vec::new();
    client.publish(NOW, &Message::new(topic("t"), &payload).qos(Qos::AtLeastOnce), &mut first).unwrap();
    client.transport_lost(NOW);
    go_online(&mut client, &connect(false, &[]), &connack(true, &[]));
    let mut again = Vec::new();
    while client.next_timeout().is_some_and(|at| at <= NOW) {
        let mut small = [0; 64];
        let mut out = SliceOut::new(&mut small);
        assert!(client.handle_timeout(NOW, &mut out).unwrap().is_none());
        again.extend_from_slice(out.written());
    }
    first[0] |= 0x08;
    assert_eq!(first, again);
}

#[test]
fn authentication_takes_as_many_steps_as_it_needs() {
    let list = [Property::AuthenticationMethod(text("M"))];
    let connect = connect(true, &list);
    let auth = |reason| Auth { reason, properties: Properties::new(PacketType::Auth, &list).unwrap() };
    let challenge = auth(ReasonCode::ContinueAuthentication);
    let mut client = Session::client(Config::default(), MemStore::new());
    let (mut there, mut back) = (Vec::new(), Vec::new());
    client.connect(NOW, &connect, &mut there).unwrap();
    let mut server =
        Session::challenge(NOW, &connect, Config::default(), &challenge, MemStore::new(), &mut back).unwrap();
    assert_eq!((server.phase(), server.next_timeout()), (Phase::Connecting, Some(after(30))));
    assert!(matches!(client.receive(NOW, &back, &mut there).unwrap(), Some(Event::Auth(_))));
    there.clear();
    client.authenticate(NOW, &challenge, &mut there).unwrap();
    assert!(matches!(server.receive(NOW, &there, &mut back).unwrap(), Some(Event::Auth(_))));
    back.clear();
    server.admit(NOW, &connect, &connack(false, &list), &mut back).unwrap();
    assert!(matches!(client.receive(NOW, &back, &mut there).unwrap(), Some(Event::Connected(_))));
    assert_eq!((client.phase(), server.phase()), (Phase::Online, Phase::Online));
    there.clear();
    client.authenticate(NOW, &auth(ReasonCode::ReAuthenticate), &mut there).unwrap();
    assert!(matches!(server.receive(NOW, &there, &mut back).unwrap(), Some(Event::Auth(_))));
    // Who says what: only a client begins again, only a server ends.
    let (success, again) = (auth(ReasonCode::Success), auth(ReasonCode::ReAuthenticate));
    assert!(matches!(client.authenticate(NOW, &success, &mut there), Err(SessionError::Misuse(_))));
    assert!(matches!(server.authenticate(NOW, &again, &mut there), Err(SessionError::Misuse(_))));
    back.clear();
    server.authenticate(NOW, &success, &mut back).unwrap();
    assert!(matches!(client.receive(NOW, &back, &mut there).unwrap(), Some(Event::Auth(_))));
    let mut hasty = Session::client(Config::default(), MemStore::new());
    hasty.connect(NOW, &connect, &mut there).unwrap();
    assert!(matches!(hasty.authenticate(NOW, &again, &mut there), Err(SessionError::Misuse(_))));
    let (fault, reason) = closed(&mut hasty, &frame(&Packet::Auth(success)));
    assert_eq!((fault, reason), (Fault::Unexpected(PacketType::Auth), ReasonCode::ProtocolError));
    let mut plain = self::client(Config::default(), &[], &[]);
    assert!(matches!(plain.authenticate(NOW, &challenge, &mut there), Err(SessionError::Misuse(_))));

    let mut refused =
        Session::challenge(NOW, &connect, Config::default(), &challenge, MemStore::new(), &mut back).unwrap();
    back.clear();
    let no = ConnAck { reason: ReasonCode::NotAuthorized, ..connack(false, &[]) };
    refused.reject(NOW, &no, &mut back).unwrap();
    assert!(matches!(decode(&back), Packet::ConnAck(connack) if connack.reason == ReasonCode::NotAuthorized));
    assert_eq!(refused.phase(), Phase::Closing);
}

fn with_will<'a>(delay: &'a [Property<'a>], expiry: &'a [Property<'a>]) -> Connect<'a> {
    let properties = Properties::for_will(delay).unwrap();
    let will =
        Will { qos: Qos::AtLeastOnce, retain: true, properties, topic: topic("gone"), payload: b"bye" };
    Connect { will: Some(will), ..connect(true, expiry) }
}

#[test]
fn a_will_is_published_unless_the_client_says_goodbye() {
    let (delay, expiry) = ([Property::WillDelayInterval(10)], [Property::SessionExpiryInterval(100)]);
    let connect = with_will(&delay, &expiry);
    let mut out = Vec::new();
    // Cut off: after its delay, once, and then the session ends.
    let mut server = server(Config::default(), &connect, &[]);
    server.transport_lost(NOW);
    assert_eq!(server.next_timeout(), Some(after(10)));
    assert!(server.handle_timeout(after(9), &mut out).unwrap().is_none());
    let Some(Event::Will(will)) = server.handle_timeout(after(10), &mut out).unwrap() else { panic!() };
    assert_eq!(
        (will.topic, will.payload, will.retain, will.qos),
        (topic("gone"), &b"bye"[..], true, Qos::AtLeastOnce)
    );
    assert!(server.handle_timeout(after(10), &mut out).unwrap().is_none());
    assert_eq!(server.next_timeout(), Some(after(100)));
    assert!(matches!(server.handle_timeout(after(100), &mut out).unwrap(), Some(Event::Expired)));
    assert_eq!(server.next_timeout(), None);
    // A goodbye drops it, but not one that asks for it.
    for (reason, expected) in [(ReasonCode::Success, after(100)), (ReasonCode::DisconnectWithWill, after(10))]
    {
        let mut server = self::server(Config::default(), &connect, &[]);
        let goodbye = frame(&Packet::Disconnect(Disconnect::new(reason)));
        assert!(matches!(server.receive(NOW, &goodbye, &mut out).unwrap(), Some(Event::Disconnected(_))));
        server.transport_lost(NOW);
        assert_eq!(server.next_timeout(), Some(expected));
    }
    // The end of the session comes first; so does a clean start of the next connection.
    let soon = [Property::SessionExpiryInterval(5)];
    let mut server = self::server(Config::default(), &with_will(&delay, &soon), &[]);
    server.transport_lost(NOW);
    assert!(matches!(server.handle_timeout(after(5), &mut out).unwrap(), Some(Event::Will(_))));
    let mut server = self::server(Config::default(), &connect, &[]);
    server.disconnect(NOW, &Disconnect::new(ReasonCode::SessionTakenOver), &mut out).unwrap();
    server.transport_lost(NOW);
    server.discard(after(1)).unwrap();
    assert!(matches!(server.handle_timeout(after(1), &mut out).unwrap(), Some(Event::Will(_))));
    assert!(server.handle_timeout(after(1), &mut out).unwrap().is_none());
    assert!(matches!(server.handle_timeout(after(1), &mut out).unwrap(), Some(Event::Expired)));
    // A client that returns in time: its old will is not published.
    let mut server = self::server(Config::default(), &connect, &[]);
    server.transport_lost(NOW);
    let again = Connect { will: None, clean_start: false, ..connect };
    let accept = Accept { config: Config::default(), connack: connack(true, &[]) };
    let mut server = Session::accept(after(5), &again, accept, server.into_store(), &mut out).unwrap();
    server.transport_lost(after(6));
    assert_eq!(server.next_timeout(), Some(after(106)));
}

#[test]
fn deadlines_are_told_and_exchanges_can_be_forgotten() {
    let mut config = Config::default();
    config.acknowledge_timeout = Some(Duration::from_secs(20));
    let mut client = client(config, &[], &[]);
    let mut out = Vec::new();
    let patient = Message::new(topic("t"), b"").qos(Qos::AtLeastOnce);
    let first = client.publish(NOW, &patient, &mut out).unwrap().unwrap();
    let hasty = Message { deadline: Some(after(5)), ..patient };
    let second = client.publish(NOW, &hasty.qos(Qos::ExactlyOnce), &mut out).unwrap().unwrap();
    assert_eq!(client.next_timeout(), Some(after(5)));
    assert!(
        matches!(client.handle_timeout(after(5), &mut out).unwrap(), Some(Event::Overdue(id)) if id == second)
    );
    assert!(
        matches!(client.handle_timeout(after(20), &mut out).unwrap(), Some(Event::Overdue(id)) if id == first)
    );
    assert!(client.handle_timeout(after(20), &mut out).unwrap().is_none());
    client.forget(first).unwrap();
    client.forget(second).unwrap();
    assert_eq!(client.in_flight(), 2, "the peer may still answer");
    client.transport_lost(after(21));
    // QoS 1 is gone; what the peer may hold of QoS 2 is released on the next connection.
    assert_eq!(client.in_flight(), 1);
    go_online(&mut client, &connect(false, &[]), &connack(true, &[]));
    out.clear();
    assert!(client.handle_timeout(NOW, &mut out).unwrap().is_none());
    assert!(matches!(decode(&out), Packet::PubRel(ack) if ack.packet_id == second));
    let done =
        frame(&Packet::PubComp(Ack { reason: ReasonCode::PacketIdentifierNotFound, ..Ack::new(second) }));
    assert!(matches!(client.receive(NOW, &done, &mut out).unwrap(), Some(Event::Delivered(_))));
    assert_eq!(client.in_flight(), 0);

    let mut waiting = Session::client(Config::default(), MemStore::new());
    waiting.connect(NOW, &connect(true, &[]), &mut out).unwrap();
    assert_eq!(waiting.next_timeout(), Some(after(30)));
    let event = waiting.handle_timeout(after(30), &mut out).unwrap();
    assert!(matches!(event, Some(Event::Closed { error: Fault::NoConnAck, .. })));
}

#[test]
fn what_a_lost_session_leaves_is_for_the_application_to_judge() {
    let mut client = client(Config::default(), &[], &[]);
    let mut out = Vec::new();
    let message = Message::new(topic("t"), b"kept").qos(Qos::ExactlyOnce);
    let first = client.publish(NOW, &message, &mut out).unwrap().unwrap();
    let second = client.publish(NOW, &message, &mut out).unwrap().unwrap();
    client.receive(NOW, &frame(&Packet::PubRec(Ack::new(second))), &mut out).unwrap();
    let list = [Subscription::new(TopicFilter::new("#").unwrap(), Qos::AtMostOnce)];
    let subscriptions = Subscriptions::new(&list).unwrap();
    let subscribe = Subscribe { packet_id: ID, properties: Properties::EMPTY, subscriptions };
    let third = client.subscribe(NOW, &subscribe, &mut out).unwrap();
    // It has received a message of QoS 2, too.
    let got = Publish { qos: Delivery::ExactlyOnce(ID), ..Publish::new(topic("t"), b"") };
    assert!(client.receive(NOW, &frame(&Packet::Publish(got)), &mut out).unwrap().is_some());
    client.transport_lost(NOW);
    let lost: Vec<Lost> = client.lost().collect();
    assert_eq!(lost, [Lost { id: third, what: Exchange::Subscribe }], "the session may be there");

    go_online(&mut client, &connect(false, &[]), &connack(false, &[]));
    let mut lost: Vec<Lost> = client.lost().collect();
    lost.sort_by_key(|lost| lost.id);
    let what = [Exchange::Message, Exchange::Released, Exchange::Subscribe];
    assert!(lost.iter().map(|lost| (lost.id, lost.what)).eq([first, second, third].into_iter().zip(what)));
    assert_eq!(
        (client.in_flight(), client.next_timeout()),
        (0, Some(after(60))),
        "nothing is sent again by itself"
    );
    // The identifier of the message received is free at the server: the next one under it is new.
    assert!(matches!(
        client.receive(NOW, &frame(&Packet::Publish(got)), &mut out).unwrap(),
        Some(Event::Message(_))
    ));
    out.clear();
    assert!(client.republish(NOW, second, &mut out).is_err());
    client.republish(NOW, first, &mut out).unwrap();
    let Packet::Publish(publish) = decode(&out) else { panic!() };
    assert_eq!(
        (publish.dup, publish.payload, publish.qos),
        (false, &b"kept"[..], Delivery::ExactlyOnce(first))
    );
    client.forget(second).unwrap();
    client.forget(third).unwrap();
    assert_eq!((client.lost().count(), client.in_flight()), (0, 1));
}

#[test]
fn a_message_that_waited_has_less_time_left() {
    let list = [Property::MessageExpiryInterval(100), Property::ContentType(text("x"))];
    let properties = Properties::new(PacketType::Publish, &list).unwrap();
    let message = Message { properties, ..Message::new(topic("t"), b"").qos(Qos::AtLeastOnce) };
    for (away, left) in [(0, 60), (50, 50), (200, 0)] {
        let mut client = client(Config::default(), &[], &[]);
        client.publish(NOW, &message, &mut Vec::new()).unwrap();
        client.transport_lost(after(30));
        let mut out = Vec::new();
        if away == 0 {
            // The same process, 40 s later.
            client.connect(after(40), &connect(false, &[]), &mut out).unwrap();
            client.receive(after(40), &frame(&Packet::ConnAck(connack(true, &[]))), &mut out).unwrap();
            out.clear();
            client.resume(after(40), Duration::ZERO, &mut out).unwrap();
        } else {
            // Another process with a clock of its own.
            let mut client = Session::client(Config::default(), client.into_store());
            client.connect(Duration::ZERO, &connect(false, &[]), &mut out).unwrap();
            client.receive(Duration::ZERO, &frame(&Packet::ConnAck(connack(true, &[]))), &mut out).unwrap();
            out.clear();
            client.resume(Duration::ZERO, Duration::from_secs(away), &mut out).unwrap();
        }
        let Packet::Publish(publish) = decode(&out) else { panic!() };
        assert!(publish.dup);
        assert!(publish.properties.iter().eq([Property::MessageExpiryInterval(left), list[1]]));
    }
}

#[test]
fn what_the_server_says_is_kept_to() {
    let said = [
        Property::ServerKeepAlive(10),
        Property::MaximumQos(Qos::AtLeastOnce),
        Property::RetainAvailable(false),
        Property::WildcardSubscriptionAvailable(false),
        Property::SharedSubscriptionAvailable(false),
        Property::SubscriptionIdentifierAvailable(false),
        Property::AssignedClientIdentifier(text("assigned")),
    ];
    let mut client = Session::client(Config::default(), MemStore::new());
    let mut out = Vec::new();
    client.connect(NOW, &connect(true, &[]), &mut out).unwrap();
    let bytes = frame(&Packet::ConnAck(connack(false, &said)));
    let Some(Event::Connected(connack)) = client.receive(NOW, &bytes, &mut out).unwrap() else { panic!() };
    assert_eq!(connack.properties.assigned_client_id(), Some(text("assigned")));
    assert_eq!(client.next_timeout(), Some(after(10)));
    let message = Message::new(topic("t"), b"");
    let refused = |result: Result<_, SessionError<_>>, feature| {
        assert_eq!(result, Err(SessionError::Unsupported(feature)));
    };
    refused(client.publish(NOW, &message.qos(Qos::ExactlyOnce), &mut out), Feature::Qos);
    refused(client.publish(NOW, &Message { retain: true, ..message }, &mut out), Feature::Retain);
    for (filter, feature) in [("a/+", Feature::Wildcards), ("$share/g/a", Feature::SharedSubscriptions)] {
        let list = [Subscription::new(TopicFilter::new(filter).unwrap(), Qos::AtMostOnce)];
        let subscriptions = Subscriptions::new(&list).unwrap();
        let subscribe = Subscribe { packet_id: ID, properties: Properties::EMPTY, subscriptions };
        refused(client.subscribe(NOW, &subscribe, &mut out).map(Some), feature);
    }
    // A redirection is for the application.
    let elsewhere = [Property::ServerReference(text("other:1883"))];
    let mut client = Session::client(Config::default(), MemStore::new());
    client.connect(NOW, &connect(true, &[]), &mut out).unwrap();
    let moved = ConnAck { reason: ReasonCode::ServerMoved, ..self::connack(false, &elsewhere) };
    let bytes = frame(&Packet::ConnAck(moved));
    let Some(Event::Refused(refused)) = client.receive(NOW, &bytes, &mut out).unwrap() else { panic!() };
    assert_eq!(refused.properties.server_reference(), Some(text("other:1883")));
    assert_eq!(client.phase(), Phase::Closing);
    // A session that cannot be: a clean start was asked for.
    let mut client = Session::client(Config::default(), MemStore::new());
    client.connect(NOW, &connect(true, &[]), &mut out).unwrap();
    assert_eq!(
        closed(&mut client, &frame(&Packet::ConnAck(self::connack(true, &[])))),
        (Fault::SessionPresent, ReasonCode::ProtocolError)
    );
}

#[test]
fn every_byte_counts_for_keep_alive() {
    let mut server = server(Config::default(), &connect(true, &[]), &[]);
    assert_eq!(server.next_timeout(), Some(after(90)));
    server.heard(after(80));
    assert_eq!(server.next_timeout(), Some(after(170)));
    let mut client = client(Config::default(), &[], &[]);
    let mut out = Vec::new();
    assert!(client.handle_timeout(after(60), &mut out).unwrap().is_none());
    assert_eq!(client.next_timeout(), Some(after(80)), "PINGRESP within 20 s");
    client.heard(after(79));
    assert_eq!(client.next_timeout(), Some(after(99)), "or anything else");
}

#[test]
fn the_rules_of_a_platform() {
    let mut config = Config::default();
    config.preset = Some(Preset::ALINK);
    let mut session = Session::client(config, MemStore::new());
    let mut out = Vec::new();
    let idle = Connect { keep_alive: 0, ..connect(true, &[]) };
    assert!(matches!(
        session.connect(NOW, &idle, &mut out),
        Err(SessionError::Preset(PresetRule::KeepAlive { from: 30, to: 1200 }))
    ));
    assert!(out.is_empty() && session.phase() == Phase::Offline);
    go_online(&mut session, &connect(true, &[]), &connack(false, &[]));
    let message = Message::new(topic("/a/b/user/update"), b"").qos(Qos::ExactlyOnce);
    assert_eq!(
        session.publish(NOW, &message, &mut out),
        Err(SessionError::Preset(PresetRule::Qos(Qos::AtLeastOnce)))
    );
    assert!(session.publish(NOW, &message.qos(Qos::AtLeastOnce), &mut out).unwrap().is_some());
}

#[test]
fn nothing_is_announced_that_there_is_no_memory_for() {
    use mqtt_codec::session::{Memory, ReceivedCell, SentCell};
    let (mut sent, mut received) = ([SentCell::EMPTY; 1], [ReceivedCell::EMPTY; 4]);
    let mut config = Config::new(Memory::lent(&mut sent, &mut received));
    config.acknowledge = Acknowledge::Manual;
    let mut session = Session::client(config, MemStore::new());
    let mut out = Vec::new();
    let five = [Property::ReceiveMaximum(5.try_into().unwrap())];
    assert!(matches!(
        session.connect(NOW, &connect(true, &five), &mut out),
        Err(SessionError::Announced { property: "Receive Maximum", bound: 4 })
    ));
    let alias = [Property::TopicAliasMaximum(1)];
    assert!(matches!(
        session.connect(NOW, &connect(true, &alias), &mut out),
        Err(SessionError::Announced { property: "Topic Alias Maximum", bound: 0 })
    ));
    let four = [Property::ReceiveMaximum(4.try_into().unwrap())];
    session.connect(NOW, &connect(true, &four), &mut out).unwrap();
    session.receive(NOW, &frame(&Packet::ConnAck(connack(false, &[]))), &mut out).unwrap();
    let message = Message::new(topic("t"), b"").qos(Qos::AtLeastOnce);
    assert!(session.publish(NOW, &message, &mut out).is_ok());
    assert!(!session.can_publish());
    assert_eq!(session.publish(NOW, &message, &mut out), Err(SessionError::Full));
}

#[test]
fn a_clean_start_leaves_nothing_of_a_full_store() {
    for role in [Role::Client, Role::Server] {
        // An old session has filled its store to the last byte with messages of both directions.
        let mut old = Session::client(Config::default(), MemStore::with_bound(300));
        go_online(&mut old, &connect(true, &[]), &connack(false, &[]));
        let got = Publish { qos: Delivery::ExactlyOnce(ID), ..Publish::new(topic("t"), b"") };
        assert!(old.receive(NOW, &frame(&Packet::Publish(got)), &mut Vec::new()).unwrap().is_some());
        let payload = [7; 40];
        let message = Message::new(topic("t"), &payload).qos(Qos::ExactlyOnce);
        let full = loop {
            if let Err(error) = old.publish(NOW, &message, &mut Vec::new()) {
                break error;
            }
        };
        assert!(matches!(full, SessionError::TooLarge { limit: Limit::Store, .. }), "{full:?}");
        assert!(old.in_flight() > 2);
        let store = old.into_store();

        let mut out = Vec::new();
        let mut session = match role {
            Role::Client => {
                let mut session = Session::client(Config::default(), store);
                go_online(&mut session, &connect(true, &[]), &connack(false, &[]));
                session
            }
            _ => {
                let accept = Accept { config: Config::default(), connack: connack(false, &[]) };
                Session::accept(NOW, &connect(true, &[]), accept, store, &mut out).unwrap()
            }
        };
        assert_eq!((session.in_flight(), session.lost().count()), (0, 0));
        assert_eq!(
            session.next_timeout(),
            Some(after(if role == Role::Client { 60 } else { 90 })),
            "no replay"
        );
        // The identifiers of both directions are free, and so is the room.
        out.clear();
        assert_eq!(session.publish(NOW, &message, &mut out).unwrap(), Some(ID));
        assert!(matches!(
            session.receive(NOW, &frame(&Packet::Publish(got)), &mut out).unwrap(),
            Some(Event::Message(_))
        ));
        let mut store = session.into_store();
        let mut slots = Vec::new();
        while let Some(entry) = store.next(slots.last().copied()).unwrap() {
            slots.push(entry.slot);
        }
        assert_eq!(slots, [Slot::Sent(ID), Slot::Received(ID)]);
    }
}

/// A store in memory that takes no pieces.
struct Whole(MemStore);

impl Store for Whole {
    type Error = StoreFull;

    fn put(&mut self, slot: Slot, record: &Record<'_>) -> Result<(), StoreFull> {
        self.0.put(slot, record)
    }

    fn release(&mut self, id: PacketId) -> Result<(), StoreFull> {
        self.0.release(id)
    }

    fn remove(&mut self, slot: Slot) -> Result<(), StoreFull> {
        self.0.remove(slot)
    }

    fn next(&mut self, after: Option<Slot>) -> Result<Option<Entry>, StoreFull> {
        self.0.next(after)
    }

    fn get(&mut self, slot: Slot, from: usize) -> Result<&[u8], StoreFull> {
        self.0.get(slot, from)
    }

    fn clear(&mut self, scope: Scope) -> Result<(), StoreFull> {
        self.0.clear(scope)
    }

    fn bound(&self) -> usize {
        self.0.bound()
    }

    fn age(&mut self, by: Duration) -> Result<(), StoreFull> {
        self.0.age(by)
    }
}

#[test]
fn a_store_that_takes_no_pieces_says_how_much_it_takes_at_once() {
    let mut client = Session::client(Config::default(), Whole(MemStore::with_bound(1000)));
    let mut out = Vec::new();
    client.connect(NOW, &connect(true, &[]), &mut out).unwrap();
    client.receive(NOW, &frame(&Packet::ConnAck(connack(false, &[]))), &mut out).unwrap();
    out.clear();
    let message = Message::new(topic("firmware"), b"").qos(Qos::AtLeastOnce);
    let len = 1 + 4 + 2 + 8 + 2 + 1 + 200_000_000;
    assert_eq!(
        client.publish_head(NOW, &message, 200_000_000, &mut out),
        Err(SessionError::TooLarge { len, bound: 988, limit: Limit::Store })
    );
    assert_eq!((out.len(), client.in_flight(), client.quota()), (0, 0, u16::MAX), "nothing has happened");
    // QoS 0 needs no store, and what fits can go whole.
    assert_eq!(client.publish_head(NOW, &message.qos(Qos::AtMostOnce), 3, &mut out).unwrap(), None);
    assert_eq!(client.publish_payload(NOW, b"abc", &mut out).unwrap(), 0);
    let whole = Message { payload: &[0; 900], ..message };
    assert_eq!(client.publish(NOW, &whole, &mut out).unwrap(), Some(ID));
}

#[test]
fn a_connection_is_refused_in_its_own_version() {
    let v311 = Connect { properties: Properties::EMPTY, version: Version::V311, ..connect(true, &[]) };
    let no = |reason| ConnAck { reason, ..connack(false, &[]) };
    for (reason, code) in [
        (ReasonCode::UnsupportedProtocolVersion, 1),
        (ReasonCode::ClientIdentifierNotValid, 2),
        (ReasonCode::ServerUnavailable, 3),
        (ReasonCode::BadUserNameOrPassword, 4),
        (ReasonCode::NotAuthorized, 5),
    ] {
        let mut out = Vec::new();
        refuse(&v311, &no(reason), &mut out).unwrap();
        assert_eq!(out, [0x20, 2, 0, code]);
        out.clear();
        refuse(&connect(true, &[]), &no(reason), &mut out).unwrap();
        assert_eq!(out, [0x20, 3, 0, reason.code(), 0]);
        let client = &mut Session::client(Config::default(), MemStore::new());
        client.connect(NOW, &connect(true, &[]), &mut Vec::new()).unwrap();
        let event = client.receive(NOW, &out, &mut Vec::new()).unwrap();
        assert!(matches!(event, Some(Event::Refused(connack)) if connack.reason == reason));
        assert_eq!(client.phase(), Phase::Closing);
    }
    // Nothing is written for what cannot be said.
    let mut out = Vec::new();
    let there = ConnAck { session_present: true, ..no(ReasonCode::NotAuthorized) };
    for (connect, connack) in [
        (&v311, &no(ReasonCode::Success)),
        (&connect(true, &[]), &no(ReasonCode::Success)),
        (&connect(true, &[]), &there),
        (&v311, &no(ReasonCode::QuotaExceeded)),
    ] {
        assert!(matches!(refuse(connect, connack, &mut out), Err(EncodeError::Illegal(_))), "{connack:?}");
    }
    let mut small = [0; 4];
    let mut small = SliceOut::new(&mut small);
    let error = refuse(&connect(true, &[]), &no(ReasonCode::Banned), &mut small);
    assert_eq!(error, Err(EncodeError::NoRoom { needed: 5 }));
    assert!(out.is_empty() && small.is_empty());
}

#[test]
fn a_message_goes_out_and_into_the_store_as_its_packet() {
    // The head is encoded for both at once if it is short; the length of the packet may take a byte more in the record.
    let one = [Property::ContentType(text("x"))];
    for (version, list) in [(Version::V311, &[][..]), (Version::V5, &[]), (Version::V5, &one)] {
        let properties = Properties::new(PacketType::Publish, list).unwrap();
        let connect = Connect { version, properties: Properties::EMPTY, ..connect(true, &[]) };
        for name_len in [1, 2, 100, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 300] {
            for remaining in [120, 126, 127, 128, 129, 16_382, 16_383, 16_384, 16_385] {
                let name = "n".repeat(name_len);
                let payload = vec![0xA5; usize::saturating_sub(remaining, 4 + name_len)];
                let mut session = Session::client(Config::default(), MemStore::new());
                session.connect(NOW, &connect, &mut Vec::new()).unwrap();
                let connack: &[u8] = if version == Version::V5 { b"\x20\x03\0\0\0" } else { b"\x20\x02\0\0" };
                session.receive(NOW, connack, &mut Vec::new()).unwrap();
                for (qos, delivery) in [
                    (Qos::AtLeastOnce, Delivery::AtLeastOnce(ID)),
                    (Qos::ExactlyOnce, Delivery::ExactlyOnce(PacketId::new(2).unwrap())),
                ] {
                    let message =
                        Message { retain: true, properties, ..Message::new(topic(&name), &payload) };
                    let packet = Publish {
                        dup: false,
                        qos: delivery,
                        retain: true,
                        topic: topic(&name),
                        properties,
                        payload: &payload,
                    };
                    let (mut out, mut expected, mut record) = (Vec::new(), Vec::new(), Vec::new());
                    let id = session.publish(NOW, &message.qos(qos), &mut out).unwrap();
                    assert_eq!(id, delivery.packet_id());
                    packet.encode(version, &mut expected).unwrap();
                    assert!(out == expected, "{version:?}, {name_len}, {remaining}");
                    packet.encode(Version::V5, &mut record).unwrap();
                    let mut store = session.into_store();
                    assert!(
                        store.get(Slot::Sent(id.unwrap()), 0).unwrap() == record,
                        "{version:?}, {name_len}"
                    );
                    // The other one comes from a session that begins with the store of this one.
                    session = Session::client(Config::default(), store);
                    let again = Connect { clean_start: false, ..connect };
                    session.connect(NOW, &again, &mut Vec::new()).unwrap();
                    session.receive(NOW, connack, &mut Vec::new()).unwrap();
                }
            }
        }
    }
}
