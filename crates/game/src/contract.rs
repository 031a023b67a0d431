//! The contract between the house and the game that is played in it: all that a game says of itself,
//! but for its picture, its sounds and its input, which are plugins of its own.
//!
//! The house (scenes, screens, rooms, replays, preferences) asks by a [`Game`]'s functions, and
//! knows no world. Only [`crate::scene::link`] does: it writes what they say into components that
//! every screen reads.

use crate::{preferences::Language, sound::Cue};
use bevy::prelude::*;
use protocol::{Simulation, api::VersionTag};
use std::borrow::Cow;

/// The settings of a game's matches.
pub type Settings<G> = <<G as Game>::World as Simulation>::Settings;

/// What a player of a game does in a step.
pub type Input<G> = <<G as Game>::World as Simulation>::Input;

/// What happens in a game.
pub type Event<G> = <<G as Game>::World as Simulation>::Event;

/// A game: its rules, what it says, and how it is drawn and played.
///
/// Everything else is the house's: rooms, lobby, rollback, late joining, watching, replays, two
/// scenes in one window, preferences.
pub trait Game: Send + Sync + 'static {
    /// The rules.
    type World: Simulation;

    /// The name on the title and in the window.
    const TITLE: &'static str;

    /// Adds the game's own systems: they draw [`crate::scene::shown::Shown`], and put what the
    /// player does into [`crate::scene::link::Played`].
    fn plugin(app: &mut App);

    /// The game's words in a language.
    fn words(language: Language) -> &'static Words;

    /// The settings of a match while the room's owner has chosen none, for so many players.
    fn settings(players: usize) -> Settings<Self>;

    /// Who sits where, as [`netplay::session::Seating`] says. By default the settings stay as they
    /// are, and players sit by seniority.
    fn seating(
        settings: Settings<Self>,
        teams: &[Option<u8>],
    ) -> (Settings<Self>, Vec<Option<usize>>) {
        netplay::session::in_order::<Self::World>(settings, teams)
    }

    /// The settings that a text asks for, as `--rules` has it.
    ///
    /// # Errors
    /// A sentence about what is no rule. By default, nothing is one.
    fn rules(text: &str) -> Result<Settings<Self>, String> {
        Err(format!("{text:?} is no rule: this game has none to choose"))
    }

    /// What a peer does that plays by itself, as `--autopilot` has it.
    fn autopilot(world: &Self::World, seat: usize) -> Input<Self>;

    /// What the lobby's buttons say of these settings, one for each option that may be changed.
    fn options(_settings: &Settings<Self>, _language: Language) -> Vec<String> {
        Vec::new()
    }

    /// The settings with the next choice of an option, by its place in [`Game::options`]; after
    /// the last choice comes the first.
    fn turned(settings: &Settings<Self>, _option: usize) -> Settings<Self> {
        settings.clone()
    }

    /// What the display tells of a world.
    fn board(world: &Self::World, language: Language) -> Board;

    /// What the players did in a match that is over, for its result.
    fn figures(_world: &Self::World, _language: Language) -> Figures {
        Figures::default()
    }

    /// Whether newcomers are taught first: the game fills in the scene's [`Teaching`].
    const TEACHES: bool = false;

    /// The settings of the match in which newcomers are taught.
    fn lesson(players: usize) -> Settings<Self> {
        Self::settings(players)
    }

    /// What an event sounds like. `turned` says whether the scene shows its picture upright. Each
    /// event is asked for once, whatever is rolled back, and none that is long past.
    fn cues(_event: &Event<Self>, _world: &Self::World, _turned: bool) -> Vec<Cue> {
        Vec::new()
    }

    /// What the banner says of an event, if anything. `world` is the newest one.
    fn announcement(
        _event: &Event<Self>,
        _world: &Self::World,
        _language: Language,
    ) -> Option<Announcement> {
        None
    }
}

/// What a game says, in one language.
pub struct Words {
    /// Below the game's name on the title.
    pub tagline: &'static str,
    /// The keys of one player; and of two at one keyboard, the first's and the second's.
    pub keys: [&'static str; 3],
    /// In place of the keys where fingers play, as [`crate::touch`] has them: the stick under the
    /// left thumb, and under the right one.
    pub touch: [&'static str; 2],
    /// The names of the teams that one may wish to play for, in the order of
    /// [`crate::theme::team`]; none in a game without teams.
    pub teams: &'static [&'static str],
}

impl Words {
    /// The keys for the scene `index` of `of`.
    pub fn keys(&self, index: usize, of: usize) -> &'static str {
        self.keys[match (of, index) {
            (1, _) => 0,
            (_, 0) => 1,
            _ => 2,
        }]
    }
}

/// What the display of a match tells: who stands how.
#[derive(Component, Clone, Debug, Default, PartialEq)]
pub struct Board {
    /// Those who play against each other: teams, or single seats. Two are shown left and right.
    pub sides: Vec<Side>,
    /// Steps that are left, if there is a clock.
    pub clock: Option<u32>,
    /// What is said over the picture while nothing is announced; may be empty.
    pub standing: &'static str,
    /// The side that has won; none while the match goes on, and at a draw.
    pub winner: Option<usize>,
}

/// One of those who play against each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// Its name; empty for a single seat, which goes by its player's.
    pub name: Cow<'static, str>,
    /// Its colour.
    pub color: Color,
    /// How it stands.
    pub score: u32,
    /// Who plays for it.
    pub seats: Vec<usize>,
}

/// What the players did in a match that is over. The house puts their names to it.
#[derive(Component, Clone, Debug, Default)]
pub struct Figures {
    /// What is told of some players, above the table.
    pub lines: Vec<Line>,
    /// How the sides shared what there was to share, in hundredths; none for no bar.
    pub shares: Vec<u32>,
    /// Above the columns of the table, each short.
    pub heads: Vec<&'static str>,
    /// The cells of each seat, one below each head.
    pub seats: Vec<Vec<String>>,
}

/// A sentence on players.
#[derive(Clone, Debug)]
pub struct Line {
    /// The sentence around their names.
    pub sentence: fn(&str) -> String,
    /// Who did it, how often, and what is made of the name.
    pub players: Vec<(usize, u32, fn(&str) -> String)>,
}

/// How far the player of a scene is with what newcomers are taught.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq)]
pub struct Teaching {
    /// The step, from 0.
    pub step: usize,
    /// How many there are.
    pub steps: usize,
    /// What is to be done, or that it was done well.
    pub words: &'static str,
    /// Whether it was.
    pub is_praise: bool,
    /// Whether all of it is over.
    pub is_over: bool,
}

/// Words over the picture for a while.
#[derive(Clone, Debug)]
pub struct Announcement {
    /// What is said.
    pub words: &'static str,
    /// Whose doing it is, and how that is told by the name of who plays the seat.
    pub by: Option<(usize, fn(&str) -> String)>,
    /// In this colour.
    pub color: Color,
    /// For so long.
    pub seconds: f32,
}

/// What screens and rooms ask of the game that is played.
#[derive(Resource, Clone)]
pub struct Cartridge {
    /// [`Game::TITLE`].
    pub title: &'static str,
    /// [`Game::words`].
    pub words: fn(Language) -> &'static Words,
    /// The rules, as servers tell them apart.
    pub version: VersionTag,
    /// [`Game::TEACHES`].
    pub teaches: bool,
}

impl Cartridge {
    /// Of this game.
    pub fn of<G: Game>() -> Self {
        Self {
            title: G::TITLE,
            words: G::words,
            version: VersionTag::of::<G::World>(),
            teaches: G::TEACHES,
        }
    }
}
