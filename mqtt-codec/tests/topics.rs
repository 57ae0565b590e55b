//! Topic names and filters: what is refused and where, what matches, and how filters relate.

use mqtt_codec::{Level, TopicBounds, TopicError, TopicFilter, TopicName, TopicRule};
use proptest::prelude::*;

/// The definition, level by level, as slow as it is plain.
fn oracle(filter: &[&str], name: &[&str]) -> bool {
    match (filter, name) {
        (["#"], _) => true,
        ([], []) => true,
        (["+", filter @ ..], [_, name @ ..]) => oracle(filter, name),
        ([one, filter @ ..], [other, name @ ..]) => one == other && oracle(filter, name),
        _ => false,
    }
}

fn naive(filter: &str, name: &str) -> bool {
    let reserved = name.starts_with('$') && filter.starts_with(['+', '#']);
    !reserved && oracle(&filter.split('/').collect::<Vec<_>>(), &name.split('/').collect::<Vec<_>>())
}

fn name(text: &str) -> TopicName<'_> {
    TopicName::new(text).expect("a topic name")
}

fn filter(text: &str) -> TopicFilter<'_> {
    TopicFilter::new(text).expect("a topic filter")
}

fn broken<T: core::fmt::Debug>(made: Result<T, TopicError>) -> (TopicRule, usize) {
    let error = made.expect_err("breaks a rule");
    (error.rule, error.at)
}

#[test]
fn names_are_refused_by_rule_and_place() {
    assert_eq!(broken(TopicName::new("")), (TopicRule::Empty, 0));
    assert_eq!(broken(TopicName::new("a\0")), (TopicRule::Nul, 1));
    assert_eq!(broken(TopicName::new("a/+")), (TopicRule::WildcardInName, 2));
    assert_eq!(broken(TopicName::new("a/b#")), (TopicRule::WildcardInName, 3));
    assert_eq!(broken(TopicName::new("#\0")), (TopicRule::WildcardInName, 0));
    assert_eq!(broken(TopicName::from_utf8(b"a/\xc3(")), (TopicRule::NotUtf8, 2));
    assert_eq!(broken(TopicName::from_utf8(b"\xed\xa0\x80")), (TopicRule::NotUtf8, 0));
    assert_eq!(broken(TopicName::new(&"a".repeat(65_536))), (TopicRule::TooLong, 65_535));
    for good in ["/", "a", " ", "//", "$share/x", "é/\u{feff}", "a b/c"] {
        assert_eq!(TopicName::new(good).unwrap().as_str(), good);
        assert_eq!(TopicName::from_utf8(good.as_bytes()).unwrap().as_bytes(), good.as_bytes());
    }
    assert_eq!(name(&"/".repeat(65_535)).depth(), 65_536);
}

#[test]
fn filters_are_refused_by_rule_and_place() {
    use TopicRule::{MultiLevelWildcard, Nul, SingleLevelWildcard};
    for (text, rule, at) in [
        ("", TopicRule::Empty, 0),
        ("a/\0/#", Nul, 2),
        ("a/#/b", MultiLevelWildcard, 2),
        ("a#", MultiLevelWildcard, 1),
        ("##", MultiLevelWildcard, 0),
        ("a/#b", MultiLevelWildcard, 2),
        ("+#", SingleLevelWildcard, 0),
        ("a+", SingleLevelWildcard, 1),
        ("a/+b/c", SingleLevelWildcard, 2),
        ("a/b+/c", SingleLevelWildcard, 3),
        ("$share/", TopicRule::ShareNameEmpty, 7),
        ("$share//a", TopicRule::ShareNameEmpty, 7),
        ("$share/a+b/c", TopicRule::ShareNameWildcard, 8),
        ("$share/#", TopicRule::ShareNameWildcard, 7),
        ("$share/pool", TopicRule::ShareWithoutFilter, 11),
        ("$share/pool/", TopicRule::ShareWithoutFilter, 12),
        ("$share/pool/a+", SingleLevelWildcard, 13),
        ("$share/pool/#/a", MultiLevelWildcard, 12),
    ] {
        assert_eq!(broken(TopicFilter::new(text)), (rule, at), "{text:?}");
        assert_eq!(broken(TopicFilter::from_utf8(text.as_bytes())), (rule, at), "{text:?}");
    }
    assert_eq!(broken(TopicFilter::from_utf8(b"a/\xff")), (TopicRule::NotUtf8, 2));
    for good in [
        "#",
        "+",
        "/",
        "+/+",
        "/+",
        "+/",
        "a//#",
        "$share",
        "$shared/x",
        "$SYS/#",
        "$share/p//",
        "$share/p/+/#",
    ] {
        assert_eq!(TopicFilter::new(good).unwrap().as_str(), good);
    }
}

