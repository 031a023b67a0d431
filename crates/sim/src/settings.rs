//! The options that a match starts with.

use protocol::limits::{MAX_SEATS, STEPS_PER_SECOND};
use serde::{Deserialize, Deserializer, Serialize};

/// What the players agree on before a match. Whatever was decoded, a world uses
/// [`Settings::clamped`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Seats in the match, 2 to [`MAX_SEATS`].
    pub seats: u8,
    /// Steps of play before the clock is at zero, 10 seconds to 15 minutes.
    pub match_steps: u32,
    /// Goals that end the match at once, 1 to 99; 0 for no limit.
    pub goal_limit: u8,
    /// Steps that golden goal may take after a draw, 0 (none) to 5 minutes. Then it is a draw.
    pub golden_goal_steps: u32,
}

impl Settings {
    /// The fewest steps of play.
    pub const MIN_MATCH_STEPS: u32 = 10 * STEPS_PER_SECOND;
    /// The most steps of play.
    pub const MAX_MATCH_STEPS: u32 = 15 * 60 * STEPS_PER_SECOND;
    /// The most steps of golden goal.
    pub const MAX_GOLDEN_GOAL_STEPS: u32 = 5 * 60 * STEPS_PER_SECOND;
    /// The highest goal limit.
    pub const MAX_GOAL_LIMIT: u8 = 99;

    /// The usual match for so many seats.
    pub fn for_seats(seats: u8) -> Self {
        Self {
            seats,
            ..Self::default()
        }
        .clamped()
    }

    /// These settings, brought into their bounds.
    pub fn clamped(&self) -> Self {
        Self {
            seats: self.seats.clamp(2, MAX_SEATS as u8),
            match_steps: self
                .match_steps
                .clamp(Self::MIN_MATCH_STEPS, Self::MAX_MATCH_STEPS),
            goal_limit: self.goal_limit.min(Self::MAX_GOAL_LIMIT),
            golden_goal_steps: self.golden_goal_steps.min(Self::MAX_GOLDEN_GOAL_STEPS),
        }
    }

    /// Decodes settings and brings them into their bounds, for a world that holds them.
    pub(crate) fn deserialize_clamped<'de, D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::deserialize(d).map(|settings| settings.clamped())
    }
}

impl Default for Settings {
    /// Two seats, three minutes, five goals, two minutes of golden goal.
    fn default() -> Self {
        Self {
            seats: 2,
            match_steps: 3 * 60 * STEPS_PER_SECOND,
            goal_limit: 5,
            golden_goal_steps: 2 * 60 * STEPS_PER_SECOND,
        }
    }
}
