//! Who drives which seat from when: the log of changes, applied to the streams.

use super::{Core, input, peer::Peer};
use protocol::{
    Driver, Frame, PeerId, Simulation,
    agreement::{Inputs, LogEntry, SeatChange, Tenure},
    limits::{MAX_CHANGES, MAX_SEATS, MAX_UNACKED_INPUTS},
};
use std::time::Duration;

/// Frames before the confirmed one from which a new driver that never listened is sent our
/// inputs. More than it can lack, and few enough not to hold us up.
const HISTORY: Frame = 64;

/// Why a change of a seat was not applied. Nothing of it counts then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// It begins before the confirmed frame, or before the seat's last tenure.
    #[error("the change from frame {0} comes too late")]
    TooLate(Frame),
    /// Inputs of the tenure that it ends are lacking, from this frame on.
    #[error("the inputs from frame {0} on are lacking")]
    Gap(Frame),
    /// The match has no such seat, or the inputs are another seat's.
    #[error("there is no seat {0} to change")]
    BadSeat(u8),
    /// An input that no simulation of these rules would have written.
    #[error("the input of frame {0} is malformed")]
    BadInput(Frame),
    /// The log is full, or too many changes of the seat are agreed ahead.
    #[error("there are too many changes")]
    Full,
}

/// The log of the match.
pub(super) struct Log {
    /// The changes before our entry, which the entry's tenures sum up.
    pub(super) summed_up: u32,
    pub(super) changes: Vec<SeatChange>,
    /// The drivers by seniority.
    pub(super) order: Vec<PeerId>,
}

impl<S: Simulation> Core<S> {
    /// The number of changes since the match's start, those before our entry included.
    pub fn log(&self) -> u32 {
        self.log.summed_up + self.log.changes.len() as u32
    }

    /// The changes from this index on; nothing if some of them were summed up before our entry.
    pub fn entries_from(&self, index: u32) -> Option<Vec<SeatChange>> {
        let skip = index.checked_sub(self.log.summed_up)? as usize;
        Some(self.log.changes.iter().skip(skip).copied().collect())
    }

    /// The peers that drive a seat in the end, by seniority: in the roster's order, then in the
    /// log's.
    pub fn order(&self) -> Vec<PeerId> {
        self.log.order.clone()
    }

    /// Whether a peer drives a seat in the end, by the log as far as we have it.
    pub fn drives(&self, peer: PeerId) -> bool {
        self.streams.iter().any(|s| s.driver() == Some(peer))
    }

    /// The seats that a peer drives in the end.
    pub fn seats_of(&self, peer: PeerId) -> impl Iterator<Item = usize> {
        self.streams_of(peer).map(|(seat, _)| seat)
    }

    /// Per seat, the tenure in force at the confirmed frame, then later ones: for a snapshot of
    /// the confirmed world.
    pub fn tenures(&self) -> Vec<Vec<Tenure>> {
        self.streams.iter().map(|s| s.tenures()).collect()
    }

    /// Per seat, the first frame whose input is not known; [`Frame::MAX`] for a bot's seat.
    pub fn ends(&self) -> Vec<Frame> {
        self.streams.iter().map(|s| s.end()).collect()
    }

    /// The inputs of a seat from `first` on that we have, at most [`MAX_UNACKED_INPUTS`]; nothing
    /// when they are kept no more. Those of the newest 128 confirmed frames are kept.
    pub fn inputs_from(&self, seat: usize, first: Frame) -> Option<Inputs> {
        Some(Inputs {
            seat: seat as u8,
            first,
            words: self.streams.get(seat)?.words_from(first)?,
        })
    }

    /// Per seat, the first frame whose input a peer lacked by its newest datagram. (Of a bot's
    /// seat: some frame that is not after the last driver's end, if it had one.)
    pub fn reported_ends(&self, peer: PeerId) -> Option<&[Frame]> {
        self.peers.iter().find(|p| p.id == peer)?.frontiers()
    }

