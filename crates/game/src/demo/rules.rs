//! Rules that whoever started the game asked for: `--rules arena=hexagon,seats=8,seconds=60`.

use super::options;
use protocol::limits::STEPS_PER_SECOND;
use sim::demo::{ArenaKind, Ball, Level, Settings};

/// Reads rules: what is not named is as usual, and what is out of bounds is brought into them.
///
/// # Errors
/// A sentence about what is no rule.
pub fn parse(text: &str) -> Result<Settings, String> {
    let mut settings = options::settings();
    for rule in text.split(',').filter(|rule| !rule.is_empty()) {
        let (name, value) = rule.split_once('=').unwrap_or((rule, ""));
        let wrong = || format!("{rule:?} is no rule: {NAMES}");
        let number = || value.parse::<u32>().map_err(|_| wrong());
        match name {
            "arena" => settings.arena = named(&ArenaKind::ALL, value).ok_or_else(wrong)?,
            "ball" => settings.ball = named(&Ball::ALL, value).ok_or_else(wrong)?,
            "bots" => settings.bots = [named(&Level::ALL, value).ok_or_else(wrong)?; 2],
            "seats" => settings.seats = number()?.min(255) as u8,
            "goals" => settings.goal_limit = number()?.min(255) as u8,
            "seconds" => settings.match_steps = number()?.saturating_mul(STEPS_PER_SECOND),
            "dash" => settings.dash = value.parse().map_err(|_| wrong())?,
            _ => return Err(wrong()),
        }
    }
    Ok(settings.clamped())
}

/// What [`parse`] knows.
const NAMES: &str = "arena=classic|small|big|hexagon, ball=light|normal|heavy, \
                     bots=easy|medium|hard, seats=2 to 8, goals=0 to 99, seconds=10 to 900, \
                     dash=true|false";

fn named<T: Copy + std::fmt::Debug>(all: &[T], name: &str) -> Option<T> {
    let mut all = all.iter().copied();
    all.find(|one| format!("{one:?}").eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_by_their_names() {
        let rules = parse("arena=Hexagon,seats=8,bots=hard,seconds=60,goals=0,dash=false").unwrap();
        assert_eq!(rules.arena, ArenaKind::Hexagon);
        assert_eq!((rules.seats, rules.goal_limit), (8, 0));
        assert_eq!(rules.match_steps, 60 * STEPS_PER_SECOND);
        assert_eq!((rules.bots, rules.dash), ([Level::Hard; 2], false));
        assert_eq!(parse(""), Ok(options::settings()));
    }

    #[test]
    fn what_is_no_rule_is_told_and_what_is_too_much_is_cut() {
        for text in [
            "arena=moon",
            "seats",
            "seats=-1",
            "speed=9",
            "dash=maybe",
            "=",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        let most = parse("seats=4000000000,seconds=4000000000,goals=999").unwrap();
        assert_eq!(most.clamped(), most);
    }
}
