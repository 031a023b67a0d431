//! What a screen reader is told of the picture on the web, which it cannot see into: which screen
//! is shown, kick-offs, goals and the score.

use super::playing::announcement;
use crate::{
    preferences::Preferences,
    scene::{Page, Scene, Stage, shown::Shown},
    text::Words,
    web,
};
use bevy::prelude::*;
use sim::EventKind;

pub(super) fn plugin(app: &mut App) {
    app.add_systems(OnEnter(Stage::Title), tell_title)
        .add_systems(OnEnter(Stage::Rooms), tell_rooms)
        .add_systems(Update, (tell_page, tell_events));
}

fn tell_title(preferences: Res<Preferences>) {
    let words = preferences.words();
    show("title", words.spoken.title, words);
}

fn tell_rooms(preferences: Res<Preferences>) {
    let words = preferences.words();
    show("rooms", words.title.open_rooms, words);
}

fn show(name: &str, title: &str, words: &Words) {
    web::show_screen(name, title, words.spoken.language);
}

/// The first of several scenes speaks: they tell of one match.
fn is_first(scene: &Scene) -> bool {
    scene.index == 0
}

fn tell_page(turned: Query<(&Scene, &Page, &Shown), Changed<Page>>, preferences: Res<Preferences>) {
    let words = preferences.words();
    let spoken = &words.spoken;
    for (_, page, shown) in turned.iter().filter(|(scene, ..)| is_first(scene)) {
        let (name, title) = match page {
            Page::Connecting => ("connecting", words.title.one_moment),
            Page::Room => ("room", spoken.room),
            Page::Playing => ("playing", spoken.playing),
            Page::Result => ("result", spoken.result),
            Page::Watching => ("watching", spoken.watching),
            Page::Failure => ("failure", spoken.failure),
        };
        show(name, title, words);
        if let (Page::Result, Some(world)) = (page, shown.world()) {
            web::announce(&format!("{title}: {}", (spoken.score)(world.score())));
        }
    }
}

fn tell_events(scenes: Query<(&Scene, &Shown)>, preferences: Res<Preferences>) {
    let words = preferences.words();
    for (_, shown) in scenes.iter().filter(|(scene, _)| is_first(scene)) {
        for (_, event) in &shown.events {
            let Some((said, ..)) = announcement(event, words) else {
                continue;
            };
            match (&event.kind, shown.world()) {
                (EventKind::Goal, Some(world)) => {
                    web::announce(&format!("{said} {}", (words.spoken.score)(world.score())));
                }
                _ => web::announce(said),
            }
        }
    }
}
