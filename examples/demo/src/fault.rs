//! Why the demo ends early, in one line for a person.

use std::io;
use std::path::PathBuf;

/// What went wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// The command line asks for something there is not.
    Usage(String),
    /// A file cannot be read.
    File(PathBuf, io::Error),
    /// The thing model is not one; every mistake in it, a line each.
    Model(PathBuf, Vec<String>),
    /// A message contradicts the thing model; every violation, a line each.
    NotInModel(Vec<String>),
    /// No connection to this endpoint.
    Connect(String, io::Error),
    /// The connection broke.
    Io(io::Error),
    /// The peer left.
    Gone(&'static str),
    /// A protocol was broken, by the peer or by us.
    Protocol(String),
    /// The endpoint refused the device.
    Refused(String),
    /// Nothing came in time.
    Silence(&'static str),
    /// The conversation ended, but these steps did not happen.
    Missing(Vec<&'static str>),
}

impl Fault {
    /// A broken protocol, in the words of whoever noticed.
    pub(crate) fn protocol(error: impl std::fmt::Display) -> Self {
        Self::Protocol(error.to_string())
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Usage(what) => write!(f, "{what}; try --help"),
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Model(path, mistakes) => {
                write!(f, "{}: not a thing model: {}", path.display(), mistakes.join("; "))
            }
            Self::NotInModel(violations) => write!(f, "against the thing model: {}", violations.join("; ")),
            Self::Connect(endpoint, error) => write!(f, "{endpoint}: {error}"),
            Self::Io(error) => write!(f, "the connection broke: {error}"),
            Self::Gone(what) => f.write_str(what),
            Self::Protocol(what) => f.write_str(what),
            Self::Refused(what) => write!(f, "refused: {what}"),
            Self::Silence(what) => write!(f, "no answer in time: {what}"),
            Self::Missing(steps) => write!(f, "these steps did not happen: {}", steps.join(", ")),
        }
    }
}

impl std::error::Error for Fault {}
