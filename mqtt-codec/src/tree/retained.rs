//! Stored names, to be found by filter.

use core::fmt;

use super::hash::Hasher;
use super::levels::{ANY, Levels, Path, REST, WINDOW};
use super::slab::Slab;
use super::stored::{Spelling, Stored};
use super::trie::{NO_LEAF, ROOT, Siblings, Trie};
use super::{MAX_LEVELS, Refused, TreeBounds, TreeMemory, TreeRule};
use crate::filter::TopicFilter;
use crate::topic::TopicName;

/// Values by topic name, to be found by filter: the reverse of a [`TopicTree`](super::TopicTree), as for retained messages
/// (MQTT 5.0 and 3.1.1 §3.3.1.3).
///
/// | call | cost |
/// |---|---|
/// | [`insert`](Self::insert), [`remove`](Self::remove), [`get`](Self::get) | the levels of the name |
/// | [`matches`](Self::matches), [`for_each_match`](Self::for_each_match) | the names found and what `+` has to look through: `+` visits every child of a level, a plain level one |
///
/// Bounds, seed and pruning are those of a [`TopicTree`](super::TopicTree).
///
/// ```
/// use mqtt_codec::{RetainedTree, TopicFilter, TopicName};
///
/// let mut retained = RetainedTree::with_seed(0x5eed);
/// retained.insert(TopicName::new("plant/line4/state")?, "on")?;
/// retained.insert(TopicName::new("plant/line5/state")?, "off")?;
/// assert_eq!(retained.insert(TopicName::new("plant/line5/state")?, "on")?, Some("off"));
///
/// let all = TopicFilter::new("plant/+/state")?;
/// let mut found: Vec<String> = retained.matches(all).map(|entry| entry.name().to_string()).collect();
/// found.sort();
/// assert_eq!(found, ["plant/line4/state", "plant/line5/state"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RetainedTree<T> {
    bounds: TreeBounds,
    hasher: Hasher,
    levels: Levels,
    trie: Trie<Siblings>,
    values: Slab<T>,
}

impl<T> RetainedTree<T> {
    /// An empty tree. The seed keys its hashes: take it from the system's entropy wherever strangers choose topics.
    pub fn with_seed(seed: u64) -> Self {
        Self::with_bounds(seed, TreeBounds::default())
    }

    /// An empty tree with bounds of its own.
    pub fn with_bounds(seed: u64, bounds: TreeBounds) -> Self {
        let hasher = Hasher::new(seed);
        Self { bounds, hasher, levels: Levels::new(hasher), trie: Trie::new(hasher), values: Slab::new() }
    }

    /// Stores a value under a name, and gives back the one it had.
    ///
    /// # Errors
    /// The value comes back, and the tree is unchanged, if the name or the number of values is beyond the [`TreeBounds`].
    pub fn insert(&mut self, name: TopicName<'_>, value: T) -> Result<Option<T>, Refused<T>> {
        let mut path = Path::empty();
        path.read(name.as_bytes(), &self.levels);
        if let Some(old) =
            self.trie.find(path.numbers()).and_then(|node| self.values.get_mut(self.trie.node(node).leaf))
        {
            return Ok(Some(core::mem::replace(old, value)));
        }
        if let Err(reason) = self.admit(name, path.numbers().len()) {
            return Err(Refused { reason, value });
        }
        path.complete(name.as_bytes(), &mut self.levels);
        self.trie.plant(path.numbers(), self.values.insert(value), &mut self.levels);
        Ok(None)
    }

    /// Takes out the value of a name, and all that only it needed.
    pub fn remove(&mut self, name: TopicName<'_>) -> Option<T> {
        let node = self.find(name)?;
        let leaf = self.trie.node(node).leaf;
        self.trie.prune(node, &mut self.levels);
        let value = self.values.take(leaf)?;
        if self.is_empty() {
            self.levels = Levels::new(self.hasher);
        }
        Some(value)
    }

    /// The value of a name.
    pub fn get(&self, name: TopicName<'_>) -> Option<&T> {
        let node = self.find(name)?;
        self.values.get(self.trie.node(node).leaf)
    }

    /// The value of a name, to be changed in place.
    pub fn get_mut(&mut self, name: TopicName<'_>) -> Option<&mut T> {
        let node = self.find(name)?;
        self.values.get_mut(self.trie.node(node).leaf)
    }

    /// Hands every value whose name the filter matches to `each`, in no defined order and without an allocation.
    ///
    /// Of a shared subscription the filter proper is meant, though the protocol sends it no retained messages (§4.8.2).
    #[inline]
    pub fn for_each_match(&self, filter: TopicFilter<'_>, mut each: impl FnMut(&T)) {
        for entry in self.matches(filter) {
            each(entry.value);
        }
    }

