//! `docs/sections.md` has every section and every mode, and names files and modes that exist.
#![allow(clippy::unwrap_used, reason = "this is a test")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "tests have std")]

use std::collections::BTreeSet;
use std::path::Path;

/// How many sections each chapter of the platform's rules has, subsections by name.
const SECTIONS: &[(u32, u32, &[&str])] = &[
    (1, 8, &[]),
    (2, 4, &[]),
    (3, 8, &[]),
    (4, 6, &["4.2.1"]),
    (5, 4, &[]),
    (6, 3, &["6.2.1"]),
    (7, 3, &[]),
    (8, 3, &["8.1.1", "8.1.2", "8.1.3", "8.1.4", "8.1.5"]),
    (9, 8, &[]),
    (10, 5, &[]),
    (11, 5, &[]),
    (12, 3, &[]),
    (13, 2, &[]),
    (14, 3, &[]),
];

struct Line {
    section: String,
    state: String,
    files: Vec<String>,
    modes: Vec<String>,
}

fn page() -> Vec<Line> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("docs/sections.md")).unwrap();
    let list = |cell: &str| -> Vec<String> {
        cell.split(',')
            .map(|item| item.trim().trim_matches('`').to_owned())
            .filter(|item| !item.is_empty())
            .collect()
    };
    text.lines()
        .filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit())
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            assert_eq!(cells.len(), 5, "{line}");
            assert!(!cells[1].is_empty(), "{line}");
            Line {
                section: cells[0].to_owned(),
                state: cells[2].to_owned(),
                files: list(cells[3]),
                modes: list(cells[4]),
            }
        })
        .collect()
}

#[test]
fn every_section_is_there_once() {
    let mut expected = BTreeSet::new();
    for (chapter, count, subsections) in SECTIONS {
        expected.extend((1..=*count).map(|section| format!("{chapter}.{section}")));
        expected.extend(subsections.iter().map(|section| String::from(*section)));
    }
    let lines = page();
    let found: BTreeSet<_> = lines.iter().map(|line| line.section.clone()).collect();
    assert_eq!(found.len(), lines.len(), "a section stands twice");
    assert_eq!(found, expected);
}

#[test]
fn what_a_line_says_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for line in page() {
        let section = &line.section;
        match line.state.as_str() {
            "done" | "open" => assert!(!line.files.is_empty(), "{section} is done nowhere"),
            "caller" => assert!(line.files.is_empty() && line.modes.is_empty(), "{section}"),
            "unknown" => assert!(line.modes.is_empty(), "{section}"),
            other => panic!("{section}: {other} is no state"),
        }
        for file in &line.files {
            assert!(root.join(file).is_file(), "{section}: {file} does not exist");
        }
    }
}

#[test]
fn every_mode_of_the_vectors_proves_something() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/auth.json");
    let file: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let vectors: BTreeSet<_> = file["vectors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|vector| vector["mode"].as_str().unwrap().to_owned())
        .collect();
    let named: BTreeSet<_> = page().into_iter().flat_map(|line| line.modes).collect();
    assert_eq!(named, vectors);
}
