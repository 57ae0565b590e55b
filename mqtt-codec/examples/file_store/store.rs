//! A store in a directory, one file a record, that survives the end of the process at any moment.
//!
//! Every verb is one rename, one removal, or one new file, which a file system does wholly or not at all:
//!
//! * `0000000000000007-0-s-5`: the record put seventh, when the age counter stood at 0, a message sent under identifier 5.
//!   `s` is sent, `r` sent and released, `q` received, `w` the will. A record is written to `new` and renamed.
//! * `age-120`: the age counter, in seconds.
//! * `clear-a-9`: all records put before the ninth are void (`clear-q-9`: the received ones), and are being removed.

use core::time::Duration;
use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use mqtt_codec::{Entry, PacketId, Record, Scope, Slot, Store, Streamed};

/// A record as its file name tells it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Name {
    number: u64,
    /// Where the age counter stood when it was put.
    born: u64,
    slot: Slot,
    released: bool,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct FileStore {
    directory: PathBuf,
    /// In the order they were put.
    names: Vec<Name>,
    next: u64,
    age: u64,
    /// The record begun and not finished.
    begun: Option<(Slot, fs::File)>,
    /// What was lent last.
    lent: Vec<u8>,
    /// How many more changes the disk lets through; for the tests.
    fuel: Option<u64>,
}

/// As many bytes of a record as are lent at once. The head of a packet is at most 64 KiB of topic and its properties.
const WINDOW: usize = 1 << 18;

