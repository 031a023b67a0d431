//! Whether everybody is in the same world.

use super::CHECKSUM_INTERVAL;
use protocol::{Frame, PeerId, limits::MAX_PEERS};
use std::collections::VecDeque;

/// Own checksums that are kept, half a minute's: peers are never that far apart, since none
/// steps past its prediction bound.
pub(super) const MAX_KEPT: usize = 30;

/// Checksums that are kept of each other peer, eight seconds'; the oldest go first.
pub(super) const MAX_TOLD: usize = 8;

/// Two peers were in different worlds at the same confirmed frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Desync {
    /// The first frame whose checksums differed; the worlds parted in the second before.
    pub frame: Frame,
    /// This peer's checksum.
    pub ours: u64,
    /// The other's.
    pub theirs: u64,
    /// The other.
    pub peer: PeerId,
}

/// Own checksums of confirmed worlds, compared with those of the others.
#[derive(Default)]
pub(super) struct Checksums {
    ours: VecDeque<(Frame, u64)>,
    told: Vec<(PeerId, VecDeque<(Frame, u64)>)>,
    /// Frames up to here are not compared any more.
    settled: Option<Frame>,
    desync: Option<Desync>,
}

impl Checksums {
    /// Whether the checksum of world `frame` is compared.
    pub(super) fn counts(frame: Frame) -> bool {
        frame.is_multiple_of(CHECKSUM_INTERVAL)
    }

    /// Notes the checksum of this peer's confirmed world `frame`.
    pub(super) fn record(&mut self, frame: Frame, sum: u64) {
        if self.ours.len() == MAX_KEPT {
            self.ours.pop_front();
        }
        self.ours.push_back((frame, sum));
        for (peer, theirs) in self.told_of(frame) {
            self.compare(frame, sum, theirs, peer);
        }
    }

    /// Takes in what another peer says of its confirmed world `frame`. What it said first stays.
    pub(super) fn report(&mut self, peer: PeerId, frame: Frame, theirs: u64) {
        let index = match self.told.iter().position(|(id, _)| *id == peer) {
            Some(index) => index,
            None => {
                if self.told.len() == MAX_PEERS {
                    self.told.remove(0);
                }
                self.told.push((peer, VecDeque::new()));
                self.told.len() - 1
            }
        };
        let told = &mut self.told[index].1;
        if told.iter().any(|(f, _)| *f == frame) {
            return;
        }
        if told.len() == MAX_TOLD {
            told.pop_front();
        }
        told.push_back((frame, theirs));
        if let Some(&(_, ours)) = self.ours.iter().find(|(f, _)| *f == frame) {
            self.compare(frame, ours, theirs, peer);
        }
    }

    /// What others said of their confirmed worlds `frame`.
    pub(super) fn told_of(&self, frame: Frame) -> Vec<(PeerId, u64)> {
        let of = |(peer, told): &(PeerId, VecDeque<(Frame, u64)>)| {
            let (_, sum) = told.iter().find(|(f, _)| *f == frame)?;
            Some((*peer, *sum))
        };
        self.told.iter().filter_map(of).collect()
    }

    /// Own checksums that are kept, peers that told some, and the most that one of them told.
    pub(super) fn lengths(&self) -> (usize, usize, usize) {
        let theirs = self.told.iter().map(|(_, told)| told.len()).max();
        (self.ours.len(), self.told.len(), theirs.unwrap_or(0))
    }

    /// This peer's newest checksum.
    pub(super) fn newest(&self) -> Option<(Frame, u64)> {
        self.ours.back().copied()
    }

    /// The earliest difference found.
    pub(super) fn desync(&self) -> Option<Desync> {
        self.desync
    }

    /// The difference is settled, and worlds up to `frame` are compared no more.
    pub(super) fn settle(&mut self, frame: Frame) {
        self.desync = None;
        self.settled = self.settled.max(Some(frame));
    }

    /// This peer was in a wrong world: what it said of it counts no more.
    pub(super) fn forget_ours(&mut self) {
        self.ours.clear();
    }

    fn compare(&mut self, frame: Frame, ours: u64, theirs: u64, peer: PeerId) {
        let counts = self.settled.is_none_or(|settled| settled < frame)
            && self.desync.is_none_or(|known| frame < known.frame);
        if ours != theirs && counts {
            self.desync = Some(Desync {
                frame,
                ours,
                theirs,
                peer,
            });
        }
    }
}
