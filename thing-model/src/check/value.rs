//! Single values: what each type takes, and the `{value, time}` around them.

use super::{Halt, Pass, Role};
use crate::Code;
use crate::decimal::Literal;
use crate::json::{Kind, Malformed, Number, Str, offset};
use crate::model::{NONE, Scope, Type};
use crate::options::TextUnit;
use crate::violation::Rule;

/// `{"value"` and `,"time":` as words, for the way devices write them.
const VALUE: u64 = u64::from_le_bytes(*b"{\"value\"");
const TIME: u64 = u64::from_le_bytes(*b",\"time\":");

impl Pass<'_, '_> {
    /// A value of that type.
    #[inline(always)]
    pub(super) fn value(&mut self, kind: Type, field: u32) -> Result<(), Halt> {
        let at = self.r.at;
        let byte = self.r.peek();
        match kind {
            Type::Int { min, max, spec } if starts_number(byte) => {
                let number = self.r.number()?;
                if number.integral && number.digits <= 10 {
                    let value = signed(&number);
                    if value < i64::from(min) || value > i64::from(max) {
                        return self.report(Rule::Range, Code::INT, at, field);
                    }
                    if !self.options.steps {
                        return Ok(());
                    }
                }
                self.int_slow(&number, (min, max), spec, at, field)
            }
            Type::Float { low, high, spec } if starts_number(byte) => {
                let number = self.r.number()?;
                if self.is_plainly_inside(&number, low, high) {
                    return Ok(());
                }
                self.number_slow(&number, spec, Code::FLOAT, at, field)
            }
            Type::Double { low, high, spec } if starts_number(byte) => {
                let number = self.r.number()?;
                if self.is_plainly_inside(&number, low, high) {
                    return Ok(());
                }
                self.number_slow(&number, spec, Code::DOUBLE, at, field)
            }
            Type::Bool { .. } if starts_number(byte) => {
                let number = self.r.number()?;
                if number.integral
                    && number.digits == 1
                    && number.whole <= 1
                    && !(number.negative && number.whole == 1)
                {
                    return Ok(());
                }
                let (rule, code) =
                    if number.integral { (Rule::Bool, Code::BOOL) } else { (Rule::Type, Code::TYPE) };
                self.report(rule, code, at, field)
            }
            Type::Enum { bits, labels } if starts_number(byte) => {
                let number = self.r.number()?;
                if number.integral && number.digits <= 2 && number.whole < 64 && !number.negative {
                    let word = bits[usize::from(number.whole >= 32)];
                    if word >> (number.whole & 31) & 1 == 1 {
                        return Ok(());
                    }
                }
                self.enum_slow(&number, labels, at, field)
            }
            Type::Text { length, .. } if byte == b'"' => {
                let text = self.r.string()?;
                // Neither characters nor bytes are more than what stands between the quotes.
                if text.raw.len() <= length as usize {
                    Ok(())
                } else {
                    self.text_slow(text, length, at, field)
                }
            }
            Type::Date if byte == b'"' => {
                let text = self.r.string()?;
                if is_digits(text) { Ok(()) } else { self.report(Rule::Date, Code::DATE, at, field) }
            }
            Type::Struct { scope } if byte == b'{' => self.structure(self.model.scopes[scope as usize]),
            Type::Array { size, item } if byte == b'[' => {
                self.array(size, self.model.items[item as usize], field)
            }
            _ => self.other(kind, field),
        }
    }

    /// A number without exponent whose whole part lies strictly inside the bounds needs no exact look, whatever its fraction.
    #[inline(always)]
    fn is_plainly_inside(&self, number: &Number<'_>, low: i32, high: i32) -> bool {
        if number.exponent
            || number.digits > 10
            || self.options.steps
            || number.integral && !self.options.integer_as_float
        {
            return false;
        }
        let value = signed(number);
        let (low, high) = (i64::from(low), i64::from(high));
        if number.integral { value >= low && value <= high } else { value > low && value < high }
    }

    #[cold]
    #[inline(never)]
    fn int_slow(
        &mut self,
        number: &Number<'_>,
        (min, max): (i32, i32),
        spec: u32,
        at: usize,
        field: u32,
    ) -> Result<(), Halt> {
        let literal = Literal::new(number.text);
        let whole = number.integral || self.options.whole_float_as_int && literal.is_whole();
        if !whole {
            return self.report(Rule::Type, Code::TYPE, at, field);
        }
        let inside =
            literal.to_integer().is_some_and(|value| (i64::from(min)..=i64::from(max)).contains(&value));
        if !inside {
            return self.report(Rule::Range, Code::INT, at, field);
        }
        self.step(literal, spec, Code::INT, at, field)
    }

