//! CONNECT: client id, user name and password for every way a device connects over MQTT.
//!
//! Contract: [`Identity::connect`] checks what it is given, signs once, and returns a [`Connect`] whose three texts can be written as
//! often as needed. Nothing in it depends on TCP, TLS or a clock; a timestamp is an argument.
//!
//! ```text
//! client id   ${clientId}|securemode=3,signmethod=hmacsha256,timestamp=…|
//! user name   ${deviceName}&${productKey}
//! password    hex(HMAC(DeviceSecret, "clientId…deviceName…productKey…timestamp…"))
//! ```
//!
//! ```
//! use iot_auth::{Context, Device, Identity, Method, Pieces, Secret, SigningKey};
//!
//! let key = SigningKey::new(Method::HmacSha256, &Secret::new("0123456789abcdef0123456789abcdef")?);
//! let device = Device::new("a1AbCdEfGh1", "light-01")?;
//! let connect = Identity::Device { device, key: &key }.connect(&Context::default())?;
//!
//! let mut buf = [0; 128];
//! let client_id = connect.client_id().write_to(&mut buf)?;
//! assert_eq!(client_id, "a1AbCdEfGh1.light-01|securemode=2,signmethod=hmacsha256|");
//! assert_eq!(connect.user_name().to_string(), "light-01&a1AbCdEfGh1");
//! assert_eq!(connect.password().len(), 64);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use core::fmt;

use crate::content::{Content, Covered, DeviceContent};
use crate::dialect::{Dialect, Habits, Slot};
use crate::error::{Field, IdentityError, Rule};
use crate::hex::Hex;
use crate::identity::{ClientId, Device, Timestamp};
use crate::method::SigningKey;
use crate::params::{Param, ParamList, ParamRule};
use crate::pieces::{Pieces, Text, show};
use crate::secret::Token;

/// What a device has in hand when it connects.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Identity<'a> {
    /// A secret of its own.
    Device {
        /// Who it is.
        device: Device<'a>,
        /// Its DeviceSecret, prepared.
        key: &'a SigningKey,
    },
    /// Its product's secret, to be exchanged for one of its own; always over TLS.
    Product {
        /// Who it is.
        device: Device<'a>,
        /// The ProductSecret, prepared.
        key: &'a SigningKey,
        /// What it asks for.
        registration: Registration<'a>,
        /// A nonce: letters and digits, fresh for each attempt.
        random: &'a str,
    },
    /// A token from an earlier [`Registration::Token`], with the client id that came with it.
    Token {
        /// Who it is.
        device: Device<'a>,
        /// The client id of the answer.
        client_id: ClientId<'a>,
        /// The token of the answer.
        token: Token<'a>,
    },
    /// An X.509 certificate, shown to TLS. `None` asks the platform who the certificate belongs to.
    Certificate {
        /// Who it is, once an [`IdentityResponse`](crate::x509::IdentityResponse) has told.
        device: Option<Device<'a>>,
    },
    /// An ID² chip below TLS (securemode 8). The tunnel itself is proprietary; this is the text inside it.
    Id2 {
        /// Who it is.
        device: Device<'a>,
        /// The DeviceSecret, prepared; the platform probably ignores what is signed.
        key: &'a SigningKey,
    },
}

/// What a device with its product's secret asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Registration<'a> {
    /// The DeviceSecret of a device registered beforehand (`authType=register`).
    Secret,
    /// A client id and token for a device nobody registered (`authType=regnwl`).
    Token {
        /// The instance, if it has an id.
        instance_id: Option<&'a str>,
    },
}

/// What runs below MQTT. The signature does not depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// Plain TCP or WebSocket: securemode 3. Accounts opened since August 2022 may not use it.
    Tcp,
    /// TLS, or WebSocket over TLS: securemode 2.
    #[default]
    Tls,
}

/// What else goes into a connection; the default is a documented client id over TLS without a timestamp.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The client id; `None` lets the dialect make one of the device's names.
    pub client_id: Option<ClientId<'a>>,
    /// When the request is made, or any text; `None` leaves it to the dialect, and out of the documented form.
    pub timestamp: Option<Timestamp<'a>>,
    /// What runs below.
    pub transport: Transport,
    /// Further parameters, sent but not signed.
    pub extensions: &'a [Param<'a>],
    /// Whose spelling to write.
    pub dialect: Dialect,
}

/// The three texts of a CONNECT.
#[derive(Clone, Debug)]
pub struct Connect<'a> {
    client_id: MqttClientId<'a>,
    device: Option<Device<'a>>,
    password: Password<'a>,
    content: Option<DeviceContent<'a>>,
}

#[derive(Clone, Debug)]
enum Password<'a> {
    Empty,
    Signature(Hex<64>),
    Token(Token<'a>),
}

