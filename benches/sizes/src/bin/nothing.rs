//! Sends what it received: what the others are compared to.
#![no_std]
#![no_main]

use sizes::{receive, send};

#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    send(receive(&mut [0; 512])).is_break().into()
}