    /// Range and step of a float or double, exactly.
    #[cold]
    #[inline(never)]
    fn number_slow(
        &mut self,
        number: &Number<'_>,
        spec: u32,
        code: Code,
        at: usize,
        field: u32,
    ) -> Result<(), Halt> {
        if number.integral && !self.options.integer_as_float {
            return self.report(Rule::Type, Code::TYPE, at, field);
        }
        let literal = Literal::new(number.text);
        let bounds = self.model.number(spec);
        let inside = bounds.min().is_none_or(|min| literal.compare(min).is_ge())
            && bounds.max().is_none_or(|max| literal.compare(max).is_le())
            && is_finite(number.text, code);
        if !inside {
            return self.report(Rule::Range, code, at, field);
        }
        self.step(literal, spec, code, at, field)
    }

    fn step(
        &mut self,
        literal: Literal<'_>,
        spec: u32,
        code: Code,
        at: usize,
        field: u32,
    ) -> Result<(), Halt> {
        let bounds = self.model.number(spec);
        let Some(step) = bounds.step().filter(|step| self.options.steps && step.mantissa() > 0) else {
            return Ok(());
        };
        // Compiling has refused steps that cannot be decided.
        if literal.on_grid(bounds.min().unwrap_or(0.into()), step) == Some(false) {
            return self.report(Rule::Step, code, at, field);
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn enum_slow(&mut self, number: &Number<'_>, labels: u32, at: usize, field: u32) -> Result<(), Halt> {
        if !number.integral {
            return self.report(Rule::Type, Code::TYPE, at, field);
        }
        let key = if number.digits <= 10 { i32::try_from(signed(number)).ok() } else { None };
        let known = match (key, self.model.sorted_labels(labels)) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(key), Some(labels)) => labels.binary_search_by_key(&key, |label| label.key).is_ok(),
        };
        if known { Ok(()) } else { self.report(Rule::Enum, Code::ENUM, at, field) }
    }

    #[cold]
    #[inline(never)]
    fn text_slow(&mut self, text: Str<'_>, length: u32, at: usize, field: u32) -> Result<(), Halt> {
        let count = match (self.options.text_unit, text.escaped) {
            (TextUnit::Bytes, false) => text.raw.len(),
            (TextUnit::Bytes, true) => text.chars().map(char::len_utf8).sum(),
            (TextUnit::Characters, false) => text.raw.iter().filter(|byte| **byte & 0xC0 != 0x80).count(),
            (TextUnit::Characters, true) => text.chars().count(),
        };
        if count <= length as usize { Ok(()) } else { self.report(Rule::Length, Code::TEXT, at, field) }
    }

    /// A value that does not start as its type does: an option may take it, else it is a violation.
    #[cold]
    #[inline(never)]
    fn other(&mut self, kind: Type, field: u32) -> Result<(), Halt> {
        let at = self.r.at;
        let (rule, code) = match (self.r.kind()?, kind) {
            (Kind::Null, _) => (Rule::Empty, Code::EMPTY),
            (Kind::True | Kind::False, Type::Bool { .. }) if self.options.literal_as_bool => {
                return Ok(self.r.skip()?);
            }
            (Kind::True | Kind::False, Type::Bool { .. }) => (Rule::Type, Code::BOOL),
            (Kind::Number, Type::Date) if self.options.number_as_date => {
                let number = self.r.number()?;
                if number.integral && !number.negative {
                    return Ok(());
                }
                return self.report(Rule::Date, Code::DATE, at, field);
            }
            _ => (Rule::Type, Code::TYPE),
        };
        self.report(rule, code, at, field)?;
        Ok(self.r.skip()?)
    }

