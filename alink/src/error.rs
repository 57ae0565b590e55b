//! Every public error, by who is to blame: [`Fault`] is the peer's (or a message's), [`Error`] the
//! caller's or "later".

use crate::code::Code;

/// What is wrong with a payload or a topic, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule} (at byte {offset})")]
pub struct Fault {
    /// The rule that is broken.
    pub rule: Rule,
    /// Offset in the payload or topic; 0 for what is missing from the whole.
    pub offset: usize,
}

impl Fault {
    pub(crate) const fn new(rule: Rule, offset: usize) -> Self {
        Self { rule, offset }
    }

    /// The code a platform answers with, or a device if the fault is in what the platform sent.
    #[must_use]
    pub fn code(&self) -> Code {
        self.rule.code()
    }
}

macro_rules! rules {
    ($($name:ident, $code:expr, $text:literal;)*) => {
        /// The rules a message can break, each with the code a platform gives it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = $text] #[error($text)] $name,)*
        }

        impl Rule {
            /// All rules, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The platform's code for a message that breaks the rule.
            #[must_use]
            pub const fn code(self) -> Code {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}

// The macro is a table: one row a rule, read as variant, text and code alike.
rules! {
    // The text
    EmptyPayload, Code::PARAMETER, "the payload is empty";
    NotUtf8, Code::FORMAT, "the payload is not UTF-8";
    NotJson, Code::FORMAT, "the payload is not JSON";
    TrailingComma, Code::FORMAT, "a comma stands before a closing bracket";
    TooDeep, Code::FORMAT, "arrays and objects nest too deeply";
    NotAnObject, Code::FORMAT, "a message is an object";
    PayloadTooLarge, Code::PARAMETER, "the payload is larger than configured";
    // The envelope
    DuplicateMember, Code::PARAMETER, "a member occurs twice in one object";
    IdMissing, Code::PARAMETER, "id is missing";
    IdNotDecimal, Code::PARAMETER, "id is a decimal number in a string";
    IdNegative, Code::PARAMETER, "id is negative";
    IdTooLarge, Code::PARAMETER, "id is above 4294967295";
    IdIsNumber, Code::PARAMETER, "id is a bare number, not a string";
    VersionUnknown, Code::PARAMETER, "version is not 1.0";
    AckNotZeroOne, Code::PARAMETER, "sys.ack is 0 or 1";
    MethodMissing, Code::METHOD_MISSING, "method is missing";
    MethodNotText, Code::METHOD_MISSING, "method is not a string";
    MethodMismatch, Code::METHOD_MISSING, "method contradicts the topic";
    ParamsMissing, Code::PARAMS_SHAPE, "params is missing";
    ParamsNotObject, Code::PARAMS_SHAPE, "params is not an object";
    ParamsNotArray, Code::PARAMS_SHAPE, "params is not an array";
    CodeMissing, Code::PARAMETER, "code is missing";
    CodeNotNumber, Code::PARAMETER, "code is not a number";
    CodeIsText, Code::PARAMETER, "code is a string, not a number";
    CodeOutOfRange, Code::PARAMETER, "a device answers 200, 400, 429, 460 or 100000 to 110000";
    IdNotPending, Code::PARAMETER, "id matches no pending request";
    // Members of params and data
    MemberMissing, Code::VALUE_EMPTY, "a required member is missing";
    NotText, Code::PARAMETER, "a string is required";
    NotInteger, Code::PARAMETER, "an integer is required";
    NotBoolean, Code::PARAMETER, "true or false is required";
    NotObject, Code::PARAMETER, "an object is required";
    NotArray, Code::PARAMETER, "an array is required";
    ValueUnknown, Code::PARAMETER, "the value is none of those defined";
    NumberOutOfRange, Code::PARAMETER, "the number is out of its range";
    NotANumber, Code::PARAMETER, "NaN and infinities have no JSON form";
    // Names
    BadIdentifier, Code::IDENTIFIER, "an identifier holds letters, digits, underscores and one colon behind a block";
    BadProductKey, Code::PARAMETER, "a product key is 1 to 20 letters and digits";
    BadDeviceName, Code::DEVICE_NAME, "a device name is 4 to 32 of letters, digits, - _ @ . and :";
    // Properties and events
    NoProperties, Code::NO_PROPERTIES, "there is no property in the message";
    TooManyProperties, Code::TOO_MANY_PROPERTIES, "there are more than 200 properties in the message";
    TooManyEvents, Code::PARAMETER, "there are more than 20 events of one device in the message";
    TimeNotNumber, Code::PARAMETER, "time is a number of milliseconds";
    TimeTooFarAhead, Code::PARAMETER, "time is more than 24 hours ahead";
    EventValueMissing, Code::NOT_IN_MODEL, "the outputs of an event belong under value";
    ValueMissing, Code::VALUE_EMPTY, "value is missing";
    // Lists
    ListEmpty, Code::LIST_EMPTY, "the list is empty";
    ListTooLong, Code::LIST_TOO_LONG, "there are more than 200 entries in the list";
    TooManyTags, Code::PARAMETER, "there are more than 200 tags in the message";
    BadTagKey, Code::PARAMETER, "a tag key holds letters, digits and underscores, 1 to 100, and does not begin with a digit";
    TooManyRegistrations, Code::PARAMETER, "there are more than 30 devices to register";
    TooManyLogins, Code::PARAMETER, "there are more than 50 devices in the batch";
    TooManyChildren, Code::PARAMETER, "there are more than 20 sub-devices in the pack";
    OwnChild, Code::OWN_CHILD, "a gateway cannot be its own child";
    // OTA and files
    StepNotText, Code::PARAMETER, "step is a string";
    StepOutOfRange, Code::PARAMETER, "step is -4 to -1 or 0 to 100";
    FrameTooShort, Code::PARAMETER, "the frame ends before its header, block or check value";
    FrameLength, Code::PARAMETER, "the frame is longer than its header says";
    BadCrc, Code::PARAMETER, "the check value of the block does not match";
    BlockMismatch, Code::PARAMETER, "the block is not the one asked for";
    BadBlockSize, Code::PARAMETER, "a block is 256 to 131072 bytes";
    BadFileName, Code::PARAMETER, "a file name is 1 to 100 letters, digits, underscores and points, the first a letter or digit";
    FileTooLarge, Code::PARAMETER, "a file is at most 16 MB";
    CheckOfUnknownSize, Code::PARAMETER, "a check value needs a known file size";
    TooManyFileTags, Code::PARAMETER, "there are more than 5 tags on the file";
    TooManyFiles, Code::PARAMETER, "there are more than 20 files in the package";
    // Shadow (its own code space)
    ShadowNotJson, Code(400), "a shadow document is not JSON";
    ShadowNoMethod, Code(401), "a shadow document has no method";
    ShadowNoState, Code(402), "a shadow update has no state";
    ShadowVersionNotNumber, Code(403), "the shadow version is not a number";
    ShadowNoReported, Code(404), "a shadow state has no reported part";
    ShadowReportedEmpty, Code(405), "the reported part has no attributes";
    ShadowMethodUnknown, Code(406), "the shadow method is none of those defined";
    ShadowEmpty, Code(407), "the shadow document is empty";
    ShadowTooManyAttributes, Code(408), "a shadow has more than 128 attributes";
    ShadowVersionConflict, Code(409), "the shadow version is not above the stored one";
    ShadowTooLarge, Code(400), "a shadow document is larger than 16 KB";
    ShadowTooDeep, Code(400), "shadow attributes nest deeper than 5";
    // Topics
    TopicUnknown, Code::TOPIC, "the topic is none of those defined";
    TopicTooLong, Code::TOPIC, "the topic is longer than configured";
    TopicWildcard, Code::TOPIC, "a wildcard stands where none may";
    TopicEmptyLevel, Code::TOPIC, "a topic level is empty";
    TopicBadLevel, Code::TOPIC, "a topic level holds a character it may not";
    TopicNotOurs, Code::NO_SESSION, "the topic belongs to another device";
}

/// Why a call did nothing: state and output are as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The output has no room for the message; call again with more.
    #[error("the output needs room for {needed} bytes")]
    NoRoom {
        /// Bytes the call wants to append.
        needed: usize,
    },
    /// As many requests are pending as configured; call again after an answer or a timeout.
    #[error("too many requests are pending")]
    Later,
    /// The message breaks a rule, so it was not built. Offsets count in what would have been built.
    #[error(transparent)]
    Message(#[from] Fault),
    /// The thing model refuses the message, so it was not built; the sink has been told why.
    #[error("the thing model finds {violations} faults")]
    Model {
        /// How many violations there are.
        violations: u32,
    },
    /// The call is answered, expired or was never made.
    #[error("there is no such call to answer")]
    NoSuchCall,
    /// The flow is not in a state where the call makes sense.
    #[error("not now: {0}")]
    WrongState(&'static str),
}