    /// Takes nothing more of what a peer writes, until its seats' next tenures.
    pub fn freeze(&mut self, peer: PeerId) {
        for stream in &mut self.streams {
            if stream.driver() == Some(peer) {
                stream.freeze();
            }
        }
    }

    /// The peers of which nothing more is taken.
    pub fn frozen(&self) -> Vec<PeerId> {
        let is_frozen = |peer: &PeerId| {
            (self.streams.iter()).any(|s| s.driver() == Some(*peer) && s.is_frozen())
        };
        self.log.order.iter().copied().filter(is_frozen).collect()
    }

    /// Takes again what peers write that were frozen, but for these.
    pub fn thaw_all_but(&mut self, peers: &[PeerId]) {
        for stream in &mut self.streams {
            if !stream.driver().is_some_and(|id| peers.contains(&id)) {
                stream.thaw();
            }
        }
    }

    /// Appends a change to the log: fills up the inputs before it, and begins the new tenure. The
    /// world follows with the next [`Core::tick`].
    ///
    /// A peer that drives no seat any more becomes a listener, so that it learns of that and may
    /// go on watching; it is dropped in two seconds if it acknowledges nothing.
    ///
    /// # Errors
    /// [`ApplyError`]; then nothing has changed. [`ApplyError::TooLate`] and [`ApplyError::Gap`]
    /// mean that this peer needs the world anew.
    pub fn apply(&mut self, entry: &LogEntry, now: Duration) -> Result<(), ApplyError> {
        let SeatChange { seat, from, driver } = entry.change;
        self.check(entry)?;
        let before = self.drives(self.me);
        let index = usize::from(seat);
        let last = self.streams[index].driver();
        self.fill_up(index, &entry.inputs, from);
        self.streams[index].change(Tenure { from, driver });
        // The driver is another one, so every step from there on was made in error.
        self.correct_from(index, from);
        self.log.changes.push(entry.change);
        self.reorder();
        self.change_peers(index, last, now);
        if before != self.drives(self.me) {
            self.change_role(now);
        }
        self.try_awaited();
        Ok(())
    }

    /// The first frame of which some driver may lack an input.
    ///
    /// When a driver is lost, its seat goes to a bot from the first frame on of which no survivor
    /// has its input. Whoever survives, that is no frame before this one: what is confirmed by
    /// it, here or by the lost one or in the other part of a split room, stays true.
    pub(super) fn held_by_all(&self) -> Frame {
        let held = self.driving_peers().map(|peer| self.held_by(peer));
        held.min().unwrap_or(Frame::MAX)
    }

    /// The first frame of which a driver may lack an input, by its newest datagram. (Any, if it
    /// is yet to take its seat.)
    pub(super) fn held_by(&self, peer: &Peer) -> Frame {
        let confirmed = self.confirmed();
        if !self
            .streams_of(peer.id)
            .any(|(_, s)| s.since() <= confirmed)
        {
            return Frame::MAX;
        }
        let Some(frontiers) = peer.frontiers() else {
            return confirmed;
        };
        let mut held = Frame::MAX;
        for (stream, end) in self.streams.iter().zip(frontiers) {
            if stream.driver() != Some(peer.id) {
                held = held.min(stream.written_from(*end));
            }
        }
        held
    }

    /// Everything that may be wrong with a change.
    pub(crate) fn check(&self, entry: &LogEntry) -> Result<(), ApplyError> {
        let SeatChange { seat, from, .. } = entry.change;
        let stream = (self.streams.get(usize::from(seat))).ok_or(ApplyError::BadSeat(seat))?;
        let inputs = &entry.inputs;
        if inputs.seat != seat && !inputs.words.is_empty() {
            return Err(ApplyError::BadSeat(inputs.seat));
        }
        if from < self.confirmed().max(stream.since()) {
            return Err(ApplyError::TooLate(from));
        }
        if self.log() as usize >= 2 * MAX_CHANGES || from > stream.since() && stream.is_full() {
            return Err(ApplyError::Full);
        }
        for (frame, word) in (inputs.first..from).zip(&inputs.words) {
            if input::unpack::<S>(*word).is_none() {
                return Err(ApplyError::BadInput(frame));
            }
        }
        let end = stream.end();
        let filled = inputs.first.saturating_add(inputs.words.len() as Frame);
        if end >= from || inputs.first <= end && filled >= from {
            Ok(())
        } else {
            Err(ApplyError::Gap(end))
        }
    }

