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

use crate::content::{Content, Covered, DeviceContent};
use crate::dialect::Dialect;
use crate::error::{Field, IdentityError, Rule};
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
                json::separated(devices, put, |device, put| Entry::unsigned(device).write(NAMES, put));
                put("]");
            }
            GatewayRequest::Logout(device) => Entry::unsigned(device).write(NAMES, put),
            GatewayRequest::ProductRegister(list) => {
                put("{\"proxieds\":[");
                json::separated(list, put, |registrant, put| {
                    Entry::registrant(registrant, self.dialect).write(style.register, put);
                });
                put("]}");
            }
            GatewayRequest::TopoAdd(list) => {
                put("[");
                json::separated(list, put, |sub, put| {
                    Entry::sub_device(sub, self.dialect, "").write(style.topo_add, put);
                });
                put("]");
            }
            GatewayRequest::Login(sub) => {
                Entry::sub_device(sub, self.dialect, style.tail).write(style.login, put);
            }
            GatewayRequest::BatchLogin(list) => {
                put("{");
                if let (true, Some(first)) = (style.method_beside, list.first()) {
                    json::name("signMethod", put);
                    json::string(style.method_name(first.key), put);
                    put(",");
                }
                put("\"deviceList\":[");
                json::separated(list, put, |sub, put| {
                    Entry::sub_device(sub, self.dialect, style.tail).write(style.batch, put);
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

/// One entry of a request: whatever its order of keys may ask for.
struct Entry<'a> {
    device: Device<'a>,
    client_id: Text<'a>,
    timestamp: Text<'a>,
    random: &'a str,
    clean_session: bool,
    signature: Option<(&'a SigningKey, DeviceContent<'a>)>,
    style: &'static Style,
}

impl<'a> Entry<'a> {
    fn unsigned(device: &Device<'a>) -> Self {
        Self {
            device: *device,
            client_id: Text::Str(""),
            timestamp: Text::Str(""),
            random: "",
            clean_session: false,
            signature: None,
            style: &STYLES[0],
        }
    }

    fn sub_device(sub: &SubDevice<'a>, dialect: Dialect, tail: &'static str) -> Self {
        let style = dialect.style();
        let id = sub.client_id.unwrap_or_else(|| match style.paired {
            true => ClientId::paired(&sub.device),
            false => ClientId::dotted(&sub.device),
        });
        let client_id = id.followed_by(tail).text();
        let timestamp = sub.timestamp.millis();
        let content = DeviceContent::login(client_id, sub.device, Some(timestamp));
        Self {
            client_id,
            timestamp,
            clean_session: sub.clean_session,
            signature: Some((sub.key, content)),
            style,
            ..Self::unsigned(&sub.device)
        }
    }

    fn registrant(registrant: &Registrant<'a>, dialect: Dialect) -> Self {
        let content = DeviceContent::registration(registrant.device, Text::Str(registrant.random));
        Self {
            random: registrant.random,
            signature: Some((registrant.key, content)),
            style: dialect.style(),
            ..Self::unsigned(&registrant.device)
        }
    }

    fn write(&self, order: &[Member], put: &mut impl FnMut(&str)) {
        put("{");
        json::separated(order, put, |key, put| self.member(*key, put));
        put("}");
    }

    fn member(&self, key: Member, put: &mut impl FnMut(&str)) {
        let mut member = |name, value: &Text<'_>| {
            json::name(name, put);
            json::string(value, put);
        };
        match key {
            Member::ProductKey => member("productKey", &self.device.product_key().into()),
            Member::DeviceName => member("deviceName", &self.device.device_name().into()),
            Member::ClientId => member("clientId", &self.client_id),
            Member::Random => member("random", &self.random.into()),
            Member::CleanSession => {
                member("cleanSession", &if self.clean_session { "true" } else { "false" }.into());
            }
            Member::Timestamp => member("timestamp", &self.timestamp),
            Member::BareTimestamp => {
                json::name("timestamp", put);
                self.timestamp.pieces(put);
            }
            Member::SignMethod(name) => {
                let method = self.signature.map_or("", |(key, _)| self.style.method_name(key));
                member(name, &method.into());
            }
            Member::Sign => {
                if let Some((key, content)) = &self.signature {
                    let case = self.style.dialect.habits().case;
                    member("sign", &key.sign(content).hex(case).as_str().into());
                }
            }
        }
    }
}

/// A key of an entry.
#[derive(Clone, Copy, Debug)]
enum Member {
    ProductKey,
    DeviceName,
    ClientId,
    Timestamp,
    /// A JSON number.
    BareTimestamp,
    SignMethod(&'static str),
    Sign,
    CleanSession,
    Random,
}

const NAMES: &[Member] = &[Member::ProductKey, Member::DeviceName];

/// How a dialect writes these requests.
struct Style {
    dialect: Dialect,
    /// The client id it makes is `${productKey}&${deviceName}`, not with a dot.
    paired: bool,
    /// What it puts behind the client id of a login.
    tail: &'static str,
    /// In a batch login, `signMethod` stands once beside the list instead of in every entry.
    method_beside: bool,
    /// `hmacsha1` instead of `hmacSha1`.
    plain_method: bool,
    topo_add: &'static [Member],
    login: &'static [Member],
    batch: &'static [Member],
    register: &'static [Member],
}

impl Style {
    fn method_name(&self, key: &SigningKey) -> &'static str {
        if self.plain_method { key.method().name() } else { key.method().camel_name() }
    }
}

impl Dialect {
    fn style(self) -> &'static Style {
        STYLES.iter().find(|style| style.dialect == self).unwrap_or(&STYLES[0])
    }
}

