//! Bridges: what is known of them, and the place for what is not.
//!
//! A bridge is a gateway of the platform's own kind: it speaks for many devices over one HTTP/2 connection. Which endpoints it uses, what
//! it must be given and how large it may be is documented. How its authentication call, its connection headers and its reports of devices
//! going online and offline look on the wire is not: the SDK that knows is closed. So this module holds the configuration, and
//! [`BridgeWire`] is the part an integrator who knows the rest must fill. Nothing here pretends to be the platform's format.
//!
//! Contract: the caller asks [`Bridge`] for endpoints, hands out one [`BridgeCall`] at a time to its `BridgeWire`, and sends what that
//! writes. The [device headers](crate::http2) are the nearest published relative of what a bridge sends.
//!
//! ```
//! use iot_auth::bridge::{Bridge, BridgeCall, BridgeSize, BridgeWire};
//! use iot_auth::{Device, IdentityError, Method, Place, Secret, SigningKey};
//!
//! /// A simulation for tests: the headers of a device, and a body of one's own.
//! struct Simulated<'k>(&'k SigningKey);
//!
//! impl BridgeWire for Simulated<'_> {
//!     fn header(&self, bridge: &Bridge<'_>, call: &BridgeCall<'_>, header: &mut dyn FnMut(&str, &str)) {
//!         header("x-bridge", bridge.device.device_name());
//!         header("x-sign", &self.0.sign(call.device().device_name()).hex(iot_auth::Case::Lower).to_string());
//!     }
//! }
//!
//! let place = Place { product_key: "a1BridgePk1", region: "cn-shanghai", ..Place::default() };
//! let bridge = Bridge { device: Device::new("a1BridgePk1", "bridge-1")?, place, size: BridgeSize::Small };
//! assert_eq!(bridge.auth_url()?.to_string(), "https://iot-auth.cn-shanghai.aliyuncs.com/auth/bridge");
//!
//! let key = SigningKey::new(Method::HmacSha256, &Secret::new("secret")?);
//! let online = BridgeCall::Online(Device::new("a1Sub000001", "meter-1")?);
//! let mut names = Vec::new();
//! Simulated(&key).header(&bridge, &online, &mut |name, _| names.push(name.to_string()));
//! assert_eq!(names, ["x-bridge", "x-sign"]);
//! # Ok::<(), IdentityError>(())
//! ```

use crate::endpoint::{Endpoint, Place, Service, Url};
use crate::error::IdentityError;
use crate::identity::Device;

/// How many devices a bridge may speak for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BridgeSize {
    /// The ordinary kind; the platform's text prints its bound illegibly.
    #[default]
    Small,
    /// Up to 200,000 devices: `subDeviceConnectMode` 3.
    Large,
}

impl BridgeSize {
    /// The value of `subDeviceConnectMode`, if it is to be set.
    pub const fn connect_mode(self) -> Option<u32> {
        match self {
            Self::Small => None,
            Self::Large => Some(3),
        }
    }
}

/// A bridge's configuration.
#[derive(Clone, Copy, Debug)]
pub struct Bridge<'a> {
    /// The bridge itself, a device like any other. One without a name is first registered by
    /// [`RegisterDevice`](crate::openapi::action::RegisterDevice), named by its MAC address.
    pub device: Device<'a>,
    /// Where it connects.
    pub place: Place<'a>,
    /// How large it is.
    pub size: BridgeSize,
}

impl<'a> Bridge<'a> {
    /// The URL of its authentication call.
    ///
    /// # Errors
    /// As [`Endpoint::of`].
    pub fn auth_url(&self) -> Result<Url<'a>, IdentityError> {
        Ok(Endpoint::of(Service::BridgeAuth, &self.place)?.url())
    }

    /// The host of its HTTP/2 connection.
    ///
    /// # Errors
    /// As [`Endpoint::of`].
    pub fn http2(&self) -> Result<Endpoint<'a>, IdentityError> {
        Endpoint::of(Service::Http2Device, &self.place)
    }
}

/// What a bridge says to the platform.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum BridgeCall<'a> {
    /// The call to [`Bridge::auth_url`].
    Authenticate(Device<'a>),
    /// The first request of the HTTP/2 connection.
    Connect(Device<'a>),
    /// A device has come online.
    Online(Device<'a>),
    /// A device has gone offline.
    Offline(Device<'a>),
    /// A device publishes.
    Publish {
        /// The device.
        device: Device<'a>,
        /// The topic.
        topic: &'a str,
        /// The message.
        payload: &'a [u8],
    },
}

impl<'a> BridgeCall<'a> {
    /// The device it is about: the bridge itself in the first two.
    pub const fn device(&self) -> Device<'a> {
        match *self {
            Self::Authenticate(device)
            | Self::Connect(device)
            | Self::Online(device)
            | Self::Offline(device) => device,
            Self::Publish { device, .. } => device,
        }
    }
}

/// The wire format of a bridge, to be filled by whoever knows it.
pub trait BridgeWire {
    /// Calls `header` with every header of a call.
    fn header(&self, bridge: &Bridge<'_>, call: &BridgeCall<'_>, header: &mut dyn FnMut(&str, &str));

    /// Calls `write` with the pieces of the body of a call. Without a body it need not be filled.
    fn body(&self, bridge: &Bridge<'_>, call: &BridgeCall<'_>, write: &mut dyn FnMut(&[u8])) {
        let _ = (bridge, call, write);
    }
}
