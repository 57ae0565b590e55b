//! Signs an MQTT login with HMAC-SHA-256 for the device whose name it receives.
#![no_std]
#![no_main]

use iot_auth::{Context, Device, Identity, Method, Pieces as _, Secret, SigningKey};
use sizes::{receive, send};

#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    run().map_or(1, |()| 0)
}

fn run() -> Option<()> {
    let mut name = [0; 64];
    let secret = Secret::new("0123456789abcdef0123456789abcdef").ok()?;
    let key = SigningKey::new(Method::HmacSha256, &secret);
    let device = Device::new("a1AbCdEfGh1", core::str::from_utf8(receive(&mut name)).ok()?).ok()?;
    let login = Identity::Device { device, key: &key }.connect(&Context::default()).ok()?;
    let (mut id, mut user) = ([0; 128], [0; 128]);
    let parts = [
        login.client_id().write_to(&mut id).ok()?.as_bytes(),
        login.user_name().write_to(&mut user).ok()?.as_bytes(),
        login.password().as_bytes(),
    ];
    parts.into_iter().all(|part| send(part).is_continue()).then_some(())
}
