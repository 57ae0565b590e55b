//! A session at work touches the heap not at all over lent memory, and not once a message over growing memory.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, reason = "tests")]

use core::time::Duration;

use allocation_counter::measure;
use mqtt_codec::session::{Memory, ReceivedCell, SentCell};
use mqtt_codec::{
    Accept, ArenaStore, Config, ConnAck, Connect, Event, MemStore, Message, Properties, Qos, ReasonCode,
    Session, SliceOut, Store, Text, TopicName, Version,
};

const NOW: Duration = Duration::from_secs(1000);

/// Both ends, connected.
fn pair<'m, C: Store, S: Store>(
    configs: [Config<'m>; 2],
    client_store: C,
    server_store: S,
) -> (Session<'m, C>, Session<'m, S>) {
    let [config, server_config] = configs;
    let mut buffer = [0; 64];
    let mut client = Session::client(config, client_store);
    let connect = Connect { keep_alive: 60, ..Connect::new(Version::V5, Text::new("c").unwrap()) };
    client.connect(NOW, &connect, &mut SliceOut::new(&mut buffer)).ok().unwrap();
    let connack =
        ConnAck { session_present: false, reason: ReasonCode::Success, properties: Properties::EMPTY };
    let mut out = SliceOut::new(&mut buffer);
    let accept = Accept { config: server_config, connack };
    let server = Session::accept(NOW, &connect, accept, server_store, &mut out).ok().unwrap();
    let mut none = [0; 0];
    client.receive(NOW, out.written(), &mut SliceOut::new(&mut none)).ok().unwrap();
    (client, server)
}

/// One message there, its acknowledgements back, and a look at the clock.
fn exchange<C: Store, S: Store>(from: &mut Session<'_, C>, to: &mut Session<'_, S>, qos: Qos) {
    let (mut there, mut back) = ([0; 256], [0; 16]);
    let payload = [7; 64];
    let message = Message::new(TopicName::new("pump-7/temperature").unwrap(), &payload).qos(qos);
    let mut out = SliceOut::new(&mut there);
    assert!(from.publish(NOW, &message, &mut out).ok().unwrap().is_some());
    let mut answer = SliceOut::new(&mut back);
    let event = to.receive(NOW, out.written(), &mut answer).ok().unwrap();
    assert!(matches!(event, Some(Event::Message(_))));
    if qos == Qos::ExactlyOnce {
        out.clear();
        assert!(from.receive(NOW, answer.written(), &mut out).ok().unwrap().is_none());
        answer.clear();
        assert!(to.receive(NOW, out.written(), &mut answer).ok().unwrap().is_none());
    }
    let event = from.receive(NOW, answer.written(), &mut out).ok().unwrap();
    assert!(matches!(event, Some(Event::Delivered(_))));
    assert!(from.next_timeout().is_some() && to.next_timeout().is_some());
}

#[test]
fn lent_memory_from_the_first_byte_on() {
    let allocations = measure(|| {
        let mut cells = [SentCell::EMPTY; 8];
        let mut others = [SentCell::EMPTY; 8];
        let mut received = [ReceivedCell::EMPTY; 8];
        let mut more = [ReceivedCell::EMPTY; 8];
        let (mut memory, mut memory_2) = ([0; 1024], [0; 1024]);
        let mut configs =
            [Memory::lent(&mut cells, &mut received), Memory::lent(&mut others, &mut more)].map(Config::new);
        for config in &mut configs {
            config.receive_maximum = 8;
        }
        let stores = (ArenaStore::lent(&mut memory), ArenaStore::lent(&mut memory_2));
        let (mut client, mut server) = pair(configs, stores.0, stores.1);
        for turn in 0_u32..1000 {
            let qos = if turn.is_multiple_of(3) { Qos::ExactlyOnce } else { Qos::AtLeastOnce };
            exchange(&mut client, &mut server, qos);
            exchange(&mut server, &mut client, qos);
        }
    });
    assert_eq!((allocations.count_total, allocations.bytes_total), (0, 0));
}

#[test]
fn growing_memory_once_it_has_grown() {
    let (mut client, mut server) =
        pair([Config::default(), Config::default()], MemStore::new(), MemStore::new());
    for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce] {
        exchange(&mut client, &mut server, qos);
        exchange(&mut server, &mut client, qos);
    }
    let allocations = measure(|| {
        for _ in 0..1000 {
            exchange(&mut client, &mut server, Qos::AtLeastOnce);
            exchange(&mut client, &mut server, Qos::ExactlyOnce);
            exchange(&mut server, &mut client, Qos::AtLeastOnce);
            exchange(&mut server, &mut client, Qos::ExactlyOnce);
        }
    });
    assert_eq!(allocations.count_total, 0);
    assert_eq!((client.in_flight(), server.in_flight()), (0, 0));
}
