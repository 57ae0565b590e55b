//! Links the C library that Debian's libcoap3-dev brings.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_C").is_some() {
        // The static one: it has what the shared one hides, the encoder of the header.
        println!("cargo::rustc-link-arg=-l:libcoap-3-notls.a");
    }
}
