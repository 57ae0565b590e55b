//! Descriptions to compiled layouts: names looked up, lengths added up, contradictions refused.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::checksum::Algorithm;
use super::describe::{
    BitDescription, Description, Endian, FieldDescription, FrameDescription, Literal, Members,
};
use super::error::{LayoutError, LayoutRule, escape};
use super::expr::{self, Measure, Width};
use super::extent::tails;
use super::meaning::Meanings;
use super::node::{CHECKS, Check, Field, Frame, Guard, Kind, List, MAX_BYTES, Part, REGISTERS, Size, Slot};
use super::number::Word;
use super::template::{self, Names};

/// Limits of a description.
const MAX_FRAMES: usize = 256;
const MAX_FIELDS: usize = 4096;
const MAX_DEPTH: usize = 8;

pub(super) type Compiled<T> = Result<T, LayoutError>;

pub(super) fn fail<T>(path: impl Into<String>, rule: LayoutRule) -> Compiled<T> {
    Err(LayoutError { path: path.into(), rule })
}

/// Compiles every frame of a layout.
pub(super) fn frames(layout: &Description) -> Compiled<Box<[Frame]>> {
    if layout.frames.is_empty() {
        return fail("/frames", LayoutRule::Empty);
    }
    if layout.frames.len() > MAX_FRAMES {
        return fail("/frames", LayoutRule::Limit(MAX_FRAMES));
    }
    let mut frames: Vec<Frame> = Vec::with_capacity(layout.frames.len());
    for (index, frame) in layout.frames.iter().enumerate() {
        let path = format!("/frames/{index}");
        if frames.iter().any(|other| *other.name == *frame.name) {
            return fail(path + "/name", LayoutRule::Duplicate);
        }
        let mut compiler = Compiler { endian: layout.endian, guards: Vec::new(), fields: 0 };
        frames.push(compiler.frame(frame, &layout.arguments, &path)?);
    }
    Ok(frames.into())
}

/// The state of one frame's compilation.
struct Compiler {
    endian: Endian,
    guards: Vec<Guard>,
    fields: usize,
}

/// The state of one list's compilation.
struct Listing<'c> {
    compiler: &'c mut Compiler,
    scope: &'c mut Vec<Slot>,
    depth: usize,
    fields: Vec<Field>,
    registers: usize,
}

impl Compiler {
    fn frame(
        &mut self,
        frame: &FrameDescription,
        arguments: &Members<Literal>,
        path: &str,
    ) -> Compiled<Frame> {
        let mut scope = Vec::new();
        let list = self.list(&frame.fields, &format!("{path}/fields"), &mut scope, 0, Some(0))?;
        let all = Literal::Text("$*".into());
        let mut names = Names { slots: &mut scope, arguments, all: true, once: true };
        let template =
            template::compile(frame.json.as_ref().unwrap_or(&all), &mut names, &format!("{path}/json"))?;
        let bytes = |literal: &Literal| literal.scalar().and_then(|text| text.parse::<usize>().ok());
        let length = match &frame.length {
            None => Some((0, usize::MAX)),
            Some(Literal::Array(pair)) => match &pair[..] {
                [least, most] => bytes(least).zip(bytes(most)),
                _ => None,
            },
            Some(exact) => bytes(exact).map(|length| (length, length)),
        };
        let Some(length) = length else {
            return fail(format!("{path}/length"), LayoutRule::Value("a number, or two"));
        };
        let guards = core::mem::take(&mut self.guards).into();
        let name = frame.name.as_str().into();
        Ok(Frame { name, length, trailing: frame.trailing, guards, list, scope: scope.into(), template })
    }

