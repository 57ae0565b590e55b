//! What every one of these programs needs: a C runtime that calls `main`, and somewhere to panic.
#![no_std]

use core::ops::ControlFlow;

// For the C runtime that calls `main`, and what it brings to read and write.
#[link(name = "c")]
unsafe extern "C" {
    fn read(file: i32, bytes: *mut u8, len: usize) -> isize;
    fn write(file: i32, bytes: *const u8, len: usize) -> isize;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// What comes on standard input, at most as much as there is room for.
pub fn receive(buffer: &mut [u8]) -> &[u8] {
    // SAFETY: the buffer is as long as it says.
    let len = unsafe { read(0, buffer.as_mut_ptr(), buffer.len()) };
    usize::try_from(len).ok().and_then(|len| buffer.get(..len)).unwrap_or_default()
}

/// Sends to standard output.
pub fn send(bytes: &[u8]) -> ControlFlow<()> {
    // SAFETY: the bytes are as many as they say.
    let sent = unsafe { write(1, bytes.as_ptr(), bytes.len()) };
    if sent < 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}
