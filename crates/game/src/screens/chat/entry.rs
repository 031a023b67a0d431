//! Saying something: a field for a line and the emotes' buttons. A room has them always, a match when
//! they are asked for.

use super::emotes::{COUNT, Emotes};
use crate::{
    preferences::Preferences,
    scene::{Page, Scene, Session},
    screens::{panels, widgets},
    theme::{self, size},
};
use bevy::{
    ecs::system::SystemParam,
    input::{ButtonState, keyboard::KeyboardInput},
    input_focus::{AutoFocus, FocusedInput, InputFocus},
    prelude::*,
    text::EditableText,
    ui_widgets::{Activate, observe},
};
use netplay::session::Command as Wish;
use protocol::{limits::MAX_CHAT_BYTES, peer::clean_text};

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Closed>()
        .add_observer(open)
        .add_observer(forget)
        .add_systems(
            Update,
            (
                (open_by_key, emote_by_key, emote_by_pad)
                    .run_if(panels::none_open)
                    .before(note_closed),
                note_closed,
                show_button,
            ),
        )
        // After what was typed has come into the field.
        .add_systems(Last, submit);
}

/// A scene over whose match a line is typed, by the root of what is shown for it.
#[derive(Component)]
pub struct Entry(Entity);

/// Asks for a line over the match of this scene.
#[derive(EntityEvent)]
struct Open(Entity);

/// What asks for one by a press, of this scene.
#[derive(Component)]
struct OpenButton(Entity);

/// Where the line of a scene's match is shown, below the lines that were said.
#[derive(Component)]
pub struct Place(pub Entity);

/// The field of a line.
#[derive(Component, Clone, Copy)]
struct Field {
    scene: Entity,
    /// Whether it goes when the line is said: over a match.
    closes: bool,
}

/// What is in the field is to be said.
#[derive(Component)]
struct Submitted;

/// Whether a key closed a line in this picture: then it does nothing else.
#[derive(Resource, Default)]
pub struct Closed(bool);

/// Whether the keys are a text's.
#[derive(SystemParam)]
pub struct Typing<'w, 's> {
    focus: Option<Res<'w, InputFocus>>,
    fields: Query<'w, 's, (), With<EditableText>>,
    closed: Option<Res<'w, Closed>>,
}

impl Typing<'_, '_> {
    /// Whether they are; also in the picture in which a key closed a line.
    pub fn has_keys(&self) -> bool {
        let focus = self.focus.as_ref().and_then(|focus| focus.get());
        let has_closed = self.closed.as_ref().is_some_and(|closed| closed.0);
        has_closed || focus.is_some_and(|focus| self.fields.contains(focus))
    }
}

/// Whether a scene has others to talk to, and its player wants to.
fn may_speak(scene: &Scene, preferences: &Preferences) -> bool {
    !scene.is_private() && !preferences.hide_chat
}

/// A field and a button for each emote.
pub(super) fn bar(scene: Entity, closes: bool, emotes: &Emotes) -> impl Bundle + use<> {
    let field = widgets::small_field(MAX_CHAT_BYTES, |c| !c.is_control());
    let say = move |emote: usize, picture: Handle<Image>| {
        (
            widgets::picture_button(picture, 1.5 * size::SMALL),
            observe(
                move |_: On<Activate>, sessions: Query<&Session>, mut commands: Commands| {
                    if let Ok(session) = sessions.get(scene) {
                        session.0.command(Wish::Emote(emote as u8));
                    }
                    if closes {
                        commands.queue(move |world: &mut World| close(world, scene));
                    }
                },
            ),
        )
    };
    let pictures = emotes.pictures();
    (
        Node {
            width: percent(100),
            align_items: AlignItems::Center,
            column_gap: vmin(0.9),
            flex_shrink: 0.0,
            ..default()
        },
        Children::spawn((
            Spawn((Field { scene, closes }, field, observe(by_key))),
            SpawnIter(
                (pictures.into_iter().enumerate()).map(move |(emote, picture)| say(emote, picture)),
            ),
        )),
    )
}

/// A button that opens a line over a match, while there is somebody to talk to.
pub(in crate::screens) fn button(scene: Entity) -> impl Bundle {
    let label = widgets::text("", size::TINY, theme::FAINT);
    (
        OpenButton(scene),
        widgets::small_button_with(label),
        observe(move |_: On<Activate>, mut commands: Commands| commands.trigger(Open(scene))),
    )
}

fn show_button(
    preferences: Res<Preferences>,
    scenes: Query<&Scene>,
    mut buttons: Query<(&OpenButton, &Children, &mut Node)>,
    mut labels: Query<&mut Text>,
) {
    for (button, children, mut node) in &mut buttons {
        let may_speak = (scenes.get(button.0)).is_ok_and(|scene| may_speak(scene, &preferences));
        let display = match may_speak {
            true => Display::Flex,
            false => Display::None,
        };
        if node.display != display {
            node.display = display;
        }
        for label in children {
            if let Ok(mut text) = labels.get_mut(*label) {
                text.set_if_neq(Text(preferences.words().chat.chat.to_owned()));
            }
        }
    }
}

