//! What changes from one model to another, and whom it breaks.
//!
//! A change *breaks* someone if what worked with the old model no longer does. Devices in the field were built to the old
//! one: what they send must still be taken, what they are sent must still mean the same. Applications were built to the
//! old one: what they send must still be taken, what they receive must still be within what they expect. So the direction
//! of a value decides: devices send posts, event outputs and service outputs (*up*), applications send sets and service
//! inputs (*down*).
//!
//! | change | up | down |
//! |---|---|---|
//! | more is allowed (range, length, size, enum item) | breaks applications | safe |
//! | less is allowed | breaks devices | breaks applications |
//! | type or unit | breaks both | breaks both |
//! | removed | breaks both | breaks applications |
//! | added, names, labels, step | safe | safe |

use crate::decimal::Decimal;
use crate::model::{Access, Model};
use crate::view::{DataType, Field, Fields, Labels, Number};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// Whom a change breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Impact {
    /// Devices in the field.
    pub devices: bool,
    /// Applications that use them.
    pub applications: bool,
}

impl Impact {
    const SAFE: Self = Self { devices: false, applications: false };
    const DEVICES: Self = Self { devices: true, applications: false };
    const APPLICATIONS: Self = Self { devices: false, applications: true };
    const BOTH: Self = Self { devices: true, applications: true };

    /// Whether it breaks nobody.
    #[must_use]
    pub const fn is_safe(self) -> bool {
        !self.devices && !self.applications
    }

    const fn and(self, other: Self) -> Self {
        Self { devices: self.devices || other.devices, applications: self.applications || other.applications }
    }
}

impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.devices, self.applications) {
            (false, false) => "safe",
            (true, false) => "breaks devices",
            (false, true) => "breaks applications",
            (true, true) => "breaks devices and applications",
        })
    }
}

/// What kind of change it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// It was not there.
    Added,
    /// It is not there any more.
    Removed,
    /// Another data type.
    Type,
    /// More values are allowed.
    Widened,
    /// Fewer values are allowed.
    Narrowed,
    /// The grid of the range; the platform does not hold values against it.
    Step,
    /// The unit, so that the same number means something else.
    Unit,
    /// The access mode of a property.
    Access,
    /// The type of an event.
    EventType,
    /// How a service is called.
    CallType,
    /// Whether the standard category demands it.
    Required,
    /// Names, descriptions and labels for people.
    Texts,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Where: `properties.Brightness`, `events.OverHeat.Temperature`, `services.Blink.inputs.Times`; a member of a struct after a
    /// dot, the items of an array as `[]`.
    pub path: String,
    /// What.
    pub kind: ChangeKind,
    /// Whom it breaks.
    pub impact: Impact,
    /// Before and after, for people; empty where the kind says it all.
    pub detail: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.path, self.kind)?;
        if !self.detail.is_empty() {
            write!(f, " {}", self.detail)?;
        }
        write!(f, " ({})", self.impact)
    }
}

impl Model {
    /// Lists what changes from `old` to `new`, in the order of the old model; what is new comes last of its list.
    ///
    /// ```
    /// use thing_model::{Limits, Model};
    /// let model = |max| {
    ///     let tsl = format!(r#"{{"profile":{{"productKey":"a1"}},"properties":[{{"identifier":"speed","accessMode":"r",
    ///         "dataType":{{"type":"int","specs":{{"min":"0","max":"{max}"}}}}}}]}}"#);
    ///     Model::compile(tsl.as_bytes(), &Limits::current())
    /// };
    /// let changes = Model::diff(&model(100)?, &model(120)?);
    /// assert_eq!(changes[0].to_string(), "properties.speed: Widened 0..100 → 0..120 (breaks applications)");
    /// # Ok::<(), thing_model::SchemaErrors>(())
    /// ```
    #[must_use]
    pub fn diff(old: &Self, new: &Self) -> Vec<Change> {
        let mut diff = Diff { changes: Vec::new() };
        diff.properties(old, new);
        diff.events(old, new);
        diff.services(old, new);
        diff.changes
    }
}

/// Which ways a value goes.
#[derive(Debug, Clone, Copy)]
struct Ways {
    up: bool,
    down: bool,
}

impl Ways {
    const UP: Self = Self { up: true, down: false };
    const DOWN: Self = Self { up: false, down: true };

    const fn of(access: Access) -> Self {
        Self { up: !matches!(access, Access::Write), down: access.can_set() }
    }

    const fn impact(self, up: Impact, down: Impact) -> Impact {
        match (self.up, self.down) {
            (true, true) => up.and(down),
            (true, false) => up,
            (false, true) => down,
            (false, false) => Impact::SAFE,
        }
    }

    const fn widened(self) -> Impact {
        self.impact(Impact::APPLICATIONS, Impact::SAFE)
    }

    const fn narrowed(self) -> Impact {
        self.impact(Impact::DEVICES, Impact::APPLICATIONS)
    }

    const fn removed(self) -> Impact {
        self.impact(Impact::BOTH, Impact::APPLICATIONS)
    }
}

