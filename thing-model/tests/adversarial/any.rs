//! Random models and payloads that are mostly right, from a seed.

use thing_model::{Level, Options, TextUnit};

use crate::judge::{Bounds, Json, Kind};

/// A small generator of numbers, so that a seed is a case.
pub(super) struct Any(pub(super) u64);

impl Any {
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    pub(super) fn chance(&mut self, one_in: u64) -> bool {
        self.below(one_in) == 0
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }

    pub(super) fn up_to(&mut self, most: usize) -> usize {
        usize::try_from(self.below(most as u64 + 1)).unwrap()
    }

    fn bounds(&mut self, int: bool) -> Bounds {
        let some = |text: &str| Some(text.to_owned());
        let ints = [
            ("-2147483648", "2147483647", "1"),
            ("0", "100", "5"),
            ("-7", "-1", "3"),
            ("3", "3", "1"),
            ("-100", "1000", "7"),
        ];
        let others = [
            ("-100.5", "100.5", "0.1"),
            ("0", "1", "0.001"),
            ("-0.3", "0.4", "0.05"),
            ("1e-3", "1e6", "1e-3"),
            ("0.1", "0.1", "0.1"),
        ];
        let (min, max, step) = *self.pick(if int { &ints } else { &others });
        Bounds { min: some(min), max: some(max), step: some(step).filter(|_| !self.chance(3)) }
    }

    fn scalar(&mut self) -> Kind {
        match self.below(7) {
            0 => Kind::Int(self.bounds(true)),
            1 => Kind::Float(self.bounds(false)),
            2 => Kind::Double(self.bounds(false)),
            3 => Kind::Text(self.up_to(20) + 1),
            4 => Kind::Date,
            5 => Kind::Bool,
            _ => Kind::Enum(
                [-3, 0, 1, 7, 4096].into_iter().filter(|key| *key == 1 || self.chance(2)).collect(),
            ),
        }
    }

    fn structure(&mut self) -> Kind {
        let fields = (0..=self.up_to(4)).map(|at| (format!("m{at}"), self.scalar())).collect();
        Kind::Struct(fields)
    }

    pub(super) fn kind(&mut self) -> Kind {
        match self.below(6) {
            0 => self.structure(),
            1 => {
                let item = match self.below(5) {
                    0 => Kind::Int(Bounds::default()),
                    1 => Kind::Float(Bounds::default()),
                    2 => Kind::Double(Bounds::default()),
                    3 => Kind::Text(10_240),
                    _ => self.structure(),
                };
                Kind::Array(self.up_to(4) + 1, Box::new(item))
            }
            _ => self.scalar(),
        }
    }

    fn lexeme(&mut self, bounds: Option<&Bounds>) -> String {
        const NASTY: &[&str] = &[
            "0",
            "-0",
            "1",
            "-1",
            "7",
            "100",
            "4096",
            "2147483647",
            "2147483648",
            "-2147483648",
            "-2147483649",
            "4294967297",
            "18446744073709551616",
            "18446744073709551617",
            "0.1",
            "0.3",
            "0.30000000000000004",
            "1.0",
            "1e2",
            "1E-2",
            "-0.0",
            "100.5",
            "100.50",
            "100.51",
            "1005e-1",
            "1e400",
            "-1e400",
            "1e-400",
            "0e5",
            "3.5e38",
            "3.4028235e38",
            "1.8e308",
            "0.000000000000000000000000000000000001",
            "123456789012345678901234567890",
            "0.05",
            "0.15",
            "-0.3",
            "-0.30",
            "3",
            "3.000",
            "1e3",
            "1000000",
            "1000000.0001",
        ];
        let limits: Vec<String> =
            bounds.into_iter().flat_map(|b| [b.min.clone(), b.max.clone()]).flatten().collect();
        if limits.is_empty() || self.chance(2) {
            return (*self.pick(NASTY)).to_owned();
        }
        let limit = self.pick(&limits).clone();
        let exponent = limit.contains('e');
        match self.below(5) {
            0 if !exponent && limit.contains('.') => limit + "0",
            1 if !exponent && limit.contains('.') => limit + "1",
            2 if !exponent => limit + "e0",
            3 if !exponent && !limit.contains('.') => limit + ".0",
            _ => limit,
        }
    }

