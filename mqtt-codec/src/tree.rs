//! Trees of topics: subscriptions by topic name ([`TopicTree`]), and stored names by filter ([`RetainedTree`]).
//!
//! Both number the distinct levels they hold (`levels`), so a topic is hashed once, level by level, and everything after
//! compares numbers. Filters without wildcards are keys of a hash table (`exact`); the rest, and all retained names, are paths
//! in a trie (`trie`) whose edges are one hash table (`table`). What is stored hangs at the end of either (`leaf`, `slab`).

mod exact;
mod hash;
mod leaf;
mod levels;
mod retained;
mod slab;
mod stored;
mod table;
mod trie;
mod walk;

use alloc::vec::Vec;
use core::fmt;

use crate::filter::TopicFilter;
use crate::topic::TopicName;
use exact::Exact;
use hash::Hasher;
use leaf::{Crowds, Leaf, Taken};
use levels::{ANY, Levels, Path, UNKNOWN};
use slab::Slab;
use stored::Spelling;
use trie::{ROOT, Trie, Wildcards};
use walk::{START, Walk};

pub use leaf::Group;
pub use retained::{Retained, RetainedTree};
pub use stored::Stored;

/// The most levels a filter or name in a tree can have, whatever the [`TreeBounds`].
pub const MAX_LEVELS: usize = 128;

/// Names with up to this many levels are looked up in little room.
const FEW: usize = 16;

/// Subscriptions, to be found by the topic name of a message.
///
/// A filter may be inserted any number of times, since every subscriber wants the message: it keeps its values in the order
/// they came. Shared subscriptions are beside the plain ones: each `$share/{name}/{filter}` is a [`Group`] of which one
/// member is to be chosen, by the caller's rule ([`Self::for_each_recipient`]).
///
/// | call | cost |
/// |---|---|
/// | [`insert`](Self::insert), [`remove`](Self::remove), [`get`](Self::get) | the levels of the filter; `remove` also looks at the values of that filter |
/// | [`matches`](Self::matches), [`for_each_match`](Self::for_each_match) | the levels of the name, and the `+` combinations of them that filters have; no allocation |
/// | [`Clone`] | a copy of a few flat arrays: of a million filters 77 MB, in tens of milliseconds |
///
/// What strangers make grow is bounded by [`TreeBounds`]: the number of values, the levels of a filter and the `+` in it. A
/// removed filter takes along all that only it needed; the room is used again, and given back once the tree is empty. The tree is `Send` and `Sync` if `T` is; for readers beside a writer,
/// put it in an `Arc` and let the writer replace it (the `snapshot` example).
///
/// ```
/// use mqtt_codec::{TopicFilter, TopicName, TopicTree};
///
/// // The seed comes from the system's entropy: who knows it can choose topics that are slow to find.
/// let mut tree = TopicTree::with_seed(0x5eed);
/// tree.insert(TopicFilter::new("plant/+/state")?, "panel")?;
/// tree.insert(TopicFilter::new("plant/line4/#")?, "log")?;
/// tree.insert(TopicFilter::new("plant/line4/state")?, "lamp")?;
///
/// let mut found = Vec::new();
/// tree.for_each_match(TopicName::new("plant/line4/state")?, |who| found.push(*who));
/// found.sort();
/// assert_eq!(found, ["lamp", "log", "panel"]);
///
/// assert_eq!(tree.remove(TopicFilter::new("plant/line4/#")?, |who| *who == "log"), Some("log"));
/// assert_eq!(tree.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TopicTree<T> {
    bounds: TreeBounds,
    hasher: Hasher,
    levels: Levels,
    /// Filters without wildcards, by depth less one.
    exact: Vec<Exact<T>>,
    /// Filters with wildcards, and what is stored under them.
    trie: Trie<Wildcards>,
    leaves: Slab<Leaf<T>>,
    crowds: Crowds<T>,
    filters: usize,
    values: usize,
}

/// Where a filter is.
#[derive(Clone, Copy)]
enum Place {
    Exact { depth: usize, at: u32 },
    Node(u32),
}

