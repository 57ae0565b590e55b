//! Connections: what verifies was signed, and a parameter list reads back.
#![no_main]

use iot_auth::{ParamList, PskIdentity, Secret, SigningKey, Window, verify};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut lines = text.splitn(3, '\n');
    let client_id = lines.next().unwrap_or_default();
    let (user_name, password) = (lines.next(), lines.next().map(str::as_bytes));
    let secret = Secret::new("secret").expect("short");
    if let Ok(list) = ParamList::parse(client_id) {
        assert_eq!(ParamList::parse(&list.to_string()), Ok(list));
    }
    for claim in [
        verify::connect(client_id, user_name, password),
        verify::amqp(client_id, user_name.unwrap_or_default().as_bytes()),
    ] {
        let Ok(claim) = claim else { continue };
        let checked = claim.check(&secret, Window::Any);
        if let (Some(method), Some(content)) = (claim.method(), claim.content()) {
            // Whoever signs this content gets in; nobody else does.
            let sign = SigningKey::new(method, &secret).sign(&content);
            let shown = password.unwrap_or_default();
            let base64 = user_name.unwrap_or_default().as_bytes();
            assert_eq!(checked.is_ok(), sign.matches_hex(shown) || sign.matches_base64(base64));
        }
    }
    if let Ok(identity) = PskIdentity::parse(text) {
        _ = (identity.to_string(), identity.key(&secret));
    }
});
