//! A trie over numbered levels: nodes in one array, edges in one table keyed by (node, level).
//!
//! The edges alone would do for going down by a known level. How else children are found is up to the tree: a [`Children`]
//! in each node, kept true by [`Trie::plant`] and [`Trie::prune`].

use alloc::vec;
use alloc::vec::Vec;

use super::hash::Hasher;
use super::levels::{ANY, Levels, NO_LEVEL, REST, UNKNOWN};
use super::table::Table;
use super::{MAX_LEVELS, grow, index};

/// The root, which is nobody's child and so doubles as "no node".
pub(super) const ROOT: u32 = 0;
/// In place of a leaf.
pub(super) const NO_LEAF: u32 = u32::MAX;

#[derive(Clone)]
pub(super) struct Trie<C> {
    hasher: Hasher,
    edges: Table,
    nodes: Vec<Node<C>>,
    /// The first of the nodes free for reuse, which are linked by `parent`.
    free: u32,
}

#[derive(Clone, Copy)]
pub(super) struct Node<C> {
    pub(super) parent: u32,
    pub(super) level: u32,
    /// What is stored here: an index kept for the tree.
    pub(super) leaf: u32,
    pub(super) children: C,
}

/// What a node knows of its children.
pub(super) trait Children: Copy {
    const NONE: Self;

    fn is_empty(&self) -> bool;

    /// Takes note of a new child in its parent.
    fn link(nodes: &mut [Node<Self>], parent: u32, child: u32);

    /// Forgets a child that is going to be removed.
    fn unlink(nodes: &mut [Node<Self>], parent: u32, child: u32);
}

impl<C: Children> Trie<C> {
    pub(super) fn new(hasher: Hasher) -> Self {
        Self { hasher, edges: Table::default(), nodes: vec![Self::unconnected(ROOT)], free: ROOT }
    }

    #[inline]
    pub(super) fn node(&self, node: u32) -> &Node<C> {
        &self.nodes[node as usize]
    }

    /// All nodes with a leaf, and the leaf.
    pub(super) fn leaves(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        (0..).zip(&self.nodes).filter(|(_, node)| node.leaf != NO_LEAF).map(|(at, node)| (at, node.leaf))
    }

    /// The child of `node` by `level`, or [`ROOT`].
    #[inline]
    pub(super) fn child(&self, node: u32, level: u32) -> u32 {
        let is = |child| {
            let child = self.node(child);
            child.parent == node && child.level == level
        };
        self.edges.find(self.hasher.edge(node, level), is).unwrap_or(ROOT)
    }

    /// The node at the end of `path`, if it has a leaf.
    pub(super) fn find(&self, path: &[u32]) -> Option<u32> {
        let end = path.iter().try_fold(ROOT, |node, &level| match self.child(node, level) {
            ROOT => None,
            child => Some(child),
        });
        end.filter(|&node| self.node(node).leaf != NO_LEAF)
    }

    /// Puts a leaf at the end of `path`, along nodes that are there or are made; these hold their levels.
    pub(super) fn plant(&mut self, path: &[u32], leaf: u32, levels: &mut Levels) {
        let end = path.iter().fold(ROOT, |node, &level| match self.child(node, level) {
            ROOT => {
                levels.hold(level);
                self.add(node, level)
            }
            child => child,
        });
        self.nodes[end as usize].leaf = leaf;
    }

