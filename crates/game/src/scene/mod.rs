//! A scene: one peer in one part of the window.
//!
//! It is an entity that carries its camera ([`view`]), its socket and its [`Session`]; what it
//! shows are [`Parts`] of it, on a layer of its own. One scene or two are the same code.

pub(crate) mod connect;
pub mod link;
pub(crate) mod lock;
pub(crate) mod meter;
pub(crate) mod place;
pub(crate) mod replay;
mod seat;
pub mod shown;
pub mod view;

use crate::{
    args::Args,
    contract::{Board, Cartridge, Figures, Game},
    preferences::Preferences,
    text::Trouble,
};
use bevy::prelude::*;
use connect::Road;
use netplay::session::{Command as Wish, Handle, Phase, Record, RoomView, Status};
use protocol::{Simulation, api::Visibility, limits::MAX_NAME_BYTES, peer::clean_text};
use replay::{Recorded, Watching};
use std::sync::Arc;

pub(super) fn plugin<G: Game>(app: &mut App) {
    app.init_state::<Stage>()
        .add_plugins((
            connect::plugin::<G>,
            link::plugin::<G>,
            lock::plugin,
            meter::plugin,
            replay::plugin::<G>,
            seat::plugin,
            shown::plugin::<G>,
            view::plugin,
        ))
        .add_systems(Startup, begin_as_asked)
        .add_systems(PreUpdate, (look, turn_page).chain())
        .add_observer(begin)
        .add_observer(back_to_title);
}

/// What the window shows.
#[derive(States, Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The title, without any scene.
    #[default]
    Title,
    /// The server's public rooms, without any scene.
    Rooms,
    /// One or two scenes.
    Play,
}

/// What a player may begin at the title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// With whoever waits in a public room, or in a new one.
    Quick,
    /// A room of one's own: to invite others into, or for all to find.
    Create(Visibility),
    /// Somebody's room, by its code or name.
    Join(String),
    /// A match against a bot.
    Practise,
    /// To be taught.
    Learn,
    /// Two players in this window.
    TwoScenes,
    /// To watch a match that is over.
    Replay(replay::Source),
}

/// Leaves the title for this.
#[derive(Event, Clone, Debug)]
pub struct Begin(pub Choice);

/// Leaves all scenes for the title.
#[derive(Event, Clone, Copy, Debug)]
pub struct BackToTitle;

/// One peer in one part of the window.
#[derive(Component, Clone, Debug)]
#[require(
    Seen,
    Board,
    Figures,
    link::Announced,
    link::Stalled,
    link::Steps,
    meter::Meter,
    view::Extent,
    view::Turned,
    crate::touch::Hands
)]
pub struct Scene {
    /// Which one: 0 is the left or upper one.
    pub index: usize,
    /// How many there are.
    pub of: usize,
    /// What it was begun for.
    pub choice: Choice,
}

impl Scene {
    /// Whether everybody who will ever come is here: then nobody presses "ready" to begin.
    pub fn is_private(&self) -> bool {
        matches!(
            self.choice,
            Choice::Practise | Choice::Learn | Choice::TwoScenes
        )
    }
}

/// What belongs to a scene, and goes with it.
#[derive(Component, Debug)]
#[relationship(relationship_target = Parts)]
pub struct PartOf(pub Entity);

/// All that belongs to a scene.
#[derive(Component, Debug)]
#[relationship_target(relationship = PartOf, linked_spawn)]
pub struct Parts(Vec<Entity>);

/// A peer that runs by itself, as everything sees it that knows no world.
pub trait Peer: Send + Sync + 'static {
    /// See [`Handle::command`].
    fn command(&self, wish: Wish);
    /// See [`Handle::view`].
    fn view(&self) -> RoomView;
    /// See [`Handle::status`].
    fn status(&self) -> Status;
    /// See [`Handle::take_records`].
    fn take_records(&self) -> Vec<Record>;
    /// See [`Handle::has_ended`].
    fn has_ended(&self) -> bool;
}

impl<S: Simulation> Peer for Handle<S> {
    fn command(&self, wish: Wish) {
        self.command(wish);
    }

    fn view(&self) -> RoomView {
        self.view()
    }

    fn status(&self) -> Status {
        self.status()
    }

    fn take_records(&self) -> Vec<Record> {
        self.take_records()
    }

    fn has_ended(&self) -> bool {
        self.has_ended()
    }
}

/// The scene's peer, which runs by itself. Dropping it (and its [`link::Played`]) leaves the room.
#[derive(Component, Clone)]
pub struct Session(pub Arc<dyn Peer>);

/// The room as the session last told it, and the scene's peer in it.
#[derive(Component, Default)]
pub struct Seen(pub RoomView);

/// What went wrong with a scene before it had a session, or with its session.
#[derive(Component, Clone, Debug)]
pub struct Failed(pub(crate) Trouble);

/// What a scene shows of itself.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[component(immutable)]
pub enum Page {
    /// On the way into the room.
    Connecting,
    /// Who is here, and the code.
    Room,
    /// The match.
    Playing,
    /// Who won.
    Result,
    /// A match that is over, again.
    Watching,
    /// What went wrong.
    Failure,
}

impl Page {
    fn of(phase: &Phase) -> Self {
        match phase {
            Phase::Connecting => Self::Connecting,
            Phase::Lobby => Self::Room,
            Phase::Match => Self::Playing,
            Phase::Result => Self::Result,
            Phase::Failed(_) => Self::Failure,
        }
    }
}

