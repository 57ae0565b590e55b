//! `vectors/mqtt-malformed.json`: packets that break a rule are refused for exactly that rule, odd ones that break none are
//! accepted. Another file of the same format can take its place.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::HashSet;

use mqtt_codec::{EncodeError, Out, Packet, Peek, Role, Rule, Rules, SliceOut, Version, peek};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    hex: String,
    version: String,
    role: String,
    why: String,
    spec_ref: String,
    #[serde(default)]
    valid: bool,
}

impl Vector {
    fn load() -> Vec<Self> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/mqtt-malformed.json");
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    fn bytes(&self) -> Vec<u8> {
        assert_eq!(self.hex.len() % 2, 0, "{}", self.why);
        (0..self.hex.len()).step_by(2).map(|i| u8::from_str_radix(&self.hex[i..i + 2], 16).unwrap()).collect()
    }

    fn version(&self) -> Version {
        match self.version.as_str() {
            "3.1.1" => Version::V311,
            "5.0" => Version::V5,
            other => panic!("{}: unknown version {other}", self.why),
        }
    }

    fn role(&self) -> Role {
        match self.role.as_str() {
            "client_to_server" => Role::Client,
            "server_to_client" => Role::Server,
            other => panic!("{}: unknown role {other}", self.why),
        }
    }

    fn rules(&self) -> Rules {
        Rules::new(self.version()).sent_by(self.role())
    }
}

/// Whether the rule is the one a vector refers to: by statement number, or by section. A section stands for what is in it.
fn cites(rule: Rule, version: Version, spec_ref: &str) -> bool {
    if spec_ref.starts_with("MQTT-") {
        return rule.citations(version).any(|cited| cited == spec_ref);
    }
    let (prefix, section) = spec_ref.split_once(' ').unwrap();
    assert_eq!(prefix, if version == Version::V311 { "v3.1.1" } else { "v5" }, "{spec_ref}");
    let inside = format!("{section}.");
    rule.citations(version).any(|cited| cited == section || cited.starts_with(&inside))
}

/// As a receiver works: framing first, then the packet.
fn receive(bytes: &[u8], rules: Rules) -> Result<Packet<'_>, mqtt_codec::DecodeError> {
    match peek(bytes, u32::MAX)? {
        Peek::Frame { len } => assert_eq!(len, bytes.len(), "a vector is one packet"),
        other => panic!("a vector is one packet, and peek says {other:?}"),
    }
    Packet::decode(bytes, rules)
}

#[test]
fn malformed_packets_break_the_rule_they_are_said_to_break() {
    let mut wrong = Vec::new();
    for vector in Vector::load().iter().filter(|vector| !vector.valid) {
        let bytes = vector.bytes();
        match receive(&bytes, vector.rules()) {
            Ok(packet) => wrong.push(format!("{}: accepted as {packet:?}", vector.why)),
            Err(error) => {
                assert!(error.offset() <= bytes.len(), "{}", vector.why);
                if !cites(error.rule(), vector.version(), &vector.spec_ref) {
                    wrong.push(format!("{}: {:?} does not cite {}", vector.why, error, vector.spec_ref));
                }
                assert_eq!(Packet::decode(&bytes, vector.rules()), Err(error), "with and without peek");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn odd_packets_that_break_no_rule_are_accepted_and_come_back_the_same() {
    for vector in Vector::load().iter().filter(|vector| vector.valid) {
        let bytes = vector.bytes();
        let packet =
            receive(&bytes, vector.rules()).unwrap_or_else(|error| panic!("{}: {error}", vector.why));
        let out = encode(&packet, vector.version()).unwrap_or_else(|error| panic!("{}: {error}", vector.why));
        assert_eq!(out, bytes, "{}", vector.why);
    }
}

#[test]
fn every_cut_and_every_flipped_bit_is_an_error_or_another_packet() {
    for vector in Vector::load() {
        let bytes = vector.bytes();
        for len in 0..bytes.len() {
            let cut = &bytes[..len];
            if let Ok(Peek::Frame { len }) = peek(cut, u32::MAX) {
                assert!(len <= cut.len(), "{}", vector.why);
            }
            assert!(Packet::decode(cut, vector.rules()).is_err(), "{} cut to {len}", vector.why);
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            for version in [Version::V311, Version::V5] {
                comes_back(&flipped, Rules::new(version), version);
                comes_back(&flipped, Rules::new(version).lenient(mqtt_codec::Leniency::ALL), version);
            }
        }
    }
}

fn encode(packet: &Packet<'_>, version: Version) -> Result<Vec<u8>, EncodeError> {
    let mut buffer = vec![0; packet.encoded_len(version)?];
    let mut out = SliceOut::new(&mut buffer);
    assert_eq!(packet.encode(version, &mut out)?, out.len());
    assert_eq!(out.room(), 0);
    Ok(buffer)
}

/// What decodes must encode to something that decodes to the same.
fn comes_back(bytes: &[u8], rules: Rules, version: Version) {
    let Ok(packet) = Packet::decode(bytes, rules) else { return };
    let len = match peek(bytes, u32::MAX) {
        Ok(Peek::Frame { len }) => len,
        other => panic!("decoded, and peek says {other:?}: {bytes:02x?}"),
    };
    assert_eq!(len, bytes.len());
    let is_lenient = rules.leniency != mqtt_codec::Leniency::STRICT;
    match encode(&packet, version) {
        Ok(out) => {
            let back = Packet::decode(&out, rules);
            // What was put up with comes back mended.
            assert!(
                back == Ok(packet) || (back.is_ok() && is_lenient),
                "{bytes:02x?}: {packet:?}, then {back:?}"
            );
        }
        Err(error) => assert!(is_lenient, "{error}: {bytes:02x?}"),
    }
}

#[test]
fn citations_are_statement_numbers_or_sections() {
    let mut seen = HashSet::new();
    for rule in Rule::all() {
        for version in [Version::V311, Version::V5] {
            for cited in rule.citations(version) {
                let number = cited.strip_prefix("MQTT-").unwrap_or(cited);
                assert!(
                    number.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-'),
                    "{rule:?}: {cited}"
                );
                seen.insert(cited);
            }
        }
    }
    assert!(seen.len() > 100);
}
