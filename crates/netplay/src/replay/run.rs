//! A replay, stepped from its beginning as fast as it goes.

use super::Replay;
use protocol::{Frame, Simulation};

/// A walk through the worlds of a replay, from the first to the last.
pub(super) struct Run<'a, S: Simulation> {
    replay: &'a Replay<S>,
    frame: Frame,
    world: S,
    /// Reused by every step; nobody looks.
    events: Vec<S::Event>,
}

impl<'a, S: Simulation> Run<'a, S> {
    pub(super) fn new(replay: &'a Replay<S>) -> Self {
        Self {
            replay,
            frame: replay.start(),
            world: replay.first_world(),
            events: Vec::new(),
        }
    }

    pub(super) fn frame(&self) -> Frame {
        self.frame
    }

    pub(super) fn world(&self) -> &S {
        &self.world
    }

    /// Goes to the next world. False at the last one.
    pub(super) fn step(&mut self) -> bool {
        self.events.clear();
        let stepped = self
            .replay
            .advance(self.frame, &mut self.world, &mut self.events);
        self.frame += Frame::from(stepped);
        stepped
    }

    /// Goes on to world `frame`, if it is not there or past it already.
    pub(super) fn step_to(&mut self, frame: Frame) {
        while self.frame < frame && self.step() {}
    }
}