    /// The levels that lead to `node`, written to the end of the buffer.
    pub(super) fn path<'b>(&self, mut node: u32, buffer: &'b mut [u32; MAX_LEVELS]) -> &'b [u32] {
        let mut start = MAX_LEVELS;
        while node != ROOT {
            start -= 1;
            buffer[start] = self.node(node).level;
            node = self.node(node).parent;
        }
        &buffer[start..]
    }

    /// Clears the leaf of `node` and removes every node that led to it alone.
    pub(super) fn prune(&mut self, mut node: u32, levels: &mut Levels) {
        self.nodes[node as usize].leaf = NO_LEAF;
        while node != ROOT {
            let Node { parent, level, leaf, children } = *self.node(node);
            if leaf != NO_LEAF || !children.is_empty() {
                return;
            }
            C::unlink(&mut self.nodes, parent, node);
            self.edges.remove(self.hasher.edge(parent, level), node);
            levels.release(level);
            self.nodes[node as usize] = Self::unconnected(self.free);
            self.free = node;
            node = parent;
        }
        if self.node(ROOT).children.is_empty() {
            *self = Self::new(self.hasher);
        }
    }

    /// Whether `count` nodes more can still be numbered.
    pub(super) fn has_room(&self, count: usize) -> bool {
        self.nodes.len().checked_add(count).is_some_and(|sum| sum < NO_LEAF as usize)
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.edges.bytes() + self.nodes.capacity() * size_of::<Node<C>>()
    }

    /// A new child, which is known not to exist.
    fn add(&mut self, parent: u32, level: u32) -> u32 {
        let node = Node { parent, level, leaf: NO_LEAF, children: C::NONE };
        let child = match self.free {
            ROOT => {
                grow(&mut self.nodes);
                self.nodes.push(node);
                index(self.nodes.len() - 1)
            }
            free => {
                let place = &mut self.nodes[free as usize];
                self.free = place.parent;
                *place = node;
                free
            }
        };
        C::link(&mut self.nodes, parent, child);
        self.edges.insert(self.hasher.edge(parent, level), child);
        child
    }

    /// The root or a free node, which no edge leads to.
    fn unconnected(parent: u32) -> Node<C> {
        Node { parent, level: NO_LEVEL, leaf: NO_LEAF, children: C::NONE }
    }
}

/// The children of a node of filters: both wildcards at hand, and one of the others, so that the way on from a node with one
/// child needs no search.
#[derive(Clone, Copy)]
pub(super) struct Wildcards {
    pub(super) rest: u32,
    pub(super) any: u32,
    /// One child by a text, if one is known, and its level.
    known: u32,
    known_level: u32,
    /// How many more there are.
    others: u32,
}

impl Children for Wildcards {
    const NONE: Self = Self { rest: ROOT, any: ROOT, known: ROOT, known_level: NO_LEVEL, others: 0 };

    fn is_empty(&self) -> bool {
        [self.rest, self.any, self.known] == [ROOT; 3] && self.others == 0
    }

    fn link(nodes: &mut [Node<Self>], parent: u32, child: u32) {
        let level = nodes[child as usize].level;
        let children = &mut nodes[parent as usize].children;
        match level {
            REST => children.rest = child,
            ANY => children.any = child,
            _ if children.known == ROOT => (children.known, children.known_level) = (child, level),
            _ => children.others += 1,
        }
    }

    fn unlink(nodes: &mut [Node<Self>], parent: u32, child: u32) {
        let level = nodes[child as usize].level;
        let children = &mut nodes[parent as usize].children;
        match level {
            REST => children.rest = ROOT,
            ANY => children.any = ROOT,
            _ if children.known == child => (children.known, children.known_level) = (ROOT, NO_LEVEL),
            _ => children.others -= 1,
        }
    }
}

impl Trie<Wildcards> {
    /// The child of `node`, whose children these are, by the level of a topic name, or [`ROOT`].
    #[inline]
    pub(super) fn text(&self, node: u32, children: &Wildcards, level: u32) -> u32 {
        if children.known_level == level {
            children.known
        } else if children.others == 0 || level == UNKNOWN {
            ROOT
        } else {
            self.child(node, level)
        }
    }
}

/// The children of a node of names: a list, to be gone through for `+` and `#`.
#[derive(Clone, Copy)]
pub(super) struct Siblings {
    /// The first child.
    pub(super) first: u32,
    /// The next and the previous child of this node's parent.
    pub(super) next: u32,
    previous: u32,
}

impl Children for Siblings {
    const NONE: Self = Self { first: ROOT, next: ROOT, previous: ROOT };

    fn is_empty(&self) -> bool {
        self.first == ROOT
    }

    fn link(nodes: &mut [Node<Self>], parent: u32, child: u32) {
        let next = nodes[parent as usize].children.first;
        nodes[parent as usize].children.first = child;
        nodes[child as usize].children.next = next;
        if next != ROOT {
            nodes[next as usize].children.previous = child;
        }
    }

    fn unlink(nodes: &mut [Node<Self>], parent: u32, child: u32) {
        let Self { next, previous, .. } = nodes[child as usize].children;
        match previous {
            ROOT => nodes[parent as usize].children.first = next,
            previous => nodes[previous as usize].children.next = next,
        }
        if next != ROOT {
            nodes[next as usize].children.previous = previous;
        }
    }
}
