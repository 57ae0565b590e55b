//! Where encoded bytes go: a fixed slice, a growing vector, or a `BytesMut`.
//!
//! Contract: whoever writes asks [`Out::room`] for the whole length first, so an output is either
//! given everything or not touched at all. After that check [`Out::put`] cannot come up short.

/// An output that bytes are appended to.
///
/// The caller owns it: nothing in this crate keeps a queue of its own.
pub trait Out {
    /// How many more bytes fit. A growing output answers with what is left of `isize::MAX`.
    fn room(&self) -> usize;

    /// Appends `bytes`, or leaves the output unchanged if they exceed [`room`](Self::room).
    ///
    /// Writers in this crate compare lengths with `room` beforehand and report what is missing.
    fn put(&mut self, bytes: &[u8]);
}

impl<O: Out + ?Sized> Out for &mut O {
    #[inline]
    fn room(&self) -> usize {
        (**self).room()
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        (**self).put(bytes);
    }
}

/// An output over a borrowed slice, filled from its start.
///
#[doc = concat!("```\nuse ", env!("CARGO_CRATE_NAME"), "::{Out, SliceOut};")]
///
/// let mut buffer = [0; 4];
/// let mut out = SliceOut::new(&mut buffer);
/// out.put(b"abc");
/// assert_eq!(out.room(), 1);
/// out.put(b"too long"); // does not fit, so nothing of it is written
/// assert_eq!(out.written(), b"abc");
/// ```
#[derive(Debug)]
pub struct SliceOut<'b> {
    buffer: &'b mut [u8],
    len: usize,
}

impl<'b> SliceOut<'b> {
    /// An empty output with room for the whole of `buffer`.
    #[inline]
    #[must_use]
    pub fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, len: 0 }
    }

    /// Number of bytes written so far.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing was written yet.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes written so far.
    #[inline]
    #[must_use]
    pub fn written(&self) -> &[u8] {
        self.buffer.get(..self.len).unwrap_or_default()
    }

    /// Gives back the written part of the slice for as long as the slice was lent.
    #[inline]
    #[must_use]
    pub fn into_written(self) -> &'b mut [u8] {
        let len = self.len;
        self.buffer.get_mut(..len).unwrap_or_default()
    }

    /// Forgets what was written, to use the slice again.
    #[inline]
    pub fn clear(&mut self) {
        self.len = 0;
    }
}

impl Out for SliceOut<'_> {
    #[inline]
    fn room(&self) -> usize {
        self.buffer.len() - self.len
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len(); // two slices never add up to more than a usize
        if let Some(place) = self.buffer.get_mut(self.len..end) {
            place.copy_from_slice(bytes);
            self.len = end;
        }
    }
}

#[cfg(feature = "alloc")]
impl Out for alloc::vec::Vec<u8> {
    #[inline]
    fn room(&self) -> usize {
        isize::MAX.unsigned_abs() - self.len()
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

#[cfg(feature = "bytes")]
impl Out for bytes::BytesMut {
    #[inline]
    fn room(&self) -> usize {
        isize::MAX.unsigned_abs() - self.len()
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::{Out, SliceOut};

    #[test]
    fn a_slice_takes_all_or_nothing() {
        let mut buffer = [0; 5];
        let mut out = SliceOut::new(&mut buffer);
        assert!(out.is_empty());
        out.put(b"abc");
        out.put(b"def");
        assert_eq!((out.written(), out.len(), out.room()), (&b"abc"[..], 3, 2));
        out.put(b"de");
        assert_eq!((out.written(), out.room()), (&b"abcde"[..], 0));
        out.put(b"");
        assert_eq!(out.into_written(), b"abcde");
    }

    #[test]
    fn a_cleared_slice_is_written_from_its_start() {
        let mut buffer = [0; 2];
        let mut out = SliceOut::new(&mut buffer);
        out.put(b"ab");
        out.clear();
        out.put(b"c");
        assert_eq!(out.written(), b"c");
    }

    #[test]
    fn an_output_can_be_lent() {
        fn write(mut out: impl Out) {
            out.put(b"x");
        }
        let mut buffer = [0; 2];
        let mut out = SliceOut::new(&mut buffer);
        write(&mut out);
        write(&mut out as &mut dyn Out);
        assert_eq!(out.written(), b"xx");
    }

    #[cfg(feature = "alloc")]
    #[test]
    fn a_vector_grows() {
        let mut out = alloc::vec::Vec::new();
        assert!(out.room() > 1 << 20);
        out.put(b"ab");
        out.put(b"c");
        assert_eq!(out, b"abc");
    }

    #[cfg(feature = "bytes")]
    #[test]
    fn bytes_mut_grows() {
        let mut out = bytes::BytesMut::new();
        out.put(b"ab");
        out.put(b"c");
        assert_eq!(&out[..], b"abc");
    }
}