fn open_by_key(
    keys: Res<ButtonInput<KeyCode>>,
    focus: Res<InputFocus>,
    typing: Typing,
    preferences: Res<Preferences>,
    scenes: Query<(Entity, &Scene, &Page)>,
    mut commands: Commands,
) {
    // Enter presses the button that has the focus.
    let enter = keys.just_pressed(KeyCode::Enter) && focus.get().is_none();
    if typing.has_keys() || !enter && !keys.just_pressed(KeyCode::KeyT) {
        return;
    }
    for (entity, scene, page) in &scenes {
        if *page == Page::Playing && may_speak(scene, &preferences) {
            commands.trigger(Open(entity));
        }
    }
}

fn open(
    open: On<Open>,
    scenes: Query<&Scene, Without<Entry>>,
    places: Query<(Entity, &Place)>,
    emotes: Res<Emotes>,
    preferences: Res<Preferences>,
    mut commands: Commands,
) {
    let Ok(scene) = scenes.get(open.0) else {
        return;
    };
    let place = places.iter().find(|(_, place)| place.0 == open.0);
    let Some((place, _)) = place.filter(|_| may_speak(scene, &preferences)) else {
        return;
    };
    let bar = bar(open.0, true, &emotes);
    let bar = commands.spawn((bar, ChildOf(place))).id();
    commands.entity(open.0).insert(Entry(bar));
    commands.queue(move |world: &mut World| {
        let field = world
            .get::<Children>(bar)
            .and_then(|children| children.first().copied());
        if let Some(field) = field {
            world.entity_mut(field).insert(AutoFocus);
        }
    });
}

/// Takes the line over a match away, whatever is in it.
fn close(world: &mut World, scene: Entity) {
    let Some(Entry(bar)) = world.entity_mut(scene).take::<Entry>() else {
        return;
    };
    if let Ok(bar) = world.get_entity_mut(bar) {
        bar.despawn();
    }
    world.resource_mut::<InputFocus>().clear();
}

/// Another page takes the line with it.
fn forget(turned: On<Insert, Page>, mut commands: Commands) {
    commands.entity(turned.entity).remove::<Entry>();
}

/// Enter says the line, Escape does not.
fn by_key(
    input: On<FocusedInput<KeyboardInput>>,
    fields: Query<&Field>,
    mut closed: ResMut<Closed>,
    mut focus: ResMut<InputFocus>,
    mut commands: Commands,
) {
    let (key, entity) = (&input.input, input.focused_entity);
    let Ok(field) = fields.get(entity).copied() else {
        return;
    };
    if widgets::is_enter(&input) {
        closed.0 = true;
        commands.entity(entity).insert(Submitted);
    } else if key.key_code == KeyCode::Escape && key.state == ButtonState::Pressed {
        closed.0 = true;
        match field.closes {
            true => commands.queue(move |world: &mut World| close(world, field.scene)),
            false => focus.clear(),
        }
    }
}

/// The next picture's keys are anybody's.
fn note_closed(mut closed: ResMut<Closed>) {
    closed.0 = false;
}

fn submit(
    mut fields: Query<(Entity, &Field, &mut EditableText), With<Submitted>>,
    sessions: Query<&Session>,
    mut commands: Commands,
) {
    for (entity, field, mut text) in &mut fields {
        let line = clean_text(text.value().to_string().trim(), MAX_CHAT_BYTES);
        if let (Ok(session), false) = (sessions.get(field.scene), line.is_empty()) {
            session.0.command(Wish::Chat(line));
        }
        text.clear();
        commands.entity(entity).remove::<Submitted>();
        if field.closes {
            let scene = field.scene;
            commands.queue(move |world: &mut World| close(world, scene));
        }
    }
}

/// The emotes' keys, from the first one on.
const KEYS: [KeyCode; COUNT] = [
    KeyCode::Digit1,
    KeyCode::Digit2,
    KeyCode::Digit3,
    KeyCode::Digit4,
];

/// The emotes on a gamepad's cross.
const CROSS: [GamepadButton; COUNT] = [
    GamepadButton::DPadUp,
    GamepadButton::DPadRight,
    GamepadButton::DPadDown,
    GamepadButton::DPadLeft,
];

fn emote_by_key(
    keys: Res<ButtonInput<KeyCode>>,
    typing: Typing,
    preferences: Res<Preferences>,
    scenes: Query<(&Scene, &Page, &Session)>,
) {
    if !typing.has_keys() {
        emote(&scenes, &preferences, |emote| {
            keys.just_pressed(KEYS[emote])
        });
    }
}

fn emote_by_pad(
    pads: Query<&Gamepad>,
    preferences: Res<Preferences>,
    scenes: Query<(&Scene, &Page, &Session)>,
) {
    emote(&scenes, &preferences, |emote| {
        pads.iter().any(|pad| pad.just_pressed(CROSS[emote]))
    });
}

fn emote(
    scenes: &Query<(&Scene, &Page, &Session)>,
    preferences: &Preferences,
    is_pressed: impl Fn(usize) -> bool,
) {
    for (scene, page, session) in scenes {
        let plays = *page == Page::Playing && may_speak(scene, preferences);
        for emote in (0..COUNT).filter(|emote| plays && is_pressed(*emote)) {
            session.0.command(Wish::Emote(emote as u8));
        }
    }
}
