//! Versions, packages and progress of upgrades over the air.

use super::object;
use crate::error::{Fault, Rule};
use crate::json::{RawJson, Text};
use crate::list::{List, Read};
use crate::out::Out;
use crate::write::{Json, Writer};

/// What a module is called that has no name.
pub const DEFAULT_MODULE: &str = "default";

object! {
    /// The version of a module, told at each start and after an upgrade: only by its arrival the
    /// platform knows that an upgrade was a success.
    pub struct Inform<'a> {
        /// The running version.
        "version" => version: Text<'a>,
        /// Of which module; the default one if missing.
        "module" => module: Option<Text<'a>>,
    }
}

object! {
    /// A question for a package.
    pub struct FirmwareGet<'a> {
        /// For which module; the default one if missing.
        "module" => module: Option<Text<'a>>,
    }
}

/// How a digest is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Digest {
    /// MD5.
    Md5,
    /// SHA-256.
    Sha256,
}

impl Digest {
    /// The method of a name, whose case varies.
    #[must_use]
    pub fn of(name: Text<'_>) -> Option<Self> {
        let name = name.as_plain()?;
        // `Sha275` is a misprint of an old page that devices have copied.
        if name.eq_ignore_ascii_case("md5") {
            Some(Self::Md5)
        } else if name.eq_ignore_ascii_case("sha256") || name.eq_ignore_ascii_case("sha275") {
            Some(Self::Sha256)
        } else {
            None
        }
    }
}

object! {
    /// A package: what the upgrade push carries, and the answer to a question for one.
    pub struct Package<'a> {
        /// Bytes of the one file.
        "size" => size: Option<u64>,
        /// The version it brings.
        "version" => version: Text<'a>,
        /// 1 if it is a difference against the running version.
        "isDiff" => is_diff: Option<u64>,
        /// Where it lies, for 24 hours.
        "url" => url: Option<Text<'a>>,
        /// How `sign` is made; see [`Digest::of`].
        "signMethod" => sign_method: Option<Text<'a>>,
        /// `mqtt` if it is downloaded in blocks instead.
        "dProtocol" => protocol: Option<Text<'a>>,
        /// Its stream, for the download in blocks.
        "streamId" => stream_id: Option<u64>,
        /// Its file in the stream.
        "streamFileId" => stream_file_id: Option<u64>,
        /// MD5 of the file, in hex.
        "md5" => md5: Option<Text<'a>>,
        /// Digest of the file, in hex.
        "sign" => sign: Option<Text<'a>>,
        /// The platform's signature of the package, in base64.
        "digestsign" => digest_sign: Option<Text<'a>>,
        /// The files, if there are several; then there is no size, url and sign.
        "files" => files: Option<List<'a, PackageFile<'a>>>,
        /// For which module; the default one if missing.
        "module" => module: Option<Text<'a>>,
        /// Whatever the application wants to say.
        "extData" => ext_data: Option<RawJson<'a>>,
    }
    check |this| match this.files {
        Some(files) if files.len() > 20 => Err(Rule::TooManyFiles),
        _ => Ok(()),
    }
}

impl Package<'_> {
    /// Whether it is downloaded in blocks over MQTT.
    #[must_use]
    pub fn is_streamed(&self) -> bool {
        self.protocol.is_some_and(|protocol| protocol == "mqtt")
    }
}

object! {
    /// One file of a package of several.
    pub struct PackageFile<'a> {
        /// Its bytes.
        "fileSize" => size: u64,
        /// Its name.
        "fileName" => name: Text<'a>,
        /// Where it lies, for 24 hours.
        "fileUrl" => url: Text<'a>,
        /// Its MD5, in hex.
        "fileMd5" => md5: Text<'a>,
        /// Its digest, in hex.
        "fileSign" => sign: Text<'a>,
    }
}

/// How far an upgrade has come: a string on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Progress {
    /// Percent, 0 to 100.
    Percent(u8),
    /// The upgrade failed.
    UpgradeFailed,
    /// The download failed.
    DownloadFailed,
    /// The digest or signature did not match.
    VerifyFailed,
    /// The package could not be written.
    WriteFailed,
}

impl Progress {
    fn of(number: i64) -> Option<Self> {
        Some(match number {
            -1 => Self::UpgradeFailed,
            -2 => Self::DownloadFailed,
            -3 => Self::VerifyFailed,
            -4 => Self::WriteFailed,
            0..=100 => Self::Percent(u8::try_from(number).ok()?),
            _ => return None,
        })
    }

    /// The number on the wire.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::Percent(percent) => percent.into(),
            Self::UpgradeFailed => -1,
            Self::DownloadFailed => -2,
            Self::VerifyFailed => -3,
            Self::WriteFailed => -4,
        }
    }
}

/// Reading wants the documented string. A bare number is seen too: [`Step::read_tolerant`].
impl<'a> Read<'a> for Progress {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        let text = json.text().ok_or(Fault::new(Rule::StepNotText, json.offset()))?;
        text.integer().and_then(Self::of).ok_or(Fault::new(Rule::StepOutOfRange, json.offset()))
    }
}

impl Json for Progress {
    fn check(&self) -> Result<(), Fault> {
        if matches!(self, Self::Percent(101..)) { Err(Fault::new(Rule::StepOutOfRange, 0)) } else { Ok(()) }
    }

    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.put("\"");
        to.integer(self.number());
        to.put("\"");
    }
}

object! {
    /// A report of progress, best not more often than every three seconds.
    pub struct Step<'a> {
        /// How far.
        "step" => step: Progress,
        /// In words.
        "desc" => description: Text<'a>,
        /// Of which module; the default one if missing.
        "module" => module: Option<Text<'a>>,
    }
}

impl<'a> Step<'a> {
    /// Reads a step that is a number instead of a string, too.
    ///
    /// # Errors
    /// As reading.
    pub fn read_tolerant(params: RawJson<'a>) -> Result<Self, Fault> {
        match params.member("step") {
            Some(json) if json.integer().is_some() => Ok(Self {
                step: json
                    .integer()
                    .and_then(Progress::of)
                    .ok_or(Fault::new(Rule::StepOutOfRange, json.offset()))?,
                description: Option::read_member(params, "desc")?.unwrap_or("".into()),
                module: Option::read_member(params, "module")?,
            }),
            _ => Self::read(params),
        }
    }
}
