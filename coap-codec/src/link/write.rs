//! Link-format on the way out.

use thiserror::Error;

use super::{Attribute, Link, grammar};
use crate::Out;

/// What keeps a link from being written. The output is unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum LinkWriteError {
    /// The output is too small for this step.
    #[error("no room: {needed} bytes needed")]
    NoRoom {
        /// Bytes the step takes.
        needed: usize,
    },
    /// A target with `<` or `>` in it.
    #[error("a target may not have angle brackets in it")]
    Target,
    /// An attribute before the first link.
    #[error("an attribute needs a link")]
    NoLink,
    /// A name that is empty or has characters a name may not have.
    #[error("not a name of an attribute")]
    Name,
    /// A token that is empty or needs quotes.
    #[error("value needs quotes")]
    Token,
}

/// Writes links into an output, step by step.
///
/// Contract: as for [`Writer`](crate::Writer), run over a [`Length`](crate::Length) first where all or nothing
/// is wanted; a step that fails writes nothing of itself.
///
/// ```
/// use coap_codec::{LinkWriter, SliceOut};
///
/// let mut buffer = [0; 64];
/// let mut out = SliceOut::new(&mut buffer);
/// let mut links = LinkWriter::new(&mut out);
/// links.link("/t")?.quoted("rt", "temp core.s")?.number("sz", 12)?.flag("obs")?;
/// links.link("/l")?.quoted("title", "say \"hi\"")?;
/// assert_eq!(out.written(), br#"</t>;rt="temp core.s";sz=12;obs,</l>;title="say \"hi\"""#);
/// # Ok::<(), coap_codec::LinkWriteError>(())
/// ```
#[derive(Debug)]
pub struct LinkWriter<'o, O: ?Sized> {
    out: &'o mut O,
    begun: bool,
}

impl<'o, O: Out + ?Sized> LinkWriter<'o, O> {
    /// A writer for a document that begins here.
    pub fn new(out: &'o mut O) -> Self {
        Self { out, begun: false }
    }

    /// Begins a link.
    ///
    /// # Errors
    ///
    /// [`LinkWriteError::Target`], [`LinkWriteError::NoRoom`].
    pub fn link(&mut self, target: &str) -> Result<&mut Self, LinkWriteError> {
        if target.contains(['<', '>']) {
            return Err(LinkWriteError::Target);
        }
        let begin: &[u8] = if self.begun { b",<" } else { b"<" };
        self.put(&[begin, target.as_bytes(), b">"])?;
        self.begun = true;
        Ok(self)
    }

    /// Writes a link that was read, exactly as it stood.
    ///
    /// # Errors
    ///
    /// [`LinkWriteError::NoRoom`].
    pub fn copy(&mut self, link: &Link<'_>) -> Result<&mut Self, LinkWriteError> {
        let begin: &[u8] = if self.begun { b",<" } else { b"<" };
        self.put(&[begin, link.target.as_bytes(), b">", link.attributes.as_bytes()])?;
        self.begun = true;
        Ok(self)
    }

    /// Writes an attribute that was read, exactly as it stood.
    ///
    /// # Errors
    ///
    /// [`LinkWriteError::Name`], [`LinkWriteError::NoLink`], [`LinkWriteError::NoRoom`].
    pub fn attribute(&mut self, attribute: Attribute<'_>) -> Result<&mut Self, LinkWriteError> {
        let name = self.name(attribute.name)?;
        match attribute.value {
            None => self.put(&[b";", name]),
            Some(value) if value.is_quoted() => {
                self.put(&[b";", name, b"=\"", value.as_written().as_bytes(), b"\""])
            }
            Some(value) => self.put(&[b";", name, b"=", value.as_written().as_bytes()]),
        }
    }

    /// Writes an attribute without a value.
    ///
    /// # Errors
    ///
    /// [`LinkWriteError::Name`], [`LinkWriteError::NoLink`], [`LinkWriteError::NoRoom`].
    pub fn flag(&mut self, name: &str) -> Result<&mut Self, LinkWriteError> {
        let name = self.name(name)?;
        self.put(&[b";", name])
    }

    /// Writes an attribute with a value that needs no quotes.
    ///
    /// # Errors
    ///
    /// [`LinkWriteError::Token`] if it does need them, and as [`LinkWriter::flag`].
    pub fn token(&mut self, name: &str, value: &str) -> Result<&mut Self, LinkWriteError> {
        let name = self.name(name)?;
        if value.is_empty() || !value.bytes().all(grammar::is_token) {
            return Err(LinkWriteError::Token);
        }
        self.put(&[b";", name, b"=", value.as_bytes()])
    }

