//! Where to connect: host, port and protection of every service, as one table.
//!
//! ```
//! use iot_auth::{Endpoint, Place, Security, Service};
//!
//! let place = Place { product_key: "a1AbCdEfGh1", region: "cn-shanghai", ..Place::default() };
//! let endpoint = Endpoint::of(Service::Mqtt, &place)?;
//! assert_eq!(endpoint.to_string(), "a1AbCdEfGh1.iot-as-mqtt.cn-shanghai.aliyuncs.com");
//! assert_eq!((endpoint.ports(), endpoint.security()), (&[1883, 443][..], Security::TlsOrNone));
//!
//! let place = Place { instance_id: Some("iot-06z00abcdefgh1"), ..place };
//! let endpoint = Endpoint::of(Service::Mqtt, &place)?;
//! assert_eq!(endpoint.to_string(), "iot-06z00abcdefgh1.mqtt.iothub.aliyuncs.com");
//! # Ok::<(), iot_auth::IdentityError>(())
//! ```

use core::fmt;

use crate::error::{Field, IdentityError, Rule};
use crate::identity::characters;
use crate::pieces::{Pieces, show};

/// A service of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Service {
    /// MQTT over TCP or TLS.
    Mqtt,
    /// MQTT over WebSocket.
    MqttWebSocket,
    /// MQTT behind a certificate.
    MqttX509,
    /// MQTT over TLS-PSK.
    MqttPsk,
    /// MQTT inside ID².
    MqttId2,
    /// MQTT over IPv6.
    MqttIpv6,
    /// HTTPS messages.
    Https,
    /// Registration over HTTPS, and the legacy call.
    HttpsAuth,
    /// CoAP with sealed payloads.
    CoapSymmetric,
    /// CoAP over DTLS.
    CoapDtls,
    /// HTTP/2 of devices and bridges.
    Http2Device,
    /// HTTP/2 of an application key.
    Http2AppKey,
    /// HTTP/2 of a server's subscription.
    Http2Server,
    /// The bridge's authentication.
    BridgeAuth,
    /// AMQP.
    Amqp,
    /// AMQP's second port, for STOMP-like clients.
    AmqpStomp,
    /// OpenAPI.
    OpenApi,
    /// The global dispatch.
    Bootstrap,
}

/// What protects a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Security {
    /// Nothing; payloads are sealed.
    None,
    /// TLS, or nothing where the account may still do so.
    TlsOrNone,
    /// TLS 1.2.
    Tls,
    /// DTLS 1.2.
    Dtls,
    /// ID²'s own tunnel.
    Itls,
}

/// Regions and the cities they are in. The first five are in the order of the C SDK's list.
pub const REGIONS: &[(&str, &str)] = &[
    ("cn-shanghai", "Shanghai"),
    ("ap-southeast-1", "Singapore"),
    ("ap-northeast-1", "Tokyo"),
    ("us-west-1", "Silicon Valley"),
    ("eu-central-1", "Frankfurt"),
    ("us-east-1", "Virginia"),
    ("cn-beijing", "Beijing"),
    ("cn-shenzhen", "Shenzhen"),
];

