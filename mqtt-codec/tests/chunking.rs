//! A stream means the same however it is cut into chunks: whole, byte by byte, or anywhere.

#![allow(clippy::unwrap_used, reason = "a test")]

use mqtt_codec::{Ack, PacketId, Publish, Subscribe, Subscription, Subscriptions, TopicFilter};
use mqtt_codec::{
    Delivery, Packet, PacketType, Properties, Property, PublishHead, Qos, Reader, Rule, Rules, SliceOut,
    Text, TopicName, Version,
};
use proptest::prelude::*;

const MAX: u32 = 200;

/// Packets of all sizes about the limit, PUBLISH and others.
fn packets(version: Version) -> Vec<Vec<u8>> {
    let id = PacketId::new(0x1234).unwrap();
    let text = "äöü".repeat(200);
    let items = [Property::UserProperty(Text::new("k").unwrap(), Text::new("v").unwrap())];
    let properties = match version {
        Version::V5 => Properties::new(PacketType::Publish, &items).unwrap(),
        _ => Properties::EMPTY,
    };
    let mut all = vec![Packet::PingReq, Packet::PubAck(Ack::new(id)), Packet::PingResp];
    for len in [0, 1, 100, 115, 140, 190, 191, 192, 193, 200, 300, 1000] {
        let topic = TopicName::new("a/b").unwrap();
        for qos in [Delivery::AtMostOnce, Delivery::ExactlyOnce(id)] {
            all.push(Packet::Publish(Publish {
                qos,
                properties,
                ..Publish::new(topic, &text.as_bytes()[..len])
            }));
        }
    }
    let filters = [Subscription::new(TopicFilter::new("a/+/c/#").unwrap(), Qos::AtLeastOnce); 30];
    for n in [1, 10, 30] {
        all.push(Packet::Subscribe(Subscribe {
            packet_id: id,
            properties: Properties::EMPTY,
            subscriptions: Subscriptions::new(&filters[..n]).unwrap(),
        }));
    }
    let encode = |packet: &Packet<'_>| {
        let mut bytes = vec![0; packet.encoded_len(version).unwrap()];
        packet.encode(version, &mut SliceOut::new(&mut bytes)).unwrap();
        bytes
    };
    all.iter().map(encode).collect()
}

/// What comes of a stream: whole packets, heads with their payloads, and what was skipped.
#[derive(Debug, PartialEq)]
enum Seen {
    Packet(Vec<u8>),
    Pieces(Vec<u8>, Vec<u8>),
    Skipped(PacketType, usize),
}

fn expected(packets: &[Vec<u8>], version: Version) -> Vec<Seen> {
    let rules = Rules::new(version);
    let seen = |bytes: &Vec<u8>| match Packet::decode(bytes, rules).unwrap() {
        _ if bytes.len() <= MAX as usize => Seen::Packet(bytes.clone()),
        Packet::Publish(publish) => {
            let payload = publish.payload.to_vec();
            Seen::Pieces(bytes[..bytes.len() - payload.len()].to_vec(), payload)
        }
        other => Seen::Skipped(other.packet_type(), bytes.len()),
    };
    packets.iter().map(seen).collect()
}

