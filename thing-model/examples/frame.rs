//! Reads a frame, or writes one, by a layout: `frame layout.json 035e8192fd…` or `frame layout.json '{"id": …}'`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command prints")]

use core::error::Error;
use std::process::ExitCode;
use std::{env, fs};

use thing_model::layout::Layout;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [layout, given] = arguments.as_slice() else {
        return Err("usage: frame <layout.json> <frame in hexadecimal, or JSON>".into());
    };
    let layout = Layout::from_json(&fs::read(layout)?)?;
    if given.trim_start().starts_with('{') {
        let mut frame = Vec::new();
        let name = layout.encode(given.as_bytes(), &mut frame)?;
        let hex: String = frame.iter().map(|byte| format!("{byte:02x}")).collect();
        println!("{name}: {hex}");
    } else {
        let mut json = String::new();
        let name = layout.decode(&bytes(given)?, &[], &mut json)?;
        println!("{name}: {json}");
    }
    Ok(())
}

/// Bytes in hexadecimal, with or without `0x`.
fn bytes(text: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.len() % 2 == 1 || !digits.is_ascii() {
        return Err("an odd number of digits".into());
    }
    let byte = |at| Ok(u8::from_str_radix(&digits[at..at + 2], 16)?);
    (0..digits.len()).step_by(2).map(byte).collect()
}
