//! Message peaks: what is new does not wait behind what is old, and no device behind another.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use core::time::Duration;

use alink::DeviceId;
use alink::flow::{Lane, Outbox, OutboxConfig};

const SEC: Duration = Duration::from_secs(1);

fn device(name: &str) -> DeviceId<'_> {
    DeviceId::new("a1Locker", name).unwrap()
}

fn take(outbox: &mut Outbox, now: Duration, lane: Lane) -> Option<(String, String, bool)> {
    let next = outbox.next(now, lane)?;
    let taken = (
        next.device.device_name().to_owned(),
        String::from_utf8(next.payload.to_vec()).unwrap(),
        next.is_backlog,
    );
    let ticket = next.ticket;
    outbox.delivered(ticket);
    Some(taken)
}

fn push(outbox: &mut Outbox, now: Duration, lane: Lane, name: &str, payload: &str) -> bool {
    outbox.push(now, lane, device(name), "/t", payload.as_bytes())
}

#[test]
fn a_command_does_not_wait_behind_a_hundred_thousand_old_messages() {
    let mut outbox = Outbox::new(OutboxConfig::default());
    for at in 0..99_999 {
        assert!(push(&mut outbox, Duration::ZERO, Lane::Down, "locker01", &at.to_string()));
    }
    // All of it is old by now, and the lane below is untouched.
    assert!(push(&mut outbox, SEC * 60, Lane::Down, "locker02", "open"));
    assert_eq!(take(&mut outbox, SEC * 60, Lane::Down), Some(("locker02".into(), "open".into(), false)));
    assert_eq!(take(&mut outbox, SEC * 60, Lane::Up), None);
    for at in 0..99_999 {
        assert_eq!(take(&mut outbox, SEC * 60, Lane::Down), Some(("locker01".into(), at.to_string(), true)));
    }
    let counters = outbox.counters(Lane::Down);
    assert_eq!(
        (counters.delivered, counters.degraded, counters.messages, counters.bytes),
        (100_000, 99_999, 0, 0)
    );
    assert_eq!(outbox.next_timeout(), None);
}

#[test]
fn devices_take_turns_and_each_keeps_its_order() {
    let mut outbox = Outbox::new(OutboxConfig::default());
    for at in 0..3 {
        push(&mut outbox, SEC, Lane::Up, "locker01", &format!("a{at}"));
    }
    push(&mut outbox, SEC, Lane::Up, "locker02", "b0");
    // One of a device is under way at a time.
    let first = outbox.next(SEC, Lane::Up).unwrap();
    assert_eq!(first.payload, b"a0");
    let first = first.ticket;
    assert_eq!(take(&mut outbox, SEC, Lane::Up).unwrap().1, "b0");
    assert_eq!(outbox.next(SEC, Lane::Up), None);
    outbox.delivered(first);
    outbox.delivered(first);
    assert_eq!(take(&mut outbox, SEC, Lane::Up).unwrap().1, "a1");
    assert_eq!(take(&mut outbox, SEC, Lane::Up).unwrap().1, "a2");
    assert_eq!(outbox.counters(Lane::Up).delivered, 4);
}

#[test]
fn a_failure_degrades_rests_and_is_tried_again_in_order() {
    let mut outbox = Outbox::new(OutboxConfig::default());
    push(&mut outbox, SEC, Lane::Down, "locker01", "1");
    push(&mut outbox, SEC, Lane::Down, "locker01", "2");
    let ticket = outbox.next(SEC, Lane::Down).unwrap().ticket;
    outbox.failed(SEC, ticket);
    assert_eq!(outbox.next(SEC, Lane::Down), None);
    assert_eq!(outbox.next_timeout(), Some(SEC * 31));
    // The new one is offered at once all the same, and before the old.
    push(&mut outbox, SEC * 2, Lane::Down, "locker01", "3");
    assert_eq!(take(&mut outbox, SEC * 2, Lane::Down).unwrap(), ("locker01".into(), "3".into(), false));
    outbox.reachable(Lane::Down, device("locker01"));
    assert_eq!(take(&mut outbox, SEC * 2, Lane::Down).unwrap(), ("locker01".into(), "1".into(), true));
    assert_eq!(take(&mut outbox, SEC * 2, Lane::Down).unwrap(), ("locker01".into(), "2".into(), true));
    let counters = outbox.counters(Lane::Down);
    assert_eq!((counters.failed, counters.degraded, counters.delivered), (1, 2, 3));
}

