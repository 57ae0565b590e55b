//! The walk that finds the filters with wildcards which match a topic name.

use super::trie::{ROOT, Trie, Wildcards};

/// Visits every node whose path matches the first levels of a name, each once.
///
/// A node is reached by one path only, so what is visited is bounded by the nodes of the trie, and by the `+` combinations of
/// the name's levels that filters really have.
///
/// A `+` beside another way is left aside, at each depth one at most. The caller keeps these, as many as the name has levels,
/// so that the walk itself is small.
pub(super) struct Walk {
    /// The next node to visit, and how many levels of the name led there; the root behind the first level stands for none.
    next: u32,
    depth: u32,
    /// How many nodes were left aside.
    count: usize,
}

/// What one visit found, [`ROOT`] for nothing.
pub(super) struct Visit {
    /// The `#` below the node.
    pub(super) rest: u32,
    /// The node itself, if the name ends there.
    pub(super) end: u32,
}

impl Walk {
    #[inline]
    pub(super) fn new(trie: &Trie<Wildcards>, name: &[u32], reserved: bool) -> Self {
        let (next, depth) = match name {
            // A first level with `$` is met by its text alone [MQTT-4.7.2-1].
            [first, ..] if reserved => (trie.child(ROOT, *first), 1),
            _ => (ROOT, 0),
        };
        Self { next, depth, count: 0 }
    }

    /// Visits one node; `None` once all are.
    #[inline(always)]
    pub(super) fn step(
        &mut self,
        trie: &Trie<Wildcards>,
        name: &[u32],
        aside: &mut [(u32, u32)],
    ) -> Option<Visit> {
        if self.next == ROOT && self.depth > 0 {
            self.count = self.count.checked_sub(1)?;
            (self.next, self.depth) = aside[self.count];
        }
        let node = self.next;
        let children = &trie.node(node).children;
        let Some(&level) = name.get(self.depth as usize) else {
            self.next = ROOT;
            return Some(Visit { rest: children.rest, end: node });
        };
        self.depth += 1;
        if children.any != ROOT {
            aside[self.count] = (children.any, self.depth);
            self.count += 1;
        }
        self.next = trie.text(node, children, level);
        Some(Visit { rest: children.rest, end: ROOT })
    }
}
