//! The tree of stored names against a map and the definition of matching.
#![cfg(feature = "alloc")]

use std::collections::HashMap;

use mqtt_codec::tree::{MAX_LEVELS, TreeRule};
use mqtt_codec::{RetainedTree, TopicFilter, TopicName, TreeBounds};
use proptest::prelude::*;

fn name(text: &str) -> TopicName<'_> {
    TopicName::new(text).expect("a topic name")
}

fn filter(text: &str) -> TopicFilter<'_> {
    TopicFilter::new(text).expect("a topic filter")
}

fn found(tree: &RetainedTree<usize>, text: &str) -> Vec<usize> {
    let mut found = vec![];
    tree.for_each_match(filter(text), |value| found.push(*value));
    found.sort_unstable();
    found
}

#[test]
fn wildcards_select_names() {
    let names = ["a", "a/b", "a/b/c", "a/c", "b", "/", "/b", "a/", "$SYS", "$SYS/b", "$SYS/b/c", "a/$b"];
    let mut tree = RetainedTree::with_seed(1);
    for (at, text) in names.iter().enumerate() {
        assert_eq!(tree.insert(name(text), at).unwrap(), None);
    }
    for (text, expected) in [
        ("a", &["a"][..]),
        ("a/+", &["a/b", "a/c", "a/", "a/$b"]),
        ("a/#", &["a", "a/b", "a/b/c", "a/c", "a/", "a/$b"]),
        ("+", &["a", "b"]),
        ("+/b", &["a/b", "/b"]),
        ("+/+/c", &["a/b/c"]),
        ("+/#", &["a", "a/b", "a/b/c", "a/c", "b", "/", "/b", "a/", "a/$b"]),
        ("#", &["a", "a/b", "a/b/c", "a/c", "b", "/", "/b", "a/", "a/$b"]),
        ("/+", &["/", "/b"]),
        ("/#", &["/", "/b"]),
        ("$SYS/#", &["$SYS", "$SYS/b", "$SYS/b/c"]),
        ("$SYS/+/c", &["$SYS/b/c"]),
        ("unknown/#", &[]),
        ("a/b/c/#", &["a/b/c"]),
        ("a/b/c/d/#", &[]),
        ("$share/pool/a/+", &["a/b", "a/c", "a/", "a/$b"]),
    ] {
        let expected: Vec<usize> = (0..names.len()).filter(|at| expected.contains(&names[*at])).collect();
        assert_eq!(found(&tree, text), expected, "{text}");
        let mut spelled: Vec<String> =
            tree.matches(filter(text)).map(|entry| entry.name().to_string()).collect();
        let mut expected: Vec<&str> = expected.into_iter().map(|at| names[at]).collect();
        spelled.sort_unstable();
        expected.sort_unstable();
        assert_eq!(spelled, expected, "{text}");
    }
}

