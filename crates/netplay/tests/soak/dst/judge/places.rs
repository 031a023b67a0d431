//! Whether everybody has a place in the match: newcomers get one, the lost one's is given away.

use super::{Found, Judge};
use crate::dst::{
    Breach, Invariant,
    bounds::{GONE, SETTLED},
};
use netplay::{rollback::Core, session::room::Room};
use protocol::Simulation;
use std::time::Duration;

impl Judge {
    /// A newcomer is soon in the match, and soon has a seat if there is one.
    pub(super) fn note_entry<S: Simulation>(&mut self, now: Duration, peer: u8, core: &Core<S>) {
        let Some(record) = self.records.get_mut(&peer) else {
            return;
        };
        let Some(came) = record.came else { return };
        if core.drives(record.id) || core.keeps_up(now) {
            record.came = None;
            // The first ones have waited for each other.
            if came > Duration::ZERO && self.disturbed <= came && self.lasting == 0 {
                self.figures.joins.take(now - came);
            }
        }
    }

    /// Whoever is gone drives nothing any more, and is shown no more.
    pub(super) fn judge_gone<S: Simulation>(
        &mut self,
        now: Duration,
        peer: u8,
        room: &Room<S>,
    ) -> Result<(), Found> {
        for (gone, since) in &self.gone {
            let deadline = *since + self.bounds.gone;
            // Judged once, in the second after the deadline; not if something else came in between.
            let is_due = now > deadline && now <= deadline + GONE / 3;
            let disturbed = self.disturbed > *since || self.lasting > 0;
            if *gone == peer || !is_due || disturbed {
                continue;
            }
            let Some(record) = self.records.get(gone) else {
                continue;
            };
            if room.core().is_some_and(|core| core.drives(record.id)) {
                return Err((Invariant::Gone, format!("P{gone} still drives a seat")));
            }
            let shown = room.view().peers;
            if shown.iter().any(|shown| shown.id == record.id) {
                return Err((Invariant::Gone, format!("P{gone} is still shown")));
            }
        }
        Ok(())
    }

    /// A newcomer that is not in the match although it should be. Its time counts from its coming
    /// if nothing disturbs. Whoever comes while somebody is frozen, cut off or without signaling
    /// cannot get in before that is over and dealt with: a match is entered at its owner, who may be
    /// the frozen one, and only by those who reach all that play.
    pub fn judge_newcomers(&mut self, now: Duration) -> Result<(), Breach> {
        let is_gone = |peer: &u8| self.gone.iter().any(|(gone, _)| gone == peer);
        let mut players = self.records.iter().filter(|(peer, _)| !is_gone(peer));
        if !players.any(|(_, record)| record.drives) {
            self.unplayed = now;
        }
        if self.lasting > 0 || self.unplayed == now {
            return Ok(());
        }
        for (peer, record) in self.records.iter().filter(|(peer, _)| !is_gone(peer)) {
            let Some(came) = record.came.filter(|came| *came > Duration::ZERO) else {
                continue;
            };
            // Without a match there is nothing to enter.
            let came = came.max(self.unplayed);
            let deadline = match self.disturbed > came {
                true => self.disturbed + SETTLED + self.bounds.join,
                false => came + self.bounds.join,
            };
            if now > deadline {
                return Err(Breach {
                    invariant: Invariant::Join,
                    at: now,
                    peer: Some(*peer),
                    detail: format!("is not in the match {:?} after it came", now - came),
                });
            }
        }
        Ok(())
    }
}
