//! The tree of subscriptions against a list and the twenty-line definition of matching.
#![cfg(feature = "alloc")]

use std::collections::HashSet;

use mqtt_codec::tree::{MAX_LEVELS, Refused, TreeRule};
use mqtt_codec::{TopicFilter, TopicName, TopicTree, TreeBounds};
use proptest::prelude::*;

/// The definition of §4.7, level by level, as slow as it is plain.
fn naive(filter: &str, name: &str) -> bool {
    fn levels(filter: &[&str], name: &[&str]) -> bool {
        match (filter, name) {
            (["#"], _) => true,
            ([], []) => true,
            (["+", filter @ ..], [_, name @ ..]) => levels(filter, name),
            ([one, filter @ ..], [other, name @ ..]) => one == other && levels(filter, name),
            _ => false,
        }
    }
    let reserved = name.starts_with('$') && filter.starts_with(['+', '#']);
    !reserved && levels(&filter.split('/').collect::<Vec<_>>(), &name.split('/').collect::<Vec<_>>())
}

fn name(text: &str) -> TopicName<'_> {
    TopicName::new(text).expect("a topic name")
}

fn filter(text: &str) -> TopicFilter<'_> {
    TopicFilter::new(text).expect("a topic filter")
}

fn tree(filters: &[&str]) -> TopicTree<usize> {
    let mut tree = TopicTree::with_seed(1);
    for (at, text) in filters.iter().enumerate() {
        tree.insert(filter(text), at).expect("room");
    }
    tree
}

fn found<T: Copy + Ord>(tree: &TopicTree<T>, topic: &str) -> Vec<T> {
    let mut found = vec![];
    tree.for_each_match(name(topic), |value| found.push(*value));
    found.sort_unstable();
    found
}

#[test]
fn examples_of_the_specification_match() {
    let filters = [
        "sport/tennis/player1/#",
        "sport/#",
        "#",
        "+",
        "+/tennis/#",
        "sport+/x",
        "sport/+",
        "/+",
        "+/+",
        "/finance",
    ];
    let filters: Vec<&str> = filters.into_iter().filter(|text| TopicFilter::new(text).is_ok()).collect();
    assert_eq!(filters.len(), 9, "`sport+` is not a filter");
    let tree = tree(&filters);
    for topic in [
        "sport",
        "sport/",
        "sport/tennis",
        "sport/tennis/player1",
        "sport/tennis/player1/score/wimbledon",
        "/finance",
        "finance",
        "/",
        "//",
        "$SYS/tennis/x",
        "$SYS",
        "a topic no filter knows/and nothing like it",
    ] {
        let expected: Vec<usize> = (0..filters.len()).filter(|at| naive(filters[*at], topic)).collect();
        assert_eq!(found(&tree, topic), expected, "{topic}");
    }
}

#[test]
fn reserved_names_are_for_filters_that_spell_them() {
    let tree = tree(&["#", "+/uptime", "+/+", "$SYS/#", "$SYS/+", "$SYS/uptime", "$SYS/+/x"]);
    assert_eq!(found(&tree, "$SYS/uptime"), [3, 4, 5]);
    assert_eq!(found(&tree, "$SYS/a/x"), [3, 6]);
    assert_eq!(found(&tree, "$other"), []);
    assert_eq!(found(&tree, "a/$SYS"), [0, 2]);
}

#[test]
fn a_filter_keeps_its_values_in_order_and_gives_them_back_one_by_one() {
    let mut tree = TopicTree::with_seed(1);
    for value in [3, 1, 2, 1] {
        for text in ["a/b", "a/+"] {
            tree.insert(filter(text), value).unwrap();
        }
    }
    for text in ["a/b", "a/+"] {
        let filter = filter(text);
        assert_eq!(tree.get(filter), [3, 1, 2, 1]);
        tree.get_mut(filter)[2] = 7;
        assert_eq!(tree.remove(filter, |value| *value == 1), Some(1));
        assert_eq!(tree.get(filter), [3, 7, 1], "the first one that fits went");
        assert_eq!(tree.remove(filter, |value| *value == 9), None);
        assert_eq!(tree.remove(filter, |_| true), Some(3));
        assert_eq!(tree.remove(filter, |_| true), Some(7));
        assert_eq!(tree.get(filter), [1]);
        assert_eq!(tree.remove(filter, |value| *value == 9), None);
        assert_eq!(tree.remove(filter, |_| true), Some(1));
        assert_eq!(tree.remove(filter, |_| true), None);
        assert!(tree.get(filter).is_empty() && tree.get_mut(filter).is_empty());
    }
    assert!(tree.is_empty() && tree.filters() == 0);
}