impl<'a> Identity<'a> {
    /// Signs a connection.
    ///
    /// # Errors
    /// [`IdentityError`] when an extension holds a separator, stands twice or takes the name of a parameter written here; when a
    /// nonce or instance id holds a separator; or when a certificate's first connection is given no client id.
    pub fn connect(&self, context: &Context<'a>) -> Result<Connect<'a>, IdentityError> {
        check_extensions(context.extensions)?;
        let habits = context.dialect.habits();
        match *self {
            Self::Device { device, key } => Ok(signed(device, key, context, habits, None)),
            Self::Id2 { device, key } => Ok(signed(device, key, context, habits, Some("8"))),
            Self::Product { device, key, registration, random } => {
                let (auth_type, instance_id) = match registration {
                    Registration::Secret => ("register", None),
                    Registration::Token { instance_id } => ("regnwl", instance_id),
                };
                separator_free(Field::Random, random)?;
                separator_free(Field::InstanceId, instance_id.unwrap_or_default())?;
                let content = DeviceContent::registration(device, Text::Str(random));
                Ok(Connect {
                    client_id: MqttClientId {
                        id: context.client_id.unwrap_or_else(|| habits.register_id.of(&device)),
                        securemode: if habits.minus_two && instance_id.is_some() { "-2" } else { "2" },
                        signmethod: Some(key.method().name()),
                        auth_type: Some(auth_type),
                        random: Some(random),
                        instance_id,
                        ..MqttClientId::new(habits.register, context)
                    },
                    device: Some(device),
                    password: Password::Signature(key.sign(&content).hex(habits.case)),
                    content: Some(content),
                })
            }
            Self::Token { device, client_id, token } => Ok(Connect {
                client_id: MqttClientId {
                    id: client_id,
                    securemode: "-2",
                    auth_type: Some("connwl"),
                    ..MqttClientId::new(habits.token, context)
                },
                device: Some(device),
                password: Password::Token(token),
                content: None,
            }),
            Self::Certificate { device } => Ok(Connect {
                client_id: MqttClientId {
                    id: match (context.client_id, device) {
                        (Some(id), _) => id,
                        (None, Some(device)) => habits.client_id.of(&device),
                        (None, None) => return Err(missing(Field::ClientId)),
                    },
                    securemode: "2",
                    // Known by name, the device must name a method; nobody checks a signature.
                    signmethod: device.map(|_| "hmacsha1"),
                    timestamp: device.and_then(|_| timestamp(context, habits)),
                    ..MqttClientId::new(habits.secret, context)
                },
                device,
                password: Password::Empty,
                content: None,
            }),
        }
    }
}

fn signed<'a>(
    device: Device<'a>,
    key: &SigningKey,
    context: &Context<'a>,
    habits: &'static Habits,
    id2: Option<&'static str>,
) -> Connect<'a> {
    let id = context.client_id.unwrap_or_else(|| habits.client_id.of(&device));
    let timestamp = timestamp(context, habits);
    let content = DeviceContent::login(id.text(), device, timestamp);
    Connect {
        client_id: MqttClientId {
            id,
            securemode: id2.unwrap_or(match context.transport {
                Transport::Tcp => "3",
                Transport::Tls => "2",
            }),
            signmethod: Some(key.method().name()),
            timestamp,
            id2: id2.is_some(),
            trailing_comma: habits.trailing_comma,
            ..MqttClientId::new(habits.secret, context)
        },
        device: Some(device),
        password: Password::Signature(key.sign(&content).hex(habits.case)),
        content: Some(content),
    }
}

fn timestamp<'a>(context: &Context<'a>, habits: &Habits) -> Option<Text<'a>> {
    match context.timestamp {
        Some(timestamp) if habits.seconds => Some(timestamp.seconds()),
        Some(timestamp) => Some(timestamp.millis()),
        None => habits.timestamp.map(Text::Str),
    }
}

