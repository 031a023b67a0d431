//! The screens as a player walks through them by gamepad and by finger, in the whole game but its
//! picture and its sound.

use super::{
    panels::{Panel, Panels},
    widgets::rect,
};
use crate::{
    app,
    args::Args,
    fullscreen::FullScreen,
    preferences::Preferences,
    scene::{Page, Seen, Session, Stage},
    touch::{Device, FIRST, Hands},
    toy::ToyGame,
};
use bevy::{
    input::{
        ButtonState,
        gamepad::{
            GamepadConnection, GamepadConnectionEvent, RawGamepadButtonChangedEvent,
            RawGamepadEvent,
        },
        keyboard::{Key, KeyboardInput},
        touch::{TouchInput, TouchPhase},
    },
    input_focus::InputFocus,
    prelude::*,
    render::{
        RenderPlugin,
        settings::{RenderCreation, WgpuSettings},
        sync_world::SyncWorldPlugin,
    },
    text::EditableText,
    ui::ComputedUiTargetCamera,
    window::{PrimaryWindow, WindowEvent, WindowResolution},
    winit::WinitPlugin,
};
use std::{
    thread,
    time::{Duration, Instant},
};

/// How long a session, which runs in real time, may take until it shows the next page.
const PATIENCE: Duration = Duration::from_secs(30);

/// Pictures until what was pressed is shown, laid out, and has the focus.
const SETTLED: usize = 4;

/// A game with a gamepad.
struct Game {
    app: App,
    pad: Entity,
}

impl Game {
    fn start(size: (u32, u32)) -> Self {
        let mut app = App::new();
        let window = Window {
            resolution: WindowResolution::new(size.0, size.1),
            ..default()
        };
        let nothing = WgpuSettings {
            backends: None,
            ..default()
        };
        app.add_plugins(
            DefaultPlugins
                .build()
                .disable::<WinitPlugin>()
                .disable::<bevy::log::LogPlugin>()
                .disable::<bevy::gilrs::GilrsPlugin>()
                .set(WindowPlugin {
                    primary_window: Some(window),
                    ..default()
                })
                .set(RenderPlugin {
                    render_creation: RenderCreation::Automatic(Box::new(nothing)),
                    ..default()
                }),
        );
        // The renderer's part in the main world, which it does not add where nothing draws.
        app.add_plugins(SyncWorldPlugin);
        app::add_game::<ToyGame>(&mut app, Args::default());
        app.finish();
        app.cleanup();
        let pad = app.world_mut().spawn_empty().id();
        app.world_mut().write_message(GamepadConnectionEvent {
            gamepad: pad,
            connection: GamepadConnection::Connected {
                name: "test".into(),
                vendor_id: None,
                product_id: None,
            },
        });
        let mut game = Self { app, pad };
        game.draw();
        game
    }

    fn draw(&mut self) {
        for _ in 0..SETTLED {
            self.app.update();
        }
    }

    /// Presses a button of the gamepad and lets go of it.
    fn press(&mut self, button: GamepadButton) {
        for value in [1.0, 0.0] {
            let event = RawGamepadButtonChangedEvent::new(self.pad, button, value);
            self.app
                .world_mut()
                .write_message(RawGamepadEvent::Button(event));
            self.app.update();
        }
        self.draw();
    }

    /// Touches the window with a finger.
    fn touch(&mut self, phase: TouchPhase, id: u64, position: Vec2) {
        let world = self.app.world_mut();
        let mut windows = world.query_filtered::<Entity, With<PrimaryWindow>>();
        let window = windows.single(world).unwrap();
        let touch = TouchInput {
            phase,
            position,
            window,
            force: None,
            id,
        };
        world.write_message(touch);
        // As the window's own messages, which the pointers are made of.
        world.write_message(WindowEvent::from(touch));
        self.app.update();
    }

    /// Presses a key.
    fn key(&mut self, key_code: KeyCode, logical_key: Key, state: ButtonState) {
        let world = self.app.world_mut();
        let mut windows = world.query_filtered::<Entity, With<PrimaryWindow>>();
        let window = windows.single(world).unwrap();
        world.write_message(KeyboardInput {
            key_code,
            logical_key,
            state,
            text: None,
            repeat: false,
            window,
        });
        self.app.update();
    }

