//! For whom this peer waits, and for how long.

use super::{Core, peer::Peer, worlds::MAX_UNCONFIRMED};
use protocol::{
    Frame, PeerId, Simulation,
    limits::{MAX_INPUT_DELAY, MAX_PREDICTION, MAX_UNACKED_INPUTS, STEPS_PER_SECOND},
};
use std::{collections::VecDeque, time::Duration};

/// The window over which the pace is judged.
const WINDOW: Duration = Duration::from_secs(2);

/// Steps a second below which a match must not be dragged.
const LEAST_PACE: u32 = 55;

/// The time lost in a [`WINDOW`] that [`LEAST_PACE`] allows: 167 ms.
const ALLOWED: Duration = Duration::from_micros(
    WINDOW.as_micros() as u64 * (STEPS_PER_SECOND - LEAST_PACE) as u64 / STEPS_PER_SECOND as u64,
);

/// The most that counts of one pause between two ticks. A core that waits is driven at least every
/// 50 ms: in a longer pause this machine slept.
const MAX_PAUSE: Duration = Duration::from_millis(100);

/// Inputs come every 17 ms, and a few are lost in a row: whoever gives none for so long is late.
const LATE: Duration = Duration::from_millis(100);

/// Whoever sends nothing for so long has fallen silent: a peer that waits is heard every 50 ms.
const SILENT: Duration = Duration::from_millis(200);

/// A match that was not held up for so long flows.
const FLOWS_FOR: Duration = Duration::from_secs(1);

/// Time that may be lost without being felt: three steps.
const HITCH: Duration = Duration::from_millis(50);

/// Waits that are kept of one peer. There is at most one per step, 120 in a window, and a few
/// more while steps are caught up.
pub(super) const MAX_WAITS: usize = 192;

/// The time that was lost for one peer: in waiting for it, or in slowing down since it is behind.
#[derive(Default)]
pub(super) struct Waits(VecDeque<Wait>);

/// What was lost to one step.
struct Wait {
    /// The newest world in that time.
    frame: Frame,
    end: Duration,
    length: Duration,
}

