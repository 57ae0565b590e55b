//! The second judge: a tree, a loop over names, decimal digits compared as text.

use core::cmp::Ordering;
use core::fmt::Write as _;

use thing_model::{Level, Options, TextUnit};

/// A value as it will be written.
#[derive(Debug, Clone)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    Array(Vec<Self>),
    Object(Vec<(String, Self)>),
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Int(Bounds),
    Float(Bounds),
    Double(Bounds),
    Text(usize),
    Date,
    Bool,
    Enum(Vec<i64>),
    Struct(Vec<(String, Self)>),
    Array(usize, Box<Self>),
}

/// Limits and grid, as written in the model. Items of arrays have none.
#[derive(Debug, Clone, Default)]
pub(super) struct Bounds {
    pub(super) min: Option<String>,
    pub(super) max: Option<String>,
    pub(super) step: Option<String>,
}

/// A decimal number: sign, digits without zeros at either end, and where the point stands before them.
fn normal(lexeme: &str) -> (bool, Vec<u8>, i64) {
    let (negative, rest) = lexeme.strip_prefix('-').map_or((false, lexeme), |rest| (true, rest));
    let (number, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let huge = if exponent.starts_with('-') { i64::MIN / 4 } else { i64::MAX / 4 };
    let exponent = exponent.trim_start_matches('+').parse().unwrap_or(huge);
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    let point = i64::try_from(whole.len()).unwrap() - i64::try_from(zeros).unwrap() + exponent;
    let mut digits = digits[zeros..].to_vec();
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    if digits.is_empty() { (false, digits, 0) } else { (negative, digits, point) }
}

pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let ((a_negative, a, a_point), (b_negative, b, b_point)) = (normal(a), normal(b));
    let size = |digits: &[u8], point: i64| if digits.is_empty() { i64::MIN } else { point };
    let magnitude = size(&a, a_point).cmp(&size(&b, b_point)).then_with(|| a.cmp(&b));
    match (a_negative, b_negative) {
        (false, false) => magnitude,
        (true, true) => magnitude.reverse(),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

/// How many decimal places a number needs.
fn places(lexeme: &str) -> i64 {
    let (_, digits, point) = normal(lexeme);
    i64::try_from(digits.len()).unwrap().saturating_sub(point).max(0)
}

fn scaled(lexeme: &str, places: i64) -> i128 {
    let (negative, digits, point) = normal(lexeme);
    let shift = u32::try_from(point + places - i64::try_from(digits.len()).unwrap()).unwrap();
    let value = core::str::from_utf8(&digits).unwrap().parse::<i128>().unwrap_or(0) * 10_i128.pow(shift);
    if negative { -value } else { value }
}

fn on_grid(lexeme: &str, bounds: &Bounds) -> bool {
    let Some(step) = bounds.step.as_deref() else { return true };
    let zero = "0".to_owned();
    let from = bounds.min.as_ref().unwrap_or(&zero);
    let most = places(step).max(places(from));
    if places(lexeme) > most {
        return false;
    }
    (scaled(lexeme, most) - scaled(from, most)) % scaled(step, most) == 0
}

/// Judges values under some options.
pub(super) struct Judge<'o> {
    pub(super) options: &'o Options,
    pub(super) found: Vec<String>,
}

impl Judge<'_> {
    fn say(&mut self, path: &str, rule: &str) {
        let value = ["Range", "Step", "Bool", "Enum", "Length", "Date", "Size", "SizeShort", "Missing"];
        if self.options.level == Level::Strong || !value.contains(&rule) {
            self.found.push(format!("{path}: {rule}"));
        }
    }

    /// An entry of a post or a set.
    fn entry(&mut self, kind: &Kind, json: &Json, path: &str, latest: &str) {
        let Json::Object(members) = json else { return self.value(kind, json, path) };
        let is_wrapper = |(name, _): &(String, Json)| name == "value" || name == "time";
        if matches!(kind, Kind::Struct(_)) && !members.iter().any(is_wrapper) {
            return self.value(kind, json, path);
        }
        let (mut values, mut times) = (0, 0);
        for (name, member) in members {
            match name.as_str() {
                "value" => {
                    values += 1;
                    if values > 1 && self.options.duplicates {
                        self.say(path, "Duplicate");
                    }
                    self.value(kind, member, path);
                }
                "time" => {
                    times += 1;
                    if times > 1 && self.options.duplicates {
                        self.say(path, "Duplicate");
                    }
                    self.time(member, path, latest);
                }
                _ => self.say(path, "Wrapper"),
            }
        }
        if values == 0 {
            self.say(path, "Empty");
        }
    }

    fn time(&mut self, json: &Json, path: &str, latest: &str) {
        match json {
            Json::Number(time) if !time.contains(['.', 'e', 'E', '-']) => {
                if compare(time, latest) == Ordering::Greater {
                    self.say(path, "TimeAhead");
                }
            }
            _ => self.say(path, "Time"),
        }
    }

    /// A post or, where `settable` says which properties may be, a set. Answers what has nothing wrong in it.
    pub(super) fn properties(
        &mut self,
        fields: &[(String, Kind)],
        entries: &[(String, Json)],
        settable: Option<&[bool]>,
        latest: &str,
    ) -> Vec<(String, bool)> {
        if entries.is_empty() {
            self.say("", "NoEntry");
        }
        let mut kept = Vec::new();
        for (index, (name, value)) in entries.iter().enumerate() {
            let before = self.found.len();
            match fields.iter().position(|(field, _)| field == name) {
                None => self.say(name, "Unknown"),
                Some(at) => {
                    if self.options.duplicates && entries[..index].iter().any(|(before, _)| before == name) {
                        self.say(name, "Duplicate");
                    }
                    let kind = &fields[at].1;
                    match settable {
                        None => self.entry(kind, value, name, latest),
                        Some(settable) => {
                            if !settable[at] {
                                self.say(name, "ReadOnly");
                            }
                            self.value(kind, value, name);
                        }
                    }
                }
            }
            kept.push((name.clone(), self.found.len() == before));
        }
        kept
    }

    /// The outputs of an event, bare or with a time.
    pub(super) fn event(&mut self, fields: &[(String, Kind)], members: &[(String, Json)], latest: &str) {
        if members.is_empty() {
            return self.say("", "Empty");
        }
        let Some((_, value)) = members.iter().find(|(name, _)| name == "value") else {
            return self.members(fields, members, "", "Unknown");
        };
        for (name, member) in members {
            if name == "time" {
                self.time(member, "time", latest);
            }
        }
        match value {
            Json::Object(members) => self.members(fields, members, "", "Unknown"),
            _ => self.say("", "Object"),
        }
    }

    fn number(&mut self, lexeme: &str, bounds: &Bounds, path: &str) {
        let below = bounds.min.as_deref().is_some_and(|min| compare(lexeme, min) == Ordering::Less);
        let above = bounds.max.as_deref().is_some_and(|max| compare(lexeme, max) == Ordering::Greater);
        if below || above {
            self.say(path, "Range");
        } else if self.options.steps && !on_grid(lexeme, bounds) {
            self.say(path, "Step");
        }
    }

    /// Whether a number is written as an integer, or is one and may be.
    fn is_int(&self, lexeme: &str) -> bool {
        !lexeme.contains(['.', 'e', 'E']) || (self.options.whole_float_as_int && places(lexeme) == 0)
    }

    pub(super) fn value(&mut self, kind: &Kind, json: &Json, path: &str) {
        match (kind, json) {
            (_, Json::Null) => self.say(path, "Empty"),
            (Kind::Int(bounds), Json::Number(lexeme)) if self.is_int(lexeme) => {
                let int = Bounds {
                    min: bounds.min.clone().or_else(|| Some(i32::MIN.to_string())),
                    max: bounds.max.clone().or_else(|| Some(i32::MAX.to_string())),
                    ..bounds.clone()
                };
                self.number(lexeme, &int, path);
            }
            (Kind::Float(bounds) | Kind::Double(bounds), Json::Number(lexeme)) => {
                if !self.options.integer_as_float && !lexeme.contains(['.', 'e', 'E']) {
                    return self.say(path, "Type");
                }
                // What rounds to the greatest number is a number still.
                let infinite = match kind {
                    Kind::Float(_) => lexeme.parse::<f32>().unwrap().is_infinite(),
                    _ => lexeme.parse::<f64>().unwrap().is_infinite(),
                };
                if bounds.min.is_some() {
                    self.number(lexeme, bounds, path);
                } else if infinite {
                    self.say(path, "Range");
                }
            }
            (Kind::Text(length), Json::Text(text)) => {
                let count = match self.options.text_unit {
                    TextUnit::Bytes => text.len(),
                    _ => text.chars().count(),
                };
                if count > *length {
                    self.say(path, "Length");
                }
            }
            (Kind::Date, Json::Text(text)) => {
                if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
                    self.say(path, "Date");
                }
            }
            (Kind::Date, Json::Number(lexeme)) if self.options.number_as_date => {
                if lexeme.contains(['.', 'e', 'E', '-']) {
                    self.say(path, "Date");
                }
            }
            (Kind::Bool, Json::Bool(_)) if self.options.literal_as_bool => {}
            (Kind::Bool, Json::Number(lexeme)) if self.is_int(lexeme) => {
                if !["0", "1"].iter().any(|flag| compare(flag, lexeme) == Ordering::Equal) {
                    self.say(path, "Bool");
                }
            }
            (Kind::Enum(keys), Json::Number(lexeme)) if self.is_int(lexeme) => {
                if !keys.iter().any(|key| compare(&key.to_string(), lexeme) == Ordering::Equal) {
                    self.say(path, "Enum");
                }
            }
            (Kind::Struct(fields), Json::Object(members)) => {
                self.members(fields, members, path, "UnknownMember");
            }
            (Kind::Array(size, item), Json::Array(items)) => {
                for (index, value) in items.iter().enumerate() {
                    self.value(item, value, &format!("{path}[{index}]"));
                }
                if items.len() > *size {
                    self.say(path, "Size");
                } else if items.len() < *size && self.options.exact_arrays {
                    self.say(path, "SizeShort");
                }
            }
            _ => self.say(path, "Type"),
        }
    }

    /// Members of a struct, or inputs and outputs (with an empty path).
    pub(super) fn members(
        &mut self,
        fields: &[(String, Kind)],
        members: &[(String, Json)],
        path: &str,
        unknown: &str,
    ) {
        let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        for (index, (name, value)) in members.iter().enumerate() {
            let Some((_, kind)) = fields.iter().find(|(field, _)| field == name) else {
                self.say(&at(name), unknown);
                continue;
            };
            if self.options.duplicates && members[..index].iter().any(|(before, _)| before == name) {
                self.say(&at(name), "Duplicate");
            }
            self.value(kind, value, &at(name));
        }
        if self.options.complete {
            for (field, _) in fields {
                if !members.iter().any(|(name, _)| name == field) {
                    self.say(&at(field), "Missing");
                }
            }
        }
    }
}