    /// The middle of the control with these words.
    fn place(&mut self, words: &str) -> Vec2 {
        let world = self.app.world_mut();
        let mut texts = world.query::<(&Text, &ChildOf)>();
        let control = texts
            .iter(world)
            .find_map(|(text, parent)| (text.0 == words).then(|| parent.parent()));
        let control = control.unwrap();
        let camera = world.get::<ComputedUiTargetCamera>(control).unwrap().get();
        let place = rect(
            world.get(control).unwrap(),
            world.get(control).unwrap(),
            world.get(camera.unwrap()).unwrap(),
        );
        place.center()
    }

    /// What stands on the control that has the focus.
    fn focused(&mut self) -> String {
        let world = self.app.world_mut();
        let Some(focus) = world.resource::<InputFocus>().get() else {
            return "nothing".into();
        };
        if let Some(field) = world.get::<EditableText>(focus) {
            return format!("[{}]", field.value());
        }
        let mut parts = world.query::<(&Text, &ChildOf)>();
        let text = parts
            .iter(world)
            .find(|(_, parent)| parent.parent() == focus);
        text.map_or("?".into(), |(text, _)| text.0.clone())
    }

    /// Walks to the control with these words, through one after another in this direction.
    #[track_caller]
    fn walk(&mut self, button: GamepadButton, to: &str) {
        for _ in 0..20 {
            if self.focused() == to {
                return;
            }
            let before = self.app.world().resource::<InputFocus>().get();
            self.press(button);
            let after = self.app.world().resource::<InputFocus>().get();
            assert_ne!(
                after,
                before,
                "{button:?} leads nowhere from {}",
                self.focused()
            );
        }
        panic!("never at {to}");
    }

    fn stage(&self) -> Stage {
        *self.app.world().resource::<State<Stage>>().get()
    }

    fn page(&mut self) -> Option<Page> {
        let world = self.app.world_mut();
        world.query::<&Page>().iter(world).next().copied()
    }

    fn is_ready(&mut self) -> bool {
        let world = self.app.world_mut();
        let mut seen = world.query::<&Seen>();
        let mut peers = seen.iter(world).flat_map(|seen| &seen.0.peers);
        peers.any(|peer| peer.is_me && peer.ready)
    }

    fn panel(&self) -> Option<Panel> {
        self.app.world().resource::<Panels>().shown()
    }

    /// Draws until this holds.
    #[track_caller]
    fn until(&mut self, what: &str, holds: impl Fn(&mut Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            assert!(Instant::now() < deadline, "waited for {what}");
            self.app.update();
            thread::sleep(Duration::from_millis(5));
        }
        self.draw();
    }
}

use GamepadButton::{DPadDown, DPadLeft, DPadRight, DPadUp, East, South, Start};

#[test]
fn a_gamepad_creates_a_room_is_ready_and_leaves() {
    let mut game = Game::start((1280, 720));
    assert_eq!(game.focused(), "Quick match");
    game.walk(DPadRight, "New room");
    game.press(South);
    game.until("the room", |game| game.page() == Some(Page::Room));
    assert_eq!(game.focused(), "Ready");
    game.press(South);
    game.until("being ready", Game::is_ready);
    game.walk(DPadRight, "Back");
    game.press(East);
    game.until("the title", |game| game.stage() == Stage::Title);
}

#[test]
fn a_gamepad_opens_the_menu_of_a_match_and_leaves_it() {
    let mut game = Game::start((390, 844));
    game.walk(DPadDown, "Open rooms");
    game.walk(DPadRight, "Practise");
    game.press(South);
    game.until("the match", |game| game.page() == Some(Page::Playing));
    // These are the disc's, whatever had the focus.
    game.press(South);
    game.press(DPadDown);
    game.press(East);
    assert_eq!((game.page(), game.panel()), (Some(Page::Playing), None));

    game.press(Start);
    assert_eq!(game.panel(), Some(Panel::Menu));
    game.press(East);
    assert_eq!((game.page(), game.panel()), (Some(Page::Playing), None));
    game.press(Start);
    game.walk(DPadDown, "Leave the match");
    game.press(South);
    game.until("the title", |game| game.stage() == Stage::Title);
    assert_eq!(game.panel(), None);
    let world = game.app.world_mut();
    assert_eq!(world.query::<&Session>().iter(world).count(), 0);
}

