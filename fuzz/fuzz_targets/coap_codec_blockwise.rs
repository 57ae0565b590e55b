//! Blocks of a body in any order and of any size: what is kept lies behind what was kept, within the bound.
#![no_main]

use coap_codec::{
    Arrived, Assembled, Assembly, Block, BlockMap, BlockSize, Fetch, Identity, Message, MissingBlocks, Rules,
    Upload, Uploaded, Wanted, judge_q_block,
};
use libfuzzer_sys::fuzz_target;

const MAX: u32 = 4096;

fuzz_target!(|data: &[u8]| {
    let mut fetch = Fetch::new(BlockSize::bert(usize::from(data.len() > 600) * 4096), MAX.into());
    let mut assembly = Assembly::new(BlockSize::new(data.len()), MAX);
    let mut upload = Upload::new(BlockSize::MAX);
    let mut bits = [0; 32];
    let mut map = BlockMap::new(&mut bits, MAX, 0).expect("256 bits");
    let mut restarts = 0;
    // Messages behind a byte of length each.
    let mut rest = data;
    while let Some((&len, behind)) = rest.split_first() {
        let (datagram, behind) = behind.split_at(usize::from(len).min(behind.len()));
        rest = behind;
        let Ok(message) = Message::decode(datagram, Rules::new()) else { continue };
        let (options, len) = (&message.options, message.payload.len());
        let (fetched, before) = (fetch.receive(options, len), assembly.received());
        assert!(fetched.is_ok_and(|fetched| fetched.offset + len as u64 <= MAX.into()) || fetched.is_err());
        if let Ok(Assembled::Continue { offset, .. } | Assembled::Complete { offset, .. }) =
            assembly.receive(Identity::of(&message, [1, 2]), options, len)
        {
            assert!((offset == 0 || offset == before) && assembly.received() <= MAX.into());
        }
        if let Some(block) = options.block2() {
            let arrived = map.receive(block, len);
            assert!(!matches!(arrived, Ok(Arrived::New { offset }) if offset != block.offset()));
        }
        let part = upload.part_of(MAX.into()).expect("a part");
        restarts += u8::from(upload.receive(message.code, options) == Uploaded::Again);
        assert!(part.range().end <= MAX.into() && restarts <= Upload::RESTARTS);
        if let Ok(part) = Wanted::of(options, BlockSize::MAX).part_of(MAX.into()) {
            assert!(part.range().end <= MAX.into() && part.block.is_none_or(|block| block.fits(part.len)));
        }
        _ = judge_q_block(options);
        if let Ok(numbers) = MissingBlocks::new(message.payload) {
            let mut written = Vec::new();
            assert_eq!(MissingBlocks::write(numbers.clone(), &mut written), numbers.clone().count());
            assert!(numbers.clone().all(|number| number <= Block::MAX_NUMBER));
            assert!(MissingBlocks::new(&written).expect("what was written").eq(numbers));
        }
    }
});