    /// Compiles a list that begins at byte `start` of the frame, if that is known.
    fn list(
        &mut self,
        descriptions: &[FieldDescription],
        path: &str,
        scope: &mut Vec<Slot>,
        depth: usize,
        start: Option<usize>,
    ) -> Compiled<List> {
        if descriptions.is_empty() {
            return fail(path, LayoutRule::Empty);
        }
        if depth > MAX_DEPTH {
            return fail(path, LayoutRule::Limit(MAX_DEPTH));
        }
        self.fields += descriptions.len();
        if self.fields > MAX_FIELDS {
            return fail(path, LayoutRule::Limit(MAX_FIELDS));
        }
        let mut listing = Listing { compiler: self, scope, depth, fields: Vec::new(), registers: 0 };
        let mut at = Some(0);
        for (index, description) in descriptions.iter().enumerate() {
            let path = format!("{path}/{index}");
            at = listing.field(description, &path, at, start)?;
        }
        let Listing { mut fields, .. } = listing;
        tails(&mut fields, path)?;
        let checks = checks(descriptions, &fields, path, self)?;
        Ok(List { fields: fields.into(), checks })
    }

    fn word(&self, width: Width, endian: Option<Endian>, path: &str) -> Compiled<Word> {
        // A byte has no order: it may stand among registers.
        let endian = if width.bytes == 1 { Endian::Big } else { endian.unwrap_or(self.endian) };
        Word::new(width, endian).map_or_else(|| fail(format!("{path}/endian"), LayoutRule::Order), Ok)
    }
}

