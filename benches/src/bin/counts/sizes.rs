//! How large the smallest useful programs are.

use std::path::Path;
use std::process::Command;

/// One program.
pub(crate) struct Size {
    pub(crate) what: &'static str,
    pub(crate) bytes: u64,
}

const PROGRAMS: [(&str, &str); 5] = [
    ("nothing", "sends what it received: what is around the others"),
    ("mqtt-codec", "mqtt-codec: decodes any packet of MQTT 5.0 and encodes it again"),
    ("mqtt-session", "mqtt-codec: a client with its session, QoS 0 to 2, both directions"),
    ("coap-codec", "coap-codec: decodes any message and writes one with its options"),
    ("iot-auth", "iot-auth: signs a login with HMAC-SHA-256"),
];

/// All of them, after they were built; none if they cannot be.
pub(crate) fn all() -> Vec<Size> {
    let at = Path::new(env!("CARGO_MANIFEST_DIR")).join("sizes");
    let target = std::env::temp_dir().join("linkwire-sizes");
    let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--locked", "--profile", "no-alloc", "--manifest-path"])
        .arg(at.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .status();
    if !built.is_ok_and(|status| status.success()) {
        return Vec::new();
    }
    let size = |(name, what)| {
        let file = std::fs::metadata(target.join("no-alloc").join(name)).ok()?;
        Some(Size { what, bytes: file.len() })
    };
    PROGRAMS.into_iter().filter_map(size).collect()
}