#[test]
fn values_need_be_nothing_but_values() {
    struct Opaque(String);
    let mut tree = TopicTree::with_seed(1);
    for text in ["a", "+", "+", "$share/g/a"] {
        assert!(tree.insert(filter(text), Opaque(text.to_string())).is_ok());
    }
    assert_eq!(tree.remove(filter("+"), |_| true).unwrap().0, "+");
    assert_eq!(tree.matches(name("a")).flat_map(|entry| entry.values()).count(), 2);
}

#[test]
fn groups_are_beside_the_plain_values() {
    let mut tree = TopicTree::with_seed(1);
    for (text, value) in [
        ("jobs/+", 1),
        ("$share/b/jobs/+", 20),
        ("$share/a/jobs/+", 10),
        ("$share/a/jobs/+", 11),
        ("$share/a/jobs/7", 12),
        ("$share/c/#", 30),
    ] {
        tree.insert(filter(text), value).unwrap();
    }
    assert_eq!((tree.len(), tree.filters()), (6, 3));
    assert_eq!(found(&tree, "jobs/7"), [1], "plain values alone");
    assert_eq!(tree.get(filter("$share/a/jobs/+")), [10, 11]);
    assert_eq!(tree.get(filter("$share/c/jobs/+")), []);
    tree.get_mut(filter("$share/b/jobs/+"))[0] = 21;

    let mut groups: Vec<_> = tree
        .matches(name("jobs/7"))
        .flat_map(|entry| {
            entry.groups().map(move |group| (entry.filter().to_string(), group.name, group.members))
        })
        .collect();
    groups.sort_unstable();
    let expected: [(String, &str, &[i32]); 4] = [
        ("#".into(), "c", &[30]),
        ("jobs/+".into(), "a", &[10, 11]),
        ("jobs/+".into(), "b", &[21]),
        ("jobs/7".into(), "a", &[12]),
    ];
    assert_eq!(groups, expected);

    for (pick, expected) in [(0, vec![1, 10, 12, 21, 30]), (1, vec![1, 11]), (2, vec![1])] {
        let mut all = vec![];
        tree.for_each_recipient(name("jobs/7"), |_| pick, |value| all.push(*value));
        all.sort_unstable();
        assert_eq!(all, expected);
    }

    // A group goes with its last member, a filter with its last value of any kind.
    assert_eq!(tree.remove(filter("$share/a/jobs/7"), |_| true), Some(12));
    assert_eq!(tree.remove(filter("jobs/+"), |_| true), Some(1));
    assert_eq!(tree.remove(filter("jobs/+"), |_| true), None);
    assert_eq!(tree.remove(filter("$share/a/jobs/+"), |value| *value == 11), Some(11));
    assert_eq!(tree.remove(filter("$share/x/jobs/+"), |_| true), None);
    assert_eq!(tree.remove(filter("$share/a/jobs/+"), |_| true), Some(10));
    assert_eq!((tree.len(), tree.filters()), (2, 2));
    assert_eq!(tree.matches(name("jobs/7")).flat_map(|entry| entry.groups()).count(), 2);
    // A plain value beside a group, and the group gone: the value alone is left.
    tree.insert(filter("jobs/+"), 2).unwrap();
    assert_eq!(tree.remove(filter("$share/b/jobs/+"), |_| true), Some(21));
    assert_eq!((tree.get(filter("jobs/+")), tree.get(filter("$share/b/jobs/+"))), (&[2][..], &[][..]));
    assert_eq!(tree.remove(filter("$share/b/jobs/+"), |_| true), None);
}

