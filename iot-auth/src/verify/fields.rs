//! The fields of a body, sorted in the caller's buffer.

use crate::error::Field;
use crate::identity::Device;
use crate::json::read::{PickError, Step, Value, leaves, pick};
use crate::params::Param;
use crate::refusal::Refusal;

/// Fields sorted by name, each once.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub &'a [Param<'a>]);

impl<'a> Fields<'a> {
    /// The members of a flat JSON object.
    pub(super) fn json(body: &'a mut [u8], slots: &'a mut [Param<'a>]) -> Result<Self, Refusal> {
        Self::fill(slots, |each| {
            leaves(body, &mut |steps, value| match (steps, value.text()) {
                ([Step::Key(name)], Some(value)) => each(Param { name, value }),
                _ => Err(Refusal::NotText),
            })
        })
    }

    /// The fields of a form.
    pub(super) fn form(body: &'a mut [u8], slots: &'a mut [Param<'a>]) -> Result<Self, Refusal> {
        Self::fill(slots, |each| crate::form::fields(body, each))
    }

    fn fill(
        slots: &'a mut [Param<'a>],
        read: impl FnOnce(&mut dyn FnMut(Param<'a>) -> Result<(), Refusal>) -> Result<(), Refusal>,
    ) -> Result<Self, Refusal> {
        let mut len = 0;
        read(&mut |field| {
            *slots.get_mut(len).ok_or(Refusal::TooMany)? = field;
            len += 1;
            Ok(())
        })?;
        let fields = &mut slots[..len];
        fields.sort_unstable_by_key(|field| field.name);
        let fields: &'a [Param<'a>] = fields;
        if fields.windows(2).any(|pair| pair[0].name == pair[1].name) {
            return Err(Refusal::Duplicate(Field::ParameterName));
        }
        Ok(Self(fields))
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        let found = self.0.binary_search_by_key(&name, |field| field.name);
        found.ok().map(|index| self.0[index].value)
    }

    pub(super) fn need(&self, name: &str, field: Field) -> Result<&'a str, Refusal> {
        self.get(name).ok_or(Refusal::Missing(field))
    }

    pub(super) fn device(&self) -> Result<Device<'a>, Refusal> {
        device(self.get("productKey"), self.get("deviceName"))
    }
}

/// The device a request names.
pub(super) fn device<'a>(
    product_key: Option<&'a str>,
    device_name: Option<&'a str>,
) -> Result<Device<'a>, Refusal> {
    let full =
        |text: Option<&'a str>, field| text.filter(|text| !text.is_empty()).ok_or(Refusal::Missing(field));
    Ok(Device::lenient(full(product_key, Field::ProductKey)?, full(device_name, Field::DeviceName)?)?)
}

/// The named members of a JSON object; the rest is skipped.
pub(super) fn members<'a, const N: usize>(
    body: &'a mut [u8],
    names: [(&str, Field); N],
) -> Result<[Option<&'a str>; N], Refusal> {
    let ways = names.each_ref().map(|(name, _)| core::slice::from_ref(name));
    let found = pick(body, ways).map_err(|error| match error {
        PickError::Malformed(offset) => Refusal::Malformed(offset),
        PickError::Twice(index) => Refusal::Duplicate(names[index].1),
    })?;
    Ok(found.map(|value| value.and_then(Value::text)))
}
