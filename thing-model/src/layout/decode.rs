//! Frames to JSON: one walk over the fields that checks everything and, when asked, writes values on the way.
//!
//! A frame is walked once in silence before anything is written, then once for each place of the template; a walk
//! keeps nothing but its position and the lengths earlier fields gave, so nothing is allocated for a good frame.

use core::fmt::Write;
use core::ops::Range;

use super::describe::{Endian, Trailing};
use super::error::{DecodeError, DecodeRule};
use super::expr::Linear;
use super::json;
use super::node::{CHECKS, Field, Frame, Guard, Kind, List, Part, REGISTERS, Size, Slot};
use super::number::{Meaning, Number, Word};
use super::sink::Sink;
use super::template::{self, Source, Supplied};

/// The frame of `frames` that `bytes` belongs to: the first without a contradiction to its length or constants.
pub(super) fn pick<'l>(frames: &'l [Frame], bytes: &[u8]) -> Result<&'l Frame, DecodeError> {
    let mut furthest = 0;
    for frame in frames {
        let differs =
            |guard: &&Guard| bytes.get(guard.at).is_some_and(|byte| byte & guard.mask != guard.value);
        match frame.guards.iter().find(differs) {
            Some(guard) => furthest = furthest.max(guard.at),
            None if (frame.length.0..=frame.length.1).contains(&bytes.len()) => return Ok(frame),
            None => furthest = furthest.max(bytes.len().min(frame.length.1)),
        }
    }
    Err(DecodeError::new(DecodeRule::NoFrame, furthest))
}

/// Checks `bytes` against `frame`, then writes its JSON.
pub(super) fn write(
    frame: &Frame,
    bytes: &[u8],
    arguments: Supplied<'_>,
    out: &mut dyn Write,
) -> Result<(), DecodeError> {
    let reader = Reader { frame, bytes, checked: false };
    let end =
        reader.list(&frame.list, &frame.scope, 0, bytes.len(), Want::Nothing, &mut Sink::silent(out))?;
    if end < bytes.len() && frame.trailing == Trailing::Reject {
        return Err(DecodeError::new(DecodeRule::Trailing(bytes.len() - end), end));
    }
    let reader = Reader { checked: true, ..reader };
    template::write(&frame.template, &reader, arguments, &mut Sink::new(out))
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    frame: &'a Frame,
    bytes: &'a [u8],
    /// All is known to be right: what nobody wants need not be looked at.
    checked: bool,
}

/// Which values of a scope a walk is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    Nothing,
    /// Members of an object; whether one was written.
    All {
        comma: bool,
    },
    One(usize),
}

impl Want {
    fn is_for(self, slot: Option<usize>, scope: &[Slot]) -> bool {
        match (self, slot) {
            (Self::All { .. }, Some(slot)) => scope[slot].among_all,
            (Self::One(wanted), Some(slot)) => wanted == slot,
            _ => false,
        }
    }

    /// Whether a field has something of what is wanted.
    fn is_in(self, slots: &Range<usize>, scope: &[Slot]) -> bool {
        slots.clone().any(|slot| self.is_for(Some(slot), scope))
    }
}

impl Source for Reader<'_> {
    type Fault = DecodeError;

    fn slot(&self, slot: usize, sink: &mut Sink<'_>) -> Result<(), DecodeError> {
        self.list(&self.frame.list, &self.frame.scope, 0, self.bytes.len(), Want::One(slot), sink)?;
        Ok(())
    }

    fn all(&self, sink: &mut Sink<'_>) -> Result<(), DecodeError> {
        self.object(&self.frame.list, &self.frame.scope, 0, self.bytes.len(), sink)?;
        Ok(())
    }
}

/// A fault that begins at `at`.
fn fault<T>(rule: DecodeRule, at: usize) -> Result<T, DecodeError> {
    Err(DecodeError::new(rule, at))
}

/// Writes what a slot holds, if it is wanted: as a member, or just so.
fn show<T>(
    slot: Option<usize>,
    scope: &[Slot],
    want: &mut Want,
    sink: &mut Sink<'_>,
    write: impl FnOnce(&mut Sink<'_>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    match (*want, slot) {
        (Want::All { comma }, Some(slot)) if want.is_for(Some(slot), scope) => {
            let (result, wrote) = sink.member(&scope[slot].name, comma, write);
            *want = Want::All { comma: comma || wrote };
            result
        }
        _ if want.is_for(slot, scope) => write(sink),
        _ => sink.quietly(write),
    }
}