impl Waits {
    /// Counts lost time, while world `frame` is the newest.
    pub(super) fn add(&mut self, now: Duration, frame: Frame, length: Duration) {
        match self.0.back_mut().filter(|wait| wait.frame == frame) {
            Some(wait) => {
                wait.end = now;
                wait.length += length;
            }
            None => {
                if self.0.len() == MAX_WAITS {
                    self.0.pop_front();
                }
                let end = now;
                self.0.push_back(Wait { frame, end, length });
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the waits of the last [`WINDOW`] were too long, not counting the longest: a single
    /// gap, as every network has now and then, is judged by its length alone, by whoever asks
    /// how long inputs have been missing.
    fn are_too_long(&self, now: Duration) -> bool {
        let longest = self.within(now).max().unwrap_or_default();
        let all: Duration = self.within(now).sum();
        all.saturating_sub(longest) > ALLOWED
    }

    /// The lengths of the waits of the last [`WINDOW`].
    fn within(&self, now: Duration) -> impl Iterator<Item = Duration> {
        let start = now.saturating_sub(WINDOW);
        let within = move |wait: &Wait| wait.length.min(wait.end.saturating_sub(start));
        self.0.iter().map(within)
    }

    /// The time lost in waits that ended since.
    fn since(&self, start: Duration) -> Duration {
        let newest = self.0.iter().rev().take_while(|wait| wait.end > start);
        newest.map(|wait| wait.length).sum()
    }
}

impl<S: Simulation> Core<S> {
    /// For how long a driver's inputs have been missing: how long ago its newest new input came,
    /// if this peer needs a newer one by now. Nothing for a peer that cannot have any, since it
    /// has itself to wait for somebody else (unless it acknowledges nothing), and for one that
    /// drives no seat.
    ///
    /// A peer that sends a little now and then is not missing, but [`Core::holds_up`] the others.
    pub fn missing(&self, peer: PeerId, now: Duration) -> Duration {
        match self.driving_peers().find(|p| p.id == peer) {
            Some(p) if !self.is_excused(p) => now.saturating_sub(p.heard),
            _ => Duration::ZERO,
        }
    }

    /// How long ago a peer's newest datagram came, whatever was in it; nothing if none has come.
    pub fn quiet(&self, peer: PeerId, now: Duration) -> Option<Duration> {
        let peer = self.peers.iter().find(|p| p.id == peer)?;
        Some(now.saturating_sub(peer.newest_came()?))
    }

    /// For how long a peer says that it hears nothing of us, although we are awake; nothing for one
    /// that is silent itself.
    pub fn unheard(&self, peer: PeerId, now: Duration) -> Duration {
        let peer = self.peers.iter().find(|p| p.id == peer);
        peer.map_or(Duration::ZERO, |p| p.deaf_for(now))
    }

    /// The view that a peer followed by its last datagram, if that is another one than ours.
    pub fn elsewhere(&self, peer: PeerId) -> Option<u32> {
        self.peers.iter().find(|p| p.id == peer)?.elsewhere()
    }

    /// Whether a peer has sent anything in the last 0.3 s.
    pub fn lives(&self, peer: PeerId, now: Duration) -> bool {
        self.peers.iter().any(|p| p.id == peer && p.lives(now))
    }

    /// Whether two other drivers do not hear each other, as seen from here: `peer` has talked for so
    /// long, and lacks inputs of `author`'s that came here so long ago, and a round trip, and were not
    /// its last ones.
    pub fn is_cut_off(&self, peer: PeerId, author: PeerId, time: Duration, now: Duration) -> bool {
        let find = |id: PeerId| self.driving_peers().find(|p| p.id == id);
        let (Some(peer), Some(author)) = (find(peer), find(author)) else {
            return false;
        };
        let told = peer.frontiers().and_then(|ends| {
            let seats = self.streams_of(author.id).map(|(seat, _)| ends.get(seat));
            seats.min().flatten()
        });
        let since = told.and_then(|told| author.gave_past(*told));
        let wait = time + peer.rtt().unwrap_or_default();
        let is_old = since.is_some_and(|since| now.saturating_sub(since) >= wait);
        let goes_on = (author.newest_came()).is_some_and(|came| now.saturating_sub(came) < time);
        is_old && goes_on && peer.talks_for(now) >= time
    }

    /// Whether, over the last 2 s, this driver kept this peer below 55 steps a second. What counts
    /// is the time lost, and not caught up, while a due step waited at the prediction bound for
    /// inputs or acknowledgements of this very peer, and the time by which steps were stretched
    /// since it is behind; but not the longest single wait: a gap is [`Core::missing`]'s to judge.
    /// A peer that itself waits for another holds nobody up.
    pub fn holds_up(&self, peer: PeerId, now: Duration) -> bool {
        self.driving_peers()
            .any(|p| p.id == peer && p.waits.are_too_long(now))
    }

    /// Whether the match has run here without a hitch for a second.
    pub fn flows(&self, now: Duration) -> bool {
        let lately = now.saturating_sub(FLOWS_FOR);
        self.peers
            .iter()
            .all(|peer| peer.waits.since(lately) < HITCH)
    }

    /// Whether, over the last 2 s, this driver kept this peer below 55 steps a second, were it by a
    /// single gap. Enough to agree with somebody whom it [`Core::holds_up`].
    pub fn drags(&self, peer: PeerId, now: Duration) -> bool {
        self.driving_peers()
            .any(|p| p.id == peer && p.waits.within(now).sum::<Duration>() > ALLOWED)
    }

    /// Whether a peer has no inputs to give now: it waits for others, or we have all that we need.
    fn is_excused(&self, peer: &Peer) -> bool {
        let has_enough = self.given(peer) > self.frame();
        (has_enough || self.waits_for_others(peer, None)) && self.acknowledges(peer)
    }

    /// Whether `peer` has come as far as it may by what it can have heard from anybody else. Of
    /// whoever has fallen silent it may have heard less than we have: then its own word counts. With
    /// `heard_by`, it cannot have heard what came to us after that.
    fn waits_for_others(&self, peer: &Peer, heard_by: Option<Duration>) -> bool {
        let others = (self.streams.iter().enumerate()).filter(|(_, s)| s.driver() != Some(peer.id));
        let ends = others.map(|(seat, stream)| {
            let told = peer.frontiers().and_then(|ends| ends.get(seat));
            match (stream.driver(), told) {
                (Some(id), Some(told)) if self.fell_silent_before(id, peer, *told) => {
                    stream.end().min(stream.written_from(*told))
                }
                (Some(id), _) => {
                    let other = self.peers.iter().find(|p| p.id == id);
                    let had = other.zip(heard_by).and_then(|(p, by)| p.had_given(by));
                    had.map_or(stream.end(), |had| {
                        stream.end().min(stream.written_from(had))
                    })
                }
                _ => stream.end(),
            }
        });
        let mut bound = ends.min().unwrap_or(0);
        if !self.is_owner(peer.id) {
            bound = bound.min(self.horizon());
        }
        self.given(peer) >= bound.saturating_add(MAX_PREDICTION)
    }

    /// The first frame that a peer has yet to give: its inputs, and of the owner, which announces
    /// each frame with its own input, that it is final.
    fn given(&self, peer: &Peer) -> Frame {
        let received = self.received(peer);
        match self.is_owner(peer.id) {
            true => received.min(self.horizon()),
            false => received,
        }
    }

    /// Whether nothing came from `id` any more when `peer` was last heard, nor after its inputs from
    /// `told` on: otherwise it has said those again, and whoever lacks them does not hear it.
    fn fell_silent_before(&self, id: PeerId, peer: &Peer, told: Frame) -> bool {
        let other = self.peers.iter().find(|p| p.id == id);
        let (came, heard) = (other.and_then(Peer::newest_came), peer.newest_came());
        let given = other.and_then(|other| other.gave_past(told));
        came.zip(heard)
            .is_some_and(|(came, heard)| came + SILENT <= heard)
            && came
                .zip(given)
                .is_none_or(|(came, given)| came < given + SILENT)
    }

    /// Whether `peer` has acknowledged enough: for our next inputs to be sent to it, and for the
    /// next step to be made before anything more is confirmed.
    pub(super) fn acknowledges(&self, peer: &Peer) -> bool {
        let unacknowledged = self.authored().saturating_sub(self.acknowledged(peer));
        unacknowledged + MAX_INPUT_DELAY < MAX_UNACKED_INPUTS
            && self.frame() < self.held_by(peer).saturating_add(MAX_UNCONFIRMED)
    }

    /// Whether a due step has to wait for this very peer. If another one gives its inputs in bursts,
    /// each of which sets all free at another time, the one that hears it later than we do is no
    /// slower for it: only what came a round trip ago it must have, and have gone on by.
    fn is_waited_for(&self, peer: &Peer, now: Duration) -> bool {
        if !self.acknowledges(peer) {
            return true;
        }
        let bound = self.confirmable();
        let is_last =
            self.received(peer) <= bound || self.is_owner(peer.id) && self.horizon() <= bound;
        is_last
            && self.frame() >= bound.saturating_add(MAX_PREDICTION)
            && !self.has_come_far(peer, now)
    }

    /// A due step had to wait, and so much time was lost: owed to whom we wait for. If that one itself
    /// waits, it is owed to whoever has not gone on although it could.
    pub(super) fn count_waiting(&mut self, now: Duration, lost: Duration) {
        let frame = self.frame();
        let is_direct = (self.driving_peers()).any(|peer| self.is_waited_for(peer, now));
        for index in 0..self.peers.len() {
            let peer = &self.peers[index];
            let is_owed = match is_direct {
                true => self.is_waited_for(peer, now),
                false => self.is_late(peer, now),
            };
            if is_owed && self.drives(peer.id) {
                self.peers[index].waits.add(now, frame, lost.min(MAX_PAUSE));
            }
        }
    }

    /// Whether a peer has given nothing new for a while although it could.
    fn is_late(&self, peer: &Peer, now: Duration) -> bool {
        now.saturating_sub(peer.heard) >= LATE && !self.has_come_far(peer, now)
    }

    /// Whether a peer has come as far as it may by what it must have.
    fn has_come_far(&self, peer: &Peer, now: Duration) -> bool {
        self.waits_for_others(peer, Some(now.saturating_sub(peer.answers_in())))
    }

    /// Excuses whoever could not send anything. `slept` is the time in which nobody drove this
    /// core.
    pub(super) fn excuse(&mut self, now: Duration, slept: Duration) {
        for index in 0..self.peers.len() {
            let is_excused = self.is_excused(&self.peers[index]);
            let peer = &mut self.peers[index];
            // Whoever sleeps hears nobody, and that is nobody's fault.
            peer.heard = (peer.heard + slept).min(now);
            if is_excused {
                peer.heard = now;
            }
        }
    }
}
