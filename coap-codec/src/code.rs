//! Code: three bits of class and five of detail, written `c.dd` (RFC 7252 §3, §12.1).

use core::fmt;
use core::str::FromStr;

use thiserror::Error;

/// A method, response or signalling code.
///
/// ```
/// use coap_codec::Code;
///
/// assert_eq!(Code::CONTENT.to_string(), "2.05 Content");
/// assert_eq!("2.05".parse(), Ok(Code::CONTENT));
/// assert_eq!((Code::NOT_FOUND.class(), Code::NOT_FOUND.detail()), (4, 4));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub u8);

impl Code {
    /// 0.00, neither request nor response (RFC 7252 §4.1).
    pub const EMPTY: Self = Self::new(0, 0);
    /// 0.01 (RFC 7252 §5.8.1).
    pub const GET: Self = Self::new(0, 1);
    /// 0.02 (RFC 7252 §5.8.2).
    pub const POST: Self = Self::new(0, 2);
    /// 0.03 (RFC 7252 §5.8.3).
    pub const PUT: Self = Self::new(0, 3);
    /// 0.04 (RFC 7252 §5.8.4).
    pub const DELETE: Self = Self::new(0, 4);
    /// 0.05 (RFC 8132 §2).
    pub const FETCH: Self = Self::new(0, 5);
    /// 0.06 (RFC 8132 §3).
    pub const PATCH: Self = Self::new(0, 6);
    /// 0.07 (RFC 8132 §3).
    pub const IPATCH: Self = Self::new(0, 7);

    /// 2.01 (RFC 7252 §5.9.1.1).
    pub const CREATED: Self = Self::new(2, 1);
    /// 2.02 (RFC 7252 §5.9.1.2).
    pub const DELETED: Self = Self::new(2, 2);
    /// 2.03 (RFC 7252 §5.9.1.3).
    pub const VALID: Self = Self::new(2, 3);
    /// 2.04 (RFC 7252 §5.9.1.4).
    pub const CHANGED: Self = Self::new(2, 4);
    /// 2.05 (RFC 7252 §5.9.1.5).
    pub const CONTENT: Self = Self::new(2, 5);
    /// 2.31 (RFC 7959 §2.9.1).
    pub const CONTINUE: Self = Self::new(2, 31);

    /// 4.00 (RFC 7252 §5.9.2.1).
    pub const BAD_REQUEST: Self = Self::new(4, 0);
    /// 4.01 (RFC 7252 §5.9.2.2).
    pub const UNAUTHORIZED: Self = Self::new(4, 1);
    /// 4.02 (RFC 7252 §5.9.2.3).
    pub const BAD_OPTION: Self = Self::new(4, 2);
    /// 4.03 (RFC 7252 §5.9.2.4).
    pub const FORBIDDEN: Self = Self::new(4, 3);
    /// 4.04 (RFC 7252 §5.9.2.5).
    pub const NOT_FOUND: Self = Self::new(4, 4);
    /// 4.05 (RFC 7252 §5.9.2.6).
    pub const METHOD_NOT_ALLOWED: Self = Self::new(4, 5);
    /// 4.06 (RFC 7252 §5.9.2.7).
    pub const NOT_ACCEPTABLE: Self = Self::new(4, 6);
    /// 4.08 (RFC 7959 §2.9.2).
    pub const REQUEST_ENTITY_INCOMPLETE: Self = Self::new(4, 8);
    /// 4.09 (RFC 8132 §3.4).
    pub const CONFLICT: Self = Self::new(4, 9);
    /// 4.12 (RFC 7252 §5.9.2.8).
    pub const PRECONDITION_FAILED: Self = Self::new(4, 12);
    /// 4.13 (RFC 7252 §5.9.2.9).
    pub const REQUEST_ENTITY_TOO_LARGE: Self = Self::new(4, 13);
    /// 4.15 (RFC 7252 §5.9.2.10).
    pub const UNSUPPORTED_CONTENT_FORMAT: Self = Self::new(4, 15);
    /// 4.22 (RFC 8132 §3.4).
    pub const UNPROCESSABLE_ENTITY: Self = Self::new(4, 22);
    /// 4.29 (RFC 8516).
    pub const TOO_MANY_REQUESTS: Self = Self::new(4, 29);

