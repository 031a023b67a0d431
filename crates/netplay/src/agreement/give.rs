//! Giving seats: to players that come back, and to newcomers.

use super::*;
use crate::rollback::STEP;
use protocol::agreement::Inputs;

/// Frames between the decision and a seat's change besides the slowest round trip: for the
/// turns of all sides, and for one message that must be sent again.
const MARGIN: Frame = 12;

/// The longest time between the decision and the change, in frames.
const LONGEST_LEAD: Frame = 60;

/// How long a seat is withheld from a peer that it was taken from, the first time; doubled each
/// further time, so that whoever does not keep up does not disturb the others again and again.
const WITHHELD: Duration = Duration::from_secs(2);

/// The longest time that a seat is withheld.
const LONGEST_WITHHELD: Duration = Duration::from_secs(60);

impl Agreement {
    /// From now on this peer is told how the log goes on: it has been sent a snapshot.
    pub fn add_joiner(&mut self, peer: PeerId) {
        if !self.joiners.contains(&peer) && self.joiners.len() < MAX_PEERS {
            self.joiners.push(peer);
        }
    }

    /// This peer needs no telling any more.
    pub fn remove_joiner(&mut self, peer: PeerId) {
        self.joiners.retain(|id| *id != peer);
    }

    /// As the owner: gives a seat to a peer that keeps up with the match. First the one that is kept
    /// for it, or for the player that it has `former`ly been; otherwise a bot's that is kept for
    /// nobody. Says whether it got one; if not, it may ask again.
    pub fn give_seat<S: Simulation>(
        &mut self,
        core: &mut Core<S>,
        to: PeerId,
        former: Option<Claim>,
        now: Duration,
    ) -> bool {
        if core.view().owner != self.me
            || self.asking.is_some()
            || core.drives(to)
            || core.log() as usize >= MAX_CHANGES
            || self.is_withheld(to, now)
            // Whoever does not say how far it has our inputs would only hold everybody up.
            || to != self.me && !core.lives(to, now)
        {
            return false;
        }
        let Some(seat) = self.free_seat(core, to, former) else {
            return false;
        };
        self.kept.retain(|kept| usize::from(kept.seat) != seat);
        let before = core.log();
        let seat = seat as u8;
        let change = SeatChange {
            seat,
            from: self.first_frame(core, to),
            driver: Some(to),
        };
        let inputs = Inputs {
            seat,
            ..Inputs::default()
        };
        self.append(core, LogEntry { change, inputs }, now);
        for id in self.followers(core) {
            self.tell_log(id, core, before);
        }
        true
    }

    fn is_withheld(&self, peer: PeerId, now: Duration) -> bool {
        self.taken.iter().any(|(id, times, when)| {
            let withheld = WITHHELD.saturating_mul(1 << times.saturating_sub(1).min(16));
            *id == peer && now < *when + withheld.min(LONGEST_WITHHELD)
        })
    }

    fn free_seat<S: Simulation>(
        &self,
        core: &Core<S>,
        to: PeerId,
        former: Option<Claim>,
    ) -> Option<usize> {
        let is_bots = |seat: &usize| core.ends()[*seat] == Frame::MAX;
        // Everybody knows everybody's claim: only who showed the token behind it, or is still the
        // same peer, can have it meant.
        let is_its = |kept: &&Kept| kept.peer == to || former == Some(kept.claim);
        let kept = self.kept.iter().find(is_its);
        let kept = kept.map(|kept| usize::from(kept.seat));
        let is_free = |seat: &usize| !self.kept.iter().any(|k| usize::from(k.seat) == *seat);
        kept.filter(is_bots)
            .or_else(|| (0..core.ends().len()).find(|seat| is_bots(seat) && is_free(seat)))
    }

    /// The first frame of a new driver: past all that was announced as final, and far enough
    /// ahead that everybody knows of it in time.
    fn first_frame<S: Simulation>(&self, core: &Core<S>, to: PeerId) -> Frame {
        let peers = core.order().into_iter().chain([to]);
        let trips = peers.filter_map(|id| core.peer_stats(id)?.rtt);
        let slowest = trips.max().unwrap_or_default();
        let lead = (slowest.as_secs_f64() / STEP.as_secs_f64()).ceil() as Frame + MARGIN;
        core.horizon().max(core.frame()) + lead.min(LONGEST_LEAD)
    }

    /// Keeps a lost driver's seat for its player.
    pub(super) fn keep(&mut self, room: &[Present], lost: PeerId, change: &SeatChange) {
        let Some(peer) = room.iter().find(|peer| peer.id == lost) else {
            return;
        };
        self.kept.retain(|kept| kept.seat != change.seat);
        let kept_for = if peer.left { LEFT_SEAT_KEPT } else { SEAT_KEPT };
        let steps = kept_for.as_secs() as Frame * STEPS_PER_SECOND;
        self.kept.push(Kept {
            seat: change.seat,
            peer: lost,
            claim: peer.claim,
            name: peer.name.clone(),
            until: change.from.saturating_add(steps),
        });
    }

    /// Remembers that a seat was taken from a peer.
    pub(super) fn note_taken(&mut self, peer: PeerId, now: Duration) {
        match self.taken.iter_mut().find(|(id, ..)| *id == peer) {
            Some((_, times, when)) => (*times, *when) = (*times + 1, now),
            None => {
                if self.taken.len() == MAX_PEERS {
                    self.taken.remove(0);
                }
                self.taken.push((peer, 1, now));
            }
        }
    }
}
