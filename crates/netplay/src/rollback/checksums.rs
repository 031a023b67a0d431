//! Whether everybody is in the same world.

use super::CHECKSUM_INTERVAL;
use protocol::{Frame, PeerId, limits::MAX_PEERS};
use std::collections::VecDeque;

/// Own checksums that are kept, half a minute's: peers are never that far apart, since none
/// steps past its prediction bound.
const MAX_KEPT: usize = 30;

/// Checksums of others that wait for this peer to come as far; the prediction bound allows one
/// each, more are ignored.
const MAX_WAITING: usize = 2 * MAX_PEERS;

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
    waiting: Vec<(PeerId, Frame, u64)>,
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
        for (peer, _, theirs) in self.waiting.extract_if(.., |(_, f, _)| *f == frame) {
            compare(&mut self.desync, frame, sum, theirs, peer);
        }
    }

    /// Takes in what another peer says of its confirmed world `frame`.
    pub(super) fn report(&mut self, peer: PeerId, frame: Frame, theirs: u64) {
        if let Some((_, ours)) = self.ours.iter().find(|(f, _)| *f == frame) {
            compare(&mut self.desync, frame, *ours, theirs, peer);
        } else if self.newest().is_none_or(|(newest, _)| newest < frame)
            && self.waiting.len() < MAX_WAITING
            && !self
                .waiting
                .iter()
                .any(|(p, f, _)| (*p, *f) == (peer, frame))
        {
            self.waiting.push((peer, frame, theirs));
        }
    }

    /// This peer's newest checksum.
    pub(super) fn newest(&self) -> Option<(Frame, u64)> {
        self.ours.back().copied()
    }

    /// The earliest difference found.
    pub(super) fn desync(&self) -> Option<Desync> {
        self.desync
    }
}

fn compare(desync: &mut Option<Desync>, frame: Frame, ours: u64, theirs: u64, peer: PeerId) {
    if ours != theirs && desync.is_none_or(|known| frame < known.frame) {
        *desync = Some(Desync {
            frame,
            ours,
            theirs,
            peer,
        });
    }
}