impl FileStore {
    /// Opens the store in `directory`, which is made if it is not there.
    ///
    /// # Errors
    /// The file system's.
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        let mut store = Self {
            directory: directory.to_owned(),
            names: Vec::new(),
            next: 1,
            age: 0,
            begun: None,
            lent: Vec::new(),
            fuel: None,
        };
        let mut voids = Vec::new();
        for file in fs::read_dir(directory)? {
            let file = file?.file_name().into_string().unwrap_or_default();
            let parts: Vec<&str> = file.split('-').collect();
            match parts[..] {
                ["age", seconds] => store.age = store.age.max(seconds.parse().unwrap_or(0)),
                ["clear", scope, before] => {
                    let scope = if scope == "a" { Scope::All } else { Scope::Received };
                    voids.push((scope, before.parse().unwrap_or(0)));
                }
                _ => store.names.extend(Name::parse(&parts)),
            }
        }
        store.names.sort_by_key(|name| name.number);
        store.next = store.names.last().map_or(1, |name| name.number + 1);
        for (scope, before) in voids {
            store.next = store.next.max(before);
            store.void(scope, before)?;
        }
        // Of two wills the later one counts: the process ended before the earlier one was removed.
        let wills: Vec<Name> = store.names.iter().copied().filter(|name| name.slot == Slot::Will).collect();
        for old in wills.iter().rev().skip(1) {
            store.delete(*old)?;
        }
        Ok(store)
    }

    /// Lets so many more changes of the disk through, and fails from then on, as if the power had gone.
    #[allow(dead_code, reason = "for the tests")]
    pub(crate) fn fail_after(&mut self, changes: u64) {
        self.fuel = Some(changes);
    }

    fn change<T>(&mut self, change: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        if let Some(fuel) = &mut self.fuel {
            *fuel = fuel.checked_sub(1).ok_or_else(|| io::Error::other("the power has gone"))?;
        }
        change()
    }

    /// Makes what was renamed, made or removed in the directory last.
    fn settle(&self) -> io::Result<()> {
        last(&fs::File::open(&self.directory)?)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn find(&self, slot: Slot) -> Option<usize> {
        self.names.iter().position(|name| name.slot == slot)
    }

    fn known(&self, slot: Slot) -> io::Result<Name> {
        self.find(slot).map(|at| self.names[at]).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    /// Turns the file `new` into the record of `slot`.
    fn adopt(&mut self, slot: Slot) -> io::Result<()> {
        let name = Name { number: self.next, born: self.age, slot, released: false };
        let (from, to) = (self.path("new"), self.path(&name.text()));
        self.change(|| fs::rename(from, to))?;
        self.next += 1;
        self.names.push(name);
        self.settle()
    }

    fn delete(&mut self, name: Name) -> io::Result<()> {
        let path = self.path(&name.text());
        self.change(|| fs::remove_file(path))?;
        self.names.retain(|known| *known != name);
        self.settle()
    }

    /// Removes the records a `clear` file calls void, and then that file.
    fn void(&mut self, scope: Scope, before: u64) -> io::Result<()> {
        let is_void = |name: &Name| {
            name.number < before && (scope == Scope::All || matches!(name.slot, Slot::Received(_)))
        };
        for name in self.names.clone().into_iter().filter(is_void) {
            self.delete(name)?;
        }
        let marker = self.path(&clear_name(scope, before));
        self.change(|| fs::remove_file(marker))?;
        self.settle()
    }
}

/// Waits until the medium has it. Tests do not pull the plug, so they need not wait.
fn last(file: &fs::File) -> io::Result<()> {
    if cfg!(test) { Ok(()) } else { file.sync_all() }
}

fn clear_name(scope: Scope, before: u64) -> String {
    format!("clear-{}-{before}", if scope == Scope::All { "a" } else { "q" })
}

impl Name {
    fn text(&self) -> String {
        let (kind, id) = match self.slot {
            Slot::Sent(id) => (if self.released { 'r' } else { 's' }, id.get()),
            Slot::Received(id) => ('q', id.get()),
            _ => ('w', 0),
        };
        format!("{:016}-{}-{kind}-{id}", self.number, self.born)
    }

    fn parse(parts: &[&str]) -> Option<Self> {
        let [number, born, kind, id] = parts else { return None };
        let id = PacketId::new(id.parse().ok()?);
        let slot = match *kind {
            "s" | "r" => Slot::Sent(id?),
            "q" => Slot::Received(id?),
            "w" => Slot::Will,
            _ => return None,
        };
        Some(Self { number: number.parse().ok()?, born: born.parse().ok()?, slot, released: *kind == "r" })
    }
}

impl Store for FileStore {
    type Error = io::Error;

    fn put(&mut self, slot: Slot, record: &Record<'_>) -> io::Result<()> {
        let mut bytes = Vec::new();
        if !matches!(slot, Slot::Received(_)) {
            record.encode(&mut bytes).map_err(io::Error::other)?;
        }
        let path = self.path("new");
        self.change(|| {
            let mut file = fs::File::create(path)?;
            file.write_all(&bytes)?;
            last(&file)
        })?;
        let old = self.names.iter().copied().find(|name| name.slot == slot);
        self.adopt(slot)?;
        if let Some(will) = old {
            // A file that stays is only litter: the later will counts.
            self.names.retain(|known| *known != will);
            let _ = self.delete(will);
        }
        Ok(())
    }

    fn release(&mut self, id: PacketId) -> io::Result<()> {
        let Some(at) = self.find(Slot::Sent(id)).filter(|&at| !self.names[at].released) else {
            return Ok(());
        };
        let released = Name { released: true, ..self.names[at] };
        let (from, to) = (self.path(&self.names[at].text()), self.path(&released.text()));
        self.change(|| fs::rename(from, to))?;
        self.names[at] = released;
        self.settle()
    }

    fn remove(&mut self, slot: Slot) -> io::Result<()> {
        match self.find(slot) {
            Some(at) => self.delete(self.names[at]),
            None => Ok(()),
        }
    }

    fn next(&mut self, after: Option<Slot>) -> io::Result<Option<Entry>> {
        let at = match after {
            Some(slot) => self.find(slot).ok_or(io::ErrorKind::NotFound)? + 1,
            None => 0,
        };
        Ok(self.names.get(at).map(|name| Entry {
            slot: name.slot,
            released: name.released,
            age: Duration::from_secs(self.age - name.born.min(self.age)),
        }))
    }

    fn get(&mut self, slot: Slot, from: usize) -> io::Result<&[u8]> {
        let mut file = fs::File::open(self.path(&self.known(slot)?.text()))?;
        file.seek(SeekFrom::Start(u64::try_from(from).unwrap_or(u64::MAX)))?;
        self.lent.clear();
        file.take(u64::try_from(WINDOW).unwrap_or(u64::MAX)).read_to_end(&mut self.lent)?;
        Ok(&self.lent)
    }

    fn clear(&mut self, scope: Scope) -> io::Result<()> {
        let marker = self.path(&clear_name(scope, self.next));
        self.change(|| last(&fs::File::create(marker)?))?;
        self.settle()?;
        self.void(scope, self.next)
    }

    fn bound(&self) -> usize {
        WINDOW
    }

    fn age(&mut self, by: Duration) -> io::Result<()> {
        let age = self.age + by.as_secs();
        if age == self.age {
            return Ok(());
        }
        let (new, old) = (self.path(&format!("age-{age}")), self.path(&format!("age-{}", self.age)));
        self.change(|| last(&fs::File::create(new)?))?;
        self.age = age;
        self.settle()?;
        // The higher one counts; the lower one is only litter.
        let _ = self.change(|| fs::remove_file(old));
        Ok(())
    }

    fn streamed(&mut self) -> Option<&mut dyn Streamed<Error = io::Error>> {
        Some(self)
    }
}

impl Streamed for FileStore {
    type Error = io::Error;

    fn begin(&mut self, slot: Slot, _: usize) -> io::Result<()> {
        let path = self.path("begun");
        let file = self.change(|| fs::File::create(path))?;
        self.begun = Some((slot, file));
        Ok(())
    }

    fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some((slot, mut file)) = self.begun.take() else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let written = self.change(|| file.write_all(bytes));
        self.begun = Some((slot, file));
        written
    }

    fn commit(&mut self) -> io::Result<()> {
        let Some((slot, file)) = &self.begun else { return Err(io::ErrorKind::InvalidInput.into()) };
        let slot = *slot;
        last(file)?;
        let (from, to) = (self.path("begun"), self.path("new"));
        self.change(|| fs::rename(from, to))?;
        self.begun = None;
        self.adopt(slot)
    }
}
