//! This program under callgrind, one row at a time.

use std::process::{Command, ExitCode};

use crate::{Row, measured};

/// The row whose work is nothing: what it counts is the harness.
const NOTHING: &str = "nothing";

/// Does one row's work inside [`measured`], for the instruction counter around this process.
pub(crate) fn run_one(rows: &[Row], name: &str) -> ExitCode {
    if name == NOTHING {
        measured(&mut || {}, 1);
        return ExitCode::SUCCESS;
    }
    let Some(row) = rows.iter().find(|row| row.name() == name) else { return ExitCode::FAILURE };
    let mut work = (row.prepare)();
    work();
    measured(&mut *work, row.repeat);
    ExitCode::SUCCESS
}

/// Instructions of the harness alone, or `None` without valgrind.
pub(crate) fn idle() -> Option<u64> {
    collected(NOTHING)
}

/// Instructions of one repetition, without those of the harness.
pub(crate) fn instructions(row: &Row, idle: u64) -> Option<u64> {
    Some((collected(&row.name())? / u64::from(row.repeat)).saturating_sub(idle))
}

fn collected(row: &str) -> Option<u64> {
    let output = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            "--toggle-collect=harness::row::measured*",
        ])
        .arg(std::env::current_exe().ok()?)
        .args(["--row", row])
        .output()
        .ok()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report.lines().find_map(|line| line.split_once("Collected : "))?.1;
    collected.trim().parse().ok()
}
