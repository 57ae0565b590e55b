//! Random layouts with random values: three ways to the same frame.
//!
//! A recipe is turned into a description, the JSON text and the bytes at once, by plain code that shares nothing with
//! the crate. Both directions must then agree with it to the letter, every cut and every trailing byte must be
//! noticed, and whatever else decodes must encode to the very same bytes.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use thing_model::layout::{DecodeRule, Layout};

#[derive(Debug, Clone)]
enum Item {
    Int { bytes: usize, signed: bool, endian: usize, scale: (i64, u32), plus: i64, absent: bool },
    Bits { bytes: usize, little: bool, cuts: Vec<(u32, bool)> },
    Bcd { size: usize, little: bool, places: u32 },
    Digits { size: usize, little: bool },
    Float { wide: bool, little: bool },
    Text(Size),
    Bytes(Size),
    Group { named: bool, size: Size, items: Vec<Self> },
    Repeat { count: Size, item: Box<Self> },
    Const(Vec<u8>),
    Check(usize),
}

#[derive(Debug, Clone, Copy)]
enum Size {
    Own,
    Fixed(usize),
    Prefix { bytes: usize, plus: usize },
    Field { bytes: usize, times: usize },
}

const ENDIANS: [&str; 4] = ["big", "little", "cdab", "badc"];
const CHECKS: [&str; 6] = ["crc16-arc", "crc16-modbus", "crc32", "crc8", "xor", "sum8"];

fn size() -> impl Strategy<Value = Size> {
    prop_oneof![
        (1..6_usize).prop_map(Size::Fixed),
        (1..3_usize, 0..3_usize).prop_map(|(bytes, plus)| Size::Prefix { bytes, plus }),
        (1..3_usize, 1..3_usize).prop_map(|(bytes, times)| Size::Field { bytes, times }),
    ]
}

fn item() -> impl Strategy<Value = Item> {
    let scale = prop_oneof![Just((1, 0)), (1..2000_i64, 0..5_u32), (-50..-1_i64, 0..3_u32)];
    let leaf = prop_oneof![
        4 => (1..=8_usize, any::<bool>(), 0..4_usize, scale, -500..500_i64, any::<bool>()).prop_map(
            |(bytes, signed, endian, scale, plus, absent)| {
                let endian = if bytes % 2 == 1 { endian % 2 } else { endian };
                Item::Int { bytes, signed, endian, scale, plus, absent }
            }
        ),
        1 => (1..=4_usize, any::<bool>(), prop::collection::vec((1..14_u32, any::<bool>()), 1..6))
            .prop_map(|(bytes, little, cuts)| Item::Bits { bytes, little, cuts }),
        1 => (1..=8_usize, any::<bool>(), 0..4_u32).prop_map(|(size, little, places)| Item::Bcd { size, little, places }),
        1 => (1..=9_usize, any::<bool>()).prop_map(|(size, little)| Item::Digits { size, little }),
        1 => any::<(bool, bool)>().prop_map(|(wide, little)| Item::Float { wide, little }),
        1 => size().prop_map(Item::Text),
        1 => size().prop_map(Item::Bytes),
        1 => prop::collection::vec(any::<u8>(), 1..4).prop_map(Item::Const),
    ];
    leaf.prop_recursive(3, 20, 5, |inner| {
        let sized = prop_oneof![Just(Size::Own), size()];
        let group = (any::<bool>(), sized, prop::collection::vec(inner.clone(), 1..5))
            .prop_map(|(named, size, items)| Item::Group { named, size, items });
        let repeat = (size(), inner).prop_map(|(count, item)| Item::Repeat { count, item: Box::new(item) });
        prop_oneof![2 => group, 1 => repeat]
    })
}

/// Bytes that decide every value.
struct Entropy(Vec<u8>, usize);

