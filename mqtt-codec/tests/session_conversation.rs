//! A client and a server session talk to each other, in both versions.

#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, reason = "tests")]

use core::time::Duration;

use mqtt_codec::session::Phase;
use mqtt_codec::{
    Accept, Ack, Acknowledge, Config, ConnAck, Connect, Disconnect, Event, Filters, MemStore, Message,
    Packet, PacketId, PacketType, Peek, Properties, Property, Qos, ReasonCode, Reasons, RetainHandling,
    Rules, Session, SubAck, Subscribe, Subscription, Subscriptions, Text, TopicFilter, TopicName, UnsubAck,
    Unsubscribe, Version, peek,
};

type Own = Session<'static, MemStore>;

const T0: Duration = Duration::from_secs(1000);

/// Hands every frame in `wire` to `session`, and calls `see` with what each means.
fn deliver(
    session: &mut Own,
    now: Duration,
    wire: &mut Vec<u8>,
    out: &mut Vec<u8>,
    see: &mut dyn FnMut(Event<'_>),
) {
    let bytes = core::mem::take(wire);
    let mut rest = &bytes[..];
    while let Peek::Frame { len } = peek(rest, u32::MAX).unwrap() {
        let (frame, behind) = rest.split_at(len);
        rest = behind;
        if let Some(event) = session.receive(now, frame, out).unwrap() {
            see(event);
        }
        if rest.is_empty() {
            break;
        }
    }
    while session.next_timeout().is_some_and(|at| at <= now) {
        if let Some(event) = session.handle_timeout(now, out).unwrap() {
            see(event);
        }
    }
}

fn connect_frame(client: &mut Own, version: Version, clean: bool) -> Vec<u8> {
    let mut wire = Vec::new();
    let connect =
        Connect { clean_start: clean, keep_alive: 60, ..Connect::new(version, Text::new("pump-7").unwrap()) };
    client.connect(T0, &connect, &mut wire).unwrap();
    assert_eq!(client.phase(), Phase::Connecting);
    wire
}

fn accept(wire: &[u8], store: MemStore, present: bool, manual: bool, out: &mut Vec<u8>) -> Own {
    let Packet::Connect(connect) = Packet::decode(wire, Rules::UNCONNECTED).unwrap() else { panic!() };
    let mut config = Config::default();
    if manual {
        config.acknowledge = Acknowledge::Manual;
    }
    let connack =
        ConnAck { session_present: present, reason: ReasonCode::Success, properties: Properties::EMPTY };
    Session::accept(T0, &connect, Accept { config, connack }, store, out).unwrap()
}

fn pair(version: Version) -> (Own, Own) {
    let mut client = Session::client(Config::default(), MemStore::new());
    let wire = connect_frame(&mut client, version, true);
    let mut back = Vec::new();
    let server = accept(&wire, MemStore::new(), false, false, &mut back);
    let mut connected = false;
    deliver(&mut client, T0, &mut back, &mut Vec::new(), &mut |event| {
        connected = matches!(event, Event::Connected(connack) if !connack.session_present);
    });
    assert!(connected);
    assert_eq!((client.phase(), server.phase()), (Phase::Online, Phase::Online));
    (client, server)
}

fn topic(text: &str) -> TopicName<'_> {
    TopicName::new(text).unwrap()
}