#[test]
fn a_shared_subscription_is_its_name_and_its_filter() {
    let shared = filter("$share/pool/a/+/#");
    assert_eq!(shared.share_name(), Some("pool"));
    assert_eq!(shared.without_share(), filter("a/+/#"));
    assert_eq!(shared.levels().collect::<Vec<_>>(), [Level::Text("a"), Level::Any, Level::Rest]);
    assert_eq!((shared.depth(), shared.has_wildcards()), (3, true));
    assert!(shared.matches(name("a/b")) && !shared.matches(name("$share/pool/a/b")));
    assert!(!filter("$share/pool/#").matches(name("$SYS/a")));
    assert!(filter("$share/pool/$SYS/#").matches(name("$SYS/a")));
    assert_eq!(filter("$share/pool/a").as_name(), Some(name("a")));
    assert_eq!(filter("a/b").share_name(), None);

    // To MQTT 3.1.1 it is a topic level.
    let plain = TopicFilter::unshared("$share/pool/a/+").unwrap();
    assert_eq!((plain.share_name(), plain.depth()), (None, 4));
    assert!(plain.matches(name("$share/pool/a/b")));
    assert!(TopicFilter::unshared("$share/+/#").is_ok());
}

#[test]
fn matching_follows_the_examples_of_the_specification() {
    // §4.7.1.2, §4.7.1.3, §4.7.2
    let player = "sport/tennis/player1/#";
    for text in
        ["sport/tennis/player1", "sport/tennis/player1/ranking", "sport/tennis/player1/score/wimbledon"]
    {
        assert!(filter(player).matches(name(text)), "{text}");
    }
    for (pattern, text, expected) in [
        ("sport/#", "sport", true),
        ("sport/tennis/+", "sport/tennis/player1", true),
        ("sport/tennis/+", "sport/tennis/player1/ranking", false),
        ("sport/+", "sport", false),
        ("sport/+", "sport/", true),
        ("+/+", "/finance", true),
        ("/+", "/finance", true),
        ("+", "/finance", false),
        ("#", "$SYS/monitor/Clients", false),
        ("+/monitor/Clients", "$SYS/monitor/Clients", false),
        ("$SYS/#", "$SYS/monitor/Clients", true),
        ("$SYS/monitor/+", "$SYS/monitor/Clients", true),
        ("ACCOUNTS", "Accounts", false),
        ("/finance", "finance", false),
    ] {
        assert_eq!(filter(pattern).matches(name(text)), expected, "{pattern} {text}");
        assert_eq!(naive(pattern, text), expected, "{pattern} {text}");
    }
}

#[test]
fn bounds_name_the_first_byte_beyond_them() {
    let bounds = TopicBounds::new(8, 3);
    assert_eq!(broken(name("123456789").within(bounds)), (TopicRule::TooLong, 8));
    assert_eq!(broken(name("a/b/c/d").within(bounds)), (TopicRule::TooDeep, 5));
    assert_eq!(broken(filter("$share/g/+/b/c/#").within(bounds)), (TopicRule::TooDeep, 14));
    assert_eq!(broken(name("a").within(TopicBounds::new(1, 0))), (TopicRule::TooDeep, 0));
    assert!(name("a/b/cdef").within(bounds).is_ok());
    assert!(filter("$share/longer/a/b/c").within(bounds).is_ok(), "the share name is not part of the filter");
    assert!(name(&"/".repeat(65_535 - 1)).within(TopicBounds::PROTOCOL).is_ok());
}

