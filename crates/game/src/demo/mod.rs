//! Peerball's own game on the screen: the discs' [`arena`], their [`input`] and the [`options`] of a
//! match. Its rules are `sim::demo`.

pub mod arena;
mod input;
pub mod options;
#[cfg(target_arch = "wasm32")]
mod told;

use bevy::prelude::*;

pub(super) fn plugin(app: &mut App) {
    app.add_plugins((arena::plugin, input::plugin, options::plugin));
    #[cfg(target_arch = "wasm32")]
    app.add_plugins(told::plugin);
}
