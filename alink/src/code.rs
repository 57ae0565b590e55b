//! Result codes of both directions, and what they mean (one table).

use core::fmt;

/// A result code: an open integer with names for the known ones.
///
/// ```
/// use alink::Code;
///
/// assert_eq!(Code(460), Code::PARAMETER);
/// assert_eq!(Code(6401).meaning(), Some("no such topology relation"));
/// assert!(Code(100_007).is_device_defined());
/// assert_eq!(Code(42).to_string(), "42");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub i32);

impl Code {
    /// Done.
    pub const OK: Self = Self(200);
    /// Internal error while serving the request.
    pub const INTERNAL: Self = Self(400);
    /// Request not authorised.
    pub const UNAUTHORISED: Self = Self(401);
    /// Too many requests, try later.
    pub const TOO_MANY: Self = Self(429);
    /// Request parameter wrong.
    pub const PARAMETER: Self = Self(460);
    /// System error.
    pub const SYSTEM: Self = Self(500);
    /// No session for that device.
    pub const NO_SESSION: Self = Self(520);
    /// Device deleted.
    pub const DELETED: Self = Self(521);
    /// Device disabled.
    pub const DISABLED: Self = Self(522);
    /// Done, as the OTA push says it.
    pub const OTA_OK: Self = Self(1000);
    /// List longer than 200.
    pub const LIST_TOO_LONG: Self = Self(6104);
    /// List is empty.
    pub const LIST_EMPTY: Self = Self(6105);
    /// More than 200 properties.
    pub const TOO_MANY_PROPERTIES: Self = Self(6106);
    /// No property at all.
    pub const NO_PROPERTIES: Self = Self(6107);
    /// Topic unknown or not parseable.
    pub const TOPIC: Self = Self(6203);
    /// Payload not JSON or data format wrong.
    pub const FORMAT: Self = Self(6207);
    /// Device name breaks the rule.
    pub const DEVICE_NAME: Self = Self(6280);
    /// `method` missing.
    pub const METHOD_MISSING: Self = Self(6300);
    /// `params` neither object nor array as required.
    pub const PARAMS_SHAPE: Self = Self(6301);
    /// A required value is empty.
    pub const VALUE_EMPTY: Self = Self(6302);
    /// Parameter not in the model.
    pub const NOT_IN_MODEL: Self = Self(6304);
    /// Identifier empty or device not in product.
    pub const IDENTIFIER: Self = Self(6321);
    /// No such topology relation.
    pub const NO_TOPOLOGY: Self = Self(6401);
    /// A gateway cannot be its own child.
    pub const OWN_CHILD: Self = Self(6402);
    /// Signature check failed.
    pub const SIGNATURE: Self = Self(6600);
    /// No configuration to give.
    pub const NO_CONFIG: Self = Self(6710);

    /// Whether the request was served. A 200 may still name properties that were dropped.
    #[must_use]
    pub const fn is_ok(self) -> bool {
        matches!(self, Self::OK | Self::OTA_OK)
    }

    /// Whether it lies in the range a device may define for itself.
    #[must_use]
    pub const fn is_device_defined(self) -> bool {
        self.0 >= 100_000 && self.0 <= 110_000
    }

    /// Whether a device may answer with it.
    #[must_use]
    pub const fn is_for_devices(self) -> bool {
        matches!(self, Self::OK | Self::INTERNAL | Self::TOO_MANY | Self::PARAMETER)
            || self.is_device_defined()
    }

