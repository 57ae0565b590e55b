//! `docs/facts.md` says the truth: the files are there, and so are the tests it names.

use std::fs;
use std::path::Path;

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_row_names_a_file_and_a_test_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = read(&root.join("docs/facts.md"));
    let mut rows = 0;
    let mut named = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| fact ")) {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [fact, place, test] = cells[..] else { panic!("three cells: {line}") };
        rows += 1;
        if place.starts_with("application") {
            continue;
        }
        let place = place.trim_matches('`');
        let source = read(&root.join(place));
        named.push(place.to_owned());
        let (file, name) = test.rsplit_once(' ').unwrap_or_else(|| panic!("{fact}: no test"));
        if file == "doc" {
            assert!(source.contains("/// ```"), "{fact}: no example in {place}");
            continue;
        }
        let text = match file.strip_prefix("unit ") {
            Some(source) => read(&root.join(source.trim_matches('`'))),
            None => read(&root.join("tests").join(file.trim_matches('`'))),
        };
        assert!(text.contains(&format!("fn {name}(")), "{fact}: no test {name} in {file}");
    }
    assert!(rows > 70, "{rows} rows");
    // No message or flow without a row.
    for folder in ["src/message", "src/flow"] {
        for entry in fs::read_dir(root.join(folder)).expect("the folder is there") {
            let file = entry.expect("an entry").file_name().into_string().expect("a name");
            let helpers = ["any.rs", "step.rs", "clock.rs", "bridge.rs", "directory.rs", "fleet.rs"];
            let path = format!("{folder}/{file}");
            assert!(named.contains(&path) || helpers.contains(&&*file), "no row names {path}");
        }
    }
}
