//! What a gateway asks for its sub-devices, over its own MQTT connection.
//!
//! Contract: a [`GatewayRequest`] names the entries; [`GatewayRequest::payload`] and [`GatewayRequest::params`] write them in a dialect,
//! signing each entry as they go, without storage. Here the whole client id is signed, whatever an SDK puts behind it between bars: not
//! as in a direct connection. `signMethod` is spelled `signmethod` in a topology addition, and nowhere else.
//!
//! ```
//! use iot_auth::{Device, Dialect, GatewayRequest, Method, Secret, SigningKey, SubDevice, UnixMillis};
//!
//! let gateway = Device::new("a1Gateway01", "gw-main")?;
//! let key = SigningKey::new(Method::HmacSha1, &Secret::new("subSecret00000000000000000000001")?);
//! let meter = SubDevice::new(Device::new("al12345abcd", "device1234")?, &key, UnixMillis(1_543_896_481_106));
//!
//! let request = GatewayRequest::TopoAdd(&[meter]);
//! assert_eq!(request.topic(&gateway).to_string(), "/sys/a1Gateway01/gw-main/thing/topo/add");
//! let payload = request.payload("123", Dialect::Documented)?.to_string();
//! assert!(payload.contains(r#""sign":"35CECE91C1EE1B7AF20282FFEEA271CB44A66669""#));
//! # Ok::<(), iot_auth::IdentityError>(())
//! ```

use core::fmt;

use crate::body::{Body, CLIENT_ID, DEVICE_NAME, Member, Order, PRODUCT_KEY, RANDOM, SIGN, TIMESTAMP};
use crate::content::{Content, Covered, DeviceContent};
use crate::dialect::Dialect;
use crate::error::{Field, IdentityError, Rule};
use crate::hex::Case;
use crate::identity::{ClientId, Device, Timestamp};
use crate::json::write as json;
use crate::method::SigningKey;
use crate::pieces::{Pieces, Text, show};

/// A sub-device with its own secret, to be added to a topology or logged in.
#[derive(Clone, Copy, Debug)]
pub struct SubDevice<'a> {
    /// Who it is.
    pub device: Device<'a>,
    /// Its DeviceSecret, prepared.
    pub key: &'a SigningKey,
    /// Its client id; `None` lets the dialect make one of the names.
    pub client_id: Option<ClientId<'a>>,
    /// When the request is made. No window is enforced: one SDK sends its uptime.
    pub timestamp: Timestamp<'a>,
    /// Whether a login discards what is queued.
    pub clean_session: bool,
}

impl<'a> SubDevice<'a> {
    /// A sub-device whose client id follows the dialect and whose login keeps what is queued.
    pub fn new(device: Device<'a>, key: &'a SigningKey, timestamp: impl Into<Timestamp<'a>>) -> Self {
        Self { device, key, client_id: None, timestamp: timestamp.into(), clean_session: false }
    }
}

/// A sub-device that has only its product's secret.
#[derive(Clone, Copy, Debug)]
pub struct Registrant<'a> {
    /// Who it is.
    pub device: Device<'a>,
    /// The ProductSecret of its product, prepared.
    pub key: &'a SigningKey,
    /// A nonce.
    pub random: &'a str,
}

/// A request of a gateway about its sub-devices.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum GatewayRequest<'a> {
    /// Registers devices of products whose registration switch is on; nothing is signed.
    Register(&'a [Device<'a>]),
    /// Registers devices with their products' secrets.
    ProductRegister(&'a [Registrant<'a>]),
    /// Adds devices to the gateway's topology.
    TopoAdd(&'a [SubDevice<'a>]),
    /// Logs one device in.
    Login(&'a SubDevice<'a>),
    /// Logs up to [`BATCH_MAX`](Self::BATCH_MAX) devices in, all or none.
    BatchLogin(&'a [SubDevice<'a>]),
    /// Logs one device out; nothing is signed.
    Logout(&'a Device<'a>),
    /// Logs devices out; nothing is signed.
    BatchLogout(&'a [Device<'a>]),
}

