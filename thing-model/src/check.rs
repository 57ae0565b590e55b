//! Payloads against a model, straight from their bytes, in one pass.
//!
//! At each value the checker knows which type it expects, so a value that is right is read once and nothing is built.
//! Everything here runs on the pull reader; allocation happens when a [`Checker`] is made and never after.

mod bodies;
mod value;

use crate::Code;
use crate::json::{JsonRule, Malformed, Reader, Str};
use crate::message::{Envelope, Member};
use crate::model::{FieldSpec, Model, NONE, Scope};
use crate::options::{Level, Options, WallClock};
use crate::partition::Part;
use crate::violation::{Place, Record, Rule, Sink};
use alloc::vec::Vec;

/// What a payload is; it is the `params` of the message (for [`Payload::ServiceOutput`] its `data`).
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Payload<'p> {
    /// `thing.event.property.post`: `{"id": value}` or `{"id": {"value": …, "time": …}}`.
    PropertyPost,
    /// `thing.service.property.set`: `{"id": value}`, settable properties only.
    PropertySet,
    /// `thing.service.property.get`, and desired get: `["id", …]`.
    PropertyGet,
    /// `thing.event.{id}.post`: `{"value": {outputs}, "time": …}`. The identifier, or `block:identifier`.
    EventPost(&'p str),
    /// `thing.service.{id}`: `{inputs}`. `set` and `get` are the two above.
    ServiceInput(&'p str),
    /// The answer to it: `{outputs}`.
    ServiceOutput(&'p str),
    /// `thing.event.property.history.post`.
    History(&'p dyn Family),
    /// `thing.event.property.pack.post`.
    Pack(&'p dyn Family),
    /// `thing.event.property.batch.post`.
    Batch,
}

impl core::fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::PropertyPost => f.write_str("PropertyPost"),
            Self::PropertySet => f.write_str("PropertySet"),
            Self::PropertyGet => f.write_str("PropertyGet"),
            Self::EventPost(id) => f.debug_tuple("EventPost").field(id).finish(),
            Self::ServiceInput(id) => f.debug_tuple("ServiceInput").field(id).finish(),
            Self::ServiceOutput(id) => f.debug_tuple("ServiceOutput").field(id).finish(),
            Self::History(_) => f.write_str("History"),
            Self::Pack(_) => f.write_str("Pack"),
            Self::Batch => f.write_str("Batch"),
        }
    }
}

/// The models of the devices a gateway speaks for. A closure from productKey and deviceName to a model is one.
pub trait Family {
    /// The model of that device; `None` if there is none ([`Rule::UnknownDevice`]).
    fn model(&self, product_key: &str, device_name: &str) -> Option<&Model>;
}

/// All devices are of one model.
impl Family for Model {
    fn model(&self, _: &str, _: &str) -> Option<&Model> {
        Some(self)
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub enum Outcome {
    /// Nothing is wrong.
    Valid,
    /// So many violations were told to the sink.
    Invalid {
        /// How many.
        violations: u32,
    },
    /// The sink asked to stop; what comes after was not looked at, not even whether it is JSON.
    Stopped,
}

impl Outcome {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        matches!(self, Self::Valid)
    }
}

/// Checks payloads against a model. One a connection: it holds the marks by which doubled names are found, and, if asked,
/// the order in which a device sends its properties.
///
/// ```
/// use thing_model::{Checker, Code, Limits, Model, Payload, Record, WallClock};
/// # let tsl = include_bytes!("../../vectors/tsl/lamp.json");
/// let model = Model::compile(tsl, &Limits::current())?;
/// let mut checker = Checker::new(&model);
/// let now = WallClock::from_unix_millis(1_700_000_000_000);
///
/// let post = br#"{"PowerSwitch":1,"Brightness":{"value":101,"time":1700000000000},"Color":3}"#;
/// let mut found: Vec<Record> = Vec::new();
/// checker.check(Payload::PropertyPost, post, now, &mut found)?;
///
/// let texts: Vec<_> = found.iter().map(|record| record.view(&model, post).to_string()).collect();
/// assert_eq!(texts, ["Brightness: outside the range (6306)", "Color: not in the model (6304)"]);
/// assert_eq!(found[0].code(), Code::INT);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Checker<'m> {
    model: &'m Model,
    options: Options,
    state: State,
}

/// What lives from one payload to the next.
#[derive(Debug, Clone)]
struct State {
    /// For each field the generation of the object that last held it.
    stamps: Vec<u32>,
    generation: u32,
    /// For each field the one that followed it last time; empty if not asked for.
    next: Vec<u32>,
}

impl<'m> Checker<'m> {
    /// With the recommended options.
    #[must_use]
    pub fn new(model: &'m Model) -> Self {
        Self::with_options(model, Options::default())
    }

    /// With other options.
    #[must_use]
    pub fn with_options(model: &'m Model, options: Options) -> Self {
        let stamps = alloc::vec![0; model.fields.len()];
        Self { model, options, state: State { stamps, generation: 0, next: Vec::new() } }
    }

    /// Makes room for the model of a sub-device, so that [`Payload::Pack`] and [`Payload::History`] allocate nothing. Without it they
    /// do so once, when they first meet a model larger than all before.
    pub fn reserve(&mut self, model: &Model) {
        self.state.reserve(model);
    }

    /// Remembers from now on which name followed which, and looks there first. It pays off for devices that keep their
    /// order: then names are compared, not looked up. Costs four bytes for each field of the model.
    pub fn remember_order(&mut self) {
        let most = self.state.stamps.len().max(self.model.fields.len());
        self.state.next = (1..=crate::json::offset(most)).collect();
    }

    /// The model.
    #[must_use]
    pub const fn model(&self) -> &'m Model {
        self.model
    }

    /// The options.
    #[must_use]
    pub const fn options(&self) -> &Options {
        &self.options
    }

    /// Checks a payload and tells the sink everything that is wrong with it.
    ///
    /// # Errors
    ///
    /// The payload is not JSON (or longer or deeper than [`Options`] allow). What the sink was told before means nothing then.
    pub fn check(
        &mut self,
        payload: Payload<'_>,
        json: &[u8],
        now: WallClock,
        sink: &mut dyn Sink,
    ) -> Result<Outcome, Malformed> {
        self.run(payload, json, now, sink, None, None)
    }

    pub(crate) fn run<'a>(
        &mut self,
        payload: Payload<'_>,
        json: &'a [u8],
        now: WallClock,
        sink: &mut dyn Sink,
        entries: Option<&mut dyn FnMut(Part)>,
        envelope: Option<&mut Envelope<'a>>,
    ) -> Result<Outcome, Malformed> {
        if json.len() > self.options.max_bytes {
            return Err(Malformed { rule: JsonRule::Length, offset: 0 });
        }
        let depth = self.options.max_depth.max(16);
        let mut r = Reader::new(json, depth)?;
        r.space();
        let mut pass = Pass {
            r,
            json,
            model: self.model,
            options: &self.options,
            state: &mut self.state,
            sink,
            // Spelled out so that the lifetime may shrink.
            entries: match entries {
                Some(entries) => Some(entries),
                None => None,
            },
            latest: now.latest(self.options.max_ahead),
            latest_head: now.latest_head(self.options.max_ahead),
            place: Place::NOWHERE,
            count: 0,
            first: None,
        };
        let checked = match envelope {
            Some(envelope) => pass.message(payload, envelope),
            None => pass.payload(payload),
        };
        match checked.and_then(|()| Ok(pass.r.finish()?)) {
            Err(Halt::Malformed(malformed)) => Err(malformed),
            Err(Halt::Stopped) => Ok(Outcome::Stopped),
            Ok(()) if pass.count == 0 => Ok(Outcome::Valid),
            Ok(()) => Ok(Outcome::Invalid { violations: pass.count }),
        }
    }
}

