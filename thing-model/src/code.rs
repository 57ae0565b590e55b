//! The platform's codes for what is wrong with a payload, in one table.

use core::fmt;

/// A code of the platform. An open number: the constants are the ones this crate gives.
///
/// ```
/// use thing_model::Code;
/// assert_eq!(Code::INT.to_string(), "6306");
/// assert_eq!(Code::INT.text(), "int outside specs");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub u16);

/// Every code this crate gives, with its meaning.
pub const CODES: [(Code, &str); 23] = [
    (Code::PARAMETER, "request parameter wrong"),
    (Code::DEVICE, "device not found"),
    (Code::LIST_LONG, "list too long"),
    (Code::LIST_EMPTY, "list is empty"),
    (Code::TOO_MANY, "property map has more than 200 entries"),
    (Code::NO_ENTRY, "property map is empty"),
    (Code::NOT_JSON, "payload is not JSON"),
    (Code::SHAPE, "params is neither object nor array as required"),
    (Code::EMPTY, "a required value is empty"),
    (Code::COUNT, "number of parameters wrong"),
    (Code::UNKNOWN, "parameter not in the model"),
    (Code::TYPE, "parameter type wrong"),
    (Code::INT, "int outside specs"),
    (Code::FLOAT, "float outside specs"),
    (Code::BOOL, "bool outside specs"),
    (Code::ENUM, "enum outside specs"),
    (Code::TEXT, "text outside specs"),
    (Code::DATE, "date outside specs"),
    (Code::STRUCT, "struct outside specs"),
    (Code::DATA_TYPE, "data type could not be parsed"),
    (Code::DATA, "data does not satisfy the model"),
    (Code::SPECS_NUMBER, "number format in specs wrong"),
    (Code::DOUBLE, "double outside specs"),
];

impl Code {
    /// Request parameter wrong.
    pub const PARAMETER: Self = Self(460);
    /// Device not found.
    pub const DEVICE: Self = Self(6100);
    /// List too long.
    pub const LIST_LONG: Self = Self(6104);
    /// List is empty.
    pub const LIST_EMPTY: Self = Self(6105);
    /// Property map has more than 200 entries.
    pub const TOO_MANY: Self = Self(6106);
    /// Property map is empty.
    pub const NO_ENTRY: Self = Self(6107);
    /// Payload is not JSON.
    pub const NOT_JSON: Self = Self(6207);
    /// Params is neither object nor array as required.
    pub const SHAPE: Self = Self(6301);
    /// A required value is empty.
    pub const EMPTY: Self = Self(6302);
    /// Number of parameters wrong.
    pub const COUNT: Self = Self(6303);
    /// Parameter not in the model.
    pub const UNKNOWN: Self = Self(6304);
    /// Parameter type wrong.
    pub const TYPE: Self = Self(6305);
    /// Int outside specs.
    pub const INT: Self = Self(6306);
    /// Float outside specs.
    pub const FLOAT: Self = Self(6307);
    /// Bool outside specs.
    pub const BOOL: Self = Self(6308);
    /// Enum outside specs.
    pub const ENUM: Self = Self(6309);
    /// Text outside specs.
    pub const TEXT: Self = Self(6310);
    /// Date outside specs.
    pub const DATE: Self = Self(6311);
    /// Struct outside specs.
    pub const STRUCT: Self = Self(6312);
    /// Data type could not be parsed.
    pub const DATA_TYPE: Self = Self(6314);
    /// Data does not satisfy the model.
    pub const DATA: Self = Self(6315);
    /// Number format in specs wrong.
    pub const SPECS_NUMBER: Self = Self(6316);
    /// Double outside specs.
    pub const DOUBLE: Self = Self(6322);

    /// What it means.
    #[must_use]
    pub fn text(self) -> &'static str {
        CODES.iter().find(|(code, _)| *code == self).map_or("unknown code", |(_, text)| text)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
