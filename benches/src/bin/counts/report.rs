//! `RESULTS.md`: for each table ours beside the best peers, what is to be said about it, and everyone.

use core::fmt::Write as _;

use std::path::Path;

use benches::memory::Held;
use harness::{Line, Row};

use crate::plots;
use crate::sizes::Size;

/// What is to be said under a table.
const NOTES: &[(&str, &str)] = &[
    (
        "alink",
        "Reading an envelope is compared with serde_json reading it alone, its `params` skipped: nobody else checks them.",
    ),
    (
        "coap-codec",
        "A peer that encodes from a finished packet is not charged for putting its options in. coap-message-implementations \
         neither sees the header nor the token, and does not tell an option with a length that is too long from the end. libcoap allocates where the counter \
         does not see it.",
    ),
    (
        "iot-auth",
        "The bare HMAC finds its bytes joined; ours joins them. OpenAPI also sorts and percent-encodes them, which is its \
         distance. Callgrind hides the CPU's SHA extensions, which RustCrypto would use: ring's portable SHA-256 is quicker \
         than RustCrypto's portable one, and that is what is counted here. `cargo bench` shows the time on this CPU.",
    ),
    (
        "mqtt-codec",
        "Encoding a PUBACK is not ahead: ours measures, asks for room and goes through the one encoder of all acknowledgements \
         of both versions, with reason and properties, where the peers write four bytes; it is also the row with the fewest \
         instructions at stake. Decoding SUBSCRIBE is level with rmqtt-codec, which lets U+0000 and malformed filters pass: \
         checking ten filters is what ours spends there.",
    ),
    (
        "thing-model",
        "serde_json skips a document (`IgnoredAny`) or builds a tree of it (`Value`); it does not check a thing. The JSON Schema \
         validators want the tree. Compiling is compared with skipping the same document.",
    ),
];

/// Work that somebody else does and nobody of ours: a row with a mistake in its words.
pub(crate) fn strangers(lines: &[Line]) -> Vec<&str> {
    let known = |line: &Line| lines.iter().any(|other| is_ours(other) && same_work(line, other));
    lines.iter().filter(|line| !known(line)).map(|line| line.work.as_str()).collect()
}

/// Writes the page and its plots.
pub(crate) fn write(lines: &[Line], held: &[Held], sizes: &[Size], notes: &[String]) -> std::io::Result<()> {
    let to = Path::new(env!("CARGO_MANIFEST_DIR"));
    plots::draw(&to.join("plots"), lines)?;
    std::fs::write(to.join("RESULTS.md"), page(lines, held, sizes, notes).expect("text has room"))
}

fn is_ours(line: &Line) -> bool {
    line.who.starts_with(Row::OURS)
}

fn same_work(line: &Line, other: &Line) -> bool {
    line.table == other.table && line.work == other.work
}

fn page(lines: &[Line], held: &[Held], sizes: &[Size], notes: &[String]) -> Result<String, core::fmt::Error> {
    let mut page = String::from(include_str!("head.md"));
    for note in notes {
        writeln!(page, "\n**{note}.**")?;
    }
    let mut tables: Vec<&str> = lines.iter().map(|line| line.table.as_str()).collect();
    tables.dedup();
    tables.sort_unstable();
    tables.dedup();
    for table in tables {
        let lines: Vec<&Line> = lines.iter().filter(|line| line.table == table).collect();
        write!(page, "\n## {table}\n\n")?;
        best(&mut page, &lines)?;
        for (_, note) in NOTES.iter().filter(|(of, _)| *of == table) {
            write!(page, "\n{}\n", note.trim())?;
        }
        for plot in plots::PLOTS.iter().filter(|plot| plot.table == table) {
            write!(page, "\n![{}](plots/{}.svg)\n", plot.title, plot.name)?;
        }
        everyone(&mut page, &lines)?;
    }
    page.push_str("\n## Memory\n\n| bytes held for one | who | bytes | how |\n|---|---|---:|---|\n");
    for Held { what, who, bytes, how } in held {
        writeln!(page, "| {what} | {who} | {bytes} | {how} |")?;
    }
    page.push_str("\n## Size of a program\n\nWithout std and without an allocator, for this machine, `-Os`, stripped.\n\n");
    page.push_str("| program | bytes of code and data |\n|---|---:|\n");
    for Size { what, bytes } in sizes {
        writeln!(page, "| {what} | {} |", number(Some(*bytes)))?;
    }
    Ok(page)
}

/// Ours beside the best peer that makes the same checks and the best of those that make fewer.
fn best(page: &mut String, lines: &[&Line]) -> core::fmt::Result {
    page.push_str("| work | ours | best peer, same checks | ours to it | best peer, fewer checks | ours to it | allocations, ours |\n");
    page.push_str("|---|---:|---|---:|---|---:|---:|\n");
    for ours in lines.iter().filter(|line| is_ours(line)) {
        let variant = ours.who.strip_prefix(Row::OURS).unwrap_or_default();
        let cheapest = |same: bool| {
            let peers = lines.iter().filter(|line| !is_ours(line) && same_work(line, ours));
            peers.filter(|line| (line.checks == Row::SAME) == same).min_by_key(|line| line.instructions)
        };
        write!(page, "| {}{variant} | {} |", ours.work, number(ours.instructions))?;
        for peer in [cheapest(true), cheapest(false)] {
            match peer {
                Some(peer) => {
                    write!(page, " {} ({}) | {} |", number(peer.instructions), peer.who, ratio(ours, peer))?;
                }
                None => page.push_str(" – | |"),
            }
        }
        writeln!(page, " {} |", ours.allocations)?;
    }
    Ok(())
}

fn everyone(page: &mut String, lines: &[&Line]) -> core::fmt::Result {
    page.push_str("\n<details><summary>Everyone</summary>\n\n");
    page.push_str("| work | who | instructions | allocations | bytes allocated | checks |\n|---|---|---:|---:|---:|---|\n");
    for ours in lines.iter().filter(|line| line.who == Row::OURS) {
        for line in lines.iter().filter(|line| same_work(line, ours)) {
            let Line { work, who, allocations, bytes, checks, .. } = line;
            let instructions = number(line.instructions);
            writeln!(page, "| {work} | {who} | {instructions} | {allocations} | {bytes} | {checks} |")?;
        }
    }
    page.push_str("\n</details>\n");
    Ok(())
}

/// With a comma between thousands.
fn number(count: Option<u64>) -> String {
    let Some(count) = count else { return "–".to_owned() };
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn ratio(ours: &Line, peer: &Line) -> String {
    match (ours.instructions, peer.instructions) {
        (Some(ours), Some(peer)) if peer > 0 => format!("{:.2}", ours as f64 / peer as f64),
        _ => "–".to_owned(),
    }
}