impl Entropy {
    fn byte(&mut self) -> u8 {
        self.1 += 1;
        self.0
            .get(self.1 % self.0.len().max(1))
            .map_or(0, |byte| byte.wrapping_add(u8::try_from(self.1 % 7).unwrap()))
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()) % limit
    }

    /// Any value of so many bits, the extremes more often.
    fn bits(&mut self, bits: u32) -> u64 {
        let any = (0..8).fold(0, |value, _| value << 8 | u64::from(self.byte()));
        let value = match self.byte() % 6 {
            0 => 0,
            1 => u64::MAX,
            2 => 1 << (bits - 1),
            3 => (1 << (bits - 1)) - 1,
            _ => any,
        };
        value << (64 - bits) >> (64 - bits)
    }
}

/// A description, the JSON and the frame of the same recipe.
#[derive(Debug, Default)]
struct Built {
    fields: Vec<String>,
    members: Vec<String>,
    bytes: Vec<u8>,
    names: usize,
    /// Names of this list that have values, there or not.
    values: Vec<String>,
}

/// One value: the keys of its field, its JSON (`None`: absent) and its bytes.
struct Leaf {
    keys: String,
    json: Option<String>,
    bytes: Vec<u8>,
}

/// The decimal text of `value × 10^-places`, by moving the point in its digits.
fn decimal(value: i128, places: u32, least: usize) -> String {
    let places = usize::try_from(places).unwrap();
    if places == 0 {
        return value.to_string();
    }
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let mut fraction = fraction.to_owned();
    while fraction.len() > least && fraction.ends_with('0') {
        fraction.pop();
    }
    let sign = if value < 0 { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// Drops decimal places that neither the factor nor the addend needs.
fn fewest_places(mut scale: i128, mut plus: i128, mut places: u32) -> (i128, i128, u32) {
    while places > 0 && scale % 10 == 0 && plus % 10 == 0 {
        (scale, plus, places) = (scale / 10, plus / 10, places - 1);
    }
    (scale, plus, places)
}

fn order(mut big: Vec<u8>, endian: usize) -> Vec<u8> {
    match endian {
        1 => big.reverse(),
        2 => big = big.chunks(2).rev().flatten().copied().collect(),
        3 => big = big.chunks(2).flat_map(|pair| pair.iter().rev()).copied().collect(),
        _ => {}
    }
    big
}

fn low_bytes(value: u64, count: usize) -> Vec<u8> {
    value.to_be_bytes()[8 - count..].to_vec()
}

fn signed(value: u64, bits: u32) -> i128 {
    let value = i128::from(value);
    if value >> (bits - 1) & 1 == 1 { value - (1 << bits) } else { value }
}

fn check(name: &str, bytes: &[u8]) -> Vec<u8> {
    fn reflected(bytes: &[u8], poly: u32, start: u32) -> u32 {
        bytes.iter().fold(start, |crc, byte| {
            (0..8)
                .fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ poly } else { crc >> 1 })
        })
    }
    match name {
        "crc16-arc" => low_bytes(reflected(bytes, 0xa001, 0).into(), 2),
        "crc16-modbus" => low_bytes(reflected(bytes, 0xa001, 0xffff).into(), 2),
        "crc32" => low_bytes((!reflected(bytes, 0xedb8_8320, !0)).into(), 4),
        "crc8" => vec![bytes.iter().fold(0, |crc, byte| {
            (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 7 })
        })],
        "xor" => vec![bytes.iter().fold(0, |xor, byte| xor ^ byte)],
        _ => vec![bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte))],
    }
}

impl Built {
    fn name(&mut self) -> String {
        self.names += 1;
        format!("n{}", self.names)
    }

