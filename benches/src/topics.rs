//! The topic workloads of `vectors/bench/README.md`: filters to store, topics to look up, and who does it.

use std::collections::HashSet;

use mqtt_codec::{TopicFilter, TopicName, TopicTree};
use mqtt_topic_engine::topic_matcher::{Len, TopicMatcherNode};
use mqtt_topic_engine::{CacheStrategy, TopicPath, TopicPatternPath};
use sha2::{Digest, Sha256};

/// Filters and topics, in the order they are stored and published.
#[derive(Debug)]
pub struct Workload {
    /// 80 % exact, 15 % with one `+`, 5 % with `#`, which come several times.
    pub filters: Vec<String>,
    /// Seven levels each; 70 % are also exact filters.
    pub topics: Vec<String>,
}

impl Workload {
    /// The workload of 1,000, 100,000 or 1,000,000 filters, after its check sums were found right.
    ///
    /// # Panics
    /// If they are not, or if there are none for this number.
    pub fn new(count: usize) -> Self {
        let bounds = match count {
            1_000 => [4, 4, 5, 10, 4],
            100_000 => [10, 10, 20, 25, 8],
            _ => [20, 20, 25, 50, 8],
        };
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        let (mut filters, mut exact, mut seen) = (vec![], vec![], HashSet::new());
        while filters.len() < count {
            let topic = random.topic(bounds);
            let mut levels: Vec<&str> = topic.split('/').collect();
            let kind = filters.len() % 20;
            let filter = match kind {
                0..16 => topic.clone(),
                16..19 => {
                    levels[1 + random.below(6)] = "+";
                    levels.join("/")
                }
                _ => levels[..3 + random.below(4)].join("/") + "/#",
            };
            if !seen.insert(filter.clone()) && kind != 19 {
                continue;
            }
            if kind < 16 {
                exact.push(filter.clone());
            }
            filters.push(filter);
        }
        for at in (1..filters.len()).rev() {
            filters.swap(at, random.below(at + 1));
        }
        let topic = |at: usize| match at % 10 {
            0..7 => exact[random.below(exact.len())].clone(),
            _ => random.topic(bounds),
        };
        let workload = Self { topics: (0..20_000).map(topic).collect(), filters };
        workload.check();
        workload
    }

    fn check(&self) {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/bench/topics.json");
        let text = std::fs::read_to_string(path).expect("the check sums are in the repository");
        let sums: serde_json::Value = serde_json::from_str(&text).expect("the check sums are JSON");
        let expected = &sums[self.filters.len().to_string()];
        for (name, lines) in [("filters_sha256", &self.filters), ("topics_sha256", &self.topics)] {
            let sum = Sha256::digest(lines.join("\n"));
            let sum: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(Some(sum.as_str()), expected[name].as_str(), "{name} of {}", self.filters.len());
        }
    }
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16;
        usize::try_from(number).expect("48 bits") % bound
    }

    fn topic(&mut self, bounds: [usize; 5]) -> String {
        let [site, building, line, device, channel] = bounds.map(|bound| self.below(bound));
        let metric = ["temperature", "pressure", "vibration", "state"][self.below(4)];
        format!("acme/site{site:02}/bldg{building:02}/line{line:02}/dev{device:05}/ch{channel}/{metric}")
    }
}

/// A name known to be one.
///
/// # Panics
/// If it is none.
pub fn name(text: &str) -> TopicName<'_> {
    TopicName::new(text).expect("a topic name")
}

/// Our tree of these filters; the value of each is its place among them.
///
/// # Panics
/// If one is none.
pub fn tree<S: AsRef<str>>(filters: &[S]) -> TopicTree<u32> {
    let mut tree = TopicTree::with_seed(0x1234_5678_9ABC);
    for (value, text) in (0..).zip(filters) {
        tree.insert(TopicFilter::new(text.as_ref()).expect("a topic filter"), value).expect("room");
    }
    tree
}

/// The tree of mqtt-topic-engine, with a list of values for each filter.
#[derive(Debug, Default)]
pub struct Peer(TopicMatcherNode<Values>);

#[derive(Debug, Default)]
struct Values(Vec<u32>);

impl Len for Values {
    fn len(&self) -> usize {
        self.0.len()
    }
}

impl Peer {
    /// A tree of these filters; the value of each is its place among them.
    pub fn new<S: AsRef<str>>(filters: &[S]) -> Self {
        let mut peer = Self::default();
        for (value, text) in (0..).zip(filters) {
            peer.insert(text.as_ref(), value);
        }
        peer
    }

    /// Adds a value to a filter.
    ///
    /// # Panics
    /// If it is none.
    pub fn insert(&mut self, filter: &str, value: u32) {
        let path = TopicPatternPath::new_from_string(filter, CacheStrategy::NoCache).expect("a topic filter");
        self.0.get_or_create_subscription_table(&path).0.push(value);
    }

    /// Adds the values of all filters that match to `found`.
    ///
    /// # Panics
    /// If the topic is none.
    pub fn find(&self, topic: &str, found: &mut Vec<u32>) {
        let path = TopicPath::new(topic).expect("a topic name");
        for values in self.0.find_by_path(&path) {
            found.extend(&values.0);
        }
    }
}
