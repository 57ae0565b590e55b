//! Streams: the same packets and pieces come out however the bytes are cut; the last byte says how.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mqtt_codec::{PublishHead, Reader, Rule, Rules, Version};

fuzz_target!(|bytes: &[u8]| {
    let Some((&size, stream)) = bytes.split_last() else { return };
    for version in [Version::V311, Version::V5] {
        let whole = read(stream, stream.len().max(1), version);
        let cut = read(stream, usize::from(size).max(1), version);
        assert_eq!(whole, cut);
    }
});

/// Packets, heads and lengths of what was skipped, up to the first error that cannot be mended, and that error's rule.
fn read(stream: &[u8], size: usize, version: Version) -> (Vec<Vec<u8>>, Option<Rule>) {
    let mut buffer = [0; 64];
    let mut reader = Reader::new(&mut buffer, 64);
    let mut seen = Vec::new();
    for mut chunk in stream.chunks(size) {
        loop {
            match reader.next(&mut chunk) {
                Ok(Some(frame)) => seen.push(frame.to_vec()),
                Ok(None) => break,
                Err(error) if error.rule() == Rule::PacketTooLarge => {
                    match reader.head(&mut chunk, version) {
                        Ok(Some(head)) => {
                            _ = PublishHead::decode(head, Rules::new(version));
                            seen.push(head.to_vec());
                        }
                        Ok(None) => break,
                        Err(_) => match reader.skip(chunk) {
                            Some(skipped) => seen.push(skipped.len.to_be_bytes().to_vec()),
                            None => return (seen, Some(error.rule())),
                        },
                    }
                }
                Err(error) => return (seen, Some(error.rule())),
            }
        }
    }
    (seen, None)
}
