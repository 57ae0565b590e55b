//! The parameter list inside a client id: `${clientId}|name=value,name=value|`.
//!
//! Contract: a [`ParamList`] is checked once, when it is made; iterating it cannot fail. Its client id holds no bar; a name holds none
//! of `,` `=` `|`; a value holds no comma but may hold a bar (an official SDK sends `lan=JS|WX`), so the list ends at the *last* bar.
//! No name stands twice. Writing a list and parsing it gives the same list.

use core::fmt;

use nom::bytes::complete::{take_till, take_till1};
use nom::character::complete::char;
use nom::sequence::{separated_pair, terminated};
use nom::{IResult, Parser};

use crate::pieces::{Pieces, show};

/// One `name=value`. `Debug` does not show the value of a signature or token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Param<'a> {
    /// What stands before the first equals sign.
    pub name: &'a str,
    /// What stands behind it.
    pub value: &'a str,
}

impl<'a> Param<'a> {
    /// `name=value`
    pub const fn new(name: &'a str, value: &'a str) -> Self {
        Self { name, value }
    }
}

impl fmt::Debug for Param<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = ["sign", "securityToken", "deviceToken", "password", "Authorization"];
        match secret.iter().any(|name| name.eq_ignore_ascii_case(self.name)) {
            true => write!(f, "{}=..", self.name),
            false => write!(f, "{}={}", self.name, self.value),
        }
    }
}

/// Parameters seen in official code, with what they mean. Any other name is passed on just the same.
pub const KNOWN_PARAMS: &[(&str, &str)] = &[
    ("securemode", "3 plain TCP, 2 TLS, -2 token or registration, 8 ID²; older: -1, 0, 1, 4, 5, 7"),
    ("signmethod", "hmacmd5, hmacsha1 or hmacsha256"),
    ("timestamp", "milliseconds, signed when present"),
    ("authType", "register, regnwl or connwl"),
    ("authtype", "id2"),
    ("random", "the nonce of a registration"),
    ("instanceId", "the instance a device is registered in"),
    ("ext", "bits: 0 RRPC on custom topics, 1 extended notices"),
    ("_v", "version of the SDK"),
    ("_ss", "1: the platform subscribes the system topics by itself"),
    ("lan", "language of the SDK"),
    ("gw", "1: a gateway"),
    ("v", "version of Alink"),
    ("pid", "partner"),
    ("mid", "module"),
    ("os", "operating system"),
    ("an", "module information"),
    ("_uuid", "digest of a device's unique id"),
    ("_conn", "statistics of the last connection"),
    ("sii", "interfaces of the device"),
];

/// The rule a parameter list breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParamRule {
    /// There is no bar at all: this is a bare client id.
    NoList,
    /// The text does not end with a bar.
    NoClosingBar,
    /// A parameter has no name, or there are two commas in a row.
    NoName,
    /// A parameter has no equals sign.
    NoEquals,
    /// A name holds a bar, a comma or an equals sign, or a value a comma, or the client id a bar.
    Separator,
    /// A name stands twice.
    Duplicate,
    /// There are more than [`ParamList::MAX`] parameters.
    TooMany,
}

/// A text is no parameter list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{} (at byte {offset})", match rule {
    ParamRule::NoList => "no parameter list",
    ParamRule::NoClosingBar => "the list has no closing bar",
    ParamRule::NoName => "a parameter has no name",
    ParamRule::NoEquals => "a parameter has no equals sign",
    ParamRule::Separator => "a separator inside a name, a value or the client id",
    ParamRule::Duplicate => "a parameter is given twice",
    ParamRule::TooMany => "too many parameters",
})]
#[non_exhaustive]
pub struct ParamError {
    /// The rule.
    pub rule: ParamRule,
    /// Where: a byte offset into the parsed text, or the index of the parameter in a slice.
    pub offset: usize,
}

