//! Peerball's own game on the screen: the discs' picture ([`arena`]), what is heard of them
//! ([`sound`]), how they are steered ([`input`]), the [`options`] of their matches and what is said of
//! them ([`text`]). Its rules are `sim::demo`.
//!
//! The house knows nothing of it: whoever makes another game deletes this folder, as
//! `docs/TEMPLATE.md` tells.

mod arena;
mod input;
mod options;
mod shown;
mod sound;
mod text;

use bevy::prelude::*;
use game::{
    contract::{Announcement, Board, Game, Side, Words},
    preferences::Language,
    sound::Cue,
    theme,
};
use options::Rule;
use sim::demo::{Event, EventKind, Input, Phase, Settings, Team, World};

/// Discs push, dash and kick a ball into goals.
pub struct Discs;

/// What a scene shows of its match.
type Shown = game::scene::shown::Shown<World>;

/// The settings of a scene's next match.
type Chosen = game::scene::link::Chosen<Discs>;

/// A scene's peer, for its input.
type Played = game::scene::link::Played<Discs>;

impl Game for Discs {
    type World = World;

    const TITLE: &'static str = "Peerball";

    fn plugin(app: &mut App) {
        app.add_plugins((arena::plugin, input::plugin, sound::plugin));
    }

    fn words(language: Language) -> &'static Words {
        &text::of(language).words
    }

    fn settings(_players: usize) -> Settings {
        options::settings()
    }

    fn seating(settings: Settings, teams: &[Option<u8>]) -> (Settings, Vec<Option<usize>>) {
        options::seating(settings, teams)
    }

    fn autopilot(world: &World, seat: usize) -> Input {
        sim::demo::autopilot(world, seat)
    }

    fn options(settings: &Settings, language: Language) -> Vec<String> {
        let rules = &text::of(language).rules;
        Rule::ALL.map(|rule| rule.label(settings, rules)).into()
    }

    fn turned(settings: &Settings, option: usize) -> Settings {
        Rule::ALL
            .get(option)
            .map_or(*settings, |rule| rule.turned(*settings))
    }

    fn board(world: &World, language: Language) -> Board {
        let said = text::of(language);
        Board {
            sides: Team::BOTH.map(|team| side(world, team, &said.words)).into(),
            clock: Some(world.clock()),
            standing: match world.phase() {
                Phase::KickOff { .. } if world.is_golden_goal() => said.golden_goal,
                Phase::KickOff { .. } => said.ready,
                _ => "",
            },
            winner: world.winner().map(Team::index),
        }
    }

    fn announcement(event: &Event, language: Language) -> Option<Announcement> {
        let said = text::of(language);
        let (words, color, seconds) = match event.kind {
            EventKind::Whistle => (said.go, theme::BALL, 0.7),
            EventKind::Goal => {
                let team = event.team()?.index();
                ((said.goal)(team), theme::team(team), 1.9)
            }
            EventKind::GoldenGoal => (said.golden_goal, theme::BALL, 1.5),
            _ => return None,
        };
        Some(Announcement {
            words,
            color,
            seconds,
        })
    }

    fn cues(event: &Event, world: &World, turned: bool) -> Vec<Cue> {
        sound::of_event(event, world.arena(), turned)
    }
}

fn side(world: &World, team: Team, words: &Words) -> Side {
    let index = team.index();
    let seats = (0..world.seat_count()).filter(|seat| Team::of_seat(*seat) == team);
    Side {
        name: words.teams[index].into(),
        color: theme::team(index),
        score: world.score()[index].into(),
        seats: seats.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Simulation;

    #[test]
    fn goals_are_announced_in_their_teams_colour() {
        let goal = Event {
            kind: EventKind::Goal,
            subject: 1,
            count: 0,
            at: sim::Vec2::ZERO,
            strength: 1.0,
        };
        let said = Discs::announcement(&goal, Language::English).unwrap();
        assert_eq!((said.words, said.color), ("Goal for Blue!", theme::team(1)));
    }

    #[test]
    fn the_board_has_both_teams_and_all_seats() {
        let world = World::new(&Settings::for_seats(4), 1);
        let board = Discs::board(&world, Language::German);
        let seats: Vec<_> = board.sides.iter().map(|side| side.seats.clone()).collect();
        assert_eq!(seats, [[0, 2], [1, 3]]);
        assert_eq!(board.sides[1].name, "Blau");
        assert_eq!((board.winner, board.standing), (None, "Bereit"));
    }
}