impl Listing<'_> {
    /// Compiles one field; answers where the next one begins in the list, if that is known.
    fn field(
        &mut self,
        description: &FieldDescription,
        path: &str,
        at: Option<usize>,
        start: Option<usize>,
    ) -> Compiled<Option<usize>> {
        let gap = match (description.at.map(usize::try_from), at) {
            (None, _) => 0,
            (Some(Ok(wanted)), Some(at)) if (at..=MAX_BYTES).contains(&wanted) => wanted - at,
            (Some(Ok(wanted)), Some(at)) if wanted < at => {
                return fail(format!("{path}/at"), LayoutRule::Backwards(at));
            }
            (Some(_), Some(_)) => return fail(format!("{path}/at"), LayoutRule::Limit(MAX_BYTES)),
            (Some(_), None) => return fail(format!("{path}/at"), LayoutRule::AfterVariable),
        };
        let begin = at.map(|at| at + gap);
        let label = match &description.name {
            Some(name) if self.fields.iter().any(|field| *field.label == **name) => {
                return fail(format!("{path}/name"), LayoutRule::Duplicate);
            }
            Some(name) => name.as_str().into(),
            None => format!("#{}", self.fields.len()).into(),
        };
        let repeat = match &description.repeat {
            Some(count) => Some(self.measure(count, description.endian, &format!("{path}/repeat"), path)?),
            None => None,
        };
        let fixed_place = start.zip(begin).map(|(start, begin)| start + begin);
        let fixed_place = fixed_place.filter(|_| !description.optional && repeat.is_none());
        let first_slot = self.scope.len();
        let kind = self.kind(description, path, fixed_place)?;
        if repeat.is_some() && !kind.may_repeat() {
            return fail(format!("{path}/repeat"), LayoutRule::Meaningless);
        }
        let element = kind.extent();
        if repeat.is_some() && element.least == 0 {
            return fail(format!("{path}/repeat"), LayoutRule::EmptyElement);
        }
        let slot = match (&description.name, kind.value()) {
            (Some(name), Some(value)) => {
                let required = value.required && !description.optional;
                Some(self.slot(name, required, value.constant, path)?)
            }
            (None, Some(value)) if !value.constant => {
                return fail(format!("{path}/name"), LayoutRule::Needed);
            }
            _ => None,
        };
        let mut field = Field {
            label,
            slot,
            slots: first_slot..self.scope.len(),
            fixed: None,
            gap,
            tail: 0,
            optional: description.optional,
            register: None,
            repeat,
            least: element.least,
            kind,
        };
        if field.optional {
            if field.slots.is_empty() {
                return fail(format!("{path}/optional"), LayoutRule::Meaningless);
            }
            self.scope[field.slots.clone()].iter_mut().for_each(|slot| slot.required = false);
        }
        let extent = field.extent();
        field.fixed = extent.fixed;
        if extent.least > MAX_BYTES {
            return fail(path, LayoutRule::Limit(MAX_BYTES));
        }
        self.fields.push(field);
        let next = begin.zip(extent.fixed).map(|(begin, size)| begin + size);
        match next.filter(|_| !description.optional) {
            Some(next) if next > MAX_BYTES => fail(path, LayoutRule::Limit(MAX_BYTES)),
            next => Ok(next),
        }
    }

    /// A new name of the scope.
    fn slot(&mut self, name: &str, required: bool, constant: bool, path: &str) -> Compiled<usize> {
        if self.scope.iter().any(|slot| *slot.name == *name) {
            return fail(format!("{path}/name"), LayoutRule::Duplicate);
        }
        let required = required && !constant;
        self.scope.push(Slot {
            name: name.into(),
            path: escape(name).into(),
            among_all: !constant,
            required,
        });
        Ok(self.scope.len() - 1)
    }

    /// A length or count; a field it comes from is marked.
    fn measure(&mut self, literal: &Literal, endian: Option<Endian>, at: &str, path: &str) -> Compiled<Size> {
        let measure = literal.scalar().and_then(expr::measure);
        match measure {
            None => fail(at, LayoutRule::Value("a number, \"rest\", a number type or a field")),
            Some(Measure::Rest) => Ok(Size::Rest),
            Some(Measure::Fixed(bytes)) => match usize::try_from(bytes) {
                Ok(bytes) if bytes <= MAX_BYTES => Ok(Size::Fixed(bytes)),
                _ => fail(at, LayoutRule::Limit(MAX_BYTES)),
            },
            Some(Measure::Prefix(width, ..)) if width.signed => {
                fail(at, LayoutRule::Value("an unsigned type"))
            }
            Some(Measure::Prefix(width, own, linear)) => {
                Ok(Size::Prefix(self.compiler.word(width, own.or(endian), path)?, linear))
            }
            Some(Measure::Field(names, linear)) => Ok(Size::Register(self.register(&names, at)?, linear)),
        }
    }

    /// The register for the value of an earlier field, or of a member of its JSON.
    fn register(&mut self, names: &[String], at: &str) -> Compiled<usize> {
        let next = self.registers;
        let (name, inner) = (&names[0], &names[1..]);
        let Some(field) = self.fields.iter_mut().find(|field| *field.label == **name) else {
            return fail(at, LayoutRule::UnknownField);
        };
        if field.optional || field.repeat.is_some() {
            return fail(at, LayoutRule::UnknownField);
        }
        let register = match (&mut field.kind, inner) {
            (Kind::Int(_, number), []) if number.is_plain() => {
                if let Some(slot) = field.slot {
                    self.scope[slot].among_all = false;
                    self.scope[slot].required = false;
                }
                *field.register.get_or_insert(next)
            }
            (Kind::Json { probes, .. }, [_, ..]) => {
                let path: Box<[Box<str>]> = inner.iter().map(|name| name.as_str().into()).collect();
                match probes.iter().find(|(probe, _)| *probe == path) {
                    Some((_, register)) => *register,
                    None => {
                        *probes = probes.iter().cloned().chain([(path, next)]).collect();
                        next
                    }
                }
            }
            _ => return fail(at, LayoutRule::UnknownField),
        };
        if register == next {
            self.registers += 1;
        }
        if self.registers > REGISTERS {
            return fail(at, LayoutRule::Limit(REGISTERS));
        }
        Ok(register)
    }

    /// What the field holds. `place` is its byte in the frame, if that is known.
    fn kind(&mut self, description: &FieldDescription, path: &str, place: Option<usize>) -> Compiled<Kind> {
        let size = |listing: &mut Self| match &description.size {
            Some(size) => listing.measure(size, description.endian, &format!("{path}/size"), path).map(Some),
            None => Ok(None),
        };
        let needed_size = |listing: &mut Self| {
            size(listing)?.map_or_else(|| fail(format!("{path}/size"), LayoutRule::Needed), Ok)
        };
        let fixed_size = |listing: &mut Self| match needed_size(listing)? {
            Size::Fixed(bytes) if bytes > 0 => Ok(bytes),
            _ => fail(format!("{path}/size"), LayoutRule::Value("a number of bytes")),
        };
        let kind = match description.kind.as_deref() {
            Some(kind) => kind,
            None if description.check.is_some() => "checksum",
            None if description.constant.is_some() => "constant",
            None if description.fields.is_some() => "group",
            None if description.bits.is_some() => "u8",
            None => return fail(format!("{path}/type"), LayoutRule::Needed),
        };
        only(description, kind, path)?;
        Ok(match kind {
            "checksum" => {
                let algorithm = description.check.as_deref().and_then(Algorithm::find);
                let Some(algorithm) = algorithm else {
                    return fail(format!("{path}/check"), LayoutRule::Algorithm);
                };
                Kind::Check(usize::from(algorithm.width))
            }
            "constant" => {
                let bytes = description.constant.as_ref().and_then(Literal::scalar).and_then(expr::hex);
                let Some(bytes) = bytes.filter(|bytes| bytes.len() <= MAX_BYTES) else {
                    return fail(format!("{path}/const"), LayoutRule::Value("hexadecimal bytes"));
                };
                self.guard(place, &bytes, None);
                Kind::Constant(bytes)
            }
            "group" => {
                let size = size(self)?;
                self.group(description, size, path, place)?
            }
            "skip" => Kind::Skip(fixed_size(self)?),
            "digits" => Kind::Digits(fixed_size(self)?, self.packed(description, path)?),
            "bcd" => {
                let bytes = fixed_size(self)?;
                if bytes > 8 {
                    return fail(format!("{path}/size"), LayoutRule::Limit(8));
                }
                let digits = u32::try_from(2 * bytes).unwrap_or(16);
                let number = Meanings::from(description).compile((0, 10_i128.pow(digits) - 1), path)?;
                Kind::Bcd(bytes, self.packed(description, path)?, number)
            }
            "text" => {
                let size = needed_size(self)?;
                let pad = description.pad.or(matches!(size, Size::Fixed(_)).then_some(0));
                Kind::Text { size, pad }
            }
            "bytes" => Kind::Bytes(needed_size(self)?),
            "json" => Kind::Json { size: needed_size(self)?, probes: Box::default() },
            "f32" | "f64" => {
                let bytes = if kind == "f32" { 4 } else { 8 };
                let word = self.compiler.word(Width { bytes, signed: false }, description.endian, path)?;
                let absent = match description.absent.as_ref().map(Literal::scalar) {
                    None => false,
                    Some(Some("nan")) => true,
                    Some(_) => return fail(format!("{path}/absent"), LayoutRule::Value("\"nan\"")),
                };
                Kind::Float { word, absent }
            }
            _ => {
                let Some(width) = expr::width(kind) else {
                    return fail(format!("{path}/type"), LayoutRule::Type);
                };
                let word = self.compiler.word(width, description.endian, path)?;
                match &description.bits {
                    Some(bits) => self.bits(bits, word, &format!("{path}/bits"), place)?,
                    None => {
                        let number = Meanings::from(description).compile(word.range(), path)?;
                        if let Some(constant) = number.constant {
                            let mut bytes = [0; 8];
                            word.write(constant, &mut bytes);
                            self.guard(place, &bytes[..word.bytes], None);
                        }
                        Kind::Int(word, number)
                    }
                }
            }
        })
    }

    /// The order of a packed decimal.
    fn packed(&self, description: &FieldDescription, path: &str) -> Compiled<Endian> {
        match description.endian.unwrap_or(self.compiler.endian) {
            endian @ (Endian::Big | Endian::Little) => Ok(endian),
            _ => fail(format!("{path}/endian"), LayoutRule::Order),
        }
    }

    /// Notes constant bytes at a known place, so that they tell frames apart.
    fn guard(&mut self, place: Option<usize>, bytes: &[u8], masks: Option<&[u8]>) {
        let Some(place) = place else { return };
        for (index, value) in bytes.iter().enumerate() {
            let mask = masks.map_or(u8::MAX, |masks| masks[index]);
            if mask != 0 {
                self.compiler.guards.push(Guard { at: place + index, mask, value: *value });
            }
        }
    }

    fn group(
        &mut self,
        description: &FieldDescription,
        size: Option<Size>,
        path: &str,
        place: Option<usize>,
    ) -> Compiled<Kind> {
        let Some(fields) = &description.fields else {
            return fail(format!("{path}/fields"), LayoutRule::Needed);
        };
        let place = match size {
            Some(Size::Prefix(word, _)) => place.map(|place| place + word.bytes),
            _ => place,
        };
        let (path, depth) = (format!("{path}/fields"), self.depth + 1);
        let (list, scope) = if description.name.is_some() {
            let mut own = Vec::new();
            let list = self.compiler.list(fields, &path, &mut own, depth, place)?;
            (list, Some(own.into()))
        } else {
            (self.compiler.list(fields, &path, self.scope, depth, place)?, None)
        };
        // A group that may end early, or takes what is left, ends where what follows must begin.
        let open = list.fields.iter().any(Field::is_open);
        let size = size.or(open.then_some(Size::Rest));
        Ok(Kind::Group { size, list, scope })
    }

    fn bits(
        &mut self,
        bits: &[BitDescription],
        word: Word,
        path: &str,
        place: Option<usize>,
    ) -> Compiled<Kind> {
        if word.signed || bits.is_empty() {
            return fail(path, LayoutRule::Bits);
        }
        let mut parts: Vec<Part> = Vec::with_capacity(bits.len());
        let (mut taken, mut mask, mut value) = (0_i128, 0, 0);
        for (index, bit) in bits.iter().enumerate() {
            let path = format!("{path}/{index}");
            let range = bit.bits.scalar().and_then(expr::bits);
            let Some((low, high)) = range.filter(|(_, high)| usize::from(*high) < 8 * word.bytes) else {
                return fail(format!("{path}/bits"), LayoutRule::Bits);
            };
            let number = Meanings::from(bit).compile(Part::range((low, high), bit.signed), &path)?;
            let constant = number.constant;
            let slot = match &bit.name {
                Some(name) => {
                    let required = number.absent.is_none();
                    Some(self.slot(name, required, constant.is_some(), &path)?)
                }
                None if constant.is_some() => None,
                None => return fail(format!("{path}/name"), LayoutRule::Needed),
            };
            let label = bit.name.as_deref().map_or_else(|| format!("#{index}").into(), Box::from);
            let part = Part { label, slot, low, high, signed: bit.signed, number };
            let claimed = part.place(-1);
            if taken & claimed != 0 {
                return fail(format!("{path}/bits"), LayoutRule::Bits);
            }
            taken |= claimed;
            if let Some(constant) = constant {
                mask |= claimed;
                value |= part.place(constant);
            }
            parts.push(part);
        }
        let (mut bytes, mut masks) = ([0; 8], [0; 8]);
        word.write(value, &mut bytes);
        word.write(mask, &mut masks);
        self.guard(place, &bytes[..word.bytes], Some(&masks));
        Ok(Kind::Bits(word, parts.into()))
    }
}

