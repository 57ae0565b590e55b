//! Counts instructions and allocations of every row and writes them as a table.
//!
//! `counts [--write] [PART]` measures the rows whose name contains PART; `--write` also writes `benches/RESULTS.md`.
//! Instructions need valgrind on the path and are left out, with a note, where it is not.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command prints")]

use benches::{Row, measured, rows};
use core::fmt::Write as _;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut write = false;
    let mut part = String::new();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            // How this program runs itself under the instruction counter.
            "--row" => return run_one(&arguments.next().unwrap_or_default()),
            "--write" => write = true,
            _ => part = argument,
        }
    }
    let picked: Vec<Row> = rows::all().into_iter().filter(|row| row.name().contains(&part)).collect();
    if picked.is_empty() {
        eprintln!("no row has {part:?} in its name");
        return ExitCode::FAILURE;
    }
    let counter = Command::new("valgrind").arg("--version").output().is_ok();
    let idle = if counter { collected(NOTHING) } else { None };
    let mut page = String::from(
        "# Results\n\nInstructions and allocations for one repetition, profile `bench-counts`.\n",
    );
    if !counter {
        page.push_str("\nvalgrind was not installed: instructions are missing.\n");
    }
    let mut table = "";
    for row in &picked {
        if row.table != table {
            table = row.table;
            let _ = write!(
                page,
                "\n## {table}\n\n| work | who | instructions | allocations | bytes allocated | checks |\n|---|---|---|---|---|---|\n"
            );
        }
        let instructions = idle.and_then(|idle| instructions(row, idle));
        let instructions = instructions.map_or_else(|| "-".to_owned(), |count| count.to_string());
        let heap = allocations(row);
        let line = format!(
            "| {} | {} | {instructions} | {} | {} | {} |",
            row.work, row.who, heap.count_total, heap.bytes_total, row.checks
        );
        println!("{line}");
        page.push_str(&line);
        page.push('\n');
    }
    if write && let Err(error) = std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/RESULTS.md"), page) {
        eprintln!("RESULTS.md: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Does one row's work inside [`measured`], for the instruction counter around this process.
fn run_one(name: &str) -> ExitCode {
    if name == NOTHING {
        measured(&mut || {}, 1);
        return ExitCode::SUCCESS;
    }
    let Some(row) = rows::all().into_iter().find(|row| row.name() == name) else { return ExitCode::FAILURE };
    let mut work = (row.prepare)();
    work();
    measured(&mut *work, row.repeat);
    ExitCode::SUCCESS
}

/// The row whose work is nothing: what it counts is the harness.
const NOTHING: &str = "nothing";

/// Instructions of one repetition, without those of the harness.
fn instructions(row: &Row, idle: u64) -> Option<u64> {
    Some((collected(&row.name())? / u64::from(row.repeat)).saturating_sub(idle))
}

fn collected(row: &str) -> Option<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=benches::measured*"])
        .arg(std::env::current_exe().ok()?)
        .args(["--row", row])
        .output()
        .ok()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report.lines().find_map(|line| line.split_once("Collected : "))?.1;
    collected.trim().parse().ok()
}

fn allocations(row: &Row) -> allocation_counter::AllocationInfo {
    let mut work = (row.prepare)();
    work();
    allocation_counter::measure(work)
}