impl Kind {
    /// As a `dataType` of a model.
    pub(super) fn tsl(&self) -> String {
        let number = |name: &str, bounds: &Bounds| {
            let mut specs = Vec::new();
            for (key, value) in [("min", &bounds.min), ("max", &bounds.max), ("step", &bounds.step)] {
                specs.extend(value.as_ref().map(|value| format!("\"{key}\":\"{value}\"")));
            }
            format!("{{\"type\":\"{name}\",\"specs\":{{{}}}}}", specs.join(","))
        };
        match self {
            Self::Int(bounds) => number("int", bounds),
            Self::Float(bounds) => number("float", bounds),
            Self::Double(bounds) => number("double", bounds),
            Self::Text(length) => format!("{{\"type\":\"text\",\"specs\":{{\"length\":\"{length}\"}}}}"),
            Self::Date => "{\"type\":\"date\",\"specs\":{}}".into(),
            Self::Bool => "{\"type\":\"bool\",\"specs\":{\"0\":\"no\",\"1\":\"yes\"}}".into(),
            Self::Enum(keys) => {
                let keys: Vec<String> = keys.iter().map(|key| format!("\"{key}\":\"k\"")).collect();
                format!("{{\"type\":\"enum\",\"specs\":{{{}}}}}", keys.join(","))
            }
            Self::Struct(fields) => format!("{{\"type\":\"struct\",\"specs\":[{}]}}", parameters(fields)),
            Self::Array(size, item) => {
                format!("{{\"type\":\"array\",\"specs\":{{\"size\":\"{size}\",\"item\":{}}}}}", item.tsl())
            }
        }
    }
}

