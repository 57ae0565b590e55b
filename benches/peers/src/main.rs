//! Counts the rows that others do: `counts --peers` of the workspace above asks for them.

use std::process::ExitCode;

fn main() -> ExitCode {
    harness::answer(&peers::rows()).unwrap_or(ExitCode::FAILURE)
}