impl<T> TopicTree<T> {
    /// An empty tree. The seed keys its hashes: take it from the system's entropy wherever strangers choose topics.
    pub fn with_seed(seed: u64) -> Self {
        Self::with_bounds(seed, TreeBounds::default())
    }

    /// An empty tree with bounds of its own.
    pub fn with_bounds(seed: u64, bounds: TreeBounds) -> Self {
        Self::empty(Hasher::new(seed), bounds)
    }

    /// Adds a value to a filter, behind those it has.
    ///
    /// A subscriber who subscribes again replaces what he had; that is the caller's to find:
    ///
    /// ```
    /// # use mqtt_codec::{TopicFilter, TopicTree};
    /// # let mut tree = TopicTree::with_seed(0);
    /// # let (client, qos) = (7, 1);
    /// let filter = TopicFilter::new("plant/#")?;
    /// match tree.get_mut(filter).iter_mut().find(|(who, _)| *who == client) {
    ///     Some(subscription) => subscription.1 = qos,
    ///     None => tree.insert(filter, (client, qos))?,
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The value comes back, and the tree is unchanged, if the filter or the number of values is beyond the [`TreeBounds`].
    pub fn insert(&mut self, filter: TopicFilter<'_>, value: T) -> Result<(), Refused<T>> {
        let pattern = filter.pattern();
        let mut path = Path::empty();
        path.read(pattern, &self.levels);
        if let Err(reason) = self.admit(pattern, path.numbers()) {
            return Err(Refused { reason, value });
        }
        self.values += 1;
        if let Some(place) = self.find_path(&path) {
            if let Some((leaf, crowds)) = self.leaf_mut(place) {
                crowds.join(leaf, filter.share_name(), value);
            }
            return Ok(());
        }
        self.filters += 1;
        let leaf = self.crowds.leaf(filter.share_name(), value);
        path.complete(pattern, &mut self.levels);
        let key = path.numbers();
        if path.has_wildcards() {
            self.trie.plant(key, self.leaves.insert(leaf), &mut self.levels);
            return Ok(());
        }
        key.iter().for_each(|level| self.levels.hold(*level));
        while self.exact.len() < key.len() {
            self.exact.push(Exact::new(self.hasher, self.exact.len() + 1));
        }
        self.exact[key.len() - 1].insert(key, leaf);
        Ok(())
    }

    /// Takes out the first value of a filter that is `which`, and with the last one the filter.
    ///
    /// For a shared subscription that is a member of its group.
    pub fn remove(&mut self, filter: TopicFilter<'_>, which: impl FnMut(&T) -> bool) -> Option<T> {
        let place = self.find(filter)?;
        let (leaf, crowds) = self.leaf_mut(place)?;
        let value = match crowds.leave(leaf, filter.share_name(), which) {
            Taken::Nothing => return None,
            Taken::Value(value) => value,
            Taken::Last => {
                let leaf = self.uproot(place)?;
                self.filters -= 1;
                self.crowds.last(leaf)?
            }
        };
        self.values -= 1;
        if self.values == 0 {
            *self = Self::empty(self.hasher, self.bounds);
        }
        Some(value)
    }

    /// The values of exactly this filter; for a shared subscription, the members of its group.
    pub fn get(&self, filter: TopicFilter<'_>) -> &[T] {
        let place = self.find(filter);
        let leaf = place.and_then(|place| self.leaf(place));
        leaf.map_or(&[], |leaf| self.crowds.values(leaf, filter.share_name()))
    }

    /// The values of exactly this filter, to be changed in place; for a shared subscription, the members of its group.
    pub fn get_mut(&mut self, filter: TopicFilter<'_>) -> &mut [T] {
        let place = self.find(filter);
        match place.and_then(|place| self.leaf_mut(place)) {
            Some((leaf, crowds)) => crowds.values_mut(leaf, filter.share_name()),
            None => &mut [],
        }
    }

    /// Hands every plain value whose filter matches the name to `each`; shared subscriptions are left out.
    ///
    /// Nothing is allocated. The order of filters is not defined; the values of one filter come in their order.
    #[inline]
    pub fn for_each_match(&self, name: TopicName<'_>, mut each: impl FnMut(&T)) {
        self.for_each_leaf(name, |leaf| hand_on(self.crowds.plain(leaf), &mut each));
    }

