//! The endpoint of coap-codec: what it adds to encoding and decoding, and a body of 1 MiB in blocks.

use core::hint::black_box;
use core::time::Duration;

use coap_codec::endpoint::{
    Arrival, Call, Config, Event, Incoming, Memory, Observing, Outgoing, Peer, Request, Response, Slot,
};
use coap_codec::{Code, Endpoint, Kind, Known, Message, Opt, OptionNumber, Options, Rules, SliceOut, Token};

use crate::Row;

const PAYLOAD: [u8; 64] = [b'7'; 64];
const MIB: usize = 1 << 20;
const CLIENT: u16 = 1;
const SERVER: u16 = 2;

/// The rows of this table.
pub(super) fn rows() -> Vec<Row> {
    let ours = |work, repeat, prepare| Row {
        table: "coap-endpoint",
        work,
        who: "linkwire",
        checks: "",
        repeat,
        prepare,
    };
    vec![
        ours("GET and its piggybacked response, 64 B, both ends", 1000, exchange as fn() -> Box<dyn FnMut()>),
        ours("of it: encode, decode and judge both messages", 1000, codec),
        ours("a notification, 64 B, both ends", 1000, notification),
        ours("a body of 1 MiB in blocks of 1 KiB, both ends", 2, transfer),
    ]
}

type End = Endpoint<'static, u16>;

fn end(seed: u64) -> End {
    let memory = Memory::lent(
        vec![Slot::<Outgoing<u16>>::EMPTY; 16].leak(),
        vec![0; 16 * 1280].leak(),
        vec![Slot::<Incoming<u16>>::EMPTY; 64].leak(),
        vec![0; 16 * 1280].leak(),
        vec![Slot::<Peer<u16>>::EMPTY; 16].leak(),
    );
    let memory = memory.with_observers(vec![Slot::<Observing<u16>>::EMPTY; 16].leak());
    let mut config = Config::new(memory, seed);
    config.body_max = 2 << 20;
    Endpoint::new(config)
}

/// Time goes by, as it does: what has had its lifetime is forgotten.
fn pass(end: &mut End, now: Duration) {
    while end.next_timeout().is_some_and(|next| next <= now) {
        let step = end.handle_timeout(now, &mut SliceOut::new(&mut [])).expect("nothing to say");
        assert!(step.event.is_none());
    }
}

