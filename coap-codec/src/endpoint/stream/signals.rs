//! Signals: what can be done, whether somebody is there, and the end (RFC 8323 §5).

use super::super::{Error, Fault};
use super::{Connection, Event, State};
use crate::{Abort, Answer, Out, Refusal, Release, Rule, Signal, StreamMessage, Token};

impl Connection<'_> {
    /// Says that the connection is to end in good order: what is under way is still finished, new requests of ours
    /// are not sent any more (RFC 8323 §5.5). The peer closes the connection.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`], [`Error::NoRoom`].
    pub fn release(&mut self, release: Release<'_>, out: &mut (impl Out + ?Sized)) -> Result<(), Error> {
        if self.is_closed() {
            return Err(Error::Closed);
        }
        Signal::Release(release).encode_as(self.framing, Token::EMPTY, out)?;
        self.state = State::Released;
        Ok(())
    }

    /// Ends the connection at once: send the output and close (RFC 8323 §5.6). What is under way fails; the events
    /// are due at once.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`], [`Error::NoRoom`].
    pub fn abort(&mut self, abort: Abort<'_>, out: &mut (impl Out + ?Sized)) -> Result<(), Error> {
        if self.is_closed() {
            return Err(Error::Closed);
        }
        Signal::Abort(abort).encode_as(self.framing, Token::EMPTY, out)?;
        self.closed();
        Ok(())
    }

    pub(super) fn signalled<'a>(
        &mut self,
        message: StreamMessage<'a>,
        out: &mut (impl Out + ?Sized),
    ) -> Result<Option<Event<'a>>, Error> {
        let signal = match Signal::read(&message) {
            Ok(signal) => signal,
            Err(refusal) => return Ok(Some(Event::Refused { why: Fault::Refused(refusal) })),
        };
        Ok(match signal {
            Signal::Csm(csm) => {
                self.peer.learn(csm);
                if self.state == State::Greeting {
                    self.state = State::Open;
                }
                Some(Event::Capable { peer: self.peer })
            }
            Signal::Ping { custody } => {
                self.pinged(message.token, custody, out)?;
                None
            }
            Signal::Pong { custody } => Some(self.ponged(message.token, custody)),
            Signal::Release(release) => {
                self.state = State::Released;
                Some(Event::Released(release))
            }
            Signal::Abort(abort) => {
                self.closed();
                Some(Event::Aborted(abort))
            }
            Signal::Other(_) => {
                let refusal =
                    Refusal { rule: Rule::CodeClass, option: None, offset: 0, answer: Answer::Ignore };
                Some(Event::Refused { why: Fault::Refused(refusal) })
            }
        })
    }
}
