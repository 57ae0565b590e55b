//! The rows, one file a crate.

use crate::Row;

/// Every row of every table, ours before the peers'.
pub fn all() -> Vec<Row> {
    let tables: [fn() -> Vec<Row>; 0] = [];
    tables.iter().flat_map(|rows| rows()).collect()
}