    /// Hands every recipient of a message to `each`: all plain values, and of every group the member at the index `pick` says.
    ///
    /// An index beyond the members picks nobody. Nothing is allocated.
    ///
    /// ```
    /// use mqtt_codec::{TopicFilter, TopicName, TopicTree};
    ///
    /// let mut tree = TopicTree::with_seed(0x5eed);
    /// tree.insert(TopicFilter::new("jobs/#")?, "log")?;
    /// for worker in ["ann", "bob"] {
    ///     tree.insert(TopicFilter::new("$share/workers/jobs/+")?, worker)?;
    /// }
    ///
    /// // Round robin. A hash of the topic would keep each topic with one worker.
    /// let (mut turn, mut sent) = (0, Vec::new());
    /// for _ in 0..3 {
    ///     let pick = |group: mqtt_codec::tree::Group<'_, _>| {
    ///         turn += 1;
    ///         turn % group.members.len()
    ///     };
    ///     tree.for_each_recipient(TopicName::new("jobs/7")?, pick, |who| sent.push(*who));
    /// }
    /// sent.sort();
    /// assert_eq!(sent, ["ann", "bob", "bob", "log", "log", "log"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn for_each_recipient(
        &self,
        name: TopicName<'_>,
        mut pick: impl FnMut(Group<'_, T>) -> usize,
        mut each: impl FnMut(&T),
    ) {
        self.for_each_leaf(name, |leaf| {
            hand_on(self.crowds.plain(leaf), &mut each);
            for group in self.crowds.groups(leaf) {
                group.members.get(pick(group)).into_iter().for_each(&mut each);
            }
        });
    }

