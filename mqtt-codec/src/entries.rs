//! The one iterator over the lists of a packet: properties, subscriptions, filters, reason codes.

use core::fmt;
use core::iter::FusedIterator;

use crate::config::Version;

/// The entries of a list, which were checked when the list was made: either bytes of a decoded packet or a caller's slice.
///
/// It is an iterator for each `T` there are lists of, beside the type of the list.
#[derive(Clone, Copy)]
pub struct Entries<'a, T>(Source<'a, T>);

#[derive(Clone, Copy)]
enum Source<'a, T> {
    Wire(&'a [u8], Version),
    Slice(&'a [T]),
}

impl<'a, T: Copy> Entries<'a, T> {
    #[inline]
    pub(crate) const fn wire(bytes: &'a [u8], version: Version) -> Self {
        Self(Source::Wire(bytes, version))
    }

    #[inline]
    pub(crate) const fn slice(items: &'a [T]) -> Self {
        Self(Source::Slice(items))
    }

    /// The bytes of the list, if it came off the wire.
    #[inline]
    pub(crate) const fn as_wire(&self) -> Option<&'a [u8]> {
        match self.0 {
            Source::Wire(bytes, _) => Some(bytes),
            Source::Slice(_) => None,
        }
    }

    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        match self.0 {
            Source::Wire(bytes, _) => bytes.is_empty(),
            Source::Slice(items) => items.is_empty(),
        }
    }

    /// The next entry; `read` takes one off the front of checked bytes.
    #[inline]
    pub(crate) fn advance(&mut self, read: impl FnOnce(&mut &'a [u8], Version) -> Option<T>) -> Option<T> {
        match &mut self.0 {
            Source::Wire(bytes, version) => read(bytes, *version),
            Source::Slice(items) => {
                let (first, rest) = items.split_first()?;
                *items = rest;
                Some(*first)
            }
        }
    }
}

impl<T> FusedIterator for Entries<'_, T> where Self: Iterator {}

impl<T: fmt::Debug> fmt::Debug for Entries<'_, T>
where
    Self: Iterator<Item = T> + Copy,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}
