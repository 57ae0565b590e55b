//! A history of the topic tree and of the retained names, against lists and the definition of matching.
//!
//! A line is a step: `+filter` inserts, `-filter` removes, anything else is a name to look up.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mqtt_codec::{RetainedTree, TopicFilter, TopicName, TopicTree};

fn naive(filter: &[&str], name: &[&str]) -> bool {
    match (filter, name) {
        (["#"], _) | ([], []) => true,
        (["+", filter @ ..], [_, name @ ..]) => naive(filter, name),
        ([one, filter @ ..], [other, name @ ..]) => one == other && naive(filter, name),
        _ => false,
    }
}

fn matches(filter: &str, name: &str) -> bool {
    let reserved = name.starts_with('$') && filter.starts_with(['+', '#']);
    !reserved && naive(&filter.split('/').collect::<Vec<_>>(), &name.split('/').collect::<Vec<_>>())
}

fuzz_target!(|input: &str| {
    let (mut tree, mut retained) = (TopicTree::with_seed(1), RetainedTree::with_seed(1));
    let mut filters: Vec<(&str, usize)> = vec![];
    let mut names: Vec<&str> = vec![];
    for (at, line) in input.lines().enumerate() {
        let filter = line.get(1..).and_then(|text| TopicFilter::new(text).ok());
        match (line.as_bytes().first(), filter) {
            (Some(b'+'), Some(filter)) => {
                if tree.insert(filter, at).is_ok() {
                    filters.push((&line[1..], at));
                }
                // A filter also looks up the names.
                let found: Vec<String> =
                    retained.matches(filter).map(|entry| entry.name().to_string()).collect();
                let pattern = filter.without_share();
                let expected: Vec<&&str> =
                    names.iter().filter(|name| matches(pattern.as_str(), name)).collect();
                assert!(
                    found.len() == expected.len()
                        && expected.iter().all(|name| found.iter().any(|text| text == **name))
                );
            }
            (Some(b'-'), Some(filter)) => {
                let held =
                    filters.iter().position(|(text, _)| filter == *text).map(|place| filters.remove(place).1);
                assert_eq!(tree.remove(filter, |_| true), held);
            }
            _ => {
                let Ok(name) = TopicName::new(line) else { continue };
                let mut found = vec![];
                tree.for_each_match(name, |value| found.push(*value));
                found.sort_unstable();
                let plain =
                    filters.iter().filter(|(text, _)| !text.starts_with("$share/") && matches(text, line));
                assert_eq!(found, plain.map(|(_, value)| *value).collect::<Vec<_>>());
                // A name is stored, or taken out if it was there.
                match names.iter().position(|held| *held == line) {
                    Some(place) => assert_eq!(retained.remove(name), Some(names.remove(place))),
                    None if retained.insert(name, line).is_ok() => names.push(line),
                    None => {}
                }
            }
        }
        assert_eq!((tree.len(), retained.len()), (filters.len(), names.len()));
    }
});
