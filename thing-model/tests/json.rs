//! The pull reader against `serde_json::from_slice::<Value>`: both take and refuse the same texts.
//!
//! Stated exceptions: numbers outside of `f64` are well-formed here (and violate the range where they are checked), and
//! nesting has a bound of ours, which is serde_json's own by default.

#![allow(clippy::unwrap_used, reason = "a test")]

use proptest::prelude::*;
use serde_json::Value;
use thing_model::json::{JsonRule, MAX_DEPTH, check};

/// Both readers on one text.
fn agree(json: &[u8]) -> Result<(), String> {
    let ours = check(json, MAX_DEPTH);
    let theirs = serde_json::from_slice::<Value>(json);
    let same = match (&ours, &theirs) {
        (Ok(()), Err(error)) => error.to_string().starts_with("number out of range"),
        (ours, theirs) => ours.is_ok() == theirs.is_ok(),
    };
    let text = String::from_utf8_lossy(json);
    if same { Ok(()) } else { Err(format!("{text:?}: {ours:?}, {:?}", theirs.map(drop))) }
}

/// Any JSON value, written with odd but legal spellings.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
        string(),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        let space = || prop_oneof![4 => Just(""), 1 => Just(" "), 1 => Just("\r\n\t ")];
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..6), space()).prop_map(|(items, space)| format!(
                "{space}[{space}{}{space}]{space}",
                items.join(&format!("{space},{space}"))
            )),
            (prop::collection::vec((string(), inner), 0..6), space()).prop_map(|(members, space)| {
                let members: Vec<_> =
                    members.iter().map(|(name, value)| format!("{name}{space}:{space}{value}")).collect();
                format!("{{{space}{}{space}}}", members.join(&format!("{space},{space}")))
            }),
        ]
    })
}

fn string() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[a-z0-9 _]{0,12}",
        1 => "[é漢😀\u{7f}]{1,3}",
        1 => r#"\\["\\/bfnrt]"#,
        1 => r"\\u00[0-9a-fA-F]{2}",
        1 => r"\\ud83d\\ude0[0-9a-f]",
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

proptest! {
    #[test]
    fn legal_texts(json in value()) {
        prop_assert!(serde_json::from_str::<Value>(&json).is_ok_and(|_| true) || json.contains(['e', 'E']));
        agree(json.as_bytes()).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn cut_and_flipped_texts(json in value(), edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), cut in any::<prop::sample::Index>()) {
        let mut bytes = json.into_bytes();
        for (place, byte) in edits {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        agree(&bytes).map_err(TestCaseError::fail)?;
        bytes.truncate(cut.index(bytes.len()));
        agree(&bytes).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn soups_of_tokens(tokens in prop::collection::vec(prop::sample::select(vec![
        "{", "}", "[", "]", ",", ":", "\"a\"", "\"", "1", "-", "0", "0.5", ".", "e1", "E+", "true", "nul", " ", "\n", "\\", "\\u", "d800", "\u{0}", "é",
    ]), 0..12)) {
        agree(tokens.concat().as_bytes()).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn bytes_of_any_kind(bytes in prop::collection::vec(any::<u8>(), 0..24)) {
        agree(&bytes).map_err(TestCaseError::fail)?;
        let quoted = [b"\"", bytes.as_slice(), b"\""].concat();
        agree(&quoted).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn every_short_number_and_escape() {
    const BYTES: &[u8] = b"0129-+.eE x";
    let mut texts = vec![Vec::new()];
    for _ in 0..5 {
        let longer: Vec<Vec<u8>> = texts
            .iter()
            .flat_map(|text| BYTES.iter().map(move |byte| [text.as_slice(), &[*byte]].concat()))
            .collect();
        for text in &longer {
            agree(text).unwrap();
        }
        texts = longer;
    }
    for unit in 0..=u16::MAX {
        agree(format!("\"\\u{unit:04x}\"").as_bytes()).unwrap();
        agree(format!("\"\\ud800\\u{unit:04X}\"").as_bytes()).unwrap();
        agree(format!("\"\\u{unit:04x}x\"").as_bytes()).unwrap();
    }
    for byte in 0..=u8::MAX {
        agree(&[b'"', byte, b'"']).unwrap();
        agree(&[b'"', b'\\', byte, b'"']).unwrap();
        agree(&[b'[', byte, b']']).unwrap();
        agree(&[byte]).unwrap();
    }
}

#[test]
fn stated_exceptions() {
    assert!(check(b"1e400", MAX_DEPTH).is_ok());
    assert!(check(b"[-1e99999999999999999999]", MAX_DEPTH).is_ok());
    let nested = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
    for depth in 120..140 {
        agree(&nested(depth)).unwrap();
    }
    assert_eq!(check(&nested(20), 10).unwrap_err().rule, JsonRule::Depth);
    assert!(check(&nested(1_000_000), 255).is_err());
}

#[test]
fn ten_megabytes() {
    let long = 10 * 1024 * 1024;
    for (open, fill, close) in [
        ("\"", "a", "\""),
        ("\"", "é", "\""),
        ("\"", "\\u0041", "\""),
        ("", "7", ""),
        ("0.", "7", ""),
        ("[0", ",0", "]"),
        ("{\"a\":0", ",\"a\":0", "}"),
        ("", " ", "0"),
    ] {
        let json = format!("{open}{}{close}", fill.repeat(long / fill.len()));
        assert!(check(json.as_bytes(), MAX_DEPTH).is_ok(), "{open}{fill}");
        assert!(
            check(&json.as_bytes()[..json.len() - 1], MAX_DEPTH).is_err() || close.is_empty(),
            "{open}{fill}"
        );
    }
}
