//! Topic aliases of one direction of one connection (5.0 §3.3.2.3.4).
//!
//! ```text
//! entry: alias (2) | length of the topic (2) | topic
//! ```
//! Entries lie one after another in the lent memory; a look-up walks over them, so a few dozen aliases are a good
//! number, and hundreds are not.

use core::num::NonZeroU16;

use super::Table;

#[derive(Debug)]
pub(crate) struct Aliases<'m> {
    memory: Table<'m, u8>,
    /// Bytes taken by entries.
    used: usize,
    /// The highest alias of this connection.
    most: u16,
    /// The highest alias assigned by us.
    last: u16,
}

/// What an outgoing topic is replaced by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alias {
    /// The peer knows it: the topic can stay away.
    Known(NonZeroU16),
    /// The peer learns it with this packet.
    New(NonZeroU16),
}

impl<'m> Aliases<'m> {
    pub(crate) fn new(memory: Table<'m, u8>) -> Self {
        Self { memory, used: 0, most: 0, last: 0 }
    }

    /// Begins a connection, where no alias stands for anything.
    pub(crate) fn reset(&mut self, most: u16) {
        (self.used, self.most, self.last) = (0, most, 0);
    }

    pub(crate) fn bound(&self) -> usize {
        self.memory.bound()
    }

    pub(crate) fn most(&self) -> u16 {
        self.most
    }

    /// The topic an alias stands for.
    pub(crate) fn topic(&self, alias: NonZeroU16) -> Option<&[u8]> {
        self.entries().find(|&(_, known, _)| known == alias.get()).map(|(_, _, topic)| topic)
    }

    /// The alias to send `topic` with, if it has one or can have one. Nothing changes before
    /// [`set`](Self::set).
    pub(crate) fn pick(&self, topic: &[u8]) -> Option<Alias> {
        if self.most == 0 {
            return None;
        }
        if let Some((_, alias, _)) = self.entries().find(|&(_, _, known)| known == topic) {
            return NonZeroU16::new(alias).map(Alias::Known);
        }
        let next = self.last.checked_add(1).filter(|&next| next <= self.most)?;
        let fits = self.used + HEAD + topic.len() <= self.memory.bound();
        NonZeroU16::new(next).filter(|_| fits).map(Alias::New)
    }

    /// Whether [`set`](Self::set) has memory for it.
    pub(crate) fn fits(&self, alias: NonZeroU16, topic: &[u8]) -> bool {
        let old = self.topic(alias).map_or(0, |old| HEAD + old.len());
        self.used - old + HEAD + topic.len() <= self.memory.bound()
    }

    /// Lets `alias` stand for `topic` from now on. `false`: there is no memory for it.
    pub(crate) fn set(&mut self, alias: NonZeroU16, topic: &[u8]) -> bool {
        if self.topic(alias) == Some(topic) {
            return true;
        }
        let (Ok(len), true) = (u16::try_from(topic.len()), self.fits(alias, topic)) else { return false };
        let old = self.entries().find(|&(_, known, _)| known == alias.get());
        if let Some((at, behind)) = old.map(|(at, _, topic)| (at, at + HEAD + topic.len())) {
            let used = self.used;
            self.memory.cells_mut().copy_within(behind..used, at);
            self.used = used - (behind - at);
        }
        let end = self.used + HEAD + topic.len();
        if !self.memory.grow(end, 0) {
            return false;
        }
        let [a0, a1] = alias.get().to_be_bytes();
        let [l0, l1] = len.to_be_bytes();
        let Some(place) = self.memory.cells_mut().get_mut(self.used..end) else { return false };
        let (head, text) = place.split_at_mut(HEAD);
        head.copy_from_slice(&[a0, a1, l0, l1]);
        text.copy_from_slice(topic);
        self.used = end;
        self.last = self.last.max(alias.get());
        true
    }

    /// Offsets, aliases and topics.
    fn entries(&self) -> impl Iterator<Item = (usize, u16, &[u8])> {
        let mut at = 0;
        core::iter::from_fn(move || {
            let rest = self.memory.cells().get(at..self.used)?;
            let (&[a0, a1, l0, l1], rest) = rest.split_first_chunk::<HEAD>()?;
            let topic = rest.get(..usize::from(u16::from_be_bytes([l0, l1])))?;
            let found = (at, u16::from_be_bytes([a0, a1]), topic);
            at += HEAD + topic.len();
            Some(found)
        })
    }
}

const HEAD: usize = 4;

#[cfg(test)]
mod tests {
    use core::num::NonZeroU16;

    use super::{Alias, Aliases};
    use crate::session::Table;

    fn alias(number: u16) -> NonZeroU16 {
        NonZeroU16::new(number).unwrap()
    }

    #[test]
    fn an_alias_stands_for_its_last_topic() {
        let mut memory = [0; 32];
        let mut aliases = Aliases::new(Table::lent(&mut memory));
        aliases.reset(5);
        assert!(aliases.set(alias(3), b"three") && aliases.set(alias(5), b"five"));
        assert!(aliases.set(alias(3), b"drei!!"));
        assert_eq!(
            (aliases.topic(alias(3)), aliases.topic(alias(5))),
            (Some(&b"drei!!"[..]), Some(&b"five"[..]))
        );
        assert_eq!(aliases.topic(alias(1)), None);
        assert!(!aliases.set(alias(1), b"0123456789+"), "18 of 32 bytes are taken");
        assert!(aliases.set(alias(5), b"0123456789012"), "the old topic makes room");
        aliases.reset(5);
        assert_eq!(aliases.topic(alias(3)), None);
    }

    #[test]
    fn topics_get_aliases_while_there_are_any() {
        let mut memory = [0; 64];
        let mut aliases = Aliases::new(Table::lent(&mut memory));
        assert_eq!(aliases.pick(b"a"), None);
        aliases.reset(2);
        assert_eq!(aliases.pick(b"a"), Some(Alias::New(alias(1))));
        assert!(aliases.set(alias(1), b"a"));
        assert_eq!(aliases.pick(b"a"), Some(Alias::Known(alias(1))));
        assert_eq!(aliases.pick(b"b"), Some(Alias::New(alias(2))));
        assert!(aliases.set(alias(2), b"b"));
        assert_eq!(aliases.pick(b"c"), None);
    }
}
