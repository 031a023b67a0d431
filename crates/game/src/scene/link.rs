//! The typed side of a scene: the only room of the house that knows worlds. What the screens need of
//! them it writes into components that know none.

use super::{
    Choice, Scene, Seen, Session,
    shown::{Sampling, Shown},
};
use crate::{
    args::Args,
    contract::{Announcement, Board, Figures, Game, Settings},
    preferences::{Language, Preferences},
};
use bevy::prelude::*;
use netplay::session::{Command as Wish, Handle, History, Phase};
use protocol::Simulation;
use std::sync::Arc;

pub(super) fn plugin<G: Game>(app: &mut App) {
    app.register_required_components_with::<Scene, Chosen<G>>(Chosen::default);
    app.register_required_components_with::<Scene, Options>(|| {
        Options(G::options(&G::settings(0), Language::default()))
    });
    app.add_systems(
        PreUpdate,
        (
            follow::<G>,
            // Before the room is shown: there, who plays alone is ready at once.
            ask::<G>.after(super::look).before(super::turn_page),
            tell::<G>.after(Sampling).before(super::turn_page),
        ),
    )
    .add_observer(turn::<G>);
}

/// The scene's peer for whoever knows its game: takes the player's input.
#[derive(Component)]
pub struct Played<G: Game>(pub Handle<G::World>);

/// A session as its scene carries it: once for all that know no world, once for the game.
pub(super) fn carried<G: Game>(session: Handle<G::World>) -> impl Bundle {
    (Session(Arc::new(session.clone())), Played::<G>(session))
}

/// The settings of the next match, as far as they can be told before it.
#[derive(Component)]
pub struct Chosen<G: Game>(pub Settings<G>);

impl<G: Game> Default for Chosen<G> {
    fn default() -> Self {
        Self(G::settings(0))
    }
}

/// What is said of the options of the next match, one line each.
#[derive(Component, Clone, Debug, Default, PartialEq)]
pub struct Options(pub Vec<String>);

/// Has the room's owner turn an option of the next match to its next choice.
#[derive(Event, Clone, Copy, Debug)]
pub struct TurnOption {
    /// The scene of the room.
    pub scene: Entity,
    /// The place in [`Options`].
    pub option: usize,
}

/// What was announced in this picture.
#[derive(Component, Default)]
pub struct Announced(pub Vec<Announcement>);

/// What became of the newest frames of a match that is played.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps(pub Option<History>);

/// Whether the match stands, since no new world has come for long.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stalled(pub bool);

fn follow<G: Game>(
    preferences: Res<Preferences>,
    mut scenes: Query<(Option<&Played<G>>, &mut Chosen<G>, &mut Options)>,
) {
    for (played, mut chosen, mut options) in &mut scenes {
        if let Some(played) = played {
            chosen.0 = played.0.chosen().unwrap_or_else(|| G::settings(0));
        }
        options.set_if_neq(Options(G::options(&chosen.0, preferences.language)));
    }
}

/// Chooses the rules that were asked for at the start, once, as the owner of the room; then whoever
/// plays by itself is ready.
fn ask<G: Game>(args: Res<Args>, scenes: Query<(&Scene, &Seen, &Played<G>)>) {
    let Some(Ok(wanted)) = args.rules.as_deref().map(G::rules) else {
        return;
    };
    let in_lobby = |(scene, seen, _): &(&Scene, &Seen, &Played<G>)| {
        // A lesson has rules of its own.
        let is_lesson = scene.choice == Choice::Learn;
        scene.index == 0 && !is_lesson && seen.0.phase == Phase::Lobby
    };
    for (_, _, played) in scenes.iter().filter(in_lobby) {
        match played.0.chosen() {
            None => played.0.choose(&wanted),
            Some(_) if args.autopilot => played.0.command(Wish::SetReady(true)),
            Some(_) => {}
        }
    }
}

fn turn<G: Game>(turn: On<TurnOption>, scenes: Query<(&Played<G>, &Chosen<G>)>) {
    if let Ok((played, chosen)) = scenes.get(turn.scene) {
        played.0.choose(&G::turned(&chosen.0, turn.option));
    }
}

fn tell<G: Game>(
    preferences: Res<Preferences>,
    mut scenes: Query<(
        &Shown<G::World>,
        &mut Board,
        &mut Announced,
        &mut Stalled,
        &mut Steps,
        &mut Figures,
    )>,
) {
    let language = preferences.language;
    for (shown, mut board, mut announced, mut stalled, mut steps, mut figures) in &mut scenes {
        steps.set_if_neq(Steps(shown.history()));
        stalled.set_if_neq(Stalled(shown.is_stalled()));
        announced.0.clear();
        let Some(world) = shown.world() else {
            continue;
        };
        board.set_if_neq(G::board(world, language));
        // What is over does not change any more, but for its words.
        match (world.is_over(), figures.heads.is_empty()) {
            (true, is_new) if is_new || preferences.is_changed() => {
                *figures = G::figures(world, language);
            }
            (false, false) => *figures = Figures::default(),
            _ => {}
        }
        let events = shown.events.iter();
        let said = events.filter_map(|(_, event)| G::announcement(event, world, language));
        announced.0.extend(said);
    }
}
