//! Events for eyes and ears: each told once, although its frame may be stepped many times.

use protocol::{Event, Frame};
use std::collections::VecDeque;

/// Events that are kept for a caller that does not take them; the oldest go first.
const MAX_UNTAKEN: usize = 256;

/// Frames by which a corrected prediction may move an event, and it still counts as the same,
/// half a second. What was told in error and truly happens later than that is told again: eyes
/// and ears would miss it.
const MAX_MOVE: Frame = 30;

/// What has been told, and what waits to be.
pub(super) struct Events<E> {
    untaken: VecDeque<(Frame, E)>,
    /// Those that must not be taken back, of frames that are not confirmed.
    waiting: Vec<(Frame, E)>,
    /// Keys told lately, with the frame that each was told of.
    told: Vec<(Frame, u64)>,
}

impl<E: Event> Events<E> {
    pub(super) fn new() -> Self {
        Self {
            untaken: VecDeque::new(),
            waiting: Vec::new(),
            told: Vec::new(),
        }
    }

    /// Takes in an event of the step of `frame`.
    pub(super) fn happen(&mut self, frame: Frame, event: E) {
        if event.waits_for_confirmation() {
            self.waiting.push((frame, event));
        } else {
            self.tell(frame, event);
        }
    }

    /// The steps from `frame` on are about to be made again.
    pub(super) fn rewind(&mut self, frame: Frame) {
        self.waiting.retain(|(happened, _)| *happened < frame);
    }

    /// The steps before `frame` will not be made again.
    pub(super) fn confirm(&mut self, frame: Frame) {
        let certain = self.waiting.extract_if(.., |(f, _)| *f < frame);
        for (happened, event) in certain.collect::<Vec<_>>() {
            self.tell(happened, event);
        }
        self.told
            .retain(|(told, _)| told.saturating_add(MAX_MOVE) >= frame);
    }

    /// All that is to be told since the last call.
    pub(super) fn take(&mut self) -> Vec<(Frame, E)> {
        self.untaken.drain(..).collect()
    }

    fn tell(&mut self, frame: Frame, event: E) {
        let key = event.key();
        let is_same = |(f, k): &(Frame, u64)| *k == key && f.abs_diff(frame) <= MAX_MOVE;
        // What a corrected step repeats was told lately.
        if self.told.iter().rev().any(is_same) {
            return;
        }
        self.told.push((frame, key));
        if self.untaken.len() == MAX_UNTAKEN {
            self.untaken.pop_front();
        }
        self.untaken.push_back((frame, event));
    }
}