    /// 5.00 (RFC 7252 §5.9.3.1).
    pub const INTERNAL_SERVER_ERROR: Self = Self::new(5, 0);
    /// 5.01 (RFC 7252 §5.9.3.2).
    pub const NOT_IMPLEMENTED: Self = Self::new(5, 1);
    /// 5.02 (RFC 7252 §5.9.3.3).
    pub const BAD_GATEWAY: Self = Self::new(5, 2);
    /// 5.03 (RFC 7252 §5.9.3.4).
    pub const SERVICE_UNAVAILABLE: Self = Self::new(5, 3);
    /// 5.04 (RFC 7252 §5.9.3.5).
    pub const GATEWAY_TIMEOUT: Self = Self::new(5, 4);
    /// 5.05 (RFC 7252 §5.9.3.6).
    pub const PROXYING_NOT_SUPPORTED: Self = Self::new(5, 5);
    /// 5.08 (RFC 8768 §4).
    pub const HOP_LIMIT_REACHED: Self = Self::new(5, 8);

    /// 7.01, capabilities and settings (RFC 8323 §5.3).
    pub const CSM: Self = Self::new(7, 1);
    /// 7.02 (RFC 8323 §5.4).
    pub const PING: Self = Self::new(7, 2);
    /// 7.03 (RFC 8323 §5.4).
    pub const PONG: Self = Self::new(7, 3);
    /// 7.04 (RFC 8323 §5.5).
    pub const RELEASE: Self = Self::new(7, 4);
    /// 7.05 (RFC 8323 §5.6).
    pub const ABORT: Self = Self::new(7, 5);

