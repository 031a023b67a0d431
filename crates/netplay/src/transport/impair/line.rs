//! Packets that wait for their time.

use crate::transport::{Channel, dice::Dice, memory::Conditions};
use bytes::Bytes;
use protocol::PeerId;
use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

/// Packets that wait at once; further ones are dropped and counted. At 400 ms, two peers at 60 a
/// second each have some fifty.
const MAX_WAITING: usize = 4_096;

/// A queue with a time in it. Time is given to each call and must not run backwards; the same calls
/// with the same seed do the same.
#[derive(Debug)]
pub struct Line {
    dice: Dice,
    waiting: BinaryHeap<Reverse<Waiting>>,
    /// When the newest reliable packet's time comes: later ones must not overtake it.
    reliable_at: Duration,
    serial: u64,
    overflowed: u64,
}

/// The earliest is the least, at a tie the one that came first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    at: Duration,
    serial: u64,
    from: PeerId,
    is_reliable: bool,
    packet: Bytes,
}

impl Line {
    /// An empty line.
    pub fn new(seed: u64) -> Self {
        Self {
            dice: Dice::new(seed),
            waiting: BinaryHeap::new(),
            reliable_at: Duration::ZERO,
            serial: 0,
            overflowed: 0,
        }
    }

    /// Lets a packet wait as these conditions say. Says when its time comes; nothing if it is lost,
    /// or too many wait. (Of the conditions, none is repeated: `duplicate` does nothing here.)
    pub fn push(
        &mut self,
        conditions: &Conditions,
        from: PeerId,
        channel: Channel,
        packet: Bytes,
        now: Duration,
    ) -> Option<Duration> {
        let at = match channel {
            Channel::Unreliable => conditions.unreliable_arrival(now, &mut self.dice)?,
            Channel::Reliable => {
                let at = conditions.reliable_arrival(now, &mut self.dice);
                at.max(self.reliable_at)
            }
        };
        if self.waiting.len() == MAX_WAITING {
            self.overflowed += 1;
            return None;
        }
        let is_reliable = channel == Channel::Reliable;
        if is_reliable {
            self.reliable_at = at;
        }
        self.serial += 1;
        self.waiting.push(Reverse(Waiting {
            at,
            serial: self.serial,
            from,
            is_reliable,
            packet,
        }));
        Some(at)
    }

    /// The next packet whose time has come.
    pub fn pop(&mut self, now: Duration) -> Option<(PeerId, Channel, Bytes)> {
        if self.next()? > now {
            return None;
        }
        let Reverse(next) = self.waiting.pop()?;
        let channel = match next.is_reliable {
            true => Channel::Reliable,
            false => Channel::Unreliable,
        };
        Some((next.from, channel, next.packet))
    }

    /// When the next packet's time comes.
    pub fn next(&self) -> Option<Duration> {
        self.waiting.peek().map(|next| next.0.at)
    }

    /// Whether a packet of this peer waits.
    pub(super) fn holds(&self, peer: PeerId) -> bool {
        self.waiting.iter().any(|waiting| waiting.0.from == peer)
    }

    /// Drops what waits of this peer.
    pub(super) fn forget(&mut self, peer: PeerId) {
        self.waiting.retain(|waiting| waiting.0.from != peer);
    }

    /// Packets that were dropped because too many waited.
    pub fn overflowed(&self) -> u64 {
        self.overflowed
    }
}