const LOGIN: &[Member] = &[
    Member::ProductKey,
    Member::DeviceName,
    Member::ClientId,
    Member::Timestamp,
    Member::SignMethod("signMethod"),
    Member::Sign,
    Member::CleanSession,
];
const SDK_TOPO_ADD: &[Member] = &[
    Member::ProductKey,
    Member::DeviceName,
    Member::ClientId,
    Member::Timestamp,
    Member::SignMethod("signmethod"),
    Member::Sign,
];
const SDK_BATCH: &[Member] = &[
    Member::ProductKey,
    Member::DeviceName,
    Member::ClientId,
    Member::Timestamp,
    Member::CleanSession,
    Member::Sign,
];
const REGISTER: &[Member] =
    &[Member::ProductKey, Member::DeviceName, Member::Random, Member::SignMethod("signMethod"), Member::Sign];
const JS: &[Member] = &[
    Member::ProductKey,
    Member::DeviceName,
    Member::ClientId,
    Member::BareTimestamp,
    Member::SignMethod("signMethod"),
    Member::Sign,
];

const STYLES: &[Style] = &[
    Style {
        dialect: Dialect::Documented,
        paired: true,
        tail: "",
        method_beside: false,
        plain_method: false,
        topo_add: &[
            Member::DeviceName,
            Member::ProductKey,
            Member::Sign,
            Member::SignMethod("signmethod"),
            Member::Timestamp,
            Member::ClientId,
        ],
        login: LOGIN,
        batch: LOGIN,
        register: REGISTER,
    },
    Style {
        dialect: Dialect::CSdkV3,
        paired: false,
        tail: "|_ss=1,_v=sdk-c-3.2.0|",
        method_beside: false,
        plain_method: false,
        topo_add: &[
            Member::ProductKey,
            Member::DeviceName,
            Member::SignMethod("signmethod"),
            Member::Sign,
            Member::Timestamp,
            Member::ClientId,
        ],
        login: LOGIN,
        batch: LOGIN,
        register: &[
            Member::ProductKey,
            Member::DeviceName,
            Member::SignMethod("signMethod"),
            Member::Sign,
            Member::Random,
        ],
    },
    Style {
        dialect: Dialect::CSdkV4,
        paired: false,
        tail: "|_ss=1,_v=sdk-c-4.1.0|",
        method_beside: true,
        plain_method: false,
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
        plain_method: false,
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
        plain_method: true,
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
        let entry = Entry::sub_device(self, dialect, tail);
        Content(Covered::Device(DeviceContent::login(entry.client_id, entry.device, Some(entry.timestamp))))
    }
}
