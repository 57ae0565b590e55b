//! Messages on their way to frames.

use core::convert::Infallible;

use super::super::Error;
use super::super::wire::Patched;
use crate::stream::{message_len, open};
use crate::{Framing, Length, Message, Out, option};

/// A message with options of the endpoint's own, as a frame. Of the message neither type nor id counts.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) framing: Framing,
    pub(super) patched: Patched<'a>,
}

impl Frame<'_> {
    /// Bytes of options, marker and payload.
    fn body_len(&self) -> usize {
        let mut length = Length::default();
        self.put_options(&mut length);
        let payload = self.patched.message.payload.len();
        length.get() + usize::from(payload > 0) + payload
    }

    /// Bytes of all of it.
    pub(super) fn len(&self) -> usize {
        message_len(self.framing, self.patched.message.token, self.body_len())
    }

    fn put_options(&self, out: &mut (impl Out + ?Sized)) {
        let mut last = 0;
        let Ok(()) = self.patched.merge(|option| {
            option::put(usize::from(option.number.0.wrapping_sub(last)), option.value, out);
            last = option.number.0;
            Ok::<(), Infallible>(())
        });
    }

    /// Writes it, whole or not at all, if the peer takes messages that long.
    pub(super) fn write(&self, limit: u32, out: &mut (impl Out + ?Sized)) -> Result<(), Error> {
        let Message { code, token, payload, .. } = *self.patched.message;
        let body = self.body_len();
        let len = message_len(self.framing, token, body);
        if u32::try_from(len).map_or(true, |len| len > limit) {
            return Err(Error::PeerLimit { limit });
        }
        open(self.framing, code, token, body, body, out)?;
        self.put_options(out);
        if !payload.is_empty() {
            out.put(&[0xFF]);
            out.put(payload);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::wire::Own;
    use super::{Error, Frame, Patched};
    use crate::{Code, Framing, Kind, Message, Opt, OptionNumber, Options, SliceOut, Uint};

    #[test]
    fn a_frame_has_the_options_of_both() {
        let list = [(OptionNumber::OBSERVE, &b""[..]), (OptionNumber::URI_PATH, b"a")];
        let list = list.map(|(number, value)| Opt::new(number, value));
        let options = Options::new(&list).unwrap();
        let message =
            Message { code: Code::GET, options, payload: b"xy", ..Message::empty(Kind::Confirmable, 0) };
        let mut own = Own::NONE;
        own.push(OptionNumber::BLOCK2, Uint::new(0x16));
        let patched = Patched { message: &message, own: &own, without: &[OptionNumber::OBSERVE] };
        let mut buffer = [0; 16];
        for (framing, meant) in [
            (Framing::Tcp, &b"\x70\x01\xB1a\xC1\x16\xFFxy"[..]),
            (Framing::WebSocket, b"\x00\x01\xB1a\xC1\x16\xFFxy"),
        ] {
            let (frame, mut out) = (Frame { framing, patched }, SliceOut::new(&mut buffer));
            assert_eq!(frame.write(8, &mut out), Err(Error::PeerLimit { limit: 8 }));
            assert_eq!(frame.write(9, &mut out), Ok(()));
            assert_eq!((out.written(), frame.len()), (meant, 9));
            let mut place = [0; 8];
            let mut short = SliceOut::new(&mut place);
            assert_eq!(frame.write(9, &mut short), Err(Error::NoRoom { needed: 9 }));
            assert!(short.is_empty());
        }
    }
}
