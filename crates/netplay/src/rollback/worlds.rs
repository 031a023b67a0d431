//! The newest worlds: every one that may still turn out wrong, and the one before.

use protocol::{Frame, Seat, Simulation};

/// Worlds that are kept: those from the confirmed one to the newest, and the one before the
/// newest, which is always drawn.
pub(super) const WINDOW: usize = 64;

/// Steps from the confirmed world to the newest. A frame is confirmed when it is known that every
/// driver has its inputs, which takes a round trip: a second is plenty. Whoever lets the others
/// wait at this bound acknowledges nothing.
pub(super) const MAX_UNCONFIRMED: Frame = WINDOW as Frame - 2;

/// A ring of worlds, each a snapshot of the match before the step of its number.
pub(super) struct Worlds<S> {
    ring: Vec<S>,
    frame: Frame,
    /// The oldest world that was ever here.
    since: Frame,
}

impl<S: Simulation> Worlds<S> {
    /// Begins with world `frame`.
    pub(super) fn new(frame: Frame, world: S) -> Self {
        Self {
            ring: vec![world; WINDOW],
            frame,
            since: frame,
        }
    }

    /// The number of the newest world.
    pub(super) fn frame(&self) -> Frame {
        self.frame
    }

    /// World `frame`, one of the newest [`WINDOW`].
    pub(super) fn get(&self, frame: Frame) -> &S {
        debug_assert!(frame <= self.frame && self.frame - frame < WINDOW as Frame);
        &self.ring[frame as usize % WINDOW]
    }

    /// World `frame`, if it is here.
    pub(super) fn kept(&self, frame: Frame) -> Option<&S> {
        let is_kept = (self.since..=self.frame).contains(&frame);
        (is_kept && self.frame - frame < WINDOW as Frame).then(|| self.get(frame))
    }

    /// The newest world.
    pub(super) fn newest(&self) -> &S {
        self.get(self.frame)
    }

    /// Steps from the newest world to the next one.
    pub(super) fn step(&mut self, seats: &[Seat<S::Input>], events: &mut Vec<S::Event>) {
        let now = self.frame as usize % WINDOW;
        self.frame += 1;
        let next = self.frame as usize % WINDOW;
        // Copied once, to where it stays, and stepped there.
        let Ok([now, next]) = self.ring.get_disjoint_mut([now, next]) else {
            unreachable!("a window of more than one world has two places in a row");
        };
        next.clone_from(now);
        next.step(seats, events);
    }

    /// Makes world `frame` the newest again, to step from it anew.
    pub(super) fn rewind(&mut self, frame: Frame) {
        debug_assert!(frame <= self.frame && self.frame - frame < WINDOW as Frame);
        self.frame = frame;
    }
}
