//! The flow of a match: kick-off, play, goal, golden goal, end.
//!
//! ```text
//! KickOff ──► Play ──► Celebration ──► KickOff …
//!    ▲          │            │
//!    │ (draw)   ▼            ▼
//!    └── clock at zero ──► Over
//! ```

use crate::{
    checksum::Checksum,
    demo::{settings::Settings, team::Team},
};
use protocol::limits::STEPS_PER_SECOND;
use serde::{Deserialize, Serialize};

/// Steps of a kick-off: everybody stands and breathes.
pub(crate) const KICK_OFF_STEPS: u16 = STEPS_PER_SECOND as u16;
/// Steps of a celebration: the ball rests in the net, discs may dance.
pub(crate) const CELEBRATION_STEPS: u16 = 2 * STEPS_PER_SECOND as u16;

/// What part of the match it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Everybody stands on their place, and nothing moves.
    KickOff {
        /// Steps until play.
        steps_left: u16,
    },
    /// The clock runs, goals count.
    Play,
    /// A goal was scored. Discs and ball move, the clock stands, goals do not count.
    Celebration {
        /// Who scored.
        scorer: Team,
        /// Steps until the kick-off or the end.
        steps_left: u16,
    },
    /// The match is over, everything rolls to rest.
    Over {
        /// Who won; nobody at a draw.
        winner: Option<Team>,
    },
}

/// What follows from the passing of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing new.
    Nothing,
    /// Play begins.
    Whistle,
    /// Everybody to their places.
    LineUp,
    /// Everybody to their places, and the next goal wins.
    GoldenGoal,
    /// The match is over.
    Over,
}

/// Phase, score and clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Flow {
    pub phase: Phase,
    /// By [`Team::index`].
    pub score: [u8; 2],
    /// Steps of play left, in regular time or golden goal.
    pub clock: u32,
    pub golden_goal: bool,
}

impl Flow {
    pub fn new(settings: &Settings) -> Self {
        Self {
            phase: Phase::KickOff {
                steps_left: KICK_OFF_STEPS,
            },
            score: [0; 2],
            clock: settings.match_steps,
            golden_goal: false,
        }
    }

    /// Counts a goal, if goals count now. Returns whether it did.
    pub fn score_goal(&mut self, scorer: Team) -> bool {
        if self.phase != Phase::Play {
            return false;
        }
        let goals = &mut self.score[scorer.index()];
        *goals = goals.saturating_add(1);
        self.phase = Phase::Celebration {
            scorer,
            steps_left: CELEBRATION_STEPS,
        };
        true
    }

    /// Lets a step pass.
    pub fn advance(&mut self, settings: &Settings) -> Turn {
        match self.phase {
            Phase::KickOff { steps_left } if steps_left > 1 => {
                self.phase = Phase::KickOff {
                    steps_left: steps_left - 1,
                };
                Turn::Nothing
            }
            Phase::KickOff { .. } => {
                self.phase = Phase::Play;
                Turn::Whistle
            }
            Phase::Play => {
                self.clock = self.clock.saturating_sub(1);
                if self.clock > 0 {
                    Turn::Nothing
                } else {
                    self.end_of_time(settings)
                }
            }
            Phase::Celebration { scorer, steps_left } if steps_left > 1 => {
                self.phase = Phase::Celebration {
                    scorer,
                    steps_left: steps_left - 1,
                };
                Turn::Nothing
            }
            Phase::Celebration { .. } => self.end_of_celebration(settings),
            Phase::Over { .. } => Turn::Nothing,
        }
    }

    /// Who has more goals.
    pub fn leader(&self) -> Option<Team> {
        let [left, right] = self.score;
        match left.cmp(&right) {
            std::cmp::Ordering::Less => Some(Team::Right),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(Team::Left),
        }
    }

    fn end_of_time(&mut self, settings: &Settings) -> Turn {
        if self.leader().is_some() || self.golden_goal || settings.golden_goal_steps == 0 {
            return self.end();
        }
        self.golden_goal = true;
        self.clock = settings.golden_goal_steps;
        self.phase = Phase::KickOff {
            steps_left: KICK_OFF_STEPS,
        };
        Turn::GoldenGoal
    }

    fn end_of_celebration(&mut self, settings: &Settings) -> Turn {
        let limit = settings.goal_limit;
        let limit_reached = limit > 0 && self.score.iter().any(|goals| *goals >= limit);
        if self.golden_goal || limit_reached {
            return self.end();
        }
        self.phase = Phase::KickOff {
            steps_left: KICK_OFF_STEPS,
        };
        Turn::LineUp
    }

    fn end(&mut self) -> Turn {
        self.phase = Phase::Over {
            winner: self.leader(),
        };
        Turn::Over
    }

    pub fn hash_into(&self, checksum: &mut Checksum) {
        let Self {
            phase,
            score,
            clock,
            golden_goal,
        } = self;
        let team = |team: Team| team.index() as u64;
        checksum.word(match *phase {
            Phase::KickOff { steps_left } => u64::from(steps_left) << 8,
            Phase::Play => 1,
            Phase::Celebration { scorer, steps_left } => {
                u64::from(steps_left) << 8 | team(scorer) << 4 | 2
            }
            Phase::Over { winner } => winner.map_or(2, team) << 4 | 3,
        });
        checksum.word(
            u64::from(*clock) << 32
                | u64::from(score[0]) << 16
                | u64::from(score[1]) << 8
                | u64::from(*golden_goal),
        );
    }
}