/// Every filter of up to three levels over a small alphabet.
fn all_filters() -> Vec<String> {
    let mut all = vec![];
    let mut grown: Vec<String> = vec![String::new()];
    for depth in 0..3 {
        let mut next = vec![];
        for prefix in &grown {
            for level in ["a", "$b", "", "+"] {
                next.push(if depth == 0 { level.into() } else { format!("{prefix}/{level}") });
            }
            all.push(if depth == 0 { "#".into() } else { format!("{prefix}/#") });
        }
        all.extend(next.iter().filter(|text| !text.is_empty()).cloned());
        grown = next;
    }
    all
}

/// Every name of up to five levels over that alphabet and one level no filter spells.
fn all_names() -> Vec<String> {
    let mut all = vec![];
    let mut grown: Vec<String> = vec![String::new()];
    for depth in 0..5 {
        let mut next = vec![];
        for prefix in &grown {
            for level in ["a", "$b", "", "z"] {
                next.push(if depth == 0 { level.into() } else { format!("{prefix}/{level}") });
            }
        }
        all.extend(next.iter().filter(|text| !text.is_empty()).cloned());
        grown = next;
    }
    all
}

#[test]
fn covering_and_overlap_mean_what_the_sets_of_names_say() {
    let names = all_names();
    let sets: Vec<(String, Vec<bool>)> = all_filters()
        .into_iter()
        .map(|text| {
            let set = names.iter().map(|name| naive(&text, name)).collect();
            (text, set)
        })
        .collect();
    assert!(sets.iter().all(|(_, set)| set.contains(&true)));
    for (one, ours) in &sets {
        for (other, theirs) in &sets {
            let contained = ours.iter().zip(theirs).all(|(ours, theirs)| *ours || !theirs);
            let meeting = ours.iter().zip(theirs).any(|(ours, theirs)| *ours && *theirs);
            assert_eq!(filter(one).covers(filter(other)), contained, "{one} covers {other}");
            assert_eq!(filter(one).overlaps(filter(other)), meeting, "{one} overlaps {other}");
        }
    }
}

fn level() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "", "$x", "long level", "é"])
}

proptest! {
    #[test]
    fn matching_agrees_with_the_definition(
        mut levels in prop::collection::vec(prop_oneof![3 => level(), 1 => Just("+")], 1..6),
        rest in any::<bool>(),
        topic in prop::collection::vec(level(), 1..7),
    ) {
        if rest {
            levels.push("#");
        }
        let (pattern, topic) = (levels.join("/"), topic.join("/"));
        prop_assume!(!pattern.is_empty() && !topic.is_empty());
        prop_assert_eq!(filter(&pattern).matches(name(&topic)), naive(&pattern, &topic));
    }

    #[test]
    fn any_text_is_a_filter_or_breaks_a_rule_in_place(text in "[a/+#$\\x00é]{0,12}|\\$share/[a/+#]{0,8}") {
        match TopicFilter::new(&text) {
            Ok(filter) => {
                prop_assert_eq!(filter.as_str(), &text);
                let spelled: Vec<&str> = filter
                    .levels()
                    .map(|level| match level {
                        Level::Text(text) => text,
                        Level::Any => "+",
                        Level::Rest => "#",
                        _ => unreachable!(),
                    })
                    .collect();
                let bare = filter.without_share();
                prop_assert_eq!(spelled.join("/"), bare.as_str());
                prop_assert_eq!(TopicFilter::unshared(bare.as_str()), Ok(bare));
            }
            Err(error) => prop_assert!(error.at <= text.len()),
        }
    }
}