impl State {
    fn reserve(&mut self, model: &Model) {
        let most = model.fields.len();
        if most > self.stamps.len() {
            self.stamps.resize(most, 0);
            if !self.next.is_empty() {
                let from = crate::json::offset(self.next.len());
                self.next.extend(from + 1..=crate::json::offset(most));
            }
        }
    }

    /// A number no stamp holds yet.
    #[inline(always)]
    fn generation(&mut self) -> u32 {
        if self.generation == u32::MAX {
            self.stamps.fill(0);
            self.generation = 0;
        }
        self.generation += 1;
        self.generation
    }
}

/// Why a check ends before the end.
enum Halt {
    Malformed(Malformed),
    Stopped,
}

impl From<Malformed> for Halt {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

/// One check.
struct Pass<'a, 's> {
    r: Reader<'a>,
    json: &'a [u8],
    model: &'s Model,
    options: &'s Options,
    state: &'s mut State,
    sink: &'s mut dyn Sink,
    entries: Option<&'s mut dyn FnMut(Part)>,
    /// The greatest `time` there may be.
    latest: i64,
    /// The first eight of its thirteen digits, as text.
    latest_head: u64,
    place: Place,
    count: u32,
    /// The first violation since it was last taken.
    first: Option<Record>,
}

/// What an entry of an object may look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Bare or `{value, time}`.
    Post,
    /// Bare, and settable.
    Set,
    /// Input or output.
    Parameter,
    /// A list of `{value, time}`.
    Points,
}

