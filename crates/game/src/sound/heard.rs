//! What was heard lately, so that nothing is heard twice.
//!
//! A session tells each event once, however often its step is made again. But two scenes of a
//! window are two sessions of one match, the second of them hearing of it later: the ear must not.

use bevy::prelude::*;
use protocol::Frame;
use std::{collections::VecDeque, time::Duration};

/// Events that are remembered; the oldest go first, and would be heard again.
const MAX: usize = 512;

/// Frames by which a correction or the other scene may move an event: half a second, as in the
/// session.
const MAX_MOVE: Frame = 30;

/// How long an event is remembered. Longer than scenes are apart, shorter than it takes to start
/// another match, whose events have the same names.
const MEMORY: Duration = Duration::from_millis(1_500);

/// The names, frames and times of events that were heard.
#[derive(Resource, Default)]
pub struct Heard(VecDeque<(u64, Frame, Duration)>);

impl Heard {
    /// Whether the event of this name is new at the time `now`; it is not from then on.
    pub fn is_new(&mut self, key: u64, frame: Frame, now: Duration) -> bool {
        while let Some((.., at)) = self.0.front()
            && (self.0.len() >= MAX || now.saturating_sub(*at) > MEMORY)
        {
            self.0.pop_front();
        }
        let is_same =
            |(k, f, _): &(u64, Frame, Duration)| *k == key && f.abs_diff(frame) <= MAX_MOVE;
        if self.0.iter().any(is_same) {
            return false;
        }
        self.0.push_back((key, frame, now));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_new_once() {
        let mut heard = Heard::default();
        let now = Duration::from_secs(1);
        assert!(heard.is_new(7, 100, now));
        assert!(!heard.is_new(7, 104, now));
        assert!(heard.is_new(8, 104, now));
        assert!(heard.is_new(7, 200, now));
    }

    #[test]
    fn the_next_match_is_heard_although_its_events_have_the_same_names() {
        let mut heard = Heard::default();
        assert!(heard.is_new(7, 100, Duration::from_secs(1)));
        assert!(heard.is_new(7, 100, Duration::from_secs(3)));
    }

    #[test]
    fn the_memory_is_bounded() {
        let mut heard = Heard::default();
        for key in 0..10 * MAX as u64 {
            assert!(heard.is_new(key, 1, Duration::ZERO));
        }
        assert_eq!(heard.0.len(), MAX);
    }
}
