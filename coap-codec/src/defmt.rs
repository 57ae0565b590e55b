//! defmt (feature `defmt`): everything with a `Display` logs as it reads there.

use defmt::{Display2Format, Format, Formatter, write};

use crate::{
    AssemblyError, Block, BlockMapError, Code, ContentFormat, DecodeError, EncodeError, EntityTag,
    FetchError, Kind, Link, LinkError, LinkRule, LinkWriteError, Message, MissingBlocksError, Opt,
    OptionNumber, Options, PartError, Refusal, RouteError, Rule, Sequence, StreamMessage, Token, Uri,
    UriError,
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
    AssemblyError,
    Block,
    BlockMapError,
    Code,
    ContentFormat,
    DecodeError,
    EncodeError,
    EntityTag,
    FetchError,
    Kind,
    Link<'_>,
    LinkError,
    LinkRule,
    LinkWriteError,
    Message<'_>,
    MissingBlocksError,
    Opt<'_>,
    OptionNumber,
    Options<'_>,
    PartError,
    Refusal,
    RouteError,
    Rule,
    Sequence,
    StreamMessage<'_>,
    Token<'_>,
    Uri<'_>,
    UriError
);
