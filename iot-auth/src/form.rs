//! `application/x-www-form-urlencoded`, read in place.

use core::mem;

use crate::params::Param;
use crate::percent;
use crate::refusal::Refusal;

/// Decodes a form or query in place, calling `each` with every field.
pub(crate) fn fields<'a>(
    form: &'a mut [u8],
    mut each: impl FnMut(Param<'a>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let mut rest = form;
    let mut offset = 0;
    while !rest.is_empty() {
        let end = rest.iter().position(|b| *b == b'&').unwrap_or(rest.len());
        let (field, behind) = mem::take(&mut rest).split_at_mut(end);
        rest = behind.get_mut(1..).unwrap_or_default();
        let equals = field.iter().position(|b| *b == b'=').ok_or(Refusal::Malformed(offset + end))?;
        let (name, value) = field.split_at_mut(equals);
        let name = percent::decode(name).map_err(|at| Refusal::Malformed(offset + at))?;
        let value =
            percent::decode(&mut value[1..]).map_err(|at| Refusal::Malformed(offset + equals + 1 + at))?;
        each(Param { name, value })?;
        offset += end + 1;
    }
    Ok(())
}

/// The values of the named fields; whatever else the form holds is skipped. A field that stands twice is given back by its number.
pub(crate) fn pick<'a, const N: usize>(
    form: &'a mut [u8],
    names: [&str; N],
) -> Result<([Option<&'a str>; N], Option<usize>), Refusal> {
    let mut found = [None; N];
    let mut twice = None;
    fields(form, |field| {
        let index = names.iter().position(|name| *name == field.name);
        if let Some(index) = index
            && found[index].replace(field.value).is_some()
        {
            twice = Some(index);
        }
        Ok(())
    })?;
    Ok((found, twice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_in_place() {
        let mut form = *b"productKey=a1&deviceName=d%3A1%40x&empty=";
        let (found, twice) = pick(&mut form, ["deviceName", "empty", "none"]).unwrap();
        assert_eq!((found, twice), ([Some("d:1@x"), Some(""), None], None));
    }

    #[test]
    fn what_is_malformed() {
        assert_eq!(pick(&mut b"a=1&b".map(|b| b), ["a"]).unwrap_err(), Refusal::Malformed(5));
        assert_eq!(pick(&mut b"a=1&b=%zz".map(|b| b), ["a"]).unwrap_err(), Refusal::Malformed(6));
        assert_eq!(pick(&mut b"a=1&a=2".map(|b| b), ["a"]).unwrap().1, Some(0));
    }
}