#[test]
fn bounds_refuse_and_give_the_value_back() {
    let mut bounds = TreeBounds::default();
    (bounds.levels, bounds.wildcards, bounds.values) = (4, 2, 3);
    let mut tree = TopicTree::with_bounds(1, bounds);
    for (text, reason) in [
        ("a/b/c/d/e", TreeRule::TooDeep),
        ("a/b/c/d/#", TreeRule::TooDeep),
        ("+/+/+", TreeRule::TooManyWildcards),
    ] {
        let Refused { reason: why, value, .. } = tree.insert(filter(text), 5).unwrap_err();
        assert_eq!((why, value), (reason, 5));
    }
    for text in ["a/b/c/d", "+/+/c/#", "$share/g/a"] {
        tree.insert(filter(text), 0).unwrap();
    }
    let refused = tree.insert(filter("a"), 6).unwrap_err();
    assert_eq!(
        (refused.reason, refused.value, refused.to_string()),
        (TreeRule::Full, 6, "the tree is full".into())
    );
    assert_eq!((tree.len(), tree.filters()), (3, 3));
    assert_eq!(tree.remove(filter("$share/g/a"), |_| true), Some(0));
    assert!(tree.insert(filter("a"), 6).is_ok());

    // More than 128 levels are refused whatever the bounds; names may have any number.
    bounds = TreeBounds::default();
    bounds.levels = u8::MAX;
    let mut tree = TopicTree::with_bounds(1, bounds);
    let deep = |levels: usize, last: &str| format!("{}{last}", "a/".repeat(levels - 1));
    assert_eq!(tree.insert(filter(&deep(MAX_LEVELS + 1, "#")), 0).unwrap_err().reason, TreeRule::TooDeep);
    tree.insert(filter(&deep(MAX_LEVELS, "#")), 1).unwrap();
    tree.insert(filter(&deep(MAX_LEVELS, "a")), 2).unwrap();
    tree.insert(filter(&"+/".repeat(MAX_LEVELS)[..2 * MAX_LEVELS - 1]), 3).unwrap();
    tree.insert(filter("a/#"), 4).unwrap();
    assert_eq!(found(&tree, &deep(MAX_LEVELS - 1, "a")), [1, 4]);
    assert_eq!(found(&tree, &deep(MAX_LEVELS, "a")), [1, 2, 3, 4]);
    assert_eq!(found(&tree, &deep(MAX_LEVELS + 1, "a")), [1, 4]);
    assert_eq!(found(&tree, &deep(10_000, "a")), [1, 4]);
    assert_eq!(tree.get(filter(&deep(MAX_LEVELS + 1, "a"))), []);
}

