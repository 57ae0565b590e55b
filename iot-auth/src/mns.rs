//! MNS: the `Authorization` header of a request to the queue a product's messages are forwarded to.
//!
//! ```text
//! Authorization: MNS ${AccessKeyId}:${base64(HMAC-SHA-1(AccessKeySecret, S))}
//! S = VERB \n Content-MD5 \n Content-Type \n Date \n (x-mns-… : value \n, sorted) resource
//! ```
//!
//! Contract: give the headers as they are sent, in any case of their names; those that count are found and sorted in place, the others
//! ignored. The key is the bare AccessKeySecret.
//!
//! ```
//! use iot_auth::{Method, MnsRequest, Param, Secret, SigningKey, mns_queue};
//!
//! let key = SigningKey::new(Method::HmacSha1, &Secret::new("sk")?);
//! let mut headers = [
//!     Param::new("date", "Wed, 08 Mar 2012 12:00:00 GMT"),
//!     Param::new("content-type", "text/xml;charset=utf-8"),
//!     Param::new("x-mns-version", "2015-06-06"),
//! ];
//! let request = MnsRequest::new("GET", "/queues/aliyun-iot-a1Pk/messages?waitseconds=10", &mut headers)?;
//! assert_eq!(request.authorization("ak", &key).to_string(), "MNS ak:W5Yv8HA/yFUzIZtnMMSSB6+Y7DY=");
//! assert_eq!(mns_queue("a1Pk").to_string(), "aliyun-iot-a1Pk");
//! # Ok::<(), iot_auth::IdentityError>(())
//! ```

use core::cmp::Ordering;
use core::fmt;

use crate::base64::Base64;
use crate::error::{Field, IdentityError, Rule};
use crate::method::SigningKey;
use crate::params::Param;
use crate::pieces::{Pieces, show};

/// The version header of every request and its only value.
pub const MNS_VERSION: (&str, &str) = ("x-mns-version", "2015-06-06");
const PREFIX: &str = "x-mns-";

/// A request to be signed. As text, the string to sign.
#[derive(Clone, Copy, Debug)]
pub struct MnsRequest<'a> {
    verb: &'a str,
    /// With its query.
    resource: &'a str,
    /// Content-MD5, Content-Type and Date, or nothing.
    standard: [&'a str; 3],
    /// Sorted by name without regard to case.
    headers: &'a [Param<'a>],
}

impl<'a> MnsRequest<'a> {
    /// A request of these headers, which are sorted in place.
    ///
    /// # Errors
    /// [`IdentityError`] naming [`Field::Header`] when a header stands twice or anything holds a control character.
    pub fn new(
        verb: &'a str,
        resource: &'a str,
        headers: &'a mut [Param<'a>],
    ) -> Result<Self, IdentityError> {
        let whole = |text: &str| crate::identity::characters(Field::Header, text, |c| !c.is_control());
        whole(verb)?;
        whole(resource)?;
        headers.sort_unstable_by(|one, two| order(one.name, two.name));
        for (index, header) in headers.iter().enumerate() {
            whole(header.name)?;
            whole(header.value)?;
            if index > 0 && headers[index - 1].name.eq_ignore_ascii_case(header.name) {
                return Err(IdentityError { field: Field::Header, rule: Rule::Duplicate, index });
            }
        }
        let headers: &'a [Param<'a>] = headers;
        let find = |name: &str| {
            let found = headers.binary_search_by(|header| order(header.name, name));
            found.map_or("", |index| headers[index].value)
        };
        let standard = ["content-md5", "content-type", "date"].map(find);
        Ok(Self { verb, resource, standard, headers })
    }

    /// The value of the `Authorization` header.
    pub fn authorization(&self, access_key_id: &'a str, key: &SigningKey) -> Authorization<'a> {
        Authorization { access_key_id, signature: key.sign(self).base64() }
    }
}

fn order(one: &str, two: &str) -> Ordering {
    one.bytes().map(|b| b.to_ascii_lowercase()).cmp(two.bytes().map(|b| b.to_ascii_lowercase()))
}

impl Pieces for MnsRequest<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        for line in [self.verb].iter().chain(&self.standard) {
            put(line);
            put("\n");
        }
        for header in self.headers {
            let ours = header.name.get(..PREFIX.len()).is_some_and(|name| name.eq_ignore_ascii_case(PREFIX));
            if ours {
                lower(header.name, put);
                put(":");
                put(header.value);
                put("\n");
            }
        }
        put(self.resource);
    }
}

/// Puts `name` in lower case.
fn lower(name: &str, put: &mut impl FnMut(&str)) {
    if !name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return put(name);
    }
    for c in name.chars() {
        put(c.to_ascii_lowercase().encode_utf8(&mut [0; 4]));
    }
}

impl fmt::Display for MnsRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// `MNS ${AccessKeyId}:${signature}`
#[derive(Clone, Debug)]
pub struct Authorization<'a> {
    access_key_id: &'a str,
    signature: Base64<44>,
}

impl Pieces for Authorization<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        put("MNS ");
        put(self.access_key_id);
        put(":");
        put(self.signature.as_str());
    }
}

impl fmt::Display for Authorization<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// The queue a product's messages are forwarded to.
pub const fn mns_queue(product_key: &str) -> MnsQueue<'_> {
    MnsQueue(product_key)
}

/// See [`mns_queue`].
#[derive(Clone, Copy, Debug)]
pub struct MnsQueue<'a>(&'a str);

impl Pieces for MnsQueue<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        put("aliyun-iot-");
        put(self.0);
    }
}

impl fmt::Display for MnsQueue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn names_of_headers_in_any_case() {
        let mut lower = [Param::new("date", "d"), Param::new("x-mns-b", "2"), Param::new("x-mns-a", "1")];
        let mut upper = [Param::new("X-MNS-A", "1"), Param::new("Date", "d"), Param::new("x-Mns-B", "2")];
        let lower = MnsRequest::new("GET", "/queues/q", &mut lower).unwrap().to_string();
        let upper = MnsRequest::new("GET", "/queues/q", &mut upper).unwrap().to_string();
        assert_eq!(lower, "GET\n\n\nd\nx-mns-a:1\nx-mns-b:2\n/queues/q");
        assert_eq!(upper, lower);
    }

    #[test]
    fn what_cannot_be_signed() {
        let mut twice = [Param::new("Date", "d"), Param::new("date", "e")];
        let error = MnsRequest::new("GET", "/", &mut twice).unwrap_err();
        assert_eq!((error.field, error.rule, error.index), (Field::Header, Rule::Duplicate, 1));
        assert_eq!(MnsRequest::new("GET", "/\n", &mut []).unwrap_err().rule, Rule::Character);
    }
}
