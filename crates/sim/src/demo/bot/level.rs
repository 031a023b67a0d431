//! How well bots play, and what makes the difference.

use serde::{Deserialize, Serialize};

/// How well a team's bots play.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Level {
    /// For the first matches: slow, late and generous.
    Easy,
    /// Plays straight on, and forgives a mistake.
    #[default]
    Medium,
    /// Looks ahead, aims past keepers, passes, and saves what can be saved.
    Hard,
    /// Steps aside and looks on: somebody to learn against.
    Idle,
}

impl Level {
    /// All that play, from the weakest on.
    pub const ALL: [Self; 3] = [Self::Easy, Self::Medium, Self::Hard];

    /// What it can do, if it does anything.
    pub(super) const fn skill(self) -> Option<&'static Skill> {
        match self {
            Self::Easy => Some(&EASY),
            Self::Medium => Some(&MEDIUM),
            Self::Hard => Some(&HARD),
            Self::Idle => None,
        }
    }
}

/// What a level can do.
pub(super) struct Skill {
    /// The part of a disc's thrust that it uses.
    pub thrust: f32,
    /// How late it sees the ball, in seconds.
    pub lag: f32,
    /// How far its whim moves the aim, as a part of the goal's mouth.
    pub error: f32,
    /// Whether it dashes.
    pub dashes: bool,
    /// Whether it looks for the open way: past keepers, by a wall, to a mate.
    pub looks: bool,
    /// Whether it stands in the way of shots, and falls back where it comes too late.
    pub saves: bool,
}

const EASY: Skill = Skill {
    thrust: 0.66,
    lag: 0.2,
    error: 0.9,
    dashes: false,
    looks: false,
    saves: false,
};

const MEDIUM: Skill = Skill {
    thrust: 0.9,
    lag: 0.08,
    error: 0.6,
    dashes: true,
    looks: false,
    saves: false,
};

const HARD: Skill = Skill {
    thrust: 1.0,
    lag: 0.0,
    error: 0.1,
    dashes: true,
    looks: true,
    saves: true,
};