#[test]
fn a_message_of_every_qos_goes_each_way() {
    for version in [Version::V311, Version::V5] {
        let (mut client, mut server) = pair(version);
        for (qos, from_client) in [0, 1, 2].into_iter().flat_map(|level| [(level, true), (level, false)]) {
            let qos = Qos::new(qos).unwrap();
            let (sender, receiver) =
                if from_client { (&mut client, &mut server) } else { (&mut server, &mut client) };
            let (mut there, mut back) = (Vec::new(), Vec::new());
            let id = sender.publish(T0, &Message::new(topic("a/b"), b"21.5").qos(qos), &mut there).unwrap();
            assert_eq!(id.is_some(), qos != Qos::AtMostOnce);
            assert_eq!(sender.in_flight(), usize::from(id.is_some()));
            let (mut messages, mut delivered) = (0, Vec::new());
            while !there.is_empty() || !back.is_empty() {
                deliver(receiver, T0, &mut there, &mut back, &mut |event| match event {
                    Event::Message(publish) => {
                        assert_eq!((publish.topic, publish.payload), (topic("a/b"), &b"21.5"[..]));
                        messages += 1;
                    }
                    other => panic!("{other:?}"),
                });
                deliver(sender, T0, &mut back, &mut there, &mut |event| match event {
                    Event::Delivered(Ack { packet_id, reason: ReasonCode::Success, .. }) => {
                        delivered.push(packet_id);
                    }
                    other => panic!("{other:?}"),
                });
            }
            assert_eq!((messages, delivered), (1, Vec::from_iter(id)));
            assert_eq!(sender.in_flight(), 0);
        }
    }
}

#[test]
fn subscriptions_are_asked_for_and_answered() {
    for version in [Version::V311, Version::V5] {
        let (mut client, mut server) = pair(version);
        let (mut there, mut back) = (Vec::new(), Vec::new());
        let list = [
            Subscription::new(TopicFilter::new("a/+").unwrap(), Qos::AtLeastOnce),
            Subscription {
                retain_handling: RetainHandling::default(),
                ..Subscription::new(TopicFilter::new("b/#").unwrap(), Qos::ExactlyOnce)
            },
        ];
        let subscribe = Subscribe {
            packet_id: PacketId::MIN,
            properties: Properties::EMPTY,
            subscriptions: Subscriptions::new(&list).unwrap(),
        };
        let asked = client.subscribe(T0, &subscribe, &mut there).unwrap();
        let mut request = None;
        deliver(&mut server, T0, &mut there, &mut back, &mut |event| match event {
            Event::Subscribe(subscribe) => {
                assert_eq!(subscribe.subscriptions.iter().count(), 2);
                request = Some(subscribe.packet_id);
            }
            other => panic!("{other:?}"),
        });
        let id = request.unwrap();
        assert_eq!(id, asked);
        let reasons = [ReasonCode::GrantedQos1, ReasonCode::UnspecifiedError];
        let one =
            SubAck { packet_id: id, properties: Properties::EMPTY, reasons: Reasons::new(&reasons[..1]) };
        assert!(server.grant(T0, &one, &mut back).is_err(), "a reason for each filter");
        let both = SubAck { reasons: Reasons::new(&reasons), ..one };
        server.grant(T0, &both, &mut back).unwrap();
        assert!(server.grant(T0, &both, &mut back).is_err(), "an answer is given once");
        let mut answered = false;
        deliver(&mut client, T0, &mut back, &mut there, &mut |event| match event {
            Event::Subscribed(suback) => {
                answered = suback.packet_id == asked && suback.reasons.iter().eq(reasons);
            }
            other => panic!("{other:?}"),
        });
        assert!(answered);

        let filters = [TopicFilter::new("a/+").unwrap()];
        let unsubscribe = Unsubscribe {
            packet_id: PacketId::MIN,
            properties: Properties::EMPTY,
            filters: Filters::new(&filters).unwrap(),
        };
        let asked = client.unsubscribe(T0, &unsubscribe, &mut there).unwrap();
        deliver(&mut server, T0, &mut there, &mut back, &mut |event| {
            assert!(matches!(event, Event::Unsubscribe(unsubscribe) if unsubscribe.packet_id == asked));
        });
        let reasons = [ReasonCode::Success];
        let reasons = if version == Version::V5 { Reasons::new(&reasons) } else { Reasons::EMPTY };
        let unsuback = UnsubAck { packet_id: asked, properties: Properties::EMPTY, reasons };
        server.drop_filters(T0, &unsuback, &mut back).unwrap();
        let mut answered = false;
        deliver(&mut client, T0, &mut back, &mut there, &mut |event| {
            answered = matches!(event, Event::Unsubscribed(unsuback) if unsuback.packet_id == asked);
        });
        assert!(answered && there.is_empty() && back.is_empty());
    }
}

