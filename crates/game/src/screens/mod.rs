//! What a scene shows as text and buttons, one screen a file.
//!
//! A page's widgets are spawned when the scene turns to it and go when it turns on; what changes
//! while it is shown is written by systems of the screen's own.

pub mod backdrop;
pub mod chat;
mod connecting;
mod failure;
mod figures;
mod lesson;
pub(crate) mod navigation;
mod options;
pub mod panels;
mod playing;
mod result;
mod room;
mod rooms;
#[cfg(target_arch = "wasm32")]
mod spoken;
#[cfg(test)]
mod tests;
mod title;
mod watching;
pub mod widgets;

use crate::{
    preferences::{Language, Preferences},
    scene::{
        BackToTitle, Page, PartOf, Scene, Session, Stage,
        replay::{StopWatching, Watching},
    },
};
use bevy::{
    input_focus::{InputFocus, tab_navigation::TabGroup},
    prelude::*,
    ui_widgets::Activate,
};
use navigation::Back;
use netplay::session::Command as Wish;

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<backdrop::Ground>();
    app.add_plugins((
        widgets::plugin,
        chat::plugin,
        navigation::plugin,
        title::plugin,
        connecting::plugin,
        options::plugin,
        room::plugin,
        rooms::plugin,
        playing::plugin,
        result::plugin,
        watching::plugin,
        failure::plugin,
        lesson::plugin,
        panels::plugin,
    ))
    .add_observer(clear_page)
    .add_systems(
        Update,
        (
            go_back.run_if(in_state(Stage::Play).and_then(panels::none_open)),
            translate,
        ),
    );
    #[cfg(target_arch = "wasm32")]
    app.add_plugins(spoken::plugin);
}

/// The root of a page's widgets.
#[derive(Component)]
struct PageRoot;

/// Takes the old page's widgets away, before the new page's observers put theirs.
fn clear_page(
    turned: On<Insert, Page>,
    roots: Query<(Entity, &PartOf), With<PageRoot>>,
    mut focus: ResMut<InputFocus>,
    mut commands: Commands,
) {
    for (root, part) in &roots {
        if part.0 == turned.entity {
            focus.clear();
            commands.entity(root).despawn();
        }
    }
}

/// Shows everything anew in another language. A match tells its words in every picture.
fn translate(
    preferences: Res<Preferences>,
    mut shown: Local<Option<Language>>,
    pages: Query<(Entity, &Page)>,
    stage: Res<State<Stage>>,
    mut next: ResMut<NextState<Stage>>,
    mut commands: Commands,
) {
    let before = shown.replace(preferences.language);
    if before.is_none_or(|before| before == preferences.language) {
        return;
    }
    for (scene, page) in &pages {
        if *page != Page::Playing {
            commands.entity(scene).insert(*page);
        }
    }
    if *stage.get() != Stage::Play {
        // Entered again, it is built again.
        next.set(*stage.get());
    }
}

/// A page's root, over the whole scene.
fn root(scene: Entity, ground: Color) -> impl Bundle {
    (
        PageRoot,
        PartOf(scene),
        UiTargetCamera(scene),
        TabGroup::new(0),
        BackgroundColor(ground),
        Node {
            width: percent(100),
            height: percent(100),
            padding: UiRect::all(vmin(3.0)),
            ..widgets::column(3.0)
        },
        // What is beside the widgets is no button.
        Pickable::IGNORE,
    )
}

/// Tells the session of this scene that its player is ready.
fn ready(scene: Entity) -> impl Fn(On<Activate>, Query<(Entity, &Scene, &Session)>) {
    move |_, sessions| {
        for (entity, settings, session) in &sessions {
            // Two players in one window agree by looking at each other.
            if entity == scene || settings.is_private() {
                session.0.command(Wish::SetReady(true));
            }
        }
    }
}

/// Leaves for the title.
fn leave(_: On<Activate>, mut commands: Commands) {
    commands.trigger(BackToTitle);
}

fn go_back(
    mut back: ResMut<Back>,
    watching: Query<Entity, With<Watching>>,
    pages: Query<&Page>,
    mut commands: Commands,
) {
    if pages.iter().any(|page| *page == Page::Playing) {
        return; // Its menu leads out.
    }
    if !back.take() {
        return;
    }
    if watching.is_empty() {
        commands.trigger(BackToTitle);
    }
    for scene in &watching {
        commands.trigger(StopWatching(scene));
    }
}
