//! Filters without wildcards, all of one depth: a hash table over keys of that many level numbers.
//!
//! Keys and leaves are dense and parallel; removing one moves the last into its place.

use alloc::vec::Vec;

use super::hash::Hasher;
use super::leaf::Leaf;
use super::table::Table;
use super::{grow, index, shrink};

#[derive(Clone)]
pub(super) struct Exact<T> {
    hasher: Hasher,
    depth: usize,
    table: Table,
    /// `depth` numbers for each leaf.
    keys: Vec<u32>,
    leaves: Vec<Leaf<T>>,
}

impl<T> Exact<T> {
    pub(super) fn new(hasher: Hasher, depth: usize) -> Self {
        Self { hasher, depth, table: Table::default(), keys: Vec::new(), leaves: Vec::new() }
    }

    #[inline]
    pub(super) fn find(&self, key: &[u32]) -> Option<u32> {
        self.table.find(self.hasher.key(key), |at| self.key(at) == key)
    }

    pub(super) fn insert(&mut self, key: &[u32], leaf: Leaf<T>) {
        self.table.insert(self.hasher.key(key), index(self.leaves.len()));
        grow(&mut self.leaves);
        self.leaves.push(leaf);
        if self.keys.capacity() - self.keys.len() < key.len() {
            self.keys.reserve_exact(self.leaves.len().div_ceil(4) * key.len());
        }
        self.keys.extend_from_slice(key);
    }

    pub(super) fn remove(&mut self, at: u32) -> Leaf<T> {
        self.table.remove(self.hasher.key(self.key(at)), at);
        let last = index(self.leaves.len() - 1);
        if at != last {
            self.table.redirect(self.hasher.key(self.key(last)), last, at);
        }
        let [hole, moved] = [at, last].map(|at| at as usize * self.depth);
        self.keys.copy_within(moved.., hole);
        self.keys.truncate(moved);
        let leaf = self.leaves.swap_remove(at as usize);
        shrink(&mut self.keys);
        shrink(&mut self.leaves);
        leaf
    }

    pub(super) fn key(&self, at: u32) -> &[u32] {
        let start = at as usize * self.depth;
        &self.keys[start..start + self.depth]
    }

    pub(super) fn leaf(&self, at: u32) -> &Leaf<T> {
        &self.leaves[at as usize]
    }

    pub(super) fn leaf_mut(&mut self, at: u32) -> &mut Leaf<T> {
        &mut self.leaves[at as usize]
    }

    pub(super) fn len(&self) -> u32 {
        index(self.leaves.len())
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.table.bytes()
            + self.keys.capacity() * size_of::<u32>()
            + self.leaves.capacity() * size_of::<Leaf<T>>()
    }
}