/// Reads with the fixed buffer.
fn read(chunks: &[&[u8]], version: Version) -> Vec<Seen> {
    let mut buffer = [0; MAX as usize];
    let mut reader = Reader::new(&mut buffer, MAX);
    let mut seen = Vec::new();
    let mut payload = None;
    for chunk in chunks {
        let mut chunk = *chunk;
        loop {
            if reader.left() > 0 && matches!(seen.last(), Some(Seen::Pieces(..))) {
                let Some(piece) = reader.payload(&mut chunk) else { break };
                let Some(Seen::Pieces(_, bytes)) = seen.last_mut() else { unreachable!() };
                let checked: &mut mqtt_codec::Payload = payload.as_mut().unwrap();
                assert_eq!(checked.take(&mut &*piece), Ok(piece));
                bytes.extend_from_slice(piece);
                assert_eq!(checked.left() as usize, reader.left());
                continue;
            }
            match reader.next(&mut chunk) {
                Ok(Some(frame)) => seen.push(Seen::Packet(frame.to_vec())),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(error.rule(), Rule::PacketTooLarge);
                    if error.packet() == Some(PacketType::Publish) {
                        let Some(head) = reader.head(&mut chunk, version).unwrap() else { break };
                        let decoded = PublishHead::decode(head, Rules::new(version)).unwrap();
                        payload = Some(decoded.payload());
                        seen.push(Seen::Pieces(head.to_vec(), Vec::new()));
                    } else {
                        let skipped = reader.skip(chunk).unwrap();
                        seen.push(Seen::Skipped(skipped.packet, skipped.len));
                    }
                }
            }
        }
        assert!(chunk.is_empty());
    }
    assert_eq!(reader.left(), 0);
    seen
}

/// Reads with a `BytesMut`.
#[cfg(feature = "bytes")]
fn read_bytes(chunks: &[&[u8]], version: Version) -> Vec<Seen> {
    let mut reader = mqtt_codec::BytesReader::new(MAX);
    let mut buffer = bytes::BytesMut::new();
    let mut seen = Vec::new();
    for chunk in chunks {
        buffer.extend_from_slice(chunk);
        loop {
            if reader.left() > 0 && matches!(seen.last(), Some(Seen::Pieces(..))) {
                let Some(piece) = reader.payload(&mut buffer) else { break };
                let Some(Seen::Pieces(_, bytes)) = seen.last_mut() else { unreachable!() };
                bytes.extend_from_slice(&piece);
                continue;
            }
            match reader.next(&mut buffer) {
                Ok(Some(frame)) => seen.push(Seen::Packet(frame.as_bytes().to_vec())),
                Ok(None) => break,
                Err(error) if error.packet() == Some(PacketType::Publish) => {
                    let Some(head) = reader.head(&mut buffer, version).unwrap() else { break };
                    seen.push(Seen::Pieces(head.to_vec(), Vec::new()));
                }
                Err(_) => {
                    let skipped = reader.skip(&buffer).unwrap();
                    seen.push(Seen::Skipped(skipped.packet, skipped.len));
                }
            }
        }
    }
    assert_eq!(reader.left(), 0);
    seen
}

fn check(chunks: &[&[u8]], packets: &[Vec<u8>], version: Version) {
    let expected = expected(packets, version);
    assert_eq!(read(chunks, version), expected);
    #[cfg(feature = "bytes")]
    assert_eq!(read_bytes(chunks, version), expected);
}

#[test]
fn whole_and_in_equal_chunks() {
    for version in [Version::V311, Version::V5] {
        let packets = packets(version);
        let stream = packets.concat();
        check(&[&stream], &packets, version);
        for size in (1..40).chain([64, 199, 200, 201, 1460]) {
            check(&stream.chunks(size).collect::<Vec<_>>(), &packets, version);
        }
    }
}

proptest! {
    #[test]
    fn in_random_order_and_random_chunks(
        order in prop::collection::vec(0..33_usize, 1..12),
        cuts in prop::collection::vec(0..6000_usize, 0..30),
        v5 in any::<bool>(),
    ) {
        let version = if v5 { Version::V5 } else { Version::V311 };
        let known = packets(version);
        let packets: Vec<_> = order.iter().map(|at| known[at % known.len()].clone()).collect();
        let stream = packets.concat();
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (stream.len() + 1)).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let chunks: Vec<_> = cuts.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect();
        check(&chunks, &packets, version);
    }
}