fn check_extensions(extensions: &[Param<'_>]) -> Result<(), IdentityError> {
    const OWN: [&str; 6] = ["securemode", "signmethod", "timestamp", "authType", "random", "instanceId"];
    if let Some(index) = extensions.iter().position(|param| OWN.contains(&param.name)) {
        return Err(IdentityError { field: Field::ParameterName, rule: Rule::Duplicate, index });
    }
    ParamList::new("", extensions).map(|_| ()).map_err(|error| IdentityError {
        field: Field::ParameterName,
        rule: match error.rule {
            ParamRule::Duplicate => Rule::Duplicate,
            ParamRule::NoName => Rule::TooShort,
            ParamRule::TooMany => Rule::TooLong,
            _ => Rule::Character,
        },
        index: error.offset,
    })
}

fn separator_free(field: Field, text: &str) -> Result<(), IdentityError> {
    crate::identity::characters(field, text, |c| !c.is_control() && !matches!(c, '|' | ',' | '='))
}

const fn missing(field: Field) -> IdentityError {
    IdentityError { field, rule: Rule::Missing, index: 0 }
}

impl<'a> Connect<'a> {
    /// The client id with its parameters.
    pub const fn client_id(&self) -> &MqttClientId<'a> {
        &self.client_id
    }

    /// The user name; empty on a certificate's first connection.
    pub const fn user_name(&self) -> UserName<'a> {
        UserName(self.device)
    }

    /// The password; empty with a certificate.
    pub fn password(&self) -> &str {
        match &self.password {
            Password::Empty => "",
            Password::Signature(hex) => hex.as_str(),
            Password::Token(token) => token.reveal(),
        }
    }

    /// What the password signs, if it is a signature.
    pub fn content(&self) -> Option<Content<'a>> {
        self.content.map(|content| Content(Covered::Device(content)))
    }

    /// The three texts, owned.
    #[cfg(feature = "alloc")]
    pub fn to_owned(&self) -> OwnedConnect {
        use alloc::string::ToString;
        OwnedConnect {
            client_id: self.client_id.to_string(),
            user_name: self.user_name().to_string(),
            password: self.password().to_string(),
        }
    }
}

/// The three texts of a CONNECT, owned. `Debug` does not show the password.
#[cfg(feature = "alloc")]
#[derive(Clone, PartialEq, Eq)]
pub struct OwnedConnect {
    /// The client id with its parameters.
    pub client_id: alloc::string::String,
    /// The user name.
    pub user_name: alloc::string::String,
    /// The password.
    pub password: alloc::string::String,
}

#[cfg(feature = "alloc")]
impl fmt::Debug for OwnedConnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedConnect")
            .field("client_id", &self.client_id)
            .field("user_name", &self.user_name)
            .finish_non_exhaustive()
    }
}

/// `${deviceName}&${productKey}`, or nothing.
#[derive(Clone, Copy, Debug)]
pub struct UserName<'a>(Option<Device<'a>>);

impl Pieces for UserName<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        if let Some(device) = self.0 {
            device.user_name().pieces(put);
        }
    }
}

impl fmt::Display for UserName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// A client id and its parameters, in a dialect's order.
#[derive(Clone, Debug)]
pub struct MqttClientId<'a> {
    id: ClientId<'a>,
    order: &'static [Slot],
    securemode: &'static str,
    signmethod: Option<&'static str>,
    timestamp: Option<Text<'a>>,
    auth_type: Option<&'static str>,
    random: Option<&'a str>,
    instance_id: Option<&'a str>,
    id2: bool,
    extensions: &'a [Param<'a>],
    trailing_comma: bool,
}

impl<'a> MqttClientId<'a> {
    fn new(order: &'static [Slot], context: &Context<'a>) -> Self {
        Self {
            id: ClientId::EMPTY,
            order,
            securemode: "2",
            signmethod: None,
            timestamp: None,
            auth_type: None,
            random: None,
            instance_id: None,
            id2: false,
            extensions: context.extensions,
            trailing_comma: false,
        }
    }

    fn extension(&self, name: &str) -> Option<&'a str> {
        self.extensions.iter().find(|param| param.name == name).map(|param| param.value)
    }

    fn has_slot(&self, name: &str) -> bool {
        self.order.iter().any(|slot| matches!(slot, Slot::Named(named, _) if *named == name))
    }

    /// Calls `each` with every parameter in order.
    fn params(&self, mut each: impl FnMut(&str, Text<'_>)) {
        for slot in self.order {
            let (name, value) = match *slot {
                Slot::SecureMode => ("securemode", Some(Text::Str(self.securemode))),
                Slot::SignMethod => ("signmethod", self.signmethod.map(Text::Str)),
                Slot::Timestamp => ("timestamp", self.timestamp),
                Slot::AuthType => ("authType", self.auth_type.map(Text::Str)),
                Slot::Random => ("random", self.random.map(Text::Str)),
                Slot::InstanceId => ("instanceId", self.instance_id.map(Text::Str)),
                Slot::Id2 => ("authtype", self.id2.then_some(Text::Str("id2"))),
                Slot::Named(name, default) => (name, self.extension(name).or(default).map(Text::Str)),
                Slot::Rest => {
                    for param in self.extensions.iter().filter(|param| !self.has_slot(param.name)) {
                        each(param.name, Text::Str(param.value));
                    }
                    continue;
                }
            };
            if let Some(value) = value {
                each(name, value);
            }
        }
    }

    fn extended(&self) -> bool {
        self.extensions.iter().any(|param| !self.has_slot(param.name))
    }
}

impl Pieces for MqttClientId<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        self.id.pieces(put);
        let mut separator = "|";
        self.params(|name, value| {
            put(separator);
            put(name);
            put("=");
            value.pieces(put);
            separator = ",";
        });
        put(if self.trailing_comma && !self.extended() { ",|" } else { "|" });
    }
}

impl fmt::Display for MqttClientId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}