    fn text(&mut self) -> String {
        let letters = ["a", "0", "9", "é", "水", "😀", "\"", "\\", "\n", "\0", " "];
        let digits = self.chance(2);
        (0..self.up_to(22))
            .map(|_| if digits { *self.pick(&letters[1..3]) } else { *self.pick(&letters) })
            .collect()
    }

    /// A value that mostly suits the type.
    fn value(&mut self, kind: &Kind) -> Json {
        if self.chance(12) {
            return match self.below(6) {
                0 => Json::Null,
                1 => Json::Bool(self.chance(2)),
                2 => Json::Number(self.lexeme(None)),
                3 => Json::Text(self.text()),
                4 => Json::Array((0..self.up_to(3)).map(|_| Json::Number("1".into())).collect()),
                // An object in place of a value is read as `{value, time}` in a post: an empty one says no more.
                _ => Json::Object(Vec::new()),
            };
        }
        match kind {
            Kind::Int(bounds) | Kind::Float(bounds) | Kind::Double(bounds) => {
                Json::Number(self.lexeme(Some(bounds)))
            }
            Kind::Bool | Kind::Enum(_) => Json::Number(self.lexeme(None)),
            Kind::Text(_) | Kind::Date => Json::Text(self.text()),
            Kind::Struct(fields) => Json::Object(self.members(fields)),
            Kind::Array(size, item) => {
                Json::Array((0..self.up_to(size + 1)).map(|_| self.value(item)).collect())
            }
        }
    }

    /// Members that mostly exist, some twice, some not at all.
    pub(super) fn members(&mut self, fields: &[(String, Kind)]) -> Vec<(String, Json)> {
        let mut members = Vec::new();
        for (name, kind) in fields {
            for _ in 0..if self.chance(15) { 2 } else { self.up_to(1) } {
                members.push((name.clone(), self.value(kind)));
            }
            if self.chance(25) {
                let name = self.pick(&["", "M0", "m0 ", "水", "m99"]).to_string();
                members.push((name, self.value(kind)));
            }
        }
        members
    }

    /// Entries of a post, some with a time.
    pub(super) fn entries(&mut self, fields: &[(String, Kind)]) -> Vec<(String, Json)> {
        let mut entries = self.members(fields);
        for (_, value) in &mut entries {
            if self.chance(4) {
                let mut wrapper = vec![("value".to_owned(), value.clone())];
                if self.chance(2) {
                    let time = self.time();
                    wrapper.insert(self.up_to(1), ("time".into(), time));
                }
                *value = Json::Object(wrapper);
            }
        }
        entries
    }

    fn time(&mut self) -> Json {
        let times =
            ["0", "1700000000000", "1700086400000", "1700086400001", "99999999999999999999", "1.5", "1e12"];
        if self.chance(6) { Json::Text("0".into()) } else { Json::Number((*self.pick(&times)).into()) }
    }

    /// What an event carries, bare or with a time.
    pub(super) fn event(&mut self, fields: &[(String, Kind)]) -> Vec<(String, Json)> {
        let outputs = self.members(fields);
        if self.chance(3) {
            return outputs;
        }
        let mut event = vec![("value".to_owned(), Json::Object(outputs))];
        if self.chance(2) {
            let time = self.time();
            event.insert(self.up_to(1), ("time".into(), time));
        }
        event
    }

    pub(super) fn options(&mut self) -> Options {
        let mut options = Options::default();
        options.level = if self.chance(6) { Level::Weak } else { Level::Strong };
        options.integer_as_float = !self.chance(4);
        options.whole_float_as_int = self.chance(4);
        options.number_as_date = self.chance(4);
        options.literal_as_bool = self.chance(4);
        options.text_unit = if self.chance(4) { TextUnit::Bytes } else { TextUnit::Characters };
        options.exact_arrays = self.chance(4);
        options.steps = self.chance(2);
        options.complete = self.chance(4);
        options.duplicates = !self.chance(4);
        options
    }
}