#[test]
fn a_gamepad_changes_settings() {
    let mut game = Game::start((1280, 720));
    game.walk(DPadDown, "Credits");
    game.walk(DPadRight, "Settings");
    game.press(South);
    assert_eq!(game.panel(), Some(Panel::Settings));
    let preferences = |game: &Game| game.app.world().resource::<Preferences>().clone();
    let volume = |game: &Game| preferences(game).volume.overall;
    let before = volume(&game);
    game.press(DPadLeft);
    assert!(volume(&game) < before - 0.05);
    game.press(DPadRight);
    assert!((volume(&game) - before).abs() < 0.01);
    let before = preferences(&game);
    game.walk(DPadDown, "Off");
    game.press(DPadLeft);
    assert_eq!(preferences(&game), before);
    game.press(DPadRight);
    assert!(preferences(&game).reduced_motion != before.reduced_motion);
    game.press(South);
    assert_eq!(preferences(&game), before);
    game.press(DPadUp);
    game.press(DPadLeft);
    assert_ne!(preferences(&game).quality, before.quality);
    game.press(East);
    assert_eq!(game.panel(), None);
    assert_eq!(game.focused(), "Settings");
}

#[test]
fn a_gamepad_leaves_a_field_of_text() {
    let mut game = Game::start((1280, 720));
    game.walk(DPadUp, "[]");
    game.press(East);
    assert_eq!(game.stage(), Stage::Title);
    assert_ne!(game.focused(), "[]");
}

#[test]
fn a_finger_plays_and_presses_the_menu() {
    let mut game = Game::start((390, 844));
    game.walk(DPadDown, "Open rooms");
    game.walk(DPadRight, "Practise");
    game.press(South);
    game.until("the match", |game| game.page() == Some(Page::Playing));
    let hands = |game: &mut Game| {
        let world = game.app.world_mut();
        world.query::<&Hands>().single(world).unwrap().clone()
    };
    let thumb = Vec2::new(90.0, 600.0);
    game.touch(TouchPhase::Started, 1, thumb);
    assert!(hands(&mut game).stick().is_some());
    assert_eq!(*game.app.world().resource::<Device>(), Device::Touch);
    game.draw();

    let menu = game.place("Menu");
    game.touch(TouchPhase::Started, 2, menu);
    assert!(
        !hands(&mut game).is_down(FIRST),
        "the finger is the button's"
    );
    game.touch(TouchPhase::Ended, 2, menu);
    game.draw();
    assert_eq!(game.panel(), Some(Panel::Menu));
    assert_eq!(hands(&mut game), Hands::default(), "the disc stands still");
    let resume = game.place("Go on");
    game.touch(TouchPhase::Started, 3, resume);
    game.touch(TouchPhase::Ended, 3, resume);
    game.draw();
    assert_eq!(game.panel(), None);
}

#[test]
fn the_first_tap_of_all_presses_what_it_came_down_on() {
    let mut game = Game::start((360, 640));
    game.walk(DPadRight, "New room");
    game.press(South);
    game.until("the room", |game| game.page() == Some(Page::Room));
    let ready = game.place("Ready");
    game.touch(TouchPhase::Started, 1, ready);
    // A finger stays for some pictures, in which small buttons would grow.
    game.draw();
    assert_eq!(game.place("Ready"), ready);
    game.touch(TouchPhase::Ended, 1, ready);
    game.until("being ready", Game::is_ready);
    assert_ne!(game.place("Ready"), ready, "now they suit fingers");
}

#[test]
fn alt_and_enter_take_the_screen_and_press_nothing() {
    let mut game = Game::start((1280, 720));
    let press = |game: &mut Game, state| {
        game.key(KeyCode::Enter, Key::Enter, state);
        game.draw();
    };
    game.key(KeyCode::AltLeft, Key::Alt, ButtonState::Pressed);
    press(&mut game, ButtonState::Pressed);
    press(&mut game, ButtonState::Released);
    game.key(KeyCode::AltLeft, Key::Alt, ButtonState::Released);
    let full = |game: &Game| game.app.world().resource::<FullScreen>().0;
    assert_eq!((full(&game), game.stage()), (Some(true), Stage::Title));
    game.key(KeyCode::F11, Key::F11, ButtonState::Pressed);
    game.draw();
    assert_eq!(full(&game), Some(false));
    // By itself it presses what has the focus.
    game.walk(DPadDown, "Credits");
    press(&mut game, ButtonState::Pressed);
    assert_eq!(game.panel(), Some(Panel::Credits));
}
