//! Bodies between two ends of ours, whatever sizes each end likes, with answers that come twice or late.
#![cfg(feature = "alloc")]
#![allow(clippy::unwrap_used)]

use allocation_counter::measure;
use coap_codec::{
    Arrived, Assembled, Assembly, AssemblyError, Block, BlockMap, BlockSize, Code, Fetch, FetchError,
    Identity, MissingBlocks, Opt, OptionNumber, Options, Part, PayloadSets, Upload, Uploaded, Wanted,
};
use proptest::prelude::*;

/// Any size, several blocks in one message too.
fn size() -> impl Strategy<Value = BlockSize> {
    prop_oneof![(0..2000_usize).prop_map(BlockSize::new), (0..6000_usize).prop_map(BlockSize::bert)]
}

fn body(len: usize) -> Vec<u8> {
    (0..len).map(|at| u8::try_from(at * 7 % 251).unwrap()).collect()
}

/// A list of one block option.
fn with_block<T>(number: OptionNumber, block: Option<Block>, read: impl FnOnce(&Options<'_>) -> T) -> T {
    let value = block.map(Block::uint);
    let list = value.as_ref().map(|value| Opt::new(number, value));
    read(&Options::new(list.as_slice()).unwrap())
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).unwrap()
}

/// Fetches the whole body; gives it as it was put together, or the error.
fn fetch(
    client: BlockSize,
    server: BlockSize,
    body: &[u8],
    early: bool,
    max: u64,
) -> Result<Vec<u8>, FetchError> {
    let mut fetch = Fetch::new(client, max);
    let mut ask = early.then(|| fetch.first().unwrap());
    let mut found = Vec::new();
    loop {
        let wanted = with_block(OptionNumber::BLOCK2, ask, |request| Wanted::of(request, server));
        let part = wanted.part_of(body.len() as u64).unwrap();
        let payload = part.bytes_of(body);
        assert!(payload.len() == part.len && part.block.is_none_or(|block| block.fits(part.len)));
        assert!(part.len <= server.bytes());
        let fetched =
            with_block(OptionNumber::BLOCK2, part.block, |response| fetch.receive(response, payload.len()))?;
        assert_eq!(place(fetched.offset), found.len());
        found.extend_from_slice(payload);
        // The same answer once more is noticed, unless it was all there is.
        let again = with_block(OptionNumber::BLOCK2, part.block, |response| {
            fetch.clone().receive(response, payload.len())
        });
        assert!(payload.is_empty() || again.is_err());
        ask = fetched.next;
        if ask.is_none() {
            return Ok(found);
        }
    }
}

/// Sends a body; gives it as the server put it together, or what it answered.
fn upload(
    client: BlockSize,
    server: BlockSize,
    body: &[u8],
    known: bool,
    max: u32,
    twice: bool,
) -> Result<Vec<u8>, Code> {
    let (mut upload, mut assembly) = (Upload::new(client), Assembly::new(server, max));
    let identity = Identity::of_parts(Code::PUT, &Options::EMPTY, [1, 2]);
    let (mut found, mut stale) = (Vec::new(), None);
    loop {
        let wanted = upload.wanted();
        let part: Part = if known {
            upload.part_of(body.len() as u64).unwrap()
        } else {
            let rest = &body[place(wanted.offset)..];
            let len = rest.len().min(wanted.len);
            upload.part(len, rest.len() > len).unwrap()
        };
        let payload = part.bytes_of(body);
        if let Some(block) = stale.take() {
            // An old answer once more, before the new one.
            let old =
                with_block(OptionNumber::BLOCK1, Some(block), |old| upload.receive(Code::CONTINUE, old));
            assert!(old == Uploaded::Stale || !part.more(), "{block} {part:?}");
        }
        let receive = |assembly: &mut Assembly| {
            with_block(OptionNumber::BLOCK1, part.block, |request| {
                assembly.receive(identity, request, part.len)
            })
        };
        let answer = receive(&mut assembly);
        if twice && part.more() && part.offset > 0 {
            assert!(matches!(receive(&mut assembly), Ok(Assembled::Repeated { .. })));
        }
        let (code, block) = match answer {
            Ok(Assembled::Continue { offset, block }) => {
                found.truncate(place(offset));
                found.extend_from_slice(payload);
                (Code::CONTINUE, Some(block))
            }
            Ok(Assembled::Complete { offset, block }) => {
                found.truncate(place(offset));
                found.extend_from_slice(payload);
                (Code::CHANGED, block)
            }
            Ok(other) => panic!("{other:?}"),
            Err(error @ AssemblyError::TooLarge { .. }) => (error.code(), Some(assembly.hint())),
            Err(error) => panic!("{error}"),
        };
        match with_block(OptionNumber::BLOCK1, block, |response| upload.receive(code, response)) {
            Uploaded::Final if code == Code::CHANGED => return Ok(found),
            Uploaded::Final => return Err(code),
            Uploaded::Next => stale = block.filter(|_| part.offset > 0),
            Uploaded::Again => assert_eq!(code, Code::REQUEST_ENTITY_TOO_LARGE),
            other => panic!("{other:?}"),
        }
    }
}

