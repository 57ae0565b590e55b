//! `docs/statements.md` names every numbered statement of both versions once, and agrees with what the rules cite.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::HashMap;

use mqtt_codec::{Rule, Version};

const PAGE: &str = include_str!("../docs/statements.md");

/// Appendix B of 5.0: the numbers run from 1 to the second value in each section, but for the one the specification skips.
const V5: &[(&str, u32)] = &[
    ("1.5.4", 3),
    ("1.5.5", 1),
    ("1.5.7", 1),
    ("2.1.3", 1),
    ("2.2.1", 6),
    ("2.2.2", 1),
    ("3.1.0", 2),
    ("3.1.2", 30),
    ("3.1.3", 12),
    ("3.1.4", 6),
    ("3.2.0", 2),
    ("3.2.2", 22),
    ("3.3.1", 13),
    ("3.3.2", 20),
    ("3.3.4", 10),
    ("3.4.2", 3),
    ("3.5.2", 3),
    ("3.6.1", 1),
    ("3.6.2", 3),
    ("3.7.2", 3),
    ("3.8.1", 1),
    ("3.8.3", 5),
    ("3.8.4", 8),
    ("3.9.2", 2),
    ("3.9.3", 2),
    ("3.10.1", 1),
    ("3.10.3", 2),
    ("3.10.4", 6),
    ("3.11.2", 2),
    ("3.11.3", 2),
    ("3.12.4", 1),
    ("3.14.0", 1),
    ("3.14.1", 1),
    ("3.14.2", 4),
    ("3.14.4", 3),
    ("3.15.1", 1),
    ("3.15.2", 3),
    ("4.1.0", 2),
    ("4.2.0", 1),
    ("4.3.1", 1),
    ("4.3.2", 5),
    ("4.3.3", 13),
    ("4.4.0", 2),
    ("4.5.0", 2),
    ("4.6.0", 6),
    ("4.7.0", 1),
    ("4.7.1", 2),
    ("4.7.2", 1),
    ("4.7.3", 4),
    ("4.8.2", 6),
    ("4.9.0", 3),
    ("4.12.0", 7),
    ("4.12.1", 2),
    ("4.13.1", 1),
    ("4.13.2", 1),
    ("6.0.0", 4),
];
const SKIPPED: &str = "MQTT-2.2.1-1";

/// Appendix B of 3.1.1.
const V311: &[(&str, u32)] = &[
    ("1.5.3", 3),
    ("2.2.2", 2),
    ("2.3.1", 7),
    ("3.1.0", 2),
    ("3.1.2", 24),
    ("3.1.3", 11),
    ("3.1.4", 5),
    ("3.2.0", 1),
    ("3.2.2", 6),
    ("3.3.1", 12),
    ("3.3.2", 3),
    ("3.3.4", 1),
    ("3.3.5", 2),
    ("3.6.1", 1),
    ("3.8.1", 1),
    ("3.8.3", 4),
    ("3.8.4", 6),
    ("3.9.3", 2),
    ("3.10.1", 1),
    ("3.10.3", 2),
    ("3.10.4", 6),
    ("3.12.4", 1),
    ("3.14.1", 1),
    ("3.14.4", 3),
    ("4.1.0", 2),
    ("4.3.1", 1),
    ("4.3.2", 2),
    ("4.3.3", 2),
    ("4.4.0", 1),
    ("4.5.0", 2),
    ("4.6.0", 6),
    ("4.7.1", 3),
    ("4.7.2", 1),
    ("4.7.3", 4),
    ("4.8.0", 2),
    ("6.0.0", 4),
    ("7.0.0", 2),
    ("7.1.1", 1),
    ("7.1.2", 1),
];

/// What the page says of each statement of a version.
fn rows(heading: &str) -> HashMap<&'static str, &'static str> {
    let part = PAGE.split("\n## ").find(|part| part.starts_with(heading)).unwrap();
    let mut rows = HashMap::new();
    for line in part.lines().filter(|line| line.starts_with("| [")) {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [number, says, held] = cells[..] else { panic!("{line}") };
        assert!(!says.is_empty(), "{line}");
        let known = ["checked: ", "session", "not judgeable: "].iter().any(|start| held.starts_with(start));
        assert!(known, "{line}");
        let number = number.trim_start_matches('[').trim_end_matches(']');
        assert!(rows.insert(number, held).is_none(), "{number} is there twice");
    }
    rows
}

#[test]
fn no_statement_is_missing_and_none_is_invented() {
    for (heading, sections, count) in [("MQTT 5.0", V5, 251), ("MQTT 3.1.1", V311, 141)] {
        let mut rows = rows(heading);
        let all = sections
            .iter()
            .flat_map(|(section, last)| (1..=*last).map(move |n| format!("MQTT-{section}-{n}")));
        let all: Vec<_> = all.filter(|number| number != SKIPPED || heading == "MQTT 3.1.1").collect();
        assert_eq!(all.len(), count);
        for number in all {
            assert!(rows.remove(number.as_str()).is_some(), "{heading}: {number} is missing");
        }
        assert!(rows.is_empty(), "{heading}: {rows:?}");
    }
}

#[test]
fn the_page_and_the_rules_agree() {
    for (heading, version) in [("MQTT 5.0", Version::V5), ("MQTT 3.1.1", Version::V311)] {
        let rows = rows(heading);
        for rule in Rule::all() {
            for cited in rule.citations(version).filter(|cited| cited.starts_with("MQTT-")) {
                // One number is misprinted in 3.1.1, and a rule cites both spellings.
                let row = rows[cited.replace("MQTT-3-8.", "MQTT-3.8.").as_str()];
                assert!(
                    row.contains(&format!("`{rule:?}`")),
                    "{cited} is held by {rule:?}, and the page says: {row}"
                );
            }
        }
        for (number, held) in rows {
            for name in held.split('`').skip(1).step_by(2).filter(|name| !name.contains("::")) {
                if name.ends_with(".rs") {
                    let path = format!("{}/src/{name}", env!("CARGO_MANIFEST_DIR"));
                    assert!(std::fs::exists(path).unwrap(), "{number}: {name}");
                } else if let Some(rule) = Rule::all().find(|rule| format!("{rule:?}") == name) {
                    let cites = rule
                        .citations(version)
                        .any(|cited| cited.replace("MQTT-3-8.", "MQTT-3.8.") == number);
                    assert!(cites, "{rule:?} does not cite {number}");
                }
            }
        }
    }
}

#[test]
fn every_rule_is_looked_at_by_the_file_the_page_names() {
    for line in PAGE.lines().filter(|line| line.contains("| checked: `")) {
        for part in line.split(", `").flat_map(|part| part.split("; ")) {
            let Some((rule, files)) = part.split_once(" (") else { continue };
            let rule = rule.rsplit(['`', ':']).find(|text| !text.is_empty()).unwrap();
            for file in files.split('`').filter(|file| file.ends_with(".rs")) {
                let path = format!("{}/src/{file}", env!("CARGO_MANIFEST_DIR"));
                let text = std::fs::read_to_string(path).unwrap();
                assert!(text.contains(rule), "{file} does not name {rule}");
            }
        }
    }
}
