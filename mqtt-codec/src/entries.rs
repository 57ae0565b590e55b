//! The one iterator over the lists of a packet: properties, filters, reason codes.

use core::fmt;

/// The entries of a list, which were checked when the list was made: either bytes of a decoded packet or a caller's slice.
#[derive(Clone, Copy)]
pub struct Entries<'a, T>(Source<'a, T>);

#[derive(Clone, Copy)]
enum Source<'a, T> {
    Wire { bytes: &'a [u8], read: Read<'a, T> },
    Slice(&'a [T]),
}

/// Takes one entry off the front of checked bytes; `None` at their end.
pub(crate) type Read<'a, T> = fn(&mut &'a [u8]) -> Option<T>;

impl<'a, T> Entries<'a, T> {
    #[inline]
    pub(crate) const fn wire(bytes: &'a [u8], read: Read<'a, T>) -> Self {
        Self(Source::Wire { bytes, read })
    }

    #[inline]
    pub(crate) const fn slice(items: &'a [T]) -> Self {
        Self(Source::Slice(items))
    }

    /// The bytes of the list, if it came off the wire.
    #[inline]
    pub(crate) const fn as_wire(&self) -> Option<&'a [u8]> {
        match self.0 {
            Source::Wire { bytes, .. } => Some(bytes),
            Source::Slice(_) => None,
        }
    }

    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        match self.0 {
            Source::Wire { bytes, .. } => bytes.is_empty(),
            Source::Slice(items) => items.is_empty(),
        }
    }
}

impl<T: Copy> Iterator for Entries<'_, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        match &mut self.0 {
            Source::Wire { bytes, read } => read(bytes),
            Source::Slice(items) => {
                let (first, rest) = items.split_first()?;
                *items = rest;
                Some(*first)
            }
        }
    }
}

impl<T: Copy> core::iter::FusedIterator for Entries<'_, T> {}

impl<T: Copy + fmt::Debug> fmt::Debug for Entries<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}