    fn array(&mut self, size: u32, item: Type, field: u32) -> Result<(), Halt> {
        let start = self.r.at;
        let mut count = 0_u32;
        if self.r.open(b']') {
            loop {
                self.place.item = count;
                if count == size {
                    self.place.item = NONE;
                    self.report(Rule::Size, Code::DATA, start, field)?;
                    self.place.item = count;
                }
                count = count.saturating_add(1);
                self.item(item, field)?;
                if !self.r.more(b']')? {
                    break;
                }
            }
            self.place.item = NONE;
        }
        if self.options.exact_arrays && count < size {
            self.report(Rule::SizeShort, Code::DATA, start, field)?;
        }
        Ok(())
    }

    /// An item is never an array, so this does not call itself through [`Pass::array`].
    fn item(&mut self, kind: Type, field: u32) -> Result<(), Halt> {
        self.value(kind, field)
    }

    fn structure(&mut self, scope: Scope) -> Result<(), Halt> {
        let generation = self.state.generation();
        let (mut known, mut last) = (0_u32, NONE);
        if self.r.open(b'}') {
            loop {
                let at = self.r.at;
                let found = self.key(scope, last)?;
                self.r.colon()?;
                self.place.member = offset(at);
                match found {
                    Some(index) => {
                        last = index;
                        known += u32::from(self.stamp_new(index, generation, at)?);
                        let model = self.model;
                        if let Some(field) = model.fields.get(index as usize) {
                            self.member(field.kind, index)?;
                        }
                    }
                    None => {
                        self.report(Rule::UnknownMember, Code::STRUCT, at, NONE)?;
                        self.r.skip()?;
                    }
                }
                if !self.r.more(b'}')? {
                    break;
                }
            }
            self.place.member = NONE;
        }
        if self.options.complete && known < scope.fields.count {
            self.missing(scope, generation, Code::STRUCT)?;
        }
        Ok(())
    }

    /// A member is a scalar.
    fn member(&mut self, kind: Type, field: u32) -> Result<(), Halt> {
        self.value(kind, field)
    }

    /// An object where a property's value belongs: the wrapper, unless the property is a struct and the object its value.
    pub(super) fn posted_object(&mut self, kind: Type, field: u32) -> Result<(), Halt> {
        if let Type::Struct { scope } = kind
            && !self.is_wrapper(self.model.scopes[scope as usize])?
        {
            return self.value(kind, field);
        }
        let start = self.r.at;
        if self.r.word(start) == VALUE && self.r.byte(start + 8) == b':' {
            self.r.at = start + 9;
            self.r.open += 1;
            self.r.space();
            self.value(kind, field)?;
            if self.r.word(self.r.at) == TIME {
                self.r.at += 8;
                self.r.space();
                self.time()?;
                if !self.r.more(b'}')? {
                    return Ok(());
                }
                return self.wrapper(start, (true, true), |pass| pass.value(kind, field));
            }
            if !self.r.more(b'}')? {
                return Ok(());
            }
            return self.wrapper(start, (true, false), |pass| pass.value(kind, field));
        }
        if !self.r.open(b'}') {
            return self.report(Rule::Empty, Code::EMPTY, start, field);
        }
        self.wrapper(start, (false, false), |pass| pass.value(kind, field))
    }

    /// Whether the object here, where a struct with those members is expected, is the wrapper around it. An object whose names
    /// are only `value` and perhaps `time` is read as the wrapper first; the first name tells, unless the struct has members of
    /// such a name itself.
    fn is_wrapper(&self, members: Scope) -> Result<bool, Malformed> {
        let mut r = self.r;
        if !r.open(b'}') {
            return Ok(false);
        }
        let envelope = |name: Str<'_>| name.is("value") || name.is("time");
        if !envelope(r.member()?) {
            return Ok(false);
        }
        if !self.has(members, "value") && !self.has(members, "time") {
            return Ok(true);
        }
        let mut r = self.r;
        r.open(b'}');
        let (mut value, mut only) = (false, true);
        loop {
            let name = r.member()?;
            value |= name.is("value");
            only &= envelope(name);
            r.skip()?;
            if !r.more(b'}')? {
                return Ok(value && only);
            }
        }
    }

    fn has(&self, scope: Scope, name: &str) -> bool {
        self.model.find_field(scope, self.model.seed.hash(name.as_bytes()), name.as_bytes()).is_some()
    }

