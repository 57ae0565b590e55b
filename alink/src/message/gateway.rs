//! Registration of children, and the topology of a gateway.

use core::fmt;

use super::{list, object};
use crate::error::{Fault, Rule};
use crate::json::{RawJson, Text};
use crate::list::{List, Read};
use crate::name::DeviceId;
use crate::out::Out;
use crate::write::{Json, Writer};

/// Entries of a list for which no other bound is stated (codes 6101 and 6104).
const MAX_LIST: usize = 200;

/// A secret in a message. It is not shown; [`expose`](Self::expose) gives it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret<'a>(Text<'a>);

impl<'a> Secret<'a> {
    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> Text<'a> {
        self.0
    }
}

impl<'a> From<&'a str> for Secret<'a> {
    fn from(secret: &'a str) -> Self {
        Self(secret.into())
    }
}

impl fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<'a> Read<'a> for Secret<'a> {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        Text::read(json).map(Self)
    }
}

impl Json for Secret<'_> {
    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        self.0.write(to);
    }
}

list! {
    /// Children to register, at most 30.
    pub struct SubRegister<'a>([DeviceId<'a>; 30], TooManyRegistrations);
}

list! {
    /// Children: to unregister, to unbind, discovered, or asked for.
    pub struct Devices<'a>([DeviceId<'a>; MAX_LIST], ListTooLong);
}

impl Devices<'_> {
    /// Refuses a list without devices, where one must name some.
    ///
    /// # Errors
    /// [`Rule::ListEmpty`].
    pub fn check_not_empty(&self) -> Result<(), Fault> {
        if self.0.is_empty() { Err(Fault::new(Rule::ListEmpty, self.0.offset())) } else { Ok(()) }
    }
}

object! {
    /// A child that was registered.
    pub struct Registered<'a> {
        /// The platform's own name for it.
        "iotId" => iot_id: Option<Text<'a>>,
        /// Its product.
        "productKey" => product_key: &'a str,
        /// Its name.
        "deviceName" => device_name: &'a str,
        /// What it signs with.
        "deviceSecret" => device_secret: Secret<'a>,
    }
}

/// The `data` of the answer to a registration.
pub type Registrations<'a> = List<'a, Registered<'a>>;

object! {
    /// Children to register by the secret of their product; `params` of the request.
    pub struct ProductRegister<'a> {
        /// At most 30.
        "proxieds" => proxieds: List<'a, Proxied<'a>>,
    }
    check |this| if this.proxieds.len() > 30 { Err(Rule::TooManyRegistrations) } else { Ok(()) }
}

object! {
    /// A child to register by the secret of its product. Here the method is in camel case.
    pub struct Proxied<'a> {
        /// Its product.
        "productKey" => product_key: &'a str,
        /// Its name.
        "deviceName" => device_name: &'a str,
        /// What makes the signature unique.
        "random" => random: Text<'a>,
        /// How it is signed.
        "signMethod" => sign_method: Text<'a>,
        /// The signature.
        "sign" => sign: Text<'a>,
    }
}

object! {
    /// The `data` of the answer; layout as implementers have seen it.
    pub struct ProductRegistrations<'a> {
        /// What was not registered.
        "failures" => failures: List<'a, RawJson<'a>>,
        /// What was.
        "successes" => successes: List<'a, Registered<'a>>,
    }
}

list! {
    /// Children to bind to the gateway, each with its own signature.
    pub struct TopoAdd<'a>([Bind<'a>; MAX_LIST], ListTooLong);
}

impl TopoAdd<'_> {
    /// Refuses a gateway among its own children.
    ///
    /// # Errors
    /// [`Rule::OwnChild`].
    pub fn check_gateway(&self, gateway: DeviceId<'_>) -> Result<(), Fault> {
        let own = |child: Bind<'_>| {
            child.product_key == gateway.product_key() && child.device_name == gateway.device_name()
        };
        if self.0.iter().any(own) { Err(Fault::new(Rule::OwnChild, self.0.offset())) } else { Ok(()) }
    }
}

object! {
    /// A child to bind. Here the method is all lower case; in a login it is in camel case.
    pub struct Bind<'a> {
        /// Its product.
        "productKey" => product_key: &'a str,
        /// Its name.
        "deviceName" => device_name: &'a str,
        /// Its client id, as it is signed.
        "clientId" => client_id: Option<Text<'a>>,
        /// Milliseconds, as they are signed.
        "timestamp" => timestamp: Option<Text<'a>>,
        /// How it is signed.
        "signmethod" => sign_method: Text<'a>,
        /// The signature.
        "sign" => sign: Text<'a>,
    }
}

object! {
    /// News of the topology.
    pub struct TopoChange<'a> {
        /// What has happened.
        "status" => status: TopoStatus,
        /// To which children.
        "subList" => children: List<'a, DeviceId<'a>>,
    }
}

/// What has happened to children.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TopoStatus {
    /// They were bound.
    Created,
    /// They were unbound.
    Deleted,
    /// They may be used again.
    Enabled,
    /// They may not be used.
    Disabled,
    /// A number that is not defined.
    Other(i64),
}

impl<'a> Read<'a> for TopoStatus {
    fn read(json: RawJson<'a>) -> Result<Self, Fault> {
        Ok(match i64::read(json)? {
            0 => Self::Created,
            1 => Self::Deleted,
            2 => Self::Enabled,
            8 => Self::Disabled,
            other => Self::Other(other),
        })
    }
}

impl Json for TopoStatus {
    fn write<O: Out + ?Sized>(&self, to: &mut Writer<'_, O>) {
        to.integer(match *self {
            Self::Created => 0,
            Self::Deleted => 1,
            Self::Enabled => 2,
            Self::Disabled => 8,
            Self::Other(other) => other,
        });
    }
}

object! {
    /// A window in which a gateway lets children of a product pair.
    pub struct Permit<'a> {
        /// Which product.
        "productKey" => product_key: &'a str,
        /// For how many seconds.
        "time" => seconds: u64,
    }
}
