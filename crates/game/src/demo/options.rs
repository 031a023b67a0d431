//! What a match can be like: its options, and who sits where.

use super::text::Rules;
use protocol::limits::{MAX_SEATS, STEPS_PER_SECOND};
use sim::demo::{ArenaKind, Ball, Level, Settings};

/// The seats of a match that nobody has changed.
const DEFAULT_SEATS: u8 = 2;

/// The settings of a match while the owner has chosen none, whoever plays it.
pub fn settings() -> Settings {
    Settings {
        match_steps: 2 * MINUTE,
        goal_limit: 3,
        ..Settings::for_seats(DEFAULT_SEATS)
    }
}

/// Seats players by the teams that they want, the others where there are fewer. Both teams are as
/// large: as the fuller one has players, and at least as the settings say.
pub fn seating(settings: Settings, teams: &[Option<u8>]) -> (Settings, Vec<Option<usize>>) {
    const TEAM: usize = MAX_SEATS / 2;
    let mut taken = [0; 2];
    let mut take = |team: usize| {
        let place = taken.get_mut(team).filter(|taken| **taken < TEAM)?;
        *place += 1;
        Some((*place - 1) * 2 + team)
    };
    // Whoever wants a team comes first: the others can make up for it.
    let mut places: Vec<_> = teams
        .iter()
        .map(|team| take(usize::from((*team)?)))
        .collect();
    for place in places.iter_mut().filter(|place| place.is_none()) {
        let smaller = usize::from(taken[0] > taken[1]);
        if taken[smaller] < TEAM {
            *place = Some(taken[smaller] * 2 + smaller);
            taken[smaller] += 1;
        }
    }
    let fuller = taken[0].max(taken[1]).max(1);
    let settings = settings.clamped();
    let seats = settings.seats.max(2 * fuller as u8).next_multiple_of(2);
    (Settings { seats, ..settings }, places)
}

/// An option of a match that a room's owner may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Where it is played.
    Arena,
    /// How large the teams are at least; bots fill them up.
    Teams,
    /// How long it lasts.
    Time,
    /// The goals that end it.
    Goals,
    /// The weight of the ball.
    Ball,
    /// Whether discs dash.
    Dash,
    /// How well bots play.
    Bots,
}

/// A minute, in steps.
const MINUTE: u32 = 60 * STEPS_PER_SECOND;
const TIMES: [u32; 5] = [MINUTE, 2 * MINUTE, 3 * MINUTE, 5 * MINUTE, 10 * MINUTE];
const GOALS: [u8; 5] = [1, 3, 5, 10, 0];
const SEATS: [u8; 4] = [2, 4, 6, 8];

impl Rule {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Arena,
        Self::Teams,
        Self::Time,
        Self::Goals,
        Self::Ball,
        Self::Dash,
        Self::Bots,
    ];

    /// What the settings say of it.
    pub fn label(self, settings: &Settings, words: &Rules) -> String {
        match self {
            Self::Arena => (words.arena)(settings.arena).to_owned(),
            Self::Teams => (words.teams)(settings.seats.div_ceil(2)),
            Self::Time => (words.time)(settings.match_steps / MINUTE),
            Self::Goals => (words.goals)(Some(settings.goal_limit).filter(|limit| *limit > 0)),
            Self::Ball => (words.ball)(settings.ball).to_owned(),
            Self::Dash => (words.dash)(settings.dash).to_owned(),
            Self::Bots => (words.bots)(settings.bots[0]).to_owned(),
        }
    }

    /// The settings with the next choice of it; after the last one comes the first.
    pub fn turned(self, mut settings: Settings) -> Settings {
        match self {
            Self::Arena => settings.arena = next(&ArenaKind::ALL, settings.arena),
            Self::Teams => settings.seats = next(&SEATS, settings.seats),
            Self::Time => settings.match_steps = next(&TIMES, settings.match_steps),
            Self::Goals => settings.goal_limit = next(&GOALS, settings.goal_limit),
            Self::Ball => settings.ball = next(&Ball::ALL, settings.ball),
            Self::Dash => settings.dash = !settings.dash,
            Self::Bots => settings.bots = [next(&Level::ALL, settings.bots[0]); 2],
        }
        settings
    }
}

/// What comes after `now`; the first for what is not among them.
fn next<T: Copy + PartialEq>(choices: &[T], now: T) -> T {
    let after = choices.iter().skip_while(|choice| **choice != now).nth(1);
    after.or(choices.first()).copied().unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use game::preferences::Language;
    use protocol::Simulation;
    use sim::demo::World as Match;

    fn places(teams: &[Option<u8>]) -> (u8, Vec<Option<usize>>) {
        let (settings, places) = seating(settings(), teams);
        assert_eq!(Match::seats(&settings), usize::from(settings.seats));
        (settings.seats, places)
    }

    #[test]
    fn both_teams_are_as_large() {
        let seats = |players: usize| places(&vec![None; players]).0;
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 8, 99].map(seats),
            [2, 2, 2, 4, 4, 6, 8, 8]
        );
    }

    #[test]
    fn players_without_a_wish_are_dealt_by_turns() {
        let dealt = (0..5).map(Some).collect();
        assert_eq!(places(&[None; 5]), (6, dealt));
    }

    #[test]
    fn a_wish_is_granted_before_the_others_fill_up() {
        let (seats, who) = places(&[None, Some(0), Some(0), None]);
        assert_eq!((seats, who), (4, vec![Some(1), Some(0), Some(2), Some(3)]));
        // All against bots.
        assert_eq!(places(&[Some(1); 3]), (6, vec![Some(1), Some(3), Some(5)]));
    }

    #[test]
    fn a_full_team_takes_nobody_and_no_team_is_any() {
        let (seats, who) = places(&[Some(0), Some(0), Some(0), Some(0), Some(0), Some(9)]);
        assert_eq!(seats, 8);
        assert_eq!(who, [Some(0), Some(2), Some(4), Some(6), Some(1), Some(3)]);
        let (_, who) = places(&[None; 9]);
        assert_eq!(who.last(), Some(&None), "the ninth watches");
    }

    #[test]
    fn teams_are_at_least_as_large_as_chosen() {
        let chosen = Settings {
            seats: 6,
            ..settings()
        };
        let (settings, who) = seating(chosen, &[None, None]);
        assert_eq!((settings.seats, who), (6, vec![Some(0), Some(1)]));
    }

    #[test]
    fn every_choice_of_a_rule_comes_around() {
        for rule in Rule::ALL {
            let first = settings();
            let mut turned = rule.turned(first);
            for _ in 0..8 {
                assert_eq!(turned.clamped(), turned, "{rule:?}");
                if turned == first {
                    break;
                }
                turned = rule.turned(turned);
            }
            assert_eq!(turned, first, "{rule:?} never comes around");
        }
    }
    #[test]
    fn every_choice_is_told_apart_in_every_language() {
        for language in Language::ALL {
            let words = &super::super::text::of(language).rules;
            for rule in Rule::ALL {
                let first = settings();
                let mut labels = vec![rule.label(&first, words)];
                let mut turned = rule.turned(first);
                while turned != first {
                    let next = rule.label(&turned, words);
                    assert!(!labels.contains(&next), "{next}");
                    labels.push(next);
                    turned = rule.turned(turned);
                }
                assert!(labels.len() > 1, "{rule:?}");
            }
        }
    }
}