/// One piece of a host name.
#[derive(Clone, Copy, Debug)]
enum Part {
    Text(&'static str),
    ProductKey,
    Region,
    Uid,
    InstanceId,
}

use Part::{InstanceId, ProductKey, Region, Text, Uid};

#[derive(Debug)]
struct Row {
    service: Service,
    name: &'static str,
    public: &'static [Part],
    /// The host of an instance with an id, where there is one.
    instance: Option<&'static [Part]>,
    ports: &'static [u16],
    security: Security,
    path: &'static str,
}

const fn row(service: Service, name: &'static str, public: &'static [Part]) -> Row {
    Row { service, name, public, instance: None, ports: &[443], security: Security::Tls, path: "" }
}

const ALIYUN: Part = Text(".aliyuncs.com");
const MQTT: &[Part] = &[ProductKey, Text(".iot-as-mqtt."), Region, ALIYUN];
const MQTT_INSTANCE: &[Part] = &[InstanceId, Text(MQTT_INSTANCE_SUFFIX)];
const MQTT_INSTANCE_SUFFIX: &str = ".mqtt.iothub.aliyuncs.com";
const ITLS: &[Part] = &[ProductKey, Text(".itls.cn-shanghai.aliyuncs.com")];
const AUTH: &[Part] = &[Text("iot-auth."), Region, ALIYUN];
const AUTH_INSTANCE: &[Part] = &[InstanceId, Text(".auth.iothub.aliyuncs.com")];
const COAP: &[Part] = &[ProductKey, Text(".coap.cn-shanghai.link.aliyuncs.com")];
const COAP_INSTANCE: &[Part] = &[InstanceId, Text(".coap.iothub.aliyuncs.com")];
const HTTP2_INSTANCE: &[Part] = &[InstanceId, Text(".http2.iothub.aliyuncs.com")];
const AMQP: &[Part] = &[Uid, Text(".iot-amqp."), Region, ALIYUN];
const AMQP_INSTANCE: &[Part] = &[InstanceId, Text(".amqp.iothub.aliyuncs.com")];

/// Hosts with `cn-shanghai` in them exist there only.
const TABLE: &[Row] = &[
    Row {
        instance: Some(MQTT_INSTANCE),
        ports: &[1883, 443],
        security: Security::TlsOrNone,
        ..row(Service::Mqtt, "mqtt", MQTT)
    },
    Row {
        instance: Some(MQTT_INSTANCE),
        security: Security::TlsOrNone,
        ..row(Service::MqttWebSocket, "mqtt_websocket", MQTT)
    },
    Row {
        ports: &[1883],
        ..row(Service::MqttX509, "mqtt_x509", &[Text("x509.itls.cn-shanghai.aliyuncs.com")])
    },
    Row { ports: &[1883], ..row(Service::MqttPsk, "mqtt_psk", ITLS) },
    Row { ports: &[1883], security: Security::Itls, ..row(Service::MqttId2, "mqtt_id2", ITLS) },
    Row {
        ports: &[1883],
        ..row(Service::MqttIpv6, "mqtt_ipv6", &[Text("ipv6.itls.cn-shanghai.aliyuncs.com")])
    },
    Row {
        instance: Some(&[InstanceId, Text(".http.iothub.aliyuncs.com")]),
        ..row(Service::Https, "https", &[Text("iot-as-http."), Region, ALIYUN])
    },
    Row { instance: Some(AUTH_INSTANCE), ..row(Service::HttpsAuth, "https_auth", AUTH) },
    Row {
        instance: Some(COAP_INSTANCE),
        ports: &[5682],
        security: Security::None,
        ..row(Service::CoapSymmetric, "coap_symmetric", COAP)
    },
    Row {
        instance: Some(COAP_INSTANCE),
        ports: &[5684],
        security: Security::Dtls,
        ..row(Service::CoapDtls, "coap_dtls", COAP)
    },
    Row {
        instance: Some(HTTP2_INSTANCE),
        ..row(Service::Http2Device, "http2_device", &[ProductKey, Text(".iot-as-http2."), Region, ALIYUN])
    },
    row(Service::Http2AppKey, "http2_appkey", &[Text("ilop.iot-as-http2.cn-shanghai.aliyuncs.com")]),
    Row {
        instance: Some(HTTP2_INSTANCE),
        ..row(Service::Http2Server, "http2_server", &[Uid, Text(".iot-as-http2."), Region, ALIYUN])
    },
    Row {
        instance: Some(AUTH_INSTANCE),
        path: "/auth/bridge",
        ..row(Service::BridgeAuth, "bridge_auth", AUTH)
    },
    Row { instance: Some(AMQP_INSTANCE), ports: &[5671], ..row(Service::Amqp, "amqp", AMQP) },
    Row { instance: Some(AMQP_INSTANCE), ports: &[61614], ..row(Service::AmqpStomp, "amqp_stomp", AMQP) },
    row(Service::OpenApi, "openapi", &[Text("iot."), Region, ALIYUN]),
    row(Service::Bootstrap, "bootstrap", &[Text("iot-auth-global.aliyuncs.com")]),
];

impl Service {
    fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.service == self).unwrap_or(&TABLE[0])
    }

    /// Every service.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.service)
    }

    /// A name for configuration files, such as `coap_dtls`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The service of this [name](Self::name).
    pub fn parse(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.service)
    }
}