struct Diff {
    changes: Vec<Change>,
}

impl Diff {
    fn add(&mut self, path: &str, kind: ChangeKind, impact: Impact, detail: String) {
        self.changes.push(Change { path: path.to_string(), kind, impact, detail });
    }

    /// Before and after, if they differ.
    fn compare<T: PartialEq + fmt::Debug>(
        &mut self,
        path: &str,
        kind: ChangeKind,
        impact: Impact,
        old: &T,
        new: &T,
    ) {
        if old != new {
            self.add(path, kind, impact, format!("{old:?} → {new:?}"));
        }
    }

    fn properties(&mut self, old: &Model, new: &Model) {
        for before in old.properties() {
            let path = format!("properties.{}", before.key());
            let Some(after) = new.property(before.key()) else {
                self.add(&path, ChangeKind::Removed, Ways::of(before.access()).removed(), String::new());
                continue;
            };
            let (was, is) = (before.access(), after.access());
            if was != is {
                // What can no longer be set breaks who sets it; what is no longer reported, who waits for it.
                let lost = Ways {
                    up: Ways::of(was).up && !Ways::of(is).up,
                    down: Ways::of(was).down && !Ways::of(is).down,
                };
                let impact = lost.impact(Impact::BOTH, Impact::APPLICATIONS);
                self.add(&path, ChangeKind::Access, impact, format!("{} → {}", was.as_str(), is.as_str()));
            }
            self.compare(&path, ChangeKind::Required, Impact::SAFE, &before.required(), &after.required());
            self.field(&path, before, after, Ways::of(was));
        }
        for added in new.properties().filter(|added| old.property(added.key()).is_none()) {
            self.add(&format!("properties.{}", added.key()), ChangeKind::Added, Impact::SAFE, String::new());
        }
    }

    fn events(&mut self, old: &Model, new: &Model) {
        for before in old.events() {
            let path = format!("events.{}", before.key());
            let Some(after) = new.event(before.key()) else {
                self.add(&path, ChangeKind::Removed, Impact::BOTH, String::new());
                continue;
            };
            let (was, is) = (before.event_type(), after.event_type());
            self.compare(&path, ChangeKind::EventType, Impact::APPLICATIONS, &was.as_str(), &is.as_str());
            self.compare(&path, ChangeKind::Required, Impact::SAFE, &before.required(), &after.required());
            self.texts(&path, &(before.name(), before.description()), &(after.name(), after.description()));
            self.fields(&path, before.outputs(), after.outputs(), Ways::UP);
        }
        for added in new.events().filter(|added| old.event(added.key()).is_none()) {
            self.add(&format!("events.{}", added.key()), ChangeKind::Added, Impact::SAFE, String::new());
        }
    }

    fn services(&mut self, old: &Model, new: &Model) {
        for before in old.services() {
            let path = format!("services.{}", before.key());
            let Some(after) = new.service(before.key()) else {
                self.add(&path, ChangeKind::Removed, Impact::APPLICATIONS, String::new());
                continue;
            };
            // A synchronous call comes on another topic and waits.
            let (was, is) = (before.call_type(), after.call_type());
            self.compare(&path, ChangeKind::CallType, Impact::BOTH, &was.as_str(), &is.as_str());
            self.compare(&path, ChangeKind::Required, Impact::SAFE, &before.required(), &after.required());
            self.texts(&path, &(before.name(), before.description()), &(after.name(), after.description()));
            self.fields(&format!("{path}.inputs"), before.inputs(), after.inputs(), Ways::DOWN);
            self.fields(&format!("{path}.outputs"), before.outputs(), after.outputs(), Ways::UP);
        }
        for added in new.services().filter(|added| old.service(added.key()).is_none()) {
            self.add(&format!("services.{}", added.key()), ChangeKind::Added, Impact::SAFE, String::new());
        }
    }

    fn fields(&mut self, path: &str, old: Fields<'_>, new: Fields<'_>, ways: Ways) {
        for before in old {
            let path = format!("{path}.{}", before.key());
            match new.into_iter().find(|after| after.key() == before.key()) {
                Some(after) => self.field(&path, before, after, ways),
                None => self.add(&path, ChangeKind::Removed, ways.removed(), String::new()),
            }
        }
        for added in new {
            if !old.into_iter().any(|before| before.key() == added.key()) {
                self.add(&format!("{path}.{}", added.key()), ChangeKind::Added, Impact::SAFE, String::new());
            }
        }
    }

    fn field(&mut self, path: &str, before: Field<'_>, after: Field<'_>, ways: Ways) {
        self.texts(path, &(before.name(), before.description()), &(after.name(), after.description()));
        self.data_type(path, before.data_type(), after.data_type(), ways);
    }

    fn texts<T: PartialEq>(&mut self, path: &str, old: &T, new: &T) {
        if old != new {
            self.add(path, ChangeKind::Texts, Impact::SAFE, String::new());
        }
    }

