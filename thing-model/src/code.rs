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

#[allow(missing_docs)] // the table above is their documentation
impl Code {
    pub const PARAMETER: Self = Self(460);
    pub const DEVICE: Self = Self(6100);
    pub const LIST_LONG: Self = Self(6104);
    pub const LIST_EMPTY: Self = Self(6105);
    pub const TOO_MANY: Self = Self(6106);
    pub const NO_ENTRY: Self = Self(6107);
    pub const NOT_JSON: Self = Self(6207);
    pub const SHAPE: Self = Self(6301);
    pub const EMPTY: Self = Self(6302);
    pub const COUNT: Self = Self(6303);
    pub const UNKNOWN: Self = Self(6304);
    pub const TYPE: Self = Self(6305);
    pub const INT: Self = Self(6306);
    pub const FLOAT: Self = Self(6307);
    pub const BOOL: Self = Self(6308);
    pub const ENUM: Self = Self(6309);
    pub const TEXT: Self = Self(6310);
    pub const DATE: Self = Self(6311);
    pub const STRUCT: Self = Self(6312);
    pub const DATA_TYPE: Self = Self(6314);
    pub const DATA: Self = Self(6315);
    pub const SPECS_NUMBER: Self = Self(6316);
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