impl Reader<'_> {
    fn object(
        self,
        list: &List,
        scope: &[Slot],
        start: usize,
        end: usize,
        sink: &mut Sink<'_>,
    ) -> Result<usize, DecodeError> {
        sink.raw('{')?;
        let want = if sink.is_silent() { Want::Nothing } else { Want::All { comma: false } };
        let (end, _) = self.fields(list, scope, start, end, want, sink)?;
        sink.raw('}')?;
        Ok(end)
    }

    fn list(
        self,
        list: &List,
        scope: &[Slot],
        start: usize,
        end: usize,
        want: Want,
        sink: &mut Sink<'_>,
    ) -> Result<usize, DecodeError> {
        self.fields(list, scope, start, end, want, sink).map(|(end, _)| end)
    }

    /// Walks the fields from `start`; they must not reach past `end`. Answers where they end.
    fn fields(
        self,
        list: &List,
        scope: &[Slot],
        start: usize,
        end: usize,
        mut want: Want,
        sink: &mut Sink<'_>,
    ) -> Result<(usize, Want), DecodeError> {
        let mut at = start;
        let mut registers = [0; REGISTERS];
        let mut covered = [(0, 0); CHECKS];
        let mut stored = [0; CHECKS];
        for (index, field) in list.fields.iter().enumerate() {
            if field.optional && end.saturating_sub(field.tail) <= at.saturating_add(field.gap) {
                continue;
            }
            let from = self.skip(at, field.gap, end).map_err(|error| error.within(&field.label))?;
            let wanted = !self.checked || want.is_in(&field.slots, scope);
            if let (false, Some(size), None) = (wanted, field.fixed, field.register) {
                at = from + size;
                continue;
            }
            at = self
                .field(field, scope, from, end, &mut registers, &mut want, sink)
                .map_err(|error| error.within(&field.label))?;
            if wanted && matches!(want, Want::One(_)) {
                return Ok((at, want));
            }
            if self.checked {
                continue;
            }
            for (check, (covered, stored)) in list.checks.iter().zip(covered.iter_mut().zip(&mut stored)) {
                if check.from == index {
                    covered.0 = from;
                }
                if check.until == index {
                    covered.1 = at;
                }
                if check.field == index {
                    *stored = from;
                }
            }
        }
        let unchecked = if self.checked { &[][..] } else { &list.checks };
        for (check, ((from, until), stored)) in unchecked.iter().zip(covered.into_iter().zip(stored)) {
            let computed = check.algorithm.run(&self.bytes[from..until]);
            let word = check.word.read(&self.bytes[stored..stored + check.word.bytes]);
            if word != i128::from(computed) {
                let rule = DecodeRule::Checksum { stored: u32::try_from(word).unwrap_or(u32::MAX), computed };
                return Err(DecodeError::new(rule, stored).within(&list.fields[check.field].label));
            }
        }
        Ok((at, want))
    }

    fn skip(self, at: usize, count: usize, end: usize) -> Result<usize, DecodeError> {
        match at.checked_add(count) {
            Some(after) if after <= end => Ok(after),
            _ => fault(
                DecodeRule::Short { needed: u64::try_from(count).unwrap_or(u64::MAX), left: end - at },
                at,
            ),
        }
    }

    /// Walks one field, with all its elements.
    #[expect(clippy::too_many_arguments, reason = "the state of a walk, on the stack")]
    fn field(
        self,
        field: &Field,
        scope: &[Slot],
        at: usize,
        end: usize,
        registers: &mut [i128; REGISTERS],
        want: &mut Want,
        sink: &mut Sink<'_>,
    ) -> Result<usize, DecodeError> {
        // Parts of words and of merged groups have slots of their own.
        if matches!(field.kind, Kind::Bits(..) | Kind::Group { scope: None, .. }) && field.repeat.is_none() {
            return self.element(field, scope, at, end, registers, want, sink);
        }
        show(field.slot, scope, want, sink, |sink| match field.repeat {
            None => self.element(field, scope, at, end, registers, &mut Want::Nothing, sink),
            Some(count) => self.elements(field, count, scope, at, end, registers, sink),
        })
    }

    #[expect(clippy::too_many_arguments, reason = "the state of a walk, on the stack")]
    fn elements(
        self,
        field: &Field,
        count: Size,
        scope: &[Slot],
        at: usize,
        end: usize,
        registers: &mut [i128; REGISTERS],
        sink: &mut Sink<'_>,
    ) -> Result<usize, DecodeError> {
        let (mut at, count) = self.count(count, at, end, registers)?;
        let end = if count.is_none() { at.max(end.saturating_sub(field.tail)) } else { end };
        let least = u64::try_from(field.least).unwrap_or(u64::MAX);
        if let Some(count) = count
            && count.saturating_mul(least) > u64::try_from(end - at).unwrap_or(0)
        {
            return fault(DecodeRule::Short { needed: count.saturating_mul(least), left: end - at }, at);
        }
        sink.raw('[')?;
        let mut index = 0;
        while count.map_or(at < end, |count| index < count) {
            if index > 0 {
                sink.raw(',')?;
            }
            at = self
                .element(field, scope, at, end, registers, &mut Want::Nothing, sink)
                .map_err(|error| error.within(&alloc::format!("[{index}]")))?;
            index += 1;
        }
        sink.raw(']')?;
        Ok(at)
    }

    /// A length or count and where it ends; `None` for "the rest".
    fn count(
        self,
        size: Size,
        at: usize,
        end: usize,
        registers: &[i128; REGISTERS],
    ) -> Result<(usize, Option<u64>), DecodeError> {
        let count = |raw: i128, linear: Linear, at| {
            let count = raw * i128::from(linear.times) + i128::from(linear.plus);
            u64::try_from(count)
                .map_or_else(|_| fault(DecodeRule::Length(count), at), |count| Ok(Some(count)))
        };
        match size {
            Size::Fixed(count) => Ok((at, u64::try_from(count).ok())),
            Size::Rest => Ok((at, None)),
            Size::Prefix(word, linear) => {
                let after = self.skip(at, word.bytes, end)?;
                Ok((after, count(word.read(&self.bytes[at..after]), linear, at)?))
            }
            Size::Register(register, linear) => Ok((at, count(registers[register], linear, at)?)),
        }
    }

    /// The extent of something with a size.
    fn extent(
        self,
        size: Size,
        field: &Field,
        at: usize,
        end: usize,
        registers: &[i128; REGISTERS],
    ) -> Result<(usize, usize), DecodeError> {
        let (at, size) = self.count(size, at, end, registers)?;
        let left = end.saturating_sub(at);
        match size {
            None => Ok((at, at.max(end.saturating_sub(field.tail)))),
            Some(size) => match usize::try_from(size) {
                Ok(size) if size <= left => Ok((at, at + size)),
                _ => fault(DecodeRule::Short { needed: size, left }, at),
            },
        }
    }

    /// Walks one element of a field.
    #[expect(clippy::too_many_arguments, reason = "the state of a walk, on the stack")]
    fn element(
        self,
        field: &Field,
        scope: &[Slot],
        at: usize,
        end: usize,
        registers: &mut [i128; REGISTERS],
        want: &mut Want,
        sink: &mut Sink<'_>,
    ) -> Result<usize, DecodeError> {
        match &field.kind {
            Kind::Int(word, number) => {
                let after = self.skip(at, word.bytes, end)?;
                let raw = word.read(&self.bytes[at..after]);
                if let Some(register) = field.register {
                    registers[register] = raw;
                }
                number_value(number, raw, at, field.repeat.is_some(), sink)?;
                Ok(after)
            }
            Kind::Bcd(size, endian, number) => {
                let after = self.skip(at, *size, end)?;
                let mut raw = 0;
                for digit in digits(&self.bytes[at..after], *endian) {
                    raw = raw * 10 + i128::from(decimal(digit, at)?);
                }
                number_value(number, raw, at, field.repeat.is_some(), sink)?;
                Ok(after)
            }
            Kind::Digits(size, endian) => {
                let after = self.skip(at, *size, end)?;
                let bytes = &self.bytes[at..after];
                for digit in digits(bytes, *endian) {
                    decimal(digit, at)?;
                }
                sink.string(|out| {
                    digits(bytes, *endian).try_for_each(|digit| out.write_char(char::from(b'0' + digit)))
                })?;
                Ok(after)
            }
            Kind::Float { word, absent } => {
                let after = self.skip(at, word.bytes, end)?;
                float(*word, *absent, &self.bytes[at..after], at, field.repeat.is_some(), sink)?;
                Ok(after)
            }
            Kind::Bits(word, parts) => {
                let after = self.skip(at, word.bytes, end)?;
                let raw = word.read(&self.bytes[at..after]);
                for part in parts {
                    show(part.slot, scope, want, sink, |sink| bits(part, raw, at, sink))?;
                }
                Ok(after)
            }
            Kind::Text { size, pad } => {
                let (from, until) = self.extent(*size, field, at, end, registers)?;
                let mut bytes = &self.bytes[from..until];
                while let (Some(pad), [rest @ .., last]) = (pad, bytes)
                    && last == pad
                {
                    bytes = rest;
                }
                let text = core::str::from_utf8(bytes)
                    .or_else(|error| fault(DecodeRule::Utf8, from + error.valid_up_to()))?;
                sink.text(text)?;
                Ok(until)
            }
            Kind::Bytes(size) => {
                let (from, until) = self.extent(*size, field, at, end, registers)?;
                sink.string(|out| {
                    self.bytes[from..until].iter().try_for_each(|byte| write!(out, "{byte:02x}"))
                })?;
                Ok(until)
            }
            Kind::Json { size, probes } => {
                let (from, until) = self.extent(*size, field, at, end, registers)?;
                let node = json::Node::parse(&self.bytes[from..until]).or_else(|malformed| {
                    let offset = usize::try_from(malformed.offset).unwrap_or(usize::MAX);
                    fault(DecodeRule::Json(malformed.rule), from.saturating_add(offset))
                })?;
                for (path, register) in probes {
                    registers[*register] =
                        node.integer(path).map_or_else(|| fault(DecodeRule::JsonLength, from), Ok)?;
                }
                sink.raw(node.raw())?;
                Ok(until)
            }
            Kind::Constant(expected) => {
                for (at, expected) in (at..).zip(expected) {
                    match self.bytes[..end].get(at) {
                        None => return fault(DecodeRule::Short { needed: 1, left: 0 }, at),
                        Some(byte) if byte != expected => return fault(DecodeRule::Constant, at),
                        Some(_) => {}
                    }
                }
                Ok(at + expected.len())
            }
            Kind::Skip(size) | Kind::Check(size) => self.skip(at, *size, end),
            Kind::Group { size, list, scope: own } => {
                let (from, until) = match size {
                    Some(size) => self.extent(*size, field, at, end, registers)?,
                    None => (at, end),
                };
                let after = match own {
                    Some(own) => self.object(list, own, from, until, sink)?,
                    None => {
                        let (after, wanted) = self.fields(list, scope, from, until, *want, sink)?;
                        *want = wanted;
                        after
                    }
                };
                if size.is_none() {
                    return Ok(after);
                }
                if after < until && !self.checked {
                    return fault(DecodeRule::Trailing(until - after), after);
                }
                Ok(until)
            }
        }
    }
}