#[test]
fn a_silent_client_pings_and_a_silent_server_is_left() {
    let (mut client, mut server) = pair(Version::V311);
    let (mut there, mut back) = (Vec::new(), Vec::new());
    let at = client.next_timeout().unwrap();
    assert_eq!(at, T0 + Duration::from_secs(60));
    assert!(client.handle_timeout(at, &mut there).unwrap().is_none());
    assert_eq!(there, [0xC0, 0]);
    deliver(&mut server, at, &mut there, &mut back, &mut |event| panic!("{event:?}"));
    assert_eq!(back, [0xD0, 0]);
    deliver(&mut client, at, &mut back, &mut there, &mut |event| panic!("{event:?}"));
    assert_eq!(client.next_timeout(), Some(at + Duration::from_secs(60)));
    // The client falls silent: the server waits for one and a half times the keep-alive.
    let patience = server.next_timeout().unwrap();
    assert_eq!(patience, at + Duration::from_secs(90));
    assert!(matches!(
        server.handle_timeout(patience, &mut back).unwrap(),
        Some(Event::Closed { reason: ReasonCode::KeepAliveTimeout, .. })
    ));
    assert!(back.is_empty(), "3.1.1 closes without a word");
    // No answer to the next ping either.
    let at = client.next_timeout().unwrap();
    assert!(client.handle_timeout(at, &mut there).unwrap().is_none());
    let at = client.next_timeout().unwrap();
    assert!(matches!(client.handle_timeout(at, &mut there).unwrap(), Some(Event::Closed { .. })));
    assert_eq!(client.phase(), Phase::Closing);
}

#[test]
fn a_kept_session_goes_on_where_it_was_cut() {
    for version in [Version::V311, Version::V5] {
        let mut client = Session::client(Config::default(), MemStore::new());
        let expiry = [Property::SessionExpiryInterval(3600)];
        let connect = Connect {
            clean_start: false,
            properties: if version == Version::V5 {
                Properties::new(PacketType::Connect, &expiry).unwrap()
            } else {
                Properties::EMPTY
            },
            ..Connect::new(version, Text::new("pump-7").unwrap())
        };
        let (mut there, mut back) = (Vec::new(), Vec::new());
        client.connect(T0, &connect, &mut there).unwrap();
        let mut server = accept(&there, MemStore::new(), false, false, &mut back);
        there.clear();
        deliver(&mut client, T0, &mut back, &mut there, &mut |event| {
            assert!(matches!(event, Event::Connected(_)));
        });

        // Three messages: of the second PUBREC arrives, of the others nothing.
        let first =
            client.publish(T0, &Message::new(topic("t"), b"1").qos(Qos::AtLeastOnce), &mut Vec::new());
        let second = client.publish(T0, &Message::new(topic("t"), b"2").qos(Qos::ExactlyOnce), &mut there);
        let mut seen = Vec::new();
        deliver(&mut server, T0, &mut there, &mut back, &mut |event| {
            let Event::Message(publish) = event else { panic!("{event:?}") };
            seen.push(publish.payload.to_vec());
        });
        deliver(&mut client, T0, &mut back, &mut Vec::new(), &mut |event| panic!("{event:?}"));
        let third =
            client.publish(T0, &Message::new(topic("t"), b"3").qos(Qos::ExactlyOnce), &mut Vec::new());
        let ids = [first, second, third].map(|id| id.unwrap().unwrap());

        // Both ends forget all but their stores.
        client.transport_lost(T0);
        let mut client = Session::client(Config::default(), client.into_store());
        server.transport_lost(T0);
        client.connect(T0, &connect, &mut there).unwrap();
        let mut server = accept(&there, server.into_store(), true, false, &mut back);
        there.clear();
        deliver(&mut client, T0, &mut back, &mut there, &mut |event| {
            assert!(matches!(event, Event::Connected(connack) if connack.session_present));
        });
        let rules = Rules::new(version);
        let mut rest = &there[..];
        let mut kinds = Vec::new();
        while !rest.is_empty() {
            let Peek::Frame { len } = peek(rest, u32::MAX).unwrap() else { panic!() };
            kinds.push(match Packet::decode(&rest[..len], rules).unwrap() {
                Packet::Publish(publish) => {
                    assert!(publish.dup);
                    (PacketType::Publish, publish.qos.packet_id().unwrap())
                }
                Packet::PubRel(ack) => (PacketType::PubRel, ack.packet_id),
                other => panic!("{other:?}"),
            });
            rest = &rest[len..];
        }
        let expected = [PacketType::Publish, PacketType::PubRel, PacketType::Publish];
        assert!(kinds.into_iter().eq(expected.into_iter().zip(ids)));

        let mut delivered = Vec::new();
        while !there.is_empty() || !back.is_empty() {
            deliver(&mut server, T0, &mut there, &mut back, &mut |event| {
                let Event::Message(publish) = event else { panic!("{event:?}") };
                seen.push(publish.payload.to_vec());
            });
            deliver(&mut client, T0, &mut back, &mut there, &mut |event| {
                let Event::Delivered(ack) = event else { panic!("{event:?}") };
                delivered.push(ack.packet_id);
            });
        }
        assert_eq!(seen, [b"2", b"1", b"3"]);
        assert_eq!(delivered, [ids[0], ids[1], ids[2]]);
        assert_eq!(client.in_flight(), 0);
    }
}

