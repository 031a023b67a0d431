//! When a step is due.

use protocol::Frame;
use std::time::Duration;

/// The length of a step.
pub const STEP: Duration =
    Duration::from_nanos(1_000_000_000 / protocol::limits::STEPS_PER_SECOND as u64);

/// Steps that may be overdue, a quarter of a second: as many are caught up in one tick after a
/// hitch of this machine. Time beyond is given up; the others cannot be further ahead than
/// about their prediction bound, so nobody is left behind by it.
pub(super) const MAX_OVERDUE: u32 = 15;

/// Steps that stay overdue while the core waits at its prediction bound: enough to absorb a
/// datagram that came late by itself, too few for the others to feel them being caught up.
pub(super) const MAX_OVERDUE_WAITING: u32 = 2;

/// How much longer a step of the faster peer becomes, at most.
const MAX_STRETCH: f64 = 0.05;

/// How much longer a step becomes per frame of advantage: the bound is reached 2.5 frames past
/// the tolerated advantage, and a clock that runs 1 % fast settles half a frame past it.
const STRETCH_PER_FRAME: f64 = 0.02;

/// Advantage in frames that nobody corrects: measuring noise, and unequal ways there and back.
const TOLERATED_ADVANTAGE: f64 = 0.75;

/// Says when steps are due: at [`STEP`]'s rate, stretched for whoever is ahead.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    due: Duration,
    next: Duration,
}

impl Clock {
    /// A clock whose world 0 is due now.
    pub(super) fn new(now: Duration) -> Self {
        Self {
            due: now,
            next: now + STEP,
        }
    }

    /// When the newest world was due.
    pub(super) fn due(&self) -> Duration {
        self.due
    }

    /// When the next world is due.
    pub(super) fn next(&self) -> Duration {
        self.next
    }

    /// Counts a step; the one after it comes later by what `advantage` (in frames) asks. Says
    /// how much that is.
    pub(super) fn step(&mut self, advantage: f64) -> Duration {
        let stretch = (advantage - TOLERATED_ADVANTAGE) * STRETCH_PER_FRAME;
        // Mostly nobody is ahead, and a duration's product with a float takes 128 bits.
        let later = match stretch > 0.0 {
            true => STEP.mul_f64(stretch.min(MAX_STRETCH)),
            false => Duration::ZERO,
        };
        self.due = self.next;
        self.next += STEP + later;
        later
    }

    /// Gives up all overdue time but `keep` steps, and says how much that was.
    pub(super) fn give_up(&mut self, now: Duration, keep: u32) -> Duration {
        let lost = now.saturating_sub(STEP * keep).saturating_sub(self.next);
        self.due += lost;
        self.next += lost;
        lost
    }

    /// How much of the current step has passed, at most 1; negative before its world is due.
    pub(super) fn phase(&self, now: Duration) -> f64 {
        let passed = now.as_secs_f64() - self.due.as_secs_f64();
        (passed / STEP.as_secs_f64()).min(1.0)
    }

    /// Sets the clock so that `phase` of the current step has passed, at most 1.
    pub(super) fn set_phase(&mut self, now: Duration, phase: f64) {
        let phase = phase.min(1.0);
        self.due = if phase < 0.0 {
            now + STEP.mul_f64(-phase)
        } else {
            now.saturating_sub(STEP.mul_f64(phase))
        };
        self.next = self.due + STEP;
    }

    /// Counts steps that need not be made.
    pub(super) fn skip(&mut self, steps: Frame) {
        self.due += STEP * steps;
        self.next += STEP * steps;
    }
}
