//! Prints what the topic trees cost beside the instructions: bytes held for each filter, and wall time.
//!
//!     cargo run --profile bench-counts -p benches --bin topics
#![allow(clippy::print_stdout, reason = "a command prints")]

use core::hint::black_box;
use std::time::Instant;

use allocation_counter::measure;
use benches::topics::{Peer, Workload, name, tree};

fn main() {
    println!(
        "| filters | who | bytes held a filter | insert, ns | match, ns | clone, ms |\n|---|---|---|---|---|---|"
    );
    for count in [1_000, 100_000, 1_000_000] {
        let workload = Workload::new(count);
        let mut found = Vec::with_capacity(4_096);
        let line = |who: &str, bytes: i64, insert: f64, lookup: f64, clone: &str| {
            let bytes = bytes / i64::try_from(count).expect("a count");
            println!("| {count} | {who} | {bytes} | {insert:.0} | {lookup:.0} | {clone} |");
        };

        let (ours, bytes, insert) = held(|| tree(&workload.filters));
        let lookup = each(&workload.topics, |topic| {
            found.clear();
            ours.for_each_match(name(topic), |value| found.push(*value));
        });
        let start = Instant::now();
        black_box(ours.clone());
        let clone = format!("{:.1}", start.elapsed().as_secs_f64() * 1e3);
        line("linkwire", bytes, insert / workload.filters.len() as f64, lookup, &clone);

        let (peer, bytes, insert) = held(|| Peer::new(&workload.filters));
        let lookup = each(&workload.topics, |topic| {
            found.clear();
            peer.find(topic, &mut found);
        });
        line("mqtt-topic-engine 0.2", bytes, insert / workload.filters.len() as f64, lookup, "-");
    }
}

/// What is built, the bytes it holds, and nanoseconds; counting is done apart from the clock.
fn held<V>(build: impl Fn() -> V) -> (V, i64, f64) {
    let start = Instant::now();
    let built = build();
    let time = start.elapsed().as_secs_f64() * 1e9;
    drop(built);
    let mut built = None;
    let bytes = measure(|| built = Some(build())).bytes_current;
    (built.expect("built"), bytes, time)
}

/// Nanoseconds for one, the best of three rounds.
fn each(topics: &[String], mut work: impl FnMut(&str)) -> f64 {
    let round = |_| {
        let start = Instant::now();
        topics.iter().for_each(|topic| work(black_box(topic)));
        start.elapsed().as_secs_f64() * 1e9 / topics.len() as f64
    };
    (0..3).map(round).fold(f64::INFINITY, f64::min)
}