fn ask(client: &mut End, now: Duration, list: &[Opt<'_>], out: &mut SliceOut<'_>) -> Call {
    let options = Options::new(black_box(list)).expect("in order");
    let request = Request { options, ..Request::new(Code::GET) };
    client.request(now, SERVER, &request, out).expect("room").0
}

fn answer(server: &mut End, now: Duration, datagram: &[u8], response: &Response<'_>, out: &mut SliceOut<'_>) {
    let step = server.receive(now, Arrival::from(CLIENT), black_box(datagram), out).expect("room");
    let Some(Event::Request { exchange, message, .. }) = step.event else { panic!("no request: {step:?}") };
    black_box(message);
    server.respond(now, exchange, response, out).expect("room");
}

fn exchange() -> Box<dyn FnMut()> {
    let (mut client, mut server) = (end(1), end(2));
    let (mut there, mut back) = ([0; 128], [0; 128]);
    let list = [Opt::new(OptionNumber::URI_PATH, b"temperature")];
    let mut now = Duration::from_secs(1);
    Box::new(move || {
        now += Duration::from_secs(5);
        pass(&mut client, now);
        pass(&mut server, now);
        let mut out = SliceOut::new(black_box(&mut there));
        let mut reply = SliceOut::new(black_box(&mut back));
        let call = ask(&mut client, now, &list, &mut out);
        let response = Response { payload: black_box(&PAYLOAD), ..Response::new(Code::CONTENT) };
        answer(&mut server, now, out.written(), &response, &mut reply);
        out.clear();
        let step = client.receive(now, Arrival::from(SERVER), reply.written(), &mut out).expect("room");
        let Some(Event::Response { call: of, .. }) = black_box(step).event else { panic!("no response") };
        assert_eq!(of, call);
    })
}

/// The same messages through the codec alone.
fn codec() -> Box<dyn FnMut()> {
    let (mut there, mut back) = ([0; 128], [0; 128]);
    let list = [Opt::new(OptionNumber::URI_PATH, b"temperature")];
    let judge = |datagram: &[u8]| {
        let message = Message::decode(black_box(datagram), Rules::new()).expect("a message");
        black_box(message.meaning(&Known::REGISTERED, Rules::new())).expect("to be acted on");
        black_box(message);
    };
    Box::new(move || {
        let mut out = SliceOut::new(black_box(&mut there));
        let options = Options::new(black_box(&list[..])).expect("in order");
        let token = Token::new(b"toke").expect("short");
        let kind = Kind::Confirmable;
        let request = Message { kind, code: Code::GET, id: 7, token, options, payload: &[] };
        request.encode(&mut out).expect("room");
        judge(out.written());
        let mut reply = SliceOut::new(black_box(&mut back));
        let options = Options::EMPTY;
        let (kind, code) = (Kind::Acknowledgement, Code::CONTENT);
        let response = Message { kind, code, options, payload: black_box(&PAYLOAD), ..request };
        response.encode(&mut reply).expect("room");
        judge(reply.written());
    })
}

fn notification() -> Box<dyn FnMut()> {
    let (mut client, mut server) = (end(1), end(2));
    let (mut there, mut back) = ([0; 128], [0; 128]);
    let mut now = Duration::from_secs(1);
    let state = Response { observe: Some(1), payload: &PAYLOAD, ..Response::new(Code::CONTENT) };
    let mut out = SliceOut::new(&mut there);
    ask(&mut client, now, &[Opt::new(OptionNumber::OBSERVE, &[])], &mut out);
    let mut reply = SliceOut::new(&mut back);
    answer(&mut server, now, out.written(), &state, &mut reply);
    client.receive(now, Arrival::from(SERVER), reply.written(), &mut out).expect("room");
    Box::new(move || {
        now += Duration::from_secs(5);
        pass(&mut client, now);
        pass(&mut server, now);
        let mut out = SliceOut::new(black_box(&mut there));
        let mut ack = SliceOut::new(black_box(&mut back));
        server.changed(1);
        let step = server.handle_timeout(now, &mut out).expect("room");
        let Some(Event::Notify { observer, .. }) = step.event else { panic!("nobody to tell") };
        server.notify(now, observer, black_box(&state), &mut out).expect("room");
        let step = client.receive(now, Arrival::from(SERVER), out.written(), &mut ack).expect("room");
        assert!(matches!(black_box(step).event, Some(Event::Notification { .. })));
        if !ack.is_empty() {
            out.clear();
            server.receive(now, Arrival::from(CLIENT), ack.written(), &mut out).expect("room");
        }
    })
}

fn transfer() -> Box<dyn FnMut()> {
    let (mut client, mut server) = (end(1), end(2));
    let (mut there, mut back) = (vec![0; 1280], vec![0; 1280]);
    let body: Vec<u8> = (0..MIB).map(|at| at.to_le_bytes()[0]).collect();
    let list = [Opt::new(OptionNumber::URI_PATH, b"firmware")];
    let mut now = Duration::from_secs(1);
    Box::new(move || {
        let mut out = SliceOut::new(&mut there);
        ask(&mut client, now, &list, &mut out);
        let (mut got, mut done) = (0, false);
        while !done {
            now += Duration::from_millis(100);
            let mut reply = SliceOut::new(&mut back);
            let response = Response { payload: black_box(&body), ..Response::new(Code::CONTENT) };
            answer(&mut server, now, out.written(), &response, &mut reply);
            out.clear();
            let step = client.receive(now, Arrival::from(SERVER), reply.written(), &mut out).expect("room");
            let (message, offset) = match step.event {
                Some(Event::Piece { message, offset, .. }) => (message, offset),
                Some(Event::Response { message, offset, .. }) => {
                    done = true;
                    (message, offset)
                }
                event => panic!("{event:?}"),
            };
            assert_eq!(offset, u64::try_from(got).expect("small"));
            got += black_box(message.payload).len();
            black_box((client.next_timeout(), server.next_timeout()));
        }
        assert_eq!(got, MIB);
    })
}