    /// What the code means, for the known ones.
    #[must_use]
    pub fn meaning(self) -> Option<&'static str> {
        let at = MEANINGS.binary_search_by_key(&self.0, |(code, _)| *code).ok()?;
        MEANINGS.get(at).map(|(_, meaning)| *meaning)
    }

    /// Every known code with its meaning, ascending.
    pub fn known() -> impl Iterator<Item = (Self, &'static str)> {
        MEANINGS.iter().map(|(code, meaning)| (Self(*code), *meaning))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

const MEANINGS: &[(i32, &str)] = &[
    (200, "done"),
    (400, "internal error or request error"),
    (401, "request not authorised"),
    (403, "forbidden"),
    (427, "the device logged in elsewhere"),
    (428, "too many sub-devices under this gateway"),
    (429, "too many requests, try later"),
    (460, "parameter error"),
    (500, "system error"),
    (520, "no session for that device"),
    (521, "device deleted"),
    (522, "device disabled"),
    (1000, "done (OTA push)"),
    (5005, "product look-up failed"),
    (5159, "property definition look-up failed"),
    (5160, "event definition look-up failed"),
    (5161, "service definition look-up failed"),
    (5244, "LoRaWAN product metadata look-up failed"),
    (6099, "reply timeout"),
    (6100, "device not found"),
    (6101, "page size over 200"),
    (6102, "count service failed"),
    (6103, "detail service failed"),
    (6104, "list longer than 200"),
    (6105, "list empty"),
    (6106, "property map has more than 200 entries"),
    (6107, "property map is empty"),
    (6108, "status service failed"),
    (6109, "info service failed"),
    (6150, "set property failed"),
    (6151, "invoke service failed"),
    (6200, "product has no script"),
    (6201, "script produced nothing"),
    (6202, "product does not exist"),
    (6203, "topic unknown or not parseable"),
    (6204, "device disabled"),
    (6205, "message service failed"),
    (6206, "product has no properties"),
    (6207, "payload not JSON or data format wrong"),
    (6208, "thing status forbids this"),
    (6209, "device not activated"),
    (6250, "product not found"),
    (6251, "device already exists"),
    (6253, "adding the device failed"),
    (6254, "updating the device failed"),
    (6255, "group relation failed"),
    (6256, "synchronisation failed"),
    (6257, "domain illegal"),
    (6258, "tenant illegal"),
    (6259, "region illegal"),
    (6260, "network type illegal"),
    (6264, "deleting the device failed"),
    (6265, "device query failed"),
    (6266, "device query failed"),
    (6267, "device query failed"),
    (6270, "product query failed"),
    (6274, "LoRa registration failed"),
    (6280, "device name breaks the rule"),
    (6282, "device id generation failed"),
    (6284, "LoRa device by number failed"),
    (6287, "signature wrong"),
    (6288, "dynamic registration is off for the product"),
    (6289, "device already activated"),
    (6292, "sign method unsupported"),
    (6300, "method missing"),
    (6301, "params is neither object nor array as required"),
    (6302, "a required value is empty"),
    (6303, "number of parameters wrong"),
    (6304, "parameter not in the model"),
    (6305, "parameter type wrong"),
    (6306, "int outside its specs"),
    (6307, "float outside its specs"),
    (6308, "bool outside its specs"),
    (6309, "enum outside its specs"),
    (6310, "text outside its specs"),
    (6311, "date outside its specs"),
    (6312, "struct outside its specs"),
    (6313, "service of the model unavailable"),
    (6314, "data type could not be parsed"),
    (6315, "data does not satisfy the model"),
    (6316, "number format in specs wrong"),
    (6317, "model template broken"),
    (6318, "model text broken"),
    (6319, "event call type wrong"),
    (6320, "product has no such property"),
    (6321, "identifier empty, or device not in product"),
    (6322, "double outside its specs"),
    (6350, "event put failed"),
    (6351, "service put failed"),
    (6352, "event get failed"),
    (6353, "key element exists"),
    (6400, "sub-device count over the limit"),
    (6401, "no such topology relation"),
    (6402, "gateway cannot be its own child"),
    (6450, "method missing after the script"),
    (6550, "device group not found"),
    (6600, "signature check failed"),
    (6619, "sub-device is bound to another gateway"),
    (6710, "no configuration to give"),
    (6713, "remote configuration switched off"),
    (6717, "log configuration unavailable"),
    (6718, "log configuration wrong"),
    (6760, "system exception"),
    (6813, "result format wrong"),
    (9200, "device not activated"),
    (9201, "device offline"),
    (26001, "script empty"),
    (26002, "script threw"),
    (26006, "script lacks its two functions"),
    (26007, "script returned the wrong kind"),
    (26010, "script throttled"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_ascending_so_that_it_can_be_searched() {
        assert!(MEANINGS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(Code(6999).meaning(), None);
        assert_eq!(Code::known().count(), MEANINGS.len());
    }

    #[test]
    fn devices_answer_with_few_codes() {
        for code in [200, 400, 429, 460, 100_000, 110_000] {
            assert!(Code(code).is_for_devices(), "{code}");
        }
        for code in [42, 0, -1, 6304, 99_999, 110_001] {
            assert!(!Code(code).is_for_devices(), "{code}");
        }
    }
}
