//! The canonical query: sorted, percent-encoded, and encoded once more to be signed.

use core::{fmt, mem};

use crate::error::IdentityError;
use crate::openapi::{ApiParam, Verb, twice};
use crate::percent;
use crate::pieces::{Pieces, show};

/// The sorted parameters of a call, all but the signature. As text, the canonical query.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// What every call has, sorted, absent ones among them; and how many of `params` stand before each.
    common: [(ApiParam<'a>, usize); COMMON],
    /// What this call has, sorted, absent ones among them.
    params: &'a [ApiParam<'a>],
}

/// How many parameters every call has at most.
pub(super) const COMMON: usize = 10;

impl<'a> Query<'a> {
    /// A query of exactly these parameters, which are sorted in place.
    ///
    /// # Errors
    /// [`IdentityError`] naming [`Field::ParameterName`](crate::Field::ParameterName) when a parameter stands twice.
    pub fn new(params: &'a mut [ApiParam<'a>]) -> Result<Self, IdentityError> {
        Self::merged([ApiParam::ABSENT; COMMON], params)
    }

    /// A query of parameters that are sorted already.
    pub(crate) const fn of_sorted(params: &'a [ApiParam<'a>]) -> Self {
        Self { common: [(ApiParam::ABSENT, 0); COMMON], params }
    }

    /// A query of `common`, sorted, and `params`, which are sorted here.
    pub(super) fn merged(
        common: [ApiParam<'a>; COMMON],
        params: &'a mut [ApiParam<'a>],
    ) -> Result<Self, IdentityError> {
        params.sort_unstable_by(|one, two| one.name.order(&two.name));
        let place = |param: ApiParam<'a>| {
            (param, params.partition_point(|other| other.name.order(&param.name).is_lt()))
        };
        let query = Self { common: common.map(place), params };
        let (mut before, mut index, mut duplicate) = (None, 0, None);
        query.each(|param| {
            if before.replace(param.name) == Some(param.name) {
                duplicate.get_or_insert(index);
            }
            index += 1;
        });
        duplicate.map_or(Ok(query), |index| Err(twice(index)))
    }

    /// Calls `each` with every parameter, in order.
    #[inline]
    fn each(&self, mut each: impl FnMut(&ApiParam<'a>)) {
        let mut own = self.params.iter();
        let mut done = 0;
        for (common, before) in &self.common {
            if common.is_absent() {
                continue;
            }
            own.by_ref().take(before - done).filter(|param| !param.is_absent()).for_each(&mut each);
            done = *before;
            each(common);
        }
        own.filter(|param| !param.is_absent()).for_each(each);
    }

    /// The text a signature of this call covers.
    pub const fn string_to_sign(&self, verb: Verb) -> StringToSign<'a> {
        StringToSign { verb, query: *self }
    }
}

impl Pieces for Query<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        let mut first = true;
        self.each(|param| {
            if !mem::take(&mut first) {
                put("&");
            }
            param.put_name::<false>(put);
            put("=");
            param.put_value::<false>(put);
        });
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
        let mut first = true;
        self.query.each(|param| {
            if !mem::take(&mut first) {
                put("%26");
            }
            param.put_name::<true>(put);
            put("%3D");
            param.put_value::<true>(put);
        });
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