/// A client id and the parameters behind it.
///
/// ```
/// use iot_auth::{Param, ParamList};
///
/// let list = ParamList::parse("12345|securemode=3,lan=JS|WX,_ss=1|")?;
/// assert_eq!(list.client_id(), "12345");
/// assert_eq!(list.get("lan"), Some("JS|WX"));
///
/// let params = [Param::new("securemode", "3"), Param::new("ext", "1")];
/// assert_eq!(ParamList::new("12345", &params)?.to_string(), "12345|securemode=3,ext=1|");
/// # Ok::<(), iot_auth::ParamError>(())
/// ```
#[derive(Clone, Copy)]
pub struct ParamList<'a> {
    client_id: &'a str,
    form: Form<'a>,
}

#[derive(Clone, Copy)]
enum Form<'a> {
    /// What stood between the first and the last bar.
    Wire(&'a str),
    Slice(&'a [Param<'a>]),
}

impl<'a> ParamList<'a> {
    /// The most parameters a list may have; official code sends fewer than twenty.
    pub const MAX: usize = 64;

    /// Reads a client id with its parameters. A comma before the closing bar is allowed: an official SDK sends one.
    ///
    /// # Errors
    /// [`ParamError`] naming the rule and the byte.
    pub fn parse(text: &'a str) -> Result<Self, ParamError> {
        let error = |rule, offset| ParamError { rule, offset };
        let Ok((inside, client_id)) = client_id(text) else {
            return Err(error(ParamRule::NoList, text.len()));
        };
        let Some(inside) = inside.strip_suffix('|') else {
            return Err(error(ParamRule::NoClosingBar, text.len()));
        };
        let list = Self { client_id, form: Form::Wire(inside) };
        let start = client_id.len() + 1;
        let mut rest = inside;
        let mut count = 0;
        while !rest.is_empty() {
            let offset = start + inside.len() - rest.len();
            let Ok((behind, param)) = parameter(rest) else {
                let item = rest.split(',').next().unwrap_or_default();
                let bar = item.find('|').filter(|bar| item.find('=').is_none_or(|equals| *bar < equals));
                return Err(match bar {
                    _ if item.is_empty() || item.starts_with('=') => error(ParamRule::NoName, offset),
                    Some(bar) => error(ParamRule::Separator, offset + bar),
                    None => error(ParamRule::NoEquals, offset + item.len()),
                });
            };
            if list.iter().take(count).any(|earlier| earlier.name == param.name) {
                return Err(error(ParamRule::Duplicate, offset));
            }
            count += 1;
            if count > Self::MAX {
                return Err(error(ParamRule::TooMany, offset));
            }
            rest = behind;
        }
        Ok(list)
    }

    /// Puts a list together from its parts.
    ///
    /// # Errors
    /// [`ParamError`] naming the rule and the index of the parameter.
    pub fn new(client_id: &'a str, params: &'a [Param<'a>]) -> Result<Self, ParamError> {
        let error = |rule, offset| Err(ParamError { rule, offset });
        if client_id.contains('|') {
            return error(ParamRule::Separator, 0);
        }
        if params.len() > Self::MAX {
            return error(ParamRule::TooMany, Self::MAX);
        }
        for (index, param) in params.iter().enumerate() {
            if param.name.is_empty() {
                return error(ParamRule::NoName, index);
            }
            if param.name.contains(['|', ',', '=']) || param.value.contains(',') {
                return error(ParamRule::Separator, index);
            }
            if params[..index].iter().any(|earlier| earlier.name == param.name) {
                return error(ParamRule::Duplicate, index);
            }
        }
        Ok(Self { client_id, form: Form::Slice(params) })
    }

    /// What stands before the first bar.
    pub const fn client_id(&self) -> &'a str {
        self.client_id
    }

    /// The parameters, in the order they stand.
    pub fn iter(&self) -> impl Iterator<Item = Param<'a>> + use<'a> {
        let (mut wire, slice) = match self.form {
            Form::Wire(wire) => (wire, [].as_slice()),
            Form::Slice(slice) => ("", slice),
        };
        let mut slice = slice.iter();
        core::iter::from_fn(move || match parameter(wire) {
            Ok((behind, param)) => {
                wire = behind;
                Some(param)
            }
            Err(_) => slice.next().copied(),
        })
    }