/// Whose host is asked for. What a service does not need may stay empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place<'a> {
    /// The product.
    pub product_key: &'a str,
    /// The region, one of [`REGIONS`] or a newer one.
    pub region: &'a str,
    /// The instance, unless it is the old public one.
    pub instance_id: Option<&'a str>,
    /// The account's number.
    pub uid: &'a str,
}

/// A host, its ports and their protection. `Display` writes the host.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint<'a> {
    row: &'static Row,
    place: Place<'a>,
}

impl<'a> Endpoint<'a> {
    /// The endpoint of a service.
    ///
    /// # Errors
    /// [`IdentityError`] naming what the service needs and `place` lacks, or a character no host name has.
    pub fn of(service: Service, place: &Place<'a>) -> Result<Self, IdentityError> {
        let endpoint = Self { row: service.row(), place: *place };
        for part in endpoint.parts() {
            let (field, text) = match part {
                Text(_) => continue,
                ProductKey => (Field::ProductKey, place.product_key),
                Region => (Field::Region, place.region),
                Uid => (Field::Uid, place.uid),
                InstanceId => (Field::InstanceId, place.instance_id.unwrap_or_default()),
            };
            if text.is_empty() {
                return Err(IdentityError { field, rule: Rule::Missing, index: 0 });
            }
            characters(field, text, |c| c.is_ascii_alphanumeric() || c == '-')?;
        }
        Ok(endpoint)
    }

    fn parts(&self) -> &'static [Part] {
        match self.row.instance {
            Some(parts) if self.place.instance_id.is_some() => parts,
            _ => self.row.public,
        }
    }

    /// The ports, the documents' first.
    pub const fn ports(&self) -> &'static [u16] {
        self.row.ports
    }

    /// What protects the connection.
    pub const fn security(&self) -> Security {
        self.row.security
    }

    /// `https://`, the host, and the path of the service's one call, if it has one.
    pub const fn url(&self) -> Url<'a> {
        Url(*self)
    }
}

impl Pieces for Endpoint<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        for part in self.parts() {
            put(match part {
                Text(text) => text,
                ProductKey => self.place.product_key,
                Region => self.place.region,
                Uid => self.place.uid,
                InstanceId => self.place.instance_id.unwrap_or_default(),
            });
        }
    }
}

impl fmt::Display for Endpoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// See [`Endpoint::url`].
#[derive(Clone, Copy, Debug)]
pub struct Url<'a>(Endpoint<'a>);

impl Pieces for Url<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        put("https://");
        self.0.pieces(put);
        put(self.0.row.path);
    }
}

impl fmt::Display for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// The instance an MQTT host belongs to, if it names one: a registration for a token must repeat it.
///
/// ```
/// assert_eq!(iot_auth::instance_id_of("iot-06z00.mqtt.iothub.aliyuncs.com"), Some("iot-06z00"));
/// ```
pub fn instance_id_of(mqtt_host: &str) -> Option<&str> {
    mqtt_host.strip_suffix(MQTT_INSTANCE_SUFFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_has_a_row_and_a_name() {
        for row in TABLE {
            assert_eq!(Service::parse(row.name), Some(row.service));
            assert_eq!(row.service.name(), row.name);
        }
    }

    #[test]
    fn what_a_service_lacks() {
        let error = Endpoint::of(Service::Mqtt, &Place { region: "cn-shanghai", ..Place::default() });
        assert_eq!(error.unwrap_err().field, Field::ProductKey);
        let place = Place { product_key: "a1/b", region: "cn-shanghai", ..Place::default() };
        let error = Endpoint::of(Service::Mqtt, &place).unwrap_err();
        assert_eq!((error.rule, error.index), (Rule::Character, 2));
        assert!(Endpoint::of(Service::Bootstrap, &Place::default()).is_ok());
    }
}
