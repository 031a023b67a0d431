//! What is known of a peer of the run.

use super::super::bounds::LEAST_PACE_WINDOW;
use netplay::session::Phase;
use protocol::{Frame, PeerId, agreement::View};
use std::{collections::VecDeque, time::Duration};

pub struct Record {
    pub id: PeerId,
    pub phase: Option<Phase>,
    /// When it came, until it is in a match.
    pub came: Option<Duration>,
    pub view: Option<View>,
    pub drives: bool,
    pub frame: Frame,
    pub confirmed: Frame,
    /// When its newest frame came.
    pub advanced: Duration,
    /// It sleeps, or did, until then.
    pub excused: Duration,
    /// Since when its pace is judged, and what was confirmed then.
    pub paced: Option<(Duration, Frame)>,
    /// Frames before this are confirmed at another distance: seats change hands there.
    pub steady_from: Frame,
    /// The steps of the last two seconds.
    pub steps: Steps,
    /// Since when it steps too slowly.
    pub slow_since: Option<Duration>,
    /// When its steps were last counted.
    pub looked: Duration,
}

impl Record {
    pub fn new(id: PeerId, now: Duration) -> Self {
        Self {
            id,
            phase: None,
            came: Some(now),
            view: None,
            drives: false,
            frame: 0,
            confirmed: 0,
            advanced: now,
            excused: Duration::ZERO,
            paced: None,
            steady_from: 0,
            steps: Steps::default(),
            slow_since: None,
            looked: now,
        }
    }

    /// What was measured so far is of another match, or was disturbed.
    pub fn measure_anew(&mut self) {
        self.paced = None;
        self.slow_since = None;
        self.steps = Steps::default();
    }
}

/// When frames came, in the last two seconds.
#[derive(Default)]
pub struct Steps(VecDeque<(Duration, Frame)>);

impl Steps {
    pub fn came(&mut self, now: Duration, frame: Frame) {
        self.0.push_back((now, frame));
        let start = now.saturating_sub(LEAST_PACE_WINDOW);
        while self.0.get(1).is_some_and(|(at, _)| *at <= start) {
            self.0.pop_front();
        }
    }

    /// Steps a second over the window but for the longest gap in it, which is a stall and judged as
    /// such; nothing before a whole window has passed.
    pub fn pace(&self, now: Duration) -> Option<f64> {
        let &(begun, first) = self.0.front()?;
        let time = now
            .checked_sub(begun)
            .filter(|time| *time >= LEAST_PACE_WINDOW)?;
        let times = || self.0.iter().map(|(at, _)| *at);
        let gaps = times().zip(times().skip(1).chain([now]));
        let longest = gaps.map(|(a, b)| b - a).max()?;
        let steps = self.0.back()?.1.saturating_sub(first);
        let rest = (time - longest).as_secs_f64();
        (rest > 0.5).then(|| f64::from(steps.saturating_sub(1)) / rest)
    }
}
