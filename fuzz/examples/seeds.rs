//! Writes seed corpora from the shared vectors, one file a vector, named by what it means.
//!
//! Run in this directory: `cargo run --example seeds`. A target finds its seeds in `corpus/<target>`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command prints")]

use std::path::Path;
use std::{fs, io, process};

/// Where a target's seeds come from.
struct Source {
    target: &'static str,
    /// Relative to `../vectors`: a file whose whole content is a seed, or a directory of such files.
    path: &'static str,
}

const SOURCES: &[Source] = &[
    Source { target: "thing_model_compile", path: "tsl/lamp.json" },
    Source { target: "thing_model_compile", path: "tsl/agv" },
    Source { target: "thing_model_compile", path: "tsl/invalid" },
    Source { target: "thing_model_json", path: "bench" },
    Source { target: "thing_model_layout", path: "../thing-model/tests/data/layout" },
];

/// Hexadecimal packets: the file, the key of the list in it (empty: the file is the list), and the targets they seed.
const PACKETS: &[(&str, &str, &[&str])] = &[
    ("coap.json", "valid", &["coap_codec_message", "coap_codec_stream"]),
    ("coap.json", "malformed", &["coap_codec_message", "coap_codec_stream"]),
    ("bench/mqtt.json", "", &["mqtt_codec_packet", "mqtt_codec_stream"]),
    ("mqtt-malformed.json", "", &["mqtt_codec_packet", "mqtt_codec_stream"]),
    ("alink/raw-frames.json", "", &["thing_model_layout"]),
];

/// Text in the vectors of one file: the fields, joined by line ends, and the target they seed.
const TEXTS: &[(&str, &[&str], &str)] = &[
    (
        "auth.json",
        &["/expect/mqtt_client_id", "/expect/mqtt_username", "/expect/mqtt_password"],
        "iot_auth_connect",
    ),
    ("auth.json", &["/expect/username", "/expect/password"], "iot_auth_connect"),
    ("auth.json", &["/expect/psk_identity"], "iot_auth_connect"),
    ("auth.json", &["/expect/body"], "iot_auth_body"),
    ("auth.json", &["/expect/payload"], "iot_auth_body"),
    ("auth.json", &["/expect/params_text"], "iot_auth_body"),
    ("auth.json", &["/expect/canonicalized_query"], "iot_auth_body"),
    ("auth.json", &["/expect/csv"], "iot_auth_body"),
    ("auth.json", &["/input/payload"], "iot_auth_body"),
    ("auth.json", &["/input/auth_response"], "iot_auth_body"),
    ("auth.json", &["/input/payload_utf8"], "iot_auth_seal"),
];

fn main() {
    if let Err(error) = write_all() {
        eprintln!("seeds: {error}");
        process::exit(1);
    }
}

fn write_all() -> io::Result<()> {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors");
    for source in SOURCES {
        let path = vectors.join(source.path);
        if path.is_dir() {
            for entry in fs::read_dir(path)? {
                let path = entry?.path();
                if path.is_file() {
                    seed(source.target, &file_name(&path), &fs::read(&path)?)?;
                }
            }
        } else {
            seed(source.target, &file_name(&path), &fs::read(&path)?)?;
        }
    }
    for (file, key, targets) in PACKETS {
        let document: serde_json::Value = serde_json::from_slice(&fs::read(vectors.join(file))?)?;
        let list = if key.is_empty() { &document } else { &document[key] };
        for (number, item) in list.as_array().into_iter().flatten().enumerate() {
            let Some(hex) = item["hex"].as_str() else { continue };
            let name = ["why", "reason", "id"].iter().find_map(|key| item[*key].as_str()).unwrap_or("packet");
            for target in *targets {
                seed(target, &format!("{number:03}-{}", words(name)), &bytes(hex))?;
            }
        }
    }
    for (file, fields, target) in TEXTS {
        let document: serde_json::Value = serde_json::from_slice(&fs::read(vectors.join(file))?)?;
        for vector in document["vectors"].as_array().into_iter().flatten() {
            let texts: Option<Vec<_>> = fields
                .iter()
                .map(|field| vector.pointer(field).and_then(serde_json::Value::as_str))
                .collect();
            if let (Some(texts), Some(id)) = (texts, vector["id"].as_str()) {
                seed(target, id, texts.join("\n").as_bytes())?;
            }
        }
    }
    for folder in ["alink/valid", "alink/invalid"] {
        for entry in fs::read_dir(vectors.join(folder))? {
            exchange(&entry?.path())?;
        }
    }
    Ok(())
}

/// A topic, a line end and a payload, for the request and for its reply.
fn exchange(path: &Path) -> io::Result<()> {
    let exchange: serde_json::Value = serde_json::from_slice(&fs::read(path)?)?;
    for (topic, payload) in [("topic", "request"), ("reply_topic", "reply"), ("topic", "payload")] {
        if let (Some(topic), Some(payload)) = (exchange[topic].as_str(), exchange.get(payload)) {
            let name = format!("{}{}", file_name(path).trim_end_matches(".json"), words(topic));
            for target in ["alink_message", "alink_flow"] {
                seed(target, &name, format!("{topic}\n{payload}").as_bytes())?;
            }
            seed("alink_topic", &words(topic), topic.as_bytes())?;
        }
    }
    Ok(())
}

fn seed(target: &str, name: &str, content: &[u8]) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), content)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn words(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(60).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .filter_map(|pair| u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