/// Topic behind the gateway's names, topic before them, method name.
type Row = (&'static str, &'static str, &'static str);

impl<'a> GatewayRequest<'a> {
    /// The most devices in one batch login.
    pub const BATCH_MAX: usize = 5;

    const fn row(&self) -> Row {
        match self {
            Self::Register(_) => ("/sys/", "/thing/sub/register", "thing.sub.register"),
            Self::ProductRegister(_) => (
                "/sys/",
                "/thing/proxy/provisioning/product_register",
                "thing.proxy.provisioning.product_register",
            ),
            Self::TopoAdd(_) => ("/sys/", "/thing/topo/add", "thing.topo.add"),
            Self::Login(_) => ("/ext/session/", "/combine/login", "combine.login"),
            Self::BatchLogin(_) => ("/ext/session/", "/combine/batch_login", "combine.batch_login"),
            Self::Logout(_) => ("/ext/session/", "/combine/logout", "combine.logout"),
            Self::BatchLogout(_) => ("/ext/session/", "/combine/batch_logout", "combine.batch_logout"),
        }
    }

    /// The topic to publish to.
    pub const fn topic(&self, gateway: &Device<'a>) -> GatewayTopic<'a> {
        let (before, behind, _) = self.row();
        GatewayTopic { before, gateway: *gateway, behind }
    }

    /// The name some SDKs put into the request as `method`.
    pub const fn method(&self) -> &'static str {
        self.row().2
    }

    /// The QoS the dialect publishes with. Logins are accepted at QoS 0 only.
    pub const fn qos(&self, dialect: Dialect) -> u8 {
        match (self, dialect) {
            (Self::TopoAdd(_), Dialect::Python) => 1,
            _ => 0,
        }
    }

    /// The `params` of the request.
    ///
    /// # Errors
    /// [`IdentityError`] when a batch login has more than [`BATCH_MAX`](Self::BATCH_MAX) devices.
    pub const fn params(&self, dialect: Dialect) -> Result<GatewayParams<'a>, IdentityError> {
        match self {
            Self::BatchLogin(list) if list.len() > Self::BATCH_MAX => {
                Err(IdentityError { field: Field::DeviceList, rule: Rule::TooLong, index: Self::BATCH_MAX })
            }
            _ => Ok(GatewayParams { request: *self, dialect }),
        }
    }

    /// The whole request, `{"id":"…","version":"1.0","params":…}`.
    ///
    /// # Errors
    /// As [`params`](Self::params).
    pub fn payload(&self, id: &'a str, dialect: Dialect) -> Result<GatewayPayload<'a>, IdentityError> {
        Ok(GatewayPayload { id, params: self.params(dialect)? })
    }
}

/// The topic of a gateway's request.
#[derive(Clone, Copy, Debug)]
pub struct GatewayTopic<'a> {
    before: &'static str,
    gateway: Device<'a>,
    behind: &'static str,
}

impl Pieces for GatewayTopic<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        put(self.before);
        put(self.gateway.product_key());
        put("/");
        put(self.gateway.device_name());
        put(self.behind);
    }
}

impl fmt::Display for GatewayTopic<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// A gateway's request, as JSON.
#[derive(Clone, Copy, Debug)]
pub struct GatewayPayload<'a> {
    id: &'a str,
    params: GatewayParams<'a>,
}

impl Pieces for GatewayPayload<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        put("{\"id\":");
        json::string(self.id, put);
        put(",\"version\":\"1.0\",\"params\":");
        self.params.pieces(put);
        put("}");
    }
}

impl fmt::Display for GatewayPayload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// The `params` of a gateway's request, as JSON.
#[derive(Clone, Copy, Debug)]
pub struct GatewayParams<'a> {
    request: GatewayRequest<'a>,
    dialect: Dialect,
}

impl Pieces for GatewayParams<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        let style = self.dialect.style();
        match self.request {
            GatewayRequest::Register(devices) | GatewayRequest::BatchLogout(devices) => {
                put("[");
                json::separated(devices, put, |device, put| unsigned(device).json(NAMES, put));
                put("]");
            }
            GatewayRequest::Logout(device) => unsigned(device).json(NAMES, put),
            GatewayRequest::ProductRegister(list) => {
                put("{\"proxieds\":[");
                json::separated(list, put, |entry, put| {
                    registrant(entry, self.dialect).json(style.register, put);
                });
                put("]}");
            }
            GatewayRequest::TopoAdd(list) => {
                put("[");
                json::separated(list, put, |sub, put| {
                    sub_device(sub, self.dialect, "").json(style.topo_add, put);
                });
                put("]");
            }
            GatewayRequest::Login(sub) => {
                sub_device(sub, self.dialect, style.tail).json(style.login, put);
            }
            GatewayRequest::BatchLogin(list) => {
                put("{");
                if let (true, Some(first)) = (style.method_beside, list.first()) {
                    json::name("signMethod", put);
                    json::string(first.key.method().camel_name(), put);
                    put(",");
                }
                put("\"deviceList\":[");
                json::separated(list, put, |sub, put| {
                    sub_device(sub, self.dialect, style.tail).json(style.batch, put);
                });
                put("]}");
            }
        }
    }
}

impl fmt::Display for GatewayParams<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// What one entry writes and signs.
fn unsigned<'a>(device: &Device<'a>) -> Body<'a> {
    Body::new(DeviceContent::registration(*device, Text::Str("")), None, Case::Upper)
}

