//! Which of our checks a peer makes, found out by malformed packets.

use benches::inputs::mqtt;
use harness::Row;
use mqtt_codec::{Packet, Rules, Version};

/// What a packet is, and so what can be wrong in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Publish,
    PublishWithId,
    UserProperties,
    Connect,
    Subscribe,
    PubAck,
}

/// The checks that the peer makes, or that it makes them all.
pub(super) fn checks(row: &str, kind: Kind, version: Version, accepts: fn(&[u8]) -> bool) -> &'static str {
    let packet = mqtt(row, version);
    let tried = broken(&packet, kind);
    let refused: Vec<&str> = tried
        .iter()
        .filter(|(_, bytes)| {
            assert!(Packet::decode(bytes, Rules::new(version)).is_err(), "ours refuses what is tried");
            // A panic is no answer, but it does not let the packet pass.
            !std::panic::catch_unwind(|| accepts(bytes)).unwrap_or(false)
        })
        .map(|(name, _)| *name)
        .collect();
    match refused.len() {
        0 => "lengths only",
        all if all == tried.len() => Row::SAME,
        _ => refused.join(", ").leak(),
    }
}

/// The packet with one mistake at a time.
fn broken(packet: &[u8], kind: Kind) -> Vec<(&'static str, Vec<u8>)> {
    let body = 1 + packet[1..].iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
    let with = |name, at: usize, bytes: &[u8]| {
        let mut packet = packet.to_vec();
        packet[at..at + bytes.len()].copy_from_slice(bytes);
        (name, packet)
    };
    let find = |text: &[u8]| packet.windows(text.len()).position(|at| at == text).expect("it is there");
    let text = |at: usize| [with("UTF-8", at, b"\xff"), with("U+0000", at, b"\0")];
    let topic = body + 2 + 3;
    match kind {
        Kind::Publish => [&text(topic)[..], &[with("wildcards", topic, b"+")]].concat(),
        Kind::PublishWithId => {
            let id = topic - 3 + 40;
            [&text(topic)[..], &[with("wildcards", topic, b"+"), with("packet id 0", id, b"\0\0")]].concat()
        }
        Kind::UserProperties => {
            let id = topic - 3 + 40;
            let last = packet.len() - 1;
            let property =
                (0..last).rfind(|at| packet[*at] == 0x26 && packet[at + 1] == 0).expect("a property");
            let mut all = text(topic).to_vec();
            all.push(with("wildcards", topic, b"+"));
            all.push(with("packet id 0", id, b"\0\0"));
            all.push(with("UTF-8 of properties", property + 3, b"\xff"));
            all.push(with("U+0000 of properties", property + 3, b"\0"));
            all
        }
        Kind::Connect => {
            let client_id = find(b"securemode");
            let flags = body + 7;
            [&text(client_id)[..], &[with("reserved flag", flags, &[packet[flags] | 1])]].concat()
        }
        Kind::Subscribe => {
            let last = packet.len() - 1;
            let mut all = text(find(b"factory") + 3).to_vec();
            all.push(with("filter syntax", find(b"factory") + 3, b"#"));
            all.push(with("packet id 0", body, b"\0\0"));
            all.push(with("reserved bits", last, &[packet[last] | 0xc0]));
            all.push(with("header flags", 0, &[0x80]));
            all
        }
        Kind::PubAck => vec![with("packet id 0", body, b"\0\0"), with("header flags", 0, &[0x41])],
    }
}
