//! Single values: what each type takes, and the `{value, time}` around them.

use super::{Halt, Pass, Role};
use crate::Code;
use crate::decimal::Literal;
use crate::json::{Kind, Malformed, Plain, Str, word};
use crate::model::{NONE, Scope, Type};
use crate::options::TextUnit;
use crate::violation::Rule;

/// `{"value"` and `,"time":` as words, for the way devices write them.
const VALUE: u64 = u64::from_le_bytes(*b"{\"value\"");
const TIME: u64 = u64::from_le_bytes(*b",\"time\":");

impl Pass<'_, '_> {
    /// A value of that type, where nothing stands around it.
    #[inline(never)]
    pub(super) fn value(&mut self, kind: &Type, field: u32) -> Result<(), Halt> {
        self.read(kind, field)
    }

    /// The value of an entry of a post: bare, or `{value, time}`.
    #[inline(never)]
    pub(super) fn posted(&mut self, kind: &Type, field: u32) -> Result<(), Halt> {
        let wrapped = match self.r.peek() {
            b'{' => self.is_wrapper(kind)?,
            ..=b' ' => return self.posted_after_space(kind, field),
            _ => false,
        };
        let json = self.json;
        if wrapped {
            let at = self.r.at();
            if word(json, at) != VALUE || json.get(at as usize + 8) != Some(&b':') {
                return self.wrapper_slow(kind, field);
            }
            self.r.seek(at + 9);
            self.r.open += 1;
        }
        self.read(kind, field)?;
        if !wrapped {
            return Ok(());
        }
        let timed = word(json, self.r.at()) == TIME;
        if timed {
            self.r.seek(self.r.at() + 8);
            self.time()?;
        }
        if self.r.more(b'}')? {
            return self.wrapper((true, timed), NONE, |pass| pass.value(kind, field));
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn posted_after_space(&mut self, kind: &Type, field: u32) -> Result<(), Halt> {
        self.r.space();
        self.r.kind()?;
        self.posted(kind, field)
    }

    #[inline(always)]
    fn read(&mut self, kind: &Type, field: u32) -> Result<(), Halt> {
        match (self.r.peek(), *kind) {
            (b'0'..=b'9' | b'-', _) => self.number(kind, field),
            (b'"', _) => self.string(kind, field),
            (b'{', Type::Struct { scope, .. }) => self.structure(scope),
            (b'[', Type::Array { size, item }) => self.array(size, item, field),
            _ => self.other(kind, field),
        }
    }

    #[inline(always)]
    fn number(&mut self, kind: &Type, field: u32) -> Result<(), Halt> {
        let start = self.r.at();
        match self.r.plain_number() {
            Some(number) if self.is_plainly_good(number, kind) => Ok(()),
            Some(number) if is_plainly_outside(number, kind) => self.outside(start, kind, field),
            _ => self.number_slow(start, kind, field),
        }
    }

    /// A number whose whole part lies strictly inside the bounds needs no exact look, whatever its fraction.
    #[inline(always)]
    fn is_plainly_good(&self, number: Plain, kind: &Type) -> bool {
        let Plain { whole, integral } = number;
        match *kind {
            Type::Int { min, max, .. } => {
                integral && whole >= i64::from(min) && whole <= i64::from(max) && !self.options.steps
            }
            Type::Float { low, high, .. } | Type::Double { low, high, .. } => {
                // One more on both sides for the fraction.
                let edge = i64::from(!integral);
                whole >= i64::from(low) + edge
                    && whole <= i64::from(high) - edge
                    && (!integral || self.options.integer_as_float)
                    && !self.options.steps
            }
            Type::Bool { .. } => integral && (whole == 0 || whole == 1),
            Type::Enum { bits: [low, high], .. } => {
                let bits = u64::from(low) | u64::from(high) << 32;
                integral && (0..64).contains(&whole) && bits >> whole & 1 == 1
            }
            _ => false,
        }
    }

    #[inline(always)]
    fn string(&mut self, kind: &Type, field: u32) -> Result<(), Halt> {
        let start = self.r.at();
        let text = self.r.string()?;
        let good = match *kind {
            // Neither characters nor bytes are more than what stands between the quotes.
            Type::Text { length, .. } => text.raw.len() <= length as usize,
            Type::Date => is_digits(text.raw),
            _ => false,
        };
        if good { Ok(()) } else { self.string_slow(text, start, kind, field) }
    }

    #[cold]
    #[inline(never)]
    fn outside(&mut self, start: u32, kind: &Type, field: u32) -> Result<(), Halt> {
        let (rule, code) = match kind {
            Type::Int { .. } => (Rule::Range, Code::INT),
            Type::Float { .. } => (Rule::Range, Code::FLOAT),
            Type::Double { .. } => (Rule::Range, Code::DOUBLE),
            _ => (Rule::Bool, Code::BOOL),
        };
        self.report(rule, code, start, field)
    }

    /// A number that is not plainly right: decided exactly, and told where it is wrong.
    #[cold]
    #[inline(never)]
    fn number_slow(&mut self, start: u32, kind: &Type, field: u32) -> Result<(), Halt> {
        self.r.seek(start);
        let number = self.r.number()?;
        let literal = Literal::new(number.text);
        let whole = number.integral || self.options.whole_float_as_int && literal.is_whole();
        let real = !number.integral || self.options.integer_as_float;
        let (good, rule, code) = match *kind {
            Type::Int { min, max, .. } if whole => {
                let range = i64::from(min)..=i64::from(max);
                (literal.to_integer().is_some_and(|value| range.contains(&value)), Rule::Range, Code::INT)
            }
            Type::Float { spec, .. } if real => {
                let good = self.is_inside(literal, spec) && parses_to(number.text, f32::is_finite);
                (good, Rule::Range, Code::FLOAT)
            }
            Type::Double { spec, .. } if real => {
                let good = self.is_inside(literal, spec) && parses_to(number.text, f64::is_finite);
                (good, Rule::Range, Code::DOUBLE)
            }
            Type::Bool { .. } if whole => {
                (matches!(literal.to_integer(), Some(0 | 1)), Rule::Bool, Code::BOOL)
            }
            Type::Enum { labels, .. } if whole => (self.is_key(literal, labels), Rule::Enum, Code::ENUM),
            Type::Date if self.options.number_as_date => {
                (number.integral && !number.negative, Rule::Date, Code::DATE)
            }
            _ => (false, Rule::Type, Code::TYPE),
        };
        let (good, rule) = if good { (self.is_on_step(literal, kind), Rule::Step) } else { (false, rule) };
        if good { Ok(()) } else { self.report(rule, code, start, field) }
    }

    fn is_inside(&self, literal: Literal<'_>, spec: u32) -> bool {
        let bounds = self.model.number(spec);
        bounds.min().is_none_or(|min| literal.compare(min).is_ge())
            && bounds.max().is_none_or(|max| literal.compare(max).is_le())
    }

    fn is_key(&self, literal: Literal<'_>, labels: u32) -> bool {
        let Some(key) = literal.to_integer().and_then(|key| i32::try_from(key).ok()) else {
            return false;
        };
        let labels = self.model.sorted_labels(labels);
        labels.is_none_or(|labels| labels.binary_search_by_key(&key, |label| label.key).is_ok())
    }

    fn is_on_step(&self, literal: Literal<'_>, kind: &Type) -> bool {
        let (Type::Int { spec, .. } | Type::Float { spec, .. } | Type::Double { spec, .. }) = *kind else {
            return true;
        };
        let bounds = self.model.number(spec);
        let Some(step) = bounds.step().filter(|step| self.options.steps && step.mantissa() > 0) else {
            return true;
        };
        // Compiling has refused steps that cannot be decided.
        literal.on_grid(bounds.min().unwrap_or(0.into()), step) != Some(false)
    }

    /// A string that is not plainly right.
    #[cold]
    #[inline(never)]
    fn string_slow(&mut self, text: Str<'_>, start: u32, kind: &Type, field: u32) -> Result<(), Halt> {
        let (good, rule, code) = match *kind {
            Type::Text { length, .. } => {
                let count = match (self.options.text_unit, text.escaped) {
                    (TextUnit::Bytes, false) => text.raw.len(),
                    (TextUnit::Bytes, true) => text.chars().map(char::len_utf8).sum(),
                    (TextUnit::Characters, false) => {
                        text.raw.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
                    }
                    (TextUnit::Characters, true) => text.chars().count(),
                };
                (count <= length as usize, Rule::Length, Code::TEXT)
            }
            Type::Date => {
                let digits = text.escaped && text.chars().all(|character| character.is_ascii_digit());
                (digits, Rule::Date, Code::DATE)
            }
            _ => (false, Rule::Type, Code::TYPE),
        };
        if good { Ok(()) } else { self.report(rule, code, start, field) }
    }

    /// A value that starts as none of its type does: an option may take it, else it is a violation.
    #[cold]
    #[inline(never)]
    fn other(&mut self, kind: &Type, field: u32) -> Result<(), Halt> {
        if self.r.peek() <= b' ' {
            self.r.space();
            self.r.kind()?;
            return self.value(kind, field);
        }
        let at = self.r.at();
        let (rule, code) = match (self.r.kind()?, *kind) {
            (Kind::Null, _) => (Rule::Empty, Code::EMPTY),
            (Kind::True | Kind::False, Type::Bool { .. }) if self.options.literal_as_bool => {
                return Ok(self.r.skip()?);
            }
            (Kind::True | Kind::False, Type::Bool { .. }) => (Rule::Type, Code::BOOL),
            _ => (Rule::Type, Code::TYPE),
        };
        self.report(rule, code, at, field)?;
        Ok(self.r.skip()?)
    }

    fn array(&mut self, size: u32, item: u32, field: u32) -> Result<(), Halt> {
        let start = self.r.at();
        let model = self.model;
        let Some(item) = model.items.get(item as usize) else {
            return Ok(self.r.skip()?);
        };
        let mut count = 0_u32;
        if self.r.open(b']') {
            loop {
                if count == size {
                    self.place.item = NONE;
                    self.report(Rule::Size, Code::DATA, start, field)?;
                }
                self.place.item = count;
                count = count.saturating_add(1);
                self.value(item, field)?;
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

    fn structure(&mut self, scope: u32) -> Result<(), Halt> {
        let Some(&scope) = self.model.scopes.get(scope as usize) else {
            return Ok(self.r.skip()?);
        };
        let generation = self.state.generation();
        let (mut known, mut last) = (0_u32, NONE);
        if self.r.open(b'}') {
            loop {
                self.r.go_to_name()?;
                let at = self.r.at();
                let found = self.key(scope, last)?;
                self.place.member = at;
                if let Some((index, field)) = found {
                    last = index;
                    known += u32::from(self.stamp(index, generation, at)?);
                    self.value(&field.kind, index)?;
                } else {
                    self.report(Rule::UnknownMember, Code::STRUCT, at, NONE)?;
                    self.r.space();
                    self.r.skip()?;
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

    /// Whether the object here, where a value of that type is expected, is the wrapper around it. An object whose names are
    /// only `value` and perhaps `time` is read as the wrapper first; the first name tells, unless the value is a struct with
    /// members of such a name itself.
    #[inline(always)]
    fn is_wrapper(&self, kind: &Type) -> Result<bool, Malformed> {
        match *kind {
            Type::Struct { wrapper_like: false, .. } if word(self.json, self.r.at()) == VALUE => Ok(true),
            Type::Struct { wrapper_like, .. } => self.is_struct_wrapper(wrapper_like),
            _ => Ok(true),
        }
    }

    #[cold]
    #[inline(never)]
    fn is_struct_wrapper(&self, wrapper_like: bool) -> Result<bool, Malformed> {
        let of_wrapper = |name: Str<'_>| name.is("value") || name.is("time");
        let mut r = self.r;
        if !r.open(b'}') {
            return Ok(false);
        }
        let mut name = r.member()?;
        if !wrapper_like || !of_wrapper(name) {
            return Ok(of_wrapper(name));
        }
        let (mut value, mut only) = (false, true);
        loop {
            value |= name.is("value");
            only &= of_wrapper(name);
            r.skip()?;
            if !r.more(b'}')? {
                return Ok(value && only);
            }
            name = r.member()?;
        }
    }

    /// A wrapper not written as most devices do.
    #[cold]
    #[inline(never)]
    fn wrapper_slow(&mut self, kind: &Type, field: u32) -> Result<(), Halt> {
        let start = self.r.at();
        if !self.r.open(b'}') {
            return self.report(Rule::Empty, Code::EMPTY, start, field);
        }
        self.wrapper((false, false), start, |pass| pass.value(kind, field))
    }

    /// The rest of a wrapper that starts there, from one of its names on; `value` and `time` may have been seen.
    #[cold]
    #[inline(never)]
    fn wrapper(
        &mut self,
        (mut value, mut time): (bool, bool),
        start: u32,
        mut read: impl FnMut(&mut Self) -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        let outer = self.place.key;
        loop {
            self.r.go_to_name()?;
            let at = self.r.at();
            let name = self.r.member()?;
            let is_value = name.is("value");
            let mut twice = false;
            if is_value {
                read(self)?;
                twice = core::mem::replace(&mut value, true);
            }
            // What stands around the outputs of an event has no other name than its own.
            if outer == NONE {
                self.place.key = at;
            }
            if name.is("time") {
                self.time()?;
                twice = core::mem::replace(&mut time, true);
            } else if !is_value {
                self.report(Rule::Wrapper, Code::PARAMETER, at, NONE)?;
                self.r.skip()?;
            }
            if twice && self.options.duplicates {
                self.report(Rule::Duplicate, Code::PARAMETER, at, NONE)?;
            }
            self.place.key = outer;
            if !self.r.more(b'}')? {
                break;
            }
        }
        if value { Ok(()) } else { self.report(Rule::Empty, Code::EMPTY, start, NONE) }
    }

    /// Milliseconds since 1970 UTC, as an integer.
    #[inline(always)]
    fn time(&mut self) -> Result<(), Halt> {
        if self.r.is_time_before(self.latest_head) { Ok(()) } else { self.time_slow() }
    }

    #[cold]
    #[inline(never)]
    fn time_slow(&mut self) -> Result<(), Halt> {
        self.r.space();
        let start = self.r.at();
        let rule = if self.r.kind()? == Kind::Number {
            let number = self.r.number()?;
            let time = core::str::from_utf8(number.text).ok().and_then(|text| text.parse::<i64>().ok());
            if number.integral && (number.negative || time.is_some_and(|time| time <= self.latest)) {
                return Ok(());
            }
            if number.integral { Rule::TimeAhead } else { Rule::Time }
        } else {
            Rule::Time
        };
        self.report(rule, Code::PARAMETER, start, NONE)?;
        self.r.seek(start);
        Ok(self.r.skip()?)
    }

    /// An event: `{value: {outputs}, time}`, or (as an option) the bare outputs.
    pub(super) fn event(&mut self, outputs: Scope) -> Result<(), Halt> {
        let start = self.r.at();
        if !self.is(b'{', Rule::Object, Code::SHAPE)? {
            return Ok(());
        }
        if self.options.bare_events && self.is_bare(outputs)? {
            return self.entries(outputs, Role::Parameter).map(drop);
        }
        if !self.r.open(b'}') {
            return self.report(Rule::Empty, Code::EMPTY, start, NONE);
        }
        self.wrapper((false, false), start, |pass| {
            if pass.is(b'{', Rule::Type, Code::TYPE)? {
                pass.entries(outputs, Role::Parameter)?;
            }
            Ok(())
        })
    }

    /// Whether the object here holds outputs without the wrapper around them. An empty one is a wrapper without value.
    fn is_bare(&self, outputs: Scope) -> Result<bool, Malformed> {
        let mut r = self.r;
        Ok(r.open(b'}') && !self.is_struct_wrapper(outputs.wrapper_like)?)
    }

    /// A list of points, each an object that `read` takes.
    pub(super) fn points(&mut self, mut read: impl FnMut(&mut Self) -> Result<(), Halt>) -> Result<(), Halt> {
        self.r.space();
        let at = self.r.at();
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
            self.r.space();
            self.place.point += 1;
        }
    }
}

/// A number that lies outside whatever its fraction is, and that no option takes for something else.
#[inline(always)]
fn is_plainly_outside(number: Plain, kind: &Type) -> bool {
    let Plain { whole, integral } = number;
    match *kind {
        Type::Int { min, max, .. } => integral && (whole < i64::from(min) || whole > i64::from(max)),
        Type::Bool { .. } => integral,
        // Bounds beyond 32 bits are cut to them, and say nothing here. A fraction leads away from zero.
        Type::Float { low, high, .. } | Type::Double { low, high, .. } => {
            let below = low > -i32::MAX && whole < 0 && whole < i64::from(low);
            !integral && (below || high < i32::MAX && whole > 0 && whole > i64::from(high))
        }
        _ => false,
    }
}

/// One digit at least and nothing else.
#[inline(always)]
fn is_digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// Whether the literal, rounded to the nearest number of that precision, is one that `holds`.
fn parses_to<F: core::str::FromStr>(text: &[u8], holds: fn(F) -> bool) -> bool {
    core::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).is_some_and(holds)
}
