//! `dataType`: the nine types and their specs.

use super::{Compiler, Nesting, bytes, plain};
use crate::decimal::{Decimal, Literal};
use crate::json::{Kind, Malformed, Reader, Str, offset};
use crate::model::{Label, NONE, NumberSpec, Span, Type};
use crate::schema::{Pointer, SchemaRule};

impl Compiler<'_> {
    /// `{type, specs}`; `None` if it is wrong (and has been reported).
    pub(super) fn data_type(
        &mut self,
        r: &mut Reader<'_>,
        here: &Pointer<'_>,
        nesting: Nesting,
    ) -> Result<Option<Type>, Malformed> {
        let start = r.at();
        if r.peek() != b'{' {
            self.error(here, SchemaRule::Object, start);
            r.skip()?;
            return Ok(None);
        }
        let (mut name, mut specs, mut inner) = (None, None, None);
        if r.open(b'}') {
            loop {
                let member = r.member()?;
                match &*plain(member) {
                    "type" => name = self.text_value(r, here, "type")?,
                    "specs" => {
                        specs = Some(*r);
                        r.skip()?;
                    }
                    // Some files of third parties wrap the type of an item once more.
                    "dataType" if nesting == Nesting::Item => {
                        inner = Some(self.data_type(r, &here.name("dataType"), Nesting::WrappedItem)?);
                    }
                    _ => r.skip()?,
                }
                if !r.more(b'}')? {
                    break;
                }
            }
        }
        let Some(name) = name else {
            if inner.is_none() {
                self.error(here, SchemaRule::DataType, start);
            }
            return Ok(inner.flatten());
        };
        self.of_name(&plain(name), specs, here, start, nesting)
    }

    fn of_name(
        &mut self,
        name: &str,
        specs: Option<Reader<'_>>,
        here: &Pointer<'_>,
        start: u32,
        nesting: Nesting,
    ) -> Result<Option<Type>, Malformed> {
        let refused = match (nesting, name) {
            (Nesting::Member, "struct" | "array") => Some(SchemaRule::StructMemberType),
            (Nesting::Item | Nesting::WrappedItem, "bool" | "enum" | "date" | "array") => {
                Some(SchemaRule::ArrayItemType)
            }
            _ => None,
        };
        if let Some(rule) = refused {
            self.error(&here.name("type"), rule, start);
            return Ok(None);
        }
        let place = here.name("specs");
        match name {
            "int" | "float" | "double" => self.number(name, specs, &place),
            "text" => self.text(specs, &place),
            "date" => Ok(Some(Type::Date)),
            "bool" => self.bool(specs, &place),
            "enum" => self.enumeration(specs, &place),
            "struct" => self.structure(specs, &place, start),
            "array" => self.array(specs, &place, start),
            _ => {
                self.error(&here.name("type"), SchemaRule::Type, start);
                Ok(None)
            }
        }
    }

    fn number(
        &mut self,
        name: &str,
        specs: Option<Reader<'_>>,
        here: &Pointer<'_>,
    ) -> Result<Option<Type>, Malformed> {
        let mut spec = NumberSpec::EMPTY;
        let (mut good, mut any) = (true, false);
        if let Some(mut specs) = specs {
            let r = &mut specs;
            if self.enter(r, here, b'{', SchemaRule::Object)? {
                loop {
                    let member = r.member()?;
                    let which = match &*plain(member) {
                        "min" => NumberSpec::MIN,
                        "max" => NumberSpec::MAX,
                        "step" => NumberSpec::STEP,
                        "unit" => {
                            spec.unit = self.string(r, here, "unit")?;
                            any = true;
                            usize::MAX
                        }
                        "unitName" => {
                            spec.unit_name = self.string(r, here, "unitName")?;
                            any = true;
                            usize::MAX
                        }
                        _ => {
                            r.skip()?;
                            usize::MAX
                        }
                    };
                    if which < 3 {
                        let place = &here.name(["min", "max", "step"][which]);
                        match self.decimal(r, place)? {
                            Some(value) => {
                                good &= name != "int" || self.is_int(value, which, place, r.at());
                                spec.set(which, value);
                                any = true;
                            }
                            None => good = false,
                        }
                    }
                    if !r.more(b'}')? {
                        break;
                    }
                }
            }
            let (min, max, step) =
                (spec.get(NumberSpec::MIN), spec.get(NumberSpec::MAX), spec.get(NumberSpec::STEP));
            if good && min.zip(max).is_some_and(|(min, max)| min > max) {
                self.error(here, SchemaRule::MinAboveMax, r.at());
                good = false;
            }
            if good && step.is_some_and(|step| !is_step(min, step)) {
                self.error(&here.name("step"), SchemaRule::Step, r.at());
                good = false;
            }
        }
        if !good {
            return Ok(None);
        }
        let (min, max) = (spec.get(NumberSpec::MIN), spec.get(NumberSpec::MAX));
        let index = if any {
            self.numbers.push(spec);
            offset(self.numbers.len() - 1)
        } else {
            NONE
        };
        // Whole numbers from the ceiling of the minimum up to the floor of the maximum are inside.
        let low = min.map_or(i32::MIN, Decimal::ceil);
        let high = max.map_or(i32::MAX, Decimal::floor);
        let int = |bound: Option<Decimal>, absent| {
            bound.and_then(Decimal::to_integer).and_then(|value| i32::try_from(value).ok()).unwrap_or(absent)
        };
        Ok(Some(match name {
            "int" => Type::Int { min: int(min, i32::MIN), max: int(max, i32::MAX), spec: index },
            "float" => Type::Float { low, high, spec: index },
            _ => Type::Double { low, high, spec: index },
        }))
    }

    /// A number, written as a string or (in other vendors' files) as a number.
    fn decimal(&mut self, r: &mut Reader<'_>, here: &Pointer<'_>) -> Result<Option<Decimal>, Malformed> {
        let start = r.at();
        let value = match r.kind()? {
            Kind::String => plain(r.string()?).parse().ok(),
            Kind::Number => {
                if !self.limits.number_specs {
                    self.error(here, SchemaRule::NumberString, start);
                }
                core::str::from_utf8(r.number()?.text).ok().and_then(|text| text.parse().ok())
            }
            _ => {
                r.skip()?;
                None
            }
        };
        if value.is_none() {
            self.error(here, SchemaRule::NumberFormat, start);
        }
        Ok(value)
    }

    fn is_int(&mut self, value: Decimal, which: usize, here: &Pointer<'_>, at: u32) -> bool {
        let rule = match value.to_integer() {
            None => SchemaRule::Integer,
            Some(value) if which != NumberSpec::STEP && i32::try_from(value).is_err() => {
                SchemaRule::IntegerRange
            }
            Some(_) => return true,
        };
        self.error(here, rule, at);
        false
    }

    /// A whole number from 1 to `most`.
    fn count(
        &mut self,
        r: &mut Reader<'_>,
        here: &Pointer<'_>,
        most: u32,
        rule: SchemaRule,
    ) -> Result<Option<u32>, Malformed> {
        let start = r.at();
        let Some(value) = self.decimal(r, here)? else {
            return Ok(None);
        };
        let count = value
            .to_integer()
            .and_then(|value| u32::try_from(value).ok())
            .filter(|count| (1..=most).contains(count));
        if count.is_none() {
            self.error(here, rule, start);
        }
        Ok(count)
    }

    fn text(&mut self, specs: Option<Reader<'_>>, here: &Pointer<'_>) -> Result<Option<Type>, Malformed> {
        let most = self.limits.text_length;
        let (mut length, mut given, mut good) = (most, false, true);
        if let Some(mut specs) = specs {
            let r = &mut specs;
            if self.enter(r, here, b'{', SchemaRule::Object)? {
                loop {
                    if r.member()?.is("length") {
                        match self.count(r, &here.name("length"), most, SchemaRule::TextLength)? {
                            Some(count) => (length, given) = (count, true),
                            None => good = false,
                        }
                    } else {
                        r.skip()?;
                    }
                    if !r.more(b'}')? {
                        break;
                    }
                }
            }
        }
        Ok(good.then_some(Type::Text { length, given }))
    }

    fn bool(&mut self, specs: Option<Reader<'_>>, here: &Pointer<'_>) -> Result<Option<Type>, Malformed> {
        let Some(specs) = specs else {
            return Ok(Some(Type::Bool { labels: NONE }));
        };
        let start = specs.at();
        let first = self.labels.len();
        if !self.label_list(specs, here)? {
            return Ok(None);
        }
        let found = self.labels[first..].iter().map(|label| label.key);
        if !found.eq([0, 1])
            && (self.limits.bool_labels
                || self.labels[first..].iter().any(|label| !(0..2).contains(&label.key)))
        {
            self.error(here, SchemaRule::BoolLabels, start);
            return Ok(None);
        }
        Ok(Some(Type::Bool { labels: self.close_labels(first) }))
    }

    fn enumeration(
        &mut self,
        specs: Option<Reader<'_>>,
        here: &Pointer<'_>,
    ) -> Result<Option<Type>, Malformed> {
        let Some(specs) = specs else {
            return Ok(Some(Type::Enum { bits: [0; 2], labels: NONE }));
        };
        let start = specs.at();
        let first = self.labels.len();
        if !self.label_list(specs, here)? {
            return Ok(None);
        }
        let count = self.labels.len() - first;
        if count == 0 || count > self.limits.enum_items {
            self.error(here, if count == 0 { SchemaRule::EnumEmpty } else { SchemaRule::EnumItems }, start);
            return Ok(None);
        }
        let mut bits = [0_u32; 2];
        for label in &self.labels[first..] {
            match label.key {
                0..32 => bits[0] |= 1 << label.key,
                32..64 => bits[1] |= 1 << (label.key - 32),
                _ => {}
            }
        }
        Ok(Some(Type::Enum { bits, labels: self.close_labels(first) }))
    }

    /// `{"n": label}`, left sorted at the end of the labels. False if a key is wrong.
    fn label_list(&mut self, mut specs: Reader<'_>, here: &Pointer<'_>) -> Result<bool, Malformed> {
        let r = &mut specs;
        let (first, start) = (self.labels.len(), r.at());
        let mut good = true;
        if r.peek() != b'{' {
            self.error(here, SchemaRule::Object, start);
            return Ok(false);
        }
        if r.open(b'}') {
            loop {
                let at = r.at();
                let key = r.member()?;
                let text = self.string(r, here, &plain(key))?;
                match enum_key(key) {
                    Some(key) => self.labels.push(Label { key, text }),
                    None => {
                        self.error(&here.name(&plain(key)), SchemaRule::EnumKey, at);
                        good = false;
                    }
                }
                if !r.more(b'}')? {
                    break;
                }
            }
        }
        let labels = &mut self.labels[first..];
        if !labels.is_sorted_by_key(|label| label.key) {
            labels.sort_by_key(|label| label.key);
        }
        if labels.windows(2).any(|pair| pair[0].key == pair[1].key) {
            self.error(here, SchemaRule::EnumTwice, start);
            good = false;
        }
        if !good {
            self.labels.truncate(first);
        }
        Ok(good)
    }

    fn close_labels(&mut self, first: usize) -> u32 {
        self.label_lists.push(Span { first: offset(first), count: offset(self.labels.len() - first) });
        offset(self.label_lists.len() - 1)
    }

    fn structure(
        &mut self,
        specs: Option<Reader<'_>>,
        here: &Pointer<'_>,
        start: u32,
    ) -> Result<Option<Type>, Malformed> {
        let Some(mut specs) = specs else {
            self.error(here, SchemaRule::Specs, start);
            return Ok(None);
        };
        let open = self.open.len();
        self.members(&mut specs, here, Nesting::Member)?;
        if self.open.len() - open > self.limits.struct_members {
            self.error(here, SchemaRule::StructMembers, start);
        }
        let scope = self.close_scope(open, here, SchemaRule::StructMemberTwice);
        Ok(Some(Type::Struct { scope, wrapper_like: self.scopes[scope as usize].wrapper_like }))
    }

    fn array(
        &mut self,
        specs: Option<Reader<'_>>,
        here: &Pointer<'_>,
        start: u32,
    ) -> Result<Option<Type>, Malformed> {
        let Some(mut specs) = specs else {
            self.error(here, SchemaRule::Specs, start);
            return Ok(None);
        };
        let r = &mut specs;
        let (mut size, mut item) = (None, None);
        if self.enter(r, here, b'{', SchemaRule::Object)? {
            loop {
                match &*plain(r.member()?) {
                    "size" => {
                        let (most, rule) = (self.limits.array_size, SchemaRule::ArraySize);
                        size = Some(self.count(r, &here.name("size"), most, rule)?);
                    }
                    "item" => item = Some(self.data_type(r, &here.name("item"), Nesting::Item)?),
                    _ => r.skip()?,
                }
                if !r.more(b'}')? {
                    break;
                }
            }
        }
        if size.is_none() {
            self.error(here, SchemaRule::ArraySize, start);
        }
        if item.is_none() {
            self.error(here, SchemaRule::ArrayItem, start);
        }
        let (Some(Some(size)), Some(Some(kind))) = (size, item) else {
            return Ok(None);
        };
        self.items.push(kind);
        Ok(Some(Type::Array { size, item: offset(self.items.len() - 1) }))
    }
}

/// A step of zero means none; a finer one than decimals of ours can decide is refused.
fn is_step(min: Option<Decimal>, step: Decimal) -> bool {
    step.mantissa() == 0
        || step.mantissa() > 0 && Literal::new(b"0").on_grid(min.unwrap_or(Decimal::from(0)), step).is_some()
}

/// `0`, or digits without leading zero and an optional `-`.
fn enum_key(key: Str<'_>) -> Option<i32> {
    let text = bytes(key);
    let digits = text.strip_prefix(b"-").unwrap_or(&text);
    let plain = match digits {
        b"0" => text.len() == 1,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if plain { core::str::from_utf8(&text).ok()?.parse().ok() } else { None }
}
