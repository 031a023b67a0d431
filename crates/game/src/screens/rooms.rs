//! The public rooms of the server: where others wait for company.

use super::{
    backdrop::{self, Ground},
    panels,
    widgets::{button, column, paragraph, row, small_button, text},
};
use crate::{
    args::Args,
    contract::Cartridge,
    preferences::Preferences,
    scene::{Begin, Choice, Stage, place},
    text::{Trouble, Words},
    theme::{self, size},
};
use bevy::{
    input_focus::AutoFocus,
    prelude::*,
    tasks::{IoTaskPool, Task, futures::check_ready},
    ui::InteractionDisabled,
    ui_widgets::{Activate, observe},
};
use protocol::api::{Room, RoomList, Visibility};

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Asking>()
        .add_systems(OnEnter(Stage::Rooms), (build, ask_first))
        .add_systems(OnExit(Stage::Rooms), forget)
        .add_systems(
            Update,
            (answer, leave_by_key.run_if(panels::none_open)).run_if(in_state(Stage::Rooms)),
        );
}

/// Rooms on one page: as many as a phone shows.
const SHOWN: usize = 8;

/// The server's answer on its way; and what the next page is called, if there is one.
#[derive(Resource, Default)]
struct Asking {
    task: Option<Task<Result<RoomList, Trouble>>>,
    next: Option<String>,
}

impl Asking {
    fn ask(&mut self, args: &Args, cartridge: &Cartridge, after: Option<String>) {
        let servers = place::servers(args, &Choice::Quick);
        let version = cartridge.version.clone();
        let list = async move { place::list(servers?, version, after, SHOWN).await };
        self.task = Some(IoTaskPool::get().spawn(list));
    }
}

/// The rooms' buttons.
#[derive(Component)]
struct RoomBox;

/// What is to be said of the list.
#[derive(Component)]
struct Note;

/// Shows the next page.
#[derive(Component)]
struct More;

fn build(ground: Res<Ground>, preferences: Res<Preferences>, mut commands: Commands) {
    let words = preferences.words();
    backdrop::page(&mut commands, &ground, Stage::Rooms, 2.4).insert(children![
        text(words.title.open_rooms, size::HEADING, theme::TEXT),
        (RoomBox, column(1.2)),
        (Note, paragraph("", 84.0, theme::FAINT)),
        (
            row(2.0),
            children![
                (small_button(words.rooms.look_again), observe(look_again)),
                (
                    More,
                    InteractionDisabled,
                    small_button(words.rooms.more),
                    observe(more)
                ),
            ]
        ),
        (
            row(2.0),
            children![
                (
                    button(words.rooms.new, 46.0),
                    AutoFocus,
                    observe(|_: On<Activate>, mut commands: Commands| {
                        commands.trigger(Begin(Choice::Create(Visibility::Public)));
                    })
                ),
                (button(words.common.back, 26.0), observe(back)),
            ]
        ),
    ]);
}

fn ask_first(args: Res<Args>, cartridge: Res<Cartridge>, mut asking: ResMut<Asking>) {
    asking.ask(&args, &cartridge, None);
}

/// Nobody reads an answer that comes after the screen is gone.
fn forget(mut asking: ResMut<Asking>) {
    *asking = Asking::default();
}

fn look_again(
    _: On<Activate>,
    args: Res<Args>,
    cartridge: Res<Cartridge>,
    mut asking: ResMut<Asking>,
) {
    asking.ask(&args, &cartridge, None);
}

fn more(_: On<Activate>, args: Res<Args>, cartridge: Res<Cartridge>, mut asking: ResMut<Asking>) {
    let next = asking.next.take();
    asking.ask(&args, &cartridge, next);
}

fn back(_: On<Activate>, mut stage: ResMut<NextState<Stage>>) {
    stage.set(Stage::Title);
}

fn leave_by_key(
    keys: Res<ButtonInput<KeyCode>>,
    gamepads: Query<&Gamepad>,
    mut stage: ResMut<NextState<Stage>>,
) {
    let pad = (gamepads.iter()).any(|pad| pad.just_pressed(GamepadButton::Select));
    if keys.just_pressed(KeyCode::Escape) || pad {
        stage.set(Stage::Title);
    }
}

fn answer(
    mut asking: ResMut<Asking>,
    preferences: Res<Preferences>,
    boxes: Query<Entity, With<RoomBox>>,
    mut notes: Query<(&mut Text, &mut TextColor), With<Note>>,
    mores: Query<Entity, With<More>>,
    mut commands: Commands,
) {
    // Only what has come of it is a change.
    let task = asking.bypass_change_detection().task.as_mut();
    let Some(answer) = task.and_then(check_ready) else {
        return;
    };
    asking.task = None;
    let words = preferences.words();
    let (list, note, color) = match answer {
        Ok(list) if list.rooms.is_empty() => (list, words.rooms.nobody.to_owned(), theme::FAINT),
        Ok(list) => (list, String::new(), theme::FAINT),
        Err(trouble) => (RoomList::default(), (words.trouble)(&trouble), theme::ALARM),
    };
    asking.next = list.next;
    for (mut text, mut shown) in &mut notes {
        text.0.clone_from(&note);
        shown.0 = color;
    }
    for more in &mores {
        match asking.next {
            Some(_) => commands.entity(more).remove::<InteractionDisabled>(),
            None => commands.entity(more).insert(InteractionDisabled),
        };
    }
    for entity in &boxes {
        commands
            .entity(entity)
            .despawn_related::<Children>()
            .with_children(|rows| {
                for room in &list.rooms {
                    spawn_room(rows, room, words);
                }
            });
    }
}

/// A room's button.
fn spawn_room(rows: &mut ChildSpawnerCommands<'_>, room: &Room, words: &Words) {
    let code = room.code.clone();
    let join = move |_: On<Activate>, mut commands: Commands| {
        commands.trigger(Begin(Choice::Join(code.clone())));
    };
    let label = (words.rooms.line)(&room.code, room.peers, room.capacity);
    rows.spawn((button(&label, 60.0), observe(join)));
}
