//! Makes steps, and makes them again when a prediction was wrong.

use super::{Core, worlds::WINDOW};
use protocol::{Frame, Seat, Simulation, limits::MAX_SEATS};

/// What the newest [`WINDOW`] steps are made with, seat by seat.
///
/// It is kept because most of it holds when steps are made again: then only the seats that were
/// predicted wrongly are looked up anew.
pub(super) struct Lineups<I>(Box<[[Seat<I>; MAX_SEATS]; WINDOW]>);

impl<I: Copy + Default> Lineups<I> {
    pub(super) fn new() -> Self {
        Self(Box::new([[Seat::default(); MAX_SEATS]; WINDOW]))
    }

    /// All seats in the step of `frame`, those included that a match does not have.
    fn of(&mut self, frame: Frame) -> &mut [Seat<I>; MAX_SEATS] {
        &mut self.0[frame as usize % WINDOW]
    }
}

/// What was predicted wrongly.
#[derive(Clone, Copy)]
pub(super) struct Wrong {
    /// The first step that was made so.
    from: Frame,
    /// A bit for each seat that was, the first one's lowest.
    seats: u8,
}

impl<S: Simulation> Core<S> {
    /// Steps from the newest world to the next by what is known and predicted.
    pub(super) fn step(&mut self) {
        let frame = self.worlds.frame();
        self.again.begin(frame);
        self.line_up();
        self.make_step();
        self.tell_happened(frame);
        self.announce();
    }

    /// The same for a step that was made before, whose events are told already.
    pub(super) fn step_silently(&mut self) {
        self.line_up();
        self.make_step();
        self.happened.clear();
    }

    /// Steps from `frame` on, if made already, were made with something wrong of this seat.
    pub(super) fn correct_from(&mut self, seat: usize, frame: Frame) {
        if frame < self.worlds.frame() {
            let wrong = self.wrong.get_or_insert(Wrong {
                from: frame,
                seats: 0,
            });
            wrong.from = wrong.from.min(frame);
            wrong.seats |= 1 << seat;
        }
    }

    /// Goes back to the newest world that was made of right inputs, and steps again.
    pub(super) fn correct(&mut self) {
        let Some(Wrong { from, seats }) = self.wrong.take() else {
            return;
        };
        let newest = self.worlds.frame();
        for (seat, stream) in self.streams.iter_mut().enumerate() {
            if seats >> seat & 1 == 1 {
                for frame in from..newest {
                    self.lineups.of(frame)[seat] = stream.seat(frame);
                }
            }
        }
        self.worlds.rewind(from);
        self.events.rewind(from);
        for frame in from..newest {
            self.make_step();
            self.tell_happened(frame);
        }
        let depth = newest - from;
        self.again.count(from, newest);
        self.stats.rollbacks += 1;
        self.stats.resimulated += u64::from(depth);
        self.stats.longest_rollback = self.stats.longest_rollback.max(depth);
    }

    /// Looks up what the next step is made with.
    fn line_up(&mut self) {
        let frame = self.worlds.frame();
        let lineup = self.lineups.of(frame).iter_mut();
        for (seat, stream) in lineup.zip(&mut self.streams) {
            *seat = stream.seat(frame);
        }
    }

    /// Makes the next step, and leaves what happens to the caller.
    fn make_step(&mut self) {
        let frame = self.worlds.frame();
        debug_assert!(
            self.streams.iter().all(|stream| stream.is_used(frame)),
            "step {frame} is made with what is out of date"
        );
        let lineup = &self.lineups.of(frame)[..self.streams.len()];
        self.worlds.step(lineup, &mut self.happened);
    }

    fn tell_happened(&mut self, frame: Frame) {
        if self.happened.is_empty() {
            return; // As in most steps; draining nothing takes as long as a seat's input.
        }
        for event in self.happened.drain(..) {
            self.events.happen(frame, event);
        }
    }
}