impl<'a, 's> Pass<'a, 's> {
    /// The envelope, and the body where it stands in it.
    fn message(&mut self, payload: Payload<'s>, envelope: &mut Envelope<'a>) -> Result<(), Halt> {
        let start = self.r.at();
        if !self.is(b'{', Rule::Object, Code::SHAPE)? {
            return Ok(());
        }
        let body = if matches!(payload, Payload::ServiceOutput(_)) { Member::Data } else { Member::Params };
        let mut checked = false;
        if self.r.open(b'}') {
            loop {
                let member = Member::read(&mut self.r)?;
                let start = self.r.at();
                if member == Some(body) {
                    self.payload(payload)?;
                    checked = true;
                } else if self.r.peek() == b'"' {
                    self.r.string()?;
                } else {
                    self.r.skip()?;
                }
                if let Some(member) = member {
                    *envelope.member(member) = Some(self.r.since(start));
                }
                if !self.r.more(b'}')? {
                    break;
                }
            }
        }
        if checked || self.options.level == Level::None {
            return Ok(());
        }
        self.report(Rule::NoBody, Code::SHAPE, start, NONE)
    }

    fn payload(&mut self, payload: Payload<'s>) -> Result<(), Halt> {
        if self.options.level == Level::None {
            return self.anything();
        }
        match payload {
            Payload::PropertyPost => self.properties(Role::Post),
            Payload::PropertySet | Payload::ServiceInput("set") => self.properties(Role::Set),
            Payload::PropertyGet | Payload::ServiceInput("get") => self.names(),
            Payload::ServiceOutput("get") => self.properties(Role::Post),
            Payload::ServiceOutput("set") => self.any_object(),
            Payload::EventPost("post") => self.properties(Role::Post),
            Payload::EventPost(event) => match self.model.event(event) {
                Some(event) => {
                    let outputs = self.model.scopes[event.spec.outputs as usize];
                    self.event(outputs)
                }
                None => self.no_feature(Rule::UnknownEvent),
            },
            Payload::ServiceInput(service) => self.service(service, |spec| spec.inputs),
            Payload::ServiceOutput(service) => self.service(service, |spec| spec.outputs),
            Payload::History(family) => self.history(family),
            Payload::Pack(family) => self.pack(family),
            Payload::Batch => self.batch(),
        }
    }

    /// Nothing is checked; a partition still wants to know the entries.
    fn anything(&mut self) -> Result<(), Halt> {
        if self.entries.is_none() || self.r.peek() != b'{' {
            return Ok(self.r.skip()?);
        }
        if !self.r.open(b'}') {
            return Ok(());
        }
        loop {
            self.r.go_to_name()?;
            let at = self.r.at();
            self.r.member()?;
            self.r.skip()?;
            self.tell_entry(at);
            if !self.r.more(b'}')? {
                return Ok(());
            }
        }
    }