    /// The size keys, and whether the field that says it must be written first: its name and width.
    fn size(&mut self, size: Size, key: &str) -> (String, Option<(String, usize)>) {
        match size {
            Size::Own => (String::new(), None),
            Size::Fixed(count) => (format!(r#","{key}":{count}"#), None),
            Size::Prefix { bytes, plus } => (format!(r#","{key}":"u{}be - {plus}""#, bytes * 8), None),
            Size::Field { bytes, times } => {
                let name = self.name();
                (format!(r#","{key}":"{name} * {times}""#), Some((name, bytes)))
            }
        }
    }

    /// Field and bytes of a length that stands before; its prefix otherwise.
    fn length(&mut self, size: Size, field: Option<(String, usize)>, count: usize) {
        let count = u64::try_from(count).unwrap();
        match (size, field) {
            (Size::Prefix { bytes, plus }, _) => {
                self.bytes.extend(low_bytes(count + u64::try_from(plus).unwrap(), bytes));
            }
            (Size::Field { times, .. }, Some((name, bytes))) => {
                self.fields.push(format!(r#"{{"name":"{name}","type":"u{}"}}"#, bytes * 8));
                self.bytes.extend(low_bytes(count / u64::try_from(times).unwrap(), bytes));
            }
            _ => {}
        }
    }

    fn leaf(&mut self, item: &Item, entropy: &mut Entropy, inside: usize) -> Option<Leaf> {
        let some = |keys: String, json: String, bytes| Some(Leaf { keys, json: Some(json), bytes });
        match item {
            Item::Int { bytes, signed: sign, endian, scale, plus, absent } => {
                let bits = u32::try_from(8 * bytes).unwrap();
                let raw = entropy.bits(bits);
                let value = if *sign { signed(raw, bits) } else { raw.into() };
                let sentinel = if *sign { (1_i128 << (bits - 1)) - 1 } else { (1 << bits) - 1 };
                let (by, add, places) = fewest_places(scale.0.into(), (*plus).into(), scale.1);
                let mut keys = format!(
                    r#","type":"{}{bits}","endian":"{}","scale":"{}","plus":{}"#,
                    if *sign { "i" } else { "u" },
                    ENDIANS[*endian],
                    decimal(scale.0.into(), scale.1, 0),
                    decimal((*plus).into(), scale.1, 0),
                );
                if *absent {
                    keys += &format!(r#","absent":"{sentinel}""#);
                }
                let json = (!absent || value != sentinel).then(|| decimal(value * by + add, places, 1));
                Some(Leaf { keys, json, bytes: order(low_bytes(raw, *bytes), *endian) })
            }
            Item::Bcd { size, little, places } => {
                let digits: String = (0..2 * size).map(|_| char::from(b'0' + entropy.byte() % 10)).collect();
                let value: i128 = digits.parse().unwrap();
                let keys = format!(
                    r#","type":"bcd","size":{size},"endian":"{}","scale":"{}""#,
                    ENDIANS[usize::from(*little)],
                    decimal(1, *places, 0)
                );
                some(keys, decimal(value, *places, 1), packed(&digits, *little))
            }
            Item::Digits { size, little } => {
                let digits: String = (0..2 * size).map(|_| char::from(b'0' + entropy.byte() % 10)).collect();
                let keys =
                    format!(r#","type":"digits","size":{size},"endian":"{}""#, ENDIANS[usize::from(*little)]);
                some(keys, format!("\"{digits}\""), packed(&digits, *little))
            }
            Item::Float { wide, little } => {
                let bytes = if *wide { 8 } else { 4 };
                let mut raw = entropy.bits(8 * bytes);
                let value = |raw: u64| {
                    if *wide {
                        f64::from_bits(raw)
                    } else {
                        f32::from_bits(u32::try_from(raw).unwrap()).into()
                    }
                };
                if !value(raw).is_finite() {
                    raw >>= 2;
                }
                let json = if *wide {
                    format!("{:?}", value(raw))
                } else {
                    format!("{:?}", f32::from_bits(u32::try_from(raw).unwrap()))
                };
                let keys =
                    format!(r#","type":"f{}","endian":"{}""#, 8 * bytes, ENDIANS[usize::from(*little)]);
                some(keys, json, order(low_bytes(raw, usize::try_from(bytes).unwrap()), usize::from(*little)))
            }
            Item::Text(_) => {
                let alphabet = ["a", "7", " ", "\"", "\\", "\n", "é", "水", "😀", "/"];
                let mut text = String::new();
                while text.len() < inside {
                    let next = alphabet[entropy.below(alphabet.len())];
                    text.push_str(if text.len() + next.len() > inside { "x" } else { next });
                }
                some(r#","type":"text""#.into(), serde_json::to_string(&text).unwrap(), text.into_bytes())
            }
            Item::Bytes(_) => {
                let bytes: Vec<u8> = (0..inside).map(|_| entropy.byte()).collect();
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                some(r#","type":"bytes""#.into(), format!("\"{hex}\""), bytes)
            }
            _ => None,
        }
    }

    fn add(&mut self, item: &Item, entropy: &mut Entropy) {
        match item {
            Item::Const(bytes) => {
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                self.fields.push(format!(r#"{{"const":"{hex}"}}"#));
                self.bytes.extend(bytes);
            }
            Item::Check(which) => {
                if !self.fields.is_empty() {
                    self.fields.push(format!(r#"{{"check":"{}"}}"#, CHECKS[*which]));
                    self.bytes.extend(check(CHECKS[*which], &self.bytes));
                }
            }
            Item::Bits { bytes, little, cuts } => self.bits(*bytes, *little, cuts, entropy),
            Item::Group { named, size, items } => {
                // Lengths said by fields or prefixes in units of two need an even group: say it in single bytes.
                let size = match size {
                    Size::Fixed(_) => Size::Own,
                    Size::Field { bytes, .. } => Size::Field { bytes: *bytes, times: 1 },
                    other => *other,
                };
                let name = self.name();
                let mut inner = Self { names: if *named { 0 } else { self.names }, ..Self::default() };
                for item in items {
                    inner.add(item, entropy);
                }
                if !named {
                    self.names = inner.names;
                }
                let (keys, field) = self.size(size, "size");
                self.length(size, field, inner.bytes.len());
                let named_key = if *named { format!(r#""name":"{name}","#) } else { String::new() };
                self.fields.push(format!(
                    r#"{{{named_key}"type":"group"{keys},"fields":[{}]}}"#,
                    inner.fields.join(",")
                ));
                self.bytes.extend(&inner.bytes);
                if *named {
                    self.values.push(name.clone());
                    self.members.push(format!(r#""{name}":{{{}}}"#, inner.members.join(",")));
                } else {
                    self.values.extend(inner.values);
                    self.members.extend(inner.members);
                }
            }
            Item::Repeat { count, item } => self.repeat(*count, item, entropy),
            Item::Text(size) | Item::Bytes(size) => {
                let length = match size {
                    Size::Fixed(count) => *count,
                    Size::Field { times, .. } => entropy.below(5) * times,
                    _ => entropy.below(9),
                };
                let (keys, field) = self.size(*size, "size");
                self.length(*size, field, length);
                self.value(item, entropy, length, &keys);
            }
            _ => self.value(item, entropy, 0, ""),
        }
    }

    fn value(&mut self, item: &Item, entropy: &mut Entropy, inside: usize, keys: &str) {
        let name = self.name();
        self.values.push(name.clone());
        let leaf = self.leaf(item, entropy, inside).unwrap();
        self.fields.push(format!(r#"{{"name":"{name}"{}{keys}}}"#, leaf.keys));
        self.members.extend(leaf.json.map(|json| format!(r#""{name}":{json}"#)));
        self.bytes.extend(leaf.bytes);
    }

    fn bits(&mut self, bytes: usize, little: bool, cuts: &[(u32, bool)], entropy: &mut Entropy) {
        let bits = u32::try_from(8 * bytes).unwrap();
        let word = entropy.bits(bits);
        let (mut parts, mut low) = (Vec::new(), 0);
        for (width, sign) in cuts.iter().copied().chain([(64, false)]) {
            let width = width.min(bits - low);
            if width == 0 {
                break;
            }
            let raw = word >> low & (u64::MAX >> (64 - width));
            let value = if sign { signed(raw, width) } else { raw.into() };
            let name = self.name();
            self.values.push(name.clone());
            parts.push(format!(r#"{{"name":"{name}","bits":"{}:{low}","signed":{sign}}}"#, low + width - 1));
            self.members.push(format!(r#""{name}":{value}"#));
            low += width;
        }
        let endian = usize::from(little);
        self.fields.push(format!(
            r#"{{"type":"u{bits}","endian":"{}","bits":[{}]}}"#,
            ENDIANS[endian],
            parts.join(",")
        ));
        self.bytes.extend(order(low_bytes(word, bytes), endian));
    }

    fn repeat(&mut self, count: Size, item: &Item, entropy: &mut Entropy) {
        let items = match count {
            Size::Fixed(count) => count,
            Size::Field { times, .. } => entropy.below(4) * times,
            _ => entropy.below(5),
        };
        // A length field cannot be repeated with what it measures, nor a prefix of lengths share its bytes' order.
        let fixed = match item {
            Item::Text(_) => Item::Text(Size::Prefix { bytes: 1, plus: 0 }),
            Item::Bytes(_) => Item::Bytes(Size::Fixed(3)),
            Item::Group { items, .. } => Item::Group { named: true, size: Size::Own, items: items.clone() },
            Item::Int { .. } | Item::Bcd { .. } | Item::Digits { .. } | Item::Float { .. } => item.clone(),
            Item::Bits { .. } | Item::Const(_) | Item::Check(_) | Item::Repeat { .. } => {
                Item::Group { named: true, size: Size::Own, items: vec![item.clone()] }
            }
        };
        let (mut keys, mut json, mut bytes) = (String::new(), Vec::new(), Vec::new());
        // One more is built to know the keys of an empty array; it decides no value.
        for index in 0..=items {
            let mut one = Self::default();
            one.add(&fixed, entropy);
            let field = one.fields.last().unwrap();
            keys = field.split_once(',').unwrap().1.strip_suffix('}').unwrap().to_owned();
            if index < items {
                json.push(
                    one.members.first().map_or("null", |member| member.split_once(':').unwrap().1).to_owned(),
                );
                bytes.extend(one.bytes);
            }
        }
        let (count_keys, field) = self.size(count, "repeat");
        let name = self.name();
        self.values.push(name.clone());
        self.length(count, field, items);
        self.fields.push(format!(r#"{{"name":"{name}",{keys}{count_keys}}}"#));
        self.members.push(format!(r#""{name}":[{}]"#, json.join(",")));
        self.bytes.extend(bytes);
    }
}

fn packed(digits: &str, little: bool) -> Vec<u8> {
    let bytes = (0..digits.len() / 2)
        .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    order(bytes, usize::from(little))
}

struct Made {
    layout: Layout,
    json: String,
    /// The same values, each at a place of its own, the last one first.
    placed: Layout,
    placed_json: String,
    bytes: Vec<u8>,
}

fn made(items: &[Item], entropy: Vec<u8>) -> Made {
    let mut built = Built::default();
    let mut entropy = Entropy(entropy, 0);
    for item in items {
        built.add(item, &mut entropy);
    }
    let compile = |json: &str| {
        let fields = built.fields.join(",");
        let text = format!(r#"{{"frames":[{{"name":"f","fields":[{fields}],"json":{json}}}]}}"#);
        Layout::from_json(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"))
    };
    let place = |name: &String| format!(r#"{{"{name}":["${name}"]}}"#);
    let template: Vec<String> = built.values.iter().rev().map(place).collect();
    let value = |name: &String| {
        let member = built.members.iter().find_map(|member| member.strip_prefix(&format!("\"{name}\":")));
        format!(r#"{{"{name}":[{}]}}"#, member.unwrap_or("null"))
    };
    let placed_json: Vec<String> = built.values.iter().rev().map(value).collect();
    Made {
        layout: compile("\"$*\""),
        json: format!("{{{}}}", built.members.join(",")),
        placed: compile(&format!("[{}]", template.join(","))),
        placed_json: format!("[{}]", placed_json.join(",")),
        bytes: built.bytes,
    }
}

/// What decodes must encode to the same bytes: nothing is lost, nothing is guessed.
fn lossless(layout: &Layout, frame: &[u8]) -> Result<bool, TestCaseError> {
    let mut json = String::new();
    if layout.decode(frame, &[], &mut json).is_err() {
        prop_assert_eq!(json, "");
        return Ok(false);
    }
    let mut back = Vec::new();
    prop_assert_eq!(layout.encode(json.as_bytes(), &mut back).map(|_| ()), Ok(()), "{}", &json);
    prop_assert_eq!(&back, frame, "{}", &json);
    Ok(true)
}

proptest! {
    #[test]
    fn frames_and_json_are_the_same(
        items in prop::collection::vec(item(), 1..7),
        check in prop::option::of(0..CHECKS.len()),
        entropy in prop::collection::vec(any::<u8>(), 1..200),
        extra in any::<u8>(),
        flips in prop::collection::vec(any::<(u16, u8)>(), 8),
        noise in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut items = items;
        items.extend(check.map(Item::Check));
        let Made { layout, json, placed, placed_json, bytes } = made(&items, entropy);
        let mut decoded = String::new();
        prop_assert_eq!(placed.decode(&bytes, &[], &mut decoded), Ok("f"));
        prop_assert_eq!(&decoded, &placed_json);
        let mut encoded = Vec::new();
        prop_assert_eq!(placed.encode(placed_json.as_bytes(), &mut encoded), Ok("f"));
        prop_assert_eq!(&encoded, &bytes);
        decoded.clear();
        prop_assert_eq!(layout.decode(&bytes, &[], &mut decoded), Ok("f"));
        prop_assert_eq!(&decoded, &json);
        let mut encoded = Vec::new();
        prop_assert_eq!(layout.encode(json.as_bytes(), &mut encoded), Ok("f"));
        prop_assert_eq!(&encoded, &bytes);

        for cut in 0..bytes.len() {
            let error = layout.decode(&bytes[..cut], &[], &mut String::new()).unwrap_err();
            prop_assert!(error.at <= cut, "{}", error);
        }
        let mut longer = bytes.clone();
        longer.push(extra);
        let error = layout.decode(&longer, &[], &mut String::new()).unwrap_err();
        prop_assert_eq!((error.rule, error.at), (DecodeRule::Trailing(1), bytes.len()));

        let mut flipped = bytes.clone();
        for (at, bit) in flips {
            let at = usize::from(at) % bytes.len();
            flipped[at] ^= 1 << (bit % 8);
            lossless(&layout, &flipped)?;
            flipped.copy_from_slice(&bytes);
            // One flipped bit is what every one of these checksums notices.
            flipped[at] ^= 1 << (bit % 8);
            if check.is_some() {
                prop_assert!(layout.decode(&flipped, &[], &mut String::new()).is_err());
            }
        }
        lossless(&layout, &noise)?;
    }

    #[test]
    fn whatever_comes_first_the_rest_is_the_rest(
        head in prop::collection::vec(item(), 0..3),
        entropy in prop::collection::vec(any::<u8>(), 1..60),
        rest in prop::collection::vec(any::<u8>(), 0..20),
        check in 0..CHECKS.len(),
    ) {
        let mut built = Built::default();
        let mut entropy = Entropy(entropy, 0);
        for item in &head {
            built.add(item, &mut entropy);
        }
        let hex: String = rest.iter().map(|byte| format!("{byte:02x}")).collect();
        built.fields.push(r#"{"name":"rest","type":"bytes","size":"rest"}"#.into());
        built.members.push(format!(r#""rest":"{hex}""#));
        built.bytes.extend(&rest);
        built.add(&Item::Check(check), &mut entropy);
        let text = format!(r#"{{"frames":[{{"name":"f","fields":[{}]}}]}}"#, built.fields.join(","));
        let layout = Layout::from_json(text.as_bytes()).unwrap();
        let mut json = String::new();
        prop_assert_eq!(layout.decode(&built.bytes, &[], &mut json), Ok("f"));
        prop_assert_eq!(json, format!("{{{}}}", built.members.join(",")));
        for cut in 0..built.bytes.len() {
            lossless(&layout, &built.bytes[..cut])?;
        }
    }
}