    fn data_type(&mut self, path: &str, old: DataType<'_>, new: DataType<'_>, ways: Ways) {
        match (old, new) {
            (DataType::Int(old), DataType::Int(new)) => {
                self.number(path, old, new, ways, Some((i32::MIN, i32::MAX)));
            }
            (DataType::Float(old), DataType::Float(new)) | (DataType::Double(old), DataType::Double(new)) => {
                self.number(path, old, new, ways, None);
            }
            (DataType::Text { length: old, .. }, DataType::Text { length: new, .. }) => {
                self.upper(path, "length", old, new, ways);
            }
            (DataType::Date, DataType::Date) => {}
            (DataType::Bool(old), DataType::Bool(new)) => self.texts(path, &collect(old), &collect(new)),
            (DataType::Enum(old), DataType::Enum(new)) => self.items(path, old, new, ways),
            (DataType::Struct(old), DataType::Struct(new)) => self.fields(path, old, new, ways),
            (DataType::Array { size: was, item: old }, DataType::Array { size: is, item: new }) => {
                self.upper(path, "size", was, is, ways);
                self.data_type(&format!("{path}[]"), old.data_type(), new.data_type(), ways);
            }
            (old, new) => {
                self.add(
                    path,
                    ChangeKind::Type,
                    Impact::BOTH,
                    format!("{} → {}", old.as_str(), new.as_str()),
                );
            }
        }
    }

    /// `whole` is the range of the type itself, where it has one in decimals.
    fn number(
        &mut self,
        path: &str,
        old: Number<'_>,
        new: Number<'_>,
        ways: Ways,
        whole: Option<(i32, i32)>,
    ) {
        let detail = || format!("{} → {}", range(old), range(new));
        let least = whole.map(|(least, _)| Decimal::from(least));
        let greatest = whole.map(|(_, greatest)| Decimal::from(greatest));
        let (old_min, new_min) = (old.min().or(least), new.min().or(least));
        let (old_max, new_max) = (old.max().or(greatest), new.max().or(greatest));
        // No bound is beyond any bound.
        let below = |one: Option<Decimal>, other: Option<Decimal>| {
            other.is_some_and(|other| one.is_none_or(|one| one < other))
        };
        let above = |one: Option<Decimal>, other: Option<Decimal>| {
            other.is_some_and(|other| one.is_none_or(|one| one > other))
        };
        if below(new_min, old_min) || above(new_max, old_max) {
            self.add(path, ChangeKind::Widened, ways.widened(), detail());
        }
        if below(old_min, new_min) || above(old_max, new_max) {
            self.add(path, ChangeKind::Narrowed, ways.narrowed(), detail());
        }
        if old.step() != new.step() {
            let text = |step: Option<Decimal>| step.map_or("none".to_string(), |step| step.to_string());
            let detail = format!("{} → {}", text(old.step()), text(new.step()));
            self.add(path, ChangeKind::Step, Impact::SAFE, detail);
        }
        self.compare(
            path,
            ChangeKind::Unit,
            Impact::BOTH,
            &old.unit().unwrap_or(""),
            &new.unit().unwrap_or(""),
        );
        self.texts(path, &old.unit_name(), &new.unit_name());
    }

    fn upper(&mut self, path: &str, what: &str, old: u32, new: u32, ways: Ways) {
        let detail = format!("{what} {old} → {new}");
        if new > old {
            self.add(path, ChangeKind::Widened, ways.widened(), detail);
        } else if new < old {
            self.add(path, ChangeKind::Narrowed, ways.narrowed(), detail);
        }
    }

    fn items(&mut self, path: &str, old: Labels<'_>, new: Labels<'_>, ways: Ways) {
        if old.given() != new.given() {
            // Without a list any integer is an item.
            let (kind, impact) = if new.given() {
                (ChangeKind::Narrowed, ways.narrowed())
            } else {
                (ChangeKind::Widened, ways.widened())
            };
            return self.add(path, kind, impact, String::new());
        }
        let missing = |from: Labels<'_>, others: Labels<'_>| -> Vec<i32> {
            from.filter(|(key, _)| others.get(*key).is_none()).map(|(key, _)| key).collect()
        };
        let (added, removed) = (missing(new, old), missing(old, new));
        if !added.is_empty() {
            self.add(path, ChangeKind::Widened, ways.widened(), format!("items {added:?} added"));
        }
        if !removed.is_empty() {
            self.add(path, ChangeKind::Narrowed, ways.narrowed(), format!("items {removed:?} removed"));
        }
        let renamed = old.into_iter().any(|(key, label)| new.get(key).is_some_and(|other| other != label));
        self.texts(path, &false, &renamed);
    }
}

fn collect<'m>(labels: Labels<'m>) -> Vec<(i32, &'m str)> {
    labels.collect()
}

fn range(number: Number<'_>) -> String {
    let bound = |bound: Option<Decimal>| bound.map_or(String::new(), |bound| bound.to_string());
    format!("{}..{}", bound(number.min()), bound(number.max()))
}
