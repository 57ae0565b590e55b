//! What the command line asks for.

use crate::Fault;
use std::path::PathBuf;

/// How to use the command, printed for `--help`.
pub const USAGE: &str = "\
usage: demo [--tsl FILE] [--host HOST [--port PORT]] [--product-key KEY] [--device-name NAME] [--device-secret SECRET]

Without --host the device talks to a local platform that the demo starts itself.";

/// The device to play and the endpoint to play it against.
#[non_exhaustive]
pub struct Options {
    /// The thing model the device follows.
    pub tsl: PathBuf,
    /// A real endpoint; none: the embedded platform.
    pub host: Option<String>,
    /// TCP port of the endpoint.
    pub port: u16,
    /// Names the product, up to 20 characters.
    pub product_key: String,
    /// Names the device within the product, 4 to 32 characters.
    pub device_name: String,
    /// The device's own secret.
    pub device_secret: String,
    /// Print the usage and do nothing else.
    pub help: bool,
}

// By hand, because the secret must not be printed.
impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("tsl", &self.tsl)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("product_key", &self.product_key)
            .field("device_name", &self.device_name)
            .finish_non_exhaustive()
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            tsl: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/tsl/lamp.json")),
            host: None,
            port: 1883,
            product_key: "a1LampDemo01".to_owned(),
            device_name: "lamp-0001".to_owned(),
            // Known to nobody but the embedded platform.
            device_secret: "0f1e2d3c4b5a69788796a5b4c3d2e1f0".to_owned(),
            help: false,
        }
    }
}

impl Options {
    /// Reads the words after the program's name.
    ///
    /// # Errors
    /// An unknown option, an option without its value, or a port that is not one.
    pub fn parse(words: impl Iterator<Item = String>) -> Result<Self, Fault> {
        let mut options = Self::default();
        let mut words = words;
        while let Some(word) = words.next() {
            if word == "--help" || word == "-h" {
                options.help = true;
                continue;
            }
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (word, None),
            };
            let mut value = || {
                value
                    .clone()
                    .or_else(|| words.next())
                    .ok_or_else(|| Fault::Usage(format!("{name} needs a value")))
            };
            match name.as_str() {
                "--tsl" => options.tsl = PathBuf::from(value()?),
                "--host" => options.host = Some(value()?),
                "--port" => {
                    let text = value()?;
                    options.port =
                        text.parse().map_err(|_| Fault::Usage(format!("{text:?} is not a port")))?;
                }
                "--product-key" => options.product_key = value()?,
                "--device-name" => options.device_name = value()?,
                "--device-secret" => options.device_secret = value()?,
                _ => return Err(Fault::Usage(format!("unknown option {name}"))),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, Fault> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn both_spellings_of_a_value() {
        let options = parse("--host example.org --port=8883 --device-name lamp-2").unwrap();
        assert_eq!((options.host.as_deref(), options.port), (Some("example.org"), 8883));
        assert_eq!(options.device_name, "lamp-2");
    }

    #[test]
    fn mistakes_are_named() {
        for (line, message) in [
            ("--port", "--port needs a value"),
            ("--port x", "\"x\" is not a port"),
            ("--colour red", "unknown option --colour"),
        ] {
            let Err(Fault::Usage(text)) = parse(line) else { panic!("{line} was accepted") };
            assert_eq!(text, message);
        }
    }

    #[test]
    fn the_secret_is_not_printed() {
        assert!(!format!("{:?}", parse("--device-secret hunter22").unwrap()).contains("hunter22"));
    }
}
