//! Frames and packets over `tokio_util::codec` (feature `tokio-util`).

use bytes::{Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use crate::bytes_stream::BytesReader;
use crate::config::Version;
use crate::error::{DecodeError, EncodeError};
use crate::frame::Frame;
use crate::packet::Packet;

/// Cuts a stream into frames and appends packets to it, for `Framed` and its like.
///
/// Contract: a frame that comes out is one whole packet and no more than that; [`Frame::decode`] checks it. Packets larger
/// than the maximum are an error, or disappear with [`Codec::skipping`]. Packets are encoded for the version set last.
///
/// ```
/// use bytes::BytesMut;
/// use mqtt_codec::{Codec, Packet, Rules, Version};
/// use tokio_util::codec::{Decoder, Encoder};
///
/// let mut codec = Codec::new(Version::V311, 64 * 1024);
/// let mut buffer = BytesMut::new();
/// codec.encode(Packet::PingReq, &mut buffer)?;
/// let frame = codec.decode(&mut buffer)?.unwrap();
/// assert_eq!(frame.decode(Rules::new(Version::V311))?, Packet::PingReq);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Codec {
    reader: BytesReader,
    version: Version,
    skips: bool,
}

impl Codec {
    /// A codec that encodes for that version and accepts packets of at most `max` bytes.
    pub const fn new(version: Version, max: u32) -> Self {
        Self { reader: BytesReader::new(max), version, skips: false }
    }

    /// The same, passing over packets that are too large instead of failing.
    ///
    /// A PUBLISH at QoS 1 or 2 that disappears is never acknowledged.
    pub const fn skipping(mut self) -> Self {
        self.skips = true;
        self
    }

    /// Encodes for that version from now on: what CONNECT said.
    pub const fn set_version(&mut self, version: Version) {
        self.version = version;
    }
}

impl Decoder for Codec {
    type Item = Frame<Bytes>;
    type Error = CodecError;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Frame<Bytes>>, CodecError> {
        loop {
            match self.reader.next(buffer) {
                Ok(frame) => return Ok(frame),
                Err(error) => {
                    let is_skipped = self.skips
                        && error.rule() == crate::Rule::PacketTooLarge
                        && self.reader.skip(buffer).is_some();
                    if !is_skipped {
                        return Err(error.into());
                    }
                }
            }
        }
    }
}

impl Encoder<&Packet<'_>> for Codec {
    type Error = CodecError;

    fn encode(&mut self, packet: &Packet<'_>, buffer: &mut BytesMut) -> Result<(), CodecError> {
        packet.encode(self.version, buffer)?;
        Ok(())
    }
}

impl Encoder<Packet<'_>> for Codec {
    type Error = CodecError;

    fn encode(&mut self, packet: Packet<'_>, buffer: &mut BytesMut) -> Result<(), CodecError> {
        self.encode(&packet, buffer)
    }
}

/// What goes wrong between packets and a stream.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The stream failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The peer sent what is no packet.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The caller wants to send what is no packet.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Publish, Rule, TopicName};

    #[test]
    fn large_packets_fail_or_disappear() {
        let mut stream = BytesMut::new();
        let mut large = Codec::new(Version::V311, 1000);
        let publish = Publish::new(TopicName::new("a").unwrap(), &[0; 500]);
        large.encode(Packet::Publish(publish), &mut stream).unwrap();
        large.encode(Packet::PingReq, &mut stream).unwrap();

        let mut strict = Codec::new(Version::V311, 100);
        let error = strict.decode(&mut stream.clone()).unwrap_err();
        assert!(matches!(error, CodecError::Decode(error) if error.rule() == Rule::PacketTooLarge));

        let mut skipping = Codec::new(Version::V311, 100).skipping();
        let mut read = BytesMut::new();
        for byte in &stream {
            read.extend_from_slice(&[*byte]);
            if let Some(frame) = skipping.decode(&mut read).unwrap() {
                assert_eq!(frame.as_bytes(), b"\xc0\x00");
                assert!(read.is_empty());
                return;
            }
            assert!(read.len() < 100);
        }
        panic!("PINGREQ is behind it");
    }
}
