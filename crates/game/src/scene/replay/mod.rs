//! Replays: what sessions record is kept on a [`Shelf`], and a scene can show one in place of its
//! session's match.
//!
//! The shelf is a folder natively and the page's memory on the web. A scene that watches carries
//! a [`Watching`]; its session, if it has one, goes on meanwhile.

#[cfg(not(target_arch = "wasm32"))]
mod folder;
#[cfg(target_arch = "wasm32")]
mod page;
mod reel;

#[cfg(not(target_arch = "wasm32"))]
use folder as target;
#[cfg(target_arch = "wasm32")]
use page as target;

pub use reel::Reel;
pub use target::{Shelf, Source};

use super::{BackToTitle, Choice, Failed, Page, Peer, Scene, Seen, Session};
use crate::{contract::Game, text::Trouble};
use bevy::prelude::*;
use netplay::{replay::Playback, session::RecordKind};
use protocol::Simulation;
use std::sync::Arc;

pub(super) fn plugin<G: Game>(app: &mut App) {
    app.init_resource::<Shelf>()
        .init_resource::<Parting>()
        .add_systems(PreUpdate, (keep, keep_last_words, open::<G::World>))
        .add_observer(await_last_words)
        .add_observer(watch::<G::World>)
        .add_observer(stop_watching);
}

/// The newest match that this scene's session recorded.
#[derive(Component, Clone)]
pub struct Recorded(Arc<[u8]>);

/// The replay that a scene shows in place of its session's match.
#[derive(Component)]
pub struct Watching(pub Reel);

/// Shows a scene's newest match again.
#[derive(Event, Clone, Copy, Debug)]
pub struct Watch(pub Entity);

/// Ends what [`Watch`] began, or goes back to the title where a scene has nothing else to show.
#[derive(Event, Clone, Copy, Debug)]
pub struct StopWatching(pub Entity);

/// Sessions that were left: the file of a match that was left comes with their last words.
#[derive(Resource, Default)]
struct Parting(Vec<Arc<dyn Peer>>);

/// Keeps what sessions have recorded.
fn keep(scenes: Query<(Entity, &Session)>, mut shelf: ResMut<Shelf>, mut commands: Commands) {
    for (scene, session) in &scenes {
        for record in session.0.take_records() {
            shelf.keep(&record);
            if record.kind == RecordKind::Replay {
                commands.entity(scene).insert(Recorded(record.bytes.into()));
            }
        }
    }
}

fn await_last_words(_: On<BackToTitle>, sessions: Query<&Session>, mut parting: ResMut<Parting>) {
    parting
        .0
        .extend(sessions.iter().map(|session| session.0.clone()));
}

fn keep_last_words(mut parting: ResMut<Parting>, mut shelf: ResMut<Shelf>) {
    if parting.0.is_empty() {
        return;
    }
    parting.0.retain(|session| {
        // Asked first: nothing is recorded after the end.
        let has_ended = session.has_ended();
        for record in session.take_records() {
            shelf.keep(&record);
        }
        !has_ended
    });
}

/// Opens the replay that a scene was begun for.
fn open<S: Simulation>(scenes: Query<(Entity, &Scene), Added<Scene>>, mut commands: Commands) {
    for (entity, scene) in &scenes {
        let Choice::Replay(source) = &scene.choice else {
            continue;
        };
        let file = source.read().map_err(Trouble::File);
        show(
            entity,
            file.and_then(|file| reel::<S>(&file)),
            &mut commands,
        );
    }
}

fn watch<S: Simulation>(watch: On<Watch>, scenes: Query<&Recorded>, mut commands: Commands) {
    if let Ok(recorded) = scenes.get(watch.0) {
        show(watch.0, reel::<S>(&recorded.0), &mut commands);
    }
}

fn reel<S: Simulation>(file: &[u8]) -> Result<Reel, Trouble> {
    Ok(Reel::new(Playback::<S>::open(file)?))
}

fn show(scene: Entity, reel: Result<Reel, Trouble>, commands: &mut Commands) {
    let mut scene = commands.entity(scene);
    match reel {
        Ok(reel) => scene.insert((Watching(reel), Page::Watching)),
        Err(trouble) => scene.insert(Failed(trouble)),
    };
}

fn stop_watching(
    stop: On<StopWatching>,
    mut scenes: Query<(&mut Seen, Has<Session>), With<Watching>>,
    mut commands: Commands,
) {
    match scenes.get_mut(stop.0) {
        Ok((mut seen, true)) => {
            // The page turns to whatever the session shows by now.
            seen.set_changed();
            commands.entity(stop.0).remove::<Watching>();
        }
        Ok((_, false)) => commands.trigger(BackToTitle),
        Err(_) => {} // A second press before the page was gone.
    }
}
