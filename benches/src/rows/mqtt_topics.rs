//! The topic trees of mqtt-codec beside a peer and beside going through a list, on the workloads of
//! `vectors/bench/topics.json`.
//!
//! Ours is given a `TopicName`, as decoding a packet makes it; checking one is a row of its own. The peer is given text, and
//! checks and splits it for each message, since it has no decoder to do so before.

use core::hint::black_box;

use mqtt_codec::{RetainedTree, TopicFilter, TopicName};

use crate::Row;
use crate::topics::{Peer, Workload, name, tree};

/// The rows of this table.
pub(super) fn rows() -> Vec<Row> {
    let ours = |work, repeat, prepare| Row {
        table: "mqtt-topics",
        work,
        who: "linkwire",
        checks: "",
        repeat,
        prepare,
    };
    let peer = |work, repeat, prepare| Row {
        who: "mqtt-topic-engine 0.2",
        checks: "U+0000",
        ..ours(work, repeat, prepare)
    };
    let list = |work, prepare| Row { who: "TopicFilter::matches on a list", ..ours(work, 20, prepare) };
    vec![
        ours("match a topic, 1 k filters", 20_000, || lookup(1_000)),
        peer("match a topic, 1 k filters", 20_000, || peer_lookup(1_000)),
        list("match a topic, 1 k filters", || list_lookup(1_000)),
        ours("match a topic, 100 k filters", 20_000, || lookup(100_000)),
        peer("match a topic, 100 k filters", 20_000, || peer_lookup(100_000)),
        list("match a topic, 100 k filters", || list_lookup(100_000)),
        ours("match a topic, 1 M filters (33 matches)", 20_000, || lookup(1_000_000)),
        peer("match a topic, 1 M filters (33 matches)", 20_000, || peer_lookup(1_000_000)),
        ours("insert a filter at 1 M", 20_000, || insert(1_000_000)),
        peer("insert a filter at 1 M", 20_000, || peer_insert(1_000_000)),
        ours("remove a filter at 1 M, and insert it", 20_000, || replace(1_000_000)),
        ours("check the name of a topic", 20_000, check),
        ours("match by iterator, 100 k filters", 20_000, || iterate(100_000)),
        ours("match, all + combinations of 10 levels (1,024 matches)", 100, || {
            combinations("a/a/a/a/a/a/a/a/a/a")
        }),
        ours("match, all + combinations of 10 levels (32 matches)", 100, || {
            combinations("a/b/a/b/a/b/a/b/a/b")
        }),
        ours("match, all + combinations of 10 levels (no match)", 100, || {
            combinations("a/a/a/a/a/a/a/a/a/a/a")
        }),
        ours("match, one of 10,000 children", 1_000, fan_out),
        ours("match, 1,000 filters of 128 levels", 1_000, deep),
        ours("match, one of 8,192 levels that hash alike without a seed", 1_000, alike),
        ours("find a retained name among 80 k", 1_000, || retained(|name| name.into())),
        ours("find retained names by a last + among 80 k (4 names at most)", 1_000, || {
            retained(|name| parent(name) + "/+")
        }),
        ours("find retained names by a last # among 80 k (4 names at most)", 1_000, || {
            retained(|name| parent(name) + "/#")
        }),
    ]
}

fn lookup(count: usize) -> Box<dyn FnMut()> {
    let workload = Workload::new(count);
    let tree = tree(&workload.filters);
    let names: Vec<TopicName<'static>> = workload.topics.leak().iter().map(|text| name(text)).collect();
    let mut found = Vec::with_capacity(4_096);
    for topic in &names[..3] {
        tree.for_each_match(*topic, |value| found.push(*value));
        found.sort_unstable();
        assert_eq!(found, by_list(&workload.filters, *topic));
        found.clear();
    }
    // Not the vector's own iterator: that would be cloned, with an allocation, each time around.
    let mut next = names.leak().iter().cycle();
    Box::new(move || {
        let Some(topic) = next.next() else { return };
        found.clear();
        tree.for_each_match(black_box(*topic), |value| found.push(*value));
        black_box(&found);
    })
}

fn by_list(filters: &[String], topic: TopicName<'_>) -> Vec<u32> {
    let matches = |text: &String| TopicFilter::new(text).expect("a filter").matches(topic);
    (0..).zip(filters).filter(|(_, text)| matches(text)).map(|(value, _)| value).collect()
}

fn peer_lookup(count: usize) -> Box<dyn FnMut()> {
    let workload = Workload::new(count);
    let peer = Peer::new(&workload.filters);
    let mut found = Vec::with_capacity(4_096);
    for topic in &workload.topics[..3] {
        peer.find(topic, &mut found);
        found.sort_unstable();
        assert_eq!(found, by_list(&workload.filters, name(topic)));
        found.clear();
    }
    let mut next = workload.topics.leak().iter().cycle();
    Box::new(move || {
        let Some(topic) = next.next() else { return };
        found.clear();
        peer.find(black_box(topic), &mut found);
        black_box(&found);
    })
}

fn list_lookup(count: usize) -> Box<dyn FnMut()> {
    let workload = Workload::new(count);
    let filters = workload.filters.leak();
    let filters: Vec<TopicFilter<'static>> =
        filters.iter().map(|text| TopicFilter::new(text).expect("a filter")).collect();
    let mut next = workload.topics.leak().iter().map(|text| name(text)).cycle();
    let mut found = Vec::with_capacity(4_096);
    Box::new(move || {
        let Some(topic) = next.next() else { return };
        found.clear();
        found.extend(
            (0_u32..).zip(&filters).filter(|(_, filter)| filter.matches(topic)).map(|(value, _)| value),
        );
        black_box(&found);
    })
}

