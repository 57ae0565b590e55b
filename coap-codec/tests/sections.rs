//! `docs/sections.md` has every section, each where it says it is.
#![allow(clippy::unwrap_used, clippy::std_instead_of_alloc)]

mod data;

use std::collections::BTreeMap;
use std::path::Path;

use coap_codec::{OptionNumber, Rule};

/// The sections of each specification that ask something of an implementation.
const SECTIONS: &[(&str, &[&str])] = &[
    (
        "RFC 7252",
        &[
            "3", "3.1", "3.2", "4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8", "4.8.1", "4.8.2",
            "5.1", "5.2", "5.2.1", "5.2.2", "5.2.3", "5.3.1", "5.3.2", "5.4", "5.4.1", "5.4.2", "5.4.3",
            "5.4.4", "5.4.5", "5.4.6", "5.5", "5.5.1", "5.5.2", "5.5.3", "5.5.4", "5.6", "5.6.1", "5.6.2",
            "5.7", "5.7.1", "5.7.2", "5.7.3", "5.8", "5.8.1", "5.8.2", "5.8.3", "5.8.4", "5.9", "5.9.1",
            "5.9.2", "5.9.3", "5.10", "5.10.1", "5.10.2", "5.10.3", "5.10.4", "5.10.5", "5.10.6", "5.10.7",
            "5.10.8", "5.10.8.1", "5.10.8.2", "5.10.9", "6.1", "6.2", "6.3", "6.4", "6.5", "7.1", "7.2",
            "7.2.1", "8", "8.1", "8.2", "8.2.1", "8.2.2", "9", "10", "10.1", "10.2", "11.2", "11.3", "11.6",
            "12.1", "12.1.1", "12.1.2", "12.2", "12.3",
        ],
    ),
    (
        "RFC 8323",
        &[
            "3.1", "3.2", "3.3", "3.4", "4.1", "4.2", "4.3", "4.4", "5", "5.1", "5.2", "5.3", "5.3.1",
            "5.3.2", "5.4", "5.4.1", "5.5", "5.6", "6", "7.1", "7.2", "7.3", "7.4", "8.1", "8.2", "8.3",
            "8.4", "8.5", "8.6", "8.7", "9", "10.1",
        ],
    ),
    (
        "RFC 7641",
        &["2", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "4.1", "4.2", "4.3", "4.4", "4.5", "5", "6", "7"],
    ),
    (
        "RFC 7959",
        &[
            "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.8", "2.9", "2.9.1", "2.9.2", "2.9.3", "2.10",
            "4", "7",
        ],
    ),
    ("RFC 8132", &["2", "3", "3.4"]),
    ("RFC 7967", &["2", "2.1", "2.2", "3.1", "3.2", "3.3", "3.4"]),
    ("RFC 8974", &["2.1", "2.2.1", "2.2.2", "3", "4", "5"]),
    (
        "RFC 9175",
        &["2.2", "2.2.1", "2.3", "2.4", "2.6", "3.2", "3.2.1", "3.3", "3.4", "3.5", "3.8", "4.2", "5", "6"],
    ),
    ("RFC 9177", &["3.2", "4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.8", "5", "7", "8"]),
    ("RFC 6690", &["2", "2.1", "2.2", "2.3", "3", "3.1", "3.2", "3.3", "4", "4.1", "6"]),
    ("RFC 8768", &["1.1", "3", "4"]),
    ("RFC 8516", &["3", "4"]),
    ("RFC 8613", &["2", "6.1", "8.2"]),
    ("RFC 3629", &["3"]),
    ("RFC 9668", &["3.1"]),
];

/// Every rule there is.
const RULES: &[Rule] = &[
    Rule::Header,
    Rule::Version,
    Rule::TokenLength,
    Rule::TokenLimit,
    Rule::TokenCut,
    Rule::EmptyContent,
    Rule::PayloadMarker,
    Rule::OptionDelta,
    Rule::OptionLength,
    Rule::OptionCut,
    Rule::ValueCut,
    Rule::OptionNumber,
    Rule::KindCode,
    Rule::CodeClass,
    Rule::Method,
    Rule::UnknownCritical,
    Rule::Repeated,
    Rule::OptionRange,
    Rule::BlockSize,
    Rule::ShortBlock,
    Rule::BlockMix,
    Rule::HopLimit,
    Rule::Text,
    Rule::DotSegment,
    Rule::Oscore,
    Rule::FrameLimit,
    Rule::FrameLength,
    Rule::SignalOption,
    Rule::FirstCsm,
    Rule::WebSocketLength,
];

struct Row {
    state: String,
    place: String,
}

/// The page's rows by document and section.
fn page() -> BTreeMap<(String, String), Row> {
    let text = std::fs::read_to_string(root().join("docs/sections.md")).unwrap();
    let (mut document, mut rows) = (String::new(), BTreeMap::new());
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            document = title.split(':').next().unwrap().to_string();
        }
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        if let ["", section, what, state, place, ""] = cells[..]
            && section.starts_with(|first: char| first.is_ascii_digit())
        {
            assert!(!what.is_empty(), "{document} {section}");
            let row = Row { state: state.to_string(), place: place.to_string() };
            let before = rows.insert((document.clone(), section.to_string()), row);
            assert!(before.is_none(), "{document} {section} twice");
        }
    }
    rows
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn no_section_is_missing() {
    let page = page();
    for (document, sections) in SECTIONS {
        for section in *sections {
            let key = (document.to_string(), section.to_string());
            assert!(page.contains_key(&key), "{document} {section} is not in docs/sections.md");
        }
    }
    assert_eq!(page.len(), SECTIONS.iter().map(|(_, sections)| sections.len()).sum::<usize>());
}

#[test]
fn every_section_done_names_files_that_cite_its_document() {
    for ((document, section), row) in page() {
        let done = match row.state.as_str() {
            "checked" | "data" => true,
            "caller" => false,
            other => panic!("{document} {section}: unknown state {other}"),
        };
        assert_eq!(done, !row.place.is_empty(), "{document} {section}");
        for file in row.place.split(", ").filter(|file| !file.is_empty()) {
            let file = file.trim_matches('`');
            assert!(root().join(file).is_file(), "{document} {section}: {file} is not there");
        }
    }
}

#[test]
fn every_section_a_rule_or_a_definition_cites_is_on_the_page() {
    let page = page();
    let cited = |text: &str| {
        for (document, section) in data::sections(text) {
            let key = (format!("RFC {document}"), section);
            let row = page.get(&key).unwrap_or_else(|| panic!("{key:?} is cited and not on the page"));
            assert!(matches!(row.state.as_str(), "checked" | "data"), "{key:?} is cited and not checked");
        }
    };
    RULES.iter().for_each(|rule| cited(rule.section()));
    for number in 0..=u16::MAX {
        if let Some(row) = OptionNumber(number).definition().filter(|row| row.section.starts_with("RFC")) {
            cited(row.section);
        }
    }
}
