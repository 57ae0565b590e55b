//! Streams: the same messages come out however the bytes are cut; the first byte says how.
#![no_main]

use coap_codec::{DecodeError, Reader, Rules, Signal, StreamMessage};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&size, stream)) = bytes.split_first() else { return };
    let whole = read(stream, stream.len().max(1));
    let cut = read(stream, usize::from(size).max(1));
    assert_eq!(whole, cut);
    if let Ok(message) = StreamMessage::decode_websocket(stream, Rules::new()) {
        _ = (Signal::read(&message), message.to_string());
    }
});

/// Codes, payload lengths and frames of the messages before the first error, and that error's rule.
fn read(stream: &[u8], size: usize) -> (Vec<Vec<u8>>, Option<coap_codec::Rule>) {
    let mut buffer = [0; 512];
    let mut reader = Reader::new(&mut buffer, Rules::new().max_token(300));
    let mut found = Vec::new();
    for mut chunk in stream.chunks(size) {
        loop {
            match reader.next(&mut chunk) {
                Ok(Some(message)) => {
                    let mut written = Vec::new();
                    message.encode(&mut written).expect("what was read can be written");
                    found.push(written);
                }
                Ok(None) => break,
                Err(DecodeError { rule, .. }) => return (found, Some(rule)),
            }
        }
    }
    (found, None)
}