#[test]
fn acknowledgements_leave_in_the_order_of_arrival() {
    let mut client = Session::client(Config::default(), MemStore::new());
    let wire = connect_frame(&mut client, Version::V5, true);
    let (mut there, mut back) = (Vec::new(), Vec::new());
    let mut server = accept(&wire, MemStore::new(), false, true, &mut back);
    deliver(&mut client, T0, &mut back, &mut there, &mut |_| {});
    let mut ids = Vec::new();
    for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce, Qos::AtLeastOnce] {
        ids.push(client.publish(T0, &Message::new(topic("t"), b"").qos(qos), &mut there).unwrap().unwrap());
    }
    deliver(&mut server, T0, &mut there, &mut back, &mut |event| assert!(matches!(event, Event::Message(_))));
    assert!(back.is_empty());
    server.acknowledge(T0, ids[2], ReasonCode::Success, &mut back).unwrap();
    server.acknowledge(T0, ids[1], ReasonCode::QuotaExceeded, &mut back).unwrap();
    assert!(back.is_empty(), "the first is still to come");
    assert!(server.acknowledge(T0, ids[1], ReasonCode::Success, &mut back).is_err());
    server.acknowledge(T0, ids[0], ReasonCode::Success, &mut back).unwrap();
    let mut delivered = Vec::new();
    deliver(&mut server, T0, &mut Vec::new(), &mut back, &mut |event| panic!("{event:?}"));
    deliver(&mut client, T0, &mut back, &mut there, &mut |event| {
        let Event::Delivered(ack) = event else { panic!("{event:?}") };
        delivered.push((ack.packet_id, ack.reason));
    });
    assert_eq!(
        delivered,
        [(ids[0], ReasonCode::Success), (ids[1], ReasonCode::QuotaExceeded), (ids[2], ReasonCode::Success)]
    );
}

#[test]
fn a_goodbye_ends_both_ends() {
    for version in [Version::V311, Version::V5] {
        let (mut client, mut server) = pair(version);
        let mut there = Vec::new();
        client.disconnect(T0, &Disconnect::new(ReasonCode::Success), &mut there).unwrap();
        let mut events = Vec::new();
        deliver(&mut server, T0, &mut there, &mut Vec::new(), &mut |event| {
            events.push(match event {
                Event::Disconnected(_) => "disconnected",
                Event::Expired => "expired",
                other => panic!("{other:?}"),
            });
        });
        assert_eq!(
            events,
            ["disconnected", "expired"],
            "a session of a clean start ends with its connection"
        );
        assert_eq!((client.phase(), server.phase()), (Phase::Closing, Phase::Closing));
        client.transport_lost(T0);
        assert_eq!((client.phase(), client.next_timeout()), (Phase::Offline, None));
    }
}
