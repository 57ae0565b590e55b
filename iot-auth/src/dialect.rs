//! How official SDKs differ from the documents, as one table.
//!
//! The platform accepts them all. The default writes what the documents show; the others reproduce an SDK's output byte for byte, for
//! whoever replaces that SDK on devices already in the field. What an SDK gets *wrong* is not here: see [`Bug`](crate::Bug).

use crate::hex::Case;
use crate::identity::{ClientId, Device};

/// Whose spelling to write: order of fields, case of hexadecimal digits, shape of the client id, unit of the timestamp.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// The documents' own form.
    #[default]
    Documented,
    /// The C SDK, branch 3 (`sdk-c-3.2.0`).
    CSdkV3,
    /// The C Link SDK 4 (`sdk-c-4.2.0`).
    CSdkV4,
    /// The Python SDK (1.2.13).
    Python,
    /// The JavaScript SDK (1.2.8).
    JavaScript,
}

/// What a dialect settles; the orders of fields outside MQTT stand with the requests they belong to.
#[derive(Debug)]
pub(crate) struct Habits {
    dialect: Dialect,
    pub case: Case,
    /// The client id when the caller gives none.
    pub client_id: Shape,
    /// The same while registering.
    pub register_id: Shape,
    pub seconds: bool,
    /// The timestamp when the caller gives none.
    pub timestamp: Option<&'static str>,
    /// Registration without pre-registration in an instance with an id says securemode -2.
    pub minus_two: bool,
    /// A comma stays before the closing bar when nothing extends the list.
    pub trailing_comma: bool,
    /// Forms are percent-encoded.
    pub encodes_forms: bool,
    /// The parameters behind the client id: with a device's secret, while registering, with a token.
    pub secret: &'static [Slot],
    pub register: &'static [Slot],
    pub token: &'static [Slot],
}

/// How a client id is made of the device's names.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// `${productKey}.${deviceName}`
    Dotted,
    /// `${productKey}&${deviceName}`
    Paired,
    /// `${deviceName}.${productKey}`
    Reversed,
}

impl Shape {
    pub(crate) const fn of<'a>(self, device: &Device<'a>) -> ClientId<'a> {
        match self {
            Self::Dotted => ClientId::dotted(device),
            Self::Paired => ClientId::paired(device),
            Self::Reversed => ClientId::reversed(device),
        }
    }
}

/// One place in a parameter list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Slot {
    SecureMode,
    SignMethod,
    Timestamp,
    AuthType,
    Random,
    InstanceId,
    /// `authtype=id2`, for ID² only.
    Id2,
    /// The caller's parameter of this name, else this default, else nothing.
    Named(&'static str, Option<&'static str>),
    /// The caller's parameters that no `Named` slot has taken.
    Rest,
}

use Slot::{AuthType, Id2, InstanceId, Named, Random, Rest, SecureMode, SignMethod, Timestamp};

impl Dialect {
    pub(crate) fn habits(self) -> &'static Habits {
        HABITS.iter().find(|habits| habits.dialect == self).unwrap_or(&HABITS[0])
    }
}

const C_V4: &str = "sdk-c-4.2.0";

const HABITS: &[Habits] = &[
    Habits {
        dialect: Dialect::Documented,
        case: Case::Upper,
        client_id: Shape::Dotted,
        register_id: Shape::Dotted,
        seconds: false,
        timestamp: None,
        minus_two: true,
        trailing_comma: false,
        encodes_forms: true,
        secret: &[SecureMode, SignMethod, Timestamp, Id2, Rest],
        register: &[SecureMode, AuthType, Random, SignMethod, InstanceId, Rest],
        token: &[SecureMode, AuthType, Rest],
    },
    Habits {
        dialect: Dialect::CSdkV3,
        case: Case::Upper,
        client_id: Shape::Dotted,
        register_id: Shape::Dotted,
        seconds: false,
        timestamp: Some("2524608000000"),
        minus_two: false,
        trailing_comma: false,
        encodes_forms: false,
        secret: &[
            Timestamp,
            Named("_v", Some("sdk-c-3.2.0")),
            SecureMode,
            SignMethod,
            Named("lan", Some("C")),
            Named("_ss", None),
            Named("gw", Some("0")),
            Named("ext", Some("0")),
            Id2,
            Rest,
        ],
        register: &[AuthType, Random, SignMethod, SecureMode, InstanceId, Rest],
        token: &[AuthType, SecureMode, Rest],
    },
    Habits {
        dialect: Dialect::CSdkV4,
        case: Case::Upper,
        client_id: Shape::Dotted,
        register_id: Shape::Reversed,
        seconds: false,
        timestamp: Some("2524608000000"),
        minus_two: false,
        trailing_comma: true,
        encodes_forms: false,
        secret: &[
            Timestamp,
            Named("_ss", Some("1")),
            Named("_v", Some(C_V4)),
            SecureMode,
            SignMethod,
            Named("ext", Some("3")),
            Id2,
            Rest,
        ],
        register: &[Random, AuthType, SecureMode, SignMethod, InstanceId, Rest],
        token: &[
            AuthType,
            SecureMode,
            Named("_ss", Some("1")),
            Named("ext", Some("3")),
            Named("_v", Some(C_V4)),
            Rest,
        ],
    },
    Habits {
        dialect: Dialect::Python,
        case: Case::Lower,
        client_id: Shape::Paired,
        register_id: Shape::Reversed,
        seconds: true,
        timestamp: None,
        minus_two: false,
        trailing_comma: false,
        encodes_forms: true,
        secret: &[
            SecureMode,
            SignMethod,
            Named("ext", Some("1")),
            Named("_ss", Some("1")),
            Named("lan", Some("Python")),
            Named("_v", Some("1.2.13")),
            Timestamp,
            Id2,
            Rest,
        ],
        register: &[Random, AuthType, SecureMode, SignMethod, InstanceId, Rest],
        token: &[
            AuthType,
            SecureMode,
            Named("_ss", Some("1")),
            Named("ext", Some("3")),
            Named("lan", Some("Python")),
            Named("_v", Some("1.2.13")),
            Rest,
        ],
    },
    Habits {
        dialect: Dialect::JavaScript,
        case: Case::Lower,
        client_id: Shape::Paired,
        register_id: Shape::Paired,
        seconds: false,
        timestamp: None,
        minus_two: false,
        trailing_comma: false,
        encodes_forms: true,
        secret: &[
            SecureMode,
            SignMethod,
            Timestamp,
            Named("lan", Some("NodeJS")),
            Named("_v", Some("1.2.8")),
            Id2,
            Rest,
        ],
        register: &[SecureMode, AuthType, Random, SignMethod, InstanceId, Rest],
        token: &[SecureMode, AuthType, Rest],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_ends_with_the_callers_own() {
        for habits in HABITS {
            for list in [habits.secret, habits.register, habits.token] {
                assert_eq!(list.last(), Some(&Rest), "{:?}", habits.dialect);
                assert!(list.contains(&SecureMode));
            }
            assert_eq!(habits.dialect.habits().dialect, habits.dialect);
        }
    }
}
