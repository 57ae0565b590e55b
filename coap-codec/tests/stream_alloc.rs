//! A connection at work touches the heap not at all over lent memory.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, reason = "tests")]

use core::time::Duration;

use allocation_counter::measure;
use coap_codec::endpoint::stream::{Asked, Config, Connection, Event, Memory, Owed, Watching};
use coap_codec::endpoint::{Call, Incomplete, Request, Response, Slot};
use coap_codec::{Code, Opt, OptionNumber, Options, SliceOut};

const NOW: Duration = Duration::from_secs(1000);
const RESOURCE: u32 = 1;

/// All the memory of one end.
struct Lent {
    outgoing: [Slot<Asked>; 4],
    messages: [u8; 4 * 128],
    incoming: [Slot<Owed>; 4],
    bodies: [Slot<Incomplete<()>>; 1],
    observers: [Slot<Watching>; 2],
}

impl Lent {
    fn new() -> Self {
        Self {
            outgoing: [Slot::EMPTY; 4],
            messages: [0; 4 * 128],
            incoming: [Slot::EMPTY; 4],
            bodies: [Slot::EMPTY; 1],
            observers: [Slot::EMPTY; 2],
        }
    }

    fn open(&mut self, seed: u64, out: &mut SliceOut<'_>) -> Connection<'_> {
        let memory = Memory::lent(&mut self.outgoing, &mut self.messages, &mut self.incoming);
        let memory = memory.with_bodies(&mut self.bodies).with_observers(&mut self.observers);
        Connection::open(Config::new(memory, seed), out).unwrap()
    }
}

fn hear<'a>(end: &mut Connection<'_>, frame: &'a [u8], out: &mut SliceOut<'_>) -> Option<Event<'a>> {
    out.clear();
    end.receive(NOW, frame, out).unwrap()
}

/// Request and response.
fn exchange(client: &mut Connection<'_>, server: &mut Connection<'_>, list: &[Opt<'_>]) -> Call {
    let (mut there, mut back) = ([0; 256], [0; 256]);
    let (mut out, mut reply) = (SliceOut::new(&mut there), SliceOut::new(&mut back));
    let request = Request { options: Options::new(list).unwrap(), ..Request::new(Code::GET) };
    let call = client.request(NOW, &request, &mut out).unwrap();
    let Some(Event::Request { exchange, .. }) = hear(server, out.written(), &mut reply) else { panic!() };
    let response = Response { payload: &[7; 64], observe: Some(RESOURCE), ..Response::new(Code::CONTENT) };
    server.respond(exchange, &response, &mut reply).unwrap();
    let event = hear(client, reply.written(), &mut out);
    assert!(matches!(event, Some(Event::Response { .. } | Event::Notification { .. })));
    call
}

fn notification(client: &mut Connection<'_>, server: &mut Connection<'_>) {
    let (mut there, mut back) = ([0; 256], [0; 0]);
    let (mut out, mut none) = (SliceOut::new(&mut there), SliceOut::new(&mut back));
    server.changed(RESOURCE);
    let Some(Event::Notify { observer, .. }) = server.handle_timeout(NOW, &mut out).unwrap() else {
        panic!()
    };
    let response = Response { payload: &[7; 64], ..Response::new(Code::CONTENT) };
    server.notify(observer, &response, &mut out).unwrap();
    assert!(matches!(hear(client, out.written(), &mut none), Some(Event::Notification { .. })));
}

/// A body of 4 KiB in parts of 1 KiB.
fn upload(client: &mut Connection<'_>, server: &mut Connection<'_>) {
    let (mut there, mut back) = ([0; 1152], [0; 256]);
    let (mut out, mut reply) = (SliceOut::new(&mut there), SliceOut::new(&mut back));
    let body = [7; 4096];
    client.request(NOW, &Request { payload: &body, ..Request::new(Code::PUT) }, &mut out).unwrap();
    loop {
        if let Some(Event::Request { exchange, .. }) = hear(server, out.written(), &mut reply) {
            server.respond(exchange, &Response::new(Code::CHANGED), &mut reply).unwrap();
        }
        match hear(client, reply.written(), &mut out) {
            Some(Event::Wanted { call, offset, len }) => {
                let from = usize::try_from(offset).unwrap();
                let part = &body[from..from + len];
                client.supply(NOW, call, part, from + len < body.len(), &mut out).unwrap();
            }
            Some(Event::Response { .. }) => return,
            event => panic!("{event:?}"),
        }
    }
}

#[test]
fn lent_memory_from_the_first_byte_on() {
    let counted = measure(|| {
        let (mut one, mut other) = (Lent::new(), Lent::new());
        let (mut there, mut back, mut rest) = ([0; 32], [0; 32], [0; 64]);
        let (mut out, mut reply) = (SliceOut::new(&mut there), SliceOut::new(&mut back));
        let (mut client, mut server) = (one.open(1, &mut out), other.open(2, &mut reply));
        let mut none = SliceOut::new(&mut rest);
        hear(&mut server, out.written(), &mut none);
        hear(&mut client, reply.written(), &mut none);
        let observation = exchange(&mut client, &mut server, &[Opt::new(OptionNumber::OBSERVE, &[])]);
        for _ in 0..1000 {
            exchange(&mut client, &mut server, &[Opt::new(OptionNumber::URI_PATH, b"temperature")]);
            notification(&mut client, &mut server);
            upload(&mut client, &mut server);
        }
        none.clear();
        client.cancel(NOW, observation, &mut none).unwrap();
    });
    assert_eq!(counted.count_total, 0);
}
