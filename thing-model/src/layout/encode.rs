//! JSON to frames: the template finds a value for each field, then the fields are written in order.
//!
//! Lengths and checksums stand before what they are made from, so their bytes are kept free and filled in later.

use alloc::format;
use alloc::vec::Vec;

use super::describe::Endian;
use super::error::{EncodeError, EncodeRule};
use super::expr::Linear;
use super::json;
use super::node::{CHECKS, Field, Frame, Kind, List, MAX_BYTES, REGISTERS, Size, Slot};
use super::number::{Given, Number, Word};
use super::template::Binding;

/// Appends the first of `frames` whose template has a place for all of `json`; answers which.
///
/// `out` is unchanged on an error, which is that of the frame that came closest.
pub(super) fn write<'l>(
    frames: &'l [Frame],
    json: &[u8],
    out: &mut Vec<u8>,
) -> Result<&'l Frame, EncodeError> {
    let node = json::Node::parse(json)?;
    let mut closest: Option<(usize, EncodeError)> = None;
    for frame in frames {
        let mut binding = Binding::new(&frame.scope);
        match binding.template(&frame.template, &frame.scope, node) {
            Ok(()) => {
                let base = out.len();
                let mut writer = Writer { out, base, at: node.at() };
                return match writer.list(&frame.list, &frame.scope, &binding.given) {
                    Ok(()) => Ok(frame),
                    Err(mut error) => {
                        out.truncate(base);
                        error.frame = Some(frame.name.clone());
                        Err(error)
                    }
                };
            }
            Err(mut error) if closest.as_ref().is_none_or(|(score, _)| binding.score > *score) => {
                error.frame = (frames.len() == 1 || binding.score > 0).then(|| frame.name.clone());
                closest = Some((binding.score, error));
            }
            Err(_) => {}
        }
    }
    Err(closest.map_or_else(|| EncodeError::new(EncodeRule::Unknown, node.at()), |(_, error)| error))
}

struct Writer<'o> {
    out: &'o mut Vec<u8>,
    /// Where in `out` the frame begins.
    base: usize,
    /// Where in the JSON the object is that is being written.
    at: usize,
}

/// A field whose value is a length that is not known yet, or is.
#[derive(Clone, Copy)]
enum Length {
    Unset,
    /// Bytes kept free.
    Free(usize, Word),
    /// Said by JSON inside the frame.
    Said(i128),
}

