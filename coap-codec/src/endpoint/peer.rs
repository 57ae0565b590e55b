//! What is known of one peer: message ids, interactions under way, the pace of what it does not acknowledge.

use super::random::Random;
use super::slots::{NEVER, NONE, Slots, UNFILED};

/// The id space is handed out in parts; a part may be begun again when the lifetime of its last id is over.
const PARTS: usize = 8;
const PART: u16 = u16::MAX / 8 + 1;

/// What an endpoint remembers of a peer.
#[derive(Clone, Copy, Debug)]
pub struct Peer<P> {
    pub(super) at: P,
    /// The id handed out next.
    next_id: u16,
    /// When the last id of each part was handed out, in nanoseconds.
    left: [u64; PARTS],
    /// When an id was last handed out; [`NEVER`]: not yet.
    last_id: u64,
    /// Confirmable messages of ours that wait for an acknowledgement (RFC 7252 §4.7).
    pub(super) outstanding: u16,
    /// Requests of the peer that wait for their answers.
    pub(super) pending: u16,
    /// Messages of ours that are in the table, in whatever state.
    pub(super) live: u32,
    /// Messages that wait for `outstanding` to fall, first and last.
    pub(super) queue: [u32; 2],
    /// When the next message that is not acknowledged may be sent, in nanoseconds (PROBING_RATE).
    pub(super) quiet_until: u64,
    /// Whether the peer has shown that it gets what is sent to its address.
    pub(super) is_reachable: bool,
}

impl<P> Peer<P> {
    pub(super) const fn new(at: P, first_id: u16) -> Self {
        Self {
            at,
            next_id: first_id,
            left: [NEVER; PARTS],
            last_id: NEVER,
            outstanding: 0,
            pending: 0,
            live: 0,
            queue: [NONE; 2],
            quiet_until: 0,
            is_reachable: false,
        }
    }

    /// The next message id, or when there will be one (RFC 7252 §4.4).
    pub(super) fn take_id(&mut self, now: u64, lifetime: u64) -> Result<u16, u64> {
        let id = self.next_id;
        let part = usize::from(id / PART);
        if let Some(left) = self.left.get_mut(part) {
            // On entering a part: its last id, handed out a whole turn ago.
            let free =
                if id.is_multiple_of(PART) && *left != NEVER { left.saturating_add(lifetime) } else { 0 };
            if now < free {
                return Err(free);
            }
            *left = now;
        }
        self.next_id = id.wrapping_add(1);
        self.last_id = now;
        Ok(id)
    }

    /// Until when the peer must be remembered, so that no id is used again too early.
    pub(super) fn needed_until(&self, lifetime: u64) -> u64 {
        match self {
            _ if self.live > 0 || self.pending > 0 => NEVER,
            _ if self.last_id == NEVER => 0,
            _ => self.last_id.saturating_add(lifetime),
        }
    }
}

/// The peer at an address, known or new. `None` if the table is full of peers that are needed.
#[inline(always)]
pub(super) fn find_or_add<P: Copy + Eq>(
    peers: &mut Slots<'_, Peer<P>>,
    at: P,
    hash: u32,
    random: &mut Random,
    now: u64,
    lifetime: u64,
) -> Option<u32> {
    if let Some(known) = peers.find(0, hash, |peer| peer.at == at) {
        return Some(known);
    }
    add(peers, at, hash, random, now, lifetime)
}

#[inline(never)]
fn add<P: Copy + Eq>(
    peers: &mut Slots<'_, Peer<P>>,
    at: P,
    hash: u32,
    random: &mut Random,
    now: u64,
    lifetime: u64,
) -> Option<u32> {
    if peers.is_full() {
        let victim = peers.victim(|peer| peer.needed_until(lifetime) <= now)?;
        peers.remove(victim);
    }
    peers.insert(Peer::new(at, random.next_u16()), [hash, UNFILED], now.saturating_add(lifetime))
}

#[cfg(test)]
mod tests {
    use super::Peer;

    #[test]
    fn no_id_comes_back_within_its_lifetime() {
        extern crate alloc;
        let mut last_used = alloc::vec![None; 1 << 16];
        let mut peer = Peer::new(0_u8, 0xFFF0);
        let (mut now, lifetime, mut waits) = (0_u64, 247_000, 0);
        for step in 0..400_000_u64 {
            now += step % 3;
            match peer.take_id(now, lifetime) {
                Ok(id) => {
                    let before: Option<u64> = last_used[usize::from(id)].replace(now);
                    assert!(before.is_none_or(|before| now - before >= lifetime), "{id} at {now}");
                }
                Err(until) => {
                    assert!(until > now);
                    (now, waits) = (until, waits + 1);
                }
            }
        }
        assert!(waits > 3);
    }
}
