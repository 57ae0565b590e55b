//! Sealed CoAP payloads: what is sealed opens, what is foreign does no harm.
#![no_main]

use iot_auth::Secret;
use iot_auth::coap::CoapSession;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let session = CoapSession::derive(&Secret::new("secret").expect("short"), "random");
    let mut sealed = vec![0; CoapSession::sealed_len(bytes.len())];
    session.seal(bytes, &mut sealed).expect("room");
    assert_eq!(session.open(&mut sealed), Ok(bytes));
    _ = session.open(&mut bytes.to_vec()).is_ok();
    _ = session.open_seq(&mut bytes.to_vec()).is_ok();
});