    /// Every registered code with its name, in ascending order.
    pub const REGISTRY: &'static [(Self, &'static str)] = &[
        (Self::EMPTY, "Empty"),
        (Self::GET, "GET"),
        (Self::POST, "POST"),
        (Self::PUT, "PUT"),
        (Self::DELETE, "DELETE"),
        (Self::FETCH, "FETCH"),
        (Self::PATCH, "PATCH"),
        (Self::IPATCH, "iPATCH"),
        (Self::CREATED, "Created"),
        (Self::DELETED, "Deleted"),
        (Self::VALID, "Valid"),
        (Self::CHANGED, "Changed"),
        (Self::CONTENT, "Content"),
        (Self::CONTINUE, "Continue"),
        (Self::BAD_REQUEST, "Bad Request"),
        (Self::UNAUTHORIZED, "Unauthorized"),
        (Self::BAD_OPTION, "Bad Option"),
        (Self::FORBIDDEN, "Forbidden"),
        (Self::NOT_FOUND, "Not Found"),
        (Self::METHOD_NOT_ALLOWED, "Method Not Allowed"),
        (Self::NOT_ACCEPTABLE, "Not Acceptable"),
        (Self::REQUEST_ENTITY_INCOMPLETE, "Request Entity Incomplete"),
        (Self::CONFLICT, "Conflict"),
        (Self::PRECONDITION_FAILED, "Precondition Failed"),
        (Self::REQUEST_ENTITY_TOO_LARGE, "Request Entity Too Large"),
        (Self::UNSUPPORTED_CONTENT_FORMAT, "Unsupported Content-Format"),
        (Self::UNPROCESSABLE_ENTITY, "Unprocessable Entity"),
        (Self::TOO_MANY_REQUESTS, "Too Many Requests"),
        (Self::INTERNAL_SERVER_ERROR, "Internal Server Error"),
        (Self::NOT_IMPLEMENTED, "Not Implemented"),
        (Self::BAD_GATEWAY, "Bad Gateway"),
        (Self::SERVICE_UNAVAILABLE, "Service Unavailable"),
        (Self::GATEWAY_TIMEOUT, "Gateway Timeout"),
        (Self::PROXYING_NOT_SUPPORTED, "Proxying Not Supported"),
        (Self::HOP_LIMIT_REACHED, "Hop Limit Reached"),
        (Self::CSM, "CSM"),
        (Self::PING, "Ping"),
        (Self::PONG, "Pong"),
        (Self::RELEASE, "Release"),
        (Self::ABORT, "Abort"),
    ];

    /// The code `class.detail`; only the low three and five bits count.
    #[must_use]
    pub const fn new(class: u8, detail: u8) -> Self {
        Self((class << 5) | (detail & 0x1F))
    }

    /// 0 request or empty, 2 success, 4 client error, 5 server error, 7 signal; the rest is reserved.
    #[inline]
    #[must_use]
    pub const fn class(self) -> u8 {
        self.0 >> 5
    }

    /// The number behind the dot, 0 to 31.
    #[inline]
    #[must_use]
    pub const fn detail(self) -> u8 {
        self.0 & 0x1F
    }

    /// Whether it is a method, registered or not.
    #[inline]
    #[must_use]
    pub const fn is_request(self) -> bool {
        self.0 != 0 && self.class() == 0
    }

    /// Whether it is a response: class 2, 4 or 5, and 3, which RFC 7252 §12.1 counts in and §3 reserves.
    #[inline]
    #[must_use]
    pub const fn is_response(self) -> bool {
        matches!(self.class(), 2..=5)
    }

    /// Whether it is a signal of a reliable transport (RFC 8323 §5).
    #[inline]
    #[must_use]
    pub const fn is_signal(self) -> bool {
        self.class() == 7
    }

    /// Whether it is a method somebody has registered.
    #[inline]
    #[must_use]
    pub const fn is_known_method(self) -> bool {
        self.0 != 0 && self.0 <= Self::IPATCH.0
    }

    /// The registered name.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        let row = Self::REGISTRY.binary_search_by_key(&self, |&(code, _)| code).ok()?;
        Self::REGISTRY.get(row).map(|&(_, name)| name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.class(), self.detail())?;
        self.name().map_or(Ok(()), |name| write!(f, " {name}"))
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({}.{:02})", self.class(), self.detail())
    }
}

/// Text that is not a code of the form `c.dd`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a code is written c.dd, with a class up to 7 and a detail up to 31")]
#[non_exhaustive]
pub struct ParseCodeError;

impl FromStr for Code {
    type Err = ParseCodeError;

    fn from_str(text: &str) -> Result<Self, ParseCodeError> {
        let digit = |byte: u8| byte.is_ascii_digit().then(|| byte - b'0').ok_or(ParseCodeError);
        let &[class, b'.', tens, ones] = text.as_bytes() else { return Err(ParseCodeError) };
        let (class, detail) = (digit(class)?, digit(tens)? * 10 + digit(ones)?);
        if class > 7 || detail > 31 {
            return Err(ParseCodeError);
        }
        Ok(Self::new(class, detail))
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;
    use alloc::string::ToString;

    use super::{Code, ParseCodeError};

    #[test]
    fn the_registry_is_sorted_and_every_code_reads_back() {
        assert!(Code::REGISTRY.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for byte in 0..=255 {
            let text = Code(byte).to_string();
            assert_eq!(text[..4].parse(), Ok(Code(byte)));
            assert_eq!(text.len() > 4, Code(byte).name().is_some());
        }
    }

    #[test]
    fn text_that_is_no_code_is_refused() {
        for text in ["", "2", "2.5", "2.005", "8.00", "2.32", "2,05", " 2.05", "a.bc"] {
            assert_eq!(text.parse::<Code>(), Err(ParseCodeError), "{text}");
        }
    }
}
