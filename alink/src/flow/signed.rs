//! Children signed for by `iot-auth` (feature `auth`).

use iot_auth::{Device, Dialect, GatewayRequest, IdentityError, SigningKey, SubDevice, Timestamp};

use super::child::Credentials;
use crate::json::RawJson;
use crate::list::Read as _;
use crate::message::session::Login;
use crate::name::DeviceId;

impl Credentials {
    /// Signs for a child with the key of its device secret, at a time in milliseconds of UTC.
    ///
    /// ```
    /// use alink::{DeviceId, flow::Credentials};
    /// use iot_auth::{Method, Secret, SigningKey, UnixMillis};
    ///
    /// let secret = Secret::new("subSecret00000000000000000000001")?;
    /// let key = SigningKey::new(Method::HmacSha1, &secret);
    /// let meter = DeviceId::new("al12345abcd", "device1234")?;
    /// let signed = Credentials::signed(meter, &key, UnixMillis(1_543_896_481_106))?;
    /// assert_eq!(&*signed.sign, "35CECE91C1EE1B7AF20282FFEEA271CB44A66669");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// What `iot-auth` finds wrong with the names or the time.
    pub fn signed<'a>(
        child: DeviceId<'a>,
        key: &'a SigningKey,
        timestamp: impl Into<Timestamp<'a>>,
    ) -> Result<Self, IdentityError> {
        let device = Device::new(child.product_key(), child.device_name())?;
        let child = SubDevice::new(device, key, timestamp);
        let params = alloc::format!("{}", GatewayRequest::Login(&child).params(Dialect::Documented)?);
        let login = RawJson::parse(params.as_bytes()).and_then(Login::read);
        // Names and signatures need no escapes, so each text is there in one piece.
        let text = |text: Option<crate::json::Text<'_>>| {
            text.and_then(|text| text.as_plain()).unwrap_or_default().into()
        };
        let login = login.ok();
        Ok(Self {
            client_id: text(login.and_then(|login| login.client_id)),
            timestamp: text(login.and_then(|login| login.timestamp)),
            sign_method: text(login.map(|login| login.sign_method)),
            sign: text(login.map(|login| login.sign)),
            clean_session: false,
        })
    }
}