#[test]
fn a_tree_is_shared_cloned_and_shown() {
    fn shared<T: Send + Sync + Clone + core::fmt::Debug>(_: &T) {}
    let mut tree = tree(&["a/b", "a/+", "a/+"]);
    shared(&tree);
    let old = tree.clone();
    tree.remove(filter("a/+"), |_| true);
    tree.insert(filter("c"), 9).unwrap();
    assert_eq!((found(&old, "a/b"), found(&tree, "a/b")), (vec![0, 1, 2], vec![0, 2]));
    assert_eq!((found(&old, "c"), found(&tree, "c")), (vec![], vec![9]));
    assert_eq!(format!("{old:?}"), "TopicTree { filters: 2, values: 3, .. }");
    let entries: Vec<_> = old.iter().map(|entry| format!("{entry:?}")).collect();
    assert_eq!(
        entries,
        [r#"Entry { filter: "a/b", values: [0], .. }"#, r#"Entry { filter: "a/+", values: [1, 2], .. }"#]
    );
}

#[test]
fn iteration_and_matches_spell_the_filters() {
    let filters = [
        "a",
        "a/b",
        "/",
        "+/a-level-that-is-longer-than-two-words/#",
        "#",
        "é/+",
        "a/b/c/d/e/f/g/h/+",
        "+//",
    ];
    let tree = tree(&filters);
    let mut spelled: Vec<(String, usize)> =
        tree.iter().map(|entry| (entry.filter().to_string(), entry.values()[0])).collect();
    spelled.sort_unstable_by_key(|(_, at)| *at);
    assert_eq!(
        spelled,
        filters.iter().enumerate().map(|(at, text)| (text.to_string(), at)).collect::<Vec<_>>()
    );
    for topic in ["x/a-level-that-is-longer-than-two-words", "é/x", "a/b/c/d/e/f/g/h/i", "///", "//"] {
        for entry in tree.matches(name(topic)) {
            assert!(naive(&entry.filter().to_string(), topic));
        }
        let count = filters.iter().filter(|text| naive(text, topic)).count();
        assert_eq!(tree.matches(name(topic)).count(), count, "{topic}");
    }
}

/// Every `+` combination of ten levels: the worst a name of ten levels can meet.
#[test]
fn all_combinations_of_wildcards_are_found_once_each() {
    let filters: Vec<String> = (0..1 << 10)
        .map(|bits| {
            (0..10).map(|at| if bits >> at & 1 == 1 { "+" } else { "a" }).collect::<Vec<_>>().join("/")
        })
        .collect();
    let tree = tree(&filters.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(found(&tree, "a/a/a/a/a/a/a/a/a/a").len(), 1 << 10);
    assert_eq!(found(&tree, "a/b/a/b/a/b/a/b/a/b").len(), 1 << 5);
    assert_eq!(found(&tree, "b/b/b/b/b/b/b/b/b/b"), [(1 << 10) - 1]);
    assert_eq!(found(&tree, "a/a/a/a/a/a/a/a/a"), []);
}

#[test]
fn ten_thousand_children_of_one_node_come_and_go() {
    let mut tree = TopicTree::with_seed(1);
    let filters: Vec<String> = (0..10_000).map(|at| format!("fleet/{at:x}/+")).collect();
    for (at, text) in filters.iter().enumerate() {
        tree.insert(filter(text), at).unwrap();
    }
    for at in (0..10_000).step_by(7) {
        assert_eq!(found(&tree, &format!("fleet/{at:x}/state")), [at]);
    }
    // The child a node remembers is removed first, then all but one.
    for (at, text) in filters.iter().enumerate().rev().take(9_999) {
        assert_eq!(tree.remove(filter(text), |value| *value == at), Some(at));
    }
    assert_eq!(found(&tree, "fleet/0/state"), [0]);
    assert_eq!(found(&tree, "fleet/1/state"), []);
    tree.insert(filter("fleet/1/+"), 1).unwrap();
    assert_eq!((found(&tree, "fleet/0/state"), found(&tree, "fleet/1/state")), (vec![0], vec![1]));
}

/// Levels that look alike in every way a weak hash could fall for.
#[test]
fn alike_levels_are_told_apart() {
    let mut levels: Vec<String> = vec![];
    for len in 1..40 {
        for (fill, last) in [("a", "a"), ("a", "b"), ("b", "a"), ("\u{1}", "\u{1}"), ("é", "a")] {
            levels.push(fill.repeat(len) + last);
        }
    }
    levels.extend(["", "a", "b", " ", "\u{1}"].map(String::from));
    let distinct: HashSet<&String> = levels.iter().collect();
    assert_eq!(distinct.len(), levels.len());
    let mut tree = TopicTree::with_seed(0);
    for (at, level) in levels.iter().enumerate() {
        for text in [format!("x/{level}"), format!("+/{level}"), format!("{level}/#")] {
            tree.insert(filter(&text), at).unwrap();
        }
    }
    for (at, level) in levels.iter().enumerate() {
        assert_eq!(found(&tree, &format!("x/{level}")), [at, at], "{level}");
        if !level.is_empty() {
            assert_eq!(found(&tree, level), [at], "{level}");
        }
    }
}

fn level() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "a",
        "b",
        "c",
        "",
        "$x",
        "a level of more than sixteen bytes",
        "sixteen bytes ab",
    ])
}

