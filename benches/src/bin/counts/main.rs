//! Counts instructions and allocations of every row and writes them as a table.
//!
//! `counts [--peers] [--c] [--write] [PART]` counts the rows whose name contains PART, and those of serde_json alone.
//! `--peers` also counts those of the peers' workspace, and `--c` the peers written in C. `--write` writes
//! `benches/RESULTS.md`, its plots, and `RESULTS.tsv` with the bare lines, and wants the peers. `--render` writes the page
//! anew from these lines. Instructions need valgrind on the path and are left out, with a note, where it is not.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command prints")]

use std::process::{Command, ExitCode, Stdio};

use benches::{memory, rows};
use harness::Line;

mod plots;
mod report;
mod sizes;

/// Where the bare lines are kept.
const LINES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/RESULTS.tsv");

/// Workspaces beside this one, and what they hold.
const WORKSPACES: [(&str, &str); 2] =
    [("yardstick", "serde_json with its default features alone"), ("peers", "the peers")];

fn main() -> ExitCode {
    let ours = rows::all();
    if let Some(answer) = harness::answer(&ours) {
        return answer;
    }
    let (mut write, mut render, mut peers, mut c, mut part) = (false, false, false, false, String::new());
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--write" => (write, peers) = (true, true),
            "--render" => (write, render) = (true, true),
            "--peers" => peers = true,
            "--c" => c = true,
            _ => part = argument,
        }
    }
    let mut notes = Vec::new();
    let mut lines = match render {
        true => std::fs::read_to_string(LINES).unwrap_or_default().lines().filter_map(Line::parse).collect(),
        false => harness::count(&ours, &part, |line| println!("{line}")),
    };
    for (workspace, what) in WORKSPACES.into_iter().filter(|(name, _)| !render && (peers || *name != "peers"))
    {
        match foreign(workspace, c && workspace == "peers", &part) {
            Some(more) => lines.extend(more),
            None => notes.push(format!("{what} did not build or run: their rows are missing")),
        }
    }
    if lines.is_empty() {
        eprintln!("no row has {part:?} in its name");
        return ExitCode::FAILURE;
    }
    if lines.iter().all(|line| line.instructions.is_none()) {
        notes.push("valgrind was not installed: instructions are missing".to_owned());
    }
    notes.iter().for_each(|note| eprintln!("{note}"));
    let strangers: Vec<&str> = report::strangers(&lines);
    if !strangers.is_empty() {
        eprintln!("no row of ours does this work: {strangers:?}");
        return ExitCode::FAILURE;
    }
    if write {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        if let Err(error) = std::fs::write(LINES, text) {
            eprintln!("RESULTS.tsv: {error}");
        }
        let sizes = sizes::all();
        if sizes.is_empty() {
            notes.push("the small programs did not build: their sizes are missing".to_owned());
        }
        if let Err(error) = report::write(&lines, &memory::all(), &sizes, &notes) {
            eprintln!("RESULTS.md: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// The lines of another workspace, which is built first.
fn foreign(workspace: &str, c: bool, part: &str) -> Option<Vec<Line>> {
    let manifest = format!("{}/{workspace}/Cargo.toml", env!("CARGO_MANIFEST_DIR"));
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["run", "--quiet", "--locked", "--profile", "bench-counts", "--manifest-path", &manifest]);
    if c {
        cargo.args(["--features", "c"]);
    }
    let output = cargo.args(["--", "--lines", part]).stderr(Stdio::inherit()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    print!("{text}");
    output.status.success().then(|| text.lines().filter_map(Line::parse).collect())
}
