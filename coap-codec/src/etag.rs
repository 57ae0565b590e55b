//! ETag: one to eight bytes that name a version of a representation (RFC 7252 §5.10.6).

use core::fmt;

use crate::Options;

/// An entity tag, kept by value.
///
/// ```
/// use coap_codec::EntityTag;
///
/// let tag = EntityTag::new(&[0xCA, 0xFE]).unwrap();
/// assert_eq!((tag.as_bytes(), tag.to_string().as_str()), (&[0xCA, 0xFE][..], "cafe"));
/// assert!(EntityTag::new(&[]).is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EntityTag {
    // Zero behind `len`, so that equality of fields is equality of tags.
    bytes: [u8; 8],
    len: u8,
}

impl EntityTag {
    /// A tag of these bytes; `None` unless there are one to eight.
    #[inline]
    #[must_use]
    pub fn new(tag: &[u8]) -> Option<Self> {
        let mut bytes = [0; 8];
        let len = u8::try_from(tag.len()).ok().filter(|&len| len > 0)?;
        bytes.get_mut(..tag.len())?.copy_from_slice(tag);
        Some(Self { bytes, len })
    }

    /// The tag of a response: its first, for a response has one (RFC 7252 §5.10.6.1).
    #[inline]
    #[must_use]
    pub fn of(response: &Options<'_>) -> Option<Self> {
        Self::new(response.etag()?)
    }

    /// The bytes.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl fmt::Display for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntityTag({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::EntityTag;

    #[test]
    fn one_to_eight_bytes_make_a_tag() {
        for len in 0..=9 {
            assert_eq!(EntityTag::new(&[0; 9][..len]).is_some(), (1..=8).contains(&len), "{len}");
        }
        // Zeros count.
        assert_ne!(EntityTag::new(&[1]), EntityTag::new(&[1, 0]));
    }
}
