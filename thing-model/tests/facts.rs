//! `docs/facts.md` says the truth: no section or option is missing, the files are there, and so are the tests it names.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_page_names_what_exists() {
    let page = read("docs/facts.md");
    let (mut files, mut tests) = (0, 0);
    for line in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let place = cells.iter().find_map(|cell| cell.strip_prefix("`src/")?.strip_suffix('`'));
        if let Some(place) = place {
            assert!(!read(&format!("src/{place}")).is_empty());
            files += 1;
        }
        let test = cells.last().unwrap().trim_start_matches("unit ");
        if let Some((file, name)) = test.strip_prefix('`').and_then(|test| test.split_once('`')) {
            let path = if file.starts_with("src/") { file.to_owned() } else { format!("tests/{file}") };
            let function = format!("#[test]\nfn {}()", name.trim());
            let text = read(&path).replace("\n    ", "\n");
            assert!(name.is_empty() || text.contains(&function), "{path} has no test{name}: {line}");
            tests += 1;
        } else {
            assert!(["–", "test", "---"].contains(&test) || line.contains("caller"), "{line}");
        }
    }
    assert!(files > 40 && tests > 60);
}

#[test]
fn no_section_and_no_switch_is_missing() {
    let page = read("docs/facts.md");
    for section in ["1", "1.1", "1.2", "1.3", "1.4", "2", "3", "4", "5.1", "5.2", "5.3", "6", "7", "8", "9"] {
        assert!(page.contains(&format!("\n| {section} | ")), "section {section}");
    }
    // Every switch of the options and of the limits that is a yes or no has its line.
    let options = read("src/options.rs");
    let fields = options.split("pub struct Options {").nth(1).unwrap().split("\n}").next().unwrap();
    for field in fields.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.strip_suffix(": bool,")) {
        assert!(page.contains(&format!("`{field}`")), "switch {field}");
    }
}
