//! Judges what another peer sent: all of a datagram, before any of it counts.

use super::{CHECKSUM_INTERVAL, Core, input};
use protocol::{
    Frame, PeerId, Simulation,
    datagram::{Datagram, DecodeError, StreamPart},
    limits::{MAX_CHANGES, MAX_INPUT_DELAY, MAX_PREDICTION},
};
use std::time::Duration;

/// Frames by which a datagram may be older than its sender's newest one, about four seconds:
/// networks reorder by less, and one that is older has nothing new to say.
const MAX_AGE: Frame = 256;

/// Frames by which others may be ahead of a listener, 17 seconds: it catches up ten in a tick, or
/// begins anew.
pub(super) const MAX_AHEAD_OF_LISTENER: Frame = 1_024;

/// Why a datagram was rejected. Nothing of a rejected datagram counts, except in the statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Its sender neither drives a seat of this match nor listens to it.
    #[error("its sender is not in the match")]
    Stranger,
    /// Not a datagram.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// Of another match, or of a view that this peer does not follow.
    #[error("of view {0}")]
    OtherView(u32),
    /// Its number of seats is not the match's.
    #[error("of a match with {0} seats")]
    OtherRoster(usize),
    /// It acknowledges inputs that were never sent.
    #[error("acknowledges inputs of seat {0} that were never sent")]
    ForgedAck(u8),
    /// It has inputs of a seat that its sender does not drive.
    #[error("its sender does not drive seat {0}")]
    NotAuthor(u8),
    /// It has inputs of a seat that a bot drives, as far as we know: a change of that seat may
    /// not have come yet.
    #[error("nobody drives seat {0}")]
    NoAuthor(u8),
    /// Its sender is not the view's owner, and speaks for it.
    #[error("its sender is not the owner")]
    NotOwner,
    /// It names more changes than a match can have.
    #[error("of a log of {0} changes")]
    LongLog(u32),
    /// Its inputs begin after the first one that is lacking.
    #[error("leaves a gap in the inputs of seat {0}")]
    Gap(u8),
    /// An input that no simulation of these rules would have written.
    #[error("has a malformed input of seat {0}")]
    BadInput(u8),
    /// A checksum of a frame that is not compared.
    #[error("has a checksum of frame {0}")]
    BadChecksum(Frame),
    /// Of a frame that its sender cannot have reached.
    #[error("of frame {0}, which cannot be reached yet")]
    Future(Frame),
    /// Of a frame long past.
    #[error("of frame {0}, which is long past")]
    Past(Frame),
}

impl<S: Simulation> Core<S> {
    /// Takes in a datagram. Its effect on the world comes with the next [`Core::tick`].
    ///
    /// Bounded: decoding allocates at most a few kilobytes whatever the bytes are, and inputs
    /// far ahead are rejected. Repeated, reordered and old datagrams do no harm.
    ///
    /// # Errors
    /// [`Rejected`] if it is not what an honest peer of this match would have sent; it is
    /// counted, and otherwise without effect.
    pub fn receive(&mut self, from: PeerId, bytes: &[u8], now: Duration) -> Result<(), Rejected> {
        self.stats.datagrams_in += 1;
        let index = self.peers.iter().position(|peer| peer.id == from);
        if self.drives(from) {
            self.listening.hear(now);
        }
        let judged = index.ok_or(Rejected::Stranger).and_then(|index| {
            let datagram = Datagram::decode(bytes)?;
            self.judge(index, &datagram)?;
            Ok((index, datagram))
        });
        match judged {
            Ok((index, datagram)) => {
                self.take_in(index, &datagram, now);
                Ok(())
            }
            Err(rejected) => {
                self.stats.rejected += 1;
                if let Some(index) = index {
                    let peer = &mut self.peers[index];
                    peer.rejected += 1;
                    if let Rejected::OtherView(view) = rejected {
                        peer.follows(view);
                    }
                }
                Err(rejected)
            }
        }
    }

    /// Finds what an honest peer would not have sent.
    fn judge(&self, index: usize, datagram: &Datagram) -> Result<(), Rejected> {
        let peer = &self.peers[index];
        if datagram.view != self.view.id {
            return Err(Rejected::OtherView(datagram.view));
        }
        if datagram.frontiers.len() != self.streams.len() {
            return Err(Rejected::OtherRoster(datagram.frontiers.len()));
        }
        // Nobody confirms a frame whose inputs we have not written, and nobody steps further
        // past the confirmed frontier than the prediction bound.
        let confirmable = if self.is_listener() {
            self.frame().saturating_add(MAX_AHEAD_OF_LISTENER)
        } else {
            self.authored()
        };
        let reachable = confirmable.saturating_add(MAX_PREDICTION);
        let last_decided = reachable.saturating_add(MAX_INPUT_DELAY);
        if datagram.frame > reachable {
            return Err(Rejected::Future(datagram.frame));
        }
        if datagram.frame.saturating_add(MAX_AGE) < peer.frame() {
            return Err(Rejected::Past(datagram.frame));
        }
        for (seat, _) in self.own_streams() {
            if datagram.frontiers[seat] > peer.sent[seat] {
                return Err(Rejected::ForgedAck(seat as u8));
            }
        }
        if let Some((frame, _)) = datagram.checksum {
            if frame > confirmable {
                return Err(Rejected::Future(frame));
            }
            if !frame.is_multiple_of(CHECKSUM_INTERVAL) {
                return Err(Rejected::BadChecksum(frame));
            }
        }
        self.judge_reign(peer.id, datagram, last_decided)?;
        datagram
            .streams
            .iter()
            .try_for_each(|part| self.judge_part(index, part, last_decided))
    }