/// Refuses keys that have no meaning for a field of this kind.
fn only(description: &FieldDescription, kind: &str, path: &str) -> Compiled<()> {
    const NUMBER: &[&str] = &["scale", "plus", "digits", "min", "max", "absent", "const", "enum"];
    let keys = [
        ("endian", description.endian.is_some()),
        ("size", description.size.is_some()),
        ("scale", description.scale.is_some()),
        ("plus", description.plus.is_some()),
        ("digits", description.digits.is_some()),
        ("min", description.min.is_some()),
        ("max", description.max.is_some()),
        ("absent", description.absent.is_some()),
        ("const", description.constant.is_some()),
        ("enum", description.values.is_some()),
        ("bits", description.bits.is_some()),
        ("fields", description.fields.is_some()),
        ("pad", description.pad.is_some()),
        ("check", description.check.is_some()),
        ("from", description.from.is_some()),
        ("until", description.until.is_some()),
    ];
    let (own, number): (&[&str], bool) = match kind {
        "checksum" => (&["endian", "check", "from", "until"], false),
        "constant" => (&["const"], false),
        "group" => (&["endian", "size", "fields"], false),
        "skip" => (&["size"], false),
        "digits" => (&["endian", "size"], false),
        "bcd" => (&["endian", "size"], true),
        "text" => (&["endian", "size", "pad"], false),
        "bytes" | "json" => (&["endian", "size"], false),
        "f32" | "f64" => (&["endian", "absent"], false),
        _ if description.bits.is_some() => (&["endian", "bits"], false),
        _ => (&["endian"], true),
    };
    let allowed = |key: &str| own.contains(&key) || (number && NUMBER.contains(&key));
    match keys.iter().find(|(key, present)| *present && !allowed(key)) {
        Some((key, _)) => fail(format!("{path}/{key}"), LayoutRule::Meaningless),
        None => Ok(()),
    }
}

