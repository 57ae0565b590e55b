//! No decode and no encode touches the heap: every vector, every benchmark input, and the streams they make.

#![allow(clippy::unwrap_used, reason = "a test")]

use allocation_counter::measure;
use mqtt_codec::{Leniency, Packet, Reader, Role, Rules, SliceOut, Version, peek};

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

fn load(path: &str) -> Vec<serde_json::Value> {
    let path = format!("{}/../vectors/{path}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn version(row: &serde_json::Value) -> Version {
    if row["version"] == "5.0" { Version::V5 } else { Version::V311 }
}

/// Every packet of both files, with its version.
fn packets() -> Vec<(Vec<u8>, Version)> {
    let mut all = Vec::new();
    for row in load("mqtt-malformed.json").iter().chain(&load("bench/mqtt.json")) {
        let one = row["hex"].as_str().into_iter();
        let cycle = row["cycle"].as_array().into_iter().flatten().filter_map(|packet| packet.as_str());
        all.extend(one.chain(cycle).map(|packet| (hex(packet), version(row))));
    }
    assert!(all.len() > 100);
    all
}

/// Decodes, reads all there is, encodes.
fn work(bytes: &[u8], rules: Rules, buffer: &mut [u8]) -> usize {
    let mut seen = 0;
    let _ = peek(bytes, 1 << 20);
    let Ok(packet) = Packet::decode(bytes, rules) else { return 0 };
    match packet {
        Packet::Publish(publish) => {
            seen += publish.topic.as_str().len() + publish.properties.iter().count();
            seen += publish
                .properties
                .user_properties()
                .map(|(name, value)| name.len() + value.len())
                .sum::<usize>();
        }
        Packet::Subscribe(subscribe) => {
            seen += subscribe.subscriptions.iter().map(|one| one.filter.as_str().len()).sum::<usize>();
        }
        Packet::Unsubscribe(unsubscribe) => seen += unsubscribe.filters.iter().count(),
        Packet::SubAck(suback) => seen += suback.reasons.iter().count(),
        Packet::Connect(connect) => {
            seen += connect.properties.iter().count() + connect.client_id.as_str().len();
        }
        _ => {}
    }
    let version = rules.version.unwrap();
    let mut out = SliceOut::new(buffer);
    seen += packet.encode(version, &mut out).unwrap_or(0);
    seen + packet.encoded_len(version).unwrap_or(0)
}

#[test]
fn packets_are_decoded_and_encoded_without_the_heap() {
    let packets = packets();
    let mut buffer = vec![0; 1 << 17];
    let mut seen = 0;
    let heap = measure(|| {
        for (bytes, version) in &packets {
            for rules in [
                Rules::new(*version),
                Rules::new(*version).sent_by(Role::Client),
                Rules::new(*version).sent_by(Role::Server).lenient(Leniency::ALL),
            ] {
                seen += work(bytes, rules, &mut buffer);
            }
        }
    });
    assert_eq!(heap.count_total, 0);
    assert!(seen > 10_000);
}

#[test]
fn streams_are_cut_without_the_heap() {
    let mut buffer = vec![0; 4096];
    for row in load("bench/mqtt.json").iter().filter(|row| row["cycle"].is_array()) {
        let cycle = row["cycle"].as_array().unwrap();
        let stream = cycle
            .iter()
            .cycle()
            .take(200)
            .flat_map(|packet| hex(packet.as_str().unwrap()))
            .collect::<Vec<_>>();
        let rules = Rules::new(version(row));
        let mut seen = 0;
        let heap = measure(|| {
            let mut reader = Reader::new(&mut buffer, 4096);
            for mut chunk in stream.chunks(1460) {
                while let Ok(Some(frame)) = reader.next(&mut chunk) {
                    seen += usize::from(Packet::decode(frame, rules).is_ok());
                }
            }
        });
        assert_eq!((heap.count_total, seen), (0, 200));
    }
}
