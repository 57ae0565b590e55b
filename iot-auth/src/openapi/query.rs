//! The canonical query: sorted, percent-encoded, and encoded once more to be signed.

use core::fmt;

use crate::error::IdentityError;
use crate::openapi::{ApiParam, Verb, twice};
use crate::percent;
use crate::pieces::{Pieces, show};

/// The sorted parameters of a call, all but the signature. As text, the canonical query.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// What every call has, sorted, absent ones among them.
    common: [ApiParam<'a>; 10],
    /// What this call has, sorted, absent ones among them.
    params: &'a [ApiParam<'a>],
}

impl<'a> Query<'a> {
    /// A query of exactly these parameters, which are sorted in place.
    ///
    /// # Errors
    /// [`IdentityError`] naming [`Field::ParameterName`](crate::Field::ParameterName) when a parameter stands twice.
    pub fn new(params: &'a mut [ApiParam<'a>]) -> Result<Self, IdentityError> {
        Self::merged([ApiParam::ABSENT; 10], params)
    }

    /// A query of parameters that are sorted already.
    pub(crate) const fn of_sorted(params: &'a [ApiParam<'a>]) -> Self {
        Self { common: [ApiParam::ABSENT; 10], params }
    }

    pub(super) fn merged(
        common: [ApiParam<'a>; 10],
        params: &'a mut [ApiParam<'a>],
    ) -> Result<Self, IdentityError> {
        params.sort_unstable_by(|one, two| one.name.order(&two.name));
        let query = Self { common, params };
        let mut before = None;
        for (index, param) in query.iter().enumerate() {
            if before.is_some_and(|before: &ApiParam<'_>| before.name == param.name) {
                return Err(twice(index));
            }
            before = Some(param);
        }
        Ok(query)
    }

    fn iter(&self) -> impl Iterator<Item = &ApiParam<'a>> {
        let mut common = self.common.iter().filter(|param| !param.is_absent()).peekable();
        let mut params = self.params.iter().filter(|param| !param.is_absent()).peekable();
        core::iter::from_fn(move || match (common.peek(), params.peek()) {
            (Some(one), Some(two)) if two.name.order(&one.name).is_lt() => params.next(),
            (Some(_), _) => common.next(),
            (None, _) => params.next(),
        })
    }

    /// The text a signature of this call covers.
    pub const fn string_to_sign(&self, verb: Verb) -> StringToSign<'a> {
        StringToSign { verb, query: *self }
    }
}

impl Pieces for Query<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        let mut between = "";
        for param in self.iter() {
            put(between);
            param.name.pieces(&mut |piece| percent::encode(piece, put));
            put("=");
            param.value.pieces(&mut |piece| percent::encode(piece, put));
            between = "&";
        }
    }
}

impl fmt::Display for Query<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// `METHOD&%2F&`, and the canonical query encoded once more.
#[derive(Clone, Copy, Debug)]
pub struct StringToSign<'a> {
    verb: Verb,
    query: Query<'a>,
}

impl Pieces for StringToSign<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        put(self.verb.name());
        put("&%2F&");
        let mut between = "";
        for param in self.query.iter() {
            put(between);
            param.name.pieces(&mut |piece| percent::encode_twice(piece, put));
            put("%3D");
            param.value.pieces(&mut |piece| percent::encode_twice(piece, put));
            between = "%26";
        }
    }
}

impl fmt::Display for StringToSign<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// `text` as it stands in a query: everything but letters, digits and `-` `_` `.` `~` encoded.
///
/// ```
/// assert_eq!(iot_auth::openapi::percent_encoded("灯 *~").to_string(), "%E7%81%AF%20%2A~");
/// ```
pub const fn percent_encoded(text: &str) -> PercentEncoded<'_> {
    PercentEncoded(text)
}

/// See [`percent_encoded`].
#[derive(Clone, Copy, Debug)]
pub struct PercentEncoded<'a>(&'a str);

impl Pieces for PercentEncoded<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        percent::encode(self.0, put);
    }
}

impl fmt::Display for PercentEncoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}
