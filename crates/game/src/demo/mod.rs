//! The demo game on the screen: the discs' picture ([`arena`]), what is heard of them
//! ([`sound`]), how they are steered ([`input`], and [`controls`] on the glass), the [`options`] of
//! their matches, the [`countdown`] to their kick-offs, their [`figures`] in the end, the first
//! [`lesson`], and what is said of them ([`text`]). Its rules are `sim::demo`.
//!
//! The house knows nothing of it: whoever makes another game deletes this folder, as
//! `docs/TEMPLATE.md` tells.

mod arena;
mod controls;
mod countdown;
mod figures;
mod input;
mod lesson;
mod options;
mod rules;
mod shown;
mod sound;
mod text;
#[cfg(target_arch = "wasm32")]
mod told;

use bevy::prelude::*;
use game::{
    contract::{Announcement, Board, Figures, Game, Side, Words},
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

    const TITLE: &'static str = protocol::title!();

    fn plugin(app: &mut App) {
        app.add_plugins((
            arena::plugin,
            controls::plugin,
            input::plugin,
            lesson::plugin,
            sound::plugin,
        ));
        #[cfg(target_arch = "wasm32")]
        app.add_plugins(told::plugin);
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

    fn rules(text: &str) -> Result<Settings, String> {
        rules::parse(text)
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
                _ => match countdown::beat(world).map(|beat| beat.number) {
                    Some(1) => "1",
                    Some(2) => "2",
                    Some(_) => "3",
                    None => "",
                },
            },
            winner: world.winner().map(Team::index),
        }
    }

    fn announcement(event: &Event, world: &World, language: Language) -> Option<Announcement> {
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
            by: match event.kind {
                EventKind::Goal => scorer(world, said),
                _ => None,
            },
            color,
            seconds,
        })
    }

    fn figures(world: &World, language: Language) -> Figures {
        figures::of(world, language)
    }

    const TEACHES: bool = true;

    fn lesson(_players: usize) -> Settings {
        lesson::settings()
    }

    fn cues(event: &Event, world: &World, turned: bool) -> Vec<Cue> {
        sound::of_event(event, world.arena(), turned)
    }
}

/// Who scored the newest goal, or shot it into the own goal.
fn scorer(world: &World, said: &text::Said) -> Option<(usize, fn(&str) -> String)> {
    let (seat, is_own) = world.last_goal()?.scorer()?;
    Some((seat, if is_own { said.own_goal } else { said.scored }))
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
    use protocol::{Driver, Seat, Simulation};

    #[test]
    fn goals_are_announced_in_their_teams_colour() {
        let goal = Event {
            kind: EventKind::Goal,
            subject: 1,
            count: 0,
            at: sim::Vec2::ZERO,
            strength: 1.0,
        };
        let world = World::new(&Settings::for_seats(2), 1);
        let said = Discs::announcement(&goal, &world, Language::English).unwrap();
        assert_eq!((said.words, said.color), ("Goal for Blue!", theme::team(1)));
        // Nobody has touched the ball.
        assert!(said.by.is_none());
    }

    /// The world right after a goal that the right team's duellist has pushed in.
    fn goal() -> (World, Team) {
        let mut world = World::new(&Settings::for_seats(2), 1);
        let seat = |x, y| Seat {
            input: Input::new(x, y, false, false),
            driver: Driver::Peer,
        };
        let mut events = Vec::new();
        for _ in 0..900 {
            // The other one makes way.
            world.step(&[seat(0.0, 1.0), seat(-1.0, 0.0)], &mut events);
            if let Some(team) = events.iter().find_map(|event| match event.kind {
                EventKind::Goal => event.team(),
                _ => None,
            }) {
                return (world, team);
            }
        }
        panic!("no goal: {:?}", world.ball());
    }

    #[test]
    fn the_scorer_is_named() {
        let said = text::of(Language::English);
        let (world, _) = goal();
        let (seat, told) = scorer(&world, said).unwrap();
        assert_eq!((seat, told("Grace")), (1, "Grace scores".into()));
    }

    #[test]
    fn a_kick_off_is_counted() {
        let mut world = World::new(&Settings::for_seats(2), 1);
        let mut said = Vec::new();
        for _ in 0..70 {
            said.push(Discs::board(&world, Language::English).standing);
            world.step(&[], &mut Vec::new());
        }
        said.dedup();
        assert_eq!(said, ["3", "2", "1", ""]);
    }

    #[test]
    fn the_board_has_both_teams_and_all_seats() {
        let world = World::new(&Settings::for_seats(4), 1);
        let board = Discs::board(&world, Language::German);
        let seats: Vec<_> = board.sides.iter().map(|side| side.seats.clone()).collect();
        assert_eq!(seats, [[0, 2], [1, 3]]);
        assert_eq!(board.sides[1].name, "Blau");
        assert_eq!((board.winner, board.standing), (None, "3"));
    }
}
