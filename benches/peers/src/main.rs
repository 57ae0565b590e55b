//! Counts the rows that others do: `counts --peers` of the workspace above asks for them.
#![allow(missing_docs, reason = "a program")]

use std::process::ExitCode;

use harness::Row;

#[cfg(feature = "c")]
mod c;
mod coap;
mod model;
mod mqtt;

fn main() -> ExitCode {
    // A peer that panics on a malformed packet has not let it pass.
    std::panic::set_hook(Box::new(|_| ()));
    let rows: Vec<Row> = [
        mqtt::rows(),
        coap::rows(),
        model::rows(),
        #[cfg(feature = "c")]
        c::rows(),
    ]
    .concat();
    let _ = std::panic::take_hook();
    harness::answer(&rows).unwrap_or(ExitCode::FAILURE)
}