/// The name of a player who gave none.
const NAMELESS: &str = "Player";

/// The name that the player gave, now or in an earlier run: empty without one.
pub fn given_name<'n>(args: &'n Args, preferences: &'n Preferences) -> &'n str {
    args.name.as_deref().unwrap_or(&preferences.name)
}

/// The name that a scene's peer goes by, of what the player gave.
pub fn player_name(given: &str, scene: &Scene) -> String {
    let name = clean_text(given.trim(), MAX_NAME_BYTES - 2);
    let name = if name.is_empty() {
        NAMELESS.to_owned()
    } else {
        name
    };
    match scene.of {
        1 => name,
        _ => format!("{name} {}", scene.index + 1),
    }
}

fn begin_as_asked(
    args: Res<Args>,
    preferences: Res<Preferences>,
    cartridge: Res<Cartridge>,
    mut commands: Commands,
) {
    #[cfg(not(target_arch = "wasm32"))]
    if let Some(file) = &args.replay {
        let source = replay::Source(file.clone());
        commands.trigger(Begin(Choice::Replay(source)));
        return;
    }
    let choice = if args.scenes == 2 {
        Choice::TwoScenes
    } else if args.practise {
        Choice::Practise
    } else if let Some(room) = &args.room {
        Choice::Join(room.clone())
    } else if args.create {
        Choice::Create(Visibility::Private)
    } else if args.quick {
        Choice::Quick
    } else if cartridge.teaches && (args.tutorial || args.teaches && !preferences.taught) {
        // Whoever starts the game for the first time, and was not sent somewhere.
        Choice::Learn
    } else {
        return;
    };
    commands.trigger(Begin(choice));
}

fn begin(
    begin: On<Begin>,
    running: Query<(), With<Scene>>,
    mut stage: ResMut<NextState<Stage>>,
    mut commands: Commands,
) {
    if !running.is_empty() {
        return; // A second press before the title was gone.
    }
    stage.set(Stage::Play);
    let of = if begin.0 == Choice::TwoScenes { 2 } else { 1 };
    let road = Road::new(&begin.0);
    for index in 0..of {
        let scene = Scene {
            index,
            of,
            choice: begin.0.clone(),
        };
        let mut scene = commands.spawn((
            view::camera(index),
            Page::Connecting,
            DespawnOnExit(Stage::Play),
            scene,
        ));
        if let Some(road) = &road {
            scene.insert(road.clone());
        }
    }
}

fn back_to_title(_: On<BackToTitle>, scenes: Query<&Session>, mut stage: ResMut<NextState<Stage>>) {
    for session in &scenes {
        session.0.command(Wish::Leave);
    }
    stage.set(Stage::Title);
}

/// Takes the newest view of the room, once for everything that shows some of it.
pub fn look(mut scenes: Query<(&Session, &mut Seen)>) {
    for (session, mut seen) in &mut scenes {
        let view = session.0.view();
        if seen.0 != view {
            seen.0 = view;
        }
    }
}

/// A scene, what it shows, and what decides what it shows next.
type Turning = (
    Entity,
    &'static Page,
    &'static Seen,
    Option<&'static Failed>,
    Has<Watching>,
);

/// Turns each scene to the page that its session is at.
pub fn turn_page(
    scenes: Query<Turning, Or<(Changed<Seen>, Added<Failed>)>>,
    mut commands: Commands,
) {
    for (scene, page, seen, failed, is_watching) in &scenes {
        if is_watching {
            if seen.0.phase != Phase::Match {
                continue;
            }
            // The next match does not wait for whoever looks back.
            commands.entity(scene).remove::<Watching>();
        }
        let next = match (failed, &seen.0.phase) {
            (Some(_), _) => Page::Failure,
            (None, Phase::Failed(failure)) => {
                commands
                    .entity(scene)
                    .insert(Failed(Trouble::Session(failure.clone())));
                Page::Failure
            }
            (None, phase) => Page::of(phase),
        };
        if *page != next {
            commands.entity(scene).insert(next);
        }
        if next == Page::Playing {
            // What was recorded is no longer the newest match.
            commands.entity(scene).remove::<Recorded>();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(index: usize, of: usize) -> Scene {
        Scene {
            index,
            of,
            choice: Choice::TwoScenes,
        }
    }

    #[test]
    fn a_name_for_this_run_comes_before_the_kept_one() {
        let preferences = Preferences {
            name: "Ada".into(),
            ..Preferences::default()
        };
        let mut args = Args::default();
        assert_eq!(given_name(&args, &preferences), "Ada");
        args.name = Some("Grace".into());
        assert_eq!(given_name(&args, &preferences), "Grace");
    }

    #[test]
    fn names_are_cut_cleaned_and_never_empty() {
        let name = player_name;
        assert_eq!(name("Ada", &scene(0, 1)), "Ada");
        assert_eq!(name("  \n ", &scene(0, 1)), NAMELESS);
        assert_eq!(name("Ada", &scene(1, 2)), "Ada 2");
        assert!(name(&"ä".repeat(99), &scene(1, 2)).len() <= MAX_NAME_BYTES);
        assert_eq!(name("a\u{7}b", &scene(0, 1)), "ab");
    }
}
