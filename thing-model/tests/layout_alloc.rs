//! Decoding a good frame allocates nothing.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use core::fmt::Write;
use std::path::Path;

use thing_model::layout::{Argument, Layout};

/// Text into a fixed buffer.
struct Fixed {
    bytes: [u8; 512],
    length: usize,
}

impl Write for Fixed {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(core::fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[test]
fn decoding_allocates_nothing() {
    for (name, frame) in [
        ("watch", &b"\x03\x5e\x81\x92\xfd\0\0\0\x0d\0\0\0\x1b\0\0\x0a\x8c"[..]),
        ("vendor-sample", b"\0\0\x22\x33\x44\x12\x32\x01\x3f\xa0\0\0"),
        ("lorawan-level", b"\x01\x05\xdc\xff\xf6\xbf"),
        ("lorawan-level", b"\x02\x02\0\x3c\x05\xdc\0\x78\x05\xdb"),
        (
            "water-meter",
            b"\x68\x10\x34\x12\0\0\x11\x22\x33\x81\x16\x1f\x90\x05\x78\x56\x34\x12\x2c\0\0\0\0\x2c\x30\x15\x12\x05\x08\x26\x20\x04\0\x89\x16",
        ),
        ("file-download", b"\0\x14{\"data\":{\"bSize\":2}}hi\xef\xee"),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/layout/{name}.json"));
        let layout = Layout::from_json(&std::fs::read(path).unwrap()).unwrap();
        let mut out = Fixed { bytes: [0; 512], length: 0 };
        let mut result = None;
        let counted = allocation_counter::measure(|| {
            result = Some(layout.decode(frame, &[("id", Argument::Number(7))], &mut out));
        });
        assert!(matches!(result, Some(Ok(_))), "{name}: {result:?}");
        assert!(out.length > 0);
        assert_eq!(counted.count_total, 0, "{name}");
    }
}