    /// The value of the parameter of this name.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.iter().find(|param| param.name == name).map(|param| param.value)
    }
}

impl fmt::Debug for ParamList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ParamList({:?}, ", self.client_id)?;
        f.debug_list().entries(self.iter()).finish()?;
        f.write_str(")")
    }
}

impl PartialEq for ParamList<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.client_id == other.client_id && self.iter().eq(other.iter())
    }
}

impl Eq for ParamList<'_> {}

impl Pieces for ParamList<'_> {
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        put(self.client_id);
        let mut separator = "|";
        for param in self.iter() {
            put(separator);
            put(param.name);
            put("=");
            put(param.value);
            separator = ",";
        }
        put(if separator == "|" { "||" } else { "|" });
    }
}

impl fmt::Display for ParamList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self, f)
    }
}

/// Everything up to the first bar, and the bar.
fn client_id(text: &str) -> IResult<&str, &str> {
    terminated(take_till(|c| c == '|'), char('|')).parse(text)
}

/// One parameter and the comma behind it, if any.
fn parameter(text: &str) -> IResult<&str, Param<'_>> {
    let name = take_till1(|c| matches!(c, '=' | ',' | '|'));
    let value = take_till(|c| c == ',');
    let (rest, (name, value)) = separated_pair(name, char('='), value).parse(text)?;
    Ok((rest.strip_prefix(',').unwrap_or(rest), Param { name, value }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str) -> (ParamRule, usize) {
        let error = ParamList::parse(text).unwrap_err();
        (error.rule, error.offset)
    }

    #[test]
    fn official_shapes() {
        let list = ParamList::parse("|timestamp=1,_ss=1,ext=3,|").unwrap();
        assert_eq!(list.client_id(), "");
        assert_eq!(list.iter().count(), 3);
        assert_eq!(ParamList::parse("c||").unwrap().iter().count(), 0);
        assert_eq!(ParamList::parse("c|k=tok+/==|").unwrap().get("k"), Some("tok+/=="));
        assert_eq!(ParamList::parse("c|k=|").unwrap().get("k"), Some(""));
        assert_eq!(ParamList::parse("c|lan=JS||").unwrap().get("lan"), Some("JS|"));
    }

    #[test]
    fn each_rule() {
        assert_eq!(broken("12345"), (ParamRule::NoList, 5));
        assert_eq!(broken("12345|"), (ParamRule::NoClosingBar, 6));
        assert_eq!(broken("c|a=1"), (ParamRule::NoClosingBar, 5));
        assert_eq!(broken("c|a=1,,b=2|"), (ParamRule::NoName, 6));
        assert_eq!(broken("c|=1|"), (ParamRule::NoName, 2));
        assert_eq!(broken("c|a=1,bcd|"), (ParamRule::NoEquals, 9));
        assert_eq!(broken("c|a|b=1|"), (ParamRule::Separator, 3));
        assert_eq!(broken("c|a=1,b=2,a=1|"), (ParamRule::Duplicate, 10));
    }

    #[test]
    fn more_than_the_bound() {
        let letters = b"abcdefghijklmnopqrstuvwxyz";
        let names: [[u8; 2]; ParamList::MAX + 1] =
            core::array::from_fn(|i| [letters[i / letters.len()], letters[i % letters.len()]]);
        let params = names.each_ref().map(|name| Param::new(core::str::from_utf8(name).unwrap(), ""));
        assert_eq!(ParamList::new("c", &params).unwrap_err().rule, ParamRule::TooMany);
        let mut buf = [0; 512];
        let list = ParamList { client_id: "c", form: Form::Slice(&params) };
        assert_eq!(broken(list.write_to(&mut buf).unwrap()).0, ParamRule::TooMany);
    }
}