    /// Writes an attribute with a number for its value.
    ///
    /// # Errors
    ///
    /// As [`LinkWriter::flag`].
    pub fn number(&mut self, name: &str, value: u32) -> Result<&mut Self, LinkWriteError> {
        let mut digits = [0; 10];
        let (mut at, mut rest) = (digits.len(), value);
        while let Some(place) = at.checked_sub(1).and_then(|last| digits.get_mut(last)) {
            *place = b'0' + (rest % 10).to_le_bytes()[0];
            (at, rest) = (at - 1, rest / 10);
            if rest == 0 {
                break;
            }
        }
        let name = self.name(name)?;
        self.put(&[b";", name, b"=", digits.get(at..).unwrap_or_default()])
    }

    /// Writes an attribute with its value in quotes; quotes and backslashes in it are escaped.
    ///
    /// # Errors
    ///
    /// As [`LinkWriter::flag`].
    pub fn quoted(&mut self, name: &str, value: &str) -> Result<&mut Self, LinkWriteError> {
        let name = self.name(name)?;
        let escapes = value.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
        let needed = 1 + name.len() + 2 + value.len() + escapes + 1;
        if self.out.room() < needed {
            return Err(LinkWriteError::NoRoom { needed });
        }
        self.put(&[b";", name, b"=\""])?;
        for piece in value.split_inclusive(['"', '\\']) {
            match piece.as_bytes() {
                [plain @ .., special @ (b'"' | b'\\')] => self.put(&[plain, b"\\", &[*special]])?,
                plain => self.put(&[plain])?,
            };
        }
        self.put(&[b"\""])
    }

    fn name<'n>(&self, name: &'n str) -> Result<&'n [u8], LinkWriteError> {
        let plain = name.strip_suffix('*').unwrap_or(name);
        if plain.is_empty() || !plain.bytes().all(grammar::is_name) {
            return Err(LinkWriteError::Name);
        }
        if self.begun { Ok(name.as_bytes()) } else { Err(LinkWriteError::NoLink) }
    }

    fn put(&mut self, pieces: &[&[u8]]) -> Result<&mut Self, LinkWriteError> {
        let needed = pieces.iter().map(|piece| piece.len()).sum();
        if self.out.room() < needed {
            return Err(LinkWriteError::NoRoom { needed });
        }
        pieces.iter().for_each(|piece| self.out.put(piece));
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::{LinkWriteError, LinkWriter};
    use crate::{Links, SliceOut};

    #[test]
    fn what_was_read_is_written_as_it_stood() {
        let text = r#"<>;rel="self",</q>;title="a\\b \"c\"";ct=0;obs;title*=UTF-8''%C3%A4"#;
        let mut buffer = [0; 128];
        let mut out = SliceOut::new(&mut buffer);
        let mut writer = LinkWriter::new(&mut out);
        for link in Links::new(text) {
            let link = link.unwrap();
            writer.link(link.target).unwrap();
            for attribute in link.attributes() {
                writer.attribute(attribute).unwrap();
            }
        }
        assert_eq!(out.written(), text.as_bytes());
        out.clear();
        let mut writer = LinkWriter::new(&mut out);
        Links::new(text).for_each(|link| _ = writer.copy(&link.unwrap()).unwrap());
        assert_eq!(out.written(), text.as_bytes());
    }

    #[test]
    fn what_could_not_be_read_back_is_refused() {
        let mut buffer = [0; 16];
        let mut out = SliceOut::new(&mut buffer);
        let mut writer = LinkWriter::new(&mut out);
        assert_eq!(writer.flag("obs").unwrap_err(), LinkWriteError::NoLink);
        assert_eq!(writer.link("/a>").unwrap_err(), LinkWriteError::Target);
        writer.link("/a").unwrap();
        assert_eq!(writer.flag("").unwrap_err(), LinkWriteError::Name);
        assert_eq!(writer.flag("a=b").unwrap_err(), LinkWriteError::Name);
        assert_eq!(writer.token("a", "b;c").unwrap_err(), LinkWriteError::Token);
        assert_eq!(writer.token("a", "").unwrap_err(), LinkWriteError::Token);
        assert_eq!(writer.quoted("abc", "\"\"\"").unwrap_err(), LinkWriteError::NoRoom { needed: 13 });
        writer.number("z", 0).unwrap().number("y", 4_294).unwrap();
        assert_eq!(out.written(), b"</a>;z=0;y=4294");
    }
}
