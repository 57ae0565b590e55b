//! Plays the conversation once. Exits with 0 only if every step of it happened.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command prints")]

use demo::options::{Options, USAGE};
use demo::trace::Trace;
use demo::{Fault, scenario};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("demo: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Fault> {
    let options = Options::parse(std::env::args().skip(1))?;
    if options.help {
        println!("{USAGE}");
        return Ok(());
    }
    scenario::play(&options, &Trace::default())
}
