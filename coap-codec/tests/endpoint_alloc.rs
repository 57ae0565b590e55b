//! An endpoint at work touches the heap not at all over lent memory, and over growing memory only while it grows.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, reason = "tests")]

use core::time::Duration;

use allocation_counter::measure;
use coap_codec::endpoint::{
    Arrival, Config, Event, Incoming, Incomplete, Memory, Observing, Outgoing, Peer, Request, Response, Slot,
};
use coap_codec::{Code, Endpoint, Opt, OptionNumber, Options, SliceOut};

const NOW: Duration = Duration::from_secs(1000);
const RESOURCE: u32 = 1;

/// All the memory of one endpoint.
struct Lent {
    outgoing: [Slot<Outgoing<u8>>; 4],
    messages: [u8; 4 * 256],
    incoming: [Slot<Incoming<u8>>; 8],
    replies: [u8; 2048],
    peers: [Slot<Peer<u8>>; 2],
    bodies: [Slot<Incomplete<u8>>; 1],
    observers: [Slot<Observing<u8>>; 2],
}

impl Lent {
    fn new() -> Self {
        Self {
            outgoing: [Slot::EMPTY; 4],
            messages: [0; 4 * 256],
            incoming: [Slot::EMPTY; 8],
            replies: [0; 2048],
            peers: [Slot::EMPTY; 2],
            bodies: [Slot::EMPTY; 1],
            observers: [Slot::EMPTY; 2],
        }
    }

    fn endpoint(&mut self, seed: u64) -> Endpoint<'_, u8> {
        let memory = Memory::lent(
            &mut self.outgoing,
            &mut self.messages,
            &mut self.incoming,
            &mut self.replies,
            &mut self.peers,
        );
        let memory = memory.with_bodies(&mut self.bodies).with_observers(&mut self.observers);
        Endpoint::new(Config::new(memory, seed))
    }
}

/// Request, response in the acknowledgement, and a look at the clock.
fn exchange(client: &mut Endpoint<'_, u8>, server: &mut Endpoint<'_, u8>, now: Duration, list: &[Opt<'_>]) {
    let (mut there, mut back) = ([0; 256], [0; 256]);
    let (mut out, mut reply) = (SliceOut::new(&mut there), SliceOut::new(&mut back));
    let request = Request { options: Options::new(list).unwrap(), ..Request::new(Code::GET) };
    client.request(now, 2, &request, &mut out).unwrap();
    let step = server.receive(now, Arrival::from(1), out.written(), &mut reply).unwrap();
    let Some(Event::Request { exchange, .. }) = step.event else { panic!() };
    let response = Response { payload: &[7; 64], observe: Some(RESOURCE), ..Response::new(Code::CONTENT) };
    server.respond(now, exchange, &response, &mut reply).unwrap();
    out.clear();
    let step = client.receive(now, Arrival::from(2), reply.written(), &mut out).unwrap();
    assert!(matches!(step.event, Some(Event::Response { .. } | Event::Notification { .. })));
    assert!(client.next_timeout().is_some() && server.next_timeout().is_some());
}

/// A change, told and, every so often, acknowledged.
fn notification(client: &mut Endpoint<'_, u8>, server: &mut Endpoint<'_, u8>) {
    let (mut there, mut back) = ([0; 256], [0; 256]);
    let (mut out, mut ack) = (SliceOut::new(&mut there), SliceOut::new(&mut back));
    server.changed(RESOURCE);
    let step = server.handle_timeout(NOW, &mut out).unwrap();
    let Some(Event::Notify { observer, .. }) = step.event else { panic!("{step:?}") };
    let response = Response { payload: &[7; 64], ..Response::new(Code::CONTENT) };
    server.notify(NOW, observer, &response, &mut out).unwrap();
    let step = client.receive(NOW, Arrival::from(2), out.written(), &mut ack).unwrap();
    assert!(matches!(step.event, Some(Event::Notification { .. })));
    if step.send.is_some() {
        out.clear();
        server.receive(NOW, Arrival::from(1), ack.written(), &mut out).unwrap();
    }
}

/// A thousand exchanges over some hours, and a thousand notifications.
fn work<'m>(client: &mut Endpoint<'m, u8>, server: &mut Endpoint<'m, u8>) {
    let mut none = [0; 0];
    for turn in 0..1000 {
        let now = NOW + Duration::from_secs(turn * 10);
        for endpoint in [&mut *client, &mut *server] {
            while endpoint.next_timeout().is_some_and(|next| next <= now) {
                endpoint.handle_timeout(now, &mut SliceOut::new(&mut none)).unwrap();
            }
        }
        exchange(client, server, now, &[Opt::new(OptionNumber::URI_PATH, b"temperature")]);
    }
    exchange(client, server, NOW, &[Opt::new(OptionNumber::OBSERVE, &[])]);
    (0..1000).for_each(|_| notification(client, server));
}

#[test]
fn lent_memory_from_the_first_byte_on() {
    let counted = measure(|| {
        let (mut one, mut other) = (Lent::new(), Lent::new());
        let (mut client, mut server) = (one.endpoint(1), other.endpoint(2));
        work(&mut client, &mut server);
    });
    assert_eq!(counted.count_total, 0);
}

#[test]
fn growing_memory_once_it_has_grown() {
    let mut client = Endpoint::new(Config::new(Memory::growing(2), 1));
    let mut server = Endpoint::new(Config::new(Memory::growing(2), 2));
    exchange(&mut client, &mut server, NOW, &[Opt::new(OptionNumber::OBSERVE, &[])]);
    for id in 0..200 {
        exchange(&mut client, &mut server, NOW, &[Opt::new(OptionNumber::URI_PATH, &[id])]);
        notification(&mut client, &mut server);
    }
    let counted = measure(|| {
        for id in 0..100 {
            exchange(&mut client, &mut server, NOW, &[Opt::new(OptionNumber::URI_PATH, &[id])]);
            notification(&mut client, &mut server);
        }
    });
    assert_eq!(counted.count_total, 0);
}

/// Of a gateway with thousands of observers the list is most of the memory.
#[test]
fn an_idle_observer_is_small() {
    let address_and_token = size_of::<core::net::SocketAddr>() + 9;
    let bytes = size_of::<Slot<Observing<core::net::SocketAddr>>>();
    assert!(bytes <= 128 + address_and_token, "{bytes} bytes with {address_and_token} of address and token");
}