#[test]
fn a_delivery_that_takes_too_long_has_failed() {
    let mut outbox = Outbox::new(OutboxConfig::default());
    push(&mut outbox, SEC, Lane::Up, "locker01", "1");
    let ticket = outbox.next(SEC, Lane::Up).unwrap().ticket;
    assert_eq!(outbox.next_timeout(), Some(SEC * 11));
    assert!(!outbox.handle_timeout(SEC * 10));
    assert!(outbox.handle_timeout(SEC * 11));
    outbox.delivered(ticket); // too late
    assert_eq!(take(&mut outbox, SEC * 41, Lane::Up).unwrap(), ("locker01".into(), "1".into(), true));
}

#[test]
fn a_full_lane_evicts_the_oldest_backlog_of_the_heaviest_and_never_realtime() {
    let mut config = OutboxConfig::default();
    config.max_messages = 4;
    let mut outbox = Outbox::new(config);
    for payload in ["1", "2", "3"] {
        push(&mut outbox, SEC, Lane::Up, "locker01", payload);
    }
    push(&mut outbox, SEC, Lane::Up, "locker02", "x");
    assert!(!push(&mut outbox, SEC, Lane::Up, "locker03", "no room"));
    let ticket = outbox.next(SEC, Lane::Up).unwrap().ticket;
    outbox.failed(SEC, ticket);
    assert!(push(&mut outbox, SEC, Lane::Up, "locker03", "y"));
    assert!(push(&mut outbox, SEC, Lane::Down, "locker03", "the other lane"));
    let counters = outbox.counters(Lane::Up);
    assert_eq!((counters.refused, counters.evicted, counters.messages), (1, 1, 4));
    outbox.reachable(Lane::Up, device("locker01"));
    let rest: Vec<_> =
        core::iter::from_fn(|| take(&mut outbox, SEC, Lane::Up)).map(|taken| taken.1).collect();
    assert_eq!(rest, ["x", "y", "2", "3"]);
    assert!(!outbox.push(SEC, Lane::Up, device("locker01"), "/t", &vec![0; config.max_bytes]));
}

/// Every message is delivered, evicted or still there; each class of a device in order.
#[test]
fn nothing_is_lost_or_doubled_or_overtaken() {
    for seed in 1..200_u64 {
        let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut below = |bound: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % bound
        };
        let mut config = OutboxConfig::default();
        config.max_messages = 20;
        let mut outbox = Outbox::new(config);
        let (mut now, mut serial, mut flying, mut seen) = (SEC, 0_u64, Vec::new(), Vec::new());
        let names = ["locker01", "locker02", "locker03"];
        for _ in 0..400 {
            match below(6) {
                0 | 1 => {
                    let name = names[usize::try_from(below(3)).unwrap()];
                    serial += 1;
                    push(&mut outbox, now, Lane::Up, name, &serial.to_string());
                }
                2 | 3 => {
                    if let Some(next) = outbox.next(now, Lane::Up) {
                        let serial: u64 = core::str::from_utf8(next.payload).unwrap().parse().unwrap();
                        flying.push((
                            next.ticket,
                            next.device.device_name().to_owned(),
                            serial,
                            next.is_backlog,
                        ));
                    }
                }
                4 if !flying.is_empty() => {
                    let (ticket, name, serial, is_backlog) = flying.swap_remove(0);
                    if below(3) == 0 {
                        outbox.failed(now, ticket);
                    } else {
                        outbox.delivered(ticket);
                        seen.push((name, serial, is_backlog));
                    }
                }
                _ => now += Duration::from_millis(below(4000)),
            }
            while outbox.handle_timeout(now) {
                flying.clear(); // late ones count as failed: keep to those that are not
            }
            let counters = outbox.counters(Lane::Up);
            assert!(counters.messages <= 20, "seed {seed}");
            let accounted = counters.delivered + counters.evicted + counters.messages as u64;
            assert_eq!(counters.pushed, accounted, "seed {seed}: {counters:?}");
        }
        let mut distinct: Vec<_> = seen.iter().map(|(_, serial, _)| *serial).collect();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), seen.len(), "seed {seed}: delivered twice");
        for name in names {
            for class in [false, true] {
                let order: Vec<_> = seen
                    .iter()
                    .filter(|(of, _, is)| of == name && *is == class)
                    .map(|(_, serial, _)| *serial)
                    .collect();
                assert!(order.is_sorted(), "seed {seed}: {name} {class} {order:?}");
            }
        }
    }
}
