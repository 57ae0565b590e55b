//! The text of what is stored, put together again from its levels.

use core::fmt;

use super::MAX_LEVELS;
use super::levels::{Levels, WINDOW};
use super::trie::{Siblings, Trie, Wildcards};

/// A stored topic filter or topic name. It is kept as numbered levels, and becomes text only when displayed.
#[derive(Clone, Copy)]
pub struct Stored<'t> {
    pub(super) levels: &'t Levels,
    pub(super) spelling: Spelling<'t>,
}

#[derive(Clone, Copy)]
pub(super) enum Spelling<'t> {
    Key(&'t [u32]),
    Filter(&'t Trie<Wildcards>, u32),
    Name(&'t Trie<Siblings>, u32),
}

impl fmt::Display for Stored<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = [0; MAX_LEVELS];
        let numbers = match self.spelling {
            Spelling::Key(numbers) => numbers,
            Spelling::Filter(trie, node) => trie.path(node, &mut buffer),
            Spelling::Name(trie, node) => trie.path(node, &mut buffer),
        };
        for (at, &number) in numbers.iter().enumerate() {
            if at > 0 {
                f.write_str("/")?;
            }
            let mut buffer = [0; WINDOW];
            f.write_str(core::str::from_utf8(self.levels.text(number, &mut buffer)).unwrap_or_default())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Stored<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