    fn service(&mut self, id: &str, scope: fn(&crate::model::ServiceSpec) -> u32) -> Result<(), Halt> {
        let Some(service) = self.model.service(id) else {
            return self.no_feature(Rule::UnknownService);
        };
        let scope = self.model.scopes[scope(service.spec) as usize];
        if !self.is(b'{', Rule::Object, Code::SHAPE)? {
            return Ok(());
        }
        self.entries(scope, Role::Parameter).map(drop)
    }

    fn no_feature(&mut self, rule: Rule) -> Result<(), Halt> {
        self.report(rule, Code::UNKNOWN, self.r.at(), NONE)?;
        Ok(self.r.skip()?)
    }

    fn any_object(&mut self) -> Result<(), Halt> {
        if self.is(b'{', Rule::Object, Code::SHAPE)? {
            self.r.skip()?;
        }
        Ok(())
    }

    /// Whether an object or array starts here; if not, what does is reported and passed over.
    #[inline(always)]
    fn is(&mut self, open: u8, rule: Rule, code: Code) -> Result<bool, Halt> {
        if self.r.peek() == open {
            return Ok(true);
        }
        self.r.kind()?;
        self.report(rule, code, self.r.at(), NONE)?;
        self.r.skip()?;
        Ok(false)
    }

    /// A map of properties, one at least and so many at most.
    fn properties(&mut self, role: Role) -> Result<(), Halt> {
        let start = self.r.at();
        if !self.is(b'{', Rule::Object, Code::SHAPE)? {
            return Ok(());
        }
        if self.entries(self.model.scopes[0], role)? == 0 {
            self.report(Rule::NoEntry, Code::NO_ENTRY, start, NONE)?;
        }
        Ok(())
    }

    /// Identifiers of properties.
    fn names(&mut self) -> Result<(), Halt> {
        if !self.is(b'[', Rule::Array, Code::SHAPE)? || !self.r.open(b']') {
            return Ok(());
        }
        let scope = self.model.scopes[0];
        let generation = self.state.generation();
        loop {
            self.r.space();
            let at = self.r.at();
            if self.r.peek() == b'"' {
                self.place.key = at;
                let (key, hash) = self.r.key(self.model.seed)?;
                match self.find(scope, key, hash) {
                    Some(field) => _ = self.stamp(field, generation, at)?,
                    None => self.report(Rule::Unknown, Code::UNKNOWN, at, NONE)?,
                }
            } else {
                self.place.key = NONE;
                self.r.kind()?;
                self.report(Rule::Type, Code::TYPE, at, NONE)?;
                self.r.skip()?;
            }
            if !self.r.more(b']')? {
                self.place.key = NONE;
                return Ok(());
            }
        }
    }

    /// The entries of an object; says how many there are.
    fn entries(&mut self, scope: Scope, role: Role) -> Result<u32, Halt> {
        let generation = self.state.generation();
        let (mut count, mut known) = (0_u32, 0_u32);
        let mut last = NONE;
        let most = match role {
            Role::Post | Role::Set | Role::Points => self.options.max_properties,
            Role::Parameter => u32::MAX,
        };
        if self.r.open(b'}') {
            loop {
                self.r.go_to_name()?;
                let at = self.r.at();
                let found = self.key(scope, last)?;
                if count == most {
                    self.place.key = NONE;
                    self.report(Rule::TooMany, Code::TOO_MANY, at, NONE)?;
                }
                count += 1;
                self.place.key = at;
                if let Some((index, field)) = found {
                    last = index;
                    known += u32::from(self.stamp(index, generation, at)?);
                    self.entry(field, index, role, at)?;
                } else {
                    self.report(Rule::Unknown, Code::UNKNOWN, at, NONE)?;
                    self.r.space();
                    self.r.skip()?;
                }
                if self.entries.is_some() {
                    self.tell_entry(at);
                }
                if !self.r.more(b'}')? {
                    break;
                }
            }
            self.place.key = NONE;
        }
        if role == Role::Parameter && self.options.complete && known < scope.fields.count {
            self.missing(scope, generation, Code::COUNT)?;
        }
        Ok(count)
    }

