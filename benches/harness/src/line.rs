use core::fmt;

use crate::Row;

/// What was counted of a row. Its text is one line with a tab between fields, in their order here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// As in [`Row`].
    pub table: String,
    /// As in [`Row`].
    pub work: String,
    /// As in [`Row`].
    pub who: String,
    /// As in [`Row`].
    pub checks: String,
    /// Of one repetition; `None` without valgrind.
    pub instructions: Option<u64>,
    /// Heap allocations of one repetition.
    pub allocations: u64,
    /// Bytes they asked for.
    pub bytes: u64,
}

impl Line {
    pub(crate) fn of(row: &Row, instructions: Option<u64>) -> Self {
        let mut work = (row.prepare)();
        work();
        let heap = allocation_counter::measure(work);
        Self {
            table: row.table.to_owned(),
            work: row.work.to_owned(),
            who: row.who.to_owned(),
            checks: row.checks.to_owned(),
            instructions,
            allocations: heap.count_total,
            bytes: heap.bytes_total,
        }
    }

    /// Reads what [`fmt::Display`] wrote; `None` if it did not.
    pub fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split('\t');
        let mut text = || fields.next().map(str::to_owned);
        Some(Self {
            table: text()?,
            work: text()?,
            who: text()?,
            checks: text()?,
            instructions: text()?.parse().ok(),
            allocations: text()?.parse().ok()?,
            bytes: text()?.parse().ok()?,
        })
    }
}

impl fmt::Display for Line {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instructions = self.instructions.map_or_else(|| "-".to_owned(), |count| count.to_string());
        let Self { table, work, who, checks, allocations, bytes, .. } = self;
        write!(out, "{table}\t{work}\t{who}\t{checks}\t{instructions}\t{allocations}\t{bytes}")
    }
}
