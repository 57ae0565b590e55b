//! Desired values: asked for, applied, and deleted by version.

use super::object;
use super::property::Value;
use crate::list::Map;

pub use super::property::PropertyGet as DesiredGet;

object! {
    /// A value somebody wants a property to have.
    pub struct Desired<'a> {
        /// The value; `null` was cleared.
        "value" => value: Value<'a>,
        /// One more with each change, 0 before the first.
        "version" => version: u64,
    }
}

/// The `data` of the answer: properties that have a desired value.
pub type DesiredValues<'a> = Map<'a, Desired<'a>>;

/// The `params` of a deletion, by identifier.
///
/// ```
/// use alink::{Json as _, SliceOut, message::desired::{DesiredDelete, IfVersion}};
///
/// let which = [("PowerSwitch", IfVersion::from(2)), ("Brightness", IfVersion::ANY)];
/// let mut buffer = [0; 64];
/// let mut out = SliceOut::new(&mut buffer);
/// DesiredDelete::from(&which).append(&mut out)?;
/// assert_eq!(out.written(), br#"{"PowerSwitch":{"version":2},"Brightness":{}}"#);
/// # Ok::<(), alink::Error>(())
/// ```
pub type DesiredDelete<'a> = Map<'a, IfVersion>;

object! {
    /// Delete only what still is of this version.
    pub struct IfVersion {
        /// The version, or none to delete whatever there is.
        "version" => version: Option<u64>,
    }
}

impl IfVersion {
    /// Delete whatever there is.
    pub const ANY: Self = Self { version: None };
}

impl From<u64> for IfVersion {
    fn from(version: u64) -> Self {
        Self { version: Some(version) }
    }
}