    /// Takes in the inputs before `from` that are lacking.
    fn fill_up(&mut self, seat: usize, inputs: &Inputs, from: Frame) {
        for (frame, word) in (inputs.first..from).zip(&inputs.words) {
            if frame == self.streams[seat].end()
                && let Some(input) = input::unpack::<S>(*word)
            {
                self.push(seat, frame, input);
            }
        }
    }

    /// Takes in another peer's input of a frame.
    pub(super) fn push(&mut self, seat: usize, frame: Frame, input: input::Input<S::Input>) {
        let stream = &mut self.streams[seat];
        stream.push(input);
        if frame < self.worlds.frame() && stream.used(frame) != Some(input.word) {
            self.correct_from(seat, frame);
        }
    }

    /// New drivers are the youngest; whoever drives no more is none.
    fn reorder(&mut self) {
        let mut order = std::mem::take(&mut self.log.order);
        order.retain(|peer| self.drives(*peer));
        for driver in self.streams.iter().filter_map(|s| s.driver()) {
            if !order.contains(&driver) {
                order.push(driver);
            }
        }
        self.log.order = order;
    }

    /// Adapts what is known of the others to a seat's change, before which `last` drove it.
    fn change_peers(&mut self, seat: usize, last: Option<PeerId>, now: Duration) {
        let (from, driver) = (self.streams[seat].since(), self.streams[seat].driver());
        let bit = 1_u8 << seat;
        for peer in &mut self.peers {
            // Whoever lives may have waited for the lost one, and goes on from now.
            if peer.lives(now) {
                peer.heard = now;
            }
            if driver == Some(self.me) {
                (peer.acknowledged[seat], peer.sent[seat]) = (from, from);
            }
            if last == Some(peer.id) {
                peer.lost_seats |= bit;
            }
            if driver == Some(peer.id) {
                peer.lost_seats &= !bit;
                peer.heard = now;
            }
        }
        if let Some(id) = driver
            && id != self.me
            && !self.peers.iter().any(|peer| peer.id == id)
        {
            let mut peer = Peer::new(id, now);
            let first = self.confirmed().saturating_sub(HISTORY);
            self.send_from(&mut peer, first);
            self.peers.push(peer);
        }
        if self.is_listener() {
            // Whoever drives nothing has nothing to tell a listener.
            let is_lost = |id: PeerId| last == Some(id) && !self.log.order.contains(&id);
            self.peers.retain(|peer| !is_lost(peer.id));
        }
    }

    /// Lets a peer have our inputs from `first` on.
    pub(super) fn send_from(&self, peer: &mut Peer, first: Frame) {
        for (seat, stream) in self.own_streams() {
            peer.acknowledged[seat] = first.max(stream.base()).max(stream.since());
            peer.sent[seat] = stream.end();
        }
    }

    /// The inputs of a frame that is just confirmed.
    pub(super) fn confirmed_frame(&self, frame: Frame) -> super::ConfirmedFrame {
        let mut words = [0; MAX_SEATS];
        let mut peers = 0;
        for (seat, stream) in self.streams.iter().enumerate() {
            words[seat] = stream.word(frame).unwrap_or(0);
            if stream.drove(frame) == Driver::Peer {
                peers |= 1 << seat;
            }
        }
        super::ConfirmedFrame {
            frame,
            words,
            peers,
        }
    }

    /// Whether a listener with these acknowledgements has fallen too far behind.
    pub(super) fn is_left_behind(&self, peer: &Peer) -> bool {
        !self.drives(peer.id)
            && self.own_streams().any(|(seat, stream)| {
                stream.end().saturating_sub(peer.acknowledged[seat]) > MAX_UNACKED_INPUTS
            })
    }
}