    fn judge_reign(
        &self,
        from: PeerId,
        datagram: &Datagram,
        last_decided: Frame,
    ) -> Result<(), Rejected> {
        let Some(reign) = datagram.reign else {
            return Ok(());
        };
        if !self.is_owner(from) {
            return Err(Rejected::NotOwner);
        }
        if reign.log as usize > 2 * MAX_CHANGES {
            return Err(Rejected::LongLog(reign.log));
        }
        // The owner announces no frame but those that have inputs of its.
        if reign.horizon > last_decided.saturating_add(1) {
            return Err(Rejected::Future(reign.horizon));
        }
        Ok(())
    }

    fn judge_part(
        &self,
        index: usize,
        part: &StreamPart,
        last_decided: Frame,
    ) -> Result<(), Rejected> {
        let (stream, peer) = (&self.streams[usize::from(part.seat)], &self.peers[index]);
        if stream.driver() != Some(peer.id) {
            return match stream.driver() {
                _ if peer.lost_seats & 1 << part.seat != 0 => Ok(()),
                Some(_) => Err(Rejected::NotAuthor(part.seat)),
                None => Err(Rejected::NoAuthor(part.seat)),
            };
        }
        // A listener comes into what was said before: it lacks this part, and may be stranded.
        if part.first > stream.end() && !self.is_listener() {
            return Err(Rejected::Gap(part.seat));
        }
        // The input of frame `last_decided` is the newest one: the part ends after it.
        if part.end() > last_decided.saturating_add(1) {
            return Err(Rejected::Future(part.end()));
        }
        // Runs of equal words are the rule, and one look at each suffices; none at those that came
        // before, as most did.
        let mut first = part.first;
        for run in part.words.chunk_by(|a, b| a == b) {
            let is_known = stream.word(first) == Some(run[0]);
            if !is_known && input::unpack::<S>(run[0]).is_none() {
                return Err(Rejected::BadInput(part.seat));
            }
            first += run.len() as Frame;
        }
        Ok(())
    }

    /// Lets a judged datagram count.
    fn take_in(&mut self, index: usize, datagram: &Datagram, now: Duration) {
        let position = self.position(now);
        let id = self.peers[index].id;
        let jumps = self.is_listener() || !self.drives(id);
        let peer = &mut self.peers[index];
        let is_newest = peer.hear(datagram, now, position, jumps);
        for (seat, stream) in self.streams.iter().enumerate() {
            if stream.driver() == Some(self.me) {
                let (known, told) = (&mut peer.acknowledged[seat], datagram.frontiers[seat]);
                // Whoever has begun anew lacks what it had before: it is told again if it is kept.
                *known = match is_newest && told >= stream.base() {
                    true => told.max(stream.since()),
                    false => told.max(*known),
                };
            }
        }
        if let Some((frame, sum)) = datagram.checksum {
            self.checksums.report(id, frame, sum);
        }
        if let Some(reign) = datagram.reign {
            self.hear_reign(reign);
        }
        let before = self.received(&self.peers[index]);
        for part in &datagram.streams {
            let stream = &self.streams[usize::from(part.seat)];
            if stream.driver() == Some(id) {
                self.take_in_part(index, part, now);
            }
        }
        let received = self.received(&self.peers[index]);
        if received > before {
            self.peers[index].gives(now, received);
        }
    }

    fn take_in_part(&mut self, index: usize, part: &StreamPart, now: Duration) {
        let seat = usize::from(part.seat);
        for (frame, word) in (part.first..).zip(&part.words) {
            let stream = &self.streams[seat];
            if frame < stream.end() {
                // Known already, and what was first known stays.
                if stream.word(frame).is_some_and(|known| known != *word) {
                    self.peers[index].conflicts += 1;
                    self.stats.conflicts += 1;
                }
                continue;
            }
            // Judged before: it unpacks.
            let Some(input) = input::unpack::<S>(*word) else {
                return;
            };
            // After a gap, or from a peer that is lost by an agreement.
            if frame > stream.end() || stream.is_frozen() {
                return;
            }
            self.push(seat, frame, input);
            self.peers[index].heard = now;
        }
    }
}
