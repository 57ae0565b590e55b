//! Wall time of the rows of alink, ours and those of the peers that are built with them.
#![allow(missing_docs, reason = "a program")]

mod wall;

fn main() {
    wall::tables(&["alink", "together"]);
}
