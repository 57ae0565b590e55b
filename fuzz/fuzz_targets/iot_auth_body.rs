//! Bodies, queries and answers, read in place.
#![no_main]

use iot_auth::coap::CoapAnswer;
use iot_auth::openapi::{ApiParam, Verb};
use iot_auth::verify::{self, GatewayCall};
use iot_auth::{Param, Registered, Secret, Window, http, x509};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let secret = Secret::new("secret").expect("short");
    let body = || bytes.to_vec();
    let no = Param::new("", "");
    for claim in [
        verify::https_auth(&mut body(), &mut [no; 16]),
        verify::https_legacy(&mut body(), &mut [no; 16]),
        verify::coap_auth(&mut body(), &mut [no; 16]),
    ] {
        _ = claim.and_then(|claim| claim.check(&secret, Window::Any));
    }
    _ = verify::https_register(&mut body()).and_then(|claim| claim.check(&secret, Window::Any));
    _ = verify::coap_register(&mut body()).and_then(|claim| claim.check(&secret, Window::Any));
    _ = verify::openapi(Verb::Get, &mut body(), &mut [ApiParam::ABSENT; 24])
        .and_then(|claim| claim.check(&secret, Window::Any));
    for call in
        [GatewayCall::TopoAdd, GatewayCall::Login, GatewayCall::BatchLogin, GatewayCall::ProductRegister]
    {
        let mut payload = body();
        let mut claims = [None; 5];
        if let Ok(count) = verify::gateway(&mut payload, call, &mut claims) {
            assert!((1..=5).contains(&count) && claims[..count].iter().all(Option::is_some));
        }
    }
    _ = Registered::parse(&mut body()).map(|registered| registered.token_identity().is_some());
    _ = (Registered::parse_https(&mut body()).is_ok(), Registered::parse_coap(&mut body()).is_ok());
    _ = (CoapAnswer::parse(&mut body()).is_ok(), x509::IdentityResponse::parse(&mut body()).is_ok());
    _ = (http::auth_answer(&mut body()).is_ok(), http::publish_answer(&mut body()).is_ok());
    _ = (http::legacy_answer(&mut body()).is_ok(), http::bootstrap_answer(&mut body()).is_ok());
    if let Ok(text) = core::str::from_utf8(bytes)
        && let Ok(rows) = x509::read_binding_csv(text)
    {
        let rows: Result<Vec<_>, _> = rows.collect();
        if let Ok(rows) = rows {
            let written = x509::binding_csv(&rows).to_string();
            let read: Result<Vec<_>, _> = x509::read_binding_csv(&written).expect("a header").collect();
            assert_eq!(read, Ok(rows));
        }
    }
});