fn a_filter() -> impl Strategy<Value = String> {
    let level = prop_oneof![4 => level(), 2 => Just("+")];
    let share = prop_oneof![5 => Just(""), 1 => Just("$share/g/"), 1 => Just("$share/h/")];
    (share, prop::collection::vec(level, 0..5), any::<bool>())
        .prop_map(|(share, mut levels, rest)| {
            if rest {
                levels.push("#");
            }
            share.to_string() + &levels.join("/")
        })
        .prop_filter("a filter", |text| TopicFilter::new(text).is_ok())
}

fn a_name() -> impl Strategy<Value = String> {
    prop::collection::vec(level(), 1..6)
        .prop_map(|levels| levels.join("/"))
        .prop_filter("a name", |text| !text.is_empty())
}

#[derive(Clone, Debug)]
enum Step {
    Insert(String, u8),
    Remove(String, u8),
    Find(String),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (a_filter(), 0..4u8).prop_map(|(text, value)| Step::Insert(text, value)),
        3 => (a_filter(), 0..4u8).prop_map(|(text, value)| Step::Remove(text, value)),
        2 => a_name().prop_map(Step::Find),
    ]
}

/// The filter proper and the share name.
fn parts(text: &str) -> (&str, Option<&str>) {
    match text.strip_prefix("$share/").and_then(|rest| rest.split_once('/')) {
        Some((share, pattern)) => (pattern, Some(share)),
        None => (text, None),
    }
}

proptest! {
    #[test]
    fn any_history_agrees_with_a_list(seed: u64, steps in prop::collection::vec(step(), 1..120)) {
        let mut tree = TopicTree::with_seed(seed);
        let mut list: Vec<(String, u8)> = vec![];
        for step in steps {
            match step {
                Step::Insert(text, value) => {
                    tree.insert(filter(&text), value).unwrap();
                    list.push((text, value));
                }
                Step::Remove(text, value) => {
                    let at = list.iter().position(|held| *held == (text.clone(), value));
                    prop_assert_eq!(tree.remove(filter(&text), |held| *held == value), at.map(|at| list.remove(at).1));
                }
                Step::Find(topic) => {
                    let of = |plain: bool| {
                        let mut all: Vec<u8> = list
                            .iter()
                            .filter(|(text, _)| parts(text).1.is_none() == plain && naive(parts(text).0, &topic))
                            .map(|(_, value)| *value)
                            .collect();
                        all.sort_unstable();
                        all
                    };
                    prop_assert_eq!(found(&tree, &topic), of(true));
                    let entries: Vec<_> = tree.matches(name(&topic)).collect();
                    let mut members: Vec<u8> =
                        entries.iter().flat_map(|entry| entry.groups()).flat_map(|group| group.members).copied().collect();
                    members.sort_unstable();
                    prop_assert_eq!(members, of(false));
                    let filters: HashSet<String> = entries.iter().map(|entry| entry.filter().to_string()).collect();
                    prop_assert_eq!(filters.len(), entries.len(), "each filter once");
                }
            }
            let filters: HashSet<&str> = list.iter().map(|(text, _)| parts(text).0).collect();
            prop_assert_eq!((tree.len(), tree.filters()), (list.len(), filters.len()));
        }
        for (text, _) in &list {
            let values: Vec<u8> = list.iter().filter(|(other, _)| other == text).map(|(_, value)| *value).collect();
            prop_assert_eq!(tree.get(filter(text)), &values[..]);
        }
        prop_assert_eq!(tree.iter().count(), tree.filters());
        let empty = TopicTree::<u8>::with_seed(seed).memory();
        for (text, value) in list {
            prop_assert_eq!(tree.remove(filter(&text), |held| *held == value), Some(value));
        }
        prop_assert_eq!(tree.memory(), empty, "what is empty holds nothing");
    }
}
