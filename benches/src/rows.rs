//! The rows, one file a crate.

use crate::Row;

mod alink;
mod coap_codec;
mod coap_endpoint;
pub(crate) mod flows;
mod iot_auth;
mod mqtt_codec;
mod mqtt_delivery;
mod mqtt_session;
mod mqtt_topics;
mod thing_model;

/// Every row of every table, ours before the peers'.
pub fn all() -> Vec<Row> {
    let tables: &[fn() -> Vec<Row>] = &[
        alink::rows,
        coap_codec::rows,
        coap_endpoint::rows,
        flows::rows,
        iot_auth::rows,
        mqtt_codec::rows,
        mqtt_delivery::rows,
        mqtt_session::rows,
        mqtt_topics::rows,
        thing_model::rows,
    ];
    tables.iter().flat_map(|rows| rows()).collect()
}