proptest! {
    #[test]
    fn what_is_fetched_is_what_was_there(client in size(), server in size(), len in 0..9000_usize, early: bool) {
        let body = body(len);
        prop_assert_eq!(fetch(client, server, &body, early, len as u64), Ok(body.clone()));
        if len > 0 {
            prop_assert_eq!(fetch(client, server, &body, early, len as u64 - 1), Err(FetchError::TooLarge));
        }
    }

    #[test]
    fn what_is_sent_arrives(client in size(), server in size(), len in 0..9000_usize, known: bool, twice: bool) {
        let (body, max) = (body(len), u32::try_from(len).unwrap());
        prop_assert_eq!(upload(client, server, &body, known, max, twice), Ok(body.clone()));
        if len > 0 {
            let code = Code::REQUEST_ENTITY_TOO_LARGE;
            prop_assert_eq!(upload(client, server, &body, known, max - 1, twice), Err(code));
        }
    }

    /// Nothing a peer answers makes a body grow beyond its bound, or a piece land anywhere but behind the last.
    #[test]
    fn any_answers_keep_the_order(
        limit in size(), max in 0..5000_u64,
        answers in proptest::collection::vec((0..6_u32, any::<bool>(), 0..8_u8, 0..5000_usize), 0..12),
    ) {
        let (mut fetch, mut end) = (Fetch::new(limit, max), 0);
        for (number, more, exponent, len) in answers {
            let block = Block::new(number, more, exponent).unwrap();
            let len = if len % 3 == 0 { block.size().unwrap_or(2048) } else { len };
            let before = fetch;
            match with_block(OptionNumber::BLOCK2, Some(block), |response| fetch.receive(response, len)) {
                Ok(fetched) => {
                    prop_assert_eq!(fetched.offset, end);
                    end += len as u64;
                    prop_assert!(end <= max);
                    prop_assert!(fetched.next.is_none_or(|next| next.offset() == end && !next.more));
                }
                Err(_) => prop_assert_eq!(fetch, before),
            }
        }
    }

    /// Lost blocks are named, sent again and complete the body.
    #[test]
    fn lost_blocks_are_missed_until_they_come(
        size in 0..3000_u32, exponent in 0..4_u8, lost in proptest::collection::vec(any::<bool>(), 200),
    ) {
        let mut bits = [0; 32];
        let mut map = BlockMap::new(&mut bits, size, exponent).unwrap();
        let unit = 16_u32 << exponent;
        let blocks = map.blocks();
        let send = |map: &mut BlockMap<'_>, number: u32| {
            let block = Block::new(number, number + 1 < blocks, exponent).unwrap();
            map.receive(block, (size - number * unit).min(unit) as usize).unwrap()
        };
        let is_lost = |number: u32| lost[number as usize];
        for number in (0..blocks).filter(|&number| !is_lost(number)) {
            prop_assert_eq!(send(&mut map, number), Arrived::New { offset: u64::from(number * unit) });
        }
        prop_assert!(map.missing().eq((0..blocks).filter(|&number| is_lost(number))));
        // Told in as many payloads of 40 bytes as it takes.
        while !map.is_complete() {
            let mut payload = Vec::new();
            let mut buffer = [0; 40];
            let mut out = coap_codec::SliceOut::new(&mut buffer);
            prop_assert!(MissingBlocks::write(map.missing(), &mut out) > 0);
            payload.extend_from_slice(out.written());
            for number in MissingBlocks::new(&payload).unwrap() {
                let is_new = matches!(send(&mut map, number), Arrived::New { .. });
                prop_assert!(is_new);
                prop_assert_eq!(send(&mut map, number), Arrived::Again);
            }
        }
        prop_assert!(PayloadSets::default().of(blocks).contains(&blocks));
    }
}

#[test]
fn a_mebibyte_goes_both_ways_without_allocating() {
    let body = body(1 << 20);
    let counted = measure(|| {
        let (mut fetch, mut ask, mut sum) = (Fetch::new(BlockSize::MAX, 1 << 20), None, 0_u64);
        loop {
            let wanted = with_block(OptionNumber::BLOCK2, ask, |request| Wanted::of(request, BlockSize::MAX));
            let part = wanted.part_of(1 << 20).unwrap();
            sum += u64::from(part.bytes_of(&body)[0]);
            let fetched =
                with_block(OptionNumber::BLOCK2, part.block, |response| fetch.receive(response, part.len));
            ask = fetched.unwrap().next;
            if ask.is_none() {
                break;
            }
        }
        assert!(sum > 0);
    });
    assert_eq!(counted.count_total, 0);
}
