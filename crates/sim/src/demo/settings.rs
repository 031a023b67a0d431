//! The options that a match starts with.

use crate::{
    checksum::Checksum,
    demo::{arena::ArenaKind, bot::Level},
};
use protocol::limits::{MAX_SEATS, STEPS_PER_SECOND};
use serde::{Deserialize, Deserializer, Serialize};

/// How heavy the ball is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Ball {
    /// A third of a disc's mass: kicks are fast, and whoever is hit hardly feels it.
    Light,
    /// Half of a disc's mass.
    #[default]
    Normal,
    /// As heavy as a disc: it pushes back.
    Heavy,
}

impl Ball {
    /// All of them, from the lightest on.
    pub const ALL: [Self; 3] = [Self::Light, Self::Normal, Self::Heavy];

    /// 1 divided by its mass, where a disc's is 1.
    pub(crate) const fn inverse_mass(self) -> f32 {
        match self {
            Self::Light => 3.0,
            Self::Normal => 2.0,
            Self::Heavy => 1.0,
        }
    }

    /// What becomes of the speed that a kick gives a normal ball.
    pub(crate) const fn kick_part(self) -> f32 {
        match self {
            Self::Light => 1.2,
            Self::Normal => 1.0,
            Self::Heavy => 0.8,
        }
    }
}

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
    /// Where it is played.
    pub arena: ArenaKind,
    /// The weight of the ball.
    pub ball: Ball,
    /// Whether discs can dash.
    pub dash: bool,
    /// How well the bots of each team play, by [`crate::demo::Team::index`].
    pub bots: [Level; 2],
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
            ..*self
        }
    }

    pub(crate) fn hash_into(&self, checksum: &mut Checksum) {
        // Named one by one, so that a new field cannot be forgotten.
        let Self {
            seats,
            match_steps,
            goal_limit,
            golden_goal_steps,
            arena,
            ball,
            dash,
            bots: [left, right],
        } = *self;
        checksum.word(u64::from(seats) << 32 | u64::from(match_steps));
        checksum.word(u64::from(goal_limit) << 32 | u64::from(golden_goal_steps));
        checksum.word(u64::from_le_bytes([
            arena as u8,
            ball as u8,
            u8::from(dash),
            left as u8,
            right as u8,
            0,
            0,
            0,
        ]));
    }

    /// Decodes settings and brings them into their bounds, for a world that holds them.
    pub(crate) fn deserialize_clamped<'de, D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::deserialize(d).map(|settings| settings.clamped())
    }
}

impl Default for Settings {
    /// Two seats in the classic arena, three minutes, five goals, two minutes of golden goal, and
    /// bots of the middle level.
    fn default() -> Self {
        Self {
            seats: 2,
            match_steps: 3 * 60 * STEPS_PER_SECOND,
            goal_limit: 5,
            golden_goal_steps: 2 * 60 * STEPS_PER_SECOND,
            arena: ArenaKind::Classic,
            ball: Ball::Normal,
            dash: true,
            bots: [Level::Medium; 2],
        }
    }
}