#[test]
fn reading_into_the_buffer() {
    let packets: Vec<_> = packets(Version::V311).into_iter().filter(|p| p.len() <= MAX as usize).collect();
    let stream = packets.concat();
    let mut buffer = [0; MAX as usize];
    let mut reader = Reader::new(&mut buffer, MAX);
    let (mut at, mut seen) = (0, Vec::new());
    while at < stream.len() {
        let space = reader.space();
        let len = space.len().min(stream.len() - at).min(37);
        space[..len].copy_from_slice(&stream[at..at + len]);
        reader.filled(len);
        at += len;
        while let Some(frame) = reader.next(&mut &[][..]).unwrap() {
            seen.push(frame.to_vec());
        }
    }
    assert_eq!(seen, packets);
}

#[test]
fn what_is_no_packet_is_refused_at_its_first_bytes() {
    let mut buffer = [0; 64];
    let mut reader = Reader::new(&mut buffer, 64);
    assert_eq!(reader.next(&mut &b"\x00"[..]).unwrap_err().rule(), Rule::PacketType);
    let mut chunk = &b"\x30\xff\xff\xff\xff\x01"[..];
    assert_eq!(reader.next(&mut chunk).unwrap_err().rule(), Rule::RemainingLength);

    let mut tiny = [0; 2];
    let mut reader = Reader::new(&mut tiny, 64);
    assert_eq!(reader.next(&mut &b"\xc0\x00"[..]), Ok(Some(&b"\xc0\x00"[..])));
    assert_eq!(reader.next(&mut &b"\x30\x80\x80"[..]).unwrap_err().rule(), Rule::PacketTooLarge);
}

#[test]
fn a_head_larger_than_the_buffer_is_refused() {
    let topic = "t".repeat(300);
    let payload = vec![0; 5000];
    let mut stream = vec![0; 6000];
    let mut out = SliceOut::new(&mut stream);
    let len =
        Publish::new(TopicName::new(&topic).unwrap(), &payload).encode(Version::V311, &mut out).unwrap();
    stream.truncate(len);
    let mut buffer = [0; MAX as usize];
    let mut reader = Reader::new(&mut buffer, MAX);
    let mut chunk = &stream[..];
    assert_eq!(reader.next(&mut chunk).unwrap_err().rule(), Rule::PacketTooLarge);
    assert_eq!(reader.head(&mut chunk, Version::V311).unwrap_err().rule(), Rule::PacketTooLarge);
    assert_eq!(reader.skip(chunk).unwrap().len, stream.len());
    assert_eq!(reader.next(&mut chunk), Ok(None));
    assert_eq!((chunk.len(), reader.left()), (0, 0));
}

#[test]
fn a_payload_that_is_not_the_text_it_is_said_to_be() {
    let items = [Property::PayloadFormatIndicator(true)];
    let publish = Publish {
        properties: Properties::new(PacketType::Publish, &items).unwrap(),
        ..Publish::new(TopicName::new("a").unwrap(), &[])
    };
    let mut buffer = [0; 32];
    let mut head = SliceOut::new(&mut buffer);
    publish.encode_head(Version::V5, 6, &mut head).unwrap();
    let decoded = PublishHead::decode(head.written(), Rules::new(Version::V5)).unwrap();

    // Who sends it checks it alike.
    let mut sent = PublishHead { publish, payload_len: 6 }.payload();
    assert_eq!(sent.take(&mut &b"abcde\xc3"[..]).unwrap_err().rule(), Rule::PayloadFormat);
    assert!(sent.take(&mut &b"abcdef"[..]).is_ok() && sent.is_complete());

    let mut payload = decoded.payload();
    assert_eq!(payload.take(&mut &b"ab\xc3"[..]), Ok(&b"ab\xc3"[..]));
    assert_eq!(payload.take(&mut &b"\x28cd"[..]).unwrap_err().rule(), Rule::PayloadFormat);
    assert_eq!(payload.left(), 3, "an error takes nothing");
    assert_eq!(
        payload.take(&mut &b"\xa4c\xc3"[..]).unwrap_err().rule(),
        Rule::PayloadFormat,
        "cut at the end"
    );
    assert_eq!(payload.unchecked().take(&mut &b"\x28cd"[..]), Ok(&b"\x28cd"[..]));
}
