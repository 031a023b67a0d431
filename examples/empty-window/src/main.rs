//! An empty 2D window of the engine, in the game's page and built as it is: `cargo xtask bench
//! first-frame` measures the game against it.

use bevy::prelude::*;

fn main() -> AppExit {
    App::new()
        .add_plugins(DefaultPlugins.set(WindowPlugin {
            primary_window: Some(Window {
                canvas: Some("#game".into()),
                fit_canvas_to_parent: true,
                ..default()
            }),
            ..default()
        }))
        .add_systems(Startup, |mut commands: Commands<'_, '_>| {
            commands.spawn(Camera2d);
        })
        .run()
}
