//! The rows that others do.

use harness::Row;

#[cfg(feature = "c")]
mod c;
mod coap;
mod model;
mod mqtt;

/// Every row of every peer.
pub fn rows() -> Vec<Row> {
    [
        mqtt::rows(),
        coap::rows(),
        model::rows(),
        #[cfg(feature = "c")]
        c::rows(),
    ]
    .concat()
}