    /// The rest of a wrapper, from one of its names on. `seen` are `value` and `time`.
    #[cold]
    #[inline(never)]
    fn wrapper(
        &mut self,
        start: usize,
        (mut value, mut time): (bool, bool),
        mut read: impl FnMut(&mut Self) -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        loop {
            let at = self.r.at;
            let name = self.r.member()?;
            let twice = if name.is("value") {
                read(self)?;
                core::mem::replace(&mut value, true)
            } else if name.is("time") {
                self.time()?;
                core::mem::replace(&mut time, true)
            } else {
                self.report(Rule::Wrapper, Code::PARAMETER, at, NONE)?;
                self.r.skip()?;
                false
            };
            if twice && self.options.duplicates {
                self.report(Rule::Duplicate, Code::PARAMETER, at, NONE)?;
            }
            if !self.r.more(b'}')? {
                break;
            }
        }
        if value { Ok(()) } else { self.report(Rule::Empty, Code::EMPTY, start, NONE) }
    }

    /// Milliseconds since 1970 UTC, as an integer.
    #[inline(always)]
    fn time(&mut self) -> Result<(), Halt> {
        let at = self.r.at;
        if !starts_number(self.r.peek()) {
            self.r.kind()?;
            self.report(Rule::Time, Code::PARAMETER, at, NONE)?;
            return Ok(self.r.skip()?);
        }
        let number = self.r.number()?;
        if !number.integral {
            return self.report(Rule::Time, Code::PARAMETER, at, NONE);
        }
        if !number.negative && (number.whole > self.latest || number.digits > 19) {
            return self.report(Rule::TimeAhead, Code::PARAMETER, at, NONE);
        }
        Ok(())
    }

    /// An event: `{value: {outputs}, time}`, or (as an option) the bare outputs.
    pub(super) fn event(&mut self, outputs: Scope) -> Result<(), Halt> {
        let start = self.r.at;
        if !self.is(b'{', Rule::Object, Code::SHAPE)? {
            return Ok(());
        }
        if self.options.bare_events && self.is_bare(outputs)? {
            return self.entries(outputs, Role::Parameter).map(drop);
        }
        if !self.r.open(b'}') {
            return self.report(Rule::Empty, Code::EMPTY, start, NONE);
        }
        self.wrapper(start, (false, false), |pass| {
            if pass.is(b'{', Rule::Type, Code::TYPE)? {
                pass.entries(outputs, Role::Parameter)?;
            }
            Ok(())
        })
    }

    /// Whether the object here holds outputs without the wrapper around them. An empty one is a wrapper without value.
    fn is_bare(&self, outputs: Scope) -> Result<bool, Malformed> {
        let mut r = self.r;
        if !r.open(b'}') {
            return Ok(false);
        }
        let first = r.member()?;
        if !first.is("value") && !first.is("time") {
            return Ok(true);
        }
        Ok((self.has(outputs, "value") || self.has(outputs, "time")) && !self.is_wrapper(outputs)?)
    }

    /// A list of points, each an object that `read` takes.
    pub(super) fn points(&mut self, mut read: impl FnMut(&mut Self) -> Result<(), Halt>) -> Result<(), Halt> {
        let at = self.r.at;
        if !self.is(b'[', Rule::Array, Code::TYPE)? {
            return Ok(());
        }
        if !self.r.open(b']') {
            return self.report(Rule::NoEntry, Code::LIST_EMPTY, at, NONE);
        }
        self.place.point = 0;
        loop {
            read(self)?;
            if !self.r.more(b']')? {
                self.place.point = NONE;
                return Ok(());
            }
            self.place.point += 1;
        }
    }
}

#[inline(always)]
const fn starts_number(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'-'
}

/// The part before the point, with its sign; at most ten digits.
#[inline(always)]
const fn signed(number: &Number<'_>) -> i64 {
    let value = number.whole.cast_signed();
    if number.negative { -value } else { value }
}

/// One digit at least and nothing else.
#[inline(always)]
fn is_digits(text: Str<'_>) -> bool {
    let all = |raw: &[u8]| !raw.is_empty() && raw.iter().all(u8::is_ascii_digit);
    if text.escaped { text.chars().all(|character| character.is_ascii_digit()) } else { all(text.raw) }
}

/// Whether the literal is a finite number of that precision.
fn is_finite(text: &[u8], code: Code) -> bool {
    let text = core::str::from_utf8(text).unwrap_or("");
    if code == Code::FLOAT {
        text.parse::<f32>().is_ok_and(f32::is_finite)
    } else {
        text.parse::<f64>().is_ok_and(f64::is_finite)
    }
}
