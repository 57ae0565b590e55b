//! The walk that finds the filters with wildcards which match a topic name.

use core::mem;

use super::MAX_LEVELS;
use super::trie::{NO_LEAF, ROOT, Trie, Wildcards};

/// Yields the nodes whose filters match, each once.
///
/// A node is reached by one path only, so what is visited is bounded by the nodes of the trie, and by the `+` combinations of
/// the name's levels that filters really have.
pub(super) struct Walk {
    /// The next node to visit, and how many levels of the name led there; the root behind the first level stands for none.
    next: (u32, u32),
    /// The `+` left aside on the way, the same way: one at each depth at most.
    aside: [(u32, u32); MAX_LEVELS],
    count: usize,
    /// A second node found by the last visit.
    found: u32,
}

impl Walk {
    #[inline]
    pub(super) fn new(trie: &Trie<Wildcards>, name: &[u32], reserved: bool) -> Self {
        let next = match name {
            // A first level with `$` is met by its text alone [MQTT-4.7.2-1].
            [first, ..] if reserved => (trie.child(ROOT, *first), 1),
            _ => (ROOT, 0),
        };
        Self { next, aside: [(0, 0); MAX_LEVELS], count: 0, found: ROOT }
    }

    #[inline]
    pub(super) fn next(&mut self, trie: &Trie<Wildcards>, name: &[u32]) -> Option<u32> {
        if self.found != ROOT {
            return Some(mem::replace(&mut self.found, ROOT));
        }
        let (mut next, mut depth) = self.next;
        loop {
            if next == ROOT && depth > 0 {
                self.count = self.count.checked_sub(1)?;
                (next, depth) = self.aside[self.count];
            }
            let node = next;
            let at = trie.node(node);
            next = match name.get(depth as usize) {
                Some(&level) => {
                    depth += 1;
                    if at.children.any != ROOT {
                        self.aside[self.count] = (at.children.any, depth);
                        self.count += 1;
                    }
                    trie.text(node, &at.children, level)
                }
                None => {
                    if at.leaf != NO_LEAF {
                        self.found = node;
                    }
                    ROOT
                }
            };
            let rest = at.children.rest;
            if rest != ROOT || self.found != ROOT {
                self.next = (next, depth);
                return Some(if rest != ROOT { rest } else { mem::replace(&mut self.found, ROOT) });
            }
        }
    }
}
