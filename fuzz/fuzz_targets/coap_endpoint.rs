//! An endpoint under any datagrams, calls and times: it never panics, says no more than it has room for, and whatever
//! came, is empty when all deadlines have passed.
#![no_main]

use core::time::Duration;

use coap_codec::endpoint::{Arrival, Config, Event, Load, Memory, Request, Response};
use coap_codec::{BlockSize, Code, Endpoint, Opt, OptionNumber, Options};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut config = Config::new(Memory::growing(2), 7);
    (config.block_size, config.amplification, config.confirm_every) = (BlockSize::new(16), 3, 2);
    let mut endpoint = Endpoint::new(config);
    let (mut now, mut rest, body) = (Duration::from_secs(1), bytes, [7; 40]);
    // Each turn: what is done, and a datagram of a length that goes before it.
    while let [verb, len, behind @ ..] = rest {
        let (datagram, next) = behind.split_at(behind.len().min(usize::from(*len)));
        rest = next;
        now += Duration::from_millis(u64::from(*verb) * 40);
        let mut out = Vec::new();
        let step = match verb % 4 {
            0 | 1 => {
                let arrival = Arrival { multicast: verb & 32 != 0, ..Arrival::from(verb >> 6) };
                endpoint.receive(now, arrival, datagram, &mut out).expect("room")
            }
            2 => endpoint.handle_timeout(now, &mut out).expect("room"),
            _ => {
                let list = [Opt::new(OptionNumber::OBSERVE, &[])];
                let options = if verb & 8 == 0 { Options::EMPTY } else { Options::new(&list).expect("one") };
                let code = if verb & 16 == 0 { Code::GET } else { Code::PUT };
                let request = Request { options, payload: &body, ..Request::new(code) };
                _ = endpoint.request(now, verb >> 6, &request, &mut out);
                endpoint.changed(1);
                continue;
            }
        };
        assert_eq!(step.send.map_or(0, |send| send.len), out.len());
        match step.event {
            Some(Event::Request { exchange, .. }) if verb & 4 == 0 => {
                let response = Response { payload: &body, observe: Some(1), ..Response::new(Code::CONTENT) };
                _ = endpoint.respond(now, exchange, &response, &mut out);
            }
            Some(Event::Notify { observer, .. }) => {
                _ = endpoint.notify(now, observer, &Response::new(Code::CONTENT), &mut out);
            }
            Some(Event::Wanted { call, offset, len }) => {
                let part = usize::try_from(offset).ok().and_then(|from| body.get(from..)).unwrap_or_default();
                let more = part.len() > len;
                _ = endpoint.supply(now, call, &part[..part.len().min(len)], more, &mut out);
            }
            Some(Event::Notification { call, .. }) if verb & 128 != 0 => _ = endpoint.cancel(call),
            _ => {}
        }
    }
    for peer in 0..4 {
        endpoint.transport_error(peer);
    }
    while let Some(next) = endpoint.next_timeout() {
        let step = endpoint.handle_timeout(next.max(now), &mut Vec::new()).expect("room");
        now = now.max(next);
        _ = step;
    }
    assert_eq!(endpoint.load(), Load::default());
});
