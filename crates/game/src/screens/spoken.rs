//! What a screen reader is told of the picture on the web, which it cannot see into: which screen
//! is shown, kick-offs, goals and the score.

use super::playing::announcement;
use crate::{
    scene::{Page, Scene, Stage, shown::Shown},
    theme::team_name,
    web,
};
use bevy::prelude::*;
use sim::{EventKind, World as Match};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(OnEnter(Stage::Title), || web::show_screen("title", "Title"))
        .add_systems(OnEnter(Stage::Rooms), || {
            web::show_screen("rooms", "Open rooms");
        })
        .add_systems(Update, (tell_page, tell_events));
}

/// The first of several scenes speaks: they tell of one match.
fn is_first(scene: &Scene) -> bool {
    scene.index == 0
}

fn tell_page(turned: Query<(&Scene, &Page, &Shown), Changed<Page>>) {
    for (_, page, shown) in turned.iter().filter(|(scene, ..)| is_first(scene)) {
        let (name, title) = match page {
            Page::Connecting => ("connecting", "One moment"),
            Page::Room => ("room", "Room"),
            Page::Playing => ("playing", "Match"),
            Page::Result => ("result", "Result"),
            Page::Watching => ("watching", "Replay"),
            Page::Failure => ("failure", "It did not work"),
        };
        web::show_screen(name, title);
        if let (Page::Result, Some(world)) = (page, shown.world()) {
            web::announce(&format!("The match is over. {}", score(world)));
        }
    }
}

fn tell_events(scenes: Query<(&Scene, &Shown)>) {
    for (_, shown) in scenes.iter().filter(|(scene, _)| is_first(scene)) {
        for (_, event) in &shown.events {
            let Some((words, ..)) = announcement(event) else {
                continue;
            };
            match (&event.kind, shown.world()) {
                (EventKind::Goal, Some(world)) => {
                    web::announce(&format!("{words} {}", score(world)));
                }
                _ => web::announce(&words),
            }
        }
    }
}

/// Both teams and their goals, as a sentence.
fn score(world: &Match) -> String {
    let [left, right] = world.score();
    format!("{} {left}, {} {right}.", team_name(0), team_name(1))
}
