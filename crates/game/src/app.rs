//! Puts the application together: the window, the engine's plugins, and ours.

use crate::{
    args::Args,
    contract::{Cartridge, Game},
    font, fullscreen, lab, netgraph, preferences, quality, scene, screens, sound, theme, touch,
};
use bevy::{
    log::LogPlugin,
    prelude::*,
    window::{PresentMode, WindowResolution},
    winit::{UpdateMode, WinitSettings},
};
#[cfg(not(target_arch = "wasm32"))]
use std::io::Write;

/// Runs a game until its window is closed, as the command line or the page's address says.
pub fn run<G: Game>() -> AppExit {
    let args = Args::read();
    #[cfg(not(target_arch = "wasm32"))]
    if let Some(Err(wrong)) = args.rules.as_deref().map(G::rules) {
        // Nobody who does not look is told.
        let _ = writeln!(std::io::stderr(), "{wrong}");
        return AppExit::error();
    }
    let mut app = App::new();
    app.add_plugins(
        DefaultPlugins
            .set(WindowPlugin {
                primary_window: Some(window(G::TITLE, &args)),
                ..default()
            })
            .set(LogPlugin {
                // The engine's and the WebRTC stack's chatter drowns what matters.
                filter: format!(
                    "warn,{}=info,game=info,netplay=info,signaling=info,wgpu=error,naga=error,\
                     winit=error,webrtc=error,rtc=error,rtc_dtls=error,rtc_ice=error,\
                     rtc_sctp=error,matchbox_socket=error",
                    protocol::name!().replace('-', "_"),
                ),
                ..default()
            }),
    );
    // Input and pictures also go on in a window without focus: the other player may be watching.
    app.insert_resource(WinitSettings {
        focused_mode: UpdateMode::Continuous,
        unfocused_mode: UpdateMode::Continuous,
    });
    add_game::<G>(&mut app, args);
    app.add_plugins(sound::plugin::<G>);
    #[cfg(target_arch = "wasm32")]
    app.add_plugins((crate::web::plugin, crate::web_controls::plugin));
    #[cfg(not(target_arch = "wasm32"))]
    app.add_plugins((crate::desktop::plugin, crate::measure::plugin));
    app.run()
}

/// Adds what is played and shown, to an application with the engine's plugins.
pub fn add_game<G: Game>(app: &mut App, args: Args) {
    app.insert_resource(ClearColor(theme::NIGHT));
    app.insert_resource(args);
    app.insert_resource(Cartridge::of::<G>());
    app.add_plugins((
        font::plugin,
        fullscreen::plugin,
        preferences::plugin,
        quality::plugin,
        scene::plugin::<G>,
        lab::plugin,
        netgraph::plugin,
        screens::plugin,
        touch::plugin,
        G::plugin,
    ));
}

fn window(title: &str, args: &Args) -> Window {
    Window {
        title: title.into(),
        name: Some(protocol::name!().into()),
        resolution: args.size.map_or_else(
            || WindowResolution::new(1280, 720),
            |(width, height)| WindowResolution::new(width, height),
        ),
        present_mode: PresentMode::AutoVsync,
        canvas: Some("#game".into()),
        fit_canvas_to_parent: true,
        // Keys scroll the page otherwise. `assets/page.js` keeps the browser's own from the game.
        prevent_default_event_handling: true,
        ..default()
    }
}
