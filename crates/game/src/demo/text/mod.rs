//! What the discs' game says, one file a language. All else is the house's.

mod english;
mod german;

use game::{contract::Words, preferences::Language};
use sim::demo::{ArenaKind, Ball, Level};

/// All sentences and labels of one language.
pub struct Said {
    /// What the house says of this game.
    pub words: Words,
    /// The options of a match.
    pub rules: Rules,
    /// On the buttons under a thumb: the kick, and the dash.
    pub buttons: [&'static str; 2],
    /// At the kick-off.
    pub go: &'static str,
    /// When the next goal ends the match.
    pub golden_goal: &'static str,
    /// A goal, for the team of this index.
    pub goal: fn(usize) -> &'static str,
    /// Who scored it, by name.
    pub scored: fn(&str) -> String,
    /// Who shot it into the own goal.
    pub own_goal: fn(&str) -> String,
    /// What the players did in a match that is over.
    pub figures: Figures,
    /// The first lesson.
    pub taught: Taught,
}

/// What the players did in a match that is over.
pub struct Figures {
    /// Who scored.
    pub scorers: fn(&str) -> String,
    /// Who scored last.
    pub last_goal: fn(&str) -> String,
    /// A player's own goal.
    pub own_goal_of: fn(&str) -> String,
    /// Above goals, own goals, saves, kicks and the share of the ball: each short.
    pub heads: [&'static str; 5],
}

/// The first lesson: what to do with keys, with a gamepad, and with fingers, whose stick and buttons
/// are drawn on the glass.
pub struct Taught {
    /// To move.
    pub moving: [&'static str; 3],
    /// To kick.
    pub kicking: [&'static str; 3],
    /// To kick harder, after a weak kick.
    pub hold_longer: [&'static str; 3],
    /// To dash.
    pub dashing: [&'static str; 3],
    /// To score.
    pub scoring: &'static str,
    /// When a step is done.
    pub praise: &'static str,
    /// When all is done.
    pub farewell: &'static str,
}

/// The options of a match. Each stands on a button, so it is short.
pub struct Rules {
    /// Where it is played.
    pub arena: fn(ArenaKind) -> &'static str,
    /// So many against as many.
    pub teams: fn(u8) -> String,
    /// So many minutes.
    pub time: fn(u32) -> String,
    /// So many goals end it; none do.
    pub goals: fn(Option<u8>) -> String,
    /// The ball's weight.
    pub ball: fn(Ball) -> &'static str,
    /// Whether discs dash.
    pub dash: fn(bool) -> &'static str,
    /// How well bots play.
    pub bots: fn(Level) -> &'static str,
}

/// What is said in a language.
pub fn of(language: Language) -> &'static Said {
    match language {
        Language::English => &english::SAID,
        Language::German => &german::SAID,
    }
}
