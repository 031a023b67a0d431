//! A replay to watch: forwards step by step, and anywhere at once.

use super::{Replay, ReplayError};
use protocol::{Frame, Simulation};

/// Frames between two keyframes at first, two seconds.
const KEYFRAME_INTERVAL: Frame = 120;

/// Keyframes that are kept. At the bound every second one goes, and the rest are twice as far
/// apart: 4 minutes of match at first, 32 s apart in one of the longest.
const MAX_KEYFRAMES: usize = 128;

/// A replay that is being watched. It has no clock: the game steps it as often as it likes, which
/// is pause and speed, and draws between [`Playback::previous`] and [`Playback::current`].
#[derive(Clone)]
pub struct Playback<S: Simulation> {
    replay: Replay<S>,
    frame: Frame,
    previous: S,
    current: S,
    /// Worlds to seek from, ascending, the first one of the replay first.
    keyframes: Vec<(Frame, S)>,
    interval: Frame,
    /// What happened in the newest step.
    events: Vec<S::Event>,
}

impl<S: Simulation> Playback<S> {
    /// Opens a file, at its beginning.
    ///
    /// # Errors
    /// As [`Replay::decode`].
    pub fn open(file: &[u8]) -> Result<Self, ReplayError> {
        Replay::decode(file).map(Self::new)
    }

    /// Begins to watch a replay.
    pub fn new(replay: Replay<S>) -> Self {
        let (frame, world) = (replay.start(), replay.first_world());
        Self {
            frame,
            previous: world.clone(),
            keyframes: vec![(frame, world.clone())],
            current: world,
            replay,
            interval: KEYFRAME_INTERVAL,
            events: Vec::new(),
        }
    }

    /// What is watched: its names, settings, first ([`Replay::start`]) and last
    /// ([`Replay::end`]) frame.
    pub fn replay(&self) -> &Replay<S> {
        &self.replay
    }

    /// The number of the current world.
    pub fn frame(&self) -> Frame {
        self.frame
    }

    /// The world before the current one; at the beginning the same.
    pub fn previous(&self) -> &S {
        &self.previous
    }

    /// The current world.
    pub fn current(&self) -> &S {
        &self.current
    }

    /// Whether there is no step left.
    pub fn is_at_end(&self) -> bool {
        self.frame >= self.replay.end()
    }

    /// Goes to the next world and tells what happened on the way; nothing at the end.
    pub fn step(&mut self) -> Option<&[S::Event]> {
        self.events.clear();
        if self.is_at_end() {
            return None;
        }
        self.previous.clone_from(&self.current);
        self.replay
            .advance(self.frame, &mut self.current, &mut self.events);
        self.frame += 1;
        self.keep();
        Some(&self.events)
    }

    /// Goes to world `frame`, or the first or last one if it is beyond. Nothing of what happens on
    /// the way is told. It costs the steps from the keyframe before: two seconds' at most where
    /// the replay was seen already (in proportion more past four minutes), else all steps from
    /// the newest one seen.
    pub fn seek(&mut self, frame: Frame) {
        let frame = frame.clamp(self.replay.start(), self.replay.end());
        let is_ahead = |from: Frame| from < self.frame && self.frame <= frame;
        // The previous world is wanted too, so the keyframe lies before it.
        let at = self.keyframes.partition_point(|(kept, _)| *kept < frame);
        let (from, world) = &self.keyframes[at.saturating_sub(1)];
        if !is_ahead(*from) {
            self.frame = *from;
            self.previous.clone_from(world);
            self.current.clone_from(world);
        }
        while self.frame < frame {
            self.step();
        }
        self.events.clear();
    }

    /// Keeps the current world as a keyframe if one is due.
    fn keep(&mut self) {
        let newest = self.keyframes.last().map_or(0, |(frame, _)| *frame);
        if self.frame < newest.saturating_add(self.interval) {
            return;
        }
        if self.keyframes.len() == MAX_KEYFRAMES {
            let mut index = 0;
            self.keyframes.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.interval *= 2;
            return;
        }
        self.keyframes.push((self.frame, self.current.clone()));
    }
}
