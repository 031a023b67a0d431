//! A line over a match, and emotes, by keys: in an application without a picture.

use super::Emotes;
use super::entry::{self, Entry, Place, Typing};
use crate::{
    preferences::Preferences,
    scene::{Choice, Page, Peer, Scene, Session},
    screens::panels::Panels,
};
use bevy::{
    ecs::system::RunSystemOnce,
    input::{
        ButtonState,
        keyboard::{Key, KeyboardInput, NativeKey},
    },
    input_focus::{InputFocus, dispatch_focused_input},
    prelude::*,
    text::EditableText,
    window::PrimaryWindow,
};
use netplay::session::{Command as Wish, Record, RoomView, Status};
use protocol::api::Visibility;
use std::sync::{Arc, Mutex};

/// Notes what is asked of it.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<Wish>>>);

impl Peer for Notes {
    fn command(&self, wish: Wish) {
        self.0.lock().unwrap().push(wish);
    }

    fn view(&self) -> RoomView {
        RoomView::default()
    }

    fn status(&self) -> Status {
        Status::default()
    }

    fn take_records(&self) -> Vec<Record> {
        Vec::new()
    }

    fn has_ended(&self) -> bool {
        false
    }
}

/// A match that is played for this, and what its session is asked.
struct Played {
    app: App,
    window: Entity,
    scene: Entity,
    notes: Notes,
}

impl Played {
    fn of(choice: Choice) -> Self {
        let mut app = App::new();
        app.init_resource::<Assets<Image>>()
            .init_resource::<Emotes>()
            .init_resource::<Panels>()
            .init_resource::<Preferences>()
            .init_resource::<InputFocus>()
            .init_resource::<ButtonInput<KeyCode>>()
            .add_message::<KeyboardInput>()
            .add_systems(PreUpdate, dispatch_focused_input::<KeyboardInput>)
            .add_plugins(entry::plugin);
        let window = app.world_mut().spawn((Window::default(), PrimaryWindow));
        let window = window.id();
        let notes = Notes::default();
        let scene = Scene {
            index: 0,
            of: 1,
            choice,
        };
        let session = Session(Arc::new(notes.clone()));
        let scene = app.world_mut().spawn((scene, Page::Playing, session)).id();
        app.world_mut().spawn(Place(scene));
        Self {
            app,
            window,
            scene,
            notes,
        }
    }

    fn room() -> Self {
        Self::of(Choice::Create(Visibility::Private))
    }

    /// Presses a key for one picture, and passes it to whatever has the focus.
    fn press(&mut self, key_code: KeyCode) {
        let world = self.app.world_mut();
        world.resource_mut::<ButtonInput<KeyCode>>().press(key_code);
        world.write_message(KeyboardInput {
            key_code,
            logical_key: Key::Unidentified(NativeKey::Unidentified),
            state: ButtonState::Pressed,
            text: None,
            repeat: false,
            window: self.window,
        });
        self.app.update();
        let world = self.app.world_mut();
        world.resource_mut::<ButtonInput<KeyCode>>().reset_all();
    }

    fn type_in(&mut self, text: &str) {
        let world = self.app.world_mut();
        let focus = world.resource::<InputFocus>().get().unwrap();
        let mut field = world.get_mut::<EditableText>(focus).unwrap();
        field.editor.set_text(text);
    }

    fn is_open(&self) -> bool {
        self.app.world().get::<Entry>(self.scene).is_some()
    }

    fn keys_are_typed(&mut self) -> bool {
        let ask = |typing: Typing| typing.has_keys();
        self.app.world_mut().run_system_once(ask).unwrap()
    }

    fn asked(&self) -> Vec<Wish> {
        std::mem::take(&mut self.notes.0.lock().unwrap())
    }
}

#[test]
fn a_line_is_opened_typed_and_said() {
    for key in [KeyCode::KeyT, KeyCode::Enter] {
        let mut played = Played::room();
        played.press(key);
        assert!(played.is_open() && played.keys_are_typed());
        played.press(KeyCode::Digit1);
        played.press(KeyCode::KeyT);
        assert!(played.asked().is_empty(), "keys are letters");
        played.type_in("  well\u{202e} played ");
        played.press(KeyCode::Enter);
        assert_eq!(played.asked(), [Wish::Chat("well played".into())]);
        assert!(!played.is_open() && !played.keys_are_typed());
        played.press(KeyCode::Digit2);
        assert_eq!(played.asked(), [Wish::Emote(1)]);
    }
}

#[test]
fn escape_says_nothing() {
    let mut played = Played::room();
    played.press(KeyCode::KeyT);
    played.type_in("no");
    played.press(KeyCode::Escape);
    assert!(!played.is_open());
    assert!(played.asked().is_empty());
    // An empty line is closed as quietly.
    played.press(KeyCode::KeyT);
    played.press(KeyCode::Enter);
    assert!(!played.is_open());
    assert!(played.asked().is_empty());
}

#[test]
fn another_page_takes_the_line_with_it() {
    let mut played = Played::room();
    played.press(KeyCode::KeyT);
    let scene = played.scene;
    played
        .app
        .world_mut()
        .entity_mut(scene)
        .insert(Page::Result);
    assert!(!played.is_open());
    played.press(KeyCode::KeyT);
    played.press(KeyCode::Digit1);
    assert!(!played.is_open() && played.asked().is_empty());
}

#[test]
fn nobody_is_talked_to_alone_or_by_who_hides_the_chat() {
    let mut hidden = Played::room();
    hidden
        .app
        .world_mut()
        .resource_mut::<Preferences>()
        .hide_chat = true;
    for mut played in [hidden, Played::of(Choice::Practise)] {
        played.press(KeyCode::KeyT);
        played.press(KeyCode::Digit1);
        assert!(!played.is_open());
        assert!(played.asked().is_empty());
    }
}
