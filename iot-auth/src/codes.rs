//! The platform's error codes, as one table.

/// The call a code answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Call {
    /// HTTPS `/auth` and `/topic`.
    Https,
    /// Dynamic registration over HTTPS.
    Register,
    /// The legacy `/auth/devicename`.
    Legacy,
    /// `thing/sub/register` of a gateway.
    SubRegister,
    /// `thing/topo/add` of a gateway.
    TopoAdd,
    /// `combine/login` and `combine/batch_login` of a gateway.
    Login,
    /// `combine/logout` of a gateway.
    Logout,
    /// A message on `/ext/error` that a sub-device was put offline.
    Kick,
}

/// One code of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Code {
    /// The call.
    pub call: Call,
    /// The code.
    pub code: u32,
    /// What it says.
    pub meaning: &'static str,
}

const fn row(call: Call, code: u32, meaning: &'static str) -> Code {
    Code { call, code, meaning }
}

/// Every code the platform documents for these calls.
pub const CODES: &[Code] = &[
    row(Call::Https, 0, "success"),
    row(Call::Https, 10000, "unknown error"),
    row(Call::Https, 10001, "wrong parameter"),
    row(Call::Https, 20000, "authentication failed"),
    row(Call::Https, 20001, "token expired: authenticate again"),
    row(Call::Https, 20002, "token missing"),
    row(Call::Https, 20003, "token check failed: authenticate again"),
    row(Call::Https, 20004, "session could not be updated"),
    row(Call::Https, 30001, "publishing failed"),
    row(Call::Https, 40000, "too many requests"),
    row(Call::Register, 200, "success"),
    row(Call::Register, 460, "wrong parameter"),
    row(Call::Register, 500, "unknown error"),
    row(Call::Register, 6250, "no such product"),
    row(Call::Register, 6288, "the registration switch of the product is off"),
    row(Call::Register, 6289, "the device is already active"),
    row(Call::Register, 6292, "wrong signing method"),
    row(Call::Register, 6600, "wrong signature"),
    row(Call::Legacy, 200, "success"),
    row(Call::Legacy, 401, "wrong signature"),
    row(Call::Legacy, 460, "wrong parameter"),
    row(Call::Legacy, 500, "unknown error"),
    row(Call::Legacy, 5001, "no such device"),
    row(Call::Legacy, 6200, "the device authenticates otherwise"),
    row(Call::SubRegister, 200, "success"),
    row(Call::SubRegister, 460, "wrong parameter"),
    row(Call::SubRegister, 500, "unknown error"),
    row(Call::SubRegister, 6100, "no such device"),
    row(Call::SubRegister, 6288, "the registration switch of the product is off"),
    row(Call::SubRegister, 6619, "the device is bound to another gateway"),
    row(Call::TopoAdd, 200, "success"),
    row(Call::TopoAdd, 401, "wrong signature"),
    row(Call::TopoAdd, 429, "too many requests"),
    row(Call::TopoAdd, 460, "wrong parameter"),
    row(Call::TopoAdd, 6100, "no such device"),
    row(Call::TopoAdd, 6204, "the device is disabled"),
    row(Call::TopoAdd, 6400, "too many sub-devices"),
    row(Call::TopoAdd, 6402, "the gateway and the sub-device are the same device"),
    row(Call::Login, 200, "success"),
    row(Call::Login, 428, "too many sub-devices online, 1500 for a gateway"),
    row(Call::Login, 429, "too many requests"),
    row(Call::Login, 460, "wrong parameter"),
    row(Call::Login, 500, "unknown error"),
    row(Call::Login, 521, "the device was deleted"),
    row(Call::Login, 522, "the device was disabled"),
    row(Call::Login, 6100, "no such device"),
    row(Call::Login, 6204, "the device is disabled"),
    row(Call::Login, 6287, "wrong signature"),
    row(Call::Login, 6401, "the device is not in the topology"),
    row(Call::Logout, 200, "success"),
    row(Call::Logout, 460, "wrong parameter"),
    row(Call::Logout, 520, "no session"),
    row(Call::Kick, 427, "the device logged in elsewhere"),
    row(Call::Kick, 520, "no session"),
    row(Call::Kick, 521, "the device was deleted"),
    row(Call::Kick, 522, "the device was disabled"),
    row(Call::Kick, 6401, "the device is not in the topology"),
];

/// The row of a code.
///
/// ```
/// use iot_auth::codes::{Call, code};
///
/// assert_eq!(code(Call::Https, 20000).unwrap().meaning, "authentication failed");
/// assert!(code(Call::Https, 20001).unwrap().asks_to_authenticate());
/// ```
pub fn code(call: Call, code: u32) -> Option<&'static Code> {
    CODES.iter().find(|row| row.call == call && row.code == code)
}

impl Code {
    /// Whether a new token mends it.
    pub fn asks_to_authenticate(&self) -> bool {
        self.call == Call::Https && matches!(self.code, 20001 | 20003)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_stands_twice() {
        for (index, row) in CODES.iter().enumerate() {
            assert_eq!(code(row.call, row.code), Some(&CODES[index]));
        }
    }
}
