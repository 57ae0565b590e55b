//! Looking up allocates nothing; what is held is what the memory report says, and it is little.
#![cfg(feature = "alloc")]

use allocation_counter::measure;
use mqtt_codec::{RetainedTree, TopicFilter, TopicName, TopicTree};

fn name(text: &str) -> TopicName<'_> {
    TopicName::new(text).expect("a topic name")
}

fn filter(text: &str) -> TopicFilter<'_> {
    TopicFilter::new(text).expect("a topic filter")
}

/// Filters as a plant has them: of twenty, sixteen exact, three with a `+` and one with a `#`.
fn filters(count: u32) -> impl Iterator<Item = String> {
    (0..count).map(|n| {
        let topic = |metric: &str| format!("acme/site{}/line{}/dev{n:05}/{metric}", n % 7, n % 31);
        match n % 20 {
            0..16 => topic("temperature"),
            16..19 => topic("+"),
            _ => format!("acme/site{}/line{}/#", n % 7, n % 31),
        }
    })
}

fn tree(count: u32) -> TopicTree<u32> {
    let mut tree = TopicTree::with_seed(1);
    for (value, text) in (0..).zip(filters(count)) {
        tree.insert(filter(&text), value).expect("room");
    }
    tree
}

#[test]
fn matching_allocates_nothing() {
    let mut tree = tree(2_000);
    tree.insert(filter("$share/pool/acme/#"), 1).unwrap();
    let names: Vec<String> = filters(2_000).map(|text| text.replace(['+', '#'], "state")).collect();
    let mut found = Vec::with_capacity(1_000);
    let mut sum = 0;
    let info = measure(|| {
        for text in &names {
            found.clear();
            tree.for_each_match(name(text), |value| found.push(*value));
            tree.for_each_recipient(name(text), |_| 0, |value| sum += u64::from(*value));
            sum += tree.matches(name(text)).map(|entry| entry.values().len() as u64).sum::<u64>();
            sum += tree.get(filter(text)).len() as u64;
        }
    });
    assert!(sum > 0 && !found.is_empty());
    assert_eq!(info.count_total, 0);
}

#[test]
fn retained_names_are_found_without_allocation() {
    let mut tree = RetainedTree::with_seed(1);
    for text in filters(2_000) {
        tree.insert(name(&text.replace(['+', '#'], "state")), 1_u32).unwrap();
    }
    let mut sum = 0;
    let info = measure(|| {
        for text in ["#", "acme/+/line3/#", "acme/+/+/+/temperature", "acme/site1/line1/dev00001/temperature"]
        {
            tree.for_each_match(filter(text), |value| sum += value);
        }
        sum += tree.iter().map(|entry| *entry.value()).sum::<u32>();
    });
    assert!(sum > 2_000);
    assert_eq!(info.count_total, 0);
}

#[test]
fn the_report_is_what_is_held() {
    let held = |tree: &dyn Fn() -> usize| {
        let mut reported = 0;
        let info = measure(|| reported = tree());
        (info.bytes_current, i64::try_from(reported).unwrap())
    };
    let (actual, reported) = held(&|| {
        let mut tree = tree(5_000);
        for text in ["$share/pool/a/+", "$share/another pool/a/+", "a/+", "a level longer than two words/#"] {
            tree.insert(filter(text), 1).unwrap();
        }
        let total = tree.memory().total();
        core::mem::forget(tree);
        total
    });
    assert_eq!(actual, reported);

    let (actual, reported) = held(&|| {
        let mut tree = RetainedTree::with_seed(1);
        for text in filters(5_000) {
            tree.insert(name(&text.replace(['+', '#'], "state")), [0_u8; 24]).unwrap();
        }
        let total = tree.memory().total();
        core::mem::forget(tree);
        total
    });
    assert_eq!(actual, reported);
}

#[test]
fn a_filter_costs_less_than_a_hundred_and_ten_bytes() {
    // Every device here is a level of its own, which costs more than the shared levels of a large plant.
    let info = measure(|| core::mem::forget(tree(20_000)));
    assert!(info.bytes_current / 20_000 < 110, "{} bytes a filter", info.bytes_current / 20_000);
}

/// Subscribers come and go for ever: what was pruned is used again.
#[test]
fn room_is_used_again() {
    let texts: Vec<String> = filters(3_000).collect();
    let mut tree = TopicTree::with_seed(1);
    for (at, text) in texts.iter().enumerate() {
        tree.insert(filter(text), at).unwrap();
    }
    let full = tree.memory().total();
    for round in 0..20 {
        let turn = |at: usize| at % 20 != round;
        for (at, text) in texts.iter().enumerate().filter(|(at, _)| turn(*at)) {
            assert_eq!(tree.remove(filter(text), |value| *value == at), Some(at));
        }
        for (at, text) in texts.iter().enumerate().filter(|(at, _)| turn(*at)) {
            tree.insert(filter(text), at).unwrap();
        }
    }
    assert!(tree.memory().total() <= full * 5 / 4, "{full} grew to {}", tree.memory().total());
}
