//! Which match we should be in: none of ours runs, ours has lost its way, or the room had split
//! and another part of it goes on.

use super::*;
use protocol::peer::Playing;
use std::cmp::Ordering;

/// How long another part of the room must have been seen apart before one goes over to it: a
/// change of view that is under way is over by then.
const APART: Duration = Duration::from_millis(500);

/// How old a line may be to count here: it comes once a second, or a little later.
const FRESH: Duration = Duration::from_millis(2_500);

/// Frames by which one part of a split room must be ahead of the other for that to decide which
/// goes on, as when the other was frozen: less is only the way of the lines.
const CLEARLY_AHEAD: f64 = 30.0;

/// How long after two parts have met it counts which is ahead.
const LEADS_COUNT: Duration = Duration::from_secs(4);

/// Frames behind the drivers past which a watcher begins anew: it would never be told the inputs
/// between.
const FAR_BEHIND: f64 = 90.0;

/// How long one that wants to play listens while no seat can come to it. A seat that is kept for
/// whom it was before comes within this.
const SEATLESS: Duration = Duration::from_secs(3);

/// How long a match that we cannot follow may be played by nobody before we leave it.
const DESERTED: Duration = Duration::from_secs(3);

/// A part of the room that plays, as its drivers' lines tell.
struct Branch {
    playing: Playing,
    drivers: usize,
    /// The frame that it has confirmed by now.
    reached: f64,
}

impl<S: Simulation> Room<S> {
    /// The owner of the match that we should enter, and the match.
    pub(super) fn match_to_enter(&mut self) -> Option<(PeerId, u32)> {
        let branches = self.branches();
        let theirs = match self.playing() {
            Some(_) if self.watching.is_some() => {
                if !self.enters_anew() {
                    return None;
                }
                self.only_watches = self.config.watch;
                best(branches.iter())
            }
            Some(ours) => {
                let other = best(
                    branches
                        .iter()
                        .filter(|b| b.playing.view.id != ours.view.id),
                );
                let is_lost = self.has_lost_its_way(&ours, &branches);
                self.lost_since = is_lost.then(|| self.lost_since.unwrap_or(self.now));
                if is_lost || self.settles_to_watch() {
                    self.return_when_nobody_plays(&branches);
                    best(branches.iter())
                } else if self.is_apart_for_long(&ours, &branches, other) {
                    other
                } else {
                    None
                }
            }
            None if self.phase == Phase::Lobby || self.phase == Phase::Result && self.ready => {
                best(branches.iter())
            }
            None => None,
        }?;
        let host = theirs.playing.view.owner;
        let can_ask = Some(host) != self.id && self.peers.is_here(host);
        can_ask.then_some((host, theirs.playing.match_id))
    }

    /// Goes back to the lobby from a match that cannot be followed and that nobody plays any
    /// more: it was over for all others.
    fn return_when_nobody_plays(&mut self, branches: &[Branch]) {
        let since = self.lost_since.unwrap_or(self.now);
        if branches.is_empty() && self.now.saturating_sub(since) >= DESERTED {
            self.lost_since = None;
            self.leave_match();
            self.notify(Notice::Missed);
            self.enter(Phase::Lobby);
        }
    }

    /// Whether others play a match that we might enter.
    pub(super) fn is_match_running(&self) -> bool {
        !self.branches().is_empty()
    }

    /// The parts of the room that play, ours included if it has others in it.
    fn branches(&self) -> Vec<Branch> {
        let mut branches: Vec<Branch> = Vec::new();
        for peer in self.peers.here() {
            let age = self.now.saturating_sub(peer.line_came);
            let Some(playing) = peer.playing.filter(|p| p.drives && age < FRESH) else {
                continue;
            };
            if Some(playing.match_id) == self.finished {
                continue;
            }
            let steps = age.as_secs_f64() * f64::from(STEPS_PER_SECOND);
            let reached = f64::from(playing.confirmed) + steps;
            match branches.iter_mut().find(|b| b.playing.view == playing.view) {
                Some(branch) => {
                    branch.drivers += 1;
                    if reached > branch.reached {
                        branch.reached = reached;
                    }
                }
                None => branches.push(Branch {
                    playing,
                    drivers: 1,
                    reached,
                }),
            }
        }
        branches
    }

    /// Whether we cannot follow our match any more.
    fn has_lost_its_way(&self, ours: &Playing, branches: &[Branch]) -> bool {
        let stranded = self
            .play
            .as_ref()
            .is_some_and(|play| play.agreement.is_stranded() || play.core.is_stranded(self.now));
        let is_far_behind = |branch: &Branch| {
            branch.playing.view.id == ours.view.id
                && branch.reached - f64::from(ours.confirmed) > FAR_BEHIND
        };
        stranded || !ours.drives && branches.iter().any(is_far_behind)
    }

    /// Whether we have found that there is no seat for us, and are content with watching.
    fn settles_to_watch(&mut self) -> bool {
        let Some(play) = &mut self.play else {
            return false;
        };
        let me = self.id;
        let kept = play.agreement.kept();
        let may_come = play.core.ends().iter().enumerate().any(|(seat, end)| {
            let kept = kept.iter().find(|kept| usize::from(kept.seat) == seat);
            *end == Frame::MAX && kept.is_none_or(|kept| Some(kept.peer) == me)
        });
        if may_come || me.is_some_and(|me| play.core.drives(me)) {
            play.seatless_since = None;
            return false;
        }
        let since = *play.seatless_since.get_or_insert(self.now);
        let settles = self.now.saturating_sub(since) >= SEATLESS;
        self.only_watches |= settles;
        settles
    }

    /// Whether a branch that should go on instead of ours has been seen for long enough.
    fn is_apart_for_long(
        &mut self,
        ours: &Playing,
        branches: &[Branch],
        other: Option<&Branch>,
    ) -> bool {
        let company = branches.iter().find(|b| b.playing.view.id == ours.view.id);
        let ours = Branch {
            playing: *ours,
            drivers: company.map_or(0, |b| b.drivers) + usize::from(ours.drives),
            reached: ours.confirmed.into(),
        };
        let Some(other) = other else {
            (self.met_since, self.apart_since) = (None, None);
            return false;
        };
        let met_since = *self.met_since.get_or_insert(self.now);
        let leads_count = self.now.saturating_sub(met_since) < LEADS_COUNT;
        if !compare(other, &ours, leads_count).is_gt() {
            self.apart_since = None;
            return false;
        }
        let since = *self.apart_since.get_or_insert(self.now);
        self.now.saturating_sub(since) >= APART
    }
}

/// Which of two branches goes on when they meet: the one with more drivers; between equals the one
/// that is clearly ahead; then the lower view, whose owner did not change.
///
/// Each part judges by lines that are as old as their way is long, so near the bound the two may
/// come to different answers about who is ahead. `leads_count` ends that after a while.
fn compare(a: &Branch, b: &Branch, leads_count: bool) -> Ordering {
    let ahead = a.reached - b.reached;
    let one_match = a.playing.match_id == b.playing.match_id;
    let is_clear = leads_count && one_match && ahead.abs() >= CLEARLY_AHEAD;
    let reign = |branch: &Branch| (branch.playing.view.number, branch.playing.view.id);
    a.drivers
        .cmp(&b.drivers)
        .then_with(|| match is_clear {
            true => ahead.total_cmp(&0.0),
            false => Ordering::Equal,
        })
        .then_with(|| reign(b).cmp(&reign(a)))
}

fn best<'a>(branches: impl Iterator<Item = &'a Branch>) -> Option<&'a Branch> {
    branches.max_by(|a, b| compare(a, b, true))
}