/// As decoding makes them, apart from what is counted.
fn checked(filters: &'static [String]) -> &'static [TopicFilter<'static>] {
    filters.iter().map(|text| TopicFilter::new(text).expect("a filter")).collect::<Vec<_>>().leak()
}

/// All but the last filters are there; the last ones come one by one.
fn insert(count: usize) -> Box<dyn FnMut()> {
    let workload = Workload::new(count);
    let (held, rest) = workload.filters.leak().split_at(count - 20_100);
    let mut tree = tree(held);
    let mut next = checked(rest).iter().cycle();
    Box::new(move || {
        let Some(&filter) = next.next() else { return };
        tree.insert(black_box(filter), 1).expect("room");
    })
}

fn peer_insert(count: usize) -> Box<dyn FnMut()> {
    let workload = Workload::new(count);
    let (held, rest) = workload.filters.leak().split_at(count - 20_100);
    let mut peer = Peer::new(held);
    let mut next = rest.iter().cycle();
    Box::new(move || {
        let Some(filter) = next.next() else { return };
        peer.insert(black_box(filter), 1);
    })
}

fn replace(count: usize) -> Box<dyn FnMut()> {
    let filters = Workload::new(count).filters.leak();
    let mut tree = tree(filters);
    let mut next = (0..).zip(checked(filters)).cycle();
    Box::new(move || {
        let Some((value, &filter)) = next.next() else { return };
        assert_eq!(tree.remove(black_box(filter), |held| *held == value), Some(value));
        tree.insert(black_box(filter), value).expect("room");
    })
}

fn check() -> Box<dyn FnMut()> {
    let mut next = Workload::new(1_000).topics.leak().iter().cycle();
    Box::new(move || {
        let Some(text) = next.next() else { return };
        let _ = black_box(TopicName::new(black_box(text)));
    })
}

fn iterate(count: usize) -> Box<dyn FnMut()> {
    let workload = Workload::new(count);
    let tree = tree(&workload.filters);
    let mut next = workload.topics.leak().iter().map(|text| name(text)).cycle();
    Box::new(move || {
        let Some(topic) = next.next() else { return };
        black_box(tree.matches(black_box(topic)).flat_map(|entry| entry.values()).sum::<u32>());
    })
}

fn adversary(filters: &[String], topic: String) -> Box<dyn FnMut()> {
    let tree = tree(filters);
    let topic = name(topic.leak());
    let mut found = Vec::with_capacity(4_096);
    Box::new(move || {
        found.clear();
        tree.for_each_match(black_box(topic), |value| found.push(*value));
        black_box(&found);
    })
}

fn combinations(topic: &str) -> Box<dyn FnMut()> {
    let level = |bits: u32, at: u32| if bits >> at & 1 == 1 { "+" } else { "a" };
    let filters: Vec<String> =
        (0..1 << 10).map(|bits| (0..10).map(|at| level(bits, at)).collect::<Vec<_>>().join("/")).collect();
    adversary(&filters, topic.to_owned())
}

fn fan_out() -> Box<dyn FnMut()> {
    let filters: Vec<String> = (0..10_000).map(|child| format!("fleet/dev{child}/+")).collect();
    adversary(&filters, "fleet/dev7777/state".to_owned())
}

/// "Aa" and "BB" are the same to hashes that multiply by 31 and add, and so is any row of them.
fn alike() -> Box<dyn FnMut()> {
    let level =
        |bits: u32| (0..13).map(|at| if bits >> at & 1 == 1 { "Aa" } else { "BB" }).collect::<String>();
    let filters: Vec<String> = (0..1 << 13).map(|bits| format!("fleet/{}/+", level(bits))).collect();
    adversary(&filters, format!("fleet/{}/state", level(0x0ACE)))
}

/// They part at the last level, and half of them have a `+` somewhere.
fn deep() -> Box<dyn FnMut()> {
    let filter = |at: usize| {
        let mut levels = vec!["a".to_owned(); 127];
        if at % 2 == 1 {
            levels[at % 127] = "+".to_owned();
        }
        format!("{}/{at}", levels.join("/"))
    };
    let filters: Vec<String> = (0..1_000).map(filter).collect();
    adversary(&filters, filter(500))
}

fn parent(name: &str) -> String {
    name.rsplit_once('/').map_or(name, |(parent, _)| parent).to_owned()
}

fn retained(filter: fn(&str) -> String) -> Box<dyn FnMut()> {
    let filters = Workload::new(100_000).filters;
    let names: Vec<String> = filters.into_iter().filter(|text| !text.contains(['+', '#'])).collect();
    let mut tree = RetainedTree::with_seed(1);
    for text in &names {
        tree.insert(name(text), 1_u32).expect("room");
    }
    let filters = names.iter().take(1_000).map(|text| filter(text)).collect::<Vec<_>>().leak();
    let mut next = filters.iter().map(|text| TopicFilter::new(text).expect("a filter")).cycle();
    Box::new(move || {
        let Some(filter) = next.next() else { return };
        let mut sum = 0;
        tree.for_each_match(black_box(filter), |value| sum += value);
        assert!((1..=4).contains(&sum));
    })
}