impl Writer<'_> {
    fn fail<T>(&self, rule: EncodeRule) -> Result<T, EncodeError> {
        Err(EncodeError::new(rule, self.at))
    }

    fn free(&mut self, bytes: usize) -> usize {
        let at = self.out.len();
        self.out.resize(at + bytes, 0);
        at
    }

    fn word(&mut self, word: Word, value: i128) {
        let at = self.free(word.bytes);
        word.write(value, &mut self.out[at..]);
    }

    fn list(&mut self, list: &List, scope: &[Slot], given: &[Option<Given<'_>>]) -> Result<(), EncodeError> {
        let mut lengths = [Length::Unset; REGISTERS];
        let mut covered = [(0, 0); CHECKS];
        let mut stored = [0; CHECKS];
        let mut left_out = None;
        for (index, field) in list.fields.iter().enumerate() {
            if field.optional {
                if !given[field.slots.clone()].iter().any(Option::is_some) {
                    left_out = Some(index);
                    continue;
                }
                if left_out.is_some() {
                    let slot = field.slots.clone().find(|slot| given[*slot].is_some());
                    let error = EncodeError::new(EncodeRule::Gap, self.at);
                    return Err(slot.map_or(error.clone(), |slot| error.under(&scope[slot].path)));
                }
            }
            self.free(field.gap);
            let from = self.out.len();
            let value = field.slot.and_then(|slot| given[slot].as_ref());
            let path = field.slot.map_or("", |slot| &*scope[slot].path);
            if let (Kind::Int(word, _), Some(register)) = (&field.kind, field.register) {
                lengths[register] = Length::Free(self.free(word.bytes), *word);
            } else if let (Kind::Bits(..) | Kind::Group { scope: None, .. }, None) =
                (&field.kind, field.repeat)
            {
                self.parts(field, scope, given, &mut lengths)?;
            } else {
                self.field(field, value, &mut lengths).map_err(|error| error.under(path))?;
            }
            let until = self.out.len();
            for (check, (covered, stored)) in list.checks.iter().zip(covered.iter_mut().zip(&mut stored)) {
                if check.from == index {
                    covered.0 = from;
                }
                if check.until == index {
                    covered.1 = until;
                }
                if check.field == index {
                    *stored = from;
                }
            }
        }
        self.agree(list, scope, given, &lengths)?;
        for (check, ((from, until), stored)) in list.checks.iter().zip(covered.into_iter().zip(stored)) {
            let value = check.algorithm.run(&self.out[from..until]);
            check.word.write(i128::from(value), &mut self.out[stored..stored + check.word.bytes]);
        }
        Ok(())
    }

    /// Lengths that JSON gives as well must be the ones written.
    fn agree(
        &self,
        list: &List,
        scope: &[Slot],
        given: &[Option<Given<'_>>],
        lengths: &[Length; REGISTERS],
    ) -> Result<(), EncodeError> {
        for field in &list.fields {
            let (Some(register), Some(slot)) = (field.register, field.slot) else { continue };
            let (Length::Said(written), Some(value)) = (lengths[register], &given[slot]) else { continue };
            let said = value.decimal().and_then(|said| said.at(0, false).map_err(EncodeRule::from));
            let rule = match said {
                Ok(said) if said == written => continue,
                Ok(_) => EncodeRule::Constant,
                Err(rule) => rule,
            };
            return Err(EncodeError::new(rule, value.at()).under(&scope[slot].path));
        }
        Ok(())
    }

    /// Writes `count` where it is said, or compares it with what was said already.
    fn say(
        &mut self,
        size: Size,
        free: Option<usize>,
        count: usize,
        lengths: &mut [Length; REGISTERS],
    ) -> Result<(), EncodeRule> {
        let fail = Err(EncodeRule::Length { length: count });
        let raw = |linear: Linear| {
            let raw = i128::try_from(count).unwrap_or(i128::MAX) - i128::from(linear.plus);
            let times = i128::from(linear.times);
            (raw >= 0 && raw % times == 0).then_some(raw / times)
        };
        let holds = |word: Word, raw: i128| raw <= word.range().1;
        match size {
            Size::Rest => Ok(()),
            Size::Fixed(fixed) if fixed == count => Ok(()),
            Size::Fixed(_) => fail,
            Size::Prefix(word, linear) => match (raw(linear), free) {
                (Some(raw), Some(at)) if holds(word, raw) => {
                    word.write(raw, &mut self.out[at..at + word.bytes]);
                    Ok(())
                }
                _ => fail,
            },
            Size::Register(register, linear) => match (raw(linear), lengths[register]) {
                (Some(raw), Length::Free(at, word)) if holds(word, raw) => {
                    word.write(raw, &mut self.out[at..at + word.bytes]);
                    lengths[register] = Length::Said(raw);
                    Ok(())
                }
                (Some(raw), Length::Said(said)) if raw == said => Ok(()),
                _ => fail,
            },
        }
    }

    /// Keeps the bytes of a length prefix free.
    fn prefix(&mut self, size: Size) -> Option<usize> {
        match size {
            Size::Prefix(word, _) => Some(self.free(word.bytes)),
            _ => None,
        }
    }

    /// Writes a word of bits, or a group merged into its parent: values come from the scope around.
    fn parts(
        &mut self,
        field: &Field,
        scope: &[Slot],
        given: &[Option<Given<'_>>],
        lengths: &mut [Length; REGISTERS],
    ) -> Result<(), EncodeError> {
        match &field.kind {
            Kind::Bits(word, parts) => {
                let mut raw = 0;
                for part in parts {
                    let value = part.slot.and_then(|slot| given[slot].as_ref());
                    let path = part.slot.map_or("", |slot| &*scope[slot].path);
                    let bits = self.number(&part.number, value);
                    raw |= part.place(bits.map_err(|error| error.under(path))?);
                }
                self.word(*word, raw);
                Ok(())
            }
            Kind::Group { size, list, .. } => {
                let free = size.and_then(|size| self.prefix(size));
                let from = self.out.len();
                self.list(list, scope, given)?;
                let size = size.unwrap_or(Size::Rest);
                let length = self.out.len() - from;
                self.say(size, free, length, lengths).or_else(|rule| self.fail(rule))
            }
            _ => Ok(()),
        }
    }

    /// Writes one field, with all its elements.
    fn field(
        &mut self,
        field: &Field,
        given: Option<&Given<'_>>,
        lengths: &mut [Length; REGISTERS],
    ) -> Result<(), EncodeError> {
        let Some(count) = field.repeat else {
            return self.element(field, given, lengths);
        };
        let array = match given {
            Some(Given::Value(node)) if node.kind() == json::Kind::Array => *node,
            Some(other) => return Err(EncodeError::new(EncodeRule::Type("an array"), other.at())),
            None => return self.fail(EncodeRule::Missing),
        };
        let free = self.prefix(count);
        let mut written = 0;
        for item in array.items() {
            let absent = item.kind() == json::Kind::Null && field.kind.can_be_absent();
            let given = (!absent).then_some(Given::Value(item));
            self.element(field, given.as_ref(), lengths)
                .map_err(|error| error.within(&format!("{written}")))?;
            written += 1;
            // A few bytes of JSON can be an element of many bytes.
            if self.out.len() - self.base > MAX_BYTES {
                return Err(EncodeError::new(EncodeRule::Length { length: written }, array.at()));
            }
        }
        self.say(count, free, written, lengths).map_err(|rule| EncodeError::new(rule, array.at()))
    }

    fn number(&self, number: &Number, given: Option<&Given<'_>>) -> Result<i128, EncodeError> {
        if given.is_none() && number.absent.is_none() && number.constant.is_none() {
            return self.fail(EncodeRule::Missing);
        }
        number.raw(given).map_err(|rule| EncodeError::new(rule, given.map_or(self.at, Given::at)))
    }

    fn element(
        &mut self,
        field: &Field,
        given: Option<&Given<'_>>,
        lengths: &mut [Length; REGISTERS],
    ) -> Result<(), EncodeError> {
        let at = given.map_or(self.at, Given::at);
        let refuse = |rule| EncodeError::new(rule, at);
        match &field.kind {
            Kind::Int(word, number) => {
                let raw = self.number(number, given)?;
                self.word(*word, raw);
            }
            Kind::Bcd(size, endian, number) => {
                let mut raw = self.number(number, given)?;
                let at = self.free(*size);
                for place in (0..*size).rev() {
                    let place = if *endian == Endian::Little { *size - 1 - place } else { place };
                    let pair = u8::try_from(raw % 10 + raw / 10 % 10 * 16).unwrap_or_default();
                    self.out[at + place] = pair;
                    raw /= 100;
                }
            }
            Kind::Float { word, absent } => {
                let bits = match given {
                    None if *absent && word.bytes == 4 => i128::from(f32::NAN.to_bits()),
                    None if *absent => i128::from(f64::NAN.to_bits()),
                    None => return self.fail(EncodeRule::Missing),
                    Some(given) => float_bits(given, *word).map_err(refuse)?,
                };
                self.word(*word, bits);
            }
            Kind::Constant(bytes) => self.out.extend_from_slice(bytes),
            Kind::Skip(size) | Kind::Check(size) => {
                self.free(*size);
            }
            Kind::Digits(..)
            | Kind::Text { .. }
            | Kind::Bytes(_)
            | Kind::Json { .. }
            | Kind::Group { .. } => match given {
                Some(given) => self.sized(field, given, lengths)?,
                None => return self.fail(EncodeRule::Missing),
            },
            // Dealt with by `parts`.
            Kind::Bits(..) => {}
        }
        Ok(())
    }

    /// Writes what has a size of its own: text, bytes, JSON, a group.
    fn sized(
        &mut self,
        field: &Field,
        given: &Given<'_>,
        lengths: &mut [Length; REGISTERS],
    ) -> Result<(), EncodeError> {
        let refuse = |rule| EncodeError::new(rule, given.at());
        let size = match &field.kind {
            Kind::Text { size, .. } | Kind::Bytes(size) | Kind::Json { size, .. } => *size,
            Kind::Group { size, .. } => size.unwrap_or(Size::Rest),
            Kind::Digits(size, _) => Size::Fixed(*size),
            _ => Size::Rest,
        };
        let free = self.prefix(size);
        let from = self.out.len();
        match (&field.kind, given) {
            (Kind::Text { pad, .. }, _) => {
                let text = given.text().map_err(refuse)?;
                if pad.is_some_and(|pad| text.as_bytes().last() == Some(&pad)) {
                    return Err(refuse(EncodeRule::Text));
                }
                self.out.extend_from_slice(text.as_bytes());
                if let (Some(pad), Size::Fixed(length)) = (pad, size)
                    && text.len() < length
                {
                    self.out.resize(from + length, *pad);
                }
            }
            (Kind::Bytes(_), _) => {
                let text = given.text().map_err(refuse)?;
                let nibble =
                    |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                for pair in text.as_bytes().chunks(2) {
                    let byte = match pair {
                        [high, low] => nibble(*high).zip(nibble(*low)).map(|(high, low)| high << 4 | low),
                        _ => None,
                    };
                    self.out.push(byte.ok_or_else(|| refuse(EncodeRule::Type("hexadecimal text")))?);
                }
            }
            (Kind::Digits(size, endian), _) => {
                let text = given.text().map_err(refuse)?;
                if text.len() % 2 == 1 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(refuse(EncodeRule::Type("an even number of decimal digits")));
                }
                if text.len() != 2 * size {
                    return Err(refuse(EncodeRule::Length { length: text.len() / 2 }));
                }
                let pairs = text.as_bytes().chunks_exact(2).map(|pair| (pair[0] & 15) << 4 | (pair[1] & 15));
                self.out.extend(pairs);
                if *endian == Endian::Little {
                    self.out[from..].reverse();
                }
            }
            (Kind::Json { probes, .. }, Given::Value(node)) => {
                for (path, register) in probes {
                    let said =
                        node.integer(path).ok_or_else(|| refuse(EncodeRule::Type("a length in the JSON")))?;
                    lengths[*register] = Length::Said(said);
                }
                self.out.extend_from_slice(node.raw().as_bytes());
            }
            (Kind::Group { list, scope: Some(own), .. }, Given::Value(node)) => {
                let mut binding = Binding::new(own);
                binding.all(own, *node)?;
                let outer = core::mem::replace(&mut self.at, node.at());
                self.list(list, own, &binding.given)?;
                self.at = outer;
            }
            _ => return Err(refuse(EncodeRule::Type("a value, not text around one"))),
        }
        let length = self.out.len() - from;
        self.say(size, free, length, lengths).map_err(refuse)
    }
}

fn float_bits(given: &Given<'_>, word: Word) -> Result<i128, EncodeRule> {
    let (bits, finite) = if word.bytes == 4 {
        let value: f32 = given.float()?;
        (i128::from(value.to_bits()), value.is_finite())
    } else {
        let value: f64 = given.float()?;
        (i128::from(value.to_bits()), value.is_finite())
    };
    if finite { Ok(bits) } else { Err(EncodeRule::Range) }
}

impl Kind {
    /// Whether a raw value says "none".
    fn can_be_absent(&self) -> bool {
        match self {
            Self::Int(_, number) | Self::Bcd(_, _, number) => number.absent.is_some(),
            Self::Float { absent, .. } => *absent,
            _ => false,
        }
    }
}
