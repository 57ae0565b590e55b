//! The format of `vectors/coap.json`. Unknown fields fail, so nothing in the file is passed over.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::std_instead_of_alloc)]

use std::collections::BTreeSet;
use std::path::Path;

use coap_codec::{OptionNumber, Options, Rule};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    #[serde(rename = "about")]
    _about: String,
    #[serde(rename = "encoders")]
    _encoders: serde_json::Value,
    #[serde(rename = "notes")]
    _notes: String,
    #[serde(rename = "expect")]
    _expect: serde_json::Value,
    pub valid: Vec<Valid>,
    pub malformed: Vec<Malformed>,
    pub block_values: Vec<BlockValue>,
    pub link_format_valid: Vec<LinkDocument>,
    pub link_format_malformed: Vec<BadLinkDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Valid {
    pub id: String,
    pub hex: String,
    #[serde(default, rename = "encoded_by")]
    _encoded_by: Vec<String>,
    pub transport: String,
    pub needs: Option<String>,
    pub decoded: Decoded,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decoded {
    pub version: Option<u8>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub code: String,
    pub message_id: Option<u16>,
    pub token: String,
    pub options: Vec<RawOption>,
    pub payload: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawOption {
    pub number: u16,
    pub value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Malformed {
    pub id: String,
    pub transport: String,
    pub hex: String,
    pub expect: String,
    pub reason: String,
    pub section: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockValue {
    pub hex: String,
    pub num: u32,
    pub more: bool,
    pub szx: u8,
    pub size: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkDocument {
    pub id: String,
    pub text: String,
    pub links: Vec<LinkMeant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkMeant {
    pub target: String,
    pub attributes: Vec<(String, Option<String>)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BadLinkDocument {
    pub id: String,
    pub text: String,
    pub reason: String,
    pub section: String,
}

pub fn load() -> File {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/coap.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

pub fn bytes(hex: &str) -> Vec<u8> {
    assert!(hex.len().is_multiple_of(2), "{hex}");
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

pub fn assert_options(options: &Options<'_>, meant: &[RawOption], id: &str) {
    let found: Vec<_> = options.iter().map(|option| (option.number.0, option.value.to_vec())).collect();
    let meant: Vec<_> = meant.iter().map(|option| (option.number, bytes(&option.value))).collect();
    assert_eq!(found, meant, "{id}");
}

impl File {
    pub fn transports(&self) -> BTreeSet<String> {
        let valid = self.valid.iter().map(|vector| vector.transport.clone());
        valid.chain(self.malformed.iter().map(|vector| vector.transport.clone())).collect()
    }
}

impl Valid {
    pub fn has_unregistered_critical(&self) -> bool {
        let numbers = self.decoded.options.iter().map(|option| OptionNumber(option.number));
        numbers.into_iter().any(|number| number.is_critical() && number.definition().is_none())
    }
}

impl Malformed {
    /// The rule must name one of the sections the vector names.
    pub fn assert_cites(&self, rule: Rule) {
        let (cited, meant) = (sections(rule.section()), sections(&self.section));
        assert!(!cited.is_disjoint(&meant), "{}: {rule:?} cites {cited:?}, not {meant:?}", self.id);
    }
}

/// `RFC 7252 3, 4.2, RFC 8323 5` as pairs of document and section.
pub fn sections(text: &str) -> BTreeSet<(String, String)> {
    let mut document = String::new();
    let mut found = BTreeSet::new();
    for part in text.split(", ") {
        let section = match part.strip_prefix("RFC ") {
            Some(rest) => {
                let (number, section) = rest.split_once(' ').unwrap_or((rest, ""));
                document = number.to_string();
                section
            }
            None => part,
        };
        assert!(!document.is_empty(), "{text}");
        found.insert((document.clone(), section.to_string()));
    }
    found
}
