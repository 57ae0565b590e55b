//! A stream gives the same messages however it is cut.
#![allow(clippy::unwrap_used)]

mod data;

use coap_codec::{Code, DecodeError, Reader, Rules};

fn rules() -> Rules {
    Rules::new().max_frame(8192)
}

/// Every valid frame of the vectors behind a CSM, and what is in them.
fn stream() -> (Vec<u8>, Vec<(Code, usize)>) {
    let mut bytes = vec![0x00, 0xE1];
    let mut meant = vec![(Code::CSM, 0)];
    for vector in data::load().valid.iter().filter(|vector| vector.transport == "tcp") {
        bytes.extend(data::bytes(&vector.hex));
        let code = vector.decoded.code.parse().unwrap();
        meant.push((code, data::bytes(&vector.decoded.payload).len()));
    }
    (bytes, meant)
}

fn read<'c>(chunks: impl Iterator<Item = &'c [u8]>) -> Result<Vec<(Code, usize)>, DecodeError> {
    let mut buffer = vec![0; 8192];
    let mut reader = Reader::new(&mut buffer, rules());
    let mut found = Vec::new();
    for mut chunk in chunks {
        while let Some(message) = reader.next(&mut chunk)? {
            found.push((message.code, message.payload.len()));
        }
        assert!(chunk.is_empty(), "what is not given out is kept");
    }
    Ok(found)
}

#[test]
fn chunks_of_every_size_give_the_same_messages() {
    let (bytes, meant) = stream();
    assert!(meant.len() > 5);
    for size in (1..80).chain([1000, 1460, bytes.len()]) {
        assert_eq!(read(bytes.chunks(size)).unwrap(), meant, "chunks of {size}");
    }
}

#[test]
fn chunks_of_random_sizes_give_the_same_messages() {
    let (bytes, meant) = stream();
    let seeds = std::env::var("LINKWIRE_SEEDS").ok().and_then(|count| count.parse().ok()).unwrap_or(500_u64);
    for seed in 0..seeds {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut rest = &bytes[..];
        let chunks = core::iter::from_fn(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let len = usize::try_from(state % 97).unwrap().min(rest.len());
            let (chunk, behind) = rest.split_at(len);
            let done = rest.is_empty();
            rest = behind;
            (!done).then_some(chunk)
        });
        assert_eq!(read(chunks).unwrap(), meant, "seed {seed}");
    }
}

#[test]
fn reading_straight_into_the_buffer_gives_the_same_messages() {
    let (bytes, meant) = stream();
    let mut buffer = vec![0; 8192];
    let mut reader = Reader::new(&mut buffer, rules());
    let (mut rest, mut found) = (&bytes[..], Vec::new());
    while !rest.is_empty() {
        let space = reader.space();
        let len = space.len().min(rest.len()).min(700);
        space[..len].copy_from_slice(&rest[..len]);
        reader.filled(len);
        rest = &rest[len..];
        while let Some(message) = reader.next(&mut &[][..]).unwrap() {
            found.push((message.code, message.payload.len()));
        }
    }
    assert_eq!(found, meant);
}

#[cfg(feature = "bytes")]
#[test]
fn frames_split_off_a_bytes_mut_are_the_same() {
    use coap_codec::{StreamMessage, split_frame};

    let (bytes, meant) = stream();
    let (mut buffer, mut found) = (bytes::BytesMut::new(), Vec::new());
    for chunk in bytes.chunks(333) {
        buffer.extend_from_slice(chunk);
        while let Some(frame) = split_frame(&mut buffer, rules()).unwrap() {
            let message = StreamMessage::decode(&frame, rules()).unwrap();
            found.push((message.code, message.payload.len()));
        }
    }
    assert_eq!(found, meant);
}
