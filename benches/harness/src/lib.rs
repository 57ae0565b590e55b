//! Rows of work, and how one is counted: the same for ours and for those of other workspaces.
//!
//! A [`Row`] prepares its inputs once and hands out a closure that does the work once. The criterion benches time that
//! closure; [`count`] runs it under callgrind and under a counting allocator. A row checks its own result while preparing,
//! so that nobody is counted on a wrong answer.

use std::process::ExitCode;
use std::sync::Mutex;

mod callgrind;
mod line;
mod row;

pub use line::Line;
pub use row::{Row, measured};

/// Answers `--row NAME`, which is how a program that counts runs itself under callgrind, and `--lines PART`, which is how
/// another program asks for its lines, and `--prove PART`, which only proves that results are right. `None` for any other
/// arguments.
pub fn answer(rows: &[Row]) -> Option<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let mode = arguments.next()?;
    let argument = arguments.next().unwrap_or_default();
    match mode.as_str() {
        "--row" => Some(callgrind::run_one(rows, &argument)),
        "--lines" => {
            #[expect(clippy::print_stdout, reason = "this is the answer")]
            count(rows, &argument, |line| println!("{line}"));
            Some(ExitCode::SUCCESS)
        }
        "--prove" => {
            rows.iter().filter(|row| row.name().contains(&argument)).for_each(|row| (row.prepare)()());
            Some(ExitCode::SUCCESS)
        }
        _ => None,
    }
}

/// Counts the rows with `part` in their name and hands out each line as it is known; all of them come back in the order
/// of the rows.
///
/// # Panics
/// If a row's result is wrong.
pub fn count(rows: &[Row], part: &str, told: impl Fn(&Line) + Sync) -> Vec<Line> {
    let idle = callgrind::idle();
    let picked: Vec<&Row> = rows.iter().filter(|row| row.name().contains(part)).collect();
    let next = Mutex::new(picked.iter().enumerate());
    let lines = Mutex::new(vec![None; picked.len()]);
    // Neither instructions nor allocations depend on what else runs.
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some((at, row)) = next.lock().expect("no panic").next() else { return };
                    let line = Line::of(row, idle.and_then(|idle| callgrind::instructions(row, idle)));
                    told(&line);
                    lines.lock().expect("no panic")[at] = Some(line);
                }
            });
        }
    });
    lines.into_inner().expect("no panic").into_iter().flatten().collect()
}