/// Writes what a raw value means. In an array there must be something: `null` for "none".
fn number_value(
    number: &Number,
    raw: i128,
    at: usize,
    repeated: bool,
    sink: &mut Sink<'_>,
) -> Result<(), DecodeError> {
    match number.meaning(raw).or_else(|rule| fault(rule, at))? {
        Meaning::Absent if repeated => sink.raw("null")?,
        Meaning::Absent => {}
        Meaning::Number(value) => sink.raw(value)?,
        Meaning::Literal(literal) => sink.literal(literal)?,
    }
    Ok(())
}

fn bits(part: &Part, word: i128, at: usize, sink: &mut Sink<'_>) -> Result<(), DecodeError> {
    number_value(&part.number, part.read(word), at, false, sink).map_err(|mut error| {
        error.bits = Some((part.low, part.high));
        error.within(&part.label)
    })
}

fn float(
    word: Word,
    absent: bool,
    bytes: &[u8],
    at: usize,
    repeated: bool,
    sink: &mut Sink<'_>,
) -> Result<(), DecodeError> {
    let bits = word.read(bytes);
    // Single precision is written with the digits that make it out among its like, not widened first.
    let single = u32::try_from(bits).map(f32::from_bits).ok().filter(|_| word.bytes == 4);
    let value = match single {
        Some(single) => f64::from(single),
        None => f64::from_bits(u64::try_from(bits).unwrap_or_default()),
    };
    if value.is_nan() && absent {
        if repeated {
            sink.raw("null")?;
        }
        return Ok(());
    }
    if !value.is_finite() {
        return fault(DecodeRule::NotFinite, at);
    }
    match single {
        Some(single) => sink.raw(format_args!("{single:?}"))?,
        None => sink.raw(format_args!("{value:?}"))?,
    }
    Ok(())
}

/// The digits of a packed decimal, most significant first.
fn digits(bytes: &[u8], endian: Endian) -> impl Iterator<Item = u8> {
    let place = move |at: usize| if endian == Endian::Little { bytes.len() - 1 - at } else { at };
    (0..bytes.len()).map(move |at| bytes[place(at)]).flat_map(|byte| [byte >> 4, byte & 15])
}

fn decimal(digit: u8, at: usize) -> Result<u8, DecodeError> {
    if digit < 10 { Ok(digit) } else { fault(DecodeRule::Digit, at) }
}
