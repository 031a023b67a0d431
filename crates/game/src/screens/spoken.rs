//! What a screen reader is told of the picture on the web, which it cannot see into: which screen
//! is shown, what is announced, and how everybody stands.

use super::playing::{Cast, side_name};
use crate::{
    contract::{Board, Cartridge},
    preferences::{Preferences, PutAside},
    scene::{Page, Scene, Seen, Stage, link::Announced},
    text::Words,
    web,
};
use bevy::prelude::*;

pub(super) fn plugin(app: &mut App) {
    app.add_systems(OnEnter(Stage::Title), tell_title)
        .add_systems(OnEnter(Stage::Rooms), tell_rooms)
        .add_systems(Update, (tell_page, tell_events));
}

fn tell_title(preferences: Res<Preferences>, cartridge: Res<Cartridge>, aside: Res<PutAside>) {
    let words = preferences.words();
    web::show_screen(
        cartridge.title,
        "title",
        words.spoken.title,
        words.spoken.language,
    );
    if let Some(place) = &aside.0 {
        web::announce(&(words.title.put_aside)(place));
    }
}

fn tell_rooms(preferences: Res<Preferences>, cartridge: Res<Cartridge>) {
    let words = preferences.words();
    web::show_screen(
        cartridge.title,
        "rooms",
        words.title.open_rooms,
        words.spoken.language,
    );
}

/// The first of several scenes speaks: they tell of one match.
fn is_first(scene: &Scene) -> bool {
    scene.index == 0
}

/// How everybody stands.
fn standings(board: &Board, seen: &Seen, cast: Option<&Cast>, words: &Words) -> String {
    let nobody = Cast::default();
    let cast = cast.unwrap_or(&nobody);
    let sides = board.sides.iter().map(|side| {
        let name = side_name(side, &seen.0, cast, words);
        format!("{name} {}", side.score)
    });
    sides.collect::<Vec<_>>().join(", ") + "."
}

fn tell_page(
    turned: Query<(&Scene, &Page, &Board, &Seen, Option<&Cast>), Changed<Page>>,
    preferences: Res<Preferences>,
    cartridge: Res<Cartridge>,
) {
    let words = preferences.words();
    let spoken = &words.spoken;
    for (_, page, board, seen, cast) in turned.iter().filter(|(scene, ..)| is_first(scene)) {
        let (name, title) = match page {
            Page::Connecting => ("connecting", words.title.one_moment),
            Page::Room => ("room", spoken.room),
            Page::Playing => ("playing", spoken.playing),
            Page::Result => ("result", spoken.result),
            Page::Watching => ("watching", spoken.watching),
            Page::Failure => ("failure", spoken.failure),
        };
        web::show_screen(cartridge.title, name, title, spoken.language);
        if *page == Page::Result {
            let standings = standings(board, seen, cast, words);
            web::announce(&format!("{title}: {standings}"));
        }
    }
}

/// Tells what is announced, and how everybody stands where that has changed.
fn tell_events(
    scenes: Query<(&Scene, &Announced, &Board, &Seen, Option<&Cast>)>,
    preferences: Res<Preferences>,
    mut told: Local<Vec<u32>>,
) {
    let words = preferences.words();
    for (_, announced, board, seen, cast) in scenes.iter().filter(|(scene, ..)| is_first(scene)) {
        for said in &announced.0 {
            let scores: Vec<u32> = board.sides.iter().map(|side| side.score).collect();
            if *told == scores {
                web::announce(said.words);
            } else {
                let standings = standings(board, seen, cast, words);
                web::announce(&format!("{} {standings}", said.words));
                *told = scores;
            }
        }
    }
}
