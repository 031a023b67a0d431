//! The whole screen for the game, and back: by the settings, natively also by F11 and by Alt and
//! Enter. In a page those keys are the browser's and the page's own (`assets/page.js`).

use bevy::prelude::*;
#[cfg(not(target_arch = "wasm32"))]
use desktop as target;
#[cfg(target_arch = "wasm32")]
use page as target;

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<FullScreen>()
        .add_plugins(target::plugin)
        .add_observer(target::toggle);
}

/// Takes the whole screen, or gives it back.
#[derive(Event, Clone, Copy, Debug)]
pub struct ToggleFullScreen;

/// Whether the game has the whole screen; nothing where it cannot.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FullScreen(pub Option<bool>);

#[cfg(not(target_arch = "wasm32"))]
mod desktop {
    use super::{FullScreen, ToggleFullScreen};
    use bevy::{
        ecs::message::{MessageMutator, MessageUpdateSystems},
        input::{
            InputSystems,
            keyboard::{Key, KeyboardInput},
        },
        prelude::*,
        window::{MonitorSelection, PrimaryWindow, WindowMode},
    };

    pub fn plugin(app: &mut App) {
        app.add_systems(First, translate.after(MessageUpdateSystems))
            .add_systems(PreUpdate, (listen, look).after(InputSystems));
    }

    fn is_on(window: &Window) -> bool {
        window.mode != WindowMode::Windowed
    }

    pub fn toggle(_: On<ToggleFullScreen>, mut windows: Query<&mut Window, With<PrimaryWindow>>) {
        for mut window in &mut windows {
            window.mode = match is_on(&window) {
                true => WindowMode::Windowed,
                false => WindowMode::BorderlessFullscreen(MonitorSelection::Current),
            };
        }
    }

    fn look(windows: Query<&Window, With<PrimaryWindow>>, mut shown: ResMut<FullScreen>) {
        if let Ok(window) = windows.single() {
            shown.set_if_neq(FullScreen(Some(is_on(window))));
        }
    }

    /// Makes an F11 of Alt and Enter: an Enter would press buttons, and kick.
    fn translate(mut keys: MessageMutator<KeyboardInput>, mut is_alt: Local<bool>) {
        for key in keys.read() {
            if key.key_code == KeyCode::AltLeft {
                *is_alt = key.state.is_pressed();
            } else if key.key_code == KeyCode::Enter && *is_alt {
                key.key_code = KeyCode::F11;
                key.logical_key = Key::F11;
                key.text = None;
            }
        }
    }

    fn listen(keys: Res<ButtonInput<KeyCode>>, mut commands: Commands) {
        if keys.just_pressed(KeyCode::F11) {
            commands.trigger(ToggleFullScreen);
        }
    }
}

#[cfg(target_arch = "wasm32")]
mod page {
    use super::{FullScreen, ToggleFullScreen};
    use crate::web;
    use bevy::prelude::*;
    use wasm_bindgen::JsValue;

    pub fn plugin(app: &mut App) {
        app.add_systems(PreUpdate, look);
    }

    pub fn toggle(_: On<ToggleFullScreen>) {
        web::call_page("toggleFullscreen", &JsValue::NULL);
    }

    fn look(mut shown: ResMut<FullScreen>) {
        let is_on = web::of_page("fullscreen").and_then(|is_on| is_on.as_bool());
        shown.set_if_neq(FullScreen(is_on));
    }
}
