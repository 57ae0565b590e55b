//! Wall time of the rows of coap-codec, ours and those of the peers that are built with them.
#![allow(missing_docs, reason = "a program")]

mod wall;

fn main() {
    wall::tables(&["coap-codec", "coap-endpoint"]);
}
