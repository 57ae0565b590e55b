//! The walk that finds the filters with wildcards which match a topic name.

use super::trie::{ROOT, Trie, Wildcards};

/// Visits every node whose path matches the first levels of a name, each once.
///
/// A node is reached by one path only, so what is visited is bounded by the nodes of the trie, and by the `+` combinations of
/// the name's levels that filters really have.
///
/// Nodes to be visited later, with how many levels of the name led there, are left aside: at each depth one `+` at most. The
/// caller keeps the room, as much as the name has levels, so that the walk itself is small.
pub(super) struct Walk {
    /// The next node to visit and its depth; [`ROOT`] if it has to be taken from those aside.
    next: u32,
    depth: u32,
    /// How many nodes are aside.
    count: usize,
}

/// What is aside at first: the root, where a walk begins.
pub(super) const START: (u32, u32) = (ROOT, 0);

impl Walk {
    /// A walk whose room is filled with [`START`].
    #[inline]
    pub(super) fn new(trie: &Trie<Wildcards>, name: &[u32], reserved: bool) -> Self {
        match name {
            // A first level with `$` is met by its text alone [MQTT-4.7.2-1].
            [first, ..] if reserved => Self { next: trie.child(ROOT, *first), depth: 1, count: 0 },
            _ => Self { next: ROOT, depth: 0, count: 1 },
        }
    }

    /// Visits one node, and hands on those whose filter matches: the `#` below it, and itself if the name ends there. `None`
    /// once all are visited.
    #[inline(always)]
    pub(super) fn step(
        &mut self,
        trie: &Trie<Wildcards>,
        name: &[u32],
        aside: &mut [(u32, u32)],
        mut found: impl FnMut(u32),
    ) -> Option<()> {
        if self.next == ROOT {
            self.count = self.count.checked_sub(1)?;
            (self.next, self.depth) = aside[self.count];
        }
        let node = self.next;
        let children = &trie.node(node).children;
        if children.rest != ROOT {
            found(children.rest);
        }
        let Some(&level) = name.get(self.depth as usize) else {
            found(node);
            self.next = ROOT;
            return Some(());
        };
        self.depth += 1;
        if children.any != ROOT {
            aside[self.count] = (children.any, self.depth);
            self.count += 1;
        }
        self.next = trie.text(node, children, level);
        Some(())
    }
}