fn sub_device<'a>(sub: &SubDevice<'a>, dialect: Dialect, tail: &'static str) -> Body<'a> {
    let id = sub.client_id.unwrap_or_else(|| match dialect.style().paired {
        true => ClientId::paired(&sub.device),
        false => ClientId::dotted(&sub.device),
    });
    let client_id = id.followed_by(tail).text();
    let content = DeviceContent::login(client_id, sub.device, Some(sub.timestamp.millis()));
    Body { clean_session: sub.clean_session, ..Body::new(content, Some(sub.key), dialect.habits().case) }
}

fn registrant<'a>(registrant: &Registrant<'a>, dialect: Dialect) -> Body<'a> {
    let content = DeviceContent::registration(registrant.device, Text::Str(registrant.random));
    Body::new(content, Some(registrant.key), dialect.habits().case)
}

/// How a dialect writes these requests.
struct Style {
    dialect: Dialect,
    /// The client id it makes is `${productKey}&${deviceName}`, not with a dot.
    paired: bool,
    /// What it puts behind the client id of a login.
    tail: &'static str,
    /// In a batch login, `signMethod` stands once beside the list instead of in every entry.
    method_beside: bool,
    topo_add: &'static Order,
    login: &'static Order,
    batch: &'static Order,
    register: &'static Order,
}

impl Dialect {
    fn style(self) -> &'static Style {
        STYLES.iter().find(|style| style.dialect == self).unwrap_or(&STYLES[0])
    }
}

const LOWER_KEY: (&str, Member) = ("signmethod", Member::CamelMethod);
const CAMEL_KEY: (&str, Member) = ("signMethod", Member::CamelMethod);
const CLEAN_SESSION: (&str, Member) = ("cleanSession", Member::CleanSession);

const NAMES: &Order = &[PRODUCT_KEY, DEVICE_NAME];
const LOGIN: &Order = &[PRODUCT_KEY, DEVICE_NAME, CLIENT_ID, TIMESTAMP, CAMEL_KEY, SIGN, CLEAN_SESSION];
const SDK_TOPO_ADD: &Order = &[PRODUCT_KEY, DEVICE_NAME, CLIENT_ID, TIMESTAMP, LOWER_KEY, SIGN];
const SDK_BATCH: &Order = &[PRODUCT_KEY, DEVICE_NAME, CLIENT_ID, TIMESTAMP, CLEAN_SESSION, SIGN];
const REGISTER: &Order = &[PRODUCT_KEY, DEVICE_NAME, RANDOM, CAMEL_KEY, SIGN];
const JS: &Order = &[
    PRODUCT_KEY,
    DEVICE_NAME,
    CLIENT_ID,
    ("timestamp", Member::BareTimestamp),
    ("signMethod", Member::Method),
    SIGN,
];

const STYLES: &[Style] = &[
    Style {
        dialect: Dialect::Documented,
        paired: true,
        tail: "",
        method_beside: false,
        topo_add: &[DEVICE_NAME, PRODUCT_KEY, SIGN, LOWER_KEY, TIMESTAMP, CLIENT_ID],
        login: LOGIN,
        batch: LOGIN,
        register: REGISTER,
    },
    Style {
        dialect: Dialect::CSdkV3,
        paired: false,
        tail: "|_ss=1,_v=sdk-c-3.2.0|",
        method_beside: false,
        topo_add: &[PRODUCT_KEY, DEVICE_NAME, LOWER_KEY, SIGN, TIMESTAMP, CLIENT_ID],
        login: LOGIN,
        batch: LOGIN,
        register: &[PRODUCT_KEY, DEVICE_NAME, CAMEL_KEY, SIGN, RANDOM],
    },
    Style {
        dialect: Dialect::CSdkV4,
        paired: false,
        tail: "|_ss=1,_v=sdk-c-4.1.0|",
        method_beside: true,
        topo_add: SDK_TOPO_ADD,
        login: LOGIN,
        batch: SDK_BATCH,
        register: REGISTER,
    },
    Style {
        dialect: Dialect::Python,
        paired: false,
        tail: "|lan=Python,_v=2.2.1,_ss=1|",
        method_beside: true,
        topo_add: SDK_TOPO_ADD,
        login: LOGIN,
        batch: SDK_BATCH,
        register: REGISTER,
    },
    Style {
        dialect: Dialect::JavaScript,
        paired: true,
        tail: "",
        method_beside: false,
        topo_add: JS,
        login: JS,
        batch: JS,
        register: REGISTER,
    },
];

impl<'a> SubDevice<'a> {
    /// The text a login or topology addition in this dialect signs.
    pub fn content(&self, dialect: Dialect, login: bool) -> Content<'a> {
        let tail = if login { dialect.style().tail } else { "" };
        Content(Covered::Device(sub_device(self, dialect, tail).content))
    }
}