    /// The filters that match a name, each once, with what is stored under them. The order is not defined; nothing is
    /// allocated.
    ///
    /// ```
    /// use mqtt_codec::{TopicFilter, TopicName, TopicTree};
    ///
    /// let mut tree = TopicTree::with_seed(0x5eed);
    /// tree.insert(TopicFilter::new("plant/+/state")?, 7)?;
    /// let found = tree.matches(TopicName::new("plant/line4/state")?).next().unwrap();
    /// assert_eq!((found.filter().to_string(), found.values()), ("plant/+/state".to_string(), &[7][..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn matches(&self, name: TopicName<'_>) -> impl Iterator<Item = Entry<'_, T>> + use<'_, T> {
        let mut path = Path::empty();
        path.read(name.as_bytes(), &self.levels);
        let exact = self.find_exact(path.numbers());
        let mut walk = Walk::new(&self.trie, path.numbers(), name.is_reserved());
        let mut aside = [START; MAX_LEVELS];
        let visits = core::iter::from_fn(move || {
            let mut found = [ROOT; 2];
            let mut places = found.iter_mut();
            let keep = |node| places.next().into_iter().for_each(|place| *place = node);
            walk.step(&self.trie, path.numbers(), &mut aside, keep).map(|()| found)
        });
        let nodes = visits.flatten().map(Place::Node);
        let places = exact.into_iter().chain(nodes);
        places.filter_map(|place| Some(Entry { tree: self, place, leaf: self.leaf(place)? }))
    }

    /// All filters, in no defined order.
    pub fn iter(&self) -> impl Iterator<Item = Entry<'_, T>> {
        let exact = self.exact.iter().enumerate().flat_map(|(depth, table)| {
            (0..table.len()).map(move |at| (Place::Exact { depth, at }, table.leaf(at)))
        });
        let nodes =
            self.trie.leaves().filter_map(|(node, leaf)| Some((Place::Node(node), self.leaves.get(leaf)?)));
        exact.chain(nodes).map(|(place, leaf)| Entry { tree: self, place, leaf })
    }

    /// The number of values, members of groups included.
    pub fn len(&self) -> usize {
        self.values
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.values == 0
    }

    /// The number of distinct filters; `a/b` and `$share/pool/a/b` count once.
    pub fn filters(&self) -> usize {
        self.filters
    }

    /// The bytes held on the heap, by use. Costs a look at every filter with more than one value.
    pub fn memory(&self) -> TreeMemory {
        TreeMemory {
            levels: self.levels.bytes(),
            exact: self.exact.capacity() * size_of::<Exact<T>>()
                + self.exact.iter().map(Exact::bytes).sum::<usize>(),
            wildcards: self.trie.bytes() + self.leaves.bytes(),
            crowds: self.crowds.bytes(),
        }
    }

    fn empty(hasher: Hasher, bounds: TreeBounds) -> Self {
        Self {
            bounds,
            hasher,
            levels: Levels::new(hasher),
            exact: Vec::new(),
            trie: Trie::new(hasher),
            leaves: Slab::new(),
            crowds: Crowds::new(),
            filters: 0,
            values: 0,
        }
    }

    fn admit(&self, pattern: &[u8], path: &[u32]) -> Result<(), TreeRule> {
        let TreeBounds { levels, wildcards, values } = self.bounds;
        if path.len() > usize::from(levels).min(MAX_LEVELS) {
            Err(TreeRule::TooDeep)
        } else if path.iter().filter(|&&level| level == ANY).count() > usize::from(wildcards) {
            Err(TreeRule::TooManyWildcards)
        } else if self.values >= values as usize
            || !self.levels.has_room(pattern.len(), path.len())
            || !self.trie.has_room(path.len())
        {
            Err(TreeRule::Full)
        } else {
            Ok(())
        }
    }

    /// As [`Self::matches`], without an iterator to be moved about, nor room for more levels than names usually have.
    #[inline]
    fn for_each_leaf<'t>(&'t self, name: TopicName<'_>, mut each: impl FnMut(&'t Leaf<T>)) {
        let mut numbers = [UNKNOWN; FEW];
        let (mut path, mut few, mut many);
        let (numbers, aside) = match self.levels.read(name.as_bytes(), &mut numbers) {
            Some(len) => {
                few = [START; FEW];
                (&numbers[..len], &mut few[..])
            }
            None => {
                path = Path::empty();
                path.read(name.as_bytes(), &self.levels);
                many = [START; MAX_LEVELS];
                (path.numbers(), &mut many[..])
            }
        };
        if let Some(table) = self.exact.get(numbers.len() - 1)
            && let Some(at) = table.find(numbers)
        {
            each(table.leaf(at));
        }
        let mut walk = Walk::new(&self.trie, numbers, name.is_reserved());
        let mut found = |node| self.leaf(Place::Node(node)).into_iter().for_each(&mut each);
        while walk.step(&self.trie, numbers, aside, &mut found).is_some() {}
    }

    fn find(&self, filter: TopicFilter<'_>) -> Option<Place> {
        let mut path = Path::empty();
        path.read(filter.pattern(), &self.levels);
        self.find_path(&path)
    }

    fn find_path(&self, path: &Path) -> Option<Place> {
        if path.has_wildcards() {
            self.trie.find(path.numbers()).map(Place::Node)
        } else {
            self.find_exact(path.numbers())
        }
    }

    #[inline]
    fn find_exact(&self, path: &[u32]) -> Option<Place> {
        let depth = path.len().checked_sub(1)?;
        Some(Place::Exact { depth, at: self.exact.get(depth)?.find(path)? })
    }

    #[inline]
    fn leaf(&self, place: Place) -> Option<&Leaf<T>> {
        match place {
            Place::Exact { depth, at } => Some(self.exact.get(depth)?.leaf(at)),
            Place::Node(node) => self.leaves.get(self.trie.node(node).leaf),
        }
    }

    fn leaf_mut(&mut self, place: Place) -> Option<(&mut Leaf<T>, &mut Crowds<T>)> {
        let leaf = match place {
            Place::Exact { depth, at } => self.exact.get_mut(depth)?.leaf_mut(at),
            Place::Node(node) => self.leaves.get_mut(self.trie.node(node).leaf)?,
        };
        Some((leaf, &mut self.crowds))
    }

    fn uproot(&mut self, place: Place) -> Option<Leaf<T>> {
        match place {
            Place::Exact { depth, at } => {
                let table = self.exact.get_mut(depth)?;
                for &level in table.key(at) {
                    self.levels.release(level);
                }
                Some(table.remove(at))
            }
            Place::Node(node) => {
                let leaf = self.trie.node(node).leaf;
                self.trie.prune(node, &mut self.levels);
                self.leaves.take(leaf)
            }
        }
    }
}

