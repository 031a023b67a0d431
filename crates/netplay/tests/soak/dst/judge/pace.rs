//! Whether everybody steps and confirms at full pace, and waits for nobody too long.

use super::{Found, Judge, Record};
use crate::dst::{
    Figures, Invariant,
    bounds::{Bounds, LEAST_PACE, LOST_FRAMES, SETTLED, SLOW_FOR, WINDOW},
};
use netplay::rollback::Core;
use protocol::{Frame, Simulation, limits::STEPS_PER_SECOND};
use std::time::Duration;

/// How long frames are counted for the figures: so long that one more or less is not seen.
const MEASURED: Duration = Duration::from_secs(12);

/// How often the steps of the last two seconds are counted.
const LOOKS_EVERY: Duration = Duration::from_millis(100);

impl Judge {
    pub(super) fn judge_pace<S: Simulation>(
        &mut self,
        now: Duration,
        peer: u8,
        core: &Core<S>,
        at_rest: bool,
    ) -> Result<(), Found> {
        let (slowest, ails) = (self.slowest(core), !self.ailing.is_empty());
        let Some(record) = self.records.get_mut(&peer) else {
            return Ok(());
        };
        let mut look = Look {
            now,
            core,
            record,
            bounds: &self.bounds,
            disturbed: self.disturbed,
            figures: &mut self.figures,
        };
        look.judge_stall(slowest, ails)?;
        look.judge_steps()?;
        if at_rest {
            look.judge_confirmed()?;
        }
        Ok(())
    }

    /// A seat changes hands: from there on it takes longer, or less long, until a frame is known to
    /// everybody who drives.
    pub(super) fn note_change(&mut self, peer: u8, from: Frame) {
        if let Some(record) = self.records.get_mut(&peer) {
            record.steady_from = record.steady_from.max(from + STEPS_PER_SECOND);
        }
    }
}

/// One peer's pace, looked at after its turn.
struct Look<'a, S: Simulation> {
    now: Duration,
    core: &'a Core<S>,
    record: &'a mut Record,
    bounds: &'a Bounds,
    /// When something was last done to anybody.
    disturbed: Duration,
    figures: &'a mut Figures,
}

impl<S: Simulation> Look<'_, S> {
    /// Nobody waits for longer than a second and a round trip: counted from the last step, or from
    /// the last fault, if one came on top of another. Who had to wait already has no predictions
    /// left to play by meanwhile: a round trip more. Who is slow answers or asks with its
    /// next turns, `slowest` later at the most. `ails`: somebody is slow or hard of hearing now.
    fn judge_stall(&mut self, slowest: Duration, ails: bool) -> Result<(), Found> {
        let (now, core, record) = (self.now, self.core, &mut *self.record);
        let drives = core.drives(record.id);
        let awake = record.advanced.max(record.excused);
        if core.frame() > record.frame {
            let settled = !ails && record.advanced > self.disturbed + SETTLED;
            if drives {
                let gap = now.saturating_sub(awake);
                self.figures.gap(gap, settled);
                let felt = gap > self.bounds.hitch
                    && settled
                    && at_rest_before(record.advanced, record.excused);
                if felt && self.bounds.full_pace {
                    let detail =
                        format!("no step past {} for {gap:?} without a fault", record.frame);
                    return Err((Invariant::Hitch, detail));
                }
            }
            record.frame = core.frame();
            record.advanced = now;
            record.steps.came(now, core.frame());
        }
        let stalled = now.saturating_sub(awake.max(self.disturbed));
        let more = match self.disturbed > awake {
            true => self.bounds.round_trip,
            false => Duration::ZERO,
        };
        if stalled > self.bounds.stall + more + slowest && drives {
            let detail = format!("no step past {} for {stalled:?}", record.frame);
            return Err((Invariant::Stall, detail));
        }
        Ok(())
    }

    /// Nobody drags a match below 55 steps a second for more than two seconds: by then it is known,
    /// and a round trip later it is agreed on. A fault that comes meanwhile begins it anew.
    fn judge_steps(&mut self) -> Result<(), Found> {
        let (now, core, record) = (self.now, self.core, &mut *self.record);
        if now < record.looked + LOOKS_EVERY {
            return Ok(());
        }
        record.looked = now;
        let judged = core.drives(record.id) && now > record.excused && self.bounds.full_pace;
        let pace = record
            .steps
            .pace(now)
            .filter(|pace| judged && *pace < LEAST_PACE);
        let Some(pace) = pace else {
            record.slow_since = None;
            return Ok(());
        };
        let since = *record.slow_since.get_or_insert(now);
        if now > since.max(self.disturbed) + SLOW_FOR + 2 * self.bounds.round_trip {
            return Err((
                Invariant::Pace,
                format!("{pace:.1} steps a second since {since:?}"),
            ));
        }
        Ok(())
    }

    /// At rest, sixty frames a second are confirmed, but for those by which it is later known that
    /// everybody has them: never more than a few.
    fn judge_confirmed(&mut self) -> Result<(), Found> {
        let (now, core, record) = (self.now, self.core, &mut *self.record);
        let confirmed = core.confirmed();
        if confirmed < record.steady_from {
            record.paced = None;
            return Ok(());
        }
        let (since, from) = *record.paced.get_or_insert((now, confirmed));
        let time = now - since;
        if !self.bounds.full_pace || time < WINDOW {
            return Ok(());
        }
        let due = time.as_secs_f64() * f64::from(STEPS_PER_SECOND);
        let came = f64::from(confirmed.saturating_sub(from));
        if time >= MEASURED {
            self.figures.pace(came / time.as_secs_f64());
        }
        self.figures.behind(due - came);
        if came < due - LOST_FRAMES {
            let detail = format!("{came} frames were confirmed in {time:?}");
            return Err((Invariant::Pace, detail));
        }
        Ok(())
    }
}

/// Whether a peer was awake for long.
fn at_rest_before(advanced: Duration, excused: Duration) -> bool {
    advanced > excused + SETTLED
}
