//! Readers find subscribers in a snapshot of the tree, while one writer edits its own copy and publishes it now and then.
//!
//!     cargo run --release --example snapshot -- 1000000
//!
//! State held: the writer's tree, and one shared snapshot. Readers never wait for the writer longer than it takes to swap
//! a pointer. What a snapshot costs is one clone of the tree: a few flat copies, printed below for as many filters as asked
//! for (1,000 by default). So publish after a batch of changes, or after some milliseconds, not after each change.
#![allow(clippy::print_stdout, reason = "an example prints")]

extern crate alloc;

use alloc::sync::Arc;
use core::error::Error;
use core::mem;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::thread;
use std::time::Instant;

use mqtt_codec::tree::Refused;
use mqtt_codec::{TopicFilter, TopicName, TopicTree};

type Tree = TopicTree<u32>;

/// What readers share. The lock is held only to copy or to replace the pointer.
struct Shared(RwLock<Arc<Tree>>);

impl Shared {
    fn snapshot(&self) -> Arc<Tree> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn publish(&self, tree: &Tree) {
        let fresh = Arc::new(tree.clone());
        let stale = mem::replace(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner), fresh);
        // The last reader to let go frees the old one; here, with no lock held, if there is none.
        drop(stale);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let count: u32 = std::env::args().nth(1).map_or(Ok(1_000), |text| text.parse())?;
    let mut tree = Tree::with_seed(0x5eed);
    for subscriber in 0..count {
        let (line, device) = (subscriber % 100, subscriber / 2);
        let filter = match subscriber % 5 {
            4 => format!("plant/+/dev{device}/state"),
            _ => format!("plant/line{line}/dev{device}/state"),
        };
        tree.insert(TopicFilter::new(&filter)?, subscriber)?;
    }
    let shared = Shared(RwLock::new(Arc::new(tree.clone())));
    let (done, found) = (AtomicBool::new(false), AtomicU64::new(0));

    let late = TopicFilter::new("late/#")?;
    let written = thread::scope(|scope| {
        for reader in [1_u32, 2] {
            let (shared, done, found) = (&shared, &done, &found);
            scope.spawn(move || {
                let mut device = reader;
                while !done.load(Ordering::Relaxed) {
                    let tree = shared.snapshot();
                    // Many messages to one snapshot: its reference count is shared, its content is not written to.
                    for _ in 0..1_000 {
                        device = device.wrapping_mul(7).wrapping_add(1) % count.max(1);
                        let topic = format!("plant/line{}/dev{device}/state", device % 100);
                        if let Ok(name) = TopicName::new(&topic) {
                            let mut matches = 0;
                            tree.for_each_match(name, |_| matches += 1);
                            found.fetch_add(matches, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
        let written = (0..10).try_for_each(|subscriber| {
            tree.insert(late, subscriber)?;
            let start = Instant::now();
            shared.publish(&tree);
            println!("snapshot of {} filters: {:?}", tree.filters(), start.elapsed());
            Ok::<(), Refused<u32>>(())
        });
        done.store(true, Ordering::Relaxed);
        written
    });
    written?;
    assert_eq!(shared.snapshot().len(), tree.len(), "readers see what was published last");
    println!("meanwhile readers found {} subscribers", found.into_inner());
    Ok(())
}