/// Looks up what checksums cover.
fn checks(
    descriptions: &[FieldDescription],
    fields: &[Field],
    path: &str,
    compiler: &Compiler,
) -> Compiled<Box<[Check]>> {
    let mut checks: Vec<Check> = Vec::new();
    for (index, (description, field)) in descriptions.iter().zip(fields).enumerate() {
        let path = format!("{path}/{index}");
        let Some(algorithm) = description.check.as_deref().and_then(Algorithm::find) else { continue };
        let find = |name: &Option<String>, key: &str, default: Option<usize>| {
            let found = match name {
                None => default,
                Some(name) => fields.iter().position(|field| *field.label == **name),
            };
            found.map_or_else(|| fail(format!("{path}/{key}"), LayoutRule::UnknownField), Ok)
        };
        let from = find(&description.from, "from", Some(0))?;
        let until = find(&description.until, "until", index.checked_sub(1))?;
        let later = (index + 1..=until).any(|at| matches!(fields[at].kind, Kind::Check(_)));
        let ends = from > until || fields[from].optional || fields[until].optional;
        if (from..=until).contains(&index) || later || ends || field.repeat.is_some() {
            return fail(path, LayoutRule::Covered);
        }
        let width = Width { bytes: algorithm.width, signed: false };
        let word = compiler.word(width, description.endian, &path)?;
        checks.push(Check { field: index, from, until, algorithm, word });
    }
    if checks.len() > CHECKS { fail(path, LayoutRule::Limit(CHECKS)) } else { Ok(checks.into()) }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    fn refused(fields: &str) -> (String, LayoutRule) {
        let text = format!(r#"{{"frames":[{{"name":"f","fields":{fields}}}]}}"#);
        let description: Description = serde_json::from_str(&text).unwrap();
        let error = frames(&description).map(|_| ()).unwrap_err();
        let path = error.path.strip_prefix("/frames/0").unwrap_or(&error.path);
        (path.to_string(), error.rule)
    }

    #[test]
    fn mistakes_are_placed() {
        use LayoutRule as R;
        for (fields, path, rule) in [
            ("[]", "/fields", R::Empty),
            (r#"[{"name":"a"}]"#, "/fields/0/type", R::Needed),
            (r#"[{"type":"u8"}]"#, "/fields/0/name", R::Needed),
            (r#"[{"name":"a","type":"u7"}]"#, "/fields/0/type", R::Type),
            (r#"[{"name":"a","type":"u8"},{"name":"a","type":"u8"}]"#, "/fields/1/name", R::Duplicate),
            (
                r#"[{"name":"a","type":"u8"},{"fields":[{"name":"a","type":"u8"}]}]"#,
                "/fields/1/fields/0/name",
                R::Duplicate,
            ),
            (
                r#"[{"name":"a","type":"u16"},{"name":"b","type":"u8","at":1}]"#,
                "/fields/1/at",
                R::Backwards(2),
            ),
            (r#"[{"name":"a","type":"u8","at":4000000}]"#, "/fields/0/at", R::Limit(MAX_BYTES)),
            (
                r#"[{"name":"a","type":"text","size":"u8"},{"name":"b","type":"u8","at":9}]"#,
                "/fields/1/at",
                R::AfterVariable,
            ),
            (
                r#"[{"name":"a","type":"bytes","size":"rest"},{"name":"b","type":"text","size":"u8"}]"#,
                "/fields/0",
                R::Rest,
            ),
            (
                r#"[{"name":"a","type":"bytes","size":"rest"},{"name":"b","type":"u8","optional":true}]"#,
                "/fields/0",
                R::Rest,
            ),
            (
                r#"[{"name":"a","type":"bytes","size":"rest"},{"name":"b","type":"bytes","size":"rest"}]"#,
                "/fields/0",
                R::Rest,
            ),
            (
                r#"[{"name":"a","type":"bytes","size":"rest","repeat":2}]"#,
                "/fields/0/repeat",
                R::EmptyElement,
            ),
            (
                r#"[{"name":"a","repeat":2,"fields":[{"name":"x","type":"u8"},{"name":"y","type":"bytes","size":"rest"}]}]"#,
                "/fields/0/repeat",
                R::EmptyElement,
            ),
            (r#"[{"name":"a","type":"bytes","size":"n"}]"#, "/fields/0/size", R::UnknownField),
            (
                r#"[{"name":"n","type":"u8","scale":2},{"name":"a","type":"bytes","size":"n"}]"#,
                "/fields/1/size",
                R::UnknownField,
            ),
            (r#"[{"name":"a","type":"u8","size":2}]"#, "/fields/0/size", R::Meaningless),
            (r#"[{"name":"a","type":"text"}]"#, "/fields/0/size", R::Needed),
            (r#"[{"name":"a","type":"u24","endian":"cdab"}]"#, "/fields/0/endian", R::Order),
            (r#"[{"name":"a","type":"u8","const":256}]"#, "/fields/0/const", R::Unholdable),
            (r#"[{"name":"a","type":"u8","scale":"1/3"}]"#, "/fields/0/scale", R::Endless),
            (r#"[{"name":"a","type":"u8","scale":0}]"#, "/fields/0/scale", R::Scale),
            (r#"[{"name":"a","type":"u8","max":"0.5"}]"#, "/fields/0/max", R::Unholdable),
            (r#"[{"name":"a","type":"u8","min":2,"max":1}]"#, "/fields/0/max", R::Unholdable),
            (
                r#"[{"name":"a","type":"u8","enum":{"1":"x","0x01":"y"}}]"#,
                "/fields/0/enum/0x01",
                R::Duplicate,
            ),
            (r#"[{"name":"a","type":"u8","enum":{"300":"x"}}]"#, "/fields/0/enum/300", R::Unholdable),
            (r#"[{"bits":[{"name":"a","bits":8}]}]"#, "/fields/0/bits/0/bits", R::Bits),
            (
                r#"[{"bits":[{"name":"a","bits":"4:2"},{"name":"b","bits":4}]}]"#,
                "/fields/0/bits/1/bits",
                R::Bits,
            ),
            (r#"[{"check":"crc9"}]"#, "/fields/0/check", R::Algorithm),
            (r#"[{"check":"xor"}]"#, "/fields/0/until", R::UnknownField),
            (
                r#"[{"name":"a","type":"u8"},{"check":"xor","from":"a","until":"b"}]"#,
                "/fields/1/until",
                R::UnknownField,
            ),
            (r#"[{"name":"a","type":"u8"},{"name":"c","check":"xor","until":"c"}]"#, "/fields/1", R::Covered),
            (r#"[{"const":"zz"}]"#, "/fields/0/const", R::Value("hexadecimal bytes")),
            (r#"[{"const":"00","optional":true}]"#, "/fields/0/optional", R::Meaningless),
            (r#"[{"bits":[{"name":"a","bits":1}],"repeat":2}]"#, "/fields/0/repeat", R::Meaningless),
        ] {
            assert_eq!(refused(fields), (path.to_string(), rule), "{fields}");
        }
    }
}
