//! Why a peer is refused, and the numbers that tell it so.

use crate::error::{Field, IdentityError};
use crate::json::read::Malformed;
use crate::method::MethodError;
use crate::params::ParamError;

/// Why a request is refused. Nothing here holds a secret or a signature, so it may be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// No secure mode looks like this.
    #[error("no secure mode looks like this")]
    UnknownMode,
    /// A field this mode needs is absent.
    #[error("{0} is missing")]
    Missing(Field),
    /// A field is given twice.
    #[error("{0} is given twice")]
    Duplicate(Field),
    /// A field does not have the form it must have.
    #[error("{0}")]
    Invalid(IdentityError),
    /// The client id's parameter list is malformed.
    #[error("client id: {0}")]
    Params(ParamError),
    /// The body or query is not what its format says, at this byte.
    #[error("malformed at byte {0}")]
    Malformed(usize),
    /// A field of the body is neither a text nor a number.
    #[error("a field is neither a text nor a number")]
    NotText,
    /// There are more fields or entries than are read.
    #[error("too many fields or entries")]
    TooMany,
    /// The signing method is not known, or left out of this build.
    #[error("{0}")]
    Method(#[from] MethodError),
    /// Registration runs over TLS only.
    #[error("this mode runs over TLS only")]
    TlsRequired,
    /// Nothing is signed: the identity must come from elsewhere, such as the certificate TLS has seen.
    #[error("nothing is signed here")]
    Unsigned,
    /// The signature, or the token, is not the one this secret makes.
    #[error("the signature does not match")]
    BadSignature,
    /// The timestamp lies outside the window.
    #[error("the timestamp lies outside the window")]
    Stale,
}

impl From<Malformed> for Refusal {
    fn from(Malformed(offset): Malformed) -> Self {
        Self::Malformed(offset)
    }
}

impl From<ParamError> for Refusal {
    fn from(error: ParamError) -> Self {
        Self::Params(error)
    }
}

impl From<IdentityError> for Refusal {
    fn from(error: IdentityError) -> Self {
        Self::Invalid(error)
    }
}

/// Whose fault it is, as far as codes tell: one row of each table below.
#[derive(Clone, Copy)]
enum Kind {
    Parameter,
    Signature,
    Stale,
}

impl Refusal {
    const fn kind(self) -> Kind {
        match self {
            Self::BadSignature | Self::Unsigned => Kind::Signature,
            Self::Stale => Kind::Stale,
            _ => Kind::Parameter,
        }
    }

    /// The return code of a CONNACK in MQTT 3.1.1 (§3.2.2.3): 2 for parameters (what the platform answers to a registration with
    /// wrong parameters or over plain TCP), 4 for a signature, 5 for a stale timestamp.
    pub const fn connack_3_1_1(self) -> u8 {
        match self.kind() {
            Kind::Parameter => 2,
            Kind::Signature => 4,
            Kind::Stale => 5,
        }
    }

    /// The reason code of a CONNACK in MQTT 5.0 (§3.2.2.2): 0x85 client identifier not valid, 0x86 bad user name or password, 0x87 not
    /// authorised.
    pub const fn connack_5_0(self) -> u8 {
        match self.kind() {
            Kind::Parameter => 0x85,
            Kind::Signature => 0x86,
            Kind::Stale => 0x87,
        }
    }

    /// The `code` in the answer of HTTPS `/auth`: 10001 parameter, 20000 authentication failed.
    pub const fn https_code(self) -> u32 {
        match self.kind() {
            Kind::Parameter => 10001,
            Kind::Signature | Kind::Stale => 20000,
        }
    }

    /// The `code` in the answer of the legacy `/auth/devicename`: 460 parameter, 401 signature.
    pub const fn legacy_code(self) -> u32 {
        match self.kind() {
            Kind::Parameter => 460,
            Kind::Signature | Kind::Stale => 401,
        }
    }

    /// The `code` in the answer of a registration over HTTPS: 460 parameter, 6292 signing method, 6600 signature.
    pub const fn registration_code(self) -> u32 {
        match self {
            Self::Method(_) => 6292,
            _ => match self.kind() {
                Kind::Parameter => 460,
                Kind::Signature | Kind::Stale => 6600,
            },
        }
    }

    /// The `code` in the reply to a topology addition: 460 parameter, 401 signature.
    pub const fn topology_code(self) -> u32 {
        self.legacy_code()
    }

    /// The `code` in the reply to a sub-device's login: 460 parameter, 6287 signature.
    pub const fn login_code(self) -> u32 {
        match self.kind() {
            Kind::Parameter => 460,
            Kind::Signature | Kind::Stale => 6287,
        }
    }

    /// The response code of CoAP `/auth`, class and detail as in RFC 7252 §3: 0x80 is 4.00 bad payload, 0x81 is 4.01 unauthorised.
    pub const fn coap_code(self) -> u8 {
        match self.kind() {
            Kind::Parameter => 0x80,
            Kind::Signature | Kind::Stale => 0x81,
        }
    }

    /// The HTTP status of cloud-side services: 400 for parameters, 403 for a signature or a stale timestamp.
    pub const fn http_status(self) -> u16 {
        match self.kind() {
            Kind::Parameter => 400,
            Kind::Signature | Kind::Stale => 403,
        }
    }
}
