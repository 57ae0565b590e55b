//! Every public error, by who is to blame: the caller ([`IdentityError`]) or the peer ([`Refusal`](crate::Refusal) in `verify`,
//! [`AnswerError`] for answers).

use core::fmt;

/// A field of some identity or request, named as the platform names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Field {
    /// `productKey`
    ProductKey,
    /// `deviceName`
    DeviceName,
    /// `clientId`
    ClientId,
    /// Any secret.
    Secret,
    /// `random`, or whatever a mode uses as its nonce.
    Random,
    /// `timestamp`
    Timestamp,
    /// `sign`, or the password that carries a signature.
    Sign,
    /// `signmethod`, in whichever spelling.
    SignMethod,
    /// `securemode`
    SecureMode,
    /// `authType`, `authMode`, `x-auth-name`
    AuthType,
    /// `instanceId`
    InstanceId,
    /// The MQTT or SASL user name.
    UserName,
    /// The name of a parameter of a client id.
    ParameterName,
    /// The value of a parameter of a client id.
    ParameterValue,
    /// `token`, `deviceToken`, `iotToken`
    Token,
    /// `seq`, `seqOffset`
    Seq,
    /// `authId`, `AccessKeyId`
    AccessKeyId,
    /// `x-auth-param-app-key`
    AppKey,
    /// `region`
    Region,
    /// The account's numeric id.
    Uid,
    /// A topic.
    Topic,
    /// A certificate's serial number.
    CertSn,
    /// `code` or `message`
    Code,
    /// `messageId`
    MessageId,
    /// `pageSize`
    PageSize,
    /// `Timeout` of a question to a device, in milliseconds.
    Timeout,
    /// `consumerGroupId`
    ConsumerGroup,
    /// The host or port of a broker.
    Host,
    /// The list of devices of a gateway request.
    DeviceList,
    /// The resource of an MNS request, a header, or a request line.
    Header,
}

impl Field {
    /// The name the platform's texts use most.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ProductKey => "productKey",
            Self::DeviceName => "deviceName",
            Self::ClientId => "clientId",
            Self::Secret => "secret",
            Self::Random => "random",
            Self::Timestamp => "timestamp",
            Self::Sign => "sign",
            Self::SignMethod => "signmethod",
            Self::SecureMode => "securemode",
            Self::AuthType => "authType",
            Self::InstanceId => "instanceId",
            Self::UserName => "user name",
            Self::ParameterName => "parameter name",
            Self::ParameterValue => "parameter value",
            Self::Token => "token",
            Self::Seq => "seq",
            Self::AccessKeyId => "AccessKeyId",
            Self::AppKey => "app key",
            Self::Region => "region",
            Self::Uid => "uid",
            Self::Topic => "topic",
            Self::CertSn => "CertSN",
            Self::Code => "code",
            Self::PageSize => "pageSize",
            Self::Timeout => "Timeout",
            Self::ConsumerGroup => "consumerGroupId",
            Self::MessageId => "messageId",
            Self::Host => "host or port",
            Self::DeviceList => "deviceList",
            Self::Header => "header",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which rule an identifier breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// It has fewer characters than allowed.
    TooShort,
    /// It has more characters than allowed.
    TooLong,
    /// It holds a character that is not allowed, or that the surrounding text gives a meaning.
    Character,
    /// It is given twice.
    Duplicate,
    /// It is required in this mode.
    Missing,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "too short",
            Self::TooLong => "too long",
            Self::Character => "character not allowed",
            Self::Duplicate => "given twice",
            Self::Missing => "missing",
        })
    }
}

/// What the caller gave cannot be sent: which field, which rule, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{field}: {rule} (at character {index})")]
#[non_exhaustive]
pub struct IdentityError {
    /// The field that is wrong.
    pub field: Field,
    /// The rule it breaks.
    pub rule: Rule,
    /// The index of the offending character, counted in characters from 0; for a length, the first index too many or missing.
    pub index: usize,
}