/// Members, inputs or outputs of a model.
pub(super) fn parameters(fields: &[(String, Kind)]) -> String {
    let one = |(name, kind): &(String, Kind)| {
        format!("{{\"identifier\":\"{name}\",\"name\":\"n\",\"dataType\":{}}}", kind.tsl())
    };
    fields.iter().map(one).collect::<Vec<_>>().join(",")
}

impl Json {
    /// Writes the value, spaces and escapes as `any` has it.
    pub(super) fn write(&self, out: &mut String, any: &mut dyn FnMut(u64) -> u64) {
        if any(8) == 0 {
            out.push_str([" ", "\n", "\t ", "\r"][usize::try_from(any(4)).unwrap()]);
        }
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => write!(out, "{value}").unwrap(),
            Self::Number(lexeme) => out.push_str(lexeme),
            Self::Text(text) => quote(text, out, any),
            Self::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    item.write(out, any);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    quote(name, out, any);
                    out.push_str(if any(8) == 0 { " : " } else { ":" });
                    value.write(out, any);
                }
                out.push('}');
            }
        }
        if any(8) == 0 {
            out.push(' ');
        }
    }
}

fn quote(text: &str, out: &mut String, any: &mut dyn FnMut(u64) -> u64) {
    out.push('"');
    let escape_some = any(5) == 0;
    for c in text.chars() {
        if matches!(c, '"' | '\\') || c < ' ' || (escape_some && any(2) == 0) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}").unwrap();
            }
        } else {
            out.push(c);
        }
    }
    out.push('"');
}