    #[inline(always)]
    fn entry(&mut self, field: &FieldSpec, index: u32, role: Role, at: u32) -> Result<(), Halt> {
        match role {
            Role::Post => self.posted(&field.kind, index),
            Role::Parameter => self.value(&field.kind, index),
            Role::Set => {
                if field.access.is_some_and(|access| !access.can_set()) {
                    self.report(Rule::ReadOnly, Code::PARAMETER, at, index)?;
                }
                self.value(&field.kind, index)
            }
            Role::Points => self.points(|pass| pass.posted(&field.kind, index)),
        }
    }

    /// Tells the partition what became of the entry whose name is there.
    #[cold]
    fn tell_entry(&mut self, at: u32) {
        let part = Part { at, end: self.r.at(), reason: self.first.take() };
        if let Some(entries) = &mut self.entries {
            entries(part);
        }
    }

    /// Finds the member name here; the reader is behind its colon then. `last` is the field before it.
    #[inline(always)]
    fn key(&mut self, scope: Scope, last: u32) -> Result<Option<(u32, &'s FieldSpec)>, Malformed> {
        let fields = scope.fields;
        let model = self.model;
        // Most objects keep the order of the model, or (if remembered) the one they had last time.
        let guess = match self.state.next.get(last as usize) {
            Some(next) => *next,
            None if last == NONE => fields.first,
            None => last + 1,
        };
        if guess.wrapping_sub(fields.first) < fields.count
            && let Some(field) = model.fields.get(guess as usize)
            && self.r.is_member(model.text_bytes(field.key))
        {
            return Ok(Some((guess, field)));
        }
        let (key, hash) = self.r.key(model.seed)?;
        self.r.colon()?;
        let Some(found) = self.find(scope, key, hash) else {
            return Ok(None);
        };
        if let Some(next) = self.state.next.get_mut(last as usize) {
            *next = found;
        }
        Ok(model.fields.get(found as usize).map(|field| (found, field)))
    }

    #[inline(always)]
    fn find(&self, scope: Scope, key: Str<'_>, hash: Option<u64>) -> Option<u32> {
        match hash {
            Some(hash) => self.model.find_field(scope, hash, key.raw),
            None => self.foreign_key(scope, key),
        }
    }

    /// A name that is not plain ASCII.
    #[cold]
    #[inline(never)]
    fn foreign_key(&self, scope: Scope, key: Str<'_>) -> Option<u32> {
        if !key.escaped {
            return self.model.find_field(scope, self.model.seed.hash(key.raw), key.raw);
        }
        // Longer names than any platform has are compared one by one.
        let mut buffer = [0; 128];
        if let Some(name) = key.decode(&mut buffer) {
            return self.model.find_field(scope, self.model.seed.hash(name), name);
        }
        let fields = scope.fields;
        (fields.first..fields.first + fields.count)
            .find(|index| key.is(self.model.text(self.model.fields[*index as usize].key)))
    }

    /// Marks a field as seen; false if it was.
    #[inline(always)]
    fn stamp(&mut self, field: u32, generation: u32, at: u32) -> Result<bool, Halt> {
        let Some(stamp) = self.state.stamps.get_mut(field as usize) else {
            return Ok(true);
        };
        if *stamp != generation {
            *stamp = generation;
            return Ok(true);
        }
        if self.options.duplicates {
            self.report(Rule::Duplicate, Code::PARAMETER, at, field)?;
        }
        Ok(false)
    }

    /// Reports each field of a scope that was not seen.
    #[cold]
    fn missing(&mut self, scope: Scope, generation: u32, code: Code) -> Result<(), Halt> {
        for field in scope.fields.first..scope.fields.first + scope.fields.count {
            if self.state.stamps.get(field as usize) != Some(&generation) {
                // The object has just been closed: its last byte stands for what is not there.
                self.report(Rule::Missing, code, self.r.at() - 1, field)?;
            }
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn report(&mut self, rule: Rule, code: Code, at: u32, field: u32) -> Result<(), Halt> {
        if self.options.level == Level::Weak && rule.is_of_value() {
            return Ok(());
        }
        let record = Record { offset: at, place: self.place, field, code, rule };
        if self.entries.is_some() {
            self.first.get_or_insert(record);
        }
        self.count = self.count.saturating_add(1);
        if self.sink.violation(&record.view(self.model, self.json)).is_break() {
            return Err(Halt::Stopped);
        }
        Ok(())
    }
}
