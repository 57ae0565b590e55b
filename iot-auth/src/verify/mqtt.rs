//! A CONNECT, read back.

use crate::claim::{Claim, Claimant, Mode, Proof, Stamp};
use crate::content::{Content, Covered, DeviceContent};
use crate::error::Field;
use crate::identity::Device;
use crate::params::{ParamList, ParamRule};
use crate::pieces::Text;
use crate::refusal::Refusal;
use crate::verify::device::method;

/// Reads the three texts of a CONNECT. An absent user name or password is the same as an empty one.
///
/// ```
/// use iot_auth::{Claimant, Device, Secret, Window, verify};
///
/// let claim = verify::connect(
///     "12345|securemode=3,signmethod=hmacsha1,timestamp=789|",
///     Some("device&pk"),
///     Some(b"FAFD82A3D602B37FB0FA8B7892F24A477F851A14"),
/// )?;
/// assert_eq!(claim.who(), Claimant::Device(Device::new("pk", "device")?));
/// claim.check(&Secret::new("secret")?, Window::Any)?;
/// assert_eq!(claim.check(&Secret::new("other")?, Window::Any).unwrap_err().connack_3_1_1(), 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Refusal`] naming the missing or malformed part, or [`Refusal::UnknownMode`].
pub fn connect<'a>(
    client_id: &'a str,
    user_name: Option<&'a str>,
    password: Option<&'a [u8]>,
) -> Result<Claim<'a>, Refusal> {
    let user_name = user_name.unwrap_or_default();
    let password = password.unwrap_or_default();
    let params = match ParamList::parse(client_id) {
        Ok(params) => params,
        Err(error) if error.rule == ParamRule::NoList => return session(client_id, user_name, password),
        Err(error) => return Err(error.into()),
    };
    let mode = mode(&params, user_name, password)?;
    let claim = Claim {
        mode,
        who: if user_name.is_empty() && mode == Mode::MqttCertificate {
            Claimant::Certificate
        } else {
            Claimant::Device(device(user_name)?)
        },
        proof: Proof::Nothing,
        client_id: Some(params.client_id()),
        timestamp: None,
        nonce: None,
        params: Some(params),
        stamp: Stamp::Unsigned,
    };
    let signed = |content| {
        if password.is_empty() {
            return Err(Refusal::Missing(Field::Sign));
        }
        let method = method(params.get("signmethod"))?;
        Ok(Proof::Hex { method, content: Content(Covered::Device(content)), sign: password })
    };
    match (mode, claim.device()) {
        (Mode::MqttSecret | Mode::MqttId2, Some(device)) => {
            let timestamp = params.get("timestamp");
            let content =
                DeviceContent::login(Text::Str(params.client_id()), device, timestamp.map(Text::Str));
            Ok(Claim { proof: signed(content)?, timestamp, stamp: Stamp::Millis, ..claim })
        }
        (Mode::MqttRegister | Mode::MqttRegisterToken, Some(device)) => {
            let nonce = params.get("random").ok_or(Refusal::Missing(Field::Random))?;
            let proof = signed(DeviceContent::registration(device, Text::Str(nonce)))?;
            Ok(Claim { proof, nonce: Some(nonce), ..claim })
        }
        (Mode::MqttToken, _) if password.is_empty() => Err(Refusal::Missing(Field::Token)),
        (Mode::MqttToken, _) => Ok(Claim { proof: Proof::Verbatim(password), ..claim }),
        _ => Ok(claim),
    }
}

/// Which mode the parameters speak of. The platform writes `authType`, ID² alone `authtype`; both are read for either.
fn mode(params: &ParamList<'_>, user_name: &str, password: &[u8]) -> Result<Mode, Refusal> {
    let auth_type = match (params.get("authType"), params.get("authtype")) {
        (Some(_), Some(_)) => return Err(Refusal::Duplicate(Field::AuthType)),
        (one, other) => one.or(other),
    };
    let securemode = params.get("securemode").ok_or(Refusal::Missing(Field::SecureMode))?;
    match (auth_type, securemode) {
        (None, "2") if password.is_empty() => Ok(Mode::MqttCertificate),
        (None, "2" | "3") => Ok(Mode::MqttSecret),
        (Some("register"), "2") => Ok(Mode::MqttRegister),
        (Some("regnwl"), "2" | "-2") => Ok(Mode::MqttRegisterToken),
        (Some("register" | "regnwl"), "3") => Err(Refusal::TlsRequired),
        (Some("connwl"), "-2") => Ok(Mode::MqttToken),
        (Some("id2"), "8") if !user_name.is_empty() => Ok(Mode::MqttId2),
        (None, "-2" | "8") => Err(Refusal::Missing(Field::AuthType)),
        _ => Err(Refusal::UnknownMode),
    }
}

/// The legacy login after HTTPS: `iotId` and `iotToken`, and a client id without parameters.
fn session<'a>(client_id: &'a str, user_name: &'a str, password: &'a [u8]) -> Result<Claim<'a>, Refusal> {
    if user_name.is_empty() || user_name.contains('&') {
        return Err(Refusal::UnknownMode);
    }
    if password.is_empty() {
        return Err(Refusal::Missing(Field::Token));
    }
    Ok(Claim {
        mode: Mode::MqttSession,
        who: Claimant::IotId(user_name),
        proof: Proof::Verbatim(password),
        client_id: Some(client_id),
        timestamp: None,
        nonce: None,
        params: None,
        stamp: Stamp::Unsigned,
    })
}

/// `${deviceName}&${productKey}`
fn device(user_name: &str) -> Result<Device<'_>, Refusal> {
    let (device_name, product_key) = user_name.split_once('&').ok_or(Refusal::Missing(Field::UserName))?;
    if device_name.is_empty() {
        return Err(Refusal::Missing(Field::DeviceName));
    }
    if product_key.is_empty() {
        return Err(Refusal::Missing(Field::ProductKey));
    }
    Ok(Device::lenient(product_key, device_name)?)
}