impl<T> fmt::Debug for TopicTree<T> {
    /// Says how much is stored, not what: neither the seed nor a million filters belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TopicTree")
            .field("filters", &self.filters)
            .field("values", &self.values)
            .finish_non_exhaustive()
    }
}

/// A filter in a tree, and what is stored under it.
pub struct Entry<'t, T> {
    tree: &'t TopicTree<T>,
    place: Place,
    leaf: &'t Leaf<T>,
}

impl<'t, T> Entry<'t, T> {
    /// The plain values, in the order they came; none if there are groups alone.
    #[inline]
    pub fn values(&self) -> &'t [T] {
        self.tree.crowds.plain(self.leaf)
    }

    /// The groups of shared subscriptions to this filter, by name.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = Group<'t, T>> + use<'t, T> {
        self.tree.crowds.groups(self.leaf)
    }

    /// The filter itself, without `$share/{name}/`.
    pub fn filter(&self) -> Stored<'t> {
        let spelling = match self.place {
            Place::Exact { depth, at } => Spelling::Key(self.tree.exact[depth].key(at)),
            Place::Node(node) => Spelling::Filter(&self.tree.trie, node),
        };
        Stored { levels: &self.tree.levels, spelling }
    }
}

impl<T> Clone for Entry<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Entry<'_, T> {}

impl<T: fmt::Debug> fmt::Debug for Entry<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("filter", &self.filter())
            .field("values", &self.values())
            .finish_non_exhaustive()
    }
}

/// What may be stored in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TreeBounds {
    /// The most levels of a filter or name; [`MAX_LEVELS`] is the default, and more is not possible.
    pub levels: u8,
    /// The most `+` in a filter; by default as many as levels. A name of `n` levels can lead to no more nodes than there are
    /// ways to choose up to this many of the `n`, times `n`.
    pub wildcards: u8,
    /// The most values; by default as many as can be numbered, some four thousand million.
    pub values: u32,
}

impl Default for TreeBounds {
    fn default() -> Self {
        Self { levels: 128, wildcards: 128, values: u32::MAX }
    }
}

/// A value that a tree does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
#[non_exhaustive]
pub struct Refused<T> {
    /// Why not.
    pub reason: TreeRule,
    /// The value, given back.
    pub value: T,
}

/// The bound that a refused filter or name would break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum TreeRule {
    /// More levels than [`TreeBounds::levels`].
    #[error("the topic has more levels than the tree allows")]
    TooDeep,
    /// More `+` than [`TreeBounds::wildcards`].
    #[error("the filter has more single-level wildcards than the tree allows")]
    TooManyWildcards,
    /// As many values as [`TreeBounds::values`], or no number left for what would be stored.
    #[error("the tree is full")]
    Full,
}

/// The heap bytes of a tree, by use. What the values themselves hold is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TreeMemory {
    /// The texts of the levels.
    pub levels: usize,
    /// Filters without wildcards, and their first values.
    pub exact: usize,
    /// Filters with wildcards, and their first values; of a [`RetainedTree`], everything but the levels.
    pub wildcards: usize,
    /// Filters with several values or with groups.
    pub crowds: usize,
}

impl TreeMemory {
    /// The sum.
    pub const fn total(&self) -> usize {
        self.levels + self.exact + self.wildcards + self.crowds
    }
}

/// Apart, so that what the caller does with a value is compiled once, in a loop of its own, and not wherever a leaf is found.
#[inline(never)]
fn hand_on<T>(values: &[T], each: &mut impl FnMut(&T)) {
    values.iter().for_each(each);
}

/// Makes room for one more, a quarter at a time: half a million spare elements are too many.
fn grow<V>(values: &mut Vec<V>) {
    if values.len() == values.capacity() {
        values.reserve_exact(values.len() / 4 + 4);
    }
}

/// Gives back room that three quarters of are empty.
fn shrink<V>(values: &mut Vec<V>) {
    if values.len() < values.capacity() / 4 {
        values.shrink_to(values.len() * 2);
    }
}

/// The index type of the arrays. That they stay short enough is made sure before anything is added.
fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
