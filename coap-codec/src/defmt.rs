//! defmt (feature `defmt`): everything with a `Display` logs as it reads there.

use defmt::{Display2Format, Format, Formatter, write};

use crate::{
    Block, Code, ContentFormat, DecodeError, EncodeError, Kind, Link, LinkError, Message, Opt, OptionNumber,
    Options, Refusal, Rule, StreamMessage, Token, Uri, UriError,
};

macro_rules! as_displayed {
    ($($name:ty),*) => {$(
        impl Format for $name {
            fn format(&self, f: Formatter<'_>) {
                write!(f, "{}", Display2Format(self));
            }
        }
    )*};
}

as_displayed!(
    Block,
    Code,
    ContentFormat,
    DecodeError,
    EncodeError,
    Kind,
    Link<'_>,
    LinkError,
    Message<'_>,
    Opt<'_>,
    OptionNumber,
    Options<'_>,
    Refusal,
    Rule,
    StreamMessage<'_>,
    Token<'_>,
    Uri<'_>,
    UriError
);
