//! Events for eyes and ears: each told once, although its frame may be stepped many times.

use protocol::{Event, Frame};
use std::collections::VecDeque;

/// Events that are kept for a caller that does not take them; the oldest go first.
pub(super) const MAX_EVENTS: usize = 256;

/// Events that wait for their frame to be confirmed, at most a second; the oldest go first.
pub(super) const MAX_WAITING: usize = 256;

/// Keys of events that were told lately. Past it the oldest are forgotten: such an event would be
/// told again if its step is corrected.
pub(super) const MAX_TOLD: usize = 1_024;

/// Frames by which a corrected prediction may move an event, and it still counts as the same,
/// half a second. What was told in error and truly happens later than that is told again: eyes
/// and ears would miss it.
const MAX_MOVE: Frame = 30;

/// What has been told, and what waits to be.
pub(super) struct Events<E> {
    untaken: VecDeque<(Frame, E)>,
    /// Those that must not be taken back, of frames that are not confirmed.
    waiting: VecDeque<(Frame, E)>,
    /// Keys told lately, with the frame that each was told of.
    told: VecDeque<(Frame, u64)>,
}

impl<E: Event> Events<E> {
    pub(super) fn new() -> Self {
        Self {
            untaken: VecDeque::new(),
            waiting: VecDeque::new(),
            told: VecDeque::new(),
        }
    }

    /// Takes in an event of the step of `frame`.
    pub(super) fn happen(&mut self, frame: Frame, event: E) {
        if event.waits_for_confirmation() {
            push_bounded(&mut self.waiting, (frame, event), MAX_WAITING);
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
        if !self.waiting.is_empty() {
            let all = std::mem::take(&mut self.waiting).into_iter();
            let (certain, waiting) = all.partition::<VecDeque<_>, _>(|(f, _)| *f < frame);
            self.waiting = waiting;
            for (happened, event) in certain {
                self.tell(happened, event);
            }
        }
        // Nothing that comes now can be the same as those: the ones behind, told later, may be of
        // frames a little older, and go a little later.
        let is_old = |(told, _): &mut (Frame, u64)| told.saturating_add(MAX_MOVE) < frame;
        while self.told.pop_front_if(is_old).is_some() {}
    }

    /// How many are untaken, wait, and were told lately.
    pub(super) fn lengths(&self) -> [usize; 3] {
        [self.untaken.len(), self.waiting.len(), self.told.len()]
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
        push_bounded(&mut self.told, (frame, key), MAX_TOLD);
        push_bounded(&mut self.untaken, (frame, event), MAX_EVENTS);
    }
}

/// Appends; at the limit the oldest one goes.
fn push_bounded<T>(queue: &mut VecDeque<T>, item: T, limit: usize) {
    if queue.len() == limit {
        queue.pop_front();
    }
    queue.push_back(item);
}
