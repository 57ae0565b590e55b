//! The exact bytes of `vectors/bench`, the same for everyone.

use mqtt_codec::{Packet, Publish, Rules, Version};
use serde_json::Value;

/// The MQTT packet of this row.
///
/// # Panics
/// If there is none.
pub fn mqtt(row: &str, version: Version) -> Vec<u8> {
    if row != "publish_qos1_64k" {
        return hex(&mqtt_row(row, version)["hex"]);
    }
    // Described by its likeness to another row.
    let like = mqtt("publish_qos1_1k", version);
    let Ok(Packet::Publish(like)) = Packet::decode(&like, Rules::new(version)) else { unreachable!() };
    let payload: Vec<u8> = (0..65_536_u32).map(|i| ((31 * i + 7) % 256).to_le_bytes()[0]).collect();
    let mut bytes = Vec::new();
    Publish { payload: &payload, ..like }.encode(version, &mut bytes).expect("a packet");
    bytes
}

/// The stream of 1 MiB, and how many packets are in it.
///
/// # Panics
/// If it is not as described.
pub fn mqtt_stream(version: Version) -> (Vec<u8>, u64) {
    let row = mqtt_row("stream_1mib", version);
    let cycle: Vec<Vec<u8>> = row["cycle"].as_array().into_iter().flatten().map(hex).collect();
    let mut stream = Vec::new();
    for packet in cycle.iter().cycle() {
        if stream.len() + packet.len() > 1 << 20 {
            break;
        }
        stream.extend_from_slice(packet);
    }
    assert_eq!(Some(stream.len() as u64), row["bytes"].as_u64());
    (stream, row["packets"].as_u64().expect("a number of packets"))
}

/// The CoAP message or the text of this row.
///
/// # Panics
/// If there is none.
pub fn coap(row: &str) -> Vec<u8> {
    let row = rows("coap").into_iter().find(|found| found["row"] == row).expect("the row is there");
    row["text"].as_str().map_or_else(|| hex(&row["hex"]), Into::into)
}

/// The document `vectors/bench/NAME.json`.
///
/// # Panics
/// If there is none.
pub fn document(name: &str) -> Vec<u8> {
    let path = format!("{}/../vectors/bench/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).expect("the inputs are in the repository")
}

fn rows(name: &str) -> Vec<Value> {
    serde_json::from_slice(&document(name)).expect("the inputs are JSON")
}

fn mqtt_row(row: &str, version: Version) -> Value {
    let version = if version == Version::V5 { "5.0" } else { "3.1.1" };
    let mut rows = rows("mqtt").into_iter();
    rows.find(|found| found["row"] == row && found["version"] == version).expect("the row is there")
}

fn hex(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().expect("hex is text");
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}
