//! What a response means for the request it answers: the next block, the next part, or the end
//! (RFC 7641 §3.2, RFC 7959 §2.4, §2.5, RFC 9175 §2.3).

use super::client::Progress;
use crate::{Block, BlockSize, Code, Fetch, FetchError, Options, Uploaded};

/// What is to be done after a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It answers an earlier part.
    Nothing,
    /// Say the request again, now with the Echo.
    Again,
    /// The caller has to give this part of the body.
    Wanted { offset: u64, len: usize },
    /// A state of what is observed.
    Notification,
    /// A piece of the body; the request asks for the next one.
    Piece { offset: u64 },
    /// The end of the request.
    Last { offset: u64 },
    /// The body does not come as it should.
    Failed(FetchError),
}

impl Progress {
    /// Takes a response in: its code, its options, the length of its payload. Further blocks are asked for in the
    /// size given, up to a body of `max` bytes.
    pub(super) fn turn(
        &mut self,
        code: Code,
        options: &Options<'_>,
        len: usize,
        (size, max): (BlockSize, u64),
    ) -> Turn {
        if code == Code::UNAUTHORIZED && self.echo.len == 0 && self.keep_echo(options) {
            return if self.part.is_some() { self.want() } else { Turn::Again };
        }
        if let Some(upload) = &mut self.upload
            && self.part.is_some()
        {
            match upload.receive(code, options) {
                Uploaded::Next | Uploaded::Again => return self.want(),
                Uploaded::Stale => return Turn::Nothing,
                // RFC 7959 §2.7: what is asked for from here on comes without the body.
                Uploaded::Final => self.part = None,
            }
        }
        if self.observes && code.class() == 2 && options.observe().is_some() {
            return Turn::Notification;
        }
        let block = options.block2().filter(|_| code.class() == 2);
        let in_blocks = self.fetch.is_some() || block.is_some_and(|block| block.more);
        if self.by_block || code.class() != 2 || !in_blocks {
            return Turn::Last { offset: block.map_or(0, Block::offset) };
        }
        match self.fetch.get_or_insert(Fetch::new(size, max)).receive(options, len) {
            Ok(fetched) => {
                self.block2 = fetched.next;
                let offset = fetched.offset;
                if fetched.next.is_some() { Turn::Piece { offset } } else { Turn::Last { offset } }
            }
            Err(error) => Turn::Failed(error),
        }
    }

    /// The part to be given next, or once more.
    fn want(&mut self) -> Turn {
        self.part = None;
        let wanted = self.upload.map(|upload| upload.wanted());
        wanted.map_or(Turn::Nothing, |wanted| Turn::Wanted { offset: wanted.offset, len: wanted.len })
    }

    /// Keeps the Echo a server wants to see again.
    fn keep_echo(&mut self, options: &Options<'_>) -> bool {
        let Some(echo) = options.echo() else { return false };
        let Some(place) = self.echo.bytes.get_mut(..echo.len()) else { return false };
        place.copy_from_slice(echo);
        self.echo.len = u8::try_from(echo.len()).unwrap_or_default();
        true
    }
}
