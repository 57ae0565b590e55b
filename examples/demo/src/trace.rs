//! What a person sees of the conversation.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;

/// Who speaks to whom.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Way {
    /// From the device to the platform.
    Up,
    /// From the platform to the device.
    Down,
    /// Something the device does by itself.
    Here,
}

/// Prints one step after the other, in colour where standard output is a terminal.
#[derive(Debug)]
pub struct Trace {
    silent: bool,
    colour: bool,
    steps: Mutex<Vec<&'static str>>,
}

/// How much of a frame is shown.
const FRAME_BYTES: usize = 16;

impl Default for Trace {
    fn default() -> Self {
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { silent: false, colour, steps: Mutex::default() }
    }
}

impl Trace {
    /// One that prints nothing.
    pub fn silent() -> Self {
        Self { silent: true, ..Self::default() }
    }

    /// A step that happened: `name` counts towards the whole, `what` tells it in words.
    pub fn step(&self, way: Way, name: &'static str, what: &str) {
        let number = {
            let mut steps = self.steps.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            steps.push(name);
            steps.len()
        };
        let (arrow, colour) = match way {
            Way::Up => ("-->", "32"),
            Way::Down => ("<--", "36"),
            Way::Here => (" * ", "33"),
        };
        let text = format!("{number:2} {} {} {what}", self.paint(colour, arrow), self.paint("1", name));
        self.line(text.trim_end());
    }

    /// The topic and payload of the step before.
    pub fn message(&self, topic: &str, payload: &[u8]) {
        self.line(&format!("       {} {topic}", self.paint("2", "topic  ")));
        self.line(&format!("       {} {}", self.paint("2", "payload"), String::from_utf8_lossy(payload)));
    }

    /// The first bytes of a frame of the step before.
    pub fn frame(&self, frame: &[u8]) {
        let mut text = String::new();
        for byte in frame.iter().take(FRAME_BYTES) {
            text.push_str(&format!("{byte:02x} "));
        }
        if frame.len() > FRAME_BYTES {
            text.push_str("..");
        }
        self.line(&format!("       {} {text}({} bytes)", self.paint("2", "frame  "), frame.len()));
    }

    /// A remark on the step before.
    pub fn note(&self, text: &str) {
        self.line(&format!("       {text}"));
    }

    /// The names of `wanted` that never became a step.
    pub fn missing(&self, wanted: &[&'static str]) -> Vec<&'static str> {
        let steps = self.steps.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        wanted.iter().copied().filter(|name| !steps.contains(name)).collect()
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    // A closed pipe is the reader's choice, not a fault of the conversation.
    fn line(&self, text: &str) {
        if !self.silent {
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }
}
