//! A device and a local platform in conversation over loopback.
fn main() {}