#[test]
fn a_name_has_one_value() {
    let mut tree = RetainedTree::with_seed(1);
    assert_eq!(tree.insert(name("a/b"), 1), Ok(None));
    assert_eq!(tree.insert(name("a/b"), 2), Ok(Some(1)));
    assert_eq!((tree.get(name("a/b")), tree.get(name("a")), tree.len()), (Some(&2), None, 1));
    *tree.get_mut(name("a/b")).unwrap() += 1;
    let copy = tree.clone();
    assert_eq!(
        (tree.remove(name("a")), tree.remove(name("a/b")), tree.remove(name("a/b"))),
        (None, Some(3), None)
    );
    assert!(tree.is_empty() && tree.get_mut(name("a/b")).is_none());
    assert_eq!(
        (copy.get(name("a/b")), format!("{copy:?}")),
        (Some(&3), "RetainedTree { len: 1, .. }".into())
    );
    let entries: Vec<String> = copy.iter().map(|entry| format!("{entry:?}")).collect();
    assert_eq!(entries, [r#"Retained { name: "a/b", value: 3 }"#]);
}

#[test]
fn bounds_refuse_new_names_alone() {
    let mut bounds = TreeBounds::default();
    (bounds.levels, bounds.values) = (3, 2);
    let mut tree = RetainedTree::with_bounds(1, bounds);
    assert_eq!(tree.insert(name("a/b/c/d"), 0).unwrap_err().reason, TreeRule::TooDeep);
    tree.insert(name("a/b/c"), 0).unwrap();
    tree.insert(name("b"), 0).unwrap();
    let refused = tree.insert(name("c"), 7).unwrap_err();
    assert_eq!((refused.reason, refused.value), (TreeRule::Full, 7));
    assert_eq!(tree.insert(name("b"), 1), Ok(Some(0)), "a name that is there needs no room");

    let deep = "a/".repeat(MAX_LEVELS - 1) + "a";
    let mut tree = RetainedTree::with_seed(1);
    tree.insert(name(&deep), 0).unwrap();
    assert_eq!(tree.insert(name(&format!("a/{deep}")), 0).unwrap_err().reason, TreeRule::TooDeep);
    assert_eq!(found(&tree, &("+/".repeat(MAX_LEVELS - 1) + "+")), [0]);
    assert_eq!(found(&tree, &("+/".repeat(MAX_LEVELS) + "#")), [0], "`#` includes its parent");
    assert_eq!(found(&tree, &("+/".repeat(MAX_LEVELS + 1) + "#")), []);
    assert_eq!(found(&tree, &("+/".repeat(500) + "a")), []);
}

fn level() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "", "$x", "a level of more than sixteen bytes"])
}

fn a_name() -> impl Strategy<Value = String> {
    prop::collection::vec(level(), 1..5)
        .prop_map(|levels| levels.join("/"))
        .prop_filter("a name", |text| !text.is_empty())
}

fn a_filter() -> impl Strategy<Value = String> {
    let level = prop_oneof![2 => level(), 1 => Just("+")];
    (prop::collection::vec(level, 0..5), any::<bool>())
        .prop_map(|(mut levels, rest)| {
            if rest {
                levels.push("#");
            }
            levels.join("/")
        })
        .prop_filter("a filter", |text| !text.is_empty())
}

#[derive(Clone, Debug)]
enum Step {
    Insert(String, usize),
    Remove(String),
    Find(String),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (a_name(), 0..100usize).prop_map(|(text, value)| Step::Insert(text, value)),
        2 => a_name().prop_map(Step::Remove),
        2 => a_filter().prop_map(Step::Find),
    ]
}

proptest! {
    #[test]
    fn any_history_agrees_with_a_map(seed: u64, steps in prop::collection::vec(step(), 1..120)) {
        let mut tree = RetainedTree::with_seed(seed);
        let mut map: HashMap<String, usize> = HashMap::new();
        for step in steps {
            match step {
                Step::Insert(text, value) => {
                    prop_assert_eq!(tree.insert(name(&text), value).unwrap(), map.insert(text, value));
                }
                Step::Remove(text) => prop_assert_eq!(tree.remove(name(&text)), map.remove(&text)),
                Step::Find(pattern) => {
                    // `matches` of a filter is held to the definition in the tests of topics.
                    let mut expected: Vec<usize> =
                        map.iter().filter(|(text, _)| filter(&pattern).matches(name(text))).map(|(_, value)| *value).collect();
                    expected.sort_unstable();
                    prop_assert_eq!(found(&tree, &pattern), expected);
                }
            }
            prop_assert_eq!(tree.len(), map.len());
        }
        let all: HashMap<String, usize> = tree.iter().map(|entry| (entry.name().to_string(), *entry.value())).collect();
        prop_assert_eq!(&all, &map);
        for (text, value) in map {
            prop_assert_eq!(tree.get(name(&text)), Some(&value));
            prop_assert_eq!(tree.remove(name(&text)), Some(value));
        }
        prop_assert_eq!(tree.memory(), RetainedTree::<usize>::with_seed(seed).memory(), "what is empty holds nothing");
    }
}
