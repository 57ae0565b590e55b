//! What a device's signature covers: names and values side by side, sorted by name, nothing between them.

use core::fmt;

use crate::amqp::AmqpContent;
use crate::identity::Device;
use crate::mns::MnsRequest;
use crate::openapi::{ApiParam, Query, Verb};
use crate::params::Param;
use crate::pieces::{Pieces, Text, show};

/// The signed fields of every device mode, written in ASCII order of their names. A field that is not sent is not signed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeviceContent<'a> {
    pub client_id: Option<Text<'a>>,
    pub device: Device<'a>,
    pub random: Option<Text<'a>>,
    /// Signed by one old package only; recognised, never produced.
    pub region_id: Option<&'a str>,
    pub seq: Option<Text<'a>>,
    pub timestamp: Option<Text<'a>>,
}

impl<'a> DeviceContent<'a> {
    /// The content of a connection or login: a client id, and perhaps a timestamp.
    pub(crate) const fn login(client_id: Text<'a>, device: Device<'a>, timestamp: Option<Text<'a>>) -> Self {
        Self { client_id: Some(client_id), device, random: None, region_id: None, seq: None, timestamp }
    }

    /// The content of a registration: a nonce, and neither client id nor timestamp.
    pub(crate) const fn registration(device: Device<'a>, random: Text<'a>) -> Self {
        Self { client_id: None, device, random: Some(random), region_id: None, seq: None, timestamp: None }
    }
}

impl Pieces for DeviceContent<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        if let Some(client_id) = self.client_id {
            put("clientId");
            client_id.pieces(put);
        }
        put("deviceName");
        put(self.device.device_name());
        put("productKey");
        put(self.device.product_key());
        if let Some(random) = self.random {
            put("random");
            random.pieces(put);
        }
        if let Some(region_id) = self.region_id {
            put("regionId");
            put(region_id);
        }
        if let Some(seq) = self.seq {
            put("seq");
            seq.pieces(put);
        }
        if let Some(timestamp) = self.timestamp {
            put("timestamp");
            timestamp.pieces(put);
        }
    }
}

/// The text that gets signed, as [`Pieces`] and as `Display`.
///
/// The secret is no part of it, but a role's token is part of what AMQP and OpenAPI sign: `Debug` does not show it, `Display` does.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a>(pub(crate) Covered<'a>);

/// One variant for each way the platform builds that text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Covered<'a> {
    Device(DeviceContent<'a>),
    /// `random=…`, of an application key.
    Random(&'a str),
    Amqp(AmqpContent<'a>),
    /// All fields but those of the list, as they came.
    AllBut(&'static [&'static str], &'a [Param<'a>]),
    OpenApi(Verb, &'a [ApiParam<'a>]),
    Mns(MnsRequest<'a>),
}

impl Pieces for Content<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        match &self.0 {
            Covered::Device(content) => content.pieces(put),
            Covered::Random(random) => {
                put("random=");
                put(random);
            }
            Covered::Amqp(content) => content.pieces(put),
            Covered::AllBut(unsigned, fields) => {
                for field in fields.iter().filter(|field| !unsigned.contains(&field.name)) {
                    put(field.name);
                    put(field.value);
                }
            }
            Covered::OpenApi(verb, params) => Query::of_sorted(params).string_to_sign(*verb).pieces(put),
            Covered::Mns(request) => request.pieces(put),
        }
    }
}

impl fmt::Display for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}