    /// The names the filter matches, with their values, in no defined order; nothing is allocated.
    pub fn matches(&self, filter: TopicFilter<'_>) -> impl Iterator<Item = Retained<'_, T>> + use<'_, T> {
        let mut path = Path::empty();
        path.read(filter.pattern(), &self.levels);
        let mut search = Search::new(path);
        core::iter::from_fn(move || search.next(&self.trie, &self.levels)).filter_map(|node| self.entry(node))
    }

    /// All names and values, in no defined order.
    pub fn iter(&self) -> impl Iterator<Item = Retained<'_, T>> {
        self.trie.leaves().filter_map(|(node, _)| self.entry(node))
    }

    /// The number of names.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes held on the heap, by use.
    pub fn memory(&self) -> TreeMemory {
        TreeMemory {
            levels: self.levels.bytes(),
            exact: 0,
            wildcards: self.trie.bytes() + self.values.bytes(),
            crowds: 0,
        }
    }

    fn admit(&self, name: TopicName<'_>, depth: usize) -> Result<(), TreeRule> {
        if depth > usize::from(self.bounds.levels).min(MAX_LEVELS) {
            Err(TreeRule::TooDeep)
        } else if self.len() >= self.bounds.values as usize
            || !self.levels.has_room(name.as_bytes().len(), depth)
            || !self.trie.has_room(depth)
        {
            Err(TreeRule::Full)
        } else {
            Ok(())
        }
    }

    fn find(&self, name: TopicName<'_>) -> Option<u32> {
        let mut path = Path::empty();
        path.read(name.as_bytes(), &self.levels);
        self.trie.find(path.numbers())
    }

    fn entry(&self, node: u32) -> Option<Retained<'_, T>> {
        let name = Stored { levels: &self.levels, spelling: Spelling::Name(&self.trie, node) };
        Some(Retained { name, value: self.values.get(self.trie.node(node).leaf)? })
    }
}

impl<T> fmt::Debug for RetainedTree<T> {
    /// Says how much is stored, not what: neither the seed nor a million names belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetainedTree").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// A name in a [`RetainedTree`], and its value.
#[derive(Debug)]
pub struct Retained<'t, T> {
    name: Stored<'t>,
    value: &'t T,
}

impl<'t, T> Retained<'t, T> {
    /// The name.
    pub fn name(&self) -> Stored<'t> {
        self.name
    }

    /// The value.
    pub fn value(&self) -> &'t T {
        self.value
    }
}

impl<T> Clone for Retained<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Retained<'_, T> {}

/// A walk through the part of a trie that a filter selects: down first, then aside, then up, with no memory but its place.
struct Search {
    filter: Path,
    /// How many levels stand before a last `#`.
    rest: Option<usize>,
    node: u32,
    /// How many levels led to the node.
    depth: usize,
    over: bool,
}

impl Search {
    fn new(filter: Path) -> Self {
        let rest = match filter.numbers() {
            [before @ .., REST] => Some(before.len()),
            _ => None,
        };
        Self { filter, rest, node: ROOT, depth: 0, over: false }
    }

    /// The next node with a leaf whose name the filter matches.
    fn next(&mut self, trie: &Trie<Siblings>, levels: &Levels) -> Option<u32> {
        while !self.over {
            let node = self.node;
            let matches = match self.rest {
                Some(rest) => self.depth >= rest,
                None => self.depth == self.filter.numbers().len(),
            };
            self.advance(trie, levels);
            if matches && trie.node(node).leaf != NO_LEAF {
                return Some(node);
            }
        }
        None
    }

    fn advance(&mut self, trie: &Trie<Siblings>, levels: &Levels) {
        let first = match self.selects_all(self.depth) {
            Some(true) => self.admitted(trie.node(self.node).children.first, self.depth + 1, trie, levels),
            Some(false) => trie.child(self.node, self.filter.numbers()[self.depth]),
            None => ROOT,
        };
        if first != ROOT {
            self.node = first;
            self.depth += 1;
            return;
        }
        while self.depth > 0 {
            if self.selects_all(self.depth - 1) == Some(true) {
                let next = self.admitted(trie.node(self.node).children.next, self.depth, trie, levels);
                if next != ROOT {
                    self.node = next;
                    return;
                }
            }
            self.node = trie.node(self.node).parent;
            self.depth -= 1;
        }
        self.over = true;
    }

    /// Whether the filter selects all children of a node at `depth`, or one; `None` if it ends there.
    fn selects_all(&self, depth: usize) -> Option<bool> {
        match self.rest {
            Some(rest) if depth >= rest => Some(true),
            _ => self.filter.numbers().get(depth).map(|&level| level == ANY),
        }
    }

    /// The node, or the next of its siblings that a wildcard may select [MQTT-4.7.2-1].
    fn admitted(&self, mut node: u32, depth: usize, trie: &Trie<Siblings>, levels: &Levels) -> u32 {
        let reserved =
            |node: u32| levels.text(trie.node(node).level, &mut [0; WINDOW]).first() == Some(&b'$');
        while depth == 1 && node != ROOT && reserved(node) {
            node = trie.node(node).children.next;
        }
        node
    }
}
