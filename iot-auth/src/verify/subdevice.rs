//! Requests of a gateway about its sub-devices, read back.

use crate::claim::{Claim, Mode, Proof, Stamp};
use crate::content::{Content, Covered, DeviceContent};
use crate::error::Field;
use crate::json::read::{Step, Value, leaves};
use crate::method::Method;
use crate::pieces::Text;
use crate::refusal::Refusal;
use crate::subdevice::GatewayRequest;
use crate::verify::device::registration;
use crate::verify::fields::device;

/// Which signed request a topic carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GatewayCall {
    /// `…/thing/topo/add`
    TopoAdd,
    /// `…/combine/login`
    Login,
    /// `…/combine/batch_login`
    BatchLogin,
    /// `…/thing/proxy/provisioning/product_register`
    ProductRegister,
}

impl GatewayCall {
    const fn mode(self) -> Mode {
        match self {
            Self::TopoAdd => Mode::SubDeviceTopology,
            Self::Login | Self::BatchLogin => Mode::SubDeviceLogin,
            Self::ProductRegister => Mode::SubDeviceRegister,
        }
    }

    /// The list inside `params`, if it has a name.
    const fn list(self) -> Option<&'static str> {
        match self {
            Self::BatchLogin => Some("deviceList"),
            Self::ProductRegister => Some("proxieds"),
            Self::TopoAdd | Self::Login => None,
        }
    }
}

/// The members of an entry that count.
const NAMES: [(&str, Field); 7] = [
    ("productKey", Field::ProductKey),
    ("deviceName", Field::DeviceName),
    ("random", Field::Random),
    ("sign", Field::Sign),
    ("signMethod", Field::SignMethod),
    ("clientId", Field::ClientId),
    ("timestamp", Field::Timestamp),
];
const SIGN_METHOD: usize = 4;

type Entry<'a> = [Option<&'a str>; NAMES.len()];

/// Reads a gateway's whole request (an object with `params`) or its `params` alone, decoding it in place; a claim for each entry goes into
/// `claims`, and their number is returned. The gateway itself has been checked when it connected.
///
/// `signMethod` is read in either spelling, in each entry or, as two SDKs write it in a batch login, once beside the list.
///
/// ```
/// use iot_auth::verify::{GatewayCall, gateway};
/// use iot_auth::{Secret, Window};
///
/// let mut payload = *br#"{"id":"1","params":[{"deviceName":"device1234","productKey":"al12345abcd",
///     "sign":"35CECE91C1EE1B7AF20282FFEEA271CB44A66669","signmethod":"hmacSha1",
///     "timestamp":"1543896481106","clientId":"al12345abcd&device1234"}]}"#;
/// let mut claims = [None; 5];
/// assert_eq!(gateway(&mut payload, GatewayCall::TopoAdd, &mut claims)?, 1);
/// claims[0].unwrap().check(&Secret::new("subSecret00000000000000000000001")?, Window::Any)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Refusal`] naming the missing or malformed part; [`Refusal::TooMany`] when `claims` is too short, or a batch login has
/// more than [`GatewayRequest::BATCH_MAX`] entries.
pub fn gateway<'a>(
    payload: &'a mut [u8],
    call: GatewayCall,
    claims: &mut [Option<Claim<'a>>],
) -> Result<usize, Refusal> {
    let mut beside = None;
    let mut entry: Entry<'a> = [None; NAMES.len()];
    let mut at = None;
    // Whether the entries stand in `params`, or were given alone.
    let mut whole = None;
    let mut count = 0;
    // The entries that name no method of their own: of a batch login, which has few.
    let mut unnamed = [false; GatewayRequest::BATCH_MAX];
    let mut finish = |entry: &mut Entry<'a>| {
        let entry = core::mem::replace(entry, [None; NAMES.len()]);
        if call == GatewayCall::BatchLogin && count == GatewayRequest::BATCH_MAX {
            return Err(Refusal::TooMany);
        }
        let slot = claims.get_mut(count).ok_or(Refusal::TooMany)?;
        let method = match (entry[SIGN_METHOD], call) {
            (Some(name), _) => Method::parse(name)?,
            (None, GatewayCall::BatchLogin) => {
                *unnamed.get_mut(count).ok_or(Refusal::TooMany)? = true;
                Method::HmacSha256
            }
            (None, _) => return Err(Refusal::Missing(Field::SignMethod)),
        };
        *slot = Some(claim(call.mode(), method, entry)?);
        count += 1;
        Ok(())
    };
    leaves(payload, &mut |steps, value: Value<'a>| {
        let (inside, steps) = match steps {
            [Step::Key("params"), inner @ ..] => (true, inner),
            outer => (false, outer),
        };
        let known = |name: &&str| NAMES.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let (index, name) = match (call, steps) {
            (GatewayCall::BatchLogin, [Step::Key("signMethod" | "signmethod")]) => {
                beside = value.text();
                return Ok(());
            }
            // Beside `params` a request has an `id` and more.
            (GatewayCall::Login, [Step::Key(name)]) if inside || known(name) => (0, *name),
            (GatewayCall::TopoAdd, [Step::Index(index), Step::Key(name)]) => (*index, *name),
            (_, [Step::Key(list), Step::Index(index), Step::Key(name)]) if call.list() == Some(*list) => {
                (*index, *name)
            }
            _ => return Ok(()),
        };
        if *whole.get_or_insert(inside) != inside {
            return Err(Refusal::Duplicate(Field::DeviceList));
        }
        if at.is_some_and(|at| at != index) {
            finish(&mut entry)?;
        }
        at = Some(index);
        let name = if name == "signmethod" { "signMethod" } else { name };
        if let Some(member) = NAMES.iter().position(|(known, _)| *known == name) {
            let text = value.text().ok_or(Refusal::NotText)?;
            if entry[member].replace(text).is_some() {
                return Err(Refusal::Duplicate(NAMES[member].1));
            }
        }
        Ok(())
    })?;
    if at.is_some() {
        finish(&mut entry)?;
    }
    if count == 0 {
        return Err(Refusal::Missing(Field::DeviceList));
    }
    for (claim, _) in claims.iter_mut().zip(unnamed).filter(|(_, unnamed)| *unnamed) {
        let method = Method::parse(beside.ok_or(Refusal::Missing(Field::SignMethod))?)?;
        if let Some(Claim { proof: Proof::Hex { method: named, .. }, .. }) = claim {
            *named = method;
        }
    }
    Ok(count)
}

fn claim<'a>(mode: Mode, method: Method, entry: Entry<'a>) -> Result<Claim<'a>, Refusal> {
    let [product_key, device_name, random, sign, _, client_id, timestamp] = entry;
    if mode == Mode::SubDeviceRegister {
        return registration(mode, [product_key, device_name, random, sign, Some(method.name())]);
    }
    let device = device(product_key, device_name)?;
    let login = DeviceContent::login(Text::Str(""), device, timestamp.map(Text::Str));
    // Here the client id may be left out, and then its name is not signed either.
    let content = DeviceContent { client_id: client_id.map(Text::Str), ..login };
    let proof = Proof::Hex {
        method,
        content: Content(Covered::Device(content)),
        sign: sign.ok_or(Refusal::Missing(Field::Sign))?.as_bytes(),
    };
    Ok(Claim { client_id, timestamp, stamp: Stamp::Millis, ..Claim::of_device(mode, device, proof) })
}
