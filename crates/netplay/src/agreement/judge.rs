//! Answers that cannot be right, and those who keep everybody waiting with them.

use super::*;
use crate::rollback::{ApplyError, input};
use protocol::agreement::{Inputs, Report};

/// How long somebody may deny or evade all questions while a lost driver's seat waits for them.
/// Whoever hears an owner that the asker does not hear is answered by that owner long before.
const EVASION_DEADLINE: Duration = Duration::from_secs(3);

/// Frames by which two drivers may differ in what they hold of a third one. Neither steps more than
/// the prediction and the input delay past what the other confirms.
pub(super) const MAX_APART: Frame = MAX_UNACKED_INPUTS / 2;

impl Agreement {
    /// Remembers that a question was denied or evaded.
    pub(super) fn note_evasion(&mut self, peer: PeerId, now: Duration) {
        if !self.evaded.iter().any(|(id, _)| *id == peer) && self.evaded.len() < MAX_PEERS {
            self.evaded.push((peer, now));
        }
    }

    /// Those who have kept us from an end for too long.
    pub(super) fn evaders(&self, now: Duration) -> impl Iterator<Item = PeerId> {
        let overdue = move |since: Duration| now.saturating_sub(since) >= EVASION_DEADLINE;
        let evaded = self.evaded.iter();
        evaded.filter_map(move |(id, since)| overdue(*since).then_some(*id))
    }
}

impl Asking {
    /// Whether an honest peer could have answered so.
    pub(super) fn could_be<S: Simulation>(&self, report: &Report, core: &Core<S>) -> bool {
        let ends = core.ends();
        // In a view in force only its owner appends.
        let knows_more = self.view == core.view() && report.log > core.log();
        if report.ends.len() != ends.len() || report.installed > self.view.number || knows_more {
            return false;
        }
        let seats = self.lost.iter().flat_map(|id| core.seats_of(*id));
        let mut seats = seats.map(|seat| (seat, ends[seat], report.ends[seat]));
        seats.all(|(seat, ours, theirs)| match theirs > ours {
            true => holds::<S>(report, seat, ours, theirs),
            false => ours - theirs <= MAX_APART && core.inputs_from(seat, theirs).is_some(),
        })
    }
}

/// Whether no log that this peer's could go on with has such an entry. (One that only lacks inputs
/// here is another matter: then this peer has lost its way.)
pub(super) fn is_impossible<S: Simulation>(core: &Core<S>, entry: &LogEntry) -> bool {
    !matches!(core.check(entry), Ok(()) | Err(ApplyError::Gap(_)))
}

/// Whether a report has the inputs that it claims to hold, and they are some.
fn holds<S: Simulation>(report: &Report, seat: usize, ours: Frame, theirs: Frame) -> bool {
    let is_meant = |i: &&Inputs| usize::from(i.seat) == seat && i.first == ours;
    theirs - ours <= MAX_APART
        && report.inputs.iter().find(is_meant).is_some_and(|inputs| {
            inputs.words.len() == (theirs - ours) as usize
                && inputs
                    .words
                    .iter()
                    .all(|word| input::unpack::<S>(*word).is_some())
        })
}
